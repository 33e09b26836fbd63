/*
 * Answers in a stream of events. See event_views.h for the contract.
 */
#include "web/event_views.h"

#include "kernel/job.h"
#include "kernel/lib/errno.h"
#include "kernel/time.h"
#include "mm/slab.h"
#include "web/answer.h"
#include "web/dcache.h"

#define TARGET_MAX 256

/* A part ends behind a line, behind a closing brace once it is long enough, or where it is longest. */
#define PART_MIN 48
#define PART_MAX 200
#define PART_LINE_MAX (PART_MAX + 16) /* "data: 65535 ", the part, a line feed */
#define LAST_LINE_MAX 160	      /* the last line of an event */
#define VIEW_ROOM (PART_LINE_MAX + LAST_LINE_MAX + 16)

struct event_view {
	const struct route *route;
	const char *query; /* in target */
	u32 path_len;
	u64 due_ms;
	struct snapshot *text; /* being told; NULL: none is */
	u32 at, part;	       /* told up to there */
	u16 status;
	u64 cycles; /* that making and telling it took */
	u32 known;  /* parts [0, known) are the viewer's, and sums are theirs */
	char target[TARGET_MAX];
	u32 sums[];
};

#define SUMS_MAX ((PAGE_SIZE - sizeof(struct event_view)) / sizeof(u32))

/* ---- Beginning and end ---- */

static int watch(struct event_views *views, const char *target, u32 len, struct writer *reason)
{
	struct event_view *v;
	u32 path_len;

	if (views->count == EVENT_VIEWS_MAX || len >= TARGET_MAX) {
		w_printf(reason, "views= has more than %u addresses, or one above %u bytes",
			 EVENT_VIEWS_MAX, TARGET_MAX - 1);
		return 400;
	}
	v = (void *)__get_free_pages(GFP_KERNEL | __GFP_NOWARN | __GFP_ZERO, 0, OWNER_HTTP);
	if (!v) {
		w_lit(reason, "there is no memory for another view");
		return 503;
	}
	views->view[views->count++] = v;
	memcpy(v->target, target, len);
	path_len = strcspn(v->target, "?");
	v->path_len = path_len;
	v->query = v->target + path_len;
	if (*v->query) {
		v->target[path_len] = '\0';
		v->query++;
	}
	v->route = path_lookup(v->target, path_len).route;
	if (v->route && (v->route->text || v->route->render))
		return 0;
	w_printf(reason, "views=%s is not a text or JSON that is served here", v->target);
	return 400;
}

int event_views_open(struct event_views *views, char *targets, struct writer *reason)
{
	int status = 0;

	for (char *s = targets; *s && !status;) {
		u32 len = strcspn(s, " ");

		status = len ? watch(views, s, len, reason) : 0;
		s += len + (s[len] == ' ');
	}
	if (status)
		event_views_close(views);
	return status;
}

void event_views_close(struct event_views *views)
{
	while (views->count) {
		struct event_view *v = views->view[--views->count];

		snapshot_put(v->text);
		free_pages(v, 0);
	}
}

void event_views_again(struct event_views *views)
{
	for (u32 i = 0; i < views->count; i++) {
		struct event_view *v = views->view[i];

		v->known = v->at = v->part = 0;
		v->due_ms = 0;
	}
}

u32 event_views_held(const struct event_views *views, u32 *slots)
{
	*slots = 0;
	for (u32 i = 0; i < views->count; i++)
		if (views->view[i]->text)
			*slots += views->view[i]->text->slots;
	return views->count * PAGE_SIZE;
}

/* ---- Telling ---- */

/* Bytes of the part that text begins with. It does not cut a character in two. */
static u32 part_length(const char *text, u32 left)
{
	u32 n = 0, most = min(left, (u32)PART_MAX);

	while (n < most) {
		char c = text[n++];

		if (c == '\n' || (c == '}' && n >= PART_MIN))
			return n;
	}
	while (n < left && n && (text[n] & 0xc0) == 0x80)
		n--;
	return n ?: most;
}

static u32 sum_of(const char *text, u32 len)
{
	u32 sum = 2166136261u; /* FNV-1a */

	while (len--)
		sum = (sum ^ (u8)*text++) * 16777619u;
	return sum;
}

static void tell_part(struct event_view *v, struct writer *w)
{
	const char *text = v->text->text + v->at;
	u32 len = part_length(text, v->text->cost.bytes - v->at);
	u32 part = v->part++, sum = sum_of(text, len);
	bool line = text[len - 1] == '\n';

	v->at += len;
	if (part < v->known && v->sums[part] == sum)
		return;
	if (part < SUMS_MAX)
		v->sums[part] = sum;
	w_lit(w, "data: ");
	w_u32(w, part, 0);
	w_char(w, line ? '|' : ' ');
	w_bytes(w, text, len - line);
	w_char(w, '\n');
}

/* Makes the answer. NULL: there is no room for it now. */
static struct snapshot *take(const struct event_views *views, struct event_view *v, int *status)
{
	static struct http_request asked; /* what a route sees of the request */
	struct snapshot *s;

	asked.method = METHOD_GET;
	asked.path = v->target;
	asked.path_len = v->path_len;
	asked.query = v->query;
	asked.connection = views->connection;
	s = answer_render(&asked, v->route, false, status);
	v->due_ms = now_ms() + views->interval_ms;
	if (!s || snapshot_may_be_held(s))
		return s;
	snapshot_put(s);
	*status = 503;
	return NULL;
}

/* One event about a view; false: there is more to tell of it. */
static bool tell(struct event_views *views, u32 index, struct writer *w)
{
	struct event_view *v = views->view[index];
	u64 start = cycles_now(), share_us;
	bool more = false;

	if (!v->text) {
		int status;

		v->text = take(views, v, &status);
		v->status = (u16)(status ?: 200);
		v->at = v->part = 0;
		v->cycles = 0;
	}
	w_lit(w, "event: view\n");
	while (v->text && v->at < v->text->cost.bytes && !more) {
		more = (u32)(w->end - w->pos) < PART_LINE_MAX + LAST_LINE_MAX;
		if (!more)
			tell_part(v, w);
	}
	w_lit(w, "data: {\"view\":");
	w_u32(w, index, 0);
	w_lit(w, ",\"status\":");
	w_u32(w, v->status, 0);
	w_lit(w, ",\"parts\":");
	w_u32(w, v->part, 0);
	v->cycles += cycles_now() - start;
	if (more) {
		w_lit(w, ",\"more\":true}\n\n");
		return false;
	}
	w_lit(w, ",\"more\":false");
	if (v->text) {
		w_lit(w, ",\"cycles\":");
		w_u64(w, v->text->cost.cycles, 0);
		w_lit(w, ",\"bytes\":");
		w_u32(w, v->text->cost.bytes, 0);
		w_lit(w, ",\"uptime_ms\":");
		w_u64(w, v->text->cost.uptime_ms, 0);
	}
	w_lit(w, "}\n\n");
	share_us = cycles_to_us(v->cycles) * EVENT_VIEWS_SHARE * views->count;
	v->due_ms = max(v->due_ms, now_ms() + share_us / 1000);
	v->known = min(v->part, (u32)SUMS_MAX);
	snapshot_put(v->text);
	v->text = NULL;
	return true;
}

u32 event_views_tell(struct event_views *views, struct writer *w)
{
	u64 now = now_ms();
	u32 events = 0;

	for (u32 i = 0; i < views->count; i++) {
		struct event_view *v = views->view[i];

		if (!v->text && now < v->due_ms)
			continue;
		if ((u32)(w->end - w->pos) < VIEW_ROOM)
			break;
		events++;
		if (!tell(views, i, w))
			break;
	}
	return events;
}

u32 event_views_due(const struct event_views *views, u64 now)
{
	u32 next = POLL_IDLE;

	for (u32 i = 0; i < views->count; i++) {
		const struct event_view *v = views->view[i];

		if (v->text || now >= v->due_ms)
			return 0;
		next = min(next, (u32)(v->due_ms - now));
	}
	return next;
}
