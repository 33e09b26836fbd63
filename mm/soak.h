/*
 * Soak jobs: seeded workloads over the public calls of the allocators, on the machine's own zones or
 * in a private arena. See soak.c for how a job runs, soak_work.c for what it does.
 *
 * Documents and verdicts as the network knows them are web/'s (docs/soak.md); here are the plain
 * structures behind them. Everything a job has kept can be read at any time between its steps.
 */
#ifndef MM_SOAK_H
#define MM_SOAK_H

#include "kernel/job.h"
#include "kernel/lib/types.h"
#include "mm/fault_inject.h"

#define SOAK_JOBS_MAX 8
#define SOAK_SOURCES_MAX 8
#define SOAK_PHASES_MAX 8
#define SOAK_TRACE_MAX 512 /* values of all traces of a document together */
#define SOAK_NAME_BYTES 24
#define SOAK_OBJECTS_MAX 200000u
#define SOAK_ORDERS 11

/* ---- What is to be done ---- */

/* X(identifier, name in documents) */
#define SOAK_KINDS(X)         \
	X(PAGES, "pages")     \
	X(KMALLOC, "kmalloc") \
	X(CACHE, "cache")     \
	X(VMALLOC, "vmalloc") \
	X(KMAP, "kmap")       \
	X(KMAP_ATOMIC, "kmap_atomic")
enum soak_kind {
#define X(id, name) SOAK_##id,
	SOAK_KINDS(X)
#undef X
		SOAK_KIND_COUNT
};

enum soak_dist_kind { SOAK_FIXED, SOAK_UNIFORM, SOAK_GEOMETRIC, SOAK_TRACE };

/* Where numbers come from: a size in bytes, an order, a lifetime in operations. */
struct soak_dist {
	enum soak_dist_kind kind;
	u32 min, max; /* fixed: min */
	u32 mean;     /* geometric, cut to [min, max] */
	u16 trace_at, trace_count;
};

enum soak_zone { SOAK_NORMAL, SOAK_DMA, SOAK_HIGHMEM };
enum soak_type { SOAK_UNMOVABLE, SOAK_RECLAIMABLE, SOAK_MOVABLE };

struct soak_source {
	enum soak_kind kind;
	enum soak_zone zone;
	enum soak_type type;
	u32 weight;
	struct soak_dist size; /* bytes; of pages the order */
	bool debug;	       /* a cache with red zones and poison */
	bool existing;	       /* a cache of the machine's, by its name */
	char cache[SOAK_NAME_BYTES];
	u8 phase, number; /* its place in the document; phase 0: outside of phases */
};

struct soak_phase {
	u8 first_source, sources;
	u64 operations;	  /* 0: until duration_ms */
	u32 duration_ms;  /* 0: until operations */
	u32 rate;	  /* operations a second; 0: as fast as possible */
	u32 live_objects; /* the live set is kept at these, whichever is reached first */
	u64 live_bytes;
	struct soak_dist lifetime;
};

/* X(identifier, name): a defect that the job itself makes, to show that it is found. */
#define SOAK_BUGS(X)                            \
	X(NONE, "none")                         \
	X(LEAK, "leak")                         \
	X(DOUBLE_FREE, "double_free")           \
	X(USE_AFTER_FREE, "use_after_free")     \
	X(WRITE_PAST_END, "write_past_the_end") \
	X(WRONG_CACHE, "wrong_cache")           \
	X(STUCK_BIT, "stuck_bit")
enum soak_bug {
#define X(id, name) SOAK_BUG_##id,
	SOAK_BUGS(X)
#undef X
		SOAK_BUG_COUNT
};

struct soak_doc {
	char name[SOAK_NAME_BYTES];
	u64 seed;
	u32 arena_pages; /* 0: the machine's own zones */
	bool gen24;	 /* the arena's engine and rules are those of 2.4 */
	bool verify, expect_failures;
	u64 operations;	 /* of all phases, which come round until then; 0: no limit */
	u32 duration_ms; /* likewise; both 0: each phase comes once */
	enum soak_bug bug;
	u32 bug_after;				     /* operations */
	struct fault_attr failslab, fail_page_alloc; /* of its own calls */
	u8 source_count, phase_count;
	u16 trace_count;
	struct soak_source sources[SOAK_SOURCES_MAX];
	struct soak_phase phases[SOAK_PHASES_MAX];
	u32 trace[SOAK_TRACE_MAX];
};

/* ---- What came of it ---- */

#define SOAK_BUCKETS 100 /* bucket n: from 2^(4 + n/4) * (4 + n%4) / 4 cycles on */
#define SOAK_FAULTS_MAX 8

struct soak_hist {
	u8 source;
	bool freeing;
	u8 size_log2; /* objects of up to 2^size_log2 bytes */
	u64 count;
	u64 worst_cycles, worst_op;
	u32 worst_site;
	u32 buckets[SOAK_BUCKETS];
};

/* A finding: what is wrong, with which object, and where that came from. */
struct soak_fault {
	const char *what;
	u32 address;
	u64 op;		     /* when it was found */
	u64 made_op;	     /* when the object was allocated, or was freed */
	u32 site;	     /* code address of the call that did so; 0: unknown */
	u8 source;	     /* SOAK_SOURCES_MAX: unknown */
	u32 expected, found; /* of a word that was changed; equal: not that */
	u64 phys;
	const char *cache; /* the cache it belongs to, or NULL */
};

struct soak_leak {
	u32 objects;
	u64 bytes;
	u32 site;
	u32 first_address;
};

struct soak_frag {
	u32 free_pages;
	u32 blocks[SOAK_ORDERS];
	u32 unusable_permille[SOAK_ORDERS]; /* free pages in blocks too small for the order */
};

enum soak_state {
	SOAK_BASELINE,
	SOAK_RUNNING,
	SOAK_DRAINING,
	SOAK_CLOSING,
	SOAK_SETTLING,
	SOAK_DONE
};

struct soak_counts {
	u64 operations, allocations, frees, skipped; /* skipped: frees of what was not given */
	u64 failures_expected, failures_unexpected;
	u64 injected;	   /* calls that failed because one they made was made to */
	u64 injected_late; /* calls that were given what they wanted all the same */
	u64 verified_bytes, verify_errors, faults;
	u64 calls_sum; /* checksum of the sequence of calls */
};

struct soak_work; /* soak_internal.h: what it holds while it runs */

struct soak_job {
	struct job job;
	u32 id;
	enum soak_state state;
	bool stopped; /* by DELETE */
	bool bug_made;
	bool starved; /* what it needed itself could not be had: `why` */
	const char *why;
	struct soak_doc doc;
	struct soak_counts counts;
	u32 phase;		      /* running now */
	u64 start_ms, run_ms, end_ms; /* made; first operation; last operation */
	u32 live_objects, live_objects_most;
	u64 live_bytes, live_bytes_most;
	u32 hist_count, hist_room;
	u16 hist_of[SOAK_SOURCES_MAX][2][32]; /* 1 + its number */
	struct soak_fault fault_list[SOAK_FAULTS_MAX];
	struct soak_leak leaks[SOAK_SOURCES_MAX];
	struct soak_frag before, worst, now, after;
	u64 arena_sum;				 /* of the state when the last operation was done */
	u64 arena_end_sum;			 /* and when all was given back */
	u32 arena_lost_pages;			 /* not free when it was given back */
	bool arena_inexact;			 /* the machine refused what the arena had */
	u32 ram_pages, accounted_pages;		 /* conservation, at the end */
	u32 used_before, used_noise, used_after; /* pages in use on the idle machine */
	bool alone;				 /* no other job ran: the drift means something */
	u32 samples;
	u64 sample_ms;
	u64 longest_op_cycles;
	struct soak_work *work;	  /* NULL: it holds nothing */
	unsigned order;		  /* of the block that the record lies in */
	struct soak_hist hists[]; /* one for each operation, source and size there can be */
};

/* ---- Calls ---- */

/*
 * Starts a job with a copy of the document. NULL with the reason in *why: no slot, no memory, a
 * document that cannot be run here.
 */
struct soak_job *soak_start(const struct soak_doc *doc, const char **why);

/* Jobs, running or done, in the order of their ids. NULL after the last. */
struct soak_job *soak_next(const struct soak_job *after);
struct soak_job *soak_find(u32 id);

/* A running job stops and gives everything back, step by step; what it found stays. */
void soak_stop(struct soak_job *job);
/* Forgets a job that is done. => state is SOAK_DONE */
void soak_forget(struct soak_job *job);

/* The first reason why a job that is done has failed: writes reason `n` into buf. False: no more. */
bool soak_reason(const struct soak_job *job, u32 n, char *buf, size_t size);

/* The least number of cycles that so many hundredths of a percent of the calls stay below. */
u64 soak_percentile(const struct soak_hist *hist, u32 per_10000);

/* First value of a bucket, in cycles. */
u64 soak_bucket_start(u32 bucket);

const char *soak_kind_name(enum soak_kind kind);
const char *soak_bug_name(enum soak_bug bug);
/* The bytes of an object of a source, from what was drawn for it. */
u32 soak_bytes_of(const struct soak_source *source, u32 value);
/* Highest order of the engine that a document's jobs run on. */
u32 soak_max_order(const struct soak_doc *doc);

/* Called when a job is done; one listener. */
void soak_on_done(void (*fn)(struct soak_job *job));

#endif
