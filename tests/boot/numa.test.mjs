// Machines with one to eight nodes: golden values §12 on R6, what QEMU's monitor says of the same nodes,
// and for every machine that all of RAM is accounted for, node by node.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";

import { Guest, STATUS_TEST_PASSED } from "../lib/guest.mjs";
import { buddyinfo } from "../lib/proc.mjs";
import { allHolds } from "../lib/verdicts.mjs";

/** QEMU options for nodes of these sizes in MiB (0: without memory); CPU 0 belongs to `cpuNode`. */
function nodes(sizes, { cpuNode, extra = [] } = {}) {
  const options = sizes.flatMap((mib, n) => {
    const cpus = n === cpuNode ? ",cpus=0" : "";
    if (!mib) return ["-numa", `node,nodeid=${n}${cpus}`];
    const backend = `memory-backend-ram,size=${mib}M,id=m${n}`;
    return ["-object", backend, "-numa", `node,nodeid=${n},memdev=m${n}${cpus}`];
  });
  return { memory: sizes.reduce((a, b) => a + b), extra: [...options, ...extra] };
}

const R6 = nodes([512, 512], { extra: ["-smp", "2"] });
const list = (zones) => zones.map(({ node, zone }) => `${zone} ${node}`).join(", ");
const zonelist = (node, type) =>
  list(node.zonelists.find(({ up_to: name }) => name === type).fallback);

/** [{ mib, cpus }] of each node as QEMU has them. */
async function infoNuma(guest) {
  const text = await guest.hmp("info numa");
  const found = [];
  for (const [, n, cpus] of text.matchAll(/^node (\d+) cpus:([ \d]*)/gm))
    found[n] = { cpus: cpus.trim().split(" ").filter(Boolean).map(Number) };
  for (const [, n, mib] of text.matchAll(/^node (\d+) size: (\d+) MB/gm))
    found[n].mib = Number(mib);
  return found;
}

/** The chunks' domains and sizes and the processors' domains are those of QEMU's nodes. */
async function agreesWithQemu(guest, seen) {
  const qemu = await infoNuma(guest);
  for (const [domain, { mib, cpus }] of qemu.entries()) {
    const chunks = seen.chunks.filter((chunk) => chunk.domain === domain && !chunk.hot_pluggable);
    // QEMU leaves the video memory and the BIOS out of node 0's entries
    const pages = chunks.reduce((sum, { start_pfn: a, end_pfn: b }) => sum + b - a, 0);
    assert.equal(Math.ceil(pages / 256), mib, `size of domain ${domain}`);
    const apicIds = seen.srat.cpus.filter((cpu) => cpu.domain === domain);
    assert.deepEqual(
      apicIds.map(({ apic_id: id }) => id).sort((a, b) => a - b),
      cpus,
      `processors of domain ${domain}`,
    );
  }
  assert.equal(seen.srat.present, true);
  assert.equal(seen.srat.refused, null);
  return qemu;
}

/** All that holds on one node holds on several, and the texts name the nodes that have memory. */
async function nodesHold(guest) {
  const seen = await guest.json("/api/v1/nodes");
  const { use } = await allHolds(guest);
  const { zones } = await guest.json("/api/v1/memory");
  const populated = seen.nodes.filter(({ present }) => present).map(({ node }) => node);
  assert.deepEqual([...new Set(zones.map(({ node }) => node))], populated);
  const text = buddyinfo(await guest.text("/proc/buddyinfo"));
  assert.deepEqual(
    text.map(({ node, zone }) => `${zone} ${node}`),
    zones.map(({ node, name }) => `${name} ${node}`),
  );
  for (const path of ["/proc/zoneinfo", "/proc/pagetypeinfo"]) {
    const body = await guest.text(path);
    for (const { node, name } of zones)
      assert.match(body, new RegExp(`^Node +${node}, zone +${name}`, "m"), path);
  }
  const metrics = await guest.text("/metrics");
  for (const { node, name } of zones)
    assert.ok(metrics.includes(`node="${node}",zone="${name}"`), `${name} ${node} in /metrics`);
  // a counter of each zone, with the sums over all of them in vmstat; on one node there is none
  const vmstat = await guest.text("/proc/vmstat");
  if (seen.nodes.length === 1) assert.ok(!vmstat.includes("numa_hit"));
  else
    for (const key of ["hit", "miss", "foreign", "interleave", "local", "other"])
      assert.match(vmstat, new RegExp(`^numa_${key} \\d+$`, "m"));
  // every registered page lies in the bounds of its node
  for (const { node, start_pfn: start, end_pfn: end } of seen.ranges) {
    assert.ok(start < end);
    const bounds = seen.nodes[node];
    if (!seen.uncovered_pages) assert.ok(start >= bounds.start_pfn && end <= bounds.end_pfn);
  }
  const windows = seen.nodes.reduce((sum, { window }) => sum + (window?.pages ?? 0), 0);
  assert.equal(use.node_memory, windows, "KVA RAM");
  assert.equal(use.remap_window, windows, "KVA PG");
  return seen;
}

test("R6: chunks, nodes and zonelists are the documents' (golden values §12)", async () => {
  await Guest.with(R6, async (guest) => {
    const seen = await nodesHold(guest);
    await agreesWithQemu(guest, seen);
    assert.equal(seen.branch, "srat");
    assert.deepEqual(
      seen.chunks.map(({ start_pfn: a, end_pfn: b, domain }) => [a, b, domain]),
      [
        [0, 0xa0, 0],
        [0x100, 0x20000, 0],
        [0x20000, 0x40000, 1],
      ],
    );
    assert.deepEqual(seen.srat.memory, { seen: 4, used: 3, ignored: 1 });
    assert.deepEqual(seen.srat.cpu, { seen: 2, used: 2, ignored: 0 });
    assert.equal(seen.chunks_max, 24);
    assert.deepEqual(
      seen.nodes.map(({ start_pfn: a, end_pfn: b }) => [a, b]),
      [
        [0, 0x20000],
        [0x20000, 0x3ffe0],
      ],
    );
    assert.deepEqual(seen.distances, [
      [10, 20],
      [20, 10],
    ]);
    assert.equal(seen.zonelist_order, "Zone");
    assert.equal(zonelist(seen.nodes[0], "HighMem"), "HighMem 1, Normal 0, Normal 1, DMA 0");
    assert.equal(zonelist(seen.nodes[1], "HighMem"), "HighMem 1, Normal 1, Normal 0, DMA 0");
    assert.equal(list(seen.nodes[1].zonelists[2].this_node), "HighMem 1, Normal 1");
  });
});

test("R6: node order", async () => {
  await Guest.with({ ...R6, append: "numa_zonelist_order=node" }, async (guest) => {
    const seen = await nodesHold(guest);
    assert.equal(seen.zonelist_order, "Node");
    assert.equal(zonelist(seen.nodes[0], "HighMem"), "Normal 0, DMA 0, HighMem 1, Normal 1");
  });
});

test("R6: each window shows its node's memory through large pages", async () => {
  await Guest.with(R6, async (guest) => {
    const seen = await guest.json("/api/v1/nodes");
    const { early_res: reserved } = await guest.json("/api/v1/boot");
    assert.equal(seen.windows.pages % 1024, 0);
    assert.equal(seen.windows.large_entries, seen.windows.pages / 1024);
    const pg = reserved.filter(({ name }) => name === "KVA PG");
    assert.equal(pg.length, 1);
    const start = Number(seen.windows.start);
    assert.equal(Number(pg[0].start), start - 0xc0000000);
    const ram = reserved.filter(({ name }) => name === "KVA RAM").map(({ start }) => Number(start));
    assert.deepEqual(
      ram,
      seen.nodes.map(({ window }) => window.memory_pfn * 4096),
    );
    const tlb = await guest.hmp("info tlb");
    const words = async (command, address) =>
      (await guest.hmp(`${command}/64wx 0x${address.toString(16)}`)).replace(/^\S+: /gm, "");
    for (const { node, window, structure, start_pfn: first } of seen.nodes) {
      const virtual = Number(window.start);
      const physical = window.memory_pfn * 4096;
      assert.ok(first <= window.memory_pfn, `window memory of node ${node}`);
      for (let n = 0; n < window.large_entries; n++) {
        const hex = (value) => (value + n * 0x400000).toString(16).padStart(16, "0");
        const entry = new RegExp(`^${hex(virtual)}: ${hex(physical)} .GP`, "m");
        assert.match(tlb, entry, "a large, global entry");
      }
      assert.equal(await words("x", virtual + 8192), await words("xp", physical + 8192));
      // the structure of the processor's node stays in the image
      if (node !== seen.home_node) assert.equal(Number(structure), virtual);
    }
    const areas = await guest.text("/proc/vmallocinfo");
    const [, at] = /^0x(f8[0-9a-f]+)-/m.exec(areas);
    assert.equal(Number(seen.nodes[0].node_mem_map), parseInt(at, 16) + 32);
  });
});

for (const name of ["pages", "slab", "vmalloc", "kmap"])
  test(`R6: test=${name}`, async () => {
    const guest = await Guest.start({ ...R6, nic: "none", append: `test=${name}` });
    try {
      assert.equal(await guest.waitExit(), STATUS_TEST_PASSED, guest.serial);
    } finally {
      await guest.stop();
    }
  });

const FLAT = [
  { why: "numa=off", append: "numa=off" },
  { why: "mm=2.4 has one node", append: "mm=2.4" },
  { why: "the KVA remap needs 4 MiB pages", cpu: "qemu32,-pse" },
  { why: "the KVA remap needs 4 MiB pages", append: "mem=nopentium" },
];
for (const { why, ...options } of FLAT)
  test(`R6: flat with ${options.append ?? options.cpu}`, async () => {
    await Guest.with({ ...R6, ...options }, async (guest) => {
      const seen = await nodesHold(guest);
      assert.equal(seen.branch, "flat");
      assert.equal(seen.reason, why);
      assert.equal(seen.nodes.length, 1);
      assert.equal(seen.windows, null);
      const { stages } = await guest.json("/api/v1/boot");
      const remap = stages.find(({ id }) => id === "initmem_init_numa" || id === "W-61");
      assert.equal(remap.reason, why);
    });
  });

test("no SRAT: one flat node", async () => {
  await Guest.with({ memory: 64 }, async (guest) => {
    const seen = await nodesHold(guest);
    assert.equal(seen.reason, "no SRAT");
    assert.equal(seen.srat.present, false);
    assert.ok(seen.nodes[0].descriptor_bytes > 0, "what a remap would take");
  });
});

// [what, nodes in MiB, options, what else must be so]
const MACHINES = [
  ["two small ones", [32, 32], {}, (seen) => assert.ok(seen.windows)],
  ["three uneven ones", [64, 200, 40], {}, (seen) => assert.ok(seen.windows)],
  ["four of 16 MiB", [16, 16, 16, 16], {}, (seen) => assert.match(seen.no_windows, /no room/)],
  ["eight of 128 MiB", Array(8).fill(128), {}, (seen) => assert.equal(seen.nodes.length, 8)],
  ["eight of 24 MiB", Array(8).fill(24), {}, (seen) => assert.equal(seen.nodes.length, 8)],
  ["four in 3583 MiB", [1000, 1000, 1000, 583], {}, (seen) => assert.ok(seen.windows)],
  [
    "one above 896 MiB only",
    [896, 128],
    {},
    (seen) => {
      assert.equal(list(seen.nodes[1].zonelists[2].this_node), "HighMem 1");
      assert.ok(seen.nodes[1].window.memory_pfn >= 0x38000);
    },
  ],
  [
    "with bitmaps as boot memory",
    [96, 96, 64],
    { append: "bootmem=bitmap" },
    (seen) => assert.ok(seen.windows),
  ],
  [
    "without windows",
    [128, 128],
    { append: "numa=noremap" },
    (seen) => assert.equal(seen.no_windows, "numa=noremap"),
  ],
  [
    "with distances",
    [64, 64, 64],
    { numa: ["dist,src=0,dst=1,val=40", "dist,src=0,dst=2,val=15", "dist,src=1,dst=2,val=20"] },
    (seen) => {
      assert.deepEqual(seen.distances, [
        [10, 40, 15],
        [40, 10, 20],
        [15, 20, 10],
      ]);
      assert.equal(seen.slit_refused, null);
      assert.equal(zonelist(seen.nodes[0], "Normal"), "Normal 0, Normal 2, Normal 1, DMA 0");
      assert.equal(seen.zone_reclaim, true);
    },
  ],
  [
    "with the processor on the second",
    [128, 128],
    { cpuNode: 1 },
    (seen) => {
      assert.equal(seen.cpu_node, 1);
      assert.equal(seen.home_node, 1);
      assert.equal(seen.nodes[1].structure.slice(0, 5), "0xc01", "in the image");
    },
  ],
  [
    "with the processor on one without memory",
    [0, 64, 64],
    { cpuNode: 0 },
    (seen) => {
      assert.equal(seen.cpu_node, -1);
      assert.equal(seen.nodes.length, 2);
      assert.equal(seen.nodes[0].domain, 1);
    },
  ],
  [
    "with room for memory to be plugged in",
    [64, 64],
    { memory: "128M,slots=2,maxmem=1G" },
    (seen) => {
      assert.equal(seen.chunks.at(-1).hot_pluggable, true);
      assert.equal(seen.nodes.length, 2);
    },
  ],
  [
    "with a boundary for ZONE_MOVABLE",
    [64, 64],
    { append: "kernelcore=64M" },
    (seen) => {
      assert.equal(seen.nodes[0].movable_start_pfn, 36 * 256); // 32 MiB and the hole below 1 MiB, rounded up;
      assert.equal(seen.nodes[1].movable_start_pfn, 96 * 256);
    },
  ],
  [
    "the first cut off by mem=",
    [64, 64],
    { append: "mem=60M" },
    (seen) => assert.equal(seen.reason, "only one node has RAM below max_pfn"),
  ],
];

for (const [what, sizes, { numa = [], cpuNode, ...options }, also] of MACHINES)
  test(`${sizes.length} nodes: ${what}`, async () => {
    const machine = nodes(sizes, { cpuNode, extra: numa.flatMap((value) => ["-numa", value]) });
    await Guest.with({ ...machine, ...options }, async (guest) => {
      const seen = await nodesHold(guest);
      await agreesWithQemu(guest, seen);
      also(seen);
    });
  });

test("two nodes under load: slabs and buffers of both, all accounted for", async () => {
  // node 0 is so small that the server's own memory comes from node 1, too
  await Guest.with({ ...nodes([17, 111]), append: "token=t" }, async (guest) => {
    const get = (n) => guest.text(`/api/v1/net/source?bytes=${100000 + n}&seed=${n}`);
    for (let round = 0; round < 10; round++)
      await Promise.all(Array.from({ length: 6 }, (_, n) => get(n)));
    const seen = await nodesHold(guest);
    assert.equal(seen.nodes.length, 2);
    const { zones } = await guest.json("/api/v1/memory");
    for (const { node, name, free, present } of zones)
      assert.ok(free <= present, `${name} ${node}: ${free} of ${present}`);
    const counter = async (key) =>
      Number(new RegExp(`^numa_${key} (\\d+)$`, "m").exec(await guest.text("/proc/vmstat"))[1]);
    // node 1 gave what node 0 could not
    assert.ok((await counter("miss")) > 0);
    assert.equal(await counter("miss"), await counter("foreign"));
    assert.ok((await counter("local")) > 0);
    assert.ok((await counter("other")) > 0);
  });
});

// --- Tables that QEMU itself would not make: handed over with -acpitable ---

const MIB = 2 ** 20;

/** A memory entry; `change` may damage its 40 bytes. */
function memoryEntry([domain, start, end, flags = 1], change = () => {}) {
  const entry = Buffer.alloc(40);
  entry.writeUInt8(1, 0);
  entry.writeUInt8(40, 1);
  entry.writeUInt32LE(domain, 2);
  entry.writeBigUInt64LE(BigInt(start), 8);
  entry.writeBigUInt64LE(BigInt(end) - BigInt(start), 16);
  entry.writeUInt32LE(flags, 28);
  change(entry);
  return entry;
}

/** Runs `body` with a guest whose SRAT has this content behind its header. */
async function withSrat(content, options, body) {
  const dir = mkdtempSync(join(tmpdir(), "srat-"));
  const file = join(dir, "srat");
  try {
    writeFileSync(file, Buffer.concat([Buffer.alloc(12), ...content]));
    const extra = ["-acpitable", `sig=SRAT,rev=3,data=${file}`];
    return await Guest.with({ memory: 256, ...options, extra }, body);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const stripes = (count, mib, domains) =>
  Array.from({ length: count }, (_, n) => [n % domains, n * mib * MIB, (n + 1) * mib * MIB]);

const STRANGE = [
  ["interleaved: A, B, A", stripes(4, 64, 2), (seen) => assert.ok(seen.windows)],
  [
    "interleaved in stripes of 1 MiB",
    stripes(24, 1, 2),
    (seen) => assert.equal(seen.nodes.length, 2),
  ],
  [
    "a boundary inside a block of 4 MiB",
    [
      [0, 0, 101 * MIB + 20480],
      [1, 101 * MIB + 20480, 256 * MIB],
    ],
    (seen) => assert.ok(seen.windows),
  ],
  [
    "eleven domains",
    Array.from({ length: 11 }, (_, n) => [n * 20, n * 22 * MIB, (n + 1) * 22 * MIB]),
    (seen) => {
      assert.equal(seen.nodes.length, 8);
      assert.deepEqual(
        seen.chunks.map(({ node }) => node),
        [0, 1, 2, 3, 4, 5, 6, 7, 7, 7, 7],
      );
    },
  ],
  [
    "overlapping, unsorted",
    [
      [1, 100 * MIB, 200 * MIB],
      [0, 0, 150 * MIB],
      [0, 190 * MIB, 256 * MIB],
      [1, 120 * MIB, 130 * MIB],
    ],
    (seen) => assert.equal(seen.nodes.length, 2),
  ],
  [
    "RAM in no entry",
    [
      [0, 16 * MIB, 64 * MIB],
      [1, 128 * MIB, 192 * MIB],
    ],
    (seen) => assert.ok(seen.uncovered_pages > 35000),
  ],
  [
    "memory that is not there",
    [
      [0, 0, 128 * MIB],
      [1, 128 * MIB, 256 * MIB],
      [2, 256 * MIB, 512 * MIB],
      [3, 0x100000000, 0x200000000, 3],
    ],
    (seen) => {
      assert.equal(seen.nodes.length, 4);
      assert.equal(seen.nodes[2].present, 0);
    },
  ],
  [
    "thirty entries",
    stripes(30, 8, 2),
    (seen) => {
      assert.equal(seen.chunks.length, 24);
      assert.deepEqual(seen.srat.memory, { seen: 30, used: 24, ignored: 6 });
    },
  ],
  [
    "a node of 4 MiB, which its own window takes",
    [
      [0, 0, 64 * MIB],
      [1, 64 * MIB, 68 * MIB],
      [0, 68 * MIB, 256 * MIB],
    ],
    (seen) => assert.equal(seen.nodes[1].present, 0),
  ],
  [
    "a node of 64 KiB",
    [
      [0, 0, 64 * MIB],
      [1, 64 * MIB, 64 * MIB + 65536],
      [0, 64 * MIB + 65536, 256 * MIB],
    ],
    (seen) => assert.match(seen.no_windows, /a node has no room/),
  ],
  [
    "empty and wrapping ranges",
    [
      [0, 0, 128 * MIB],
      [1, 128 * MIB, 256 * MIB],
      [2, 5 * MIB, 5 * MIB],
    ],
    (seen) => assert.deepEqual(seen.srat.memory, { seen: 3, used: 2, ignored: 1 }),
  ],
];
for (const [what, entries, also] of STRANGE)
  test(`a strange SRAT: ${what}`, async () => {
    const content = entries.map((entry) => memoryEntry(entry));
    await withSrat(content, {}, async (guest) => {
      const seen = await nodesHold(guest);
      assert.equal(seen.branch, "srat");
      also(seen);
    });
    await withSrat(content, { append: "bootmem=bitmap numa=noremap" }, async (guest) => {
      assert.equal((await nodesHold(guest)).branch, "srat");
    });
  });

const HALVES = [
  [0, 0, 128 * MIB],
  [1, 128 * MIB, 256 * MIB],
];
const DAMAGED = [
  ["a sub-table of length 0", (entry) => entry.writeUInt8(0, 1), /empty or ends beyond/],
  ["a sub-table past the end", (entry) => entry.writeUInt8(41, 1), /empty or ends beyond/],
  ["a sub-table of another length", (entry) => entry.writeUInt8(20, 1), /wrong length|ends beyond/],
  ["all entries disabled", (entry) => entry.writeUInt32LE(0, 28), /no enabled memory/],
];
for (const [what, change, why] of DAMAGED)
  test(`a damaged SRAT: ${what}`, async () => {
    const content = HALVES.map((entry) => memoryEntry(entry, change));
    await withSrat(content, {}, async (guest) => {
      const seen = await nodesHold(guest);
      assert.equal(seen.branch, "flat");
      assert.match(seen.reason, why);
    });
  });

test("allocators on interleaved nodes that share blocks", async () => {
  const content = stripes(24, 1, 3).map((entry) => memoryEntry(entry));
  const dir = mkdtempSync(join(tmpdir(), "srat-"));
  const file = join(dir, "srat");
  writeFileSync(file, Buffer.concat([Buffer.alloc(12), ...content]));
  try {
    for (const name of ["pages", "slab"]) {
      const guest = await Guest.start({
        memory: 64,
        nic: "none",
        append: `test=${name}`,
        extra: ["-acpitable", `sig=SRAT,rev=3,data=${file}`],
      });
      try {
        assert.equal(await guest.waitExit(), STATUS_TEST_PASSED, guest.serial);
      } finally {
        await guest.stop();
      }
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});
