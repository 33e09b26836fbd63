// Soak jobs: reading /api/v1/soak, documents and links to them, and what is drawn of a job while it
// runs. The kernel keeps the figures; their course over time is kept here, as long as the page is open.

import { pick, take } from "./answer.js";
import { injectedWords } from "./faults.js";
import { bytes, count, duration, plural } from "./format.js";

const HEAD = {
  id: "number",
  name: "string",
  state: "string",
  uptime_ms: "number",
  run_ms: "number",
  operations: "number",
  failures_expected: "number",
  failures_unexpected: "number",
  verification_errors: "number",
  wrong_uses: "number",
  calls_checksum: "string",
  operations_per_second: "number",
  live_objects: "number",
  live_bytes: "number",
};

const VERDICT = {
  ...HEAD,
  seed: "number",
  cycles_per_ms: "number",
  reasons: "array",
  findings: "array",
  leaks: "array",
  fragmentation: "object",
  arena: "object",
  conservation: "object",
  drift: "object",
  latency_cycles: "array",
  longest_step_us: "number",
  longest_turn_us: "number",
};

export function readJobs(json) {
  return take(json, "jobs", "array", "soak").map((job, i) => ({
    ...pick(job, HEAD, `soak.jobs[${i}]`),
    verdict: job.verdict ?? null,
  }));
}

export function readVerdict(json) {
  const { verdict = null, injected } = json;
  return { ...pick(json, VERDICT, "soak"), verdict, injected };
}

export function readProfiles(json) {
  return take(json, "profiles", "array", "soak profiles");
}

// ---- Documents ----

// The text of a document for the editor: one member a line, nested ones in one line where they fit.
export function documentText(document) {
  const lines = Object.entries(document).map(([key, value]) => {
    const flat = JSON.stringify(value);
    if (flat.length <= 90 || !Array.isArray(value)) return `  ${JSON.stringify(key)}: ${flat}`;
    const items = value.map((item) => `    ${JSON.stringify(item)}`).join(",\n");
    return `  ${JSON.stringify(key)}: [\n${items}\n  ]`;
  });
  return `{\n${lines.join(",\n")}\n}`;
}

// {document} or {error}: a document must be a JSON object; what is in it the kernel judges.
export function readDocument(text) {
  try {
    const document = JSON.parse(text);
    if (document === null || typeof document !== "object" || Array.isArray(document))
      return { error: "a document is an object: {...}" };
    return { document };
  } catch (error) {
    return { error: error.message };
  }
}

// Where in the text of a document the value lies that a refusal of the kernel begins with
// ("phases[1].allocate[0].size: ..."), or the nearest one around it: {start, end, line}; null: nowhere.
// => the text is JSON
export function locate(text, message) {
  const path = /^[a-z_]+[\w.[\]]*(?=: )/.exec(message)?.[0] ?? "";
  for (let steps = path.match(/[^.[\]]+/g) ?? []; steps.length; steps = steps.slice(0, -1)) {
    const found = walk(text, steps);
    if (found) return { ...found, line: text.slice(0, found.start).split("\n").length };
  }
  return null;
}

function walk(text, steps) {
  let at = 0;
  let found = null;
  const space = () => {
    while (/\s/.test(text[at] ?? "")) at++;
  };
  const string = () => {
    const start = at++;
    while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    return JSON.parse(text.slice(start, ++at));
  };
  // `left`: the steps that lead on from here; null: beside the way
  const value = (left) => {
    space();
    const start = at;
    const isObject = text[at] === "{";
    if (isObject || text[at] === "[") {
      at++;
      space();
      for (let n = 0; !"]}".includes(text[at]); n++) {
        let key = String(n);
        if (isObject) {
          key = string();
          space();
          at++; // the colon
        }
        value(left && left[0] === key ? left.slice(1) : null);
        space();
        if (text[at] === ",") at++;
        space();
      }
      at++;
    } else if (text[at] === '"') {
      string();
    } else {
      while (at < text.length && !/[\s,\]}]/.test(text[at])) at++;
    }
    if (left?.length === 0) found = { start, end: at };
  };
  value(steps);
  return found;
}

const NAME_MAX = 23; // SOAK_NAME_BYTES

// The documents of a start: one for each engine, named after it; engine null: on the machine's own.
export function documentsFor(document, place, mib) {
  if (place === "live") return [withEngine(document, null)];
  const engines = place === "both" ? ["2.6", "2.4"] : [place];
  return engines.map((engine) => ({
    ...withEngine(document, engine, document.arena?.mib ?? mib),
    name: `${(document.name ?? document.profile ?? "soak").slice(0, NAME_MAX - 4)}-${engine}`,
  }));
}

// The same document for an arena with this engine; null: on the machine's own allocators.
export function withEngine(document, engine, mib) {
  const out = { ...document };
  delete out.arena;
  return engine ? { ...out, arena: { mib, engine } } : out;
}

// A link that carries the whole document.
export function documentLink(origin, document) {
  return `${origin}/soak#${encodeURIComponent(JSON.stringify(document))}`;
}

// ---- The course of a job ----

const POINTS_MAX = 600;

// Adds what a verdict says to the points of its job: [{s, rate, live_bytes, unusable}]. Rates are
// between two looks; a look that adds nothing changes nothing.
export function addPoint(points, verdict) {
  const s = verdict.run_ms / 1000;
  const last = points.at(-1);
  if (last && s <= last.s) return points;
  const elapsed = last ? s - last.s : s;
  const operations = verdict.operations - (last?.operations ?? 0);
  const point = {
    s,
    operations: verdict.operations,
    rate: elapsed > 0 ? operations / elapsed : 0,
    live_bytes: verdict.live_bytes,
    unusable: (verdict.fragmentation.now.unusable_permille[4] ?? 0) / 10,
  };
  const kept = points.length >= POINTS_MAX ? points.filter((_, i) => i % 2 === 1) : points;
  return [...kept, point];
}

// ---- Whether the page still answers ----

export const NO_WAITS = { asked: 0, last_ms: 0, worst_ms: 0 };

export function addWait(waits, ms) {
  return { asked: waits.asked + 1, last_ms: ms, worst_ms: Math.max(waits.worst_ms, ms) };
}

export function waitText({ asked, last_ms, worst_ms }) {
  const ms = (n) => `${count(Math.round(n))}\u00a0ms`;
  return `Beside the jobs this page was answered in ${ms(last_ms)}, at worst in ${ms(worst_ms)}; asked ${plural(asked, "time")}.`;
}

// ---- The verdict in rows ----

export function where(verdict) {
  const { arena } = verdict;
  return arena.pages
    ? `private arena of ${bytes(arena.pages * 4096)}, engine ${arena.engine}`
    : "the machine's own allocators";
}

export function verdictFacts(v) {
  const { conservation, drift, arena } = v;
  return [
    ["Runs on", where(v)],
    ["Operations", `${count(v.operations)} in ${duration(v.run_ms)}`],
    ["Rate", `${count(v.operations_per_second)} a second`],
    ["Live set", `${plural(v.live_objects, "object")}, ${bytes(v.live_bytes)}`],
    ["Failures", `${count(v.failures_expected)} expected, ${count(v.failures_unexpected)} not`],
    ...(injectedWords(v.injected) ? [["Made to fail", injectedWords(v.injected)]] : []),
    ["Wrong words, wrong uses", `${count(v.verification_errors)}, ${count(v.wrong_uses)}`],
    ["Longest step", `${count(v.longest_step_us)} µs`],
    ["Longest turn of the loop meanwhile", `${count(v.longest_turn_us)} µs`],
    [
      "Frames accounted for",
      conservation.ram_pages === 0
        ? "counted at its end"
        : conservation.ok
          ? `all ${count(conservation.ram_pages)}`
          : `${count(conservation.accounted_pages)} of ${count(conservation.ram_pages)}`,
    ],
    [
      "Idle memory",
      !drift.alone
        ? "not compared: other jobs ran"
        : `${count(drift.used_before_pages)} frames before (± ${count(drift.noise_pages)}), ${count(drift.used_after_pages)} after`,
    ],
    ["Checksum of the calls", v.calls_checksum],
    ...(arena.pages ? [["Checksum of the arena's end state", arena.state_checksum]] : []),
  ];
}

const MARKS = ["p50", "p90", "p99", "p99_9", "p99_99", "worst"];

export function nanoseconds(cycles, cycles_per_ms) {
  return (cycles * 1e6) / cycles_per_ms;
}

export function shortTime(ns) {
  if (ns < 1000) return `${ns.toFixed(0)}\u00a0ns`;
  if (ns < 1e6) return `${(ns / 1000).toFixed(ns < 1e4 ? 1 : 0)}\u00a0µs`;
  return `${(ns / 1e6).toFixed(ns < 1e7 ? 1 : 0)}\u00a0ms`;
}

// "phases[1].allocate[0] pages" in short: "pages [1.0]"; the histogram says which call it is.
function shortSource(source) {
  const numbers = source?.match(/\d+/g) ?? [];
  return source ? `${source.split(" ").at(-1)} [${numbers.join(".")}]` : "";
}

// Rows of the latency table, the busiest first: {key, what, calls, times: [{mark, text}], site}.
export function latencyRows(v, rows = 10) {
  return [...v.latency_cycles]
    .sort((a, b) => b.count - a.count)
    .slice(0, rows)
    .map((h) => ({
      key: `${h.operation} ${h.source} ${h.bytes_up_to}`,
      what: `${h.operation} ${shortSource(h.source)}, to ${bytes(h.bytes_up_to)}`,
      calls: h.count,
      times: MARKS.map((mark) => ({
        mark,
        text: shortTime(nanoseconds(h[mark], v.cycles_per_ms)),
      })),
      site: h.worst_call_site,
    }));
}

// The share of all calls of one operation that took up to so long: [{ns, share}], for a curve.
export function distribution(v, operation) {
  const sums = new Map();
  let all = 0;
  for (const h of v.latency_cycles) {
    if (h.operation !== operation) continue;
    for (const [cycles, calls] of h.buckets) {
      sums.set(cycles, (sums.get(cycles) ?? 0) + calls);
      all += calls;
    }
  }
  let sum = 0;
  return [...sums]
    .sort(([a], [b]) => a - b)
    .map(([cycles, calls]) => {
      sum += calls;
      return { ns: Math.max(1, nanoseconds(cycles, v.cycles_per_ms)), share: (100 * sum) / all };
    });
}

// Unusable free memory by order, before, at its worst and now (after it is done: after), in percent.
export function fragmentationRows(v) {
  const { before, worst } = v.fragmentation;
  const now = v.state === "done" ? v.fragmentation.after : v.fragmentation.now;
  return now.unusable_permille.map((permille, order) => ({
    order,
    before: before.unusable_permille[order] / 10,
    worst: worst.unusable_permille[order] / 10,
    now: permille / 10,
  }));
}
