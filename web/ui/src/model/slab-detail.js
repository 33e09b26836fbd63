// /api/v1/slab: one cache with its slabs and the state of every object.

import { pick } from "./answer.js";
import { bytes, count, hex, plural } from "./format.js";

const SHAPE = {
  name: "string",
  owner: "string",
  address: "string",
  flags: "string",
  off_slab: "boolean",
  management_bytes: "number",
  object_bytes: "number",
  objects_per_slab: "number",
  order: "number",
  colours: "number",
  colour_off_bytes: "number",
  allocs: "number",
  frees: "number",
  grown: "number",
  reaped: "number",
  percpu_array: "object",
  node_lists: "array",
  slabs: "array",
  slabs_total: "number",
};

export const SLABS_SHOWN = 32;

export const OBJECT_STATES = {
  u: "in use",
  a: "free, in the processor's own array",
  f: "free, in its slab",
};

export function readSlab(json) {
  return { ...pick(json, SHAPE, "slab"), management_cache: json.management_cache ?? null };
}

export function url(cache) {
  return `/api/v1/slab?cache=${encodeURIComponent(cache)}&slabs=${SLABS_SHOWN}`;
}

export function cacheFacts(cache) {
  const { percpu_array: array } = cache;
  return [
    ["Objects", `${bytes(cache.object_bytes)}, ${count(cache.objects_per_slab)} in a slab`],
    ["Slab", `order ${cache.order}, ${bytes(4096 * 2 ** cache.order)}`],
    [
      "Management",
      cache.off_slab
        ? `${bytes(cache.management_bytes)} in ${cache.management_cache}`
        : `${bytes(cache.management_bytes)} on the slab itself`,
    ],
    ["Colours", `${plural(cache.colours, "offset")} of ${bytes(cache.colour_off_bytes)}`],
    [
      "Processor's array",
      `${count(array.available)} of ${count(array.limit)} free objects, moved ${count(array.batchcount)} at a time`,
    ],
    ["Handed out, given back", `${count(cache.allocs)}, ${count(cache.frees)}`],
    ["Slabs made, given back", `${count(cache.grown)}, ${count(cache.reaped)}`],
    ["struct kmem_cache", hex(cache.address)],
  ];
}

export function listFacts(list) {
  return [
    ["Node", count(list.node)],
    [
      "Slabs partial, full, free",
      [list.partial_slabs, list.full_slabs, list.free_slabs].map(count).join(", "),
    ],
    [
      "Free objects",
      `${count(list.free_objects)}; above ${count(list.free_limit)} a free slab goes back`,
    ],
    ["Next colour", count(list.colour_next)],
  ];
}

// The objects of a slab in runs of equal state: [{state, count}].
export function runs(objects) {
  const out = [];
  for (const state of objects) {
    const last = out.at(-1);
    if (last?.state === state) last.count++;
    else out.push({ state, count: 1 });
  }
  return out;
}

export function slabWords(slab) {
  const parts = runs([...slab.objects].sort().join("")).map(
    ({ state, count: n }) => `${n} ${OBJECT_STATES[state]}`,
  );
  return `Slab at frame ${slab.pfn}, ${slab.list}: ${parts.join("; ")}`;
}
