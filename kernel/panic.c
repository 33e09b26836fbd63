/*
 * Panic, warnings and backtraces (see panic.h).
 *
 * A panic inside a panic prints its message and stops: no details, so that a broken log or stack
 * cannot lead round in circles. Backtraces follow the chain of frame pointers; a frame counts only
 * if it lies on the kernel's stack or the double-fault stack, above the one before it, so a broken
 * chain ends the trace and not the kernel.
 *
 *	ebp -> [ caller's ebp ][ return address ]
 */
#include "kernel/panic.h"

#include <stdio.h>
#include <stdlib.h>

#include "kernel/cmdline.h"
#include "kernel/debug_exit.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/symbols.h"
#include "kernel/vga.h"
#include "kernel/x86/extable.h"
#include "kernel/x86/irqflags.h"
#include "kernel/x86/sections.h"
#include "kernel/x86/traps.h"

#define BACKTRACE_MAX 24

static int depth;

bool panic_in_progress(void)
{
	return depth > 0;
}

static bool on_a_stack(unsigned long addr)
{
	return (addr >= (unsigned long)boot_stack && addr + 8 <= (unsigned long)boot_stack_top) ||
	       on_double_fault_stack(addr);
}

static void show_frame(unsigned long addr, const char *remark)
{
	char name[80];

	/* The address before the return address is inside the call. */
	symbol_format(name, sizeof(name), addr - 1);
	pr_emerg("  [<%08lx>] %s%s", addr, name, remark);
}

void show_backtrace(unsigned long ebp)
{
	for (int i = 0; i < BACKTRACE_MAX && on_a_stack(ebp) && !(ebp & 3); i++) {
		const unsigned long *frame = (const unsigned long *)ebp;

		if (!frame[1])
			break;
		show_frame(frame[1], "");
		if (frame[0] <= ebp)
			break;
		ebp = frame[0];
	}
}

/*
 * A function that calls nothing has no frame: its caller is known only by the return address, which
 * is then on top of the stack.
 */
static void show_leaf_caller(const struct cpu_regs *regs)
{
	struct symbol sym;
	u32 top;

	if (!probe_read((const void *)regs->esp, &top) && symbol_lookup(top, &sym))
		show_frame(top, " (top of the stack)");
}

__noreturn void die(const char *subsystem, const char *message, const struct cpu_regs *regs)
{
	unsigned long ebp = regs ? regs->ebp : (unsigned long)__builtin_frame_address(0);

	local_irq_disable();
	if (!depth++)
		vga_init(); /* the screen, if it is not up yet */
	printk_raw_line("memscope: panic: %s: %s", subsystem, message);
	if (depth == 1) {
		const char *stage = stage_current_name();

		if (*stage)
			pr_emerg("in stage %s", stage);
		if (regs)
			show_fault(regs);
		pr_emerg("backtrace:");
		if (regs)
			show_leaf_caller(regs);
		show_backtrace(ebp);
		pr_emerg("halted");
	}
	if (cmdline_given("debug_exit"))
		debug_exit(DEBUG_EXIT_PANIC);
	halt_forever();
}

void panic(const char *subsystem, const char *fmt, ...)
{
	static char message[LOG_LINE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message) - 64, fmt, args);
	va_end(args);
	die(subsystem, message, NULL);
}

void abort(void)
{
	panic("abort", "called from %p", __builtin_return_address(0));
}

void bug_at(const char *where, const char *what)
{
	panic("bug", "%s: %s", where, what);
}

void warn_at(const char *where, const char *what)
{
	pr_warn("warning: %s: %s", where, what);
	show_backtrace((unsigned long)__builtin_frame_address(0));
}
