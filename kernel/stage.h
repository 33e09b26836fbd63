/*
 * The boot stage recorder: which documented stage ran, when, and what it changed.
 *
 * stages.def lists every stage in the documented order; there is one record for each. The code
 * that does the work brackets itself:
 *
 *	RUN(find_low_pfn_range);		the call and its record, by the documented name
 *	stage_begin(STAGE_x); ... stage_end(STAGE_x);
 *	stage_note("max_low_pfn = %#lx", max_low_pfn);		what it found or changed
 *
 * Stages nest (to STAGE_DEPTH_MAX); a note belongs to the innermost one that runs. A stage may run
 * several times: the record keeps the first start, the last end, the cycles in all and the count.
 * For mechanisms that run thousands of times, STAGE_ONCE brackets the first call only and counts
 * the others.
 *
 * A stage is DONE only if it was begun, ended, and left at least one note. Notes are text in an
 * arena of fixed size; what does not fit is counted, never silently dropped.
 *
 * Besides, the words of stage_words.def are read when a stage begins and when it ends: those that
 * are different then are what it has put out, with the values before and after; those that
 * stage_inputs.def says it goes by are kept with the value they had at its start.
 *
 * Compiles on the host, where cycles_now() is the test's. Not for interrupt handlers.
 */
#ifndef KERNEL_STAGE_H
#define KERNEL_STAGE_H

#include "kernel/lib/types.h"

enum stage_id {
#define STAGE(sym, entry, name, section, mark, reason) STAGE_##sym,
#include "kernel/stages.def"
#undef STAGE
	STAGE_COUNT
};

enum stage_mark { STAGE_MARK_MUST, STAGE_MARK_ANALOGUE, STAGE_MARK_NA };

enum stage_status {
	STAGE_NOT_REACHED,    /* not run, and nothing says why */
	STAGE_RUNNING,	      /* begun, not ended */
	STAGE_DONE,	      /* ended, with a note of what it changed or found */
	STAGE_SILENT,	      /* ended without a note: not counted as done */
	STAGE_NOT_APPLICABLE, /* has no meaning here, or not on this machine: see reason */
};

/* Greatest nesting of stages. Deeper ones are a BUG. */
#define STAGE_DEPTH_MAX 16

/* Starts and ends one run of a stage. They must nest: ending another than the innermost is a BUG. */
void stage_begin(enum stage_id id);
void stage_end(enum stage_id id);

/* Moves the start of the innermost running stage back to `cycles`: work done before C ran. */
void stage_started_at(u64 cycles);

/*
 * Adds one line to the innermost running stage: an output, an input, a change. At most 120
 * characters are kept; a repeated run adds lines until its stage has STAGE_NOTES_MAX.
 */
#define STAGE_NOTES_MAX 256
__printf_like(1, 2) void stage_note(const char *fmt, ...);

/* The same if that stage is the innermost one: what only the first run of STAGE_ONCE is to tell, while the
 * stage around the others tells it in its own words. */
#define STAGE_NOTE_OF(sym, ...)                      \
	do {                                         \
		if (stage_running(0) == STAGE_##sym) \
			stage_note(__VA_ARGS__);     \
	} while (0)

/* Marks a stage as not applicable on this machine or with these options. `reason` is kept. */
void stage_skip(enum stage_id id, const char *reason);

/* Boot is over: from now on only a stage that never ran before adds to the record, so that who reads it
 * for a while reads one thing. */
void stage_close(void);

/* Counts a run without a time, for mechanisms that run too often to bracket. */
void stage_count_run(enum stage_id id);

/* True if the stage has not run yet: the first run is worth a note. */
bool stage_first_run(enum stage_id id);

/* Calls fn(args...) as the stage of that name. */
#define RUN(fn, ...)                     \
	do {                             \
		stage_begin(STAGE_##fn); \
		fn(__VA_ARGS__);         \
		stage_end(STAGE_##fn);   \
	} while (0)

/* Runs a statement as a stage the first time; afterwards only counts it, and its notes are those of
 * the stage around it. */
#define STAGE_ONCE(sym, statement)                    \
	do {                                          \
		if (stage_first_run(STAGE_##sym)) {   \
			stage_begin(STAGE_##sym);     \
			statement;                    \
			stage_end(STAGE_##sym);       \
		} else {                              \
			stage_count_run(STAGE_##sym); \
			statement;                    \
		}                                     \
	} while (0)

/* Notes the first run of a mechanism that runs too often for a note each time. */
#define STAGE_NOTE_ONCE(sym, ...)                     \
	do {                                          \
		if (stage_first_run(STAGE_##sym)) {   \
			stage_begin(STAGE_##sym);     \
			stage_note(__VA_ARGS__);      \
			stage_end(STAGE_##sym);       \
		} else {                              \
			stage_count_run(STAGE_##sym); \
		}                                     \
	} while (0)

/* ---- The words that are watched ---- */

enum stage_word_id {
#define WORD(sym, form) STAGE_WORD_##sym,
#include "kernel/stage_words.def"
#undef WORD
	STAGE_WORD_COUNT
};

struct stage_words {
	const void *at[STAGE_WORD_COUNT]; /* 32 bits each */
	/* Brings those up to date that are computed. Not __init: stages run after free_initmem, too. */
	void (*refresh)(void);
	/* The innermost stage is going to change. It was this one until now (STAGE_COUNT: none), or until
	 * `ended` if that is not 0. */
	void (*moment)(enum stage_id id, u64 ended);
};

/* From now on stages watch these words. => the table stays */
void stage_watch(const struct stage_words *words);

/* ---- Reading (/api/v1/boot) ---- */

/* A watched word as a stage found or changed it. */
struct stage_value {
	const char *word;
	bool hex;	   /* an address, a frame number or a mask: to be shown in hexadecimal */
	u32 before, after; /* an input has only the value before */
};

/* Input or output n of record i, in the order they were seen; false beyond the last. */
bool stage_get_input(unsigned int i, unsigned int n, struct stage_value *value);
bool stage_get_output(unsigned int i, unsigned int n, struct stage_value *value);

/* What else a stage goes by, in words: "" if nothing. */
const char *stage_other_inputs(unsigned int i);

/* Values that found no room. */
unsigned int stage_values_lost(void);

struct stage_view {
	const char *symbol;  /* "find_low_pfn_range" */
	const char *entry;   /* "W-29" */
	const char *name;    /* the documented name */
	const char *section; /* "W §4.1.6" */
	enum stage_mark mark;
	enum stage_status status;
	const char *reason; /* "" if none */
	u64 start_cycles;   /* of the first run; 0 if it never ran */
	u64 end_cycles;	    /* of the last run */
	u64 total_cycles;   /* in all runs together, nested stages included */
	u32 runs;
	unsigned int depth; /* how deeply it was nested when it first ran */
	int order;	    /* position in the order of first runs, from 0; -1 if it never ran */
	unsigned int notes; /* how many stage_get_note gives */
	unsigned int notes_lost; /* notes that did not fit */
};

unsigned int stage_count(void);

/* Gives record i, in the documented order. => i < stage_count() */
void stage_get(unsigned int i, struct stage_view *view);

/*
 * The notes of record i in the order they were made: *at is 0 for the first, and is moved to the
 * next. NULL behind the last. stage_get_note gives the n-th.
 */
const char *stage_next_note(unsigned int i, u32 *at);
const char *stage_get_note(unsigned int i, unsigned int n);

const char *stage_mark_name(enum stage_mark mark);	 /* "MUST", "ANALOGUE", "N/A" */
const char *stage_status_name(enum stage_status status); /* "done", "not_applicable", ... */

/* The innermost running stage's name, for panic; "" if none runs. */
const char *stage_current_name(void);

/* The running stage `levels` above the innermost one (0: that itself); STAGE_COUNT if there is none.
 * And a stage's name. For those that record who asked for something. */
enum stage_id stage_running(unsigned int levels);
const char *stage_name(enum stage_id id);

#endif
