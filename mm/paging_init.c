/*
 * paging_init: the order of what follows the direct mapping (W-65).
 */
#include "kernel/stage.h"
#include "kernel/x86/tlb.h"
#include "mm/fixmap.h"
#include "mm/gen24.h"
#include "mm/highmem.h"
#include "mm/pgtable_boot.h"
#include "mm/sparse.h"
#include "mm/zones.h"

static void __init pagetable_init(void)
{
	RUN(permanent_kmaps_init);
	stage_note("the pkmap area has its table");
}

/*
 * N-03: the same slots as the other generation's. The address is the notes' 0xFFFF5000, but not for
 * the same reason: theirs is slot 9 below 0xFFFFE000, ours slot 10 below 0xFFFFF000.
 */
static void __init n_kmap_init(void)
{
	unsigned long vstart = fix_to_virt(FIX_KMAP_BEGIN);

	RUN(kmap_init);
	stage_note("kmap_vstart %#lx, kmap_pte %p, kmap_prot %#x", vstart,
		   (void *)lookup_pte(vstart), PAGE_KERNEL);
	stage_note("slot %d below %#lx; in the notes slot 9 below 0xffffe000", FIX_KMAP_BEGIN,
		   FIXADDR_TOP);
}

/* N-01; the directory was loaded when low memory was mapped (W-44). */
static void __init n_paging_init(void)
{
	RUN(pagetable_init);
	__flush_tlb_all();
	RUN(n_kmap_init);
	gen24_zone_sizes_init();
	stage_note("pkmap, kmap and zones are set up; nothing is free yet");
}

void __init paging_init(void)
{
	if (mm_gen24) {
		RUN(n_paging_init);
		stage_note("the 2.4 notes' order (N-01)");
		return;
	}
	RUN(pagetable_init);
	__flush_tlb_all();
	RUN(kmap_init);
	RUN(sparse_init);
	RUN(zone_sizes_init);
	stage_note("pkmap, kmap, sections and zones are set up; nothing is free yet");
}
