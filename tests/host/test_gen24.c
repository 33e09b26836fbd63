/*
 * The 2.4 generation (N-01 to N-09): the figures of golden-values §3 and §5 from the functions that
 * boot uses, and machines booted on it.
 */
#include "support/host.h"

#include "kernel/stage.h"
#include "mm/bootmem_bitmap.h"
#include "mm/buddy_bitmap.h"
#include "mm/early_node_map.h"
#include "mm/free_all.h"
#include "mm/gen24.h"
#include "mm/memstat.h"
#include "mm/page_alloc_internal.h"
#include "mm/zones.h"
#include "support/boot_zones.h"

#define PG(n) ((u64)(n) << PAGE_SHIFT)

/* M1: the memory of reference machine R1 and of the notes' guest. */
static struct e820entry m1[] = {
	{ 0, 0x9fc00, E820_RAM },
	{ 0x9fc00, 0x400, E820_RESERVED },
	{ 0xf0000, 0x10000, E820_RESERVED },
	{ 0x100000, 0x3FFFE000ull - 0x100000, E820_RAM },
};

/* ---- Figures ---- */

static void expect_sizes(unsigned long low, unsigned long high, unsigned long dma,
			 unsigned long normal, unsigned long highmem)
{
	unsigned long sizes[GEN24_ZONES];

	gen24_zone_sizes(low, high, sizes);
	assert_int_equal(sizes[ZONE_DMA], dma);
	assert_int_equal(sizes[ZONE_NORMAL], normal);
	assert_int_equal(sizes[ZONE_HIGHMEM], highmem);
}

static void test_zone_sizes(void **state)
{
	(void)state;
	expect_sizes(0x38000, 0x3FFFE, 0x1000, 0x37000, 0x7FFE);
	expect_sizes(0xFE0, 0xFE0, 0xFE0, 0, 0); /* R5 */
	expect_sizes(0x1000, 0x1000, 0x1000, 0, 0);
	expect_sizes(0x1001, 0x1001, 0x1000, 1, 0);
	expect_sizes(0x800, 0x1800, 0x800, 0, 0x1000); /* the notes would lose the high part */
}

static void test_watermarks(void **state)
{
	static const struct {
		unsigned long pages, min, low, high;
	} rows[] = {
		{ 4096, 0x20, 0x40, 0x60 },    { 225280, 0xFF, 0x1FE, 0x2FD },
		{ 32766, 0xFF, 0x1FE, 0x2FD }, { 2000, 20, 40, 60 },
		{ 2560, 20, 40, 60 },	       { 32640, 255, 510, 765 },
		{ 32767, 255, 510, 765 },      { 32768, 255, 510, 765 },
		{ 32512, 254, 508, 762 },      { 1, 20, 40, 60 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned long marks[NR_WMARK];

		gen24_watermarks(rows[i].pages, marks);
		assert_int_equal(marks[WMARK_MIN], rows[i].min);
		assert_int_equal(marks[WMARK_LOW], rows[i].low);
		assert_int_equal(marks[WMARK_HIGH], rows[i].high);
	}
}

/* golden-values §3 with the notes' descriptor of 68 bytes. */
static void test_descriptors(void **state)
{
	unsigned long bytes = gen24_map_bytes(0x3FFFE, 68);
	u64 map = gen24_map_start(0x1000000, 68);

	(void)state;
	assert_int_equal(bytes, 0x10FFFBC);
	assert_int_equal(PFN_UP(bytes), 4352);
	assert_true(map == 0x1000010);
	assert_int_equal(map % 68, 0);
	assert_int_equal(map / 68, 246724);
	assert_true(map + 0x1000 * 68 == 0x1044010);  /* Normal */
	assert_true(map + 0x38000 * 68 == 0x1EE0010); /* HighMem */
	assert_true(map + 0x3FFFE * 68 == 0x20FFF88);
	assert_true(map + 0x3FFFE * 68 <= 0x1000000 + bytes);
	/* the one extra descriptor always pays for the alignment */
	for (u64 phys = 0x1000000; phys < 0x1000000 + 68 * 4; phys++) {
		assert_true(gen24_map_start(phys, 68) % 68 == 0);
		assert_true(gen24_map_start(phys, 68) - phys < 68);
	}
	assert_true(gen24_map_start(0x1000000, 32) == 0x1000000);
}

static void test_zonelists(void **state)
{
	static const bool all[GEN24_ZONES] = { true, true, true };
	static const bool dma_only[GEN24_ZONES] = { true, false, false };

	(void)state;
	for (unsigned mask = 0; mask < GEN24_ZONELISTS; mask++) {
		enum zone_type list[GEN24_ZONES];
		int n = gen24_zonelist(mask, all, list);

		if (mask & 1) {
			assert_int_equal(n, 1);
			assert_int_equal(list[0], ZONE_DMA);
		} else if (mask == 2 || mask == 6 || mask == 10 || mask == 14) {
			assert_int_equal(n, 3);
			assert_int_equal(list[0], ZONE_HIGHMEM);
			assert_int_equal(list[1], ZONE_NORMAL);
			assert_int_equal(list[2], ZONE_DMA);
		} else {
			assert_int_equal(n, 2);
			assert_int_equal(list[0], ZONE_NORMAL);
			assert_int_equal(list[1], ZONE_DMA);
		}
		assert_int_equal(gen24_zonelist(mask, dma_only, list), 1);
		assert_int_equal(list[0], ZONE_DMA);
	}
}

static void test_ppro(void **state)
{
	(void)state;
	assert_false(page_kills_ppro(0x6FFFF));
	assert_true(page_kills_ppro(0x70000));
	assert_true(page_kills_ppro(0x7003F));
	assert_false(page_kills_ppro(0x70040));
}

static void test_options(void **state)
{
	(void)state;
	assert_int_equal(parse_mm("2.4"), 0);
	assert_true(mm_gen24);
	assert_true(parse_mm("2.5") < 0);
	assert_true(parse_mm("") < 0);
	assert_int_equal(parse_mm("2.6"), 0);
	assert_false(mm_gen24);
}

/* ---- R1 ---- */

static void expect_blocks(enum zone_type type, const unsigned long blocks[BITMAP_MAX_ORDER])
{
	const struct zone *zone = host_zone(type);

	for (unsigned order = 0; order < BITMAP_MAX_ORDER; order++) {
		assert_int_equal(zone->free_area[order].nr_free, blocks[order]);
		if (order < BITMAP_MAX_ORDER - 1)
			assert_int_equal(pair_maps_set_bits(zone, order), blocks[order]);
	}
}

static const unsigned long high_blocks[] = { 0, 1, 1, 1, 1, 1, 1, 1, 1, 63 };

/* Before mem_init: golden-values §3, the rows of test Q. */
static void test_r1_zones(void **state)
{
	static const unsigned long starts[] = { 0, 0x1000, 0x38000 };
	static const unsigned long sizes[] = { 0x1000, 0x37000, 0x7FFE };
	static const char *const names[] = { "DMA", "Normal", "HighMem" };

	(void)state;
	host_boot_option("mm", "2.4");
	host_boot_to_zones(m1, 4);
	assert_int_equal(NODE_DATA(0)->node_spanned_pages, 0x3FFFE);
	assert_int_equal(NODE_DATA(0)->node_start_pfn, 0);
	assert_int_equal(NODE_DATA(0)->nr_zones, 3);
	assert_int_equal(max_mapnr, 0x3FFFE);
	assert_int_equal(num_physpages, 0x3FFFE);
	assert_int_equal((unsigned long)mem_map % sizeof(struct page), 0);
	assert_ptr_equal(NODE_DATA(0)->node_mem_map, mem_map);
	for (unsigned type = 0; type < 3; type++) {
		const struct zone *zone = host_zone(type);

		assert_int_equal(zone->zone_start_pfn, starts[type]);
		assert_int_equal(zone->spanned_pages, sizes[type]);
		assert_string_equal(zone->name, names[type]);
		assert_int_equal(zone->vm_stat[NR_FREE_PAGES], 0);
		for (unsigned order = 0; order < BITMAP_MAX_ORDER; order++) {
			const struct list_head *list = &zone->free_area[order].free_list[0];

			assert_true(list->next == list && list->prev == list);
		}
		for (unsigned order = 0; order < BITMAP_MAX_ORDER - 1; order++)
			assert_int_equal(pair_maps_set_bits(zone, order), 0);
	}
	for (unsigned long pfn = 0; pfn < 0x3FFFE; pfn += 77)
		assert_true(PageFlag(pfn_to_page(pfn), PG_reserved));
	for (unsigned mask = 0; mask < GEN24_ZONELISTS; mask++)
		assert_ptr_equal(gen24_zonelists[mask].zones[0],
				 host_zone(mask & 1   ? ZONE_DMA
					   : mask & 2 ? ZONE_HIGHMEM
						      : ZONE_NORMAL));
	assert_null(gen24_zonelists[2].zones[3]);
	assert_null(gen24_zonelists[1].zones[1]);
}

struct maps_seen {
	u32 count, bytes, high_bits;
};

static void see_map(void *arg, const struct memstat_pair_map *map)
{
	struct maps_seen *seen = arg;

	assert_true(map->set_bits <= map->pairs && map->pairs <= 8 * map->bytes);
	seen->count++;
	seen->bytes += map->bytes;
	if (!strcmp(map->zone, "HighMem")) {
		assert_int_equal(map->set_bits, high_blocks[map->order]);
		seen->high_bits += map->set_bits;
	}
}

/* The maps as others see them are the 27 of golden-values §4, with the bits of §5.6. */
static void expect_maps_seen(void)
{
	struct maps_seen seen = { 0 };

	memstat_pair_maps(see_map, &seen);
	assert_int_equal(seen.count, 27);
	assert_int_equal(seen.high_bits, 8);
	assert_int_equal(seen.bytes, 32712); /* the sum of the table's column */
}

static void test_r1(void **state)
{
	const struct zone *normal;

	(void)state;
	host_boot_option("mm", "2.4");
	host_boot_map(m1, 4);
	host_boot_finish();
	host_check_pages();
	expect_blocks(ZONE_HIGHMEM, high_blocks);
	expect_maps_seen();
	assert_int_equal(totalhigh_pages, 0x7FFE);
	assert_int_equal(host_zone(ZONE_DMA)->watermark[WMARK_MIN], 0x20);
	assert_int_equal(host_zone(ZONE_HIGHMEM)->watermark[WMARK_HIGH], 0x2FD);
	/* all that was taken above 16 MiB is one run, and ends at last_pos */
	normal = host_zone(ZONE_NORMAL);
	assert_int_equal(normal->vm_stat[NR_FREE_PAGES],
			 0x37000 - (boot_bdata->last_pos - 0x1000 + 1));
	assert_int_equal(totalram_pages, host_zone(ZONE_DMA)->vm_stat[NR_FREE_PAGES] +
						 normal->vm_stat[NR_FREE_PAGES] + 0x7FFE);
	assert_int_equal(host_zone(ZONE_DMA)->pcp.count | normal->pcp.count, 0);
}

/* M1-boot: the notes' own boot reservations, released into the zones (golden-values §5.4, §5.6). */
static void test_m1_boot(void **state)
{
	static const unsigned long dma[] = { 3, 2, 2, 3, 3, 2, 2, 0, 0, 6 };
	static const unsigned long normal[] = { 1, 0, 1, 0, 1, 1, 1, 1, 0, 431 };
	static struct bootmem_data bdata;

	(void)state;
	host_boot_option("mm", "2.4");
	host_boot_to_zones(m1, 4);
	page_alloc_open();
	init_bootmem_core(&bdata, 0x381, 0, 0x38000);
	free_bootmem_core(&bdata, 0, 0x9fc00);
	free_bootmem_core(&bdata, 0x100000, PG(0x38000) - 0x100000);
	reserve_bootmem_core(&bdata, 0, PG(7));
	reserve_bootmem_core(&bdata, 0x100000, PG(0x288));
	reserve_bootmem_core(&bdata, 0x1000000, PG(0x210B - 0x1000));
	totalram_pages = free_all_bootmem_core(&bdata, false, gen24_release);
	assert_int_equal(totalram_pages, 0x36C0C);
	assert_int_equal(host_zone(ZONE_DMA)->vm_stat[NR_FREE_PAGES], 0xD17);
	assert_int_equal(host_zone(ZONE_NORMAL)->vm_stat[NR_FREE_PAGES], 0x35EF5);
	expect_blocks(ZONE_DMA, dma);
	expect_blocks(ZONE_NORMAL, normal);
	gen24_free_highmem();
	expect_blocks(ZONE_HIGHMEM, high_blocks);
	assert_int_equal(totalhigh_pages, 32766);
	assert_int_equal(totalram_pages, 0x3EC0A);
}

/* ---- Other machines ---- */

static void boot_ram(u64 end)
{
	static struct e820entry map[] = { { 0, 0x9fc00, E820_RAM }, { 0x100000, 0, E820_RAM } };

	map[1].size = end - 0x100000;
	host_boot_option("mm", "2.4");
	host_boot_map(map, 2);
	host_boot_finish();
	host_check_pages();
}

static void test_r5(void **state)
{
	(void)state;
	boot_ram(0xFE0000);
	assert_int_equal(host_zone(ZONE_DMA)->spanned_pages, 0xFE0);
	assert_int_equal(host_zone(ZONE_NORMAL)->spanned_pages, 0);
	assert_int_equal(NODE_DATA(0)->nr_zones, 1);
	for (unsigned mask = 0; mask < GEN24_ZONELISTS; mask++) {
		assert_ptr_equal(gen24_zonelists[mask].zones[0], host_zone(ZONE_DMA));
		assert_null(gen24_zonelists[mask].zones[1]);
	}
}

/* Low memory ends inside a block of 512 pages: the pair bits of the edge belong to nobody else. */
static void test_unaligned_zones(void **state)
{
	static struct e820entry map[] = { { 0, 0x9fc00, E820_RAM },
					  { 0x100000, 0x7f03000, E820_RAM } };

	(void)state;
	host_boot_option("mm", "2.4");
	host_boot_option("highmem", "19900K");
	host_boot_map(map, 2);
	host_check_pages();
	assert_int_not_equal(host_zone(ZONE_HIGHMEM)->zone_start_pfn % 512, 0);
	assert_int_equal(totalhigh_pages, 4975);
	assert_true(host_log_has("inside a block of 512 pages"));
}

/* A hole, no RAM below 4 MiB, and nothing at all below 16 MiB. */
static void test_strange_maps(void **state)
{
	static struct e820entry map[] = { { 0x400000, 0x400000, E820_RAM },
					  { 0xC00000, 0x1400000, E820_RAM } };

	(void)state;
	host_boot_option("mm", "2.4");
	host_boot_map(map, 2);
	host_check_pages();
	assert_int_equal(host_zone(ZONE_DMA)->spanned_pages, 0x1000);
	assert_int_equal(host_zone(ZONE_DMA)->present_pages, 0x800);
	assert_int_equal(host_zone(ZONE_NORMAL)->present_pages, 0x1000);
}

static void test_no_dma_ram(void **state)
{
	static struct e820entry map[] = { { 0x1000000, 0x1000000, E820_RAM } };

	(void)state;
	host_boot_option("mm", "2.4");
	host_boot_map(map, 1);
	host_check_pages();
	assert_false(host_zone(ZONE_DMA)->populated);
	assert_ptr_equal(gen24_zonelists[0].zones[0], host_zone(ZONE_NORMAL));
	assert_null(gen24_zonelists[0].zones[1]);
}

/* ---- Allocation: N-14 ---- */

/* A zone serves while it keeps more than the sum of the marks of the zones tried and the request. */
static void test_zone_choice(void **state)
{
	struct zone *normal, *dma;
	unsigned long got = 0;

	(void)state;
	boot_ram(0x1800000);
	normal = host_zone(ZONE_NORMAL);
	dma = host_zone(ZONE_DMA);
	assert_int_equal(normal->watermark[WMARK_LOW], 40);
	while (alloc_pages(GFP_KERNEL, 0, OWNER_TEST) && dma->nr_alloc_pages == 0)
		got++;
	/* Normal stops with low + 1 pages free; DMA then served the one after */
	assert_int_equal(normal->vm_stat[NR_FREE_PAGES], 40 + 1);
	while (alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0, OWNER_TEST))
		got++;
	/* second round: while booting no request may wait, and a quarter of min is kept */
	assert_int_equal(normal->vm_stat[NR_FREE_PAGES], normal->watermark[WMARK_MIN] / 4 + 1);
	assert_true(got > 0x1000);
	host_check_pages();
	assert_null(alloc_pages(GFP_KERNEL | __GFP_NOWARN, 10, OWNER_TEST));
	assert_null(alloc_pages(GFP_KERNEL | __GFP_NOWARN, 9, OWNER_TEST));
}

static u32 random_state = 24;

static u32 random_below(u32 n)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % n;
}

/* Through alloc_pages and __free_pages, with all checks after each hundred steps. */
static void test_random(void **state)
{
	static struct {
		struct page *page;
		unsigned order;
	} held[400];
	unsigned count = 0;
	unsigned long before;

	(void)state;
	boot_ram(0x1800000);
	before = totalram_pages - owner_pages[OWNER_TEST];
	random_state = host_seed(24);
	for (unsigned step = 0; step < 4000; step++) {
		unsigned order = min(random_below(10), random_below(10));

		if (count < ARRAY_SIZE(held) && random_below(2)) {
			struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order,
							OWNER_TEST);

			if (page) {
				held[count].page = page;
				held[count++].order = order;
			}
		} else if (count) {
			unsigned n = random_below(count);

			__free_pages(held[n].page, held[n].order);
			held[n] = held[--count];
		}
		assert_int_equal(host_zone(ZONE_NORMAL)->pcp.count, 0);
		if (step % 100 == 0)
			host_check_pages();
	}
	while (count) {
		count--;
		__free_pages(held[count].page, held[count].order);
	}
	host_check_pages();
	assert_int_equal(host_zone(ZONE_NORMAL)->vm_stat[NR_FREE_PAGES] +
				 host_zone(ZONE_DMA)->vm_stat[NR_FREE_PAGES],
			 before);
}

/* ---- The local page list when memory is short (N-13) ---- */

static struct page *kept;

static unsigned long give_one_back(void)
{
	if (kept)
		__free_pages(kept, 0);
	kept = NULL;
	return 0;
}

static void test_local_page_serves(void **state)
{
	struct page *page, *freed;

	(void)state;
	boot_ram(0x1800000);
	gfp_allowed_mask = ~0u;
	kept = alloc_pages(GFP_KERNEL, 0, OWNER_TEST);
	while (alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0, OWNER_TEST))
		;
	freed = kept;
	set_reclaimer(give_one_back);
	page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0, OWNER_TEST);
	assert_ptr_equal(page, freed);
	set_reclaimer(NULL);
	host_check_pages();
}

/* ---- The record ---- */

static enum stage_status status_of(const char *symbol)
{
	for (unsigned i = 0; i < stage_count(); i++) {
		struct stage_view view;

		stage_get(i, &view);
		if (!strcmp(view.symbol, symbol)) {
			if (view.status == STAGE_NOT_APPLICABLE)
				assert_true(*view.reason);
			return view.status;
		}
	}
	fail_msg("no stage %s", symbol);
	return 0;
}

static const char *const of_24[] = {
	"n_zone_sizes",	 "n_free_area_init_core", "n_watermarks",
	"n_free_areas",	 "n_build_zonelists",	  "n_mem_init",
	"n_free_pages",	 "n_free_pages_ok",	  "n_free_all_bootmem_core",
	"bootmem_alloc",
};
static const char *const of_26[] = { "zone_sizes_init",	    "free_area_init_core",
				     "setup_usemap",	    "build_all_zonelists",
				     "free_one_page_merge", "free_all_memory_core_early" };

static void test_stages_24(void **state)
{
	(void)state;
	boot_ram(0x1800000);
	alloc_pages(GFP_KERNEL, 0, OWNER_TEST);
	for (unsigned i = 0; i < ARRAY_SIZE(of_24); i++)
		assert_int_equal(status_of(of_24[i]), STAGE_DONE);
	assert_int_equal(status_of("n_rmqueue"), STAGE_DONE);
	for (unsigned i = 0; i < ARRAY_SIZE(of_26); i++)
		assert_int_equal(status_of(of_26[i]), STAGE_NOT_APPLICABLE);
}

static void test_stages_26(void **state)
{
	(void)state;
	host_boot_ram(0x1800000);
	for (unsigned i = 0; i < ARRAY_SIZE(of_24); i++)
		assert_int_equal(status_of(of_24[i]), STAGE_NOT_APPLICABLE);
	assert_int_equal(status_of("setup_node_bootmem"), STAGE_NOT_APPLICABLE);
	assert_int_equal(status_of("free_one_page_merge"), STAGE_DONE);
}

HOST_MAIN(cmocka_unit_test(test_zone_sizes), cmocka_unit_test(test_watermarks),
	  cmocka_unit_test(test_descriptors), cmocka_unit_test(test_zonelists),
	  cmocka_unit_test(test_ppro), cmocka_unit_test(test_options),
	  cmocka_unit_test(test_r1_zones), cmocka_unit_test(test_r1),
	  cmocka_unit_test(test_m1_boot), cmocka_unit_test(test_r5),
	  cmocka_unit_test(test_unaligned_zones), cmocka_unit_test(test_strange_maps),
	  cmocka_unit_test(test_no_dma_ram), cmocka_unit_test(test_zone_choice),
	  cmocka_unit_test(test_random), cmocka_unit_test(test_local_page_serves),
	  cmocka_unit_test(test_stages_24), cmocka_unit_test(test_stages_26))
