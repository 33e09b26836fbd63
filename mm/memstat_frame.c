/*
 * memstat.h, the page frames: what one is, and the picture of them all.
 *
 * The picture is made block by block, not frame by frame: the first descriptor of a block tells the
 * state of all its frames, so a zone that is mostly free costs one step for each 1024 frames. What a
 * block is, is told by its descriptors' own words (the table in mmzone.h); no pointer in a descriptor
 * is followed before it was found on the chain of caches.
 *
 * A cell may cover a part of a block, one block or many. Frames are counted by value until the cell
 * is full; runs of equal cells are handed on as one.
 */
#include "mm/memstat.h"

#include <stdio.h>
#include <string.h>

#include "kernel/time.h"
#include "mm/arena.h"
#include "mm/callsite.h"
#include "mm/check_internal.h"
#include "mm/direct_map.h"
#include "mm/memstat_internal.h"
#include "mm/pgtable.h"
#include "mm/slab_internal.h"

/* MEMSTAT_BY_USE: free frames of zone type z are FREE_USE + z, those in arenas the last value. */
#define FREE_USE NR_OWNERS

/* MEMSTAT_BY_ORDER, behind the orders. */
enum { BY_ORDER_PCP = MAX_ORDER, BY_ORDER_USED, BY_ORDER_HOLE, BY_ORDER_VALUES };

/* MEMSTAT_BY_CACHE: 0 is no slab; then the caches as chained, the last value for all that are left. */
#define BY_CACHE_LAST (MEMSTAT_FRAME_VALUES - 1)

BUILD_BUG_ON(NR_OWNERS + MAX_NR_ZONES >= MEMSTAT_FRAME_VALUES);
BUILD_BUG_ON(MAX_NUMNODES *MAX_NR_ZONES + 1 > MEMSTAT_FRAME_VALUES);

u32 memstat_frame_start(void)
{
	return mm_seal.map_start_pfn;
}

u32 memstat_frame_end(void)
{
	return mm_seal.map_end_pfn;
}

/* ---- Blocks ---- */

struct block {
	unsigned long start, end;	 /* frames [start, end) */
	const struct page *first, *head; /* descriptors of `start` and of the block; NULL: none */
	enum frame_class class;
};

/* The block that covers pfn; a frame that no block covers is one of its own, without a head. */
static struct block find_block(unsigned long pfn)
{
	struct block b = { .start = pfn, .end = pfn + 1 };
	unsigned order;

	if (pfn < mm_seal.map_start_pfn || pfn >= mm_seal.map_end_pfn)
		return b;
	b.first = pfn_to_page(pfn);
	b.head = frame_block(pfn, &b.class, &order);
	if (!b.head)
		return b;
	b.start = page_to_pfn(b.head);
	b.end = b.start + (1UL << order);
	b.first = b.head;
	return b;
}

static enum page_owner owner_of(const struct block *b)
{
	if (!b->first)
		return OWNER_HOLE;
	return b->head && page_owner(b->head) < NR_OWNERS ? page_owner(b->head) : OWNER_NONE;
}

/* ---- Values ---- */

static u32 use_value(const struct block *b)
{
	if (b->head && b->class == FRAME_FREE)
		return FREE_USE + (arena_of_pfn(b->start) ? MAX_NR_ZONES : page_zonenum(b->head));
	return owner_of(b);
}

static u32 order_value(const struct block *b)
{
	if (owner_of(b) == OWNER_HOLE)
		return BY_ORDER_HOLE;
	if (b->head && b->class == FRAME_FREE)
		return (u32)b->head->private;
	return owner_of(b) == OWNER_PCP ? BY_ORDER_PCP : BY_ORDER_USED;
}

/* Where a cache stands on the chain, from 1; 0 if it does not. */
static u32 cache_number(const struct kmem_cache *wanted)
{
	const struct kmem_cache *cache;
	u32 number = 0;

	list_for_each_entry(cache, &cache_chain, next) {
		number++;
		if (cache == wanted)
			return min(number, (u32)BY_CACHE_LAST);
	}
	return 0;
}

static u32 cache_value(const struct block *b)
{
	return b->head && b->class == FRAME_SLAB ? cache_number(b->head->slab_cache) : 0;
}

static u32 type_of(unsigned long pfn)
{
	return min_t(u32, pageblock_types[pfn >> PAGEBLOCK_ORDER], MIGRATE_TYPES - 1);
}

/* MEMSTAT_BY_AGE: below these many ms, then older; in front of them what has no age. */
static const u32 age_limits_ms[] = { 1000, 10000, 60000, 600000, 3600000 };
enum { AGE_NONE, AGE_FREE, AGE_FIRST };
#define AGE_VALUES (AGE_FIRST + ARRAY_SIZE(age_limits_ms) + 1)

static u32 age_value(const struct block *b)
{
	const struct alloc_record *record;
	u32 age_ms, value = 0;

	if (b->head && (b->class == FRAME_FREE || b->class == FRAME_PCP))
		return AGE_FREE;
	record = b->head ? page_owner_record(b->start) : NULL;
	if (!record)
		return AGE_NONE;
	age_ms = (u32)now_ms() - record->ms;
	while (value < ARRAY_SIZE(age_limits_ms) && age_ms >= age_limits_ms[value])
		value++;
	return AGE_FIRST + value;
}

static const char *age_value_name(u32 value)
{
	static const char *const names[AGE_VALUES] = {
		"not recorded", "free",		"below 1 s", "below 10 s",
		"below 1 min",	"below 10 min", "below 1 h", "1 h and more",
	};

	return value < AGE_VALUES ? names[value] : NULL;
}

/* MEMSTAT_BY_STATE: the classes, then holes. */
#define STATE_HOLE (FRAME_UNKNOWN + 1)

static u32 state_value(const struct block *b)
{
	if (owner_of(b) == OWNER_HOLE)
		return STATE_HOLE;
	return b->head ? b->class : FRAME_UNKNOWN;
}

static const char *state_value_name(u32 value)
{
	static const char *const names[STATE_HOLE + 1] = {
		[FRAME_RESERVED] = "reserved", [FRAME_FREE] = "free",
		[FRAME_PCP] = "per-cpu list",  [FRAME_ALLOCATED] = "allocated",
		[FRAME_SLAB] = "slab",	       [FRAME_UNKNOWN] = "unclassified",
		[STATE_HOLE] = "hole",
	};

	return value <= STATE_HOLE ? names[value] : NULL;
}

static u32 block_value(enum memstat_frame_view view, const struct block *b)
{
	switch (view) {
	case MEMSTAT_BY_USE: return use_value(b);
	case MEMSTAT_BY_ORDER: return order_value(b);
	case MEMSTAT_BY_CACHE: return cache_value(b);
	case MEMSTAT_BY_AGE: return age_value(b);
	case MEMSTAT_BY_STATE: return state_value(b);
	default: break;
	}
	if (owner_of(b) == OWNER_HOLE)
		return 0;
	if (view == MEMSTAT_BY_TYPE)
		return 1 + type_of(b->start);
	if (page_to_nid(b->first) < 0)
		return 0;
	if (view == MEMSTAT_BY_NODE)
		return 1 + (u32)page_to_nid(b->first);
	return 1 + (u32)page_to_nid(b->first) * MAX_NR_ZONES + page_zonenum(b->first);
}

/* ---- Names ---- */

static const char *cache_value_name(u32 value)
{
	const struct kmem_cache *cache;
	u32 number = 0;

	if (!value)
		return "no slab";
	list_for_each_entry(cache, &cache_chain, next) {
		if (++number < value)
			continue;
		return cache->next.next == &cache_chain || value < BY_CACHE_LAST ? cache->name
										 : "others";
	}
	return NULL;
}

static const char *zone_value_name(u32 value, char *buf, u32 bytes)
{
	u32 nid;

	if (!value--)
		return "hole";
	nid = value / MAX_NR_ZONES;
	if (nid >= (u32)nr_node_ids)
		return NULL;
	snprintf(buf, bytes, "node %u %s", nid,
		 node_online((int)nid) ? NODE_DATA(nid)->node_zones[value % MAX_NR_ZONES].name
				       : "(offline)");
	return buf;
}

static const char *node_value_name(u32 value, char *buf, u32 bytes)
{
	if (!value--)
		return "hole";
	if (value >= (u32)nr_node_ids)
		return NULL;
	snprintf(buf, bytes, "node %u", value);
	return buf;
}

static const char *order_value_name(u32 value, char *buf, u32 bytes)
{
	static const char *const others[] = { "per-cpu list", "in use", "hole" };

	if (value >= BY_ORDER_VALUES)
		return NULL;
	if (value >= BY_ORDER_PCP)
		return others[value - BY_ORDER_PCP];
	snprintf(buf, bytes, "order %u", value);
	return buf;
}

const char *memstat_frame_value(enum memstat_frame_view view, u32 value, char *buf, u32 bytes)
{
	switch (view) {
	case MEMSTAT_BY_USE:
		if (value < NR_OWNERS)
			return owner_names[value];
		return value <= FREE_USE + MAX_NR_ZONES ? free_use_names[value - FREE_USE] : NULL;
	case MEMSTAT_BY_ZONE: return zone_value_name(value, buf, bytes);
	case MEMSTAT_BY_ORDER: return order_value_name(value, buf, bytes);
	case MEMSTAT_BY_CACHE: return value <= BY_CACHE_LAST ? cache_value_name(value) : NULL;
	case MEMSTAT_BY_AGE: return age_value_name(value);
	case MEMSTAT_BY_STATE: return state_value_name(value);
	case MEMSTAT_BY_NODE: return node_value_name(value, buf, bytes);
	default:
		if (!value)
			return "hole";
		return value <= MIGRATE_TYPES ? memstat_type_name(value - 1) : NULL;
	}
}

/* ---- The picture ---- */

struct picture {
	void (*fn)(void *arg, u32 run, u32 value, u32 eighths);
	void *arg;
	u32 run, value, eighths;	  /* equal cells not yet handed on */
	u32 per_cell, filled;		  /* frames of a cell, and those of the current one known */
	u32 frames[MEMSTAT_FRAME_VALUES]; /* of the current cell, by value */
};

static void put_cells(struct picture *p, u32 cells, u32 value, u32 eighths)
{
	if (p->run && (value != p->value || eighths != p->eighths)) {
		p->fn(p->arg, p->run, p->value, p->eighths);
		p->run = 0;
	}
	p->value = value;
	p->eighths = eighths;
	p->run += cells;
}

/* The current cell is full. */
static void put_mixed_cell(struct picture *p)
{
	u32 best = 0;

	for (u32 value = 1; value < MEMSTAT_FRAME_VALUES; value++)
		if (p->frames[value] > p->frames[best])
			best = value;
	put_cells(p, 1, best, (u32)((u64)p->frames[best] * 8 / p->per_cell));
	memset(p->frames, 0, sizeof(p->frames));
	p->filled = 0;
}

static void put_frames(struct picture *p, u32 value, u32 frames)
{
	while (frames) {
		u32 n = min(frames, p->per_cell - p->filled);

		if (n == p->per_cell) { /* whole cells of one value */
			u32 cells = frames / p->per_cell;

			put_cells(p, cells, value, 8);
			frames -= cells * p->per_cell;
			continue;
		}
		p->frames[value] += n;
		p->filled += n;
		frames -= n;
		if (p->filled == p->per_cell)
			put_mixed_cell(p);
	}
}

void memstat_frame_cells(enum memstat_frame_view view, u32 start, u32 per_cell, u32 cells,
			 void (*fn)(void *arg, u32 run, u32 value, u32 eighths), void *arg)
{
	struct picture p = { .fn = fn, .arg = arg, .per_cell = per_cell };
	u64 end = start + (u64)per_cell * cells;
	unsigned long known = (unsigned long)min_t(u64, end, mm_seal.map_end_pfn);
	struct block beyond = { 0 };

	for (unsigned long pfn = start; pfn < known;) {
		struct block b = find_block(pfn);
		unsigned long next = min(b.end, known);

		put_frames(&p, block_value(view, &b), next - pfn);
		pfn = next;
	}
	put_frames(&p, block_value(view, &beyond), (u32)(end - max_t(u64, start, known)));
	if (p.run)
		fn(arg, p.run, p.value, p.eighths);
}

/* ---- One frame ---- */

/* The address of a frame in the direct map if that is what it leads to; 0 for high memory, and for
 * frames whose addresses were given to others (W-61). */
static u32 direct_address(u32 pfn)
{
	struct memstat_walk walk;

	if (pfn >= PFN_DOWN(__pa(high_memory)))
		return 0;
	memstat_walk((u32)(unsigned long)__va((unsigned long)pfn << PAGE_SHIFT), &walk);
	return walk.mapped && PFN_DOWN(walk.phys) == pfn ? walk.address : 0;
}

/* The zone that a descriptor names, which may be damaged. */
static const char *zone_name(const struct page *page)
{
	int nid = page_to_nid(page);

	if (nid < 0 || (!(page->flags & PG_ARENA) && !node_online(nid)))
		return "?";
	return page_zone(page)->name;
}

bool memstat_frame(u32 pfn, struct memstat_frame *out)
{
	struct block b = find_block(pfn);
	const struct page *page;

	if (!b.first)
		return false;
	page = pfn_to_page(pfn);
	*out = (struct memstat_frame){
		.pfn = pfn,
		.flags = page->flags,
		.index = page->index,
		.private = page->private,
		.count = page->_count,
		.mapcount = page->_mapcount,
		.node = (u32)page_to_nid(page),
		.zone = zone_name(page),
		.state = state_value_name(state_value(&b)),
		.use = use_value(&b) < FREE_USE ? owner_names[use_value(&b)]
						: free_use_names[use_value(&b) - FREE_USE],
		.block_pfn = b.start,
		.block_order = (u32)__builtin_ctzl(b.end - b.start),
		.type = memstat_type_name(type_of(pfn)),
	};
	if (b.head && b.class == FRAME_SLAB && cache_number(b.head->slab_cache)) {
		out->cache = b.head->slab_cache->name;
		out->slab = (u32)(unsigned long)b.head->slab_page;
	}
	out->direct_address = direct_address(pfn);
	return true;
}

const char *memstat_frame_flag(u32 bit)
{
	static const char *const names[NR_PAGEFLAGS] = {
		"locked",      "referenced", "dirty",	  "lru",       "active",    "slab",
		"reserved",    "private",    "private_2", "writeback", "swapcache", "buddy",
		"unevictable", "mlocked",    "hwpoison",  "highmem",
	};

	return bit < NR_PAGEFLAGS ? names[bit] : NULL;
}

struct mapping_search {
	u32 pfn;
	void (*fn)(void *arg, u32 address, u32 flags);
	void *arg;
};

static void found_mapping(const struct mapping_search *search, u32 address, u32 val, bool large)
{
	if (address != direct_address(search->pfn))
		search->fn(search->arg, address, memstat_entry_flags(val, large));
}

static void search_table(const struct mapping_search *search, u32 start, const pte_t *pte)
{
	for (u32 i = 0; i < PTRS_PER_PTE; i++)
		if (pte[i].val & _PAGE_PRESENT &&
		    PFN_DOWN(pte[i].val & PTE_FRAME_MASK) == search->pfn)
			found_mapping(search, start + (i << PAGE_SHIFT), pte[i].val, false);
}

void memstat_frame_mappings(u32 pfn, void (*fn)(void *arg, u32 address, u32 flags), void *arg)
{
	struct mapping_search search = { pfn, fn, arg };

	for (u32 i = KERNEL_PGD_BOUNDARY; i < PTRS_PER_PGD; i++) {
		pgd_t pgd = swapper_pg_dir[i];
		u32 first = PFN_DOWN(pgd.val & PTE_FRAME_MASK);

		if (!pgd_present(pgd))
			continue;
		if (!pgd_large(pgd))
			search_table(&search, i << PGDIR_SHIFT, pte_offset_kernel(&pgd, 0));
		else if (pfn >= first && pfn < first + PTRS_PER_PTE)
			found_mapping(&search, (i << PGDIR_SHIFT) + ((pfn - first) << PAGE_SHIFT),
				      pgd.val, true);
	}
}
