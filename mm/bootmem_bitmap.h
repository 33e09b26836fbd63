/*
 * The bitmap boot allocator of the 2.4 notes (N-09, N-10), which the 2.6 generation can have too
 * (W-59, W-62, W-91, W-102). The allocator itself is a struct boot_allocator (bootmem.h); what is
 * here works on one node's bitmap and on nothing else, so that the tests can have their own.
 */
#ifndef MM_BOOTMEM_BITMAP_H
#define MM_BOOTMEM_BITMAP_H

#include "mm/bootmem.h"
#include "mm/mmzone.h"

/* A node's boot memory. One bit a page of [start_pfn, low_pfn), 1: used. */
struct bootmem_data {
	u64 node_boot_start;	    /* bytes */
	unsigned long node_low_pfn; /* one past the last page */
	unsigned long *node_bootmem_map;
	unsigned long last_pos;	   /* page that the last allocation ends in, from node_boot_start */
	unsigned long last_offset; /* byte in it where that ends; 0: at its end, or none yet */
};

extern struct bootmem_data boot_bdata[MAX_NUMNODES]; /* by node */

/* Bytes of a map for so many pages; and the pages those take. */
unsigned long bootmem_map_bytes(unsigned long pages);
unsigned long bootmem_map_pages(unsigned long pages);

/* Sets a map of [start, end) up at frame mapstart, with every page used. Returns its bytes. N-10 */
unsigned long init_bootmem_core(struct bootmem_data *bdata, unsigned long mapstart,
				unsigned long start, unsigned long end);
/* Marks pages free: those wholly inside the bytes [addr, addr + size); other pages stay. N-10 */
void free_bootmem_core(struct bootmem_data *bdata, u64 addr, u64 size);
/* Marks pages used: all that the bytes touch. N-10 */
void reserve_bootmem_core(struct bootmem_data *bdata, u64 addr, u64 size);

/*
 * First fit of `size` bytes at a multiple of `align` in [goal, limit): the physical address, or ~0.
 * Continues in the page where the allocation before it ended, if the run found follows that. N-10
 */
u64 alloc_bootmem_core(struct bootmem_data *bdata, unsigned long size, unsigned long align,
		       u64 goal, u64 limit);

/*
 * N-09: gives every page whose bit is 0, then the map's own pages, to `release`, page by page; with
 * blocks, 32 pages at once where a whole word is free (W-102). Ends the map. Returns pages released.
 */
unsigned long free_all_bootmem_core(struct bootmem_data *bdata, bool blocks,
				    void (*release)(unsigned long pfn, unsigned order));

/*
 * W-62: marks what is reserved early, clipped to low memory, and ends the list of reservations.
 * => the bitmap is set up
 */
void early_res_to_bootmem(void);

/* The release of W-98 with this allocator: names the owners of what stays, and frees the rest. */
unsigned long bootmem_bitmap_release(void);

/* bootmem=early_res|bitmap; 0 or -EINVAL. */
int parse_bootmem(const char *value);

#endif
