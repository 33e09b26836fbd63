/*
 * Events of the buddy allocator (W-108, W-109, N-12, N-14), and the stepper.
 *
 * 1. Listening
 *	A zone names its engine by a pointer. While somebody listens the pointer leads to a second pair
 *	of functions, which call the engine's own and then tell from its counters what it has done:
 *	nr_split has grown by n, so the block was n orders larger and n halves were listed; nr_merge
 *	has grown by n, so that n buddies were joined to it; nr_fallback has grown: the block was of
 *	another type. So nothing is added to an engine, and when nobody listens nothing is executed.
 *
 *	take(2) returns frame 8, nr_split + 2:	split 8 order 4, split 8 order 3, alloc 8 order 2
 *
 *	Both engines are told apart by which half of a block they go on with: that of 2.6.34 with the
 *	lower, that of 2.4 with the upper one.
 *
 *	Requests that a per-cpu list serves never come to the engine and are no events; what fills and
 *	drains these lists is.
 *
 * 2. The ring
 *	RING_EVENTS events in two pages that exist while somebody listens. Events are numbered from 0
 *	and on; a reader names the number it wants next and is told how many it has missed.
 *
 * 3. The stepper
 *	Does on a live zone, one step at a time, what the engine does in one go: a block is taken from
 *	the zone by an ordinary request, of the largest order that is free; each step gives one half
 *	to the free lists and keeps the other, until the block has the order asked for. Then it waits,
 *	and goes back: if the buddy is free, it is taken off its list (engine->take_block) and joined,
 *	until the block is as it was or the buddy is somebody else's; then it is freed. Between two
 *	steps everything is as after an allocation: the held block is OWNER_TEST's, of its order, and
 *	the halves are free for anybody. The events carry `stepped`.
 */
#include "mm/trace.h"

#include "kernel/job.h"
#include "kernel/lib/errno.h"
#include "kernel/time.h"
#include "mm/buddy_bitmap.h"
#include "mm/callsite.h"
#include "mm/memstat.h"
#include "mm/page_alloc_internal.h"

#define RING_ORDER 1u
#define RING_EVENTS ((PAGE_SIZE << RING_ORDER) / sizeof(struct memstat_buddy_event))

static struct memstat_buddy_event *ring;
static u32 next_seq;  /* of the next event */
static u32 first_seq; /* of the ring's first event: those before belong to listeners long gone */
static u32 listeners;

static struct page *traced_take(struct zone *zone, unsigned order, enum migratetype type);
static void traced_free(struct zone *zone, struct page *page, unsigned order,
			enum migratetype type);

/* Filled from the engine when the first listener comes. */
static struct buddy_engine traced_pageflag, traced_bitmap;

const struct buddy_engine *trace_plain_engine(const struct buddy_engine *engine)
{
	if (engine == &traced_pageflag)
		return &buddy_pageflag;
	return engine == &traced_bitmap ? &buddy_bitmap : engine;
}

static void set_engines(bool traced)
{
	struct zone *zone;

	traced_pageflag = buddy_pageflag;
	traced_bitmap = buddy_bitmap;
	traced_pageflag.take = traced_bitmap.take = traced_take;
	traced_pageflag.free = traced_bitmap.free = traced_free;
	for_each_populated_zone(zone) {
		const struct buddy_engine *plain = trace_plain_engine(zone->engine);

		if (!traced)
			zone->engine = plain;
		else
			zone->engine = plain == &buddy_pageflag ? &traced_pageflag : &traced_bitmap;
	}
}

bool trace_listen(void)
{
	if (!listeners) {
		ring = __get_free_pages(GFP_KERNEL | __GFP_NOWARN, RING_ORDER, OWNER_HTTP);
		if (!ring)
			return false;
		first_seq = next_seq;
		set_engines(true);
	}
	listeners++;
	return true;
}

void trace_unlisten(void)
{
	if (--listeners)
		return;
	set_engines(false);
	free_pages(ring, RING_ORDER);
	ring = NULL;
}

/* ---- Events ---- */

static __alloc_wrapper noinline void put_event(const struct zone *zone,
					       enum memstat_buddy_kind kind, unsigned long pfn,
					       unsigned order, enum migratetype type, bool stepped)
{
	if (!ring)
		return;
	ring[next_seq % RING_EVENTS] = (struct memstat_buddy_event){
		.time_us = now_us(),
		.seq = next_seq,
		.pfn = pfn,
		.caller = stepped ? 0 : (u32)call_site_caller(),
		.node = (u8)zone->zone_pgdat->node_id,
		.zone = (u8)zone_idx(zone),
		.kind = (u8)kind,
		.order = (u8)order,
		.type = (u8)type,
		.stepped = stepped,
	};
	next_seq++;
}

/* Where a block of `order` begins that holds the frame. */
static unsigned long block_start(unsigned long pfn, unsigned order)
{
	return pfn & ~0ul << order;
}

static __alloc_wrapper struct page *traced_take(struct zone *zone, unsigned order,
						enum migratetype type)
{
	unsigned long splits = zone->nr_split, fallbacks = zone->nr_fallback, pfn;
	struct page *page = trace_plain_engine(zone->engine)->take(zone, order, type);
	unsigned high;

	if (!page)
		return NULL;
	pfn = page_to_pfn(page);
	high = order + (unsigned)(zone->nr_split - splits);
	if (zone->nr_fallback != fallbacks)
		put_event(zone, MEMSTAT_BUDDY_FALLBACK, block_start(pfn, high), high, type, false);
	for (; high > order; high--)
		put_event(zone, MEMSTAT_BUDDY_SPLIT, block_start(pfn, high), high, type, false);
	put_event(zone, MEMSTAT_BUDDY_ALLOC, pfn, order, type, false);
	return page;
}

static __alloc_wrapper void traced_free(struct zone *zone, struct page *page, unsigned order,
					enum migratetype type)
{
	unsigned long merges = zone->nr_merge, pfn = page_to_pfn(page);
	unsigned high;

	trace_plain_engine(zone->engine)->free(zone, page, order, type);
	put_event(zone, MEMSTAT_BUDDY_FREE, pfn, order, type, false);
	high = order + (unsigned)(zone->nr_merge - merges);
	while (order++ < high)
		put_event(zone, MEMSTAT_BUDDY_MERGE, block_start(pfn, order), order, type, false);
}

/* ---- The stepper ---- */

static struct {
	struct page *page; /* what it holds; NULL: it does not run */
	unsigned order, top, goal;
	unsigned ms;
	u64 due_ms;
	enum { SPLITTING, HELD, JOINING } phase;
} step;

u32 trace_step_poll(void)
{
	u64 now = now_ms();

	if (!step.page)
		return POLL_IDLE;
	if (now >= step.due_ms) {
		step.due_ms = now + step.ms;
		if (!trace_step())
			return POLL_IDLE;
	}
	return (u32)(step.due_ms - now);
}

/* Writes the held block's order into its first descriptor, which may be another one than before. */
static void hold_as(struct page *page, unsigned order)
{
	page_owner_clear(step.page);
	owner_pages[OWNER_TEST] += (1ul << order) - (1ul << step.order);
	step.page->flags &= PG_PLACE_MASK;
	step.page->_count = 0;
	page->flags |= (u32)OWNER_TEST << PG_OWNER_SHIFT | (u32)order << PG_ORDER_SHIFT;
	page->_count = 1;
	step.page = page;
	step.order = order;
	page_owner_set(page, order, OWNER_TEST);
}

/* One half goes to the free lists: the upper one, or with the engine of 2.4 the lower one. */
static void split_once(void)
{
	struct page *lower = step.page, *upper = lower + (1ul << (step.order - 1));
	bool keep_upper = trace_plain_engine(page_zone(lower)->engine) == &buddy_bitmap;
	struct page *given = keep_upper ? lower : upper;
	struct zone *zone = page_zone(lower);
	enum migratetype type = page_block_type(lower);
	unsigned order = step.order - 1;

	put_event(zone, MEMSTAT_BUDDY_SPLIT, page_to_pfn(lower), order + 1, type, true);
	hold_as(keep_upper ? upper : lower, order);
	zone->vm_stat[NR_FREE_PAGES] += 1L << order;
	zone->nr_split++;
	trace_plain_engine(zone->engine)->free(zone, given, order, type);
}

/* The held block's buddy, if it is free and of the same order. */
static struct page *free_buddy_of_held(const struct zone *zone)
{
	unsigned long pfn = page_to_pfn(step.page) ^ 1ul << step.order;
	struct page *buddy = pfn_to_page(pfn);

	if (pfn < zone->zone_start_pfn || pfn >= zone_end_pfn(zone) || page_zone(buddy) != zone)
		return NULL;
	return PageFlag(buddy, PG_buddy) && buddy->private == step.order ? buddy : NULL;
}

static bool join_once(void)
{
	struct zone *zone = page_zone(step.page);
	enum migratetype type = page_block_type(step.page);
	struct page *buddy = step.order < step.top ? free_buddy_of_held(zone) : NULL;

	if (!buddy)
		return false;
	trace_plain_engine(zone->engine)->take_block(zone, buddy);
	zone->vm_stat[NR_FREE_PAGES] -= 1L << step.order;
	zone->nr_merge++;
	hold_as(min(step.page, buddy), step.order + 1);
	put_event(zone, MEMSTAT_BUDDY_MERGE, page_to_pfn(step.page), step.order, type, true);
	return true;
}

static void let_go(void)
{
	struct page *page = step.page;

	step.page = NULL;
	__free_pages(page, step.order);
	trace_unlisten();
}

bool trace_step(void)
{
	if (!step.page)
		return false;
	if (step.phase == SPLITTING && step.order > step.goal) {
		split_once();
		return true;
	}
	if (step.phase < JOINING) { /* the block is handed out, and given back */
		put_event(page_zone(step.page),
			  step.phase == SPLITTING ? MEMSTAT_BUDDY_ALLOC : MEMSTAT_BUDDY_FREE,
			  page_to_pfn(step.page), step.order, page_block_type(step.page), true);
		step.phase++;
		return true;
	}
	if (join_once())
		return true;
	let_go();
	return false;
}

int trace_step_start(unsigned order, unsigned ms, bool dma)
{
	struct zone *zone = &contig_page_data.node_zones[dma ? ZONE_DMA : ZONE_NORMAL];
	/* Movable, as most of what is free: no block changes its type for this. */
	gfp_t gfp = GFP_KERNEL | __GFP_MOVABLE | __GFP_NOWARN | (dma ? __GFP_DMA : 0);
	unsigned top;

	if (step.page)
		return -EBUSY;
	if (!zone->populated)
		zone = &contig_page_data.node_zones[ZONE_DMA];
	if (order + 1 >= zone->engine->max_order)
		return -EINVAL;
	for (top = zone->engine->max_order - 1; top > order && !zone->free_area[top].nr_free;)
		top--;
	if (top == order || !trace_listen())
		return -ENOMEM;
	step.page = alloc_pages(gfp, top, OWNER_TEST);
	if (!step.page) {
		trace_unlisten();
		return -ENOMEM;
	}
	step.order = step.top = top;
	step.goal = order;
	step.ms = ms;
	step.due_ms = now_ms() + ms;
	step.phase = SPLITTING;
	return 0;
}

bool trace_step_stop(void)
{
	if (!step.page)
		return false;
	while (join_once())
		;
	let_go();
	return true;
}

/* ---- memstat.h ---- */

const char *memstat_buddy_kind_name(u32 kind)
{
	static const char *const names[] = { "alloc", "free", "split", "merge", "fallback" };

	return kind < ARRAY_SIZE(names) ? names[kind] : "?";
}

u32 memstat_buddy_next(void)
{
	return next_seq;
}

bool memstat_buddy_event(u32 seq, struct memstat_buddy_event *out)
{
	if (!ring || next_seq - seq - 1 >= min_t(u32, RING_EVENTS, next_seq - first_seq))
		return false;
	*out = ring[seq % RING_EVENTS];
	return true;
}

void memstat_buddy_trace(struct memstat_buddy_trace *out)
{
	u32 kept = min_t(u32, RING_EVENTS, next_seq - first_seq);

	*out = (struct memstat_buddy_trace){
		.listeners = listeners,
		.next = next_seq,
		.oldest = ring ? next_seq - kept : next_seq,
		.ring_bytes = ring ? PAGE_SIZE << RING_ORDER : 0,
		.stepping = step.page,
	};
	if (!step.page)
		return;
	out->step_pfn = page_to_pfn(step.page);
	out->step_order = step.order;
	out->step_top = step.top;
	out->step_goal = step.goal;
	out->step_ms = step.ms;
}
