// /api/v1/buddy: how fragmented each zone is, and what a request of each order would meet now.

import { pick } from "./answer.js";
import { count, pageBytes, plural } from "./format.js";

export function readBuddy(json) {
  pick(json, { zones: "array", requests: "array", pair_bitmaps: "array" }, "buddy");
  json.zones.forEach((zone, i) =>
    pick(zone, { zone: "string", orders: "array" }, `buddy.zones[${i}]`),
  );
  json.requests.forEach((request, i) =>
    pick(
      request,
      { kind: "string", order: "number", zones: "array", served: "boolean", verdict: "string" },
      `buddy.requests[${i}]`,
    ),
  );
  return withNodes(json);
}

// With several nodes a zone is named with its node: each has a Normal of its own.
function withNodes({ zones, requests, pair_bitmaps, ...rest }) {
  const several = new Set(zones.map(({ node }) => node)).size > 1;
  const named = (one) => (several ? { ...one, zone: `${one.zone}, node ${one.node}` } : one);
  return {
    ...rest,
    zones: zones.map(named),
    requests: requests.map((request) => ({ ...request, zones: request.zones.map(named) })),
    pair_bitmaps: pair_bitmaps.map(named),
  };
}

// The pair bitmaps of 2.4 as rows: one an order, with the maps of all zones; none with the engine of 2.6.
export function bitmapRows({ pair_bitmaps: maps }) {
  const orders = [...new Set(maps.map(({ order }) => order))];
  return orders.map((order) => ({ order, maps: maps.filter((map) => map.order === order) }));
}

export const KINDS = [
  { value: "kernel", label: "Kernel memory" },
  { value: "highmem", label: "Also high memory" },
  { value: "dma", label: "For DMA" },
];

// The largest order of a kind that would be served now, -1 if none.
export function largestServed(buddy, kind) {
  const served = buddy.requests.filter((request) => request.kind === kind && request.served);
  return Math.max(-1, ...served.map(({ order }) => order));
}

// What one zone says, as a sentence.
export function trialWords(trial, order) {
  const {
    zone,
    verdict,
    free_pages: free,
    min_pages: min,
    low_pages: low,
    kept_pages: kept,
  } = trial;
  const after = free - 2 ** order;
  switch (verdict) {
    case "gives":
      return `${zone} gives it: ${plural(free, "frame")} are free, more than its low mark of ${count(low)} would stay.`;
    case "gives_below_low":
      return `${zone} gives it, but falls to its low mark of ${count(low)} frames: memory would be reclaimed.`;
    case "small_blocks":
      return `${zone} refuses: ${plural(trial.blocks, "block")} would be large enough, but too much of the rest lies in blocks that are smaller.`;
    case "no_block":
      return `${zone} refuses: ${plural(free, "frame")} are free, but no block of ${pageBytes(2 ** order)} among them.`;
    case "kept":
      return `${zone} refuses: of its ${plural(free, "free frame")} it keeps ${count(kept)} for requests that can use no other zone.`;
    default:
      return after < 0
        ? `${zone} refuses: only ${plural(free, "frame")} are free.`
        : `${zone} refuses: ${plural(after, "frame")} would stay, not more than its min mark of ${count(min)}.`;
  }
}

// The request's outcome, as a sentence.
export function requestWords({ order, served, verdict, zones }) {
  const what = `A request for ${pageBytes(2 ** order)} (order ${order})`;
  if (verdict === "no_zone") return `${what} has no zone to be tried in.`;
  if (!served) return `${what} would fail now, unless reclaiming helps.`;
  const { zone } = zones.find((trial) => trial.verdict === verdict);
  return `${what} would be served by zone ${zone}.`;
}

// "0.348" as the kernel's text has it.
export function thousandths(n) {
  return (n / 1000).toFixed(3);
}

// What the fragmentation index means.
export function extfragWords(n) {
  if (n === -1000) return "a block is free";
  return n < 500 ? "too little memory" : "memory in pieces";
}
