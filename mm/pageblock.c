/*
 * Migrate types of blocks of 1024 pages (W-78, W-81, W-109).
 *
 * A zone's pageblock_flags hold 3 bits a block. Block 0 is the one that holds
 * zone_start_pfn, also when the zone starts inside it: blocks follow the alignment of
 * page frames, as the free blocks that must stay inside them do. (The documented
 * kernel counts from zone_start_pfn, which for the DMA zone, starting at page 1, puts
 * the last page of each block into the next one's bits.)
 *
 *      word      | 0                                | 1
 *      bit        0  3  6  9 ... 27 30 ............. 33
 *      block     |0 |1 |2 |3 ... |9 |   10 (two words)
 *
 * The free path of a page reads the type of its block each time. It takes it from
 * pageblock_types[], which repeats the bits, one byte a block, indexed by frame number
 * alone. Where two zones share a block (an unaligned end of low memory or of a node) or
 * both span it (nodes that interleave) the bits of all are set together, so that the block has one type. memstat_check compares them.
 */
#include "mm/page_alloc_internal.h"

#include "kernel/lib/bitops.h"
#include "kernel/panic.h"

#define NR_PAGEBLOCK_BITS 3

u8 pageblock_types[MAX_PAGEBLOCKS];

unsigned long usemap_size(unsigned long zone_start_pfn, unsigned long spanned_pages)
{
	unsigned long start = round_down(zone_start_pfn, PAGEBLOCK_NR_PAGES);
	unsigned long end = round_up(zone_start_pfn + spanned_pages, PAGEBLOCK_NR_PAGES);
	unsigned long bits = ((end - start) >> PAGEBLOCK_ORDER) * NR_PAGEBLOCK_BITS;

	return spanned_pages ? round_up(bits, 32) / 8 : 0;
}

enum migratetype pageblock_bits(const unsigned long *flags, unsigned long zone_start_pfn,
				unsigned long pfn)
{
	unsigned long block = (pfn >> PAGEBLOCK_ORDER) - (zone_start_pfn >> PAGEBLOCK_ORDER);
	unsigned long bit = block * NR_PAGEBLOCK_BITS;
	unsigned type = 0;

	for (unsigned i = 0; i < NR_PAGEBLOCK_BITS; i++)
		type |= (unsigned)test_bit(bit + i, flags) << i;
	return (enum migratetype)type;
}

static void set_zone_block_type(struct zone *zone, unsigned long pfn, enum migratetype type)
{
	unsigned long first = zone->zone_start_pfn >> PAGEBLOCK_ORDER;
	unsigned long bit = ((pfn >> PAGEBLOCK_ORDER) - first) * NR_PAGEBLOCK_BITS;

	for (unsigned i = 0; i < NR_PAGEBLOCK_BITS; i++) {
		if (type >> i & 1)
			set_bit(bit + i, zone->pageblock_flags);
		else
			clear_bit(bit + i, zone->pageblock_flags);
	}
}

enum migratetype get_pageblock_migratetype(const struct page *page)
{
	return page_block_type(page);
}

void __init init_block_type(struct zone *zone, unsigned long pfn, enum migratetype type)
{
	if (page_group_by_mobility_disabled)
		type = MIGRATE_UNMOVABLE;
	pageblock_types[pfn >> PAGEBLOCK_ORDER] = (u8)type;
	set_zone_block_type(zone, pfn, type);
}

static bool zone_touches_block(const struct zone *zone, unsigned long pfn)
{
	unsigned long start = round_down(pfn, PAGEBLOCK_NR_PAGES);

	return zone->pageblock_flags && zone->zone_start_pfn < start + PAGEBLOCK_NR_PAGES &&
	       zone_end_pfn(zone) > start;
}

void set_pageblock_migratetype(struct page *page, enum migratetype type)
{
	unsigned long pfn = page_to_pfn(page);
	struct zone *zone;

	BUG_ON(type >= MIGRATE_TYPES);
	if (page_group_by_mobility_disabled)
		type = MIGRATE_UNMOVABLE;
	pageblock_types[pfn >> PAGEBLOCK_ORDER] = (u8)type;
	if (page->flags & PG_ARENA) { /* the block is the arena's alone */
		set_zone_block_type(page_zone(page), pfn, type);
		return;
	}
	for_each_zone(zone)
		if (zone_touches_block(zone, pfn))
			set_zone_block_type(zone, pfn, type);
}
