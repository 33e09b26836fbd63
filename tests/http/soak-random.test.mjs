// Soak documents that nobody wrote: made from a seed, right ones and wrong ones, several at once, some
// stopped on the way, on both generations. SEED= repeats a run, DOCUMENTS= makes it longer.

import assert from "node:assert/strict";
import test from "node:test";

import { Guest } from "../lib/guest.mjs";
import { checkAgrees, framesSumUp } from "../lib/verdicts.mjs";

const TOKEN = "t0kenOfTheRandomTest";
const headers = { Authorization: `Bearer ${TOKEN}` };
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const DOCUMENTS = Number(process.env.DOCUMENTS ?? 10);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Numbers from a seed: mulberry32. */
function random(seed) {
  let a = seed >>> 0;
  const next = () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  const pick = (list) => list[below(list.length)];
  return { below, pick, chance: (percent) => next() * 100 < percent };
}

/** A number from `least` to `most`, small ones as often as large ones, or a distribution of them. */
function dist(r, least, most) {
  const one = () =>
    Math.min(most, Math.max(least, Math.floor(2 ** (r.below(100 * Math.log2(most + 1)) / 100))));
  const [min, max] = [one(), one()].sort((a, b) => a - b);
  return r.pick([
    () => min,
    () => ({ dist: "fixed", value: max }),
    () => ({ dist: "uniform", min, max }),
    // Orders need a max: where it is missing it is the largest of any engine.
    () => ({ dist: "geometric", mean: one(), ...(most < 12 && { min, max }) }),
    () => ({ dist: "geometric", mean: one(), min, max }),
    () => ({ dist: "trace", values: Array.from({ length: 1 + r.below(6) }, one) }),
  ])();
}

function source(r, arena) {
  const highest = arena?.engine === "2.4" || arena === undefined ? 9 : 10;
  const s = r.pick([
    () => ({ kind: "pages", order: dist(r, 0, r.pick([0, 3, highest])) }),
    () => ({ kind: "kmalloc", size: dist(r, 4, r.pick([100, 4096, 131072])) }),
    () => ({ kind: "cache", name: `c${r.below(9)}`, size: 4 + r.below(r.pick([60, 4000, 40000])) }),
    () => ({ kind: "vmalloc", size: dist(r, 4, r.pick([4096, 300000])) }),
    () => ({ kind: r.pick(["kmap", "kmap_atomic"]) }),
    () =>
      arena
        ? { kind: "kmap" }
        : { kind: "cache", name: r.pick(["size-64", "size-1024", "TCP_PCB"]) },
  ])();
  if (s.kind === "cache" && s.size && r.chance(40)) s.debug = true;
  if (r.chance(30)) s.weight = 1 + r.below(20);
  if (r.chance(30)) s.zone = r.pick(["normal", "dma"]);
  if (r.chance(20) && /pages|vmalloc|kmap/.test(s.kind)) s.zone = "highmem";
  if (r.chance(30)) s.type = r.pick(["unmovable", "reclaimable", "movable"]);
  return s;
}

function behaviour(r, arena) {
  const b = {};
  if (r.chance(50)) {
    b.live = { objects: 1 + r.below(r.pick([20, 1000, 20000])) };
    if (r.chance(40)) b.live.bytes = 1 + r.below(40e6);
  }
  if (r.chance(60)) b.lifetime = dist(r, 1, r.pick([10, 5000]));
  if (r.chance(20)) b.rate = 100 + r.below(50000);
  if (r.chance(70)) b.allocate = Array.from({ length: 1 + r.below(2) }, () => source(r, arena));
  return b;
}

/** A document that must be accepted. Running out of memory is no failure of it. */
function valid(r) {
  const arena = r.chance(60)
    ? { mib: 4 * (1 + r.below(2)), engine: r.pick(["2.6", "2.4"]) }
    : undefined;
  const document = { seed: r.below(1e9), expect_failures: true, duration_ms: 1 + r.below(900) };
  if (arena) document.arena = arena;
  if (r.chance(30)) document.name = "x".repeat(1 + r.below(20));
  Object.assign(document, behaviour(r, arena));
  document.allocate ??= [source(r, arena)];
  if (r.chance(70)) document.operations = 1 + r.below(30000);
  if (r.chance(30))
    document.phases = Array.from({ length: 1 + r.below(3) }, () => ({
      ...behaviour(r, arena),
      operations: 1 + r.below(3000),
    }));
  if (r.chance(30)) document.verify = false;
  if (r.chance(30)) document.failslab = { interval: 1 + r.below(9), probability: r.below(101) };
  if (r.chance(30)) document.fail_page_alloc = { interval: 1 + r.below(9), after: r.below(99) };
  return document;
}

/** What no document may be: a right one with a piece of its text changed. */
function broken(r) {
  let text = JSON.stringify(valid(r));
  for (let n = 1 + r.below(3); n; n--) {
    const at = r.below(text.length);
    text = r.pick([
      () => text.slice(0, at),
      () =>
        text.slice(0, at) +
        r.pick(['"', "{", "]", ",", "-1", "1e9", "\\", "\0", "é"]) +
        text.slice(at),
      () => text.slice(0, at) + text.slice(at + 1 + r.below(5)),
      () => text.replace(/\d+/, String(r.below(2) ? 2 ** 32 : 0)),
      () => text.slice(0, at) + text.slice(r.below(text.length)),
    ])();
  }
  return text;
}

/** Uses of frames that a job could have kept something in, at rest. */
async function resting(guest) {
  let last;
  for (let same = 0, tries = 0; same < 3 && tries < 60; tries++) {
    const { frames } = await guest.json("/api/v1/memory");
    const now = frames
      .filter(({ use }) => /soak|vmalloc|kmap/.test(use))
      .map((f) => `${f.use} ${f.pages}`);
    same = now.join() === last ? same + 1 : 0;
    last = now.join();
    await sleep(60);
  }
  return last;
}

async function follow(guest, r, document) {
  const body = JSON.stringify(document);
  const started = await guest.request("/api/v1/soak", { method: "POST", headers, body });
  assert.equal(started.status, 201, `${body}: ${started.text}`);
  const path = `/api/v1/soak/${started.json().id}`;
  const stop = r.chance(30) ? Date.now() + r.below(800) : Infinity;
  const deadline = Date.now() + 60000;
  for (;;) {
    const verdict = await guest.json(path);
    if (verdict.state === "done") {
      // The one thing that may be in its way: the other jobs have the memory that it begins with.
      const wrong = verdict.reasons.filter(
        (reason) => !/it could not run: no (mem|run)/.test(reason),
      );
      assert.deepEqual(wrong, [], `${body}\n${JSON.stringify(verdict.findings)}`);
      assert.deepEqual([verdict.findings, verdict.leaks], [[], []], body);
      assert.equal(verdict.conservation.ok, true, body);
      assert.equal(verdict.arena.lost_pages, 0, body);
      assert.equal(verdict.live_objects, 0, body);
      assert.equal((await guest.request(path, { method: "DELETE", headers })).status, 200);
      return;
    }
    if (Date.now() >= stop) await guest.request(path, { method: "DELETE", headers });
    assert.ok(Date.now() < deadline, `still ${verdict.state}: ${body}`);
    await sleep(80);
  }
}

for (const append of ["mm=2.6", "mm=2.4"]) {
  test(`random documents, ${append}: every page comes back (SEED=${SEED})`, async (t) => {
    t.diagnostic(`SEED=${SEED}`);
    await Guest.with({ memory: 96, append, token: TOKEN }, async (guest) => {
      const r = random(SEED + append.length + (append === "mm=2.4"));
      const before = await resting(guest);
      for (let left = DOCUMENTS; left > 0; ) {
        const n = Math.min(left, 1 + r.below(4));
        left -= n;
        const jobs = Array.from({ length: n }, () => follow(guest, r, valid(r)));
        for (let i = 0; i < 3; i++) {
          const body = broken(r);
          const answer = await guest.request("/api/v1/soak", { method: "POST", headers, body });
          assert.ok([201, 400, 503].includes(answer.status), `${answer.status}: ${body}`);
          if (answer.status !== 201) assert.ok(answer.json().error.message.length > 10);
          else jobs.push(cancel(guest, answer.json().id));
        }
        await Promise.all(jobs);
        await checkAgrees(guest);
      }
      await framesSumUp(guest);
      assert.equal(await resting(guest), before);
      assert.deepEqual((await guest.json("/api/v1/soak")).jobs, []);
    });
  });
}

/** A broken text that happens to be a document. */
async function cancel(guest, id) {
  const path = `/api/v1/soak/${id}`;
  for (let tries = 0; tries < 400; tries++) {
    if ((await guest.request(path, { method: "DELETE", headers })).status === 404) return;
    await sleep(50);
  }
  assert.fail(`job ${id} does not end`);
}
