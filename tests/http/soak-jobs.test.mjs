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

/** QEMU options for two nodes; no arena of 20 MiB fits the first, where the processor is. */
const node = (n, mib) => [
  ...["-object", `memory-backend-ram,size=${mib}M,id=m${n}`],
  ...["-numa", `node,nodeid=${n},memdev=m${n}`],
];
const TWO_NODES = { memory: 128, extra: [...node(0, 24), ...node(1, 104)] };

// The same document and seed: sizes of memory, generations of the machine, nodes, options; twice. The
// checksums are those of no particular machine, so they are compared with each other only. From 20 MiB on
// an arena keeps migrate types apart.
test("same document and seed: same calls and same final state, bit for bit", async (t) => {
  const seen = new Map();
  const machines = [
    [{ memory: 32 }, { mib: 4 }, 2],
    [{ memory: 300, append: "mm=2.4", cpu: "pentium3" }, { mib: 4 }, 1],
    [{ memory: 80, append: "bootmem=bitmap page_owner=on slub_debug=FZPU" }, { mib: 20 }, 1],
    [TWO_NODES, { mib: 20 }, 1],
    [{ memory: 200, append: "mm=2.4" }, { mib: 20 }, 1],
  ];
  for (const [options, { mib }, times] of machines) {
    await Guest.with({ ...options, token: TOKEN }, async (guest) => {
      if (options === TWO_NODES) {
        const { nodes } = (await guest.request("/api/v1/nodes")).json();
        assert.equal(nodes.length, 2, "it is the machine it should be");
      }
      const engines = Array(times).fill(["2.6", "2.4"]).flat();
      for (const engine of engines) {
        const document = everything(engine, { arena: { mib, engine } });
        const { verdict, arena, calls_checksum, reasons } = await soak(guest, document);
        t.diagnostic(`${mib} MiB, ${engine}: ${arena.state_checksum}`);
        assert.equal(arena.exact, true);
        assert.equal(verdict, "pass", reasons.join("; "));
        const sums = { state: arena.state_checksum, drained: arena.drained_checksum };
        assert.deepEqual(
          { ...sums, calls_checksum },
          seen.get(engine + mib) ?? { ...sums, calls_checksum },
        );
        seen.set(engine + mib, { ...sums, calls_checksum });
      }
      if (mib !== 4) return;
      const other = await soak(guest, everything("2.6", { seed: 6 }));
      assert.notEqual(other.arena.state_checksum, seen.get("2.64").state);
      await assertConserved(guest);
    });
  }
  assert.notEqual(seen.get("2.64").state, seen.get("2.44").state);
  assert.equal(new Set([...seen.values()].map((sums) => sums.calls_checksum)).size, 1);
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

for (const append of ["", "mm=2.4"])
  test(`defects are found and named, live and in arenas of both engines, ${append}`, async () => {
    const plain = {
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
    await Guest.with({ memory: 64, append, token: TOKEN }, async (guest) => {
      const places = [undefined, { mib: 4, engine: "2.4" }, { mib: 4, engine: "2.6" }];
      const one = async ([kind, find], arena) => {
        // The check would see an overwritten object before its free does.
        const bug = { kind, after: 500 };
        const verdict = await soak(guest, { ...plain, arena, bug }, { check: false });
        const where = `${kind}, ${arena?.engine ?? "live"}`;
        assert.equal(verdict.verdict, "fail", where);
        assert.equal(verdict.injected.bug_made, true, where);
        const found = find(verdict);
        assert.ok(found, `${where}: ${JSON.stringify([verdict.findings, verdict.leaks])}`);
        assert.match(found.call_site, /^(take|give)\w*\+0x/, where);
        assert.match(found.source, /^allocate\[\d\] /, where);
        assert.equal(verdict.findings.length + verdict.leaks.length, 1, "and nothing else");
      };
      for (const bug of Object.entries(BUGS)) await Promise.all(places.map((at) => one(bug, at)));
      const clean = await Promise.all(places.map((arena) => soak(guest, { ...plain, arena })));
      for (const { verdict, reasons } of clean) assert.equal(verdict, "pass", reasons.join("; "));
      await assertConserved(guest);
    });
  });

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
      const profile = await soak(guest, { profile: "exhaustion" }, { check: false });
      assert.equal(profile.verdict, "pass", profile.reasons.join("; "));
      assert.ok(profile.failures_expected > 10000, `${profile.failures_expected} failures`);
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

test("eight jobs, a ninth is refused; DELETE in every state; a restart forgets them", async (t) => {
  const options = { memory: 64, extra: ["-action", "reboot=reset"], token: TOKEN };
  const document = "{'seed':4,'operations':3000,'allocate':[{'kind':'kmalloc','size':80}]}";
  await Guest.with({ ...options, append: `soak=${document}` }, async (guest) => {
    const verdictLine = /^memscope: soak job: (pass, 3000 operations, calls 0x\w+, state 0x0)$/;
    const [, atBoot] = await guest.waitForLine(verdictLine);
    await guest.request("/api/v1/soak/1", { method: "DELETE", headers });
    const start = (more) => {
      const body = JSON.stringify({
        duration_ms: 600000,
        rate: 2000,
        live: { objects: 200 },
        allocate: [{ kind: "cache", name: "j", size: 200, debug: true }],
        ...more,
      });
      return guest.request("/api/v1/soak", { method: "POST", headers, body });
    };
    const end = (id) => guest.request(`/api/v1/soak/${id}`, { method: "DELETE", headers });
    const verdict = (id) => guest.json(`/api/v1/soak/${id}`);
    const jobs = [];
    for (let n = 0; n < 8; n++) {
      const arena = n < 4 ? { mib: 4, engine: n % 2 ? "2.4" : "2.6" } : undefined;
      jobs.push((await start({ arena })).json().id);
    }
    const ninth = await start();
    assert.equal(ninth.status, 503);
    assert.match(ninth.json().error.message, /eight jobs run already: stop one/);
    while ((await verdict(jobs[3])).state !== "running") await sleep(20);
    const stopped = new Set();
    const deadline = Date.now() + 60000;
    for (let left = jobs; left.length; ) {
      assert.ok(Date.now() < deadline, "they end");
      for (const id of left) {
        const answer = await end(id); // as often as there are states
        stopped.add(answer.json().stopping ?? "done");
        assert.ok([200, 202].includes(answer.status));
        if (answer.status === 200) {
          left = left.filter((one) => one !== id);
          assert.equal((await end(id)).status, 404);
          assert.match((await end(id)).json().error.message, new RegExp(`no job ${id}`));
        }
      }
    }
    t.diagnostic(`stopped while ${[...stopped].join(", ")}`);
    assert.ok(stopped.has("running") || stopped.has("baseline"));
    // What ends by itself is deleted in the states at its end, whenever one is met.
    for (let n = 0; n < 12; n++) {
      const { id } = (await start({ operations: 300, rate: 0 })).json();
      while (!["draining", "settling", "done"].includes((await verdict(id)).state)) await sleep(5);
      while ((await end(id)).status !== 200) await sleep(5);
    }
    await assertConserved(guest);
    for (let n = 0; n < 3; n++) await start({ arena: { mib: 8, engine: n % 2 ? "2.4" : "2.6" } });
    await guest.request("/api/v1/reboot", { method: "POST", headers });
    const again = () => guest.serial.split(/^memscope: soak job: /m).length === 3;
    while (!again()) {
      assert.ok(Date.now() < deadline + 60000 && !guest.exited, guest.serial);
      await sleep(100);
    }
    guest.agent.destroy(); // the connections of the machine that was
    const second = guest.lines.filter((line) => verdictLine.test(line));
    assert.equal(verdictLine.exec(second[1])[1], atBoot, "the same calls after the restart");
    assert.deepEqual(
      (await guest.json("/api/v1/soak")).jobs.map(({ name, state }) => ({ name, state })),
      [{ name: "", state: "done" }],
    );
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

// A bit is stuck at a random place, in low and in high memory; the lines that the test prints keep both
// frames out of the next boot. SEED= repeats a run.
test("the RAM test finds exactly the bit that is stuck; its lines keep the frame out of the next boot", async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1000000);
  t.diagnostic(`SEED=${seed}`);
  const random = (n, below) => Math.floor(((Math.sin(seed * 7 + n) + 1) * 1e6) % below);
  const MIB = 1048576;
  const hex = (n) => `0x${n.toString(16)}`;
  const machine = { memory: 88, token: TOKEN };
  const run = async (guest, document) => {
    const body = JSON.stringify(document);
    const started = await guest.request("/api/v1/memtest", { method: "POST", headers, body });
    assert.equal(started.status, 201, started.text);
    let last = 0;
    for (;;) {
      await sleep(50);
      const state = (await guest.request("/api/v1/memtest")).json();
      assert.ok(state.percent >= last && state.percent <= 100, `${last} %, then ${state.percent}`);
      last = state.percent;
      if (!state.running) return state;
    }
  };
  const badRam = async (guest) =>
    (await guest.json("/api/v1/memory")).frames.find(({ use }) => use === "bad_ram")?.pages ?? 0;
  const found = [];
  await Guest.with({ memory: 16, token: TOKEN }, async (guest) => {
    const tests = ["walking_bits", "moving_inversions", "random", "patterns"];
    const clean = await run(guest, { tests });
    assert.equal(clean.bad_frames, 0);
    assert.equal(clean.percent, 100);
    assert.ok(clean.mib_per_second > 0 && clean.bytes_moved > clean.tested_pages * 4096);
    assert.ok(clean.tested_pages > 0.75 * clean.total_pages, JSON.stringify(clean));
  });
  await Guest.with({ ...machine, append: "highmem=20M" }, async (guest) => {
    for (const [n, [from, to]] of [
      [24, 56],
      [70, 84],
    ].entries()) {
      const address = from * MIB + 4 * random(n, ((to - from) * MIB) / 4);
      const bit = random(n + 9, 32);
      const tests = ["address_in_address"];
      const state = await run(guest, { tests, stuck: { address, bit } });
      const what = `bit ${bit} at ${hex(address)}`;
      t.diagnostic(what);
      assert.equal(state.made_up_fault_tested, true, what);
      assert.ok(state.tested_high_pages > 4000, JSON.stringify(state));
      assert.equal(state.bad_frames, 1, what);
      assert.equal(state.bad[0].address, hex(address), what);
      assert.equal(state.bad[0].bits, hex(2 ** bit), what);
      assert.equal(state.bad[0].frame, hex(Math.floor(address / 4096)));
      const frame = hex(Math.floor(address / 4096) * 4096);
      assert.equal(state.badram, `badram=${frame},0xfffff000`);
      assert.equal(state.memmap, `memmap=4K$${frame}`);
      assert.equal(await badRam(guest), n + 1);
      found.push({ address, frame, lines: [state.memmap, state.badram] });
    }
    const { memmap } = await guest.json("/api/v1/memtest");
    assert.equal(memmap, found[1].lines[0], "of the last test");
    const wrong = JSON.stringify({ tests: ["nonsense"] });
    const post = { method: "POST", headers, body: wrong };
    assert.equal((await guest.request("/api/v1/memtest", post)).status, 400);
    await assertConserved(guest);
  });
  for (const which of [0, 1]) {
    const append = ["highmem=20M", ...found.map(({ lines }) => lines[which])];
    await Guest.with({ ...machine, append }, async (guest) => {
      const { frames } = await guest.json("/api/v1/memory");
      assert.equal(frames.find(({ use }) => use === "cut_by_option").pages, 2, append.join(" "));
      for (const { address, frame } of found.slice(which, which + 1)) {
        const table = await guest.json("/api/v1/boot");
        const { entries } = table.e820.at(-1);
        const at = entries.find(({ start, end }) => +start <= +frame && +frame < +end);
        assert.equal(at.type, "reserved", frame);
        const stuck = { address, bit: 3 };
        const state = await run(guest, { tests: ["address_in_address"], stuck });
        assert.equal(state.made_up_fault_tested, false, "nobody touches it");
        assert.equal(state.bad_frames, 0);
      }
      assert.equal(await badRam(guest), 0);
      await assertConserved(guest);
    });
  }
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
        ...{ kind: "vmalloc", size: { dist: "uniform", min: 4096, max: 1048576 } },
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
      allocate: [{ kind: "vmalloc", size: { dist: "uniform", min: 4096, max: 1048576 } }],
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
