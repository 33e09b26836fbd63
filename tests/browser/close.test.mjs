// The close views in a real browser: a slab cache and its objects, the walk of an address, the audit,
// virtual memory. What they show is what the API says of the same machine.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";

import {
  accessibility,
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
  [guest, browser] = await Promise.all([Guest.ready({ memory: 1024 }), launch()]);
});

after(async () => {
  await browser?.close();
  await guest?.stop();
});

const onPage = (hash, body, options) => visit(browser, `${guest.origin}/${hash}`, body, options);

test("a cache opens to its slabs, with a square for every object", () =>
  onPage("#/slab", async (page) => {
    await page.click('tr[data-cache="kmem_cache"] th a');
    await page.waitForSelector(".slabs li");
    const slab = await guest.json("/api/v1/slab?cache=kmem_cache");
    assert.equal(await page.locator(".slabs li").count(), slab.slabs_total);
    assert.equal(await page.locator(".objects i").count(), slab.total);
    await eventually(async () =>
      assert.equal(await page.locator(".objects .object-u").count(), slab.active),
    );
    assert.match(page.url(), /#\/slab\/kmem_cache$/);
    await page.click(".frame .more");
    await eventually(async () => assert.equal(await page.locator(".slabs").count(), 0));
  }));

test("a slab's frame is one click away", () =>
  onPage("#/slab/kmem_cache", async (page) => {
    const { slabs } = await guest.json("/api/v1/slab?cache=kmem_cache&slabs=1");
    await page.click(".slabs li:first-child a");
    await page.waitForSelector(".frame caption");
    assert.match(page.url(), new RegExp(`#/picture/${slabs[0].pfn}$`));
    assert.match(await page.locator(".frame caption").innerText(), /Objects of kmem_cache/);
  }));

test("an address is walked bit by bit, and the walk ends where QEMU says", () =>
  onPage("#/page-tables/0xc0400123", async (page) => {
    await page.waitForSelector('[data-walk="mapped"]');
    const words = await page.locator("[data-walk]").innerText();
    const { 1: gpa } = /gpa: (0x[0-9a-f]+)/.exec(await guest.hmp("gva2gpa 0xc0400123"));
    assert.match(
      words,
      new RegExp(`physical 0x${parseInt(gpa, 16).toString(16).padStart(8, "0")}`),
    );
    assert.deepEqual(await page.locator(".fields strong").allInnerTexts(), ["769", "0", "291"]);
    await page.fill(".place input", "0x1000");
    await page.press(".place input", "Enter");
    await page.waitForSelector('[data-walk="unmapped"]');
    await page.fill(".place input", "nowhere");
    await page.press(".place input", "Enter");
    assert.match(await page.locator("#walk-wrong").innerText(), /not an address/);
    await page.waitForSelector('[data-audit="clean"]');
  }));

test("virtual memory: areas, kmaps and fixmaps as the API tells them", () =>
  onPage("#/vm", async (page) => {
    const vm = await guest.json("/api/v1/vm");
    await page.waitForSelector("table");
    const codes = await page.locator("#vm code").allInnerTexts();
    for (const area of vm.vmalloc.areas) assert.ok(codes.includes(area.guard), area.guard);
    for (const { address } of vm.fixmap) assert.ok(codes.includes(address), address);
  }));

test("they are accessible and fit a phone", async () => {
  for (const hash of ["#/slab/kmem_cache", "#/vm", "#/page-tables/0xc0100000"])
    for (const options of [{}, { colorScheme: "dark" }, { viewport: PHONE }])
      await onPage(
        hash,
        async (page) => {
          await page.waitForSelector(".slabs, #vm table, [data-walk]");
          assert.deepEqual(await accessibility(page), []);
          assert.equal(await overflow(page), 0);
          await screenshot(
            page,
            `close-${hash.split("/")[1]}-${options.viewport ? "phone" : "desktop"}`,
          );
        },
        options,
      );
});
