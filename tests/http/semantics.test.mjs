// HTTP/1.1 as the RFCs have it, byte by byte on raw connections: framing, methods, Host and Origin,
// pipelining, limits of size and time, closing, many connections at once.

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import test, { after, before } from "node:test";

import { Guest } from "../lib/guest.mjs";

let guest;
before(async () => {
  guest = await Guest.ready({ memory: 64, append: "host=lab7,mem.example" });
});
after(() => guest?.stop());

const HOST = "Host: localhost\r\n";
const CLOSE = "Connection: close\r\n";
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Splits what came back on a connection into answers, by their own framing. */
function answers(text, methods = []) {
  const list = [];
  let rest = text;
  while (rest !== "") {
    const end = rest.indexOf("\r\n\r\n");
    assert.notEqual(end, -1, `no end of a head in ${JSON.stringify(rest.slice(0, 300))}`);
    const [line, ...fields] = rest.slice(0, end).split("\r\n");
    const match = /^HTTP\/1\.1 (\d{3}) \S.*$/.exec(line);
    assert.ok(match, `not a status line: ${line}`);
    const headers = Object.fromEntries(
      fields.map((field) => {
        const [, name, value] = /^([!#$%&'*+\-.^_`|~\w]+): (.*)$/.exec(field) ?? [];
        assert.ok(name, `not a header field: ${field}`);
        return [name.toLowerCase(), value];
      }),
    );
    const status = Number(match[1]);
    const none = methods[list.length] === "HEAD" || status === 304 || status < 200;
    const length = none ? 0 : Number(headers["content-length"]);
    const body = rest.slice(end + 4, end + 4 + length);
    assert.equal(body.length, length, "the body is shorter than Content-Length");
    list.push({ status, headers, body });
    rest = rest.slice(end + 4 + length);
  }
  return list;
}

/** Sends bytes on a connection of its own and gives the answers until the guest closes it. */
async function exchange(data, options) {
  const { methods, ...rest } = options ?? {};
  return answers(await guest.raw(data, rest), methods);
}

async function refused(data, status, pattern) {
  const list = await exchange(data, { end: false });
  assert.equal(list.length, 1, `${list.length} answers to ${JSON.stringify(data.slice(0, 200))}`);
  assert.equal(list[0].status, status, `${JSON.stringify(data.slice(0, 200))}\n${list[0].body}`);
  if (pattern) assert.match(list[0].body, pattern);
  return list[0];
}

test("framing that leaves doubt is refused, and the connection ends", async () => {
  const bad = [
    "GET / HTTP/1.1\r\n\r\n",
    `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`,
    `GET / HTTP/1.1\r\n${HOST}X : y\r\n\r\n`,
    `GET / HTTP/1.1\r\n${HOST}X: y\r\n folded\r\n\r\n`,
    `GET / HTTP/1.1\r\n${HOST}X: a\rb\r\n\r\n`,
    `GET / HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`,
    `GET / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    `GET / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n`,
    `GET / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`,
    `GET / HTTP/1.1\r\n${HOST}Content-Length: +1\r\n\r\n`,
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nnot a size\r\n`,
    "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "GET /\r\n\r\n",
    "GET / / HTTP/1.1\r\n\r\n",
    "\x16\x03\x01\x00\xa5\x01\x00",
  ];
  for (const data of bad) {
    const { headers } = await refused(Buffer.from(data, "latin1"), 400);
    assert.equal(headers.connection, "close", JSON.stringify(data));
  }
});

test("methods and versions", async () => {
  await refused(`BREW / HTTP/1.1\r\n${HOST}\r\n`, 501);
  await refused(`get / HTTP/1.1\r\n${HOST}\r\n`, 501);
  await refused(`PROPFIND / HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 501);
  await refused(`GET / HTTP/2.0\r\n${HOST}\r\n`, 505);
  await refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]) {
    const { headers } = await refused(`${method} /metrics HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 405);
    assert.equal(headers.allow, "GET, HEAD", method);
  }
  await refused(`CONNECT localhost:80 HTTP/1.1\r\n${HOST}\r\n`, 405);
});

test("a body is read and dropped; one that is too long ends the connection", async () => {
  const list = await exchange(
    `POST /metrics HTTP/1.1\r\n${HOST}Content-Length: 11\r\n\r\nhello world` +
      `POST /metrics HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n` +
      `5;x=y\r\nhello\r\n0\r\nTrailer: z\r\n\r\n` +
      `GET /proc/version HTTP/1.1\r\n${HOST}${CLOSE}\r\n`,
  );
  assert.deepEqual(
    list.map(({ status }) => status),
    [405, 405, 200],
  );
  const long = Buffer.alloc(70000, "x");
  const head = `POST / HTTP/1.1\r\n${HOST}Content-Length: ${long.length}\r\n\r\n`;
  await refused(Buffer.concat([Buffer.from(head), long]), 413);
});

test("Expect: 100-continue is answered at once, either way", async () => {
  const head = (method) =>
    `${method} /proc/version HTTP/1.1\r\n${HOST}${CLOSE}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n`;
  await refused(head("POST"), 405);
  const list = await exchange(head("GET") + "ab");
  assert.deepEqual([...new Set(list.map(({ status }) => status))].at(-1), 200);
  await refused(`GET / HTTP/1.1\r\n${HOST}${CLOSE}Expect: tea\r\n\r\n`, 417, /tea/);
});

test("Host must be ours: an address, localhost, or a name given at boot", async () => {
  const hosts = ["10.0.2.15", "10.0.2.15:8080", "localhost", "LOCALHOST:1", "[::1]:80", "lab7"];
  for (const host of [...hosts, "Mem.Example:99"]) {
    const list = await exchange(`GET /proc/version HTTP/1.1\r\nHost: ${host}\r\n${CLOSE}\r\n`);
    assert.equal(list[0].status, 200, host);
  }
  for (const host of ["evil.example", "localhost.evil.example", "lab77", "mem.example.evil"])
    await refused(`GET / HTTP/1.1\r\nHost: ${host}\r\n${CLOSE}\r\n`, 421, new RegExp(host));
  await refused(`GET http://evil.example/ HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 421);
  await refused(`GET / HTTP/1.1\r\nHost: a b\r\n${CLOSE}\r\n`, 400);
});

test("Origin, where sent, must be the Host", async () => {
  const get = (host, origin) =>
    `GET /api/v1/memory HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\n${CLOSE}\r\n`;
  const list = await exchange(get("localhost:8080", "http://localhost:8080"));
  assert.equal(list[0].status, 200);
  for (const origin of ["http://localhost:8081", "https://localhost:8080", "null", "http://evil"])
    await refused(get("localhost:8080", origin), 403, /"code":403/);
});

test("limits of size: target, header, fields", async () => {
  const list = await exchange(`GET /${"a".repeat(1023)} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`);
  assert.equal(list[0].status, 404);
  await refused(`GET /${"a".repeat(1024)} HTTP/1.1\r\n${HOST}\r\n`, 414);
  await refused(`GET /${"a".repeat(100000)} HTTP/1.1\r\n${HOST}\r\n`, 414);
  const padding = `X: ${"y".repeat(8000)}\r\n`;
  const fits = await exchange(`GET /proc/version HTTP/1.1\r\n${HOST}${CLOSE}${padding}\r\n`);
  assert.equal(fits[0].status, 200);
  await refused(`GET / HTTP/1.1\r\n${HOST}${padding}${padding}\r\n`, 431);
  await refused(`GET / HTTP/1.1\r\n${HOST}${"A: b\r\n".repeat(5000)}\r\n`, 431);
});

test("pipelined requests are answered in order, however the bytes are cut", async () => {
  const paths = ["/proc/version", "/proc/zoneinfo", "/none", "/api/v1/memory", "/metrics"];
  const requests = paths.map((path) => `GET ${path} HTTP/1.1\r\n${HOST}\r\n`);
  const last = `HEAD /metrics HTTP/1.1\r\n${HOST}${CLOSE}\r\n`;
  const ignored = `GET /proc/uptime HTTP/1.1\r\n${HOST}\r\n`;
  const whole = requests.join("") + last + ignored;
  const methods = [...paths.map(() => "GET"), "HEAD"];
  const check = (list) => {
    assert.deepEqual(
      list.map(({ status }) => status),
      [200, 200, 404, 200, 200, 200],
    );
    assert.match(list[0].body, /^memscope version /);
    assert.match(list[1].body, /^Node 0, zone/);
    assert.match(list[3].body, /"ram_pages"/);
    assert.equal(list[5].headers.connection, "close");
  };
  check(await exchange(whole, { methods }));
  for (const size of [1, 7, 100]) {
    const socket = net.connect(guest.port, guest.host);
    await once(socket, "connect");
    socket.setNoDelay(true);
    let text = "";
    socket.on("data", (data) => (text += data.toString("latin1")));
    const closed = once(socket, "close");
    for (let at = 0; at < whole.length - ignored.length; at += size) {
      socket.write(whole.slice(at, Math.min(at + size, whole.length - ignored.length)));
      if (at % 50 === 0) await sleep(1);
    }
    await closed;
    check(answers(text, methods));
  }
});

test("a hundred pipelined requests on one connection", async () => {
  const one = `GET /proc/buddyinfo HTTP/1.1\r\n${HOST}\r\n`;
  const end = `GET /proc/buddyinfo HTTP/1.1\r\n${HOST}${CLOSE}\r\n`;
  const list = await exchange(one.repeat(99) + end);
  assert.equal(list.length, 100);
  for (const { status, body } of list) {
    assert.equal(status, 200);
    assert.match(body, /^Node 0, zone +DMA /);
  }
});

test("HEAD says what GET would, without a body", async () => {
  for (const path of [
    "/proc/version",
    "/proc/zoneinfo",
    "/api/v1/net/source?bytes=99999",
    "/none",
  ]) {
    const get = (method) => `${method} ${path} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`;
    const [full] = await exchange(get("GET"));
    const [head] = await exchange(get("HEAD"), { methods: ["HEAD"] });
    assert.equal(head.status, full.status, path);
    assert.equal(head.headers["content-length"], full.headers["content-length"], path);
    assert.equal(head.headers["content-type"], full.headers["content-type"], path);
  }
});

test("HTTP/1.0 closes unless asked to keep alive", async () => {
  const [closed] = await exchange("GET /proc/version HTTP/1.0\r\n\r\n");
  assert.equal(closed.headers.connection, "close");
  const list = await exchange(
    "GET /proc/version HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /proc/version HTTP/1.0\r\n\r\n",
  );
  assert.equal(list.length, 2);
  assert.equal(list[0].headers.connection, "keep-alive");
});

test("a client that closes its half still gets its answers", async () => {
  const one = `GET /metrics HTTP/1.1\r\n${HOST}\r\n`;
  const list = await exchange(one.repeat(3), { end: true });
  assert.equal(list.length, 3);
  for (const { status } of list) assert.equal(status, 200);
});

test("live answers say what they cost, and that they are not to be kept", async () => {
  const { headers, body } = await guest.get("/proc/buddyinfo");
  assert.equal(headers["cache-control"], "no-store");
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.equal(headers.date, undefined);
  const cost = /^cycles=(\d+); bytes=(\d+); uptime_ms=(\d+)$/.exec(headers["x-memscope-snapshot"]);
  assert.ok(cost, headers["x-memscope-snapshot"]);
  assert.equal(Number(cost[2]), body.length);
  assert.ok(Number(cost[1]) > 0);
  for (const path of ["/api/v1/memory", "/api/v1/check"]) {
    const answer = await guest.get(path);
    const { snapshot } = answer.json();
    assert.equal(snapshot.bytes, answer.body.length, path);
    assert.ok(snapshot.cycles > 0 && snapshot.uptime_ms > 0, path);
  }
});

test("bad parameters are named", async () => {
  const bad = {
    "": /bytes= is missing/,
    "?bytes=12monkeys": /bytes=12monkeys is not a number/,
    "?bytes=18446744073709551616": /bytes=18446744073709551616/,
    "?bytes=1&seed=-5": /seed=-5/,
    "?bytes=1&sede=5": /sede= is not known/,
    "?bytes=1&bytes=2": /bytes=/,
  };
  for (const [query, message] of Object.entries(bad)) {
    const answer = await guest.request(`/api/v1/net/source${query}`);
    assert.equal(answer.status, 400, query);
    assert.match(answer.json().error.message, message);
    assert.equal(answer.json().error.code, 400);
  }
  const none = await guest.request("/api/v1/nothing%22here");
  assert.equal(none.status, 404);
  assert.match(none.json().error.message, /nothing"here/);
});

/** The pattern of /api/v1/net/source, computed from docs/http-api.md. */
function sourceBlock() {
  const period = 32749;
  const block = new Uint8Array(period);
  let x = 2463534242;
  for (let i = 0; i < period; i++) {
    if (i % 4 === 0) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
    }
    block[i] = (x >>> (8 * (i % 4))) & 255;
  }
  return block;
}

test("the pattern is the documented one, for every seed and length", async () => {
  const block = sourceBlock();
  const mask = (1n << 64n) - 1n;
  for (const [bytes, seed] of [
    [0, 1n],
    [1, 0n],
    [1024, 1n],
    [100000, 7n],
    [300000, 2n ** 64n - 1n],
  ]) {
    const { body } = await guest.get(`/api/v1/net/source?bytes=${bytes}&seed=${seed}`);
    assert.equal(body.length, bytes);
    const phase = Number(((seed * 0x9e3779b97f4a7c15n) & mask) >> 32n) % block.length;
    for (let i = 0; i < bytes; i++)
      if (body[i] !== block[(phase + i) % block.length])
        assert.fail(`seed ${seed}: byte ${i} is ${body[i]}`);
  }
});

test("a length beyond 4 GiB is announced and begun", async () => {
  const socket = net.connect(guest.port, guest.host);
  await once(socket, "connect");
  socket.write(`GET /api/v1/net/source?bytes=5000000000&seed=3 HTTP/1.1\r\n${HOST}\r\n`);
  const [first] = await once(socket, "data");
  assert.match(first.toString("latin1"), /\r\nContent-Length: 5000000000\r\n/);
  socket.destroy();
  await guest.get("/proc/version");
});

/** A connection that asks and waits for whole answers. */
class Client {
  static async connect() {
    const client = new Client();
    client.socket = net.connect(guest.port, guest.host);
    client.text = "";
    client.socket.on("error", () => {});
    client.socket.on("data", (data) => {
      client.text += data.toString("latin1");
      client.socket.emit("answer");
    });
    client.socket.on("close", () => client.socket.emit("answer"));
    await once(client.socket, "connect");
    return client;
  }

  async ask(path) {
    this.text = "";
    this.socket.write(`GET ${path} HTTP/1.1\r\n${HOST}\r\n`);
    for (;;) {
      const length = /Content-Length: (\d+)/.exec(this.text);
      const head = this.text.indexOf("\r\n\r\n");
      if (head > 0 && this.text.length >= head + 4 + Number(length[1])) break;
      assert.ok(!this.socket.closed, `closed after ${JSON.stringify(this.text)}`);
      await once(this.socket, "answer");
    }
    return answers(this.text)[0];
  }
}

// QEMU's forwarding lets one connection at a time wait to be accepted: they are opened in turn.
test("64 connections at once, each with its own answers", async () => {
  const clients = [];
  for (let i = 0; i < 64; i++) {
    clients.push(await Client.connect());
    await clients[i].ask("/proc/uptime");
  }
  assert.ok((await limits()).connections >= 64);
  for (let round = 0; round < 3; round++) {
    const list = await Promise.all(clients.map((client) => client.ask("/proc/buddyinfo")));
    for (const { status, body } of list) {
      assert.equal(status, 200);
      assert.match(body, /^Node 0, zone +DMA /);
    }
  }
  clients.forEach(({ socket }) => socket.destroy());
});

test("more connections than there is room for: the one longest idle makes way", async () => {
  const { connections_max: max } = await limits();
  const clients = [];
  for (let i = 0; i < max + 10; i++) {
    const client = await Client.connect();
    assert.equal((await client.ask("/proc/version")).status, 200);
    clients.push(client);
  }
  const { connections, evicted_total: evicted } = await limits();
  assert.ok(connections <= max, `${connections} connections, at most ${max}`);
  assert.ok(evicted >= 10, `${evicted} evicted`);
  assert.ok(clients[0].socket.closed, "the oldest connection is still open");
  assert.equal((await clients.at(-1).ask("/proc/version")).status, 200);
  clients.forEach(({ socket }) => socket.destroy());
});

/** A gauge or counter of the server's own, from /metrics. */
async function limits() {
  const text = await guest.text("/metrics");
  const value = (name) => Number(new RegExp(`^memscope_http_${name} (\\d+)$`, "m").exec(text)[1]);
  const names = ["connections", "connections_max", "evicted_total"];
  return Object.fromEntries(names.map((name) => [name, value(name)]));
}

test("a request that drips in is cut off with 408, and others are served meanwhile", async () => {
  const drips = Array.from({ length: 10 }, async () => {
    const socket = net.connect(guest.port, guest.host);
    await once(socket, "connect");
    let text = "";
    socket.on("data", (data) => (text += data.toString("latin1")));
    const closed = once(socket, "close");
    socket.on("error", () => {});
    const started = Date.now();
    socket.write("GET / HTTP/1.1\r\n");
    const timer = setInterval(() => socket.write("X: y\r\n"), 500);
    await closed;
    clearInterval(timer);
    return { text, ms: Date.now() - started };
  });
  for (let i = 0; i < 20; i++) {
    await guest.get("/proc/version");
    await sleep(100);
  }
  for (const { text, ms } of await Promise.all(drips)) {
    assert.match(text, /^HTTP\/1\.1 408 Request Timeout\r\n/);
    assert.ok(ms > 7000 && ms < 20000, `cut off after ${ms} ms`);
  }
});

test("connections that were lost leave nothing behind", async () => {
  for (let i = 0; i < 30; i++) {
    const socket = net.connect(guest.port, guest.host);
    await once(socket, "connect");
    const path = i % 2 ? "/metrics" : "/api/v1/net/source?bytes=100000000&seed=1";
    socket.write(`GET ${path} HTTP/1.1\r\n${HOST}\r\n`.slice(0, i % 5 ? undefined : 20));
    if (i % 3) await sleep(5);
    socket.resetAndDestroy();
  }
  guest.agent.destroy();
  for (let tries = 0; tries < 50; tries++) {
    await sleep(100);
    const { connections } = await limits();
    if (connections <= 2) return;
  }
  assert.fail(`connections are still open: ${(await limits()).connections}`);
});

// What has to be asked with the paths that answer nothing without a question.
const QUESTIONS = {
  "/api/v1/net/source": "?bytes=1",
  "/api/v1/frame": "?pfn=256",
  "/api/v1/slab": "?cache=kmem_cache",
};

test("indexes list what is there, and every path they list answers", async () => {
  for (const index of ["/proc/", "/sys/"]) {
    const { text, headers } = await guest.get(index);
    assert.match(headers["content-type"], /^text\/html/);
    assert.match(headers["content-security-policy"], /default-src 'none'/);
    const paths = [...text.matchAll(/href="([^"]+)"/g)].map(([, path]) => path);
    assert.ok(paths.length > 1, index);
    for (const path of paths) assert.equal((await guest.request(path)).status, 200, path);
  }
  const { routes } = await guest.json("/api/v1/");
  for (const { path, methods } of routes) {
    if (!methods.includes("GET")) {
      assert.equal((await guest.request(path)).status, 405, path);
      continue;
    }
    const answer = await guest.request(`${path}${QUESTIONS[path] ?? ""}`);
    assert.equal(answer.status, 200, path);
  }
  const moved = await guest.request("/proc");
  assert.equal(moved.status, 301);
  assert.equal(moved.headers.location, "/proc/");
});
