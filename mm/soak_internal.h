/*
 * What the files of the soak jobs share.
 */
#ifndef MM_SOAK_INTERNAL_H
#define MM_SOAK_INTERNAL_H

#include "kernel/lib/sfc32.h"
#include "mm/arena.h"
#include "mm/slab.h"
#include "mm/soak.h"

#define SOAK_NONE 0xffffffffu
#define SOAK_RING 64 /* objects freed last that are remembered */

/* An object of the live set, or a gap where an allocation failed (addr NULL). */
struct soak_object {
	void *addr;  /* of pages: the descriptor */
	u32 expires; /* operation, modulo 2^32 */
	u32 op;	     /* it was made by */
	u32 bytes;
	u32 site;
	u32 next; /* in its hash chain or the free list */
	u8 source;
	u8 order;
	bool filled;
};

struct soak_freed {
	void *addr;
	u64 op;
	u32 site;
	u8 source;
};

struct soak_work {
	struct arena *arena; /* NULL: the machine's zones */
	struct arena *begun; /* not ready yet */
	struct arena_sum sum;
	struct kmem_cache *caches[SOAK_SOURCES_MAX];
	char cache_names[SOAK_SOURCES_MAX][SOAK_NAME_BYTES + 12];
	u64 cache_active[SOAK_SOURCES_MAX];
	struct sfc32 random;
	bool injects; /* holds the hooks of fault_inject.h */
	u32 trace_at[SOAK_SOURCES_MAX + SOAK_PHASES_MAX];
	u64 start_cycles, phase_start_op, phase_start_cycles;
	u64 sequence; /* operations so far */
	/* the live set: a heap of objects by (expires, op), and all allocated ones by address */
	u32 capacity, heap_count, free_head, bucket_mask;
	u32 fresh;	    /* objects from here on were never used */
	u32 sweep_at;	    /* the bucket that soak_sweep looks at next */
	u32 opened, closed; /* pieces of soak_open and soak_close that are done */
	bool summed, scanned;
	struct soak_object *objects;
	u32 *heap, *buckets;
	struct soak_freed ring[SOAK_RING];
	u32 ring_at;
	void *poisoned; /* use_after_free: where it wrote */
	u32 site;	/* of the call that is being made */
};

/* ---- soak_work.c: deciding ---- */

/* The live set's memory, caches, the arena: one piece at each call. False: it cannot be had, job->why
 * tells why; true: that piece is made, and all are if soak_is_open(). */
bool soak_open(struct soak_job *job);
bool soak_is_open(const struct soak_job *job);
/* One operation. False: the document is done. */
bool soak_operate(struct soak_job *job);
/* Frees one object of the live set. False: there is none. */
bool soak_free_one(struct soak_job *job);
/* Objects that nobody knows any more are leaks: counted, and given back, one at a call at most.
 * False: none is left. */
bool soak_sweep(struct soak_job *job);
/* Destroys caches and arena, frees the memory of soak_open: one piece at each call. False: it is done. */
bool soak_close(struct soak_job *job);

/* ---- soak_alloc.c: the allocators' calls, watched ---- */

/* Takes an object of a source; NULL: it could not be had. Fills in obj. */
bool soak_take(struct soak_job *job, struct soak_object *obj, u32 value);
/* Gives back what lies at addr, as an object of this source. Whatever is wrong with that is a
 * finding, and the allocator does not see it. Returns the object's index, or SOAK_NONE. */
u32 soak_give(struct soak_job *job, void *addr, unsigned source);
void soak_fault(struct soak_job *job, const struct soak_fault *fault);
/* The index of the tracked object at addr, or SOAK_NONE. */
u32 soak_lookup(const struct soak_work *w, const void *addr);
void soak_hash(struct soak_work *w, u32 index);
void soak_unhash(struct soak_work *w, u32 index);
/* Looks at the free objects of the job's caches under debugging. */
void soak_scan_caches(struct soak_job *job);
/* Finds the job of a damaged object: for slab_fault_hook. */
bool soak_slab_fault(const struct kmem_cache *cache, const void *obj, const char *what);

/* ---- soak_stat.c ---- */

void soak_record(struct soak_job *job, unsigned source, bool freeing, u32 bytes, u64 cycles,
		 u32 site);
u32 soak_hists_of(const struct soak_doc *doc);
void soak_measure(struct soak_job *job, struct soak_frag *out);
/* Pages of the machine that are in use. */
u32 soak_used_pages(void);

#endif
