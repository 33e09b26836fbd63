/*
 * /api/v1/connections: every HTTP connection, by the number it got when it was accepted. One of them
 * alone is at /api/v1/connections/N, found through the hash table "PID".
 */
#include <stdlib.h>

#include "kernel/time.h"
#include "web/http.h"
#include "web/http_stats.h"
#include "web/route.h"

static const char *state_name(const struct http_conn *c)
{
	static const char *const names[] = { "reading", "replying", "lingering" };

	return c->state == HTTP_READING && !c->req.begun ? "idle" : names[c->state];
}

static void connection(struct json *j, struct http_conn *c)
{
	struct transport_peer peer = transport_peer(c);

	j_object(j, NULL);
	j_u32(j, "number", c->number);
	j_ipv4(j, "peer_address", peer.address);
	j_u32(j, "peer_port", peer.port);
	j_str(j, "state", state_name(c));
	j_u64(j, "age_ms", now_ms() - c->opened_ms);
	j_u32(j, "requests", c->requests);
	j_u32(j, "unacknowledged_bytes", c->unacked);
	j_end_object(j);
}

int api_connection(const struct http_request *req, struct writer *w)
{
	static const char prefix[] = "/api/v1/connections/";
	const char *text = req->path + sizeof(prefix) - 1;
	char *end;
	unsigned long number = strtoul(text, &end, 10);
	struct http_conn *c = *text >= '0' && *text <= '9' && !*end ? http_find(number) : NULL;
	struct json j;

	if (!c) {
		w_str(w, req->path);
		w_lit(w, ": there is no connection of this number now");
		return 404;
	}
	j_begin(&j, w);
	connection(&j, c);
	w_char(w, '\n');
	return 0;
}

void api_connections(struct writer *w)
{
	struct http_conn *c;
	struct json j;

	j_begin(&j, w);
	j_object(&j, NULL);
	j_u32(&j, "open", http_stats.connections);
	j_u32(&j, "most", http_stats.connections_max);
	j_array(&j, "connections");
	for (c = http_next(NULL); c; c = http_next(c))
		connection(&j, c);
	j_end_array(&j);
	j_end_with_snapshot(&j);
}
