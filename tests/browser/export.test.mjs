// Views as files, in a real browser: what is downloaded is parsed and compared with the endpoint's document
// of the same instant, which is in the file, and with the machine.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
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
import { buddyinfo, slabinfo } from "../lib/proc.mjs";

const TOKEN = "export-token";
let guest;
let browser;

before(async () => {
  const append = "page_owner=on slub_debug=U";
  [guest, browser] = await Promise.all([
    Guest.ready({ memory: 64, token: TOKEN, append }),
    launch(),
  ]);
});

after(async () => {
  await browser?.close();
  await guest?.stop();
});

const onPage = (view, body, options) =>
  visit(browser, `${guest.origin}/#/${view}`, body, { selector: `#${view} .menu`, ...options });

/** What a choice of the view's menu downloads: { name, text }. */
async function download(page, view, label) {
  const menu = page.locator(`#${view} .sources .menu`);
  if (!(await menu.evaluate((one) => one.open))) await menu.locator("summary").click();
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    menu.locator(`button:text-is("${label}")`).click(),
  ]);
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), "utf8") };
}

/** A strict reader of RFC 4180: every line has as many cells as the first; gives objects by heading. */
function readCsv(text) {
  const lines = [[""]];
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const line = lines.at(-1);
    const c = text[i];
    if (quoted && c === '"' && text[i + 1] === '"') line[line.length - 1] += text[++i];
    else if (quoted) c === '"' ? (quoted = false) : (line[line.length - 1] += c);
    else if (c === '"') {
      assert.equal(line.at(-1), "", `a quotation mark within a cell at ${i}`);
      quoted = true;
    } else if (c === ",") line.push("");
    else if (c === "\n") lines.push([""]);
    else line[line.length - 1] += c;
  }
  assert.ok(!quoted, "a cell ends");
  assert.deepEqual(lines.pop(), [""], "the last line ends");
  const [heads, ...rows] = lines;
  return rows.map((row) => {
    assert.equal(row.length, heads.length, row.join("|"));
    return Object.fromEntries(heads.map((head, i) => [head, row[i]]));
  });
}

const VIEWS = {
  frames: { tables: ["uses", "zones"], paths: ["/api/v1/memory"] },
  picture: { tables: ["cells"], paths: ["/api/v1/frames"] },
  buddy: {
    tables: ["free blocks", "fragmentation", "requests", "pair bitmaps"],
    paths: ["/api/v1/memory", "/api/v1/buddy"],
  },
  slab: { tables: ["caches"], paths: ["/api/v1/memory"] },
  callsites: { tables: ["sites"], paths: ["/api/v1/callsites"] },
  boot: {
    tables: ["stages", "memory maps", "early reservations", "options"],
    paths: ["/api/v1/boot"],
  },
  "page-tables": {
    tables: ["ranges", "directory"],
    paths: ["/sys/kernel/debug/kernel_page_tables", "/api/v1/pagetables"],
  },
  vm: { tables: ["vmalloc areas", "kmaps", "fixmaps", "layout"], paths: ["/api/v1/vm"] },
  soak: { tables: ["jobs"], paths: ["/api/v1/soak"] },
  network: { tables: ["connections", "counters", "rings", "pools"], paths: ["/api/v1/net"] },
  log: { tables: ["lines"], paths: ["/proc/kmsg"] },
  machine: {
    tables: ["PCI devices", "interrupts", "memory types", "ACPI tables", "ROMs"],
    paths: ["/api/v1/machine", "/api/v1/firmware", "/api/v1/pci"],
  },
  fidelity: { tables: ["records"], paths: ["/fidelity.json"] },
};

for (const [view, { tables, paths }] of Object.entries(VIEWS)) {
  test(`${view}: JSON has its endpoints' documents, every table is valid CSV`, () =>
    onPage(view, async (page) => {
      await page.waitForSelector(`#${view} .panel-body > :not(.waiting, [hidden])`);
      const { name, text } = await eventually(async () => {
        const file = await download(page, view, "JSON, as read");
        const found = JSON.parse(file.text).documents.map(({ path }) => path.split("?")[0]);
        for (const path of paths) assert.ok(found.includes(path), `${path} among ${found}`);
        return file;
      });
      assert.match(name, new RegExp(`^memscope-${view}-\\d{8}-\\d{6}\\.json$`));
      const json = JSON.parse(text);
      assert.ok(Math.abs(Date.parse(json.exported_at) - Date.now()) < 60_000);
      for (const { path, document } of json.documents) {
        const now = path.startsWith("/api/") ? await guest.json(path) : null;
        if (now) assert.deepEqual(Object.keys(document), Object.keys(now), path);
      }
      for (const table of tables) {
        const file = await download(page, view, `CSV: ${table}`);
        assert.match(file.name, /^memscope-[a-z-]+-\d{8}-\d{6}\.csv$/);
        if (file.text !== "\n") assert.ok(readCsv(file.text).length > 0, table);
      }
    }));
}

// On a page that stands still, both files are of the same instant.
const still = async (page) => {
  await page.click('.header button:text("Pause")');
  await page.waitForSelector('.status[data-state="paused"]');
};
const documentOf = async (page, view, path) =>
  JSON.parse((await download(page, view, "JSON, as read")).text).documents.find(
    (one) => one.path.split("?")[0] === path,
  ).document;

test("frames: the table is the document's, to the frame, and sums to the RAM", () =>
  onPage("frames", async (page) => {
    await still(page);
    const memory = await documentOf(page, "frames", "/api/v1/memory");
    const rows = readCsv((await download(page, "frames", "CSV: uses")).text);
    assert.deepEqual(
      rows.map(({ use, pages }) => ({ use, pages: Number(pages) })),
      memory.frames,
    );
    const now = await guest.json("/api/v1/memory");
    assert.equal(
      rows.reduce((sum, { pages }) => sum + Number(pages), 0),
      now.ram_pages,
    );
  }));

test("buddy and slab: the rows are those of buddyinfo and slabinfo", () =>
  onPage("buddy", async (page) => {
    await still(page);
    const rows = readCsv((await download(page, "buddy", "CSV: free blocks")).text);
    for (const zone of buddyinfo(await guest.text("/proc/buddyinfo"))) {
      const mine = rows.filter((row) => row.zone === zone.zone);
      assert.equal(mine.length % zone.blocks.length, 0);
      const top = mine.filter(({ order }) => order === "10");
      const blocks = top.reduce((sum, row) => sum + Number(row.blocks), 0);
      assert.equal(blocks, zone.blocks[10], zone.zone);
    }
    await page.evaluate(() => (location.hash = "#/slab"));
    await page.waitForSelector("#slab .menu");
    const memory = await documentOf(page, "slab", "/api/v1/memory");
    const caches = readCsv((await download(page, "slab", "CSV: caches")).text);
    const names = [...slabinfo(await guest.text("/proc/slabinfo")).keys()];
    assert.deepEqual(caches.map(({ name }) => name).toSorted(), names.toSorted());
    caches.forEach((row, i) => {
      const { active, total, pages } = memory.caches[i];
      assert.deepEqual([row.active_objects, row.total_objects, row.pages].map(Number), [
        active,
        total,
        pages,
      ]);
    });
  }));

test("callsites: function names with commas and quotes would stay whole; numbers are the API's", () =>
  onPage("callsites", async (page) => {
    await page.waitForSelector(".callsites tbody tr");
    await still(page);
    const { sites } = await documentOf(page, "callsites", "/api/v1/callsites");
    const rows = readCsv((await download(page, "callsites", "CSV: sites")).text);
    assert.deepEqual(
      rows.map(({ site, what, bytes }) => [site, what, Number(bytes)]),
      sites.map(({ site, what, bytes }) => [site, what, bytes]),
    );
  }));

test("each view links its endpoints and text twins, and all of them answer", async () => {
  const links = new Set();
  for (const view of [...Object.keys(VIEWS), "snapshots"])
    await visit(
      browser,
      `${guest.origin}/#/${view}`,
      async (page) => {
        const found = await page.$$eval(`#${view} .text-links a`, (all) =>
          all.map((link) => link.getAttribute("href")),
        );
        assert.ok(found.length >= 2, view);
        for (const path of found) links.add(path);
      },
      { selector: `#${view} .text-links a` },
    );
  for (const path of links) {
    if (path.startsWith("/events")) continue; // has no end
    const headers = path === "/fidelity.json" ? { "Accept-Encoding": "gzip" } : {};
    const { status, headers: fields } = await guest.get(path, { headers });
    assert.equal(status, 200, path);
    const type = /\.txt|^\/proc|^\/sys/.test(path) ? /^text\/plain/ : /^application\/json/;
    assert.match(fields["content-type"], type, path);
  }
  assert.ok(links.size > 30);
});

test("the foot says what every answer of the page has cost", () =>
  visit(browser, `${guest.origin}/`, async (page) => {
    await eventually(async () => {
      const lines = await page.locator(".costs li").allInnerTexts();
      for (const path of ["/api/v1/memory", "/api/v1/buddy", "/api/v1/vm", "/api/v1/soak"]) {
        const line = lines.find((one) => one.startsWith(`${path} `));
        assert.match(line ?? "", / [\d,]+ cycles, [\d.]+\s(B|KiB), .* after the start$/, path);
      }
      assert.ok(lines.some((one) => /^\/sys\/.*page_tables [\d,]+ cycles/.test(one)));
    });
  }));

test("the menu is worked by keyboard alone", () =>
  onPage("vm", async (page) => {
    await page.waitForSelector("#vm table");
    const summary = page.locator("#vm .menu summary");
    await summary.focus();
    await page.keyboard.press("Enter");
    assert.ok(await page.locator("#vm .menu").evaluate((menu) => menu.open));
    assert.deepEqual(await accessibility(page), []);
    await page.keyboard.press("Escape");
    assert.ok(!(await page.locator("#vm .menu").evaluate((menu) => menu.open)));
    assert.ok(await summary.evaluate((one) => one === document.activeElement));
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    const [file] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
    assert.match(file.suggestedFilename(), /^memscope-vm-vmalloc-areas-.*\.csv$/);
    assert.ok(!(await page.locator("#vm .menu").evaluate((menu) => menu.open)));
  }));

for (const [name, options] of [
  ["export-desktop-dark", { colorScheme: "dark" }],
  ["export-phone", { viewport: PHONE }],
]) {
  test(`the open menu fits: ${name}`, () =>
    onPage(
      "buddy",
      async (page) => {
        await page.locator("#buddy .menu summary").click();
        assert.equal(await overflow(page), 0);
        assert.deepEqual(await accessibility(page, "#buddy .panel-head"), []);
        await screenshot(page, name);
      },
      options,
    ));
}
