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
 * Each node has a bitmap of its own low memory; with one node it begins at frame 0. (The documented
 * code reserves room for one map of all low memory and places the nodes' maps in it by bytes, cut down
 * to pages, where a second one would begin inside the first; here each takes whole pages.)
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
#include "mm/numa.h"

#define OWNERS_MAX 256

struct bootmem_data boot_bdata[MAX_NUMNODES];

/* Those nodes that have a map, by number. */
#define for_each_bdata(b)                                                             \
	for (struct bootmem_data *b = boot_bdata; b < boot_bdata + MAX_NUMNODES; b++) \
		if (b->node_bootmem_map)

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

static u64 bootmap_start,
	bootmap_bytes; /* "BOOTMAP": the maps of all nodes, one behind the other */

/* The low memory of a node that its map covers; from frame 0 if there is but one. False: none. */
static bool __init node_low_range(int nid, unsigned long *start, unsigned long *end)
{
	if (!NODE_DATA(nid))
		return false;
	*start = 0;
	*end = max_low_pfn;
	if (numa.nodes > 1) {
		get_pfn_range_for_nid(nid, start, end);
		*end = min(*end, max_low_pfn);
	}
	return *start < *end;
}

static void __init free_node_range(unsigned long start, unsigned long end, void *bdata)
{
	free_bootmem_core(bdata, PFN_PHYS(start), PFN_PHYS(end - start));
}

/* Returns the frame behind the node's map. */
static unsigned long __init setup_node_bootmem(int nid, unsigned long mapstart, unsigned long start,
					       unsigned long end)
{
	unsigned long bytes = init_bootmem_core(&boot_bdata[nid], mapstart, start, end);

	work_with_active_regions(nid, start, end, free_node_range, &boot_bdata[nid]);
	stage_note("node %d: [%#lx, %#lx) in %lu bytes at %#llx, %lu pages free", nid, start, end,
		   bytes, PFN_PHYS(mapstart), active_pages_in(nid, start, end));
	return mapstart + bootmem_map_pages(end - start);
}

static void __init setup(void)
{
	u64 from = mm_gen24 ? round_up((u64)__pa(_end), PAGE_SIZE) : 0;
	unsigned long start, end, pages = 0, next;
	u64 place;

	for (int nid = 0; nid < MAX_NUMNODES; nid++)
		pages += node_low_range(nid, &start, &end) ? bootmem_map_pages(end - start) : 0;
	bootmap_bytes = PFN_PHYS(pages);
	place = find_e820_area(from, PFN_PHYS(max_low_pfn_mapped), bootmap_bytes, PAGE_SIZE);
	if (place == ~0ull && from)
		place = find_e820_area(0, PFN_PHYS(max_low_pfn_mapped), bootmap_bytes, PAGE_SIZE);
	if (place == ~0ull)
		panic("bootmem", "no %llu bytes below %#llx for the bitmap", bootmap_bytes,
		      PFN_PHYS(max_low_pfn_mapped));
	reserve_early(place, place + bootmap_bytes, "BOOTMAP");
	bootmap_start = place;
	pr_info("boot memory comes from a bitmap of %lu pages at %#llx", pages, place);
	stage_note("\"BOOTMAP\" [%#llx, %#llx)", place, place + bootmap_bytes);
	stage_begin(STAGE_setup_node_bootmem);
	next = PFN_DOWN(place);
	for (int nid = 0; nid < MAX_NUMNODES; nid++)
		if (node_low_range(nid, &start, &end))
			next = setup_node_bootmem(nid, next, start, end);
	stage_end(STAGE_setup_node_bootmem);
	/* The notes have no list of reservations to go by: the map knows all from the start. */
	RUN(early_res_to_bootmem);
}

/* ---- W-62 ---- */

void __init early_res_to_bootmem(void)
{
	u64 low = PFN_PHYS(max_low_pfn);

	for (int i = early_res_doubled(); i < early_res_count; i++) {
		struct early_res *r = &early_res[i];
		u64 end = min(r->end, low);

		if (r->start >= end) {
			stage_note("#%d [%#llx, %#llx) %s: not low memory", i, r->start, r->end,
				   r->name);
			continue;
		}
		stage_note("#%d [%#llx, %#llx) %s", i, r->start, end, r->name);
		for_each_bdata(bdata) reserve_bootmem_core(bdata, r->start, end - r->start);
		if (r->start != bootmap_start) /* the maps' own pages become free with the rest */
			claim(PFN_DOWN(r->start), PFN_UP(end), r->owner);
	}
	stage_note("%d reservations are bits now", early_res_count - early_res_doubled());
	early_res_forget();
}

/* ---- W-91 ---- */

static void *__init alloc_core(unsigned long size, unsigned long align, u64 goal, u64 limit,
			       enum page_owner owner)
{
	u64 addr = ~0ull;

	stage_begin(STAGE_bootmem_alloc);
	for_each_bdata(bdata)
	{
		if (PFN_PHYS(bdata->node_low_pfn) <= goal || bdata->node_boot_start >= limit)
			continue;
		addr = alloc_bootmem_core(bdata, size, align, goal, limit);
		stage_note(
			"%lu bytes, align %#lx, goal %#llx: %#llx; last_pos %#lx, last_offset %#lx",
			size, align, goal, addr, bdata->last_pos, bdata->last_offset);
		if (addr != ~0ull)
			break;
	}
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
	unsigned long claims = tag_and_count_claims(), pages = 0;
	enum stage_id stage = mm_gen24 ? STAGE_n_free_all_bootmem_core
				       : STAGE_free_all_bootmem_core;

	stage_begin(stage);
	for_each_bdata(bdata)
	{
		stage_note(
			"node_boot_start %#llx, node_low_pfn %#lx, last_pos %#lx, last_offset %#lx",
			bdata->node_boot_start, bdata->node_low_pfn, bdata->last_pos,
			bdata->last_offset);
		pages += free_all_bootmem_core(bdata, !mm_gen24,
					       mm_gen24 ? gen24_release : release_boot_block);
	}
	early_res_log_released(bootmap_start, bootmap_start + bootmap_bytes);
	stage_note("%lu pages released, %llu of them the bitmap's; %lu claims stay", pages,
		   bootmap_bytes >> PAGE_SHIFT, claims);
	stage_end(stage);
	return pages;
}

const struct boot_allocator bootmem_bitmap = {
	.name = "bitmap",
	.setup = setup,
	.alloc_core = alloc_core,
	.release = bootmem_bitmap_release,
};
