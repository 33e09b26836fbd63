// The network view in a real browser: what it shows is what /api/v1/net says of the same machine.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";

import {
  accessibility,
  eventually,
  figure,
  launch,
  layoutShift,
  overflow,
  PHONE,
  screenshot,
  visit,
} from "../lib/browser.mjs";
import { Guest } from "../lib/guest.mjs";

let guest;
let browser;

before(async () => {
  [guest, browser] = await Promise.all([Guest.ready({ memory: 128 }), launch()]);
});

after(async () => {
  await browser?.close();
  await guest?.stop();
});

const onNetwork = (body, options) =>
  visit(browser, `${guest.origin}/#/network`, body, { selector: "#network table", ...options });

test("interface, features, rings and pools are those of the API", () =>
  onNetwork(async (page) => {
    const net = await guest.json("/api/v1/net");
    const words = await page.locator("#network").innerText();
    for (const said of [net.interface.mac, net.interface.address, net.interface.driver])
      assert.ok(words.includes(said), said);
    const used = net.features.filter(({ negotiated }) => negotiated).map(({ name }) => name);
    assert.deepEqual(await page.locator(".feature:not(.off)").allInnerTexts(), used);
    for (const ring of net.rings) {
      const cells = page.locator(`[data-ring="${ring.name}"] td`);
      assert.equal(figure(await cells.nth(1).innerText()), ring.descriptors);
    }
    assert.deepEqual(
      await page.locator("[data-pool] th").allInnerTexts(),
      net.pools.map(({ name }) => name),
    );
    const rx = page.locator('[data-counter="rx_packets"] td').first();
    await eventually(async () =>
      assert.ok(figure(await rx.innerText()) > net.counters.rx_packets, "it stands still"),
    );
  }));

test("this browser's own connections are listed: its stream of events among them", () =>
  onNetwork(async (page) => {
    await page.getByText("events, 2 a second").waitFor();
    await page.getByLabel("Updates a second").selectOption("4");
    await page.getByText("events, 4 a second").waitFor();
    const { connections } = await guest.json("/api/v1/net");
    const rows = page.locator('[aria-label="TCP connections"] tbody tr');
    // The test's own connection comes and goes.
    assert.ok(Math.abs((await rows.count()) - connections.length) <= 2);
    await page.getByText("waits for connections").waitFor();
  }));

test("it is accessible, fits a phone and does not jump", async () => {
  for (const [name, options] of Object.entries({
    desktop: {},
    dark: { colorScheme: "dark" },
    phone: { viewport: PHONE },
  }))
    await onNetwork(async (page) => {
      await page.waitForTimeout(1500);
      assert.deepEqual(await accessibility(page), []);
      assert.equal(await overflow(page), 0);
      const { shift, movers } = await layoutShift(page);
      assert.ok(shift < 0.1, `layout shift ${shift}: ${movers.join(", ")}`);
      await screenshot(page, `network-${name}`, { fullPage: true });
    }, options);
});
