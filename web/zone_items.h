/*
 * The counters of a zone, in the order and under the names in which /proc/zoneinfo, /proc/vmstat
 * and /metrics give them. What this kernel has none of (page cache, swap, user pages) counts 0.
 */
#ifndef WEB_ZONE_ITEMS_H
#define WEB_ZONE_ITEMS_H

#include "mm/memstat.h"

#define ZONE_ITEMS 29

extern const char *const zone_item_names[ZONE_ITEMS];

/* How many of them there are on this machine: the last six count on several nodes only. */
u32 zone_item_count(void);

/* Migrate types that a zone's engine tells apart: an engine with fewer orders knows one. */
static inline u32 zone_types(u32 orders)
{
	return orders == MEMSTAT_ORDERS ? MEMSTAT_TYPES : 1;
}

/* Pages of the zone that counter `item` counts. => item < zone_item_count() */
u32 zone_item(const struct memstat_zone *zone, u32 item);

#endif
