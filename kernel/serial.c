/*
 * Serial log sink (see serial.h): a 16550A, written by polling. The line status register is read
 * once for each sixteen bytes, the depth of the FIFO.
 *
 * A port that does not get ready must not stop the kernel: whoever reads the other end may be slow,
 * or gone. The rest of the line is then kept, the log holds back the lines behind it, and the main
 * loop tries again. In a panic there is no main loop: it waits, much longer.
 */
#include "kernel/serial.h"

#include <string.h>

#include "kernel/job.h"
#include "kernel/panic.h"
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

/* Status reads in vain before a line is kept: far longer than sixteen bytes at 115200 baud take. */
#define WAIT_LIMIT 100000u
#define WAIT_LIMIT_PANIC 50000000u

#define REST_MAX 1024 /* more than a line with its time */
#define RETRY_MS 10

static unsigned int fifo_room;
static char rest[REST_MAX]; /* of the line that the port did not take */
static size_t rest_len;

static bool wait_ready(u32 tries)
{
	if (panic_in_progress())
		tries = WAIT_LIMIT_PANIC;
	while (!fifo_room) {
		if (inb(UART_LSR) & LSR_EMPTY)
			fifo_room = FIFO_DEPTH;
		else if (!--tries)
			return false;
	}
	return true;
}

/* Writes as much as the port takes; returns the number of bytes. */
static size_t put(const char *text, size_t len, u32 tries)
{
	size_t done;

	for (done = 0; done < len && wait_ready(tries); done++) {
		fifo_room--;
		outb((u8)text[done], UART_DATA);
	}
	return done;
}

/* Keeps what was not written. */
static void keep(const char *text, size_t len)
{
	len = min(len, REST_MAX - rest_len);
	memcpy(rest + rest_len, text, len);
	rest_len += len;
}

static bool serial_ready(struct log_sink *sink)
{
	size_t done;

	(void)sink;
	if (!rest_len)
		return true;
	done = put(rest, rest_len, 1);
	rest_len -= done;
	memmove(rest, rest + done, rest_len);
	return !rest_len;
}

static void serial_line(struct log_sink *sink, enum log_level level, const char *text, size_t len)
{
	size_t done = put(text, len, WAIT_LIMIT);

	(void)sink;
	(void)level;
	keep(text + done, len - done);
	done = rest_len ? 0 : put("\r\n", 2, WAIT_LIMIT);
	keep(&"\r\n"[done], 2 - done);
}

/* Asked every turn of the main loop. */
static u32 serial_poll(struct poller *self)
{
	(void)self;
	return log_catch_up() && serial_ready(NULL) ? POLL_IDLE : RETRY_MS;
}

static struct poller serial_poller = { .name = "serial", .poll = serial_poll };
static struct log_sink serial_sink = { .name = "serial",
				       .line = serial_line,
				       .ready = serial_ready };

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
	poller_register(&serial_poller);
}
