/*
 * Events of the buddy allocator and the single-step mode, with both engines (mm/trace.c).
 */
#include "support/host.h"

#include "kernel/job.h"
#include "mm/buddy_bitmap.h"
#include "mm/gen24.h"
#include "mm/memstat.h"
#include "mm/page_alloc_internal.h"
#include "mm/trace.h"
#include "support/boot_zones.h"
#include "support/zones.h"

static void machine(bool gen24)
{
	mm_gen24 = gen24;
	host_boot_ram(64ull << 20);
	host_boot_finish();
	open_gfp_allowed_mask();
}

/* The free blocks of all zones, as a sum that differs if any list is another. */
static u64 lists(void)
{
	const struct zone *zone;
	u64 sum = 0;

	for_each_populated_zone(zone) {
		for (unsigned order = 0; order < zone->engine->max_order; order++)
			sum = sum * 31 + zone->free_area[order].nr_free;
		sum = sum * 31 + (u64)zone->vm_stat[NR_FREE_PAGES];
	}
	return sum;
}

/* A model of what is free, kept by the events alone: a byte a frame, its block's order and one. */
static u8 model[1 << 14];

static void model_from_lists(void)
{
	for (unsigned long pfn = 0; pfn < ARRAY_SIZE(model); pfn++) {
		const struct page *page = pfn_to_page(pfn);

		model[pfn] = pfn_valid(pfn) && PageFlag(page, PG_buddy) ? page->private + 1 : 0;
	}
}

static void apply(const struct memstat_buddy_event *e)
{
	u32 upper = e->pfn + ((1u << e->order) >> 1);

	switch (e->kind) {
	case MEMSTAT_BUDDY_SPLIT: /* both halves are free; the one that goes on is taken next */
		assert_int_equal(model[e->pfn], e->order + 1);
		model[e->pfn] = model[upper] = (u8)e->order;
		break;
	case MEMSTAT_BUDDY_ALLOC:
		assert_int_equal(model[e->pfn], e->order + 1);
		model[e->pfn] = 0;
		break;
	case MEMSTAT_BUDDY_FREE:
		assert_int_equal(model[e->pfn], 0);
		model[e->pfn] = (u8)(e->order + 1);
		break;
	case MEMSTAT_BUDDY_MERGE:
		assert_int_equal(model[e->pfn], e->order);
		assert_int_equal(model[upper], e->order);
		model[e->pfn] = (u8)(e->order + 1);
		model[upper] = 0;
		break;
	default: break;
	}
}

static void follow(u32 *seq)
{
	struct memstat_buddy_event e;

	for (; memstat_buddy_event(*seq, &e); ++*seq) {
		assert_int_equal(e.seq, *seq);
		apply(&e);
	}
	assert_int_equal(*seq, memstat_buddy_next());
}

static void expect_model(void)
{
	static u8 kept[ARRAY_SIZE(model)];

	memcpy(kept, model, sizeof(kept));
	model_from_lists();
	assert_memory_equal(kept, model, sizeof(kept));
}

/* Nothing is kept and the engines are the plain ones while nobody listens. */
static void test_off(void **state)
{
	struct memstat_buddy_trace t;

	(void)state;
	machine(false);
	__free_pages(alloc_pages(GFP_KERNEL, 3, OWNER_TEST), 3);
	memstat_buddy_trace(&t);
	assert_int_equal(t.listeners | t.next | t.ring_bytes, 0);
	assert_ptr_equal(host_zone(ZONE_NORMAL)->engine, &buddy_pageflag);
	assert_true(trace_listen());
	assert_true(trace_listen());
	assert_ptr_not_equal(host_zone(ZONE_NORMAL)->engine, &buddy_pageflag);
	assert_ptr_equal(trace_plain_engine(host_zone(ZONE_NORMAL)->engine), &buddy_pageflag);
	host_check_pages();
	trace_unlisten();
	assert_ptr_not_equal(host_zone(ZONE_NORMAL)->engine, &buddy_pageflag);
	trace_unlisten();
	assert_ptr_equal(host_zone(ZONE_NORMAL)->engine, &buddy_pageflag);
	assert_int_equal(owner_pages[OWNER_HTTP], 0);
}

/* Random requests: the free lists rebuilt from the events are the free lists. */
static void random_requests(bool gen24)
{
	struct {
		struct page *page;
		unsigned order;
	} held[64] = { 0 };
	u32 seq;

	srand(host_seed(20100516));
	machine(gen24);
	assert_true(trace_listen());
	model_from_lists();
	seq = memstat_buddy_next();
	for (unsigned i = 0; i < 6000; i++) {
		unsigned slot = (unsigned)rand() % ARRAY_SIZE(held);
		gfp_t gfp = rand() % 3 ? GFP_KERNEL : GFP_KERNEL | __GFP_MOVABLE;

		if (held[slot].page) {
			__free_pages(held[slot].page, held[slot].order);
			held[slot].page = NULL;
		} else {
			held[slot].order = (unsigned)rand() % 9;
			held[slot].page = alloc_pages(gfp | __GFP_NOWARN, held[slot].order,
						      OWNER_TEST);
		}
		follow(&seq);
	}
	expect_model();
	host_check_pages();
}

static void test_random_pageflag(void **state)
{
	(void)state;
	random_requests(false);
}

static void test_random_bitmap(void **state)
{
	(void)state;
	random_requests(true);
}

/* The ring keeps the newest events and says that older ones are gone. */
static void test_ring(void **state)
{
	struct memstat_buddy_event e;
	struct memstat_buddy_trace t;

	(void)state;
	machine(false);
	assert_true(trace_listen());
	for (unsigned i = 0; i < 1000; i++)
		__free_pages(alloc_pages(GFP_KERNEL, 2, OWNER_TEST), 2);
	memstat_buddy_trace(&t);
	assert_true(t.next >= 2000);
	assert_int_equal(t.next - t.oldest, t.ring_bytes / sizeof(e));
	assert_false(memstat_buddy_event(t.oldest - 1, &e));
	assert_true(memstat_buddy_event(t.oldest, &e));
	assert_true(memstat_buddy_event(t.next - 1, &e));
	assert_false(memstat_buddy_event(t.next, &e));
	trace_unlisten();
	assert_false(memstat_buddy_event(t.next - 1, &e));
}

/* Step by step down to each order and up again: sound after each step, and at the end as before. */
static void steps(bool gen24)
{
	unsigned top = gen24 ? BITMAP_MAX_ORDER - 1 : MAX_ORDER - 1;
	u64 before;

	machine(gen24);
	drain_all_pages();
	before = lists();
	for (unsigned order = 0; order < top; order++) {
		unsigned splits = 0, merges = 0;
		struct memstat_buddy_event e;
		struct memstat_buddy_trace t;
		u32 seq;

		assert_int_equal(trace_step_start(order, 10, false), 0);
		assert_int_equal(trace_step_start(order, 10, false), -16);
		seq = memstat_buddy_next();
		do {
			memstat_buddy_trace(&t);
			assert_int_equal(page_order(pfn_to_page(t.step_pfn)), t.step_order);
			assert_int_equal(owner_pages[OWNER_TEST], 1ul << t.step_order);
			host_check_pages();
		} while (trace_step() && (memstat_buddy_trace(&t), true) && ({
				 for (; memstat_buddy_event(seq, &e); seq++) {
					 splits += e.stepped && e.kind == MEMSTAT_BUDDY_SPLIT;
					 merges += e.stepped && e.kind == MEMSTAT_BUDDY_MERGE;
				 }
				 true;
			 }));
		assert_int_equal(splits, top - order);
		assert_int_equal(merges, top - order);
		assert_int_equal(owner_pages[OWNER_TEST], 0);
		host_check_pages();
		drain_all_pages();
		assert_true(lists() == before);
	}
	assert_int_equal(trace_step_start(top, 10, false), -22);
	assert_false(trace_step());
	assert_false(trace_step_stop());
}

static void test_steps_pageflag(void **state)
{
	(void)state;
	steps(false);
}

static void test_steps_bitmap(void **state)
{
	(void)state;
	steps(true);
}

/* Ended in the middle, and with a half taken by somebody else meanwhile, nothing is lost. */
static void test_step_stop(void **state)
{
	struct page *taken;
	u64 before;

	(void)state;
	machine(false);
	drain_all_pages();
	before = lists();
	for (unsigned after = 0; after < 24; after++) {
		assert_int_equal(trace_step_start(0, 10, false), 0);
		for (unsigned i = 0; i < after && trace_step(); i++)
			;
		taken = alloc_pages(GFP_KERNEL, 4, OWNER_KERNEL_DATA);
		host_check_pages();
		trace_step_stop();
		host_check_pages();
		__free_pages(taken, 4);
		drain_all_pages();
		assert_true(lists() == before);
		assert_int_equal(owner_pages[OWNER_TEST] | owner_pages[OWNER_HTTP], 0);
	}
}

/* The stepper by the clock: nothing before its time, a step when it has come, idle behind the last. */
static void test_poll(void **state)
{
	struct memstat_buddy_trace t;
	u32 wait, polls = 0;

	(void)state;
	machine(false);
	assert_int_equal(trace_step_poll(), POLL_IDLE);
	assert_int_equal(trace_step_start(7, 0, true), 0);
	assert_int_equal(trace_step_start(7, 0, true), -16); /* one runs */
	memstat_buddy_trace(&t);
	assert_ptr_equal(page_zone(pfn_to_page(t.step_pfn)), host_zone(ZONE_DMA));
	while ((wait = trace_step_poll()) != POLL_IDLE) {
		assert_int_equal(wait, 0);
		assert_true(++polls < 100);
	}
	/* 3 splits, given, taken back, 3 merges */
	assert_int_equal(polls, 8);
	assert_int_equal(owner_pages[OWNER_TEST] | owner_pages[OWNER_HTTP], 0);

	assert_int_equal(trace_step_start(7, 3600000, false), 0);
	memstat_buddy_trace(&t);
	polls = t.step_order;
	wait = trace_step_poll();
	assert_true(wait > 3500000 && wait <= 3600000);
	memstat_buddy_trace(&t);
	assert_int_equal(t.step_order, polls);
	assert_true(trace_step_stop());
	host_check_pages();
}

/* No memory for the ring, or no block that could be split. */
static void test_refused(void **state)
{
	static struct page *held[64 << 8];
	unsigned n = 0;

	(void)state;
	machine(false);
	host_fail_alloc(1); /* the block: the ring's pages come from a call within page_alloc.c */
	assert_int_equal(trace_step_start(3, 10, false), -12);
	host_fail_alloc(0);
	assert_int_equal(owner_pages[OWNER_HTTP], 0);
	assert_ptr_equal(host_zone(ZONE_NORMAL)->engine, &buddy_pageflag);
	for (unsigned order = MAX_ORDER; order--;)
		while ((held[n] = alloc_pages(GFP_KERNEL | __GFP_NOWARN | __GFP_HIGH, order,
					      OWNER_KERNEL_DATA))) {
			assert_int_equal(page_order(held[n]), order);
			assert_true(++n < ARRAY_SIZE(held));
		}
	assert_int_equal(trace_step_start(9, 10, false), -12);
	assert_int_equal(trace_step_start(0, 10, false), -12);
	assert_false(trace_listen());
	assert_ptr_equal(host_zone(ZONE_NORMAL)->engine, &buddy_pageflag);
	while (n--)
		__free_pages(held[n], page_order(held[n]));
	assert_int_equal(trace_step_start(0, 10, false), 0);
	trace_step_stop();
	host_check_pages();
}

/* A machine with the DMA zone alone: the stepper takes its block there. */
static void test_one_zone(void **state)
{
	struct memstat_buddy_trace t;

	(void)state;
	host_boot_ram(15ull << 20);
	host_boot_finish();
	open_gfp_allowed_mask();
	assert_int_equal(trace_step_start(2, 10, false), 0);
	memstat_buddy_trace(&t);
	assert_ptr_equal(page_zone(pfn_to_page(t.step_pfn)), host_zone(ZONE_DMA));
	assert_true(trace_step_stop());
	host_check_pages();
}

static void test_kind_names(void **state)
{
	(void)state;
	assert_string_equal(memstat_buddy_kind_name(MEMSTAT_BUDDY_ALLOC), "alloc");
	assert_string_equal(memstat_buddy_kind_name(MEMSTAT_BUDDY_FALLBACK), "fallback");
	assert_string_equal(memstat_buddy_kind_name(MEMSTAT_BUDDY_FALLBACK + 1), "?");
}

HOST_MAIN(cmocka_unit_test(test_off), cmocka_unit_test(test_random_pageflag),
	  cmocka_unit_test(test_random_bitmap), cmocka_unit_test(test_ring),
	  cmocka_unit_test(test_steps_pageflag), cmocka_unit_test(test_steps_bitmap),
	  cmocka_unit_test(test_step_stop), cmocka_unit_test(test_poll),
	  cmocka_unit_test(test_refused), cmocka_unit_test(test_one_zone),
	  cmocka_unit_test(test_kind_names))
