/*
 * The boot allocator's front: goal, limit, zeroing, and what happens when there is nothing left.
 * The search itself is the implementation's (bootmem_early_res.c, bootmem_bitmap.c); bootmem= and mm=
 * choose one.
 *
 * Differences from the documents: the limit is clipped to mapped low memory, since an address in
 * high memory could not be given back as a pointer; and a caller that writes all it gets can say
 * so, which saves clearing the descriptors of every page. A call after the page allocator has come
 * up is fatal; the documented code warns and takes from the slab, which hides who is late.
 */
#include "mm/bootmem.h"

#include <string.h>

#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/system_state.h"
#include "kernel/x86/cpu.h"
#include "mm/bootmem_bitmap.h"
#include "mm/direct_map.h"
#include "mm/e820_setup.h"
#include "mm/early_res.h"
#include "mm/gen24.h"
#include "mm/memlayout.h"
#include "mm/memstat.h"

const struct boot_allocator *boot_allocator = &bootmem_early_res;

#define LOG_MAX 128

static bool early_res_asked; /* bootmem=early_res was given */

/* Every request and what came of it, for good. */
static struct memstat_boot_alloc log[LOG_MAX];
static u32 log_count, log_lost;

int __init parse_bootmem(const char *value)
{
	early_res_asked = !strcmp(value, "early_res");
	if (early_res_asked)
		boot_allocator = &bootmem_early_res;
	else if (!strcmp(value, "bitmap"))
		boot_allocator = &bootmem_bitmap;
	else
		return -EINVAL;
	return 0;
}

static void __init choose_allocator(void)
{
	static const u16 bitmap_only[] = { STAGE_bootmem_alloc, STAGE_setup_node_bootmem,
					   STAGE_early_res_to_bootmem,
					   STAGE_free_all_bootmem_core };
	static const u16 early_res_only[] = {
		STAGE_alloc_memory_core_early,
		STAGE_free_all_memory_core_early,
		STAGE_get_free_all_memory_range,
		STAGE_add_from_early_node_map,
		STAGE_subtract_range,
		STAGE_subtract_early_res,
		STAGE_clean_sort_range,
		STAGE_free_pages_memory,
		STAGE_free_pages_bootmem,
		STAGE_find_fw_memmap_area,
	};

	if (mm_gen24 && early_res_asked)
		pr_warn("bootmem=early_res has no effect: mm=2.4 has the bitmap only");
	if (mm_gen24)
		boot_allocator = &bootmem_bitmap;
	if (boot_allocator == &bootmem_bitmap)
		for (unsigned i = 0; i < ARRAY_SIZE(early_res_only); i++)
			stage_skip(early_res_only[i], "boot memory comes from a bitmap");
	else
		for (unsigned i = 0; i < ARRAY_SIZE(bitmap_only); i++)
			stage_skip(bitmap_only[i],
				   "boot memory comes from early_res, not from a bitmap");
}

void __init setup_bootmem_allocator(void)
{
	gen24_skip_stages();
	choose_allocator();
	boot_allocator->setup();
	pr_info("low memory [0, %#llx), mapped up to %#llx", PFN_PHYS(max_low_pfn),
		PFN_PHYS(max_low_pfn_mapped));
	after_bootmem = 1;
	stage_note("boot memory from %s; table pages come from it now", boot_allocator->name);
}

static void __init log_alloc(struct memstat_boot_alloc entry, enum page_owner owner)
{
	static const char *const owner_names[NR_OWNERS] = {
#define X(id, name) name,
		MM_OWNERS(X)
#undef X
	};

	if (log_count == LOG_MAX) {
		log_lost++;
		return;
	}
	entry.made_by = early_res_asking_stage();
	entry.owner = owner_names[owner];
	log[log_count++] = entry;
}

u32 memstat_boot_alloc_count(void)
{
	return log_count;
}

void memstat_boot_alloc(u32 index, struct memstat_boot_alloc *out)
{
	BUG_ON(index >= log_count);
	*out = log[index];
}

u32 memstat_boot_allocs_lost(void)
{
	return log_lost;
}

static void *__init alloc_dirty(unsigned long size, unsigned long align, u64 goal, u64 limit,
				enum page_owner owner)
{
	bool fell_back;
	void *virt;

	/* the buddy system owns the memory then, and a second owner would corrupt it */
	if (system_state >= PHASE_BUDDY)
		panic("bootmem", "%lu bytes asked for after the page allocator came up", size);
	limit = min(limit, PFN_PHYS(max_low_pfn_mapped));
	virt = boot_allocator->alloc_core(size, align, goal, limit, owner);
	fell_back = !virt && goal;
	if (fell_back)
		virt = boot_allocator->alloc_core(size, align, 0, limit, owner);
	log_alloc((struct memstat_boot_alloc){ .bytes = size,
					       .align = align,
					       .goal = (u32)goal,
					       .limit = (u32)limit,
					       .result = virt ? (u32)__pa(virt) : 0,
					       .fell_back = fell_back },
		  owner);
	stage_note("%lu bytes, goal %#llx: %s%#lx", size, goal, virt ? "" : "none ",
		   virt ? __pa(virt) : 0);
	return virt;
}

static void *__init alloc_staged(unsigned long size, unsigned long align, u64 goal, u64 limit,
				 enum page_owner owner)
{
	void *virt;

	stage_begin(STAGE_alloc_bootmem_nopanic);
	virt = alloc_dirty(size, align, goal, limit, owner);
	stage_end(STAGE_alloc_bootmem_nopanic);
	return virt;
}

void *__init ___alloc_bootmem_nopanic(unsigned long size, unsigned long align, u64 goal, u64 limit,
				      enum page_owner owner)
{
	void *virt = alloc_staged(size, align, goal, limit, owner);

	if (virt)
		memset(virt, 0, size);
	return virt;
}

static void *__init must_have(void *virt, unsigned long size)
{
	if (!virt)
		panic("bootmem", "no %lu bytes of low memory left (low memory ends at %#llx)", size,
		      PFN_PHYS(max_low_pfn));
	return virt;
}

void *__init alloc_bootmem(unsigned long size, enum page_owner owner)
{
	return must_have(___alloc_bootmem_nopanic(size, cache_line_size(), BOOTMEM_GOAL, ~0ull,
						  owner),
			 size);
}

void *__init alloc_bootmem_pages(unsigned long size, enum page_owner owner)
{
	return must_have(___alloc_bootmem_nopanic(size, PAGE_SIZE, BOOTMEM_GOAL, ~0ull, owner),
			 size);
}

void *__init alloc_bootmem_low_pages(unsigned long size, enum page_owner owner)
{
	return must_have(___alloc_bootmem_nopanic(size, PAGE_SIZE, 0, ~0ull, owner), size);
}

void *__init alloc_bootmem_pages_dirty(unsigned long size, enum page_owner owner)
{
	return must_have(alloc_staged(size, PAGE_SIZE, BOOTMEM_GOAL, ~0ull, owner), size);
}
