/*
 * Half-open ranges [start, end) of 64-bit numbers: addresses or page frames.
 *
 *	       start            end
 *	--------[################)--------     empty when end <= start; length is end - start
 *
 * A range never includes its end, so neighbours touch when one's end is the other's start, and
 * nothing here needs a "+ 1". A range up to the very end of the 64-bit space cannot be expressed;
 * range_of_size() clips there.
 */
#ifndef KERNEL_LIB_RANGE_H
#define KERNEL_LIB_RANGE_H

#include "kernel/lib/types.h"

struct range {
	u64 start; /* first element */
	u64 end;   /* one past the last element */
};

static inline bool range_empty(struct range r)
{
	return r.end <= r.start;
}

static inline u64 range_len(struct range r)
{
	return range_empty(r) ? 0 : r.end - r.start;
}

/* [start, start + size), with the end clipped to the last number if the sum wraps. */
static inline struct range range_of_size(u64 start, u64 size)
{
	return (struct range){ start, size > ~0ull - start ? ~0ull : start + size };
}

/* True if some element is in both: touching ranges do not overlap, nor does an empty one. */
static inline bool ranges_overlap(u64 a_start, u64 a_end, u64 b_start, u64 b_end)
{
	return max(a_start, b_start) < min(a_end, b_end);
}

static inline bool range_overlaps(struct range a, struct range b)
{
	return ranges_overlap(a.start, a.end, b.start, b.end);
}

/* What is in both; empty (start == end) if nothing is. */
static inline struct range range_intersect(struct range a, struct range b)
{
	struct range r;

	r.start = max(a.start, b.start);
	r.end = min(a.end, b.end);
	if (r.end < r.start)
		r.end = r.start;
	return r;
}

static inline bool range_has(struct range r, u64 x)
{
	return x >= r.start && x < r.end;
}

/* True if all of `inner`, which is not empty, is in `outer`. */
static inline bool range_contains(struct range outer, struct range inner)
{
	return inner.start >= outer.start && inner.end <= outer.end;
}

#endif
