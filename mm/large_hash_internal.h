/*
 * What large_hash.c and large_hash_boot.c share.
 */
#ifndef MM_LARGE_HASH_INTERNAL_H
#define MM_LARGE_HASH_INTERNAL_H

#include "kernel/lib/list.h"

extern struct list_head large_hash_list; /* struct large_hash.link */

#endif
