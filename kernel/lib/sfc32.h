/*
 * sfc32 by Chris Doty-Humphrey: three words and a counter. Seeded pseudo-random numbers for workloads
 * that must come again, not for secrets.
 */
#ifndef KERNEL_LIB_SFC32_H
#define KERNEL_LIB_SFC32_H

#include "kernel/lib/types.h"

struct sfc32 {
	u32 a, b, c, counter;
};

/* The next of its numbers, all 32 bits equally likely. */
u32 sfc32(struct sfc32 *r);

/* Begins the sequence of a seed. */
void sfc32_seed(struct sfc32 *r, u64 seed);

#endif
