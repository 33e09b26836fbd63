// The replay of boot, without a DOM: directory and zones at any time, and what differs between two.

import assert from "node:assert/strict";
import { test } from "node:test";
import { moments, readBoot, readStageWords } from "../src/model/boot.js";
import {
  areaOf,
  byArea,
  changedEntries,
  directoryAt,
  ENTRIES,
  replayAt,
  stopOf,
  zonesAt,
} from "../src/model/replay.js";
import * as machine from "./machine.mjs";

const boot = readBoot(machine.boot());
const { replay } = boot;

test("the directory is what the rows up to a time say, later ones over earlier ones", () => {
  assert.ok(directoryAt(replay, 4).every(({ kind }) => kind === "empty"));
  const first = directoryAt(replay, 5);
  assert.equal(first.length, ENTRIES);
  assert.deepEqual(first[769], { kind: "table", present: 1024 });
  assert.equal(first[770].kind, "empty");
  const mapped = directoryAt(replay, 5_100_000);
  assert.deepEqual(mapped[768], { kind: "table", present: 1024 });
  assert.deepEqual(mapped[769], { kind: "large", present: 0 });
  assert.equal(mapped[991].kind, "large");
  assert.equal(mapped[992].kind, "empty");
  assert.equal(directoryAt(replay, Infinity)[0].kind, "empty");
  assert.deepEqual(changedEntries(first, mapped).slice(0, 2), [769, 770]);
  assert.equal(changedEntries(first, mapped).length, 223);
  assert.deepEqual(changedEntries(mapped, mapped), []);
});

test("a table that fills up is a change, too", () => {
  const row = (present, cycles) => ({
    ...{ directory_entry: 1, entries: 1, kind: "table", present, by: "x", cycles },
  });
  const small = readBoot({
    ...{ stages: [], e820: [], early_res: [], params: [] },
    directory: [row(0, 1), row(7, 2)],
  });
  assert.deepEqual(changedEntries(directoryAt(small.replay, 1), directoryAt(small.replay, 2)), [1]);
});

test("every entry has an area; the gap behind vmalloc is none", () => {
  const name = (index) => areaOf(replay.layout, index).name;
  assert.equal(name(0), "User Space");
  assert.equal(name(767), "User Space");
  assert.equal(name(768), "Kernel Mapping");
  assert.equal(name(994), "vmalloc() Area");
  assert.equal(name(1021), "vmalloc() Area");
  assert.equal(name(1022), "Persistent kmap() Area");
  assert.equal(name(1023), "Fixmap Area");
  const areas = Object.fromEntries(
    byArea(replay.layout, directoryAt(replay, 5_400_000)).map((row) => [row.area, row]),
  );
  assert.deepEqual(Object.keys(areas).length, 5);
  assert.equal(areas["Kernel Mapping"].large, 223);
  assert.equal(areas["Kernel Mapping"].table, 1);
  assert.equal(areas["Kernel Mapping"].present, 1024);
  assert.equal(areas["User Space"].present, 2048);
  assert.equal(areas["Persistent kmap() Area"].table, 1);
});

test("zones: nothing before they are sized, then word by word; those that never span are left out", () => {
  const none = zonesAt(replay, 5_319_999);
  assert.deepEqual(
    none.zones.map(({ zone, known, spanned }) => [zone, known, spanned]),
    [
      ["DMA", false, 0],
      ["Normal", false, 0],
    ],
  );
  assert.equal(none.bounds.size, 0);
  assert.deepEqual(zonesAt(replay, 5_320_000).bounds.get("Normal"), {
    from_pfn: 4096,
    to_pfn: 229_376,
  });
  const [, normal] = zonesAt(replay, 6_000_000).zones;
  assert.deepEqual([normal.known, normal.free, normal.per_cpu], [true, 220_000, 0]);
  const [dma, later] = zonesAt(replay, Infinity).zones;
  assert.deepEqual([later.free, later.per_cpu, later.present], [219_990, 9, 223_000]);
  assert.deepEqual([dma.present, dma.free], [3998, 0]);
});

test("a stop shows the time and what differs from another", () => {
  const {
    changed,
    zones,
    unlike_saved: unlike,
  } = replayAt(replay, 6_600_000, 6_000_000, 6_100_000);
  assert.deepEqual(changed, [0, 1]);
  assert.equal(zones[1].free - zones[1].before.free, -10);
  assert.equal(unlike, 2, "the mapping at 0 was there when the copy was made");
  assert.equal(replayAt(replay, 6_000_000, -1, 6_100_000).unlike_saved, null);
  assert.equal(replayAt(replay, 6_000_000, -1, 0).unlike_saved, null);
  assert.equal(replayAt(replay, 6_000_000, -1, 0).changed.length, 2 + 1 + 223 + 1);
});

test("a stage has its stop; one that did not run, that of the last before it that ran", () => {
  const stops = moments(boot);
  const at = (id) => stops[stopOf(stops, boot.stages, id)]?.id;
  assert.equal(at("paging_init"), "paging_init");
  assert.equal(at("smp_setup_processor_id"), "boot_mapping");
  assert.equal(at("early_gart_iommu_check"), "trim_bios_range");
  assert.equal(stopOf(stops, boot.stages, "no_such_stage"), -1);
  assert.equal(stopOf(stops, boot.stages, ""), -1);
});

test("a record without a replay is no error, and words have to be a list", () => {
  const bare = readBoot({ stages: [], e820: [], early_res: [], params: [] });
  assert.ok(directoryAt(bare.replay, Infinity).every(({ kind }) => kind === "empty"));
  assert.deepEqual(zonesAt(bare.replay, Infinity).zones, []);
  assert.deepEqual(byArea(bare.replay.layout, directoryAt(bare.replay, 1)), []);
  assert.deepEqual(readStageWords(["a", "b"]), ["a", "b"]);
  assert.throws(() => readStageWords({}), /stages\.json is not an array/);
});
