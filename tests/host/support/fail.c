/*
 * Allocations that fail on demand. The linker sends calls of these functions from other files here
 * (--wrap in rules.mk).
 */
#include "mm/callsite.h"
#include "mm/slab.h"
#include "support/host.h"
#include "support/zones.h"

unsigned host_alloc_calls;
bool host_alloc_failed;
static unsigned fail_at;

void host_fail_alloc(unsigned nth)
{
	if (nth)
		host_alloc_failed = false;
	fail_at = nth ? host_alloc_calls + nth : 0;
}

static bool fails_now(void)
{
	if (++host_alloc_calls != fail_at)
		return false;
	host_alloc_failed = true;
	return true;
}

struct page *__real_alloc_pages(gfp_t gfp, unsigned order, enum page_owner owner);
struct page *__wrap_alloc_pages(gfp_t gfp, unsigned order, enum page_owner owner);

__alloc_wrapper struct page *__wrap_alloc_pages(gfp_t gfp, unsigned order, enum page_owner owner)
{
	return fails_now() ? NULL : __real_alloc_pages(gfp, order, owner);
}

void *__real___kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);
void *__wrap___kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);

__alloc_wrapper void *__wrap___kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	return fails_now() ? NULL : __real___kmem_cache_alloc(cache, gfp);
}
