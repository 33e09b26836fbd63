/*
 * memstat.h on machines brought up whole: each view of the frames, slabs and their objects, the walk,
 * the directory and the audit of page tables, kmaps and fixmaps, areas, and the boot's record. What a
 * view shows is provoked here and compared with what was done.
 */
#include "whole_boot.h"

#include "kernel/x86/sections.h"
#include "mm/boot_record.h"
#include "mm/check_internal.h"
#include "mm/direct_map.h"
#include "mm/e820_setup.h"
#include "mm/fixmap.h"
#include "mm/highmem.h"
#include "mm/memstat.h"
#include "mm/memstat_internal.h"
#include "mm/mtrr.h"
#include "mm/numa.h"
#include "mm/page_alloc.h"
#include "mm/slab_internal.h"
#include "mm/vmalloc.h"
#include "support/boot_zones.h"

/* ---- Frames ---- */

static struct memstat_frame frame(const struct page *page)
{
	struct memstat_frame f;

	assert_true(memstat_frame((u32)page_to_pfn(page), &f));
	return f;
}

static void only_cell(void *arg, u32 run, u32 value, u32 eighths)
{
	assert_int_equal(run, 1);
	assert_int_equal(eighths, 8);
	*(u32 *)arg = value;
}

/* What a view calls one frame. */
static const char *called(enum memstat_frame_view view, u32 pfn)
{
	static char name[40];
	u32 value = ~0u;

	memstat_frame_cells(view, pfn, 1, 1, only_cell, &value);
	return memstat_frame_value(view, value, name, sizeof(name));
}

static void test_one_frame(void **state)
{
	struct page *page, *block;
	struct memstat_frame f;
	char *object;

	(void)state;
	boot(96, "highmem=16M", NULL);
	map_arena();
	block = alloc_pages(GFP_KERNEL, 2, OWNER_TEST);
	f = frame(block + 3);
	assert_string_equal(f.state, "allocated");
	assert_string_equal(f.use, owner_names[OWNER_TEST]);
	assert_int_equal(f.block_pfn, page_to_pfn(block));
	assert_int_equal(f.block_order, 2);
	assert_string_equal(called(MEMSTAT_BY_USE, f.pfn), f.use);
	assert_string_equal(called(MEMSTAT_BY_ORDER, f.pfn), "in use");
	assert_string_equal(called(MEMSTAT_BY_CACHE, f.pfn), "no slab");
	assert_string_equal(called(MEMSTAT_BY_TYPE, f.pfn), f.type);
	assert_string_equal(called(MEMSTAT_BY_ZONE, f.pfn), "node 0 Normal");
	assert_string_equal(called(MEMSTAT_BY_NODE, f.pfn), "node 0");
	assert_string_equal(called(MEMSTAT_BY_STATE, f.pfn), "allocated");
	__free_pages(block, 2);
	f = frame(block + 3);
	assert_string_equal(f.state, "free");
	assert_string_equal(f.use, "buddy_free_normal");
	assert_int_equal(strncmp(called(MEMSTAT_BY_ORDER, f.pfn), "order ", 6), 0);

	page = alloc_pages(GFP_KERNEL, 0, OWNER_TEST);
	assert_int_equal(frame(page).count, 1);
	assert_int_equal(frame(page).direct_address, (u32)(unsigned long)page_address(page));
	__free_pages(page, 0);
	assert_string_equal(frame(page).state, "per-cpu list");
	assert_string_equal(called(MEMSTAT_BY_STATE, page_to_pfn(page)), "per-cpu list");
	assert_string_equal(called(MEMSTAT_BY_ORDER, page_to_pfn(page)), "per-cpu list");

	page = alloc_pages(GFP_HIGHUSER, 0, OWNER_TEST);
	assert_int_equal(frame(page).direct_address, 0);
	assert_string_equal(frame(page).zone, "HighMem");

	object = kmalloc(100, GFP_KERNEL);
	f = frame(virt_to_page(object));
	assert_string_equal(f.state, "slab");
	assert_string_equal(called(MEMSTAT_BY_CACHE, f.pfn), f.cache);
	assert_true(f.slab != 0);
	f = frame(pfn_to_page(HOST_IMAGE_START >> PAGE_SHIFT));
	assert_string_equal(f.state, "reserved");
	assert_false(memstat_frame(memstat_frame_end(), &f));
	assert_string_equal(called(MEMSTAT_BY_USE, memstat_frame_end() + 5), "hole");
	assert_string_equal(called(MEMSTAT_BY_ZONE, memstat_frame_end()), "hole");
	assert_string_equal(called(MEMSTAT_BY_TYPE, memstat_frame_end()), "hole");
	assert_string_equal(called(MEMSTAT_BY_ORDER, memstat_frame_end()), "hole");
	assert_string_equal(called(MEMSTAT_BY_NODE, memstat_frame_end()), "hole");
	assert_string_equal(called(MEMSTAT_BY_STATE, memstat_frame_end()), "hole");
}

/* A descriptor that says nothing sensible is shown as such; nothing in it is followed. */
static void test_broken_frame(void **state)
{
	struct kmem_cache *cache;
	struct page *page, saved;
	char *object;

	(void)state;
	boot(24, "", NULL);
	page = alloc_pages(GFP_KERNEL, 0, OWNER_TEST);
	saved = *page;
	set_page_owner(page, OWNER_NONE);
	assert_string_equal(frame(page).state, "unclassified");
	assert_int_equal(frame(page).block_order, 0);
	assert_string_equal(called(MEMSTAT_BY_ORDER, page_to_pfn(page)), "in use");
	assert_string_equal(called(MEMSTAT_BY_CACHE, page_to_pfn(page)), "no slab");
	*page = saved;

	object = kmalloc(100, GFP_KERNEL);
	page = virt_to_page(object);
	cache = page->slab_cache;
	page->slab_cache = (struct kmem_cache *)0x1234;
	assert_string_equal(frame(page).state, "slab");
	assert_null(frame(page).cache);
	assert_string_equal(called(MEMSTAT_BY_CACHE, page_to_pfn(page)), "no slab");
	memstat_frame_objects(page_to_pfn(page), (void *)0x1, NULL); /* no object is told */
	page->slab_cache = cache;
	saved = *page;
	page->slab_page = (struct slab *)0x5678;
	memstat_frame_objects(page_to_pfn(page), (void *)0x1, NULL);
	*page = saved;
	kfree(object);
}

/* Values are numbered from 0 without a gap; behind the last there is no name. */
static void test_value_names(void **state)
{
	static char names[60][16];
	char name[40], other[40];
	u32 n, caches = 0;

	(void)state;
	boot(24, "", NULL);
	for (enum memstat_frame_view view = 0; view < MEMSTAT_FRAME_VIEWS; view++) {
		for (n = 0; memstat_frame_value(view, n, name, sizeof(name)); n++)
			assert_true(*memstat_frame_value(view, n, name, sizeof(name)));
		assert_true(n > 1 && n <= MEMSTAT_FRAME_VALUES);
		assert_null(memstat_frame_value(view, MEMSTAT_FRAME_VALUES, name, sizeof(name)));
	}
	while (memstat_frame_value(MEMSTAT_BY_CACHE, caches, name, sizeof(name)))
		caches++;
	assert_null(memstat_frame_value(MEMSTAT_BY_CACHE, caches, name, sizeof(name)));
	for (n = 0; n < ARRAY_SIZE(names); n++) { /* newest first: those made at boot move back */
		snprintf(names[n], sizeof(names[n]), "many-%u", n);
		assert_non_null(kmem_cache_create(names[n], 32, 0, 0, NULL, "test"));
	}
	assert_string_equal(memstat_frame_value(MEMSTAT_BY_CACHE, 1, name, sizeof(name)),
			    names[n - 1]);
	assert_string_equal(memstat_frame_value(MEMSTAT_BY_CACHE, MEMSTAT_FRAME_VALUES - 1, other,
						sizeof(other)),
			    "others");
	/* a slab of one of the oldest, with more before it than there are values */
	assert_string_equal(called(MEMSTAT_BY_CACHE,
				   page_to_pfn(virt_to_page(malloc_sizes[0].cs_cachep))),
			    "others");
}

static u32 mapping_address, mapping_flags, mappings;

static void one_mapping(void *arg, u32 address, u32 flags)
{
	(void)arg;
	mapping_address = address;
	mapping_flags = flags;
	mappings++;
}

static void test_mappings(void **state)
{
	struct page *page;
	u32 before, pfn;
	void *virt;

	(void)state;
	boot(96, "highmem=16M", NULL);
	map_arena();
	page = alloc_pages(GFP_HIGHUSER, 0, OWNER_TEST);
	pfn = (u32)page_to_pfn(page);
	memstat_frame_mappings(pfn, one_mapping, NULL);
	assert_true(mappings <= 1); /* a kmap may wait for the next wrap */
	virt = kmap(page);
	mappings = 0;
	memstat_frame_mappings(pfn, one_mapping, NULL);
	assert_int_equal(mappings, 1);
	assert_int_equal(mapping_address, (u32)(unsigned long)virt);
	assert_true(mapping_flags & MEMSTAT_PT_RW);
	kunmap(page);
	/* the same frames once more, by a large page: its first and its last are mapped, no other */
	swapper_pg_dir[900].val = 0x1000000 | 0xE3;
	mappings = 0;
	memstat_frame_mappings(0x1000, one_mapping, NULL);
	before = mappings;
	assert_true(before >= 1);
	memstat_frame_mappings(0x13ff, one_mapping, NULL);
	assert_int_equal(mapping_address & 0xffc00000, 900u << 22);
	swapper_pg_dir[900].val = 0;
}

/* ---- Slabs ---- */

static u32 seen, counts[256];
static const char *lists_seen[64];

static void keep_slab(void *arg, const struct memstat_slab *slab, const char *states)
{
	(void)arg;
	assert_int_equal(strlen(states), slab->objects);
	assert_true(slab->pfn && slab->address && slab->first_object);
	for (u32 i = 0; i < slab->objects; i++)
		counts[(u8)states[i]]++;
	lists_seen[seen] = slab->list;
	for (u32 i = 0, out = slab->inuse; i <= slab->objects; i++)
		if (i == slab->objects)
			assert_int_equal(out, 0);
		else
			out -= states[i] != 'f';
	seen++;
}

static u32 slabs(const char *name, u32 first, u32 count)
{
	seen = 0;
	memset(counts, 0, sizeof(counts));
	return memstat_slabs(name, first, count, keep_slab, NULL);
}

static void test_slabs(void **state)
{
	struct kmem_cache *cache;
	struct memstat_cache_detail d;
	void *objects[200];
	u32 per_slab;

	(void)state;
	boot(24, "", NULL);
	cache = kmem_cache_create("seen", 256, 0, 0, NULL, "test");
	assert_int_equal(slabs("seen", 0, 64), 0);
	assert_int_equal(slabs("unseen", 0, 64), 0);
	assert_false(memstat_cache_detail("unseen", &d));
	per_slab = cache->num;
	do_tune_cpucache(cache, 4, 2, 0, GFP_KERNEL);
	for (u32 i = 0; i < 3 * per_slab + 1; i++)
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
	assert_true(memstat_cache_detail("seen", &d));
	assert_int_equal(d.cache.active_objs, 3 * per_slab + 1);
	assert_int_equal(d.nodes, 1);
	assert_int_equal(d.lists[0].full_slabs, 3);
	assert_int_equal(d.lists[0].partial_slabs, 1);
	assert_int_equal(d.lists[0].free_slabs, 0);
	assert_int_equal(d.cache.sharedavail, 0);
	assert_int_equal(slabs("seen", 0, 64), 4);
	assert_string_equal(lists_seen[0], "partial");
	assert_string_equal(lists_seen[3], "full");
	assert_int_equal(counts['u'], 3 * per_slab + 1);
	assert_int_equal(counts['a'], d.array_avail);
	assert_int_equal(counts['f'], d.lists[0].free_objects);
	/* a piece of the list; none from behind it */
	assert_int_equal(slabs("seen", 3, 1), 4);
	assert_int_equal(seen, 1);
	assert_int_equal(slabs("seen", 4, 1), 4);
	assert_int_equal(seen, 0);

	/* with an array that several processors would share, objects wait there too */
	assert_int_equal(do_tune_cpucache(cache, 4, 2, 8, GFP_KERNEL), 0);
	for (u32 i = 0; i < 3 * per_slab + 1; i++)
		kmem_cache_free(cache, objects[i]);
	assert_true(memstat_cache_detail("seen", &d));
	assert_int_equal(d.cache.active_objs, 0);
	assert_int_equal(slabs("seen", 0, 64), d.cache.num_slabs);
	assert_int_equal(counts['u'], 0);
	assert_int_equal(counts['a'], d.array_avail + d.lists[0].shared_avail);
	assert_int_equal(counts['f'], d.lists[0].free_objects);
	assert_int_equal(d.cache.active_slabs + d.lists[0].free_slabs, d.cache.num_slabs);
	kmem_cache_shrink(cache);
	assert_int_equal(slabs("seen", 0, 64), 0);
}

static u32 in_frame, straddling;

static void object_in_frame(void *arg, const struct memstat_object *object)
{
	u32 start = *(u32 *)arg;

	assert_true(object->address < start + PAGE_SIZE);
	in_frame++;
	straddling += object->address < start || object->address + 1000 > start + PAGE_SIZE;
}

/* Objects on a border belong to both frames; management outside the slab shows in the detail. */
static void test_objects_of_frames(void **state)
{
	struct memstat_cache_detail d;
	struct kmem_cache *cache;
	struct page *page;
	u32 start, sum = 0;

	(void)state;
	boot(80, "", NULL);
	cache = kmem_cache_create("long", 1400, 0, 0, NULL, "test");
	assert_true(cache->gfporder > 0);
	page = virt_to_page(kmem_cache_alloc(cache, GFP_KERNEL));
	page -= page_to_pfn(page) % (1u << cache->gfporder);
	for (u32 i = 0; i < 1u << cache->gfporder; i++) {
		start = (u32)(unsigned long)page_address(page + i);
		in_frame = 0;
		memstat_frame_objects(page_to_pfn(page + i), object_in_frame, &start);
		assert_true(in_frame >= 2);
		sum += in_frame;
	}
	assert_true(straddling > 0);
	assert_true(sum > cache->num && sum <= cache->num + (1u << cache->gfporder) - 1);
	assert_true(memstat_cache_detail("long", &d));
	assert_int_equal(d.management_cache != NULL, d.cache.off_slab);
	page = alloc_pages(GFP_KERNEL, 0, OWNER_TEST);
	in_frame = 0;
	memstat_frame_objects(page_to_pfn(page), object_in_frame, &start);
	assert_int_equal(in_frame, 0);
	set_page_owner(page, OWNER_NONE); /* of no block at all */
	memstat_frame_objects(page_to_pfn(page), object_in_frame, &start);
	assert_int_equal(in_frame, 0);
}

static void no_cache(void *arg, const struct memstat_cache *cache)
{
	(void)cache;
	*(bool *)arg = true;
}

static void test_before_slab(void **state)
{
	struct memstat_cache_detail d;
	bool called_once = false;

	(void)state;
	memstat_caches(no_cache, &called_once);
	assert_false(called_once);
	assert_false(memstat_cache_detail("kmem_cache", &d));
	assert_int_equal(memstat_slabs("kmem_cache", 0, 1, keep_slab, NULL), 0);
}

/* ---- Page tables ---- */

static struct memstat_pt_audit audit(void)
{
	static struct memstat_pt_audit a;

	memstat_pt_audit(&a);
	return a;
}

/* Each finding comes and goes with the entry that makes it. */
static void test_audit(void **state)
{
	struct memstat_pt_audit clean, a;
	pte_t *pte;
	struct page *high;
	char *area;

	(void)state;
	boot(96, "highmem=16M", NULL);
	map_arena();
	vfree(vmalloc(PAGE_SIZE));
	kunmap_atomic(kmap_atomic(pfn_to_page(0x300), KM_CHECK), KM_CHECK);
	clean = audit();
	assert_int_equal(clean.mapped_guard_pages, 0);

	area = vmalloc(2 * PAGE_SIZE); /* its pages have a place */
	a = audit();
	assert_int_equal(a.stray_pages, clean.stray_pages);
	pte = lookup_pte((unsigned long)area + 2 * PAGE_SIZE);
	pte->val = 0x300000 | 0x63;
	a = audit();
	assert_int_equal(a.mapped_guard_pages, clean.mapped_guard_pages + 1);
	assert_true(a.aliases > clean.aliases);
	pte->val = 0;
	pte = lookup_pte((unsigned long)area + 5 * PAGE_SIZE); /* in no area */
	pte->val = 0x300000 | 0x63;
	a = audit();
	assert_int_equal(a.stray_pages, clean.stray_pages + 1);
	pte->val = __pa(_text) | 0x63;
	a = audit();
	assert_int_equal(a.writable_text_pages, clean.writable_text_pages + 1);
	pte->val = __pa(_rodata) | 0x61; /* a reader does no harm */
	a = audit();
	assert_int_equal(a.writable_text_pages, clean.writable_text_pages);
	pte->val = 0;
	vfree(area);

	high = alloc_pages(GFP_HIGHUSER, 0, OWNER_TEST);
	assert_non_null(kmap(high)); /* nor is a kmap astray, or an alias of low memory */
	a = audit();
	assert_int_equal(a.stray_pages, clean.stray_pages);
	assert_int_equal(a.aliases, clean.aliases);
	kunmap(high);
	set_fixmap(FIX_DBGP_BASE, 0x300000);
	a = audit();
	assert_int_equal(a.stray_pages, clean.stray_pages);
	assert_int_equal(a.aliases, clean.aliases + 1);
	clear_fixmap(FIX_DBGP_BASE);

	swapper_pg_dir[900].val = 0x1000000 | 0xE7; /* a large page that user mode reaches */
	a = audit();
	assert_int_equal(a.user_pages, clean.user_pages + 1024);
	swapper_pg_dir[900].val = 0;
	a = audit();
	assert_memory_equal(&a, &clean, sizeof(a));
}

static void test_walk(void **state)
{
	struct memstat_directory_entry entry;
	struct memstat_walk w;

	(void)state;
	boot(24, "", NULL);
	map_arena();
	memstat_walk(HOST_RAM_BASE + 0x300123, &w);
	assert_true(w.mapped && !w.large);
	assert_int_equal(w.phys, 0x300123);
	assert_int_equal(w.pgd_index, HOST_RAM_BASE >> 22);
	assert_int_equal(w.pte_index, 0x300);
	assert_string_equal(w.area, "User Space"); /* where the arena is */
	swapper_pg_dir[900].val = 0x1000000 | 0x10E3 | _PAGE_PCD;
	memstat_walk((900u << 22) + 0x123456, &w);
	assert_true(w.mapped && w.large);
	assert_int_equal(w.phys, 0x1123456);
	assert_true(w.flags & MEMSTAT_PT_PSE && w.flags & MEMSTAT_PT_PAT &&
		    w.flags & MEMSTAT_PT_PCD);
	memstat_directory_entry(900, &entry);
	assert_true(entry.large);
	swapper_pg_dir[900].val = 0;
	memstat_walk(900u << 22, &w);
	assert_false(w.mapped || w.pgd_present);
	memstat_directory_entry(900, &entry);
	assert_true(!entry.large && !entry.present);
	EXPECT_PANIC("index >= PTRS_PER_PGD", memstat_directory_entry(1024, &entry));
	/* in a table's entry, bit 7 is PAT */
	assert_int_equal(memstat_entry_flags(0x81, false), MEMSTAT_PT_PRESENT | MEMSTAT_PT_PAT);
	assert_int_equal(memstat_entry_flags(0x80, false), 0);
}

static void test_runs(void **state)
{
	struct memstat_pt_run run;
	u32 address = 900u << 22;
	char *area;
	pte_t *pte;

	(void)state;
	boot(24, "", NULL);
	map_arena();
	assert_false(memstat_pt_run(address, &run) && run.start < address + (2u << 22));
	swapper_pg_dir[900].val = 0x1000000 | 0x1E3;
	swapper_pg_dir[901].val = 0x1400000 | 0x1E3; /* goes on with the frames */
	swapper_pg_dir[902].val = 0x1800000 | 0x1E1; /* with other bits */
	assert_true(memstat_pt_run(address, &run));
	assert_true(run.large && run.start == address && run.count == 2 && run.entry == 0x10001E3);
	assert_true(memstat_pt_run(address + (2u << 22), &run));
	assert_true(run.large && run.start == 902u << 22 && run.count == 1);
	for (u32 i = 900; i < 903; i++)
		swapper_pg_dir[i].val = 0;

	area = vmalloc(4 * PAGE_SIZE);
	address = (u32)(unsigned long)area;
	for (u32 i = 0; i < 4; i++) {
		static const u32 entries[] = { 0x300063, 0x301063, 0x303063, 0x304061 };

		pte = lookup_pte(address + i * PAGE_SIZE);
		pte->val = entries[i];
	}
	assert_true(memstat_pt_run(address, &run));
	assert_true(!run.large && run.start == address && run.count == 2 && run.entry == 0x300063);
	assert_true(memstat_pt_run(address + 2 * PAGE_SIZE, &run));
	assert_true(run.count == 1 && run.entry == 0x303063);
	assert_true(memstat_pt_run(address + 3 * PAGE_SIZE, &run));
	assert_true(run.count == 1 && run.entry == 0x304061); /* then the guard page */
	lookup_pte(address + 3 * PAGE_SIZE)->val = 0x305062;  /* not present: nothing */
	assert_false(memstat_pt_run(address + 3 * PAGE_SIZE, &run) &&
		     run.start == address + 3 * PAGE_SIZE);
	for (u32 i = 0; i < 4; i++)
		lookup_pte(address + i * PAGE_SIZE)->val = 0;

	assert_false(memstat_pt_run(1ull << 32, &run));
	set_fixmap(FIX_VDSO, 0x300000); /* close to the end of the space */
	assert_true(memstat_pt_run(fix_to_virt(FIX_VDSO), &run));
	assert_int_equal(run.count, 1);
	clear_fixmap(FIX_VDSO);
}

static u32 fixmaps, mapped_fixmaps;
static bool saw_debug_port;

static void one_fixmap(void *arg, const struct memstat_fixmap *f)
{
	(void)arg;
	assert_int_equal(f->index, fixmaps);
	assert_int_equal(f->address, fix_to_virt(f->index));
	assert_int_equal(strncmp(f->name, "FIX_", 4), 0);
	mapped_fixmaps += f->entry & 1;
	if (f->index == FIX_DBGP_BASE) {
		assert_string_equal(f->name, "FIX_DBGP_BASE");
		saw_debug_port = f->entry & 1;
	}
	if (f->index == FIX_IO_APIC_BASE_0 + 1) {
		assert_string_equal(f->name, "FIX_IO_APIC_BASE");
		assert_int_equal(f->number, 1);
	}
	fixmaps++;
}

static void test_kmaps_and_fixmaps(void **state)
{
	struct memstat_kmaps before, k;
	struct page *page;
	u32 pfn, users, slot;
	void *virt;

	(void)state;
	boot(96, "highmem=16M", NULL);
	map_arena();
	memstat_kmaps(&before);
	assert_int_equal(before.slots, LAST_PKMAP);
	page = alloc_pages(GFP_HIGHUSER, 0, OWNER_TEST);
	virt = kmap(page);
	kmap(page);
	memstat_kmaps(&k);
	assert_int_equal(k.mapped, before.mapped + 1);
	assert_int_equal(k.maps, before.maps + 1);
	slot = (u32)((unsigned long)virt - k.start) >> PAGE_SHIFT;
	assert_true(memstat_kmap_slot(slot, &pfn, &users));
	assert_int_equal(pfn, page_to_pfn(page));
	assert_int_equal(users, 2);
	kunmap(page);
	kunmap(page);
	assert_true(memstat_kmap_slot(slot, &pfn, &users)); /* until the next wrap */
	assert_int_equal(users, 0);
	memstat_kmaps(&k);
	assert_int_equal(k.waiting, before.waiting + 1);
	assert_false(memstat_kmap_slot(LAST_PKMAP - 1, &pfn, &users));
	EXPECT_PANIC("slot >= LAST_PKMAP", memstat_kmap_slot(LAST_PKMAP, &pfn, &users));

	set_fixmap(FIX_DBGP_BASE, 0x300000);
	memstat_fixmaps(one_fixmap, NULL);
	assert_int_equal(fixmaps, __end_of_permanent_fixed_addresses);
	assert_true(saw_debug_port && mapped_fixmaps >= 1);
}

/* ---- Areas, and the whole check ---- */

static enum memstat_vm_kind kinds[16];
static u32 areas, area_pages, last_area;

static void one_area(void *arg, const struct memstat_vm_area *a)
{
	(void)arg;
	assert_true(a->start >= last_area && a->bytes >= 2 * PAGE_SIZE);
	last_area = a->start + a->bytes;
	kinds[areas++] = a->kind;
	area_pages += a->pages;
}

static void test_areas(void **state)
{
	struct page *page;
	u32 before;

	(void)state;
	boot(24, "", NULL);
	page = alloc_pages(GFP_KERNEL, 0, OWNER_TEST);
	memstat_vm_areas(one_area, NULL);
	before = areas;
	areas = area_pages = last_area = 0;
	assert_non_null(vmalloc(3 * PAGE_SIZE));
	assert_non_null(vmap(&page, 1));
	assert_non_null(ioremap(0xFEB00000, PAGE_SIZE));
	memstat_vm_areas(one_area, NULL);
	assert_int_equal(areas, before + 3);
	assert_int_equal(kinds[before], MEMSTAT_VM_ALLOC);
	assert_int_equal(kinds[before + 1], MEMSTAT_VM_MAP);
	assert_int_equal(kinds[before + 2], MEMSTAT_VM_IOREMAP);
	assert_int_equal(area_pages, 3);
}

static void test_whole_check(void **state)
{
	static struct memstat_check check;

	(void)state;
	boot(96, "highmem=16M", NULL);
	map_arena();
	for (unsigned i = 0; i < DIV_ROUND_UP(max_low_pfn, PTRS_PER_PTE); i++)
		swapper_pg_dir[KERNEL_PGD_BOUNDARY + i].val = 0; /* the arena is the direct map */
	check_keep_constants();
	memstat_check(&check);
	if (check.disagreements)
		fail_msg("%s at %s: %s, %s", check.list[0].what, check.list[0].where,
			 check.list[0].expected, check.list[0].found);
	assert_true(check.frames_walked > 0);
	max_pfn++; /* nothing can be walked then */
	memstat_check(&check);
	assert_true(check.disagreements > 0);
	assert_int_equal(check.frames_walked, 0);
	max_pfn--;
}

/* ---- Zones and uses ---- */

static u32 zones_seen, free_seen;

static void one_zone(void *arg, const struct memstat_free_blocks *zone)
{
	struct memstat_zone full;

	(void)arg;
	for (u32 i = 0; i < memstat_zone_count(); i++) {
		memstat_zone(i, &full);
		if (full.node == zone->node && !strcmp(full.name, zone->zone))
			break;
	}
	assert_true(full.populated);
	assert_int_equal(zone->orders, full.orders);
	for (u32 order = 0; order < zone->orders; order++) {
		u32 sum = 0;

		for (u32 t = 0; t < MEMSTAT_TYPES; t++)
			sum += full.blocks[order][t];
		assert_int_equal(zone->blocks[order], sum);
		free_seen += sum << order;
	}
	zones_seen++;
}

static void test_free_blocks(void **state)
{
	struct memstat_totals totals;
	u32 at_boot, now;

	(void)state;
	boot(96, "highmem=16M", NULL);
	memstat_free_blocks(one_zone, NULL);
	memstat_totals(&totals);
	assert_int_equal(zones_seen, 3);
	assert_int_equal(free_seen, totals.free_pages);
	assert_false(memstat_several_nodes());
	memstat_gfp_mask(&at_boot, &now);
	assert_int_equal(now & at_boot, at_boot);
	assert_int_not_equal(now, at_boot); /* opened at the end of boot */
}

static u32 use_pages(const char *use)
{
	static struct memstat_frames frames;
	u32 sum = 0;

	memstat_frames(&frames);
	for (u32 i = 0; i < frames.count; i++) {
		sum += frames.uses[i].pages;
		if (!strcmp(frames.uses[i].use, use)) {
			for (u32 k = i + 1; k < frames.count; k++)
				sum += frames.uses[k].pages;
			assert_int_equal(sum, frames.ram_pages);
			return frames.uses[i].pages;
		}
	}
	fail_msg("no use %s", use);
	return 0;
}

/* RAM that an option adds is in no use, whatever becomes of its frames. */
static void test_added(void **state)
{
	struct page *page;
	u32 uses = 0;

	(void)state;
	boot(24, "memmap=8M@22M", NULL); /* the firmware's area at 24 MiB becomes RAM */
	use_pages("buddy_free_normal");
	for (u32 i = 0; i < 2000; i++) { /* some of them of the added range: the sum stays */
		page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0, OWNER_TEST);
		if (!page)
			break;
		uses += page_to_pfn(page) >= (24u << 8) - 32;
		if (i % 3 == 0)
			__free_pages(page, 0);
	}
	use_pages("buddy_free_normal");
	host_check_pages();
	(void)uses;
}

/* ---- The boot's record ---- */

static void test_records(void **state)
{
	static const char *const sources[] = { "boot", "early_area", "boot_allocator" };
	struct memstat_page_tables t;
	u32 pages, lost, rows, sum = 0;
	struct memstat_e820_entry e;

	(void)state;
	boot(96, "highmem=16M", NULL);
	rows = memstat_page_tables_count(&pages, &lost);
	assert_int_equal(lost, 0);
	for (u32 i = 0; i < rows; i++) {
		memstat_page_tables(i, &t);
		assert_true(t.count > 0 && t.phys % PAGE_SIZE == 0);
		assert_string_equal(memstat_table_source_name(t.source), sources[t.source]);
		sum += t.count;
	}
	assert_int_equal(sum, pages);
	assert_true(rows > 0);
	boot_record_init(); /* entries of the directory that are there now */
	assert_true(memstat_page_tables_count(&pages, &lost) > rows);

	for (u32 step = 1; step < memstat_e820_step_count(); step++)
		assert_true(memstat_e820_step_cycles(step) > 0);
	assert_int_equal(memstat_e820_step_cycles(0), 0);
	assert_int_equal(memstat_e820_saved_count(), 5); /* the loader's entries */
	for (u32 i = 0; i < memstat_e820_saved_count(); i++) {
		memstat_e820_saved(i, &e);
		assert_true(e.start == boot_info.map[i].start && e.type == boot_info.map[i].type);
	}
}

/* What finds no room is counted. */
static void test_full_records(void **state)
{
	struct memstat_e820_edit edit;
	u32 pages, lost, rows;

	(void)state;
	boot(24, "", NULL);
	rows = memstat_page_tables_count(&pages, &lost);
	for (u32 i = 0; !lost; i++) {
		assert_true(i < 10000);
		record_page_table(2 * i % 1024, 0x100000, MEMSTAT_TABLE_EARLY);
		rows = memstat_page_tables_count(&pages, &lost);
	}
	record_page_table(4, 0x100000, MEMSTAT_TABLE_EARLY);
	assert_int_equal(memstat_page_tables_count(&pages, &lost), rows);
	assert_int_equal(lost, 2);

	rows = memstat_e820_edit_count(&lost);
	assert_int_equal(lost, 0);
	for (u32 i = 0; !lost; i++) {
		assert_true(i < 10000);
		record_e820_edit(MEMSTAT_E820_ADD, PAGE_SIZE * i, PAGE_SIZE * (i + 1), 0, E820_RAM,
				 PAGE_SIZE);
		pages = memstat_e820_edit_count(&lost);
		assert_int_equal(pages, rows + i + !lost);
	}
	record_e820_edit(MEMSTAT_E820_ADD, 0, 1, 0, E820_RAM, 1);
	assert_int_equal(memstat_e820_edit_count(&lost), pages);
	assert_int_equal(lost, 2);
	memstat_e820_edit(pages - 1, &edit); /* the last that found room */
	assert_true(edit.start == PAGE_SIZE * (u64)(pages - 1 - rows));
}

HOST_MAIN(cmocka_unit_test(test_one_frame), cmocka_unit_test(test_broken_frame),
	  cmocka_unit_test(test_value_names), cmocka_unit_test(test_mappings),
	  cmocka_unit_test(test_slabs), cmocka_unit_test(test_objects_of_frames),
	  cmocka_unit_test(test_before_slab), cmocka_unit_test(test_audit),
	  cmocka_unit_test(test_walk), cmocka_unit_test(test_runs),
	  cmocka_unit_test(test_kmaps_and_fixmaps), cmocka_unit_test(test_areas),
	  cmocka_unit_test(test_whole_check), cmocka_unit_test(test_free_blocks),
	  cmocka_unit_test(test_added), cmocka_unit_test(test_records),
	  cmocka_unit_test(test_full_records))
