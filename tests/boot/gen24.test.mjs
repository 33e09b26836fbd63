// The 2.4 generation and the bitmap boot allocator: the same image on the other machinery.
//
// What holds on every machine must hold here too (verdicts.mjs; the guest's own check also compares
// every pair bit with the descriptors). Beside that stand the documents' figures for these options.

import assert from "node:assert/strict";
import test from "node:test";

import { Guest, STATUS_TEST_PASSED } from "../lib/guest.mjs";
import { buddyinfo, slabinfo } from "../lib/proc.mjs";
import { allHolds, checkAgrees, framesSumUp } from "../lib/verdicts.mjs";

const zonesOf = async (guest) => {
  const { zones } = await guest.json("/api/v1/memory");
  return Object.fromEntries(zones.map((zone) => [zone.name, zone]));
};

const stagesOf = async (guest) => {
  const { stages } = await guest.json("/api/v1/boot");
  return Object.fromEntries(stages.map((stage) => [stage.id, stage]));
};

/** pages_min, pages_low, pages_high of a zone of this many pages (N-05). */
function watermarks(pages) {
  const min = Math.min(Math.max(Math.floor(pages / 128), 20), 255);
  return { min, low: 2 * min, high: 3 * min };
}

/** Blocks of one order of a zone, of all types. */
const blocks = (zone, order) =>
  Object.values(zone.orders[order].types).reduce((sum, count) => sum + count, 0);

const OF_24 = [
  ...["n_paging_init", "n_kmap_init", "n_zone_sizes", "n_free_area_init_core", "n_watermarks"],
  ...["n_free_areas", "n_build_zonelists", "n_mem_init", "n_free_all_bootmem_core"],
  ...["n_free_pages", "n_free_pages_ok", "n_rmqueue"],
];
const OF_26 = [
  ...["zone_sizes_init", "free_area_init_core", "setup_usemap", "build_all_zonelists"],
  ...["free_one_page_merge", "page_is_buddy", "alloc_pages", "setup_per_cpu_pageset"],
  ...["set_highmem_pages_init", "init_per_zone_wmark_min", "free_all_memory_core_early"],
];

async function expectStages(guest, done, notApplicable) {
  const stages = await stagesOf(guest);
  for (const id of done) assert.equal(stages[id].status, "done", id);
  for (const id of notApplicable) {
    assert.equal(stages[id].status, "not_applicable", id);
    assert.notEqual(stages[id].reason, "", id);
  }
  const lost = Object.values(stages).filter(
    ({ id, status }) => status === "not_reached" && id !== "cpu_idle", // the loop may not have slept yet
  );
  assert.deepEqual(
    lost.map(({ id }) => id),
    [],
  );
}

/** What makes a machine one of the 2.4 generation. */
async function isGeneration24(guest) {
  const zones = await zonesOf(guest);
  let start = 0;
  for (const name of ["DMA", "Normal", "HighMem"].filter((zone) => zone in zones)) {
    const zone = zones[name];
    assert.equal(zone.start_pfn, start, `${name} begins where the one before it ends`);
    start += zone.spanned;
    if (!zone.present) continue;
    const { min, low, high } = zone;
    assert.deepEqual({ min, low, high }, watermarks(zone.spanned), name);
    assert.equal(zone.orders.length, 10, `orders of ${name}`);
  }
  for (const { blocks: orders } of buddyinfo(await guest.text("/proc/buddyinfo")))
    assert.equal(orders.length, 10);
  const types = await guest.text("/proc/pagetypeinfo");
  assert.match(types, /type +Unmovable/);
  assert.doesNotMatch(types, /Movable|Reclaimable|Reserve|Isolate/);
  const zoneinfo = await guest.text("/proc/zoneinfo");
  for (const [, count] of zoneinfo.matchAll(/^ +count: (\d+)$/gm)) assert.equal(count, "0");
  const caches = slabinfo(await guest.text("/proc/slabinfo"));
  assert.ok(caches.has("size-2097152"), "the largest block is 2 MiB");
  assert.ok(!caches.has("size-4194304"));
  return zones;
}

for (const memory of [8, 16, 64, 3583]) {
  test(`mm=2.4 with ${memory} MiB`, async () => {
    await Guest.with({ memory, append: "mm=2.4" }, async (guest) => {
      await allHolds(guest);
      const zones = await isGeneration24(guest);
      await expectStages(guest, OF_24, OF_26);
      if (memory === 16) assert.equal(zones.DMA.spanned, 0xfe0); // R5
    });
  });
}

// R1: the memory of the documents' guest, and the figures that do not hang on its kernel's size.
test("mm=2.4 on reference machine R1", async () => {
  await Guest.with({ memory: "1048696K", append: "mm=2.4" }, async (guest) => {
    await allHolds(guest);
    const { DMA, Normal, HighMem } = await isGeneration24(guest);
    assert.deepEqual([DMA.spanned, Normal.spanned, HighMem.spanned], [0x1000, 0x37000, 0x7ffe]);
    assert.deepEqual([DMA.min, Normal.min, HighMem.min], [0x20, 0xff, 0xff]);
    assert.deepEqual([DMA.high, Normal.high, HighMem.high], [0x60, 0x2fd, 0x2fd]);
    const stages = await stagesOf(guest);
    const notes = (id) => stages[id].changed.join("\n");
    // 63 blocks of order 9 and one of each order from 8 to 1, before anything was allocated
    for (const order of [1, 2, 3, 4, 5, 6, 7, 8])
      assert.match(notes("n_mem_init"), new RegExp(`HighMem order ${order}: 1 blocks, 1 pair`));
    assert.match(notes("n_mem_init"), /HighMem order 0: 0 blocks, 0 pair bits/);
    assert.match(notes("n_mem_init"), /totalhigh_pages 32766/);
    assert.equal(blocks(HighMem, 9), 63);
    // the lists of N-07, and the map of the boot bitmap right behind the image
    assert.match(notes("n_build_zonelists"), /^ 6: HighMem Normal DMA$/m);
    assert.match(notes("n_build_zonelists"), /^ 7: DMA *$/m);
    assert.match(notes("n_build_zonelists"), /^ 8: Normal DMA *$/m);
    assert.match(notes("n_free_all_bootmem_core"), /node_low_pfn 0x38000/);
    assert.match(notes("n_free_all_bootmem_core"), /7 of them the bitmap's/);
  });
});

test("mm=2.4 keeps the Pentium Pro's bad frames reserved (R9)", async () => {
  const cpu = "qemu32,vendor=GenuineIntel,family=6,model=1,stepping=7";
  await Guest.with({ memory: 2048, cpu, append: "mm=2.4" }, async (guest) => {
    await allHolds(guest);
    const { HighMem } = await zonesOf(guest);
    assert.equal(HighMem.spanned - HighMem.present, 64);
  });
});

for (const name of ["pages", "slab", "vmalloc", "kmap"]) {
  test(`mm=2.4 passes the boot test ${name}`, async () => {
    const append = ["mm=2.4", `test=${name}`];
    const guest = await Guest.start({ memory: 1024, append, nic: "none" });
    try {
      assert.equal(await guest.waitExit(), STATUS_TEST_PASSED, guest.serial.slice(-1500));
    } finally {
      await guest.stop();
    }
  });
}

/** Runs test=pages with a seed; gives the line that says what its requests came to. */
async function trace(append, memory, seed) {
  const guest = await Guest.start({
    memory,
    append: `test=pages seed=${seed} ${append}`,
    nic: "none",
  });
  try {
    assert.equal(await guest.waitExit(), STATUS_TEST_PASSED, guest.serial.slice(-1500));
    const line = guest.lines.find((text) => text.includes("trace of seed"));
    assert.ok(line, guest.serial.slice(-1500));
    return line.slice(line.indexOf("trace"));
  } finally {
    await guest.stop();
  }
}

// The boot test itself compares the free blocks of every order before and after, and walks every
// descriptor. Here the two generations, and both boot allocators, must have answered alike: each
// request was served from the same zone, and the same pages were held at the end.
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32));
for (const [memory, seed] of [
  [1024, 0x5eed],
  [1024, SEED],
  [64, SEED],
]) {
  test(`the same trace on both generations: ${memory} MiB, seed ${seed}`, async () => {
    const traces = [];
    for (const append of ["mm=2.6", "mm=2.4", "bootmem=bitmap"])
      traces.push(await trace(append, memory, seed));
    const [, given, refused, freed] = /: (\d+) given, (\d+) refused, (\d+) freed;/.exec(traces[0]);
    assert.ok(Number(given) > 500 && Number(freed) > 500, traces[0]);
    assert.equal(refused, "0", traces[0]);
    assert.equal(traces[1], traces[0]);
    assert.equal(traces[2], traces[0]);
  });
}

const PATHS = ["/proc/buddyinfo", "/proc/zoneinfo", "/api/v1/memory", "/", "/metrics", "/nothing"];

/** Requests one after the other, until `count` were answered. */
async function load(guest, count) {
  for (let i = 0; i < count; i++) {
    const answer = await guest.request(PATHS[i % PATHS.length], i % 10 ? {} : { agent: false });
    assert.ok([200, 404, 503].includes(answer.status), `${answer.status}`);
  }
}

/** Free pages by zone once nothing moves any more. */
async function restingPages(guest) {
  guest.agent.destroy();
  let [last, since] = ["", Date.now()];
  const deadline = Date.now() + 60000;
  for (;;) {
    const text = (await guest.get("/proc/buddyinfo", { agent: false })).text;
    const now = JSON.stringify(buddyinfo(text).map(({ zone, free }) => [zone, free]));
    if (now !== last) [last, since] = [now, Date.now()];
    if (Date.now() - since > 5000 || Date.now() > deadline) return JSON.parse(now);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

test("mm=2.4 serves some hundred requests and has its pages back", async () => {
  await Guest.with({ memory: 64, append: "mm=2.4" }, async (guest) => {
    await load(guest, 200);
    const before = await restingPages(guest);
    await load(guest, 600);
    const after = await restingPages(guest);
    for (const [i, [zone, free]] of before.entries()) {
      const moved = Math.abs(after[i][1] - free);
      assert.ok(moved <= 8, `${zone}: ${free} pages free, then ${after[i][1]}`);
    }
    await checkAgrees(guest);
    await framesSumUp(guest);
  });
});

// The bitmap's own pages and the list of reservations are free again, so the totals are equal. Only
// where the small pieces of a page end differs: each may cost or save a page of boot allocations.
for (const memory of [16, 64, 1024]) {
  test(`bootmem=bitmap under mm=2.6 with ${memory} MiB keeps what early_res keeps`, async () => {
    const total = async (append) =>
      Guest.with({ memory, append }, async (guest) => {
        const { use, pages } = await allHolds(guest);
        const { total_ram: ram } = { total_ram: await guest.text("/proc/meminfo") };
        const kib = Number(/^MemTotal: +(\d+) kB$/m.exec(ram)[1]);
        return { kib, pages, boot: use.boot_allocations, kernel: use.kernel_image };
      });
    const bitmap = await total("bootmem=bitmap");
    const list = await total("bootmem=early_res");
    assert.equal(bitmap.pages, list.pages);
    assert.equal(bitmap.kernel, list.kernel);
    assert.ok(Math.abs(bitmap.boot - list.boot) <= 2, `${bitmap.boot} and ${list.boot} pages`);
    assert.equal(bitmap.kib + 4 * bitmap.boot, list.kib + 4 * list.boot);
  });
}

test("the stages of the allocator and of the generation that ran are done, the others say why", async () => {
  await Guest.with({ memory: 64, append: "bootmem=bitmap" }, async (guest) => {
    const done = ["setup_node_bootmem", "early_res_to_bootmem", "bootmem_alloc"];
    done.push("free_all_bootmem_core", "free_one_page_merge");
    const not = OF_24.concat(
      "n_local_pages",
      "alloc_memory_core_early",
      "get_free_all_memory_range",
    );
    await expectStages(guest, done, not);
  });
  await Guest.with({ memory: 64 }, async (guest) => {
    const not = OF_24.concat("setup_node_bootmem", "early_res_to_bootmem", "bootmem_alloc");
    await expectStages(guest, ["free_one_page_merge", "alloc_memory_core_early"], not);
  });
});

for (const [bad, line] of [
  ["mm=2.5", /option mm=2\.5 refused: expected 2\.6 or 2\.4/],
  ["bootmem=slab", /option bootmem=slab refused: expected early_res or bitmap/],
  ["mm=2.4 bootmem=early_res", /bootmem=early_res has no effect: mm=2\.4 has the bitmap only/],
]) {
  test(`one line about ${bad}, and boot goes on`, async () => {
    await Guest.with({ memory: 64, append: bad }, async (guest) => {
      assert.equal(guest.lines.filter((text) => line.test(text)).length, 1, guest.serial);
    });
  });
}
