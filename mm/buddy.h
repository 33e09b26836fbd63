/*
 * The interface of a coalescing engine: it owns the free lists of a zone. Two
 * exist in the documents: page flags (2.6.34, W-108) and pair bitmaps (2.4,
 * N-06, N-12). A zone gets its engine when it is set up and keeps it.
 *
 * An engine keeps zone->free_area[] (nr_free, nr_type) and the state of block heads
 * as mmzone.h draws it; NR_FREE_PAGES, per-cpu lists, watermarks and owners are
 * page_alloc's.
 */
#ifndef MM_BUDDY_H
#define MM_BUDDY_H

#include "mm/mmzone.h"

struct buddy_engine {
	const char *name;   /* "pageflag", "bitmap" */
	unsigned max_order; /* orders 0 .. max_order - 1 */
	/* Prepares what it has beside the lists, which are empty; may take boot memory. NULL: nothing.
	 * => descriptors of the zone exist. N-06 */
	void (*init)(struct zone *zone);
	/* Removes a block of at least this order, splits it down and returns it with clean
	 * descriptors (count 0, no flags); NULL: none of this type, nor by fallback. */
	struct page *(*take)(struct zone *zone, unsigned order, enum migratetype type);
	/* Removes this very block, whole, and leaves its descriptors clean. => it heads a free block */
	void (*take_block)(struct zone *zone, struct page *page);
	/* Adds a block, merging upward. => its descriptors are clean. */
	void (*free)(struct zone *zone, struct page *page, unsigned order, enum migratetype type);
};

extern const struct buddy_engine buddy_pageflag; /* 2.6.34 */
extern const struct buddy_engine buddy_bitmap;	 /* 2.4: buddy_bitmap.h */

/*
 * Migrate type of the block of 1024 pages that holds this page (W-78). It is kept in the zone's
 * pageblock_flags, 3 bits a block counted from the block that holds zone_start_pfn.
 */
enum migratetype get_pageblock_migratetype(const struct page *page);
/* => the zone's pageblock_flags exist. With mobility grouping off every type becomes unmovable. */
void set_pageblock_migratetype(struct page *page, enum migratetype type);
/* The same for one zone at boot, by frame number: the descriptors may not be written yet. W-81 */
void init_block_type(struct zone *zone, unsigned long pfn, enum migratetype type);

/* W-78: bytes of pageblock_flags for a zone: 3 bits for each block it touches, in whole longs. */
unsigned long usemap_size(unsigned long zone_start_pfn, unsigned long spanned_pages);

/*
 * Moves the free blocks inside the block of 1024 pages that holds this page to the lists of
 * `type`; returns the number of pages moved, 0 if the block reaches beyond the zone. W-109
 */
unsigned long move_freepages_block(struct zone *zone, struct page *page, enum migratetype type);

/* The order in which other types are robbed when one has no block left; ends with RESERVE. W-109 */
extern const u8 migrate_fallbacks[MIGRATE_PCPTYPES][MIGRATE_PCPTYPES];

#endif
