/*
 * Fixed virtual addresses at the top, by index, and the boot-time windows made of 256 of them
 * (W-06).
 */
#ifndef MM_FIXMAP_H
#define MM_FIXMAP_H

#include "kernel/lib/types.h"
#include "mm/highmem.h"
#include "mm/memlayout.h"
#include "mm/pgtable.h"

#define MAX_IO_APICS 4

#define FIX_BTMAPS_SLOTS 4 /* windows that can be open at once */
#define NR_FIX_BTMAPS 64   /* pages in each */
#define TOTAL_FIX_BTMAPS (FIX_BTMAPS_SLOTS * NR_FIX_BTMAPS)

/* Where the windows begin, after `permanent` indices: they must not straddle a group of 1024
 * indices, which one page table covers. */
#define BTMAP_END_AFTER(permanent)                                                         \
	(((permanent) ^ ((permanent) + TOTAL_FIX_BTMAPS - 1)) & -PTRS_PER_PTE              \
		 ? (permanent) + TOTAL_FIX_BTMAPS - ((permanent) & (TOTAL_FIX_BTMAPS - 1)) \
		 : (permanent))

enum fixed_addresses {
	FIX_HOLE,	       /* never mapped: the last page of the address space */
	FIX_VDSO,	       /* user-mode page of the documented kernel; never mapped here */
	FIX_DBGP_BASE,	       /* a USB debug port's registers */
	FIX_EARLYCON_MEM_BASE, /* a console in device memory */
	FIX_APIC_BASE,	       /* the local interrupt controller (W-82) */
	FIX_IO_APIC_BASE_0,
	FIX_IO_APIC_BASE_END = FIX_IO_APIC_BASE_0 + MAX_IO_APICS - 1,
	FIX_F00F_IDT,	/* a read-only view of the interrupt table, for an erratum of the Pentium */
	FIX_KMAP_BEGIN, /* temporary mappings of high pages (W-69) */
	FIX_KMAP_END = FIX_KMAP_BEGIN + KM_TYPE_NR - 1,
	FIX_TEXT_POKE1, /* writable views of text, in falling order of address */
	FIX_TEXT_POKE0,
	__end_of_permanent_fixed_addresses,
	FIX_BTMAP_END = BTMAP_END_AFTER(__end_of_permanent_fixed_addresses),
	FIX_BTMAP_BEGIN = FIX_BTMAP_END + TOTAL_FIX_BTMAPS - 1,
	FIX_WP_TEST, /* W-111 */
	__end_of_fixed_addresses
};

/* Start of what stays after boot, and of everything including the windows. */
#define FIXADDR_START \
	(FIXADDR_TOP - ((unsigned long)__end_of_permanent_fixed_addresses << PAGE_SHIFT))
#define __FIXADDR_BOOT_SIZE ((unsigned long)__end_of_fixed_addresses << PAGE_SHIFT)
#define FIXADDR_BOOT_START (FIXADDR_TOP - __FIXADDR_BOOT_SIZE)

/*
 * W-66: where the pkmap area begins for so many fixmap indices: LAST_PKMAP pages and a guard page below
 * the windows, rounded down to what one directory entry covers.
 */
#define PKMAP_BASE_BELOW(indices)                                                                  \
	((FIXADDR_TOP - ((unsigned long)(indices) << PAGE_SHIFT) - PAGE_SIZE * (LAST_PKMAP + 1)) & \
	 ~(PGDIR_SIZE - 1))

/* Indices rise as addresses fall. */
#define __fix_to_virt(idx) (FIXADDR_TOP - ((unsigned long)(idx) << PAGE_SHIFT))
#define __virt_to_fix(virt) ((FIXADDR_TOP - ((virt)&PAGE_MASK)) >> PAGE_SHIFT)

/* => idx < __end_of_fixed_addresses */
unsigned long fix_to_virt(unsigned idx);

/*
 * Maps the page at phys under this index with these flags, or unmaps it with flags 0, and flushes
 * the one address. Before the direct map only the windows' indices may be used.
 */
void __set_fixmap(unsigned idx, phys_addr_t phys, u32 flags);
#define set_fixmap(idx, phys) __set_fixmap(idx, phys, PAGE_KERNEL)
#define set_fixmap_nocache(idx, phys) __set_fixmap(idx, phys, PAGE_KERNEL_NOCACHE)
#define clear_fixmap(idx) __set_fixmap(idx, 0, 0)

/* W-06: the four windows and their page table. */
void early_ioremap_init(void);
/* W-43: windows use the kernel's own tables from now on. */
void early_ioremap_reset(void);

/*
 * Opens a window onto [phys, phys + size): device memory uncached, or ordinary memory. NULL, with a
 * line in the log, for size 0, for a range that wraps or needs more than 64 pages, and when all four
 * are open. The caller closes it with the same address and size. Boot only. W-06
 */
void *early_ioremap(phys_addr_t phys, unsigned long size);
void *early_memremap(phys_addr_t phys, unsigned long size);
void early_iounmap(void *virt, unsigned long size);

/* Windows still open, which is a leak at the end of boot. Logs each. */
int check_early_ioremap_leak(void);
/* Windows opened since boot. */
u32 early_ioremap_count(void);

#endif
