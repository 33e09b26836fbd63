/*
 * What the page directory and the zones were like behind each stage of boot. Private to mm/; read
 * through memstat.h.
 *
 * Whoever changes something that is recorded says so here; it is looked at when the next stage begins or ends.
 */
#ifndef MM_BOOT_REPLAY_H
#define MM_BOOT_REPLAY_H

#include "kernel/stage.h"
#include "mm/memlayout.h"

/* Directory entry `index` has changed. W-00, W-06, W-42, W-61, W-113 */
void replay_directory(unsigned index);

/* So many entries (negative: fewer) of the table for this address are present. => it has a table, or is
 * given one before the stage ends */
void replay_entries(unsigned long addr, int more);
/* A page of low memory is no longer mapped; nor is it at 0 if head.S's table still serves both. */
void replay_unmapped(unsigned long phys);
/* At least `present` entries of the table are. */
void replay_table(unsigned index, unsigned present);

/* A word of a zone has changed that is not the number of its free pages. */
extern bool replay_zones_changed;

/* Free pages of all zones; 0 before there are zones. Sees whether any has changed since it last looked. */
u32 replay_free_pages(void);

/* The innermost stage was this one until now, or until `ended` if that is not 0: what changed is recorded as
 * its work. stage.h calls it. */
void replay_moment(enum stage_id stage, u64 ended);

#endif
