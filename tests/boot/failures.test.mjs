// What goes wrong says so, once, with the value, and in the exit status.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";

import { Guest, STATUS_PANIC, STATUS_TEST_PASSED } from "../lib/guest.mjs";
import { checkAgrees } from "../lib/verdicts.mjs";

/** Starts a guest that is expected to end by itself; gives { status, lines }. */
async function ends(options) {
  const guest = await Guest.start({ nic: "none", ...options });
  try {
    return { status: await guest.waitExit(), lines: guest.lines, serial: guest.serial };
  } finally {
    await guest.stop();
  }
}

test("without a NIC it says so, prints its state and carries on", async () => {
  const guest = await Guest.start({ memory: 64, nic: "none" });
  try {
    const [, reason] = await guest.waitForLine(/^memscope: ready, no network: (.+), in \d+ ms$/);
    assert.ok(reason.length > 3);
    await guest.waitForLine(/^Node 0, zone {6}DMA( +\d+){11} $/);
    await guest.waitForLine(/^Node 0, zone {3}Normal( +\d+){11} $/);
    const ready = guest.lines.filter((line) => line.startsWith("memscope: ready"));
    assert.equal(ready.length, 1, "the ready line comes once");
    // It idles rather than spins or ends.
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(guest.exited, false);
    assert.match(await guest.hmp("info registers"), /HLT=1/);
  } finally {
    await guest.stop();
  }
});

test("a card it has no driver for counts as no network", async () => {
  const nic = ["-netdev", "user,id=n", "-device", "rtl8139,netdev=n"];
  const guest = await Guest.start({ memory: 64, nic });
  try {
    await guest.waitForLine(/^memscope: ready, no network: .+, in \d+ ms$/);
  } finally {
    await guest.stop();
  }
});

test("no DHCP answer: it keeps trying and says so", async () => {
  const nic = ["-netdev", "hubport,id=n,hubid=0", "-device", "virtio-net-pci,netdev=n"];
  const guest = await Guest.start({ memory: 64, nic });
  try {
    await guest.waitForLine(/DHCP/i, 25000);
    assert.equal(guest.exited, false);
  } finally {
    await guest.stop();
  }
});

test("options that leave too little memory are refused in one line with the amounts", async () => {
  const options = ["mem=1400K", "memmap=exactmap memmap=1M@32M", "mem=1"];
  for (const append of options) {
    const guest = await Guest.start({ memory: 64, append });
    try {
      await guest.waitReady();
      const { frames, ram_pages: pages } = await guest.json("/api/v1/memory");
      assert.equal(frames.find(({ use }) => use === "cut_by_option")?.pages ?? 0, 0);
      assert.ok(pages > 0);
      const lines = guest.lines.filter((line) => /the options leave/.test(line));
      assert.equal(lines.length, 1, `${append}: ${guest.serial}`);
      assert.match(
        lines[0],
        /too little RAM, \d+ KiB up to (0|0x[0-9a-f]+): .*loader's map is used/,
      );
    } finally {
      await guest.stop();
    }
  }
});

test("a module that does not fit is dropped in one line, and boot goes on", async () => {
  const folder = mkdtempSync(join(tmpdir(), "memscope-module-"));
  const module = join(folder, "module");
  writeFileSync(module, Buffer.alloc(2 << 20));
  const guest = await Guest.start({ memory: 3, extra: ["-initrd", module] });
  try {
    await guest.waitReady();
    await checkAgrees(guest);
    const lines = guest.lines.filter((line) => /module .*dropped/.test(line));
    assert.equal(lines.length, 1, guest.serial);
  } finally {
    await guest.stop();
    rmSync(folder, { recursive: true });
  }
});

// What each way of dying has to say.
const PANICS = {
  panic: /^memscope: panic: test: asked for by test=panic/,
  bug: /^memscope: panic: .*bug/i,
  fault: /^memscope: panic: trap: page fault: write to 0xbfff0010 \(not present\) at test_fault\+/,
  null: /^memscope: panic: trap: page fault: read of 0x0*10 \(not present\) at test_null\+/,
  divide: /^memscope: panic: trap: divide error/,
  doublefault: /^memscope: panic: .*double fault/,
};

for (const [name, pattern] of Object.entries(PANICS)) {
  test(`test=${name} ends with the status of a panic, decoded and symbolised`, async () => {
    const { status, lines, serial } = await ends({ memory: 64, append: `test=${name}` });
    assert.equal(status, STATUS_PANIC, serial);
    const panics = lines.filter((line) => line.startsWith("memscope: panic: "));
    assert.equal(panics.length, 1, serial);
    assert.match(panics[0], pattern);
    const details = lines.slice(lines.indexOf(panics[0]) + 1).join("\n");
    if (!["panic", "bug"].includes(name)) assert.match(details, /\bEIP\b/, "no registers");
    assert.match(
      details,
      /backtrace:\n.*\w+\+0x[0-9a-f]+\/0x[0-9a-f]+/,
      "no symbol in a backtrace",
    );
    if (name === "fault" || name === "null")
      assert.match(details, /pgd|directory/i, "no walk of the page tables");
  });
}

for (const name of ["probe", "wp", "time"]) {
  test(`test=${name} passes, and ends with the status of that`, async () => {
    const { status, serial } = await ends({ memory: 64, append: `test=${name}` });
    assert.equal(status, STATUS_TEST_PASSED, serial);
    assert.match(serial, new RegExp(`^memscope: test ${name} passed`, "m"));
  });
}

test("a boot test that does not exist is named", async () => {
  const { status, serial } = await ends({ memory: 64, append: "test=nosuchtest" });
  assert.equal(status, STATUS_PANIC);
  assert.match(serial, /^memscope: panic: test: .*nosuchtest/m);
});

test("without debug_exit a panic does not end the machine", async () => {
  const guest = await Guest.start({
    memory: 64,
    nic: "none",
    append: "test=panic",
    debugExit: false,
  });
  try {
    await guest.waitForLine(/^memscope: panic: /);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(guest.exited, false);
  } finally {
    await guest.stop();
  }
});
