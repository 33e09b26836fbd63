/*
 * The walk over the kernel's page tables, and new tables once memory can be allocated.
 *
 * Tables are made in three ages: from the area that find_early_table_space found (direct_map.c),
 * from the boot allocator, and from the buddy system. Their frames are counted as page tables in
 * each: by the reservation's owner in the first two, by the allocation's owner in the last.
 * Of the third age those of vmalloc's areas are given back once no area needs them (vmalloc.c).
 */
#include "mm/pgtable.h"

#include <string.h>

#include "kernel/panic.h"
#include "kernel/stage.h"
#include "kernel/system_state.h"
#include "mm/boot_replay.h"
#include "mm/page_alloc.h"
#include "mm/pgtable_boot.h"

u32 __supported_pte_mask = ~_PAGE_GLOBAL;

pte_t *lookup_pte(unsigned long addr)
{
	pgd_t *pgd = pgd_offset_k(addr);

	if (!pgd_present(*pgd) || pgd_large(*pgd))
		return NULL;
	return pte_offset_kernel(pgd, addr);
}

/* A table page of the buddy system, cleared; NULL when memory is short. */
static pte_t *new_table(void)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_ZERO, 0, OWNER_PAGE_TABLE);

	if (!page)
		return NULL;
	page_zone(page)->vm_stat[NR_PAGETABLE]++;
	return lowmem_page_address(page);
}

pte_t *pte_alloc_kernel(unsigned long addr)
{
	pgd_t *pgd = pgd_offset_k(addr);

	BUG_ON(pgd_large(*pgd));
	if (!pgd_present(*pgd)) {
		pte_t *table = system_state < PHASE_BUDDY ? boot_table_page() : new_table();

		if (!table)
			return NULL;
		pgd->val = (u32)__pa(table) | _KERNPG_TABLE;
		replay_directory(pgd_index(addr));
	}
	return pte_offset_kernel(pgd, addr);
}

struct page *pte_detach_kernel(unsigned long addr)
{
	pgd_t *pgd = pgd_offset_k(addr);
	struct page *page;

	if (!pgd_present(*pgd) || pgd_large(*pgd))
		return NULL;
	page = pfn_to_page(PFN_DOWN(pgd->val));
	if (PageFlag(page, PG_reserved))
		return NULL;
	pgd->val = 0;
	page_zone(page)->vm_stat[NR_PAGETABLE]--;
	return page;
}
