// The models behind the close views: slab caches, walks through the page tables, virtual memory.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cacheFacts, readSlab, runs, slabWords, url } from "../src/model/slab-detail.js";
import { fixmapName, readVm, slotRuns } from "../src/model/vm.js";
import {
  addressFields,
  auditWords,
  directoryRuns,
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
  assert.equal(entryTarget("0x4001e3"), "0x00400000");
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
  assert.deepEqual(directoryRuns(clean).at(-1), { index: 769, count: 5, kind: "large" });
  const found = readAudit({ cr3: "0x0", directory, audit: { ...audit, writable_text_pages: 2 } });
  assert.match(auditWords(found), /^2 pages hold code or constants/);
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
