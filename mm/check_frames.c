/*
 * The walk over every page descriptor (check_frames).
 *
 * The array is walked from end to end in stretches of one zone, and in blocks within: the first
 * descriptor of a block tells its state and order, the rest must be tails of it. What every word must be follows from
 * the state (mmzone.h), so every word of every descriptor is looked at; only the list links of
 * heads that are on a list are left to check_lists.c, and those of slabs to slab_check.c.
 *
 * Independently of the descriptors, the memory map says which frames are RAM: a hole must be
 * tagged as one, and nothing else may be. Descriptors that no zone of their node spans (they fill up
 * top-order blocks, or gaps between nodes) are reserved and carry the place of the zone before.
 *
 * The counts are then compared with owner_pages[], the zones' counters, the totals, and with the
 * loader's map: every frame of it must be in one use.
 *
 * A damaged head makes its tails unclassified: such a run of frames is reported once, with its
 * length. A walk costs some 20 instructions a frame.
 */
#include <stdio.h>
#include <string.h>

#include "mm/check_internal.h"
#include "mm/e820.h"
#include "mm/early_node_map.h"
#include "mm/gen24.h"
#include "mm/numa.h"

struct walk {
	struct memstat_check *check;
	const struct zone_seal *seal;
	struct zone_count *zone;
	struct zone_count
		*home; /* of the zone whose RAM it is: an arena's is that of the zone around */
	/* run of frames that belong to no block */
	unsigned long unknown_start, unknown_count;
	/* the stretch of the memory map that the walk is in */
	unsigned long ram_end; /* it ends here */
	bool ram;	       /* and is RAM */
	bool registered;       /* which the zones are made of */
	bool inside;	       /* its zone spans it */
};

static struct zone_count zone_counts[CHECK_WALKS_MAX]; /* by check_zone() */
static unsigned long owner_count[OWNER_FIELD_SIZE];
static unsigned long extra_refs;     /* counts above 1, all blocks together */
static unsigned long shared_pfns[4]; /* the first blocks with such a count */
static u32 shared_blocks;

enum frame_class frame_class(const struct page *page)
{
	if (PageFlag(page, PG_reserved))
		return FRAME_RESERVED;
	if (PageFlag(page, PG_buddy))
		return FRAME_FREE;
	if (page_owner(page) == OWNER_PCP)
		return FRAME_PCP;
	if (page_owner(page) == OWNER_NONE)
		return FRAME_UNKNOWN;
	return PageFlag(page, PG_slab) ? FRAME_SLAB : FRAME_ALLOCATED;
}

/* Order of the block a head begins; 0 for single states. May be any number if corrupt. */
static unsigned frame_order(const struct page *page, enum frame_class class)
{
	if (class == FRAME_FREE)
		return (unsigned)page->private;
	return class == FRAME_ALLOCATED || class == FRAME_SLAB ? page_order(page) : 0;
}

const struct page *frame_block(unsigned long pfn, enum frame_class *class, unsigned *order)
{
	for (unsigned up = 0; up < MAX_ORDER; up++) {
		const struct page *head = pfn_to_page(round_down(pfn, 1UL << up));

		*class = frame_class(head);
		if (*class == FRAME_UNKNOWN)
			continue;
		*order = frame_order(head, *class);
		return *order >= up && *order < MAX_ORDER ? head : NULL;
	}
	return NULL;
}

/* ---- Which frames are RAM ---- */

/* The seal of the zone that pfn belongs to, or lies nearest behind; of its node's first one if it
 * lies before them all. */
static const struct zone_seal *seal_of(unsigned long pfn)
{
	u32 nid = (u32)pfn_to_nid(pfn);
	const struct zone_seal *nearest = NULL;

	for (u32 i = 0; i < mm_seal.zone_count; i++) {
		const struct zone_seal *seal = &mm_seal.zones[i];

		if ((seal->place & PG_NODE_MASK) >> PG_NODE_SHIFT != nid)
			continue;
		if (!nearest ||
		    (seal->start_pfn != seal->end_pfn &&
		     (nearest->start_pfn == nearest->end_pfn || seal->start_pfn <= pfn)))
			nearest = seal;
	}
	return nearest;
}

/* A stretch ends where an arena begins, and in an arena its own seal counts. */
static void enter_arena(struct walk *w, unsigned long pfn)
{
	const struct zone_seal *seal;

	for (u32 i = mm_seal.zone_count; (seal = check_zone(i)); i++) {
		if (pfn < seal->start_pfn)
			w->ram_end = min(w->ram_end, seal->start_pfn);
		if (pfn < seal->start_pfn || pfn >= seal->end_pfn)
			continue;
		w->seal = seal;
		w->zone = &zone_counts[i];
		w->ram_end = min(w->ram_end, seal->end_pfn);
	}
}

/* Finds the stretch that holds pfn: one zone, RAM or not, and where it ends. */
static void find_stretch(struct walk *w, unsigned long pfn)
{
	u64 end = min(mm_seal.map_end_pfn, same_node_until(pfn));

	w->seal = seal_of(pfn);
	w->home = w->zone = &zone_counts[w->seal - mm_seal.zones];
	w->inside = pfn >= w->seal->start_pfn && pfn < w->seal->end_pfn;
	if (w->inside)
		end = min(end, (u64)w->seal->end_pfn);
	else if (pfn < w->seal->start_pfn)
		end = min(end, (u64)w->seal->start_pfn);
	w->registered = pfn_is_registered(pfn);
	w->ram = false;
	for (u32 i = 0; i < e820.nr_map; i++) {
		struct range r = e820_ram_frames(&e820.map[i]);

		if (range_has(r, pfn)) {
			w->ram = true;
			end = min(r.end, end);
			break;
		}
		if (!range_empty(r) && r.start > pfn)
			end = min(end, r.start);
	}
	w->ram_end = (unsigned long)end;
	enter_arena(w, pfn);
}

/* ---- Words of one descriptor ---- */

static void where_frame(unsigned long pfn, char *buf, size_t size)
{
	snprintf(buf, size, "frame 0x%05lx (%s)", pfn, pfn < MAXMEM_PFN ? "low" : "high");
}

static void report_word(struct walk *w, const struct page *page, const char *word,
			unsigned long expected, unsigned long found)
{
	char where[56];

	if (expected == found)
		return;
	where_frame(page_to_pfn(page), where, sizeof(where));
	check_equal_hex(w->check, word, where, expected, found);
}

/* What a descriptor must hold; the links only where `links` says so. */
struct want {
	u32 flags;
	s32 count;
	unsigned long private, index;
	bool links;
	const void *next, *prev;
};

static bool is_as_wanted(const struct page *p, const struct want *want)
{
	unsigned long d = (p->flags ^ want->flags) | (u32)(p->_count ^ want->count) |
			  (u32)~p->_mapcount | (p->private ^ want->private) |
			  (unsigned long)p->mapping | (p->index ^ want->index);

	if (want->links)
		d |= ((unsigned long)p->lru.next ^ (unsigned long)want->next) |
		     ((unsigned long)p->lru.prev ^ (unsigned long)want->prev);
	return likely(!d);
}

static __cold noinline void report_words(struct walk *w, const struct page *p,
					 const struct want *want)
{
	report_word(w, p, "page.flags", want->flags, p->flags);
	report_word(w, p, "page._count", (u32)want->count, (u32)p->_count);
	report_word(w, p, "page._mapcount", ~0u, (u32)p->_mapcount);
	report_word(w, p, "page.private", want->private, p->private);
	report_word(w, p, "page.mapping", 0, (unsigned long)p->mapping);
	report_word(w, p, "page.index", want->index, p->index);
	if (!want->links)
		return;
	report_word(w, p, "page.lru.next", (unsigned long)want->next, (unsigned long)p->lru.next);
	report_word(w, p, "page.lru.prev", (unsigned long)want->prev, (unsigned long)p->lru.prev);
}

static void expect_words(struct walk *w, const struct page *page, const struct want *want)
{
	if (unlikely(!is_as_wanted(page, want)))
		report_words(w, page, want);
}

/* ---- Blocks ---- */

/* The first of [tail, end) that is not as wanted, or end. Nearly all frames are seen here alone. */
static const struct page *skip_clean(const struct page *tail, const struct page *end,
				     const struct want *want)
{
	const u32 flags = want->flags, next = (u32)(size_t)want->next,
		  prev = (u32)(size_t)want->prev;

	for (; tail < end; tail++) {
		u32 d = tail->flags ^ flags;

		d |= (u32)tail->_count;
		d |= ~(u32)tail->_mapcount;
		d |= (u32)tail->private;
		d |= (u32)(size_t)tail->mapping;
		d |= (u32)tail->index;
		d |= (u32)(size_t)tail->lru.next ^ next;
		d |= (u32)(size_t)tail->lru.prev ^ prev;
		if (unlikely(d))
			break;
	}
	return tail;
}

/*
 * The tails of a block. Returns how many pages the block really has: a tail that is a head of its
 * own ends it, since then the order in the block's head is what is wrong.
 */
static unsigned long check_tails(struct walk *w, const struct page *head, unsigned order,
				 const struct want *want)
{
	const struct page *end = head + (1UL << order), *tail = head + 1;

	while ((tail = skip_clean(tail, end, want)) < end) {
		enum frame_class class = frame_class(tail);

		report_words(w, tail, want);
		if (class != FRAME_UNKNOWN &&
		    IS_ALIGNED(page_to_pfn(tail),
			       1UL << min(frame_order(tail, class), (unsigned)MAX_ORDER)))
			break;
		tail++;
	}
	return (unsigned long)(tail - head);
}

/* A head's order must be one that exists, its frame a multiple, the block inside zone and RAM. */
static bool order_fits(struct walk *w, const struct page *head, unsigned order)
{
	unsigned long pfn = page_to_pfn(head);
	char where[56];

	if (order < w->seal->engine->max_order && IS_ALIGNED(pfn, 1UL << order) &&
	    (1UL << order) <= w->ram_end - pfn)
		return true;
	where_frame(pfn, where, sizeof(where));
	check_report(w->check, "order of a block", where, "aligned and inside its zone", "%u",
		     order);
	return false;
}

static bool owner_may_reserve(enum page_owner owner, bool registered)
{
	if (!registered)
		return owner == OWNER_NODE_MEMORY;
	switch (owner) {
	case OWNER_KERNEL:
	case OWNER_MEM_MAP:
	case OWNER_PAGE_TABLE:
	case OWNER_BOOT_ALLOC:
	case OWNER_FIRMWARE:
	case OWNER_MODULE:
	case OWNER_HASH:
	case OWNER_REMAP_WINDOW:
	case OWNER_CRASH_KERNEL:
	case OWNER_PAGE_RECORDS:
	case OWNER_BAD_RAM: return true;
	default: return false;
	}
}

static unsigned long check_reserved(struct walk *w, const struct page *page)
{
	enum page_owner owner = page_owner(page);
	struct want want = {
		.flags = w->seal->place | 1U << PG_reserved | (u32)owner << PG_OWNER_SHIFT,
		.count = reserved_page_count(),
		.links = true,
		.next = &page->lru,
		.prev = &page->lru,
	};

	if (unlikely(w->ram ? !owner_may_reserve(owner, w->registered) : owner != OWNER_HOLE)) {
		char where[56];

		where_frame(page_to_pfn(page), where, sizeof(where));
		check_report(w->check, "owner of a reserved frame", where,
			     w->ram ? "one that keeps RAM" : "hole", "%u", (unsigned)owner);
	}
	expect_words(w, page, &want);
	owner_count[owner]++;
	w->zone->page_table += owner == OWNER_PAGE_TABLE;
	return 1;
}

/* Two free buddies of one order are a merge that was missed. */
static void check_unmerged(struct walk *w, const struct page *page, unsigned order)
{
	unsigned long buddy = page_to_pfn(page) ^ (1UL << order);
	char where[56];

	if (order >= w->seal->engine->max_order - 1 || buddy < w->seal->start_pfn ||
	    buddy >= w->seal->end_pfn || buddy < page_to_pfn(page)) /* seen from the lower one */
		return;
	if ((pfn_to_page(buddy)->flags ^ w->seal->place) & PG_PLACE_MASK ||
	    frame_class(pfn_to_page(buddy)) != FRAME_FREE || pfn_to_page(buddy)->private != order)
		return;
	where_frame(page_to_pfn(page), where, sizeof(where));
	check_report(w->check, "free buddies", where, "merged", "two blocks of order %u", order);
}

static unsigned long check_free(struct walk *w, const struct page *page)
{
	unsigned order = (unsigned)page->private;
	unsigned long type = page->index, size;
	struct want want = {
		.flags = w->seal->place | 1U << PG_buddy,
		.private = page->private,
		.index = type < MIGRATE_TYPES ? type : 0,
	};
	struct want tail = {
		.flags = w->seal->place, .links = true, .next = LIST_POISON1, .prev = LIST_POISON2
	};

	expect_words(w, page, &want);
	if (!order_fits(w, page, order))
		return 1;
	size = check_tails(w, page, order, &tail);
	check_unmerged(w, page, order);
	w->zone->free += size;
	w->zone->handed += size;
	if (type < MIGRATE_TYPES)
		w->zone->heads[order][type]++;
	return size;
}

static unsigned long check_pcp(struct walk *w, const struct page *page)
{
	unsigned long type = page->private;
	struct want want = {
		.flags = w->seal->place | (u32)OWNER_PCP << PG_OWNER_SHIFT,
	};

	/* only a page of a reserve block goes back as one */
	if (type < MIGRATE_PCPTYPES ||
	    (type == MIGRATE_RESERVE && page_block_type(page) == MIGRATE_RESERVE))
		want.private = type;
	expect_words(w, page, &want);
	w->zone->pcp++;
	w->zone->handed++;
	return 1;
}

static unsigned long check_allocated(struct walk *w, const struct page *page, bool slab)
{
	unsigned order = page_order(page);
	enum page_owner owner = slab ? OWNER_SLAB : page_owner(page);
	u32 slab_flag = slab ? 1U << PG_slab : 0;
	unsigned long size;
	struct want want = {
		.flags = w->seal->place | slab_flag | (u32)owner << PG_OWNER_SHIFT |
			 (u32)order << PG_ORDER_SHIFT,
		.count = slab || page->_count < 1 ? 1 : page->_count,
		.links = !slab,
		.next = LIST_POISON1,
		.prev = LIST_POISON2,
	};
	struct want tail = { .flags = w->seal->place | slab_flag,
			     .links = true,
			     .next = page->lru.next,
			     .prev = page->lru.prev };

	if (!slab) {
		tail.next = LIST_POISON1;
		tail.prev = LIST_POISON2;
	}
	expect_words(w, page, &want);
	if (page->_count > 1 && !slab) {
		extra_refs += (unsigned long)page->_count - 1;
		if (shared_blocks++ < ARRAY_SIZE(shared_pfns))
			shared_pfns[shared_blocks - 1] = page_to_pfn(page);
	}
	if (!order_fits(w, page, order))
		return 1;
	size = check_tails(w, page, order, &tail);
	owner_count[owner] += size;
	w->zone->handed += size;
	w->zone->slab += slab ? size : 0;
	w->zone->page_table += owner == OWNER_PAGE_TABLE ? size : 0;
	return size;
}

/* ---- The walk ---- */

static void end_unknown_run(struct walk *w)
{
	char where[56], found[32];

	if (!w->unknown_count)
		return;
	where_frame(w->unknown_start, where, sizeof(where));
	snprintf(found, sizeof(found), "unclassified, %lu frames", w->unknown_count);
	check_report(w->check, "use of a frame", where, "part of a block", "%s", found);
	w->unknown_count = 0;
}

static unsigned long check_block(struct walk *w, const struct page *page)
{
	enum frame_class class = frame_class(page);

	if (class == FRAME_UNKNOWN) {
		if (!w->unknown_count++)
			w->unknown_start = page_to_pfn(page);
		return 1;
	}
	end_unknown_run(w);
	if (unlikely((!w->ram || !w->inside) && class != FRAME_RESERVED)) {
		char where[56];

		where_frame(page_to_pfn(page), where, sizeof(where));
		check_report(w->check, "use of a frame", where, "hole", "flags 0x%08x",
			     page->flags);
	}
	switch (class) {
	case FRAME_RESERVED: return check_reserved(w, page);
	case FRAME_FREE: return check_free(w, page);
	case FRAME_PCP: return check_pcp(w, page);
	default: return check_allocated(w, page, class == FRAME_SLAB);
	}
}

static void walk_frames(struct memstat_check *check)
{
	struct walk w = { .check = check, .ram_end = mm_seal.map_start_pfn };
	unsigned long pfn = mm_seal.map_start_pfn;

	while (pfn < mm_seal.map_end_pfn) {
		unsigned long size;

		if (pfn >= w.ram_end) {
			end_unknown_run(&w);
			find_stretch(&w, pfn);
		}
		size = check_block(&w, pfn_to_page(pfn));
		check->frames_walked += w.inside ? (u32)size : 0;
		w.home->ram += w.ram ? size : 0;
		w.home->present += w.ram && w.registered ? size : 0;
		pfn += size;
	}
	end_unknown_run(&w);
}

/* ---- Counters ---- */

static void compare_owners(struct memstat_check *check)
{
	static const char *const names[NR_OWNERS] = {
#define X(id, name) name,
		MM_OWNERS(X)
#undef X
	};
	char where[56];

	for (unsigned o = 0; o < OWNER_FIELD_SIZE; o++) {
		if (o < NR_OWNERS)
			snprintf(where, sizeof(where), "owner %s", names[o]);
		else
			snprintf(where, sizeof(where), "owner number %u", o);
		check_equal(check, "owner_pages", where, owner_count[o], owner_pages[o]);
	}
}

static void compare_zone(struct memstat_check *check, const struct zone_seal *seal,
			 const struct zone_count *count)
{
	const struct zone *zone = seal->zone;
	char where[56], text[80];

	zone_where(seal, where, sizeof(where));
	check_equal(check, "NR_FREE_PAGES", where, count->free,
		    (unsigned long)zone->vm_stat[NR_FREE_PAGES]);
	check_equal(check, "pcp.count", where, count->pcp, (unsigned long)zone->pcp.count);
	check_equal(check, "NR_SLAB_RECLAIMABLE + UNRECLAIMABLE", where, count->slab,
		    (unsigned long)(zone->vm_stat[NR_SLAB_RECLAIMABLE] +
				    zone->vm_stat[NR_SLAB_UNRECLAIMABLE]));
	check_equal(check, "NR_PAGETABLE", where, count->page_table,
		    (unsigned long)zone->vm_stat[NR_PAGETABLE]);
	for (unsigned order = 0; order < MAX_ORDER; order++) {
		const struct free_area *area = &zone->free_area[order];
		unsigned long heads = 0;

		for (unsigned type = 0; type < MIGRATE_TYPES; type++) {
			heads += count->heads[order][type];
			snprintf(text, sizeof(text), "%s order %u type %u", where, order, type);
			check_equal(check, "free_area.nr_type", text, count->heads[order][type],
				    area->nr_type[type]);
		}
		snprintf(text, sizeof(text), "%s order %u", where, order);
		check_equal(check, "free_area.nr_free", text, heads, area->nr_free);
	}
}

/* present_pages = frames of RAM in the zone, with 2.6 less its share of descriptors (W-77). */
static void compare_present(struct memstat_check *check, const struct zone_seal *seal,
			    const struct zone_count *count)
{
	unsigned long spanned = seal->end_pfn - seal->start_pfn;
	unsigned long real = count->present;
	unsigned long memmap = mm_gen24 ? 0 : PFN_UP((u64)spanned * sizeof(struct page));
	char where[56];

	zone_where(seal, where, sizeof(where));
	check_equal(check, "present_pages at boot", where, real > memmap ? real - memmap : real,
		    seal->present_pages);
}

/* Any of the blocks with more than one reference may be the wrong one: the first few are named. */
static void compare_references(struct memstat_check *check)
{
	if (extra_refs == page_extra_refs)
		return;
	check_equal(check, "page_extra_refs", "memory subsystem", extra_refs, page_extra_refs);
	for (u32 i = 0; i < min(shared_blocks, (u32)ARRAY_SIZE(shared_pfns)); i++) {
		char where[56];

		where_frame(shared_pfns[i], where, sizeof(where));
		check_report(check, "page._count", where, "1, or counted in page_extra_refs", "%d",
			     pfn_to_page(shared_pfns[i])->_count);
	}
}

static void compare_totals(struct memstat_check *check, unsigned long ram)
{
	unsigned long handed = 0, high = 0;

	for (u32 i = 0; check_zone(i); i++) {
		handed += zone_counts[i].handed;
		if (check_zone(i)->place >> PG_ZONE_SHIFT == ZONE_HIGHMEM)
			high += zone_counts[i].handed;
	}
	check_equal(check, "totalram_pages", "memory subsystem", handed, totalram_pages);
	check_equal(check, "totalhigh_pages", "memory subsystem", high, totalhigh_pages);
	compare_references(check);
	check_map(check, ram);
}

void check_frames(struct memstat_check *check)
{
	unsigned long ram = 0;

	memset(zone_counts, 0, sizeof(zone_counts));
	memset(owner_count, 0, sizeof(owner_count));
	extra_refs = 0;
	shared_blocks = 0;
	walk_frames(check);
	for (u32 i = 0; check_zone(i); i++) {
		compare_zone(check, check_zone(i), &zone_counts[i]);
		if (check_zone(i)->place & PG_ARENA)
			continue;
		compare_present(check, check_zone(i), &zone_counts[i]);
		ram += zone_counts[i].ram;
	}
	owner_count[OWNER_HOLE] = 0; /* no RAM, so not in the counters */
	compare_owners(check);
	compare_totals(check, ram);
}
