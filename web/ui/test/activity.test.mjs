// What the slab caches did in the last minute.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  EMPTY_ACTIVITY,
  KEEP_MS,
  rates,
  rememberActivity,
  SAMPLE_MS,
  sparkline,
} from "../src/model/activity.js";

const at = (uptime_ms, caches) => ({
  snapshot: { uptime_ms },
  caches: Object.entries(caches).map(([name, [allocs, frees]]) => ({ name, allocs, frees })),
});

const after = (...looks) =>
  looks.reduce((kept, look) => rememberActivity(kept, look), EMPTY_ACTIVITY);

test("rates are over the time between two samples, a second or more", () => {
  const first = after(at(1000, { a: [10, 10] }));
  assert.equal(rememberActivity(first, at(1000 + SAMPLE_MS - 1, { a: [50, 10] })), first);
  const kept = rememberActivity(first, at(3000, { a: [30, 12] }));
  assert.deepEqual(rates(kept, "a"), [{ from_ms: 1000, to_ms: 3000, allocs: 10, frees: 1 }]);
  assert.deepEqual(rates(kept, "nobody"), []);
});

test("a cache that comes later begins then; one that goes ends; a counter that fell is no rate", () => {
  const kept = after(
    at(1000, { a: [5, 0], gone: [1, 1] }),
    at(2000, { a: [3, 0], b: [7, 7] }),
    at(3000, { a: [3, 0], b: [9, 7] }),
  );
  assert.deepEqual(
    rates(kept, "b").map(({ allocs }) => allocs),
    [2],
  );
  assert.deepEqual(rates(kept, "gone"), []);
  assert.equal(rates(kept, "a")[0].allocs, 0);
});

test("a minute is kept, and another boot begins anew", () => {
  let kept = EMPTY_ACTIVITY;
  for (let t = 0; t <= 300; t++) kept = rememberActivity(kept, at(t * 1000, { a: [t * t, 0] }));
  const all = rates(kept, "a");
  assert.ok(all.length >= KEEP_MS / 1000 && all.length <= KEEP_MS / 1000 + 1, `${all.length}`);
  assert.equal(all.at(-1).to_ms, 300_000);
  kept = rememberActivity(kept, at(500, { a: [1, 0] }));
  assert.equal(kept.samples.length, 1);
});

test("a sparkline has steps that end at the right edge, and one scale for both lines", () => {
  const kept = after(
    at(0, { a: [0, 0] }),
    at(30_000, { a: [300, 150] }),
    at(60_000, { a: [300, 150] }),
  );
  const line = sparkline(kept, "a", 60, 11);
  assert.equal(line.most, 10);
  assert.equal(line.now, 0);
  assert.equal(line.allocs, "0.0,1.0 30.0,1.0 30.0,10.0 60.0,10.0");
  assert.equal(line.frees, "0.0,5.5 30.0,5.5 30.0,10.0 60.0,10.0");
  assert.deepEqual(sparkline(EMPTY_ACTIVITY, "a", 60, 11), {
    allocs: "",
    frees: "",
    most: 0,
    now: 0,
  });
});
