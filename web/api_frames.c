/*
 * /api/v1/frames: the picture of all page frames; /api/v1/frame: one of them.
 *
 *	/api/v1/frames?by=state|use|zone|node|order|cache|type|age&start=PFN&frames=N&cells=N
 *
 * cuts frames [start, start + frames) into at most `cells` cells of equal size. The picture is a
 * string of runs of equal cells: a count, left out if it is 1; a character, the value; and, if a cell
 * covers several frames, a letter from 'a' to 'h', the share of them that have the value, in eighths
 * rounded down (below one eighth: 'a' too). Value v is the v-th character that is printable and
 * neither a digit nor a quotation mark nor a backslash, from '!' on; `values` has their names.
 *
 *	/api/v1/frame?pfn=N or ?address=0x...
 *
 * tells what the descriptor of a frame says, and which virtual addresses are mapped to it.
 */
#include <stdlib.h>

#include "kernel/symbols.h"
#include "kernel/time.h"
#include "mm/memstat.h"
#include "web/query.h"
#include "web/route.h"
#include "web/snapshot.h"

#define CELLS_MAX 65536
#define CELLS_DEFAULT 4096
#define MAPPINGS_MAX 16

static const char *const views[MEMSTAT_FRAME_VIEWS] = { "use",	"zone", "order", "cache",
							"type", "age",	"state", "node" };

/* ---- The picture ---- */

struct request {
	enum memstat_frame_view view;
	u32 start, per_cell, cells;
};

static int read_view(const char *query, enum memstat_frame_view *view, struct writer *reason)
{
	char text[16];
	int error = query_param(query, "by", text, sizeof(text));

	*view = MEMSTAT_BY_USE;
	if (error == -ENOENT)
		return 0;
	for (u32 i = 0; !error && i < MEMSTAT_FRAME_VIEWS; i++) {
		if (strcmp(text, views[i]))
			continue;
		*view = (enum memstat_frame_view)i;
		return 0;
	}
	w_printf(reason, "by=%s: there are state, use, zone, node, order, cache, type and age",
		 error ? "" : text);
	return 400;
}

static int read_request(const char *query, struct request *r, struct writer *reason)
{
	static const char *const names[] = { "by", "start", "frames", "cells", NULL };
	u64 start = 0, frames, cells = CELLS_DEFAULT;
	u32 end = memstat_frame_end();
	char unknown[32];
	int status;

	if (query_unknown_param(query, names, unknown, sizeof(unknown))) {
		w_printf(reason, "%s= is not known here: there are by=, start=, frames= and cells=",
			 unknown);
		return 400;
	}
	status = read_view(query, &r->view, reason);
	if (!status)
		status = query_number(query, "start", 0, end - 1, &start, reason);
	frames = end - start;
	if (!status)
		status = query_number(query, "frames", 1, end - start, &frames, reason);
	if (!status)
		status = query_number(query, "cells", 1, CELLS_MAX, &cells, reason);
	r->start = (u32)start;
	r->per_cell = DIV_ROUND_UP((u32)frames, (u32)cells);
	r->cells = DIV_ROUND_UP((u32)frames, r->per_cell);
	return status;
}

static char value_char(u32 value)
{
	char c = '!';

	for (;; c++) {
		if ((c >= '0' && c <= '9') || c == '"' || c == '\\')
			continue;
		if (!value--)
			return c;
	}
}

struct drawing {
	struct writer *w;
	const struct request *r;
	u32 cell; /* of lines: drawn so far */
	bool shares;
};

/* For a terminal: 64 cells a line, behind the number of the first one's frame; without the shares. */
static void draw_run(struct drawing *d, u32 run, char c)
{
	for (; run; run--, d->cell++) {
		if (!(d->cell & 63)) {
			w_char(d->w, '\n');
			w_u32(d->w, d->r->start + d->cell * d->r->per_cell, 8);
			w_lit(d->w, "  ");
		}
		w_char(d->w, c);
	}
}

static void put_run(void *arg, u32 run, u32 value, u32 eighths)
{
	struct drawing *d = arg;

	if (d->w->lines) {
		draw_run(d, run, value_char(value));
		return;
	}
	if (run > 1)
		w_u32(d->w, run, 0);
	w_char(d->w, value_char(value));
	if (d->shares)
		w_char(d->w, (char)('a' + max(eighths, 1u) - 1));
}

/* Of lines, each with its character. */
static void put_values(struct json *j, enum memstat_frame_view view)
{
	char key[2] = "";
	const char *name;
	char buf[32];

	j_array(j, "values");
	for (u32 i = 0; i < MEMSTAT_FRAME_VALUES; i++) {
		name = memstat_frame_value(view, i, buf, sizeof(buf));
		if (!name)
			break;
		key[0] = value_char(i);
		j_str(j, j->w->lines ? key : NULL, name);
	}
	j_end_array(j);
}

int api_frames(const struct http_request *req, struct writer *w)
{
	struct request r;
	struct drawing drawing = { .w = w, .r = &r };
	struct json j;
	int status = read_request(req->query, &r, w);

	if (status)
		return status;
	j_begin(&j, w);
	j_object(&j, NULL);
	j_str(&j, "by", views[r.view]);
	j_u32(&j, "first_pfn", memstat_frame_start());
	j_u32(&j, "end_pfn", memstat_frame_end());
	j_u32(&j, "start", r.start);
	j_u32(&j, "frames_per_cell", r.per_cell);
	j_u32(&j, "cells", r.cells);
	put_values(&j, r.view);
	drawing.shares = r.per_cell > 1;
	j_key(&j, "picture");
	if (!w->lines)
		w_char(w, '"');
	memstat_frame_cells(r.view, r.start, r.per_cell, r.cells, put_run, &drawing);
	if (!w->lines)
		w_char(w, '"');
	j_end_with_snapshot(&j);
	return 0;
}

/* ---- One frame ---- */

static int read_pfn(const char *query, u32 *pfn, struct writer *reason)
{
	static const char *const names[] = { "pfn", "address", NULL };
	char text[32];
	u64 number = 0;
	int error;

	if (query_unknown_param(query, names, text, sizeof(text))) {
		w_printf(reason, "%s= is not known here: there are pfn= and address=", text);
		return 400;
	}
	error = query_param(query, "address", text, sizeof(text));
	if (error == -ENOENT) {
		if (query_param(query, "pfn", text, sizeof(text)) == -ENOENT) {
			w_lit(reason, "pfn= or address= is missing");
			return 400;
		}
		error = query_number(query, "pfn", 0, 0xFFFFF, &number, reason);
		*pfn = (u32)number;
		return error;
	}
	if (!error) {
		const char *end = parse_hex(text, &number);

		error = !end || *end || number >> 32;
	}
	if (error)
		w_printf(reason, "address=%s is not a physical address from 0x0 to 0xffffffff",
			 text);
	*pfn = (u32)(number >> 12);
	return error ? 400 : 0;
}

static void put_flags(struct json *j, const char *key, u32 flags)
{
	j_array(j, key);
	for (u32 bit = 0; memstat_frame_flag(bit); bit++)
		if (flags & 1u << bit)
			j_str(j, NULL, memstat_frame_flag(bit));
	j_end_array(j);
}

struct mappings {
	struct json *j;
	u32 count;
};

static void put_mapping(void *arg, u32 address, u32 flags)
{
	struct mappings *m = arg;

	if (m->count++ >= MAPPINGS_MAX)
		return;
	j_object(m->j, NULL);
	j_hex(m->j, "address", address);
	j_bool(m->j, "writable", flags & MEMSTAT_PT_RW);
	j_bool(m->j, "uncached", flags & MEMSTAT_PT_PCD);
	j_end_object(m->j);
}

static const char *object_state(char state)
{
	return state == 'u' ? "in use" : state == 'a' ? "per-cpu array" : "free";
}

static void put_object(void *arg, const struct memstat_object *object)
{
	struct json *j = arg;
	char site[96];

	j_object(j, NULL);
	j_u32(j, "index", object->index);
	j_hex(j, "address", object->address);
	j_str(j, "state", object_state(object->state));
	if (object->caller) {
		symbol_format(site, sizeof(site), object->caller);
		j_str(j, "site", site);
	} else {
		j_null(j, "site");
	}
	j_end_object(j);
}

static void put_slab(struct json *j, const struct memstat_frame *frame)
{
	if (!frame->cache) {
		j_null(j, "slab");
		return;
	}
	j_object(j, "slab");
	j_str(j, "cache", frame->cache);
	j_hex(j, "address", frame->slab);
	j_array(j, "objects");
	memstat_frame_objects(frame->pfn, put_object, j);
	j_end_array(j);
	j_end_object(j);
}

/* Who allocated the block, if that is known. */
static void put_allocated_by(struct json *j, const struct memstat_frame *frame)
{
	struct memstat_callsite site;
	u32 since_ms;

	if (!memstat_frame_site(frame->block_pfn, &site, &since_ms)) {
		j_null(j, "allocated_by");
		return;
	}
	j_object(j, "allocated_by");
	j_callsite(j, &site);
	j_u32(j, "at_uptime_ms", since_ms);
	j_u32(j, "age_ms", (u32)now_ms() - since_ms);
	j_end_object(j);
}

static void put_address(struct json *j, const char *key, u32 address)
{
	if (address)
		j_hex(j, key, address);
	else
		j_null(j, key);
}

int api_frame(const struct http_request *req, struct writer *w)
{
	struct mappings mappings = { 0 };
	struct memstat_frame frame;
	struct json j;
	u32 pfn;
	int status = read_pfn(req->query, &pfn, w);

	if (status)
		return status;
	if (!memstat_frame(pfn, &frame)) {
		w_printf(w, "frame %u has no descriptor: those of %u to %u have one", pfn,
			 memstat_frame_start(), memstat_frame_end() - 1);
		return 404;
	}
	j_begin(&j, w);
	j_object(&j, NULL);
	j_u32(&j, "pfn", frame.pfn);
	j_hex(&j, "address", (u64)frame.pfn << 12);
	j_str(&j, "state", frame.state);
	j_str(&j, "use", frame.use);
	j_u32(&j, "node", frame.node);
	j_str(&j, "zone", frame.zone);
	j_str(&j, "migrate_type", frame.type);
	j_object(&j, "block");
	j_u32(&j, "pfn", frame.block_pfn);
	j_u32(&j, "order", frame.block_order);
	j_end_object(&j);
	j_object(&j, "descriptor");
	j_hex(&j, "flags", frame.flags);
	put_flags(&j, "flag_names", frame.flags);
	j_s32(&j, "count", frame.count);
	j_s32(&j, "mapcount", frame.mapcount);
	j_hex(&j, "private", frame.private);
	j_hex(&j, "index", frame.index);
	j_end_object(&j);
	put_allocated_by(&j, &frame);
	put_slab(&j, &frame);
	put_address(&j, "direct_map", frame.direct_address);
	mappings.j = &j;
	j_array(&j, "other_mappings");
	memstat_frame_mappings(pfn, put_mapping, &mappings);
	j_end_array(&j);
	j_u32(&j, "other_mapping_count", mappings.count);
	j_end_with_snapshot(&j);
	return 0;
}
