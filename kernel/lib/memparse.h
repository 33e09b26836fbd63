/*
 * Sizes as people write them on the command line.
 */
#ifndef KERNEL_LIB_MEMPARSE_H
#define KERNEL_LIB_MEMPARSE_H

#include "kernel/lib/types.h"

/*
 * A size with an optional suffix K, M or G (either case), number in decimal, 0x or 0 notation. *end
 * (if not NULL) is where parsing stopped: equal to s if there was no number. Saturates at ~0.
 */
u64 memparse(const char *s, const char **end);

#endif
