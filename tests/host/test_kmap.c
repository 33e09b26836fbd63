/*
 * Permanent and temporary mappings of high pages, and the page_address hash (W-02, W-66, W-69).
 */
#include "kernel/stage.h"
#include "mm/check.h"
#include "mm/fixmap.h"
#include "mm/highmem.h"
#include "mm/page_alloc.h"
#include "mm/pgtable_boot.h"
#include "support/host.h"
#include "support/zones.h"

#define HIGH_PAGES 4096ul

static struct page *high[HIGH_PAGES];

static void boot(void)
{
	page_address_init();
	host_zones(4096, 4096, HIGH_PAGES);
	assert_non_null(pte_alloc_kernel(PKMAP_BASE));
	pkmap_page_table = lookup_pte(PKMAP_BASE);
	assert_non_null(pte_alloc_kernel(fix_to_virt(FIX_KMAP_BEGIN)));
	kmap_init();
	for (unsigned i = 0; i < HIGH_PAGES - 8; i++) {
		high[i] = alloc_pages(GFP_HIGHUSER, 0, OWNER_TEST);
		assert_true(PageHighMem(high[i]));
	}
}

static struct kmap_stats stats(void)
{
	struct kmap_stats s;

	kmap_get_stats(&s);
	return s;
}

static void assert_clean(void)
{
	struct memstat_check check = { 0 };

	check_kmaps(&check);
	if (check.disagreements)
		fail_msg("%s at %s: expected %s, found %s", check.list[0].what, check.list[0].where,
			 check.list[0].expected, check.list[0].found);
}

static void *frame_of(const struct page *page)
{
	return __va(page_to_pfn(page) << PAGE_SHIFT);
}

static void test_page_address(void **state)
{
	struct page *low;

	(void)state;
	boot();
	low = alloc_pages(GFP_KERNEL, 0, OWNER_TEST);
	assert_ptr_equal(page_address(low), frame_of(low));
	assert_ptr_equal(kmap(low), frame_of(low));
	kunmap(low);
	assert_null(page_address(high[0]));
	assert_int_equal(stats().records_free, LAST_PKMAP);
}

static void test_kmap_one(void **state)
{
	char *virt;

	(void)state;
	boot();
	virt = kmap(high[7]);
	assert_in_range((unsigned long)virt, PKMAP_BASE, PKMAP_BASE + LAST_PKMAP * PAGE_SIZE - 1);
	assert_ptr_equal(host_mmu(virt), frame_of(high[7]));
	assert_ptr_equal(page_address(high[7]), virt);
	assert_int_equal(lookup_pte((unsigned long)virt)->val & 0xFFF, 0x163);
	assert_int_equal(stats().records_free, LAST_PKMAP - 1);
	assert_int_equal(stats().mapped, 1);
	assert_ptr_equal(kmap(high[7]), virt); /* a second user shares the slot */
	kunmap(high[7]);
	kunmap(high[7]);
	/* no user, but still there until the next wrap */
	assert_ptr_equal(page_address(high[7]), virt);
	assert_int_equal(stats().waiting, 1);
	assert_ptr_equal(kmap(high[7]), virt);
	kunmap(high[7]);
	assert_int_equal(stats().maps, 1);
	assert_clean();
}

/* More pages than slots, one after the other: the search wraps, and flushes once a round. */
static void test_kmap_wraps(void **state)
{
	unsigned flushes = host_flush_all_count;

	(void)state;
	boot();
	flushes = host_flush_all_count;
	for (unsigned i = 0; i < 3 * LAST_PKMAP; i++) {
		void *virt = kmap(high[i]);

		assert_non_null(virt);
		assert_ptr_equal(host_mmu(virt), frame_of(high[i]));
		kunmap(high[i]);
	}
	assert_int_equal(stats().wraps, 3);
	assert_in_range(stats().flushed, 2 * LAST_PKMAP, 3 * LAST_PKMAP);
	assert_in_range(host_flush_all_count - flushes, 2, 3);
	assert_null(page_address(high[0]));
	assert_clean();
}

/* Slots with users survive the wrap; with all 1024 in use there is no more. */
static void test_kmap_full(void **state)
{
	void *first;

	(void)state;
	boot();
	first = kmap(high[0]);
	for (unsigned i = 1; i < LAST_PKMAP; i++)
		assert_non_null(kmap(high[i]));
	assert_int_equal(stats().mapped, LAST_PKMAP);
	assert_int_equal(stats().records_free, 0);
	assert_null(kmap(high[LAST_PKMAP]));
	assert_int_equal(stats().refused, 1);
	assert_ptr_equal(kmap(high[0]), first); /* one that is mapped can be mapped again */
	kunmap(high[0]);
	kunmap(high[500]);
	assert_ptr_equal(kmap(high[LAST_PKMAP]), (void *)(PKMAP_BASE + 501 * PAGE_SIZE));
	assert_null(page_address(high[500]));
	assert_null(kmap(high[500]));
	assert_clean();
}

static void test_kunmap_unmapped(void **state)
{
	(void)state;
	boot();
	EXPECT_PANIC("which nobody has mapped", kunmap(high[3]));
	kmap(high[3]);
	kunmap(high[3]);
	EXPECT_PANIC("which nobody has mapped", kunmap(high[3]));
}

static void test_kmap_atomic(void **state)
{
	char *a, *b;

	(void)state;
	boot();
	a = kmap_atomic(high[1], KM_SELFTEST_0);
	b = kmap_atomic(high[2], KM_SELFTEST_1);
	assert_int_equal((unsigned long)a, 0xFFFF5000);
	assert_int_equal((unsigned long)b, 0xFFFF4000);
	assert_ptr_equal(host_mmu(a), frame_of(high[1]));
	assert_ptr_equal(host_mmu(b), frame_of(high[2]));
	EXPECT_PANIC("temporary slot 0 is in use", kmap_atomic(high[3], KM_SELFTEST_0));
	EXPECT_PANIC("is not the temporary slot 0", kunmap_atomic(b, KM_SELFTEST_0));
	kunmap_atomic(a + 100, KM_SELFTEST_0);
	assert_int_equal(host_flush_one_last, 0xFFFF5000);
	assert_int_equal(lookup_pte(0xFFFF5000)->val, 0);
	kunmap_atomic(b, KM_SELFTEST_1);
	a = kmap_atomic(high[3], KM_TYPE_NR - 1);
	assert_int_equal((unsigned long)a, 0xFFFE3000);
	kunmap_atomic(a, KM_TYPE_NR - 1);
	assert_int_equal(stats().atomic_maps, 3);
}

static void test_kmap_atomic_low(void **state)
{
	struct page *low;

	(void)state;
	boot();
	low = alloc_pages(GFP_KERNEL, 0, OWNER_TEST);
	assert_ptr_equal(kmap_atomic(low, KM_SELFTEST_0), frame_of(low));
	kunmap_atomic(frame_of(low), KM_SELFTEST_0);
	assert_int_equal(stats().atomic_maps, 0);
}

static void test_clear_highpage(void **state)
{
	unsigned char *frame;
	struct page *page;

	(void)state;
	boot();
	frame = frame_of(high[9]);
	memset(frame, 0xEE, PAGE_SIZE);
	clear_highpage(high[9]);
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(frame[i], 0);
	memset(frame_of(high[10]), 0xEE, PAGE_SIZE);
	__free_pages(high[10], 0);
	page = alloc_pages(GFP_HIGHUSER | __GFP_ZERO, 0, OWNER_TEST);
	assert_ptr_equal(page, high[10]);
	assert_int_equal(*(u32 *)frame_of(page), 0);
}

static void test_probe(void **state)
{
	unsigned long before;

	(void)state;
	boot();
	for (unsigned i = 0; i < 20; i++)
		__free_pages(high[i], 0);
	before = host_free_pages();
	stage_begin(STAGE_mm_init);
	highmem_probe();
	stage_end(STAGE_mm_init);
	assert_string_equal(stage_get_note(STAGE_mm_init, 0),
			    "16 frames written through kmap and read back: 0 wrong");
	assert_int_equal(host_free_pages(), before);
	assert_int_equal(stats().mapped, 0);
	assert_clean();
}

/* Users come and go at random, some pages with several; the model is how many each page has. */
static void test_random(void **state)
{
	static unsigned char users[2000];
	u32 random = host_seed(0x6B6D6170);
	unsigned mapped = 0;

	(void)state;
	boot();
	for (unsigned step = 0; step < 40000; step++) {
		unsigned i;

		random ^= random << 13;
		random ^= random >> 17;
		random ^= random << 5;
		i = random % ARRAY_SIZE(users);
		if (users[i] < 3 && (random >> 16) % 100 < (mapped < 600 ? 60 : 45)) {
			void *virt = kmap(high[i]);

			assert_int_equal(!virt, mapped == LAST_PKMAP && !users[i]);
			if (!virt)
				continue;
			assert_ptr_equal(host_mmu(virt), frame_of(high[i]));
			mapped += !users[i]++;
		} else if (users[i]) {
			assert_ptr_equal(host_mmu(page_address(high[i])), frame_of(high[i]));
			kunmap(high[i]);
			mapped -= !--users[i];
		}
		assert_int_equal(stats().mapped, mapped);
		assert_clean();
	}
	assert_true(stats().wraps > 5);
	assert_clean();
}

static void expect_found(const char *what)
{
	struct memstat_check check = { 0 };

	check_kmaps(&check);
	for (unsigned i = 0; i < check.kept; i++)
		if (strstr(check.list[i].what, what))
			return;
	fail_msg("%u disagreements, none of them %s", check.disagreements, what);
}

static void test_check(void **state)
{
	u32 *entry, kept;

	(void)state;
	boot();
	entry = &lookup_pte((unsigned long)kmap(high[0]))->val;
	kept = *entry;
	*entry = 0;
	expect_found("pkmap entry against its counter");
	*entry = kept + PAGE_SIZE;
	expect_found("page_address of a mapped page");
	*entry = 0xFFFFF163;
	assert_clean(); /* no such frame: nothing to look up, and nothing followed */
	*entry = kept;
	pkmap_page_table[700].val = kept;
	expect_found("pkmap entry against its counter");
	pkmap_page_table[700].val = 0;
	assert_clean();
}

HOST_MAIN(cmocka_unit_test(test_page_address), cmocka_unit_test(test_kmap_one),
	  cmocka_unit_test(test_kmap_wraps), cmocka_unit_test(test_kmap_full),
	  cmocka_unit_test(test_kunmap_unmapped), cmocka_unit_test(test_kmap_atomic),
	  cmocka_unit_test(test_kmap_atomic_low), cmocka_unit_test(test_clear_highpage),
	  cmocka_unit_test(test_probe), cmocka_unit_test(test_random), cmocka_unit_test(test_check))
