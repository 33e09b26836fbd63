// The clock on a host that is busy with other things.

import assert from "node:assert/strict";
import test from "node:test";

import { Guest } from "../lib/guest.mjs";

/** The rate that the guest measured, in MHz. `disturb` may keep QEMU from running meanwhile. */
async function measuredRate(disturb) {
  const guest = await Guest.start({ memory: 16, nic: "none" });
  const end = disturb?.(guest.process);
  try {
    const [, rate] = await guest.waitForLine(/time-stamp counter runs at ([\d.]+) MHz/);
    return Number(rate);
  } finally {
    end?.();
    await guest.stop();
  }
}

/** Stops QEMU for 70 ms out of each 75: longer than the PIT's 16 bits last (55 ms). */
function stopAndGo(process) {
  const timer = setInterval(() => {
    process.kill("SIGSTOP");
    setTimeout(() => process.kill("SIGCONT"), 70);
  }, 75);
  return () => clearInterval(timer);
}

test("a host that takes the processor away does not spoil the measured rate", async () => {
  const expected = await measuredRate();
  for (let i = 0; i < 12; i++) {
    const rate = await measuredRate(stopAndGo);
    const ratio = rate / expected;
    assert.ok(ratio > 0.9 && ratio < 1.1, `${rate} MHz instead of ${expected} MHz`);
  }
});
