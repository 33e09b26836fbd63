// One block followed through the events of the single-step mode: which pieces it is cut into, and what
// each step means in words.

export const NOTHING = { top: null, pieces: [], held: null, words: "" };

const size = (order) => 2 ** order;
const frames = (order) => (order === 0 ? "1 frame" : `${size(order)} frames`);

// The state after one event. `pieces` [{pfn, order}] make up the block that was taken first, `held` is the
// one that goes on; all others are free. After a split it is the lower half until the next event names
// another: the engine of 2.4 goes on with the upper one.
export function step(state, { event, pfn, order }) {
  const here = { pfn, order };
  if (event === "split") {
    const anew = state.held === null;
    const halves = [
      { pfn, order: order - 1 },
      { pfn: pfn + size(order - 1), order: order - 1 },
    ];
    return {
      top: anew ? here : state.top,
      pieces: sort([...(anew ? [] : outside(state.pieces, here)), ...halves]),
      held: halves[0],
      words: `The block of ${frames(order)} is cut in two: one half goes to the free list of order ${order - 1}, the other goes on.`,
    };
  }
  if (state.top === null) return state;
  if (event === "alloc")
    return {
      ...state,
      held: here,
      words: `What is left has the size that was asked for, ${frames(order)}: it is handed out.`,
    };
  if (event === "free")
    return {
      ...state,
      held: here,
      words: "The block is given back. Its buddy, the other half, is looked at next.",
    };
  if (event !== "merge") return state;
  return {
    ...state,
    pieces: sort([...outside(state.pieces, here), here]),
    held: order === state.top.order ? null : here,
    words: `The buddy was free: both halves are one block of ${frames(order)} again.`,
  };
}

export function isHeld({ held }, { pfn, order }) {
  return held !== null && held.pfn === pfn && held.order === order;
}

function outside(pieces, { pfn, order }) {
  return pieces.filter((piece) => piece.pfn < pfn || piece.pfn >= pfn + size(order));
}

function sort(pieces) {
  return pieces.sort((a, b) => a.pfn - b.pfn);
}

// An event of the machine itself, in words.
export function eventWords({ event, order, pfn, zone, type }) {
  const block = `${frames(order)} at frame ${pfn}, ${zone}`;
  switch (event) {
    case "split":
      return `cut in two: ${block}`;
    case "merge":
      return `joined to ${block}`;
    case "alloc":
      return `handed out: ${block}`;
    case "free":
      return `given back: ${block}`;
    default:
      return `taken from another migrate type for ${type}: ${block}`;
  }
}
