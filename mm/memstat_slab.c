/*
 * The slab allocator as others see it (memstat.h): one record for each cache, in the order of
 * /proc/slabinfo, and the slab part of the totals.
 *
 * Departure: Linux counts objects in per-cpu arrays as active, because only their slabs know them.
 * Here active_objs is what users hold: out of the slabs and not in the per-cpu array. Nor does the
 * management of other caches' slabs count, for which the general caches serve. It is the figure
 * that must come back to where it was when the users are gone.
 */
#include "mm/memstat.h"

#include "mm/slab_internal.h"

static void describe(const struct kmem_cache *cache, struct memstat_cache *out)
{
	unsigned slabs = 0, free_slabs = 0, shared = 0;
	int nid;

	for_each_slab_node(nid) {
		const struct kmem_list3 *l3 = cache->nodelists[nid];

		slabs += l3->nr_slabs;
		free_slabs += l3->nr_free_slabs;
		shared += l3->shared ? l3->shared->avail : 0;
	}
	*out = (struct memstat_cache){
		.name = cache->name,
		.owner = cache->owner,
		.active_objs = slab_active_objs(cache),
		.num_objs = slab_num_objs(cache),
		.object_bytes = cache->buffer_size,
		.objs_per_slab = cache->num,
		.pages_per_slab = 1u << cache->gfporder,
		.limit = cache->limit,
		.batchcount = cache->batchcount,
		.sharedfactor = cache->shared,
		.active_slabs = slabs - free_slabs,
		.num_slabs = slabs,
		.sharedavail = shared,
		.pages = slabs << cache->gfporder,
		.colours = cache->colour,
		.colour_off_bytes = cache->colour_off,
		.off_slab = cache->flags & CFLGS_OFF_SLAB,
		.reclaimable = cache->flags & SLAB_RECLAIM_ACCOUNT,
		.allocs = cache->num_allocations + cpu_cache_get(cache)->touched,
		.grown = cache->grown,
		.reaped = cache->reaped,
		.errors = cache->errors,
	};
	out->frees = out->allocs - out->active_objs;
}

void memstat_caches(void (*fn)(void *arg, const struct memstat_cache *cache), void *arg)
{
	const struct kmem_cache *cache;
	struct memstat_cache record;

	if (!slab_is_available())
		return;
	list_for_each_entry(cache, &cache_chain, next) {
		describe(cache, &record);
		fn(arg, &record);
	}
}

void memstat_slab_totals(struct memstat_totals *out)
{
	int nid;

	out->slab_reclaimable_pages = 0;
	out->slab_unreclaimable_pages = 0;
	for_each_slab_node(nid)
		for (unsigned z = 0; z < MAX_NR_ZONES; z++) {
			const struct zone *zone = &NODE_DATA(nid)->node_zones[z];

			out->slab_reclaimable_pages += zone->vm_stat[NR_SLAB_RECLAIMABLE];
			out->slab_unreclaimable_pages += zone->vm_stat[NR_SLAB_UNRECLAIMABLE];
		}
	out->slabs_scanned = slabs_scanned;
}
