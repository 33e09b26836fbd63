/*
 * /api/v1/boot: how the machine came up. The stages in the documented order with what each one
 * changed, the memory map after each change, the early reservations, and every option.
 */
#include "kernel/boot/boot_info.h"
#include "kernel/params.h"
#include "kernel/stage.h"
#include "kernel/time.h"
#include "mm/memstat.h"
#include "web/route.h"
#include "web/snapshot.h"

static void stage(struct json *j, u32 index)
{
	struct stage_view v;
	const char *note;

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
	j_array(j, "changed");
	for (u32 n = 0; (note = stage_get_note(index, n)); n++)
		j_str(j, NULL, note);
	j_end_array(j);
	j_u32(j, "notes_lost", v.notes_lost);
	j_end_object(j);
}

static void e820_entry(struct json *j, const struct memstat_e820_entry *entry)
{
	j_object(j, NULL);
	j_hex(j, "start", entry->start);
	j_hex(j, "end", entry->end);
	j_str(j, "type", memstat_e820_type_name(entry->type));
	j_u32(j, "type_code", entry->type);
	j_end_object(j);
}

static void e820_step(struct json *j, u32 step)
{
	j_object(j, NULL);
	j_str(j, "step", memstat_e820_step_name(step));
	j_array(j, "entries");
	for (u32 i = 0; i < memstat_e820_entry_count(step); i++) {
		struct memstat_e820_entry entry;

		memstat_e820_entry(step, i, &entry);
		e820_entry(j, &entry);
	}
	j_end_array(j);
	j_end_object(j);
}

static void early_res(struct json *j, u32 index)
{
	struct memstat_early_res res;

	memstat_early_res(index, &res);
	j_object(j, NULL);
	j_hex(j, "start", res.start);
	j_hex(j, "end", res.end);
	j_str(j, "name", res.name);
	j_str(j, "made_by", res.made_by);
	j_str(j, "freed_by", res.freed_by);
	j_end_object(j);
}

static void params(struct json *j)
{
	j_array(j, "params");
	for (u32 i = 0; i < param_count(); i++) {
		struct param_view v;

		param_get(i, &v);
		j_object(j, NULL);
		j_str(j, "name", v.param->name);
		j_str(j, "value", v.given ? v.value : NULL);
		j_str(j, "meaning", v.param->meaning);
		j_str(j, "form", v.param->hint);
		j_str(j, "default", v.param->def);
		j_bool(j, "given", v.given);
		j_bool(j, "refused", v.refused);
		j_end_object(j);
	}
	j_end_array(j);
	j_array(j, "unknown_params");
	for (u32 i = 0; i < param_unknown_count(); i++)
		j_str(j, NULL, param_unknown(i));
	j_end_array(j);
}

static void loader(struct json *j)
{
	j_object(j, "loader");
	j_str(j, "name", boot_info.loader);
	j_u32(j, "multiboot", boot_info.protocol);
	j_u32(j, "modules", boot_info.module_count);
	j_end_object(j);
}

void api_boot(struct writer *w)
{
	struct json j;

	j_begin(&j, w);
	j_object(&j, NULL);
	j_array(&j, "stages");
	for (u32 i = 0; i < stage_count(); i++)
		stage(&j, i);
	j_end_array(&j);
	j_array(&j, "e820");
	for (u32 step = 0; step < memstat_e820_step_count(); step++)
		e820_step(&j, step);
	j_end_array(&j);
	j_array(&j, "e820_saved");
	for (u32 i = 0; i < memstat_e820_saved_count(); i++) {
		struct memstat_e820_entry entry;

		memstat_e820_saved(i, &entry);
		e820_entry(&j, &entry);
	}
	j_end_array(&j);
	j_array(&j, "early_res");
	for (u32 i = 0; i < memstat_early_res_count(); i++)
		early_res(&j, i);
	j_end_array(&j);
	params(&j);
	loader(&j);
	j_u64(&j, "entry_cycles", cycles_at_entry());
	j_u32(&j, "cycles_per_ms", tsc_khz());
	j_end_with_snapshot(&j);
}
