/*
 * The array of page descriptors.
 *
 * One array serves all nodes: mem_map[pfn] is the descriptor of pfn, with the array moved back by
 * its first pfn. It begins at a multiple of 1024 pages and ends at one, because the buddy system
 * asks about every page of a top-order block:
 *
 *	pfn        1024 * a     node start          node end    1024 * b
 *	            [ outside   )[ zones, holes inside )[ outside )
 *
 * Every descriptor is written here, so that the memory is taken without being cleared first.
 * Those without RAM behind them, inside or outside the zones, are reserved for ever as OWNER_HOLE;
 * those with RAM are reserved as OWNER_NONE until the hand-over names their owner or frees them.
 *
 * Difference from the documents: the documented function walks pfn by pfn and asks of each whether
 * it exists; here the registered ranges are walked, which gives the same and costs a dozen
 * instructions a page. A block that begins before the zone is made movable too.
 */
#include "mm/memmap.h"

#include "kernel/panic.h"
#include "kernel/stage.h"
#include "mm/bootmem.h"
#include "mm/buddy.h"
#include "mm/early_node_map.h"
#include "mm/gen24.h"
#include "mm/zones.h"

struct page *mem_map;
unsigned long min_mapnr, max_mapnr;
unsigned long highest_memmap_pfn;

static unsigned long map_start, map_end; /* pfn: what the array covers */

void __init alloc_node_mem_map(pg_data_t *pgdat)
{
	if (!mem_map) {
		unsigned long start, end, bytes;
		struct page *map;

		get_pfn_range_for_nid(MAX_NUMNODES, &start, &end);
		map_start = round_down(start, MAX_ORDER_NR_PAGES);
		map_end = round_up(end, MAX_ORDER_NR_PAGES);
		min_mapnr = map_start;
		max_mapnr = min(max_mapnr, map_end); /* no RAM may lie below the limit */
		bytes = (map_end - map_start) * sizeof(struct page);
		map = alloc_bootmem_pages_dirty(bytes, OWNER_MEM_MAP);
		mem_map = (struct page *)((unsigned long)map - map_start * sizeof(struct page));
		stage_note("%lu descriptors of %zu bytes, %lu bytes at %#lx", map_end - map_start,
			   sizeof(struct page), bytes, __pa(map));
	}
	pgdat->node_mem_map = mem_map + pgdat->node_start_pfn;
	stage_note("node %d: node_mem_map %p, mem_map %p", pgdat->node_id,
		   (void *)pgdat->node_mem_map, (void *)mem_map);
}

/* Writes all words of a descriptor. */
static __always_inline void init_descriptor(struct page *page, u32 flags, s32 count)
{
	page->flags = flags;
	page->_count = count;
	page->_mapcount = -1;
	page->private = 0;
	page->mapping = NULL;
	page->index = 0;
	INIT_LIST_HEAD(&page->lru);
}

/* The descriptors of [start, end), eight at a time: this is half of what a page costs at boot. */
static noinline void init_descriptors(unsigned long start, unsigned long end, u32 flags)
{
	struct page *page = mem_map + start, *stop = mem_map + end;
	s32 count = reserved_page_count();

	for (; stop - page >= 8; page += 8) {
#pragma GCC unroll 8
		for (int i = 0; i < 8; i++)
			init_descriptor(page + i, flags, count);
	}
	for (; page < stop; page++)
		init_descriptor(page, flags, count);
}

struct span {
	unsigned long done; /* descriptors below this pfn are written */
	u32 place;	    /* zone and node bits */
	unsigned long ram;  /* pages with RAM so far */
};

#define RESERVED_AS(owner) (1u << PG_reserved | (u32)(owner) << PG_OWNER_SHIFT)

static void init_ram(unsigned long start, unsigned long end, void *arg)
{
	struct span *span = arg;

	init_descriptors(span->done, start, span->place | RESERVED_AS(OWNER_HOLE));
	init_descriptors(start, end, span->place | RESERVED_AS(OWNER_NONE));
	span->done = end;
	span->ram += end - start;
}

static u32 __init place_bits(int nid, enum zone_type zone)
{
	return (u32)zone << PG_ZONE_SHIFT | (u32)nid << PG_NODE_SHIFT;
}

unsigned long __init init_zone_descriptors(unsigned long size, int nid, enum zone_type zone,
					   unsigned long start_pfn)
{
	unsigned long end = start_pfn + size;
	struct span span = { .done = start_pfn, .place = place_bits(nid, zone) };

	work_with_active_regions(nid, start_pfn, end, init_ram, &span);
	init_descriptors(span.done, end, span.place | RESERVED_AS(OWNER_HOLE));
	highest_memmap_pfn = max(highest_memmap_pfn, end - 1);
	return span.ram;
}

void __init memmap_init_zone(unsigned long size, int nid, enum zone_type zone,
			     unsigned long start_pfn)
{
	unsigned long end = start_pfn + size, blocks = 0;
	unsigned long ram = init_zone_descriptors(size, nid, zone, start_pfn);

	for (unsigned long pfn = start_pfn; pfn < end;
	     pfn = round_down(pfn, PAGEBLOCK_NR_PAGES) + PAGEBLOCK_NR_PAGES) {
		set_pageblock_migratetype(pfn_to_page(pfn), MIGRATE_MOVABLE);
		blocks++;
	}
	stage_note("node %d %s [%#lx, %#lx): %lu pages with RAM, %lu holes, %lu blocks movable",
		   nid, zone_names[zone], start_pfn, end, ram, size - ram, blocks);
}

void __init memmap_init_outside(pg_data_t *pgdat)
{
	unsigned long start = pgdat->node_start_pfn, end = start + pgdat->node_spanned_pages;
	enum zone_type first = ZONE_DMA, last = ZONE_DMA;

	for (enum zone_type t = 0; t < MAX_NR_ZONES; t++)
		if (pgdat->node_zones[t].spanned_pages)
			last = t;
	while (!pgdat->node_zones[first].spanned_pages)
		first++;
	init_descriptors(round_down(start, MAX_ORDER_NR_PAGES), start,
			 place_bits(pgdat->node_id, first) | RESERVED_AS(OWNER_HOLE));
	init_descriptors(end, round_up(end, MAX_ORDER_NR_PAGES),
			 place_bits(pgdat->node_id, last) | RESERVED_AS(OWNER_HOLE));
}
