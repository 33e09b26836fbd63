// The picture of page frames: reading it, and the arithmetic of windows.

import assert from "node:assert/strict";
import { test } from "node:test";
import { frameFacts, readFrame } from "../src/model/frame.js";
import { colourOf, isBackground, opacity } from "../src/model/palette.js";
import {
  cellsShown,
  centre,
  clamp,
  pan,
  parsePlace,
  readPicture,
  step,
  url,
  whole,
  zoom,
} from "../src/model/picture.js";

const answer = (patch) => ({
  by: "use",
  first_pfn: 0,
  end_pfn: 16,
  start: 0,
  frames_per_cell: 1,
  cells: 16,
  values: ["kernel_image", "buddy_free_dma", "hole"],
  picture: "4!8#4$",
  snapshot: {},
  ...patch,
});

test("runs, values and shares are read", () => {
  const fine = readPicture(answer());
  assert.deepEqual([...fine.value], [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2]);
  assert.deepEqual([...fine.counts], [4, 8, 4]);
  assert.ok(fine.eighths.every((share) => share === 8));
  const coarse = readPicture(answer({ frames_per_cell: 4, cells: 4, picture: "!e3#h" }));
  assert.deepEqual([...coarse.value], [0, 1, 1, 1]);
  assert.deepEqual([...coarse.eighths], [5, 8, 8, 8]);
});

test("a picture that is not whole is refused with the place", () => {
  assert.throws(() => readPicture(answer({ picture: "4!8#" })), /12 cells, not 16/);
  assert.throws(() => readPicture(answer({ picture: "4!8#5$" })), /"\$" at 5/);
  assert.throws(() => readPicture(answer({ picture: "16~" })), /"~" at 2/);
  assert.throws(() => readPicture(answer({ values: undefined })), /frames\.values/);
});

const GRID = { columns: 64, rows: 32 };
const END = 917_504; // 3.5 GiB

test("the whole is the smallest power of two that fits", () => {
  assert.deepEqual(whole(GRID, 2048), { start: 0, per: 1 });
  assert.deepEqual(whole(GRID, 2049), { start: 0, per: 2 });
  assert.equal(whole(GRID, END).per, 512);
});

test("zooming keeps the frame under the pointer, in both directions", () => {
  const cell = 700;
  let window = whole(GRID, END);
  const frame = window.start + cell * window.per;
  for (let i = 0; i < 5; i++) {
    window = zoom(window, GRID, END, cell, 1);
    const now = window.start + cell * window.per;
    assert.ok(Math.abs(now - frame) < 2 * window.per, `${now} is not about ${frame}`);
  }
  assert.equal(window.per, 16);
  assert.equal(zoom(window, GRID, END, cell, 99).per, 1);
  assert.deepEqual(zoom(window, GRID, END, cell, -99), whole(GRID, END));
});

test("no window goes past either end, whatever is asked", () => {
  for (const start of [-5, 0, 1, 12_345, END - 1, END * 2]) {
    for (const per of [0.5, 1, 4, 512, 4096]) {
      const window = clamp({ start, per }, GRID, END);
      assert.ok(window.start >= 0 && window.start < END, JSON.stringify(window));
      assert.ok(window.per >= 1 && window.per <= 512);
      assert.equal(window.start % window.per, 0);
      assert.ok(cellsShown(window, GRID, END) > 0);
    }
  }
  const end = pan({ start: 0, per: 1 }, GRID, END, 1e9);
  assert.equal(end.start + cellsShown(end, GRID, END), END);
  assert.equal(pan(end, GRID, END, -1e9).start, 0);
});

test("a frame that is searched for is in the middle, and asked for", () => {
  const window = centre(GRID, END, 500_000);
  assert.equal(window.per, 1);
  const line = Math.floor((500_000 - window.start) / GRID.columns);
  assert.equal(line, 16);
  assert.equal(
    url("order", { start: 0, per: 512 }, GRID, END),
    `/api/v1/frames?by=order&start=0&frames=${END}&cells=1792`,
  );
});

test("frame numbers and addresses are understood, and nothing else", () => {
  assert.equal(parsePlace("4660", END), 4660);
  assert.equal(parsePlace(" 0x1234 ", END), 0x1234);
  assert.equal(parsePlace("0x1234000", END), 0x1234);
  assert.equal(parsePlace("@0x1234", END), 1);
  assert.equal(parsePlace("0xf7f00000", END), 0x37f00);
  assert.equal(parsePlace("0x10000", END), 0x10); // an address, though there is a frame of that number
  assert.equal(parsePlace("65536", END), 65536);
  for (const text of ["", "frame 3", "-1", "0x", "0xffffffffff", "99999999999"])
    assert.equal(parsePlace(text, END), null, text);
});

test("the keyboard chooses the frame in the middle, then its neighbours, and stays in sight", () => {
  const window = { start: 4096, per: 1 };
  const first = step(window, GRID, END, null, 0);
  assert.ok(first > 4096 && first < 4096 + 2048);
  assert.equal(step(window, GRID, END, first, 1), first + 1);
  assert.equal(step(window, GRID, END, 4096, -1), 4096);
  assert.equal(step(window, GRID, END, 4096 + 2047, 1), 4096 + 2047);
  assert.equal(step(window, GRID, END, 9, 1), first);
  assert.equal(step({ start: 0, per: 1 }, GRID, 3, null, 0), 2);
});

test("a state has a colour of its own, an allocation its site and age", () => {
  const theme = { token: (name) => name, dark: false };
  const states = ["free", "per-cpu list", "allocated", "slab", "reserved", "unclassified"];
  const colours = states.map((name, i) => colourOf("state", name, i, theme));
  assert.equal(new Set(colours).size, states.length);
  const frame = (patch) =>
    Object.fromEntries(
      frameFacts({
        ...{ address: "0x2000", use: "slab", zone: "DMA", node: 0, migrate_type: "Movable" },
        ...{ block: { pfn: 2, order: 0 }, direct_map: null, other_mapping_count: 0 },
        descriptor: { flag_names: [], count: 1, mapcount: -1, private: "0x0", index: "0x0" },
        ...patch,
      }),
    );
  const site = { site: "f+0x1/0x2", what: "large_hashes", age_ms: 61000 };
  const known = frame({ state: "allocated", allocated_by: site });
  assert.equal(known["Allocated by"], "f+0x1/0x2, 1\u00a0min 1\u00a0s ago");
  assert.equal(known.For, "large hashes");
  assert.equal(known["Its buddy"], "1\u00a0frame from frame 3");
  assert.match(frame({ state: "slab", allocated_by: null })["Allocated by"], /not recorded/);
  const free = frame({ state: "free", allocated_by: null });
  assert.equal(free["Allocated by"], undefined);
  assert.equal(frame({ state: "reserved" })["Its buddy"], undefined);
});

test("colours: one for each thing, nothing stands out that is not there", () => {
  const theme = { token: (name) => name, dark: false };
  assert.equal(colourOf("use", "slab", 3, theme), "--use-slab");
  assert.equal(colourOf("zone", "hole", 0, theme), "--paper");
  assert.ok(isBackground("cache", "no slab") && !isBackground("use", "slab"));
  const orders = Array.from({ length: 11 }, (_, n) => colourOf("order", `order ${n}`, n, theme));
  assert.equal(new Set(orders).size, 11);
  const ages = Array.from({ length: 6 }, (_, n) => colourOf("age", "x", n + 2, theme));
  assert.equal(new Set(ages).size, 6);
  assert.ok(opacity(8) === 1 && opacity(1) < opacity(4));
});

test("a frame's facts name its block and its addresses", () => {
  const facts = Object.fromEntries(
    frameFacts(
      readFrame({
        pfn: 4866,
        address: "0x1302000",
        state: "free",
        use: "buddy_free_normal",
        node: 0,
        zone: "Normal",
        migrate_type: "Movable",
        block: { pfn: 4864, order: 8 },
        descriptor: { flag_names: [], count: 0, mapcount: -1, private: "0x0", index: "0x0" },
        direct_map: null,
        other_mappings: [{ address: "0xff800000", writable: true }],
        other_mapping_count: 3,
      }),
    ),
  );
  assert.match(facts.Block, /order 8: 1.MiB from frame 4,864/);
  assert.match(facts["Also mapped at"], /0xff800000 and 2 more/);
  assert.match(facts["In the direct map at"], /nowhere/);
});
