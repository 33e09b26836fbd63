/*
 * Call-site tracking (see callsite.h).
 *
 *	alloc_pages ──► record of the frame ──┐
 *	slab object ──► record behind it ─────┼──► site: caller + owner or cache; what is held now
 *	vmalloc area ─────────────────────────┘
 *
 * A site is counted up when something is allocated from it and down when that is freed, so that a
 * table of all callers is there at any instant and nothing has to be walked to show it. A record says
 * which site its block or object belongs to, and since when. "mark" copies each site's figures beside
 * them; the difference since then is a subtraction.
 *
 * The table is hashed by caller and key with open addressing, sites are never removed; what finds no
 * room counts at site 0. Without an option it is a small one, for areas only. With one it is larger
 * and, like the records of pages (8 bytes a frame), boot memory of the owner page_owner_records.
 *
 * What it costs when it is off: nothing on the fast paths of pages and objects (page_alloc.c and slab.c
 * say how), a few instructions for each area.
 *
 * Invariants: the sum of a site's records is its `live` and `bytes`; a free block has no record.
 *
 * What is allocated within an arena (arena.h) has no record: the arena's own blocks have, and the job
 * that uses it keeps its own.
 *
 * Departures from Linux, which keeps whole stack traces: one address, the first that is not a
 * function which allocates for others. Frame pointers lead to it; every function of this kernel that
 * calls another has one.
 */
#include "mm/callsite.h"

#include <string.h>

#include "kernel/lib/errno.h"
#include "kernel/stage.h"
#include "kernel/time.h"
#include "mm/bootmem.h"
#include "mm/memstat.h"
#include "mm/memstat_internal.h"
#include "mm/slab_internal.h"

#define SITES_SMALL 32
#define SITES_LARGE 512
#define STACK_DEPTH 12 /* frames that are looked at */
#define STACK_BYTES 16384

bool page_owner_on;

static bool page_owner_wanted;
static struct call_site small_table[SITES_SMALL];
static struct call_site *sites = small_table;
static u32 sites_size = SITES_SMALL, sites_used = 1;
static struct alloc_record *records; /* by frame, from min_mapnr */
static u32 record_bytes;
static u32 mark_number;
static u64 mark_ms;

extern const char __start_alloc_wrapper[], __stop_alloc_wrapper[];

int parse_page_owner(const char *value)
{
	if (strcmp(value, "on") && strcmp(value, "off"))
		return -EINVAL;
	page_owner_wanted = value[1] == 'n';
	return 0;
}

void __init page_owner_init(void)
{
	u32 table = SITES_LARGE * sizeof(*sites);

	if (!page_owner_wanted && !(slab_debug_flags & SLAB_STORE_USER))
		return;
	if (page_owner_wanted)
		record_bytes = (u32)((max_mapnr - min_mapnr) * sizeof(*records));
	sites = alloc_bootmem_pages(table + record_bytes, OWNER_PAGE_RECORDS);
	sites_size = SITES_LARGE;
	stage_note("call sites: %u bytes for %u sites and the records of frames",
		   table + record_bytes, sites_size);
	if (!page_owner_wanted)
		return;
	records = (struct alloc_record *)(sites + SITES_LARGE);
	page_owner_on = true;
	page_alloc_slow(true);
}

noinline unsigned long call_site_caller(void)
{
	const unsigned long *frame = __builtin_frame_address(0), *first = frame;
	unsigned long caller = 0;

	for (u32 depth = 0; depth < STACK_DEPTH; depth++) {
		const unsigned long *next = (const unsigned long *)frame[0];

		caller = frame[1];
		if (caller - (unsigned long)__start_alloc_wrapper >=
		    (unsigned long)(__stop_alloc_wrapper - __start_alloc_wrapper))
			break;
		if (next <= frame || (char *)next - (char *)first > STACK_BYTES)
			break;
		frame = next;
	}
	return caller;
}

/* ---- Sites ---- */

static u32 find_site(unsigned long caller, unsigned long key)
{
	u32 slot = (u32)((caller ^ key * 0x9e3779b1u) * 0x9e3779b1u) >> 7;

	for (u32 tries = 1; tries < sites_size; tries++, slot++) {
		u32 index = 1 + slot % (sites_size - 1);
		struct call_site *site = &sites[index];

		if (site->caller == caller && site->key == key)
			return index;
		if (site->caller)
			continue;
		site->caller = caller;
		site->key = key;
		sites_used++;
		return index;
	}
	return 0;
}

static void hold(struct call_site *site, u32 bytes)
{
	site->live++;
	site->calls++;
	site->bytes += bytes;
}

static void drop(struct call_site *site, u32 bytes)
{
	site->live--;
	site->bytes -= bytes;
}

/* Records name a site by its number and one, so that 0 is no record. */
static __alloc_wrapper noinline void set_record(struct alloc_record *record, unsigned long key,
						u32 bytes)
{
	u32 site = find_site(call_site_caller(), key);

	hold(&sites[site], bytes);
	record->ms = (u32)now_ms();
	record->site = (u16)(site + 1);
}

static void clear_record(struct alloc_record *record, u32 bytes)
{
	if (!record->site)
		return;
	drop(&sites[record->site - 1], bytes);
	record->site = 0;
}

u32 call_site_count(void)
{
	return sites_size;
}

const struct call_site *call_site(u32 index)
{
	return &sites[index];
}

/* ---- Pages, objects, areas ---- */

__alloc_wrapper void page_owner_set(const struct page *page, unsigned order, unsigned owner)
{
	struct alloc_record *record;

	if (!records)
		return;
	page_owner_clear(page);
	record = &records[page_to_pfn(page) - min_mapnr];
	record->order = (u16)order;
	set_record(record, owner, PAGE_SIZE << order);
}

void page_owner_clear(const struct page *page)
{
	struct alloc_record *record;

	if (!records || page->flags & PG_ARENA)
		return;
	record = &records[page_to_pfn(page) - min_mapnr];
	clear_record(record, PAGE_SIZE << record->order);
}

const struct alloc_record *page_owner_record(unsigned long pfn)
{
	return records && pfn_valid(pfn) && records[pfn - min_mapnr].site
		       ? &records[pfn - min_mapnr]
		       : NULL;
}

__alloc_wrapper void object_record_set(struct alloc_record *record, const struct kmem_cache *cache,
				       u32 bytes)
{
	set_record(record, (unsigned long)cache, bytes);
}

void object_record_clear(struct alloc_record *record, u32 bytes)
{
	clear_record(record, bytes);
}

u32 object_caller(const struct alloc_record *record)
{
	/* It lies behind an object, whose user may have written too far. */
	return record && record->site && record->site <= sites_size
		       ? (u32)sites[record->site - 1].caller
		       : 0;
}

void area_site_add(unsigned long caller, u32 bytes)
{
	hold(&sites[find_site(caller, SITE_KEY_AREAS)], bytes);
}

void area_site_remove(unsigned long caller, u32 bytes)
{
	drop(&sites[find_site(caller, SITE_KEY_AREAS)], bytes);
}

/* ---- memstat.h ---- */

static const char *cache_name(unsigned long key)
{
	const struct kmem_cache *cache;

	list_for_each_entry(cache, &cache_chain, next)
		if ((unsigned long)cache == key)
			return cache->name;
	return "(destroyed)";
}

static void describe(const struct call_site *site, struct memstat_callsite *out)
{
	*out = (struct memstat_callsite){
		.caller = (u32)site->caller,
		.live = site->live,
		.bytes = site->bytes,
		.calls = site->calls,
		.live_delta = (s32)(site->live - site->mark_live),
		.bytes_delta = (s32)(site->bytes - site->mark_bytes),
	};
	if (!site->caller) {
		out->kind = "all";
		out->what = "others";
	} else if (site->key == SITE_KEY_AREAS) {
		out->kind = "vmalloc";
		out->what = "areas";
	} else if (site->key < NR_OWNERS) {
		out->kind = "pages";
		out->what = owner_names[site->key];
	} else {
		out->kind = "objects";
		out->what = cache_name(site->key);
	}
}

/* What a list is ordered by: bytes, or how far they have moved since the mark. */
static u32 weight(const struct call_site *site, bool since_mark)
{
	s32 delta = (s32)(site->bytes - site->mark_bytes);

	return !since_mark ? site->bytes : (u32)(delta < 0 ? -delta : delta);
}

static bool shown(const struct call_site *site, bool since_mark)
{
	return since_mark ? site->live != site->mark_live || site->bytes != site->mark_bytes
			  : site->live;
}

/* The heaviest site behind (limit, last) in the order by weight, then by place; NULL: none is left. */
static const struct call_site *next_site(bool since_mark, u64 limit, const struct call_site *last)
{
	const struct call_site *best = NULL;

	for (const struct call_site *s = sites; s < sites + sites_size; s++) {
		u32 heavy;

		if (!shown(s, since_mark))
			continue;
		heavy = weight(s, since_mark);
		if (heavy > limit || (heavy == limit && s <= last))
			continue;
		if (!best || heavy > weight(best, since_mark))
			best = s;
	}
	return best;
}

u32 memstat_callsites(bool since_mark, u32 first, u32 count,
		      void (*fn)(void *arg, const struct memstat_callsite *site), void *arg)
{
	const struct call_site *site = NULL;
	struct memstat_callsite out;
	u64 limit = ~0ull;
	u32 all = 0;

	for (const struct call_site *s = sites; s < sites + sites_size; s++)
		all += shown(s, since_mark);
	for (u32 i = 0; i < all && i < first + count; i++) {
		site = next_site(since_mark, limit, site);
		limit = weight(site, since_mark);
		if (i < first)
			continue;
		describe(site, &out);
		fn(arg, &out);
	}
	return all;
}

void memstat_tracking(struct memstat_tracking *out)
{
	*out = (struct memstat_tracking){
		.pages = page_owner_on,
		.objects = slab_debug_flags & SLAB_STORE_USER,
		.sites = sites_used - 1,
		.sites_max = sites_size - 1,
		.record_bytes = record_bytes,
		.table_bytes = sites_size * (u32)sizeof(*sites),
		.mark = mark_number,
		.mark_ms = mark_ms,
	};
}

u32 memstat_mark(void)
{
	for (struct call_site *s = sites; s < sites + sites_size; s++) {
		s->mark_live = s->live;
		s->mark_bytes = s->bytes;
	}
	mark_ms = now_ms();
	return ++mark_number;
}

bool memstat_frame_site(u32 block_pfn, struct memstat_callsite *out, u32 *since_ms)
{
	const struct alloc_record *record = page_owner_record(block_pfn);

	if (!record)
		return false;
	describe(&sites[record->site - 1], out);
	*since_ms = record->ms;
	return true;
}
