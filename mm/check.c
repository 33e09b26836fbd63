/*
 * memstat_check: the order of the checks, how they report, and the seal.
 *
 * The seal is a copy of what boot decided once and for all: where mem_map is, which frames each
 * zone spans, the constant pointers of the zones. It is made when the buddy system takes over.
 * The checks walk by the seal and compare the live fields with it, so that an overwritten field is
 * named instead of followed.
 *
 * What is trusted: the code, the seal, the e820 record. Everything else is compared with something
 * independent of it: a counter with a recount, a descriptor with its neighbours and with the map,
 * a list with the descriptors on it, a derived figure with its formula.
 *
 * Not covered, because nothing is there to compare them with: counters of events since boot
 * (pages handed out, splits, merges, stalls).
 */
#include "mm/check.h"

#include <stdio.h>
#include <string.h>

#include "mm/arena.h"
#include "mm/check_internal.h"
#include "mm/memmap.h"
#include "mm/zones.h"

struct mm_seal mm_seal;

void check_report(struct memstat_check *check, const char *what, const char *where,
		  const char *expected, const char *found_fmt, ...)
{
	struct memstat_disagreement *d;
	va_list args;

	check->disagreements++;
	if (check->kept == ARRAY_SIZE(check->list))
		return;
	d = &check->list[check->kept++];
	snprintf(d->what, sizeof(d->what), "%s", what);
	snprintf(d->where, sizeof(d->where), "%s", where);
	snprintf(d->expected, sizeof(d->expected), "%s", expected);
	va_start(args, found_fmt);
	vsnprintf(d->found, sizeof(d->found), found_fmt, args);
	va_end(args);
}

void check_equal(struct memstat_check *check, const char *what, const char *where,
		 unsigned long expected, unsigned long found)
{
	char text[16];

	if (expected == found)
		return;
	snprintf(text, sizeof(text), "%lu", expected);
	check_report(check, what, where, text, "%lu", found);
}

void check_equal_hex(struct memstat_check *check, const char *what, const char *where,
		     unsigned long expected, unsigned long found)
{
	char text[16];

	if (expected == found)
		return;
	snprintf(text, sizeof(text), "0x%08lx", expected);
	check_report(check, what, where, text, "0x%08lx", found);
}

const struct zone_seal *check_zone(u32 i)
{
	if (i < mm_seal.zone_count)
		return &mm_seal.zones[i];
	i -= mm_seal.zone_count;
	for (unsigned number = 0; number < MAX_ARENAS; number++)
		if (arena_by_number(number) && !i--)
			return arena_seal(arena_by_number(number));
	return NULL;
}

void zone_where(const struct zone_seal *seal, char *buf, size_t size)
{
	if (seal->place & PG_ARENA) {
		snprintf(buf, size, "arena %u", (seal->place & PG_NODE_MASK) >> PG_NODE_SHIFT);
		return;
	}
	snprintf(buf, size, "node %u zone %s",
		 (unsigned)((seal->place & PG_NODE_MASK) >> PG_NODE_SHIFT),
		 zone_names[seal->place >> PG_ZONE_SHIFT]);
}

/* ---- The seal ---- */

static void seal_zone(struct zone *zone, struct zone_seal *seal)
{
	*seal = (struct zone_seal){
		.zone = zone,
		.start_pfn = zone->zone_start_pfn,
		.end_pfn = zone_end_pfn(zone),
		.present_pages = zone->present_pages,
		.place = (u32)zone_idx(zone) << PG_ZONE_SHIFT | (u32)zone->zone_pgdat->node_id
									<< PG_NODE_SHIFT,
		.zone_pgdat = zone->zone_pgdat,
		.name = zone->name,
		.engine = zone->engine,
		.engine_data = zone->engine_data,
		.pageblock_flags = zone->pageblock_flags,
		.wait_table = zone->wait_table,
		.wait_table_hash_nr_entries = zone->wait_table_hash_nr_entries,
		.wait_table_bits = zone->wait_table_bits,
		.populated = zone->populated,
	};
}

/* Everything of the nodes but the zones: totals, numbers, zonelists. */
static u32 sum_of_nodes(void)
{
	u32 sum = 0;

	for (int nid = 0; nid < MAX_NUMNODES; nid++) {
		const pg_data_t *node = NODE_DATA(nid);
		const u32 *word = (const u32 *)node;

		if (!node)
			continue;
		for (word += offsetof(pg_data_t, node_zonelists) / sizeof(*word);
		     word < (const u32 *)(node + 1); word++)
			sum = (sum << 5 | sum >> 27) ^ *word;
	}
	return sum;
}

void check_make_seal(void)
{
	struct zone *zone;

	memset(&mm_seal, 0, sizeof(mm_seal));
	for_each_zone(zone)
		seal_zone(zone, &mm_seal.zones[mm_seal.zone_count++]);
	mm_seal.mem_map = mem_map;
	mm_seal.min_mapnr = min_mapnr;
	mm_seal.max_mapnr = max_mapnr;
	mm_seal.map_start_pfn = memmap_start_pfn;
	mm_seal.map_end_pfn = memmap_end_pfn;
	mm_seal.nodes_sum = sum_of_nodes();
	mm_seal.made = true;
	mm_seal.sum = check_sum(0, &mm_seal, offsetof(struct mm_seal, sum));
}

bool check_nodes_intact(void)
{
	return sum_of_nodes() == mm_seal.nodes_sum;
}

bool check_foundation(struct memstat_check *check)
{
	if (!mm_seal.made) {
		check_report(check, "mm_seal", "memory subsystem", "made by mem_init", "not made");
		return false;
	}
	if (mm_seal.sum != check_sum(0, &mm_seal, offsetof(struct mm_seal, sum))) {
		check_report(check, "mm_seal (sum)", "memory subsystem", "as mem_init made it",
			     "changed");
		return false;
	}
	check_equal_hex(check, "mem_map", "memory subsystem", (unsigned long)mm_seal.mem_map,
			(unsigned long)mem_map);
	check_equal(check, "min_mapnr", "memory subsystem", mm_seal.min_mapnr, min_mapnr);
	check_equal(check, "max_mapnr", "memory subsystem", mm_seal.max_mapnr, max_mapnr);
	check_equal_hex(check, "node fields and zonelists (checksum)", "all nodes",
			mm_seal.nodes_sum, sum_of_nodes());
	return mem_map == mm_seal.mem_map && min_mapnr == mm_seal.min_mapnr &&
	       max_mapnr == mm_seal.max_mapnr && check_constants(check);
}

void memstat_check(struct memstat_check *out)
{
	memset(out, 0, sizeof(*out));
	if (!check_foundation(out))
		return;
	check_frames(out);
	check_zones(out);
	check_pairs(out);
	check_free_lists(out);
	check_slabs(out);
	check_vmalloc(out);
}
