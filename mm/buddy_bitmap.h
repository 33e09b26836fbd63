/*
 * The pair bitmaps of the 2.4 buddy system (N-06): what its engine (buddy_bitmap.c), the checks and
 * the tests share.
 */
#ifndef MM_BUDDY_BITMAP_H
#define MM_BUDDY_BITMAP_H

#include "mm/buddy.h"

#define BITMAP_MAX_ORDER 10 /* orders 0..9; the last one has no map */
#define BITMAP_MAX_ORDER_NR_PAGES (1UL << (BITMAP_MAX_ORDER - 1))

/*
 * A zone's engine_data. Bit n of map[order] belongs to the pair of blocks of 2^order pages that
 * begins at frame base + (n << (order + 1)): it is 1 while exactly one of the two is free at this
 * order.
 */
struct pair_maps {
	unsigned long base; /* pfn: the zone's start, rounded down to 512 */
	unsigned long size; /* pages from there to the zone's end */
	unsigned long *map[BITMAP_MAX_ORDER - 1];
};

/* N-06: bytes of the map of this order for a zone of this many pages, in whole words of 4 bytes; 0
 * for the top order and for no pages. */
unsigned long pair_map_bytes(unsigned long pages, unsigned order);
/* Pairs of this order that begin inside a zone of this many pages. */
unsigned long pair_count(unsigned long pages, unsigned order);
/* N-06: the maps of a zone, cleared, from boot memory. Reads its name, start and size. Boot only. */
void pair_maps_take(struct pair_maps *maps, const struct zone *zone);
/* Bits that are 1 in the map of this order. => order < BITMAP_MAX_ORDER - 1 */
unsigned long pair_maps_set_bits(const struct zone *zone, unsigned order);

/*
 * N-13: between begin and end the first block that is freed stays with the task and is what its next
 * request of that order gets; end gives it to the buddy lists if nobody came. In between
 * NR_FREE_PAGES counts it. Calls do not nest.
 */
void local_pages_begin(void);
void local_pages_end(void);

#endif
