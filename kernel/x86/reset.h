/*
 * The two ways to reset a PC that need no table.
 */
#ifndef KERNEL_X86_RESET_H
#define KERNEL_X86_RESET_H

#include "kernel/x86/io.h"

/* Pulses the reset line of the keyboard controller, once it takes commands (or does not exist). */
static inline void reset_by_keyboard_controller(void)
{
	for (u32 tries = 0; tries < 100000 && inb(0x64) & 2; tries++)
		;
	outb(0xfe, 0x64);
}

/* A fault while no interrupt descriptor can be read: the processor shuts down, and the board resets
 * it. */
static inline __noreturn void reset_by_triple_fault(void)
{
	const struct {
		u16 limit;
		u32 base;
	} __packed none = { 0, 0 };

	__asm__ volatile("lidt %0; int3" : : "m"(none));
	__builtin_unreachable();
}

#endif
