/*
 * The loader's modules: moved into low memory where they lie outside it (W-48), kept, and read.
 *
 *	low memory                        | high memory
 *	[image][NEW RAMDISK <-----------------------[ module ]        moved, the old place is free
 *	                                  |   [ as large as half of low memory ]   stays, read by kmap
 *
 * A module in low memory is read where it lies. One that is too large to move stays: its high frames
 * are left out when high memory is released, and each page is mapped by kmap for as long as it is
 * copied, which is what permanent kmaps and the page_address hash are for.
 *
 * What a module is stays in boot_info; here is where the loader had put it.
 *
 * Differences from the documents: every module counts, not one RAM disk; it is moved through windows on
 * both sides, so that it need not be mapped; one that cannot be moved stays where it is, if that is RAM
 * with descriptors, instead of being given up.
 */
#include "mm/boot_modules.h"

#include <string.h>

#include "kernel/boot/boot_info.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/sections.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_res.h"
#include "mm/fixmap.h"
#include "mm/highmem.h"
#include "mm/memstat.h"
#include "mm/page_alloc.h"
#include "mm/setup_data.h"

#define COPY_CHUNK ((NR_FIX_BTMAPS - 1) * PAGE_SIZE)

static struct {
	u32 start, end; /* where the loader put it */
} given[BOOT_MODULES_MAX];

/* ---- W-48 ---- */

static bool __init copy_through_windows(u64 dst, u64 src, u64 bytes)
{
	while (bytes) {
		unsigned long chunk = (unsigned long)min(bytes, (u64)COPY_CHUNK);
		void *to = early_memremap(dst, chunk), *from = early_memremap(src, chunk);

		if (to && from)
			memcpy(to, from, chunk);
		if (from)
			early_iounmap(from, chunk);
		if (to)
			early_iounmap(to, chunk);
		if (!to || !from)
			return false;
		dst += chunk;
		src += chunk;
		bytes -= chunk;
	}
	return true;
}

/* It stays where it is, or is given up if its frames will have no descriptors. */
static void __init keep_or_drop(struct boot_module *m)
{
	u64 low_end = PFN_PHYS(max_low_pfn);

	if (PFN_UP(m->end) <= max_pfn && e820_all_mapped(m->start, m->end, E820_RAM)) {
		pr_warn("module [%#x, %#x): no room for it in low memory (%#llx bytes): it stays there",
			m->start, m->end, low_end);
		stage_note("[%#x, %#x) stays in high memory", m->start, m->end);
		return;
	}
	pr_err("module [%#x, %#x): no room for it in low memory (%#llx bytes), and no RAM in use there: dropped",
	       m->start, m->end, low_end);
	free_early(m->start, m->end);
	m->end = m->start;
}

static void __init move_module(struct boot_module *m)
{
	u64 low_end = PFN_PHYS(max_low_pfn), size = m->end - m->start, place = ~0ull;

	if (size < low_end / 2)
		place = find_e820_area(SZ_1M, low_end, size, PAGE_SIZE);
	if (place == ~0ull || !copy_through_windows(place, m->start, size)) {
		keep_or_drop(m);
		return;
	}
	reserve_early(place, place + size, "NEW RAMDISK");
	free_early(m->start, m->end);
	pr_info("module moved from [%#x, %#x) to %#llx", m->start, m->end, place);
	stage_note("moved [%#x, %#x) to %#llx", m->start, m->end, place);
	m->start = (u32)place;
	m->end = (u32)(place + size);
}

void __init reserve_initrd(void)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < boot_info.module_count; i++) {
		struct boot_module *m = &boot_info.modules[i];

		given[i].start = m->start;
		given[i].end = m->end;
		if (m->start == m->end)
			continue;
		if (PFN_UP(m->end) > max_low_pfn)
			move_module(m);
		kept += m->start != m->end;
	}
	stage_note("%u modules, %u kept", boot_info.module_count, kept);
}

/* ---- W-103 ---- */

/* The first module with a frame in [start, end), in order of place; NULL if there is none. */
static const struct boot_module *__init first_module_in(unsigned long start, unsigned long end)
{
	const struct boot_module *first = NULL;

	for (unsigned i = 0; i < boot_info.module_count; i++) {
		const struct boot_module *m = &boot_info.modules[i];

		if (m->start != m->end && PFN_UP(m->end) > start && PFN_DOWN(m->start) < end &&
		    (!first || m->start < first->start))
			first = m;
	}
	return first;
}

void __init for_each_high_range_without_modules(unsigned long start, unsigned long end,
						void (*fn)(unsigned long start, unsigned long end,
							   void *arg),
						void *arg)
{
	const struct boot_module *m;

	while (start < end && (m = first_module_in(start, end))) {
		unsigned long first = max(start, (unsigned long)PFN_DOWN(m->start));
		unsigned long last = min(end, (unsigned long)PFN_UP(m->end));

		if (start < first)
			fn(start, first, arg);
		for (unsigned long pfn = first; pfn < last; pfn++) {
			set_page_owner(pfn_to_page(pfn), OWNER_MODULE);
			owner_pages[OWNER_MODULE]++;
		}
		start = last;
	}
	if (start < end)
		fn(start, end, arg);
}

/* ---- W-123 ---- */

void __init initrd_overwritten_check(void)
{
	u64 image_start = __pa(_text), image_end = __pa(_end);
	unsigned int dropped = 0;

	for (unsigned int i = 0; i < boot_info.module_count; i++) {
		struct boot_module *m = &boot_info.modules[i];

		if (m->start >= m->end || m->start >= image_end || m->end <= image_start)
			continue;
		pr_err("module %u [%#x, %#x) lies inside the image [%#llx, %#llx): dropped", i,
		       m->start, m->end, image_start, image_end);
		m->end = m->start;
		dropped++;
	}
	stage_note("%u modules, image [%#llx, %#llx): %u overwritten", boot_info.module_count,
		   image_start, image_end, dropped);
}

/* ---- memstat.h ---- */

u32 memstat_module_count(void)
{
	return boot_info.module_count;
}

void memstat_module(u32 index, struct memstat_module *out)
{
	const struct boot_module *m = &boot_info.modules[index];

	BUG_ON(index >= boot_info.module_count);
	*out = (struct memstat_module){
		.start = m->start,
		.end = m->end,
		.given_start = given[index].start,
		.given_end = given[index].end,
		.name = m->cmdline,
		.high = PFN_UP(m->end) > max_low_pfn,
		.extends_map = module_extends_map(m),
	};
}

const u8 *memstat_module_map(u32 index, u32 offset, u32 *bytes)
{
	const struct boot_module *m = &boot_info.modules[index];
	u32 at = m->start + offset, end = m->end;
	const u8 *page;

	BUG_ON(index >= boot_info.module_count || offset >= end - m->start);
	if (PFN_UP(end) <= max_low_pfn) {
		*bytes = end - at;
		return __va(at);
	}
	*bytes = min(end - at, (u32)(PAGE_SIZE - (at & ~PAGE_MASK)));
	if (PFN_DOWN(at) < max_low_pfn)
		return __va(at);
	page = kmap(pfn_to_page(PFN_DOWN(at)));
	return page ? page + (at & ~PAGE_MASK) : NULL;
}

void memstat_module_unmap(u32 index, u32 offset)
{
	const struct boot_module *m = &boot_info.modules[index];

	if (PFN_UP(m->end) > max_low_pfn && PFN_DOWN(m->start + offset) >= max_low_pfn)
		kunmap(pfn_to_page(PFN_DOWN(m->start + offset)));
}
