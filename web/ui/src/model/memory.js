// /api/v1/memory: one instant of zones, free blocks, slab caches and frame uses.

import { pick, take } from "./answer.js";

const ZONE = {
  node: "number",
  name: "string",
  start_pfn: "number",
  spanned: "number",
  present: "number",
  free: "number",
  min: "number",
  low: "number",
  high: "number",
  orders: "array",
};

const CACHE = {
  name: "string",
  object_bytes: "number",
  active: "number",
  total: "number",
  slabs: "number",
  pages: "number",
  owner: "string",
  allocs: "number",
  frees: "number",
};

function readZone(json, where) {
  const zone = pick(json, ZONE, where);
  zone.orders = zone.orders.map((item, i) => {
    const { order, types } = pick(
      item,
      { order: "number", types: "object" },
      `${where}.orders[${i}]`,
    );
    const blocks = Object.entries(types).map(([name, n]) => ({ name, blocks: n }));
    return { order, types: blocks, blocks: blocks.reduce((sum, t) => sum + t.blocks, 0) };
  });
  return zone;
}

export function readMemory(json) {
  const memory = pick(
    json,
    {
      frames: "array",
      ram_pages: "number",
      zones: "array",
      caches: "array",
      snapshot: "object",
    },
    "memory",
  );
  return {
    ram_pages: memory.ram_pages,
    frames: memory.frames.map((use, i) =>
      pick(use, { use: "string", pages: "number" }, `memory.frames[${i}]`),
    ),
    zones: memory.zones.map((zone, i) => readZone(zone, `memory.zones[${i}]`)),
    caches: memory.caches.map((cache, i) => pick(cache, CACHE, `memory.caches[${i}]`)),
    snapshot: {
      cycles: take(memory.snapshot, "cycles", "number", "memory.snapshot"),
      bytes: take(memory.snapshot, "bytes", "number", "memory.snapshot"),
      uptime_ms: take(memory.snapshot, "uptime_ms", "number", "memory.snapshot"),
    },
  };
}
