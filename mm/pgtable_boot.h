/*
 * Page tables before the buddy system exists (W-42, W-66, W-67). Private to mm/.
 */
#ifndef MM_PGTABLE_BOOT_H
#define MM_PGTABLE_BOOT_H

#include "mm/pgtable.h"

/* A cleared page for a table: from the early area, or from the boot allocator once it serves. */
pte_t *boot_table_page(void);

/* W-42: the table of this entry, made if there is none. => not a large entry */
pte_t *one_page_table_init(pgd_t *pgd);

/* W-67: tables, without entries, for [start, end) in steps of 4 MiB; end 0 means 4 GiB. Returns
 * how many were made. */
unsigned page_table_range_init(unsigned long start, unsigned long end);

/* W-66: the table of the pkmap area; sets pkmap_page_table. */
void permanent_kmaps_init(void);
extern pte_t *pkmap_page_table; /* entry of PKMAP_BASE */

#endif
