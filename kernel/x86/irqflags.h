/*
 * The interrupt flag of the one processor.
 */
#ifndef KERNEL_X86_IRQFLAGS_H
#define KERNEL_X86_IRQFLAGS_H

#include "kernel/lib/types.h"

#define X86_EFLAGS_IF 0x200ul

#ifdef MEMSCOPE_HOST
/* Host tests have no interrupts, and so no flag to keep. */
static inline unsigned long local_save_flags(void)
{
	return 0;
}
static inline void local_irq_disable(void)
{
}
static inline void local_irq_enable(void)
{
}
static inline unsigned long local_irq_save(void)
{
	return 0;
}
static inline void local_irq_restore(unsigned long flags)
{
	(void)flags;
}
static inline bool irqs_disabled(void)
{
	return true;
}
#else
static inline unsigned long local_save_flags(void)
{
	unsigned long flags;

	__asm__ volatile("pushfl; popl %0" : "=r"(flags) : : "memory");
	return flags;
}

static inline void local_irq_disable(void)
{
	__asm__ volatile("cli" : : : "memory");
}

static inline void local_irq_enable(void)
{
	__asm__ volatile("sti" : : : "memory");
}

/* Turns interrupts off and says how they were, for local_irq_restore(). */
static inline unsigned long local_irq_save(void)
{
	unsigned long flags = local_save_flags();

	local_irq_disable();
	return flags;
}

static inline void local_irq_restore(unsigned long flags)
{
	if (flags & X86_EFLAGS_IF)
		local_irq_enable();
}

static inline bool irqs_disabled(void)
{
	return !(local_save_flags() & X86_EFLAGS_IF);
}

/* Lets interrupts in and halts until one came: nothing can come between the two instructions. */
static inline void safe_halt(void)
{
	__asm__ volatile("sti; hlt" : : : "memory");
}

/* Stops for good. */
static inline __noreturn void halt_forever(void)
{
	for (;;)
		__asm__ volatile("cli; hlt" : : : "memory");
}
#endif

#endif
