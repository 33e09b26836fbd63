/*
 * Making large system hashes (W-90; see large_hash.h).
 *
 * Differences from the documents: a table that is not HASH_EARLY would come from vmalloc (if hashes
 * were spread over nodes) or from the page allocator. All tables of this image are early ones, so
 * that way is not built, and asking for it is a bug. Buckets are heads of chains without a lock; an
 * empty one is a word of zeros, as the boot allocator hands it out, so that none needs writing.
 *
 * Boot only.
 */
#include "kernel/lib/bitops.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/cpu.h"
#include "mm/bootmem.h"
#include "mm/large_hash.h"
#include "mm/large_hash_internal.h"
#include "mm/memlayout.h"
#include "mm/zones.h"

void *__init alloc_large_system_hash(const char *name, unsigned long bucket_bytes,
				     unsigned long wanted, int scale, int flags,
				     unsigned int *hash_shift, unsigned int *hash_mask,
				     unsigned long limit)
{
	unsigned long n = large_hash_entries(bucket_bytes, wanted, scale, flags, *hash_shift, limit,
					     nr_kernel_pages, nr_all_pages);
	unsigned int shift = ilog2(n);
	unsigned long bytes;
	void *table;

	BUG_ON(!(flags & HASH_EARLY));
	do {
		bytes = bucket_bytes << shift;
		table = ___alloc_bootmem_nopanic(bytes, cache_line_size(), BOOTMEM_GOAL, ~0ull,
						 OWNER_HASH);
	} while (!table && bytes > PAGE_SIZE && --shift);
	if (!table)
		panic("bootmem", "no %lu bytes for the hash table \"%s\"", bytes, name);
	pr_info("%s hash table entries: %lu (order: %d, %lu bytes)", name, 1ul << shift,
		(int)ilog2(bytes) - PAGE_SHIFT, bytes);
	stage_note("%s: %lu entries, order %d, %lu bytes at %#lx", name, 1ul << shift,
		   (int)ilog2(bytes) - PAGE_SHIFT, bytes, __pa(table));
	*hash_shift = shift;
	*hash_mask = (1u << shift) - 1;
	return table;
}

void __init large_hash_create(struct large_hash *h, unsigned long wanted, int scale, int flags,
			      unsigned int smallest_shift, unsigned long limit)
{
	h->shift = smallest_shift;
	stage_begin(STAGE_alloc_large_system_hash);
	h->table = alloc_large_system_hash(h->name, sizeof(*h->table), wanted, scale, flags,
					   &h->shift, &h->mask, limit);
	stage_end(STAGE_alloc_large_system_hash);
	list_add_tail(&h->link, &large_hash_list);
}
