/*
 * Large system hashes: sizing and what is shown of them (see large_hash.h). Making one, which needs
 * the boot allocator, is in large_hash_boot.c.
 *
 * Differences from the documents: none in the arithmetic. Occupancy is counted when it is asked for,
 * by a walk over all buckets: two or three instructions each.
 */
#include "mm/large_hash.h"

#include "kernel/lib/bitops.h"
#include "mm/large_hash_internal.h"
#include "mm/memlayout.h"
#include "mm/memstat.h"

#define PAGES_PER_MIB (SZ_1M >> PAGE_SHIFT)

LIST_HEAD(large_hash_list);

unsigned long large_hash_entries(unsigned long bucket_bytes, unsigned long wanted, int scale,
				 int flags, unsigned int shift, unsigned long limit,
				 unsigned long kernel_pages, unsigned long all_pages)
{
	unsigned long n = wanted;

	if (!n) {
		n = round_up(kernel_pages, PAGES_PER_MIB);
		if (scale > PAGE_SHIFT)
			n >>= scale - PAGE_SHIFT;
		else
			n <<= PAGE_SHIFT - scale;
		if (flags & HASH_SMALL) {
			if (!(n >> shift))
				n = 1ul << shift;
		} else if (n * bucket_bytes < PAGE_SIZE) {
			n = PAGE_SIZE / bucket_bytes;
		}
	}
	n = roundup_pow_of_two(n);
	if (!limit)
		limit = (unsigned long)(((u64)all_pages << PAGE_SHIFT) / 16 / bucket_bytes);
	n = min(n, limit);
	return 1ul << ilog2(n);
}

u32 memstat_hash_count(void)
{
	const struct large_hash *h;
	u32 n = 0;

	list_for_each_entry(h, &large_hash_list, link)
		n++;
	return n;
}

static void count_chains(const struct large_hash *h, struct memstat_hash *out)
{
	for (u32 i = 0; i <= h->mask; i++) {
		const struct hlist_node *n = h->table[i].first;
		u32 length = 0;

		if (likely(!n))
			continue;
		for (; n; n = n->next)
			length++;
		out->used_buckets++;
		out->longest_chain = max(out->longest_chain, length);
	}
}

void memstat_hash(u32 index, struct memstat_hash *out)
{
	const struct list_head *link = large_hash_list.next;
	const struct large_hash *h;

	while (index--)
		link = link->next;
	h = list_entry(link, struct large_hash, link);
	*out = (struct memstat_hash){
		.name = h->name,
		.address = (u32)(unsigned long)h->table,
		.entries = h->mask + 1,
		.bytes = (h->mask + 1) * sizeof(*h->table),
		.items = h->items,
		.hits = h->hits,
		.misses = h->misses,
	};
	out->order = (s32)ilog2(out->bytes) - PAGE_SHIFT;
	count_chains(h, out);
}
