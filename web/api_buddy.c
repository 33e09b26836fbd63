/*
 * Events of the buddy allocator (mm/trace.h).
 *
 *	GET /api/v1/buddy/events?since=N	the events that are kept, from number N
 *	/events?of=buddy			the same as they come (events.c); listening is what keeps them
 *	POST /api/v1/buddy/step?order=N&ms=N&zone=DMA	the single-step mode; DELETE ends it
 */
#include "kernel/job.h"
#include "mm/memstat.h"
#include "mm/trace.h"
#include "web/query.h"
#include "web/route.h"
#include "web/snapshot.h"

#define STEP_MS_LEAST 10
#define STEP_MS_MOST 10000
#define STEP_MS_DEFAULT 1000
#define EVENTS_SHOWN 200

void j_buddy_event(struct json *j, const struct memstat_buddy_event *event)
{
	static const char *const zones[] = { "DMA", "Normal", "HighMem", "Movable" };

	j_u32(j, "seq", event->seq);
	j_u64(j, "time_us", event->time_us);
	j_str(j, "event", memstat_buddy_kind_name(event->kind));
	j_u32(j, "node", event->node);
	j_str(j, "zone", zones[event->zone % ARRAY_SIZE(zones)]);
	j_u32(j, "pfn", event->pfn);
	j_u32(j, "order", event->order);
	j_str(j, "type", memstat_type_name(event->type));
	if (event->caller)
		j_hex(j, "caller", event->caller);
	else
		j_null(j, "caller");
	j_bool(j, "stepped", event->stepped);
}

static void put_step(struct json *j, const struct memstat_buddy_trace *t)
{
	if (!t->stepping) {
		j_null(j, "step");
		return;
	}
	j_object(j, "step");
	j_u32(j, "pfn", t->step_pfn);
	j_u32(j, "order", t->step_order);
	j_u32(j, "from_order", t->step_top);
	j_u32(j, "to_order", t->step_goal);
	j_u32(j, "ms", t->step_ms);
	j_end_object(j);
}

int api_buddy_events(const struct http_request *req, struct writer *w)
{
	static const char *const names[] = { "since", NULL };
	struct memstat_buddy_event event;
	struct memstat_buddy_trace t;
	char text[96];
	u64 since = 0;
	struct json j;
	int status;

	if (query_unknown_param(req->query, names, text, sizeof(text))) {
		w_printf(w, "%s= is not known here: there is since=", text);
		return 400;
	}
	status = query_number(req->query, "since", 0, 0xffffffff, &since, w);
	if (status)
		return status;
	memstat_buddy_trace(&t);
	since = max((u32)since, max(t.oldest, t.next - min(t.next, (u32)EVENTS_SHOWN)));
	j_begin(&j, w);
	j_object(&j, NULL);
	j_u32(&j, "listeners", t.listeners);
	j_u32(&j, "oldest", t.oldest);
	j_u32(&j, "next", t.next);
	j_u32(&j, "ring_bytes", t.ring_bytes);
	put_step(&j, &t);
	j_array(&j, "events");
	for (u32 seq = (u32)since; memstat_buddy_event(seq, &event); seq++) {
		j_object(&j, NULL);
		j_buddy_event(&j, &event);
		j_end_object(&j);
	}
	j_end_array(&j);
	j_end_with_snapshot(&j);
	return 0;
}

static int read_step(const char *query, u64 *order, u64 *ms, bool *dma, struct writer *reason)
{
	static const char *const names[] = { "order", "ms", "zone", NULL };
	char text[32];
	int error;

	if (query_unknown_param(query, names, text, sizeof(text))) {
		w_printf(reason, "%s= is not known here: there are order=, ms= and zone=", text);
		return 400;
	}
	error = query_param(query, "zone", text, sizeof(text));
	*dma = !error && !strcmp(text, "DMA");
	if (error != -ENOENT && (error || (!*dma && strcmp(text, "Normal")))) {
		w_printf(reason, "zone=%s: there are DMA and Normal", error ? "" : text);
		return 400;
	}
	error = query_number(query, "order", 0, MEMSTAT_ORDERS - 1, order, reason);
	return error ? error : query_number(query, "ms", STEP_MS_LEAST, STEP_MS_MOST, ms, reason);
}

static u32 poll(struct poller *self)
{
	(void)self;
	return trace_step_poll();
}

/* Asked by the main loop from the first time on that somebody starts the mode. */
static struct poller step_poller = { .name = "buddy-step", .poll = poll };

static int start_step(const struct http_request *req, struct writer *w)
{
	u64 order = 0, ms = STEP_MS_DEFAULT;
	bool dma;
	int status = read_step(req->query, &order, &ms, &dma, w);

	if (status)
		return status;
	switch (trace_step_start((unsigned)order, (unsigned)ms, dma)) {
	case 0:
		if (!step_poller.link.next)
			poller_register(&step_poller);
		return 0;
	case -EBUSY: w_lit(w, "the single-step mode runs already: DELETE ends it"); return 409;
	case -EINVAL:
		w_printf(w, "order=%u is not below the largest order", (unsigned)order);
		return 400;
	default:
		w_printf(w, "no free block above order %u in the zone", (unsigned)order);
		return 503;
	}
}

int api_buddy_step(struct http_request *req, struct writer *w)
{
	struct memstat_buddy_trace t;
	struct json j;

	if (req->method == METHOD_POST) {
		int status = start_step(req, w);

		if (status)
			return status;
	} else if (!trace_step_stop()) {
		w_lit(w, "the single-step mode does not run: POST starts it");
		return 409;
	}
	memstat_buddy_trace(&t);
	j_begin(&j, w);
	j_object(&j, NULL);
	put_step(&j, &t);
	j_end_object(&j);
	w_char(w, '\n');
	return 200;
}
