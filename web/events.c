/*
 * Server-sent events (WHATWG HTML 9.2): what has changed since the last time, at a rate that each
 * viewer chooses.
 *
 *	GET /events?hz=4&of=memory,log,buddy&views=/api/v1/net
 *
 * `memory` events carry the numbers of /api/v1/memory that have changed, by their place in that text:
 * number i is the i-th one in it. A viewer gets the text once and then keeps its numbers up to date;
 * `structure` is the same in both as long as the text differs in nothing but numbers. If it changes (a
 * cache comes or goes) the stream ends after saying so, and the viewer begins anew. What does not fit
 * into one event comes with the next; the last of them says "more":false, and then all numbers are
 * those of that instant, because what changed in between was sent again.
 *
 * `log` events are lines of the kernel's log. Their id is the line's number: a viewer that comes back
 * says the last one it had (Last-Event-ID), and nothing is lost that the log still has.
 *
 * `buddy` events say what the buddy allocator did since the last one, at most `hz` times a second.
 *
 * `view` events keep other answers up to date, in parts (web/event_views.h).
 *
 * A stream keeps the numbers as it last sent them, 4 bytes each, in pages of its own that go when it
 * ends. Nothing is written while the viewer has not taken what was sent before: whoever sleeps gets one
 * event when it wakes up, and costs nothing until the connection is given up.
 */
#include "web/events.h"

#include "kernel/job.h"
#include "kernel/lib/bitops.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "mm/memstat.h"
#include "mm/slab.h"
#include "mm/trace.h"
#include "web/event_views.h"
#include "web/http.h"
#include "web/query.h"

enum { OF_MEMORY = 1, OF_LOG = 2, OF_BUDDY = 4 };

/* Below this room an event is not begun; the end of one takes at most EVENT_TAIL. */
#define EVENT_ROOM 320
#define EVENT_TAIL 160
#define NUMBER_MAX 34 /* "index,value," */

struct events {
	bool open;
	u8 of;
	bool more; /* the last memory event was not all */
	u32 interval_ms;
	u64 due_ms;
	u32 numbers, order; /* of the text, and of the pages for them */
	u32 structure;
	u32 *last;	    /* numbers as sent, their low 32 bits */
	u32 unsaid;	    /* from this one on they are told even if they are the same */
	u64 log_seq;	    /* next line, as the cursor has it */
	u32 buddy_seq;	    /* next event of the buddy allocator */
	u32 buddy_seq_left; /* the one before which all have left */
	struct event_views views;
};

static struct events streams[EVENTS_MAX];
static struct events_counters counters;

/* ---- Memory ---- */

struct delta {
	struct json_tap tap;
	struct events *e;
	struct writer *w;
	bool comma, more;
	u32 unsaid; /* what e->unsaid becomes */
};

static void number_changed(struct json_tap *tap, u32 index, s64 value)
{
	struct delta *d = container_of(tap, struct delta, tap);

	if (index >= d->e->numbers)
		return;
	if (index < d->e->unsaid && d->e->last[index] == (u32)value)
		return;
	if ((u32)(d->w->end - d->w->pos) < NUMBER_MAX + EVENT_TAIL) {
		d->more = true;
		if (index >= d->e->unsaid)
			d->unsaid = min(d->unsaid, index);
		return;
	}
	if (d->comma)
		w_char(d->w, ',');
	d->comma = true;
	w_u32(d->w, index, 0);
	w_char(d->w, ',');
	if (value < 0)
		w_char(d->w, '-');
	w_u64(d->w, (u64)(value < 0 ? -value : value), 0);
	d->e->last[index] = (u32)value;
}

static void count_numbers(struct json_tap *tap)
{
	struct json j;

	tap->number = NULL;
	j_begin_tap(&j, tap);
	api_memory_members(&j);
}

/* False if the text has another structure by now: the stream ends. */
static bool memory_event(struct events *e, struct writer *w)
{
	struct delta d = { .e = e, .w = w, .unsaid = e->numbers };
	u64 start = cycles_now();
	struct json_tap tap;
	struct json j;

	count_numbers(&tap);
	if (tap.structure != e->structure) {
		w_lit(w, "event: changed\ndata: {}\n\n");
		return false;
	}
	w_lit(w, "event: memory\ndata: {\"set\":[");
	d.tap.number = number_changed;
	j_begin_tap(&j, &d.tap);
	api_memory_members(&j);
	e->more = d.more;
	e->unsaid = d.unsaid;
	w_str(w, d.more ? "],\"more\":true" : "],\"more\":false");
	w_lit(w, ",\"structure\":\"0x");
	w_hex(w, e->structure, 1);
	w_lit(w, "\",\"uptime_ms\":");
	w_u64(w, now_ms(), 0);
	w_lit(w, ",\"cycles\":");
	w_u64(w, cycles_now() - start, 0);
	w_lit(w, "}\n\n");
	return true;
}

/* ---- Log ---- */

/* Bytes at the start of a line whose JSON has room, as j_escape writes them. */
static u32 line_that_fits(const struct log_record *line, u32 room)
{
	u32 n = 0;

	for (; n < line->len; n++) {
		u8 c = (u8)line->text[n];
		u32 takes = c < 0x20 ? 6 : c == '"' || c == '\\' ? 2 : c >= 0x80 ? 3 : 1;

		if (takes > room)
			break;
		room -= takes;
	}
	return n;
}

/*
 * A line that does not fit waits for the next event, and is cut only if it can never fit. The next
 * line's number is kept in the cursor, so that what could not be handed over is said again.
 */
static void log_events(struct events *e, struct piece_cursor *cursor, struct writer *w)
{
	struct log_record line;
	bool begun = w->pos != w->start;

	e->log_seq = max((u64)cursor->at, log_oldest_seq());
	while ((u32)(w->end - w->pos) >= EVENT_ROOM && log_read_record(e->log_seq, &line)) {
		u32 n = line_that_fits(&line, (u32)(w->end - w->pos) - EVENT_TAIL);

		if (n < line.len && begun)
			break;
		begun = true;
		w_lit(w, "id: ");
		w_u64(w, line.seq, 0);
		w_lit(w, "\nevent: log\ndata: {\"time_us\":");
		w_u64(w, line.time_us, 0);
		w_lit(w, ",\"level\":");
		w_u32(w, line.level, 0);
		w_lit(w, ",\"text\":");
		j_escape(w, line.text, n);
		w_lit(w, "}\n\n");
		e->log_seq++;
		counters.sent++;
	}
	cursor->at = (u32)e->log_seq;
}

/* ---- Buddy ---- */

#define BUDDY_EVENT_MAX 260

/* What has happened since, oldest first; `lost` of them were gone before this viewer took them. */
static void buddy_events(struct events *e, struct writer *w)
{
	struct memstat_buddy_event event;
	struct memstat_buddy_trace t;
	u32 lost;
	struct json j;

	memstat_buddy_trace(&t);
	lost = (s32)(t.oldest - e->buddy_seq) > 0 ? t.oldest - e->buddy_seq : 0;
	e->buddy_seq += lost;
	w_lit(w, "event: buddy\ndata: ");
	j_begin(&j, w);
	j_object(&j, NULL);
	j_u32(&j, "lost", lost);
	j_array(&j, "events");
	while ((u32)(w->end - w->pos) >= BUDDY_EVENT_MAX + EVENT_TAIL &&
	       memstat_buddy_event(e->buddy_seq, &event)) {
		j_object(&j, NULL);
		j_buddy_event(&j, &event);
		j_end_object(&j);
		e->buddy_seq++;
	}
	j_end_array(&j);
	j_end_object(&j);
	w_lit(w, "\n\n");
	counters.sent++;
}

/* ---- The stream ---- */

static bool buddy_due(const struct events *e, u64 now)
{
	return e->of & OF_BUDDY && e->buddy_seq != memstat_buddy_next() && now >= e->due_ms;
}

static bool events_next(struct piece_cursor *cursor, struct writer *w)
{
	struct events *e = &streams[cursor->part];
	u64 start = cycles_now();
	bool alive = true;

	if (w->pos == w->start)
		e->buddy_seq_left = e->buddy_seq;
	if ((u32)(w->end - w->pos) < EVENT_ROOM)
		return true;
	if (e->of & OF_LOG)
		log_events(e, cursor, w);
	if (buddy_due(e, now_ms()) && (u32)(w->end - w->pos) >= BUDDY_EVENT_MAX + 2 * EVENT_TAIL) {
		buddy_events(e, w);
		if (!(e->of & OF_MEMORY))
			e->due_ms = now_ms() + e->interval_ms;
	}
	if (e->of & OF_MEMORY && (e->more || now_ms() >= e->due_ms) &&
	    (u32)(w->end - w->pos) >= EVENT_ROOM) {
		alive = memory_event(e, w);
		e->due_ms = now_ms() + e->interval_ms;
		counters.sent++;
	}
	counters.sent += event_views_tell(&e->views, w);
	counters.cycles += cycles_now() - start;
	return alive;
}

/*
 * What was written last never left: those lines, and every number, are told again. A number may be 0 by
 * now that the viewer holds as another, so that the pages are filled with what no count is.
 */
static void events_again(struct piece_cursor *cursor)
{
	struct events *e = &streams[cursor->part];

	e->unsaid = 0;
	e->log_seq = cursor->at;
	e->buddy_seq = e->buddy_seq_left;
	e->more = true;
	event_views_again(&e->views);
}

static void events_end(struct piece_cursor *cursor)
{
	struct events *e = &streams[cursor->part];

	BUG_ON(!e->open);
	if (e->last)
		free_pages(e->last, e->order);
	event_views_close(&e->views);
	if (e->of & OF_BUDDY)
		trace_unlisten();
	memset(e, 0, sizeof(*e));
	counters.streams--;
}

u32 events_held(const struct pieces *pieces, u32 *hz, u32 *slots)
{
	const struct events *e = &streams[pieces->cursor.part];

	*hz = *slots = 0;
	if (pieces->next != events_next)
		return 0;
	*hz = 1000 / e->interval_ms;
	return event_views_held(&e->views, slots) + (e->last ? (u32)PAGE_SIZE << e->order : 0);
}

/* "memory,log,buddy" as bits; 0 if there is another word, which is left in `text`. */
static u8 parse_of(char *text)
{
	u8 of = 0;

	for (char *s = text; *s;) {
		u32 len = strcspn(s, ",");

		if (len == 6 && !memcmp(s, "memory", 6))
			of |= OF_MEMORY;
		else if (len == 3 && !memcmp(s, "log", 3))
			of |= OF_LOG;
		else if (len == 5 && !memcmp(s, "buddy", 5))
			of |= OF_BUDDY;
		else
			return 0;
		s += len + (s[len] == ',');
	}
	return of;
}

static int read_query(const struct http_request *req, u8 *of, u64 *hz, struct writer *reason)
{
	static const char *const names[] = { "hz", "of", "views", NULL };
	char text[32];
	int error;

	if (query_unknown_param(req->query, names, text, sizeof(text))) {
		w_printf(reason, "%s= is not known here: there are hz=, of= and views=", text);
		return 400;
	}
	error = query_param(req->query, "of", text, sizeof(text));
	*of = error == -ENOENT ? OF_MEMORY : error ? 0 : parse_of(text);
	if (!*of) {
		w_printf(reason, "of=%s is not a list of memory, log and buddy", error ? "" : text);
		return 400;
	}
	return query_number(req->query, "hz", 1, EVENTS_HZ_MAX, hz, reason);
}

/* The answers of views=; 0, or a status with a reason, and then nothing is held. */
static int open_views(const struct http_request *req, struct events *e, struct writer *reason)
{
	char targets[EVENT_VIEWS_TEXT_MAX];
	int error = query_param(req->query, "views", targets, sizeof(targets));

	if (error == -ENOENT)
		return 0;
	if (!error)
		return event_views_open(&e->views, targets, reason);
	w_printf(reason, "views= is longer than %u bytes, given twice or badly encoded",
		 EVENT_VIEWS_TEXT_MAX - 1);
	return 400;
}

/* The line after the one a returning viewer had last; the oldest if it had that in another boot. */
static u64 first_line(const struct http_request *req)
{
	const char *text = request_field(req, FIELD_LAST_EVENT_ID);
	u64 seq;

	return *text && parse_u64(text, &seq) && seq < log_next_seq() ? seq + 1 : 0;
}

static bool take_memory(struct events *e)
{
	struct json_tap tap;

	count_numbers(&tap);
	e->numbers = tap.numbers;
	e->structure = tap.structure;
	e->order = get_order(tap.numbers * sizeof(*e->last));
	e->last = __get_free_pages(GFP_KERNEL | __GFP_NOWARN | __GFP_ZERO, e->order, OWNER_HTTP);
	return e->last;
}

/* Whatever a stream of this needs; false, and nothing is taken, if there is no memory. */
static bool take(struct events *e, u8 of)
{
	if (of & OF_MEMORY && !take_memory(e))
		return false;
	if (!(of & OF_BUDDY) || trace_listen()) {
		e->buddy_seq = e->buddy_seq_left = memstat_buddy_next();
		return true;
	}
	if (e->last)
		free_pages(e->last, e->order);
	e->last = NULL;
	return false;
}

int events_open(const struct http_request *req, struct stream *stream, struct writer *reason)
{
	u64 hz = EVENTS_HZ_DEFAULT;
	u16 slot = 0;
	struct events *e = NULL;
	u8 of;
	int status = read_query(req, &of, &hz, reason);

	if (status)
		return status;
	stream->pieces.chunked = true;
	if (req->method == METHOD_HEAD)
		return 0;
	while (slot < EVENTS_MAX && streams[slot].open)
		slot++;
	if (slot < counters.streams_max) {
		e = &streams[slot];
		e->interval_ms = e->views.interval_ms = 1000 / (u32)hz;
		e->views.connection = req->connection;
		status = open_views(req, e, reason);
		if (status)
			return status;
		if (!take(e, of)) {
			event_views_close(&e->views);
			e = NULL;
		}
	}
	if (!e) {
		counters.refused++;
		w_printf(reason, "%u of %u event streams are taken, or there is no memory for one",
			 counters.streams, counters.streams_max);
		return 503;
	}
	e->open = true;
	e->of = of;
	e->more = true;
	e->log_seq = first_line(req);
	counters.streams++;
	counters.opened++;
	stream->pieces = (struct pieces){ .next = events_next,
					  .again = events_again,
					  .end = events_end,
					  .cursor = { .part = slot, .at = (u32)e->log_seq } };
	return 0;
}

/* ---- The main loop's part ---- */

static u32 poll(struct poller *self)
{
	u32 next = POLL_IDLE, wait;
	u64 now = now_ms();
	bool due = false;

	(void)self;
	for (u32 i = 0; i < EVENTS_MAX; i++) {
		const struct events *e = &streams[i];

		if (!e->open)
			continue;
		if (e->of & OF_LOG && e->log_seq < log_next_seq())
			due = true;
		if (buddy_due(e, now))
			due = true;
		wait = event_views_due(&e->views, now);
		due |= !wait;
		next = min(next, wait);
		if (!(e->of & OF_MEMORY))
			next = min(next, 1000u / EVENTS_HZ_MAX);
		else if (now >= e->due_ms)
			due = true;
		else
			next = min(next, (u32)(e->due_ms - now));
	}
	if (due)
		http_push();
	return due ? 1000u / EVENTS_HZ_MAX : next;
}

static struct poller events_poller = { .name = "events", .poll = poll };

void events_init(u32 streams_max)
{
	counters.streams_max = min(streams_max, (u32)EVENTS_MAX);
	poller_register(&events_poller);
}

void events_get_counters(struct events_counters *out)
{
	*out = counters;
}
