/*
 * lwIP's memory: its pools as slab caches, its heap as kmalloc.
 */
#ifndef NET_MEMP_H
#define NET_MEMP_H

#include "kernel/lib/types.h"

/*
 * Makes one slab cache for each lwIP pool, named as the pool, and lays the reserve of
 * timeouts by. After fork_init. (W-125)
 */
void proc_caches_init(void);

struct net_pool_stats {
	const char *name; /* "TCP_PCB"; also the name of the slab cache */
	u32 object_bytes;
	u32 quota; /* objects that may exist */
	u32 used, max_used;
	u32 failed_quota;  /* requests refused because the quota was used up */
	u32 failed_memory; /* requests refused by the slab allocator */
};

u32 net_pool_count(void);
/* => index < net_pool_count() */
void net_pool_get_stats(u32 index, struct net_pool_stats *out);

/* Bytes that lwIP holds through mem_malloc, as the general caches count them. */
u32 net_heap_bytes(void);
/* Requests of mem_malloc that were refused. */
u32 net_heap_failures(void);

#endif
