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

enum zonelist_order { ZONELIST_ORDER_DEFAULT, ZONELIST_ORDER_NODE, ZONELIST_ORDER_ZONE };
extern enum zonelist_order current_zonelist_order; /* after build_all_zonelists: NODE or ZONE */
extern const char *const zonelist_order_name[3];
/* What "default" means on this machine, and why. W-87 */
enum zonelist_order default_zonelist_order(const char **why);
/* numa_zonelist_order=default|node|zone, of which the first letter counts; 0 or -EINVAL. */
int parse_numa_zonelist_order(const char *value);

/* A node farther away than this is used only after the home node was reclaimed from. W-87 */
#define RECLAIM_DISTANCE 20
extern bool zone_reclaim_mode;

#endif
