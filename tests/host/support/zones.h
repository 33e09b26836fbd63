/*
 * A machine with zones and a filled buddy system, without the stages that lead there on the real
 * one: for tests of what lies above the page allocator.
 *
 *	0         2 MiB              dma_pages        + normal_pages     + high_pages
 *	| image   | mem_map | free ... | free ...       | free ...         |
 *	|           ZONE_DMA           |  ZONE_NORMAL   |  ZONE_HIGHMEM    |
 */
#ifndef TESTS_HOST_SUPPORT_ZONES_H
#define TESTS_HOST_SUPPORT_ZONES_H

#include "mm/page_alloc.h"

/* => dma_pages covers 2 MiB and the descriptors; each is a multiple of 1024 */
void host_zones(unsigned long dma_pages, unsigned long normal_pages, unsigned long high_pages);

/* Pages that alloc_pages could give: on buddy and per-cpu lists. */
unsigned long host_free_pages(void);

/* ---- fail.c: allocations that fail ---- */

/*
 * Of the calls of alloc_pages and of kmem_cache_alloc that come from other files than their own,
 * the nth from now (0: none) gives NULL. host_alloc_calls counts them.
 */
void host_fail_alloc(unsigned nth);
extern unsigned host_alloc_calls;
/* True if the call that was to fail has come. */
extern bool host_alloc_failed;

/*
 * Runs a statement with the 1st, 2nd, 3rd ... allocation failing until it needs no further one.
 * `before` and `after` run around each attempt; host_alloc_failed says whether one failed.
 */
#define FOR_EACH_FAILED_ALLOC(before, statement, after) \
	for (unsigned nth_ = 1;; nth_++) {              \
		before;                                 \
		host_fail_alloc(nth_);                  \
		statement;                              \
		host_fail_alloc(0);                     \
		after;                                  \
		if (!host_alloc_failed)                 \
			break;                          \
		assert_true(nth_ < 10000);              \
	}

/* Fails the test, with the first disagreement, unless all of mm/'s own checks pass. */
void host_assert_checks(void);

#endif
