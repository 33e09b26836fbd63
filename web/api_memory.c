/*
 * /api/v1/memory: where every frame of RAM is, the zones with their free blocks, the slab caches.
 */
#include "mm/memstat.h"
#include "web/route.h"
#include "web/snapshot.h"
#include "web/zone_items.h"

static void frames(struct json *j)
{
	struct memstat_frames frames;

	memstat_frames(&frames);
	j_array(j, "frames");
	for (u32 i = 0; i < frames.count; i++) {
		j_object(j, NULL);
		j_str(j, "use", frames.uses[i].use);
		j_u32(j, "pages", frames.uses[i].pages);
		j_end_object(j);
	}
	j_end_array(j);
	j_u32(j, "ram_pages", frames.ram_pages);
	j_u32(j, "added_by_option_pages", frames.added_by_option_pages);
}

static void orders(struct json *j, const struct memstat_zone *zone)
{
	j_array(j, "orders");
	for (u32 order = 0; order < zone->orders; order++) {
		j_object(j, NULL);
		j_u32(j, "order", order);
		j_object(j, "types");
		for (u32 type = 0; type < zone_types(zone->orders); type++)
			j_u32(j, memstat_type_name(type), zone->blocks[order][type]);
		j_end_object(j);
		j_end_object(j);
	}
	j_end_array(j);
}

static void zone(struct json *j, const struct memstat_zone *zone)
{
	j_object(j, NULL);
	j_u32(j, "node", zone->node);
	j_str(j, "name", zone->name);
	j_u32(j, "start_pfn", zone->start_pfn);
	j_u32(j, "spanned", zone->spanned_pages);
	j_u32(j, "present", zone->present_pages);
	j_u32(j, "free", zone->free_pages);
	j_u32(j, "min", zone->min_pages);
	j_u32(j, "low", zone->low_pages);
	j_u32(j, "high", zone->high_pages);
	j_object(j, "percpu");
	j_u32(j, "count", zone->pcp_count);
	j_u32(j, "high", zone->pcp_high);
	j_u32(j, "batch", zone->pcp_batch);
	j_end_object(j);
	j_array(j, "protection");
	for (u32 i = 0; i < MEMSTAT_ZONES; i++)
		j_u32(j, NULL, zone->protection_pages[i]);
	j_end_array(j);
	orders(j, zone);
	j_end_object(j);
}

static void cache(void *arg, const struct memstat_cache *cache)
{
	struct json *j = arg;

	j_object(j, NULL);
	j_str(j, "name", cache->name);
	j_u32(j, "object_bytes", cache->object_bytes);
	j_u32(j, "active", cache->active_objs);
	j_u32(j, "total", cache->num_objs);
	j_u32(j, "slabs", cache->num_slabs);
	j_u32(j, "pages", cache->pages);
	j_str(j, "owner", cache->owner);
	j_u32(j, "objects_per_slab", cache->objs_per_slab);
	j_u32(j, "pages_per_slab", cache->pages_per_slab);
	j_u32(j, "active_slabs", cache->active_slabs);
	j_bool(j, "off_slab", cache->off_slab);
	j_u32(j, "colours", cache->colours);
	j_u32(j, "colour_off_bytes", cache->colour_off_bytes);
	j_u64(j, "allocs", cache->allocs);
	j_u64(j, "frees", cache->frees);
	j_u64(j, "grown", cache->grown);
	j_u64(j, "reaped", cache->reaped);
	j_u64(j, "errors", cache->errors);
	j_end_object(j);
}

void api_memory_members(struct json *j)
{
	frames(j);
	j_array(j, "zones");
	for (u32 i = 0; i < memstat_zone_count(); i++) {
		struct memstat_zone z;

		memstat_zone(i, &z);
		if (z.populated)
			zone(j, &z);
	}
	j_end_array(j);
	j_array(j, "caches");
	memstat_caches(cache, j);
	j_end_array(j);
}

void api_memory(struct writer *w)
{
	struct json_tap tap = { 0 };
	struct json j;

	j_begin_tap(&j, &tap);
	api_memory_members(&j);
	j_begin(&j, w);
	j_object(&j, NULL);
	api_memory_members(&j);
	j_hex(&j, "structure", tap.structure);
	j_end_with_snapshot(&j);
}
