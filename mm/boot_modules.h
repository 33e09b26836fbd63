/*
 * The loader's modules once they have their final place (W-48).
 */
#ifndef MM_BOOT_MODULES_H
#define MM_BOOT_MODULES_H

#include "kernel/lib/types.h"

/* W-48: moves modules that lie outside low memory into it. After init_memory_mapping. */
void reserve_initrd(void);

/* W-123: drops modules that lie inside the image: nothing of them is left. */
void initrd_overwritten_check(void);

/*
 * Calls fn for the parts of the high frames [start, end) that no module keeps; the frames that one does
 * get its owner. => the descriptors exist and are reserved. W-103
 */
void for_each_high_range_without_modules(unsigned long start, unsigned long end,
					 void (*fn)(unsigned long start, unsigned long end,
						    void *arg),
					 void *arg);

#endif
