/*
 * The KVA remap (W-61): each node's structure and page descriptors lie in the node's own memory and
 * are seen through a window at the top of the direct map.
 *
 *	physical   [ node 0       |KVA RAM] [ node 1 (high memory)  |KVA RAM]
 *	                              |                                 |
 *	virtual    [ direct map  ... [window 0][window 1] ... )         |
 *	                                           '--------------------'
 *	                              kva_start_pfn, "KVA PG"
 *
 * A window is a multiple of 4 MiB, mapped by large pages, and holds the pg_data_t, then, page
 * aligned, the descriptors in blocks of 1024. "KVA RAM" leaves the registered ranges. "KVA PG" is low
 * memory whose addresses the windows took: it cannot be reached while they stand, and stays reserved.
 *
 * The descriptors are not used through the window but through mem_map[], an area of 4 KiB pages in
 * the vmalloc range that puts the blocks of all nodes into the order of their frames (memmap.c), so
 * that pfn_to_page() is the same addition with one node and with eight.
 *
 * Boot only.
 *
 * Departures from the documents: where memory cannot be found, which is fatal there, the nodes do
 * without windows, and structures and descriptors come from boot memory; blocks between nodes that
 * are in no node's bounds are counted to the node before them.
 */
#include "mm/boot_replay.h"
#include "mm/numa.h"

#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/tlb.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_node_map.h"
#include "mm/early_res.h"
#include "mm/page_alloc.h"
#include "mm/pgtable.h"
#include "mm/srat.h"

#define LARGE_PAGES ((unsigned long)PTRS_PER_PTE) /* pages of 4 KiB in a large one */

/* The highest place for `pages` in [start, end), both pfn, at a multiple of 4 MiB; ~0: none. */
static u64 __init find_from_top(unsigned long start, unsigned long end, unsigned long pages)
{
	unsigned long target = end > pages ? round_down(end - pages, LARGE_PAGES) : 0;
	u64 place = ~0ull;

	for (; target >= max(start, 1ul) && place == ~0ull; target -= LARGE_PAGES)
		place = find_e820_area(PFN_PHYS(target), PFN_PHYS(end), PFN_PHYS(pages),
				       PGDIR_SIZE);
	return place;
}

/* In the node's own RAM, from its last range downward. */
static u64 __init find_kva_ram(int nid, unsigned long pages)
{
	u64 place = ~0ull;

	for (int i = nr_nodemap_entries; i-- && place == ~0ull;)
		if (early_node_map[i].nid == nid)
			place = find_from_top(early_node_map[i].start_pfn,
					      early_node_map[i].end_pfn, pages);
	return place;
}

/* Reserves "KVA RAM" of every node with RAM. Returns the pages of all windows, 0 if one has no
 * place. */
static unsigned long __init calculate_numa_remap_pages(void)
{
	unsigned long offset = 0;

	for (int nid = 0; nid < numa.nodes; nid++) {
		struct numa_node *node = &numa.node[nid];
		unsigned long bytes = round_up(sizeof(pg_data_t), PAGE_SIZE) + node->remap_bytes;
		unsigned long pages = PFN_DOWN(round_up(bytes, PGDIR_SIZE));
		u64 place;

		if (!active_pages_in(nid, 0, max_pfn))
			continue;
		place = find_kva_ram(nid, pages);
		if (place == ~0ull) {
			stage_note("node %d: no place for %lu pages", nid, pages);
			return 0;
		}
		reserve_early(place, place + PFN_PHYS(pages), "KVA RAM");
		node->remap_start_pfn = PFN_DOWN(place);
		node->remap_pages = pages;
		node->remap_offset = offset;
		offset += pages;
		stage_note("node %d: \"KVA RAM\" [%#llx, %#llx) for %lu bytes", nid, place,
			   place + PFN_PHYS(pages), bytes);
	}
	return round_up(offset, LARGE_PAGES);
}

static void __init give_up(const char *why)
{
	for (int nid = 0; nid < numa.nodes; nid++) {
		struct numa_node *node = &numa.node[nid];

		if (node->remap_pages)
			free_early(PFN_PHYS(node->remap_start_pfn),
				   PFN_PHYS(node->remap_start_pfn + node->remap_pages));
		node->remap_start_pfn = node->remap_pages = node->remap_offset = 0;
	}
	numa.kva_pages = 0;
	numa.no_remap = why;
	pr_warn("numa: %s: no windows, descriptors come from boot memory", why);
	stage_note("%s: no windows", why);
}

void *numa_window(int nid)
{
	const struct numa_node *node = &numa.node[nid];

	return node->remap_pages ? __va(PFN_PHYS(numa.kva_start_pfn + node->remap_offset)) : NULL;
}

phys_addr_t __init numa_descriptor_block(int nid, unsigned long index)
{
	return PFN_PHYS(numa.node[nid].remap_start_pfn) + round_up(sizeof(pg_data_t), PAGE_SIZE) +
	       (phys_addr_t)index * MAX_ORDER_NR_PAGES * sizeof(struct page);
}

/* One large entry for each 4 MiB of a node's window. */
static void __init remap_numa_kva(int nid)
{
	const struct numa_node *node = &numa.node[nid];
	unsigned long virt = (unsigned long)numa_window(nid);

	for (unsigned long n = 0; n < node->remap_pages; n += LARGE_PAGES) {
		pgd_t *pgd = pgd_offset_k(virt + PFN_PHYS(n));

		BUG_ON(!pgd_large(*pgd));
		pgd->val = (u32)PFN_PHYS(node->remap_start_pfn + n) | PAGE_KERNEL | _PAGE_PSE;
		replay_directory(pgd_index(virt + PFN_PHYS(n)));
	}
	stage_note("node %d: window %#lx, %lu large entries to %#llx", nid, virt,
		   node->remap_pages / LARGE_PAGES, PFN_PHYS(node->remap_start_pfn));
}

void __init numa_kva_init(void)
{
	unsigned long pages;
	u64 place;

	if (numa_noremap) {
		give_up("numa=noremap");
		return;
	}
	stage_begin(STAGE_calculate_numa_remap_pages);
	pages = calculate_numa_remap_pages();
	stage_note("%lu pages of windows", pages);
	stage_end(STAGE_calculate_numa_remap_pages);
	if (!pages) {
		give_up("a node has no room for its window's memory");
		return;
	}
	/* the first 4 MiB are mapped by small pages */
	place = find_from_top(LARGE_PAGES, max_low_pfn, pages);
	if (place == ~0ull) {
		give_up("low memory has no room for the windows");
		return;
	}
	reserve_early(place, place + PFN_PHYS(pages), "KVA PG");
	numa.kva_start_pfn = PFN_DOWN(place);
	numa.kva_pages = pages;
	pr_info("numa: windows of %lu pages at pfn %#lx, max_low_pfn %#lx", pages,
		numa.kva_start_pfn, max_low_pfn);
	stage_note("\"KVA PG\" [%#llx, %#llx)", place, place + PFN_PHYS(pages));
	stage_begin(STAGE_remap_numa_kva);
	for (int nid = 0; nid < numa.nodes; nid++) {
		const struct numa_node *node = &numa.node[nid];

		if (!node->remap_pages)
			continue;
		remap_numa_kva(nid);
		remove_active_range(nid, node->remap_start_pfn,
				    node->remap_start_pfn + node->remap_pages);
	}
	sort_node_map();
	__flush_tlb_all();
	stage_end(STAGE_remap_numa_kva);
}

void __init numa_tag_frames(void)
{
	for (int nid = 0; nid < numa.nodes; nid++) {
		const struct numa_node *node = &numa.node[nid];

		for (unsigned long n = 0; n < node->remap_pages; n++)
			set_page_owner(pfn_to_page(node->remap_start_pfn + n), OWNER_NODE_MEMORY);
		owner_pages[OWNER_NODE_MEMORY] += node->remap_pages;
	}
}
