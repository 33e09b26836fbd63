/*
 * Virtually contiguous memory from frames that need not be adjacent (W-119), in
 * [VMALLOC_START, VMALLOC_END), a guard page after each area.
 */
#pragma once

#include "mm/page_alloc.h"

/* W-119; after kmem_cache_init. */
void vmalloc_init(void);

/* `bytes` rounded up to pages, or NULL. Frames may come from high memory. Owned until vfree. */
void *vmalloc(unsigned long bytes);
void vfree(const void *virt); /* NULL is allowed */

/* Maps given frames, which stay the caller's. */
void *vmap(struct page **pages, unsigned nr_pages);
void vunmap(const void *virt);

/* Maps device memory [phys, phys + bytes), uncached. NULL when it does not fit. */
void *ioremap(phys_addr_t phys, unsigned long bytes);
void iounmap(void *virt);
