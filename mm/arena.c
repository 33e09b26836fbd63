/*
 * Private arenas. See arena.h for the contract.
 *
 * 1. Where the frames come from
 *	Blocks of the largest order are asked of alloc_pages until some of them make one run that
 *	begins at a multiple of 4 MiB; the others are freed again. The frames of the run then change
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
#include "mm/check_internal.h"
#include "mm/gen24.h"
#include "mm/slab_internal.h"

#define SIZES 19 /* 32 to 4194304, and 192 */
#define NAME_BYTES 20

struct arena {
	pg_data_t *pgdat; /* holds the zone, and nothing else */
	struct zone *zone;
	unsigned number;
	bool gen24, mixed;
	unsigned long start_pfn, pages;
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

/* A block of ours that waits to become part of an arena. */
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

/* Takes blocks until there is such a run; gives back all that are not in it. 0: there is none. */
static unsigned long carve(unsigned long pages, unsigned order)
{
	struct page *page, *next;
	unsigned long start = 0;
	LIST_HEAD(held);

	while (!start) {
		page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order, OWNER_ARENA);
		if (!page)
			break;
		list_add(&page->lru, &held);
		start = find_run(page_to_pfn(page), pages, order);
	}
	list_for_each_entry_safe(page, next, &held, lru) {
		list_del(&page->lru);
		if (!start || page_to_pfn(page) - start >= pages)
			__free_pages(page, order);
	}
	return start;
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

struct arena *arena_create(unsigned long pages, bool gen24, const char **why)
{
	unsigned order = (mm_gen24 ? BITMAP_MAX_ORDER : MAX_ORDER) - 1;
	unsigned number = 0;
	struct arena *a;

	BUG_ON(!pages || pages % ARENA_STEP_PAGES || pages > ARENA_MAX_PAGES);
	while (number < MAX_ARENAS && arenas[number])
		number++;
	*why = "all arenas are in use";
	if (number == MAX_ARENAS)
		return NULL;
	*why = "no memory for what manages an arena";
	a = kzalloc(sizeof(*a), GFP_KERNEL | __GFP_NOWARN);
	if (a)
		a->pgdat = kzalloc(sizeof(*a->pgdat), GFP_KERNEL | __GFP_NOWARN);
	if (!a || !a->pgdat) {
		free_arena(a);
		return NULL;
	}
	a->number = number;
	a->gen24 = gen24;
	a->pages = pages;
	a->live_order = order;
	/* W-86: too few blocks to keep types apart; 2.4 has no types */
	a->mixed = gen24 || pages < PAGEBLOCK_NR_PAGES * MIGRATE_TYPES;
	if (!make_maps(a)) {
		free_arena(a);
		return NULL;
	}
	*why = "no run of adjacent free low memory is that long";
	a->start_pfn = carve(pages, order);
	if (!a->start_pfn) {
		free_maps(a);
		free_arena(a);
		return NULL;
	}
	set_up_zone(a);
	enlist(a);
	move_in(a);
	seal_arena(a);
	give_to_engine(a);
	return a;
}

/* ---- Ending ---- */

/* Makes frames what they were: blocks that alloc_pages has handed out. */
static void move_out(struct arena *a, unsigned long first, unsigned long pages)
{
	struct page *page = pfn_to_page(first);

	for (unsigned long i = 0; i < pages; i++, page++) {
		bool head = !(i & ((1UL << a->live_order) - 1));

		*page = (struct page){ .flags = a->live_place, ._mapcount = -1 };
		page->lru.next = LIST_POISON1;
		page->lru.prev = LIST_POISON2;
		if (!head)
			continue;
		page->flags |= (u32)OWNER_ARENA << PG_OWNER_SHIFT | a->live_order << PG_ORDER_SHIFT;
		page->_count = 1;
	}
	owner_pages[OWNER_ARENA] += pages;
}

/* The types of blocks that are the machine's again, as they were; and the frames to its zone. */
static void give_to_machine(struct arena *a, unsigned long first, unsigned long pages)
{
	bool machine_mixed = page_group_by_mobility_disabled;

	page_group_by_mobility_disabled = false;
	for (unsigned long i = 0; i < pages; i += PAGEBLOCK_NR_PAGES)
		set_pageblock_migratetype(
			pfn_to_page(first + i),
			a->live_types[(first + i - a->start_pfn) / PAGEBLOCK_NR_PAGES]);
	page_group_by_mobility_disabled = machine_mixed;
	for (unsigned long i = 0; i < pages; i += 1UL << a->live_order)
		__free_pages(pfn_to_page(first + i), a->live_order);
}

/* What depends on the size, after it has changed. */
static void set_size(struct arena *a, unsigned long pages)
{
	int batch;

	a->pages = a->maps.size = pages;
	a->zone->spanned_pages = a->zone->present_pages = pages;
	a->seal.present_pages = pages;
	a->seal.end_pfn = a->start_pfn + pages;
	batch = arena_batch(a);
	a->zone->pcp.high = pageset_high(batch);
	a->zone->pcp.batch = pageset_batch(batch);
	arena_marks(a, a->zone->watermark);
}

bool arena_give_back_some(struct arena *a)
{
	unsigned long block = 1UL << (arena_max_order(a) - 1), first;
	struct zone *zone = a->zone;
	struct page *page;

	if (a->pages <= ARENA_STEP_PAGES)
		return false;
	first = a->start_pfn + a->pages - ARENA_STEP_PAGES;
	for (unsigned long i = 0; i < ARENA_STEP_PAGES; i += block) {
		page = pfn_to_page(first + i);
		if (!PageFlag(page, PG_buddy) || page->private != arena_max_order(a) - 1)
			return false;
	}
	for (unsigned long i = 0; i < ARENA_STEP_PAGES; i += block)
		zone->engine->take_block(zone, pfn_to_page(first + i));
	zone->vm_stat[NR_FREE_PAGES] -= (long)ARENA_STEP_PAGES;
	set_size(a, a->pages - ARENA_STEP_PAGES);
	move_out(a, first, ARENA_STEP_PAGES);
	give_to_machine(a, first, ARENA_STEP_PAGES);
	return true;
}

unsigned long arena_destroy(struct arena *a)
{
	unsigned long lost = a->pages - arena_free_pages(a);

	/* What is still allocated goes with the rest; its owner's count with it. */
	owner_pages[OWNER_ARENA] -= lost;
	move_out(a, a->start_pfn, a->pages);
	arenas[a->number] = NULL;
	arena_zones[a->number] = NULL;
	give_to_machine(a, a->start_pfn, a->pages);
	free_maps(a);
	free_arena(a);
	return lost;
}

/* ---- Pages and caches ---- */

struct page *arena_alloc_pages(struct arena *a, gfp_t gfp, unsigned order, enum page_owner owner)
{
	struct page *page;

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
