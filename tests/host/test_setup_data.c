/*
 * Boot modules that extend the memory map (W-12, W-13): what is taken, what is refused, and what becomes
 * of the modules themselves.
 */
#include "support/host.h"

#include "kernel/boot/boot_info.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_res.h"
#include "mm/memstat.h"
#include "mm/setup_data.h"
#include "support/boot_zones.h"
#include "window_fixture.h"

#define MODULE 0x500123u /* not aligned */

/*
 *	0x1000     0x9fc00     1 MiB  2 MiB           5 MiB             32 MiB
 *	[ RAM      )           [ image )[ RAM          [module)          )
 */
static void machine(void)
{
	host_ram_setup(32 << 20);
	e820_add_region(0x1000, 0x9ec00, E820_RAM);
	e820_add_region(0x100000, 31 << 20, E820_RAM);
	e820_saved = e820;
	e820_record_step("test", E820_BY_LOADER);
	max_pfn_mapped = PFN_DOWN(32 << 20);
	reserve_early(HOST_IMAGE_START, HOST_IMAGE_END, "TEXT DATA BSS");
	host_ram_answers_below(32 << 20);
}

static void module(const struct e820entry *entries, u32 bytes)
{
	struct boot_module *m = &boot_info.modules[boot_info.module_count++];

	m->start = MODULE;
	m->end = MODULE + bytes;
	strcpy(m->cmdline, "file " MAP_EXTENSION_WORD);
	memcpy(__va(MODULE), entries, bytes);
	reserve_early(m->start, m->end, "RAMDISK");
}

static u32 type_at(u64 addr)
{
	for (u32 i = 0; i < e820.nr_map; i++)
		if (addr >= e820.map[i].addr && addr < e820.map[i].addr + e820.map[i].size)
			return e820.map[i].type;
	return 0;
}

static void test_marker(void **state)
{
	static const char *const yes[] = { "setup_data=e820_ext", "a setup_data=e820_ext",
					   "setup_data=e820_ext b", "a setup_data=e820_ext b",
					   "setup_data=e820_extra setup_data=e820_ext" };
	static const char *const no[] = { "", "setup_data=e820_extra", "xsetup_data=e820_ext",
					  "setup_data=e820", "setup_data" };
	struct boot_module m = { 0x1000, 0x2000, "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		strcpy(m.cmdline, yes[i]);
		assert_true(module_extends_map(&m));
	}
	m.end = m.start; /* dropped before */
	assert_false(module_extends_map(&m));
	m.end = 0x2000;
	for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
		strcpy(m.cmdline, no[i]);
		assert_false(module_extends_map(&m));
	}
}

static void test_none(void **state)
{
	struct e820map before;

	(void)state;
	machine();
	boot_info.module_count = 1;
	boot_info.modules[0] = (struct boot_module){ MODULE, MODULE + 40, "plain" };
	before = e820;
	parse_setup_data();
	e820_reserve_setup_data();
	reserve_early_setup_data();
	assert_memory_equal(&e820, &before, sizeof(e820));
	assert_int_equal(early_res_count, 1);
	assert_int_equal(windows_opened, 0);
}

static void test_extends(void **state)
{
	const struct e820entry entries[] = { { 0x1000000, 0x100000, E820_ACPI },
					     { 0xd0000000, 0x1000, E820_NVS },
					     { 0x8000, 0x1000, E820_RESERVED } };
	struct memstat_early_res log;
	struct e820_frames frames;

	(void)state;
	machine();
	module(entries, sizeof(entries));
	parse_setup_data();
	assert_int_equal(type_at(0xffffff), E820_RAM);
	assert_int_equal(type_at(0x1000000), E820_ACPI);
	assert_int_equal(type_at(0x1100000), E820_RAM);
	assert_int_equal(type_at(0xd0000800), E820_NVS);
	assert_int_equal(type_at(0x8000), E820_RESERVED);
	assert_int_equal(windows_open, 0);
	assert_int_equal(e820_saved.nr_map, 2); /* not yet */
	e820_get_frames(&frames);
	assert_int_equal(frames.cut_by_option_pages, 257);

	e820_reserve_setup_data();
	assert_int_equal(type_at(MODULE - 1), E820_RAM);
	assert_int_equal(type_at(MODULE), E820_RESERVED_KERN);
	assert_int_equal(type_at(MODULE + sizeof(entries) - 1), E820_RESERVED_KERN);
	assert_int_equal(type_at(MODULE + sizeof(entries)), E820_RAM);
	assert_memory_equal(&e820, &e820_saved, sizeof(e820));
	e820_get_frames(&frames);
	assert_int_equal(frames.trimmed_pages, 1); /* the frame that is no longer RAM as a whole */

	reserve_early_setup_data();
	assert_string_equal(early_res[early_res_count - 1].name, "setup data");
	assert_true(early_res[early_res_count - 1].start == MODULE);
	memstat_early_res(1, &log);
	assert_string_equal(log.name, "RAMDISK");
	assert_string_equal(log.how, "freed");
}

static void test_bad_entries(void **state)
{
	const struct e820entry entries[] = {
		{ 0x1000000, 0, E820_RESERVED },
		{ ~0ull - 0xfff, 0x2000, E820_RESERVED },
		{ 0x1000000, 0x1000, 0 },
		{ 0x1000000, 0x1000, 6 },
		{ 0x1000000, 0x1000, E820_RESERVED_KERN },
		{ 0x1234, 0x10, E820_UNUSABLE }, /* the good one */
		{ 0x2000000, 0x1000, E820_RESERVED },
	};

	(void)state;
	machine();
	module(entries, sizeof(entries) - 1); /* the last one is cut off */
	parse_setup_data();
	assert_true(host_log_has("entry 0, start 0x1000000 size 0 type 2: its size is 0: dropped"));
	assert_true(host_log_has(
		"entry 1, start 0xfffffffffffff000 size 0x2000 type 2: its end wraps"));
	assert_true(host_log_has("entry 2, "));
	assert_true(host_log_has("entry 3, "));
	assert_true(host_log_has(
		"entry 4, start 0x1000000 size 0x1000 type 128: its type is none of 1"));
	assert_true(
		host_log_has("extension entry 5 [0x1234, 0x1244) type 5 overlaps [0x1000, 0x9fc00) "
			     "type 1: the higher type wins there"));
	assert_true(host_log_has("139 bytes, not a multiple of 20: the last 19 are left out"));
	assert_true(host_log_has("1 of 6 entries taken"));
	assert_int_equal(type_at(0x1234), E820_UNUSABLE);
	assert_int_equal(type_at(0x1000000), E820_RAM);
	assert_int_equal(type_at(0x2000000), 0);
}

static void test_shorter_than_an_entry(void **state)
{
	const struct e820entry entry = { 0, ~0ull, E820_RESERVED };

	(void)state;
	machine();
	module(&entry, 19);
	parse_setup_data();
	assert_int_equal(e820.nr_map, 2);
	assert_true(host_log_has("19 bytes, not a multiple of 20: the last 19 are left out"));
}

/*
 * More than the map holds: what fits is used, through windows of one size, and so much room stays that
 * later edits lose nothing.
 */
static void test_too_many(void **state)
{
	static struct e820entry entries[1000];
	struct e820_frames frames;
	const u32 fit = E820_X_MAX - 32 - 1 - 2; /* one place is never reached: each may need two */

	(void)state;
	machine();
	for (u32 i = 0; i < ARRAY_SIZE(entries); i++)
		entries[i] = (struct e820entry){ 0x40000000 + 0x2000ull * i, 0x1000,
						 E820_RESERVED };
	module(entries, sizeof(entries));
	parse_setup_data();
	assert_int_equal(e820.nr_map, 2 + fit);
	assert_int_equal(type_at(0x40000000 + 0x2000ull * (fit - 1)), E820_RESERVED);
	assert_int_equal(type_at(0x40000000 + 0x2000ull * fit), 0);
	assert_true(host_log_has("entries taken: the map is full"));
	assert_int_equal(host_log_count("extension entry"), 0);
	e820_reserve_setup_data();
	e820_get_frames(&frames);
	assert_int_equal(frames.trimmed_pages, 5); /* the module's 20000 bytes, and no more */
	assert_int_equal(type_at(0x1ffffff), E820_RAM);
}

/* Each entry cuts one of RAM in three. */
static void test_too_many_cuts(void **state)
{
	static struct e820entry entries[300];

	(void)state;
	machine();
	for (u32 i = 0; i < ARRAY_SIZE(entries); i++)
		entries[i] = (struct e820entry){ 0x800000 + 0x2000ull * i, 0x1000, E820_RESERVED };
	module(entries, sizeof(entries));
	parse_setup_data();
	assert_in_range(e820.nr_map, E820_X_MAX - 32 - 2, E820_X_MAX - 32);
	assert_int_equal(type_at(0x1ffffff), E820_RAM);
	e820_reserve_setup_data();
	assert_int_equal(type_at(0x1ffffff), E820_RAM);
	assert_int_equal(type_at(MODULE), E820_RESERVED_KERN);
}

static void test_refused_whole(void **state)
{
	const struct e820entry entry = { 0x220000, 0x70000000, E820_RESERVED };
	struct e820map before;
	struct e820_frames frames;

	(void)state;
	machine();
	before = e820;
	module(&entry, sizeof(entry));
	parse_setup_data();
	assert_memory_equal(&e820, &before, sizeof(e820));
	assert_true(host_log_has("with the extension too little RAM is left: too few to run in"));
	e820_get_frames(&frames);
	assert_int_equal(frames.cut_by_option_pages, 0);
	assert_int_equal(frames.added_by_option_pages, 0);
}

/* RAM beyond the loader's map: used if it answers, refused if not. */
static void test_adds_ram(void **state)
{
	const struct e820entry entries[] = { { 0x2000000, 0x400000, E820_RAM },
					     { 0x8000000, 0x400000, E820_RAM } };
	struct e820_frames frames;

	(void)state;
	machine();
	host_ram_answers_below(0x2400000);
	module(entries, sizeof(entries));
	parse_setup_data();
	assert_int_equal(type_at(0x2000000), E820_RAM);
	assert_int_equal(type_at(0x8000000), 0);
	assert_true(host_log_has("none answers at 0x8000000: refused"));
	e820_get_frames(&frames);
	assert_int_equal(frames.added_by_option_pages, 1024);
}

static void test_no_window(void **state)
{
	const struct e820entry entry = { 0x1000000, 0x1000, E820_RESERVED };

	(void)state;
	machine();
	windows_fail_at = 1;
	module(&entry, sizeof(entry));
	parse_setup_data();
	assert_int_equal(e820.nr_map, 2);
	assert_true(host_log_has("0 of 1 entries taken"));
}

HOST_MAIN(cmocka_unit_test(test_marker), cmocka_unit_test(test_none),
	  cmocka_unit_test(test_extends), cmocka_unit_test(test_bad_entries),
	  cmocka_unit_test(test_shorter_than_an_entry), cmocka_unit_test(test_too_many),
	  cmocka_unit_test(test_too_many_cuts), cmocka_unit_test(test_refused_whole),
	  cmocka_unit_test(test_adds_ram), cmocka_unit_test(test_no_window))
