// The buddy system: free blocks by zone, order and migrate type. A block of order n is 2^n frames.

export const TYPE_MEANINGS = {
  Unmovable: "kernel data that stays where it is",
  Reclaimable: "caches that can be given back",
  Movable: "contents that could be copied elsewhere",
  Reserve: "kept for allocations that must not fail",
  Isolate: "set aside, not handed out",
};

export function zoneKey(zone) {
  return `${zone.node}-${zone.name}`;
}

// Zones that have memory: the lines of /proc/buddyinfo.
export function populated(zones) {
  return zones.filter((zone) => zone.present > 0);
}

// One zone for the page. `sum_pages` is what the blocks add up to; it must equal zone.free.
export function zoneView(zone) {
  const orders = zone.orders.map(({ order, blocks, types }) => {
    const block_pages = 2 ** order;
    return { order, block_pages, blocks, pages: blocks * block_pages, types };
  });
  const sum_pages = orders.reduce((sum, row) => sum + row.pages, 0);
  const largest = [...orders].reverse().find((row) => row.blocks > 0);
  return {
    key: zoneKey(zone),
    zone,
    orders,
    sum_pages,
    agrees: sum_pages === zone.free,
    types: orders[0]?.types.map((type) => type.name) ?? [],
    largest_order: largest ? largest.order : -1,
    widest_pages: Math.max(1, ...orders.map((row) => row.pages)),
    pressure: pressure(zone),
  };
}

// Where the zone's free pages stand against its watermarks.
export function pressure({ free, min, low, high }) {
  if (free < min) return { level: "below-min", text: "below min: only urgent requests are served" };
  if (free < low) return { level: "below-low", text: "below low: memory is being reclaimed" };
  if (free < high) return { level: "below-high", text: "below high: reclaiming would go on" };
  return { level: "ok", text: "above all watermarks" };
}

// The /proc/buddyinfo matrix turned on its side: a row for each order, a column for each zone.
export function matrix(zones) {
  const views = populated(zones).map(zoneView);
  const orders = Math.max(0, ...views.map((view) => view.orders.length));
  return {
    views,
    nodes: new Set(views.map((view) => view.zone.node)).size,
    rows: Array.from({ length: orders }, (_, order) => ({
      order,
      block_pages: 2 ** order,
      cells: views.map((view) => view.orders[order] ?? null),
    })),
  };
}
