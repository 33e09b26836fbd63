// The models against the made-up machine, and against answers that are wrong on purpose.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mapEdits, momentAfter, moments, readBoot } from "../src/model/boot.js";
import { matrix, pressure, zoneView } from "../src/model/buddy.js";
import { readCheck } from "../src/model/check.js";
import { filterRecords, readFidelity } from "../src/model/fidelity.js";
import { frameUses } from "../src/model/frames.js";
import { readMemory } from "../src/model/memory.js";
import { readPageTables, strip } from "../src/model/pagetables.js";
import { filterRows, slabRow, sortRows, totals } from "../src/model/slab.js";
import * as machine from "./machine.mjs";

const memory = (options) => readMemory(machine.memory(options));

test("memory: a missing or misshapen field is named", () => {
  const without = machine.memory();
  delete without.zones[1].present;
  assert.throws(() => readMemory(without), /memory\.zones\[1\]\.present: expected number/);
  assert.throws(() => readMemory({ ...machine.memory(), caches: {} }), /memory\.caches.*object/);
  assert.throws(() => readMemory(null), /memory is not an object/);
});

test("frames: the uses sum to the RAM, and a missing frame shows", () => {
  const good = memory();
  const model = frameUses(good);
  assert.equal(model.difference_pages, 0);
  assert.equal(
    model.groups.reduce((sum, group) => sum + group.pages, 0),
    good.ram_pages,
  );
  const lost = { ...good, frames: good.frames.map((f) => ({ ...f })) };
  lost.frames[0].pages -= 3;
  assert.equal(frameUses(lost).difference_pages, -3);
});

test("frames: an unknown use is kept, under its own name", () => {
  const model = frameUses({ ram_pages: 5, frames: [{ use: "new_thing", pages: 5 }] });
  assert.equal(model.uses[0].label, "new thing");
  assert.equal(model.groups[0].id, "other");
  assert.equal(model.difference_pages, 0);
});

test("frames: memory above 4 GiB is said to be unreachable and untested", () => {
  const { uses } = frameUses(memory({ above_4g: 512 }));
  const above = uses.find((item) => item.use === "above_4g");
  assert.equal(above.pages, 512);
  assert.match(above.meaning, /without PAE.*untested/i);
});

test("buddy: the matrix has a row for each order and a column for each zone with memory", () => {
  const json = machine.memory();
  json.zones.push({ ...json.zones[0], name: "Movable", present: 0 });
  const model = matrix(readMemory(json).zones);
  assert.deepEqual(
    model.views.map((view) => view.zone.name),
    ["DMA", "Normal", "HighMem"],
  );
  assert.equal(model.rows.length, 11);
  assert.equal(model.rows[10].block_pages, 1024);
  for (const [i, view] of model.views.entries()) {
    assert.ok(view.agrees, `zone ${view.zone.name}`);
    for (const row of model.rows) {
      const types = json.zones[i].orders[row.order].types;
      const sum = Object.values(types).reduce((a, b) => a + b, 0);
      assert.equal(row.cells[i].blocks, sum);
    }
  }
});

test("buddy: a counter that the blocks do not add up to is noticed", () => {
  const zone = memory().zones[0];
  assert.equal(zoneView({ ...zone, free: zone.free + 1 }).agrees, false);
});

test("buddy: ten orders and one type, as with mm=2.4", () => {
  const json = machine.memory();
  for (const zone of json.zones) {
    zone.orders = zone.orders.slice(0, 10).map(({ order }) => ({ order, types: { All: order } }));
  }
  const model = matrix(readMemory(json).zones);
  assert.equal(model.rows.length, 10);
  assert.deepEqual(model.views[0].types, ["All"]);
  assert.equal(model.views[0].largest_order, 9);
});

test("buddy: pressure against the watermarks", () => {
  const marks = { min: 10, low: 12, high: 15 };
  assert.equal(pressure({ ...marks, free: 9 }).level, "below-min");
  assert.equal(pressure({ ...marks, free: 10 }).level, "below-low");
  assert.equal(pressure({ ...marks, free: 12 }).level, "below-high");
  assert.equal(pressure({ ...marks, free: 15 }).level, "ok");
});

test("slab: sorting, by number and by name", () => {
  const rows = memory().caches.map(slabRow);
  const big = sortRows(rows, { key: "bytes", direction: "descending" });
  assert.equal(big[0].name, "size-4096");
  for (let i = 1; i < big.length; i++) assert.ok(big[i - 1].bytes >= big[i].bytes);
  const names = sortRows(rows, { key: "name", direction: "ascending" }).map((row) => row.name);
  assert.ok(names.indexOf("size-64") < names.indexOf("size-128"));
  assert.equal(rows[0].name, "TCP_PCB", "the rows given are left as they were");
});

test("slab: filtering and totals", () => {
  const rows = memory().caches.map(slabRow);
  const lwip = filterRows(rows, "LWIP pbuf");
  assert.deepEqual(
    lwip.map((row) => row.name),
    ["PBUF", "PBUF_POOL"],
  );
  assert.equal(totals(lwip).bytes, 11 * 4096);
  assert.equal(filterRows(rows, "nothing has this name").length, 0);
});

test("boot: stages with their changes", () => {
  const boot = readBoot(machine.boot());
  assert.equal(boot.ran, 10);
  assert.equal(boot.skipped, 2);
  const trim = boot.stages.find((stage) => stage.name === "trim_bios_range");
  assert.deepEqual(
    trim.map_edits.map((edit) => `${edit.sign}${edit.start}-${edit.end} ${edit.type}`),
    ["−0-654336 System RAM", "+0-4096 reserved", "+4096-654336 System RAM"],
  );
  const mapping = boot.stages.find((stage) => stage.name === "init_memory_mapping");
  assert.equal(mapping.reserved[0].name, "PGTABLE");
  assert.deepEqual(trim.notes, ["the first RAM frame is 1", "[0xa0000, 0x100000) is no RAM"]);
  const late = boot.stages.find((stage) => stage.name === "mm_init");
  assert.equal(late.released[0].name, "BOOTMAP");
});

test("boot: times lie on one line from 0 to 1, also without depths or rates", () => {
  const json = machine.boot();
  delete json.cycles_per_ms;
  for (const stage of json.stages) delete stage.depth;
  const boot = readBoot(json);
  assert.equal(boot.cycles_per_us, 0);
  for (const stage of boot.stages) {
    assert.ok(stage.offset >= 0 && stage.offset + stage.width <= 1 + 1e-9, stage.name);
  }
  const depth = Object.fromEntries(boot.stages.map((stage) => [stage.name, stage.depth]));
  assert.equal(depth.setup_arch, 0);
  assert.equal(depth.init_memory_mapping, 1);
});

test("boot: an empty record is no error", () => {
  const boot = readBoot({ stages: [], e820: [], early_res: [], params: [] });
  assert.equal(boot.boot_cycles, 0);
});

test("boot: the machine behind a stage", () => {
  const stage = (id, end_cycles, depth = 0) => ({
    ...{ id, name: id, section: "W", status: "done", start_cycles: 1, end_cycles, depth },
  });
  const boot = readBoot({
    stages: [stage("outer", 50), stage("early", 10, 1), stage("late", 50, 1), stage("never", 0)],
    e820: [
      { step: "firmware", cycles: 0, entries: [] },
      { step: "early", cycles: 8, entries: [{ start: "0x0", end: "0x1000", type: "reserved" }] },
      { step: "late", cycles: 40, entries: [] },
    ],
    early_res: [
      { start: "0x2000", end: "0x3000", name: "b", made_cycles: 5, freed_cycles: 0 },
      { start: "0x1000", end: "0x2000", name: "a", made_cycles: 6, freed_cycles: 30 },
      { start: "0x5000", end: "0x6000", name: "c", made_cycles: 11, freed_cycles: 0 },
    ],
    e820_edits: [
      { op: "update", start: "0x0", end: "0x1000", changed_bytes: 4096, by: "early", cycles: 7 },
    ],
    page_tables: [{ directory_entry: 1, pages: 2, start: "0x7000", by: "late", cycles: 20 }],
    params: [],
  });
  // Of two that ended together the inner one ended first.
  assert.deepEqual(
    moments(boot).map(({ id }) => id),
    ["early", "late", "outer"],
  );
  const early = momentAfter(boot, boot.stages[1]);
  assert.equal(early.map.step, "early");
  assert.deepEqual(
    early.reservations.map(({ name }) => name),
    ["a", "b"],
  );
  assert.equal(early.page_tables.length, 0);
  const late = momentAfter(boot, boot.stages[2]);
  assert.equal(late.map.step, "late");
  assert.deepEqual(
    late.reservations.map(({ name }) => name),
    ["b", "c"],
  );
  assert.equal(late.page_tables.length, 1);
  assert.equal(boot.stages[1].edits.length, 1);
  assert.equal(boot.stages[2].tables.length, 1);
});

test("fidelity: records keep their section, and all words have to be found", () => {
  const json = {
    sections: [
      { section: "A", records: [{ name: "W-01 one", mark: "N/A", reason: ["No user"] }] },
      { section: "B", records: [{ name: "W-02 `two`", mark: "MUST", code: ["mm/two.c:two"] }] },
    ],
  };
  const records = readFidelity(json);
  assert.deepEqual(
    records.map(({ section }) => section),
    ["A", "B"],
  );
  const names = (mark, search) => filterRecords(records, mark, search).map(({ name }) => name);
  assert.deepEqual(names("all", ""), ["W-01 one", "W-02 `two`"]);
  assert.deepEqual(names("MUST", ""), ["W-02 `two`"]);
  assert.deepEqual(names("all", "USER no"), ["W-01 one"]);
  assert.deepEqual(names("all", "user two"), []);
  assert.throws(() => readFidelity({ sections: [{ section: "A", records: [{}] }] }), /name/);
});

test("boot: edits of the map", () => {
  const a = { start: 0n, end: 10n, type: "System RAM" };
  const b = { start: 10n, end: 20n, type: "reserved" };
  assert.deepEqual(mapEdits([a], [a]), []);
  assert.deepEqual(mapEdits([a], [b]), [
    { sign: "−", ...a },
    { sign: "+", ...b },
  ]);
});

test("page tables: areas, sizes, flags, and the range that wraps", () => {
  const { areas } = readPageTables(machine.pageTables());
  assert.deepEqual(
    areas.map((area) => area.name),
    ["User Space", "Kernel Mapping", "vmalloc() Area", "Persistent kmap() Area", "Fixmap Area"],
  );
  const [user, kernel, vmalloc, , fixmap] = areas;
  assert.equal(user.mapped_bytes, 0);
  assert.equal(kernel.large_pages, 223);
  assert.equal(kernel.small_pages, 1024);
  assert.equal(vmalloc.mapped_ranges, 2);
  assert.equal(fixmap.end, 2 ** 32);
  const text = kernel.ranges[1];
  assert.deepEqual([text.rw, text.ro, text.x, text.global], [false, true, true, true]);
  assert.equal(vmalloc.ranges[2].pcd, true);
});

test("page tables: every column of flags is read", () => {
  const line = (flags, level) =>
    `---[ User Space ]---\n0x00000000-0x00001000   ${"4".padStart(9)}K ${flags}${level}\n`;
  const all = readPageTables(line("USR RW PWT PCD pat GLB NX ", "pte")).areas[0].ranges[0];
  for (const flag of ["user", "rw", "pwt", "pcd", "pat", "global", "nx", "mapped"]) {
    assert.equal(all[flag], true, flag);
  }
  assert.equal(all.ro || all.x || all.large, false);
});

test("page tables: a line that cannot be read is named", () => {
  assert.throws(() => readPageTables("nonsense\n"), /line 1: a range before any area/);
  assert.throws(() => readPageTables("---[ A ]---\nnonsense\n"), /line 2: not a range/);
  const wrong = machine
    .pageTables()
    .replace("1024K RW", "1020K RW")
    .replace("     1024K", "     1020K");
  assert.throws(() => readPageTables(wrong), /the size is not the range's/);
  assert.throws(() => readPageTables(""), /no areas/);
});

test("page tables: the strip covers the gigabyte without a gap", () => {
  const { areas } = readPageTables(machine.pageTables());
  const runs = strip(areas, 0xc0000000, 2 ** 32);
  assert.equal(runs[0].start, 0xc0000000);
  assert.equal(runs[runs.length - 1].end, 2 ** 32);
  for (let i = 1; i < runs.length; i++) assert.equal(runs[i].start, runs[i - 1].end);
});

test("check: the answer", () => {
  assert.equal(readCheck(machine.check()).ok, true);
  assert.throws(() => readCheck({ ok: "yes", frames_walked: 1, disagreements: [] }), /check\.ok/);
});
