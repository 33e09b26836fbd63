/*
 * The image's sections, as the linker script places them: virtual addresses, [start, end).
 *
 *	0xC0100000  _text .. _etext              code          read-only after boot
 *	            __init_begin .. __init_end   boot only     given back after boot
 *	            _rodata .. _erodata          constants     read-only after boot
 *	            _sdata .. _edata             initialised data
 *	            __bss_start .. __bss_stop    zero at entry, boot page tables included
 *	            _end                         end of the image
 *
 * _text, _etext, both __init bounds, _rodata, _erodata and _end are page aligned. The boot code
 * lies before the constants because the table of function names, which ends the constants, is
 * filled in a second link: it may move nothing that has a name in it.
 */
#ifndef KERNEL_X86_SECTIONS_H
#define KERNEL_X86_SECTIONS_H

#include "kernel/lib/types.h"

/*
 * Distance between the kernel's virtual addresses and physical ones. mm/ calls it PAGE_OFFSET
 * (mm/memlayout.h); main.c checks that both are the same. These two reach what head.S has mapped
 * from the start, and all of low memory after W-35.
 */
#define KERNEL_OFFSET 0xC0000000ul
#define phys_to_virt(phys) ((void *)((unsigned long)(phys) + KERNEL_OFFSET))
#define virt_to_phys(virt) ((unsigned long)(virt)-KERNEL_OFFSET)

#ifdef MEMSCOPE_HOST /* the host's linker uses these names for its own */
#define _edata host_edata
#define __bss_start host_bss_start
#define _end host_end
#endif

extern char _text[], _etext[], _rodata[], _erodata[], _sdata[], _edata[];
extern char __init_begin[], __init_end[], __bss_start[], __bss_stop[], _end[];

/* The kernel's one stack, and the page below it: unmapped after boot so that overflow faults. */
extern char boot_stack[], boot_stack_top[];
extern u32 boot_window_table[1024];

/* Pages mapped by head.S at 0 and at PAGE_OFFSET, as a count of page frames from 0 (W-00). */
extern unsigned long boot_mapped_pfn;

/* Time-stamp counter at _start. */
extern u64 boot_entry_cycles;

#endif
