/*
 * Private arenas: a zone of its own, carved out of free memory for an experiment, with an engine and
 * slab caches of its own, beside the machine's zones and whatever generation they are of.
 *
 * Legal from setup_per_cpu_pageset() on. Not for interrupt handlers. See arena.c.
 */
#ifndef MM_ARENA_H
#define MM_ARENA_H

#include "mm/page_alloc.h"

struct arena;
struct kmem_cache;
struct zone_seal;

#define ARENA_STEP_PAGES PAGEBLOCK_NR_PAGES /* sizes are multiples of it: 4 MiB */
#define ARENA_MAX_PAGES (64 * ARENA_STEP_PAGES)
#define ARENA_CACHES_MAX 40

/*
 * Begins to take `pages` adjacent free frames of low memory out of the page allocator, to make a zone
 * of them: with the engine of 2.6.34, or with gen24 of 2.4. NULL with the reason in *why.
 * => pages is a multiple of ARENA_STEP_PAGES up to ARENA_MAX_PAGES
 */
struct arena *arena_begin(unsigned long pages, bool gen24, const char **why);

enum arena_progress { ARENA_MORE, ARENA_READY, ARENA_FAILED };

/*
 * Goes on with it, for less than a millisecond or two: to be called again on ARENA_MORE. On
 * ARENA_FAILED the arena is gone, and *why is the reason. Nothing else may be done with an arena that
 * is not ready.
 */
enum arena_progress arena_go_on(struct arena *arena, const char **why);

/*
 * Makes all its frames, in whatever state they are, blocks of the zone they came from. Returns how
 * many of them were still allocated. What is left to do is arena_give_back().
 * => its caches are destroyed, nobody uses its memory
 */
unsigned long arena_end(struct arena *arena);

/* Frees some of those blocks. False: that was all, and the arena is gone. */
bool arena_give_back(struct arena *arena);

struct zone *arena_zone(const struct arena *arena);
unsigned arena_number(const struct arena *arena);
unsigned long arena_start_pfn(const struct arena *arena);
unsigned long arena_pages(const struct arena *arena);
unsigned long arena_free_pages(const struct arena *arena); /* on free lists and per-cpu lists */

/* As alloc_pages, from the arena. Its pages are freed by __free_pages. */
struct page *arena_alloc_pages(struct arena *arena, gfp_t gfp, unsigned order,
			       enum page_owner owner);

/*
 * A slab cache in the arena, which keeps the name. `flags`: of slab.h, the debugging ones.
 * NULL: no memory, or all ARENA_CACHES_MAX are made.
 */
struct kmem_cache *arena_cache_create(struct arena *arena, const char *name, size_t size,
				      u32 flags);
/* The arena's general cache for objects of this size: made when it is first asked for. */
struct kmem_cache *arena_general_cache(struct arena *arena, size_t size);
/* Gives the free objects and slabs of all its caches back; then its per-cpu lists. */
void arena_shrink(struct arena *arena);
/* Destroys its caches. Returns how many still have objects in use: those remain. */
unsigned arena_destroy_caches(struct arena *arena);

/*
 * A checksum of every free list, per-cpu list, pair bitmap, block type, slab and per-cpu array in the
 * arena, in their order, with addresses counted from its start.
 */
u64 arena_state_sum(const struct arena *arena);

/* The same in pieces: begins with zeros, goes on while it returns true, and is in `sum` then. Each
 * piece looks at so many blocks and objects. => nothing happens in the arena meanwhile; entries is
 * more than a slab has objects (1000 will do) */
struct arena_sum {
	u64 sum;
	unsigned list;
	const struct list_head *at;
};
bool arena_sum_some(const struct arena *arena, struct arena_sum *sum, u32 entries);

/* ---- For the checks and the views ---- */

/* The arena that holds this frame, NULL if it is in none. */
struct arena *arena_of_pfn(unsigned long pfn);
/* Arenas by number; NULL where there is none. => number < MAX_ARENAS */
struct arena *arena_by_number(unsigned number);
const struct zone_seal *arena_seal(const struct arena *arena);
/* What its watermarks and page lists must be. */
void arena_marks(const struct arena *arena, unsigned long marks[NR_WMARK]);
int arena_batch(const struct arena *arena);
unsigned arena_max_order(const struct arena *arena);
/* Pages that are free in all arenas together. */
unsigned long arenas_free_pages(void);
/* Slab pages in all arenas, by their zones' counters. */
unsigned long arenas_slab_pages(void);

#endif
