/*
 * Nodes, zones and page descriptors: the data that everything in mm/ shares
 * (W-72 to W-81, W-108).
 *
 * A descriptor's state is told by its own words alone, so that a walk over
 * mem_map can classify every frame without trusting a counter:
 *
 *   state           flags                      _count  private        lru
 *   reserved        PG_reserved | owner        1 *     0              points to itself
 *   free, head      PG_buddy                   0       order          on free_list[order][index]
 *   free, tail      none, OWNER_NONE           0       0              poison
 *   per-cpu list    OWNER_PCP                  0       migrate type   on pcp->lists[private]
 *   allocated head  owner, order in ORDER bits >= 1    0              poison
 *   allocated tail  none, OWNER_NONE           0       0              poison
 *   slab head       PG_slab | OWNER_SLAB | order 1     0              slab_cache, slab_page
 *   slab tail       PG_slab                    0       0              slab_cache, slab_page
 *
 * (*) 0 with mm=2.4: the two documents differ there.
 *
 * `index` of a free head is the migrate type of the list it is on, and 0 in every
 * other state. `mapping` is NULL and `_mapcount` -1 in every state. Zone and node are
 * in every descriptor. A page of a reserve block stands on the movable per-cpu list
 * (W-105) with its own type in `private`.
 */
#ifndef MM_MMZONE_H
#define MM_MMZONE_H

#include "kernel/lib/list.h"
#include "kernel/lib/types.h"
#include "mm/memlayout.h"
#include "mm/owner.h"

#define MAX_ORDER 11 /* orders 0..10 (W-108) */
#define MAX_ORDER_NR_PAGES (1UL << (MAX_ORDER - 1))
#define PAGEBLOCK_ORDER (MAX_ORDER - 1)
#define PAGEBLOCK_NR_PAGES (1UL << PAGEBLOCK_ORDER)
#define MAX_NUMNODES 8
#define MAX_ZONELISTS 2

enum zone_type { ZONE_DMA, ZONE_NORMAL, ZONE_HIGHMEM, ZONE_MOVABLE, MAX_NR_ZONES };

/* W-80 */
enum migratetype {
	MIGRATE_UNMOVABLE,
	MIGRATE_RECLAIMABLE,
	MIGRATE_MOVABLE,
	MIGRATE_PCPTYPES,
	MIGRATE_RESERVE = MIGRATE_PCPTYPES,
	MIGRATE_ISOLATE,
	MIGRATE_TYPES
};

enum zone_watermark { WMARK_MIN, WMARK_LOW, WMARK_HIGH, NR_WMARK };

/* Flag bits of struct page; the thirteen that forbid freeing are those of W-106. */
enum pageflags {
	PG_locked,
	PG_referenced,
	PG_dirty,
	PG_lru,
	PG_active,
	PG_slab,
	PG_reserved,
	PG_private,
	PG_private_2,
	PG_writeback,
	PG_swapcache,
	PG_buddy,
	PG_unevictable,
	PG_mlocked,
	PG_hwpoison,
	PG_highmem,
	NR_PAGEFLAGS
};

#define PG_OWNER_SHIFT 16
#define PG_OWNER_MASK (63U << PG_OWNER_SHIFT)
#define PG_ORDER_SHIFT 22
#define PG_ORDER_MASK (15U << PG_ORDER_SHIFT)
#define PG_ARENA (1U << 26) /* in an arena (arena.h): the node bits are its number */
#define PG_NODE_SHIFT 27
#define PG_NODE_MASK (7U << PG_NODE_SHIFT)
#define PG_ZONE_SHIFT 30
#define PG_ZONE_MASK (3U << PG_ZONE_SHIFT)

struct kmem_cache;
struct slab;

struct page {
	u32 flags; /* PG_* bits 0..15, owner 16..21, order 22..25, arena 26, node 27..29, zone 30..31 */
	s32 _count;
	s32 _mapcount;
	unsigned long private;
	void *mapping;
	unsigned long index;
	union {
		struct list_head lru;
		struct { /* PG_slab: so that kfree finds both (W-118) */
			struct kmem_cache *slab_cache;
			struct slab *slab_page;
		};
	};
};

#ifndef MEMSCOPE_HOST_64
_Static_assert(sizeof(struct page) == 32, "a page descriptor is at most 32 bytes");
#endif

struct free_area {
	struct list_head free_list[MIGRATE_TYPES];
	unsigned long nr_free;		      /* blocks of this order, all types */
	unsigned long nr_type[MIGRATE_TYPES]; /* the same by type, so that looking walks no list */
};

struct per_cpu_pages {
	int count; /* pages on all lists */
	int high;  /* at this many, `batch` go back to the buddy lists */
	int batch;
	struct list_head lists[MIGRATE_PCPTYPES];
};

/* Counters of one zone; the names are those of /proc/zoneinfo and /proc/vmstat. */
enum zone_stat_item {
	NR_FREE_PAGES, /* pages on buddy lists; per-cpu lists are not in it */
	NR_SLAB_RECLAIMABLE,
	NR_SLAB_UNRECLAIMABLE,
	NR_PAGETABLE,
	NR_ZONE_STAT_ITEMS
};

struct wait_queue_head {
	struct list_head task_list;
};

struct pglist_data;
struct buddy_engine;

struct zone {
	/* the allocator's hot fields */
	unsigned long watermark[NR_WMARK];	    /* pages */
	unsigned long lowmem_reserve[MAX_NR_ZONES]; /* pages */
	long vm_stat[NR_ZONE_STAT_ITEMS];
	const struct buddy_engine *engine; /* given when the zone is set up */
	void *engine_data;		   /* the engine's own, e.g. the pair bitmaps of 2.4 */
	struct per_cpu_pages pcp;	   /* one CPU, one pageset */
	struct free_area free_area[MAX_ORDER];
	unsigned long *pageblock_flags; /* 3 bits a block: its migrate type (W-78) */

	/* set once by free_area_init_core */
	struct pglist_data *zone_pgdat;
	unsigned long zone_start_pfn;
	unsigned long spanned_pages;
	unsigned long present_pages;
	const char *name;
	struct wait_queue_head *wait_table;
	unsigned long wait_table_hash_nr_entries;
	unsigned long wait_table_bits;
	unsigned long pages_scanned;
	bool all_unreclaimable;
	bool populated; /* present_pages != 0 */

	/* events since boot, for vmstat and the stage record */
	unsigned long nr_alloc_pages; /* pages handed out */
	unsigned long nr_alloc_tails; /* those of them that are not the first of their block */
	unsigned long numa_miss;      /* blocks given since a zone of another node was short */
	unsigned long numa_foreign;   /* blocks that zones of other nodes gave in its place */
	unsigned long nr_split, nr_merge, nr_fallback;
};

/* Zones in the order in which an allocation tries them; ends with NULL. */
struct zonelist {
	struct zone *zones[MAX_NUMNODES * MAX_NR_ZONES + 1];
};

typedef struct pglist_data {
	struct zone node_zones[MAX_NR_ZONES];
	/* by highest allowed zone type; [0] with fallback to other nodes, [1] this node only */
	struct zonelist node_zonelists[MAX_ZONELISTS][MAX_NR_ZONES];
	int nr_zones;
	struct page *node_mem_map; /* descriptor of node_start_pfn */
	unsigned long node_start_pfn;
	unsigned long node_present_pages;
	unsigned long node_spanned_pages;
	int node_id;
	bool online; /* its zones are set up */
} pg_data_t;

/*
 * The structure of the node that the processor belongs to lies in the image, so that the fast paths
 * of the page allocator name its zones by address; the others' lie where W-61 puts them. NULL: no
 * such node. Without NUMA, node 0 is the only one.
 */
extern pg_data_t contig_page_data;
extern pg_data_t *node_data[MAX_NUMNODES];
#define NODE_DATA(nid) (node_data[nid])

static inline bool node_online(int nid)
{
	return node_data[nid] && node_data[nid]->online;
}

/* mem_map[pfn] is the descriptor of pfn, whatever its node (memmap.c says how). */
extern struct page *mem_map;
/* Descriptors exist for pfn in [min_mapnr, max_mapnr), and up to the next multiple of 1024 for
 * buddies. RAM may begin far above 0 and end far below the highest address in use. */
extern unsigned long min_mapnr, max_mapnr;

static inline bool pfn_valid(unsigned long pfn)
{
	return pfn - min_mapnr < max_mapnr - min_mapnr;
}

static inline struct page *pfn_to_page(unsigned long pfn)
{
	return mem_map + pfn;
}

static inline unsigned long page_to_pfn(const struct page *page)
{
	return (unsigned long)(page - mem_map);
}

static inline enum zone_type page_zonenum(const struct page *page)
{
	return (enum zone_type)(page->flags >> PG_ZONE_SHIFT);
}

#define MAX_ARENAS 8

/* The zones of the arenas, NULL where there is none. Memory carved out for experiments: arena.h. */
extern struct zone *arena_zones[MAX_ARENAS];

static inline struct zone *page_arena_zone(const struct page *page)
{
	return arena_zones[(page->flags & PG_NODE_MASK) >> PG_NODE_SHIFT];
}

/* -1 if the descriptor names an arena that there is not: the checks read damaged ones. */
static inline int page_to_nid(const struct page *page)
{
	if (unlikely(page->flags & PG_ARENA))
		return page_arena_zone(page) ? page_arena_zone(page)->zone_pgdat->node_id : -1;
	return (page->flags & PG_NODE_MASK) >> PG_NODE_SHIFT;
}

static inline struct zone *page_zone(const struct page *page)
{
	if (unlikely(page->flags & PG_ARENA))
		return page_arena_zone(page);
	return &NODE_DATA(page_to_nid(page))->node_zones[page_zonenum(page)];
}

static inline enum page_owner page_owner(const struct page *page)
{
	return (enum page_owner)((page->flags & PG_OWNER_MASK) >> PG_OWNER_SHIFT);
}

static inline void set_page_owner(struct page *page, enum page_owner owner)
{
	page->flags = (page->flags & ~PG_OWNER_MASK) | ((u32)owner << PG_OWNER_SHIFT);
}

/* Order of an allocated block, from its first descriptor. */
static inline unsigned page_order(const struct page *page)
{
	return (page->flags & PG_ORDER_MASK) >> PG_ORDER_SHIFT;
}

#define PageFlag(page, bit) (!!((page)->flags & (1U << (bit))))
#define SetPageFlag(page, bit) ((page)->flags |= (1U << (bit)))
#define ClearPageFlag(page, bit) ((page)->flags &= ~(1U << (bit)))

static inline bool PageHighMem(const struct page *page)
{
	return page_zonenum(page) == ZONE_HIGHMEM;
}

/* Address of a page of low memory in the direct map; the caller knows that it is low. */
static inline void *lowmem_page_address(const struct page *page)
{
	return __va(page_to_pfn(page) << PAGE_SHIFT);
}

static inline struct page *virt_to_page(const void *virt)
{
	return pfn_to_page(__pa(virt) >> PAGE_SHIFT);
}

static inline enum zone_type zone_idx(const struct zone *zone)
{
	return (enum zone_type)(zone - zone->zone_pgdat->node_zones);
}

static inline unsigned long zone_end_pfn(const struct zone *zone)
{
	return zone->zone_start_pfn + zone->spanned_pages;
}

/* Zones of the online nodes, by node and then from DMA up, the empty ones included. next_zone(NULL)
 * is the first; NULL after the last. */
struct zone *next_zone(const struct zone *zone);
#define for_each_zone(zone) for (zone = next_zone(NULL); zone; zone = next_zone(zone))
#define for_each_populated_zone(zone) \
	for_each_zone(zone)           \
		if (zone->populated)

#endif
