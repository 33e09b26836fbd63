/*
 * Per-cpu arrays and node lists of a cache: the small ones it starts with, and the ones it keeps
 * (W-117 setup_cpu_cache; W-122 enable_cpucache, do_tune_cpucache, alloc_kmemlist).
 *
 * What a cache gets at creation depends on how far the bootstrap is:
 *
 *	state		per-cpu array			node lists
 *	NONE		static initarray_generic	static, group SIZE_AC
 *	PARTIAL_AC	kmalloc, 1 entry		static, group SIZE_L3
 *	PARTIAL_L3,	kmalloc, 1 entry		kmalloc
 *	EARLY
 *	FULL		enable_cpucache: final size	alloc_kmemlist
 *
 * Resizing swaps the new array in first and only then returns the objects of the old one to their
 * slabs, so that a failure at any point leaves a cache that works.
 *
 * Departures: one CPU, so that there is no ccupdate_struct to carry an array for each. A cache
 * under debugging (slub_debug) has the documented capped limit, but its array takes no objects.
 */
#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/time.h"
#include "mm/check_internal.h"
#include "mm/slab_internal.h"

#define SHARED_BATCHCOUNT_MARKER 0xBAADF00Du /* a shared array never moves a batch by itself */
_Static_assert(SHARED_BATCHCOUNT_MARKER == 0xBAADF00D, "marker of shared arrays");
#define FIRST_REAP_MS 4000 /* a new list is left alone this long, and up to as long again */
#define DEBUG_LIMIT 32

BUILD_BUG_ON(sizeof(void *) == 4 && sizeof(struct kmem_list3) > 64);
BUILD_BUG_ON(sizeof(void *) == 4 && sizeof(struct arraycache_init) > 32);

/* ---- One array ---- */

static void init_arraycache(struct array_cache *ac, unsigned limit, unsigned batchcount)
{
	ac->avail = 0;
	ac->limit = limit;
	ac->batchcount = batchcount;
	ac->touched = 0;
}

static struct array_cache *alloc_arraycache(unsigned entries, unsigned limit, unsigned batchcount,
					    gfp_t gfp)
{
	struct array_cache *ac = kmalloc(sizeof(*ac) + entries * sizeof(void *), gfp);

	if (ac)
		init_arraycache(ac, limit, batchcount);
	return ac;
}

/* ---- Node lists ---- */

void kmem_list3_init(struct kmem_list3 *l3)
{
	memset(l3, 0, sizeof(*l3));
	INIT_LIST_HEAD(&l3->slabs_partial);
	INIT_LIST_HEAD(&l3->slabs_full);
	INIT_LIST_HEAD(&l3->slabs_free);
}

/* Staggered by the cache's address, so that caches do not come up for reaping all at once. */
static unsigned long first_reap(const struct kmem_cache *cache)
{
	return now_ms() + FIRST_REAP_MS + (unsigned long)cache % FIRST_REAP_MS;
}

void set_up_list3s(struct kmem_cache *cache, int group)
{
	int nid;

	for_each_slab_node(nid) {
		cache->nodelists[nid] = &initkmem_list3[group + nid];
		cache->nodelists[nid]->next_reap = first_reap(cache);
	}
}

static unsigned nr_cpus_node(int nid)
{
	return nid == numa_node_id() ? NR_CPUS : 0;
}

/* Objects that may stay free in the slabs of one node: a batch for each of its CPUs and one more,
 * and a slab's worth. */
unsigned slab_free_limit(const struct kmem_cache *cache, int nid)
{
	return (1 + nr_cpus_node(nid)) * cache->batchcount + cache->num;
}

static void free_node_list(struct kmem_cache *cache, int nid)
{
	struct kmem_list3 *l3 = cache->nodelists[nid];

	if (!l3)
		return;
	kfree(l3->shared);
	kfree(l3);
	cache->nodelists[nid] = NULL;
}

static int setup_node_list(struct kmem_cache *cache, int nid, gfp_t gfp)
{
	struct kmem_list3 *l3 = cache->nodelists[nid];
	struct array_cache *shared = NULL, *old;

	if (cache->shared) {
		shared = alloc_arraycache(cache->shared * cache->batchcount,
					  cache->shared * cache->batchcount,
					  SHARED_BATCHCOUNT_MARKER, gfp);
		if (!shared)
			return -ENOMEM;
	}
	if (!l3) {
		l3 = kmalloc(sizeof(*l3), gfp);
		if (!l3) {
			kfree(shared);
			return -ENOMEM;
		}
		kmem_list3_init(l3);
		l3->next_reap = first_reap(cache);
		cache->nodelists[nid] = l3;
	}
	old = l3->shared;
	l3->shared = shared;
	l3->free_limit = slab_free_limit(cache, nid);
	if (old)
		free_block(cache, old->entry, old->avail);
	kfree(old);
	return 0;
}

int alloc_kmemlist(struct kmem_cache *cache, gfp_t gfp)
{
	int nid;

	for_each_slab_node(nid) {
		if (!setup_node_list(cache, nid, gfp))
			continue;
		if (!cache->next.next) /* on no chain yet: nobody else knows these lists */
			for_each_slab_node(nid)
				free_node_list(cache, nid);
		return -ENOMEM;
	}
	return 0;
}

/* ---- Per-cpu arrays ---- */

/* An array for this cache's tunables. */
static struct array_cache *alloc_cpu_array(const struct kmem_cache *cache, unsigned limit,
					   unsigned batchcount, gfp_t gfp)
{
	if (cache->flags & SLAB_DEBUG_MASK)
		return alloc_arraycache(1, 0, 1, gfp);
	return alloc_arraycache(limit, limit, batchcount, gfp);
}

static int setup_boot_arrays(struct kmem_cache *cache, gfp_t gfp)
{
	if (g_cpucache_up == NONE) {
		cpu_cache_set(cache, &initarray_generic.cache);
		init_arraycache(cache->array[0], BOOT_CPUCACHE_ENTRIES, 1);
		set_up_list3s(cache, SIZE_AC);
		slab_set_state(index_of(sizeof(struct arraycache_init)) ==
					       index_of(sizeof(struct kmem_list3))
				       ? PARTIAL_L3
				       : PARTIAL_AC);
	} else {
		cpu_cache_set(cache, alloc_cpu_array(cache, BOOT_CPUCACHE_ENTRIES, 1, gfp));
		if (!cache->array[0])
			return -ENOMEM;
		if (g_cpucache_up == PARTIAL_AC) {
			set_up_list3s(cache, SIZE_L3);
			slab_set_state(PARTIAL_L3);
		} else if (alloc_kmemlist(cache, gfp)) {
			return -ENOMEM;
		}
	}
	cache->batchcount = 1;
	cache->limit = BOOT_CPUCACHE_ENTRIES;
	return 0;
}

int setup_cpu_cache(struct kmem_cache *cache, gfp_t gfp)
{
	int err;

	if (g_cpucache_up == FULL)
		return enable_cpucache(cache, gfp);
	STAGE_ONCE(setup_cpu_cache, {
		err = setup_boot_arrays(cache, gfp);
		STAGE_NOTE_OF(setup_cpu_cache, "%s: array %#lx with %u entry", cache->name,
			      (unsigned long)cache->array[0], BOOT_CPUCACHE_ENTRIES);
	});
	return err;
}

void free_cpu_cache(struct kmem_cache *cache)
{
	int nid;

	kfree(cache->array[0]);
	for_each_slab_node(nid)
		free_node_list(cache, nid);
}

unsigned cpucache_limit(size_t size, bool debug)
{
	unsigned limit;

	if (size > 131072)
		limit = 1;
	else if (size > PAGE_SIZE)
		limit = 8;
	else if (size > 1024)
		limit = 24;
	else if (size > 256)
		limit = 54;
	else
		limit = 120;
	return debug ? min(limit, (unsigned)DEBUG_LIMIT) : limit;
}

u32 slab_constants_sum(const struct kmem_cache *cache)
{
	const char *first = (const char *)&cache->batchcount, *last = (const char *)&cache->next;
	u32 sum = check_sum(0, first, (size_t)(last - first));

	sum = check_sum(sum, &cache->owner, sizeof(cache->owner));
	sum = check_sum(sum, &cache->obj_offset, sizeof(cache->obj_offset));
	return check_sum(sum, &cache->obj_size, sizeof(cache->obj_size));
}

int do_tune_cpucache(struct kmem_cache *cache, unsigned limit, unsigned batchcount, unsigned shared,
		     gfp_t gfp)
{
	struct array_cache *new = alloc_cpu_array(cache, limit, batchcount, gfp);
	struct array_cache *old = cache->array[0];
	int err;

	if (!new)
		return -ENOMEM;
	cpu_cache_set(cache, new);
	cache->batchcount = batchcount;
	cache->limit = limit;
	cache->shared = shared;
	if (old) {
		cache->num_allocations += old->touched;
		free_block(cache, old->entry, old->avail);
		kfree(old);
	}
	STAGE_ONCE(alloc_kmemlist, {
		err = alloc_kmemlist(cache, gfp);
		STAGE_NOTE_OF(
			alloc_kmemlist,
			"%s: error %d, free_limit %u = (1 + CPUs) * batchcount + objects a slab",
			cache->name, -err, cache->nodelists[numa_node_id()]->free_limit);
	});
	cache->constants_sum = slab_constants_sum(cache);
	return err;
}

int enable_cpucache(struct kmem_cache *cache, gfp_t gfp)
{
	unsigned limit = cpucache_limit(cache->buffer_size, cache->flags & SLAB_DEBUG_MASK);
	unsigned shared = cache->buffer_size <= PAGE_SIZE && NR_CPUS > 1 ? 8 : 0;
	int err = do_tune_cpucache(cache, limit, (limit + 1) / 2, shared, gfp);

	if (err)
		pr_err("slab: enable_cpucache failed for %s, error %d", cache->name, -err);
	return err;
}
