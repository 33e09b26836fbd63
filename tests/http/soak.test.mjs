// Conservation: after a warm-up, ten thousand requests more leave memory where it was.

import assert from "node:assert/strict";
import test from "node:test";

import { Guest } from "../lib/guest.mjs";
import { buddyinfo, slabinfo } from "../lib/proc.mjs";
import { checkAgrees, framesSumUp } from "../lib/verdicts.mjs";

const WARM_UP = 300;
const REQUESTS = 10000;
const AT_ONCE = 8;
// Free pages of a zone may differ by what per-cpu lists hold at the moment.
const TOLERANCE_PAGES = 8;

const PATHS = [
  "/proc/buddyinfo",
  "/proc/slabinfo",
  "/proc/zoneinfo",
  "/proc/meminfo",
  "/proc/vmstat",
  "/proc/pagetypeinfo",
  "/metrics",
  "/api/v1/memory",
  "/",
  "/nothing",
  "/proc/vmallocinfo",
  "/api/v1/net/source?bytes=20000&seed=3",
];

/** `count` requests over `AT_ONCE` connections; every tenth asks for a connection of its own. */
async function load(guest, count) {
  let next = 0;
  let sent = 0;
  let refused = 0;
  const one = async () => {
    while (next < count) {
      const i = next++;
      const path = PATHS[i % PATHS.length];
      let answer = await guest.request(path, i % 10 === 9 ? { agent: false } : {});
      // Slots for answers are few and fixed: one that finds none asks for a retry, and gets it.
      for (let tries = 0; answer.status === 503 && tries < 100; tries++) {
        assert.ok(Number(answer.headers["retry-after"]) > 0, "503 without Retry-After");
        refused++;
        await new Promise((resolve) => setTimeout(resolve, 20));
        answer = await guest.request(path);
      }
      const expected = path === "/nothing" ? 404 : 200;
      assert.equal(answer.status, expected, `${path}: ${answer.text.slice(0, 200)}`);
      sent++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  assert.equal(sent, count);
  return refused;
}

/**
 * Closes what is open, lets the guest come to rest, and reads the state: connections leave TIME_WAIT,
 * and the reaper, which looks at each cache every few seconds, gives back what is unused.
 */
async function state(guest) {
  guest.agent.destroy();
  const QUIET_MS = 5000;
  const deadline = Date.now() + 60000;
  let [last, since] = ["", Date.now()];
  for (;;) {
    const zones = buddyinfo((await guest.get("/proc/buddyinfo", { agent: false })).text);
    const caches = slabinfo((await guest.get("/proc/slabinfo", { agent: false })).text);
    const now = { free: zones.map((zone) => [zone.zone, zone.free]), active: actives(caches) };
    if (JSON.stringify(now) !== last) [last, since] = [JSON.stringify(now), Date.now()];
    if (Date.now() - since > QUIET_MS || Date.now() > deadline) return now;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function actives(caches) {
  return [...caches].map(([name, cache]) => [name, cache.active]).sort();
}

test(`${REQUESTS} requests after ${WARM_UP} leave free pages and active objects`, async () => {
  await Guest.with({ memory: 64 }, async (guest) => {
    await load(guest, WARM_UP);
    const before = await state(guest);
    const refused = await load(guest, REQUESTS);
    assert.ok(refused < REQUESTS / 10, `${refused} answers had to be asked for again`);
    const after = await state(guest);
    assert.deepEqual(after.active, before.active, "active objects by cache");
    for (const [i, [zone, free]] of before.free.entries()) {
      const moved = Math.abs(after.free[i][1] - free);
      assert.ok(moved <= TOLERANCE_PAGES, `${zone}: ${free} pages free, then ${after.free[i][1]}`);
    }
    await checkAgrees(guest);
    await framesSumUp(guest);
  });
});

test("frames sum up at every instant under load", async () => {
  await Guest.with({ memory: 32 }, async (guest) => {
    let running = true;
    const work = (async () => {
      while (running) await load(guest, 200);
    })();
    try {
      const { ram_pages: expected } = await guest.json("/api/v1/memory");
      for (let i = 0; i < 100; i++) {
        const { frames } = await guest.json("/api/v1/memory");
        assert.equal(
          frames.reduce((sum, { pages }) => sum + pages, 0),
          expected,
        );
      }
    } finally {
      running = false;
      await work;
    }
  });
});
