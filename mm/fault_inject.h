/*
 * Allocations that fail on demand, named as Linux names them: failslab for objects of slab caches,
 * fail_page_alloc for blocks of pages. fault_inject.c says how.
 *
 * Not for interrupt handlers.
 */
#ifndef MM_FAULT_INJECT_H
#define MM_FAULT_INJECT_H

#include "kernel/lib/sfc32.h"

#define FAULT_NAME_BYTES 24
#define FAULT_SITES 6
#define FAULT_ORDERS 11

/* Whose code asks: by the call site, the first function that does not allocate for another. */
enum fault_class {
	FAULT_ANY,
	FAULT_NET, /* drivers/, net/ and lwIP */
	FAULT_WEB, /* web/ and the HTTP parser */
	FAULT_CLASSES
};

/* Calls that were made to fail, from one place and of one kind. */
struct fault_site {
	u32 caller;		     /* code address */
	char what[FAULT_NAME_BYTES]; /* the cache, or the pages' owner */
	u32 hits;
};

/*
 * What fails: every `interval`th call, with `probability` percent, once `after` calls and `space` bytes
 * have gone by, at most `times` times (0: no limit). interval 0: nothing. Calls that the filters
 * leave out are not counted.
 */
struct fault_attr {
	u32 interval, probability, after, times, space;
	bool ignore_gfp_wait;	      /* requests that may reclaim (__GFP_WAIT) are left out */
	bool ignore_gfp_highmem;      /* pages: those for high memory are left out */
	u8 min_order, max_order;      /* pages */
	u8 class;		      /* enum fault_class */
	char cache[FAULT_NAME_BYTES]; /* objects: of this cache; "": any */
	char owner[FAULT_NAME_BYTES]; /* of this cache owner or page owner; "": any */
	u64 start_ms;		      /* uptime; calls before are left out */
	/* since it was set */
	struct sfc32 random;
	u64 calls, hits, last_ms;
	struct fault_site last;		      /* hits: all */
	struct fault_site sites[FAULT_SITES]; /* the first places that met one */
};

#define FAULT_ATTR_DEFAULT                                                       \
	{                                                                        \
		.interval = 1, .probability = 100, .max_order = FAULT_ORDERS - 1 \
	}

struct kmem_cache;
struct arena;

/* The two that hold for the whole machine. */
extern struct fault_attr failslab, fail_page_alloc;

/* Sets both (NULL: that one is off), counting from 0, from `delay_ms` on. */
void fault_set(const struct fault_attr *slab, const struct fault_attr *pages, u32 delay_ms);
/* Both are off; what they have met can still be read. */
void fault_stop(void);
bool fault_is_set(void);

/*
 * While anybody holds the hooks, every allocation and free takes the slow path of its allocator, and
 * allocations ask the two functions below. Each hold needs its release.
 */
void fault_hold(void);
void fault_release(void);
extern u32 fault_holders;

/*
 * Allocations from now on are also judged by these two, until it is called with NULL: those of a soak
 * job. With an arena, only what is allocated inside it counts: the rest depends on the machine.
 */
void fault_scope(struct fault_attr *slab, struct fault_attr *pages, const struct arena *arena);

/* For the allocators, while fault_holders: must this call fail? Counts it. The caller is found on the
 * stack. */
bool should_failslab(const struct kmem_cache *cache, u32 gfp);
bool should_fail_alloc_page(u32 gfp, unsigned order, unsigned owner, const struct arena *arena);

/* failslab=, fail_page_alloc=: <interval>,<probability>,<space>,<times>; -EINVAL: something else. */
int parse_failslab(const char *value);
int parse_fail_page_alloc(const char *value);

#endif
