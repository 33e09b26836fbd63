/*
 * The memory map: what of the physical address space is RAM.
 *
 * 1. The map is an array of { address, size, type }. Firmware's may overlap in any way, be
 *    unsorted and hold empty entries; sanitize_e820_map makes it disjoint and ascending, with the
 *    strongest type winning where entries overlap:
 *
 *      RAM       [################)
 *      reserved         [#####)            types 1 and 2
 *      result    [ RAM  )[resv)[ RAM)
 *
 *    Editing (e820_update_range, e820_remove_range) works on any map and may leave new pieces at
 *    its end, so that callers sanitise afterwards.
 *
 * 2. Searching: find_e820_area looks through the RAM entries from the bottom for a piece that
 *    early_res.c has not reserved.
 *
 * 3. The record: e820_record_step keeps a copy of the map after each step that changed it. The
 *    first one is the loader's map, which all counting of frames starts from: for each later
 *    state R the frames lost are |L and R before| - |L and R now|, where an entry's frames are
 *    those that lie in it wholly.
 *
 * e820 changes only before the zones exist; nothing here allocates; interrupts are off.
 *
 * Where this differs from the documents: sanitising does not sort a list of change points but
 * looks for the next one in the map each time, which needs no memory for the list (maps are
 * short), with the same outcome.
 */
#include "mm/e820.h"

#include <string.h>

#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "mm/boot_record.h"
#include "mm/early_res.h"
#include "mm/memlayout.h"

struct e820map e820;
struct e820map e820_saved;

static u64 entry_end(const struct e820entry *e)
{
	return e->addr + e->size;
}

const char *e820_type_name(u32 type)
{
	switch (type) {
	case E820_RAM:
	case E820_RESERVED_KERN: return "System RAM";
	case E820_ACPI: return "ACPI Tables";
	case E820_NVS: return "ACPI Non-volatile Storage";
	case E820_UNUSABLE: return "Unusable memory";
	default: return "reserved";
	}
}

void __init e820_print_map(const char *who)
{
	for (u32 i = 0; i < e820.nr_map; i++)
		pr_info("  %s: [%#013llx, %#013llx) %s%s", who, e820.map[i].addr,
			entry_end(&e820.map[i]), e820_type_name(e820.map[i].type),
			e820.map[i].type == E820_RESERVED_KERN ? " (kept)" : "");
}

/* ---- Sanitising (W-10) ---- */

/* The strongest type that covers the address; 0 if none does. */
static u32 __init type_at(const struct e820entry *map, u32 nr, u64 addr)
{
	u32 type = 0;

	for (u32 i = 0; i < nr; i++)
		if (addr >= map[i].addr && addr < entry_end(&map[i]) && map[i].type > type)
			type = map[i].type;
	return type;
}

/* Finds the lowest start or end of an entry above (or, the first time, at) addr. */
static bool __init next_change_point(const struct e820entry *map, u32 nr, bool first, u64 *addr)
{
	bool found = false;
	u64 best = ~0ull;

	for (u32 i = 0; i < nr; i++) {
		u64 points[2] = { map[i].addr, entry_end(&map[i]) };

		if (!map[i].size)
			continue;
		for (int k = 0; k < 2; k++) {
			if ((first || points[k] > *addr) && (!found || points[k] < best)) {
				best = points[k];
				found = true;
			}
		}
	}
	*addr = best;
	return found;
}

int __init sanitize_e820_map(struct e820entry *map, u32 max_nr_map, u32 *nr_map)
{
	static struct e820entry in[E820_X_MAX];
	u32 nr = *nr_map, out = 0, last_type = 0;
	u64 point = 0;
	bool first = true;

	if (nr < 2 || nr > E820_X_MAX)
		return -1;
	for (u32 i = 0; i < nr; i++)
		if (entry_end(&map[i]) < map[i].addr)
			return -1;
	memcpy(in, map, nr * sizeof(in[0]));

	while (next_change_point(in, nr, first, &point)) {
		u32 type = type_at(in, nr, point);

		first = false;
		if (type == last_type)
			continue;
		if (last_type) {
			map[out].size = point - map[out].addr;
			if (++out >= max_nr_map)
				break;
		}
		if (type) {
			map[out].addr = point;
			map[out].type = type;
		}
		last_type = type;
	}
	*nr_map = out;
	return 0;
}

int __init append_e820_map(const struct e820entry *map, u32 nr)
{
	if (nr < 2)
		return -1;
	for (u32 i = 0; i < nr; i++) {
		if (map[i].addr > entry_end(&map[i]))
			return -1;
		e820_add_region(map[i].addr, map[i].size, map[i].type);
	}
	return 0;
}

void __init e820_resanitize(void)
{
	if (e820.nr_map > 1)
		sanitize_e820_map(e820.map, E820_X_MAX, &e820.nr_map);
}

/* ---- Editing (W-11) ---- */

static void __init add_entry(struct e820map *m, u64 start, u64 size, u32 type)
{
	struct e820entry *e;

	if (m->nr_map >= E820_X_MAX) {
		pr_err("e820: no room for [%#llx, %#llx) %s: dropped", start, start + size,
		       e820_type_name(type));
		return;
	}
	e = &m->map[m->nr_map++];
	e->addr = start;
	e->size = size;
	e->type = type;
}

void __init e820_add_region(u64 start, u64 size, u32 type)
{
	STAGE_NOTE_ONCE(e820_add_region, "first: [%#llx, %#llx) %s", start, start + size,
			e820_type_name(type));
	record_e820_edit(MEMSTAT_E820_ADD, start, start + size, 0, type, size);
	add_entry(&e820, start, size, type);
}

/*
 * The one edit behind update and remove: new_type 0 removes.
 *
 *	entry             [###############)      [###)        [#######)
 *	[start, end)           [----)          [--------)         [-------)
 *	               cut in three: tail   changed whole   entry shrinks, the
 *	               and middle are added                 common part is added
 */
static u64 __init edit_range(struct e820map *m, u64 start, u64 size, u32 old_type, u32 new_type)
{
	u64 end = size > ~0ull - start ? ~0ull : start + size;
	u64 changed = 0;
	u32 nr = m->nr_map; /* pieces that are added need no second look */

	for (u32 i = 0; i < nr; i++) {
		struct e820entry *e = &m->map[i];
		u64 e_end = entry_end(e);
		u64 lo = max(start, (u64)e->addr), hi = min(end, e_end);

		if (e->type != old_type || lo >= hi)
			continue;
		changed += hi - lo;
		if (lo == e->addr && hi == e_end) {
			if (new_type)
				e->type = new_type;
			else
				memset(e, 0, sizeof(*e));
			continue;
		}
		if (new_type)
			add_entry(m, lo, hi - lo, new_type);
		if (lo == e->addr) { /* the upper part stays */
			e->addr = hi;
			e->size = e_end - hi;
		} else { /* the lower part stays, and what lies above the edit */
			e->size = lo - e->addr;
			if (hi < e_end)
				add_entry(m, hi, e_end - hi, old_type);
		}
	}
	return changed;
}

u64 __init e820_update_range(u64 start, u64 size, u32 old_type, u32 new_type)
{
	u64 changed;

	BUG_ON(old_type == new_type || !new_type);
	stage_begin(STAGE_e820_update_range);
	changed = edit_range(&e820, start, size, old_type, new_type);
	record_e820_edit(MEMSTAT_E820_UPDATE, start, start + size, old_type, new_type, changed);
	pr_info("e820: [%#llx, %#llx) %s -> %s: %llu bytes", start, start + size,
		e820_type_name(old_type), e820_type_name(new_type), changed);
	stage_note("[%#llx, %#llx) type %u -> %u: %llu bytes", start, start + size, old_type,
		   new_type, changed);
	stage_end(STAGE_e820_update_range);
	return changed;
}

u64 __init e820_update_range_saved(u64 start, u64 size, u32 old_type, u32 new_type)
{
	return edit_range(&e820_saved, start, size, old_type, new_type);
}

u64 __init e820_remove_range(u64 start, u64 size, u32 old_type)
{
	u64 changed;

	stage_begin(STAGE_e820_remove_range);
	changed = edit_range(&e820, start, size, old_type, 0);
	record_e820_edit(MEMSTAT_E820_REMOVE, start, start + size, old_type, 0, changed);
	pr_info("e820: [%#llx, %#llx) %s removed: %llu bytes", start, start + size,
		e820_type_name(old_type), changed);
	stage_note("[%#llx, %#llx) type %u removed: %llu bytes", start, start + size, old_type,
		   changed);
	stage_end(STAGE_e820_remove_range);
	return changed;
}

/* ---- Asking ---- */

unsigned long __init e820_end_pfn(unsigned long limit_pfn)
{
	unsigned long last = 0;

	for (u32 i = 0; i < e820.nr_map; i++) {
		const struct e820entry *e = &e820.map[i];
		u64 end_pfn = entry_end(e) >> PAGE_SHIFT;

		if (e->type != E820_RAM || e->addr >> PAGE_SHIFT >= limit_pfn)
			continue;
		if (end_pfn > limit_pfn) {
			last = limit_pfn;
			break;
		}
		last = max(last, (unsigned long)end_pfn);
	}
	return last;
}

unsigned long __init e820_end_of_ram_pfn(void)
{
	unsigned long last = e820_end_pfn(MAX_ARCH_PFN);

	pr_info("e820: RAM ends at pfn %#lx, the limit is %#lx", last, MAX_ARCH_PFN);
	stage_note("last_pfn = %#lx, limit %#lx", last, MAX_ARCH_PFN);
	return last;
}

bool __init e820_all_mapped(u64 start, u64 end, u32 type)
{
	for (u32 i = 0; i < e820.nr_map && start < end; i++) {
		const struct e820entry *e = &e820.map[i];

		if (e->type == type && e->addr <= start && start < entry_end(e))
			start = entry_end(e);
	}
	return start >= end;
}

u64 __init find_e820_area(u64 start, u64 end, u64 size, u64 align)
{
	u64 addr = ~0ull;

	for (u32 i = 0; i < e820.nr_map && addr == ~0ull; i++) {
		const struct e820entry *e = &e820.map[i];

		if (e->type == E820_RAM)
			addr = find_early_area(e->addr, entry_end(e), start, end, size, align);
	}
	if (stage_first_run(STAGE_find_e820_area)) {
		stage_begin(STAGE_find_e820_area);
		stage_note("%#llx bytes in [%#llx, %#llx), align %#llx: %#llx", size, start, end,
			   align, addr);
		stage_end(STAGE_find_e820_area);
	} else {
		stage_count_run(STAGE_find_e820_area);
	}
	return addr;
}

/* The free piece of [*start, limit) with the lowest start in one entry. */
static bool __init free_piece_in(const struct e820entry *e, u64 *start, u64 limit, u64 *end)
{
	u64 addr = max(*start, (u64)e->addr);

	*end = min(limit, entry_end(e));
	if (e->type != E820_RAM)
		return false;
	for (int i = 0; i < early_res_count; i++) {
		if (addr >= *end)
			return false;
		if (early_res[i].end > addr && early_res[i].start <= addr) {
			addr = early_res[i].end;
			*end = min(limit, entry_end(e));
			i = -1; /* an earlier one may cover this place, or end the piece */
		} else if (early_res[i].start > addr) {
			*end = min(*end, early_res[i].start);
		}
	}
	*start = addr;
	return addr < *end;
}

bool __init find_e820_area_size(u64 *start, u64 limit, u64 *end)
{
	u64 best = ~0ull, best_end = 0;

	for (u32 i = 0; i < e820.nr_map; i++) {
		u64 piece = *start, piece_end;

		if (free_piece_in(&e820.map[i], &piece, limit, &piece_end) && piece < best) {
			best = piece;
			best_end = piece_end;
		}
	}
	*start = best;
	*end = best_end;
	return best != ~0ull;
}

u64 __init find_fw_memmap_area(u64 start, u64 end, u64 size, u64 align)
{
	u64 addr;

	stage_begin(STAGE_find_fw_memmap_area);
	addr = find_e820_area(start, end, size, align);
	stage_note("%#llx bytes in [%#llx, %#llx): %#llx", size, start, end, addr);
	stage_end(STAGE_find_fw_memmap_area);
	return addr;
}
