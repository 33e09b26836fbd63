/*
 * The one door through which others read the state of memory. Records are plain,
 * of fixed width and say their units; nobody outside mm/ sees struct page or
 * struct zone.
 *
 * Everything here only reads, allocates nothing and changes nothing that it shows.
 * Since there is one thread of control, all calls made within one step of the main
 * loop describe one instant.
 */
#ifndef MM_MEMSTAT_H
#define MM_MEMSTAT_H

#include "kernel/lib/types.h"

#define MEMSTAT_ORDERS 11
#define MEMSTAT_TYPES 5
#define MEMSTAT_ZONES 4

/* ---- zones (buddyinfo, pagetypeinfo, zoneinfo) ---- */

struct memstat_zone {
	u32 node;
	char name[8];
	bool populated;
	u32 start_pfn;
	u32 spanned_pages, present_pages, free_pages;
	u32 min_pages, low_pages, high_pages;
	u32 scanned_pages;
	u32 protection_pages[MEMSTAT_ZONES];
	u32 pcp_count, pcp_high, pcp_batch;
	u32 slab_reclaimable_pages, slab_unreclaimable_pages, pagetable_pages;
	u32 all_unreclaimable;
	/* blocks it gave: wanted from its node, or from another; those that other nodes gave in its place;
	 * by processors of its node, and of others */
	u32 numa_hit, numa_miss, numa_foreign, numa_local, numa_other;
	u32 orders; /* orders of its engine, at most MEMSTAT_ORDERS */
	u32 blocks[MEMSTAT_ORDERS][MEMSTAT_TYPES]; /* free blocks by order and migrate type */
	u32 pageblocks[MEMSTAT_TYPES];		   /* blocks of 1024 pages by migrate type */
};

/* Whether there are several nodes: then the numa_ counters mean something. */
bool memstat_several_nodes(void);

/* Zones of all online nodes, by node and then from DMA up; with the empty ones. */
u32 memstat_zone_count(void);
/* => index < memstat_zone_count() */
void memstat_zone(u32 index, struct memstat_zone *out);

/* What /proc/buddyinfo shows of a zone, and no more: it is asked for most often. */
struct memstat_free_blocks {
	u32 node;
	const char *zone; /* stays */
	u32 orders;
	u32 blocks[MEMSTAT_ORDERS]; /* of all migrate types */
};

/* Calls fn for each populated zone in the order of memstat_zone(). */
void memstat_free_blocks(void (*fn)(void *arg, const struct memstat_free_blocks *zone), void *arg);

/* ---- fragmentation, and what a request would meet now ---- */

/* Orders of the zones' engine: 11, or 10 with pair bitmaps. */
u32 memstat_orders(void);

/* Thousandths of the zone's free memory that a request of the order cannot use: 1000 with none free. */
u32 memstat_unusable_index(const struct memstat_free_blocks *zone, u32 order);

/*
 * -1000 where a block of the order is free; otherwise thousandths: towards 0 there is too little memory,
 * towards 1000 it is there but in small blocks. One free block that is too small gives less than 0.
 */
s32 memstat_extfrag_index(const struct memstat_free_blocks *zone, u32 order);

/* What a zone says to a request, the better first. */
enum memstat_verdict {
	MEMSTAT_GIVES,
	MEMSTAT_GIVES_LOW,    /* stays above min, not above low */
	MEMSTAT_SMALL_BLOCKS, /* a block is there, but the larger blocks would fall below their mark */
	MEMSTAT_NO_BLOCK,     /* enough is free, no block is large enough */
	MEMSTAT_KEPT,	    /* what is above min is kept for requests that can use no other zone */
	MEMSTAT_BELOW_MARK, /* too little is free above min */
	MEMSTAT_NO_ZONE	    /* no zone is tried at all */
};

/* "gives", "gives_below_low", "small_blocks", ... */
const char *memstat_verdict_name(enum memstat_verdict verdict);

/* GFP_KERNEL with the zone bits DMA, none, and HIGHMEM. */
enum memstat_request_kind {
	MEMSTAT_REQUEST_DMA,
	MEMSTAT_REQUEST_KERNEL,
	MEMSTAT_REQUEST_HIGH,
	MEMSTAT_REQUESTS
};
const char *memstat_request_name(enum memstat_request_kind kind);

struct memstat_trial {
	u32 node;
	const char *zone;
	enum memstat_verdict verdict;
	u32 free_pages, min_pages, low_pages;
	u32 kept_pages; /* from this kind of request; with mm=2.4 the marks of the zones before */
	u32 blocks;	/* free ones, of the order or larger */
};

/*
 * What a request of 2^order pages that may wait would meet now, before anything is reclaimed: calls fn
 * for each zone in the order in which they are tried, and gives the best verdict. => order < memstat_orders()
 */
enum memstat_verdict memstat_request(enum memstat_request_kind kind, u32 order,
				     void (*fn)(void *arg, const struct memstat_trial *trial),
				     void *arg);

/* The pair bitmap of one order of a zone whose engine is that of 2.4 (N-06). */
struct memstat_pair_map {
	u32 node;
	const char *zone; /* stays */
	u32 order;
	u32 address, bytes; /* 0: the top order has none */
	u32 pairs;	    /* bits in use */
	u32 set_bits;	    /* pairs of which exactly one half is free at this order */
};

/* Calls fn for each order of each such zone; for none if the engines are those of 2.6. */
void memstat_pair_maps(void (*fn)(void *arg, const struct memstat_pair_map *map), void *arg);

/* "Unmovable", "Reclaimable", "Movable", "Reserve", "Isolate" */
const char *memstat_type_name(u32 type);
u32 memstat_pageblock_order(void);

/* ---- where every frame of RAM is ---- */

struct memstat_use {
	const char *use; /* e.g. "buddy_free", "slab", "above_4g" */
	u32 pages;
};

#define MEMSTAT_USES_MAX 48

struct memstat_frames {
	u32 ram_pages;		   /* of the loader's map, sanitised, before any option */
	u32 added_by_option_pages; /* RAM a memmap= option added beyond that; in none of the uses */
	u32 count;
	struct memstat_use uses[MEMSTAT_USES_MAX]; /* sums to ram_pages */
};

void memstat_frames(struct memstat_frames *out);

/* ---- page frames, one by one and as a picture ---- */

/* What a frame is coloured by. */
enum memstat_frame_view {
	MEMSTAT_BY_USE,	  /* as in memstat_frames(): owner, or free by zone */
	MEMSTAT_BY_ZONE,  /* zone and node */
	MEMSTAT_BY_ORDER, /* order of the free block it is in */
	MEMSTAT_BY_CACHE, /* slab cache */
	MEMSTAT_BY_TYPE,  /* migrate type of its page block */
	MEMSTAT_BY_AGE,	  /* time since its block was allocated, if that is recorded */
	MEMSTAT_BY_STATE, /* free, per-cpu list, allocated, slab, reserved: memstat_frame.state */
	MEMSTAT_BY_NODE,
	MEMSTAT_FRAME_VIEWS
};

/* Values of a view are below this: each has one printable character to itself. */
#define MEMSTAT_FRAME_VALUES 80

/* Descriptors exist for page frames [start, end). */
u32 memstat_frame_start(void);
u32 memstat_frame_end(void);

/*
 * The name of a value, or NULL past the last one. For zones and caches it is written into buf; other
 * names stay. => view < MEMSTAT_FRAME_VIEWS
 */
const char *memstat_frame_value(enum memstat_frame_view view, u32 value, char *buf, u32 bytes);

/*
 * The picture of frames [start, start + cells * per_cell): calls fn for each run of equal cells. A
 * cell has the value that most of its frames have, and their share in eighths, rounded down, 8 only
 * if all have it. Frames without a descriptor count as holes. => per_cell is not 0
 */
void memstat_frame_cells(enum memstat_frame_view view, u32 start, u32 per_cell, u32 cells,
			 void (*fn)(void *arg, u32 run, u32 value, u32 eighths), void *arg);

struct memstat_frame {
	u32 pfn;
	u32 flags, index, private; /* words of the descriptor */
	s32 count, mapcount;
	u32 node;
	const char *zone;
	const char *state; /* "free", "per-cpu list", "allocated", "slab", "reserved", "hole" */
	const char *use;   /* as in memstat_frames() */
	u32 block_pfn, block_order; /* the block it is in */
	const char *type;	    /* migrate type of its page block */
	const char *cache;	    /* NULL: no slab */
	u32 slab;		    /* address of its slab's management */
	u32 direct_address;	    /* in the direct map; 0: it has none there */
};

/* Everything the descriptor tells. False if the frame has none. */
bool memstat_frame(u32 pfn, struct memstat_frame *out);

/* "reserved", "slab", ...: the name of flag bit `bit`, or NULL for the bits above the flags. */
const char *memstat_frame_flag(u32 bit);

struct memstat_object {
	u32 index, address;
	char state; /* 'u' in use, 'a' in the per-cpu or shared array, 'f' free in its slab */
	u32 caller; /* code address that allocated it, 0: not recorded (slub_debug=U), or not in use */
};

/* Calls fn for each slab object of which a byte lies in the frame; none if it is no slab's. */
void memstat_frame_objects(u32 pfn, void (*fn)(void *arg, const struct memstat_object *object),
			   void *arg);

/* Calls fn for each virtual page that is mapped to the frame, besides the one in the direct map. */
void memstat_frame_mappings(u32 pfn, void (*fn)(void *arg, u32 address, u32 flags), void *arg);

/* ---- totals (meminfo, vmstat) ---- */

struct memstat_totals {
	u32 total_ram_pages, free_pages; /* free includes nothing but buddy lists */
	u32 total_high_pages, free_high_pages;
	u32 slab_reclaimable_pages, slab_unreclaimable_pages;
	u32 pagetable_pages, kernel_stack_pages;
	u32 vmalloc_total_bytes, vmalloc_used_bytes, vmalloc_largest_free_bytes;
	u32 vmalloc_lazy_bytes, vmalloc_purges; /* given back, not yet flushed; flushes so far */
	u32 direct_map_4k_kib, direct_map_4m_kib;
	u64 pgalloc[MEMSTAT_ZONES]; /* pages handed out since boot, by zone type */
	u64 pgfree;		    /* pages given back */
	u64 pgfault;		    /* page faults taken, guarded ones included */
	u64 allocstall;		    /* allocations that had to reclaim */
	u64 slabs_scanned;
};

void memstat_totals(struct memstat_totals *out);

/* ---- slab caches (slabinfo) ---- */

struct memstat_cache {
	const char *name;
	const char *owner;
	u32 active_objs, num_objs, object_bytes, objs_per_slab, pages_per_slab;
	u32 limit, batchcount, sharedfactor;
	u32 active_slabs, num_slabs, sharedavail;
	u32 pages;
	u32 colours, colour_off_bytes;
	bool off_slab, reclaimable;
	u64 allocs, frees, grown, reaped, errors;
};

/* Calls fn for each cache, newest first, "kmem_cache" last. */
void memstat_caches(void (*fn)(void *arg, const struct memstat_cache *cache), void *arg);

/* ---- what requests may ask for (W-121) ---- */

/* gfp_allowed_mask during boot, and now. */
void memstat_gfp_mask(u32 *at_boot, u32 *now);

/* ---- hash tables sized by memory (W-90) ---- */

struct memstat_hash {
	const char *name; /* "PID", "Dentry cache", "Inode-cache" */
	u32 address;	  /* virtual, of the first bucket */
	u32 entries, bytes;
	s32 order; /* log2 of its pages; negative: smaller than a page */
	u32 items; /* that are in it now */
	u32 used_buckets, longest_chain;
	u64 hits, misses; /* lookups */
};

/* In the order in which they were made. => index < memstat_hash_count() */
u32 memstat_hash_count(void);
void memstat_hash(u32 index, struct memstat_hash *out);
/* Objects of one slab whose state is told; those beyond are left out. */
#define MEMSTAT_SLAB_OBJECTS_MAX 1024

/* One cache by name, with what only a close look needs. */
struct memstat_cache_detail {
	struct memstat_cache cache;
	u32 address, flags, order, align_bytes;
	u32 management_bytes;	      /* struct slab and links */
	const char *management_cache; /* NULL: on the slab */
	u32 array_address, array_avail;
	u32 nodes;
	struct {
		u32 node, address;
		u32 partial_slabs, full_slabs, free_slabs;
		u32 free_objects, free_limit, colour_next;
		u32 shared_avail;
	} lists[8];
};

/* False if no cache has the name. */
bool memstat_cache_detail(const char *name, struct memstat_cache_detail *out);

struct memstat_slab {
	const char *list; /* "partial", "full" or "free" */
	u32 node, pfn;	  /* first frame of its block */
	u32 address;	  /* of struct slab */
	u32 first_object; /* address of object 0 */
	u32 inuse;	  /* objects out of the slab */
	u32 colour;	  /* number of its offset */
	u32 objects;
};

/*
 * Calls fn for slabs [first, first + count) of a cache, by node: partial, full, then free ones; with
 * the state of an object (memstat_object.state) as a function of its index. Returns the slabs there
 * are, 0 also if no cache has the name.
 */
u32 memstat_slabs(const char *name, u32 first, u32 count,
		  void (*fn)(void *arg, const struct memstat_slab *slab, const char *states),
		  void *arg);

/* ---- vmalloc areas (vmallocinfo) ---- */

enum memstat_vm_kind { MEMSTAT_VM_ALLOC, MEMSTAT_VM_MAP, MEMSTAT_VM_IOREMAP };

struct memstat_vm_area {
	u32 start, bytes; /* with the guard page */
	u32 caller;	  /* code address, for a symbol */
	u32 pages;	  /* 0: none of its own */
	u32 phys;	  /* 0: none */
	enum memstat_vm_kind kind;
};

/* Calls fn for each area in ascending order of address. */
void memstat_vm_areas(void (*fn)(void *arg, const struct memstat_vm_area *area), void *arg);

/* ---- who allocated what ---- */

/* One place in the code that allocates, for one owner or cache. */
struct memstat_callsite {
	u32 caller;	  /* code address, for a symbol; 0: all that found no room in the table */
	const char *kind; /* "pages", "objects", "vmalloc"; "all" without an address */
	const char *what; /* owner of the pages, or cache */
	u32 live, bytes;  /* allocations and bytes that are held */
	u32 calls;	  /* allocations since boot, modulo 2^32 */
	s32 live_delta, bytes_delta; /* since the mark */
};

/*
 * Calls fn for sites [first, first + count) of those that hold something, by bytes; or of those that
 * hold another amount than at the mark, by the amount that it moved. Returns how many there are.
 */
u32 memstat_callsites(bool since_mark, u32 first, u32 count,
		      void (*fn)(void *arg, const struct memstat_callsite *site), void *arg);

struct memstat_tracking {
	bool pages, objects; /* tracked: page_owner=on, slub_debug=U */
	u32 sites, sites_max;
	u32 record_bytes, table_bytes; /* of memory, for the records of frames and for the sites */
	u32 mark;		       /* its number; 0: none was set */
	u64 mark_ms;		       /* uptime */
};

void memstat_tracking(struct memstat_tracking *out);

/* Remembers what every site holds now; returns the mark's number. The one call here that changes
 * something, of what it shows alone. */
u32 memstat_mark(void);

/* Who allocated the block that begins at this frame, and at what uptime. False: not tracked, or
 * free. */
bool memstat_frame_site(u32 block_pfn, struct memstat_callsite *out, u32 *since_ms);

/* ---- what the buddy allocator does, event by event ---- */

enum memstat_buddy_kind {
	MEMSTAT_BUDDY_ALLOC,	/* a block leaves the free lists */
	MEMSTAT_BUDDY_FREE,	/* a block is given to them */
	MEMSTAT_BUDDY_SPLIT,	/* this block was cut into halves; one of them is free now */
	MEMSTAT_BUDDY_MERGE,	/* this block was made of two */
	MEMSTAT_BUDDY_FALLBACK, /* this block was taken from another migrate type */
};

struct memstat_buddy_event {
	u64 time_us; /* uptime */
	u32 seq, pfn;
	u32 caller; /* code address, for a symbol */
	u8 node, zone, kind, order;
	u8 type;      /* migrate type asked for */
	bool stepped; /* of the single-step mode */
};

struct memstat_buddy_trace {
	u32 listeners;	  /* nothing is kept while there are none */
	u32 oldest, next; /* numbers of the events that are kept: [oldest, next) */
	u32 ring_bytes;
	bool stepping; /* the single-step mode runs: it holds this block */
	u32 step_pfn, step_order, step_top, step_goal, step_ms;
};

const char *memstat_buddy_kind_name(u32 kind);
u32 memstat_buddy_next(void);
/* False if event `seq` is no longer, or not yet, in the ring. */
bool memstat_buddy_event(u32 seq, struct memstat_buddy_event *out);
void memstat_buddy_trace(struct memstat_buddy_trace *out);

/* ---- page tables (kernel_page_tables) ---- */

enum memstat_pt_flags {
	MEMSTAT_PT_PRESENT = 1,
	MEMSTAT_PT_RW = 2,
	MEMSTAT_PT_USER = 4,
	MEMSTAT_PT_PWT = 8,
	MEMSTAT_PT_PCD = 16,
	MEMSTAT_PT_PSE = 32,
	MEMSTAT_PT_PAT = 64,
	MEMSTAT_PT_GLOBAL = 128,
	MEMSTAT_PT_NX = 256,
};

struct memstat_pt_range {
	u32 start;  /* virtual address */
	u64 end;    /* exclusive; the last range ends at 4 GiB */
	u32 flags;  /* enum memstat_pt_flags; 0: nothing mapped */
	bool large; /* directory level: a 4 MiB page or an empty slot */
};

/* A named part of the virtual layout, ascending, the first at 0. */
struct memstat_area {
	u32 start;
	const char *name; /* "User Space", "Kernel Mapping", "vmalloc() Area", ... */
};

u32 memstat_area_count(void);
void memstat_area(u32 index, struct memstat_area *out);
/*
 * The range of equal mappings that begins at `start`, ending at the next change of flags or
 * level or at the next area's start. Returns false past the end of the address space.
 */
bool memstat_pt_range(u64 start, struct memstat_pt_range *out);

/* One virtual address through directory and table. */
struct memstat_walk {
	u32 address;
	u32 pgd_index, pgd_address, pgd_entry; /* address: of the entry itself */
	bool pgd_present, large;
	u32 pte_index, pte_address, pte_entry; /* 0 if the walk ends at the directory */
	bool mapped;
	u32 phys;	  /* of the address; 0 if it is not mapped */
	u32 flags;	  /* enum memstat_pt_flags of the entry that maps it */
	const char *area; /* of the layout */
};

void memstat_walk(u32 address, struct memstat_walk *out);

/* One entry of the page directory. */
struct memstat_directory_entry {
	u32 entry;
	bool large;	       /* maps 4 MiB; otherwise it is empty or names a table */
	u32 present, writable; /* of the table's 1024 entries */
};

/* The processor's CR3, and entry `index` of the directory. => index < 1024 */
u32 memstat_cr3(void);
void memstat_directory_entry(u32 index, struct memstat_directory_entry *out);

/* Entries that follow one another and map adjacent frames with the same bits: `count` pages of 4 KiB,
 * or with `large` of 4 MiB, from `start` on. */
struct memstat_pt_run {
	u32 start, entry; /* the first one's */
	u32 count;
	bool large;
};

/* The first such run at or after `from`; false if nothing is mapped there. */
bool memstat_pt_run(u64 from, struct memstat_pt_run *out);

/* What one would not expect in the kernel's page tables. */
struct memstat_pt_audit {
	u32 user_pages;		   /* reachable from user mode: user bit at both levels */
	u32 writable_text_pages;   /* frames of text or constants that can be written somewhere */
	u32 unmapped_direct_pages; /* RAM in low memory that the direct map leaves out */
	u32 mapped_guard_pages;	   /* guard pages of vmalloc areas that are mapped */
	u32 stray_pages;	   /* mapped beside the direct map in no area's range */
	u32 aliases;		   /* pages beside the direct map whose frame it maps too */
	u32 first_unmapped_pfn;	   /* of unmapped_direct_pages */
	u32 kept;		   /* of them here */
	struct {
		u32 address, pfn;
		bool writable;
	} alias[16];
};

void memstat_pt_audit(struct memstat_pt_audit *out);

/* ---- kmaps and fixmaps ---- */

struct memstat_kmaps {
	u32 start, slots;
	u64 maps, atomic_maps; /* new permanent mappings; temporary ones of high pages */
	u64 wraps, flushed;    /* times the search began again; slots emptied then */
	u64 refused;	       /* all slots had users */
	u32 mapped, waiting;   /* slots with users; unmapped ones that wait for the next wrap */
	u32 records_free;      /* unused records of the page_address hash */
};

void memstat_kmaps(struct memstat_kmaps *out);
/* Permanent slot `slot`: its frame, and its users; false if it is empty. => slot < slots */
bool memstat_kmap_slot(u32 slot, u32 *pfn, u32 *users);

struct memstat_fixmap {
	u32 index, address;
	const char *name;
	u32 number; /* within those of one name */
	u32 entry;  /* of the page table; 0: not mapped */
};

/* Calls fn for each index that stays after boot, from 0 on. */
void memstat_fixmaps(void (*fn)(void *arg, const struct memstat_fixmap *fixmap), void *arg);

/* ---- the boot record: e820, early reservations, resources ---- */

struct memstat_e820_entry {
	u64 start, end; /* bytes, end exclusive */
	u32 type;
};

/* Snapshots of the map, one after each step that changed it; step 0 is the firmware's, as given. */
u32 memstat_e820_step_count(void);
const char *memstat_e820_step_name(u32 step);
u32 memstat_e820_entry_count(u32 step);
void memstat_e820_entry(u32 step, u32 index, struct memstat_e820_entry *out);
/* "System RAM", "reserved", "ACPI Tables", ... as /sys/firmware/memmap has them */
/* The map that options do not change (e820_saved, W-10). => index < the count */
u32 memstat_e820_saved_count(void);
void memstat_e820_saved(u32 index, struct memstat_e820_entry *out);

const char *memstat_e820_type_name(u32 type);

/* When a step was kept, in processor cycles; 0 for step 0, which was there before. */
u64 memstat_e820_step_cycles(u32 step);

enum memstat_e820_op { MEMSTAT_E820_ADD, MEMSTAT_E820_UPDATE, MEMSTAT_E820_REMOVE };

/* One edit of the map after it was set up: `changed` bytes of [start, end) changed their type. */
struct memstat_e820_edit {
	enum memstat_e820_op op;
	u32 old_type, new_type;	 /* 0: nothing */
	u64 start, end, changed; /* bytes */
	const char *by;		 /* stage */
	u64 cycles;
};

u32 memstat_e820_edit_count(u32 *lost);
void memstat_e820_edit(u32 index, struct memstat_e820_edit *out);

enum memstat_table_source { MEMSTAT_TABLE_BOOT, MEMSTAT_TABLE_EARLY, MEMSTAT_TABLE_BOOTMEM };

/* Page tables made during boot: directory entries [first, first + count) got pages from phys up. */
struct memstat_page_tables {
	u32 first, count, phys;
	enum memstat_table_source source;
	const char *by; /* stage */
	u64 cycles;
};

/* Rows; *pages in all, *lost rows that found no room. */
u32 memstat_page_tables_count(u32 *pages, u32 *lost);
void memstat_page_tables(u32 index, struct memstat_page_tables *out);
/* "boot", "early_area", "boot_allocator" */
const char *memstat_table_source_name(enum memstat_table_source source);

enum memstat_directory_kind {
	MEMSTAT_DIRECTORY_EMPTY,
	MEMSTAT_DIRECTORY_TABLE,
	MEMSTAT_DIRECTORY_LARGE, /* a 4 MiB page of the direct map */
	MEMSTAT_DIRECTORY_MOVED, /* a 4 MiB page of other memory (W-61) */
};

/* From then on directory entries [first, first + count) were so; all are empty before. Rows are in the order
 * of their times. */
struct memstat_directory_change {
	u32 first, count;
	enum memstat_directory_kind kind;
	u32 present;	/* of a table: how many of its 1024 entries are */
	const char *by; /* stage */
	u64 cycles;
};

/* Rows; *lost rows of this kind or of zones that found no room. */
u32 memstat_directory_changes(u32 *lost);
/* => index < the count */
void memstat_directory_change(u32 index, struct memstat_directory_change *out);
/* "empty", "table", "large", "moved" */
const char *memstat_directory_kind_name(enum memstat_directory_kind kind);

/* From then on a word of a zone had this value; all are 0 before. */
struct memstat_zone_change {
	s32 node; /* -1: bounds by frame number that hold for the zone on all nodes */
	const char *zone;
	/* "start_pfn"; in pages "spanned", "present", "free", "per_cpu", "min", "low", "high"; of the
	 * bounds "from_pfn", "to_pfn" (exclusive) */
	const char *field;
	u32 value;
	const char *by; /* stage */
	u64 cycles;
};

/* Rows, in the order of their times; of one moment and zone, one after another. */
u32 memstat_zone_changes(void);
/* => index < the count */
void memstat_zone_change(u32 index, struct memstat_zone_change *out);

struct memstat_early_res {
	u64 start, end; /* bytes, end exclusive */
	char name[15];
	u64 made_cycles;      /* when, in processor cycles */
	u64 freed_cycles;     /* 0: never ended */
	const char *made_by;  /* stage that made it */
	const char *freed_by; /* stage that ended it; NULL: its frames stay reserved for good */
	const char *how;      /* "cut", "split", "freed", ...; NULL with freed_by */
};

/* Every reservation that was ever made, in that order; what a cut leaves over is a new one. */
u32 memstat_early_res_count(void);
void memstat_early_res(u32 index, struct memstat_early_res *out);

/* The list itself, as it was at the hand-over to the buddy system or to the boot bitmap. */
struct memstat_early_res_list {
	u32 capacity, used; /* entries; used: without its own */
	u64 start, end;	    /* its own memory, bytes; both 0: the static array */
	u32 forgotten;	    /* reservations that found no room in the record above */
};

void memstat_early_res_list(struct memstat_early_res_list *out);

/* ---- allocations before the page allocator (W-91) ---- */

struct memstat_boot_alloc {
	const char *made_by; /* the stage that asked */
	const char *owner;
	u32 bytes, align;
	u32 goal, limit; /* bytes; limit: after clipping to mapped low memory */
	u32 result;	 /* physical address; 0: there was none */
	bool fell_back;	 /* nothing at the goal: taken from below it */
};

u32 memstat_boot_alloc_count(void);
/* => index < memstat_boot_alloc_count() */
void memstat_boot_alloc(u32 index, struct memstat_boot_alloc *out);
/* Allocations that found no room in the record. */
u32 memstat_boot_allocs_lost(void);

/* ---- the early memory test (W-46) ---- */

struct memstat_memtest {
	u32 passes_asked;
	u32 passes; /* made, with the one that wipes */
	u64 bytes;  /* that the first pass went over */
	u32 bad_words, bad_runs;
	u32 untested_high_pages;
	u64 cycles;
	bool gave_up; /* too many bad runs */
};

void memstat_memtest(struct memstat_memtest *out);

/* ---- the check for corruption by firmware (W-30) ---- */

#define MEMSTAT_CORRUPTION_AREAS 8
#define MEMSTAT_CORRUPTION_HITS 8

struct memstat_range {
	u64 start, end; /* bytes, end exclusive */
};

struct memstat_corruption_hit {
	u32 phys, value; /* the word's address and what it held; it is 0 again */
	u64 uptime_ms;
};

struct memstat_corruption {
	bool enabled;
	u32 size_bytes, period_s;
	u32 area_count;
	struct memstat_range areas[MEMSTAT_CORRUPTION_AREAS];
	u32 rounds;  /* times that all of them were looked at */
	u32 changes; /* words that were not 0 */
	struct memstat_corruption_hit hits[MEMSTAT_CORRUPTION_HITS]; /* change n is n mod 8 */
};

void memstat_corruption(struct memstat_corruption *out);

/* ---- memory for a crash kernel (W-49) ---- */

struct memstat_crashkernel {
	u64 start, end; /* bytes; both 0: none */
	u64 system_ram; /* bytes that a range of the option is compared with */
};

void memstat_crashkernel(struct memstat_crashkernel *out);

/* ---- the loader's modules (W-48) ---- */

struct memstat_module {
	u32 start, end;		    /* bytes, end exclusive; equal: it was dropped */
	u32 given_start, given_end; /* where the loader had put it; equal if it was unusable */
	const char *name;	    /* its command line */
	bool high;		    /* part of it has no address of its own */
	bool extends_map;	    /* W-12 */
};

u32 memstat_module_count(void);
/* => index < memstat_module_count(), here and below */
void memstat_module(u32 index, struct memstat_module *out);

/*
 * A module's content from `offset` on, below its length: *bytes of it are readable until
 * memstat_module_unmap with the same offset; for good unless the module is `high`. NULL if all kmap
 * slots have users.
 */
const u8 *memstat_module_map(u32 index, u32 offset, u32 *bytes);
void memstat_module_unmap(u32 index, u32 offset);

struct memstat_resource {
	u64 start, end_inclusive;
	const char *name;
	u32 depth; /* 0 at the top */
};

typedef void memstat_resource_fn(void *arg, const struct memstat_resource *res);

/* Calls fn for each resource of the memory tree, or of the ports, in the order of /proc/iomem. */
void memstat_iomem(memstat_resource_fn *fn, void *arg);
void memstat_ioports(memstat_resource_fn *fn, void *arg);

/* What the memory type range registers said, and what was done about it (W-28). */
struct memstat_mtrr {
	bool present;
	u32 def_type;	      /* bits 7-0: the default type; 11: enabled */
	u32 count;	      /* variable ranges */
	const char *decision; /* why nothing was trimmed; NULL if trimming was looked at */
	u64 trimmed_bytes;
};

struct memstat_mtrr_range {
	u64 base, bytes; /* bytes 0: not in use */
	u8 type;
};

void memstat_mtrr(struct memstat_mtrr *out);
/* => i < count */
void memstat_mtrr_range(u32 i, struct memstat_mtrr_range *out);
const char *memstat_mtrr_type_name(u32 type);

/* The hooks of x86_init (W-09): name and address of the function of each. => i < the count */
u32 memstat_hook_count(void);
const char *memstat_hook(u32 i, unsigned long *function);

/* ---- nodes ---- */

/* Entries of the SRAT of one kind: seen = used + ignored, unless the table was refused meanwhile. */
struct memstat_srat_kind {
	const char *name; /* "x2apic", "cpu", "memory", "other" */
	u32 seen, used, ignored;
};
#define MEMSTAT_SRAT_KINDS 4

/* How the nodes came about (W-52, W-60, W-61). */
struct memstat_numa {
	const char *branch; /* "srat" or "flat" */
	const char *reason; /* why it is flat; NULL if it is not */
	u32 nodes;	    /* node numbers given out */
	s32 cpu_node;	    /* the processor's by the SRAT; -1: not said */
	u32 home_node;	    /* whose memory it prefers */
	bool srat_present;
	const char *srat_refused; /* NULL: used */
	struct memstat_srat_kind kinds[MEMSTAT_SRAT_KINDS];
	const char *slit_refused; /* NULL: used */
	u32 chunks, chunks_max, cpus;
	u32 uncovered_pages;		/* RAM that no entry names, given to a neighbour's node */
	u32 window_start, window_pages; /* virtual address; 0 pages: no windows */
	const char *no_windows;		/* why there are none on several nodes; else NULL */
	const char *zonelist_order;	/* "Node" or "Zone" */
	bool zone_reclaim;
};

struct memstat_chunk {
	u64 start_pfn, end_pfn;
	u32 domain;
	s32 node; /* -1: none */
	bool hot_pluggable;
};

struct memstat_srat_cpu {
	u32 apic_id, domain;
	s32 node; /* -1: none */
};

struct memstat_node {
	s32 domain;		/* -1: none */
	u32 start_pfn, end_pfn; /* bounds by its chunks, end exclusive */
	u32 spanned_pages, present_pages;
	u32 structure, node_mem_map; /* virtual addresses */
	u32 descriptor_bytes;
	u32 window_start, window_pages, window_memory_pfn; /* 0 pages: no window */
	u32 movable_start_pfn; /* where ZONE_MOVABLE would begin; 0: nowhere */
};

void memstat_numa(struct memstat_numa *out);
/* => i < chunks, i < cpus */
void memstat_chunk(u32 i, struct memstat_chunk *out);
void memstat_srat_cpu(u32 i, struct memstat_srat_cpu *out);
/* => node < nodes */
void memstat_node(u32 node, struct memstat_node *out);
u32 memstat_distance(u32 from, u32 to);
/*
 * Place i of a node's zonelist for requests up to the zone type; with this_node of the list that
 * stays on the node. False behind the last. => node < nodes, type < MEMSTAT_ZONES
 */
bool memstat_zonelist(u32 node, bool this_node, u32 type, u32 i, u32 *zone_node,
		      const char **zone_name);
const char *memstat_zone_type_name(u32 type);
/* Range i of registered RAM, end exclusive; false behind the last. */
bool memstat_active_range(u32 i, u32 *node, u32 *start_pfn, u32 *end_pfn);

/* ---- check ---- */

struct memstat_disagreement {
	char what[40];	/* the invariant or counter */
	char where[56]; /* frame, zone, cache, ... */
	char expected[32], found[32];
};

struct memstat_check {
	u32 frames_walked;
	u32 disagreements; /* all that were found */
	u32 kept;	   /* of them in list[] */
	struct memstat_disagreement list[16];
};

/* Walks every descriptor, every free list and every slab, independently of the counters, and
 * compares. Survives corrupt pointers: each is checked before it is followed. */
void memstat_check(struct memstat_check *out);

#endif
