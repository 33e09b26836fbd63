// The page directory and its tables as two maps of 1024 cells and as a tree; of the directory as
// /api/v1/pagetables gives it, and of the ranges of /sys/kernel/debug/kernel_page_tables.

const ENTRIES = 1024;
const SPAN = 2 ** 22; // what one entry of the directory covers

/** What each of the directory's entries is: "large", "table" or "empty". */
export function directoryCells(directory) {
  const cells = Array(ENTRIES).fill("empty");
  for (const { index, count, kind } of directory) cells.fill(kind, index, index + count);
  return cells;
}

/** The ranges of all areas that lie below entry `index` of the directory, cut to what it covers. */
export function rangesBelow(areas, index) {
  const from = index * SPAN;
  return areas
    .flatMap((area) => area.ranges.map((range) => ({ ...range, area: area.name })))
    .filter(({ start, end }) => end > from && start < from + SPAN)
    .map((range) => {
      const start = Math.max(range.start, from);
      const end = Math.min(range.end, from + SPAN);
      return { ...range, start, end, bytes: end - start };
    });
}

/** What each page below entry `index` of the directory is: "rw", "ro", "user" or "empty". */
export function tableCells(areas, index) {
  const cells = Array(ENTRIES).fill("empty");
  for (const range of rangesBelow(areas, index)) {
    if (!range.mapped) continue;
    const state = range.user ? "user" : range.rw ? "rw" : "ro";
    const first = (range.start - index * SPAN) / 4096;
    cells.fill(state, first, first + range.bytes / 4096);
  }
  return cells;
}

/** The directory's entries as the branches of a tree: neighbours that are alike are one. */
export function branches(directory) {
  return directory.map(({ index, count, kind, entry, present, writable }) => ({
    index,
    last: index + count - 1,
    kind,
    entry,
    present,
    writable,
    start: index * SPAN,
    end: (index + count) * SPAN,
  }));
}

/** Cells of one kind as the outline of an SVG path, 32 cells in a line, each one unit wide. */
export function outline(cells, kind) {
  let path = "";
  cells.forEach((cell, i) => {
    if (cell === kind) path += `M${i % 32} ${Math.floor(i / 32)}h.88v.88h-.88z`;
  });
  return path;
}

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -32, ArrowDown: 32 };

/** Where a key leads from cell `at`; null: the key means nothing here, or leads out of the map. */
export function keyStep(key, at) {
  const next = key === "Home" ? 0 : key === "End" ? ENTRIES - 1 : at + (STEPS[key] ?? NaN);
  return next >= 0 && next < ENTRIES ? next : null;
}
