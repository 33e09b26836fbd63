/*
 * From a complete request to what is to be sent for it. Knows no connection: a reply is bytes to be
 * copied out, and perhaps a body to be sent by reference after them.
 */
#ifndef WEB_ANSWER_H
#define WEB_ANSWER_H

#include "web/route.h"
#include "web/snapshot.h"

struct reply {
	const char *head;	   /* head, and a short body with it: in the request's buf */
	u32 head_left;		   /* bytes of it not yet handed to the transport */
	struct stream body;	   /* sent by reference after it; body.left counts down */
	struct snapshot *snapshot; /* holds body's memory until the last byte is acknowledged */
	bool close;		   /* the connection ends with it */
};

/*
 * Answers a request. => req is done, or broken with req->status set; `close` says that the
 * connection ends whatever the client wants. The reply takes over req->buf: path, query and fields
 * are gone afterwards. The caller gives reply->snapshot back (snapshot_put) when it is sent.
 */
void answer(struct http_request *req, struct reply *reply, bool close);

/*
 * What a text or JSON route shows, for a request of which only method, path, query and connection count.
 * As snapshot_take(): NULL with *status 503, or a snapshot for the caller, with the reason as its text
 * where *status is not 0. lines: of a JSON document, the text that web/json.h makes of it.
 */
struct snapshot *answer_render(const struct http_request *req, const struct route *route,
			       bool lines, int *status);

/* The same with an error that the caller has found: status and a line that says why. */
void answer_error(struct http_request *req, struct reply *reply, u16 status, const char *reason);

/*
 * The whole answer for a connection there is no room for: static text, to be sent by reference.
 */
const char *answer_busy(u32 *bytes);

#endif
