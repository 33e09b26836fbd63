/*
 * Private arenas. See arena.h for the contract.
 *
 * 1. Where the frames come from
 *	Blocks of the largest order are asked of alloc_pages until some of them make one run that
 *	begins at a multiple of 4 MiB; the others are freed again. That, and giving the blocks back
 *	in the end, goes in pieces, since each block is looked at page by page. The frames of the run then change
 *	place: their descriptors get PG_ARENA and the arena's number in the node bits, so that
 *	page_zone() leads to the arena's zone and no engine of the machine merges across its edge.
 *	The same descriptors serve, and the same engines, per-cpu lists and slab code run on them:
 *
 *	  live zone   ... | free | [ PG_ARENA, 4 MiB aligned, a zone of its own ] | in use | ...
 *
 * 2. Bit for bit
 *	Since an arena begins at a multiple of the largest block, and blocks of 1024 pages never
 *	reach across its edge, all that its engine does follows from the calls alone: not from where
 *	it lies, nor from the machine's size, generation, cache line or options. Watermarks, batches
 *	and whether migrate types are kept apart follow from its own size by the documented formulas.
 *	It has no migrate reserve and no fallback to other zones; every gfp zone means this zone.
 *	It is of the processor's node for the slab code, whichever node its frames are on.
 *	What manages it (pair bitmaps, kmem_cache, arrays) lies in the machine's memory; slabs with
 *	management of their own elsewhere have it in the arena's general caches.
 *
 * 3. Accounting
 *	Frames that are free in the arena are a use of their own ("soak_arena_free"), allocated ones
 *	belong to OWNER_ARENA or OWNER_SLAB. memstat_check walks an arena as it walks a zone, by a
 *	seal made here, and the live zone's walk steps over it.
 *
 * Not for interrupt handlers.
 */
#include "mm/arena.h"

#include <stdio.h>
#include <string.h>

#include "kernel/panic.h"
#include "mm/buddy_bitmap.h"
#include "mm/callsite.h"
#include "mm/check_internal.h"
#include "mm/fault_inject.h"
#include "mm/gen24.h"
#include "mm/slab_internal.h"

#define SIZES 19 /* 32 to 4194304, and 192 */
#define NAME_BYTES 20
#define BLOCKS_AT_ONCE 8 /* taken or given back in one call: each is up to 1024 descriptors */

struct arena {
	pg_data_t *pgdat; /* holds the zone, and nothing else */
	struct zone *zone;
	unsigned number;
	bool gen24, mixed;
	bool no_run;			/* in what could be had */
	unsigned long start_pfn, pages; /* start_pfn 0: no run was found yet */
	struct list_head held;		/* blocks that were taken, before it is ready */
	unsigned long given_back;	/* pages, at its end */
	/* to give it back */
	u32 live_place;	     /* of the descriptors */
	unsigned live_order; /* of the blocks it was made of */
	u8 live_types[ARENA_MAX_PAGES / PAGEBLOCK_NR_PAGES];

	struct zone_seal seal;
	struct pair_maps maps;
	unsigned long type_bits[ARENA_MAX_PAGES / PAGEBLOCK_NR_PAGES * 3 / 32 + 1];
	struct kmem_cache *caches[ARENA_CACHES_MAX]; /* in the order in which they were made */
	unsigned cache_count;
	struct kmem_cache *sizes[SIZES];
	char size_names[SIZES][NAME_BYTES];
};

struct zone *arena_zones[MAX_ARENAS];
static struct arena *arenas[MAX_ARENAS];
static struct arena *carving; /* holds blocks and is not ready: one at a time, see is_taken() */

/* ---- Asking ---- */

struct zone *arena_zone(const struct arena *arena)
{
	return arena->zone;
}

unsigned arena_number(const struct arena *arena)
{
	return arena->number;
}

unsigned long arena_start_pfn(const struct arena *arena)
{
	return arena->start_pfn;
}

unsigned long arena_pages(const struct arena *arena)
{
	return arena->pages;
}

unsigned long arena_free_pages(const struct arena *arena)
{
	return (unsigned long)arena->zone->vm_stat[NR_FREE_PAGES] +
	       (unsigned long)arena->zone->pcp.count;
}

struct arena *arena_by_number(unsigned number)
{
	return arenas[number];
}

struct arena *arena_of_pfn(unsigned long pfn)
{
	for (unsigned i = 0; i < MAX_ARENAS; i++)
		if (arenas[i] && pfn - arenas[i]->start_pfn < arenas[i]->pages)
			return arenas[i];
	return NULL;
}

const struct zone_seal *arena_seal(const struct arena *arena)
{
	return &arena->seal;
}

unsigned arena_max_order(const struct arena *arena)
{
	return arena->gen24 ? BITMAP_MAX_ORDER : MAX_ORDER;
}

unsigned long arenas_free_pages(void)
{
	unsigned long pages = 0;

	for (unsigned i = 0; i < MAX_ARENAS; i++)
		pages += arenas[i] ? arena_free_pages(arenas[i]) : 0;
	return pages;
}

unsigned long arenas_slab_pages(void)
{
	unsigned long pages = 0;

	for (unsigned i = 0; i < MAX_ARENAS; i++)
		if (arenas[i])
			pages += (unsigned long)(arenas[i]->zone->vm_stat[NR_SLAB_RECLAIMABLE] +
						 arenas[i]->zone->vm_stat[NR_SLAB_UNRECLAIMABLE]);
	return pages;
}

/* W-135 or N-05 for a machine with this zone alone. */
void arena_marks(const struct arena *arena, unsigned long marks[NR_WMARK])
{
	unsigned long kbytes = arena->pages * (PAGE_SIZE / 1024), min;

	if (arena->gen24) {
		gen24_watermarks(arena->pages, marks);
		return;
	}
	min = min_free_kbytes_of(kbytes) / (PAGE_SIZE / 1024);
	marks[WMARK_MIN] = min;
	marks[WMARK_LOW] = min + min / 4;
	marks[WMARK_HIGH] = min + min / 2;
}

int arena_batch(const struct arena *arena)
{
	return arena->gen24 ? 0 : zone_batchsize(arena->zone);
}

/* ---- Carving ---- */

/* A block that waits to become part of the arena that is being carved. */
static bool is_taken(unsigned long pfn)
{
	const struct page *page = pfn_to_page(pfn);

	return page->_count == 1 && page_owner(page) == OWNER_ARENA && !(page->flags & PG_ARENA);
}

/* The start of a run of `pages` among the taken blocks that contains `pfn`, in one zone; or 0. */
static unsigned long find_run(unsigned long pfn, unsigned long pages, unsigned order)
{
	unsigned long size = 1UL << order, start = pfn, end = pfn + size;
	u32 place = pfn_to_page(pfn)->flags & PG_PLACE_MASK;

	while (start >= size && is_taken(start - size) &&
	       (pfn_to_page(start - size)->flags & PG_PLACE_MASK) == place)
		start -= size;
	while (end < max_mapnr && is_taken(end) &&
	       (pfn_to_page(end)->flags & PG_PLACE_MASK) == place)
		end += size;
	start = round_up(start, ARENA_STEP_PAGES);
	return end >= start + pages ? start : 0;
}

/* Takes up to BLOCKS_AT_ONCE blocks more. False: there is no such run, and no block to take. */
static bool carve(struct arena *a)
{
	for (unsigned i = 0; i < BLOCKS_AT_ONCE && !a->start_pfn; i++) {
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, a->live_order,
						OWNER_ARENA);

		if (!page)
			return false;
		list_add(&page->lru, &a->held);
		a->start_pfn = find_run(page_to_pfn(page), a->pages, a->live_order);
	}
	return true;
}

/* Frees up to BLOCKS_AT_ONCE of the blocks that are not in the run. False: none is left. */
static bool give_up_others(struct arena *a)
{
	struct page *page, *next;
	unsigned n = 0;

	list_for_each_entry_safe(page, next, &a->held, lru) {
		if (n == BLOCKS_AT_ONCE)
			return true;
		list_del(&page->lru);
		if (a->start_pfn && page_to_pfn(page) - a->start_pfn < a->pages)
			continue;
		__free_pages(page, a->live_order);
		n++;
	}
	return false;
}

/* ---- Making ---- */

static void init_free_lists(struct zone *zone)
{
	for (unsigned order = 0; order < MAX_ORDER; order++)
		for (unsigned type = 0; type < MIGRATE_TYPES; type++)
			INIT_LIST_HEAD(&zone->free_area[order].free_list[type]);
}

static void free_maps(struct arena *a)
{
	for (unsigned order = 0; order < BITMAP_MAX_ORDER - 1; order++)
		kfree(a->maps.map[order]);
}

static bool make_maps(struct arena *a)
{
	a->maps.size = a->pages;
	for (unsigned order = 0; a->gen24 && order < BITMAP_MAX_ORDER - 1; order++) {
		a->maps.map[order] = kzalloc(pair_map_bytes(a->pages, order),
					     GFP_KERNEL | __GFP_NOWARN);
		if (!a->maps.map[order]) {
			free_maps(a);
			return false;
		}
	}
	return true;
}

static void set_up_zone(struct arena *a)
{
	struct zone *zone = &a->pgdat->node_zones[ZONE_NORMAL];
	int batch;

	a->zone = zone;
	a->pgdat->node_id = numa_node_id(); /* wherever its frames lie: see 2. above */
	zone->zone_pgdat = a->pgdat;
	zone->zone_start_pfn = a->start_pfn;
	zone->spanned_pages = zone->present_pages = a->pages;
	zone->populated = true;
	zone->name = "Arena";
	zone->engine = a->gen24 ? &buddy_bitmap : &buddy_pageflag;
	zone->pageblock_flags = a->type_bits;
	if (a->gen24) {
		a->maps.base = a->start_pfn;
		zone->engine_data = &a->maps;
	}
	init_free_lists(zone);
	setup_boot_pageset(zone);
	batch = arena_batch(a);
	zone->pcp.high = pageset_high(batch);
	zone->pcp.batch = pageset_batch(batch);
	arena_marks(a, zone->watermark);
}

/* Gives the descriptors their new place; the blocks are clean afterwards, in no list. */
static void move_in(struct arena *a)
{
	u32 place = (u32)ZONE_NORMAL << PG_ZONE_SHIFT | a->number << PG_NODE_SHIFT | PG_ARENA;
	bool machine_mixed = page_group_by_mobility_disabled;
	struct page *page = pfn_to_page(a->start_pfn);

	a->live_place = page->flags & PG_PLACE_MASK;
	for (unsigned long i = 0; i < a->pages; i++, page++) {
		page->flags = place;
		page->_count = 0;
	}
	page_group_by_mobility_disabled = a->mixed;
	for (unsigned long i = 0; i < a->pages; i += PAGEBLOCK_NR_PAGES) {
		page = pfn_to_page(a->start_pfn + i);
		a->live_types[i / PAGEBLOCK_NR_PAGES] = (u8)get_pageblock_migratetype(page);
		set_pageblock_migratetype(page, MIGRATE_MOVABLE);
	}
	page_group_by_mobility_disabled = machine_mixed;
}

/* From the top down, so that the lowest block is at the head of its list. */
static void give_to_engine(struct arena *a)
{
	unsigned order = arena_max_order(a) - 1;

	for (unsigned long at = a->pages; at; at -= 1UL << order) {
		struct page *page = pfn_to_page(a->start_pfn + at - (1UL << order));

		free_one_page(a->zone, page, order, get_pageblock_migratetype(page));
	}
	a->zone->nr_merge = 0;
	owner_pages[OWNER_ARENA] -= a->pages;
}

static void seal_arena(struct arena *a)
{
	const struct zone *zone = a->zone;

	a->seal = (struct zone_seal){
		.zone = a->zone,
		.start_pfn = a->start_pfn,
		.end_pfn = a->start_pfn + a->pages,
		.present_pages = a->pages,
		.place = pfn_to_page(a->start_pfn)->flags & PG_PLACE_MASK,
		.zone_pgdat = a->pgdat,
		.name = zone->name,
		.engine = zone->engine,
		.engine_data = zone->engine_data,
		.pageblock_flags = zone->pageblock_flags,
		.populated = true,
	};
}

static void enlist(struct arena *a)
{
	u32 place = (u32)ZONE_NORMAL << PG_ZONE_SHIFT | a->number << PG_NODE_SHIFT | PG_ARENA;

	arenas[a->number] = a;
	arena_zones[a->number] = a->zone;
	zone_table[place >> PG_TABLE_SHIFT] = a->zone;
}

static void free_arena(struct arena *a)
{
	if (a)
		kfree(a->pgdat);
	kfree(a);
}

static unsigned free_number(void)
{
	unsigned number = 0;

	while (number < MAX_ARENAS && arenas[number])
		number++;
	return number;
}

struct arena *arena_begin(unsigned long pages, bool gen24, const char **why)
{
	struct arena *a;

	BUG_ON(!pages || pages % ARENA_STEP_PAGES || pages > ARENA_MAX_PAGES);
	*why = "no memory for what manages an arena";
	a = kzalloc(sizeof(*a), GFP_KERNEL | __GFP_NOWARN);
	if (a)
		a->pgdat = kzalloc(sizeof(*a->pgdat), GFP_KERNEL | __GFP_NOWARN);
	if (!a || !a->pgdat) {
		free_arena(a);
		return NULL;
	}
	a->gen24 = gen24;
	a->pages = pages;
	a->live_order = (mm_gen24 ? BITMAP_MAX_ORDER : MAX_ORDER) - 1;
	INIT_LIST_HEAD(&a->held);
	/* W-86: too few blocks to keep types apart; 2.4 has no types */
	a->mixed = gen24 || pages < PAGEBLOCK_NR_PAGES * MIGRATE_TYPES;
	if (!make_maps(a)) {
		free_arena(a);
		return NULL;
	}
	return a;
}

enum arena_progress arena_go_on(struct arena *a, const char **why)
{
	if (carving && carving != a)
		return ARENA_MORE;
	carving = a;
	a->number = free_number();
	if (a->number == MAX_ARENAS)
		*why = "all arenas are in use";
	else
		*why = "no run of adjacent free low memory is that long";
	if (a->number < MAX_ARENAS && !a->start_pfn && !a->no_run) {
		a->no_run = !carve(a);
		return ARENA_MORE;
	}
	if (a->number == MAX_ARENAS)
		a->start_pfn = 0;
	if (give_up_others(a))
		return ARENA_MORE;
	carving = NULL;
	if (!a->start_pfn) {
		free_maps(a);
		free_arena(a);
		return ARENA_FAILED;
	}
	set_up_zone(a);
	enlist(a);
	move_in(a);
	seal_arena(a);
	give_to_engine(a);
	return ARENA_READY;
}

/* ---- Ending ---- */

/* Makes the frames what they were: blocks that alloc_pages has handed out. At once, since a check may
 * come between steps: so the loop stores and does nothing else. */
static void move_out(struct arena *a)
{
	struct page *page = pfn_to_page(a->start_pfn), *end = page + a->pages;
	u32 place = a->live_place;

	for (; page < end; page++) {
		page->flags = place;
		page->_count = 0;
		page->_mapcount = -1;
		page->private = page->index = 0;
		page->mapping = NULL;
		page->lru.next = LIST_POISON1;
		page->lru.prev = LIST_POISON2;
	}
	for (page = pfn_to_page(a->start_pfn); page < end; page += 1UL << a->live_order) {
		page->flags |= (u32)OWNER_SOAK << PG_OWNER_SHIFT | a->live_order << PG_ORDER_SHIFT;
		page->_count = 1;
	}
	owner_pages[OWNER_SOAK] += a->pages; /* not OWNER_ARENA: nobody may carve them meanwhile */
}

unsigned long arena_end(struct arena *a)
{
	unsigned long lost = a->pages - arena_free_pages(a);

	/* What is still allocated goes with the rest; its owner's count with it. */
	owner_pages[OWNER_ARENA] -= lost;
	move_out(a);
	arenas[a->number] = NULL;
	arena_zones[a->number] = NULL;
	for (unsigned long i = 0; i < a->pages; i += PAGEBLOCK_NR_PAGES) {
		bool machine_mixed = page_group_by_mobility_disabled;

		page_group_by_mobility_disabled = false; /* the types are as they were */
		set_pageblock_migratetype(pfn_to_page(a->start_pfn + i),
					  a->live_types[i / PAGEBLOCK_NR_PAGES]);
		page_group_by_mobility_disabled = machine_mixed;
	}
	return lost;
}

bool arena_give_back(struct arena *a)
{
	for (unsigned i = 0; i < BLOCKS_AT_ONCE; i++) {
		if (a->given_back == a->pages) {
			free_maps(a);
			free_arena(a);
			return false;
		}
		__free_pages(pfn_to_page(a->start_pfn + a->given_back), a->live_order);
		a->given_back += 1UL << a->live_order;
	}
	return true;
}

/* ---- Pages and caches ---- */

__alloc_wrapper struct page *arena_alloc_pages(struct arena *a, gfp_t gfp, unsigned order,
					       enum page_owner owner)
{
	struct page *page;

	if (unlikely(fault_holders) && should_fail_alloc_page(gfp, order, owner, a))
		return NULL;
	page = alloc_pages_arena(a->zone, a->gen24, a->mixed, gfp, order, owner);
	if (likely(page) || order >= arena_max_order(a))
		return page;
	arena_shrink(a);
	return alloc_pages_arena(a->zone, a->gen24, a->mixed, gfp, order, owner);
}

struct kmem_cache *arena_cache_create(struct arena *a, const char *name, size_t size, u32 flags)
{
	struct kmem_cache *cache;

	if (a->cache_count == ARENA_CACHES_MAX)
		return NULL;
	cache = kmem_cache_create_in(a, name, size, flags);
	if (cache)
		a->caches[a->cache_count++] = cache;
	return cache;
}

static size_t general_size(unsigned i)
{
	return i == 3 ? 192 : (size_t)32 << (i < 3 ? i : i - 1);
}

struct kmem_cache *arena_general_cache(struct arena *a, size_t size)
{
	size_t most = PAGE_SIZE << (arena_max_order(a) - 1);
	unsigned i = 0;
	char *name;

	if (!size || size > most)
		return NULL;
	while (general_size(i) < size)
		i++;
	if (a->sizes[i])
		return a->sizes[i];
	name = a->size_names[i];
	snprintf(name, NAME_BYTES, "a%u-size-%zu", a->number, general_size(i));
	a->sizes[i] = arena_cache_create(a, name, general_size(i), SLAB_HWCACHE_ALIGN);
	return a->sizes[i];
}

void arena_shrink(struct arena *a)
{
	/* Newest first: caches of slab management are younger than those that use them. */
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = a->cache_count; i--;)
			kmem_cache_shrink(a->caches[i]);
	free_pcppages_bulk(a->zone, a->zone->pcp.count);
}

unsigned arena_destroy_caches(struct arena *a)
{
	unsigned left = a->cache_count;

	/* A cache that manages another's slabs is free once the other is gone. */
	for (unsigned round = 0; round < 2 && left; round++) {
		left = 0;
		for (unsigned i = 0; i < a->cache_count; i++)
			if (a->caches[i] && kmem_cache_destroy(a->caches[i]))
				left++;
			else
				a->caches[i] = NULL;
	}
	if (!left)
		a->cache_count = 0;
	return left;
}

/* ---- The state ---- */

static u64 mix(u64 sum, u32 word)
{
	/* FNV-1a over words, with a rotation so that the high bits come down too. */
	sum = (sum ^ word) * 0x100000001b3ull;
	return sum << 29 | sum >> 35;
}

static u32 place_of(const struct arena *a, const void *virt)
{
	return (u32)((unsigned long)virt - (unsigned long)__va(a->start_pfn << PAGE_SHIFT));
}

static u64 sum_slab(const struct arena *a, const struct kmem_cache *cache, u64 sum,
		    struct slab *slabp)
{
	sum = mix(sum, place_of(a, slabp->s_mem));
	sum = mix(sum, slabp->inuse);
	sum = mix(sum, slabp->free);
	for (unsigned i = 0; i < cache->num; i++)
		sum = mix(sum, slab_bufctl(slabp)[i]);
	return sum;
}

/* What is in no list: types of blocks, pair bitmaps, counters, per-cpu arrays. */
static u64 sum_tables(const struct arena *a)
{
	const struct zone *zone = a->zone;
	u64 sum = 0xcbf29ce484222325ull;

	for (unsigned i = 0; i < ARRAY_SIZE(a->type_bits); i++)
		sum = mix(sum, a->type_bits[i]);
	for (unsigned order = 0; a->gen24 && order < BITMAP_MAX_ORDER - 1; order++)
		for (unsigned long i = 0; i < pair_map_bytes(a->pages, order) / 4; i++)
			sum = mix(sum, a->maps.map[order][i]);
	sum = mix(sum, zone->nr_split);
	sum = mix(sum, zone->nr_merge);
	sum = mix(sum, zone->nr_fallback);
	for (unsigned n = 0; n < a->cache_count; n++) {
		const struct array_cache *ac = cpu_cache_get(a->caches[n]);

		sum = mix(sum, a->caches[n]->buffer_size);
		sum = mix(sum, a->caches[n]->nodelists[numa_node_id()]->colour_next);
		for (unsigned i = 0; i < ac->avail; i++)
			sum = mix(sum, place_of(a, ac->entry[i]));
	}
	return sum;
}

/* List n of all there are: free lists, per-cpu lists, then three of slabs of each cache. NULL: no
 * more. *cache: whose slabs are in it, or NULL: pages. */
static const struct list_head *nth_list(const struct arena *a, unsigned n,
					const struct kmem_cache **cache)
{
	unsigned free_lists = arena_max_order(a) * MIGRATE_TYPES;
	const struct kmem_list3 *l3;

	*cache = NULL;
	if (n < free_lists)
		return &a->zone->free_area[n / MIGRATE_TYPES].free_list[n % MIGRATE_TYPES];
	n -= free_lists;
	if (n < MIGRATE_PCPTYPES)
		return &a->zone->pcp.lists[n];
	n -= MIGRATE_PCPTYPES;
	if (n / 3 >= a->cache_count)
		return NULL;
	*cache = a->caches[n / 3];
	l3 = (*cache)->nodelists[numa_node_id()];
	return n % 3 == 0 ? &l3->slabs_partial : n % 3 == 1 ? &l3->slabs_full : &l3->slabs_free;
}

bool arena_sum_some(const struct arena *a, struct arena_sum *s, u32 entries)
{
	const struct kmem_cache *cache;
	const struct list_head *head;

	if (!s->list && !s->at)
		s->sum = sum_tables(a);
	for (; (head = nth_list(a, s->list, &cache)); s->list++, s->at = NULL) {
		for (s->at = s->at ? s->at : head->next; s->at != head; s->at = s->at->next) {
			u32 cost = cache ? cache->num : 1;

			if (entries < cost)
				return true;
			entries -= cost;
			if (cache)
				s->sum = sum_slab(a, cache, s->sum,
						  list_entry(s->at, struct slab, list));
			else
				s->sum =
					mix(s->sum,
					    (u32)(page_to_pfn(list_entry(s->at, struct page, lru)) -
						  a->start_pfn));
		}
		s->sum = mix(s->sum, ~0u);
	}
	return false;
}

u64 arena_state_sum(const struct arena *a)
{
	struct arena_sum s = { 0 };

	while (arena_sum_some(a, &s, ~0u))
		;
	return s.sum;
}
