/*
 * ROMs in the area of the BIOS (W-22; PC firmware since the PC/XT: signature 0xAA55, length in 512
 * bytes, all of it sums to 0).
 */
#ifndef KERNEL_FIRMWARE_ROM_H
#define KERNEL_FIRMWARE_ROM_H

#include "kernel/lib/types.h"

#define ROM_AREA_START 0xC0000u
#define ROM_AREA_END 0xF0000u /* the system's own lies behind it */
#define ROMS_MAX 8

struct rom {
	u32 start, end;	  /* physical, [start, end) */
	const char *name; /* "Video ROM", "Adapter ROM", "Extension ROM", "System ROM" */
	bool sum_ok;
	u16 vendor, device; /* of the PCI device it belongs to; 0: it does not say */
};

/*
 * Lists the ROMs in the bytes of [ROM_AREA_START, ROM_AREA_END) at p into rom_list(). An adapter's ROM with
 * a wrong sum or a length that reaches out of the area is listed, too, with sum_ok false.
 */
void rom_scan(const u8 *p);

/* Adds the system's own, [0xF0000, 0x100000): it has no signature. */
void rom_add_system(void);

u32 rom_count(void);
/* => i < rom_count() */
const struct rom *rom_get(u32 i);

#endif
