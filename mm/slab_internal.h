/*
 * Structures of the slab allocator (W-114) and what its files share. Only slab*.c, kmalloc.c,
 * memstat_slab.c and their host tests include this.
 *
 *	cache_chain ── kmem_cache ── kmem_cache ── ... ── cache_cache ("kmem_cache", first made)
 *			 │   │                      hot: array[0], or what sends all to the slow paths
 *		array[0] │   │ nodelists[node]
 *			 ▼   ▼
 *	  array_cache        kmem_list3 ── slabs_partial ── slab ── slab
 *	  avail, entry[]                ── slabs_full    ── slab
 *	  (last in, first out)          ── slabs_free    ── slab
 *
 * A slab is one block of 2^gfporder pages:
 *
 *	on-slab:  | colour | struct slab, links[num] | object 0 | object 1 | ... | left over |
 *	off-slab: | colour | object 0 | object 1 | ... | left over |	struct slab in slabp_cache
 *
 * links[i] of a free object is the index of the next free one, BUFCTL_END after the last; of an
 * object that is out of the slab (in use or in the per-cpu array) it is BUFCTL_ACTIVE.
 */
#ifndef MM_SLAB_INTERNAL_H
#define MM_SLAB_INTERNAL_H

#include "mm/fault_inject.h"
#include "mm/numa.h"
#include "mm/slab.h"

#define NR_CPUS 1

/* Slots of the arrays that caches have until W-122 gives them their final ones. */
#define BOOT_CPUCACHE_ENTRIES 1

typedef u32 kmem_bufctl_t;
#define BUFCTL_END 0xFFFFFFFFu	  /* last link of the chain of free objects */
#define BUFCTL_ACTIVE 0xFFFFFFFDu /* the object is not in the slab */

/* flags, beside those of slab.h: management lies in another cache. */
#define CFLGS_OFF_SLAB 0x80000000u
/* Every call goes through the slow path and checks the object (slub_debug=F). */
#define SLAB_DEBUG_FREE 0x00000100u
/* Each object is followed by a record of who allocated it, and when (slub_debug=U). */
#define SLAB_STORE_USER 0x00010000u
#define SLAB_DEBUG_MASK (SLAB_RED_ZONE | SLAB_POISON | SLAB_DEBUG_FREE | SLAB_STORE_USER)

struct array_cache {
	unsigned avail; /* objects here */
	unsigned limit; /* at most; 0 in a cache under debugging: each call takes the slow path */
	unsigned batchcount; /* moved at once from and to the slabs */
	unsigned touched;    /* allocations since it was last looked at (kmem_cache_reap) */
	void *entry[];	     /* entry[avail - 1] is handed out next */
};

struct arraycache_init {
	struct array_cache cache;
	void *entries[BOOT_CPUCACHE_ENTRIES];
};

/* Reaping is what next_reap and free_touched are about; the walkthrough's remark says so of all fields. */
struct kmem_list3 {
	struct list_head slabs_partial; /* some objects free */
	struct list_head slabs_full;	/* none free */
	struct list_head slabs_free;	/* all free */
	unsigned long free_objects;	/* in the slabs; not those in the per-cpu array */
	unsigned free_limit;  /* an empty slab goes back while more objects than this are free */
	unsigned colour_next; /* offset number of the next slab */
	struct array_cache *shared; /* NULL: one CPU has nobody to share with */
	struct array_cache **alien; /* NULL: no other CPU's nodes */
	unsigned long
		next_reap; /* ms since entry: the periodic reaper leaves the list alone before */
	unsigned free_touched;	/* objects came from here since the reaper last looked */
	unsigned nr_slabs;	/* on all three lists */
	unsigned nr_free_slabs; /* on slabs_free */
};

struct slab {
	struct list_head list;
	unsigned long colouroff; /* bytes from the block's start to management, or to object 0 */
	void *s_mem;		 /* object 0, colour included */
	unsigned inuse;		 /* objects out of the slab */
	kmem_bufctl_t free;	 /* index of the first free object */
	unsigned short nodeid;
};

struct kmem_cache {
	/* 1) touched by every allocation and free */
	struct array_cache *hot; /* array[0]; slab_no_objects while calls may be made to fail */
	struct array_cache *array[NR_CPUS];
	/* 2) tunables (W-122) */
	unsigned batchcount, limit, shared;
	unsigned buffer_size;	    /* distance of two objects, bytes */
	u32 reciprocal_buffer_size; /* 2^32 / buffer_size, rounded up */
	/* 3) constant after creation */
	u32 flags;
	unsigned num; /* objects per slab */
	unsigned gfporder;
	gfp_t gfpflags;			/* added to each page request */
	unsigned colour;		/* number of offsets */
	unsigned colour_off;		/* bytes between two offsets */
	struct kmem_cache *slabp_cache; /* holds struct slab if CFLGS_OFF_SLAB */
	unsigned slab_size;		/* management bytes: struct slab and links */
	void (*ctor)(void *obj);
	const char *name;
	struct list_head next; /* on cache_chain */
	const char *owner;
	/* 4) statistics; what only debugging needs has its own cost */
	u64 num_allocations;		     /* without those still in array[0]->touched */
	unsigned long grown, reaped, errors; /* slabs made, given back; allocations refused */
	unsigned nr_slabmgmt; /* objects that are struct slab of other caches: of no user's */
	unsigned obj_offset;  /* from the buffer to the user's bytes: the red zone before it */
	unsigned obj_size;    /* the user's bytes */
	struct arena *arena;  /* its pages come from there; NULL: from the machine's zones */
	u32 constants_sum;    /* of what only creation and tuning change */
	/* Last: only nr_node_ids slots exist, except in cache_cache. */
	struct kmem_list3 *nodelists[MAX_NUMNODES];
};

/* W-114: general caches; ended by cs_size SLAB_SIZES_END. */
struct cache_sizes {
	size_t cs_size;
	struct kmem_cache *cs_cachep, *cs_dmacachep;
};
struct cache_names {
	const char *name, *name_dma;
};
#define SLAB_SIZES_END ((size_t)-1)

/* W-115: how far the bootstrap has come. */
enum slab_state { NONE, PARTIAL_AC, PARTIAL_L3, EARLY, FULL };
extern enum slab_state g_cpucache_up;
void slab_set_state(enum slab_state state);

extern struct kmem_cache cache_cache;
extern struct list_head cache_chain; /* newest first, cache_cache last */
extern struct cache_sizes malloc_sizes[];
extern struct cache_names cache_names[];
extern unsigned slab_break_gfp_order; /* order at which any left-over is accepted */
extern unsigned slab_max_order;	      /* largest order of any slab: the engines' largest block */
extern bool slab_early_init;	      /* no off-slab management yet */
extern int nr_node_ids;		      /* highest online node + 1 */
extern unsigned long slabs_scanned;   /* by the reaper, since boot */
extern u32 slab_debug_flags;	      /* given to every cache made from now on */

#define for_each_slab_node(nid)                       \
	for ((nid) = 0; (nid) < nr_node_ids; (nid)++) \
		if (node_online(nid))

static inline struct array_cache *cpu_cache_get(const struct kmem_cache *cache)
{
	return cache->array[0];
}

/* An array with neither objects nor room (fault_inject.h). */
extern struct array_cache slab_no_objects;

static inline void cpu_cache_set(struct kmem_cache *cache, struct array_cache *ac)
{
	cache->array[0] = ac;
	cache->hot = fault_holders ? &slab_no_objects : ac;
}

/* Every allocation and free takes the slow path, or not. */
void slab_slow(bool slow);

static inline kmem_bufctl_t *slab_bufctl(struct slab *slabp)
{
	return (kmem_bufctl_t *)(slabp + 1);
}

static inline void *index_to_obj(const struct kmem_cache *cache, const struct slab *slabp,
				 unsigned index)
{
	return (char *)slabp->s_mem + (size_t)cache->buffer_size * index;
}

/* Exact for multiples of buffer_size; others give an index whose object is elsewhere. */
static inline unsigned obj_to_index(const struct kmem_cache *cache, const struct slab *slabp,
				    const void *obj)
{
	u32 offset = (char *)obj - (char *)slabp->s_mem;

	return ((u64)offset * cache->reciprocal_buffer_size) >> 32;
}

/* Bytes of management for num objects: header and links, rounded up to align (1: not). */
static inline size_t slab_mgmt_size(size_t num, size_t align)
{
	return round_up(sizeof(struct slab) + num * sizeof(kmem_bufctl_t), align);
}

/* ---- geometry and creation: slab_create.c ---- */

/*
 * How many objects of buffer_size bytes fit a slab of 2^order pages with management on it,
 * rounded up to align, or without; and the bytes that are left over. W-116.
 */
void cache_estimate(unsigned order, size_t buffer_size, size_t align, bool off_slab,
		    size_t *left_over, unsigned *num);
/* Sets cache->num and gfporder; returns the bytes left over, or num 0 if nothing fits. */
size_t calculate_slab_order(struct kmem_cache *cache, size_t size, size_t align, u32 flags);
void slab_set_buffer_size(struct kmem_cache *cache, size_t size);

struct arena;

/*
 * kmem_cache_create for a cache in an arena. Its layout depends on nothing of the machine: lines of
 * 64 bytes, no slub_debug. The reapers leave it alone. NULL as there.
 */
struct kmem_cache *kmem_cache_create_in(struct arena *arena, const char *name, size_t size,
					u32 flags);

/* The machine's cache of this name, or NULL. */
struct kmem_cache *kmem_cache_find(const char *name);

/* ---- per-cpu arrays and node lists: slab_tune.c ---- */

void kmem_list3_init(struct kmem_list3 *l3);
/* The cache's first array and lists, as far as the bootstrap has come; 0 or -ENOMEM. W-117. */
int setup_cpu_cache(struct kmem_cache *cache, gfp_t gfp);
/* Limit of the per-cpu array by object size; debug: capped. W-122. */
unsigned cpucache_limit(size_t size, bool debug);
/* Free objects that the slabs of one node may keep. W-122 */
unsigned slab_free_limit(const struct kmem_cache *cache, int nid);
int enable_cpucache(struct kmem_cache *cache, gfp_t gfp);
int do_tune_cpucache(struct kmem_cache *cache, unsigned limit, unsigned batchcount, unsigned shared,
		     gfp_t gfp);
int alloc_kmemlist(struct kmem_cache *cache, gfp_t gfp);
/* Checksum of the fields that do not change any more until the cache is tuned again. */
u32 slab_constants_sum(const struct kmem_cache *cache);
/* Frees array and lists of a cache that is on no chain (NULL members are allowed). */
void free_cpu_cache(struct kmem_cache *cache);

/* Static parts of the first three caches (W-115): group 0 CACHE_CACHE, 1 SIZE_AC, 2 SIZE_L3. */
#define NUM_INIT_LISTS (3 * MAX_NUMNODES)
#define CACHE_CACHE 0
#define SIZE_AC MAX_NUMNODES
#define SIZE_L3 (2 * MAX_NUMNODES)
extern struct kmem_list3 initkmem_list3[NUM_INIT_LISTS];
extern struct arraycache_init initarray_cache, initarray_generic;
void set_up_list3s(struct kmem_cache *cache, int group);

/* ---- the slow paths: slab.c ---- */

/* Returns nr objects to their slabs; empty slabs beyond free_limit are destroyed. */
void free_block(struct kmem_cache *cache, void **objs, unsigned nr);
/* Gives the slab's pages back. => it is on no list and counted nowhere; its objects are free. */
void slab_destroy(struct kmem_cache *cache, struct slab *slabp);
/* Objects that users hold: out of the slabs, not in an array, and no slab's management. */
unsigned long slab_active_objs(const struct kmem_cache *cache);
unsigned long slab_num_objs(const struct kmem_cache *cache);

/* ---- red zones and poison: slab_debug.c ---- */

void slab_debug_init_obj(const struct kmem_cache *cache, void *buffer);
/* Checks a free buffer and makes it used; returns the user's address. */
void *slab_debug_alloc(const struct kmem_cache *cache, void *buffer);
/* Checks a used object and makes it free; returns the buffer's address. */
void *slab_debug_free(const struct kmem_cache *cache, void *obj);
/* The object's record (SLAB_STORE_USER), or NULL. `buffer` as for index_to_obj(). */
struct alloc_record;
const struct alloc_record *slab_debug_record(const struct kmem_cache *cache, const void *buffer);
/* The first thing wrong with a buffer (used or free), or NULL. */
const char *slab_debug_fault(const struct kmem_cache *cache, const void *buffer, bool used);

/*
 * Whom a damaged object is reported to before it ends in slab_bug(): true if it was one of theirs;
 * it is then made whole and goes on. NULL: nobody.
 */
extern bool (*slab_fault_hook)(const struct kmem_cache *cache, const void *obj, const char *what);

__noreturn __cold void slab_bug(const struct kmem_cache *cache, const void *obj, const char *what);

/* Looks at every free object of a cache under debugging; what was written to is reported, as at its
 * next allocation, and made whole. */
void slab_debug_scan(const struct kmem_cache *cache);

/* ---- general caches: kmalloc.c ---- */

/* Checksum of malloc_sizes. */
u32 malloc_sizes_sum(void);
/* The general cache for an object of size bytes, or NULL. */
struct kmem_cache *kmem_find_general_cachep(size_t size, gfp_t gfp);
/* Writes the ladder for this cache line into malloc_sizes and builds the look-up. => once */
void kmalloc_build_ladder(unsigned cache_line_bytes);
/* Entry of the ladder that holds size bytes: INDEX_AC, INDEX_L3. */
unsigned index_of(size_t size);

#endif
