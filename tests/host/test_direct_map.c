/*
 * The direct mapping, the fixmap with its windows, and the walk over page tables
 * (W-06, W-35 to W-45, W-64, W-66, W-67, W-110 to W-113, W-136).
 */
#include "support/host.h"

#include "kernel/x86/sections.h"
#include "kernel/x86/tlb.h"
#include "mm/bootmem.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_node_map.h"
#include "mm/early_res.h"
#include "mm/fixmap.h"
#include "mm/memstat.h"
#include "mm/pgtable_boot.h"
#include "mm/resource.h"

#define MIB(n) ((unsigned long)(n) << 20)

/* ---- W-35: pieces ---- */

static void expect_pieces(unsigned long end, bool pse, const struct map_range *want, int count)
{
	struct map_range mr[NR_RANGE_MR];

	assert_int_equal(split_mem_range(mr, 0, end, pse), count);
	for (int i = 0; i < count; i++) {
		assert_int_equal(mr[i].start, want[i].start);
		assert_int_equal(mr[i].end, want[i].end);
		assert_int_equal(mr[i].large, want[i].large);
	}
}

#define PIECES(end, pse, ...)                                        \
	expect_pieces(end, pse, (struct map_range[]){ __VA_ARGS__ }, \
		      ARRAY_SIZE(((struct map_range[]){ __VA_ARGS__ })))

static void test_pieces(void **state)
{
	struct map_range mr[NR_RANGE_MR];

	(void)state;
	PIECES(MIB(3), true, { 0, MIB(3), false });
	PIECES(MIB(4), true, { 0, MIB(4), false });
	PIECES(MIB(5), true, { 0, MIB(5), false }); /* head and tail touch */
	PIECES(MIB(8), true, { 0, MIB(4), false }, { MIB(4), MIB(8), true });
	PIECES(0x7FE0000, true, { 0, MIB(4), false }, { MIB(4), 0x7C00000, true },
	       { 0x7C00000, 0x7FE0000, false });
	PIECES(MIB(896), true, { 0, MIB(4), false }, { MIB(4), MIB(896), true });
	for (unsigned long end = MIB(3); end <= MIB(896); end += MIB(19))
		PIECES(end, false, { 0, end, false });
	assert_int_equal(split_mem_range(mr, 0, 0, true), 0);

	/* not from 0: up to the next boundary, then large */
	assert_int_equal(split_mem_range(mr, MIB(5), MIB(13), true), 3);
	assert_int_equal(mr[0].end, MIB(8));
	assert_int_equal(mr[1].end, MIB(12));
	assert_int_equal(mr[2].end, MIB(13));
	assert_int_equal(split_mem_range(mr, MIB(8), MIB(12), true), 1);
	assert_true(mr[0].large);
}

/* ---- W-35 to W-45: the whole ---- */

/* RAM [0, 0x9FC00) and [1 MiB, end), mapped by head.S to 8 MiB at 0 and at PAGE_OFFSET. */
static void machine(unsigned long end)
{
	pte_t *boot_tables;

	host_ram_setup(end);
	boot_tables = __va(0x1d0000);
	memset(swapper_pg_dir, 0, PAGE_SIZE);
	for (unsigned i = 0; i < 2048; i++)
		boot_tables[i].val = i << PAGE_SHIFT | 0x003;
	for (unsigned i = 0; i < 2; i++) {
		u32 val = (u32)(0x1d0000 + i * PAGE_SIZE) | 0x067;

		swapper_pg_dir[i].val = val;
		swapper_pg_dir[KERNEL_PGD_BOUNDARY + i].val = val;
	}
	host_cr3 = __pa(swapper_pg_dir);
	max_pfn_mapped = 2048;
	e820_add_region(0, 0x9fc00, E820_RAM);
	e820_add_region(0x100000, end - 0x100000, E820_RAM);
	reserve_early(HOST_IMAGE_START, HOST_IMAGE_END, "TEXT DATA BSS");
	max_pfn = PFN_DOWN(end);
	max_low_pfn = min(max_pfn, MAXMEM_PFN);
	early_ioremap_init();
}

static void expect_reserved(u64 start, u64 end, const char *name)
{
	for (int i = 0; i < early_res_count; i++)
		if (!strcmp(early_res[i].name, name)) {
			assert_true(early_res[i].start == start && early_res[i].end == end);
			return;
		}
	fail_msg("no reservation \"%s\"", name);
}

/* Every address of low memory leads to its frame, with these attributes; nothing lies behind. */
static void expect_direct_map(unsigned long end, u32 flags)
{
	for (unsigned long pfn = 0; pfn < PFN_DOWN(end); pfn++) {
		unsigned long addr = PAGE_OFFSET + (pfn << PAGE_SHIFT);
		pgd_t pgd = *pgd_offset_k(addr);

		if (pgd_large(pgd)) {
			assert_true(pfn >= 1024);
			assert_int_equal(pgd.val,
					 (pfn & ~1023ul) << PAGE_SHIFT | flags | _PAGE_PSE);
			pfn |= 1023;
		} else {
			assert_int_equal(lookup_pte(addr)->val, pfn << PAGE_SHIFT | flags);
		}
	}
}

static void expect_counts(unsigned long small, unsigned long large)
{
	unsigned long n4k, n4m;

	direct_map_counts(&n4k, &n4m);
	assert_int_equal(n4k, small);
	assert_int_equal(n4m, large);
}

static void test_map_128m(void **state)
{
	(void)state;
	machine(0x7fe0000);
	e820_remove_range(0, 0x7000, E820_RAM); /* the search starts there in any case */
	map_low_memory();
	assert_int_equal(max_low_pfn_mapped, 0x7fe0);
	assert_int_equal(max_pfn_mapped, 0x7fe0);
	assert_int_equal(e820_table_start, 7);
	assert_int_equal(e820_table_top, 12); /* 5 pages for an end of 0x7FE0000 */
	assert_int_equal(e820_table_end, 8);  /* one table: the tail's; the head's was there */
	expect_reserved(0x7000, 0x8000, "PGTABLE");
	expect_direct_map(0x7fe0000, 0x163);
	expect_counts(1024 + 0x3e0, 30);
	assert_int_equal(host_cr4, X86_CR4_PSE | X86_CR4_PGE);
	assert_int_equal(host_cr3, __pa(swapper_pg_dir));
	assert_int_equal(swapper_pg_dir[KERNEL_PGD_BOUNDARY + 31].val & 0xfff, 0x067);
	assert_true(host_log_has("pass 1") || host_flush_all_count >= 4);
	/* what head.S mapped behind the end is gone: nothing here, RAM goes beyond 8 MiB */
	native_pagetable_setup_start();
	expect_direct_map(0x7fe0000, 0x163);
}

static void test_map_without_pse(void **state)
{
	(void)state;
	machine(0x7fe0000);
	cpu_caps_disable(CPU_PSE);
	map_low_memory();
	/* 32736 entries: 32 tables; 2 are head.S's */
	assert_int_equal(e820_table_end - e820_table_start, 30);
	assert_int_equal(e820_table_top - e820_table_start, 32 + 3);
	expect_direct_map(0x7fe0000, 0x163);
	expect_counts(0x7fe0, 0);
	assert_int_equal(host_cr4, X86_CR4_PGE);
}

static void test_map_without_pge(void **state)
{
	(void)state;
	machine(0x7fe0000);
	cpu_caps_disable(CPU_PGE);
	map_low_memory();
	expect_direct_map(0x7fe0000, 0x063);
	assert_int_equal(host_cr4, X86_CR4_PSE);
}

static void test_map_896m(void **state)
{
	(void)state;
	machine(MIB(896));
	map_low_memory();
	assert_int_equal(e820_table_top - e820_table_start, 4);
	assert_int_equal(e820_table_end, e820_table_start);
	for (int i = 0; i < early_res_count; i++) /* no table page was needed */
		assert_string_not_equal(early_res[i].name, "PGTABLE");
	expect_counts(1024, 223);
	expect_direct_map(MIB(896), 0x163);
	assert_int_equal(max_low_pfn_mapped, 0x38000);
}

static void test_map_896m_without_pse(void **state)
{
	(void)state;
	machine(MIB(896));
	cpu_caps_disable(CPU_PSE);
	map_low_memory();
	/* 227 pages do not fit below 640 KiB: behind the image, inside the boot mapping */
	assert_int_equal(e820_table_top - e820_table_start, 227);
	assert_int_equal(e820_table_start, HOST_IMAGE_END >> PAGE_SHIFT);
	assert_int_equal(e820_table_end - e820_table_start, 222);
	expect_direct_map(MIB(896), 0x163);
}

/* RAM ends inside what head.S mapped: the rest of its entries goes (W-64). */
static void test_map_5m(void **state)
{
	unsigned long end = MIB(5);

	(void)state;
	machine(end);
	map_low_memory();
	expect_direct_map(end, 0x163);
	assert_int_equal(lookup_pte(PAGE_OFFSET + end)->val, PFN_PHYS(PFN_DOWN(end)) | 0x003);
	native_pagetable_setup_start();
	for (unsigned long addr = PAGE_OFFSET + end; addr < PAGE_OFFSET + MIB(8); addr += PAGE_SIZE)
		assert_int_equal(lookup_pte(addr)->val, 0);
	expect_direct_map(end, 0x163);
}

static void test_no_room_for_tables(void **state)
{
	(void)state;
	machine(0x7fe0000);
	reserve_early(0x7000, 0x9f000, "A");
	reserve_early(HOST_IMAGE_END, MIB(8), "B");
	EXPECT_PANIC("direct_map: no room below 0x800000 for 20480 bytes", map_low_memory());
}

static void test_tables_used_up(void **state)
{
	(void)state;
	machine(0x7fe0000);
	e820_table_start = e820_table_end = 0x300;
	e820_table_top = 0x301;
	assert_non_null(boot_table_page());
	EXPECT_PANIC("the 1 pages for page tables at 0x300000 are used up", boot_table_page());
}

/* ---- W-43, W-66, W-67 ---- */

static void test_page_table_range(void **state)
{
	pte_t *table;

	(void)state;
	machine(MIB(16));
	map_low_memory();
	/* the loop ends at the top of the address space, where the end wraps to 0 */
	assert_int_equal(page_table_range_init(0xFFC00000ul, 0), 0);
	e820_table_end = 0x380;
	e820_table_top = 0x390;
	assert_int_equal(page_table_range_init(0xFF000000ul, 0), 3);

	/* after W-59 tables come from the boot allocator */
	swapper_pg_dir[pgd_index(PKMAP_BASE)].val = 0;
	initmem_init();
	permanent_kmaps_init();
	table = pte_offset_kernel(pgd_offset_k(PKMAP_BASE), PKMAP_BASE);
	assert_ptr_equal(pkmap_page_table, table);
	assert_ptr_equal(table, __va(__pa(table)));
	assert_string_equal(early_res[early_res_count - 1].name, "BOOTMEM");
	assert_int_equal(early_res[early_res_count - 1].owner, OWNER_PAGE_TABLE);
	for (int i = 0; i < PTRS_PER_PTE; i++)
		assert_int_equal(table[i].val, 0);
}

/* ---- W-06 ---- */

static void test_fixmap_constants(void **state)
{
	(void)state;
	assert_int_equal(BTMAP_END_AFTER(31), 31);
	assert_int_equal(BTMAP_END_AFTER(768), 768);
	assert_int_equal(BTMAP_END_AFTER(769), 1024);
	assert_int_equal(BTMAP_END_AFTER(800), 1024);
	assert_int_equal(__end_of_permanent_fixed_addresses, 31);
	assert_int_equal(FIX_BTMAP_BEGIN, 286);
	assert_int_equal(FIX_WP_TEST, 287);
	assert_int_equal(__end_of_fixed_addresses, 288);
	assert_int_equal(fix_to_virt(FIX_KMAP_BEGIN), 0xFFFF5000);
	assert_int_equal(fix_to_virt(FIX_KMAP_END), 0xFFFE3000);
	assert_int_equal(FIXADDR_BOOT_START, 0xFFEDF000);
	assert_int_equal(__virt_to_fix(0xFFFF5ABCul), FIX_KMAP_BEGIN);
	EXPECT_PANIC("idx >= __end_of_fixed_addresses", fix_to_virt(288));
	EXPECT_PANIC("idx == FIX_HOLE", set_fixmap(FIX_HOLE, 0));
}

static u32 window_entry(unsigned long virt)
{
	return pte_offset_kernel(pgd_offset_k(virt), virt)->val;
}

static void test_windows(void **state)
{
	char *w[5];

	(void)state;
	machine(MIB(16));
	/* 64 pages at most, page by page, from the slot's first address */
	w[0] = early_ioremap(0x3ffe1ad8, 64);
	assert_ptr_equal(w[0], 0xFFEE1AD8);
	assert_int_equal(window_entry(0xFFEE1000), 0x3ffe1000 | (0x163 & ~0x100) | 0x18);
	w[1] = early_memremap(0x5000fff, 2); /* two bytes on two pages */
	assert_ptr_equal(w[1], 0xFFF21FFF);
	assert_int_equal(window_entry(0xFFF21000), 0x5000063);
	assert_int_equal(window_entry(0xFFF22000), 0x5001063);
	w[2] = early_memremap(0, 64 * PAGE_SIZE);
	assert_ptr_equal(w[2], 0xFFF61000);
	w[3] = early_memremap(0, 1);
	assert_ptr_equal(w[3], 0xFFFA1000);
	assert_null(early_memremap(0, 1));
	assert_true(host_log_has("all are open"));
	assert_int_equal(check_early_ioremap_leak(), 4);

	/* one byte at the start of a page is unmapped too */
	early_iounmap(w[3], 1);
	assert_int_equal(window_entry(0xFFFA1000), 0);
	early_iounmap(w[1], 2);
	assert_int_equal(window_entry(0xFFF21000) | window_entry(0xFFF22000), 0);
	EXPECT_PANIC("early_iounmap of 65 bytes", early_iounmap(w[0], 65));
	EXPECT_PANIC("no such window", early_iounmap(w[0] + 1, 64));
	early_iounmap(w[0], 64);
	early_iounmap(w[2], 64 * PAGE_SIZE);
	for (unsigned long a = 0xFFEE1000; a < 0xFFFE1000; a += PAGE_SIZE)
		assert_int_equal(window_entry(a), 0);
	assert_int_equal(check_early_ioremap_leak(), 0);
	assert_int_equal(early_ioremap_count(), 4);

	/* refusals */
	assert_null(early_ioremap(0x1000, 0));
	assert_null(early_ioremap(0x1001, 64 * PAGE_SIZE));
	assert_null(early_ioremap(0x1000, 64 * PAGE_SIZE + 1));
	assert_null(early_ioremap(0xFFFFFFFFull, 2));
	assert_null(early_ioremap(0x100000000ull, 1));
	assert_null(early_ioremap(~0ull, 2));
	assert_int_equal(early_ioremap_count(), 4);
}

/* The same windows go on after the direct map, through the same table. */
static void test_windows_after_reset(void **state)
{
	char *w;

	(void)state;
	machine(MIB(16));
	map_low_memory();
	w = early_memremap(0x5000000, 10);
	assert_int_equal(window_entry((unsigned long)w), 0x5000163);
	early_iounmap(w, 10);
	set_fixmap_nocache(FIX_APIC_BASE, 0xfee00000);
	assert_int_equal(window_entry(0xFFFFB000), 0xfee0017b);
	assert_int_equal(host_flush_one_last, 0xFFFFB000);
}

/* W-95: the four bytes below 1 MiB count, not those that the walkthrough's copy names. */
static void test_eisa_probe(void **state)
{
	(void)state;
	machine(MIB(32));
	map_low_memory();
	memcpy(__va(0xFFFFD9), "EISA", 4);
	memset(__va(0x0FFFD9), 0xFF, 4);
	assert_false(eisa_probe());
	memcpy(__va(0x0FFFD9), "EISA", 4);
	assert_true(eisa_probe());
	assert_int_equal(check_early_ioremap_leak(), 0);
}

/* ---- W-110 to W-113, W-136 ---- */

static void test_late_protection(void **state)
{
	u32 before;

	(void)state;
	machine(MIB(16));
	map_low_memory();
	initmem_init();
	check_memory_layout();
	assert_int_equal(vmalloc_start(), PAGE_OFFSET * 0 + (unsigned long)high_memory + MIB(8));
	before = host_flush_all_count;
	test_wp_bit();
	assert_int_equal(boot_cpu_data.wp_works_ok, 1);
	assert_int_equal(window_entry(0xFFEE0000), 0); /* FIX_WP_TEST is clear again */
	zap_low_mappings();
	for (unsigned i = 0; i < KERNEL_PGD_BOUNDARY; i++)
		assert_int_equal(swapper_pg_dir[i].val, 0);
	assert_int_not_equal(swapper_pg_dir[KERNEL_PGD_BOUNDARY].val, 0);
	assert_true(host_flush_all_count > before);
	assert_true(pg_dir_changes() == ~0u);
}

/* ---- The dump (memstat.h) ---- */

static void expect_pt(u64 *at, u64 end, u32 flags, bool large)
{
	struct memstat_pt_range r;

	assert_true(memstat_pt_range(*at, &r));
	assert_int_equal(r.start, *at);
	assert_true(r.end == end);
	assert_int_equal(r.flags, flags);
	assert_int_equal(r.large, large);
	*at = r.end;
}

static void test_pt_ranges(void **state)
{
	const u32 rw = MEMSTAT_PT_PRESENT | MEMSTAT_PT_RW | MEMSTAT_PT_GLOBAL;
	struct memstat_pt_range r;
	u64 at = 0;

	(void)state;
	machine(0x7fe0000);
	map_low_memory();
	high_memory = (void *)(PAGE_OFFSET + 0x7fe0000);
	memset(swapper_pg_dir, 0, KERNEL_PGD_BOUNDARY * sizeof(pgd_t));
	/* constants read-only, two pages of them */
	lookup_pte(0xC0180000)->val &= ~_PAGE_RW;
	lookup_pte(0xC0181000)->val &= ~(_PAGE_RW | _PAGE_DIRTY);
	set_fixmap_nocache(FIX_APIC_BASE, 0xfee00000);

	expect_pt(&at, PAGE_OFFSET, 0, true);
	expect_pt(&at, 0xC0180000, rw, false);
	expect_pt(&at, 0xC0182000, rw & ~MEMSTAT_PT_RW, false);
	expect_pt(&at, 0xC0400000, rw, false);
	expect_pt(&at, 0xC7C00000, rw | MEMSTAT_PT_PSE, true);
	expect_pt(&at, 0xC7FE0000, rw, false);
	expect_pt(&at, 0xC8000000, 0, false); /* the rest of the tail's table */
	expect_pt(&at, 0xC87E0000, 0, true);  /* up to the next area */
	expect_pt(&at, VMALLOC_END, 0, true);
	expect_pt(&at, PKMAP_BASE, 0, true);
	expect_pt(&at, 0xFFC00000, 0, true);
	expect_pt(&at, 0xFFFE0000, 0, false); /* windows and unused */
	expect_pt(&at, 0xFFFFB000, 0, false);
	expect_pt(&at, 0xFFFFC000, rw | MEMSTAT_PT_PCD | MEMSTAT_PT_PWT, false);
	expect_pt(&at, SZ_4G, 0, false);
	assert_false(memstat_pt_range(at, &r));
}

HOST_MAIN(cmocka_unit_test(test_pieces), cmocka_unit_test(test_map_128m),
	  cmocka_unit_test(test_map_without_pse), cmocka_unit_test(test_map_without_pge),
	  cmocka_unit_test(test_map_896m), cmocka_unit_test(test_map_896m_without_pse),
	  cmocka_unit_test(test_map_5m), cmocka_unit_test(test_no_room_for_tables),
	  cmocka_unit_test(test_tables_used_up), cmocka_unit_test(test_page_table_range),
	  cmocka_unit_test(test_fixmap_constants), cmocka_unit_test(test_windows),
	  cmocka_unit_test(test_windows_after_reset), cmocka_unit_test(test_eisa_probe),
	  cmocka_unit_test(test_late_protection), cmocka_unit_test(test_pt_ranges))
