// The soak view in a real browser: a job is started, watched and stopped; two of them are compared; what
// is refused is said.

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

const TOKEN = "soak-view-token";
let guest;
let browser;

before(async () => {
  [guest, browser] = await Promise.all([Guest.ready({ memory: 256, token: TOKEN }), launch()]);
});

after(async () => {
  await browser?.close();
  await guest?.stop();
});

// What the kernel refuses (401, 400) the browser logs: complaints are part of these tests.
const onPage = (path, body, options) =>
  visit(browser, `${guest.origin}/${path}`, body, { complaints: true, ...options });

const fill = (page, document) => page.fill(".document textarea", JSON.stringify(document));
const SHORT = {
  name: "short",
  seed: 5,
  operations: 8000,
  live: { objects: 300 },
  allocate: [{ kind: "kmalloc", size: { dist: "uniform", min: 8, max: 2048 } }],
};

async function finished(id) {
  return eventually(async () => {
    const verdict = await guest.json(`/api/v1/soak/${id}`);
    assert.equal(verdict.state, "done");
    return verdict;
  }, 60000);
}

test("without a token nothing starts, and the page says how to get one", () =>
  onPage("#/soak", async (page) => {
    await page.waitForSelector("option", { state: "attached" });
    await page.click(".soak-start button[type=submit]");
    await page.waitForSelector("#soak-said.bad:not(:empty)");
    assert.match(await page.locator("#soak-said").innerText(), /token/i);
    assert.deepEqual((await guest.json("/api/v1/soak")).jobs, []);
  }));

test("the token of the address starts a job; its figures are those of the API", () =>
  onPage(`#token=${TOKEN}`, async (page) => {
    await eventually(async () => assert.doesNotMatch(page.url(), /token/));
    await page.evaluate(() => (location.hash = "#/soak"));
    await page.waitForSelector("option", { state: "attached" });
    await fill(page, SHORT);
    await page.click(".soak-start button[type=submit]");
    await page.waitForSelector(".verdicts article");
    await page.waitForSelector(".answering");
    assert.match(
      await page.locator(".answering").innerText(),
      /answered in \d+\sms, at worst in \d+\sms/,
    );
    const { jobs } = await guest.json("/api/v1/soak");
    const verdict = await finished(jobs[0].id);
    assert.equal(verdict.verdict, "pass");
    await page.waitForSelector('[data-verdict="pass"]');
    const words = await page.locator(".verdicts article").innerText();
    assert.ok(words.includes(verdict.calls_checksum), words);
    assert.match(words, /8,000 in/);
  }));

test("a document that the kernel refuses, and text that is none, are said", () =>
  onPage(`#token=${TOKEN}`, async (page) => {
    await page.evaluate(() => (location.hash = "#/soak"));
    await page.waitForSelector("option", { state: "attached" });
    await fill(page, { ...SHORT, operations: -1 });
    await page.click(".soak-start button[type=submit]");
    await eventually(async () =>
      assert.match(await page.locator("#soak-said.bad").innerText(), /^operations: .*line 1\)/),
    );
    const selected = await page.locator(".document textarea").evaluate((area) => {
      const { value, selectionStart, selectionEnd } = area;
      return [document.activeElement === area, value.slice(selectionStart, selectionEnd)];
    });
    assert.deepEqual(selected, [true, "-1"], "the value at fault is selected");
    await page.fill(".document textarea", "{");
    assert.match(await page.locator("#soak-said").innerText(), /not JSON/);
    assert.equal(await page.locator(".soak-start button[type=submit]").isDisabled(), true);
  }));

test("both engines run one document in two arenas, side by side on the same axes", () =>
  onPage(`#token=${TOKEN}`, async (page) => {
    await page.evaluate(() => (location.hash = "#/soak"));
    await page.waitForSelector("option", { state: "attached" });
    await fill(page, {
      ...SHORT,
      name: "lab",
      operations: 30000,
      arena: { mib: 8, engine: "2.4" },
    });
    const chosen = page.locator(".soak-start input[name=place]:checked");
    await eventually(async () => assert.equal(await chosen.inputValue(), "2.4"));
    // As one does without a mouse: to the next choice by arrow, and started by Enter.
    await chosen.focus();
    await page.keyboard.press("ArrowRight");
    assert.equal(await chosen.inputValue(), "both");
    await page.locator(".soak-start button[type=submit]").focus();
    await page.keyboard.press("Enter");
    await eventually(async () => assert.equal(await page.locator(".verdicts article").count(), 2));
    const { jobs } = await guest.json("/api/v1/soak");
    const lab = jobs.filter(({ name }) => name.startsWith("lab-"));
    assert.equal(lab.length, 2);
    const [a, b] = await Promise.all(lab.map(({ id }) => finished(id)));
    assert.equal(a.calls_checksum, b.calls_checksum);
    assert.notEqual(a.arena.engine, b.arena.engine);
    assert.equal(a.arena.pages, 2048, "as large as the document says");
    await eventually(async () =>
      assert.equal(await page.locator('[data-verdict="pass"]').count(), 2),
    );
    await eventually(async () =>
      assert.equal(await page.locator(".chart").first().locator("polyline").count(), 2),
    );
    await screenshot(page, "soak-lab", { fullPage: true });
    assert.deepEqual(await accessibility(page), []);
  }));

test("a running job is stopped and forgotten from the page", () =>
  onPage(`#token=${TOKEN}`, async (page) => {
    await page.evaluate(() => (location.hash = "#/soak"));
    await page.waitForSelector("option", { state: "attached" });
    await fill(page, { ...SHORT, name: "long", operations: 2_000_000_000 });
    await page.click(".soak-start button[type=submit]");
    const row = page.locator("tr[data-job]", { hasText: "long" });
    await row.getByText("running").waitFor();
    await row.getByRole("button", { name: "Stop" }).click();
    await row.getByRole("button", { name: "Forget" }).click({ timeout: 60000 });
    await eventually(async () => assert.equal(await row.count(), 0));
    assert.equal((await guest.json("/api/v1/check")).ok, true);
  }));

test("a link carries the whole document, and the view fits a phone", () =>
  onPage(
    `soak#${encodeURIComponent(JSON.stringify({ ...SHORT, name: "by link" }))}`,
    async (page) => {
      await page.waitForSelector("option", { state: "attached" });
      await eventually(async () =>
        assert.match(await page.inputValue(".document textarea"), /"by link"/),
      );
      assert.equal(await overflow(page), 0);
      assert.deepEqual(await accessibility(page), []);
      await screenshot(page, "soak-phone");
    },
    { viewport: PHONE },
  ));
