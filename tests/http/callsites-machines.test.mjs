// Who allocated what on machines of each kind: 3.5 GiB, both generations, several nodes. What the sites of an
// owner hold is what other answers count for it; a mark, a soak job, the difference, and back to nothing.

import assert from "node:assert/strict";
import test from "node:test";

import { eventually } from "../lib/browser.mjs";
import { Guest } from "../lib/guest.mjs";
import { nodeOptions } from "../lib/nodes.mjs";

const MACHINES = {
  "3.5 GiB": { memory: 3584 },
  "3.5 GiB, mm=2.4": { memory: 3584, words: "mm=2.4" },
  "2 nodes": { memory: 512, extra: nodeOptions(2, 512), nodes: 2 },
  // That generation takes all of it as one node.
  "2 nodes, mm=2.4": { memory: 512, extra: nodeOptions(2, 512), words: "mm=2.4" },
};
const headers = { authorization: "Bearer secret", "content-type": "application/json" };
// It fills its live set, and then hardly moves, so that two answers can tell of the same state.
const DOCUMENT = {
  name: "who",
  seed: 5,
  phases: [{ operations: 6000 }, { duration_ms: 600_000, rate: 1 }],
  live: { objects: 3000 },
  allocate: [
    { kind: "kmalloc", size: { dist: "uniform", min: 32, max: 2048 }, weight: 6 },
    { kind: "pages", order: { dist: "uniform", min: 0, max: 2 }, weight: 2 },
    { kind: "vmalloc", size: { dist: "uniform", min: 8192, max: 32768 }, weight: 1 },
  ],
};

const sum = (list, field) => list.reduce((all, item) => all + item[field], 0);
const sites = async (guest, query = "") =>
  (await guest.json(`/api/v1/callsites?sites=512${query}`)).sites;

async function send(guest, method, path, body) {
  const response = await fetch(guest.origin + path, {
    method,
    headers,
    body: body && JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

async function booksAgree(guest) {
  const { sites: list, tracking, site_count } = await guest.json("/api/v1/callsites?sites=512");
  const { frames } = await guest.json("/api/v1/memory");
  assert.equal(list.length, site_count);
  assert.ok(tracking.pages && tracking.objects && tracking.vmalloc);
  assert.ok(!list.some(({ kind }) => kind === "all"), "a site found no room in the table");
  const use = (name) => frames.find((frame) => frame.use === name)?.pages ?? 0;
  for (const owner of ["virtqueues", "http_snapshots", "kernel_data", "vmalloc", "soak"]) {
    const mine = list.filter(({ kind, what }) => kind === "pages" && what === owner);
    assert.equal(sum(mine, "bytes"), use(owner) * 4096, owner);
  }
  assert.equal(
    use("page_owner_records"),
    Math.ceil((tracking.record_bytes + tracking.table_bytes) / 4096),
  );
  for (const { site } of list) assert.match(site, /^\S+\+0x[0-9a-f]+\/0x[0-9a-f]+$/, site);
  const areas = (await guest.text("/proc/vmallocinfo")).trim().split("\n").filter(Boolean);
  const vmalloc = list.filter(({ kind }) => kind === "vmalloc");
  assert.equal(sum(vmalloc, "live"), areas.length);
  return tracking;
}

/** Every frame that has an age has somebody who allocated it, by node and zone as the frame says. */
async function framesKnow(guest, nodes) {
  const { values, end_pfn } = await guest.json("/api/v1/frames?by=node&cells=1");
  assert.deepEqual(values, ["hole", ...Array.from({ length: nodes }, (_, n) => `node ${n}`)]);
  const { zones } = await guest.json("/api/v1/memory");
  for (const zone of zones) {
    const pfn = zone.start_pfn + zone.spanned - 1;
    assert.ok(pfn < end_pfn);
    const frame = await guest.json(`/api/v1/frame?pfn=${pfn}`);
    assert.deepEqual([frame.node, frame.zone], [zone.node, zone.name]);
  }
  const { slabs } = await guest.json("/api/v1/slab?cache=TCP_PCB_LISTEN&slabs=1");
  const frame = await guest.json(`/api/v1/frame?pfn=${slabs[0].pfn}`);
  assert.equal(frame.state, "slab");
  assert.match(frame.allocated_by.site, /\+0x/);
  assert.equal(frame.allocated_by.what, "slab");
  const used = frame.slab.objects.filter(({ state }) => state === "in use");
  assert.ok(used.length > 0);
  for (const { site } of used) assert.match(site, /\+0x[0-9a-f]+\/0x/);
  for (const { state, site } of frame.slab.objects)
    if (state !== "in use") assert.equal(site, null);
}

const byJob = ({ site }) => /^(take_|soak_)/.test(site);

async function soakIsSeen(guest) {
  assert.equal((await send(guest, "POST", "/api/v1/mark")).status, 200);
  const started = await send(guest, "POST", "/api/v1/soak", DOCUMENT);
  assert.equal(started.status, 201, JSON.stringify(started.body));
  const path = `/api/v1/soak/${started.body.id}`;
  let moved;
  for (let i = 0; i < 100; i++) {
    moved = (await sites(guest, "&since=mark")).filter(byJob);
    const kinds = new Set(moved.map(({ kind }) => kind));
    if (kinds.size === 3 && sum(moved, "bytes_delta") > 1 << 20) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.deepEqual([...new Set(moved.map(({ kind }) => kind))].sort(), [
    ...["objects", "pages", "vmalloc"],
  ]);
  assert.ok(moved.every(({ bytes, bytes_delta }) => bytes === bytes_delta));
  await eventually(() => booksAgree(guest));
  assert.equal((await send(guest, "DELETE", path)).status, 202);
  for (let i = 0; i < 100; i++) {
    if ((await guest.json(path)).state === "done") break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.equal((await send(guest, "DELETE", path)).status, 200);
  const left = (await sites(guest, "&since=mark")).filter(byJob);
  assert.deepEqual(
    left.filter(({ what }) => !/^(slab|size-)/.test(what)),
    [],
    "the job gave everything back",
  );
  assert.equal(
    sum(
      left.filter(({ kind }) => kind === "objects"),
      "live_delta",
    ),
    0,
  );
}

for (const [name, { memory, words = "", extra = [], nodes = 1 }] of Object.entries(MACHINES))
  test(`${name}: sites, frames and objects agree; a soak job is seen to come and go`, async () => {
    const append = `token=secret page_owner=on slub_debug=U ${words}`;
    await Guest.with({ memory, append, extra, timeout: 60000 }, async (guest) => {
      const tracking = await booksAgree(guest);
      const { end_pfn, first_pfn } = await guest.json("/api/v1/frames?cells=1");
      assert.ok(
        Math.abs(tracking.record_bytes - (end_pfn - first_pfn) * 8) <= 8 * 1024,
        `${tracking.record_bytes} bytes for ${end_pfn} frames`,
      );
      await framesKnow(guest, nodes);
      await soakIsSeen(guest);
      assert.equal((await guest.json("/api/v1/check")).ok, true);
    });
  });
