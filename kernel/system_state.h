/*
 * The phase of start-up: which services may be used. It only moves forward, from start_kernel().
 *
 * A call that comes too early is a BUG that names the service and the phase, instead of a fault
 * somewhere inside a half-made structure:
 *	require_phase(PHASE_SLAB, "kmalloc");
 */
#ifndef KERNEL_SYSTEM_STATE_H
#define KERNEL_SYSTEM_STATE_H

#include "kernel/lib/types.h"

enum system_phase {
	PHASE_ENTRY,	  /* log and command line */
	PHASE_EARLY_RES,  /* early reservations and find_e820_area */
	PHASE_FIXMAP,	  /* early_ioremap windows */
	PHASE_DIRECT_MAP, /* all of low memory at PAGE_OFFSET */
	PHASE_ZONES,	  /* zones and page descriptors; nothing free yet */
	PHASE_BUDDY,	  /* alloc_pages, __free_pages, kmap */
	PHASE_SLAB,	  /* kmem_cache_alloc, kmalloc */
	PHASE_VMALLOC,	  /* vmalloc, ioremap */
	PHASE_RUNNING,	  /* interrupts on; boot code given back */
};

extern enum system_phase system_state;

/* Moves on. => phase > system_state */
void system_state_set(enum system_phase phase);

/* Called when a service is used too early: panics. */
__noreturn __cold void phase_violation(enum system_phase needed, const char *service);

static inline void require_phase(enum system_phase needed, const char *service)
{
	if (unlikely(system_state < needed))
		phase_violation(needed, service);
}

#endif
