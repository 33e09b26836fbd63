// Two moments of the page tables, compared entry by entry.
//
// /api/v1/pagetables?runs=N gives what is mapped as runs: entries that follow one another and map adjacent
// frames with the same bits. A moment is {cost, uptime_ms, directory, runs, end}: what lies below `end` is known
// (the whole address space unless there were too many runs).

import { pick, take } from "./answer.js";
import { BITS } from "./walk.js";

export const SPACE_END = 2 ** 32;
export const RUNS_AT_ONCE = 1024;
const RUNS_MAX = 64 * RUNS_AT_ONCE;
const PAGE = 4096;
const LARGE = 1024 * PAGE;

const RUN = { address: "string", entry: "string", count: "number", large: "boolean" };
const ENTRY = { index: "number", count: "number", kind: "string", entry: "string" };

function readRun(json, where) {
  const { address, entry, count, large } = pick(json, RUN, where);
  const start = Number(address);
  return { start, end: start + count * (large ? LARGE : PAGE), entry: Number(entry), large };
}

// The moment that one answer tells of, its runs as far as it has them.
export function readMoment(json) {
  const where = "pagetables";
  const { uptime_ms, cycles = 0, bytes = 0 } = pick(json, { snapshot: "object" }, where).snapshot;
  return {
    uptime_ms,
    cost: { cycles, bytes },
    directory: (json.directory ?? []).map((item, i) =>
      pick(item, ENTRY, `${where}.directory[${i}]`),
    ),
    runs: take(json, "runs", "array", where).map((run, i) => readRun(run, `${where}.runs[${i}]`)),
    end: json.next ? Number(json.next) : SPACE_END,
  };
}

// Reads on until everything is told or there is too much of it. ask(path) gives a parsed answer.
export async function readAll(ask) {
  const path = `/api/v1/pagetables?runs=${RUNS_AT_ONCE}`;
  const moment = readMoment(await ask(path));
  while (moment.end < SPACE_END && moment.runs.length < RUNS_MAX) {
    const more = readMoment(await ask(`${path}&from=0x${moment.end.toString(16)}`));
    moment.runs.push(...more.runs);
    moment.end = more.end;
    for (const key of ["cycles", "bytes"]) moment.cost[key] += more.cost[key];
  }
  return moment;
}

// ---- What is different ----

// The bits of an entry without the frame; in a large page's, bits 13 to 21 mean nothing.
const flagsOf = (entry) => entry & 0xfff;
const frameAt = (run, at) => (run.entry & ~0xfff) / PAGE + (at - run.start) / PAGE;
const frame = (run, at) => (frameAt(run, at) + 2 ** 20) % 2 ** 20;

// What changed between two entries: [{bit, name, before, after}].
export function changedBits(before, after) {
  return BITS.map(([mask, name]) => ({
    bit: Math.log2(mask),
    name,
    before: (before & mask) !== 0,
    after: (after & mask) !== 0,
  })).filter((one) => one.before !== one.after);
}

// A piece of address space in which both sides are one run or nothing.
function judge(start, end, a, b) {
  if (!a && !b) return null;
  const what = !a ? "appeared" : !b ? "vanished" : null;
  const piece = { start, end, before: a && flagsOf(a.entry), after: b && flagsOf(b.entry) };
  piece.frame_before = a ? frame(a, start) : null;
  piece.frame_after = b ? frame(b, start) : null;
  piece.size_before = a ? (a.large ? LARGE : PAGE) : null;
  piece.size_after = b ? (b.large ? LARGE : PAGE) : null;
  if (what) return { ...piece, what };
  if (piece.size_before !== piece.size_after) return { ...piece, what: "other size" };
  if (piece.frame_before !== piece.frame_after) return { ...piece, what: "other frame" };
  if (piece.before !== piece.after) return { ...piece, what: "other bits" };
  return null;
}

// Neighbours that changed alike are one; whose frames do not follow one another, has no frame of its own.
function joins(last, next) {
  return (
    last?.end === next.start &&
    ["what", "before", "after", "size_before", "size_after"].every((key) => last[key] === next[key])
  );
}

const follows = (frame_then, pages, frame_now) =>
  frame_then === null ? null : frame_then + pages === frame_now ? frame_then : undefined;

function join(last, next) {
  const pages = (last.end - last.start) / PAGE;
  for (const key of ["frame_before", "frame_after"])
    if (last[key] !== undefined) last[key] = follows(last[key], pages, next[key]);
  last.end = next.end;
}

// The runs of two moments: [{start, end, pages, what, before, after (flags or null), frame_before,
// frame_after (undefined: scattered), size_before, size_after, bits}].
export function diffRuns(a, b) {
  const end = Math.min(a.end, b.end);
  const out = [];
  let i = 0;
  let j = 0;
  for (let at = 0; at < end; ) {
    while (i < a.runs.length && a.runs[i].end <= at) i++;
    while (j < b.runs.length && b.runs[j].end <= at) j++;
    const [x, y] = [a.runs[i], b.runs[j]];
    const here = (run) => (run && run.start <= at ? run : null);
    const until = (run) => (run ? (run.start <= at ? run.end : run.start) : end);
    const next = Math.min(until(x), until(y), end);
    const piece = judge(at, next, here(x), here(y));
    if (piece && joins(out.at(-1), piece)) join(out.at(-1), piece);
    else if (piece) out.push(piece);
    at = next;
  }
  return out.map((piece) => ({
    ...piece,
    pages: (piece.end - piece.start) / PAGE,
    bits:
      piece.before === null || piece.after === null ? [] : changedBits(piece.before, piece.after),
  }));
}

const STEP = { large: 2 ** 22, table: 0, empty: 0 };

function entries({ directory }) {
  const out = new Array(1024).fill(0);
  for (const { index, count, kind, entry } of directory)
    for (let i = 0; i < count; i++) out[index + i] = (Number(entry) + i * STEP[kind]) % SPACE_END;
  return out;
}

// The directory's entries of two moments: [{index, address, what, before, after, bits}].
export function diffDirectory(a, b) {
  const [x, y] = [entries(a), entries(b)];
  return x.flatMap((before, index) => {
    const after = y[index];
    if (before === after) return [];
    const what = !(before & 1) ? "appeared" : !(after & 1) ? "vanished" : "changed";
    const bits = what === "changed" ? changedBits(before, after) : [];
    return [{ index, address: index * LARGE, what, before, after, bits }];
  });
}

export function diffMoments(a, b) {
  return {
    from_ms: a.uptime_ms,
    to_ms: b.uptime_ms,
    end: Math.min(a.end, b.end),
    directory: diffDirectory(a, b),
    runs: diffRuns(a, b),
  };
}

// The names of the bits that are set, for an entry that came or went.
export function flagNames(flags) {
  return BITS.filter(([mask]) => flags & mask).map(([, name]) => name);
}

export const bitWords = (bits) =>
  bits.map(({ name, before, after }) => `${name} ${Number(before)} → ${Number(after)}`).join(", ");

// Frames as words: where they begin, and whether they follow one another.
export function frameWords(first, pages) {
  if (first === undefined) return `${pages} frames, scattered`;
  if (first === null) return "";
  return pages === 1 ? `frame ${first}` : `frames ${first} to ${first + pages - 1}`;
}

// For the export: one line a change, addresses as the API writes them.
export function changeRows({ directory, runs }) {
  const hex = (n) => (n === null ? null : `0x${n.toString(16)}`);
  return [
    ...directory.map(({ address, what, before, after, bits }) => ({
      level: "directory",
      start: hex(address),
      end: hex(address + LARGE),
      pages: 1024,
      what,
      flags_before: hex(before),
      flags_after: hex(after),
      bits_changed: bitWords(bits),
    })),
    ...runs.map(({ start, end, pages, what, before, after, bits, frame_before, frame_after }) => ({
      level: "entry",
      start: hex(start),
      end: hex(end),
      pages,
      what,
      flags_before: hex(before),
      flags_after: hex(after),
      bits_changed: bitWords(bits),
      frame_before,
      frame_after,
    })),
  ];
}
