// The models behind the network, the log, fragmentation and the history.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  appendLines,
  EMPTY_LOG,
  filterLines,
  levelName,
  LINES_MAX,
  readKmsg,
  timeText,
} from "../src/model/log.js";
import { connectionWords, counterRows, heldBytes, heldParts, readNet } from "../src/model/net.js";
import {
  extfragWords,
  largestServed,
  bitmapRows,
  readBuddy,
  requestWords,
  trialWords,
} from "../src/model/fragmentation.js";
import { EMPTY_HISTORY, KEEP_MS, line, mismatches, remember } from "../src/model/history.js";
import { readMemory } from "../src/model/memory.js";
import * as machine from "./machine.mjs";

test("network: an answer with and without a card; what is missing is named", () => {
  const net = readNet(machine.net());
  assert.equal(net.rings.length, 2);
  const rest = machine.net();
  for (const name of ["interface", "features", "rings", "buffers", "counters"]) delete rest[name];
  assert.equal(readNet(rest).interface, null);
  assert.deepEqual(readNet(rest).rings, []);
  const broken = machine.net();
  delete broken.connections[1].held_bytes;
  assert.throws(() => readNet(broken), /net\.connections\[1\]\.held_bytes/);
});

test("network: rates are over the time between two answers", () => {
  const before = readNet(machine.net());
  const now = readNet(machine.net({ later_ms: 2000 }));
  const row = counterRows(now, before).find(({ name }) => name === "rx_packets");
  assert.equal(row.rate, 25);
  assert.equal(counterRows(now, null)[0].rate, null);
  assert.equal(counterRows(before, now)[0].rate, null, "another boot: time went backwards");
});

test("network: what a connection holds, and what it is for", () => {
  const { connections } = readNet(machine.net());
  for (const item of connections)
    assert.equal(
      heldParts(item).reduce((sum, part) => sum + part.bytes, 0),
      item.held_bytes,
    );
  assert.deepEqual(connections.map(connectionWords), [
    "1 request",
    "events, 4 a second",
    "ends: the stack has it to itself",
    "waits for connections",
  ]);
  assert.equal(heldBytes({ connections }), 10_000 + 3000 + 192 + 40);
});

test("log: the text of /proc/kmsg, with and without times", () => {
  const { lines } = readKmsg(
    "<6>[    1.204500] one\nmemscope: ready in 5 ms\n[   12.000001] <6>two\n",
  );
  assert.deepEqual(lines, [
    { seq: 0, level: 6, time_us: 1_204_500, text: "one" },
    { seq: 1, level: 6, time_us: null, text: "memscope: ready in 5 ms" },
    { seq: 2, level: 6, time_us: 12_000_001, text: "<6>two" },
  ]);
  assert.equal(timeText(1_204_500), "    1.204500");
  assert.equal(timeText(null), "");
});

test("log: lines come once, in order, and the oldest make room", () => {
  const line = (seq) => ({ seq, level: 6, time_us: seq, text: `line ${seq}` });
  let log = appendLines(EMPTY_LOG, [line(0), line(1)]);
  log = appendLines(log, [line(1), line(2)]);
  assert.deepEqual(
    log.lines.map(({ seq }) => seq),
    [0, 1, 2],
  );
  log = appendLines(
    log,
    Array.from({ length: LINES_MAX }, (_, i) => line(i + 3)),
  );
  assert.equal(log.lines.length, LINES_MAX);
  assert.equal(log.lines[0].seq, 3);
  assert.equal(appendLines(readKmsg("a\nb\n"), [line(0)]).lines.length, 1);
});

test("log: filtered by level and by all of the words", () => {
  const { lines } = readKmsg(machine.kmsg());
  assert.equal(filterLines(lines, { level: 7, words: "" }).length, lines.length);
  assert.deepEqual(
    filterLines(lines, { level: 4, words: "" }).map(({ level }) => level),
    [4, 3],
  );
  assert.equal(filterLines(lines, { level: 7, words: "RANGES  mtrr" }).length, 1);
  assert.deepEqual([0, 1, 3, 4, 5, 6, 7].map(levelName), [
    ...["panic", "error", "error", "warning", "notice", "info", "debug"],
  ]);
});

test("fragmentation: on a machine of several nodes each zone is named with its own", () => {
  const zone = (node) => ({ node, zone: "Normal", orders: [] });
  const request = { kind: "kernel", order: 3, served: true, verdict: "gives" };
  const json = {
    zones: [zone(0), zone(1)],
    pair_bitmaps: [],
    requests: [{ ...request, zones: [{ node: 1, zone: "Normal", verdict: "gives" }] }],
  };
  const read = readBuddy(json);
  assert.deepEqual(
    read.zones.map((one) => one.zone),
    ["Normal, node 0", "Normal, node 1"],
  );
  assert.match(requestWords(read.requests[0]), /served by zone Normal, node 1\.$/);
  assert.equal(readBuddy({ ...json, zones: [zone(0)] }).zones[0].zone, "Normal");
});

test("fragmentation: why a request would fail or be served, in words", () => {
  const buddy = readBuddy(machine.buddy());
  assert.equal(largestServed(buddy, "kernel"), 10);
  assert.equal(largestServed(buddy, "dma"), 9);
  assert.equal(largestServed(buddy, "none"), -1);
  const find = (kind, order) =>
    buddy.requests.find((request) => request.kind === kind && request.order === order);
  assert.match(
    requestWords(find("kernel", 10)),
    /4\u00a0MiB \(order 10\) would be served by zone Normal/,
  );
  const failed = find("dma", 10);
  assert.match(requestWords(failed), /would fail now/);
  assert.match(trialWords(failed.zones[0], 10), /^DMA refuses: .* no block of 4\u00a0MiB/);
  const trial = {
    zone: "DMA",
    free_pages: 100,
    min_pages: 60,
    low_pages: 75,
    kept_pages: 50,
    blocks: 2,
  };
  for (const [verdict, words] of [
    ["gives", /gives it/],
    ["gives_below_low", /low mark of 75/],
    ["small_blocks", /2\u00a0blocks would be large enough/],
    ["kept", /keeps 50 for requests that can use no other zone/],
    ["below_min", /36\u00a0frames would stay, not more than its min mark of 60/],
  ])
    assert.match(trialWords({ ...trial, verdict }, 6), words);
  assert.match(trialWords({ ...trial, verdict: "below_min" }, 7), /only 100\u00a0frames are free/);
  assert.match(requestWords({ order: 0, zones: [], served: false, verdict: "no_zone" }), /no zone/);
  assert.deepEqual([-1000, 100, 900].map(extfragWords), [
    ...["a block is free", "too little memory", "memory in pieces"],
  ]);
  const maps = [0, 1].flatMap((order) => ["DMA", "Normal"].map((zone) => ({ zone, order })));
  assert.deepEqual(
    bitmapRows({ pair_bitmaps: maps }).map(({ order, maps: row }) => [order, row.length]),
    [
      [0, 2],
      [1, 2],
    ],
  );
  assert.deepEqual(bitmapRows({ pair_bitmaps: [] }), []);
  assert.throws(
    () => readBuddy({ zones: [{}], requests: [], pair_bitmaps: [] }),
    /buddy\.zones\[0\]\.zone/,
  );
});

const at = (uptime_ms, change = () => {}) => {
  const memory = machine.memory({ uptime_ms });
  change(memory);
  return readMemory(memory);
};

test("history: a sample a second, as far back as is kept, anew with another boot", () => {
  let history = EMPTY_HISTORY;
  for (let t = 0; t <= KEEP_MS + 10_000; t += 250) history = remember(history, at(t));
  assert.equal(history.length, KEEP_MS / 1000 + 1);
  assert.equal(history.at(-1).t_ms - history[0].t_ms, KEEP_MS);
  assert.equal(remember(history, at(KEEP_MS + 10_100)), history, "too soon: the same object");
  assert.equal(remember(history, at(5)).length, 1);
});

test("history: lines lie in their box, and break where nobody looked", () => {
  let history = EMPTY_HISTORY;
  for (const [t, more] of [
    [0, 0],
    [1000, 50],
    [2000, 100],
    [60_000, 20],
    [61_000, 0],
  ])
    history = remember(
      history,
      at(t, (memory) => (memory.frames.find(({ use }) => use === "vmalloc").pages += more)),
    );
  const { lines, min, max } = line(history, "in-use", 300, 44);
  assert.equal(lines.length, 2);
  assert.equal(max - min, 100);
  const points = lines.flatMap((text) =>
    text.split(" ").map((point) => point.split(",").map(Number)),
  );
  assert.equal(points.length, 5);
  for (const [x, y] of points) assert.ok(x >= 0 && x <= 300 && y >= 2 && y <= 42, `${x},${y}`);
  assert.equal(points.at(-1)[0], 300);
  assert.equal(points[2][1], 2, "the most is at the top");
  assert.equal(mismatches(history).length, 3);
  assert.deepEqual(line(EMPTY_HISTORY, "free", 300, 44).lines, []);
});
