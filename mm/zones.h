/*
 * Nodes and zones from the registered RAM, and a descriptor for every page frame (W-70 to W-81).
 */
#ifndef MM_ZONES_H
#define MM_ZONES_H

#include "mm/mmzone.h"

/* Bounds of the zones' address ranges, in pfn, [lowest, highest) (W-72). */
extern unsigned long arch_zone_lowest_possible_pfn[MAX_NR_ZONES];
extern unsigned long arch_zone_highest_possible_pfn[MAX_NR_ZONES];

extern unsigned long nr_kernel_pages;	 /* usable pages below high memory (W-77) */
extern unsigned long nr_all_pages;	 /* in all zones */
extern unsigned long highest_memmap_pfn; /* last pfn that got a descriptor (W-81) */
/* Where ZONE_MOVABLE would begin, 0: nowhere; it is always empty (W-73). */
extern unsigned long zone_movable_pfn[MAX_NUMNODES];
extern unsigned long dma_reserve; /* pages that W-77 takes off the first zone */

extern const char *const zone_names[MAX_NR_ZONES];

/* W-65: pkmap table, temporary kmaps, sections, zones. */
void paging_init(void);

/* W-71: DMA below 16 MiB, Normal up to max_low_pfn, HighMem up to highend_pfn. */
void zone_sizes_init(void);
/* W-72: everything below, for the given upper bounds in pfn (0: no such zone). */
void free_area_init_nodes(const unsigned long max_zone_pfn[MAX_NR_ZONES]);

/* W-73: computes zone_movable_pfn from kernelcore= and movablecore=. => the zones' ranges are known */
void find_zone_movable_pfns_for_nodes(void);
/* kernelcore=SIZE, movablecore=SIZE; 0 or -EINVAL. */
int parse_kernelcore(const char *value);
int parse_movablecore(const char *value);

/* W-75: pages of a zone's range that the node spans, and those of them that are holes. */
unsigned long zone_spanned_pages_in_node(int nid, enum zone_type type);
unsigned long zone_absent_pages_in_node(int nid, enum zone_type type);
unsigned long __absent_pages_in_range(int nid, unsigned long start_pfn, unsigned long end_pfn);

/* Pages that `pages` descriptors of this size fill, rounded up (W-76, W-77). */
unsigned long memmap_pages(unsigned long pages, unsigned long descriptor_bytes);
/* W-77: present pages of a zone: size less holes, less what its own descriptors take if that is not
 * more than there is (then a line in the log). */
unsigned long zone_present_pages(const char *name, unsigned long size, unsigned long absent,
				 unsigned long descriptor_bytes);
/* W-80: gives a zone its engine and an empty list for every order and migrate type. */
void zone_init_free_lists(struct zone *zone, const struct buddy_engine *engine);
/* W-80: entries of the wait table: a power of two, a page in 256, from 4 to 4096. */
unsigned long wait_table_hash_nr_entries(unsigned long pages);

/* Lets for_each_zone come to the node's zones: each knows its node, and is empty until it is set up. */
void node_set_online(pg_data_t *pgdat);

#endif
