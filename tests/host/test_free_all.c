/*
 * Release of all free memory (W-97 to W-103) and range arithmetic (W-100): the vectors of the
 * reference machine R1 and of the documents' own figures.
 */
#include "support/host.h"

#include "mm/buddy.h"
#include "mm/e820_setup.h"
#include "mm/early_node_map.h"
#include "mm/free_all.h"
#include "mm/memstat.h"
#include "mm/page_alloc_internal.h"
#include "support/boot_zones.h"

#define R1_END 0x3FFFE000ull

/* ---- W-100 ---- */

static void expect_ranges(const struct range *list, int count, const u64 (*want)[2])
{
	for (int i = 0; i < count; i++) {
		assert_int_equal(list[i].start, want[i][0]);
		assert_int_equal(list[i].end, want[i][1]);
	}
}

/* The vectors of golden-values §7, one after the other on the same list. */
static void test_range_vectors(void **state)
{
	struct range list[8] = { 0 };
	int used = 0;

	(void)state;
	used = add_range(list, 8, used, 0x10, 0x9F);
	used = add_range(list, 8, used, 0x100, 0x3FFFE);
	assert_int_equal(used, 2);

	subtract_range(list, 8, 0x38000, ~0ull);
	expect_ranges(list, 2, (const u64[][2]){ { 0x10, 0x9F }, { 0x100, 0x38000 } });
	/* [0x100 ### 0x381 ----------- 0x38000) */
	subtract_range(list, 8, 0x100, 0x381);
	expect_ranges(list, 2, (const u64[][2]){ { 0x10, 0x9F }, { 0x381, 0x38000 } });
	/* [0x381 --- 0x1000 ### 0x210B --- 0x38000) */
	subtract_range(list, 8, 0x1000, 0x210B);
	expect_ranges(list, 3,
		      (const u64[][2]){ { 0x10, 0x9F }, { 0x381, 0x1000 }, { 0x210B, 0x38000 } });
	subtract_range(list, 8, 0, 0x20);
	assert_int_equal(list[0].start, 0x20);
	subtract_range(list, 8, 0x80, 0x100);
	expect_ranges(list, 1, (const u64[][2]){ { 0x20, 0x80 } });
	subtract_range(list, 8, 0x20, 0x80);
	assert_int_equal(list[0].end, 0);
	assert_int_equal(clean_sort_range(list, 8), 2);
	expect_ranges(list, 2, (const u64[][2]){ { 0x381, 0x1000 }, { 0x210B, 0x38000 } });
}

static void test_range_edges(void **state)
{
	struct range list[2] = { 0 };

	(void)state;
	assert_int_equal(add_range(list, 2, 0, 5, 5), 0);
	assert_int_equal(add_range(list, 2, 0, 10, 100), 1);
	assert_int_equal(add_range(list, 2, 1, 200, 300), 2);
	assert_int_equal(add_range(list, 2, 2, 400, 500), 2); /* full: ignored */

	/* touching is not overlapping */
	subtract_range(list, 2, 100, 200);
	subtract_range(list, 2, 0, 10);
	subtract_range(list, 2, 50, 50);
	expect_ranges(list, 2, (const u64[][2]){ { 10, 100 }, { 200, 300 } });

	/* strictly inside with no record free: the upper part is lost, and said so */
	subtract_range(list, 2, 40, 60);
	expect_ranges(list, 2, (const u64[][2]){ { 10, 40 }, { 200, 300 } });
	assert_true(host_log_has("no record left for [0x3c, 0x64)"));

	/* every record in use: the count is the capacity (2.6.34 would say 0) */
	assert_int_equal(clean_sort_range(list, 2), 2);
	/* one range over several records */
	subtract_range(list, 2, 0, 1000);
	assert_int_equal(clean_sort_range(list, 2), 0);
}

static void test_range_sort(void **state)
{
	struct range list[6] = { { 50, 60 }, { 0, 0 }, { 10, 20 }, { 0, 0 }, { 0, 0 }, { 30, 40 } };

	(void)state;
	assert_int_equal(clean_sort_range(list, 6), 3);
	expect_ranges(list, 3, (const u64[][2]){ { 10, 20 }, { 30, 40 }, { 50, 60 } });
	assert_int_equal(list[3].end | list[4].end | list[5].end, 0);
}

/* ---- W-101: golden-values §10 ---- */

static void expect_batch(unsigned long start, unsigned long end, unsigned long singles,
			 unsigned long blocks)
{
	unsigned long s = released_singles, b = released_blocks;

	__free_pages_memory(start, end);
	assert_int_equal(released_singles - s, singles);
	assert_int_equal(released_blocks - b, blocks);
}

static struct e820entry r1_map[] = {
	{ 0, 0x9fc00, E820_RAM },
	{ 0x9fc00, 0x400, E820_RESERVED },
	{ 0xf0000, 0x10000, E820_RESERVED },
	{ 0x100000, R1_END - 0x100000, E820_RAM },
};

static void test_batches(void **state)
{
	(void)state;
	host_boot_to_zones(r1_map, 4);
	page_alloc_open();
	expect_batch(0x381, 0x1000, 31, 99);
	expect_batch(7, 0x9F, 25 + 31, 3);
	expect_batch(0x121, 0x13F, 30, 0); /* no aligned block inside */
	expect_batch(0x140, 0x160, 0, 1);
	expect_batch(0x160, 0x160, 0, 0);
}

static const unsigned long none[MAX_ORDER];

static void expect_blocks(enum zone_type type, const unsigned long *want)
{
	for (unsigned order = 0; order < MAX_ORDER; order++)
		assert_int_equal(host_zone(type)->free_area[order].nr_free, want[order]);
}

/* golden-values §10: Normal blocks when only [0x1000, 0x210B) is taken; §8: HighMem of R1. */
static void test_block_vectors(void **state)
{
	static const unsigned long normal[MAX_ORDER] = { 1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 215 };
	static const unsigned long high[MAX_ORDER] = { 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 31 };

	(void)state;
	host_boot_to_zones(r1_map, 4);
	page_alloc_open();
	expect_blocks(ZONE_NORMAL, none);
	__free_pages_memory(0x210B, 0x38000);
	expect_blocks(ZONE_NORMAL, normal);
	set_highmem_pages_init();
	expect_blocks(ZONE_HIGHMEM, high);
	assert_int_equal(totalhigh_pages, 32766);
	assert_int_equal(totalram_pages, 32766);
}

/* The result does not depend on the order of freeing: page by page from the top gives the same. */
static void test_order_of_freeing(void **state)
{
	static const unsigned long normal[MAX_ORDER] = { 1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 215 };

	(void)state;
	host_boot_to_zones(r1_map, 4);
	page_alloc_open();
	for (unsigned long pfn = 0x38000; pfn-- > 0x210B;)
		__free_pages_memory(pfn, pfn + 1);
	expect_blocks(ZONE_NORMAL, normal);
}

/* ---- The whole of it ---- */

static unsigned long sum_of_uses(const struct memstat_frames *frames)
{
	unsigned long sum = 0;

	for (u32 i = 0; i < frames->count; i++)
		sum += frames->uses[i].pages;
	return sum;
}

static void test_r1(void **state)
{
	struct memstat_frames frames;
	unsigned long ram;

	(void)state;
	host_boot_map(r1_map, 4);
	assert_int_equal(totalhigh_pages, 32766);
	ram = 0x9e + 0x3FFFE - 0x100;
	assert_int_equal(host_zone(ZONE_HIGHMEM)->vm_stat[NR_FREE_PAGES], 32766);
	assert_int_equal(totalram_pages + owner_pages[OWNER_KERNEL] + owner_pages[OWNER_MEM_MAP] +
				 owner_pages[OWNER_BOOT_ALLOC],
			 ram);
	assert_int_equal(owner_pages[OWNER_KERNEL], 256);
	assert_int_equal(owner_pages[OWNER_MEM_MAP], 2048);
	assert_int_equal(owner_pages[OWNER_NONE], 0);
	memstat_frames(&frames);
	assert_int_equal(frames.ram_pages, ram + 1); /* page 0 is trimmed */
	assert_int_equal(sum_of_uses(&frames), frames.ram_pages);
	host_check_pages();
}

/* Maps that begin, end and break in odd places: every frame in one use, every descriptor right. */
static void expect_whole(void)
{
	static struct memstat_frames frames;

	memstat_frames(&frames);
	assert_int_equal(sum_of_uses(&frames), frames.ram_pages);
	host_check_pages();
	host_boot_finish();
	host_check_pages();
}

static void test_small_map(void **state)
{
	static struct e820entry map[] = { { 0, 0x9fc00, E820_RAM },
					  { 0x100000, 0x700000, E820_RAM } };

	(void)state;
	host_boot_map(map, 2);
	assert_true(page_group_by_mobility_disabled);
	assert_int_equal(totalhigh_pages, 0);
	expect_whole();
}

static void test_holes(void **state)
{
	static struct e820entry map[] = {
		{ 0, 0x9fc00, E820_RAM },
		{ 0x100000, 0x1200000, E820_RAM },
		{ 0x1400000, 0x123000, E820_RAM },
		{ 0x1523000, 0x1000, E820_RESERVED },
		{ 0x1524000, 0x3001800, E820_RAM },
		{ 0x4800800, 0x1000, E820_RAM },
		{ 0x4900000, 0x700000, E820_ACPI },
		{ 0x5000000, 0x1000000, E820_RAM },
		{ 0x100000000, 0x400000, E820_RAM },
	};

	(void)state;
	host_boot_map(map, 9);
	expect_whole();
}

/* High memory from an odd frame on: two zones share a block of 1024 pages. */
static void test_shared_block(void **state)
{
	(void)state;
	host_boot_option("highmem", "10001K");
	host_boot_ram(128ull << 20);
	assert_true(host_zone(ZONE_HIGHMEM)->zone_start_pfn % 1024);
	expect_whole();
}

static void test_options(void **state)
{
	static struct memstat_frames frames;

	(void)state;
	host_boot_option("mem", "32M");
	host_boot_option("memmap", "4M@48M");  /* RAM of the loader's map again */
	host_boot_option("memmap", "2M@127M"); /* half of it beyond the loader's map */
	host_boot_ram(128ull << 20);
	memstat_frames(&frames);
	assert_int_equal(frames.added_by_option_pages, 256);
	assert_string_equal(frames.uses[1].use, "cut_by_option");
	assert_int_equal(frames.uses[1].pages, (96 - 4 - 1) * 256);
	expect_whole();
}

/* Many ranges and few reservations: twice the reservations would be too few records. */
static void test_many_ranges(void **state)
{
	static struct e820entry map[100];

	(void)state;
	map[0] = (struct e820entry){ 0, 0x9fc00, E820_RAM };
	map[1] = (struct e820entry){ 0x100000, 0x1f00000, E820_RAM };
	for (unsigned i = 2; i < 100; i++)
		map[i] = (struct e820entry){ 0x2000000 + i * 0x20000ull, 0x10000, E820_RAM };
	host_boot_map(map, 100);
	assert_int_equal(totalram_pages + owner_pages[OWNER_KERNEL] + owner_pages[OWNER_MEM_MAP] +
				 owner_pages[OWNER_BOOT_ALLOC],
			 0x9e + 0x1f00 + 98 * 16);
	expect_whole();
}

static void test_free_reserved_page(void **state)
{
	unsigned long pfn = (HOST_IMAGE_START >> PAGE_SHIFT) + 5, total, free;

	(void)state;
	host_boot_ram(16ull << 20);
	total = totalram_pages;
	free = (unsigned long)host_zone(ZONE_DMA)->vm_stat[NR_FREE_PAGES];
	free_reserved_page(pfn_to_page(pfn));
	assert_int_equal(owner_pages[OWNER_KERNEL], 255);
	assert_int_equal(totalram_pages, total + 1);
	assert_int_equal(host_zone(ZONE_DMA)->vm_stat[NR_FREE_PAGES], free + 1);
	EXPECT_PANIC("PG_reserved", free_reserved_page(pfn_to_page(pfn)));
	host_check_pages();
}

HOST_MAIN(cmocka_unit_test(test_range_vectors), cmocka_unit_test(test_range_edges),
	  cmocka_unit_test(test_range_sort), cmocka_unit_test(test_batches),
	  cmocka_unit_test(test_block_vectors), cmocka_unit_test(test_order_of_freeing),
	  cmocka_unit_test(test_r1), cmocka_unit_test(test_small_map), cmocka_unit_test(test_holes),
	  cmocka_unit_test(test_shared_block), cmocka_unit_test(test_options),
	  cmocka_unit_test(test_many_ranges), cmocka_unit_test(test_free_reserved_page))
