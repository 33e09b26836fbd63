/*
 * The figures of the 2.4 notes (tests/golden/values.txt, sections 3 to 5), from the code that mm=2.4
 * boots with: descriptors of 68 bytes, a cache line of 128, the notes' boot reservations. Nothing here
 * computes a figure; the code does, and is compared.
 *
 * The notes' guest, called M1-boot there:
 *
 *	pfn 0 1     7      0x9F    0x100      0x381    0x388    0x1000        0x210B     0x38000
 *	    |0|1..6 | free | no RAM |  image   | bitmap | free   | boot memory | free     | high ...
 */
#include "support/host.h"

#include <stddef.h>

#include "mm/bootmem_bitmap.h"
#include "mm/buddy_bitmap.h"
#include "mm/direct_map.h"
#include "mm/e820_setup.h"
#include "mm/early_node_map.h"
#include "mm/fixmap.h"
#include "mm/free_all.h"
#include "mm/gen24.h"
#include "mm/page_alloc_internal.h"
#include "mm/zones.h"
#include "support/boot_zones.h"

#define PG(n) ((u64)(n) << PAGE_SHIFT)
#define NOTES_DESCRIPTOR 68ul /* SMP and spinlock debugging */
#define NOTES_PAGES 0x3FFFEul

static struct e820entry m1[] = {
	{ 0, 0x9fc00, E820_RAM },
	{ 0x9fc00, 0x400, E820_RESERVED },
	{ 0xf0000, 0x10000, E820_RESERVED },
	{ 0x100000, 0x3FFFE000ull - 0x100000, E820_RAM },
};

/* Zones and descriptors of this image on the notes' memory, and then the notes' boot memory instead
 * of the one that was used for them. */
static void m1_boot(void)
{
	host_boot_option("mm", "2.4");
	host_boot_to_zones(m1, 4);
	boot_cpu_data.cache_line = 128; /* a Pentium 4: what small requests are aligned to */
	memset(boot_bdata, 0, sizeof(boot_bdata));
	assert_int_equal(init_bootmem_core(boot_bdata, 0x381, 0, 0x38000), 0x7000);
	free_bootmem_core(boot_bdata, 0, 0x9fc00);
	free_bootmem_core(boot_bdata, 0x100000, PG(0x38000) - 0x100000);
	reserve_bootmem_core(boot_bdata, 0, PAGE_SIZE);
	reserve_bootmem_core(boot_bdata, PAGE_SIZE, PG(6));
	reserve_bootmem_core(boot_bdata, 0x100000, PG(0x281));
	reserve_bootmem_core(boot_bdata, PG(0x381), PG(7));
}

static struct pair_maps notes_maps[GEN24_ZONES];

static u64 notes_boot_allocations(void)
{
	u64 map = gen24_take_map(NOTES_PAGES, NOTES_DESCRIPTOR);

	for (unsigned type = 0; type < GEN24_ZONES; type++)
		pair_maps_take(&notes_maps[type], host_zone(type));
	return map;
}

/* ---- Section 3 ---- */

static void test_descriptor_array(void **state)
{
	u64 map;

	(void)state;
	m1_boot();
	assert_int_equal(gen24_map_bytes(NOTES_PAGES, NOTES_DESCRIPTOR), 0x10FFFBC);
	assert_int_equal(gen24_map_bytes(NOTES_PAGES, NOTES_DESCRIPTOR), 17825724);
	map = gen24_take_map(NOTES_PAGES, NOTES_DESCRIPTOR);
	assert_int_equal(map, 0x1000010);
	assert_int_equal(map % NOTES_DESCRIPTOR, 0);
	assert_int_equal(map / NOTES_DESCRIPTOR, 246724);
	/* 4352 pages from 0x1000 on, 0xFBC bytes of the last one */
	assert_int_equal(boot_bdata->last_pos, 0x1000 + 4352 - 1);
	assert_int_equal(boot_bdata->last_offset, 0xFBC);
	assert_int_equal(4352, 544 * 8);
	/* the map's end lies inside what was taken, thanks to the one extra descriptor */
	assert_int_equal(map + NOTES_PAGES * NOTES_DESCRIPTOR, 0x20FFF88);
	assert_in_range(map + NOTES_PAGES * NOTES_DESCRIPTOR, 0, 0x20FFFBC);
}

/* The notes say 16.995 MiB; the bytes they print are 16.99994. */
static void test_size_in_mib(void **state)
{
	unsigned long bytes = gen24_map_bytes(NOTES_PAGES, NOTES_DESCRIPTOR);

	(void)state;
	assert_int_equal((u64)bytes * 100000 >> 20, 1699993); /* 16.999935 */
	assert_int_equal(((u64)bytes * 1000000 + (1 << 19)) >> 20, 16999935);
}

static void test_zone_maps(void **state)
{
	static const u32 zone_mem_map[] = { 0x1000010, 0x1044010, 0x1EE0010 };
	u64 map;

	(void)state;
	m1_boot();
	map = gen24_take_map(NOTES_PAGES, NOTES_DESCRIPTOR);
	for (unsigned type = 0; type < GEN24_ZONES; type++) {
		const struct zone *zone = host_zone(type);

		assert_int_equal(map + zone->zone_start_pfn * NOTES_DESCRIPTOR, zone_mem_map[type]);
		/* and this image's own array by the same rule */
		assert_ptr_equal(pfn_to_page(zone->zone_start_pfn),
				 (char *)mem_map + zone->zone_start_pfn * sizeof(struct page));
		assert_int_equal(zone->zone_start_pfn % BITMAP_MAX_ORDER_NR_PAGES, 0);
	}
}

/* Every descriptor before mem_init: reserved, count 0. */
static void test_descriptors_before_release(void **state)
{
	(void)state;
	host_boot_option("mm", "2.4");
	host_boot_to_zones(m1, 4);
	for (unsigned long pfn = 0; pfn < NOTES_PAGES; pfn++) {
		const struct page *page = pfn_to_page(pfn);

		assert_true(PageFlag(page, PG_reserved));
		assert_int_equal(page->_count, 0);
		assert_ptr_equal(page->lru.next, &page->lru);
	}
}

/* ---- Section 4 ---- */

static void test_bitmaps(void **state)
{
	static const struct {
		u32 address, bytes, spacing, pairs;
	} dump[GEN24_ZONES][BITMAP_MAX_ORDER - 1] = {
		{ { 0x2100000, 0x100, 0x100, 2048 },
		  { 0x2100100, 0x80, 0x80, 1024 },
		  { 0x2100180, 0x40, 0x80, 512 },
		  { 0x2100200, 0x20, 0x80, 256 },
		  { 0x2100280, 0x10, 0x80, 128 },
		  { 0x2100300, 8, 0x80, 64 },
		  { 0x2100380, 4, 0x80, 32 },
		  { 0x2100400, 4, 0x80, 16 },
		  { 0x2100480, 4, 0x80, 8 } },
		{ { 0x2100500, 0x3700, 0x3700, 112640 },
		  { 0x2103C00, 0x1B80, 0x1B80, 56320 },
		  { 0x2105780, 0xDC0, 0xE00, 28160 },
		  { 0x2106580, 0x6E0, 0x700, 14080 },
		  { 0x2106C80, 0x370, 0x380, 7040 },
		  { 0x2107000, 0x1B8, 0x200, 3520 },
		  { 0x2107200, 0xDC, 0x100, 1760 },
		  { 0x2107300, 0x70, 0x80, 880 },
		  { 0x2107380, 0x38, 0x80, 440 } },
		{ { 0x2107400, 0x800, 0x800, 16383 },
		  { 0x2107C00, 0x400, 0x400, 8192 },
		  { 0x2108000, 0x200, 0x200, 4096 },
		  { 0x2108200, 0x100, 0x100, 2048 },
		  { 0x2108300, 0x80, 0x80, 1024 },
		  { 0x2108380, 0x40, 0x80, 512 },
		  { 0x2108400, 0x20, 0x80, 256 },
		  { 0x2108480, 0x10, 0x80, 128 },
		  { 0x2108500, 8, 0, 64 } },
	};
	unsigned odd_spacings = 0;
	u64 last = 0;

	(void)state;
	m1_boot();
	notes_boot_allocations();
	for (unsigned type = 0; type < GEN24_ZONES; type++)
		for (unsigned order = 0; order < BITMAP_MAX_ORDER - 1; order++) {
			unsigned long size = host_zone(type)->spanned_pages, word;
			u64 address = __pa(notes_maps[type].map[order]);

			assert_int_equal(address, dump[type][order].address);
			assert_int_equal(pair_map_bytes(size, order), dump[type][order].bytes);
			assert_int_equal(pair_count(size, order), dump[type][order].pairs);
			for (word = 0; word < dump[type][order].bytes / 4; word++)
				assert_int_equal(notes_maps[type].map[order][word], 0);
			if (last) {
				const u32 *before = &dump[type][order].spacing -
						    sizeof(dump[0][0]) / sizeof(u32);

				assert_int_equal(address - last, *before);
				odd_spacings += *before != before[-1];
			}
			last = address;
		}
	/* whoever reads sizes off the spacing is wrong in so many of 26 cases */
	assert_int_equal(odd_spacings, 17);
	assert_int_equal(pair_map_bytes(0x1000, BITMAP_MAX_ORDER - 1), 0); /* order 9 has none */
	/* what follows the bitmaps: section 5.4 */
	assert_int_equal(boot_bdata->last_pos, 0x2108);
	assert_int_equal(boot_bdata->last_offset, 0x508);
}

/* ---- Section 5.1 and 5.2: the dump of the zones ---- */

/* Layout of the notes' build: 32-bit pointers, a lock of two words. Build time. */
struct notes_free_area {
	u32 next, prev, map;
};
struct notes_zone {
	u32 lock, lock_magic;
	u32 free_pages, pages_min, pages_low, pages_high, need_balance;
	struct notes_free_area free_area[10];
	u32 zone_pgdat, zone_mem_map, zone_start_paddr, zone_start_mapnr, name, size;
};
struct notes_pgdat {
	struct notes_zone node_zones[3];
	u32 node_zonelists[GEN24_ZONELISTS][4];
	u32 nr_zones, node_mem_map, valid_addr_bitmap, bdata;
};
#define NOTES_DMA 0xC02D07E0u
#define NOTES_NORMAL 0xC02D088Cu
#define NOTES_HIGHMEM 0xC02D0938u
#define NOTES_HEAD(zone, order) \
	((zone) + offsetof(struct notes_zone, free_area) + sizeof(struct notes_free_area) * (order))

_Static_assert(sizeof(struct notes_zone) == 172, "a zone of the notes: 172 bytes");
_Static_assert(NOTES_NORMAL - NOTES_DMA == 0xAC && NOTES_HIGHMEM - NOTES_DMA == 344,
	       "zones of the dump: 172 bytes apart");
_Static_assert(offsetof(struct notes_zone, free_area) == 0x1C, "free_area[0] at 0x1C");
_Static_assert(sizeof(struct notes_free_area) == 12, "a free area: list head and map");
_Static_assert(ARRAY_SIZE(((struct notes_zone *)0)->free_area) == BITMAP_MAX_ORDER,
	       "ten free areas");
_Static_assert(28 + 120 + 24 == 172 && offsetof(struct notes_zone, zone_pgdat) == 28 + 120,
	       "zone fields behind the free areas: 24 bytes");
_Static_assert(sizeof(((struct gen24_zonelist *)0)->zones) == 16, "a zonelist: four pointers");
_Static_assert(offsetof(struct notes_pgdat, node_zonelists) == 516, "lists behind 516 bytes");
_Static_assert(sizeof(((struct notes_pgdat *)0)->node_zonelists) == 256, "16 lists: 256 bytes");
_Static_assert(NOTES_HEAD(NOTES_DMA, 0) == 0xC02D07FC && NOTES_HEAD(NOTES_DMA, 9) == 0xC02D0868,
	       "list heads of DMA");
_Static_assert(NOTES_HEAD(NOTES_NORMAL, 0) == 0xC02D08A8 &&
		       NOTES_HEAD(NOTES_NORMAL, 9) == 0xC02D0914,
	       "list heads of Normal");
_Static_assert(NOTES_HEAD(NOTES_HIGHMEM, 0) == 0xC02D0954 &&
		       NOTES_HEAD(NOTES_HIGHMEM, 9) == 0xC02D09C0,
	       "list heads of HighMem");

/* The dump, as far as its words are not addresses of that build. */
static const struct notes_zone dump_zones[GEN24_ZONES] = {
	{ .lock = 1,
	  .lock_magic = 0xDEAD4EAD,
	  .pages_min = 0x20,
	  .pages_low = 0x40,
	  .pages_high = 0x60,
	  .zone_mem_map = 0xC1000010,
	  .size = 0x1000 },
	{ .lock = 1,
	  .lock_magic = 0xDEAD4EAD,
	  .pages_min = 0xFF,
	  .pages_low = 0x1FE,
	  .pages_high = 0x2FD,
	  .zone_mem_map = 0xC1044010,
	  .zone_start_paddr = 0x1000000,
	  .zone_start_mapnr = 0x1000,
	  .size = 0x37000 },
	{ .lock = 1,
	  .lock_magic = 0xDEAD4EAD,
	  .pages_min = 0xFF,
	  .pages_low = 0x1FE,
	  .pages_high = 0x2FD,
	  .zone_mem_map = 0xC1EE0010,
	  .zone_start_paddr = 0x38000000,
	  .zone_start_mapnr = 0x38000,
	  .size = 0x7FFE },
};

/* The zones before mem_init, field by field. There is one thread and so no lock in a zone. */
static void test_zone_dump(void **state)
{
	static const char *const names[] = { "DMA", "Normal", "HighMem" };
	u64 map;

	(void)state;
	m1_boot();
	map = gen24_take_map(NOTES_PAGES, NOTES_DESCRIPTOR);
	assert_int_equal(NODE_DATA(0)->nr_zones, 3);
	for (unsigned type = 0; type < GEN24_ZONES; type++) {
		const struct notes_zone *dump = &dump_zones[type];
		const struct zone *zone = host_zone(type);

		assert_int_equal(zone->vm_stat[NR_FREE_PAGES], dump->free_pages);
		assert_int_equal(zone->watermark[WMARK_MIN], dump->pages_min);
		assert_int_equal(zone->watermark[WMARK_LOW], dump->pages_low);
		assert_int_equal(zone->watermark[WMARK_HIGH], dump->pages_high);
		assert_int_equal(zone->all_unreclaimable, dump->need_balance);
		assert_int_equal(PAGE_OFFSET + map + zone->zone_start_pfn * NOTES_DESCRIPTOR,
				 dump->zone_mem_map);
		assert_int_equal(PG(zone->zone_start_pfn), dump->zone_start_paddr);
		assert_int_equal(zone->zone_start_pfn, dump->zone_start_mapnr);
		assert_int_equal(zone->spanned_pages, dump->size);
		assert_string_equal(zone->name, names[type]);
		assert_ptr_equal(zone->zone_pgdat, NODE_DATA(0));
		/* the heads' distance is the size of a free area here, too */
		for (unsigned order = 1; order < BITMAP_MAX_ORDER; order++)
			assert_int_equal((char *)&zone->free_area[order] -
						 (char *)&zone->free_area[order - 1],
					 sizeof(struct free_area));
	}
}

/*
 * The clamp: DMA's 32 bounds the ratio from below and HighMem's plain quotient 255 from above, and
 * only Normal's 1760 shows the largest value.
 */
static void test_watermark_bounds(void **state)
{
	static const struct {
		unsigned long pages, min;
	} rows[] = { { 4096, 32 },   { 225280, 255 }, { 32766, 255 }, { 32640, 255 },
		     { 32639, 254 }, { 32767, 255 },  { 32768, 255 }, { 2560, 20 },
		     { 2000, 20 },   { 2688, 21 } };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned long marks[NR_WMARK];

		gen24_watermarks(rows[i].pages, marks);
		assert_int_equal(marks[WMARK_MIN], rows[i].min);
		assert_int_equal(marks[WMARK_LOW], 2 * rows[i].min);
		assert_int_equal(marks[WMARK_HIGH], 3 * rows[i].min);
	}
	assert_int_equal(4096 / 128, 32);
	assert_int_equal(32766 / 128, 255); /* not a clamped value */
	assert_int_equal(225280 / 128, 1760);
}

/*
 * The notes' list 16 is no list: there are sixteen, and behind them stand other fields. A request
 * never gets there, because its four low bits choose.
 */
static void test_no_list_16(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_SIZE(gen24_zonelists), 16);
	assert_int_equal(offsetof(struct notes_pgdat, nr_zones),
			 offsetof(struct notes_pgdat, node_zonelists) + 16 * 16);
	assert_int_equal(offsetof(struct notes_pgdat, node_mem_map),
			 offsetof(struct notes_pgdat, nr_zones) + 4);
	assert_int_equal(offsetof(struct notes_pgdat, valid_addr_bitmap),
			 offsetof(struct notes_pgdat, nr_zones) + 8);
	assert_int_equal(offsetof(struct notes_pgdat, bdata),
			 offsetof(struct notes_pgdat, nr_zones) + 12);
	/* their first two words are fields that this image has, too */
	m1_boot();
	assert_int_equal(NODE_DATA(0)->nr_zones, 3);
	assert_int_equal(PAGE_OFFSET + gen24_take_map(NOTES_PAGES, NOTES_DESCRIPTOR), 0xC1000010);
}

/* ---- Section 5.4 to 5.6: the release ---- */

static void expect_blocks(enum zone_type type, const unsigned long blocks[BITMAP_MAX_ORDER])
{
	const struct zone *zone = host_zone(type);
	unsigned long pages = 0;

	for (unsigned order = 0; order < BITMAP_MAX_ORDER; order++) {
		assert_int_equal(zone->free_area[order].nr_free, blocks[order]);
		pages += blocks[order] << order;
		if (order < BITMAP_MAX_ORDER - 1)
			assert_int_equal(pair_maps_set_bits(zone, order), blocks[order]);
	}
	assert_int_equal(zone->vm_stat[NR_FREE_PAGES], pages);
}

static void notes_boot_to_the_end(void)
{
	unsigned long from;

	m1_boot();
	notes_boot_allocations();
	from = (boot_bdata->last_pos << PAGE_SHIFT) + boot_bdata->last_offset;
	/* what the notes' kernel asked for later, as one request */
	assert_int_equal(__pa(alloc_bootmem(7200, OWNER_BOOT_ALLOC)), 0x2108580);
	assert_int_equal(boot_bdata->last_pos, 0x210A);
	assert_int_equal(boot_bdata->last_offset, 0x1A0);
	assert_int_equal((boot_bdata->last_pos << PAGE_SHIFT) + boot_bdata->last_offset - from,
			 7320);
	page_alloc_open();
}

static void test_release(void **state)
{
	static const unsigned long dma[] = { 3, 2, 2, 3, 3, 2, 2, 0, 0, 6 };
	static const unsigned long normal[] = { 1, 0, 1, 0, 1, 1, 1, 1, 0, 431 };
	static const unsigned long high[] = { 0, 1, 1, 1, 1, 1, 1, 1, 1, 63 };
	unsigned long low_ram;

	(void)state;
	notes_boot_to_the_end();
	assert_int_equal(boot_bdata->node_boot_start, 0);
	assert_int_equal(boot_bdata->node_low_pfn, 0x38000);
	assert_int_equal(__pa(boot_bdata->node_bootmem_map), 0x381000);
	assert_int_equal(bootmem_map_pages(0x38000), 7);
	totalram_pages = free_all_bootmem_core(boot_bdata, false, gen24_release);
	assert_int_equal(totalram_pages, 224268);
	assert_int_equal(totalram_pages, 0x36C0C);
	assert_null(boot_bdata->node_bootmem_map);
	expect_blocks(ZONE_DMA, dma);
	expect_blocks(ZONE_NORMAL, normal);
	assert_int_equal(host_zone(ZONE_DMA)->vm_stat[NR_FREE_PAGES], 0xD17);
	assert_int_equal(host_zone(ZONE_NORMAL)->vm_stat[NR_FREE_PAGES], 0x35EF5);
	/* page 0 is RAM in the notes; here trim_bios_range (W-23) took it out of the map */
	low_ram = 1 + host_zone(ZONE_DMA)->present_pages + host_zone(ZONE_NORMAL)->present_pages;
	assert_int_equal(low_ram - totalram_pages, 5011);
	assert_int_equal((low_ram - totalram_pages) * 4, 20044);

	gen24_free_highmem();
	expect_blocks(ZONE_HIGHMEM, high);
	assert_int_equal(totalhigh_pages, 32766);
	assert_int_equal(totalhigh_pages * 4, 131064);
	assert_int_equal(totalram_pages, 257034);
	assert_int_equal(totalram_pages * 4, 1028136);
	assert_int_equal(num_physpages * 4, 1048568);
}

/* Where the two free counts come from, and the bitmap's own seven pages. */
static void test_cross_checks(void **state)
{
	unsigned long released;

	(void)state;
	notes_boot_to_the_end();
	/* all of boot memory above 16 MiB is one run up to last_pos */
	assert_int_equal(0x37000 - 0x35EF5, boot_bdata->last_pos - 0x1000 + 1);
	assert_int_equal(0x37000 - 0x35EF5, 0x110B);
	released = free_all_bootmem_core(boot_bdata, false, gen24_release);
	assert_int_equal(0x1000 - (0x100 - 0x9F) - 0x281 - 1 - 6, 0xD17);
	for (unsigned long pfn = 0x381; pfn < 0x388; pfn++)
		assert_false(PageFlag(pfn_to_page(pfn), PG_reserved));
	assert_int_equal(host_zone(ZONE_DMA)->vm_stat[NR_FREE_PAGES] - 7, 3344);
	assert_int_equal(released - 7 + bootmem_map_pages(0x38000), 0x36C0C);
}

static unsigned long shuffled[0x1000];
static unsigned shuffle_count;

static void collect(unsigned long pfn, unsigned order)
{
	assert_int_equal(order, 0);
	if (pfn < 0x1000)
		shuffled[shuffle_count++] = pfn;
	else
		gen24_release(pfn, order);
}

/* The result does not depend on the order of freeing: DMA's pages in a random one. */
static void test_any_order(void **state)
{
	static const unsigned long dma[] = { 3, 2, 2, 3, 3, 2, 2, 0, 0, 6 };
	u32 seed = host_seed(0x2410);

	(void)state;
	notes_boot_to_the_end();
	free_all_bootmem_core(boot_bdata, false, collect);
	assert_int_equal(shuffle_count, 0xD17);
	for (unsigned i = shuffle_count; i > 1; i--) {
		unsigned long *a = &shuffled[i - 1], *b, pfn = *a;

		seed = seed * 1664525 + 1013904223;
		b = &shuffled[(seed >> 8) % i];
		*a = *b;
		*b = pfn;
	}
	for (unsigned i = 0; i < shuffle_count; i++)
		gen24_release(shuffled[i], 0);
	expect_blocks(ZONE_DMA, dma);
}

/* Each page's count is 1 just before it is freed, and 0 after. */
static void test_count_before_free(void **state)
{
	struct page *page;

	(void)state;
	notes_boot_to_the_end();
	page = pfn_to_page(7);
	assert_int_equal(page->_count, 0);
	release_prepare(page, 0);
	assert_int_equal(page->_count, 1);
	assert_false(PageFlag(page, PG_reserved));
	__free_pages(page, 0);
	assert_int_equal(page->_count, 0);
	assert_int_equal(host_zone(ZONE_DMA)->vm_stat[NR_FREE_PAGES], 1);
}

/* ---- N-03 ---- */

static void test_kmap_start(void **state)
{
	(void)state;
	assert_int_equal(fix_to_virt(FIX_KMAP_BEGIN), 0xFFFF5000);
	assert_int_equal(pte_index(0xFFFF5000) * sizeof(pte_t), 0xFD4);
	__supported_pte_mask = ~0u;
	assert_int_equal(PAGE_KERNEL, 0x163);
	/* the notes' own derivation: slot 9 below 0xFFFFE000; ours is slot 10 below 0xFFFFF000 */
	assert_int_equal(0xFFFFE000ul - (9ul << PAGE_SHIFT), fix_to_virt(FIX_KMAP_BEGIN));
	assert_int_equal(FIX_KMAP_BEGIN, 10);
}

HOST_MAIN(cmocka_unit_test(test_descriptor_array), cmocka_unit_test(test_size_in_mib),
	  cmocka_unit_test(test_zone_maps), cmocka_unit_test(test_descriptors_before_release),
	  cmocka_unit_test(test_bitmaps), cmocka_unit_test(test_zone_dump),
	  cmocka_unit_test(test_watermark_bounds), cmocka_unit_test(test_no_list_16),
	  cmocka_unit_test(test_release), cmocka_unit_test(test_cross_checks),
	  cmocka_unit_test(test_any_order), cmocka_unit_test(test_count_before_free),
	  cmocka_unit_test(test_kmap_start))
