/*
 * Guarded access: touching an address that may fault, and hearing about it instead of stopping.
 *
 * A table of (instruction, continuation) pairs lies in the section __ex_table, sorted once by
 * sort_main_extable() (W-94). The fault handlers look the faulting instruction up there before
 * they report anything. Used by test_wp_bit (W-111), by the proof that address 0 faults after
 * zap_low_mappings (W-113), and by mark_rodata_ro's check (W-136).
 */
#ifndef KERNEL_X86_EXTABLE_H
#define KERNEL_X86_EXTABLE_H

#include "kernel/lib/types.h"

/* Reads a word. Returns 0, or -EFAULT (and leaves *value) if the access faulted. */
int probe_read(const void *addr, u32 *value);

/* Writes a word. Returns 0, or -EFAULT if the access faulted: then memory is as it was. */
int probe_write(void *addr, u32 value);

/* Sorts the table by instruction address (W-94). */
void sort_main_extable(void);

/* The continuation for a faulting instruction, 0 if it is not in the table. */
unsigned long search_exception_table(unsigned long eip);

/* The table: how many entries, and one of them. => i < extable_count() */
u32 extable_count(void);
void extable_get(u32 i, u32 *insn, u32 *fixup);

/* Accesses that faulted and were continued, since boot. */
u32 extable_hits(void);

#endif
