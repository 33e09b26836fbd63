// Readers of the text that the guest serves and that QEMU's monitor prints, written from the formats
// alone and strict: a line that does not fit is an error.

const PAGE = 4096n;

function lines(text) {
  if (!text.endsWith("\n")) throw new Error("the text does not end in a line feed");
  return text.slice(0, -1).split("\n");
}

function need(match, line) {
  if (!match) throw new Error(`not understood: ${JSON.stringify(line)}`);
  return match;
}

/** /proc/buddyinfo: [{ node, zone, blocks: [count by order], free }], free in pages. */
export function buddyinfo(text) {
  return lines(text).map((line) => {
    const match = need(/^Node (\d+), zone {1,8}(\S+) ((?: *\d+ )+)$/.exec(line), line);
    const blocks = match[3].trim().split(/ +/).map(Number);
    const free = blocks.reduce((sum, count, order) => sum + count * 2 ** order, 0);
    return { node: Number(match[1]), zone: match[2], blocks, free };
  });
}

/** /proc/slabinfo: a map from a cache's name to its figures. */
export function slabinfo(text) {
  const [version, head, ...rows] = lines(text);
  if (version !== "slabinfo - version: 2.1" || !head.startsWith("# name "))
    throw new Error(`not slabinfo: ${version}`);
  const caches = new Map();
  for (const row of rows) {
    const match = need(
      /^(\S+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) : tunables +\d+ +\d+ +\d+ : slabdata +(\d+) +(\d+) +\d+$/.exec(
        row,
      ),
      row,
    );
    const [active, total, bytes, perSlab, pagesPerSlab, activeSlabs, slabs] = match
      .slice(2)
      .map(Number);
    caches.set(match[1], { active, total, bytes, perSlab, pagesPerSlab, activeSlabs, slabs });
  }
  return caches;
}

/** `key value` lines: /proc/vmstat, and meminfo with its units cut off. */
export function keyValues(text) {
  return new Map(
    lines(text).map((line) => {
      const match = need(/^(\S+?):? +(\d+)(?: kB)?$/.exec(line), line);
      return [match[1], Number(match[2])];
    }),
  );
}

/** The firmware's map, read entry by entry: [{ start, end, type }], end exclusive, BigInt. */
export async function firmwareMap(guest) {
  const entries = [];
  for (let i = 0; ; i++) {
    const start = await guest.request(`/sys/firmware/memmap/${i}/start`);
    if (start.status === 404) return entries;
    const [end, type] = await Promise.all(
      ["end", "type"].map((name) => guest.text(`/sys/firmware/memmap/${i}/${name}`)),
    );
    for (const text of [start.text, end]) need(/^0x[0-9a-f]+\n$/.exec(text), text);
    entries.push({
      start: BigInt(start.text.trim()),
      end: BigInt(end.trim()) + 1n,
      type: type.trim(),
    });
  }
}

// Where entries overlap, the one that promises less wins.
const RANK = [
  "System RAM",
  "reserved",
  "ACPI Tables",
  "ACPI Non-volatile Storage",
  "Unusable memory",
];

/** The map without overlaps, neighbours of one type joined. */
export function sanitise(entries) {
  const points = [...new Set(entries.flatMap(({ start, end }) => [start, end]))];
  points.sort((a, b) => (a < b ? -1 : 1));
  const out = [];
  for (let i = 0; i + 1 < points.length; i++) {
    const here = entries.filter(({ start, end }) => start <= points[i] && points[i] < end);
    if (!here.length) continue;
    const type = here
      .map((entry) => entry.type)
      .sort((a, b) => RANK.indexOf(b) - RANK.indexOf(a))[0];
    const last = out[out.length - 1];
    if (last && last.end === points[i] && last.type === type) last.end = points[i + 1];
    else out.push({ start: points[i], end: points[i + 1], type });
  }
  return out;
}

/** Whole page frames of RAM in the map: the sum of PFN_DOWN(end) - PFN_UP(start), as a number. */
export function ramPages(entries) {
  let pages = 0n;
  for (const { start, end, type } of sanitise(entries)) {
    if (type !== "System RAM") continue;
    const [first, last] = [(start + PAGE - 1n) / PAGE, end / PAGE];
    if (last > first) pages += last - first;
  }
  return Number(pages);
}

/**
 * /sys/kernel/debug/kernel_page_tables: [{ start, end, size, mapped, rw, user, level, area }].
 * Checks that the ranges cover the address space without a gap.
 */
export function pageTables(text) {
  const units = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
  const ranges = [];
  let area = null;
  for (const line of lines(text)) {
    const title = /^---\[ (.+) \]---$/.exec(line);
    if (title) {
      area = title[1];
      continue;
    }
    const match = need(
      /^0x([0-9a-f]{8})-0x([0-9a-f]{8}) {3} *(\d+)([KMG]) (.{26}) *(pgd|pmd|pte)$/.exec(line),
      line,
    );
    const start = parseInt(match[1], 16);
    const end = parseInt(match[2], 16) || 2 ** 32;
    const size = Number(match[3]) * units[match[4]];
    const flags = match[5].trim().split(/ +/).filter(Boolean);
    if (end - start !== size) throw new Error(`${line}: the size is not that of the range`);
    const last = ranges[ranges.length - 1];
    if (start !== (last?.end ?? 0)) throw new Error(`${line}: does not follow the line before`);
    ranges.push({
      start,
      end,
      mapped: flags.length > 0,
      rw: flags.includes("RW"),
      user: flags.includes("USR"),
      level: match[6],
      flags,
      area,
    });
  }
  if (ranges[ranges.length - 1].end !== 2 ** 32) throw new Error("does not reach 4 GiB");
  return ranges;
}

/** The mapped ranges of either kind, joined where only what QEMU does not show differs. */
export function mergeRanges(ranges) {
  const out = [];
  for (const { start, end, rw, user } of ranges) {
    const last = out[out.length - 1];
    if (last && last.end === start && last.rw === rw && last.user === user) last.end = end;
    else out.push({ start, end, rw, user });
  }
  return out;
}

/** QEMU's `info mem`: [{ start, end, rw, user }]. */
export function infoMem(text) {
  return text
    .trim()
    .split(/\r?\n/)
    .map((line) => {
      const match = need(/^([0-9a-f]+)-([0-9a-f]+) [0-9a-f]+ ([u-])r([w-])$/.exec(line), line);
      return {
        start: parseInt(match[1], 16),
        end: parseInt(match[2], 16),
        user: match[3] === "u",
        rw: match[4] === "w",
      };
    });
}

/** /proc/zoneinfo: [{ node, name, free, min, low, high, spanned, present, per_cpu, start_pfn }]. */
export function zoneinfo(text) {
  return text
    .split(/^(?=Node )/m)
    .filter(Boolean)
    .map((part) => {
      const [, node, name] = /^Node (\d+), zone +(\w+)$/m.exec(part);
      const word = (pattern) => {
        const found = new RegExp(`^ *${pattern} +(\\d+)$`, "m").exec(part);
        return found ? Number(found[1]) : 0;
      };
      return {
        ...{ node: Number(node), name, free: word("pages free") },
        ...{ min: word("min"), low: word("low"), high: word("high") },
        ...{ spanned: word("spanned"), present: word("present") },
        ...{ per_cpu: word("count:"), start_pfn: word("start_pfn:") },
      };
    });
}
