/*
 * alloc_pages and __free_pages over real zones (W-104 to W-107, W-109, W-121, W-123, W-135).
 *
 * `small` is a machine of 24 MiB with DMA and Normal, mobility grouping forced on; R1 is the
 * reference machine of golden-values §8; `high` has 64 MiB of low and 16 MiB of high memory.
 */
#include "support/host.h"

#include "kernel/lib/list.h"
#include "mm/check_internal.h"
#include "mm/free_all.h"
#include "mm/page_alloc_internal.h"
#include "mm/zonelist.h"
#include "support/boot_zones.h"
#include "support/zones.h"

static void small(void)
{
	host_boot_ram(24ull << 20);
	page_group_by_mobility_disabled = false;
	host_boot_finish();
	open_gfp_allowed_mask();
}

static void high(void)
{
	host_boot_option("highmem", "16M");
	host_boot_ram(80ull << 20);
	host_boot_finish();
	open_gfp_allowed_mask();
}

static struct page *get(gfp_t gfp, unsigned order)
{
	struct page *page = alloc_pages(gfp, order, OWNER_TEST);

	assert_non_null(page);
	return page;
}

/* Nothing may have changed but the order on the lists. */
static unsigned long all_free(void)
{
	return host_free_pages();
}

/* ---- What an allocated block is (mmzone.h) ---- */

static void expect_allocated(const struct page *page, unsigned order)
{
	assert_int_equal(page->_count, 1);
	assert_int_equal(page_order(page), order);
	assert_int_equal(page_owner(page), OWNER_TEST);
	assert_int_equal(page->flags & PAGE_FLAGS_ALL, 0);
	assert_int_equal(page->_mapcount, -1);
	assert_int_equal(page->private | page->index | (unsigned long)page->mapping, 0);
	assert_ptr_equal(page->lru.next, LIST_POISON1);
	assert_ptr_equal(page->lru.prev, LIST_POISON2);
	assert_int_equal(page_to_pfn(page) & ((1ul << order) - 1), 0);
}

static void test_every_order(void **state)
{
	(void)state;
	high();
	for (unsigned order = 0; order < MAX_ORDER; order++) {
		static const gfp_t kinds[] = { GFP_KERNEL,
					       GFP_ATOMIC,
					       GFP_HIGHUSER,
					       GFP_KERNEL | __GFP_MOVABLE,
					       GFP_KERNEL | __GFP_RECLAIMABLE,
					       GFP_KERNEL | __GFP_COLD };

		for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
			unsigned long free = all_free();
			struct page *page = get(kinds[i], order);

			expect_allocated(page, order);
			assert_int_equal(owner_pages[OWNER_TEST], 1ul << order);
			assert_int_equal(all_free(), free - (1ul << order));
			host_check_pages();
			__free_pages(page, order);
			assert_int_equal(owner_pages[OWNER_TEST], 0);
			assert_int_equal(all_free(), free);
		}
	}
	host_check_pages();
	EXPECT_PANIC("MAX_ORDER", alloc_pages(GFP_KERNEL, MAX_ORDER, OWNER_TEST));
}

static void test_zeroed(void **state)
{
	unsigned char *p;

	(void)state;
	small();
	p = __get_free_pages(GFP_KERNEL, 2, OWNER_TEST);
	memset(p, 0xEE, 4 * PAGE_SIZE);
	free_pages(p, 2);
	p = __get_free_pages(GFP_KERNEL | __GFP_ZERO, 2, OWNER_TEST);
	for (unsigned i = 0; i < 4 * PAGE_SIZE; i++)
		assert_int_equal(p[i], 0);
	free_pages(p, 2);
	free_pages(NULL, 0);
	EXPECT_PANIC("__GFP_HIGHMEM", __get_free_pages(GFP_HIGHUSER, 0, OWNER_TEST));
}

/* ---- W-104 ---- */

static void test_references(void **state)
{
	unsigned long free;
	struct page *page;

	(void)state;
	small();
	free = all_free();
	for (unsigned order = 0; order <= 2; order += 2) {
		page = get(GFP_KERNEL, order);
		get_page(page);
		get_page(page);
		host_check_pages();
		__free_pages(page, order);
		__free_pages(page, order);
		assert_int_equal(page->_count, 1);
		assert_int_equal(all_free(), free - (1ul << order));
		host_check_pages();
		__free_pages(page, order);
		assert_int_equal(all_free(), free);
		assert_int_equal(page_extra_refs, 0);
	}
}

static void test_double_free(void **state)
{
	struct page *page, *block;

	(void)state;
	small();
	page = get(GFP_KERNEL, 0);
	__free_pages(page, 0);
	EXPECT_PANIC("freed while its count was 0", __free_pages(page, 0)); /* per-cpu list */
	page->_count = 0;
	EXPECT_PANIC("freed while its count was 0", free_cold_page(page));
	page->_count = 0;
	block = get(GFP_KERNEL, 3);
	EXPECT_PANIC("freed while its count was 0", __free_pages(block + 1, 0)); /* a tail */
	block[1]._count = 0;
	__free_pages(block, 3);
	EXPECT_PANIC("freed while its count was 0", __free_pages(block, 3)); /* buddy list */
	block->_count = 0;
	host_check_pages();
}

static void test_wrong_order(void **state)
{
	struct page *page, *block;

	(void)state;
	small();
	page = get(GFP_KERNEL, 0);
	block = get(GFP_KERNEL, 3);
	EXPECT_PANIC("freed with order 2, allocated with order 0", __free_pages(page, 2));
	EXPECT_PANIC("freed with order 2, allocated with order 3", __free_pages(block, 2));
	EXPECT_PANIC("freed with order 0, allocated with order 3", __free_pages(block, 0));
	host_check_pages();
	__free_pages(page, 0);
	__free_pages(block, 3);
}

/* ---- W-106, W-107 ---- */

static void expect_bad(struct page *block, unsigned order, struct page *odd, const char *what)
{
	unsigned long free = all_free(), bad = bad_pages;
	struct page before = *odd;

	host_log_clear();
	__free_pages(block, order);
	if (bad_pages != bad + 1 || !host_log_has("bad page at frame"))
		fail_msg("%s: the page was freed", what);
	assert_int_equal(all_free(), free);
	assert_int_equal(owner_pages[OWNER_TEST], 1ul << order);
	assert_int_equal(block->_count, 1);
	assert_memory_equal(odd, &before, sizeof(before));
}

static const unsigned forbidden[] = { PG_lru,	 PG_locked,    PG_private,  PG_private_2,
				      PG_buddy,	 PG_writeback, PG_slab,	    PG_swapcache,
				      PG_active, PG_hwpoison,  PG_reserved, PG_unevictable };

/* Each condition alone makes a bad page: of a single page, of a block's head and of a tail. */
static void try_conditions(unsigned order, unsigned long index)
{
	struct page *block = get(GFP_KERNEL, order), *odd = block + index;

	for (unsigned i = 0; i < ARRAY_SIZE(forbidden); i++) {
		SetPageFlag(odd, forbidden[i]);
		expect_bad(block, order, odd, "a flag");
		ClearPageFlag(odd, forbidden[i]);
	}
	if (order) { /* W-105 clears it on single pages */
		SetPageFlag(odd, PG_mlocked);
		expect_bad(block, order, odd, "mlocked");
		ClearPageFlag(odd, PG_mlocked);
	}
	odd->_mapcount = 0;
	expect_bad(block, order, odd, "mapcount 0");
	odd->_mapcount = -2;
	expect_bad(block, order, odd, "mapcount -2");
	odd->_mapcount = -1;
	odd->mapping = (void *)0x1000;
	expect_bad(block, order, odd, "mapping");
	odd->mapping = NULL;
	if (index) {
		odd->_count = 1;
		expect_bad(block, order, odd, "the count of a tail");
		odd->_count = 0;
		set_page_owner(odd, OWNER_HTTP);
		expect_bad(block, order, odd, "the owner of a tail");
		set_page_owner(odd, OWNER_NONE);
		odd->flags |= 1u << PG_NODE_SHIFT;
		expect_bad(block, order, odd, "the node of a tail");
		odd->flags &= ~PG_NODE_MASK;
	}
	__free_pages(block, order);
	assert_int_equal(owner_pages[OWNER_TEST], 0);
	host_check_pages();
}

static void test_bad_pages(void **state)
{
	(void)state;
	small();
	try_conditions(0, 0);
	try_conditions(1, 0);
	try_conditions(1, 1);
	try_conditions(3, 0);
	try_conditions(3, 1);
	try_conditions(3, 7);
	try_conditions(10, 700);
}

/* N-11: a page that boot reserved is not freed. */
static void test_reserved(void **state)
{
	struct page *page;
	unsigned long free;

	(void)state;
	small();
	free = all_free();
	page = pfn_to_page(HOST_IMAGE_START >> PAGE_SHIFT);
	__free_pages(page, 0);
	assert_int_equal(bad_pages, 1);
	assert_int_equal(all_free(), free);
	host_check_pages();
}

/* W-105, W-106: what does not forbid freeing is cleared. */
static void test_remaining_flags(void **state)
{
	struct page *page, *block;

	(void)state;
	small();
	page = get(GFP_KERNEL, 0);
	SetPageFlag(page, PG_referenced);
	SetPageFlag(page, PG_dirty);
	SetPageFlag(page, PG_mlocked);
	page->mapping = (void *)0x1001; /* anonymous */
	__free_pages(page, 0);
	block = get(GFP_KERNEL, 2);
	SetPageFlag(block, PG_dirty);
	SetPageFlag(block + 3, PG_referenced);
	__free_pages(block, 2);
	assert_int_equal(bad_pages, 0);
	host_check_pages();
}

/* ---- W-105, W-123 ---- */

static void drain(void)
{
	drain_all_pages();
	for (enum zone_type t = 0; t < MAX_NR_ZONES; t++)
		assert_int_equal(host_zone(t)->pcp.count, 0);
}

/* Pages freed hot come back first, cold ones last; __GFP_COLD asks for the last. */
static void test_hot_and_cold(void **state)
{
	struct page *a, *b, *c, *p;

	(void)state;
	small();
	host_zone(ZONE_NORMAL)->pcp.high = 100;
	drain();
	a = get(GFP_KERNEL, 0);
	b = get(GFP_KERNEL, 0);
	c = get(GFP_KERNEL, 0);
	drain();
	for (struct page **q = (struct page *[]){ a, b, c, NULL }; *q; q++)
		set_pageblock_migratetype(*q, MIGRATE_UNMOVABLE);
	__free_pages(a, 0);
	__free_pages(b, 0);
	free_cold_page(c);
	p = get(GFP_KERNEL | __GFP_COLD, 0);
	assert_ptr_equal(p, c);
	assert_ptr_equal(get(GFP_KERNEL, 0), b);
	assert_ptr_equal(get(GFP_KERNEL, 0), a);
}

/* At `high`, `batch` pages go back; the boot pageset passes every page on. */
static void test_high_and_batch(void **state)
{
	struct zone *zone;
	struct page *pages[40];

	(void)state;
	host_boot_ram(24ull << 20);
	zone = host_zone(ZONE_NORMAL);
	assert_int_equal(zone->pcp.high, 0);
	assert_int_equal(zone->pcp.batch, 1);
	__free_pages(get(GFP_KERNEL, 0), 0);
	assert_int_equal(zone->pcp.count, 0);

	zone->pcp.high = 30;
	zone->pcp.batch = 5;
	for (unsigned i = 0; i < 40; i++)
		pages[i] = get(GFP_KERNEL, 0);
	assert_int_equal(zone->pcp.count, 0); /* eight refills of 5 */
	for (unsigned i = 0; i < 29; i++) {
		__free_pages(pages[i], 0);
		assert_int_equal(zone->pcp.count, i + 1);
	}
	__free_pages(pages[29], 0);
	assert_int_equal(zone->pcp.count, 25);
	__free_pages(pages[30], 0);
	assert_int_equal(zone->pcp.count, 26);
	get(GFP_KERNEL, 0);
	assert_int_equal(zone->pcp.count, 25);
}

/* Puts n pages on a per-cpu list by hand. */
static void fill_list(struct zone *zone, enum migratetype type, int n)
{
	int before = zone->pcp.batch;

	zone->pcp.batch = n;
	assert_int_equal(rmqueue_bulk(zone, n, type, false), n);
	zone->pcp.batch = before;
}

/*
 * free_pcppages_bulk begins with list 1 and takes one page more from a list for each empty one
 * passed on the way.
 *
 *	lists 0: 3, 1: 0, 2: 6		turn: 1 empty, 2 gives 2; 0 gives 1; 1 empty, 2 gives 2 ...
 */
static void test_round_robin(void **state)
{
	static const int want0[] = { 3, 3, 3, 2, 2, 2, 1, 1, 1, 0 };
	static const int want2[] = { 6, 5, 4, 4, 3, 2, 2, 1, 0, 0 };

	(void)state;
	for (int give = 0; give <= 9; give++) {
		struct zone *zone;

		if (!give)
			small();
		zone = host_zone(ZONE_NORMAL);
		drain();
		fill_list(zone, MIGRATE_UNMOVABLE, 3);
		fill_list(zone, MIGRATE_MOVABLE, 6);
		free_pcppages_bulk(zone, give);
		assert_int_equal(list_count(&zone->pcp.lists[0]), want0[give]);
		assert_int_equal(list_count(&zone->pcp.lists[1]), 0);
		assert_int_equal(list_count(&zone->pcp.lists[2]), want2[give]);
		assert_int_equal(zone->pcp.count, 9 - give);
	}
}

/* W-105: pages of reserve blocks stand on the movable list, of isolated ones on none. */
static void test_types_without_a_list(void **state)
{
	struct zone *zone;
	struct page *page;
	int count;

	(void)state;
	small();
	zone = host_zone(ZONE_NORMAL);
	zone->pcp.high = 100;
	page = get(GFP_KERNEL, 0);
	drain();
	set_pageblock_migratetype(page, MIGRATE_RESERVE);
	__free_pages(page, 0);
	assert_int_equal(zone->pcp.count, 1);
	assert_int_equal(page->private, MIGRATE_RESERVE);
	assert_ptr_equal(zone->pcp.lists[MIGRATE_MOVABLE].next, &page->lru);
	drain();
	page = get(GFP_KERNEL, 0);
	count = zone->pcp.count;
	set_pageblock_migratetype(page, MIGRATE_ISOLATE);
	__free_pages(page, 0);
	assert_int_equal(zone->pcp.count, count);
	assert_int_equal(page_owner(page), OWNER_NONE);
}

/* ---- W-109: zones ---- */

static void test_zones_by_gfp(void **state)
{
	struct page *page;

	(void)state;
	high();
	page = get(GFP_DMA, 0);
	assert_int_equal(page_zonenum(page), ZONE_DMA);
	page = get(GFP_KERNEL, 0);
	assert_int_equal(page_zonenum(page), ZONE_NORMAL);
	page = get(GFP_HIGHUSER, 0);
	assert_int_equal(page_zonenum(page), ZONE_HIGHMEM);
	page = get(GFP_HIGHUSER | __GFP_DMA, 0); /* DMA wins, as in N-07 */
	assert_int_equal(page_zonenum(page), ZONE_DMA);
}

/* Takes whole top-order blocks, then smaller ones, of one kind until it is refused. */
static unsigned long take_all(gfp_t gfp, enum zone_type only)
{
	unsigned long pages = 0;

	for (unsigned order = MAX_ORDER; order-- > 0;) {
		struct page *page;

		while ((page = alloc_pages(gfp | __GFP_NOWARN, order, OWNER_TEST))) {
			assert_true(page_zonenum(page) <= only);
			pages += 1ul << order;
		}
	}
	return pages;
}

/* A kernel request falls back to DMA, never to high memory; each zone stops at its min. */
static void test_fallback_and_min(void **state)
{
	(void)state;
	high();
	take_all(GFP_KERNEL, ZONE_NORMAL);
	for (enum zone_type t = ZONE_DMA; t <= ZONE_NORMAL; t++) {
		struct zone *zone = host_zone(t);
		unsigned long floor = zone->watermark[WMARK_MIN] +
				      zone->lowmem_reserve[ZONE_NORMAL] * (t == ZONE_DMA);

		assert_int_equal(zone->vm_stat[NR_FREE_PAGES], floor);
	}
	assert_int_equal(host_zone(ZONE_HIGHMEM)->vm_stat[NR_FREE_PAGES] +
				 host_zone(ZONE_HIGHMEM)->pcp.count,
			 4096);
	assert_true(zones_below_low());
	/* the DMA zone kept its reserve for those who can use nothing else */
	assert_non_null(alloc_pages(GFP_DMA | __GFP_WAIT, 0, OWNER_TEST));
	host_check_pages();
}

/* min; then half of it for __GFP_HIGH; then a further quarter off for those that cannot wait. */
static void test_reserves_below_min(void **state)
{
	struct zone *zone;
	long min;

	(void)state;
	small();
	zone = host_zone(ZONE_DMA);
	min = (long)zone->watermark[WMARK_MIN];
	assert_true(min > 16);
	take_all(GFP_DMA | __GFP_WAIT, ZONE_DMA);
	assert_int_equal(zone->vm_stat[NR_FREE_PAGES], min);
	take_all(GFP_DMA, ZONE_DMA);
	assert_int_equal(zone->vm_stat[NR_FREE_PAGES], min - min / 4);
	take_all(GFP_DMA | __GFP_HIGH | __GFP_WAIT, ZONE_DMA);
	assert_int_equal(zone->vm_stat[NR_FREE_PAGES], min - min / 2);
	take_all(GFP_DMA | __GFP_HIGH, ZONE_DMA);
	assert_int_equal(zone->vm_stat[NR_FREE_PAGES], min - min / 2 - (min - min / 2) / 4);
	host_check_pages();
}

/*
 * Free pages in blocks too small for the request do not count: with all free memory in single
 * pages there is enough of it, and none for order 1.
 */
static void test_fragmented(void **state)
{
	static struct zone zone;

	(void)state;
	zone.vm_stat[NR_FREE_PAGES] = 100;
	zone.free_area[0].nr_free = 100;
	assert_true(zone_watermark_ok(&zone, 0, 50, ZONE_NORMAL, 0));
	assert_false(zone_watermark_ok(&zone, 1, 50, ZONE_NORMAL, 0));
	zone.free_area[0].nr_free = 60;
	zone.free_area[1].nr_free = 20;
	/* 40 pages in pairs, less one, against half of the mark */
	assert_true(zone_watermark_ok(&zone, 1, 76, ZONE_NORMAL, 0));
	assert_false(zone_watermark_ok(&zone, 1, 78, ZONE_NORMAL, 0));
	assert_false(zone_watermark_ok(&zone, 2, 50, ZONE_NORMAL, 0));
	/* exactly the mark is not enough */
	assert_false(zone_watermark_ok(&zone, 0, 100, ZONE_NORMAL, 0));
	assert_true(zone_watermark_ok(&zone, 0, 99, ZONE_NORMAL, 0));
	zone.lowmem_reserve[ZONE_HIGHMEM] = 10;
	assert_false(zone_watermark_ok(&zone, 0, 99, ZONE_HIGHMEM, 0));
	assert_true(zone_watermark_ok(&zone, 0, 89, ZONE_HIGHMEM, 0));
	assert_true(zone_watermark_ok(&zone, 0, 178, ZONE_HIGHMEM, ALLOC_HIGH));
	assert_true(zone_watermark_ok(&zone, 0, 236, ZONE_HIGHMEM, ALLOC_HIGH | ALLOC_HARDER));
	assert_false(zone_watermark_ok(&zone, 0, 237, ZONE_HIGHMEM, ALLOC_HIGH | ALLOC_HARDER));
}

/* ---- Failure and reclaim ---- */

static unsigned reclaims;
static struct page *to_give_back;

static unsigned long fake_reclaim(void)
{
	reclaims++;
	if (!to_give_back)
		return 0;
	__free_pages(to_give_back, 10);
	to_give_back = NULL;
	return 1024;
}

static void test_reclaim(void **state)
{
	struct page *page;

	(void)state;
	small();
	gfp_allowed_mask &= ~__GFP_WAIT;
	set_reclaimer(fake_reclaim);
	to_give_back = get(GFP_DMA, 10);
	take_all(GFP_DMA | __GFP_HIGH, ZONE_DMA);
	assert_int_equal(reclaims, 0); /* W-121: not before interrupts are on */

	open_gfp_allowed_mask();
	page = alloc_pages(GFP_DMA | GFP_KERNEL, 4, OWNER_TEST);
	assert_non_null(page);
	assert_int_equal(reclaims, 1);
	assert_int_equal(nr_allocstall, 1);
	take_all(GFP_DMA | __GFP_HIGH, ZONE_DMA);
	reclaims = 0;
	assert_null(alloc_pages(GFP_DMA | __GFP_NOWARN, 10, OWNER_TEST));
	assert_int_equal(reclaims, 1); /* once, then NULL */
	assert_ptr_equal(set_reclaimer(NULL), fake_reclaim);
}

static unsigned long recursive_reclaim(void)
{
	reclaims++;
	assert_null(alloc_pages(GFP_DMA | __GFP_NOWARN, 10, OWNER_TEST));
	return 0;
}

static void test_reclaim_does_not_recurse(void **state)
{
	(void)state;
	small();
	set_reclaimer(recursive_reclaim);
	take_all(GFP_DMA | __GFP_HIGH, ZONE_DMA);
	reclaims = 0;
	assert_null(alloc_pages(GFP_DMA | __GFP_NOWARN, 10, OWNER_TEST));
	assert_int_equal(reclaims, 1);
}

/* W-87: with far nodes, the home node below its low mark is reclaimed from, at most once a second. */
static void test_zone_reclaim(void **state)
{
	(void)state;
	small();
	set_reclaimer(fake_reclaim);
	host_cycles = 5000 * 1000;
	zone_reclaim_mode = true;
	__free_pages(get(GFP_DMA, 3), 3);
	assert_int_equal(reclaims, 0); /* enough is free */
	take_all(GFP_DMA, ZONE_DMA);
	reclaims = 0;
	host_cycles += 1000 * 1000;
	alloc_pages(GFP_DMA | __GFP_NOWARN | __GFP_THISNODE, 3, OWNER_TEST);
	assert_int_equal(reclaims, 1);
	alloc_pages(GFP_DMA | __GFP_NOWARN | __GFP_THISNODE, 3, OWNER_TEST);
	assert_int_equal(reclaims, 1); /* the second is not over */
	host_cycles += 1000 * 1000;
	alloc_pages(GFP_DMA | __GFP_NOWARN | __GFP_THISNODE, 3, OWNER_TEST);
	assert_int_equal(reclaims, 2);
	zone_reclaim_mode = false;
	host_cycles += 1000 * 1000;
	alloc_pages(GFP_DMA | __GFP_NOWARN | __GFP_THISNODE, 3, OWNER_TEST);
	assert_int_equal(reclaims, 2);
}

/* A failure is logged with order and gfp, a few times in a period; then a sum of the others. */
static void test_failure_is_logged(void **state)
{
	char line[64];

	(void)state;
	snprintf(line, sizeof(line), "no block of order 7 for owner %d with gfp 0x1", OWNER_TEST);
	small();
	snprintf(line, sizeof(line), "no block of order 7 for owner %d with gfp 0x1", OWNER_TEST);
	host_cycles = 100000000;
	host_log_clear();
	take_all(GFP_DMA | __GFP_HIGH, ZONE_DMA);
	assert_int_equal(host_log_count("no block of order"), 0);
	for (unsigned i = 0; i < 20; i++)
		assert_null(alloc_pages(GFP_DMA, 7, OWNER_TEST));
	assert_int_equal(host_log_count(line), 5);
	host_cycles += 6000000;
	assert_null(alloc_pages(GFP_DMA, 7, OWNER_TEST));
	assert_true(host_log_has("15 more allocations failed"));
	assert_int_equal(host_log_count("no block of order"), 6);
}

static void test_too_early(void **state)
{
	(void)state;
	system_state = PHASE_ZONES;
	EXPECT_PANIC("alloc_pages", alloc_pages(GFP_DMA, 0, OWNER_TEST));
	EXPECT_PANIC("alloc_pages", alloc_pages(GFP_KERNEL, 3, OWNER_TEST));
}

/* ---- Golden values §8 ---- */

static struct e820entry r1_map[] = {
	{ 0, 0x9fc00, E820_RAM },
	{ 0x9fc00, 0x400, E820_RESERVED },
	{ 0xf0000, 0x10000, E820_RESERVED },
	{ 0x100000, 0x3FFFE000ull - 0x100000, E820_RAM },
};

static void expect_marks(enum zone_type type, const unsigned long *marks,
			 const unsigned long *reserve)
{
	for (unsigned i = 0; i < NR_WMARK; i++)
		assert_int_equal(host_zone(type)->watermark[i], marks[i]);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(host_zone(type)->lowmem_reserve[i], reserve[i]);
}

static void expect_pageset(enum zone_type type, int high_pages, int batch)
{
	assert_int_equal(host_zone(type)->pcp.high, high_pages);
	assert_int_equal(host_zone(type)->pcp.batch, batch);
}

static void test_r1_figures(void **state)
{
	(void)state;
	host_boot_map(r1_map, 4);
	for (enum zone_type t = ZONE_DMA; t <= ZONE_HIGHMEM; t++)
		expect_pageset(t, 0, 1);
	host_boot_finish();
	assert_int_equal(host_zone(ZONE_DMA)->present_pages, 3966);
	assert_int_equal(host_zone(ZONE_NORMAL)->present_pages, 223520);
	assert_int_equal(host_zone(ZONE_HIGHMEM)->present_pages, 32510);
	assert_int_equal(min_free_kbytes, 3815);
	expect_marks(ZONE_DMA, (unsigned long[]){ 16, 20, 24 }, (unsigned long[]){ 0, 873, 1000 });
	expect_marks(ZONE_NORMAL, (unsigned long[]){ 936, 1170, 1404 },
		     (unsigned long[]){ 0, 0, 1015 });
	expect_marks(ZONE_HIGHMEM, (unsigned long[]){ 32, 66, 100 }, (unsigned long[]){ 0, 0, 0 });
	expect_pageset(ZONE_DMA, 0, 1);
	expect_pageset(ZONE_NORMAL, 186, 31);
	expect_pageset(ZONE_HIGHMEM, 42, 7);
	assert_false(page_group_by_mobility_disabled);
	assert_int_equal(nr_free_zone_pages(ZONE_NORMAL), 3966 + 223520 - 24 - 1404);
	assert_int_equal(nr_free_zone_pages(ZONE_HIGHMEM), 259996 - 24 - 1404 - 100);
	assert_false(zones_below_low());
	host_check_pages();
}

/* W-135: as many blocks as hold the min watermark, at most two, none with a reserved first page. */
static void test_migrate_reserve(void **state)
{
	unsigned blocks[3] = { 0 };

	(void)state;
	host_boot_map(r1_map, 4);
	host_boot_finish();
	for (unsigned long pfn = 0; pfn < 0x3fc00; pfn += PAGEBLOCK_NR_PAGES) {
		if (get_pageblock_migratetype(pfn_to_page(pfn)) != MIGRATE_RESERVE)
			continue;
		assert_false(PageFlag(pfn_to_page(pfn), PG_reserved));
		blocks[page_zonenum(pfn_to_page(pfn))]++;
	}
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(blocks[i], 1);
		assert_int_equal(host_zone(i)->free_area[10].nr_type[MIGRATE_RESERVE], 1);
	}
	init_per_zone_wmark_min(); /* a second time changes nothing */
	assert_int_equal(host_zone(ZONE_NORMAL)->free_area[10].nr_type[MIGRATE_RESERVE], 1);
	host_check_pages();
}

static void test_r5_figures(void **state)
{
	(void)state;
	host_boot_ram(0xFE0000);
	host_boot_finish();
	assert_true(page_group_by_mobility_disabled);
	assert_int_equal(host_zone(ZONE_DMA)->present_pages, 3934);
	assert_false(host_zone(ZONE_NORMAL)->populated);
	/* kernel requests are served from DMA; high ones too */
	assert_int_equal(page_zonenum(get(GFP_KERNEL, 0)), ZONE_DMA);
	assert_int_equal(page_zonenum(get(GFP_HIGHUSER | __GFP_MOVABLE, 3)), ZONE_DMA);
	host_check_pages();
}

static void test_batchsize(void **state)
{
	static const struct {
		unsigned long present;
		int batch;
	} vectors[] = { { 0, 0 },     { 3966, 0 },    { 8192, 1 }, /* 8 / 4 = 2, 3 -> 2, less 1 */
			{ 32510, 7 }, { 223520, 31 }, { 900000, 31 } };
	struct zone zone = { 0 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(vectors); i++) {
		zone.present_pages = vectors[i].present;
		assert_int_equal(zone_batchsize(&zone), vectors[i].batch);
	}
}

/* ---- A long random run ---- */

#define HELD 400
#define STEPS 12000

static void test_random(void **state)
{
	static struct {
		struct page *page;
		unsigned order;
		u32 mark;
	} held[HELD];
	static const gfp_t kinds[] = { GFP_KERNEL,
				       GFP_ATOMIC,
				       GFP_DMA,
				       GFP_HIGHUSER,
				       GFP_HIGHUSER | __GFP_MOVABLE,
				       GFP_KERNEL | __GFP_RECLAIMABLE,
				       GFP_KERNEL | __GFP_COLD };
	unsigned long pages = 0, free;

	(void)state;
	srand(host_seed(19970312));
	high();
	free = all_free();
	for (unsigned step = 0; step < STEPS + HELD; step++) {
		unsigned i = step < STEPS ? (unsigned)rand() % HELD : step - STEPS;
		struct page *page = held[i].page;

		if (page) {
			if (!PageHighMem(page))
				assert_int_equal(*(u32 *)lowmem_page_address(page), held[i].mark);
			if (held[i].order == 0 && rand() % 4 == 0)
				free_cold_page(page);
			else
				__free_pages(page, held[i].order);
			held[i].page = NULL;
			pages -= 1ul << held[i].order;
		} else if (step < STEPS) {
			unsigned order = rand() % 3 ? 0 : (unsigned)rand() % (rand() % 20 ? 5 : 9);

			page = alloc_pages(kinds[(unsigned)rand() % ARRAY_SIZE(kinds)] |
						   __GFP_NOWARN,
					   order, OWNER_TEST);
			if (!page)
				continue;
			expect_allocated(page, order);
			held[i].page = page;
			held[i].order = order;
			held[i].mark = (u32)rand();
			if (!PageHighMem(page))
				*(u32 *)lowmem_page_address(page) = held[i].mark;
			pages += 1ul << order;
		}
		assert_int_equal(owner_pages[OWNER_TEST], pages);
		host_check_pages();
	}
	assert_int_equal(all_free(), free);
	drain();
	host_check_pages();
}

/* The kernel's own test passes here too, and notices a leak. */
static void test_selftest(void **state)
{
	const char *wrong;

	(void)state;
	high();
	wrong = page_alloc_selftest();
	if (wrong)
		fail_msg("%s", wrong);
	host_zone(ZONE_DMA)->watermark[WMARK_MIN] = 0;
	assert_non_null(page_alloc_selftest());
}

HOST_MAIN(cmocka_unit_test(test_every_order), cmocka_unit_test(test_zeroed),
	  cmocka_unit_test(test_references), cmocka_unit_test(test_double_free),
	  cmocka_unit_test(test_wrong_order), cmocka_unit_test(test_bad_pages),
	  cmocka_unit_test(test_reserved), cmocka_unit_test(test_remaining_flags),
	  cmocka_unit_test(test_hot_and_cold), cmocka_unit_test(test_high_and_batch),
	  cmocka_unit_test(test_round_robin), cmocka_unit_test(test_types_without_a_list),
	  cmocka_unit_test(test_zones_by_gfp), cmocka_unit_test(test_fallback_and_min),
	  cmocka_unit_test(test_reserves_below_min), cmocka_unit_test(test_fragmented),
	  cmocka_unit_test(test_reclaim), cmocka_unit_test(test_zone_reclaim),
	  cmocka_unit_test(test_reclaim_does_not_recurse), cmocka_unit_test(test_failure_is_logged),
	  cmocka_unit_test(test_too_early), cmocka_unit_test(test_r1_figures),
	  cmocka_unit_test(test_migrate_reserve), cmocka_unit_test(test_r5_figures),
	  cmocka_unit_test(test_batchsize), cmocka_unit_test(test_random),
	  cmocka_unit_test(test_selftest))
