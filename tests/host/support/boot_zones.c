/*
 * See boot_zones.h: nodes, zones and free memory as boot makes them, for the tests of what comes after.
 */
#include "support/boot_zones.h"

#include "kernel/x86/sections.h"
#include "mm/bootmem_bitmap.h"
#include "mm/check_internal.h"
#include "mm/direct_map.h"
#include "mm/e820_setup.h"
#include "mm/early_node_map.h"
#include "mm/early_res.h"
#include "mm/free_all.h"
#include "mm/gen24.h"
#include "mm/numa.h"
#include "mm/srat.h"
#include "mm/x86_init.h"
#include "mm/zonelist.h"
#include "mm/zones.h"
#include "support/host.h"

static const struct e820entry *given;
static u32 given_count;
static struct {
	const char *name, *value;
} options[8];
static unsigned option_count;

static const char *memory_setup(void)
{
	e820.nr_map = 0;
	for (u32 i = 0; i < given_count; i++)
		e820_add_region(given[i].addr, given[i].size, given[i].type);
	sanitize_e820_map(e820.map, E820_X_MAX, &e820.nr_map);
	return "test";
}

void host_boot_option(const char *name, const char *value)
{
	options[option_count].name = name;
	options[option_count++].value = value;
}

static void apply_options(void)
{
	for (unsigned i = 0; i < option_count; i++) {
		int err = -1;

		if (!strcmp(options[i].name, "mem"))
			err = parse_mem(options[i].value);
		else if (!strcmp(options[i].name, "memmap"))
			err = parse_memmap(options[i].value);
		else if (!strcmp(options[i].name, "highmem"))
			err = parse_highmem(options[i].value);
		else if (!strcmp(options[i].name, "mm"))
			err = parse_mm(options[i].value);
		else if (!strcmp(options[i].name, "bootmem"))
			err = parse_bootmem(options[i].value);
		else if (!strcmp(options[i].name, "numa"))
			err = parse_numa(options[i].value);
		assert_int_equal(err, 0);
	}
}

/* What the arena must stand for: RAM up to the end of low memory, also what options add. */
static unsigned long low_memory_bytes(void)
{
	u64 end = 0;

	for (u32 i = 0; i < given_count; i++)
		if (given[i].type == E820_RAM)
			end = max(end, (u64)(given[i].addr + given[i].size));
	return (unsigned long)min(end + (2 << 20), (u64)MAXMEM_PFN << PAGE_SHIFT);
}

static phys_addr_t answers_below;

static bool ram_answers(phys_addr_t phys)
{
	return phys < answers_below;
}

void host_ram_answers_below(phys_addr_t end)
{
	answers_below = end;
	x86_init.ram_answers = ram_answers;
}

void host_boot_to_zones(const struct e820entry *map, u32 count)
{
	host_cpu_default();
	given = map;
	given_count = count;
	x86_init.memory_setup = memory_setup;
	host_ram_answers_below(~0ull);
	host_ram_setup(low_memory_bytes());
	max_pfn_mapped = boot_mapped_pfn;
	setup_memory_map();
	apply_options();
	finish_e820_parsing();
	trim_bios_range();
	max_pfn = e820_end_of_ram_pfn();
	find_low_pfn_range();
	max_pfn_mapped = max_low_pfn_mapped = max_low_pfn;
	reserve_early(HOST_IMAGE_START, HOST_IMAGE_END, "TEXT DATA BSS");
	get_memcfg_numa();
	if (numa.nodes > 1)
		initmem_init_numa();
	else
		initmem_init();
	if (mm_gen24) {
		gen24_zone_sizes_init();
		return;
	}
	zone_sizes_init();
	build_all_zonelists();
}

void host_boot_release(void)
{
	release_free_memory();
	system_state = PHASE_BUDDY;
}

void host_boot_map(const struct e820entry *map, u32 count)
{
	host_boot_to_zones(map, count);
	host_boot_release();
}

void host_boot_ram(u64 end)
{
	static struct e820entry map[3] = {
		{ 0, 0x9fc00, E820_RAM },
		{ 0x9fc00, 0x400, E820_RESERVED },
		{ 0x100000, 0, E820_RAM },
	};

	map[2].size = end - 0x100000;
	host_boot_map(map, 3);
}

void host_boot_finish(void)
{
	if (mm_gen24)
		return;
	setup_per_cpu_pageset();
	init_per_zone_wmark_min();
}

struct zone *host_zone(enum zone_type type)
{
	return &NODE_DATA(0)->node_zones[type];
}

const struct memstat_disagreement *host_first_disagreement(u32 *count)
{
	static struct memstat_check check;

	memset(&check, 0, sizeof(check));
	if (check_foundation(&check)) {
		check_frames(&check);
		check_zones(&check);
		check_pairs(&check);
		check_free_lists(&check);
	}
	if (count)
		*count = check.disagreements;
	return check.disagreements ? &check.list[0] : NULL;
}

void host_check_pages(void)
{
	const struct memstat_disagreement *d = host_first_disagreement(NULL);

	if (d)
		fail_msg("%s at %s: expected %s, found %s", d->what, d->where, d->expected,
			 d->found);
}
