// /events?views=: other answers in the stream, in parts of which only those that differ are told again.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";

import { openEvents, viewReader } from "../lib/events.mjs";
import { Guest } from "../lib/guest.mjs";

let guest;
before(async () => {
  guest = await Guest.ready({ memory: 256 });
});
after(() => guest?.stop());

const PATHS = [
  "/api/v1/net",
  "/api/v1/vm",
  "/api/v1/buddy",
  "/api/v1/slab?cache=size-32%28DMA%29&slabs=4",
  "/api/v1/slab?cache=nowhere",
  "/api/v1/frames?by=use&start=0&frames=65536&cells=16384",
  "/proc/iomem",
  "/proc/slabinfo",
  "/sys/kernel/debug/kernel_page_tables",
  "/api/v1/check",
];

const inQuery = (path) => path.replace(/[%&+# ]/g, encodeURIComponent);
const url = (hz, paths) => `/events?hz=${hz}&views=${paths.map(inQuery).join("%20")}`;

/** The next whole answer of a stream. */
async function nextView(stream, take) {
  for (;;) {
    const event = await stream.next();
    assert.ok(event, "the stream goes on");
    const whole = event.event === "view" && take(event.data);
    if (whole) return whole;
  }
}

test("each answer comes whole, is what GET gives, and then only what differs", async () => {
  const stream = await openEvents(guest.origin, url(4, PATHS));
  const take = viewReader();
  const seen = PATHS.map(() => []);
  while (seen.some((answers) => answers.length < 4)) {
    const whole = await nextView(stream, take);
    seen[whole.view].push(whole);
  }
  stream.close();
  for (const [i, path] of PATHS.entries()) {
    const [{ status, text, told }, ...later] = seen[i];
    const get = await guest.request(path);
    assert.equal(status, get.status, path);
    if (path.includes("nowhere")) {
      assert.match(text, /^nowhere is not a cache/);
      continue;
    }
    // The same shape, whatever has moved: digits apart, and those texts that stand still to the letter.
    if (path === "/proc/iomem") assert.equal(text, get.text);
    if (get.headers["content-type"].includes("json")) {
      const answer = JSON.parse(text);
      assert.deepEqual(Object.keys(answer), Object.keys(JSON.parse(get.text)), path);
      assert.equal(answer.snapshot.bytes, Buffer.byteLength(text), path);
    } else
      assert.deepEqual(
        text.split("\n").map((line) => line.split(" ")[0]),
        get.text.split("\n").map((line) => line.split(" ")[0]),
        path,
      );
    const least = Math.min(...later.map((whole) => whole.told));
    assert.ok(least <= Math.max(6, told / 4), `${path}: ${told} parts, then at least ${least}`);
  }
});

test("several viewers at once, each at its own rate", async () => {
  const rates = [1, 2, 5, 10];
  const viewers = await Promise.all(
    rates.map(async (hz) => {
      const stream = await openEvents(guest.origin, url(hz, ["/api/v1/net"]));
      const take = viewReader();
      const first = JSON.parse((await nextView(stream, take)).text);
      return { hz, stream, take, first };
    }),
  );
  const until_ms = 6000;
  await Promise.all(
    viewers.map(async (viewer) => {
      const { stream, take, first, hz } = viewer;
      let last = first;
      let count = 0;
      while (last.snapshot.uptime_ms - first.snapshot.uptime_ms < until_ms) {
        last = JSON.parse((await nextView(stream, take)).text);
        count++;
      }
      const each = (last.snapshot.uptime_ms - first.snapshot.uptime_ms) / count;
      assert.ok(each >= 1000 / hz - 5, `every ${each} ms at ${hz} Hz`);
      // A machine that the host lets wait is late, never early.
      assert.ok(each <= 1500 / hz + 50, `every ${each} ms at ${hz} Hz`);
      const { connections, viewer_connection } = last;
      const own = connections.find(({ number }) => number === viewer_connection);
      assert.equal(own.events_hz, hz, "the answer says whose it is");
    }),
  );
  for (const { stream } of viewers) stream.close();
});

test("answers that are dear to make take at most a hundredth of the time together", async () => {
  const stream = await openEvents(guest.origin, url(10, ["/api/v1/check", "/api/v1/net"]));
  const take = viewReader();
  const seen = { "/api/v1/check": [], "/api/v1/net": [] };
  while (seen["/api/v1/net"].length < 40) {
    const { view, text } = await nextView(stream, take);
    seen[["/api/v1/check", "/api/v1/net"][view]].push(JSON.parse(text));
  }
  stream.close();
  const { khz } = (await guest.json("/api/v1/machine")).cpu;
  const checks = seen["/api/v1/check"];
  for (let i = 1; i < checks.length; i++) {
    const gap_ms = checks[i].snapshot.uptime_ms - checks[i - 1].snapshot.uptime_ms;
    const cost_ms = checks[i - 1].snapshot.cycles / khz;
    assert.ok(gap_ms >= 2 * 99 * cost_ms, `${cost_ms} ms each ${gap_ms} ms`);
  }
});

test("what a stream holds for its answers is told, and comes back", async () => {
  const pages = async () =>
    (await guest.json("/api/v1/memory")).frames.find(({ use }) => use === "http_snapshots").pages;
  const before = await pages();
  const stream = await openEvents(guest.origin, url(2, PATHS.slice(0, 3)));
  await nextView(stream, viewReader());
  const { connections } = await guest.json("/api/v1/net");
  const { events_bytes } = connections.find(({ events_hz }) => events_hz === 2);
  assert.equal((await pages()) - before, events_bytes / 4096);
  stream.close();
  for (let i = 0; (await pages()) !== before; i++) {
    assert.ok(i < 50, "the pages come back");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

test("a wrong list of answers is refused with what was expected", async () => {
  for (const [views, message] of [
    ["/api/v1/boot", /views=\/api\/v1\/boot is not a text or JSON that is served here/],
    [`/${"x".repeat(300)}`, /or one above 255 bytes/],
    ["x".repeat(700), /views= is longer than 639 bytes/],
  ]) {
    const answer = await guest.request(`/events?views=${views}`);
    assert.equal(answer.status, 400, views);
    assert.match(answer.text, message);
  }
});
