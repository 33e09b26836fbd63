// Failures on demand: inside the allocators, for soak jobs and for the whole machine; counted, named by
// call site, refused without the token, and given on the command line in Linux's form.

import assert from "node:assert/strict";
import test from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { Guest } from "../lib/guest.mjs";
import { checkAgrees, framesSumUp } from "../lib/verdicts.mjs";

const TOKEN = "t0kenOfTheFaultTest";
const headers = { Authorization: `Bearer ${TOKEN}` };

async function soak(guest, document) {
  const body = JSON.stringify(document);
  const started = await guest.request("/api/v1/soak", { method: "POST", headers, body });
  assert.equal(started.status, 201, started.text);
  const path = `/api/v1/soak/${started.json().id}`;
  for (const until = Date.now() + 120000; Date.now() < until; await sleep(100)) {
    const verdict = (await guest.request(path)).json();
    if (verdict.state !== "done") continue;
    await guest.request(path, { method: "DELETE", headers });
    return verdict;
  }
  return assert.fail("still running after two minutes");
}

const named = (sites) => sites.map(({ call_site, what }) => `${call_site.split("+")[0]} ${what}`);

function judge(verdict, { hits }) {
  const { injected } = verdict;
  assert.equal(verdict.verdict, "pass", verdict.reasons.join("; "));
  assert.deepEqual(verdict.leaks, []);
  assert.equal(verdict.failures_unexpected, 0);
  assert.equal(verdict.failures_expected, injected.operations_failed);
  assert.equal(verdict.frees_skipped, injected.operations_failed);
  assert.ok(injected.failslab + injected.fail_page_alloc >= hits, JSON.stringify(injected));
  assert.ok(injected.operations_failed + injected.operations_survived > 0);
  for (const { call_site } of [...injected.failslab_sites, ...injected.fail_page_alloc_sites])
    assert.match(call_site, /^[a-z_0-9.]+\+0x[0-9a-f]+\/0x/);
}

// Kinds that never ask for pages themselves, so that what fails lies inside the allocators.
const inside = (more) => ({
  seed: 3,
  operations: 4000,
  live: { objects: 700 },
  lifetime: 300,
  allocate: [
    { kind: "kmalloc", size: { dist: "uniform", min: 8, max: 9000 }, weight: 3 },
    { kind: "cache", name: "node", size: 700 },
    { kind: "vmalloc", size: { dist: "uniform", min: 4096, max: 60000 } },
  ],
  ...more,
});

for (const mm of ["2.6", "2.4"]) {
  test(`mm=${mm}: slabs that grow, records and frames of vmalloc fail half-way`, async () => {
    await Guest.with({ memory: 64, token: TOKEN, append: `mm=${mm}` }, async (guest) => {
      const pages = await soak(guest, inside({ fail_page_alloc: { interval: 7 } }));
      judge(pages, { hits: 100 });
      const places = named(pages.injected.fail_page_alloc_sites).join();
      assert.match(places, /take_kmalloc slab|take_cache slab/);
      assert.match(places, /take_vmalloc vmalloc/);
      const records = await soak(guest, inside({ failslab: { interval: 11 } }));
      judge(records, { hits: 200 });
      assert.match(
        named(records.injected.failslab_sites).join(),
        /get_vm_area_caller|take_vmalloc/,
      );
      assert.equal(records.calls_checksum, pages.calls_checksum);
      const chance = { failslab: { probability: 10 }, fail_page_alloc: { probability: 10 } };
      judge(await soak(guest, inside(chance)), { hits: 300 });
      await framesSumUp(guest);
      await checkAgrees(guest);
      const { armed, jobs } = await guest.json("/api/v1/fault");
      assert.deepEqual([armed, jobs], [false, 0]);
    });
  });
}

test("in an arena failures come at the same calls on any machine, and hooks alone change nothing", async () => {
  const seen = new Map();
  const arena = (engine, more) => inside({ arena: { mib: 8, engine }, ...more });
  const fails = { failslab: { interval: 13 }, fail_page_alloc: { probability: 20, after: 5 } };
  const never = { failslab: { after: 4000000000 }, fail_page_alloc: { after: 4000000000 } };
  for (const options of [{ memory: 48 }, { memory: 300, append: "mm=2.4", cpu: "pentium3" }]) {
    await Guest.with({ ...options, token: TOKEN }, async (guest) => {
      for (const engine of ["2.6", "2.4"]) {
        for (const [name, more] of Object.entries({ plain: {}, never, fails })) {
          const verdict = await soak(guest, arena(engine, more));
          assert.equal(verdict.verdict, "pass", verdict.reasons.join("; "));
          const { failslab, failslab_calls, fail_page_alloc_calls } = verdict.injected;
          const sums = [verdict.arena.state_checksum, verdict.arena.drained_checksum];
          const found = { sums, failslab, failslab_calls, fail_page_alloc_calls };
          if (name === "fails") judge(verdict, { hits: 50 });
          const before = seen.get(`${engine} ${name}`);
          if (before) assert.deepEqual(found, before, `${engine} ${name}`);
          seen.set(`${engine} ${name}`, found);
        }
        const sums = (name) => seen.get(`${engine} ${name}`).sums;
        assert.deepEqual(sums("never"), sums("plain"));
        assert.notDeepEqual(sums("fails"), sums("plain"));
      }
    });
  }
});

test("the machine's own: set, counted by class, switched off; only with the token", async () => {
  await Guest.with({ memory: 32, token: TOKEN }, async (guest) => {
    const set = (document, more = headers) =>
      guest.request("/api/v1/fault", {
        method: "POST",
        headers: more,
        body: typeof document === "string" ? document : JSON.stringify(document),
      });
    assert.equal((await set({}, {})).status, 401);
    assert.equal((await guest.request("/api/v1/fault", { method: "DELETE" })).status, 401);
    for (const [document, message] of [
      ["[]", /the document/],
      [{ failslab: { interval: 0 } }, /failslab\.interval: 0 is not/],
      [{ failslab: { class: "mm" } }, /failslab\.class: .*any, net, web/],
      [{ failslab: { min_order: 1 } }, /fail_page_alloc has orders/],
      [{ fail_page_alloc: { max_order: 11 } }, /max_order: 11/],
      [{ delay_ms: 60001 }, /delay_ms: 60001/],
      [{ failpage: {} }, /"failpage" is not known here/],
    ]) {
      const refused = await set(document);
      assert.equal(refused.status, 400, refused.text);
      assert.match(refused.json().error.message, message);
    }
    assert.equal((await guest.json("/api/v1/fault")).armed, false);

    const calls = {};
    for (const name of ["net", "web", "any"]) {
      const done = await set({ failslab: { class: name, probability: 0 }, delay_ms: 30 });
      assert.equal(done.status, 200, done.text);
      assert.equal(done.json().armed, true);
      await sleep(60);
      for (let i = 0; i < 3; i++)
        assert.equal(
          (await guest.raw("GET /proc/version HTTP/1.0\r\nHost: a.b\r\n\r\n")).length > 0,
          true,
        );
      await guest.request("/api/v1/fault", { method: "DELETE", headers });
      const { failslab, armed } = await guest.json("/api/v1/fault");
      assert.equal(armed, false);
      assert.equal(failslab.hits, 0);
      calls[name] = failslab.calls;
    }
    assert.ok(calls.web >= 3 && calls.net > calls.web, JSON.stringify(calls));
    assert.ok(calls.any >= calls.net + 3, JSON.stringify(calls));

    await set({ fail_page_alloc: { class: "web", times: 1, min_order: 0 }, delay_ms: 20 });
    await sleep(50);
    assert.equal((await guest.request("/events?of=memory")).status, 503);
    await guest.request("/api/v1/fault", { method: "DELETE", headers });
    const { fail_page_alloc } = await guest.json("/api/v1/fault");
    assert.equal(fail_page_alloc.hits, 1);
    assert.equal(fail_page_alloc.last.what, "http_snapshots");
    assert.match(
      await guest.text("/proc/kmsg"),
      /fail_page_alloc: http_snapshots refused to \w+\+0x/,
    );
    await checkAgrees(guest);
  });
});

test("on the command line: Linux's form; boot goes on, and what is wrong is named", async () => {
  const append = "failslab=1,100,0,2 fail_page_alloc=3,50,8192,-1";
  await Guest.with({ memory: 32, append }, async (guest) => {
    const { armed, failslab, fail_page_alloc } = await guest.json("/api/v1/fault");
    assert.equal(armed, true);
    assert.deepEqual(
      [failslab.interval, failslab.probability, failslab.times, failslab.ignore_gfp_wait],
      [1, 100, 2, true],
    );
    assert.deepEqual([fail_page_alloc.interval, fail_page_alloc.times], [3, 0]);
    assert.equal(failslab.hits, 2, "the network's first requests met them");
    assert.ok(fail_page_alloc.hits > 0);
    assert.match(guest.serial, /failslab: \w+ refused to \w+\+0x/);
    await checkAgrees(guest);
    const post = await guest.request("/api/v1/fault", { method: "POST", body: "{}" });
    assert.equal(post.status, 403);
  });
  await Guest.with({ memory: 32, append: "failslab=1,100,0" }, async (guest) => {
    assert.match(guest.serial, /failslab=1,100,0.*INTERVAL,PROBABILITY,SPACE,TIMES/);
    assert.equal((await guest.json("/api/v1/fault")).armed, false);
  });
});
