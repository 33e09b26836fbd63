/*
 * Ending QEMU from inside, for tests: a byte written to port 0xF4 of its isa-debug-exit device
 * ends it with status 2 * byte + 1. On a machine without the device nothing happens. Done only
 * when the command line asks for it (debug_exit, test=).
 */
#ifndef KERNEL_DEBUG_EXIT_H
#define KERNEL_DEBUG_EXIT_H

#include "kernel/x86/io.h"

#define DEBUG_EXIT_PANIC 0x01 /* QEMU ends with status 3 */
#define DEBUG_EXIT_OK 0x10    /* QEMU ends with status 33 */

static inline void debug_exit(u8 code)
{
	outb(code, 0xf4);
}

#endif
