// Snapshots that are kept in the browser, or as files: /api/v1/snapshot, with what says whose it is.
//
//   {memscope_snapshot: 1, id, name, taken_at, machine: {...}, cost: {cycles, uptime_ms, bytes},
//   documents: {memory, buddy, vm, net, callsites, pagetables}}
//
// A file may be anything: readSnapshot() checks all that is used of it, and says by name what is wrong.

import { AnswerError, pick, take } from "./answer.js";
import { readMemory } from "./memory.js";
import { diffMoments, readMoment } from "./pt-diff.js";

export const VERSION = 1;
export const FILE_BYTES_MAX = 4 * 2 ** 20;
// localStorage has about 5 MiB an origin, in most browsers counted in characters.
export const KEPT_BYTES_MAX = 4 * 2 ** 20;

const KEY = "memscope-snapshot-";
const PAGE_BYTES = 4096;

const MACHINE = {
  version: "string",
  command_line: "string",
  generation: "string",
  processor: "string",
  product: "string",
  mac: "string",
};
const SITE = {
  site: "string",
  address: "string",
  kind: "string",
  what: "string",
  live: "number",
  bytes: "number",
};
const AREA = { name: "string", start: "string", end: "string" };
const VM_AREA = { start: "string", end: "string", kind: "string" };

// ---- Taking one ----

// The machine in words that stay the same as long as it does.
function machineOf({ version, cmdline, machine, firmware, documents }) {
  const { sys_vendor = "", product_name = "" } = firmware.dmi?.strings ?? {};
  return {
    version: version.trim(),
    command_line: cmdline.trim(),
    generation: documents.buddy.pair_bitmaps.length > 0 ? "2.4" : "2.6",
    processor: machine.cpu.model_name || machine.cpu.vendor,
    product: [sys_vendor, product_name].filter(Boolean).join(" "),
    mac: documents.net.interface?.mac ?? "",
  };
}

// ask(path) gives an answer's text.
export async function takeSnapshot(ask, { name, now_ms, id }) {
  const json = async (path) => JSON.parse(await ask(path));
  const { snapshot: cost, ...documents } = await json("/api/v1/snapshot");
  const machine = machineOf({
    documents,
    version: await ask("/proc/version"),
    cmdline: await ask("/proc/cmdline"),
    machine: await json("/api/v1/machine"),
    firmware: await json("/api/v1/firmware"),
  });
  const taken_at = new Date(now_ms).toISOString();
  return { memscope_snapshot: VERSION, id, name, taken_at, machine, cost, documents };
}

// ---- Reading one ----

function each(json, field, shape, where) {
  return take(json, field, "array", where).map((item, i) => ({
    ...item,
    ...pick(item, shape, `${where}.${field}[${i}]`),
  }));
}

function readDocuments(json) {
  const of = (name) => take(json, name, "object", "documents");
  const vm = of("vm");
  const callsites = of("callsites");
  return {
    memory: readMemory(of("memory")),
    areas: each(vm, "layout", AREA, "documents.vm"),
    vmalloc: each(take(vm, "vmalloc", "object", "documents.vm"), "areas", VM_AREA, "documents.vm"),
    sites: each(callsites, "sites", SITE, "documents.callsites"),
    site_count: take(callsites, "site_count", "number", "documents.callsites"),
    tracking: pick(
      take(callsites, "tracking", "object", "documents.callsites"),
      { pages: "boolean", objects: "boolean" },
      "documents.callsites.tracking",
    ),
    moment: readMoment(of("pagetables")),
  };
}

// The text of a snapshot as {head: what lists show, raw: as it is kept, and what is compared}. Throws
// AnswerError with what is wrong with it.
export function readSnapshot(text) {
  let raw;
  try {
    raw = JSON.parse(text);
  } catch {
    throw new AnswerError("it is not JSON, or it was cut off");
  }
  if (raw === null || typeof raw !== "object" || !("memscope_snapshot" in raw))
    throw new AnswerError("it is JSON, but not a snapshot: memscope_snapshot is missing");
  if (raw.memscope_snapshot !== VERSION)
    throw new AnswerError(
      `it is a snapshot of form ${raw.memscope_snapshot}: this page knows form ${VERSION} only`,
    );
  const head = pick(raw, { id: "string", name: "string", taken_at: "string" }, "snapshot");
  const taken_ms = Date.parse(head.taken_at);
  if (Number.isNaN(taken_ms))
    throw new AnswerError(`snapshot.taken_at: not a time: ${head.taken_at}`);
  const machine = pick(take(raw, "machine", "object", "snapshot"), MACHINE, "snapshot.machine");
  const documents = readDocuments(take(raw, "documents", "object", "snapshot"));
  const { uptime_ms } = documents.memory.snapshot;
  const cost = pick(take(raw, "cost", "object", "snapshot"), { cycles: "number" }, "snapshot.cost");
  return { raw, bytes: text.length, ...head, taken_ms, uptime_ms, machine, cost, ...documents };
}

// ---- Keeping them ----

// createShelf(storage): snapshots by id in a Storage. What is kept counts against KEPT_BYTES_MAX; what does
// not fit is refused with what to do about it.
export function createShelf(storage) {
  const keys = () =>
    Array.from({ length: storage.length }, (_, i) => storage.key(i)).filter((key) =>
      key.startsWith(KEY),
    );
  const used = () => keys().reduce((sum, key) => sum + storage.getItem(key).length, 0);
  return {
    used,
    // All of them, the oldest first; one that cannot be read is left out.
    list() {
      const all = keys().flatMap((key) => {
        try {
          return [readSnapshot(storage.getItem(key))];
        } catch {
          return [];
        }
      });
      return all.sort((a, b) => a.taken_ms - b.taken_ms);
    },
    // Keeps the text of a snapshot, in the place of one with the same id; gives it back as read.
    add(text) {
      const one = readSnapshot(text);
      const key = KEY + one.id;
      const room = KEPT_BYTES_MAX - used() + (storage.getItem(key)?.length ?? 0);
      const full = "there is no room for it here: delete a snapshot, or save some as files first";
      if (text.length > room) throw new AnswerError(full);
      try {
        storage.setItem(key, text);
      } catch {
        throw new AnswerError(full);
      }
      return one;
    },
    remove: (id) => storage.removeItem(KEY + id),
  };
}

// ---- Comparing two ----

// What has to be said before figures of the two are compared: [text].
export function differences(a, b) {
  const out = [];
  const ram = (one) => one.memory.ram_pages;
  const same = ["processor", "product", "mac"].every((key) => a.machine[key] === b.machine[key]);
  // Two clocks, the browser's and the machine's, which drift apart.
  const started = (one) => one.taken_ms - one.uptime_ms;
  const slack_ms = 5000 + Math.abs(b.taken_ms - a.taken_ms) / 1000;
  if (!same || ram(a) !== ram(b))
    out.push(`They are of different machines: ${machineWords(a)}, and ${machineWords(b)}.`);
  else if (
    ["generation", "version", "command_line"].some((key) => a.machine[key] !== b.machine[key]) ||
    b.uptime_ms < a.uptime_ms !== b.taken_ms < a.taken_ms ||
    Math.abs(started(a) - started(b)) > slack_ms
  )
    out.push("They are of different starts of this machine.");
  if (a.machine.generation !== b.machine.generation)
    out.push(
      `They are of different generations: mm=${a.machine.generation} and mm=${b.machine.generation}.`,
    );
  if (a.machine.version !== b.machine.version) out.push("They are of different images.");
  if (a.machine.command_line !== b.machine.command_line)
    out.push(
      `Their options are different: "${a.machine.command_line}" and "${b.machine.command_line}".`,
    );
  return out;
}

export function machineWords({ machine, memory }) {
  const mib = Math.round((memory.ram_pages * PAGE_BYTES) / 2 ** 20);
  return [machine.product, machine.processor, machine.mac, `${mib} MiB`].filter(Boolean).join(", ");
}

// Rows of both sides by key: {name, before, after, delta} of the count, and the same of bytes.
function rows(before, after) {
  const all = new Map();
  const put = (list, side) => {
    for (const { name, count, bytes } of list) {
      const row = all.get(name) ?? { name, before: 0, after: 0, before_bytes: 0, after_bytes: 0 };
      row[side] += count;
      row[`${side}_bytes`] += bytes;
      all.set(name, row);
    }
  };
  put(before, "before");
  put(after, "after");
  const list = [...all.values()].map((row) => ({
    ...row,
    delta: row.after - row.before,
    delta_bytes: row.after_bytes - row.before_bytes,
  }));
  const size = (row) => Math.abs(row.delta_bytes);
  return list.sort((x, y) => size(y) - size(x) || Math.abs(y.delta) - Math.abs(x.delta));
}

const pagesOf = (name, pages) => ({ name, count: pages, bytes: pages * PAGE_BYTES });

const blocks = ({ memory: { zones } }) =>
  zones.flatMap(({ node, name, orders }) =>
    orders.map(({ order, blocks: n }) => ({
      name: `node ${node} ${name}, order ${order}`,
      count: n,
      bytes: n * 2 ** order * PAGE_BYTES,
    })),
  );

// Mapped pages by area of the layout.
const mapped = ({ areas, moment }) =>
  areas.map(({ name, start, end }) => {
    const [from, to] = [Number(start), Number(end)];
    const bytes = moment.runs.reduce(
      (sum, run) => sum + Math.max(0, Math.min(run.end, to) - Math.max(run.start, from)),
      0,
    );
    return { name, count: bytes / PAGE_BYTES, bytes };
  });

const SECTIONS = [
  {
    id: "frames",
    title: "Frames by use",
    unit: "frames",
    of: ({ memory }) => memory.frames.map(({ use, pages }) => pagesOf(use, pages)),
  },
  { id: "blocks", title: "Free blocks by zone and order", unit: "blocks", of: blocks },
  {
    id: "caches",
    title: "Slab caches",
    unit: "objects in use",
    of: ({ memory }) =>
      memory.caches.map(({ name, active, pages }) => ({
        name,
        count: active,
        bytes: pages * PAGE_BYTES,
      })),
  },
  { id: "mapped", title: "Mapped pages by area of the page tables", unit: "pages", of: mapped },
  {
    id: "vmalloc",
    title: "vmalloc areas by kind and caller",
    unit: "areas",
    of: ({ vmalloc }) =>
      vmalloc.map(({ start, end, kind, caller }) => ({
        name: `${kind} ${caller ?? ""}`.trim(),
        count: 1,
        bytes: Number(end) - Number(start),
      })),
  },
  {
    id: "sites",
    title: "Call sites",
    unit: "allocations held",
    of: ({ sites }) =>
      sites.map(({ site, kind, what, live, bytes }) => ({
        name: `${site} ${kind}:${what}`,
        count: live,
        bytes,
      })),
  },
];

function notes(id, a, b) {
  if (id === "sites") {
    const off = (one) => !one.tracking.pages && !one.tracking.objects;
    if (off(a) || off(b))
      return "Only vmalloc areas were recorded in both: page_owner=on and slub_debug=U record the rest.";
    if (a.site_count > a.sites.length || b.site_count > b.sites.length)
      return "A snapshot has the 512 largest sites; there were more.";
    return "Pages that slab caches took are listed as pages:slab, and their objects again under objects.";
  }
  if (id === "mapped" && Math.min(a.moment.end, b.moment.end) < 2 ** 32)
    return "A snapshot has the first 512 runs of mappings; there were more.";
  return "";
}

const total = (list, key) => list.reduce((sum, row) => sum + row[key], 0);
const SUMS = ["before", "after", "delta", "before_bytes", "after_bytes", "delta_bytes"];

// {warnings, elapsed_ms, sections: [{id, title, unit, note, rows, changed: the rows that moved, total}],
// tables: as diffMoments}
export function compare(a, b) {
  return {
    warnings: differences(a, b),
    elapsed_ms: b.taken_ms - a.taken_ms,
    sections: SECTIONS.map(({ id, title, unit, of }) => {
      const list = rows(of(a), of(b));
      return {
        id,
        title,
        unit,
        note: notes(id, a, b),
        rows: list,
        changed: list.filter((row) => row.delta !== 0 || row.delta_bytes !== 0),
        total: Object.fromEntries(SUMS.map((key) => [key, total(list, key)])),
      };
    }),
    tables: diffMoments(a.moment, b.moment),
  };
}

export const compareRows = ({ sections }) =>
  sections.flatMap(({ title, unit, rows: list }) =>
    list.map((row) => ({ section: title, unit, ...row })),
  );

export function compareDocument(a, b, result) {
  const side = ({ name, taken_at, uptime_ms, machine }) => ({ name, taken_at, uptime_ms, machine });
  return { memscope_comparison: VERSION, before: side(a), after: side(b), ...result };
}
