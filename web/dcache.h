/*
 * The tables of the HTTP server whose size follows from the size of memory, and the limit of open
 * requests: the counterparts of pidhash_init, vfs_caches_init_early and vfs_caches_init.
 *
 *	PID		number of a connection -> connection		web/http.c
 *	Dentry cache	path -> what is served there			here
 *	Inode-cache	resource -> its snapshot of this instant	web/snapshot.c
 */
#ifndef WEB_DCACHE_H
#define WEB_DCACHE_H

#include "mm/large_hash.h"

struct asset;
struct route;

extern struct large_hash pid_hash, dentry_hashtable, inode_hashtable;

/* W-92, W-93: make the tables, while memory comes from the boot allocator. */
void pidhash_init(void);
void vfs_caches_init_early(void);

/*
 * W-128: the limit of open requests, and the path table's entries: one for each whole path that is
 * served. After fork_init; the slab allocator is up.
 */
void vfs_caches_init(void);

/* Connections that may be open, by the rule of W-128. */
u32 web_requests_max(void);

/* RAM pages that the rule keeps back; 0 before it ran. */
u32 web_reserve_pages(void);

/*
 * The rule: pages kept back = min(1.5 * pages in use, all - 1); files = a tenth of the rest, in KiB.
 * Returns the files.
 */
static inline u32 files_limit(u32 ram_pages, u32 free_pages, u32 *reserve_pages)
{
	u32 used = ram_pages - free_pages;

	*reserve_pages = min(used + used / 2, ram_pages - 1);
	return (ram_pages - *reserve_pages) * (4096 / 1024) / 10;
}

/* What is served at a path. A route, or `variants` assets that follow one another, or neither. */
struct path_entry {
	const struct route *route;
	const struct asset *assets;
	u32 variants;
};

/* Finds it: in the path table, or for paths below a prefix by asking every route. */
struct path_entry path_lookup(const char *path, u32 len);

/* An entry of the path table; the memory and the name are the caller's, and stay. */
struct dentry {
	struct hlist_node hash;
	const char *name;
	u32 len;
	struct path_entry entry;
};

/* Enters what the slow way finds at the path. */
void d_add(struct dentry *d, const char *path, u32 len);

#endif
