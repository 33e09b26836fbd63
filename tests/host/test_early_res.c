/*
 * Early reservations and the searches around them (W-00, W-38 to W-40, W-48), and the boot
 * allocator over them (W-91).
 */
#include "support/host.h"

#include "kernel/boot/boot_info.h"
#include "kernel/stage.h"
#include "kernel/x86/sections.h"
#include "mm/boot_modules.h"
#include "mm/bootmem.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_node_map.h"
#include "mm/early_res.h"
#include "mm/memstat.h"
#include "mm/page_alloc.h"
#include "support/boot_zones.h"
#include "window_fixture.h"

#define NONE ~0ull

static void expect_res(int i, u64 start, u64 end, const char *name, bool overlap_ok)
{
	assert_in_range(i, 0, early_res_count - 1);
	assert_true(early_res[i].start == start);
	assert_true(early_res[i].end == end);
	assert_string_equal(early_res[i].name, name);
	assert_int_equal(early_res[i].overlap_ok, overlap_ok);
}

/* ---- W-40: the list ---- */

static void test_reserve(void **state)
{
	(void)state;
	reserve_early(0x1000, 0x1000, "EMPTY");
	reserve_early(0x2000, 0x1000, "BACKWARD");
	assert_int_equal(early_res_count, 0);
	reserve_early(0x1000, 0x3000, "FIRST");
	reserve_early(0x3000, 0x4000, "A NAME OF SIXTEEN"); /* touching is not overlapping */
	assert_int_equal(early_res_count, 2);
	expect_res(1, 0x3000, 0x4000, "A NAME OF SIXT", false); /* 14 characters */
	EXPECT_PANIC("\"THIRD\" [0x2fff, 0x3001) overlaps \"FIRST\" [0x1000, 0x3000)",
		     reserve_early(0x2fff, 0x3001, "THIRD"));
}

/*
 *   ok     [################)
 *   new         [XXXX)           cut in two; then both ends; then swallowed whole
 */
static void test_overlap_ok(void **state)
{
	struct memstat_early_res log;

	(void)state;
	reserve_early_overlap_ok(0x1000, 0x9000, "OK");
	reserve_early(0x3000, 0x5000, "MIDDLE");
	assert_int_equal(early_res_count, 3);
	expect_res(0, 0x1000, 0x3000, "OK", true);
	expect_res(1, 0x5000, 0x9000, "OK", true);
	expect_res(2, 0x3000, 0x5000, "MIDDLE", false);

	reserve_early(0x2000, 0x3000, "END");
	reserve_early(0x5000, 0x6000, "START");
	reserve_early(0x6000, 0xa000, "WHOLE");
	assert_int_equal(early_res_count, 5);
	expect_res(1, 0x1000, 0x2000, "OK", true);

	/* the log remembers what was cut away, and that it is gone */
	memstat_early_res(0, &log);
	assert_true(log.start == 0x1000 && log.end == 0x9000);
	assert_non_null(log.freed_by);
	assert_string_equal(log.how, "split");
	memstat_early_res(1, &log); /* [0x1000, 0x3000) */
	assert_string_equal(log.how, "cut");
	memstat_early_res(2, &log); /* [0x5000, 0x9000) */
	assert_string_equal(log.how, "cut");
	memstat_early_res(memstat_early_res_count() - 1, &log);
	assert_string_equal(log.name, "WHOLE");
	assert_null(log.freed_by);
}

/* Who made it and who released it: the stage that asked, not the machinery. */
static void test_log_stages(void **state)
{
	struct memstat_early_res log;

	(void)state;
	reserve_early_overlap_ok(0, 0x1000, "A");
	stage_begin(STAGE_setup_usemap);
	reserve_early(0x1000, 0x2000, "B");
	stage_begin(STAGE_alloc_bootmem_nopanic);
	stage_begin(STAGE_alloc_memory_core_early);
	reserve_early_without_check(0x2000, 0x3000, "C", OWNER_BOOT_ALLOC);
	stage_end(STAGE_alloc_memory_core_early);
	stage_end(STAGE_alloc_bootmem_nopanic);
	free_early(0, 0x1000);
	stage_end(STAGE_setup_usemap);
	memstat_early_res(0, &log);
	assert_string_equal(log.made_by, "start_kernel");
	assert_string_equal(log.freed_by, "setup_usemap");
	memstat_early_res(1, &log);
	assert_string_equal(log.made_by, "setup_usemap");
	memstat_early_res(2, &log);
	assert_string_equal(log.made_by, "setup_usemap");
	assert_null(log.freed_by);
}

static void test_free_early(void **state)
{
	(void)state;
	reserve_early(0x1000, 0x2000, "A");
	reserve_early(0x3000, 0x9000, "B");
	reserve_early(0xa000, 0xb000, "C");
	EXPECT_PANIC("free_early of [0x3000, 0x8000)", free_early(0x3000, 0x8000));
	EXPECT_PANIC("free_early of [0xc000, 0xd000)", free_early(0xc000, 0xd000));
	free_early(0x1000, 0x2000);
	assert_int_equal(early_res_count, 2);
	expect_res(0, 0x3000, 0x9000, "B", false);
	assert_true(early_res[2].end == 0); /* dense, and cleared behind the last */

	free_early_partial(0x5000, 0x6000); /* cut in two */
	assert_int_equal(early_res_count, 3);
	expect_res(1, 0x3000, 0x5000, "B", false);
	expect_res(2, 0x6000, 0x9000, "B", false);
	free_early_partial(0x4000, 0xa800); /* an end, a whole one, a start */
	assert_int_equal(early_res_count, 2);
	expect_res(0, 0xa800, 0xb000, "C", false);
	expect_res(1, 0x3000, 0x4000, "B", false);
	free_early_partial(0x5000, 0x5000);
	assert_int_equal(early_res_count, 2);
}

/* 28 of 32 used: the list doubles below the range that is being reserved; 56 of 64: once more. */
static void test_doubling(void **state)
{
	struct early_res *old;
	u64 own;

	(void)state;
	host_ram_setup(SZ_4M);
	max_pfn_mapped = PFN_DOWN(SZ_4M);
	e820_add_region(0x1000, 0x9e000, E820_RAM);
	e820_add_region(0x100000, 0x300000, E820_RAM);
	for (int i = 0; i < 28; i++)
		reserve_early(0x200000 + 0x2000 * i, 0x201000 + 0x2000 * i, "X");
	assert_int_equal(early_res_count, 28);
	assert_false(early_res_doubled());
	old = early_res;
	reserve_early(0x300000, 0x301000, "THE 29TH");
	assert_true(early_res_doubled());
	assert_int_equal(max_early_res, 64);
	assert_int_equal(early_res_count, 30);
	assert_string_equal(early_res[0].name, "");
	assert_true(early_res[0].start == 0x1000 && early_res[0].end == 0x1000 + 64 * 32);
	assert_ptr_equal(early_res, __va(0x1000));
	assert_true(old[0].end == 0); /* the old list is cleared */
	expect_res(1, 0x200000, 0x201000, "X", false);
	expect_res(29, 0x300000, 0x301000, "THE 29TH", false);
	own = early_res[0].end;

	/* its own memory counts as reserved while it is in use */
	assert_true(find_e820_area(0, SZ_4M, 0x1000, 0x1000) == 0x2000);

	for (int i = 0; early_res_count < 56; i++)
		reserve_early(0x302000 + 0x2000 * i, 0x303000 + 0x2000 * i, "Y");
	reserve_early(0x3f0000, 0x3f1000, "LATE");
	assert_int_equal(max_early_res, 128);
	assert_int_equal(early_res_count, 57); /* the old list's own entry is gone */
	assert_true(early_res[0].start == own && early_res[0].end == own + 128 * 32);
	expect_res(1, 0x200000, 0x201000, "X", false);
	expect_res(56, 0x3f0000, 0x3f1000, "LATE", false);
}

static void test_doubling_above_and_never(void **state)
{
	(void)state;
	host_ram_setup(SZ_4M);
	max_pfn_mapped = PFN_DOWN(SZ_4M);
	e820_add_region(0x100000, 0x100000, E820_RAM);
	for (int i = 0; i < 28; i++)
		reserve_early(0x110000 + 0x1000 * i, 0x111000 + 0x1000 * i, "X");
	/* nothing below [0x100000 ...): above it */
	reserve_early(0x100000, 0x110000, "LOW");
	assert_true(early_res[0].start == 0x12c000);
	/* and with nowhere to go, one line says so */
	max_pfn_mapped = PFN_DOWN(0x12d000);
	for (int i = 0; early_res_count < 56; i++)
		reserve_early_without_check(0x1f0000 + i, 0x1f0001 + i, "Y", OWNER_BOOT_ALLOC);
	EXPECT_PANIC("early_res: no room for a list of 128",
		     reserve_early(0x200000, 0x201000, "Z"));
}

/* ---- W-38, W-39: searching ---- */

static void test_find_early_area(void **state)
{
	(void)state;
	/* entry [0x1800, 0x9000), a chain of reservations at its start */
	reserve_early(0x2000, 0x3000, "A");
	reserve_early(0x4000, 0x4800, "C");
	reserve_early(0x3000, 0x4000, "B");
	assert_true(find_early_area(0x1800, 0x9000, 0, NONE, 0x1000, 0x1000) == 0x5000);
	assert_true(find_early_area(0x1800, 0x9000, 0, NONE, 0x800, 0x10) == 0x1800);
	assert_true(find_early_area(0x1800, 0x9000, 0, NONE, 0x801, 0x10) == 0x4800);
	assert_true(find_early_area(0x1800, 0x9000, 0x6000, NONE, 0x1000, 0x1000) == 0x6000);
	/* each refusal: start beyond the entry, too large for it, beyond end, all reserved */
	assert_true(find_early_area(0x1800, 0x9000, 0x9000, NONE, 1, 1) == NONE);
	assert_true(find_early_area(0x1800, 0x9000, 0, NONE, 0x4001, 0x1000) == NONE);
	assert_true(find_early_area(0x1800, 0x9000, 0, 0x5fff, 0x1000, 0x1000) == NONE);
	assert_true(find_early_area(0x2000, 0x4800, 0, NONE, 1, 1) == NONE);
	/* rounding up past the end of the address space is not a low address */
	assert_true(find_early_area(~0ull - 10, ~0ull, 0, NONE, 1, 0x1000) == NONE);
}

static void test_find_e820_area(void **state)
{
	(void)state;
	e820_add_region(0x1000, 0x1000, E820_RAM);
	e820_add_region(0x4000, 0x4000, E820_RESERVED);
	e820_add_region(0x10000, 0x10000, E820_RAM);
	assert_true(find_e820_area(0, NONE, 0x1000, 0x1000) == 0x1000);
	assert_true(find_e820_area(0, NONE, 0x2000, 0x1000) == 0x10000);
	assert_true(find_fw_memmap_area(0, 0x11000, 0x2000, 0x1000) == NONE);
	reserve_early(0x1000, 0x1001, "X");
	assert_true(find_e820_area(0, NONE, 0x1000, 0x1000) == 0x10000);
	assert_true(find_e820_area(0, NONE, 0x1000, 0x8000) == 0x10000);
	assert_true(find_e820_area(0x10001, NONE, 0x1000, 0x8000) == 0x18000);
}

/* ---- W-00 ---- */

static void test_ebda(void **state)
{
	(void)state;
	assert_int_equal(ebda_lowmem_end(639, 0x9fc0), 0x9fc00); /* QEMU: equal */
	assert_int_equal(ebda_lowmem_end(640, 0x9000), 0x90000); /* 64 KiB below: counts */
	assert_int_equal(ebda_lowmem_end(640, 0x8fff), 0xa0000); /* further down: does not */
	assert_int_equal(ebda_lowmem_end(640, 0), 0x9f000);	 /* none: capped */
	assert_int_equal(ebda_lowmem_end(512, 0), 0x80000);
	assert_int_equal(ebda_lowmem_end(0, 0), 0x9f000);
	assert_int_equal(ebda_lowmem_end(1024, 0x9fc0), 0x9f000); /* not below 1 MiB */
}

static void bda(u16 kib, u16 segment)
{
	memcpy(__va(0x413), &kib, 2);
	memcpy(__va(0x40e), &segment, 2);
}

static void test_first_reservations(void **state)
{
	(void)state;
	host_ram_setup(SZ_16M);
	bda(639, 0x9fc0);
	boot_info.module_count = 4;
	boot_info.modules[0] = (struct boot_module){ 0x400000, 0x480000, "a" };
	boot_info.modules[1] = (struct boot_module){ 0x180000, 0x280000, "in the image" };
	boot_info.modules[2] = (struct boot_module){ 0x500000, 0x500000, "empty" };
	boot_info.modules[3] = (struct boot_module){ 0x470000, 0x490000, "on the first" };
	first_reservations();
	assert_int_equal(max_pfn_mapped, 2048);
	assert_int_equal(early_res_count, 4);
	expect_res(0, 0x1000, 0x2000, "EX TRAMPOLINE", true);
	expect_res(1, HOST_IMAGE_START, HOST_IMAGE_END, "TEXT DATA BSS", false);
	expect_res(2, 0x400000, 0x480000, "RAMDISK", false);
	expect_res(3, 0x9fc00, 0x100000, "BIOS reserved", true);
	assert_true(host_log_has("module 1 [0x180000, 0x280000) lies on something else: dropped"));
	assert_true(host_log_has("module 2 [0x500000, 0x500000) is empty: dropped"));
	assert_int_equal(boot_info.modules[3].start, boot_info.modules[3].end);
	/* owners */
	assert_int_equal(early_res[0].owner, OWNER_FIRMWARE);
	assert_int_equal(early_res[1].owner, OWNER_KERNEL);
	assert_int_equal(early_res[2].owner, OWNER_MODULE);
}

/* ---- W-91 ---- */

static void small_machine(void)
{
	host_ram_setup(32 << 20);
	e820_add_region(0x1000, 0x9e000, E820_RAM);
	e820_add_region(0x100000, 31 << 20, E820_RAM);
	max_pfn = max_low_pfn = max_pfn_mapped = max_low_pfn_mapped = PFN_DOWN(32 << 20);
	reserve_early(HOST_IMAGE_START, HOST_IMAGE_END, "TEXT DATA BSS");
	initmem_init();
}

static void test_bootmem(void **state)
{
	u8 *p;

	(void)state;
	small_machine();
	assert_true(after_bootmem);
	/* at the goal, aligned, cleared, recorded with its owner */
	p = alloc_bootmem(100, OWNER_BOOT_ALLOC);
	assert_ptr_equal(p, __va(BOOTMEM_GOAL));
	for (int i = 0; i < 100; i++)
		assert_int_equal(p[i], 0);
	assert_int_equal(p[100], HOST_RAM_DIRT);
	p = alloc_bootmem(8, OWNER_BOOT_ALLOC);
	assert_ptr_equal(p, __va(BOOTMEM_GOAL + 128));
	p = alloc_bootmem_pages_dirty(PAGE_SIZE, OWNER_MEM_MAP);
	assert_ptr_equal(p, __va(BOOTMEM_GOAL + PAGE_SIZE));
	assert_int_equal(p[0], HOST_RAM_DIRT);
	expect_res(early_res_count - 1, BOOTMEM_GOAL + 0x1000, BOOTMEM_GOAL + 0x2000, "BOOTMEM",
		   false);
	assert_int_equal(early_res[early_res_count - 1].owner, OWNER_MEM_MAP);

	/* nothing at the goal: anywhere below the limit */
	p = ___alloc_bootmem_nopanic(20 << 20, PAGE_SIZE, BOOTMEM_GOAL, NONE, OWNER_BOOT_ALLOC);
	assert_null(p); /* 14 MiB below the goal, 15 above */
	p = ___alloc_bootmem_nopanic(0x1000, PAGE_SIZE, BOOTMEM_GOAL, 0x100000, OWNER_BOOT_ALLOC);
	assert_ptr_equal(p, __va(0x1000));
	assert_null(___alloc_bootmem_nopanic(0x100000, PAGE_SIZE, 0, 0x100000, OWNER_BOOT_ALLOC));
	EXPECT_PANIC("bootmem: no 20971520 bytes of low memory left",
		     alloc_bootmem_pages(20 << 20, OWNER_BOOT_ALLOC));
}

/* Low memory is full: with no limit given, high memory must not be taken for low (W-91). */
static void test_bootmem_stays_low(void **state)
{
	(void)state;
	small_machine();
	max_low_pfn_mapped = PFN_DOWN(20 << 20);
	assert_non_null(___alloc_bootmem_nopanic(4 << 20, PAGE_SIZE, BOOTMEM_GOAL, NONE, 0));
	/* the rest of low memory is 14 MiB below 16 MiB; 12 MiB of RAM lie above the limit */
	assert_non_null(___alloc_bootmem_nopanic(10 << 20, PAGE_SIZE, BOOTMEM_GOAL, NONE, 0));
	assert_null(___alloc_bootmem_nopanic(5 << 20, PAGE_SIZE, BOOTMEM_GOAL, NONE, 0));
}

static void test_bootmem_too_late(void **state)
{
	(void)state;
	small_machine();
	system_state = PHASE_BUDDY;
	EXPECT_PANIC("bootmem: 10 bytes asked for after", alloc_bootmem(10, OWNER_BOOT_ALLOC));
}

/* ---- W-48 ---- */

static void machine_with_module(u32 start, u32 end)
{
	small_machine();
	max_low_pfn = PFN_DOWN(16 << 20);
	boot_info.module_count = 1;
	boot_info.modules[0] = (struct boot_module){ start, end, "m" };
	reserve_early(start, end, "RAMDISK");
}

static void test_module_stays(void **state)
{
	(void)state;
	machine_with_module(0xf00000, 0x1000000);
	reserve_initrd();
	assert_int_equal(boot_info.modules[0].start, 0xf00000);
}

/* What overlaps the image by a byte is gone; what touches its ends is whole. */
static void test_module_overwritten(void **state)
{
	u32 start = (u32)__pa(_text), end = (u32)__pa(_end);
	const struct boot_module modules[] = {
		{ .start = start - 0x1000, .end = start },
		{ .start = start - 0x1000, .end = start + 1 },
		{ .start = end - 1, .end = end + 0x1000 },
		{ .start = end, .end = end + 0x1000 },
		{ .start = start + 0x1000, .end = start + 0x1000 }, /* dropped before */
	};

	(void)state;
	memcpy(boot_info.modules, modules, sizeof(modules));
	boot_info.module_count = ARRAY_SIZE(modules);
	initrd_overwritten_check();
	for (unsigned i = 0; i < ARRAY_SIZE(modules); i++) {
		bool gone = i == 1 || i == 2;

		assert_int_equal(boot_info.modules[i].start, modules[i].start);
		assert_int_equal(boot_info.modules[i].end,
				 gone ? modules[i].start : modules[i].end);
	}
	assert_int_equal(boot_info.module_count, ARRAY_SIZE(modules));
	assert_true(host_log_has("module 1 ["));
	assert_true(host_log_has("module 2 ["));
	assert_false(host_log_has("module 4 ["));
}

/* Half of low memory or more: it stays where it is, and its frames do not become free. */
static void test_module_too_large(void **state)
{
	(void)state;
	machine_with_module(0x1000000, 0x1800000);
	reserve_initrd();
	assert_int_equal(boot_info.modules[0].start, 0x1000000);
	assert_int_equal(boot_info.modules[0].end, 0x1800000);
	assert_true(host_log_has("no room for it in low memory (0x1000000 bytes): it stays there"));
	expect_res(early_res_count - 1, 0x1000000, 0x1800000, "RAMDISK", false);
}

/* Beyond the memory that is used: it cannot stay. */
static void test_module_outside(void **state)
{
	(void)state;
	machine_with_module(0x1000000, 0x1800000);
	max_pfn = PFN_DOWN(0x1700000);
	reserve_initrd();
	assert_int_equal(boot_info.modules[0].start, boot_info.modules[0].end);
	assert_true(host_log_has("no RAM in use there: dropped"));
	for (int i = 0; i < early_res_count; i++)
		assert_string_not_equal(early_res[i].name, "RAMDISK");
}

/*
 *   low [0, 16 MiB)             [moved]
 *   high                  [module) 300 KiB and a bit, not page aligned
 */
static void test_module_moves(void **state)
{
	const u32 start = 0x1234567, size = 300 * 1024 + 77;
	struct memstat_module m;
	u8 *from, *to;
	u32 bytes;

	(void)state;
	machine_with_module(start, start + size);
	from = __va(start);
	for (u32 i = 0; i < size; i++)
		from[i] = (u8)(i * 7 + i / 251);
	reserve_initrd();
	memstat_module(0, &m);
	assert_true(m.start != start && m.end <= 16 << 20 && m.end - m.start == size);
	assert_int_equal(m.given_start, start);
	assert_int_equal(m.given_end, start + size);
	assert_false(m.high);
	to = __va(m.start);
	for (u32 i = 0; i < size; i++)
		assert_int_equal(to[i], (u8)(i * 7 + i / 251));
	assert_ptr_equal(memstat_module_map(0, 100, &bytes), to + 100);
	assert_int_equal(bytes, size - 100);
	memstat_module_unmap(0, 100);
	/* the new place is reserved, the old one is free */
	expect_res(early_res_count - 1, m.start, m.end, "NEW RAMDISK", false);
	assert_true(find_early_area(start, start + size, 0, NONE, size, 1) == start);
	assert_int_equal(windows_open, 0);
	assert_int_equal(windows_opened, 4); /* 63 pages at a time, a window on each side */
}

/* No window in the middle of the copy: nothing was reserved for it, and it stays whole. */
static void test_module_copy_fails(void **state)
{
	(void)state;
	machine_with_module(0x1234567, 0x1234567 + 300 * 1024);
	windows_fail_at = 4;
	reserve_initrd();
	assert_int_equal(boot_info.modules[0].start, 0x1234567);
	assert_int_equal(windows_open, 0);
	expect_res(early_res_count - 1, 0x1234567, 0x1234567 + 300 * 1024, "RAMDISK", false);
}

/* ---- The hand-over ---- */

/* The map leaves out the image: its frames have no descriptor, and nothing is written for them. */
static void test_tag_without_descriptor(void **state)
{
	unsigned long sum = 0;

	(void)state;
	host_boot_to_zones((struct e820entry[]){ { 0x400000, 0x1c00000, E820_RAM },
						 { 0x2000000, 0x1000, E820_RESERVED } },
			   2);
	assert_false(pfn_is_registered(0x100));
	assert_true(pfn_is_registered(0x400));
	assert_false(pfn_is_registered(0x2000));
	early_res_tag_frames();
	for (int owner = 0; owner < NR_OWNERS; owner++)
		sum += owner_pages[owner];
	assert_int_equal(owner_pages[OWNER_KERNEL], 0);
	assert_int_equal(sum, owner_pages[OWNER_MEM_MAP] + owner_pages[OWNER_BOOT_ALLOC]);
	assert_int_equal(owner_pages[OWNER_MEM_MAP], 7168 * 32 / 4096);
}

/* Released behind the hand-over: the middle of one reservation; then the whole of what is left. */
static void test_log_released(void **state)
{
	struct memstat_early_res log;

	(void)state;
	reserve_early(0x1000, 0x9000, "IMAGE");
	reserve_early(0xa000, 0xb000, "OTHER");
	early_res_forget();
	early_res_log_released(0x3000, 0x5000);
	assert_int_equal(memstat_early_res_count(), 4);
	memstat_early_res(0, &log);
	assert_string_equal(log.how, "split");
	memstat_early_res(2, &log);
	assert_true(log.start == 0x1000 && log.end == 0x3000 && !log.freed_by);
	memstat_early_res(3, &log);
	assert_true(log.start == 0x5000 && log.end == 0x9000 && !log.freed_by);
	assert_string_equal(log.name, "IMAGE");
	early_res_log_released(0x5000, 0x9000);
	memstat_early_res(3, &log);
	assert_string_equal(log.how, "freed");
	assert_int_equal(memstat_early_res_count(), 4);
	early_res_log_released(0x9800, 0xa800); /* of no one reservation: nothing is written */
	assert_int_equal(memstat_early_res_count(), 4);
}

static void test_tag_frames(void **state)
{
	(void)state;
	host_boot_to_zones(
		(struct e820entry[]){ { 0, 0x9fc00, E820_RAM }, { 0x100000, 31 << 20, 1 } }, 2);
	/* two claims on one page, a hole, a page touched by one byte */
	reserve_early(0x300000, 0x300800, "RAMDISK");
	reserve_early(0x300800, 0x301001, "BAD RAM");
	reserve_early_overlap_ok(0x9fc00, 0x100000, "BIOS reserved");
	early_res_tag_frames();
	assert_int_equal(page_owner(pfn_to_page(0x300)), OWNER_MODULE);
	assert_int_equal(page_owner(pfn_to_page(0x301)), OWNER_BAD_RAM);
	assert_int_equal(page_owner(pfn_to_page(0x302)), OWNER_NONE);
	assert_int_equal(page_owner(pfn_to_page(0x9f)), OWNER_HOLE);
	assert_int_equal(owner_pages[OWNER_MODULE], 1);
	assert_int_equal(owner_pages[OWNER_BAD_RAM], 1);
	assert_int_equal(owner_pages[OWNER_KERNEL], 256);
	assert_int_equal(owner_pages[OWNER_FIRMWARE], 0);
	assert_int_equal(owner_pages[OWNER_MEM_MAP], 8192 * 32 / 4096);
	early_res_forget();
	EXPECT_PANIC("!early_res", reserve_early(0, 1, "X"));
}

HOST_MAIN(cmocka_unit_test(test_reserve), cmocka_unit_test(test_overlap_ok),
	  cmocka_unit_test(test_log_stages), cmocka_unit_test(test_free_early),
	  cmocka_unit_test(test_doubling), cmocka_unit_test(test_doubling_above_and_never),
	  cmocka_unit_test(test_find_early_area), cmocka_unit_test(test_find_e820_area),
	  cmocka_unit_test(test_ebda), cmocka_unit_test(test_first_reservations),
	  cmocka_unit_test(test_bootmem), cmocka_unit_test(test_bootmem_stays_low),
	  cmocka_unit_test(test_bootmem_too_late), cmocka_unit_test(test_module_stays),
	  cmocka_unit_test(test_module_overwritten), cmocka_unit_test(test_module_too_large),
	  cmocka_unit_test(test_module_outside), cmocka_unit_test(test_module_moves),
	  cmocka_unit_test(test_module_copy_fails), cmocka_unit_test(test_tag_frames),
	  cmocka_unit_test(test_log_released), cmocka_unit_test(test_tag_without_descriptor))
