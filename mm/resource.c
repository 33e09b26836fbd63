/*
 * The tree of physical address ranges by use.
 *
 *	iomem [0, 4 GiB)
 *	  ├─ System RAM   00100000-3ffdffff
 *	  │    ├─ Kernel code
 *	  │    ├─ Kernel data
 *	  │    └─ Kernel bss
 *	  └─ reserved     3ffe0000-3fffffff
 *
 * Siblings ascend and do not overlap; a child lies wholly in its parent. The image's sections are
 * inserted before the map's entries, which then become their parents.
 *
 * A second tree, of the same kind, holds the I/O ports. The ranges of PCI devices are entered in both
 * when the buses are scanned.
 *
 * Difference from the documents: reserved ranges above 1 MiB, which wait there until PCI devices
 * have been given their places, are inserted last but in the same step: the firmware has placed the
 * devices already, and what it says of them nests.
 */
#include "mm/resource.h"

#include "kernel/firmware/firmware.h"
#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/sections.h"
#include "mm/bootmem.h"
#include "mm/e820.h"
#include "mm/memlayout.h"
#include "mm/memstat.h"
#include "mm/x86_init.h"

#define GAP_DEFAULT_START 0x10000000ull
#define GAP_DEFAULT_SIZE 0x400000ull
/* Interrupt controllers and firmware live from here up, also where the loader's map does not say
 * so (iPXE passes RAM entries only). */
#define GAP_LIMIT 0xFEC00000ull

struct resource ioport_resource = { .end = 0xFFFF, .name = "PCI IO" };
struct resource iomem_resource = { .end = 0xFFFFFFFFull, .name = "PCI mem" };
u64 pci_mem_start;

static struct resource kernel_code = { .name = "Kernel code", .busy = true };
static struct resource kernel_data = { .name = "Kernel data", .busy = true };
static struct resource kernel_bss = { .name = "Kernel bss", .busy = true };

/* ---- The tree ---- */

u32 memory_resources;

static bool __init covers(const struct resource *outer, const struct resource *inner)
{
	return outer->start <= inner->start && inner->end <= outer->end;
}

/* Links r among the children of parent, taking over those it covers. -EBUSY on partial overlap. */
static int __init link_resource(struct resource *parent, struct resource *r)
{
	struct resource **at = &parent->child, *first, *last = NULL;

	while (*at && (*at)->end < r->start)
		at = &(*at)->sibling;
	first = *at;
	for (struct resource *c = first; c && c->start <= r->end; c = c->sibling) {
		if (!covers(r, c))
			return -EBUSY;
		last = c;
	}
	r->parent = parent;
	if (last) {
		r->sibling = last->sibling;
		last->sibling = NULL;
		r->child = first;
		for (struct resource *c = first; c; c = c->sibling)
			c->parent = r;
	} else {
		r->sibling = first;
	}
	*at = r;
	return 0;
}

int __init insert_resource(struct resource *parent, struct resource *r)
{
	struct resource *c;

	if (r->start > r->end || !covers(parent, r))
		return -EBUSY;
	do { /* down to the deepest one that holds r and is not the same range */
		for (c = parent->child; c; c = c->sibling)
			if (covers(c, r) && !covers(r, c))
				break;
		if (c)
			parent = c;
	} while (c);
	return link_resource(parent, r);
}

static void __init insert_or_say(struct resource *r)
{
	if (insert_resource(&iomem_resource, r))
		pr_warn("iomem: %s [%#llx, %#llx] overlaps another range: left out", r->name,
			r->start, r->end);
	else
		memory_resources++;
}

/* ---- The image (W-16) ---- */

static void __init set_bounds(struct resource *r, const char *start, const char *end)
{
	r->start = __pa(start);
	r->end = (u64)__pa(end) - 1;
	stage_note("%s [%#llx, %#llx]", r->name, r->start, r->end);
}

void __init kernel_resources(void)
{
	set_bounds(&kernel_code, _text, _etext);
	set_bounds(&kernel_data, _etext, _edata);
	set_bounds(&kernel_bss, __bss_start, __bss_stop);
}

void __init insert_kernel_resources(void)
{
	struct resource *const parts[] = { &kernel_code, &kernel_data, &kernel_bss };

	stage_begin(STAGE_insert_resource);
	for (unsigned i = 0; i < ARRAY_SIZE(parts); i++) {
		insert_or_say(parts[i]);
		stage_note("%s below \"%s\"", parts[i]->name,
			   parts[i]->parent ? parts[i]->parent->name : "nothing");
	}
	stage_end(STAGE_insert_resource);
}

/* ---- Video memory and ports (W-82) ---- */

static struct resource video_ram = { .start = 0xa0000, .end = 0xbffff, .name = "Video RAM area" };

static struct resource standard_ports[] = {
	{ .start = 0x00, .end = 0x1f, .name = "dma1" },
	{ .start = 0x20, .end = 0x21, .name = "pic1" },
	{ .start = 0x40, .end = 0x43, .name = "timer0" },
	{ .start = 0x50, .end = 0x53, .name = "timer1" },
	{ .start = 0x60, .end = 0x60, .name = "keyboard" },
	{ .start = 0x64, .end = 0x64, .name = "keyboard" },
	{ .start = 0x80, .end = 0x8f, .name = "dma page reg" },
	{ .start = 0xa0, .end = 0xa1, .name = "pic2" },
	{ .start = 0xc0, .end = 0xdf, .name = "dma2" },
	{ .start = 0xf0, .end = 0xff, .name = "fpu" },
};

/* What this kernel's own drivers use beside those; PCI enters its own. */
static struct resource driver_ports[] = {
	{ .start = 0x3c0, .end = 0x3df, .name = "vga+" },
	{ .start = 0x3f8, .end = 0x3ff, .name = "serial" },
	{ .start = 0xcf8, .end = 0xcff, .name = "PCI conf1" },
};

static void __init enter_ports(struct resource *r, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		r[i].busy = true;
		if (insert_resource(&ioport_resource, &r[i]))
			pr_warn("ioports: %s at %#llx overlaps another range", r[i].name,
				r[i].start);
	}
}

void __init native_reserve_resources(void)
{
	insert_or_say(&video_ram);
	enter_ports(standard_ports, ARRAY_SIZE(standard_ports));
	stage_note("%s [%#llx, %#llx]", video_ram.name, video_ram.start, video_ram.end);
	for (u32 i = 0; i < ARRAY_SIZE(standard_ports); i++)
		stage_note("ports %04llx-%04llx %s", standard_ports[i].start, standard_ports[i].end,
			   standard_ports[i].name);
}

void __init reserve_standard_io_resources(void)
{
	x86_init.reserve_resources();
	enter_ports(driver_ports, ARRAY_SIZE(driver_ports));
	stage_note("and %zu ranges of this kernel's own drivers", ARRAY_SIZE(driver_ports));
}

/* ---- The map (W-83) ---- */

static bool __init waits_for_pci(const struct e820entry *e)
{
	return e->type == E820_RESERVED && e->addr >= SZ_1M;
}

void __init e820_reserve_resources(void)
{
	struct resource *res = alloc_bootmem(e820.nr_map * sizeof(*res), OWNER_BOOT_ALLOC);
	u32 inserted = 0;

	for (int late = 0; late < 2; late++) {
		for (u32 i = 0; i < e820.nr_map; i++) {
			const struct e820entry *e = &e820.map[i];
			u64 end = e->addr + e->size - 1;

			if (!e->size || end > 0xFFFFFFFFull || waits_for_pci(e) != late)
				continue;
			res[i].start = e->addr;
			res[i].end = end;
			res[i].name = e820_type_name(e->type);
			res[i].busy = !late;
			insert_or_say(&res[i]);
			stage_note("[%#llx, %#llx] %s%s", res[i].start, res[i].end, res[i].name,
				   late ? ", after PCI" : "");
			inserted++;
		}
	}
	stage_note("%u of %u entries inserted; firmware's own map has %u", inserted, e820.nr_map,
		   e820_saved.nr_map);
}

/* ---- The gap (W-84) ---- */

bool __init e820_search_gap(u64 limit, u64 *gap_start, u64 *gap_size)
{
	u64 last = limit;
	bool found = false;

	for (u32 i = e820.nr_map; i-- > 0;) {
		u64 start = e820.map[i].addr, end = start + e820.map[i].size;

		if (last > end && last - end >= *gap_size) {
			*gap_size = last - end;
			*gap_start = end;
			found = true;
		}
		last = min(last, start);
	}
	return found;
}

void __init e820_setup_gap(void)
{
	u64 start = GAP_DEFAULT_START, size = GAP_DEFAULT_SIZE, round = SZ_1M;
	bool found = e820_search_gap(GAP_LIMIT, &start, &size);

	while (size >> 4 > round)
		round += round;
	pci_mem_start = (start + round) & ~(round - 1);
	firmware_state.gap_start = start;
	firmware_state.gap_bytes = size;
	firmware_state.pci_mem_start = pci_mem_start;
	pr_info("room for PCI devices from %#llx, in the gap [%#llx, %#llx)", pci_mem_start, start,
		start + size);
	stage_note("%s [%#llx, %#llx), devices from %#llx", found ? "gap" : "no gap: default",
		   start, start + size, pci_mem_start);
}

/* ---- memstat.h ---- */

static void walk_tree(const struct resource *root, memstat_resource_fn *fn, void *arg)
{
	const struct resource *r = root->child;
	u32 depth = 0;

	while (r) {
		struct memstat_resource out = { r->start, r->end, r->name, depth };

		fn(arg, &out);
		if (r->child) {
			r = r->child;
			depth++;
			continue;
		}
		while (r != root && !r->sibling) {
			r = r->parent;
			depth--;
		}
		r = r == root ? NULL : r->sibling;
	}
}

void memstat_iomem(memstat_resource_fn *fn, void *arg)
{
	walk_tree(&iomem_resource, fn, arg);
}

void memstat_ioports(memstat_resource_fn *fn, void *arg)
{
	walk_tree(&ioport_resource, fn, arg);
}
