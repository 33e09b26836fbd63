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
	u32 orders; /* orders of its engine, at most MEMSTAT_ORDERS */
	u32 blocks[MEMSTAT_ORDERS][MEMSTAT_TYPES]; /* free blocks by order and migrate type */
	u32 pageblocks[MEMSTAT_TYPES];		   /* blocks of 1024 pages by migrate type */
};

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

/* ---- totals (meminfo, vmstat) ---- */

struct memstat_totals {
	u32 total_ram_pages, free_pages; /* free includes nothing but buddy lists */
	u32 total_high_pages, free_high_pages;
	u32 slab_reclaimable_pages, slab_unreclaimable_pages;
	u32 pagetable_pages, kernel_stack_pages;
	u32 vmalloc_total_bytes, vmalloc_used_bytes, vmalloc_largest_free_bytes;
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
const char *memstat_e820_type_name(u32 type);

struct memstat_early_res {
	u64 start, end; /* bytes, end exclusive */
	char name[15];
	const char *made_by; /* stage that made it */
	const char *
		freed_by; /* stage that released it; NULL: still reserved when the buddy system took over */
};

u32 memstat_early_res_count(void);
void memstat_early_res(u32 index, struct memstat_early_res *out);

struct memstat_resource {
	u64 start, end_inclusive;
	const char *name;
	u32 depth; /* 0 at the top */
};

/* Calls fn for each resource of the memory tree in the order of /proc/iomem. */
void memstat_iomem(void (*fn)(void *arg, const struct memstat_resource *res), void *arg);

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
