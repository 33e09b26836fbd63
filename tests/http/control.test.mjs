// What changes state: only with the token of the command line; reboot and power-off really happen;
// the network sink compares what it is sent.

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import test from "node:test";
import { isDeepStrictEqual } from "node:util";

import { Guest } from "../lib/guest.mjs";
import { pattern } from "../lib/pattern.mjs";
import { rest } from "../lib/storm.mjs";

const TOKEN = "t0kenOfTheControlTest";
const AUTH = { Authorization: `Bearer ${TOKEN}` };

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

// The same connection before and while it tries: object by object and, but for empty slabs that are kept
// until the reaper comes, page by page.
test("an attempt without the token allocates nothing beyond its connection", async () => {
  await Guest.with({ memory: 32, token: TOKEN }, async (guest) => {
    const held = async () => {
      const { frames, caches } = await guest.json("/api/v1/memory");
      const uses = frames.filter(({ use }) => !/^(slab$|buddy_free|percpu)/.test(use));
      return {
        active: Object.fromEntries(caches.map(({ name, active }) => [name, active])),
        uses: Object.fromEntries(uses.map(({ use, pages }) => [use, pages])),
      };
    };
    const head = (path, more) => `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${more}`;
    const half = `Content-Length: 20000\r\n\r\n${"{".repeat(10000)}`;
    const chunks = `Transfer-Encoding: chunked\r\n\r\n2000\r\n${"{".repeat(8192)}\r\n2000\r\n{`;
    for (const attempt of [
      head("/api/v1/soak", "Authorization: Bearer wr"),
      head("/api/v1/soak", half),
      head("/api/v1/soak", `Authorization: Bearer wrong\r\n${half}`),
      head("/api/v1/memtest", `Authorization: Bearer wrong\r\n${chunks}`),
      head("/api/v1/net/sink?seed=1", `Authorization: Basic dXNlcjpwYXNz\r\n${half}`),
    ]) {
      const socket = net.connect(guest.port, guest.host);
      await once(socket, "connect");
      socket.write("GET /proc/version HTTP/1.1\r\nHost: localhost\r\n\r\n");
      await once(socket, "data");
      await rest(guest, { quiet_ms: 600, limit_ms: 5000 });
      const before = await held();
      socket.write(attempt);
      await new Promise((resolve) => setTimeout(resolve, 300));
      let during = await held(); // what is on its way is gone a moment later
      for (let i = 0; i < 20 && !isDeepStrictEqual(during, before); i++) during = await held();
      assert.deepEqual(during, before, attempt.slice(0, 150));
      socket.destroy();
    }
  });
});

// Whatever a target, a Host or an Origin looks like: it is ours, or nothing is told and nothing done.
test("Host and Origin in all their forms", async () => {
  const of = (target, host, more = "") =>
    `GET ${target} HTTP/1.1\r\n${host}Connection: close\r\n${more}\r\n`;
  const mark = (origin, version = "1.1", host = "Host: localhost\r\n") =>
    `POST /api/v1/mark HTTP/${version}\r\n${host}Authorization: Bearer ${TOKEN}\r\n` +
    `Connection: close\r\n${origin}Content-Length: 0\r\n\r\n`;
  await Guest.with({ memory: 32, token: TOKEN, append: "host=lab7" }, async (guest) => {
    for (const [request, status] of [
      [of("http://evil.example/proc/version", "Host: localhost\r\n"), 421],
      [of("http://localhost/proc/version", "Host: evil.example\r\n"), 421],
      [of("http://localhost/proc/version", "Host: localhost\r\n"), 200],
      [of("http://localhost@evil.example/", "Host: localhost\r\n"), 400],
      [of("https://localhost/proc/version", "Host: localhost\r\n"), 400],
      [of("localhost:80", "Host: localhost\r\n"), 400],
      [of("/proc/version", ""), 400],
      [of("/proc/version", "Host: localhost\r\nHost: localhost\r\n"), 400],
      [of("/proc/version", "Host: LAB7.:8080\r\n"), 200],
      [of("/proc/version", "Host: [::1]:80\r\n"), 200],
      [of("/proc/version", "Host: [::1]evil\r\n"), 400],
      [of("/proc/version", "Host: 127.0.0.1.evil.example\r\n"), 421],
      [of("/proc/version", "Host: 2130706433\r\n"), 421],
      [
        of("/proc/version", "Host: localhost\r\n", "Origin: http://localhost\r\nOrigin: x\r\n"),
        403,
      ],
      ["GET /proc/version HTTP/1.0\r\nHost: evil.example\r\n\r\n", 421],
      ["GET /proc/version HTTP/1.0\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400],
      [mark("Origin: null\r\n"), 403],
      [mark("Origin: \r\n"), 403],
      [mark("Origin: http://localhost:81\r\n"), 403],
      [mark("Origin: http://evil.example\r\n", "1.0", ""), 403],
      [mark("Authorization: Bearer other\r\n"), 401],
      [mark("Origin: http://localhost\r\n"), 200],
    ]) {
      const answer = await guest.raw(request);
      assert.equal(Number(/^HTTP\/1.1 (\d+)/.exec(answer)?.[1]), status, request);
    }
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
