/*
 * The direct mapping of low memory: physical [0, max_low_pfn pages) at PAGE_OFFSET.
 *
 * 1. Pieces. A range is cut at 4 MiB boundaries, so that its body can use 4 MiB pages:
 *
 *      0        4 MiB                                    end rounded down    end
 *      [ 4 KiB  )[            4 MiB pages                )[     4 KiB pages   )
 *
 *    The first 4 MiB always get small pages: the fixed MTRRs below 1 MiB must not fall inside a
 *    large page, and the kernel's text must be protectable by the page.
 *
 * 2. Tables. find_early_table_space reserves an upper bound of what is needed; alloc_low_page hands
 *    out pages of it one by one; what is left over stays free memory:
 *
 *      e820_table_start        e820_table_end          e820_table_top
 *      [ used: reserved as "PGTABLE" )[ never reserved )
 *
 * 3. Two passes. The processor's vendor forbids changing size and attributes of a live mapping in
 *    one step, and head.S has mapped part of the range already: pass 1 sets the size with the
 *    attributes of the boot mapping, pass 2 the final attributes; all translations are dropped
 *    after each.
 *
 * Starts and ends are physical bytes; the walkthrough calls those of kernel_physical_mapping_init virtual.
 * Its "2M" is the name of a level: with two of them a large page has 4 MiB.
 *
 * Boot only, interrupts off. Legal after it: everything in low memory through __va.
 *
 * Differences from the documents: two-level tables have no no-execute bit, so the executable
 * variant of PAGE_KERNEL is PAGE_KERNEL itself and pages are not tested for being text.
 * pagetable_setup_start begins at max_low_pfn and not one page later, because that page is no more
 * RAM than the ones behind it.
 */
#include "mm/direct_map.h"

#include <string.h>

#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/tlb.h"
#include "mm/boot_record.h"
#include "mm/boot_replay.h"
#include "mm/bootmem.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_res.h"
#include "mm/fixmap.h"
#include "mm/gen24.h"
#include "mm/memtest.h"
#include "mm/pgtable_boot.h"
#include "mm/x86_init.h"

#define BOOT_PTE_FLAGS (_PAGE_PRESENT | _PAGE_RW) /* 0x003 */

unsigned long max_pfn_mapped;
unsigned long max_low_pfn_mapped;
unsigned long e820_table_start, e820_table_end, e820_table_top;
int after_bootmem;
pte_t *pkmap_page_table;

static unsigned long pages_4k, pages_4m; /* in the direct map, counted in pass 1 */

void direct_map_counts(unsigned long *out_4k, unsigned long *out_4m)
{
	*out_4k = pages_4k;
	*out_4m = pages_4m;
}

/* ---- Table pages (W-36, W-42) ---- */

unsigned long __init early_table_bytes(unsigned long end, bool use_pse)
{
	unsigned long units = DIV_ROUND_UP(end, PGDIR_SIZE), ptes;

	if (use_pse) /* the tail beyond the last boundary, and the head */
		ptes = PFN_UP(end - round_down(end, PGDIR_SIZE)) + PTRS_PER_PTE;
	else
		ptes = PFN_UP(end);
	return 2 * round_up(units * sizeof(pgd_t), PAGE_SIZE) + /* folded levels count too */
	       round_up(ptes * sizeof(pte_t), PAGE_SIZE) +
	       round_up(__end_of_fixed_addresses * sizeof(pte_t), PAGE_SIZE);
}

static void __init find_early_table_space(unsigned long end, bool use_pse)
{
	unsigned long bytes = early_table_bytes(end, use_pse);
	u64 base;

	base = find_e820_area(TABLE_SEARCH_START, get_max_mapped(), bytes, PAGE_SIZE);
	if (base == ~0ull)
		panic("direct_map", "no room below %#llx for %lu bytes of page tables",
		      get_max_mapped(), bytes);
	e820_table_start = e820_table_end = PFN_DOWN(base);
	e820_table_top = e820_table_start + (bytes >> PAGE_SHIFT);
	pr_info("direct map: tables for [0, %#lx) in [%#llx, %#llx)", end, base, base + bytes);
	stage_note("%lu bytes wanted for [0, %#lx): [%#llx, %#llx)", bytes, end, base,
		   base + bytes);
}

static pte_t *__init alloc_low_page(void)
{
	unsigned long pfn = e820_table_end++;
	void *page = __va(PFN_PHYS(pfn));

	if (pfn >= e820_table_top)
		panic("direct_map", "the %lu pages for page tables at %#llx are used up",
		      e820_table_top - e820_table_start, PFN_PHYS(e820_table_start));
	memset(page, 0, PAGE_SIZE);
	return page;
}

pte_t *__init boot_table_page(void)
{
	pte_t *page;

	if (after_bootmem && mm_gen24) /* N-01: tables come from low boot memory */
		return alloc_bootmem_low_pages(PAGE_SIZE, OWNER_PAGE_TABLE);
	if (after_bootmem)
		return alloc_bootmem_pages(PAGE_SIZE, OWNER_PAGE_TABLE);
	stage_begin(STAGE_alloc_low_page);
	page = alloc_low_page();
	stage_note("page at %#lx", __pa(page));
	stage_end(STAGE_alloc_low_page);
	return page;
}

/* With folded middle levels the directory entry is the middle one (one_md_table_init). */
static pgd_t *__init one_md_table_init(pgd_t *pgd)
{
	return pgd;
}

pte_t *__init one_page_table_init(pgd_t *pgd)
{
	pgd_t *pmd = one_md_table_init(pgd);

	BUG_ON(pgd_large(*pmd));
	if (!pgd_present(*pmd)) {
		pte_t *table;

		stage_begin(STAGE_one_page_table_init);
		table = boot_table_page();
		pmd->val = (u32)__pa(table) | _KERNPG_TABLE;
		BUG_ON(pte_offset_kernel(pmd, 0) != table);
		record_page_table((u32)(pmd - swapper_pg_dir), (u32)__pa(table),
				  after_bootmem ? MEMSTAT_TABLE_BOOTMEM : MEMSTAT_TABLE_EARLY);
		replay_directory((unsigned)(pmd - swapper_pg_dir));
		stage_note("directory entry %u -> table at %#lx", (unsigned)(pmd - swapper_pg_dir),
			   __pa(table));
		stage_end(STAGE_one_page_table_init);
	}
	return pte_offset_kernel(pmd, 0);
}

/* ---- Mapping (W-41) ---- */

/* One pass over [start_pfn, end_pfn) with the given attributes. Returns one past the last pfn. */
static unsigned long map_pass(unsigned long start_pfn, unsigned long end_pfn, bool large, u32 flags)
{
	unsigned long pfn = start_pfn;
	unsigned first = pgd_index(PAGE_OFFSET + (start_pfn << PAGE_SHIFT)), idx = first;

	for (; idx < PTRS_PER_PGD && pfn < end_pfn; idx++) {
		unsigned i = pfn % PTRS_PER_PTE;
		unsigned long stop = min(end_pfn, pfn - i + PTRS_PER_PTE);
		pte_t *table;

		if (large) {
			swapper_pg_dir[idx].val = (u32)(pfn << PAGE_SHIFT) | flags | _PAGE_PSE;
			replay_directory(idx);
			pfn += PTRS_PER_PTE;
			continue;
		}
		table = one_page_table_init(&swapper_pg_dir[idx]);
		for (; pfn < stop; pfn++)
			table[i++].val = (u32)(pfn << PAGE_SHIFT) | flags;
	}
	for (unsigned k = first; !large && k < idx; k++)
		replay_table(k, k < idx - 1 || !(pfn % PTRS_PER_PTE) ? PTRS_PER_PTE
								     : pfn % PTRS_PER_PTE);
	return pfn;
}

/* The entry that maps pfn, as it stands in the tables. */
static u32 __init entry_of(unsigned long pfn)
{
	unsigned long addr = PAGE_OFFSET + (pfn << PAGE_SHIFT);
	pgd_t pgd = *pgd_offset_k(addr);

	return pgd_large(pgd) ? pgd.val : lookup_pte(addr)->val;
}

static unsigned long __init kernel_physical_mapping_init(unsigned long start, unsigned long end,
							 bool large)
{
	unsigned long first = PFN_DOWN(start), last;

	large = large && cpu_has_pse;
	last = map_pass(first, PFN_DOWN(end), large, BOOT_PTE_FLAGS);
	if (large)
		pages_4m += (last - first) / PTRS_PER_PTE;
	else
		pages_4k += last - first;
	stage_note("pass 1: [%#lx, %#llx) in %lu %s entries, first %#x", start, PFN_PHYS(last),
		   large ? (last - first) / PTRS_PER_PTE : last - first, large ? "4 MiB" : "4 KiB",
		   entry_of(first));
	__flush_tlb_all();
	map_pass(first, PFN_DOWN(end), large, PAGE_KERNEL);
	stage_note("pass 2: first %#x", entry_of(first));
	return PFN_PHYS(last);
}

static int __init save_mr(struct map_range *mr, int nr, unsigned long start, unsigned long end,
			  bool large)
{
	if (start >= end)
		return nr;
	BUG_ON(nr == NR_RANGE_MR);
	mr[nr] = (struct map_range){ start, end, large };
	return nr + 1;
}

int __init split_mem_range(struct map_range mr[NR_RANGE_MR], unsigned long start, unsigned long end,
			   bool use_pse)
{
	unsigned long head_end = start ? round_up(start, PGDIR_SIZE) : PGDIR_SIZE;
	unsigned long body_end = round_down(end, PGDIR_SIZE);
	int nr, out = 0;

	head_end = min(head_end, end);
	body_end = max(body_end, head_end);
	nr = save_mr(mr, 0, start, head_end, false);
	nr = save_mr(mr, nr, head_end, body_end, use_pse);
	nr = save_mr(mr, nr, body_end, end, false);

	for (int i = 1; i < nr; i++) {
		if (mr[out].end == mr[i].start && mr[out].large == mr[i].large)
			mr[out].end = mr[i].end;
		else
			mr[++out] = mr[i];
	}
	return nr ? out + 1 : 0;
}

/* W-35.2: what the processor can do, switched on. */
static bool __init setup_paging_features(void)
{
	if (cpu_has_pse)
		cr4_set_bits(X86_CR4_PSE);
	if (cpu_has_pge) {
		cr4_set_bits(X86_CR4_PGE);
		__supported_pte_mask |= _PAGE_GLOBAL;
	}
	return cpu_has_pse;
}

static void __init early_ioremap_page_table_range_init(void)
{
	unsigned long start = round_down(__fix_to_virt(__end_of_fixed_addresses - 1), PGDIR_SIZE);
	unsigned made;

	/* FIXADDR_TOP rounded up to a table's reach is 4 GiB, which is 0 here */
	made = page_table_range_init(start, round_up(FIXADDR_TOP, PGDIR_SIZE));
	early_ioremap_reset();
	stage_note("[%#lx, 4 GiB): %u tables made, the windows' own stays in use", start, made);
}

static void __init reserve_pgtable(void)
{
	if (e820_table_end > e820_table_start)
		reserve_early(PFN_PHYS(e820_table_start), PFN_PHYS(e820_table_end), "PGTABLE");
	else
		stage_skip(STAGE_alloc_low_page, "head.S's tables and large pages needed no other");
	stage_note("[%#llx, %#llx): %lu of %lu pages used", PFN_PHYS(e820_table_start),
		   PFN_PHYS(e820_table_end), e820_table_end - e820_table_start,
		   e820_table_top - e820_table_start);
}

static void __init load_kernel_directory(void)
{
	stage_begin(STAGE_load_cr3);
	load_cr3(__pa(swapper_pg_dir));
	stage_note("CR3 = %#lx", read_cr3());
	stage_end(STAGE_load_cr3);
	stage_begin(STAGE_flush_tlb_all);
	__flush_tlb_all();
	stage_note("global translations %s", cpu_has_pge ? "too" : "do not exist");
	stage_end(STAGE_flush_tlb_all);
}

unsigned long __init init_memory_mapping(unsigned long start, unsigned long end)
{
	struct map_range mr[NR_RANGE_MR];
	bool use_pse = setup_paging_features();
	int nr = split_mem_range(mr, start, end, use_pse);
	unsigned long last = end;

	pr_info("direct map of [%#lx, %#lx):", start, end);
	for (int i = 0; i < nr; i++) {
		const char *size = mr[i].large ? "4 MiB" : "4 KiB";

		pr_info("  [%#lx, %#lx) in pages of %s", mr[i].start, mr[i].end, size);
		stage_note("[%#lx, %#lx) in pages of %s", mr[i].start, mr[i].end, size);
	}
	if (!after_bootmem)
		RUN(find_early_table_space, end, use_pse);
	for (int i = 0; i < nr; i++) {
		stage_begin(STAGE_kernel_physical_mapping_init);
		last = kernel_physical_mapping_init(mr[i].start, mr[i].end, mr[i].large);
		stage_end(STAGE_kernel_physical_mapping_init);
	}
	RUN(early_ioremap_page_table_range_init);
	load_kernel_directory();
	if (!after_bootmem) {
		RUN(reserve_pgtable);
		RUN(early_memtest, start, end);
	}
	stage_note("mapped up to pfn %#lx: %lu small, %lu large entries", PFN_DOWN(last), pages_4k,
		   pages_4m);
	return PFN_DOWN(last);
}

void __init map_low_memory(void)
{
	stage_begin(STAGE_init_memory_mapping);
	max_low_pfn_mapped = init_memory_mapping(0, max_low_pfn << PAGE_SHIFT);
	max_pfn_mapped = max_low_pfn_mapped;
	stage_end(STAGE_init_memory_mapping);
}

/* ---- Tables without entries (W-66, W-67) ---- */

BUILD_BUG_ON(__fix_to_virt(FIX_KMAP_BEGIN) >> PGDIR_SHIFT !=
	     __fix_to_virt(FIX_KMAP_END) >> PGDIR_SHIFT); /* so page_table_kmap_check has no work */

unsigned __init page_table_range_init(unsigned long start, unsigned long end)
{
	unsigned made = 0, idx = pgd_index(start);

	stage_begin(STAGE_page_table_range_init);
	for (unsigned long addr = start; idx < PTRS_PER_PGD && addr != end;
	     addr += PGDIR_SIZE, idx++) {
		made += !pgd_present(swapper_pg_dir[idx]);
		one_page_table_init(&swapper_pg_dir[idx]);
	}
	stage_note("[%#lx, %#lx): %u tables made", start, end, made);
	stage_end(STAGE_page_table_range_init);
	return made;
}

void __init permanent_kmaps_init(void)
{
	page_table_range_init(PKMAP_BASE, PKMAP_BASE + LAST_PKMAP * PAGE_SIZE);
	stage_begin(STAGE_pte_offset_kernel);
	pkmap_page_table = pte_offset_kernel(pgd_offset_k(PKMAP_BASE), PKMAP_BASE);
	stage_note("entry of %#lx: table at %#x, seen at %p", PKMAP_BASE,
		   pgd_offset_k(PKMAP_BASE)->val & PTE_FRAME_MASK, (void *)pkmap_page_table);
	stage_end(STAGE_pte_offset_kernel);
	stage_note("PKMAP_BASE %#lx, %d slots, none filled", PKMAP_BASE, LAST_PKMAP);
}

/* ---- Around paging_init (W-64) ---- */

void __init pagetable_setup_start(void)
{
	x86_init.pagetable_setup_start();
}

void __init pagetable_setup_done(void)
{
	x86_init.pagetable_setup_done();
}

void __init native_pagetable_setup_start(void)
{
	unsigned long cleared = 0;

	for (unsigned long pfn = max_low_pfn; pfn < PFN_DOWN(SZ_4G - PAGE_OFFSET); pfn++) {
		unsigned long phys = pfn << PAGE_SHIFT;
		pte_t *pte = lookup_pte(PAGE_OFFSET + phys);

		if (!pte || !(pte->val & _PAGE_PRESENT))
			break;
		pte->val = 0;
		replay_unmapped(phys);
		cleared++;
	}
	if (cleared)
		__flush_tlb_all();
	stage_note("%lu boot-time entries past pfn %#lx cleared", cleared, max_low_pfn);
}

void __init native_pagetable_setup_done(void)
{
	stage_note("nothing to do without a hypervisor");
}
