/*
 * The coalescing engine of 2.4 (N-06, N-11 to N-14): sizes of the pair bitmaps, the bits after
 * every step, splitting, the edges of zones, and what is fatal.
 *
 *	DMA [0, 0x1000)    Normal [0x1000, 0x2000): all reserved at first, released one test at a time
 */
#include "support/host.h"

#include "kernel/lib/bitops.h"
#include "mm/buddy_bitmap.h"
#include "mm/check_internal.h"
#include "mm/gen24.h"
#include "mm/page_alloc_internal.h"
#include "support/boot_zones.h"

#define BASE 0x1000ul
#define PAGES 0x1000ul

static struct zone *zone;

static void set_up(void)
{
	static struct e820entry map[] = { { 0, 0x9fc00, E820_RAM },
					  { 0x100000, 0x1f00000, E820_RAM } };

	host_boot_option("mm", "2.4");
	host_boot_to_zones(map, 2);
	page_alloc_open();
	zone = host_zone(ZONE_NORMAL);
	assert_int_equal(zone->zone_start_pfn, BASE);
	assert_int_equal(zone->spanned_pages, PAGES);
	assert_ptr_equal(zone->engine, &buddy_bitmap);
	check_make_seal();
}

static struct page *clean(unsigned long pfn, unsigned order)
{
	struct page *page = pfn_to_page(pfn);

	for (unsigned long i = 0; i < 1ul << order; i++) {
		page[i].flags &= PG_PLACE_MASK;
		page[i]._count = 0;
		page[i].lru.next = LIST_POISON1;
		page[i].lru.prev = LIST_POISON2;
	}
	return page;
}

static void give(unsigned long index, unsigned order)
{
	zone->engine->free(zone, clean(BASE + index, order), order, MIGRATE_MOVABLE);
}

static unsigned long take(unsigned order)
{
	struct page *page = zone->engine->take(zone, order, MIGRATE_MOVABLE);

	return page ? page_to_pfn(page) - BASE : ~0ul;
}

static bool pair_bit(unsigned long index, unsigned order)
{
	const struct pair_maps *maps = zone->engine_data;

	return test_bit((BASE + index - maps->base) >> (order + 1), maps->map[order]);
}

static void expect_pairs(void)
{
	static struct memstat_check check;

	memset(&check, 0, sizeof(check));
	check_pairs(&check);
	if (check.disagreements)
		fail_msg("%s at %s: expected %s", check.list[0].what, check.list[0].where,
			 check.list[0].expected);
}

static void expect_only(unsigned long index, unsigned order)
{
	for (unsigned o = 0; o < BITMAP_MAX_ORDER; o++) {
		assert_int_equal(zone->free_area[o].nr_free, o == order);
		if (o < BITMAP_MAX_ORDER - 1)
			assert_int_equal(pair_maps_set_bits(zone, o), o == order);
	}
	assert_true(PageFlag(pfn_to_page(BASE + index), PG_buddy));
	assert_int_equal(pfn_to_page(BASE + index)->private, order);
	expect_pairs();
}

/* ---- N-06 ---- */

/* golden-values §4: every row of the table. */
static void test_map_bytes(void **state)
{
	static const struct {
		unsigned long pages;
		u16 bytes[9];
		u32 pairs[9];
	} rows[] = {
		{ 0x1000,
		  { 0x100, 0x80, 0x40, 0x20, 0x10, 8, 4, 4, 4 },
		  { 2048, 1024, 512, 256, 128, 64, 32, 16, 8 } },
		{ 0x37000,
		  { 0x3700, 0x1B80, 0xDC0, 0x6E0, 0x370, 0x1B8, 0xDC, 0x70, 0x38 },
		  { 112640, 56320, 28160, 14080, 7040, 3520, 1760, 880, 440 } },
		{ 0x7FFE,
		  { 0x800, 0x400, 0x200, 0x100, 0x80, 0x40, 0x20, 0x10, 8 },
		  { 16383, 8192, 4096, 2048, 1024, 512, 256, 128, 64 } },
	};

	(void)state;
	for (unsigned r = 0; r < ARRAY_SIZE(rows); r++) {
		for (unsigned order = 0; order < 9; order++) {
			assert_int_equal(pair_map_bytes(rows[r].pages, order),
					 rows[r].bytes[order]);
			assert_int_equal(pair_count(rows[r].pages, order), rows[r].pairs[order]);
		}
		assert_int_equal(pair_map_bytes(rows[r].pages, 9), 0);
	}
	assert_int_equal(pair_map_bytes(0, 0), 0);
	assert_int_equal(pair_map_bytes(1, 0), 4);
	/* every pair has its bit, whatever the size */
	for (unsigned long pages = 1; pages < 3000; pages++)
		for (unsigned order = 0; order < 9; order++)
			assert_true(pair_map_bytes(pages, order) * 8 >= pair_count(pages, order));
}

/* golden-values §5.6: the primitive and the masks of the notes' appendices. */
static void test_primitives(void **state)
{
	unsigned long map[2] = { 0, 0 }, free = 10;

	(void)state;
	assert_false(__test_and_change_bit(33, map));
	assert_int_equal(map[1], 2);
	assert_int_equal(map[0], 0);
	assert_true(__test_and_change_bit(33, map));
	assert_int_equal(map[1], 0);
	for (unsigned order = 0; order < 3; order++) {
		unsigned long mask = ~0ul << order;

		assert_int_equal((long)mask, -(1l << order));
		free -= mask;
	}
	assert_int_equal(free, 10 + 1 + 2 + 4);
}

/* ---- N-12 ---- */

static void test_merge(void **state)
{
	(void)state;
	set_up();
	give(12, 2);
	assert_true(pair_bit(12, 2));
	expect_only(12, 2);
	give(8, 2);
	assert_false(pair_bit(8, 2));
	assert_true(pair_bit(8, 3));
	expect_only(8, 3);
	assert_int_equal(zone->nr_merge, 1);
	assert_int_equal(take(3), 8);
	assert_int_equal(zone->free_area[3].nr_free, 0);
	assert_false(pair_bit(8, 3));
	expect_pairs();
}

static void test_merges_to_the_top(void **state)
{
	(void)state;
	set_up();
	for (unsigned long i = 0; i < 512; i += 2)
		give(i, 0);
	assert_int_equal(pair_maps_set_bits(zone, 0), 256);
	for (unsigned long i = 511; i < 512; i -= 2)
		give(i, 0);
	expect_only(0, 9);
	give(512, 9); /* the top order has no bit and does not merge */
	assert_int_equal(zone->free_area[9].nr_free, 2);
	for (unsigned order = 0; order < 9; order++)
		assert_int_equal(pair_maps_set_bits(zone, order), 0);
}

/* The last frame of DMA and the first of Normal are no buddies. */
static void test_zone_edge(void **state)
{
	struct zone *dma;

	(void)state;
	set_up();
	dma = host_zone(ZONE_DMA);
	give(0, 9);
	for (unsigned long pfn = BASE - 512; pfn < BASE; pfn++)
		dma->engine->free(dma, clean(pfn, 0), 0, MIGRATE_MOVABLE);
	expect_only(0, 9);
	assert_int_equal(dma->free_area[9].nr_free, 1);
}

static void test_wrong_bit(void **state)
{
	const struct pair_maps *maps;
	static struct memstat_check check;

	(void)state;
	set_up();
	maps = zone->engine_data;
	__test_and_change_bit(8 >> 1, maps->map[0]);
	check_pairs(&check);
	assert_int_equal(check.disagreements, 1);
	assert_string_equal(check.list[0].what, "pair bit");
	assert_non_null(strstr(check.list[0].where, "order 0 pair at 0x01008"));
	EXPECT_PANIC("pair bit of order 0 says that frame 0x1009", give(8, 0));
}

static void test_misaligned(void **state)
{
	(void)state;
	set_up();
	EXPECT_PANIC("idx", give(2, 2));
}

/* ---- N-14 ---- */

/*
 *	order 9  [0 ......................... 512)
 *	taken: the last page; listed: the lower half at each order
 */
static void test_split(void **state)
{
	unsigned long lower = 0;

	(void)state;
	set_up();
	give(0, 9);
	assert_int_equal(take(0), 511);
	assert_int_equal(zone->nr_split, 9);
	for (unsigned order = 9; order-- > 0; lower += 1ul << order) {
		struct page *page = pfn_to_page(BASE + lower);

		assert_int_equal(zone->free_area[order].nr_free, 1);
		assert_true(PageFlag(page, PG_buddy));
		assert_int_equal(page->private, order);
		assert_int_equal(pair_maps_set_bits(zone, order), 1);
	}
	expect_pairs();
	assert_int_equal(pfn_to_page(BASE + 511)->flags & ~PG_PLACE_MASK, 0);
	give(511, 0);
	expect_only(0, 9);
}

static void test_first_list_from_the_order_up(void **state)
{
	(void)state;
	set_up();
	give(0, 6);
	give(256, 3);
	give(264, 3); /* merges with it: one of order 4 */
	assert_int_equal(take(2), 268);
	assert_int_equal(zone->free_area[6].nr_free, 1);
	assert_int_equal(take(5), 32);
	assert_int_equal(take(9), ~0ul);
	assert_int_equal(take(10), ~0ul); /* beyond the engine's orders */
	assert_int_equal(take(6), ~0ul);
	expect_pairs();
}

static void test_type_is_ignored(void **state)
{
	(void)state;
	set_up();
	for (unsigned type = 0; type < MIGRATE_TYPES; type++) {
		zone->engine->free(zone, clean(BASE + 8 * type, 0), 0, type);
		assert_int_equal(zone->free_area[0].nr_type[0], 1);
		assert_non_null(zone->engine->take(zone, 0, MIGRATE_TYPES - 1 - type));
	}
}

/* ---- N-13 ---- */

static void test_local_page(void **state)
{
	(void)state;
	set_up();
	give(100, 0);
	local_pages_begin();
	give(7, 0);  /* kept */
	give(20, 0); /* not the first: goes to the lists */
	assert_int_equal(zone->free_area[0].nr_free, 2);
	assert_int_equal(take(0), 7);
	assert_int_equal(take(0), 20);
	give(8, 2); /* kept, and asked for at another order */
	assert_int_equal(take(0), 100);
	assert_int_equal(take(2), 8);
	give(32, 3);
	assert_int_equal(zone->free_area[3].nr_free, 0);
	EXPECT_PANIC("local_pages.enabled", local_pages_begin());
	local_pages_end(); /* nobody came: it goes to the lists */
	expect_only(32, 3);
	EXPECT_PANIC("local_pages.enabled", local_pages_end());
}

/* ---- N-11 and the checks of N-12 ---- */

static struct page *hold(unsigned long index)
{
	struct page *page = clean(BASE + index, 0);

	page->_count = 1;
	set_page_owner(page, OWNER_TEST);
	owner_pages[OWNER_TEST]++;
	return page;
}

static void test_free_pages(void **state)
{
	struct page *page;

	(void)state;
	set_up();
	/* reserved: left alone, and no word about it */
	page = pfn_to_page(BASE);
	__free_pages(page, 0);
	assert_true(PageFlag(page, PG_reserved));
	assert_int_equal(page->_count, 0);
	assert_false(host_log_has("bad page"));
	/* count 2: only counted down */
	page = hold(8);
	page->_count = 2;
	page_extra_refs = 1;
	__free_pages(page, 0);
	assert_int_equal(zone->vm_stat[NR_FREE_PAGES], 0);
	assert_int_equal(page->_count, 1);
	/* count 1: freed at once, the per-cpu list holds nothing */
	__free_pages(page, 0);
	assert_int_equal(zone->vm_stat[NR_FREE_PAGES], 1);
	assert_int_equal(zone->pcp.count, 0);
	expect_only(8, 0);
}

static void test_bad_pages_are_fatal(void **state)
{
	static const u8 flags[] = { PG_locked,	    PG_lru,	  PG_active,	PG_slab,
				    PG_private,	    PG_writeback, PG_swapcache, PG_buddy,
				    PG_unevictable, PG_hwpoison };

	(void)state;
	set_up();
	for (unsigned i = 0; i < ARRAY_SIZE(flags); i++) {
		struct page *page = hold(2 * i);

		SetPageFlag(page, flags[i]);
		EXPECT_PANIC("flags", __free_pages(page, 0));
	}
	hold(100)->mapping = &zone;
	EXPECT_PANIC("mapping", __free_pages(pfn_to_page(BASE + 100), 0));
	hold(102)->_mapcount = 0;
	EXPECT_PANIC("mapcount", __free_pages(pfn_to_page(BASE + 102), 0));
	/* referenced and dirty are cleared */
	hold(104)->flags |= 1u << PG_referenced | 1u << PG_dirty;
	__free_pages(pfn_to_page(BASE + 104), 0);
	assert_int_equal(zone->vm_stat[NR_FREE_PAGES], 1);
	assert_int_equal(pfn_to_page(BASE + 104)->flags & ~PG_PLACE_MASK, 1u << PG_buddy);
}

/* ---- Long runs against a model ---- */

static u32 random_state;

static u32 random_below(u32 n)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % n;
}

struct held {
	unsigned long index;
	unsigned order;
};

static u8 in_use[PAGES]; /* the model: which pages are handed out */

static void model_mark(const struct held *h, u8 from)
{
	assert_int_equal(h->index % (1ul << h->order), 0);
	assert_true(h->index + (1ul << h->order) <= PAGES);
	for (unsigned long i = 0; i < 1ul << h->order; i++) {
		assert_int_equal(in_use[h->index + i], from);
		in_use[h->index + i] = !from;
	}
}

/* True if the model has an aligned free block of this order: then the engine must give one. */
static bool model_has(unsigned order)
{
	for (unsigned long i = 0; i < PAGES; i += 1ul << order)
		if (!memchr(in_use + i, 1, 1ul << order))
			return true;
	return false;
}

static void random_run(u32 seed)
{
	static struct held held[PAGES];
	unsigned long free = PAGES, count = 0;

	random_state = seed;
	for (unsigned step = 0; step < 1500; step++) {
		unsigned order = min(random_below(11), random_below(11));

		if (random_below(100) < (step % 500 < 250 ? 60u : 40u)) {
			struct held h = { take(order), order };

			if (h.index == ~0ul) {
				assert_true(order > 9 || !model_has(order));
				continue;
			}
			model_mark(&h, 0);
			held[count++] = h;
			free -= 1ul << order;
		} else if (count) {
			unsigned n = random_below((u32)count);
			struct held h = held[n];

			held[n] = held[--count];
			model_mark(&h, 1);
			give(h.index, h.order);
			free += 1ul << h.order;
		}
		expect_pairs();
		for (unsigned o = 0, sum = 0; o < BITMAP_MAX_ORDER; o++) {
			sum += zone->free_area[o].nr_free << o;
			if (o == BITMAP_MAX_ORDER - 1)
				assert_int_equal(sum, free);
		}
	}
	while (count) {
		model_mark(&held[--count], 1);
		give(held[count].index, held[count].order);
	}
	assert_int_equal(zone->free_area[9].nr_free, PAGES / 512);
	for (unsigned o = 0; o < 9; o++)
		assert_int_equal(zone->free_area[o].nr_free | pair_maps_set_bits(zone, o), 0);
}

static void test_random(void **state)
{
	(void)state;
	set_up();
	for (unsigned long i = 0; i < PAGES; i += 512)
		give(i, 9);
	for (u32 i = 0, seed = host_seed(1); i < 4; i++)
		random_run(seed + i);
}

HOST_MAIN(cmocka_unit_test(test_map_bytes), cmocka_unit_test(test_primitives),
	  cmocka_unit_test(test_merge), cmocka_unit_test(test_merges_to_the_top),
	  cmocka_unit_test(test_zone_edge), cmocka_unit_test(test_wrong_bit),
	  cmocka_unit_test(test_misaligned), cmocka_unit_test(test_split),
	  cmocka_unit_test(test_first_list_from_the_order_up),
	  cmocka_unit_test(test_type_is_ignored), cmocka_unit_test(test_local_page),
	  cmocka_unit_test(test_free_pages), cmocka_unit_test(test_bad_pages_are_fatal),
	  cmocka_unit_test(test_random))
