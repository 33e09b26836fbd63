// The replay of boot: from the rows of /api/v1/boot that say what became of the page directory and of the
// zones, both as they were at any time. Times are processor cycles.

export const ENTRIES = 1024;
const ENTRY_BYTES = 2 ** 22;
const EMPTY = Object.freeze({ kind: "empty", present: 0 });

export function readReplay(json) {
  const layout = (json.layout ?? []).map(({ name, start, end }) => ({
    name: String(name),
    start: Number(start),
    end: Number(end),
  }));
  return {
    directory: (json.directory ?? []).map((row) => ({
      first: row.directory_entry,
      count: row.entries,
      cell: Object.freeze({ kind: String(row.kind), present: row.present }),
      by: row.by,
      cycles: row.cycles,
    })),
    zones: json.zones ?? [],
    layout,
  };
}

// The 1024 entries of the directory at a time.
export function directoryAt({ directory }, cycles) {
  const cells = new Array(ENTRIES).fill(EMPTY);
  for (const { first, count, cell, cycles: since } of directory)
    if (since <= cycles) cells.fill(cell, first, first + count);
  return cells;
}

// Which entries are not the same in both.
export function changedEntries(before, now) {
  const differ = (i) => before[i].kind !== now[i].kind || before[i].present !== now[i].present;
  return [...now.keys()].filter(differ);
}

// The area that an entry belongs to: the last that begins within it or before. The two pages behind
// vmalloc's end are a gap, not an area.
export function areaOf(layout, index) {
  const end = (index + 1) * ENTRY_BYTES;
  return layout.findLast(({ name, start }) => start < end && !name.endsWith("End")) ?? layout[0];
}

// How many entries of each kind there are, and how many pages the tables map, by area.
export function byArea(layout, cells) {
  const rows = new Map(
    layout
      .filter(({ name }) => !name.endsWith("End"))
      .map((area) => [area.name, { area: area.name, table: 0, large: 0, moved: 0, present: 0 }]),
  );
  cells.forEach(({ kind, present }, index) => {
    const row = rows.get(areaOf(layout, index)?.name);
    if (!row || kind === "empty") return;
    row[kind] += 1;
    row.present += present;
  });
  return [...rows.values()];
}

const WORDS = ["start_pfn", "spanned", "present", "free", "per_cpu", "min", "low", "high"];

// Every zone that will span frames, node by node, with its words at a time: 0 until a stage sets them, and
// `known` false before the first. `bounds`: the limits by frame number that hold on all nodes.
export function zonesAt({ zones }, cycles) {
  const sized = new Set(zones.filter((row) => row.spanned > 0).map(keyOf));
  const found = new Map();
  const bounds = new Map();
  for (const row of zones) {
    const known = row.cycles <= cycles;
    if (row.node < 0) {
      if (known) bounds.set(row.zone, { ...bounds.get(row.zone), ...words(row) });
      continue;
    }
    const key = keyOf(row);
    if (!sized.has(key)) continue;
    const zone = found.get(key) ?? {
      ...{ node: row.node, zone: row.zone, known: false },
      ...Object.fromEntries(WORDS.map((word) => [word, 0])),
    };
    found.set(key, known ? { ...zone, ...words(row), known } : zone);
  }
  return { zones: [...found.values()].sort((a, b) => a.node - b.node), bounds };
}

const keyOf = ({ node, zone }) => `${node} ${zone}`;

// What a row says of its zone.
function words(row) {
  return Object.fromEntries(
    Object.entries(row).filter(([key]) => !["node", "zone", "by", "cycles"].includes(key)),
  );
}

// The directory and the zones at a time, and what differs from an earlier one. `saved`: when save_pg_dir
// made its copy, or 0.
export function replayAt(replay, now, before, saved) {
  const cells = directoryAt(replay, now);
  const cells_before = directoryAt(replay, before);
  const earlier = zonesAt(replay, before).zones;
  const { zones, bounds } = zonesAt(replay, now);
  return {
    cells,
    changed: changedEntries(cells_before, cells),
    areas: byArea(replay.layout, cells),
    areas_before: byArea(replay.layout, cells_before),
    bounds,
    zones: zones.map((zone, i) => ({ ...zone, before: earlier[i] })),
    // How many entries differ from the copy; null before there is one.
    unlike_saved:
      saved && saved <= now ? changedEntries(directoryAt(replay, saved), cells).length : null,
  };
}

// Where a stage stands among the stops: one that did not run, where the last one before it does that ran.
export function stopOf(stops, stages, id) {
  const at = stages.findIndex((stage) => stage.id === id);
  if (at < 0) return -1;
  const ran = stages.slice(0, at + 1).findLast((stage) => stage.ran);
  return ran ? stops.findIndex((stop) => stop.id === ran.id) : 0;
}
