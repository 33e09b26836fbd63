/*
 * /api/v1/fault: allocations of the whole machine that fail on demand (mm/fault_inject.h).
 *
 *	POST	{"failslab":{...},"fail_page_alloc":{...},"delay_ms":N,"shrink":true}: sets both; one that
 *		is not there is off
 *	GET	what is set, and what it has met
 *	DELETE	switches both off; GET still tells what they have met
 *
 * `delay_ms` lets the request that sets it, and its connection, come to their end unharmed. `shrink`
 * empties slab caches and per-cpu lists first, so that the next to ask makes them grow.
 */
#include "web/fault_doc.h"

#include <stddef.h>

#include "kernel/symbols.h"
#include "kernel/time.h"
#include "mm/slab.h"
#include "web/route.h"
#include "web/snapshot.h"

#define DELAY_MAX_MS 60000u

/* ---- Reading ---- */

struct fault_doc {
	struct fault_attr slab, pages;
	u32 delay_ms;
	bool shrink;
};

static bool read_slab(struct json_in *in, void *structure)
{
	return fault_attr_read(in, &((struct fault_doc *)structure)->slab, true);
}

static bool read_pages(struct json_in *in, void *structure)
{
	return fault_attr_read(in, &((struct fault_doc *)structure)->pages, false);
}

static const struct json_member members[] = {
	JSON_READ("failslab", read_slab),
	JSON_READ("fail_page_alloc", read_pages),
	JSON_FIELD("delay_ms", JSON_U32, struct fault_doc, delay_ms, 0, DELAY_MAX_MS),
	JSON_FIELD("shrink", JSON_BOOL, struct fault_doc, shrink, 0, 0),
};

/* ---- Showing ---- */

static void one_site(struct json *j, const char *key, const struct fault_site *s)
{
	char text[64];

	j_object(j, key);
	symbol_format(text, sizeof(text), s->caller);
	j_str(j, "call_site", text);
	j_str(j, "what", s->what);
	j_u32(j, "hits", s->hits);
	j_end_object(j);
}

void j_fault_sites(struct json *j, const char *key, const struct fault_attr *attr)
{
	j_array(j, key);
	for (u32 i = 0; i < FAULT_SITES && attr->sites[i].hits; i++)
		one_site(j, NULL, &attr->sites[i]);
	j_end_array(j);
}

static void one(struct json *j, const char *key, const struct fault_attr *attr, bool slab)
{
	if (!attr->interval) {
		j_null(j, key);
		return;
	}
	j_object(j, key);
	j_u32(j, "interval", attr->interval);
	j_u32(j, "probability", attr->probability);
	j_u32(j, "after", attr->after);
	j_u32(j, "times", attr->times);
	j_u32(j, "space", attr->space);
	j_str(j, "class", fault_class_names[attr->class]);
	j_str(j, "owner", attr->owner);
	j_bool(j, "ignore_gfp_wait", attr->ignore_gfp_wait);
	if (slab) {
		j_str(j, "cache", attr->cache);
	} else {
		j_bool(j, "ignore_gfp_highmem", attr->ignore_gfp_highmem);
		j_u32(j, "min_order", attr->min_order);
		j_u32(j, "max_order", attr->max_order);
	}
	j_u64(j, "start_uptime_ms", attr->start_ms);
	j_u64(j, "calls", attr->calls);
	j_u64(j, "hits", attr->hits);
	j_fault_sites(j, "sites", attr);
	if (attr->hits) {
		one_site(j, "last", &attr->last);
		j_u64(j, "last_uptime_ms", attr->last_ms);
	} else {
		j_null(j, "last");
	}
	j_end_object(j);
}

static void head(struct json *j)
{
	j_object(j, NULL);
	j_bool(j, "armed", fault_is_set());
	j_u32(j, "jobs", fault_holders - fault_is_set());
}

void api_fault(struct writer *w)
{
	struct json j;

	j_begin(&j, w);
	head(&j);
	one(&j, "failslab", &failslab, true);
	one(&j, "fail_page_alloc", &fail_page_alloc, false);
	j_end_with_snapshot(&j);
}

/* ---- Setting ---- */

int api_fault_set(struct http_request *req, struct writer *w)
{
	const char *text = req->body && req->kept.text.at ? req->kept.text.at : "";
	struct fault_doc doc = { .slab = {} };
	struct json_in in;
	struct json j;

	json_in_begin(&in, text, w);
	if (req->method == METHOD_POST) {
		if (!json_in_object(&in, members, ARRAY_SIZE(members), &doc, NULL) ||
		    !json_in_end(&in))
			return 400;
		if (doc.shrink) {
			kmem_cache_reap();
			drain_all_pages();
		}
	}
	if (doc.slab.interval || doc.pages.interval)
		fault_set(doc.slab.interval ? &doc.slab : NULL,
			  doc.pages.interval ? &doc.pages : NULL, doc.delay_ms);
	else
		fault_stop();
	j_begin(&j, w);
	head(&j);
	j_u64(&j, "failslab_hits", failslab.hits);
	j_u64(&j, "fail_page_alloc_hits", fail_page_alloc.hits);
	j_u64(&j, "uptime_ms", now_ms());
	j_end_object(&j);
	w_char(w, '\n');
	return 200;
}
