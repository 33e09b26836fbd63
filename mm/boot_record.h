/*
 * What boot keeps for its record beside the map's copies (e820_record.c) and the log of early
 * reservations (early_res.c): edits of the map, page tables, and the words that stages are seen to
 * change. Private to mm/; read through memstat.h.
 */
#ifndef MM_BOOT_RECORD_H
#define MM_BOOT_RECORD_H

#include "mm/memstat.h"

/*
 * One edit of the map: `changed` bytes of [start, end) went from one type to another; type 0 stands
 * for nothing. The innermost running stage that is no editing primitive is the one that asked. W-11
 */
void record_e820_edit(enum memstat_e820_op op, u64 start, u64 end, u32 old_type, u32 new_type,
		      u64 changed);

/* Directory entry `index` got the table page at `phys`. W-00, W-06, W-42 */
void record_page_table(u32 index, u32 phys, enum memstat_table_source source);

/* The tables that head.S has made; begins to watch words (stage.h). */
void boot_record_init(void);

/* The stage that asked for something: the innermost one that is not part of the machinery. */
const char *asking_stage(void);

#endif
