/*
 * The RAM test: every free frame is tested and given back, whatever is broken is found, no more, and
 * goes out of service. Broken RAM is made of frames that share their memory (a broken address line).
 */
#include "support/arena.h"
#include "support/host.h"

#include <sys/mman.h>
#include <unistd.h>

#include "mm/gen24.h"
#include "mm/highmem.h"
#include "mm/page_alloc_internal.h"
#include "mm/ramtest.h"
#include "mm/slab_internal.h"
#include "support/boot_zones.h"
#include "support/zones.h"

#define ALL ((1u << RAMTEST_COUNT) - 1)

void *__wrap_kmap_atomic(struct page *page, enum km_type type);
void __wrap_kunmap_atomic(void *virt, enum km_type type);

static unsigned mapped;

void *__wrap_kmap_atomic(struct page *page, enum km_type type)
{
	(void)type;
	mapped++;
	return __va(page_to_pfn(page) << PAGE_SHIFT);
}

void __wrap_kunmap_atomic(void *virt, enum km_type type)
{
	assert_non_null(virt);
	(void)type;
	mapped--;
}

static unsigned long free_before;

static void machine(const char *mm)
{
	if (mm)
		host_boot_option("mm", mm);
	else
		host_boot_option("highmem", "12M");
	host_boot_ram(80 << 20);
	kmem_cache_init();
	host_boot_finish();
	kmem_cache_init_late();
	for (u32 i = 0; i < 12 && !mm; i++) /* in use: what is left takes less time */
		assert_non_null(alloc_pages(GFP_KERNEL, MAX_ORDER - 1, OWNER_KERNEL));
	assert_null(ramtest_start(&(struct ramtest_order){ .passes = 1 })); /* makes its record */
	while (host_step_jobs())
		;
	drain_all_pages();
	free_before = host_free_pages();
}

static const struct ramtest_state *run(const struct ramtest_order *order)
{
	const struct ramtest_state *s;
	const char *why = ramtest_start(order);

	if (why)
		fail_msg("%s", why);
	s = ramtest_get();
	assert_string_equal(ramtest_start(order), "a RAM test runs already");
	while (host_step_jobs()) {
		struct zone *zone;

		for_each_populated_zone(zone)
			assert_true(zone->vm_stat[NR_FREE_PAGES] >=
				    (long)zone->watermark[WMARK_HIGH]);
	}
	assert_false(s->running);
	assert_int_equal(mapped, 0);
	assert_int_equal(owner_pages[OWNER_SOAK], 0);
	host_check_pages();
	return s;
}

static void expect_good(const struct ramtest_state *s, u32 passes)
{
	assert_int_equal(s->bad_words, 0);
	assert_int_equal(s->bad_frames, 0);
	assert_int_equal(s->pass, passes);
	assert_int_equal(s->tested_pages + s->skipped_pages + s->in_use_pages, s->looked_pages);
	assert_true(s->tested_pages > 1000);
	assert_int_equal(host_free_pages(), free_before);
}

/* Each test, in all zones; at least nine tenths of what is free are reached. */
static void test_good_ram(void **state)
{
	(void)state;
	machine(NULL);
	for (u32 test = 0; test < RAMTEST_COUNT; test++) {
		const struct ramtest_state *s =
			run(&(struct ramtest_order){ .tests = 1u << test, .passes = 1, .seed = 5 });

		expect_good(s, 1);
		assert_int_equal(s->high_pages, 3072);
		assert_true(s->bytes_moved >= 4096ull * 2 * s->tested_pages);
		assert_in_range(s->tested_pages, free_before * 6 / 10, free_before);
		assert_int_equal(s->tested_pages + s->skipped_pages, free_before);
	}
	expect_good(run(&(struct ramtest_order){ .tests = 1u << RAMTEST_ADDRESS, .passes = 3 }), 3);
}

static void test_gen24(void **state)
{
	(void)state;
	machine("2.4");
	assert_true(mm_gen24);
	expect_good(run(&(struct ramtest_order){ .tests = 1u << RAMTEST_RANDOM, .passes = 2 }), 2);
}

/* A free frame in the middle of memory, or a high one. */
static struct page *victim(bool high)
{
	struct page *page = alloc_pages(high ? GFP_KERNEL | __GFP_HIGHMEM : GFP_KERNEL, 4,
					OWNER_KERNEL);

	assert_int_equal(PageHighMem(page), high);
	__free_pages(page, 4);
	return page + 5;
}

/* A made-up stuck bit is found by each test that writes a 0 there, and it alone. */
static void test_stuck_bit(void **state)
{
	(void)state;
	machine(NULL);
	for (u32 test = 0; test < RAMTEST_COUNT; test++)
		for (u32 high = 0; high < 2; high++) {
			struct page *page = victim(high);
			u64 phys = PFN_PHYS(page_to_pfn(page)) + 0x124;
			unsigned long ram = totalram_pages, bad = owner_pages[OWNER_BAD_RAM];
			const struct ramtest_state *s =
				run(&(struct ramtest_order){ .tests = 1u << test,
							     .passes = 1,
							     .seed = 3,
							     .stuck_phys = phys,
							     .stuck_bits = 1 << 9 });

			assert_int_equal(s->bad_frames, 1);
			assert_true(s->bad[0].phys == phys);
			assert_int_equal(s->bad[0].expected ^ s->bad[0].found, 1 << 9);
			assert_int_equal(s->bad[0].test, test);
			assert_int_equal(s->bad[0].words, s->bad_words);
			assert_true(s->bad_words >= 1);
			assert_true(PageFlag(page, PG_reserved));
			assert_int_equal(page_owner(page), OWNER_BAD_RAM);
			assert_int_equal(owner_pages[OWNER_BAD_RAM], bad + 1);
			assert_int_equal(totalram_pages, ram - 1);
			free_before--;
			assert_int_equal(host_free_pages(), free_before);
		}
	expect_good(run(&(struct ramtest_order){ .tests = 1u << RAMTEST_RANDOM, .passes = 1 }), 1);
}

/* A word above 4 GiB is none of this machine's. */
static void test_stuck_elsewhere(void **state)
{
	(void)state;
	machine(NULL);
	expect_good(run(&(struct ramtest_order){ .tests = 1u << RAMTEST_RANDOM,
						 .passes = 1,
						 .stuck_phys = (1ull << 32) +
							       PFN_PHYS(page_to_pfn(victim(false))),
						 .stuck_bits = 1 }),
		    1);
}

/* Frames that show the memory of another one. */
static void share(struct page *with, struct page *const *others, u32 count)
{
	int fd = fileno(tmpfile());

	assert_int_equal(ftruncate(fd, PAGE_SIZE), 0);
	for (u32 i = 0; i <= count; i++) {
		struct page *page = i ? others[i - 1] : with;
		void *virt = __va(page_to_pfn(page) << PAGE_SHIFT);

		assert_ptr_equal(mmap(virt, PAGE_SIZE, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_FIXED, fd, 0),
				 virt);
	}
}

/* Three frames of one block that are one: the last one written is right, the others are wrong, with
 * each of their words told of the frame that it is in. */
static void test_shared_frames(void **state)
{
	const struct ramtest_state *s;
	struct page *first, *others[2];

	(void)state;
	machine(NULL);
	first = victim(false);
	others[0] = first + 3;
	others[1] = first + 6;
	share(first, others, 2);
	s = run(&(struct ramtest_order){ .tests = 1u << RAMTEST_ADDRESS, .passes = 2 });
	assert_int_equal(s->bad_frames, 2);
	for (u32 i = 0; i < 2; i++) {
		assert_true(s->bad[i].phys == PFN_PHYS(page_to_pfn(first + 3 * i)));
		assert_true(PageFlag(first + 3 * i, PG_reserved));
		assert_int_equal(s->bad[i].expected, s->bad[i].phys);
		/* the values, and their inverses: found the first time round, then out of service */
		assert_int_equal(s->bad[i].words, 2 * PAGE_SIZE / 4);
	}
	assert_false(PageFlag(others[1], PG_reserved));
	assert_int_equal(s->bad_words, 4 * PAGE_SIZE / 4);
	assert_int_equal(host_free_pages(), free_before - 2);
}

/* More bad frames than are listed: all go out of service. */
static void test_many_bad_frames(void **state)
{
	struct page *block, *others[RAMTEST_BAD_MAX + 10];
	const struct ramtest_state *s;

	(void)state;
	machine(NULL);
	block = alloc_pages(GFP_KERNEL, 8, OWNER_KERNEL);
	__free_pages(block, 8);
	for (u32 i = 0; i < ARRAY_SIZE(others); i++)
		others[i] = block + 1 + i;
	share(block, others, ARRAY_SIZE(others));
	s = run(&(struct ramtest_order){ .tests = 1u << RAMTEST_ADDRESS, .passes = 1 });
	assert_int_equal(s->bad_frames, ARRAY_SIZE(others));
	for (u32 i = 0; i < RAMTEST_BAD_MAX; i++)
		assert_int_equal(s->bad[i].words, 2 * PAGE_SIZE / 4);
	assert_int_equal(owner_pages[OWNER_BAD_RAM], ARRAY_SIZE(others));
	assert_int_equal(host_free_pages(), free_before - ARRAY_SIZE(others));
}

/* What is in use, or in an arena, is passed over; being stopped gives back what is held. */
static void test_in_use(void **state)
{
	static struct ramtest_state copy;
	struct page *page;
	const char *why;
	struct arena *arena;
	u32 *words;

	(void)state;
	machine(NULL);
	page = alloc_pages(GFP_KERNEL, 0, OWNER_KERNEL);
	words = __va(page_to_pfn(page) << PAGE_SHIFT);
	words[7] = 0x1234;
	arena = arena_create(ARENA_STEP_PAGES, false, &why);
	assert_non_null(arena);
	copy = *run(&(struct ramtest_order){ .tests = 1u << RAMTEST_RANDOM,
					     .passes = 1,
					     .stuck_phys = PFN_PHYS(page_to_pfn(page)) + 28,
					     .stuck_bits = 1 });
	assert_int_equal(words[7], 0x1234);
	assert_int_equal(copy.bad_frames, 0);
	assert_true(copy.in_use_pages >= ARENA_STEP_PAGES);
	__free_pages(page, 0);
	arena_destroy(arena);
	assert_null(ramtest_start(&(struct ramtest_order){ .tests = ALL, .passes = 9 }));
	for (u32 i = 0; i < 50; i++)
		host_step_jobs();
	assert_true(ramtest_get()->running);
	ramtest_stop();
	while (host_step_jobs())
		;
	assert_true(ramtest_get()->stopped && !ramtest_get()->running);
	kmem_cache_reap(); /* what the arena has left in caches */
	drain_all_pages();
	assert_int_equal(host_free_pages(), free_before);
	host_check_pages();
	ramtest_stop(); /* it has ended: no effect */
	assert_string_equal(ramtest_name(RAMTEST_WALKING), "walking_bits");
}

static void test_no_record(void **state)
{
	(void)state;
	assert_null(ramtest_get());
	ramtest_stop();
	host_boot_ram(24 << 20);
	kmem_cache_init();
	host_boot_finish();
	kmem_cache_init_late();
	host_fail_alloc(1);
	assert_string_equal(ramtest_start(&(struct ramtest_order){ .passes = 1 }),
			    "no memory for the test's record");
	assert_null(ramtest_get());
}

HOST_MAIN(cmocka_unit_test(test_good_ram), cmocka_unit_test(test_gen24),
	  cmocka_unit_test(test_stuck_bit), cmocka_unit_test(test_stuck_elsewhere),
	  cmocka_unit_test(test_shared_frames), cmocka_unit_test(test_many_bad_frames),
	  cmocka_unit_test(test_in_use), cmocka_unit_test(test_no_record))
