/*
 * Descriptor tables (see desc.h). head.S has loaded the segment table, which lies there; the gates
 * are here. All code runs at the highest privilege in flat segments.
 */
#include "kernel/x86/desc.h"

#define GATE_INTERRUPT 0x8e00u /* present, 32-bit interrupt gate */
#define GATE_TASK 0x8500u      /* present, task gate */
#define GATE_USER 0x6000u      /* descriptor privilege level 3 */
#define TSS_AVAILABLE 0x89u    /* present, available 32-bit task-state segment */

struct gate {
	u32 low, high;
};

struct table_pointer {
	u16 limit;
	u32 base;
} __packed;

extern u64 gdt_table[];
extern const char idt_stubs[]; /* entry.S: 16 bytes for each vector */

static struct gate idt_table[256] __aligned(8);

void set_intr_gate(unsigned int vector, bool user)
{
	u32 addr = (u32)idt_stubs + 16 * vector;

	idt_table[vector].low = (u32)KERNEL_CS << 16 | (addr & 0xffff);
	idt_table[vector].high = (addr & 0xffff0000) | GATE_INTERRUPT | (user ? GATE_USER : 0);
}

void set_task_gate(unsigned int vector, u16 selector)
{
	idt_table[vector].low = (u32)selector << 16;
	idt_table[vector].high = GATE_TASK;
}

void gate_get(unsigned int vector, struct gate_view *view)
{
	struct gate g = idt_table[vector];
	bool task = (g.high & 0x1f00) == (GATE_TASK & 0x1f00);

	*view = (struct gate_view){
		.kind = !(g.high & 0x8000) ? "none"
			: task		   ? "task"
					   : "interrupt",
		.any_level = (g.high & GATE_USER) == GATE_USER,
		.target = task ? 0 : (g.high & 0xffff0000) | (g.low & 0xffff),
	};
}

void set_tss_desc(u16 selector, const struct tss *tss)
{
	u64 base = (u32)tss, limit = sizeof(*tss) - 1;

	gdt_table[selector / 8] = limit | (base & 0xffffff) << 16 | (u64)TSS_AVAILABLE << 40 |
				  (base >> 24) << 56;
}

void load_idt(void)
{
	struct table_pointer p = { sizeof(idt_table) - 1, (u32)idt_table };

	__asm__ volatile("lidt %0" : : "m"(p));
}

void load_tr(u16 selector)
{
	__asm__ volatile("ltr %0" : : "r"(selector) : "memory");
}
