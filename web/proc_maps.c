/*
 * The address maps: /proc/iomem and /proc/vmallocinfo, /sys/kernel/debug/kernel_page_tables, and
 * the firmware's own map under /sys/firmware/memmap.
 */
#include <string.h>

#include "kernel/symbols.h"
#include "mm/memstat.h"
#include "web/proc.h"
#include "web/query.h"
#include "web/request.h"

static void resource(void *arg, const struct memstat_resource *res)
{
	struct writer *w = arg;

	w_fill(w, ' ', 2 * res->depth);
	w_hex(w, res->start, 8);
	w_char(w, '-');
	w_hex(w, res->end_inclusive, 8);
	w_lit(w, " : ");
	w_str(w, res->name);
	w_char(w, '\n');
}

void proc_iomem(struct writer *w)
{
	memstat_iomem(resource, w);
}

static void vm_area(void *arg, const struct memstat_vm_area *area)
{
	static const char *const kinds[] = { [MEMSTAT_VM_ALLOC] = " vmalloc",
					     [MEMSTAT_VM_MAP] = " vmap",
					     [MEMSTAT_VM_IOREMAP] = " ioremap" };
	struct writer *w = arg;
	char symbol[96];

	w_lit(w, "0x");
	w_hex(w, area->start, 8);
	w_lit(w, "-0x");
	w_hex(w, area->start + area->bytes, 8);
	w_char(w, ' ');
	w_u32(w, area->bytes, 7);
	if (area->caller) {
		symbol_format(symbol, sizeof(symbol), area->caller);
		w_char(w, ' ');
		w_str(w, symbol);
	}
	if (area->pages) {
		w_lit(w, " pages=");
		w_u32(w, area->pages, 0);
	}
	if (area->phys) {
		w_lit(w, " phys=");
		w_hex(w, area->phys, 1);
	}
	w_str(w, kinds[area->kind]);
	w_char(w, '\n');
}

void proc_vmallocinfo(struct writer *w)
{
	memstat_vm_areas(vm_area, w);
}

/* The size of a range in the largest unit that divides it, in nine columns. */
static void range_size(struct writer *w, u64 bytes)
{
	u32 size = (u32)(bytes >> 10);
	const char *unit = "KMG";

	while (!(size & 1023) && unit[1]) {
		size >>= 10;
		unit++;
	}
	w_u32(w, size, 9);
	w_char(w, *unit);
	w_char(w, ' ');
}

/* The flags in fixed columns, 26 in all; blanks for what is not mapped. */
static void range_flags(struct writer *w, const struct memstat_pt_range *range)
{
	u32 flags = range->flags;
	bool bit7 = range->large ? flags & MEMSTAT_PT_PSE : flags & MEMSTAT_PT_PAT;

	if (!flags) {
		w_fill(w, ' ', 26);
		return;
	}
	w_str(w, flags & MEMSTAT_PT_USER ? "USR " : "    ");
	w_str(w, flags & MEMSTAT_PT_RW ? "RW " : "ro ");
	w_str(w, flags & MEMSTAT_PT_PWT ? "PWT " : "    ");
	w_str(w, flags & MEMSTAT_PT_PCD ? "PCD " : "    ");
	w_str(w, !bit7 ? "    " : range->large ? "PSE " : "pat ");
	w_str(w, flags & MEMSTAT_PT_GLOBAL ? "GLB " : "    ");
	w_str(w, flags & MEMSTAT_PT_NX ? "NX " : "x  ");
}

static void page_table_range(struct writer *w, const struct memstat_pt_range *range)
{
	w_lit(w, "0x");
	w_hex(w, range->start, 8);
	w_lit(w, "-0x");
	w_hex(w, (u32)range->end, 8);
	w_lit(w, "   ");
	range_size(w, range->end - range->start);
	range_flags(w, range);
	w_str(w, range->large ? "pgd\n" : "pte\n");
}

void sys_kernel_page_tables(struct writer *w)
{
	u32 areas = memstat_area_count();
	struct memstat_pt_range range;
	struct memstat_area area;
	u32 next = 0;

	for (u64 at = 0; memstat_pt_range(at, &range); at = range.end) {
		while (next < areas) {
			memstat_area(next, &area);
			if (area.start > range.start)
				break;
			w_lit(w, "---[ ");
			w_str(w, area.name);
			w_lit(w, " ]---\n");
			next++;
		}
		page_table_range(w, &range);
	}
}

/* ---- /sys/firmware/memmap: step 0 of the map's history ---- */

static const char memmap_root[] = "/sys/firmware/memmap/";

static void memmap_value(struct writer *w, const struct memstat_e820_entry *entry, const char *file)
{
	if (!strcmp(file, "type")) {
		w_str(w, memstat_e820_type_name(entry->type));
	} else {
		w_lit(w, "0x");
		w_hex(w, !strcmp(file, "start") ? entry->start : entry->end - 1, 1);
	}
	w_char(w, '\n');
}

int sys_firmware_memmap(const struct http_request *req, struct writer *w)
{
	const char *rest = req->path + sizeof(memmap_root) - 1;
	u32 entries = memstat_e820_entry_count(0);
	struct memstat_e820_entry entry;
	const char *file;
	u32 index;

	file = parse_u32(rest, &index);
	if (!file || *file++ != '/' || (index == 0 ? rest[1] != '/' : rest[0] == '0') ||
	    index >= entries)
		goto missing;
	if (!*file) {
		w_lit(w, "end\nstart\ntype\n");
		return 0;
	}
	if (strcmp(file, "start") && strcmp(file, "end") && strcmp(file, "type"))
		goto missing;
	memstat_e820_entry(0, index, &entry);
	memmap_value(w, &entry, file);
	return 0;

missing:
	w_printf(w, "%s: there are %u entries, from 0 on, each with start, end and type", req->path,
		 entries);
	return 404;
}
