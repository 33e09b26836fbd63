/*
 * The per-CPU area: what the kernel counts for the one processor it runs on.
 *
 * Until setup_per_cpu_areas() (W-85) the counters are in a block inside the boot data; then they move
 * to a block from the boot allocator, and the pointer with them. With one processor the pointer is
 * all there is: no segment register, no offset table.
 *
 * Counters of interrupt lines are in kernel/x86/irq.c, page lists in the zones, object arrays in the
 * caches: they are reached from there without another step.
 */
#ifndef KERNEL_PERCPU_H
#define KERNEL_PERCPU_H

#include "kernel/lib/types.h"

/* Deferred work, in the order and under the names of /proc/softirqs. */
enum softirq {
	HI_SOFTIRQ,
	TIMER_SOFTIRQ,	/* turns in which a timeout of lwIP was due */
	NET_TX_SOFTIRQ, /* turns that handed packets to the NIC */
	NET_RX_SOFTIRQ, /* turns that took frames from the NIC */
	BLOCK_SOFTIRQ,
	BLOCK_IOPOLL_SOFTIRQ,
	TASKLET_SOFTIRQ, /* calls of pollers */
	SCHED_SOFTIRQ,	 /* steps of jobs */
	HRTIMER_SOFTIRQ,
	RCU_SOFTIRQ,
	NR_SOFTIRQS
};

struct cpu_area {
	u32 cpu;		 /* 0 */
	u64 idle_cycles;	 /* halted, since entry */
	u64 turns;		 /* of the main loop */
	u64 longest_turn_cycles; /* loop_longest_cycles() */
	u64 softirqs[NR_SOFTIRQS];
};

extern struct cpu_area *this_cpu;

/* Moves the area to `block`, of sizeof(struct cpu_area) bytes, which now belongs here. */
void percpu_move(struct cpu_area *block);

/* "HI", "TIMER", ... */
const char *softirq_name(enum softirq n);

#endif
