/*
 * The boot record: edits of the memory map, page tables and where each came from, and the words
 * that every stage is seen to find and to change (kernel/stage_words.def).
 *
 * All of it is written once, while memory is set up, and read for good (/api/v1/boot). Tables of
 * fixed size; what finds no room is counted. Page tables that follow one another, in the directory
 * and in memory, share a row:
 *
 *	directory entry   769  770  771  772          769..771 <- 3 pages at 0x7000
 *	table at         7000 8000 9000 1000000       772      <- 1 page at 0x1000000
 *
 * Times are processor cycles, as those of the stages, so that the map and the reservations can be
 * shown as they were behind any stage.
 */
#include "mm/boot_record.h"

#include "kernel/boot/boot_info.h"
#include "kernel/panic.h"
#include "kernel/stage.h"
#include "kernel/system_state.h"
#include "kernel/time.h"
#include "mm/boot_replay.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_node_map.h"
#include "mm/early_res.h"
#include "mm/page_alloc.h"
#include "mm/pgtable.h"
#include "mm/resource.h"
#include "mm/slab_internal.h"
#include "mm/zonelist.h"
#include "mm/zones.h"

#define EDITS_MAX 256
#define TABLES_MAX 24

static struct memstat_e820_edit edits[EDITS_MAX];
static u32 edit_count, edits_lost;
static struct memstat_page_tables tables[TABLES_MAX];
static u32 table_rows, table_pages, tables_lost;

const char *asking_stage(void)
{
	static const u16 machinery[] = {
		STAGE_reserve_early,
		STAGE_check_and_double_early_res,
		STAGE_alloc_bootmem_nopanic,
		STAGE_alloc_memory_core_early,
		STAGE_alloc_low_page,
		STAGE_one_page_table_init,
		STAGE_page_table_range_init,
		STAGE_e820_add_region,
		STAGE_e820_update_range,
		STAGE_e820_remove_range,
		STAGE_kernel_physical_mapping_init,
	};
	enum stage_id id;

	for (unsigned level = 0; (id = stage_running(level)) != STAGE_COUNT; level++) {
		unsigned i = 0;

		while (i < ARRAY_SIZE(machinery) && machinery[i] != id)
			i++;
		if (i == ARRAY_SIZE(machinery))
			return stage_name(id);
	}
	return "start_kernel";
}

/* ---- Edits of the map ---- */

void record_e820_edit(enum memstat_e820_op op, u64 start, u64 end, u32 old_type, u32 new_type,
		      u64 changed)
{
	if (edit_count == EDITS_MAX) {
		edits_lost++;
		return;
	}
	edits[edit_count++] = (struct memstat_e820_edit){
		op, old_type, new_type, start, end, changed, asking_stage(), cycles_now(),
	};
}

u32 memstat_e820_edit_count(u32 *lost)
{
	*lost = edits_lost;
	return edit_count;
}

void memstat_e820_edit(u32 index, struct memstat_e820_edit *out)
{
	BUG_ON(index >= edit_count);
	*out = edits[index];
}

/* ---- Page tables ---- */

void record_page_table(u32 index, u32 phys, enum memstat_table_source source)
{
	struct memstat_page_tables *last = table_rows ? &tables[table_rows - 1] : NULL;

	table_pages++;
	if (last && last->source == source && last->first + last->count == index &&
	    last->phys + last->count * PAGE_SIZE == phys) {
		last->count++;
		return;
	}
	if (table_rows == TABLES_MAX) {
		tables_lost++;
		return;
	}
	tables[table_rows++] = (struct memstat_page_tables){
		index, 1, phys, source, asking_stage(), cycles_now(),
	};
}

u32 memstat_page_tables_count(u32 *pages, u32 *lost)
{
	*pages = table_pages;
	*lost = tables_lost;
	return table_rows;
}

void memstat_page_tables(u32 index, struct memstat_page_tables *out)
{
	BUG_ON(index >= table_rows);
	*out = tables[index];
}

const char *memstat_table_source_name(enum memstat_table_source source)
{
	static const char *const names[] = { "boot", "early_area", "boot_allocator" };

	return names[source];
}

/* ---- Watched words ---- */

static u32 pages_free;

static void count_free_pages(void)
{
	pages_free = replay_free_pages();
}

/* The second term is 0, or stops the compiler. */
#define AT(sym, variable) \
	[STAGE_WORD_##sym] = (const u8 *)&(variable) + 0 / (sizeof(variable) == sizeof(u32))
#define VARIABLE(sym) AT(sym, sym)

static const struct stage_words words = {
	.refresh = count_free_pages,
	.moment = replay_moment,
	.at = {
	AT(firmware_entries, boot_info.map_count),
	AT(e820_entries, e820.nr_map),
	AT(early_reservations, early_res_count),
	VARIABLE(max_early_res),
	VARIABLE(max_pfn),
	VARIABLE(max_low_pfn),
	VARIABLE(highstart_pfn),
	VARIABLE(highend_pfn),
	VARIABLE(high_memory),
	VARIABLE(num_physpages),
	VARIABLE(max_pfn_mapped),
	VARIABLE(max_low_pfn_mapped),
	VARIABLE(e820_table_start),
	VARIABLE(e820_table_end),
	VARIABLE(e820_table_top),
	AT(kernel_page_tables, table_pages),
	VARIABLE(after_bootmem),
	VARIABLE(nr_nodemap_entries),
	VARIABLE(nr_node_ids),
	VARIABLE(nr_kernel_pages),
	VARIABLE(nr_all_pages),
	VARIABLE(memory_resources),
	VARIABLE(highest_memmap_pfn),
	VARIABLE(totalram_pages),
	VARIABLE(totalhigh_pages),
	VARIABLE(vm_total_pages),
	AT(free_pages, pages_free),
	VARIABLE(min_free_kbytes),
	VARIABLE(gfp_allowed_mask),
	VARIABLE(g_cpucache_up),
	AT(phase, system_state),
	},
};

void __init boot_record_init(void)
{
	stage_watch(&words);
	for (u32 i = 0; i < PTRS_PER_PGD; i++) {
		if (!pgd_present(swapper_pg_dir[i]))
			continue;
		record_page_table(i, swapper_pg_dir[i].val & PAGE_MASK, MEMSTAT_TABLE_BOOT);
		replay_table(i, PTRS_PER_PTE); /* head.S leaves no entry out */
	}
}
