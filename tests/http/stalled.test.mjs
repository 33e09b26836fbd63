// A viewer that no longer reads: a curl that is stopped, on a wire of its own, with little room for what it
// does not read. It costs nothing that grows, and is dropped at last.

import { unavailable, Lan } from "../lib/lan.mjs";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import test, { after, before } from "node:test";

import { Guest } from "../lib/guest.mjs";

const STALL_MS = 20_000; // HTTP_STALL_TICKS

let lan, guest;
before(async () => {
  if (unavailable) return;
  lan = await Lan.start();
  writeFileSync("/proc/sys/net/ipv4/tcp_rmem", "4096 4096 4096");
  guest = await Guest.ready({ memory: 64, nic: lan.nic() });
});
after(async () => {
  await guest?.stop();
  await lan?.stop();
});

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function state() {
  const [net, memory] = [await guest.json("/api/v1/net"), await guest.json("/api/v1/memory")];
  const viewer = net.connections.find(({ events_hz }) => events_hz === 10);
  return {
    open: net.events.open,
    held: viewer?.held_bytes ?? 0,
    snapshot: viewer?.snapshot_bytes ?? 0,
    pages: memory.frames.find(({ use }) => use === "http_snapshots").pages,
  };
}

test(
  "a stopped curl holds a bounded amount, holds up nobody, and is dropped",
  { skip: unavailable },
  async () => {
    const before = await state();
    assert.equal(before.open, 0);
    const views = "/api/v1/net%20/api/v1/vm%20/proc/slabinfo";
    const curl = spawn("curl", [
      "-sN",
      `${guest.origin}/events?hz=10&of=memory,log&views=${views}`,
    ]);
    curl.stdout.resume();
    try {
      await sleep(1500);
      assert.equal((await state()).open, 1);
      curl.kill("SIGSTOP");
      await sleep(3000); // until nothing fits the wire any more
      const looks = [];
      const start = Date.now();
      while (Date.now() - start < 3 * STALL_MS) {
        const look = await state();
        if (look.open === 0) break;
        looks.push(look);
        await sleep(500);
      }
      const lasted_ms = Date.now() - start;
      assert.ok(lasted_ms < STALL_MS + 8000, `still there after ${lasted_ms} ms`);
      assert.ok(looks.length >= 10, "it is not dropped at once");
      for (const field of ["held", "pages"])
        assert.equal(new Set(looks.map((look) => look[field])).size, 1, `${field} stays the same`);
      assert.ok(looks[0].held < 64 * 1024, `${looks[0].held} bytes`);
      const after = await state();
      assert.deepEqual([after.open, after.held, after.pages], [0, 0, before.pages]);
      assert.equal((await guest.json("/api/v1/check")).ok, true);
    } finally {
      curl.kill("SIGKILL");
    }
  },
);
