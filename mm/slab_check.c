/*
 * Walks every cache, slab and object and compares them with the counters (check_slabs).
 *
 * Two walks that must meet: from the caches down (chain, lists, slabs, links, per-cpu arrays), and
 * over all page descriptors with PG_slab, each of which must name a cache of the chain. Their page
 * counts are compared with each other and with the zones' NR_SLAB counters.
 *
 * Memory may be corrupt. A pointer is followed only after it was found to lie in low memory, on a
 * page of the right kind; every loop is bounded by what a counter that cannot lie (the number of
 * descriptors) allows. What cannot be followed is reported once and left.
 *
 * Reports name cache and field; `where` also has the slab's or object's address.
 */
#include <stdio.h>

#include "kernel/x86/extable.h"
#include "mm/arena.h"
#include "mm/check_internal.h"
#include "mm/slab_internal.h"

/* More caches, or more slabs in one cache, than any machine has: the chain or list is a loop. */
#define CACHES_MAX 1024

struct walk {
	struct memstat_check *check;
	const struct kmem_cache *cache;
	const struct slab *slabp; /* NULL: the cache as a whole */
	unsigned long pages;	  /* of all slabs seen so far */
	/* sums of the list being walked */
	unsigned long free_objects;
	unsigned nr_slabs, nr_free_slabs;
};

/* ---- Reporting ---- */

/* The name is a pointer that may be wrong, like any other. */
static const char *cache_name(const struct kmem_cache *cache)
{
	u32 word;

	if (probe_read((const void *)((unsigned long)cache->name & ~3ul), &word))
		return "a cache without a name";
	return cache->name;
}

__printf_like(4, 5) static void differ(const struct walk *w, const char *what, const char *expected,
				       const char *found, ...)
{
	char where[56], text[32];
	va_list args;

	if (w->slabp)
		snprintf(where, sizeof(where), "%.32s slab 0x%08lx", cache_name(w->cache),
			 (unsigned long)w->slabp);
	else
		snprintf(where, sizeof(where), "%.32s", cache_name(w->cache));
	va_start(args, found);
	vsnprintf(text, sizeof(text), found, args);
	va_end(args);
	check_report(w->check, what, where, expected, "%s", text);
}

/* Reports unless the two are equal; returns whether they are. */
static bool equal(const struct walk *w, const char *what, unsigned long expected,
		  unsigned long found)
{
	char text[16];

	if (expected == found)
		return true;
	snprintf(text, sizeof(text), "%lu", expected);
	differ(w, what, text, "%lu", found);
	return false;
}

static bool equal_ptr(const struct walk *w, const char *what, const void *expected,
		      const void *found)
{
	char text[16];

	if (expected == found)
		return true;
	snprintf(text, sizeof(text), "0x%08lx", (unsigned long)expected);
	differ(w, what, text, "0x%08lx", (unsigned long)found);
	return false;
}

/* ---- Which pointers may be followed ---- */

/* The descriptor of a word-aligned address of low memory, or NULL. */
static const struct page *page_of(const void *virt)
{
	unsigned long pfn = __pa(virt) >> PAGE_SHIFT;

	if ((unsigned long)virt % sizeof(void *) || !pfn_valid(pfn))
		return NULL;
	return PageHighMem(pfn_to_page(pfn)) ? NULL : pfn_to_page(pfn);
}

bool is_slab_memory(const void *virt)
{
	const struct page *page = page_of(virt);

	return page && PageFlag(page, PG_slab);
}

static bool cache_pointer_ok(const struct kmem_cache *cache)
{
	if (cache == &cache_cache)
		return true;
	return is_slab_memory(cache) && page_of(cache)->slab_cache == &cache_cache;
}

/* The next cache of the chain, or NULL at its end or where it cannot be followed. */
static const struct kmem_cache *next_cache(const struct list_head *link)
{
	const struct kmem_cache *cache;

	if (link->next == &cache_chain)
		return NULL;
	cache = list_entry(link->next, struct kmem_cache, next);
	return cache_pointer_ok(cache) ? cache : NULL;
}

static bool on_chain(const struct kmem_cache *wanted)
{
	const struct kmem_cache *cache = next_cache(&cache_chain);

	for (unsigned n = 0; cache && n < CACHES_MAX; n++, cache = next_cache(&cache->next))
		if (cache == wanted)
			return true;
	return false;
}

/* ---- One slab ---- */

/* The node that a descriptor names; -1: an arena that there is not. */
static int named_nid(const struct page *page)
{
	return page->flags & PG_ARENA && !page_arena_zone(page) ? -1 : page_to_nid(page);
}

static bool check_slab_pages(struct walk *w)
{
	const struct kmem_cache *cache = w->cache;
	unsigned long block = (unsigned long)w->slabp->s_mem - w->slabp->colouroff;
	const struct page *page = page_of((void *)block);

	if (!page || block % PAGE_SIZE || page_owner(page) != OWNER_SLAB) {
		differ(w, "slab s_mem", "inside a slab's pages", "0x%08lx",
		       (unsigned long)w->slabp->s_mem);
		return false;
	}
	equal(w, "order in the page descriptor", cache->gfporder, page_order(page));
	equal(w, "slab nodeid", named_nid(page), w->slabp->nodeid);
	for (unsigned i = 0; i < 1U << cache->gfporder; i++) {
		if (!pfn_valid(page_to_pfn(page) + i) || !PageFlag(&page[i], PG_slab)) {
			differ(w, "page of a slab", "PG_slab", "page %u of the block without", i);
			return false;
		}
		if (!equal_ptr(w, "page descriptor slab_cache", cache, page[i].slab_cache) ||
		    !equal_ptr(w, "page descriptor slab_page", w->slabp, page[i].slab_page))
			return false;
	}
	w->pages += 1UL << cache->gfporder;
	return true;
}

/* The chain of free objects, and red zones and poison where the cache has them. */
static void check_objects(struct walk *w)
{
	const struct kmem_cache *cache = w->cache;
	kmem_bufctl_t *links = slab_bufctl((struct slab *)w->slabp);
	unsigned nr_free = 0, active = 0;
	kmem_bufctl_t i;

	for (i = w->slabp->free; i < cache->num && nr_free <= cache->num; i = links[i])
		nr_free++;
	if (i != BUFCTL_END)
		differ(w, "chain of free objects", "ends with 0xffffffff", "0x%08lx after %u",
		       (unsigned long)i, nr_free);
	for (i = 0; i < cache->num; i++) {
		bool used = links[i] == BUFCTL_ACTIVE;
		const char *fault = NULL;

		active += used;
		if (cache->flags & SLAB_DEBUG_MASK)
			fault = slab_debug_fault(cache, index_to_obj(cache, w->slabp, i), used);
		if (fault)
			differ(w, "object", "intact", "%u %s", i, fault);
	}
	equal(w, "slab inuse against its links", active, w->slabp->inuse);
	equal(w, "slab inuse against its free chain", cache->num - nr_free, w->slabp->inuse);
	w->free_objects += nr_free;
}

static bool check_slab(struct walk *w, const struct list_head *list, const struct kmem_list3 *l3)
{
	const struct slab *slabp = w->slabp;
	const char *name = list == &l3->slabs_full   ? "full"
			   : list == &l3->slabs_free ? "free"
						     : "partial";
	const char *belongs = slabp->inuse == w->cache->num ? "full"
			      : slabp->inuse == 0	    ? "free"
							    : "partial";

	if (!check_slab_pages(w))
		return false;
	if (name != belongs)
		differ(w, "list the slab is on", belongs, "%s", name);
	check_objects(w);
	w->nr_slabs++;
	w->nr_free_slabs += list == &l3->slabs_free;
	return true;
}

static void check_list(struct walk *w, const struct list_head *list, const struct kmem_list3 *l3)
{
	const struct list_head *link = list, *prev = list;

	for (unsigned long n = 0; n < max_mapnr; n++) {
		link = link->next;
		if (link == list)
			break;
		w->slabp = list_entry(link, struct slab, list);
		if (!is_slab_memory(w->slabp)) {
			const void *bad = w->slabp;

			w->slabp = NULL;
			differ(w, "link of a slab list", "a slab of the cache", "0x%08lx",
			       (unsigned long)bad);
			break;
		}
		if (!equal_ptr(w, "slab list.prev", prev, link->prev) || !check_slab(w, list, l3))
			break;
		prev = link;
	}
	w->slabp = NULL;
	if (link == list)
		equal_ptr(w, "last element of a slab list", prev, list->prev);
}

/* ---- One cache ---- */

/* The structures that off-slab management of all other caches takes from this one. */
static unsigned slabs_managed_by(const struct kmem_cache *wanted)
{
	const struct kmem_cache *cache = next_cache(&cache_chain);
	unsigned slabs = 0;
	int nid;

	for (unsigned n = 0; cache && n < CACHES_MAX; n++, cache = next_cache(&cache->next)) {
		if (!(cache->flags & CFLGS_OFF_SLAB) || cache->slabp_cache != wanted)
			continue;
		for_each_slab_node(nid)
			if (is_slab_memory(cache->nodelists[nid]))
				slabs += cache->nodelists[nid]->nr_slabs;
	}
	return slabs;
}

static void check_node(struct walk *w, int nid)
{
	const struct kmem_list3 *l3 = w->cache->nodelists[nid];

	if (!is_slab_memory(l3) && !(g_cpucache_up < EARLY && l3 == &initkmem_list3[CACHE_CACHE])) {
		differ(w, "nodelists", "a kmem_list3", "0x%08lx", (unsigned long)l3);
		return;
	}
	w->free_objects = w->nr_slabs = w->nr_free_slabs = 0;
	check_list(w, &l3->slabs_partial, l3);
	check_list(w, &l3->slabs_full, l3);
	check_list(w, &l3->slabs_free, l3);
	equal(w, "kmem_list3 free_objects", w->free_objects, l3->free_objects);
	equal(w, "kmem_list3 nr_slabs", w->nr_slabs, l3->nr_slabs);
	equal(w, "kmem_list3 nr_free_slabs", w->nr_free_slabs, l3->nr_free_slabs);
	if (g_cpucache_up == FULL &&
	    !w->cache->shared) { /* then resizing has not failed half-way */
		equal(w, "kmem_list3 free_limit", slab_free_limit(w->cache, nid), l3->free_limit);
		equal_ptr(w, "kmem_list3 shared", NULL, l3->shared);
	}
	equal_ptr(w, "kmem_list3 alien", NULL, l3->alien);
	if (l3->colour_next >= max(w->cache->colour, 1u))
		differ(w, "kmem_list3 colour_next", "below the number of colours", "%u",
		       l3->colour_next);
}

/* An object of the per-cpu array is out of its slab, and is there once. */
static void check_entry(struct walk *w, const struct array_cache *ac, unsigned i)
{
	const struct kmem_cache *cache = w->cache;
	const void *obj = ac->entry[i];
	unsigned index;

	if (!is_slab_memory(obj) || page_of(obj)->slab_cache != cache ||
	    !is_slab_memory(page_of(obj)->slab_page)) {
		differ(w, "object in the per-cpu array", "of this cache", "0x%08lx",
		       (unsigned long)obj);
		return;
	}
	w->slabp = page_of(obj)->slab_page;
	index = obj_to_index(cache, w->slabp, obj);
	if (index >= cache->num || index_to_obj(cache, w->slabp, index) != obj)
		differ(w, "object in the per-cpu array", "an object's start", "0x%08lx",
		       (unsigned long)obj);
	else if (slab_bufctl((struct slab *)w->slabp)[index] != BUFCTL_ACTIVE)
		differ(w, "object in the per-cpu array", "not in its slab too", "0x%08lx free",
		       (unsigned long)obj);
	for (unsigned j = 0; j < i; j++)
		if (ac->entry[j] == obj)
			differ(w, "object in the per-cpu array", "once", "0x%08lx twice",
			       (unsigned long)obj);
	w->slabp = NULL;
}

static void check_array(struct walk *w)
{
	const struct array_cache *ac = cpu_cache_get(w->cache);

	if (!is_slab_memory(ac)) {
		differ(w, "per-cpu array", "a kmalloc'ed block", "0x%08lx", (unsigned long)ac);
		return;
	}
	if (w->cache->hot != (fault_holders ? &slab_no_objects : ac))
		differ(w, "array of the fast paths", "the per-cpu array", "0x%08lx",
		       (unsigned long)w->cache->hot);
	if (ac->limit != w->cache->limit && !(w->cache->flags & SLAB_DEBUG_MASK)) {
		equal(w, "per-cpu array limit", w->cache->limit, ac->limit);
		return;
	}
	equal(w, "per-cpu array batchcount",
	      w->cache->flags & SLAB_DEBUG_MASK ? 1 : w->cache->batchcount, ac->batchcount);
	if (ac->avail > w->cache->limit) {
		equal(w, "per-cpu array avail, at most", w->cache->limit, ac->avail);
		return;
	}
	for (unsigned i = 0; i < ac->avail; i++)
		check_entry(w, ac, i);
}

/* What the other checks rely on. */
static bool check_geometry(struct walk *w)
{
	const struct kmem_cache *cache = w->cache;

	if (cache->gfporder > (cache->arena ? MAX_ORDER - 1 : slab_max_order))
		differ(w, "gfporder", "an order of the page allocator", "%u", cache->gfporder);
	else if (!cache->buffer_size || !cache->num ||
		 (u64)cache->num * cache->buffer_size > PAGE_SIZE << cache->gfporder)
		differ(w, "objects a slab", "as many as fit", "%u of %u bytes", cache->num,
		       cache->buffer_size);
	else if (cache->flags & CFLGS_OFF_SLAB && !cache_pointer_ok(cache->slabp_cache))
		differ(w, "slabp_cache", "a cache", "0x%08lx", (unsigned long)cache->slabp_cache);
	else
		return true;
	return false;
}

/* Not before the last resizing. */
static bool check_cache_constants(struct memstat_check *check, const struct kmem_cache *cache)
{
	char where[32];

	if (g_cpucache_up != FULL || slab_constants_sum(cache) == cache->constants_sum)
		return true;
	snprintf(where, sizeof(where), "kmem_cache at 0x%08lx", (unsigned long)cache);
	check_equal_hex(check, "constant fields of a cache (sum)", where, cache->constants_sum,
			slab_constants_sum(cache));
	return false;
}

static void check_cache(struct walk *w)
{
	unsigned long slabs = 0;
	int nid;

	if (!check_geometry(w))
		return;
	for_each_slab_node(nid) {
		check_node(w, nid);
		slabs += w->nr_slabs;
	}
	equal(w, "slabs grown less reaped", slabs, w->cache->grown - w->cache->reaped);
	check_array(w);
	equal(w, "objects that manage other slabs", slabs_managed_by(w->cache),
	      w->cache->nr_slabmgmt);
}

/* ---- All of them ---- */

static unsigned long check_descriptors(struct walk *w)
{
	const struct kmem_cache *known = NULL;
	unsigned long pages = 0;
	char where[56];

	for (unsigned long pfn = min_mapnr; pfn < max_mapnr; pfn++) {
		const struct page *page = pfn_to_page(pfn);

		if (!PageFlag(page, PG_slab))
			continue;
		pages++;
		if (page->slab_cache == known)
			continue;
		if (on_chain(page->slab_cache)) {
			known = page->slab_cache;
			continue;
		}
		snprintf(where, sizeof(where), "frame 0x%lx", pfn);
		check_report(w->check, "page descriptor slab_cache", where, "a cache of the chain",
			     "0x%08lx", (unsigned long)page->slab_cache);
	}
	return pages;
}

static unsigned long zone_counters(void)
{
	unsigned long pages = 0;
	int nid;

	for_each_slab_node(nid)
		for (unsigned z = 0; z < MAX_NR_ZONES; z++) {
			const struct zone *zone = &NODE_DATA(nid)->node_zones[z];

			pages += zone->vm_stat[NR_SLAB_RECLAIMABLE] +
				 zone->vm_stat[NR_SLAB_UNRECLAIMABLE];
		}
	return pages + arenas_slab_pages();
}

void check_slabs(struct memstat_check *check)
{
	struct walk w = { .check = check, .cache = &cache_cache };
	const struct list_head *link = &cache_chain;
	unsigned long described;
	unsigned n;

	if (!slab_is_available())
		return;
	for (n = 0; n < CACHES_MAX && link->next != &cache_chain; n++) {
		const struct kmem_cache *cache = next_cache(link);

		if (!cache || cache->next.prev != link) {
			check_report(check, "link of cache_chain", cache_name(w.cache), "a cache",
				     "0x%08lx", (unsigned long)link->next);
			break;
		}
		link = &cache->next;
		w.cache = cache;
		if (!check_cache_constants(check, cache)) {
			check_geometry(&w); /* may say which field it is */
			return;		    /* what the cache holds cannot be told */
		}
		check_cache(&w);
	}
	if (n < CACHES_MAX && link->next == &cache_chain)
		equal_ptr(&w, "last element of cache_chain", link, cache_chain.prev);
	w.cache = &cache_cache;
	described = check_descriptors(&w);
	equal(&w, "pages of slabs, lists against PG_slab", described, w.pages);
	equal(&w, "pages of slabs, zone counters", described, zone_counters());
}
