// The clock: its rate is measured during boot and must not depend on how busy the host is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Guest } from "../lib/guest.mjs";

const RATE = /time-stamp counter runs at (\d+)\.(\d{3}) MHz/;

/** Boots; while it does, QEMU is stopped for `stopped` ms again and again. Gives the rate in kHz. */
async function measuredRate(stopped) {
  const guest = await Guest.start({ memory: 16 });
  try {
    const deadline = Date.now() + 25000;
    while (stopped && !guest.lines.some((line) => RATE.test(line))) {
      assert.ok(Date.now() < deadline, `no rate in time:\n${guest.serial}`);
      guest.process.kill("SIGSTOP");
      await sleep(stopped);
      guest.process.kill("SIGCONT");
      await sleep(1);
    }
    const match = await guest.waitForLine(RATE);
    return Number(match[1]) * 1000 + Number(match[2]);
  } finally {
    guest.process.kill("SIGCONT");
    await guest.stop();
  }
}

test("the counter's rate is the same on a host that takes the processor away", async () => {
  const quiet = await measuredRate(0);
  for (const stopped of [58, 70, 58, 70]) {
    const rate = await measuredRate(stopped);
    assert.ok(Math.abs(rate / quiet - 1) < 0.1, `${rate} kHz, undisturbed ${quiet} kHz`);
  }
});
