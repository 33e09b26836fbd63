/*
 * /api/v1/nodes: how memory was divided into nodes, and in which order each looks for free pages.
 */
#include "mm/memstat.h"
#include "web/route.h"
#include "web/snapshot.h"

static void tables(struct json *j, const struct memstat_numa *numa)
{
	j_object(j, "srat");
	j_bool(j, "present", numa->srat_present);
	j_str(j, "refused", numa->srat_refused);
	for (u32 i = 0; i < MEMSTAT_SRAT_KINDS; i++) {
		j_object(j, numa->kinds[i].name);
		j_u32(j, "seen", numa->kinds[i].seen);
		j_u32(j, "used", numa->kinds[i].used);
		j_u32(j, "ignored", numa->kinds[i].ignored);
		j_end_object(j);
	}
	j_array(j, "cpus");
	for (u32 i = 0; i < numa->cpus; i++) {
		struct memstat_srat_cpu cpu;

		memstat_srat_cpu(i, &cpu);
		j_object(j, NULL);
		j_u32(j, "apic_id", cpu.apic_id);
		j_u32(j, "domain", cpu.domain);
		j_s32(j, "node", cpu.node);
		j_end_object(j);
	}
	j_end_array(j);
	j_end_object(j);
	j_array(j, "chunks");
	for (u32 i = 0; i < numa->chunks; i++) {
		struct memstat_chunk chunk;

		memstat_chunk(i, &chunk);
		j_object(j, NULL);
		j_u64(j, "start_pfn", chunk.start_pfn);
		j_u64(j, "end_pfn", chunk.end_pfn);
		j_u32(j, "domain", chunk.domain);
		j_s32(j, "node", chunk.node);
		j_bool(j, "hot_pluggable", chunk.hot_pluggable);
		j_end_object(j);
	}
	j_end_array(j);
	j_u32(j, "chunks_max", numa->chunks_max);
	j_u32(j, "uncovered_pages", numa->uncovered_pages);
}

static void distances(struct json *j, const struct memstat_numa *numa)
{
	j_str(j, "slit_refused", numa->slit_refused);
	j_array(j, "distances");
	for (u32 from = 0; from < numa->nodes; from++) {
		j_array(j, NULL);
		for (u32 to = 0; to < numa->nodes; to++)
			j_u32(j, NULL, memstat_distance(from, to));
		j_end_array(j);
	}
	j_end_array(j);
}

static void window(struct json *j, const char *key, u32 start, u32 pages)
{
	j_object(j, key);
	j_hex(j, "start", start);
	j_u32(j, "pages", pages);
	j_u32(j, "large_entries", pages / 1024);
}

static void ranges(struct json *j)
{
	u32 node, start, end;

	j_array(j, "ranges");
	for (u32 i = 0; memstat_active_range(i, &node, &start, &end); i++) {
		j_object(j, NULL);
		j_u32(j, "node", node);
		j_u32(j, "start_pfn", start);
		j_u32(j, "end_pfn", end);
		j_end_object(j);
	}
	j_end_array(j);
}

static void zonelist(struct json *j, const char *key, u32 node, bool this_node, u32 type)
{
	const char *name;
	u32 at;

	j_array(j, key);
	for (u32 i = 0; memstat_zonelist(node, this_node, type, i, &at, &name); i++) {
		j_object(j, NULL);
		j_u32(j, "node", at);
		j_str(j, "zone", name);
		j_end_object(j);
	}
	j_end_array(j);
}

static void node(struct json *j, u32 i)
{
	struct memstat_node n;

	memstat_node(i, &n);
	j_object(j, NULL);
	j_u32(j, "node", i);
	j_s32(j, "domain", n.domain);
	j_u32(j, "start_pfn", n.start_pfn);
	j_u32(j, "end_pfn", n.end_pfn);
	j_u32(j, "spanned", n.spanned_pages);
	j_u32(j, "present", n.present_pages);
	j_hex(j, "structure", n.structure);
	j_hex(j, "node_mem_map", n.node_mem_map);
	j_u32(j, "descriptor_bytes", n.descriptor_bytes);
	j_u32(j, "movable_start_pfn", n.movable_start_pfn);
	if (n.window_pages) {
		window(j, "window", n.window_start, n.window_pages);
		j_u32(j, "memory_pfn", n.window_memory_pfn);
		j_end_object(j);
	} else {
		j_null(j, "window");
	}
	j_array(j, "zonelists");
	for (u32 type = 0; type + 1 < MEMSTAT_ZONES; type++) {
		j_object(j, NULL);
		j_str(j, "up_to", memstat_zone_type_name(type));
		zonelist(j, "fallback", i, false, type);
		zonelist(j, "this_node", i, true, type);
		j_end_object(j);
	}
	j_end_array(j);
	j_end_object(j);
}

void api_nodes(struct writer *w)
{
	struct memstat_numa numa;
	struct json j;

	memstat_numa(&numa);
	j_begin(&j, w);
	j_object(&j, NULL);
	j_str(&j, "branch", numa.branch);
	j_str(&j, "reason", numa.reason);
	j_s32(&j, "cpu_node", numa.cpu_node);
	j_u32(&j, "home_node", numa.home_node);
	tables(&j, &numa);
	distances(&j, &numa);
	if (numa.window_pages) {
		window(&j, "windows", numa.window_start, numa.window_pages);
		j_end_object(&j);
	} else {
		j_null(&j, "windows");
	}
	j_str(&j, "no_windows", numa.no_windows);
	j_str(&j, "zonelist_order", numa.zonelist_order);
	j_bool(&j, "zone_reclaim", numa.zone_reclaim);
	ranges(&j);
	j_array(&j, "nodes");
	for (u32 i = 0; i < numa.nodes; i++)
		node(&j, i);
	j_end_array(&j);
	j_end_with_snapshot(&j);
}
