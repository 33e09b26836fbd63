/*
 * Small stages of the boot order (see setup.h).
 */
#include "kernel/setup.h"

#include <string.h>

#include "kernel/boot/boot_info.h"
#include "kernel/build_info.h"
#include "kernel/cmdline.h"
#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/percpu.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/time.h"
#include "kernel/vga.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/io.h"
#include "kernel/x86/irq.h"
#include "kernel/x86/irqflags.h"
#include "kernel/x86/sections.h"
#include "kernel/x86/tlb.h"

struct mm_bounds init_mm_bounds;

static bool disable_nx;
static bool early_boot_irqs_enabled;

void __init boot_mapping(void)
{
	const u32 *dir = phys_to_virt(read_cr3()), *table;
	u32 tables = boot_mapped_pfn / 1024;

	stage_started_at(boot_entry_cycles);
	table = phys_to_virt(dir[0] & ~0xfffu);
	for (u32 i = 0; i < tables; i++)
		BUG_ON(dir[i] != dir[i + (KERNEL_OFFSET >> 22)]);
	stage_note(
		"[0, %#lx) at 0 and at %#lx, in %u tables: pgd[0] = pgd[768] = %#x, pte[1] = %#x",
		boot_mapped_pfn << PAGE_SHIFT, KERNEL_OFFSET, tables, dir[0], table[1]);
	stage_note("image [%#lx, %#lx), boot code and data %lu KiB of it, CR0 = %#lx",
		   virt_to_phys(_text), virt_to_phys(_end),
		   (unsigned long)(__init_end - __init_begin) / 1024, read_cr0());
}

void __init early_boot_irqs_off(void)
{
	local_irq_disable();
	early_boot_irqs_enabled = false;
	stage_note("interrupts are off, EFLAGS = %#lx", local_save_flags());
}

void __init boot_cpu_init(void)
{
	stage_note("CPU 0 is present, possible and online");
}

void __init setup_nr_cpu_ids(void)
{
	stage_note("nr_cpu_ids = 1; CPU 0 is the boot CPU and counts in its area at %p",
		   (void *)this_cpu);
}

void __init banner(void)
{
	pr_notice("memscope %s (%s)", build_version, build_compiler);
	stage_note("memscope %s (%s)", build_version, build_compiler);
}

void __init init_mm(void)
{
	init_mm_bounds = (struct mm_bounds){
		.start_code = (unsigned long)_text,
		.end_code = (unsigned long)_etext,
		.end_data = (unsigned long)_edata,
		.brk = (unsigned long)_end,
	};
	stage_note("start_code %#lx, end_code %#lx, end_data %#lx, brk %#lx",
		   init_mm_bounds.start_code, init_mm_bounds.end_code, init_mm_bounds.end_data,
		   init_mm_bounds.brk);
}

void __init command_line(void)
{
	stage_note("%zu bytes given; no line is built in; kept for parsing: \"%s\"",
		   strlen(boot_info.cmdline), cmdline_options());
}

void __init x86_configure_nx(void)
{
	/* Entries of two-level tables have no bit for it: the mask stays as it is (W-18). */
	stage_note("CPU has NX: %s; disable_nx %d; bit in the entries: none (two-level tables)",
		   cpu_has_nx ? "yes" : "no", disable_nx);
}

void __init x86_report_nx(void)
{
	const char *why = !cpu_has_nx  ? "the CPU lacks it"
			  : disable_nx ? "switched off by noexec=off"
				       : "two-level page tables have no bit for it";

	pr_info("NX (no-execute) cannot be used: %s", why);
	stage_note("CPU has NX: %s; usable: no (%s)", cpu_has_nx ? "yes" : "no", why);
}

int parse_noexec(const char *value)
{
	if (!strcmp(value, "on"))
		disable_nx = false;
	else if (!strcmp(value, "off"))
		disable_nx = true;
	else
		return -EINVAL;
	x86_configure_nx();
	return 0;
}

void __init init_hypervisor_platform(void)
{
	if (*boot_cpu_data.hypervisor)
		stage_note("CPUID 0x40000000: \"%s\"", boot_cpu_data.hypervisor);
	else
		stage_note("CPUID names no hypervisor");
}

void __init io_delay_init(void)
{
	stage_note("a write to port 0x80");
}

void __init conswitchp(void)
{
	stage_note("%s", vga_describe());
}

void __init default_banner(void)
{
	const char *on = *boot_cpu_data.hypervisor ? boot_cpu_data.hypervisor : "bare hardware";

	pr_info("running on %s", on);
	stage_note("running on %s", on);
}

void __init sched_init(void)
{
	stage_note("one thread: pollers and jobs in a loop, never preempted");
}

void __init irqs_disabled_check(void)
{
	if (!irqs_disabled()) {
		pr_warn("interrupts were enabled too early: turned off");
		local_irq_disable();
	}
	stage_note("EFLAGS = %#lx: interrupts are off", local_save_flags());
}

void __init irqs_disabled_check2(void)
{
	if (!irqs_disabled())
		pr_err("interrupts were enabled before early_boot_irqs_on");
	stage_note("EFLAGS = %#lx, %llu interrupts so far", local_save_flags(), irq_total());
}

void __init early_irq_init(void)
{
	stage_note("%u lines, no handler", IRQ_LINES);
}

void __init softirq_init(void)
{
	stage_note("handlers set flags; packets are processed by pollers of the main loop");
}

void __init early_boot_irqs_on(void)
{
	early_boot_irqs_enabled = true;
	local_irq_enable();
	stage_note("EFLAGS = %#lx", local_save_flags());
}

void __init console_init(void)
{
	vga_init();
	stage_note("the log so far (%llu lines) was shown on %s", log_next_seq() - log_oldest_seq(),
		   vga_describe());
}

void __init late_time_init(void)
{
	stage_note("clock: time-stamp counter at %u kHz; no loops per tick: nothing waits by count",
		   tsc_khz());
}

void __init check_bugs(void)
{
	struct cpuinfo *c = &boot_cpu_data;

	pr_info("cpu: write protection in supervisor mode: %s",
		c->wp_works_ok > 0 ? "works" : "broken or not tested");
	stage_note("wp_works_ok %d; Pentium Pro erratum 50: %s; CR0 = %#lx", c->wp_works_ok,
		   cpu_is_ppro_with_ram_bug() ? "yes" : "no", read_cr0());
	stage_note("the floating-point unit is not used and not tested");
}
