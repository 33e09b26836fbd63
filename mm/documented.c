/*
 * The documents' constants, compared when the image is built. There is no code here: a constant that
 * is changed without the documents saying so ends the build with its name.
 *
 * What can be seen only in one file's own data is asserted there: the buckets of page_address_htable
 * (highmem.c), the marker of shared arrays (slab_tune.c). Each assertion is a line of
 * tests/golden/values.txt.
 */
#include "kernel/boot/boot_info.h"
#include "kernel/lib/bitops.h"
#include "mm/buddy_bitmap.h"
#include "mm/direct_map.h"
#include "mm/early_res.h"
#include "mm/fixmap.h"
#include "mm/gen24.h"
#include "mm/highmem.h"
#include "mm/memstat.h"
#include "mm/memtest.h"
#include "mm/mmzone.h"
#include "mm/slab_internal.h"
#include "mm/srat.h"

#define MIB(n) ((n) << 20)

/* ---- The address space ---- */

_Static_assert(PAGE_OFFSET == 0xC0000000, "PAGE_OFFSET");
_Static_assert(0 - (u32)(PAGE_OFFSET + (MAXMEM_PFN << PAGE_SHIFT)) == MIB(128),
	       "128 MiB above the direct map");
_Static_assert(PGDIR_SHIFT == 22, "PGDIR_SHIFT");
_Static_assert(PTRS_PER_PGD == 1024, "PTRS_PER_PGD");
_Static_assert(KERNEL_PGD_BOUNDARY == 768, "KERNEL_PGD_BOUNDARY");
_Static_assert(PTRS_PER_PTE == 1024, "PTRS_PER_PTE");
_Static_assert(PGDIR_SIZE == MIB(4ul), "a large page is 4 MiB, whatever the level is called");
_Static_assert(MAX_DMA_PFN << PAGE_SHIFT == MIB(16ul), "MAX_DMA_ADDRESS");
_Static_assert(MAX_ARCH_PFN == 0x100000, "MAX_ARCH_PFN");
/*
 * The walkthrough says that low memory ends at 896 MiB. What the 2.6.34 sources compute is less, by the
 * kmap area and the guards: 887 MiB and some. This image follows both documents (W-29): the notes'
 * figures come out with 896 MiB only, and the vmalloc area still has its place.
 */
_Static_assert(VMALLOC_END - PAGE_OFFSET - MIB(128ul) == 0x377FE000,
	       "low memory by the formula of 2.6.34");
_Static_assert((0x377FE000 >> 20) == 887 && MAXMEM_PFN << PAGE_SHIFT == MIB(896ul),
	       "887 MiB by the formula, 896 MiB here");

/* ---- 2.4 ---- */

_Static_assert(GEN24_ZONES == 3, "three zones");
_Static_assert(BITMAP_MAX_ORDER_NR_PAGES == 512 && BITMAP_MAX_ORDER == 10,
	       "a zone begins at a multiple of 512 pages");
_Static_assert(GEN24_ZONELISTS == 16, "sixteen zonelists: there is none with the number 16");
/* Equal to the notes' kmap_vstart, from another index below another top. */
_Static_assert(0xFFFFE000 - (9 << PAGE_SHIFT) == __fix_to_virt(FIX_KMAP_BEGIN),
	       "slot 9 below 0xFFFFE000 is slot 10 below 0xFFFFF000");

/* ---- Fixmap and kmap ---- */

_Static_assert(FIXADDR_TOP == 0xFFFFF000, "FIXADDR_TOP, not 0xFFFFFFFF and not 0xFFFF000");
_Static_assert(FIX_BTMAPS_SLOTS == 4 && NR_FIX_BTMAPS == 64 && TOTAL_FIX_BTMAPS == 256,
	       "four windows of 64 pages");
_Static_assert(__fix_to_virt(FIX_BTMAP_BEGIN) == 0xFFEE1000 &&
		       __fix_to_virt(FIX_BTMAP_BEGIN - 64) == 0xFFF21000 &&
		       __fix_to_virt(FIX_BTMAP_BEGIN - 128) == 0xFFF61000 &&
		       __fix_to_virt(FIX_BTMAP_BEGIN - 192) == 0xFFFA1000,
	       "window i begins at index FIX_BTMAP_BEGIN - 64 i");
_Static_assert(LAST_PKMAP == 1024, "LAST_PKMAP");
_Static_assert(PKMAP_BASE == 0xFF800000 && PKMAP_BASE_BELOW(1022) == PKMAP_BASE, "PKMAP_BASE");
_Static_assert(PKMAP_BASE_BELOW(1023) == 0xFF400000, "PKMAP_BASE with 1023 indices or more");
_Static_assert(PKMAP_BASE + LAST_PKMAP * PAGE_SIZE == 0xFFC00000, "end of pkmap");
_Static_assert(VMALLOC_END == 0xFF7FE000, "VMALLOC_END");
_Static_assert(BTMAP_END_AFTER(31) == 31 && BTMAP_END_AFTER(800) == 1024 &&
		       BTMAP_END_AFTER(768) == 768 && BTMAP_END_AFTER(769) == 1024,
	       "the windows do not straddle a group of 1024 indices");

_Static_assert(FIX_HOLE == 0 && FIX_VDSO == 1 && FIX_DBGP_BASE == 2 && FIX_EARLYCON_MEM_BASE == 3 &&
		       __fix_to_virt(FIX_EARLYCON_MEM_BASE) == 0xFFFFC000,
	       "indices 0 to 3");
_Static_assert(FIX_APIC_BASE == 4 && __fix_to_virt(FIX_APIC_BASE) == 0xFFFFB000, "FIX_APIC_BASE");
_Static_assert(FIX_IO_APIC_BASE_0 == 5 && FIX_IO_APIC_BASE_END == 8 &&
		       __fix_to_virt(FIX_IO_APIC_BASE_0) == 0xFFFFA000 &&
		       __fix_to_virt(FIX_IO_APIC_BASE_END) == 0xFFFF7000,
	       "FIX_IO_APIC_BASE");
_Static_assert(FIX_F00F_IDT == 9 && __fix_to_virt(FIX_F00F_IDT) == 0xFFFF6000, "FIX_F00F_IDT");
_Static_assert(FIX_KMAP_BEGIN == 10 && FIX_KMAP_END == 28 && KM_TYPE_NR == 19 &&
		       __fix_to_virt(FIX_KMAP_BEGIN) == 0xFFFF5000 &&
		       __fix_to_virt(FIX_KMAP_END) == 0xFFFE3000,
	       "FIX_KMAP");
_Static_assert(FIX_TEXT_POKE1 == 29 && FIX_TEXT_POKE0 == 30 &&
		       __fix_to_virt(FIX_TEXT_POKE1) == 0xFFFE2000 &&
		       __fix_to_virt(FIX_TEXT_POKE0) == 0xFFFE1000,
	       "FIX_TEXT_POKE, in falling order");
_Static_assert(__end_of_permanent_fixed_addresses == 31 && FIX_BTMAP_END == 31 &&
		       __fix_to_virt(FIX_BTMAP_END) == 0xFFFE0000,
	       "FIX_BTMAP_END");
_Static_assert(FIX_BTMAP_BEGIN == 286, "FIX_BTMAP_BEGIN");
_Static_assert(FIX_WP_TEST == 287 && __fix_to_virt(FIX_WP_TEST) == 0xFFEE0000, "FIX_WP_TEST");
_Static_assert(__end_of_fixed_addresses == 288 && FIXADDR_BOOT_START == 0xFFEDF000,
	       "FIXADDR_BOOT_START");

/* ---- Early memory ---- */

_Static_assert(MAX_EARLY_RES_X == 32, "MAX_EARLY_RES_X");
_Static_assert(sizeof(((struct early_res *)0)->name) == 15, "14 characters of a name");
_Static_assert(NR_RANGE_MR == 3, "NR_RANGE_MR");
_Static_assert(MEMTEST_PATTERNS == 17, "memtest patterns");
_Static_assert(MEMSTAT_CORRUPTION_AREAS == 8, "corruption check areas");
_Static_assert(BOOT_MAP_MAX == 128, "firmware map entries");

/* ---- Buddy ---- */

_Static_assert(BITS_PER_LONG == 32, "BITS_PER_LONG");
_Static_assert(MAX_ORDER == 11, "MAX_ORDER");
_Static_assert((1 << MAX_ORDER) - 1 == 0x7FF, "the index is modulo 2048, not 1023");
_Static_assert(MIGRATE_PCPTYPES == 3 && MIGRATE_RESERVE == 3 && MIGRATE_ISOLATE == 4,
	       "MIGRATE_PCPTYPES");

/* ---- NUMA ---- */

_Static_assert(MAX_CHUNKS_PER_NODE == 3 && MAXCHUNKS == 3 * MAX_NUMNODES, "MAXCHUNKS");
_Static_assert(MAX_PXM_DOMAINS == 256, "MAX_PXM_DOMAINS");

/* ---- Slab ---- */

_Static_assert(BOOT_CPUCACHE_ENTRIES == 1, "BOOT_CPUCACHE_ENTRIES");
_Static_assert(NUM_INIT_LISTS == 3 * MAX_NUMNODES && CACHE_CACHE == 0 && SIZE_AC == MAX_NUMNODES &&
		       SIZE_L3 == 2 * MAX_NUMNODES,
	       "NUM_INIT_LISTS and its groups");
