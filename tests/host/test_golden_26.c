/*
 * Figures of the 2.6.34 walkthrough that no other host test has (tests/golden/values.txt).
 */
#include "support/host.h"

#include "mm/buddy.h"
#include "mm/fixmap.h"
#include "mm/free_all.h"
#include "mm/page_alloc_internal.h"
#include "net/limits.h"
#include "support/boot_zones.h"

static struct e820entry m1[] = {
	{ 0, 0x9fc00, E820_RAM },
	{ 0x9fc00, 0x400, E820_RESERVED },
	{ 0xf0000, 0x10000, E820_RESERVED },
	{ 0x100000, 0x3FFFE000ull - 0x100000, E820_RAM },
};

/* [0x21, 0x3F) has no block of 32 pages that begins at a multiple of 32. */
static void test_batch_of_singles(void **state)
{
	unsigned long singles = released_singles, blocks = released_blocks;

	(void)state;
	host_boot_to_zones(m1, 4);
	page_alloc_open();
	__free_pages_memory(0x21, 0x3F);
	assert_int_equal(released_singles - singles, 30);
	assert_int_equal(released_blocks - blocks, 0);
}

/* 31 single pages, 99 blocks from 0x3A0 to the end, none behind. */
static void test_batch_of_blocks(void **state)
{
	const struct zone *dma;

	(void)state;
	host_boot_to_zones(m1, 4);
	page_alloc_open();
	dma = host_zone(ZONE_DMA);
	__free_pages_memory(0x381, 0x3A0);
	assert_int_equal(released_singles, 31);
	assert_int_equal(released_blocks, 0);
	__free_pages_memory(0x3A0, 0x1000);
	assert_int_equal(released_singles, 31);
	assert_int_equal(released_blocks, 99);
	assert_int_equal(dma->vm_stat[NR_FREE_PAGES], 0x1000 - 0x381);
}

static void test_max_threads(void **state)
{
	(void)state;
	assert_int_equal(max_threads_of(257034), 16064);
	assert_int_equal(max_threads_of(257034) / 2, 8032);
	assert_int_equal(max_threads_of(320), 20);
	assert_int_equal(max_threads_of(319), 20);
	assert_int_equal(max_threads_of(336), 21);
	assert_int_equal(max_threads_of(0), 20);
}

/* Address and index of the fixmap are each other's inverse, for every index. */
static void test_fixmap_inverse(void **state)
{
	(void)state;
	for (unsigned i = 1; i < __end_of_fixed_addresses; i++) {
		assert_int_equal(__virt_to_fix(fix_to_virt(i)), i);
		assert_int_equal(__virt_to_fix(fix_to_virt(i) + 0xFFF), i);
	}
	assert_int_equal(PKMAP_BASE_BELOW(288), 0xFF800000);
	assert_int_equal(PKMAP_BASE_BELOW(1022), 0xFF800000);
	assert_int_equal(PKMAP_BASE_BELOW(1023), 0xFF400000);
}

HOST_MAIN(cmocka_unit_test(test_batch_of_singles), cmocka_unit_test(test_batch_of_blocks),
	  cmocka_unit_test(test_max_threads), cmocka_unit_test(test_fixmap_inverse))
