/*
 * Page-table entries of two-level paging, and the walk over them. The types are
 * opaque so that three-level (PAE) tables can be a second set of this header.
 *
 * Entries hold physical addresses; pte_offset_kernel turns a table's address into
 * a virtual one (W-68).
 */
#ifndef MM_PGTABLE_H
#define MM_PGTABLE_H

#include "mm/memlayout.h"

typedef struct {
	u32 val;
} pgd_t;
typedef struct {
	u32 val;
} pte_t;

#define _PAGE_PRESENT 0x001u
#define _PAGE_RW 0x002u
#define _PAGE_USER 0x004u
#define _PAGE_PWT 0x008u
#define _PAGE_PCD 0x010u
#define _PAGE_ACCESSED 0x020u
#define _PAGE_DIRTY 0x040u
#define _PAGE_PSE 0x080u
#define _PAGE_GLOBAL 0x100u

#define PTE_FRAME_MASK 0xFFFFF000u

/* Before __supported_pte_mask takes away what the CPU lacks (W-18, W-35). */
#define __PAGE_KERNEL \
	(_PAGE_PRESENT | _PAGE_RW | _PAGE_DIRTY | _PAGE_ACCESSED | _PAGE_GLOBAL) /* 0x163 */
#define __PAGE_KERNEL_RO (__PAGE_KERNEL & ~_PAGE_RW)
#define __PAGE_KERNEL_NOCACHE (__PAGE_KERNEL | _PAGE_PCD | _PAGE_PWT)
#define _KERNPG_TABLE 0x067u /* present, writable, user, accessed, dirty (W-42) */

extern u32 __supported_pte_mask;
#define PAGE_KERNEL (__PAGE_KERNEL & __supported_pte_mask)
#define PAGE_KERNEL_RO (__PAGE_KERNEL_RO & __supported_pte_mask)
#define PAGE_KERNEL_NOCACHE (__PAGE_KERNEL_NOCACHE & __supported_pte_mask)

/* The one page directory, in .bss (head.S). */
extern pgd_t swapper_pg_dir[PTRS_PER_PGD];

static inline unsigned pgd_index(unsigned long addr)
{
	return addr >> PGDIR_SHIFT;
}

static inline unsigned pte_index(unsigned long addr)
{
	return (addr >> PAGE_SHIFT) & (PTRS_PER_PTE - 1);
}

static inline pgd_t *pgd_offset_k(unsigned long addr)
{
	return &swapper_pg_dir[pgd_index(addr)];
}

static inline bool pgd_present(pgd_t pgd)
{
	return pgd.val & _PAGE_PRESENT;
}

static inline bool pgd_large(pgd_t pgd)
{
	return (pgd.val & (_PAGE_PRESENT | _PAGE_PSE)) == (_PAGE_PRESENT | _PAGE_PSE);
}

/* => the directory entry names a table, not a large page. W-68 */
static inline pte_t *pte_offset_kernel(const pgd_t *pgd, unsigned long addr)
{
	return (pte_t *)__va(pgd->val & PTE_FRAME_MASK) + pte_index(addr);
}

/* Entry for addr in the kernel's tables, or NULL where no table is. */
pte_t *lookup_pte(unsigned long addr);

/* Gets or makes the table for addr (W-42); boot only before the buddy system, then a page of
 * OWNER_PAGE_TABLE. NULL when memory is short. */
pte_t *pte_alloc_kernel(unsigned long addr);

/* Takes the table for addr, whose entries are all clear, out of the directory. The caller flushes
 * the TLB and then frees the page. NULL: there is none, or one of boot's, which stays. */
struct page *pte_detach_kernel(unsigned long addr);

#endif
