/*
 * What misuse of a cache meets, and what check_slabs finds (W-118): every injected bug must end in
 * a BUG that names cache and object, or in a disagreement that names cache and field.
 */
#include "mm/check.h"
#include "mm/slab_internal.h"
#include "support/host.h"
#include "support/zones.h"

static struct kmem_cache *cache, *other;
static struct memstat_check found;

static void boot(void)
{
	host_zones(4096, 8192, 0);
	kmem_cache_init();
	kmem_cache_init_late();
	cache = kmem_cache_create("victim", 64, 0, 0, NULL, "test");
	other = kmem_cache_create("other", 64, 0, 0, NULL, "test");
	do_tune_cpucache(cache, 8, 4, 0, GFP_KERNEL); /* so that slabs stay partial */
}

static void *get(void)
{
	void *obj = kmem_cache_alloc(cache, GFP_KERNEL);

	assert_non_null(obj);
	return obj;
}

/* Runs the check; it must report `what` at a place that names `where`. */
static void expect_found(const char *what, const char *where)
{
	memset(&found, 0, sizeof(found));
	check_slabs(&found);
	for (unsigned i = 0; i < found.kept; i++)
		if (strstr(found.list[i].what, what) && strstr(found.list[i].where, where))
			return;
	fail_msg("%u disagreements, none of them \"%s\" at %s; the first: %s at %s",
		 found.disagreements, what, where, found.list[0].what, found.list[0].where);
}

/* ---- Wrong frees ---- */

static void test_free_twice_in_a_row(void **state)
{
	void *obj;

	(void)state;
	boot();
	obj = get();
	kmem_cache_free(cache, obj);
	EXPECT_PANIC("cache victim, object 0x", kmem_cache_free(cache, obj));
	EXPECT_PANIC("freed twice in a row", kmem_cache_free(cache, obj));
}

/* Another object was freed in between: found by the check, and when the array is given back. */
static void test_free_twice(void **state)
{
	void *a, *b;

	(void)state;
	boot();
	a = get();
	b = get();
	kmem_cache_free(cache, a);
	kmem_cache_free(cache, b);
	kmem_cache_free(cache, a);
	expect_found("object in the per-cpu array", "victim");
	EXPECT_PANIC("freed twice", kmem_cache_shrink(cache));
}

static void test_free_to_wrong_cache(void **state)
{
	void *obj;

	(void)state;
	boot();
	obj = get();
	EXPECT_PANIC("cache other, object 0x", kmem_cache_free(other, obj));
	EXPECT_PANIC("it belongs to cache victim", kmem_cache_free(other, obj));
	kmem_cache_free(cache, obj);
	host_assert_checks();
}

static void test_free_of_no_object(void **state)
{
	char *obj;
	void *page;

	(void)state;
	boot();
	page = __get_free_pages(GFP_KERNEL, 0, OWNER_TEST);
	EXPECT_PANIC("not slab memory", kmem_cache_free(cache, page));
	EXPECT_PANIC("kfree of 0x", kfree(page));
	obj = get();
	kmem_cache_free(cache, obj + 4);
	expect_found("object in the per-cpu array", "victim");
	EXPECT_PANIC("no object begins there", kmem_cache_shrink(cache));
}

/* ---- slub_debug ---- */

static void boot_debug(const char *flags, size_t size)
{
	host_zones(4096, 8192, 0);
	assert_int_equal(parse_slub_debug(flags), 0);
	kmem_cache_init();
	kmem_cache_init_late();
	cache = kmem_cache_create("victim", size, 0, 0, NULL, "test");
}

static void test_red_zone(void **state)
{
	char *obj;

	(void)state;
	boot_debug("Z", 40);
	assert_int_equal(cache->obj_size, 40);
	assert_true(cache->buffer_size > 40);
	assert_int_equal(cache->limit, 32); /* the documented cap, though the array stays empty */
	assert_int_equal(cache->batchcount, 16);
	obj = memset(get(), 0xFF, 40);
	kmem_cache_free(cache, obj);
	host_assert_checks();
	obj = get();
	obj[40] = 1;
	expect_found("object", "victim");
	EXPECT_PANIC("overwritten past its end", kmem_cache_free(cache, obj));
	obj = get();
	obj[-1] = 1;
	EXPECT_PANIC("overwritten before its start", kmem_cache_free(cache, obj));
}

static void test_poison(void **state)
{
	char *obj;

	(void)state;
	boot_debug("P", 40);
	obj = get();
	assert_int_equal(obj[0], 0x5A);
	kmem_cache_free(cache, obj);
	host_assert_checks();
	obj[20] = 1; /* use after free */
	expect_found("object", "victim");
	EXPECT_PANIC("written to while free", (void)get());
}

static void test_debug_free_twice(void **state)
{
	static const char *const flags[] = { "F", "P", "Z", "FZP" };
	static unsigned i; /* kept over the longjmp */

	(void)state;
	boot_debug("F", 40);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		void *a, *b;

		assert_int_equal(parse_slub_debug(flags[i]), 0);
		cache = kmem_cache_create(flags[i], 40, 0, 0, NULL, "test");
		a = get();
		b = get();
		kmem_cache_free(cache, a);
		kmem_cache_free(cache, b);
		EXPECT_PANIC("freed twice", kmem_cache_free(cache, a));
	}
	host_assert_checks();
}

static void test_debug_option(void **state)
{
	(void)state;
	assert_int_equal(parse_slub_debug("ZQ"), -22);
	assert_int_equal(slab_debug_flags, 0);
	assert_int_equal(parse_slub_debug(""), 0);
	assert_int_equal(slab_debug_flags, SLAB_DEBUG_MASK);
	assert_int_equal(parse_slub_debug("Z,size-32"), 0);
	assert_int_equal(slab_debug_flags, SLAB_RED_ZONE);
}

/* Everything runs with all checks on: the general caches, large and constructed objects too. */
static void test_debug_everywhere(void **state)
{
	void *objs[60];

	(void)state;
	boot_debug("FZP", 40);
	for (unsigned i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = kzalloc(24 + i * 97, GFP_KERNEL);
	for (unsigned i = 0; i < ARRAY_SIZE(objs); i++)
		memset(objs[i], 0xFF, 24 + i * 97);
	host_assert_checks();
	for (unsigned i = 0; i < ARRAY_SIZE(objs); i++)
		kfree(objs[i]);
	host_assert_checks();
	kmem_cache_reap();
	host_assert_checks();
}

/* ---- Corruption: each of these fields is broken, found by name, and put right again ---- */

static struct slab *slab_of_obj(void *obj)
{
	return virt_to_page(obj)->slab_page;
}

#define BREAK(field, value, what)                     \
	do {                                          \
		__typeof__(field) kept_ = (field);    \
		(field) = (__typeof__(field))(value); \
		expect_found(what, "victim");         \
		(field) = kept_;                      \
		host_assert_checks();                 \
	} while (0)

static void test_broken_slab(void **state)
{
	struct slab *slabp;
	void *obj;

	(void)state;
	boot();
	obj = get();
	slabp = slab_of_obj(obj);
	BREAK(slabp->inuse, slabp->inuse - 1, "slab inuse");
	BREAK(slabp->inuse, 0, "slab inuse");
	BREAK(slabp->free, BUFCTL_END, "slab inuse against its free chain");
	BREAK(slabp->free, 1000000, "chain of free objects");
	BREAK(slab_bufctl(slabp)[slabp->free], slabp->free, "chain of free objects");
	BREAK(slab_bufctl(slabp)[slabp->free], BUFCTL_ACTIVE, "chain of free objects");
	BREAK(slab_bufctl(slabp)[0], 5, "inuse");
	BREAK(slabp->nodeid, 3, "slab nodeid");
	BREAK(slabp->s_mem, 0x12345678, "slab s_mem");
	BREAK(slabp->s_mem, NULL, "slab s_mem");
	BREAK(slabp->colouroff, slabp->colouroff + 64, "slab s_mem");
	BREAK(slabp->list.next, 0xDEADBEEF, "link of a slab list");
	BREAK(slabp->list.next, NULL, "link of a slab list");
	BREAK(slabp->list.prev, slabp, "slab list.prev");
}

static void test_broken_descriptor(void **state)
{
	struct page *page;

	(void)state;
	boot();
	page = virt_to_page(get());
	BREAK(page->slab_cache, other, "page descriptor slab_cache");
	BREAK(page->slab_page, 0xDEADBEEF, "page descriptor slab_page");
	BREAK(page->flags, page->flags & ~(1u << PG_slab), "slab list");
	BREAK(page->flags, page->flags ^ 1u << PG_ORDER_SHIFT, "order in the page descriptor");
}

static void test_broken_cache(void **state)
{
	struct kmem_list3 *l3;
	void *obj;

	(void)state;
	boot();
	obj = get();
	kmem_cache_free(cache, get());
	l3 = cache->nodelists[0];
	BREAK(l3->free_objects, l3->free_objects + 1, "kmem_list3 free_objects");
	BREAK(l3->nr_slabs, 0, "kmem_list3 nr_slabs");
	BREAK(l3->nr_free_slabs, 7, "kmem_list3 nr_free_slabs");
	BREAK(l3->slabs_partial.next, &l3->slabs_full, "slab");
	BREAK(cache->nodelists[0], 0xDEADBEE0, "nodelists");
	BREAK(cache->array[0], 0xDEADBEE0, "per-cpu array");
	BREAK(cache->array[0]->avail, 100000, "per-cpu array avail");
	BREAK(cache->array[0]->limit, 100000, "per-cpu array limit");
	BREAK(cache->array[0]->entry[0], 0xDEADBEE0, "object in the per-cpu array");
	BREAK(cache->array[0]->entry[0], cache->array[0]->entry[1], "object in the per-cpu array");
	BREAK(cache->array[0]->entry[0], (char *)obj + 4, "object in the per-cpu array");
	BREAK(cache->num, 0, "objects a slab");
	BREAK(cache->gfporder, 40, "gfporder");
	BREAK(cache->buffer_size, 0, "objects a slab");
	BREAK(cache->next.next, 0xDEADBEE0, "link of cache_chain");
}

/* The object is free in its slab and in the array: whoever gets it second shares it. */
static void test_broken_chain_and_array(void **state)
{
	struct array_cache *ac;
	struct slab *slabp;
	unsigned index;

	(void)state;
	boot();
	kmem_cache_free(cache, get());
	ac = cache->array[0];
	slabp = slab_of_obj(ac->entry[0]);
	index = obj_to_index(cache, slabp, ac->entry[0]);
	slab_bufctl(slabp)[index] = slabp->free;
	slabp->free = index;
	expect_found("object in the per-cpu array", "victim");
}

static void test_broken_counters(void **state)
{
	struct zone *zone;
	struct page *page;

	(void)state;
	boot();
	zone = page_zone(virt_to_page(get()));
	zone->vm_stat[NR_SLAB_UNRECLAIMABLE]++;
	expect_found("zone counters", "kmem_cache");
	zone->vm_stat[NR_SLAB_UNRECLAIMABLE]--;
	host_assert_checks();
	/* a page that claims to be a slab's, of a cache that is none */
	page = alloc_pages(GFP_KERNEL, 0, OWNER_SLAB);
	SetPageFlag(page, PG_slab);
	page->slab_cache = (void *)0x1234;
	expect_found("page descriptor slab_cache", "frame");
	expect_found("lists against PG_slab", "kmem_cache");
}

/* ---- Free objects looked at before anybody asks for them ---- */

static unsigned faults;

static bool take_fault(const struct kmem_cache *owner, const void *obj, const char *what)
{
	(void)obj;
	assert_string_equal(what, "written to while free");
	faults++;
	return owner->limit > 0; /* its own */
}

static void test_scan(void **state)
{
	struct kmem_cache *checked;
	char *a, *b;

	(void)state;
	boot();
	parse_slub_debug("FZP");
	checked = kmem_cache_create("checked", 64, 0, 0, NULL, "test");
	a = kmem_cache_alloc(checked, GFP_KERNEL);
	b = kmem_cache_alloc(checked, GFP_KERNEL);
	kmem_cache_free(checked, b);
	slab_debug_scan(checked); /* in a partial slab, all as it should be */
	b[5]++;
	slab_fault_hook = take_fault;
	slab_debug_scan(checked);
	assert_int_equal(faults, 1);
	slab_debug_scan(checked); /* it was made whole */
	assert_int_equal(faults, 1);
	kmem_cache_free(checked, a);
	a[0] = 1; /* in an empty slab */
	slab_debug_scan(checked);
	assert_int_equal(faults, 2);
	slab_fault_hook = NULL;
	a[0] = 1;
	EXPECT_PANIC("written to while free", slab_debug_scan(checked));
	slab_debug_init_obj(checked, a - checked->obj_offset);
	a = kmem_cache_alloc(checked, GFP_KERNEL);
	a[64] ^= 1; /* past its end, where the hook is told at the free */
	EXPECT_PANIC("overwritten past its end", kmem_cache_free(checked, a));
	a[64] ^= 1;
	kmem_cache_free(checked, a);
	EXPECT_PANIC("freed twice", kmem_cache_free(checked, a));
}

HOST_MAIN(cmocka_unit_test(test_scan), cmocka_unit_test(test_free_twice_in_a_row),
	  cmocka_unit_test(test_free_twice), cmocka_unit_test(test_free_to_wrong_cache),
	  cmocka_unit_test(test_free_of_no_object), cmocka_unit_test(test_red_zone),
	  cmocka_unit_test(test_poison), cmocka_unit_test(test_debug_free_twice),
	  cmocka_unit_test(test_debug_option), cmocka_unit_test(test_debug_everywhere),
	  cmocka_unit_test(test_broken_slab), cmocka_unit_test(test_broken_descriptor),
	  cmocka_unit_test(test_broken_cache), cmocka_unit_test(test_broken_chain_and_array),
	  cmocka_unit_test(test_broken_counters))
