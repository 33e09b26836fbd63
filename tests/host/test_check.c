/*
 * memstat_check's page part: whatever word goes wrong is noticed, and nothing that is wrong makes
 * the check itself fall over. Under AddressSanitizer a pointer that is followed unchecked ends the
 * test.
 *
 *	DMA [1, 0x1000)   Normal [0x1000, 0x4000) with holes   HighMem [0x4000, 0x5000 + x)
 *
 * with frames in every state of mmzone.h.
 */
#include "support/host.h"

#include "mm/check_internal.h"
#include "mm/early_node_map.h"
#include "mm/free_all.h"
#include "mm/memstat.h"
#include "support/boot_zones.h"

static struct page *single, *block, *slab_single, *slab_block, *shared;

static struct page *make_slab(unsigned order)
{
	struct page *page = alloc_pages(GFP_KERNEL, order, OWNER_SLAB);

	for (unsigned i = 0; i < 1u << order; i++) {
		SetPageFlag(page + i, PG_slab);
		page[i].slab_cache = (struct kmem_cache *)0x1234;
		page[i].slab_page = (struct slab *)0x5678;
	}
	page_zone(page)->vm_stat[NR_SLAB_UNRECLAIMABLE] += 1 << order;
	return page;
}

static void set_up(void)
{
	static struct e820entry map[] = {
		{ 0, 0x9fc00, E820_RAM },
		{ 0x100000, 0x1f00000, E820_RAM },
		{ 0x2000000, 0x5000, E820_ACPI },
		{ 0x2005000, 0x3200000, E820_RAM },
		{ 0x100000000, 0x10000000, E820_RAM },
	};

	host_boot_option("highmem", "16M");
	host_boot_map(map, 5);
	host_boot_finish();
	open_gfp_allowed_mask();
	single = alloc_pages(GFP_KERNEL, 0, OWNER_HTTP);
	block = alloc_pages(GFP_HIGHUSER, 3, OWNER_VMALLOC);
	slab_single = make_slab(0);
	slab_block = make_slab(2);
	shared = alloc_pages(GFP_KERNEL, 1, OWNER_NET_RX);
	get_page(shared);
	alloc_pages(GFP_KERNEL | __GFP_MOVABLE, 0, OWNER_TEST); /* fills that per-cpu list */
	host_check_pages();
}

static void restored(void)
{
	const struct memstat_disagreement *d = host_first_disagreement(NULL);

	if (d)
		fail_msg("after restoring: %s at %s: expected %s, found %s", d->what, d->where,
			 d->expected, d->found);
}

/* ---- Descriptors ---- */

static const char *const words[] = { "flags",	"_count", "_mapcount", "private",
				     "mapping", "index",  "lru.next",  "lru.prev" };

static bool is_named(const struct memstat_disagreement *first, u32 count, const char *frame)
{
	for (u32 i = 0; i < min(count, 16u); i++)
		if (strstr(first[i].where, frame))
			return true;
	return false;
}

/* Corrupts each word of a descriptor in turn, each bit, and some whole values. */
static void corrupt_descriptor(const char *what, struct page *page, unsigned skip_from,
			       bool names_frame)
{
	u32 *word = (u32 *)page;
	char frame[16];

	snprintf(frame, sizeof(frame), "0x%05lx", page_to_pfn(page));
	for (unsigned w = 0; w < skip_from; w++) {
		u32 saved = word[w];

		for (unsigned n = 0; n < 36; n++) {
			static const u32 values[] = { 0, ~0u, 0x60001000, 0xdeadbeef };
			const struct memstat_disagreement *d;
			u32 count;

			word[w] = n < 32 ? saved ^ 1u << n : values[n - 32];
			if (word[w] == saved)
				continue;
			d = host_first_disagreement(&count);
			if (!d)
				fail_msg("%s, %s %#x -> %#x: nothing noticed", what, words[w],
					 saved, word[w]);
			if (names_frame && w && !is_named(d, count, frame))
				fail_msg("%s, %s %#x -> %#x: named is \"%s\" at \"%s\"", what,
					 words[w], saved, word[w], d->what, d->where);
			word[w] = saved;
		}
	}
	restored();
}

static struct page *free_head(enum zone_type type, unsigned order)
{
	for (unsigned t = 0; t < MIGRATE_TYPES; t++) {
		struct list_head *list = &host_zone(type)->free_area[order].free_list[t];

		if (!list_empty(list))
			return list_first_entry(list, struct page, lru);
	}
	fail_msg("no free block of order %u", order);
	return NULL;
}

static void test_reserved_frames(void **state)
{
	(void)state;
	set_up();
	corrupt_descriptor("kernel image", pfn_to_page(0x110), 8, true);
	corrupt_descriptor("memory map", virt_to_page(mem_map), 8, true);
	corrupt_descriptor("hole in DMA", pfn_to_page(0xB0), 8, true);
	corrupt_descriptor("hole in Normal", pfn_to_page(0x2002), 8, true);
	corrupt_descriptor("frame 0, outside every zone", pfn_to_page(0), 8, true);
	corrupt_descriptor("behind the last zone", pfn_to_page(mm_seal.map_end_pfn - 1), 8, true);
}

static void test_free_frames(void **state)
{
	struct page *head;

	(void)state;
	set_up();
	head = free_head(ZONE_NORMAL, 10);
	corrupt_descriptor("free head", head, 8, false);
	corrupt_descriptor("free tail", head + 1, 8, true);
	corrupt_descriptor("last free tail", head + 1023, 8, true);
	corrupt_descriptor("middle of a free block", head + 512, 8, true);
	corrupt_descriptor("free head, high", free_head(ZONE_HIGHMEM, 10), 8, false);
}

static void test_allocated_frames(void **state)
{
	(void)state;
	set_up();
	corrupt_descriptor("single page", single, 8, true);
	corrupt_descriptor("head of a block", block, 8, true);
	corrupt_descriptor("tail of a block", block + 5, 8, true);
	corrupt_descriptor("block with two references", shared, 8, true);
	corrupt_descriptor("slab page", slab_single, 6, true); /* links: slab_check.c */
	corrupt_descriptor("slab head", slab_block, 6, true);
	corrupt_descriptor("slab tail", slab_block + 3, 8, true);
}

static void test_pcp_frames(void **state)
{
	struct per_cpu_pages *pcp;

	(void)state;
	set_up();
	pcp = &host_zone(ZONE_NORMAL)->pcp;
	assert_true(pcp->count > 2);
	for (unsigned t = 0; t < MIGRATE_PCPTYPES; t++)
		if (!list_empty(&pcp->lists[t]))
			corrupt_descriptor("page on a per-cpu list",
					   list_first_entry(&pcp->lists[t], struct page, lru), 8,
					   false);
}

/* A reserved frame that changes its owner, or a frame that loses its use, is named by number. */
static void test_frames_are_named(void **state)
{
	const struct memstat_disagreement *d;
	struct page *head;
	u32 count;

	(void)state;
	set_up();
	set_page_owner(pfn_to_page(0x110), OWNER_PCP);
	d = host_first_disagreement(NULL);
	assert_string_equal(d->where, "frame 0x00110 (low)");
	set_page_owner(pfn_to_page(0x110), OWNER_KERNEL);

	/* a head that lost its mark leaves 1024 frames without a use: one line, not 1024 */
	head = free_head(ZONE_NORMAL, 10);
	ClearPageFlag(head, PG_buddy);
	d = host_first_disagreement(&count);
	assert_string_equal(d->what, "use of a frame");
	assert_string_equal(d->found, "unclassified, 1024 frames");
	assert_true(count < 12);
	SetPageFlag(head, PG_buddy);

	/* two buddies that were not merged */
	head = free_head(ZONE_HIGHMEM, 10);
	restored();
	host_zone(ZONE_HIGHMEM)->engine->take(host_zone(ZONE_HIGHMEM), 10, (int)head->index);
	for (unsigned half = 0; half < 2; half++) {
		struct page *page = head + half * 512;
		struct free_area *area = &host_zone(ZONE_HIGHMEM)->free_area[9];

		page->flags |= 1u << PG_buddy;
		page->private = 9;
		page->index = MIGRATE_MOVABLE;
		list_add(&page->lru, &area->free_list[MIGRATE_MOVABLE]);
		area->nr_free++;
		area->nr_type[MIGRATE_MOVABLE]++;
	}
	d = host_first_disagreement(&count);
	assert_int_equal(count, 1);
	assert_string_equal(d->what, "free buddies");
}

/* ---- Counters ---- */

static void corrupt_word(const char *what, unsigned index, u32 *word)
{
	static const u32 flips[] = { 1, 0x80000000, 0x1000, 0xffffffff, 0x55 };
	u32 saved = *word;

	for (unsigned n = 0; n < ARRAY_SIZE(flips); n++) {
		*word = saved ^ flips[n];
		if (!host_first_disagreement(NULL))
			fail_msg("%s, word %u, %#x -> %#x: nothing noticed", what, index, saved,
				 saved ^ flips[n]);
		*word = saved;
	}
}

/* Every word of a zone but the counters of events and the bools, which are tried below. */
static bool is_checked(size_t offset)
{
	return offset < offsetof(struct zone, all_unreclaimable);
}

static void test_zone_words(void **state)
{
	(void)state;
	set_up();
	for (enum zone_type t = 0; t < MAX_NR_ZONES; t++) {
		struct zone *zone = host_zone(t);
		char what[32];

		snprintf(what, sizeof(what), "zone %u at offset", (unsigned)t);
		for (size_t offset = 0; is_checked(offset); offset += 4) {
			corrupt_word(what, (unsigned)offset, (u32 *)((char *)zone + offset));
		}
		zone->all_unreclaimable = true;
		assert_non_null(host_first_disagreement(NULL));
		zone->all_unreclaimable = false;
		zone->populated = !zone->populated;
		assert_non_null(host_first_disagreement(NULL));
		zone->populated = !zone->populated;
	}
	restored();
}

static void test_other_counters(void **state)
{
	(void)state;
	set_up();
	for (unsigned i = 0; i < OWNER_FIELD_SIZE; i++)
		corrupt_word("owner_pages", i, (u32 *)&owner_pages[i]);
	corrupt_word("totalram_pages", 0, (u32 *)&totalram_pages);
	corrupt_word("totalhigh_pages", 0, (u32 *)&totalhigh_pages);
	corrupt_word("page_extra_refs", 0, (u32 *)&page_extra_refs);
	corrupt_word("min_free_kbytes", 0, (u32 *)&min_free_kbytes);
	corrupt_word("min_mapnr", 0, (u32 *)&min_mapnr);
	corrupt_word("max_mapnr", 0, (u32 *)&max_mapnr);
	corrupt_word("mem_map", 0, (u32 *)&mem_map);
	for (unsigned i = 0; i < mm_seal.map_end_pfn >> PAGEBLOCK_ORDER; i++) {
		pageblock_types[i] ^= 1;
		assert_non_null(host_first_disagreement(NULL));
		pageblock_types[i] ^= 1;
	}
	/* zonelists and the node's own fields */
	for (size_t offset = offsetof(pg_data_t, node_zonelists);
	     offset < offsetof(pg_data_t, online); offset += 4)
		corrupt_word("node", (unsigned)offset, (u32 *)((char *)NODE_DATA(0) + offset));
	for (enum zone_type t = ZONE_DMA; t <= ZONE_HIGHMEM; t++) {
		struct zone *zone = host_zone(t);

		zone->pageblock_flags[0] ^= 1;
		assert_non_null(host_first_disagreement(NULL));
		zone->pageblock_flags[0] ^= 1;
		for (unsigned i = 0; i < zone->wait_table_hash_nr_entries; i++) {
			corrupt_word("wait queue", i, (u32 *)&zone->wait_table[i]);
			corrupt_word("wait queue", i, (u32 *)&zone->wait_table[i] + 1);
		}
	}
	restored();
}

/* What is named is what was changed. */
static void expect_named(u32 *word, const char *what, const char *where)
{
	const struct memstat_disagreement *d;

	*word += 3;
	d = host_first_disagreement(NULL);
	assert_non_null(d);
	if (strcmp(d->what, what) || !strstr(d->where, where))
		fail_msg("expected \"%s\" at \"%s\", got \"%s\" at \"%s\"", what, where, d->what,
			 d->where);
	*word -= 3;
}

static void test_counters_are_named(void **state)
{
	struct zone *normal;

	(void)state;
	set_up();
	normal = host_zone(ZONE_NORMAL);
	expect_named((u32 *)&normal->vm_stat[NR_FREE_PAGES], "NR_FREE_PAGES", "zone Normal");
	expect_named((u32 *)&normal->vm_stat[NR_PAGETABLE], "NR_PAGETABLE", "zone Normal");
	expect_named((u32 *)&normal->vm_stat[NR_SLAB_RECLAIMABLE],
		     "NR_SLAB_RECLAIMABLE + UNRECLAIMABLE", "zone Normal");
	expect_named((u32 *)&normal->free_area[3].nr_free, "free_area.nr_free",
		     "zone Normal order 3");
	expect_named((u32 *)&normal->free_area[4].nr_type[1], "free_area.nr_type",
		     "zone Normal order 4 type 1");
	expect_named((u32 *)&normal->pcp.count, "pcp.count", "zone Normal");
	expect_named((u32 *)&normal->pcp.high, "pcp.high", "zone Normal");
	expect_named((u32 *)&normal->pcp.batch, "pcp.batch", "zone Normal");
	expect_named((u32 *)&normal->watermark[WMARK_LOW], "watermark low", "zone Normal");
	expect_named((u32 *)&normal->lowmem_reserve[2], "lowmem_reserve[2]", "zone Normal");
	expect_named((u32 *)&normal->present_pages, "present_pages", "zone Normal");
	expect_named((u32 *)&normal->spanned_pages, "spanned_pages", "zone Normal");
	expect_named((u32 *)&normal->zone_start_pfn, "zone_start_pfn", "zone Normal");
	expect_named((u32 *)&owner_pages[OWNER_SLAB], "owner_pages", "owner slab");
	expect_named((u32 *)&owner_pages[60], "owner_pages", "owner number 60");
	expect_named((u32 *)&totalram_pages, "totalram_pages", "memory");
	expect_named((u32 *)&totalhigh_pages, "totalhigh_pages", "memory");
	expect_named((u32 *)&min_free_kbytes, "min_free_kbytes", "memory");
}

/* A frame that the memory map calls RAM, or no longer does: the counts of uses do not fit. */
static void test_map(void **state)
{
	(void)state;
	set_up();
	for (u32 i = 0; i < e820.nr_map; i++) {
		if (e820.map[i].type != E820_RAM || e820.map[i].addr >= SZ_4G)
			continue;
		e820.map[i].size -= PAGE_SIZE;
		assert_non_null(host_first_disagreement(NULL));
		e820.map[i].size += PAGE_SIZE;
	}
	restored();
}

/* ---- Anything at all ---- */

static u32 random_value(void)
{
	switch (rand() % 6) {
	case 0: return 0;
	case 1: return (u32)rand() << 8;
	case 2: return (u32)(unsigned long)&pfn_to_page((unsigned long)rand() % 0x5000)->lru;
	case 3: return (u32)(unsigned long)mem_map + (u32)(rand() % 0xA0000);
	case 4: return (u32)(unsigned long)host_zone((unsigned)rand() % 4) + (u32)rand() % 900;
	default: return 1u << rand() % 32;
	}
}

/* Several words of descriptors, lists and counters at once: the check ends, and sees something. */
static void test_random(void **state)
{
	(void)state;
	srand(host_seed(77));
	set_up();
	for (unsigned run = 0; run < 1500; run++) {
		u32 *where[6], saved[6];
		unsigned n = 1 + (unsigned)rand() % 6;

		for (unsigned i = 0; i < n; i++) {
			struct zone *zone = host_zone((unsigned)rand() % 3);

			if (rand() % 3)
				where[i] = (u32 *)pfn_to_page(1 + (unsigned long)rand() % 0x4fff) +
					   rand() % 8;
			else
				where[i] = (u32 *)((char *)zone +
						   4 * ((unsigned)rand() %
							(offsetof(struct zone, all_unreclaimable) /
							 4)));
			saved[i] = *where[i];
			*where[i] = random_value();
		}
		host_first_disagreement(NULL);
		while (n--)
			*where[n] = saved[n];
	}
	restored();
}

/* ---- The rest of the door ---- */

static void test_reports_are_bounded(void **state)
{
	static struct memstat_check check;
	u32 kept = ARRAY_SIZE(check.list);

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		check_report(&check, "what", "where", "expected", "%u", i);
	assert_int_equal(check.disagreements, 40);
	assert_int_equal(check.kept, kept);
	assert_string_equal(check.list[3].found, "3");
	check_report(&check, "a very long name of an invariant that does not fit into the field",
		     "w", "e", "f");
	memset(&check, 0, sizeof(check));
	check_report(&check, "a very long name of an invariant that does not fit into the field",
		     "w", "e", "%s", "f");
	assert_int_equal(strlen(check.list[0].what), sizeof(check.list[0].what) - 1);
}

static void test_before_boot(void **state)
{
	(void)state;
	assert_string_equal(host_first_disagreement(NULL)->what, "mm_seal");
}

static void test_frames_walked(void **state)
{
	static struct memstat_check check;

	(void)state;
	set_up();
	check_frames(&check);
	assert_int_equal(check.disagreements, 0);
	assert_int_equal(check.frames_walked, NODE_DATA(0)->node_spanned_pages);
}

/* frame_block finds the block that covers any frame. */
static void test_frame_block(void **state)
{
	enum frame_class class;
	struct page *head;
	unsigned order;

	(void)state;
	set_up();
	head = free_head(ZONE_NORMAL, 10);
	assert_ptr_equal(frame_block(page_to_pfn(head) + 777, &class, &order), head);
	assert_int_equal(class, FRAME_FREE);
	assert_int_equal(order, 10);
	assert_ptr_equal(frame_block(page_to_pfn(block) + 7, &class, &order), block);
	assert_int_equal(class, FRAME_ALLOCATED);
	assert_ptr_equal(frame_block(page_to_pfn(slab_block) + 2, &class, &order), slab_block);
	assert_int_equal(class, FRAME_SLAB);
	assert_ptr_equal(frame_block(0x110, &class, &order), pfn_to_page(0x110));
	assert_int_equal(class, FRAME_RESERVED);
	ClearPageFlag(head, PG_buddy);
	assert_null(frame_block(page_to_pfn(head) + 777, &class, &order));
}

struct run {
	u32 cells, sum[MEMSTAT_FRAME_VALUES], mixed;
};

static void add_run(void *arg, u32 run, u32 value, u32 eighths)
{
	struct run *r = arg;

	assert_in_range(run, 1, 1u << 20);
	assert_in_range(eighths, 0, 8);
	assert_in_range(value, 0, MEMSTAT_FRAME_VALUES - 1);
	r->cells += run;
	r->sum[value] += run;
	r->mixed += eighths < 8 ? run : 0;
}

/* A picture with a cell for each frame says of each what its descriptor says; a coarse one has a
 * cell for each piece; both go past the last descriptor without following anything. */
static void test_frame_cells(void **state)
{
	u32 end = memstat_frame_end(), free = 0;
	struct run fine = { 0 }, coarse = { 0 };
	struct zone *zone;

	(void)state;
	set_up();
	end = memstat_frame_end();
	memstat_frame_cells(MEMSTAT_BY_USE, 0, 1, end + 5, add_run, &fine);
	assert_int_equal(fine.cells, end + 5);
	assert_int_equal(fine.mixed, 0);
	for (unsigned owner = 0; owner < NR_OWNERS; owner++)
		if (owner != OWNER_HOLE && owner != OWNER_PCP)
			assert_int_equal(fine.sum[owner], owner_pages[owner]);
	for_each_zone(zone)
		free += (u32)zone->vm_stat[NR_FREE_PAGES];
	assert_int_equal(fine.sum[NR_OWNERS] + fine.sum[NR_OWNERS + 1] + fine.sum[NR_OWNERS + 2],
			 free);
	memstat_frame_cells(MEMSTAT_BY_USE, 3, 100, 17, add_run, &coarse);
	assert_int_equal(coarse.cells, 17);
}

/* The record of a zone says what the zone says. */
static void test_memstat_zone(void **state)
{
	struct memstat_zone z;

	(void)state;
	set_up();
	assert_int_equal(memstat_zone_count(), MAX_NR_ZONES);
	for (u32 i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *zone = host_zone(i);
		unsigned long pages = 0, blocks = 0;

		memstat_zone(i, &z);
		assert_string_equal(z.name, zone->name);
		assert_int_equal(z.populated, i != ZONE_MOVABLE);
		assert_int_equal(z.free_pages, zone->vm_stat[NR_FREE_PAGES]);
		assert_int_equal(z.low_pages, zone->watermark[WMARK_LOW]);
		assert_int_equal(z.pcp_count, zone->pcp.count);
		assert_int_equal(z.orders, MAX_ORDER);
		for (unsigned o = 0; o < MAX_ORDER; o++)
			for (unsigned t = 0; t < MIGRATE_TYPES; t++)
				pages += z.blocks[o][t] << o;
		assert_int_equal(pages, z.free_pages);
		for (unsigned t = 0; t < MIGRATE_TYPES; t++)
			blocks += z.pageblocks[t];
		assert_int_equal(blocks, !zone->populated
						 ? 0
						 : (round_up(zone_end_pfn(zone), 1024) -
						    round_down(zone->zone_start_pfn, 1024)) /
							   1024);
	}
	EXPECT_PANIC("memstat", memstat_zone(MAX_NR_ZONES, &z));
	assert_string_equal(memstat_type_name(3), "Reserve");
	assert_string_equal(memstat_type_name(9), "?");
	assert_int_equal(memstat_pageblock_order(), 10);
}

/* pgalloc and pgfree: each page handed out, and each given back, at boot too. */
static void test_memstat_totals(void **state)
{
	static struct memstat_totals before, after;
	struct page *page;

	(void)state;
	set_up();
	memstat_totals(&before);
	assert_int_equal(before.total_ram_pages, totalram_pages);
	assert_int_equal(before.total_high_pages, totalhigh_pages);
	page = alloc_pages(GFP_KERNEL, 3, OWNER_TEST);
	memstat_totals(&after);
	assert_int_equal(after.pgalloc[ZONE_NORMAL] - before.pgalloc[ZONE_NORMAL], 8);
	assert_int_equal(after.pgfree - before.pgfree, 0);
	assert_int_equal(before.free_pages - after.free_pages, 8);
	__free_pages(page, 3);
	memstat_totals(&after);
	assert_int_equal(after.pgfree - before.pgfree, 8);
	assert_int_equal(after.free_pages, before.free_pages);
}

HOST_MAIN(cmocka_unit_test(test_reserved_frames), cmocka_unit_test(test_free_frames),
	  cmocka_unit_test(test_allocated_frames), cmocka_unit_test(test_pcp_frames),
	  cmocka_unit_test(test_frames_are_named), cmocka_unit_test(test_zone_words),
	  cmocka_unit_test(test_other_counters), cmocka_unit_test(test_counters_are_named),
	  cmocka_unit_test(test_map), cmocka_unit_test(test_random),
	  cmocka_unit_test(test_reports_are_bounded), cmocka_unit_test(test_before_boot),
	  cmocka_unit_test(test_frames_walked), cmocka_unit_test(test_frame_block),
	  cmocka_unit_test(test_frame_cells), cmocka_unit_test(test_memstat_zone),
	  cmocka_unit_test(test_memstat_totals))
