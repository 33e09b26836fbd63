/*
 * Names of the kernel's functions, for backtraces and for the owners in /proc/vmallocinfo.
 *
 * The table is generated from the linked image and linked into it in a second pass; addresses
 * ascend, names are offsets into one string. It lies in .rodata.
 */
#ifndef KERNEL_SYMBOLS_H
#define KERNEL_SYMBOLS_H

#include "kernel/lib/types.h"

/* Generated (build/symtab.c). */
extern const u32 symtab_count;
extern const u32 symtab_addr[];	    /* ascending virtual addresses of functions */
extern const u32 symtab_name_off[]; /* offset of each one's name in symtab_names */
extern const char symtab_names[];   /* NUL-terminated names, one after another */

struct symbol {
	const char *name;
	unsigned long offset; /* bytes from the function's first byte to the address */
	unsigned long size;   /* bytes to the next function */
};

/* The function that contains `addr`. False if it is outside the text or there is no table. */
bool symbol_lookup(unsigned long addr, struct symbol *sym);

/* Writes "name+0xOFF/0xSIZE", or "0xADDR" if unknown. Returns what snprintf does. */
int symbol_format(char *buf, size_t size, unsigned long addr);

#endif
