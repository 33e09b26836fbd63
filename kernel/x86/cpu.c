/*
 * Processor identification (see cpu.h; W-05; Intel SDM volume 2, CPUID).
 */
#include "kernel/x86/cpu.h"

#include <string.h>

#include "kernel/lib/bitops.h"
#include "kernel/printk.h"
#include "kernel/stage.h"

struct cpuinfo boot_cpu_data = { .cache_line = 32, .wp_works_ok = -1 };

struct cpuid_regs {
	u32 eax, ebx, ecx, edx;
};

static struct cpuid_regs cpuid(u32 leaf)
{
	struct cpuid_regs r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(0));
	return r;
}

static void put_word(char *dst, u32 word)
{
	memcpy(dst, &word, 4);
}

static void read_signature(struct cpuinfo *c, u32 eax)
{
	c->stepping = eax & 15;
	c->model = eax >> 4 & 15;
	c->family = eax >> 8 & 15;
	if (c->family >= 6)
		c->model |= (eax >> 16 & 15) << 4;
	if (c->family == 15)
		c->family += eax >> 20 & 255;
}

static void read_extended(struct cpuinfo *c)
{
	u32 max = cpuid(0x80000000).eax;

	if (max < 0x80000001 || max > 0x800000ff)
		return;
	c->nx = cpuid(0x80000001).edx >> 20 & 1;
	if (max < 0x80000004)
		return;
	for (u32 i = 0; i < 3; i++) {
		struct cpuid_regs r = cpuid(0x80000002 + i);

		put_word(c->model_name + 16 * i, r.eax);
		put_word(c->model_name + 16 * i + 4, r.ebx);
		put_word(c->model_name + 16 * i + 8, r.ecx);
		put_word(c->model_name + 16 * i + 12, r.edx);
	}
}

static void read_hypervisor(struct cpuinfo *c, u32 leaf1_ecx)
{
	struct cpuid_regs r;

	if (!(leaf1_ecx >> 31))
		return;
	r = cpuid(0x40000000);
	put_word(c->hypervisor, r.ebx);
	put_word(c->hypervisor + 4, r.ecx);
	put_word(c->hypervisor + 8, r.edx);
}

void early_cpu_init(void)
{
	struct cpuinfo *c = &boot_cpu_data;
	struct cpuid_regs r = cpuid(0);
	u32 line;

	c->level = r.eax;
	put_word(c->vendor, r.ebx);
	put_word(c->vendor + 4, r.edx);
	put_word(c->vendor + 8, r.ecx);
	r = cpuid(1);
	read_signature(c, r.eax);
	c->features = r.edx;
	c->apic_id = r.ebx >> 24;
	c->features_ecx = r.ecx;
	line = (r.ebx >> 8 & 255) * 8;
	if (is_power_of_2(line) && line >= 16 && line <= 256)
		c->cache_line = line;
	read_hypervisor(c, r.ecx);
	read_extended(c);
	pr_info("cpu: %s family %u model %u stepping %u%s%s%s%s%s%s%s, cache line %u bytes",
		c->vendor, c->family, c->model, c->stepping, cpu_has_pse ? " pse" : "",
		cpu_has_pge ? " pge" : "", cpu_has_pae ? " pae" : "", cpu_has_mtrr ? " mtrr" : "",
		cpu_has_fxsr ? " fxsr" : "", cpu_has_sse ? " sse" : "", cpu_has_nx ? " nx" : "",
		c->cache_line);
	stage_note("%s family %u model %u stepping %u \"%s\"", c->vendor, c->family, c->model,
		   c->stepping, c->model_name);
	stage_note("pse %d, pge %d, pae %d, mtrr %d, nx %d, fxsr %d, sse %d, cache line %u bytes",
		   cpu_has_pse, cpu_has_pge, cpu_has_pae, cpu_has_mtrr, cpu_has_nx, cpu_has_fxsr,
		   cpu_has_sse, c->cache_line);
}

void cpu_caps_disable(enum cpu_feature feature)
{
	boot_cpu_data.disabled |= 1u << feature;
}

bool cpu_is_ppro_with_ram_bug(void)
{
	const struct cpuinfo *c = &boot_cpu_data;

	return !strcmp(c->vendor, "GenuineIntel") && c->family == 6 && c->model == 1 &&
	       c->stepping < 8;
}
