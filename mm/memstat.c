/*
 * The page allocator's part of memstat.h: zones, the use of every frame, totals.
 *
 * Each call copies counters; none walks a list or a descriptor, except for the frames that a
 * memmap= option added beyond the loader's map: those are in no use that sums to ram_pages, so
 * they are looked up one by one and taken out of the use they are in.
 */
#include "mm/memstat.h"

#include <stdio.h>
#include <string.h>

#include "kernel/panic.h"
#include "kernel/x86/traps.h"
#include "mm/arena.h"
#include "mm/buddy_bitmap.h"
#include "mm/check_internal.h"
#include "mm/direct_map.h"
#include "mm/memstat_internal.h"
#include "mm/numa.h"
#include "mm/slab.h"
#include "mm/trace.h"
#include "mm/vmalloc.h"

BUILD_BUG_ON(MEMSTAT_ORDERS != MAX_ORDER);
BUILD_BUG_ON(MEMSTAT_TYPES != MIGRATE_TYPES);
BUILD_BUG_ON(MEMSTAT_ZONES != MAX_NR_ZONES);
BUILD_BUG_ON(MEMSTAT_USES_MAX < NR_OWNERS + CHECK_ZONES_MAX / MAX_NUMNODES + 5);

/* ---- Zones ---- */

u32 memstat_zone_count(void)
{
	struct zone *zone;
	u32 count = 0;

	for_each_zone(zone)
		count++;
	return count;
}

bool memstat_several_nodes(void)
{
	return numa.nodes > 1;
}

static const struct zone *zone_by_index(u32 index)
{
	struct zone *zone;
	u32 left = index;

	for_each_zone(zone)
		if (!left--)
			return zone;
	panic("memstat", "zone %u asked for, of %u", index, memstat_zone_count());
}

static void count_pageblocks(const struct zone *zone, u32 *blocks)
{
	unsigned long pfn = round_down(zone->zone_start_pfn, PAGEBLOCK_NR_PAGES);

	for (; zone->spanned_pages && pfn < zone_end_pfn(zone); pfn += PAGEBLOCK_NR_PAGES)
		if (block_to_nid(pfn) == zone->zone_pgdat->node_id)
			blocks[min_t(unsigned, pageblock_types[pfn >> PAGEBLOCK_ORDER],
				     MIGRATE_TYPES - 1)]++;
}

void memstat_zone(u32 index, struct memstat_zone *out)
{
	const struct zone *zone = zone_by_index(index);
	u32 blocks;

	memset(out, 0, sizeof(*out));
	out->node = (u32)zone->zone_pgdat->node_id;
	snprintf(out->name, sizeof(out->name), "%s", zone->name);
	out->populated = zone->populated;
	out->start_pfn = zone->zone_start_pfn;
	out->spanned_pages = zone->spanned_pages;
	out->present_pages = zone->present_pages;
	out->free_pages = (u32)zone->vm_stat[NR_FREE_PAGES];
	out->min_pages = zone->watermark[WMARK_MIN];
	out->low_pages = zone->watermark[WMARK_LOW];
	out->high_pages = zone->watermark[WMARK_HIGH];
	out->scanned_pages = zone->pages_scanned;
	for (unsigned i = 0; i < MAX_NR_ZONES; i++)
		out->protection_pages[i] = zone->lowmem_reserve[i];
	out->pcp_count = (u32)zone->pcp.count;
	out->pcp_high = (u32)zone->pcp.high;
	out->pcp_batch = (u32)zone->pcp.batch;
	out->slab_reclaimable_pages = (u32)zone->vm_stat[NR_SLAB_RECLAIMABLE];
	out->slab_unreclaimable_pages = (u32)zone->vm_stat[NR_SLAB_UNRECLAIMABLE];
	out->pagetable_pages = (u32)zone->vm_stat[NR_PAGETABLE];
	out->all_unreclaimable = zone->all_unreclaimable;
	blocks = zone->nr_alloc_pages - zone->nr_alloc_tails;
	out->numa_hit = blocks - zone->numa_miss;
	out->numa_miss = zone->numa_miss;
	out->numa_foreign = zone->numa_foreign;
	if (zone->zone_pgdat->node_id == numa_node_id())
		out->numa_local = blocks;
	else
		out->numa_other = blocks;
	out->orders = zone->engine ? zone->engine->max_order : MAX_ORDER;
	for (unsigned order = 0; order < out->orders; order++)
		for (unsigned type = 0; type < MIGRATE_TYPES; type++)
			out->blocks[order][type] = zone->free_area[order].nr_type[type];
	count_pageblocks(zone, out->pageblocks);
}

void memstat_free_blocks(void (*fn)(void *arg, const struct memstat_free_blocks *zone), void *arg)
{
	struct memstat_free_blocks out;
	struct zone *zone;

	for_each_zone(zone) {
		if (!zone->populated)
			continue;
		out.node = (u32)zone->zone_pgdat->node_id;
		out.zone = zone->name;
		out.orders = zone->engine->max_order;
		for (unsigned order = 0; order < out.orders; order++)
			out.blocks[order] = zone->free_area[order].nr_free;
		fn(arg, &out);
	}
}

void memstat_pair_maps(void (*fn)(void *arg, const struct memstat_pair_map *map), void *arg)
{
	struct zone *zone;

	for_each_zone(zone) {
		const struct pair_maps *maps = zone->engine_data;

		if (!zone->populated || trace_plain_engine(zone->engine) != &buddy_bitmap)
			continue;
		for (unsigned order = 0; order < BITMAP_MAX_ORDER - 1; order++) {
			struct memstat_pair_map out = {
				.node = (u32)zone->zone_pgdat->node_id,
				.zone = zone->name,
				.order = order,
				.address = (u32)(unsigned long)maps->map[order],
				.bytes = pair_map_bytes(maps->size, order),
				.pairs = pair_count(maps->size, order),
				.set_bits = pair_maps_set_bits(zone, order),
			};

			fn(arg, &out);
		}
	}
}

const char *memstat_type_name(u32 type)
{
	static const char *const names[MIGRATE_TYPES] = { "Unmovable", "Reclaimable", "Movable",
							  "Reserve", "Isolate" };

	return type < MIGRATE_TYPES ? names[type] : "?";
}

u32 memstat_pageblock_order(void)
{
	return PAGEBLOCK_ORDER;
}

/* ---- Frames ---- */

const char *const free_use_names[MAX_NR_ZONES + 1] = { "buddy_free_dma", "buddy_free_normal",
						       "buddy_free_highmem", "buddy_free_movable",
						       "soak_arena_free" };

const char *const owner_names[NR_OWNERS] = {
#define X(id, name) name,
	MM_OWNERS(X)
#undef X
};

static void add_use(struct memstat_frames *out, const char *use, unsigned long pages)
{
	out->uses[out->count++] = (struct memstat_use){ .use = use, .pages = (u32)pages };
}

/* Takes one frame that an option added out of the use it is in. */
static void forget_frame(struct memstat_frames *out, unsigned long pfn, const u32 *free_index,
			 u32 pcp_index, const u32 *owner_index, u32 arena_index)
{
	enum frame_class class;
	unsigned order;
	const struct page *head = frame_block(pfn, &class, &order);

	if (!head)
		return;
	if (pfn_to_page(pfn)->flags & PG_ARENA && (class == FRAME_FREE || class == FRAME_PCP))
		out->uses[arena_index].pages--;
	else if (class == FRAME_FREE)
		out->uses[free_index[page_zonenum(pfn_to_page(pfn))]].pages--;
	else if (class == FRAME_PCP)
		out->uses[pcp_index].pages--;
	else
		out->uses[owner_index[page_owner(head)]].pages--;
}

void memstat_frames(struct memstat_frames *out)
{
	unsigned long free[MAX_NR_ZONES] = { 0 }, pcp = 0;
	u32 free_index[MAX_NR_ZONES], owner_index[NR_OWNERS] = { 0 }, pcp_index, arena_index;
	struct e820_frames frames;
	struct zone *zone;

	e820_get_frames(&frames);
	out->ram_pages = frames.ram_pages;
	out->added_by_option_pages = frames.added_by_option_pages;
	out->count = 0;
	add_use(out, "above_4g", frames.above_4g_pages);
	add_use(out, "cut_by_option", frames.cut_by_option_pages);
	add_use(out, "trimmed", frames.trimmed_pages);
	for_each_zone(zone) {
		free[zone_idx(zone)] += (unsigned long)zone->vm_stat[NR_FREE_PAGES];
		pcp += (unsigned long)zone->pcp.count;
	}
	for (unsigned i = 0; i < MAX_NR_ZONES; i++) {
		free_index[i] = out->count;
		add_use(out, free_use_names[i], free[i]);
	}
	arena_index = out->count;
	add_use(out, free_use_names[MAX_NR_ZONES], arenas_free_pages());
	pcp_index = out->count;
	add_use(out, owner_names[OWNER_PCP], pcp);
	for (unsigned owner = OWNER_NONE; owner < NR_OWNERS; owner++) {
		if (owner == OWNER_PCP || owner == OWNER_HOLE)
			continue;
		owner_index[owner] = out->count;
		add_use(out, owner_names[owner], owner_pages[owner]);
	}
	for (u32 i = 0; i < e820_added_count(); i++) {
		struct range added = e820_added_range(i);

		for (u64 pfn = added.start; pfn < added.end && pfn < mm_seal.map_end_pfn; pfn++)
			forget_frame(out, (unsigned long)pfn, free_index, pcp_index, owner_index,
				     arena_index);
	}
}

/* ---- Totals ---- */

void memstat_totals(struct memstat_totals *out)
{
	unsigned long pages_4k, pages_4m;
	struct zone *zone;

	memset(out, 0, sizeof(*out));
	out->total_ram_pages = totalram_pages;
	out->total_high_pages = totalhigh_pages;
	for_each_zone(zone) {
		u32 free = (u32)zone->vm_stat[NR_FREE_PAGES];

		out->free_pages += free;
		if (zone_idx(zone) == ZONE_HIGHMEM)
			out->free_high_pages += free;
		out->pagetable_pages += (u32)zone->vm_stat[NR_PAGETABLE];
		out->pgalloc[zone_idx(zone)] += zone->nr_alloc_pages;
		/* What was ever given back, at boot too, and has not been handed out since, is
		 * free now: given back = handed out + free. */
		out->pgfree += zone->nr_alloc_pages + free + (u32)zone->pcp.count;
	}
	out->allocstall = nr_allocstall;
	memstat_slab_totals(out);
	memstat_vm_totals(out);
	direct_map_counts(&pages_4k, &pages_4m);
	out->direct_map_4k_kib = pages_4k * (PAGE_SIZE / 1024);
	out->direct_map_4m_kib = pages_4m * (PGDIR_SIZE / 1024);
	out->pgfault = page_fault_count;
}
