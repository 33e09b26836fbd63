/*
 * Long random runs of the slab allocator against a simple model: which objects are held, and what
 * was written into them. After each step the allocator's own check must pass and its counters must
 * agree with the model. The seed is printed; SEED= repeats a run.
 */
#include "mm/slab_internal.h"
#include "support/host.h"
#include "support/zones.h"

#define HELD_MAX 700
#define STEPS 3000

struct held {
	struct kmem_cache *cache; /* NULL: kmalloc'ed */
	unsigned char *obj;
	size_t size;
	unsigned char pattern;
};

static struct held held[HELD_MAX];
static unsigned nr_held;
static u32 random_state;

static u32 random_below(u32 n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % n;
}

static void seed(void)
{
	random_state = host_seed(0x51AB0001u);
}

static void hold(struct kmem_cache *cache, void *obj, size_t size)
{
	struct held *h = &held[nr_held++];

	assert_non_null(obj);
	*h = (struct held){ cache, obj, size, (unsigned char)random_below(256) };
	memset(obj, h->pattern, size);
}

/* Whoever wrote into an object that somebody else holds is found here. */
static void release(unsigned i)
{
	struct held h = held[i];

	for (size_t j = 0; j < h.size; j++)
		assert_int_equal(h.obj[j], h.pattern);
	held[i] = held[--nr_held];
	if (h.cache)
		kmem_cache_free(h.cache, h.obj);
	else
		kfree(h.obj);
}

static void check_counts(struct kmem_cache **caches, unsigned n)
{
	for (unsigned c = 0; c < n; c++) {
		unsigned model = 0;

		for (unsigned i = 0; i < nr_held; i++)
			model += held[i].cache == caches[c];
		assert_int_equal(slab_active_objs(caches[c]), model);
		assert_true(model <= slab_num_objs(caches[c]));
	}
}

static void run(void)
{
	static const size_t sizes[] = { 4, 24, 60, 64, 200, 500, 520, 1100, 3000, 9000 };
	static const char *const names[] = { "c0", "c1", "c2", "c3", "c4",
					     "c5", "c6", "c7", "c8", "c9" };
	struct kmem_cache *caches[ARRAY_SIZE(sizes)];
	unsigned long before;

	host_zones(4096, 4096, 0);
	kmem_cache_init();
	kmem_cache_init_late();
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
		caches[i] = kmem_cache_create(names[i], sizes[i], 0,
					      i % 2 ? SLAB_HWCACHE_ALIGN : SLAB_RECLAIM_ACCOUNT,
					      NULL, "test");
	kmem_cache_reap();
	before = host_free_pages();
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned c = random_below(ARRAY_SIZE(sizes)), burst = random_below(80);
		/* grow and shrink in waves, so that both ends of every list are reached */
		bool grow = random_below(100) < (step / 300 % 2 ? 30 : 70);

		for (; burst && grow && nr_held < HELD_MAX; burst--)
			if (random_below(4))
				hold(caches[c], kmem_cache_alloc(caches[c], GFP_KERNEL), sizes[c]);
			else
				hold(NULL, kmalloc(sizes[c], GFP_KERNEL), sizes[c]);
		for (; burst && !grow && nr_held; burst--)
			release(random_below(nr_held));
		if (!random_below(40))
			kmem_cache_shrink(caches[c]);
		if (!random_below(100))
			kmem_cache_reap();
		if (!random_below(60)) {
			unsigned limit = 1 + random_below(60);

			assert_int_equal(do_tune_cpucache(caches[c], limit, (limit + 1) / 2,
							  random_below(3), GFP_KERNEL),
					 0);
		}
		check_counts(caches, ARRAY_SIZE(sizes));
		host_assert_checks();
	}
	while (nr_held)
		release(nr_held - 1);
	check_counts(caches, ARRAY_SIZE(sizes));
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
		assert_int_equal(do_tune_cpucache(caches[i],
						  cpucache_limit(caches[i]->buffer_size, 0), 1, 0,
						  GFP_KERNEL),
				 0);
	kmem_cache_reap();
	assert_in_range(host_free_pages(), before - 4, before + 4); /* arrays of other sizes */
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
		assert_int_equal(slab_num_objs(caches[i]), 0);
	host_assert_checks();
}

static void test_random(void **state)
{
	(void)state;
	seed();
	run();
}

static void test_random_checked(void **state)
{
	(void)state;
	seed();
	parse_slub_debug("FZP");
	run();
}

HOST_MAIN(cmocka_unit_test(test_random), cmocka_unit_test(test_random_checked))
