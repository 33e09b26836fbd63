// /sys/kernel/debug/kernel_page_tables: the text, parsed. The format is that of Linux 2.6.34:
//
//   ---[ Kernel Mapping ]---
//   0xc0000000-0xc0100000           1M     RW             GLB x  pte
//   0xc0100000-0xc0400000           3M                           pgd      (nothing mapped)

import { AnswerError } from "./answer.js";

const AREA = /^---\[ (.*) \]---$/;
const RANGE = /^0x([0-9a-f]{8})-0x([0-9a-f]{8})\s+(\d+)([KMG])\s(.*?)\s*(\w+)\s*$/;
const UNIT_BYTES = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
const ADDRESS_SPACE = 2 ** 32;

export const FLAGS = [
  ["rw", "writable"],
  ["ro", "read-only"],
  ["x", "executable"],
  ["nx", "not executable"],
  ["user", "reachable from user mode"],
  ["global", "global: survives a switch of address space"],
  ["large", "one 4 MiB page instead of 1024 small ones"],
  ["pwt", "written through the cache"],
  ["pcd", "not cached"],
  ["pat", "memory type from the PAT"],
];

function readFlags(text) {
  const words = text.split(/\s+/).filter(Boolean);
  const has = (word) => words.includes(word);
  return {
    mapped: words.length > 0,
    rw: has("RW"),
    ro: has("ro"),
    x: has("x"),
    nx: has("NX"),
    user: has("USR"),
    global: has("GLB"),
    large: has("PSE"),
    pwt: has("PWT"),
    pcd: has("PCD"),
    pat: has("pat"),
  };
}

function readRange(line, number) {
  const match = RANGE.exec(line);
  if (!match) throw new AnswerError(`page tables, line ${number}: not a range: ${line}`);
  const start = parseInt(match[1], 16);
  const end = parseInt(match[2], 16) || ADDRESS_SPACE; // the last one wraps to 0
  const bytes = Number(match[3]) * UNIT_BYTES[match[4]];
  if (bytes !== end - start) {
    throw new AnswerError(`page tables, line ${number}: the size is not the range's: ${line}`);
  }
  return { start, end, bytes, level: match[6], ...readFlags(match[5]) };
}

export function readPageTables(text) {
  const areas = [];
  text.split("\n").forEach((line, i) => {
    if (line === "") return;
    const heading = AREA.exec(line);
    if (heading) {
      areas.push({ name: heading[1], ranges: [] });
    } else if (areas.length === 0) {
      throw new AnswerError(`page tables, line ${i + 1}: a range before any area: ${line}`);
    } else {
      areas[areas.length - 1].ranges.push(readRange(line, i + 1));
    }
  });
  if (areas.length === 0) throw new AnswerError("page tables: no areas");
  return { areas: areas.map(summarise) };
}

function summarise({ name, ranges }) {
  const mapped = ranges.filter((range) => range.mapped);
  const sum = (list) => list.reduce((n, range) => n + range.bytes, 0);
  const large = sum(mapped.filter((range) => range.large));
  return {
    name,
    ranges,
    start: ranges.length ? ranges[0].start : 0,
    end: ranges.length ? ranges[ranges.length - 1].end : 0,
    bytes: sum(ranges),
    mapped_bytes: sum(mapped),
    mapped_ranges: mapped.length,
    large_pages: large / (4 * 2 ** 20),
    small_pages: (sum(mapped) - large) / 4096,
    writable_bytes: sum(mapped.filter((range) => range.rw)),
    user_bytes: sum(mapped.filter((range) => range.user)),
  };
}

// What an area is for. Names as in the dump; Linux 2.6.34 itself writes "kmap() Area" differently.
const AREA_MEANINGS = [
  [/^User Space/, "Belongs to programs elsewhere. Here nothing may be mapped after boot."],
  [/^Kernel Mapping/, "Low memory, mapped one to one: physical address + 0xc0000000."],
  [/^vmalloc\(\) Area/, "Scattered frames made to look contiguous, with guard pages between."],
  [/^vmalloc\(\) End/, "The gap after the vmalloc area."],
  [/^Persist/, "1024 slots through which high memory is reached, one page at a time."],
  [/^Fixmap Area/, "Addresses fixed at build time, pointed at whatever is needed."],
];

export function areaMeaning(name) {
  return AREA_MEANINGS.find(([pattern]) => pattern.test(name))?.[1] ?? "";
}

// A picture of the address range from `start` to `end` as runs of "mapped" and "not mapped".
export function strip(areas, start, end) {
  const out = [];
  for (const area of areas) {
    for (const range of area.ranges) {
      const from = Math.max(range.start, start);
      const to = Math.min(range.end, end);
      if (from >= to) continue;
      const state = !range.mapped ? "empty" : range.rw ? "rw" : "ro";
      const last = out[out.length - 1];
      if (last && last.state === state && last.end === from && last.area === area.name) {
        last.end = to;
      } else {
        out.push({ area: area.name, state, start: from, end: to });
      }
    }
  }
  return out;
}
