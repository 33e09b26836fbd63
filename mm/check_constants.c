/*
 * What boot decides and nothing changes afterwards, apart from the zones' own fields (check.c):
 * limits, totals, the memory map, the record of how it came about, page directory entries of the
 * empty half. mark_rodata_ro, the last stage that touches memory, has each of them copied or summed
 * up; the check compares.
 *
 * The walks over descriptors, slabs and areas use these figures as their bounds, so the check ends
 * here if one is wrong: it is named, and nothing is followed that starts from it.
 */
#include "kernel/lib/libc/stdio.h"
#include "mm/check_internal.h"
#include "mm/direct_map.h"
#include "mm/e820_setup.h"
#include "mm/early_node_map.h"
#include "mm/early_res.h"
#include "mm/numa.h"
#include "mm/pgtable.h"
#include "mm/slab_internal.h"
#include "mm/vmalloc.h"
#include "mm/zones.h"

/* A checksum in which any one changed word, and any two swapped ones, are seen. */
u32 check_sum(u32 sum, const void *start, size_t bytes)
{
	const u8 *at = start;
	u32 word;

	for (; bytes >= sizeof(word); bytes -= sizeof(word), at += sizeof(word)) {
		__builtin_memcpy(&word, at, sizeof(word));
		sum = (sum << 5 | sum >> 27) ^ word;
	}
	for (; bytes; bytes--)
		sum = (sum << 5 | sum >> 27) ^ *at++;
	return sum;
}

static const struct {
	const char *what;
	const void *at;
	size_t bytes; /* of one word the value itself is kept, of more the sum */
} constants[] = {
#define X(variable)                                      \
	{                                                \
#variable, &(variable), sizeof(variable) \
	}
	X(max_pfn),
	X(max_low_pfn),
	X(max_pfn_mapped),
	X(max_low_pfn_mapped),
	X(highstart_pfn),
	X(highend_pfn),
	X(num_physpages),
	X(high_memory),
	X(nr_kernel_pages),
	X(nr_all_pages),
	X(early_node_map),
	X(nr_nodemap_entries),
	X(numa),
	X(node_data),
	X(e820),
	X(e820_saved),
	X(watermarks_set),
	X(pagesets_set),
	X(nr_node_ids),
	X(slab_max_order),
	X(slab_break_gfp_order),
	X(g_cpucache_up),
	X(vmap_area_pcpu_hole),
#undef X
	{ "empty_zero_page", empty_zero_page, PAGE_SIZE },
	{ "swapper_pg_dir below PAGE_OFFSET", swapper_pg_dir,
	  KERNEL_PGD_BOUNDARY * sizeof(swapper_pg_dir[0]) },
};

static const struct {
	const char *what;
	u32 (*sum)(void);
} records[] = {
	{ "record of the memory map", e820_record_sum },
	{ "record of early reservations", early_res_record_sum },
	{ "malloc_sizes", malloc_sizes_sum },
};

static u32 kept[ARRAY_SIZE(constants)], kept_records[ARRAY_SIZE(records)];
static bool made;

static u32 state_of(unsigned i)
{
	if (constants[i].bytes == sizeof(u32))
		return *(const u32 *)constants[i].at;
	return check_sum(0, constants[i].at, constants[i].bytes);
}

void check_keep_constants(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(constants); i++)
		kept[i] = state_of(i);
	for (unsigned i = 0; i < ARRAY_SIZE(records); i++)
		kept_records[i] = records[i].sum();
	made = true;
}

bool check_constants(struct memstat_check *check)
{
	u32 before = check->disagreements;
	char what[40];

	for (unsigned i = 0; made && i < ARRAY_SIZE(constants); i++) {
		snprintf(what, sizeof(what), "%s%s", constants[i].what,
			 constants[i].bytes == sizeof(u32) ? "" : " (sum)");
		check_equal_hex(check, what, "memory subsystem", kept[i], state_of(i));
	}
	for (unsigned i = 0; made && i < ARRAY_SIZE(records); i++) {
		snprintf(what, sizeof(what), "%s (sum)", records[i].what);
		check_equal_hex(check, what, "memory subsystem", kept_records[i], records[i].sum());
	}
	return check->disagreements == before;
}
