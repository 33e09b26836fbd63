/*
 * The interface of a coalescing engine: it owns the free lists of a zone. Two
 * exist in the documents: page flags (2.6.34, W-108) and pair bitmaps (2.4,
 * N-06, N-12). A zone gets its engine when it is set up and keeps it.
 *
 * An engine keeps zone->free_area[] (nr_free, nr_type) and the state of block heads
 * as mmzone.h draws it; NR_FREE_PAGES, per-cpu lists, watermarks and owners are
 * page_alloc's.
 */
#pragma once

#include "mm/mmzone.h"

struct buddy_engine {
	const char *name; /* "pageflag", "bitmap" */
	unsigned max_order; /* orders 0 .. max_order - 1 */
	/* Prepares the zone's lists; may take boot memory. => descriptors of the zone exist. W-80 */
	void (*init)(struct zone *zone);
	/* Removes a block of at least this order, splits it down and returns it with clean
	 * descriptors (count 0, no flags); NULL: none of this type, nor by fallback. */
	struct page *(*take)(struct zone *zone, unsigned order, enum migratetype type);
	/* Adds a block, merging upward. => its descriptors are clean. */
	void (*free)(struct zone *zone, struct page *page, unsigned order, enum migratetype type);
};

extern const struct buddy_engine buddy_pageflag; /* 2.6.34 */

/* Migrate type of the block of 1024 pages that holds this page (W-78). */
enum migratetype get_pageblock_migratetype(const struct page *page);
void set_pageblock_migratetype(struct page *page, enum migratetype type);
