/*
 * The early memory test (W-46): patterns, bad words at every kind of edge, and what is left behind.
 */
#include "support/host.h"

/* The option holds eight words: so many runs have to be too many. */
#define MEMTEST_RUNS_MAX 7
#include "kernel/lib/errno.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/early_res.h"
#include "mm/memstat.h"
#include "mm/memtest.c"
#include "support/boot_zones.h"

#define END 0x400000ul /* of the range that is tested */

/*
 *	0x1000        0x9f000   0x100000       0x180000   0x200000            0x400000
 *	[ RAM          )        [ reserved "A" )[ RAM      )[ reserved "B" )[ RAM )
 */
static void machine(void)
{
	host_ram_setup(SZ_4M);
	max_pfn = max_low_pfn = max_pfn_mapped = PFN_DOWN(SZ_4M);
	e820_add_region(0x1000, 0x9e000, E820_RAM);
	e820_add_region(0x100000, 0x300000, E820_RAM);
	reserve_early(0x100000, 0x180000, "A");
	reserve_early(0x200000, 0x200004, "B"); /* half a word: that word is not tested */
}

/* What is free of the machine, in bytes. */
#define FREE_BYTES (0x9e000 + 0x80000 + 0x200000 - 8)

static struct memstat_memtest test(const char *passes, const char *stuck)
{
	struct memstat_memtest out;

	assert_int_equal(parse_memtest(passes), 0);
	if (stuck)
		assert_int_equal(parse_memtest_stuck(stuck), 0);
	early_memtest(0, END);
	memstat_memtest(&out);
	return out;
}

/* The i-th reservation named "BAD RAM". */
static void expect_bad(int i, u64 start, u64 end)
{
	for (int k = 0; k < early_res_count; k++) {
		if (strcmp(early_res[k].name, "BAD RAM") || i--)
			continue;
		assert_true(early_res[k].start == start);
		assert_true(early_res[k].end == end);
		assert_int_equal(early_res[k].owner, OWNER_BAD_RAM);
		assert_false(early_res[k].overlap_ok);
		return;
	}
	fail_msg("no such reservation");
}

static int bad_count(void)
{
	int n = 0;

	for (int k = 0; k < early_res_count; k++)
		n += !strcmp(early_res[k].name, "BAD RAM");
	return n;
}

static void test_patterns(void **state)
{
	static const char digits[] = "0f5a1248369c7bde";

	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		char text[17];

		memset(text, digits[i], 16);
		text[16] = '\0';
		assert_true(memtest_pattern(i) == strtoull(text, NULL, 16));
	}
	assert_memory_equal(&(u64){ memtest_pattern(16) }, "memscope", 8);
	assert_true(memtest_pattern(17) == 0);
	assert_true(memtest_pattern(18) == ~0ull);
}

static void test_options(void **state)
{
	static const char *const wrong[] = { "x", "-1", "100", "3x", " " };
	static const char *const wrong_stuck[] = {
		"", "0x1000", ":3", "0x1000:", "0x1000:64", "0x1000:x", "0x1000:3,", "0x1000:3;"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_not_equal(parse_memtest(wrong[i]), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wrong_stuck); i++)
		assert_int_not_equal(parse_memtest_stuck(wrong_stuck[i]), 0);
	assert_int_equal(parse_memtest("99"), 0);
}

static void test_off(void **state)
{
	struct memstat_memtest out;

	(void)state;
	machine();
	out = test("0", "0x2000:1");
	assert_int_equal(out.passes, 0);
	assert_int_equal(bad_count(), 0);
	assert_int_equal(*(u8 *)__va(0x2000), HOST_RAM_DIRT);
}

/* Nothing bad: 17 passes and one that wipes; reservations and what is no RAM are not touched. */
static void test_all_patterns(void **state)
{
	struct memstat_memtest out;

	(void)state;
	machine();
	out = test("", NULL);
	assert_int_equal(out.passes_asked, 17);
	assert_int_equal(out.passes, 18);
	assert_true(out.bytes == FREE_BYTES);
	assert_int_equal(out.bad_words, 0);
	assert_int_equal(bad_count(), 0);
	for (u64 at = 0; at < END; at++) {
		bool ram = (at >= 0x1000 && at < 0x9f000) || at >= 0x180000;
		bool reserved = at >= 0x200000 && at < 0x200008;

		if (*(u8 *)__va(at) != (ram && !reserved ? 0 : HOST_RAM_DIRT))
			fail_msg("byte at %#llx is %#x", at, *(u8 *)__va(at));
	}
}

/* One pass has the pattern 0 and needs no wiping; two leave ones and do. */
static void test_wipe(void **state)
{
	(void)state;
	machine();
	assert_int_equal(test("1", NULL).passes, 1);
	assert_int_equal(test("2", NULL).passes, 4); /* 1 + 2 + the wipe */
	assert_int_equal(*(u8 *)__va(0x3fffff), 0);
}

/*
 *   [1000 bad ...         ... bad 9f000)      [180000 bad ... bad 200000)   [200008 ... bad 400000)
 */
static void test_edges(void **state)
{
	struct memstat_memtest out;

	(void)state;
	machine();
	out = test("1", "0x1000:0,0x9eff8:63,0x180003:31,0x1ffff8:32,0x200008:1,0x3fffff:2");
	assert_int_equal(out.bad_words, 6);
	assert_int_equal(out.bad_runs, 6);
	assert_int_equal(bad_count(), 6);
	expect_bad(0, 0x1000, 0x1008);
	expect_bad(1, 0x9eff8, 0x9f000);
	expect_bad(2, 0x180000, 0x180008);
	expect_bad(3, 0x1ffff8, 0x200000);
	expect_bad(4, 0x200008, 0x200010);
	expect_bad(5, 0x3ffff8, 0x400000);
	assert_true(host_log_has("read as 1: no real fault"));
	/* nobody is given them: the first free place for a page is behind the first one */
	assert_true(find_e820_area(0, END, 0x10, 0x10) == 0x1010);
}

/* Not RAM, or reserved: a fault there is nobody's. Half reserved: that word is not looked at. */
static void test_outside(void **state)
{
	(void)state;
	machine();
	assert_int_equal(test("1", "0xff8:0,0x9f000:0,0x100000:5,0x200000:40,0x400000:1").bad_words,
			 0);
}

/* Neighbours are one run, found in one pass or in two: bits stuck at 1 show with 0 only, so the words
 * of the second pass are found because the first one's option is not yet there. */
static void test_merge(void **state)
{
	struct memstat_memtest out;

	(void)state;
	machine();
	out = test("3", "0x300008:1,0x300010:1,0x300018:63");
	assert_int_equal(out.bad_words, 3);
	assert_int_equal(out.bad_runs, 1);
	expect_bad(0, 0x300008, 0x300020);
	/* on both sides of it, and the gap between two runs closes */
	out = test("1", "0x300000:2,0x300020:2,0x300030:2");
	assert_int_equal(bad_count(), 2);
	expect_bad(0, 0x300000, 0x300028);
	expect_bad(1, 0x300030, 0x300038);
	out = test("1", "0x300028:9");
	assert_int_equal(out.bad_words, 7);
	assert_int_equal(out.bad_runs, 1);
	assert_int_equal(bad_count(), 1);
	expect_bad(0, 0x300000, 0x300038);
}

/*
 * The list doubles while bad words are being reserved, into memory that holds the pattern: its new
 * place is not taken for bad, and the old one, which is free again, is tested like the rest.
 */
static void test_list_moves(void **state)
{
	struct memstat_memtest out;

	(void)state;
	machine();
	for (int i = 0; early_res_count < 26; i++)
		reserve_early(0x2000 + 0x100 * i, 0x2008 + 0x100 * i, "X");
	out = test("5", "0x280000:1,0x290000:1,0x2a0000:1,0x2b0000:1,0x2c0000:1,0x2d0000:1");
	assert_true(early_res_doubled());
	assert_int_equal(out.bad_words, 6);
	assert_int_equal(bad_count(), 6);
	for (int i = 0; i < 6; i++)
		expect_bad(i, 0x280000 + 0x10000 * i, 0x280008 + 0x10000 * i);
}

/* Too many runs: the test ends with a line, and what it found stays reserved. */
static void test_gives_up(void **state)
{
	struct memstat_memtest out;

	(void)state;
	machine();
	out = test("17", "0x300000:1,0x300100:1,0x300200:1,0x300300:1,0x300400:1,0x300500:1,"
			 "0x300600:1,0x300700:1");
	assert_true(out.gave_up);
	assert_int_equal(out.bad_runs, 7);
	assert_int_equal(bad_count(), 7);
	assert_int_equal(out.passes, 1);
	assert_true(host_log_has("7 bad runs: the test ends here"));
	assert_int_equal(parse_memtest_stuck("0x1000:1"), -EINVAL); /* no more than eight */
}

/* Found before the page allocator exists, the frames stay out of it for good. */
static void test_stays_out(void **state)
{
	u32 count;

	(void)state;
	host_boot_to_zones((struct e820entry[]){ { 0, 0x9fc00, E820_RAM },
						 { 0x100000, 31 << 20, E820_RAM } },
			   2);
	assert_int_equal(parse_memtest_stuck("0x500ff8:1,0x501000:1,0x1800000:7"), 0);
	assert_int_equal(parse_memtest("1"), 0);
	early_memtest(0, 32 << 20);
	host_boot_release();
	host_boot_finish();
	assert_int_equal(owner_pages[OWNER_BAD_RAM], 3); /* the first run lies in two frames */
	assert_int_equal(page_owner(pfn_to_page(0x500)), OWNER_BAD_RAM);
	assert_int_equal(page_owner(pfn_to_page(0x501)), OWNER_BAD_RAM);
	assert_int_equal(page_owner(pfn_to_page(0x1800)), OWNER_BAD_RAM);
	assert_null(host_first_disagreement(&count));
	system_state = PHASE_BUDDY;
	for (;;) { /* all there is: none of them is among it */
		struct page *page = alloc_pages(GFP_ATOMIC, 0, OWNER_TEST);
		unsigned long pfn = page ? page_to_pfn(page) : 0;

		if (!page)
			break;
		assert_true(pfn != 0x500 && pfn != 0x501 && pfn != 0x1800);
	}
}

HOST_MAIN(cmocka_unit_test(test_patterns), cmocka_unit_test(test_options),
	  cmocka_unit_test(test_off), cmocka_unit_test(test_all_patterns),
	  cmocka_unit_test(test_wipe), cmocka_unit_test(test_edges), cmocka_unit_test(test_outside),
	  cmocka_unit_test(test_merge), cmocka_unit_test(test_list_moves),
	  cmocka_unit_test(test_gives_up), cmocka_unit_test(test_stays_out))
