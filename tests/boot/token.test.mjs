// The token of the command line is never shown: not in an answer, not on serial, not in a panic.

import assert from "node:assert/strict";
import test from "node:test";

import { Guest } from "../lib/guest.mjs";

const TOKEN = "s3cr3tTokenOfThisTest0123456789";

const PATHS = [
  "/",
  "/proc/",
  "/proc/cmdline",
  "/proc/kmsg",
  "/proc/version",
  "/proc/slabinfo",
  "/proc/vmallocinfo",
  "/proc/iomem",
  "/metrics",
  "/api/v1/boot",
  "/api/v1/memory",
  "/api/v1/check",
  "/sys/kernel/debug/kernel_page_tables",
  "/nothing/here",
];

for (const loader of ["kernel", "grub", "grub2", "ipxe"]) {
  test(`loaded by ${loader}, no answer and no line shows the token`, async () => {
    const options = { memory: 64, loader, token: TOKEN, append: "loglevel=8", timeout: 60000 };
    await Guest.with(options, async (guest) => {
      assert.match(guest.commandLine, /token=s3cr3t/);
      for (const path of PATHS) {
        const answer = await guest.request(path);
        const all = JSON.stringify(answer.headers) + answer.text;
        assert.ok(!all.includes(TOKEN), `${path} shows it`);
      }
      const wrong = { method: "POST", headers: { Authorization: `Bearer ${TOKEN}x` } };
      const refused = await guest.request("/api/v1/boot", wrong);
      assert.ok(!refused.text.includes(TOKEN), "a refusal shows it");
      assert.ok(!guest.serial.includes(TOKEN), "serial shows it");
      assert.ok(!guest.serial.includes(TOKEN.slice(0, 12)), "serial shows a part of it");
    });
  });
}

test("a quote that is not closed does not show the token after it", async () => {
  const options = { memory: 64, token: TOKEN, append: `loglevel=8 x="it's` };
  await Guest.with(options, async (guest) => {
    for (const path of PATHS)
      assert.ok(!(await guest.request(path)).text.includes(TOKEN), `${path} shows it`);
    assert.ok(!guest.serial.includes(TOKEN), "serial shows it");
  });
});

test("a panic with the token on the command line does not show it", async () => {
  const guest = await Guest.start({ memory: 64, token: TOKEN, append: "test=panic loglevel=8" });
  try {
    await guest.waitExit();
    assert.match(guest.serial, /^memscope: panic: /m);
    assert.ok(!guest.serial.includes(TOKEN), "the panic shows it");
  } finally {
    await guest.stop();
  }
});

test("no copy of the token is left in low memory but the one that is compared with", async () => {
  await Guest.with({ memory: 8, token: TOKEN }, async (guest) => {
    const file = `${guest.dir}/ram`;
    await guest.qmp("pmemsave", { val: 0, size: 8 << 20, filename: file });
    const { readFileSync } = await import("node:fs");
    const ram = readFileSync(file);
    const places = [];
    for (let at = ram.indexOf(TOKEN); at >= 0; at = ram.indexOf(TOKEN, at + 1)) places.push(at);
    assert.ok(places.length <= 1, `found at ${places.map((at) => "0x" + at.toString(16))}`);
  });
});
