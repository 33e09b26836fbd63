// Soak jobs: documents and links, the course of a job, its verdict in rows; and the token.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addPoint,
  addWait,
  distribution,
  documentLink,
  documentText,
  documentsFor,
  fragmentationRows,
  latencyRows,
  locate,
  NO_WAITS,
  readDocument,
  readJobs,
  readVerdict,
  shortTime,
  verdictFacts,
  waitText,
  withEngine,
} from "../src/model/soak.js";
import { faultLines, injectedWords, readFaults } from "../src/model/faults.js";
import { readToken, takeToken, writeToken } from "../src/model/token.js";

const head = {
  id: 3,
  name: "web_server-2.4",
  state: "running",
  uptime_ms: 9000,
  run_ms: 2000,
  operations: 4000,
  failures_expected: 0,
  failures_unexpected: 0,
  verification_errors: 0,
  wrong_uses: 0,
  calls_checksum: "0xabc",
  operations_per_second: 2000,
  live_objects: 10,
  live_bytes: 40960,
};
const fragments = { free_pages: 100, blocks: [], unusable_permille: [0, 10, 20, 30, 400] };
const histogram = (operation, source, n, buckets) => ({
  operation,
  source,
  bytes_up_to: 4096,
  count: n,
  p50: 1000,
  p90: 2000,
  p99: 4000,
  p99_9: 8000,
  p99_99: 16000,
  worst: 5_000_000,
  worst_call_site: "soak_alloc+0x1/0x2",
  buckets,
});
const verdict = (patch = {}) => ({
  ...head,
  seed: 1,
  cycles_per_ms: 1_000_000,
  reasons: [],
  findings: [],
  leaks: [],
  fragmentation: { before: fragments, worst: fragments, now: fragments, after: fragments },
  arena: { pages: 4096, engine: "2.4", state_checksum: "0x1", drained_checksum: "0x2" },
  conservation: { ram_pages: 65000, accounted_pages: 65000, ok: true },
  drift: { used_before_pages: 900, noise_pages: 2, used_after_pages: 0, alone: true },
  latency_cycles: [
    histogram("allocate", "allocate[0] pages", 30, [
      [500, 10],
      [1000, 20],
    ]),
    histogram("free", "allocate[0] pages", 90, [[2000, 90]]),
  ],
  longest_step_us: 800,
  longest_turn_us: 1900,
  ...patch,
});

test("a document survives the editor and its link", () => {
  const document = { name: "x", seed: 7, allocate: [{ kind: "pages", order: 0 }] };
  assert.deepEqual(readDocument(documentText(document)).document, document);
  const link = documentLink("http://10.0.2.15", document);
  assert.match(link, /^http:\/\/10\.0\.2\.15\/soak#%7B/);
  assert.deepEqual(JSON.parse(decodeURIComponent(link.split("#")[1])), document);
  assert.match(readDocument("{").error, /JSON/);
  assert.match(readDocument("[1]").error, /an object/);
});

test("the same document runs live or in an arena of either engine", () => {
  const document = { seed: 1, arena: { mib: 8, engine: "2.6" } };
  assert.deepEqual(withEngine(document, null), { seed: 1 });
  assert.deepEqual(withEngine(document, "2.4", 8), { seed: 1, arena: { mib: 8, engine: "2.4" } });
  assert.equal(document.arena.engine, "2.6");
});

test("points are between two looks, and never too many", () => {
  let points = addPoint([], readVerdict(verdict()));
  assert.deepEqual(
    points.map(({ s, rate, unusable }) => [s, rate, unusable]),
    [[2, 2000, 40]],
  );
  points = addPoint(points, readVerdict(verdict({ run_ms: 3000, operations: 4500 })));
  assert.equal(points[1].rate, 500);
  assert.equal(addPoint(points, readVerdict(verdict({ run_ms: 3000 }))), points);
  for (let s = 4; s < 3000; s++)
    points = addPoint(points, readVerdict(verdict({ run_ms: s * 1000, operations: s * 100 })));
  assert.ok(points.length <= 601);
});

test("a verdict is told in facts, rows and curves", () => {
  const v = readVerdict(verdict());
  const facts = Object.fromEntries(verdictFacts(v));
  assert.match(facts["Runs on"], /arena of 16.MiB, engine 2\.4/);
  assert.equal(facts["Frames accounted for"], "all 65,000");
  const rows = latencyRows(v);
  assert.match(rows[0].what, /^free pages \[0\], to 4.KiB$/);
  assert.match(rows[0].times.at(-1).text, /^5\.0.ms$/);
  assert.deepEqual(
    distribution(v, "allocate").map(({ share }) => Math.round(share)),
    [33, 100],
  );
  assert.equal(fragmentationRows(v)[4].now, 40);
  assert.equal(shortTime(999), "999\u00a0ns");
  assert.equal(shortTime(1500), "1.5\u00a0µs");
});

test("lists and verdicts of another shape are refused by name", () => {
  assert.equal(readJobs({ jobs: [head] })[0].verdict, null);
  assert.throws(() => readJobs({ jobs: [{ ...head, id: "3" }] }), /soak\.jobs\[0\]\.id/);
  assert.throws(() => readVerdict({ ...verdict(), drift: null }), /soak\.drift/);
});

test("the token is taken out of the address and kept for the tab", () => {
  const kept = new Map();
  const storage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
  const replaced = [];
  const history = { replaceState: (_, __, url) => replaced.push(url) };
  takeToken({ hash: "#/buddy", pathname: "/", search: "" }, history, storage);
  assert.equal(readToken(storage), "");
  takeToken({ hash: "#token=s%2Fecret", pathname: "/", search: "" }, history, storage);
  assert.equal(readToken(storage), "s/ecret");
  assert.deepEqual(replaced, ["/"]);
  writeToken(storage, "");
  assert.equal(readToken(storage), "");
});

test("a refusal of the kernel leads to its place in the text", () => {
  const text = documentText({
    name: 'a "quoted" {name',
    phases: [
      { operations: 1 },
      { allocate: [{ kind: "kmap" }, { kind: "kmalloc", size: { min: 5, max: 99999999 } }] },
    ],
    arena: { mib: 5 },
  });
  const at = (message) => {
    const found = locate(text, message);
    return found && text.slice(found.start, found.end);
  };
  assert.equal(at("arena.mib: 5 is no multiple of 4"), "5");
  assert.equal(at("phases[1].allocate[1].size.max: 99999999 is not"), "99999999");
  assert.equal(at("phases[1].allocate[0].kind: x"), '"kmap"');
  assert.equal(at("phases[1].allocate[0].zone: x"), '{"kind":"kmap"}', "the nearest around it");
  assert.equal(at("name: a string"), JSON.stringify('a "quoted" {name'));
  assert.equal(at('the document: "allocate" is missing'), null);
  assert.equal(at("a token is needed: see the command line"), null);
  const { line } = locate(text, "arena.mib: 5 is no multiple of 4");
  assert.match(text.split("\n")[line - 1], /arena/);
});

test("documents of a start: names fit, engines as chosen", () => {
  const document = { name: "a_name_of_twenty_three_", operations: 5, arena: { mib: 8 } };
  const both = documentsFor(document, "both", 16);
  assert.deepEqual(
    both.map(({ name, arena }) => [name, arena]),
    [
      ["a_name_of_twenty_three_".slice(0, 19) + "-2.6", { mib: 8, engine: "2.6" }],
      ["a_name_of_twenty_three_".slice(0, 19) + "-2.4", { mib: 8, engine: "2.4" }],
    ],
  );
  assert.ok(both.every(({ name }) => name.length <= 23));
  assert.deepEqual(documentsFor(document, "live", 16), [{ name: document.name, operations: 5 }]);
  const [one] = documentsFor({ profile: "web_server" }, "2.4", 16);
  assert.deepEqual(one, {
    profile: "web_server",
    arena: { mib: 16, engine: "2.4" },
    name: "web_server-2.4",
  });
});

test("the waits beside a job: the last and the worst", () => {
  const waits = [12.4, 85.2, 9.9].reduce(addWait, NO_WAITS);
  assert.equal(waits.asked, 3);
  assert.equal(
    waitText(waits),
    "Beside the jobs this page was answered in 10\u00a0ms, at worst in 85\u00a0ms; asked 3\u00a0times.",
  );
  const facts = new Map(verdictFacts(readVerdict(verdict())));
  assert.equal(facts.get("Longest turn of the loop meanwhile"), "1,900 µs");
});

test("what is made to fail is said in words, and only while it is", () => {
  const last = { what: "TCP_SEG", call_site: "tcp_create_segment+0x42/0xfb", hits: 1 };
  const failslab = { class: "net", owner: "", cache: "", calls: 12, hits: 1, last };
  const fail_page_alloc = { class: "any", owner: "", calls: 1, hits: 0, last: null };
  const faults = readFaults({ armed: true, jobs: 0, failslab, fail_page_alloc });
  const plain = (lines) => lines.map((line) => line.replaceAll("\u00a0", " "));
  assert.deepEqual(plain(faultLines(faults)), [
    "failslab (net only): 1 of 12 calls made to fail, the last: TCP_SEG for tcp_create_segment+0x42/0xfb",
    "fail_page_alloc: 0 of 1 call made to fail",
  ]);
  assert.deepEqual(faultLines({ ...faults, armed: false }), []);
  assert.deepEqual(
    faultLines(readFaults({ armed: true, jobs: 1, failslab: null, fail_page_alloc })).length,
    1,
  );
  assert.throws(() => readFaults({ jobs: 0 }), /fault\.armed/);
  const injected = { failslab_calls: 340, failslab: 12, fail_page_alloc_calls: 0 };
  assert.equal(injectedWords(injected), "failslab 12 of 340");
  assert.equal(injectedWords(undefined), null);
  assert.deepEqual(
    verdictFacts(readVerdict({ ...verdict(), injected })).filter(([name]) => /Made/.test(name)),
    [["Made to fail", "failslab 12 of 340"]],
  );
});
