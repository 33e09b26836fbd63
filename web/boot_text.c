/*
 * /api/v1/boot.txt: the boot record for people with a terminal. Each stage in the documented order
 * with its state and duration; indented below it what it went by (<), what it put out (>), and its
 * notes; then the memory map after each step, its edits, page tables and early reservations, and what
 * became of the page directory and of the zones.
 *
 *	W-29    find_low_pfn_range                       done                 12 us  W §4.1.6
 *	          < max_pfn 0x3fffe; highmem=
 *	          > max_low_pfn 0 -> 0x38000
 *	          low memory: 0x38000 pages, high memory: 0x7ffe pages, limit 0x38000
 *
 * Rendered piece by piece (web/pieces.h).
 */
#include "kernel/stage.h"
#include "kernel/time.h"
#include "mm/memstat.h"
#include "web/route.h"

#define INDENT 10

/* As w_str_left, by characters: section signs are two bytes in UTF-8. */
static void column(struct writer *w, const char *s, u32 width)
{
	u32 n = 0;

	w_str(w, s);
	for (; *s; s++)
		n += (*s & 0xC0) != 0x80;
	w_fill(w, ' ', n + 2 < width ? width - n : 2);
}

static void hex(struct writer *w, u64 value)
{
	w_lit(w, "0x");
	w_hex(w, value, 1);
}

static void range(struct writer *w, u64 start, u64 end)
{
	w_char(w, '[');
	hex(w, start);
	w_lit(w, ", ");
	hex(w, end);
	w_lit(w, ") ");
}

static void word(struct writer *w, bool is_hex, u32 value)
{
	if (is_hex)
		hex(w, value);
	else
		w_u32(w, value, 0);
}

/* ---- Stages ---- */

static void stage_head(struct writer *w, u32 index)
{
	struct stage_view v;

	stage_get(index, &v);
	column(w, v.entry, 7);
	w_fill(w, ' ', v.depth * 2);
	column(w, v.name, 48 - v.depth * 2);
	column(w, stage_status_name(v.status), 18);
	if (v.runs) {
		w_u64(w, cycles_to_us(v.total_cycles), 8);
		w_lit(w, " us  ");
	} else {
		w_fill(w, ' ', 13);
	}
	w_str(w, v.section);
	if (*v.reason) {
		w_lit(w, "; ");
		w_str(w, v.reason);
	}
	w_char(w, '\n');
}

static bool stage_inputs(struct writer *w, struct piece_cursor *c)
{
	const char *other = stage_other_inputs(c->index);
	struct stage_view view;
	struct stage_value v;
	u32 n = 0;

	stage_get(c->index, &view);
	if (!view.runs)
		return piece_next_step(c);
	while (stage_get_input(c->index, n, &v)) {
		if (n++) {
			w_lit(w, ", ");
		} else {
			w_fill(w, ' ', INDENT);
			w_lit(w, "< ");
		}
		w_str(w, v.word);
		w_char(w, ' ');
		word(w, v.hex, v.before);
	}
	if (*other) {
		if (n) {
			w_lit(w, "; ");
		} else {
			w_fill(w, ' ', INDENT);
			w_lit(w, "< ");
		}
		w_str(w, other);
	}
	if (n || *other)
		w_char(w, '\n');
	return piece_next_step(c);
}

static bool stage_output(struct writer *w, struct piece_cursor *c)
{
	struct stage_value v;

	if (!stage_get_output(c->index, c->at++, &v))
		return piece_next_step(c);
	w_fill(w, ' ', INDENT);
	w_lit(w, "> ");
	w_str(w, v.word);
	w_char(w, ' ');
	word(w, v.hex, v.before);
	w_lit(w, " -> ");
	word(w, v.hex, v.after);
	w_char(w, '\n');
	return true;
}

static bool stage_change(struct writer *w, struct piece_cursor *c)
{
	const char *note = stage_next_note(c->index, &c->at);
	struct stage_view v;

	if (!note) {
		stage_get(c->index, &v);
		if (v.notes_lost) {
			w_fill(w, ' ', INDENT);
			w_u32(w, v.notes_lost, 0);
			w_lit(w, " more, not kept\n");
		}
		return piece_next_item(c);
	}
	w_fill(w, ' ', INDENT);
	w_str(w, note);
	w_char(w, '\n');
	return true;
}

static bool stages(struct writer *w, struct piece_cursor *c)
{
	if (c->index == stage_count())
		return false;
	switch (c->step) {
	case 0: stage_head(w, c->index); return piece_next_step(c);
	case 1: return stage_inputs(w, c);
	case 2: return stage_output(w, c);
	default: return stage_change(w, c);
	}
}

/* ---- Maps, page tables, reservations ---- */

static bool e820(struct writer *w, struct piece_cursor *c)
{
	struct memstat_e820_entry entry;

	if (c->index == memstat_e820_step_count())
		return false;
	if (!c->step) {
		w_str(w, memstat_e820_step_name(c->index));
		w_char(w, '\n');
		return piece_next_step(c);
	}
	if (c->at == memstat_e820_entry_count(c->index))
		return piece_next_item(c);
	memstat_e820_entry(c->index, c->at++, &entry);
	w_fill(w, ' ', INDENT);
	range(w, entry.start, entry.end);
	w_str(w, memstat_e820_type_name(entry.type));
	w_char(w, '\n');
	return true;
}

static bool e820_edits(struct writer *w, struct piece_cursor *c)
{
	struct memstat_e820_edit edit;
	u32 lost;

	if (c->index == memstat_e820_edit_count(&lost))
		return false;
	memstat_e820_edit(c->index, &edit);
	range(w, edit.start, edit.end);
	w_printf(w, "type %u -> %u: %llu bytes, by %s\n", edit.old_type, edit.new_type,
		 edit.changed, edit.by);
	return piece_next_item(c);
}

static bool page_tables(struct writer *w, struct piece_cursor *c)
{
	struct memstat_page_tables t;
	u32 pages, lost;

	if (c->index == memstat_page_tables_count(&pages, &lost))
		return false;
	memstat_page_tables(c->index, &t);
	w_printf(w, "directory entry %u: %u pages from %#x (%s), by %s\n", t.first, t.count, t.phys,
		 memstat_table_source_name(t.source), t.by);
	return piece_next_item(c);
}

static bool early_res(struct writer *w, struct piece_cursor *c)
{
	struct memstat_early_res res;

	if (c->index == memstat_early_res_count())
		return false;
	memstat_early_res(c->index, &res);
	range(w, res.start, res.end);
	w_printf(w, "\"%s\" by %s", res.name, res.made_by);
	if (res.freed_by)
		w_printf(w, ", %s by %s", res.how, res.freed_by);
	w_char(w, '\n');
	return piece_next_item(c);
}

static bool directory(struct writer *w, struct piece_cursor *c)
{
	struct memstat_directory_change row;
	u32 lost;

	if (c->index == memstat_directory_changes(&lost))
		return false;
	memstat_directory_change(c->index, &row);
	w_printf(w, "[%u, %u) %s", row.first, row.first + row.count,
		 memstat_directory_kind_name(row.kind));
	if (row.kind == MEMSTAT_DIRECTORY_TABLE)
		w_printf(w, ", %u present", row.present);
	w_printf(w, ", by %s\n", row.by);
	return piece_next_item(c);
}

/* Rows of one moment and zone are one line. */
static bool zones(struct writer *w, struct piece_cursor *c)
{
	struct memstat_zone_change row, next;

	if (c->index == memstat_zone_changes())
		return false;
	memstat_zone_change(c->index, &next);
	row = next;
	if (row.node >= 0)
		w_printf(w, "node %d ", row.node);
	w_printf(w, "%s:", row.zone);
	do {
		w_printf(w, " %s %u,", next.field, next.value);
		c->index++;
		if (c->index == memstat_zone_changes())
			break;
		memstat_zone_change(c->index, &next);
	} while (next.cycles == row.cycles && next.node == row.node && next.zone == row.zone);
	w_printf(w, " by %s\n", row.by);
	return true;
}

static const struct {
	const char *title;
	bool (*line)(struct writer *w, struct piece_cursor *c);
} parts[] = {
	{ "Stages\n", stages },
	{ "\nMemory map after each step\n", e820 },
	{ "\nEdits of the memory map\n", e820_edits },
	{ "\nPage tables made\n", page_tables },
	{ "\nEarly reservations\n", early_res },
	{ "\nThe page directory, from stage to stage\n", directory },
	{ "\nZones, from stage to stage (pages and page frame numbers)\n", zones },
};

bool boot_text(struct piece_cursor *c, struct writer *w)
{
	if (!c->comma) { /* the part's title is still to come */
		w_str(w, parts[c->part].title);
		c->comma = true;
	} else if (!parts[c->part].line(w, c)) {
		*c = (struct piece_cursor){ .part = c->part + 1 };
	}
	return c->part < ARRAY_SIZE(parts);
}
