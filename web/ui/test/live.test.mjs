// Feeds and the live data, against a clock and a server that the tests move by hand.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createFeed, RETRY_FIRST_MS, RETRY_MAX_MS, TIMEOUT_MS } from "../src/feed.js";
import { connection, createLive } from "../src/live.js";
import { href, readRoute } from "../src/routes.js";
import * as machine from "./machine.mjs";

// An environment whose time passes only when advance() is called. `server` answers by address.
function world(server) {
  let now = 0;
  let next = 1;
  const timers = new Map();
  const asked = [];
  const settle = async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  return {
    asked,
    server,
    env: {
      now: () => now,
      setTimeout(fn, ms) {
        timers.set(next, { fn, at: now + ms });
        return next++;
      },
      clearTimeout: (id) => timers.delete(id),
      fetch(url, { signal, headers = {} }) {
        asked.push({ url, at: now, headers });
        return new Promise((resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("aborted")));
          const answer = server[url](signal);
          if (answer === "silence") return;
          if (answer === "refused") reject(new TypeError("failed to fetch"));
          else resolve(respond(answer));
        });
      },
    },
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (;;) {
        const due = [...timers].filter(([, t]) => t.at <= until).sort((a, b) => a[1].at - b[1].at);
        if (due.length === 0) break;
        const [id, timer] = due[0];
        timers.delete(id);
        now = timer.at;
        timer.fn();
        await settle();
      }
      now = until;
    },
  };
}

function respond(answer) {
  const {
    status = 200,
    headers = {},
    body = "",
  } = typeof answer === "string" ? { body: answer } : answer;
  return {
    ok: status === 200,
    status,
    headers: { get: (name) => headers[name] ?? null },
    text: async () => body,
    body,
  };
}

function feedOf(w, every_ms = 500) {
  const states = [];
  const feed = createFeed({
    url: "/x",
    read: (text) => JSON.parse(text),
    every_ms,
    env: w.env,
    onChange: (state) => states.push(state),
  });
  return { feed, states };
}

test("a feed asks again after each answer, and not once it is stopped", async () => {
  const w = world({ "/x": () => "1" });
  const { feed } = feedOf(w);
  feed.start();
  await w.advance(1600);
  assert.deepEqual(
    w.asked.map(({ at }) => at),
    [0, 500, 1000, 1500],
  );
  feed.stop();
  await w.advance(5000);
  assert.equal(w.asked.length, 4);
  feed.start();
  await w.advance(0);
  assert.equal(w.asked.length, 5, "an old answer is asked for at once");
});

test("silence is a lost connection after the time-out; the last answer stays", async () => {
  const w = world({ "/x": () => "1" });
  const { feed } = feedOf(w);
  feed.start();
  await w.advance(400);
  w.server["/x"] = () => "silence";
  await w.advance(100 + TIMEOUT_MS);
  assert.equal(feed.get().data, 1);
  assert.equal(feed.get().error.kind, "lost");
  assert.match(feed.get().error.message, /no answer in 4 s/);
  w.server["/x"] = () => "2";
  await w.advance(RETRY_FIRST_MS);
  assert.equal(feed.get().data, 2);
  assert.equal(feed.get().error, null);
  assert.equal(feed.get().failures, 0);
});

test("failures are retried ever more slowly, up to a limit", async () => {
  const w = world({ "/x": () => "refused" });
  const { feed } = feedOf(w);
  feed.start();
  await w.advance(20_000);
  const gaps = w.asked.slice(1).map(({ at }, i) => at - w.asked[i].at);
  assert.deepEqual(gaps.slice(0, 5), [500, 1000, 2000, 4000, RETRY_MAX_MS]);
});

test("a busy kernel is left alone for as long as it asks", async () => {
  const w = world({
    "/x": () => ({
      status: 503,
      headers: { "Retry-After": "3" },
      body: '{"error":{"code":"busy","message":"all 4 snapshot slots are in use"}}',
    }),
  });
  const { feed } = feedOf(w);
  feed.start();
  await w.advance(2900);
  assert.equal(w.asked.length, 1);
  assert.equal(feed.get().error.kind, "busy");
  assert.match(feed.get().error.message, /503: all 4 snapshot slots/);
  await w.advance(200);
  assert.equal(w.asked.length, 2);
});

test("an answer that cannot be read is wrong, not lost", async () => {
  const w = world({ "/x": () => "{" });
  const { feed } = feedOf(w);
  feed.start();
  await w.advance(0);
  assert.equal(feed.get().error.kind, "wrong");
  w.server["/x"] = () => ({ status: 404, body: "" });
  await w.advance(RETRY_FIRST_MS);
  assert.match(feed.get().error.message, /answered 404$/);
});

test("what is asked for once is retried until it is there, then left alone", async () => {
  const w = world({ "/x": () => "refused" });
  const { feed } = feedOf(w, 0);
  feed.start();
  await w.advance(600);
  w.server["/x"] = () => "7";
  await w.advance(60_000);
  assert.equal(feed.get().data, 7);
  const asked = w.asked.length;
  feed.stop();
  feed.start();
  await w.advance(60_000);
  assert.equal(w.asked.length, asked);
});

test("a stopped feed can be refreshed once; a late answer of an earlier question is ignored", async () => {
  const w = world({ "/x": () => "silence" });
  const { feed } = feedOf(w);
  feed.start();
  await w.advance(100);
  feed.stop();
  w.server["/x"] = () => "3";
  await feed.refresh();
  assert.equal(feed.get().data, 3);
  assert.equal(feed.get().loading, false);
  await w.advance(10_000);
  assert.equal(w.asked.length, 2);
});

// A stream that the test writes to: a response whose body is read piece by piece.
function stream() {
  const encoder = new TextEncoder();
  const queue = [];
  let wake = null;
  let failure = null;
  const push = (item) => {
    queue.push(item);
    wake?.();
  };
  const s = {
    open: true,
    send: (text) => push({ value: encoder.encode(text), done: false }),
    event: (event, data, id) =>
      s.send(
        `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
      ),
    end: () => push({ done: true }),
    answer(signal) {
      signal.addEventListener("abort", () => {
        s.open = false;
        failure = new Error("aborted");
        wake?.();
      });
      const read = async () => {
        while (queue.length === 0 && !failure) await new Promise((resolve) => (wake = resolve));
        if (failure) throw failure;
        return queue.shift();
      };
      return { body: { getReader: () => ({ read }) } };
    },
  };
  return s;
}

function machineServer() {
  let uptime_ms = 1000;
  const server = {
    setUptime: (ms) => (uptime_ms = ms),
    streams: [],
    refuse: null, // instead of a stream
    now: () => machine.memory({ uptime_ms: (uptime_ms += 10) }),
    change: (answer) => answer,
    "/api/v1/memory"() {
      const answer = server.change(server.now());
      return JSON.stringify({ ...answer, structure: machine.structure(answer) });
    },
    // What the open streams tell of the next instant.
    tell() {
      for (const s of server.streams.filter(({ open }) => open)) {
        const answer = server.change(server.now());
        s.event("memory", machine.delta(answer, s.before));
        s.before = machine.numbers(answer);
      }
    },
    open: () => server.streams.filter(({ open }) => open).length,
    "/proc/kmsg": () => machine.kmsg(),
    "/api/v1/boot": () => JSON.stringify(machine.boot()),
    "/stages.json": () => JSON.stringify(machine.stageWords()),
    "/api/v1/check": () => JSON.stringify(machine.check()),
    "/sys/kernel/debug/kernel_page_tables": () => machine.pageTables(),
  };
  const open = (url) => (signal) => {
    const refuse = typeof server.refuse === "function" ? server.refuse(url) : server.refuse;
    if (refuse) return refuse;
    const s = stream();
    server.streams.push(s);
    return s.answer(signal);
  };
  return new Proxy(server, {
    get: (target, name) => (String(name).startsWith("/events?hz=") ? open(name) : target[name]),
  });
}

// Time passes and the machine tells of itself twice a second.
async function run(w, ms) {
  for (let t = 0; t < ms; t += 500) {
    w.server.tell();
    await w.advance(Math.min(500, ms - t));
  }
}

const askedFor = (w, url) => w.asked.filter((item) => item.url === url).length;

test("only what is on screen is asked for; hidden and paused pages ask for nothing", async () => {
  const w = world(machineServer());
  const live = createLive(w.env);
  live.need(["boot"]);
  await run(w, 2000);
  assert.equal(connection(live.store.get()), "live");
  assert.equal(askedFor(w, "/api/v1/boot"), 1);
  assert.equal(askedFor(w, "/api/v1/memory"), 1, "the rest came by events");
  assert.equal(askedFor(w, "/sys/kernel/debug/kernel_page_tables"), 0);
  assert.equal(w.server.open(), 1);

  live.setHidden(true);
  assert.equal(w.server.open(), 0, "the stream is closed");
  const before = w.asked.length;
  await w.advance(60_000);
  assert.equal(w.asked.length, before);
  assert.equal(connection(live.store.get()), "hidden");

  live.setHidden(false);
  live.setPaused(true);
  await w.advance(60_000);
  assert.equal(w.asked.length, before);
  assert.equal(connection(live.store.get()), "paused");

  live.setPaused(false);
  await w.advance(0);
  assert.equal(w.asked.length, before + 1, "a stream, which tells everything");
  w.server.tell();
  await w.advance(0);
  assert.equal(connection(live.store.get()), "live");
  assert.equal(w.server.open(), 1);
  live.stop();
  assert.equal(w.server.open(), 0);
});

test("the connection is lost and found", async () => {
  const server = machineServer();
  const w = world(server);
  const live = createLive(w.env);
  assert.equal(connection(live.store.get()), "connecting");
  live.need([]);
  await run(w, 1000);
  const answer = server["/api/v1/memory"];
  server["/api/v1/memory"] = () => "refused";
  server.streams[0].end();
  await w.advance(10);
  assert.equal(connection(live.store.get()), "lost");
  assert.ok(live.store.get().memory.data, "the last figures are kept");
  server["/api/v1/memory"] = answer;
  await w.advance(RETRY_MAX_MS);
  assert.equal(connection(live.store.get()), "live");
  live.stop();
});

test("a stream that falls silent is a lost connection", async () => {
  const server = machineServer();
  const w = world(server);
  const live = createLive(w.env);
  live.need([]);
  await run(w, 3000);
  assert.equal(connection(live.store.get()), "live");
  await w.advance(TIMEOUT_MS - 400);
  assert.equal(connection(live.store.get()), "lost");
  assert.match(live.store.get().memory.error.message, /no answer in 4 s/);
  assert.equal(server.open(), 0, "it is given up");
  await w.advance(RETRY_FIRST_MS);
  server.tell();
  await w.advance(0);
  assert.equal(connection(live.store.get()), "live");
  live.stop();
});

test("events in several parts are shown when the last of them is there", async () => {
  const server = machineServer();
  const w = world(server);
  const live = createLive(w.env);
  live.need([]);
  await w.advance(0);
  const [s] = server.streams;
  const answer = machine.memory({ seed: 7, uptime_ms: 77_000 });
  const { set, ...rest } = machine.delta(answer);
  const before = live.store.get().memory.data;
  // Cut anywhere: in the middle of an event, of a line, of a pair.
  const text = [set.slice(0, 40), set.slice(40)]
    .map(
      (part, i) =>
        `event: memory\ndata: ${JSON.stringify({ ...rest, set: part, more: i === 0 })}\n\n`,
    )
    .join("");
  const first = text.indexOf("\n\n") + 2;
  s.send(text.slice(0, 25));
  await w.advance(0);
  s.send(text.slice(25, first + 3));
  await w.advance(0);
  assert.equal(live.store.get().memory.data, before, "half of an instant is not shown");
  s.send(text.slice(first + 3));
  await w.advance(0);
  const { data } = live.store.get().memory;
  assert.equal(data.snapshot.uptime_ms, 77_000);
  assert.deepEqual(
    data.frames,
    answer.frames.map(({ use, pages }) => ({ use, pages })),
  );
  assert.deepEqual(
    data.caches.map(({ active }) => active),
    answer.caches.map(({ active }) => active),
  );
  live.stop();
});

test("numbers that have become 0 before the stream began are 0", async () => {
  const server = machineServer();
  const w = world(server);
  const live = createLive(w.env);
  live.need([]);
  await w.advance(0);
  const answer = machine.memory({ uptime_ms: 5000 });
  assert.ok(answer.frames[0].pages > 0);
  answer.frames[0].pages = 0;
  server.streams[0].event("memory", machine.delta(answer));
  await w.advance(0);
  assert.equal(live.store.get().memory.data.frames[0].pages, 0);
  live.stop();
});

test("another structure is read anew, at once and without a complaint", async () => {
  const server = machineServer();
  const w = world(server);
  const live = createLive(w.env);
  const states = [];
  live.store.subscribe((state) => states.push(connection(state)));
  live.need([]);
  await run(w, 1000);
  server.change = (answer) => ({ ...answer, caches: answer.caches.slice(1) });
  server.tell(); // its checksum is another one
  await w.advance(100);
  assert.equal(server.streams.length, 2);
  server.streams[1].event("changed", {});
  server.streams[1].end();
  server.change = (answer) => ({ ...answer, caches: answer.caches.slice(2) });
  await w.advance(100);
  await run(w, 500);
  assert.equal(server.streams.length, 3);
  assert.equal(live.store.get().memory.data.caches.length, machine.memory().caches.length - 2);
  assert.ok(!states.includes("lost") && !states.includes("wrong"), states.join());
  live.stop();
});

test("without a stream to spare it asks once a second, says so, and tries again", async () => {
  const server = machineServer();
  server.refuse = { status: 503, headers: { "Retry-After": "1" }, body: "8 of 8 are taken" };
  const w = world(server);
  const live = createLive(w.env);
  live.need([]);
  await w.advance(9500);
  assert.equal(connection(live.store.get()), "asking");
  const asked = askedFor(w, "/api/v1/memory");
  assert.ok(asked >= 9 && asked <= 11, `asked ${asked} times`);
  assert.equal(askedFor(w, "/events?hz=2"), 1);
  server.refuse = null;
  await w.advance(2000);
  server.tell();
  await w.advance(0);
  assert.equal(connection(live.store.get()), "live");
  assert.equal(server.open(), 1);
  live.stop();
});

test("the viewer chooses the rate; one stream is open at a time", async () => {
  const server = machineServer();
  const w = world(server);
  const live = createLive(w.env);
  live.need([]);
  await run(w, 500);
  live.setRate(10);
  await run(w, 500);
  assert.equal(askedFor(w, "/events?hz=10"), 1);
  assert.equal(server.open(), 1);
  live.stop();
});

// The addresses that the last stream was asked to carry.
const carriedBy = (w) =>
  new URL(
    w.asked.filter(({ url }) => url.startsWith("/events")).at(-1).url,
    "http://x",
  ).searchParams
    .get("views")
    ?.split(" ") ?? [];

test("an open view is asked for once; then it comes on the stream, at its rate", async () => {
  const server = machineServer();
  server["/api/v1/net"] = () => JSON.stringify({ n: 0, snapshot: { cycles: 5 } });
  const w = world(server);
  const live = createLive(w.env);
  live.need([]);
  await run(w, 500);
  const states = [];
  const attached = live.attach({
    url: "/api/v1/net",
    read: JSON.parse,
    every_ms: 1000,
    onChange: (state) => states.push(state),
  });
  await run(w, 500);
  assert.deepEqual(carriedBy(w), ["/api/v1/net"]);
  assert.equal(server.open(), 1, "the stream that carried nothing is closed");
  for (let n = 1; n <= 20; n++) {
    const text = `{"n":${n},"snapshot":{"cycles":${1000 + n},"uptime_ms":7,"bytes":52}}\n`;
    server.streams.at(-1).send(machine.viewEvent(0, text));
    await run(w, 500);
    assert.equal(states.at(-1).data.n, n);
    const { text: kept, cost } = live.documents().find(({ path }) => path === "/api/v1/net");
    assert.equal(kept, text);
    assert.deepEqual(cost, { cycles: 1000 + n, bytes: 52, uptime_ms: 7 });
  }
  assert.equal(askedFor(w, "/api/v1/net"), 1, "never again");
  assert.equal(askedFor(w, "/api/v1/memory"), 1, "nor the numbers that streams replace");

  server.streams.at(-1).send(machine.viewEvent(0, "no such cache", 404));
  await w.advance(0);
  assert.equal(states.at(-1).error.message, "the kernel answered 404: no such cache");
  assert.equal(states.at(-1).data.n, 20, "the last answer stays");
  assert.equal(connection(live.store.get()), "live", "the machine is there");

  attached.detach();
  await run(w, 500);
  assert.deepEqual(carriedBy(w), []);
  assert.deepEqual(
    live.documents().map(({ path }) => path),
    ["/api/v1/memory"],
  );
  assert.equal(server.open(), 1);
  live.stop();
});

test("a view's new address is asked for at once, and streams wait for it to settle", async () => {
  const server = machineServer();
  for (let i = 0; i < 10; i++) server[`/api/v1/frames?start=${i}`] = () => `{"n":${i}}`;
  const w = world(server);
  const live = createLive(w.env);
  live.need([]);
  await run(w, 500);
  let at = 0;
  let state = null;
  const attached = live.attach({
    url: () => `/api/v1/frames?start=${at}`,
    read: JSON.parse,
    every_ms: 1000,
    onChange: (next) => (state = next),
  });
  const streams = server.streams.length;
  for (at = 1; at < 10; at++) {
    attached.refresh();
    await w.advance(20);
    assert.equal(state.data.n, at);
  }
  at = 9;
  assert.equal(server.streams.length, streams, "not one for each");
  await run(w, 500);
  assert.equal(server.streams.length, streams + 1);
  assert.deepEqual(carriedBy(w), ["/api/v1/frames?start=9"]);
  server.streams.at(-1).send(machine.viewEvent(0, '{"n":90}'));
  await w.advance(0);
  assert.equal(state.data.n, 90);
  at = 3;
  server.streams.at(-1).send(machine.viewEvent(0, '{"n":91}'));
  await w.advance(0);
  assert.equal(state.data.n, 90, "what comes for the address before is not shown");
  live.stop();
});

test("views that a kernel will not carry are asked for by themselves; so are all without a stream", async () => {
  const server = machineServer();
  server["/api/v1/odd"] = () => "{}";
  server.refuse = (url) => url.includes("odd") && { status: 400, body: "not served here" };
  const w = world(server);
  const live = createLive(w.env);
  live.need([]);
  await run(w, 500);
  live.attach({ url: "/api/v1/odd", read: JSON.parse, every_ms: 1000, onChange() {} });
  await run(w, 5000);
  assert.equal(connection(live.store.get()), "live");
  assert.equal(server.open(), 1);
  const asked = askedFor(w, "/api/v1/odd");
  assert.ok(asked >= 5 && asked <= 6, `asked ${asked} times`);
  live.stop();
});

test("the log comes on the same stream and goes on behind its last line", async () => {
  const server = machineServer();
  const w = world(server);
  const live = createLive(w.env);
  live.need(["log"]);
  await w.advance(0);
  const say = (s, seq) =>
    s.event("log", { time_us: seq * 1000, level: 6, text: `line ${seq}` }, seq);
  say(server.streams[0], 0);
  say(server.streams[0], 1);
  await run(w, 500);
  server.streams[0].end();
  await w.advance(RETRY_FIRST_MS);
  const last = w.asked.at(-1);
  assert.equal(last.url, "/events?hz=2&of=memory,log");
  assert.equal(last.headers["Last-Event-ID"], "1");
  say(server.streams[1], 2);
  await run(w, 500);
  const texts = () => live.store.get().log.lines.map(({ text }) => text);
  assert.deepEqual(texts(), ["line 0", "line 1", "line 2"]);

  live.need([]);
  await w.advance(0);
  assert.equal(w.asked.at(-1).url, "/events?hz=2", "nobody looks at the log");
  server.refuse = { status: 503, body: "" };
  live.need(["log"]);
  await w.advance(3000);
  assert.deepEqual(
    texts(),
    machine.LOG.map(({ text }) => text),
    "without a stream it is the text",
  );
  server.refuse = null;
  await w.advance(10_000);
  say(server.streams.at(-1), 0);
  await w.advance(0);
  assert.deepEqual(texts(), ["line 0"], "and anew with the next stream");
  live.stop();
});

test("another boot is noticed, and what was read once is read anew", async () => {
  const server = machineServer();
  const w = world(server);
  const live = createLive(w.env);
  live.need(["boot", "pagetables"]);
  server.setUptime(500_000);
  await run(w, 1500);
  await live.refresh("check");
  assert.ok(live.store.get().check.data);
  assert.equal(askedFor(w, "/api/v1/boot"), 1);
  server.setUptime(300);
  await run(w, 1000);
  assert.equal(askedFor(w, "/api/v1/boot"), 2);
  assert.equal(askedFor(w, "/sys/kernel/debug/kernel_page_tables"), 2);
  assert.equal(live.store.get().check.data, null, "a check of the last boot is not shown");
  live.stop();
});

test("routes: known addresses, everything else shows all", () => {
  const views = [{ id: "buddy" }, { id: "page-tables" }];
  assert.deepEqual(readRoute("#/buddy", views), { id: "buddy", rest: "" });
  assert.deepEqual(readRoute("#/page-tables/0xc0100000", views), {
    id: "page-tables",
    rest: "0xc0100000",
  });
  assert.equal(href("page-tables", "a/b"), "#/page-tables/a%2Fb");
  assert.equal(readRoute("#/page-tables/a%2Fb", views).rest, "a/b");
  assert.equal(readRoute("#/page-tables/%", views).rest, "");
  for (const hash of ["", "#/", "#/nonsense", "#/nonsense/1"])
    assert.deepEqual(readRoute(hash, views), { id: "", rest: "" }, hash);
});
