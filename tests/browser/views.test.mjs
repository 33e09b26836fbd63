// What every view has to satisfy, on a machine with everything recorded: an address and a title of its
// own, words that say what it shows, nothing that jumps or sticks out, nothing that axe-core finds, and a
// keyboard that reaches everything and shows where it is.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";

import {
  accessibility,
  DESKTOP,
  eventually,
  launch,
  layoutShift,
  overflow,
  PHONE,
  visit,
} from "../lib/browser.mjs";
import { Guest } from "../lib/guest.mjs";
import { nodeOptions } from "../lib/nodes.mjs";

// View, its title, and what must be there before it is judged.
const VIEWS = {
  frames: ["Where memory is", ".uses tfoot"],
  picture: ["Page frames", ".picture-legend li"],
  buddy: ["Free blocks", "#buddy .why"],
  slab: ["Slab caches", ".slab tfoot"],
  callsites: ["Who allocated", ".callsites tbody tr"],
  snapshots: ["Snapshots", "#snapshots .waiting"],
  boot: ["How memory came up", ".stages tbody tr"],
  "page-tables": ["Page tables", "[data-walk]"],
  vm: ["vmalloc and kmap", "#vm table"],
  soak: ["Soak", ".soak-start select option"],
  network: ["Network", "#network table"],
  log: ["Log", ".log-line"],
  machine: ["Machine", "#machine table"],
  fidelity: ["Fidelity", ".record"],
};
const SHIFT_MAX = 0.02; // people call 0.1 good

let guest;
let browser;
before(async () => {
  const append = "token=secret page_owner=on slub_debug=U";
  const options = { memory: 256, append, extra: nodeOptions(2, 256) };
  [guest, browser] = await Promise.all([Guest.ready(options), launch()]);
});
after(async () => {
  await browser?.close();
  await guest?.stop();
});

const at = (hash, body, options) => visit(browser, `${guest.origin}/#/${hash}`, body, options);

for (const [id, [title, selector]] of Object.entries(VIEWS))
  for (const [colorScheme, viewport] of [
    ["light", DESKTOP],
    ["dark", PHONE],
  ])
    test(`${id}, ${colorScheme}, ${viewport.width} px: titled, explained, still, within its screen, clean by axe-core`, () =>
      at(
        id,
        async (page) => {
          await page.locator(selector).first().waitFor({ state: "attached" });
          assert.equal(await page.title(), `${title} – memscope`);
          assert.equal(await page.locator("h2").first().innerText(), title);
          const lead = await page.locator(".lead").innerText();
          assert.ok(lead.length > 80, `says too little: ${lead}`);
          await page.waitForTimeout(2500);
          const { shift, movers } = await layoutShift(page);
          assert.ok(shift < SHIFT_MAX, `layout shift ${shift}: ${movers.join(", ")}`);
          assert.ok((await overflow(page)) <= 0, "wider than the window");
          assert.deepEqual(await accessibility(page), []);
        },
        { colorScheme, viewport },
      ));

// The element that has the focus: what it is called, whether it is in sight, and whether that shows.
function focused() {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const label = element.closest("label") && getComputedStyle(element.closest("label"));
  const box = (
    element.type === "radio" ? element.closest("label") : element
  ).getBoundingClientRect();
  const bar = document.querySelector(".top").getBoundingClientRect();
  const ring = (one) => one && one.outlineStyle !== "none" && parseFloat(one.outlineWidth) >= 2;
  return {
    name: `${element.tagName} ${(element.ariaLabel ?? element.textContent ?? "").trim().slice(0, 40)}`,
    body: element === document.body,
    ring: ring(style) || ring(label),
    inBar: Boolean(element.closest(".top, .skip")),
    seen:
      Boolean(element.closest(".top, .skip")) ||
      (box.bottom > bar.bottom - 1 &&
        box.top < innerHeight &&
        box.right > 0 &&
        box.left < innerWidth),
  };
}

for (const id of ["picture", "buddy", "slab", "page-tables", "soak"])
  test(`${id}: each stop of the Tab key is in sight and has a visible ring`, () =>
    at(id, async (page) => {
      await page.locator(VIEWS[id][1]).first().waitFor({ state: "attached" });
      await page.waitForTimeout(500);
      const seen = [];
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press("Tab");
        const stop = await page.evaluate(focused);
        if (stop.body) break;
        seen.push(stop);
      }
      assert.ok(seen.length > 20, `only ${seen.length} stops`);
      assert.match(seen[0].name, /Skip to the content/);
      for (const stop of seen) {
        assert.ok(stop.ring, `no ring: ${stop.name}`);
        assert.ok(stop.seen, `out of sight: ${stop.name}`);
      }
    }));

test("the skip link leads past the navigation", () =>
  at("slab", async (page) => {
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    const inMain = () => document.getElementById("main").contains(document.activeElement);
    assert.ok(await page.evaluate(inMain));
    assert.match(page.url(), /#\/slab$/);
  }));

test("a special word explains itself to pointer and keyboard, and Escape hides it", () =>
  at("buddy", async (page) => {
    const word = page.getByRole("button", { name: "order", exact: true });
    const tip = page.locator(".tip.shown");
    await word.focus();
    assert.match(await tip.innerText(), /order n is 2ⁿ frames/);
    const id = await word.getAttribute("aria-describedby");
    assert.equal(await tip.getAttribute("id"), id);
    assert.deepEqual(await accessibility(page), []);
    await page.keyboard.press("Escape");
    assert.equal(await tip.count(), 0);
    await page.getByRole("button", { name: "fragmented" }).hover();
    assert.match(await tip.innerText(), /in pieces/);
  }));

test("the small allocator is taken from and given back to, in words", () =>
  at("buddy", async (page) => {
    const steps = () => page.locator(".tiny-steps li").allInnerTexts();
    await page.click('button:text("Take 1 frame")');
    assert.equal((await steps()).filter((words) => words.startsWith("Split")).length, 4);
    assert.equal(await page.locator(".tiny-free").count(), 4);
    await page.click(".tiny-used");
    assert.equal((await steps()).filter((words) => words.startsWith("Join")).length, 4);
    assert.equal(await page.locator(".tiny-free").count(), 1);
  }));

test("what is not there is said: a cache, a frame, the token, a wrong one", async () => {
  const says = (page, words) => page.locator(".bad", { hasText: words }).first().waitFor();
  await at("slab/nonesuch", (page) => says(page, "There is no cache “nonesuch”"));
  await at("picture/0xffffffff", (page) => says(page, "is no frame of this machine"));
  await at(
    "callsites",
    async (page) => {
      await page.click('button:text("Set a mark")');
      await says(page, "the token is missing");
      await page.fill(".token input", "wrong");
      await page.click('button:text("Set a mark")');
      await says(page, "not the token of the kernel's command line");
    },
    { complaints: true },
  );
});

test("addresses: each view's can be given to others, and back and forward lead from one to the next", () =>
  at("frames", async (page) => {
    const titled = (title) =>
      eventually(async () => assert.equal(await page.title(), `${title} – memscope`));
    for (const id of Object.keys(VIEWS)) {
      await page.evaluate((hash) => (location.hash = hash), `#/${id}`);
      await titled(VIEWS[id][0]);
    }
    const titles = Object.values(VIEWS).map(([title]) => title);
    for (const title of titles.toReversed().slice(1, 5)) {
      await page.goBack();
      await titled(title);
    }
    await page.goForward();
    await titled(titles.at(-4));
  }));
