// The models behind the close views: slab caches, walks through the page tables, virtual memory.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cacheFacts, readSlab, runs, slabWords, url } from "../src/model/slab-detail.js";
import {
  branches,
  directoryCells,
  keyStep,
  outline,
  rangesBelow,
  tableCells,
} from "../src/model/ptmap.js";
import { inHeldOrder } from "../src/model/order.js";
import { fixmapName, readVm, slotRuns } from "../src/model/vm.js";
import {
  addressFields,
  auditWords,
  entryBits,
  entryTarget,
  parseAddress,
  readAudit,
  readWalk,
} from "../src/model/walk.js";

test("a virtual address falls into its three fields", () => {
  assert.deepEqual(
    addressFields(0xc0100123).map(({ value }) => value),
    [768, 256, 0x123],
  );
  assert.deepEqual(
    addressFields(0xffffffff).map(({ value }) => value),
    [1023, 1023, 4095],
  );
});

test("addresses are understood as people write them", () => {
  assert.equal(parseAddress("0xc0100000"), 0xc0100000);
  assert.equal(parseAddress("C0100000"), 0xc0100000);
  assert.equal(parseAddress("4096"), 4096);
  assert.equal(parseAddress("12345678"), 0x12345678);
  for (const text of ["", "0x", "0x100000000", "hello", "-1"])
    assert.equal(parseAddress(text), null, text);
});

test("an entry's bits are told one by one; without present none means anything", () => {
  const bits = entryBits("0x4001e3");
  assert.equal(bits.length, 9);
  assert.deepEqual(
    bits.filter(({ set }) => set).map(({ name }) => name),
    ["present", "writable", "accessed", "dirty", "large or PAT", "global"],
  );
  assert.equal(entryTarget("0x4011e3", true), "0x00400000");
  assert.equal(entryTarget("0x4011e3"), "0x00401000"); // in a table the bit is the PAT's
  assert.equal(entryTarget("0xfffff163"), "0xfffff000");
  assert.deepEqual(
    entryBits("0x1000").map(({ name, set }) => [name, set]),
    [["present", false]],
  );
});

test("walks and audits are read, and what is missing is named", () => {
  const walk = {
    cr3: "0x166000",
    walk: { address: "0x0", area: "User Space", directory_entry: {}, mapped: false, flags: [] },
  };
  assert.equal(readWalk(walk).table_entry, null);
  assert.throws(() => readWalk({ cr3: "0x0" }), /pagetables\.walk: expected object/);
  const audit = {
    user_pages: 0,
    writable_text_pages: 0,
    unmapped_direct_pages: 0,
    mapped_guard_pages: 0,
    stray_pages: 0,
    alias_count: 0,
    aliases: [],
  };
  const directory = [
    { index: 0, count: 768, kind: "empty" },
    { index: 768, count: 1, kind: "table" },
    { index: 769, count: 2, kind: "large" },
    { index: 771, count: 3, kind: "large" },
  ];
  const clean = readAudit({ cr3: "0x0", directory, audit });
  assert.match(auditWords(clean), /^Nothing unexpected/);
  const cells = directoryCells(clean.directory);
  assert.equal(cells.length, 1024);
  assert.deepEqual(cells.slice(767, 775), [
    ...["empty", "table", "large", "large", "large", "large", "large", "empty"],
  ]);
  assert.deepEqual(
    branches(clean.directory).map(({ index, last, end }) => [index, last, end]),
    [
      [0, 767, 0xc0000000],
      [768, 768, 0xc0400000],
      [769, 770, 0xc0c00000],
      [771, 773, 0xc1800000],
    ],
  );
  const found = readAudit({ cr3: "0x0", directory, audit: { ...audit, writable_text_pages: 2 } });
  assert.match(auditWords(found), /^2 pages hold code or constants/);
});

test("the map of a table is cut from the ranges of all areas", () => {
  const range = (start, end, patch) => ({ start, end, bytes: end - start, mapped: true, ...patch });
  const areas = [
    {
      name: "Kernel Mapping",
      ranges: [
        range(0xc0000000, 0xc0001000, { mapped: false }),
        range(0xc0001000, 0xc0003000, { rw: false }),
        range(0xc0003000, 0xc0800000, { rw: true }),
      ],
    },
    { name: "vmalloc() Area", ranges: [range(0xc0800000, 0xc0801000, { user: true, rw: true })] },
  ];
  const first = tableCells(areas, 768);
  assert.deepEqual(first.slice(0, 4), ["empty", "ro", "ro", "rw"]);
  assert.ok(first.slice(3).every((state) => state === "rw") && first.length === 1024);
  assert.ok(tableCells(areas, 769).every((state) => state === "rw"));
  assert.deepEqual(tableCells(areas, 770).slice(0, 2), ["user", "empty"]);
  assert.ok(tableCells(areas, 1023).every((state) => state === "empty"));
  assert.deepEqual(
    rangesBelow(areas, 768).map(({ start, bytes }) => [start, bytes]),
    [
      [0xc0000000, 0x1000],
      [0xc0001000, 0x2000],
      [0xc0003000, 0x3fd000],
    ],
  );
  assert.equal(outline(["rw", "ro", "rw"], "rw"), "M0 0h.88v.88h-.88zM2 0h.88v.88h-.88z");
  assert.equal(outline(first, "empty"), "M0 0h.88v.88h-.88z");
});

test("rows keep the places they were given, new ones come last", () => {
  const places = new Map([
    ["a", 0],
    ["b", 1],
    ["c", 2],
  ]);
  const order = (rows) => inHeldOrder(rows, places, (row) => row).join("");
  assert.equal(order(["c", "b", "a"]), "abc");
  assert.equal(order(["x", "c", "y", "a"]), "acxy");
  assert.equal(order([]), "");
});

test("keys lead from entry to entry and never out of the map", () => {
  assert.equal(keyStep("ArrowRight", 5), 6);
  assert.equal(keyStep("ArrowUp", 5), null);
  assert.equal(keyStep("ArrowDown", 991), 1023);
  assert.equal(keyStep("ArrowRight", 1023), null);
  assert.equal(keyStep("Home", 99), 0);
  assert.equal(keyStep("End", 99), 1023);
  assert.equal(keyStep("a", 99), null);
});

test("a slab is told in words, its objects in runs", () => {
  assert.deepEqual(runs("uuaf"), [
    { state: "u", count: 2 },
    { state: "a", count: 1 },
    { state: "f", count: 1 },
  ]);
  assert.match(
    slabWords({ pfn: 7, list: "partial", objects: "ufuf" }),
    /2 free, in its slab; 2 in use/,
  );
  assert.equal(url("size-32(DMA)"), "/api/v1/slab?cache=size-32(DMA)&slabs=32");
  const cache = readSlab({
    name: "a",
    owner: "kernel",
    address: "0xc0000000",
    flags: "0x0",
    off_slab: true,
    management_cache: "size-64",
    management_bytes: 60,
    object_bytes: 512,
    objects_per_slab: 8,
    order: 0,
    colours: 1,
    colour_off_bytes: 64,
    allocs: 3,
    frees: 1,
    grown: 1,
    reaped: 0,
    percpu_array: { available: 1, limit: 54, batchcount: 27 },
    node_lists: [],
    slabs: [],
    slabs_total: 0,
  });
  assert.match(Object.fromEntries(cacheFacts(cache)).Management, /in size-64/);
});

test("kmap slots are runs of states, fixmaps have names", () => {
  const kmap = {
    start: "0xff800000",
    slots: 6,
    mapped: 1,
    waiting_for_flush: 1,
    hash_records_free: 4,
    maps: 2,
    atomic_maps: 0,
    wraps: 0,
    flushed: 0,
    refused: 0,
    in_use: [
      { slot: 1, users: 2 },
      { slot: 2, users: 0 },
    ],
  };
  const vm = readVm({ vmalloc: { total_bytes: 1, used_bytes: 0, areas: [] }, kmap, fixmap: [] });
  assert.deepEqual(
    slotRuns(vm.kmap).map(({ state, count }) => `${count} ${state}`),
    ["1 empty", "1 used", "1 waiting", "3 empty"],
  );
  assert.equal(fixmapName({ name: "FIX_KMAP", number: 0 }), "FIX_KMAP+0");
  assert.equal(fixmapName({ name: "FIX_HOLE", number: 0 }), "FIX_HOLE");
});
