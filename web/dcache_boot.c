/*
 * Making the server's tables, and its limit of open requests (W-92, W-93, W-128; see dcache.h).
 * Boot only.
 */
#include <string.h>

#include "kernel/stage.h"
#include "mm/memstat.h"
#include "mm/slab.h"
#include "web/assets.h"
#include "web/dcache.h"
#include "web/route.h"

static u32 requests_max = ~0u, reserve_pages;

void __init pidhash_init(void)
{
	large_hash_create(&pid_hash, 0, 18, HASH_EARLY | HASH_SMALL, 4, 4096);
	stage_note("%u buckets, for connections by number", pid_hash.mask + 1);
}

void __init vfs_caches_init_early(void)
{
	large_hash_create(&dentry_hashtable, 0, 13, HASH_EARLY, 0, 0);
	large_hash_create(&inode_hashtable, 0, 14, HASH_EARLY, 0, 0);
	stage_note("%u buckets for paths, %u for snapshots by resource", dentry_hashtable.mask + 1,
		   inode_hashtable.mask + 1);
}

/* ---- Limits (W-128) ---- */

u32 web_requests_max(void)
{
	return requests_max;
}

u32 web_reserve_pages(void)
{
	return reserve_pages;
}

static void __init add(struct kmem_cache *cache, const char *path, u32 len)
{
	struct dentry *d = kmem_cache_alloc(cache, GFP_KERNEL);

	if (d) /* else the slow way finds it */
		d_add(d, path, len);
}

void __init vfs_caches_init(void)
{
	struct kmem_cache *cache = kmem_cache_create("dentry", sizeof(struct dentry), 0, SLAB_PANIC,
						     NULL, "web");
	struct memstat_totals totals;

	memstat_totals(&totals);
	requests_max = files_limit(totals.total_ram_pages, totals.free_pages, &reserve_pages);
	stage_note("%u RAM pages, %u free: %u kept back; at most %u open requests by the rule",
		   totals.total_ram_pages, totals.free_pages, reserve_pages, requests_max);
	for (u32 i = 0; i < route_count; i++)
		if (!routes[i].prefix)
			add(cache, routes[i].path, routes[i].path_len);
	for (u32 i = 0; i < asset_count; i++)
		if (!i || strcmp(assets[i].path, assets[i - 1].path))
			add(cache, assets[i].path, strlen(assets[i].path));
	stage_note("%u paths in the table", dentry_hashtable.items);
}
