// The order of rows that are held in their places.

/** Rows by `places` (a Map of names to numbers); those that it does not know come last, as they stand. */
export function inHeldOrder(rows, places, nameOf) {
  const at = (row) => places.get(nameOf(row)) ?? Infinity;
  return rows
    .map((row, i) => ({ row, i, place: at(row) }))
    .sort((a, b) => (a.place === b.place ? a.i - b.i : a.place - b.place))
    .map(({ row }) => row);
}
