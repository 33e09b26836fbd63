// Views as files: the documents a view is made of, as they came, and its tables as CSV.
//
// A table is {name, of: the document's path, rows: document => [object], units}. Its columns are the members
// of its rows, those of an object within as "percpu.count"; lists of objects are left out: they are tables
// themselves. `units` has the heading for a member whose name does not say what it counts.

import { readPageTables } from "./pagetables.js";
import { readPicture } from "./picture.js";

const MEMORY = "/api/v1/memory";
const BUDDY = "/api/v1/buddy";
const BOOT = "/api/v1/boot";
const VM = "/api/v1/vm";
const NET = "/api/v1/net";
const TABLES = "/api/v1/pagetables";
const DUMP = "/sys/kernel/debug/kernel_page_tables";
const CALLSITES = "/api/v1/callsites";
const FRAMES = "/api/v1/frames";
const SOAK = "/api/v1/soak";
const MACHINE = "/api/v1/machine";
const FIRMWARE = "/api/v1/firmware";
const PCI = "/api/v1/pci";
const FIDELITY = "/fidelity.json";
const KMSG = "/proc/kmsg";

const table = (name, of, rows, units = {}) => ({ name, of, rows, units });
const PAGES = (names) =>
  Object.fromEntries(names.split(" ").map((name) => [name, `${name}_pages`]));
const member = (field) => (document) => document[field] ?? [];

const zonesOf = (zones, list) =>
  zones.flatMap(({ node, zone, name, orders }) =>
    orders.flatMap((item) => list(item).map((row) => ({ node, zone: zone ?? name, ...row }))),
  );

function freeBlocks({ zones }) {
  return zonesOf(zones, ({ order, types }) =>
    Object.entries(types).map(([type, blocks]) => ({
      order,
      type,
      blocks,
      pages: blocks * 2 ** order,
    })),
  );
}

function cells(document) {
  const { start, per, values, value, eighths, end_pfn } = readPicture(document);
  return Array.from(value, (v, i) => ({
    start_pfn: start + i * per,
    frames: Math.min(per, end_pfn - start - i * per),
    most_are: values[v],
    share_eighths: eighths[i],
  }));
}

function ranges(text) {
  return readPageTables(text).areas.flatMap(({ name, ranges: list }) =>
    list.map((range) => ({
      ...range,
      area: name,
      start: `0x${range.start.toString(16)}`,
      end: `0x${range.end.toString(16)}`,
    })),
  );
}

const records = ({ sections }) =>
  sections.flatMap(({ section, records: list }) => list.map((row) => ({ section, ...row })));

// {json, text, tables} of a view. Every document of the API has a text twin, PATH.txt; `more` is what else a
// terminal gets.
const source = (json, more, tables) => ({
  json,
  text: [
    ...json
      .filter((path) => path.startsWith("/api/"))
      .map((path) => path.replace(/(?=\?|$)/, ".txt")),
    ...more,
  ],
  tables,
});

export const SOURCES = {
  frames: source(
    [MEMORY],
    ["/proc/meminfo", "/proc/iomem", "/proc/zoneinfo"],
    [
      table("uses", MEMORY, member("frames")),
      table("zones", MEMORY, member("zones"), PAGES("spanned present free min low high")),
    ],
  ),
  picture: source(
    [FRAMES, "/api/v1/frame?pfn=256"],
    ["/proc/zoneinfo"],
    [table("cells", FRAMES, cells)],
  ),
  buddy: source(
    [BUDDY, MEMORY],
    [
      "/proc/buddyinfo",
      "/proc/pagetypeinfo",
      "/sys/kernel/debug/extfrag/extfrag_index",
      "/sys/kernel/debug/extfrag/unusable_index",
    ],
    [
      table("free blocks", MEMORY, freeBlocks),
      table("fragmentation", BUDDY, ({ zones }) => zonesOf(zones, (row) => [row])),
      table("requests", BUDDY, member("requests")),
      table("pair bitmaps", BUDDY, member("pair_bitmaps")),
    ],
  ),
  slab: source(
    [MEMORY, "/api/v1/slab?cache=size-64"],
    ["/proc/slabinfo"],
    [
      table("caches", MEMORY, member("caches"), {
        active: "active_objects",
        total: "total_objects",
        grown: "grown_slabs",
        reaped: "reaped_slabs",
      }),
    ],
  ),
  callsites: source(
    [CALLSITES],
    ["/proc/allocinfo", "/proc/vmallocinfo"],
    [
      table("sites", CALLSITES, member("sites"), {
        live: "live_allocations",
        live_delta: "live_allocations_delta",
      }),
    ],
  ),
  boot: source(
    [BOOT],
    [KMSG],
    [
      table("stages", BOOT, member("stages")),
      table("memory maps", BOOT, ({ e820 }) =>
        e820.flatMap(({ step, entries }) => entries.map((entry) => ({ step, ...entry }))),
      ),
      table("early reservations", BOOT, member("early_res")),
      table("options", BOOT, member("params")),
    ],
  ),
  "page-tables": source(
    [TABLES],
    [DUMP],
    [
      table("ranges", DUMP, ranges),
      table("directory", TABLES, member("directory"), {
        count: "entries",
        ...PAGES("present writable"),
      }),
    ],
  ),
  vm: source(
    [VM],
    ["/proc/vmallocinfo"],
    [
      table("vmalloc areas", VM, ({ vmalloc }) => vmalloc.areas),
      table("kmaps", VM, ({ kmap }) => kmap.in_use),
      table("fixmaps", VM, member("fixmap")),
      table("layout", VM, member("layout")),
    ],
  ),
  soak: source(
    [SOAK, `${SOAK}/profiles`],
    ["/proc/buddyinfo"],
    [table("jobs", SOAK, member("jobs"))],
  ),
  network: source(
    [NET, "/api/v1/connections"],
    ["/proc/net/dev"],
    [
      table("connections", NET, member("connections")),
      table("counters", NET, ({ counters = {} }) =>
        Object.entries(counters).map(([name, value]) => ({ name, since_start: value })),
      ),
      table("rings", NET, member("rings")),
      table("pools", NET, member("pools"), {
        used: "used_objects",
        most: "most_objects",
        quota: "quota_objects",
        failed: "failed_requests",
      }),
    ],
  ),
  log: source(["/events?of=log"], [KMSG], [table("lines", KMSG, member("lines"))]),
  machine: source(
    [MACHINE, FIRMWARE, PCI],
    ["/proc/cpuinfo", "/proc/interrupts", "/proc/ioports", "/proc/iomem", "/proc/mtrr"],
    [
      table("PCI devices", PCI, member("devices")),
      table("interrupts", MACHINE, ({ interrupts }) => interrupts.lines),
      table("memory types", MACHINE, ({ mtrr }) => mtrr.ranges ?? []),
      table("ACPI tables", FIRMWARE, ({ acpi }) => acpi.tables ?? []),
      table("ROMs", FIRMWARE, member("roms")),
    ],
  ),
  snapshots: source(["/api/v1/snapshot"], [], []),
  fidelity: source([FIDELITY], [`${BOOT}.txt`], [table("records", FIDELITY, records)]),
};

const plain = (path) => path.split("?")[0];

// The body of a document, as it came.
function content({ json, text }) {
  if (json !== undefined) return json;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

// The documents of a view among those on screen.
export function documentsOf(view, documents) {
  const { json, tables } = SOURCES[view];
  const paths = new Set([...json, ...tables.map(({ of }) => of)].map(plain));
  return documents.filter(
    ({ path }) => paths.has(plain(path)) || (view === "soak" && path.startsWith(`${SOAK}/`)),
  );
}

// {"view", "exported_at", "page", "documents": [{"path", "received_at", "document"}]}: a text's document
// is a string.
export function exportJson(view, documents, { now_ms, page }) {
  return `${JSON.stringify({
    view,
    exported_at: new Date(now_ms).toISOString(),
    page,
    documents: documentsOf(view, documents).map(({ path, at_ms, ...body }) => ({
      path,
      received_at: new Date(at_ms).toISOString(),
      document: content(body),
    })),
  })}\n`;
}

const isObject = (value) => value !== null && typeof value === "object";

// An object's members, those of objects within it by their path; without lists of objects.
function flat(row, prefix = "") {
  return Object.entries(row).flatMap(([key, value]) => {
    if (!isObject(value)) return [[prefix + key, value]];
    if (!Array.isArray(value)) return flat(value, `${prefix}${key}.`);
    return value.some(isObject) ? [] : [[prefix + key, value.join("; ")]];
  });
}

// RFC 4180, with lines that end as a terminal wants them; null is an empty cell.
function cell(value) {
  const text = String(value ?? "");
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csv(rows, units = {}) {
  const cells = rows.map((row) => Object.fromEntries(flat(row)));
  const columns = [...new Set(cells.flatMap(Object.keys))];
  const lines = [
    columns.map((name) => cell(units[name] ?? name)),
    ...cells.map((row) => columns.map((name) => cell(row[name]))),
  ];
  return lines.map((line) => `${line.join(",")}\n`).join("");
}

// A table of a view, or null: its document is not there, or is the answer to another question.
export function exportTable({ of, rows, units }, documents) {
  for (const document of documents.filter(({ path }) => plain(path) === of)) {
    try {
      const list = rows(content(document));
      if (list.length > 0 || !document.path.includes("?")) return csv(list, units);
    } catch {
      continue; // a walk of one address has no directory
    }
  }
  return null;
}

// "memscope-buddy-free-blocks-20261122-081530.csv", by the clock of the browser in UTC.
export function fileName(view, name, now_ms, ending) {
  const time = new Date(now_ms)
    .toISOString()
    .slice(0, 19)
    .replaceAll(/[-:]/g, "")
    .replace("T", "-");
  const words = ["memscope", view, name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-"), time];
  return `${words.filter(Boolean).join("-")}.${ending}`;
}
