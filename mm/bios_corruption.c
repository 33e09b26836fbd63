/*
 * The check of low memory for corruption by firmware.
 *
 *	0      4 KiB                                            size (64 KiB)
 *	[ BIOS )[ area 0: zero, reserved )[ taken )[ area 1: zero, reserved )
 *
 * Pages that are free in low memory are taken out of the map and cleared. Nobody writes there: a word
 * that is not zero later was written by firmware, a device, or a pointer gone astray. The main loop
 * looks once in memory_corruption_check_period, a few pages in each turn; what is found is logged with
 * address and value and cleared again, so that each change is told once.
 *
 * Set-up is boot only; the poller runs in the main loop. Off unless memory_corruption_check=1.
 *
 * Difference from the documents: the size ends at 640 KiB, where conventional memory does.
 */
#include "mm/bios_corruption.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/job.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/memparse.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/time.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/memlayout.h"
#include "mm/memstat.h"

#define SIZE_LIMIT 0xA0000ull
#define PERIOD_LIMIT_S 86400ul
#define PAGES_PER_TURN 16

static struct memstat_corruption state = { .size_bytes = SZ_64K, .period_s = 60 };

/* The round that is under way: the next page of which area. */
static u32 round_area, round_at;
static u64 next_round_ms;

/* ---- Options ---- */

static int __init parse_number(const char *value, unsigned long limit, u32 *number)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (end == value || *end || n > limit)
		return -EINVAL;
	*number = (u32)n;
	return 0;
}

int __init parse_corruption_check(const char *value)
{
	u32 on;

	if (parse_number(value, 1, &on))
		return -EINVAL;
	state.enabled = on;
	return 0;
}

int __init parse_corruption_check_size(const char *value)
{
	const char *end;
	u64 size = memparse(value, &end);

	if (end == value || *end || !size || size > SIZE_LIMIT)
		return -EINVAL;
	state.size_bytes = (u32)round_up(size, PAGE_SIZE);
	return 0;
}

int __init parse_corruption_check_period(const char *value)
{
	return parse_number(value, PERIOD_LIMIT_S, &state.period_s);
}

/* ---- Set-up ---- */

static void __init take_area(u64 start, u64 end)
{
	state.areas[state.area_count++] = (struct memstat_range){ start, end };
	e820_update_range(start, end - start, E820_RAM, E820_RESERVED);
	memset(__va(start), 0, (size_t)(end - start));
	stage_note("watched: [%#llx, %#llx)", start, end);
}

void __init setup_bios_corruption_check(void)
{
	u64 start = PAGE_SIZE, end;

	if (!state.enabled) {
		stage_note("memory_corruption_check=1 is not given: nothing is watched");
		return;
	}
	while (state.area_count < MEMSTAT_CORRUPTION_AREAS &&
	       find_e820_area_size(&start, state.size_bytes, &end)) {
		u64 first = round_up(start, PAGE_SIZE), last = round_down(end, PAGE_SIZE);

		if (first < last)
			take_area(first, last);
		start = end;
	}
	e820_resanitize();
	e820_record_step("setup_bios_corruption_check", E820_BY_TRIMMING);
	pr_info("memory corruption check: %u areas below %#x, every %u s", state.area_count,
		state.size_bytes, state.period_s);
	stage_note("%u areas in [%#lx, %#x), looked at every %u s", state.area_count, PAGE_SIZE,
		   state.size_bytes, state.period_s);
}

/* ---- The check ---- */

static void found(u32 *word)
{
	struct memstat_corruption_hit *hit = &state.hits[state.changes % MEMSTAT_CORRUPTION_HITS];

	hit->phys = (u32)__pa(word);
	hit->value = *word;
	hit->uptime_ms = now_ms();
	state.changes++;
	pr_err("memory corruption check: %#x at %#x was 0: cleared", hit->value, hit->phys);
	*word = 0;
}

static void check_page(u64 phys)
{
	u32 *word = __va(phys), *end = word + PAGE_SIZE / sizeof(*word);

	for (; word < end; word++)
		if (unlikely(*word))
			found(word);
}

/* Up to PAGES_PER_TURN pages of the round. True when the round is over. */
static bool check_some_pages(void)
{
	for (unsigned pages = 0; pages < PAGES_PER_TURN; pages++) {
		const struct memstat_range *area = &state.areas[round_area];

		if (round_area == state.area_count)
			return true;
		check_page(area->start + round_at);
		round_at += PAGE_SIZE;
		if (area->start + round_at >= area->end) {
			round_at = 0;
			round_area++;
		}
	}
	return round_area == state.area_count;
}

static u32 poll_corruption(struct poller *self)
{
	u64 now = now_ms();

	(void)self;
	if (now < next_round_ms)
		return (u32)(next_round_ms - now);
	if (!check_some_pages())
		return 0;
	round_area = 0;
	state.rounds++;
	next_round_ms = now + state.period_s * 1000ull;
	return state.period_s * 1000;
}

static struct poller corruption_poller = { .name = "corruption_check", .poll = poll_corruption };

void start_periodic_check_for_corruption(void)
{
	if (state.area_count && state.period_s)
		poller_register(&corruption_poller);
}

void memstat_corruption(struct memstat_corruption *out)
{
	*out = state;
}
