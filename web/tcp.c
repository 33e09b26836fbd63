/*
 * HTTP connections over lwIP's raw API: moves bytes between a tcp_pcb and the state machine of
 * web/http.c, and owns the connections' memory.
 *
 * A connection is one object of the slab cache "http_conn". What arrives is parsed where it lies,
 * in the received pbufs, and they are given back as they are read. While a reply is under way they
 * are kept in `pending` and their bytes are not acknowledged to the window, so that a client cannot
 * make the server hold more than its receive window; nor more than PENDING_PBUFS buffers, however
 * small the segments: lwIP keeps one more and drops the rest until there is room.
 *
 * Whoever may end the connection inside one of lwIP's callbacks must tell lwIP: ending by
 * tcp_abort() makes the callback return ERR_ABRT. Each callback here ends with settle(), which does
 * that in one place. After detach() lwIP has the pcb to itself.
 */
#include "web/tcp.h"

#include <lwip/tcp.h>

#include "kernel/lib/errno.h"
#include "kernel/printk.h"
#include "mm/slab.h"
#include "net/net.h"
#include "web/http.h"
#include "web/http_stats.h"

#define PENDING_PBUFS 4
#define TICK_SLOW_TIMERS 2 /* tcp_poll's unit is half a second */
#define BUSY_SLOW_TIMERS 6 /* how long a refused client may take to close */
#define WRITE_MAX 0xffffu  /* tcp_write's length has 16 bits */

static struct kmem_cache *conn_cache;

static struct tcp_pcb *pcb_of(const struct http_conn *c)
{
	return c->transport;
}

/* ---- What web/http.h wants from its transport ---- */

struct transport_peer transport_peer(struct http_conn *c)
{
	const struct tcp_pcb *pcb = pcb_of(c);

	return (struct transport_peer){ ip4_addr_get_u32(ip_2_ip4(&pcb->remote_ip)),
					pcb->remote_port };
}

u32 transport_room(struct http_conn *c)
{
	return min_t(u32, net_send_room(pcb_of(c)), WRITE_MAX);
}

u32 transport_segment(struct http_conn *c)
{
	return tcp_mss(pcb_of(c));
}

bool transport_write(struct http_conn *c, const void *data, u32 len, bool copy, bool more)
{
	u8 flags = (copy ? TCP_WRITE_FLAG_COPY : 0) | (more ? TCP_WRITE_FLAG_MORE : 0);

	return tcp_write(pcb_of(c), data, (u16)len, flags) == ERR_OK;
}

void transport_flush(struct http_conn *c)
{
	tcp_output(pcb_of(c));
}

void transport_finish(struct http_conn *c)
{
	/* ERR_CONN: the other side has already reset it; lwIP's error callback comes next. */
	tcp_shutdown(pcb_of(c), 0, 1);
}

/* ---- Ending ---- */

/* Lets go of the pcb: no callback of ours runs for it any more. If the peer never closes its half,
 * it waits for that for 20 s: lwIP may end it at once for a new connection. */
static void detach(struct tcp_pcb *pcb)
{
	tcp_setprio(pcb, TCP_PRIO_MIN);
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
}

static void free_conn(struct http_conn *c)
{
	if (c->pending)
		pbuf_free(c->pending);
	http_release(c);
	kmem_cache_free(conn_cache, c);
}

/* An orderly end. Returns what a callback of lwIP must return. */
static err_t close_conn(struct http_conn *c)
{
	struct tcp_pcb *pcb = pcb_of(c);

	detach(pcb);
	free_conn(c);
	if (tcp_close(pcb) == ERR_OK)
		return ERR_OK;
	tcp_abort(pcb);
	return ERR_ABRT;
}

static err_t abort_conn(struct http_conn *c)
{
	struct tcp_pcb *pcb = pcb_of(c);

	detach(pcb);
	free_conn(c);
	tcp_abort(pcb);
	return ERR_ABRT;
}

/* ---- Receiving ---- */

/* Drops the first pbuf of a chain, of which nothing is left to be read. */
static struct pbuf *drop_first(struct pbuf *p)
{
	struct pbuf *rest = p->next;

	if (rest)
		pbuf_ref(rest);
	pbuf_free(p);
	return rest;
}

/* Gives what is pending to the parser, as far as it takes it. lwIP trims duplicates off a chain's
 * front and leaves empty pbufs there. */
static void feed_pending(struct http_conn *c)
{
	u32 total = 0;

	while (c->pending && http_takes_input(c)) {
		struct pbuf *p = c->pending;
		u32 taken = p->len ? http_receive(c, p->payload, p->len) : 0;

		total += taken;
		c->pending = taken < p->len ? pbuf_free_header(p, (u16)taken) : drop_first(p);
	}
	if (total)
		tcp_recved(pcb_of(c), (u16)total);
}

/* The end of every callback: reads on, and ends the connection if nothing keeps it. */
static err_t settle(struct http_conn *c)
{
	feed_pending(c);
	if (c->peer_closed && !c->pending && http_finished(c))
		return close_conn(c);
	return ERR_OK;
}

static err_t on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
	struct http_conn *c = arg;

	(void)pcb;
	(void)error;
	if (!p) {
		c->peer_closed = true;
		return settle(c);
	}
	if (c->pending) {
		if (pbuf_clen(c->pending) >= PENDING_PBUFS)
			return ERR_MEM; /* lwIP keeps p and comes again */
		pbuf_cat(c->pending, p);
	} else {
		c->pending = p;
	}
	return settle(c);
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
	struct http_conn *c = arg;

	(void)pcb;
	http_progress(c, len);
	return settle(c);
}

static err_t on_poll(void *arg, struct tcp_pcb *pcb)
{
	struct http_conn *c = arg;

	(void)pcb;
	switch (http_tick(c)) {
	case HTTP_CLOSE: return close_conn(c);
	case HTTP_ABORT: return abort_conn(c);
	default: return settle(c);
	}
}

/* The pcb is gone already. */
static void on_error(void *arg, err_t error)
{
	(void)error;
	free_conn(arg);
}

/* ---- Accepting ---- */

static err_t on_busy_poll(void *arg, struct tcp_pcb *pcb)
{
	(void)arg;
	tcp_abort(pcb);
	return ERR_ABRT;
}

/* No room: says so, and lets lwIP finish the connection by itself. */
static err_t refuse(struct tcp_pcb *pcb)
{
	u32 bytes;
	const char *text = answer_busy(&bytes);

	http_stats.refused++;
	http_stats.responses[5]++;
	tcp_arg(pcb, NULL);
	tcp_setprio(pcb, TCP_PRIO_MIN);
	tcp_poll(pcb, on_busy_poll, BUSY_SLOW_TIMERS);
	if (tcp_write(pcb, text, (u16)bytes, 0) != ERR_OK || tcp_shutdown(pcb, 0, 1) != ERR_OK) {
		tcp_abort(pcb);
		return ERR_ABRT;
	}
	return ERR_OK;
}

/* Makes room for one more connection by ending another one. */
static bool make_room(void)
{
	struct http_conn *other;
	bool idle;

	if (http_stats.connections < http_stats.connections_max)
		return true;
	other = http_least_wanted(&idle);
	if (!other)
		return false;
	http_stats.evicted++;
	if (idle)
		close_conn(other);
	else
		abort_conn(other);
	return true;
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t error)
{
	struct http_conn *c;

	(void)arg;
	if (error != ERR_OK || !pcb)
		return ERR_VAL;
	c = make_room() ? kmem_cache_alloc(conn_cache, GFP_ATOMIC & ~__GFP_HIGH) : NULL;
	if (!c)
		return refuse(pcb);
	http_open(c, pcb);
	tcp_nagle_disable(pcb);
	tcp_arg(pcb, c);
	tcp_recv(pcb, on_recv);
	tcp_sent(pcb, on_sent);
	tcp_err(pcb, on_error);
	tcp_poll(pcb, on_poll, TICK_SLOW_TIMERS);
	return ERR_OK;
}

int tcp_server_init(u16 port, u32 connections_max)
{
	struct tcp_pcb *pcb, *listener;

	http_init(connections_max);
	conn_cache = kmem_cache_create("http_conn", sizeof(struct http_conn), 0, 0, NULL, "web");
	pcb = conn_cache ? tcp_new_ip_type(IPADDR_TYPE_ANY) : NULL;
	if (!pcb)
		return -ENOMEM;
	if (tcp_bind(pcb, IP_ANY_TYPE, port) != ERR_OK) {
		tcp_close(pcb);
		return -EBUSY;
	}
	listener = tcp_listen(pcb);
	if (!listener) {
		tcp_close(pcb);
		return -ENOMEM;
	}
	tcp_accept(listener, on_accept);
	return 0;
}
