/*
 * The virtual address map, top to bottom. One place for every address of the
 * layout (W §4.1.1.1, W-06, W-66, W-110, W-119).
 *
 *   4 GiB        +---------------------------+
 *                | FIX_HOLE, never mapped    |
 *   FIXADDR_TOP  +---------------------------+ 0xFFFFF000
 *                | fixmap (fixmap.h), grows  |
 *                | downward from the top     |
 *                +---------------------------+ FIXADDR_BOOT_START
 *                | guard                     |
 *                +---------------------------+ PKMAP_BASE + 4 MiB
 *                | pkmap, 1024 slots         |
 *   PKMAP_BASE   +---------------------------+ 0xFF800000
 *                | guard, 8 KiB              |
 *   VMALLOC_END  +---------------------------+ 0xFF7FE000
 *                | vmalloc, a guard page     |
 *                | after each area           |
 *   VMALLOC_START+---------------------------+ high_memory + 8 MiB
 *                | hole of 8 MiB             |
 *   high_memory  +---------------------------+ at most 0xF8000000
 *                | direct map of low memory  |
 *                |   kernel image at +1 MiB  |
 *   PAGE_OFFSET  +---------------------------+ 0xC0000000
 *                | unmapped after            |
 *                | zap_low_mappings (W-113)  |
 *   0            +---------------------------+
 */
#ifndef MM_MEMLAYOUT_H
#define MM_MEMLAYOUT_H

#include "kernel/lib/types.h"

#define PAGE_OFFSET 0xC0000000UL

/* Largest page frame number of directly mapped memory, exclusive: 896 MiB (W-29). */
#define MAXMEM_PFN 0x38000UL

/* One past the last page frame that two-level tables can name (W-26). */
#define MAX_ARCH_PFN 0x100000UL

/* End of the zone that 24-bit DMA reaches (W-71). */
#define MAX_DMA_PFN 0x1000UL

#define VMALLOC_OFFSET 0x00800000UL
#define LAST_PKMAP 1024
#define PKMAP_BASE 0xFF800000UL
#define VMALLOC_END (PKMAP_BASE - 2 * PAGE_SIZE)
#define FIXADDR_TOP 0xFFFFF000UL

/* Two-level paging: the middle levels are folded into the directory. */
#define PGDIR_SHIFT 22
#define PGDIR_SIZE (1UL << PGDIR_SHIFT)
#define PTRS_PER_PGD 1024
#define PTRS_PER_PTE 1024
#define KERNEL_PGD_BOUNDARY (PAGE_OFFSET >> PGDIR_SHIFT)

/* The host tests put an arena of their own in the place of RAM; __va and __pa follow it. */
#ifdef MEMSCOPE_HOST
extern unsigned char *host_ram; /* stands for physical address 0 */
#define __va(phys) ((void *)((unsigned long)host_ram + (unsigned long)(phys)))
#define __pa(virt) ((unsigned long)(virt) - (unsigned long)host_ram)
/* An address that only page tables reach (kmap, fixmap): the tests walk the tables themselves. */
void *host_mmu(const void *virt);
#define __mapped(virt) host_mmu(virt)
#else
#define __va(phys) ((void *)((unsigned long)(phys) + PAGE_OFFSET))
#define __pa(virt) ((unsigned long)(virt)-PAGE_OFFSET)
#define __mapped(virt) (virt)
#endif

#endif
