/*
 * What the checks share: the frozen copy of everything boot decided (check.c), which they
 * trust where the live structures may have been overwritten, and how they report.
 */
#ifndef MM_CHECK_INTERNAL_H
#define MM_CHECK_INTERNAL_H

#include "kernel/lib/range.h"
#include "mm/check.h"
#include "mm/e820.h"
#include "mm/page_alloc_internal.h"

#define CHECK_ZONES_MAX (MAX_NUMNODES * MAX_NR_ZONES)
#define PFN_NONE (~0UL)

/* Fields of a zone that never change after boot, as they were when the seal was made. */
struct zone_seal {
	struct zone *zone;
	unsigned long start_pfn, end_pfn; /* [start, end) */
	unsigned long present_pages;
	u32 place; /* zone and node bits of its descriptors */
	struct pglist_data *zone_pgdat;
	const char *name;
	const struct buddy_engine *engine;
	void *engine_data;
	unsigned long *pageblock_flags;
	struct wait_queue_head *wait_table;
	unsigned long wait_table_hash_nr_entries, wait_table_bits;
	bool populated;
};

struct mm_seal {
	bool made;
	struct page *mem_map;
	unsigned long min_mapnr, max_mapnr;
	unsigned long map_start_pfn, map_end_pfn; /* descriptors exist for [start, end) */
	u32 zone_count;
	struct zone_seal zones[CHECK_ZONES_MAX]; /* by node, from DMA up */
	u32 nodes_sum;				 /* of the constant words of all nodes */
	u32 sum;				 /* of everything above */
};

extern struct mm_seal mm_seal;

/* The zones to be walked: those of the seal, then the arenas there are now; NULL after the last. */
const struct zone_seal *check_zone(u32 i);
#define CHECK_WALKS_MAX (CHECK_ZONES_MAX + MAX_ARENAS)

/* "node 0 Normal" into buf. */
void zone_where(const struct zone_seal *seal, char *buf, size_t size);

/* Report if the two differ; the unsigned form in decimal, the other in hexadecimal. */
void check_equal(struct memstat_check *check, const char *what, const char *where,
		 unsigned long expected, unsigned long found);
void check_equal_hex(struct memstat_check *check, const char *what, const char *where,
		     unsigned long expected, unsigned long found);

/* ---- check_constants.c ---- */

/* Continues a checksum over `bytes` bytes. */
u32 check_sum(u32 sum, const void *start, size_t bytes);

/* False if something that boot decided for good has changed: it is reported, and no walk is safe. */
bool check_constants(struct memstat_check *check);

/* ---- check_map.c ---- */

/* The loader's map against the frames that have a use; `ram`: those with a descriptor. */
void check_map(struct memstat_check *check, unsigned long ram);

/* Constant fields against the seal, watermarks and page lists against their formulas, block types
 * against their copy. Returns false if mem_map itself is not where it was: nothing can be walked. */
bool check_foundation(struct memstat_check *check);
/* True if the nodes' own fields are as sealed: then for_each_zone may be used. */
bool check_nodes_intact(void);
void check_zones(struct memstat_check *check);
/* Pair bitmaps against the descriptors, bit by bit (N-06). */
void check_pairs(struct memstat_check *check);

/* What the walk over the descriptors counted in one zone; check_zones compares the rest. */
struct zone_count {
	unsigned long heads[MAX_ORDER][MIGRATE_TYPES]; /* free blocks */
	unsigned long free, pcp, slab, page_table;     /* pages */
	unsigned long handed;			       /* pages that are not reserved */
	unsigned long ram;			       /* by the memory map */
	unsigned long present;			       /* registered */
};

/* One descriptor's state, told from its own words (the table in mmzone.h). */
enum frame_class {
	FRAME_RESERVED,
	FRAME_FREE, /* head of a free block */
	FRAME_PCP,
	FRAME_ALLOCATED, /* head of an allocated block */
	FRAME_SLAB,	 /* head of a block that holds slabs */
	FRAME_UNKNOWN,	 /* a tail, unless a block before it covers it */
};

enum frame_class frame_class(const struct page *page);

/*
 * The first descriptor of the block that covers a frame, with its class and order; NULL if none
 * does. => pfn has a descriptor
 */
const struct page *frame_block(unsigned long pfn, enum frame_class *class, unsigned *order);

#endif
