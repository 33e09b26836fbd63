/*
 * Private arenas: made of free low memory and given back with nothing lost, by both engines.
 */
#include "support/arena.h"
#include "support/host.h"

#include "mm/check_internal.h"
#include "mm/gen24.h"
#include "mm/slab_internal.h"
#include "support/boot_zones.h"
#include "support/zones.h"

#define STEP ARENA_STEP_PAGES
#define USUAL (12 * STEP) /* 48 MiB */

static unsigned long free_before, owned_before[NR_OWNERS];
static const char *why;

/* A machine with so much RAM, booted; and what must be there in the end. */
static void machine(unsigned long pages)
{
	host_boot_ram((u64)pages << PAGE_SHIFT);
	kmem_cache_init();
	host_boot_finish();
	kmem_cache_init_late();
	kmem_cache_reap();
	drain_all_pages();
	free_before = host_free_pages();
	memcpy(owned_before, owner_pages, sizeof(owned_before));
}

/* Zones as the machine's own checks see them: arenas are walked like zones. */
static void checks(void)
{
	host_check_pages();
	host_assert_checks();
}

static unsigned long ram_in_use(void)
{
	unsigned long pages = 0;

	for (unsigned i = 0; i < NR_OWNERS; i++)
		pages += owner_pages[i];
	return pages;
}

static void all_is_back(void)
{
	for (unsigned i = 0; i < MAX_ARENAS; i++)
		assert_null(arena_by_number(i));
	kmem_cache_reap();
	drain_all_pages();
	assert_int_equal(owner_pages[OWNER_ARENA], 0);
	assert_int_equal(host_free_pages(), free_before);
	assert_memory_equal(owner_pages, owned_before, sizeof(owned_before));
	assert_int_equal(arenas_free_pages(), 0);
	checks();
}

static void carve_and_give_back(bool gen24, unsigned long pages)
{
	struct arena *arena = arena_create(pages, gen24, &why);
	unsigned long in_use = ram_in_use();

	assert_non_null(arena);
	checks();
	assert_int_equal(arena_start_pfn(arena) % STEP, 0);
	assert_int_equal(arena_pages(arena), pages);
	assert_int_equal(arena_free_pages(arena), pages);
	assert_int_equal(arenas_free_pages(), pages);
	assert_int_equal(owner_pages[OWNER_ARENA], 0);
	assert_true(in_use + host_free_pages() + pages >= free_before);
	assert_int_equal(arena_max_order(arena), gen24 ? 10 : 11);
	assert_ptr_equal(arena_of_pfn(arena_start_pfn(arena)), arena);
	assert_ptr_equal(arena_of_pfn(arena_start_pfn(arena) + pages - 1), arena);
	assert_null(arena_of_pfn(arena_start_pfn(arena) + pages));
	assert_null(arena_of_pfn(arena_start_pfn(arena) - 1));
	assert_ptr_equal(page_zone(pfn_to_page(arena_start_pfn(arena))), arena_zone(arena));
	assert_int_equal(arena_destroy(arena), 0);
	all_is_back();
}

static void test_carve(void **state)
{
	(void)state;
	machine(USUAL);
	for (unsigned round = 0; round < 3; round++)
		for (unsigned gen24 = 0; gen24 < 2; gen24++)
			for (unsigned long pages = STEP; pages <= 4 * STEP; pages += STEP)
				carve_and_give_back(gen24, pages);
}

static void test_bad_sizes(void **state)
{
	(void)state;
	machine(USUAL);
	EXPECT_PANIC("pages", arena_create(0, false, &why));
	EXPECT_PANIC("pages", arena_create(STEP / 2, false, &why));
	EXPECT_PANIC("pages", arena_create(ARENA_MAX_PAGES + STEP, false, &why));
}

/* Pages and caches by random calls, by either engine; all frames are in one use at any time. */
static void use_it(struct arena *arena, u32 *seed)
{
	struct page *pages[64] = { NULL };
	void *objs[64] = { NULL };
	u8 orders[64];

	for (unsigned i = 0; i < 3000; i++) {
		unsigned at = (*seed = *seed * 1664525 + 1013904223) >> 26;
		struct kmem_cache *cache;

		if (pages[at]) {
			__free_pages(pages[at], orders[at]);
			pages[at] = NULL;
		} else {
			orders[at] = (*seed >> 20) % 4;
			pages[at] = arena_alloc_pages(arena, GFP_KERNEL | __GFP_NOWARN, orders[at],
						      OWNER_ARENA);
			if (pages[at])
				assert_ptr_equal(arena_of_pfn(page_to_pfn(pages[at])), arena);
		}
		if (objs[at]) {
			kfree(objs[at]);
			objs[at] = NULL;
			continue;
		}
		cache = arena_general_cache(arena, (*seed >> 16) % 9000 + 1);
		assert_non_null(cache);
		objs[at] = kmem_cache_alloc(cache, GFP_KERNEL | __GFP_NOWARN);
		if (objs[at])
			assert_ptr_equal(arena_of_pfn(page_to_pfn(virt_to_page(objs[at]))), arena);
		if (!(i % 500))
			checks();
	}
	checks();
	for (unsigned at = 0; at < 64; at++) {
		if (pages[at])
			__free_pages(pages[at], orders[at]);
		kfree(objs[at]);
	}
}

static void test_use(void **state)
{
	u32 seed = host_seed(5);

	(void)state;
	machine(USUAL);
	for (unsigned gen24 = 0; gen24 < 2; gen24++) {
		struct arena *arena = arena_create(2 * STEP, gen24, &why);

		assert_non_null(arena);
		use_it(arena, &seed);
		arena_shrink(arena);
		assert_int_equal(arenas_slab_pages(), 0);
		assert_int_equal(arena_free_pages(arena), 2 * STEP);
		assert_int_equal(arena_destroy_caches(arena), 0);
		assert_int_equal(arena_destroy(arena), 0);
		all_is_back();
	}
}

/* The same calls leave the same state, wherever the arena lies and whatever the machine is like. */
static void test_state_sum(void **state)
{
	u32 first = host_seed(9);

	(void)state;
	machine(USUAL);
	for (unsigned gen24 = 0; gen24 < 2; gen24++) {
		struct arena *a[3];
		u64 sums[3], fresh;

		for (unsigned i = 0; i < 3; i++)
			assert_non_null(a[i] = arena_create(2 * STEP, gen24, &why));
		fresh = arena_state_sum(a[0]);
		for (unsigned i = 0; i < 3; i++) {
			u32 seed = first + (i == 2);

			assert_true(arena_state_sum(a[i]) == fresh);
			use_it(a[i], &seed);
			sums[i] = arena_state_sum(a[i]);
		}
		assert_true(sums[0] == sums[1] && sums[0] != sums[2] && sums[0] != fresh);
		for (unsigned i = 0; i < 3; i++) {
			arena_destroy_caches(a[i]);
			assert_int_equal(arena_destroy(a[i]), 0);
		}
		all_is_back();
	}
}

static void test_several(void **state)
{
	struct arena *arenas[MAX_ARENAS + 1];

	(void)state;
	machine(20 * STEP);
	for (unsigned i = 0; i < MAX_ARENAS; i++) {
		arenas[i] = arena_create(STEP, i % 2, &why);
		assert_non_null(arenas[i]);
		assert_int_equal(arena_number(arenas[i]), i);
		for (unsigned j = 0; j < i; j++)
			assert_true(arena_start_pfn(arenas[i]) != arena_start_pfn(arenas[j]));
		checks();
	}
	assert_null(arena_create(STEP, false, &why));
	assert_string_equal(why, "all arenas are in use");
	assert_int_equal(arena_destroy(arenas[3]), 0); /* its number is free again */
	checks();
	arenas[3] = arena_create(STEP, true, &why);
	assert_int_equal(arena_number(arenas[3]), 3);
	for (unsigned i = 0; i < MAX_ARENAS; i++)
		assert_int_equal(arena_destroy(arenas[i]), 0);
	all_is_back();
}

static void test_too_large(void **state)
{
	(void)state;
	machine(USUAL);
	assert_null(arena_create(16 * STEP, false, &why));
	assert_string_equal(why, "no run of adjacent free low memory is that long");
	all_is_back();
}

/* Every second block of 4 MiB has a page in use: 4 MiB can be had, 8 cannot. */
static void test_fragmented(void **state)
{
	struct page *held[16], *page;
	unsigned count = 0;
	struct arena *arena;
	LIST_HEAD(others);

	(void)state;
	machine(USUAL);
	while ((page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, MAX_ORDER - 1, OWNER_SOAK)))
		list_add(&page->lru, &others);
	while (!list_empty(&others)) {
		page = list_entry(others.next, struct page, lru);
		list_del(&page->lru);
		if (page_to_pfn(page) / STEP % 2) {
			__free_pages(page, MAX_ORDER - 1);
			continue;
		}
		assert_true(count < 16);
		held[count++] = page;
	}
	drain_all_pages();
	assert_null(arena_create(2 * STEP, false, &why));
	assert_string_equal(why, "no run of adjacent free low memory is that long");
	checks();
	arena = arena_create(STEP, false, &why);
	assert_non_null(arena);
	checks();
	arena_destroy(arena);
	while (count)
		__free_pages(held[--count], MAX_ORDER - 1);
	all_is_back();
}

/* Whichever allocation fails on the way: no arena, or a good one, and nothing is lost. */
static void test_no_memory(void **state)
{
	static struct arena *arena;

	(void)state;
	machine(USUAL);
	for (unsigned gen24 = 0; gen24 < 2; gen24++) {
		unsigned refused = 0;

		FOR_EACH_FAILED_ALLOC(why = NULL, arena = arena_create(2 * STEP, gen24, &why), {
			if (arena)
				assert_int_equal(arena_destroy(arena), 0);
			else
				refused += why != NULL;
			assert_true(arena || host_alloc_failed);
			all_is_back();
		});
		assert_true(refused >= 3);
	}
}

static void test_caches(void **state)
{
	struct arena *arena;
	static char names[ARENA_CACHES_MAX][16];
	struct kmem_cache *cache;
	unsigned made = 0;
	void *obj;

	(void)state;
	machine(USUAL);
	arena = arena_create(STEP, false, &why);
	assert_null(arena_general_cache(arena, 0));
	assert_null(arena_general_cache(arena, (4 << 20) + 1));
	cache = arena_general_cache(arena, 4 << 20);
	assert_non_null(cache);
	assert_ptr_equal(arena_general_cache(arena, (2 << 20) + 1), cache);
	assert_int_equal(kmem_cache_size(arena_general_cache(arena, 129)), 192);
	assert_int_equal(kmem_cache_size(arena_general_cache(arena, 1)), 32);
	for (unsigned i = 0; i < ARENA_CACHES_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "another %u", i);
		if (!arena_cache_create(arena, names[i], 72, 0))
			break;
		made++;
	}
	assert_in_range(made, 30, ARENA_CACHES_MAX - 3);
	assert_null(arena_general_cache(arena, 100)); /* no room for one more of these either */
	obj = kmem_cache_alloc(arena_general_cache(arena, 150), GFP_KERNEL);
	assert_non_null(obj);
	assert_int_equal(arena_destroy_caches(arena), 1); /* one has an object in use */
	kfree(obj);
	assert_int_equal(arena_destroy_caches(arena), 0);
	assert_int_equal(arena_destroy(arena), 0);
	all_is_back();
	arena = arena_create(STEP, true, &why);
	assert_null(arena_general_cache(arena, (2 << 20) + 1));
	assert_non_null(arena_general_cache(arena, 2 << 20));
	assert_int_equal(arena_destroy_caches(arena), 0);
	arena_destroy(arena);
	all_is_back();
}

/* What is still allocated at the end is counted, and goes back with the rest. */
static void test_leftovers(void **state)
{
	(void)state;
	machine(USUAL);
	for (unsigned gen24 = 0; gen24 < 2; gen24++) {
		struct arena *arena = arena_create(STEP, gen24, &why);

		assert_non_null(arena_alloc_pages(arena, GFP_KERNEL, 3, OWNER_ARENA));
		assert_non_null(arena_alloc_pages(arena, GFP_KERNEL, 0, OWNER_ARENA));
		checks();
		assert_int_equal(owner_pages[OWNER_ARENA], 9);
		assert_int_equal(arena_destroy(arena), 9);
		all_is_back();
	}
}

/* An arena can be used up, and no page of the machine's is taken in its place; then it is whole. */
static void test_exhausted(void **state)
{
	(void)state;
	machine(USUAL);
	for (unsigned gen24 = 0; gen24 < 2; gen24++) {
		struct arena *arena = arena_create(2 * STEP, gen24, &why);
		static struct page *held[2 * STEP];
		struct page *page;
		unsigned count = 0;

		while ((page = arena_alloc_pages(arena, GFP_KERNEL | __GFP_NOWARN, 0,
						 OWNER_ARENA))) {
			assert_ptr_equal(arena_of_pfn(page_to_pfn(page)), arena);
			held[count++] = page;
		}
		assert_true(count > STEP && count <= 2 * STEP);
		checks();
		while (count)
			__free_pages(held[--count], 0);
		assert_int_equal(arena_free_pages(arena), 2 * STEP);
		assert_null(arena_alloc_pages(arena, GFP_KERNEL | __GFP_NOWARN,
					      arena_max_order(arena), OWNER_ARENA));
		assert_int_equal(arena_destroy(arena), 0);
		all_is_back();
	}
}

/* A page finds its way by its descriptor: a wrong free stops the machine, in an arena as anywhere. */
static void test_wrong_frees(void **state)
{
	struct arena *arena;
	struct page *page;

	(void)state;
	machine(USUAL);
	arena = arena_create(STEP, false, &why);
	page = arena_alloc_pages(arena, GFP_KERNEL, 1, OWNER_ARENA);
	EXPECT_PANIC("order", __free_pages(page, 0));
	__free_pages(page, 1);
	assert_int_equal(arena_free_pages(arena), STEP);
	EXPECT_PANIC("free", __free_pages(page, 1));
}

/* Pages of an arena and of the machine, freed by turns, each come home. */
static void test_frees_come_home(void **state)
{
	struct page *own[32], *theirs[32];
	struct arena *arena;

	(void)state;
	machine(USUAL);
	for (unsigned gen24 = 0; gen24 < 2; gen24++) {
		arena = arena_create(STEP, gen24, &why);
		for (unsigned i = 0; i < 32; i++) {
			own[i] = alloc_pages(GFP_KERNEL, i % 3, OWNER_SOAK);
			theirs[i] = arena_alloc_pages(arena, GFP_KERNEL, i % 3, OWNER_ARENA);
			assert_null(arena_of_pfn(page_to_pfn(own[i])));
			assert_ptr_equal(arena_of_pfn(page_to_pfn(theirs[i])), arena);
		}
		for (unsigned i = 0; i < 32; i++) {
			__free_pages(own[i], i % 3);
			__free_pages(theirs[i], i % 3);
		}
		assert_int_equal(arena_free_pages(arena), STEP);
		checks();
		arena_destroy(arena);
		all_is_back();
	}
}

/* From 20 MiB on an arena of 2.6 keeps types apart: its bits and their copy agree, whatever moves. */
static void test_types(void **state)
{
	static const gfp_t types[] = { 0, __GFP_RECLAIMABLE, __GFP_MOVABLE };
	struct page *pages[300];
	struct arena *arena;
	unsigned n = 0;

	(void)state;
	machine(USUAL);
	arena = arena_create(5 * STEP, false, &why);
	assert_non_null(arena);
	checks();
	for (; n < ARRAY_SIZE(pages); n++) {
		pages[n] = arena_alloc_pages(arena, GFP_KERNEL | types[n % 3], n % 6, OWNER_ARENA);
		assert_non_null(pages[n]);
		if (n % 20 == 0)
			checks();
	}
	assert_true(arena_zone(arena)->nr_fallback > 0);
	while (n--)
		__free_pages(pages[n], n % 6);
	checks();
	arena_shrink(arena);
	assert_int_equal(arena_destroy(arena), 0);
	all_is_back();
}

/* The checksum in pieces of any length is that of one go. */
static void sum_in_pieces(const struct arena *arena)
{
	u64 whole = arena_state_sum(arena);

	for (u32 entries = 1; entries < 600; entries += 99) {
		struct arena_sum sum = { 0 };
		unsigned pieces = 1;

		while (arena_sum_some(arena, &sum, entries))
			pieces++;
		assert_true(sum.sum == whole);
		assert_true(pieces > 1);
	}
}

static void test_pieces(void **state)
{
	struct page *pages[1200];

	(void)state;
	machine(USUAL);
	for (unsigned gen24 = 0; gen24 < 2; gen24++) {
		struct arena *arena = arena_create(4 * STEP, gen24, &why);

		for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
			pages[i] = arena_alloc_pages(arena, GFP_KERNEL, 1, OWNER_ARENA);
		for (unsigned i = 0; i < ARRAY_SIZE(pages); i += 2) /* no two merge */
			__free_pages(pages[i], 1);
		sum_in_pieces(arena);
		for (unsigned i = 1; i < ARRAY_SIZE(pages); i += 2)
			__free_pages(pages[i], 1);
		arena_shrink(arena);
		assert_int_equal(arena_destroy(arena), 0);
		all_is_back();
	}
}

/* The machine's own generation is 2.4: arenas of both engines all the same. */
static void test_machine_24(void **state)
{
	u32 seed = host_seed(11);

	(void)state;
	host_boot_option("mm", "2.4");
	machine(USUAL);
	assert_true(mm_gen24);
	for (unsigned gen24 = 0; gen24 < 2; gen24++) {
		struct arena *arena;

		carve_and_give_back(gen24, STEP);
		carve_and_give_back(gen24, 5 * STEP);
		arena = arena_create(5 * STEP, gen24, &why);
		assert_non_null(arena);
		use_it(arena, &seed);
		arena_shrink(arena);
		assert_int_equal(arena_destroy_caches(arena), 0);
		assert_int_equal(arena_destroy(arena), 0);
		all_is_back();
	}
}

HOST_MAIN(cmocka_unit_test(test_types), cmocka_unit_test(test_pieces),
	  cmocka_unit_test(test_machine_24), cmocka_unit_test(test_carve),
	  cmocka_unit_test(test_bad_sizes), cmocka_unit_test(test_use),
	  cmocka_unit_test(test_state_sum), cmocka_unit_test(test_several),
	  cmocka_unit_test(test_too_large), cmocka_unit_test(test_fragmented),
	  cmocka_unit_test(test_no_memory), cmocka_unit_test(test_caches),
	  cmocka_unit_test(test_leftovers), cmocka_unit_test(test_exhausted),
	  cmocka_unit_test(test_wrong_frees), cmocka_unit_test(test_frees_come_home))
