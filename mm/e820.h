/*
 * The memory map: what of the physical address space is RAM (W-10, W-11, W-26).
 */
#ifndef MM_E820_H
#define MM_E820_H

#include "kernel/lib/range.h"
#include "kernel/lib/types.h"

#define E820_FIRMWARE_MAX 128 /* entries taken from firmware (W-10) */

/* Room for what 128 overlapping entries sanitise to (at most 255), and for options. */
#define E820_X_MAX 256

/* Types, in rising strength: where entries overlap the highest wins. */
enum e820_type {
	E820_RAM = 1,
	E820_RESERVED = 2,
	E820_ACPI = 3,
	E820_NVS = 4,
	E820_UNUSABLE = 5,
	E820_RESERVED_KERN = 128, /* RAM that the kernel keeps for itself (W-13) */
};

struct e820entry {
	u64 addr; /* bytes */
	u64 size; /* bytes */
	u32 type; /* enum e820_type, or what firmware made of it */
} __packed;

struct e820map {
	u32 nr_map;
	struct e820entry map[E820_X_MAX];
};

/* Page frames wholly inside an entry, in 64 bits; empty (start == end) unless it is RAM. */
static inline struct range e820_ram_frames(const struct e820entry *e)
{
	struct range r = { (e->addr >> PAGE_SHIFT) + !IS_ALIGNED((u64)e->addr, PAGE_SIZE),
			   (e->addr + e->size) >> PAGE_SHIFT };

	if (e->type != E820_RAM || r.end < r.start)
		r.end = r.start;
	return r;
}

extern struct e820map e820;	  /* the working map */
extern struct e820map e820_saved; /* as it was before any option or trimming (W-10) */

/*
 * Removes overlaps from nr_map entries at map and sorts them; at most max_nr_map remain. Returns 0,
 * or -1 if nothing was done: fewer than two entries, or one whose end wraps. W-10
 */
int sanitize_e820_map(struct e820entry *map, u32 max_nr_map, u32 *nr_map);

/*
 * Adds nr entries to e820. Returns -1 (with the entries before the bad one added) for fewer than
 * two entries, or for one whose end wraps. W-10
 */
int append_e820_map(const struct e820entry *map, u32 nr);

/* Sanitises e820 after edits; one entry or none is left as it is. W-11 */
void e820_resanitize(void);

/* Adds one entry at the end; logs and drops it if the map is full. W-11 */
void e820_add_region(u64 start, u64 size, u32 type);

/*
 * Changes what is of old_type in [start, start + size) to new_type. New pieces go to the end of the
 * map: sanitise afterwards. Returns the bytes changed. W-11
 */
u64 e820_update_range(u64 start, u64 size, u32 old_type, u32 new_type);

/* The same in e820_saved, for the few changes that it takes part in (W-13, W-27). */
u64 e820_update_range_saved(u64 start, u64 size, u32 old_type, u32 new_type);

/* The same, but the common part vanishes. W-11 */
u64 e820_remove_range(u64 start, u64 size, u32 old_type);

/* Logs every entry under the name `who`. */
void e820_print_map(const char *who);

/* "System RAM", "reserved" ... */
const char *e820_type_name(u32 type);

/* One past the last page of RAM below limit_pfn, holes included. W-26 */
unsigned long e820_end_pfn(unsigned long limit_pfn);
unsigned long e820_end_of_ram_pfn(void);

/* True if all of [start, end) is of this type in e820. => e820 is sanitised */
bool e820_all_mapped(u64 start, u64 end, u32 type);

/* First fit: `size` bytes at a multiple of `align` within [start, end), in RAM and not reserved;
 * ~0 if there is none. W-38 */
u64 find_e820_area(u64 start, u64 end, u64 size, u64 align);

/*
 * The first free piece at or above *start: RAM of the map, below `limit`, that no reservation touches,
 * of any size. Sets *start and *end; false if there is none. The map may be unsorted. W-30, W-46
 */
bool find_e820_area_size(u64 *start, u64 limit, u64 *end);

/* The same search under the name that the boot allocator's code uses for it. W-37 */
u64 find_fw_memmap_area(u64 start, u64 end, u64 size, u64 align);

/* ---- The record: each state of the map, and what became of the loader's frames ---- */

/* Why frames of the loader's map stopped being RAM. */
enum e820_reason {
	E820_BY_LOADER,	  /* nothing is lost: this is the map everything is compared with */
	E820_BY_OPTION,	  /* mem=, memmap=, highmem= */
	E820_BY_TRIMMING, /* BIOS area, errata, MTRRs, tables handed over */
};

/*
 * Keeps a copy of e820 under the name `step`, unless it is the same as the last one, and counts
 * the frames that were lost since the last call. The first call, with E820_BY_LOADER, sets the map
 * that frames are counted against. => e820 is sanitised
 */
void e820_record_step(const char *step, enum e820_reason reason);

/* Counts frames as lost because pages from `limit_pfn` up are not used. */
void e820_record_limit(unsigned long limit_pfn, enum e820_reason reason);

/*
 * The frames of the loader's map (sanitised, before any option) that have no descriptor, by
 * reason, in pages. ram_pages less the other three is the number of frames with a descriptor.
 */
struct e820_frames {
	u32 ram_pages;		   /* all frames of RAM in the loader's map */
	u32 above_4g_pages;	   /* of them at or above 4 GiB */
	u32 cut_by_option_pages;   /* below 4 GiB, taken away by options */
	u32 trimmed_pages;	   /* below 4 GiB, taken away by the kernel */
	u32 added_by_option_pages; /* RAM that is not in the loader's map; in none of the above */
};

void e820_get_frames(struct e820_frames *out);

/* Checksum of the record but for these counters, which the check counts again. */
u32 e820_record_sum(void);

/* Lists them anew for the map as it is: e820_record_step does, too. => e820 is sanitised */
void e820_find_added(void);

/* The added frames as ranges of pfn: how many, and the i-th. For counting their uses. */
u32 e820_added_count(void);
struct range e820_added_range(u32 i);

#endif
