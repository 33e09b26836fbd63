/*
 * The page allocator: zones, watermarks, per-cpu lists and migrate types over a
 * coalescing engine (W-98 to W-109, W-121, W-123, W-135).
 *
 * Legal from mem_init() on. One thread of control; never called from an
 * interrupt handler.
 */
#ifndef MM_PAGE_ALLOC_H
#define MM_PAGE_ALLOC_H

#include "mm/mmzone.h"

typedef u32 gfp_t;

#define __GFP_DMA 0x01u
#define __GFP_HIGHMEM 0x02u
#define __GFP_MOVABLE 0x08u
#define __GFP_WAIT 0x10u
#define __GFP_HIGH 0x20u /* may go below min: the receive path's reserve */
#define __GFP_IO 0x40u
#define __GFP_FS 0x80u
#define __GFP_COLD 0x100u /* from the cold end of the per-cpu list */
#define __GFP_NOWARN 0x200u
#define __GFP_ZERO 0x8000u
#define __GFP_THISNODE 0x40000u /* the node that was asked for, or NULL at once */
#define __GFP_RECLAIMABLE 0x80000u

#define GFP_ATOMIC (__GFP_HIGH)
#define GFP_KERNEL (__GFP_WAIT | __GFP_IO | __GFP_FS)
#define GFP_DMA (__GFP_DMA)
#define GFP_HIGHUSER (GFP_KERNEL | __GFP_HIGHMEM)

/* W-121: flags a request keeps; without wait, I/O and fs until interrupts are on. */
extern gfp_t gfp_allowed_mask;

extern unsigned long totalram_pages;  /* pages given to the buddy system so far */
extern unsigned long totalhigh_pages; /* those of them in high memory */

/*
 * Allocated or reserved frames by owner, exact at any instant. Reserved frames are counted from
 * early_res_tag_frames() on. Free pages are NR_FREE_PAGES of their zones, those on per-cpu lists
 * pcp.count, and holes are no RAM: OWNER_NONE, OWNER_PCP and OWNER_HOLE stay 0 here.
 */
extern unsigned long owner_pages[OWNER_FIELD_SIZE];

/* References beyond the first on all allocated blocks together (get_page). */
extern unsigned long page_extra_refs;

/* W-86: memory too small to keep migrate types apart; all requests then count as unmovable. */
extern bool page_group_by_mobility_disabled;

/*
 * 2^order contiguous frames, aligned to their size, or NULL when no zone allowed by gfp
 * can give them. The first descriptor has _count 1; contents are undefined unless
 * __GFP_ZERO. Zone: highest allowed by gfp is HIGHMEM (__GFP_HIGHMEM), DMA (__GFP_DMA),
 * else NORMAL. => order < MAX_ORDER, owner names the holder. The caller owns the block
 * until __free_pages. Source: W-109.
 */
struct page *alloc_pages(gfp_t gfp, unsigned order, enum page_owner owner);

/* The same from node nid, and with __GFP_THISNODE from no other. => the node is online. W-109 */
struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned order, enum page_owner owner);

/* Drops one reference; at zero the block goes back. => order is that of the allocation. W-104. */
void __free_pages(struct page *page, unsigned order);

/* The same for one page that will not be touched soon: to the cold end. W-105. */
void free_cold_page(struct page *page);

/* As alloc_pages and __free_pages, by direct-map address; never from high memory. */
void *__get_free_pages(gfp_t gfp, unsigned order, enum page_owner owner);
void free_pages(void *virt, unsigned order);

/* Takes one more reference on an allocated block; dropped by __free_pages. */
static inline void get_page(struct page *page)
{
	page->_count++;
	page_extra_refs++;
}

/* Pages of all zones up to the type that lie above the high watermark. */
unsigned long nr_free_zone_pages(enum zone_type highest);

/* Called when an allocation fails, before the one retry, and by the main loop below the low
 * watermark; returns pages given back. slab registers its reaper here. */
typedef unsigned long (*reclaim_fn)(void);
reclaim_fn set_reclaimer(reclaim_fn fn); /* returns the one before */
/* True when a zone's free pages are below its low watermark: the main loop then reclaims. */
bool zones_below_low(void);

/* Gives every page on the per-cpu lists back to the buddy lists. */
void drain_all_pages(void);

/* ---- Steps of boot ---- */

/* Every request and every free takes the slow path, where it can be recorded (page_owner=on,
 * callsite.h) and be made to fail (fault_inject.h), until each who asked for it has called with false. */
void page_alloc_slow(bool slow);

/* W-79: pages moved at once between the buddy lists and the per-cpu list of a zone of this size;
 * 0 in a zone too small to cache pages. */
int zone_batchsize(const struct zone *zone);

/* W-79, W-86: the boot pageset: empty lists, high 0, batch 1, so that a freed page goes straight
 * to the buddy lists. */
void setup_boot_pageset(struct zone *zone);

/* W-123: real page lists: batch from W-79, high = 6 * batch. Frees are cached from now on. */
void setup_per_cpu_pageset(void);

/* W-121: requests keep all their flags from now on. => interrupts are on */
void open_gfp_allowed_mask(void);

/* W-135: min_free_kbytes, watermarks, lowmem_reserve and the migrate reserve of every zone. */
void init_per_zone_wmark_min(void);
extern unsigned long min_free_kbytes;

/*
 * Allocates, frees and refuses on the live zones and compares every counter before and after.
 * Returns NULL, or one line that names what went wrong. => PHASE_BUDDY, watermarks are set
 */
const char *page_alloc_selftest(void);

#endif
