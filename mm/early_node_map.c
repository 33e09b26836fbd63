/*
 * The ranges of usable RAM, with the node each belongs to.
 *
 * early_node_map[] is filled from the memory map in whole pages and then outlives the map: zones,
 * holes, the boot allocator and the hand-over to the buddy system all work from it. Invariant after
 * each call: the ranges of one node neither overlap nor touch. They are in the order of arrival
 * until sort_node_map().
 *
 * Boot only; afterwards the array is read by those who ask which frames are RAM.
 *
 * Difference from the documents (W-56): the documented rules, first match wins, lose pages when a
 * new range begins below an entry and ends above it, and leave two overlapping entries when it
 * bridges two. Here the new range grows by every entry it meets, and takes their place:
 *
 *	entries    [#####)        [#####)      [##)
 *	new           [-------------)
 *	result     [####################)      [##)
 */
#include "mm/early_node_map.h"

#include "kernel/lib/sort.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "mm/bootmem.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/sparse.h"

struct node_active_region early_node_map[MAX_ACTIVE_REGIONS];
int nr_nodemap_entries;

unsigned long highstart_pfn, highend_pfn;
unsigned long num_physpages;
void *high_memory;

/* ---- Registering (W-55, W-56) ---- */

void __init add_active_range(int nid, unsigned long start_pfn, unsigned long end_pfn)
{
	if (start_pfn >= end_pfn)
		return;
	stage_begin(STAGE_add_active_range);
	stage_note("node %d [%#lx, %#lx)", nid, start_pfn, end_pfn);
	for (int i = 0; i < nr_nodemap_entries; i++) {
		struct node_active_region *r = &early_node_map[i];

		if (r->nid != nid || start_pfn > r->end_pfn || end_pfn < r->start_pfn)
			continue;
		start_pfn = min(start_pfn, r->start_pfn);
		end_pfn = max(end_pfn, r->end_pfn);
		*r = early_node_map[--nr_nodemap_entries];
		i = -1; /* the longer range may meet entries that were passed over */
	}
	if (nr_nodemap_entries == MAX_ACTIVE_REGIONS) {
		pr_err("early_node_map: more than %d ranges: [%#lx, %#lx) is lost",
		       MAX_ACTIVE_REGIONS, start_pfn, end_pfn);
		stage_note("no room: lost");
	} else {
		early_node_map[nr_nodemap_entries++] = (struct node_active_region){ start_pfn,
										    end_pfn, nid };
	}
	stage_end(STAGE_add_active_range);
}

void __init remove_active_range(int nid, unsigned long start_pfn, unsigned long end_pfn)
{
	for (int i = nr_nodemap_entries; i--;) {
		struct node_active_region r = early_node_map[i];

		if (r.nid != nid || start_pfn >= r.end_pfn || end_pfn <= r.start_pfn)
			continue;
		early_node_map[i] = early_node_map[--nr_nodemap_entries];
		add_active_range(nid, r.start_pfn, min(start_pfn, r.end_pfn));
		add_active_range(nid, max(end_pfn, r.start_pfn), r.end_pfn);
	}
}

void __init remove_all_active_ranges(void)
{
	nr_nodemap_entries = 0;
}

/* What of this entry is RAM in [start_pfn, last_pfn), in whole pages. */
static bool __init e820_find_active_region(const struct e820entry *e, unsigned long start_pfn,
					   unsigned long last_pfn, unsigned long *ei_start,
					   unsigned long *ei_end)
{
	struct range r = range_intersect(e820_ram_frames(e), (struct range){ start_pfn, last_pfn });

	*ei_start = (unsigned long)r.start;
	*ei_end = (unsigned long)r.end;
	return !range_empty(r);
}

void __init e820_register_active_regions(int nid, unsigned long start_pfn, unsigned long last_pfn)
{
	unsigned taken = 0;

	stage_begin(STAGE_e820_register_active_regions);
	for (u32 i = 0; i < e820.nr_map; i++) {
		unsigned long start, end;
		bool found;

		stage_begin(STAGE_e820_find_active_region);
		found = e820_find_active_region(&e820.map[i], start_pfn, last_pfn, &start, &end);
		if (found)
			stage_note("entry %u: [%#lx, %#lx)", i, start, end);
		stage_end(STAGE_e820_find_active_region);
		if (found) {
			add_active_range(nid, start, end);
			taken++;
		}
	}
	stage_note("%u of %u entries", taken, e820.nr_map);
	stage_end(STAGE_e820_register_active_regions);
}

static int __init cmp_region(const void *a, const void *b)
{
	const struct node_active_region *ra = a, *rb = b;

	return ra->start_pfn < rb->start_pfn ? -1 : ra->start_pfn > rb->start_pfn;
}

void __init sort_node_map(void)
{
	sort(early_node_map, (size_t)nr_nodemap_entries, sizeof(early_node_map[0]), cmp_region);
}

/* ---- Walking (W-57) ---- */

int next_active_region_index_in_nid(int i, int nid)
{
	for (i++; i < nr_nodemap_entries; i++)
		if (nid == MAX_NUMNODES || early_node_map[i].nid == nid)
			return i;
	return -1;
}

int first_active_region_index_in_nid(int nid)
{
	int i = next_active_region_index_in_nid(-1, nid);

	STAGE_NOTE_ONCE(early_node_map_iterators, "first range of node %d: index %d of %d", nid, i,
			nr_nodemap_entries);
	return i;
}

bool pfn_is_registered(unsigned long pfn)
{
	for (int i = 0; i < nr_nodemap_entries; i++)
		if (pfn >= early_node_map[i].start_pfn && pfn < early_node_map[i].end_pfn)
			return true;
	return false;
}

void get_pfn_range_for_nid(int nid, unsigned long *start_pfn, unsigned long *end_pfn)
{
	int i;

	*start_pfn = ~0ul;
	*end_pfn = 0;
	for_each_active_range_index_in_nid(i, nid)
	{
		*start_pfn = min(*start_pfn, early_node_map[i].start_pfn);
		*end_pfn = max(*end_pfn, early_node_map[i].end_pfn);
	}
	if (*start_pfn == ~0ul)
		*start_pfn = 0;
}

unsigned long __init find_min_pfn_for_node(int nid)
{
	unsigned long start, end;

	get_pfn_range_for_nid(nid, &start, &end);
	if (!end)
		pr_warn("node %d has no registered RAM", nid);
	return start;
}

void work_with_active_regions(int nid, unsigned long start, unsigned long end,
			      void (*fn)(unsigned long start, unsigned long end, void *arg),
			      void *arg)
{
	int i;

	for_each_active_range_index_in_nid(i, nid)
	{
		unsigned long lo = max(start, early_node_map[i].start_pfn);
		unsigned long hi = min(end, early_node_map[i].end_pfn);

		if (lo < hi)
			fn(lo, hi, arg);
	}
}

static void add_length(unsigned long start, unsigned long end, void *sum)
{
	*(unsigned long *)sum += end - start;
}

unsigned long active_pages_in(int nid, unsigned long start, unsigned long end)
{
	unsigned long pages = 0;

	work_with_active_regions(nid, start, end, add_length, &pages);
	return pages;
}

/* ---- initmem_init, one node (W-54) ---- */

static unsigned long __init pages_to_mb(unsigned long pages)
{
	return pages >> (20 - PAGE_SHIFT);
}

void __init set_highmem_bounds(void)
{
	highstart_pfn = highend_pfn = max_pfn;
	if (max_pfn > max_low_pfn)
		highstart_pfn = max_low_pfn;
	num_physpages = highend_pfn;
	/* the address of the last byte, plus one: low memory may end at 4 GiB */
	high_memory = (char *)__va(PFN_PHYS(max_low_pfn) - 1) + 1;
	max_mapnr = num_physpages;
	pr_info("low memory %lu MiB, high memory %lu MiB", pages_to_mb(max_low_pfn),
		pages_to_mb(highend_pfn - highstart_pfn));
	stage_note("high memory [%#lx, %#lx), high_memory %p, num_physpages %#lx", highstart_pfn,
		   highend_pfn, high_memory, num_physpages);
}

void __init initmem_init(void)
{
	e820_register_active_regions(0, 0, max_pfn);
	if (!nr_nodemap_entries)
		panic("initmem_init", "no usable RAM below pfn %#lx", max_pfn);
	RUN(sparse_memory_present_with_active_regions, 0);
	set_highmem_bounds();
	RUN(setup_bootmem_allocator);
}
