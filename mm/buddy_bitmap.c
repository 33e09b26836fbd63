/*
 * The coalescing engine of 2.4: blocks of 2^order pages, and one bit for each pair of
 * buddies (N-06, N-12, N-14).
 *
 * The bit of a pair is the exclusive-or of "the first is free at this order" and "the
 * second is free at this order". Every time one of the two comes or goes, the bit is
 * flipped, and its old value says what the other one is:
 *
 *	pages     0 1   2 3   4 5   6 7		# free, . in use
 *	          # .   . .   # #   . #
 *	order 0    1     0     0     1		a bit a pair; # # is one block of order 1
 *	order 1       0           1
 *	order 2             0
 *
 *	a page is freed, its bit was 0: the buddy is not free; the block stays as it is
 *	                     was 1: the buddy is free; both are one block of order + 1
 *
 * No descriptor is read to decide that. PG_buddy and `private` of a free head are kept
 * all the same, as mmzone.h draws them: the checks and the views need them, and a bit
 * that names a buddy which is not free ends in one line instead of a broken list.
 *
 * Bit numbers count from the zone's start rounded down to 512 pages. The documents
 * demand that a zone begins there; highmem= can put the end of low memory anywhere, and
 * with the rounding a block still begins at a multiple of its size. A pair that the
 * zone's edge cuts has one block that is never freed, so its bit never merges (N-12).
 *
 * Invariants, between calls:
 * - for every pair of every order below the top: bit = first free ^ second free;
 * - hence no two buddies are free at one order, below the top;
 * - nr_free = nr_type[UNMOVABLE] = blocks on the one list of the order: there are no
 *   migrate types, and whatever type a caller names is ignored.
 *
 * Difference from the documents: NR_FREE_PAGES is the caller's (buddy.h). Not for interrupt
 * handlers.
 */
#include "mm/buddy_bitmap.h"

#include "kernel/lib/bitops.h"
#include "kernel/panic.h"
#include "kernel/stage.h"
#include "mm/bootmem.h"
#include "mm/gen24.h"
#include "mm/page_alloc_internal.h"

#define THE_TYPE MIGRATE_UNMOVABLE
#define TOP_ORDER (BITMAP_MAX_ORDER - 1)

BUILD_BUG_ON(BITMAP_MAX_ORDER > MAX_ORDER);

/* N-13 */
static struct {
	bool enabled;
	struct page *page; /* the one block it holds, or NULL */
	unsigned order;
} local_pages;

/* ---- Sizes (N-06) ---- */

unsigned long pair_map_bytes(unsigned long pages, unsigned order)
{
	if (!pages || order >= TOP_ORDER)
		return 0;
	return round_up(((pages - 1) >> (order + 4)) + 1, 4ul);
}

unsigned long pair_count(unsigned long pages, unsigned order)
{
	return DIV_ROUND_UP(pages, 2ul << order);
}

unsigned long pair_maps_set_bits(const struct zone *zone, unsigned order)
{
	const struct pair_maps *maps = zone->engine_data;
	unsigned long bits = maps ? pair_count(maps->size, order) : 0, set = 0, bit;

	for (bit = 0; bit < bits; bit++)
		set += test_bit(bit, maps->map[order]);
	return set;
}

/* ---- Set-up ---- */

/* The notes have the map pointers in the zone, so that nothing but maps comes from boot memory. */
static struct pair_maps boot_maps[GEN24_ZONES];

void __init pair_maps_take(struct pair_maps *maps, const struct zone *zone)
{
	maps->base = round_down(zone->zone_start_pfn, BITMAP_MAX_ORDER_NR_PAGES);
	maps->size = zone_end_pfn(zone) - maps->base;
	for (unsigned order = 0; order < TOP_ORDER; order++) {
		unsigned long bytes = pair_map_bytes(maps->size, order);

		maps->map[order] = alloc_bootmem(bytes, OWNER_BOOT_ALLOC);
		stage_note("%s order %u: %lu bytes at %#lx", zone->name, order, bytes,
			   __pa(maps->map[order]));
	}
}

/* Whoever makes a zone after boot brings its zeroed maps along, as engine_data. */
static void bitmap_init(struct zone *zone)
{
	if (!zone->spanned_pages || zone->engine_data)
		return;
	zone->engine_data = &boot_maps[zone_idx(zone)];
	pair_maps_take(zone->engine_data, zone);
}

/* ---- Lists ---- */

/* Puts a block at the head of its list and marks it. => its descriptors are clean */
static __always_inline void add_free_block(struct free_area *area, struct page *page,
					   unsigned order)
{
	page->flags |= 1U << PG_buddy;
	page->private = order;
	list_add(&page->lru, &area->free_list[THE_TYPE]);
	area->nr_free++;
	area->nr_type[THE_TYPE]++;
}

/* Takes a block off its list and leaves its first descriptor as a clean tail. */
static __always_inline void del_free_block(struct free_area *area, struct page *page)
{
	list_del(&page->lru);
	area->nr_free--;
	area->nr_type[THE_TYPE]--;
	page->flags &= ~(1U << PG_buddy);
	page->private = 0;
}

/* Both halves of a pair must lie in the zone, and the one that a bit calls free must be free. */
static __cold noinline void wrong_pair(const struct zone *zone, unsigned long pfn, unsigned order)
{
	panic("buddy_bitmap",
	      "zone %s [%#lx, %#lx): the pair bit of order %u says that frame %#lx "
	      "begins a free block, and it does not",
	      zone->name, zone->zone_start_pfn, zone_end_pfn(zone), order, pfn);
}

static struct page *free_buddy(const struct zone *zone, unsigned long pfn, unsigned order)
{
	struct page *buddy = pfn_to_page(pfn);

	if (unlikely(pfn < zone->zone_start_pfn || pfn >= zone_end_pfn(zone) ||
		     !PageFlag(buddy, PG_buddy) || buddy->private != order))
		wrong_pair(zone, pfn, order);
	return buddy;
}

/* ---- N-12: freeing ---- */

/*
 * mask is all ones << order, which as a two's complement number is -(2^order): mask + 2^9 is 0 at
 * the top order, and -mask is the bit in which two buddies differ.
 */
static void merge_and_list(struct zone *zone, struct page *page, unsigned order)
{
	struct pair_maps *maps = zone->engine_data;
	unsigned long idx = page_to_pfn(page) - maps->base, mask = ~0UL << order;
	unsigned long index = idx >> (order + 1);
	struct free_area *area = &zone->free_area[order];

	BUG_ON(idx & ~mask || idx >= maps->size);
	while (mask + (1UL << TOP_ORDER)) {
		if (!__test_and_change_bit(index, maps->map[order]))
			break; /* the partner is not free */
		del_free_block(area, free_buddy(zone, maps->base + (idx ^ -mask), order));
		zone->nr_merge++;
		mask <<= 1;
		area++;
		order++;
		index >>= 1;
		idx &= mask;
	}
	add_free_block(area, pfn_to_page(maps->base + idx), order);
}

static void bitmap_free(struct zone *zone, struct page *page, unsigned order, enum migratetype type)
{
	(void)type;
	if (unlikely(local_pages.enabled && !local_pages.page)) {
		local_pages.page = page;
		local_pages.order = order;
		return;
	}
	merge_and_list(zone, page, order);
}

/* ---- N-14: allocating ---- */

static __always_inline void mark_used(struct pair_maps *maps, unsigned long idx, unsigned order)
{
	if (order < TOP_ORDER)
		__test_and_change_bit(idx >> (order + 1), maps->map[order]);
}

/*
 * Splits a block of order `high` down to `low`. The lower half goes to the list of each order on the
 * way, the upper one is split on:
 *
 *	[        high        ]
 *	[ listed ][          ]      high - 1
 *	          [li.][     ]      high - 2
 *	                ^ returned
 */
static struct page *expand(struct zone *zone, struct page *page, unsigned low, unsigned high)
{
	struct pair_maps *maps = zone->engine_data;
	struct free_area *area = &zone->free_area[high];
	unsigned long size = 1UL << high;

	zone->nr_split += high - low;
	while (high > low) {
		high--;
		area--;
		size >>= 1;
		add_free_block(area, page, high);
		mark_used(maps, page_to_pfn(page) - maps->base, high);
		page += size;
	}
	return page;
}

/* The block of N-13, if it is of this zone and order. */
static struct page *take_local(const struct zone *zone, unsigned order)
{
	struct page *page = local_pages.page;

	if (!page || local_pages.order != order || zone_of(page) != zone)
		return NULL;
	local_pages.page = NULL;
	return page;
}

static struct page *bitmap_take(struct zone *zone, unsigned order, enum migratetype type)
{
	struct pair_maps *maps = zone->engine_data;
	struct page *page;

	(void)type;
	if (unlikely(local_pages.enabled)) {
		page = take_local(zone, order);
		if (page)
			return page;
	}
	for (unsigned high = order; high < BITMAP_MAX_ORDER; high++) {
		struct free_area *area = &zone->free_area[high];
		struct list_head *list = &area->free_list[THE_TYPE];

		if (list_empty(list))
			continue;
		page = list_first_entry(list, struct page, lru);
		del_free_block(area, page);
		mark_used(maps, page_to_pfn(page) - maps->base, high);
		return expand(zone, page, order, high);
	}
	return NULL;
}

static void bitmap_take_block(struct zone *zone, struct page *page)
{
	struct pair_maps *maps = zone->engine_data;
	unsigned order = (unsigned)page->private;

	del_free_block(&zone->free_area[order], page);
	mark_used(maps, page_to_pfn(page) - maps->base, order);
}

/* ---- N-13: the local page list ---- */

void local_pages_begin(void)
{
	BUG_ON(local_pages.enabled);
	local_pages.enabled = true;
}

void local_pages_end(void)
{
	struct page *page = local_pages.page;

	BUG_ON(!local_pages.enabled);
	local_pages.enabled = false;
	local_pages.page = NULL;
	if (stage_first_run(STAGE_n_local_pages)) {
		stage_begin(STAGE_n_local_pages);
		stage_note("the first block that was freed while reclaiming was kept for the "
			   "request; %s",
			   page ? "it had another order" : "it, or nothing, was there to serve it");
		stage_end(STAGE_n_local_pages);
	}
	if (page)
		merge_and_list(zone_of(page), page, local_pages.order);
}

const struct buddy_engine buddy_bitmap = {
	.name = "bitmap",
	.max_order = BITMAP_MAX_ORDER,
	.init = bitmap_init,
	.take = bitmap_take,
	.take_block = bitmap_take_block,
	.free = bitmap_free,
};
