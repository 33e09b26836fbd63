/*
 * The order in which zones are tried.
 *
 * A node has a list for each highest allowed zone type: that type's zone first, then the ones below
 * it, of the node itself; then the same of the nodes after it and of those before it. A second set
 * of lists stays on the node. Empty zones are left out, a NULL ends each list:
 *
 *	HIGHMEM:  HighMem  Normal  DMA  NULL
 *	NORMAL:            Normal  DMA  NULL
 *	DMA:                       DMA  NULL
 *
 * Differences from the documents: the documented list holds all zones and the reader skips those
 * above its type; a list for each type costs a few words and no skipping. One node, so the order is
 * always "Zone".
 */
#include "mm/zonelist.h"

#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "mm/page_alloc.h"

/* The other order there is, Node, differs from it only with more than one node. */
#define ZONELIST_ORDER "Zone"

unsigned long vm_total_pages;

static void __init set_zonelist_order(void)
{
	stage_note("one node: order %s", ZONELIST_ORDER);
}

/* Appends a node's populated zones from `highest` down; returns the new length. */
static int __init build_zonelists_node(pg_data_t *pgdat, struct zonelist *list, int n,
				       enum zone_type highest)
{
	for (int t = (int)highest; t >= 0; t--)
		if (pgdat->node_zones[t].populated)
			list->zones[n++] = &pgdat->node_zones[t];
	return n;
}

static void __init build_list(pg_data_t *pgdat, struct zonelist *list, enum zone_type highest,
			      bool fallback)
{
	int n = build_zonelists_node(pgdat, list, 0, highest);

	for (int k = 1; k < MAX_NUMNODES && fallback; k++) {
		pg_data_t *other = NODE_DATA((pgdat->node_id + k) % MAX_NUMNODES);

		if (other->online)
			n = build_zonelists_node(other, list, n, highest);
	}
	list->zones[n] = NULL;
}

void __init build_zonelists(pg_data_t *pgdat)
{
	for (enum zone_type t = 0; t < MAX_NR_ZONES; t++) {
		struct zone **zones = pgdat->node_zonelists[0][t].zones;

		build_list(pgdat, &pgdat->node_zonelists[0][t], t, true);
		build_list(pgdat, &pgdat->node_zonelists[1][t], t, false);
		if (t != ZONE_MOVABLE)
			stage_note("node %d, up to type %d: %s %s %s", pgdat->node_id, t,
				   zones[0] ? zones[0]->name : "-",
				   zones[0] && zones[1] ? zones[1]->name : "-",
				   zones[0] && zones[1] && zones[2] ? zones[2]->name : "-");
	}
}

void __init build_all_zonelists(void)
{
	struct zone *zone;
	int nodes = 0;

	RUN(set_zonelist_order);
	for (int nid = 0; nid < MAX_NUMNODES; nid++) {
		if (!node_online(nid))
			continue;
		RUN(build_zonelists, NODE_DATA(nid));
		nodes++;
	}
	for_each_zone(zone)
		setup_boot_pageset(zone);
	vm_total_pages = nr_free_zone_pages(ZONE_MOVABLE);
	page_group_by_mobility_disabled = vm_total_pages < PAGEBLOCK_NR_PAGES * MIGRATE_TYPES;
	BUG_ON(!nodes || !NODE_DATA(0)->node_zonelists[0][ZONE_MOVABLE].zones[0]);
	pr_info("zonelists of %d nodes, order %s, mobility grouping %s, %lu pages", nodes,
		ZONELIST_ORDER, page_group_by_mobility_disabled ? "off" : "on", vm_total_pages);
	stage_note("%d nodes, order %s, mobility grouping %s, total pages %lu", nodes,
		   ZONELIST_ORDER, page_group_by_mobility_disabled ? "off" : "on", vm_total_pages);
}
