/*
 * Early reservations: which RAM is taken before any allocator exists.
 *
 * 1. A list of { start, end, name } in no order, dense from index 0. It begins in a static array of
 *    32 and doubles into memory that it finds and describes itself:
 *
 *      early_res ──► [0] own memory (no name)  [1] first reservation  [2] ...
 *
 *    Entry 0 of a list that has grown is therefore not a reservation that anyone asked for, and is
 *    skipped when the frames are handed over (W-100): the list's own memory becomes free then.
 *
 * 2. Overlap. Ranges that firmware may already use carry overlap_ok: a later reservation cuts them
 *    so that only their parts outside it remain. Any other overlap is fatal.
 *
 *      overlap_ok   [########################)
 *      new                  [XXXXXXXX)
 *      result       [######)[XXXXXXXX)[######)
 *
 * 3. Owners. Each entry knows whose its frames will be, by its name or from the boot allocator's
 *    caller; early_res_tag_frames writes that into the descriptors.
 *
 * 4. A second list, the log, is never cut: it remembers every reservation, the stage that made it,
 *    the stage that ended it and how (cut, split, freed, moved), for /api/v1/boot. What a cut leaves
 *    over is entered anew. The list's own memory and what is released of a reservation after the
 *    hand-over (the boot bitmap, the boot code) are in it, too.
 *
 * Boot only, interrupts off. Legal from the first line of C until early_res_forget().
 *
 * Differences from the documents: after early_res_forget a reservation is a BUG instead of a write
 * through a cleared pointer; the place for a grown list is looked for in mapped memory only, also
 * below the new range.
 */
#include "mm/early_res.h"

#include <stdio.h>
#include <string.h>

#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/time.h"
#include "mm/boot_record.h"
#include "mm/check_internal.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_node_map.h"
#include "mm/memlayout.h"
#include "mm/memstat.h"
#include "mm/page_alloc.h"

#define LOG_MAX 160

static struct early_res early_res_x[MAX_EARLY_RES_X];
struct early_res *early_res = early_res_x;
int max_early_res = MAX_EARLY_RES_X;
int early_res_count;

BUILD_BUG_ON(sizeof(struct early_res) != 32); /* a power of two: it is its own alignment */
BUILD_BUG_ON(NR_OWNERS > 127);

static struct memstat_early_res log[LOG_MAX];
static u32 log_count;
static struct memstat_early_res_list list_at_end;

bool __init early_res_doubled(void)
{
	return early_res != early_res_x;
}

u64 __init get_max_mapped(void)
{
	return PFN_PHYS(max_pfn_mapped);
}

static enum page_owner __init owner_of_name(const char *name)
{
	static const struct {
		const char *name;
		enum page_owner owner;
	} known[] = {
		{ "TEXT DATA BSS", OWNER_KERNEL },	{ "BRK", OWNER_KERNEL },
		{ "PGTABLE", OWNER_PAGE_TABLE },	{ "RAMDISK", OWNER_MODULE },
		{ "NEW RAMDISK", OWNER_MODULE },	{ "BAD RAM", OWNER_BAD_RAM },
		{ "EX TRAMPOLINE", OWNER_FIRMWARE },	{ "TRAMPOLINE", OWNER_FIRMWARE },
		{ "BIOS reserved", OWNER_FIRMWARE },	{ "MP-table mpf", OWNER_FIRMWARE },
		{ "MP-table mpc", OWNER_FIRMWARE },	{ "setup data", OWNER_MODULE },
		{ "CRASH KERNEL", OWNER_CRASH_KERNEL }, { "KVA PG", OWNER_REMAP_WINDOW },
		{ "KVA RAM", OWNER_NODE_MEMORY },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(name, known[i].name))
			return known[i].owner;
	return OWNER_BOOT_ALLOC;
}

/* ---- The log ---- */

static void __init log_made(const struct early_res *r)
{
	struct memstat_early_res *e;

	if (log_count == LOG_MAX) {
		list_at_end.forgotten++;
		return;
	}
	e = &log[log_count++];
	e->start = r->start;
	e->end = r->end;
	memcpy(e->name, r->name, sizeof(e->name));
	e->made_by = asking_stage();
	e->made_cycles = cycles_now();
}

static void __init log_freed(const struct early_res *r, const char *how)
{
	for (u32 i = 0; i < log_count; i++) {
		struct memstat_early_res *e = &log[i];

		if (!e->freed_by && e->start == r->start && e->end == r->end) {
			e->freed_by = asking_stage();
			e->freed_cycles = cycles_now();
			e->how = how;
			return;
		}
	}
}

/* The list's own memory has no name in the list; in the record it has one. */
static struct early_res __init own_memory(void)
{
	struct early_res own = early_res[0];

	memcpy(own.name, "early_res list", sizeof(own.name));
	return own;
}

static void __init log_own_memory(void)
{
	const struct early_res own = own_memory();

	log_made(&own);
}

static void __init end_own_memory(const char *how)
{
	const struct early_res own = own_memory();

	log_freed(&own, how);
}

/* What becomes of `old` when [start, end) is taken out of it. */
static const char *__init how_cut(const struct early_res *old, u64 start, u64 end)
{
	bool head = old->start < start, tail = end < old->end;

	return head && tail ? "split" : head || tail ? "cut" : "freed";
}

void __init early_res_log_released(u64 start, u64 end)
{
	for (u32 i = 0; i < log_count; i++) {
		struct early_res old = { .start = log[i].start, .end = log[i].end }, rest;

		if (log[i].freed_by || start < old.start || end > old.end)
			continue;
		memcpy(old.name, log[i].name, sizeof(old.name));
		log_freed(&old, how_cut(&old, start, end));
		rest = old;
		rest.end = start;
		if (rest.start < rest.end)
			log_made(&rest);
		rest = old;
		rest.start = end;
		if (rest.start < rest.end)
			log_made(&rest);
		return;
	}
}

void memstat_early_res_list(struct memstat_early_res_list *out)
{
	*out = list_at_end;
}

u32 memstat_early_res_count(void)
{
	return log_count;
}

void memstat_early_res(u32 index, struct memstat_early_res *out)
{
	BUG_ON(index >= log_count);
	*out = log[index];
}

/* The stage whose work it was, for other records of the same kind. */
const char *__init early_res_asking_stage(void)
{
	return asking_stage();
}

u32 early_res_record_sum(void)
{
	return check_sum(log_count, log, min(log_count, (u32)LOG_MAX) * sizeof(log[0]));
}

/* ---- The list ---- */

/* The first entry that overlaps [start, end), or early_res_count. */
static int __init find_overlapped_early(u64 start, u64 end)
{
	int i;

	for (i = 0; i < early_res_count; i++)
		if (start < early_res[i].end && end > early_res[i].start)
			break;
	return i;
}

static void __init drop_range(int i)
{
	for (int k = i; k < early_res_count - 1; k++)
		early_res[k] = early_res[k + 1];
	early_res_count--;
	memset(&early_res[early_res_count], 0, sizeof(early_res[0]));
}

static u64 __init find_list_area(u64 start, u64 end, u64 size)
{
	end = min(end, get_max_mapped()); /* the list is written at once */
	if (start + size >= end)
		return ~0ull;
	return find_fw_memmap_area(start, end, size, sizeof(struct early_res));
}

/* Doubles the list, in memory outside [ex_start, ex_end), which is about to be reserved. */
static void __init double_early_res(u64 ex_start, u64 ex_end)
{
	u64 size = sizeof(struct early_res) * max_early_res * 2;
	u64 start = early_res_doubled() ? early_res[0].end : 0, mem;
	int skip = early_res_doubled(); /* the old list's own entry */
	struct early_res *new;

	mem = find_list_area(start, ex_start, size);
	if (mem == ~0ull)
		mem = find_list_area(ex_end, get_max_mapped(), size);
	if (mem == ~0ull)
		panic("early_res", "no room for a list of %d reservations below %#llx",
		      max_early_res * 2, get_max_mapped());

	if (skip)
		end_own_memory("moved");
	new = __va(mem);
	memset(new, 0, size);
	new[0].start = mem;
	new[0].end = mem + size;
	memcpy(&new[1], &early_res[skip], (early_res_count - skip) * sizeof(new[0]));
	memset(early_res, 0, early_res_count * sizeof(new[0]));
	early_res_count += 1 - skip;
	early_res = new;
	max_early_res *= 2;
	log_own_memory();
	pr_info("early_res: the list has room for %d at [%#llx, %#llx)", max_early_res, mem,
		mem + size);
	stage_note("room for %d at [%#llx, %#llx)", max_early_res, mem, mem + size);
}

static void __init __check_and_double_early_res(u64 ex_start, u64 ex_end)
{
	if (max_early_res - early_res_count > max(max_early_res / 8, 2)) {
		if (stage_first_run(STAGE_check_and_double_early_res)) {
			stage_begin(STAGE_check_and_double_early_res);
			stage_note("%d of %d used: no need to grow", early_res_count,
				   max_early_res);
			stage_end(STAGE_check_and_double_early_res);
		}
		return;
	}
	stage_begin(STAGE_check_and_double_early_res);
	double_early_res(ex_start, ex_end);
	stage_end(STAGE_check_and_double_early_res);
}

static void __init append(u64 start, u64 end, const char *name, enum page_owner owner,
			  bool overlap_ok)
{
	struct early_res *r;

	if (early_res_count >= max_early_res)
		panic("early_res", "no room for \"%s\" [%#llx, %#llx)", name, start, end);
	r = &early_res[early_res_count++];
	r->start = start;
	r->end = end;
	snprintf(r->name, sizeof(r->name), "%s", name);
	r->overlap_ok = overlap_ok;
	r->owner = owner;
	log_made(r);
}

/* Cuts every entry marked overlap_ok that [start, end) touches; what lies outside stays. */
static void __init drop_overlaps_that_are_ok(u64 start, u64 end)
{
	for (int i = 0; i < early_res_count; i++) {
		struct early_res old = early_res[i];

		if (!old.overlap_ok || start >= old.end || end <= old.start)
			continue;
		log_freed(&old, how_cut(&old, start, end));
		drop_range(i--);
		if (old.start < start)
			append(old.start, start, old.name, old.owner, true);
		if (end < old.end)
			append(end, old.end, old.name, old.owner, true);
	}
}

bool __init early_res_allows(u64 start, u64 end)
{
	for (int i = 0; i < early_res_count; i++)
		if (!early_res[i].overlap_ok && start < early_res[i].end &&
		    end > early_res[i].start)
			return false;
	return true;
}

static void __init __reserve_early(u64 start, u64 end, const char *name, bool overlap_ok)
{
	int i;

	BUG_ON(!early_res);
	if (start >= end)
		return;
	stage_begin(STAGE_reserve_early);
	__check_and_double_early_res(start, end);
	drop_overlaps_that_are_ok(start, end);
	i = find_overlapped_early(start, end);
	if (i < early_res_count)
		panic("early_res", "\"%s\" [%#llx, %#llx) overlaps \"%s\" [%#llx, %#llx)", name,
		      start, end, early_res[i].name, early_res[i].start, early_res[i].end);
	append(start, end, name, owner_of_name(name), overlap_ok);
	stage_note("\"%s\" [%#llx, %#llx)%s", name, start, end, overlap_ok ? ", may be cut" : "");
	stage_end(STAGE_reserve_early);
}

void __init reserve_early(u64 start, u64 end, const char *name)
{
	__reserve_early(start, end, name, false);
}

void __init reserve_early_overlap_ok(u64 start, u64 end, const char *name)
{
	__reserve_early(start, end, name, true);
}

void __init reserve_early_without_check(u64 start, u64 end, const char *name, enum page_owner owner)
{
	BUG_ON(!early_res);
	if (start >= end)
		return;
	__check_and_double_early_res(start, end);
	append(start, end, name, owner, false);
}

void __init free_early(u64 start, u64 end)
{
	int i = find_overlapped_early(start, end);

	if (i >= early_res_count || early_res[i].start != start || early_res[i].end != end)
		panic("early_res", "free_early of [%#llx, %#llx), which is not reserved", start,
		      end);
	log_freed(&early_res[i], "freed");
	drop_range(i);
}

void __init free_early_partial(u64 start, u64 end)
{
	int i;

	if (start >= end)
		return;
	while ((i = find_overlapped_early(start, end)) < early_res_count) {
		struct early_res old = early_res[i];

		log_freed(&old, how_cut(&old, start, end));
		drop_range(i);
		if (old.start < start)
			append(old.start, start, old.name, old.owner, old.overlap_ok);
		if (end < old.end)
			append(end, old.end, old.name, old.owner, old.overlap_ok);
	}
}

/* ---- Searching ---- */

bool __init bad_addr(u64 *addr, u64 size, u64 align)
{
	u64 asked = *addr;
	int i;

	while ((i = find_overlapped_early(*addr, *addr + size)) < early_res_count)
		*addr = round_up(early_res[i].end, align);

	if (stage_first_run(STAGE_bad_addr)) {
		stage_begin(STAGE_bad_addr);
		stage_note("%#llx bytes at %#llx: %s %#llx (%d reservations)", size, asked,
			   *addr == asked ? "free," : "moved to", *addr, early_res_count);
		stage_end(STAGE_bad_addr);
	} else {
		stage_count_run(STAGE_bad_addr);
	}
	return *addr != asked;
}

static u64 __init search_area(u64 ei_start, u64 ei_last, u64 start, u64 end, u64 size, u64 align)
{
	u64 addr = round_up(ei_start, align);

	if (addr < ei_start) /* no multiple of align before the end of the address space */
		return ~0ull;
	if (addr < start)
		addr = round_up(start, align);
	if (addr >= ei_last)
		return ~0ull;
	while (bad_addr(&addr, size, align) && addr + size <= ei_last)
		;
	if (addr + size > ei_last || addr + size > end)
		return ~0ull;
	return addr;
}

u64 __init find_early_area(u64 ei_start, u64 ei_last, u64 start, u64 end, u64 size, u64 align)
{
	u64 addr;

	if (!stage_first_run(STAGE_find_early_area)) {
		stage_count_run(STAGE_find_early_area);
		return search_area(ei_start, ei_last, start, end, size, align);
	}
	stage_begin(STAGE_find_early_area);
	addr = search_area(ei_start, ei_last, start, end, size, align);
	stage_note("in [%#llx, %#llx): %#llx", ei_start, ei_last, addr);
	stage_end(STAGE_find_early_area);
	return addr;
}

/* ---- The hand-over ---- */

static void __init tag_ram(unsigned long start, unsigned long end, void *owner_arg)
{
	enum page_owner owner = *(const enum page_owner *)owner_arg;

	for (unsigned long pfn = start; pfn < end; pfn++) {
		struct page *page = pfn_to_page(pfn);

		if (page_owner(page) != OWNER_NONE)
			continue; /* claimed before */
		set_page_owner(page, owner);
		owner_pages[owner]++;
		if (owner == OWNER_PAGE_TABLE)
			page_zone(page)->vm_stat[NR_PAGETABLE]++;
	}
}

void __init boot_tag_frames(u64 start, u64 end, enum page_owner owner)
{
	u64 last = min(end, (u64)max_low_pfn);

	/* only frames of RAM: others may not even have a descriptor */
	work_with_active_regions(MAX_NUMNODES, (unsigned long)min(start, last), (unsigned long)last,
				 tag_ram, &owner);
}

void __init early_res_tag_frames(void)
{
	BUG_ON(!mem_map);
	for (int i = early_res_doubled(); i < early_res_count; i++)
		boot_tag_frames(early_res[i].start >> PAGE_SHIFT,
				(early_res[i].end + PAGE_SIZE - 1) >> PAGE_SHIFT,
				early_res[i].owner);
}

void __init early_res_forget(void)
{
	list_at_end.capacity = (u32)max_early_res;
	list_at_end.used = (u32)(early_res_count - early_res_doubled());
	if (early_res_doubled()) { /* its memory is handed over with all that is free */
		list_at_end.start = early_res[0].start;
		list_at_end.end = early_res[0].end;
		end_own_memory("freed");
	}
	early_res_count = 0;
	early_res = NULL;
}
