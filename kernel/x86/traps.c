/*
 * Processor exceptions (W-95; see traps.h).
 *
 * Gates exist from the first moment (early_idt_init), so that a fault in early boot is reported
 * like any other; trap_init() later completes them as documented: names, the task gate, CR4.
 *
 * A fault at an instruction of the exception table is continued there (extable.h). Every other one
 * is fatal: name, decoded error code, registers, for a page fault the walk of the page tables, the
 * calls that led there, and the end through die().
 *
 * A double fault has its own task: its own stack and registers, loaded by the processor, so that it
 * is reported even when the kernel's stack is what broke. The interrupted state is in kernel_tss.
 *
 * Departure from the documents: all gates are interrupt gates (the originals use trap gates for
 * some), since nothing may interrupt a report; vector 0x80 has no gate: there is no user mode.
 */
#include "kernel/x86/traps.h"

#include <stdio.h>

#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/symbols.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/desc.h"
#include "kernel/x86/extable.h"
#include "kernel/x86/irq.h"
#include "kernel/x86/mce.h"
#include "kernel/x86/sections.h"
#include "kernel/x86/tlb.h"

enum {
	VEC_NMI = 2,
	VEC_BREAKPOINT = 3,
	VEC_OVERFLOW = 4,
	VEC_DOUBLE = 8,
	VEC_PAGE = 14,
	VEC_MACHINE_CHECK = 18
};

#define DF_STACK_SIZE 4096

static const char *const vector_names[] = {
	"divide error",
	"debug",
	"NMI",
	"breakpoint",
	"overflow",
	"bounds",
	"invalid opcode",
	"device not available",
	"double fault",
	"coprocessor overrun",
	"invalid TSS",
	"segment not present",
	"stack",
	"general protection",
	"page fault",
	"spurious",
	"coprocessor error",
	"alignment",
	"machine check",
	"SIMD",
};

const char *trap_vector_name(u32 vector)
{
	if (vector < ARRAY_SIZE(vector_names))
		return vector_names[vector];
	return vector < IRQ_VECTOR_BASE ? "reserved" : "interrupt line";
}

static struct tss kernel_tss, double_fault_tss;
static u8 double_fault_stack[DF_STACK_SIZE] __aligned(16);
static u32 nmi_count;

bool on_double_fault_stack(unsigned long addr)
{
	return addr >= (unsigned long)double_fault_stack &&
	       addr + 8 <= (unsigned long)double_fault_stack + DF_STACK_SIZE;
}

static void show_entry(const char *what, u32 index, u32 entry)
{
	pr_emerg("%s[%u] = %08x%s%s%s%s%s", what, index, entry, entry & 1 ? " present" : " absent",
		 entry & 2 ? " RW" : " ro", entry & 4 ? " user" : "", entry & 0x80 ? " PSE" : "",
		 entry & 0x100 ? " global" : "");
}

static void show_page_walk(unsigned long addr)
{
	u32 dir = (u32)read_cr3() & ~0xfffu, index = addr >> 22, entry;

	pr_emerg("page tables for %08lx, directory at %#x:", addr, dir);
	if (probe_read((u32 *)phys_to_virt(dir) + index, &entry)) {
		pr_emerg("the directory cannot be read");
		return;
	}
	show_entry("pgd", index, entry);
	if (!(entry & 1) || entry & 0x80)
		return;
	index = addr >> PAGE_SHIFT & 1023;
	if (probe_read((u32 *)phys_to_virt(entry & ~0xfffu) + index, &entry))
		pr_emerg("the table at %#x cannot be read", entry & ~0xfffu);
	else
		show_entry("pte", index, entry);
}

static void show_stack(u32 esp)
{
	for (u32 addr = esp; addr < esp + 64; addr += 16) {
		u32 w[4];

		for (u32 i = 0; i < 4; i++)
			if (probe_read((void *)(addr + 4 * i), &w[i]))
				return;
		pr_emerg("stack %08x: %08x %08x %08x %08x", addr, w[0], w[1], w[2], w[3]);
	}
}

void show_fault(const struct cpu_regs *r)
{
	unsigned long cr2 = read_cr2(); /* a guarded access may change it */
	char where[80];

	symbol_format(where, sizeof(where), r->eip);
	pr_emerg("EIP %08x %s", r->eip, where);
	pr_emerg("EAX %08x EBX %08x ECX %08x EDX %08x", r->eax, r->ebx, r->ecx, r->edx);
	pr_emerg("ESI %08x EDI %08x EBP %08x ESP %08x", r->esi, r->edi, r->ebp, r->esp);
	pr_emerg("EFLAGS %08x CS %04x DS %04x ES %04x vector %u error %#x", r->eflags, r->cs, r->ds,
		 r->es, r->vector, r->error);
	pr_emerg("CR0 %08lx CR2 %08lx CR3 %08lx CR4 %08lx", read_cr0(), cr2, read_cr3(),
		 read_cr4());
	if (r->vector == VEC_MACHINE_CHECK)
		mce_report();
	if (r->vector == VEC_PAGE || r->vector == VEC_DOUBLE)
		show_page_walk(cr2);
	show_stack(r->esp);
}

/* "page fault: write to 0x00000010, not present, at f+0x1/0x2" and the like. */
static void describe(char *buf, size_t size, const struct cpu_regs *r)
{
	const char *name = r->vector < ARRAY_SIZE(vector_names) ? vector_names[r->vector]
								: "unexpected vector";
	char where[80];

	symbol_format(where, sizeof(where), r->eip);
	if (r->vector == VEC_PAGE)
		snprintf(buf, size, "page fault: %s %#010lx (%s%s) at %s",
			 r->error & 2	 ? "write to"
			 : r->error & 16 ? "fetch from"
					 : "read of",
			 read_cr2(), r->error & 1 ? "protection" : "not present",
			 r->error & 8 ? ", reserved bit set" : "", where);
	else
		snprintf(buf, size, "%s (vector %u, error %#x) at %s", name, r->vector, r->error,
			 where);
}

/*
 * Unmaps the page below the kernel's stack, so that an overflow faults instead of writing over
 * other data. The page held the window's table of boot_info.c, which nobody needs any more. The
 * first 4 MiB are mapped by 4 KiB entries before and after W-35.
 */
static void __init guard_stack(void)
{
	unsigned long addr = (unsigned long)boot_window_table;
	u32 *dir = phys_to_virt(read_cr3() & PAGE_MASK), *table;

	BUG_ON(addr + PAGE_SIZE != (unsigned long)boot_stack || dir[addr >> 22] & 0x80);
	table = phys_to_virt(dir[addr >> 22] & PAGE_MASK);
	table[addr >> PAGE_SHIFT & 1023] = 0;
	flush_tlb_one(addr);
	stage_note("stack [%p, %p), the page below it is unmapped", (void *)boot_stack,
		   (void *)boot_stack_top);
}

static __noreturn void fatal_trap(const struct cpu_regs *r)
{
	static char message[200];

	describe(message, sizeof(message), r);
	die("trap", message, r);
}

u32 page_fault_count;

void do_trap(struct trap_frame *f)
{
	static struct cpu_regs regs;
	unsigned long fixup = search_exception_table(f->eip);

	if (fixup && (f->vector == VEC_PAGE || f->vector == 13)) {
		page_fault_count += f->vector == VEC_PAGE;
		f->eip = fixup;
		return;
	}
	if (f->vector == VEC_NMI) {
		nmi_count++; /* it may have come in the middle of a line of the log */
		return;
	}
	regs = (struct cpu_regs){
		.eax = f->eax,
		.ebx = f->ebx,
		.ecx = f->ecx,
		.edx = f->edx,
		.esi = f->esi,
		.edi = f->edi,
		.ebp = f->ebp,
		.esp = (u32)(f + 1),
		.eip = f->eip,
		.eflags = f->eflags,
		.cs = f->cs,
		.ds = f->ds,
		.es = f->es,
		.vector = f->vector,
		.error = f->error,
	};
	fatal_trap(&regs);
}

/* The double-fault task begins here, with what the processor saved in kernel_tss. */
static __noreturn void double_fault_task(void)
{
	static struct cpu_regs regs;
	const struct tss *t = &kernel_tss;
	static char message[200];
	char where[80];

	regs = (struct cpu_regs){
		.eax = t->eax,
		.ebx = t->ebx,
		.ecx = t->ecx,
		.edx = t->edx,
		.esi = t->esi,
		.edi = t->edi,
		.ebp = t->ebp,
		.esp = t->esp,
		.eip = t->eip,
		.eflags = t->eflags,
		.cs = t->cs,
		.ds = t->ds,
		.es = t->es,
		.vector = VEC_DOUBLE,
	};
	symbol_format(where, sizeof(where), regs.eip);
	if (regs.esp < (unsigned long)boot_stack + 64)
		snprintf(message, sizeof(message),
			 "double fault: stack overflow (ESP %#x, the stack begins at %#lx) at %s",
			 regs.esp, (unsigned long)boot_stack, where);
	else
		snprintf(message, sizeof(message), "double fault at %s", where);
	die("trap", message, &regs);
}

u32 trap_nmi_count(void)
{
	return READ_ONCE(nmi_count);
}

void __init early_idt_init(void)
{
	for (unsigned int v = 0; v < 256; v++)
		set_intr_gate(v, v == VEC_BREAKPOINT || v == VEC_OVERFLOW);
	load_idt();
}

void __init cpu_init(void)
{
	unsigned long bits = 0;

	if (cpu_has_fxsr)
		bits |= X86_CR4_OSFXSR;
	if (cpu_has_sse)
		bits |= X86_CR4_OSXMMEXCPT;
	if (bits)
		cr4_set_bits(bits);
	kernel_tss.ss0 = KERNEL_DS;
	kernel_tss.io_map = sizeof(kernel_tss);
	set_tss_desc(KERNEL_TSS, &kernel_tss);
	load_tr(KERNEL_TSS);
	stage_note("CR4 = %#lx, kernel task %#x at %p", read_cr4(), KERNEL_TSS,
		   (void *)&kernel_tss);
}

void __init trap_init(void)
{
	double_fault_tss = (struct tss){
		.cr3 = read_cr3(),
		.eip = (u32)double_fault_task,
		.eflags = 0x2,
		.esp = (u32)(double_fault_stack + DF_STACK_SIZE - 16),
		.cs = KERNEL_CS,
		.ss = KERNEL_DS,
		.ds = KERNEL_DS,
		.es = KERNEL_DS,
		.ss0 = KERNEL_DS,
		.io_map = sizeof(struct tss),
	};
	set_tss_desc(DOUBLEFAULT_TSS, &double_fault_tss);
	set_task_gate(VEC_DOUBLE, DOUBLEFAULT_TSS);
	for (unsigned int v = 0; v < ARRAY_SIZE(vector_names); v++)
		stage_note("vector %u: %s%s", v, vector_names[v],
			   v == VEC_DOUBLE ? ", task gate with its own stack"
			   : v == VEC_BREAKPOINT || v == VEC_OVERFLOW ? ", from any level"
								      : "");
	stage_note("vectors 0 to %u are used; interrupt lines from %#x; no system-call gate: no "
		   "user mode",
		   IRQ_VECTOR_BASE - 1, IRQ_VECTOR_BASE);
	guard_stack();
	stage_begin(STAGE_cpu_init);
	cpu_init();
	stage_end(STAGE_cpu_init);
}
