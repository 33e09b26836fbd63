/*
 * The bitmap as a boot allocator: `bootmem=bitmap`, and always with mm=2.4.
 *
 *	setup_bootmem_allocator    the map is placed and reserved as "BOOTMAP"; every page is used
 *	setup_node_bootmem         registered RAM becomes free
 *	early_res_to_bootmem       early reservations become used; their list ends
 *	alloc_core                 alloc_bootmem and its like
 *	bootmem_bitmap_release     what is free, and the map's own pages, go to the buddy system
 *
 * The bitmap says that a page is used, not whose it is. owners[] keeps that beside it, in the order
 * in which the pages were claimed, until the descriptors can be told: the same order in which the
 * other allocator's list tells them, so that a page that two share has the same owner with both.
 *
 * With the 2.6 generation the map lies at the lowest free place, as W-59 has it; with mm=2.4 it is
 * the first free place behind the image (N-10).
 *
 * Boot only, interrupts off.
 */
#include "mm/bootmem_bitmap.h"

#include <string.h>

#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/sections.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_node_map.h"
#include "mm/early_res.h"
#include "mm/free_all.h"
#include "mm/gen24.h"
#include "mm/memlayout.h"

#define OWNERS_MAX 256

struct bootmem_data boot_bdata;

/* Frames [start, end) that are claimed. */
static struct claim {
	u32 start, end;
	enum page_owner owner;
} owners[OWNERS_MAX];
static unsigned owner_count;

/* ---- Whose pages are used ---- */

static void __init claim(unsigned long start, unsigned long end, enum page_owner owner)
{
	struct claim *last = owner_count ? &owners[owner_count - 1] : NULL;

	if (last && last->owner == owner && start >= last->start && start <= last->end) {
		last->end = max(last->end, (u32)end);
		return;
	}
	if (owner_count == OWNERS_MAX)
		panic("bootmem", "no record left for pages [%#lx, %#lx): all %d are used", start,
		      end, OWNERS_MAX);
	owners[owner_count++] = (struct claim){ start, end, owner };
}

/* ---- W-59 ---- */

static void __init setup_node_bootmem(unsigned long mapstart)
{
	unsigned long bytes = init_bootmem_core(&boot_bdata, mapstart, 0, max_low_pfn), i;
	unsigned long pages = 0;

	for (i = 0; i < (unsigned long)nr_nodemap_entries; i++) {
		const struct node_active_region *r = &early_node_map[i];
		unsigned long end = min(r->end_pfn, max_low_pfn);

		if (r->start_pfn >= end)
			continue;
		free_bootmem_core(&boot_bdata, PFN_PHYS(r->start_pfn),
				  PFN_PHYS(end - r->start_pfn));
		pages += end - r->start_pfn;
	}
	stage_note("node 0: [0, %#lx) in %lu bytes at %#llx, %lu pages free", max_low_pfn, bytes,
		   PFN_PHYS(mapstart), pages);
}

static void __init setup(void)
{
	u64 size = PFN_PHYS(bootmem_map_pages(max_low_pfn));
	u64 from = mm_gen24 ? round_up((u64)__pa(_end), PAGE_SIZE) : 0;
	u64 place = find_e820_area(from, PFN_PHYS(max_low_pfn_mapped), size, PAGE_SIZE);

	if (place == ~0ull && from)
		place = find_e820_area(0, PFN_PHYS(max_low_pfn_mapped), size, PAGE_SIZE);
	if (place == ~0ull)
		panic("bootmem", "no %llu bytes below %#llx for the bitmap", size,
		      PFN_PHYS(max_low_pfn_mapped));
	reserve_early(place, place + size, "BOOTMAP");
	pr_info("boot memory comes from a bitmap of %llu pages at %#llx", size >> PAGE_SHIFT,
		place);
	stage_note("\"BOOTMAP\" [%#llx, %#llx)", place, place + size);
	RUN(setup_node_bootmem, (unsigned long)(place >> PAGE_SHIFT));
	/* The notes have no list of reservations to go by: the map knows all from the start. */
	RUN(early_res_to_bootmem);
}

/* ---- W-62 ---- */

void __init early_res_to_bootmem(void)
{
	u64 low = PFN_PHYS(max_low_pfn), map = __pa(boot_bdata.node_bootmem_map);

	for (int i = early_res_doubled(); i < early_res_count; i++) {
		struct early_res *r = &early_res[i];
		u64 end = min(r->end, low);

		if (r->start >= end) {
			stage_note("#%d [%#llx, %#llx) %s: not low memory", i, r->start, r->end,
				   r->name);
			continue;
		}
		stage_note("#%d [%#llx, %#llx) %s", i, r->start, end, r->name);
		reserve_bootmem_core(&boot_bdata, r->start, end - r->start);
		if (r->start != map) /* the map's own pages become free with the rest */
			claim(PFN_DOWN(r->start), PFN_UP(end), r->owner);
	}
	stage_note("%d reservations are bits now", early_res_count - early_res_doubled());
	early_res_forget();
}

/* ---- W-91 ---- */

static void *__init alloc_core(unsigned long size, unsigned long align, u64 goal, u64 limit,
			       enum page_owner owner)
{
	u64 addr;

	stage_begin(STAGE_bootmem_alloc);
	addr = alloc_bootmem_core(&boot_bdata, size, align, goal, limit);
	stage_note("%lu bytes, align %#lx, goal %#llx: %#llx; last_pos %#lx, last_offset %#lx",
		   size, align, goal, addr, boot_bdata.last_pos, boot_bdata.last_offset);
	stage_end(STAGE_bootmem_alloc);
	if (addr == ~0ull)
		return NULL;
	claim(PFN_DOWN(addr), PFN_UP(addr + size), owner);
	return __va(addr);
}

/* ---- W-98, W-102 ---- */

static unsigned long __init tag_and_count_claims(void)
{
	for (unsigned i = 0; i < owner_count; i++)
		boot_tag_frames(owners[i].start, owners[i].end, owners[i].owner);
	return owner_count;
}

unsigned long __init bootmem_bitmap_release(void)
{
	unsigned long claims = tag_and_count_claims(), last_pos = boot_bdata.last_pos, pages;
	unsigned long last_offset = boot_bdata.last_offset;
	enum stage_id stage = mm_gen24 ? STAGE_n_free_all_bootmem_core
				       : STAGE_free_all_bootmem_core;
	u64 map = __pa(boot_bdata.node_bootmem_map);

	stage_begin(stage);
	pages = free_all_bootmem_core(&boot_bdata, !mm_gen24,
				      mm_gen24 ? gen24_release : release_boot_block);
	early_res_log_released(map, map + PFN_PHYS(bootmem_map_pages(boot_bdata.node_low_pfn)));
	stage_note("node_boot_start %#llx, node_low_pfn %#lx, last_pos %#lx, last_offset %#lx",
		   boot_bdata.node_boot_start, boot_bdata.node_low_pfn, last_pos, last_offset);
	stage_note("%lu pages released, %lu of them the bitmap's; %lu claims stay", pages,
		   bootmem_map_pages(boot_bdata.node_low_pfn), claims);
	stage_end(stage);
	return pages;
}

const struct boot_allocator bootmem_bitmap = {
	.name = "bitmap",
	.setup = setup,
	.alloc_core = alloc_core,
	.release = bootmem_bitmap_release,
};
