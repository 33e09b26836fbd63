// Machines as no loader should describe them. Each ends in a kernel that works, with every frame of the
// map that it was given in one use, or in one panic line with the value at fault; never in silence.

import assert from "node:assert/strict";
import test from "node:test";

import { forged, framesOf, MIB, RAM, RESERVED, stoppedAtEntry, u32, u64 } from "../lib/forge.mjs";
import { Guest, STATUS_PANIC } from "../lib/guest.mjs";
import { allHolds } from "../lib/verdicts.mjs";

const LOW = [0, 0x9fc00, RAM];
const WRAPS = 0xfffffffffffff000n;

/** RAM as the two sizes give it (W-10). */
const bySizes = (kib) => [
  [0, 0x9f000, RAM],
  [MIB, kib * 1024, RAM],
];

async function works(machine, { pages = framesOf(machine.map), line, use = {} } = {}) {
  const guest = await forged({ memory: 64, ...machine });
  try {
    await guest.waitReady();
    const frames = await allHolds(guest, pages);
    for (const [name, n] of Object.entries(use)) assert.equal(frames.use[name], n, name);
    if (line)
      assert.ok(
        guest.lines.some((l) => line.test(l)),
        `no line like ${line}`,
      );
    return guest.lines;
  } finally {
    await guest.stop();
  }
}

async function panics(machine, message) {
  const guest = await forged({ memory: 64, nic: "none", ...machine });
  try {
    assert.equal(await guest.waitExit(), STATUS_PANIC, guest.serial);
    const lines = guest.lines.filter((l) => /^memscope: panic: /.test(l));
    assert.equal(lines.length, 1, "one panic line");
    assert.match(lines[0], message);
  } finally {
    await guest.stop();
  }
}

/** With both protocols: the parser is the only part that tells them apart. */
function both(name, machine, expected) {
  for (const protocol of [1, 2])
    test(`${name} (Multiboot ${protocol})`, () => works({ ...machine, protocol }, expected));
}

// --- Maps ---

both("entries of five types that overlap, unsorted", {
  map: [
    [0x1200000, 0x400000, 4],
    [0, 0x3f00000, RAM],
    [0x9f000, 0x61000, RESERVED],
    [0x1000000, 0x400000, 3],
    [0x2000800, 0x1000, 5],
    [0x2000000, 0x1000, RAM],
  ],
});

both("forty holes", {
  map: [
    LOW,
    [MIB, 7 * MIB, RAM],
    ...Array.from({ length: 40 }, (_, i) => [8 * MIB + i * MIB, 0xb7000 + i * 0x321, RAM]),
  ],
});

test("one entry is too few: the sizes count", () =>
  works(
    { map: [[0, 60 * MIB, RAM]], sizes: [639, 50 * 1024] },
    { pages: framesOf(bySizes(50 * 1024)), line: /map of 1 entries cannot be used/ },
  ));

test("one entry and no sizes: it is taken", () => works({ map: [[0, 60 * MIB, RAM]] }));

both("128 entries", {
  map: [
    LOW,
    [MIB, 7 * MIB, RAM],
    ...Array.from({ length: 126 }, (_, i) => [
      8 * MIB + i * 0x60000,
      i % 3 ? 0x5f000 : 0x60000,
      i % 5 ? RAM : RESERVED,
    ]),
  ],
});

const many = [
  LOW,
  [MIB, 7 * MIB, RAM],
  ...Array.from({ length: 198 }, (_, i) => [8 * MIB + i * 0x40000, 0x3f000, RAM]),
];
both(
  "200 entries: the first 128, and a line",
  { map: many },
  {
    pages: framesOf(many.slice(0, 128)),
    line: /200 entries offered, the first 128 kept/,
  },
);

both(
  "RAM above 4 GiB, touching it, and across it",
  {
    map: [LOW, [MIB, 59 * MIB, RAM], [0x100000000, 0x40000000, RAM], [0x2000000000, 0x1000, RAM]],
  },
  { use: { above_4g: 0x40000 + 1 } },
);

test("more RAM than 32 bits can count: the figure stays at its largest", () =>
  works(
    { map: [LOW, [MIB, 59 * MIB, RAM], [0x100000000n, 0xfffffff000000000n, RAM]] },
    { pages: 0xffffffff },
  ));

const odd = [LOW, [MIB, 59 * MIB, RAM], [32 * MIB, 0, RESERVED], [WRAPS, 0x2000, RAM], [5, 0, RAM]];
both("entries without length, and one that wraps", { map: odd }, { line: /is too long: dropped/ });

test("one that wraps, with sizes to fall back on", () =>
  works({ map: odd, sizes: [639, 59 * 1024] }, { pages: framesOf(bySizes(59 * 1024)) }));

both("bounds inside pages", {
  map: [
    [0x123, 0x9f000, RAM],
    [MIB + 1, 31 * MIB, RAM],
    [32 * MIB + 3, 4093, RAM],
    [33 * MIB + 0x801, 20 * MIB, RAM],
  ],
});

both(
  "the image is left out",
  { map: [LOW, [16 * MIB, 40 * MIB, RAM]] },
  {
    line: /does not give all of the image .* as RAM: it is kept anyway/,
  },
);

test("the image is reserved", () =>
  works({ map: [LOW, [MIB, 59 * MIB, RAM], [MIB, 2 * MIB, RESERVED]] }));

test("no RAM below 16 MiB", async () => {
  // Page tables have to lie in what is mapped from the start: that cannot be had.
  await panics(
    {
      map: [
        [0, 0x1000, RESERVED],
        [16 * MIB, 40 * MIB, RAM],
      ],
    },
    /no room below 0x\w+ for/,
  );
});

test("RAM from 4 MiB on only", () =>
  works({
    map: [
      [0, 0x1000, RESERVED],
      [4 * MIB, 40 * MIB, RAM],
    ],
  }));

test("no map: the sizes", () =>
  works(
    { map: null, sizes: [639, 40 * 1024] },
    {
      pages: framesOf(bySizes(40 * 1024)),
      line: /RAM map from BIOS-e801/,
    },
  ));

test("no map and no sizes", () => panics({ map: null }, /e820: no memory: the loader gave 0/));
test("an empty map and no sizes", () => panics({ map: [] }, /e820: no memory: the loader gave 0/));
test("a map without RAM", () =>
  panics(
    {
      map: [
        [0, MIB, RESERVED],
        [MIB, 63 * MIB, 3],
      ],
    },
    /RAM ends at 0|no memory/,
  ));
test("RAM that ends below the image", () =>
  panics(
    { map: [LOW, [0x9fc00, 0x400, RESERVED]] },
    /RAM ends at 0x9f000, below the end of the image/,
  ));
test("RAM all above 4 GiB", () =>
  panics(
    {
      map: [
        [0, 0x1000, RESERVED],
        [0x100000000, 0x40000000, RAM],
      ],
    },
    /RAM ends at/,
  ));

test("hardly more RAM than the image: it works or says what is missing", async () => {
  for (const kib of [1200, 1600, 2000, 2400, 2800, 3200]) {
    const guest = await forged({ memory: 64, nic: "none", map: [LOW, [MIB, kib * 1024, RAM]] });
    try {
      const end = /^memscope: (ready, no network|panic: [a-z_0-9]+: .*\d)/;
      const [, how] = await guest.waitForLine(end);
      if (how.startsWith("panic")) assert.equal(await guest.waitExit(), STATUS_PANIC);
    } finally {
      await guest.stop();
    }
  }
});

test("tiny: 5 MiB", () => works({ memory: 8, map: [LOW, [MIB, 4 * MIB, RAM]] }));

for (const append of ["mm=2.4", "bootmem=bitmap", "highmem=8M", "vmalloc=512M"])
  test(`holes, overlaps and odd bounds with ${append}`, () =>
    works({
      append,
      map: [
        [0x800, 0x9f000, RAM],
        [MIB, 11 * MIB + 1, RAM],
        [13 * MIB, 20 * MIB, RAM],
        [20 * MIB, 0x10800, RESERVED],
        [34 * MIB, 30 * MIB - 0x20000, RAM],
      ],
    }));

test("highmem= leaves high memory where there is no RAM", () =>
  works(
    {
      append: "highmem=16M",
      map: [LOW, [MIB, 40 * MIB, RAM], [0xfff00000, MIB, RESERVED], [0xffe00000, MIB, RAM]],
    },
    { use: { cut_by_option: 256 } },
  ));

// --- Modules in the way ---

const plain = [LOW, [0x9fc00, 0x400, RESERVED], [MIB, 59 * MIB, RAM]];
for (const [name, module, append = ""] of [
  ["where page tables are looked for first", [0x7000, 0x9f000]],
  ["at the end of the image and over all that the boot mapping reaches", [0x300000, 0x7f0000]],
  ["at 16 MiB, where boot memory begins", [16 * MIB, 20 * MIB]],
  ["at 16 MiB, with mm=2.4", [16 * MIB, 20 * MIB], "mm=2.4"],
  ["where the bitmap goes", [0x280000, 0x2f0000], "bootmem=bitmap"],
  ["in half of all memory", [24 * MIB, 56 * MIB]],
  ["at the last byte of RAM", [60 * MIB - 1, 60 * MIB]],
  ["in firmware's area", [0xe0000, 0xf8000]],
  ["beyond RAM", [62 * MIB, 63 * MIB]],
  ["across the end of RAM", [59 * MIB, 61 * MIB]],
  ["on the image", [MIB + 0x8000, MIB + 0x9000]],
  ["without length", [8 * MIB, 8 * MIB]],
])
  test(`a module ${name}`, () => works({ map: plain, loaded: [module], append }));

test("eight modules, two of them on each other, and one more", () =>
  works({
    map: plain,
    loaded: [
      ...Array.from({ length: 8 }, (_, i) => [(20 + i) * MIB, (20 + i) * MIB + 5000 * i]),
      [27 * MIB, 28 * MIB],
    ],
  }));

// --- Firmware's tables ---

const NODES = [
  "-object",
  "memory-backend-ram,id=m0,size=32M",
  "-numa",
  "node,memdev=m0",
  "-object",
  "memory-backend-ram,id=m1,size=32M",
  "-numa",
  "node,memdev=m1",
];

async function bytesAt(guest, address, length) {
  const shown = await guest.hmp(`xp /${length}xb 0x${address.toString(16)}`);
  const values = shown.replace(/^[0-9a-f]+:/gm, "").match(/0x[0-9a-f]{2}\b/g);
  return Buffer.from(values.map(Number));
}

/** Where firmware puts its tables on this machine, and what they hold: it does so each time. */
async function tablesOf(extra) {
  return Guest.with({ memory: 64, extra }, async (guest) => {
    const bios = await bytesAt(guest, 0xf0000, 0x10000);
    const rsdp = bios.indexOf("RSD PTR ");
    const rsdt = bios.readUInt32LE(rsdp + 16);
    const root = await bytesAt(guest, rsdt, 256);
    const found = { RSDT: { at: rsdt, bytes: root.subarray(0, root.readUInt32LE(4)) } };
    for (let i = 36; i < root.readUInt32LE(4); i += 4) {
      const at = root.readUInt32LE(i);
      const length = (await bytesAt(guest, at, 8)).readUInt32LE(4);
      const bytes = await bytesAt(guest, at, Math.min(length, 0x1000));
      found[bytes.toString("latin1", 0, 4)] = { at, bytes };
    }
    return { rsdp: 0xf0000 + rsdp, ...found };
  });
}

const fixSum = (bytes) => {
  bytes[9] = 0;
  bytes[9] = -bytes.reduce((sum, v) => sum + v, 0) & 0xff;
  return bytes;
};
const changed = (table, edit) => {
  const bytes = Buffer.from(table.bytes);
  edit(bytes);
  return bytes;
};
const lengthened = (bytes, length) => {
  bytes.writeUInt32LE(length, 4);
  return fixSum(bytes.subarray(0, Math.max(length, 36)));
};
/** Offset of the n-th memory entry (type 1) of a SRAT. */
const memoryEntry = (bytes, n) => {
  for (let at = 48; at + 2 <= bytes.length; at += bytes[at + 1])
    if (bytes[at] === 1 && n-- === 0) return at;
  throw new Error("no such entry");
};

/** What is done to the tables of a machine with two nodes: gives what to write where. */
const DAMAGE = {
  nothing: () => [],
  "the root pointer's sum": (t) => [[t.rsdp + 8, Buffer.from([0x5a])]],
  "the root table's sum": (t) => [[t.RSDT.at + 9, Buffer.from([t.RSDT.bytes[9] ^ 1])]],
  "the root table cut in an entry": (t) => [
    [t.RSDT.at, lengthened(Buffer.from(t.RSDT.bytes), t.RSDT.bytes.length - 2)],
  ],
  "a root table of entries that lead nowhere": (t) => [
    [t.RSDT.at, fixSum(changed(t.RSDT, (b) => b.fill(0xff, 36)))],
  ],
  "a root table longer than memory": (t) => [[t.RSDT.at + 4, u32(0xfffffff0)]],
  "the SRAT's sum": (t) => [[t.SRAT.at + 9, Buffer.from([t.SRAT.bytes[9] ^ 1])]],
  "a SRAT cut in its first entry": (t) => [[t.SRAT.at, lengthened(Buffer.from(t.SRAT.bytes), 50)]],
  "a SRAT cut in its last entry": (t) => [
    [t.SRAT.at, lengthened(Buffer.from(t.SRAT.bytes), t.SRAT.bytes.length - 3)],
  ],
  "a SRAT entry of length 0": (t) => [
    [t.SRAT.at, fixSum(changed(t.SRAT, (b) => (b[memoryEntry(b, 0) + 1] = 0)))],
  ],
  "SRAT entries without length": (t) => [
    [t.SRAT.at, fixSum(changed(t.SRAT, (b) => u64(0).copy(b, memoryEntry(b, 1) + 16)))],
  ],
  "a SRAT entry that wraps": (t) => [
    [t.SRAT.at, fixSum(changed(t.SRAT, (b) => u64(-4096n).copy(b, memoryEntry(b, 1) + 8)))],
  ],
  "SRAT entries that overlap": (t) => [
    [t.SRAT.at, fixSum(changed(t.SRAT, (b) => u64(0).copy(b, memoryEntry(b, 2) + 8)))],
  ],
  "proximity domains far apart": (t) => [
    [t.SRAT.at, fixSum(changed(t.SRAT, (b) => u32(0xfffffffe).copy(b, memoryEntry(b, 1) + 2)))],
  ],
};

/** Nothing of these is to be believed: one node. */
const FLAT = new Set([
  "the root pointer's sum",
  "the root table's sum",
  "a root table of entries that lead nowhere",
  "a root table longer than memory",
  "the SRAT's sum",
]);

test("firmware's tables, damaged one by one", async (t) => {
  const tables = await tablesOf(NODES);
  assert.ok(tables.SRAT, `no SRAT among ${Object.keys(tables)}`);
  for (const [name, damage] of Object.entries(DAMAGE))
    await t.test(name, async () => {
      const options = { memory: 64, extra: NODES };
      const guest = await stoppedAtEntry(options, damage(tables));
      try {
        await guest.waitReady();
        await allHolds(guest);
        const zones = (await guest.text("/proc/buddyinfo")).match(/^Node 1,/gm);
        if (name === "nothing") assert.ok(zones, "the machine has two nodes");
        if (FLAT.has(name)) assert.equal(zones, null, "what has a wrong sum was believed");
      } finally {
        await guest.stop();
      }
    });
});

test("tables of the user's making", async () => {
  const files = ["-acpitable", "sig=SLIT,data=/dev/null", "-acpitable", "sig=SRAT,data=/dev/null"];
  await Guest.with({ memory: 64, extra: files }, (guest) => allHolds(guest));
});
