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
      fetch(url, { signal }) {
        asked.push({ url, at: now });
        return new Promise((resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("aborted")));
          const answer = server[url]();
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

function machineServer() {
  let uptime_ms = 1000;
  return {
    setUptime: (ms) => (uptime_ms = ms),
    "/api/v1/memory": () => JSON.stringify(machine.memory({ uptime_ms: (uptime_ms += 10) })),
    "/api/v1/boot": () => JSON.stringify(machine.boot()),
    "/api/v1/check": () => JSON.stringify(machine.check()),
    "/sys/kernel/debug/kernel_page_tables": () => machine.pageTables(),
  };
}

const askedFor = (w, url) => w.asked.filter((item) => item.url === url).length;

test("only what is on screen is asked for; hidden and paused pages ask for nothing", async () => {
  const w = world(machineServer());
  const live = createLive(w.env);
  live.need(["boot"]);
  await w.advance(2000);
  assert.equal(connection(live.store.get()), "live");
  assert.equal(askedFor(w, "/api/v1/boot"), 1);
  assert.equal(askedFor(w, "/sys/kernel/debug/kernel_page_tables"), 0);

  live.setHidden(true);
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
  assert.equal(w.asked.length, before + 1);
  live.stop();
});

test("the connection is lost and found", async () => {
  const server = machineServer();
  const w = world(server);
  const live = createLive(w.env);
  assert.equal(connection(live.store.get()), "connecting");
  live.need([]);
  await w.advance(100);
  const answer = server["/api/v1/memory"];
  server["/api/v1/memory"] = () => "refused";
  await w.advance(600);
  assert.equal(connection(live.store.get()), "lost");
  assert.ok(live.store.get().memory.data, "the last figures are kept");
  server["/api/v1/memory"] = answer;
  await w.advance(RETRY_MAX_MS);
  assert.equal(connection(live.store.get()), "live");
  live.stop();
});

test("another boot is noticed, and what was read once is read anew", async () => {
  const server = machineServer();
  const w = world(server);
  const live = createLive(w.env);
  live.need(["boot", "pagetables"]);
  server.setUptime(500_000);
  await w.advance(1100);
  await live.refresh("check");
  assert.ok(live.store.get().check.data);
  assert.equal(askedFor(w, "/api/v1/boot"), 1);
  server.setUptime(300);
  await w.advance(1000);
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
