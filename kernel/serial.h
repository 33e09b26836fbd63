/*
 * The first serial port (0x3F8, 115200 baud, 8N1) as a log sink. Lines end in CR LF, as terminals
 * on a wire want.
 */
#ifndef KERNEL_SERIAL_H
#define KERNEL_SERIAL_H

/* Sets the port up and registers the sink. Without a chip nothing happens. */
void serial_init(void);

#endif
