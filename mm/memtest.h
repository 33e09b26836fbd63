/*
 * W-46: testing the free memory of the direct map before anybody uses it.
 */
#ifndef MM_MEMTEST_H
#define MM_MEMTEST_H

#include "kernel/lib/types.h"

#define MEMTEST_PATTERNS 17

/* The pattern of pass i: the documented ones in the documented order, again from the first after the
 * last. */
u64 memtest_pattern(unsigned pass);

/*
 * Runs the passes that memtest= asked for over every free, unreserved piece of RAM in [start, end)
 * (bytes, directly mapped), and reserves what does not keep a pattern as "BAD RAM". What was tested
 * is zero afterwards, unless the only pattern was 0, which it then holds too. W-46
 */
void early_memtest(unsigned long start, unsigned long end);

/* memtest, memtest=N and memtest_stuck=ADDR:BIT[,...]; 0 or -EINVAL. */
int parse_memtest(const char *value);
int parse_memtest_stuck(const char *value);

#endif
