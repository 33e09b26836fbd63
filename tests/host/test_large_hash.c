/*
 * Large system hashes (W-90): the sizing rule on the documents' figures and at its edges, making one
 * from boot memory, chains, and what is shown of them.
 */
#include "support/host.h"

#include "mm/direct_map.h"
#include "mm/e820_setup.h"
#include "mm/early_node_map.h"
#include "mm/early_res.h"
#include "mm/large_hash.h"
#include "mm/large_hash_internal.h"
#include "mm/memstat.h"
#include "mm/zones.h"

enum { PID, DENTRY, INODE };

/* Entries of a table with 4-byte buckets, as the three documented callers ask for it. */
static unsigned long entries(int table, unsigned long kernel_pages, unsigned long all_pages)
{
	static const struct {
		int scale, flags;
		unsigned int shift;
		unsigned long limit;
	} calls[] = { { 18, HASH_EARLY | HASH_SMALL, 4, 4096 },
		      { 13, HASH_EARLY, 0, 0 },
		      { 14, HASH_EARLY, 0, 0 } };

	return large_hash_entries(4, 0, calls[table].scale, calls[table].flags, calls[table].shift,
				  calls[table].limit, kernel_pages, all_pages);
}

/* golden-values, hash tables: 1 GiB with its real count of pages, the others with theirs rounded. */
static void test_documented(void **state)
{
	static const struct {
		unsigned long kernel_pages, all_pages, pid, dentry, inode;
	} machines[] = {
		{ 227486, 259996, 4096, 131072, 65536 }, /* 1 GiB */
		{ 130000, 130000, 2048, 65536, 32768 },	 /* 512 MiB */
		{ 32500, 32500, 512, 16384, 8192 },	 /* 128 MiB */
		{ 3934, 3934, 64, 2048, 1024 },		 /* 16 MiB */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		unsigned long k = machines[i].kernel_pages, a = machines[i].all_pages;

		assert_int_equal(entries(PID, k, a), machines[i].pid);
		assert_int_equal(entries(DENTRY, k, a), machines[i].dentry);
		assert_int_equal(entries(INODE, k, a), machines[i].inode);
	}
	assert_int_equal(entries(PID, 889 * 256 - 98, ~0ul >> 12), 4096);
}

static void test_small_memory(void **state)
{
	(void)state;
	/* 2 MiB: the small table has its least, the others a page. */
	assert_int_equal(entries(PID, 300, 300), 16);
	assert_int_equal(entries(DENTRY, 300, 300), 1024);
	assert_int_equal(entries(INODE, 300, 300), 1024);
	/* 16 is the least until 2^18 bytes are there 16 times over. */
	assert_int_equal(entries(PID, 4 * 256, 4 * 256), 16);
	assert_int_equal(entries(PID, 5 * 256, 5 * 256), 32);
	/* A page is more than a sixteenth of memory: the limit rules. 1022 pages / 16 / 4 rounds down. */
	assert_int_equal(large_hash_entries(4096, 0, 13, HASH_EARLY, 0, 0, 1022, 1022), 32);
}

static void test_arguments(void **state)
{
	(void)state;
	/* Asked for by number: no rule but the limits and powers of two. */
	assert_int_equal(large_hash_entries(4, 1000, 13, HASH_EARLY, 0, 0, 9999, 9999), 1024);
	assert_int_equal(large_hash_entries(4, 1000, 13, HASH_EARLY, 0, 600, 9999, 9999), 512);
	assert_int_equal(large_hash_entries(4, 1, 13, HASH_EARLY, 0, 0, 9999, 9999), 1);
	/* A scale below a page shifts the other way: one bucket for each 2 KiB. */
	assert_int_equal(large_hash_entries(4, 0, 11, HASH_EARLY, 0, 0, 2048, 1ul << 20), 4096);
	/* Rounded up to whole MiB before the shift: 257 pages count as 512. */
	assert_int_equal(large_hash_entries(4, 0, 12, HASH_EARLY, 0, ~0ul, 257, 257), 1024);
	assert_int_equal(large_hash_entries(4, 0, 12, HASH_EARLY | HASH_SMALL, 0, ~0ul, 257, 257),
			 512);
}

struct item {
	struct hlist_node node;
	u32 number;
};

static struct item *find(struct large_hash *h, u32 number)
{
	struct hlist_node *n;

	hlist_for_each(n, large_hash_bucket(
				  h, number)) if (container_of(n, struct item, node)->number ==
						  number) return container_of(n, struct item, node);
	return NULL;
}

/* Adds, finds and removes a few hundred; works the same in one bucket and in many. */
static void use_table(struct large_hash *h)
{
	static struct item items[300];

	memset(items, 0, sizeof(items));
	for (u32 i = 0; i < ARRAY_SIZE(items); i++) {
		items[i].number = i * 7;
		large_hash_add(h, &items[i].node, items[i].number);
	}
	assert_int_equal(h->items, ARRAY_SIZE(items));
	for (u32 i = 0; i < ARRAY_SIZE(items); i++)
		assert_ptr_equal(find(h, i * 7), &items[i]);
	assert_null(find(h, 1));
	for (u32 i = 0; i < ARRAY_SIZE(items); i += 2) {
		large_hash_del(h, &items[i].node);
		large_hash_del(h, &items[i].node); /* twice is once */
	}
	assert_int_equal(h->items, ARRAY_SIZE(items) / 2);
	for (u32 i = 0; i < ARRAY_SIZE(items); i++)
		assert_ptr_equal(find(h, i * 7), i % 2 ? &items[i] : NULL);
	for (u32 i = 1; i < ARRAY_SIZE(items); i += 2)
		large_hash_del(h, &items[i].node);
	assert_int_equal(h->items, 0);
}

static void test_one_bucket(void **state)
{
	LARGE_HASH(h, "not made");

	(void)state;
	use_table(&h);
}

static void test_made_at_boot(void **state)
{
	static LARGE_HASH(small, "small");
	static LARGE_HASH(other, "other");
	static struct item three[3];
	struct memstat_hash view;

	(void)state;
	host_ram_setup(SZ_16M);
	early_res_count = 0;
	remove_all_active_ranges();
	add_active_range(0, 0x200, SZ_16M >> PAGE_SHIFT);
	max_low_pfn_mapped = max_low_pfn = SZ_16M >> PAGE_SHIFT;
	nr_kernel_pages = nr_all_pages = 3934;
	INIT_LIST_HEAD(&large_hash_list);

	large_hash_create(&small, 0, 18, HASH_EARLY | HASH_SMALL, 4, 4096);
	large_hash_create(&other, 0, 13, HASH_EARLY, 0, 0);
	assert_int_equal(small.shift, 6);
	assert_int_equal(other.mask, 2047);
	use_table(&small);
	use_table(&other);

	assert_int_equal(memstat_hash_count(), 2);
	memset(three, 0, sizeof(three));
	for (u32 i = 0; i < 3; i++)
		large_hash_add(&small, &three[i].node, 5);
	memstat_hash(0, &view);
	assert_string_equal(view.name, "small");
	assert_int_equal(view.entries, 64);
	assert_int_equal(view.bytes, 256);
	assert_int_equal(view.order, -4);
	assert_int_equal(view.items, 3);
	assert_int_equal(view.used_buckets, 1);
	assert_int_equal(view.longest_chain, 3);
	assert_ptr_equal((void *)(unsigned long)view.address, small.table);
	memstat_hash(1, &view);
	assert_int_equal(view.order, 1);
	assert_int_equal(view.used_buckets, 0);
}

/* Of the size that is wanted there is no run: the largest that fits, down to a page. */
static void test_no_room(void **state)
{
	static LARGE_HASH(smaller, "smaller");
	static LARGE_HASH(none, "none");

	(void)state;
	host_ram_setup(SZ_16M);
	early_res_count = 0;
	remove_all_active_ranges();
	add_active_range(0, 0x200, 0x400);
	max_low_pfn_mapped = max_low_pfn = 0x400;
	nr_kernel_pages = nr_all_pages = 0x40000;
	INIT_LIST_HEAD(&large_hash_list);

	/* 1 MiB entries take 4 MiB; the largest that finds room takes 1 MiB. */
	reserve_early(0x3ff000, 0x400000, "last frame");
	large_hash_create(&smaller, 1 << 20, 13, HASH_EARLY, 0, 1 << 20);
	assert_int_equal(smaller.shift, 18);
	assert_int_equal(smaller.mask, (1 << 18) - 1);
	use_table(&smaller);
	reserve_early(0x300000, 0x3ff000, "the rest");
	EXPECT_PANIC("no 4096 bytes for the hash table \"none\"",
		     large_hash_create(&none, 1 << 20, 13, HASH_EARLY, 0, 1 << 20));
}

HOST_MAIN(cmocka_unit_test(test_documented), cmocka_unit_test(test_small_memory),
	  cmocka_unit_test(test_arguments), cmocka_unit_test(test_one_bucket),
	  cmocka_unit_test(test_made_at_boot), cmocka_unit_test(test_no_room))
