/*
 * /api/v1/buddy: fragmentation by order, and what requests of each order would meet now.
 */
#include "mm/memstat.h"
#include "web/route.h"
#include "web/snapshot.h"

static void zone(void *arg, const struct memstat_free_blocks *zone)
{
	struct json *j = arg;

	j_object(j, NULL);
	j_u32(j, "node", zone->node);
	j_str(j, "zone", zone->zone);
	j_array(j, "orders");
	for (u32 order = 0; order < zone->orders; order++) {
		j_object(j, NULL);
		j_u32(j, "order", order);
		j_u32(j, "free_blocks", zone->blocks[order]);
		j_u32(j, "unusable_thousandths", memstat_unusable_index(zone, order));
		j_s32(j, "extfrag_thousandths", memstat_extfrag_index(zone, order));
		j_end_object(j);
	}
	j_end_array(j);
	j_end_object(j);
}

static void trial(void *arg, const struct memstat_trial *trial)
{
	struct json *j = arg;

	j_object(j, NULL);
	j_u32(j, "node", trial->node);
	j_str(j, "zone", trial->zone);
	j_str(j, "verdict", memstat_verdict_name(trial->verdict));
	j_u32(j, "free_pages", trial->free_pages);
	j_u32(j, "min_pages", trial->min_pages);
	j_u32(j, "low_pages", trial->low_pages);
	j_u32(j, "kept_pages", trial->kept_pages);
	j_u32(j, "blocks", trial->blocks);
	j_end_object(j);
}

static void request(struct json *j, enum memstat_request_kind kind, u32 order)
{
	enum memstat_verdict verdict;

	j_object(j, NULL);
	j_str(j, "kind", memstat_request_name(kind));
	j_u32(j, "order", order);
	j_array(j, "zones");
	verdict = memstat_request(kind, order, trial, j);
	j_end_array(j);
	j_str(j, "verdict", memstat_verdict_name(verdict));
	j_bool(j, "served", verdict <= MEMSTAT_GIVES_LOW);
	j_end_object(j);
}

static void pair_map(void *arg, const struct memstat_pair_map *map)
{
	struct json *j = arg;

	j_object(j, NULL);
	j_u32(j, "node", map->node);
	j_str(j, "zone", map->zone);
	j_u32(j, "order", map->order);
	j_hex(j, "address", map->address);
	j_u32(j, "bytes", map->bytes);
	j_u32(j, "pairs", map->pairs);
	j_u32(j, "set_bits", map->set_bits);
	j_end_object(j);
}

void api_buddy(struct writer *w)
{
	struct json j;

	j_begin(&j, w);
	j_object(&j, NULL);
	j_array(&j, "zones");
	memstat_free_blocks(zone, &j);
	j_end_array(&j);
	j_array(&j, "pair_bitmaps");
	memstat_pair_maps(pair_map, &j);
	j_end_array(&j);
	j_array(&j, "requests");
	for (u32 kind = 0; kind < MEMSTAT_REQUESTS; kind++)
		for (u32 order = 0; order < memstat_orders(); order++)
			request(&j, (enum memstat_request_kind)kind, order);
	j_end_array(&j);
	j_end_with_snapshot(&j);
}
