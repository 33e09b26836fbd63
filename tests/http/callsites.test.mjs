// Who allocated what, and what the buddy allocator does: /api/v1/callsites, /proc/allocinfo, the mark,
// buddy events and the single-step mode.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";

import { openEvents } from "../lib/events.mjs";
import { Guest } from "../lib/guest.mjs";

const token = { authorization: "Bearer secret" };
let guest;
before(async () => {
  guest = await Guest.ready({ memory: 64, append: "token=secret page_owner=on slub_debug=U" });
});
after(() => guest?.stop());

async function send(method, path, headers = token) {
  const response = await fetch(guest.origin + path, { method, headers });
  return { status: response.status, body: await response.json() };
}
const sum = (list, field) => list.reduce((all, item) => all + item[field], 0);

test("the sites of an owner hold what /api/v1/memory counts for it", async () => {
  const { sites, site_count, tracking } = await guest.json("/api/v1/callsites?sites=512");
  const memory = await guest.json("/api/v1/memory");
  assert.equal(sites.length, site_count);
  assert.ok(tracking.pages && tracking.objects);
  const use = (name) => memory.frames.find((frame) => frame.use === name)?.pages ?? 0;
  for (const owner of ["virtqueues", "http_snapshots", "kernel_data"]) {
    const held = sum(
      sites.filter(({ kind, what }) => kind === "pages" && what === owner),
      "bytes",
    );
    assert.ok(held > 0, owner);
    assert.equal(held, use(owner) * 4096, owner);
  }
  const records = tracking.record_bytes + tracking.table_bytes;
  assert.equal(use("page_owner_records"), Math.ceil(records / 4096));
  assert.ok(records >= 16000 * 8, `${records} bytes of records`);
  const rings = sites.find(({ what }) => what === "virtqueues");
  assert.match(rings.site, /^virtqueue_alloc\+0x/);
  const bytes = sites.map((site) => site.bytes);
  assert.deepEqual(
    bytes,
    [...bytes].sort((a, b) => b - a),
  );
});

test("objects are as many as slabinfo says are active", async () => {
  const { sites } = await guest.json("/api/v1/callsites?sites=512");
  const slabinfo = await guest.text("/proc/slabinfo");
  for (const cache of ["TCP_PCB_LISTEN", "UDP_PCB", "SYS_TIMEOUT"]) {
    const active = Number(new RegExp(`^${cache} +(\\d+)`, "m").exec(slabinfo)[1]);
    const tracked = sum(
      sites.filter(({ kind, what }) => kind === "objects" && what === cache),
      "live",
    );
    assert.equal(tracked, active, cache);
  }
});

test("vmalloc areas are those of vmallocinfo", async () => {
  const { sites } = await guest.json("/api/v1/callsites?sites=512");
  const lines = (await guest.text("/proc/vmallocinfo")).trim().split("\n");
  const areas = sum(
    sites.filter(({ kind }) => kind === "vmalloc"),
    "live",
  );
  assert.equal(areas, lines.length);
});

test("/proc/allocinfo has Linux's lines and the same sites", async () => {
  const [title, columns, ...lines] = (await guest.text("/proc/allocinfo")).trimEnd().split("\n");
  assert.equal(title, "allocinfo - version: 1.0");
  assert.equal(columns, "#     <size>  <calls> <tag info>");
  for (const line of lines)
    assert.match(line, /^ *\d+ +\d+ func:\S+ (pages|objects|vmalloc):\S+$/, line);
  assert.ok(lines.some((line) => /func:virtqueue_alloc\+\S+ pages:virtqueues$/.test(line)));
});

test("a mark needs the token; the difference names what an open connection holds", async () => {
  const none = await fetch(`${guest.origin}/api/v1/callsites?since=mark`);
  assert.equal(none.status, 404);
  assert.equal((await send("POST", "/api/v1/mark", {})).status, 401);
  const { status, body } = await send("POST", "/api/v1/mark");
  assert.equal(status, 200);
  assert.equal(body.mark, 1);
  const stream = await openEvents(guest.origin, "/events?hz=1");
  const diff = await guest.json("/api/v1/callsites?since=mark&sites=512");
  assert.equal(diff.mark, 1);
  const numbers = diff.sites.find(({ what }) => what === "http_snapshots");
  assert.ok(numbers, JSON.stringify(diff.sites));
  assert.match(numbers.site, /^(take|take_memory|events_open)\+0x/);
  assert.equal(numbers.live_delta, 1);
  assert.ok(numbers.bytes_delta >= 4096);
  stream.close();
});

test("a frame tells who allocated its block, and how long ago", async () => {
  const { first_pfn, end_pfn, values, picture } = await guest.json("/api/v1/frames?by=age");
  assert.equal(values[0], "not recorded");
  assert.ok(picture.length > 0 && end_pfn > first_pfn);
  const { uses } = await rings();
  for (const pfn of uses) {
    const { allocated_by: by, snapshot } = await guest.json(`/api/v1/frame?pfn=${pfn}`);
    assert.match(by.site, /^virtqueue_alloc\+0x/);
    assert.equal(by.what, "virtqueues");
    assert.ok(by.age_ms > 0 && by.age_ms <= snapshot.uptime_ms);
  }
  const free = await guest.json("/api/v1/frame?pfn=8000");
  if (free.state === "free") assert.equal(free.allocated_by, null);
});

/** The frames whose use is that of the NIC's rings, from the picture by use. */
async function rings() {
  const { values, picture, start } = await guest.json("/api/v1/frames?by=use&cells=65536");
  const chars = [];
  for (let code = 33; chars.length < values.length; code++)
    if (!/[0-9"\\]/.test(String.fromCharCode(code))) chars.push(String.fromCharCode(code));
  const wanted = chars[values.indexOf("virtqueues")];
  const uses = [];
  let pfn = start;
  for (const [, run, value] of picture.matchAll(/(\d*)(\D)/g)) {
    const length = Number(run || 1);
    if (value === wanted) uses.push(pfn, pfn + length - 1);
    pfn += length;
  }
  assert.ok(uses.length > 0);
  return { uses };
}

test("bad questions are answered with what was wrong", async () => {
  for (const [path, words] of [
    ["/api/v1/callsites?since=noon", "since=noon"],
    ["/api/v1/callsites?site=1", "site= is not known"],
    ["/api/v1/callsites?sites=513", "sites=513"],
    ["/api/v1/buddy/events?from=1", "from= is not known"],
  ]) {
    const response = await fetch(guest.origin + path);
    assert.equal(response.status, 400, path);
    assert.ok((await response.text()).includes(words), path);
  }
  assert.equal((await send("POST", "/api/v1/buddy/step?order=10")).status, 400);
  assert.equal((await send("POST", "/api/v1/buddy/step?order=3&ms=1")).status, 400);
  assert.equal((await send("POST", "/api/v1/buddy/step?zone=HighMem")).status, 400);
  assert.equal((await send("DELETE", "/api/v1/buddy/step")).status, 409);
  assert.equal((await send("POST", "/api/v1/buddy/step", {})).status, 401);
});

/** Events of the stream until `done` says so. */
async function collect(stream, done) {
  const events = [];
  while (!done(events)) {
    const message = await stream.next();
    assert.ok(message, "the stream goes on");
    if (message.event === "buddy") events.push(...message.data.events);
  }
  return events;
}

test("the single-step mode: a block is split down and joined again, a step an event", async () => {
  const before = await guest.json("/api/v1/buddy/events");
  assert.equal(before.listeners, 0);
  assert.deepEqual(before.events, []);
  const stream = await openEvents(guest.origin, "/events?hz=10&of=buddy");
  const { status, body } = await send("POST", "/api/v1/buddy/step?order=6&ms=50");
  assert.equal(status, 200);
  const top = body.step.from_order;
  assert.equal(body.step.to_order, 6);
  assert.equal((await send("POST", "/api/v1/buddy/step?order=6&ms=50")).status, 409);
  const ups = (list) => list.filter((e) => e.stepped && e.event === "merge").length;
  const events = (await collect(stream, (list) => ups(list) === top - 6)).filter((e) => e.stepped);
  const expected = [];
  for (let order = top; order > 6; order--) expected.push(`split ${order}`);
  expected.push("alloc 6", "free 6");
  for (let order = 7; order <= top; order++) expected.push(`merge ${order}`);
  assert.deepEqual(
    events.map(({ event, order }) => `${event} ${order}`),
    expected,
  );
  for (let i = 1; i < events.length; i++)
    assert.ok(events[i].time_us - events[i - 1].time_us >= 45_000, "one step every 50 ms");
  for (const { pfn, order } of events) assert.equal(pfn % 2 ** order, 0);
  stream.close();
});

test("ended half way, the held block is in the check's books and comes back", async () => {
  const use = async () =>
    (await guest.json("/api/v1/memory")).frames.find((f) => f.use === "self_tests")?.pages ?? 0;
  assert.equal(await use(), 0);
  const { body } = await send("POST", "/api/v1/buddy/step?order=0&ms=10000&zone=DMA");
  assert.equal(await use(), 2 ** body.step.order);
  const site = (await guest.json("/api/v1/callsites?sites=512")).sites.find(
    ({ what }) => what === "self_tests",
  );
  assert.equal(site.bytes, 4096 * 2 ** body.step.order);
  assert.equal((await guest.json("/api/v1/check")).ok, true);
  const ended = await send("DELETE", "/api/v1/buddy/step");
  assert.equal(ended.status, 200);
  assert.equal(ended.body.step, null);
  assert.equal(await use(), 0);
  assert.equal((await guest.json("/api/v1/check")).ok, true);
});

test("real events name a caller and carry no gap in their numbers", async () => {
  const stream = await openEvents(guest.origin, "/events?hz=10&of=buddy");
  const other = await openEvents(guest.origin, "/events?hz=10&of=memory");
  const events = await collect(stream, (list) => list.length > 0);
  other.close();
  for (let i = 1; i < events.length; i++) assert.equal(events[i].seq, events[i - 1].seq + 1);
  for (const { event, caller, stepped } of events) {
    assert.match(event, /^(alloc|free|split|merge|fallback)$/);
    assert.equal(stepped, false);
    assert.match(caller, /^0xc01/);
  }
  let state;
  do state = await guest.json("/api/v1/buddy/events");
  while (state.listeners > 1); // a stream that was closed before is noticed soon
  assert.equal(state.listeners, 1);
  assert.ok(state.next > events.at(-1).seq);
  assert.ok(state.events.some(({ seq }) => seq === events[0].seq) || state.oldest > events[0].seq);
  stream.close();
});

test("without the options there are areas only, and no memory for records", async () => {
  const plain = await Guest.ready({ memory: 64 });
  try {
    const { tracking, sites } = await plain.json("/api/v1/callsites");
    assert.deepEqual([tracking.pages, tracking.objects, tracking.record_bytes], [false, false, 0]);
    assert.ok(sites.length > 0);
    for (const { kind } of sites) assert.equal(kind, "vmalloc");
    const { frames } = await plain.json("/api/v1/memory");
    assert.equal(frames.find(({ use }) => use === "page_owner_records")?.pages ?? 0, 0);
  } finally {
    await plain.stop();
  }
});
