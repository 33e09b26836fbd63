// What is there to learn from: the glossary, and the buddy allocator of sixteen frames.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { GLOSSARY, marked } from "../src/model/glossary.js";
import { FRESH, freeLists, give, span, take } from "../src/model/tiny-buddy.js";

test("each word that a lead marks is in the glossary, and each of those is marked somewhere", () => {
  const views = new URL("../src/views/", import.meta.url);
  const used = new Set();
  for (const file of readdirSync(views)) {
    const lead = /lead:\s*"([^"]*)"/.exec(readFileSync(new URL(file, views), "utf8"))?.[1];
    if (!lead) continue;
    assert.ok(lead.length > 60, `${file} says too little`);
    for (const [, word, other] of lead.matchAll(/\[([^\]]+)\](?:\(([^)]+)\))?/g)) {
      assert.ok(GLOSSARY[other ?? word], `${file}: ${other ?? word}`);
      used.add(other ?? word);
    }
    assert.ok(
      !/\[|\]/.test(
        marked(lead)
          .map(({ text }) => text)
          .join(""),
      ),
      file,
    );
  }
  assert.deepEqual([...Object.keys(GLOSSARY)].sort(), [...used].sort());
});

test("a sentence keeps its words, and only the marked ones have a meaning", () => {
  const parts = marked("[block]s, [cut](order) and [no such word].");
  assert.deepEqual(
    parts.map(({ text }) => text),
    ["block", "s, ", "cut", " and ", "no such word", "."],
  );
  assert.deepEqual(
    parts.map(({ meaning }) => meaning),
    [GLOSSARY.block, undefined, GLOSSARY.order, undefined, undefined, undefined],
  );
});

test("one frame of sixteen: four splits; given back, four joins", () => {
  const taken = take(FRESH, 0);
  assert.deepEqual(taken.blocks.map(span), ["0", "1", "2–3", "4–7", "8–15"]);
  assert.deepEqual(
    taken.blocks.filter(({ used }) => used).map(({ pfn }) => pfn),
    [0],
  );
  assert.equal(taken.steps.filter((words) => words.startsWith("Split")).length, 4);
  const back = give(taken, 0);
  assert.deepEqual(back.blocks, FRESH.blocks);
  assert.equal(back.steps.filter((words) => words.startsWith("Join")).length, 4);
  assert.deepEqual(give(back, 0), { blocks: back.blocks, steps: [] });
});

test("a buddy in use keeps the other from joining; too little and too scattered are told apart", () => {
  let state = FRESH;
  for (let i = 0; i < 16; i++) state = take(state, 0);
  assert.match(take(state, 0).steps[0], /cannot be had. Only 0 are free/);
  for (let pfn = 0; pfn < 16; pfn += 2) state = give(state, pfn);
  assert.match(state.steps.at(-1), /buddy 15 is not free as a whole: 14 stays/);
  assert.match(take(state, 1).steps[0], /8 frames are free, but in no one block.*fragmented/);
  assert.equal(freeLists(state).at(-1).blocks.length, 8);
});

test("whatever is taken and given in any order, the blocks make up all frames and no buddies are free", () => {
  const seed = Number(process.env.SEED ?? Date.now() % 100000);
  console.log(`# SEED=${seed}`);
  let random = seed;
  const next = (n) => {
    random = (Math.imul(random, 1103515245) + 12345) >>> 0;
    return Math.floor((random / 2 ** 32) * n);
  };
  let state = FRESH;
  for (let i = 0; i < 2000; i++) {
    const used = state.blocks.filter((block) => block.used);
    state =
      used.length && next(2) ? give(state, used[next(used.length)].pfn) : take(state, next(3));
    let pfn = 0;
    for (const block of state.blocks) {
      assert.equal(block.pfn, pfn);
      assert.equal(pfn % 2 ** block.order, 0);
      pfn += 2 ** block.order;
      const buddy = state.blocks.find((one) => one.pfn === (block.pfn ^ (2 ** block.order)));
      assert.ok(block.used || !buddy || buddy.used || buddy.order !== block.order);
    }
    assert.equal(pfn, 16);
  }
});
