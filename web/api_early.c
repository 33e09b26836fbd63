/*
 * /api/v1/early: what happened to memory before there was an allocator. Each early allocation, the list
 * of reservations, the memory test, the check for corruption, the crash kernel's place.
 *
 * /api/v1/modules and /api/v1/modules/N: the loader's modules, and the content of one. A module in low
 * memory is sent by reference, as it stays for good; one in high memory page by page as
 * struct stream says (route.h).
 */
#include "mm/memstat.h"
#include "web/query.h"
#include "web/route.h"
#include "web/snapshot.h"

static void range(struct json *j, u64 start, u64 end)
{
	j_hex(j, "start", start);
	j_hex(j, "end", end);
}

static void allocations(struct json *j)
{
	j_array(j, "allocations");
	for (u32 i = 0; i < memstat_boot_alloc_count(); i++) {
		struct memstat_boot_alloc a;

		memstat_boot_alloc(i, &a);
		j_object(j, NULL);
		j_str(j, "made_by", a.made_by);
		j_str(j, "owner", a.owner);
		j_u32(j, "size_bytes", a.bytes);
		j_u32(j, "align_bytes", a.align);
		j_hex(j, "goal", a.goal);
		j_hex(j, "limit", a.limit);
		if (a.result)
			j_hex(j, "result", a.result);
		else
			j_null(j, "result");
		j_bool(j, "below_goal", a.fell_back);
		j_end_object(j);
	}
	j_end_array(j);
	j_u32(j, "allocations_lost", memstat_boot_allocs_lost());
}

static void reservations(struct json *j)
{
	struct memstat_early_res_list list;

	memstat_early_res_list(&list);
	j_object(j, "early_res");
	j_u32(j, "capacity", list.capacity);
	j_u32(j, "used", list.used);
	j_u32(j, "forgotten", list.forgotten);
	j_bool(j, "doubled", list.end != 0);
	if (list.end)
		range(j, list.start, list.end);
	j_array(j, "ended");
	for (u32 i = 0; i < memstat_early_res_count(); i++) {
		struct memstat_early_res res;

		memstat_early_res(i, &res);
		if (!res.freed_by)
			continue;
		j_object(j, NULL);
		j_str(j, "name", res.name);
		range(j, res.start, res.end);
		j_str(j, "how", res.how);
		j_str(j, "freed_by", res.freed_by);
		j_end_object(j);
	}
	j_end_array(j);
	j_end_object(j);
}

static void memtest(struct json *j)
{
	struct memstat_memtest t;

	memstat_memtest(&t);
	j_object(j, "memtest");
	j_u32(j, "passes_asked", t.passes_asked);
	j_u32(j, "passes", t.passes);
	j_u64(j, "tested_bytes", t.bytes);
	j_u32(j, "bad_words", t.bad_words);
	j_u32(j, "bad_runs", t.bad_runs);
	j_u32(j, "untested_high_pages", t.untested_high_pages);
	j_bool(j, "gave_up", t.gave_up);
	j_u64(j, "cycles", t.cycles);
	j_end_object(j);
}

static void corruption(struct json *j)
{
	struct memstat_corruption c;

	memstat_corruption(&c);
	j_object(j, "corruption_check");
	j_bool(j, "enabled", c.enabled);
	j_u32(j, "size_bytes", c.size_bytes);
	j_u32(j, "period_s", c.period_s);
	j_u32(j, "rounds", c.rounds);
	j_u32(j, "changes", c.changes);
	j_array(j, "areas");
	for (u32 i = 0; i < c.area_count; i++) {
		j_object(j, NULL);
		range(j, c.areas[i].start, c.areas[i].end);
		j_end_object(j);
	}
	j_end_array(j);
	j_array(j, "found"); /* the last ones, oldest first */
	for (u32 left = min(c.changes, (u32)MEMSTAT_CORRUPTION_HITS); left; left--) {
		const struct memstat_corruption_hit *hit =
			&c.hits[(c.changes - left) % MEMSTAT_CORRUPTION_HITS];

		j_object(j, NULL);
		j_hex(j, "address", hit->phys);
		j_hex(j, "value", hit->value);
		j_u64(j, "uptime_ms", hit->uptime_ms);
		j_end_object(j);
	}
	j_end_array(j);
	j_end_object(j);
}

static void crashkernel(struct json *j)
{
	struct memstat_crashkernel c;

	memstat_crashkernel(&c);
	if (!c.end) {
		j_null(j, "crashkernel");
		return;
	}
	j_object(j, "crashkernel");
	range(j, c.start, c.end);
	j_u64(j, "system_ram_bytes", c.system_ram);
	j_bool(j, "kernel_loaded", false);
	j_end_object(j);
}

void api_early(struct writer *w)
{
	struct json j;

	j_begin(&j, w);
	j_object(&j, NULL);
	allocations(&j);
	reservations(&j);
	memtest(&j);
	corruption(&j);
	crashkernel(&j);
	j_end_with_snapshot(&j);
}

/* ---- Modules ---- */

void api_modules(struct writer *w)
{
	struct json j;

	j_begin(&j, w);
	j_object(&j, NULL);
	j_array(&j, "modules");
	for (u32 i = 0; i < memstat_module_count(); i++) {
		struct memstat_module m;

		memstat_module(i, &m);
		j_object(&j, NULL);
		j_u32(&j, "index", i);
		j_str(&j, "name", m.name);
		range(&j, m.start, m.end);
		j_u32(&j, "size_bytes", m.end - m.start);
		j_hex(&j, "given_start", m.given_start);
		j_bool(&j, "moved", m.start != m.given_start);
		j_bool(&j, "high", m.high);
		j_bool(&j, "extends_map", m.extends_map);
		j_end_object(&j);
	}
	j_end_array(&j);
	j_end_with_snapshot(&j);
}

int module_content(const struct http_request *req, struct stream *stream, struct writer *reason)
{
	const char *text = req->path + sizeof(MODULES_PATH) - 1, *end;
	struct memstat_module m;
	u64 index;

	end = parse_u64(text, &index);
	if (!end || *end || index >= memstat_module_count()) {
		w_printf(reason, "\"%s\" is not the number of a module: there are %u", text,
			 memstat_module_count());
		return 404;
	}
	memstat_module((u32)index, &m);
	stream->left = stream->period = m.end - m.start;
	stream->at = 0;
	if (m.high)
		stream->module = (u32)index + 1;
	else if (stream->left)
		stream->base = memstat_module_map((u32)index, 0, &stream->period);
	return 0;
}
