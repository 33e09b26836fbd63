/*
 * Nodes and zones from the registered RAM.
 *
 *   pfn   0 1            0x1000                   max_low_pfn            highend_pfn
 *           [    DMA     )[        Normal         )[       HighMem       )
 *   ranges  [#####)  [######################################)   [########)
 *                  hole: descriptors that stay reserved       hole
 *
 * A zone's spanned pages are the part of its address range that the node covers, holes included;
 * present pages are those with RAM, less what its own descriptors would take. The descriptors of
 * all nodes are one array, from the lowest registered pfn rounded down to 1024 to the highest
 * rounded up, because buddy arithmetic looks at descriptors of whole top-order blocks
 * (memmap.c fills them in).
 *
 * Boot only. Legal after it: pfn_to_page, page_zone; every page is reserved and none is free.
 *
 * Differences from the documents: lists of wait queues have no locks; ZONE_MOVABLE is always empty
 * (movable.c).
 */
#include "mm/zones.h"

#include <string.h>

#include "kernel/lib/bitops.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "mm/boot_replay.h"
#include "mm/bootmem.h"
#include "mm/buddy.h"
#include "mm/e820_setup.h"
#include "mm/early_node_map.h"
#include "mm/memmap.h"
#include "mm/page_alloc.h"

#define PAGES_PER_WAITQUEUE 256
#define WAIT_TABLE_MIN 4
#define WAIT_TABLE_MAX 4096

pg_data_t contig_page_data;
pg_data_t *node_data[MAX_NUMNODES] = { &contig_page_data };
const char *const zone_names[MAX_NR_ZONES] = { "DMA", "Normal", "HighMem", "Movable" };

unsigned long arch_zone_lowest_possible_pfn[MAX_NR_ZONES];
unsigned long arch_zone_highest_possible_pfn[MAX_NR_ZONES];
unsigned long nr_kernel_pages, nr_all_pages;
unsigned long dma_reserve;

/* ---- Sizes (W-74, W-75) ---- */

/* The part of a zone's address range inside the node; empty if it lies beside it. */
static void __init zone_range_in_node(int nid, enum zone_type type, unsigned long *start,
				      unsigned long *end)
{
	unsigned long node_start, node_end;

	get_pfn_range_for_nid(nid, &node_start, &node_end);
	*start = max(arch_zone_lowest_possible_pfn[type], node_start);
	*end = max(min(arch_zone_highest_possible_pfn[type], node_end), *start);
}

unsigned long __init zone_spanned_pages_in_node(int nid, enum zone_type type)
{
	unsigned long start, end;

	zone_range_in_node(nid, type, &start, &end);
	return end - start;
}

unsigned long __init __absent_pages_in_range(int nid, unsigned long start_pfn,
					     unsigned long end_pfn)
{
	if (start_pfn >= end_pfn || first_active_region_index_in_nid(nid) < 0)
		return 0;
	return end_pfn - start_pfn - active_pages_in(nid, start_pfn, end_pfn);
}

unsigned long __init zone_absent_pages_in_node(int nid, enum zone_type type)
{
	unsigned long start, end;

	zone_range_in_node(nid, type, &start, &end);
	return __absent_pages_in_range(nid, start, end);
}

/* Pages; a remark in the walkthrough says nodes. */
static void __init calculate_node_totalpages(pg_data_t *pgdat)
{
	unsigned long spanned = 0, absent = 0;

	for (enum zone_type t = 0; t < MAX_NR_ZONES; t++) {
		unsigned long size, holes;

		stage_begin(STAGE_zone_spanned_pages_in_node);
		size = zone_spanned_pages_in_node(pgdat->node_id, t);
		stage_note("node %d %s: %lu", pgdat->node_id, zone_names[t], size);
		stage_end(STAGE_zone_spanned_pages_in_node);
		stage_begin(STAGE_zone_absent_pages_in_node);
		holes = zone_absent_pages_in_node(pgdat->node_id, t);
		stage_note("node %d %s: %lu", pgdat->node_id, zone_names[t], holes);
		stage_end(STAGE_zone_absent_pages_in_node);
		spanned += size;
		absent += holes;
	}
	pgdat->node_spanned_pages = spanned;
	pgdat->node_present_pages = spanned - absent;
	pr_info("node %d: %lu pages of RAM", pgdat->node_id, pgdat->node_present_pages);
	stage_note("spanned %lu, present %lu", spanned, spanned - absent);
}

unsigned long __init memmap_pages(unsigned long pages, unsigned long descriptor_bytes)
{
	return PFN_UP((u64)pages * descriptor_bytes);
}

unsigned long __init zone_present_pages(const char *name, unsigned long size, unsigned long absent,
					unsigned long descriptor_bytes)
{
	unsigned long real = size - absent, memmap = memmap_pages(size, descriptor_bytes);

	/* Where they would take all of it, the documented code leaves a zone that has RAM unpopulated. */
	if (memmap && real <= memmap) {
		pr_warn("  %s: its descriptors take %lu pages, it has %lu", name, memmap, real);
		return real;
	}
	if (memmap)
		pr_info("  %s: %lu pages for its descriptors", name, memmap);
	return real - memmap;
}

/* ---- The parts of a zone (W-78 to W-80) ---- */

static void __init zone_pcp_init(struct zone *zone)
{
	int batch = zone_batchsize(zone);

	setup_boot_pageset(zone);
	if (zone->present_pages)
		pr_info("  %s: %lu pages, page lists in batches of %d", zone->name,
			zone->present_pages, batch);
	stage_note("%s: boot pageset high %d batch %d, later batch %d", zone->name, zone->pcp.high,
		   zone->pcp.batch, batch);
}

/* The blocks' migrate types. 2.6 has no bitmap of free pages, which a remark in the walkthrough sees here. */
static void __init setup_usemap(struct zone *zone, unsigned long start_pfn, unsigned long size)
{
	unsigned long bytes = usemap_size(start_pfn, size);

	zone->pageblock_flags = bytes ? alloc_bootmem(bytes, OWNER_BOOT_ALLOC) : NULL;
	stage_note("%s: %lu bytes", zone->name, bytes);
}

unsigned long __init wait_table_hash_nr_entries(unsigned long pages)
{
	unsigned long entries = roundup_pow_of_two(pages / PAGES_PER_WAITQUEUE);

	return clamp(entries, (unsigned long)WAIT_TABLE_MIN, (unsigned long)WAIT_TABLE_MAX);
}

static void __init zone_wait_table_init(struct zone *zone, unsigned long size)
{
	unsigned long n = wait_table_hash_nr_entries(size);

	zone->wait_table_hash_nr_entries = n;
	zone->wait_table_bits = ilog2(n);
	zone->wait_table = alloc_bootmem(n * sizeof(*zone->wait_table), OWNER_BOOT_ALLOC);
	for (unsigned long i = 0; i < n; i++)
		INIT_LIST_HEAD(&zone->wait_table[i].task_list);
	stage_note("%s: %lu entries, %lu bits", zone->name, n, zone->wait_table_bits);
}

void zone_init_free_lists(struct zone *zone, const struct buddy_engine *engine)
{
	for (unsigned order = 0; order < MAX_ORDER; order++) {
		struct free_area *area = &zone->free_area[order];

		area->nr_free = 0;
		for (unsigned type = 0; type < MIGRATE_TYPES; type++) {
			INIT_LIST_HEAD(&area->free_list[type]);
			area->nr_type[type] = 0;
		}
	}
	zone->engine = engine;
	if (engine->init)
		engine->init(zone);
	stage_note("%s: %u orders of empty lists, engine %s", zone->name, engine->max_order,
		   engine->name);
}

static void __init init_currently_empty_zone(struct zone *zone, unsigned long start_pfn,
					     unsigned long size)
{
	pg_data_t *pgdat = zone->zone_pgdat;

	RUN(zone_wait_table_init, zone, size);
	pgdat->nr_zones = (int)zone_idx(zone) + 1;
	zone->zone_start_pfn = start_pfn;
	RUN(zone_init_free_lists, zone, &buddy_pageflag);
	stage_note("%s starts at pfn %#lx", zone->name, start_pfn);
}

/* ---- One node (W-76, W-77) ---- */

static void __init init_zone(pg_data_t *pgdat, enum zone_type t, unsigned long start_pfn)
{
	struct zone *zone = &pgdat->node_zones[t];
	unsigned long size = zone_spanned_pages_in_node(pgdat->node_id, t);
	unsigned long real = zone_present_pages(zone_names[t], size,
						zone_absent_pages_in_node(pgdat->node_id, t),
						sizeof(struct page));

	if (t == ZONE_DMA && real > dma_reserve) {
		real -= dma_reserve;
		if (dma_reserve)
			pr_info("  %s: %lu pages kept back", zone_names[t], dma_reserve);
	}
	if (t != ZONE_HIGHMEM)
		nr_kernel_pages += real;
	nr_all_pages += real;

	memset(zone, 0, sizeof(*zone));
	zone->name = zone_names[t];
	zone->zone_pgdat = pgdat;
	zone->zone_start_pfn = start_pfn;
	zone->spanned_pages = size;
	zone->present_pages = real;
	zone->populated = real != 0;
	replay_zones_changed = true;
	stage_note("%s: spanned %lu, present %lu", zone->name, size, real);
	RUN(zone_pcp_init, zone);
	if (!size) {
		zone_init_free_lists(zone, &buddy_pageflag); /* an empty zone still has its lists */
		return;
	}
	RUN(setup_usemap, zone, start_pfn, size);
	RUN(init_currently_empty_zone, zone, start_pfn, size);
	RUN(memmap_init_zone, size, pgdat->node_id, t, start_pfn);
}

static void __init free_area_init_core(pg_data_t *pgdat)
{
	unsigned long start_pfn = pgdat->node_start_pfn;

	pgdat->nr_zones = 0;
	for (enum zone_type t = 0; t < MAX_NR_ZONES; t++) {
		init_zone(pgdat, t, start_pfn);
		start_pfn += pgdat->node_zones[t].spanned_pages;
	}
}

void __init node_set_online(pg_data_t *pgdat)
{
	/* from here on for_each_zone comes by: the record of the stages counts free pages */
	for (enum zone_type t = 0; t < MAX_NR_ZONES; t++)
		pgdat->node_zones[t].zone_pgdat = pgdat;
	pgdat->online = true;
}

static void __init free_area_init_node(int nid, unsigned long node_start_pfn)
{
	pg_data_t *pgdat = NODE_DATA(nid);

	pgdat->node_id = nid;
	pgdat->node_start_pfn = node_start_pfn;
	node_set_online(pgdat);
	RUN(calculate_node_totalpages, pgdat);
	if (pgdat->node_spanned_pages)
		RUN(alloc_node_mem_map, pgdat);
	pr_info("node %d at %p, its descriptors at %p", nid, (void *)pgdat,
		(void *)pgdat->node_mem_map);
	stage_note("node %d from pfn %#lx, node_mem_map %p", nid, node_start_pfn,
		   (void *)pgdat->node_mem_map);
	RUN(free_area_init_core, pgdat);
}

/* ---- All nodes (W-71, W-72) ---- */

static void __init set_zone_bounds(const unsigned long max_zone_pfn[MAX_NR_ZONES])
{
	unsigned long low = early_node_map[0].start_pfn;

	for (enum zone_type t = 0; t < MAX_NR_ZONES; t++) {
		if (t == ZONE_MOVABLE) {
			arch_zone_lowest_possible_pfn[t] = arch_zone_highest_possible_pfn[t] = 0;
			continue;
		}
		arch_zone_lowest_possible_pfn[t] = low;
		arch_zone_highest_possible_pfn[t] = max(max_zone_pfn[t], low);
		low = arch_zone_highest_possible_pfn[t];
	}
	replay_zones_changed = true;
}

static void __init report_zone_bounds(void)
{
	pr_info("zones by page frame number:");
	for (enum zone_type t = 0; t < ZONE_MOVABLE; t++) {
		unsigned long lo = arch_zone_lowest_possible_pfn[t];
		unsigned long hi = arch_zone_highest_possible_pfn[t];

		if (lo == hi)
			pr_info("  %-8s empty", zone_names[t]);
		else
			pr_info("  %-8s [%#lx, %#lx)", zone_names[t], lo, hi);
		stage_note("%s [%#lx, %#lx)", zone_names[t], lo, hi);
	}
	pr_info("%d registered ranges of RAM:", nr_nodemap_entries);
	for (int i = 0; i < nr_nodemap_entries; i++)
		pr_info("  node %d [%#lx, %#lx)", early_node_map[i].nid,
			early_node_map[i].start_pfn, early_node_map[i].end_pfn);
}

void __init free_area_init_nodes(const unsigned long max_zone_pfn[MAX_NR_ZONES])
{
	BUG_ON(!nr_nodemap_entries);
	sort_node_map();
	set_zone_bounds(max_zone_pfn);
	RUN(find_zone_movable_pfns_for_nodes);
	report_zone_bounds();
	nr_kernel_pages = nr_all_pages = 0;
	for (int nid = 0; nid < MAX_NUMNODES; nid++)
		if (NODE_DATA(nid))
			RUN(free_area_init_node, nid, find_min_pfn_for_node(nid));
	memmap_init_outside(memmap_start_pfn, memmap_end_pfn);
	stage_note("nr_kernel_pages %lu, nr_all_pages %lu", nr_kernel_pages, nr_all_pages);
}

void __init zone_sizes_init(void)
{
	unsigned long bounds[MAX_NR_ZONES] = {
		[ZONE_DMA] = MAX_DMA_PFN,
		[ZONE_NORMAL] = max_low_pfn,
		[ZONE_HIGHMEM] = highend_pfn,
	};

	stage_note("bounds: DMA %#lx, Normal %#lx, HighMem %#lx", bounds[ZONE_DMA],
		   bounds[ZONE_NORMAL], bounds[ZONE_HIGHMEM]);
	RUN(free_area_init_nodes, bounds);
}
