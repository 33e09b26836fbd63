// The words that the views take for granted, explained. In a view's lead a word in brackets is one of
// these: "[page frame]s" is the word with an ending, "[cut](split)" another form of one.

export const GLOSSARY = {
  "page frame":
    "4 KiB of RAM that begin at a multiple of 4 KiB: the unit in which memory is handed out. Frames are numbered from 0; the number is called pfn.",
  block:
    "Frames side by side that are free, or were handed out, together: 1, 2, 4 and so on up to 1024. The number of its first frame is a multiple of its size.",
  order:
    "The size of a block as an exponent: order n is 2ⁿ frames. Order 0 is 4 KiB, order 10 4 MiB.",
  zone: "Frames that can serve the same requests: DMA (below 16 MiB), Normal (always mapped) and HighMem (beyond 896 MiB, mapped when needed).",
  node: "Memory that is equally near to a processor. A machine with several is called NUMA; each node has zones of its own.",
  fragmented:
    "Enough is free, but in pieces that do not lie side by side, so that a request for a larger block fails.",
  "migrate type":
    "Whether the contents of a block of 1024 frames could be moved elsewhere or given up. Blocks of a kind are kept together, so that what cannot move does not end up everywhere.",
  slab: "One or more frames cut into objects of one size, with a list of those that are free.",
  cache: "All slabs with objects of one kind, and what is needed to find a free one quickly.",
  "per-cpu list":
    "Free single frames that a processor keeps for itself, so that most requests need no search.",
  "call site": "The place in the code that asked for memory: function, offset in it, its length.",
  leak: "Memory that nobody uses any more and nobody has given back.",
  e820: "The firmware's list of which physical addresses are RAM and which are not.",
  "early reservation":
    "A range of RAM that is marked as taken before there is an allocator: the kernel itself, the loader's modules, tables.",
  stage: "One step of the documented initialisation, under the name it has in the literature.",
  "page table":
    "1024 entries of 4 bytes in one frame. Each says which frame a virtual page of 4 KiB leads to and what may be done with it. The page directory is the table of these tables.",
  "virtual address":
    "An address as programs use it. The processor turns it into a physical one by directory and table.",
  "direct map":
    "Virtual addresses from 0xc0000000 on at which low memory lies in one piece: physical address plus 0xc0000000.",
  vmalloc:
    "Makes frames that are scattered in memory look like one piece, by mapping them side by side.",
  kmap: "Gives a frame of high memory, which has no address of its own, one of 1024 slots for a while.",
  fixmap: "Virtual addresses fixed when the kernel is built, pointed at whatever is needed there.",
  "guard page": "A page left unmapped on purpose: whoever runs past the end of an area faults.",
  seed: "The number that a sequence of random choices begins with: the same seed gives the same sequence.",
  arena:
    "A piece of memory with allocators of its own, set apart from the machine's, so that a job's result depends on the job alone.",
  "descriptor ring":
    "A ring of entries in memory that driver and card share: each names a buffer that one hands to the other.",
  lwIP: "The TCP/IP stack this kernel runs. It takes every object from a slab cache of this machine.",
};

const MARK = /\[([^\]]+)\](?:\(([^)]+)\))?/g;

/** "a [block] of" as [{text: "a "}, {text: "block", meaning}, {text: " of"}]. */
export function marked(text) {
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(MARK)) {
    if (match.index > at) parts.push({ text: text.slice(at, match.index) });
    parts.push({ text: match[1], meaning: GLOSSARY[match[2] ?? match[1]] });
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return parts;
}
