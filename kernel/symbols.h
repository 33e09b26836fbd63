/*
 * Names of the kernel's functions, for backtraces and for the owners in /proc/vmallocinfo.
 *
 * The table is generated from the linked image (tools/gen-symbols.mjs, which describes its form) and
 * linked into it in a second pass. It lies in .rodata.
 */
#ifndef KERNEL_SYMBOLS_H
#define KERNEL_SYMBOLS_H

#include "kernel/lib/types.h"

struct symbol {
	const u8 *packed;     /* the name, as the table has it; symbol_format() unpacks it */
	unsigned long offset; /* bytes from the function's first byte to the address */
	unsigned long size;   /* bytes to the next function */
};

/* The function that contains `addr`. False if it is outside the text or there is no table. */
bool symbol_lookup(unsigned long addr, struct symbol *sym);

/* Writes "name+0xOFF/0xSIZE", or "0xADDR" if unknown. Returns what snprintf does. */
int symbol_format(char *buf, size_t size, unsigned long addr);

#endif
