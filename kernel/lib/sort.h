/*
 * Sorting in place, without allocation.
 */
#ifndef KERNEL_LIB_SORT_H
#define KERNEL_LIB_SORT_H

#include "kernel/lib/types.h"

/*
 * Sorts `n` elements of `size` bytes at `base` into ascending order by `cmp` (negative, zero or
 * positive as its first argument is less, equal or greater). Heap sort: O(n log n) in the worst
 * case, no recursion; equal elements may change places.
 */
void sort(void *base, size_t n, size_t size, int (*cmp)(const void *, const void *));

#endif
