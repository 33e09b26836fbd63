// Answers in parts, as /events tells them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { costOf } from "../src/feed.js";
import { createEventParser } from "../src/model/deltas.js";
import { carried, createParts, VIEWS_MAX } from "../src/model/parts.js";

const tail = (parts, more = false, view = 0, status = 200) =>
  JSON.stringify({ view, status, parts, more });

test("parts are put together, and only what was told again changes", () => {
  const { take } = createParts(2);
  assert.equal(take(`0 {"a":[\n1 1,\n${tail(2, true)}`), null, "more is to come");
  assert.deepEqual(take(`2 2]}\n${tail(3)}`), {
    view: 0,
    status: 200,
    text: '{"a":[1,2]}',
    cost: null,
  });
  assert.equal(take(`1 5,\n${tail(3)}`).text, '{"a":[5,2]}');
  assert.equal(take(tail(3)).text, '{"a":[5,2]}');
  assert.deepEqual(take(`0|one\n1|\n2 two\n${tail(3, false, 1, 404)}`), {
    view: 1,
    status: 404,
    text: "one\n\ntwo",
    cost: null,
  });
  const said = { cycles: 5, bytes: 6, uptime_ms: 7 };
  const last = JSON.stringify({ ...JSON.parse(tail(3)), ...said });
  assert.deepEqual(take(last).cost, said);
  assert.equal(take(`0 {}\n${tail(1)}`).text, "{}", "what is behind the end is forgotten");
  assert.throws(() => take(`1 x\n${tail(3)}`), /a part of 3 was never told/);
});

test("a part keeps its blanks, and what looks like the stream's own format", () => {
  const { take } = createParts(1);
  const events = [];
  createEventParser(({ data }) => events.push(data))(
    `event: view\ndata: 0|  0  x: data: y \ndata: ${tail(1)}\n\n`,
  );
  assert.equal(take(events[0]).text, "  0  x: data: y \n");
});

test("what is no view event is named", () => {
  const { take } = createParts(1);
  assert.throws(() => take(tail(0, false, 1)), /there is no view 1, only 1/);
  assert.throws(() => take(`x y\n${tail(1)}`), /not a part: x y/);
  assert.throws(() => take('{"view":0}'), /view\.status: expected number/);
});

test("a stream carries what the kernel allows, each address once", () => {
  assert.deepEqual(carried(["/a", "/b", "/a"]), ["/a", "/b"]);
  const many = Array.from({ length: 20 }, (_, i) => `/${i}`);
  assert.deepEqual(carried(many), many.slice(0, VIEWS_MAX));
  assert.deepEqual(carried([`/${"x".repeat(255)}`, "/b"]), ["/b"]);
  const long = Array.from({ length: 4 }, (_, i) => `/${i}${"x".repeat(200)}`);
  assert.deepEqual(carried(long), long.slice(0, 3));
});

test("an answer says what it cost", () => {
  assert.deepEqual(costOf('{"a":1,"snapshot":{"cycles":7,"uptime_ms":8,"bytes":9}}\n'), {
    cycles: 7,
    bytes: 9,
    uptime_ms: 8,
  });
  assert.equal(costOf('{"a":1}\n'), null);
});
