// Views as files: CSV, the documents of a view, and what answers have cost.

import assert from "node:assert/strict";
import test from "node:test";

import { readCost } from "../src/feed.js";
import { costWords } from "../src/model/costs.js";
import {
  csv,
  documentsOf,
  exportJson,
  exportTable,
  fileName,
  SOURCES,
} from "../src/model/export.js";
import { VIEW_IDS } from "./views.mjs";
import * as machine from "./machine.mjs";

const answer = (path, json) => ({ path, at_ms: 1000, json, cost: null });
const tableOf = (view, name) => SOURCES[view].tables.find((one) => one.name === name);

test("every view has its endpoints and a text, and every table an endpoint of its view", () => {
  assert.deepEqual(Object.keys(SOURCES).toSorted(), VIEW_IDS.toSorted());
  for (const [view, { json, text, tables }] of Object.entries(SOURCES)) {
    assert.ok(json.length > 0 && text.length > 0, view);
    if (view !== "snapshots") assert.ok(tables.length > 0, view);
    const paths = [...json, ...text].map((path) => path.split("?")[0]);
    for (const { name, of } of tables) assert.ok(paths.includes(of), `${view}: ${name}`);
  }
});

test("CSV quotes what needs it, and nothing else", () => {
  const rows = [
    { a: 'say "hi"', b: 1, c: { d: "x,y" } },
    { a: "two\nlines", b: null, c: { d: ["p", "q"] }, more: [{}] },
    { a: "", b: false, e: 5 },
  ];
  assert.equal(
    csv(rows, { b: "b_bytes" }),
    'a,b_bytes,c.d,e\n"say ""hi""",1,"x,y",\n"two\nlines",,p; q,\n,false,,5\n',
  );
});

test("the frames of a memory document as CSV are its frames", () => {
  const memory = machine.memory();
  const text = exportTable(tableOf("frames", "uses"), [answer("/api/v1/memory", memory)]);
  assert.deepEqual(text.trimEnd().split("\n"), [
    "use,pages",
    ...memory.frames.map(({ use, pages }) => `${use},${pages}`),
  ]);
});

test("free blocks are listed by type, and add up to the zones' free pages", () => {
  const memory = machine.memory();
  const text = exportTable(tableOf("buddy", "free blocks"), [answer("/api/v1/memory", memory)]);
  const [head, ...rows] = text
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
  assert.deepEqual(head, ["node", "zone", "order", "type", "blocks", "pages"]);
  const free = memory.zones.reduce((sum, zone) => sum + zone.free, 0);
  assert.equal(
    rows.reduce((sum, row) => sum + Number(row[5]), 0),
    free,
  );
});

test("a table whose document is not there is null, one without rows an empty line", () => {
  assert.equal(exportTable(tableOf("vm", "layout"), []), null);
  const none = answer("/api/v1/vm", { kmap: { in_use: [] } });
  assert.equal(exportTable(tableOf("vm", "kmaps"), [none]), "\n");
});

test("headings say the unit where the member's name does not", () => {
  const text = exportTable(tableOf("frames", "zones"), [
    answer("/api/v1/memory", machine.memory()),
  ]);
  assert.match(text, /^node,name,start_pfn,spanned_pages,present_pages,free_pages,min_pages,/);
});

test("every document of the API is linked with its text twin", () => {
  assert.deepEqual(SOURCES.picture.text, [
    "/api/v1/frames.txt",
    "/api/v1/frame.txt?pfn=256",
    "/proc/zoneinfo",
  ]);
});

test("of several answers of one endpoint the one that has the table is taken", () => {
  const walk = answer("/api/v1/pagetables?address=0xc0000000", { walk: {} });
  const entry = { index: 0, count: 768, address: "0x0", kind: "empty", entry: "0x0" };
  const whole = answer("/api/v1/pagetables", {
    directory: [{ ...entry, present: 0, writable: 0 }],
  });
  const text = exportTable(tableOf("page-tables", "directory"), [walk, whole]);
  assert.equal(text.split("\n")[1], "0,768,0x0,empty,0x0,0,0");
});

test("JSON has the documents of the view as they came, with the times", () => {
  const documents = [
    answer("/api/v1/memory", { a: 1 }),
    { path: "/api/v1/buddy?x=1", at_ms: 2000, text: '{"b":2}', cost: null },
    answer("/api/v1/vm", { c: 3 }),
    { path: "/sys/kernel/debug/kernel_page_tables", at_ms: 0, text: "---[ x ]---\n", cost: null },
  ];
  const file = JSON.parse(exportJson("buddy", documents, { now_ms: 3000, page: "p" }));
  assert.deepEqual(file, {
    view: "buddy",
    exported_at: "1970-01-01T00:00:03.000Z",
    page: "p",
    documents: [
      {
        path: "/api/v1/memory",
        received_at: "1970-01-01T00:00:01.000Z",
        document: { a: 1 },
      },
      {
        path: "/api/v1/buddy?x=1",
        received_at: "1970-01-01T00:00:02.000Z",
        document: { b: 2 },
      },
    ],
  });
  const text = JSON.parse(exportJson("page-tables", documents, { now_ms: 0, page: "" }));
  assert.equal(text.documents[0].document, "---[ x ]---\n");
});

test("the soak view's file has the jobs that are looked at", () => {
  const documents = ["/api/v1/soak", "/api/v1/soak/7", "/api/v1/soaked"].map((path) =>
    answer(path, {}),
  );
  assert.equal(documentsOf("soak", documents).length, 2);
});

test("file names have the view, the table and the time", () => {
  const at = Date.UTC(2026, 10, 22, 8, 15, 30);
  assert.equal(
    fileName("buddy", "Free blocks", at, "csv"),
    "memscope-buddy-free-blocks-20261122-081530.csv",
  );
  assert.equal(fileName("vm", "", at, "json"), "memscope-vm-20261122-081530.json");
});

test("what an answer has cost is read from its header and said once for each address", () => {
  const cost = readCost("cycles=18234; bytes=200; uptime_ms=4567");
  assert.deepEqual(cost, { cycles: 18234, bytes: 200, uptime_ms: 4567 });
  assert.equal(readCost(null), null);
  assert.equal(readCost("cycles=x; bytes=200; uptime_ms=1"), null);
  const said = costWords([
    { path: "/a", cost, text: "" },
    { path: "/b", cost: null, text: "x".repeat(2048) },
    { path: "/c", cost: null },
    { path: "/a", cost: { ...cost, cycles: 7 }, text: "" },
  ]);
  assert.deepEqual(said, [
    { path: "/a", words: "7 cycles, 200\u00a0B, 4.6\u00a0s after the start" },
    { path: "/b", words: "no snapshot, 2\u00a0KiB" },
  ]);
});
