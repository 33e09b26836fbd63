/*
 * Bringing the slab allocator up (W-115), and its final sizes (W-122).
 *
 * Every cache has parts that come from caches: its own structure, its per-cpu array, its node
 * lists. Three static sets of parts break the circle, and are replaced before their memory
 * (.init.data) is given back:
 *
 *	cache		structure	array			node lists
 *	cache_cache	static, stays	initarray_cache		group CACHE_CACHE
 *	size-32 (AC)	cache_cache	initarray_generic	group SIZE_AC
 *	size-64 (L3)	cache_cache	size-32			group SIZE_L3
 *	all others	cache_cache	size-32			size-64
 *
 * INDEX_AC is the general cache that holds an array of one entry, INDEX_L3 the one that holds a
 * kmem_list3. The state says how far this is: NONE, PARTIAL_AC (arrays can be had), PARTIAL_L3
 * (node lists too), EARLY (nothing static is left), FULL (arrays have their final sizes).
 *
 * The walkthrough's list of steps ends with the third, and calls the first cache by the name of its
 * variable: there are six steps, and its name is "kmem_cache". malloc_sizes and cache_names are arrays of
 * structures (kmalloc.c), not of pointers.
 *
 * No page is taken before an object is: a general cache costs its structure, its array and its
 * lists, and its first slab comes with its first object.
 */
#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/cpu.h"
#include "mm/buddy.h"
#include "mm/slab_internal.h"

/* Above this much RAM a slab may be larger than it must be (W-115): 32 MiB. */
#define LARGE_SLABS_RAM_PAGES ((32ul << 20) >> PAGE_SHIFT)

struct kmem_list3 __initdata initkmem_list3[NUM_INIT_LISTS];
struct arraycache_init __initdata initarray_cache = {
	.cache = { .limit = BOOT_CPUCACHE_ENTRIES, .batchcount = 1 },
};
struct arraycache_init __initdata initarray_generic;

struct kmem_cache cache_cache = {
	.batchcount = 1,
	.limit = BOOT_CPUCACHE_ENTRIES,
	.shared = 1,
	.name = "kmem_cache",
	.owner = "kernel",
};

LIST_HEAD(cache_chain);
enum slab_state g_cpucache_up = NONE;
int nr_node_ids;

void slab_set_state(enum slab_state state)
{
	static const char *const names[] = { "NONE", "PARTIAL_AC", "PARTIAL_L3", "EARLY", "FULL" };

	stage_note("state %s -> %s", names[g_cpucache_up], names[state]);
	g_cpucache_up = state;
}

static void __init size_up_machine(void)
{
	nr_node_ids = 1;
	for (int nid = 0; nid < MAX_NUMNODES; nid++) {
		if (!node_online(nid))
			continue;
		nr_node_ids = nid + 1;
		for (unsigned z = 0; z < MAX_NR_ZONES; z++) {
			const struct zone *zone = &NODE_DATA(nid)->node_zones[z];

			if (zone->populated)
				slab_max_order = min(slab_max_order, zone->engine->max_order - 1);
		}
	}
	if (totalram_pages > LARGE_SLABS_RAM_PAGES)
		slab_break_gfp_order = 1;
}

/* Step 1: the cache of cache structures, out of static parts. */
static void __init init_cache_cache(void)
{
	size_t line = cache_line_size(), left_over = 0;
	size_t size = offsetof(struct kmem_cache, nodelists) + nr_node_ids * sizeof(void *);

	list_add(&cache_cache.next, &cache_chain);
	cache_cache.colour_off = line;
	cpu_cache_set(&cache_cache, &initarray_cache.cache);
	set_up_list3s(&cache_cache, CACHE_CACHE);
	cache_cache.obj_size = size;
	slab_set_buffer_size(&cache_cache, round_up(size, line));
	for (unsigned order = 0; order <= slab_max_order && !cache_cache.num; order++) {
		cache_estimate(order, cache_cache.buffer_size, line, false, &left_over,
			       &cache_cache.num);
		cache_cache.gfporder = order;
	}
	BUG_ON(!cache_cache.num);
	cache_cache.colour = left_over / cache_cache.colour_off;
	cache_cache.slab_size = slab_mgmt_size(cache_cache.num, line);
	stage_note("%s: %u bytes, %u a slab of order %u, %u colours", cache_cache.name,
		   cache_cache.buffer_size, cache_cache.num, cache_cache.gfporder,
		   cache_cache.colour);
	stage_note("%s: limit %u, batchcount %u, shared %u", cache_cache.name, cache_cache.limit,
		   cache_cache.batchcount, cache_cache.shared);
}

static struct kmem_cache *__init create_general(unsigned index, bool dma)
{
	return kmem_cache_create(dma ? cache_names[index].name_dma : cache_names[index].name,
				 malloc_sizes[index].cs_size, 0,
				 SLAB_HWCACHE_ALIGN | SLAB_PANIC | (dma ? SLAB_CACHE_DMA : 0), NULL,
				 "kernel");
}

static bool __init dma_zone_exists(void)
{
	int nid;

	for_each_slab_node(nid)
		if (NODE_DATA(nid)->node_zones[ZONE_DMA].populated)
			return true;
	return false;
}

/* Step 3, second half: whatever the ladder still lacks, ascending. */
static void __init create_ladder(void)
{
	bool dma = dma_zone_exists();
	unsigned n = 0;

	for (unsigned i = 0; malloc_sizes[i].cs_size != SLAB_SIZES_END; i++) {
		if (!malloc_sizes[i].cs_cachep)
			malloc_sizes[i].cs_cachep = create_general(i, false);
		if (dma)
			malloc_sizes[i].cs_dmacachep = create_general(i, true);
		n++;
	}
	stage_note("%u sizes up to %s%s", n, cache_names[n - 1].name,
		   dma ? ", each with a DMA cache" : "; no DMA zone");
}

/* Step 4 for one cache: an array of the same size from the INDEX_AC cache. */
static void __init replace_array(struct kmem_cache *cache, struct arraycache_init *from)
{
	struct array_cache *new = kmalloc(sizeof(*from), GFP_KERNEL);

	if (!new)
		panic("slab", "no memory for the first array of %s", cache->name);
	BUG_ON(cpu_cache_get(cache) != &from->cache);
	memcpy(new, from, sizeof(*from));
	cpu_cache_set(cache, new);
	stage_note("%s: array %#lx -> %#lx", cache->name, (unsigned long)from, (unsigned long)new);
}

static void __init move_list(struct list_head *from, struct list_head *to)
{
	INIT_LIST_HEAD(to);
	list_splice_init(from, to);
}

/* Step 5 for one list (the documented init_list): relinks the heads of the three lists. */
static void __init replace_list(struct kmem_cache *cache, int group, int nid)
{
	struct kmem_list3 *from = &initkmem_list3[group + nid];
	struct kmem_list3 *to = kmalloc(sizeof(*to), GFP_KERNEL);

	if (!to)
		panic("slab", "no memory for the node list of %s", cache->name);
	BUG_ON(cache->nodelists[nid] != from);
	/* Copied after the allocation, which may have changed the lists of this very cache. */
	*to = *from;
	move_list(&from->slabs_partial, &to->slabs_partial);
	move_list(&from->slabs_full, &to->slabs_full);
	move_list(&from->slabs_free, &to->slabs_free);
	cache->nodelists[nid] = to;
	stage_note("%s: list %#lx -> %#lx", cache->name, (unsigned long)from, (unsigned long)to);
}

static void __init note_structures(void)
{
	stage_begin(STAGE_slab_structures);
	stage_note("kmem_cache %u, array_cache %u, kmem_list3 %u, slab %u bytes",
		   (unsigned)sizeof(struct kmem_cache), (unsigned)sizeof(struct array_cache),
		   (unsigned)sizeof(struct kmem_list3), (unsigned)sizeof(struct slab));
	stage_end(STAGE_slab_structures);
}

static void __init replace_lists(unsigned index_ac, unsigned index_l3)
{
	int nid;

	for_each_slab_node(nid) {
		replace_list(&cache_cache, CACHE_CACHE, nid);
		replace_list(malloc_sizes[index_ac].cs_cachep, SIZE_AC, nid);
		if (index_ac != index_l3)
			replace_list(malloc_sizes[index_l3].cs_cachep, SIZE_L3, nid);
	}
}

void __init kmem_cache_init(void)
{
	unsigned index_ac, index_l3;

	size_up_machine();
	for (int i = 0; i < NUM_INIT_LISTS; i++)
		kmem_list3_init(&initkmem_list3[i]);
	kmalloc_build_ladder(cache_line_size());
	index_ac = index_of(sizeof(struct arraycache_init));
	index_l3 = index_of(sizeof(struct kmem_list3));
	note_structures();
	stage_note("slab_break_gfp_order %u: RAM %lu pages", slab_break_gfp_order, totalram_pages);

	stage_begin(STAGE_slab_cache_cache);
	init_cache_cache();
	stage_end(STAGE_slab_cache_cache);

	stage_begin(STAGE_slab_index_ac);
	malloc_sizes[index_ac].cs_cachep = create_general(index_ac, false);
	stage_note("INDEX_AC = %s, array %#lx is static", cache_names[index_ac].name,
		   (unsigned long)&initarray_generic);
	stage_end(STAGE_slab_index_ac);

	stage_begin(STAGE_slab_index_l3);
	if (index_ac != index_l3)
		malloc_sizes[index_l3].cs_cachep = create_general(index_l3, false);
	stage_note("INDEX_L3 = %s", cache_names[index_l3].name);
	slab_early_init = false;
	create_ladder();
	stage_end(STAGE_slab_index_l3);

	stage_begin(STAGE_slab_replace_arrays);
	replace_array(&cache_cache, &initarray_cache);
	replace_array(malloc_sizes[index_ac].cs_cachep, &initarray_generic);
	stage_end(STAGE_slab_replace_arrays);

	stage_begin(STAGE_slab_replace_lists);
	replace_lists(index_ac, index_l3);
	stage_end(STAGE_slab_replace_lists);

	slab_set_state(EARLY);
}

void __init kmem_cache_init_late(void)
{
	struct kmem_cache *cache;

	list_for_each_entry(cache, &cache_chain, next) {
		unsigned long old = (unsigned long)cache->array[0];
		int err;

		STAGE_ONCE(enable_cpucache, {
			err = enable_cpucache(cache, GFP_KERNEL);
			STAGE_NOTE_OF(enable_cpucache, "%s: limit %u, batchcount %u, shared %u",
				      cache->name, cache->limit, cache->batchcount, cache->shared);
		});
		if (err)
			panic("slab", "enable_cpucache failed for %s, error %d", cache->name, -err);
		STAGE_ONCE(do_tune_cpucache,
			   STAGE_NOTE_OF(do_tune_cpucache, "%s: array %#lx -> %#lx", cache->name,
					 old, (unsigned long)cache->array[0]));
		stage_note(
			"%s: limit %u, batchcount %u, shared %u, free_limit %u, array %#lx -> %#lx",
			cache->name, cache->limit, cache->batchcount, cache->shared,
			cache->nodelists[numa_node_id()]->free_limit, old,
			(unsigned long)cache->array[0]);
	}
	set_reclaimer(kmem_cache_reap);
	slab_set_state(FULL);
}
