// /api/v1/callsites: who allocated what.

import { pick, take } from "./answer.js";

const SITE = {
  site: "string",
  address: "string",
  kind: "string",
  what: "string",
  live: "number",
  bytes: "number",
  calls: "number",
  live_delta: "number",
  bytes_delta: "number",
};

export function readCallsites(json) {
  return {
    ...pick(json, { mark: "number", mark_uptime_ms: "number", site_count: "number" }, "callsites"),
    tracking: pick(
      take(json, "tracking", "object", "callsites"),
      { pages: "boolean", objects: "boolean", record_bytes: "number", table_bytes: "number" },
      "callsites.tracking",
    ),
    sites: take(json, "sites", "array", "callsites").map((site, i) =>
      pick(site, SITE, `callsites.sites[${i}]`),
    ),
  };
}

// Sorted by `key`; names by the alphabet, numbers by what they are.
export function sortSites(sites, { key, direction }) {
  const sign = direction === "ascending" ? 1 : -1;
  const order = (a, b) => (typeof a === "number" ? a - b : a < b ? -1 : a > b ? 1 : 0);
  return [...sites].sort((a, b) => sign * order(a[key], b[key]));
}
