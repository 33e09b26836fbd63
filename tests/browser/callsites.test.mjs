// Who allocated what, and a block that is split and joined, in a real browser.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";

import {
  accessibility,
  eventually,
  figure,
  launch,
  open,
  overflow,
  PHONE,
  waitState,
} from "../lib/browser.mjs";
import { Guest } from "../lib/guest.mjs";

let guest;
let browser;
before(async () => {
  const append = "token=secret page_owner=on slub_debug=U";
  [guest, browser] = await Promise.all([Guest.ready({ memory: 64, append }), launch()]);
});
after(async () => {
  await browser?.close();
  await guest?.stop();
});

async function on(view, body, options) {
  const tab = await open(browser, `${guest.origin}/#/${view}`, options);
  try {
    await waitState(tab.page, "live");
    await body(tab.page);
    assert.deepEqual(tab.complaints, []);
  } finally {
    await tab.close();
  }
}
const giveToken = (page) => page.fill(".token input", "secret");

test("the table has the sites of the API, can be sorted and is accessible", () =>
  on("callsites", async (page) => {
    await page.waitForSelector(".callsites tbody tr");
    const { sites } = await guest.json("/api/v1/callsites?sites=512");
    const rings = sites.find(({ what, kind }) => what === "virtqueues" && kind === "pages");
    const row = page.locator('tr[data-what="virtqueues"]');
    assert.equal(await row.locator("th").innerText(), rings.site);
    assert.equal(figure(await row.locator('[data-field="bytes"]').innerText()), rings.bytes);
    await page.locator(".callsites button.sort").first().click();
    const names = await page.locator(".callsites tbody th").allInnerTexts();
    assert.deepEqual(names, names.toSorted().toReversed());
    assert.deepEqual(await accessibility(page), []);
  }));

test("a mark is set with the token, and the difference is listed", () =>
  on("callsites", async (page) => {
    await page.waitForSelector(".callsites tbody tr");
    await giveToken(page);
    await page.click('button:text("Set a mark")');
    await eventually(async () =>
      assert.match(await page.locator(".mark-state").innerText(), /^Mark \d+ was set/),
    );
    const { mark } = await guest.json("/api/v1/callsites");
    assert.ok(mark >= 1);
    assert.equal(await page.locator('input[name="sites-show"]:checked').inputValue(), "since");
  }));

test("a block is drawn while it is split and joined, step by step", () =>
  on("buddy", async (page) => {
    await giveToken(page);
    await page.selectOption(".buddy-live select >> nth=0", "7");
    await page.selectOption(".buddy-live select >> nth=1", "200");
    await page.click('button:text("Split one block slowly")');
    const words = (expected) =>
      eventually(async () =>
        assert.match(
          (await page.locator('.block-steps [role="status"]').allInnerTexts()).join(),
          expected,
        ),
      );
    await words(/handed out/);
    assert.ok((await page.locator(".block-steps .track .free").count()) >= 2);
    assert.equal(await page.locator(".block-steps .track .held").count(), 1);
    assert.ok((await page.locator('.buddy-events li[data-event="split"]').count()) >= 2);
    await words(/1024 frames again/);
    assert.equal(await page.locator(".block-steps .track .held").count(), 0);
    assert.deepEqual(await accessibility(page), []);
  }));

test("both fit a phone", () =>
  on(
    "callsites",
    async (page) => {
      await page.waitForSelector(".callsites tbody tr");
      assert.equal(await overflow(page), 0);
    },
    { viewport: PHONE },
  ));
