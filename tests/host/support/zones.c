/*
 * Zones and a filled buddy system by hand. The engine, the lists and the descriptors are mm/'s own.
 */
#include "support/zones.h"

#include "mm/buddy.h"
#include "mm/check.h"
#include "mm/page_alloc_internal.h"
#include "mm/pgtable.h"
#include "mm/zones.h"
#include "support/host.h"

static void set_up_zone(enum zone_type type, unsigned long start, unsigned long pages)
{
	static const char *const names[] = { "DMA", "Normal", "HighMem", "Movable" };
	struct zone *zone = &NODE_DATA(0)->node_zones[type];

	zone->zone_pgdat = NODE_DATA(0);
	zone->name = names[type];
	zone->zone_start_pfn = start;
	zone->spanned_pages = zone->present_pages = pages;
	zone->populated = pages != 0;
	zone_init_free_lists(zone, &buddy_pageflag);
	zone->pageblock_flags = calloc(1, usemap_size(start, pages) + sizeof(long));
	setup_boot_pageset(zone);
}

static void make_descriptors(unsigned long pages)
{
	unsigned long count = round_up(pages, PAGEBLOCK_NR_PAGES);
	unsigned long mem_map_start = HOST_IMAGE_END >> PAGE_SHIFT;
	unsigned long first_free = mem_map_start + PFN_UP(count * sizeof(struct page));

	mem_map = (struct page *)__va(HOST_IMAGE_END);
	max_mapnr = pages;
	memset(mem_map, 0, count * sizeof(struct page));
	for (unsigned long pfn = 0; pfn < count; pfn++) {
		struct page *page = pfn_to_page(pfn);
		enum zone_type type = ZONE_DMA;

		while (type < ZONE_HIGHMEM && pfn >= zone_end_pfn(&NODE_DATA(0)->node_zones[type]))
			type++;
		page->flags = (u32)type << PG_ZONE_SHIFT;
		page->_mapcount = -1;
		page->lru.next = LIST_POISON1;
		page->lru.prev = LIST_POISON2;
		if (pfn >= first_free && pfn < pages)
			continue;
		INIT_LIST_HEAD(&page->lru);
		page->_count = 1;
		SetPageFlag(page, PG_reserved);
		set_page_owner(page, pfn >= pages	   ? OWNER_HOLE
				     : pfn < mem_map_start ? OWNER_KERNEL
							   : OWNER_MEM_MAP);
		owner_pages[page_owner(page)]++;
	}
}

static void free_everything(void)
{
	struct zone *zone;

	for (unsigned long pfn = 0; pfn < max_mapnr; pfn++) {
		struct page *page = pfn_to_page(pfn);

		zone = page_zone(page);
		if (!(pfn % PAGEBLOCK_NR_PAGES))
			set_pageblock_migratetype(page, MIGRATE_MOVABLE);
		if (PageFlag(page, PG_reserved))
			continue;
		free_one_page(zone, page, 0, MIGRATE_MOVABLE);
		totalram_pages++;
		totalhigh_pages += PageHighMem(page);
	}
}

void host_zones(unsigned long dma_pages, unsigned long normal_pages, unsigned long high_pages)
{
	unsigned long total = dma_pages + normal_pages + high_pages;
	struct pglist_data *node = NODE_DATA(0);

	host_cpu_default();
	host_ram_setup(total << PAGE_SHIFT);
	node->online = true;
	node->nr_zones = MAX_NR_ZONES;
	node->node_spanned_pages = node->node_present_pages = total;
	set_up_zone(ZONE_DMA, 0, dma_pages);
	set_up_zone(ZONE_NORMAL, dma_pages, normal_pages);
	set_up_zone(ZONE_HIGHMEM, dma_pages + normal_pages, high_pages);
	set_up_zone(ZONE_MOVABLE, 0, 0);
	for (int highest = 0; highest < MAX_NR_ZONES; highest++) {
		unsigned n = 0;

		for (int z = highest; z >= 0; z--)
			if (node->node_zones[z].populated)
				node->node_zonelists[0][highest].zones[n++] = &node->node_zones[z];
	}
	make_descriptors(total);
	free_everything();
	page_alloc_open();
	setup_per_cpu_pageset();
	memset(swapper_pg_dir, 0, PAGE_SIZE);
	__supported_pte_mask = ~0u;
	system_state = PHASE_BUDDY;
}

unsigned long host_free_pages(void)
{
	unsigned long pages = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		pages += zone->vm_stat[NR_FREE_PAGES] + zone->pcp.count;
	return pages;
}

/* Where the processor would get to through the page tables. */
void *host_mmu(const void *virt)
{
	const pte_t *pte = lookup_pte((unsigned long)virt);

	if (!pte || !(pte->val & _PAGE_PRESENT))
		fail_msg("page fault at 0x%08lx", (unsigned long)virt);
	return (char *)__va(pte->val & PTE_FRAME_MASK) + ((unsigned long)virt & ~PAGE_MASK);
}

void host_assert_checks(void)
{
	static struct memstat_check check;

	memset(&check, 0, sizeof(check));
	check_slabs(&check);
	check_vmalloc(&check);
	if (check.disagreements)
		fail_msg("%s at %s: expected %s, found %s", check.list[0].what, check.list[0].where,
			 check.list[0].expected, check.list[0].found);
}
