/*
 * W-12, W-13: boot modules that extend the memory map.
 */
#ifndef MM_SETUP_DATA_H
#define MM_SETUP_DATA_H

#include "kernel/boot/boot_info.h"

/* The word in a module's command line that makes it an extension of the map. */
#define MAP_EXTENSION_WORD "setup_data=e820_ext"

/* True if MAP_EXTENSION_WORD is one of the blank-separated words of the module's command line. */
bool module_extends_map(const struct boot_module *m);

/*
 * W-12: appends the entries of such modules to e820: an array of struct e820entry, 20 bytes each,
 * little-endian. Entries that make no sense are dropped with a line each; a map that leaves too little
 * RAM is refused as a whole. => windows are usable, setup_memory_map has run
 */
void parse_setup_data(void);

/* W-13: makes the RAM such modules lie in type 128, in e820 and e820_saved. */
void e820_reserve_setup_data(void);
/* W-13: reserves the same bytes as "setup data" instead of "RAMDISK". */
void reserve_early_setup_data(void);

#endif
