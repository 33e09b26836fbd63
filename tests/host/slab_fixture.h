/*
 * What the tests of the slab allocator share: a machine whose allocator is FULL.
 */
#ifndef TESTS_HOST_SLAB_FIXTURE_H
#define TESTS_HOST_SLAB_FIXTURE_H

#include "mm/slab_internal.h"
#include "support/host.h"
#include "support/zones.h"

#define DMA_PAGES 4096ul    /* 16 MiB */
#define NORMAL_PAGES 8192ul /* 32 MiB */

/* A machine whose slab allocator is FULL. */
static inline void boot(unsigned long normal_pages)
{
	host_zones(DMA_PAGES, normal_pages, 0);
	kmem_cache_init();
	kmem_cache_init_late();
}

static inline struct kmem_cache *cache_named(const char *name)
{
	struct kmem_cache *cache;

	list_for_each_entry(cache, &cache_chain, next)
		if (!strcmp(cache->name, name))
			return cache;
	fail_msg("no cache %s", name);
	return NULL;
}

/* Allocates n objects, and frees them in the same order. */
static inline void fill_and_empty(struct kmem_cache *cache, unsigned n)
{
	void **objs = calloc(n, sizeof(void *));

	for (unsigned i = 0; i < n; i++)
		assert_non_null(objs[i] = kmem_cache_alloc(cache, GFP_KERNEL));
	for (unsigned i = 0; i < n; i++)
		kmem_cache_free(cache, objs[i]);
	free(objs);
}

#endif
