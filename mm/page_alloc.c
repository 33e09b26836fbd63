/*
 * alloc_pages and __free_pages (W-104 to W-107, W-109, W-121).
 *
 *      alloc_pages ──► per-cpu list of the zone (pcp.c) ──┐ order 0
 *           │          refilled batch at a time           │
 *           └──────────────────────────────────► engine of the zone (buddy.h)
 *      __free_pages ──► per-cpu list ── at `high`, batch ─┘
 *
 * A request names the highest zone it can use; the zonelist of that zone type is tried from there
 * down. A zone is passed over while it is short: first measured against its low watermark, then,
 * in a second round, against min, of which requests that must not fail may use a part. If both
 * rounds fail, memory is reclaimed once and the second round is tried again; then the answer is
 * NULL and a line in the log, at most a few of them every few seconds.
 *
 * Accounting. A block carries its owner and order in its first descriptor from the moment it is
 * handed out; owner_pages[] moves with it. A page on a per-cpu list counts in pcp.count, a free
 * block in NR_FREE_PAGES, and nothing counts twice: that is what memstat_check recounts.
 *
 * Fast paths. One page of any kind for the kernel itself, ZONE_NORMAL, unmovable: that is what
 * nearly every request is, so alloc_pages and __free_pages begin with that case, written out.
 * Everything else takes the general path, which does the same for any zone, type and order.
 *
 * Departures from 2.6.34: nothing waits, so reclaim is open to every request once
 * gfp_allowed_mask has opened (there, only to those that may wait). A page that is on a per-cpu
 * list has passed the watermark when it was taken from the buddy lists and is handed out without
 * asking again. A freed block must name the order it was allocated with.
 *
 * Not for interrupt handlers.
 */
#include "mm/page_alloc.h"

#include <string.h>

#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/system_state.h"
#include "kernel/time.h"
#include "mm/buddy_bitmap.h"
#include "mm/callsite.h"
#include "mm/fault_inject.h"
#include "mm/gen24.h"
#include "mm/highmem.h"
#include "mm/numa.h"
#include "mm/page_alloc_internal.h"
#include "mm/zonelist.h"

#define GFP_BOOT_MASK (~(__GFP_WAIT | __GFP_IO | __GFP_FS)) /* W-121, before interrupts are on */

gfp_t gfp_allowed_mask = GFP_BOOT_MASK;
unsigned long totalram_pages;
unsigned long totalhigh_pages;
unsigned long owner_pages[OWNER_FIELD_SIZE];
unsigned long page_extra_refs;
unsigned long nr_allocstall;
bool page_group_by_mobility_disabled;

static reclaim_fn reclaimer;
static bool reclaiming;

/* A zonelist as a request reads it. */
struct home {
	struct zone *first; /* *zones; NULL while slow_users */
	struct zone *const *zones;
	enum zone_type classzone; /* of `first` */
};

/*
 * Where requests begin, by the two zone bits of gfp: the zonelist of the highest zone they can use,
 * of the processor's node; behind these, with __GFP_THISNODE. Empty before page_alloc_open().
 */
#define GFP_ZONE_BITS (__GFP_DMA | __GFP_HIGHMEM)
#define GFP_THISNODE_SHIFT 16 /* moves __GFP_THISNODE above the zone bits */
static struct home homes[2 * (GFP_ZONE_BITS + 1)];

static __always_inline const struct home *home_of(gfp_t gfp)
{
	BUILD_BUG_ON(__GFP_THISNODE >> GFP_THISNODE_SHIFT != GFP_ZONE_BITS + 1);
	return &homes[(gfp & GFP_ZONE_BITS) | (gfp & __GFP_THISNODE) >> GFP_THISNODE_SHIFT];
}

/* The zone of the fast paths, and what its descriptors' flags say. */
#define HOME_ZONE (&contig_page_data.node_zones[ZONE_NORMAL])
static u32 home_place = (u32)ZONE_NORMAL << PG_ZONE_SHIFT;

/*
 * Orders below this take the fast paths: 1, or 0 while callers are recorded (page_owner=on) or calls may
 * be made to fail (fault_inject.h). Then no request has a `first` zone either, so that all go the long
 * way of alloc_pages_zonelist, and frees go through the pointer. A comparison with memory and a jump
 * through it cost what those with a constant do: what is off costs nothing.
 */
static unsigned fast_orders = 1;
static unsigned slow_users;

static void __free_pages_ok(struct page *page, unsigned order);
static void (*free_other)(struct page *page, unsigned order) = __free_pages_ok;
static void take_slow_paths(bool slow);

/* gfp flags that make no difference to the fast path; all others lead to the general one. */
#define GFP_PLAIN (__GFP_WAIT | __GFP_IO | __GFP_FS | __GFP_HIGH | __GFP_NOWARN)

/* The byte of `flags` that holds the owner and, 0 for a single page, the low bits of the order. */
static __always_inline u8 *owner_byte(struct page *page)
{
	BUILD_BUG_ON(PG_OWNER_SHIFT != 16 || PG_ORDER_SHIFT != 22);
	return (u8 *)&page->flags + 2;
}

static __always_inline void poison_links(struct page *page)
{
	page->lru.next = LIST_POISON1;
	page->lru.prev = LIST_POISON2;
}

struct zone *zone_table[1 << (32 - PG_TABLE_SHIFT)];

struct zone *next_zone(const struct zone *zone)
{
	int nid = 0;

	if (zone) {
		nid = zone->zone_pgdat->node_id;
		if (zone_idx(zone) + 1 < MAX_NR_ZONES)
			return &NODE_DATA(nid)->node_zones[zone_idx(zone) + 1];
		nid++;
	}
	for (; nid < MAX_NUMNODES; nid++)
		if (node_online(nid))
			return &NODE_DATA(nid)->node_zones[0];
	return NULL;
}

static enum zone_type gfp_zone(gfp_t gfp)
{
	if (gfp & __GFP_DMA)
		return ZONE_DMA;
	return gfp & __GFP_HIGHMEM ? ZONE_HIGHMEM : ZONE_NORMAL;
}

static struct home node_home(int nid, gfp_t gfp)
{
	bool only = gfp & __GFP_THISNODE;
	struct zone *const *zones =
		mm_gen24 ? gen24_zonelists[gfp & GFP_ZONE_BITS].zones
			 : NODE_DATA(nid)->node_zonelists[only][gfp_zone(gfp)].zones;

	return (struct home){ *zones, zones, *zones ? zone_idx(*zones) : ZONE_DMA };
}

void page_alloc_open(void)
{
	home_place = (u32)ZONE_NORMAL << PG_ZONE_SHIFT | (u32)numa_node_id() << PG_NODE_SHIFT;
	for (gfp_t bits = 0; bits <= GFP_ZONE_BITS; bits++) {
		homes[bits] = node_home(numa_node_id(), bits);
		homes[bits + GFP_ZONE_BITS + 1] = node_home(numa_node_id(), bits | __GFP_THISNODE);
	}
	for (int nid = 0; nid < MAX_NUMNODES; nid++)
		for (unsigned type = 0; NODE_DATA(nid) && type < MAX_NR_ZONES; type++)
			zone_table[type << (PG_ZONE_SHIFT - PG_TABLE_SHIFT) |
				   (unsigned)nid << (PG_NODE_SHIFT - PG_TABLE_SHIFT)] =
				&NODE_DATA(nid)->node_zones[type];
	if (slow_users)
		take_slow_paths(true);
	if (!HOME_ZONE->pcp.lists[0].next) /* no such zone */
		setup_boot_pageset(HOME_ZONE);
}

void memstat_gfp_mask(u32 *at_boot, u32 *now)
{
	*at_boot = GFP_BOOT_MASK;
	*now = gfp_allowed_mask;
}

void open_gfp_allowed_mask(void)
{
	stage_note("gfp_allowed_mask %#x -> %#x: requests may reclaim", gfp_allowed_mask, ~0u);
	gfp_allowed_mask = ~0u;
}

reclaim_fn set_reclaimer(reclaim_fn fn)
{
	reclaim_fn before = reclaimer;

	reclaimer = fn;
	return before;
}

/* ---- Allocation ---- */

static __always_inline enum migratetype gfp_migratetype(gfp_t gfp)
{
	if (likely(!(gfp & (__GFP_MOVABLE | __GFP_RECLAIMABLE))) || page_group_by_mobility_disabled)
		return MIGRATE_UNMOVABLE;
	return gfp & __GFP_MOVABLE ? MIGRATE_MOVABLE : MIGRATE_RECLAIMABLE;
}

/* One page from the zone's per-cpu list, which is filled first if it is empty. */
static __alloc_wrapper noinline struct page *rmqueue_pcp(struct zone *zone, enum migratetype type,
							 bool cold)
{
	struct list_head *list = &zone->pcp.lists[type];
	struct page *page;

	if (list_empty(list) && !rmqueue_bulk(zone, zone->pcp.batch, type, cold))
		return NULL;
	page = cold ? list_last_entry(list, struct page, lru)
		    : list_first_entry(list, struct page, lru);
	list_del(&page->lru);
	zone->pcp.count--;
	page->private = 0;
	page->flags &= ~PG_OWNER_MASK;
	return page;
}

static __always_inline struct page *buffered_rmqueue(struct zone *zone, unsigned order, gfp_t gfp)
{
	enum migratetype type = gfp_migratetype(gfp);
	struct page *page;

	if (likely(order)) {
		page = zone->engine->take(zone, order, type);
		if (unlikely(!page))
			return NULL;
		zone->vm_stat[NR_FREE_PAGES] -= (long)(1UL << order);
		zone->nr_alloc_tails += (1UL << order) - 1;
	} else {
		page = rmqueue_pcp(zone, type, gfp & __GFP_COLD);
		if (unlikely(!page))
			return NULL;
	}
	zone->nr_alloc_pages += 1UL << order;
	return page;
}

/* N-14: what a zone keeps from a request: a quarter of min if it must not wait or must not fail. */
static unsigned long gen24_mark(const struct zone *zone, enum zone_watermark mark,
				unsigned alloc_flags)
{
	return mark == WMARK_MIN && alloc_flags ? zone->watermark[mark] / 4 : zone->watermark[mark];
}

/* W-109: the first zone of the list that has room above its watermark. */
static __alloc_wrapper noinline struct page *get_page_from_freelist(const struct home *home,
								    gfp_t gfp, unsigned order,
								    enum zone_watermark mark,
								    unsigned alloc_flags)
{
	struct zone *const *zones = home->zones;
	unsigned long sum = 1UL << order; /* N-14: the request and the marks of the zones tried */
	struct page *page;

	for (; *zones; zones++) {
		struct zone *zone = *zones;

		if (unlikely(mm_gen24)) {
			sum += gen24_mark(zone, mark, alloc_flags);
			if (zone->vm_stat[NR_FREE_PAGES] <= (long)sum)
				continue;
		} else if (!zone_watermark_ok(zone, order, zone->watermark[mark], home->classzone,
					      alloc_flags)) {
			continue;
		}
		page = buffered_rmqueue(zone, order, gfp);
		if (unlikely(!page))
			continue;
		if (zone->zone_pgdat != (*home->zones)->zone_pgdat) {
			zone->numa_miss++;
			(*home->zones)->numa_foreign++;
		}
		return page;
	}
	return NULL;
}

static unsigned gfp_to_alloc_flags(gfp_t gfp)
{
	unsigned flags = gfp & __GFP_HIGH ? ALLOC_HIGH : 0;

	return gfp & __GFP_WAIT ? flags : flags | ALLOC_HARDER;
}

/* One line about a request that failed; at most FAILURE_BURST in FAILURE_PERIOD_MS. */
#define FAILURE_BURST 5
#define FAILURE_PERIOD_MS 5000

static __cold noinline void report_failure(gfp_t gfp, unsigned order, enum page_owner owner)
{
	static u64 period_start_ms;
	static unsigned shown, hidden;
	u64 now = now_ms();

	if (gfp & __GFP_NOWARN)
		return;
	if (now - period_start_ms >= FAILURE_PERIOD_MS) {
		if (hidden)
			pr_warn("page_alloc: %u more allocations failed since", hidden);
		period_start_ms = now;
		shown = hidden = 0;
	}
	if (shown >= FAILURE_BURST) {
		hidden++;
		return;
	}
	shown++;
	pr_warn("page_alloc: no block of order %u for owner %u with gfp %#x", order,
		(unsigned)owner, gfp);
}

/* Has memory reclaimed. False if that cannot be done now. */
static __cold noinline bool reclaim_pages(void)
{
	if (!reclaimer || reclaiming || !(gfp_allowed_mask & __GFP_WAIT))
		return false;
	reclaiming = true;
	nr_allocstall++;
	if (mm_gen24)
		local_pages_begin();
	reclaimer();
	drain_all_pages();
	reclaiming = false;
	return true;
}

/* W-87, zone_reclaim_mode: before a far node is asked, the home node is reclaimed from, at most once
 * a second. */
static __cold noinline void zone_reclaim(const struct home *home, unsigned order)
{
	static u64 last_ms;
	const struct zone *zone = *home->zones;
	u64 now = now_ms();

	if (!zone || zone->zone_pgdat->node_id != numa_node_id() || now - last_ms < 1000 ||
	    zone_watermark_ok(zone, order, zone->watermark[WMARK_LOW], home->classzone, 0))
		return;
	last_ms = now;
	reclaim_pages();
}

/* Both rounds failed against low: min, then reclaim once and min again. */
static __alloc_wrapper __cold noinline struct page *alloc_pages_slowpath(const struct home *home,
									 gfp_t gfp, unsigned order,
									 enum page_owner owner)
{
	unsigned alloc_flags = gfp_to_alloc_flags(gfp);
	struct page *page = get_page_from_freelist(home, gfp, order, WMARK_MIN, alloc_flags);

	if (page)
		return page;
	if (reclaim_pages()) {
		page = get_page_from_freelist(home, gfp, order, WMARK_MIN, alloc_flags);
		if (mm_gen24)
			local_pages_end();
		if (page)
			return page;
	}
	report_failure(gfp, order, owner);
	return NULL;
}

static void zero_block(struct page *page, unsigned order)
{
	if (!PageHighMem(page)) {
		memset(lowmem_page_address(page), 0, PAGE_SIZE << order);
		return;
	}
	for (unsigned long i = 0; i < 1UL << order; i++)
		clear_highpage(page + i);
}

/* First round: every zone of the list against its low watermark; then the slow path. */
static __alloc_wrapper __cold noinline struct page *alloc_pages_zonelist(const struct home *home,
									 gfp_t gfp, unsigned order,
									 enum page_owner owner)
{
	struct page *page;

	require_phase(PHASE_BUDDY, "alloc_pages");
	BUG_ON(order >= MAX_ORDER);
	if (unlikely(fault_holders) && should_fail_alloc_page(gfp, order, owner, NULL))
		return NULL;
	gfp &= gfp_allowed_mask;
	if (unlikely(zone_reclaim_mode))
		zone_reclaim(home, order);
	page = get_page_from_freelist(home, gfp, order, WMARK_LOW, 0);
	if (unlikely(!page) && !(gfp & __GFP_THISNODE))
		page = alloc_pages_slowpath(home, gfp, order, owner);
	if (page)
		page_owner_set(page, order, owner);
	return page;
}

/* What makes a block the owner's. */
static __always_inline struct page *hand_out(struct page *page, gfp_t gfp, unsigned order,
					     enum page_owner owner)
{
	page->flags |= (u32)owner << PG_OWNER_SHIFT | (u32)order << PG_ORDER_SHIFT;
	page->_count = 1;
	owner_pages[owner] += 1UL << order;
	if (unlikely(gfp & __GFP_ZERO))
		zero_block(page, order);
	return page;
}

__alloc_wrapper struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned order,
					      enum page_owner owner)
{
	struct home home = node_home(nid, gfp);
	struct page *page = alloc_pages_zonelist(&home, gfp, order, owner);

	return page ? hand_out(page, gfp, order, owner) : NULL;
}

/*
 * Any zone, type and order. Begins with the zone that is asked for: while its blocks of the top
 * order alone hold more than the low watermark, no closer look at its watermark is needed.
 */
static __alloc_wrapper noinline struct page *alloc_pages_general(gfp_t gfp, unsigned order,
								 enum page_owner owner)
{
	const struct home *home = home_of(gfp);
	struct zone *zone = home->first;
	struct page *page = NULL;

	if (likely(order < MAX_ORDER && zone &&
		   zone->free_area[MAX_ORDER - 1].nr_free << (MAX_ORDER - 1) >
			   zone->watermark[WMARK_LOW] + (1UL << order)))
		page = buffered_rmqueue(zone, order, gfp);
	if (unlikely(!page)) {
		page = alloc_pages_zonelist(home, gfp, order, owner);
		if (!page)
			return NULL;
	}
	return hand_out(page, gfp, order, owner);
}

struct zone *const *request_zones(gfp_t gfp)
{
	return home_of(gfp)->zones;
}

static bool arena_mark_ok(struct zone *zone, bool gen24, unsigned order, enum zone_watermark mark,
			  unsigned alloc_flags)
{
	if (gen24)
		return zone->vm_stat[NR_FREE_PAGES] >
		       (long)((1UL << order) + gen24_mark(zone, mark, alloc_flags));
	return zone_watermark_ok(zone, order, zone->watermark[mark], ZONE_NORMAL, alloc_flags);
}

struct page *alloc_pages_arena(struct zone *zone, bool gen24, bool mixed, gfp_t gfp, unsigned order,
			       enum page_owner owner)
{
	bool machine_mixed = page_group_by_mobility_disabled;
	struct page *page = NULL;

	if (order >= zone->engine->max_order ||
	    (!arena_mark_ok(zone, gen24, order, WMARK_LOW, 0) &&
	     !arena_mark_ok(zone, gen24, order, WMARK_MIN, gfp_to_alloc_flags(gfp))))
		return NULL;
	page_group_by_mobility_disabled = mixed;
	page = buffered_rmqueue(zone, order, gfp);
	page_group_by_mobility_disabled = machine_mixed;
	if (!page)
		return NULL;
	page->flags |= (u32)owner << PG_OWNER_SHIFT | (u32)order << PG_ORDER_SHIFT;
	page->_count = 1;
	owner_pages[owner] += 1UL << order;
	return page;
}

__alloc_wrapper struct page *alloc_pages(gfp_t gfp, unsigned order, enum page_owner owner)
{
	struct per_cpu_pages *pcp = &HOME_ZONE->pcp;
	struct list_head *list = &pcp->lists[MIGRATE_UNMOVABLE];
	struct page *page;

	if (unlikely(order >= fast_orders))
		return alloc_pages_general(gfp, order, owner);
	if (unlikely(gfp & ~GFP_PLAIN))
		return alloc_pages_general(gfp, 0, owner);
	if (unlikely(list_empty(list)))
		return alloc_pages_general(gfp, 0, owner);
	page = list_first_entry(list, struct page, lru);
	__list_del(list, page->lru.next);
	poison_links(page);
	pcp->count--;
	HOME_ZONE->nr_alloc_pages++;
	owner_pages[owner]++;
	*owner_byte(page) = (u8)owner;
	page->_count = 1;
	return page;
}

__alloc_wrapper void *__get_free_pages(gfp_t gfp, unsigned order, enum page_owner owner)
{
	struct page *page;

	BUG_ON(gfp & __GFP_HIGHMEM);
	page = alloc_pages(gfp, order, owner);
	return page ? lowmem_page_address(page) : NULL;
}

/* ---- Freeing ---- */

static __alloc_wrapper noinline void pcp_overflow(struct zone *zone)
{
	free_pcppages_bulk(zone, min(zone->pcp.batch, zone->pcp.count));
}

static __cold noinline void wrong_order(struct page *page, unsigned order)
{
	page->_count = 1;
	panic("page_alloc", "frame %#lx freed with order %u, allocated with order %u",
	      page_to_pfn(page), order, page_order(page));
}

/* W-105 free_hot_cold_page. => the count is 0 */
static __alloc_wrapper noinline void free_hot_cold_page(struct page *page, bool cold)
{
	struct zone *zone = zone_of(page);
	struct per_cpu_pages *pcp = &zone->pcp;
	enum migratetype type, list_type;

	if (unlikely(page_order(page)))
		wrong_order(page, 0);
	ClearPageFlag(page, PG_mlocked);
	if ((unsigned long)page->mapping & 1) /* anonymous */
		page->mapping = NULL;
	if (!free_pages_check(page)) {
		page->_count = 1; /* stays with its owner */
		return;
	}
	type = list_type = page_block_type(page);
	owner_pages[page_owner(page)]--;
	page->flags &= PG_PLACE_MASK;
	if (unlikely(type >= MIGRATE_PCPTYPES)) {
		if (type == MIGRATE_ISOLATE) {
			free_one_page(zone, page, 0, type);
			return;
		}
		list_type = MIGRATE_MOVABLE;
	}
	page->private = type;
	set_page_owner(page, OWNER_PCP);
	if (cold)
		list_add_tail(&page->lru, &pcp->lists[list_type]);
	else
		list_add(&page->lru, &pcp->lists[list_type]);
	if (++pcp->count >= pcp->high)
		pcp_overflow(zone);
}

/* W-107 __free_pages_ok. => the count is 0 */
static __alloc_wrapper noinline void __free_pages_ok(struct page *page, unsigned order)
{
	struct zone *zone = zone_of(page);
	u32 flags = page->flags;

	if (unlikely((flags & PG_ORDER_MASK) != order << PG_ORDER_SHIFT))
		wrong_order(page, order);
	page->flags = flags & ~(PG_OWNER_MASK | PG_ORDER_MASK);
	if (unlikely(!free_block_looks_clean(page, order) && !free_block_check_slow(page, order))) {
		page->_count = 1; /* stays with its owner */
		page->flags |= flags & (PG_OWNER_MASK | PG_ORDER_MASK);
		return;
	}
	owner_pages[(flags & PG_OWNER_MASK) >> PG_OWNER_SHIFT] -= 1UL << order;
	page->flags &= PG_PLACE_MASK;
	free_one_page(zone, page, order, page_block_type(page));
}

/* W-104 when the count did not reach zero: others hold the block, or nobody did. N-11: with mm=2.4 a
 * reserved page's count is 0, and is left so. */
static __cold noinline void still_referenced(struct page *page)
{
	if (mm_gen24 && PageFlag(page, PG_reserved)) {
		page->_count++;
		return;
	}
	if (page->_count < 0)
		panic("page_alloc", "frame %#lx freed while its count was %d (flags %#x)",
		      page_to_pfn(page), page->_count + 1, page->flags);
	page_extra_refs--;
}

/* A single page of the fast path's zone with no flags, in a block of its type. */
static __always_inline bool is_home_page(const struct page *page)
{
	u32 mask = PAGE_FLAGS_ALL | PG_ORDER_MASK | PG_PLACE_MASK;

	return (page->flags & mask) == home_place && page_block_type(page) == MIGRATE_UNMOVABLE;
}

/* Every block whose count came to zero, on the slow paths. A bad one stays its owner's. */
static __alloc_wrapper void free_pages_tracked(struct page *page, unsigned order)
{
	if (order)
		__free_pages_ok(page, order);
	else
		free_hot_cold_page(page, false);
	if (!page->_count)
		page_owner_clear(page);
}

static void take_slow_paths(bool slow)
{
	fast_orders = !slow;
	free_other = slow ? free_pages_tracked : __free_pages_ok;
	for (u32 i = 0; i < ARRAY_SIZE(homes); i++)
		homes[i].first = slow || !homes[i].zones ? NULL : *homes[i].zones;
}

void page_alloc_slow(bool slow)
{
	slow_users += slow ? 1u : -1u;
	take_slow_paths(slow_users);
}

void __free_pages(struct page *page, unsigned order)
{
	struct per_cpu_pages *pcp = &HOME_ZONE->pcp;

	if (unlikely(--page->_count))
		return still_referenced(page);
	if (unlikely(order >= fast_orders))
		return free_other(page, order);
	if (unlikely(page->mapping || page->_mapcount != -1 || !is_home_page(page)))
		return free_hot_cold_page(page, false);
	owner_pages[*owner_byte(page)]--;
	*owner_byte(page) = OWNER_PCP;
	page->private = MIGRATE_UNMOVABLE;
	list_add(&page->lru, &pcp->lists[MIGRATE_UNMOVABLE]);
	if (unlikely(++pcp->count >= pcp->high))
		pcp_overflow(HOME_ZONE);
}

__alloc_wrapper void free_cold_page(struct page *page)
{
	if (--page->_count) {
		still_referenced(page);
		return;
	}
	free_hot_cold_page(page, true);
	if (!page->_count)
		page_owner_clear(page);
}

__alloc_wrapper void free_pages(void *virt, unsigned order)
{
	if (virt)
		__free_pages(virt_to_page(virt), order);
}
