/*
 * Where ZONE_MOVABLE would begin on each node (W-73): kernelcore= and movablecore=.
 *
 *	node 0  [ DMA ][ Normal          |  movable )
 *	node 1  [ Normal | movable )     ^ zone_movable_pfn[0]
 *
 * The pages that the kernel keeps for itself are spread evenly over the nodes. What lies below the
 * highest zone type counts first, since ZONE_MOVABLE is made from the highest only; a node that has
 * less than its share leaves the rest to the others. Boundaries are rounded up to 1024 pages.
 *
 * Nothing in this image moves pages, so that memory in such a zone would be lost to nearly every
 * request: the boundaries are computed and shown, and the zone stays empty.
 */
#include "kernel/lib/errno.h"
#include "kernel/lib/memparse.h"
#include "kernel/stage.h"
#include "mm/early_node_map.h"
#include "mm/zones.h"

unsigned long zone_movable_pfn[MAX_NUMNODES];

static unsigned long required_kernelcore, required_movablecore; /* pages; 0: not asked for */

static int parse_core(const char *value, unsigned long *pages)
{
	const char *end;
	u64 bytes = memparse(value, &end);

	if (end == value || *end || !bytes)
		return -EINVAL;
	*pages = (unsigned long)min((bytes + PAGE_SIZE - 1) >> PAGE_SHIFT, (u64)MAX_ARCH_PFN);
	return 0;
}

int parse_kernelcore(const char *value)
{
	return parse_core(value, &required_kernelcore);
}

int parse_movablecore(const char *value)
{
	return parse_core(value, &required_movablecore);
}

/* The zone type that ZONE_MOVABLE would be taken from: the highest one with a range. */
static unsigned long __init usable_start_pfn(void)
{
	enum zone_type t = ZONE_MOVABLE - 1;

	while (t > 0 && arch_zone_highest_possible_pfn[t] <= arch_zone_lowest_possible_pfn[t])
		t--;
	return arch_zone_lowest_possible_pfn[t];
}

/* Leaves up to `share` pages of a node to the kernel, beyond those it has; returns how many it got. */
static unsigned long __init give_node_share(int nid, unsigned long share, unsigned long usable)
{
	unsigned long left = share;
	int i;

	for_each_active_range_index_in_nid(i, nid)
	{
		unsigned long start = max(early_node_map[i].start_pfn, zone_movable_pfn[nid]);
		unsigned long end = early_node_map[i].end_pfn, low;

		if (start >= end || !left)
			continue;
		low = start < usable ? min(end, usable) - start : 0;
		left -= min(low, left);
		start += low;
		zone_movable_pfn[nid] = start + min(end - start, left);
		left -= min(end - start, left);
	}
	return share - left;
}

void __init find_zone_movable_pfns_for_nodes(void)
{
	unsigned long usable = usable_start_pfn(), left = required_kernelcore, nodes, given;
	unsigned long all = active_pages_in(MAX_NUMNODES, 0, MAX_ARCH_PFN);

	for (int nid = 0; nid < MAX_NUMNODES; nid++)
		zone_movable_pfn[nid] = 0;
	if (required_movablecore)
		left = max(left,
			   all - min(all, round_up(required_movablecore, MAX_ORDER_NR_PAGES)));
	if (!left) {
		stage_note("neither kernelcore= nor movablecore=: ZONE_MOVABLE is empty");
		return;
	}
	do { /* until all of it is placed or no node can take more */
		given = nodes = 0;
		for (int nid = 0; nid < MAX_NUMNODES; nid++)
			nodes += first_active_region_index_in_nid(nid) >= 0;
		for (int nid = 0; nid < MAX_NUMNODES && nodes; nid++)
			if (first_active_region_index_in_nid(nid) >= 0) {
				unsigned long share = DIV_ROUND_UP(left - given, nodes);

				given += give_node_share(nid, share, usable);
				nodes--;
			}
		left -= given;
	} while (left && given);
	for (int nid = 0; nid < MAX_NUMNODES; nid++) {
		zone_movable_pfn[nid] = round_up(zone_movable_pfn[nid], MAX_ORDER_NR_PAGES);
		if (zone_movable_pfn[nid])
			stage_note("node %d: ZONE_MOVABLE would begin at %#lx", nid,
				   zone_movable_pfn[nid]);
	}
	stage_note("nothing here moves pages: the zone stays empty");
}
