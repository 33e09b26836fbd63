/*
 * The host tests' own footing: the arena, expected panics, one process for each test.
 */
#include "support/host.h"

#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/x86/sections.h"
#include "mm/pgtable.h"

static int touched;

static void test_arena(void **state)
{
	(void)state;
	touched++;
	assert_int_equal(touched, 1);
	host_ram_setup(SZ_4M);
	assert_ptr_equal(host_ram, (void *)HOST_RAM_BASE);
	assert_int_equal(*(unsigned char *)__va(0x1234), HOST_RAM_DIRT);
	assert_int_equal(__pa(__va(0x345678)), 0x345678);
	assert_int_equal(__pa(_text), HOST_IMAGE_START);
	assert_int_equal(__pa(__bss_stop), HOST_IMAGE_END);
	swapper_pg_dir[5].val = 0x067;
	assert_int_equal(*(u32 *)__va(__pa(swapper_pg_dir) + 20), 0x067);
	/* objects of the program itself have an address too, beyond the arena */
	assert_ptr_equal(__va(__pa(&touched)), &touched);
}

static void test_own_process(void **state)
{
	(void)state;
	touched++;
	assert_int_equal(touched, 1);
}

static void test_panics(void **state)
{
	(void)state;
	EXPECT_PANIC("e820: value 7", panic("e820", "value %d", 7));
	EXPECT_PANIC("touched == 0", BUG_ON(touched == 0));
	assert_int_equal(host_warnings, 0);
	assert_true(WARN_ON(touched == 0));
	assert_int_equal(host_warnings, 1);
	pr_info("line %d", 1);
	pr_info("line %d", 2);
	assert_int_equal(host_log_count("line "), 2);
	host_log_clear();
	assert_false(host_log_has("line "));
}

HOST_MAIN(cmocka_unit_test(test_arena), cmocka_unit_test(test_own_process),
	  cmocka_unit_test(test_panics))
