/*
 * Boot tests of slab, vmalloc and kmap on the real machine: what the host tests cannot show, since
 * there the translation buffer, the fault handler and the physical address space are stand-ins.
 *
 * Each leaves memory as it found it, and ends with the subsystem's own check.
 */
#include <string.h>

#include "kernel/printk.h"
#include "kernel/x86/extable.h"
#include "mm/check.h"
#include "mm/direct_map.h"
#include "mm/highmem.h"
#include "mm/memstat.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"

/* Logs the first disagreement of the whole subsystem; NULL if there is none. */
static const char *all_checks(void)
{
	static struct memstat_check check;

	memset(&check, 0, sizeof(check));
	memstat_check(&check);
	if (!check.disagreements)
		return NULL;
	pr_err("test: %s at %s: expected %s, found %s", check.list[0].what, check.list[0].where,
	       check.list[0].expected, check.list[0].found);
	return "memstat_check disagrees";
}

/* ---- slab ---- */

#define OBJECTS 700

static u32 *objects[OBJECTS];

struct cache_view {
	const char *name;
	u32 active, total;
	bool seen;
};

static void view_cache(void *arg, const struct memstat_cache *cache)
{
	struct cache_view *view = arg;

	if (strcmp(cache->name, view->name))
		return;
	view->active = cache->active_objs;
	view->total = cache->num_objs;
	view->seen = true;
}

static struct cache_view view_of(const char *name)
{
	struct cache_view view = { .name = name };

	memstat_caches(view_cache, &view);
	return view;
}

/* Objects keep what is written into them while others come and go. */
static const char *use_cache(struct kmem_cache *cache)
{
	unsigned words = kmem_cache_size(cache) / sizeof(u32);

	for (u32 i = 0; i < OBJECTS; i++) {
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		if (!objects[i])
			return "an allocation failed";
		for (unsigned w = 0; w < words; w++)
			objects[i][w] = i;
	}
	if (view_of(kmem_cache_name(cache)).active != OBJECTS)
		return "slabinfo counts other objects than were allocated";
	for (u32 i = 0; i < OBJECTS; i++) {
		if (objects[i][0] != i || objects[i][words - 1] != i)
			return "an object was overwritten";
		kmem_cache_free(cache, objects[i]);
	}
	return view_of(kmem_cache_name(cache)).active ? "objects are still in use" : NULL;
}

static const char *use_kmalloc(void)
{
	for (size_t size = 8; size <= 65536; size *= 2) {
		char *p = kmalloc(size, GFP_KERNEL), *dma = kzalloc(size, GFP_DMA);

		if (!p || !dma)
			return "kmalloc failed";
		if (__pa(dma) + size > MAX_DMA_PFN << PAGE_SHIFT)
			return "a DMA block lies above 16 MiB";
		if (dma[0] || dma[size - 1])
			return "kzalloc gave memory that is not zero";
		memset(p, 0xEE, size);
		kfree(p);
		kfree(dma);
	}
	return NULL;
}

const char *slab_selftest(void)
{
	static const size_t sizes[] = { 24, 192, 512, 1500 };
	unsigned long before;
	const char *wrong;

	if (!view_of("size-32").seen || !view_of("size-4096(DMA)").seen)
		return "a general cache is missing";
	kmem_cache_reap();
	before = owner_pages[OWNER_SLAB];
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct kmem_cache *cache = kmem_cache_create("boot_test", sizes[i], 0, 0, NULL,
							     "test");

		if (!cache)
			return "a cache cannot be made";
		wrong = use_cache(cache);
		if (!wrong)
			wrong = all_checks();
		if (wrong)
			return wrong;
		if (kmem_cache_destroy(cache))
			return "an unused cache cannot be destroyed";
	}
	wrong = use_kmalloc();
	if (wrong)
		return wrong;
	kmem_cache_reap();
	pr_info("test: slab pages before %lu, after %lu", before, owner_pages[OWNER_SLAB]);
	return owner_pages[OWNER_SLAB] != before ? "slab pages were lost" : all_checks();
}

/* ---- vmalloc ---- */

#define VM_PAGES 64

/* Frames with gaps between them: every other one of a run is taken away first. */
static const char *scatter_frames(struct page **taken)
{
	struct page *all[2 * VM_PAGES];

	for (unsigned i = 0; i < ARRAY_SIZE(all); i++) {
		all[i] = alloc_pages(GFP_HIGHUSER, 0, OWNER_TEST);
		if (!all[i])
			return "no frames";
	}
	for (unsigned i = 0; i < VM_PAGES; i++) {
		taken[i] = all[2 * i];
		__free_pages(all[2 * i + 1], 0);
	}
	return NULL;
}

static const char *use_area(u32 *area)
{
	const unsigned words = PAGE_SIZE / sizeof(u32);
	unsigned jumps = 0;
	u32 word;

	for (unsigned i = 0; i < VM_PAGES * words; i++)
		area[i] = i * 2654435761u;
	for (unsigned i = 0; i < VM_PAGES * words; i++)
		if (area[i] != i * 2654435761u)
			return "the area does not keep what is written";
	for (unsigned i = 1; i < VM_PAGES; i++)
		jumps += vmalloc_to_page(area + i * words) !=
			 vmalloc_to_page(area + (i - 1) * words) + 1;
	pr_info("test: area at 0x%08lx, %u of %u frames do not follow their neighbour",
		(unsigned long)area, jumps, VM_PAGES - 1);
	if (!jumps)
		return "all frames are adjacent";
	if (probe_read(area + VM_PAGES * words - 1, &word))
		return "the last word cannot be read";
	if (!probe_read(area + VM_PAGES * words, &word))
		return "the guard page can be read";
	return probe_write(area + VM_PAGES * words, 1) ? NULL : "the guard page can be written";
}

/* The last 64 KiB below 4 GiB are the firmware's ROM on every PC. */
static const char *use_device(void)
{
	u32 word, *rom = ioremap(0xFFFF0000u, 0x10000);

	if (!rom)
		return "the ROM cannot be mapped";
	if (probe_read(rom + 0x10000 / sizeof(u32) - 4, &word))
		return "the ROM cannot be read";
	pr_info("test: reset vector %#x, at 0x%08lx", word, (unsigned long)rom);
	iounmap(rom);
	vm_unmap_aliases();
	return probe_read(rom, &word) ? NULL : "the ROM can be read after iounmap";
}

const char *vmalloc_selftest(void)
{
	static struct page *taken[VM_PAGES];
	const char *wrong = scatter_frames(taken);
	u32 word, *area;

	if (wrong)
		return wrong;
	area = vmalloc(VM_PAGES * PAGE_SIZE);
	if (!area)
		return "vmalloc failed";
	wrong = use_area(area);
	if (!wrong)
		wrong = all_checks();
	if (wrong)
		return wrong;
	vfree(area);
	vm_unmap_aliases();
	if (!probe_read(area, &word))
		return "the area can be read after vfree";
	for (unsigned i = 0; i < VM_PAGES; i++)
		__free_pages(taken[i], 0);
	wrong = use_device();
	if (wrong)
		return wrong;
	if (owner_pages[OWNER_VMALLOC])
		return "frames were lost";
	return all_checks();
}

/* ---- kmap ---- */

#define KMAP_PAGES (3 * LAST_PKMAP)

static struct page *high_pages[KMAP_PAGES];

/* Each page in turn, so that the slots are used three times over. */
static const char *write_through_kmap(void)
{
	for (unsigned i = 0; i < KMAP_PAGES; i++) {
		u32 *virt = kmap(high_pages[i]);

		if (!virt)
			return "kmap found no slot";
		virt[0] = virt[PAGE_SIZE / sizeof(u32) - 1] = page_to_pfn(high_pages[i]);
		kunmap(high_pages[i]);
	}
	return NULL;
}

static const char *read_through_fixmap(void)
{
	for (unsigned i = 0; i < KMAP_PAGES; i++) {
		const u32 *virt = kmap_atomic(high_pages[i], KM_SELFTEST_0);
		bool right = virt[0] == page_to_pfn(high_pages[i]) &&
			     virt[PAGE_SIZE / sizeof(u32) - 1] == virt[0];

		kunmap_atomic((void *)virt, KM_SELFTEST_0);
		if (!right)
			return "a page read through the fixmap is not the one written through kmap";
	}
	return NULL;
}

static const char *use_windows(void)
{
	u32 word, *virt = kmap_atomic(high_pages[0], KM_SELFTEST_0);
	const char *wrong;

	kunmap_atomic(virt, KM_SELFTEST_0);
	if (!probe_read(virt, &word))
		return "a temporary mapping outlives kunmap_atomic";
	wrong = write_through_kmap();
	if (!wrong)
		wrong = read_through_fixmap();
	if (wrong)
		return wrong;
	clear_highpage(high_pages[5]);
	virt = kmap(high_pages[5]);
	wrong = virt[0] || virt[1023] ? "clear_highpage left something" : NULL;
	kunmap(high_pages[5]);
	return wrong;
}

const char *kmap_selftest(void)
{
	struct kmap_stats before, after;
	const char *wrong;

	kmap_get_stats(&before);
	for (unsigned i = 0; i < KMAP_PAGES; i++) {
		high_pages[i] = alloc_pages(GFP_HIGHUSER, 0, OWNER_TEST);
		if (!high_pages[i] || !PageHighMem(high_pages[i]))
			return "too little high memory: boot with more, or with highmem=";
	}
	wrong = use_windows();
	if (wrong)
		return wrong;
	kmap_get_stats(&after);
	pr_info("test: %llu mappings, %llu wraps, %llu slots flushed, %u records free",
		after.maps - before.maps, after.wraps - before.wraps,
		after.flushed - before.flushed, after.records_free);
	for (unsigned i = 0; i < KMAP_PAGES; i++)
		__free_pages(high_pages[i], 0);
	if (after.wraps - before.wraps < 2 || after.flushed - before.flushed < 2 * LAST_PKMAP - 2)
		return "the slots did not wrap";
	return all_checks();
}
