/*
 * Arithmetic on lists of page frame ranges, with which the free memory is worked out from the
 * registered memory and the reservations (W-100).
 *
 * A list is an array of `capacity` records of struct range, half-open, in page frames. A record
 * with end 0 is unused; unused ones may stand anywhere until clean_sort_range.
 */
#ifndef MM_RANGE_H
#define MM_RANGE_H

#include "kernel/lib/range.h"

/* Appends [start, end) behind the `used` first records; returns the new number of used ones. An
 * empty range, and any range when the list is full, is ignored. */
int add_range(struct range *list, int capacity, int used, u64 start, u64 end);

/*
 * Takes [start, end) out of every record. A record that is cut in two needs an unused one for its
 * upper part; if there is none that part is lost, and the log says which.
 */
void subtract_range(struct range *list, int capacity, u64 start, u64 end);

/* Moves the used records to the front, sorts them by start and returns their number. */
int clean_sort_range(struct range *list, int capacity);

#endif
