// Every allocation that lwIP and HTTP make, failing one by one, in the booted machine: for each kind of
// request the first allocation after arming fails, in another run the second, and so on until a run
// meets no failure. After each the server answers on a fresh connection, /api/v1/check agrees, nothing
// but that request has ended, and every cache and every use of frames is exactly what it was before.
//
// Each generation takes half of the kinds, in turn, as all of them take four minutes: KINDS=all runs all,
// KINDS=text,page some; SHOW=1 prints each run.

import { Lan, unavailable } from "./lan.mjs";

import assert from "node:assert/strict";
import dgram from "node:dgram";
import http from "node:http";
import net from "node:net";
import test from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { Guest } from "./guest.mjs";

const skip = unavailable;
const TOKEN = "faults";
const DELAY_MS = 40;
const MAX_RUNS = 1000;

// ---- The requests ----

/** Sends `data` on a fresh connection and reads until `enough(text)` is true, the end, or time is up. */
async function talk(guest, data, { enough, reset, timeout = 15000 } = {}) {
  const socket = net.connect(guest.port, guest.host);
  let text = "";
  const over = new Promise((resolve) => {
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (enough?.(text)) resolve("enough");
    });
    socket.on("error", (error) => resolve(error.code));
    socket.on("close", () => resolve("closed"));
    setTimeout(() => resolve("timeout"), timeout).unref();
  });
  socket.write(data, "latin1");
  const how = await over;
  if (reset) socket.resetAndDestroy();
  else socket.end();
  setTimeout(() => socket.destroy(), 3000).unref();
  assert.notEqual(
    how,
    "timeout",
    `nothing came of ${String(data).slice(0, 60)}: got ${text.length}`,
  );
  return { how, text };
}

const ask = (path, { method = "GET", headers = "", body = "" } = {}) =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}` +
  (body ? `Content-Length: ${body.length}\r\n\r\n${body}` : "\r\n");

/** An answer is complete: by its length, or its last chunk. */
function whole(text) {
  const at = text.indexOf("\r\n\r\n");
  if (at < 0) return false;
  const length = /^content-length: (\d+)/im.exec(text.slice(0, at));
  if (length) return text.length - at - 4 >= Number(length[1]);
  return text.endsWith("0\r\n\r\n");
}

const get = (path, options) => (guest) => talk(guest, ask(path, options), { enough: whole });
const bearer = `Authorization: Bearer ${TOKEN}\r\n`;

async function bytesOf(guest, n) {
  const { text } = await talk(guest, ask(`/api/v1/net/source?bytes=${n}&seed=5`), {
    enough: whole,
  });
  return text.slice(text.indexOf("\r\n\r\n") + 4);
}

/** The largest file of the page: its script. */
async function scriptOf(guest) {
  const name = /<script[^>]* src="([^"]+)"/.exec((await get("/")(guest)).text)[1];
  return new URL(name, "http://localhost/").pathname;
}

/** name: the request, and how much of an answer is enough. */
const kinds = {
  text: get("/proc/buddyinfo"),
  head: (guest) =>
    talk(guest, ask("/proc/meminfo", { method: "HEAD" }), {
      enough: (text) => /\r\n\r\n$/.test(text),
    }),
  json: get("/api/v1/memory"),
  chunked: get("/api/v1/boot"),
  page: (guest, { script }) => get(script, { headers: "Accept-Encoding: gzip\r\n" })(guest),
  missing: get("/nothing/here"),
  refused: get("/api/v1/reboot", { method: "POST" }),
  soak: get("/api/v1/soak", {
    method: "POST",
    headers: bearer,
    body: JSON.stringify({ operations: 3, allocate: [{ kind: "kmalloc", size: 64 }] }),
  }),
  events: (guest) =>
    talk(guest, ask("/events?hz=10&of=memory"), {
      enough: (text) => /event: memory|^HTTP\/1.1 503/m.test(text),
    }),
  buddy: (guest) =>
    talk(guest, ask("/events?hz=10&of=buddy,log"), { enough: (text) => text.includes("\r\n\r\n") }),
  views: (guest) =>
    talk(guest, ask("/events?hz=10&of=memory&views=/api/v1/soak%20/proc/buddyinfo"), {
      enough: (text) => /"view":1,.*"more":false|^HTTP\/1.1 503/m.test(text),
    }),
  source: get("/api/v1/net/source?bytes=60000&seed=9"),
  sink: (guest, { pattern }) =>
    talk(
      guest,
      ask("/api/v1/net/sink?seed=5", { method: "POST", headers: bearer, body: pattern }),
      { enough: whole },
    ),
  pipeline: (guest) =>
    talk(
      guest,
      Array(4).fill(ask("/proc/version")).join("") +
        ask("/proc/uptime", { headers: "X-Last: 1\r\n" }),
      {
        enough: (text) => text.split("HTTP/1.1 ").length > 5 && /\d+\.\d\d \d+\.\d\d\n$/.test(text),
      },
    ),
  aborted: (guest) =>
    talk(guest, ask("/api/v1/net/source?bytes=100000"), { enough: () => true, reset: true }),
  half: (guest) =>
    talk(guest, "GET /proc/ver", { enough: () => true, timeout: 400 }).catch(() => {}),
  closed_port: async (guest) => {
    const socket = net.connect(guest.port + 1, guest.host);
    await new Promise((resolve) => {
      socket.on("error", resolve);
      socket.on("close", resolve);
      setTimeout(resolve, 5000).unref();
    });
    socket.destroy();
  },
  datagram: async (guest) => {
    const socket = dgram.createSocket("udp4");
    await new Promise((resolve) => socket.send("nobody listens", 9, guest.host, resolve));
    await sleep(100);
    socket.close();
  },
};

/** What an undisturbed request is answered; the others end without an answer. */
const answers = {
  ...Object.fromEntries(
    [
      "text",
      "head",
      "json",
      "chunked",
      "page",
      "events",
      "buddy",
      "views",
      "source",
      "sink",
      "pipeline",
    ].map((kind) => [kind, 200]),
  ),
  aborted: 200,
  missing: 404,
  refused: 401,
  soak: 201,
};

async function undisturbed(guest, kind, needs) {
  const said = (await kinds[kind](guest, needs))?.text ?? "";
  if (answers[kind]) assert.match(said, new RegExp(`^HTTP/1.1 ${answers[kind]} `), kind);
  if (kind === "sink") assert.match(said, /"bytes":20000,"wrong_bytes":0,/);
}

// ---- What is watched ----

/** One connection that lives through it all; it sets and asks, and must never be lost. */
class Control {
  constructor(guest) {
    this.guest = guest;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  }

  request(path, method = "GET", doc) {
    const headers = { Host: "localhost", Authorization: `Bearer ${TOKEN}` };
    const { host, port } = this.guest;
    return new Promise((resolve, reject) => {
      const req = http.request({ host, port, path, method, headers, agent: this.agent });
      req.setTimeout(30000, () => req.destroy(new Error(`${path}: no answer in 30 s`)));
      req.on("error", reject);
      req.on("response", (res) => {
        let text = "";
        res.on("data", (data) => (text += data));
        res.on("error", reject);
        res.on("end", () =>
          res.statusCode < 300
            ? resolve(JSON.parse(text))
            : reject(new Error(`${path}: ${res.statusCode} ${text}`)),
        );
      });
      req.end(doc && JSON.stringify(doc));
      req.on("socket", (socket) => this.sockets.add(socket));
    });
  }

  sockets = new Set();

  /** What is in use: objects by cache, frames by use. Caches give back what they keep for nobody. */
  async inUse() {
    await this.request("/api/v1/fault", "POST", { shrink: true });
    const { caches, frames } = await this.request("/api/v1/memory");
    const state = {};
    for (const { name, active } of caches) state[`objects of ${name}`] = active;
    for (const { use, pages } of frames)
      if (!/^(buddy_free|percpu)/.test(use)) state[`frames of ${use}`] = pages;
    return state;
  }

  async forgetJobs() {
    for (;;) {
      const { jobs } = await this.request("/api/v1/soak");
      if (!jobs.length) return;
      for (const { id } of jobs) await this.request(`/api/v1/soak/${id}`, "DELETE");
      await sleep(20);
    }
  }
}

function differences(before, now) {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names]
    .filter((name) => before[name] !== now[name])
    .map((name) => `${name}: ${before[name]} before, ${now[name]} now`);
}

async function comesBack(control, before, what) {
  let left;
  for (const until = Date.now() + 60000; Date.now() < until; await sleep(50)) {
    left = differences(before, await control.inUse());
    if (!left.length) return;
  }
  assert.fail(`${what}: not as before after 60 s:\n${left.join("\n")}`);
}

/** The state of the idle machine: the same three times. */
async function idle(control) {
  let before = await control.inUse();
  for (let same = 0; same < 3; await sleep(60)) {
    const now = await control.inUse();
    same = differences(before, now).length ? 0 : same + 1;
    before = now;
  }
  return before;
}

/** Lines of the log as they come: a stream that must go on. */
async function logStream(guest) {
  const socket = net.connect(guest.port, guest.host);
  const stream = { socket, text: "", ended: false };
  socket.on("data", (data) => (stream.text += data));
  for (const event of ["close", "error", "end"]) socket.on(event, () => (stream.ended = event));
  socket.write(ask("/events?of=log&hz=10"));
  while (!stream.text.includes("event: log")) await sleep(20);
  return stream;
}

// ---- The runs ----

async function fail(control, guest, kind, hook, nth, before, needs) {
  const what = `${kind}, ${hook} ${nth}`;
  const armed = { times: 1, after: nth - 1 };
  await control.request("/api/v1/fault", "POST", {
    [hook]: armed,
    delay_ms: DELAY_MS,
    shrink: true,
  });
  await sleep(DELAY_MS + 15);
  const start = Date.now();
  const { how } = (await kinds[kind](guest, needs)) ?? {};
  await control.request("/api/v1/fault", "DELETE");
  const met = (await control.request("/api/v1/fault"))[hook];
  const check = await talk(guest, ask("/api/v1/check"), { enough: whole });
  assert.match(check.text, /^HTTP\/1.1 200/, what);
  assert.match(check.text, /"ok":true/, `${what}: ${check.text}`);
  await control.forgetJobs();
  await comesBack(control, before, `${what}, ${met.last?.call_site}`);
  if (process.env.SHOW)
    console.log(
      what,
      how,
      met.hits,
      met.calls,
      met.last?.call_site,
      met.last?.what,
      Date.now() - start,
    );
  assert.ok(met.hits <= 1, what);
  if (met.hits) assert.match(met.last.call_site, /^[a-z_0-9.]+\+0x/, `${what}: a name`);
  return met;
}

/** The whole of it on one machine; `mm` is the generation. */
export function testFaults(mm) {
  test(`mm=${mm}: every allocation of every kind of request fails once`, { skip }, async (t) => {
    const lan = await Lan.start();
    let guest, stream;
    try {
      guest = await Guest.ready({
        memory: 24,
        nic: lan.nic(),
        token: TOKEN,
        append: `mm=${mm}`,
      });
      const control = new Control(guest);
      const needs = { pattern: await bytesOf(guest, 20000), script: await scriptOf(guest) };
      stream = await logStream(guest);
      const all = Object.keys(kinds);
      const half = all.filter((_, i) => i % 2 === Number(mm === "2.4"));
      const { KINDS } = process.env;
      const wanted = KINDS === "all" ? all : (KINDS?.split(",") ?? half);
      for (const kind of wanted)
        for (const hook of ["failslab", "fail_page_alloc"])
          await t.test(`${kind}, ${hook}`, async (t) => {
            await undisturbed(guest, kind, needs);
            await control.forgetJobs();
            const before = await idle(control);
            const sites = new Set();
            let nth = 1;
            for (; nth < MAX_RUNS; nth++) {
              const met = await fail(control, guest, kind, hook, nth, before, needs);
              if (!met.hits) break;
              sites.add(`${met.last.call_site.split("+")[0]}:${met.last.what}`);
            }
            assert.ok(nth < MAX_RUNS, "a run without a failure");
            assert.ok(nth > 1, "it allocates something");
            assert.equal(stream.ended, false, "the stream beside it");
            assert.equal(control.sockets.size, 1, "the connection that arms it is the first still");
            t.diagnostic(`${kind}, ${hook}: ${nth - 1} allocations: ${[...sites].join(" ")}`);
          });
      assert.match(stream.text, /failslab: \S+ refused to/, "the log told of it, live");
    } finally {
      stream?.socket.destroy();
      await guest?.stop();
      await lan.stop();
    }
  });
}
