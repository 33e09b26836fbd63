/*
 * The image's sections, as the linker script places them: virtual addresses, [start, end).
 *
 *	0xC0100000  _text .. _etext        code                  read-only after boot
 *	            _rodata .. _erodata    constants             read-only after boot
 *	            _sdata .. _edata       initialised data
 *	            __init_begin .. __init_end   given back after boot, page aligned
 *	            __bss_start .. __bss_stop    zero at entry, boot page tables included
 *	            _end                   end of the image, page aligned
 */
#ifndef KERNEL_X86_SECTIONS_H
#define KERNEL_X86_SECTIONS_H

extern char _text[], _etext[], _rodata[], _erodata[], _sdata[], _edata[];
extern char __init_begin[], __init_end[], __bss_start[], __bss_stop[], _end[];

/* The page directory, in .bss: built by head.S, the one directory for good. */
extern unsigned long swapper_pg_dir[1024];

/* Pages mapped by head.S at 0 and at PAGE_OFFSET, as a count of page frames from 0 (W-00). */
extern unsigned long boot_mapped_pfn;

#endif
