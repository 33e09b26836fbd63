// Where every frame of RAM is: the uses in groups, with words for each, and the sum.

// One line for each use that the kernel may report: group, name on the page, what it is. A use that
// is not listed here is still shown, under its own name.
const USES = {
  kernel_image: ["kernel", "Kernel image", "The kernel's code, constants and variables"],
  kernel_data: ["kernel", "Kernel data", "Whole pages the kernel took for itself after boot"],
  memory_map: ["kernel", "Memory map", "One descriptor for each page frame: the price of order"],
  page_tables: ["kernel", "Page tables", "Translate virtual addresses to frames"],
  boot_allocations: ["kernel", "Boot allocations", "Taken before the real allocator existed, kept"],
  boot_modules: ["kernel", "Boot modules", "Files and notes the boot loader handed over"],
  large_hashes: ["kernel", "Hash tables", "Sized by memory at boot: connections and paths"],
  node_memory: [
    "kernel",
    "Node memory",
    "A node's own structure and descriptors, mapped elsewhere",
  ],
  soak: ["in-use", "Soak jobs", "Held by jobs that exercise the allocators"],
  page_owner_records: ["kernel", "Records of call sites", "Who allocated what: page_owner=on"],
  soak_arena: ["in-use", "Soak arenas", "In use within the private arenas of such jobs"],
  slab: ["in-use", "Slab caches", "Small objects, cut from whole pages"],
  vmalloc: ["in-use", "vmalloc", "Areas that look contiguous but are made of scattered frames"],
  self_tests: ["in-use", "Self-tests", "Held by a test that runs now"],
  net_receive_buffers: ["network", "Receive buffers", "Where the network card puts packets"],
  net_transmit_buffers: ["network", "Transmit buffers", "Packets on their way out"],
  virtqueues: ["network", "Virtqueues", "Rings shared with the network card"],
  http_snapshots: ["network", "Snapshots", "Reserved beforehand for answers like this one"],
  percpu_lists: ["free", "Per-CPU lists", "Free single frames kept close at hand"],
  soak_arena_free: ["free", "Free in soak arenas", "Within the private arenas of soak jobs"],
  buddy_free_dma: ["free", "Free, zone DMA", "Below 16 MiB, for devices that reach no further"],
  buddy_free_normal: ["free", "Free, zone Normal", "Mapped for good, for everything else"],
  buddy_free_highmem: [
    "free",
    "Free, zone HighMem",
    "Beyond the direct mapping: mapped when needed",
  ],
  buddy_free_movable: ["free", "Free, zone Movable", "Only for contents that could be moved"],
  firmware: ["unused", "Firmware", "Kept back for the BIOS and its tables"],
  unclassified: ["other", "Unclassified", "Belongs to nobody known: must be 0"],
  crash_kernel: ["unused", "Crash kernel", "Kept free for a second kernel (crashkernel=)"],
  remap_window: ["unused", "Remap window", "Frames whose addresses node memory has taken"],
  bad_ram: ["unused", "Bad RAM", "Failed the memory test, never used"],
  trimmed: ["unused", "Trimmed", "Cut off because it does not fit a whole page or the layout"],
  cut_by_option: ["unused", "Cut by option", "Left out on the command line (mem= or memmap=)"],
  above_4g: [
    "unused",
    "Above 4 GiB",
    "Unreachable without PAE (wider page tables): unused, and untested",
  ],
};

export const GROUPS = [
  ["kernel", "Kernel and its tables"],
  ["in-use", "Handed out by the allocators"],
  ["network", "Network and web server"],
  ["other", "Anything else"],
  ["free", "Free"],
  ["unused", "Not usable"],
];

/** The name of a use on the page. */
export const useLabel = (use) => USES[use]?.[1] ?? use.replaceAll("_", " ");

function describe({ use, pages }, ram_pages) {
  const [group, label, meaning] = USES[use] ?? ["other", useLabel(use), ""];
  return { use, pages, group, label, meaning, known: use in USES, share: pages / (ram_pages || 1) };
}

// The uses in page order (by group, then as the kernel lists them), their sum, and how far the sum
// is from the RAM that the firmware reported: 0 unless something is wrong.
export function frameUses(memory) {
  const all = memory.frames.map((item) => describe(item, memory.ram_pages));
  const uses = GROUPS.flatMap(([group]) => all.filter((item) => item.group === group));
  const sum_pages = uses.reduce((sum, item) => sum + item.pages, 0);
  const busy = uses.filter((item) => item.group !== "free" && item.group !== "unused");
  return {
    uses,
    busy,
    busy_pages: busy.reduce((sum, item) => sum + item.pages, 0),
    groups: GROUPS.map(([id, label]) => {
      const members = uses.filter((item) => item.group === id);
      return { id, label, uses: members, pages: members.reduce((n, item) => n + item.pages, 0) };
    }).filter((group) => group.uses.length > 0),
    sum_pages,
    ram_pages: memory.ram_pages,
    difference_pages: sum_pages - memory.ram_pages,
  };
}
