/*
 * The slab allocator: geometry, bootstrap, creation (W-114 to W-117; golden values §11).
 */
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/stage.h"
#include "slab_fixture.h"

/* True if some stage has left a note with this text. */
static bool noted(const char *text)
{
	const char *note;

	for (unsigned i = 0; i < stage_count(); i++)
		for (unsigned n = 0; (note = stage_get_note(i, n)) != NULL; n++)
			if (strstr(note, text))
				return true;
	return false;
}

/* ---- Geometry: W-116 ---- */

static void test_cache_estimate(void **state)
{
	static const struct {
		size_t size, align;
		bool off_slab;
		unsigned num;
		size_t left_over;
	} golden[] = {
		{ 32, 32, false, 113, 0 },   { 64, 64, false, 59, 0 },
		{ 128, 64, false, 30, 64 },  { 192, 64, false, 20, 128 },
		{ 256, 64, false, 15, 128 }, { 512, 64, true, 8, 0 },
		{ 1024, 64, true, 4, 0 },    { 2048, 64, true, 2, 0 },
		{ 4096, 64, true, 1, 0 },    { 5000, 4, true, 0, 4096 },
		{ 4068, 4, false, 0, 4068 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(golden); i++) {
		size_t left_over;
		unsigned num;

		cache_estimate(0, golden[i].size, golden[i].align, golden[i].off_slab, &left_over,
			       &num);
		assert_int_equal(num, golden[i].num);
		assert_int_equal(left_over, golden[i].left_over);
	}
}

/* Whatever the size and alignment: management, objects and left-over fill the slab exactly, and
 * one object more would not fit. */
static void test_cache_estimate_fills(void **state)
{
	(void)state;
	for (unsigned order = 0; order <= 3; order++)
		for (size_t align = 4; align <= 64; align *= 2)
			for (size_t size = align; size < 4096; size += align) {
				size_t left_over, bytes = PAGE_SIZE << order;
				unsigned num;

				cache_estimate(order, size, align, false, &left_over, &num);
				assert_int_equal(
					slab_mgmt_size(num, align) + num * size + left_over, bytes);
				assert_true(slab_mgmt_size(num + 1, align) + (num + 1) * size >
					    bytes);
			}
}

static void test_limits(void **state)
{
	static const struct {
		size_t size;
		unsigned limit, batchcount;
	} golden[] = {
		{ 131073, 1, 1 }, { 131072, 8, 4 }, { 4097, 8, 4 },  { 4096, 24, 12 },
		{ 1025, 24, 12 }, { 1024, 54, 27 }, { 257, 54, 27 }, { 256, 120, 60 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(golden); i++) {
		assert_int_equal(cpucache_limit(golden[i].size, false), golden[i].limit);
		assert_int_equal((golden[i].limit + 1) / 2, golden[i].batchcount);
	}
	assert_int_equal(cpucache_limit(256, true), 32);
	assert_int_equal(cpucache_limit(257, true), 32);
	assert_int_equal(cpucache_limit(4096, true), 24);
}

/* ---- Bootstrap: W-115 ---- */

static void test_states(void **state)
{
	(void)state;
	host_zones(DMA_PAGES, NORMAL_PAGES, 0);
	assert_false(slab_is_available());
	assert_null(kmalloc(32, GFP_KERNEL));
	stage_begin(STAGE_kmem_cache_init);
	kmem_cache_init();
	stage_end(STAGE_kmem_cache_init);
	assert_true(slab_is_available());
	assert_int_equal(g_cpucache_up, EARLY);
	assert_true(noted("state NONE -> PARTIAL_AC"));
	assert_true(noted("state PARTIAL_AC -> PARTIAL_L3"));
	assert_true(noted("state PARTIAL_L3 -> EARLY"));
	assert_true(noted("INDEX_AC = size-32"));
	assert_true(noted("INDEX_L3 = size-64"));
	/* The last ones to use static parts do so no longer. */
	assert_ptr_not_equal(cache_cache.array[0], &initarray_cache);
	assert_ptr_not_equal(cache_named("size-32")->array[0], &initarray_generic);
	assert_ptr_not_equal(cache_cache.nodelists[0], &initkmem_list3[CACHE_CACHE]);
	assert_ptr_not_equal(cache_named("size-32")->nodelists[0], &initkmem_list3[SIZE_AC]);
	assert_ptr_not_equal(cache_named("size-64")->nodelists[0], &initkmem_list3[SIZE_L3]);
	assert_int_equal(cache_named("size-256")->limit, BOOT_CPUCACHE_ENTRIES);
	host_assert_checks();
	kmem_cache_init_late();
	assert_int_equal(g_cpucache_up, FULL);
	host_assert_checks();
}

static void test_cache_cache(void **state)
{
	(void)state;
	assert_string_equal(cache_cache.name, "kmem_cache");
	assert_int_equal(cache_cache.limit, 1);
	assert_int_equal(cache_cache.batchcount, 1);
	assert_int_equal(cache_cache.shared, 1);
	boot(NORMAL_PAGES);
	assert_ptr_equal(list_last_entry(&cache_chain, struct kmem_cache, next), &cache_cache);
	assert_int_equal(cache_cache.buffer_size,
			 round_up(offsetof(struct kmem_cache, nodelists) + sizeof(void *), 64));
	assert_int_equal(cache_cache.gfporder, 0);
	assert_int_equal(cache_cache.colour_off, 64);
	assert_int_equal(cache_cache.shared, 0);
}

/* Each size of the ladder and its twin; the page cost of having them all. */
static void test_general_caches(void **state)
{
	unsigned long before;

	(void)state;
	host_zones(DMA_PAGES, NORMAL_PAGES, 0);
	before = host_free_pages();
	kmem_cache_init();
	kmem_cache_init_late();
	for (unsigned i = 0; malloc_sizes[i].cs_size != SLAB_SIZES_END; i++) {
		size_t size = malloc_sizes[i].cs_size;
		const struct kmem_cache *cache = malloc_sizes[i].cs_cachep;
		char name[24];

		snprintf(name, sizeof(name), "size-%lu", (unsigned long)size);
		assert_string_equal(cache->name, name);
		strcat(name, "(DMA)");
		assert_string_equal(malloc_sizes[i].cs_dmacachep->name, name);
		assert_int_equal(cache->buffer_size, size);
		assert_int_equal(!!(cache->flags & CFLGS_OFF_SLAB), size >= 512);
		assert_int_equal(cache->limit, cpucache_limit(size, false));
		assert_int_equal(cache->batchcount, (cache->limit + 1) / 2);
		assert_int_equal(cache->nodelists[0]->free_limit,
				 2 * cache->batchcount + cache->num);
		assert_null(cache->nodelists[0]->shared);
	}
	assert_int_equal(index_of(4194304), 18);
	assert_in_range(before - host_free_pages(), 1, 16);
}

static void test_ladder_follows_cache_line(void **state)
{
	(void)state;
	kmalloc_build_ladder(32);
	assert_int_equal(malloc_sizes[2].cs_size, 96);
	assert_int_equal(malloc_sizes[4].cs_size, 192);
	assert_int_equal(malloc_sizes[index_of(97)].cs_size, 128);
	kmalloc_build_ladder(64);
	assert_int_equal(malloc_sizes[2].cs_size, 128);
	assert_int_equal(malloc_sizes[3].cs_size, 192);
	kmalloc_build_ladder(128);
	assert_int_equal(malloc_sizes[3].cs_size, 256);
}

/* Above 32 MiB of RAM slabs may be of order 1 to waste less. */
static void test_break_order(void **state)
{
	(void)state;
	host_zones(DMA_PAGES, 0, 0);
	kmem_cache_init();
	assert_int_equal(slab_break_gfp_order, 0);
	/* 1100 bytes: 3 a page leave 796, which is more than an eighth, but no larger order is allowed */
	assert_int_equal(kmem_cache_create("t", 1100, 0, 0, NULL, "test")->gfporder, 0);
}

static void test_break_order_large(void **state)
{
	(void)state;
	boot(NORMAL_PAGES);
	assert_int_equal(slab_break_gfp_order, 1);
	assert_int_equal(kmem_cache_create("t", 1100, 0, 0, NULL, "test")->gfporder, 1);
	/* reclaim-accounted: the first order that holds an object */
	assert_int_equal(
		kmem_cache_create("r", 1100, 0, SLAB_RECLAIM_ACCOUNT, NULL, "test")->gfporder, 0);
}

/* The ladder ends at the largest block the zones' engines have. */
static void test_smaller_engine(void **state)
{
	(void)state;
	host_zones(DMA_PAGES, NORMAL_PAGES, 0);
	slab_max_order = 9; /* what mm=2.4 gives */
	kmem_cache_init();
	assert_int_equal(malloc_sizes[index_of(2097152)].cs_size, 2097152);
	assert_int_equal(malloc_sizes[index_of(2097152) + 1].cs_size, SLAB_SIZES_END);
	assert_null(kmalloc(2097153, GFP_KERNEL));
}

/* ---- Creation: W-117 ---- */

static void test_create_refused(void **state)
{
	(void)state;
	boot(NORMAL_PAGES);
	assert_null(kmem_cache_create(NULL, 64, 0, 0, NULL, "test"));
	assert_null(kmem_cache_create("small", 3, 0, 0, NULL, "test"));
	assert_null(kmem_cache_create("large", KMALLOC_MAX_SIZE + 1, 0, 0, NULL, "test"));
	assert_null(kmem_cache_create("align", 64, 24, 0, NULL, "test"));
	assert_null(kmem_cache_create("size-32", 64, 0, 0, NULL, "test"));
	assert_true(host_log_has("the name is taken"));
	EXPECT_PANIC("cannot create cache small",
		     kmem_cache_create("small", 3, 0, SLAB_PANIC, NULL, "test"));
	assert_non_null(kmem_cache_create("four", 4, 0, 0, NULL, "test"));
	assert_non_null(kmem_cache_create("most", KMALLOC_MAX_SIZE, 0, 0, NULL, "test"));
	host_assert_checks();
}

static void test_create_alignment(void **state)
{
	static const struct {
		size_t size, align;
		u32 flags;
		unsigned buffer_size;
	} cases[] = {
		{ 5, 0, 0, 8 },
		{ 20, 0, SLAB_HWCACHE_ALIGN, 32 },
		{ 33, 0, SLAB_HWCACHE_ALIGN, 64 },
		{ 65, 0, SLAB_HWCACHE_ALIGN, 128 },
		{ 20, 16, 0, 32 },
		{ 20, 256, SLAB_HWCACHE_ALIGN, 256 },
		{ 3, 0, SLAB_HWCACHE_ALIGN, 0 },
	};

	(void)state;
	boot(NORMAL_PAGES);
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kmem_cache *cache = kmem_cache_create("t", cases[i].size, cases[i].align,
							     cases[i].flags, NULL, "test");
		void *obj;

		if (!cases[i].buffer_size) {
			assert_null(cache);
			continue;
		}
		assert_int_equal(cache->buffer_size, cases[i].buffer_size);
		obj = kmem_cache_alloc(cache, GFP_KERNEL);
		assert_int_equal((unsigned long)obj % max(cases[i].align, (size_t)4), 0);
		kmem_cache_free(cache, obj);
		assert_int_equal(kmem_cache_destroy(cache), 0);
	}
}

/* Off the slab from 512 bytes on, unless the left-over has room for the management. */
static void test_management_place(void **state)
{
	struct kmem_cache *cache;

	(void)state;
	boot(NORMAL_PAGES);
	cache = kmem_cache_create("off", 512, 0, 0, NULL, "test");
	assert_true(cache->flags & CFLGS_OFF_SLAB);
	assert_int_equal(cache->slab_size, 28 + 8 * 4);
	assert_string_equal(cache->slabp_cache->name, "size-64");
	cache = kmem_cache_create("back", 600, 0, 0, NULL, "test"); /* 6 of 600 leave 496 */
	assert_false(cache->flags & CFLGS_OFF_SLAB);
	assert_int_equal(cache->num, 6);
	cache = kmem_cache_create("on", 508, 0, 0, NULL, "test");
	assert_false(cache->flags & CFLGS_OFF_SLAB);
}

static unsigned ctor_runs;

static void count_ctor(void *obj)
{
	*(u32 *)obj = 0x600D0B1E;
	ctor_runs++;
}

static void test_ctor(void **state)
{
	struct kmem_cache *cache;

	(void)state;
	boot(NORMAL_PAGES);
	cache = kmem_cache_create("ctor", 64, 0, 0, count_ctor, "test");
	for (int round = 0; round < 3; round++) {
		u32 *obj = kmem_cache_alloc(cache, GFP_KERNEL);

		assert_int_equal(*obj, 0x600D0B1E);
		kmem_cache_free(cache, obj);
	}
	assert_int_equal(ctor_runs, cache->num);
}

/* Whichever allocation of the bootstrap fails: one line that names the cache, or it did not matter. */
static void test_boot_without_memory(void **state)
{
	int status;

	(void)state;
	for (unsigned nth = 1; nth < 400; nth++) {
		pid_t child = fork();

		assert_true(child >= 0);
		if (!child) {
			host_zones(DMA_PAGES, NORMAL_PAGES, 0);
			host_fail_alloc(nth);
			host_panic_armed = true;
			if (!setjmp(host_panic_jump)) {
				kmem_cache_init();
				kmem_cache_init_late();
				_exit(host_alloc_failed ? 2 : 1);
			}
			_exit(strstr(host_panic_text, "slab: ") && strstr(host_panic_text, " size-")
				      ? 0
			      : strstr(host_panic_text, "slab: ") &&
					      strstr(host_panic_text, "kmem_cache")
				      ? 0
				      : 3);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) == 1) { /* no allocation is left that could fail */
			assert_true(nth > 100);
			return;
		}
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	fail_msg("the bootstrap has no end");
}

HOST_MAIN(cmocka_unit_test(test_boot_without_memory), cmocka_unit_test(test_cache_estimate),
	  cmocka_unit_test(test_cache_estimate_fills), cmocka_unit_test(test_limits),
	  cmocka_unit_test(test_states), cmocka_unit_test(test_cache_cache),
	  cmocka_unit_test(test_general_caches), cmocka_unit_test(test_ladder_follows_cache_line),
	  cmocka_unit_test(test_break_order), cmocka_unit_test(test_break_order_large),
	  cmocka_unit_test(test_smaller_engine), cmocka_unit_test(test_create_refused),
	  cmocka_unit_test(test_create_alignment), cmocka_unit_test(test_management_place),
	  cmocka_unit_test(test_ctor))
