/*
 * The early memory test: each pass writes one pattern to all free RAM and then reads all of it back.
 *
 *	free RAM    [ppppppppppppppppppppppp)    [pppppppppppppppppp)
 *	read back   [ppppppppXXXpppppppppppp)    [ppppppppppppppppXX)
 *	                     [BAD)                               [BAD)
 *
 * Free is what the map calls RAM and no early reservation touches, in words of 8 bytes. A run of
 * words that differ becomes an early reservation "BAD RAM"; one that touches an older one is joined
 * with it. Nothing that looks for memory later finds those bytes, and the frames they lie in stay
 * reserved for good with an owner of their own.
 *
 * Reserving may move the list of reservations into memory that this pass has written, and may set
 * the old list's memory free: then the pass begins again, so that no word of either is taken for a
 * bad one.
 *
 * memtest_stuck= makes the reading side see a bit that is always 1: a made-up fault, so that the
 * finding and all that follows can be shown on a machine without one. The memory itself is not
 * touched, and the log says so.
 *
 * Boot only, interrupts off; the direct map must cover the range. High memory is not tested: nothing
 * maps it yet. The accesses are volatile because the memory is the device under test.
 *
 * Differences from the documents: all of a pass is written before any of it is read, which also finds
 * two addresses that are one cell; runs found in different passes are joined; and the test gives up
 * with a line in the log after MEMTEST_RUNS_MAX runs, because each one takes a place in the list.
 */
#include "mm/memtest.h"

#include <stdlib.h>

#include "kernel/lib/errno.h"
#include "kernel/lib/memparse.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/time.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_res.h"
#include "mm/memlayout.h"
#include "mm/memstat.h"

#define WORD sizeof(u64)
#define STUCK_MAX 8
#ifndef MEMTEST_RUNS_MAX
#define MEMTEST_RUNS_MAX 128
#endif
#define PASSES_MAX 99

/* A word of our own, so that a dump shows where the test has been: "memscope". */
#define SIGNATURE 0x65706f63736d656dull

static struct {
	u64 addr, bits; /* the word's physical address, and what reads as 1 there */
} stuck[STUCK_MAX] __initdata;
static unsigned stuck_count __initdata;
static struct memstat_memtest result;

u64 memtest_pattern(unsigned pass)
{
	/* the digit that fills the word */
	static const u8 digits[MEMTEST_PATTERNS - 1] = { 0x0, 0xf, 0x5, 0xa, 0x1, 0x2, 0x4, 0x8,
							 0x3, 0x6, 0x9, 0xc, 0x7, 0xb, 0xd, 0xe };
	unsigned i = pass % MEMTEST_PATTERNS;

	return i < ARRAY_SIZE(digits) ? digits[i] * 0x1111111111111111ull : SIGNATURE;
}

/* ---- Options ---- */

int __init parse_memtest(const char *value)
{
	char *end;
	unsigned long passes = strtoul(value, &end, 10);

	if (!*value)
		passes = MEMTEST_PATTERNS;
	else if (end == value || *end || passes > PASSES_MAX)
		return -EINVAL;
	result.passes_asked = (u32)passes;
	return 0;
}

int __init parse_memtest_stuck(const char *value)
{
	for (;;) {
		const char *number, *end;
		u64 addr = memparse(value, &end), bit;

		if (end == value || *end != ':' || stuck_count == STUCK_MAX)
			return -EINVAL;
		number = end + 1;
		bit = memparse(number, &end);
		if (end == number || bit > 63 || (*end && *end != ','))
			return -EINVAL;
		stuck[stuck_count].addr = round_down(addr, WORD);
		stuck[stuck_count++].bits = 1ull << bit;
		if (!*end)
			return 0;
		value = end + 1;
	}
}

/* ---- One pass ---- */

/* The next free piece at or above *start in whole words. */
static bool __init next_piece(u64 *start, u64 limit, u64 *end)
{
	while (find_e820_area_size(start, limit, end)) {
		u64 first = round_up(*start, WORD);

		*end = round_down(*end, WORD);
		if (first < *end) {
			*start = first;
			return true;
		}
		*start = max(*end, *start) + 1; /* not one whole word */
	}
	return false;
}

static u64 __init stuck_bits(u64 phys)
{
	u64 bits = 0;

	for (unsigned i = 0; i < stuck_count; i++)
		if (stuck[i].addr == phys)
			bits |= stuck[i].bits;
	return bits;
}

static bool __init keeps(const volatile u64 *word, u64 pattern)
{
	u64 seen = *word;

	if (unlikely(stuck_count))
		seen |= stuck_bits(__pa(word));
	return likely(seen == pattern);
}

static u64 __init write_all(u64 pattern, u64 start, u64 limit)
{
	u64 end, bytes = 0;

	for (; next_piece(&start, limit, &end); start = end) {
		volatile u64 *last = __va(end);

		for (volatile u64 *word = __va(start); word < last; word++)
			*word = pattern;
		bytes += end - start;
	}
	return bytes;
}

/* The first run of words in [*start, end) that do not keep the pattern. */
static bool __init find_bad_run(u64 pattern, u64 *start, u64 end, u64 *run_end)
{
	const volatile u64 *word = __va(*start), *last = __va(end);

	while (word < last && keeps(word, pattern))
		word++;
	*start = __pa(word);
	while (word < last && !keeps(word, pattern))
		word++;
	*run_end = __pa(word);
	return *start < *run_end;
}

static void __init reserve_bad_mem(u64 pattern, u64 start, u64 end)
{
	pr_err("memtest: %#llx bad bytes at [%#llx, %#llx), pattern %016llx", end - start, start,
	       end, pattern);
	stage_note("bad: [%#llx, %#llx) with %016llx", start, end, pattern);
	result.bad_words += (u32)((end - start) / WORD);
	for (int i = 0; i < early_res_count; i++) {
		struct early_res r = early_res[i];

		if (r.owner != OWNER_BAD_RAM || !r.end || r.start > end || r.end < start)
			continue;
		free_early(r.start, r.end);
		start = min(start, r.start);
		end = max(end, r.end);
		result.bad_runs--;
		i = -1; /* the entries have moved */
	}
	result.bad_runs++;
	reserve_early(start, end, "BAD RAM");
}

/* Reads all back. False if the list of reservations moved: then what was written is not all there. */
static bool __init check_all(u64 pattern, u64 start, u64 limit)
{
	const struct early_res *list = early_res;
	u64 end, run_end;

	while (result.bad_runs < MEMTEST_RUNS_MAX && next_piece(&start, limit, &end)) {
		if (!find_bad_run(pattern, &start, end, &run_end)) {
			start = end;
			continue;
		}
		reserve_bad_mem(pattern, start, run_end);
		if (early_res != list)
			return false;
		start = run_end;
	}
	return true;
}

static void __init do_one_pass(u64 pattern, u64 start, u64 end)
{
	u64 bytes;

	do {
		bytes = write_all(pattern, start, end);
	} while (!check_all(pattern, start, end));
	if (!result.passes)
		result.bytes = bytes;
	result.passes++;
	pr_info("memtest: pass %u, pattern %016llx: %llu bytes, %u bad words so far", result.passes,
		pattern, bytes, result.bad_words);
}

void __init early_memtest(unsigned long start, unsigned long end)
{
	u64 began = cycles_now();

	if (!result.passes_asked) {
		stage_note("memtest= asks for no pass: nothing is tested");
		return;
	}
	for (unsigned i = 0; i < stuck_count; i++)
		pr_warn("memtest: by option, bits %#llx of the word at %#llx read as 1: no real fault",
			stuck[i].bits, stuck[i].addr);
	for (u32 i = 0; i < result.passes_asked && result.bad_runs < MEMTEST_RUNS_MAX; i++)
		do_one_pass(memtest_pattern(i), start, end);
	if (result.bad_runs >= MEMTEST_RUNS_MAX) {
		result.gave_up = true;
		pr_err("memtest: %u bad runs: the test ends here", result.bad_runs);
	} else if ((result.passes_asked - 1) % MEMTEST_PATTERNS) {
		do_one_pass(0, start, end); /* wipes what the last pattern left */
	}
	result.cycles = cycles_now() - began;
	result.untested_high_pages = max_pfn - max_low_pfn;
	stage_note("%u passes over %llu bytes in [%#lx, %#lx): %u bad words in %u runs%s",
		   result.passes, result.bytes, start, end, result.bad_words, result.bad_runs,
		   result.gave_up ? "; gave up" : "");
	stage_note("%u pages of high memory are not tested: nothing maps them yet",
		   result.untested_high_pages);
}

void memstat_memtest(struct memstat_memtest *out)
{
	*out = result;
}
