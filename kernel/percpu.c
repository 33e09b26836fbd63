/*
 * The per-CPU area (see percpu.h).
 */
#include "kernel/percpu.h"

/* Poisoned with the boot data, after it has moved. */
static struct cpu_area boot_area __initdata;

struct cpu_area *this_cpu = &boot_area;

void __init percpu_move(struct cpu_area *block)
{
	*block = *this_cpu;
	this_cpu = block;
}

const char *softirq_name(enum softirq n)
{
	static const char *const names[NR_SOFTIRQS] = {
		"HI",		"TIMER",   "NET_TX", "NET_RX",	"BLOCK",
		"BLOCK_IOPOLL", "TASKLET", "SCHED",  "HRTIMER", "RCU",
	};

	return names[n];
}
