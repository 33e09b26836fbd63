// seeds.mjs DIR: writes the inputs that fuzzing starts from, into DIR/TARGET/. Each is a good machine
// or a common fault, in the form that the target's head comment describes.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const out = process.argv[2];
rmSync(out, { recursive: true, force: true });

function seed(target, name, bytes) {
  mkdirSync(join(out, target), { recursive: true });
  writeFileSync(join(out, target, name), bytes);
}

const u8 = (v) => Buffer.from([v & 0xff]);
const u16 = (v) => Buffer.from([v & 0xff, (v >> 8) & 0xff]);
const u32 = (v) => Buffer.concat([u16(v & 0xffff), u16(v >>> 16)]);
const u64 = (v) => {
  const b = Buffer.alloc(8);
  b.writeBigUInt64LE(BigInt.asUintN(64, BigInt(v)));
  return b;
};
const text = (s) => Buffer.from(s + "\0", "latin1");
const chars = (s, n) => Buffer.from(s.padEnd(n, "\0"), "latin1").subarray(0, n);
const cat = (...parts) => Buffer.concat(parts.flat());
const pad = (b, n) => cat(b, Buffer.alloc((n - (b.length % n)) % n));

// --- Memory maps as loaders give them: [start, size, type] ---

const MIB = 0x100000;
const maps = {
  qemu64: [
    [0, 0x9fc00, 1],
    [0x9fc00, 0x400, 2],
    [0xf0000, 0x10000, 2],
    [MIB, 0x3ee0000, 1],
    [0x3fe0000, 0x20000, 2],
    [0xfffc0000, 0x40000, 2],
  ],
  overlaps: [
    [0, 0x2000000, 1],
    [0x9f000, 0x61000, 2],
    [0x1000000, 0x400000, 3],
    [0x1200000, 0x400000, 4],
    [0x800800, 0x1000, 5],
  ],
  one: [[0, 0x2000000, 1]],
  holes: Array.from({ length: 40 }, (_, i) => [MIB * (1 + i), 0xf0000, 1]),
  many: Array.from({ length: 130 }, (_, i) => [0x20000 * i, 0x1f000, i % 9 ? 1 : 2]),
  high: [
    [0, 0x9fc00, 1],
    [MIB, 0x1f00000, 1],
    [0x100000000, 0x40000000, 1],
  ],
  wraps: [
    [0, 0x9fc00, 1],
    [MIB, 0x1f00000, 1],
    [0xfffffffffffff000n, 0x2000, 1],
    [0x5000000, 0, 1],
  ],
  oneHighFrame: [
    [0, 0x9fc00, 1],
    [MIB, 0x37f01000, 1],
    [0x38002000, 0x1000, 2],
  ],
  noImage: [
    [0, 0x9fc00, 1],
    [0x1000000, 0x1000000, 1],
  ],
  none: [],
};

// --- Multiboot ---

const MB1_AT = 0x9800;

function multiboot1(map, { line = "memscope.elf", modules = [], flags = 0x24d } = {}) {
  const memory = Buffer.alloc(0x2000);
  const put = (addr, bytes) => bytes.copy(memory, addr - 0x9000);
  const entries = cat(...map.map(([s, n, t]) => cat(u32(20), u64(s), u64(n), u32(t))));
  put(0x9000, text(line).subarray(0, 0x700));
  put(0x9700, text("seeds"));
  put(0x9780, cat(...modules.map(([s, e]) => cat(u32(s), u32(e), u32(0x9700), u32(0))), u8(0)));
  put(0x9900, entries);
  const words = Array.from({ length: 29 }, () => 0);
  Object.assign(words, { 0: flags, 1: 639, 2: 0x7c00, 4: 0x9000, 5: modules.length, 6: 0x9780 });
  Object.assign(words, { 11: entries.length, 12: 0x9900, 16: 0x9700 });
  put(MB1_AT, cat(...words.map(u32)));
  return cat(u8(0), memory.subarray(0, 0x900 + entries.length));
}

const tag = (type, body) => pad(cat(u32(type), u32(8 + body.length), body), 8);

function multiboot2(map, { line = "mm=2.6", modules = [] } = {}) {
  const entries = map.map(([s, n, t]) => cat(u64(s), u64(n), u32(t), u32(0)));
  const body = cat(
    tag(1, text(line)),
    tag(2, text("GRUB")),
    tag(4, cat(u32(639), u32(0x7c00))),
    ...modules.map(([s, e]) => tag(3, cat(u32(s), u32(e), text("module")))),
    tag(6, cat(u32(24), u32(0), ...entries)),
    tag(8, Buffer.alloc(24)),
    tag(14, cat(chars("RSD PTR ", 8), Buffer.alloc(12))),
    tag(15, cat(chars("RSD PTR ", 8), Buffer.alloc(28))),
    tag(0, Buffer.alloc(0)),
  );
  return cat(u8(1), u32(8 + body.length), u32(0), body);
}

for (const [name, map] of Object.entries(maps)) {
  seed("multiboot", `mb1-${name}`, multiboot1(map));
  seed("multiboot", `mb2-${name}`, multiboot2(map));
}
const modules = [
  [0x300000, 0x301000],
  [0x1000000, 0x1100000],
];
seed("multiboot", "mb1-modules", multiboot1(maps.qemu64, { modules, flags: 0x1a4d }));
seed("multiboot", "mb2-modules", multiboot2(maps.qemu64, { modules }));
seed("multiboot", "mb1-options", multiboot1(maps.qemu64, { line: "/k mem=16M mm=2.4 token=s" }));
seed("multiboot", "mb1-sizes", multiboot1([], { flags: 1 }));

// --- fuzz_map: any bytes are a machine; a short generator makes some of each length ---

let state = 1;
const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8;
for (const length of [4, 8, 12, 20, 40, 80, 160, 320, 700])
  for (let n = 0; n < 4; n++) {
    const bytes = Buffer.from(Array.from({ length }, random));
    if (n & 1) bytes.writeUInt16LE(0, 2); // no options
    bytes[0] |= n & 2 ? 6 : 0; // the usual RAM, too
    seed("map", `random-${length}-${n}`, bytes);
  }

// --- The command line: each option of the table with values that matter ---

const table = readFileSync("kernel/params.c", "utf8");
const names = [...table.matchAll(/^\t\{ "(\w+)",/gm)].map((m) => m[1]);
if (names.length < 10) throw new Error("kernel/params.c: the table of options was not found");
const values = ["", "0", "1", "16M", "0x1000", "64K@8M", "1M$2M,1M#4M", "exactmap", "2.4", "2.6"];
values.push("bitmap", "off", "on", "nopentium", "128M", "99999999999999999999", "FZP", "U", "dhcp");
for (const name of names) {
  seed("cmdline", name, Buffer.from(name));
  for (const [i, value] of values.entries())
    seed("cmdline", `${name}-${i}`, Buffer.from(`${name}=${value}`));
}
const lines = [
  "/boot/memscope.elf mem=20M ip=10.0.0.2::10.0.0.1:255.255.255.0:name::off token=abc",
  'a="b c" token="d e" "token=f" x=token=g',
  "memmap=exactmap memmap=640K@0 memmap=16M@1M",
  "mm=2.4 highmem=2M slub_debug=FZPU page_owner=on",
  "ip=1.2.3.4 ip=300.1.1.1 ip=::::::",
  "token=" + "t".repeat(300),
  "mem=64M ".repeat(200),
];
lines.forEach((line, i) => seed("cmdline", `line-${i}`, Buffer.from(line)));

// --- Firmware's tables ---

// Places and repairs as fuzz_acpi.c numbers them.
const place = { bda: 0, ebda: 1, bios_e: 2, bios_f: 3, acpi: 4, ram: 5 };
const base = { acpi: 0x7e0000, ram: 0x600000 };
const FIX = { rsdp1: 1, rsdp2: 2, table: 4, mpf: 8, mpc: 16 };
const piece = (where, fix, offset, bytes) =>
  cat(u8(place[where]), u8(fix), u16(offset), u16(bytes.length), bytes);

const rsdp = (rsdt, xsdt = 0, revision = 0) =>
  cat(
    chars("RSD PTR ", 8),
    u8(0),
    chars("SEEDS", 6),
    u8(revision),
    u32(rsdt),
    u32(36),
    u64(xsdt),
    u32(0),
  );
const table36 = (signature, body, length = 36 + body.length) =>
  cat(chars(signature, 4), u32(length), u8(1), u8(0), chars("SEEDS", 6), Buffer.alloc(20), body);

const srat = {
  cpu: (node, apic, flags = 1) =>
    cat(u8(0), u8(16), u8(node), u8(apic), u32(flags), u8(0), Buffer.alloc(7)),
  memory: (node, start, size, flags = 1) =>
    cat(u8(1), u8(40), u32(node), u16(0), u64(start), u64(size), u32(0), u32(flags), u64(0)),
  x2apic: (node, apic, flags = 1) =>
    cat(u8(2), u8(24), u16(0), u32(node), u32(apic), u32(flags), u32(0), u32(0)),
};
const sratBody = (...entries) => cat(u32(1), u64(0), ...entries);
const slit = (n) =>
  cat(u64(n), Buffer.from(Array.from({ length: n * n }, (_, i) => (i % (n + 1) ? 20 : 10))));
const madt = cat(
  u32(0xfee00000),
  u32(1),
  cat(u8(0), u8(8), u8(0), u8(0), u32(1)),
  cat(u8(1), u8(12), u8(0), u8(0), u32(0xfec00000), u32(0)),
  cat(u8(2), u8(10), u8(0), u8(0), u32(2), u16(0)),
);

/** The loader's copy of nothing, the root pointer in the BIOS area, and a root table of these. */
function tables(where, list, { wide = false } = {}) {
  let offset = 0x400;
  const pieces = [];
  const addresses = list.map((table) => {
    const at = offset;
    pieces.push(piece(where, FIX.table, at, table));
    offset += (table.length + 63) & ~63;
    return base[where] + at;
  });
  const root = wide
    ? table36("XSDT", cat(...addresses.map(u64)))
    : table36("RSDT", cat(...addresses.map(u32)));
  const pointer = wide ? rsdp(0, base[where], 2) : rsdp(base[where]);
  const fix = wide ? FIX.rsdp1 | FIX.rsdp2 : FIX.rsdp1;
  return cat(u8(0), piece("bios_f", fix, 0x100, pointer), piece(where, FIX.table, 0, root), pieces);
}

const srats = {
  two: sratBody(
    srat.cpu(0, 0),
    srat.cpu(1, 1),
    srat.memory(0, 0, 0x9fc00),
    srat.memory(0, MIB, 0x300000),
    srat.memory(1, 0x400000, 0x3e0000),
  ),
  x2apic: sratBody(srat.x2apic(7, 0), srat.memory(7, 0, 0x7e0000)),
  unsorted: sratBody(srat.memory(3, 0x500000, 0x2e0000), srat.memory(1, 0, 0x500000)),
  zero: sratBody(
    srat.memory(0, MIB, 0),
    srat.memory(0, 0, 0x7e0000, 0),
    srat.memory(1, 0, 0x7e0000),
  ),
  overlap: sratBody(srat.memory(0, 0, 0x600000), srat.memory(1, 0x400000, 0x3e0000)),
  many: sratBody(...Array.from({ length: 70 }, (_, i) => srat.memory(i % 9, 0x20000 * i, 0x20000))),
};
for (const [name, body] of Object.entries(srats)) {
  const list = [table36("APIC", madt), table36("SRAT", body), table36("SLIT", slit(2))];
  seed("acpi", `srat-${name}`, tables("acpi", list));
}
seed("acpi", "ram", tables("ram", [table36("SRAT", srats.two), table36("APIC", madt)]));
seed("acpi", "xsdt", tables("acpi", [table36("SRAT", srats.two)], { wide: true }));
seed("acpi", "short", tables("acpi", [table36("SRAT", Buffer.alloc(4)), table36("SLIT", slit(9))]));
seed("acpi", "ebda", cat(u8(0), piece("bda", 0, 0xe, u16(0x9fc0)), piece("ebda", 1, 0, rsdp(1))));
seed("acpi", "loader", cat(u8(1), rsdp(base.acpi), piece("acpi", 4, 0, table36("RSDT", u32(0)))));

// MP floating pointer and table, DMI.
const mpf = (addr) => cat(chars("_MP_", 4), u32(addr), u8(1), u8(4), u8(0), Buffer.alloc(5));
const mpEntries = cat(
  cat(u8(0), u8(0), u8(0x14), u8(3), u32(0x600), u32(0), u64(0)),
  cat(u8(1), u8(0), chars("PCI", 6)),
  cat(u8(2), u8(1), u8(0x11), u8(1), u32(0xfec00000)),
  cat(u8(3), u8(0), u16(0), u8(0), u8(1), u8(1), u8(1)),
);
const mpcOf = (length) =>
  cat(
    chars("PCMP", 4),
    cat(u16(length), u8(4), u8(0), chars("SEEDS", 8), chars("MACHINE", 12), u32(0)),
    cat(u16(0), u16(4), u32(0xfee00000), u16(0), u8(0), u8(0)),
    mpEntries,
  );
for (const [name, length] of [
  ["mp", 44 + mpEntries.length],
  ["mp-reaches-the-image", 0xffff],
]) {
  const table = piece("bios_f", FIX.mpc, 0x500, mpcOf(length));
  seed("acpi", name, cat(u8(0), piece("bios_f", FIX.mpf, 0x400, mpf(0xf0500)), table));
}
const dmiTable = cat(
  cat(u8(0), u8(24), u16(0), u8(1), u8(2), u16(0xe800), u8(3), u8(0), Buffer.alloc(14)),
  text("SeaBIOS"),
  text("1.16"),
  text("2014"),
  u8(0),
  cat(u8(1), u8(27), u16(1), u8(1), u8(2), u8(3), u8(0), Buffer.alloc(19)),
  text("QEMU"),
  text("PC"),
  text("1"),
  u8(0),
  cat(u8(127), u8(4), u16(2), u16(0)),
);
const dmi = cat(
  cat(chars("_DMI_", 5), u8(0), u16(dmiTable.length), u32(0xf0700), u16(3), u8(0x28)),
);
const smbios = cat(chars("_SM_", 4), u8(0), u8(31), u8(2), u8(8), u16(60), Buffer.alloc(6), dmi);
const fixDmi = (b, from, to, at) => {
  b[at] = 0;
  b[at] = -b.subarray(from, to).reduce((sum, v) => sum + v, 0) & 0xff;
};
fixDmi(smbios, 16, 31, 21);
fixDmi(smbios, 0, 31, 4);
seed(
  "acpi",
  "dmi",
  cat(u8(0), piece("bios_f", 0, 0x600, smbios), piece("bios_f", 0, 0x700, dmiTable)),
);

// --- Soak documents ---

const soak = {
  plain: { seed: 7, operations: 100, allocate: [{ kind: "pages", order: 3, zone: "highmem" }] },
  arena: {
    name: "a\n",
    duration_ms: 5,
    arena: { mib: 16, engine: "2.4" },
    live: { bytes: 8388608 },
    lifetime: { dist: "uniform", min: 1, max: 900 },
    allocate: [
      { kind: "cache", name: "n", size: 72, debug: true },
      { kind: "kmalloc", size: { dist: "geometric", mean: 300 }, weight: 9 },
      { kind: "pages", order: { dist: "trace", values: [0, 1, 2] }, type: "movable" },
    ],
    failslab: { interval: 3, probability: 50, after: 9, times: 2, cache: "n" },
    fail_page_alloc: { min_order: 1, max_order: 2 },
    bug: { kind: "leak", after: 4 },
  },
  phases: {
    profile: "packet_storm",
    verify: false,
    expect_failures: true,
    phases: [{ operations: 5, rate: 9, allocate: [{ kind: "kmap" }] }, { duration_ms: 5 }],
  },
};
for (const [name, document] of Object.entries(soak))
  seed("json", name, Buffer.from(JSON.stringify(document)));
