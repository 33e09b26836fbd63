/*
 * Compares the vmalloc areas with the page tables and the frames' descriptors (check_vmalloc), and
 * the kmap slots with theirs (check_kmaps).
 *
 * The table entries of the whole vmalloc range are walked, so that a mapping without an area is
 * found too. Area records are followed only where they lie in slab memory.
 */
#include <stdio.h>

#include "mm/check_internal.h"
#include "mm/direct_map.h"
#include "mm/highmem.h"
#include "mm/pgtable.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"

/* The processor sets these by itself. */
#define PTE_ACCESS_BITS (_PAGE_ACCESSED | _PAGE_DIRTY)

static void report_page(struct memstat_check *check, const char *what, unsigned long addr,
			const char *expected, u32 found)
{
	char where[24];

	snprintf(where, sizeof(where), "0x%08lx", addr);
	check_report(check, what, where, expected, "%#x", found);
}

static u32 entry_at(unsigned long addr)
{
	const pte_t *pte = lookup_pte(addr);

	return pte ? pte->val : 0;
}

/* [start, end) lies between areas, or is a guard page. */
static void check_unmapped(struct memstat_check *check, const char *what, unsigned long start,
			   unsigned long end)
{
	while (start < end) {
		if (!lookup_pte(start)) { /* no table: nothing up to the next one */
			start = round_down(start, PGDIR_SIZE) + PGDIR_SIZE;
			continue;
		}
		if (entry_at(start))
			report_page(check, what, start, "no entry", entry_at(start));
		start += PAGE_SIZE;
	}
}

/* One page of an area that has its own frames. */
static void check_own_page(struct memstat_check *check, unsigned long addr, u32 entry)
{
	const struct page *page = vmalloc_to_page((void *)addr);

	if (!page || page_owner(page) != OWNER_VMALLOC || page->_count < 1)
		report_page(check, "frame of a vmalloc area", addr, "of owner vmalloc", entry);
}

static void check_area(struct memstat_check *check, const struct vmap_area *va)
{
	bool device = va->flags & VM_IOREMAP;
	u32 flags = (device ? PAGE_KERNEL_NOCACHE : PAGE_KERNEL) & ~PTE_ACCESS_BITS;
	unsigned long end = va->va_end - PAGE_SIZE;

	for (unsigned long addr = va->va_start; addr < end; addr += PAGE_SIZE) {
		u32 entry = entry_at(addr);

		if ((entry & ~PTE_FRAME_MASK & ~PTE_ACCESS_BITS) != flags)
			report_page(check, "flags of a vmalloc page", addr,
				    device ? "uncached, writable" : "writable", entry);
		else if (device &&
			 (entry & PTE_FRAME_MASK) != (u32)va->vm->phys_addr + (addr - va->va_start))
			report_page(check, "frame of an ioremap area", addr, "of the device",
				    entry);
		else if (va->flags & VM_ALLOC)
			check_own_page(check, addr, entry);
	}
	check_unmapped(check, "guard page", end, va->va_end);
}

/* The area's description is where one can be, and says the same as its place. */
static bool check_description(struct memstat_check *check, const struct vmap_area *va)
{
	const struct vm_struct *vm = va->vm;
	unsigned long pages = ((va->va_end - va->va_start) >> PAGE_SHIFT) - 1;
	char where[32];

	snprintf(where, sizeof(where), "vmalloc area 0x%08lx", va->va_start);
	if (!is_slab_memory(vm) && !vm_area_is_early(vm)) {
		check_report(check, "vmap_area.vm", where, "a vm_struct", "0x%08lx",
			     (unsigned long)vm);
		return false;
	}
	check_equal_hex(check, "vm_struct.addr", where, va->va_start, vm->addr);
	check_equal_hex(check, "vm_struct.size", where, va->va_end - va->va_start, vm->size);
	check_equal_hex(check, "vm_struct.flags", where, va->flags & ~(u32)VM_VM_AREA, vm->flags);
	check_equal_hex(check, "vmap_area.flags", where, vm->flags | VM_VM_AREA, va->flags);
	if (!is_slab_memory(vm))
		return true;
	check_equal(check, "vm_struct.nr_pages", where, vm->flags & (VM_ALLOC | VM_MAP) ? pages : 0,
		    vm->nr_pages);
	check_equal_hex(check, "vm_struct.next", where, 0, (unsigned long)vm->next);
	check_equal_hex(check, "vm_struct.phys_addr beyond 4 GiB", where, 0,
			(unsigned long)(vm->phys_addr >> 32));
	return true;
}

/* An area that rests: no description, no entries. Returns its pages. */
static unsigned long check_lazy(struct memstat_check *check, const struct vmap_area *va)
{
	if (va->vm)
		report_page(check, "vmap_area.vm", va->va_start, "none: it was given back",
			    (u32)(unsigned long)va->vm);
	check_unmapped(check, "entry of an area given back", va->va_start, va->va_end);
	return (va->va_end - va->va_start) >> PAGE_SHIFT;
}

/* => link is on vmap_area_list. The area there, or NULL with a report. */
static const struct vmap_area *area_at(struct memstat_check *check, const struct list_head *link,
				       unsigned long floor)
{
	const struct vmap_area *va = list_entry(link, struct vmap_area, list);

	if (!is_slab_memory(va)) {
		report_page(check, "link of vmap_area_list", floor, "an area",
			    (u32)(unsigned long)va);
		return NULL;
	}
	if (va->va_start < floor || va->va_end > VMALLOC_END || va->va_start >= va->va_end) {
		report_page(check, "order of vmap_area_list", floor, "ascending areas",
			    (u32)va->va_start);
		return NULL;
	}
	return va;
}

void check_vmalloc(struct memstat_check *check)
{
	const struct list_head *link = vmap_area_list.next, *prev = &vmap_area_list;
	unsigned long floor = vmalloc_start(), lazy = 0;

	check_kmaps(check);
	if (!slab_is_available() || !vmap_area_pcpu_hole)
		return;
	for (; link != &vmap_area_list; link = link->next) {
		const struct vmap_area *va = area_at(check, link, floor);

		if (!va || (va->flags != VM_LAZY_FREE && !check_description(check, va)))
			return;
		if (link->prev != prev)
			report_page(check, "vmap_area.list.prev", va->va_start, "the area before",
				    (u32)(unsigned long)link->prev);
		prev = link;
		check_unmapped(check, "entry outside every vmalloc area", floor, va->va_start);
		if (va->flags == VM_LAZY_FREE)
			lazy += check_lazy(check, va);
		else if (is_slab_memory(
				 va->vm)) /* those registered early are mapped by who made them */
			check_area(check, va);
		floor = va->va_end;
	}
	if (vmap_area_list.prev != prev)
		report_page(check, "vmap_area_list.prev", floor, "the last area",
			    (u32)(unsigned long)vmap_area_list.prev);
	check_unmapped(check, "entry outside every vmalloc area", floor, VMALLOC_END);
	check_equal(check, "vmap_lazy_nr", "areas given back", lazy, vmap_lazy_nr);
}
