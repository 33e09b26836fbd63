/*
 * What a request would meet now, zone by zone, and the two indexes of fragmentation (mm/memstat_why.c).
 * Zones are brought into each state by their own words, and the verdict is compared with what the
 * allocator then does.
 */
#include "support/host.h"

#include "mm/gen24.h"
#include "mm/memstat.h"
#include "mm/page_alloc_internal.h"
#include "support/boot_zones.h"

/* ---- Indexes ---- */

static void test_indexes(void **state)
{
	static const struct memstat_free_blocks none = { .orders = 11 };
	static const struct memstat_free_blocks singles = { .orders = 11, .blocks = { 64 } };
	static const struct memstat_free_blocks mixed = { .orders = 11,
							  .blocks = { 4, 2, 0, 1 } }; /* 16 pages */
	static const struct memstat_free_blocks single = { .orders = 11, .blocks = { 1 } };

	(void)state;
	for (u32 order = 0; order < 11; order++) {
		assert_int_equal(memstat_unusable_index(&none, order), 1000);
		assert_int_equal(memstat_extfrag_index(&none, order), 0);
	}
	assert_int_equal(memstat_unusable_index(&singles, 0), 0);
	assert_int_equal(memstat_unusable_index(&singles, 1), 1000);
	assert_int_equal(memstat_extfrag_index(&singles, 0), -1000);
	/* 64 single pages for 2: 1000 - (1000 + 32000) / 64 */
	assert_int_equal(memstat_extfrag_index(&singles, 1), 485);
	/* of 16 pages 4, then 8 lie in blocks that are too small */
	assert_int_equal(memstat_unusable_index(&mixed, 1), 250);
	assert_int_equal(memstat_unusable_index(&mixed, 2), 500);
	assert_int_equal(memstat_unusable_index(&mixed, 3), 500);
	assert_int_equal(memstat_unusable_index(&mixed, 4), 1000);
	assert_int_equal(memstat_extfrag_index(&mixed, 3), -1000);
	assert_int_equal(memstat_extfrag_index(&mixed, 4), 1000 - (1000 + 1000) / 7);
	assert_int_equal(memstat_extfrag_index(&single, 1), 1000 - (1000 + 500));
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(memstat_request_name(MEMSTAT_REQUEST_DMA), "dma");
	assert_string_equal(memstat_request_name(MEMSTAT_REQUEST_HIGH), "highmem");
	assert_string_equal(memstat_verdict_name(MEMSTAT_GIVES), "gives");
	assert_string_equal(memstat_verdict_name(MEMSTAT_KEPT), "kept");
	assert_string_equal(memstat_verdict_name(MEMSTAT_NO_ZONE), "no_zone");
}

/* ---- Requests ---- */

static struct memstat_trial trials[8];
static unsigned tried;

static void keep(void *arg, const struct memstat_trial *trial)
{
	(void)arg;
	assert_true(tried < ARRAY_SIZE(trials));
	trials[tried++] = *trial;
}

static enum memstat_verdict ask(enum memstat_request_kind kind, u32 order)
{
	tried = 0;
	return memstat_request(kind, order, keep, NULL);
}

static void machine(bool gen24)
{
	mm_gen24 = gen24;
	host_boot_option("highmem", "16M");
	host_boot_ram(80ull << 20);
	host_boot_finish();
	open_gfp_allowed_mask();
}

static void expect_zones(unsigned n, const char *first)
{
	assert_int_equal(tried, n);
	assert_string_equal(trials[0].zone, first);
}

static void test_zones_in_turn(void **state)
{
	(void)state;
	assert_int_equal(memstat_orders(), MEMSTAT_ORDERS); /* no zone yet */
	machine(false);
	assert_int_equal(memstat_orders(), MAX_ORDER);
	assert_int_equal(ask(MEMSTAT_REQUEST_HIGH, 0), MEMSTAT_GIVES);
	expect_zones(3, "HighMem");
	assert_string_equal(trials[1].zone, "Normal");
	assert_string_equal(trials[2].zone, "DMA");
	assert_int_equal(ask(MEMSTAT_REQUEST_KERNEL, 3), MEMSTAT_GIVES);
	expect_zones(2, "Normal");
	assert_int_equal(trials[1].kept_pages, host_zone(ZONE_DMA)->lowmem_reserve[ZONE_NORMAL]);
	assert_int_equal(trials[0].free_pages, host_zone(ZONE_NORMAL)->vm_stat[NR_FREE_PAGES]);
	assert_true(trials[0].blocks > 0);
	assert_int_equal(ask(MEMSTAT_REQUEST_DMA, MAX_ORDER - 1), MEMSTAT_GIVES);
	expect_zones(1, "DMA");
}

/* Normal's count of free pages is set so that just this many are above a mark. */
static enum memstat_verdict with_free(struct zone *zone, long free, u32 order)
{
	long kept = zone->vm_stat[NR_FREE_PAGES];

	zone->vm_stat[NR_FREE_PAGES] = free;
	ask(MEMSTAT_REQUEST_KERNEL, order);
	zone->vm_stat[NR_FREE_PAGES] = kept;
	return trials[0].verdict;
}

static void test_marks(void **state)
{
	struct zone *normal, *dma;
	long low, min, kept;

	(void)state;
	machine(false);
	normal = host_zone(ZONE_NORMAL);
	dma = host_zone(ZONE_DMA);
	low = (long)normal->watermark[WMARK_LOW];
	min = (long)normal->watermark[WMARK_MIN];
	assert_true(min < low);
	assert_int_equal(with_free(normal, low + 1, 0), MEMSTAT_GIVES);
	assert_int_equal(with_free(normal, low, 0), MEMSTAT_GIVES_LOW);
	assert_int_equal(with_free(normal, min + 1, 0), MEMSTAT_GIVES_LOW);
	assert_int_equal(with_free(normal, min, 0), MEMSTAT_BELOW_MARK);
	/* the worst of what is tried does not decide: DMA gives */
	assert_int_equal(trials[1].verdict, MEMSTAT_GIVES);

	/* What a zone keeps from requests for the zone above it. */
	kept = (long)dma->lowmem_reserve[ZONE_NORMAL];
	dma->lowmem_reserve[ZONE_NORMAL] = (unsigned long)dma->vm_stat[NR_FREE_PAGES];
	assert_int_equal(ask(MEMSTAT_REQUEST_KERNEL, 0), MEMSTAT_GIVES);
	assert_int_equal(trials[1].verdict, MEMSTAT_KEPT);
	assert_int_equal(ask(MEMSTAT_REQUEST_DMA, 0), MEMSTAT_GIVES); /* its own it gives */
	dma->lowmem_reserve[ZONE_NORMAL] = (unsigned long)kept;
}

/* Every second page of all memory in use: enough is free, but no large block (min is below one of 512). */
static void test_no_block(void **state)
{
	static struct page *pages[20480];
	struct page *block;
	unsigned n = 0;

	(void)state;
	machine(false);
	block = alloc_pages(GFP_DMA, 4, OWNER_TEST);
	while ((pages[n] = alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0, OWNER_TEST)))
		n++;
	for (unsigned i = 0; i < n; i++)
		if (page_to_pfn(pages[i]) & 1)
			__free_pages(pages[i], 0);
	drain_all_pages();
	assert_int_equal(ask(MEMSTAT_REQUEST_KERNEL, 0), MEMSTAT_GIVES);
	assert_true(ask(MEMSTAT_REQUEST_KERNEL, 9) > MEMSTAT_GIVES_LOW);
	assert_int_equal(trials[0].verdict, MEMSTAT_NO_BLOCK);
	assert_int_equal(trials[0].blocks, 0);
	assert_null(alloc_pages(GFP_KERNEL | __GFP_NOWARN, 9, OWNER_TEST));
	for (unsigned i = 0; i < n; i++)
		if (!(page_to_pfn(pages[i]) & 1))
			__free_pages(pages[i], 0);
	__free_pages(block, 4);
	drain_all_pages();
	assert_int_equal(ask(MEMSTAT_REQUEST_KERNEL, 9), MEMSTAT_GIVES);
}

/* One block of the order is there, but what is left in blocks of its size falls below the halved mark. */
static void test_small_blocks(void **state)
{
	struct zone *normal;
	unsigned long singles;
	enum memstat_verdict verdict;

	(void)state;
	machine(false);
	normal = host_zone(ZONE_NORMAL);
	singles = normal->free_area[0].nr_free;
	normal->free_area[0].nr_free = (unsigned long)normal->vm_stat[NR_FREE_PAGES] - 2;
	ask(MEMSTAT_REQUEST_KERNEL, 1);
	verdict = trials[0].verdict;
	normal->free_area[0].nr_free = singles;
	assert_int_equal(verdict, MEMSTAT_SMALL_BLOCKS);
	ask(MEMSTAT_REQUEST_KERNEL, 1);
	assert_int_equal(trials[0].verdict, MEMSTAT_GIVES);
}

/* mm=2.4: the marks of the zones tried so far add up. */
static void test_gen24(void **state)
{
	struct zone *normal, *dma;
	long low, min;

	(void)state;
	machine(true);
	normal = host_zone(ZONE_NORMAL);
	dma = host_zone(ZONE_DMA);
	low = (long)normal->watermark[WMARK_LOW];
	min = (long)normal->watermark[WMARK_MIN];
	assert_int_equal(memstat_orders(), normal->engine->max_order);
	assert_true(memstat_orders() < MAX_ORDER);
	assert_int_equal(with_free(normal, low + 2, 0), MEMSTAT_GIVES);
	assert_int_equal(with_free(normal, low + 1, 0), MEMSTAT_GIVES_LOW);
	assert_int_equal(with_free(normal, min + 2, 0), MEMSTAT_GIVES_LOW);
	assert_int_equal(with_free(normal, min + 1, 0), MEMSTAT_BELOW_MARK);
	assert_int_equal(trials[0].kept_pages, 0);
	assert_int_equal(trials[1].kept_pages, min);
	assert_int_equal(trials[1].min_pages, dma->watermark[WMARK_MIN]);

	/* An order that the engine does not have: there is no block of it. */
	assert_int_equal(ask(MEMSTAT_REQUEST_KERNEL, MAX_ORDER - 1), MEMSTAT_NO_BLOCK);
	assert_int_equal(trials[0].blocks, 0);
}

HOST_MAIN(cmocka_unit_test(test_indexes), cmocka_unit_test(test_names),
	  cmocka_unit_test(test_zones_in_turn), cmocka_unit_test(test_marks),
	  cmocka_unit_test(test_no_block), cmocka_unit_test(test_small_blocks),
	  cmocka_unit_test(test_gen24))
