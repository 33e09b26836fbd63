/*
 * Who allocated what: /api/v1/callsites, /proc/allocinfo, and the mark that they are compared with.
 *
 *	/api/v1/callsites?since=mark&first=N&sites=N
 *
 * lists the places in the code that hold memory, the largest first; with since=mark those that hold
 * another amount than when POST /api/v1/mark was called last, by how far it has moved. Pages that the
 * slab allocator took are listed as its caller's, and again, by their objects, if those are tracked.
 *
 *	/proc/allocinfo
 *
 * is Linux's text: bytes, allocations, and where they were made; behind the function what for, since
 * one function may allocate for several owners.
 */
#include "kernel/symbols.h"
#include "mm/memstat.h"
#include "web/proc.h"
#include "web/query.h"
#include "web/route.h"
#include "web/snapshot.h"

#define SITES_DEFAULT 100
#define SITES_MAX 512
#define SYMBOL_BYTES 96

static void site_name(u32 caller, char *buf)
{
	if (caller)
		symbol_format(buf, SYMBOL_BYTES, caller);
	else
		memcpy(buf, "(no room in the table)", 23);
}

void j_callsite(struct json *j, const struct memstat_callsite *site)
{
	char symbol[SYMBOL_BYTES];

	site_name(site->caller, symbol);
	j_str(j, "site", symbol);
	j_hex(j, "address", site->caller);
	j_str(j, "kind", site->kind);
	j_str(j, "what", site->what);
}

static void put_site(void *arg, const struct memstat_callsite *site)
{
	struct json *j = arg;

	j_object(j, NULL);
	j_callsite(j, site);
	j_u32(j, "live", site->live);
	j_u32(j, "bytes", site->bytes);
	j_u32(j, "calls", site->calls);
	j_s32(j, "live_delta", site->live_delta);
	j_s32(j, "bytes_delta", site->bytes_delta);
	j_end_object(j);
}

static int read_sites_query(const char *query, bool *since, u64 *first, u64 *sites,
			    struct writer *reason)
{
	static const char *const names[] = { "since", "first", "sites", NULL };
	char text[32];
	int error;

	if (query_unknown_param(query, names, text, sizeof(text))) {
		w_printf(reason,
			 "%s= is not known here: there are since=, first= and sites=", text);
		return 400;
	}
	error = query_param(query, "since", text, sizeof(text));
	*since = !error;
	if (error != -ENOENT && (error || strcmp(text, "mark"))) {
		w_printf(reason, "since=%s: there is only since=mark", error ? "" : text);
		return 400;
	}
	error = query_number(query, "first", 0, SITES_MAX, first, reason);
	return error ? error : query_number(query, "sites", 0, SITES_MAX, sites, reason);
}

int api_callsites(const struct http_request *req, struct writer *w)
{
	u64 first = 0, count = SITES_DEFAULT;
	struct memstat_tracking t;
	bool since;
	int status = read_sites_query(req->query, &since, &first, &count, w);

	if (status)
		return status;
	memstat_tracking(&t);
	if (since && !t.mark) {
		w_lit(w, "no mark was set: POST /api/v1/mark sets one");
		return 404;
	}
	api_callsites_part(w, since, (u32)first, (u32)count);
	return 0;
}

void api_callsites_part(struct writer *w, bool since, u32 first, u32 count)
{
	struct memstat_tracking t;
	struct json j;

	memstat_tracking(&t);
	j_begin(&j, w);
	j_object(&j, NULL);
	j_object(&j, "tracking");
	j_bool(&j, "pages", t.pages);
	j_bool(&j, "objects", t.objects);
	j_bool(&j, "vmalloc", true);
	j_u32(&j, "record_bytes", t.record_bytes);
	j_u32(&j, "table_bytes", t.table_bytes);
	j_u32(&j, "sites", t.sites);
	j_u32(&j, "sites_max", t.sites_max);
	j_end_object(&j);
	j_u32(&j, "mark", t.mark);
	j_u64(&j, "mark_uptime_ms", t.mark_ms);
	j_bool(&j, "since_mark", since);
	j_u32(&j, "first", first);
	j_array(&j, "sites");
	count = memstat_callsites(since, first, count, put_site, &j);
	j_end_array(&j);
	j_u32(&j, "site_count", count);
	j_end_with_snapshot(&j);
}

static void put_line(void *arg, const struct memstat_callsite *site)
{
	char symbol[SYMBOL_BYTES];
	struct writer *w = arg;

	site_name(site->caller, symbol);
	w_u32(w, site->bytes, 12);
	w_char(w, ' ');
	w_u32(w, site->live, 8);
	w_lit(w, " func:");
	w_str(w, symbol);
	w_char(w, ' ');
	w_str(w, site->kind);
	w_char(w, ':');
	w_str(w, site->what);
	w_char(w, '\n');
}

void proc_allocinfo(struct writer *w)
{
	w_lit(w, "allocinfo - version: 1.0\n#     <size>  <calls> <tag info>\n");
	memstat_callsites(false, 0, SITES_MAX, put_line, w);
}

int api_mark(struct http_request *req, struct writer *w)
{
	struct memstat_tracking t;
	struct json j;

	(void)req;
	memstat_mark();
	memstat_tracking(&t);
	j_begin(&j, w);
	j_object(&j, NULL);
	j_u32(&j, "mark", t.mark);
	j_u64(&j, "mark_uptime_ms", t.mark_ms);
	j_end_object(&j);
	w_char(w, '\n');
	return 200;
}
