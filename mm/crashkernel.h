/*
 * W-49: memory kept free for a second kernel.
 */
#ifndef MM_CRASHKERNEL_H
#define MM_CRASHKERNEL_H

#include "kernel/lib/types.h"

/*
 * Reads the value of crashkernel=: SIZE[@BASE], or FROM-[TO]:SIZE[,FROM-[TO]:SIZE...][@BASE], of which
 * the first range that holds `system_ram` (bytes) counts. Returns 0, or -EINVAL with *why naming what
 * was expected. A size of 0 means that no range fits; a base of 0 that it may lie anywhere.
 */
int parse_crashkernel(const char *value, u64 system_ram, u64 *size, u64 *base, const char **why);

/* crashkernel=, as far as it can be judged before RAM is counted; 0 or -EINVAL. */
int check_crashkernel(const char *value);

/* W-49: finds and reserves it as "CRASH KERNEL" and enters the resource "Crash kernel". */
void reserve_crashkernel(void);

#endif
