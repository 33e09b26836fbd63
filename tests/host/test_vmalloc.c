/*
 * vmalloc, vmap, ioremap (W-119).
 *
 *	VMALLOC_START
 *	| early |g|  area |g|  hole  | area |g|        each area ends with a guard page (g)
 */
#include "mm/check.h"
#include "mm/direct_map.h"
#include "mm/memstat.h"
#include "mm/pgtable.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "support/host.h"
#include "support/zones.h"

#define DEVICE 0xFEBC0000ull

static void boot_slab(void)
{
	host_zones(4096, 8192, 4096);
	high_memory = (void *)0xF8000000ul;
	kmem_cache_init();
	kmem_cache_init_late();
}

static void boot(void)
{
	boot_slab();
	system_state = PHASE_SLAB;
	vmalloc_init();
	system_state = PHASE_VMALLOC;
	kmem_cache_reap();
}

static unsigned nr_areas(void)
{
	const struct vmap_area *va;
	unsigned n = 0;

	list_for_each_entry(va, &vmap_area_list, list)
		n += va->vm != NULL;
	return n;
}

static void let_go(void)
{
	vm_unmap_aliases();
	kmem_cache_reap();
}

static bool mapped(const void *virt)
{
	const pte_t *pte = lookup_pte((unsigned long)virt);

	return pte && pte->val;
}

/* Writes through the page tables, page by page. */
static void fill(char *virt, unsigned pages, char pattern)
{
	for (unsigned i = 0; i < pages; i++)
		memset(host_mmu(virt + i * PAGE_SIZE), pattern + (char)i, PAGE_SIZE);
}

static void assert_filled(char *virt, unsigned pages, char pattern)
{
	for (unsigned i = 0; i < pages; i++) {
		const char *frame = host_mmu(virt + i * PAGE_SIZE);

		assert_int_equal(frame[0], (char)(pattern + (char)i));
		assert_int_equal(frame[PAGE_SIZE - 1], (char)(pattern + (char)i));
	}
}

static void test_bounds(void **state)
{
	struct memstat_totals totals;

	(void)state;
	boot();
	assert_int_equal(vmalloc_start(), 0xF8800000);
	assert_int_equal(VMALLOC_END, 0xFF7FE000);
	assert_int_equal((VMALLOC_END - vmalloc_start()) >> 20, 111);
	assert_int_equal(vmap_area_pcpu_hole, VMALLOC_END);
	memstat_vm_totals(&totals);
	assert_int_equal(totals.vmalloc_used_bytes, 0);
	assert_int_equal(totals.vmalloc_largest_free_bytes, totals.vmalloc_total_bytes);
}

static void test_vmalloc(void **state)
{
	char *a, *b, *c;
	unsigned long before;

	(void)state;
	boot();
	vfree(vmalloc(PAGE_SIZE)); /* the page table stays */
	let_go();
	before = host_free_pages();
	a = vmalloc(10 * PAGE_SIZE);
	b = vmalloc(1);
	c = vmalloc(3 * PAGE_SIZE - 5);
	assert_int_equal((unsigned long)a, vmalloc_start());
	assert_ptr_equal(b, a + 11 * PAGE_SIZE);
	assert_ptr_equal(c, b + 2 * PAGE_SIZE);
	fill(a, 10, 1);
	fill(b, 1, 50);
	fill(c, 3, 60);
	assert_filled(a, 10, 1);
	assert_filled(b, 1, 50);
	assert_filled(c, 3, 60);
	assert_false(mapped(a + 10 * PAGE_SIZE));
	assert_false(mapped(b + PAGE_SIZE));
	assert_true(PageHighMem(vmalloc_to_page(a)));
	assert_int_equal(owner_pages[OWNER_VMALLOC], 14);
	host_assert_checks();
	vfree(b);
	assert_false(mapped(b));
	assert_ptr_equal(vmalloc(PAGE_SIZE), c + 4 * PAGE_SIZE); /* b rests */
	vm_unmap_aliases();
	assert_ptr_equal(vmalloc(PAGE_SIZE), b); /* first fit */
	vfree(c + 4 * PAGE_SIZE);
	vfree(a);
	vfree(b);
	vfree(c);
	vfree(NULL);
	assert_int_equal(nr_areas(), 0);
	assert_int_equal(owner_pages[OWNER_VMALLOC], 0);
	let_go();
	assert_int_equal(host_free_pages(), before);
	host_assert_checks();
}

/* What the lazy areas take, and how often they were flushed. */
static void expect_lazy(unsigned pages, unsigned purges)
{
	struct memstat_totals totals;

	memstat_vm_totals(&totals);
	assert_int_equal(totals.vmalloc_lazy_bytes, pages * PAGE_SIZE);
	assert_int_equal(totals.vmalloc_purges, purges);
	assert_int_equal(list_count(&vmap_area_list), nr_areas() + (pages ? pages / 2049 : 0));
	host_assert_checks();
}

/* Areas given back rest, until they are more than 32 MiB: one flush serves all. */
static void test_lazy(void **state)
{
	unsigned before, purges = vmap_purges;
	static char *a, *last;

	(void)state;
	boot();
	before = host_flush_all_count;
	last = NULL;
	for (unsigned i = 1; i <= 3; i++) {
		a = vmalloc(2048 * PAGE_SIZE);
		assert_true(a > last); /* never an address that rests */
		last = a;
		vfree(a);
		assert_false(mapped(a));
		EXPECT_PANIC("where no area begins", vfree(a));
		expect_lazy(i * 2049, purges);
	}
	assert_int_equal(host_flush_all_count, before);
	vfree(vmalloc(2048 * PAGE_SIZE)); /* 8196 pages, 8192 may rest */
	expect_lazy(0, purges + 1);
	assert_int_equal(host_flush_all_count, before + 1);
	vm_unmap_aliases(); /* nothing rests: no flush */
	assert_int_equal(host_flush_all_count, before + 1);
	assert_int_equal((unsigned long)vmalloc(PAGE_SIZE), vmalloc_start());
}

/* Where only resting addresses are left, they are flushed and given. */
static void test_lazy_hole(void **state)
{
	unsigned long most;
	char *a;

	(void)state;
	boot();
	vfree(vmalloc(3000 * PAGE_SIZE));
	most = VMALLOC_END - vmalloc_start() - 2000 * PAGE_SIZE;
	a = ioremap(0xE0000000ull, most); /* does not fit behind the 3001 pages that rest */
	assert_int_equal((unsigned long)a, vmalloc_start());
	assert_int_equal(vmap_lazy_nr, 0);
	host_assert_checks();
}

/* More than one page table; nothing but its frames and two records is needed. */
static void test_large(void **state)
{
	char *a;

	(void)state;
	boot();
	a = vmalloc(1500 * PAGE_SIZE);
	fill(a, 1500, 3);
	assert_filled(a, 1500, 3);
	host_assert_checks();
	vfree(a);
	assert_int_equal(nr_areas(), 0);
	assert_int_equal(owner_pages[OWNER_VMALLOC], 0);
}

static void test_refused(void **state)
{
	(void)state;
	boot();
	assert_null(vmalloc(0));
	assert_null(vmalloc(~0ul));
	assert_null(vmalloc(VMALLOC_END - vmalloc_start())); /* no room for the guard page */
	assert_null(vmalloc(20000 * PAGE_SIZE));	     /* more frames than there are */
	assert_int_equal(owner_pages[OWNER_VMALLOC], 0);
	assert_int_equal(nr_areas(), 0);
	host_assert_checks();
}

static void test_wrong_frees(void **state)
{
	struct page *page;
	char *a, *m;

	(void)state;
	boot();
	a = vmalloc(2 * PAGE_SIZE);
	EXPECT_PANIC("where no area begins", vfree(a + PAGE_SIZE));
	EXPECT_PANIC("an area of another kind", vunmap(a));
	EXPECT_PANIC("an area of another kind", iounmap(a));
	vfree(a);
	EXPECT_PANIC("vfree of 0x", vfree(a));
	page = alloc_pages(GFP_KERNEL, 0, OWNER_TEST);
	m = vmap(&page, 1);
	EXPECT_PANIC("an area of another kind", vfree(m));
}

static void test_vmap(void **state)
{
	struct page *pages[5];
	char *virt;

	(void)state;
	boot();
	for (unsigned i = 0; i < 5; i++)
		pages[4 - i] = alloc_pages(i % 2 ? GFP_KERNEL : GFP_HIGHUSER, 0, OWNER_VMALLOC);
	virt = vmap(pages, 5);
	fill(virt, 5, 9);
	for (unsigned i = 0; i < 5; i++) {
		assert_ptr_equal(vmalloc_to_page(virt + i * PAGE_SIZE), pages[i]);
		assert_int_equal(*(char *)__va(page_to_pfn(pages[i]) << PAGE_SHIFT), 9 + i);
	}
	host_assert_checks();
	vunmap(virt);
	vunmap(NULL);
	assert_int_equal(pages[0]->_count, 1); /* still the caller's */
	assert_null(vmap(pages, 0));
}

static void test_ioremap(void **state)
{
	char *a, *b;

	(void)state;
	boot();
	a = ioremap(DEVICE + 0x10, 0x1000); /* two pages */
	assert_int_equal((unsigned long)a & 0xFFF, 0x10);
	assert_int_equal(lookup_pte((unsigned long)a)->val, (u32)DEVICE | 0x17B);
	assert_int_equal(lookup_pte((unsigned long)a + PAGE_SIZE)->val,
			 (u32)(DEVICE + 0x1000) | 0x17B);
	assert_false(mapped(a + 2 * PAGE_SIZE));
	b = ioremap(0xFFFFF000ull, 0x1000); /* up to the very end */
	assert_non_null(b);
	host_assert_checks();
	iounmap(a);
	iounmap(b);
	iounmap(NULL);
	assert_int_equal(nr_areas(), 0);
	assert_null(ioremap(DEVICE, 0));
	assert_null(ioremap(0xFFFFF000ull, 0x1001));
	assert_null(ioremap(0x100000000ull, 0x1000));
	assert_null(ioremap(~0ull - 10, 0x1000));
	assert_null(ioremap(PFN_PHYS(10000), 0x1000)); /* RAM that is handed out */
	assert_true(host_log_has("cannot map 4096 bytes of device memory at 0x2710000"));
	assert_non_null(ioremap(0xA0000, 0x10000)); /* reserved: nobody is given it */
}

/* Registered before slab exists: the addresses hold, and nothing else is put there. */
static void test_early_areas(void **state)
{
	static struct vm_struct one = { .size = 3 * PAGE_SIZE, .flags = VM_ALLOC };
	static struct vm_struct two = { .size = 100, .flags = VM_ALLOC };
	struct memstat_totals totals;

	(void)state;
	high_memory = (void *)0xF8000000ul;
	vm_area_register_early(&one, PAGE_SIZE);
	vm_area_register_early(&two, 0x10000);
	assert_int_equal(one.addr, 0xF8800000);
	assert_int_equal(two.addr, 0xF8810000);
	boot();
	assert_int_equal(nr_areas(), 2);
	assert_int_equal((unsigned long)vmalloc(PAGE_SIZE), one.addr + 4 * PAGE_SIZE);
	assert_int_equal((unsigned long)vmalloc(0x10000), two.addr + 2 * PAGE_SIZE);
	memstat_vm_totals(&totals);
	assert_int_equal(totals.vmalloc_used_bytes, (4 + 2 + 2 + 17) * PAGE_SIZE);
	EXPECT_PANIC("BUG", vm_area_register_early(&one, PAGE_SIZE));
}

/* Whichever allocation fails: NULL, and everything is as before. */
static void test_allocations_fail(void **state)
{
	unsigned long before;
	struct page *page;
	void *virt;

	(void)state;
	boot();
	page = alloc_pages(GFP_KERNEL, 0, OWNER_TEST);
	for (int kind = 0; kind < 4; kind++) {
		vfree(vmalloc(PAGE_SIZE));
		let_go();
		before = host_free_pages();
		FOR_EACH_FAILED_ALLOC(let_go(),
				      virt = kind == 0	 ? vmalloc(6 * PAGE_SIZE)
					     : kind == 1 ? vmalloc(1030 * PAGE_SIZE)
					     : kind == 2 ? vmap(&page, 1)
							 : ioremap(DEVICE, 3 * PAGE_SIZE),
				      {
					      assert_int_equal(!virt, host_alloc_failed);
					      host_assert_checks();
					      if (virt && kind < 2)
						      vfree(virt);
					      else if (virt && kind == 2)
						      vunmap(virt);
					      else if (virt)
						      iounmap(virt);
					      assert_int_equal(nr_areas(), 0);
					      let_go();
					      assert_int_equal(host_free_pages(), before);
				      });
	}
}

/* The very first table cannot be had. */
static void test_table_fails(void **state)
{
	(void)state;
	boot();
	FOR_EACH_FAILED_ALLOC((void)0, vfree(vmalloc(PAGE_SIZE)), host_assert_checks());
	assert_int_equal(nr_areas(), 0);
}

#define HELD 60

/* Areas come and go at random; the model is what was written into each. */
static void test_random(void **state)
{
	struct {
		char *virt;
		unsigned pages;
		char pattern;
	} held[HELD] = { 0 };
	u32 random = host_seed(0x766D616C);

	(void)state;
	boot();
	for (unsigned step = 0; step < 3000; step++) {
		unsigned i;

		random ^= random << 13;
		random ^= random >> 17;
		random ^= random << 5;
		i = random % HELD;
		if (held[i].virt) {
			assert_filled(held[i].virt, held[i].pages, held[i].pattern);
			vfree(held[i].virt);
			held[i].virt = NULL;
		} else {
			held[i].pages = 1 + (random >> 8) % 40;
			held[i].pattern = (char)(random >> 16);
			held[i].virt = vmalloc(held[i].pages * PAGE_SIZE);
			assert_non_null(held[i].virt);
			fill(held[i].virt, held[i].pages, held[i].pattern);
		}
		host_assert_checks();
	}
	for (unsigned i = 0; i < HELD; i++)
		vfree(held[i].virt);
	assert_int_equal(owner_pages[OWNER_VMALLOC], 0);
	assert_int_equal(nr_areas(), 0);
	host_assert_checks();
}

/* ---- What the check and others see ---- */

static void expect_found(const char *what)
{
	struct memstat_check check = { 0 };

	check_vmalloc(&check);
	for (unsigned i = 0; i < check.kept; i++)
		if (strstr(check.list[i].what, what))
			return;
	fail_msg("%u disagreements, none of them %s", check.disagreements, what);
}

#define BREAK(field, value, what)                     \
	do {                                          \
		__typeof__(field) kept_ = (field);    \
		(field) = (__typeof__(field))(value); \
		expect_found(what);                   \
		(field) = kept_;                      \
		host_assert_checks();                 \
	} while (0)

static void test_check(void **state)
{
	struct vmap_area *va, *lazy;
	char *a, *dev;

	(void)state;
	boot();
	a = vmalloc(3 * PAGE_SIZE);
	dev = ioremap(DEVICE, PAGE_SIZE);
	va = list_first_entry(&vmap_area_list, struct vmap_area, list);
	BREAK(lookup_pte((unsigned long)a)->val, 0, "flags of a vmalloc page");
	BREAK(lookup_pte((unsigned long)a)->val, lookup_pte((unsigned long)a)->val & ~2u,
	      "flags of a vmalloc page");
	BREAK(lookup_pte((unsigned long)a)->val, 0x163, "frame of a vmalloc area");
	BREAK(lookup_pte((unsigned long)a + 3 * PAGE_SIZE)->val, 0x163, "guard page");
	BREAK(lookup_pte((unsigned long)dev)->val, (u32)DEVICE | 0x163, "flags of a vmalloc page");
	BREAK(lookup_pte((unsigned long)dev)->val, 0xFEBC1000 | 0x17B, "frame of an ioremap area");
	BREAK(lookup_pte((unsigned long)a + 100 * PAGE_SIZE)->val, 0x163,
	      "entry outside every vmalloc area");
	vfree(vmalloc(PAGE_SIZE));
	BREAK(vmap_lazy_nr, 3, "vmap_lazy_nr");
	BREAK(lookup_pte((unsigned long)dev + 2 * PAGE_SIZE)->val, 0x163,
	      "entry of an area given back");
	BREAK(va->list.next, 0xDEADBEE0, "link of vmap_area_list");
	BREAK(va->list.prev, &va->list, "vmap_area.list.prev");
	BREAK(vmap_area_list.prev, &va->list, "vmap_area_list.prev");
	BREAK(va->vm, 0xDEADBEE0, "vmap_area.vm");
	BREAK(va->vm->addr, va->va_start + PAGE_SIZE, "vm_struct.addr");
	BREAK(va->vm->size, PAGE_SIZE, "vm_struct.size");
	BREAK(va->vm->flags, VM_MAP, "vm_struct.flags");
	BREAK(va->vm->nr_pages, 1, "vm_struct.nr_pages");
	BREAK(va->vm->next, va->vm, "vm_struct.next");
	BREAK(va->vm->phys_addr, 1ull << 32, "vm_struct.phys_addr");
	BREAK(va->va_start, vmalloc_start() - PAGE_SIZE, "order of vmap_area_list");
	BREAK(va->va_end, VMALLOC_END + PAGE_SIZE, "order of vmap_area_list");
	lazy = list_entry(vmap_area_list.prev, struct vmap_area, list);
	assert_true(lazy->flags == VM_LAZY_FREE);
	BREAK(lazy->vm, va->vm, "vmap_area.vm");
	BREAK(vmalloc_to_page(a)->_count, 0, "frame of a vmalloc area");
	BREAK(va->va_end, va->va_start, "order of vmap_area_list");
	BREAK(vmalloc_to_page(a)->flags, vmalloc_to_page(a)->flags & ~PG_OWNER_MASK,
	      "frame of a vmalloc area");
}

static void see_area(void *arg, const struct memstat_vm_area *area)
{
	unsigned *n = arg;

	if (*n == 0) {
		assert_int_equal(area->start, vmalloc_start());
		assert_int_equal(area->bytes, 4 * PAGE_SIZE);
		assert_int_equal(area->pages, 3);
		assert_int_equal(area->kind, MEMSTAT_VM_ALLOC);
		assert_true(area->caller != 0);
	} else {
		assert_int_equal(area->phys, DEVICE);
		assert_int_equal(area->pages, 0);
		assert_int_equal(area->kind, MEMSTAT_VM_IOREMAP);
	}
	++*n;
}

static void test_memstat(void **state)
{
	struct memstat_totals totals;
	unsigned n = 0;

	(void)state;
	boot();
	vmalloc(3 * PAGE_SIZE);
	ioremap(DEVICE + 5, 8);
	memstat_vm_areas(see_area, &n);
	assert_int_equal(n, 2);
	memstat_vm_totals(&totals);
	assert_int_equal(totals.vmalloc_used_bytes, 6 * PAGE_SIZE);
	assert_int_equal(totals.vmalloc_largest_free_bytes,
			 totals.vmalloc_total_bytes - 6 * PAGE_SIZE);
}

HOST_MAIN(cmocka_unit_test(test_bounds), cmocka_unit_test(test_vmalloc),
	  cmocka_unit_test(test_lazy), cmocka_unit_test(test_lazy_hole),
	  cmocka_unit_test(test_large), cmocka_unit_test(test_refused),
	  cmocka_unit_test(test_wrong_frees), cmocka_unit_test(test_vmap),
	  cmocka_unit_test(test_ioremap), cmocka_unit_test(test_early_areas),
	  cmocka_unit_test(test_allocations_fail), cmocka_unit_test(test_table_fails),
	  cmocka_unit_test(test_random), cmocka_unit_test(test_check),
	  cmocka_unit_test(test_memstat))
