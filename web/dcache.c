/*
 * The path table and the server's other tables by memory size (see dcache.h).
 *
 * Every whole path that is served, a route's or a page's, has an entry made once at boot: the table
 * neither grows nor shrinks under load. A request's path is hashed, four bytes at a time, and looked
 * up; a path that is not there (one below a prefix, one that does not exist) is a miss and goes the
 * slow way, which compares with every route and every page. The hash is not secret: strangers choose
 * what is asked for, but not what is in the table.
 *
 * Differences from the documents: entries are never evicted, and there is no negative entry, so that
 * a scan of paths costs no memory. "Files" are connections: each has at most one request open.
 */
#include "web/dcache.h"

#include <string.h>

#include "web/assets.h"
#include "web/route.h"

LARGE_HASH(pid_hash, "PID");
LARGE_HASH(dentry_hashtable, "Dentry cache");
LARGE_HASH(inode_hashtable, "Inode-cache");

static u32 path_hash(const char *path, u32 len)
{
	u32 hash = len, word;

	for (; len >= 4; len -= 4, path += 4) {
		memcpy(&word, path, 4);
		hash = (hash ^ word) * 0x9E3779B1u;
	}
	for (; len; len--)
		hash = (hash ^ (u8)*path++) * 0x9E3779B1u;
	return hash ^ hash >> 15;
}

/* Also as long as the table is empty: on the host, and if there was no memory for an entry. */
static struct path_entry path_lookup_slow(const char *path, u32 len)
{
	struct path_entry entry = { .route = route_find(path, len) };

	for (u32 i = 0; !entry.route && i < asset_count; i++) {
		if (strlen(assets[i].path) != len || memcmp(assets[i].path, path, len))
			continue;
		if (!entry.variants++)
			entry.assets = &assets[i];
	}
	return entry;
}

struct path_entry path_lookup(const char *path, u32 len)
{
	const struct hlist_node *n;

	hlist_for_each(n, large_hash_bucket(&dentry_hashtable, path_hash(path, len)))
	{
		const struct dentry *d = container_of(n, struct dentry, hash);

		if (d->len == len && !memcmp(d->name, path, len)) {
			dentry_hashtable.hits++;
			return d->entry;
		}
	}
	dentry_hashtable.misses++;
	return path_lookup_slow(path, len);
}

void d_add(struct dentry *d, const char *path, u32 len)
{
	d->name = path;
	d->len = len;
	d->entry = path_lookup_slow(path, len);
	large_hash_add(&dentry_hashtable, &d->hash, path_hash(path, len));
}
