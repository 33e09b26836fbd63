/*
 * The 2.4 generation (mm=2.4): what differs from 2.6.34 between paging_init and the first page that
 * is allocated (Part B, N-01 to N-14). The engine is buddy_bitmap.c, boot memory bootmem_bitmap.c.
 */
#ifndef MM_GEN24_H
#define MM_GEN24_H

#include "mm/mmzone.h"

/* mm=2.4 was given. Set while the command line is read, before the first stage that asks. */
extern bool mm_gen24;

/* _count of a reserved page: 0 in the 2.4 notes (N-04), 1 in the 2.6.34 documents (W-81). */
static inline s32 reserved_page_count(void)
{
	return mm_gen24 ? 0 : 1;
}

/* mm=2.6|2.4; 0 or -EINVAL. */
int parse_mm(const char *value);

/* ---- Figures; all of them pure ---- */

#define GEN24_ZONES 3 /* DMA, Normal, HighMem */
#define GEN24_ZONELISTS 16

/* N-02: pages of the zones from the bounds of low and high memory, in pfn. */
void gen24_zone_sizes(unsigned long low, unsigned long high, unsigned long sizes[GEN24_ZONES]);

/* N-05: pages_min, pages_low, pages_high of a zone of this many pages. */
void gen24_watermarks(unsigned long pages, unsigned long marks[NR_WMARK]);

/* N-04: bytes for the descriptors of `pages` pages, with one more that pays for the alignment. */
unsigned long gen24_map_bytes(unsigned long pages, unsigned long descriptor_bytes);
/* N-04: where they begin in memory taken at phys: a multiple of their size. */
u64 gen24_map_start(u64 phys, unsigned long descriptor_bytes);

/*
 * N-04: takes boot memory for the descriptors of `pages` pages and returns the physical address of
 * the first. => setup_bootmem_allocator() has run; boot only
 */
u64 gen24_take_map(unsigned long pages, unsigned long descriptor_bytes);

/* N-07: the zones to try for a zone mask, by what populated[] says; returns how many. */
int gen24_zonelist(unsigned mask, const bool populated[GEN24_ZONES], enum zone_type list[]);

/* N-08: frames that must not be used on a Pentium Pro with erratum 50. */
bool page_kills_ppro(unsigned long pfn);

/* ---- The machine ---- */

/* A zone list of the notes: four pointers. */
struct gen24_zonelist {
	struct zone *zones[GEN24_ZONES + 1];
};

/* The lists by the low four bits of gfp (N-07). */
extern struct gen24_zonelist gen24_zonelists[GEN24_ZONELISTS];

/* N-01, from the zone sizes on: zones, descriptors, bitmaps, zonelists. */
void gen24_zone_sizes_init(void);

/* N-08: releases high memory. => low memory is released */
void gen24_free_highmem(void);

/* One page, or 2^order, of boot memory to the buddy system: reserved is cleared, the count is 1, it
 * is freed. N-09, N-11 */
void gen24_release(unsigned long pfn, unsigned order);

/* Marks every stage that belongs to the other generation alone. */
void gen24_skip_stages(void);

#endif
