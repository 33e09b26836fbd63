/*
 * The processor, as far as mm/ sees it: features the test chooses, control registers that are
 * plain variables, flushes that are counted.
 */
#include "kernel/lib/errno.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/extable.h"
#include "kernel/x86/msr.h"
#include "kernel/x86/tlb.h"
#include "support/host.h"

struct cpuinfo boot_cpu_data;
unsigned long host_cr3, host_cr4;
u32 page_fault_count;
unsigned host_flush_all_count, host_flush_one_count;
unsigned long host_flush_one_last;
struct host_msr host_msrs[32];
unsigned host_msr_count;

void host_cpu_default(void)
{
	memset(&boot_cpu_data, 0, sizeof(boot_cpu_data));
	strcpy(boot_cpu_data.vendor, "GenuineIntel");
	boot_cpu_data.family = 6;
	boot_cpu_data.model = 6;
	boot_cpu_data.stepping = 3;
	boot_cpu_data.features = 1u << CPU_FPU | 1u << CPU_PSE | 1u << CPU_TSC | 1u << CPU_MSR |
				 1u << CPU_PAE | 1u << CPU_APIC | 1u << CPU_PGE | 1u << CPU_CMOV |
				 1u << CPU_PAT | 1u << CPU_FXSR | 1u << CPU_SSE;
	boot_cpu_data.cache_line = 64;
	boot_cpu_data.wp_works_ok = -1;
}

void cpu_caps_disable(enum cpu_feature feature)
{
	boot_cpu_data.disabled |= 1u << feature;
}

bool cpu_is_ppro_with_ram_bug(void)
{
	return !strcmp(boot_cpu_data.vendor, "GenuineIntel") && boot_cpu_data.family == 6 &&
	       boot_cpu_data.model == 1 && boot_cpu_data.stepping < 8;
}

unsigned long read_cr3(void)
{
	return host_cr3;
}

void load_cr3(unsigned long pgdir_phys)
{
	host_cr3 = pgdir_phys;
}

void cr4_set_bits(unsigned long bits)
{
	host_cr4 |= bits;
}

void flush_tlb_one(unsigned long addr)
{
	host_flush_one_count++;
	host_flush_one_last = addr;
}

void __flush_tlb_all(void)
{
	host_flush_all_count++;
}

u64 rdmsr(u32 msr)
{
	for (unsigned i = 0; i < host_msr_count; i++)
		if (host_msrs[i].msr == msr)
			return host_msrs[i].value;
	fail_msg("the code read MSR %#x, which the test did not set", msr);
	return 0;
}

void wrmsr(u32 msr, u64 value)
{
	for (unsigned i = 0; i < host_msr_count; i++) {
		if (host_msrs[i].msr == msr) {
			host_msrs[i].value = value;
			return;
		}
	}
	fail_msg("the code wrote MSR %#x, which the test did not set", msr);
}

/* Guarded accesses: what is in the arena can be touched, and the program's own text and constants
 * can be read; every other address faults. */
static bool in_arena(const void *addr)
{
	unsigned long offset = (unsigned long)addr - HOST_RAM_BASE;

	return offset < host_ram_bytes && host_ram_bytes - offset >= sizeof(u32);
}

static bool in_program(const void *addr)
{
	extern const char __executable_start[], __bss_start[];

	return (const char *)addr >= __executable_start && (const char *)addr < __bss_start;
}

int probe_read(const void *addr, u32 *value)
{
	if (!in_arena(addr) && !in_program(addr))
		return -EFAULT;
	*value = *(const u32 *)addr;
	return 0;
}

int probe_write(void *addr, u32 value)
{
	if (!in_arena(addr))
		return -EFAULT;
	*(u32 *)addr = value;
	return 0;
}
