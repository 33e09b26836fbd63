/*
 * Releasing all free memory to the buddy system (W-97 to W-103).
 *
 *      registered RAM     [################################]  [###########################)
 *      low memory only    [################################]  [##############)
 *      reservations         [==]    [=====]         [=]           [===]
 *      ranges to release  [#)   [##)       [#######)   [###]  [##)      [####)
 *
 * and for each range, with | at multiples of 32 pages (W-101):
 *
 *      [..|#####|#####|#####|...)       . released one by one, ##### one block of order 5
 *
 * The array of ranges is placed in memory that is free, and so is released while it is being read.
 * That is safe because releasing touches descriptors only, and nothing allocates until the end.
 *
 * What is released is what the early reservations did not take; the walkthrough says that it is what they
 * took. And get_max_mapped, the limit of the search for the array, is in bytes, not in pages.
 *
 * Departures:
 * - High memory is released in the same blocks of 32 where all of them are RAM. The documents free
 *   it page by page; merging leads to the same free blocks whatever the order, at a tenth of the
 *   cost.
 * - High memory that a boot module lies in is not released (boot_modules.c).
 * - The record array has room for every registered range as well: the documented size, twice the
 *   number of reservations, would lose RAM on a map with many entries.
 * - Reserved pages are not counted by a second pass over all descriptors: those that a reservation
 *   owns were counted when they got their owner, and the sum is checked against the RAM.
 */
#include "mm/free_all.h"

#include <string.h>

#include "kernel/lib/bitops.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/system_state.h"
#include "kernel/x86/sections.h"
#include "mm/boot_modules.h"
#include "mm/bootmem.h"
#include "mm/check.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_node_map.h"
#include "mm/early_res.h"
#include "mm/gen24.h"
#include "mm/numa.h"
#include "mm/page_alloc_internal.h"

#define BATCH_ORDER 5 /* log2 of BITS_PER_LONG */
#define BATCH_PAGES (1UL << BATCH_ORDER)

BUILD_BUG_ON(sizeof(void *) == 4 && BATCH_PAGES != BITS_PER_LONG);

unsigned long released_singles, released_blocks;

/* ---- W-101 ---- */

static __always_inline void make_tail(struct page *page, u32 place)
{
	page->flags = place;
	page->_count = 0;
	page->lru.next = LIST_POISON1;
	page->lru.prev = LIST_POISON2;
}

/* The descriptors of a reserved block become those of a block that no list and nobody has. */
static noinline void unreserve_block(struct page *page, unsigned order)
{
	u32 place = page->flags & PG_PLACE_MASK;
	struct page *end = page + (1UL << order);

	if (order < 3) {
		for (; page < end; page++)
			make_tail(page, place);
		return;
	}
	do {
#pragma GCC unroll 8
		for (int i = 0; i < 8; i++)
			make_tail(page + i, place);
		page += 8;
	} while (page < end);
}

/* Now it is an allocated block with no owner, for __free_pages to take. */
static void hold_block(struct page *page, unsigned order)
{
	page->flags |= (u32)order << PG_ORDER_SHIFT;
	page->_count = 1;
	owner_pages[OWNER_NONE] += 1UL << order;
}

void release_prepare(struct page *page, unsigned order)
{
	unreserve_block(page, order);
	hold_block(page, order);
}

/*
 * The first release of each kind, shown as the stages it passes through. All of them are one call:
 * each notes what it changed.
 */
static __init void free_first_single(struct page *page)
{
	struct zone *zone = page_zone(page);
	unsigned long pfn = page_to_pfn(page);
	int count = page->_count, pages = zone->pcp.count;
	long free = zone->vm_stat[NR_FREE_PAGES];

	stage_begin(STAGE_free_pages);
	stage_begin(STAGE_free_hot_cold_page);
	stage_begin(STAGE_free_pages_check);
	stage_begin(STAGE_free_pcppages_bulk);
	__free_pages(page, 0);
	stage_note("high %d, batch %d: the page went on at once", zone->pcp.high, zone->pcp.batch);
	stage_end(STAGE_free_pcppages_bulk);
	stage_note("pfn %#lx: mapcount, mapping, count and flags let it go, bad pages %lu", pfn,
		   bad_pages);
	stage_end(STAGE_free_pages_check);
	stage_note("per-cpu list of zone %s: %d -> %d pages, %ld pages to the buddy lists",
		   zone->name, pages, zone->pcp.count, zone->vm_stat[NR_FREE_PAGES] - free);
	stage_end(STAGE_free_hot_cold_page);
	stage_note("pfn %#lx, order 0: count %d -> %d", pfn, count, page->_count);
	stage_end(STAGE_free_pages);
}

static __init void free_first_block(struct page *page, unsigned order)
{
	struct zone *zone = page_zone(page);
	long free = zone->vm_stat[NR_FREE_PAGES];

	stage_begin(STAGE_free_pages_ok);
	__free_pages(page, order);
	stage_note("pfn %#lx, order %u: NR_FREE_PAGES of zone %s %ld -> %ld", page_to_pfn(page),
		   order, zone->name, free, zone->vm_stat[NR_FREE_PAGES]);
	stage_end(STAGE_free_pages_ok);
}

/* Called until a release has merged: that one is the record of W-108. */
static __init bool free_and_watch_merge(struct page *page, unsigned order)
{
	struct zone *zone = page_zone(page);
	unsigned long merges = zone->nr_merge;
	unsigned long buddy = page_to_pfn(page) ^ (1UL << order);

	if (!PageFlag(pfn_to_page(buddy), PG_buddy) || pfn_to_page(buddy)->private != order) {
		__free_pages(page, order);
		return zone->nr_merge != merges;
	}
	stage_begin(STAGE_free_one_page_merge);
	stage_begin(STAGE_page_is_buddy);
	__free_pages(page, order);
	stage_note("pfn %#lx and %#lx, order %u: same zone, free, same order", page_to_pfn(page),
		   buddy, order);
	stage_end(STAGE_page_is_buddy);
	stage_note("pfn %#lx: %lu merges from order %u up", page_to_pfn(page),
		   zone->nr_merge - merges, order);
	stage_end(STAGE_free_one_page_merge);
	return true;
}

static bool merge_shown;

/* => the descriptors are those of an unreserved block, and not every kind of release has been shown */
static noinline void free_and_show(struct page *page, unsigned order)
{
	hold_block(page, order);
	if (order == 0 && !released_singles)
		free_first_single(page);
	else if (order && !released_blocks)
		free_first_block(page, order);
	else if (!merge_shown)
		merge_shown = free_and_watch_merge(page, order);
	else
		__free_pages(page, order);
}

/*
 * W-101: clear reserved, count 1 on the first page, __free_pages. => 2^order aligned frames
 *
 * Once every kind of release has been shown, a block goes straight to free_one_page: the checks of
 * W-107 would look at words that were written a moment ago.
 */
static __always_inline void __free_pages_bootmem(struct page *page, unsigned order)
{
	unreserve_block(page, order);
	if (likely(order && merge_shown && released_blocks))
		free_one_page(zone_of(page), page, order, page_block_type(page));
	else
		free_and_show(page, order);
	if (order)
		released_blocks++;
	else
		released_singles++;
}

static void free_singles(unsigned long start, unsigned long end)
{
	for (; start < end; start++)
		__free_pages_bootmem(pfn_to_page(start), 0);
}

void release_boot_block(unsigned long pfn, unsigned order)
{
	__free_pages_bootmem(pfn_to_page(pfn), order);
}

void __free_pages_memory(unsigned long start, unsigned long end)
{
	unsigned long first = round_up(start, BATCH_PAGES), last = round_down(end, BATCH_PAGES);

	if (first >= last)
		first = last = end;
	free_singles(start, first);
	for (start = first; start < last; start += BATCH_PAGES)
		__free_pages_bootmem(pfn_to_page(start), BATCH_ORDER);
	free_singles(last, end);
}

/* ---- W-98 to W-100 ---- */

/* W-100: takes every reservation out of the list; partly used pages count as used. */
static __init void subtract_early_res(struct range *list, int capacity)
{
	stage_note("%d reservations, %s", early_res_count - early_res_doubled(),
		   early_res_doubled() ? "the list had been doubled" : "in the static list");
	for (int i = early_res_doubled(); i < early_res_count; i++) {
		stage_note("#%d [%#llx, %#llx) %s", i, early_res[i].start, early_res[i].end,
			   early_res[i].name);
		subtract_range(list, capacity, PFN_DOWN(early_res[i].start),
			       PFN_UP(early_res[i].end));
	}
}

static __init int add_from_early_node_map(struct range *list, int capacity, int nid)
{
	int i, used = 0;

	for_each_active_range_index_in_nid(i, nid) used = add_range(
		list, capacity, used, early_node_map[i].start_pfn, early_node_map[i].end_pfn);
	stage_note("%d registered ranges", used);
	return used;
}

static __init void subtract_highmem(struct range *list, int capacity)
{
	subtract_range(list, capacity, max_low_pfn, ~0ull);
	stage_note("[%#lx, end) is not directly mapped", max_low_pfn);
}

__init int get_free_all_memory_range(struct range **list, int nid)
{
	int reservations = early_res_count - early_res_doubled();
	int capacity = max(2 * reservations, reservations + nr_nodemap_entries);
	size_t bytes = (size_t)capacity * sizeof(struct range);
	u64 place = find_fw_memmap_area(0, get_max_mapped(), bytes, sizeof(struct range));
	struct range *r;
	int count;

	if (place == ~0ull)
		panic("free_all", "no %zu bytes for %d range records", bytes, capacity);
	r = __va(place);
	memset(r, 0, bytes);
	stage_begin(STAGE_add_from_early_node_map);
	add_from_early_node_map(r, capacity, nid);
	stage_end(STAGE_add_from_early_node_map);
	stage_begin(STAGE_subtract_range);
	subtract_highmem(r, capacity);
	stage_end(STAGE_subtract_range);
	RUN(subtract_early_res, r, capacity);
	stage_begin(STAGE_clean_sort_range);
	count = clean_sort_range(r, capacity);
	stage_note("%d ranges in %d records", count, capacity);
	stage_end(STAGE_clean_sort_range);
	early_res_forget();
	stage_note("%d records of %zu bytes at %#llx", capacity, sizeof(*r), place);
	*list = r;
	return count;
}

static __init unsigned long free_all_memory_core_early(int nid)
{
	struct range *list;
	unsigned long pages = 0;
	int count;

	stage_begin(STAGE_get_free_all_memory_range);
	count = get_free_all_memory_range(&list, nid);
	stage_end(STAGE_get_free_all_memory_range);
	stage_begin(STAGE_free_pages_memory);
	stage_begin(STAGE_free_pages_bootmem);
	for (int i = 0; i < count; i++) {
		unsigned long start = (unsigned long)list[i].start;
		unsigned long end = (unsigned long)list[i].end;

		pages += end - start;
		__free_pages_memory(start, end);
	}
	stage_note("%lu single pages, %lu blocks of order %d", released_singles, released_blocks,
		   BATCH_ORDER);
	stage_end(STAGE_free_pages_bootmem);
	for (int i = 0; i < count; i++)
		stage_note("released [%#llx, %#llx), %llu pages", list[i].start, list[i].end,
			   range_len(list[i]));
	stage_end(STAGE_free_pages_memory);
	stage_note("%lu pages in %d ranges", pages, count);
	return pages;
}

/* All nodes together, since node 0 may have no RAM. */
__init unsigned long free_all_bootmem(void)
{
	unsigned long pages;

	numa_tag_frames();
	if (boot_allocator->release) {
		pages = boot_allocator->release();
	} else {
		early_res_tag_frames();
		stage_begin(STAGE_free_all_memory_core_early);
		pages = free_all_memory_core_early(MAX_NUMNODES);
		stage_end(STAGE_free_all_memory_core_early);
	}
	stage_note("%lu pages of low memory", pages);
	return pages;
}

/* ---- W-103 ---- */

static void add_highpages(unsigned long start, unsigned long end, void *arg)
{
	(void)arg;
	__free_pages_memory(start, end);
	totalhigh_pages += end - start;
}

static void __init add_high_range(unsigned long start, unsigned long end, void *arg)
{
	for_each_high_range_without_modules(start, end, add_highpages, arg);
}

__init void set_highmem_pages_init(void)
{
	unsigned long before = totalhigh_pages;
	struct zone *zone;

	for_each_populated_zone(zone) {
		if (zone_idx(zone) != ZONE_HIGHMEM)
			continue;
		stage_note("zone %s of node %d: pfn [%#lx, %#lx)", zone->name,
			   zone->zone_pgdat->node_id, zone->zone_start_pfn, zone_end_pfn(zone));
		work_with_active_regions(zone->zone_pgdat->node_id, zone->zone_start_pfn,
					 zone_end_pfn(zone), add_high_range, NULL);
	}
	stage_note("totalhigh_pages %lu", totalhigh_pages);
	totalram_pages += totalhigh_pages - before;
}

/* ---- W-97, W-110 ---- */

/* Registered low RAM that stays reserved: all of it has an owner. */
static __init unsigned long reserved_low_pages(void)
{
	unsigned long ram = 0, owned = 0;

	for (int nid = 0; nid < MAX_NUMNODES; nid++)
		ram += active_pages_in(nid, 0, max_low_pfn);
	for (unsigned owner = OWNER_NONE + 1; owner < NR_OWNERS; owner++)
		owned += owner == OWNER_HOLE || owner == OWNER_NODE_MEMORY ? 0 : owner_pages[owner];
	if (ram != totalram_pages + owned)
		panic("mem_init", "%lu pages of low RAM, but %lu are free and %lu reserved", ram,
		      totalram_pages, owned);
	return owned;
}

static __init unsigned long kib(const char *start, const char *end)
{
	return (unsigned long)(end - start) / 1024;
}

static __init void report_memory(unsigned long reserved)
{
	unsigned long free = 0;
	struct zone *zone;

	for_each_zone(zone)
		free += (unsigned long)zone->vm_stat[NR_FREE_PAGES];
	stage_note("%luK of %luK free: %luK code, %luK reserved, %luK data, %luK init, %luK high",
		   free * 4, num_physpages * 4, kib(_text, _etext), reserved * 4,
		   kib(_sdata, _edata), kib(__init_begin, __init_end), totalhigh_pages * 4);
	pr_info("memory: %luK free of %luK (code %luK, reserved %luK, data %luK, init %luK, high %luK)",
		free * 4, num_physpages * 4, kib(_text, _etext), reserved * 4, kib(_sdata, _edata),
		kib(__init_begin, __init_end), totalhigh_pages * 4);
	check_memory_layout();
}

__init unsigned long release_free_memory(void)
{
	unsigned long reserved;

	BUG_ON(!mem_map);
	page_alloc_open();
	stage_begin(STAGE_free_all_bootmem);
	totalram_pages += free_all_bootmem();
	stage_end(STAGE_free_all_bootmem);
	reserved = reserved_low_pages();
	stage_note("low RAM: %lu pages released, %lu stay reserved", totalram_pages, reserved);
	if (mm_gen24) {
		stage_begin(STAGE_n_mem_init);
		gen24_free_highmem();
		stage_note("%lu pages of low RAM stay reserved", reserved);
		stage_end(STAGE_n_mem_init);
	} else {
		RUN(set_highmem_pages_init);
	}
	stage_note("totalram_pages %lu", totalram_pages);
	check_make_seal();
	return reserved;
}

__init void mem_init(void)
{
	unsigned long reserved = release_free_memory();

	system_state_set(PHASE_BUDDY);
	stage_begin(STAGE_memory_report);
	report_memory(reserved);
	stage_end(STAGE_memory_report);
	RUN(test_wp_bit);
	RUN(save_pg_dir);
	RUN(zap_low_mappings);
}

/* W-136 */
void free_reserved_page(struct page *page)
{
	BUG_ON(!PageFlag(page, PG_reserved));
	owner_pages[page_owner(page)]--;
	release_prepare(page, 0);
	__free_pages(page, 0);
	totalram_pages++;
}
