/*
 * W-128: the rule that bounds open requests.
 */
#include "support/host.h"

#include "web/dcache.h"

static void test_files_limit(void **state)
{
	u32 reserve;

	(void)state;
	/* 1000 pages, 200 in use: 300 kept back, a tenth of the other 700 in KiB. */
	assert_int_equal(files_limit(1000, 800, &reserve), 280);
	assert_int_equal(reserve, 300);
	/* Odd counts round down: 7 in use, 10 kept back. */
	assert_int_equal(files_limit(100, 93, &reserve), 36);
	assert_int_equal(reserve, 10);
	/* Two thirds in use and more: all but one page is kept back, and no file is left. */
	assert_int_equal(files_limit(300, 100, &reserve), 0);
	assert_int_equal(reserve, 299);
	assert_int_equal(files_limit(300, 0, &reserve), 0);
	assert_int_equal(reserve, 299);
	/* Nothing in use: 10 % of all. */
	assert_int_equal(files_limit(2560, 2560, &reserve), 1024);
	assert_int_equal(reserve, 0);
}

HOST_MAIN(cmocka_unit_test(test_files_limit))
