/*
 * memstat.h's records of the nodes: the tables they were made from, the windows, the zonelists.
 */
#include <string.h>

#include "kernel/panic.h"
#include "mm/early_node_map.h"
#include "mm/gen24.h"
#include "mm/memstat.h"
#include "mm/numa.h"
#include "mm/srat.h"
#include "mm/zonelist.h"
#include "mm/zones.h"

void memstat_numa(struct memstat_numa *out)
{
	static const char *const names[] = { "x2apic", "cpu", "memory", "other" };

	BUILD_BUG_ON(ARRAY_SIZE(names) != NR_SRAT_KINDS || NR_SRAT_KINDS != MEMSTAT_SRAT_KINDS);
	*out = (struct memstat_numa){
		.branch = numa.branch,
		.reason = numa.reason,
		.nodes = (u32)numa.nodes,
		.cpu_node = numa.cpu_node,
		.home_node = (u32)numa.home,
		.srat_present = srat.present,
		.srat_refused = srat.refused,
		.slit_refused = slit_refused,
		.chunks = (u32)num_memory_chunks,
		.chunks_max = MAXCHUNKS,
		.cpus = srat.cpu_count,
		.uncovered_pages = numa.uncovered_pages,
		.window_pages = numa.kva_pages,
		.no_windows = numa.no_remap,
		.zonelist_order = zonelist_order_name[current_zonelist_order],
		.zone_reclaim = zone_reclaim_mode,
	};
	if (numa.kva_pages)
		out->window_start = (u32)(unsigned long)__va(PFN_PHYS(numa.kva_start_pfn));
	for (u32 i = 0; i < NR_SRAT_KINDS; i++)
		out->kinds[i] = (struct memstat_srat_kind){ names[i], srat.kinds[i].seen,
							    srat.kinds[i].used,
							    srat.kinds[i].ignored };
}

void memstat_chunk(u32 i, struct memstat_chunk *out)
{
	const struct node_memory_chunk *chunk = &node_memory_chunk[i];

	BUG_ON(i >= (u32)num_memory_chunks);
	*out = (struct memstat_chunk){ chunk->start_pfn, chunk->end_pfn, chunk->pxm,
				       pxm_to_node(chunk->pxm), chunk->hot_pluggable };
}

void memstat_srat_cpu(u32 i, struct memstat_srat_cpu *out)
{
	BUG_ON(i >= srat.cpu_count);
	*out = (struct memstat_srat_cpu){ srat.cpus[i].apic_id, srat.cpus[i].pxm,
					  pxm_to_node(srat.cpus[i].pxm) };
}

void memstat_node(u32 node, struct memstat_node *out)
{
	const struct numa_node *n = &numa.node[node];
	const pg_data_t *pgdat = NODE_DATA(node);

	BUG_ON(node >= (u32)numa.nodes);
	*out = (struct memstat_node){
		.domain = node_to_pxm((int)node),
		.start_pfn = n->start_pfn,
		.end_pfn = n->end_pfn,
		.spanned_pages = pgdat->node_spanned_pages,
		.present_pages = pgdat->node_present_pages,
		.structure = (u32)(unsigned long)pgdat,
		.node_mem_map = (u32)(unsigned long)pgdat->node_mem_map,
		.descriptor_bytes = n->remap_bytes,
		.window_start = (u32)(unsigned long)numa_window((int)node),
		.window_pages = n->remap_pages,
		.window_memory_pfn = n->remap_start_pfn,
		.movable_start_pfn = zone_movable_pfn[node],
	};
}

u32 memstat_distance(u32 from, u32 to)
{
	BUG_ON(from >= MAX_NUMNODES || to >= MAX_NUMNODES);
	return (u32)node_distance((int)from, (int)to);
}

bool memstat_zonelist(u32 node, bool this_node, u32 type, u32 i, u32 *zone_node,
		      const char **zone_name)
{
	struct zone *const *zones = NODE_DATA(node)->node_zonelists[this_node][type].zones;

	BUG_ON(node >= (u32)numa.nodes || type >= MAX_NR_ZONES);
	if (mm_gen24) /* values 0 to 2 of the zone mask: Normal, DMA, HighMem */
		zones = gen24_zonelists[type == ZONE_DMA ? 1 : type == ZONE_NORMAL ? 0 : 2].zones;
	for (; *zones && i; zones++)
		i--;
	if (!*zones)
		return false;
	*zone_node = (u32)(*zones)->zone_pgdat->node_id;
	*zone_name = (*zones)->name;
	return true;
}

const char *memstat_zone_type_name(u32 type)
{
	BUG_ON(type >= MAX_NR_ZONES);
	return zone_names[type];
}

bool memstat_active_range(u32 i, u32 *node, u32 *start_pfn, u32 *end_pfn)
{
	if (i >= (u32)nr_nodemap_entries)
		return false;
	*node = (u32)early_node_map[i].nid;
	*start_pfn = early_node_map[i].start_pfn;
	*end_pfn = early_node_map[i].end_pfn;
	return true;
}
