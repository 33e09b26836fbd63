/*
 * Descriptor tables: segments, gates and the two tasks.
 */
#ifndef KERNEL_X86_DESC_H
#define KERNEL_X86_DESC_H

#include "kernel/lib/types.h"

#define KERNEL_CS 0x08
#define KERNEL_DS 0x10
#define KERNEL_TSS 0x18
#define DOUBLEFAULT_TSS 0x20

/* A task-state segment (Intel SDM volume 3, 8.2.1). */
struct tss {
	u32 link;
	u32 esp0, ss0, esp1, ss1, esp2, ss2;
	u32 cr3, eip, eflags;
	u32 eax, ecx, edx, ebx, esp, ebp, esi, edi;
	u32 es, cs, ss, ds, fs, gs, ldt;
	u16 trap, io_map;
};

/* What a gate says: its kind, whether INT n of any level may use it, and the address it leads to (a
 * task gate: that of the task's first instruction is in its segment; here 0). */
struct gate_view {
	const char *kind; /* "interrupt", "task", "none" */
	bool any_level;
	u32 target;
};
void gate_get(unsigned int vector, struct gate_view *view);

/* Makes a vector lead to its stub in entry.S through an interrupt gate; user: usable by INT n. */
void set_intr_gate(unsigned int vector, bool user);

/* Makes a vector switch to a task. */
void set_task_gate(unsigned int vector, u16 selector);

/* Writes the descriptor of an available task-state segment. */
void set_tss_desc(u16 selector, const struct tss *tss);

/* Loads the interrupt descriptor table. */
void load_idt(void);

/* Makes `selector` the running task. */
void load_tr(u16 selector);

#endif
