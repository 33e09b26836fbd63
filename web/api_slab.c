/*
 * /api/v1/slab?cache=NAME[&first=N][&slabs=N]: one cache, its per-cpu array, its lists, and its slabs
 * with the state of every object.
 */
#include "mm/memstat.h"
#include "web/query.h"
#include "web/route.h"
#include "web/snapshot.h"

#define SLABS_DEFAULT 32
#define SLABS_MAX 128

static void put_slab(void *arg, const struct memstat_slab *slab, const char *states)
{
	struct json *j = arg;

	j_object(j, NULL);
	j_str(j, "list", slab->list);
	j_u32(j, "node", slab->node);
	j_u32(j, "pfn", slab->pfn);
	j_hex(j, "address", slab->address);
	j_hex(j, "first_object", slab->first_object);
	j_u32(j, "in_use", slab->inuse);
	j_u32(j, "colour", slab->colour);
	j_str(j, "objects", states);
	j_end_object(j);
}

static void put_flags(struct json *j, const struct memstat_cache_detail *d)
{
	j_hex(j, "flags", d->flags);
	j_bool(j, "off_slab", d->cache.off_slab);
	j_bool(j, "reclaimable", d->cache.reclaimable);
	j_str(j, "management_cache", d->management_cache);
	j_u32(j, "management_bytes", d->management_bytes);
}

static void put_geometry(struct json *j, const struct memstat_cache_detail *d)
{
	j_u32(j, "object_bytes", d->cache.object_bytes);
	j_u32(j, "objects_per_slab", d->cache.objs_per_slab);
	j_u32(j, "order", d->order);
	j_u32(j, "colours", d->cache.colours);
	j_u32(j, "colour_off_bytes", d->cache.colour_off_bytes);
	j_u32(j, "active", d->cache.active_objs);
	j_u32(j, "total", d->cache.num_objs);
	j_u32(j, "pages", d->cache.pages);
	j_u64(j, "allocs", d->cache.allocs);
	j_u64(j, "frees", d->cache.frees);
	j_u64(j, "grown", d->cache.grown);
	j_u64(j, "reaped", d->cache.reaped);
	j_u64(j, "errors", d->cache.errors);
}

static void put_array(struct json *j, const struct memstat_cache_detail *d)
{
	j_object(j, "percpu_array");
	j_hex(j, "address", d->array_address);
	j_u32(j, "available", d->array_avail);
	j_u32(j, "limit", d->cache.limit);
	j_u32(j, "batchcount", d->cache.batchcount);
	j_u32(j, "shared", d->cache.sharedfactor);
	j_end_object(j);
}

static void put_lists(struct json *j, const struct memstat_cache_detail *d)
{
	j_array(j, "node_lists");
	for (u32 i = 0; i < d->nodes; i++) {
		j_object(j, NULL);
		j_u32(j, "node", d->lists[i].node);
		j_hex(j, "address", d->lists[i].address);
		j_u32(j, "partial_slabs", d->lists[i].partial_slabs);
		j_u32(j, "full_slabs", d->lists[i].full_slabs);
		j_u32(j, "free_slabs", d->lists[i].free_slabs);
		j_u32(j, "free_objects", d->lists[i].free_objects);
		j_u32(j, "free_limit", d->lists[i].free_limit);
		j_u32(j, "colour_next", d->lists[i].colour_next);
		j_u32(j, "shared_available", d->lists[i].shared_avail);
		j_end_object(j);
	}
	j_end_array(j);
}

static int read_query(const char *query, char *cache, u32 bytes, u64 *first, u64 *slabs,
		      struct writer *reason)
{
	static const char *const names[] = { "cache", "first", "slabs", NULL };
	char unknown[32];
	int status;

	if (query_unknown_param(query, names, unknown, sizeof(unknown))) {
		w_printf(reason,
			 "%s= is not known here: there are cache=, first= and slabs=", unknown);
		return 400;
	}
	if (query_param(query, "cache", cache, bytes)) {
		w_lit(reason,
		      "cache= is missing, too long, given twice or badly encoded: a name of "
		      "/proc/slabinfo");
		return 400;
	}
	status = query_number(query, "first", 0, 0xffffffff, first, reason);
	return status ? status : query_number(query, "slabs", 0, SLABS_MAX, slabs, reason);
}

int api_slab(const struct http_request *req, struct writer *w)
{
	struct memstat_cache_detail detail;
	u64 first = 0, slabs = SLABS_DEFAULT;
	char cache[40];
	struct json j;
	u32 there;
	int status = read_query(req->query, cache, sizeof(cache), &first, &slabs, w);

	if (status)
		return status;
	if (!memstat_cache_detail(cache, &detail)) {
		w_printf(w, "%s is not a cache of /proc/slabinfo", cache);
		return 404;
	}
	j_begin(&j, w);
	j_object(&j, NULL);
	j_str(&j, "name", detail.cache.name);
	j_str(&j, "owner", detail.cache.owner);
	j_hex(&j, "address", detail.address);
	put_flags(&j, &detail);
	put_geometry(&j, &detail);
	put_array(&j, &detail);
	put_lists(&j, &detail);
	j_u32(&j, "first", (u32)first);
	j_array(&j, "slabs");
	there = memstat_slabs(cache, (u32)first, (u32)slabs, put_slab, &j);
	j_end_array(&j);
	j_u32(&j, "slabs_total", there);
	j_end_with_snapshot(&j);
	return 0;
}
