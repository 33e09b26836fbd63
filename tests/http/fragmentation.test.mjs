// extfrag_index, unusable_index and /api/v1/buddy: against the free blocks and the watermarks of the same
// machine, worked out here once more.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";

import { Guest } from "../lib/guest.mjs";
import { buddyinfo } from "../lib/proc.mjs";

const machines = [
  { name: "64 MiB", options: { memory: 64 } },
  { name: "1 GiB, high memory", options: { memory: 1024 } },
  { name: "mm=2.4", options: { memory: 64, append: "mm=2.4" } },
];

const EXTFRAG = "/sys/kernel/debug/extfrag/extfrag_index";
const UNUSABLE = "/sys/kernel/debug/extfrag/unusable_index";

function unusable(blocks, order) {
  const free = blocks.reduce((sum, n, o) => sum + n * 2 ** o, 0);
  const usable = blocks.reduce((sum, n, o) => sum + (o >= order ? n * 2 ** o : 0), 0);
  return free ? Math.floor(((free - usable) * 1000) / free) : 1000;
}

function extfrag(blocks, order) {
  const count = blocks.reduce((sum, n) => sum + n, 0);
  const free = blocks.reduce((sum, n, o) => sum + n * 2 ** o, 0);
  if (count === 0) return 0;
  if (blocks.some((n, o) => o >= order && n > 0)) return -1000;
  return 1000 - Math.floor((1000 + Math.floor((free * 1000) / 2 ** order)) / count);
}

/** As printf("%d.%03d") writes it. */
const thousandths = (n) => `${Math.trunc(n / 1000)}.${String(n % 1000).padStart(3, "0")}`;

for (const { name, options } of machines) {
  let guest;
  before(async () => {
    guest = await Guest.ready(options);
  });
  after(() => guest?.stop());

  test(`${name}: the indexes are Linux's of the free blocks, in its text`, async () => {
    for (let tries = 0; ; tries++) {
      const first = await guest.text("/proc/buddyinfo");
      const texts = {
        [EXTFRAG]: await guest.text(EXTFRAG),
        [UNUSABLE]: await guest.text(UNUSABLE),
      };
      if ((await guest.text("/proc/buddyinfo")) !== first) {
        assert.ok(tries < 20, "the free blocks never stand still");
        continue;
      }
      const zones = buddyinfo(first);
      for (const [path, index, width] of [
        [EXTFRAG, extfrag, 6],
        [UNUSABLE, unusable, 5],
      ])
        assert.equal(
          texts[path],
          zones
            .map(
              ({ node, zone, blocks }) =>
                `Node ${node}, zone ${zone.padStart(8)} ` +
                blocks
                  .map((_, order) => `${thousandths(index(blocks, order)).padStart(width)} `)
                  .join(""),
            )
            .join("\n") + "\n",
        );
      break;
    }
  });

  test(`${name}: the same in JSON, with what each request would meet`, async () => {
    const buddy = await guest.json("/api/v1/buddy");
    for (const { orders } of buddy.zones) {
      const blocks = orders.map(({ free_blocks: n }) => n);
      orders.forEach((row, order) => {
        assert.equal(row.unusable_thousandths, unusable(blocks, order));
        assert.equal(row.extfrag_thousandths, extfrag(blocks, order));
      });
    }
    const kinds = [...new Set(buddy.requests.map(({ kind }) => kind))];
    assert.deepEqual(kinds, ["dma", "kernel", "highmem"]);
    const memory = await guest.json("/api/v1/memory");
    for (const { kind, order, zones, served, verdict } of buddy.requests) {
      const tried = zones.map(({ zone }) => zone);
      const wanted = {
        dma: ["DMA"],
        kernel: ["Normal", "DMA"],
        highmem: ["HighMem", "Normal", "DMA"],
      };
      const there = memory.zones.map((zone) => zone.name);
      assert.deepEqual(
        tried,
        wanted[kind].filter((zone) => there.includes(zone)),
      );
      assert.equal(served, verdict === "gives" || verdict === "gives_below_low");
      for (const trial of zones) {
        const { orders } = buddy.zones.find(({ zone }) => zone === trial.zone);
        const fits = orders.slice(order).reduce((sum, row) => sum + row.free_blocks, 0);
        assert.equal(trial.blocks, fits, `${kind} ${order} ${trial.zone}`);
        const marks = memory.zones.find((zone) => zone.name === trial.zone);
        assert.equal(trial.min_pages, marks.min);
        assert.equal(trial.low_pages, marks.low);
        if (options.append) continue;
        // W-109 once more: what stays, and what of it is in blocks that are large enough.
        let left = trial.free_pages - 2 ** order + 1;
        let min = trial.min_pages;
        let ok = left > min + trial.kept_pages;
        for (let o = 0; ok && o < order; o++) {
          left -= orders[o].free_blocks * 2 ** o;
          min >>= 1;
          ok = left > min;
        }
        assert.equal(trial.verdict.startsWith("gives"), ok, `${kind} ${order} ${trial.zone}`);
      }
    }
    // An idle machine gives single pages, and none of its DMA zone is asked to spare a Normal one.
    const one = buddy.requests.find(({ kind, order }) => kind === "kernel" && order === 0);
    assert.equal(one.served, true);
  });
}

test("a request that would fail says which zone fails for which reason", async () => {
  // 12 MiB are one zone of which little is left above the largest orders.
  await Guest.with({ memory: 12 }, async (guest) => {
    const { requests } = await guest.json("/api/v1/buddy");
    const failing = requests.filter(({ served }) => !served);
    assert.ok(failing.length > 0, "on so small a machine nothing fails");
    for (const { zones, verdict } of failing) {
      if (zones.length === 0) assert.equal(verdict, "no_zone");
      for (const trial of zones) {
        assert.ok(
          ["small_blocks", "no_block", "kept", "below_min"].includes(trial.verdict),
          trial.verdict,
        );
        if (trial.verdict === "no_block") assert.equal(trial.blocks, 0);
        if (trial.verdict === "small_blocks") assert.ok(trial.blocks > 0);
        if (trial.verdict === "kept") assert.ok(trial.kept_pages > 0);
      }
    }
  });
});

test("the pair bitmaps of mm=2.4 are told: a set bit for each pair with one free half", async () => {
  const guest = await Guest.ready({ memory: 64, append: "mm=2.4" });
  try {
    const [text, { pair_bitmaps: maps }] = [
      await guest.text("/proc/buddyinfo"),
      await guest.json("/api/v1/buddy"),
    ];
    const zones = buddyinfo(text);
    assert.equal(maps.length, 9 * zones.length);
    for (const map of maps) {
      const zone = zones.find(({ zone: name }) => name === map.zone);
      // blocks free at an order are alone in their pair, or both halves would have been joined
      const pages = map.zone === "DMA" ? 4096 : 12288 - 32;
      assert.ok(Math.abs(map.set_bits - zone.blocks[map.order]) <= 4, JSON.stringify(map));
      assert.equal(map.bytes, 4 * Math.ceil((((pages - 1) >> (map.order + 4)) + 1) / 4));
      assert.ok(map.set_bits <= map.pairs && map.pairs <= 8 * map.bytes);
    }
    assert.equal((await guest.json("/api/v1/check")).ok, true);
  } finally {
    await guest.stop();
  }
});

test("there are no pair bitmaps with the engine of 2.6", async () => {
  const guest = await Guest.ready({ memory: 64 });
  try {
    assert.deepEqual((await guest.json("/api/v1/buddy")).pair_bitmaps, []);
  } finally {
    await guest.stop();
  }
});
