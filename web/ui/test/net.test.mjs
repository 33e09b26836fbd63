// The models behind the network and the log.

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
