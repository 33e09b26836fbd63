/*
 * Boot modules that extend the memory map: the counterpart of the documented list of setup_data blocks
 * of the type "e820 extension".
 *
 *	module   [ addr 8 | size 8 | type 4 ][ addr | size | type ] ...      20 bytes an entry
 *
 * A module says what it is by the word setup_data=e820_ext in its command line. It may hold any number
 * of entries, in any order. Types are 1 to 5. Where an entry overlaps the map the stronger type wins,
 * as it does among the loader's own; RAM that is new is tried before it is used.
 *
 * The module itself becomes type 128 (RAM that the kernel keeps) in the map, and an early reservation
 * "setup data", for as long as the machine runs.
 *
 * Boot only.
 *
 * Differences from the documents: the blocks are modules and not a linked list; the content is not
 * trusted; RAM that an extension adds counts as added to the loader's map, like that of memmap=.
 */
#include "mm/setup_data.h"

#include <string.h>

#include "kernel/printk.h"
#include "kernel/stage.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_res.h"
#include "mm/fixmap.h"

BUILD_BUG_ON(sizeof(struct e820entry) != 20);

/* Places in the map that stay free for the edits of later stages. */
#define ROOM_FOR_EDITS 32

/* One window holds so many entries, wherever in a page they begin. */
#define ENTRIES_A_WINDOW (PAGE_SIZE / sizeof(struct e820entry))

bool module_extends_map(const struct boot_module *m)
{
	const size_t len = sizeof(MAP_EXTENSION_WORD) - 1;
	const char *at = m->cmdline;

	if (m->start == m->end)
		return false;
	while ((at = strstr(at, MAP_EXTENSION_WORD))) {
		if ((at == m->cmdline || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
		at += len;
	}
	return false;
}

/* Why an entry cannot be taken, or NULL. */
static const char *__init wrong_entry(const struct e820entry *e)
{
	if (!e->size)
		return "its size is 0";
	if (e->addr + e->size < e->addr)
		return "its end wraps";
	return e->type < E820_RAM || e->type > E820_UNUSABLE ? "its type is none of 1 to 5" : NULL;
}

/* A sanitised map grows by two entries at most when one is added, wherever that lies. */
static bool __init map_is_full(void)
{
	return e820.nr_map + 2 > E820_X_MAX - ROOM_FOR_EDITS;
}

static void __init say_overlap(u32 number, const struct e820entry *e)
{
	for (u32 i = 0; i < e820.nr_map; i++) {
		const struct e820entry *o = &e820.map[i];

		if (e->addr >= o->addr + o->size || o->addr >= e->addr + e->size)
			continue;
		pr_warn("e820: extension entry %u [%#llx, %#llx) type %u overlaps [%#llx, %#llx) type %u: the higher type wins there",
			number, e->addr, e->addr + e->size, e->type, o->addr, o->addr + o->size,
			o->type);
		return;
	}
}

/* Returns how many of the entries were taken. */
static u32 __init take_entries(const struct e820entry *entries, u32 first, u32 count)
{
	u32 taken = 0;

	for (u32 i = 0; i < count && !map_is_full(); i++) {
		struct e820entry e = entries[i];
		const char *wrong = wrong_entry(&e);

		if (wrong) {
			pr_warn("e820: extension entry %u, start %#llx size %#llx type %u: %s: dropped",
				first + i, e.addr, e.size, e.type, wrong);
			continue;
		}
		say_overlap(first + i, &e);
		e820_add_region(e.addr, e.size, e.type);
		e820_resanitize();
		taken++;
	}
	return taken;
}

static u32 __init read_extension(const struct boot_module *m)
{
	u32 bytes = m->end - m->start, rest = bytes % sizeof(struct e820entry), taken = 0;
	u32 entries = bytes / sizeof(struct e820entry);

	if (rest)
		pr_warn("e820: extension at %#x has %u bytes, not a multiple of %zu: the last %u are left out",
			m->start, bytes, sizeof(struct e820entry), rest);
	for (u32 i = 0; i < entries && !map_is_full(); i += ENTRIES_A_WINDOW) {
		u32 count = min(entries - i, (u32)ENTRIES_A_WINDOW);
		u32 at = m->start + i * sizeof(struct e820entry);
		unsigned long size = count * sizeof(struct e820entry);
		struct e820entry *map = early_memremap(at, size);

		if (!map)
			break;
		taken += take_entries(map, i, count);
		early_iounmap(map, size);
	}
	if (taken < entries)
		pr_warn("e820: extension at %#x: %u of %u entries taken%s", m->start, taken,
			entries, map_is_full() ? ": the map is full" : "");
	stage_note("module [%#x, %#x): %u of %u entries taken, %u odd bytes", m->start, m->end,
		   taken, entries, rest);
	return taken;
}

void __init parse_setup_data(void)
{
	const char *reason;
	u32 taken = 0;

	for (u32 i = 0; i < boot_info.module_count; i++)
		if (module_extends_map(&boot_info.modules[i]))
			taken += read_extension(&boot_info.modules[i]);
	if (!taken) {
		stage_note("no entry from %u modules", boot_info.module_count);
		return;
	}
	e820_refuse_absent_ram();
	reason = e820_too_little();
	if (reason) {
		pr_err("e820: with the extension too little RAM is left: %s; it is refused",
		       reason);
		stage_note("refused: %s", reason);
		e820 = e820_saved; /* nothing has changed since that copy */
		e820_find_added();
		return;
	}
	pr_info("extended physical RAM map:");
	e820_print_map("extended");
	e820_record_step("parse_setup_data", E820_BY_OPTION);
	stage_note("%u entries appended, %u in the map", taken, e820.nr_map);
}

void __init e820_reserve_setup_data(void)
{
	u32 found = 0;

	for (u32 i = 0; i < boot_info.module_count; i++) {
		const struct boot_module *m = &boot_info.modules[i];

		if (!module_extends_map(m))
			continue;
		e820_update_range(m->start, m->end - m->start, E820_RAM, E820_RESERVED_KERN);
		stage_note("[%#x, %#x) is type %d", m->start, m->end, E820_RESERVED_KERN);
		found++;
	}
	if (!found) {
		stage_note("no extension; the copies of the loader's data are in the image");
		return;
	}
	e820_resanitize();
	e820_saved = e820;
	e820_record_step("e820_reserve_setup_data", E820_BY_TRIMMING);
	pr_info("reserve setup_data:");
	e820_print_map("reserve setup_data");
}

void __init reserve_early_setup_data(void)
{
	u32 found = 0;

	for (u32 i = 0; i < boot_info.module_count; i++) {
		const struct boot_module *m = &boot_info.modules[i];

		if (!module_extends_map(m))
			continue;
		free_early(m->start, m->end); /* as a module */
		reserve_early(m->start, m->end, "setup data");
		found++;
	}
	stage_note("%u modules reserved as \"setup data\"", found);
}
