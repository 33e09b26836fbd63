/*
 * Zones against the seal and against the formulas their figures came from (check_zones).
 */
#include <stdio.h>

#include "mm/arena.h"
#include "mm/check_internal.h"
#include "mm/gen24.h"
#include "mm/trace.h"

/* Fields that boot sets once. */
static void check_zone_constants(struct memstat_check *check, const struct zone_seal *seal,
				 const char *where)
{
	const struct zone *zone = seal->zone;
	const struct {
		const char *what;
		unsigned long expected, found;
	} fields[] = {
		{ "zone_start_pfn", seal->start_pfn, zone->zone_start_pfn },
		{ "spanned_pages", seal->end_pfn - seal->start_pfn, zone->spanned_pages },
		{ "present_pages", seal->present_pages, zone->present_pages },
		{ "zone_pgdat", (unsigned long)seal->zone_pgdat, (unsigned long)zone->zone_pgdat },
		{ "name", (unsigned long)seal->name, (unsigned long)zone->name },
		{ "engine", (unsigned long)seal->engine,
		  (unsigned long)trace_plain_engine(zone->engine) },
		{ "engine_data", (unsigned long)seal->engine_data,
		  (unsigned long)zone->engine_data },
		{ "pageblock_flags", (unsigned long)seal->pageblock_flags,
		  (unsigned long)zone->pageblock_flags },
		{ "wait_table", (unsigned long)seal->wait_table, (unsigned long)zone->wait_table },
		{ "wait_table_hash_nr_entries", seal->wait_table_hash_nr_entries,
		  zone->wait_table_hash_nr_entries },
		{ "wait_table_bits", seal->wait_table_bits, zone->wait_table_bits },
		{ "populated", seal->populated, zone->populated },
		{ "pages_scanned", 0, zone->pages_scanned },
		{ "all_unreclaimable", 0, zone->all_unreclaimable },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(fields); i++)
		check_equal_hex(check, fields[i].what, where, fields[i].expected, fields[i].found);
}

/* W-135 */
static void check_marks(struct memstat_check *check, const struct zone_seal *seal,
			const char *where)
{
	static const char *const names[NR_WMARK] = { "watermark min", "watermark low",
						     "watermark high" };
	struct zone_marks marks = { 0 };
	char what[40];

	if (seal->place & PG_ARENA)
		arena_marks(arena_of_pfn(seal->start_pfn), marks.watermark);
	else if (watermarks_set || mm_gen24)
		compute_zone_marks(seal->zone, &marks);
	for (unsigned i = 0; i < NR_WMARK; i++)
		check_equal(check, names[i], where, seal->populated ? marks.watermark[i] : 0,
			    seal->zone->watermark[i]);
	for (unsigned i = 0; i < MAX_NR_ZONES; i++) {
		snprintf(what, sizeof(what), "lowmem_reserve[%u]", i);
		check_equal(check, what, where, marks.lowmem_reserve[i],
			    seal->zone->lowmem_reserve[i]);
	}
}

/* W-79, W-123 */
static void check_pageset(struct memstat_check *check, const struct zone_seal *seal,
			  const char *where)
{
	const struct per_cpu_pages *pcp = &seal->zone->pcp;
	int batch = seal->place & PG_ARENA	      ? arena_batch(arena_of_pfn(seal->start_pfn))
		    : pagesets_set && seal->populated ? zone_batchsize(seal->zone)
						      : 0;

	check_equal(check, "pcp.high", where, (unsigned long)pageset_high(batch),
		    (unsigned long)pcp->high);
	check_equal(check, "pcp.batch", where, (unsigned long)pageset_batch(batch),
		    (unsigned long)pcp->batch);
}

/* The bits of pageblock_flags and their copy by bytes. */
static void check_block_types(struct memstat_check *check, const struct zone_seal *seal,
			      const char *zone_name)
{
	unsigned long pfn = round_down(seal->start_pfn, PAGEBLOCK_NR_PAGES);
	char where[56];

	if (!seal->pageblock_flags)
		return;
	for (; pfn < seal->end_pfn; pfn += PAGEBLOCK_NR_PAGES) {
		unsigned long type = pageblock_bits(seal->pageblock_flags, seal->start_pfn, pfn);

		if (!(seal->place & PG_ARENA) && arena_of_pfn(pfn))
			continue; /* has its own */
		snprintf(where, sizeof(where), "%.20s block at 0x%05lx", zone_name, pfn);
		if (type >= MIGRATE_TYPES)
			check_report(check, "pageblock_flags", where, "a migrate type", "%lu",
				     type);
		check_equal(check, "pageblock_types", where, type,
			    pageblock_types[pfn >> PAGEBLOCK_ORDER]);
	}
}

static void check_wait_table(struct memstat_check *check, const struct zone_seal *seal,
			     const char *zone_name)
{
	for (unsigned long i = 0; seal->wait_table && i < seal->wait_table_hash_nr_entries; i++) {
		const struct list_head *list = &seal->wait_table[i].task_list;
		char where[56];

		if (list->next == list && list->prev == list)
			continue;
		snprintf(where, sizeof(where), "%.20s wait queue %lu", zone_name, i);
		check_report(check, "wait_table", where, "empty", "0x%08lx, 0x%08lx",
			     (unsigned long)list->next, (unsigned long)list->prev);
	}
}

void check_zones(struct memstat_check *check)
{
	u32 before = check->disagreements;
	char where[56];

	for (u32 i = 0; check_zone(i); i++) {
		zone_where(check_zone(i), where, sizeof(where));
		check_zone_constants(check, check_zone(i), where);
		check_block_types(check, check_zone(i), where);
		check_wait_table(check, check_zone(i), where);
	}
	/* the formulas would start from wrong figures */
	if (check->disagreements != before || !check_nodes_intact())
		return;
	if (watermarks_set)
		check_equal(check, "min_free_kbytes", "memory subsystem", compute_min_free_kbytes(),
			    min_free_kbytes);
	for (u32 i = 0; check_zone(i); i++) {
		zone_where(check_zone(i), where, sizeof(where));
		check_marks(check, check_zone(i), where);
		check_pageset(check, check_zone(i), where);
	}
}
