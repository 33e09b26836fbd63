// The first paint takes one round trip: the answer to "/" alone paints a page that says what it is, before
// any second resource has come, and fits what a TCP connection may send before it hears of its peer.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before } from "node:test";

import { breaches, launch, layoutShift, waitState } from "../lib/browser.mjs";
import { Guest, ROOT } from "../lib/guest.mjs";

let guest, browser;
before(async () => {
  [guest, browser] = await Promise.all([Guest.ready({ memory: 128 }), launch()]);
});
after(async () => {
  await browser?.close();
  await guest?.stop();
});

const paint = (page) =>
  page.evaluate(
    () => performance.getEntriesByName("first-contentful-paint").at(0)?.startTime ?? null,
  );

// playwright's own would wait for what is held back.
async function shot(page, name) {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot");
  mkdirSync(join(ROOT, "build/screenshots"), { recursive: true });
  writeFileSync(join(ROOT, `build/screenshots/${name}.png`), Buffer.from(data, "base64"));
}

test("the page is painted while everything but its first answer is held back", async () => {
  const page = await browser.newPage();
  const held = [];
  let release = null;
  const released = new Promise((resolve) => (release = resolve));
  await page.route("**/*", async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === "/") return route.continue();
    held.push(pathname);
    await released;
    return route.continue();
  });
  await page.goto(`${guest.origin}/`, { waitUntil: "commit" });
  await page.waitForFunction(
    () => performance.getEntriesByName("first-contentful-paint").length > 0,
    null,
    { polling: 50 },
  );
  assert.ok(
    held.some((path) => path.endsWith(".css")) && held.some((path) => path.endsWith(".js")),
  );
  // What is painted means something, in the colours and the type of the page.
  assert.match(await page.locator("main").innerText(), /Where every byte of its RAM is/);
  assert.equal(await page.locator("nav a").first().innerText(), "Everything");
  const look = () =>
    page.evaluate(() => {
      const { backgroundColor, color, fontFamily, fontSize } = getComputedStyle(document.body);
      const { left, top } = document.querySelector(".brand").getBoundingClientRect();
      const { height } = document.querySelector(".header").getBoundingClientRect();
      return [backgroundColor, color, fontFamily, fontSize, left, top, height];
    });
  const first = await look();
  assert.notEqual(first[0], "rgba(0, 0, 0, 0)");
  await shot(page, "first-paint");
  release();
  await waitState(page, "live");
  const round = (list) => list.map((x) => (typeof x === "number" ? Math.round(x) : x));
  assert.deepEqual(round(await look()), round(first), "it stays so when the rest has come");
  await page.close();
});

test("over a slow network the paint comes before the second answer", async () => {
  const page = await browser.newPage();
  const complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  await page.addInitScript(() => {
    window.breaches = [];
    window.moved = 0;
    window.movers = [];
    document.addEventListener("securitypolicyviolation", (event) =>
      window.breaches.push(event.violatedDirective),
    );
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.moved += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 1500,
    downloadThroughput: -1,
    uploadThroughput: -1,
  });
  await page.goto(`${guest.origin}/`);
  await waitState(page, "live", 60000);
  const painted_ms = await paint(page);
  const answered_ms = await page.evaluate(() =>
    performance.getEntriesByType("resource").map(({ responseEnd }) => responseEnd),
  );
  assert.ok(answered_ms.length >= 2);
  assert.ok(painted_ms > 0);
  assert.ok(
    painted_ms < Math.min(...answered_ms),
    `painted at ${painted_ms} ms, answered at ${answered_ms}`,
  );
  assert.deepEqual(await breaches(page), []);
  assert.deepEqual(complaints, []);
  const { shift } = await layoutShift(page);
  assert.ok(shift < 0.1, `layout shift ${shift}`);
  await page.close();
});

test("the first answer fits the initial window", async () => {
  const { headers, body } = await guest.get("/", { headers: { "Accept-Encoding": "gzip" } });
  const head = Object.entries(headers).reduce(
    (sum, [name, value]) => sum + name.length + value.length + 4,
    "HTTP/1.1 200 OK\r\n\r\n".length,
  );
  // RFC 3390, as lwIP has it, for Ethernet's segments of 1460 bytes.
  const window = Math.min(4 * 1460, Math.max(2 * 1460, 4380));
  assert.equal(headers["content-encoding"], "gzip");
  assert.ok(head + body.length <= window, `${head} + ${body.length} bytes`);
});
