/*
 * Fixed virtual addresses, and the boot-time windows made of them.
 *
 * The enum of fixmap.h counts downward from FIXADDR_TOP, a page for each index:
 *
 *	FIXADDR_TOP     0xFFFFF000  FIX_HOLE (0), never mapped
 *	                     ...    permanent indices
 *	                     ...    four windows of 64 pages: FIX_BTMAP_BEGIN .. FIX_BTMAP_END
 *	FIXADDR_BOOT_START
 *
 * A window's first page has its highest index, so that its addresses rise:
 *
 *	slot_virt[0]            slot_virt[1]
 *	|FIX_BTMAP_BEGIN ...    |FIX_BTMAP_BEGIN - 64 ...
 *
 * Before the direct map exists the windows have a page table of their own, bm_pte in .bss, hung
 * into the directory that CR3 points to. It stays in use afterwards: W-43 finds it present.
 *
 * One thread; interrupt handlers map nothing.
 *
 * Difference from the documents: unmapping counts the window's pages as mapping did. The original
 * is one short there, so that a window of one byte at a page's start unmaps nothing.
 *
 * What the walkthrough says of early_ioremap_init is wrong: no high memory is mapped there. The windows
 * are for any physical page, mostly the firmware's tables. Indices count down from FIXADDR_TOP, not from
 * 0xFFFFFFFF or 0xFFFF000; and its FIX_BITMAP names mean FIX_BTMAP, a map of boot time.
 */
#include "mm/fixmap.h"

#include <string.h>

#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/tlb.h"
#include "mm/boot_record.h"
#include "mm/boot_replay.h"

static pte_t bm_pte[PTRS_PER_PTE] __aligned(PAGE_SIZE);
static bool after_paging_init; /* early_ioremap_reset has run */

static struct {
	void *virt; /* what the caller got; NULL: free */
	unsigned long size;
} window[FIX_BTMAPS_SLOTS];
static unsigned long slot_virt[FIX_BTMAPS_SLOTS];
static u32 windows_opened;

BUILD_BUG_ON(__fix_to_virt(FIX_BTMAP_BEGIN) >> PGDIR_SHIFT !=
	     __fix_to_virt(FIX_BTMAP_END) >> PGDIR_SHIFT);
BUILD_BUG_ON(__end_of_fixed_addresses > 1022); /* then PKMAP_BASE is where memlayout.h says */
BUILD_BUG_ON(PKMAP_BASE_BELOW(__end_of_fixed_addresses) != PKMAP_BASE);
BUILD_BUG_ON(__fix_to_virt(FIX_KMAP_BEGIN) != 0xFFFF5000); /* as in the 2.4 notes (N-03) */

unsigned long fix_to_virt(unsigned idx)
{
	BUG_ON(idx >= __end_of_fixed_addresses);
	return __fix_to_virt(idx);
}

static pte_t *fixmap_pte(unsigned long virt)
{
	pte_t *pte;

	if (!after_paging_init)
		return &bm_pte[pte_index(virt)];
	pte = lookup_pte(virt);
	BUG_ON(!pte);
	return pte;
}

void __set_fixmap(unsigned idx, phys_addr_t phys, u32 flags)
{
	unsigned long virt = fix_to_virt(idx);
	pte_t *pte = fixmap_pte(virt);

	BUG_ON(idx == FIX_HOLE || phys >= SZ_4G);
	replay_entries(virt, !!flags - !!pte->val);
	pte->val = flags ? ((u32)phys & PTE_FRAME_MASK) | flags : 0;
	flush_tlb_one(virt);
}

void __init early_ioremap_init(void)
{
	pgd_t *pgd = (pgd_t *)__va(read_cr3() & PTE_FRAME_MASK) +
		     pgd_index(__fix_to_virt(FIX_BTMAP_BEGIN));
	pgd_t *end = (pgd_t *)__va(read_cr3() & PTE_FRAME_MASK) +
		     pgd_index(__fix_to_virt(FIX_BTMAP_END));

	for (int i = 0; i < FIX_BTMAPS_SLOTS; i++)
		slot_virt[i] = __fix_to_virt(FIX_BTMAP_BEGIN - NR_FIX_BTMAPS * i);
	memset(bm_pte, 0, sizeof(bm_pte));
	pgd->val = (u32)__pa(bm_pte) | _KERNPG_TABLE;
	record_page_table((u32)(pgd - swapper_pg_dir), (u32)__pa(bm_pte), MEMSTAT_TABLE_BOOT);
	replay_directory((unsigned)(pgd - swapper_pg_dir));
	if (pgd != end)
		panic("fixmap",
		      "the windows straddle two tables: index %d at %#lx, index %d at %#lx",
		      FIX_BTMAP_BEGIN, __fix_to_virt(FIX_BTMAP_BEGIN), FIX_BTMAP_END,
		      __fix_to_virt(FIX_BTMAP_END));
	for (int i = 0; i < FIX_BTMAPS_SLOTS; i++)
		stage_note("slot_virt[%d] = %#lx", i, slot_virt[i]);
	stage_note("bm_pte at %#lx in directory entry %u", __pa(bm_pte),
		   pgd_index(__fix_to_virt(FIX_BTMAP_BEGIN)));
}

void __init early_ioremap_reset(void)
{
	after_paging_init = true;
}

static int __init free_window(void)
{
	for (int i = 0; i < FIX_BTMAPS_SLOTS; i++)
		if (!window[i].virt)
			return i;
	return -1;
}

static unsigned long __init pages_of(unsigned long offset, unsigned long size)
{
	return (offset + size + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

static void *__init __early_ioremap(phys_addr_t phys, unsigned long size, u32 flags)
{
	unsigned long offset = (unsigned long)phys & ~PAGE_MASK;
	int slot = free_window();

	if (slot < 0 || !size || phys >= SZ_4G || size > SZ_4G - phys ||
	    size > NR_FIX_BTMAPS * PAGE_SIZE || pages_of(offset, size) > NR_FIX_BTMAPS) {
		pr_warn("early_ioremap: no window for %lu bytes at %#llx%s", size, phys,
			slot < 0 ? ": all are open" : "");
		return NULL;
	}
	for (unsigned long i = 0; i < pages_of(offset, size); i++)
		__set_fixmap(FIX_BTMAP_BEGIN - NR_FIX_BTMAPS * slot - i,
			     phys - offset + i * PAGE_SIZE, flags);
	window[slot].virt = (void *)(slot_virt[slot] + offset);
	window[slot].size = size;
	windows_opened++;
	return window[slot].virt;
}

void *__init early_ioremap(phys_addr_t phys, unsigned long size)
{
	return __early_ioremap(phys, size, PAGE_KERNEL_NOCACHE);
}

void *__init early_memremap(phys_addr_t phys, unsigned long size)
{
	return __early_ioremap(phys, size, PAGE_KERNEL);
}

void __init early_iounmap(void *virt, unsigned long size)
{
	unsigned long offset = (unsigned long)virt & ~PAGE_MASK;
	int slot;

	for (slot = 0; slot < FIX_BTMAPS_SLOTS; slot++)
		if (window[slot].virt && window[slot].virt == virt)
			break;
	if (slot == FIX_BTMAPS_SLOTS || window[slot].size != size)
		panic("fixmap", "early_iounmap of %lu bytes at %p: no such window", size, virt);
	for (unsigned long i = 0; i < pages_of(offset, size); i++)
		clear_fixmap(FIX_BTMAP_BEGIN - NR_FIX_BTMAPS * slot - i);
	window[slot].virt = NULL;
}

int check_early_ioremap_leak(void)
{
	int open = 0;

	for (int i = 0; i < FIX_BTMAPS_SLOTS; i++) {
		if (!window[i].virt)
			continue;
		pr_warn("early_ioremap: window %d, %lu bytes at %p, is still open", i,
			window[i].size, window[i].virt);
		open++;
	}
	return open;
}

u32 early_ioremap_count(void)
{
	return windows_opened;
}
