/*
 * The replay of boot: rows of the page directory and of zones add up to what is there at the end, on whole
 * boots of memory and step by step.
 */
#include "whole_boot.h"

#include "kernel/stage.h"
#include "mm/boot_replay.h"
#include "mm/gen24.h"
#include "mm/memstat.h"
#include "mm/mmzone.h"
#include "mm/page_alloc.h"
#include "mm/vmalloc.h"
#include "mm/zones.h"

/* ---- What the rows say ---- */

struct cell {
	u32 kind, present;
};

/* The directory behind the rows up to a time; rows must be in the order of their times. */
static void directory_at(u64 cycles, struct cell cells[PTRS_PER_PGD])
{
	struct memstat_directory_change row;
	u32 lost, rows = memstat_directory_changes(&lost);
	u64 last = 0;

	memset(cells, 0, PTRS_PER_PGD * sizeof(*cells));
	assert_int_equal(lost, 0);
	for (u32 i = 0; i < rows; i++) {
		memstat_directory_change(i, &row);
		assert_true(row.cycles >= last && row.count > 0 && *row.by);
		last = row.cycles;
		for (u32 k = 0; row.cycles <= cycles && k < row.count; k++)
			cells[row.first + k] = (struct cell){ row.kind, row.present };
	}
}

static u32 zone_word(s32 node, const char *zone, const char *field)
{
	struct memstat_zone_change row;
	u32 value = 0;

	for (u32 i = 0; i < memstat_zone_changes(); i++) {
		memstat_zone_change(i, &row);
		if (row.node == node && !strcmp(row.zone, zone) && !strcmp(row.field, field))
			value = row.value;
	}
	return value;
}

/* ---- What there is ---- */

static u32 present_in(pgd_t pgd)
{
	const pte_t *table = __va(pgd.val & PTE_FRAME_MASK);
	u32 n = 0;

	for (unsigned i = 0; i < PTRS_PER_PTE; i++)
		n += table[i].val & _PAGE_PRESENT;
	return n;
}

static void assert_directory_is_live(void)
{
	struct cell cells[PTRS_PER_PGD];

	directory_at(~0ull, cells);
	for (unsigned i = 0; i < PTRS_PER_PGD; i++) {
		pgd_t pgd = swapper_pg_dir[i];
		u32 kind = !pgd_present(pgd) ? MEMSTAT_DIRECTORY_EMPTY
			   : pgd_large(pgd)  ? MEMSTAT_DIRECTORY_LARGE
					     : MEMSTAT_DIRECTORY_TABLE;

		if (cells[i].kind == MEMSTAT_DIRECTORY_MOVED)
			cells[i].kind = MEMSTAT_DIRECTORY_LARGE;
		if (cells[i].kind != kind)
			fail_msg("entry %u: recorded kind %u, it is %u", i, cells[i].kind, kind);
		if (kind == MEMSTAT_DIRECTORY_TABLE && cells[i].present != present_in(pgd))
			fail_msg("entry %u: recorded %u present, there are %u", i, cells[i].present,
				 present_in(pgd));
	}
}

static void assert_zones_are_live(void)
{
	struct zone *zone;

	for_each_zone(zone) {
		s32 node = zone->zone_pgdat->node_id;
		const struct {
			const char *field;
			unsigned long value;
		} words[] = {
			{ "start_pfn", zone->zone_start_pfn },
			{ "spanned", zone->spanned_pages },
			{ "present", zone->present_pages },
			{ "free", (unsigned long)zone->vm_stat[NR_FREE_PAGES] },
			{ "per_cpu", (unsigned long)zone->pcp.count },
			{ "min", zone->watermark[WMARK_MIN] },
			{ "low", zone->watermark[WMARK_LOW] },
			{ "high", zone->watermark[WMARK_HIGH] },
		};

		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (zone_word(node, zone->name, words[i].field) != words[i].value)
				fail_msg("node %d %s: recorded %s %u, it is %lu", node, zone->name,
					 words[i].field,
					 zone_word(node, zone->name, words[i].field),
					 words[i].value);
	}
}

/* Ends a stage, so that what came before it is recorded. */
static void a_stage(void)
{
	stage_begin(STAGE_check_bugs);
	stage_end(STAGE_check_bugs);
}

static void boot_and_compare(u32 mib, const char *line)
{
	boot(mib, line, NULL);
	a_stage();
	assert_directory_is_live();
	assert_zones_are_live();
	if (mm_gen24)
		return;
	for (enum zone_type t = 0; t < ZONE_MOVABLE; t++) {
		assert_int_equal(zone_word(-1, zone_names[t], "from_pfn"),
				 arch_zone_lowest_possible_pfn[t]);
		assert_int_equal(zone_word(-1, zone_names[t], "to_pfn"),
				 arch_zone_highest_possible_pfn[t]);
	}
}

static void test_boot(void **state)
{
	(void)state;
	boot_and_compare(96, "highmem=16M");
}

static void test_boot_24(void **state)
{
	(void)state;
	boot_and_compare(96, "mm=2.4 highmem=16M");
	assert_int_equal(zone_word(-1, "DMA", "to_pfn"), 0); /* the notes have no such limits */
}

static void test_small_pages(void **state)
{
	struct memstat_directory_change row;
	u32 lost;

	(void)state;
	cpu_caps_disable(CPU_PSE);
	boot_and_compare(64, "");
	for (u32 i = 0; i < memstat_directory_changes(&lost); i++) {
		memstat_directory_change(i, &row);
		assert_int_not_equal(row.kind, MEMSTAT_DIRECTORY_LARGE);
	}
}

/* Before the stage that sizes them zones are nothing; and what the hand-over frees is all there is. */
static void test_order(void **state)
{
	struct memstat_zone_change row;
	struct stage_view core, release;
	u64 sized = 0, freed = 0;

	(void)state;
	boot_and_compare(64, "");
	for (u32 i = 0; i < memstat_zone_changes(); i++) {
		memstat_zone_change(i, &row);
		if (!sized && !strcmp(row.field, "spanned"))
			sized = row.cycles;
		if (!freed && !strcmp(row.field, "free"))
			freed = row.cycles;
	}
	stage_get(STAGE_free_area_init_core, &core);
	stage_get(STAGE_free_all_bootmem, &release);
	assert_true(sized >= core.start_cycles && sized <= core.end_cycles);
	assert_true(freed >= release.start_cycles && freed <= release.end_cycles);
}

/* ---- Step by step ---- */

static struct memstat_directory_change last_row(u32 *rows)
{
	struct memstat_directory_change row;
	u32 lost;

	*rows = memstat_directory_changes(&lost);
	assert_true(*rows > 0);
	memstat_directory_change(*rows - 1, &row);
	return row;
}

static void set(unsigned index, u32 val)
{
	swapper_pg_dir[index].val = val;
	replay_directory(index);
}

#define LARGE_FLAGS (_PAGE_PRESENT | _PAGE_PSE)

static void test_rows(void **state)
{
	struct memstat_directory_change row;
	u32 rows;

	(void)state;
	host_ram_setup(4ul << 20);
	memset(swapper_pg_dir, 0, PAGE_SIZE);
	/* neighbours of one moment are one row; what is direct and what is not are two */
	for (unsigned i = 0; i < 3; i++)
		set(769 + i, ((i + 1) << 22) | LARGE_FLAGS);
	set(772, 0x10000000 | LARGE_FLAGS);
	replay_moment(STAGE_init_memory_mapping, 100);
	row = last_row(&rows);
	assert_int_equal(rows, 2);
	assert_true(row.first == 772 && row.count == 1 && row.kind == MEMSTAT_DIRECTORY_MOVED);
	memstat_directory_change(0, &row);
	assert_true(row.first == 769 && row.count == 3 && row.kind == MEMSTAT_DIRECTORY_LARGE);
	assert_true(row.cycles == 100 && !row.present);
	assert_string_equal(row.by, "init_memory_mapping");

	/* a mark without a change is none */
	replay_directory(770);
	replay_moment(STAGE_paging_init, 101);
	last_row(&rows);
	assert_int_equal(rows, 2);

	/* new tables, one after another in one stage, share a row with the first's time */
	for (unsigned i = 0; i < 4; i++) {
		set(800 + i, 0x1000 | _PAGE_PRESENT);
		replay_moment(STAGE_one_page_table_init, 110 + i);
	}
	row = last_row(&rows);
	assert_true(rows == 3 && row.first == 800 && row.count == 4 && row.cycles == 110);
	assert_true(row.kind == MEMSTAT_DIRECTORY_TABLE && row.present == 0);
	/* but not what had been recorded before */
	for (unsigned i = 0; i < 2; i++) {
		replay_entries((800ul + i) << PGDIR_SHIFT, 5);
		replay_moment(STAGE_one_page_table_init, 120 + i);
	}
	row = last_row(&rows);
	assert_true(rows == 5 && row.first == 801 && row.present == 5 && row.cycles == 121);
	replay_table(801, 3); /* no fewer */
	replay_table(802, 7);
	replay_entries(801ul << PGDIR_SHIFT, -1);
	replay_moment(STAGE_COUNT, 130);
	row = last_row(&rows);
	assert_true(rows == 7 && row.first == 802 && row.present == 7);
	assert_string_equal(row.by, "start_kernel");
	memstat_directory_change(5, &row);
	assert_true(row.first == 801 && row.present == 4);

	/* an entry that goes takes its table's count along */
	set(802, 0);
	replay_moment(STAGE_zap_low_mappings, 140);
	set(802, 0x1000 | _PAGE_PRESENT);
	replay_moment(STAGE_zap_low_mappings, 0); /* the time is now's */
	row = last_row(&rows);
	assert_true(rows == 9 && row.first == 802 && row.present == 0 && row.cycles != 0);
}

/* Until it is taken away, head.S's table maps a page twice. */
static void test_unmapped(void **state)
{
	struct cell cells[PTRS_PER_PGD];

	(void)state;
	host_ram_setup(4ul << 20);
	memset(swapper_pg_dir, 0, PAGE_SIZE);
	swapper_pg_dir[1].val = swapper_pg_dir[769].val = 0x2000 | _PAGE_PRESENT;
	swapper_pg_dir[768].val = 0x3000 | _PAGE_PRESENT;
	replay_table(1, 1024);
	replay_table(768, 1024);
	replay_table(769, 1024);
	replay_unmapped(0x401000);
	replay_unmapped(0x1000); /* entry 0 names no table */
	replay_moment(STAGE_trap_init, 5);
	directory_at(5, cells);
	assert_true(cells[1].present == 1023 && cells[769].present == 1023);
	assert_true(cells[768].present == 1023 && cells[0].kind == MEMSTAT_DIRECTORY_EMPTY);
	directory_at(4, cells);
	assert_true(cells[1].kind == MEMSTAT_DIRECTORY_EMPTY);
}

/* Tables that grow after boot stay right, and pages that change between two lists are seen. */
static void test_later(void **state)
{
	struct zone *zone;
	void *area;
	u32 rows;

	(void)state;
	boot_and_compare(64, "");
	area = vmalloc(9 * PAGE_SIZE);
	assert_non_null(area);
	a_stage();
	assert_directory_is_live();
	assert_zones_are_live();
	vfree(area);
	vm_unmap_aliases();
	a_stage();
	assert_directory_is_live();
	assert_zones_are_live();

	zone = page_zone(virt_to_page((void *)__va(32ul << 20)));
	rows = memstat_zone_changes();
	zone->vm_stat[NR_FREE_PAGES]--;
	zone->pcp.count++;
	a_stage();
	assert_int_equal(memstat_zone_changes(), rows + 2);
	assert_zones_are_live();
	zone->vm_stat[NR_FREE_PAGES]++;
	zone->pcp.count--;
}

/* What finds no room is counted. */
static void test_full(void **state)
{
	static u32 rows, lost;

	(void)state;
	host_ram_setup(4ul << 20);
	memset(swapper_pg_dir, 0, PAGE_SIZE);
	for (unsigned i = 0; i < 512 && !lost; i++) {
		set(2 * i, (0x1000 * i) | _PAGE_PRESENT);
		replay_moment(STAGE_paging_init, i + 1);
		rows = memstat_directory_changes(&lost);
		assert_int_equal(rows + lost, i + 1);
	}
	assert_int_equal(lost, 1);
	EXPECT_PANIC("boot_replay.c", {
		struct memstat_directory_change row;

		memstat_directory_change(rows, &row);
	});
}

HOST_MAIN(cmocka_unit_test(test_boot), cmocka_unit_test(test_boot_24),
	  cmocka_unit_test(test_small_pages), cmocka_unit_test(test_order),
	  cmocka_unit_test(test_rows), cmocka_unit_test(test_unmapped),
	  cmocka_unit_test(test_later), cmocka_unit_test(test_full))
