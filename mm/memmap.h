/*
 * The array of page descriptors (W-76, W-81). Private to mm/.
 */
#ifndef MM_MEMMAP_H
#define MM_MEMMAP_H

#include "mm/mmzone.h"

/* W-76: memory for the descriptors of all nodes, taken when the first node asks, and the node's
 * place in it. => pgdat->node_start_pfn and node_spanned_pages are set */
void alloc_node_mem_map(pg_data_t *pgdat);

/* W-81: descriptors of a zone's span: reserved, count 1; holes get OWNER_HOLE; blocks of 1024 pages
 * become movable. => the zone's pageblock_flags exist */
void memmap_init_zone(unsigned long size, int nid, enum zone_type zone, unsigned long start_pfn);

/* The descriptors alone, for either generation; returns how many have RAM. */
unsigned long init_zone_descriptors(unsigned long size, int nid, enum zone_type zone,
				    unsigned long start_pfn);

/* The descriptors of [start, end) that no zone of their node spans, which only fill up top-order blocks
 * or gaps between nodes: holes. => all zones are set up */
void memmap_init_outside(unsigned long start, unsigned long end);

/* Descriptors exist for [start, end). */
extern unsigned long memmap_start_pfn, memmap_end_pfn;

#endif
