// Snapshots in a real browser: saved, compared, written to files and read back; two moments of the page
// tables. On both generations.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test, { after, before } from "node:test";

import {
  accessibility,
  eventually,
  figure,
  launch,
  overflow,
  PHONE,
  screenshot,
  visit,
} from "../lib/browser.mjs";
import { Guest } from "../lib/guest.mjs";

const TOKEN = "snapshots-token";
let guest;
let old;
let browser;

before(async () => {
  const append = "page_owner=on slub_debug=U";
  [guest, old, browser] = await Promise.all([
    Guest.ready({ memory: 64, token: TOKEN, append }),
    Guest.ready({ memory: 64, token: TOKEN, append: "mm=2.4" }),
    launch(),
  ]);
});

after(async () => {
  await browser?.close();
  await guest?.stop();
  await old?.stop();
});

const onPage = (machine, view, body, options) =>
  visit(browser, `${machine.origin}/#/${view}`, body, { selector: `#${view}`, ...options });

/** Runs body while a job holds an arena of 4 MiB, or areas in vmalloc space; it is ended afterwards. */
async function holding(machine, document, body) {
  const headers = { Authorization: `Bearer ${TOKEN}` };
  const started = await machine.request("/api/v1/soak", {
    method: "POST",
    headers,
    body: JSON.stringify({ seed: 1, duration_ms: 300_000, rate: 1, ...document }),
  });
  assert.equal(started.status, 201, started.text);
  const { id } = started.json();
  try {
    await eventually(async () =>
      assert.equal((await machine.json(`/api/v1/soak/${id}`)).state, "running"),
    );
    return await body(id);
  } finally {
    await machine.request(`/api/v1/soak/${id}`, { method: "DELETE", headers });
    await eventually(async () =>
      assert.equal((await machine.json(`/api/v1/soak/${id}`)).state, "done"),
    );
  }
}

const ARENA = {
  name: "arena",
  arena: { mib: 4, engine: "2.6" },
  allocate: [{ kind: "kmalloc", size: 64 }],
};

async function save(page, name) {
  const rows = await page.locator(".snapshots tbody tr").count();
  await page.fill("#snapshots .place input", name);
  await page.click('button:text("Save this moment")');
  await eventually(async () =>
    assert.equal(await page.locator(".snapshots tbody tr").count(), rows + 1),
  );
}

async function file(page, click) {
  const [download] = await Promise.all([page.waitForEvent("download"), click()]);
  return {
    name: download.suggestedFilename(),
    text: await readFile(await download.path(), "utf8"),
  };
}

const fileOf = (page, name) =>
  file(page, () =>
    page.locator(`.snapshots tr:has(th:text-is("${name}")) button:text("Save as file")`).click(),
  );

/** The changed rows of a section: [[name, change of the count, change of bytes]]. */
const section = (page, id) =>
  page.$$eval(`[data-section="${id}"] tbody tr`, (rows) =>
    rows.map((row) => [
      row.dataset.name,
      Number(row.dataset.delta),
      Number(row.lastElementChild.dataset.bytes),
    ]),
  );

test("the view is empty at first, and says what it is for", () =>
  onPage(guest, "snapshots", async (page) => {
    assert.match(
      await page.locator("#snapshots .waiting").innerText(),
      /No snapshot has been saved/,
    );
    assert.deepEqual(await accessibility(page), []);
  }));

test("two moments around an arena: the comparison shows exactly what moved", () =>
  onPage(guest, "snapshots", async (page) => {
    await save(page, "before");
    await holding(guest, ARENA, () => save(page, "with an arena"));
    const before = JSON.parse((await fileOf(page, "before")).text).documents;
    const after = JSON.parse((await fileOf(page, "with an arena")).text).documents;

    // Frames, as the two documents have them; the arena has its 1024.
    const pages = (documents) =>
      new Map(documents.memory.frames.map(({ use, pages: n }) => [use, n]));
    const [x, y] = [pages(before), pages(after)];
    const expected = [...y]
      .map(([use, n]) => [use, n - x.get(use), (n - x.get(use)) * 4096])
      .filter(([, delta]) => delta !== 0);
    const shown = await section(page, "frames");
    assert.deepEqual(shown.toSorted(), expected.toSorted());
    const sizes = shown.map(([, , bytes]) => Math.abs(bytes));
    assert.deepEqual(
      sizes,
      sizes.toSorted((p, q) => q - p),
    );
    assert.equal(
      shown.reduce((sum, [, delta]) => sum + delta, 0),
      0,
      "no frame is lost",
    );
    const arena = shown.filter(([use]) => /^soak_arena/.test(use));
    const inside = arena.reduce((sum, [, delta]) => sum + delta, 0);
    assert.ok(inside > 900 && inside <= 1024, `${inside} frames of the arena`);
    const total = page.locator('[data-section="frames"] tfoot td').first();
    assert.equal(figure(await total.innerText()), before.memory.ram_pages);

    // Blocks, caches and call sites.
    const free = (await section(page, "blocks")).reduce((sum, [, , bytes]) => sum + bytes, 0);
    const zoneFree = (documents) =>
      documents.memory.zones.reduce((sum, zone) => sum + zone.free, 0);
    assert.equal(free, (zoneFree(after) - zoneFree(before)) * 4096);
    const active = (documents) =>
      new Map(documents.memory.caches.map(({ name, active: n }) => [name, n]));
    const caches = active(before);
    for (const [name, delta] of await section(page, "caches"))
      assert.equal(delta, active(after).get(name) - (caches.get(name) ?? 0), name);
    const sites = await section(page, "sites");
    assert.ok(
      sites.some(([name, live, bytes]) => /pages:soak/.test(name) && live >= 1 && bytes >= 2 ** 22),
      JSON.stringify(sites),
    );
    assert.deepEqual(await page.locator("[data-warning]").allInnerTexts(), []);
    assert.deepEqual(await accessibility(page), []);
    await screenshot(page, "snapshots-desktop", { fullPage: true });

    // The export has the same rows, and those that did not move.
    await page.click(".comparison .controls .menu summary");
    const csv = await file(page, () => page.click('.comparison button:text("CSV: all rows")'));
    const lines = csv.text.trimEnd().split("\n");
    assert.match(lines[0], /^section,unit,name,before,after,/);
    const [moved] = shown[0];
    assert.ok(lines.some((line) => line.startsWith(`Frames by use,frames,${moved},`)));
    await page.click(".comparison .controls .menu summary");
    const json = await file(page, () => page.click('.comparison .menu button:text-is("JSON")'));
    const document = JSON.parse(json.text);
    assert.equal(document.before.name, "before");
    assert.deepEqual(
      document.sections[0].changed.map(({ name, delta }) => [name, delta]),
      shown.map(([name, delta]) => [name, delta]),
    );
  }));

test("a file of another generation is opened, and that is said", async () => {
  const foreign = await onPage(old, "snapshots", async (page) => {
    await save(page, "the other one");
    return fileOf(page, "the other one");
  });
  assert.match(foreign.name, /^memscope-snapshot-the-other-one-.*\.json$/);
  assert.equal(JSON.parse(foreign.text).machine.generation, "2.4");
  await onPage(guest, "snapshots", async (page) => {
    await save(page, "here");
    const upload = (text, name) =>
      page.setInputFiles("#snapshots input[type=file]", {
        name,
        mimeType: "application/json",
        buffer: Buffer.from(text),
      });
    await upload(foreign.text, foreign.name);
    await page.waitForSelector('.snapshots th:text-is("the other one")');
    const said = (await page.locator("[data-warning]").allInnerTexts()).join(" ");
    assert.match(said, /different starts/);
    assert.match(said, /different generations: mm=2\.4 and mm=2\.6|mm=2\.6 and mm=2\.4/);

    // Damaged ones are refused by name, and nothing is lost.
    const refused = async (text, expected) => {
      await upload(text, "bad.json");
      await eventually(async () =>
        assert.match(await page.locator('#snapshots [role="alert"]').innerText(), expected),
      );
      assert.equal(await page.locator(".snapshots tbody tr").count(), 2);
    };
    await refused(
      foreign.text.slice(0, 5000),
      /bad\.json was not opened: .*not JSON, or .* cut off/,
    );
    await refused('{"frames": []}', /not a snapshot: memscope_snapshot is missing/);
    const json = JSON.parse(foreign.text);
    json.documents.memory.zones[0].free = null;
    await refused(JSON.stringify(json), /memory\.zones\[0\]\.free: expected number, found null/);
    assert.deepEqual(await accessibility(page), []);

    // Kept over a reload; deleted with two presses.
    await page.reload();
    await page.waitForSelector(".snapshots tbody tr");
    assert.equal(await page.locator(".snapshots tbody tr").count(), 2);
    const row = page.locator('.snapshots tr:has(th:text-is("here"))');
    await row.locator('button:text("Delete")').click();
    await row.locator('button:text("Really delete")').click();
    assert.equal(await page.locator(".snapshots tbody tr").count(), 1);
  });
});

test("by keyboard alone: saved twice, and the sides turned", () =>
  onPage(guest, "snapshots", async (page) => {
    await page.focus("#snapshots .place input");
    for (const name of ["one", "two"]) {
      await page.keyboard.type(name);
      await page.keyboard.press("Enter");
      await page.waitForSelector(`.snapshots th:text-is("${name}")`);
      await eventually(async () =>
        assert.equal(await page.inputValue("#snapshots .place input"), ""),
      );
    }
    await page.waitForSelector('.comparison h3:text("From “one” to “two”")');
    await page.focus('[aria-label="After: two"]');
    await page.keyboard.press("ArrowUp");
    await page.waitForSelector("text=Choose two different snapshots");
    await page.focus('[aria-label="Before: one"]');
    await page.keyboard.press("ArrowDown");
    await page.waitForSelector('.comparison h3:text("From “two” to “one”")');
    assert.match(await page.locator(".comparison .controls").innerText(), /before the first/);
  }));

for (const [name, options] of [
  ["snapshots-phone", { viewport: PHONE }],
  ["snapshots-dark", { colorScheme: "dark" }],
]) {
  test(`list and comparison fit and are accessible: ${name}`, () =>
    onPage(
      guest,
      "snapshots",
      async (page) => {
        await save(page, "one");
        await holding(guest, ARENA, () => save(page, "two, with a longer name"));
        await page.waitForSelector(".comparison");
        assert.equal(await overflow(page), 0);
        assert.deepEqual(await accessibility(page), []);
        await screenshot(page, name, { fullPage: true });
      },
      options,
    ));
}

// ---- Page tables ----

const AREAS = {
  name: "areas",
  rate: 20,
  live: { objects: 500 },
  allocate: [{ kind: "vmalloc", size: 20000 }],
};

for (const name of ["2.6", "2.4"]) {
  test(`mm=${name}: what appeared in the page tables since the mark is listed, and goes again`, () => {
    const machine = name === "2.6" ? guest : old;
    return onPage(machine, "page-tables", async (page) => {
      const compare = page.locator('button:text("Compare with the mark")');
      assert.ok(await compare.isDisabled());
      await page.click('button:text("Mark this moment")');
      await page.waitForSelector(".differences [role=status]:has-text('Marked')");
      await compare.click();
      await page.waitForSelector("[data-changes]");
      assert.match(await page.locator("[data-changes]").innerText(), /no entry is different/);

      await holding(machine, AREAS, async () => {
        await eventually(async () => {
          const { vmalloc } = await machine.json("/api/v1/vm");
          assert.ok(vmalloc.areas.filter(({ kind }) => kind === "vmalloc").length >= 5);
        });
        await compare.click();
        await page.waitForSelector('.differences tr[data-what="appeared"]');
        const rows = await page.$$eval(".differences tr[data-pages]", (all) =>
          all.map((row) => ({
            what: row.dataset.what,
            pages: Number(row.dataset.pages),
            cells: [...row.children].map((cell) => cell.textContent),
          })),
        );
        const { vmalloc } = await machine.json("/api/v1/vm");
        const areas = new Map(
          vmalloc.areas
            .filter(({ kind }) => kind === "vmalloc")
            .map(({ start, pages }) => [Number(start), pages]),
        );
        const at = ({ cells }) => parseInt(cells[0], 16);
        const mine = rows.filter((row) => areas.has(at(row)));
        assert.ok(mine.length >= 5, JSON.stringify(rows));
        for (const row of mine) {
          assert.equal(row.what, "appeared");
          assert.equal(row.pages, areas.get(at(row)), "without the guard page");
          assert.equal(row.cells[3], "nothing");
          assert.match(row.cells[5], /^present, writable, accessed, dirty/);
        }
        assert.deepEqual(await accessibility(page, ".differences"), []);
        await page.locator(".differences").screenshot({
          path: `build/screenshots/pt-differences-${name}.png`,
        });
        await page.click('button:text("Mark this moment")');
        await page.waitForSelector("[data-changes]", { state: "detached" });
      });
      await compare.click();
      await page.waitForSelector("[data-changes]");
      const gone = await page.locator('.differences tr[data-what="vanished"]').count();
      assert.ok(gone >= 5, `${gone} ranges vanished`);
      assert.equal(await page.locator('.differences tr[data-what="appeared"]').count(), 0);
    });
  });
}
