/*
 * The slab allocator: geometry, bootstrap, creation, resizing, giving back, failed allocations
 * (W-114 to W-118, W-122; golden values §11).
 */
#include "kernel/lib/errno.h"
#include "kernel/stage.h"
#include "mm/memstat.h"
#include "mm/slab_internal.h"
#include "support/host.h"
#include "support/zones.h"

#define DMA_PAGES 4096ul    /* 16 MiB */
#define NORMAL_PAGES 8192ul /* 32 MiB */

static unsigned long pages_before_slab;

/* A machine whose slab allocator is FULL. */
static void boot(unsigned long normal_pages)
{
	host_zones(DMA_PAGES, normal_pages, 0);
	pages_before_slab = host_free_pages();
	kmem_cache_init();
	kmem_cache_init_late();
}

static struct kmem_cache *cache_named(const char *name)
{
	struct kmem_cache *cache;

	list_for_each_entry(cache, &cache_chain, next)
		if (!strcmp(cache->name, name))
			return cache;
	fail_msg("no cache %s", name);
	return NULL;
}

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
	(void)state;
	boot(NORMAL_PAGES);
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
	assert_in_range(pages_before_slab - host_free_pages(), 1, 16);
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

/* ---- Run time: W-118 ---- */

static void test_kmalloc(void **state)
{
	(void)state;
	boot(NORMAL_PAGES);
	assert_null(kmalloc(0, GFP_KERNEL));
	assert_null(kmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL));
	kfree(NULL);
	for (size_t size = 1; size <= 9000; size += size < 300 ? 1 : 97) {
		void *p = kmalloc(size, GFP_KERNEL), *dma = kmalloc(size, GFP_DMA);
		size_t usable = ksize(p);

		assert_true(usable >= size);
		assert_int_equal(usable, malloc_sizes[index_of(size)].cs_size);
		assert_int_equal((unsigned long)p % min(usable & -usable, (size_t)64), 0);
		assert_true(__pa(dma) + size <= DMA_PAGES << PAGE_SHIFT);
		memset(p, 0xEE, usable);
		kfree(p);
		kfree(dma);
	}
	for (unsigned i = 0; i < 10; i++) {
		unsigned char *p = kzalloc(100, GFP_KERNEL);

		for (unsigned j = 0; j < 100; j++)
			assert_int_equal(p[j], 0);
		memset(p, 0xFF, 100);
		kfree(p);
	}
	host_assert_checks();
}

static void test_largest_block(void **state)
{
	void *p;

	(void)state;
	boot(NORMAL_PAGES);
	p = kmalloc(KMALLOC_MAX_SIZE, GFP_KERNEL);
	assert_non_null(p);
	memset(p, 1, KMALLOC_MAX_SIZE);
	host_assert_checks();
	kfree(p);
	kmem_cache_reap();
	host_assert_checks();
}

/* Successive slabs begin one cache line further, and then over again. */
static void test_colours(void **state)
{
	struct kmem_cache *cache;
	unsigned long first = 0;

	(void)state;
	boot(NORMAL_PAGES);
	cache = kmem_cache_create("colour", 192, 0, SLAB_HWCACHE_ALIGN, NULL, "test");
	assert_int_equal(cache->colour, 2);
	for (unsigned slab = 0; slab < 4; slab++) {
		unsigned long lowest = ~0ul;

		for (unsigned i = 0; i < cache->num; i++)
			lowest = min(lowest, (unsigned long)kmem_cache_alloc(cache, GFP_KERNEL));
		lowest %= PAGE_SIZE;
		if (!slab)
			first = lowest;
		assert_int_equal(lowest, first + slab % 2 * 64);
	}
}

static void fill_and_empty(struct kmem_cache *cache, unsigned n)
{
	void **objs = calloc(n, sizeof(void *));

	for (unsigned i = 0; i < n; i++)
		assert_non_null(objs[i] = kmem_cache_alloc(cache, GFP_KERNEL));
	for (unsigned i = 0; i < n; i++)
		kmem_cache_free(cache, objs[i]);
	free(objs);
}

/* Empty slabs go back at once while more objects than free_limit are free; shrink gives the rest. */
static void test_free_limit_and_shrink(void **state)
{
	struct kmem_cache *cache;
	unsigned long before, in_slabs;

	(void)state;
	boot(NORMAL_PAGES);
	cache = kmem_cache_create("many", 128, 0, 0, NULL, "test");
	before = host_free_pages();
	fill_and_empty(cache, 3000);
	assert_int_equal(slab_active_objs(cache), 0);
	assert_true(cache->nodelists[0]->free_objects <=
		    cache->nodelists[0]->free_limit + cache->num);
	assert_true(cache->nodelists[0]->nr_slabs < 20);
	assert_true(cache->reaped > 70);
	in_slabs = cache->nodelists[0]->nr_slabs << cache->gfporder;
	assert_int_equal(kmem_cache_shrink(cache), in_slabs);
	assert_int_equal(slab_num_objs(cache), 0);
	assert_int_equal(host_free_pages(), before);
	host_assert_checks();
}

static void test_destroy(void **state)
{
	struct kmem_cache *cache;
	unsigned long before;
	void *obj;

	(void)state;
	boot(NORMAL_PAGES);
	kmem_cache_reap();
	before = host_free_pages();
	cache = kmem_cache_create("gone", 700, 0, 0, NULL, "test");
	obj = kmem_cache_alloc(cache, GFP_KERNEL);
	assert_int_equal(kmem_cache_destroy(cache), -EBUSY);
	host_assert_checks();
	kmem_cache_free(cache, obj);
	assert_int_equal(kmem_cache_destroy(cache), 0);
	kmem_cache_reap();
	assert_int_equal(host_free_pages(), before);
	host_assert_checks();
}

static void test_reap(void **state)
{
	unsigned long before, pages;

	(void)state;
	boot(NORMAL_PAGES);
	kmem_cache_reap();
	before = host_free_pages();
	for (size_t size = 32; size <= 65536; size *= 2)
		fill_and_empty(kmem_find_general_cachep(size, 0), 40);
	pages = before - host_free_pages();
	assert_true(pages > 0);
	assert_true(kmem_cache_reap() >= pages);
	assert_int_equal(host_free_pages(), before);
	host_assert_checks();
}

/* ---- Resizing: W-122 ---- */

static void test_tune(void **state)
{
	struct kmem_cache *cache;
	struct array_cache *old;
	void *held[5];

	(void)state;
	boot(NORMAL_PAGES);
	cache = kmem_cache_create("tuned", 64, 0, 0, NULL, "test");
	fill_and_empty(cache, 100);
	for (unsigned i = 0; i < ARRAY_SIZE(held); i++)
		held[i] = memset(kmem_cache_alloc(cache, GFP_KERNEL), (int)i, 64);
	old = cache->array[0];
	assert_int_equal(do_tune_cpucache(cache, 10, 5, 0, GFP_KERNEL), 0);
	assert_ptr_not_equal(cache->array[0], old);
	assert_int_equal(cache->array[0]->avail, 0);
	assert_int_equal(cache->nodelists[0]->free_limit, 2 * 5 + cache->num);
	assert_int_equal(slab_active_objs(cache), ARRAY_SIZE(held));
	host_assert_checks();
	for (unsigned i = 0; i < ARRAY_SIZE(held); i++) {
		assert_int_equal(*(u8 *)held[i], i);
		kmem_cache_free(cache, held[i]);
	}
	assert_int_equal(slab_active_objs(cache), 0);
}

/* A shared array takes what the per-cpu array gives back, and is asked first. */
static void test_shared_array(void **state)
{
	struct kmem_cache *cache;
	struct array_cache *shared;

	(void)state;
	boot(NORMAL_PAGES);
	cache = kmem_cache_create("shared", 64, 0, 0, NULL, "test");
	assert_int_equal(do_tune_cpucache(cache, 8, 4, 2, GFP_KERNEL), 0);
	shared = cache->nodelists[0]->shared;
	assert_int_equal(shared->limit, 8);
	assert_int_equal(shared->batchcount, 0xBAADF00D);
	fill_and_empty(cache, 50);
	assert_int_equal(shared->avail, 8);
	assert_int_equal(slab_active_objs(cache), 0);
	host_assert_checks();
	for (unsigned i = 0; i < 8 + 4; i++)
		kmem_cache_alloc(cache, GFP_KERNEL);
	assert_int_equal(shared->avail, 4);
	assert_int_equal(slab_active_objs(cache), 12);
	/* resizing without one gives its objects back to the slabs */
	assert_int_equal(do_tune_cpucache(cache, 8, 4, 0, GFP_KERNEL), 0);
	assert_null(cache->nodelists[0]->shared);
	assert_int_equal(slab_active_objs(cache), 12);
	host_assert_checks();
}

static void test_tune_fails(void **state)
{
	struct kmem_cache *cache;
	struct array_cache *old;

	(void)state;
	boot(NORMAL_PAGES);
	cache = kmem_cache_create("tuned", 64, 0, 0, NULL, "test");
	old = cache->array[0];
	host_fail_alloc(1);
	assert_int_equal(do_tune_cpucache(cache, 10, 5, 0, GFP_KERNEL), -ENOMEM);
	assert_ptr_equal(cache->array[0], old);
	assert_int_equal(cache->limit, 120);
	host_fail_alloc(2); /* the shared array: the per-cpu one is in place already */
	assert_int_equal(do_tune_cpucache(cache, 10, 5, 2, GFP_KERNEL), -ENOMEM);
	fill_and_empty(cache, 500);
	host_assert_checks();
}

/* The undo of alloc_kmemlist: only for a cache that is on no chain. */
static void test_kmemlist_undo(void **state)
{
	struct kmem_cache *cache;
	struct kmem_list3 *l3;

	(void)state;
	boot(NORMAL_PAGES);
	cache = kmem_cache_create("undo", 64, 0, 0, NULL, "test");
	l3 = cache->nodelists[0];
	cache->shared = 8;
	host_fail_alloc(1);
	assert_int_equal(alloc_kmemlist(cache, GFP_KERNEL), -ENOMEM);
	assert_ptr_equal(cache->nodelists[0], l3);
	list_del(&cache->next);
	cache->next.next = NULL;
	host_fail_alloc(1);
	assert_int_equal(alloc_kmemlist(cache, GFP_KERNEL), -ENOMEM);
	assert_null(cache->nodelists[0]);
}

/* ---- Failed allocations ---- */

/* Whichever allocation of a creation fails: no cache, and nothing lost. */
static void test_create_fails(void **state)
{
	static const size_t sizes[] = { 40, 600, 512, 8192 };
	struct kmem_cache *cache;
	unsigned long before;

	(void)state;
	boot(NORMAL_PAGES);
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		kmem_cache_reap();
		before = host_free_pages();
		FOR_EACH_FAILED_ALLOC(
			kmem_cache_reap(),
			cache = kmem_cache_create("f", sizes[i], 0, 0, NULL, "test"), {
				assert_int_equal(!cache, host_alloc_failed);
				host_assert_checks();
				if (cache)
					assert_int_equal(kmem_cache_destroy(cache), 0);
				kmem_cache_reap();
				assert_int_equal(host_free_pages(), before);
			});
	}
}

static void test_alloc_fails(void **state)
{
	static const size_t sizes[] = { 40, 512, 8192 };
	struct kmem_cache *cache;
	unsigned long before;
	void *obj;

	(void)state;
	boot(NORMAL_PAGES);
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		cache = kmem_cache_create("f", sizes[i], 0, 0, NULL, "test");
		kmem_cache_reap();
		before = host_free_pages();
		FOR_EACH_FAILED_ALLOC(kmem_cache_reap(), obj = kmem_cache_alloc(cache, GFP_KERNEL),
				      {
					      assert_int_equal(!obj, host_alloc_failed);
					      assert_int_equal(slab_active_objs(cache), !!obj);
					      host_assert_checks();
					      if (obj)
						      kmem_cache_free(cache, obj);
					      kmem_cache_reap();
					      assert_int_equal(host_free_pages(), before);
				      });
		assert_true(cache->errors > 0);
		assert_int_equal(kmem_cache_destroy(cache), 0);
	}
}

/* The last page is gone: NULL, a reap, and then again memory. */
static void test_exhaustion(void **state)
{
	LIST_HEAD(held);
	struct list_head *obj, *tmp;
	unsigned n = 0;

	(void)state;
	boot(0);
	while ((obj = kmalloc(4096, GFP_KERNEL | __GFP_NOWARN)) != NULL) {
		list_add(obj, &held);
		n++;
	}
	assert_true(n > 2000);
	host_assert_checks();
	list_for_each_safe(obj, tmp, &held) kfree(obj);
	assert_non_null(kmalloc(4096, GFP_KERNEL));
	host_assert_checks();
}

static void test_boot_without_memory(void **state)
{
	(void)state;
	host_zones(DMA_PAGES, NORMAL_PAGES, 0);
	host_fail_alloc(1);
	EXPECT_PANIC("cannot create cache size-32", kmem_cache_init());
}

/* ---- What others see ---- */

struct seen {
	unsigned n;
	char last[32], first[32];
};

static void see(void *arg, const struct memstat_cache *cache)
{
	struct seen *seen = arg;

	if (!seen->n++)
		snprintf(seen->first, sizeof(seen->first), "%s", cache->name);
	snprintf(seen->last, sizeof(seen->last), "%s", cache->name);
	assert_true(cache->active_objs <= cache->num_objs);
	assert_true(cache->active_slabs <= cache->num_slabs);
	assert_int_equal(cache->num_objs, cache->num_slabs * cache->objs_per_slab);
	assert_int_equal(cache->pages, cache->num_slabs * cache->pages_per_slab);
	assert_int_equal(cache->allocs - cache->frees, cache->active_objs);
}

static void test_memstat(void **state)
{
	struct seen seen = { 0 };
	struct memstat_totals totals = { 0 };
	struct kmem_cache *cache;

	(void)state;
	boot(NORMAL_PAGES);
	cache = kmem_cache_create("newest", 64, 0, SLAB_RECLAIM_ACCOUNT, NULL, "test");
	fill_and_empty(cache, 1000);
	assert_int_equal(cache->num_allocations + cache->array[0]->touched, 1000);
	memstat_caches(see, &seen);
	assert_string_equal(seen.first, "newest");
	assert_string_equal(seen.last, "kmem_cache");
	assert_int_equal(seen.n, 40);
	memstat_slab_totals(&totals);
	assert_int_equal(totals.slab_reclaimable_pages, cache->nodelists[0]->nr_slabs);
	assert_int_equal(totals.slab_reclaimable_pages + totals.slab_unreclaimable_pages,
			 owner_pages[OWNER_SLAB]);
}

HOST_MAIN(cmocka_unit_test(test_cache_estimate), cmocka_unit_test(test_cache_estimate_fills),
	  cmocka_unit_test(test_limits), cmocka_unit_test(test_states),
	  cmocka_unit_test(test_cache_cache), cmocka_unit_test(test_general_caches),
	  cmocka_unit_test(test_ladder_follows_cache_line), cmocka_unit_test(test_break_order),
	  cmocka_unit_test(test_break_order_large), cmocka_unit_test(test_smaller_engine),
	  cmocka_unit_test(test_create_refused), cmocka_unit_test(test_create_alignment),
	  cmocka_unit_test(test_management_place), cmocka_unit_test(test_ctor),
	  cmocka_unit_test(test_kmalloc), cmocka_unit_test(test_largest_block),
	  cmocka_unit_test(test_colours), cmocka_unit_test(test_free_limit_and_shrink),
	  cmocka_unit_test(test_destroy), cmocka_unit_test(test_reap), cmocka_unit_test(test_tune),
	  cmocka_unit_test(test_shared_array), cmocka_unit_test(test_tune_fails),
	  cmocka_unit_test(test_kmemlist_undo), cmocka_unit_test(test_create_fails),
	  cmocka_unit_test(test_alloc_fails), cmocka_unit_test(test_exhaustion),
	  cmocka_unit_test(test_boot_without_memory), cmocka_unit_test(test_memstat))
