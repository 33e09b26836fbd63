// Call sites as a table; the block that the single-step mode cuts and joins.

import assert from "node:assert/strict";
import test from "node:test";

import { isHeld, NOTHING, step } from "../src/model/buddy-steps.js";
import { readCallsites, sortSites } from "../src/model/callsites.js";

const site = (name, bytes, more = {}) => ({
  site: name,
  address: "0xc0100000",
  kind: "pages",
  what: "slab",
  live: 1,
  bytes,
  calls: 2,
  live_delta: 1,
  bytes_delta: -bytes,
  ...more,
});
const answer = (sites) => ({
  tracking: { pages: true, objects: false, record_bytes: 8, table_bytes: 16 },
  mark: 0,
  mark_uptime_ms: 0,
  site_count: sites.length,
  sites,
});

test("an answer is read, and one without a field is refused by its name", () => {
  assert.equal(readCallsites(answer([site("a", 1)])).sites[0].site, "a");
  const broken = answer([site("a", 1), { ...site("b", 2), live: "1" }]);
  assert.throws(() => readCallsites(broken), /sites\[1\]\.live: expected number, found string/);
});

test("sites are sorted by number and by name", () => {
  const sites = [site("b", 5), site("a", 30), site("c", 200)];
  const names = (sort) => sortSites(sites, sort).map((one) => one.site);
  assert.deepEqual(names({ key: "bytes", direction: "descending" }), ["c", "a", "b"]);
  assert.deepEqual(names({ key: "site", direction: "ascending" }), ["a", "b", "c"]);
});

// Down from order 4 to 2 and up again, as each engine does it.
const run = (events) =>
  events.reduce((state, [event, pfn, order]) => step(state, { event, pfn, order }), NOTHING);
const pieces = (state) =>
  state.pieces.map((piece) => `${piece.pfn}:${piece.order}${isHeld(state, piece) ? "*" : ""}`);

test("a block is cut into the pieces that the events name", () => {
  const lower = [
    ["split", 32, 4],
    ["split", 32, 3],
    ["alloc", 32, 2],
  ];
  assert.deepEqual(pieces(run(lower)), ["32:2*", "36:2", "40:3"]);
  const upper = [
    ["split", 32, 4],
    ["split", 40, 3],
    ["alloc", 44, 2],
  ];
  assert.deepEqual(pieces(run(upper)), ["32:3", "40:2", "44:2*"]);
});

test("joined again it is one free block, and the next split begins anew", () => {
  const events = [
    ["split", 32, 4],
    ["split", 32, 3],
    ["alloc", 32, 2],
    ["free", 32, 2],
    ["merge", 32, 3],
    ["merge", 32, 4],
  ];
  assert.deepEqual(pieces(run(events.slice(0, 5))), ["32:3*", "40:3"]);
  assert.deepEqual(pieces(run(events)), ["32:4"]);
  const again = run([...events, ["split", 64, 4]]);
  assert.deepEqual(again.top, { pfn: 64, order: 4 });
  assert.deepEqual(pieces(again), ["64:3*", "72:3"]);
});
