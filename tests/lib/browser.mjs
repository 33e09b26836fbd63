// A real browser for the tests: Debian's Chromium, headless, driven by playwright-core. It fetches
// nothing on its own, and every complaint of a page is kept.

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

import { ROOT } from "./guest.mjs";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
  ...["--disable-default-apps", "--no-first-run", "--no-pings", "--mute-audio"],
];
const SHOTS = join(ROOT, "build/screenshots");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export function launch() {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };

/**
 * Opens `url` on a page of its own; gives { page, complaints, asked, close }.
 *   complaints: console errors and warnings, exceptions, breaches of the content security policy
 *   asked: the addresses that were asked for
 *   viewport, colorScheme
 */
export async function open(browser, url, { viewport = DESKTOP, colorScheme = "light" } = {}) {
  const context = await browser.newContext({ viewport, colorScheme });
  const page = await context.newPage();
  const complaints = [];
  const asked = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => asked.push(request.url()));
  await page.addInitScript(watch);
  await page.goto(url);
  return { page, complaints, asked, close: () => context.close() };
}

// Runs in the page, before its own scripts: breaches of the policy, and how much the layout moves.
function watch() {
  window.breaches = [];
  window.moved = 0;
  window.movers = [];
  document.addEventListener("securitypolicyviolation", (event) =>
    window.breaches.push(`${event.violatedDirective}: ${event.blockedURI}`),
  );
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries().filter((item) => !item.hadRecentInput)) {
      window.moved += entry.value;
      for (const { node } of entry.sources) {
        window.movers.push(`${node?.nodeName}.${node?.className} ${entry.value.toFixed(3)}`);
      }
    }
  }).observe({ type: "layout-shift", buffered: true });
}

export const breaches = (page) => page.evaluate(() => window.breaches);

/** The cumulative layout shift so far, below 0.1 is what people call stable, and what moved. */
export const layoutShift = (page) =>
  page.evaluate(() => ({ shift: window.moved, movers: window.movers }));

/** What axe-core finds wrong in `part` of the page, as one line each, from `moderate` up. */
export async function accessibility(page, part = "html") {
  await page.evaluate(axe);
  const { violations } = await page.evaluate((selector) => window.axe.run(selector), part);
  return violations
    .filter(({ impact }) => impact !== "minor")
    .map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0].html}`);
}

/** By how many pixels the page is wider than the window. */
export const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

export async function screenshot(page, name, options = {}) {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), ...options });
}

/** Waits until the state of the connection, as the page shows it, is `state`. */
export const waitState = (page, state, timeout = 15000) =>
  page.waitForSelector(`.status[data-state="${state}"]`, { timeout });

/** Waits until `check` no longer throws; gives what it returns. */
export async function eventually(check, timeout = 15000) {
  const deadline = Date.now() + timeout;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** The text of every cell that `selector` finds, row by row. */
export const cells = (page, selector) =>
  page.$$eval(selector, (rows) =>
    rows.map((row) => [...row.children].map((cell) => cell.textContent.trim())),
  );

/** A figure as the page writes it ("57,344") as a number. */
export const figure = (text) => Number(text.replaceAll(",", ""));

/**
 * Opens `url`, waits for the page to be live and for `selector`, runs body(page, tab), and closes it; at
 * the end the page must have complained of nothing, unless `complaints` allows it.
 */
export async function visit(browser, url, body, { selector, complaints = false, ...options } = {}) {
  const tab = await open(browser, url, options);
  try {
    await waitState(tab.page, options.state ?? "live");
    if (selector) await tab.page.waitForSelector(selector);
    const result = await body(tab.page, tab);
    if (!complaints && tab.complaints.length > 0) throw new Error(tab.complaints.join("\n"));
    return result;
  } finally {
    await tab.close();
  }
}
