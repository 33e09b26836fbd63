/*
 * The coalescing engine of 2.6.34 by itself (W-80, W-108, W-109): take and free on ZONE_NORMAL of a
 * small machine whose pages are released to it one test at a time.
 *
 *	DMA [1, 0x1000)    Normal [0x1000, 0x2000): four blocks of 1024 pages, at first all reserved
 */
#include "support/host.h"

#include "mm/check_internal.h"
#include "mm/free_all.h"
#include "mm/page_alloc_internal.h"
#include "support/boot_zones.h"

#define BASE 0x1000ul /* first page of the zone, a multiple of 2048 */

static struct zone *zone;

static void set_up(void)
{
	static struct e820entry map[] = { { 0, 0x9fc00, E820_RAM },
					  { 0x100000, 0x1f00000, E820_RAM } };

	host_boot_to_zones(map, 2);
	page_alloc_open();
	zone = host_zone(ZONE_NORMAL);
	assert_int_equal(zone->zone_start_pfn, BASE);
	assert_int_equal(zone->spanned_pages, 0x1000);
	page_group_by_mobility_disabled = false;
	for (unsigned long pfn = BASE; pfn < BASE + 0x1000; pfn += PAGEBLOCK_NR_PAGES)
		set_pageblock_migratetype(pfn_to_page(pfn), MIGRATE_MOVABLE);
}

/* The descriptors of a block as take() returns them. */
static struct page *clean(unsigned long index, unsigned order)
{
	struct page *page = pfn_to_page(BASE + index);

	for (unsigned long i = 0; i < 1ul << order; i++) {
		page[i].flags &= PG_PLACE_MASK;
		page[i]._count = 0;
		page[i].lru.next = LIST_POISON1;
		page[i].lru.prev = LIST_POISON2;
	}
	return page;
}

static void give(unsigned long index, unsigned order, enum migratetype type)
{
	zone->engine->free(zone, clean(index, order), order, type);
}

static unsigned long take(unsigned order, enum migratetype type)
{
	struct page *page = zone->engine->take(zone, order, type);

	return page ? page_to_pfn(page) - BASE : ~0ul;
}

/* The only block on the lists is this one. */
static void expect_only(unsigned long index, unsigned order, enum migratetype type)
{
	struct page *page = pfn_to_page(BASE + index);

	for (unsigned o = 0; o < MAX_ORDER; o++) {
		assert_int_equal(zone->free_area[o].nr_free, o == order);
		for (unsigned t = 0; t < MIGRATE_TYPES; t++)
			assert_int_equal(zone->free_area[o].nr_type[t], o == order && t == type);
	}
	assert_true(PageFlag(page, PG_buddy));
	assert_int_equal(page->private, order);
	assert_int_equal(page->index, type);
	assert_ptr_equal(zone->free_area[order].free_list[type].next, &page->lru);
}

/* ---- W-108 ---- */

/* golden-values §10: index 12 of order 2 has the buddy 8, index 8 the buddy 12; combined 8. */
static void test_buddy_vectors(void **state)
{
	(void)state;
	set_up();
	give(12, 2, MIGRATE_MOVABLE);
	expect_only(12, 2, MIGRATE_MOVABLE);
	give(8, 2, MIGRATE_MOVABLE);
	expect_only(8, 3, MIGRATE_MOVABLE);
	assert_false(PageFlag(pfn_to_page(BASE + 12), PG_buddy));
	assert_int_equal(take(3, MIGRATE_MOVABLE), 8);
	give(8, 2, MIGRATE_MOVABLE);
	give(12, 2, MIGRATE_MOVABLE); /* the other way round */
	expect_only(8, 3, MIGRATE_MOVABLE);
}

/* [0 1 2 .. 1023] freed one by one, in an order that merges late, ends as one block. */
static void test_merges_to_the_top(void **state)
{
	(void)state;
	set_up();
	for (unsigned long i = 0; i < 1024; i += 2)
		give(i, 0, MIGRATE_MOVABLE);
	assert_int_equal(zone->free_area[0].nr_free, 512);
	for (unsigned long i = 1023; i < 1024; i -= 2)
		give(i, 0, MIGRATE_MOVABLE);
	expect_only(0, 10, MIGRATE_MOVABLE);
	/* the top order does not merge: its buddy [1024, 2048) stays a block of its own */
	give(1024, 10, MIGRATE_MOVABLE);
	assert_int_equal(zone->free_area[10].nr_free, 2);
}

/* A block merges with a buddy of another type; the list is that of the page freed last. */
static void test_merge_ignores_type(void **state)
{
	(void)state;
	set_up();
	give(0, 4, MIGRATE_UNMOVABLE);
	give(16, 4, MIGRATE_RECLAIMABLE);
	expect_only(0, 5, MIGRATE_RECLAIMABLE);
}

/* W-108 page_is_buddy: each condition alone keeps two neighbours apart. */
static void expect_apart(void (*spoil)(struct page *buddy), const char *what)
{
	struct page *buddy = pfn_to_page(BASE + 16);
	struct list_head links;
	struct page saved;

	give(16, 4, MIGRATE_MOVABLE);
	saved = *buddy;
	spoil(buddy);
	give(0, 4, MIGRATE_MOVABLE);
	if (pfn_to_page(BASE)->private != 4)
		fail_msg("merged with a buddy although: %s", what);
	links = buddy->lru;
	*buddy = saved;
	buddy->lru = links;
	assert_int_not_equal(take(4, MIGRATE_MOVABLE), ~0ul);
	assert_int_not_equal(take(4, MIGRATE_MOVABLE), ~0ul);
	assert_int_equal(zone->free_area[4].nr_free, 0);
}

static void spoil_hole(struct page *buddy)
{
	buddy->flags = (buddy->flags & PG_PLACE_MASK) | 1u << PG_reserved;
}

static void spoil_zone(struct page *buddy)
{
	buddy->flags = (buddy->flags & ~PG_ZONE_MASK) | (u32)ZONE_DMA << PG_ZONE_SHIFT;
}

static void spoil_node(struct page *buddy)
{
	buddy->flags |= 1u << PG_NODE_SHIFT;
}

static void spoil_mark(struct page *buddy)
{
	ClearPageFlag(buddy, PG_buddy);
}

static void spoil_order(struct page *buddy)
{
	buddy->private = 3;
}

static void spoil_count(struct page *buddy)
{
	buddy->_count = 1;
}

static void test_page_is_buddy(void **state)
{
	(void)state;
	set_up();
	expect_apart(spoil_hole, "it is a hole");
	expect_apart(spoil_zone, "it is in another zone");
	expect_apart(spoil_node, "it is on another node");
	expect_apart(spoil_mark, "it is not free");
	expect_apart(spoil_order, "it is of another order");
	expect_apart(spoil_count, "somebody holds it");
}

/* The last page of DMA and the first of Normal touch, but are no buddies of any order. */
static void test_zone_edge(void **state)
{
	struct zone *dma;

	(void)state;
	set_up();
	dma = host_zone(ZONE_DMA);
	give(0, 10, MIGRATE_MOVABLE);
	for (unsigned long pfn = BASE - 1024; pfn < BASE; pfn++)
		dma->engine->free(dma, clean(pfn - BASE, 0), 0, MIGRATE_MOVABLE);
	expect_only(0, 10, MIGRATE_MOVABLE);
	assert_int_equal(dma->free_area[10].nr_free, 1);
}

/* ---- W-109: splitting ---- */

/*
 *	order 10  [0 .......................................... 1024)
 *	page 0 taken: [1) [2) [4) ... [512) are left, one of each order
 */
static void test_split(void **state)
{
	(void)state;
	set_up();
	give(0, 10, MIGRATE_UNMOVABLE);
	assert_int_equal(take(0, MIGRATE_UNMOVABLE), 0);
	assert_int_equal(zone->nr_split, 10);
	for (unsigned o = 0; o < 10; o++) {
		struct page *half = pfn_to_page(BASE + (1ul << o));

		assert_int_equal(zone->free_area[o].nr_free, 1);
		assert_int_equal(zone->free_area[o].nr_type[MIGRATE_UNMOVABLE], 1);
		assert_true(PageFlag(half, PG_buddy));
		assert_int_equal(half->private, o);
	}
	assert_int_equal(zone->free_area[10].nr_free, 0);
	/* what is taken is clean */
	assert_int_equal(pfn_to_page(BASE)->flags & ~PG_PLACE_MASK, 0);
	assert_int_equal(pfn_to_page(BASE)->private, 0);
	assert_ptr_equal(pfn_to_page(BASE)->lru.next, LIST_POISON1);
	/* and giving it back makes one block again */
	give(0, 0, MIGRATE_UNMOVABLE);
	expect_only(0, 10, MIGRATE_UNMOVABLE);
}

static void test_smallest_sufficient(void **state)
{
	(void)state;
	set_up();
	give(0, 6, MIGRATE_MOVABLE);
	give(512, 3, MIGRATE_MOVABLE);
	assert_int_equal(take(2, MIGRATE_MOVABLE), 512);
	assert_int_equal(zone->free_area[6].nr_free, 1);
	assert_int_equal(take(4, MIGRATE_MOVABLE), 0);
}

/* The block freed last is handed out first. */
static void test_head_of_list(void **state)
{
	(void)state;
	set_up();
	give(0, 1, MIGRATE_MOVABLE);
	give(8, 1, MIGRATE_MOVABLE);
	assert_int_equal(take(1, MIGRATE_MOVABLE), 8);
	assert_int_equal(take(1, MIGRATE_MOVABLE), 0);
	assert_int_equal(take(1, MIGRATE_MOVABLE), ~0ul);
}

static void test_nothing_left(void **state)
{
	(void)state;
	set_up();
	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		assert_int_equal(take(0, type), ~0ul);
	give(0, 3, MIGRATE_MOVABLE);
	assert_int_equal(take(4, MIGRATE_MOVABLE), ~0ul);
	assert_int_equal(take(10, MIGRATE_UNMOVABLE), ~0ul);
	expect_only(0, 3, MIGRATE_MOVABLE);
}

/* ---- W-109: fallback ---- */

static void test_fallback_order(void **state)
{
	static const u8 want[MIGRATE_PCPTYPES][4] = {
		[MIGRATE_UNMOVABLE] = { 0, 1, 2, 3 },
		[MIGRATE_RECLAIMABLE] = { 1, 0, 2, 3 },
		[MIGRATE_MOVABLE] = { 2, 1, 0, 3 },
	};

	(void)state;
	set_up();
	for (unsigned type = 0; type < MIGRATE_PCPTYPES; type++) {
		/* blocks of order 2 in four different 1024-page blocks: nothing merges */
		for (unsigned t = 0; t < 4; t++)
			give(t * 1024, 2, t);
		for (unsigned n = 0; n < 4; n++)
			assert_int_equal(take(2, type), want[type][n] * 1024ul);
	}
	assert_int_equal(zone->nr_fallback, 6);
}

/* The largest block of the other type is robbed, not the smallest sufficient one. */
static void test_fallback_takes_the_largest(void **state)
{
	(void)state;
	set_up();
	give(0, 2, MIGRATE_MOVABLE);
	give(1024, 4, MIGRATE_MOVABLE);
	assert_int_equal(take(1, MIGRATE_UNMOVABLE), 1024);
	/* below order 5 what is left stays with the type that was robbed */
	assert_int_equal(zone->free_area[3].nr_type[MIGRATE_MOVABLE], 1);
	assert_int_equal(zone->free_area[1].nr_type[MIGRATE_MOVABLE], 1);
	assert_int_equal(get_pageblock_migratetype(pfn_to_page(BASE + 1024)), MIGRATE_MOVABLE);
}

/* From order 5 up all free pages of the block change sides, and the block itself at one half. */
static void test_fallback_steals_the_block(void **state)
{
	(void)state;
	set_up();
	give(0, 9, MIGRATE_MOVABLE); /* 512 pages: half */
	assert_int_equal(take(0, MIGRATE_UNMOVABLE), 0);
	assert_int_equal(get_pageblock_migratetype(pfn_to_page(BASE)), MIGRATE_UNMOVABLE);
	for (unsigned o = 0; o < 9; o++)
		assert_int_equal(zone->free_area[o].nr_type[MIGRATE_UNMOVABLE], 1);

	give(1024, 8, MIGRATE_MOVABLE); /* 256 + 128 pages: less than half */
	give(1024 + 512, 7, MIGRATE_MOVABLE);
	while (take(0, MIGRATE_UNMOVABLE) < 1024)
		;
	assert_int_equal(get_pageblock_migratetype(pfn_to_page(BASE + 1024)), MIGRATE_MOVABLE);
	assert_int_equal(zone->free_area[7].nr_type[MIGRATE_UNMOVABLE], 2);
	assert_int_equal(zone->free_area[7].nr_type[MIGRATE_MOVABLE], 0);
}

/* Reclaimable requests steal at any order. */
static void test_reclaimable_is_aggressive(void **state)
{
	(void)state;
	set_up();
	give(0, 2, MIGRATE_MOVABLE);
	give(8, 1, MIGRATE_MOVABLE);
	assert_int_equal(take(0, MIGRATE_RECLAIMABLE), 0);
	assert_int_equal(zone->free_area[1].nr_type[MIGRATE_RECLAIMABLE], 2);
	assert_int_equal(zone->free_area[1].nr_type[MIGRATE_MOVABLE], 0);
	assert_int_equal(get_pageblock_migratetype(pfn_to_page(BASE)), MIGRATE_MOVABLE);
}

/* With mobility grouping off the whole block changes whatever its size. */
static void test_mobility_off(void **state)
{
	(void)state;
	set_up();
	page_group_by_mobility_disabled = true;
	give(0, 2, MIGRATE_MOVABLE);
	assert_int_equal(take(0, MIGRATE_UNMOVABLE), 0);
	assert_int_equal(get_pageblock_migratetype(pfn_to_page(BASE)), MIGRATE_UNMOVABLE);
	assert_int_equal(zone->free_area[1].nr_type[MIGRATE_UNMOVABLE], 1);
}

/* The reserve is used last and is not robbed: what is left of it stays reserve. */
static void test_reserve_comes_last(void **state)
{
	(void)state;
	set_up();
	give(0, 10, MIGRATE_RESERVE);
	give(1024, 0, MIGRATE_RECLAIMABLE);
	assert_int_equal(take(0, MIGRATE_MOVABLE), 1024);
	assert_int_equal(take(0, MIGRATE_MOVABLE), 0);
	for (unsigned o = 0; o < 10; o++)
		assert_int_equal(zone->free_area[o].nr_type[MIGRATE_RESERVE], 1);
}

static void test_isolated_is_not_given(void **state)
{
	(void)state;
	set_up();
	give(0, 10, MIGRATE_ISOLATE);
	for (unsigned type = 0; type < MIGRATE_PCPTYPES; type++)
		assert_int_equal(take(0, type), ~0ul);
	expect_only(0, 10, MIGRATE_ISOLATE);
	assert_int_equal(take(0, MIGRATE_ISOLATE), 0);
}

/* ---- W-78: types of blocks ---- */

static void test_block_types(void **state)
{
	(void)state;
	set_up();
	assert_int_equal(usemap_size(1, 4095), 4); /* golden-values §8 */
	assert_int_equal(usemap_size(0x1000, 225280), 84);
	assert_int_equal(usemap_size(0x38000, 32766), 12);
	assert_int_equal(usemap_size(0, 0), 0);
	assert_int_equal(usemap_size(1023, 2), 4);

	for (unsigned seed = 0; seed < 5; seed++) {
		for (unsigned b = 0; b < 4; b++)
			set_pageblock_migratetype(pfn_to_page(BASE + b * 1024 + 77),
						  (b + seed) % MIGRATE_TYPES);
		for (unsigned b = 0; b < 4; b++) {
			unsigned long pfn = BASE + b * 1024 + 1023;

			assert_int_equal(get_pageblock_migratetype(pfn_to_page(pfn)),
					 (b + seed) % MIGRATE_TYPES);
			assert_int_equal(pageblock_bits(zone->pageblock_flags, BASE, pfn),
					 (b + seed) % MIGRATE_TYPES);
		}
	}
	EXPECT_PANIC("MIGRATE_TYPES", set_pageblock_migratetype(pfn_to_page(BASE), MIGRATE_TYPES));
	page_group_by_mobility_disabled = true;
	set_pageblock_migratetype(pfn_to_page(BASE), MIGRATE_MOVABLE);
	assert_int_equal(get_pageblock_migratetype(pfn_to_page(BASE)), MIGRATE_UNMOVABLE);
}

/* The 11th block's three bits lie in two words. */
static void test_block_type_across_words(void **state)
{
	unsigned long flags[2] = { 0xC0000000ul, 1 };

	(void)state;
	assert_int_equal(pageblock_bits(flags, 0, 10 * 1024), 7);
	flags[1] = 0;
	assert_int_equal(pageblock_bits(flags, 0, 10 * 1024), 3);
	assert_int_equal(pageblock_bits(flags, 5, 10 * 1024), 3); /* counted from block 0 */
	assert_int_equal(pageblock_bits(flags, 0, 9 * 1024), 0);
}

/* ---- A long random run against a simple model ---- */

#define PAGES 4096
#define STEPS 20000

static bool used[PAGES]; /* the model: which pages are handed out */

static bool model_has_room(unsigned order)
{
	unsigned long size = 1ul << order;

	for (unsigned long i = 0; i < PAGES; i += size) {
		unsigned long n = 0;

		while (n < size && !used[i + n])
			n++;
		if (n == size)
			return true;
	}
	return false;
}

static void model_set(unsigned long index, unsigned order, bool value)
{
	for (unsigned long i = 0; i < 1ul << order; i++) {
		assert_int_equal(used[index + i], !value);
		used[index + i] = value;
	}
}

/* Lists, marks and counters agree, and no pair of free buddies was left unmerged. */
static void check_engine(void)
{
	unsigned long free = 0, want = 0;

	for (unsigned o = 0; o < MAX_ORDER; o++) {
		unsigned long blocks = 0;

		for (unsigned t = 0; t < MIGRATE_TYPES; t++) {
			struct page *page;
			unsigned long n = 0;

			list_for_each_entry(page, &zone->free_area[o].free_list[t], lru) {
				unsigned long index = page_to_pfn(page) - BASE;
				struct page *buddy = pfn_to_page(BASE + (index ^ (1ul << o)));

				assert_int_equal(page->private, o);
				assert_int_equal(page->index, t);
				assert_false(index & ((1ul << o) - 1));
				assert_true(o == MAX_ORDER - 1 || !PageFlag(buddy, PG_buddy) ||
					    buddy->private != o);
				n++;
			}
			assert_int_equal(n, zone->free_area[o].nr_type[t]);
			blocks += n;
		}
		assert_int_equal(blocks, zone->free_area[o].nr_free);
		free += blocks << o;
	}
	for (unsigned long i = 0; i < PAGES; i++)
		want += !used[i];
	assert_int_equal(free, want);
}

static void test_random(void **state)
{
	static struct {
		unsigned long index;
		u8 order;
	} held[PAGES];
	unsigned long count = 0, refused = 0;

	(void)state;
	srand(host_seed(20100516));
	set_up();
	memset(used, 1, sizeof(used));
	for (unsigned long i = 0; i < PAGES; i += 1024) {
		give(i, 10, MIGRATE_MOVABLE);
		model_set(i, 10, false);
	}
	for (unsigned step = 0; step < STEPS; step++) {
		/* phases of growth and of release */
		if (count && rand() % 100 < (step / 2000 % 2 ? 70 : 35)) {
			unsigned long i = (unsigned long)rand() % count;

			model_set(held[i].index, held[i].order, false);
			zone->engine->free(
				zone, pfn_to_page(BASE + held[i].index), held[i].order,
				get_pageblock_migratetype(pfn_to_page(BASE + held[i].index)));
			held[i] = held[--count];
		} else {
			unsigned order = rand() % 16 ? (unsigned)rand() % 4 : (unsigned)rand() % 11;
			unsigned long index = take(order, (unsigned)rand() % MIGRATE_PCPTYPES);

			if (index == ~0ul) {
				assert_false(model_has_room(order));
				refused++;
				continue;
			}
			assert_false(index & ((1ul << order) - 1));
			model_set(index, order, true);
			held[count].index = index;
			held[count++].order = (u8)order;
		}
		check_engine();
	}
	assert_int_not_equal(refused, 0);
	while (count--) {
		model_set(held[count].index, held[count].order, false);
		zone->engine->free(zone, pfn_to_page(BASE + held[count].index), held[count].order,
				   MIGRATE_MOVABLE);
	}
	check_engine();
	assert_int_equal(zone->free_area[10].nr_free, 4);
}

HOST_MAIN(cmocka_unit_test(test_buddy_vectors), cmocka_unit_test(test_merges_to_the_top),
	  cmocka_unit_test(test_merge_ignores_type), cmocka_unit_test(test_page_is_buddy),
	  cmocka_unit_test(test_zone_edge), cmocka_unit_test(test_split),
	  cmocka_unit_test(test_smallest_sufficient), cmocka_unit_test(test_head_of_list),
	  cmocka_unit_test(test_nothing_left), cmocka_unit_test(test_fallback_order),
	  cmocka_unit_test(test_fallback_takes_the_largest),
	  cmocka_unit_test(test_fallback_steals_the_block),
	  cmocka_unit_test(test_reclaimable_is_aggressive), cmocka_unit_test(test_mobility_off),
	  cmocka_unit_test(test_reserve_comes_last), cmocka_unit_test(test_isolated_is_not_given),
	  cmocka_unit_test(test_block_types), cmocka_unit_test(test_block_type_across_words),
	  cmocka_unit_test(test_random))
