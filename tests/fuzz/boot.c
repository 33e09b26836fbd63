/*
 * A whole boot of memory on the host, in the order of kernel/main.c, from what boot_info says.
 *
 * Not run: what needs the processor itself (descriptor tables, interrupts, CR0.WP), the windows of
 * boot_info.c onto real memory, and mark_rodata_ro, whose proof is a fault.
 */
#include <inttypes.h>

#include "fuzz.h"
#include "kernel/boot/boot_info.h"
#include "kernel/cmdline.h"
#include "kernel/params.h"
#include "kernel/stage.h"
#include "kernel/x86/sections.h"
#include "mm/acpi_setup.h"
#include "mm/bios_corruption.h"
#include "mm/boot_modules.h"
#include "mm/boot_record.h"
#include "mm/bootmem.h"
#include "mm/callsite.h"
#include "mm/check_internal.h"
#include "mm/crashkernel.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_node_map.h"
#include "mm/early_res.h"
#include "mm/firmware_setup.h"
#include "mm/fixmap.h"
#include "mm/free_all.h"
#include "mm/gen24.h"
#include "mm/highmem.h"
#include "mm/memstat.h"
#include "mm/mtrr.h"
#include "mm/numa.h"
#include "mm/page_alloc.h"
#include "mm/pgtable.h"
#include "mm/resource.h"
#include "mm/setup_data.h"
#include "mm/slab.h"
#include "mm/srat.h"
#include "mm/vmalloc.h"
#include "mm/x86_init.h"
#include "mm/zonelist.h"
#include "mm/zones.h"
#include "support/host.h"

#define BOOT_TABLES 0x1d0000ul /* in the stand-in for the image's .bss */

void fuzz_ram(unsigned long bytes)
{
	host_ram_dirty_bytes = SZ_1M / 4;
	host_ram_setup(bytes);
}

/* RAM of the arena: all that the loader's map may lead to below the end of low memory, and
 * firmware's tables. */
static unsigned long arena_bytes(void)
{
	u64 end = (u64)boot_mapped_pfn << PAGE_SHIFT;

	for (u32 i = 0; i < boot_info.map_count; i++)
		if ((boot_info.map[i].type == E820_RAM || boot_info.map[i].type == E820_ACPI) &&
		    boot_info.map[i].size <= ~0ull - boot_info.map[i].start)
			end = max(end, boot_info.map[i].start + boot_info.map[i].size);
	if (boot_info.has_mem_sizes)
		end = max(end, SZ_1M + ((u64)boot_info.mem_upper_kib << 10));
	return (unsigned long)min(end, PFN_PHYS(MAXMEM_PFN));
}

/* High memory has no arena: there the map is believed. */
static bool ram_answers(phys_addr_t phys)
{
	for (u32 i = 0; i < boot_info.map_count; i++) {
		const struct boot_map_entry *e = &boot_info.map[i];

		if (e->type == E820_RAM && e->size <= ~0ull - e->start && phys >= e->start &&
		    phys - e->start < e->size)
			return true;
	}
	return phys < host_ram_bytes;
}

/* As head.S leaves it: the first 8 MiB at 0 and at PAGE_OFFSET. */
static void head(void)
{
	pte_t *tables = __va(BOOT_TABLES);

	memset(swapper_pg_dir, 0, PAGE_SIZE);
	for (unsigned i = 0; i < boot_mapped_pfn; i++)
		tables[i].val = i << PAGE_SHIFT | 0x003;
	for (unsigned i = 0; i < boot_mapped_pfn / PTRS_PER_PTE; i++) {
		u32 val = (u32)(BOOT_TABLES + i * PAGE_SIZE) | 0x067;

		swapper_pg_dir[i].val = val;
		swapper_pg_dir[KERNEL_PGD_BOUNDARY + i].val = val;
	}
	host_cr3 = __pa(swapper_pg_dir);
	boot_record_init();
}

static void setup_arch(void)
{
	RUN(early_ioremap_init);
	system_state_set(PHASE_FIXMAP);
	x86_init.ram_answers = ram_answers;
	RUN(setup_memory_map);
	RUN(parse_setup_data);
	RUN(e820_reserve_setup_data);
	RUN(kernel_resources);
	RUN(parse_early_param);
	RUN(reserve_early_setup_data);
	RUN(acpi_mps_check);
	RUN(finish_e820_parsing);
	RUN(dmi_scan_machine);
	RUN(probe_roms);
	insert_kernel_resources();
	RUN(trim_bios_range);
	RUN(ppro_with_ram_bug);
	set_max_pfn();
	RUN(early_reserve_e820_mpc_new);
	RUN(mtrr_bp_init);
	RUN(mtrr_trim_uncached_memory);
	RUN(find_low_pfn_range);
	RUN(setup_bios_corruption_check);
	RUN(report_boot_mapping);
	RUN(reserve_brk);
	RUN(find_smp_config);
	RUN(reserve_trampoline_memory);
	map_low_memory();
	system_state_set(PHASE_DIRECT_MAP);
	RUN(reserve_initrd);
	RUN(reserve_crashkernel);
	RUN(acpi_boot_table_init);
	RUN(early_acpi_boot_init);
	RUN(acpi_numa_init);
	RUN(get_memcfg_numa);
	if (numa.nodes > 1)
		RUN(initmem_init_numa);
	else
		RUN(initmem_init);
	RUN(pagetable_setup_start);
	RUN(paging_init);
	RUN(pagetable_setup_done);
	system_state_set(PHASE_ZONES);
	RUN(acpi_boot_init);
	RUN(e820_reserve_resources);
	RUN(reserve_standard_io_resources);
	RUN(e820_setup_gap);
}

static void setup_command_line(void)
{
	size_t size = cmdline_copy_size();
	char *saved = alloc_bootmem(size, OWNER_BOOT_ALLOC);

	cmdline_move(saved, alloc_bootmem(size, OWNER_BOOT_ALLOC));
}

static void mm_start(void)
{
	if (!mm_gen24)
		RUN(build_all_zonelists);
	page_owner_init();
	RUN(mem_init);
	RUN(kmem_cache_init);
	system_state_set(PHASE_SLAB);
	RUN(vmalloc_init);
	system_state_set(PHASE_VMALLOC);
	open_gfp_allowed_mask();
	RUN(kmem_cache_init_late);
	if (!mm_gen24) {
		RUN(setup_per_cpu_pageset);
		RUN(init_per_zone_wmark_min);
	}
	RUN(free_initmem);
}

/* ---- What must be true then ---- */

/* The loader's map once more, by another way than the kernel's: between any two bounds of entries
 * the largest type wins. Frames are counted in runs of RAM; runs of any type are counted in *runs. */
static u64 frames_of_runs(const struct boot_map_entry *map, u32 count, u32 *runs)
{
	u64 frames = 0, start = 0, at = 0;
	bool in_run = false, more = true;
	u32 last = 0;

	while (more) {
		u64 next = ~0ull;
		u32 type = 0;

		more = false;
		for (u32 i = 0; i < count; i++) {
			u64 bounds[2] = { map[i].start, map[i].start + map[i].size };

			for (unsigned k = 0; k < 2 && map[i].size; k++)
				if (bounds[k] > at && bounds[k] <= next) {
					next = bounds[k];
					more = true;
				}
			if (at >= bounds[0] && at < bounds[1])
				type = max(type, map[i].type);
		}
		if (type == E820_RAM && !in_run)
			start = at;
		if (type != E820_RAM && in_run && at >> PAGE_SHIFT > (start + 4095) >> PAGE_SHIFT)
			frames += (at >> PAGE_SHIFT) - ((start + 4095) >> PAGE_SHIFT);
		in_run = type == E820_RAM;
		*runs += type && type != last;
		last = type;
		at = next;
	}
	return frames;
}

/*
 * Frames of RAM in the map as it is used: wrapping entries are no entries, and they, or fewer than two
 * entries, make the two sizes count where there are any (W-10). 0: these.
 */
static u64 expected_frames(void)
{
	static struct boot_map_entry good[BOOT_MAP_MAX];
	u32 count = 0, runs = 0;
	bool whole = boot_info.map_count >= 2;
	u64 frames;

	for (u32 i = 0; i < boot_info.map_count; i++) {
		const struct boot_map_entry *e = &boot_info.map[i];

		if (e->size > ~0ull - e->start)
			whole = false;
		else
			good[count++] = *e;
	}
	frames = frames_of_runs(good, count, &runs);
	if ((!whole || runs < 2) && boot_info.has_mem_sizes && boot_info.mem_upper_kib)
		return 0;
	return frames;
}

static void check_frames_sum(void)
{
	struct memstat_frames frames;
	u64 sum = 0, expected = expected_frames();

	memstat_frames(&frames);
	for (u32 i = 0; i < frames.count; i++)
		sum += frames.uses[i].pages;
	if (sum != frames.ram_pages)
		fuzz_fail("uses sum to %" PRIu64 " pages of %u", sum, frames.ram_pages);
	if (expected && min_t(u64, expected, 0xFFFFFFFF) != frames.ram_pages)
		fuzz_fail("ram_pages %u, the map has %" PRIu64, frames.ram_pages, expected);
}

/* memstat_check without check_vmalloc: on the host the direct map is not where the tables have it. */
static void check_all(const char *when)
{
	static struct memstat_check check;

	check_frames_sum();
	memset(&check, 0, sizeof(check));
	if (check_foundation(&check)) {
		check_frames(&check);
		check_zones(&check);
		check_pairs(&check);
		check_free_lists(&check);
		check_slabs(&check);
	}
	if (check.disagreements)
		fuzz_fail("%s: %s at %s: expected %s, found %s", when, check.list[0].what,
			  check.list[0].where, check.list[0].expected, check.list[0].found);
}

/* It is a working kernel: what it gives out can be used and comes back. */
static void use_memory(void)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0, OWNER_TEST);
	struct page *high = alloc_pages(GFP_HIGHUSER | __GFP_NOWARN, 0, OWNER_TEST);
	char *object = kmalloc(100, GFP_KERNEL | __GFP_NOWARN), *area = vmalloc(3 * PAGE_SIZE);

	if (object)
		memset(object, 0x11, 100);
	if (page)
		memset(page_address(page), 0x22, PAGE_SIZE);
	check_all("in use");
	vfree(area);
	kfree(object);
	if (high)
		__free_pages(high, 0);
	if (page)
		__free_pages(page, 0);
	check_all("given back");
}

void fuzz_boot(void (*fill_ram)(void))
{
	fuzz_ram(arena_bytes());
	if (fill_ram)
		fill_ram();
	head();
	RUN(first_reservations);
	system_state_set(PHASE_EARLY_RES);
	RUN(page_address_init);
	stage_begin(STAGE_setup_arch);
	setup_arch();
	stage_end(STAGE_setup_arch);
	setup_command_line();
	cmdline_report();
	mm_start();
	if (check_early_ioremap_leak())
		fuzz_fail("a window is still open");
	if (stage_running(0) != STAGE_COUNT)
		fuzz_fail("stage %s never ended", stage_name(stage_running(0)));
	use_memory();
}
