/*
 * The rest of the kernel, as far as mm/ calls it: time, the phase of start-up, the bounds of the
 * image.
 */
#include <stdio.h>

#include "kernel/panic.h"
#include "kernel/power.h"
#include "kernel/symbols.h"
#include "kernel/time.h"
#include "support/host.h"

unsigned long boot_mapped_pfn = 2048; /* 8 MiB, as head.S maps at least */

u64 host_cycles = 1000;

u64 cycles_now(void)
{
	return host_cycles++;
}

u64 now_ms(void)
{
	return host_cycles / 1000;
}

u64 now_us(void)
{
	return host_cycles;
}

u32 tsc_khz(void)
{
	return 1000;
}

enum system_phase system_state = PHASE_ENTRY;

void system_state_set(enum system_phase phase)
{
	system_state = phase;
}

const char *phase_name(enum system_phase phase)
{
	(void)phase;
	return "a phase";
}

void phase_violation(enum system_phase needed, const char *service)
{
	panic("phase", "%s before phase %d", service, (int)needed);
}

/* Switching the machine off: recorded only. */
enum power_action host_power;

const char *power_request(enum power_action action)
{
	host_power = action;
	return NULL;
}

/* The host's programs have no table of names; those of web/ bring their own. */
__attribute__((weak)) int symbol_format(char *buf, size_t size, unsigned long addr)
{
	return snprintf(buf, size, "0x%lx", addr);
}
