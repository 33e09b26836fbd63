/*
 * The 2.4 generation: zones, watermarks, zonelists and the release of boot memory, after the 2.4
 * notes.
 *
 *	pfn  0              0x1000                  max_low_pfn           highend_pfn
 *	     [     DMA      )[        Normal         )[       HighMem       )
 *
 * A zone's size is all of its frames, with or without RAM behind them: the notes pass no holes. The
 * descriptors of all three are one array from frame 0 on.
 *
 * Everything above uses the same alloc_pages. What it asks of a generation is decided here: zones
 * whose engine is buddy_bitmap, watermarks, lists by the zone mask, boot pagesets that hold nothing,
 * one migrate type (mobility grouping is off for good).
 *
 * Differences from the documents:
 * - Descriptors are this image's: 32 bytes. Their array ends at a multiple of 1024 pages, because
 *   the checks walk it so. The figures that hang on the notes' 68 bytes come from the same functions,
 *   which take the size.
 * - With less than 16 MiB of low memory the notes set no high size at all. highmem= can leave so
 *   little low memory; then HighMem gets its size here too, or that RAM would be lost.
 * - present_pages, which 2.4 does not have, is the zone's RAM.
 * - The descriptors' virtual address (not for HighMem) needs no field: it follows from the frame.
 *
 * Where the notes err: zones are half open, so that frame 0x1000 is Normal's first; descriptors, not page
 * tables, are counted 0 and reserved; those of the guest take 16.99994 MiB, not 16.995; physical 16 MiB is
 * 0x1000000, and 0xC1000000 its virtual address; there is no zonelist 16, its words are the fields behind;
 * and free_all_bootmem_core is called by mem_init, not by paging_init.
 *
 * Boot only.
 */
#include "mm/gen24.h"

#include <string.h>

#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/cpu.h"
#include "mm/boot_modules.h"
#include "mm/boot_replay.h"
#include "mm/bootmem.h"
#include "mm/bootmem_bitmap.h"
#include "mm/buddy_bitmap.h"
#include "mm/direct_map.h"
#include "mm/e820_setup.h"
#include "mm/early_node_map.h"
#include "mm/free_all.h"
#include "mm/memmap.h"
#include "mm/page_alloc_internal.h"
#include "mm/zones.h"

/* N-05 */
#define ZONE_BALANCE_RATIO 128
#define ZONE_BALANCE_MIN 20ul
#define ZONE_BALANCE_MAX 255ul

bool mm_gen24;
struct gen24_zonelist gen24_zonelists[GEN24_ZONELISTS];

int parse_mm(const char *value)
{
	if (!strcmp(value, "2.4"))
		mm_gen24 = true;
	else if (!strcmp(value, "2.6"))
		mm_gen24 = false;
	else
		return -EINVAL;
	return 0;
}

/* ---- Figures ---- */

void gen24_zone_sizes(unsigned long low, unsigned long high, unsigned long sizes[GEN24_ZONES])
{
	sizes[ZONE_DMA] = min(low, MAX_DMA_PFN);
	sizes[ZONE_NORMAL] = low - sizes[ZONE_DMA];
	sizes[ZONE_HIGHMEM] = high > low ? high - low : 0;
}

void gen24_watermarks(unsigned long pages, unsigned long marks[NR_WMARK])
{
	unsigned long w = clamp(pages / ZONE_BALANCE_RATIO, ZONE_BALANCE_MIN, ZONE_BALANCE_MAX);

	marks[WMARK_MIN] = w;
	marks[WMARK_LOW] = 2 * w;
	marks[WMARK_HIGH] = 3 * w;
}

unsigned long gen24_map_bytes(unsigned long pages, unsigned long descriptor_bytes)
{
	return (pages + 1) * descriptor_bytes;
}

u64 gen24_map_start(u64 phys, unsigned long descriptor_bytes)
{
	u32 over = (u32)phys % (u32)descriptor_bytes; /* low memory: below 4 GiB */

	return over ? phys + descriptor_bytes - over : phys;
}

int gen24_zonelist(unsigned mask, const bool populated[GEN24_ZONES], enum zone_type list[])
{
	int first = mask & 1 ? ZONE_DMA : mask & 2 ? ZONE_HIGHMEM : ZONE_NORMAL, n = 0;

	for (int type = first; type >= 0; type--)
		if (populated[type])
			list[n++] = (enum zone_type)type;
	return n;
}

bool page_kills_ppro(unsigned long pfn)
{
	return pfn >= 0x70000 && pfn <= 0x7003F;
}

/* ---- N-04: free_area_init_core ---- */

u64 __init gen24_take_map(unsigned long pages, unsigned long descriptor_bytes)
{
	unsigned long bytes = gen24_map_bytes(pages, descriptor_bytes);
	void *mem = alloc_bootmem_pages_dirty(bytes, OWNER_MEM_MAP);
	u64 map = gen24_map_start(__pa(mem), descriptor_bytes);

	stage_note("%lu descriptors of %lu bytes and one more: %lu bytes at %#lx, mem_map %p",
		   pages, descriptor_bytes, bytes, __pa(mem), __va(map));
	return map;
}

static void __init init_zone_marks(struct zone *zone)
{
	replay_zones_changed = true;
	gen24_watermarks(zone->spanned_pages, zone->watermark);
	stage_note("%s: %lu pages: pages_min %lu, pages_low %lu, pages_high %lu", zone->name,
		   zone->spanned_pages, zone->watermark[WMARK_MIN], zone->watermark[WMARK_LOW],
		   zone->watermark[WMARK_HIGH]);
}

/* List heads of a zone that point to themselves, both ways. */
static unsigned __init empty_heads(const struct zone *zone)
{
	unsigned n = 0;

	for (unsigned order = 0; order < BITMAP_MAX_ORDER; order++) {
		const struct list_head *head = &zone->free_area[order].free_list[0];

		n += head->next == head && head->prev == head;
	}
	return n;
}

static void __init count_ram(unsigned long start, unsigned long end, void *sum)
{
	*(unsigned long *)sum += end - start;
}

static void __init init_zone(pg_data_t *pgdat, enum zone_type type, unsigned long start,
			     unsigned long size)
{
	struct zone *zone = &pgdat->node_zones[type];

	memset(zone, 0, sizeof(*zone));
	zone->name = zone_names[type];
	zone->zone_pgdat = pgdat;
	zone->zone_start_pfn = start;
	zone->spanned_pages = size;
	work_with_active_regions(0, start, start + size, count_ram, &zone->present_pages);
	zone->populated = zone->present_pages != 0;
	replay_zones_changed = true;
	setup_boot_pageset(zone);
	pgdat->node_present_pages += zone->present_pages;
	nr_all_pages += zone->present_pages;
	nr_kernel_pages += type == ZONE_HIGHMEM ? 0 : zone->present_pages;
	if (size) {
		pr_info("zone(%d): %lu pages.", type, size);
		if (start % BITMAP_MAX_ORDER_NR_PAGES)
			pr_warn("zone %s begins at pfn %#lx, inside a block of %lu pages",
				zone->name, start, BITMAP_MAX_ORDER_NR_PAGES);
		pgdat->nr_zones = type + 1;
		stage_begin(STAGE_n_watermarks);
		if (zone->populated)
			init_zone_marks(zone);
		stage_end(STAGE_n_watermarks);
		init_zone_descriptors(size, 0, type, start);
		stage_note("%s: size %#lx, %lu of them RAM, start %#llx, map %p", zone->name, size,
			   zone->present_pages, PFN_PHYS(start), (void *)pfn_to_page(start));
	}
	stage_begin(STAGE_n_free_areas);
	zone_init_free_lists(zone, &buddy_bitmap);
	stage_note("%s: %u list heads point to themselves, free_pages %ld", zone->name,
		   empty_heads(zone), zone->vm_stat[NR_FREE_PAGES]);
	stage_end(STAGE_n_free_areas);
}

static void __init free_area_init_core(const unsigned long sizes[GEN24_ZONES])
{
	pg_data_t *pgdat = NODE_DATA(0);
	unsigned long total = 0, start = 0;

	for (unsigned type = 0; type < GEN24_ZONES; type++)
		total += sizes[type];
	pr_info("On node 0 totalpages: %lu", total);
	pgdat->node_id = 0;
	pgdat->node_start_pfn = 0;
	pgdat->node_spanned_pages = total;
	pgdat->node_present_pages = 0;
	pgdat->nr_zones = 0;
	node_set_online(pgdat);
	nr_kernel_pages = nr_all_pages = 0;
	mem_map = __va(gen24_take_map(round_up(total, MAX_ORDER_NR_PAGES), sizeof(struct page)));
	pgdat->node_mem_map = mem_map;
	for (unsigned type = 0; type < MAX_NR_ZONES; type++) {
		unsigned long size = type < GEN24_ZONES ? sizes[type] : 0;

		init_zone(pgdat, (enum zone_type)type, start, size);
		start += size;
	}
	memmap_start_pfn = 0;
	memmap_end_pfn = round_up(total, MAX_ORDER_NR_PAGES);
	memmap_init_outside(memmap_start_pfn, memmap_end_pfn);
	stage_note("node 0: %lu pages from frame 0, no holes, %d zones", total, pgdat->nr_zones);
}

/* ---- N-07 ---- */

static void __init build_zonelists_24(void)
{
	pg_data_t *pgdat = NODE_DATA(0);
	bool populated[GEN24_ZONES];

	for (unsigned type = 0; type < GEN24_ZONES; type++)
		populated[type] = pgdat->node_zones[type].populated;
	for (unsigned mask = 0; mask < GEN24_ZONELISTS; mask++) {
		enum zone_type order[GEN24_ZONES];
		int n = gen24_zonelist(mask, populated, order);

		for (int i = 0; i < n; i++)
			gen24_zonelists[mask].zones[i] = &pgdat->node_zones[order[i]];
		gen24_zonelists[mask].zones[n] = NULL;
		stage_note("%2u: %s %s %s", mask, n > 0 ? zone_names[order[0]] : "-",
			   n > 1 ? zone_names[order[1]] : "", n > 2 ? zone_names[order[2]] : "");
	}
}

/* ---- N-02 ---- */

void __init gen24_zone_sizes_init(void)
{
	unsigned long sizes[GEN24_ZONES];

	/* before the first descriptor is written: every block is of the one type */
	page_group_by_mobility_disabled = true;
	stage_begin(STAGE_n_zone_sizes);
	gen24_zone_sizes(max_low_pfn, highend_pfn, sizes);
	stage_note("max_dma %#lx, low %#lx, high %#lx: DMA %#lx, Normal %#lx, HighMem %#lx",
		   MAX_DMA_PFN, max_low_pfn, highend_pfn, sizes[ZONE_DMA], sizes[ZONE_NORMAL],
		   sizes[ZONE_HIGHMEM]);
	stage_end(STAGE_n_zone_sizes);
	stage_begin(STAGE_n_free_area_init_core);
	free_area_init_core(sizes);
	stage_end(STAGE_n_free_area_init_core);
	stage_begin(STAGE_n_build_zonelists);
	build_zonelists_24();
	stage_end(STAGE_n_build_zonelists);
}

/* ---- N-08, N-09, N-11, N-12 ---- */

/* The first page of all, and the first that merges, shown as the stages they pass through. */
static void __init free_page_shown(struct page *page)
{
	static bool freed, merged;
	struct zone *zone = page_zone(page);
	unsigned long merges = zone->nr_merge, pfn = page_to_pfn(page);

	if (likely(freed && merged)) {
		__free_pages(page, 0);
		return;
	}
	stage_begin(STAGE_n_free_pages);
	stage_begin(STAGE_n_free_pages_ok);
	__free_pages(page, 0);
	merges = zone->nr_merge - merges;
	if (!freed || merges)
		stage_note("pfn %#lx, order 0: %lu pair bits of zone %s were 1: %lu merges", pfn,
			   merges, zone->name, merges);
	stage_end(STAGE_n_free_pages_ok);
	if (!freed || merges)
		stage_note("pfn %#lx: not reserved, count 1 -> %d", pfn, page->_count);
	stage_end(STAGE_n_free_pages);
	freed = true;
	merged = merges != 0;
}

void __init gen24_release(unsigned long pfn, unsigned order)
{
	struct page *page = pfn_to_page(pfn);

	release_prepare(page, order);
	if (order)
		__free_pages(page, order);
	else
		free_page_shown(page);
}

static void __init note_free_areas(const struct zone *zone)
{
	for (unsigned order = 0; order < BITMAP_MAX_ORDER - 1; order++)
		stage_note("%s order %u: %lu blocks, %lu pair bits set", zone->name, order,
			   zone->free_area[order].nr_free, pair_maps_set_bits(zone, order));
}

static void __init free_high_pages(unsigned long start, unsigned long end, void *killed)
{
	for (unsigned long pfn = start; pfn < end; pfn++) {
		if (cpu_is_ppro_with_ram_bug() && page_kills_ppro(pfn)) {
			set_page_owner(pfn_to_page(pfn), OWNER_BAD_RAM);
			owner_pages[OWNER_BAD_RAM]++;
			++*(unsigned long *)killed;
			continue;
		}
		gen24_release(pfn, 0);
		totalhigh_pages++;
	}
}

static void __init free_high_range(unsigned long start, unsigned long end, void *killed)
{
	for_each_high_range_without_modules(start, end, free_high_pages, killed);
}

void __init gen24_free_highmem(void)
{
	unsigned long killed = 0;
	struct zone *zone;

	work_with_active_regions(0, highstart_pfn, highend_pfn, free_high_range, &killed);
	totalram_pages += totalhigh_pages;
	clear_empty_zero_page();
	stage_note("max_mapnr = num_physpages = %#lx, high_memory %p, highmem_start_page %p",
		   num_physpages, high_memory, (void *)pfn_to_page(highstart_pfn));
	stage_note("totalram_pages %lu, totalhigh_pages %lu, %lu pages kept from a Pentium Pro",
		   totalram_pages, totalhigh_pages, killed);
	for_each_populated_zone(zone)
		if (zone_idx(zone) == ZONE_HIGHMEM)
			note_free_areas(zone);
}

/* ---- Stages of the other generation ---- */

void __init gen24_skip_stages(void)
{
	static const u16 only_26[] = {
		STAGE_zone_sizes_init,
		STAGE_sparse_init,
		STAGE_free_area_init_nodes,
		STAGE_find_zone_movable_pfns_for_nodes,
		STAGE_free_area_init_node,
		STAGE_calculate_node_totalpages,
		STAGE_zone_spanned_pages_in_node,
		STAGE_zone_absent_pages_in_node,
		STAGE_alloc_node_mem_map,
		STAGE_free_area_init_core,
		STAGE_zone_pcp_init,
		STAGE_setup_usemap,
		STAGE_init_currently_empty_zone,
		STAGE_zone_wait_table_init,
		STAGE_zone_init_free_lists,
		STAGE_memmap_init_zone,
		STAGE_build_all_zonelists,
		STAGE_set_zonelist_order,
		STAGE_build_zonelists,
		STAGE_free_all_bootmem_core,
		STAGE_set_highmem_pages_init,
		STAGE_free_pages,
		STAGE_free_hot_cold_page,
		STAGE_free_pcppages_bulk,
		STAGE_free_pages_check,
		STAGE_free_pages_ok,
		STAGE_free_one_page_merge,
		STAGE_page_is_buddy,
		STAGE_alloc_pages,
		STAGE_setup_per_cpu_pageset,
		STAGE_init_per_zone_wmark_min,
	};
	static const u16 only_24[] = {
		STAGE_n_paging_init,
		STAGE_n_zone_sizes,
		STAGE_n_kmap_init,
		STAGE_n_free_area_init_core,
		STAGE_n_watermarks,
		STAGE_n_free_areas,
		STAGE_n_build_zonelists,
		STAGE_n_mem_init,
		STAGE_n_free_all_bootmem_core,
		STAGE_n_free_pages,
		STAGE_n_free_pages_ok,
		STAGE_n_local_pages,
		STAGE_n_rmqueue,
	};

	if (mm_gen24)
		stage_skip(STAGE_n_local_pages, "no request has had to reclaim yet");
	for (unsigned i = 0; mm_gen24 && i < ARRAY_SIZE(only_26); i++)
		stage_skip(only_26[i], "mm=2.4: the 2.4 notes' machinery runs instead");
	for (unsigned i = 0; !mm_gen24 && i < ARRAY_SIZE(only_24); i++)
		stage_skip(only_24[i], "mm=2.6: the 2.6.34 machinery runs instead");
}
