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

/* The descriptors before and behind the node's zones that only fill up top-order blocks: holes. */
void memmap_init_outside(pg_data_t *pgdat);

#endif
