/*
 * The end of the address space's set-up: the memory report and the layout's checks, the low
 * mappings that boot needed, read-only text, and the memory that only boot needed.
 *
 * Each step that takes an access away proves it by trying: a guarded write to a read-only page, a
 * guarded read of address 0, a guarded write to text. They need the fault handlers (W-95).
 *
 * Text and constants lie in the first 4 MiB, which are always mapped by 4 KiB pages (W-35), so
 * that nothing has to be split. Between them lies the boot code, which becomes free memory and so
 * stays writable.
 *
 * Difference from the documents: the write-protect test runs on every processor, not only where the
 * answer is unknown (W-111); freed boot memory that the memory map did not give as RAM stays out.
 */
#include <string.h>

#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/extable.h"
#include "kernel/x86/sections.h"
#include "kernel/x86/tlb.h"
#include "mm/boot_replay.h"
#include "mm/check.h"
#include "mm/direct_map.h"
#include "mm/early_node_map.h"
#include "mm/early_res.h"
#include "mm/fixmap.h"
#include "mm/free_all.h"
#include "mm/page_alloc.h"

u8 empty_zero_page[PAGE_SIZE] __section(".bss.page_aligned") __aligned(PAGE_SIZE);

static pgd_t *saved_pg_dir; /* W-112 */

/* ---- W-110 ---- */

unsigned long vmalloc_start(void)
{
	return (unsigned long)high_memory + VMALLOC_OFFSET;
}

/* With the extreme values; check_memory_layout has the run-time ones. */
BUILD_BUG_ON(PKMAP_BASE + LAST_PKMAP * PAGE_SIZE > FIXADDR_BOOT_START);
BUILD_BUG_ON(VMALLOC_END > PKMAP_BASE);
BUILD_BUG_ON(PAGE_OFFSET + (MAXMEM_PFN << PAGE_SHIFT) + VMALLOC_OFFSET >= VMALLOC_END);

static void __init report_area(const char *name, unsigned long start, unsigned long end)
{
	unsigned long bytes = end - start;
	bool small = bytes < SZ_1M;

	pr_info("  %-8s [%#010lx, %#010lx) %4lu %s", name, start, end,
		small ? bytes >> 10 : bytes >> 20, small ? "KiB" : "MiB");
	stage_note("%s [%#lx, %#lx)", name, start, end);
}

void __init check_memory_layout(void)
{
	pr_info("virtual address map:");
	report_area("fixmap", FIXADDR_START, FIXADDR_TOP);
	report_area("pkmap", PKMAP_BASE, PKMAP_BASE + LAST_PKMAP * PAGE_SIZE);
	report_area("vmalloc", vmalloc_start(), VMALLOC_END);
	report_area("lowmem", PAGE_OFFSET, (unsigned long)high_memory);
	report_area(".init", (unsigned long)__init_begin, (unsigned long)__init_end);
	report_area(".data", (unsigned long)_sdata, (unsigned long)__bss_stop);
	report_area(".text", (unsigned long)_text, (unsigned long)_etext);

	BUG_ON(PKMAP_BASE + LAST_PKMAP * PAGE_SIZE > FIXADDR_START);
	BUG_ON(VMALLOC_END > PKMAP_BASE);
	BUG_ON(vmalloc_start() >= VMALLOC_END);
	BUG_ON((unsigned long)high_memory > vmalloc_start());
	stage_note(
		"pkmap below fixmap, vmalloc below pkmap, vmalloc not empty, lowmem below vmalloc");
}

/* ---- N-08, W-111 ---- */

void __init clear_empty_zero_page(void)
{
	unsigned sum = 0;

	memset(empty_zero_page, 0, PAGE_SIZE);
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		sum |= empty_zero_page[i];
	stage_note("empty_zero_page %p: %lu bytes, or-ed %#x", (void *)empty_zero_page, PAGE_SIZE,
		   sum);
}

/* The page under the window is the zero page: on a processor that lets the write through nothing is
 * lost by it. */
void __init test_wp_bit(void)
{
	u32 *word = (u32 *)fix_to_virt(FIX_WP_TEST);
	int err;

	__set_fixmap(FIX_WP_TEST, __pa(empty_zero_page), PAGE_KERNEL_RO);
	err = probe_write(word, 0);
	clear_fixmap(FIX_WP_TEST);
	boot_cpu_data.wp_works_ok = err != 0;
	if (!err)
		panic("test_wp_bit",
		      "a write to the read-only page at %p went through: CR0.WP has no "
		      "effect on this processor",
		      (void *)word);
	pr_info("write protection holds in supervisor mode, too");
	stage_note("a write to a read-only page at %p faulted", (void *)word);
}

/* ---- W-112, W-113 ---- */

void __init save_pg_dir(void)
{
	/* a copy that nothing walks: not one of the page tables */
	saved_pg_dir = __get_free_pages(GFP_KERNEL, 0, OWNER_KERNEL_DATA);
	if (!saved_pg_dir) {
		stage_note("no page for the copy");
		return;
	}
	memcpy(saved_pg_dir, swapper_pg_dir, PAGE_SIZE);
	stage_note("copy at %p", (void *)saved_pg_dir);
}

u32 pg_dir_changes(void)
{
	u32 n = 0;

	if (!saved_pg_dir)
		return ~0u;
	for (unsigned i = 0; i < PTRS_PER_PGD; i++)
		n += saved_pg_dir[i].val != swapper_pg_dir[i].val;
	return n;
}

/* Here, and not in paging_init, as a remark in the walkthrough says, address 0 loses its page. */
void __init zap_low_mappings(void)
{
	unsigned cleared = 0;
	u32 value;

	for (unsigned i = 0; i < KERNEL_PGD_BOUNDARY; i++) {
		if (!swapper_pg_dir[i].val)
			continue;
		swapper_pg_dir[i].val = 0;
		replay_directory(i);
		cleared++;
	}
	__flush_tlb_all();
	if (!probe_read(NULL, &value))
		panic("zap_low_mappings", "address 0 can still be read: %#x", value);
	stage_note("entries 0 to %lu are zero, %u were in use; a read of address 0 faults",
		   KERNEL_PGD_BOUNDARY - 1, cleared);
	if (saved_pg_dir)
		stage_note("%u entries differ from the saved directory", pg_dir_changes());
}

/* ---- W-136 ---- */

static unsigned long make_ro(const char *start, const char *end)
{
	unsigned long pages = 0;

	for (unsigned long addr = (unsigned long)start & PAGE_MASK; addr < (unsigned long)end;
	     addr += PAGE_SIZE, pages++) {
		pte_t *pte = lookup_pte(addr);

		BUG_ON(!pte || !(pte->val & _PAGE_PRESENT));
		pte->val &= ~_PAGE_RW;
	}
	return pages;
}

static void prove_ro(char *addr)
{
	u32 value;

	if (probe_read(addr, &value) || !probe_write(addr, value))
		panic("mark_rodata_ro", "a write to read-only memory at %p did not fault",
		      (void *)addr);
}

void mark_rodata_ro(void)
{
	unsigned long text = make_ro(_text, _etext), rodata = make_ro(_rodata, _erodata);

	__flush_tlb_all();
	prove_ro(_text);
	prove_ro(_rodata);
	pr_info("now read-only: %lu KiB of code, %lu KiB of constants", text * 4, rodata * 4);
	stage_note("%lu pages of text and %lu of constants; a write to either faults", text,
		   rodata);
	check_keep_constants();
}

/* Gives one page of the image back. Returns whether it was RAM at all. */
static bool free_init_page(char *virt)
{
	if (!pfn_is_registered(PFN_DOWN(__pa(virt))))
		return false;
	memset(virt, POISON_FREE_INITMEM, PAGE_SIZE);
	free_reserved_page(virt_to_page(virt));
	return true;
}

void free_initmem(void)
{
	unsigned long freed = 0;
	int open = check_early_ioremap_leak();

	early_res_log_released(__pa(__init_begin), __pa(__init_end));
	for (char *p = __init_begin; p < __init_end; p += PAGE_SIZE)
		freed += free_init_page(p);
	pr_info("boot code and data given back: %lu KiB", freed * 4);
	stage_note("%lu pages [%p, %p) filled with %#x and given to the buddy system", freed,
		   (void *)__init_begin, (void *)__init_end, POISON_FREE_INITMEM);
	stage_note("%u early windows were opened, %d are still open", early_ioremap_count(), open);
}
