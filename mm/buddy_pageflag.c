/*
 * The coalescing engine of 2.6.34: blocks of 2^order pages, found free by a flag in
 * the first descriptor (W-80, W-108, W-109).
 *
 * A block of order x starts at a multiple of 2^x. Its buddy is the other half of the
 * block of order x + 1 that holds both; bit x of the page's index says on which side
 * it lies:
 *
 *      index   8       9       10      11      12      13      14      15
 *            [    order 1    ][  its buddy   ]
 *            [            order 2            ][           its buddy          ]
 *            [                             order 3                           ]
 *
 *      buddy index    = index ^ (1 << order)       12, order 2 -> 8
 *      combined index = index & ~(1 << order)      12, order 2 -> 8
 *
 * The index is the page frame number modulo 2^MAX_ORDER (the walkthrough's remark
 * "modulo 1023" contradicts its own listing, which masks with 2047). No block is
 * larger than 2^(MAX_ORDER-1) pages, so the modulus changes no result, and the frame
 * number itself is used.
 *
 * Invariants, between calls:
 * - the first descriptor of a free block has PG_buddy, private = order, index = the
 *   type of the list it is on; all other words, and the whole of every other
 *   descriptor of the block, are as mmzone.h draws a free tail;
 * - no free block's buddy is free at the same order, below the top order;
 * - nr_free = sum of nr_type = blocks on the lists of the order.
 *
 * The migrate type of a block decides on which list it goes, never whether it merges.
 * Not for interrupt handlers.
 */
#include "mm/buddy.h"

#include "kernel/panic.h"
#include "mm/page_alloc_internal.h"

#define PG_FREE_BITS (1U << PG_buddy)

/* W-109: whom a type robs, in this order; the reserve comes last and is never split up by type. */
const u8 migrate_fallbacks[MIGRATE_PCPTYPES][MIGRATE_PCPTYPES] = {
	[MIGRATE_UNMOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE, MIGRATE_RESERVE },
	[MIGRATE_RECLAIMABLE] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE, MIGRATE_RESERVE },
	[MIGRATE_MOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE, MIGRATE_RESERVE },
};

/* Puts a block at the head of its list and marks it. => its descriptors are clean */
static __always_inline void add_free_block(struct free_area *area, struct page *page,
					   unsigned order, enum migratetype type)
{
	page->flags |= PG_FREE_BITS;
	page->private = order;
	page->index = type;
	list_add(&page->lru, &area->free_list[type]);
	area->nr_free++;
	area->nr_type[type]++;
}

/* Takes a block off its list and leaves its first descriptor as a clean tail. */
static __always_inline void del_free_block(struct free_area *area, struct page *page,
					   enum migratetype type)
{
	list_del(&page->lru);
	area->nr_free--;
	area->nr_type[type]--;
	page->flags &= ~PG_FREE_BITS;
	page->private = 0;
	page->index = 0;
}

/*
 * W-108 page_is_buddy: may `buddy` merge with a block of this order in the zone and node that
 * `place` names? It must be the head of a free block of the same order in the same zone. Every
 * pfn up to the next multiple of 1024 has a descriptor (W-76), so that the question can be asked
 * at the edges too; descriptors outside every zone have no PG_buddy.
 */
static __always_inline bool page_is_buddy(const struct page *buddy, u32 place, unsigned order)
{
	return (buddy->flags & (PG_PLACE_MASK | PG_FREE_BITS)) == (place | PG_FREE_BITS) &&
	       buddy->private == order && buddy->_count == 0;
}

/*
 * W-108 __page_find_buddy. The exclusive-or is of the descriptor's offset in mem_map, that is of the
 * index times sizeof(struct page), which is a power of two. => page starts at a multiple of 2^order
 */
static __always_inline struct page *buddy_of(const struct page *page, unsigned order)
{
	unsigned long base = (unsigned long)mem_map, index = (unsigned long)page - base;

	return (struct page *)(base + (index ^ sizeof(struct page) << order));
}

/* Merges upward while the buddy is free, then lists the block. => its buddy is free */
static noinline void merge_and_add(struct zone *zone, struct page *page, unsigned order,
				   enum migratetype type)
{
	struct free_area *area = &zone->free_area[order];
	struct page *buddy = buddy_of(page, order);
	u32 place = page->flags & PG_PLACE_MASK;

	do {
		del_free_block(area, buddy, (enum migratetype)buddy->index);
		page = min(page, buddy); /* the combined index */
		zone->nr_merge++;
		area++;
		order++;
		buddy = buddy_of(page, order);
	} while (order < MAX_ORDER - 1 && page_is_buddy(buddy, place, order));
	add_free_block(area, page, order, type);
}

/*
 * W-108 __free_one_page, with the case that nothing merges written out.
 *
 * => page starts at a multiple of 2^order
 */
static void pageflag_free(struct zone *zone, struct page *page, unsigned order,
			  enum migratetype type)
{
	if (order < MAX_ORDER - 1 &&
	    page_is_buddy(buddy_of(page, order), page->flags & PG_PLACE_MASK, order))
		return merge_and_add(zone, page, order, type);
	add_free_block(&zone->free_area[order], page, order, type);
}

/*
 * Splits a block of order `high` that has just left its list down to `low`: the upper
 * half goes back to the list of each order on the way.
 *
 *      [        high        ]
 *      [        ][  listed  ]      high - 1
 *      [   ][li.]                  high - 2
 *       ^ page
 */
static __always_inline void expand(struct zone *zone, struct page *page, unsigned low,
				   unsigned high, enum migratetype type)
{
	struct free_area *area = &zone->free_area[high];
	unsigned long size = 1UL << high;

	zone->nr_split += high - low;
	while (high > low) {
		high--;
		area--;
		size >>= 1;
		add_free_block(area, page + size, high, type);
	}
}

/* W-109 __rmqueue_smallest: the smallest sufficient block of this type. */
static struct page *rmqueue_smallest(struct zone *zone, unsigned order, enum migratetype type)
{
	struct free_area *area = &zone->free_area[order];

	for (unsigned high = order; high < MAX_ORDER; high++, area++) {
		struct page *page;

		if (!area->nr_type[type])
			continue;
		page = list_first_entry(&area->free_list[type], struct page, lru);
		del_free_block(area, page, type);
		if (high > order)
			expand(zone, page, order, high, type);
		return page;
	}
	return NULL;
}

unsigned long move_freepages_block(struct zone *zone, struct page *page, enum migratetype type)
{
	unsigned long pfn = page_to_pfn(page);
	unsigned long start = round_down(pfn, PAGEBLOCK_NR_PAGES);
	unsigned long end = start + PAGEBLOCK_NR_PAGES;
	unsigned long moved = 0;

	if (start < zone->zone_start_pfn)
		start = pfn;
	if (end > zone_end_pfn(zone))
		return 0;
	for (pfn = start; pfn < end;) {
		struct page *head = pfn_to_page(pfn);
		unsigned order = head->private;

		if (!(head->flags & PG_FREE_BITS) || order >= MAX_ORDER ||
		    (head->flags ^ page->flags) & PG_PLACE_MASK) {
			pfn++;
			continue;
		}
		del_free_block(&zone->free_area[order], head, (enum migratetype)head->index);
		add_free_block(&zone->free_area[order], head, order, type);
		pfn += 1UL << order;
		moved += 1UL << order;
	}
	return moved;
}

/*
 * A large block is robbed: the free pages of the whole 1024-page block change sides with it, so
 * that the next requests of this type need not rob again; if they are half of it or more, the
 * block itself changes its type. Returns the type of the list that the rest shall go to.
 */
static enum migratetype steal_block(struct zone *zone, struct page *page, enum migratetype from,
				    enum migratetype to)
{
	unsigned order = page->private;
	unsigned long pages;

	if (order < PAGEBLOCK_ORDER / 2 && to != MIGRATE_RECLAIMABLE &&
	    !page_group_by_mobility_disabled)
		return from;
	pages = move_freepages_block(zone, page, to);
	if (pages >= PAGEBLOCK_NR_PAGES / 2 || page_group_by_mobility_disabled)
		set_pageblock_migratetype(page, to);
	return to;
}

/* W-109 __rmqueue_fallback: the largest block of another type, so that few blocks get mixed. */
static __cold noinline struct page *rmqueue_fallback(struct zone *zone, unsigned order,
						     enum migratetype type)
{
	for (unsigned high = MAX_ORDER; high-- > order;) {
		for (unsigned i = 0; i < MIGRATE_PCPTYPES; i++) {
			struct free_area *area = &zone->free_area[high];
			enum migratetype from = migrate_fallbacks[type][i], to;
			struct page *page;

			if (from == MIGRATE_RESERVE || list_empty(&area->free_list[from]))
				continue;
			page = list_first_entry(&area->free_list[from], struct page, lru);
			to = steal_block(zone, page, from, type);
			del_free_block(area, page, (enum migratetype)page->index);
			expand(zone, page, order, high, to);
			zone->nr_fallback++;
			return page;
		}
	}
	return NULL;
}

/* W-109 __rmqueue: own type, then the others', then the reserve. */
static noinline struct page *rmqueue_split(struct zone *zone, unsigned order, enum migratetype type)
{
	struct page *page = rmqueue_smallest(zone, order, type);

	if (likely(page))
		return page;
	if (type >= MIGRATE_PCPTYPES)
		return NULL;
	page = rmqueue_fallback(zone, order, type);
	return page ? page : rmqueue_smallest(zone, order, MIGRATE_RESERVE);
}

/* A block of just the order wanted is the common case; it needs no splitting. */
static struct page *pageflag_take(struct zone *zone, unsigned order, enum migratetype type)
{
	struct free_area *area = &zone->free_area[order];
	struct list_head *first = area->free_list[type].next;

	if (unlikely(first == &area->free_list[type]))
		return rmqueue_split(zone, order, type);
	del_free_block(area, list_entry(first, struct page, lru), type);
	return list_entry(first, struct page, lru);
}

static void pageflag_take_block(struct zone *zone, struct page *page)
{
	del_free_block(&zone->free_area[page->private], page, (enum migratetype)page->index);
}

const struct buddy_engine buddy_pageflag = {
	.name = "pageflag",
	.max_order = MAX_ORDER,
	.take = pageflag_take,
	.take_block = pageflag_take_block,
	.free = pageflag_free,
};
