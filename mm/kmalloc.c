/*
 * kmalloc: a ladder of general caches, each size also with pages of the DMA zone (W-114, W-115).
 *
 *	32  64  [96]  128  [192]  256  512  1024  ...  4194304
 *
 * 96 exists where the cache line is shorter than 64 bytes, 192 where it is shorter than 128: there
 * they still begin on a line. The ladder ends at the largest block that the page allocator has.
 *
 * Finding the cache: sizes up to 256 through a table by steps of 32 bytes, larger ones by the
 * number of their highest bit.
 *
 * Departure: Linux fixes the ladder when it is compiled; here it follows the line that CPUID
 * reports, as the colours do.
 */
#include "kernel/lib/bitops.h"
#include "kernel/panic.h"
#include "kernel/stage.h"
#include "mm/callsite.h"
#include "mm/check_internal.h"
#include "mm/slab_internal.h"

/* Every size that a ladder can have. */
#define NAMES(bytes) "size-" #bytes, "size-" #bytes "(DMA)"
static const struct {
	size_t size;
	const char *name, *name_dma;
} possible[] = {
	{ 32, NAMES(32) },	     { 64, NAMES(64) },		  { 96, NAMES(96) },
	{ 128, NAMES(128) },	     { 192, NAMES(192) },	  { 256, NAMES(256) },
	{ 512, NAMES(512) },	     { 1024, NAMES(1024) },	  { 2048, NAMES(2048) },
	{ 4096, NAMES(4096) },	     { 8192, NAMES(8192) },	  { 16384, NAMES(16384) },
	{ 32768, NAMES(32768) },     { 65536, NAMES(65536) },	  { 131072, NAMES(131072) },
	{ 262144, NAMES(262144) },   { 524288, NAMES(524288) },	  { 1048576, NAMES(1048576) },
	{ 2097152, NAMES(2097152) }, { 4194304, NAMES(4194304) },
};

#define SMALL_MAX 256 /* bytes that small_index covers */
#define SMALL_STEP 32

struct cache_sizes malloc_sizes[ARRAY_SIZE(possible) + 1];
struct cache_names cache_names[ARRAY_SIZE(possible) + 1];

u32 malloc_sizes_sum(void)
{
	return check_sum(0, malloc_sizes, sizeof(malloc_sizes));
}

static u8 small_index[SMALL_MAX / SMALL_STEP]; /* entry for sizes (32 i, 32 i + 32] */
static u8 index_of_512;			       /* entries double from here on */
static size_t largest_size;

unsigned index_of(size_t size)
{
	unsigned i = 0;

	while (malloc_sizes[i].cs_size < size)
		i++;
	BUG_ON(malloc_sizes[i].cs_size == SLAB_SIZES_END);
	return i;
}

void kmalloc_build_ladder(unsigned cache_line_bytes)
{
	unsigned n = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(possible); i++) {
		size_t size = possible[i].size;

		if (size == 96 && cache_line_bytes >= 64)
			continue;
		if (size == 192 && cache_line_bytes >= 128)
			continue;
		if (size > PAGE_SIZE << slab_max_order)
			break;
		malloc_sizes[n].cs_size = largest_size = size;
		cache_names[n].name = possible[i].name;
		cache_names[n++].name_dma = possible[i].name_dma;
	}
	malloc_sizes[n].cs_size = SLAB_SIZES_END;
	for (unsigned i = 0; i < ARRAY_SIZE(small_index); i++)
		small_index[i] = index_of((i + 1) * SMALL_STEP);
	index_of_512 = index_of(2 * SMALL_MAX);
}

struct kmem_cache *kmem_find_general_cachep(size_t size, gfp_t gfp)
{
	const struct cache_sizes *entry;

	if (unlikely(size - 1 >= largest_size)) /* 0 as well */
		return NULL;
	if (size <= SMALL_MAX)
		entry = &malloc_sizes[small_index[(size - 1) / SMALL_STEP]];
	else
		entry = &malloc_sizes[index_of_512 + ilog2((size - 1) / SMALL_MAX)];
	return gfp & __GFP_DMA ? entry->cs_dmacachep : entry->cs_cachep;
}

__alloc_wrapper void *kmalloc(size_t size, gfp_t gfp)
{
	struct kmem_cache *cache = kmem_find_general_cachep(size, gfp);

	return cache ? kmem_cache_alloc(cache, gfp) : NULL;
}

__alloc_wrapper void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

/* The cache of a kmalloc'ed block, from the descriptor of its page. */
static struct kmem_cache *virt_to_cache(const void *virt, const char *caller)
{
	unsigned long pfn = __pa(virt) >> PAGE_SHIFT;

	if (!pfn_valid(pfn) || !PageFlag(pfn_to_page(pfn), PG_slab))
		panic("slab", "%s of 0x%08lx, which is not slab memory", caller,
		      (unsigned long)virt);
	return pfn_to_page(pfn)->slab_cache;
}

__alloc_wrapper void kfree(const void *virt)
{
	if (virt)
		kmem_cache_free(virt_to_cache(virt, "kfree"), (void *)virt);
}

size_t ksize(const void *virt)
{
	return virt_to_cache(virt, "ksize")->obj_size;
}
