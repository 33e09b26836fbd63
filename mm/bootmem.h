/*
 * Memory before the page allocator (W-91): from the early reservations (bootmem_early_res.c), or from
 * a bitmap (W-59, N-10; bootmem_bitmap.c), behind one small interface.
 *
 * Legal from setup_bootmem_allocator() until mem_init(); what is taken is never given back.
 */
#ifndef MM_BOOTMEM_H
#define MM_BOOTMEM_H

#include "kernel/lib/types.h"
#include "mm/owner.h"

#define BOOTMEM_GOAL 0x1000000ul /* 16 MiB: keeps the DMA zone free */

struct boot_allocator {
	const char *name; /* "early_res", "bitmap" */
	/* W-59: makes it ready. => e820 is registered with early_node_map */
	void (*setup)(void);
	/*
	 * Takes `size` bytes at a multiple of `align` (a power of two) in [goal, limit) of low
	 * memory; NULL if there is none. The bytes are as they were. The frames will belong to
	 * `owner`.
	 */
	void *(*alloc_core)(unsigned long size, unsigned long align, u64 goal, u64 limit,
			    enum page_owner owner);
	/*
	 * W-98: names the owners of the frames that stay, gives all others of low memory to the
	 * buddy system and returns how many those are. NULL: the early reservations do it (W-99).
	 */
	unsigned long (*release)(void);
};

extern const struct boot_allocator bootmem_early_res;
extern const struct boot_allocator bootmem_bitmap;
extern const struct boot_allocator *boot_allocator; /* the one in use */

/*
 * W-59: chooses the allocator, by bootmem= and mm=, and prepares it; table pages come from it from
 * now on.
 */
void setup_bootmem_allocator(void);

/*
 * Zeroed memory at or above goal and below limit (bytes; limit ~0: none), or anywhere below limit if
 * nothing is free there; NULL if there is none at all. W-91
 */
void *___alloc_bootmem_nopanic(unsigned long size, unsigned long align, u64 goal, u64 limit,
			       enum page_owner owner);

/* The same, but lack of memory is fatal, and with the usual alignments (a cache line; a page) and
 * the goal of 16 MiB. */
void *alloc_bootmem(unsigned long size, enum page_owner owner);
void *alloc_bootmem_pages(unsigned long size, enum page_owner owner);
/* Pages from as low as possible: goal 0. */
void *alloc_bootmem_low_pages(unsigned long size, enum page_owner owner);
/* Pages whose content is undefined: for arrays that are written whole at once. */
void *alloc_bootmem_pages_dirty(unsigned long size, enum page_owner owner);

#endif
