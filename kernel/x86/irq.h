/*
 * Interrupt lines 0 to 15 of the two 8259 controllers, at vectors 0x20 to 0x2F (W-120).
 *
 * A handler acknowledges its device, sets a flag and returns; it never allocates and never logs.
 * Handlers may share a line (PCI): each is called. Spurious interrupts of lines 7 and 15 are
 * recognised by the controller's in-service register and dropped.
 */
#ifndef KERNEL_X86_IRQ_H
#define KERNEL_X86_IRQ_H

#include "kernel/lib/types.h"

#define IRQ_LINES 16

/* First vector of the controllers: FIRST_EXTERNAL_VECTOR. */
#define IRQ_VECTOR_BASE 0x20

/* Acknowledges the device, if it had asked for attention. */
typedef void (*irq_handler_t)(void *arg);

/* Programs both controllers, all lines masked (init_IRQ). */
void init_IRQ(void);

/*
 * Adds a handler to a line and unmasks it; the name, which must stay, is for /proc/interrupts. Returns 0, -EINVAL for a line that does not exist,
 * -ENOSPC if the line already has its four.
 */
int irq_request(unsigned int line, irq_handler_t handler, void *arg, const char *name);

/* Name of handler i of a line, in the order they were added; NULL beyond the last. */
const char *irq_handler_name(unsigned int line, unsigned int i);

/* Interrupts taken on all lines since boot: changes exactly when a handler may have set a flag. */
u64 irq_total(void);

/* Interrupts taken on a line since boot. => line < IRQ_LINES */
u64 irq_count(unsigned int line);

/* Interrupts that no device had asked for, since boot: lines 7 and 15. */
u64 irq_spurious(void);

/* True if the line is masked at the controller. => line < IRQ_LINES */
bool irq_masked(unsigned int line);

/* Called by the entry code with interrupts off. */
void do_irq(unsigned int line);

#endif
