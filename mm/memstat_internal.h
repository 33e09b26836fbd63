/*
 * What the files behind memstat.h share.
 */
#ifndef MM_MEMSTAT_INTERNAL_H
#define MM_MEMSTAT_INTERNAL_H

#include "mm/mmzone.h"

/* Names of the uses of a frame: by owner, and free by zone type. */
extern const char *const owner_names[NR_OWNERS];
/* Of free frames: by type of zone, and of those in arenas. */
extern const char *const free_use_names[MAX_NR_ZONES + 1];

/* Bits of a page-table entry as enum memstat_pt_flags; `large`: it is of the directory. */
u32 memstat_entry_flags(u32 val, bool large);

#endif
