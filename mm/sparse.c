/*
 * Which sections of 64 MiB hold RAM: a table of 64 bytes, node number plus one, 0 for none.
 */
#include "mm/sparse.h"

#include "kernel/panic.h"
#include "kernel/stage.h"
#include "mm/early_node_map.h"

static u8 mem_section[NR_MEM_SECTIONS];

int mem_section_node(unsigned section)
{
	BUG_ON(section >= NR_MEM_SECTIONS);
	return mem_section[section] - 1;
}

void __init memory_present(int nid, unsigned long start_pfn, unsigned long end_pfn)
{
	unsigned marked = 0;

	stage_begin(STAGE_memory_present);
	for (unsigned long pfn = round_down(start_pfn, PAGES_PER_SECTION); pfn < end_pfn;
	     pfn += PAGES_PER_SECTION) {
		unsigned section = pfn / PAGES_PER_SECTION;

		BUG_ON(section >= NR_MEM_SECTIONS);
		marked += !mem_section[section];
		mem_section[section] = (u8)(nid + 1);
	}
	stage_note("node %d [%#lx, %#lx): %u sections", nid, start_pfn, end_pfn, marked);
	stage_end(STAGE_memory_present);
}

void __init sparse_memory_present_with_active_regions(int nid)
{
	unsigned present = 0;
	int i;

	for_each_active_range_index_in_nid(i, nid) memory_present(
		early_node_map[i].nid, early_node_map[i].start_pfn, early_node_map[i].end_pfn);
	for (unsigned s = 0; s < NR_MEM_SECTIONS; s++)
		present += mem_section[s] != 0;
	stage_note("%u of %d sections of 64 MiB hold RAM", present, NR_MEM_SECTIONS);
}

void __init sparse_init(void)
{
	unsigned present = 0;
	int i;

	for_each_active_range_index_in_nid(i, MAX_NUMNODES)
	{
		const struct node_active_region *r = &early_node_map[i];

		for (unsigned long s = r->start_pfn / PAGES_PER_SECTION;
		     s <= (r->end_pfn - 1) / PAGES_PER_SECTION; s++)
			BUG_ON(!mem_section[s]);
	}
	for (unsigned s = 0; s < NR_MEM_SECTIONS; s++)
		present += mem_section[s] != 0;
	stage_note("%d ranges lie in %u present sections; flat model: nothing to allocate",
		   nr_nodemap_entries, present);
}
