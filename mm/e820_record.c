/*
 * The record of the memory map: a copy of each state that differs from the one before, and what
 * became of every frame of the loader's map.
 *
 * Step 0 is the firmware's map as the loader gave it (boot_info, not copied here); step 1 is the
 * loader's map, sanitised: the set L of frames that all counting starts from. For a later state R,
 * sanitised too,
 *
 *	lost in this step = |L and R before| - |L and R now|          (frames below 4 GiB)
 *
 * so that each frame of L is lost once, in the step that took it away, and frames that an option
 * adds beyond L disturb nothing: they are listed on their own.
 *
 *	L       [1111111111111)      [22222222)           [333333)
 *	R       [1111)   [11111 added 22222222)
 *	             lost                                  lost
 *
 * An entry's frames are those wholly inside it: [PFN_UP(start), PFN_DOWN(end)).
 *
 * Everything is static and bounded; a state that finds no room is logged and not kept, but its
 * frames are counted all the same. L always fits, being first.
 */
#include <string.h>

#include "kernel/boot/boot_info.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "mm/check_internal.h"
#include "mm/e820.h"
#include "mm/memlayout.h"
#include "mm/memstat.h"

#define STEPS_MAX 24
#define POOL_ENTRIES 512
#define ADDED_MAX 32

BUILD_BUG_ON(POOL_ENTRIES < E820_X_MAX);

static struct {
	const char *name;
	u64 cycles;
	u16 first, count; /* in pool[] */
} steps[STEPS_MAX];
static u32 step_count;
static struct e820entry pool[POOL_ENTRIES];
static u32 pool_used;

static struct e820_frames frames;
static u32 common_before;	      /* |L and R| after the last step, below 4 GiB */
static struct range added[ADDED_MAX]; /* R without L, in pfn */
static u32 added_count;
static u64 used_below = MAX_ARCH_PFN; /* frames from here up are not used, whatever the map says */

/* An entry's frames of RAM in [0, limit). */
static struct range __init ram_frames(const struct e820entry *e, u64 limit)
{
	return range_intersect(e820_ram_frames(e), (struct range){ 0, limit });
}

static u32 __init saturate(u64 pages)
{
	return (u32)min_t(u64, pages, 0xFFFFFFFFull);
}

static const struct e820entry *__init loader_map(u32 *count)
{
	BUG_ON(!step_count);
	*count = steps[0].count;
	return &pool[steps[0].first];
}

/* |L and e820| among frames below limit. */
static u32 __init common_frames(u64 limit)
{
	u32 nr;
	const struct e820entry *loader = loader_map(&nr);
	u64 sum = 0;

	for (u32 i = 0; i < nr; i++) {
		struct range l = ram_frames(&loader[i], limit);

		for (u32 k = 0; k < e820.nr_map && !range_empty(l); k++)
			sum += range_len(range_intersect(l, ram_frames(&e820.map[k], limit)));
	}
	return saturate(sum);
}

static void __init add_added(struct range r)
{
	if (range_empty(r))
		return;
	frames.added_by_option_pages += saturate(range_len(r));
	if (added_count == ADDED_MAX) {
		pr_err("e820: frames [%#llx, %#llx) were added by an option but are not listed",
		       r.start, r.end);
		return;
	}
	added[added_count++] = r;
}

/* Lists e820 without L, as far as it is used. L is ascending and disjoint, so each gap is found in turn. */
void __init e820_find_added(void)
{
	u32 nr;
	const struct e820entry *loader = loader_map(&nr);

	added_count = 0;
	frames.added_by_option_pages = 0;
	for (u32 k = 0; k < e820.nr_map; k++) {
		struct range rest = ram_frames(&e820.map[k], used_below);

		for (u32 i = 0; i < nr && !range_empty(rest); i++) {
			struct range l = ram_frames(&loader[i], used_below);

			if (!range_overlaps(l, rest))
				continue;
			add_added((struct range){ rest.start, l.start });
			rest.start = l.end;
		}
		add_added(rest);
	}
}

static bool __init same_as_last(void)
{
	return step_count && steps[step_count - 1].count == e820.nr_map &&
	       !memcmp(&pool[steps[step_count - 1].first], e820.map, e820.nr_map * sizeof(pool[0]));
}

static void __init keep_copy(const char *step)
{
	if (same_as_last())
		return;
	if (step_count == STEPS_MAX || pool_used + e820.nr_map > POOL_ENTRIES) {
		pr_warn("e820: no room to keep the map after \"%s\" (%u entries)", step,
			e820.nr_map);
		return;
	}
	steps[step_count].name = step;
	steps[step_count].cycles = cycles_now();
	steps[step_count].first = (u16)pool_used;
	steps[step_count].count = (u16)e820.nr_map;
	memcpy(&pool[pool_used], e820.map, e820.nr_map * sizeof(pool[0]));
	pool_used += e820.nr_map;
	step_count++;
}

/* Frames that come back are taken from what this reason had lost, and then from the other: all that is
 * not there now was lost for one of the two, so neither goes below 0. */
static void __init count_lost(u32 common_now, enum e820_reason reason)
{
	bool option = reason == E820_BY_OPTION;
	u32 *own = option ? &frames.cut_by_option_pages : &frames.trimmed_pages;
	u32 *other = option ? &frames.trimmed_pages : &frames.cut_by_option_pages;

	if (common_now <= common_before) {
		*own += common_before - common_now;
	} else {
		u32 back = common_now - common_before, mine = min(back, *own);

		*own -= mine;
		*other -= back - mine;
	}
	common_before = common_now;
}

void __init e820_record_step(const char *step, enum e820_reason reason)
{
	keep_copy(step);
	if (reason == E820_BY_LOADER) {
		BUG_ON(step_count != 1);
		frames.ram_pages = common_frames(~0ull >> PAGE_SHIFT);
		common_before = common_frames(MAX_ARCH_PFN);
		frames.above_4g_pages = frames.ram_pages - common_before;
		return;
	}
	count_lost(common_frames(used_below), reason);
	e820_find_added();
}

void __init e820_record_limit(unsigned long limit_pfn, enum e820_reason reason)
{
	used_below = min(limit_pfn, MAX_ARCH_PFN);
	count_lost(common_frames(used_below), reason);
	e820_find_added(); /* what one option adds another may cut off again */
}

u32 e820_record_sum(void)
{
	const u32 counts[] = { step_count, pool_used, added_count, boot_info.map_count };
	u32 sum = check_sum(0, counts, sizeof(counts));

	sum = check_sum(sum, steps, sizeof(steps));
	sum = check_sum(sum, pool, sizeof(pool));
	sum = check_sum(sum, boot_info.map, sizeof(boot_info.map));
	return check_sum(sum, added, sizeof(added));
}

void e820_get_frames(struct e820_frames *out)
{
	*out = frames;
}

u32 e820_added_count(void)
{
	return added_count;
}

struct range e820_added_range(u32 i)
{
	BUG_ON(i >= added_count);
	return added[i];
}

/* ---- memstat.h: the map's history ---- */

u32 memstat_e820_step_count(void)
{
	return 1 + step_count;
}

const char *memstat_e820_step_name(u32 step)
{
	BUG_ON(step > step_count);
	return step ? steps[step - 1].name : "firmware";
}

u64 memstat_e820_step_cycles(u32 step)
{
	BUG_ON(step > step_count);
	return step ? steps[step - 1].cycles : 0;
}

u32 memstat_e820_entry_count(u32 step)
{
	BUG_ON(step > step_count);
	return step ? steps[step - 1].count : boot_info.map_count;
}

void memstat_e820_entry(u32 step, u32 index, struct memstat_e820_entry *out)
{
	BUG_ON(index >= memstat_e820_entry_count(step));
	if (step) {
		const struct e820entry *e = &pool[steps[step - 1].first + index];

		*out = (struct memstat_e820_entry){ e->addr, e->addr + e->size, e->type };
	} else {
		const struct boot_map_entry *e = &boot_info.map[index];

		*out = (struct memstat_e820_entry){ e->start, e->start + e->size, e->type };
	}
}

u32 memstat_e820_saved_count(void)
{
	return e820_saved.nr_map;
}

void memstat_e820_saved(u32 index, struct memstat_e820_entry *out)
{
	const struct e820entry *e = &e820_saved.map[index];

	BUG_ON(index >= e820_saved.nr_map);
	*out = (struct memstat_e820_entry){ e->addr, e->addr + e->size, e->type };
}

const char *memstat_e820_type_name(u32 type)
{
	return e820_type_name(type);
}
