/*
 * Which sections of 64 MiB hold RAM (W-58, W-70). The memory model here is flat, so that nothing
 * depends on the table; it is checked against the registered ranges and shown.
 */
#ifndef MM_SPARSE_H
#define MM_SPARSE_H

#include "kernel/lib/types.h"

#define SECTION_SIZE_BITS 26 /* 64 MiB */
#define PAGES_PER_SECTION (1ul << (SECTION_SIZE_BITS - PAGE_SHIFT))
#define NR_MEM_SECTIONS 64 /* of the 4 GiB that two-level tables reach */

/* Node of a section that holds RAM, -1 for an empty one. => section < NR_MEM_SECTIONS */
int mem_section_node(unsigned section);

/* W-58: marks every section that [start, end) touches; every range of a node. */
void memory_present(int nid, unsigned long start_pfn, unsigned long end_pfn);
void sparse_memory_present_with_active_regions(int nid);

/* W-70: every registered range lies in present sections; a violation is a BUG. */
void sparse_init(void);

#endif
