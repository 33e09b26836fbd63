/*
 * /proc/slabinfo: sixteen fields for each cache, newest first, kmem_cache last.
 */
#include "mm/memstat.h"
#include "web/proc.h"

static void row(void *arg, const struct memstat_cache *cache)
{
	struct writer *w = arg;

	w_str_left(w, cache->name, 17);
	w_char(w, ' ');
	w_u32(w, cache->active_objs, 6);
	w_char(w, ' ');
	w_u32(w, cache->num_objs, 6);
	w_char(w, ' ');
	w_u32(w, cache->object_bytes, 6);
	w_char(w, ' ');
	w_u32(w, cache->objs_per_slab, 4);
	w_char(w, ' ');
	w_u32(w, cache->pages_per_slab, 4);
	w_lit(w, " : tunables ");
	w_u32(w, cache->limit, 4);
	w_char(w, ' ');
	w_u32(w, cache->batchcount, 4);
	w_char(w, ' ');
	w_u32(w, cache->sharedfactor, 4);
	w_lit(w, " : slabdata ");
	w_u32(w, cache->active_slabs, 6);
	w_char(w, ' ');
	w_u32(w, cache->num_slabs, 6);
	w_char(w, ' ');
	w_u32(w, cache->sharedavail, 6);
	w_char(w, '\n');
}

void proc_slabinfo(struct writer *w)
{
	w_lit(w, "slabinfo - version: 2.1\n"
		 "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
		 " : tunables <limit> <batchcount> <sharedfactor>"
		 " : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	memstat_caches(row, w);
}
