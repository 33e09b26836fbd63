/*
 * SRAT and SLIT: what good ones give, the documented chunk vectors, and every way in which one can be
 * wrong. Tables are handed over in blocks of exactly their length.
 */
#include "support/host.h"

#include "mm/srat.h"
#include "support/srat.h"

#define PG(pfn) ((u64)(pfn) << PAGE_SHIFT)

static struct table t;

static void begin(void)
{
	srat_reset();
	srat_begin(&t);
}

static void parse(void)
{
	table_parse(&t, srat_parse);
}

static void expect_chunk(int i, u64 start, u64 end, u32 pxm)
{
	assert_true(i < num_memory_chunks);
	assert_int_equal(node_memory_chunk[i].start_pfn, start);
	assert_int_equal(node_memory_chunk[i].end_pfn, end);
	assert_int_equal(node_memory_chunk[i].pxm, pxm);
}

static void expect_refused(const char *why)
{
	assert_non_null(srat.refused);
	assert_non_null(strstr(srat.refused, why));
	assert_int_equal(num_memory_chunks, 0);
	assert_int_equal(srat_node_count(), 0);
	assert_true(host_log_has(why));
}

static void expect_counts(enum srat_kind kind, u32 seen, u32 used, u32 ignored)
{
	assert_int_equal(srat.kinds[kind].seen, seen);
	assert_int_equal(srat.kinds[kind].used, used);
	assert_int_equal(srat.kinds[kind].ignored, ignored);
}

/* What QEMU gives for the reference machine R6 (golden values, section 12). */
static void r6(void)
{
	begin();
	srat_cpu(&t, 0, 0, 1);
	srat_cpu(&t, 1, 1, 1);
	srat_memory(&t, 0, 0, 0xa0000, 1);
	srat_memory(&t, 0, 0x100000, 0x1ff00000, 1);
	srat_memory(&t, 1, 0x20000000, 0x20000000, 1);
	srat_memory(&t, 0, 0, 0, 0);
	parse();
}

static void test_r6(void **state)
{
	(void)state;
	r6();
	assert_null(srat.refused);
	assert_int_equal(num_memory_chunks, 3);
	expect_chunk(0, 0, 0xa0, 0);
	expect_chunk(1, 0x100, 0x20000, 0);
	expect_chunk(2, 0x20000, 0x40000, 1);
	expect_counts(SRAT_MEMORY, 4, 3, 1);
	expect_counts(SRAT_CPU, 2, 2, 0);
	expect_counts(SRAT_X2APIC, 0, 0, 0);
	assert_int_equal(pxm_bitmap[0], 3);
	assert_int_equal(srat_node_count(), 2);
	assert_int_equal(pxm_to_node(1), 1);
	assert_int_equal(pxm_to_node(2), -1);
	assert_int_equal(node_to_pxm(1), 1);
	assert_int_equal(apicid_to_node(1), 1);
	assert_int_equal(apicid_to_node(7), -1);
	assert_int_equal(node_distance(0, 0), 10);
	assert_int_equal(node_distance(0, 1), 20);
}

/* Golden values, section 12: starts 0x20000, 0, 0x100 come out as 0, 0x100, 0x20000. */
static void test_insertion_sorts(void **state)
{
	(void)state;
	begin();
	srat_memory(&t, 1, PG(0x20000), PG(0x20000), 1);
	srat_memory(&t, 0, PG(0), PG(0xa0), 1);
	srat_memory(&t, 0, PG(0x100), PG(0x1ff00), 1);
	parse();
	assert_int_equal(num_memory_chunks, 3);
	expect_chunk(0, 0, 0xa0, 0);
	expect_chunk(1, 0x100, 0x20000, 0);
	expect_chunk(2, 0x20000, 0x40000, 1);
}

/*
 * The documented insertion shifts one element too many. Here the word behind the array stays, with all
 * but one and with all places taken, whether the new chunk belongs in front, in the middle or behind.
 */
static void test_capacity(void **state)
{
	static const u64 starts[] = { 0, 1000 * MAXCHUNKS / 2 + 1, 1000 * MAXCHUNKS + 1 };

	(void)state;
	assert_int_equal(MAXCHUNKS, 3 * MAX_NUMNODES);
	for (unsigned k = 0; k < ARRAY_SIZE(starts); k++) {
		u64 last = 0;

		srat_reset();
		for (int i = MAXCHUNKS - 1; i >= 1; i--)
			assert_true(srat_insert_chunk(1000 * (u64)i, 1000 * (u64)i + 10, 3, false));
		assert_int_equal(num_memory_chunks, MAXCHUNKS - 1);
		assert_true(srat_insert_chunk(starts[k], starts[k] + 10, 4, false));
		assert_int_equal(num_memory_chunks, MAXCHUNKS);
		for (int i = 0; i < MAXCHUNKS; i++) {
			assert_true(i == 0 || node_memory_chunk[i].start_pfn > last);
			last = node_memory_chunk[i].start_pfn;
		}
		host_log_clear();
		assert_false(srat_insert_chunk(5, 6, 4, false));
		assert_true(host_log_has("more than 24 chunks: 1 pages of domain 4 ignored"));
		assert_int_equal(num_memory_chunks, MAXCHUNKS);
	}
}

static void test_more_entries_than_chunks(void **state)
{
	(void)state;
	begin();
	for (u32 i = 0; i < 80; i++)
		srat_memory(&t, i % 2, PG(0x1000 * (79 - i)), PG(0x1000), i < 10 ? 0 : 1);
	parse();
	assert_null(srat.refused);
	assert_int_equal(num_memory_chunks, MAXCHUNKS);
	/* the first ten are disabled, 24 fit, the rest is ignored, also beyond NR_NODE_MEMBLKS */
	expect_counts(SRAT_MEMORY, 80, MAXCHUNKS, 80 - MAXCHUNKS);
}

static void test_truncated(void **state)
{
	(void)state;
	r6();
	for (u32 length = 0; length < t.length; length++) {
		struct table cut = t;
		bool whole = length == 48 || length == 64 ||
			     (length >= 80 && (length - 80) % 40 == 0);

		cut.length = length;
		srat_reset();
		host_log_clear();
		table_parse(&cut, srat_parse);
		if (whole)
			assert_null(srat.refused);
		else
			expect_refused(length < 48 ? "shorter than its head"
						   : "ends beyond the table");
	}
}

/* A wrong length also shifts all that follows, so that what is named is what was met first. */
static void test_sub_table_lengths(void **state)
{
	static const struct {
		u32 at; /* of a sub-table of R6's */
		u8 length;
	} cases[] = { { 48, 0 },  { 48, 1 },  { 48, 2 },   { 48, 255 }, { 80, 0 },
		      { 80, 39 }, { 80, 80 }, { 200, 41 }, { 200, 20 } };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		r6();
		t.bytes[cases[i].at + 1] = cases[i].length;
		srat_reset();
		host_log_clear();
		parse();
		expect_refused("a sub-table");
	}
}

static void test_ranges(void **state)
{
	(void)state;
	begin();
	srat_memory(&t, 0, 0x1000, 0, 1);		      /* empty */
	srat_memory(&t, 0, 0x1234, 0x100, 1);		      /* less than a page */
	srat_memory(&t, 0, 0xfffffffffffff000ull, 0x2000, 1); /* wraps */
	srat_memory(&t, 2, 0x1800, 0x1000, 1);		      /* both ends are rounded down */
	srat_memory(&t, 3, 0x8000000000000000ull, 0x100000000ull, 3); /* far away, removable */
	srat_memory(&t, 4, 0, 0x100000, 2);			      /* not enabled */
	parse();
	assert_null(srat.refused);
	assert_int_equal(num_memory_chunks, 2);
	expect_chunk(0, 1, 2, 2);
	expect_chunk(1, 0x8000000000000ull, 0x8000000100000ull, 3);
	assert_true(node_memory_chunk[1].hot_pluggable);
	expect_counts(SRAT_MEMORY, 6, 2, 4);
	assert_int_equal(pxm_to_node(0), -1);
	assert_int_equal(pxm_to_node(3), 1);
	assert_int_equal(pxm_to_node(4), -1);
	assert_true(host_log_has("0x2000 bytes at 0xfffffffffffff000"));
}

static void test_all_disabled(void **state)
{
	(void)state;
	begin();
	for (u32 i = 0; i < 4; i++)
		srat_memory(&t, i, PG(0x1000 * i), PG(0x1000), 0);
	parse();
	assert_null(srat.refused);
	assert_int_equal(num_memory_chunks, 0);
	assert_int_equal(srat_node_count(), 0);
	expect_counts(SRAT_MEMORY, 4, 0, 4);
}

/* Domains are numbered by value, of eight bits; those beyond eight nodes share the last one. */
static void test_many_domains(void **state)
{
	(void)state;
	begin();
	for (u32 i = 0; i < 11; i++)
		srat_memory(&t, 0x1f0 - 16 * i, PG(0x1000 * i), PG(0x1000), 1);
	parse();
	assert_int_equal(srat_node_count(), MAX_NUMNODES);
	assert_int_equal(pxm_to_node(0xf0 - 160), 0);
	assert_int_equal(pxm_to_node(0xf0 - 16), 7);
	assert_int_equal(pxm_to_node(0xf0), 7);
	assert_int_equal(node_to_pxm(0), 0xf0 - 160);
	assert_int_equal(pxm_to_node(0x1f0), -1);
}

static void test_processors(void **state)
{
	(void)state;
	begin();
	srat_memory(&t, 5, 0, PG(0x1000), 1);
	srat_cpu(&t, 5, 3, 1);
	srat_cpu(&t, 5, 4, 0);
	srat_x2apic(&t, 5, 0x1234, 1);
	srat_x2apic(&t, 9, 0x1235, 1);
	table_put(&t, 3, 1); /* a kind that is not known */
	table_put(&t, 4, 1);
	table_put(&t, 0, 2);
	for (u32 i = 0; i < 20; i++)
		srat_cpu(&t, 5, 100 + i, 1);
	parse();
	assert_null(srat.refused);
	expect_counts(SRAT_X2APIC, 2, 2, 0);
	expect_counts(SRAT_CPU, 22, SRAT_CPUS_MAX - 2, 22 - (SRAT_CPUS_MAX - 2));
	expect_counts(SRAT_OTHER, 1, 0, 1);
	assert_int_equal(apicid_to_node(3), 0);
	assert_int_equal(apicid_to_node(4), -1);
	assert_int_equal(apicid_to_node(0x1234), 0);
	assert_int_equal(apicid_to_node(0x1235), -1); /* its domain has no memory */
}

/* ---- SLIT ---- */

static void slit(struct table *s, u64 count, const u8 *distances, u32 bytes)
{
	memset(s, 0, sizeof(*s));
	s->length = 36;
	table_put(s, count, 8);
	memcpy(s->bytes + s->length, distances, bytes);
	s->length += bytes;
}

static void test_slit(void **state)
{
	static const u8 d[9] = { 10, 21, 40, 21, 10, 31, 40, 32, 10 };
	struct table s;

	(void)state;
	begin();
	srat_memory(&t, 0, 0, PG(0x1000), 1);
	srat_memory(&t, 2, PG(0x1000), PG(0x1000), 1); /* domain 1 has no memory */
	srat_memory(&t, 9, PG(0x2000), PG(0x1000), 1); /* domain 9 is not in the SLIT */
	parse();
	slit(&s, 3, d, 9);
	table_parse(&s, slit_parse);
	assert_null(slit_refused);
	assert_int_equal(node_distance(0, 1), 40);
	assert_int_equal(node_distance(1, 1), 10);
	assert_int_equal(node_distance(0, 2), 20);
	assert_int_equal(node_distance(2, 2), 10);
}

static void test_slit_refused(void **state)
{
	static const u8 good[4] = { 10, 20, 20, 10 }, own[4] = { 10, 20, 20, 11 },
			near[4] = { 10, 10, 20, 10 };
	static const struct {
		u64 count;
		const u8 *d;
		u32 bytes;
	} cases[] = {
		{ 2, own, 4 },	  { 2, near, 4 },	   { 2, good, 3 },
		{ 257, good, 4 }, { 1ull << 32, good, 4 }, { ~0ull, good, 4 },
	};
	struct table s;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		r6();
		slit(&s, cases[i].count, cases[i].d, cases[i].bytes);
		table_parse(&s, slit_parse);
		assert_non_null(slit_refused);
		assert_int_equal(node_distance(0, 1), 20);
	}
	for (u32 length = 0; length < 44; length++) {
		slit(&s, 2, good, 4);
		s.length = length;
		slit_refused = NULL;
		table_parse(&s, slit_parse);
		assert_non_null(slit_refused);
	}
}

/* Any bytes at all: nothing outside the table is read, no number leaves its bounds. */
static void test_random(void **state)
{
	u32 seed = host_seed(4711);

	(void)state;
	srand(seed);
	for (int round = 0; round < 20000; round++) {
		r6();
		for (int n = rand() % 8; n >= 0; n--)
			t.bytes[48 + (u32)rand() % (t.length - 48)] = (u8)rand();
		t.length = (u32)rand() % 3 ? t.length : (u32)rand() % (t.length + 1);
		srat_reset();
		parse();
		assert_in_range(num_memory_chunks, 0, MAXCHUNKS);
		assert_in_range(srat_node_count(), 0, MAX_NUMNODES);
		for (int i = 0; i < num_memory_chunks; i++) {
			assert_true(node_memory_chunk[i].start_pfn < node_memory_chunk[i].end_pfn);
			assert_true(!i || node_memory_chunk[i - 1].start_pfn <=
						  node_memory_chunk[i].start_pfn);
			assert_in_range(pxm_to_node(node_memory_chunk[i].pxm), 0, MAX_NUMNODES - 1);
		}
		table_parse(&t, slit_parse);
	}
}

static void test_option(void **state)
{
	(void)state;
	assert_int_equal(parse_numa("off"), 0);
	assert_true(numa_off && !numa_noremap);
	assert_int_equal(parse_numa("noremap"), 0);
	assert_true(!numa_off && numa_noremap);
	assert_true(parse_numa("fake=4") < 0);
	assert_true(parse_numa("") < 0);
}

HOST_MAIN(cmocka_unit_test(test_r6), cmocka_unit_test(test_insertion_sorts),
	  cmocka_unit_test(test_capacity), cmocka_unit_test(test_more_entries_than_chunks),
	  cmocka_unit_test(test_truncated), cmocka_unit_test(test_sub_table_lengths),
	  cmocka_unit_test(test_ranges), cmocka_unit_test(test_all_disabled),
	  cmocka_unit_test(test_many_domains), cmocka_unit_test(test_processors),
	  cmocka_unit_test(test_slit), cmocka_unit_test(test_slit_refused),
	  cmocka_unit_test(test_random), cmocka_unit_test(test_option))
