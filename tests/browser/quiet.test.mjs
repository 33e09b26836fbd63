// Looking does not disturb: with a browser attached to each view in turn, memory differs from before by what
// /api/v1/net says the browser's connections hold, and by nothing else; when it has gone, by nothing.
//
// What may move is who keeps free memory: per-cpu lists, and slabs without an object in use, which a cache
// gives back when it likes. Both are accounted for to the page.

import assert from "node:assert/strict";
import http from "node:http";
import test, { after, before } from "node:test";

import { launch, visit } from "../lib/browser.mjs";
import { Guest } from "../lib/guest.mjs";
import { buddyinfo, slabinfo } from "../lib/proc.mjs";

const VIEWS = [
  ...["", "frames", "picture", "buddy", "slab/TCP_PCB", "callsites", "boot", "page-tables", "vm"],
  ...["soak", "network", "log", "machine", "fidelity"],
];
const KEEPS_FREE = /^(buddy_free|percpu_lists|slab|http_snapshots)/;

let guest, browser;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
before(async () => {
  [guest, browser] = await Promise.all([Guest.ready({ memory: 256 }), launch()]);
});
after(async () => {
  await browser?.close();
  agent.destroy();
  await guest?.stop();
});

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Over one connection that stays open: the test itself disturbs nothing between two looks.
function get(path) {
  return new Promise((resolve, reject) => {
    const request = http.get(new URL(path, guest.origin), { agent }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece) => (text += piece));
      response.on("end", () => resolve(text));
    });
    request.on("error", reject);
  });
}

const json = async (path) => JSON.parse(await get(path));
const sum = (list, of) => list.reduce((total, item) => total + of(item), 0);

const figures = ({ frames, zones, caches }) => ({
  frames,
  orders: zones.map(({ orders }) => orders),
  caches: caches.map(({ name, active, total, pages }) => ({ name, active, total, pages })),
});

/** Everything of one instant: nothing moved from the first answer to the last, and nothing is under way. */
async function look() {
  for (let i = 0; i < 200; i++) {
    const first = await json("/api/v1/memory");
    const net = await json("/api/v1/net");
    const buddy = buddyinfo(await get("/proc/buddyinfo"));
    const slabs = slabinfo(await get("/proc/slabinfo"));
    const last = await json("/api/v1/memory");
    const queued = sum(net.connections, (c) => c.held_bytes - c.control_bytes - c.http_bytes);
    const own = net.connections.find(({ number }) => number === net.viewer_connection);
    const under_way = queued - sum(net.connections, (c) => c.events_bytes);
    // The answer itself is in its slots, or in the queue, while it is made.
    if (
      under_way - (own.held_bytes - own.control_bytes - own.http_bytes) === 0 &&
      JSON.stringify(figures(first)) === JSON.stringify(figures(last))
    )
      return { ...figures(last), net, own, buddy, slabs };
    await sleep(20);
  }
  throw new Error("the machine does not come to rest");
}

/** Waits until nobody is connected but the test. */
async function alone() {
  for (let i = 0; i < 400; i++) {
    const { connections } = await json("/api/v1/net");
    if (connections.length === 2) return;
    await sleep(500);
  }
  throw new Error("connections of a browser that has gone are left");
}

/** Compares two looks; `others` are the connections that came between them. */
function compare(then, now, others) {
  const pages = (at, use) => at.frames.find((item) => item.use === use)?.pages ?? 0;
  const change = (use) => pages(now, use) - pages(then, use);
  const uses = new Set([...then.frames, ...now.frames].map(({ use }) => use));

  // Objects in use: a control block and the server's state for each connection.
  const wanted = { TCP_PCB: others.length, http_conn: others.filter((c) => c.number > 0).length };
  for (const cache of now.caches) {
    const old = then.caches.find(({ name }) => name === cache.name);
    assert.equal(cache.active - old.active, wanted[cache.name] ?? 0, `${cache.name} in use`);
    const [a, b] = [then.slabs.get(cache.name), now.slabs.get(cache.name)];
    assert.equal(b.active - a.active, wanted[cache.name] ?? 0, `${cache.name} in slabinfo`);
  }
  // Pages: those of the streams of events; free memory only changes hands.
  assert.equal(
    change("http_snapshots") * 4096,
    sum(others, (c) => c.events_bytes),
  );
  for (const use of uses) if (!KEEPS_FREE.test(use)) assert.equal(change(use), 0, use);
  assert.equal(sum([...uses], change), 0);
  const slab_pages = (at) => sum(at.caches, (cache) => cache.pages);
  assert.equal(change("slab"), slab_pages(now) - slab_pages(then));
  // buddyinfo: what it has less is with the streams, the per-cpu lists and empty slabs.
  const free = (at) => sum(at.buddy, (zone) => zone.free);
  const taken = change("http_snapshots") + change("percpu_lists") + change("slab");
  assert.equal(free(now) - free(then) + taken, 0, "free memory that is with nobody");
}

test("a browser on each view leaves everything as it was, but for its own connections", async () => {
  const url = (view) => `${guest.origin}/#/${view}`;
  const stay = (ms) => (page) => page.waitForTimeout(ms);
  // Once through all of them: each cache then has the slabs that it needs.
  await visit(browser, url(""), stay(2000));
  await alone();
  const before = await look();
  for (const view of VIEWS) {
    const during = await visit(browser, url(view), async (page) => {
      await page.waitForTimeout(2500);
      return look();
    });
    const others = during.net.connections.filter(
      ({ state, number }) => state !== "LISTEN" && number !== during.own.number,
    );
    assert.ok(
      others.some(({ events_hz }) => events_hz === 2),
      `${view}: there is a stream`,
    );
    compare(before, during, others);
    await alone();
    compare(before, await look(), []);
  }
  const check = await json("/api/v1/check");
  assert.equal(check.ok, true);
});
