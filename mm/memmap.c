/*
 * The array of page descriptors.
 *
 * mem_map[pfn] is the descriptor of pfn, for all nodes, with the array moved back by its first pfn. It
 * begins at a multiple of 1024 pages and ends at one, because the buddy system asks about every page
 * of a top-order block:
 *
 *	pfn        1024 * a     node start          node end    1024 * b
 *	            [ outside   )[ zones, holes inside )[ outside )
 *
 * With one node the array is one piece of boot memory. With several (W-61), each block of 1024
 * descriptors lies in the memory of its own node, and mem_map is an area of the vmalloc range that
 * shows the blocks in the order of their frames:
 *
 *	mem_map    [ block 0 | block 1 | block 2 | block 3 )
 *	                |         |         |         |
 *	memory       KVA RAM of node 0    KVA RAM of node 1
 *
 * Every descriptor is written here, so that the memory is taken without being cleared first.
 * Those without RAM behind them, inside or outside the zones, are reserved for ever as OWNER_HOLE;
 * those with RAM are reserved as OWNER_NONE until the hand-over names their owner or frees them.
 *
 * Difference from the documents: the documented function walks pfn by pfn and asks of each whether
 * it exists; here the registered ranges are walked, which gives the same and costs a dozen
 * instructions a page. There, each node has an array of its own and pfn_to_page() has to find it; and the array
 * of a node whose bounds span another node has descriptors that nobody uses. A block that begins before the zone is made movable too.
 */
#include "mm/memmap.h"

#include "kernel/panic.h"
#include "kernel/stage.h"
#include "kernel/x86/codegen.h"
#include "mm/boot_replay.h"
#include "mm/bootmem.h"
#include "mm/buddy.h"
#include "mm/early_node_map.h"
#include "mm/gen24.h"
#include "mm/numa.h"
#include "mm/pgtable.h"
#include "mm/vmalloc.h"
#include "mm/zones.h"

struct page *mem_map;
unsigned long min_mapnr, max_mapnr;
unsigned long highest_memmap_pfn;

unsigned long memmap_start_pfn, memmap_end_pfn;

/* The frames that need descriptors: RAM, also what left the registered ranges for the windows. */
static void __init memmap_bounds(void)
{
	unsigned long start, end;

	get_pfn_range_for_nid(MAX_NUMNODES, &start, &end);
	for (int nid = 0; nid < numa.nodes; nid++) {
		const struct numa_node *node = &numa.node[nid];

		if (!node->remap_pages)
			continue;
		start = min(start, node->remap_start_pfn);
		end = max(end, node->remap_start_pfn + node->remap_pages);
	}
	memmap_start_pfn = round_down(start, MAX_ORDER_NR_PAGES);
	memmap_end_pfn = round_up(end, MAX_ORDER_NR_PAGES);
}

/* One block of 1024 descriptors at `virt`, in the memory of the node that it belongs to. */
static void __init map_block(unsigned long virt, phys_addr_t phys, unsigned long bytes)
{
	for (unsigned long n = 0; n < bytes; n += PAGE_SIZE) {
		pte_alloc_kernel(virt + n)->val = (u32)(phys + n) | PAGE_KERNEL;
		replay_entries(virt + n, 1);
	}
}

/* mem_map as an area of its own over the nodes' windows' memory. Returns its address. */
static void *__init map_remapped(unsigned long bytes)
{
	static struct vm_struct area;
	const unsigned long block = MAX_ORDER_NR_PAGES * sizeof(struct page);
	unsigned long used[MAX_NUMNODES] = { 0 }, virt;

	area.size = bytes;
	area.flags = VM_MAP;
	area.nr_pages = bytes >> PAGE_SHIFT;
	area.caller = (unsigned long)map_remapped;
	vm_area_register_early(&area, PAGE_SIZE);
	virt = area.addr;
	for (unsigned long pfn = memmap_start_pfn; pfn < memmap_end_pfn;
	     pfn += MAX_ORDER_NR_PAGES) {
		int nid = block_to_nid(pfn);

		map_block(virt, numa_descriptor_block(nid, used[nid]++), block);
		virt += block;
	}
	for (int nid = 0; nid < numa.nodes; nid++)
		BUG_ON(used[nid] * block > numa.node[nid].remap_bytes);
	return (void *)area.addr;
}

void __init alloc_node_mem_map(pg_data_t *pgdat)
{
	if (!mem_map) {
		unsigned long bytes;
		void *map;

		memmap_bounds();
		min_mapnr = memmap_start_pfn;
		max_mapnr = min(max_mapnr, memmap_end_pfn); /* no RAM may lie below the limit */
		bytes = (memmap_end_pfn - memmap_start_pfn) * sizeof(struct page);
		map = numa.kva_pages ? map_remapped(bytes)
				     : alloc_bootmem_pages_dirty(bytes, OWNER_MEM_MAP);
		mem_map = (struct page *)((unsigned long)map -
					  memmap_start_pfn * sizeof(struct page));
		stage_note("%lu descriptors of %zu bytes, %lu bytes at %#lx",
			   memmap_end_pfn - memmap_start_pfn, sizeof(struct page), bytes,
			   numa.kva_pages ? (unsigned long)map : __pa(map));
	}
	pgdat->node_mem_map = mem_map + pgdat->node_start_pfn;
	stage_note("node %d: node_mem_map %p, mem_map %p", pgdat->node_id,
		   (void *)pgdat->node_mem_map, (void *)mem_map);
}

/* Writes all words of a descriptor. `zero` is 0, from a register. */
static __always_inline void init_descriptor(struct page *page, u32 flags, s32 count,
					    unsigned long zero)
{
	page->flags = flags;
	page->_count = count;
	page->_mapcount = -1;
	page->private = zero;
	page->mapping = (void *)zero;
	page->index = zero;
	INIT_LIST_HEAD(&page->lru);
}

/* The descriptors of [start, end), eight at a time: this is half of what a page costs at boot. */
static noinline void init_descriptors(unsigned long start, unsigned long end, u32 flags)
{
	struct page *page = mem_map + start, *stop = mem_map + end;
	struct page *stop_by_8 = page + round_down(end - start, 8);
	s32 count = reserved_page_count();
	unsigned long zero = 0;

	keep_in_register(zero); /* or the compiler makes it anew for each page */
	for (; page < stop_by_8; page += 8) {
#pragma GCC unroll 8
		for (int i = 0; i < 8; i++)
			init_descriptor(page + i, flags, count, zero);
	}
	for (; page < stop; page++)
		init_descriptor(page, flags, count, zero);
}

#define RESERVED_AS(owner) (1u << PG_reserved | (u32)(owner) << PG_OWNER_SHIFT)

static u32 __init place_bits(int nid, enum zone_type zone)
{
	return (u32)zone << PG_ZONE_SHIFT | (u32)nid << PG_NODE_SHIFT;
}

unsigned long __init init_zone_descriptors(unsigned long size, int nid, enum zone_type zone,
					   unsigned long start_pfn)
{
	unsigned long end = start_pfn + size, ram = 0, next;
	u32 place = place_bits(nid, zone);

	for (unsigned long pfn = start_pfn; pfn < end; pfn = next) {
		next = min(end, same_node_until(pfn));
		if (pfn_to_nid(pfn) != nid)
			continue; /* inside this node's bounds, but not its own */
		if (pfn_is_registered(pfn)) {
			init_descriptors(pfn, next, place | RESERVED_AS(OWNER_NONE));
			ram += next - pfn;
		} else {
			init_descriptors(pfn, next, place | RESERVED_AS(OWNER_HOLE));
		}
	}
	highest_memmap_pfn = max(highest_memmap_pfn, end - 1);
	return ram;
}

void __init memmap_init_zone(unsigned long size, int nid, enum zone_type zone,
			     unsigned long start_pfn)
{
	unsigned long end = start_pfn + size, blocks = 0;
	unsigned long ram = init_zone_descriptors(size, nid, zone, start_pfn);

	for (unsigned long pfn = start_pfn; pfn < end;
	     pfn = round_down(pfn, PAGEBLOCK_NR_PAGES) + PAGEBLOCK_NR_PAGES) {
		init_block_type(&NODE_DATA(nid)->node_zones[zone], pfn, MIGRATE_MOVABLE);
		blocks++;
	}
	stage_note("node %d %s [%#lx, %#lx): %lu pages with RAM, %lu holes, %lu blocks movable",
		   nid, zone_names[zone], start_pfn, end, ram, size - ram, blocks);
}

/* The zone whose place a descriptor of the node carries: the one that spans it or else lies nearest
 * before it; the first, if all lie behind it. */
static struct zone *__init nearest_zone(pg_data_t *pgdat, unsigned long pfn)
{
	struct zone *nearest = NULL;

	for (enum zone_type t = 0; t < MAX_NR_ZONES; t++) {
		struct zone *zone = &pgdat->node_zones[t];

		if (zone->spanned_pages && (!nearest || zone->zone_start_pfn <= pfn))
			nearest = zone;
	}
	return nearest ? nearest : &pgdat->node_zones[ZONE_DMA];
}

void __init memmap_init_outside(unsigned long start, unsigned long end)
{
	unsigned long next;

	for (unsigned long pfn = start; pfn < end; pfn = next) {
		int nid = pfn_to_nid(pfn);
		struct zone *zone = nearest_zone(NODE_DATA(nid), pfn);

		next = min(end, same_node_until(pfn));
		if (zone->spanned_pages && pfn < zone->zone_start_pfn)
			next = min(next, zone->zone_start_pfn);
		else if (zone->spanned_pages && pfn < zone_end_pfn(zone)) {
			next = min(next, zone_end_pfn(zone));
			continue;
		}
		init_descriptors(pfn, next,
				 place_bits(nid, zone_idx(zone)) | RESERVED_AS(OWNER_HOLE));
	}
}
