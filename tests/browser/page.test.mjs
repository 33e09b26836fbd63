// The page in a real browser, on a machine that really boots: its figures are those of the text.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before } from "node:test";

import {
  accessibility,
  breaches,
  cells,
  DESKTOP,
  eventually,
  figure,
  launch,
  layoutShift,
  overflow,
  PHONE,
  screenshot,
  visit,
  waitState,
} from "../lib/browser.mjs";
import { openEvents } from "../lib/events.mjs";
import { Guest, ROOT } from "../lib/guest.mjs";
import { buddyinfo, pageTables, slabinfo } from "../lib/proc.mjs";

let guest;
let browser;

before(async () => {
  [guest, browser] = await Promise.all([Guest.ready({ memory: 1024 }), launch()]);
});

after(async () => {
  await browser?.close();
  await guest?.stop();
});

// Tests of complaints and of lost connections look at them themselves.
const onPage = (hash, body, options) =>
  visit(browser, `${guest.origin}/${hash}`, body, { complaints: true, ...options });

test("the page loads from the guest alone, without a complaint or a breach of its policy", () =>
  onPage("", async (page, { complaints, asked }) => {
    await page.waitForSelector("#page-tables .area");
    await page.waitForSelector("#boot .stages tbody tr");
    assert.deepEqual(complaints, []);
    assert.deepEqual(await breaches(page), []);
    for (const url of asked) assert.ok(url.startsWith(guest.origin), url);
    const policy = (await guest.get("/")).headers["content-security-policy"];
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self'/);
    assert.doesNotMatch(policy, /unsafe/);
  }));

test("everything the page is made of is small, compressed and may be kept", async () => {
  let total = 0;
  const html = await guest.get("/", { headers: { "Accept-Encoding": "gzip" } });
  assert.equal(html.headers["content-encoding"], "gzip");
  total += html.body.length;
  const plain = await guest.text("/");
  const parts = [...plain.matchAll(/(?:href|src)="([\w.-]+)"/g)].map((match) => match[1]);
  assert.ok(parts.length >= 3, plain);
  for (const part of parts) {
    const answer = await guest.get(`/${part}`, { headers: { "Accept-Encoding": "gzip" } });
    assert.equal(answer.headers["content-encoding"], "gzip", part);
    assert.ok(answer.headers.etag, part);
    total += answer.body.length;
  }
  assert.ok(total <= 120 * 1024, `${total} bytes`);
});

test("free blocks by order and zone are those of /proc/buddyinfo", () =>
  onPage("#/buddy", (page) =>
    eventually(async () => {
      const shown = await cells(page, "#buddy .matrix tbody tr");
      const zones = buddyinfo(await guest.text("/proc/buddyinfo"));
      const heads = (await cells(page, "#buddy .matrix thead tr"))[0].slice(2);
      assert.deepEqual(
        heads,
        zones.map(({ zone }) => zone),
      );
      assert.equal(shown.length, zones[0].blocks.length);
      shown.forEach(([order, , ...counts], i) => {
        assert.equal(Number(order), i);
        assert.deepEqual(
          counts.map(figure),
          zones.map(({ blocks }) => blocks[i]),
        );
      });
    }),
  ));

test("free blocks by migrate type are those of /proc/pagetypeinfo", () =>
  onPage("#/buddy", (page) =>
    eventually(async () => {
      const text = await guest.text("/proc/pagetypeinfo");
      const rows = [...text.matchAll(/^Node +\d+, zone +(\S+), type +(\S+) ([ \d]+)$/gm)];
      assert.ok(rows.length > 0, text);
      for (const [, zone, type, blocks] of rows) {
        const shown = await page.$$eval(
          `article[aria-label="Zone ${zone}"] td[data-type="${type}"]`,
          (found) => found.map((cell) => cell.textContent),
        );
        assert.deepEqual(shown.map(figure), blocks.trim().split(/ +/).map(Number), zone + type);
      }
    }),
  ));

test("why a request would fail or not is what the kernel says; the indexes are those of its texts", () =>
  onPage("#/buddy", (page) =>
    eventually(async () => {
      await page.getByLabel("Size").selectOption("10");
      const { requests } = await guest.json("/api/v1/buddy");
      for (const [label, kind] of [
        ["Kernel memory", "kernel"],
        ["For DMA", "dma"],
      ]) {
        await page.getByText(label, { exact: true }).click();
        const wanted = requests.find((request) => request.kind === kind && request.order === 10);
        const shown = await page.$$eval("[data-verdict]", (items) =>
          items.map((item) => item.dataset.verdict),
        );
        assert.deepEqual(
          shown,
          wanted.zones.map(({ verdict }) => verdict),
        );
        assert.equal(await page.locator(".why").getAttribute("data-served"), String(wanted.served));
      }
      const text = await guest.text("/sys/kernel/debug/extfrag/unusable_index");
      for (const [, zone, values] of text.matchAll(/zone +(\S+) ([\d. ]+) \n/g)) {
        const shown = await page.$$eval(`[data-frag-zone="${zone}"]`, (found) =>
          found.map((cell) => cell.textContent.trim().split(" ")[0]),
        );
        assert.deepEqual(shown, values.split(" "), zone);
      }
    }),
  ));

test("the slab caches are those of /proc/slabinfo", () =>
  onPage("#/slab", (page) =>
    eventually(async () => {
      const shown = await cells(page, "#slab tbody tr");
      const caches = slabinfo(await guest.text("/proc/slabinfo"));
      assert.equal(shown.length, caches.size);
      const names = await page.locator("#slab tbody th a").allInnerTexts();
      for (const [i, [, , , active, total, , slabs]] of shown.entries()) {
        const name = names[i];
        const cache = caches.get(name);
        assert.ok(cache, `${name} is not in slabinfo`);
        assert.deepEqual(
          [active, total, slabs].map(figure),
          [cache.active, cache.total, cache.slabs],
          name,
        );
      }
    }),
  ));

test("the slab table sorts by mouse and by keyboard, and finds words", () =>
  onPage("#/slab", async (page) => {
    const names = () => page.locator("#slab tbody th a").allInnerTexts();
    const heading = page.getByRole("columnheader", { name: "Cache" });
    await heading.getByRole("button").click();
    assert.equal(await heading.getAttribute("aria-sort"), "ascending");
    const up = await names();
    const collator = new Intl.Collator("en", { numeric: true });
    assert.deepEqual(up, [...up].sort(collator.compare));
    await page.keyboard.press("Enter");
    assert.equal(await heading.getAttribute("aria-sort"), "descending");
    assert.deepEqual(await names(), up.reverse());
    await page.getByRole("searchbox").fill("size-6");
    const found = await names();
    assert.ok(found.includes("size-64"));
    for (const name of found) assert.match(name, /size-6/);
    await page.getByRole("searchbox").fill("no such cache");
    await page.getByText("No cache matches").waitFor();
  }));

test("every frame of RAM is in the list, and the sum says so", () =>
  onPage("#/frames", async (page) => {
    const json = await guest.json("/api/v1/memory");
    const pages = await page.$$eval("#frames [data-use] [data-pages]", (found) =>
      found.map((cell) => [cell.parentElement.dataset.use, Number(cell.dataset.pages)]),
    );
    const shown = Object.fromEntries(pages);
    assert.equal(shown.sum, json.ram_pages);
    delete shown.sum;
    assert.deepEqual(Object.keys(shown).sort(), json.frames.map(({ use }) => use).sort());
    assert.equal(
      Object.values(shown).reduce((sum, n) => sum + n, 0),
      json.ram_pages,
    );
    await page.getByText("exactly the RAM that the firmware reported").waitFor();
    for (const { use, pages: n } of json.frames) {
      // What boot settled does not move any more, so it is equal whenever one looks.
      if (["kernel_image", "memory_map", "page_tables", "trimmed"].includes(use)) {
        assert.equal(shown[use], n, use);
      }
    }
    assert.equal(await page.locator("#frames .use-other").count(), 0, "a use without words");
  }));

test("the last minutes are drawn, and what moved is seen", () =>
  onPage("#/frames", async (page) => {
    await page.waitForTimeout(2500);
    const points = () =>
      page.$eval('[data-series="free"] polyline', (found) => found.getAttribute("points"));
    const before = (await points()).split(" ").length;
    await page.waitForTimeout(2500);
    assert.ok((await points()).split(" ").length > before, "the line grows");
    assert.equal(await page.locator(".chart").count(), 4);
    await page.locator('[data-sum-kept="true"]').waitFor();
  }));

test("the check on the button walks every frame", () =>
  onPage("#/frames", async (page) => {
    const { frames_walked: walked } = await guest.json("/api/v1/check");
    await page.getByRole("button", { name: "Check every frame" }).click();
    const words = await page.locator(".check-result .good").textContent({ timeout: 20000 });
    assert.equal(figure(/[\d,]+/.exec(words)[0]), walked);
  }));

test("every stage is listed, in the documented order, with its state and what it changed", () =>
  onPage("#/boot", async (page) => {
    const { stages } = await guest.json("/api/v1/boot");
    await page.waitForSelector("#boot .stages tbody tr");
    const shown = await page.$$eval("#boot tr[data-stage]", (rows) =>
      rows.map((row) => [row.dataset.stage, row.querySelector(".state").textContent]),
    );
    assert.deepEqual(
      shown.map(([name]) => name),
      stages.map(({ name }) => name),
    );
    stages.forEach(({ status, reason, name }, i) => {
      assert.equal(shown[i][1] === "ran", status === "done", name);
      if (status === "not_applicable") assert.ok(reason, `${name} does not say why`);
    });
    await page.getByRole("button", { name: "Unfold all changes" }).click();
    const text = await page.locator("#boot .stages").innerText();
    const done = stages.filter(({ status }) => status === "done");
    assert.ok(done.length > 60, `${done.length} stages are done`);
    for (const { name, changed } of done) {
      assert.ok(changed.length > 0, name);
      for (const line of changed) assert.ok(text.includes(line.trim()), `${name}: ${line}`);
    }
    await page.getByText(/^Ran \(/).click();
    assert.equal(
      await page.locator("#boot tr[data-stage]").count(),
      stages.filter(({ end_cycles: end }) => end > 0).length,
    );
  }));

test("a stage has an address; the map and the reservations are shown as they were behind it", () =>
  onPage("#/boot/trim_bios_range", async (page) => {
    const boot = await guest.json("/api/v1/boot");
    const stage = boot.stages.find(({ id }) => id === "trim_bios_range");
    const row = page.locator("#boot tr.here");
    await row.waitFor();
    assert.equal(await row.getAttribute("data-stage"), "trim_bios_range");
    assert.ok(await row.isVisible());
    const moment = page.locator("#boot .moment");
    const expected = (item) => {
      const now = item.end_cycles;
      const map = boot.e820.filter(({ cycles }) => cycles <= now).at(-1);
      const held = boot.early_res.filter(
        ({ made_cycles: made, freed_cycles: freed }) => made <= now && (!freed || freed > now),
      );
      return [map?.entries.length ?? 0, held.length];
    };
    const shown = async () => {
      const tables = moment.locator(".moment-tables table");
      const rows = [0, 0];
      for (let i = 0; i < (await tables.count()); i++) {
        const caption = await tables.nth(i).locator("caption").innerText();
        const n = await tables.nth(i).locator("tbody tr").count();
        rows[caption.includes("reservations") ? 1 : 0] = n;
      }
      return rows;
    };
    assert.deepEqual(await shown(), expected(stage));
    await page.locator("#boot tr[data-stage='first reservations'] a.stage-name").click();
    await page.locator("#boot tr.here[data-stage='first reservations']").waitFor();
    const first = boot.stages.find(({ id }) => id === "first_reservations");
    await eventually(async () => assert.deepEqual(await shown(), expected(first)));
    for (const place of ["#boot .moment .changes", "#boot .stages .changes"]) {
      const open = await page.locator(place).innerText();
      assert.match(open, /Goes by words at 0x413/);
      assert.match(open, /early_reservations 0 → \d+/);
    }
    await moment.getByRole("slider").press("End");
    const last = boot.stages
      .filter(({ end_cycles: end }) => end > 0)
      .sort((a, b) => a.end_cycles - b.end_cycles)
      .at(-1);
    await eventually(async () => assert.deepEqual(await shown(), expected(last)));
    assert.ok((await moment.innerText()).includes(last.name));
  }));

test("the fidelity list is whole, can be searched, and leads to the stages", () =>
  onPage("#/fidelity", async (page) => {
    const line = await page.locator(".record dd > div").first().boundingBox();
    assert.ok(line.height < 40 && line.width > 400, "a line uses the width of the page");
    const lines = readFileSync(join(ROOT, "docs/checklist.txt"), "utf8")
      .split("\n")
      .filter((line) => /^(MUST|ANALOGUE|N\/A) /.test(line))
      .map((line) => line.slice(line.indexOf(" ") + 1).replaceAll("`", ""));
    const records = page.locator("#fidelity .record");
    await records.first().waitFor();
    const names = await records.locator("h4").allInnerTexts();
    assert.deepEqual(
      names.map((name) => name.replace(/ (MUST|ANALOGUE|N\/A)$/, "")),
      lines,
    );
    await page.getByText("Must", { exact: true }).click();
    await page.getByRole("searchbox").fill("find_low_pfn_range w-29");
    await eventually(async () => assert.equal(await records.count(), 1));
    assert.match(await records.first().innerText(), /mm\/e820_setup\.c:find_low_pfn_range/);
    await records.getByRole("link", { name: "find_low_pfn_range" }).click();
    await page.locator("#boot tr.here[data-stage='find_low_pfn_range']").waitFor();
  }));

test("the page tables are those of the text: areas, ranges, sizes", () =>
  onPage("#/page-tables", (page) =>
    eventually(async () => {
      await page.getByRole("button", { name: "Read again" }).click();
      await page.waitForSelector("#page-tables .area");
      const text = await guest.text("/sys/kernel/debug/kernel_page_tables");
      const areas = [...text.matchAll(/^---\[ (.*) \]---$/gm)].map((match) => match[1]);
      const shown = await page.$$eval("#page-tables .area", (found) =>
        found.map((area) => area.dataset.area),
      );
      assert.deepEqual(shown, areas);
      const ranges = await page.$$eval("#page-tables .ranges tbody tr", (rows) =>
        rows.map((row) => [...row.children].map((cell) => cell.textContent)),
      );
      const wanted = pageTables(text);
      assert.equal(ranges.length, wanted.length);
      wanted.forEach(({ start, mapped }, i) => {
        assert.ok(ranges[i][0].startsWith(`0x${start.toString(16).padStart(8, "0")} `));
        assert.equal(ranges[i][2] !== "not mapped", mapped, ranges[i][0]);
      });
    }),
  ));

const uptime = async (page) => page.locator(".costs li").first().textContent();

const hide = (page, state) =>
  page.evaluate((value) => {
    Object.defineProperty(document, "visibilityState", { value, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);

/** Pages that answers and streams hold; each open stream has some of its own. */
const httpPages = async () =>
  (await guest.json("/api/v1/memory")).frames.find(({ use }) => use === "http_snapshots").pages;

/** How many different instants the page shows in two seconds. */
async function instants(page) {
  const seen = new Set();
  for (const end = Date.now() + 2000; Date.now() < end; ) {
    seen.add(await uptime(page));
    await page.waitForTimeout(20);
  }
  return seen.size;
}

test("the page lives on events; paused or hidden it holds no stream and asks nothing", () =>
  onPage("#/frames", async (page, { asked }) => {
    await eventually(async () => assert.ok(asked.some((url) => url.includes("/events?"))));
    await page.waitForTimeout(500);
    const from = asked.length;
    assert.ok((await instants(page)) >= 3, "the page stands still");
    assert.equal(asked.length, from, "the page asks although it is told");
    const open = await httpPages();

    const rests = async (state) => {
      await waitState(page, state);
      await eventually(async () => assert.ok((await httpPages()) < open, "the stream is open"));
      const before = asked.length;
      assert.ok((await instants(page)) === 1, `moves while ${state}`);
      assert.equal(asked.length, before, `asks while ${state}`);
    };
    await page.getByRole("button", { name: "Pause" }).click();
    await rests("paused");
    await page.getByRole("button", { name: "Resume" }).click();
    await waitState(page, "live");
    await eventually(async () => assert.equal(await httpPages(), open));
    await hide(page, "hidden");
    await rests("hidden");
    await hide(page, "visible");
    await waitState(page, "live");
    assert.ok((await instants(page)) >= 3, "does not go on");
  }));

test("two browsers at once show the same machine, each at its own rate", () =>
  onPage("#/buddy", (slow) =>
    onPage("#/buddy", async (fast) => {
      await slow.getByLabel("Updates a second").selectOption("1");
      await fast.getByLabel("Updates a second").selectOption("10");
      await fast.waitForTimeout(1000);
      const [few, many] = [await instants(slow), await instants(fast)];
      assert.ok(few <= 4, `${few} instants in 2 s at one a second`);
      assert.ok(many >= 8, `${many} instants in 2 s at ten a second`);
      const free = (page) => page.locator("#buddy .matrix tfoot").innerText();
      await eventually(async () => assert.equal(await free(slow), await free(fast)));
    }),
  ));

test("without a stream to spare the page asks every second, and says so", async () => {
  const streams = [];
  try {
    for (let i = 0; i < 8; i++) streams.push(await openEvents(guest.origin, "/events?hz=1"));
    await onPage(
      "#/buddy",
      async (page) => {
        assert.match(await page.locator(".status").textContent(), /all event streams are taken/);
        assert.ok((await instants(page)) >= 2);
        for (const stream of streams.splice(0)) stream.close();
        await waitState(page, "live", 20000);
      },
      { state: "asking" },
    );
  } finally {
    for (const stream of streams) stream.close();
  }
});

test("the log is that of /proc/kmsg, can be searched, and has no line twice after a rest", () =>
  onPage("#/log", async (page) => {
    const lines = page.locator(".log-line");
    const texts = async () => page.locator(".log-text").allInnerTexts();
    const kernel = async () =>
      (await guest.text("/proc/kmsg"))
        .trimEnd()
        .split("\n")
        .map((line) => line.replace(/^(<\d>)?(\[ *\d+\.\d+\] )?/, ""));
    const same = () =>
      eventually(async () =>
        assert.deepEqual(
          (await texts()).map((text) => text.trimEnd()),
          (await kernel()).map((text) => text.trimEnd()),
        ),
      );
    await same();
    await hide(page, "hidden");
    await page.waitForTimeout(300);
    await hide(page, "visible");
    await waitState(page, "live");
    await same();
    const all = await lines.count();
    await page.getByRole("searchbox").fill("virtio");
    await eventually(async () => assert.ok((await lines.count()) < all));
    for (const text of await texts()) assert.match(text, /virtio/i);
    assert.match(page.url(), /#\/log\/virtio$/);
    await page.getByText("Errors", { exact: true }).click();
    await page
      .locator("#log .panel-body")
      .getByText(/No line matches|lines?$/)
      .first()
      .waitFor();
    assert.deepEqual(await accessibility(page), []);
  }));

test("a lost connection is said, the last figures stay, and it comes back by itself", () =>
  onPage("", async (page) => {
    const history = page.locator('.chart[data-series="free"] polyline');
    await eventually(async () => assert.equal(await history.count(), 1));
    await guest.qmp("set_link", { name: "net0", up: false });
    try {
      await waitState(page, "lost", 20000);
      await page.waitForTimeout(2500);
      await screenshot(page, "connection-lost");
      assert.match(await page.locator(".status").textContent(), /Connection lost/);
      assert.equal(await page.locator("#buddy .matrix tbody tr").count(), 11);
      assert.deepEqual(await accessibility(page, ".top"), []);
      assert.deepEqual(await accessibility(page, "#buddy"), []);
    } finally {
      await guest.qmp("set_link", { name: "net0", up: true });
    }
    await waitState(page, "live", 30000);
    const before = await uptime(page);
    await eventually(async () => assert.notEqual(await uptime(page), before));
    // The history goes on, with a gap where nothing was known.
    await eventually(async () => assert.equal(await history.count(), 2));
  }));

test("the history of the last minutes goes on while other views are open", () =>
  onPage("#/frames", async (page) => {
    await page.waitForTimeout(2500);
    const start = Date.now();
    for (const view of ["log", "slab"]) {
      await page.evaluate((id) => (location.hash = `#/${id}`), view);
      await page.waitForSelector(`#${view}`);
      await page.waitForTimeout(2500);
    }
    await page.evaluate(() => (location.hash = "#/frames"));
    const line = page.locator('.chart[data-series="free"] polyline');
    assert.equal(await line.count(), 1, "one line without a gap");
    const points = (await line.getAttribute("points")).split(" ").length;
    const seconds = (Date.now() - start) / 1000;
    assert.ok(points >= seconds, `${points} points in more than ${seconds} s`);
  }));

test("the slab table sorts by any column, by the keyboard alone, and shows what each cache does", () =>
  onPage("#/slab", async (page) => {
    const heads = page.locator("table.slab thead th");
    for (let i = 0; i < (await heads.count()); i++) {
      const head = heads.nth(i);
      await head.locator("button").focus();
      await page.keyboard.press("Enter");
      const first = await head.getAttribute("aria-sort");
      assert.match(first, /^(a|de)scending$/);
      assert.equal(await page.locator('th[aria-sort$="cending"]').count(), 1);
      await page.keyboard.press(" ");
      assert.notEqual(await head.getAttribute("aria-sort"), first);
    }
    // The stack's pools are marked, and no other cache is.
    const { pools } = await guest.json("/api/v1/net");
    const marked = page.locator("tr[data-cache]", { hasText: "lwIP pool" });
    const names = await marked.evaluateAll((rows) => rows.map((row) => row.dataset.cache));
    const { caches } = await guest.json("/api/v1/memory");
    const known = new Set(caches.map(({ name }) => name));
    assert.deepEqual(
      new Set(names),
      new Set(pools.map(({ name }) => name).filter((name) => known.has(name))),
    );
    // Whoever looks has packets sent, which come from caches: their lines rise.
    const line = page.locator('tr[data-cache="net_tx_packet"] .spark-allocs');
    await eventually(async () => {
      const points = (await line.getAttribute("points")).trim().split(/[ ,]/).map(Number);
      const heights = points.filter((_, i) => i % 2);
      assert.ok(heights.length >= 6 && Math.min(...heights) < 10, `points ${points}`);
    });
    await page.evaluate(() => scrollTo(0, 0));
    await screenshot(page, "slab-sparklines");
  }));

test("a machine that stands still is noticed, and so is that it runs again", () =>
  onPage("#/slab", async (page) => {
    await guest.qmp("stop");
    try {
      await waitState(page, "lost", 20000);
    } finally {
      await guest.qmp("cont");
    }
    await waitState(page, "live", 30000);
  }));

test("each view has an address of its own, and the keyboard reaches it", () =>
  onPage("", async (page) => {
    for (const [id, name] of Object.entries({
      frames: "Where memory is",
      buddy: "Free blocks",
      slab: "Slab caches",
      boot: "How memory came up",
      "page-tables": "Page tables",
    })) {
      const link = page.getByRole("navigation").getByRole("link", { name });
      await link.focus();
      await page.keyboard.press("Enter");
      await page.waitForFunction((hash) => location.hash === hash, `#/${id}`);
      await eventually(async () => assert.equal(await page.locator("section.panel").count(), 1));
      // The view before this one was a single panel, too.
      await page.locator(`section#${id}`).waitFor();
      await eventually(async () => assert.equal(await link.getAttribute("aria-current"), "page"));
    }
    await page.goBack();
    await page.locator("section#boot").waitFor();
  }));

for (const colorScheme of ["light", "dark"]) {
  for (const [device, viewport] of [
    ["desktop", DESKTOP],
    ["phone", PHONE],
  ]) {
    test(`${device}, ${colorScheme}: nothing sticks out or jumps, axe-core finds nothing`, () =>
      onPage(
        "",
        async (page) => {
          await page.waitForSelector("#page-tables .area");
          await page.waitForSelector("#boot .stages tbody tr");
          assert.ok((await overflow(page)) <= 0, "the page is wider than the window");
          await page.waitForTimeout(1500);
          const { shift, movers } = await layoutShift(page);
          assert.ok(shift < 0.1, `layout shift ${shift}: ${movers.join(", ")}`);
          await screenshot(page, `${device}-${colorScheme}`);
          // axe-core takes its time: both schemes and both devices are in these two.
          if ((device === "desktop") === (colorScheme === "light")) {
            assert.deepEqual(await accessibility(page), []);
            await screenshot(page, `${device}-${colorScheme}-whole`, { fullPage: true });
          }
        },
        { colorScheme, viewport },
      ));
  }
}

// The views as such: views.test.mjs.
for (const hash of ["#/boot/init_memory_mapping"])
  for (const [colorScheme, viewport] of [
    ["light", DESKTOP],
    ["dark", PHONE],
  ])
    test(`${hash} ${colorScheme}: fits its screen, axe-core finds nothing`, () =>
      onPage(
        hash,
        async (page) => {
          await page.locator("tr.here").first().waitFor();
          assert.ok((await overflow(page)) <= 0, "the page is wider than the window");
          assert.deepEqual(await accessibility(page), []);
          await screenshot(page, `${hash.split("/")[1]}-${colorScheme}`);
        },
        { colorScheme, viewport },
      ));

test("looking takes nothing away: the kernel's own check still agrees", async () => {
  const { ok, disagreements } = await guest.json("/api/v1/check");
  assert.deepEqual(disagreements, []);
  assert.equal(ok, true);
});

test("the machine view shows what the kernel found, as the interfaces give it", () =>
  onPage("#/machine", async (page) => {
    const devices = (await guest.json("/api/v1/pci")).devices;
    const { acpi } = await guest.json("/api/v1/firmware");
    await page.locator("#machine table").first().waitFor();
    const shown = (label) => page.locator(`#machine [aria-label="${label}"] tbody tr`);
    assert.equal(await shown("PCI devices").count(), devices.length);
    assert.match(
      await shown("PCI devices").last().textContent(),
      /0000:00:03\.0Ethernet1af4:1000.*BAR 0: ports 0xc0/,
    );
    assert.equal(await shown("ACPI tables").count(), acpi.tables.length);
    assert.equal(await shown("Interrupt lines").count(), 16);
    const line = shown("Interrupt lines").filter({ hasText: "virtio0" });
    const taken = async () => figure(await line.locator("td").nth(1).textContent());
    const before = await taken();
    assert.ok(before > 0);
    await eventually(async () => assert.ok((await taken()) > before, "the counter stands still"));
    assert.match(await page.locator("#machine .facts").first().textContent(), /MakerQEMU/);
    assert.deepEqual(await accessibility(page), []);
    await screenshot(page, "machine");
  }));

test("the machine view fits a phone", () =>
  onPage(
    "#/machine",
    async (page) => {
      await page.locator("#machine table").first().waitFor();
      assert.equal(await overflow(page), 0);
    },
    { viewport: PHONE },
  ));
