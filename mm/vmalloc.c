/*
 * Areas of virtually contiguous memory (W-119).
 *
 *	VMALLOC_START                                               VMALLOC_END
 *	|  area 0  |g|  area 1 |g|      hole      | area 2 |g|      ... |
 *
 * An area is whole pages and a guard page (g) that is never mapped, so that running past its end
 * faults. vmap_area_list holds the areas in ascending order; a new one takes the first hole that
 * is large enough. Page tables are made as they are needed; they are also the only list of an
 * area's frames.
 *
 * An area that is given back is unmapped and its frames are free at once, but the processor may still
 * hold its translations. So it stays in the list (VM_LAZY_FREE) and its addresses rest, until one
 * flush serves all such areas: when they are more than LAZY_MAX_PAGES, when no other hole is large
 * enough, under memory pressure, or when somebody asks (vm_unmap_aliases). Page tables that no area
 * reaches into any more are free after the same flush.
 *
 * Invariants (vmalloc_check.c): areas do not overlap; each page of an area has an entry, its guard
 * page, all holes and all resting areas have none; the frames of a VM_ALLOC area are OWNER_VMALLOC;
 * vmap_lazy_nr counts the pages of the resting areas.
 *
 * Areas registered before slab exists wait on vmlist with their addresses already given, from the
 * bottom up; vmalloc_init imports them.
 *
 * Departures: tables are given back, so that what comes and goes leaves no page behind; no array of an area's frames beside its page table entries, and a sorted list instead
 * of a tree of areas (there are some tens at most); there is no vm_map_ram and so no per-cpu block
 * queue to prepare.
 */
#include "mm/vmalloc.h"

#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/system_state.h"
#include "kernel/x86/tlb.h"
#include "mm/boot_replay.h"
#include "mm/callsite.h"
#include "mm/direct_map.h"
#include "mm/pgtable.h"
#include "mm/slab.h"

LIST_HEAD(vmap_area_list);
unsigned long vmap_area_pcpu_hole;
unsigned long vmap_lazy_nr;
u32 vmap_purges;

/* So much address space may rest (documented: times the bits of the number of CPUs, one here). */
#define LAZY_MAX_PAGES ((32ul << 20) / PAGE_SIZE)

static struct vm_struct *vmlist;
static bool vmap_initialized;

/* ---- Page tables ---- */

static int map_page(unsigned long addr, phys_addr_t phys, u32 flags)
{
	pte_t *pte = pte_alloc_kernel(addr);

	if (!pte)
		return -ENOMEM;
	BUG_ON(pte->val);
	pte->val = (u32)phys | flags; /* was not present: no stale translation to flush */
	replay_entries(addr, 1);
	return 0;
}

static void unmap_page(unsigned long addr)
{
	pte_t *pte = lookup_pte(addr);

	if (pte) {
		replay_entries(addr, -!!pte->val);
		pte->val = 0;
	}
}

struct page *vmalloc_to_page(const void *virt)
{
	const pte_t *pte = lookup_pte((unsigned long)virt);

	if (!pte || !(pte->val & _PAGE_PRESENT) || !pfn_valid(PFN_DOWN(pte->val)))
		return NULL;
	return pfn_to_page(PFN_DOWN(pte->val));
}

/* ---- Address space ---- */

/* Puts an area in front of the first one that begins behind it. */
static void insert_vmap_area(struct vmap_area *va)
{
	struct vmap_area *next;

	list_for_each_entry(next, &vmap_area_list, list)
		if (next->va_start >= va->va_end)
			break;
	list_add_tail(&va->list, &next->list);
}

/* The start of the first hole of `size` bytes, or 0. */
static unsigned long find_hole(unsigned long size)
{
	unsigned long start = vmalloc_start();
	const struct vmap_area *va;

	list_for_each_entry(va, &vmap_area_list, list) {
		if (va->va_start - start >= size)
			return start;
		start = va->va_end;
	}
	return VMALLOC_END - start >= size ? start : 0;
}

/* An area of `bytes` (whole pages) and a guard page; not mapped yet. NULL: no room, no memory. */
static struct vmap_area *get_vm_area_caller(unsigned long bytes, u32 flags, void *caller)
{
	struct vmap_area *va;
	struct vm_struct *vm;
	unsigned long size = bytes + PAGE_SIZE;

	require_phase(PHASE_VMALLOC, "vmalloc");
	if (!bytes || bytes > VMALLOC_END - vmalloc_start())
		return NULL;
	va = kzalloc(sizeof(*va), GFP_KERNEL);
	vm = kzalloc(sizeof(*vm), GFP_KERNEL);
	if (va && vm) {
		vm->addr = find_hole(size);
		if (!vm->addr && vmap_lazy_nr) {
			vm_unmap_aliases();
			vm->addr = find_hole(size);
		}
	}
	if (!va || !vm || !vm->addr) {
		kfree(vm);
		kfree(va);
		return NULL;
	}
	vm->size = size;
	vm->flags = flags;
	vm->caller = (unsigned long)caller;
	va->va_start = vm->addr;
	va->va_end = vm->addr + size;
	va->flags = flags | VM_VM_AREA;
	va->vm = vm;
	insert_vmap_area(va);
	area_site_add(vm->caller, size);
	return va;
}

static struct vmap_area *find_vmap_area(unsigned long addr)
{
	struct vmap_area *va;

	list_for_each_entry(va, &vmap_area_list, list)
		if (va->va_start == addr && !(va->flags & VM_LAZY_FREE))
			return va;
	return NULL;
}

static struct vmap_area *find_area(const void *virt, u32 flag, const char *caller)
{
	struct vmap_area *va = find_vmap_area((unsigned long)virt);

	if (!va)
		panic("vmalloc", "%s of 0x%08lx, where no area begins", caller,
		      (unsigned long)virt);
	if (!(va->flags & flag))
		panic("vmalloc", "%s of 0x%08lx, an area of another kind (flags %#x)", caller,
		      (unsigned long)virt, va->flags);
	return va;
}

static void detach_range(unsigned long start, unsigned long end, struct list_head *tables)
{
	for (; start < end; start += PGDIR_SIZE) {
		struct page *page = pte_detach_kernel(start);

		if (page)
			list_add(&page->lru, tables);
	}
}

/* Takes the tables that no area reaches into out of the directory, and puts them on `tables`. */
static void detach_tables(struct list_head *tables)
{
	unsigned long start = round_up(vmalloc_start(), PGDIR_SIZE);
	const struct vmap_area *va;

	list_for_each_entry(va, &vmap_area_list, list) {
		unsigned long end = va->va_start & ~(PGDIR_SIZE - 1);

		detach_range(start, end, tables);
		start = max(start, round_up(va->va_end, PGDIR_SIZE));
	}
	detach_range(start, VMALLOC_END, tables);
}

void vm_unmap_aliases(void)
{
	struct vmap_area *va, *next;
	struct page *page, *after;
	LIST_HEAD(tables);

	if (!vmap_lazy_nr)
		return;
	list_for_each_entry_safe(va, next, &vmap_area_list, list)
		if (va->flags & VM_LAZY_FREE) {
			list_del(&va->list);
			kfree(va);
		}
	detach_tables(&tables);
	__flush_tlb_all();
	list_for_each_entry_safe(page, after, &tables, lru) {
		list_del(&page->lru);
		__free_pages(page, 0);
	}
	vmap_lazy_nr = 0;
	vmap_purges++;
}

/* Its entries are clear; its addresses rest. */
static void free_vmap_area_noflush(struct vmap_area *va)
{
	va->flags = VM_LAZY_FREE;
	va->vm = NULL;
	vmap_lazy_nr += (va->va_end - va->va_start) >> PAGE_SHIFT;
	if (vmap_lazy_nr > LAZY_MAX_PAGES)
		vm_unmap_aliases();
}

/* Unmaps what is mapped of an area, gives back the frames that are its own, and lets it rest. */
static void release_area(struct vmap_area *va)
{
	for (unsigned long addr = va->va_start; addr < va->va_end; addr += PAGE_SIZE) {
		struct page *page = va->flags & VM_ALLOC ? vmalloc_to_page((void *)addr) : NULL;

		unmap_page(addr);
		if (page)
			__free_pages(page, 0);
	}
	area_site_remove(va->vm->caller, va->vm->size);
	kfree(va->vm);
	free_vmap_area_noflush(va);
}

/* ---- vmalloc ---- */

/* Maps one new frame. */
static __alloc_wrapper int map_new_page(unsigned long addr)
{
	struct page *page = alloc_pages(GFP_HIGHUSER, 0, OWNER_VMALLOC);

	if (!page)
		return -ENOMEM;
	if (!map_page(addr, PFN_PHYS(page_to_pfn(page)), PAGE_KERNEL))
		return 0;
	__free_pages(page, 0);
	return -ENOMEM;
}

__alloc_wrapper void *vmalloc(unsigned long bytes)
{
	struct vmap_area *va;

	if (bytes > VMALLOC_END - vmalloc_start())
		return NULL;
	bytes = round_up(bytes, PAGE_SIZE);
	va = get_vm_area_caller(bytes, VM_ALLOC, __builtin_return_address(0));
	if (!va)
		return NULL;
	va->vm->nr_pages = bytes >> PAGE_SHIFT;
	for (unsigned long addr = va->va_start; addr < va->va_start + bytes; addr += PAGE_SIZE)
		if (map_new_page(addr)) {
			release_area(va);
			return NULL;
		}
	return (void *)va->va_start;
}

void vfree(const void *virt)
{
	if (virt)
		release_area(find_area(virt, VM_ALLOC, "vfree"));
}

/* ---- vmap ---- */

void *vmap(struct page **pages, unsigned nr_pages)
{
	struct vmap_area *va;

	if (nr_pages > (VMALLOC_END - vmalloc_start()) >> PAGE_SHIFT)
		return NULL;
	va = get_vm_area_caller((unsigned long)nr_pages << PAGE_SHIFT, VM_MAP,
				__builtin_return_address(0));
	if (!va)
		return NULL;
	va->vm->nr_pages = nr_pages;
	for (unsigned i = 0; i < nr_pages; i++)
		if (map_page(va->va_start + i * PAGE_SIZE, PFN_PHYS(page_to_pfn(pages[i])),
			     PAGE_KERNEL)) {
			release_area(va);
			return NULL;
		}
	return (void *)va->va_start;
}

void vunmap(const void *virt)
{
	if (virt)
		release_area(find_area(virt, VM_MAP, "vunmap"));
}

/* ---- Device memory ---- */

/* RAM that somebody may be given must not also be mapped uncached. */
static bool hits_ram_in_use(phys_addr_t phys, phys_addr_t end)
{
	unsigned long pfn = max(PFN_DOWN(phys), min_mapnr);

	for (; pfn < PFN_UP(end) && pfn < max_mapnr; pfn++)
		if (!PageFlag(pfn_to_page(pfn), PG_reserved))
			return true;
	return false;
}

void *ioremap(phys_addr_t phys, unsigned long bytes)
{
	phys_addr_t end = phys + bytes, page = phys & ~(phys_addr_t)(PAGE_SIZE - 1);
	struct vmap_area *va;

	if (!bytes || end > SZ_4G || end < phys || hits_ram_in_use(phys, end)) {
		pr_warn("vmalloc: cannot map %lu bytes of device memory at %#llx", bytes,
			(unsigned long long)phys);
		return NULL;
	}
	va = get_vm_area_caller(PFN_PHYS(PFN_UP(end) - PFN_DOWN(phys)), VM_IOREMAP,
				__builtin_return_address(0));
	if (!va)
		return NULL;
	va->vm->phys_addr = page;
	for (unsigned long addr = va->va_start; page < end; addr += PAGE_SIZE, page += PAGE_SIZE)
		if (map_page(addr, page, PAGE_KERNEL_NOCACHE)) {
			release_area(va);
			return NULL;
		}
	return (void *)(va->va_start + (unsigned long)(phys - va->vm->phys_addr));
}

void iounmap(void *virt)
{
	if (virt)
		release_area(find_area((void *)((unsigned long)virt & PAGE_MASK), VM_IOREMAP,
				       "iounmap"));
}

/* ---- Boot ---- */

void vm_area_register_early(struct vm_struct *vm, unsigned long align)
{
	unsigned long top = vmalloc_start();
	struct vm_struct **end = &vmlist;

	BUG_ON(vmap_initialized);
	for (; *end; end = &(*end)->next)
		top = (*end)->addr + (*end)->size;
	vm->addr = round_up(top, align);
	vm->size = round_up(vm->size, PAGE_SIZE) + PAGE_SIZE;
	BUG_ON(vm->addr + vm->size > VMALLOC_END);
	vm->next = NULL;
	*end = vm;
}

bool vm_area_is_early(const struct vm_struct *wanted)
{
	const struct vm_struct *vm = vmlist;

	while (vm && vm != wanted)
		vm = vm->next;
	return vm;
}

void __init vmalloc_init(void)
{
	unsigned imported = 0;

	for (struct vm_struct *vm = vmlist; vm; vm = vm->next, imported++) {
		struct vmap_area *va = kzalloc(sizeof(*va), GFP_KERNEL);

		if (!va)
			panic("vmalloc", "no memory for the area at 0x%08lx", vm->addr);
		va->flags = vm->flags | VM_VM_AREA;
		va->va_start = vm->addr;
		va->va_end = vm->addr + vm->size;
		va->vm = vm;
		insert_vmap_area(va);
		area_site_add(vm->caller, vm->size);
	}
	vmap_area_pcpu_hole = VMALLOC_END;
	vmap_initialized = true;
	stage_note("[%#lx, %#lx), %lu MB; %u areas registered earlier", vmalloc_start(),
		   VMALLOC_END, (VMALLOC_END - vmalloc_start()) >> 20, imported);
	stage_note("areas given back rest until a flush, up to %lu pages", LAZY_MAX_PAGES);
}
