/*
 * Taking memory back from caches (W-118): by hand, under pressure, and bit by bit while nobody
 * uses it.
 *
 *	kmem_cache_shrink	all free objects of one cache
 *	kmem_cache_reap		of all caches: the page allocator calls it when an allocation fails,
 *				the main loop when a zone is below its low watermark
 *	cache_reap		every second (reclaim.c), what was not used since the last round
 *
 * A round of cache_reap leaves in the per-cpu array of a busy cache as many objects as were
 * allocated since the round before: `touched` counts them, arrays are last in first out, so that
 * what lies below was not needed. A cache that needed less than a batch is not busy, and its array
 * is emptied: the objects a load has left in it lie in many slabs, and would keep all of them.
 * Empty slabs go, but for one if one was taken into use in the meantime; each node list has its own
 * time for that (next_reap), so that the caches take turns. When a round has found nothing to
 * do, and nothing was allocated, there is no next one until the main loop turns again for another
 * reason: an idle machine sleeps.
 *
 * Departures: the documented reaper takes a fifth of what is free every two (arrays) or four
 * seconds (slabs). This one returns sooner to the state without load, so that what a load leaves
 * behind can be told from a leak.
 */
#include "mm/slab.h"
#include "mm/slab_internal.h"

#define REAPTIMEOUT_LIST3_MS 1000

unsigned long slabs_scanned;

/* Returns all but the `keep` objects freed last. */
static unsigned drain_array(struct kmem_cache *cache, struct array_cache *ac, unsigned keep)
{
	unsigned nr = ac->avail - min(keep, ac->avail);

	if (!nr)
		return 0;
	free_block(cache, ac->entry, nr);
	ac->avail -= nr;
	memmove(ac->entry, ac->entry + nr, ac->avail * sizeof(void *));
	return nr;
}

/* The same for the array and all shared ones; also takes `touched` over into the statistics. */
static unsigned drain_cpu_cache(struct kmem_cache *cache, unsigned keep)
{
	struct array_cache *ac = cpu_cache_get(cache);
	unsigned nr = drain_array(cache, ac, keep);
	int nid;

	cache->num_allocations += ac->touched;
	ac->touched = 0;
	for_each_slab_node(nid)
		if (cache->nodelists[nid]->shared)
			nr += drain_array(cache, cache->nodelists[nid]->shared, keep);
	return nr;
}

/* Destroys all but `keep` empty slabs of one node's list; returns how many. */
static unsigned drain_freelist(struct kmem_cache *cache, struct kmem_list3 *l3, unsigned keep)
{
	unsigned n = 0;

	for (; l3->nr_free_slabs > keep && !list_empty(&l3->slabs_free); n++) {
		struct slab *slabp = list_last_entry(&l3->slabs_free, struct slab, list);

		list_del(&slabp->list);
		l3->free_objects -= cache->num;
		l3->nr_slabs--;
		l3->nr_free_slabs--;
		slab_destroy(cache, slabp);
	}
	slabs_scanned += n;
	return n;
}

unsigned long kmem_cache_shrink(struct kmem_cache *cache)
{
	unsigned long before = owner_pages[OWNER_SLAB];
	int nid;

	drain_cpu_cache(cache, 0);
	for_each_slab_node(nid)
		drain_freelist(cache, cache->nodelists[nid], 0);
	return before - owner_pages[OWNER_SLAB];
}

unsigned long kmem_cache_reap(void)
{
	unsigned long pages = 0;
	struct kmem_cache *cache;

	/* Newest first: caches of slab management are older than those that use them. */
	list_for_each_entry(cache, &cache_chain, next)
		if (!cache->arena)
			pages += kmem_cache_shrink(cache);
	return pages;
}

/* One cache's part of a round; true if there is something left to look at. */
static bool reap_one(struct kmem_cache *cache, u64 now_ms)
{
	const struct array_cache *ac = cpu_cache_get(cache);
	unsigned touched = ac->touched;
	bool again = drain_cpu_cache(cache, touched < ac->batchcount ? 0 : touched) || touched;
	int nid;

	for_each_slab_node(nid) {
		struct kmem_list3 *l3 = cache->nodelists[nid];

		again |= l3->nr_free_slabs != 0;
		if (now_ms < l3->next_reap)
			continue;
		l3->next_reap = now_ms + REAPTIMEOUT_LIST3_MS;
		drain_freelist(cache, l3, l3->free_touched ? 1 : 0);
		l3->free_touched = 0;
	}
	return again;
}

bool cache_reap(u64 now_ms)
{
	struct kmem_cache *cache;
	bool again = false;

	list_for_each_entry(cache, &cache_chain, next)
		if (!cache->arena)
			again |= reap_one(cache, now_ms);
	return again;
}
