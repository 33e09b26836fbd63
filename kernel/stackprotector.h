/*
 * The stack protector's guard and what happens when one is found overwritten.
 */
#ifndef KERNEL_STACKPROTECTOR_H
#define KERNEL_STACKPROTECTOR_H

#include "kernel/lib/types.h"

/* The value that protected functions keep on their stack. Never to be shown. */
extern unsigned long __stack_chk_guard;

/* W-01: a new guard. => the caller never returns, and interrupts are off */
void boot_init_stack_canary(void);

/* Called by protected functions: panics with the name of the function. */
__noreturn void __stack_chk_fail(void);

#endif
