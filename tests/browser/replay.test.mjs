// The replay of boot in a real browser: at each stop the page shows what /api/v1/boot says of that time.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";

import {
  accessibility,
  breaches,
  cells,
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

let browser, guest, boot, words, stops;
before(async () => {
  guest = await Guest.ready({
    memory: 512,
    extra: [
      ...[
        "-object",
        "memory-backend-ram,size=256M,id=m0",
        "-numa",
        "node,nodeid=0,memdev=m0,cpus=0",
      ],
      ...["-object", "memory-backend-ram,size=256M,id=m1", "-numa", "node,nodeid=1,memdev=m1"],
    ],
  });
  browser = await launch();
  for (;;) {
    boot = await guest.json("/api/v1/boot");
    if (boot.stages.find(({ id }) => id === "cpu_idle").status === "done") break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const answer = await fetch(`http://127.0.0.1:${guest.port}/stages.json`);
  words = await answer.json();
  stops = boot.stages
    .filter(({ end_cycles: end }) => end > 0)
    .sort((a, b) => a.end_cycles - b.end_cycles || b.depth - a.depth);
});
after(async () => {
  await browser?.close();
  await guest?.stop();
});

const onPage = (place, body, options = {}) =>
  visit(browser, `http://127.0.0.1:${guest.port}/#/boot${place}`, body, {
    selector: "#boot .directory",
    ...options,
  });

/** Figures by area, from the rows: { name: [tables, large pages, entries present] }. */
function areasAt(now) {
  const entries = Array.from({ length: 1024 }, () => ({ kind: "empty", present: 0 }));
  for (const { directory_entry: first, entries: n, kind, present, cycles } of boot.directory)
    if (cycles <= now) entries.fill({ kind, present }, first, first + n);
  const areas = boot.layout.filter(({ name }) => name !== "vmalloc() End");
  const sums = Object.fromEntries(areas.map(({ name }) => [name, [0, 0, 0]]));
  entries.forEach(({ kind, present }, i) => {
    const { name } = areas.findLast(({ start }) => Number(start) < (i + 1) * 2 ** 22);
    if (kind === "table") sums[name][0]++;
    if (kind === "large" || kind === "moved") sums[name][1]++;
    sums[name][2] += present;
  });
  return sums;
}

const FIELDS = ["spanned", "present", "free", "per_cpu", "min", "low", "high"];

function zonesAt(now) {
  const zones = {};
  const spanned = new Set();
  for (const row of boot.zones.filter(({ node }) => node >= 0)) {
    const key = `${row.node} ${row.zone}`;
    if (row.spanned) spanned.add(key);
    zones[key] ??= FIELDS.map(() => "–");
    if (row.cycles > now) continue;
    zones[key] = FIELDS.map((word, i) => row[word] ?? (zones[key][i] === "–" ? 0 : zones[key][i]));
  }
  return Object.fromEntries(Object.entries(zones).filter(([key]) => spanned.has(key)));
}

const value = (text) => (text === "–" ? text : figure(text));

async function shown(page) {
  const read = (rows, key) =>
    page.$$eval(
      rows,
      (list, name) =>
        list.map((row) => [
          row.dataset[name],
          [...row.querySelectorAll(".value")].map((cell) => cell.textContent),
        ]),
      key,
    );
  const numbers = (list) => Object.fromEntries(list.map(([key, row]) => [key, row.map(value)]));
  return {
    areas: numbers(await read("#boot .areas tbody tr", "area")),
    zones: numbers(await read("#boot .zones-then tbody tr", "zone")),
  };
}

/** The page shows this stop, in words and in figures. */
async function atStop(page, index) {
  const stop = stops[index];
  await page.locator(`#boot [data-here="${stop.id}"]`).waitFor();
  const about = await page.locator("#boot .about-stage").innerText();
  assert.ok(about.includes(stop.name) && about.includes(stop.section), about);
  assert.ok(about.includes(words[boot.stages.indexOf(stop)]), `${stop.id}: ${about}`);
  const { areas, zones } = await shown(page);
  assert.deepEqual(areas, areasAt(stop.end_cycles), `page tables behind ${stop.id}`);
  assert.deepEqual(zones, zonesAt(stop.end_cycles), `zones behind ${stop.id}`);
}

const indexOf = (id) => stops.findIndex((stop) => stop.id === id);

test("each stop shows the directory and the zones of its time, by key, by button, by address", () =>
  onPage("", async (page) => {
    const slider = page.getByRole("slider");
    await atStop(page, stops.length - 1);
    await slider.press("Home");
    await atStop(page, 0);
    for (const index of [1, 2, 3]) {
      await slider.press("ArrowRight");
      await atStop(page, index);
    }
    await page.getByRole("button", { name: "Next", exact: true }).click();
    await atStop(page, 4);
    await page.getByRole("button", { name: "Back", exact: true }).click();
    await atStop(page, 3);
    assert.match(await slider.getAttribute("aria-valuetext"), /^4 of \d+: /);
    for (const id of [
      "zap_low_mappings",
      "free_area_init_core",
      "remap_numa_kva",
      "free_all_bootmem",
    ]) {
      await page.evaluate((stage) => (location.hash = `#/boot/${stage}`), id);
      await atStop(page, indexOf(id));
    }
    // every stop there is
    for (let index = 0; index < stops.length; index += 7) {
      await slider.fill(String(index));
      await atStop(page, index);
    }
  }));

test("the address follows the slider when it rests, without filling the history", () =>
  onPage("", async (page) => {
    const before = await page.evaluate(() => history.length);
    await page.getByRole("slider").fill("10");
    await eventually(async () =>
      assert.equal(await page.evaluate(() => location.hash), `#/boot/${stops[10].id}`),
    );
    assert.equal(await page.evaluate(() => history.length), before);
    await page.reload();
    await atStop(page, 10);
    assert.equal(await page.locator("#boot tr.here").getAttribute("data-stage"), stops[10].name);
  }));

test("what a stage changed is marked, or what changed since the stop before", () =>
  onPage("/kernel_physical_mapping_init", async (page) => {
    const { start_cycles: start, end_cycles: end } = stops[indexOf("kernel_physical_mapping_init")];
    const kernel = () => page.locator('#boot [data-area="Kernel Mapping"] .delta').allInnerTexts();
    const [tables, large] = areasAt(end)["Kernel Mapping"];
    const [tables0, large0] = areasAt(start)["Kernel Mapping"];
    const signed = (n) => (n > 0 ? `+${n}` : n < 0 ? `−${-n}` : "");
    const marks = () => page.locator("#boot .directory .marks").getAttribute("d");
    assert.ok(large > large0);
    assert.deepEqual(
      (await kernel()).slice(0, 2).map((text) => text.trim()),
      [signed(tables - tables0), signed(large - large0)],
    );
    const squares = (path) => path.split("z").length - 1;
    const frames = squares(await marks());
    assert.ok(frames >= large - large0);
    await page.getByLabel("Mark what has changed since").selectOption("stop");
    const before = areasAt(stops[indexOf("kernel_physical_mapping_init") - 1].end_cycles);
    assert.equal((await kernel())[1].trim(), signed(large - before["Kernel Mapping"][1]));
    assert.ok(squares(await marks()) < frames);
  }));

test("play goes from stop to stop, and stops", () =>
  onPage("/zone_sizes_init", async (page) => {
    const slider = page.getByRole("slider");
    const at = async () => Number(await slider.inputValue());
    const start = await at();
    await page.getByLabel("How fast to play").selectOption("150");
    await page.getByRole("button", { name: "Play", exact: true }).click();
    await eventually(async () => assert.ok((await at()) > start + 4));
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    const stopped = await at();
    await page.waitForTimeout(500);
    assert.equal(await at(), stopped);
    await atStop(page, stopped);
    await slider.press("End");
    await page.getByRole("button", { name: "Play", exact: true }).click(); // from the beginning again
    await eventually(async () => assert.ok((await at()) < 20));
    assert.ok((await layoutShift(page)).shift < 0.1, JSON.stringify(await layoutShift(page)));
  }));

test("a stage that did not run has its address, its words and its reason", () =>
  onPage("/lockdep_init", async (page) => {
    const stage = boot.stages.find(({ id }) => id === "lockdep_init");
    const about = await page.locator("#boot .about-stage").innerText();
    assert.ok(about.includes(words[boot.stages.indexOf(stage)]));
    assert.ok(about.includes(stage.reason));
    assert.match(about, /Below is the machine behind/);
    const rows = await cells(page, "#boot tr[data-stage]");
    assert.equal(rows.length, boot.stages.length);
    rows.forEach((row, i) => assert.ok(row[1].includes(words[i]), boot.stages[i].id));
  }));

test("a cell is read by pointing at it", () =>
  onPage("/remap_numa_kva", async (page) => {
    await page.locator("#boot .directory").scrollIntoViewIfNeeded();
    const box = await page.locator("#boot .directory").boundingBox();
    const { directory_entry: entry } = boot.directory.find(({ kind }) => kind === "moved");
    await page.mouse.move(
      box.x + ((entry % 64) + 0.5) * (box.width / 64),
      box.y + (Math.floor(entry / 64) + 0.5) * (box.height / 16),
    );
    const text = await page.locator("#boot .pointed").innerText();
    assert.ok(text.includes(`Entry ${entry}, from 0x${(entry * 2 ** 22).toString(16)}`), text);
    assert.match(text, /4 MiB page of a node's memory \(Kernel Mapping\)/);
  }));

for (const colorScheme of ["light", "dark"])
  for (const [width, viewport] of [["desktop"], ["phone", PHONE]])
    test(`${width}, ${colorScheme}: fits, is accessible, keeps its policy`, () =>
      onPage(
        "/kernel_physical_mapping_init",
        async (page) => {
          assert.equal(await overflow(page), 0);
          assert.deepEqual(await accessibility(page, "#boot"), []);
          assert.deepEqual(await breaches(page), []);
          await screenshot(page, `replay-${width}-${colorScheme}`);
          const top = async () => (await page.locator("#boot .areas").boundingBox()).y;
          const y = await top();
          for (let i = 0; i < 30; i++) await page.getByRole("slider").press("ArrowRight");
          assert.equal(await top(), y, "what stands below the words stays in its place");
        },
        { viewport, colorScheme },
      ));
