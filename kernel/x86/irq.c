/*
 * The two 8259 interrupt controllers (see irq.h; Intel 8259A datasheet).
 *
 * The second controller hangs on line 2 of the first. Interrupts are acknowledged when the handlers
 * have run: a level-triggered line that its device has released by then does not fire again. (The
 * other way round each such interrupt is followed by one that nobody asked for.) An edge that comes
 * meanwhile is kept by the controller.
 */
#include "kernel/x86/irq.h"

#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/stage.h"
#include "kernel/x86/io.h"

#define PIC1 0x20
#define PIC2 0xa0
#define PIC_EOI 0x20
#define PIC_READ_ISR 0x0b
#define CASCADE_LINE 2
#define HANDLERS 4

struct irq_line {
	struct {
		irq_handler_t fn;
		void *arg;
		const char *name;
	} handlers[HANDLERS];
	unsigned int handler_count;
	u64 taken;
};

static struct irq_line lines[IRQ_LINES];
static u16 masked = 0xffff; /* bit n: line n is masked */
static u64 total, spurious;

static void write_masks(void)
{
	outb((u8)masked, PIC1 + 1);
	outb((u8)(masked >> 8), PIC2 + 1);
}

/* Starts one controller: vectors from `base`, cascade as given, 8086 mode. */
static void start_controller(u16 port, u8 base, u8 cascade)
{
	outb(0x11, port); /* edge triggered unless the ELCR says otherwise; four words follow */
	io_delay();
	outb(base, port + 1);
	io_delay();
	outb(cascade, port + 1);
	io_delay();
	outb(0x01, port + 1);
	io_delay();
	outb(PIC_READ_ISR, port); /* reads of the command port give the in-service register */
}

void init_IRQ(void)
{
	start_controller(PIC1, IRQ_VECTOR_BASE, 1 << CASCADE_LINE);
	start_controller(PIC2, IRQ_VECTOR_BASE + 8, CASCADE_LINE);
	masked = 0xffff & ~(1u << CASCADE_LINE);
	write_masks();
	stage_note("two 8259 controllers, lines 0 to 15 at vectors %#x to %#x, all masked",
		   IRQ_VECTOR_BASE, IRQ_VECTOR_BASE + IRQ_LINES - 1);
}

int irq_request(unsigned int line, irq_handler_t handler, void *arg, const char *name)
{
	struct irq_line *l;

	if (line >= IRQ_LINES || line == CASCADE_LINE)
		return -EINVAL;
	l = &lines[line];
	if (l->handler_count == HANDLERS)
		return -ENOSPC;
	l->handlers[l->handler_count].fn = handler;
	l->handlers[l->handler_count].name = name;
	l->handlers[l->handler_count++].arg = arg;
	masked &= (u16) ~(1u << line);
	write_masks();
	return 0;
}

/*
 * Lines 7 and 15 also stand for "the request went away": then their in-service bit is not set.
 * The first controller has really taken the cascade line in the second case.
 */
static bool is_spurious(unsigned int line)
{
	if (line == 7 && !(inb(PIC1) & 0x80))
		return true;
	if (line == 15 && !(inb(PIC2) & 0x80)) {
		outb(PIC_EOI, PIC1);
		return true;
	}
	return false;
}

void do_irq(unsigned int line)
{
	struct irq_line *l = &lines[line];

	if (is_spurious(line)) {
		spurious++;
		return;
	}
	l->taken++;
	total++;
	for (unsigned int i = 0; i < l->handler_count; i++)
		l->handlers[i].fn(l->handlers[i].arg);
	if (line >= 8)
		outb(PIC_EOI, PIC2);
	outb(PIC_EOI, PIC1);
}

u64 irq_total(void)
{
	return READ_ONCE(total);
}

const char *irq_handler_name(unsigned int line, unsigned int i)
{
	BUG_ON(line >= IRQ_LINES);
	return i < lines[line].handler_count ? lines[line].handlers[i].name : NULL;
}

u64 irq_spurious(void)
{
	return READ_ONCE(spurious);
}

bool irq_masked(unsigned int line)
{
	BUG_ON(line >= IRQ_LINES);
	return masked >> line & 1;
}

u64 irq_count(unsigned int line)
{
	BUG_ON(line >= IRQ_LINES);
	return lines[line].taken;
}
