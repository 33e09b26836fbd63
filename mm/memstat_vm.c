/*
 * The vmalloc area as others see it (memstat.h).
 */
#include "mm/direct_map.h"
#include "mm/memstat.h"
#include "mm/vmalloc.h"

static enum memstat_vm_kind kind_of(const struct vmap_area *va)
{
	if (va->flags & VM_IOREMAP)
		return MEMSTAT_VM_IOREMAP;
	return va->flags & VM_ALLOC ? MEMSTAT_VM_ALLOC : MEMSTAT_VM_MAP;
}

void memstat_vm_areas(void (*fn)(void *arg, const struct memstat_vm_area *area), void *arg)
{
	const struct vmap_area *va;

	list_for_each_entry(va, &vmap_area_list, list) {
		struct memstat_vm_area record = {
			.start = va->va_start,
			.bytes = va->va_end - va->va_start,
			.kind = kind_of(va),
		};

		if (!va->vm)
			continue;
		record.caller = va->vm->caller;
		record.pages = va->flags & VM_ALLOC ? va->vm->nr_pages : 0;
		record.phys = (u32)va->vm->phys_addr;
		fn(arg, &record);
	}
}

void memstat_vm_totals(struct memstat_totals *out)
{
	unsigned long end = vmalloc_start(), used = 0, largest = 0;
	const struct vmap_area *va;

	out->vmalloc_total_bytes = VMALLOC_END - end;
	list_for_each_entry(va, &vmap_area_list, list) {
		if (!va->vm) /* a flush gives it back */
			continue;
		largest = max(largest, va->va_start - end);
		used += va->va_end - va->va_start;
		end = va->va_end;
	}
	out->vmalloc_used_bytes = used;
	out->vmalloc_lazy_bytes = vmap_lazy_nr << PAGE_SHIFT;
	out->vmalloc_purges = vmap_purges;
	out->vmalloc_largest_free_bytes = max(largest, VMALLOC_END - end);
}
