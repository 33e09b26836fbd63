/*
 * The order in which zones are tried (W-86, W-87).
 */
#ifndef MM_ZONELIST_H
#define MM_ZONELIST_H

#include "mm/mmzone.h"

/* Usable pages above the high watermark in all zones, when the lists were built (W-86). */
extern unsigned long vm_total_pages;

/*
 * Builds every node's lists, gives each zone its boot pageset, and decides whether memory is large
 * enough to keep migrate types apart. => the zones exist. W-86
 */
void build_all_zonelists(void);

/* The lists of one node alone. W-87 */
void build_zonelists(pg_data_t *pgdat);

#endif
