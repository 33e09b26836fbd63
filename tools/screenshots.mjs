#!/usr/bin/env node
// screenshots.mjs: boots a machine and takes a picture of every view in Debian's Chromium, at desktop
// and phone width, in light and dark, as docs/dashboard.md shows them.
//
//   tools/screenshots.mjs                         docs/screenshots/*.webp
//   tools/screenshots.mjs --out DIR --png         another place, as PNG and of the whole page
//     --memory 1024  --append "WORDS"  --nodes 2  another machine
//     --views buddy,slab                          only these
//     --widths desktop,phone  --schemes light,dark
//
// Pictures are WebP, which Chromium writes itself. Figures in them differ from run to run.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { eventually, launch, open, waitState } from "../tests/lib/browser.mjs";
import { Guest, ROOT } from "../tests/lib/guest.mjs";
import { nodeOptions } from "../tests/lib/nodes.mjs";

const { values: given } = parseArgs({
  options: {
    out: { type: "string", default: join(ROOT, "docs/screenshots") },
    png: { type: "boolean", default: false },
    memory: { type: "string", default: "1024" },
    append: { type: "string", default: "page_owner=on slub_debug=U" },
    nodes: { type: "string", default: "1" },
    views: { type: "string", default: "" },
    widths: { type: "string", default: "desktop,phone" },
    schemes: { type: "string", default: "" },
  },
});

const WIDTHS = {
  desktop: { width: 1440, height: 1000 },
  phone: { width: 390, height: 844 },
};
const TOKEN = "picture";
const QUALITY = 44;

const DOCUMENT = {
  name: "picture",
  seed: 7,
  duration_ms: 900_000,
  live: { objects: 6000, bytes: 33554432 },
  lifetime: { dist: "geometric", mean: 3000 },
  allocate: [
    { kind: "kmalloc", size: { dist: "uniform", min: 32, max: 4096 }, weight: 8 },
    { kind: "pages", order: { dist: "uniform", min: 0, max: 3 }, weight: 3 },
    { kind: "vmalloc", size: { dist: "uniform", min: 8192, max: 65536 }, weight: 1 },
  ],
};

// What is done on a view before its picture is taken: {view, name (if it is not the view's), hash, dark,
// prepare(page, guest)}. `dark`: taken in dark, too.
const PICTURES = [
  { view: "frames" },
  { view: "picture", hash: "picture/256", prepare: whole },
  {
    view: "picture",
    name: "frame",
    prepare: async (page, guest) => {
      const { slabs } = await guest.json("/api/v1/slab?cache=kmem_cache&slabs=1");
      await page.fill(".place input", String(slabs[0].pfn));
      await page.press(".place input", "Enter");
      await page.waitForSelector(".frame table");
    },
  },
  {
    view: "buddy",
    prepare: async (page) => {
      await page.click('button:text("Take 1 frame")');
      await page.click('button:text("Take 2 frames")');
    },
  },
  { view: "buddy", name: "buddy-step", dark: true, prepare: slowly },
  { view: "slab" },
  { view: "slab", name: "slab-cache", hash: "slab/kmem_cache", ready: ".slabs li" },
  { view: "callsites", prepare: marked },
  { view: "snapshots", prepare: twoMoments },
  { view: "boot", hash: "boot/init_memory_mapping", ready: "tr.here" },
  { view: "page-tables", ready: ".area" },
  { view: "vm" },
  { view: "soak", prepare: soaking },
  { view: "network", ready: "#network table" },
  { view: "log", ready: ".log-line" },
  { view: "machine", ready: "#machine table" },
  { view: "fidelity", ready: ".record" },
];

async function whole(page) {
  await page.waitForSelector(".picture-legend li");
  await page.click(".zoom >> text=All");
}

async function slowly(page) {
  await page.fill(".buddy-live .token input", TOKEN);
  await page.selectOption(".buddy-live select >> nth=0", "6");
  await page.selectOption(".buddy-live select >> nth=1", "2000");
  await page.click('button:text("End it")');
  await page.click('button:text("Split one block slowly")');
  await eventually(async () => {
    const words = await page.locator('.block-steps [role="status"]').allInnerTexts();
    if (!/order 6/.test(words.join())) throw new Error("not yet");
  }, 30000);
  await page.locator(".buddy-live").evaluate((part) => part.scrollIntoView());
}

async function marked(page, guest) {
  await page.fill(".token input", TOKEN);
  await page.click('button:text("Set a mark")');
  await start(guest);
  await page.waitForTimeout(2500);
}

async function twoMoments(page, guest) {
  for (const moments of [1, 2]) {
    await page.click('button:text("Save this moment")');
    await eventually(async () => {
      const rows = await page.locator(".snapshots tbody tr").count();
      if (rows < moments) throw new Error(`${rows} of ${moments} moments`);
    });
    await start(guest);
    await page.waitForTimeout(1500);
  }
}

let job = null;
async function start(guest) {
  if (job) return;
  const response = await fetch(`${guest.origin}/api/v1/soak`, {
    method: "POST",
    headers: { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" },
    body: JSON.stringify(DOCUMENT),
  });
  if (!response.ok) throw new Error(`soak: ${await response.text()}`);
  job = (await response.json()).id;
}

async function soaking(page, guest) {
  await start(guest);
  await page.waitForSelector(".jobs tbody input");
  await page.check(".jobs tbody input");
  await page.waitForTimeout(6000);
  await page.locator(".jobs").scrollIntoViewIfNeeded();
}

async function save(page, name) {
  if (given.png) {
    await page.screenshot({ path: join(given.out, `${name}.png`), fullPage: true });
    return;
  }
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", {
    format: "webp",
    quality: QUALITY,
  });
  writeFileSync(join(given.out, `${name}.webp`), Buffer.from(data, "base64"));
}

async function take(browser, guest, picture, width, scheme) {
  const { view, hash = view, name = view, prepare, ready } = picture;
  const options = { viewport: WIDTHS[width], colorScheme: scheme };
  const { page, complaints, close } = await open(browser, `${guest.origin}/#/${hash}`, options);
  try {
    await waitState(page, "live", 30000);
    await page.waitForSelector(ready ?? `#${view}`);
    await page.waitForTimeout(1200);
    await prepare?.(page, guest);
    await page.waitForTimeout(500);
    const suffix = `${width === "phone" ? "-phone" : ""}${scheme === "dark" ? "-dark" : ""}`;
    await save(page, `${name}${suffix}`);
    console.log(`${name}${suffix}${complaints.length ? `: ${complaints.join("; ")}` : ""}`);
  } finally {
    await close();
  }
}

mkdirSync(given.out, { recursive: true });
const memory = Number(given.memory);
const views = given.views ? given.views.split(",") : null;
const wanted = PICTURES.filter(
  ({ view, name }) => !views || views.includes(view) || views.includes(name),
);
const [guest, browser] = await Promise.all([
  Guest.ready({
    memory,
    append: `token=${TOKEN} ${given.append}`,
    extra: given.nodes > 1 ? nodeOptions(Number(given.nodes), memory) : [],
    timeout: 60000,
  }),
  launch(),
]);
try {
  for (const picture of wanted)
    for (const width of given.widths.split(","))
      for (const scheme of given.schemes
        ? given.schemes.split(",")
        : ["light", ...(picture.dark && width === "desktop" ? ["dark"] : [])])
        await take(browser, guest, picture, width, scheme).catch((error) => {
          process.exitCode = 1;
          console.log(`${picture.name ?? picture.view} ${width}: ${error.message.split("\n")[0]}`);
        });
} finally {
  await browser.close();
  await guest.stop();
}
