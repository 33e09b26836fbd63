/*
 * The configuration of nodes (W-60, W-61).
 *
 *	get_memcfg_numa ── get_memcfg_from_srat     RAM of each chunk -> its node
 *	             └──── get_memcfg_numa_flat     or one node, with the reason
 *	initmem_init_numa ── numa_kva_init          windows (numa_kva.c)
 *	                └─── setup_bootmem_allocator
 *
 * Every frame of RAM belongs to exactly one node, whatever the SRAT says. Chunks are taken by
 * ascending start; where two overlap the first keeps the common part, and RAM that none covers goes
 * to the node of the chunk before it:
 *
 *	chunks       [   node 0   )       [  node 1  )
 *	                      [    node 0   )
 *	RAM       [#############]  [##############################]
 *	          [--------------- 0 --------)[ 1 ---------------)
 *
 * Boot only, except for pfn_to_nid() and block_to_nid().
 *
 * Departures from the documents:
 * - RAM that no chunk covers is lost there, and a frame in two chunks is registered twice;
 * - sections are marked by registered ranges, not by the node's bounds, which may span other nodes;
 * - a chunk's node whose RAM is all elsewhere keeps its number and has no zones;
 * - the node of the processor has its structure in the image (mmzone.h).
 */
#include "mm/numa.h"

#include <string.h>

#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/cpu.h"
#include "mm/bootmem.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_node_map.h"
#include "mm/early_res.h"
#include "mm/gen24.h"
#include "mm/sparse.h"
#include "mm/srat.h"

struct numa numa = { .nodes = 1, .branch = "flat" };

/* ---- W-60 ---- */

/* Why the SRAT cannot be used; NULL if it can. */
static const char *__init flat_reason(void)
{
	if (numa_off)
		return "numa=off";
	if (mm_gen24)
		return "mm=2.4 has one node";
	if (!srat.present)
		return "no SRAT";
	if (srat.refused)
		return srat.refused;
	if (!num_memory_chunks)
		return "the SRAT has no enabled memory";
	if (srat_node_count() < 2)
		return "the SRAT has one node";
	if (!cpu_has_pse)
		return "the KVA remap needs 4 MiB pages";
	return NULL;
}

static void __init get_memcfg_numa_flat(void)
{
	const struct numa_node *node = &numa.node[0];

	memset(numa.node, 0, sizeof(numa.node));
	numa.nodes = 1;
	numa.home = 0;
	numa.branch = "flat";
	numa.node[0].end_pfn = max_pfn;
	numa.node[0].remap_bytes = max_pfn * sizeof(struct page);
	stage_note("flat: %s; node 0 is [0, %#lx)", numa.reason, node->end_pfn);
	stage_note("%lu bytes of descriptors: no remap is made for one node", node->remap_bytes);
}

/* A chunk widens its node's bounds. False if all of it is beyond max_pfn. */
static bool __init node_read_chunk(int nid, const struct node_memory_chunk *chunk)
{
	struct numa_node *node = &numa.node[nid];
	bool first = !node->end_pfn;

	if (chunk->start_pfn >= max_pfn) {
		stage_note("chunk [%#llx, %#llx) is beyond max_pfn %#lx: ignored", chunk->start_pfn,
			   chunk->end_pfn, max_pfn);
		return false;
	}
	if (first || chunk->start_pfn < node->start_pfn)
		node->start_pfn = (unsigned long)chunk->start_pfn;
	/* propagate_e820_map_node: clipped to max_pfn */
	node->end_pfn = max(node->end_pfn, (unsigned long)min(chunk->end_pfn, (u64)max_pfn));
	stage_note("chunk [%#llx, %#llx) domain %u: node %d", chunk->start_pfn, chunk->end_pfn,
		   chunk->pxm, nid);
	return true;
}

/* RAM of [start, end) that is in no chunk. */
static void __init register_uncovered(int nid, u64 start, u64 end)
{
	unsigned long before = active_pages_in(nid, 0, max_pfn), pages;

	if (start >= end)
		return;
	e820_register_active_regions(nid, (unsigned long)start, (unsigned long)end);
	pages = active_pages_in(nid, 0, max_pfn) - before;
	if (!pages)
		return;
	numa.uncovered_pages += pages;
	pr_warn("srat: %lu pages of RAM in [%#llx, %#llx) are in no entry: given to node %d", pages,
		start, end, nid);
	stage_note("%lu pages of RAM in [%#llx, %#llx) are in no chunk: node %d", pages, start, end,
		   nid);
}

static void __init register_chunks(void)
{
	u64 done = 0;
	int nid = node_memory_chunk[0].nid;

	for (int i = 0; i < num_memory_chunks; i++) {
		const struct node_memory_chunk *chunk = &node_memory_chunk[i];
		u64 end = min(chunk->end_pfn, (u64)max_pfn);

		if (!node_read_chunk(chunk->nid, chunk))
			continue;
		register_uncovered(done ? nid : chunk->nid, done, chunk->start_pfn);
		nid = chunk->nid;
		done = max(done, chunk->start_pfn);
		if (done < end)
			e820_register_active_regions(nid, (unsigned long)done, (unsigned long)end);
		done = max(done, end);
	}
	register_uncovered(nid, done, max_pfn);
}

/* Distance of a node from the processor as a place to allocate from; large if it has no low memory. */
static unsigned long __init home_distance(int nid)
{
	int from = max(numa.cpu_node, 0);
	unsigned long d = (unsigned long)node_distance(from, nid) * MAX_NUMNODES + (unsigned)nid;

	if (nid == numa.cpu_node)
		d = 0;
	if (active_pages_in(nid, MAX_DMA_PFN, max_low_pfn))
		return d;
	return active_pages_in(nid, 0, max_low_pfn) ? d + 0x10000 : ~0ul;
}

static void __init choose_home(void)
{
	numa.cpu_node = apicid_to_node(boot_cpu_data.apic_id);
	numa.home = 0;
	for (int nid = 0; nid < numa.nodes; nid++)
		if (home_distance(nid) < home_distance(numa.home))
			numa.home = nid;
	stage_note("processor with APIC id %u: node %d by the SRAT, allocates from node %d",
		   boot_cpu_data.apic_id, numa.cpu_node, numa.home);
}

/* Returns whether two or more nodes have RAM. */
static bool __init get_memcfg_from_srat(void)
{
	int populated = 0;

	numa.nodes = srat_node_count();
	stage_note("%d nodes, %d chunks", numa.nodes, num_memory_chunks);
	for (int i = 0; i < num_memory_chunks; i++)
		node_memory_chunk[i].nid = (u8)pxm_to_node(node_memory_chunk[i].pxm);
	register_chunks();
	sort_node_map();
	for (int nid = 0; nid < numa.nodes; nid++)
		populated += active_pages_in(nid, 0, max_pfn) != 0;
	if (populated < 2) {
		numa.reason = "only one node has RAM below max_pfn";
		remove_all_active_ranges();
		return false;
	}
	for (int nid = 0; nid < numa.nodes; nid++) {
		unsigned long blocks = 0;

		RUN(sparse_memory_present_with_active_regions, nid);
		for (unsigned long pfn = 0; pfn < max_pfn; pfn += MAX_ORDER_NR_PAGES)
			blocks += block_to_nid(pfn) == nid;
		numa.node[nid].remap_bytes = blocks * MAX_ORDER_NR_PAGES * sizeof(struct page);
		stage_note("node %d: [%#lx, %#lx), %lu pages of RAM, %lu bytes of descriptors", nid,
			   numa.node[nid].start_pfn, numa.node[nid].end_pfn,
			   active_pages_in(nid, 0, max_pfn), numa.node[nid].remap_bytes);
	}
	choose_home();
	numa.branch = "srat";
	return true;
}

void __init get_memcfg_numa(void)
{
	bool found = false;

	stage_note("NUMA-Q is one vendor's machine: not tried");
	numa.cpu_node = -1;
	numa.reason = flat_reason();
	if (!numa.reason) {
		stage_begin(STAGE_get_memcfg_from_srat);
		found = get_memcfg_from_srat();
		stage_end(STAGE_get_memcfg_from_srat);
	} else {
		stage_skip(STAGE_get_memcfg_from_srat, numa.reason);
	}
	if (found)
		stage_skip(STAGE_get_memcfg_numa_flat, "the SRAT was used");
	else
		RUN(get_memcfg_numa_flat);
	if (stage_first_run(STAGE_acpi_numa_memory_affinity_init))
		stage_skip(STAGE_acpi_numa_memory_affinity_init, "no memory entries");
	if (found) {
		stage_skip(STAGE_initmem_init, "several nodes: the NUMA form ran");
	} else {
		stage_skip(STAGE_initmem_init_numa, numa.reason);
		stage_skip(STAGE_calculate_numa_remap_pages, numa.reason);
		stage_skip(STAGE_remap_numa_kva, numa.reason);
	}
	if (found || srat.present)
		pr_info("numa: %s, %d node(s)%s%s", numa.branch, numa.nodes, found ? "" : ": ",
			found ? "" : numa.reason);
	stage_note("branch %s, %d nodes", numa.branch, numa.nodes);
}

/* ---- W-61 ---- */

/* allocate_pgdat: the node's structure; at the start of its window if it has one. */
static void __init allocate_pgdat(int nid)
{
	u64 place;

	if (nid == numa.home) {
		node_data[nid] = &contig_page_data;
	} else if (numa.node[nid].remap_pages) {
		node_data[nid] = numa_window(nid);
	} else {
		place = find_e820_area(0, PFN_PHYS(max_low_pfn), sizeof(pg_data_t), 64);
		if (place == ~0ull)
			panic("numa", "no %zu bytes for the structure of node %d",
			      sizeof(pg_data_t), nid);
		reserve_early_without_check(place, place + sizeof(pg_data_t), "NODE DATA",
					    OWNER_BOOT_ALLOC);
		node_data[nid] = __va(place);
	}
	memset(node_data[nid], 0, sizeof(pg_data_t));
	node_data[nid]->node_id = nid;
	stage_note("node %d: structure at %p", nid, (void *)node_data[nid]);
}

void __init initmem_init_numa(void)
{
	set_highmem_bounds();
	numa_kva_init();
	node_data[0] = NULL;
	for (int nid = 0; nid < numa.nodes; nid++)
		allocate_pgdat(nid);
	RUN(setup_bootmem_allocator);
}

/* ---- Whose frame ---- */

/* The best node so far for a block, and how good it is: the smaller the better. */
struct block_owner {
	unsigned long block, rank;
	int nid;
};

/* RAM in the block, the lower the better; then RAM before it, the nearer the better; then any. */
static void consider(struct block_owner *o, unsigned long start, unsigned long end, int nid)
{
	unsigned long rank = start >= o->block + MAX_ORDER_NR_PAGES ? 2 * MAX_ARCH_PFN + start
			     : end > o->block ? start > o->block ? start - o->block : 0
					      : MAX_ARCH_PFN + o->block - end;

	if (start < end && rank < o->rank) {
		o->rank = rank;
		o->nid = nid;
	}
}

int block_to_nid(unsigned long pfn)
{
	struct block_owner o = { round_down(pfn, MAX_ORDER_NR_PAGES), ~0ul, 0 };

	if (numa.nodes == 1)
		return 0;
	for (int i = 0; i < nr_nodemap_entries; i++)
		consider(&o, early_node_map[i].start_pfn, early_node_map[i].end_pfn,
			 early_node_map[i].nid);
	for (int nid = 0; nid < numa.nodes; nid++) /* no registered RAM, but the node's */
		consider(&o, numa.node[nid].remap_start_pfn,
			 numa.node[nid].remap_start_pfn + numa.node[nid].remap_pages, nid);
	return o.nid;
}

int pfn_to_nid(unsigned long pfn)
{
	for (int i = 0; i < nr_nodemap_entries; i++)
		if (pfn >= early_node_map[i].start_pfn && pfn < early_node_map[i].end_pfn)
			return early_node_map[i].nid;
	return block_to_nid(pfn);
}

unsigned long same_node_until(unsigned long pfn)
{
	unsigned long end = numa.nodes == 1 ? ~0ul : (pfn | (MAX_ORDER_NR_PAGES - 1)) + 1;

	for (int i = 0; i < nr_nodemap_entries; i++) {
		if (early_node_map[i].start_pfn > pfn)
			end = min(end, early_node_map[i].start_pfn);
		if (early_node_map[i].end_pfn > pfn)
			end = min(end, early_node_map[i].end_pfn);
	}
	return end;
}
