/*
 * Processor exceptions (W-95).
 */
#ifndef KERNEL_X86_TRAPS_H
#define KERNEL_X86_TRAPS_H

#include "kernel/lib/types.h"

/* The registers as the entry stubs (entry.S) leave them on the stack, lowest address first. */
struct trap_frame {
	u32 ebx, ecx, edx, esi, edi, ebp, eax;
	u32 ds, es;
	u32 vector;
	u32 error;
	u32 eip, cs, eflags; /* the interrupted code's stack begins right behind */
};

/* What a report shows. */
struct cpu_regs {
	u32 eax, ebx, ecx, edx, esi, edi, ebp, esp;
	u32 eip, eflags, cs, ds, es;
	u32 vector, error;
};

/* Gates for the exceptions and the interrupt lines; exceptions report from here on. */
void early_idt_init(void);

/*
 * W-95: the documented vectors, the double-fault task gate, vectors below 0x20 marked used, then
 * cpu_init(). Leaves its table as notes of the stage.
 */
void trap_init(void);

/* The kernel's task-state segment and the SIMD bits of CR4 (W-95). */
void cpu_init(void);

/* The vectors that can be named: exceptions and interrupt lines. */
#define TRAP_VECTORS 48

/* The exception's name, "reserved" or "interrupt line". => vector < TRAP_VECTORS */
const char *trap_vector_name(u32 vector);

/* Page faults that were continued through the exception table, since entry. */
extern u32 page_fault_count;

/* Called by entry.S with interrupts off. */
void do_trap(struct trap_frame *regs);

/*
 * Logs registers, control registers, what lies on top of the stack, and for a page or double fault
 * how the page tables translate CR2: directory entry, table entry, flags.
 */
void show_fault(const struct cpu_regs *regs);

/* NMIs taken since boot: counted, and reported by the main loop. */
u32 trap_nmi_count(void);

bool on_double_fault_stack(unsigned long addr);

/* In kernel/panic.c: panic with the registers of the place that failed. */
__noreturn void die(const char *subsystem, const char *message, const struct cpu_regs *regs);

#endif
