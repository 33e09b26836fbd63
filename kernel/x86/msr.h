/*
 * Model-specific registers. => the processor has MSRs (CPUID.1 EDX bit 5) and this one
 */
#ifndef KERNEL_X86_MSR_H
#define KERNEL_X86_MSR_H

#include "kernel/lib/types.h"

#define MSR_APIC_BASE 0x01b /* bit 8: boot processor; 11: on; 12 and up: base */

/* Machine check (SDM volume 3, 16.3). */
#define MSR_MCG_CAP 0x179 /* bits 7-0: banks; 8: MCG_CTL is there */
#define MSR_MCG_STATUS 0x17a
#define MSR_MCG_CTL 0x17b
#define MSR_MC_CTL(bank) (0x400 + 4 * (bank))
#define MSR_MC_STATUS(bank) (0x401 + 4 * (bank)) /* bit 63: valid */
#define MSR_MC_ADDR(bank) (0x402 + 4 * (bank))

/* Memory type range registers (Intel SDM volume 3, 12.11). */
#define MSR_MTRRCAP 0x0fe		      /* bits 7-0: number of variable ranges */
#define MSR_MTRRPHYSBASE(n) (0x200 + 2 * (n)) /* bits 7-0: type; 12 and up: base */
#define MSR_MTRRPHYSMASK(n) (0x201 + 2 * (n)) /* bit 11: valid; 12 and up: mask */
#define MSR_MTRRDEFTYPE 0x2ff		      /* bits 7-0: default type; 11: enabled */

#ifdef MEMSCOPE_HOST
u64 rdmsr(u32 msr);
void wrmsr(u32 msr, u64 value);
#else
static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (u64)hi << 32 | lo;
}

static inline void wrmsr(u32 msr, u64 value)
{
	__asm__ volatile("wrmsr" : : "a"((u32)value), "d"((u32)(value >> 32)), "c"(msr) : "memory");
}
#endif

#endif
