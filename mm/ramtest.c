/*
 * The RAM test of a running machine (ramtest.h).
 *
 * The frames are gone over once a pass, from the first to the last. Where a free block begins it is
 * taken out of its zone, whole, by its place (buddy_engine.take_block), tested, and given back; what
 * is in use or on a per-cpu list at that moment is counted and passed over. A block is left alone
 * while taking it would bring its zone below the high watermark, so that the network goes on.
 *
 * Each test is a list of sweeps over the block; a sweep writes a value to each word, compares it, or
 * compares it and writes its inverse, upward or downward:
 *
 *	walking_bits		write, compare: one bit of 32, its place moving with word and sweep;
 *				then the inverse of each
 *	moving_inversions	write p; up: compare p, write ~p; down: compare ~p, write p; compare p
 *	address_in_address	each word its own physical address, then the inverse
 *	random			of seed and address, then the inverse
 *	patterns		write, compare: the seventeen of early_memtest
 *
 * High frames go through kmap_atomic, one at a time. A step ends after whole frames.
 *
 * A frame with a wrong word never goes back: it becomes reserved with OWNER_BAD_RAM, as early_memtest
 * leaves it, and leaves totalram_pages. The accesses are volatile: memory is the device under test.
 * Not for interrupt handlers.
 */
#include "mm/ramtest.h"

#include "kernel/job.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "mm/check_internal.h"
#include "mm/gen24.h"
#include "mm/highmem.h"
#include "mm/memtest.h"
#include "mm/slab.h"

#define WORDS (PAGE_SIZE / 4)
#define STEP_PAGES_LOOKED 4096 /* frames in use that one step passes over at most */

enum sweep { WRITE, COMPARE, INVERT_UP, INVERT_DOWN };

/* What is done to a block, one after the other. */
struct plan {
	enum ramtest test;
	enum sweep sweep;
	bool inverse; /* of the values */
	u32 number;   /* which pattern, or where the bit begins to walk */
};

static struct {
	struct ramtest_state state;
	unsigned long pfn;  /* next frame to be looked at; while a block is held: the block */
	struct page *block; /* NULL: none is held */
	unsigned order;
	u32 sweep;   /* number of the sweep over it */
	u32 page;    /* next frame of the block in this sweep */
	bool spoilt; /* a frame of it was bad */
	u32 bad_map[MAX_ORDER_NR_PAGES / 32];
	u32 template_sweep; /* 1 + the sweep it was made for */
	u32 template[WORDS];
} * t; /* allocated when a test begins, kept for what it found */

static const char *const names[] = {
#define X(id, name) name,
	RAMTESTS(X)
#undef X
};

const char *ramtest_name(enum ramtest test)
{
	return names[test];
}

/* ---- Sweeps ---- */

static const u32 sweep_counts[RAMTEST_COUNT] = {
	[RAMTEST_WALKING] = 4 * 32,
	[RAMTEST_INVERSIONS] = 4 * 2,
	[RAMTEST_ADDRESS] = 4,
	[RAMTEST_RANDOM] = 4,
	[RAMTEST_PATTERNS] = 2 * MEMTEST_PATTERNS,
};

/* Sweep n over a block. False: there is none. */
static bool plan_sweep(u32 n, struct plan *plan)
{
	for (u32 test = 0; test < RAMTEST_COUNT; test++) {
		if (!(t->state.order.tests >> test & 1))
			continue;
		if (n >= sweep_counts[test]) {
			n -= sweep_counts[test];
			continue;
		}
		plan->test = test;
		if (test == RAMTEST_INVERSIONS) {
			static const enum sweep order[] = { WRITE, INVERT_UP, INVERT_DOWN,
							    COMPARE };

			plan->sweep = order[n % 4];
			plan->inverse = n % 4 == 2;
			plan->number = n / 4;
		} else {
			plan->sweep = n % 2 ? COMPARE : WRITE;
			plan->inverse = test != RAMTEST_PATTERNS && n / 2 % 2;
			plan->number = test == RAMTEST_PATTERNS ? n / 2 : n / 4;
		}
		return true;
	}
	return false;
}

static u32 scatter(u32 x)
{
	x = (x ^ x >> 16) * 0x7feb352du;
	x = (x ^ x >> 15) * 0x846ca68bu;
	return x ^ x >> 16;
}

/* The values of one frame but for its address: word i of the frame at phys has
 * (template[i] + base(phys)) ^ inverse. */
static void fill_template(const struct plan *plan)
{
	u64 pattern = memtest_pattern(plan->number);

	for (u32 i = 0; i < WORDS; i++) {
		u32 v = 0;

		switch (plan->test) {
		case RAMTEST_WALKING: v = 1u << ((i + plan->number) & 31); break;
		case RAMTEST_INVERSIONS: v = plan->number ? 0x55555555u : 0; break;
		case RAMTEST_ADDRESS: v = i * 4; break;
		case RAMTEST_RANDOM: v = scatter(i + t->state.order.seed * 0x9e3779b1u); break;
		default: v = (u32)(pattern >> (i & 1 ? 32 : 0));
		}
		t->template[i] = v;
	}
	t->template_sweep = t->sweep + 1;
}

static u32 base_of(const struct plan *plan, u32 phys)
{
	if (plan->test == RAMTEST_ADDRESS)
		return phys;
	return plan->test == RAMTEST_RANDOM ? scatter(phys) : 0;
}

/* Counts a wrong word with the frame that it is in, if that one is listed. */
static void count_word(struct ramtest_state *s, u32 phys)
{
	for (u32 i = min(s->bad_frames, (u32)RAMTEST_BAD_MAX); i--;)
		if (s->bad[i].phys / PAGE_SIZE == phys / PAGE_SIZE) {
			s->bad[i].words++;
			return;
		}
}

static __cold noinline void wrong(const struct plan *plan, u32 phys, u32 expected, u32 found)
{
	struct ramtest_state *s = &t->state;
	u32 page = t->page;
	bool known = t->bad_map[page / 32] >> page % 32 & 1;

	s->bad_words++;
	if (!known) {
		t->bad_map[page / 32] |= 1u << page % 32;
		t->spoilt = true;
		if (s->bad_frames++ < RAMTEST_BAD_MAX)
			s->bad[s->bad_frames - 1] = (struct ramtest_bad){ .phys = phys,
									  .expected = expected,
									  .found = found,
									  .test = plan->test };
		pr_err("ramtest: %s: word at %#x reads %#010x, not %#010x", names[plan->test], phys,
		       found, expected);
	}
	count_word(s, phys);
}

/* What a word reads as: with the made-up fault, if that is its place. */
static __always_inline u32 read_word(const volatile u32 *words, u32 i, u32 stuck_at, u32 stuck)
{
	u32 found = words[i];

	return unlikely(i == stuck_at) ? found | stuck : found;
}

static void sweep_page(const struct plan *plan, volatile u32 *words, u32 phys)
{
	const struct ramtest_order *order = &t->state.order;
	u32 stuck_at = order->stuck_phys / PAGE_SIZE == phys / PAGE_SIZE
			       ? (u32)(order->stuck_phys % PAGE_SIZE / 4)
			       : WORDS;
	u32 base = base_of(plan, phys), inverse = plan->inverse ? ~0u : 0;
	const u32 *template = t->template;

	if (stuck_at < WORDS)
		t->state.stuck_tested = true;
	if (plan->sweep == WRITE) {
		for (u32 i = 0; i < WORDS; i++)
			words[i] = (template[i] + base) ^ inverse;
		t->state.bytes_moved += PAGE_SIZE;
		return;
	}
	for (u32 n = 0; n < WORDS; n++) {
		u32 i = plan->sweep == INVERT_DOWN ? WORDS - 1 - n : n;
		u32 want = (template[i] + base) ^ inverse;
		u32 found = read_word(words, i, stuck_at, order->stuck_bits);

		if (unlikely(found != want))
			wrong(plan, phys + i * 4, want, found);
		if (plan->sweep != COMPARE)
			words[i] = ~want;
	}
	t->state.bytes_moved += PAGE_SIZE * (plan->sweep == COMPARE ? 1 : 2);
}

static void sweep_one(const struct plan *plan)
{
	u32 pages = 1u << t->order;
	u32 at = plan->sweep == INVERT_DOWN ? pages - 1 - t->page : t->page;
	struct page *page = t->block + at;
	void *words = kmap_atomic(page, KM_MEMTEST);
	u32 counted = t->page;

	if (t->template_sweep != t->sweep + 1)
		fill_template(plan);
	t->page = at; /* for wrong() */
	sweep_page(plan, words, (u32)PFN_PHYS(page_to_pfn(page)));
	t->page = counted + 1;
	kunmap_atomic(words, KM_MEMTEST);
}

/* ---- Blocks ---- */

static void take(struct page *page)
{
	struct zone *zone = page_zone(page);

	t->block = page;
	t->order = (unsigned)page->private;
	t->sweep = t->page = 0;
	zone->engine->take_block(zone, page);
	zone->vm_stat[NR_FREE_PAGES] -= 1L << t->order;
	zone->nr_alloc_pages += 1UL << t->order;
	page->flags |= (u32)OWNER_SOAK << PG_OWNER_SHIFT | t->order << PG_ORDER_SHIFT;
	page->_count = 1;
	owner_pages[OWNER_SOAK] += 1UL << t->order;
}

/* Out of service for good: as a frame that boot has kept back. */
static void retire(struct page *page)
{
	page->flags = (page->flags & PG_PLACE_MASK) | 1u << PG_reserved |
		      (u32)OWNER_BAD_RAM << PG_OWNER_SHIFT;
	page->_count = reserved_page_count();
	INIT_LIST_HEAD(&page->lru);
	owner_pages[OWNER_SOAK]--;
	owner_pages[OWNER_BAD_RAM]++;
	totalram_pages--;
	if (PageHighMem(page))
		totalhigh_pages--;
}

static void give_back(void)
{
	struct page *page = t->block;

	t->block = NULL;
	if (!t->spoilt) {
		__free_pages(page, t->order);
		return;
	}
	for (u32 i = 0; i < 1u << t->order; i++) {
		page[i].flags = (page[i].flags & PG_PLACE_MASK) | (u32)OWNER_SOAK << PG_OWNER_SHIFT;
		page[i]._count = 1;
	}
	for (u32 i = 0; i < 1u << t->order; i++) {
		if (t->bad_map[i / 32] >> i % 32 & 1)
			retire(&page[i]);
		else
			__free_pages(&page[i], 0);
	}
	t->spoilt = false;
	memset(t->bad_map, 0, sizeof(t->bad_map));
}

/* ---- The job ---- */

static bool may_take(const struct page *page)
{
	const struct zone *zone = page_zone(page);

	return zone->vm_stat[NR_FREE_PAGES] - (1L << page->private) >
	       (long)zone->watermark[WMARK_HIGH];
}

/* Goes on to the next free block that may be taken, or a good way towards it. False: the pass is
 * over. */
static bool find_block(void)
{
	struct ramtest_state *s = &t->state;

	for (u32 looked = 0; t->pfn < max_mapnr; looked++) {
		struct page *page = pfn_to_page(t->pfn);
		u32 pages = 1;

		if (looked == STEP_PAGES_LOOKED)
			return true;
		if (PageFlag(page, PG_reserved)) {
			t->pfn++;
			continue;
		}
		if (PageFlag(page, PG_buddy) && !(page->flags & PG_ARENA)) {
			pages = 1u << page->private;
			if (may_take(page)) {
				take(page);
				return true;
			}
			s->skipped_pages += pages;
		} else {
			s->in_use_pages++;
		}
		s->looked_pages += pages;
		t->pfn += pages;
	}
	return false;
}

static void done_with_block(void)
{
	u32 pages = 1u << t->order;

	t->state.looked_pages += pages;
	t->state.tested_pages += pages;
	t->state.high_pages += PageHighMem(t->block) ? pages : 0;
	t->pfn += pages;
	give_back();
}

static void begin_pass(void)
{
	struct ramtest_state *s = &t->state;

	t->pfn = 0;
	s->looked_pages = s->tested_pages = s->high_pages = 0;
	s->in_use_pages = s->skipped_pages = 0;
	s->total_pages = (u32)totalram_pages;
	drain_all_pages();
}

/* One frame of one sweep. False: everything is done. */
static bool advance(void)
{
	struct plan plan;

	if (!t->block) {
		if (find_block())
			return true;
		if (++t->state.pass >= t->state.order.passes)
			return false;
		begin_pass();
		return true;
	}
	if (t->page == 1u << t->order) {
		t->page = 0;
		t->sweep++;
	}
	if (plan_sweep(t->sweep, &plan))
		sweep_one(&plan);
	else
		done_with_block();
	return true;
}

static enum job_state step(struct job *self, u32 budget_us)
{
	u64 start = cycles_now(), end = start + (u64)(budget_us * 3 / 4) * tsc_khz() / 1000;
	struct ramtest_state *s = &t->state;
	bool more = true;

	(void)self;
	while (more && !s->stopped && cycles_now() < end)
		more = advance();
	s->longest_cycles = max(s->longest_cycles, cycles_now() - start);
	if (more && !s->stopped)
		return JOB_AGAIN;
	if (t->block)
		give_back();
	s->running = false;
	s->ended_ms = now_ms();
	pr_info("ramtest: %u pages tested, %u bad frames%s", s->tested_pages, s->bad_frames,
		s->stopped ? ", stopped" : "");
	return JOB_DONE;
}

static struct job job = { .name = "ramtest", .step = step };

const char *ramtest_start(const struct ramtest_order *order)
{
	if (t && t->state.running)
		return "a RAM test runs already";
	if (!t)
		t = kzalloc(sizeof(*t), GFP_KERNEL | __GFP_NOWARN);
	if (!t)
		return "no memory for the test's record";
	memset(t, 0, sizeof(*t));
	t->state.order = *order;
	t->state.running = true;
	t->state.started_ms = now_ms();
	begin_pass();
	job_start(&job);
	return NULL;
}

void ramtest_stop(void)
{
	if (t && t->state.running)
		t->state.stopped = true;
}

const struct ramtest_state *ramtest_get(void)
{
	return t ? &t->state : NULL;
}
