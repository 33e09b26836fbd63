/*
 * The slab allocator: caches of equal objects over page blocks (W-114 to W-118,
 * W-122), and kmalloc over a ladder of general caches.
 *
 * Legal from kmem_cache_init() on. Not for interrupt handlers.
 */
#pragma once

#include "mm/page_alloc.h"

struct kmem_cache;

#define SLAB_HWCACHE_ALIGN 0x00002000u
#define SLAB_CACHE_DMA 0x00004000u
#define SLAB_PANIC 0x00040000u /* a failed creation is fatal */
#define SLAB_RECLAIM_ACCOUNT 0x00020000u

#define KMALLOC_MAX_SIZE (PAGE_SIZE << (MAX_ORDER - 1)) /* bytes */

/*
 * A cache of objects of `size` bytes (4 bytes to KMALLOC_MAX_SIZE), aligned to at least
 * `align` (a power of two, 0: a word). `owner` is shown beside the cache ("kernel",
 * "lwip", "web"); name and owner must outlive the cache, the name must be new.
 * ctor runs once for each object when its slab is made. NULL when arguments or memory
 * do not allow it. Source: W-117.
 */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align, u32 flags, void (*ctor)(void *obj),
				     const char *owner);
/* => no object is in use (otherwise -EBUSY and nothing happens). */
int kmem_cache_destroy(struct kmem_cache *cache);

/* One object or NULL; contents are as the last user or ctor left them unless __GFP_ZERO. */
void *fastcall kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);
/* => obj came from this cache and is in use; a violation is a BUG naming both. */
void fastcall kmem_cache_free(struct kmem_cache *cache, void *obj);

/* At least `size` bytes aligned to a word (a cache line from 64 on), or NULL. size 0 gives NULL. */
void *kmalloc(size_t size, gfp_t gfp);
void *kzalloc(size_t size, gfp_t gfp);
/* NULL is allowed. => virt came from kmalloc. */
void kfree(const void *virt);
/* Usable bytes of a kmalloc'ed block. */
size_t ksize(const void *virt);

/* Destroys the cache's empty slabs; returns pages given back. W-118. */
unsigned long kmem_cache_shrink(struct kmem_cache *cache);
/* The same over all caches, draining per-cpu arrays first. */
unsigned long kmem_cache_reap(void);

unsigned kmem_cache_size(const struct kmem_cache *cache);
const char *kmem_cache_name(const struct kmem_cache *cache);

/* Boot: six-step bootstrap (W-115), called from mm_init; late resizing (W-122). */
void kmem_cache_init(void);
void kmem_cache_init_late(void);
bool slab_is_available(void);
