// A buddy allocator of sixteen frames to try out: what the kernel's does, small enough to be followed.
// State is {blocks, steps}: `blocks` [{pfn, order, used}] in order, which make up all frames; `steps` says
// what the last request did, sentence by sentence.

const TOP = 4;

const size = (order) => 2 ** order;
const buddyOf = ({ pfn, order }) => pfn ^ size(order);

/** "0–7", or "3" for a single frame. */
export function span({ pfn, order }) {
  return order === 0 ? String(pfn) : `${pfn}–${pfn + size(order) - 1}`;
}

export function framesWords(order) {
  return order === 0 ? "1 frame" : `${size(order)} frames`;
}

export const FRESH = {
  blocks: [{ pfn: 0, order: TOP, used: false }],
  steps: ["All 16 frames are free. They are one block, of order 4."],
};

/** A block of the order is taken: from the smallest free one that is large enough, the lowest first. */
export function take({ blocks }, order) {
  const fit = blocks
    .filter((block) => !block.used && block.order >= order)
    .sort((a, b) => a.order - b.order || a.pfn - b.pfn)[0];
  if (!fit) {
    const free = blocks.filter(({ used }) => !used).reduce((n, one) => n + size(one.order), 0);
    const why =
      free >= size(order)
        ? `${free} frames are free, but in no one block of this size: memory is fragmented.`
        : `Only ${free} are free.`;
    return { blocks, steps: [`${framesWords(order)} cannot be had. ${why}`] };
  }
  const steps =
    fit.order === order
      ? [`A block of ${framesWords(order)} is free: ${span(fit)}.`]
      : [`No block of ${framesWords(order)} is free. The smallest that is larger is ${span(fit)}.`];
  const left = [];
  let goes = fit;
  while (goes.order > order) {
    const half = { pfn: goes.pfn, order: goes.order - 1, used: false };
    const other = { ...half, pfn: goes.pfn + size(half.order) };
    steps.push(
      `Split: ${span(goes)} becomes the buddies ${span(half)} and ${span(other)}. ${span(other)} stays free, on the list of order ${half.order}.`,
    );
    left.unshift(other);
    goes = half;
  }
  steps.push(`${span(goes)} is handed out.`);
  return {
    blocks: blocks.flatMap((one) => (one === fit ? [{ ...goes, used: true }, ...left] : [one])),
    steps,
  };
}

/** The block that begins at pfn comes back, and joins with its buddy as long as that is free. */
export function give({ blocks }, pfn) {
  const block = blocks.find((one) => one.pfn === pfn && one.used);
  if (!block) return { blocks, steps: [] };
  const steps = [`${span(block)} comes back.`];
  let rest = blocks.filter((one) => one !== block);
  let free = { ...block, used: false };
  while (free.order < TOP) {
    const at = buddyOf(free);
    const buddy = rest.find((one) => one.pfn === at && one.order === free.order && !one.used);
    const name = span({ pfn: at, order: free.order });
    if (!buddy) {
      steps.push(`Its buddy ${name} is not free as a whole: ${span(free)} stays as it is.`);
      break;
    }
    rest = rest.filter((one) => one !== buddy);
    free = { pfn: Math.min(at, free.pfn), order: free.order + 1, used: false };
    steps.push(`Join: its buddy ${name} is free, too. They are one block again, ${span(free)}.`);
  }
  if (free.order === TOP) steps.push("Nothing is larger than that: everything is free again.");
  return { blocks: [...rest, free].sort((a, b) => a.pfn - b.pfn), steps };
}

/** The free lists, the largest order first: [{order, blocks}]. */
export function freeLists({ blocks }) {
  return Array.from({ length: TOP + 1 }, (_, i) => ({
    order: TOP - i,
    blocks: blocks.filter((block) => !block.used && block.order === TOP - i),
  }));
}
