/*
 * The slab allocator at work: kmalloc, colours, giving back, resizing, failed allocations, and what
 * others see of it (W-118, W-122).
 */
#include "kernel/lib/errno.h"
#include "mm/check.h"
#include "mm/memstat.h"
#include "slab_fixture.h"

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

/* The periodic reaper leaves what a light use needs, and after two quiet rounds nothing. */
static void test_cache_reap(void **state)
{
	struct kmem_cache *cache, *off;
	unsigned long before;
	u64 now = 100000;

	(void)state;
	boot(NORMAL_PAGES);
	while (cache_reap(now += 1000))
		;
	kmem_cache_reap();
	before = host_free_pages();
	cache = kmem_cache_create("idle", 200, 0, 0, NULL, "test");
	off = kmem_cache_create("idle_off", 700, 0, 0, NULL, "test");
	fill_and_empty(cache, 500);
	fill_and_empty(off, 500);
	assert_true(cache_reap(now += 1000)); /* all of it was used since the last round */
	assert_true(cache->array[0]->avail > 60);
	fill_and_empty(cache, 3); /* less than a batch: not busy, and nothing of the load stays */
	assert_true(cache_reap(now += 1000));
	assert_int_equal(cache->array[0]->avail, 0);
	assert_true(cache->nodelists[0]->nr_free_slabs <= 1);
	assert_int_equal(off->array[0]->avail, 0);
	for (unsigned i = 0; i < 4 && cache_reap(now += 1000); i++)
		host_assert_checks();
	assert_false(cache_reap(now += 1000));
	assert_int_equal(slab_num_objs(cache), 0);
	assert_int_equal(slab_num_objs(off), 0);
	assert_int_equal(cache->num_allocations, 503);
	assert_int_equal(kmem_cache_destroy(cache), 0);
	assert_int_equal(kmem_cache_destroy(off), 0);
	while (cache_reap(now += 1000))
		;
	assert_int_equal(host_free_pages(), before);
	host_assert_checks();
}

/* A slab that is in use now and then stays: only what nobody took since the last round goes. */
static void test_cache_reap_in_use(void **state)
{
	struct kmem_cache *cache;
	u64 now = 100000;
	void *objs[40];

	(void)state;
	boot(NORMAL_PAGES);
	cache = kmem_cache_create("used", 1000, 0, 0, NULL, "test");
	for (unsigned round = 0; round < 10; round++) {
		for (unsigned i = 0; i < ARRAY_SIZE(objs); i++)
			assert_non_null(objs[i] = kmem_cache_alloc(cache, GFP_KERNEL));
		for (unsigned i = 0; i < ARRAY_SIZE(objs); i++)
			kmem_cache_free(cache, objs[i]);
		cache_reap(now += 1000);
		host_assert_checks();
	}
	assert_true(slab_num_objs(cache) >= ARRAY_SIZE(objs));
	assert_true(cache->grown < 20);
}

/* Slab management in a general cache is nobody's object. */
static void test_management_is_not_active(void **state)
{
	struct memstat_check check = { 0 };
	struct kmem_cache *off, *home;
	unsigned long active;
	unsigned managed;

	(void)state;
	boot(NORMAL_PAGES);
	off = kmem_cache_create("off", 512, 0, 0, NULL, "test");
	home = off->slabp_cache;
	active = slab_active_objs(home);
	managed = home->nr_slabmgmt;
	assert_non_null(kmem_cache_alloc(off, GFP_KERNEL));
	assert_int_equal(home->nr_slabmgmt, managed + off->nodelists[0]->nr_slabs);
	assert_int_equal(slab_active_objs(home), active);
	host_assert_checks();
	home->nr_slabmgmt++;
	check_slabs(&check);
	assert_int_equal(check.disagreements, 1);
	assert_string_equal(check.list[0].what, "objects that manage other slabs");
	home->nr_slabmgmt--;
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

HOST_MAIN(cmocka_unit_test(test_kmalloc), cmocka_unit_test(test_largest_block),
	  cmocka_unit_test(test_colours), cmocka_unit_test(test_free_limit_and_shrink),
	  cmocka_unit_test(test_destroy), cmocka_unit_test(test_reap),
	  cmocka_unit_test(test_cache_reap), cmocka_unit_test(test_cache_reap_in_use),
	  cmocka_unit_test(test_management_is_not_active), cmocka_unit_test(test_tune),
	  cmocka_unit_test(test_shared_array), cmocka_unit_test(test_tune_fails),
	  cmocka_unit_test(test_kmemlist_undo), cmocka_unit_test(test_create_fails),
	  cmocka_unit_test(test_alloc_fails), cmocka_unit_test(test_exhaustion),
	  cmocka_unit_test(test_memstat))
