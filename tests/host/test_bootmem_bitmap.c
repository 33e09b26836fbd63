/*
 * The bitmap boot allocator (N-09, N-10; W-59, W-62, W-91, W-102): runs, shared pages, the hand-over,
 * and the 2.6 generation on it.
 */
#include "support/host.h"

#include "kernel/lib/bitops.h"
#include "mm/bootmem_bitmap.h"
#include "mm/buddy_bitmap.h"
#include "mm/direct_map.h"
#include "mm/e820_setup.h"
#include "mm/early_res.h"
#include "mm/gen24.h"
#include "mm/page_alloc_internal.h"
#include "support/boot_zones.h"

#define NONE ~0ull
#define PG(n) ((u64)(n) << PAGE_SHIFT)

static struct bootmem_data node;

/* A node of frames [0, end) whose map lies at frame 1. */
static void set_up(unsigned long end)
{
	host_ram_setup(end << PAGE_SHIFT);
	init_bootmem_core(&node, 1, 0, end);
}

static bool used(unsigned long pfn)
{
	return test_bit(pfn, node.node_bootmem_map);
}

static u64 get(unsigned long size, unsigned long align, u64 goal)
{
	return alloc_bootmem_core(&node, size, align, goal, NONE);
}

/* ---- Marks ---- */

static void test_map_size(void **state)
{
	(void)state;
	assert_int_equal(bootmem_map_bytes(0x38000), 0x7000);
	assert_int_equal(bootmem_map_pages(0x38000), 7); /* golden-values §5.4 */
	assert_int_equal(bootmem_map_pages(0xFE0), 1);
	assert_int_equal(bootmem_map_bytes(33), 8);
	assert_int_equal(bootmem_map_pages(32769), 2);
}

/* RAM is rounded inwards, what is reserved outwards; both are clipped to the node. */
static void test_marks(void **state)
{
	(void)state;
	set_up(64);
	for (unsigned long pfn = 0; pfn < 64; pfn++)
		assert_true(used(pfn));
	free_bootmem_core(&node, PG(4) + 1, PG(10));
	assert_true(used(4) && !used(5) && !used(13) && used(14));
	free_bootmem_core(&node, PG(60), PG(100));
	assert_true(!used(63));
	reserve_bootmem_core(&node, PG(7) + 4095, 2);
	assert_true(!used(6) && used(7) && used(8) && !used(9));
	reserve_bootmem_core(&node, PG(63) + 5, PG(1000));
	assert_true(!used(62) && used(63));
	free_bootmem_core(&node, PG(20) + 1, PAGE_SIZE + 10); /* no whole page in it */
	assert_true(used(20) && used(21));
}

/* ---- N-10: allocation ---- */

static void test_shares_pages(void **state)
{
	(void)state;
	set_up(64);
	free_bootmem_core(&node, PG(4), PG(60));
	assert_true(get(100, 32, 0) == PG(4));
	assert_int_equal(node.last_pos, 4);
	assert_int_equal(node.last_offset, 100);
	assert_true(get(10, 128, 0) == PG(4) + 128); /* at the next multiple of align */
	assert_int_equal(node.last_offset, 138);
	assert_true(!used(5));
	assert_true(get(PAGE_SIZE, 32, 0) == PG(4) + 160); /* over the edge into page 5 */
	assert_int_equal(node.last_pos, 5);
	assert_int_equal(node.last_offset, 160);
	assert_true(used(5) && !used(6));
	assert_true(get(PAGE_SIZE - 160, 32, 0) == PG(5) + 160); /* to the very end */
	assert_int_equal(node.last_pos, 5);
	assert_int_equal(node.last_offset, 0);
	assert_true(get(8, 8, 0) == PG(6));	    /* nothing left to share */
	assert_true(get(8, PAGE_SIZE, 0) == PG(7)); /* an align of a page never shares */
	assert_true(get(8, 2 * PAGE_SIZE, 0) == PG(8));
	assert_true(get(8, 8 * PAGE_SIZE, 0) == PG(16));
	assert_true(get(8, 8, 0) == PG(9)); /* page 16 ends the last one; the run is elsewhere */
	assert_int_equal(node.last_pos, 9);
}

static void test_goal_and_limit(void **state)
{
	(void)state;
	set_up(64);
	free_bootmem_core(&node, PG(4), PG(60));
	assert_true(get(100, 8, PG(32)) == PG(32));
	assert_true(get(100, 8, PG(33)) == PG(33)); /* page 32 lies below the goal: not shared */
	assert_true(get(100, 8, PG(34) + 1) == PG(35));
	assert_true(get(1, 8, PG(64)) == NONE);
	assert_true(get(1, 8, PG(1000)) == NONE);
	assert_true(alloc_bootmem_core(&node, PG(4), 8, 0, PG(8)) == PG(4));
	assert_true(alloc_bootmem_core(&node, 1, PAGE_SIZE, 0, PG(8)) == NONE);
	assert_true(alloc_bootmem_core(&node, 1, PAGE_SIZE, 0, 0) == NONE);
	assert_true(get(PG(29), PAGE_SIZE, 0) == NONE); /* [8, 32) and [36, 64) */
	assert_true(get(PG(28), PAGE_SIZE, 0) == PG(36));
	assert_true(get(PG(24), PAGE_SIZE, 0) == PG(8));
	assert_true(get(1, PAGE_SIZE, 0) == PG(34)); /* the one page that is left */
	assert_true(get(1, PAGE_SIZE, 0) == NONE);
	EXPECT_PANIC("size", get(0, 8, 0));
	EXPECT_PANIC("align", get(8, 24, 0));
}

/* A node that does not begin at frame 0: alignment counts in frames, not in bits. */
static void test_node_start(void **state)
{
	(void)state;
	host_ram_setup(PG(64));
	init_bootmem_core(&node, 1, 19, 64);
	free_bootmem_core(&node, PG(19), PG(45));
	assert_true(get(8, 8 * PAGE_SIZE, 0) == PG(24));
	assert_true(get(8, 8, 0) == PG(19));
	assert_true(get(8, 8, PG(30)) == PG(30));
	assert_true(get(PG(33), PAGE_SIZE, 0) == PG(31));
}

/* ---- M1-boot: golden-values §3, §4, §5.4 ---- */

static void test_m1_boot(void **state)
{
	static const unsigned long sizes[] = { 0x1000, 0x37000, 0x7FFE };
	static const u32 want[3][9] = {
		{ 0x2100000, 0x2100100, 0x2100180, 0x2100200, 0x2100280, 0x2100300, 0x2100380,
		  0x2100400, 0x2100480 },
		{ 0x2100500, 0x2103C00, 0x2105780, 0x2106580, 0x2106C80, 0x2107000, 0x2107200,
		  0x2107300, 0x2107380 },
		{ 0x2107400, 0x2107C00, 0x2108000, 0x2108200, 0x2108300, 0x2108380, 0x2108400,
		  0x2108480, 0x2108500 },
	};

	(void)state;
	host_ram_setup(PG(0x388));
	assert_int_equal(init_bootmem_core(&node, 0x381, 0, 0x38000), 0x7000);
	free_bootmem_core(&node, 0, 0x9fc00);
	free_bootmem_core(&node, 0x100000, PG(0x38000) - 0x100000);
	reserve_bootmem_core(&node, 0, PG(7));
	reserve_bootmem_core(&node, 0x100000, PG(0x288)); /* image and bitmap */
	assert_true(get(0x10FFFBC, 128, BOOTMEM_GOAL) == 0x1000000);
	assert_true(gen24_map_start(0x1000000, 68) == 0x1000010);
	for (unsigned zone = 0; zone < 3; zone++)
		for (unsigned order = 0; order < 9; order++)
			assert_int_equal(get(pair_map_bytes(sizes[zone], order), 128, BOOTMEM_GOAL),
					 want[zone][order]);
	assert_int_equal(node.last_pos, 0x2108);
	assert_int_equal(node.last_offset, 0x508);
	get(7200, 128, BOOTMEM_GOAL);
	assert_int_equal(node.last_pos, 0x210A);
	assert_int_equal(node.last_offset, 0x1A0);
}

/* ---- N-09, W-102: what is released ---- */

static unsigned long singles, blocks;
static u8 seen[256];

static void count_release(unsigned long pfn, unsigned order)
{
	assert_true(order == 0 || order == 5);
	assert_int_equal(pfn % (1ul << order), 0);
	if (order)
		blocks++;
	else
		singles++;
	for (unsigned long i = pfn; i < pfn + (1ul << order); i++) {
		assert_false(seen[i]);
		seen[i] = 1;
	}
}

static void free_all(bool in_blocks, unsigned long want_singles, unsigned long want_blocks)
{
	singles = blocks = 0;
	memset(seen, 0, sizeof(seen));
	set_up(200);
	free_bootmem_core(&node, PG(10), PG(190));
	reserve_bootmem_core(&node, PG(100), PG(1));
	assert_int_equal(free_all_bootmem_core(&node, in_blocks, count_release), 189 + 1);
	assert_int_equal(singles, want_singles);
	assert_int_equal(blocks, want_blocks);
	assert_null(node.node_bootmem_map);
	for (unsigned long pfn = 0; pfn < 200; pfn++)
		assert_int_equal(seen[pfn], (pfn >= 10 && pfn != 100) || pfn == 1);
}

static void test_free_all(void **state)
{
	(void)state;
	free_all(false, 190, 0);
	/* [32, 96) and [128, 192) are whole words; the last word is [192, 200) */
	free_all(true, 190 - 4 * 32, 4);
}

/* The last word is released page by page even if it is whole and free. */
static void test_last_word(void **state)
{
	(void)state;
	singles = blocks = 0;
	memset(seen, 0, sizeof(seen));
	set_up(128);
	free_bootmem_core(&node, PG(64), PG(64));
	assert_int_equal(free_all_bootmem_core(&node, true, count_release), 65);
	assert_int_equal(blocks, 1);
	assert_int_equal(singles, 33);
}

/* ---- A long run against a model: bytes that are taken, pages that are free ---- */

static u32 random_state;

static u32 random_below(u32 n)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % n;
}

#define RUN_PAGES 160
static u8 bytes[RUN_PAGES << PAGE_SHIFT]; /* 1: taken, or not RAM */

static void random_run(u32 seed)
{
	random_state = seed;
	memset(bytes, 1, sizeof(bytes));
	set_up(RUN_PAGES);
	for (int i = 0; i < 6; i++) {
		u32 start = random_below(RUN_PAGES), pages = random_below(RUN_PAGES - start) + 1;

		free_bootmem_core(&node, PG(start), PG(pages));
		memset(bytes + PG(start), 0, PG(pages));
	}
	for (int step = 0; step < 400; step++) {
		unsigned long size = 1 + random_below(random_below(8) ? 700 : 20000);
		unsigned long align = 1ul << random_below(15);
		u64 goal = PG(random_below(3) ? 0 : random_below(RUN_PAGES));
		u64 limit = random_below(3) ? NONE : PG(random_below(RUN_PAGES + 1));
		u64 addr = alloc_bootmem_core(&node, size, align, goal, limit);

		if (addr == NONE)
			continue;
		assert_true(addr % align == 0 && addr >= goal && addr + size <= limit);
		assert_true(addr + size <= sizeof(bytes));
		assert_null(memchr(bytes + addr, 1, size));
		memset(bytes + addr, 1, size);
		/* a page of which a byte is taken is used, and last_pos says where it ends */
		for (u64 a = round_down(addr, (u64)PAGE_SIZE); a < addr + size; a += PAGE_SIZE)
			assert_true(used((unsigned long)(a >> PAGE_SHIFT)));
		assert_int_equal(node.last_pos, (addr + size - 1) >> PAGE_SHIFT);
		assert_int_equal(node.last_offset, (addr + size) & ~PAGE_MASK);
	}
	/* nothing was given up: pages without a taken byte are still free */
	for (unsigned long pfn = 0; pfn < RUN_PAGES; pfn++)
		assert_int_equal(used(pfn), memchr(bytes + PG(pfn), 1, PAGE_SIZE) != NULL);
}

static void test_random(void **state)
{
	(void)state;
	for (u32 seed = 1; seed <= 40; seed++) {
		print_message("bootmem_bitmap: seed %u\n", seed);
		random_run(seed);
	}
}

/* ---- The boot allocator ---- */

static struct e820entry map_32m[] = { { 0, 0x9fc00, E820_RAM }, { 0x100000, 0x1f00000, E820_RAM } };

static void test_boot_26(void **state)
{
	unsigned long free;

	(void)state;
	host_boot_option("bootmem", "bitmap");
	reserve_early(0x300000, 0x300800, "RAMDISK");
	reserve_early(0x300800, 0x301001, "BAD RAM");
	host_boot_map(map_32m, 2);
	host_boot_finish();
	host_check_pages();
	assert_string_equal(boot_allocator->name, "bitmap");
	assert_int_equal(page_owner(pfn_to_page(0x300)), OWNER_MODULE);
	assert_int_equal(page_owner(pfn_to_page(0x301)), OWNER_BAD_RAM);
	assert_int_equal(owner_pages[OWNER_KERNEL], 256);
	assert_int_equal(owner_pages[OWNER_MEM_MAP], 8192 * 32 / 4096);
	assert_null(boot_bdata->node_bootmem_map);
	assert_null(early_res);
	/* all RAM but what has an owner, the bitmap's own page among it */
	free = 158 + 0x1f00 - 256 - 2 - 64 - owner_pages[OWNER_BOOT_ALLOC];
	assert_int_equal(totalram_pages, free);
	assert_false(PageFlag(pfn_to_page(1), PG_reserved)); /* where the map was */
}

/* Both allocators leave the same pages: the bitmap's difference is none. */
static void test_same_as_early_res(void **state)
{
	unsigned long boot_pages;

	(void)state;
	host_boot_map(map_32m, 2);
	host_check_pages();
	assert_string_equal(boot_allocator->name, "early_res");
	boot_pages = owner_pages[OWNER_BOOT_ALLOC];
	assert_int_equal(totalram_pages, 158 + 0x1f00 - 256 - 64 - boot_pages);
	assert_int_equal(boot_pages, 1);
}

static void test_boot_26_claims(void **state)
{
	(void)state;
	host_boot_option("bootmem", "bitmap");
	host_boot_map(map_32m, 2);
	assert_int_equal(owner_pages[OWNER_BOOT_ALLOC], 1); /* as in the test before this one */
}

/* The list of reservations had been doubled: its own memory becomes free. */
static void test_doubled_list(void **state)
{
	(void)state;
	host_boot_option("bootmem", "bitmap");
	for (int i = 0; i < 27; i++)
		reserve_early(0x400000 + 0x2000 * i, 0x401000 + 0x2000 * i, "BAD RAM");
	host_boot_map(map_32m, 2);
	host_check_pages();
	assert_int_equal(owner_pages[OWNER_BAD_RAM], 27);
	assert_int_equal(totalram_pages,
			 158 + 0x1f00 - 256 - 64 - 27 - owner_pages[OWNER_BOOT_ALLOC]);
}

static void test_alloc_core(void **state)
{
	u8 *p;

	(void)state;
	host_boot_option("bootmem", "bitmap");
	host_boot_to_zones(map_32m, 2);
	/* the goal cannot be met: anywhere; and without a goal nothing is left to try */
	p = ___alloc_bootmem_nopanic(PG(20), PAGE_SIZE, PG(0x1fff), NONE, OWNER_BOOT_ALLOC);
	assert_non_null(p);
	assert_int_equal(p[0] | p[PG(20) - 1], 0);
	assert_null(___alloc_bootmem_nopanic(PG(0x1f00), PAGE_SIZE, 0, NONE, OWNER_BOOT_ALLOC));
	EXPECT_PANIC("no 33554432 bytes of low memory left",
		     alloc_bootmem_pages(32 << 20, OWNER_BOOT_ALLOC));
}

static void test_too_many_owners(void **state)
{
	(void)state;
	host_boot_option("bootmem", "bitmap");
	host_boot_to_zones(map_32m, 2);
	EXPECT_PANIC("bootmem: no record left for pages",
		     for (int i = 0; i < 300; i++)
			     alloc_bootmem_pages(1, i & 1 ? OWNER_TEST : OWNER_BOOT_ALLOC));
}

static void test_options(void **state)
{
	(void)state;
	assert_int_equal(parse_bootmem("bitmap"), 0);
	assert_int_equal(parse_bootmem("early_res"), 0);
	assert_true(parse_bootmem("bitmaps") < 0);
	assert_true(parse_bootmem("") < 0);
	host_boot_option("mm", "2.4");
	host_boot_option("bootmem", "early_res");
	host_boot_to_zones(map_32m, 2);
	assert_string_equal(boot_allocator->name, "bitmap");
	assert_int_equal(host_log_count("bootmem=early_res has no effect"), 1);
}

HOST_MAIN(cmocka_unit_test(test_map_size), cmocka_unit_test(test_marks),
	  cmocka_unit_test(test_shares_pages), cmocka_unit_test(test_goal_and_limit),
	  cmocka_unit_test(test_node_start), cmocka_unit_test(test_m1_boot),
	  cmocka_unit_test(test_free_all), cmocka_unit_test(test_last_word),
	  cmocka_unit_test(test_random), cmocka_unit_test(test_boot_26),
	  cmocka_unit_test(test_same_as_early_res), cmocka_unit_test(test_boot_26_claims),
	  cmocka_unit_test(test_doubled_list), cmocka_unit_test(test_alloc_core),
	  cmocka_unit_test(test_too_many_owners), cmocka_unit_test(test_options))
