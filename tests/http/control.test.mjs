// What changes state: only with the token of the command line; reboot and power-off really happen;
// the network sink compares what it is sent.

import assert from "node:assert/strict";
import test from "node:test";

import { Guest } from "../lib/guest.mjs";

const TOKEN = "t0kenOfTheControlTest";
const AUTH = { Authorization: `Bearer ${TOKEN}` };

/** The pattern of /api/v1/net/source, as docs/http-api.md gives it. */
function pattern(bytes, seed) {
  const PERIOD = 32749;
  const block = Buffer.alloc(PERIOD);
  let x = 2463534242;
  for (let i = 0; i < PERIOD; i++) {
    if (i % 4 === 0) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      x >>>= 0;
    }
    block[i] = (x >>> (8 * (i % 4))) & 255;
  }
  const product = (BigInt(seed) * 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn;
  const phase = Number((product >> 32n) % BigInt(PERIOD));
  const out = Buffer.alloc(bytes);
  for (let i = 0; i < bytes; i++) out[i] = block[(phase + i) % PERIOD];
  return out;
}

test("without token= nothing changes state, and the answer says how to enable it", async () => {
  await Guest.with({ memory: 16 }, async (guest) => {
    for (const path of ["/api/v1/reboot", "/api/v1/poweroff", "/api/v1/net/sink"]) {
      const answer = await guest.request(path, { method: "POST", headers: AUTH });
      assert.equal(answer.status, 403);
      assert.match(answer.json().error.message, /token=/);
    }
    assert.equal((await guest.request("/proc/uptime")).status, 200);
  });
});

test("401 without the token or with a wrong one; no body is kept for it", async () => {
  await Guest.with({ memory: 16, token: TOKEN }, async (guest) => {
    const before = (await guest.request("/api/v1/memory")).json().frames;
    for (const headers of [{}, { Authorization: "Bearer wrong" }, { Authorization: TOKEN }]) {
      const answer = await guest.request("/api/v1/reboot", { method: "POST", headers });
      assert.equal(answer.status, 401);
      assert.equal(answer.headers["www-authenticate"], "Bearer");
    }
    const origin = { ...AUTH, Origin: "http://elsewhere.example" };
    const crossed = await guest.request("/api/v1/reboot", { method: "POST", headers: origin });
    assert.equal(crossed.status, 403);
    const got = await guest.request("/api/v1/reboot", { headers: AUTH });
    assert.equal(got.status, 405);
    assert.equal(got.headers.allow, "POST");
    const after = (await guest.request("/api/v1/memory")).json().frames;
    const http = (frames) => frames.find((frame) => frame.use === "http_snapshots").pages;
    assert.equal(http(after), http(before));
  });
});

test("the sink finds each byte that differs, and no other", async () => {
  await Guest.with({ memory: 64, token: TOKEN }, async (guest) => {
    const body = pattern(3_000_000, 42);
    const post = () =>
      guest.request("/api/v1/net/sink?seed=42", { method: "POST", headers: AUTH, body });
    const clean = (await post()).json();
    assert.equal(clean.bytes, body.length);
    assert.equal(clean.wrong_bytes, 0);
    assert.deepEqual(clean.wrong, []);
    assert.ok(clean.bytes_per_second > 0);
    body[1_234_567] ^= 4;
    body[2_000_000] ^= 1;
    body[2_000_001] ^= 1;
    const wrong = (await post()).json();
    assert.equal(wrong.wrong_bytes, 3);
    assert.deepEqual(wrong.wrong, [
      { offset: 1_234_567, bytes: 1 },
      { offset: 2_000_000, bytes: 2 },
    ]);
    const check = (await guest.request("/api/v1/check")).json();
    assert.equal(check.ok, true);
  });
});

test("poweroff ends the machine", async () => {
  const guest = await Guest.ready({ memory: 16, token: TOKEN });
  try {
    const answer = await guest.request("/api/v1/poweroff", { method: "POST", headers: AUTH });
    assert.equal(answer.status, 202);
    assert.equal(answer.json().action, "poweroff");
    assert.equal(await guest.waitExit(10000), 0);
    assert.doesNotMatch(guest.serial, /still on/);
  } finally {
    await guest.stop();
  }
});

test("reboot starts it again", async () => {
  const guest = await Guest.ready({ memory: 16, token: TOKEN });
  try {
    assert.equal(
      (await guest.request("/api/v1/reboot", { method: "POST", headers: AUTH })).status,
      202,
    );
    await guest.waitExit(10000); // -no-reboot: QEMU ends where the machine would start again
    assert.match(guest.serial, /power: reboot/);
  } finally {
    await guest.stop();
  }
});

test("a machine without ACPI says that it cannot be switched off", async () => {
  await Guest.with({ memory: 16, token: TOKEN, extra: ["-no-acpi"] }, async (guest) => {
    const answer = await guest.request("/api/v1/poweroff", { method: "POST", headers: AUTH });
    assert.equal(answer.status, 501);
    assert.match(answer.json().error.message, /FADT/);
    assert.equal((await guest.request("/proc/uptime")).status, 200);
  });
});
