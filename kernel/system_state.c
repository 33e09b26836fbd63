/*
 * The phase of start-up (see system_state.h).
 */
#include "kernel/system_state.h"

#include "kernel/panic.h"

enum system_phase system_state;

static const char *const names[] = {
	[PHASE_ENTRY] = "entry",     [PHASE_EARLY_RES] = "early reservations",
	[PHASE_FIXMAP] = "fixmap",   [PHASE_DIRECT_MAP] = "direct map",
	[PHASE_ZONES] = "zones",     [PHASE_BUDDY] = "buddy",
	[PHASE_SLAB] = "slab",	     [PHASE_VMALLOC] = "vmalloc",
	[PHASE_RUNNING] = "running",
};

void system_state_set(enum system_phase phase)
{
	BUG_ON(phase <= system_state);
	system_state = phase;
}

void phase_violation(enum system_phase needed, const char *service)
{
	panic("phase", "%s was called in phase \"%s\", and needs \"%s\"", service,
	      names[system_state], names[needed]);
}
