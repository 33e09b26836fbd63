/*
 * Cost of the allocators in ticks of the time-stamp counter.
 *
 * Each case runs PAIRS pairs of get and put through the same loop; what an empty pair costs
 * is taken off, and the least of ROUNDS rounds counts, so that a timer interrupt in one of them
 * does not show. The cases are those of the budget: slab objects from a warm per-cpu array, single
 * pages from a warm per-cpu list, and order-3 blocks with their buddy in use (no merging) or free
 * (splitting from and merging to the largest order each time).
 *
 * Runs with the main loop not yet started: nothing else allocates meanwhile.
 */
#include "mm/alloc_bench.h"

#include <stdio.h>

#include "kernel/lib/errno.h"
#include "kernel/lib/list.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/time.h"
#include "mm/buddy.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"

#define PAIRS 1000
#define ROUNDS 15

struct bench_case {
	void *(*get)(unsigned long arg);
	void (*put)(void *obj, unsigned long arg);
	unsigned long arg; /* object cache or order */
};

static void *empty_get(unsigned long arg)
{
	barrier();
	return (void *)arg;
}

static void empty_put(void *obj, unsigned long arg)
{
	(void)obj;
	(void)arg;
	barrier();
}

static void *slab_get(unsigned long arg)
{
	return kmem_cache_alloc((struct kmem_cache *)arg, GFP_ATOMIC);
}

static void slab_put(void *obj, unsigned long arg)
{
	kmem_cache_free((struct kmem_cache *)arg, obj);
}

static void *page_get(unsigned long arg)
{
	return alloc_pages(GFP_ATOMIC, (unsigned)arg, OWNER_TEST);
}

static void page_put(void *obj, unsigned long arg)
{
	__free_pages(obj, (unsigned)arg);
}

/*
 * Ticks of PAIRS pairs, the least of ROUNDS; 0 if an allocation failed. Inlined with its case known,
 * so that the loop calls the allocator itself.
 */
static __always_inline u64 least_ticks(const struct bench_case *c)
{
	u64 least = ~0ull;
	void *obj = c->get(c->arg);

	if (!obj)
		return 0;
	c->put(obj, c->arg); /* what was given once and given back is given again */
	for (int round = 0; round < ROUNDS; round++) {
		u64 start = cycles_now();

		for (int i = 0; i < PAIRS; i++)
			c->put(c->get(c->arg), c->arg);
		least = min(least, cycles_now() - start);
	}
	return least;
}

static __always_inline int report(const char *name, const struct bench_case *c)
{
	const struct bench_case empty = { empty_get, empty_put, 1 };
	u64 ticks = least_ticks(c);

	if (!ticks)
		return -ENOMEM;
	ticks -= min(ticks, least_ticks(&empty));
	pr_info("bench: %s %llu", name, ticks / PAIRS);
	return 0;
}

static int bench_slab(size_t size)
{
	char name[24];
	struct kmem_cache *cache = kmem_cache_create("bench", size, 0, 0, NULL, "test");
	int err;

	if (!cache)
		return -ENOMEM;
	snprintf(name, sizeof(name), "slab-%u", (unsigned)size);
	err = report(name, &(struct bench_case){ slab_get, slab_put, (unsigned long)cache });
	kmem_cache_destroy(cache);
	return err;
}

/*
 * Order 3 with the buddy in use: blocks are taken until two of them are buddies. One of the two
 * goes round: blocks that were freed last are handed out first, so that it comes back each time.
 */
static int bench_busy_buddy(void)
{
	struct page *page, *last = NULL, *next;
	LIST_HEAD(held);
	int err = -ENOMEM;

	while ((page = alloc_pages(GFP_ATOMIC | __GFP_NOWARN, 3, OWNER_TEST))) {
		if (last && (page_to_pfn(page) ^ page_to_pfn(last)) == 8) {
			__free_pages(page, 3);
			err = report("pages-order-3-busy-buddy",
				     &(struct bench_case){ page_get, page_put, 3 });
			break;
		}
		list_add(&page->lru, &held);
		last = page;
	}
	list_for_each_entry_safe(page, next, &held, lru) {
		list_del(&page->lru);
		__free_pages(page, 3);
	}
	return err;
}

/*
 * Order 3 split from the largest block and merged back each time: every smaller free block of the
 * type is held meanwhile, so that only blocks of the largest order are left to split.
 */
static int bench_merged(void)
{
	struct zone *zone = NULL;
	struct page *page, *next;
	LIST_HEAD(held);
	int err;

	page = alloc_pages(GFP_ATOMIC, 3, OWNER_TEST);
	if (!page)
		return -ENOMEM;
	zone = page_zone(page);
	list_add(&page->lru, &held);
	for (unsigned order = 3; order < zone->engine->max_order - 1; order++) {
		while (zone->free_area[order].nr_type[MIGRATE_UNMOVABLE]) {
			page = alloc_pages(GFP_ATOMIC | __GFP_NOWARN, order, OWNER_TEST);
			if (!page)
				break;
			list_add(&page->lru, &held);
		}
	}
	err = report("pages-order-3-fully-merged", &(struct bench_case){ page_get, page_put, 3 });
	list_for_each_entry_safe(page, next, &held, lru) {
		list_del(&page->lru);
		__free_pages(page, page_order(page));
	}
	return err;
}

/* Ticks from entry to the end of the release of all memory: the set-up's share of boot. */
static void report_setup(void)
{
	struct stage_view view;

	stage_get(STAGE_mem_init, &view);
	pr_info("bench: entry-to-mem_init %llu", view.end_cycles - cycles_at_entry());
}

const char *alloc_bench(void)
{
	static const size_t sizes[] = { 32, 64, 128, 256, 1024, 4096 };
	int err = 0;

	report_setup();
	for (unsigned i = 0; i < ARRAY_SIZE(sizes) && !err; i++)
		err = bench_slab(sizes[i]);
	for (unsigned order = 0; order <= 1 && !err; order++) {
		char name[24];

		snprintf(name, sizeof(name), "pages-order-%u", order);
		err = report(name, &(struct bench_case){ page_get, page_put, order });
	}
	if (!err)
		err = bench_busy_buddy();
	if (!err)
		err = bench_merged();
	return err ? "the machine is too small for a case: out of memory" : NULL;
}
