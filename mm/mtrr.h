/*
 * Memory type ranges of the processor, and RAM they leave uncached (W-28).
 */
#ifndef MM_MTRR_H
#define MM_MTRR_H

#include "kernel/lib/types.h"

#define MTRR_VAR_MAX 16 /* variable ranges looked at */

enum mtrr_type {
	MTRR_UNCACHABLE = 0,
	MTRR_WRCOMB = 1,
	MTRR_WRTHROUGH = 4,
	MTRR_WRPROT = 5,
	MTRR_WRBACK = 6,
};

struct mtrr_range {
	u64 base, size; /* bytes; size 0: not in use */
	u8 type;	/* enum mtrr_type */
};

struct mtrr_state {
	bool present; /* the processor has MTRRs */
	u32 def_type; /* MSR_MTRRDEFTYPE: bits 7-0 the default type */
	u32 count;
	const char *decision; /* why nothing is trimmed; NULL: it was looked at */
	u64 trimmed_bytes;
	struct mtrr_range var[MTRR_VAR_MAX];
};

extern struct mtrr_state mtrr_state;

/* W-28: reads the registers, if there are any. */
void mtrr_bp_init(void);

/*
 * W-28: where the default is uncached, RAM that no write-back range covers becomes reserved; max_pfn
 * is worked out again if anything changed.
 */
void mtrr_trim_uncached_memory(void);

/* disable_mtrr_trim (W-19): returns 0, or -EINVAL if it has a value. */
int parse_disable_mtrr_trim(const char *value);

#endif
