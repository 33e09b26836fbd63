// The last minutes, kept in the browser: one sample of where memory is for each SAMPLE_MS.

import { frameUses } from "./frames.js";

export const SAMPLE_MS = 1000;
export const KEEP_MS = 5 * 60_000;

export const EMPTY_HISTORY = [];

// What is drawn: all that moves. Each takes the uses' groups and gives pages.
export const SERIES = [
  { id: "free", label: "Free", of: (groups) => groups.free },
  { id: "in-use", label: "Handed out by the allocators", of: (groups) => groups["in-use"] },
  { id: "network", label: "Network and web server", of: (groups) => groups.network },
  { id: "kernel", label: "Kernel and its tables", of: (groups) => groups.kernel },
];

function sample(memory) {
  const { groups, difference_pages } = frameUses(memory);
  const pages = Object.fromEntries(groups.map((group) => [group.id, group.pages]));
  return {
    t_ms: memory.snapshot.uptime_ms,
    difference_pages,
    values: Object.fromEntries(SERIES.map(({ id, of }) => [id, of(pages) ?? 0])),
  };
}

// The history with this instant; the same object where it is too soon for another sample. Another boot
// begins anew.
export function remember(history, memory) {
  const last = history.at(-1);
  const now_ms = memory.snapshot.uptime_ms;
  if (last && now_ms < last.t_ms) return [sample(memory)];
  if (last && now_ms - last.t_ms < SAMPLE_MS) return history;
  return [...history.filter(({ t_ms }) => t_ms >= now_ms - KEEP_MS), sample(memory)];
}

// One series as points in a box of `width` by `height`: {points, min, max, now}. The line is broken where
// nobody looked for a while, so points is a list of lines.
export function line(history, id, width, height) {
  const values = history.map((item) => item.values[id]);
  const min = Math.min(...values);
  const max = Math.max(...values);
  const end = history.at(-1)?.t_ms ?? 0;
  const x = (t_ms) => width * (1 - (end - t_ms) / KEEP_MS);
  const y = (value) =>
    max === min ? height / 2 : 2 + (height - 4) * (1 - (value - min) / (max - min));
  const lines = [];
  history.forEach(({ t_ms, values: v }, i) => {
    if (i === 0 || t_ms - history[i - 1].t_ms > 5 * SAMPLE_MS) lines.push([]);
    lines.at(-1).push(`${x(t_ms).toFixed(1)},${y(v[id]).toFixed(1)}`);
  });
  return { lines: lines.map((points) => points.join(" ")), min, max, now: values.at(-1) };
}

// The times at which the uses did not add up to the RAM.
export function mismatches(history) {
  return history.filter(({ difference_pages }) => difference_pages !== 0);
}
