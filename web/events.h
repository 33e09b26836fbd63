/*
 * /events: server-sent events, a stream that tells what has changed.
 */
#ifndef WEB_EVENTS_H
#define WEB_EVENTS_H

#include "web/route.h"

/* Streams at once, at most, and times a second. */
#define EVENTS_MAX 8
#define EVENTS_HZ_MAX 10
#define EVENTS_HZ_DEFAULT 2

/* Allows `streams` of them (at most EVENTS_MAX) and makes the main loop send them. */
void events_init(u32 streams);

/* Route: hz=1..10, of=memory,log,buddy, views=addresses. Takes the stream's memory, which its end gives back. */
int events_open(const struct http_request *req, struct stream *stream, struct writer *reason);

/* Bytes of pages that the stream behind `pieces` holds, and slots of the reserve that it keeps for a
 * moment; 0 and *hz 0 if it is no stream of events. */
u32 events_held(const struct pieces *pieces, u32 *hz, u32 *slots);

struct events_counters {
	u32 streams, streams_max;
	u64 opened, refused, sent; /* sent: events */
	u64 cycles;		   /* spent on looking and writing */
};

void events_get_counters(struct events_counters *counters);

#endif
