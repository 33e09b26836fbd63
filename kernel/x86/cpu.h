/*
 * What the processor is and can (W-05), as early_cpu_init() found it with CPUID.
 *
 * boot_cpu_data holds the processor's own features; the cpu_has_ functions say what may be used:
 * an option (mem=nopentium) can take a feature away.
 *
 * Host tests set boot_cpu_data themselves.
 */
#ifndef KERNEL_X86_CPU_H
#define KERNEL_X86_CPU_H

#include "kernel/lib/types.h"

/* CPUID.1 EDX bits, by number; NX and the hypervisor bit come from elsewhere. */
enum cpu_feature {
	CPU_FPU = 0,
	CPU_PSE = 3,
	CPU_TSC = 4,
	CPU_MSR = 5,
	CPU_PAE = 6,
	CPU_MCE = 7,
	CPU_APIC = 9,
	CPU_MTRR = 12,
	CPU_PGE = 13,
	CPU_MCA = 14,
	CPU_CMOV = 15,
	CPU_PAT = 16,
	CPU_CLFLUSH = 19,
	CPU_FXSR = 24,
	CPU_SSE = 25,
};

struct cpuinfo {
	char vendor[13];     /* "GenuineIntel" */
	char model_name[49]; /* CPUID 0x80000002 to 4; "" if the processor has none */
	char hypervisor[13]; /* signature of CPUID 0x40000000; "" on bare hardware */
	u32 family, model, stepping;
	u32 features;	  /* CPUID.1 EDX */
	u32 features_ecx; /* CPUID.1 ECX; nothing here uses them */
	u32 level;	  /* highest standard leaf of CPUID */
	u32 disabled;	  /* bits of `features` that must not be used */
	u32 apic_id;	  /* of the local APIC: CPUID.1 EBX bits 31-24 */
	bool nx;	  /* CPUID 0x80000001 EDX bit 20 */
	u32 cache_line;	  /* bytes: CPUID.1 EBX bits 15-8, times 8; 32 if it says 0 */
	int wp_works_ok;  /* -1 unknown; set by test_wp_bit (W-111) */
};

extern struct cpuinfo boot_cpu_data;

/* Fills boot_cpu_data (W-05). */
void early_cpu_init(void);

/* True if the processor has the feature and it was not disabled. */
static inline bool cpu_has(enum cpu_feature feature)
{
	return (boot_cpu_data.features & ~boot_cpu_data.disabled) >> feature & 1;
}

#define cpu_has_pse cpu_has(CPU_PSE)
#define cpu_has_pge cpu_has(CPU_PGE)
#define cpu_has_pae cpu_has(CPU_PAE)
#define cpu_has_mtrr cpu_has(CPU_MTRR)
#define cpu_has_fxsr cpu_has(CPU_FXSR)
#define cpu_has_sse cpu_has(CPU_SSE)
#define cpu_has_nx (boot_cpu_data.nx)

/* Takes a feature away for the rest of this boot (mem=nopentium takes PSE). */
void cpu_caps_disable(enum cpu_feature feature);

/* Size of a cache line in bytes, for alignment of slab objects (W-115): a power of two. */
static inline u32 cache_line_size(void)
{
	return boot_cpu_data.cache_line;
}

/* Erratum 50 of the Pentium Pro (W-24): Intel, family 6, model 1, stepping below 8. */
bool cpu_is_ppro_with_ram_bug(void);

#endif
