/*
 * Fragmentation by order, and what would become of a request now: which zones it would be tried in, in
 * which order, and what each would say. The decision is zone_watermark_ok()'s own; the words only tell
 * which of its comparisons failed first.
 *
 * Reads only. Both indexes are Linux's (mm/vmstat.c, Documentation/admin-guide/sysctl/vm.rst), in
 * thousandths, and take free pages to be those in the buddy lists.
 */
#include "kernel/panic.h"
#include "mm/gen24.h"
#include "mm/memstat.h"
#include "mm/page_alloc_internal.h"

struct blocks {
	u32 free_pages, free_blocks, suitable; /* suitable: blocks of the order that could be cut */
};

static struct blocks count_blocks(const struct memstat_free_blocks *zone, u32 order)
{
	struct blocks b = { 0 };

	for (u32 o = 0; o < zone->orders; o++) {
		b.free_blocks += zone->blocks[o];
		b.free_pages += zone->blocks[o] << o;
		if (o >= order)
			b.suitable += zone->blocks[o] << (o - order);
	}
	return b;
}

u32 memstat_unusable_index(const struct memstat_free_blocks *zone, u32 order)
{
	struct blocks b = count_blocks(zone, order);

	if (!b.free_pages)
		return 1000;
	return (u32)((u64)(b.free_pages - (b.suitable << order)) * 1000 / b.free_pages);
}

s32 memstat_extfrag_index(const struct memstat_free_blocks *zone, u32 order)
{
	struct blocks b = count_blocks(zone, order);

	if (!b.free_blocks)
		return 0;
	if (b.suitable)
		return -1000;
	return 1000 - (s32)((1000 + ((u64)b.free_pages * 1000 >> order)) / b.free_blocks);
}

static u32 blocks_from(const struct zone *zone, u32 order)
{
	u32 blocks = 0;

	for (u32 o = order; o < zone->engine->max_order; o++)
		blocks += zone->free_area[o].nr_free;
	return blocks;
}

/* The first comparison of W-109 that fails, for a request that does not pass. */
static enum memstat_verdict why_not(const struct zone *zone, u32 order, enum zone_type classzone)
{
	long free = zone->vm_stat[NR_FREE_PAGES] - (1L << order) + 1;
	long min = (long)zone->watermark[WMARK_MIN];

	if (free <= min)
		return MEMSTAT_BELOW_MARK;
	if (free <= min + (long)zone->lowmem_reserve[classzone])
		return MEMSTAT_KEPT;
	return blocks_from(zone, order) ? MEMSTAT_SMALL_BLOCKS : MEMSTAT_NO_BLOCK;
}

static enum memstat_verdict verdict_26(const struct zone *zone, u32 order, enum zone_type classzone)
{
	if (zone_watermark_ok(zone, order, zone->watermark[WMARK_LOW], classzone, 0))
		return MEMSTAT_GIVES;
	if (zone_watermark_ok(zone, order, zone->watermark[WMARK_MIN], classzone, 0))
		return MEMSTAT_GIVES_LOW;
	return why_not(zone, order, classzone);
}

/* N-14: the marks of all zones tried so far add up; blocks are not looked at before one is taken. */
static enum memstat_verdict verdict_24(const struct zone *zone, u32 order, u32 low, u32 min)
{
	u32 free = (u32)zone->vm_stat[NR_FREE_PAGES];

	if (free <= min + (1u << order))
		return MEMSTAT_BELOW_MARK;
	if (!blocks_from(zone, order))
		return MEMSTAT_NO_BLOCK;
	return free <= low + (1u << order) ? MEMSTAT_GIVES_LOW : MEMSTAT_GIVES;
}

u32 memstat_orders(void)
{
	struct zone *zone;

	for_each_populated_zone(zone)
		return zone->engine->max_order;
	return MEMSTAT_ORDERS;
}

enum memstat_verdict memstat_request(enum memstat_request_kind kind, u32 order,
				     void (*fn)(void *arg, const struct memstat_trial *trial),
				     void *arg)
{
	static const gfp_t gfp[MEMSTAT_REQUESTS] = { GFP_KERNEL | __GFP_DMA, GFP_KERNEL,
						     GFP_KERNEL | __GFP_HIGHMEM };
	struct zone *const *zones = request_zones(gfp[kind]);
	enum memstat_verdict all = MEMSTAT_NO_ZONE;
	u32 low = 0, min = 0;

	for (struct zone *const *z = zones; *z; z++) {
		const struct zone *zone = *z;
		enum zone_type classzone = zone_idx(zones[0]);
		struct memstat_trial trial = {
			.node = (u32)zone->zone_pgdat->node_id,
			.zone = zone->name,
			.free_pages = (u32)zone->vm_stat[NR_FREE_PAGES],
			.min_pages = (u32)zone->watermark[WMARK_MIN],
			.low_pages = (u32)zone->watermark[WMARK_LOW],
			.kept_pages = mm_gen24 ? min : (u32)zone->lowmem_reserve[classzone],
			.blocks = order < zone->engine->max_order ? blocks_from(zone, order) : 0,
		};

		low += trial.low_pages;
		min += trial.min_pages;
		trial.verdict = mm_gen24 ? verdict_24(zone, order, low, min)
					 : verdict_26(zone, order, classzone);
		if (z == zones || trial.verdict < all)
			all = trial.verdict;
		fn(arg, &trial);
	}
	return all;
}

const char *memstat_request_name(enum memstat_request_kind kind)
{
	static const char *const names[MEMSTAT_REQUESTS] = { "dma", "kernel", "highmem" };

	return names[kind];
}

const char *memstat_verdict_name(enum memstat_verdict verdict)
{
	static const char *const names[] = { "gives", "gives_below_low", "small_blocks", "no_block",
					     "kept",  "below_min",	 "no_zone" };

	return names[verdict];
}
