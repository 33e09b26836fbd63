/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of short messages whose results a
 * remote observer cannot predict without the key. Used for initial sequence numbers (RFC 6528)
 * and for hash tables that strangers may fill.
 */
#ifndef KERNEL_LIB_SIPHASH_H
#define KERNEL_LIB_SIPHASH_H

#include "kernel/lib/types.h"

struct siphash_key {
	u64 k0; /* first eight bytes of the key, least significant first */
	u64 k1; /* last eight bytes */
};

/* The 64-bit hash of `len` bytes at `data`, which need no alignment. */
u64 siphash(const void *data, size_t len, const struct siphash_key *key);

#endif
