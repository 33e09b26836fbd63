// Views as files: the documents a view is made of, as they came, and its tables as CSV.
//
// A table is {name, of: the document's path, rows: document => [object], columns}: columns are words
// "field" or "field:header", the header being the field's name where that says the unit already. A field
// may be a path, "percpu.count".

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

const table = (name, of, rows, columns) => ({ name, of, rows, columns });
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
    value: values[v],
    eighths: eighths[i],
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

// By view: {json: its endpoints, text: what a terminal gets instead, tables}. The first of text is the
// first endpoint's own twin.
export const SOURCES = {
  frames: {
    json: [MEMORY],
    text: [`${MEMORY}.txt`, "/proc/meminfo", "/proc/iomem", "/proc/zoneinfo"],
    tables: [
      table("uses", MEMORY, member("frames"), "use pages"),
      table(
        "zones",
        MEMORY,
        member("zones"),
        "node name start_pfn spanned:spanned_pages present:present_pages free:free_pages min:min_pages low:low_pages high:high_pages percpu.count:percpu_pages",
      ),
    ],
  },
  picture: {
    json: [FRAMES, "/api/v1/frame?pfn=256"],
    text: [`${FRAMES}.txt`, "/proc/zoneinfo"],
    tables: [
      table("cells", FRAMES, cells, "start_pfn frames value:most_frames_are eighths:share_eighths"),
    ],
  },
  buddy: {
    json: [BUDDY, MEMORY],
    text: [
      `${BUDDY}.txt`,
      "/proc/buddyinfo",
      "/proc/pagetypeinfo",
      "/sys/kernel/debug/extfrag/extfrag_index",
      "/sys/kernel/debug/extfrag/unusable_index",
    ],
    tables: [
      table("free blocks", MEMORY, freeBlocks, "node zone order type blocks pages"),
      table(
        "fragmentation",
        BUDDY,
        ({ zones }) => zonesOf(zones, (row) => [row]),
        "node zone order free_blocks unusable_thousandths extfrag_thousandths",
      ),
      table("requests", BUDDY, member("requests"), "kind order verdict served"),
      table(
        "pair bitmaps",
        BUDDY,
        member("pair_bitmaps"),
        "node zone order address bytes pairs set_bits",
      ),
    ],
  },
  slab: {
    json: [MEMORY, "/api/v1/slab?cache=size-64"],
    text: ["/proc/slabinfo", `${MEMORY}.txt`],
    tables: [
      table(
        "caches",
        MEMORY,
        member("caches"),
        "name owner object_bytes active:active_objects total:total_objects slabs active_slabs pages objects_per_slab pages_per_slab colours colour_off_bytes allocs frees grown:grown_slabs reaped:reaped_slabs errors",
      ),
    ],
  },
  callsites: {
    json: [CALLSITES],
    text: [`${CALLSITES}.txt`, "/proc/allocinfo", "/proc/vmallocinfo"],
    tables: [
      table(
        "sites",
        CALLSITES,
        member("sites"),
        "site address kind what live:live_allocations bytes calls live_delta:live_allocations_delta bytes_delta",
      ),
    ],
  },
  boot: {
    json: [BOOT],
    text: [`${BOOT}.txt`, KMSG],
    tables: [
      table(
        "stages",
        BOOT,
        member("stages"),
        "id entry name section mark status reason start_cycles end_cycles total_cycles runs depth order",
      ),
      table(
        "memory maps",
        BOOT,
        ({ e820 }) => e820.flatMap(({ step, entries }) => entries.map((e) => ({ step, ...e }))),
        "step start end type",
      ),
      table(
        "early reservations",
        BOOT,
        member("early_res"),
        "start end name made_by freed_by how made_cycles freed_cycles",
      ),
      table("options", BOOT, member("params"), "name value meaning default given refused"),
    ],
  },
  "page-tables": {
    json: [TABLES],
    text: [DUMP, `${TABLES}.txt`],
    tables: [
      table(
        "ranges",
        DUMP,
        ranges,
        "area start end bytes level mapped rw ro x user global large pwt pcd pat",
      ),
      table(
        "directory",
        TABLES,
        member("directory"),
        "index count:entries address kind entry present:present_pages writable:writable_pages",
      ),
    ],
  },
  vm: {
    json: [VM],
    text: [`${VM}.txt`, "/proc/vmallocinfo"],
    tables: [
      table(
        "vmalloc areas",
        VM,
        ({ vmalloc }) => vmalloc.areas,
        "start end guard kind pages physical caller",
      ),
      table("kmaps", VM, ({ kmap }) => kmap.in_use, "slot address pfn users"),
      table("fixmaps", VM, member("fixmap"), "index name number address pfn"),
      table("layout", VM, member("layout"), "name start end"),
    ],
  },
  soak: {
    json: [SOAK, `${SOAK}/profiles`],
    text: [`${SOAK}.txt`, "/proc/buddyinfo"],
    tables: [
      table(
        "jobs",
        SOAK,
        member("jobs"),
        "id name state verdict started_ms run_ms operations allocations frees failures_expected failures_unexpected verified_bytes verification_errors wrong_uses calls_checksum operations_per_second live_objects live_bytes",
      ),
    ],
  },
  network: {
    json: [NET, "/api/v1/connections"],
    text: [`${NET}.txt`, "/api/v1/connections.txt", "/proc/net/dev"],
    tables: [
      table(
        "connections",
        NET,
        member("connections"),
        "state local_port peer_address peer_port number requests events_hz send_segments early_segments held_bytes control_bytes http_bytes send_bytes early_bytes pending_bytes snapshot_bytes events_bytes",
      ),
      table(
        "counters",
        NET,
        ({ counters = {} }) => Object.entries(counters).map(([name, value]) => ({ name, value })),
        "name value:value_since_start",
      ),
      table(
        "rings",
        NET,
        member("rings"),
        "name index descriptors in_use:in_use_descriptors free:free_descriptors made_available:made_available_buffers taken_back:taken_back_buffers desc avail used bytes",
      ),
      table(
        "pools",
        NET,
        member("pools"),
        "name object_bytes used:used_objects most:most_objects quota:quota_objects failed:failed_requests",
      ),
    ],
  },
  log: {
    json: ["/events?of=log"],
    text: [KMSG],
    tables: [table("lines", KMSG, member("lines"), "seq time_us level text")],
  },
  machine: {
    json: [MACHINE, FIRMWARE, PCI],
    text: [
      `${MACHINE}.txt`,
      `${FIRMWARE}.txt`,
      `${PCI}.txt`,
      "/proc/cpuinfo",
      "/proc/interrupts",
      "/proc/ioports",
      "/proc/iomem",
      "/proc/mtrr",
    ],
    tables: [
      table(
        "PCI devices",
        PCI,
        member("devices"),
        "address vendor device subsystem_vendor subsystem class revision irq_line irq_pin",
      ),
      table(
        "interrupts",
        MACHINE,
        ({ interrupts }) => interrupts.lines,
        "line vector masked taken:taken_times handlers",
      ),
      table(
        "memory types",
        MACHINE,
        ({ mtrr }) => mtrr.ranges ?? [],
        "register start end type",
      ),
      table(
        "ACPI tables",
        FIRMWARE,
        ({ acpi }) => acpi.tables ?? [],
        "signature address bytes revision oem sum_ok",
      ),
      table("ROMs", FIRMWARE, member("roms"), "name start end sum_ok vendor device"),
    ],
  },
  snapshots: { json: ["/api/v1/snapshot"], text: ["/api/v1/snapshot.txt"], tables: [] },
  fidelity: {
    json: [FIDELITY],
    text: [`${BOOT}.txt`],
    tables: [
      table("records", FIDELITY, records, "section name mark stages code test user differs reason"),
    ],
  },
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

const field = (row, path) => path.split(".").reduce((value, key) => value?.[key], row);

// RFC 4180, with lines that end as a terminal wants them; null is an empty cell, a list is joined by "; ".
function cell(value) {
  const text = Array.isArray(value) ? value.join("; ") : String(value ?? "");
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csv(rows, columns) {
  const pairs = columns.split(" ").map((word) => word.split(":"));
  const lines = [
    pairs.map(([path, header]) => header ?? path),
    ...rows.map((row) => pairs.map(([path]) => cell(field(row, path)))),
  ];
  return lines.map((line) => `${line.join(",")}\n`).join("");
}

// A table of a view, or null: its document is not there, or is the answer to another question.
export function exportTable({ of, rows, columns }, documents) {
  for (const document of documents.filter(({ path }) => plain(path) === of)) {
    try {
      const list = rows(content(document));
      if (list.length > 0 || !document.path.includes("?")) return csv(list, columns);
    } catch {
      continue; // a walk of one address has no directory
    }
  }
  return null;
}

// "memscope-buddy-free-blocks-20261122-081530.csv", by the clock of the browser in UTC.
export function fileName(view, name, now_ms, ending) {
  const time = new Date(now_ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  const words = ["memscope", view, name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-"), time];
  return `${words.filter(Boolean).join("-")}.${ending}`;
}
