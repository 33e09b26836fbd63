/*
 * The hand-over from boot memory to the buddy system (W-97 to W-103).
 */
#ifndef MM_FREE_ALL_H
#define MM_FREE_ALL_H

#include "mm/mmzone.h"
#include "mm/range.h"

/*
 * W-97: releases all free memory, low and high, reports it (W-110), proves write protection
 * (W-111), keeps a copy of the page directory (W-112) and unmaps low addresses (W-113).
 * => zones and zonelists are built. After it alloc_pages may be called, and nothing may be
 * reserved early any more.
 */
void mem_init(void);

/* The part of mem_init that touches nothing but memory: W-98 and W-103. Returns the pages of low RAM
 * that stay reserved. */
unsigned long release_free_memory(void);

/* W-98: releases what no early reservation took; returns pages released. */
unsigned long free_all_bootmem(void);

/*
 * W-99: the ranges of low memory that nothing reserved, sorted. *list lies in memory that is
 * itself free: it must be used up before anything is allocated or overwritten. Returns how many.
 */
int get_free_all_memory_range(struct range **list, int nid);

/* W-101: releases page frames [start, end), in blocks of 32 where they are aligned. */
void __free_pages_memory(unsigned long start, unsigned long end);

/* W-103: releases the high zones' registered ranges and counts them in totalhigh_pages. */
void set_highmem_pages_init(void);

/*
 * Gives one frame that boot kept back to the buddy system; its owner loses it, totalram_pages gains
 * it. => the descriptor is reserved. W-136
 */
void free_reserved_page(struct page *page);

/* What W-101 released, for the stage record and the tests. */
extern unsigned long released_singles, released_blocks;

#endif
