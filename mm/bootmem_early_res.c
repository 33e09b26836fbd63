/*
 * The boot allocator of 2.6.34 without bootmem: first fit over the registered ranges of RAM, and an
 * early reservation named "BOOTMEM" for each piece taken.
 *
 * They are made by reserve_early_without_check (the walkthrough's text writes another name), since the
 * place has just been found free.
 *
 * The reservations it makes are what the list in early_res.c grows for. Boot only.
 */
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "mm/bootmem.h"
#include "mm/early_node_map.h"
#include "mm/early_res.h"
#include "mm/memlayout.h"
#include "mm/mmzone.h"

static void __init setup(void)
{
	pr_info("boot memory comes from early reservations: no bitmap");
}

static void *__init __alloc_memory_core_early(unsigned long size, unsigned long align, u64 goal,
					      u64 limit, enum page_owner owner)
{
	int i;

	for_each_active_range_index_in_nid(i, MAX_NUMNODES)
	{
		const struct node_active_region *r = &early_node_map[i];
		u64 addr = find_early_area(PFN_PHYS(r->start_pfn), PFN_PHYS(r->end_pfn), goal,
					   limit, size, align);

		if (addr == ~0ull)
			continue;
		reserve_early_without_check(addr, addr + size, "BOOTMEM", owner);
		stage_note("%lu bytes at %#llx in range %d", size, addr, i);
		return __va(addr);
	}
	return NULL;
}

static void *__init alloc_core(unsigned long size, unsigned long align, u64 goal, u64 limit,
			       enum page_owner owner)
{
	void *virt;

	stage_begin(STAGE_alloc_memory_core_early);
	virt = __alloc_memory_core_early(size, align, goal, limit, owner);
	stage_end(STAGE_alloc_memory_core_early);
	return virt;
}

const struct boot_allocator bootmem_early_res = {
	.name = "early_res",
	.setup = setup,
	.alloc_core = alloc_core,
};
