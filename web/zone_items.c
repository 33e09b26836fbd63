/*
 * Names and values of a zone's counters. The order is that of 2.6.34 without NUMA.
 */
#include "web/zone_items.h"

#include "kernel/panic.h"

enum {
	ITEM_FREE = 0,
	ITEM_SLAB_RECLAIMABLE = 12,
	ITEM_SLAB_UNRECLAIMABLE = 13,
	ITEM_PAGE_TABLE = 14,
	ITEM_NUMA_HIT = 23,
	ITEM_NUMA_MISS,
	ITEM_NUMA_FOREIGN,
	ITEM_NUMA_LOCAL = 27,
	ITEM_NUMA_OTHER,
};

const char *const zone_item_names[ZONE_ITEMS] = {
	[ITEM_FREE] = "nr_free_pages",
	"nr_inactive_anon",
	"nr_active_anon",
	"nr_inactive_file",
	"nr_active_file",
	"nr_unevictable",
	"nr_mlock",
	"nr_anon_pages",
	"nr_mapped",
	"nr_file_pages",
	"nr_dirty",
	"nr_writeback",
	[ITEM_SLAB_RECLAIMABLE] = "nr_slab_reclaimable",
	[ITEM_SLAB_UNRECLAIMABLE] = "nr_slab_unreclaimable",
	[ITEM_PAGE_TABLE] = "nr_page_table_pages",
	"nr_kernel_stack",
	"nr_unstable",
	"nr_bounce",
	"nr_vmscan_write",
	"nr_writeback_temp",
	"nr_isolated_anon",
	"nr_isolated_file",
	"nr_shmem",
	[ITEM_NUMA_HIT] = "numa_hit",
	[ITEM_NUMA_MISS] = "numa_miss",
	[ITEM_NUMA_FOREIGN] = "numa_foreign",
	"numa_interleave",
	[ITEM_NUMA_LOCAL] = "numa_local",
	[ITEM_NUMA_OTHER] = "numa_other",
};

u32 zone_item_count(void)
{
	return memstat_several_nodes() ? ZONE_ITEMS : ITEM_NUMA_HIT;
}

u32 zone_item(const struct memstat_zone *zone, u32 item)
{
	BUG_ON(item >= ZONE_ITEMS);
	switch (item) {
	case ITEM_FREE: return zone->free_pages;
	case ITEM_SLAB_RECLAIMABLE: return zone->slab_reclaimable_pages;
	case ITEM_SLAB_UNRECLAIMABLE: return zone->slab_unreclaimable_pages;
	case ITEM_PAGE_TABLE: return zone->pagetable_pages;
	case ITEM_NUMA_HIT: return zone->numa_hit;
	case ITEM_NUMA_MISS: return zone->numa_miss;
	case ITEM_NUMA_FOREIGN: return zone->numa_foreign;
	case ITEM_NUMA_LOCAL: return zone->numa_local;
	case ITEM_NUMA_OTHER: return zone->numa_other;
	default: return 0;
	}
}
