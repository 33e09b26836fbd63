/*
 * Watermarks, lowmem_reserve and the migrate reserve (W-109, W-135).
 *
 *      free pages
 *      ──────────────── high   enough
 *      ──────────────── low    first round of an allocation stops; the main loop reclaims
 *      ──────────────── min    second round stops
 *      ─ ─ ─ ─ ─ ─ ─ ─  min/2  __GFP_HIGH stops; min * 3/8 if it cannot wait either
 *
 * lowmem_reserve[j] of a zone is what it keeps back from requests whose best zone is j: pages that
 * could as well have come from higher up.
 *
 * min_free_kbytes is the square root of 16 times the KiB of low memory: large machines keep more,
 * but a smaller share. Everything here follows from present_pages, so that memstat_check can
 * compute it again.
 */
#include "mm/page_alloc_internal.h"

#include "kernel/lib/libc/string.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "mm/boot_replay.h"
#include "mm/gen24.h"

#define MIN_FREE_KBYTES_LEAST 128ul
#define MIN_FREE_KBYTES_MOST 65536ul
#define HIGHMEM_MIN_LEAST 32ul /* pages */
#define HIGHMEM_MIN_MOST 128ul
#define MIGRATE_RESERVE_BLOCKS 2ul

unsigned long min_free_kbytes;
bool watermarks_set;

/* What a zone keeps back of each page above it: 1 / ratio (W-135). */
static const unsigned lowmem_reserve_ratio[MAX_NR_ZONES] = { 256, 32, 32, 32 };

bool zone_watermark_ok(const struct zone *zone, unsigned order, unsigned long mark,
		       enum zone_type classzone, unsigned alloc_flags)
{
	long free = zone->vm_stat[NR_FREE_PAGES] - (1L << order) + 1;
	long min = (long)mark, reserve = (long)zone->lowmem_reserve[classzone];

	if (alloc_flags & ALLOC_HIGH)
		min -= min / 2;
	if (alloc_flags & ALLOC_HARDER)
		min -= min / 4;
	if (free <= min + reserve)
		return false;
	for (unsigned o = 0; o < order; o++) {
		free -= (long)(zone->free_area[o].nr_free << o);
		min >>= 1;
		if (free <= min)
			return false;
	}
	return true;
}

unsigned long nr_free_zone_pages(enum zone_type highest)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		if (zone_idx(zone) <= highest && zone->present_pages > zone->watermark[WMARK_HIGH])
			sum += zone->present_pages - zone->watermark[WMARK_HIGH];
	return sum;
}

bool zones_below_low(void)
{
	struct zone *zone;

	/* Reclaim gives back low pages only. */
	for_each_populated_zone(zone)
		if (zone_idx(zone) < ZONE_HIGHMEM &&
		    zone->vm_stat[NR_FREE_PAGES] < (long)zone->watermark[WMARK_LOW])
			return true;
	return false;
}

static bool is_highmem(const struct zone *zone)
{
	return zone_idx(zone) == ZONE_HIGHMEM;
}

static unsigned long lowmem_present_pages(void)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		if (!is_highmem(zone))
			sum += zone->present_pages;
	return sum;
}

/* Square root, rounded down. */
static unsigned long int_sqrt(unsigned long x)
{
	unsigned long root = 0;

	for (unsigned long bit = 1UL << 15; bit; bit >>= 1)
		if ((u64)(root | bit) * (root | bit) <= x)
			root |= bit;
	return root;
}

unsigned long min_free_kbytes_of(unsigned long lowmem_kbytes)
{
	return clamp(int_sqrt(lowmem_kbytes * 16), MIN_FREE_KBYTES_LEAST, MIN_FREE_KBYTES_MOST);
}

unsigned long compute_min_free_kbytes(void)
{
	return min_free_kbytes_of(lowmem_present_pages() * (PAGE_SIZE / 1024));
}

void compute_zone_marks(const struct zone *zone, struct zone_marks *marks)
{
	unsigned long min_pages = min_free_kbytes / (PAGE_SIZE / 1024);
	unsigned long lowmem = lowmem_present_pages(), above = 0, share, min;

	if (mm_gen24) { /* N-05 */
		gen24_watermarks(zone->spanned_pages, marks->watermark);
		memset(marks->lowmem_reserve, 0, sizeof(marks->lowmem_reserve));
		return;
	}
	share = lowmem ? (unsigned long)((u64)min_pages * zone->present_pages / lowmem) : 0;
	min = is_highmem(zone)
		      ? clamp(zone->present_pages / 1024, HIGHMEM_MIN_LEAST, HIGHMEM_MIN_MOST)
		      : share;
	marks->watermark[WMARK_MIN] = min;
	marks->watermark[WMARK_LOW] = min + share / 4;
	marks->watermark[WMARK_HIGH] = min + share / 2;
	for (unsigned j = 0; j < MAX_NR_ZONES; j++) {
		if (j > zone_idx(zone))
			above += zone->zone_pgdat->node_zones[j].present_pages;
		marks->lowmem_reserve[j] = above / lowmem_reserve_ratio[zone_idx(zone)];
	}
}

/*
 * One or two blocks of each zone are kept as the reserve that every type may fall back on last: as
 * many as hold the min watermark. Blocks whose first page is reserved will never be free as a
 * whole and are passed over.
 */
static void setup_zone_migrate_reserve(struct zone *zone)
{
	unsigned long want = DIV_ROUND_UP(zone->watermark[WMARK_MIN], PAGEBLOCK_NR_PAGES);
	unsigned long pfn = round_up(zone->zone_start_pfn, PAGEBLOCK_NR_PAGES);

	want = min(want, MIGRATE_RESERVE_BLOCKS);
	for (; pfn < zone_end_pfn(zone); pfn += PAGEBLOCK_NR_PAGES) {
		struct page *page = pfn_to_page(pfn);
		enum migratetype type = get_pageblock_migratetype(page);

		if (PageFlag(page, PG_reserved) || page_zone(page) != zone)
			continue;
		if (want && type == MIGRATE_RESERVE) {
			want--;
		} else if (want && type == MIGRATE_MOVABLE) {
			set_pageblock_migratetype(page, MIGRATE_RESERVE);
			move_freepages_block(zone, page, MIGRATE_RESERVE);
			stage_note("zone %s: block at pfn %#lx is migrate reserve", zone->name,
				   pfn);
			want--;
		} else if (type == MIGRATE_RESERVE) {
			set_pageblock_migratetype(page, MIGRATE_MOVABLE);
			move_freepages_block(zone, page, MIGRATE_MOVABLE);
		}
	}
}

void init_per_zone_wmark_min(void)
{
	struct zone *zone;

	min_free_kbytes = compute_min_free_kbytes();
	stage_note("min_free_kbytes %lu", min_free_kbytes);
	for_each_zone(zone) {
		struct zone_marks marks;

		compute_zone_marks(zone, &marks);
		for (unsigned i = 0; i < MAX_NR_ZONES; i++)
			zone->lowmem_reserve[i] = marks.lowmem_reserve[i];
		if (!zone->populated)
			continue;
		for (unsigned i = 0; i < NR_WMARK; i++)
			zone->watermark[i] = marks.watermark[i];
		stage_note("zone %s: min %lu, low %lu, high %lu pages", zone->name,
			   marks.watermark[WMARK_MIN], marks.watermark[WMARK_LOW],
			   marks.watermark[WMARK_HIGH]);
		stage_note("zone %s: lowmem_reserve %lu, %lu, %lu, %lu", zone->name,
			   marks.lowmem_reserve[0], marks.lowmem_reserve[1],
			   marks.lowmem_reserve[2], marks.lowmem_reserve[3]);
		setup_zone_migrate_reserve(zone);
	}
	watermarks_set = true;
	replay_zones_changed = true;
}
