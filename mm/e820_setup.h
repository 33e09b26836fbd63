/*
 * Where the memory map comes from and what is taken off it before anything is mapped (W-10, W-19,
 * W-21 to W-24, W-29), and the options that change it.
 */
#ifndef MM_E820_SETUP_H
#define MM_E820_SETUP_H

#include "kernel/lib/types.h"

extern unsigned long max_pfn;	  /* one past the last page of RAM that is used (W-26) */
extern unsigned long max_low_pfn; /* one past the last directly mapped page (W-29) */

/* W-10: e820 and e820_saved from the memory_setup hook. */
void setup_memory_map(void);
/* The default hook: the loader's map, or else its two sizes. Panics if it gave neither. W-10 */
const char *default_machine_specific_memory_setup(void);
/* The map of the sizes in KiB above 1 MiB: the e801 figure or, if larger, the 88 one. W-10 */
const char *e820_from_sizes(u32 alt_mem_k, u32 ext_mem_k);

/* W-09: names the hooks of x86_init.h that this platform has. */
void x86_init_ops(void);

/* W-21: sanitises what the options left; falls back to the loader's map if too little is left. */
void finish_e820_parsing(void);
/* Refuses RAM beyond the loader's map that does not answer. => e820 is sanitised, recorded before */
void e820_refuse_absent_ram(void);
/* Why the kernel could not run in the map as it is, or NULL. => e820 is sanitised */
const char *e820_too_little(void);
/* W-23: the first page, and [640 KiB, 1 MiB), are not RAM. */
void trim_bios_range(void);
/* W-24: 256 KiB at 0x70000000 on a Pentium Pro with erratum 50. */
void ppro_with_ram_bug(void);
/* W-26: max_pfn from the map. */
void set_max_pfn(void);
/* W-29: sets max_low_pfn from max_pfn, highmem= and vmalloc=. Panics if RAM ends below the image. */
void find_low_pfn_range(void);
/* End of directly mapped memory that the layout and vmalloc= allow, in pages. */
unsigned long max_lowmem_pfn(void);

/*
 * Early parameters (W-19). Each returns 0, or -EINVAL for a value it does not take; the map is then
 * as it was.
 *   mem=SIZE            no RAM above SIZE            mem=nopentium   no 4 MiB pages
 *   memmap=exactmap     forget the loader's map
 *   memmap=SIZE@START   RAM   SIZE#START ACPI   SIZE$START reserved   SIZE as mem=SIZE
 *                       (several may be joined by commas)
 *   firmware_map=e820|e801|88   what the map is made from: setup_memory_map reads it itself
 *   highmem=SIZE        this much high memory
 *   vmalloc=SIZE        this much room above the direct map, from 128 MiB up
 */
int parse_mem(const char *value);
int parse_firmware_map(const char *value);
int parse_memmap(const char *value);
int parse_highmem(const char *value);
/* badram=ADDRESS,MASK[,...]: frames out of service. -EINVAL: nothing was done. */
int parse_badram(const char *value);
int parse_vmalloc(const char *value);

#endif
