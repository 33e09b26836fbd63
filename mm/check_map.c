/*
 * Every frame of the loader's map is in one use (check_map).
 *
 * With L the frames of RAM in the loader's map and R those the zones are made of, both below
 * 4 GiB, and | | the number of frames:
 *
 *      |L| with the part above 4 GiB    = ram_pages
 *      |L above 4 GiB|                  = above_4g_pages
 *      |L| - |L and R|                  = cut_by_option_pages + trimmed_pages
 *      |R| - |L and R|                  = added_by_option_pages
 *      |R|                              = descriptors that are not holes
 *
 * The right-hand sides are counters; the left-hand sides are counted here from the copy of the
 * loader's map that the boot record keeps, the working map, and the zones of the seal.
 */
#include "mm/check_internal.h"

/* The i-th entry of the loader's map, as frames. */
static struct range loader_frames(u32 i)
{
	struct memstat_e820_entry m;
	struct e820entry e;

	memstat_e820_entry(1, i, &m);
	e = (struct e820entry){ .addr = m.start, .size = m.end - m.start, .type = m.type };
	return e820_ram_frames(&e);
}

/* Frames of r that are both in the working map and among those with a descriptor. */
static u64 frames_in_zones(struct range r)
{
	u64 sum = 0;

	r = range_intersect(r, (struct range){ mm_seal.map_start_pfn, mm_seal.map_end_pfn });
	for (u32 k = 0; k < e820.nr_map && !range_empty(r); k++)
		sum += range_len(range_intersect(r, e820_ram_frames(&e820.map[k])));
	return sum;
}

void check_map(struct memstat_check *check, unsigned long ram)
{
	const struct range below_4g = { 0, MAX_ARCH_PFN }, above_4g = { MAX_ARCH_PFN, ~0ull };
	u64 loader = 0, above = 0, common = 0, used = frames_in_zones(below_4g);
	struct e820_frames frames;
	unsigned long ram_pages;

	if (memstat_e820_step_count() < 2) {
		check_report(check, "loader's map", "boot record", "kept", "not kept");
		return;
	}
	for (u32 i = 0; i < memstat_e820_entry_count(1); i++) {
		struct range r = loader_frames(i);

		loader += range_len(r);
		above += range_len(range_intersect(r, above_4g));
		common += frames_in_zones(r);
	}
	e820_get_frames(&frames);
	ram_pages = (unsigned long)min(loader, (u64)0xFFFFFFFF); /* as the record counts */
	check_equal(check, "ram_pages", "loader's map", ram_pages, frames.ram_pages);
	check_equal(check, "above_4g", "loader's map", ram_pages - (unsigned long)(loader - above),
		    frames.above_4g_pages);
	check_equal(check, "cut_by_option + trimmed", "loader's map",
		    (unsigned long)(loader - above - common),
		    frames.cut_by_option_pages + frames.trimmed_pages);
	check_equal(check, "added_by_option", "memory map", (unsigned long)(used - common),
		    frames.added_by_option_pages);
	check_equal(check, "frames of RAM with a descriptor", "memory map", (unsigned long)used,
		    ram);
}
