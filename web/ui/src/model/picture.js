// The picture of all page frames: reading /api/v1/frames, and the arithmetic of looking at it.
//
// A window is {start, per}: the first frame shown and how many frames one cell stands for, a power of
// two, so that a cell covers the same frames however far one has panned. The grid has `columns` x
// `rows` cells, filled line by line.

import { AnswerError, pick } from "./answer.js";

const SHAPE = {
  by: "string",
  first_pfn: "number",
  end_pfn: "number",
  start: "number",
  frames_per_cell: "number",
  cells: "number",
  values: "array",
  picture: "string",
  snapshot: "object",
};

// The characters of the values, in order: printable ones without digits, '"' and '\'.
const VALUE_OF = new Int16Array(128).fill(-1);
{
  let value = 0;
  for (let c = 33; c < 127; c++) {
    const char = String.fromCharCode(c);
    if (!/[0-9"\\]/.test(char)) VALUE_OF[c] = value++;
  }
}

const ZERO = 48;
const SHARE_A = 97;

// {by, start, per, end_pfn, values, value: Uint8Array, eighths: Uint8Array, counts, snapshot}
export function readPicture(json) {
  const answer = pick(json, SHAPE, "frames");
  const { cells, picture } = answer;
  const value = new Uint8Array(cells);
  const eighths = new Uint8Array(cells).fill(8);
  const shares = answer.frames_per_cell > 1;
  let at = 0;
  let run = 0;
  for (let i = 0; i < picture.length; i++) {
    const c = picture.charCodeAt(i);
    if (c >= ZERO && c < ZERO + 10) {
      run = run * 10 + (c - ZERO);
      continue;
    }
    const end = at + (run || 1);
    const v = VALUE_OF[c] ?? -1;
    if (v < 0 || v >= answer.values.length || end > cells)
      throw new AnswerError(`frames.picture: "${picture[i]}" at ${i} is not understood`);
    value.fill(v, at, end);
    if (shares) eighths.fill(picture.charCodeAt(++i) - SHARE_A + 1, at, end);
    at = end;
    run = 0;
  }
  if (at !== cells) throw new AnswerError(`frames.picture has ${at} cells, not ${cells}`);
  return {
    by: answer.by,
    start: answer.start,
    per: answer.frames_per_cell,
    end_pfn: answer.end_pfn,
    values: answer.values,
    value,
    eighths,
    counts: countCells(value, answer.values.length),
    snapshot: answer.snapshot,
  };
}

function countCells(value, values) {
  const counts = new Uint32Array(values);
  for (const v of value) counts[v]++;
  return counts;
}

// ---- The window ----

// Everything at once: the smallest power of two at which the grid holds all frames.
export function whole(grid, end_pfn) {
  let per = 1;
  while (per * grid.columns * grid.rows < end_pfn) per *= 2;
  return { start: 0, per };
}

// A window that shows frames where there are any: from a multiple of its cells, with as little empty
// space at the end as the grid allows, and never coarser than the whole.
export function clamp(window, grid, end_pfn) {
  const per = Math.max(1, Math.min(window.per, whole(grid, end_pfn).per));
  const line = grid.columns * per;
  const lines = Math.ceil(end_pfn / line);
  const last = Math.max(0, lines - grid.rows) * line;
  const start = Math.max(0, Math.min(Math.floor(window.start / per) * per, last));
  return { start, per };
}

// `steps` doublings: positive shows more detail. The frame in cell `cell` stays there if it can.
export function zoom(window, grid, end_pfn, cell, steps) {
  const finest = whole(grid, end_pfn).per;
  const per = Math.max(1, Math.min(finest, window.per / 2 ** steps));
  const anchor = window.start + cell * window.per;
  return clamp({ start: anchor - cell * per, per }, grid, end_pfn);
}

export function pan(window, grid, end_pfn, lines) {
  const start = window.start + lines * grid.columns * window.per;
  return clamp({ start, per: window.per }, grid, end_pfn);
}

// One cell a frame, with the given frame in the middle.
export function centre(grid, end_pfn, pfn) {
  const line = Math.floor(pfn / grid.columns) - Math.floor(grid.rows / 2);
  return clamp({ start: line * grid.columns, per: 1 }, grid, end_pfn);
}

// The frame `cells` cells further than the one chosen, or the one in the middle if none in sight is.
export function step(window, grid, end_pfn, selected, cells) {
  const shown = cellsShown(window, grid, end_pfn);
  const at = selected === null ? -1 : Math.floor((selected - window.start) / window.per);
  const middle = Math.min(shown - 1, Math.floor((grid.columns * grid.rows + grid.columns) / 2));
  const cell = at < 0 || at >= shown ? middle : Math.max(0, Math.min(shown - 1, at + cells));
  return window.start + cell * window.per;
}

// How many cells of this window lie over frames that exist.
export function cellsShown(window, grid, end_pfn) {
  return Math.min(grid.columns * grid.rows, Math.ceil((end_pfn - window.start) / window.per));
}

export function url(by, window, grid, end_pfn) {
  const cells = cellsShown(window, grid, end_pfn);
  const frames = Math.min(cells * window.per, end_pfn - window.start);
  return `/api/v1/frames?by=${by}&start=${window.start}&frames=${frames}&cells=${cells}`;
}

// ---- What one types into the search ----

// "4660" and "0x1234" are frame numbers; an address is one that ends in 000 or says so: "@0x1234567",
// and what is beyond the last frame; a kernel address of the direct map is taken for what it maps. null:
// not understood.
export function parsePlace(text, end_pfn) {
  const match = /^\s*(@?)\s*(0x[0-9a-f]+|[0-9]+)\s*$/i.exec(text);
  if (!match) return null;
  const number = Number(match[2]);
  const address = match[1] || /^0x.*000$/i.test(match[2]);
  if (!address && number < end_pfn) return number;
  const physical = number >= 0xc0000000 && number >= end_pfn * 4096 ? number - 0xc0000000 : number;
  const pfn = Math.floor(physical / 4096);
  return pfn < end_pfn ? pfn : null;
}
