/*
 * The slab allocator at run time (W-118).
 *
 * 1. Layers
 *
 *	kmem_cache_alloc/free      the per-cpu array, last in, first out: 8 and 16 instructions
 *	    │ empty      │ full
 *	    ▼            ▼
 *	cache_alloc_refill, cache_flusharray      batchcount objects at a time
 *	    │            │
 *	    ▼            ▼
 *	slabs of kmem_list3: partial first, then free ones
 *	    │ none left  │ empty slab beyond free_limit
 *	    ▼            ▼
 *	cache_grow       slab_destroy      blocks of 2^gfporder pages, OWNER_SLAB
 *
 *    slab_reap.c takes memory back from caches that do not use it.
 *
 * 2. Invariants
 *	- every slab is on exactly one list of the kmem_list3 of its node: full (inuse == num),
 *	  free (inuse == 0) or partial; nr_slabs, nr_free_slabs and free_objects say what is there;
 *	- the links from slab->free on name each free object once, num - inuse of them, then
 *	  BUFCTL_END; links of all other objects are BUFCTL_ACTIVE;
 *	- each descriptor of a slab's pages has PG_slab and names cache and slab, so that an address
 *	  alone leads to both. The first one also has the owner and order of the allocation;
 *	- objects in the per-cpu array are out of their slabs.
 *	slab_check.c verifies all of it.
 *
 * 3. What a wrong free meets
 *	At once: an object of another cache, or no slab object at all (its page names another
 *	cache); the object that was freed last. When the object goes back to its slab: an address
 *	inside an object, and an object that is free already. With slub_debug every free takes the
 *	second way, and red zones and poison are checked too (slab_debug.c).
 *
 * 4. Interrupts: never called from handlers; there are no locks.
 *
 * 5. Nodes: the processor takes from its own node's slabs, then grows there, then takes from the
 *	other nodes in the order of its zonelist, then grows anywhere. An object returns to the slab it
 *	came from, and so to its node. There are no alien arrays: one processor has nobody to keep
 *	another node's objects for, so they pass through its array like any other.
 *
 * 6. Departures: array_cache, kmem_list3 have no locks (one thread). `touched` counts allocations
 *	instead of only remembering that there was one, which gives the statistics for the same
 *	instruction. Links of objects in use hold BUFCTL_ACTIVE in every build, not only in debug
 *	ones: double frees are found for one store on the slow path. kmem_list3 also counts its
 *	slabs, so that looking at a cache walks no list.
 */
#include "mm/slab.h"

#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/stage.h"
#include "mm/arena.h"
#include "mm/callsite.h"
#include "mm/slab_internal.h"

void slab_bug(const struct kmem_cache *cache, const void *obj, const char *what)
{
	panic("slab", "cache %s, object 0x%08lx: %s", cache->name, (unsigned long)obj, what);
}

bool slab_is_available(void)
{
	return g_cpucache_up >= EARLY;
}

/* ---- Pages ---- */

/* A slab is reached through the direct map, whatever the caller asked for. */
static gfp_t slab_page_gfp(const struct kmem_cache *cache, gfp_t gfp)
{
	gfp = (gfp & ~(__GFP_HIGHMEM | __GFP_MOVABLE | __GFP_ZERO)) | cache->gfpflags;
	return cache->flags & SLAB_RECLAIM_ACCOUNT ? gfp | __GFP_RECLAIMABLE : gfp;
}

static void slab_account_pages(const struct kmem_cache *cache, struct page *page, long pages)
{
	bool reclaimable = cache->flags & SLAB_RECLAIM_ACCOUNT;

	page_zone(page)->vm_stat[reclaimable ? NR_SLAB_RECLAIMABLE : NR_SLAB_UNRECLAIMABLE] +=
		pages;
}

static __alloc_wrapper struct page *kmem_getpages(struct kmem_cache *cache, gfp_t gfp)
{
	struct page *page;

	gfp = slab_page_gfp(cache, gfp);
	if (unlikely(cache->arena))
		page = arena_alloc_pages(cache->arena, gfp, cache->gfporder, OWNER_SLAB);
	else
		page = alloc_pages(gfp, cache->gfporder, OWNER_SLAB);

	if (!page)
		return NULL;
	slab_account_pages(cache, page, 1L << cache->gfporder);
	for (unsigned i = 0; i < 1U << cache->gfporder; i++)
		SetPageFlag(&page[i], PG_slab);
	return page;
}

/* Gives the block back with its descriptors as alloc_pages left them (table in mmzone.h). */
static __alloc_wrapper void kmem_freepages(struct kmem_cache *cache, struct page *page)
{
	slab_account_pages(cache, page, -(1L << cache->gfporder));
	for (unsigned i = 0; i < 1U << cache->gfporder; i++) {
		if (!PageFlag(&page[i], PG_slab))
			slab_bug(cache, lowmem_page_address(&page[i]), "its page lost PG_slab");
		ClearPageFlag(&page[i], PG_slab);
		page[i].lru.next = LIST_POISON1;
		page[i].lru.prev = LIST_POISON2;
	}
	__free_pages(page, cache->gfporder);
}

static void slab_map_pages(struct kmem_cache *cache, struct slab *slabp, struct page *page)
{
	for (unsigned i = 0; i < 1U << cache->gfporder; i++) {
		page[i].slab_cache = cache;
		page[i].slab_page = slabp;
	}
}

/* ---- Slabs ---- */

static __alloc_wrapper struct slab *alloc_slabmgmt(struct kmem_cache *cache, void *block,
						   unsigned colouroff, gfp_t gfp, int nid)
{
	struct slab *slabp;

	if (cache->flags & CFLGS_OFF_SLAB) {
		slabp = kmem_cache_alloc(cache->slabp_cache, gfp & ~(__GFP_DMA | __GFP_ZERO));
		if (!slabp)
			return NULL;
		cache->slabp_cache->nr_slabmgmt++;
	} else {
		slabp = (struct slab *)((char *)block + colouroff);
		colouroff += cache->slab_size;
	}
	slabp->inuse = 0;
	slabp->colouroff = colouroff;
	slabp->s_mem = (char *)block + colouroff;
	slabp->nodeid = nid;
	slabp->free = 0;
	return slabp;
}

static void cache_init_objs(struct kmem_cache *cache, struct slab *slabp)
{
	for (unsigned i = 0; i < cache->num; i++) {
		void *buffer = index_to_obj(cache, slabp, i);

		if (cache->ctor)
			cache->ctor((char *)buffer + cache->obj_offset);
		if (cache->flags & SLAB_DEBUG_MASK)
			slab_debug_init_obj(cache, buffer);
		slab_bufctl(slabp)[i] = i + 1;
	}
	slab_bufctl(slabp)[cache->num - 1] = BUFCTL_END;
}

/* Adds one empty slab, at the next colour of the node its pages are on. */
static __alloc_wrapper bool cache_grow(struct kmem_cache *cache, gfp_t gfp)
{
	struct page *page = kmem_getpages(cache, gfp);
	struct kmem_list3 *l3;
	struct slab *slabp;
	int nid;

	if (!page)
		return false;
	nid = page_to_nid(page);
	l3 = cache->nodelists[nid];
	slabp = alloc_slabmgmt(cache, lowmem_page_address(page),
			       l3->colour_next * cache->colour_off, gfp, nid);
	if (!slabp) {
		kmem_freepages(cache, page);
		return false;
	}
	if (++l3->colour_next >= cache->colour)
		l3->colour_next = 0;
	slab_map_pages(cache, slabp, page);
	cache_init_objs(cache, slabp);
	list_add_tail(&slabp->list, &l3->slabs_free);
	l3->nr_slabs++;
	l3->nr_free_slabs++;
	l3->free_objects += cache->num;
	cache->grown++;
	STAGE_NOTE_ONCE(slab_runtime, "first slab: %s grew by %u objects on %u page(s)",
			cache->name, cache->num, 1u << cache->gfporder);
	return true;
}

__alloc_wrapper void slab_destroy(struct kmem_cache *cache, struct slab *slabp)
{
	void *block = (char *)slabp->s_mem - slabp->colouroff;

	kmem_freepages(cache, virt_to_page(block));
	if (cache->flags & CFLGS_OFF_SLAB) {
		cache->slabp_cache->nr_slabmgmt--;
		kmem_cache_free(cache->slabp_cache, slabp);
	}
	cache->reaped++;
}

static void *slab_get_obj(struct kmem_cache *cache, struct slab *slabp)
{
	unsigned index = slabp->free;

	if (unlikely(index >= cache->num))
		slab_bug(cache, slabp, "the slab's chain of free objects is broken");
	slabp->free = slab_bufctl(slabp)[index];
	slab_bufctl(slabp)[index] = BUFCTL_ACTIVE;
	slabp->inuse++;
	return index_to_obj(cache, slabp, index);
}

/* The index of an object that is out of the slab; anything else is a BUG. */
static unsigned index_of_used(const struct kmem_cache *cache, struct slab *slabp, const void *obj)
{
	unsigned index = obj_to_index(cache, slabp, obj);

	if (unlikely(index >= cache->num || index_to_obj(cache, slabp, index) != obj))
		slab_bug(cache, obj, "freed, but no object begins there");
	if (unlikely(slab_bufctl(slabp)[index] != BUFCTL_ACTIVE))
		slab_bug(cache, obj, "freed twice");
	return index;
}

static void slab_put_obj(struct kmem_cache *cache, struct slab *slabp, void *obj)
{
	unsigned index = index_of_used(cache, slabp, obj);

	slab_bufctl(slabp)[index] = slabp->free;
	slabp->free = index;
	slabp->inuse--;
}

/* The slab of an object, from its page. => the object's page may be anything */
static struct slab *slab_of(const struct kmem_cache *cache, const void *obj)
{
	unsigned long pfn = __pa(obj) >> PAGE_SHIFT;
	const struct page *page = pfn_to_page(pfn);

	if (!pfn_valid(pfn) || !PageFlag(page, PG_slab))
		slab_bug(cache, obj, "freed, but it is not slab memory");
	if (page->slab_cache != cache)
		panic("slab", "cache %s, object 0x%08lx: freed here, but it belongs to cache %s",
		      cache->name, (unsigned long)obj, page->slab_cache->name);
	return page->slab_page;
}

/* ---- Between the per-cpu array and the slabs ---- */

/* A slab of one node with free objects, partial before free; or NULL. */
static struct slab *node_slab(struct kmem_cache *cache, int nid)
{
	struct kmem_list3 *l3 = cache->nodelists[nid];

	if (!list_empty(&l3->slabs_partial))
		return list_first_entry(&l3->slabs_partial, struct slab, list);
	if (list_empty(&l3->slabs_free))
		return NULL;
	l3->free_touched = 1;
	return list_first_entry(&l3->slabs_free, struct slab, list);
}

/* The same of any node, in the order in which the processor's node asks the others (fallback_alloc). */
static struct slab *any_slab(struct kmem_cache *cache)
{
	struct slab *slabp = node_slab(cache, numa_node_id());
	struct zone *const *zones;

	if (slabp || numa.nodes == 1)
		return slabp;
	zones = NODE_DATA(numa_node_id())->node_zonelists[0][ZONE_NORMAL].zones;
	for (; *zones && !slabp; zones++)
		slabp = node_slab(cache, (*zones)->zone_pgdat->node_id);
	return slabp;
}

/* Adds a slab: of this node if there is room, else none while another node has free objects. */
static __alloc_wrapper bool grow_or_fall_back(struct kmem_cache *cache, gfp_t gfp)
{
	if (numa.nodes > 1 && !cache->arena && /* an arena does as on any other machine */
	    (cache_grow(cache, gfp | __GFP_THISNODE) || any_slab(cache)))
		return true;
	return cache_grow(cache, gfp);
}

/* Moves up to `want` objects from one slab into the array. */
static unsigned take_from_slab(struct kmem_cache *cache, struct slab *slabp, struct array_cache *ac,
			       unsigned want)
{
	struct kmem_list3 *l3 = cache->nodelists[slabp->nodeid];
	unsigned taken = 0;

	if (slabp->inuse == 0)
		l3->nr_free_slabs--;
	while (slabp->inuse < cache->num && taken < want) {
		ac->entry[ac->avail++] = slab_get_obj(cache, slabp);
		taken++;
	}
	l3->free_objects -= taken;
	list_move(&slabp->list, slabp->inuse == cache->num ? &l3->slabs_full : &l3->slabs_partial);
	return taken;
}

/* Moves up to `max` objects from the end of one array to the end of another. */
static unsigned transfer_objects(struct array_cache *to, struct array_cache *from, unsigned max)
{
	unsigned nr = min(min(from->avail, max), to->limit - to->avail);

	from->avail -= nr;
	memcpy(to->entry + to->avail, from->entry + from->avail, nr * sizeof(void *));
	to->avail += nr;
	return nr;
}

/*
 * The array is empty: fills it with up to batchcount objects and returns one. Or the hot path was sent
 * here, so that the call can be made to fail.
 */
static noinline __alloc_wrapper void *cache_alloc_refill(struct kmem_cache *cache, gfp_t gfp)
{
	struct array_cache *ac = cpu_cache_get(cache);
	struct array_cache *shared = cache->nodelists[numa_node_id()]->shared;
	unsigned want = ac->batchcount;
	struct slab *slabp;
	void *obj;

	if (unlikely(fault_holders)) {
		if (should_failslab(cache, gfp))
			return NULL;
		if (ac->avail) {
			ac->touched++;
			return ac->entry[--ac->avail];
		}
	}
	if (shared)
		want -= transfer_objects(ac, shared, want);
	while (want && (slabp = node_slab(cache, numa_node_id())))
		want -= take_from_slab(cache, slabp, ac, want);
	/* The request for pages may reap this very cache: look again afterwards. */
	while (!ac->avail) {
		if (!grow_or_fall_back(cache, gfp)) {
			cache->errors++;
			return NULL;
		}
		slabp = any_slab(cache);
		if (slabp)
			take_from_slab(cache, slabp, ac, ac->batchcount);
	}
	if (unlikely(++ac->touched > UINT_MAX / 2)) {
		cache->num_allocations += ac->touched - 1;
		ac->touched = 1;
	}
	obj = ac->entry[--ac->avail];
	return cache->flags & SLAB_DEBUG_MASK ? slab_debug_alloc(cache, obj) : obj;
}

__alloc_wrapper void free_block(struct kmem_cache *cache, void **objs, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		struct slab *slabp = slab_of(cache, objs[i]);
		struct kmem_list3 *l3 = cache->nodelists[slabp->nodeid];

		slab_put_obj(cache, slabp, objs[i]);
		l3->free_objects++;
		if (slabp->inuse) {
			list_move_tail(&slabp->list, &l3->slabs_partial);
		} else if (l3->free_objects > l3->free_limit) {
			list_del(&slabp->list);
			l3->free_objects -= cache->num;
			l3->nr_slabs--;
			slab_destroy(cache, slabp);
		} else {
			list_move(&slabp->list, &l3->slabs_free);
			l3->nr_free_slabs++;
		}
	}
}

/* Gives the oldest objects to the shared array, as many as it takes, or else all of them to their
 * slabs. Returns how many are gone. */
static __alloc_wrapper unsigned return_oldest(struct kmem_cache *cache, struct array_cache *ac,
					      unsigned batch)
{
	struct array_cache *shared = cache->nodelists[numa_node_id()]->shared;

	if (shared && shared->avail < shared->limit) {
		batch = min(batch, shared->limit - shared->avail);
		memcpy(shared->entry + shared->avail, ac->entry, batch * sizeof(void *));
		shared->avail += batch;
	} else {
		free_block(cache, ac->entry, batch);
	}
	return batch;
}

/*
 * Whatever the hot path of a free does not do: names an object that is not this cache's or was
 * freed last; takes a checked object of a cache under debugging; makes room in a full array.
 */
static __alloc_wrapper noinline void cache_flusharray(struct kmem_cache *cache, void *obj)
{
	struct array_cache *ac = cpu_cache_get(cache);
	struct slab *slabp = slab_of(cache, obj);
	unsigned batch;

	if (ac->avail && ac->entry[ac->avail - 1] == obj)
		slab_bug(cache, obj, "freed twice in a row");
	if (cache->flags & SLAB_DEBUG_MASK) {
		index_of_used(cache, slabp, (char *)obj - cache->obj_offset);
		obj = slab_debug_free(cache, obj);
		free_block(cache, &obj, 1);
		return;
	}
	if (likely(ac->avail >= ac->limit)) {
		batch = return_oldest(cache, ac, min(ac->batchcount, ac->avail));
		ac->avail -= batch;
		memmove(ac->entry, ac->entry + batch, ac->avail * sizeof(void *));
	}
	ac->entry[ac->avail++] = obj;
}

/* The same for an object whose page was found to name its cache. */
static __alloc_wrapper noinline void flush_own_array(void *obj)
{
	cache_flusharray(virt_to_page(obj)->slab_cache, obj);
}

/*
 * ---- The hot path ----
 *
 * Leaf functions that live in the three registers of their arguments; everything else is a tail call.
 * The barriers make the compiler count in memory, one instruction, where it would keep `avail` in
 * a fourth register that has to be saved first.
 */

struct array_cache slab_no_objects;

void slab_slow(bool slow)
{
	struct kmem_cache *cache;

	list_for_each_entry(cache, &cache_chain, next)
		cache->hot = slow ? &slab_no_objects : cache->array[0];
}

__alloc_wrapper void *__kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	struct array_cache *ac = cache->hot;

	if (unlikely(!ac->avail))
		return cache_alloc_refill(cache, gfp);
	barrier();
	ac->avail--;
	ac->touched++;
	barrier();
	return ac->entry[ac->avail];
}

void kmem_cache_free(struct kmem_cache *cache, void *obj)
{
	struct array_cache *ac;
	int avail;

	if (unlikely(virt_to_page(obj)->slab_cache != cache))
		return cache_flusharray(cache, obj);
	ac = cache->hot;
	avail = ac->avail;
	/* entry[-1] is `touched`, which is no address of an object. */
	if (unlikely((unsigned)avail >= ac->limit || ac->entry[avail - 1] == obj))
		return flush_own_array(obj);
	ac->entry[avail] = obj;
	barrier();
	ac->avail++;
}

/* ---- Counting ---- */

unsigned long slab_num_objs(const struct kmem_cache *cache)
{
	unsigned long slabs = 0;
	int nid;

	for_each_slab_node(nid)
		slabs += cache->nodelists[nid]->nr_slabs;
	return slabs * cache->num;
}

unsigned long slab_active_objs(const struct kmem_cache *cache)
{
	unsigned long active = slab_num_objs(cache) - cpu_cache_get(cache)->avail -
			       cache->nr_slabmgmt;
	int nid;

	for_each_slab_node(nid) {
		const struct kmem_list3 *l3 = cache->nodelists[nid];

		active -= l3->free_objects + (l3->shared ? l3->shared->avail : 0);
	}
	return active;
}

unsigned kmem_cache_size(const struct kmem_cache *cache)
{
	return cache->obj_size;
}

const char *kmem_cache_name(const struct kmem_cache *cache)
{
	return cache->name;
}
