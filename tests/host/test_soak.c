/*
 * Soak jobs: the same calls for the same seed, the same state in every arena, failures on demand to the
 * call, latencies against a simple model, and each defect found and named.
 *
 * The host has no page tables: what a job keeps in vmalloc memory is malloc's here, and a kmap_atomic
 * leads into the arena that stands for RAM (rules.mk).
 */
#include "support/arena.h"
#include "support/host.h"

#include "kernel/lib/errno.h"
#include "mm/check_internal.h"
#include "mm/direct_map.h"
#include "mm/highmem.h"
#include "mm/memstat.h"
#include "mm/slab_internal.h"
#include "mm/soak_internal.h"
#include "mm/vmalloc.h"
#include "support/boot_zones.h"
#include "support/zones.h"
#include "web/soak_doc.h"

void *__wrap_vmalloc(unsigned long size);
void __wrap_vfree(const void *addr);
void *__wrap_kmap_atomic(struct page *page, enum km_type type);
void __wrap_kunmap_atomic(void *virt, enum km_type type);

static unsigned vmalloc_calls, vmalloc_fails_at, vmallocs;

void *__wrap_vmalloc(unsigned long size)
{
	if (++vmalloc_calls == vmalloc_fails_at)
		return NULL;
	vmallocs++;
	return malloc(size);
}

void __wrap_vfree(const void *addr)
{
	vmallocs -= addr != NULL;
	free((void *)addr);
}

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

static unsigned done_calls;

static void done(struct soak_job *job)
{
	assert_int_equal(job->state, SOAK_DONE);
	done_calls++;
}

static struct soak_doc doc;

static struct soak_job *start(const char *text)
{
	struct soak_job *job;
	const char *why;
	char said[300];
	struct writer w;

	w_init(&w, said, sizeof(said) - 1);
	if (!soak_doc_read(&doc, text, &w)) {
		*w.pos = '\0';
		fail_msg("%s", said);
	}
	job = soak_start(&doc, &why);
	if (!job)
		fail_msg("%s", why);
	return job;
}

static struct soak_job *run(const char *text)
{
	struct soak_job *job = start(text);

	soak_on_done(done);
	done_calls = 0;
	for (unsigned i = 0; i < 2000000 && host_step_jobs(); i++)
		if (job->state != SOAK_RUNNING)
			host_cycles += 20000; /* it looks at the machine now and then */
	assert_int_equal(job->state, SOAK_DONE);
	assert_int_equal(done_calls, 1);
	assert_null(job->work);
	assert_int_equal(vmallocs, 0);
	assert_int_equal(mapped, 0);
	assert_int_equal(job->live_objects, 0);
	assert_true(job->live_bytes == 0);
	host_check_pages();
	host_assert_checks();
	return job;
}

static const char *reason(const struct soak_job *job, u32 n)
{
	static char text[200];

	return soak_reason(job, n, text, sizeof(text)) ? text : "";
}

static void expect_pass(const struct soak_job *job)
{
	if (*reason(job, 0))
		fail_msg("%s", reason(job, 0));
}

#define MIX                                                                                  \
	"\"live\":{\"objects\":300,\"bytes\":2000000},\"lifetime\":{\"dist\":\"geometric\"," \
	"\"mean\":200},\"operations\":6000,\"allocate\":[{\"kind\":\"kmalloc\",\"size\":"    \
	"{\"dist\":\"uniform\",\"min\":8,\"max\":40000},\"weight\":3},{\"kind\":\"pages\","  \
	"\"order\":{\"dist\":\"trace\",\"values\":[0,3,0,1]},\"zone\":\"highmem\"},"         \
	"{\"kind\":\"cache\",\"name\":\"node\",\"size\":72,\"debug\":true,\"weight\":2},"    \
	"{\"kind\":\"kmap_atomic\"},{\"kind\":\"cache\",\"name\":\"b\",\"size\":500}]"

static void machine(void)
{
	host_boot_option("highmem", "8M");
	host_boot_ram(80 << 20);
	kmem_cache_init();
	host_boot_finish();
	kmem_cache_init_late();
}

/* ---- Determinism ---- */

static void test_same_again(void **state)
{
	struct soak_job *a, *b, *c;

	(void)state;
	machine();
	a = run("{\"seed\":7," MIX "}");
	expect_pass(a);
	assert_true(a->counts.operations == 6000);
	assert_true(a->counts.allocations == a->counts.frees && a->counts.allocations > 3000);
	assert_true(a->counts.verified_bytes > 1000000 && !a->counts.faults);
	assert_true(a->live_objects_most <= 300 && a->live_bytes_most < 2000000 + 40000);
	assert_int_equal(a->ram_pages, a->accounted_pages);
	b = run("{\"seed\":7," MIX "}");
	expect_pass(b);
	c = run("{\"seed\":8," MIX "}");
	expect_pass(c);
	assert_true(a->counts.calls_sum == b->counts.calls_sum);
	assert_true(a->counts.calls_sum != c->counts.calls_sum);
	assert_ptr_equal(soak_find(b->id), b);
	assert_ptr_equal(soak_next(NULL), a);
	assert_ptr_equal(soak_next(a), b);
	assert_null(soak_next(c));
	soak_forget(b);
	assert_null(soak_find(2));
}

/* One in the machine alone, and one above another arena: the same state, full and drained. */
static void test_arena_sums(void **state)
{
	static const char *const texts[] = {
		"{\"seed\":7,\"arena\":{\"mib\":8}," MIX "}",
		"{\"seed\":7,\"arena\":{\"mib\":8,\"engine\":\"2.4\"}," MIX "}",
	};
	struct soak_job *jobs[4];
	u64 live_calls;

	(void)state;
	machine();
	live_calls = run("{\"seed\":7," MIX "}")->counts.calls_sum;
	for (unsigned i = 0; i < 4; i++) {
		const char *why;
		struct arena *below = i / 2 ? arena_create(2048, false, &why) : NULL;

		jobs[i] = run(texts[i % 2]);
		expect_pass(jobs[i]);
		assert_true(jobs[i]->counts.calls_sum == live_calls);
		assert_true(jobs[i]->arena_sum != jobs[i]->arena_end_sum);
		assert_int_equal(jobs[i]->arena_lost_pages, 0);
		if (below)
			arena_destroy(below);
	}
	for (unsigned i = 0; i < 2; i++) {
		assert_true(jobs[i]->arena_sum == jobs[i + 2]->arena_sum);
		assert_true(jobs[i]->arena_end_sum == jobs[i + 2]->arena_end_sum);
	}
	assert_true(jobs[0]->arena_sum != jobs[1]->arena_sum);
}

/* ---- Failures on demand ---- */

/* What should_fail() documents, counted by hand. */
static u64 hits_of(u64 calls, u32 interval, u32 after, u32 times)
{
	u64 hits = calls > after ? (calls - after) / interval : 0;

	return times && hits > times ? times : hits;
}

/* Every failure was to be expected and is named, and nothing was lost by it. */
static void expect_injected(const struct soak_job *job)
{
	const struct fault_attr *slab = &job->doc.failslab, *pages = &job->doc.fail_page_alloc;
	u64 named = 0;

	expect_pass(job);
	assert_true(job->counts.failures_expected == job->counts.injected);
	assert_true(job->counts.skipped == job->counts.injected);
	assert_true(!job->counts.failures_unexpected);
	assert_true(job->counts.injected + job->counts.injected_late <= slab->hits + pages->hits);
	for (u32 i = 0; i < FAULT_SITES; i++)
		named += slab->sites[i].hits + pages->sites[i].hits;
	assert_true(!named == !(slab->hits + pages->hits) && named <= slab->hits + pages->hits);
	assert_int_equal(fault_holders, 0);
}

static void test_injected(void **state)
{
	static const struct {
		u32 interval, after, times;
	} cases[] = { { 1, 0, 0 }, { 7, 0, 0 }, { 7, 100, 0 }, { 3, 50, 10 }, { 5, 100000, 0 } };
	char text[900];

	(void)state;
	machine();
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct soak_job *job;
		const struct fault_attr *slab, *pages;

		snprintf(text, sizeof(text),
			 "{\"failslab\":{\"interval\":%u,\"after\":%u,\"times\":%u},"
			 "\"fail_page_alloc\":{\"interval\":%u,\"after\":%u,\"times\":%u}," MIX "}",
			 cases[i].interval, cases[i].after, cases[i].times, cases[i].interval,
			 cases[i].after, cases[i].times);
		job = run(text);
		expect_injected(job);
		slab = &job->doc.failslab;
		pages = &job->doc.fail_page_alloc;
		assert_true(slab->calls && pages->calls);
		assert_true(slab->calls + pages->calls >= job->counts.allocations);
		assert_true(slab->hits == hits_of(slab->calls, cases[i].interval, cases[i].after,
						  cases[i].times));
		assert_true(pages->hits == hits_of(pages->calls, cases[i].interval, cases[i].after,
						   cases[i].times));
		assert_true(!(slab->hits + pages->hits) == !job->counts.injected);
		if (i)
			assert_true(job->counts.calls_sum == soak_next(NULL)->counts.calls_sum);
	}
}

/* By cache, by order, and by chance: as often as the same generator says. */
static void test_injected_some(void **state)
{
	struct sfc32 random;
	struct soak_job *job;
	u64 hits = 0;

	(void)state;
	machine();
	job = run("{\"failslab\":{\"cache\":\"node\"},\"fail_page_alloc\":{\"min_order\":1,"
		  "\"max_order\":3}," MIX "}");
	expect_injected(job);
	assert_true(job->doc.failslab.calls == job->doc.failslab.hits && job->doc.failslab.hits);
	assert_true(strstr(job->doc.failslab.last.what, "-node"));
	assert_true(job->doc.fail_page_alloc.hits == job->doc.fail_page_alloc.calls);
	for (u32 i = 0; i < job->hist_count; i++) /* nothing that it could have freed */
		assert_true(!job->hists[i].freeing ||
			    (job->hists[i].source != 2 &&
			     (job->hists[i].source != 1 || job->hists[i].size_log2 == PAGE_SHIFT)));
	job = run("{\"seed\":99,\"failslab\":{\"probability\":30}," MIX "}");
	expect_injected(job);
	sfc32_seed(&random, ~99ull);
	for (u64 i = 0; i < job->doc.failslab.calls; i++)
		hits += sfc32(&random) % 100 < 30;
	assert_true(job->doc.failslab.hits == hits);
	assert_in_range(hits * 100 / job->doc.failslab.calls, 25, 35);
}

#define SLABS_ONLY                                                                        \
	"\"live\":{\"objects\":900},\"lifetime\":300,\"operations\":4000,\"allocate\":[{" \
	"\"kind\":\"kmalloc\",\"size\":{\"dist\":\"uniform\",\"min\":8,\"max\":9000}},"   \
	"{\"kind\":\"cache\",\"name\":\"node\",\"size\":700}]"

/* Sources that never ask for pages themselves: their slabs do, and the pages' failure is theirs. */
static void test_injected_growth(void **state)
{
	static const char *const arenas[] = { "", "\"arena\":{\"mib\":8},",
					      "\"arena\":{\"mib\":8,\"engine\":\"2.4\"}," };
	char text[700];

	(void)state;
	machine();
	for (u32 i = 0; i < ARRAY_SIZE(arenas); i++) {
		struct soak_job *job;

		snprintf(text, sizeof(text),
			 "{%s\"fail_page_alloc\":{\"interval\":3}," SLABS_ONLY "}", arenas[i]);
		job = run(text);
		expect_injected(job);
		assert_true(job->doc.fail_page_alloc.calls > 30);
		assert_true(job->doc.fail_page_alloc.hits == job->doc.fail_page_alloc.calls / 3);
		assert_true(job->counts.injected == job->doc.fail_page_alloc.hits);
		assert_string_equal(job->doc.fail_page_alloc.last.what, "slab");
		/* A slab whose management lies elsewhere asks for that too. */
		snprintf(text, sizeof(text), "{%s\"failslab\":{\"interval\":50}," SLABS_ONLY "}",
			 arenas[i]);
		job = run(text);
		expect_injected(job);
		assert_true(job->doc.failslab.calls > job->counts.allocations);
	}
}

/* The slow paths do what the fast ones do: while nothing fails, nothing in an arena is different. */
static void test_injected_never(void **state)
{
	char text[900];

	(void)state;
	machine();
	for (u32 gen24 = 0; gen24 < 2; gen24++) {
		const char *arena = gen24 ? "\"arena\":{\"mib\":8,\"engine\":\"2.4\"}"
					  : "\"arena\":{\"mib\":8}";
		struct soak_job *plain, *armed, *again;

		snprintf(text, sizeof(text), "{%s," MIX "}", arena);
		plain = run(text);
		snprintf(text, sizeof(text),
			 "{%s,\"failslab\":{\"after\":9999999},\"fail_page_alloc\":{"
			 "\"after\":9999999}," MIX "}",
			 arena);
		armed = run(text);
		expect_injected(armed);
		assert_true(armed->doc.failslab.calls && !armed->doc.failslab.hits);
		assert_true(plain->arena_sum == armed->arena_sum);
		assert_true(plain->arena_end_sum == armed->arena_end_sum);
		/* And what does fail, fails at the same place each time. */
		snprintf(text, sizeof(text),
			 "{%s,\"failslab\":{\"interval\":9},\"fail_page_alloc\":{"
			 "\"probability\":20}," MIX "}",
			 arena);
		armed = run(text);
		again = run(text);
		expect_injected(armed);
		assert_true(armed->doc.failslab.hits && armed->doc.fail_page_alloc.hits);
		assert_true(armed->arena_sum == again->arena_sum &&
			    armed->arena_sum != plain->arena_sum);
		assert_true(armed->doc.failslab.calls == again->doc.failslab.calls);
		assert_true(armed->doc.fail_page_alloc.hits == again->doc.fail_page_alloc.hits);
		while (soak_next(NULL))
			soak_forget(soak_next(NULL));
	}
}

/* The machine's own: filters, delay, and options. */
static void test_fault_attributes(void **state)
{
	struct fault_attr slab = FAULT_ATTR_DEFAULT, pages = FAULT_ATTR_DEFAULT;
	void *obj;

	(void)state;
	machine();
	slab.times = 1;
	strcpy(slab.cache, "size-64");
	fault_set(&slab, NULL, 0);
	assert_int_equal(fault_holders, 1);
	assert_non_null(obj = kmalloc(32, GFP_KERNEL));
	kfree(obj);
	assert_null(kmalloc(64, GFP_KERNEL));
	assert_string_equal(failslab.last.what, "size-64");
	assert_non_null(obj = kmalloc(64, GFP_KERNEL));
	kfree(obj);
	assert_true(failslab.calls == 2 && failslab.hits == 1);

	slab = (struct fault_attr)FAULT_ATTR_DEFAULT;
	strcpy(slab.owner, "lwip");
	pages.ignore_gfp_wait = true;
	pages.after = 2;
	fault_set(&slab, &pages, 0);
	assert_int_equal(fault_holders, 1);
	assert_non_null(obj = kmalloc(64, GFP_KERNEL));
	kfree(obj);
	for (u32 i = 0; i < 4; i++) {
		struct page *page = alloc_pages(i < 2 ? GFP_KERNEL : GFP_ATOMIC, 0, OWNER_TEST);

		assert_non_null(page);
		__free_pages(page, 0);
	}
	assert_null(alloc_pages(GFP_ATOMIC, 0, OWNER_TEST));
	assert_string_equal(fail_page_alloc.last.what, "self_tests");

	pages = (struct fault_attr)FAULT_ATTR_DEFAULT;
	pages.space = 3 * PAGE_SIZE;
	fault_set(NULL, &pages, 50);
	host_cycles += 10000; /* 10 ms */
	obj = alloc_pages(GFP_KERNEL, 3, OWNER_TEST);
	assert_non_null(obj);
	__free_pages(obj, 3);
	assert_true(!fail_page_alloc.calls);
	host_cycles += 60000;
	obj = alloc_pages(GFP_KERNEL, 0, OWNER_TEST);
	assert_non_null(obj);
	__free_pages(obj, 0);
	obj = alloc_pages(GFP_KERNEL, 0, OWNER_TEST);
	assert_non_null(obj);
	__free_pages(obj, 0);
	assert_null(alloc_pages(GFP_KERNEL, 0, OWNER_TEST));
	fault_stop();
	assert_int_equal(fault_holders, 0);
	host_check_pages();
	host_assert_checks();

	assert_int_equal(parse_failslab("10,100,4096,-1"), 0);
	assert_true(failslab.interval == 10 && failslab.probability == 100 &&
		    failslab.space == 4096 && !failslab.times && failslab.ignore_gfp_wait);
	assert_int_equal(parse_fail_page_alloc("1,50,0,3"), 0);
	assert_true(fail_page_alloc.times == 3 && fault_holders == 1);
	assert_int_equal(parse_failslab("1,100,0,0"), 0);
	assert_true(!failslab.probability);
	for (u32 i = 0; i < 6; i++) {
		static const char *const bad[] = {
			"", "1", "1,100,0", "1,101,0,1", "1,1,0,1,", "x"
		};

		assert_int_equal(parse_failslab(bad[i]), -EINVAL);
	}
	fault_stop();
}

/* An arena that is too small: a failure of the job, unless it was expected. */
static void test_runs_out(void **state)
{
#define GREEDY                                                                   \
	"\"arena\":{\"mib\":4},\"operations\":3000,\"live\":{\"objects\":2000}," \
	"\"lifetime\":100000,\"allocate\":[{\"kind\":\"pages\"}]"
	struct soak_job *job;
	char expected[80];

	(void)state;
	machine();
	job = run("{" GREEDY "}");
	assert_true(job->counts.failures_unexpected >= 2000 - 1024);
	assert_true(job->counts.skipped == job->counts.failures_unexpected);
	snprintf(expected, sizeof(expected), "%llu allocations failed that should not",
		 job->counts.failures_unexpected);
	assert_string_equal(reason(job, 0), expected);
	assert_string_equal(reason(job, 1), "");
	job = run("{\"expect_failures\":true," GREEDY "}");
	expect_pass(job);
	assert_true(job->counts.failures_expected >= 2000 - 1024);
}

/* ---- Defects ---- */

static void test_defects(void **state)
{
	static const struct {
		enum soak_bug bug;
		const char *what, *reason;
	} cases[] = {
		{ SOAK_BUG_LEAK, NULL, "1 objects were leaked" },
		{ SOAK_BUG_DOUBLE_FREE, "freed twice", "1 wrong uses of memory were found" },
		{ SOAK_BUG_USE_AFTER_FREE, "", "1 wrong uses of memory were found" },
		{ SOAK_BUG_WRITE_PAST_END, "", "1 wrong uses of memory were found" },
		{ SOAK_BUG_WRONG_CACHE, "freed to the wrong cache",
		  "1 wrong uses of memory were found" },
		{ SOAK_BUG_STUCK_BIT, "does not hold what was written",
		  "1 objects did not hold what was written" },
	};
	char text[800];

	(void)state;
	machine();
	for (u32 i = 0; i < ARRAY_SIZE(cases) * 2; i++) {
		const struct soak_fault *fault;
		struct soak_job *job;
		u32 n = i / 2;

		snprintf(text, sizeof(text), "{\"bug\":{\"kind\":\"%s\",\"after\":500}%s," MIX "}",
			 soak_bug_name(cases[n].bug), i % 2 ? ",\"arena\":{\"mib\":12}" : "");
		job = run(text);
		if (strcmp(reason(job, 0), cases[n].reason))
			fail_msg("%s: \"%s\"", text, reason(job, 0));
		assert_string_equal(reason(job, 1), "");
		fault = &job->fault_list[0];
		if (!cases[n].what) {
			u32 source = 0;

			while (!job->leaks[source].objects)
				source++;
			assert_true(job->leaks[source].site && job->leaks[source].first_address);
			assert_true(job->leaks[source].bytes > 0);
			continue;
		}
		if (*cases[n].what)
			assert_string_equal(fault->what, cases[n].what);
		assert_true(fault->address && fault->site && fault->what);
		assert_true(fault->source < SOAK_SOURCES_MAX && fault->made_op <= fault->op);
		if (cases[n].bug == SOAK_BUG_STUCK_BIT)
			assert_int_equal(fault->expected ^ fault->found, 0x10);
		if (!*cases[n].what)
			assert_int_equal(fault->source, 2); /* the one under debugging */
		soak_forget(job);
	}
}

/* ---- Latencies ---- */

static int by_size(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Against all values, sorted: never below, and at most a quarter above. */
static void test_percentiles(void **state)
{
	static const u32 asked[] = { 1, 100, 5000, 9000, 9900, 9990, 9999, 10000 };
	struct soak_job *job = calloc(1, sizeof(*job) + sizeof(job->hists[0]));
	static u64 all[5000];
	u32 seed = host_seed(3);

	(void)state;
	job->hist_room = 1;
	for (u32 i = 0; i < ARRAY_SIZE(all); i++) {
		seed = seed * 1664525 + 1013904223;
		all[i] = (u64)(seed >> 8) >> (seed >> 3) % 20;
		soak_record(job, 1, false, 100, all[i], 0x1234);
	}
	qsort(all, ARRAY_SIZE(all), sizeof(*all), by_size);
	assert_int_equal(job->hist_count, 1);
	assert_true(job->hists[0].worst_cycles == all[ARRAY_SIZE(all) - 1]);
	assert_int_equal(job->hists[0].worst_site, 0x1234);
	assert_int_equal(job->hists[0].size_log2, 7);
	for (u32 i = 0; i < ARRAY_SIZE(asked); i++) {
		u64 rank = ((u64)ARRAY_SIZE(all) * asked[i] + 9999) / 10000;
		u64 right = all[rank - 1], said = soak_percentile(&job->hists[0], asked[i]);

		if (said < right || said > max(right + right / 4 + 1, 20ull))
			fail_msg("%u: %llu, not %llu", asked[i], said, right);
	}
	assert_true(soak_percentile(&(struct soak_hist){ 0 }, 5000) == 0);
	for (u32 i = 1; i < SOAK_BUCKETS; i++)
		assert_true(soak_bucket_start(i) > soak_bucket_start(i - 1));
	soak_record(job, 1, false, 100, ~0ull, 1); /* beyond the last bucket */
	assert_true(soak_percentile(&job->hists[0], 10000) == ~0ull);
	free(job);
}

/* Every operation and size of every source has a histogram of its own, and nothing else is in it. */
static void test_every_histogram(void **state)
{
	struct soak_job *job;
	u64 calls = 0;

	(void)state;
	machine();
	job = run("{\"operations\":20000,\"expect_failures\":true,\"live\":{\"objects\":90},"
		  "\"allocate\":[{\"kind\":\"kmalloc\",\"size\":{\"dist\":\"geometric\",\"mean\":"
		  "20000}},{\"kind\":\"kmalloc\",\"size\":{\"dist\":\"uniform\",\"min\":4,\"max\":"
		  "900}},{\"kind\":\"pages\",\"order\":{\"dist\":\"uniform\",\"min\":0,\"max\":7}},"
		  "{\"kind\":\"kmalloc\",\"size\":{\"dist\":\"trace\",\"values\":[4,9,17,33,65,129,"
		  "257,513,1025,2049,4097,9000,20000,40000,80000]}}]}");
	assert_true(job->hist_count > 60);
	for (u32 i = 0; i < job->hist_count; i++) {
		const struct soak_hist *h = &job->hists[i];
		u64 sum = 0;

		for (u32 n = 0; n < SOAK_BUCKETS; n++)
			sum += h->buckets[n];
		assert_true(sum == h->count && h->count);
		for (u32 n = 0; n < i; n++)
			assert_true(h->source != job->hists[n].source ||
				    h->freeing != job->hists[n].freeing ||
				    h->size_log2 != job->hists[n].size_log2);
		calls += h->count;
	}
	assert_true(calls == job->counts.allocations + job->counts.frees);
	soak_forget(job);
}

/* ---- A job's life ---- */

static void test_slots(void **state)
{
	struct soak_job *jobs[SOAK_JOBS_MAX];
	const char *why = NULL;

	(void)state;
	machine();
	for (u32 i = 0; i < SOAK_JOBS_MAX; i++)
		jobs[i] = start("{" MIX "}");
	assert_null(soak_start(&doc, &why));
	assert_string_equal(why, "eight jobs run already: stop one");
	EXPECT_PANIC("SOAK_DONE", soak_forget(jobs[0]));
	soak_stop(jobs[2]);
	for (u32 i = 0; i < 5; i++)
		host_step_jobs();
	assert_int_equal(jobs[2]->state, SOAK_DONE);
	assert_true(!jobs[2]->counts.operations);
	assert_int_equal(start("{" MIX "}")->id, 9); /* in the place of the one that is done */
	assert_null(soak_find(3));
	for (u32 i = 0; i < 4000 && jobs[0]->state != SOAK_RUNNING; i++) {
		host_step_jobs();
		host_cycles += 20000;
	}
	for (struct soak_job *job = soak_next(NULL); job; job = soak_next(job))
		soak_stop(job);
	for (u32 i = 0; i < 100000 && host_step_jobs(); i++)
		;
	assert_true(jobs[0]->stopped && jobs[0]->counts.operations < 6000);
	assert_false(jobs[0]->alone);
	assert_int_equal(vmallocs, 0);
	while (soak_next(NULL))
		soak_forget(soak_next(NULL));
	assert_int_equal(owner_pages[OWNER_SOAK], 0);
	host_check_pages();
}

/* Whatever cannot be had when a job begins to run: it says so, and holds nothing. */
static void test_starved(void **state)
{
	struct soak_job *job;

	(void)state;
	machine();
	for (u32 n = 1; n <= 3; n++) {
		vmalloc_fails_at = vmalloc_calls + n;
		job = run("{\"operations\":9,\"live\":{\"objects\":2500}," /* three pieces */
			  "\"allocate\":[{\"kind\":\"pages\"}]}");
		assert_string_equal(reason(job, 0),
				    "it could not run: no memory for the list of its objects");
		assert_string_equal(reason(job, 1), "");
		soak_forget(job);
	}
	job = run("{\"arena\":{\"mib\":256}," MIX "}");
	assert_string_equal(reason(job, 0), "it could not run: no run of adjacent free low memory "
					    "is that long");
	job = run("{\"operations\":9,\"allocate\":[{\"kind\":\"cache\",\"name\":\"nobody\"}]}");
	assert_string_equal(reason(job, 0),
			    "it could not run: there is no slab cache of that name, "
			    "or it has a constructor");
	job = run("{\"operations\":900,\"allocate\":[{\"kind\":\"cache\",\"name\":\"size-64\"}],"
		  "\"verify\":false}");
	expect_pass(job);
}

/* Phases come round until the operations are done; a rate makes a job wait. */
static void test_phases(void **state)
{
	struct soak_job *job;

	(void)state;
	machine();
	job = run("{\"operations\":2500,\"phases\":[{\"operations\":300,\"live\":{\"objects\":50}},"
		  "{\"operations\":200,\"live\":{\"objects\":5}}],\"allocate\":"
		  "[{\"kind\":\"pages\"}]}");
	expect_pass(job);
	assert_true(job->counts.operations == 2500 && job->live_objects_most == 50);
	job = run("{\"phases\":[{\"operations\":300},{\"duration_ms\":20,\"rate\":1000}],"
		  "\"allocate\":[{\"kind\":\"pages\"}]}");
	expect_pass(job);
	assert_in_range(job->counts.operations, 318, 322);
	job = run("{\"duration_ms\":30,\"rate\":2000,\"allocate\":[{\"kind\":\"pages\"}]}");
	expect_pass(job);
	assert_in_range(job->counts.operations, 58, 62);
}

/* Every reason that a job can fail for, alone, and all of them one after the other. */
static void test_reasons(void **state)
{
	static struct soak_job job;

	(void)state;
	assert_string_equal(reason(&job, 0), "");
	job.counts.failures_unexpected = 3;
	assert_string_equal(reason(&job, 0), "3 allocations failed that should not");
	job.doc.expect_failures = true;
	assert_string_equal(reason(&job, 0), "");
	job.arena_lost_pages = 7;
	assert_string_equal(reason(&job, 0), "7 pages of the arena were not free at its end");
	job.ram_pages = 1000;
	job.accounted_pages = 998;
	assert_string_equal(reason(&job, 1), "998 of 1000 pages of RAM are accounted for");
	job.arena_lost_pages = 0;
	job.accounted_pages = 1000;

	/* Drift: of a job that ran alone and to its end, beyond twice the noise, either way. */
	job.used_before = 5000;
	job.used_noise = 100;
	job.used_after = 5201;
	assert_string_equal(reason(&job, 0), "");
	job.alone = true;
	assert_string_equal(reason(&job, 0),
			    "201 pages more are in use than before, where 200 are noise");
	job.used_after = 4799;
	assert_string_equal(reason(&job, 0),
			    "-201 pages more are in use than before, where 200 are noise");
	job.used_after = 4800;
	assert_string_equal(reason(&job, 0), "");
	job.used_after = 4799;
	job.stopped = true;
	assert_string_equal(reason(&job, 0), "");
	job.stopped = false;

	job.starved = true;
	job.why = "no pages";
	job.doc.expect_failures = false;
	job.counts.verify_errors = 1;
	job.counts.faults = 2;
	job.leaks[SOAK_SOURCES_MAX - 1].objects = 4;
	job.arena_lost_pages = 5;
	job.accounted_pages = 0;
	assert_string_equal(reason(&job, 0), "it could not run: no pages");
	assert_string_equal(reason(&job, 1), "3 allocations failed that should not");
	assert_string_equal(reason(&job, 2), "1 objects did not hold what was written");
	assert_string_equal(reason(&job, 3), "2 wrong uses of memory were found");
	assert_string_equal(reason(&job, 4), "4 objects were leaked");
	assert_string_equal(reason(&job, 5), "5 pages of the arena were not free at its end");
	assert_string_equal(reason(&job, 6), "0 of 1000 pages of RAM are accounted for");
	assert_true(strstr(reason(&job, 7), "pages more are in use"));
	assert_string_equal(reason(&job, 8), "");
}

HOST_MAIN(cmocka_unit_test(test_same_again), cmocka_unit_test(test_arena_sums),
	  cmocka_unit_test(test_injected), cmocka_unit_test(test_injected_some),
	  cmocka_unit_test(test_injected_growth), cmocka_unit_test(test_injected_never),
	  cmocka_unit_test(test_fault_attributes), cmocka_unit_test(test_runs_out),
	  cmocka_unit_test(test_defects), cmocka_unit_test(test_percentiles),
	  cmocka_unit_test(test_every_histogram), cmocka_unit_test(test_slots),
	  cmocka_unit_test(test_starved), cmocka_unit_test(test_phases),
	  cmocka_unit_test(test_reasons))
