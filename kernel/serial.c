/*
 * Serial log sink (see serial.h): a 16550A, written by polling. The line status register is read
 * once for each sixteen bytes, the depth of the FIFO. A port that never gets ready is given up.
 */
#include "kernel/serial.h"

#include "kernel/printk.h"
#include "kernel/x86/io.h"

#define COM1 0x3f8

enum {
	UART_DATA = COM1 + 0, /* divisor, low byte, with DLAB */
	UART_IER = COM1 + 1,  /* divisor, high byte, with DLAB */
	UART_FCR = COM1 + 2,
	UART_LCR = COM1 + 3,
	UART_MCR = COM1 + 4,
	UART_LSR = COM1 + 5,
	UART_SCRATCH = COM1 + 7,
	LSR_EMPTY = 0x20,
	FIFO_DEPTH = 16,
};

/* Status reads before the port is taken for dead: far longer than sixteen bytes at 115200 baud. */
#define WAIT_LIMIT 1000000u

static bool dead;
static unsigned int fifo_room;

static void put(u8 c)
{
	if (!fifo_room) {
		u32 tries = WAIT_LIMIT;

		while (!(inb(UART_LSR) & LSR_EMPTY)) {
			if (!--tries) {
				dead = true;
				return;
			}
		}
		fifo_room = FIFO_DEPTH;
	}
	fifo_room--;
	outb(c, UART_DATA);
}

static void serial_line(struct log_sink *sink, enum log_level level, const char *text, size_t len)
{
	(void)sink;
	(void)level;
	for (size_t i = 0; i < len && !dead; i++)
		put((u8)text[i]);
	if (!dead) {
		put('\r');
		put('\n');
	}
}

static struct log_sink serial_sink = { .name = "serial", .line = serial_line };

void serial_init(void)
{
	outb(0x5a, UART_SCRATCH);
	if (inb(UART_SCRATCH) != 0x5a)
		return;
	outb(0x00, UART_IER);  /* no interrupts */
	outb(0x80, UART_LCR);  /* divisor */
	outb(0x01, UART_DATA); /* 115200 baud */
	outb(0x00, UART_IER);
	outb(0x03, UART_LCR); /* 8 bits, no parity, one stop bit */
	outb(0x07, UART_FCR); /* FIFO on and empty */
	outb(0x03, UART_MCR); /* data terminal ready, request to send */
	log_register_sink(&serial_sink);
}
