/*
 * The replay of boot: the page directory and the zones as they were behind each stage.
 *
 * Nothing is copied. Whoever changes a directory entry, fills a table or sets up a zone leaves a mark;
 * when a stage begins or ends, what bears a mark is compared with what was recorded of it last, and
 * a difference becomes a row, as the work of the stage that was the innermost one until then:
 *
 *	directory entries [first, first + count) are now of this kind, with so many entries present each
 *	a word of a zone now has this value
 *
 * The state behind a stage is what the rows up to its end say, later ones over earlier ones. The rows of
 * the kind are read from the directory itself; how many entries of a table are present is counted by
 * those who write them, since a table has 1024.
 *
 *	touched  . . 1 . . . 1 .	one bit for each directory entry
 *	known	 t t - - l l l t	kind and count, as recorded
 *
 * Neighbours that came to the same in one stage share a row. Where that stage ran once for each of them
 * (W-42, without large pages), its time is that of the first.
 *
 * Not counted: temporary kmaps, which end before the stage does that makes them; entries that
 * a pass over the direct map fills, until the pass is over. Permissions are not kept.
 *
 * Rows are of fixed number; what finds no room is counted. Boot ends it: stage_close().
 */
#include "mm/boot_replay.h"

#include "kernel/panic.h"
#include "kernel/time.h"
#include "mm/gen24.h"
#include "mm/memstat.h"
#include "mm/mmzone.h"
#include "mm/pgtable.h"
#include "mm/zones.h"

#define DIRECTORY_ROWS 64
#define ZONE_ROWS 256
#define KIND_SHIFT 12 /* of a state; below it, how many entries are present */

/* Those that change often come first: most stages only take and give back pages. */
enum field {
	FREE,
	PER_CPU,
	OFTEN,
	START = OFTEN,
	SPANNED,
	PRESENT,
	MIN,
	LOW,
	HIGH,
	ZONE_FIELDS,
	FROM = ZONE_FIELDS,
	TO,
	FIELDS
};

#define BOUNDS MAX_NUMNODES /* in the place of a node: the bounds of zones on all nodes */

static u32 touched[PTRS_PER_PGD / 32], touched_words; /* bit i: touched[i] is not 0 */
BUILD_BUG_ON(ARRAY_SIZE(touched) != 32);
static u16 present[PTRS_PER_PGD], known[PTRS_PER_PGD];

static struct {
	u64 cycles;
	u16 stage, first, count, state;
} directory[DIRECTORY_ROWS];
static struct {
	u64 cycles;
	u32 value;
	u16 stage;
	u8 place, field; /* place: node and zone */
} zones[ZONE_ROWS];
static u32 directory_rows, zone_rows, rows_lost;

bool replay_zones_changed;
static bool free_changed;
static u32 seen[(MAX_NUMNODES + 1) * MAX_NR_ZONES][FIELDS];

static const char *by_name(u16 stage)
{
	return stage == STAGE_COUNT ? "start_kernel" : stage_name(stage);
}

/* ---- The directory ---- */

void replay_directory(unsigned index)
{
	touched[index / 32] |= 1u << index % 32;
	touched_words |= 1u << index / 32;
}

void replay_entries(unsigned long addr, int more)
{
	unsigned index = pgd_index(addr);

	present[index] = (u16)(present[index] + more);
	replay_directory(index);
}

void __init replay_unmapped(unsigned long phys)
{
	replay_entries(PAGE_OFFSET + phys, -1);
	if (pgd_offset_k(phys)->val == pgd_offset_k(PAGE_OFFSET + phys)->val)
		replay_entries(phys, -1);
}

void replay_table(unsigned index, unsigned at_least)
{
	if (present[index] < at_least)
		present[index] = (u16)at_least;
	replay_directory(index);
}

static u16 state_of(unsigned index)
{
	pgd_t pgd = swapper_pg_dir[index];
	u32 direct = (index << PGDIR_SHIFT) - PAGE_OFFSET;

	if (!pgd_present(pgd)) {
		present[index] = 0;
		return MEMSTAT_DIRECTORY_EMPTY << KIND_SHIFT;
	}
	if (!pgd_large(pgd))
		return (u16)(MEMSTAT_DIRECTORY_TABLE << KIND_SHIFT | present[index]);
	return (pgd.val & ~(u32)(PGDIR_SIZE - 1)) == direct ? MEMSTAT_DIRECTORY_LARGE << KIND_SHIFT
							    : MEMSTAT_DIRECTORY_MOVED << KIND_SHIFT;
}

static void record_entry(unsigned index, enum stage_id stage, u64 cycles)
{
	u16 before = known[index], state = state_of(index);

	if (state == before)
		return;
	known[index] = state;
	for (u32 i = directory_rows; i-- > 0 && directory[i].stage == stage;) {
		if (directory[i].first + directory[i].count == index &&
		    directory[i].state == state && (directory[i].cycles == cycles || !before)) {
			directory[i].count++;
			return;
		}
	}
	if (directory_rows == DIRECTORY_ROWS) {
		rows_lost++;
		return;
	}
	directory[directory_rows].cycles = cycles;
	directory[directory_rows].stage = (u16)stage;
	directory[directory_rows].first = (u16)index;
	directory[directory_rows].count = 1;
	directory[directory_rows++].state = state;
}

static void record_directory(enum stage_id stage, u64 cycles)
{
	for (; touched_words; touched_words &= touched_words - 1) {
		unsigned i = (unsigned)__builtin_ctz(touched_words);
		u32 bits = touched[i];

		touched[i] = 0;
		for (; bits; bits &= bits - 1)
			record_entry(i * 32 + (unsigned)__builtin_ctz(bits), stage, cycles);
	}
}

u32 memstat_directory_changes(u32 *lost)
{
	*lost = rows_lost;
	return directory_rows;
}

void memstat_directory_change(u32 index, struct memstat_directory_change *out)
{
	BUG_ON(index >= directory_rows);
	*out = (struct memstat_directory_change){
		.first = directory[index].first,
		.count = directory[index].count,
		.kind = directory[index].state >> KIND_SHIFT,
		.present = directory[index].state & ((1u << KIND_SHIFT) - 1),
		.by = by_name(directory[index].stage),
		.cycles = directory[index].cycles,
	};
}

const char *memstat_directory_kind_name(enum memstat_directory_kind kind)
{
	static const char *const names[] = { "empty", "table", "large", "moved" };

	return names[kind];
}

/* ---- Zones ---- */

u32 replay_free_pages(void)
{
	static u32 last;
	u32 free = 0, held = 0, now;

	for (int nid = 0; nid < MAX_NUMNODES; nid++) {
		const pg_data_t *pgdat = NODE_DATA(nid);

		if (!pgdat || !pgdat->online)
			continue;
		for (unsigned t = 0; t < MAX_NR_ZONES; t++) {
			free += (u32)pgdat->node_zones[t].vm_stat[NR_FREE_PAGES];
			held += (u32)pgdat->node_zones[t].pcp.count;
		}
	}
	now = free * 0x10001 + held; /* pages that change between the two show, too */
	free_changed |= now != last;
	last = now;
	return free;
}

static void record_word(unsigned place, enum field field, u32 value, enum stage_id stage,
			u64 cycles)
{
	u32 *last = &seen[place][field];

	if (*last == value)
		return;
	*last = value;
	if (zone_rows == ZONE_ROWS) {
		rows_lost++;
		return;
	}
	zones[zone_rows].cycles = cycles;
	zones[zone_rows].value = value;
	zones[zone_rows].stage = (u16)stage;
	zones[zone_rows].place = (u8)place;
	zones[zone_rows++].field = (u8)field;
}

static u32 word_of(const struct zone *zone, enum field field)
{
	switch (field) {
	case FREE: return (u32)zone->vm_stat[NR_FREE_PAGES];
	case PER_CPU: return (u32)zone->pcp.count;
	case START: return (u32)zone->zone_start_pfn;
	case SPANNED: return (u32)zone->spanned_pages;
	case PRESENT: return (u32)zone->present_pages;
	default: return (u32)zone->watermark[field - MIN];
	}
}

static void record_zones(enum field end, enum stage_id stage, u64 cycles)
{
	for (int nid = 0; nid < MAX_NUMNODES; nid++) {
		for (unsigned t = 0; node_online(nid) && t < MAX_NR_ZONES; t++) {
			const struct zone *zone = &NODE_DATA(nid)->node_zones[t];

			for (enum field f = 0; f < end; f++)
				record_word((unsigned)nid * MAX_NR_ZONES + t, f, word_of(zone, f),
					    stage, cycles);
		}
	}
	for (unsigned t = 0; end > OFTEN && t < MAX_NR_ZONES; t++) {
		unsigned place = BOUNDS * MAX_NR_ZONES + t;

		record_word(place, FROM, (u32)arch_zone_lowest_possible_pfn[t], stage, cycles);
		record_word(place, TO, (u32)arch_zone_highest_possible_pfn[t], stage, cycles);
	}
}

u32 memstat_zone_changes(void)
{
	return zone_rows;
}

void memstat_zone_change(u32 index, struct memstat_zone_change *out)
{
	static const char *const names[FIELDS] = {
		"free", "per_cpu", "start_pfn", "spanned",  "present",
		"min",	"low",	   "high",	"from_pfn", "to_pfn",
	};
	unsigned node;

	BUG_ON(index >= zone_rows);
	node = zones[index].place / MAX_NR_ZONES;
	*out = (struct memstat_zone_change){
		.node = node == BOUNDS ? -1 : (s32)node,
		.zone = zone_names[zones[index].place % MAX_NR_ZONES],
		.field = names[zones[index].field],
		.value = zones[index].value,
		.by = by_name(zones[index].stage),
		.cycles = zones[index].cycles,
	};
}

/* ---- Stages ---- */

static noinline void record(enum stage_id stage, u64 cycles)
{
	record_directory(stage, cycles);
	if (replay_zones_changed || free_changed)
		record_zones(replay_zones_changed ? ZONE_FIELDS : OFTEN, stage, cycles);
	replay_zones_changed = free_changed = false;
}

void replay_moment(enum stage_id stage, u64 ended)
{
	if (touched_words || replay_zones_changed || free_changed)
		record(stage, ended ?: cycles_now());
}
