// The figures of the documents on the reference machines, with the 2.6.34 generation: what
// tests/golden/values.txt calls live. One boot a machine. Judged by what the guest serves and, where
// QEMU's monitor can see it, by what the monitor sees. tests/boot/golden24.test.mjs has the 2.4 notes.

import assert from "node:assert/strict";

import { constants, machine, PAGE_OFFSET, symbol } from "../lib/golden.mjs";
import { firmwareMap } from "../lib/proc.mjs";

const R1 = "1048696K";
const MIB = 2 ** 20;
const hex = (number) => `0x${(number >>> 0).toString(16)}`;

/** Pages of 4 KiB that so many descriptors of 32 bytes fill. */
const descriptorPages = (count) => Math.ceil((count * 32) / 4096);

/** Entries, order and bytes of the three tables, as they were reported; buckets of 4 bytes. */
async function expectHashes(m, entries) {
  const notes = await m.notes("alloc_large_system_hash");
  for (const [i, name] of ["PID", "Dentry cache", "Inode-cache"].entries()) {
    const row = new RegExp(`^${name}: (\\d+) entries, order (-?\\d+), (\\d+) bytes`, "m").exec(
      notes,
    );
    assert.ok(row, `${name} in ${notes}`);
    const bytes = entries[i] * 4;
    assert.deepEqual(row.slice(1).map(Number), [entries[i], Math.log2(bytes) - 12, bytes], name);
  }
}

// --- R1: the memory of the documents' guest ---

function beforeRelease(row, m) {
  row("R1 before mem_init: every descriptor is reserved and counted once", async () => {
    const [map] = await m.words(symbol("mem_map") - PAGE_OFFSET, 1);
    assert.equal(map, 0xc1001000);
    for (let pfn = 0; pfn < 0x3fffe; pfn += 0x7f1) {
      const [flags, count, mapcount] = await m.words(map - PAGE_OFFSET + pfn * 32, 3);
      assert.ok(flags & (1 << 6), `frame ${hex(pfn)}: flags ${hex(flags)}`);
      assert.equal(count, 1);
      assert.equal(mapcount, 0xffffffff);
    }
  });
  row("R1 before mem_init: every list of free blocks is empty", async () => {
    const [zone, area, step, types, node] = constants(
      "sizeof(struct zone)",
      "&((struct zone *)0)->free_area",
      "sizeof(struct free_area)",
      "sizeof(((struct free_area *)0)->free_list) / 8",
      "&contig_page_data",
    );
    for (let z = 0; z < 3; z++) {
      const at = node + z * zone + area;
      const words = await m.words(at - PAGE_OFFSET, (11 * step) / 4);
      for (let order = 0; order < 11; order++)
        for (let type = 0; type < types; type++) {
          const offset = order * step + type * 8;
          const links = words.slice(offset / 4, offset / 4 + 2);
          assert.deepEqual(links, [at + offset, at + offset]);
        }
    }
  });
  row("R1: the Multiboot block at 0x9500 and its map at 0x9000", async () => {
    const words = await m.words(0x9500, 13);
    assert.equal(words[0] & 0x40, 0x40, "the block has a map");
    assert.equal(words[12], 0x9000);
    assert.equal(words[11], 6 * 24);
  });
}

function r1(row, m) {
  // 1: the machine
  row("R1: the firmware's RAM ends at 0x3FFFE000", async () => {
    const map = await firmwareMap(m.guest);
    const ram = map.filter(({ type }) => type === "System RAM");
    assert.equal(ram.at(-1).end, 0x3fffe000n);
    assert.match(m.guest.serial, /RAM ends at pfn 0x3fffe, the limit is 0x100000/);
  });
  row("R1: the last RAM page frame and the limit", async () => {
    const found = await m.figures("e820_end_of_ram_pfn", /last_pfn = (\w+), limit (\w+)/);
    assert.deepEqual(found, [0x3fffe, 0x100000]);
  });

  // 2: the address space
  row("R1: the direct map ends at 896 MiB", async () => {
    const found = await m.figures("find_low_pfn_range", /low memory: (\w+) .* limit (\w+)/);
    assert.deepEqual(found, [0x38000, 0x38000]);
    const tables = await m.tables();
    const low = tables.filter(({ mapped, start }) => mapped && start < 0xf8000000);
    assert.equal(low[0].start, PAGE_OFFSET);
    assert.equal(low.at(-1).end, 0xf8000000);
    assert.match(await m.guest.hmp("gva2gpa 0xf7fff000"), /0x37fff000/);
    assert.match(await m.guest.hmp("gva2gpa 0xf8000000"), /Unmapped/);
  });
  row("R1: the DMA zone ends at 16 MiB", async () => {
    const [dma] = await m.figures("zone_sizes_init", /DMA (\w+), Normal/);
    assert.equal(dma, 0x1000);
    assert.equal((await m.zone("Normal")).start_pfn, 0x1000);
  });
  row("R1: high_memory", async () => {
    assert.match(await m.notes("initmem_init"), /high_memory 0xf8000000, num_physpages 0x3fffe/);
    const [value] = await m.words(symbol("high_memory") - PAGE_OFFSET, 1);
    assert.equal(value, 0xf8000000);
  });
  row("R1: entries of the boot pass, 0x003 and 0x083", async () => {
    const notes = await m.notes("kernel_physical_mapping_init");
    assert.match(notes, /pass 1: \[0, 0x400000\) .* first 0x3$/m);
    assert.match(notes, /pass 1: \[0x400000, .* first 0x400083$/m);
  });
  row("R1: PAGE_KERNEL is 0x163 in the tables", async () => {
    assert.equal(await m.pte(0xc0300000), 0x00300163);
    assert.match(await m.notes("kernel_physical_mapping_init"), /pass 2: first 0x163/);
  });
  row("R1: large entries are frame + 0x1E3", async () => {
    for (const mib of [4, 8, 512, 892])
      assert.equal(await m.pde(PAGE_OFFSET + mib * MIB), mib * MIB + 0x1e3);
    assert.match(await m.notes("kernel_physical_mapping_init"), /pass 2: first 0x4001e3/);
  });
  row("R1: a table's entry is frame + 0x067", async () => {
    for (const virt of [PAGE_OFFSET, 0xff800000, 0xffc00000])
      assert.equal((await m.pde(virt)) & 0xfff, 0x067, hex(virt));
  });
  row("R1: physical = virtual - 0xC0000000", async () => {
    for (const phys of [0x1000, 0x100000, 0x3ff000, 0x400000, 0x12345000, 0x37fff000])
      assert.match(
        await m.guest.hmp(`gva2gpa ${hex(PAGE_OFFSET + phys)}`),
        new RegExp(`gpa: ${hex(phys)}\\b`),
      );
  });
  row("R1: address 0 faults", async () => {
    assert.match(await m.notes("zap_low_mappings"), /a read of address 0 faults/);
    assert.match(await m.guest.hmp("gva2gpa 0"), /Unmapped/);
  });
  row("R1: directory entries 0 to 767 are zero", async () => {
    const entries = await m.words(await m.register("CR3"), 768);
    assert.ok(entries.every((entry) => entry === 0));
  });
  row("R1: swapper_pg_dir is a page of its own, and what CR3 holds", async () => {
    const [directory, cr3] = [symbol("swapper_pg_dir"), await m.register("CR3")];
    assert.equal(directory % 4096, 0);
    assert.equal(cr3 + PAGE_OFFSET, directory);
  });

  // 6: fixmap and kmap
  row("R1: records in the page_address pool at the start", async () => {
    assert.match(await m.notes("page_address_init"), /1024 records in the pool, 128 buckets/);
  });
  row("R1: the four windows' addresses", async () => {
    const notes = await m.notes("early_ioremap_init");
    for (const [i, at] of [0xffee1000, 0xfff21000, 0xfff61000, 0xfffa1000].entries())
      assert.ok(notes.includes(`slot_virt[${i}] = ${hex(at)}`), notes);
  });
  row("R1: kmap_vstart, the place of its entry, kmap_prot", async () => {
    const found = await m.figures(
      "kmap_init",
      /kmap_vstart (\w+), kmap_pte (\w+), kmap_prot (\w+)/,
    );
    const [vstart, entry, prot] = found;
    assert.equal(vstart, 0xffff5000);
    assert.equal(entry % 4096, 0xfd4);
    assert.equal(prot, 0x163);
    // the entry is where the tables say that it is
    assert.equal(((await m.pde(vstart)) & ~0xfff) + 0xfd4, entry - PAGE_OFFSET);
  });
  row("R1: PKMAP_BASE, one table, 1024 slots", async () => {
    const notes = await m.notes("permanent_kmaps_init");
    assert.match(notes, /PKMAP_BASE 0xff800000, 1024 slots/);
    assert.match(await m.notes("page_table_range_init"), /\[0xff800000, 0xffc00000\): 1 tables/);
  });
  row("R1: VMALLOC_START", async () => {
    assert.match(await m.notes("vmalloc_init"), /\[0xf8800000, 0xff7fe000\)/);
  });
  row("R1: the vmalloc area is reported with 111 MB", async () => {
    assert.match(await m.notes("vmalloc_init"), /111 MB/);
    assert.match(m.guest.serial, /vmalloc +\[0xf8800000, 0xff7fe000\) +111 MiB/);
  });
  row("R1: low memory is reported with 896 MB", async () => {
    assert.match(m.guest.serial, /lowmem +\[0xc0000000, 0xf8000000\) +896 MiB/);
  });

  // 7: early memory
  row("R1: the search for tables starts at 0x7000 and takes four pages", async () => {
    const notes = await m.notes("find_early_table_space");
    assert.match(notes, /16384 bytes wanted for \[0, 0x38000000\): \[0x7000, 0xb000\)/);
  });
  row("R1: pieces of the direct map", async () => {
    const pieces = (await m.notes("init_memory_mapping")).split("\n").slice(0, -1);
    assert.deepEqual(pieces, [
      "[0, 0x400000) in pages of 4 KiB",
      "[0x400000, 0x38000000) in pages of 4 MiB",
    ]);
  });
  row("R1: the last page frame mapped", async () => {
    assert.match(await m.notes("init_memory_mapping"), /mapped up to pfn 0x38000/);
    const words = await m.words(symbol("max_low_pfn_mapped") - PAGE_OFFSET, 1);
    assert.deepEqual(words, [0x38000]);
  });
  row("R1: 1024 small and 223 large entries", async () => {
    assert.match(await m.notes("init_memory_mapping"), /1024 small, 223 large entries/);
    const entries = await m.words((await m.register("CR3")) + 768 * 4, 224);
    assert.equal(entries.filter((entry) => entry & 0x80).length, 223);
    const table = await m.words(entries[0] & ~0xfff, 1024);
    // all but the page under the stack, which is unmapped on purpose
    assert.ok(table.filter((entry) => entry & 1).length >= 1023);
  });
  row("R1: the first RAM page frame after trimming", async () => {
    assert.match(await m.notes("add_active_range"), /node 0 \[0x1, 0x9f\)/);
  });
  row("R1: the trampoline's page", async () => {
    assert.match(await m.notes("reserve_trampoline_memory"), /page at 0x2000/);
    const { early_res } = await m.boot();
    const page = early_res.find(({ name }) => name === "TRAMPOLINE");
    assert.deepEqual([page.start, page.end], ["0x2000", "0x3000"]);
  });
  row("R1: EBDA and conventional memory", async () => {
    const notes = await m.notes("first_reservations");
    assert.match(notes, /639 KiB at 0x413, segment 0x9fc0 at 0x40E/);
    assert.match(notes, /ends at 0x9fc00/);
    assert.match(await m.guest.hmp("xp /1hx 0x413"), /0x027f/);
    assert.match(await m.guest.hmp("xp /1hx 0x40e"), /0x9fc0/);
  });

  row("R1: the MP table", async () => {
    const notes = await m.notes("find_smp_config");
    assert.match(notes, /0xf5ba0/);
    assert.match(notes, /0xf5bb0/);
    const [signature, table] = await m.words(0xf5ba0, 2);
    assert.equal(signature, 0x5f504d5f); // _MP_
    assert.equal(table, 0xf5bb0);
  });

  // 8: zones
  row("R1: ranges of the zones and their bounds", async () => {
    const notes = await m.notes("free_area_init_nodes");
    assert.match(
      notes,
      /DMA \[0x1, 0x1000\)\n.*Normal \[0x1000, 0x38000\)\n.*HighMem \[0x38000, 0x3fffe\)/,
    );
    assert.match(await m.notes("zone_sizes_init"), /DMA 0x1000, Normal 0x38000, HighMem 0x3fffe/);
  });
  row("R1: spanned and absent pages of the zones", async () => {
    const zones = await m.zones();
    assert.deepEqual(
      zones.map(({ spanned }) => spanned),
      [4095, 225280, 32766],
    );
    const absent = await m.notes("zone_absent_pages_in_node");
    assert.match(absent, /DMA: 97$/m);
    assert.match(absent, /Normal: 0$/m);
    assert.match(absent, /HighMem: 0$/m);
  });
  row("R1: pages for descriptors, and what is present without them", async () => {
    const absent = [97, 0, 0];
    for (const [i, { spanned, present }] of (await m.zones()).entries())
      assert.equal(present, spanned - absent[i] - descriptorPages(spanned));
    assert.deepEqual(
      (await m.zones()).map(({ present }) => present),
      [3966, 223520, 32510],
    );
    const logged = [...m.guest.serial.matchAll(/(\w+): (\d+) pages for its descriptors/g)];
    assert.deepEqual(
      logged.map(([, , pages]) => Number(pages)),
      [32, 1760, 256],
    );
  });
  row("R1: page lists, at boot and later", async () => {
    const notes = await m.notes("zone_pcp_init");
    assert.match(notes, /DMA: boot pageset high 0 batch 1, later batch 0/);
    assert.match(notes, /Normal: boot pageset high 0 batch 1, later batch 31/);
    assert.match(notes, /HighMem: boot pageset high 0 batch 1, later batch 7/);
    const lists = (await m.zones()).map(({ percpu }) => [percpu.batch, percpu.high]);
    assert.deepEqual(lists, [
      [1, 0],
      [31, 186],
      [7, 42],
    ]);
  });
  row("R1: wait tables", async () => {
    const notes = await m.notes("zone_wait_table_init");
    assert.match(
      notes,
      /DMA: 16 entries, 4 bits\n.*Normal: 1024 entries, 10 bits\n.*HighMem: 128 /,
    );
  });
  row("R1: bytes of the block flags", async () => {
    assert.match(await m.notes("setup_usemap"), /DMA: 4 bytes\n.*Normal: 84 bytes\n.*HighMem: 12 /);
  });
  row("R1: two registered ranges", async () => {
    const notes = await m.notes("add_active_range");
    assert.match(notes, /\[0x1, 0x9f\)\n.*\[0x100, 0x3fffe\)/);
    const words = await m.words(symbol("nr_nodemap_entries") - PAGE_OFFSET, 1);
    assert.deepEqual(words, [2]);
  });
  row("R1: the node's spanned and present pages", async () => {
    const notes = await m.notes("calculate_node_totalpages");
    assert.match(notes, /spanned 262141, present 262044/);
  });
  row("R1: nr_kernel_pages and nr_all_pages", async () => {
    const [dma, normal, high] = (await m.zones()).map(({ present }) => present);
    const notes = await m.notes("free_area_init_nodes");
    assert.ok(
      notes.includes(`nr_kernel_pages ${dma + normal}, nr_all_pages ${dma + normal + high}`),
    );
    assert.match(notes, /nr_kernel_pages 227486, nr_all_pages 259996/);
  });
  row("R1: pages are grouped by mobility", async () => {
    const notes = await m.notes("build_all_zonelists");
    assert.match(notes, /mobility grouping on, total pages 259996/);
  });
  row("R1: 262144 descriptors in 8 MiB", async () => {
    const notes = await m.notes("alloc_node_mem_map");
    assert.match(notes, /262144 descriptors of 32 bytes, 8388608 bytes at 0x1001000/);
  });
  row("R1: the first two allocations at 16 MiB", async () => {
    const notes = (await m.notes("alloc_bootmem_nopanic")).split("\n");
    assert.match(notes[0], /4096 bytes, goal 0x1000000: 0x1000000/);
    assert.match(notes[1], /8388608 bytes, goal 0x1000000: 0x1001000/);
    const map = await m.notes("alloc_node_mem_map");
    assert.match(map, /node_mem_map 0xc1001020, mem_map 0xc1001000/);
  });
  row("R1: min_free_kbytes, watermarks and reserves", async () => {
    const present = (await m.zones()).map((zone) => zone.present);
    const low = present[0] + present[1];
    const kib = Math.floor(Math.sqrt(low * 4 * 16));
    assert.match(await m.notes("init_per_zone_wmark_min"), new RegExp(`min_free_kbytes ${kib}\n`));
    assert.equal(kib, 3815);
    const marks = (await m.zones()).map((zone) => [zone.min, zone.low, zone.high]);
    assert.deepEqual(marks, [
      [16, 20, 24],
      [936, 1170, 1404],
      [32, 66, 100],
    ]);
  });
  row("R1: lowmem_reserve", async () => {
    const reserves = (await m.zones()).map(({ protection }) => protection.slice(0, 3));
    assert.deepEqual(reserves, [
      [0, 873, 1000],
      [0, 0, 1015],
      [0, 0, 0],
    ]);
    const [, normal, high] = (await m.zones()).map(({ present }) => present);
    assert.equal(Math.floor(normal / 256), 873);
    assert.equal(Math.floor((normal + high) / 256), 1000);
    assert.equal(Math.floor(high / 32), 1015);
  });
  row("R1: free blocks of HighMem", async () => {
    assert.deepEqual(await m.blocks("HighMem"), [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 31]);
  });

  // 9: hash tables
  row("hash tables with 1 GiB", () => expectHashes(m, [4096, 131072, 65536]));

  // 10: release
  row("R1: twice as many range records as reservations", async () => {
    const [records] = await m.figures("get_free_all_memory_range", /(\d+) records of/);
    const [reservations] = await m.figures("subtract_early_res", /(\d+) reservations/);
    assert.equal(records, 2 * reservations);
  });
  row("R1: totalhigh_pages", async () => {
    assert.match(await m.notes("set_highmem_pages_init"), /totalhigh_pages 32766/);
    assert.match(await m.text("/proc/meminfo"), /^HighTotal: +131064 kB$/m);
  });

  // 11: slab
  row("R1: limits, batches and shared factor by the objects' size", async () => {
    const rows = [
      ...(await m.text("/proc/slabinfo")).matchAll(
        /^(\S+) +\d+ +\d+ +(\d+) +(\d+) +\d+ : tunables +(\d+) +(\d+) +(\d+) :/gm,
      ),
    ];
    assert.ok(rows.length > 30);
    const seen = new Set();
    for (const [, name, bytes, , limit, batch, shared] of rows) {
      const size = Number(bytes);
      const want = size > 131072 ? 1 : size > 4096 ? 8 : size > 1024 ? 24 : size > 256 ? 54 : 120;
      assert.equal(Number(limit), want, name);
      assert.equal(Number(batch), (want + 1) >> 1, name);
      assert.equal(Number(shared), 0, name);
      seen.add(want);
    }
    assert.deepEqual(
      [...seen].sort((a, b) => a - b),
      [1, 8, 24, 54, 120],
    );
  });
  row("R1: cache_cache at its start", async () => {
    const notes = await m.notes("slab_cache_cache");
    assert.match(notes, /^kmem_cache: .*limit 1, batchcount 1, shared 1$/m);
  });
  row("R1: larger slabs are allowed", async () => {
    assert.match(await m.notes("kmem_cache_init"), /slab_break_gfp_order 1/);
  });
  row("R1: free_limit of the caches", async () => {
    const caches = await m.slabs();
    const tunables = new Map(
      [...(await m.text("/proc/slabinfo")).matchAll(/^(\S+) .* : tunables +\d+ +(\d+) /gm)].map(
        ([, name, batch]) => [name, Number(batch)],
      ),
    );
    const notes = await m.notes("kmem_cache_init_late");
    const limits = [...notes.matchAll(/^(\S+): limit .* free_limit (\d+),/gm)];
    assert.ok(limits.length > 10);
    for (const [, name, limit] of limits)
      assert.equal(Number(limit), 2 * tunables.get(name) + caches.get(name).perSlab, name);
  });
  row("R1: the states of the slab allocator, in order", async () => {
    assert.match(await m.notes("setup_cpu_cache"), /state NONE -> PARTIAL_AC/);
    assert.match(await m.notes("slab_index_l3"), /state PARTIAL_AC -> PARTIAL_L3/);
    assert.match(await m.notes("kmem_cache_init"), /state PARTIAL_L3 -> EARLY/);
    // FULL: a cache that is made now gets its final sizes at once
    const made = JSON.parse(await m.text("/api/v1/slab?cache=TCP_PCB"));
    assert.equal(made.percpu_array.limit, 120);
    assert.equal(made.node_lists[0].free_limit, 140);
    const words = await m.words(symbol("g_cpucache_up") - PAGE_OFFSET, 1);
    assert.deepEqual(words, constants("FULL"));
  });
  row("R1: INDEX_AC and INDEX_L3", async () => {
    assert.match(await m.notes("slab_index_ac"), /INDEX_AC = size-32/);
    assert.match(await m.notes("slab_index_l3"), /INDEX_L3 = size-64/);
  });

  // 13: later stages
  row("R1: gates of the vectors 0 to 19", async () => {
    const notes = await m.notes("trap_init");
    for (let vector = 0; vector < 20; vector++)
      assert.match(notes, new RegExp(`^vector ${vector}: `, "m"));
    const idt = parseInt(/IDT= +([0-9a-f]+)/.exec(await m.guest.hmp("info registers"))[1], 16);
    for (let vector = 0; vector < 20; vector++) {
      const [, high] = await m.words(idt - PAGE_OFFSET + vector * 8, 2);
      assert.equal(high & 0x8000, 0x8000, `vector ${vector} is present`);
      const type = (high >> 8) & 0x1f; // 5: task gate, 14: interrupt gate, 15: trap gate
      assert.ok(vector === 8 ? type === 5 : type === 14 || type === 15, `vector ${vector}`);
    }
    assert.match(notes, /vector 8: double fault, task gate/);
  });
  row("R1: no EISA signature at 0x0FFFD9", async () => {
    assert.match(await m.notes("trap_init"), /EISA at 0xfffd9: absent/);
    const words = await m.guest.hmp("xp /4bx 0xfffd9");
    assert.doesNotMatch(words, /0x45 0x49 0x53 0x41/);
  });
  row("R1: CR4 has OSFXSR and OSXMMEXCPT", async () => {
    assert.equal((await m.register("CR4")) & 0x600, 0x600);
  });
  row("R1: memory is not finished with mm_init", async () => {
    const order = async (id) => (await m.stage(id)).order;
    const later = ["kmem_cache_init_late", "setup_per_cpu_pageset", "init_per_zone_wmark_min"];
    const orders = await Promise.all(
      ["mm_init", ...later, "free_initmem", "mark_rodata_ro"].map(order),
    );
    assert.deepEqual(
      orders,
      [...orders].sort((a, b) => a - b),
    );
  });
  row("R1: buffer limit from free low pages", async () => {
    const [pages] = await m.figures("buffer_init", /at most (\d+)/);
    // free low pages without the watermarks, which were not set then; one object a page
    const [dma, normal] = (await m.zones()).map(({ present }) => present);
    assert.equal(pages, Math.floor((dma + normal) / 10));
  });
  row("R1: the reserve of vfs_caches_init", async () => {
    const [ram, free, reserve] = await m.figures(
      "vfs_caches_init",
      /^(\d+) RAM pages, (\d+) free: (\d+) kept back/m,
    );
    assert.ok(free < ram);
    assert.equal(reserve, Math.min(Math.floor(((ram - free) * 3) / 2), ram - 1));
  });
  row("R1: the first task is the idle loop, in the boot context", async () => {
    assert.match(await m.notes("rest_init"), /the boot context becomes the main loop/);
    assert.match(await m.notes("kernel_init"), /runs in the boot context/);
  });
  row("R1: max_threads from the pages of RAM", async () => {
    const total = Number(/^MemTotal: +(\d+) kB$/m.exec(await m.text("/proc/meminfo"))[1]) / 4;
    const [threads] = await m.figures("fork_init", /max_threads by the rule = (\d+)/);
    const init = (symbol("__init_end") - symbol("__init_begin")) / 4096;
    assert.equal(threads, Math.floor((total - init) / 16));
  });
  row("R1: boot memory that was released is filled with 0xCC", async () => {
    const notes = await m.notes("free_initmem");
    assert.match(notes, /filled with 0xcc/);
    let poisoned = 0;
    for (let at = symbol("__init_begin"); at < symbol("__init_end"); at += 4096)
      poisoned += (await m.words(at - PAGE_OFFSET + 2048, 1))[0] === 0xcccccccc;
    assert.ok(poisoned > 0, "no page of it is still as it was released");
  });
  row("R1: released boot memory is in the total", async () => {
    const pages = (symbol("__init_end") - symbol("__init_begin")) / 4096;
    assert.match(await m.notes("free_initmem"), new RegExp(`^${pages} pages `));
    const [before] = await m.figures("mem_init", /totalram_pages (\d+)/);
    const total = Number(/^MemTotal: +(\d+) kB$/m.exec(await m.text("/proc/meminfo"))[1]) / 4;
    assert.equal(total, before + pages);
  });

  row("R1: a window is what maps the firmware's tables, not high memory", async () => {
    const notes = await m.notes("free_initmem");
    const [opened, open] = /(\d+) early windows were opened, (\d+) are/.exec(notes).slice(1);
    assert.ok(Number(opened) > 0);
    assert.equal(Number(open), 0);
    const [tables] = await m.figures("acpi_boot_table_init", /RSDT at (\w+)/);
    assert.ok(tables > 0x38000000, "the tables lie above low memory");
  });
  row("R1: the low mappings go in zap_low_mappings, not in paging_init", async () => {
    assert.match(
      await m.notes("zap_low_mappings"),
      /entries 0 to 767 are zero, [1-9]\d* were in use/,
    );
    const order = async (id) => (await m.stage(id)).order;
    assert.ok((await order("paging_init")) < (await order("zap_low_mappings")));
  });
}

machine("R1, 2.6", { memory: R1, stopAt: "mem_init", whenStopped: beforeRelease }, r1);

// --- The other machines ---

machine("R2, 2.6", { memory: 1025, append: "mem=1048568K" }, (row, m) => {
  row("R2: the firmware's RAM ends at 0x400E0000, and mem= cuts it", async () => {
    const ram = (await firmwareMap(m.guest)).filter(({ type }) => type === "System RAM");
    assert.equal(ram.at(-1).end, 0x400e0000n);
    const [last] = await m.figures("e820_end_of_ram_pfn", /last_pfn = (\w+)/);
    assert.equal(last, 0x3fffe);
  });
  row("R2: the zones are those of R1", async () => {
    const zones = (await m.zones()).map(({ start_pfn, spanned, present }) => [
      start_pfn,
      spanned,
      present,
    ]);
    assert.deepEqual(zones, [
      [1, 4095, 3966],
      [0x1000, 225280, 223520],
      [0x38000, 32766, 32510],
    ]);
  });
});

machine("R3, 2.6", { memory: "1048568K", nic: "none", extra: ["-machine", "isapc"] }, (row, m) => {
  row("R3: last page frame, no ACPI, no PCI, ready without a network", () => {
    const { serial } = m.guest;
    assert.match(serial, /RAM ends at pfn 0x3fffe/);
    assert.match(serial, /acpi: no root pointer/);
    assert.match(serial, /^memscope: ready, no network: no PCI bus, in \d+ ms/m);
  });
});

machine("R4, 2.6", { memory: 1024 }, (row, m) => {
  row("R4: RAM ends at pfn 0x3FFE0, ACPI's tables lie behind it", async () => {
    const [last] = await m.figures("e820_end_of_ram_pfn", /last_pfn = (\w+)/);
    assert.equal(last, 0x3ffe0);
    const notes = await m.notes("acpi_boot_table_init");
    const at = [...notes.matchAll(/ at (0x3\w+)/g)].map(([, address]) => Number(address));
    assert.ok(at.length > 2);
    for (const address of at)
      assert.ok(address >= 0x3ffe0000 && address < 0x40000000, hex(address));
  });
  row("R4: HighMem and all pages", async () => {
    const { start_pfn, spanned, present } = await m.zone("HighMem");
    assert.equal(start_pfn + spanned, 0x3ffe0);
    assert.deepEqual([spanned, present], [32736, 32480]);
    assert.match(await m.notes("free_area_init_nodes"), /nr_all_pages 259966/);
  });
});

machine("R5, 2.6", { memory: 16 }, (row, m) => {
  row("R5: last page frame, all of it DMA", async () => {
    const [last] = await m.figures("e820_end_of_ram_pfn", /last_pfn = (\w+)/);
    assert.equal(last, 0xfe0);
    assert.deepEqual(
      (await m.zones()).map(({ name }) => name),
      ["DMA"],
    );
  });
  row("R5: the DMA zone, the others are empty", async () => {
    const { start_pfn, spanned, present } = await m.zone("DMA");
    assert.deepEqual([start_pfn, start_pfn + spanned], [1, 0xfe0]);
    assert.deepEqual([spanned, present], [4063, 3934]);
    const notes = await m.notes("zone_spanned_pages_in_node");
    assert.match(notes, /Normal: 0$/m);
    assert.match(notes, /HighMem: 0$/m);
  });
  row("R5: mobility grouping is off", async () => {
    const notes = await m.notes("build_all_zonelists");
    assert.match(notes, /mobility grouping off, total pages 3934/);
  });
  row("hash tables with 16 MiB", () => expectHashes(m, [64, 2048, 1024]));
  row("R5: no larger slabs", async () => {
    assert.match(await m.notes("kmem_cache_init"), /slab_break_gfp_order 0/);
  });
});

for (const [how, options] of [
  ["-cpu qemu32,-pse", { memory: R1, cpu: "qemu32,-pse" }],
  ["mem=nopentium", { memory: R1, append: "mem=nopentium" }],
]) {
  machine(`R7, 2.6 by ${how}`, options, (row, m) => {
    row("R7: one piece of small pages", async () => {
      const notes = await m.notes("init_memory_mapping");
      assert.match(notes, /^\[0, 0x38000000\) in pages of 4 KiB\n/);
      assert.match(notes, /229376 small, 0 large entries/);
      const entries = await m.words((await m.register("CR3")) + 768 * 4, 224);
      assert.ok(entries.every((entry) => (entry & 0x81) === 1));
    });
    row("R7: 227 pages for tables, which do not fit below 640 KiB", async () => {
      const notes = await m.notes("find_early_table_space");
      const [bytes, start, end] = /(\d+) bytes .*: \[(\w+), (\w+)\)/
        .exec(notes)
        .slice(1)
        .map(Number);
      assert.equal(bytes, 0xe3000);
      assert.equal(end - start, 227 * 4096);
      assert.ok(start >= 0x100000);
    });
  });
}

const twoNodes = ["-smp", "2"];
for (const node of [0, 1]) {
  twoNodes.push("-object", `memory-backend-ram,id=m${node},size=512M`);
  twoNodes.push("-numa", `node,nodeid=${node},memdev=m${node}`);
}
machine("R6, 2.6", { memory: 1024, extra: twoNodes }, (row, m) => {
  row("R6: the SRAT's chunks", async () => {
    const notes = await m.notes("get_memcfg_from_srat");
    const chunks = [...notes.matchAll(/^chunk \[(\w+), (\w+)\) domain (\d+): node (\d+)$/gm)];
    assert.deepEqual(
      chunks.map((match) => match.slice(1).map(Number)),
      [
        [0, 0xa0, 0, 0],
        [0x100, 0x20000, 0, 0],
        [0x20000, 0x40000, 1, 1],
      ],
    );
  });
  row("R6: one entry is not enabled, and ignored", async () => {
    assert.match(await m.notes("acpi_numa_init"), /memory affinity: 4 seen, 3 used, 1 ignored/);
  });
  row("R6: two nodes", async () => {
    const notes = await m.notes("get_memcfg_from_srat");
    assert.match(notes, /^node 0: \[0, 0x20000\), /m);
    assert.match(notes, /^node 1: \[0x20000, 0x3ffe0\), /m);
    const zones = (await m.zones()).map(({ node, name }) => `${node} ${name}`);
    assert.deepEqual(zones, ["0 DMA", "0 Normal", "1 Normal", "1 HighMem"]);
  });
  row("R6: KVA pages", async () => {
    const [pages] = await m.figures("calculate_numa_remap_pages", /^(\d+) pages of windows$/m);
    assert.ok(pages > 0 && pages % 1024 === 0, `${pages}`);
    // mapped with large entries, to the nodes' own memory
    const words = await m.notes("remap_numa_kva");
    for (const [, window, count, to] of words.matchAll(/window (\w+), (\d+) large .* to (\w+)$/gm))
      for (let i = 0; i < Number(count); i++) {
        const entry = await m.pde(Number(window) + i * 4 * MIB);
        assert.equal(entry & 0x81, 0x81);
        assert.equal((entry & 0xffc00000) >>> 0, Number(to) + i * 4 * MIB);
      }
  });
  row("R6: zonelist of node 0 in zone order", async () => {
    const notes = await m.notes("build_zonelists");
    assert.match(notes, /^node 0: HighMem 1 Normal 0 Normal 1 DMA 0$/m);
  });
  row("R6: acpi_numa_init comes before initmem_init", async () => {
    const order = async (id) => (await m.stage(id)).order;
    assert.ok((await order("acpi_numa_init")) < (await order("initmem_init_numa")));
  });
});

machine(
  "R6, 2.6 in node order",
  { memory: 1024, extra: twoNodes, append: "numa_zonelist_order=node" },
  (row, m) => {
    row("R6: zonelist of node 0 in node order", async () => {
      const notes = await m.notes("build_zonelists");
      assert.match(notes, /^node 0: Normal 0 DMA 0 HighMem 1 Normal 1$/m);
    });
  },
);

machine("R6 and R7, 2.6", { memory: 1024, extra: twoNodes, cpu: "qemu32,-pse" }, (row, m) => {
  row("R6 without large pages: one flat node", async () => {
    assert.match(await m.notes("get_memcfg_numa"), /branch flat, 1 nodes/);
    assert.match(await m.notes("get_memcfg_numa_flat"), /the KVA remap needs 4 MiB pages/);
    const zones = (await m.zones()).map(({ node, name }) => `${node} ${name}`);
    assert.deepEqual(zones, ["0 DMA", "0 Normal", "0 HighMem"]);
  });
});

machine("R8, 2.6", { memory: R1, cpu: "qemu32,-pge" }, (row, m) => {
  row("R8: PAGE_KERNEL without global pages is 0x063", async () => {
    assert.equal(await m.pte(0xc0300000), 0x00300063);
    assert.equal(await m.pde(PAGE_OFFSET + 4 * MIB), 0x4000e3);
    const tables = await m.tables();
    assert.ok(tables.every(({ flags }) => !flags.includes("GLB")));
  });
});

machine(
  "R9, 2.6",
  { memory: 2048, cpu: "qemu32,vendor=GenuineIntel,family=6,model=1,stepping=7" },
  (row, m) => {
    row("R9: the Pentium Pro's 64 pages are reserved", async () => {
      const notes = await m.notes("ppro_with_ram_bug");
      assert.match(
        notes,
        /family 6 model 1 stepping 7: affected, \[0x70000000, \+0x40000\) reserved/,
      );
      const { e820 } = await m.boot();
      const entry = e820.at(-1).entries.find(({ start }) => start === "0x70000000");
      assert.equal(entry.end, "0x70040000");
      assert.equal(entry.type, "reserved");
    });
    row("R9: RAM ends at 0x7FFE0000", async () => {
      const [last] = await m.figures("e820_end_of_ram_pfn", /last_pfn = (\w+)/);
      assert.equal(last, 0x7ffe0);
    });
  },
);

machine("128 MiB, 2.6", { memory: 128 }, (row, m) => {
  row("128 MiB: five pages for tables", async () => {
    const notes = await m.notes("find_early_table_space");
    assert.match(notes, /20480 bytes wanted for \[0, 0x7fe0000\): \[0x7000, 0xc000\)/);
  });
  row("hash tables with 128 MiB", () => expectHashes(m, [512, 16384, 8192]));
  row("128 MiB: three pieces", async () => {
    const pieces = (await m.notes("init_memory_mapping")).split("\n").slice(0, -1);
    assert.deepEqual(pieces, [
      "[0, 0x400000) in pages of 4 KiB",
      "[0x400000, 0x7c00000) in pages of 4 MiB",
      "[0x7c00000, 0x7fe0000) in pages of 4 KiB",
    ]);
  });
});

machine("512 MiB, 2.6", { memory: 512 }, (row, m) => {
  row("hash tables with 512 MiB", () => expectHashes(m, [2048, 65536, 32768]));
});

machine("MTRRs, 2.6", { memory: 64, cpu: "qemu32,+mtrr" }, (row, m) => {
  row("qemu32,+mtrr: the default type is 0xC06, write-back", async () => {
    assert.match(await m.notes("mtrr_bp_init"), /0xc06/);
  });
});

machine(
  "checks on request, 2.6",
  { memory: 64, append: "memory_corruption_check=1 crashkernel=16M" },
  (row, m) => {
    row("corruption check: areas and period", async () => {
      const notes = await m.notes("setup_bios_corruption_check");
      const [, count] = /^(\d+) areas in \[0x1000, 0x10000\), looked at every 60 s$/m.exec(notes);
      assert.ok(Number(count) >= 1 && Number(count) <= 8);
    });
    row("crash kernel: the default base", async () => {
      assert.match(await m.notes("reserve_crashkernel"), /^\[0x1000000, 0x2000000\) /);
      const { early_res } = await m.boot();
      const area = early_res.find(({ name }) => name === "CRASH KERNEL");
      assert.deepEqual([area.start, area.end], ["0x1000000", "0x2000000"]);
    });
  },
);

machine("memtest, 2.6", { memory: 8, append: "memtest=17" }, (row, m) => {
  row("memtest: 17 patterns and a pass that wipes", async () => {
    assert.match(await m.notes("early_memtest"), /^18 passes over /);
  });
});
