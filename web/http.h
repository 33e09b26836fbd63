/*
 * One HTTP connection: the order of things between the bytes that arrive and those that leave.
 * What carries the bytes is below it (web/tcp.c over lwIP; the host tests bring their own).
 *
 *	             request complete          all handed over
 *	  READING ---------------------> REPLYING ------------> READING      (keep-alive)
 *	     |  \  408, broken request      |  \
 *	     |   `------------------------->|   `-------------> LINGER       (close: FIN is queued)
 *	     | idle, or the peer has closed
 *	     `------------------------------------------------> gone
 *
 * A request is not looked at before the one before it has been answered: what arrives meanwhile
 * stays with the transport, whose receive window then holds the client back. Nothing is buffered
 * here beyond the request's own small buffer. In LINGER everything that arrives is dropped until
 * the peer closes too, so that it gets to read the answer (RFC 9112 9.6).
 *
 * Time is counted in ticks of about one second that the transport gives.
 */
#ifndef WEB_HTTP_H
#define WEB_HTTP_H

#include "kernel/lib/hlist.h"
#include "kernel/lib/list.h"
#include "web/answer.h"

/* Limits, in ticks. A tick may come up to one second early. */
#define HTTP_IDLE_TICKS 30    /* between requests, and before the first */
#define HTTP_REQUEST_TICKS 10 /* for a request, from its first byte to its last */
#define HTTP_PATIENCE_TICKS 3 /* as HTTP_STALL_TICKS, while others wait for a connection */
#define HTTP_STALL_TICKS 20   /* without an acknowledgement while an answer is under way */
#define HTTP_LINGER_TICKS 3   /* for the peer to close, once it has acknowledged everything */

enum http_state { HTTP_READING, HTTP_REPLYING, HTTP_LINGER };

struct http_conn {
	struct list_head link;	/* all connections, the one longest without a request first */
	struct hlist_node hash; /* in pid_hash, by number */
	u32 number;		/* from 1 up; no two open ones have the same */
	u32 requests;		/* answered or under way */
	u64 opened_ms;		/* uptime */
	void *transport;	/* the transport's own */
	void *pending;		/* what it holds back for this connection */
	enum http_state state;
	u8 ticks;	  /* since the last progress, as the state counts it */
	bool peer_closed; /* no more bytes will come */
	u32 unacked;	  /* bytes handed to the transport and not acknowledged */
	struct reply reply;
	struct http_request req;
};

/* What a tick, or the end of input, means for the connection. */
enum http_verdict { HTTP_KEEP, HTTP_CLOSE, HTTP_ABORT };

/* Prepares the list of connections. */
void http_init(u32 connections_max);

/* Begins a connection; it is on the list from now on. => memory is the caller's */
void http_open(struct http_conn *c, void *transport);

/* Ends it: gives back what it holds and takes it off the list. The memory is the caller's. */
void http_release(struct http_conn *c);

/* True while bytes that arrive are taken at all: a reply that is under way holds them back. */
static inline bool http_takes_input(const struct http_conn *c)
{
	return c->state != HTTP_REPLYING;
}

/* The open connection of this number, or NULL. */
struct http_conn *http_find(u32 number);

/* Walks the open connections; NULL begins, and is the end. */
struct http_conn *http_next(struct http_conn *after);

/* Bytes arrived. Returns how many were taken; fewer than len while a reply is under way. */
u32 http_receive(struct http_conn *c, const char *data, u32 len);

/* The peer has acknowledged bytes, or there is room to send again (acked 0). */
void http_progress(struct http_conn *c, u32 acked);

/* True if nothing keeps the connection once the peer has closed and nothing is pending: a stream of
 * events ends with its viewer. */
bool http_finished(const struct http_conn *c);

/* Streams of events may have something to say. Outside the transport's callbacks. */
void http_push(void);

/* About a second has passed. */
enum http_verdict http_tick(struct http_conn *c);

/*
 * The connection to be ended for a new one, or NULL. First the one that has been idle longest; then
 * the oldest of which no whole request has come; then an answer of which nothing was acknowledged
 * for HTTP_PATIENCE_TICKS, the one waiting longest. *idle: it may be closed in order, nothing of it is
 * under way.
 */
struct http_conn *http_least_wanted(bool *idle);

/* ---- What the transport gives ---- */

/* The other end: an IPv4 address in network byte order, and a port. */
struct transport_peer {
	u32 address;
	u16 port;
};
struct transport_peer transport_peer(struct http_conn *c);

/* Bytes that transport_write would take now. */
u32 transport_room(struct http_conn *c);

/* The least that is worth writing while there is more: a segment. */
u32 transport_segment(struct http_conn *c);

/*
 * Hands bytes over, in order; false: no memory, nothing was taken, http_progress() will be called.
 * Without `copy` the bytes must stay until acknowledged. `more` says that others follow at once.
 */
bool transport_write(struct http_conn *c, const void *data, u32 len, bool copy, bool more);

/* Sends at once what was written. */
void transport_flush(struct http_conn *c);

/* Nothing more will be written: sends the end after what was. Input goes on. */
void transport_finish(struct http_conn *c);

#endif
