/*
 * Nodes: whose every frame is, windows, zonelists, boundaries of ZONE_MOVABLE, and the allocators on
 * several nodes. Maps are written in pfn; RAM begins at 0 unless a test says otherwise.
 */
#include "support/host.h"

#include "mm/bootmem_bitmap.h"
#include "mm/check_internal.h"
#include "mm/direct_map.h"
#include "mm/e820_setup.h"
#include "mm/early_node_map.h"
#include "mm/early_res.h"
#include "mm/memstat.h"
#include "mm/numa.h"
#include "mm/page_alloc_internal.h"
#include "mm/pgtable.h"
#include "mm/slab_internal.h"
#include "mm/sparse.h"
#include "mm/x86_init.h"
#include "mm/zonelist.h"
#include "mm/zones.h"
#include "support/boot_zones.h"
#include "support/srat.h"

#define PG(pfn) ((u64)(pfn) << PAGE_SHIFT)
#define MB(n) ((n)*0x100ul) /* in pfn */

static struct table t;

static void chunk(u32 pxm, u64 start, u64 end)
{
	if (!t.length)
		srat_begin(&t);
	srat_memory(&t, pxm, PG(start), PG(end - start), 1);
}

static const struct e820entry *map_given;
static u32 map_count;

static const char *memory_setup(void)
{
	e820.nr_map = 0;
	for (u32 i = 0; i < map_count; i++)
		e820_add_region(map_given[i].addr, map_given[i].size, map_given[i].type);
	sanitize_e820_map(e820.map, E820_X_MAX, &e820.nr_map);
	return "test";
}

/* The stages up to get_memcfg_numa, with RAM up to `end`, but for the hole [0x9f, 0x100). */
static void configure(unsigned long end)
{
	static struct e820entry map[2] = { { 0, 0x9fc00, E820_RAM }, { 0x100000, 0, E820_RAM } };

	map[1].size = PG(end) - 0x100000;
	map_given = map;
	map_count = 2;
	host_cpu_default();
	x86_init.memory_setup = memory_setup;
	host_ram_setup(PG(min(end, MAXMEM_PFN)));
	setup_memory_map();
	trim_bios_range();
	max_pfn = e820_end_of_ram_pfn();
	find_low_pfn_range();
	max_pfn_mapped = max_low_pfn_mapped = max_low_pfn;
	reserve_early(HOST_IMAGE_START, HOST_IMAGE_END, "TEXT DATA BSS");
	srat_reset();
	if (t.length)
		table_parse(&t, srat_parse);
	get_memcfg_numa();
}

static void expect_range(unsigned long start, unsigned long end, int nid)
{
	for (int i = 0; i < nr_nodemap_entries; i++) {
		const struct node_active_region *r = &early_node_map[i];

		if (r->start_pfn == start && r->end_pfn == end && r->nid == nid)
			return;
	}
	fail_msg("no range [%#lx, %#lx) of node %d", start, end, nid);
}

/* Every frame of RAM below max_pfn is registered, once. */
static void expect_all_registered(void)
{
	for (unsigned long pfn = 0; pfn < max_pfn; pfn++) {
		bool ram = (pfn >= 1 && pfn < 0x9f) || pfn >= 0x100;
		int owners = 0;

		for (int i = 0; i < nr_nodemap_entries; i++)
			owners += pfn >= early_node_map[i].start_pfn &&
				  pfn < early_node_map[i].end_pfn;
		if (owners != ram)
			fail_msg("frame %#lx is registered %d times", pfn, owners);
	}
}

/* ---- W-60 ---- */

static void test_r6(void **state)
{
	(void)state;
	chunk(0, 0, 0xa0);
	chunk(0, 0x100, 0x20000);
	chunk(1, 0x20000, 0x40000);
	configure(0x3ffe0);
	assert_string_equal(numa.branch, "srat");
	assert_null(numa.reason);
	assert_int_equal(numa.nodes, 2);
	assert_int_equal(numa.node[0].start_pfn, 0);
	assert_int_equal(numa.node[0].end_pfn, 0x20000);
	assert_int_equal(numa.node[1].start_pfn, 0x20000);
	assert_int_equal(numa.node[1].end_pfn, 0x3ffe0); /* clipped to max_pfn */
	assert_int_equal(numa.node[0].remap_bytes, 0x20000 * sizeof(struct page));
	assert_int_equal(numa.node[1].remap_bytes, 0x20000 * sizeof(struct page));
	assert_int_equal(nr_nodemap_entries, 3);
	expect_range(1, 0x9f, 0);
	expect_range(0x100, 0x20000, 0);
	expect_range(0x20000, 0x3ffe0, 1);
	assert_int_equal(numa.uncovered_pages, 0);
	for (unsigned s = 0; s < 16; s++)
		assert_int_equal(mem_section_node(s), s >= 8);
}

static void expect_flat(const char *why)
{
	assert_string_equal(numa.branch, "flat");
	assert_non_null(numa.reason);
	if (!strstr(numa.reason, why))
		fail_msg("flat because \"%s\", not \"%s\"", numa.reason, why);
	assert_int_equal(numa.nodes, 1);
	assert_int_equal(nr_nodemap_entries, 0); /* initmem_init registers */
	assert_int_equal(numa.node[0].end_pfn, max_pfn);
	initmem_init();
	expect_all_registered();
	for (int i = 0; i < nr_nodemap_entries; i++)
		assert_int_equal(early_node_map[i].nid, 0);
}

static void test_flat_no_srat(void **state)
{
	(void)state;
	configure(MB(64));
	expect_flat("no SRAT");
}

static void test_flat_off(void **state)
{
	(void)state;
	chunk(0, 0, MB(32));
	chunk(1, MB(32), MB(64));
	assert_int_equal(parse_numa("off"), 0);
	configure(MB(64));
	expect_flat("numa=off");
}

static void test_flat_one_node(void **state)
{
	(void)state;
	chunk(7, 0, MB(32));
	chunk(7, MB(32), MB(64));
	configure(MB(64));
	expect_flat("one node");
	assert_int_equal(numa.node[0].remap_bytes, MB(64) * sizeof(struct page));
}

static void test_flat_small_pages(void **state)
{
	(void)state;
	chunk(0, 0, MB(32));
	chunk(1, MB(32), MB(64));
	host_cpu_default();
	cpu_caps_disable(CPU_PSE);
	configure(MB(64));
	if (cpu_has_pse) { /* configure() set the processor up again */
		cpu_caps_disable(CPU_PSE);
		remove_all_active_ranges();
		get_memcfg_numa();
	}
	expect_flat("4 MiB pages");
}

static void test_flat_disabled(void **state)
{
	(void)state;
	srat_begin(&t);
	srat_memory(&t, 0, 0, PG(MB(32)), 0);
	srat_memory(&t, 1, PG(MB(32)), PG(MB(32)), 0);
	configure(MB(64));
	expect_flat("no enabled memory");
}

static void test_flat_damaged(void **state)
{
	(void)state;
	chunk(0, 0, MB(32));
	chunk(1, MB(32), MB(64));
	t.length -= 3;
	configure(MB(64));
	expect_flat("ends beyond the table");
}

/* The second domain has nothing below max_pfn: memory that could be plugged in. */
static void test_flat_beyond(void **state)
{
	(void)state;
	chunk(0, 0, MB(64));
	chunk(1, MB(64), MB(128));
	configure(MB(64));
	expect_flat("only one node has RAM");
}

static void test_one_beyond_of_three(void **state)
{
	(void)state;
	chunk(0, 0, MB(32));
	chunk(2, MB(32), MB(64));
	chunk(5, MB(64), MB(128));
	configure(MB(64));
	assert_int_equal(numa.nodes, 3); /* numbers are given out; the third node has no RAM */
	expect_all_registered();
	expect_range(MB(32), MB(64), 1);
	assert_int_equal(numa.node[2].end_pfn, 0);
}

/* RAM that no chunk names goes to the node of the chunk before it, or of the first one. */
static void test_uncovered(void **state)
{
	(void)state;
	chunk(0, MB(8), MB(16));
	chunk(1, MB(24), MB(32));
	configure(MB(40));
	expect_all_registered();
	expect_range(0x100, MB(24), 0);
	expect_range(MB(24), MB(40), 1);
	assert_int_equal(numa.uncovered_pages, 0x9f - 1 + MB(7) + MB(8) + MB(8));
	assert_true(host_log_has("are in no entry: given to node"));
}

static void test_overlapping(void **state)
{
	(void)state;
	chunk(0, 0, MB(20));
	chunk(1, MB(10), MB(30));
	chunk(0, MB(25), MB(40));
	chunk(1, MB(32), MB(34)); /* inside the one before */
	configure(MB(40));
	expect_all_registered();
	expect_range(0x100, MB(20), 0);
	expect_range(MB(20), MB(30), 1);
	expect_range(MB(30), MB(40), 0);
}

static void test_no_ram_in_chunks(void **state)
{
	(void)state;
	chunk(0, 0x9f, 0x100); /* the hole */
	chunk(1, MB(64), MB(128));
	configure(MB(64));
	expect_flat("only one node has RAM");
}

/* ---- Which node describes a frame ---- */

static void test_block_to_nid(void **state)
{
	(void)state;
	chunk(0, 0, MB(9)); /* ends inside a block of 4 MiB */
	chunk(1, MB(9), MB(20));
	chunk(0, MB(20), MB(24));
	configure(MB(24));
	assert_int_equal(pfn_to_nid(MB(9) - 1), 0);
	assert_int_equal(pfn_to_nid(MB(9)), 1);
	assert_int_equal(block_to_nid(MB(9)), 0); /* the first RAM of the block is node 0's */
	assert_int_equal(block_to_nid(MB(12)), 1);
	assert_int_equal(block_to_nid(MB(20)), 0);
	assert_int_equal(pfn_to_nid(0xa0), 0);	 /* a hole */
	assert_int_equal(pfn_to_nid(MB(28)), 0); /* behind all: the block before */
	assert_int_equal(same_node_until(MB(8)), MB(9));
	assert_int_equal(same_node_until(MB(9)), MB(12));
}

/* ---- Windows (W-61) ---- */

static void expect_windows(void)
{
	unsigned long pages = 0;

	assert_int_equal(numa.kva_start_pfn % 1024, 0);
	assert_true(numa.kva_start_pfn + numa.kva_pages <= max_low_pfn);
	for (int nid = 0; nid < numa.nodes; nid++) {
		const struct numa_node *n = &numa.node[nid];
		unsigned long virt = (unsigned long)numa_window(nid);

		assert_int_equal(n->remap_pages % 1024, 0);
		assert_int_equal(n->remap_start_pfn % 1024, 0);
		assert_int_equal(n->remap_offset, pages);
		assert_true(PG(n->remap_pages) >= n->remap_bytes + sizeof(pg_data_t));
		pages += n->remap_pages;
		for (unsigned long i = 0; i < n->remap_pages; i += 1024)
			assert_int_equal(pgd_offset_k(virt + PG(i))->val,
					 (u32)PG(n->remap_start_pfn + i) | PAGE_KERNEL | _PAGE_PSE);
		assert_int_equal(active_pages_in(MAX_NUMNODES, n->remap_start_pfn,
						 n->remap_start_pfn + n->remap_pages),
				 0);
		for (unsigned long pfn = n->remap_start_pfn;
		     pfn < n->remap_start_pfn + n->remap_pages; pfn += 1024)
			assert_int_equal(block_to_nid(pfn), nid);
	}
	assert_int_equal(numa.kva_pages, pages);
}

/* The direct map of low memory as W-35 leaves it, in large pages. */
static void map_low(void)
{
	for (unsigned long pfn = 0; pfn < max_low_pfn; pfn += 1024)
		pgd_offset_k((unsigned long)__va(PG(pfn)))->val = (u32)PG(pfn) | PAGE_KERNEL |
								  _PAGE_PSE;
}

static int reservations_named(const char *name)
{
	int n = 0;

	for (int i = 0; i < early_res_count; i++)
		n += !strcmp(early_res[i].name, name);
	return n;
}

static void test_windows_r6(void **state)
{
	(void)state;
	chunk(0, 0, 0xa0);
	chunk(0, 0x100, 0x20000);
	chunk(1, 0x20000, 0x40000);
	configure(0x3ffe0);
	map_low();
	numa_kva_init();
	expect_windows();
	/* 4 MiB of descriptors and the structure: 8 MiB each, at the top of each node */
	assert_int_equal(numa.kva_pages, 4096);
	assert_int_equal(numa.kva_start_pfn, 0x37000);
	assert_int_equal(numa.node[0].remap_start_pfn, 0x1f800);
	assert_int_equal(numa.node[1].remap_start_pfn, 0x3f400);
	assert_int_equal(reservations_named("KVA PG"), 1);
	assert_int_equal(reservations_named("KVA RAM"), 2);
	expect_range(0x100, 0x1f800, 0);
	expect_range(0x20000, 0x3f400, 1);
	expect_range(0x3fc00, 0x3ffe0, 1);
}

/* A node that lies in high memory alone has its structure there, too. */
static void test_windows_high_node(void **state)
{
	(void)state;
	chunk(0, 0, 0x38000);
	chunk(1, 0x38000, 0x40000);
	configure(0x40000);
	map_low();
	numa_kva_init();
	expect_windows();
	assert_true(numa.node[1].remap_start_pfn >= 0x38000);
}

/* A node whose memory the window takes altogether still describes its blocks. */
static void test_windows_eat_a_node(void **state)
{
	(void)state;
	chunk(0, 0, MB(64));
	chunk(1, MB(64), MB(68));
	chunk(0, MB(68), MB(100));
	configure(MB(100));
	map_low();
	numa_kva_init();
	expect_windows();
	assert_int_equal(active_pages_in(1, 0, max_pfn), 0);
	assert_int_equal(block_to_nid(MB(64)), 1);
	assert_int_equal(block_to_nid(MB(68)), 0);
}

static void test_no_room_for_windows(void **state)
{
	(void)state;
	for (u32 i = 0; i < 4; i++)
		chunk(i, MB(16 * i), MB(16 * i + 16));
	configure(MB(64));
	map_low();
	numa_kva_init();
	assert_int_equal(numa.kva_pages, 0);
	assert_string_equal(numa.no_remap, "low memory has no room for the windows");
	assert_int_equal(reservations_named("KVA RAM"), 0);
	assert_null(numa_window(0));
	expect_all_registered();
}

static void test_no_room_in_a_node(void **state)
{
	(void)state;
	chunk(0, 0, MB(60));
	chunk(1, MB(60), MB(62));
	configure(MB(62));
	numa_kva_init();
	assert_int_equal(numa.kva_pages, 0);
	assert_non_null(strstr(numa.no_remap, "a node has no room"));
	assert_int_equal(reservations_named("KVA RAM"), 0);
}

/* ---- Zonelists (W-87) ---- */

static void make_node(int nid, unsigned long dma, unsigned long normal, unsigned long high)
{
	const unsigned long pages[MAX_NR_ZONES] = { dma, normal, high, 0 };
	pg_data_t *node = calloc(1, sizeof(*node));

	node_data[nid] = node;
	node->node_id = nid;
	node->online = true;
	for (enum zone_type z = 0; z < MAX_NR_ZONES; z++) {
		node->node_zones[z].zone_pgdat = node;
		node->node_zones[z].name = zone_names[z];
		node->node_zones[z].present_pages = pages[z];
		node->node_zones[z].populated = pages[z] != 0;
		node->node_present_pages += pages[z];
	}
}

/* "HighMem1 Normal0 ..." */
static void expect_list(int nid, bool only, enum zone_type type, const char *want)
{
	struct zone **z = NODE_DATA(nid)->node_zonelists[only][type].zones;
	char text[256] = "";

	for (; *z; z++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s%d",
			 *text ? " " : "", (*z)->name, (*z)->zone_pgdat->node_id);
	assert_string_equal(text, want);
}

static void r6_nodes(void)
{
	numa.nodes = 2;
	make_node(0, 3966, 120000, 0);
	make_node(1, 0, 97000, 30000);
}

/* Golden values, section 12. */
static void test_zone_order(void **state)
{
	(void)state;
	r6_nodes();
	assert_int_equal(parse_numa_zonelist_order("zone"), 0);
	build_all_zonelists();
	assert_int_equal(current_zonelist_order, ZONELIST_ORDER_ZONE);
	expect_list(0, false, ZONE_HIGHMEM, "HighMem1 Normal0 Normal1 DMA0");
	expect_list(0, false, ZONE_NORMAL, "Normal0 Normal1 DMA0");
	expect_list(0, false, ZONE_DMA, "DMA0");
	expect_list(0, true, ZONE_HIGHMEM, "Normal0 DMA0");
	expect_list(1, false, ZONE_HIGHMEM, "HighMem1 Normal1 Normal0 DMA0");
	expect_list(1, true, ZONE_HIGHMEM, "HighMem1 Normal1");
	expect_list(1, true, ZONE_DMA, "");
}

static void test_node_order(void **state)
{
	(void)state;
	r6_nodes();
	assert_int_equal(parse_numa_zonelist_order("Node"), 0);
	build_all_zonelists();
	expect_list(0, false, ZONE_HIGHMEM, "Normal0 DMA0 HighMem1 Normal1");
	expect_list(1, false, ZONE_HIGHMEM, "HighMem1 Normal1 Normal0 DMA0");
	assert_true(parse_numa_zonelist_order("any") < 0);
	assert_true(parse_numa_zonelist_order("") < 0);
}

static void test_default_order(void **state)
{
	static const struct {
		unsigned long dma0, normal0, dma1, normal1;
		enum zonelist_order want;
	} cases[] = {
		{ 3966, 120000, 0, 127000, ZONELIST_ORDER_ZONE },
		{ 0, 120000, 0, 127000, ZONELIST_ORDER_NODE }, /* no DMA zone */
		{ 3966, 3000, 0, 900, ZONELIST_ORDER_NODE },   /* more than half is DMA */
		{ 3966, 3000, 0, 1000, ZONELIST_ORDER_ZONE },
		{ 3966, 100, 0, 4000, ZONELIST_ORDER_NODE },  /* node 0: 97 % of above average */
		{ 3966, 1800, 0, 8000, ZONELIST_ORDER_ZONE }, /* 68 % */
		{ 3966, 0, 0, 100000, ZONELIST_ORDER_ZONE },  /* all DMA, but a small node */
	};
	const char *why;

	(void)state;
	numa.nodes = 2;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		make_node(0, cases[i].dma0, cases[i].normal0, 0);
		make_node(1, cases[i].dma1, cases[i].normal1, 0);
		if (default_zonelist_order(&why) != cases[i].want)
			fail_msg("case %u: %s", i, why);
	}
}

static void set_distances(u64 count, const u8 *d)
{
	struct table s = { .length = 36 };

	srat_reset();
	srat_begin(&t);
	for (u32 i = 0; i < count; i++)
		srat_memory(&t, i, PG(0x10000ull * i), PG(0x10000), 1);
	table_parse(&t, srat_parse);
	table_put(&s, count, 8);
	memcpy(s.bytes + s.length, d, count * count);
	s.length += (u32)(count * count);
	table_parse(&s, slit_parse);
	assert_null(slit_refused);
}

/* The nearest first; a node farther than 20 switches zone reclaim on. */
static void test_distances(void **state)
{
	static const u8 d[16] = { 10, 40, 20, 15, 40, 10, 12, 30, 20, 12, 10, 25, 15, 30, 25, 10 };

	(void)state;
	set_distances(4, d);
	numa.nodes = 4;
	for (int nid = 0; nid < 4; nid++)
		make_node(nid, nid == 0 ? 3966 : 0, 100000, 0);
	build_all_zonelists();
	expect_list(0, false, ZONE_NORMAL, "Normal0 Normal3 Normal2 Normal1 DMA0");
	expect_list(1, false, ZONE_NORMAL, "Normal1 Normal2 Normal3 Normal0 DMA0");
	expect_list(3, false, ZONE_NORMAL, "Normal3 Normal0 Normal2 Normal1 DMA0");
	assert_true(zone_reclaim_mode);
}

/* At equal distances the nodes take turns instead of all asking the lowest one first. */
static void test_turns(void **state)
{
	(void)state;
	srat_reset();
	numa.nodes = 4;
	numa.cpu_node = 0;
	for (int nid = 0; nid < 4; nid++)
		make_node(nid, nid == 0 ? 3966 : 0, 100000, 0);
	build_all_zonelists();
	expect_list(0, false, ZONE_NORMAL, "Normal0 Normal1 Normal2 Normal3 DMA0");
	expect_list(1, false, ZONE_NORMAL, "Normal1 Normal2 Normal3 Normal0 DMA0");
	expect_list(2, false, ZONE_NORMAL, "Normal2 Normal3 Normal1 Normal0 DMA0");
	expect_list(3, false, ZONE_NORMAL, "Normal3 Normal1 Normal2 Normal0 DMA0");
	assert_false(zone_reclaim_mode);
}

/* ---- W-73 ---- */

static void movable(const char *core, bool kernel)
{
	arch_zone_lowest_possible_pfn[ZONE_DMA] = 1;
	arch_zone_highest_possible_pfn[ZONE_DMA] = 0x1000;
	arch_zone_lowest_possible_pfn[ZONE_NORMAL] = 0x1000;
	arch_zone_highest_possible_pfn[ZONE_NORMAL] = MB(128);
	assert_int_equal(kernel ? parse_kernelcore(core) : parse_movablecore(core), 0);
	find_zone_movable_pfns_for_nodes();
}

static void test_kernelcore(void **state)
{
	(void)state;
	add_active_range(0, 0, MB(64));
	add_active_range(1, MB(64), MB(128));
	movable("64M", true);
	assert_int_equal(zone_movable_pfn[0], MB(32));
	assert_int_equal(zone_movable_pfn[1], MB(96));
}

/* What lies below Normal counts to the kernel's share first; the result is rounded up to 4 MiB. */
static void test_movablecore(void **state)
{
	(void)state;
	add_active_range(0, 0, MB(64));
	add_active_range(1, MB(64), MB(128));
	movable("102M", false); /* 26 MiB are left, rounded to 24: 12 each */
	assert_int_equal(zone_movable_pfn[0], MB(16));
	assert_int_equal(zone_movable_pfn[1], MB(76));
}

static void test_kernelcore_uneven(void **state)
{
	(void)state;
	add_active_range(0, 0, MB(120));
	add_active_range(1, MB(120), MB(128)); /* has less than its share: node 0 gives the rest */
	movable("64M", true);
	assert_int_equal(zone_movable_pfn[0], MB(56));
	assert_int_equal(zone_movable_pfn[1], MB(128));
	assert_true(parse_kernelcore("none") < 0);
	assert_true(parse_kernelcore("0") < 0);
	assert_true(parse_movablecore("4Mx") < 0);
}

static void test_no_movable(void **state)
{
	(void)state;
	add_active_range(0, 0, MB(64));
	find_zone_movable_pfns_for_nodes();
	assert_int_equal(zone_movable_pfn[0], 0);
}

/* ---- Allocators on several nodes ---- */

static void boot_nodes(unsigned long end)
{
	static struct e820entry map[2] = { { 0, 0x9fc00, E820_RAM }, { 0x100000, 0, E820_RAM } };

	map[1].size = PG(end) - 0x100000;
	host_boot_option("numa", "noremap");
	srat_reset();
	table_parse(&t, srat_parse);
	host_boot_map(map, 2);
	host_boot_finish();
	host_check_pages();
}

static struct page *take(int nid, gfp_t gfp, unsigned order)
{
	struct page *page = alloc_pages_node(nid, gfp, order, OWNER_TEST);

	if (page)
		assert_int_equal(page_zone(page)->zone_pgdat->node_id, page_to_nid(page));
	return page;
}

static void two_nodes(void)
{
	chunk(0, 0, MB(32));
	chunk(1, MB(32), MB(64));
	boot_nodes(MB(64));
	assert_int_equal(numa.nodes, 2);
}

static void test_pages_of_a_node(void **state)
{
	struct page *a, *b;
	long free0, free1;

	(void)state;
	two_nodes();
	free0 = (long)memstat_zone_count();
	assert_int_equal(free0, 2 * MAX_NR_ZONES);
	a = take(0, GFP_KERNEL, 3);
	b = take(1, GFP_KERNEL, 3);
	assert_int_equal(page_to_nid(a), 0);
	assert_int_equal(page_to_nid(b), 1);
	free1 = NODE_DATA(1)->node_zones[ZONE_NORMAL].vm_stat[NR_FREE_PAGES];
	__free_pages(b, 3);
	assert_int_equal(NODE_DATA(1)->node_zones[ZONE_NORMAL].vm_stat[NR_FREE_PAGES], free1 + 8);
	__free_pages(a, 3);
	host_check_pages();
}

/* A single page goes to the per-cpu list of its own zone. */
static void test_pcp_of_a_node(void **state)
{
	struct per_cpu_pages *pcp;
	struct page *b;
	int count;

	(void)state;
	chunk(0, 0, MB(64)); /* large enough for lists that hold pages */
	chunk(1, MB(64), MB(128));
	boot_nodes(MB(128));
	pcp = &NODE_DATA(1)->node_zones[ZONE_NORMAL].pcp;
	b = take(1, GFP_KERNEL, 0);
	assert_int_equal(page_to_nid(b), 1);
	count = pcp->count;
	__free_pages(b, 0);
	assert_int_equal(pcp->count, count + 1);
	host_check_pages();
}

/* Without __GFP_THISNODE the other node helps out; with it the answer is NULL. */
static void test_fallback(void **state)
{
	static struct page *held[0x8000];
	unsigned n = 0;

	(void)state;
	two_nodes();
	while ((held[n] = take(1, GFP_KERNEL | __GFP_THISNODE, 0)))
		assert_int_equal(page_to_nid(held[n++]), 1);
	assert_true(n > 0x1e00 && n < 0x2000);
	assert_int_equal(NODE_DATA(0)->node_zones[ZONE_NORMAL].numa_miss, 0);
	held[n] = take(1, GFP_KERNEL, 0);
	assert_non_null(held[n]);
	assert_int_equal(page_to_nid(held[n++]), 0);
	assert_int_equal(NODE_DATA(0)->node_zones[ZONE_NORMAL].numa_miss, 1);
	assert_int_equal(NODE_DATA(1)->node_zones[ZONE_NORMAL].numa_foreign, 1);
	host_check_pages();
	while (n)
		__free_pages(held[--n], 0);
	host_check_pages();
}

/* Nodes that meet inside a block of 1024 pages: nothing merges across. */
static void test_shared_block(void **state)
{
	static struct page *held[0x4000];
	unsigned n = 0;

	(void)state;
	chunk(0, 0, MB(33) + 5);
	chunk(1, MB(33) + 5, MB(64));
	boot_nodes(MB(64));
	assert_int_equal(page_to_nid(pfn_to_page(MB(33) + 4)), 0);
	assert_int_equal(page_to_nid(pfn_to_page(MB(33) + 5)), 1);
	while ((held[n] = take(1, GFP_KERNEL | __GFP_THISNODE, n % 3))) {
		assert_int_equal(page_to_nid(held[n]), 1);
		n++;
	}
	host_check_pages();
	while (n--)
		__free_pages(held[n], page_order(held[n]));
	host_check_pages();
}

/* A, B, A: node 0 spans node 1. */
static void test_interleaved(void **state)
{
	struct page *a, *b;

	(void)state;
	chunk(0, 0, MB(24));
	chunk(1, MB(24), MB(40));
	chunk(0, MB(40), MB(64));
	boot_nodes(MB(64));
	assert_int_equal(NODE_DATA(0)->node_zones[ZONE_NORMAL].spanned_pages, MB(48));
	assert_int_equal(NODE_DATA(0)->node_zones[ZONE_NORMAL].present_pages,
			 MB(32) - PFN_UP(MB(48) * sizeof(struct page)));
	assert_int_equal(page_to_nid(pfn_to_page(MB(30))), 1);
	assert_int_equal(page_to_nid(pfn_to_page(MB(50))), 0);
	a = take(0, GFP_KERNEL, 5);
	b = take(1, GFP_KERNEL, 5);
	assert_int_equal(page_to_nid(b), 1);
	host_check_pages();
	__free_pages(a, 5);
	__free_pages(b, 5);
	host_check_pages();
}

static void test_eight_nodes_and_more(void **state)
{
	(void)state;
	for (u32 i = 0; i < 10; i++)
		chunk(i, MB(8 * i), MB(8 * i + 8));
	boot_nodes(MB(80));
	assert_int_equal(numa.nodes, 8);
	assert_int_equal(page_to_nid(pfn_to_page(MB(79))), 7); /* domains 7, 8 and 9 */
	for (int nid = 0; nid < 8; nid++)
		assert_int_equal(page_to_nid(take(nid, GFP_KERNEL | __GFP_THISNODE, 1)), nid);
	host_check_pages();
}

static void test_node_without_memory(void **state)
{
	(void)state;
	chunk(0, 0, MB(32));
	chunk(1, MB(100), MB(200)); /* beyond max_pfn */
	chunk(2, MB(32), MB(64));
	boot_nodes(MB(64));
	assert_int_equal(numa.nodes, 3);
	assert_int_equal(NODE_DATA(1)->node_present_pages, 0);
	assert_int_equal(page_to_nid(take(1, GFP_KERNEL, 0)), 2); /* its neighbour helps */
	assert_null(take(1, GFP_KERNEL | __GFP_THISNODE, 0));
	assert_true(host_log_has("node 1 has no registered RAM"));
	host_check_pages();
}

/* Slabs come from the processor's node while it has pages, then from the other; every object goes back
 * to the slab it came from, and so to its node. */
static void test_slabs(void **state)
{
	static void *objs[9000];
	unsigned n = 0, on[2] = { 0, 0 };
	struct kmem_cache *cache;

	(void)state;
	two_nodes();
	kmem_cache_init();
	kmem_cache_init_late();
	cache = kmem_cache_create("on two nodes", 4096, 0, 0, NULL, "test");
	while (n < ARRAY_SIZE(objs) && !(on[1] > 200)) {
		objs[n] = kmem_cache_alloc(cache, GFP_KERNEL);
		assert_non_null(objs[n]);
		on[page_to_nid(virt_to_page(objs[n++]))]++;
	}
	assert_true(on[0] > 2000 && on[1] > 200);
	assert_int_equal(cache->nodelists[0]->nr_slabs, on[0] / cache->num);
	assert_true(cache->nodelists[1]->nr_slabs >= on[1] / cache->num);
	while (n)
		kmem_cache_free(cache, objs[--n]);
	kmem_cache_shrink(cache);
	assert_int_equal(slab_active_objs(cache), 0);
	assert_int_equal(cache->nodelists[0]->nr_slabs, 0);
	assert_int_equal(cache->nodelists[1]->nr_slabs, 0);
	host_check_pages();
}

/* Boot memory with a bitmap for each node. */
static void test_bitmaps(void **state)
{
	(void)state;
	chunk(0, 0, MB(24));
	chunk(1, MB(24), MB(40));
	chunk(0, MB(40), MB(64));
	host_boot_option("bootmem", "bitmap");
	boot_nodes(MB(64));
	assert_int_equal(boot_bdata[1].node_boot_start, PG(MB(24)));
	assert_int_equal(boot_bdata[1].node_low_pfn, MB(40));
	assert_int_equal(boot_bdata[0].node_low_pfn, MB(64));
	assert_null(boot_bdata[1].node_bootmem_map); /* released */
}

/* Seeded: blocks of all orders from all nodes, in any order; descriptors and lists agree throughout. */
static void test_random(void **state)
{
	static struct page *held[400];
	static unsigned orders[400];
	u32 seed = host_seed(52);

	(void)state;
	chunk(0, 0, MB(20) + 77);
	chunk(1, MB(20) + 77, MB(41));
	chunk(2, MB(41), MB(50));
	chunk(0, MB(50), MB(64));
	boot_nodes(MB(64));
	srand(seed);
	for (int round = 0; round < 20000; round++) {
		unsigned i = (unsigned)rand() % ARRAY_SIZE(held);
		int nid = rand() % 3;

		if (held[i]) {
			__free_pages(held[i], orders[i]);
			held[i] = NULL;
		} else {
			bool only = rand() % 2;

			orders[i] = (unsigned)rand() % 6;
			held[i] = take(nid, only ? GFP_KERNEL | __GFP_THISNODE : GFP_KERNEL,
				       orders[i]);
			assert_true(!held[i] || !only || page_to_nid(held[i]) == nid);
		}
		if (round % 1000 == 0)
			host_check_pages();
	}
	for (unsigned i = 0; i < ARRAY_SIZE(held); i++)
		if (held[i])
			__free_pages(held[i], orders[i]);
	drain_all_pages();
	host_check_pages();
}

HOST_MAIN(cmocka_unit_test(test_r6), cmocka_unit_test(test_flat_no_srat),
	  cmocka_unit_test(test_flat_off), cmocka_unit_test(test_flat_one_node),
	  cmocka_unit_test(test_flat_small_pages), cmocka_unit_test(test_flat_disabled),
	  cmocka_unit_test(test_flat_damaged), cmocka_unit_test(test_flat_beyond),
	  cmocka_unit_test(test_one_beyond_of_three), cmocka_unit_test(test_uncovered),
	  cmocka_unit_test(test_overlapping), cmocka_unit_test(test_no_ram_in_chunks),
	  cmocka_unit_test(test_block_to_nid), cmocka_unit_test(test_windows_r6),
	  cmocka_unit_test(test_windows_high_node), cmocka_unit_test(test_windows_eat_a_node),
	  cmocka_unit_test(test_no_room_for_windows), cmocka_unit_test(test_no_room_in_a_node),
	  cmocka_unit_test(test_zone_order), cmocka_unit_test(test_node_order),
	  cmocka_unit_test(test_default_order), cmocka_unit_test(test_distances),
	  cmocka_unit_test(test_turns), cmocka_unit_test(test_kernelcore),
	  cmocka_unit_test(test_movablecore), cmocka_unit_test(test_kernelcore_uneven),
	  cmocka_unit_test(test_no_movable), cmocka_unit_test(test_pages_of_a_node),
	  cmocka_unit_test(test_pcp_of_a_node), cmocka_unit_test(test_fallback),
	  cmocka_unit_test(test_shared_block), cmocka_unit_test(test_interleaved),
	  cmocka_unit_test(test_eight_nodes_and_more), cmocka_unit_test(test_node_without_memory),
	  cmocka_unit_test(test_slabs), cmocka_unit_test(test_bitmaps),
	  cmocka_unit_test(test_random))
