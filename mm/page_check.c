/*
 * May this page be freed? (W-106, W-107)
 *
 * A page that may not is reported and kept: it stays with the owner it had, so that the frame
 * still has a use and /api/v1/check names what is wrong with it. Freeing it would spread the
 * damage to whoever gets the page next. With mm=2.4 a bad page is fatal, and a reserved one is passed
 * over in silence (N-11, N-12).
 */
#include "mm/page_alloc_internal.h"

#include "kernel/panic.h"
#include "kernel/printk.h"
#include "mm/gen24.h"

unsigned long bad_pages;

/* Which of the conditions of W-106 is broken, or NULL. */
static const char *why_bad(const struct page *page)
{
	if (page->_mapcount != -1)
		return "mapcount";
	if (page->mapping)
		return "mapping";
	if (page->_count)
		return "count";
	if (page->flags & PAGE_FLAGS_CHECK_AT_FREE)
		return "flags";
	return NULL;
}

static __cold noinline void bad_page(const struct page *page, const char *what)
{
	if (mm_gen24)
		panic("page_alloc", "bad page at frame %#lx freed: %s (flags %#x, count %d)",
		      page_to_pfn(page), what, page->flags, page->_count);
	bad_pages++;
	pr_err("page_alloc: bad page at frame %#lx, not freed: %s (flags %#x, count %d, mapcount %d, "
	       "mapping %p)",
	       page_to_pfn(page), what, page->flags, page->_count, page->_mapcount, page->mapping);
}

bool free_pages_check(const struct page *page)
{
	const char *what = why_bad(page);

	if (likely(!what))
		return true;
	if (mm_gen24 && PageFlag(page, PG_reserved))
		return false;
	bad_page(page, what);
	return false;
}

/* Finds the page that made free_block_looks_clean doubt; clears flags that may remain. */
__cold bool free_block_check_slow(struct page *page, unsigned order)
{
	u32 place = page->flags & PG_PLACE_MASK;

	for (unsigned long i = 0; i < 1UL << order; i++) {
		if (!free_pages_check(page + i))
			return false;
		if (i && ((page[i].flags & PG_PLACE_MASK) != place || page_order(page + i) ||
			  page_owner(page + i) != OWNER_NONE)) {
			bad_page(page + i, "not a page of the block that is freed");
			return false;
		}
	}
	for (unsigned long i = 1; i < 1UL << order; i++)
		page[i].flags = place;
	return true;
}
