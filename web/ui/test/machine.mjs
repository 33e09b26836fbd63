// A made-up machine for tests and for working on the pages without a kernel: answers in the shape
// that docs/http-api.md gives, with figures that are consistent but invented. Nothing of this is in
// the image.

const MIB_PAGES = 256;
const TYPES = ["Unmovable", "Reclaimable", "Movable", "Reserve", "Isolate"];

// A small generator of repeatable numbers (mulberry32).
function random(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// Free pages cut into blocks: most of it large, the rest scattered over the small orders.
function cut(free, dice) {
  const orders = Array.from({ length: 11 }, (_, order) => ({
    order,
    types: Object.fromEntries(TYPES.map((name) => [name, 0])),
  }));
  let left = free;
  for (let order = 0; order < 10; order++) {
    for (const name of ["Unmovable", "Reclaimable", "Movable"]) {
      const blocks = Math.floor(dice() * (order < 4 ? 14 : 4));
      const fits = Math.min(blocks, Math.floor(left / 2 ** order / 4));
      orders[order].types[name] += fits;
      left -= fits * 2 ** order;
    }
  }
  for (let order = 10; order >= 0; order--) {
    const blocks = Math.floor(left / 2 ** order);
    orders[order].types[order === 10 ? "Movable" : "Unmovable"] += blocks;
    left -= blocks * 2 ** order;
  }
  if (orders[10].types.Movable > 0) {
    orders[10].types.Movable -= 1;
    orders[10].types.Reserve += 1;
  }
  return orders;
}

function zone(name, start_pfn, spanned, present, free, dice) {
  const min = Math.floor(present / 64);
  return {
    node: 0,
    name,
    start_pfn,
    spanned,
    present,
    free,
    min,
    low: min + (min >> 2),
    high: min + (min >> 1),
    orders: cut(free, dice),
  };
}

const CACHES = [
  // name, object bytes, active, total, slabs, pages, owner
  ["TCP_PCB", 168, 4, 46, 2, 2, "lwip"],
  ["TCP_PCB_LISTEN", 28, 1, 113, 1, 1, "lwip"],
  ["TCP_SEG", 20, 12, 145, 1, 1, "lwip"],
  ["PBUF", 16, 9, 203, 1, 1, "lwip"],
  ["PBUF_POOL", 1536, 14, 20, 10, 10, "lwip"],
  ["http_conn", 768, 3, 5, 1, 1, "http"],
  ["vm_struct", 32, 7, 112, 1, 1, "mm"],
  ["resource", 36, 18, 92, 1, 1, "mm"],
  ["size-131072", 131072, 0, 0, 0, 0, "kmalloc"],
  ["size-4096(DMA)", 4096, 0, 0, 0, 0, "kmalloc"],
  ["size-4096", 4096, 21, 22, 22, 22, "kmalloc"],
  ["size-2048", 2048, 30, 32, 16, 16, "kmalloc"],
  ["size-512", 512, 57, 64, 8, 8, "kmalloc"],
  ["size-128", 128, 88, 90, 3, 3, "kmalloc"],
  ["size-64", 64, 311, 354, 6, 6, "kmalloc"],
  ["size-32", 32, 540, 565, 5, 5, "kmalloc"],
  ["kmem_cache", 148, 17, 26, 1, 1, "slab"],
];

// The part that events tell of.
function told(answer) {
  const body = { ...answer };
  delete body.structure;
  delete body.snapshot;
  return body;
}

// What the kernel calls the structure of /api/v1/memory: a checksum of all but its numbers.
export function structure(answer) {
  let sum = 0;
  for (const char of JSON.stringify(told(answer)).replaceAll(/(?<=[:,[])-?\d+/g, "0"))
    sum = (Math.imul(sum, 31) + char.charCodeAt(0)) >>> 0;
  return `0x${sum.toString(16)}`;
}

// The numbers of an answer, in the order of its text, as far as events tell them.
export function numbers(answer) {
  const collect = (value) =>
    typeof value === "number"
      ? [value]
      : value !== null && typeof value === "object"
        ? Object.values(value).flatMap(collect)
        : [];
  return collect(told(answer));
}

// One memory event: what is different from `before`.
export function delta(answer, before = []) {
  const set = numbers(answer).flatMap((n, i) => (n === (before[i] ?? 0) ? [] : [i, n]));
  const { cycles, uptime_ms } = answer.snapshot;
  return { set, more: false, structure: structure(answer), uptime_ms, cycles };
}

export const LOG = [
  [0, 6, "memscope: the kernel's first line"],
  [1204, 6, "e820: 6 entries"],
  [2310, 4, "MTRR: no ranges cover 0xe0000000"],
  [40_112, 3, "eth0: no link"],
  [93_700, 5, "memscope: ready http://10.0.2.15:80/ in 93 ms"],
].map(([time_us, level, text]) => ({ time_us, level, text }));

// A view event that tells all of a text, a part for each line.
export function viewEvent(view, text, status = 200) {
  const lines = text.split(/(?<=\n)/).map((line, i) => {
    const bare = line.replace(/\n$/, "");
    return `data: ${i}${bare === line ? " " : "|"}${bare}\n`;
  });
  const tail = JSON.stringify({ view, status, parts: lines.length, more: false });
  return `event: view\n${lines.join("")}data: ${tail}\n\n`;
}

export function kmsg() {
  const time = (us) => `${Math.floor(us / 1e6)}.${String(us % 1e6).padStart(6, "0")}`.padStart(12);
  return LOG.map(({ time_us, level, text }) => `<${level}>[${time(time_us)}] ${text}\n`).join("");
}

export function memory({ seed = 1, uptime_ms = 93_784, above_4g = 0 } = {}) {
  const dice = random(seed);
  const caches = CACHES.map(([name, object_bytes, active, total, slabs, pages, owner]) => ({
    name,
    object_bytes,
    active: Math.min(total, active + Math.floor(dice() * Math.min(4, total))),
    total,
    slabs,
    pages,
    owner,
    allocs: 1000 + active * 7 * seed,
    frees: 990 + active * 6 * seed,
  }));
  const slab = caches.reduce((sum, cache) => sum + cache.pages, 0);
  const pcp = 20 + Math.floor(dice() * 100);
  const kept = {
    kernel_image: 148,
    kernel_data: 12,
    memory_map: 512,
    page_tables: 71,
    boot_allocations: 24,
    firmware: 2,
    boot_modules: 0,
    bad_ram: 0,
    trimmed: 1,
    cut_by_option: 0,
    above_4g,
    percpu_lists: pcp,
    slab,
    vmalloc: 9,
    net_receive_buffers: 256,
    net_transmit_buffers: 32,
    virtqueues: 8,
    http_snapshots: 64,
    self_tests: 0,
  };
  const ram_pages = 1024 * MIB_PAGES - 160 + above_4g;
  const used = Object.values(kept).reduce((sum, pages) => sum + pages, 0);
  const free = ram_pages - used; // invented here; the kernel counts its own
  const dma_free = 3700 - Math.floor(dice() * 8);
  const normal_free = 220_000 - Math.floor(dice() * 64);
  const frames = {
    ...kept,
    unclassified: 0,
    buddy_free_dma: dma_free,
    buddy_free_normal: normal_free,
    buddy_free_highmem: free - dma_free - normal_free,
    buddy_free_movable: 0,
  };
  return {
    frames: Object.entries(frames).map(([use, pages]) => ({ use, pages })),
    ram_pages,
    zones: [
      zone("DMA", 1, 4095, 3998, dma_free, dice),
      zone("Normal", 4096, 225_280, 223_000, normal_free, dice),
      zone("HighMem", 229_376, 38_000, 38_000, free - dma_free - normal_free, dice),
    ],
    caches,
    structure: "0x0",
    snapshot: { cycles: 48_211 + Math.floor(dice() * 900), bytes: 6_312, uptime_ms },
  };
}

const STAGES = [
  // entry, name, section, status, depth, cycles from start, cycles taken, reason, notes
  ["W-00", "boot mapping", "W §4.1.9", "done", 0, 0, 9_000, "", ["8 MiB mapped with small pages"]],
  ["W-01", "smp_setup_processor_id", "W §2", "not_applicable", 0, 0, 0, "one processor", []],
  ["W-04", "setup_arch", "W §4.1", "done", 0, 12_000, 610_000, "", ["memory is described"]],
  [
    "W-10",
    "setup_memory_map",
    "W §4.1.2",
    "done",
    1,
    15_000,
    21_000,
    "",
    ["6 entries, source BIOS-e820"],
  ],
  [
    "W-23",
    "trim_bios_range",
    "W §4.1",
    "done",
    1,
    44_000,
    5_200,
    "",
    ["the first RAM frame is 1", "[0xa0000, 0x100000) is no RAM"],
  ],
  ["W-25", "early_gart_iommu_check", "W §4.1", "not_applicable", 1, 0, 0, "no GART here", []],
  ["W-29", "find_low_pfn_range", "W §4.1.6", "done", 1, 60_000, 800, "", ["max_low_pfn = 0x38000"]],
  [
    "W-35",
    "init_memory_mapping",
    "W §4.1.7",
    "done",
    1,
    70_000,
    210_000,
    "",
    ["223 large pages, 1024 small ones"],
  ],
  ["W-65", "paging_init", "W §4.1.9", "done", 1, 300_000, 300_000, "", ["three zones sized"]],
  ["W-96", "mm_init", "W §9.1", "done", 0, 640_000, 900_000, "", ["kmalloc is usable"]],
  [
    "W-103",
    "set_highmem_pages_init",
    "W §9.2.2",
    "done",
    1,
    900_000,
    120_000,
    "",
    ["32 736 frames released"],
  ],
  [
    "W-115",
    "kmem_cache_init",
    "W §9.3.2",
    "done",
    1,
    1_100_000,
    150_000,
    "",
    ["26 caches in six steps"],
  ],
];

/** What each of these stages is for. */
export const stageWords = () => STAGES.map(([, name]) => `What ${name} is for.`);

function range(start, end) {
  return { start: `0x${start.toString(16)}`, end: `0x${end.toString(16)}` };
}

const FIRMWARE = [
  { ...range(0x0, 0x9fc00), type: "System RAM" },
  { ...range(0x9fc00, 0xa0000), type: "reserved" },
  { ...range(0xf0000, 0x100000), type: "reserved" },
  { ...range(0x100000, 0x3ffe0000), type: "System RAM" },
  { ...range(0x3ffe0000, 0x40000000), type: "reserved" },
  { ...range(0xfffc0000, 0x100000000), type: "reserved" },
];

export function boot() {
  const trimmed = [
    { ...range(0x0, 0x1000), type: "reserved" },
    { ...range(0x1000, 0x9fc00), type: "System RAM" },
    ...FIRMWARE.slice(1),
  ];
  return {
    cycles_per_ms: 1_000_000,
    loader: { name: "made up", multiboot: 1, modules: 0 },
    unknown_params: ["quiet"],
    stages: STAGES.map(([entry, name, section, status, depth, start, took, reason, notes]) => ({
      id: name.replaceAll(" ", "_"),
      entry,
      name,
      section,
      status,
      reason,
      start_cycles: took ? 5_000_000 + start : 0,
      end_cycles: took ? 5_000_000 + start + took : 0,
      runs: took ? 1 : 0,
      depth,
      changed: notes,
    })),
    directory: [
      [0, 2, "table", 1024, "boot mapping", 5],
      [768, 2, "table", 1024, "boot mapping", 5],
      [769, 223, "large", 0, "init_memory_mapping", 5_100_000],
      [1022, 1, "table", 0, "paging_init", 5_310_000],
      [0, 2, "empty", 0, "mm_init", 6_500_000],
    ].map(([directory_entry, entries, kind, present, by, cycles]) => ({
      ...{ directory_entry, entries, kind, present, by, cycles },
    })),
    zones: [
      [-1, "Normal", 5_320_000, { from_pfn: 4096, to_pfn: 229_376 }],
      [0, "DMA", 5_400_000, { start_pfn: 1, spanned: 4095, present: 3998 }],
      [0, "Normal", 5_400_000, { start_pfn: 4096, spanned: 225_280, present: 223_000 }],
      [0, "Movable", 5_400_000, { start_pfn: 229_376 }],
      [0, "Normal", 6_000_000, { free: 220_000 }],
      [0, "Normal", 6_200_000, { free: 219_990, per_cpu: 9 }],
    ].map(([node, zone, cycles, words]) => ({ node, zone, by: "mm_init", cycles, ...words })),
    layout: [
      { name: "User Space", ...range(0, 0xc0000000) },
      { name: "Kernel Mapping", ...range(0xc0000000, 0xf8800000) },
      { name: "vmalloc() Area", ...range(0xf8800000, 0xff7fe000) },
      { name: "vmalloc() End", ...range(0xff7fe000, 0xff800000) },
      { name: "Persistent kmap() Area", ...range(0xff800000, 0xffe00000) },
      { name: "Fixmap Area", ...range(0xffe00000, 0x100000000) },
    ],
    e820: [
      { step: "firmware", entries: FIRMWARE },
      { step: "setup_memory_map", entries: FIRMWARE },
      { step: "trim_bios_range", entries: trimmed },
    ],
    early_res: [
      {
        ...range(0x100000, 0x194000),
        name: "TEXT DATA BSS",
        made_by: "boot mapping",
        freed_by: null,
      },
      {
        ...range(0x8000, 0xc000),
        name: "PGTABLE",
        made_by: "init_memory_mapping",
        freed_by: null,
      },
      {
        ...range(0x200000, 0x201000),
        name: "BOOTMAP",
        made_by: "paging_init",
        freed_by: "mm_init",
      },
    ],
    params: [
      { name: "mem", value: null, meaning: "leaves out RAM above this address", default: "all" },
      { name: "loglevel", value: "7", meaning: "which messages reach the console", default: "6" },
    ],
  };
}

const TABLES = [
  "---[ User Space ]---",
  ["00000000", "c0000000", 3, "G", "", "pgd"],
  "---[ Kernel Mapping ]---",
  ["c0000000", "c0100000", 1024, "K", "RW             GLB NX", "pte"],
  ["c0100000", "c0163000", 396, "K", "ro             GLB x", "pte"],
  ["c0163000", "c0400000", 2676, "K", "RW             GLB x", "pte"],
  ["c0400000", "f8000000", 892, "M", "RW         PSE GLB x", "pgd"],
  "---[ vmalloc() Area ]---",
  ["f8000000", "f8004000", 16, "K", "RW             GLB x", "pte"],
  ["f8004000", "f8005000", 4, "K", "", "pte"],
  ["f8005000", "f8006000", 4, "K", "RW     PCD     GLB x", "pte"],
  ["f8006000", "f8400000", 4072, "K", "", "pte"],
  ["f8400000", "ff800000", 116, "M", "", "pgd"],
  "---[ Persistent kmap() Area ]---",
  ["ff800000", "ffc00000", 4, "M", "", "pte"],
  "---[ Fixmap Area ]---",
  ["ffc00000", "fffff000", 4092, "K", "", "pte"],
  ["fffff000", "00000000", 4, "K", "RW             GLB x", "pte"],
];

export function pageTables() {
  return TABLES.map((line) => {
    if (typeof line === "string") return `${line}\n`;
    const [start, end, size, unit, flags, level] = line;
    const padded = flags ? `    ${flags}`.padEnd(26) : " ".repeat(26);
    return `0x${start}-0x${end}   ${String(size).padStart(9)}${unit} ${padded}${level}\n`;
  }).join("");
}

export function check() {
  return { ok: true, frames_walked: memory().ram_pages, disagreements: [] };
}

// /api/v1/machine, /api/v1/firmware and /api/v1/pci of a small machine with two processors.
export function hardware() {
  const line = (n) => ({ line: n, vector: 32 + n, masked: true, taken: 0, handlers: [] });
  const lines = Array.from({ length: 16 }, (_, n) => line(n));
  lines[0] = { ...lines[0], masked: false, taken: 12, handlers: ["timer"] };
  lines[11] = { ...lines[11], masked: false, taken: 34567, handlers: ["virtio0"] };
  return {
    cpu: {
      vendor: "GenuineIntel",
      model_name: "",
      family: 6,
      model: 6,
      stepping: 3,
      khz: 2_596_522,
      cache_line_bytes: 64,
      hypervisor: "",
      ppro_with_ram_bug: false,
      features: ["fpu", "pse", "apic"],
      features_not_used: ["mtrr"],
    },
    apic: {
      driver: "default",
      mapped: true,
      why_not: null,
      address: "0xfee00000",
      mapped_at: "0xffffb000",
      registers: { version: "0x50014" },
    },
    ioapics: [{ id: 0, address: "0xfec00000", mapped_at: "0xffffa000", pins: 24 }],
    interrupts: { controller: "8259", nr_irqs_gsi: 24, taken: 34579, spurious: 1, lines },
    machine_checks: { has_mce: true, has_mca: true, enabled: true, banks: 10, left_over: 2 },
    mtrr: {
      present: true,
      default_type: "write-back",
      not_trimmed_because: "the default type is not uncached",
      trimmed_bytes: 0,
      ranges: [{ register: 0, start: "0x80000000", end: "0x100000000", type: "uncachable" }],
    },
    gap: { start: "0x40000000", end: "0xfec00000", devices_from: "0x50000000" },
    hooks: [],
    console: "VGA text, 80x25 at 0xb8000",
  };
}

export function firmware() {
  return {
    boot_words: { lowmem_kib: 639, ebda_segment: "0x9fc0", conventional_end: "0x9fc00" },
    dmi: {
      bad_bios: null,
      strings: {
        bios_vendor: "SeaBIOS",
        bios_version: "1.16.2",
        bios_date: "04/01/2014",
        sys_vendor: "QEMU",
        product_name: "Standard PC",
        product_version: "pc-7.2",
        product_serial: "",
        board_vendor: "",
        board_name: "",
        board_version: "",
        chassis_vendor: "QEMU",
      },
    },
    acpi: {
      off: false,
      tables: [
        {
          signature: "APIC",
          address: "0x3fe1a00",
          bytes: 120,
          revision: 1,
          oem: "BOCHS ",
          sum_ok: true,
        },
        {
          signature: "SRAT",
          address: "0x3fe1b00",
          bytes: 200,
          revision: 1,
          oem: "BOCHS ",
          sum_ok: false,
        },
      ],
    },
    madt: {
      cpus: [
        { apic_id: 0, enabled: true, boot: false },
        { apic_id: 1, enabled: false, boot: false },
      ],
      buses: [],
      routes: [
        { type: "int", to: "ioapic", apic: 0, pin: 2, bus: 0, irq: 0, flags: 0 },
        { type: "int", to: "ioapic", apic: 0, pin: 20, bus: 0, irq: 11, flags: 15 },
        { type: "nmi", to: "lapic", apic: 255, pin: 1, bus: 0, irq: 0, flags: 0 },
      ],
    },
    mp: {
      pointer: "0xf5ba0",
      table: "0xf5bb0",
      table_bytes: 228,
      oem: "BOCHSCPU",
      valid: true,
      default_config: false,
      copy: null,
      cpus: [{ apic_id: 0, enabled: true, boot: true }],
      buses: [
        { id: 0, name: "PCI" },
        { id: 1, name: "ISA" },
      ],
      routes: [
        { type: "int", to: "ioapic", apic: 0, pin: 23, bus: 0, irq: 11, flags: 0 },
        { type: "int", to: "ioapic", apic: 0, pin: 1, bus: 1, irq: 1, flags: 0 },
      ],
    },
    roms: [
      {
        name: "Video ROM",
        start: "0xc0000",
        end: "0xc9c00",
        sum_ok: true,
        vendor: "0x1234",
        device: "0x1111",
      },
      {
        name: "System ROM",
        start: "0xf0000",
        end: "0x100000",
        sum_ok: true,
        vendor: "0x0",
        device: "0x0",
      },
    ],
  };
}

export function pci() {
  const ids = { vendor: "0x1af4", device: "0x1000", subsystem_vendor: "0x1af4", subsystem: "0x1" };
  const region = { kind: "bar", bar: 0, is_64bit: false, prefetchable: false };
  return {
    present: true,
    devices: [
      {
        address: "0000:00:03.0",
        ...ids,
        class: "0x20000",
        secondary_bus: 0,
        irq_line: 11,
        irq_pin: 1,
        regions: [{ ...region, space: "io", start: "0xc000", bytes: 32 }],
      },
      {
        address: "0000:00:04.0",
        ...ids,
        class: "0x60400",
        secondary_bus: 1,
        irq_line: 0,
        irq_pin: 0,
        regions: [
          { ...region, kind: "window", space: "memory", start: "0xfe800000", bytes: 2097152 },
        ],
      },
    ],
  };
}

const connection = (more) => {
  const parts = { control: 0, http: 0, send: 0, early: 0, pending: 0, snapshot: 0, events: 0 };
  Object.assign(parts, more.parts);
  return {
    state: "ESTABLISHED",
    local_port: 80,
    peer_address: "10.0.2.2",
    peer_port: 40_000,
    number: 0,
    requests: 0,
    events_hz: 0,
    send_segments: parts.send ? 3 : 0,
    early_segments: 0,
    ...Object.fromEntries(Object.entries(parts).map(([part, n]) => [`${part}_bytes`, n])),
    held_bytes: Object.values(parts).reduce((sum, n) => sum + n, 0),
    ...more.fields,
  };
};

export function net({ later_ms = 0 } = {}) {
  return {
    interface: {
      name: "eth0",
      driver: "virtio_net (modern)",
      mac: "52:54:00:12:34:56",
      mtu_bytes: 1500,
      link_up: true,
      address: "10.0.2.15",
      netmask: "255.255.255.0",
      gateway: "10.0.2.2",
      hostname: "",
      http_port: 80,
      features_offered: "0x10020",
      features_negotiated: "0x20",
    },
    features: [
      { bit: 5, name: "MAC", negotiated: true },
      { bit: 16, name: "STATUS", negotiated: false },
    ],
    rings: ["receive", "transmit"].map((name, index) => ({
      name,
      index,
      descriptors: 256,
      in_use: index ? 0 : 128,
      free: index ? 256 : 128,
      made_available: 140,
      taken_back: 12,
      event_idx: true,
      desc: "0x3810000",
      avail: "0x3811000",
      used: "0x3812000",
      bytes: 16_384,
    })),
    buffers: {
      receive: 128,
      receive_target: 128,
      transmit_in_flight: 0,
      receive_pages_in_stack: 1,
      receive_pages_in_stack_most: 4,
    },
    counters: { rx_packets: 100 + later_ms / 40, tx_packets: 90, rx_dropped: 0 },
    pools: [
      { name: "TCP_PCB", object_bytes: 192, used: 3, most: 9, quota: 256, failed: 0 },
      { name: "PBUF", object_bytes: 16, used: 0, most: 4, quota: 8192, failed: 0 },
    ],
    heap_bytes: 512,
    heap_failed: 0,
    viewer_connection: 2,
    connections_open: 2,
    connections_most: 128,
    connections: [
      connection({
        parts: { control: 192, http: 2072, send: 3640, pending: 4096 },
        fields: { number: 1, requests: 1 },
      }),
      connection({
        parts: { control: 192, http: 2072, events: 736 },
        fields: { number: 2, requests: 1, events_hz: 4, peer_port: 40_001 },
      }),
      connection({ parts: { control: 192 }, fields: { state: "TIME-WAIT", peer_port: 40_002 } }),
      connection({
        parts: { control: 40 },
        fields: { state: "LISTEN", peer_address: null, peer_port: 0 },
      }),
    ],
    events: { open: 1, most: 8, opened: 3, refused: 0, sent: 120, cycles: 9_000_000 },
    snapshot: { cycles: 20_000, uptime_ms: 93_000 + later_ms, bytes: 4000 },
  };
}

export function buddy() {
  const { zones } = memory();
  const kinds = { dma: ["DMA"], kernel: ["Normal", "DMA"], highmem: ["HighMem", "Normal", "DMA"] };
  const blocks = (zone, from) =>
    zone.orders
      .slice(from)
      .reduce((sum, { types }) => sum + Object.values(types).reduce((n, m) => n + m, 0), 0);
  return {
    zones: zones.map((zone) => ({
      node: 0,
      zone: zone.name,
      orders: zone.orders.map(({ order }) => ({
        order,
        free_blocks: blocks(zone, order) - blocks(zone, order + 1),
        unusable_thousandths: order * 20,
        extfrag_thousandths: order === 10 && zone.name === "DMA" ? 640 : -1000,
      })),
    })),
    pair_bitmaps: [],
    requests: Object.entries(kinds).flatMap(([kind, names]) =>
      Array.from({ length: 11 }, (_, order) => {
        const fails = kind === "dma" && order === 10;
        return {
          kind,
          order,
          zones: names.map((name) => {
            const zone = zones.find((item) => item.name === name);
            return {
              node: 0,
              zone: name,
              verdict: fails ? "no_block" : "gives",
              free_pages: zone.free,
              min_pages: zone.min,
              low_pages: zone.low,
              kept_pages: 0,
              blocks: fails ? 0 : blocks(zone, order),
            };
          }),
          served: !fails,
          verdict: fails ? "no_block" : "gives",
        };
      }),
    ),
    snapshot: { cycles: 9000, uptime_ms: 93_000, bytes: 9000 },
  };
}
