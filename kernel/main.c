#include "kernel/boot/boot_info.h"
#include "kernel/cmdline.h"
#include "kernel/panic.h"
#include "kernel/params.h"
#include "kernel/printk.h"
#include "kernel/serial.h"
#include "kernel/stage.h"
#include "kernel/time.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/irq.h"
#include "kernel/x86/irqflags.h"
#include "kernel/x86/extable.h"
#include "kernel/x86/sections.h"
#include "kernel/x86/traps.h"

void start_kernel(u32 magic, u32 block);
void start_kernel(u32 magic, u32 block)
{
	time_set_entry(boot_entry_cycles);
	early_idt_init();
	boot_info_init(magic, block);
	cmdline_init(boot_info.cmdline);
	serial_init();
	pr_info("memscope");
	stage_begin(STAGE_copy_boot_params); copy_boot_params(); stage_end(STAGE_copy_boot_params);
	RUN(early_cpu_init);
	RUN(parse_early_param);
	RUN(trap_init);
	RUN(init_IRQ);
	RUN(time_init);
	RUN(sort_main_extable);
	cmdline_report();
	u32 v;
	pr_info("probe 0xd0000000: %d", probe_read((void*)0xd0000000, &v));
	local_irq_enable();
	timer_arm_ms(10);
	pr_info("x");
	local_irq_disable();
	cpu_idle_once();
	pr_info("irqs %llu idle %llu us", irq_count(0), idle_us());
	*(volatile int*)0xd0001234 = 1;
	panic("test", "end %d", 3);
}
