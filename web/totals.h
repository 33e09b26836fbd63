/*
 * The rows of /proc/meminfo and /proc/vmstat as a list, for the text and for /metrics.
 */
#ifndef WEB_TOTALS_H
#define WEB_TOTALS_H

#include "kernel/lib/types.h"

/* Calls fn for each row of meminfo in its order: the label without its colon, and KiB. */
void meminfo_for_each(void (*fn)(void *arg, const char *label, u32 kib), void *arg);

/* Calls fn for each row of vmstat in its order. */
void vmstat_for_each(void (*fn)(void *arg, const char *key, u64 value), void *arg);

#endif
