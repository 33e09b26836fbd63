/*
 * The page allocator tried on the live machine (W-109, W-135 and the boot test "pages").
 *
 * Every step leaves memory as it found it: the counters at the end must be those at the beginning,
 * which with merging means the same free blocks of every order. Pages taken to empty a zone are
 * chained through their own first word, so that the test needs no memory beyond what it asks for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/cmdline.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "mm/check_internal.h"
#include "mm/memstat.h"
#include "mm/page_alloc_internal.h"

#define HELD 64
#define ROUNDS 2000

static char failure[192];

/* What must be the same before and after. */
struct snapshot {
	unsigned long blocks[MAX_NR_ZONES][MAX_ORDER];
	unsigned long owner_pages[OWNER_FIELD_SIZE];
};

static void take_snapshot(struct snapshot *s)
{
	struct zone *zone;

	drain_all_pages();
	memset(s, 0, sizeof(*s));
	for_each_populated_zone(zone)
		for (unsigned order = 0; order < MAX_ORDER; order++)
			s->blocks[zone_idx(zone)][order] += zone->free_area[order].nr_free;
	memcpy(s->owner_pages, owner_pages, sizeof(owner_pages));
}

static const char *compare(const struct snapshot *before, const struct snapshot *after)
{
	for (unsigned z = 0; z < MAX_NR_ZONES; z++) {
		for (unsigned order = 0; order < MAX_ORDER; order++) {
			if (before->blocks[z][order] == after->blocks[z][order])
				continue;
			snprintf(failure, sizeof(failure), "zone %u order %u: %lu blocks, then %lu",
				 z, order, before->blocks[z][order], after->blocks[z][order]);
			return failure;
		}
	}
	if (memcmp(before->owner_pages, after->owner_pages, sizeof(before->owner_pages)))
		return "owner_pages did not come back";
	return NULL;
}

static u32 next_random(u32 *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 16;
}

/*
 * What a trace of requests came to. The requests follow from the seed alone, so long as each of them is
 * answered in the same way: two generations on one machine must agree on every word (interface of
 * tests/boot/gen24.test.mjs).
 */
struct trace {
	u32 digest; /* of each request: slot, kind, order, and the zone that served it */
	unsigned given, refused, freed;
	unsigned held_pages[MAX_NR_ZONES]; /* at the end of the trace, before all are freed */
};

static void trace_word(struct trace *trace, u32 word)
{
	trace->digest = (trace->digest ^ word) * 16777619; /* FNV-1a, by the word */
}

static void trace_request(struct trace *trace, unsigned slot, unsigned kind, unsigned order,
			  const struct page *page)
{
	u32 zone = page ? page_zonenum(page) : MAX_NR_ZONES;

	trace_word(trace, slot << 16 | kind << 12 | order << 8 | zone);
	if (page) {
		trace->given++;
		trace->held_pages[zone] += 1u << order;
	} else {
		trace->refused++;
	}
}

static void trace_free(struct trace *trace, unsigned slot, unsigned order, const struct page *page)
{
	trace_word(trace, slot << 16 | 0xffff);
	trace->freed++;
	trace->held_pages[page_zonenum(page)] -= 1u << order;
}

static void report_trace(u32 seed, const struct trace *trace)
{
	pr_info("trace of seed %#x: %u given, %u refused, %u freed; held %u DMA, %u Normal, %u HighMem; digest %#x",
		seed, trace->given, trace->refused, trace->freed, trace->held_pages[ZONE_DMA],
		trace->held_pages[ZONE_NORMAL], trace->held_pages[ZONE_HIGHMEM], trace->digest);
}

/* Random sizes, types and zones, each block marked and looked at again before it is freed. */
static const char *random_run(u32 seed)
{
	struct trace trace = { .digest = 2166136261u };
	u32 first = seed;
	static struct page *held[HELD];
	static u8 orders[HELD];
	static const gfp_t kinds[] = { GFP_KERNEL,
				       GFP_DMA,
				       GFP_HIGHUSER,
				       GFP_ATOMIC,
				       GFP_KERNEL | __GFP_MOVABLE,
				       GFP_KERNEL | __GFP_RECLAIMABLE,
				       GFP_KERNEL | __GFP_COLD };

	for (unsigned round = 0; round < ROUNDS + HELD; round++) {
		unsigned i = round < ROUNDS ? next_random(&seed) % HELD : round - ROUNDS;

		if (round == ROUNDS)
			report_trace(first, &trace);
		if (held[i]) {
			if (page_order(held[i]) != orders[i] || page_owner(held[i]) != OWNER_TEST)
				return "a held block lost its order or owner";
			trace_free(&trace, i, orders[i], held[i]);
			__free_pages(held[i], orders[i]);
			held[i] = NULL;
		} else if (round < ROUNDS) {
			unsigned kind;

			orders[i] = (u8)(next_random(&seed) % 5);
			kind = next_random(&seed) % ARRAY_SIZE(kinds);
			held[i] = alloc_pages(kinds[kind] | __GFP_NOWARN, orders[i], OWNER_TEST);
			trace_request(&trace, i, kind, orders[i], held[i]);
			if (held[i] && !IS_ALIGNED(page_to_pfn(held[i]), 1UL << orders[i]))
				return "a block is not aligned to its size";
		}
	}
	return NULL;
}

/*
 * Takes single pages of the DMA zone, which nothing else falls back on, until it refuses; then the
 * zone must be at its min watermark, and the reserve must still give to a request that may use it.
 */
static const char *refusal_run(void)
{
	struct zone *zone = &NODE_DATA(0)->node_zones[ZONE_DMA];
	struct page *page, *last = NULL, *extra;
	const char *result = NULL;
	unsigned long min = zone->watermark[WMARK_MIN];

	if (!zone->populated)
		return NULL;
	while ((page = alloc_pages(GFP_DMA | __GFP_WAIT | __GFP_NOWARN, 0, OWNER_TEST))) {
		*(struct page **)lowmem_page_address(page) = last;
		last = page;
	}
	if (zone->vm_stat[NR_FREE_PAGES] > (long)min + zone->pcp.batch) {
		snprintf(failure, sizeof(failure), "refused with %ld pages free, min is %lu",
			 zone->vm_stat[NR_FREE_PAGES], min);
		result = failure;
	}
	extra = alloc_pages(GFP_DMA | GFP_ATOMIC | __GFP_NOWARN, 0, OWNER_TEST);
	if (!extra && min > 4)
		result = "the reserve below min gave nothing to __GFP_HIGH";
	if (extra)
		__free_pages(extra, 0);
	while (last) {
		page = last;
		last = *(struct page **)lowmem_page_address(page);
		__free_pages(page, 0);
	}
	return result;
}

/* Only what the page allocator answers for: slab and vmalloc are checked by memstat_check. */
static const char *checks_agree(void)
{
	static struct memstat_check check;
	u64 start = cycles_now();

	memset(&check, 0, sizeof(check));
	if (check_foundation(&check)) {
		check_frames(&check);
		check_zones(&check);
		check_free_lists(&check);
	}
	pr_info("check: %u frames in %llu cycles", check.frames_walked, cycles_now() - start);
	if (!check.disagreements)
		return NULL;
	snprintf(failure, sizeof(failure), "%s at %s: expected %s, found %s", check.list[0].what,
		 check.list[0].where, check.list[0].expected, check.list[0].found);
	return failure;
}

/* seed=: decimal, or hexadecimal with 0x. */
static u32 test_seed(void)
{
	const char *value = cmdline_value("seed");

	return value ? (u32)strtoul(value, NULL, 0) : 0x5eed;
}

static const char *all_runs(void)
{
	static struct snapshot before, after;
	const char *wrong;

	take_snapshot(&before);
	wrong = random_run(test_seed());
	if (!wrong)
		wrong = checks_agree();
	if (!wrong)
		wrong = refusal_run();
	if (wrong)
		return wrong;
	take_snapshot(&after);
	wrong = compare(&before, &after);
	return wrong ? wrong : checks_agree();
}

/* What the slab allocator would give back meanwhile is not the test's. */
const char *page_alloc_selftest(void)
{
	reclaim_fn reclaimer = set_reclaimer(NULL);
	const char *wrong = all_runs();

	set_reclaimer(reclaimer);
	return wrong;
}
