/*
 * One node's boot bitmap: N-10, N-09, W-102.
 *
 *	bit        0     1     2    ...                        node_low_pfn - 1
 *	page     | used | free | free | used | used | ...          | free |
 *	                                       ^ last_pos: the last allocation ends here,
 *	                                         last_offset bytes into it
 *
 * Small requests share pages: the next one begins in the page where the last one ended, if the free
 * run that was found for it comes right behind. Nothing is ever given back, so that place is all
 * that has to be remembered.
 *
 * Invariant: last_pos is used whenever last_offset is not 0. Boot only.
 *
 * Differences from the documents: a shared page must lie at or above the goal, which the notes do not
 * ask; the memory is cleared by bootmem.c, which knows whether the caller wants that.
 */
#include <string.h>

#include "kernel/lib/bitops.h"
#include "kernel/panic.h"
#include "mm/bootmem_bitmap.h"
#include "mm/memlayout.h"

#define NOWHERE (~0ul)
#define BATCH_ORDER 5 /* log2 of the pages in a word of 32 bits */
#define BATCH_PAGES (1ul << BATCH_ORDER)

unsigned long __init bootmem_map_bytes(unsigned long pages)
{
	return round_up(DIV_ROUND_UP(pages, 8ul), (unsigned long)sizeof(long));
}

unsigned long __init bootmem_map_pages(unsigned long pages)
{
	return PFN_UP(DIV_ROUND_UP(pages, 8ul));
}

static unsigned long __init first_pfn(const struct bootmem_data *bdata)
{
	return (unsigned long)(bdata->node_boot_start >> PAGE_SHIFT);
}

static unsigned long __init bits_of(const struct bootmem_data *bdata)
{
	return bdata->node_low_pfn - first_pfn(bdata);
}

unsigned long __init init_bootmem_core(struct bootmem_data *bdata, unsigned long mapstart,
				       unsigned long start, unsigned long end)
{
	unsigned long bytes = bootmem_map_bytes(end - start);

	BUG_ON(start >= end);
	bdata->node_bootmem_map = __va(PFN_PHYS(mapstart));
	bdata->node_boot_start = PFN_PHYS(start);
	bdata->node_low_pfn = end;
	bdata->last_pos = bdata->last_offset = 0;
	memset(bdata->node_bootmem_map, 0xff, bytes);
	return bytes;
}

/* The bits of [start, end) pfn, clipped to the node. */
static void __init mark(struct bootmem_data *bdata, u64 start, u64 end, bool used)
{
	start = max(start, (u64)first_pfn(bdata));
	end = min(end, (u64)bdata->node_low_pfn);
	for (; start < end; start++) {
		unsigned long bit = (unsigned long)start - first_pfn(bdata);

		if (used)
			set_bit(bit, bdata->node_bootmem_map);
		else
			clear_bit(bit, bdata->node_bootmem_map);
	}
}

void __init free_bootmem_core(struct bootmem_data *bdata, u64 addr, u64 size)
{
	mark(bdata, (addr + PAGE_SIZE - 1) >> PAGE_SHIFT, (addr + size) >> PAGE_SHIFT, false);
}

void __init reserve_bootmem_core(struct bootmem_data *bdata, u64 addr, u64 size)
{
	mark(bdata, addr >> PAGE_SHIFT, (addr + size + PAGE_SIZE - 1) >> PAGE_SHIFT, true);
}

/* The first run of `pages` free bits in [from, end) that begins at a multiple of step. */
static unsigned long __init find_run(const struct bootmem_data *bdata, unsigned long from,
				     unsigned long end, unsigned long pages, unsigned long step)
{
	unsigned long base = first_pfn(bdata), used;

	for (;;) {
		from = find_next_zero_bit(bdata->node_bootmem_map, end, from);
		from = round_up(base + from, step) - base;
		if (from >= end || pages > end - from)
			return NOWHERE;
		used = find_next_bit(bdata->node_bootmem_map, from + pages, from);
		if (used == from + pages)
			return from;
		from = used;
	}
}

/* The request ends in its own last page. */
static u64 __init take_pages(struct bootmem_data *bdata, unsigned long run, unsigned long pages,
			     unsigned long size)
{
	bdata->last_pos = run + pages - 1;
	bdata->last_offset = size & ~PAGE_MASK;
	mark(bdata, first_pfn(bdata) + run, (u64)first_pfn(bdata) + run + pages, true);
	return bdata->node_boot_start + PFN_PHYS(run);
}

/* The request begins behind the one before it, in the page last_pos, at byte `offset`. */
static u64 __init take_behind_last(struct bootmem_data *bdata, unsigned long run,
				   unsigned long offset, unsigned long size)
{
	u64 addr = bdata->node_boot_start + PFN_PHYS(bdata->last_pos) + offset;
	unsigned long room = PAGE_SIZE - offset;

	if (size < room)
		bdata->last_offset = offset + size;
	else
		take_pages(bdata, run, PFN_UP(size - room), size - room);
	return addr;
}

u64 __init alloc_bootmem_core(struct bootmem_data *bdata, unsigned long size, unsigned long align,
			      u64 goal, u64 limit)
{
	unsigned long base = first_pfn(bdata), pages = PFN_UP(size), from = 0, end, run, offset;

	BUG_ON(!size || !align || align & (align - 1));
	end = (unsigned long)min(limit >> PAGE_SHIFT, (u64)bdata->node_low_pfn);
	if (goal > bdata->node_boot_start)
		from = (unsigned long)min((goal + PAGE_SIZE - 1) >> PAGE_SHIFT, (u64)end) - base;
	if (end <= base)
		return ~0ull;
	run = find_run(bdata, from, end - base, pages, max(align >> PAGE_SHIFT, 1ul));
	if (run == NOWHERE)
		return ~0ull;
	offset = round_up(bdata->last_offset, align);
	if (align <= PAGE_SIZE && bdata->last_offset && offset < PAGE_SIZE &&
	    bdata->last_pos + 1 == run && bdata->last_pos >= from)
		return take_behind_last(bdata, run, offset, size);
	return take_pages(bdata, run, pages, size);
}

/* ---- N-09, W-102 ---- */

unsigned long __init free_all_bootmem_core(struct bootmem_data *bdata, bool blocks,
					   void (*release)(unsigned long pfn, unsigned order))
{
	unsigned long *map = bdata->node_bootmem_map, base = first_pfn(bdata),
		      bits = bits_of(bdata);
	unsigned long map_pfn = __pa(map) >> PAGE_SHIFT, map_pages = bootmem_map_pages(bits);
	unsigned long bit = 0, pages = 0;

	BUG_ON(!map);
	while ((bit = find_next_zero_bit(map, bits, bit)) < bits) {
		bool whole = blocks && !((base + bit) % BATCH_PAGES) && bits - bit > BATCH_PAGES &&
			     find_next_bit(map, bit + BATCH_PAGES, bit) == bit + BATCH_PAGES;
		unsigned order = whole ? BATCH_ORDER : 0;

		release(base + bit, order);
		pages += 1ul << order;
		bit += 1ul << order;
	}
	/* The map itself is not looked at any more. */
	for (unsigned long i = 0; i < map_pages; i++)
		release(map_pfn + i, 0);
	bdata->node_bootmem_map = NULL;
	return pages + map_pages;
}
