// /api/v1/frame: all that is known of one page frame.

import { pick } from "./answer.js";
import { count, duration, hex, pageBytes, plural } from "./format.js";
import { useLabel } from "./frames.js";

const SHAPE = {
  pfn: "number",
  address: "string",
  state: "string",
  use: "string",
  node: "number",
  zone: "string",
  migrate_type: "string",
  block: "object",
  descriptor: "object",
  other_mappings: "array",
  other_mapping_count: "number",
};

// What a state means, in a sentence.
export const STATES = {
  free: "in a block on a free list of the buddy allocator",
  "per-cpu list": "freed, and kept on the processor's own list for the next request",
  allocated: "handed out by the page allocator",
  slab: "part of a slab, cut into objects",
  reserved: "kept back at boot: it never belonged to the allocator",
  hole: "no memory is here, but there is a descriptor",
  unclassified: "its descriptor says nothing that fits",
};

export function readFrame(json) {
  return {
    ...pick(json, SHAPE, "frame"),
    slab: json.slab ?? null,
    allocated_by: json.allocated_by ?? null,
    direct_map: json.direct_map ?? null,
  };
}

// [name, value] pairs for the list beside the picture.
export function frameFacts(frame) {
  const { block, descriptor } = frame;
  const size = 2 ** block.order;
  return [
    ["Physical address", hex(frame.address)],
    ["Use", useLabel(frame.use)],
    ["Zone", `${frame.zone}, node ${frame.node}`],
    ["Migrate type of its page block", frame.migrate_type],
    [
      "Block",
      size === 1
        ? "a single frame"
        : `order ${block.order}: ${pageBytes(size)} from frame ${count(block.pfn)}`,
    ],
    ...buddyOf(frame),
    ...allocatedBy(frame),
    [
      "In the direct map at",
      frame.direct_map ? hex(frame.direct_map) : "nowhere: it is reached by other addresses only",
    ],
    ["Also mapped at", mappings(frame)],
    ["Flags", descriptor.flag_names.join(", ") || "none"],
    ["_count, _mapcount", `${descriptor.count}, ${descriptor.mapcount}`],
    ["private, index", `${descriptor.private}, ${descriptor.index}`],
  ];
}

// Blocks of the allocators have a buddy: the block of the same size that differs in one bit of its number.
function buddyOf({ block, state }) {
  if (state === "reserved" || state === "hole" || block.order >= 10) return [];
  const size = 2 ** block.order;
  return [["Its buddy", `${plural(size, "frame")} from frame ${count(block.pfn ^ size)}`]];
}

function allocatedBy({ allocated_by, state }) {
  if (allocated_by)
    return [
      ["Allocated by", `${allocated_by.site}, ${duration(allocated_by.age_ms)} ago`],
      ["For", allocated_by.what.replaceAll("_", " ")],
    ];
  return state === "allocated" || state === "slab"
    ? [["Allocated by", "not recorded (page_owner=on would)"]]
    : [];
}

function mappings({ other_mappings, other_mapping_count }) {
  if (other_mapping_count === 0) return "no other address";
  const shown = other_mappings
    .map(({ address, writable }) => `${hex(address)}${writable ? "" : " (read-only)"}`)
    .join(", ");
  const rest = other_mapping_count - other_mappings.length;
  return rest ? `${shown} and ${count(rest)} more` : shown;
}
