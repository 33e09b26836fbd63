// The page on machines of each kind, read side by side with the text endpoints: 64 MiB and 3.5 GiB, both
// generations, one node and two.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";

import { cells, eventually, figure, launch, visit } from "../lib/browser.mjs";
import { Guest } from "../lib/guest.mjs";
import { nodeOptions } from "../lib/nodes.mjs";
import { buddyinfo, firmwareMap, pageTables, ramPages, slabinfo } from "../lib/proc.mjs";

const MACHINES = {
  "64 MiB, mm=2.4": { memory: 64, append: "mm=2.4" },
  "3.5 GiB, 2 nodes": { memory: 3584, extra: nodeOptions(2, 3584), nodes: 2 },
  "3.5 GiB, mm=2.4": { memory: 3584, append: "mm=2.4" },
};

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

async function freeBlocks(page, guest, nodes) {
  await eventually(async () => {
    const shown = await cells(page, "#buddy .matrix tbody tr");
    const zones = buddyinfo(await guest.text("/proc/buddyinfo"));
    const heads = (await cells(page, "#buddy .matrix thead tr"))[0].slice(2);
    assert.deepEqual(
      heads,
      zones.map(({ zone, node }) => (nodes > 1 ? `${zone}, node ${node}` : zone)),
    );
    assert.equal(shown.length, zones[0].blocks.length);
    shown.forEach(([order, , ...counts], i) => {
      assert.equal(Number(order), i);
      assert.deepEqual(
        counts.map(figure),
        zones.map(({ blocks }) => blocks[i]),
      );
    });
  });
  for (const text of await page.locator("#buddy .facts").allInnerTexts())
    for (const [, share] of text.matchAll(/\(([\d.]+)\s%\)/g))
      assert.ok(Number(share) <= 100, text);
}

const slabCaches = (page, guest) =>
  eventually(async () => {
    const shown = await page.$$eval("#slab tr[data-cache]", (rows) =>
      rows.map((row) => [
        row.dataset.cache,
        row.querySelector("[data-active]").textContent,
        row.querySelector("[data-total]").textContent,
      ]),
    );
    const caches = slabinfo(await guest.text("/proc/slabinfo"));
    assert.equal(shown.length, caches.size);
    for (const [name, active, total] of shown) {
      const cache = caches.get(name);
      assert.deepEqual([active, total].map(figure), [cache.active, cache.total], name);
    }
  });

async function whereMemoryIs(page, guest) {
  const ram = ramPages(await firmwareMap(guest));
  const sum = page.locator('[data-use="sum"] [data-pages]');
  assert.equal(await sum.getAttribute("data-pages"), String(ram));
  const each = await page.$$eval(".uses tbody [data-pages]", (list) =>
    list.reduce((all, cell) => all + Number(cell.dataset.pages), 0),
  );
  assert.equal(each, ram);
  const meminfo = await guest.text("/proc/meminfo");
  assert.ok(Number(/MemTotal: +(\d+)/.exec(meminfo)[1]) / 4 <= ram);
}

async function tables(page, guest) {
  await page.waitForSelector("[data-audit]");
  const text = pageTables(await guest.text("/sys/kernel/debug/kernel_page_tables"));
  const mapped = text.filter((range) => range.mapped);
  const { directory, audit } = await guest.json("/api/v1/pagetables");
  const branches = await page.locator(".pt-tree > li").count();
  assert.equal(branches, directory.length);
  for (const finding of ["user_pages", "writable_text_pages", "stray_pages"]) {
    const words = await page.locator(`[data-finding="${finding}"] strong`).innerText();
    assert.equal(figure(words), audit[finding], finding);
  }
  // A walk to the first page of each mapped range ends where the text says that something is mapped.
  for (const { start } of [mapped[0], mapped.at(-1)]) {
    await page.evaluate((hash) => (location.hash = hash), `#/page-tables/0x${start.toString(16)}`);
    await eventually(async () =>
      assert.match(
        await page.locator('[data-walk="mapped"]').innerText(),
        new RegExp(`0x${start.toString(16).padStart(8, "0")} is physical`),
      ),
    );
  }
}

async function oneFrame(page, guest) {
  const { zones } = await guest.json("/api/v1/memory");
  const last = zones.at(-1);
  const pfn = last.start_pfn + last.spanned - 1;
  await page.waitForSelector(".picture-legend li");
  await page.fill(".place input", String(pfn));
  await page.press(".place input", "Enter");
  await page.waitForSelector(".frame dl");
  const frame = await guest.json(`/api/v1/frame?pfn=${pfn}`);
  const facts = await page.locator(".frame").innerText();
  assert.ok(facts.includes(frame.zone) && facts.includes(`node ${frame.node}`), facts);
  assert.ok(facts.includes(`0x${(pfn * 4096).toString(16).padStart(8, "0")}`), facts);
}

async function areas(page, guest) {
  await page.waitForSelector("#vm table");
  const codes = await page.locator("#vm code").allInnerTexts();
  const lines = (await guest.text("/proc/vmallocinfo")).trim().split("\n").filter(Boolean);
  assert.ok(lines.length > 0);
  for (const line of lines) {
    const [, start, end, caller] = /^(0x[0-9a-f]+)-(0x[0-9a-f]+) +\d+ (\S+)/.exec(line);
    assert.ok(codes.includes(`${start} – ${end}`), line);
    assert.ok(codes.includes(caller), line);
  }
}

for (const [name, { nodes = 1, ...options }] of Object.entries(MACHINES))
  test(`${name}: free blocks, caches, frames, tables and areas are those of the text`, () =>
    Guest.with({ ...options, timeout: 60000 }, async (guest) => {
      for (const [hash, compare] of [
        ["buddy", freeBlocks],
        ["slab", slabCaches],
        ["frames", whereMemoryIs],
        ["page-tables", tables],
        ["picture", oneFrame],
        ["vm", areas],
      ])
        await visit(browser, `${guest.origin}/#/${hash}`, (page) => compare(page, guest, nodes), {
          selector: `#${hash} .panel-body > *`,
        });
    }));
