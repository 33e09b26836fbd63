/*
 * The order in which zones are tried.
 *
 * A node has a list for each highest allowed zone type, which goes on to the other nodes, and a
 * second set of lists that stays on the node. Empty zones are left out, a NULL ends each list. One
 * node:
 *
 *	HIGHMEM:  HighMem  Normal  DMA  NULL
 *	NORMAL:            Normal  DMA  NULL
 *	DMA:                       DMA  NULL
 *
 * Several nodes are first put into an order: the node itself, then by distance, nodes that have had
 * their turn as the first of a distance group later (node_load). Then either all zones of one node
 * come before those of the next (node order), or all zones of one type before those of the next lower
 * (zone order). Node order keeps memory local, zone order keeps the DMA zone free:
 *
 *	node order:  Normal 0  DMA 0     HighMem 1  Normal 1
 *	zone order:  HighMem 1 Normal 0  Normal 1   DMA 0
 *
 * Difference from the documents: the documented list holds all zones and the reader skips those
 * above its type; a list for each type costs a few words and no skipping.
 */
#include "mm/zonelist.h"

#include <stdio.h>
#include <string.h>

#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "mm/numa.h"
#include "mm/page_alloc.h"
#include "mm/srat.h"
#include "mm/zones.h"

unsigned long vm_total_pages;
bool zone_reclaim_mode;
enum zonelist_order current_zonelist_order;
const char *const zonelist_order_name[3] = { "Default", "Node", "Zone" };

static enum zonelist_order wanted_order; /* numa_zonelist_order= */

int parse_numa_zonelist_order(const char *value)
{
	switch (*value | 0x20) {
	case 'd': wanted_order = ZONELIST_ORDER_DEFAULT; return 0;
	case 'n': wanted_order = ZONELIST_ORDER_NODE; return 0;
	case 'z': wanted_order = ZONELIST_ORDER_ZONE; return 0;
	default: return -EINVAL;
	}
}

/* ---- Which order (W-87) ---- */

/* Pages of a node, and those of them below Normal. */
static unsigned long __init node_pages(int nid, unsigned long *low)
{
	unsigned long pages = 0;

	*low = 0;
	for (enum zone_type t = 0; node_online(nid) && t < MAX_NR_ZONES; t++) {
		pages += NODE_DATA(nid)->node_zones[t].present_pages;
		*low += t < ZONE_NORMAL ? NODE_DATA(nid)->node_zones[t].present_pages : 0;
	}
	return pages;
}

enum zonelist_order __init default_zonelist_order(const char **why)
{
	unsigned long all = 0, all_low = 0, low, pages, nodes = 0;

	for (int nid = 0; nid < MAX_NUMNODES; nid++) {
		pages = node_pages(nid, &low);
		all += pages;
		all_low += low;
		nodes += pages != 0;
	}
	*why = "no DMA zone";
	if (!all_low)
		return ZONELIST_ORDER_NODE;
	*why = "more than half of all pages are in DMA zones";
	if (all_low > all / 2)
		return ZONELIST_ORDER_NODE;
	*why = "a larger than average node is DMA for more than 70 %";
	for (int nid = 0; nid < MAX_NUMNODES; nid++) {
		pages = node_pages(nid, &low);
		if (low && pages > all / (nodes + 1) && low > pages / 10 * 7)
			return ZONELIST_ORDER_NODE;
	}
	*why = "DMA zones are small";
	return ZONELIST_ORDER_ZONE;
}

static void __init set_zonelist_order(void)
{
	const char *why = "numa_zonelist_order=";

	current_zonelist_order = wanted_order;
	if (numa.nodes == 1) {
		current_zonelist_order = ZONELIST_ORDER_ZONE;
		why = "one node";
	} else if (wanted_order == ZONELIST_ORDER_DEFAULT) {
		current_zonelist_order = default_zonelist_order(&why);
	}
	stage_note("order %s: %s", zonelist_order_name[current_zonelist_order], why);
}

/* ---- The order of nodes ---- */

#define MAX_NODE_LOAD MAX_NUMNODES
#define PENALTY_FOR_NODE_WITH_CPUS 1

static int node_load[MAX_NUMNODES];

/* The nearest node that is not in `used` and has memory; -1: none. The node itself comes first. */
static int __init find_next_best_node(int from, u32 *used)
{
	int best = -1, best_val = 0;

	for (int nid = 0; nid < MAX_NUMNODES; nid++) {
		int val = node_distance(from, nid);

		if (*used >> nid & 1 || !node_online(nid) ||
		    (nid != from && !NODE_DATA(nid)->node_present_pages))
			continue;
		val += nid < from; /* so that not all nodes turn to the lowest one */
		val += nid == numa.cpu_node ? PENALTY_FOR_NODE_WITH_CPUS : 0;
		val = val * MAX_NODE_LOAD * MAX_NUMNODES + node_load[nid];
		if (nid == from)
			val = -1;
		if (best < 0 || val < best_val) {
			best = nid;
			best_val = val;
		}
	}
	if (best >= 0)
		*used |= 1u << best;
	return best;
}

/* Fills node_order[] with the nodes in which `local` looks for memory; returns how many. */
static int __init order_nodes(int local, int node_order[MAX_NUMNODES])
{
	int load = numa.nodes, prev = local, n = 0, nid;
	u32 used = 0;

	while ((nid = find_next_best_node(local, &used)) >= 0) {
		int distance = node_distance(local, nid);

		if (distance > RECLAIM_DISTANCE)
			zone_reclaim_mode = true;
		/* the first of a distance group: next time another one shall be it */
		if (distance != node_distance(local, prev))
			node_load[nid] = load;
		prev = nid;
		load--;
		node_order[n++] = nid;
	}
	return n;
}

/* ---- The lists ---- */

/* Appends a node's populated zones from `highest` down to `lowest`; returns the new length. */
static int __init build_zonelists_node(pg_data_t *pgdat, struct zonelist *list, int n, int highest,
				       int lowest)
{
	for (int t = highest; t >= lowest; t--)
		if (pgdat->node_zones[t].populated)
			list->zones[n++] = &pgdat->node_zones[t];
	return n;
}

static int __init build_zonelists_in_node_order(struct zonelist *list, const int *order, int nodes,
						int highest)
{
	int n = 0;

	for (int i = 0; i < nodes; i++)
		n = build_zonelists_node(NODE_DATA(order[i]), list, n, highest, 0);
	return n;
}

static int __init build_zonelists_in_zone_order(struct zonelist *list, const int *order, int nodes,
						int highest)
{
	int n = 0;

	for (int t = highest; t >= 0; t--)
		for (int i = 0; i < nodes; i++)
			n = build_zonelists_node(NODE_DATA(order[i]), list, n, t, t);
	return n;
}

static void __init note_list(const pg_data_t *pgdat, const struct zonelist *list)
{
	char text[100];
	size_t at = 0;

	for (struct zone *const *z = list->zones; *z && at < sizeof(text); z++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, " %s %d", (*z)->name,
				       (*z)->zone_pgdat->node_id);
	stage_note("node %d:%s", pgdat->node_id, at ? text : " no zones");
}

void __init build_zonelists(pg_data_t *pgdat)
{
	int order[MAX_NUMNODES], nodes = order_nodes(pgdat->node_id, order), n;

	for (enum zone_type t = 0; t < MAX_NR_ZONES; t++) {
		struct zonelist *list = &pgdat->node_zonelists[0][t];

		n = current_zonelist_order == ZONELIST_ORDER_NODE
			    ? build_zonelists_in_node_order(list, order, nodes, t)
			    : build_zonelists_in_zone_order(list, order, nodes, t);
		list->zones[n] = NULL;
		if (t != ZONE_MOVABLE)
			note_list(pgdat, list);
		/* this node only */
		list = &pgdat->node_zonelists[1][t];
		list->zones[build_zonelists_node(pgdat, list, 0, t, 0)] = NULL;
	}
}

static const char *__init policy_zone(void)
{
	struct zone *zone;
	enum zone_type highest = ZONE_DMA;

	for_each_populated_zone(zone)
		if (zone_idx(zone) != ZONE_MOVABLE)
			highest = max(highest, zone_idx(zone));
	return zone_names[highest];
}

void __init build_all_zonelists(void)
{
	struct zone *zone;
	int nodes = 0;

	RUN(set_zonelist_order);
	memset(node_load, 0, sizeof(node_load));
	zone_reclaim_mode = false;
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
	BUG_ON(!nodes || !NODE_DATA(numa_node_id())->node_zonelists[0][ZONE_MOVABLE].zones[0]);
	pr_info("zonelists of %d nodes, order %s, mobility grouping %s, %lu pages", nodes,
		zonelist_order_name[current_zonelist_order],
		page_group_by_mobility_disabled ? "off" : "on", vm_total_pages);
	stage_note("%d nodes, order %s, mobility grouping %s, total pages %lu, policy zone %s",
		   nodes, zonelist_order_name[current_zonelist_order],
		   page_group_by_mobility_disabled ? "off" : "on", vm_total_pages, policy_zone());
	if (zone_reclaim_mode)
		stage_note("a node is farther than %d: zone reclaim is on", RECLAIM_DISTANCE);
}
