// The figures of the 2.4 notes on the reference machines, with mm=2.4 (sections 3 to 5 of
// tests/golden/values.txt). What hangs on the notes' descriptor of 68 bytes or on the size of their
// kernel is in tests/host/test_golden_24.c; here stand the same rules with this image's own sizes.

import assert from "node:assert/strict";

import { constants, machine, PAGE_OFFSET, symbol } from "../lib/golden.mjs";

const R1 = "1048696K";
const NAMES = ["DMA", "Normal", "HighMem"];
const DESCRIPTOR = 32; // the notes: 68
const LINE = 64; // the alignment of boot memory; the notes: 128
const roundUp = (value, to) => Math.ceil(value / to) * to;

/** Bytes of a bitmap as §4 lists them: by zone, then by order. */
const MAP_BYTES = [
  [0x100, 0x80, 0x40, 0x20, 0x10, 8, 4, 4, 4],
  [0x3700, 0x1b80, 0xdc0, 0x6e0, 0x370, 0x1b8, 0xdc, 0x70, 0x38],
  [0x800, 0x400, 0x200, 0x100, 0x80, 0x40, 0x20, 0x10, 8],
];

function layout() {
  const [zone, area, step, node] = constants(
    "sizeof(struct zone)",
    "&((struct zone *)0)->free_area",
    "sizeof(struct free_area)",
    "&contig_page_data",
  );
  return { zone, area, step, node };
}

function beforeRelease(row, m) {
  row("R1, 2.4 before mem_init: every descriptor is reserved and counted 0", async () => {
    const [map] = await m.words(symbol("mem_map") - PAGE_OFFSET, 1);
    assert.equal(map, 0xc1000000);
    for (let pfn = 0; pfn < 0x3fffe; pfn += 0x7f1) {
      const [flags, count] = await m.words(map - PAGE_OFFSET + pfn * DESCRIPTOR, 2);
      assert.ok(flags & (1 << 6), `frame ${pfn}: flags ${flags.toString(16)}`);
      assert.equal(count, 0);
    }
  });
  row("R1, 2.4 before mem_init: every list head points to itself, both ways", async () => {
    const { zone, area, step, node } = layout();
    for (let z = 0; z < 3; z++)
      for (let order = 0; order < 10; order++) {
        const head = node + z * zone + area + order * step;
        assert.deepEqual(await m.words(head - PAGE_OFFSET, 2), [head, head]);
      }
  });
  row("R1, 2.4 before mem_init: no zone has a free page", async () => {
    const { zone, node } = layout();
    const [stat] = constants("&((struct zone *)0)->vm_stat[NR_FREE_PAGES]");
    for (let z = 0; z < 3; z++)
      assert.deepEqual(await m.words(node + z * zone + stat - PAGE_OFFSET, 1), [0]);
    const notes = await m.words(symbol("totalram_pages") - PAGE_OFFSET, 1);
    assert.deepEqual(notes, [0]);
  });
  row("R1, 2.4 before mem_init: no pair bit is set", async () => {
    const { node, zone } = layout();
    const [data, maps] = constants(
      "&((struct zone *)0)->engine_data",
      "&((struct pair_maps *)0)->map",
    );
    for (let z = 0; z < 3; z++) {
      const [at] = await m.words(node + z * zone + data - PAGE_OFFSET, 1);
      const addresses = await m.words(at + maps - PAGE_OFFSET, 9);
      for (const [order, map] of addresses.entries()) {
        const words = await m.words(map - PAGE_OFFSET, MAP_BYTES[z][order] / 4);
        assert.ok(
          words.every((word) => word === 0),
          `${NAMES[z]} order ${order}`,
        );
      }
    }
  });
  row("R1, 2.4 before mem_init: the boot bitmap and its place", async () => {
    const [start, low, map] = constants(
      "&((struct bootmem_data *)0)->node_boot_start",
      "&((struct bootmem_data *)0)->node_low_pfn",
      "&((struct bootmem_data *)0)->node_bootmem_map",
    );
    const at = symbol("boot_bdata") - PAGE_OFFSET;
    assert.deepEqual(await m.words(at + start, 2), [0, 0]);
    assert.deepEqual(await m.words(at + low, 1), [0x38000]);
    assert.deepEqual(await m.words(at + map, 1), [symbol("_end")]);
  });
}

function r1(row, m) {
  row("R1, 2.4: max_dma, max_low_pfn, the end of RAM", async () => {
    const found = await m.figures("n_zone_sizes", /max_dma (\w+), low (\w+), high (\w+):/);
    assert.deepEqual(found, [0x1000, 0x38000, 0x3fffe]);
  });
  row("R1, 2.4: max_mapnr, num_physpages and highend_pfn", async () => {
    assert.match(
      await m.notes("n_mem_init"),
      /max_mapnr = num_physpages = 0x3fffe, high_memory 0xf8000000/,
    );
    for (const name of ["max_mapnr", "num_physpages", "highend_pfn"])
      assert.deepEqual(await m.words(symbol(name) - PAGE_OFFSET, 1), [0x3fffe], name);
  });
  row("R1, 2.4: highstart_pfn", async () => {
    assert.deepEqual(await m.words(symbol("highstart_pfn") - PAGE_OFFSET, 1), [0x38000]);
  });
  row("R1, 2.4: zones_size", async () => {
    const notes = await m.notes("n_zone_sizes");
    assert.match(notes, /DMA 0x1000, Normal 0x37000, HighMem 0x7ffe/);
    const sizes = (await m.zones()).map(({ spanned }) => spanned);
    assert.deepEqual(sizes, [4096, 225280, 32766]);
  });
  row("R1, 2.4: totalpages, the node's size", async () => {
    assert.match(
      await m.notes("n_free_area_init_core"),
      /^node 0: 262142 pages from frame 0, no holes/m,
    );
    assert.match(m.guest.serial, /On node 0 totalpages: 262142/);
  });
  row("R1, 2.4: the node starts at 0", async () => {
    const [start] = constants("&((struct pglist_data *)0)->node_start_pfn");
    assert.deepEqual(await m.words(symbol("contig_page_data") - PAGE_OFFSET + start, 1), [0]);
  });
  row("R1, 2.4: three zones", async () => {
    assert.match(await m.notes("n_free_area_init_core"), /, 3 zones$/m);
  });
  row("R1, 2.4: descriptors of this image, one more than pages", async () => {
    const [count, size, bytes] = await m.figures(
      "n_free_area_init_core",
      /(\d+) descriptors of (\d+) bytes and one more: (\d+) bytes/,
    );
    assert.equal(size, DESCRIPTOR);
    // to the next block of 1024 pages, because the checks walk whole blocks
    assert.equal(count, roundUp(0x3fffe, 1024));
    assert.equal(bytes, (count + 1) * size);
  });
  row("R1, 2.4: bootmem gives 0xC1000000", async () => {
    const [at] = await m.figures("n_free_area_init_core", /bytes at (\w+), mem_map/);
    assert.equal(at + PAGE_OFFSET, 0xc1000000);
  });
  row("R1, 2.4: mem_map is the next multiple of the descriptor's size", async () => {
    const [at, map] = await m.figures("n_free_area_init_core", /bytes at (\w+), mem_map (\w+)/);
    assert.equal(map - PAGE_OFFSET, roundUp(at, DESCRIPTOR));
    const [node] = constants("&((struct pglist_data *)0)->node_mem_map");
    assert.deepEqual(await m.words(symbol("contig_page_data") - PAGE_OFFSET + node, 1), [map]);
    assert.deepEqual(await m.words(symbol("mem_map") - PAGE_OFFSET, 1), [map]);
  });
  row("R1, 2.4: the zones' maps", async () => {
    const notes = await m.notes("n_free_area_init_core");
    for (const [i, start] of [0, 0x1000, 0x38000].entries()) {
      const map = (0xc1000000 + start * DESCRIPTOR).toString(16);
      assert.match(notes, new RegExp(`^${NAMES[i]}: .* map 0x${map}$`, "m"));
    }
    const high = (0xc1000000 + 0x38000 * DESCRIPTOR).toString(16);
    assert.match(await m.notes("n_mem_init"), new RegExp(`highmem_start_page 0x${high}`));
  });
  row("R1, 2.4: zone_start_paddr and zone_start_mapnr", async () => {
    const notes = await m.notes("n_free_area_init_core");
    for (const [i, start] of ["0", "0x1000000", "0x38000000"].entries())
      assert.match(notes, new RegExp(`^${NAMES[i]}: .* start ${start}, `, "m"));
    const starts = (await m.zones()).map(({ start_pfn }) => start_pfn);
    assert.deepEqual(starts, [0, 0x1000, 0x38000]);
  });
  row("R1, 2.4: sizes and names of the zones", async () => {
    const zones = (await m.zones()).map(({ name, spanned }) => [name, spanned]);
    assert.deepEqual(zones, [
      ["DMA", 0x1000],
      ["Normal", 0x37000],
      ["HighMem", 0x7ffe],
    ]);
  });
  row("R1, 2.4: page 0x1000 is Normal's first", async () => {
    // the notes say that DMA has the pages 0 to 0x1000: half open
    const [map] = await m.words(symbol("mem_map") - PAGE_OFFSET, 1);
    const zone = async (pfn) => (await m.words(map - PAGE_OFFSET + pfn * DESCRIPTOR, 1))[0] >>> 30;
    assert.deepEqual(
      [await zone(0xfff), await zone(0x1000), await zone(0x37fff), await zone(0x38000)],
      [0, 1, 1, 2],
    );
  });
  row("R1, 2.4: the virtual address of a page of DMA, none of HighMem", async () => {
    for (const pfn of [1, 0x123, 0xfff]) {
      const gpa = await m.guest.hmp(`gva2gpa 0x${(PAGE_OFFSET + pfn * 4096).toString(16)}`);
      assert.match(gpa, new RegExp(`gpa: 0x${(pfn * 4096).toString(16)}\\b`));
    }
    assert.match(await m.guest.hmp("gva2gpa 0xf8000000"), /Unmapped/);
  });
  row("R1, 2.4: kmap_vstart", async () => {
    const [vstart] = await m.figures("n_kmap_init", /kmap_vstart (\w+)/);
    assert.equal(vstart, 0xffff5000);
    assert.match(
      await m.notes("n_kmap_init"),
      /slot 10 below 0xfffff000; in the notes slot 9 below 0xffffe000/,
    );
  });
  row("R1, 2.4: kmap_pte mod 4096", async () => {
    const [entry] = await m.figures("n_kmap_init", /kmap_pte (\w+)/);
    assert.equal(entry % 4096, 0xfd4);
    const table = (await m.pde(0xffff5000)) & ~0xfff;
    assert.equal(table + 0xfd4, entry - PAGE_OFFSET);
  });
  row("R1, 2.4: kmap_prot", async () => {
    const [prot] = await m.figures("n_kmap_init", /kmap_prot (\w+)/);
    assert.equal(prot, 0x163);
  });
  row("R1, 2.4: the table of the permanent kmaps is the page at 0x3000", async () => {
    assert.equal(await m.pde(0xff800000), 0x3067);
  });
  row("R1, 2.4: swapper_pg_dir and CR3", async () => {
    assert.equal((await m.register("CR3")) + PAGE_OFFSET, symbol("swapper_pg_dir"));
    assert.equal(symbol("swapper_pg_dir") % 4096, 0);
  });
  row("R1, 2.4: empty_zero_page is zero", async () => {
    const at = symbol("empty_zero_page");
    assert.equal(at % 4096, 0);
    const words = await m.words(at - PAGE_OFFSET, 1024);
    assert.ok(words.every((word) => word === 0));
    assert.match(await m.notes("n_mem_init"), /empty_zero_page .* 4096 bytes, or-ed 0$/m);
  });

  const bitmaps = [
    "R1, 2.4: bitmaps of DMA, sizes and places",
    "R1, 2.4: bitmaps of Normal, sizes and places",
    "R1, 2.4: bitmaps of HighMem, sizes and places",
  ];
  for (const [i, title] of bitmaps.entries())
    row(title, async () => {
      const zone = NAMES[i];
      const notes = await m.notes("n_free_areas");
      const maps = [...notes.matchAll(/^(\w+) order (\d): (\d+) bytes at (\w+)$/gm)].map(
        ([, name, order, bytes, at]) => [name, Number(order), Number(bytes), Number(at)],
      );
      assert.equal(maps.length, 27);
      for (let order = 0; order < 9; order++) {
        const n = i * 9 + order;
        const [name, shown, bytes, at] = maps[n];
        assert.deepEqual([name, shown, bytes], [zone, order, MAP_BYTES[i][order]]);
        const [map] = await m.figures("n_free_area_init_core", /: (\d+) bytes at/);
        // each begins where the one before ends, at the next cache line; the first behind mem_map
        const end = n ? maps[n - 1][3] + maps[n - 1][2] : 0x1000000 + map;
        assert.equal(at, roundUp(end, LINE));
      }
    });
  row("R1, 2.4: order 9 has no map", async () => {
    assert.doesNotMatch(await m.notes("n_free_areas"), /order 9:/);
  });

  row("R1, 2.4: pages_min, pages_low, pages_high", async () => {
    const marks = (await m.zones()).map((zone) => [zone.min, zone.low, zone.high]);
    assert.deepEqual(marks, [
      [0x20, 0x40, 0x60],
      [0xff, 0x1fe, 0x2fd],
      [0xff, 0x1fe, 0x2fd],
    ]);
    assert.match(await m.notes("n_watermarks"), /HighMem: 32766 pages: pages_min 255,/);
  });
  for (const [title, masks, list] of [
    ["R1, 2.4: zonelists 0, 4, 8, 12", [0, 4, 8, 12], "Normal DMA"],
    ["R1, 2.4: zonelists with an odd number", [1, 3, 5, 7, 9, 11, 13, 15], "DMA"],
    ["R1, 2.4: zonelists 2, 6, 10, 14", [2, 6, 10, 14], "HighMem Normal DMA"],
  ])
    row(title, async () => {
      const notes = await m.notes("n_build_zonelists");
      for (const mask of masks)
        assert.match(notes, new RegExp(`^ *${mask}: ${list} *$`, "m"), `mask ${mask}`);
      assert.doesNotMatch(notes, /^ *16:/m);
      // and in memory: pointers to the zones, then null
      const { node, zone } = layout();
      for (const mask of masks) {
        const words = await m.words(symbol("gen24_zonelists") - PAGE_OFFSET + mask * 16, 4);
        const want = list.split(" ").map((name) => node + NAMES.indexOf(name) * zone);
        assert.deepEqual(words.slice(0, want.length + 1), [...want, 0]);
      }
    });
  row("R1, 2.4: distance of the list heads and of the zones", async () => {
    // 12 and 172 bytes in the notes; the same rule at other sizes
    const { zone, step, node } = layout();
    assert.ok(step >= 12 && zone >= 28 + 10 * step);
    assert.equal(symbol("contig_page_data"), node);
    const [normal] = await m.words(symbol("gen24_zonelists") - PAGE_OFFSET, 1);
    assert.equal(normal - node, zone);
  });

  row("R1, 2.4: the bitmap's bounds, its 7 pages, freed with the rest", async () => {
    const notes = await m.notes("n_free_all_bootmem_core");
    assert.match(notes, /node_boot_start 0, node_low_pfn 0x38000,/);
    assert.match(notes, /7 of them the bitmap's/);
    assert.match(await m.notes("setup_node_bootmem"), /in 28672 bytes at /);
  });
  row("R1, 2.4: the bitmap lies on the first page behind the image", async () => {
    const [place] = await m.figures("setup_node_bootmem", /bytes at (\w+)/);
    assert.equal(place + PAGE_OFFSET, roundUp(symbol("__bss_stop"), 4096));
  });
  row("R1, 2.4: last_pos and last_offset behind the 27 maps", async () => {
    const requests = [
      ...(await m.notes("bootmem_alloc")).matchAll(
        /^(\d+) bytes, .*: (\w+); last_pos (\w+), last_offset (\w+)$/gm,
      ),
    ].map((match) => match.slice(1).map(Number));
    for (const [bytes, at, pos, offset] of requests) {
      const end = at + bytes;
      assert.equal(pos, Math.floor((end - 1) / 4096));
      assert.equal(offset, end % 4096);
    }
    const last = requests.find(
      ([bytes], i) => bytes === 8 && requests[i - 1]?.[0] === 16 && i > 20,
    );
    assert.ok(last, "the map of HighMem's order 8");
  });
  row("R1, 2.4: free pages of DMA: its size without what is reserved", async () => {
    // counted over the descriptors, as they stand now
    const [map] = await m.words(symbol("mem_map") - PAGE_OFFSET, 1);
    let reserved = 0;
    for (let pfn = 0; pfn < 0x1000; pfn += 64) {
      const words = await m.words(map - PAGE_OFFSET + pfn * DESCRIPTOR, 64 * 8);
      for (let i = 0; i < 64; i++) reserved += (words[i * 8] >> 6) & 1;
    }
    const { frames } = await m.json("/api/v1/memory");
    assert.ok(frames.length > 5);
    const { free } = await m.zone("DMA");
    assert.ok(0x1000 - reserved >= free && 0x1000 - reserved - free < 64, `${reserved}, ${free}`);
  });
  row("R1, 2.4: free pages of Normal: its size up to last_pos", async () => {
    const [lastPos] = await m.figures("n_free_all_bootmem_core", /last_pos (\w+)/);
    const [released] = await m.figures("n_free_all_bootmem_core", /^(\d+) pages released/m);
    const normal = 0x37000 - (lastPos - 0x1000 + 1);
    const dma = released - normal;
    assert.ok(dma > 3000 && dma < 0x1000, `${dma} pages of DMA`);
    const total = await m.figures("n_mem_init", /totalram_pages (\d+), totalhigh_pages (\d+)/);
    assert.equal(total[0], dma + normal + total[1]);
  });
  row("R1, 2.4: HighMem's free pages, totalhigh_pages", async () => {
    assert.match(await m.notes("n_mem_init"), /totalhigh_pages 32766, 0 pages kept/);
    assert.equal((await m.zone("HighMem")).free, 32766);
  });
  row("R1, 2.4: totalram_pages", async () => {
    const [total] = await m.figures("mem_init", /totalram_pages (\d+)/);
    const [low, high] = [
      ...(await m.figures("n_free_all_bootmem_core", /^(\d+) pages released/m)),
      32766,
    ];
    assert.equal(total, low + high);
  });
  row("R1, 2.4: memory as it is reported", async () => {
    const [free, all, high] = await m.figures(
      "memory_report",
      /^(\d+)K of (\d+)K free: .* (\d+)K high/m,
    );
    assert.equal(all, 1048568);
    assert.equal(high, 131064);
    const [total] = await m.figures("mem_init", /totalram_pages (\d+)/);
    assert.equal(free, 4 * total);
  });
  row("R1, 2.4: the count is set to 1 before a page is freed", async () => {
    const notes = await m.notes("n_free_pages");
    assert.match(notes, /not reserved, count 1 -> 0/);
  });
  row("R1, 2.4: blocks and pair bits of HighMem", async () => {
    const notes = await m.notes("n_mem_init");
    for (const [order, n] of [0, 1, 1, 1, 1, 1, 1, 1, 1].entries())
      assert.match(notes, new RegExp(`HighMem order ${order}: ${n} blocks, ${n} pair bits set`));
    assert.deepEqual(await m.blocks("HighMem"), [0, 1, 1, 1, 1, 1, 1, 1, 1, 63]);
  });
  row("R1, 2.4: pair bits and blocks now", async () => {
    const check = await m.json("/api/v1/check"); // every pair's bit against the descriptors
    assert.deepEqual(check.disagreements, []);
    for (const { orders, free } of await m.zones()) {
      const pages = orders.map(({ order, types }) =>
        Object.values(types).reduce((sum, blocks) => sum + blocks * 2 ** order, 0),
      );
      assert.equal(
        pages.reduce((sum, n) => sum + n, 0),
        free,
      );
    }
  });
  row("R1, 2.4: the order of paging_init", async () => {
    const ids = ["n_paging_init", "pagetable_init", "n_kmap_init", "n_zone_sizes"];
    ids.push("n_free_area_init_core", "n_build_zonelists", "n_mem_init");
    const orders = await Promise.all(ids.map(async (id) => (await m.stage(id)).order));
    assert.deepEqual(
      orders,
      [...orders].sort((a, b) => a - b),
    );
    assert.ok(orders[0] >= 0);
    const core = await m.stage("n_free_all_bootmem_core");
    const parent = (await m.stage("mem_init")).order;
    // under mem_init, not under paging_init as the notes' overview lists it
    assert.ok(core.order > orders[5]);
    assert.ok(Math.abs(core.order - parent) < 8);
  });
}

machine(
  "R1, 2.4",
  { memory: R1, append: "mm=2.4", stopAt: "mem_init", whenStopped: beforeRelease },
  r1,
);

machine("R5, 2.4", { memory: 16, append: "mm=2.4" }, (row, m) => {
  row("R5, 2.4: zones_size {0xFE0, 0, 0}", async () => {
    assert.match(await m.notes("n_zone_sizes"), /DMA 0xfe0, Normal 0, HighMem 0$/m);
    const zones = (await m.zones()).map(({ name, spanned }) => [name, spanned]);
    assert.deepEqual(zones, [["DMA", 0xfe0]]);
  });
  row("R5, 2.4: every zonelist has DMA alone", async () => {
    const notes = await m.notes("n_build_zonelists");
    for (let mask = 0; mask < 16; mask++)
      assert.match(notes, new RegExp(`^ *${mask}: DMA *$`, "m"));
  });
});

machine(
  "R9, 2.4",
  {
    memory: 2048,
    cpu: "qemu32,vendor=GenuineIntel,family=6,model=1,stepping=7",
    append: "mm=2.4",
  },
  (row, m) => {
    row("R9, 2.4: page frames 0x70000 to 0x7003F stay reserved", async () => {
      const [map] = await m.words(symbol("mem_map") - PAGE_OFFSET, 1);
      const reserved = async (pfn) =>
        ((await m.words(map - PAGE_OFFSET + pfn * DESCRIPTOR, 1))[0] >> 6) & 1;
      const at = [0x6ffff, 0x70000, 0x7003f, 0x70040];
      assert.deepEqual(await Promise.all(at.map(reserved)), [0, 1, 1, 0]);
    });
  },
);
