/*
 * Testing free memory while the machine runs: a job over the free pages of all zones.
 *
 * One test at a time. What it found stays until the next one begins. See ramtest.c.
 */
#ifndef MM_RAMTEST_H
#define MM_RAMTEST_H

#include "kernel/lib/types.h"

/* X(identifier, name) */
#define RAMTESTS(X)                        \
	X(WALKING, "walking_bits")         \
	X(INVERSIONS, "moving_inversions") \
	X(ADDRESS, "address_in_address")   \
	X(RANDOM, "random")                \
	X(PATTERNS, "patterns") /* the seventeen of early_memtest */
enum ramtest {
#define X(id, name) RAMTEST_##id,
	RAMTESTS(X)
#undef X
		RAMTEST_COUNT
};

#define RAMTEST_BAD_MAX 64 /* bad frames that are listed; all are taken out of service */

struct ramtest_order {
	u32 tests;	/* bits by enum ramtest */
	u32 passes;	/* over all of memory */
	u32 seed;	/* of RANDOM */
	u64 stuck_phys; /* debugging: this word reads with a bit set (a made-up fault); 0: none */
	u32 stuck_bits;
};

struct ramtest_bad {
	u64 phys; /* of the first word that was wrong in the frame */
	u32 expected, found;
	u32 words; /* that were wrong */
	enum ramtest test;
};

struct ramtest_state {
	bool running, stopped;
	struct ramtest_order order;
	u32 pass;
	u32 total_pages;  /* of RAM with a descriptor, not reserved: what could be tested */
	u32 looked_pages; /* gone over in this pass */
	u32 tested_pages, high_pages; /* tested in this pass; those of them in high memory */
	u32 in_use_pages;	      /* of somebody, in this pass */
	u32 skipped_pages;	      /* free, but taking them would have left too little */
	u64 bytes_moved;	      /* written and read */
	u64 started_ms, ended_ms;
	u64 longest_cycles; /* of one step */
	bool stuck_tested;  /* the frame of the made-up fault was among those tested */
	u32 bad_frames, bad_words;
	struct ramtest_bad bad[RAMTEST_BAD_MAX];
};

/* Starts it. NULL, or the reason why not. */
const char *ramtest_start(const struct ramtest_order *order);
/* It ends at its next step; what it holds is given back. */
void ramtest_stop(void);
const struct ramtest_state *ramtest_get(void);
const char *ramtest_name(enum ramtest test);

#endif
