/*
 * The memory map (W-10, W-11, W-19, W-21 to W-24, W-26, W-29) and the account of the loader's
 * frames. In the drawings R is RAM, r reserved, a ACPI.
 */
#include "support/boot_zones.h"
#include "support/host.h"

#include "kernel/boot/boot_info.h"
#include "kernel/lib/errno.h"
#include "kernel/x86/sections.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/memstat.h"

#define MIB(n) ((u64)(n) << 20)

static void set_map(const struct e820entry *map, u32 n)
{
	e820.nr_map = 0;
	for (u32 i = 0; i < n; i++)
		e820_add_region(map[i].addr, map[i].size, map[i].type);
}

static void expect_map(const struct e820entry *want, u32 n)
{
	assert_int_equal(e820.nr_map, n);
	for (u32 i = 0; i < n; i++) {
		assert_true(e820.map[i].addr == want[i].addr);
		assert_true(e820.map[i].size == want[i].size);
		assert_int_equal(e820.map[i].type, want[i].type);
	}
}

#define SET(...)                                     \
	set_map((struct e820entry[]){ __VA_ARGS__ }, \
		ARRAY_SIZE(((struct e820entry[]){ __VA_ARGS__ })))
#define EXPECT(...)                                     \
	expect_map((struct e820entry[]){ __VA_ARGS__ }, \
		   ARRAY_SIZE(((struct e820entry[]){ __VA_ARGS__ })))

static int sanitize(void)
{
	return sanitize_e820_map(e820.map, E820_X_MAX, &e820.nr_map);
}

/* ---- W-10: sanitising ---- */

static void test_sanitize_overlaps(void **state)
{
	(void)state;
	/*  RRRRRRRRRR
	 *     rrr          -> RRRrrrRRRR */
	SET({ 0, 100, E820_RAM }, { 30, 30, E820_RESERVED });
	assert_int_equal(sanitize(), 0);
	EXPECT({ 0, 30, E820_RAM }, { 30, 30, E820_RESERVED }, { 60, 40, E820_RAM });

	/* unsorted, touching, of one type: joined; an empty entry goes */
	SET({ 50, 50, E820_RAM }, { 7, 0, E820_ACPI }, { 0, 50, E820_RAM });
	assert_int_equal(sanitize(), 0);
	EXPECT({ 0, 100, E820_RAM });

	/* every type over every weaker one: the highest number wins */
	SET({ 0, 100, E820_RAM }, { 0, 80, E820_RESERVED }, { 0, 60, E820_ACPI },
	    { 0, 40, E820_NVS }, { 0, 20, E820_UNUSABLE });
	assert_int_equal(sanitize(), 0);
	EXPECT({ 0, 20, E820_UNUSABLE }, { 20, 20, E820_NVS }, { 40, 20, E820_ACPI },
	       { 60, 20, E820_RESERVED }, { 80, 20, E820_RAM });

	/* the same range twice, and one start with two ends */
	SET({ 10, 10, E820_RAM }, { 10, 10, E820_RAM }, { 10, 20, E820_RESERVED });
	assert_int_equal(sanitize(), 0);
	EXPECT({ 10, 20, E820_RESERVED });

	/* a hole stays a hole, also above 4 GiB */
	SET({ MIB(8192), MIB(1), E820_RAM }, { 0, MIB(1), E820_RAM });
	assert_int_equal(sanitize(), 0);
	EXPECT({ 0, MIB(1), E820_RAM }, { MIB(8192), MIB(1), E820_RAM });
}

static void test_sanitize_refusals(void **state)
{
	struct e820entry wraps[2] = { { 0, 10, E820_RAM }, { ~0ull - 5, 100, E820_RAM } };
	u32 n = 2;

	(void)state;
	assert_int_equal(sanitize_e820_map(wraps, 2, &n), -1);
	assert_int_equal(n, 2);
	n = 1;
	assert_int_equal(sanitize_e820_map(wraps, 2, &n), -1);
}

/* 128 entries, each overlapping the next, of alternating type: 2 * 128 - 1 pieces at most. */
static void test_sanitize_full(void **state)
{
	u32 ram = 0;

	(void)state;
	e820.nr_map = 0;
	for (u32 i = 0; i < E820_FIRMWARE_MAX; i++)
		e820_add_region(i * 100, 150, i & 1 ? E820_RESERVED : E820_RAM);
	assert_int_equal(sanitize(), 0);
	assert_in_range(e820.nr_map, 128, 2 * E820_FIRMWARE_MAX - 1);
	for (u32 i = 0; i < e820.nr_map; i++) {
		if (i)
			assert_true(e820.map[i].addr >=
				    e820.map[i - 1].addr + e820.map[i - 1].size);
		ram += e820.map[i].type == E820_RAM;
	}
	assert_int_equal(ram, 64);

	/* too little room: what fits is kept, nothing is written behind it */
	SET({ 0, 100, E820_RAM }, { 30, 30, E820_RESERVED }, { 200, 10, E820_ACPI });
	assert_int_equal(sanitize_e820_map(e820.map, 2, &e820.nr_map), 0);
	EXPECT({ 0, 30, E820_RAM }, { 30, 30, E820_RESERVED });
}

static void test_append(void **state)
{
	struct e820entry map[2] = { { 0, 10, E820_RAM }, { ~0ull - 5, 100, E820_RAM } };

	(void)state;
	assert_int_equal(append_e820_map(map, 1), -1);
	assert_int_equal(append_e820_map(map, 2), -1);
	e820.nr_map = 0;
	map[1].addr = 50;
	assert_int_equal(append_e820_map(map, 2), 0);
	assert_int_equal(e820.nr_map, 2);
	e820.nr_map = E820_X_MAX;
	e820_add_region(0x1234, 1, E820_RAM);
	assert_int_equal(e820.nr_map, E820_X_MAX);
	assert_true(host_log_has("no room for [0x1234"));
}

/* ---- W-11: the three overlap cases of each edit ---- */

static void test_update_range(void **state)
{
	(void)state;
	/* wholly inside the edit: changed */
	SET({ 10, 10, E820_RAM }, { 100, 10, E820_RESERVED });
	assert_true(e820_update_range(0, 50, E820_RAM, E820_ACPI) == 10);
	EXPECT({ 10, 10, E820_ACPI }, { 100, 10, E820_RESERVED });

	/* wholly containing it: head, tail and middle */
	SET({ 0, 100, E820_RAM });
	assert_true(e820_update_range(40, 20, E820_RAM, E820_RESERVED) == 20);
	EXPECT({ 0, 40, E820_RAM }, { 40, 20, E820_RESERVED }, { 60, 40, E820_RAM });

	/* partial at either end */
	SET({ 0, 50, E820_RAM }, { 60, 40, E820_RAM });
	assert_true(e820_update_range(40, 30, E820_RAM, E820_RESERVED) == 20);
	EXPECT({ 0, 40, E820_RAM }, { 70, 30, E820_RAM }, { 40, 10, E820_RESERVED },
	       { 60, 10, E820_RESERVED });

	/* other types are left alone; the size is clipped at the end of the 64-bit space */
	SET({ 0, 50, E820_ACPI }, { ~0ull - 100, 100, E820_RAM });
	assert_true(e820_update_range(0, 10, E820_RAM, E820_RESERVED) == 0);
	assert_true(e820_update_range(~0ull - 50, ~0ull, E820_RAM, E820_RESERVED) == 50);
	EXPECT_PANIC("old_type == new_type", e820_update_range(0, 1, E820_RAM, E820_RAM));
}

static void test_remove_range(void **state)
{
	(void)state;
	SET({ 0, 100, E820_RAM }, { 200, 10, E820_RAM });
	assert_true(e820_remove_range(40, 20, E820_RAM) == 20);
	EXPECT({ 0, 40, E820_RAM }, { 200, 10, E820_RAM }, { 60, 40, E820_RAM });
	assert_true(e820_remove_range(0, 50, E820_RAM) == 40);
	assert_int_equal(sanitize(), 0);
	EXPECT({ 60, 40, E820_RAM }, { 200, 10, E820_RAM });
	assert_true(e820_remove_range(80, ~0ull - 80, E820_RAM) == 30);
	assert_true(e820_remove_range(0, 70, E820_RAM) == 10);
}

static void test_queries(void **state)
{
	(void)state;
	SET({ 0, 0x9fc00, E820_RAM }, { 0x100000, 0x3fefe000, E820_RAM },
	    { 0x40000000, 0x1000, E820_ACPI });
	assert_int_equal(e820_end_of_ram_pfn(), 0x3fffe);
	assert_int_equal(e820_end_pfn(0x100),
			 0x9f); /* an entry that starts at the limit is skipped */
	assert_int_equal(e820_end_pfn(0x3fffd), 0x3fffd);
	assert_int_equal(e820_end_pfn(0x101), 0x101); /* one that crosses it ends the search */
	assert_true(e820_all_mapped(0x1000, 0x9fc00, E820_RAM));
	assert_false(e820_all_mapped(0x1000, 0x100001, E820_RAM));
	SET({ MIB(5000), MIB(10), E820_RAM }, { 0, 0x1fff, E820_RAM });
	assert_int_equal(e820_end_of_ram_pfn(), 1); /* a partial page does not count */
	SET({ MIB(4000), MIB(200), E820_RAM });
	assert_int_equal(e820_end_of_ram_pfn(), 0x100000);
	assert_string_equal(e820_type_name(E820_NVS), "ACPI Non-volatile Storage");
	assert_string_equal(e820_type_name(77), "reserved");
}

/* ---- W-10: where the map comes from ---- */

static void loader_map(const struct boot_map_entry *map, unsigned n)
{
	boot_info.map_count = n;
	memcpy(boot_info.map, map, n * sizeof(*map));
}

/* The firmware's map of R1; the page beside it keeps the reserved top. */
static void loader_r1(void)
{
	static const struct boot_map_entry map[] = {
		{ 0, 0x9fc00, 1 },	     { 0x9fc00, 0x400, 2 },	 { 0xf0000, 0x10000, 2 },
		{ 0x100000, 0x3fefe000, 1 }, { 0x3fffe000, 0x20000, 2 }, { 0xfffc0000, 0x40000, 2 },
	};

	loader_map(map, ARRAY_SIZE(map));
}

static void test_fallbacks(void **state)
{
	(void)state;
	assert_string_equal(e820_from_sizes(1000, 1000), "BIOS-e801");
	EXPECT({ 0, 0x9f000, E820_RAM }, { 0x100000, 1000 << 10, E820_RAM });
	assert_string_equal(e820_from_sizes(1000, 1001), "BIOS-88");
	EXPECT({ 0, 0x9f000, E820_RAM }, { 0x100000, 1001 << 10, E820_RAM });

	/* one entry is no map: the sizes serve */
	loader_map((struct boot_map_entry[]){ { 0, MIB(64), 1 } }, 1);
	boot_info.has_mem_sizes = true;
	boot_info.mem_upper_kib = 31 << 10;
	assert_string_equal(default_machine_specific_memory_setup(), "BIOS-e801");
	EXPECT({ 0, 0x9f000, E820_RAM }, { 0x100000, MIB(31), E820_RAM });

	/* ... unless the loader gave none: then what makes sense of the map does */
	boot_info.has_mem_sizes = false;
	assert_string_equal(default_machine_specific_memory_setup(), "BIOS-e820");
	EXPECT({ 0, MIB(64), E820_RAM });
	loader_map((struct boot_map_entry[]){ { 0, MIB(64), 1 }, { ~0ull - 5, 100, 1 } }, 2);
	assert_string_equal(default_machine_specific_memory_setup(), "BIOS-e820");
	EXPECT({ 0, MIB(64), E820_RAM });
	assert_true(host_log_has("start 0xfffffffffffffffa size 0x64, is too long: dropped"));
	boot_info.map_count = 0;
	EXPECT_PANIC("e820: no memory", default_machine_specific_memory_setup());
}

static void test_setup_r1(void **state)
{
	struct e820_frames f;

	(void)state;
	host_ram_setup(SZ_4M);
	loader_r1();
	setup_memory_map();
	assert_memory_equal(&e820, &e820_saved, sizeof(e820));
	assert_true(host_log_has("BIOS-e820: [0x00000100000, 0x0003fffe000) System RAM"));
	finish_e820_parsing();
	trim_bios_range();
	assert_int_equal(e820_end_of_ram_pfn(), 0x3fffe);
	assert_true(e820.map[0].addr == 0 && e820.map[0].type == E820_RESERVED);
	assert_true(e820.map[1].addr == 0x1000 && e820.map[1].type == E820_RAM);
	assert_memory_not_equal(&e820, &e820_saved, sizeof(e820));

	e820_get_frames(&f);
	assert_int_equal(f.ram_pages, 0x9f + 0x3fefe);
	assert_int_equal(f.trimmed_pages, 1);
	assert_int_equal(f.cut_by_option_pages + f.above_4g_pages + f.added_by_option_pages, 0);

	/* the history: firmware, loader, trimmed; a step without a change is not a step */
	assert_int_equal(memstat_e820_step_count(), 3);
	assert_string_equal(memstat_e820_step_name(0), "firmware");
	assert_string_equal(memstat_e820_step_name(1), "BIOS-e820");
	assert_string_equal(memstat_e820_step_name(2), "trim_bios_range");
	assert_int_equal(memstat_e820_entry_count(0), 6);
	assert_int_equal(memstat_e820_entry_count(2), 7);
}

static void test_ppro(void **state)
{
	struct e820_frames f;

	(void)state;
	host_ram_setup(SZ_4M);
	loader_map((struct boot_map_entry[]){ { 0, 0x9fc00, 1 }, { 0x100000, 0x7fee0000, 1 } }, 2);
	setup_memory_map();
	ppro_with_ram_bug();
	assert_int_equal(e820.nr_map, 2);
	boot_cpu_data.model = 1;
	boot_cpu_data.stepping = 7;
	ppro_with_ram_bug();
	EXPECT({ 0, 0x9fc00, E820_RAM }, { 0x100000, 0x6ff00000, E820_RAM },
	       { 0x70000000, 0x40000, E820_RESERVED }, { 0x70040000, 0xffa0000, E820_RAM });
	e820_get_frames(&f);
	assert_int_equal(f.trimmed_pages, 64);
}

/* ---- W-19, W-21: options ---- */

static void boot_with(const struct boot_map_entry *map, unsigned n)
{
	host_ram_setup(SZ_4M);
	host_ram_answers_below(~0ull);
	max_pfn_mapped = 2048; /* as head.S maps */
	loader_map(map, n);
	setup_memory_map();
}

static void boot_64m(void)
{
	boot_with((struct boot_map_entry[]){ { 0, 0x9fc00, 1 }, { 0x100000, MIB(63), 1 } }, 2);
}

static void test_mem(void **state)
{
	struct e820_frames f;

	(void)state;
	boot_64m();
	assert_int_equal(parse_mem(""), -EINVAL);
	assert_int_equal(parse_mem("0"), -EINVAL);
	assert_int_equal(parse_mem("12x"), -EINVAL);
	assert_int_equal(parse_mem("-1"), -EINVAL);
	assert_int_equal(parse_mem("16M"), 0);
	finish_e820_parsing();
	EXPECT({ 0, 0x9fc00, E820_RAM }, { 0x100000, MIB(15), E820_RAM });
	e820_get_frames(&f);
	assert_int_equal(f.cut_by_option_pages, 48 * 256);
	assert_true(host_log_has("user: ["));
	assert_true(cpu_has_pse);
	assert_int_equal(parse_mem("nopentium"), 0);
	assert_false(cpu_has_pse);
	/* e820_saved keeps the loader's map */
	assert_true(e820_saved.map[1].size == MIB(63));
}

static void test_memmap(void **state)
{
	struct e820_frames f;

	(void)state;
	boot_64m();
	assert_int_equal(parse_memmap("8M$16M,1M#32M,16M@128M"), 0);
	finish_e820_parsing();
	EXPECT({ 0, 0x9fc00, E820_RAM }, { 0x100000, MIB(15), E820_RAM },
	       { MIB(16), MIB(8), E820_RESERVED }, { MIB(24), MIB(8), E820_RAM },
	       { MIB(32), MIB(1), E820_ACPI }, { MIB(33), MIB(31), E820_RAM },
	       { MIB(128), MIB(16), E820_RAM });
	e820_get_frames(&f);
	assert_int_equal(f.cut_by_option_pages, 9 * 256);
	assert_int_equal(f.added_by_option_pages, 16 * 256);
	assert_int_equal(e820_added_count(), 1);
	assert_true(e820_added_range(0).start == 0x8000 && e820_added_range(0).end == 0x9000);
}

/* RAM that options add, and that is not there: each such range goes, the loader's RAM stays. */
static void test_memmap_absent(void **state)
{
	struct e820_frames f;

	(void)state;
	boot_64m();
	host_ram_answers_below(MIB(80));
	/*  0       64M    80M    128M
	 *  RRRRRRRRRR            ........    refused: nothing answers at its start
	 *  RRRRRRRRRR++++++......            refused: nothing answers from 80M on */
	assert_int_equal(parse_memmap("16M@128M,32M@64M"), 0);
	finish_e820_parsing();
	EXPECT({ 0, 0x9fc00, E820_RAM }, { 0x100000, MIB(63), E820_RAM });
	assert_true(host_log_has("none answers at 0x5000000: refused"));
	assert_true(host_log_has("none answers at 0x8000000: refused"));
	e820_get_frames(&f);
	assert_int_equal(f.added_by_option_pages + f.cut_by_option_pages, 0);

	/* the last frame decides, too; and a size beyond all memory is no other case */
	boot_64m();
	host_ram_answers_below(MIB(80) - PAGE_SIZE);
	assert_int_equal(parse_memmap("16M@64M"), 0);
	finish_e820_parsing();
	assert_int_equal(e820_end_of_ram_pfn(), 0x4000);
	boot_64m();
	host_ram_answers_below(MIB(64));
	assert_int_equal(parse_memmap("99999999999999999999@0"), 0);
	finish_e820_parsing();
	assert_int_equal(e820_end_of_ram_pfn(), 0x4000);
}

static void test_badram(void **state)
{
	static const char *const bad[] = { "",
					   "0x1000000",
					   "0x1000000,",
					   "0x1000000,0xffffffff",
					   "0x1000000,0xfff0f000",
					   "0x1000000,0xfffff000,",
					   "0x1000000,0x1fffff000",
					   "x,0xfffff000",
					   "0x1000000,0xfffff000;" };
	struct e820map before;

	(void)state;
	boot_64m();
	before = e820;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(parse_badram(bad[i]), -EINVAL);
	assert_memory_equal(&before, &e820, sizeof(e820));
	assert_int_equal(parse_badram("0x1000234,0xfffff000,0x2345678,0xffff0000"), 0);
	finish_e820_parsing();
	assert_true(e820_all_mapped(0x1000000, 0x1001000, E820_RESERVED));
	assert_true(e820_all_mapped(0x2340000, 0x2350000, E820_RESERVED));
	assert_true(e820_all_mapped(0x1001000, 0x2340000, E820_RAM));
	assert_true(e820_all_mapped(0x2350000, 0x3000000, E820_RAM));
}

static void test_memmap_refusals(void **state)
{
	static const char *const bad[] = {
		"",	"x",	   "@16M",  "1M@",   "1M@16M,",
		"1M@x", "1M@16M;", "0@16M", "exact", "1M@0xfffffffffffffff0"
	};
	struct e820map before;

	(void)state;
	boot_64m();
	before = e820;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(parse_memmap(bad[i]), -EINVAL);
	/* the good pieces of a bad value are not applied either */
	assert_int_equal(parse_memmap("1M$16M,zz"), -EINVAL);
	assert_memory_equal(&before, &e820, sizeof(e820));
	/* SIZE alone limits, as mem= does */
	assert_int_equal(parse_memmap("32M"), 0);
	finish_e820_parsing();
	assert_int_equal(e820_end_of_ram_pfn(), 0x2000);
}

/* exactmap with one entry: the documented code stops there; here it is used. */
static void test_exactmap(void **state)
{
	struct e820_frames f;

	(void)state;
	boot_64m();
	assert_int_equal(parse_memmap("exactmap"), 0);
	assert_int_equal(parse_memmap("32M@1M"), 0);
	finish_e820_parsing();
	EXPECT({ MIB(1), MIB(32), E820_RAM });
	/* frames that an option took and gave back are not cut */
	e820_get_frames(&f);
	assert_int_equal(f.ram_pages, 0x9f + 63 * 256);
	assert_int_equal(f.cut_by_option_pages, 0x9f + 31 * 256);
	assert_int_equal(f.added_by_option_pages, 0);
}

static void test_options_leave_too_little(void **state)
{
	struct e820_frames f;

	(void)state;
	boot_64m();
	assert_int_equal(parse_memmap("exactmap"), 0);
	finish_e820_parsing();
	assert_true(host_log_has("the options leave too little RAM, 0 KiB"));
	assert_memory_equal(&e820, &e820_saved, sizeof(e820));
	assert_int_equal(parse_mem("1M"), 0);
	finish_e820_parsing();
	assert_memory_equal(&e820, &e820_saved, sizeof(e820));
	e820_get_frames(&f);
	assert_int_equal(f.cut_by_option_pages, 0);
	/* enough RAM, but none that boot has mapped */
	assert_int_equal(parse_memmap("exactmap"), 0);
	assert_int_equal(parse_memmap("64M@16M"), 0);
	finish_e820_parsing();
	assert_true(host_log_has("has room for page tables"));
	assert_memory_equal(&e820, &e820_saved, sizeof(e820));
}

static void test_above_4g(void **state)
{
	struct e820_frames f;

	(void)state;
	boot_with((struct boot_map_entry[]){ { 0, 0x9fc00, 1 },
					     { 0x100000, MIB(3071), 1 },
					     { MIB(4096), MIB(3072), 1 } },
		  3);
	e820_get_frames(&f);
	assert_int_equal(f.ram_pages, 0x9f + 3071 * 256 + 3072 * 256);
	assert_int_equal(f.above_4g_pages, 3072 * 256);
	assert_true(host_log_has("786432 pages of RAM lie above 4 GiB"));
	/* an option that cuts there too does not count them twice */
	assert_int_equal(parse_mem("2048M"), 0);
	finish_e820_parsing();
	e820_get_frames(&f);
	assert_int_equal(f.above_4g_pages, 3072 * 256);
	assert_int_equal(f.cut_by_option_pages, 1024 * 256);
}

/* What was lost for one reason and comes back for another is taken off the one that has lost it. */
static void test_frames_come_back(void **state)
{
	struct e820_frames f;
	u32 trimmed;

	(void)state;
	boot_64m();
	e820_get_frames(&f);
	trimmed = f.trimmed_pages;
	e820_update_range(MIB(32), MIB(2), E820_RAM, E820_RESERVED_KERN);
	e820_record_step("a trim", E820_BY_TRIMMING);
	e820_update_range(MIB(32), MIB(1), E820_RESERVED_KERN, E820_RAM);
	e820_update_range(MIB(40), MIB(1), E820_RAM, E820_RESERVED);
	e820_record_step("an option", E820_BY_OPTION);
	e820_get_frames(&f);
	assert_int_equal(f.cut_by_option_pages + f.trimmed_pages, trimmed + 512);
	e820_update_range(MIB(33), MIB(1), E820_RESERVED_KERN, E820_RAM);
	e820_record_step("another", E820_BY_OPTION);
	e820_get_frames(&f);
	assert_int_equal(f.cut_by_option_pages, 0);
	assert_int_equal(f.trimmed_pages, trimmed + 256);
}

/* Frames straddling 4 GiB, and entries that start or end inside a page. */
static void test_frame_edges(void **state)
{
	struct e820_frames f;

	(void)state;
	boot_with((struct boot_map_entry[]){ { 0x800, 0x1000, 1 },     /* no whole page */
					     { 0x2001, 0x1fff, 1 },    /* one */
					     { MIB(4095), MIB(2), 1 }, /* 256 below, 256 above */
					     { 1ull << 50, 0x3000, 1 } },
		  4);
	e820_get_frames(&f);
	assert_int_equal(f.ram_pages, 0 + 1 + 512 + 3);
	assert_int_equal(f.above_4g_pages, 256 + 3);
}

/* ---- W-29 ---- */

static void low_range(u64 ram_mib, const char *highmem, const char *vmalloc)
{
	boot_with((struct boot_map_entry[]){ { 0, 0x9fc00, 1 }, { 0x100000, MIB(ram_mib - 1), 1 } },
		  2);
	if (highmem)
		assert_int_equal(parse_highmem(highmem), 0);
	if (vmalloc)
		assert_int_equal(parse_vmalloc(vmalloc), 0);
	set_max_pfn();
	find_low_pfn_range();
}

static void expect_low(unsigned long low_mib, unsigned long all_mib, unsigned long cut_mib)
{
	struct e820_frames f;

	assert_int_equal(max_low_pfn, low_mib * 256);
	assert_int_equal(max_pfn, all_mib * 256);
	e820_get_frames(&f);
	assert_int_equal(f.cut_by_option_pages, cut_mib * 256);
}

static void test_low_512(void **state)
{
	(void)state;
	low_range(512, NULL, NULL);
	expect_low(512, 512, 0);
}

static void test_low_896(void **state)
{
	(void)state;
	low_range(896, NULL, NULL);
	expect_low(896, 896, 0);
}

static void test_low_897(void **state)
{
	(void)state;
	low_range(897, NULL, NULL);
	expect_low(896, 897, 0);
}

static void test_highmem_carves(void **state)
{
	(void)state;
	low_range(512, "256M", NULL);
	expect_low(256, 512, 0);
}

static void test_highmem_all_ram(void **state)
{
	(void)state;
	low_range(512, "512M", NULL);
	expect_low(512, 512, 0);
	assert_true(host_log_has("highmem=524288K: more than all RAM"));
}

static void test_highmem_leaves_too_little(void **state)
{
	(void)state;
	low_range(512, "449M", NULL);
	expect_low(512, 512, 0);
	assert_true(host_log_has("less than 64 MiB"));
}

static void test_highmem_reduces(void **state)
{
	(void)state;
	low_range(2048, "512M", NULL);
	expect_low(896, 896 + 512, 2048 - 896 - 512);
}

static void test_highmem_zero(void **state)
{
	(void)state;
	low_range(2048, "0", NULL);
	expect_low(896, 896, 2048 - 896);
}

static void test_highmem_too_much(void **state)
{
	(void)state;
	low_range(1024, "512M", NULL);
	expect_low(896, 896, 128);
	assert_true(host_log_has("only 131072K are available"));
}

static void test_vmalloc_lowers(void **state)
{
	(void)state;
	assert_int_equal(parse_vmalloc("1000M"), -EINVAL);
	assert_int_equal(parse_vmalloc("x"), -EINVAL);
	assert_int_equal(parse_highmem("4G"), -EINVAL);
	low_range(1024, NULL, "256M");
	expect_low(768, 1024, 0);
}

static void test_ram_below_image(void **state)
{
	(void)state;
	boot_with((struct boot_map_entry[]){ { 0, 0x9fc00, 1 }, { 0x200000, 0, 1 } }, 2);
	set_max_pfn();
	EXPECT_PANIC("e820: RAM ends at 0x9f000, below the end of the image at 0x200000",
		     find_low_pfn_range());
}

static void test_image_left_out(void **state)
{
	(void)state;
	boot_with((struct boot_map_entry[]){ { 0, 0x9fc00, 1 }, { MIB(16), MIB(16), 1 } }, 2);
	set_max_pfn();
	find_low_pfn_range();
	assert_true(host_log_has("does not give all of the image [0x100000, 0x200000) as RAM"));
}

static bool is_added(unsigned long pfn)
{
	for (u32 i = 0; i < e820_added_count(); i++)
		if (range_has(e820_added_range(i), pfn))
			return true;
	return false;
}

/* The account is exact for any edit: random maps and edits against a byte for each frame. */
static void test_random_account(void **state)
{
	enum { FRAMES = 4096 };
	static u8 loader[FRAMES], now[FRAMES];
	struct boot_map_entry map[24];
	struct e820_frames f;
	u32 ram = 0, kept = 0, added = 0;

	(void)state;
	srand(host_seed(20100516));
	for (unsigned i = 0; i < ARRAY_SIZE(map); i++) {
		map[i].start = (u64)(rand() % FRAMES) * PAGE_SIZE;
		map[i].size = (u64)(rand() % 600) * PAGE_SIZE;
		map[i].size = min(map[i].size, (u64)FRAMES * PAGE_SIZE - map[i].start);
		map[i].type = rand() % 4 ? E820_RAM : E820_RESERVED;
	}
	boot_with(map, ARRAY_SIZE(map));
	for (unsigned pfn = 0; pfn < FRAMES; pfn++)
		ram += loader[pfn] = e820_all_mapped(PFN_PHYS(pfn), PFN_PHYS(pfn + 1), E820_RAM);
	for (int i = 0; i < 12; i++) {
		u64 start = (u64)(rand() % FRAMES) * PAGE_SIZE,
		    size = (u64)(rand() % 200) * PAGE_SIZE;

		size = min(size, (u64)FRAMES * PAGE_SIZE - start);
		switch (rand() % 3) {
		case 0: e820_remove_range(start, size, E820_RAM); break;
		case 1: e820_update_range(start, size, E820_RAM, E820_RESERVED); break;
		default: e820_update_range(start, size, E820_RESERVED, E820_RAM); break;
		}
		sanitize();
		e820_record_step("edit", i & 1 ? E820_BY_OPTION : E820_BY_TRIMMING);
	}
	for (unsigned pfn = 0; pfn < FRAMES; pfn++) {
		now[pfn] = e820_all_mapped(PFN_PHYS(pfn), PFN_PHYS(pfn + 1), E820_RAM);
		kept += loader[pfn] && now[pfn];
		added += !loader[pfn] && now[pfn];
		if (now[pfn])
			assert_int_equal(is_added(pfn), !loader[pfn]);
	}
	e820_get_frames(&f);
	assert_int_equal(f.ram_pages, ram);
	assert_int_equal((int)(f.cut_by_option_pages + f.trimmed_pages), (int)(ram - kept));
	assert_int_equal(f.added_by_option_pages, added);
}

/* Copies of the map that find no room: a line in the log says whose. */
static void test_record_full(void **state)
{
	static const struct boot_map_entry map[] = { { 0, 0x9fc00, E820_RAM },
						     { 0x100000, SZ_16M, E820_RAM } };
	u32 steps;

	(void)state;
	boot_with(map, ARRAY_SIZE(map));
	host_log_clear();
	for (u32 i = 0; !host_log_has("no room to keep the map after \"trim\""); i++) {
		assert_true(i < 1000);
		e820_remove_range(0x200000 + i * PAGE_SIZE, PAGE_SIZE, E820_RAM);
		e820_record_step("trim", E820_BY_TRIMMING);
	}
	steps = memstat_e820_step_count();
	e820_remove_range(0x100000, PAGE_SIZE, E820_RAM);
	e820_record_step("one more", E820_BY_OPTION);
	assert_int_equal(memstat_e820_step_count(), steps);
	assert_true(host_log_has("no room to keep the map after \"one more\""));
}

HOST_MAIN(cmocka_unit_test(test_sanitize_overlaps), cmocka_unit_test(test_sanitize_refusals),
	  cmocka_unit_test(test_sanitize_full), cmocka_unit_test(test_append),
	  cmocka_unit_test(test_update_range), cmocka_unit_test(test_remove_range),
	  cmocka_unit_test(test_queries), cmocka_unit_test(test_fallbacks),
	  cmocka_unit_test(test_setup_r1), cmocka_unit_test(test_ppro), cmocka_unit_test(test_mem),
	  cmocka_unit_test(test_memmap), cmocka_unit_test(test_memmap_absent),
	  cmocka_unit_test(test_badram), cmocka_unit_test(test_memmap_refusals),
	  cmocka_unit_test(test_exactmap), cmocka_unit_test(test_options_leave_too_little),
	  cmocka_unit_test(test_above_4g), cmocka_unit_test(test_frames_come_back),
	  cmocka_unit_test(test_frame_edges), cmocka_unit_test(test_low_512),
	  cmocka_unit_test(test_low_896), cmocka_unit_test(test_low_897),
	  cmocka_unit_test(test_highmem_carves), cmocka_unit_test(test_highmem_all_ram),
	  cmocka_unit_test(test_highmem_leaves_too_little), cmocka_unit_test(test_highmem_reduces),
	  cmocka_unit_test(test_highmem_zero), cmocka_unit_test(test_highmem_too_much),
	  cmocka_unit_test(test_vmalloc_lowers), cmocka_unit_test(test_ram_below_image),
	  cmocka_unit_test(test_image_left_out), cmocka_unit_test(test_random_account),
	  cmocka_unit_test(test_record_full))
