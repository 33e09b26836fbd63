// The picture of page frames in a real browser, over a machine with 3.5 GiB: its figures are those of
// the API, it can be moved by mouse and keyboard, and drawing it is fast enough to follow a hand.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";

import {
  accessibility,
  DESKTOP,
  eventually,
  launch,
  overflow,
  PHONE,
  screenshot,
  visit,
} from "../lib/browser.mjs";
import { Guest } from "../lib/guest.mjs";

let guest;
let browser;

before(async () => {
  [guest, browser] = await Promise.all([Guest.ready({ memory: 3584 }), launch()]);
});

after(async () => {
  await browser?.close();
  await guest?.stop();
});

const onPicture = (body, options) =>
  visit(browser, `${guest.origin}/#/picture`, body, {
    selector: ".picture-legend li",
    ...options,
  });

/** One past the last frame of any zone. */
async function lastFrame() {
  const { zones } = await guest.json("/api/v1/memory");
  return Math.max(...zones.map((zone) => zone.start_pfn + zone.spanned));
}

const where = (page) => page.locator(".picture-where").innerText();
const frames = (words) =>
  /Frames ([\d,]+) to ([\d,]+)/
    .exec(words)
    .slice(1)
    .map((n) => n.replaceAll(",", ""))
    .map(Number);
const colour = (page, label) => page.click(`.picture .choice >> text=${label}`);

test("the whole machine is shown, and the cells of the legend are all cells", () =>
  onPicture(async (page) => {
    const end_pfn = await lastFrame();
    assert.deepEqual(frames(await where(page)), [0, end_pfn - 1]);
    for (const label of [
      ...["State", "Zone", "Node", "Free block", "Slab cache", "Migrate type", "Age", "Use"],
    ]) {
      await colour(page, label);
      await eventually(async () => {
        const items = await page.locator(".picture-legend .muted").allInnerTexts();
        const cells = items.reduce((sum, text) => sum + Number(text.replace(/\D/g, "")), 0);
        const asked = await page.evaluate(() =>
          performance
            .getEntriesByType("resource")
            .map(({ name }) => name)
            .filter((name) => name.includes("/frames?"))
            .at(-1),
        );
        assert.equal(cells, Number(/cells=(\d+)/.exec(asked)[1]), label);
      });
    }
  }));

test("search, click, keys and buttons lead to a frame and tell what the API tells", () =>
  onPicture(async (page) => {
    await page.fill(".place input", "0x100000");
    await page.press(".place input", "Enter");
    await page.waitForSelector(".frame dl");
    const facts = await page.locator(".frame").innerText();
    assert.match(facts, /Frame 256/);
    assert.match(facts, /reserved/);
    assert.match(facts, /Kernel image/);
    assert.match(facts, /0xc0100000/);
    assert.match(await where(page), /a cell is one frame/);
    await page.fill(".place input", "nonsense");
    await page.press(".place input", "Enter");
    assert.match(await page.locator("#search-wrong").innerText(), /not a frame below/);

    const canvas = page.locator(".picture canvas");
    await canvas.focus();
    await page.keyboard.press("End");
    const end_pfn = await lastFrame();
    await eventually(async () => assert.equal(frames(await where(page))[1], end_pfn - 1));
    await page.keyboard.press("Home");
    await eventually(async () => assert.equal(frames(await where(page))[0], 0));
    await page.click(".zoom >> text=All");
    await eventually(async () => assert.deepEqual(frames(await where(page)), [0, end_pfn - 1]));
    await canvas.click({ position: { x: 300, y: 100 } });
    await eventually(async () =>
      assert.doesNotMatch(await where(page), new RegExp(`to ${end_pfn - 1}`)),
    );
  }));

test("the keyboard alone chooses a frame, then its neighbour", () =>
  onPicture(async (page) => {
    await page.fill(".place input", "300");
    await page.press(".place input", "Enter");
    await page.waitForSelector(".frame dl");
    await page.locator(".picture canvas").focus();
    await page.keyboard.press("ArrowRight");
    await eventually(async () =>
      assert.match(await page.locator(".frame h3").innerText(), /Frame 301/),
    );
    assert.match(page.url(), /#\/picture\/301$/);
  }));

test("without page_owner=on there are no ages, and the page says why", () =>
  onPicture(async (page) => {
    await colour(page, "Age");
    await page.getByText("booted with page_owner=on").waitFor();
  }));

test("a slab's frame lists its objects", () =>
  onPicture(async (page) => {
    const { slabs } = await guest.json("/api/v1/slab?cache=kmem_cache&slabs=1");
    await page.fill(".place input", String(slabs[0].pfn));
    await page.press(".place input", "Enter");
    await page.waitForSelector(".frame table");
    assert.match(await page.locator(".frame caption").innerText(), /Objects of kmem_cache/);
  }));

test("zooming and moving at 3.5 GiB keeps up with the screen", () =>
  onPicture(async (page, { page: tab }) => {
    const canvas = page.locator(".picture canvas");
    await canvas.focus();
    await page.keyboard.press("+");
    await page.keyboard.press("+");
    const times = await tab.evaluate(async () => {
      const element = document.querySelector(".picture canvas");
      const list = [];
      for (let i = 0; i < 40; i++) {
        const start = performance.now();
        element.dispatchEvent(
          new KeyboardEvent("keydown", {
            key: ["+", "+", "ArrowDown", "ArrowRight", "-", "-", "ArrowUp", "ArrowLeft"][i % 8],
            bubbles: true,
          }),
        );
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        list.push(performance.now() - start);
      }
      return list.sort((a, b) => a - b);
    });
    console.log(
      `# a step of the picture, of ${times.length}: median ${times[20].toFixed(1)} ms, worst ${times.at(-1).toFixed(1)} ms`,
    );
    assert.equal(times.length, 40);
  }));

test("it is accessible and fits a phone", async () => {
  for (const [viewport, name] of [
    [DESKTOP, "picture-desktop"],
    [PHONE, "picture-phone"],
  ])
    await onPicture(
      async (page) => {
        assert.deepEqual(await accessibility(page), []);
        assert.equal(await overflow(page), 0);
        await screenshot(page, name);
      },
      { viewport },
    );
});
