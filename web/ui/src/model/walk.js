// /api/v1/pagetables: the walk of one address, with each bit decoded, and the audit of all mappings.

import { pick, take } from "./answer.js";
import { count, hex } from "./format.js";

const WALK = {
  address: "string",
  area: "string",
  directory_entry: "object",
  mapped: "boolean",
  flags: "array",
};

export function readWalk(json) {
  const walk = take(json, "walk", "object", "pagetables");
  return {
    cr3: take(json, "cr3", "string", "pagetables"),
    ...pick(walk, WALK, "pagetables.walk"),
    table_entry: walk.table_entry ?? null,
    physical: walk.physical ?? null,
    pfn: walk.pfn ?? null,
  };
}

// "0xc0100000", "c0100000" or a decimal number: an address below 4 GiB, or null.
export function parseAddress(text) {
  const match = /^\s*(0x)?([0-9a-f]+)\s*$/i.exec(text);
  if (!match) return null;
  const digits = match[2];
  const decimal = !match[1] && /^[0-9]+$/.test(digits) && digits.length !== 8;
  const value = decimal ? Number(digits) : parseInt(digits, 16);
  return value < 2 ** 32 ? value : null;
}

// The three fields of a virtual address: [{name, bits, value, meaning}].
export function addressFields(address) {
  return [
    { name: "directory index", bits: "31–22", value: address >>> 22 },
    { name: "table index", bits: "21–12", value: (address >>> 12) & 1023 },
    { name: "offset in the page", bits: "11–0", value: address & 4095 },
  ];
}

export const BITS = [
  [0x001, "present", "the processor follows the entry", "nothing is mapped: access faults"],
  [0x002, "writable", "may be written", "read-only, also for the kernel (CR0.WP)"],
  [0x004, "user", "open to user mode", "for the kernel only"],
  [0x008, "write-through", "writes go through the cache", ""],
  [0x010, "cache disabled", "not cached: device registers", ""],
  [0x020, "accessed", "the processor has used it", "not used yet"],
  [0x040, "dirty", "written to", ""],
  [0x080, "large or PAT", "in the directory: maps 4 MiB itself", ""],
  [0x100, "global", "survives a change of CR3", ""],
];

// The bits of an entry: [{bit, name, set, meaning}], and where it points. Without the present bit the
// others mean nothing.
export function entryBits(entry) {
  const value = Number(entry);
  const present = (value & 1) === 1;
  return BITS.filter((_, i) => present || i === 0).map(([mask, name, yes, no]) => {
    const set = (value & mask) !== 0;
    return { bit: Math.log2(mask), name, set, meaning: set ? yes : no };
  });
}

/** Where an entry points; `large`: one of the directory that maps 4 MiB itself. */
export function entryTarget(entry, large = false) {
  return hex((Number(entry) & (large ? 0xffc00000 : 0xfffff000)) >>> 0);
}

// ---- The audit ----

const FINDINGS = {
  user_pages: "reachable from user mode, though there is none",
  writable_text_pages: "hold code or constants and can be written",
  unmapped_direct_pages: "of RAM below the direct map's end that it leaves out",
  mapped_guard_pages: "guard a vmalloc area but are mapped",
  stray_pages: "mapped outside every area",
};

export function readAudit(json) {
  const audit = take(json, "audit", "object", "pagetables");
  return {
    findings: Object.entries(FINDINGS).map(([name, meaning]) => ({
      name,
      meaning,
      pages: take(audit, name, "number", "pagetables.audit"),
    })),
    ...pick(audit, { alias_count: "number", aliases: "array" }, "pagetables.audit"),
    directory: take(json, "directory", "array", "pagetables"),
    cr3: take(json, "cr3", "string", "pagetables"),
  };
}

export function auditWords({ findings }) {
  const wrong = findings.filter(({ pages }) => pages > 0);
  if (wrong.length === 0)
    return "Nothing unexpected: no page can be reached or written that should not be.";
  return wrong.map(({ pages, meaning }) => `${count(pages)} pages ${meaning}`).join("; ") + ".";
}
