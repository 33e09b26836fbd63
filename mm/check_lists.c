/*
 * The walk over every free list and per-cpu list (check_free_lists).
 *
 * A link is followed only after it was found to be either the list's head or the `lru` of a
 * descriptor that lies in the zone; a list may not be longer than its zone has frames. Each block
 * on a list must say in its descriptor that it belongs there, and each link must be answered by
 * the one back. Lengths are compared with nr_type and pcp.count.
 */
#include <stdio.h>

#include "mm/check_internal.h"

struct list_walk {
	struct memstat_check *check;
	const struct zone_seal *seal;
	const char *where;
	const struct list_head *head;
};

/* The descriptor whose lru is at `link`, or NULL if there can be none. */
static const struct page *page_of_link(const struct list_walk *w, const struct list_head *link)
{
	unsigned long base = (unsigned long)&mem_map->lru, at = (unsigned long)link;
	unsigned long pfn = (at - base) / sizeof(struct page);

	if (at < base || (at - base) % sizeof(struct page) || pfn < w->seal->start_pfn ||
	    pfn >= w->seal->end_pfn)
		return NULL;
	return pfn_to_page(pfn);
}

static void bad_link(const struct list_walk *w, const struct list_head *from, const char *which,
		     const char *expected, const struct list_head *found)
{
	const struct page *page = from == w->head ? NULL : page_of_link(w, from);
	char where[56];

	if (page)
		snprintf(where, sizeof(where), "frame 0x%05lx", page_to_pfn(page));
	else
		snprintf(where, sizeof(where), "%s", w->where);
	check_report(w->check, which, where, expected, "0x%08lx", (unsigned long)found);
}

/* Walks a list; calls belongs() for each element. Returns its length as far as it can be known. */
static unsigned long walk_list(const struct list_walk *w,
			       bool (*belongs)(const struct page *page, unsigned a, unsigned b),
			       unsigned a, unsigned b)
{
	unsigned long most = w->seal->end_pfn - w->seal->start_pfn, length = 0;
	const struct list_head *at = w->head;

	while (at->next != w->head) {
		const struct list_head *next = at->next;
		const struct page *page = page_of_link(w, next);
		char where[56];

		if (!page) {
			bad_link(w, at, at == w->head ? "head of a list, next" : "page.lru.next",
				 "a descriptor of the zone", next);
			return length;
		}
		if (next->prev != at)
			bad_link(w, next, "page.lru.prev", "the element before", next->prev);
		if (!belongs(page, a, b)) {
			snprintf(where, sizeof(where), "frame 0x%05lx", page_to_pfn(page));
			check_report(w->check, "state of a frame on a list", where, w->where,
				     "flags 0x%08x", page->flags);
		}
		if (++length > most) {
			check_report(w->check, "length of a list", w->where, "finite", "a loop");
			return length;
		}
		at = next;
	}
	if (w->head->prev != at)
		bad_link(w, w->head, "head of a list, prev", "the last element", w->head->prev);
	return length;
}

static bool is_free_block(const struct page *page, unsigned order, unsigned type)
{
	return frame_class(page) == FRAME_FREE && page->private == order && page->index == type;
}

static bool is_pcp_page(const struct page *page, unsigned type, unsigned other)
{
	return frame_class(page) == FRAME_PCP && (page->private == type || page->private == other);
}

static void check_buddy_lists(struct memstat_check *check, const struct zone_seal *seal,
			      const char *zone_name)
{
	for (unsigned order = 0; order < MAX_ORDER; order++) {
		const struct free_area *area = &seal->zone->free_area[order];

		for (unsigned type = 0; type < MIGRATE_TYPES; type++) {
			char where[56];
			struct list_walk w = { check, seal, where, &area->free_list[type] };

			snprintf(where, sizeof(where), "%.20s order %u type %u", zone_name, order,
				 type);
			check_equal(check, "length of a free list", where,
				    walk_list(&w, is_free_block, order, type), area->nr_type[type]);
		}
	}
}

static void check_pcp_lists(struct memstat_check *check, const struct zone_seal *seal,
			    const char *zone_name)
{
	const struct per_cpu_pages *pcp = &seal->zone->pcp;
	unsigned long pages = 0;

	for (unsigned type = 0; type < MIGRATE_PCPTYPES; type++) {
		char where[56];
		struct list_walk w = { check, seal, where, &pcp->lists[type] };

		snprintf(where, sizeof(where), "%.20s per-cpu list %u", zone_name, type);
		/* Pages of reserve blocks stand on the movable list. */
		pages += walk_list(&w, is_pcp_page, type,
				   type == MIGRATE_MOVABLE ? MIGRATE_RESERVE : type);
	}
	check_equal(check, "length of the per-cpu lists", zone_name, pages,
		    (unsigned long)pcp->count);
}

void check_free_lists(struct memstat_check *check)
{
	for (u32 i = 0; check_zone(i); i++) {
		const struct zone_seal *seal = check_zone(i);
		char where[56];

		zone_where(seal, where, sizeof(where));
		check_buddy_lists(check, seal, where);
		check_pcp_lists(check, seal, where);
	}
}
