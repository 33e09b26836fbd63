// The slab caches as a table that can be sorted and searched.

import { PAGE_BYTES } from "./format.js";

// `activity`: allocations and frees of a second, by the name of the cache.
export function slabRow(cache, activity = {}) {
  return {
    ...cache,
    activity: activity[cache.name] ?? 0,
    lwip: cache.owner === "lwip",
    bytes: cache.pages * PAGE_BYTES,
    use: cache.total ? cache.active / cache.total : 0,
  };
}

// The columns; `key` names the field of a row. Text sorts from a to z first, numbers from the top.
export const COLUMNS = [
  { key: "name", label: "Cache", text: true },
  { key: "owner", label: "Owner", text: true },
  { key: "object_bytes", label: "Object size" },
  { key: "active", label: "In use" },
  { key: "total", label: "Room for" },
  { key: "use", label: "Filled" },
  { key: "slabs", label: "Slabs" },
  { key: "bytes", label: "Memory" },
  { key: "activity", label: "Activity" },
];

export function firstDirection(key) {
  return COLUMNS.find((column) => column.key === key)?.text ? "ascending" : "descending";
}

// A new array; equal rows keep the order of their names, so that a live table does not flicker.
export function sortRows(rows, { key, direction }) {
  const sign = direction === "ascending" ? 1 : -1;
  return [...rows].sort((a, b) => {
    const x = a[key];
    const y = b[key];
    const order = typeof x === "string" ? compareNames(x, y) : x - y;
    return order * sign || compareNames(a.name, b.name);
  });
}

// size-64 comes before size-128.
function compareNames(a, b) {
  return a.localeCompare(b, "en", { numeric: true });
}

export function filterRows(rows, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const text = `${row.name} ${row.owner}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

export function totals(rows) {
  const sum = (key) => rows.reduce((n, row) => n + row[key], 0);
  return {
    active: sum("active"),
    total: sum("total"),
    slabs: sum("slabs"),
    bytes: sum("bytes"),
    activity: sum("activity"),
  };
}
