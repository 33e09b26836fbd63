/*
 * Machine checks: the processor's report of broken hardware, at vector 18 (W-82; Intel SDM volume 3,
 * chapter 16).
 */
#ifndef KERNEL_X86_MCE_H
#define KERNEL_X86_MCE_H

#include "kernel/lib/types.h"

#define MCE_BANKS_MAX 32

struct mce_state {
	bool has_mce, has_mca; /* CPUID */
	bool enabled;	       /* CR4.MCE is set */
	u32 banks;
	u32 left_over; /* banks that held an error from before this boot */
};

extern struct mce_state mce_state;

/* Clears and enables every bank, then CR4.MCE, where the processor has both. */
void mcheck_init(void);

/* Logs what the banks hold: the fault at vector 18 is on its way to die(). */
void mce_report(void);

#endif
