// The page on a machine with more memory than it can reach, and on a small one.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";

import { cells, launch, open, overflow, screenshot, waitState } from "../lib/browser.mjs";
import { Guest } from "../lib/guest.mjs";

let browser;

before(async () => (browser = await launch()));
after(() => browser?.close());

async function onGuest(options, body) {
  await Guest.with(options, async (guest) => {
    const { page, complaints, close } = await open(browser, `${guest.origin}/`);
    await waitState(page, "live");
    await body(page, guest);
    assert.deepEqual(complaints, []);
    await close();
  });
}

test("6144 MiB: what lies above 4 GiB is shown as unreachable and untested", () =>
  onGuest({ memory: 6144 }, async (page, guest) => {
    const { frames } = await guest.json("/api/v1/memory");
    const row = page.locator('[data-use="above_4g"]');
    const { pages } = frames.find(({ use }) => use === "above_4g");
    assert.ok(pages >= (6144 - 4096) * 256, `${pages} pages`);
    assert.equal(await row.locator("[data-pages]").getAttribute("data-pages"), String(pages));
    assert.match(await row.textContent(), /Unreachable without PAE.*untested/);
    await screenshot(page, "6144");
  }));

test("16 MiB: the page is whole on a small machine", () =>
  onGuest({ memory: 16 }, async (page) => {
    const [heads] = await cells(page, "#buddy .matrix thead tr");
    assert.equal(heads[2], "DMA");
    await page.getByText("exactly the RAM that the firmware reported").waitFor();
    assert.ok((await overflow(page)) <= 0);
  }));
