/*
 * The ranges of usable RAM, with the node each belongs to (W-54 to W-57): what the zones are made
 * from.
 */
#ifndef MM_EARLY_NODE_MAP_H
#define MM_EARLY_NODE_MAP_H

#include "kernel/lib/types.h"
#include "mm/mmzone.h"

/* Ranges kept. The map has at most this many entries, so that none of its RAM is lost. */
#define MAX_ACTIVE_REGIONS 256

struct node_active_region {
	unsigned long start_pfn, end_pfn; /* [start, end) */
	int nid;
};

extern struct node_active_region early_node_map[MAX_ACTIVE_REGIONS];
extern int nr_nodemap_entries;

extern unsigned long highstart_pfn, highend_pfn; /* high memory (W-54) */
extern unsigned long num_physpages;		 /* W-54 */

/* W-54: registers all RAM as node 0 and prepares the boot allocator. => max_low_pfn is mapped */
void initmem_init(void);

/* The part of it that both forms share: bounds of high memory, num_physpages, high_memory. */
void set_highmem_bounds(void);

/* W-55: registers the RAM of e820 in [start_pfn, last_pfn), whole pages only, as node nid. */
void e820_register_active_regions(int nid, unsigned long start_pfn, unsigned long last_pfn);

/* W-56: adds one range, joined with those of the node that it touches. */
void add_active_range(int nid, unsigned long start_pfn, unsigned long end_pfn);
void remove_all_active_ranges(void);
/* Takes [start_pfn, end_pfn) out of the node's ranges, which are not sorted afterwards. */
void remove_active_range(int nid, unsigned long start_pfn, unsigned long end_pfn);

/* Sorts by start (W-72). */
void sort_node_map(void);

/* W-57: index of the first range of a node, and of the next one after i; -1 at the end. The node
 * MAX_NUMNODES means all. */
int first_active_region_index_in_nid(int nid);
int next_active_region_index_in_nid(int i, int nid);
#define for_each_active_range_index_in_nid(i, nid)               \
	for (i = first_active_region_index_in_nid(nid); i != -1; \
	     i = next_active_region_index_in_nid(i, nid))

/* True if the page frame is registered RAM. Any pfn may be asked about, at any time after W-54. */
bool pfn_is_registered(unsigned long pfn);
/* Smallest registered pfn of a node (or of all); 0 if it has none. */
unsigned long find_min_pfn_for_node(int nid);
/* The bounds of a node's ranges; both 0 if it has none. */
void get_pfn_range_for_nid(int nid, unsigned long *start_pfn, unsigned long *end_pfn);
/* Registered pages of the node inside [start, end). */
unsigned long active_pages_in(int nid, unsigned long start, unsigned long end);
/* Calls fn for every part of a registered range of the node inside [start, end), ascending once the
 * map is sorted. */
void work_with_active_regions(int nid, unsigned long start, unsigned long end,
			      void (*fn)(unsigned long start, unsigned long end, void *arg),
			      void *arg);

#endif
