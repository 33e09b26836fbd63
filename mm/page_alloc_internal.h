/*
 * What only the page allocator's own files share: page_alloc.c, pcp.c, pageblock.c,
 * watermark.c, page_check.c, free_all.c and the checks.
 */
#ifndef MM_PAGE_ALLOC_INTERNAL_H
#define MM_PAGE_ALLOC_INTERNAL_H

#include "kernel/x86/codegen.h"
#include "mm/buddy.h"
#include "mm/page_alloc.h"

/* ---- page_alloc.c ---- */

/* page_zone() by one look-up: zones by the top bits of a descriptor's flags. */
#define PG_TABLE_SHIFT 26 /* arena, node and zone bits */
extern struct zone *zone_table[1 << (32 - PG_TABLE_SHIFT)];

static __always_inline struct zone *zone_of(const struct page *page)
{
	return zone_table[page->flags >> PG_TABLE_SHIFT];
}

/* Requests may be served from now on: W-97. => zonelists are built */
void page_alloc_open(void);

/*
 * alloc_pages from one zone alone, by the rules of one generation whatever the machine's: watermark
 * low, then min; no reclaim, no word in the log. `mixed`: migrate types are not kept apart. The
 * owner is OWNER_ARENA or OWNER_SLAB.
 */
struct page *alloc_pages_arena(struct zone *zone, bool gen24, bool mixed, gfp_t gfp, unsigned order,
			       enum page_owner owner);

extern unsigned long nr_allocstall; /* requests that had to reclaim */

/* ---- pageblock.c ---- */

#define MAX_PAGEBLOCKS (MAX_ARCH_PFN >> PAGEBLOCK_ORDER)

/* Migrate type of each block of 1024 frames, by frame number: repeats the zones' pageblock_flags. */
extern u8 pageblock_types[MAX_PAGEBLOCKS];

/* The block that holds a page: page_to_pfn(page) >> PAGEBLOCK_ORDER in one shift. */
static __always_inline unsigned long page_block(const struct page *page)
{
	BUILD_BUG_ON(sizeof(void *) == 4 && sizeof(struct page) != 32);
	return ((unsigned long)page - (unsigned long)mem_map) >> (PAGEBLOCK_ORDER + 5);
}

static __always_inline enum migratetype page_block_type(const struct page *page)
{
	return (enum migratetype)pageblock_types[page_block(page)];
}

/* The type that a zone's pageblock_flags give for a frame. => the zone spans it */
enum migratetype pageblock_bits(const unsigned long *flags, unsigned long zone_start_pfn,
				unsigned long pfn);

/* ---- page_check.c: W-106 ---- */

/* The thirteen flags with which a page must not be freed. */
#define PAGE_FLAGS_CHECK_AT_FREE                                                                   \
	(1U << PG_lru | 1U << PG_locked | 1U << PG_private | 1U << PG_private_2 | 1U << PG_buddy | \
	 1U << PG_writeback | 1U << PG_reserved | 1U << PG_slab | 1U << PG_swapcache |             \
	 1U << PG_active | 1U << PG_unevictable | 1U << PG_mlocked | 1U << PG_hwpoison)

#define PAGE_FLAGS_ALL ((1U << NR_PAGEFLAGS) - 1)
#define PG_PLACE_MASK (PG_ZONE_MASK | PG_NODE_MASK | PG_ARENA)

/*
 * W-106: true if the page may be freed: nobody maps it, no mapping, count 0, none of the thirteen
 * flags. Otherwise reports it and returns false.
 */
bool free_pages_check(const struct page *page);

/* W-107: the same over a block, page by page; tails must also be nothing but tails. Flags that do
 * not forbid freeing (referenced, dirty) are cleared. */
bool free_block_check_slow(struct page *page, unsigned order);

/* The words of the pages from `page` on, four instructions a page. The barriers keep the compiler from
 * joining words in further registers first. */
static __always_inline void add_check_words(const struct page *page, unsigned pages, u32 *words,
					    u32 *counts)
{
#pragma GCC unroll 8
	for (unsigned i = 0; i < pages; i++) {
		*words |= page[i].flags;
		keep_in_register(*words);
		*words |= (u32)(size_t)page[i].mapping;
		keep_in_register(*words);
		*counts += (u32)page[i]._count;
		keep_in_register(*counts);
		*counts += (u32)page[i]._mapcount;
		keep_in_register(*counts);
	}
}

/*
 * Whether free_block_check_slow would find anything to say. The words of W-106 of all pages at once:
 * flags and mappings or-ed together, counts and mapcounts added up, which gives -1 for each clean
 * page. => the count of the first page is 0, and its flags name no owner and no order
 */
static __always_inline bool free_block_looks_clean(const struct page *page, unsigned order)
{
	u32 counts = 1U << order, words = 0;
	const struct page *end = page + counts, *p = page;

	if (order < 3)
		for (; p < end; p++)
			add_check_words(p, 1, &words, &counts);
	else
		for (; p < end; p += 8)
			add_check_words(p, 8, &words, &counts);
	return likely(words == (page->flags & PG_PLACE_MASK) && !counts);
}

/* Pages that were not freed because they looked bad. */
extern unsigned long bad_pages;

/* The zones that a request of these zone bits tries, in that order; NULL ends them. */
struct zone *const *request_zones(gfp_t gfp);

/* ---- watermark.c ---- */

#define ALLOC_HIGH 0x1	 /* __GFP_HIGH: half of min */
#define ALLOC_HARDER 0x2 /* cannot wait: a further quarter */

/*
 * True if the zone can give 2^order pages and stay above `mark` plus what it keeps for requests
 * whose best zone is `classzone`; free blocks below the order do not count (W-109).
 */
bool zone_watermark_ok(const struct zone *zone, unsigned order, unsigned long mark,
		       enum zone_type classzone, unsigned alloc_flags);

/* The figures of W-135, computed anew from present_pages. */
struct zone_marks {
	unsigned long watermark[NR_WMARK];
	unsigned long lowmem_reserve[MAX_NR_ZONES];
};
void compute_zone_marks(const struct zone *zone, struct zone_marks *marks);
unsigned long compute_min_free_kbytes(void);
unsigned long min_free_kbytes_of(unsigned long lowmem_kbytes);
extern bool watermarks_set; /* W-135 has run */

/* ---- pcp.c ---- */

extern bool pagesets_set; /* W-123 has run */

/* Page lists of a zone of this batch: W-123. */
static inline int pageset_high(int batch)
{
	return 6 * batch;
}

static inline int pageset_batch(int batch)
{
	return batch ? batch : 1;
}

/*
 * W-105 free_pcppages_bulk: gives `count` pages back to the buddy lists, taking turns between the
 * lists. => count <= pcp.count
 */
void free_pcppages_bulk(struct zone *zone, int count);

/* Fills a per-cpu list with up to `count` pages of the type; returns how many came. */
int rmqueue_bulk(struct zone *zone, int count, enum migratetype type, bool cold);

/* W-107 free_one_page: gives a block that passed its check to the engine. */
static inline void free_one_page(struct zone *zone, struct page *page, unsigned order,
				 enum migratetype type)
{
	zone->all_unreclaimable = false;
	zone->pages_scanned = 0;
	zone->vm_stat[NR_FREE_PAGES] += (long)(1UL << order);
	zone->engine->free(zone, page, order, type);
}

#endif
