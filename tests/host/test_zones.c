/*
 * Registered ranges, sections, zones, descriptors and zonelists (W-54 to W-58, W-70 to W-81, W-86,
 * W-87). The machines are those of the golden values: R1 ends at pfn 0x3FFFE, R4 at 0x3FFE0, R5 at
 * 0xFE0.
 */
#include "support/host.h"

#include "mm/buddy.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/early_node_map.h"
#include "mm/early_res.h"
#include "mm/page_alloc.h"
#include "mm/sparse.h"
#include "mm/zonelist.h"
#include "mm/zones.h"
#include "support/boot_zones.h"

/* ---- W-56 ---- */

static void expect_range(int i, unsigned long start, unsigned long end, int nid)
{
	assert_in_range(i, 0, nr_nodemap_entries - 1);
	assert_int_equal(early_node_map[i].start_pfn, start);
	assert_int_equal(early_node_map[i].end_pfn, end);
	assert_int_equal(early_node_map[i].nid, nid);
}

static void expect_one(unsigned long start, unsigned long end)
{
	assert_int_equal(nr_nodemap_entries, 1);
	expect_range(0, start, end, 0);
}

/*
 *	entry           [########)
 *	inside            [###)
 *	above                    [###)
 *	below       [###)
 *	covering  [####################)    the author's question: documented rules lose the start
 */
static void test_add_active_range(void **state)
{
	(void)state;
	add_active_range(0, 0x100, 0x200);
	add_active_range(0, 0x150, 0x180);
	expect_one(0x100, 0x200);
	add_active_range(0, 0x200, 0x300);
	expect_one(0x100, 0x300);
	add_active_range(0, 0x80, 0x100);
	expect_one(0x80, 0x300);
	add_active_range(0, 0x40, 0x400);
	expect_one(0x40, 0x400);
	add_active_range(0, 0x500, 0x500);
	expect_one(0x40, 0x400);

	/* bridging: one entry, not two that overlap */
	remove_all_active_ranges();
	add_active_range(0, 0x100, 0x200);
	add_active_range(0, 0x300, 0x400);
	add_active_range(0, 0x180, 0x320);
	expect_one(0x100, 0x400);

	/* a longer range meets an entry that was passed over before it grew */
	remove_all_active_ranges();
	add_active_range(0, 0x500, 0x600);
	add_active_range(0, 0x100, 0x200);
	add_active_range(0, 0x700, 0x800);
	add_active_range(0, 0x200, 0x700);
	expect_one(0x100, 0x800);
}

static void test_nodes_apart(void **state)
{
	unsigned long start, end;
	int i, n = 0;

	(void)state;
	add_active_range(1, 0x300, 0x400);
	add_active_range(0, 0x100, 0x200);
	add_active_range(1, 0x200, 0x280); /* touches node 0's, which is another node */
	add_active_range(0, 0x600, 0x700);
	assert_int_equal(nr_nodemap_entries, 4);
	sort_node_map();
	expect_range(0, 0x100, 0x200, 0);
	expect_range(1, 0x200, 0x280, 1);
	expect_range(3, 0x600, 0x700, 0);
	assert_int_equal(first_active_region_index_in_nid(1), 1);
	assert_int_equal(next_active_region_index_in_nid(1, 1), 2);
	assert_int_equal(next_active_region_index_in_nid(2, 1), -1);
	assert_int_equal(first_active_region_index_in_nid(2), -1);
	for_each_active_range_index_in_nid(i, MAX_NUMNODES) n++;
	assert_int_equal(n, 4);
	get_pfn_range_for_nid(1, &start, &end);
	assert_int_equal(start, 0x200);
	assert_int_equal(end, 0x400);
	assert_int_equal(find_min_pfn_for_node(0), 0x100);
	assert_int_equal(find_min_pfn_for_node(5), 0);
	assert_true(host_log_has("node 5 has no registered RAM"));
}

static void test_table_full(void **state)
{
	(void)state;
	for (unsigned long i = 0; i < MAX_ACTIVE_REGIONS; i++)
		add_active_range(0, i * 4, i * 4 + 2);
	assert_int_equal(nr_nodemap_entries, MAX_ACTIVE_REGIONS);
	add_active_range(0, 0x10000, 0x10001);
	assert_int_equal(nr_nodemap_entries, MAX_ACTIVE_REGIONS);
	assert_true(host_log_has("[0x10000, 0x10001) is lost"));
	add_active_range(0, 0, 4 * MAX_ACTIVE_REGIONS); /* joins all: needs no room */
	expect_one(0, 4 * MAX_ACTIVE_REGIONS);
}

/* W-55: whole pages, RAM only, clipped. */
static void test_register(void **state)
{
	(void)state;
	e820_add_region(0x1800, 0x2000, E820_RAM); /* pages 2 */
	e820_add_region(0x5800, 0x700, E820_RAM);  /* none */
	e820_add_region(0x6000, 0x1000, E820_RESERVED);
	e820_add_region(0x10000, 0x10000, E820_RAM);
	e820_add_region(1ull << 45, 1 << 20, E820_RAM); /* far out of reach */
	e820_register_active_regions(0, 0, 0x18);
	assert_int_equal(nr_nodemap_entries, 2);
	expect_range(0, 2, 3, 0);
	expect_range(1, 0x10, 0x18, 0);
	remove_all_active_ranges();
	e820_register_active_regions(0, 0x12, 0x14);
	expect_one(0x12, 0x14);
}

/* Random ranges against a byte for each page. */
static void test_add_random(void **state)
{
	enum { PAGES = 512 };
	static u8 want[PAGES], got[PAGES];

	(void)state;
	srand(host_seed(4181));
	for (int round = 0; round < 200; round++) {
		remove_all_active_ranges();
		memset(want, 0, sizeof(want));
		memset(got, 0, sizeof(got));
		for (int i = 0; i < 20; i++) {
			unsigned start = (unsigned)rand() % PAGES;
			unsigned end = start + (unsigned)rand() % 60;

			end = min(end, (unsigned)PAGES);
			add_active_range(0, start, end);
			memset(want + start, 1, end - start);
		}
		for (int i = 0; i < nr_nodemap_entries; i++)
			for (unsigned long p = early_node_map[i].start_pfn;
			     p < early_node_map[i].end_pfn; p++)
				got[p]++; /* 2 would be an overlap */
		assert_memory_equal(want, got, PAGES);
	}
}

/* ---- W-58, W-70 ---- */

static void test_sections(void **state)
{
	(void)state;
	add_active_range(0, 0x1, 0x9f);
	add_active_range(0, 0x100, 0x3fffe);
	sparse_memory_present_with_active_regions(0);
	for (unsigned s = 0; s < NR_MEM_SECTIONS; s++)
		assert_int_equal(mem_section_node(s), s < 16 ? 0 : -1);
	sparse_init();
	add_active_range(0, 0x40000, 0x40001);
	EXPECT_PANIC("!mem_section[s]", sparse_init());
	memory_present(1, 0xfffff, 0x100000); /* the last page of the last section */
	assert_int_equal(mem_section_node(63), 1);
	EXPECT_PANIC("section >= NR_MEM_SECTIONS", mem_section_node(64));
}

/* ---- W-75 ---- */

static void test_absent(void **state)
{
	(void)state;
	assert_int_equal(__absent_pages_in_range(0, 0, 100), 0); /* no range in the node */
	add_active_range(0, 10, 20);
	add_active_range(0, 30, 40);
	assert_int_equal(__absent_pages_in_range(0, 10, 20), 0); /* no hole */
	assert_int_equal(__absent_pages_in_range(0, 10, 40), 10);
	assert_int_equal(__absent_pages_in_range(0, 5, 45), 20); /* hole at each edge */
	assert_int_equal(__absent_pages_in_range(0, 0, 8), 8);
	assert_int_equal(__absent_pages_in_range(0, 22, 28), 6); /* all hole */
	assert_int_equal(__absent_pages_in_range(0, 50, 60), 10);
	assert_int_equal(__absent_pages_in_range(0, 15, 35), 10);
	assert_int_equal(__absent_pages_in_range(0, 15, 15), 0); /* empty */
}

static void test_zone_beside_node(void **state)
{
	(void)state;
	add_active_range(0, 0x100, 0x200);
	add_active_range(1, 0x200, 0x300);
	arch_zone_lowest_possible_pfn[ZONE_DMA] = 0;
	arch_zone_highest_possible_pfn[ZONE_DMA] = 0x180;
	assert_int_equal(zone_spanned_pages_in_node(0, ZONE_DMA), 0x80);
	assert_int_equal(zone_spanned_pages_in_node(1, ZONE_DMA), 0);
	assert_int_equal(zone_absent_pages_in_node(1, ZONE_DMA), 0);
	arch_zone_lowest_possible_pfn[ZONE_NORMAL] = 0x400;
	arch_zone_highest_possible_pfn[ZONE_NORMAL] = 0x500;
	assert_int_equal(zone_spanned_pages_in_node(1, ZONE_NORMAL), 0);
	assert_int_equal(zone_absent_pages_in_node(1, ZONE_NORMAL), 0);
}

/* ---- W-77, W-80: sizes ---- */

static void test_present(void **state)
{
	(void)state;
	assert_int_equal(memmap_pages(225280, 32), 1760);
	assert_int_equal(memmap_pages(4095, 32), 32);
	/* the descriptor of the notes, 68 bytes: 4352 pages for 0x3FFFE + 1 of them */
	assert_int_equal(memmap_pages(0x3fffe + 1, 68), 4352);
	assert_int_equal(zone_present_pages("DMA", 4095, 97, 32), 3966);
	/* more hole than the descriptors would leave: warn and keep */
	assert_int_equal(zone_present_pages("DMA", 4096, 4090, 32), 6);
	assert_true(host_log_has("descriptors take 32 pages, it has 6"));
	/* as much as there is: the zone must not seem empty */
	assert_int_equal(zone_present_pages("HighMem", 2, 1, 32), 1);
	assert_true(host_log_has("descriptors take 1 pages, it has 1"));
	assert_int_equal(zone_present_pages("DMA", 0, 0, 32), 0);
}

static void test_wait_table(void **state)
{
	(void)state;
	assert_int_equal(wait_table_hash_nr_entries(1), 4);
	assert_int_equal(wait_table_hash_nr_entries(1024), 4);
	assert_int_equal(wait_table_hash_nr_entries(1280), 8);
	assert_int_equal(wait_table_hash_nr_entries(4095), 16);
	assert_int_equal(wait_table_hash_nr_entries(225280), 1024);
	assert_int_equal(wait_table_hash_nr_entries(32766), 128);
	assert_int_equal(wait_table_hash_nr_entries(1 << 20), 4096);
	assert_int_equal(wait_table_hash_nr_entries(~0ul), 4096);
}

/* ---- The reference machines ---- */

static void boot(u64 end)
{
	static struct e820entry map[3] = {
		{ 0, 0x9fc00, E820_RAM },
		{ 0x9fc00, 0x400, E820_RESERVED },
		{ 0x100000, 0, E820_RAM },
	};

	map[2].size = end - 0x100000;
	host_boot_to_zones(map, 3);
}

static void expect_zone(enum zone_type type, unsigned long start, unsigned long spanned,
			unsigned long present, unsigned long wait, int batch)
{
	struct zone *z = host_zone(type);

	assert_int_equal(z->zone_start_pfn, start);
	assert_int_equal(z->spanned_pages, spanned);
	assert_int_equal(z->present_pages, present);
	assert_int_equal(z->wait_table_hash_nr_entries, wait);
	assert_int_equal(1ul << z->wait_table_bits, wait);
	assert_int_equal(zone_batchsize(z), batch);
	assert_int_equal(z->pcp.high, 0);
	assert_int_equal(z->pcp.batch, 1);
	assert_true(z->populated);
	assert_ptr_equal(z->zone_pgdat, NODE_DATA(0));
	assert_int_equal(zone_idx(z), type);
	for (unsigned order = 0; order < MAX_ORDER; order++) {
		assert_int_equal(z->free_area[order].nr_free, 0);
		for (unsigned t = 0; t < MIGRATE_TYPES; t++)
			assert_true(list_empty(&z->free_area[order].free_list[t]));
	}
}

static void expect_list(enum zone_type highest, const char *want)
{
	for (int which = 0; which < 2; which++) { /* one node: both sets are equal */
		struct zone **z = NODE_DATA(0)->node_zonelists[which][highest].zones;
		char got[64] = "";

		for (; *z; z++) {
			strcat(got, (*z)->name);
			strcat(got, " ");
		}
		assert_string_equal(got, want);
	}
}

static void test_r1(void **state)
{
	const pg_data_t *node = NODE_DATA(0);

	(void)state;
	boot(0x3fffe000);
	assert_int_equal(nr_nodemap_entries, 2);
	expect_range(0, 1, 0x9f, 0);
	expect_range(1, 0x100, 0x3fffe, 0);
	expect_zone(ZONE_DMA, 1, 4095, 3966, 16, 0);
	expect_zone(ZONE_NORMAL, 0x1000, 225280, 223520, 1024, 31);
	expect_zone(ZONE_HIGHMEM, 0x38000, 32766, 32510, 128, 7);
	assert_int_equal(host_zone(ZONE_MOVABLE)->spanned_pages, 0);
	assert_false(host_zone(ZONE_MOVABLE)->populated);
	assert_int_equal(node->nr_zones, 3);
	assert_int_equal(node->node_start_pfn, 1);
	assert_int_equal(node->node_spanned_pages, 262141);
	assert_int_equal(node->node_present_pages, 262044);
	assert_int_equal(nr_kernel_pages, 227486);
	assert_int_equal(nr_all_pages, 259996);
	assert_int_equal(vm_total_pages, 259996);
	assert_false(page_group_by_mobility_disabled);
	/* no pkmap table was made here, so the descriptors are the first at the goal */
	assert_ptr_equal(mem_map, __va(0x1000000));
	assert_ptr_equal(node->node_mem_map, mem_map + 1);
	assert_int_equal(max_mapnr, 0x3fffe);
	assert_int_equal(highest_memmap_pfn, 0x3fffd);
	assert_ptr_equal(high_memory, __va(0x38000000));
	expect_list(ZONE_DMA, "DMA ");
	expect_list(ZONE_NORMAL, "Normal DMA ");
	expect_list(ZONE_HIGHMEM, "HighMem Normal DMA ");
	expect_list(ZONE_MOVABLE, "HighMem Normal DMA ");
	assert_true(host_log_has("zonelists of 1 nodes, order Zone, mobility grouping on"));
}

/* R1's descriptors: reserved, counted once, in the right zone; holes known as holes. */
static void test_r1_descriptors(void **state)
{
	(void)state;
	boot(0x3fffe000);
	for (unsigned long pfn = 0; pfn < 0x40000; pfn++) {
		const struct page *page = pfn_to_page(pfn);
		bool ram = (pfn >= 1 && pfn < 0x9f) || (pfn >= 0x100 && pfn < 0x3fffe);
		enum zone_type zone = pfn < 0x1000    ? ZONE_DMA
				      : pfn < 0x38000 ? ZONE_NORMAL
						      : ZONE_HIGHMEM;

		assert_int_equal(page->flags,
				 (u32)zone << PG_ZONE_SHIFT | 1u << PG_reserved |
					 (ram ? 0 : (u32)OWNER_HOLE << PG_OWNER_SHIFT));
		assert_int_equal(page->_count, 1);
		assert_int_equal(page->_mapcount, -1);
		assert_true(!page->private && !page->mapping && !page->index);
		assert_ptr_equal(page->lru.next, &page->lru);
		assert_ptr_equal(page->lru.prev, &page->lru);
		assert_int_equal(page_to_pfn(page), pfn);
	}
	/* every block is movable, also the one that begins before its zone */
	for (unsigned long pfn = 1; pfn < 0x3fffe; pfn += 1024)
		assert_int_equal(get_pageblock_migratetype(pfn_to_page(pfn)), MIGRATE_MOVABLE);
}

static void test_r4(void **state)
{
	(void)state;
	boot(0x3ffe0000);
	expect_zone(ZONE_HIGHMEM, 0x38000, 32736, 32480, 128, 7);
	assert_int_equal(nr_all_pages, 259966);
}

static void test_r5(void **state)
{
	(void)state;
	boot(0xfe0000);
	expect_zone(ZONE_DMA, 1, 4063, 3934, 16, 0);
	for (enum zone_type t = ZONE_NORMAL; t < MAX_NR_ZONES; t++) {
		assert_int_equal(host_zone(t)->spanned_pages, 0);
		assert_int_equal(host_zone(t)->present_pages, 0);
		assert_string_equal(host_zone(t)->name, zone_names[t]);
		assert_true(list_empty(&host_zone(t)->free_area[0].free_list[0]));
		expect_list(t, "DMA ");
	}
	assert_int_equal(NODE_DATA(0)->nr_zones, 1);
	assert_true(page_group_by_mobility_disabled);
	assert_int_equal(vm_total_pages, 3934);
	/* nothing at 16 MiB: descriptors lie below */
	assert_true(__pa(mem_map) < 0xfe0000);
}

/* RAM that does not begin at 0: mem_map is moved back, so that mem_map[pfn] works. */
static void test_ram_starts_high(void **state)
{
	(void)state;
	host_boot_to_zones((struct e820entry[]){ { 0x100000, 0xf00000, E820_RAM },
						 { 0x1400000, 0xc00000, E820_RAM } },
			   2);
	assert_int_equal(NODE_DATA(0)->node_start_pfn, 0x100);
	assert_int_equal(host_zone(ZONE_DMA)->zone_start_pfn, 0x100);
	assert_int_equal(host_zone(ZONE_DMA)->spanned_pages, 0xf00);
	assert_int_equal(host_zone(ZONE_NORMAL)->spanned_pages, 0x1000);
	assert_int_equal(host_zone(ZONE_NORMAL)->present_pages, 0xc00 - 32);
	assert_int_equal(page_owner(pfn_to_page(0x1000)), OWNER_HOLE);
	assert_int_equal(page_owner(pfn_to_page(0x13ff)), OWNER_HOLE);
	assert_int_equal(page_owner(pfn_to_page(0x1400)), OWNER_NONE);
}

static void test_unaligned_zones(void **state)
{
	(void)state;
	boot(0x2345000); /* ends inside a block of 1024 */
	assert_int_equal(host_zone(ZONE_NORMAL)->spanned_pages, 0x1345);
	for (unsigned long pfn = 0x2345; pfn < 0x2400; pfn++) {
		assert_int_equal(page_owner(pfn_to_page(pfn)), OWNER_HOLE);
		assert_int_equal(page_zonenum(pfn_to_page(pfn)), ZONE_NORMAL);
		assert_true(PageFlag(pfn_to_page(pfn), PG_reserved));
	}
}

static void test_no_ram(void **state)
{
	(void)state;
	EXPECT_PANIC("initmem_init: no usable RAM", initmem_init());
}

/* ---- W-87 laid out for more than one node ---- */

static void test_zonelists_two_nodes(void **state)
{
	static pg_data_t second;
	struct zone **z;

	(void)state;
	node_data[1] = &second;
	for (int nid = 0; nid < 2; nid++) {
		pg_data_t *node = NODE_DATA(nid);

		node->node_id = nid;
		node->online = true;
		node->node_present_pages = 1;
		for (int t = 0; t < MAX_NR_ZONES; t++) {
			node->node_zones[t].zone_pgdat = node;
			node->node_zones[t].name = zone_names[t];
			node->node_zones[t].populated =
				nid == 0 ? t <= ZONE_NORMAL : t == ZONE_NORMAL || t == ZONE_HIGHMEM;
		}
	}
	build_zonelists(NODE_DATA(1));
	z = NODE_DATA(1)->node_zonelists[0][ZONE_HIGHMEM].zones;
	assert_ptr_equal(z[0], &NODE_DATA(1)->node_zones[ZONE_HIGHMEM]);
	assert_ptr_equal(z[1], &NODE_DATA(1)->node_zones[ZONE_NORMAL]);
	assert_ptr_equal(z[2], &NODE_DATA(0)->node_zones[ZONE_NORMAL]);
	assert_ptr_equal(z[3], &NODE_DATA(0)->node_zones[ZONE_DMA]);
	assert_null(z[4]);
	z = NODE_DATA(1)->node_zonelists[1][ZONE_HIGHMEM].zones;
	assert_ptr_equal(z[1], &NODE_DATA(1)->node_zones[ZONE_NORMAL]);
	assert_null(z[2]);
	z = NODE_DATA(1)->node_zonelists[0][ZONE_DMA].zones;
	assert_ptr_equal(z[0], &NODE_DATA(0)->node_zones[ZONE_DMA]);
	assert_null(z[1]);
}

HOST_MAIN(cmocka_unit_test(test_add_active_range), cmocka_unit_test(test_nodes_apart),
	  cmocka_unit_test(test_table_full), cmocka_unit_test(test_register),
	  cmocka_unit_test(test_add_random), cmocka_unit_test(test_sections),
	  cmocka_unit_test(test_absent), cmocka_unit_test(test_zone_beside_node),
	  cmocka_unit_test(test_present), cmocka_unit_test(test_wait_table),
	  cmocka_unit_test(test_r1), cmocka_unit_test(test_r1_descriptors),
	  cmocka_unit_test(test_r4), cmocka_unit_test(test_r5),
	  cmocka_unit_test(test_ram_starts_high), cmocka_unit_test(test_unaligned_zones),
	  cmocka_unit_test(test_no_ram), cmocka_unit_test(test_zonelists_two_nodes))
