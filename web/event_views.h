/*
 * Answers that a stream of events keeps up to date: any text or JSON of the route table, told in parts
 * of which only those that differ are told again.
 *
 *	event: view
 *	data: 3 {"name":"TX","descriptors":256,...}
 *	data: 17|DMA zone
 *	data: {"view":0,"status":200,"parts":42,"more":false,"cycles":18234,"bytes":2345,"uptime_ms":4567}
 *
 * Part 3 of answer 0 is now that text ('|' for the blank: a line feed follows it); the whole is parts 0
 * to 41, one after the other, and cost what is said there. Where parts end is nobody's business: it follows from the text, so that a
 * row that has not changed is the part it was. With "more":true the rest comes with the next event, and it is
 * of the same instant: the answer is held in its snapshot slots until its last part is told. Another status
 * than 200 comes with the reason as text; 503 means that no slot was free, and has no parts.
 *
 * A view takes a page while it is watched: its address, and a sum of each part as it was told last. A part
 * that changes and keeps its sum goes untold until its next change: one chance in 2^32, and none if the
 * change is within one byte. Parts that the page has no room for are told each time.
 *
 * Answers that are dear to make are made less often than asked for: all those of a stream together take at
 * most a hundredth of the time, each its share of that.
 */
#ifndef WEB_EVENT_VIEWS_H
#define WEB_EVENT_VIEWS_H

#include "web/route.h"

#define EVENT_VIEWS_MAX 10	 /* answers of one stream */
#define EVENT_VIEWS_TEXT_MAX 640 /* bytes of their addresses, with the blanks between them */
#define EVENT_VIEWS_SHARE 100	 /* made and told at most a hundredth of the time */

struct event_view;

struct event_views {
	struct event_view *view[EVENT_VIEWS_MAX];
	u32 count;
	u32 interval_ms;
	u32 connection; /* whose they are, for answers that say so; 0: nobody's */
};

/*
 * Begins to watch `targets`, addresses with blanks between them, which is cut into pieces; `views` is all
 * zero but for interval_ms and connection. Returns 0, or 400 or 503 with a reason; nothing is held then.
 */
int event_views_open(struct event_views *views, char *targets, struct writer *reason);

/* Gives back pages and slots; also where there are none. */
void event_views_close(struct event_views *views);

/* What was told last never left: everything is told again. */
void event_views_again(struct event_views *views);

/* Tells what is due and fits. Returns how many events that were. */
u32 event_views_tell(struct event_views *views, struct writer *w);

/* Milliseconds until something is due, 0: now; POLL_IDLE: nothing is watched. */
u32 event_views_due(const struct event_views *views, u64 now);

/* Bytes of pages that are held, and slots of the reserve for an answer that is being told. */
u32 event_views_held(const struct event_views *views, u32 *slots);

#endif
