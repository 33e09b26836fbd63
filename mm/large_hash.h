/*
 * Hash tables whose size follows from the size of memory (W-90), and what they hold.
 *
 * A table is made once, at boot, and never grows. Until it is made, or on the host, it has the one
 * bucket that lies in its own record: the calls work the same, only slower.
 *
 * Not for interrupt handlers.
 */
#ifndef MM_LARGE_HASH_H
#define MM_LARGE_HASH_H

#include "kernel/lib/hlist.h"
#include "kernel/lib/list.h"

#define HASH_EARLY 1 /* from the boot allocator: before the page allocator is up */
#define HASH_SMALL 2 /* may be smaller than a page: what *hash_shift holds is the smallest */

struct large_hash {
	const char *name;
	struct hlist_head *table;
	unsigned int shift, mask; /* 2^shift buckets; mask = buckets - 1 */
	u32 items;
	u64 hits, misses;
	struct hlist_head only; /* the one bucket of a table that is not made yet */
	struct list_head link;	/* all tables that are made, in the order of making */
};

/* The static record of a table. */
#define LARGE_HASH(var, title)        \
	struct large_hash var = {     \
		.name = (title),      \
		.table = &(var).only, \
	}

/* The bucket of a hash value: the upper bits of the value times 2^32 / golden ratio. */
static inline struct hlist_head *large_hash_bucket(const struct large_hash *h, u32 hash)
{
	return &h->table[h->mask ? hash * 0x9E3779B9u >> (32 - h->shift) : 0];
}

static inline void large_hash_add(struct large_hash *h, struct hlist_node *n, u32 hash)
{
	hlist_add_head(n, large_hash_bucket(h, hash));
	h->items++;
}

/* No effect on a node that is on no chain. */
static inline void large_hash_del(struct large_hash *h, struct hlist_node *n)
{
	if (hlist_unhashed(n))
		return;
	hlist_del_init(n);
	h->items--;
}

/*
 * W-90: how many buckets a table gets, a power of two.
 *
 * bucket_bytes: of one bucket. wanted: entries asked for, or 0: one for each 2^scale bytes of
 * `kernel_pages` (rounded up to a whole MiB). shift: of the smallest table, with HASH_SMALL. limit:
 * most entries, or 0: a sixteenth of the bytes in `all_pages`.
 */
unsigned long large_hash_entries(unsigned long bucket_bytes, unsigned long wanted, int scale,
				 int flags, unsigned int shift, unsigned long limit,
				 unsigned long kernel_pages, unsigned long all_pages);

/*
 * W-90: makes a table of 2^*hash_shift zeroed buckets. On entry *hash_shift is the smallest shift,
 * for HASH_SMALL. Lack of memory is fatal, after the size was halved down to a page.
 * => HASH_EARLY is set: every table of this image is made before the page allocator is up.
 */
void *alloc_large_system_hash(const char *name, unsigned long bucket_bytes, unsigned long wanted,
			      int scale, int flags, unsigned int *hash_shift,
			      unsigned int *hash_mask, unsigned long limit);

/* Makes h's table by the above, with the same arguments, and empties every bucket. */
void large_hash_create(struct large_hash *h, unsigned long wanted, int scale, int flags,
		       unsigned int smallest_shift, unsigned long limit);

#endif
