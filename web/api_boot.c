/*
 * /api/v1/boot: how the machine came up. The stages in the documented order with what each one
 * found and changed, the memory map after each change, its edits, the page tables made, the early
 * reservations, what became of the page directory and of the zones, and every option.
 *
 * Rendered piece by piece (web/pieces.h): the parts of the answer one after another, in each part
 * one item a piece, in an item its lists one element a piece. Long strings of the command line are
 * cut into pieces, too.
 */
#include "kernel/boot/boot_info.h"
#include "kernel/params.h"
#include "kernel/stage.h"
#include "kernel/time.h"
#include "mm/memstat.h"
#include "web/json.h"
#include "web/route.h"
#include "web/snapshot.h"

/* ---- Stages ---- */

static void stage_head(struct json *j, u32 index)
{
	struct stage_view v;

	stage_get(index, &v);
	j_object(j, NULL);
	j_str(j, "id", v.symbol);
	j_str(j, "entry", v.entry);
	j_str(j, "name", v.name);
	j_str(j, "section", v.section);
	j_str(j, "mark", stage_mark_name(v.mark));
	j_str(j, "status", stage_status_name(v.status));
	j_str(j, "reason", v.reason);
	j_u64(j, "start_cycles", v.start_cycles);
	j_u64(j, "end_cycles", v.end_cycles);
	j_u64(j, "total_cycles", v.total_cycles);
	j_u32(j, "runs", v.runs);
	j_u32(j, "depth", v.depth);
	j_s32(j, "order", v.order);
	j_u32(j, "notes_lost", v.notes_lost);
	j_str(j, "other_inputs", stage_other_inputs(index));
	j_array(j, "inputs");
}

static void word(struct json *j, const char *key, bool hex, u32 value)
{
	if (hex)
		j_hex(j, key, value);
	else
		j_u32(j, key, value);
}

static bool stage_input(struct json *j, struct piece_cursor *c)
{
	struct stage_value v;

	if (!stage_get_input(c->index, c->at++, &v)) {
		j_end_array(j);
		j_array(j, "outputs");
		return piece_next_step(c);
	}
	j_object(j, NULL);
	j_str(j, "name", v.word);
	word(j, "value", v.hex, v.before);
	j_end_object(j);
	return true;
}

static bool stage_output(struct json *j, struct piece_cursor *c)
{
	struct stage_value v;

	if (!stage_get_output(c->index, c->at++, &v)) {
		j_end_array(j);
		j_array(j, "changed");
		return piece_next_step(c);
	}
	j_object(j, NULL);
	j_str(j, "name", v.word);
	word(j, "before", v.hex, v.before);
	word(j, "after", v.hex, v.after);
	j_end_object(j);
	return true;
}

static bool stage_change(struct json *j, struct piece_cursor *c)
{
	const char *note = stage_next_note(c->index, &c->at);

	if (note) {
		j_str(j, NULL, note);
		return true;
	}
	j_end_array(j);
	j_end_object(j);
	return piece_next_item(c);
}

static bool stages(struct json *j, struct piece_cursor *c)
{
	if (c->index == stage_count())
		return false;
	switch (c->step) {
	case 0: stage_head(j, c->index); return piece_next_step(c);
	case 1: return stage_input(j, c);
	case 2: return stage_output(j, c);
	default: return stage_change(j, c);
	}
}

/* ---- The memory map ---- */

static void e820_entry(struct json *j, const struct memstat_e820_entry *entry)
{
	j_object(j, NULL);
	j_hex(j, "start", entry->start);
	j_hex(j, "end", entry->end);
	j_str(j, "type", memstat_e820_type_name(entry->type));
	j_u32(j, "type_code", entry->type);
	j_end_object(j);
}

static bool e820(struct json *j, struct piece_cursor *c)
{
	struct memstat_e820_entry entry;

	if (c->index == memstat_e820_step_count())
		return false;
	if (!c->step) {
		j_object(j, NULL);
		j_str(j, "step", memstat_e820_step_name(c->index));
		j_u64(j, "cycles", memstat_e820_step_cycles(c->index));
		j_array(j, "entries");
		return piece_next_step(c);
	}
	if (c->at == memstat_e820_entry_count(c->index)) {
		j_end_array(j);
		j_end_object(j);
		return piece_next_item(c);
	}
	memstat_e820_entry(c->index, c->at++, &entry);
	e820_entry(j, &entry);
	return true;
}

static bool e820_saved(struct json *j, struct piece_cursor *c)
{
	struct memstat_e820_entry entry;

	if (c->index == memstat_e820_saved_count())
		return false;
	memstat_e820_saved(c->index, &entry);
	e820_entry(j, &entry);
	return piece_next_item(c);
}

static bool e820_edits(struct json *j, struct piece_cursor *c)
{
	static const char *const ops[] = { "add", "update", "remove" };
	struct memstat_e820_edit edit;
	u32 lost;

	if (c->index == memstat_e820_edit_count(&lost))
		return false;
	memstat_e820_edit(c->index, &edit);
	j_object(j, NULL);
	j_str(j, "op", ops[edit.op]);
	j_hex(j, "start", edit.start);
	j_hex(j, "end", edit.end);
	j_u32(j, "old_type_code", edit.old_type);
	j_u32(j, "new_type_code", edit.new_type);
	j_u64(j, "changed_bytes", edit.changed);
	j_str(j, "by", edit.by);
	j_u64(j, "cycles", edit.cycles);
	j_end_object(j);
	return piece_next_item(c);
}

/* ---- Page tables and reservations ---- */

static bool page_tables(struct json *j, struct piece_cursor *c)
{
	struct memstat_page_tables tables;
	u32 pages, lost;

	if (c->index == memstat_page_tables_count(&pages, &lost))
		return false;
	memstat_page_tables(c->index, &tables);
	j_object(j, NULL);
	j_u32(j, "directory_entry", tables.first);
	j_u32(j, "pages", tables.count);
	j_hex(j, "start", tables.phys);
	j_str(j, "source", memstat_table_source_name(tables.source));
	j_str(j, "by", tables.by);
	j_u64(j, "cycles", tables.cycles);
	j_end_object(j);
	return piece_next_item(c);
}

static bool early_res(struct json *j, struct piece_cursor *c)
{
	struct memstat_early_res res;

	if (c->index == memstat_early_res_count())
		return false;
	memstat_early_res(c->index, &res);
	j_object(j, NULL);
	j_hex(j, "start", res.start);
	j_hex(j, "end", res.end);
	j_str(j, "name", res.name);
	j_str(j, "made_by", res.made_by);
	j_str(j, "freed_by", res.freed_by);
	j_str(j, "how", res.how);
	j_u64(j, "made_cycles", res.made_cycles);
	j_u64(j, "freed_cycles", res.freed_cycles);
	j_end_object(j);
	return piece_next_item(c);
}

/* ---- The replay ---- */

static bool directory(struct json *j, struct piece_cursor *c)
{
	struct memstat_directory_change row;
	u32 lost;

	if (c->index == memstat_directory_changes(&lost))
		return false;
	memstat_directory_change(c->index, &row);
	j_object(j, NULL);
	j_u32(j, "directory_entry", row.first);
	j_u32(j, "entries", row.count);
	j_str(j, "kind", memstat_directory_kind_name(row.kind));
	j_u32(j, "present", row.present);
	j_str(j, "by", row.by);
	j_u64(j, "cycles", row.cycles);
	j_end_object(j);
	return piece_next_item(c);
}

/* Rows of one moment and zone are one element. */
static bool zones(struct json *j, struct piece_cursor *c)
{
	struct memstat_zone_change row, next;

	if (c->index == memstat_zone_changes())
		return false;
	memstat_zone_change(c->index, &next);
	row = next;
	j_object(j, NULL);
	j_s32(j, "node", row.node);
	j_str(j, "zone", row.zone);
	j_str(j, "by", row.by);
	j_u64(j, "cycles", row.cycles);
	do {
		j_u32(j, next.field, next.value);
		c->index++;
		if (c->index == memstat_zone_changes())
			break;
		memstat_zone_change(c->index, &next);
	} while (next.cycles == row.cycles && next.node == row.node && next.zone == row.zone);
	j_end_object(j);
	return true;
}

/* ---- Options ---- */

#define SEGMENT 128 /* bytes of a string in one piece: at most six times as many when escaped */

/* The next segment of a string; false behind its end. Characters of several bytes stay whole. */
static bool segment(struct json *j, struct piece_cursor *c, const char *s)
{
	u32 len = strlen(s + c->at), n = min_t(u32, len, SEGMENT);

	while (n < len && n > SEGMENT - 4 && (s[c->at + n] & 0xC0) == 0x80)
		n--;
	j_escape_part(j->w, s + c->at, n);
	c->at += n;
	return n < len;
}

static bool params(struct json *j, struct piece_cursor *c)
{
	struct param_view v;

	if (c->index == param_count())
		return false;
	param_get(c->index, &v);
	switch (c->step) {
	case 0:
		j_object(j, NULL);
		j_str(j, "name", v.param->name);
		if (v.given)
			w_lit(j->w, ",\"value\":\"");
		else
			j_null(j, "value");
		c->step = v.given ? 0 : 1;
		return piece_next_step(c);
	case 1:
		if (segment(j, c, v.value))
			return true;
		w_char(j->w, '"');
		return piece_next_step(c);
	default:
		j_str(j, "meaning", v.param->meaning);
		j_str(j, "form", v.param->hint);
		j_str(j, "default", v.param->def);
		j_bool(j, "given", v.given);
		j_bool(j, "refused", v.refused);
		j_end_object(j);
		return piece_next_item(c);
	}
}

static bool unknown_params(struct json *j, struct piece_cursor *c)
{
	if (c->index == param_unknown_count())
		return false;
	if (!c->at) {
		if (j->comma)
			w_char(j->w, ',');
		w_char(j->w, '"');
	}
	if (segment(j, c, param_unknown(c->index)))
		return true;
	w_char(j->w, '"');
	j->comma = true;
	return piece_next_item(c);
}

/* ---- All of it ---- */

static void last(struct json *j, const struct piece_cursor *c)
{
	u32 pages, tables_lost, edits_lost, replay_lost;

	memstat_page_tables_count(&pages, &tables_lost);
	memstat_directory_changes(&replay_lost);
	memstat_e820_edit_count(&edits_lost);
	j_object(j, "loader");
	j_str(j, "name", boot_info.loader);
	j_u32(j, "multiboot", boot_info.protocol);
	j_u32(j, "modules", boot_info.module_count);
	j_end_object(j);
	j_layout(j);
	j_object(j, "lost");
	j_u32(j, "values", stage_values_lost());
	j_u32(j, "e820_edits", edits_lost);
	j_u32(j, "page_tables", tables_lost);
	j_u32(j, "replay", replay_lost);
	j_end_object(j);
	j_u32(j, "page_table_pages", pages);
	j_u64(j, "entry_cycles", cycles_at_entry());
	j_u32(j, "cycles_per_ms", tsc_khz());
	j_end_with_cost(j, cycles_now() - c->since_cycles, c->bytes);
}

/* An array of the answer: one piece an element; false when there are no more. */
static const struct {
	const char *key;
	bool (*element)(struct json *j, struct piece_cursor *c);
} parts[] = {
	{ "stages", stages },		{ "e820", e820 },
	{ "e820_saved", e820_saved },	{ "e820_edits", e820_edits },
	{ "page_tables", page_tables }, { "early_res", early_res },
	{ "directory", directory },	{ "zones", zones },
	{ "params", params },		{ "unknown_params", unknown_params },
};

/* Part 0 opens the answer, part n is the n-th array, the last one closes the answer. */
bool api_boot(struct piece_cursor *c, struct writer *w)
{
	struct json j;
	bool more = true;

	j_begin(&j, w);
	j.comma = c->comma;
	if (!c->part) {
		j_object(&j, NULL);
		j_array(&j, parts[0].key);
		c->part = 1;
	} else if (c->part > ARRAY_SIZE(parts)) {
		last(&j, c);
		more = false;
	} else if (!parts[c->part - 1].element(&j, c)) {
		j_end_array(&j);
		*c = (struct piece_cursor){ .part = c->part + 1 };
		if (c->part <= ARRAY_SIZE(parts))
			j_array(&j, parts[c->part - 1].key);
	}
	c->comma = j.comma;
	return more;
}
