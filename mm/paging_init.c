/*
 * paging_init: the order of what follows the direct mapping (W-65).
 */
#include "kernel/stage.h"
#include "kernel/x86/tlb.h"
#include "mm/highmem.h"
#include "mm/pgtable_boot.h"
#include "mm/sparse.h"
#include "mm/zones.h"

static void __init pagetable_init(void)
{
	RUN(permanent_kmaps_init);
	stage_note("the pkmap area has its table");
}

void __init paging_init(void)
{
	RUN(pagetable_init);
	__flush_tlb_all();
	RUN(kmap_init);
	RUN(sparse_init);
	RUN(zone_sizes_init);
	stage_note("pkmap, kmap, sections and zones are set up; nothing is free yet");
}
