// Snapshots: reading, keeping and comparing them; two moments of the page tables.

import assert from "node:assert/strict";
import test from "node:test";

import {
  changedBits,
  changeRows,
  diffDirectory,
  diffMoments,
  diffRuns,
  flagNames,
  frameWords,
  readAll,
  readMoment,
} from "../src/model/pt-diff.js";
import {
  compare,
  compareRows,
  createShelf,
  differences,
  KEPT_BYTES_MAX,
  readSnapshot,
  takeSnapshot,
} from "../src/model/snapshots.js";
import * as machine from "./machine.mjs";

// ---- Page tables ----

const run = (address, entry, count, large = false) => ({ address, entry, count, large });
const moment = (runs, more = {}) =>
  readMoment({ directory: [], runs, next: null, snapshot: { uptime_ms: 1 }, ...more });
const diff = (a, b) => diffRuns(moment(a), moment(b));
const short = (list) =>
  list.map(({ start, pages, what }) => `${what} ${pages} at ${start.toString(16)}`);

test("equal tables are equal, however they are cut into runs", () => {
  const whole = [run("0xc0000000", "0x163", 512)];
  const cut = [run("0xc0000000", "0x163", 256), run("0xc0100000", "0x100163", 256)];
  assert.deepEqual(diff(whole, cut), []);
});

test("what appeared, vanished, moved and changed is told apart", () => {
  const before = [
    run("0x1000", "0x5163", 2),
    run("0xc0000000", "0x163", 16),
    run("0xf8000000", "0x123163", 4),
  ];
  const after = [
    run("0xc0000000", "0x163", 4),
    run("0xc0004000", "0x4161", 2), // two pages lost their write bit
    run("0xc0006000", "0x6163", 10),
    run("0xf8000000", "0x223163", 4),
    run("0xf8010000", "0x999063", 1),
  ];
  const found = diff(before, after);
  assert.deepEqual(short(found), [
    "vanished 2 at 1000",
    "other bits 2 at c0004000",
    "other frame 4 at f8000000",
    "appeared 1 at f8010000",
  ]);
  assert.deepEqual(found[1].bits, [{ bit: 1, name: "writable", before: true, after: false }]);
  assert.equal(found[2].frame_before, 0x123);
  assert.equal(found[2].frame_after, 0x223);
  assert.deepEqual(flagNames(found[3].after), ["present", "writable", "accessed", "dirty"]);
});

test("a large page that becomes a table is of another size", () => {
  const found = diff(
    [run("0xc0400000", "0x4001e3", 2, true)],
    [run("0xc0400000", "0x400163", 1024), run("0xc0800000", "0x8001e3", 1, true)],
  );
  assert.deepEqual(short(found), ["other size 1024 at c0400000"]);
  assert.equal(found[0].frame_before, 0x400);
  assert.equal(found[0].frame_after, 0x400);
});

test("frames above 2 GiB and the last page of the space are right", () => {
  const found = diff([], [run("0xfffff000", "0xfec0017b", 1)]);
  assert.deepEqual(short(found), ["appeared 1 at fffff000"]);
  assert.equal(found[0].frame_after, 0xfec00);
  assert.equal(found[0].end, 2 ** 32);
});

test("neighbours that changed alike are one, with scattered frames where they are", () => {
  const scattered = diff([], [run("0x1000", "0x5063", 1), run("0x2000", "0x9063", 1)]);
  assert.deepEqual(short(scattered), ["appeared 2 at 1000"]);
  assert.equal(frameWords(scattered[0].frame_after, 2), "2 frames, scattered");
  const row = diff([], [run("0x1000", "0x5063", 1), run("0x2000", "0x6063", 1)]);
  assert.equal(frameWords(row[0].frame_after, 2), "frames 5 to 6");
});

// Any two sets of runs: the differences, applied page by page, are what comparing page by page gives.
test("random tables: the differences are those of the single pages", () => {
  const seed = Number(process.env.SEED ?? 4);
  let state = seed;
  const dice = (n) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % n;
  };
  const table = () => {
    const runs = [];
    for (let page = dice(3); page < 60; ) {
      const count = 1 + dice(6);
      const flags = 0x161 + 2 * dice(2);
      runs.push(
        run(
          `0x${(page * 4096).toString(16)}`,
          `0x${((dice(40) << 12) | flags).toString(16)}`,
          count,
        ),
      );
      page += count + dice(4);
    }
    return runs;
  };
  const pages = (runs) => {
    const out = new Map();
    for (const { address, entry, count } of runs)
      for (let i = 0; i < count; i++) out.set(Number(address) / 4096 + i, Number(entry) + i * 4096);
    return out;
  };
  for (let round = 0; round < 300; round++) {
    const [a, b] = [table(), table()];
    const [x, y] = [pages(a), pages(b)];
    const expected = [...Array(80).keys()].filter((page) => x.get(page) !== y.get(page));
    const found = diff(a, b).flatMap(({ start, pages: n, frame_after, after }) =>
      Array.from({ length: n }, (_, i) => {
        const page = start / 4096 + i;
        if (frame_after !== undefined && frame_after !== null)
          assert.equal((frame_after + i) * 4096 + after, y.get(page), `seed ${seed}`);
        return page;
      }),
    );
    assert.deepEqual(found, expected, `seed ${seed}, round ${round}`);
  }
});

test("the directory is compared entry by entry", () => {
  const entry = (index, count, kind, value) => ({ index, count, kind, entry: value });
  const a = [
    entry(0, 768, "empty", "0x0"),
    entry(768, 2, "large", "0x1e3"),
    entry(770, 254, "empty", "0x0"),
  ];
  const b = [
    entry(0, 768, "empty", "0x0"),
    entry(768, 1, "large", "0x1e3"),
    entry(769, 1, "large", "0x4001e1"),
    entry(770, 1, "table", "0x9067"),
    entry(771, 253, "empty", "0x0"),
  ];
  const found = diffDirectory({ directory: a }, { directory: b });
  assert.deepEqual(
    found.map(({ index, what }) => [index, what]),
    [
      [769, "changed"],
      [770, "appeared"],
    ],
  );
  assert.deepEqual(
    found[0].bits.map(({ name }) => name),
    ["writable"],
  );
  const rows = changeRows(diffMoments(moment([], { directory: a }), moment([], { directory: b })));
  assert.equal(rows[1].flags_after, "0x9067");
});

test("bits are named with both of their states", () => {
  assert.deepEqual(
    changedBits(0x163, 0x10b).map(({ name, before, after }) => [name, before, after]),
    [
      ["write-through", false, true],
      ["accessed", true, false],
      ["dirty", true, false],
    ],
  );
});

test("a long list is read to its end", async () => {
  const asked = [];
  const all = await readAll(async (path) => {
    asked.push(path);
    const second = path.includes("from=");
    return {
      directory: second ? undefined : [],
      runs: [second ? run("0x5000", "0x5063", 1) : run("0x1000", "0x1063", 1)],
      next: second ? null : "0x5000",
      snapshot: { uptime_ms: 5 },
    };
  });
  assert.equal(all.runs.length, 2);
  assert.equal(all.end, 2 ** 32);
  assert.match(asked[1], /&from=0x5000$/);
});

// ---- Snapshots ----

const site = (name, live, bytes) => ({
  site: name,
  address: "0xc0100000",
  kind: "pages",
  what: "slab",
  live,
  bytes,
});

function documents({ memory = machine.memory(), sites = [], runs = [], bitmaps = [] } = {}) {
  return {
    memory,
    buddy: { zones: [], pair_bitmaps: bitmaps, requests: [] },
    vm: {
      layout: [
        { name: "User Space", start: "0x0", end: "0xc0000000" },
        { name: "Kernel Mapping", start: "0xc0000000", end: "0x100000000" },
      ],
      vmalloc: { areas: [] },
    },
    net: { interface: { mac: "52:54:00:12:34:56" } },
    callsites: {
      tracking: { pages: true, objects: true },
      sites,
      site_count: sites.length,
    },
    pagetables: { directory: [], runs, next: null, snapshot: { uptime_ms: 1 } },
    snapshot: { cycles: 99, uptime_ms: 5, bytes: 7 },
  };
}

const answers = (parts, more = {}) => ({
  "/api/v1/snapshot": JSON.stringify(documents(parts)),
  "/proc/version": "memscope 1\n",
  "/proc/cmdline": "token=\n",
  "/api/v1/machine": JSON.stringify({ cpu: { model_name: "QEMU", vendor: "x" } }),
  "/api/v1/firmware": JSON.stringify({ dmi: null }),
  ...more,
});

async function saved(parts, { name = "one", now_ms = 1_000_000, ...more } = {}) {
  const all = answers(parts, more);
  const snapshot = await takeSnapshot(async (path) => all[path], { name, now_ms, id: name });
  return JSON.stringify(snapshot);
}

test("a snapshot is taken, and read back as it was", async () => {
  const one = readSnapshot(await saved());
  assert.equal(one.name, "one");
  assert.equal(one.taken_at, "1970-01-01T00:16:40.000Z");
  assert.equal(one.machine.generation, "2.6");
  assert.equal(one.machine.mac, "52:54:00:12:34:56");
  assert.equal(one.cost.cycles, 99);
  assert.equal(one.memory.ram_pages, machine.memory().ram_pages);
  const other = readSnapshot(await saved({ bitmaps: [{}] }));
  assert.equal(other.machine.generation, "2.4");
});

test("a file that is no snapshot is refused with what is wrong", async () => {
  const text = await saved();
  const damaged = (change) => {
    const json = JSON.parse(text);
    change(json);
    return () => readSnapshot(JSON.stringify(json));
  };
  assert.throws(() => readSnapshot(text.slice(0, -10)), /not JSON, or it was cut off/);
  assert.throws(() => readSnapshot("[1]"), /memscope_snapshot is missing/);
  assert.throws(() => readSnapshot("null"), /memscope_snapshot is missing/);
  assert.throws(
    damaged((json) => (json.memscope_snapshot = 2)),
    /form 2: this page knows form 1/,
  );
  assert.throws(
    damaged((json) => delete json.machine),
    /snapshot\.machine: expected object/,
  );
  assert.throws(
    damaged((json) => (json.taken_at = "soon")),
    /not a time: soon/,
  );
  assert.throws(
    damaged((json) => (json.documents.memory.frames[3].pages = "12")),
    /memory\.frames\[3\]\.pages: expected number, found string/,
  );
  assert.throws(
    damaged((json) => (json.documents.pagetables.runs = [{ address: 5 }])),
    /pagetables\.runs\[0\]\.address: expected string, found number/,
  );
  assert.throws(
    damaged((json) => delete json.documents.callsites.sites),
    /callsites\.sites: expected array, found nothing/,
  );
});

function storage() {
  const all = new Map();
  return {
    get length() {
      return all.size;
    },
    key: (i) => [...all.keys()][i],
    getItem: (key) => all.get(key) ?? null,
    setItem: (key, text) => all.set(key, text),
    removeItem: (key) => all.delete(key),
  };
}

test("the shelf keeps what fits, by id, and leaves other things in the storage alone", async () => {
  const place = storage();
  place.setItem("memscope-token", "x");
  place.setItem("memscope-snapshot-broken", "{");
  const shelf = createShelf(place);
  shelf.add(await saved({}, { name: "late", now_ms: 2_000_000 }));
  shelf.add(await saved({}, { name: "early" }));
  shelf.add(await saved({}, { name: "early" }));
  assert.deepEqual(
    shelf.list().map(({ name }) => name),
    ["early", "late"],
  );
  shelf.remove("late");
  assert.equal(shelf.list().length, 1);
  place.setItem("memscope-snapshot-big", "x".repeat(KEPT_BYTES_MAX - shelf.used()));
  const more = await saved({}, { name: "more" });
  assert.throws(() => shelf.add(more), /no room for it here: delete a snapshot/);
  assert.equal(place.getItem("memscope-token"), "x");
});

test("a storage that is full earlier than it says is no error of another kind", async () => {
  const place = storage();
  place.setItem = () => {
    throw new Error("QuotaExceededError");
  };
  const text = await saved();
  assert.throws(() => createShelf(place).add(text), /no room for it here/);
});

// The same machine with `move` applied to its memory, `later_ms` on.
async function pair(move, { later_ms = 1000, before = {}, after = {}, ...more } = {}) {
  const memory = machine.memory();
  const next = structuredClone(memory);
  next.snapshot.uptime_ms += later_ms;
  move(next);
  return [
    readSnapshot(await saved({ memory, ...before })),
    readSnapshot(
      await saved(
        { memory: next, ...after },
        { name: "two", now_ms: 1_000_000 + later_ms, ...more },
      ),
    ),
  ];
}

test("nothing moved: nothing is different, and nothing has to be said", async () => {
  const [a, b] = await pair(() => {});
  const result = compare(a, b);
  assert.deepEqual(result.warnings, []);
  for (const section of result.sections) assert.deepEqual(section.changed, [], section.id);
  assert.deepEqual([result.tables.directory, result.tables.runs], [[], []]);
});

test("exactly what moved is listed, the largest first, with totals", async () => {
  const use = (memory, name) => memory.frames.find((item) => item.use === name);
  const [a, b] = await pair(
    (memory) => {
      use(memory, "slab").pages += 3;
      use(memory, "buddy_free_normal").pages -= 5;
      use(memory, "vmalloc").pages += 2;
      memory.zones[1].orders[2].types.Movable -= 1;
      memory.caches[0].pages += 3;
      memory.caches[0].active += 40;
    },
    {
      before: { sites: [site("f+0x1/0x2", 2, 8192)], runs: [run("0xc0000000", "0x163", 16)] },
      after: {
        sites: [site("f+0x1/0x2", 1, 4096), site("g+0x1/0x2", 7, 28672)],
        runs: [run("0xc0000000", "0x163", 18)],
      },
    },
  );
  const { sections, tables } = compare(a, b);
  const moved = (id) =>
    sections
      .find((section) => section.id === id)
      .changed.map(({ name, delta, delta_bytes }) => [name, delta, delta_bytes]);
  assert.deepEqual(moved("frames"), [
    ["buddy_free_normal", -5, -20480],
    ["slab", 3, 12288],
    ["vmalloc", 2, 8192],
  ]);
  assert.equal(sections[0].total.delta, 0);
  assert.deepEqual(moved("blocks"), [[`node 0 ${a.memory.zones[1].name}, order 2`, -1, -16384]]);
  assert.deepEqual(moved("caches"), [[a.memory.caches[0].name, 40, 12288]]);
  assert.deepEqual(moved("mapped"), [["Kernel Mapping", 2, 8192]]);
  assert.deepEqual(moved("sites"), [
    ["g+0x1/0x2 pages:slab", 7, 28672],
    ["f+0x1/0x2 pages:slab", -1, -4096],
  ]);
  assert.equal(tables.runs.length, 1);
  assert.equal(tables.runs[0].pages, 2);
  assert.ok(compareRows({ sections }).some(({ name, delta }) => name === "slab" && delta === 3));
});

test("another machine, start, generation, image and options are said", async () => {
  const said = async (move, more) => differences(...(await pair(move, more))).join(" ");
  assert.match(await said((memory) => (memory.ram_pages += 1)), /different machines/);
  assert.match(await said((memory) => (memory.snapshot.uptime_ms = 5)), /different starts/);
  assert.match(await said((memory) => (memory.snapshot.uptime_ms += 60_000)), /different starts/);
  assert.match(
    await said(() => {}, { after: { bitmaps: [{}] } }),
    /different generations: mm=2\.6 and mm=2\.4/,
  );
  assert.match(await said(() => {}, { "/proc/version": "memscope 2\n" }), /different images/);
  assert.match(
    await said(() => {}, { "/proc/cmdline": "mem=8M\n" }),
    /options are different: "token=" and "mem=8M"/,
  );
});
