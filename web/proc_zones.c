/*
 * /proc/buddyinfo, /proc/pagetypeinfo and /proc/zoneinfo: the zones, populated ones only, in the
 * order of memstat (by node, from DMA up).
 *
 * The engine of a zone says how many orders there are. One with fewer than MEMSTAT_ORDERS (the pair
 * bitmaps of 2.4 have ten) knows no migrate types: pagetypeinfo then has one. All zones of one boot
 * have the same engine.
 */
#include "mm/memstat.h"
#include "web/proc.h"
#include "web/zone_items.h"

/* "Node 0, zone   Normal" with the node in `node_width` columns, as every line of a zone begins. */
static void zone_label(struct writer *w, u32 node, const char *name, u32 node_width)
{
	w_lit(w, "Node ");
	w_u32(w, node, node_width);
	w_lit(w, ", zone ");
	w_str_right(w, name, 8);
}

void proc_buddyinfo_zone(struct writer *w, const struct memstat_free_blocks *zone)
{
	zone_label(w, zone->node, zone->zone, 0);
	w_char(w, ' ');
	for (u32 order = 0; order < zone->orders; order++) {
		w_cell(w, zone->blocks[order]);
	}
	w_char(w, '\n');
}

static void buddyinfo_zone(void *arg, const struct memstat_free_blocks *zone)
{
	proc_buddyinfo_zone(arg, zone);
}

void proc_buddyinfo(struct writer *w)
{
	memstat_free_blocks(buddyinfo_zone, w);
}

static void extfrag_zone(void *arg, const struct memstat_free_blocks *zone)
{
	struct writer *w = arg;

	zone_label(w, zone->node, zone->zone, 0);
	w_char(w, ' ');
	for (u32 order = 0; order < zone->orders; order++) {
		s32 index = memstat_extfrag_index(zone, order);

		w_printf(w, "%2d.%03d ", index / 1000, index % 1000);
	}
	w_char(w, '\n');
}

void sys_extfrag_index(struct writer *w)
{
	memstat_free_blocks(extfrag_zone, w);
}

static void unusable_zone(void *arg, const struct memstat_free_blocks *zone)
{
	struct writer *w = arg;

	zone_label(w, zone->node, zone->zone, 0);
	w_char(w, ' ');
	for (u32 order = 0; order < zone->orders; order++) {
		u32 index = memstat_unusable_index(zone, order);

		w_printf(w, "%u.%03u ", index / 1000, index % 1000);
	}
	w_char(w, '\n');
}

void sys_unusable_index(struct writer *w)
{
	memstat_free_blocks(unusable_zone, w);
}

/* Orders of this boot's engine: those of the first populated zone. */
static u32 engine_orders(void)
{
	struct memstat_zone zone;

	for (u32 i = 0; i < memstat_zone_count(); i++) {
		memstat_zone(i, &zone);
		if (zone.populated)
			return zone.orders;
	}
	return MEMSTAT_ORDERS;
}

static void free_counts(struct writer *w, const struct memstat_zone *zone)
{
	for (u32 type = 0; type < zone_types(zone->orders); type++) {
		zone_label(w, zone->node, zone->name, 4);
		w_lit(w, ", type ");
		w_str_right(w, memstat_type_name(type), 12);
		w_char(w, ' ');
		for (u32 order = 0; order < zone->orders; order++) {
			w_cell(w, zone->blocks[order][type]);
		}
		w_char(w, '\n');
	}
}

static void block_counts(struct writer *w, const struct memstat_zone *zone)
{
	zone_label(w, zone->node, zone->name, 0);
	w_char(w, ' ');
	for (u32 type = 0; type < zone_types(zone->orders); type++) {
		w_u32(w, zone->pageblocks[type], 12);
		w_char(w, ' ');
	}
	w_char(w, '\n');
}

static void for_each_populated(struct writer *w,
			       void (*fn)(struct writer *w, const struct memstat_zone *zone))
{
	struct memstat_zone zone;

	for (u32 i = 0; i < memstat_zone_count(); i++) {
		memstat_zone(i, &zone);
		if (zone.populated)
			fn(w, &zone);
	}
}

void proc_pagetypeinfo(struct writer *w)
{
	u32 orders = engine_orders();

	w_lit(w, "Page block order: ");
	w_u32(w, memstat_pageblock_order(), 0);
	w_lit(w, "\nPages per block:  ");
	w_u32(w, 1u << memstat_pageblock_order(), 0);
	w_lit(w, "\n\n");
	w_str_left(w, "Free pages count per migrate type at order", 43);
	w_char(w, ' ');
	for (u32 order = 0; order < orders; order++) {
		w_cell(w, order);
	}
	w_char(w, '\n');
	for_each_populated(w, free_counts);
	w_char(w, '\n');
	w_str_left(w, "Number of blocks type ", 23);
	for (u32 type = 0; type < zone_types(orders); type++) {
		w_str_right(w, memstat_type_name(type), 12);
		w_char(w, ' ');
	}
	w_char(w, '\n');
	for_each_populated(w, block_counts);
}

/* The ratio Linux derives from a zone's size: the root of ten times its GiB, at least 1. */
static u32 inactive_ratio(u32 present_pages)
{
	u32 ten_gib = 10 * (present_pages >> 18);
	u32 root = 1;

	while ((root + 1) * (root + 1) <= ten_gib)
		root++;
	return root;
}

/* One of the six figures that stand in one column under "pages free". */
static void zone_figure(struct writer *w, const char *name, u32 pages)
{
	w_lit(w, "        ");
	w_str_left(w, name, 9);
	w_u32(w, pages, 0);
	w_char(w, '\n');
}

static void zone_counters(struct writer *w, const struct memstat_zone *zone)
{
	for (u32 item = 0; item < zone_item_count(); item++) {
		w_lit(w, "    ");
		w_str_left(w, zone_item_names[item], 12);
		w_char(w, ' ');
		w_u32(w, zone_item(zone, item), 0);
		w_char(w, '\n');
	}
}

static void zoneinfo(struct writer *w, const struct memstat_zone *zone)
{
	zone_label(w, zone->node, zone->name, 0);
	w_lit(w, "\n  pages free     ");
	w_u32(w, zone->free_pages, 0);
	w_char(w, '\n');
	zone_figure(w, "min", zone->min_pages);
	zone_figure(w, "low", zone->low_pages);
	zone_figure(w, "high", zone->high_pages);
	zone_figure(w, "scanned", zone->scanned_pages);
	zone_figure(w, "spanned", zone->spanned_pages);
	zone_figure(w, "present", zone->present_pages);
	zone_counters(w, zone);
	w_lit(w, "        protection: (");
	for (u32 i = 0; i < MEMSTAT_ZONES; i++) {
		if (i)
			w_lit(w, ", ");
		w_u32(w, zone->protection_pages[i], 0);
	}
	w_lit(w, ")\n  pagesets\n    cpu: 0\n              count: ");
	w_u32(w, zone->pcp_count, 0);
	w_lit(w, "\n              high:  ");
	w_u32(w, zone->pcp_high, 0);
	w_lit(w, "\n              batch: ");
	w_u32(w, zone->pcp_batch, 0);
	w_lit(w, "\n  all_unreclaimable: ");
	w_u32(w, zone->all_unreclaimable, 0);
	w_lit(w, "\n  prev_priority:     12\n  start_pfn:         ");
	w_u32(w, zone->start_pfn, 0);
	w_lit(w, "\n  inactive_ratio:    ");
	w_u32(w, inactive_ratio(zone->present_pages), 0);
	w_char(w, '\n');
}

void proc_zoneinfo(struct writer *w)
{
	for_each_populated(w, zoneinfo);
}
