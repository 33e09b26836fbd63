/*
 * Invariants of the memory subsystem, checked on demand: every descriptor is walked
 * and classified by its own words, every list is followed with its pointers checked
 * first, and the outcome is compared with the counters. memstat_check() is the door.
 *
 * Each part of mm/ contributes one function that reports through check_report().
 */
#ifndef MM_CHECK_H
#define MM_CHECK_H

#include "mm/memstat.h"

__printf_like(5, 6) void check_report(struct memstat_check *check, const char *what,
				      const char *where, const char *expected,
				      const char *found_fmt, ...);

/* Keeps a copy of what boot decided for good, for the checks to walk by. At the end of mem_init. */
void check_make_seal(void);

/* Does so for what is final only at the end of boot (check_constants.c). In mark_rodata_ro. */
void check_keep_constants(void);

void check_frames(struct memstat_check *check); /* descriptors against owner and zone counters */
void check_free_lists(struct memstat_check *check); /* buddy and per-cpu lists */
void check_slabs(struct memstat_check *check);	    /* caches, slabs, objects */
void check_vmalloc(struct memstat_check *check);    /* areas against page tables */

#endif
