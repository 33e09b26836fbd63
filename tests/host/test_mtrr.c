/*
 * Memory type ranges (W-28). w is write-back, u uncached, R RAM.
 */
#include "support/host.h"

#include "kernel/boot/boot_info.h"
#include "kernel/lib/errno.h"
#include "kernel/x86/msr.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/memstat.h"
#include "mm/mtrr.h"

#define MIB(n) ((u64)(n) << 20)

static void set_msr(u32 msr, u64 value)
{
	host_msrs[host_msr_count].msr = msr;
	host_msrs[host_msr_count++].value = value;
}

static u32 ranges;

static void var_range(u64 base, u64 size, u8 type)
{
	set_msr(MSR_MTRRPHYSBASE(ranges), base | type);
	set_msr(MSR_MTRRPHYSMASK(ranges), size ? (~(size - 1) & 0xFFFFFF000ull) | 0x800 : 0);
	ranges++;
}

/* RAM [0, 0x9F000) and [1 MiB, ram_mib). */
static void machine(u64 ram_mib)
{
	host_ram_setup(SZ_4M);
	boot_info.map_count = 2;
	boot_info.map[0] = (struct boot_map_entry){ 0, 0x9f000, 1 };
	boot_info.map[1] = (struct boot_map_entry){ MIB(1), MIB(ram_mib - 1), 1 };
	setup_memory_map();
	set_max_pfn();
}

static void run(u32 def_type)
{
	boot_cpu_data.features |= 1u << CPU_MTRR;
	set_msr(MSR_MTRRDEFTYPE, def_type);
	set_msr(MSR_MTRRCAP, ranges);
	mtrr_bp_init();
	mtrr_trim_uncached_memory();
}

static void expect_trimmed(u32 pages, unsigned long end_pfn)
{
	struct e820_frames f;

	e820_get_frames(&f);
	assert_int_equal(f.trimmed_pages, pages);
	assert_int_equal(max_pfn, end_pfn);
}

/* A short range:    w [0, 512M)   R [0, 1024M) */
static void test_short(void **state)
{
	(void)state;
	machine(1024);
	var_range(0, MIB(512), MTRR_WRBACK);
	var_range(0, 0, 0);
	run(0xC00);
	expect_trimmed(512 * 256, 512 * 256);
	assert_true(host_log_has("BIOS leaves 512 MiB of RAM uncached"));
}

/* A hole:  w [0, 1024M) u [256M, 512M) */
static void test_hole(void **state)
{
	(void)state;
	machine(1024);
	var_range(0, MIB(1024), MTRR_WRBACK);
	var_range(MIB(256), MIB(256), MTRR_UNCACHABLE);
	run(0xC00);
	expect_trimmed(256 * 256, 1024 * 256);
	assert_true(e820_all_mapped(MIB(256), MIB(512), E820_RESERVED));
}

/* Ranges that overlap and touch, out of order, cover all. */
static void test_covered(void **state)
{
	(void)state;
	machine(1024);
	var_range(MIB(512), MIB(512), MTRR_WRBACK);
	var_range(0, MIB(512), MTRR_WRBACK);
	var_range(0, MIB(256), MTRR_WRBACK);
	var_range(MIB(2048), MIB(2048), MTRR_UNCACHABLE);
	run(0xC00);
	expect_trimmed(0, 1024 * 256);
	assert_int_equal(mtrr_state.var[3].size, MIB(2048));
}

static void test_head(void **state)
{
	(void)state;
	machine(1024);
	var_range(MIB(512), MIB(512), MTRR_WRBACK);
	run(0xC00);
	expect_trimmed(0x9f + 511 * 256, 1024 * 256);
}

static void test_reasons(void **state)
{
	(void)state;
	machine(1024);
	mtrr_bp_init(); /* none: no MSR is read */
	mtrr_trim_uncached_memory();
	expect_trimmed(0, 1024 * 256);
	run(0xC06); /* QEMU: write-back by default */
	expect_trimmed(0, 1024 * 256);
}

static void test_only_other_types(void **state)
{
	(void)state;
	machine(1024);
	var_range(0, MIB(512), MTRR_WRTHROUGH);
	run(0xC00);
	expect_trimmed(0, 1024 * 256);
}

static void test_other_types_too(void **state)
{
	(void)state;
	machine(1024);
	var_range(0, MIB(512), MTRR_WRBACK);
	var_range(MIB(512), MIB(256), MTRR_WRCOMB);
	run(0xC00);
	expect_trimmed(0, 1024 * 256);
}

static void test_disabled(void **state)
{
	(void)state;
	machine(1024);
	assert_int_equal(parse_disable_mtrr_trim("x"), -EINVAL);
	assert_int_equal(parse_disable_mtrr_trim(""), 0);
	var_range(0, MIB(512), MTRR_WRBACK);
	run(0xC00);
	expect_trimmed(0, 1024 * 256);
}

/* What is shown of the registers: each range with its type, an unused one with no bytes. */
static void test_shown(void **state)
{
	struct memstat_mtrr m;
	struct memstat_mtrr_range r;

	(void)state;
	machine(1024);
	var_range(0, MIB(512), MTRR_WRBACK);
	var_range(MIB(512), MIB(16), MTRR_WRPROT);
	var_range(0, 0, MTRR_UNCACHABLE);
	run(0xC00);
	memstat_mtrr(&m);
	assert_true(m.present);
	assert_int_equal(m.def_type, 0xC00);
	assert_int_equal(m.count, 3);
	assert_string_equal(m.decision, "types other than write-back and uncached are in use");
	assert_true(m.trimmed_bytes == 0);
	memstat_mtrr_range(0, &r);
	assert_true(r.base == 0 && r.bytes == MIB(512));
	assert_string_equal(memstat_mtrr_type_name(r.type), "write-back");
	memstat_mtrr_range(1, &r);
	assert_true(r.base == MIB(512) && r.bytes == MIB(16));
	assert_string_equal(memstat_mtrr_type_name(r.type), "write-protect");
	memstat_mtrr_range(2, &r);
	assert_true(r.bytes == 0);
	assert_string_equal(memstat_mtrr_type_name(r.type), "uncachable");
	assert_string_equal(memstat_mtrr_type_name(0x7f), "?");
}

HOST_MAIN(cmocka_unit_test(test_short), cmocka_unit_test(test_hole), cmocka_unit_test(test_covered),
	  cmocka_unit_test(test_head), cmocka_unit_test(test_reasons),
	  cmocka_unit_test(test_only_other_types), cmocka_unit_test(test_other_types_too),
	  cmocka_unit_test(test_disabled), cmocka_unit_test(test_shown))
