// /events: what has changed, as server-sent events.

import assert from "node:assert/strict";
import net from "node:net";
import test, { after, before } from "node:test";

import { numbers, openEvents, parseEvents } from "../lib/events.mjs";
import { Guest } from "../lib/guest.mjs";

let guest;
before(async () => {
  guest = await Guest.ready({ memory: 64 });
});
after(() => guest?.stop());

const open = (path, options) => openEvents(guest.origin, path, options);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The numbers after the next event that is complete. */
async function follow(stream, state) {
  for (;;) {
    const event = await stream.next();
    assert.ok(event, "the stream goes on");
    if (event.event !== "memory") continue;
    const { set, more } = event.data;
    assert.equal(set.length % 2, 0);
    for (let i = 0; i < set.length; i += 2) state[set[i]] = set[i + 1];
    if (!more) return event.data;
  }
}

/** The pages once the streams of the tests before are gone. */
async function restingPages() {
  let last = -1;
  for (let same = 0; same < 3; ) {
    const pages = await httpPages();
    same = pages === last ? same + 1 : 0;
    last = pages;
    await sleep(100);
  }
  return last;
}

const httpPages = async () =>
  (await guest.json("/api/v1/memory")).frames.find(({ use }) => use === "http_snapshots").pages;

test("the numbers of the events become those of /api/v1/memory, and stay so", async () => {
  const stream = await open("/events?hz=10");
  assert.equal(stream.status, 200);
  assert.equal(stream.headers["content-type"], "text/event-stream");
  const state = [];
  const first = await follow(stream, state);
  assert.ok(!state.includes(undefined), "a number that is 0 is told, too");
  // While the stream is the only reader nothing but its own buffers moves: two looks agree in nearly
  // every number, and in all that do not count traffic.
  for (let round = 0; round < 3; round++) {
    const memory = await guest.json("/api/v1/memory");
    const { structure } = memory;
    delete memory.snapshot;
    assert.equal(structure, first.structure);
    const wanted = numbers(memory);
    await sleep(250);
    await follow(stream, state);
    await follow(stream, state);
    const differ = wanted.filter((n, i) => n !== (state[i] ?? 0));
    assert.ok(differ.length < 40, `${differ.length} of ${wanted.length} numbers differ`);
    assert.ok(state.length <= wanted.length, `no number ${state.length - 1} in the text`);
    // What does not move at all is told at its very place: the size of the last cache's objects.
    const size = memory.caches.at(-1).object_bytes;
    const behind = numbers(memory.caches.at(-1)).length;
    assert.equal(state[wanted.length - behind], size);
    assert.ok(wanted.length > 300);
    assert.equal(state[0] ?? 0, wanted[0]);
  }
  stream.close();
});

test("events come at the rate that was asked for, and only with what has changed", async () => {
  for (const hz of [2, 10]) {
    const stream = await open(`/events?hz=${hz}`);
    const state = [];
    await follow(stream, state);
    const start = await follow(stream, state);
    let last;
    let longest = 0;
    for (let i = 0; i < 4; i++) {
      last = await follow(stream, state);
      longest = Math.max(longest, last.set.length);
    }
    const each = (last.uptime_ms - start.uptime_ms) / 4;
    assert.ok(each >= 1000 / hz - 5, `every ${each} ms at ${hz} Hz`);
    assert.ok(longest < 100, `${longest} numbers in an event of an idle machine`);
    stream.close();
  }
});

test("the log comes line by line, and goes on after the last one that was seen", async () => {
  const stream = await open("/events?of=log");
  const lines = [];
  for (let i = 0; i < 12; i++) lines.push(await stream.next());
  stream.close();
  assert.deepEqual(
    lines.map(({ id }) => Number(id)),
    lines.map((_, i) => i),
  );
  assert.match(lines[0].data.text, /^memscope /);
  const again = await open("/events?of=log", { headers: { "Last-Event-ID": "7" } });
  const next = await again.next();
  again.close();
  assert.deepEqual(next, lines[8]);
  const kmsg = await guest.text("/proc/kmsg");
  for (const { data } of lines) assert.ok(kmsg.includes(data.text), data.text);
});

test("no key comes twice in an object: every number has its place in the parsed answer too", async () => {
  const text = await guest.text("/api/v1/memory");
  const behind = text.slice(0, text.indexOf('"structure"'));
  const written = behind.match(/(?<=[:,[])-?\d+/g).length;
  const memory = JSON.parse(text);
  delete memory.structure;
  delete memory.snapshot;
  assert.equal(numbers(memory).length, written);
});

test("there are as many streams as the machine allows, and their memory comes back", async () => {
  const before = await restingPages();
  const streams = [];
  for (let i = 0; i < 8; i++) {
    const stream = await open("/events?hz=1");
    assert.equal(stream.status, 200, `stream ${i}`);
    await stream.next();
    streams.push(stream);
  }
  const held = (await httpPages()) - before;
  assert.ok(held >= 8 && held <= 64, `${held} pages for 8 streams`);
  const refused = await guest.request("/events");
  assert.equal(refused.status, 503);
  assert.equal(refused.headers["retry-after"], "1");
  assert.match(refused.text, /8 of 8 event streams are taken/);
  for (const stream of streams) stream.close();
  for (let i = 0; (await httpPages()) !== before; i++) {
    assert.ok(i < 50, "the pages of the streams come back");
    await sleep(100);
  }
});

test("a viewer that sleeps holds up nobody and gets one event when it wakes", async () => {
  const stream = await open("/events?hz=10");
  const state = [];
  await follow(stream, state);
  stream.pause();
  await sleep(3000);
  const other = await guest.json("/api/v1/check");
  assert.equal(other.ok, true);
  stream.resume();
  await follow(stream, state);
  stream.close();
});

test("HTTP/1.0 gets the stream until the connection ends, HEAD the head", async () => {
  const old = await new Promise((resolve, reject) => {
    const socket = net.connect(guest.port, guest.host, () =>
      socket.write("GET /events?hz=10 HTTP/1.0\r\n\r\n"),
    );
    let text = "";
    socket.on("error", reject);
    socket.on("data", (chunk) => {
      text += chunk;
      if (text.split("event: memory").length < 4) return;
      socket.destroy();
      resolve(text);
    });
  });
  assert.match(old, /^HTTP\/1\.1 200 OK\r\n/);
  assert.doesNotMatch(old, /Transfer-Encoding|Content-Length/);
  const { events } = parseEvents(old.slice(old.indexOf("\r\n\r\n") + 4));
  for (const { data } of events) assert.ok(JSON.parse(data).set);
  const head = await guest.request("/events", { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.equal(head.headers["content-type"], "text/event-stream");
  assert.equal(head.headers["content-length"], undefined);
});

test("a wrong question is answered with what was expected", async () => {
  for (const [path, message] of [
    ["/events?hz=0", /hz=0 is not a number from 1 to 10/],
    ["/events?of=weather", /of=weather is not a list of memory, log and buddy/],
    ["/events?rate=3", /rate= is not known here/],
  ]) {
    const answer = await guest.request(path);
    assert.equal(answer.status, 400, path);
    assert.match(answer.text, message);
  }
});
