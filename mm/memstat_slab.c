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

#include "mm/callsite.h"
#include "mm/check_internal.h"
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

/* ---- Objects ---- */

static bool is_in_array(const struct array_cache *ac, const void *obj)
{
	for (unsigned i = 0; ac && i < ac->avail; i++)
		if (ac->entry[i] == obj)
			return true;
	return false;
}

static char object_state(const struct kmem_cache *cache, struct slab *slabp, unsigned index)
{
	const void *obj = index_to_obj(cache, slabp, index);

	if (slab_bufctl(slabp)[index] != BUFCTL_ACTIVE)
		return 'f';
	return is_in_array(cpu_cache_get(cache), obj) ||
			       is_in_array(cache->nodelists[slabp->nodeid]->shared, obj)
		       ? 'a'
		       : 'u';
}

static const struct kmem_cache *cache_at(const struct kmem_cache *address)
{
	const struct kmem_cache *cache;

	list_for_each_entry(cache, &cache_chain, next)
		if (cache == address)
			return cache;
	return NULL;
}

void memstat_frame_objects(u32 pfn, void (*fn)(void *arg, const struct memstat_object *object),
			   void *arg)
{
	unsigned long start = (unsigned long)__va((unsigned long)pfn << PAGE_SHIFT);
	const struct kmem_cache *cache;
	const struct page *head;
	enum frame_class class;
	struct slab *slabp;
	unsigned order;

	head = frame_block(pfn, &class, &order);
	cache = head && class == FRAME_SLAB ? cache_at(head->slab_cache) : NULL;
	if (!cache || !is_slab_memory(head->slab_page))
		return;
	slabp = head->slab_page;
	for (unsigned i = 0; i < cache->num; i++) {
		unsigned long at = (unsigned long)index_to_obj(cache, slabp, i);
		struct memstat_object object = { .index = i, .address = (u32)at };

		if (at >= start + PAGE_SIZE || at + cache->buffer_size <= start)
			continue;
		object.state = object_state(cache, slabp, i);
		if (object.state == 'u')
			object.caller = object_caller(slab_debug_record(cache, (void *)at));
		fn(arg, &object);
	}
}

/* ---- One cache ---- */

static const struct kmem_cache *cache_named(const char *name)
{
	const struct kmem_cache *cache;

	if (slab_is_available())
		list_for_each_entry(cache, &cache_chain, next)
			if (!strcmp(cache->name, name))
				return cache;
	return NULL;
}

static u32 count_slabs(const struct list_head *slabs)
{
	const struct slab *slabp;
	u32 count = 0;

	list_for_each_entry(slabp, slabs, list)
		count++;
	return count;
}

bool memstat_cache_detail(const char *name, struct memstat_cache_detail *out)
{
	const struct kmem_cache *cache = cache_named(name);
	int nid;

	BUILD_BUG_ON(ARRAY_SIZE(out->lists) < MAX_NUMNODES);
	if (!cache)
		return false;
	memset(out, 0, sizeof(*out));
	describe(cache, &out->cache);
	out->address = (u32)(unsigned long)cache;
	out->flags = cache->flags;
	out->order = cache->gfporder;
	out->management_bytes = cache->slab_size;
	out->management_cache = cache->slabp_cache ? cache->slabp_cache->name : NULL;
	out->array_address = (u32)(unsigned long)cpu_cache_get(cache);
	out->array_avail = cpu_cache_get(cache)->avail;
	for_each_slab_node(nid) {
		const struct kmem_list3 *l3 = cache->nodelists[nid];
		u32 partial = count_slabs(&l3->slabs_partial), i = out->nodes++;

		out->lists[i].node = (u32)nid;
		out->lists[i].address = (u32)(unsigned long)l3;
		out->lists[i].partial_slabs = partial;
		out->lists[i].free_slabs = l3->nr_free_slabs;
		out->lists[i].full_slabs = l3->nr_slabs - l3->nr_free_slabs - partial;
		out->lists[i].free_objects = l3->free_objects;
		out->lists[i].free_limit = l3->free_limit;
		out->lists[i].colour_next = l3->colour_next;
		out->lists[i].shared_avail = l3->shared ? l3->shared->avail : 0;
	}
	return true;
}

struct slab_walk {
	const struct kmem_cache *cache;
	u32 first, end, seen;
	void (*fn)(void *arg, const struct memstat_slab *slab, const char *states);
	void *arg;
};

static void show_slab(const struct slab_walk *walk, struct slab *slabp, const char *list)
{
	const struct kmem_cache *cache = walk->cache;
	const char *block = (char *)slabp->s_mem - slabp->colouroff;
	u32 management = cache->flags & CFLGS_OFF_SLAB ? 0 : cache->slab_size;
	struct memstat_slab out = {
		.list = list,
		.node = slabp->nodeid,
		.pfn = page_to_pfn(virt_to_page(block)),
		.address = (u32)(unsigned long)slabp,
		.first_object = (u32)(unsigned long)slabp->s_mem,
		.inuse = slabp->inuse,
		.colour = cache->colour_off ? (slabp->colouroff - management) / cache->colour_off
					    : 0,
		.objects = cache->num,
	};
	char states[MEMSTAT_SLAB_OBJECTS_MAX + 1];
	unsigned shown = min(cache->num, (unsigned)MEMSTAT_SLAB_OBJECTS_MAX);

	for (unsigned i = 0; i < shown; i++)
		states[i] = object_state(cache, slabp, i);
	states[shown] = '\0';
	walk->fn(walk->arg, &out, states);
}

static void walk_slabs(struct slab_walk *walk, const struct list_head *slabs, const char *list)
{
	struct slab *slabp;

	list_for_each_entry(slabp, slabs, list) {
		if (walk->seen >= walk->first && walk->seen < walk->end)
			show_slab(walk, slabp, list);
		walk->seen++;
	}
}

u32 memstat_slabs(const char *name, u32 first, u32 count,
		  void (*fn)(void *arg, const struct memstat_slab *slab, const char *states),
		  void *arg)
{
	struct slab_walk walk = { .cache = cache_named(name),
				  .first = first,
				  .end = first + count,
				  .fn = fn,
				  .arg = arg };
	int nid;

	if (!walk.cache)
		return 0;
	for_each_slab_node(nid) {
		const struct kmem_list3 *l3 = walk.cache->nodelists[nid];

		walk_slabs(&walk, &l3->slabs_partial, "partial");
		walk_slabs(&walk, &l3->slabs_full, "full");
		walk_slabs(&walk, &l3->slabs_free, "free");
	}
	return walk.seen;
}
