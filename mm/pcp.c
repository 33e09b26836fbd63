/*
 * Per-cpu page lists (W-79, W-105, W-123).
 *
 * Each zone has one list for each of the first three migrate types. Single pages are freed to the
 * head of their list while they are likely to be in the processor's cache (hot), to the tail when
 * not (cold), and are handed out from the same ends. A page on a list has OWNER_PCP, count 0 and
 * in `private` the migrate type with which it will go back to the buddy lists.
 *
 *      buddy lists ── rmqueue_bulk, batch ──► [head, hot ... tail, cold] ──► alloc_pages
 *           ▲                                      ▲          │
 *           └──── free_pcppages_bulk, batch ───────│──────────┘ when count reaches high
 *                                              __free_pages
 *
 * Until W-123 the boot pageset holds: high 0, batch 1, so that a freed page passes through.
 * NR_FREE_PAGES does not contain the pages on these lists, pcp.count does.
 * Not for interrupt handlers.
 */
#include "mm/page_alloc_internal.h"

#include "kernel/lib/bitops.h"
#include "kernel/stage.h"
#include "mm/callsite.h"
#include "mm/gen24.h"

bool pagesets_set;

int zone_batchsize(const struct zone *zone)
{
	unsigned long batch = zone->present_pages / 1024;

	batch = min(batch, 512 * 1024 / PAGE_SIZE) / 4;
	if (batch < 1)
		batch = 1;
	return (int)rounddown_pow_of_two(batch + batch / 2) - 1;
}

void setup_boot_pageset(struct zone *zone)
{
	zone->pcp.count = 0;
	zone->pcp.high = 0;
	zone->pcp.batch = 1;
	for (unsigned type = 0; type < MIGRATE_PCPTYPES; type++)
		INIT_LIST_HEAD(&zone->pcp.lists[type]);
}

void setup_per_cpu_pageset(void)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		int batch = zone_batchsize(zone), high = zone->pcp.high, old = zone->pcp.batch;

		zone->pcp.high = pageset_high(batch);
		zone->pcp.batch = pageset_batch(batch);
		stage_note("node %d zone %s: high %d -> %d, batch %d -> %d",
			   zone->zone_pgdat->node_id, zone->name, high, zone->pcp.high, old,
			   zone->pcp.batch);
	}
	pagesets_set = true;
}

static __alloc_wrapper int rmqueue_pages(struct zone *zone, int count, enum migratetype type,
					 bool cold)
{
	struct list_head *after = &zone->pcp.lists[type];
	int taken = 0;

	while (taken < count) {
		struct page *page = zone->engine->take(zone, 0, type);

		if (!page)
			break;
		page->private = type;
		page->flags |= (u32)OWNER_PCP << PG_OWNER_SHIFT;
		/* Behind the one before: pages leave the list in the order they came. */
		if (cold)
			list_add_tail(&page->lru, after);
		else
			list_add(&page->lru, after);
		after = &page->lru;
		taken++;
	}
	zone->vm_stat[NR_FREE_PAGES] -= taken;
	zone->pcp.count += taken;
	return taken;
}

/* The first request of all, shown as the stage it is, and counted from then on. */
__alloc_wrapper int rmqueue_bulk(struct zone *zone, int count, enum migratetype type, bool cold)
{
	static bool shown;
	enum stage_id stage = mm_gen24 ? STAGE_n_rmqueue : STAGE_alloc_pages;
	int taken;

	if (likely(shown))
		return rmqueue_pages(zone, count, type, cold);
	shown = true;
	stage_begin(stage);
	taken = rmqueue_pages(zone, count, type, cold);
	stage_note("zone %s, type %u: %d of %d pages, %lu splits, %lu from another type",
		   zone->name, type, taken, count, zone->nr_split, zone->nr_fallback);
	stage_end(stage);
	return taken;
}

/* The coldest page of a list, ready for the buddy lists. */
static __alloc_wrapper void free_coldest(struct zone *zone, struct list_head *list)
{
	struct page *page = list_last_entry(list, struct page, lru);
	enum migratetype type = (enum migratetype)page->private;

	list_del(&page->lru);
	page->private = 0;
	page->flags &= ~PG_OWNER_MASK;
	zone->pcp.count--;
	free_one_page(zone, page, 0, type);
}

__alloc_wrapper void free_pcppages_bulk(struct zone *zone, int count)
{
	unsigned type = 0;
	int run = 0; /* pages to take from the next list: one more for each empty list passed */

	while (count > 0) {
		struct list_head *list;

		do {
			run++;
			if (++type == MIGRATE_PCPTYPES)
				type = 0;
			list = &zone->pcp.lists[type];
		} while (list_empty(list));
		do {
			free_coldest(zone, list);
		} while (--count && --run && !list_empty(list));
	}
}

void drain_all_pages(void)
{
	struct zone *zone;

	for_each_populated_zone(zone)
		free_pcppages_bulk(zone, zone->pcp.count);
}
