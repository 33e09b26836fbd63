/*
 * Machines that fuzzing found trouble with: each test failed before the fix it stands for.
 */
#include "support/host.h"

#include "kernel/acpi.c"
#include "kernel/boot/boot_info.h"
#include "mm/acpi_setup.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_res.h"
#include "mm/fixmap.h"
#include "mm/memstat.h"
#include "support/boot_zones.h"

static u32 use_pages(const char *use)
{
	static struct memstat_frames frames;

	memstat_frames(&frames);
	for (u32 i = 0; i < frames.count; i++)
		if (!strcmp(frames.uses[i].use, use))
			return frames.uses[i].pages;
	fail_msg("no use \"%s\"", use);
	return 0;
}

static void assert_sums(void)
{
	static struct memstat_frames frames;
	u64 sum = 0;

	memstat_frames(&frames);
	for (u32 i = 0; i < frames.count; i++)
		sum += frames.uses[i].pages;
	assert_true(sum == frames.ram_pages);
}

/*
 *	RAM   [0 ... 41 MiB)                                 [4095 MiB ... 4096 MiB)
 *	used  [0 ... 41 MiB)      low | 16 MiB of high memory)
 *
 * highmem= leaves high memory where no RAM is: descriptors end with the RAM, not with that limit.
 */
static void test_limit_beyond_ram(void **state)
{
	static const struct e820entry map[] = {
		{ 0, 0x9fc00, E820_RAM },
		{ 0x100000, 0x2800000, E820_RAM },
		{ 0xfff00000, 0x100000, E820_RAM },
	};

	(void)state;
	host_boot_option("highmem", "16M");
	host_boot_map(map, 3);
	host_boot_finish();
	host_check_pages();
	assert_int_equal(max_pfn, 0x39000);
	assert_int_equal(max_mapnr, 0x2c00);
	assert_true(pfn_valid(0x28ff));
	assert_false(pfn_valid(0x38fff));
	assert_int_equal(use_pages("cut_by_option"), 256);
	assert_sums();
}

/* RAM that begins far above 0: nobody asks for a descriptor before the first one. */
static void test_no_ram_at_0(void **state)
{
	static const struct e820entry map[] = {
		{ 0, 0x1000, E820_RESERVED },
		{ 0x1000000, 0x1000000, E820_RAM },
	};

	(void)state;
	host_boot_map(map, 2);
	host_boot_finish();
	host_check_pages();
	assert_int_equal(min_mapnr, 0x1000);
	assert_false(pfn_valid(0));
	assert_false(pfn_valid(0xfff));
	assert_true(pfn_valid(0x1000));
	assert_false(pfn_valid(0x2000));
	assert_sums();
}

/* More frames than 32 bits can count: the figure stays at its largest value everywhere. */
static void test_astronomic_map(void **state)
{
	static const struct e820entry map[] = {
		{ 0, 0x9fc00, E820_RAM },
		{ 0x100000, 0x1f00000, E820_RAM },
		{ 0x100000000, 0xfffffffe00000000, E820_RAM },
	};
	static struct memstat_frames frames;

	(void)state;
	host_boot_map(map, 3);
	host_boot_finish();
	host_check_pages();
	memstat_frames(&frames);
	assert_int_equal(frames.ram_pages, 0xFFFFFFFF);
	assert_int_equal(use_pages("above_4g"), 0xFFFFFFFF - 0x9f - 0x1f00);
	assert_sums();
}

/* What memmap= adds, highmem= may cut off again. */
static void test_added_and_cut(void **state)
{
	static const struct e820entry map[] = {
		{ 0, 0x9fc00, E820_RAM },
		{ 0x100000, 0x37f00000, E820_RAM },
	};
	struct e820_frames frames;

	(void)state;
	host_boot_option("memmap", "1M@4095M");
	host_boot_option("highmem", "0");
	host_boot_map(map, 2);
	host_boot_finish();
	host_check_pages();
	e820_get_frames(&frames);
	assert_int_equal(max_pfn, 0x38000);
	assert_int_equal(frames.added_by_option_pages, 0);
	assert_int_equal(e820_added_count(), 0);
	assert_sums();
}

static void put16(u32 addr, u16 v)
{
	memcpy(__va(addr), &v, 2);
}

/* Modules where firmware lives are dropped with a line, not met by a panic. */
static void test_module_in_bios_area(void **state)
{
	static const struct boot_module modules[] = {
		{ .start = 0xe7000, .end = 0xebf6b },	{ .start = 0x9f000, .end = 0xa1000 },
		{ .start = 0x80000, .end = 0x81000 },	{ .start = 0xff000, .end = 0x100000 },
		{ .start = 0x400000, .end = 0x400001 },
	};

	(void)state;
	host_ram_setup(8 << 20);
	put16(0x40e, 0x9fc0);
	put16(0x413, 639);
	memcpy(boot_info.modules, modules, sizeof(modules));
	boot_info.module_count = ARRAY_SIZE(modules);
	first_reservations();
	for (unsigned i = 0; i < ARRAY_SIZE(modules); i++) {
		bool kept = boot_info.modules[i].start != boot_info.modules[i].end;

		assert_int_equal(kept, i == 2 || i == 4);
	}
	assert_true(host_log_has("module 0 [0xe7000, 0xebf6b) lies on something else: dropped"));
}

static void fix_sum(u32 addr, u32 len, u32 at)
{
	u8 *p = __va(addr);

	p[at] = 0;
	p[at] = (u8)-sum_bytes(p, len);
}

/* An extended root table with addresses at the very end of 64 bits, whose sums wrap. */
static void test_tables_nowhere(void **state)
{
	static const u64 entries[] = { ~0ull, ~0ull - 35, ~0ull - 36, 0xFFFFFFFF, 0xFFFFFFF0 };
	const u32 length = HEADER_SIZE + sizeof(entries);
	const u64 xsdt = 0x300000;

	(void)state;
	host_ram_setup(8 << 20);
	memset(host_ram, 0, 8 << 20);
	host_cr3 = __pa(swapper_pg_dir);
	early_ioremap_init();
	max_low_pfn_mapped = 0x800;
	memcpy(__va(0xf0000), "RSD PTR ", 8);
	*(u8 *)__va(0xf000f) = 2;
	memcpy(__va(0xf0018), &xsdt, 8);
	fix_sum(0xf0000, 20, 8);
	fix_sum(0xf0000, 36, 32);
	memcpy(__va(0x300000), "XSDT", 4);
	memcpy(__va(0x300004), &length, 4);
	memcpy(__va(0x300024), entries, sizeof(entries));
	fix_sum(0x300000, length, 9);
	acpi_boot_table_init();
	assert_int_equal(acpi_table_count(), 0);
	assert_true(host_log_has("table at 0xffffffffffffffff cannot be mapped"));
	assert_true(host_log_has("table at 0xffffffff cannot be mapped"));
	assert_int_equal(check_early_ioremap_leak(), 0);
}

HOST_MAIN(cmocka_unit_test(test_limit_beyond_ram), cmocka_unit_test(test_no_ram_at_0),
	  cmocka_unit_test(test_astronomic_map), cmocka_unit_test(test_added_and_cut),
	  cmocka_unit_test(test_module_in_bios_area), cmocka_unit_test(test_tables_nowhere))
