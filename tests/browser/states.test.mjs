// States of the page that are hard to have live, against a server that stands in for the kernel:
// busy, answers of another shape, a failed check, another boot, nothing there from the start.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";

import { startMock } from "../../web/ui/test/mock-server.mjs";
import { accessibility, eventually, launch, open, waitState } from "../lib/browser.mjs";

let browser;

before(async () => (browser = await launch()));
after(() => browser?.close());

async function onMock(change, body) {
  const mock = await startMock();
  change(mock.answers);
  const { page, close } = await open(browser, mock.url);
  try {
    await body(page, mock.answers);
  } finally {
    await close();
    await mock.close();
  }
}

const json = (body, more) => ({ type: "application/json", body: JSON.stringify(body), ...more });

test("a busy kernel is said to be busy, and asked again when it wants to", () =>
  onMock(
    () => {},
    async (page, answers) => {
      await waitState(page, "live");
      const good = answers["/api/v1/memory"];
      answers["/api/v1/memory"] = () =>
        json(
          { error: { code: "busy", message: "no snapshot slot is free" } },
          { status: 503, headers: { "Retry-After": "1" } },
        );
      await waitState(page, "busy");
      assert.match(await page.locator(".status").getAttribute("title"), /no snapshot slot is free/);
      answers["/api/v1/memory"] = good;
      await waitState(page, "live");
    },
  ));

test("an answer of another shape is named; the views say that there is nothing to show", () =>
  onMock(
    (answers) => (answers["/api/v1/memory"] = () => json({ ram_pages: "many" })),
    async (page) => {
      await waitState(page, "wrong");
      const words = await page.locator("#frames .waiting").textContent();
      assert.match(words, /Nothing to show:.*memory\.frames: expected array/);
      assert.deepEqual(await accessibility(page), []);
    },
  ));

test("one view that fails leaves the others alone", () =>
  onMock(
    (answers) => {
      answers["/sys/kernel/debug/kernel_page_tables"] = () => ({ status: 500, body: "no" });
    },
    async (page) => {
      await waitState(page, "live");
      const words = page.locator("#page-tables .waiting.failed");
      assert.match(await words.textContent(), /the kernel answered 500/);
      assert.equal(await page.locator("#buddy .matrix").count(), 1);
    },
  ));

test("frames that are missing and blocks that do not add up are shouted about", () =>
  onMock(
    (answers) => {
      const good = answers["/api/v1/memory"];
      answers["/api/v1/memory"] = () => {
        const memory = JSON.parse(good().body);
        memory.frames[0].pages -= 2;
        memory.zones[0].free += 1;
        return json(memory);
      };
    },
    async (page) => {
      const sum = page.locator('[data-use="sum"] .bad');
      assert.match(await sum.textContent(), /2 frames missing from the 261,984/);
      // The check is run by itself, to name what is wrong.
      await page
        .getByText(/frames were walked|disagreement/)
        .first()
        .waitFor();
      await page.locator('[data-sum-kept="false"]').waitFor();
      await page.getByText(/The blocks add up to .* the zone's counter says/).waitFor();
    },
  ));

test("a check that finds something lists it", () =>
  onMock(
    (answers) => {
      answers["/api/v1/check"] = () =>
        json({
          ok: false,
          frames_walked: 1000,
          disagreements: [
            { what: "zone free pages", where: "zone Normal", expected: "12", found: "13" },
          ],
        });
    },
    async (page) => {
      await page.getByRole("button", { name: "Check every frame" }).click();
      await page.getByText("1 disagreement in 1,000 frames").waitFor();
      const row = await page.locator(".check-result tbody tr").innerText();
      assert.match(row, /zone free pages.*zone Normal.*12.*13/s);
    },
  ));

test("another boot behind the same address is noticed: the stages are read anew", () =>
  onMock(
    () => {},
    async (page, answers) => {
      await page.waitForSelector("#boot tr[data-stage]");
      const boot = JSON.parse(answers["/api/v1/boot"]().body);
      answers["/api/v1/boot"] = () => json({ ...boot, stages: boot.stages.slice(0, 3) });
      const memory = JSON.parse(answers["/api/v1/memory"]().body);
      memory.snapshot.uptime_ms = 5;
      answers["/api/v1/memory"] = () => {
        memory.snapshot.uptime_ms += 500;
        return json(memory);
      };
      await eventually(async () =>
        assert.equal(await page.locator("#boot tr[data-stage]").count(), 3),
      );
    },
  ));

test("a machine without ACPI, PCI, SMBIOS, MTRRs and a local APIC: each is said, nothing is blank", () =>
  onMock(
    (answers) => {
      const change = (path, more) => {
        const old = answers[path]().body;
        answers[path] = () => json({ ...JSON.parse(old), ...more });
      };
      change("/api/v1/firmware", {
        dmi: null,
        madt: null,
        mp: null,
        acpi: { off: false, tables: [] },
      });
      change("/api/v1/pci", { present: false, devices: [] });
      change("/api/v1/machine", {
        mtrr: { present: false, ranges: [] },
        apic: { mapped: false, why_not: "the processor has none" },
        ioapics: [],
      });
    },
    async (page) => {
      await page.goto(`${page.url().split("#")[0]}#/machine`);
      await page.locator("#machine table").first().waitFor();
      const words = await page.locator("#machine").textContent();
      for (const said of [
        /The firmware has no SMBIOS/,
        /There is no PCI bus/,
        /has no ACPI tables/,
        /There is no MP table/,
        /no memory type ranges/,
        /lists no processors/,
        /Local APICthe processor has none/,
      ])
        assert.match(words, said);
      assert.doesNotMatch(words, /undefined|NaN|null/);
      assert.deepEqual(await accessibility(page), []);
    },
  ));

test("a table with a wrong sum is marked on the machine view", () =>
  onMock(
    () => {},
    async (page) => {
      await page.goto(`${page.url().split("#")[0]}#/machine`);
      const row = page.locator('#machine [aria-label="ACPI tables"] tbody tr');
      await row.first().waitFor();
      assert.match(await row.nth(1).textContent(), /SRAT.*wrong: not used/);
    },
  ));
