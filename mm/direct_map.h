/*
 * The direct mapping of low memory at PAGE_OFFSET and what becomes of it (W-35 to W-45, W-64,
 * W-110 to W-113, W-136).
 */
#ifndef MM_DIRECT_MAP_H
#define MM_DIRECT_MAP_H

#include "kernel/lib/types.h"

#define NR_RANGE_MR 3 /* pieces one call cuts its range into (W-35) */

/* One past the last page frame mapped so far: at 0 and PAGE_OFFSET by head.S, then by W-35. */
extern unsigned long max_pfn_mapped;
extern unsigned long max_low_pfn_mapped;

/* The area for page tables, in page frames: first, next free, one past the last (W-36). */
extern unsigned long e820_table_start, e820_table_end, e820_table_top;

/* False until W-59: table pages come from the area above, then from the boot allocator. */
extern int after_bootmem;

/* Virtual end of the direct map (W-54); 0 before. */
extern void *high_memory;

/* One piece of a range, with one page size. */
struct map_range {
	unsigned long start, end; /* physical bytes */
	bool large;		  /* 4 MiB pages */
};

/* Cuts [start, end) into at most NR_RANGE_MR pieces and merges what can be; returns how many. */
int split_mem_range(struct map_range mr[NR_RANGE_MR], unsigned long start, unsigned long end,
		    bool use_pse);

/*
 * Maps physical [start, end) at PAGE_OFFSET, with 4 MiB pages where the processor has them.
 * Returns one past the last page frame mapped. => end is page aligned. Panics when there is no
 * room for tables. W-35
 */
unsigned long init_memory_mapping(unsigned long start, unsigned long end);

/* W-36: the upper bound of what tables for [0, end) can take, in bytes, and where their place is
 * looked for from. */
unsigned long early_table_bytes(unsigned long end, bool use_pse);
#define TABLE_SEARCH_START 0x7000 /* bytes */

/* W-35 for all of low memory: sets max_pfn_mapped and max_low_pfn_mapped. */
void map_low_memory(void);

/* Pages in the direct map by size, as pass 1 counted them. */
void direct_map_counts(unsigned long *pages_4k, unsigned long *pages_4m);

/* W-64: the hooks of x86_init around paging_init. */
void pagetable_setup_start(void);
void pagetable_setup_done(void);
/* Their defaults: unmaps what head.S mapped past the end of low memory. */
void native_pagetable_setup_start(void);
void native_pagetable_setup_done(void);

/* W-110: reports the areas of the virtual layout and checks their order; a wrong one is a BUG. */
void check_memory_layout(void);
/* The vmalloc area's start: high_memory + VMALLOC_OFFSET, to a multiple of that (W-119). */
unsigned long vmalloc_start(void);

/* W-111: does a write to a read-only page fault in supervisor mode? Panics if not. */
void test_wp_bit(void);
/* A page of zeros, which nothing writes to: what test_wp_bit maps read-only. N-08 */
extern u8 empty_zero_page[PAGE_SIZE];
void clear_empty_zero_page(void);
/* W-112: keeps a copy of the directory. */
void save_pg_dir(void);
/* Directory entries that differ from the copy; ~0 without one. */
u32 pg_dir_changes(void);
/* W-113: unmaps [0, PAGE_OFFSET) and proves that address 0 faults. */
void zap_low_mappings(void);
/* W-136: text and constants become read-only, which is then proved. */
void mark_rodata_ro(void);
/* W-136: boot code and data go to the buddy system, filled with POISON_FREE_INITMEM. */
void free_initmem(void);
#define POISON_FREE_INITMEM 0xCC

#endif
