/*
 * The pools of lwIP over slab caches, in the place of its core/memp.c.
 *
 * One cache for each pool type, named as the type (TCP_PCB, TCP_SEG, PBUF ...), so that
 * slabinfo shows the stack's memory by name. The quota of a pool stays: lwIP ends old
 * connections (TIME_WAIT first) to make room for new ones only when memp_malloc returns
 * NULL, so a pool that merely grew would collect dead connections until memory is gone.
 * Quotas of pools that serve connections are scaled with the number of connections that
 * net/limits.c allows.
 *
 * SYS_TIMEOUT must not fail: sys_timeout asserts. Its objects are all taken from the
 * cache at boot, and memp_malloc and memp_free only move them between lwIP and a list
 * here; lwIP never has more timeouts pending than the pool has objects.
 *
 *	reserve ─► object ─► object ─► NULL      (linked through the objects' first word)
 *
 * Objects are not cleared: lwIP's core initialises each field of what it allocates (its
 * sockets do not, and are not built).
 *
 * Invariants: used <= quota for each pool; used + objects on the reserve == quota for
 * SYS_TIMEOUT. Interrupt rule: main loop only.
 */
#include "net/memp.h"

#include "kernel/panic.h"
#include "kernel/stage.h"
#include "lwip/altcp.h"
#include "lwip/etharp.h"
#include "lwip/ip4_frag.h"
#include "lwip/memp.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/raw.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "lwip/udp.h"
#include "mm/callsite.h"
#include "mm/slab.h"
#include "net/limits.h"
#include "net/net.h"
#include "netif/ppp/ppp_opts.h" /* memp_std.h counts its timeouts: none */

#define SHARE_PARTS 8u
#define SHARE_MIN 4u /* segments */

struct pool {
	const char *name;
	u32 object_bytes;
	u32 quota;
	u32 used, max_used;
	u32 failed_quota, failed_memory;
	struct kmem_cache *cache;
};

static struct pool pools[MEMP_MAX] = {
#define LWIP_MEMPOOL(type, num, size, desc) \
	[MEMP_##type] = { .name = #type, .object_bytes = (size), .quota = (num) },
#include "lwip/priv/memp_std.h"
};

/* The pool that must not fail. */
static void *timeout_reserve;

static u32 heap_bytes, heap_failures;

/* Pools whose use grows with the number of connections. */
static void scale_quotas(void)
{
	static const memp_t scaled[] = { MEMP_TCP_PCB, MEMP_TCP_SEG, MEMP_PBUF };

	for (u32 i = 0; i < ARRAY_SIZE(scaled); i++) {
		struct pool *pool = &pools[scaled[i]];

		pool->quota = pool->quota * net_max_connections() / MEMP_NUM_TCP_PCB;
	}
}

static void reserve_timeouts(void)
{
	struct pool *pool = &pools[MEMP_SYS_TIMEOUT];

	for (u32 i = 0; i < pool->quota; i++) {
		void **object = kmem_cache_alloc(pool->cache, GFP_KERNEL);

		if (!object)
			panic("net", "no memory for timeout %u of %u", i, pool->quota);
		*object = timeout_reserve;
		timeout_reserve = object;
	}
}

void proc_caches_init(void)
{
	scale_quotas();
	for (u32 i = 0; i < MEMP_MAX; i++) {
		struct pool *pool = &pools[i];

		/* lwIP's raw PBUF_POOL has no objects here; its cache shows that. */
		pool->cache = kmem_cache_create(pool->name, pool->object_bytes, 0, SLAB_PANIC, NULL,
						"lwip");
	}
	reserve_timeouts();
	stage_note("%u caches of lwIP's pools, %u timeouts reserved", (u32)MEMP_MAX,
		   pools[MEMP_SYS_TIMEOUT].quota);
}

/* lwIP's own start: everything was made by proc_caches_init. */
void memp_init(void)
{
	BUG_ON(!timeout_reserve);
}

static __alloc_wrapper void *take(struct pool *pool, bool reserved)
{
	void **object;

	if (pool->used >= pool->quota) {
		pool->failed_quota++;
		return NULL;
	}
	if (reserved) {
		object = timeout_reserve;
		timeout_reserve = *object;
	} else {
		object = kmem_cache_alloc(pool->cache, GFP_ATOMIC | __GFP_NOWARN);
	}
	if (!object) {
		pool->failed_memory++;
		return NULL;
	}
	if (++pool->used > pool->max_used)
		pool->max_used = pool->used;
	return object;
}

__alloc_wrapper void *memp_malloc(memp_t type)
{
	BUG_ON(type >= MEMP_MAX);
	return take(&pools[type], type == MEMP_SYS_TIMEOUT);
}

void memp_free(memp_t type, void *mem)
{
	struct pool *pool = &pools[type];
	void **object = mem;

	BUG_ON(type >= MEMP_MAX);
	if (!object)
		return;
	BUG_ON(pool->used == 0);
	pool->used--;
	if (type == MEMP_SYS_TIMEOUT) {
		*object = timeout_reserve;
		timeout_reserve = object;
	} else {
		kmem_cache_free(pool->cache, object);
	}
}

/*
 * A connection may hold an eighth of what is free beyond the reserve: the first few get all that
 * TCP allows, receivers that stand still leave room for others, and the reserve lasts for
 * SHARE_MIN segments for every connection there can be.
 */
u32 net_send_room(const struct tcp_pcb *pcb)
{
	u32 free_segments = pools[MEMP_TCP_SEG].quota - pools[MEMP_TCP_SEG].used;
	u32 free_buffers = pools[MEMP_PBUF].quota - pools[MEMP_PBUF].used;
	u32 free = min(free_segments, free_buffers);
	u32 reserve = SHARE_MIN * net_max_connections();
	u32 extra = free > reserve ? (free - reserve) / SHARE_PARTS : 0;
	u32 share = max(extra, SHARE_MIN) * pcb->mss;
	u32 queued = TCP_SND_BUF - pcb->snd_buf; /* tcp_sndbuf() shows 64 KB at most */

	return queued >= share ? 0 : min_t(u32, share - queued, pcb->snd_buf);
}

__alloc_wrapper void *net_mem_malloc(size_t bytes)
{
	void *mem = kmalloc(bytes, GFP_ATOMIC | __GFP_NOWARN);

	if (mem)
		heap_bytes += (u32)ksize(mem);
	else
		heap_failures++;
	return mem;
}

void net_mem_free(void *mem)
{
	heap_bytes -= (u32)ksize(mem);
	kfree(mem);
}

u32 net_pool_count(void)
{
	return MEMP_MAX;
}

void net_pool_get_stats(u32 index, struct net_pool_stats *out)
{
	const struct pool *pool = &pools[index];

	BUG_ON(index >= MEMP_MAX);
	*out = (struct net_pool_stats){
		.name = pool->name,
		.object_bytes = pool->object_bytes,
		.quota = pool->quota,
		.used = pool->used,
		.max_used = pool->max_used,
		.failed_quota = pool->failed_quota,
		.failed_memory = pool->failed_memory,
	};
}

u32 net_heap_bytes(void)
{
	return heap_bytes;
}

u32 net_heap_failures(void)
{
	return heap_failures;
}
