/*
 * Virtually contiguous memory from frames that need not be adjacent (W-119), in
 * [VMALLOC_START, VMALLOC_END), a guard page after each area.
 *
 * Legal from vmalloc_init() on, except vm_area_register_early(). Not for interrupt handlers.
 */
#ifndef MM_VMALLOC_H
#define MM_VMALLOC_H

#include "kernel/lib/list.h"
#include "mm/page_alloc.h"

struct memstat_totals;

enum vm_flags {
	VM_IOREMAP = 0x01,   /* device memory, uncached */
	VM_ALLOC = 0x02,     /* frames of its own */
	VM_MAP = 0x04,	     /* frames of the caller's */
	VM_VM_AREA = 0x08,   /* the record describes a vm_struct */
	VM_LAZY_FREE = 0x10, /* given back; translations of it may still be in the TLB */
};

/* What an area is for. */
struct vm_struct {
	struct vm_struct *next; /* vmlist: areas registered before slab existed */
	unsigned long addr;	/* page aligned */
	unsigned long size;	/* bytes, with the guard page */
	u32 flags;		/* enum vm_flags */
	unsigned nr_pages;	/* VM_ALLOC, VM_MAP: the frames mapped; 0 for device memory */
	phys_addr_t phys_addr;	/* VM_IOREMAP: page aligned */
	unsigned long caller;	/* code address */
};

/* Its place in the address space. */
struct vmap_area {
	unsigned long va_start, va_end; /* [va_start, va_end), guard page included */
	u32 flags;			/* enum vm_flags */
	struct list_head list;		/* on vmap_area_list, ascending */
	struct vm_struct *vm;		/* NULL: VM_LAZY_FREE */
};

extern struct list_head vmap_area_list;
/* Top of the part that per-cpu areas may use (W-119). */
extern unsigned long vmap_area_pcpu_hole;
/* Pages of the areas that rest until the next flush, guard pages included; flushes so far. */
extern unsigned long vmap_lazy_nr;
extern u32 vmap_purges;

/* W-119; after kmem_cache_init. Imports the areas registered before. */
void vmalloc_init(void);

/*
 * Gives vm->size bytes (rounded up to pages) of address space to a static vm_struct, before
 * vmalloc_init; sets vm->addr. => align is a power of two of at least a page
 */
void vm_area_register_early(struct vm_struct *vm, unsigned long align);

/* Whether the area was registered that way. */
bool vm_area_is_early(const struct vm_struct *vm);

/* `bytes` rounded up to pages, or NULL. Frames may come from high memory. Owned until vfree. */
void *vmalloc(unsigned long bytes);
void vfree(const void *virt); /* NULL is allowed */

/* Maps given frames, which stay the caller's. */
void *vmap(struct page **pages, unsigned nr_pages);
void vunmap(const void *virt); /* NULL is allowed */

/*
 * Maps device memory [phys, phys + bytes), uncached. NULL when it does not fit, lies above 4 GiB,
 * wraps, or is RAM that the page allocator hands out.
 */
void *ioremap(phys_addr_t phys, unsigned long bytes);
void iounmap(void *virt); /* NULL is allowed */

/*
 * Flushes the translations of all areas that were given back, and frees their addresses. For who must
 * be sure that such an address faults, or that a frame is mapped nowhere else.
 */
void vm_unmap_aliases(void);

/* The frame behind an address of a vmalloc or vmap area, or NULL. */
struct page *vmalloc_to_page(const void *virt);

/* memstat_totals()'s share: total, used, resting and largest free piece of the area. */
void memstat_vm_totals(struct memstat_totals *out);

/* test=vmalloc: scattered frames, guard pages, device memory. Returns NULL, or what is wrong. */
const char *vmalloc_selftest(void);

#endif
