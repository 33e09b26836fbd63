// Soak jobs and the RAM test: the same everywhere bit for bit, defects found and named, nothing lost.

import assert from "node:assert/strict";
import test from "node:test";

import { Guest } from "../lib/guest.mjs";
import { checkAgrees, framesSumUp } from "../lib/verdicts.mjs";

const TOKEN = "t0kenOfTheSoakTest";
const assertConserved = async (guest) => {
  await framesSumUp(guest);
  await checkAgrees(guest);
};
const headers = { Authorization: `Bearer ${TOKEN}` };
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts a job, follows it to its end, forgets it; gives its verdict. The check holds meanwhile. */
async function soak(guest, document, { check = true } = {}) {
  const body = typeof document === "string" ? document : JSON.stringify(document);
  const started = await guest.request("/api/v1/soak", { method: "POST", headers, body });
  assert.equal(started.status, 201, started.text);
  const path = `/api/v1/soak/${started.json().id}`;
  const deadline = Date.now() + 120000;
  for (;;) {
    await sleep(150);
    const verdict = (await guest.request(path)).json();
    if (check) {
      const found = (await guest.request("/api/v1/check")).json();
      assert.deepEqual(found.disagreements, [], `while it is ${verdict.state}`);
    }
    if (verdict.state === "done") {
      assert.equal((await guest.request(path, { method: "DELETE", headers })).status, 200);
      assert.equal((await guest.request(path)).status, 404);
      return verdict;
    }
    assert.ok(Date.now() < deadline, `still ${verdict.state} after two minutes`);
  }
}

const everything = (engine, more = {}) => ({
  seed: 5,
  operations: 12000,
  arena: { mib: 4, engine },
  live: { objects: 600, bytes: 2500000 },
  lifetime: { dist: "geometric", mean: 400 },
  expect_failures: true,
  allocate: [
    { kind: "kmalloc", size: { dist: "uniform", min: 8, max: 6000 }, weight: 5 },
    { kind: "pages", order: { dist: "uniform", min: 0, max: 4 } },
    { kind: "pages", order: { dist: "trace", values: [0, 3, 0, 1] }, type: "movable" },
    { kind: "cache", name: "x", size: 700, weight: 2 },
    { kind: "vmalloc", size: { dist: "uniform", min: 4096, max: 40000 } },
    { kind: "kmap" },
    { kind: "kmap_atomic", type: "movable" },
  ],
  ...more,
});

// The same document and seed: two sizes of memory, two generations of the machine, twice each. The
// checksums are those of no particular machine, so they are compared with each other only.
test("same document and seed: same calls and same final state, bit for bit", async () => {
  const seen = new Map();
  for (const options of [{ memory: 32 }, { memory: 300, append: "mm=2.4", cpu: "pentium3" }]) {
    await Guest.with({ ...options, token: TOKEN }, async (guest) => {
      for (const engine of ["2.6", "2.4", "2.6", "2.4"]) {
        const { verdict, arena, calls_checksum, reasons } = await soak(guest, everything(engine));
        assert.equal(verdict, "pass", reasons.join("; "));
        const sums = { state: arena.state_checksum, drained: arena.drained_checksum };
        assert.deepEqual(
          { ...sums, calls_checksum },
          seen.get(engine) ?? { ...sums, calls_checksum },
        );
        seen.set(engine, { ...sums, calls_checksum });
      }
      const other = await soak(guest, everything("2.6", { seed: 6 }));
      assert.notEqual(other.arena.state_checksum, seen.get("2.6").state);
      await assertConserved(guest);
    });
  }
  assert.notEqual(seen.get("2.6").state, seen.get("2.4").state);
  assert.equal(seen.get("2.6").calls_checksum, seen.get("2.4").calls_checksum);
});

test("two engines side by side in one boot, and beside a job on the machine's zones", async () => {
  await Guest.with({ memory: 64, token: TOKEN }, async (guest) => {
    const live = { ...everything("2.6"), arena: undefined };
    const jobs = [everything("2.6"), everything("2.4"), live];
    const verdicts = await Promise.all(jobs.map((job) => soak(guest, job)));
    for (const verdict of verdicts) assert.equal(verdict.verdict, "pass", verdict.reasons);
    const alone = await soak(guest, everything("2.6"));
    assert.equal(alone.arena.state_checksum, verdicts[0].arena.state_checksum);
    assert.equal(verdicts[2].calls_checksum, verdicts[0].calls_checksum);
    assert.ok(verdicts[0].latency_cycles.every((h) => h.p50 <= h.p99 && h.p99 <= h.worst));
    await assertConserved(guest);
  });
});

const BUGS = {
  leak: (v) => v.leaks.length === 1 && v.leaks[0].objects === 1 && v.leaks[0],
  double_free: (v) => v.findings.find((f) => f.what === "freed twice"),
  use_after_free: (v) => v.findings.find((f) => f.what === "written to while free"),
  write_past_the_end: (v) => v.findings.find((f) => f.what === "overwritten past its end"),
  wrong_cache: (v) => v.findings.find((f) => f.what === "freed to the wrong cache"),
  stuck_bit: (v) => v.findings.find((f) => f.bits === "0x10"),
};

for (const arena of [undefined, { mib: 4, engine: "2.4" }]) {
  test(`defects are found and named, ${arena ? "in an arena" : "on the live allocator"}`, async () => {
    const plain = {
      arena,
      operations: 4000,
      live: { objects: 200 },
      lifetime: { dist: "uniform", min: 1, max: 300 },
      allocate: [
        { kind: "cache", name: "a", size: 200, debug: true },
        { kind: "cache", name: "b", size: 120, debug: true },
        { kind: "kmalloc", size: 500 },
        { kind: "pages", order: 1 },
      ],
    };
    await Guest.with({ memory: 64, token: TOKEN }, async (guest) => {
      for (const [kind, find] of Object.entries(BUGS)) {
        // The check would see an overwritten object before its free does.
        const bug = { kind, after: 500 };
        const verdict = await soak(guest, { ...plain, bug }, { check: false });
        assert.equal(verdict.verdict, "fail", kind);
        const found = find(verdict);
        assert.ok(found, `${kind}: ${JSON.stringify([verdict.findings, verdict.leaks])}`);
        assert.match(found.call_site, /^(take|give)\w*\+0x/, kind);
        assert.match(found.source, /^allocate\[\d\] /, kind);
        assert.equal(verdict.findings.length + verdict.leaks.length, 1, "and nothing else");
      }
      const clean = await soak(guest, plain);
      assert.equal(clean.verdict, "pass", clean.reasons.join("; "));
      await assertConserved(guest);
    });
  });
}

test("failures on demand: every Nth, by order, by cache, a number of times", async () => {
  await Guest.with({ memory: 32, token: TOKEN }, async (guest) => {
    const base = {
      operations: 3000,
      live: { objects: 200 },
      lifetime: 100,
      allocate: [
        { kind: "cache", name: "a", size: 64 },
        { kind: "cache", name: "b", size: 64 },
        { kind: "pages", order: { dist: "uniform", min: 0, max: 2 } },
      ],
    };
    const slab = await soak(guest, { ...base, failslab: { interval: 10, cache: "a" } });
    assert.equal(slab.verdict, "pass", slab.reasons);
    assert.equal(slab.injected.failslab, Math.floor(slab.injected.failslab_calls / 10));
    assert.equal(slab.failures_expected, slab.injected.failslab);
    assert.equal(slab.frees_skipped, slab.failures_expected);
    const pages = await soak(guest, {
      ...base,
      fail_page_alloc: { min_order: 2, after: 5, times: 7 },
    });
    assert.equal(pages.injected.fail_page_alloc, 7);
    assert.equal(pages.calls_checksum, slab.calls_checksum, "the calls do not depend on it");
  });
});

for (const memory of [16, 256, 3584]) {
  test(`${memory} MiB: exhaustion, the server answers, and everything comes back`, async () => {
    await Guest.with({ memory, token: TOKEN }, async (guest) => {
      const used = async () => {
        const { frames } = (await guest.request("/api/v1/memory")).json();
        return frames
          .filter(({ use }) => !/^(buddy_free|percpu)/.test(use))
          .reduce((sum, { pages }) => sum + pages, 0);
      };
      const before = await used();
      // The live set is larger than all memory in blocks of 4 MiB down to single pages.
      const take = (order, objects, zone) => ({
        operations: objects,
        live: { objects },
        lifetime: 100000000,
        allocate: [{ kind: "pages", order, zone }],
      });
      const verdict = await soak(
        guest,
        {
          expect_failures: true,
          verify: false,
          phases: [
            take(10, 1200, "highmem"),
            take(6, 1400, "highmem"),
            take(0, 4000, "normal"),
            {
              operations: 3000,
              live: { objects: 6600 },
              lifetime: 100000000,
              allocate: [{ kind: "kmalloc", size: { dist: "uniform", min: 32, max: 8192 } }],
            },
          ],
        },
        { check: false },
      );
      assert.equal(verdict.verdict, "pass", verdict.reasons.join("; "));
      assert.ok(verdict.failures_expected > 100, `${verdict.failures_expected} failures`);
      assert.ok(verdict.fragmentation.worst.free_pages < memory * 25, "it was not exhausted");
      await assertConserved(guest);
      let after = await used();
      for (let i = 0; i < 40 && after > before + 40; i++) {
        await sleep(250);
        after = await used();
      }
      assert.ok(after <= before + 40, `${after} pages in use, ${before} before`);
    });
  });
}

test("DELETE stops a job and gives everything back; a wrong document says what is wrong", async () => {
  await Guest.with({ memory: 32, token: TOKEN }, async (guest) => {
    const document = { ...everything("2.6"), operations: undefined, duration_ms: 600000 };
    const body = JSON.stringify(document);
    const { id } = (await guest.request("/api/v1/soak", { method: "POST", headers, body })).json();
    const path = `/api/v1/soak/${id}`;
    const state = async () => (await guest.request(path)).json();
    while ((await state()).state !== "running") await sleep(100);
    assert.equal((await guest.request(path, { method: "DELETE" })).status, 401);
    assert.equal((await guest.request(path, { method: "DELETE", headers })).status, 202);
    while ((await state()).state !== "done") await sleep(100);
    const end = await state();
    assert.equal(end.stopped, true);
    assert.equal(end.live_objects, 0);
    assert.equal(end.allocations, end.frees + end.frees_skipped);
    await guest.request(path, { method: "DELETE", headers });
    for (const [text, pattern] of [
      ["", /it ends where an object should be/],
      ['{"operations":-1}', /operations: -1 is not a whole number from 0 to/],
      [
        '{"operations":1,"allocate":[{"kind":"x"}]}',
        /allocate\[0\].kind: "x" is none of pages, km/,
      ],
      ['{"a":1}', /"a" is not known here; there are profile, name, seed/],
      ['{"arena":{"mib":5}}', /arena.mib: 5 is no multiple of 4/],
      ['{"operations":5,"allocate":[{"kind":"kmap"}]} x', /x is not the document's end/],
      ['{"profile":"nope"}', /"nope" is none of web_server/],
      ['{"operations":1}\0{}', /no byte that is 0/],
      [
        // Would draw sizes that nobody has checked: larger than the objects of the cache.
        '{"operations":9,"allocate":[{"kind":"cache","name":"q","size":{"dist":"trace",' +
          '"values":[4096],"min":8,"max":8}}]}',
        /allocate\[0\].size: trace has members of another "dist"/,
      ],
      [
        '{"operations":9,"allocate":[{"kind":"cache","name":"size-64"}],"arena":{"mib":4}}',
        /a new cache needs a "size" in an arena/,
      ],
    ]) {
      const answer = await guest.request("/api/v1/soak", { method: "POST", headers, body: text });
      assert.equal(answer.status, 400, text);
      assert.match(answer.json().error.message, pattern);
    }
    await assertConserved(guest);
  });
});

test("every profile runs and passes", async () => {
  await Guest.with({ memory: 64, token: TOKEN }, async (guest) => {
    const { profiles } = (await guest.request("/api/v1/soak/profiles")).json();
    assert.equal(profiles.length, 5);
    for (const { name, shows } of profiles) {
      assert.ok(shows.length > 20);
      const document = { profile: name, operations: 8000, arena: { mib: 16, engine: "2.6" } };
      const verdict = await soak(guest, document, { check: false });
      assert.equal(verdict.verdict, "pass", `${name}: ${verdict.reasons}`);
      assert.equal(verdict.name, name);
      assert.equal(verdict.operations, 8000);
    }
  });
});

test("the RAM test finds exactly the bit that is stuck, and takes the frame out of service", async () => {
  await Guest.with({ memory: 24, token: TOKEN }, async (guest) => {
    const address = 12 * 1048576 + 0x1234;
    const post = (document) =>
      guest.request("/api/v1/memtest", { method: "POST", headers, body: JSON.stringify(document) });
    const run = async (document) => {
      assert.equal((await post(document)).status, 201);
      for (;;) {
        await sleep(200);
        const state = (await guest.request("/api/v1/memtest")).json();
        if (!state.running) return state;
      }
    };
    const clean = await run({ tests: ["walking_bits", "moving_inversions", "random"] });
    assert.equal(clean.bad_frames, 0);
    assert.equal(clean.percent, 100);
    assert.ok(clean.tested_pages > 0.8 * clean.total_pages, JSON.stringify(clean));
    const found = await run({
      tests: ["address_in_address", "patterns"],
      stuck: { address, bit: 9 },
    });
    assert.equal(found.bad_frames, 1);
    assert.equal(found.bad[0].address, `0x${address.toString(16)}`);
    assert.equal(found.bad[0].bits, "0x200");
    assert.equal(found.badram, "badram=0xc01000,0xfffff000");
    assert.equal(found.memmap, "memmap=4K$0xc01000");
    const { frames } = (await guest.request("/api/v1/memory")).json();
    assert.equal(frames.find(({ use }) => use === "bad_ram").pages, 1);
    assert.equal((await post({ tests: ["nonsense"] })).status, 400);
    await assertConserved(guest);
  });
});

// The RAM test holds 4 MiB at a time: what it takes and gives back is no drift of the job's.
test("a job that begins or ends beside the RAM test passes", async () => {
  await Guest.with({ memory: 64, token: TOKEN }, async (guest) => {
    const memtest = (method) =>
      guest.request("/api/v1/memtest", { method, headers, body: method === "POST" ? "{}" : null });
    assert.equal((await memtest("POST")).status, 201);
    const document = { profile: "packet_storm", operations: 100000 };
    const job = soak(guest, document, { check: false });
    await sleep(700); // beyond its baseline
    assert.equal((await memtest("DELETE")).status, 202);
    const { verdict, reasons, alone, drift } = await job;
    assert.equal(verdict, "pass", reasons.join("; "));
    assert.equal(alone ?? drift.alone, false);
  });
});

// Time counted in instructions, so that what the host does meanwhile does not count.
test("no step of a job or of the RAM test holds the loop for 2 ms", async () => {
  const options = { memory: 96, token: TOKEN, icount: "shift=1,sleep=off", timeout: 90000 };
  await Guest.with(options, async (guest) => {
    for (const document of [
      { profile: "steady_state", operations: 8000 },
      { profile: "exhaustion", operations: 10000 },
      { profile: "fragmentation", operations: 8000, arena: { mib: 16, engine: "2.4" } },
    ]) {
      const verdict = await soak(guest, document, { check: false });
      assert.equal(verdict.verdict, "pass", verdict.reasons.join("; "));
      assert.ok(verdict.longest_step_us > 0 && verdict.longest_step_us < 2000, verdict.name);
    }
    const body = JSON.stringify({ tests: ["random"] });
    await guest.request("/api/v1/memtest", { method: "POST", headers, body });
    let state;
    do {
      await sleep(300);
      state = (await guest.request("/api/v1/memtest", { timeout: 60000 })).json();
    } while (state.running);
    assert.ok(state.longest_step_us > 0 && state.longest_step_us < 2000, state.longest_step_us);
  });
});

// The largest of everything that a document may ask for: what is made before the first operation and
// given back after the last one is as much work as many operations.
test("no step is longer for the largest arena, live set, block or area", async () => {
  const options = { memory: 544, token: TOKEN, icount: "shift=1,sleep=off", timeout: 90000 };
  const long = { expect_failures: true, lifetime: 30000 };
  const arena = (engine) => ({
    ...{ ...long, name: engine, operations: 8000, arena: { mib: 256, engine } },
    live: { objects: 8000 },
    allocate: [
      { kind: "pages", order: 0 },
      { kind: "kmalloc", size: 100 },
    ],
  });
  const live = (name, operations, objects, source) => ({
    ...{ ...long, name, operations, live: { objects } },
    allocate: [source],
  });
  await Guest.with(options, async (guest) => {
    for (const document of [
      arena("2.6"),
      arena("2.4"),
      live("blocks", 800, 60000, { kind: "pages", order: 10, zone: "highmem" }),
      live("entries", 30000, 200000, { kind: "kmalloc", size: 8 }),
      live("areas", 700, 3000, {
        ...{ kind: "vmalloc", size: { dist: "uniform", min: 4096, max: 4194304 } },
      }),
    ]) {
      const { verdict, reasons, longest_step_us } = await soak(guest, document, { check: false });
      assert.equal(verdict, "pass", `${document.name}: ${reasons}`);
      assert.ok(longest_step_us < 2000, `${document.name}: ${longest_step_us} us`);
    }
  });
});

// The page tables that areas needed are back too; and a job that waits does not keep the loop awake.
test("nothing is left of many large areas; a slow job lets the machine sleep", async () => {
  await Guest.with({ memory: 256, token: TOKEN }, async (guest) => {
    const areas = {
      ...{ operations: 600, live: { objects: 300 }, lifetime: 200, expect_failures: true },
      allocate: [{ kind: "vmalloc", size: { dist: "uniform", min: 4096, max: 4194304 } }],
    };
    const tables = async () => {
      const { frames } = await guest.json("/api/v1/memory");
      return frames.find(({ use }) => use === "page_tables").pages;
    };
    const before = await tables();
    const verdict = await soak(guest, areas);
    assert.equal(verdict.verdict, "pass", verdict.reasons.join("; "));
    assert.equal(await tables(), before);
    const idle = async () => (await guest.text("/proc/uptime")).split(" ").map(Number);
    const [from, slept] = await idle();
    const slow = { operations: 60, rate: 20, allocate: [{ kind: "kmalloc", size: 100 }] };
    assert.equal((await soak(guest, slow, { check: false })).verdict, "pass");
    const [to, slept_by_then] = await idle();
    const share = (slept_by_then - slept) / (to - from);
    assert.ok(to - from > 2.5 && share > 0.5, `${share} of ${to - from} s`);
  });
});
