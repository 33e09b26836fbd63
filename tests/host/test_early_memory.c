/*
 * What takes memory before there is an allocator: the watch on low memory (W-30), the crash kernel's
 * place (W-49), the record of early allocations (W-91), the free pieces of the map, and the map that is
 * made from sizes alone (W-10).
 */
#include "support/host.h"

#include "kernel/boot/boot_info.h"
#include "kernel/job.h"
#include "kernel/lib/errno.h"
#include "mm/bios_corruption.h"
#include "mm/bootmem.h"
#include "mm/crashkernel.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_node_map.h"
#include "mm/early_res.h"
#include "mm/memstat.h"
#include "mm/resource.h"
#include "support/boot_zones.h"

/* The main loop: the one poller that is registered, run by hand. */
static struct poller *poller;

void poller_register(struct poller *p)
{
	assert_null(poller);
	poller = p;
}

/*
 *	0x1000     0x9fc00     1 MiB                   32 MiB
 *	[ RAM      )           [ RAM, image at 1 MiB    )
 */
static void machine(void)
{
	static struct e820entry map[] = { { 0x1000, 0x9ec00, E820_RAM },
					  { 0x100000, 31 << 20, E820_RAM } };

	host_ram_setup(32 << 20);
	for (size_t i = 0; i < ARRAY_SIZE(map); i++)
		e820_add_region(map[i].addr, map[i].size, map[i].type);
	e820_saved = e820;
	e820_record_step("test", E820_BY_LOADER);
	max_pfn = max_low_pfn = max_pfn_mapped = max_low_pfn_mapped = PFN_DOWN(32 << 20);
	reserve_early(HOST_IMAGE_START, HOST_IMAGE_END, "TEXT DATA BSS");
}

/* ---- find_e820_area_size ---- */

static void expect_piece(u64 from, u64 limit, u64 start, u64 end)
{
	u64 piece = from, piece_end;

	assert_true(find_e820_area_size(&piece, limit, &piece_end));
	assert_true(piece == start);
	assert_true(piece_end == end);
}

static void test_pieces(void **state)
{
	u64 start = 0x2000000, end;

	(void)state;
	machine();
	reserve_early(0x5000, 0x6000, "MIDDLE");
	reserve_early(0x6000, 0x6800, "BEHIND");
	reserve_early(0x4800, 0x5000, "BEFORE"); /* later in the list, earlier in memory */
	expect_piece(0, ~0ull, 0x1000, 0x4800);
	expect_piece(0x4800, ~0ull, 0x6800, 0x9fc00);
	expect_piece(0x5800, 0x7000, 0x6800, 0x7000);
	expect_piece(0x9fc00, ~0ull, 0x200000, 32 << 20);
	assert_false(find_e820_area_size(&start, ~0ull, &end));
	start = 0x4800;
	assert_false(find_e820_area_size(&start, 0x6800, &end)); /* all of it is taken */
	/* an unsorted map: the lowest piece comes first all the same */
	e820_add_region(0x800, 0x400, E820_RAM);
	expect_piece(0, ~0ull, 0x800, 0xc00);
}

/* ---- W-30 ---- */

static void watch(const char *size, const char *period)
{
	assert_int_equal(parse_corruption_check("1"), 0);
	if (size)
		assert_int_equal(parse_corruption_check_size(size), 0);
	assert_int_equal(parse_corruption_check_period(period), 0);
	setup_bios_corruption_check();
	start_periodic_check_for_corruption();
}

static struct memstat_corruption now(void)
{
	struct memstat_corruption out;

	memstat_corruption(&out);
	return out;
}

/* One whole round; returns what the poller asks for at the end of it. */
static u32 round_of_looks(void)
{
	u32 wait, rounds = now().rounds;

	host_cycles += 100000000; /* 100 s */
	do {
		wait = poller->poll(poller);
	} while (now().rounds == rounds);
	return wait;
}

static void test_watch_options(void **state)
{
	static const char *const wrong[] = { "", "2", "on", "-1", "1x" };
	static const char *const wrong_sizes[] = { "", "0", "x", "641K", "64K64" };
	static const char *const wrong_periods[] = { "", "x", "86401", "5s" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(parse_corruption_check(wrong[i]), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(wrong_sizes); i++)
		assert_int_equal(parse_corruption_check_size(wrong_sizes[i]), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(wrong_periods); i++)
		assert_int_equal(parse_corruption_check_period(wrong_periods[i]), -EINVAL);
	assert_int_equal(parse_corruption_check_size("640K"), 0);
}

static void test_watch_off(void **state)
{
	(void)state;
	machine();
	setup_bios_corruption_check();
	start_periodic_check_for_corruption();
	assert_null(poller);
	assert_int_equal(now().area_count, 0);
	assert_true(e820_all_mapped(0x1000, 0x9f000, E820_RAM));
	assert_int_equal(*(u8 *)__va(0x2000), HOST_RAM_DIRT);
}

/*
 *	0x1000  0x2000        0x4100 0x4200         0x8000 0x9000      0x10000
 *	[ area )[ taken )[area)  [taken)   [ area    )[ taken )[ area   )
 */
static void test_watch_areas(void **state)
{
	static const struct memstat_range areas[] = {
		{ 0x1000, 0x2000 }, { 0x3000, 0x4000 }, { 0x5000, 0x8000 }, { 0x9000, 0x10000 }
	};
	struct memstat_corruption c;

	(void)state;
	machine();
	reserve_early(0x2000, 0x3000, "ONE");
	reserve_early(0x4100, 0x4200, "TWO"); /* no whole page is left beside it */
	reserve_early(0x8000, 0x9000, "THREE");
	watch(NULL, "60");
	c = now();
	assert_int_equal(c.area_count, ARRAY_SIZE(areas));
	assert_memory_equal(c.areas, areas, sizeof(areas));
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
		assert_true(e820_all_mapped(areas[i].start, areas[i].end, E820_RESERVED));
		for (u64 at = areas[i].start; at < areas[i].end; at += 4)
			assert_int_equal(*(u32 *)__va(at), 0);
	}
	assert_int_equal(*(u8 *)__va(0x2000), HOST_RAM_DIRT);
	assert_int_equal(*(u8 *)__va(0x4000), HOST_RAM_DIRT);
	assert_int_equal(*(u8 *)__va(0x10000), HOST_RAM_DIRT);
	assert_true(find_e820_area(0, ~0ull, PAGE_SIZE, PAGE_SIZE) == 0x10000);
}

/* Nine pieces are free: the last one is not watched. */
static void test_watch_eight(void **state)
{
	(void)state;
	machine();
	for (u32 i = 0; i < 8; i++)
		reserve_early(0x2000 + 0x2000 * i, 0x3000 + 0x2000 * i, "X");
	watch("128K", "60");
	assert_int_equal(now().area_count, 8);
	assert_true(now().areas[7].end == 0x10000);
	assert_true(e820_all_mapped(0x11000, 0x20000, E820_RAM));
}

/* A write is told once, with place and value, and is 0 again; another value there is another change. */
static void test_watch_finds(void **state)
{
	struct memstat_corruption c;

	(void)state;
	machine();
	watch("640K", "7"); /* 158 pages: more than one turn looks at */
	assert_non_null(poller);
	assert_int_equal(round_of_looks(), 7000);
	assert_int_equal(now().changes, 0);
	*(u32 *)__va(0x1000) = 0xdeadbeef;
	*(u32 *)__va(0x9effc) = 1;
	round_of_looks();
	c = now();
	assert_int_equal(c.changes, 2);
	assert_int_equal(c.hits[0].phys, 0x1000);
	assert_int_equal(c.hits[0].value, 0xdeadbeef);
	assert_int_equal(c.hits[1].phys, 0x9effc);
	assert_int_equal(*(u32 *)__va(0x1000), 0);
	assert_true(host_log_has("corruption check: 0xdeadbeef at 0x1000 was 0: cleared"));
	round_of_looks();
	assert_int_equal(now().changes, 2);
	assert_int_equal(host_log_count("corruption check: 0x"), 2);
	*(u32 *)__va(0x1000) = 5;
	round_of_looks();
	assert_int_equal(now().hits[2].value, 5);
}

/* Between two rounds nothing is looked at; period 0 is no poller at all. */
static void test_watch_period(void **state)
{
	(void)state;
	machine();
	watch(NULL, "60");
	round_of_looks();
	*(u32 *)__va(0x1000) = 1;
	host_cycles += 30000000;
	assert_in_range(poller->poll(poller), 1, 30000);
	assert_int_equal(now().changes, 0);
	host_cycles += 31000000;
	poller->poll(poller);
	assert_int_equal(now().changes, 1);
}

static void test_watch_no_period(void **state)
{
	(void)state;
	machine();
	watch(NULL, "0");
	assert_null(poller);
	assert_int_equal(now().area_count, 1);
}

/* ---- W-49 ---- */

static void expect_parsed(const char *value, u64 ram, u64 size, u64 base)
{
	u64 got_size = 1, got_base = 1;
	const char *why;

	if (parse_crashkernel(value, ram, &got_size, &got_base, &why))
		fail_msg("%s: refused: %s", value, why);
	if (got_size != size || got_base != base)
		fail_msg("%s: %#llx@%#llx", value, got_size, got_base);
}

static void test_crash_syntax(void **state)
{
	static const char *const wrong[] = { "",	 "x",	      "0",	     "64M@",
					     "64M@x",	 "64M@16M@",  "64M 1",	     "64M,32M",
					     "64M-:",	 "64M-128M",  "128M-64M:8M", "64M-64M:8M",
					     "64M-:8M,", "64M-:8M,x", "-64M:8M" };
	const char *why;
	u64 size, base;

	(void)state;
	expect_parsed("64M", 1 << 30, 64 << 20, 0);
	expect_parsed("4096", 1 << 30, 4096, 0);
	expect_parsed("64M@16M", 1 << 30, 64 << 20, 16 << 20);
	expect_parsed("64M-128M:8M", 64 << 20, 8 << 20, 0);
	expect_parsed("64M-128M:8M", 128 << 20, 0, 0); /* the end is exclusive */
	expect_parsed("64M-128M:8M,128M-:16M@32M", 128 << 20, 16 << 20, 32 << 20);
	expect_parsed("0-:8M,0-:16M", 1 << 20, 8 << 20, 0); /* the first that fits */
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		if (parse_crashkernel(wrong[i], 1 << 30, &size, &base, &why) != -EINVAL)
			fail_msg("\"%s\" was taken", wrong[i]);
		assert_int_equal(check_crashkernel(wrong[i]), -EINVAL);
	}
}

static void crash(const char *value, u64 start, u64 end)
{
	struct memstat_crashkernel out;

	host_cmdline_set("crashkernel", value);
	reserve_crashkernel();
	memstat_crashkernel(&out);
	assert_true(out.start == start);
	assert_true(out.end == end);
}

static void test_crash_anywhere(void **state)
{
	(void)state;
	machine();
	crash("5000", 0x1000000, 0x1002000); /* whole pages, at 16 MiB */
	assert_string_equal(early_res[early_res_count - 1].name, "CRASH KERNEL");
	assert_int_equal(early_res[early_res_count - 1].owner, OWNER_CRASH_KERNEL);
	assert_non_null(iomem_resource.child);
	assert_string_equal(iomem_resource.child->name, "Crash kernel");
	assert_true(iomem_resource.child->end == 0x1001fff);
}

static void test_crash_no_range(void **state)
{
	(void)state;
	machine();
	crash("1G-2G:5M,4G-:9M", 0, 0);
	assert_true(host_log_has("crashkernel: no range holds"));
	assert_null(iomem_resource.child);
}

static void test_crash_no_value(void **state)
{
	(void)state;
	machine();
	crash("1M-x:1M", 0, 0);
	assert_true(host_log_has("crashkernel=1M-x:1M refused: FROM-[TO]:SIZE"));
	assert_null(iomem_resource.child);
}

static void test_crash_second_range(void **state)
{
	(void)state;
	machine();
	crash("1G-2G:5M,1M-:8K", 0x1000000, 0x1002000);
}

static void test_crash_taken(void **state)
{
	(void)state;
	machine();
	reserve_early(0x1000000, 0x1001000, "THERE");
	crash("1M", 0, 0); /* the next multiple of 16 MiB is the end of memory */
	assert_true(host_log_has("crashkernel=1M refused: no free low memory of that size"));
	assert_null(iomem_resource.child);
}

static void test_crash_base(void **state)
{
	(void)state;
	machine();
	reserve_early(0x1000000, 0x1001000, "THERE");
	crash("1M@17M", 0x1100000, 0x1200000);
}

static void test_crash_base_taken(void **state)
{
	(void)state;
	machine();
	reserve_early(0x1000000, 0x1001000, "THERE");
	crash("1M@16M", 0, 0);
	assert_true(host_log_has("crashkernel=1M@16M refused: the memory there is in use"));
}

static void test_crash_too_large(void **state)
{
	(void)state;
	machine();
	crash("30M", 0, 0);
	assert_true(host_log_has("it would leave too little low memory (32768 KiB"));
}

static void test_crash_huge(void **state)
{
	(void)state;
	machine();
	crash("0xffffffffffffffff", 0, 0); /* rounding it up wraps */
	assert_true(host_log_has("crashkernel=0xffffffffffffffff refused"));
}

/* ---- W-91 ---- */

static void test_alloc_log(void **state)
{
	struct memstat_boot_alloc a;

	(void)state;
	machine();
	initmem_init();
	assert_int_equal(memstat_boot_alloc_count(), 0);
	alloc_bootmem(100, OWNER_BOOT_ALLOC);
	memstat_boot_alloc(0, &a);
	assert_int_equal(a.result, BOOTMEM_GOAL);
	assert_int_equal(a.limit, 32 << 20); /* clipped to what is mapped */
	assert_false(a.fell_back);
	assert_string_equal(a.owner, "boot_allocations");

	/* nothing at the goal below the limit: below the goal, and the record says so */
	assert_non_null(
		___alloc_bootmem_nopanic(4096, 4096, BOOTMEM_GOAL, 0x1000000, OWNER_MEM_MAP));
	memstat_boot_alloc(1, &a);
	assert_int_equal(a.result, 0x1000);
	assert_int_equal(a.goal, BOOTMEM_GOAL);
	assert_int_equal(a.limit, 0x1000000);
	assert_true(a.fell_back);
	assert_string_equal(a.owner, "memory_map");

	/* nothing at all */
	assert_null(___alloc_bootmem_nopanic(64 << 20, 4096, 0, ~0ull, OWNER_BOOT_ALLOC));
	memstat_boot_alloc(2, &a);
	assert_int_equal(a.result, 0);
	assert_false(a.fell_back);

	for (int i = 0; i < 130; i++)
		alloc_bootmem(64, OWNER_BOOT_ALLOC);
	assert_int_equal(memstat_boot_alloc_count(), 128);
	assert_int_equal(memstat_boot_allocs_lost(), 5);
}

/* ---- W-10 ---- */

static void hidden(const char *source, bool has_sizes, u32 kib, const char *who, u64 end)
{
	boot_info.map_count = 2;
	boot_info.map[0] = (struct boot_map_entry){ 0, 0xa0000, 1 };
	boot_info.map[1] = (struct boot_map_entry){ 0x100000, 511 << 20, 1 };
	boot_info.has_mem_sizes = has_sizes;
	boot_info.mem_upper_kib = kib;
	host_cmdline_set("firmware_map", source);
	setup_memory_map();
	assert_true(e820.nr_map == 2);
	assert_true(e820.map[1].addr + e820.map[1].size == end);
	assert_memory_equal(&e820, &e820_saved, sizeof(e820));
	assert_string_equal(memstat_e820_step_name(memstat_e820_step_count() - 1), who);
}

static void test_hidden_e801(void **state)
{
	struct e820_frames frames;

	(void)state;
	hidden("e801", true, 300 << 10, "BIOS-e801", 301ull << 20);
	assert_true(e820.map[0].size == 0x9F000);
	e820_get_frames(&frames);
	assert_int_equal(frames.ram_pages, 160 + 511 * 256); /* of the loader's map all the same */
	assert_int_equal(frames.cut_by_option_pages, 1 + 211 * 256);
}

static void test_hidden_88(void **state)
{
	(void)state;
	hidden("88", true, 511 << 10, "BIOS-88", (64ull << 20) + (1023 << 10));
}

static void test_hidden_nothing(void **state)
{
	(void)state;
	hidden("e801", false, 0, "BIOS-e820", 512ull << 20);
	assert_true(host_log_has("the loader gave no sizes: its map is used"));
	assert_int_equal(parse_firmware_map("e802"), -EINVAL);
	assert_int_equal(parse_firmware_map("88"), 0);
}

HOST_MAIN(cmocka_unit_test(test_pieces), cmocka_unit_test(test_watch_options),
	  cmocka_unit_test(test_watch_off), cmocka_unit_test(test_watch_areas),
	  cmocka_unit_test(test_watch_eight), cmocka_unit_test(test_watch_finds),
	  cmocka_unit_test(test_watch_period), cmocka_unit_test(test_watch_no_period),
	  cmocka_unit_test(test_crash_syntax), cmocka_unit_test(test_crash_anywhere),
	  cmocka_unit_test(test_crash_no_range), cmocka_unit_test(test_crash_no_value),
	  cmocka_unit_test(test_crash_second_range), cmocka_unit_test(test_crash_taken),
	  cmocka_unit_test(test_crash_base), cmocka_unit_test(test_crash_base_taken),
	  cmocka_unit_test(test_crash_too_large), cmocka_unit_test(test_crash_huge),
	  cmocka_unit_test(test_alloc_log), cmocka_unit_test(test_hidden_e801),
	  cmocka_unit_test(test_hidden_88), cmocka_unit_test(test_hidden_nothing))
