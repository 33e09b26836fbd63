/*
 * The connection's state machine. See http.h for its picture.
 *
 * A reply by reference from a snapshot keeps its slots until unacked is 0; the next request is not
 * read before that, so that a connection never holds more than one snapshot.
 */
#include "web/http.h"

#include "kernel/time.h"
#include "mm/memstat.h"
#include "web/dcache.h"
#include "web/http_stats.h"

static LIST_HEAD(connections);

void http_init(u32 connections_max)
{
	INIT_LIST_HEAD(&connections);
	http_stats.connections_max = connections_max;
}

struct http_conn *http_find(u32 number)
{
	struct hlist_node *n;

	hlist_for_each(n, large_hash_bucket(&pid_hash, number))
	{
		struct http_conn *c = container_of(n, struct http_conn, hash);

		if (c->number == number) {
			pid_hash.hits++;
			return c;
		}
	}
	pid_hash.misses++;
	return NULL;
}

/* The next number that no open connection has. */
static u32 new_number(void)
{
	static u32 last;

	while (!++last || http_find(last))
		;
	return last;
}

struct http_conn *http_next(struct http_conn *after)
{
	struct list_head *link = after ? after->link.next : connections.next;

	return link == &connections ? NULL : list_entry(link, struct http_conn, link);
}

void http_open(struct http_conn *c, void *transport)
{
	c->number = new_number();
	c->requests = 0;
	c->opened_ms = now_ms();
	large_hash_add(&pid_hash, &c->hash, c->number);
	c->transport = transport;
	c->pending = NULL;
	c->state = HTTP_READING;
	c->ticks = 0;
	c->peer_closed = false;
	c->unacked = 0;
	c->reply.snapshot = NULL;
	request_init(&c->req);
	c->req.connection = c->number;
	list_add_tail(&c->link, &connections);
	http_stats.connections++;
	http_stats.accepted++;
}

void http_release(struct http_conn *c)
{
	snapshot_put(c->reply.snapshot);
	c->reply.snapshot = NULL;
	if (c->state != HTTP_READING)
		pieces_drop(&c->reply.body.pieces);
	request_drop_body(&c->req);
	list_del(&c->link);
	large_hash_del(&pid_hash, &c->hash);
	http_stats.connections--;
}

/* ---- Writing ---- */

static bool write(struct http_conn *c, const void *data, u32 len, bool copy, bool more)
{
	if (!transport_write(c, data, len, copy, more))
		return false;
	c->unacked += len;
	return true;
}

/* How many buffers of pieces are rendered in one go: the rest waits for acknowledgements. */
#define PIECE_BUFFERS 8

/* Renders and hands over pieces. True: all of them. */
static bool pump_pieces(struct http_conn *c)
{
	struct pieces *pieces = &c->reply.body.pieces;

	for (u32 i = 0; pieces->next; i++) {
		struct pieces before = *pieces;
		u32 room = min_t(u32, transport_room(c), sizeof(c->req.buf));
		u32 n;

		if (c->unacked && (i == PIECE_BUFFERS || room < sizeof(c->req.buf)))
			return false;
		if (pieces->end && c->unacked && !i)
			return false; /* what was said before has not been heard */
		n = pieces_fill(pieces, c->req.buf, room);
		if (!n && pieces->next)
			return false;
		if (n && !write(c, c->req.buf, n, true, pieces->next && !pieces->end)) {
			*pieces = before;
			if (pieces->again)
				pieces->again(&pieces->cursor);
			return false;
		}
	}
	return true;
}

/*
 * Up to n bytes of the body, as many as the transport takes of them; 0: none now. A stream with a module
 * is copied, because its mapping ends here.
 */
static u32 write_body(struct http_conn *c, const struct stream *body, u32 n)
{
	const u8 *data = body->base + body->at;
	u32 mapped = n;

	if (body->module)
		data = memstat_module_map(body->module - 1, body->at, &mapped);
	if (!data)
		return 0;
	n = min(n, mapped);
	/* The transport's queue may be shorter than its window: try less. */
	while (n && !write(c, data, n, body->module, body->left > n))
		n = n / 2 < transport_segment(c) ? 0 : n / 2;
	if (body->module)
		memstat_module_unmap(body->module - 1, body->at);
	return n;
}

/* Hands over as much of the reply as the transport takes. True: all of it. */
static bool pump(struct http_conn *c)
{
	struct reply *r = &c->reply;
	struct stream *body = &r->body;

	while (r->head_left) {
		u32 n = min(r->head_left, transport_room(c));

		if (!n || !write(c, r->head, n, true, false))
			return false;
		r->head += n;
		r->head_left -= n;
	}
	while (body->left) {
		u32 room = transport_room(c);
		u32 n = min_t(u64, body->left, min(room, body->period - body->at));

		if (!n)
			return false;
		/* A sliver is not worth a segment while acknowledgements will make more room. */
		if (body->left > room && room < transport_segment(c) && c->unacked)
			return false;
		n = write_body(c, body, n);
		if (!n)
			return false;
		body->left -= n;
		body->at += n;
		if (body->at == body->period)
			body->at = 0;
	}
	return pump_pieces(c);
}

/* The reply has been handed over: go on, or begin to close. */
static void reply_done(struct http_conn *c)
{
	pieces_drop(&c->reply.body.pieces);
	if (c->reply.close) {
		c->state = HTTP_LINGER;
		transport_finish(c);
		return;
	}
	if (c->reply.snapshot)
		return; /* until it is acknowledged */
	c->state = HTTP_READING;
	c->ticks = 0;
	request_next(&c->req);
	list_move_tail(&c->link, &connections);
}

static void start_reply(struct http_conn *c)
{
	c->state = HTTP_REPLYING;
	c->requests++;
	c->ticks = 0;
	if (pump(c))
		reply_done(c);
}

void http_progress(struct http_conn *c, u32 acked)
{
	c->unacked -= min(acked, c->unacked);
	if (acked)
		c->ticks = 0;
	if (!c->unacked && c->reply.snapshot && !c->reply.body.left && !c->reply.head_left) {
		snapshot_put(c->reply.snapshot);
		c->reply.snapshot = NULL;
	}
	if (c->state == HTTP_REPLYING && pump(c))
		reply_done(c);
}

/* ---- Reading ---- */

/* The client waits to be told that its body is wanted: say so, or refuse at once. */
static void handle_expectation(struct http_conn *c)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

	c->req.wants_continue = false;
	if (!c->req.status && (c->req.body || c->req.method & (METHOD_GET | METHOD_HEAD)) &&
	    transport_room(c) >= sizeof(go_on) - 1) {
		write(c, go_on, sizeof(go_on) - 1, true, false);
		http_stats.responses[1]++;
		return;
	}
	answer(&c->req, &c->reply, true);
	start_reply(c);
}

u32 http_receive(struct http_conn *c, const char *data, u32 len)
{
	enum request_state state;
	u32 taken;

	if (c->state == HTTP_LINGER)
		return len;
	if (c->state == HTTP_REPLYING)
		return 0;
	if (!c->req.begun)
		c->ticks = 0;
	state = request_feed(&c->req, data, len, &taken);
	if (state == REQUEST_MORE) {
		if (c->req.wants_continue)
			handle_expectation(c);
		else if (c->req.body && c->req.body->endless && !c->req.status)
			c->ticks = 0;
		return taken;
	}
	answer(&c->req, &c->reply, state == REQUEST_BROKEN);
	start_reply(c);
	return taken;
}

/* ---- Time, and the end ---- */

bool http_finished(const struct http_conn *c)
{
	if (c->state == HTTP_REPLYING)
		return pieces_endless(&c->reply.body.pieces);
	return c->state == HTTP_READING || (c->state == HTTP_LINGER && !c->reply.snapshot);
}

/* A request that has begun and does not end. */
static enum http_verdict request_timeout(struct http_conn *c)
{
	http_stats.timeouts++;
	answer_error(&c->req, &c->reply, 408, "the request was not complete after 10 seconds");
	start_reply(c);
	return HTTP_KEEP;
}

enum http_verdict http_tick(struct http_conn *c)
{
	c->ticks++;
	if (c->state == HTTP_READING) {
		if (!c->req.begun)
			return c->ticks > HTTP_IDLE_TICKS ? HTTP_CLOSE : HTTP_KEEP;
		return c->ticks > HTTP_REQUEST_TICKS ? request_timeout(c) : HTTP_KEEP;
	}
	if (c->state == HTTP_LINGER && !c->unacked)
		return c->ticks > HTTP_LINGER_TICKS ? HTTP_CLOSE : HTTP_KEEP;
	if (!c->unacked && pieces_endless(&c->reply.body.pieces))
		c->ticks = 0;
	if (c->ticks > HTTP_STALL_TICKS) {
		http_stats.timeouts++;
		return HTTP_ABORT;
	}
	http_progress(c, 0);
	return HTTP_KEEP;
}

void http_push(void)
{
	struct http_conn *c, *next;

	list_for_each_entry_safe(c, next, &connections, link) {
		if (c->state != HTTP_REPLYING || !pieces_endless(&c->reply.body.pieces))
			continue;
		http_progress(c, 0);
		transport_flush(c);
	}
}

struct http_conn *http_least_wanted(bool *idle)
{
	struct http_conn *c, *unasked = NULL, *stalled = NULL;

	*idle = true;
	list_for_each_entry(c, &connections, link) {
		if (c->state == HTTP_READING && !c->req.begun && !c->pending)
			return c;
		if (c->state == HTTP_LINGER && !c->unacked)
			return c;
		if (c->state == HTTP_READING)
			unasked = unasked ?: c;
		else if (c->ticks >= HTTP_PATIENCE_TICKS && (!stalled || c->ticks > stalled->ticks))
			stalled = c;
	}
	*idle = false;
	return unasked ?: stalled;
}
