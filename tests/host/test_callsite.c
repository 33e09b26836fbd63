/*
 * Call-site tracking: records of pages and objects, sites, the mark (mm/callsite.c).
 */
#include "support/host.h"

#include "mm/callsite.h"
#include "mm/memstat.h"
#include "mm/page_alloc_internal.h"
#include "mm/slab_internal.h"
#include "support/boot_zones.h"
#include "support/zones.h"

extern const char __start_alloc_wrapper[], __stop_alloc_wrapper[];

static void machine(void)
{
	static struct e820entry map[] = {
		{ 0, 0x9fc00, E820_RAM },
		{ 0x100000, 63ull << 20, E820_RAM },
	};

	host_boot_option("highmem", "16M");
	host_boot_to_zones(map, 2);
	page_owner_init();
	host_boot_release();
	host_boot_finish();
	open_gfp_allowed_mask();
}

static void tracked(void)
{
	assert_int_equal(parse_page_owner("on"), 0);
	machine();
}

/*
 * Call sites, each in a section of its own: the linker says where it begins and ends, however the
 * compiler lays functions out.
 */
#define CALL_SITE(name)                          \
	extern const char __start_site_##name[]; \
	extern const char __stop_site_##name[];  \
	static __attribute__((section("site_" #name))) noinline

CALL_SITE(from_here) struct page *from_here(gfp_t gfp, unsigned order)
{
	struct page *page = alloc_pages(gfp, order, OWNER_TEST);

	barrier();
	return page;
}

CALL_SITE(from_there) void *from_there(unsigned order)
{
	void *virt = __get_free_pages(GFP_KERNEL, order, OWNER_HTTP);

	barrier();
	return virt;
}

static bool within(unsigned long caller, const char *start, const char *stop)
{
	return caller >= (unsigned long)start && caller < (unsigned long)stop;
}

static const struct call_site *find_site(const char *start, const char *stop, unsigned long key)
{
	for (u32 i = 1; i < call_site_count(); i++)
		if (within(call_site(i)->caller, start, stop) && call_site(i)->key == key)
			return call_site(i);
	return NULL;
}

#define SITE_OF(name, key) find_site(__start_site_##name, __stop_site_##name, key)
#define HERE() SITE_OF(from_here, OWNER_TEST)

static void test_option(void **state)
{
	(void)state;
	assert_int_equal(parse_page_owner(""), -22);
	assert_int_equal(parse_page_owner("yes"), -22);
	assert_int_equal(parse_page_owner("off"), 0);
}

static void test_off(void **state)
{
	struct page *page;

	(void)state;
	host_boot_ram(24ull << 20);
	page_owner_init();
	host_boot_finish();
	page = from_here(GFP_KERNEL, 0);
	assert_null(page_owner_record(page_to_pfn(page)));
	assert_null(HERE());
	__free_pages(page, 0);
	assert_int_equal(owner_pages[OWNER_PAGE_RECORDS], 0);
}

/* Every order and zone, by both ways of freeing: a record while it is held, none before or after. */
static void test_pages(void **state)
{
	static const gfp_t gfps[] = { GFP_KERNEL, GFP_HIGHUSER, GFP_DMA, GFP_KERNEL | __GFP_ZERO };

	(void)state;
	tracked();
	for (unsigned i = 0; i < ARRAY_SIZE(gfps); i++) {
		for (unsigned order = 0; order < 6; order++) {
			struct page *page = from_here(gfps[i], order);
			unsigned long pfn = page_to_pfn(page);
			const struct alloc_record *record = page_owner_record(pfn);

			assert_non_null(record);
			assert_int_equal(record->order, order);
			assert_ptr_equal(call_site(record->site - 1), HERE());
			assert_int_equal(HERE()->live, 1);
			assert_int_equal(HERE()->bytes, PAGE_SIZE << order);
			if (order)
				__free_pages(page, order);
			else
				free_cold_page(page);
			assert_null(page_owner_record(pfn));
			assert_int_equal(HERE()->live, 0);
			assert_int_equal(HERE()->bytes, 0);
		}
	}
	assert_int_equal(HERE()->calls, ARRAY_SIZE(gfps) * 6);
	host_check_pages();
}

/* A wrapper is passed over: the site is who called it, under the owner it named. */
static void test_wrapper(void **state)
{
	void *virt;

	(void)state;
	tracked();
	virt = from_there(1);
	assert_int_equal(SITE_OF(from_there, OWNER_HTTP)->bytes, 2 * PAGE_SIZE);
	assert_null(find_site(__start_alloc_wrapper, __stop_alloc_wrapper, OWNER_HTTP));
	free_pages(virt, 1);
	assert_int_equal(SITE_OF(from_there, OWNER_HTTP)->bytes, 0);
}

/* A block that others still hold, and one that looks bad, keep their records. */
static void test_kept(void **state)
{
	struct page *page;

	(void)state;
	tracked();
	page = from_here(GFP_KERNEL, 0);
	get_page(page);
	__free_pages(page, 0);
	assert_int_equal(HERE()->live, 1);
	SetPageFlag(page, PG_lru);
	__free_pages(page, 0);
	assert_int_equal(HERE()->live, 1);
	ClearPageFlag(page, PG_lru);
	__free_pages(page, 0);
	assert_int_equal(HERE()->live, 0);
}

/* Many blocks at once: what the site says is what the test holds. */
static void test_random(void **state)
{
	struct {
		struct page *page;
		unsigned order;
	} held[64] = { 0 };
	u32 live = 0, bytes = 0;

	(void)state;
	srand(host_seed(19991231));
	tracked();
	for (unsigned i = 0; i < 20000; i++) {
		unsigned slot = (unsigned)rand() % ARRAY_SIZE(held);

		if (held[slot].page) {
			__free_pages(held[slot].page, held[slot].order);
			bytes -= PAGE_SIZE << held[slot].order;
			live--;
			held[slot].page = NULL;
		} else {
			held[slot].order = (unsigned)rand() % 5;
			held[slot].page = from_here(GFP_KERNEL, held[slot].order);
			assert_non_null(held[slot].page);
			bytes += PAGE_SIZE << held[slot].order;
			live++;
		}
		assert_int_equal(HERE()->live, live);
		assert_int_equal(HERE()->bytes, bytes);
	}
	host_check_pages();
}

static u32 listed;
static s32 listed_delta;
static u32 last_bytes;

static void list(void *arg, const struct memstat_callsite *site)
{
	const bool *since = arg;
	u32 moved = (u32)abs(site->bytes_delta), weight = *since ? moved : site->bytes;

	assert_true(!listed || weight <= last_bytes);
	last_bytes = weight;
	listed++;
	if (within(site->caller, __start_site_from_here, __stop_site_from_here)) {
		assert_string_equal(site->kind, "pages");
		assert_string_equal(site->what, "self_tests");
		listed_delta = site->bytes_delta;
	}
}

/* The list is sorted, and the difference names what has changed since the mark and nothing else. */
static void test_mark(void **state)
{
	bool since = false;
	struct page *before, *after;
	struct memstat_tracking tracking;
	u32 shown;

	(void)state;
	tracked();
	before = from_here(GFP_KERNEL, 2);
	from_there(0);
	shown = memstat_callsites(false, 0, 100, list, &since);
	assert_int_equal(shown, listed);
	assert_true(listed >= 2);
	memstat_mark();
	memstat_tracking(&tracking);
	assert_int_equal(tracking.mark, 1);
	assert_true(tracking.pages);
	since = true;
	assert_int_equal(memstat_callsites(true, 0, 100, list, &since), 0);
	after = from_here(GFP_KERNEL, 3);
	listed = 0;
	assert_int_equal(memstat_callsites(true, 0, 100, list, &since), 1);
	assert_int_equal(listed_delta, 8 * PAGE_SIZE);
	__free_pages(after, 3);
	assert_int_equal(memstat_callsites(true, 0, 100, list, &since), 0);
	__free_pages(before, 2);
	listed = 0;
	assert_int_equal(memstat_callsites(true, 0, 100, list, &since), 1);
	assert_int_equal(listed_delta, -4 * (s32)PAGE_SIZE);
}

/* Objects with slub_debug=U: by cache and caller, with other letters and without. */
CALL_SITE(object_from_here) void *object_from_here(struct kmem_cache *cache)
{
	void *obj = __kmem_cache_alloc(cache,
				       GFP_KERNEL); /* the other is inline, or a caller itself */

	barrier();
	return obj;
}

static void test_objects(void **state)
{
	static const char *const letters[] = { "U", "UZ", "FZPU" };
	static unsigned i; /* kept over the longjmp */

	(void)state;
	host_zones(4096, 8192, 0);
	assert_int_equal(parse_slub_debug("U"), 0);
	kmem_cache_init();
	kmem_cache_init_late();
	for (i = 0; i < ARRAY_SIZE(letters); i++) {
		const struct call_site *site;
		struct kmem_cache *cache;
		void *objs[100];

		assert_int_equal(parse_slub_debug(letters[i]), 0);
		cache = kmem_cache_create(letters[i], 52, 0, 0, NULL, "test");
		for (unsigned n = 0; n < ARRAY_SIZE(objs); n++) {
			objs[n] = object_from_here(cache);
			memset(objs[n], 0xff, 52); /* the record is not the user's */
		}
		site = SITE_OF(object_from_here, (unsigned long)cache);
		assert_non_null(site);
		assert_int_equal(site->live, ARRAY_SIZE(objs));
		assert_int_equal(site->bytes, ARRAY_SIZE(objs) * 52);
		host_assert_checks();
		for (unsigned n = 0; n < ARRAY_SIZE(objs); n++)
			kmem_cache_free(cache, objs[n]);
		assert_int_equal(site->live, 0);
		assert_int_equal(site->bytes, 0);
		EXPECT_PANIC("freed twice", kmem_cache_free(cache, objs[7]));
		assert_int_equal(site->live, 0);
	}
}

/* ---- What the list says of each kind of site ---- */

struct seen {
	u32 caller;
	const char *kind, *what;
	u32 live, bytes;
};

static struct {
	struct seen list[64];
	u32 count;
} seen;

static void see(void *arg, const struct memstat_callsite *site)
{
	(void)arg;
	assert_true(seen.count < ARRAY_SIZE(seen.list));
	seen.list[seen.count++] = (struct seen){ site->caller, site->kind, site->what, site->live,
						 site->bytes };
}

static const struct seen *seen_as(const char *kind, const char *what)
{
	for (u32 i = 0; i < seen.count; i++)
		if (!strcmp(seen.list[i].kind, kind) && !strcmp(seen.list[i].what, what))
			return &seen.list[i];
	return NULL;
}

static u32 recorded;

static void see_object(void *arg, const struct memstat_object *object)
{
	(void)arg;
	assert_int_equal(object->state == 'u', object->caller != 0);
	if (object->state == 'u')
		assert_true(within(object->caller, __start_site_object_from_here,
				   __stop_site_object_from_here));
	recorded += object->state == 'u';
}

/* Objects and areas without page_owner=on: a table for sites, but no records of frames. */
static void test_kinds(void **state)
{
	struct memstat_tracking tracking;
	struct memstat_callsite frame;
	struct kmem_cache *cache;
	void *objs[3];
	u32 since, all;

	(void)state;
	assert_int_equal(parse_slub_debug("U"), 0);
	machine();
	memstat_tracking(&tracking);
	assert_false(tracking.pages);
	assert_true(tracking.objects);
	assert_int_equal(tracking.sites, 0);
	assert_int_equal(tracking.record_bytes, 0);
	assert_true(tracking.sites_max > 32);
	assert_true(tracking.table_bytes > tracking.sites_max * sizeof(struct call_site));
	assert_false(memstat_frame_site(0x400, &frame, &since));

	kmem_cache_init();
	kmem_cache_init_late();
	cache = kmem_cache_create("counted", 100, 0, 0, NULL, "test");
	for (unsigned i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = object_from_here(cache);
	area_site_add(0x5000, 40960);
	all = memstat_callsites(false, 0, ARRAY_SIZE(seen.list), see, NULL);
	assert_int_equal(seen.count, all);
	assert_int_equal(seen_as("objects", "counted")->live, 3);
	assert_int_equal(seen_as("objects", "counted")->bytes, 300);
	recorded = 0;
	memstat_frame_objects(page_to_pfn(virt_to_page(objs[0])), see_object, NULL);
	assert_int_equal(recorded, 3);
	assert_int_equal(seen_as("vmalloc", "areas")->caller, 0x5000);
	assert_int_equal(seen_as("vmalloc", "areas")->bytes, 40960);
	assert_null(seen_as("all", "others"));

	/* A part of the list: what comes before it counts, but is not told. */
	seen.count = 0;
	assert_int_equal(memstat_callsites(false, all - 1, 1, see, NULL), all);
	assert_int_equal(seen.count, 1);
	seen.count = 0;
	assert_int_equal(memstat_callsites(false, all, 5, see, NULL), all);
	assert_int_equal(seen.count, 0);

	for (unsigned i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(cache, objs[i]);
	memstat_callsites(false, 0, ARRAY_SIZE(seen.list), see, NULL);
	assert_null(seen_as("objects", "counted"));
	assert_non_null(seen_as("vmalloc", "areas"));
}

/* A frame's own site, and sites of equal weight: each is told once. */
static void test_frames_and_ties(void **state)
{
	struct memstat_callsite frame;
	struct page *page;
	u32 since, ties = 0;

	(void)state;
	tracked();
	page = from_here(GFP_KERNEL, 1);
	assert_true(memstat_frame_site((u32)page_to_pfn(page), &frame, &since));
	assert_string_equal(frame.kind, "pages");
	assert_string_equal(frame.what, "self_tests");
	assert_int_equal(frame.bytes, 2 * PAGE_SIZE);
	assert_true(within(frame.caller, __start_site_from_here, __stop_site_from_here));
	assert_false(memstat_frame_site(~0u >> PAGE_SHIFT, &frame, &since)); /* no such frame */
	for (u32 i = 1; i <= 5; i++)
		area_site_add(0x1000 * i, 123 * PAGE_SIZE);
	memstat_callsites(false, 0, ARRAY_SIZE(seen.list), see, NULL);
	for (u32 i = 0; i < seen.count; i++)
		if (seen.list[i].bytes == 123 * PAGE_SIZE) {
			assert_false(ties & 1u << (seen.list[i].caller >> PAGE_SHIFT));
			ties |= 1u << (seen.list[i].caller >> PAGE_SHIFT);
		}
	assert_int_equal(ties, 0x3e);
}

/* More sites than the table has room for: the rest counts together, and is taken off again. */
static void test_table_full(void **state)
{
	u32 many = call_site_count() + 20;

	(void)state;
	for (u32 i = 1; i <= many; i++)
		area_site_add(0x1000 * i, 4096);
	assert_int_equal(call_site(0)->live, many - (call_site_count() - 1));
	memstat_callsites(false, 0, ARRAY_SIZE(seen.list), see, NULL);
	assert_int_equal(seen_as("all", "others")->live, 21);
	assert_int_equal(seen_as("all", "others")->bytes, 21 * PAGE_SIZE);
	for (u32 i = 1; i <= many; i++)
		area_site_remove(0x1000 * i, 4096);
	for (u32 i = 0; i < call_site_count(); i++) {
		assert_int_equal(call_site(i)->live, 0);
		assert_int_equal(call_site(i)->bytes, 0);
	}
}

HOST_MAIN(cmocka_unit_test(test_option), cmocka_unit_test(test_off), cmocka_unit_test(test_pages),
	  cmocka_unit_test(test_wrapper), cmocka_unit_test(test_kept),
	  cmocka_unit_test(test_random), cmocka_unit_test(test_mark),
	  cmocka_unit_test(test_objects), cmocka_unit_test(test_kinds),
	  cmocka_unit_test(test_frames_and_ties), cmocka_unit_test(test_table_full))
