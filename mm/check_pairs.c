/*
 * The pair bitmaps of zones whose engine has them, against the descriptors (check_pairs): for every
 * pair of every order, bit = (first free at this order) ^ (second free at this order) (N-06).
 *
 * The maps are found through engine_data, which must be what it was when the seal was made; a map
 * that does not lie in low memory is named and not followed.
 */
#include "kernel/lib/bitops.h"
#include "kernel/lib/libc/stdio.h"
#include "mm/buddy_bitmap.h"
#include "mm/check_internal.h"

static bool free_at(const struct zone_seal *seal, unsigned long pfn, unsigned order)
{
	const struct page *page = pfn_to_page(pfn);

	return pfn >= seal->start_pfn && pfn < seal->end_pfn && frame_class(page) == FRAME_FREE &&
	       page->private == order && (page->flags & PG_PLACE_MASK) == seal->place;
}

static bool map_is_sane(struct memstat_check *check, const struct pair_maps *maps, unsigned order,
			const char *zone_name)
{
	unsigned long start = (unsigned long)maps->map[order];
	unsigned long low = (unsigned long)__va(0);
	unsigned long bytes = pair_map_bytes(maps->size, order);

	if (start >= low && start - low <= (MAXMEM_PFN << PAGE_SHIFT) - bytes)
		return true;
	check_report(check, "pair map", zone_name, "an address in low memory", "0x%08lx", start);
	return false;
}

static void check_order(struct memstat_check *check, const struct zone_seal *seal,
			const struct pair_maps *maps, unsigned order, const char *zone_name)
{
	unsigned long pairs = pair_count(maps->size, order), pfn = maps->base;
	char where[56];

	for (unsigned long n = 0; n < pairs; n++, pfn += 2ul << order) {
		bool want = free_at(seal, pfn, order) != free_at(seal, pfn + (1ul << order), order);

		if (likely(test_bit(n, maps->map[order]) == want))
			continue;
		snprintf(where, sizeof(where), "%.20s order %u pair at 0x%05lx", zone_name, order,
			 pfn);
		check_equal(check, "pair bit", where, want, !want);
	}
}

void check_pairs(struct memstat_check *check)
{
	for (u32 i = 0; check_zone(i); i++) {
		const struct zone_seal *seal = check_zone(i);
		const struct pair_maps *maps = seal->engine_data;
		char where[56];

		if (seal->engine != &buddy_bitmap || !maps)
			continue;
		zone_where(seal, where, sizeof(where));
		check_equal_hex(check, "pair maps, first frame", where,
				round_down(seal->start_pfn, BITMAP_MAX_ORDER_NR_PAGES), maps->base);
		check_equal(check, "pair maps, pages", where, seal->end_pfn - maps->base,
			    maps->size);
		if (maps->base + maps->size != seal->end_pfn)
			continue;
		for (unsigned order = 0; order < BITMAP_MAX_ORDER - 1; order++)
			if (map_is_sane(check, maps, order, where))
				check_order(check, seal, maps, order, where);
	}
}
