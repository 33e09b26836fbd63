/*
 * The slab allocator: caches of equal objects over page blocks (W-114 to W-118,
 * W-122), and kmalloc over a ladder of general caches.
 *
 * Legal from kmem_cache_init() on. Not for interrupt handlers.
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include <string.h>

#include "mm/page_alloc.h"

struct kmem_cache;
struct memstat_totals;

#define SLAB_RED_ZONE 0x00000400u /* guard words around each object, checked at every free */
#define SLAB_POISON 0x00000800u	  /* free objects hold a pattern, checked at every allocation */
#define SLAB_HWCACHE_ALIGN 0x00002000u	 /* objects do not share cache lines */
#define SLAB_CACHE_DMA 0x00004000u	 /* pages from the DMA zone */
#define SLAB_RECLAIM_ACCOUNT 0x00020000u /* counted as reclaimable; pages of that migrate type */
#define SLAB_PANIC 0x00040000u		 /* a failed creation is fatal */

#define KMALLOC_MAX_SIZE (PAGE_SIZE << (MAX_ORDER - 1)) /* bytes */

/*
 * A cache of objects of `size` bytes (4 bytes to KMALLOC_MAX_SIZE), aligned to at least
 * `align` (a power of two, 0: a word). `owner` is shown beside the cache ("kernel",
 * "lwip", "web"); name and owner must outlive the cache, the name must be new.
 * ctor runs once for each object when its slab is made. NULL when arguments or memory
 * do not allow it. Source: W-117.
 */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align, u32 flags,
				     void (*ctor)(void *obj), const char *owner);
/* => no object is in use (otherwise -EBUSY and nothing happens). */
int kmem_cache_destroy(struct kmem_cache *cache);

unsigned kmem_cache_size(const struct kmem_cache *cache);
const char *kmem_cache_name(const struct kmem_cache *cache);

/* The hot path of kmem_cache_alloc: an object as its last user or its ctor left it, or NULL. */
void *__kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);

/*
 * One object or NULL; contents are as the last user or ctor left them unless __GFP_ZERO.
 * Inline so that a constant gfp without __GFP_ZERO costs the hot path nothing. W-118.
 */
static inline void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	void *obj = __kmem_cache_alloc(cache, gfp & ~__GFP_ZERO);

	if ((gfp & __GFP_ZERO) && obj)
		memset(obj, 0, kmem_cache_size(cache));
	return obj;
}

/* => obj came from this cache and is in use; a violation is a BUG naming both. */
void kmem_cache_free(struct kmem_cache *cache, void *obj);

/* At least `size` bytes aligned to a word (a cache line from 64 on), or NULL. size 0 gives NULL. */
void *kmalloc(size_t size, gfp_t gfp);
void *kzalloc(size_t size, gfp_t gfp);
/* NULL is allowed. => virt came from kmalloc. */
void kfree(const void *virt);
/* Usable bytes of a kmalloc'ed block. */
size_t ksize(const void *virt);

/* Empties the per-cpu array and destroys the cache's empty slabs; returns pages given back. W-118. */
unsigned long kmem_cache_shrink(struct kmem_cache *cache);
/* The same over all caches; the page allocator's reclaimer. */
unsigned long kmem_cache_reap(void);
/* One round of the periodic reaper; true if it has to come again although nobody allocates. */
bool cache_reap(u64 now_ms);
/* Makes the main loop call it, and kmem_cache_reap below the low watermark. => all other pollers
 * are registered */
void slab_reaper_start(void);

/* Boot: six-step bootstrap (W-115), called from mm_init; late resizing (W-122). */
void kmem_cache_init(void);
void kmem_cache_init_late(void);
/* True from the end of kmem_cache_init on: state EARLY or later. */
bool slab_is_available(void);

/* True if a word at virt lies in a slab's page. For any value of virt; follows nothing. */
bool is_slab_memory(const void *virt);

/* slub_debug=FZPU (Linux's letters): Z red zones, P poisoning, F per-object checks, U who allocated,
 * for all caches. */
int parse_slub_debug(const char *value);

/* memstat_totals()'s share: slab pages by the zone counters, slabs looked at by the reaper. */
void memstat_slab_totals(struct memstat_totals *out);

/* test=slab: caches and kmalloc on the live machine. Returns NULL, or what is wrong. */
const char *slab_selftest(void);

#endif
