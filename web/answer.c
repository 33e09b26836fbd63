/*
 * Finding and composing answers.
 *
 * A request is first looked up in the route table, then among the static pages. Texts are rendered
 * into a snapshot; if head and text fit the request's own buffer they are copied there and the
 * slots are free again at once, which is the way of nearly every answer. Longer ones, static pages
 * and streams are sent by reference.
 */
#include "web/answer.h"

#include "web/assets.h"
#include "web/dcache.h"
#include "web/http_stats.h"
#include "web/response.h"

#define ERROR_TEXT_MAX 512

/*
 * Head and body that together are no longer than this are copied: with lwIP's own 72 bytes they
 * come from a general cache of at most 1024 bytes, whose slabs hold four. What is longer costs
 * less by reference.
 */
#define COPY_MAX 936

/* The longest head of a text: no policy, no entity tag. */
#define SNAPSHOT_HEAD_MAX 320

/* An error's text, with every byte of its message escaped, and any head fit the request's buffer. */
#define ERROR_BODY_MAX (6 * ERROR_TEXT_MAX / 4)
BUILD_BUG_ON(RESPONSE_HEAD_MAX + ERROR_BODY_MAX > REQUEST_BUF_BYTES);

struct http_stats http_stats;

static const char plain_text[] = "text/plain; charset=utf-8";

/* Copies the body into the request's buffer behind the head, if that makes no more than `limit`. */
static bool inline_body(struct writer *w, struct stream *body, u32 limit)
{
	if (body->left && (body->module || w_len(w) + body->left > limit))
		return false;
	while (body->left) {
		u32 n = min((u32)body->left, body->period - body->at);

		w_bytes(w, body->base + body->at, n);
		body->at = 0;
		body->left -= n;
	}
	return true;
}

/* Writes the head for the body in reply->body, and the body too if it is short. A snapshot whose
 * text was copied, or is not wanted (HEAD), is free again. */
static void compose_within(struct http_request *req, struct reply *reply, struct response *r,
			   u32 limit)
{
	struct writer w;

	r->close = reply->close;
	r->keep_alive_1_0 = req->http_1_0;
	w_init(&w, req->buf, sizeof(req->buf));
	response_head(&w, r);
	if (req->method == METHOD_HEAD) {
		reply->body.left = 0;
		reply->body.pieces.next = NULL;
	}
	if (inline_body(&w, &reply->body, limit)) {
		snapshot_put(reply->snapshot);
		reply->snapshot = NULL;
	}
	reply->head = req->buf;
	reply->head_left = w_len(&w);
	http_stats.responses[r->status / 100]++;
}

static void compose(struct http_request *req, struct reply *reply, struct response *r)
{
	compose_within(req, reply, r, COPY_MAX);
}

static bool is_html(const char *content_type)
{
	return !strncmp(content_type, "text/html", 9);
}

/* ---- Errors ---- */

/* The members an error answer may have beside its message. */
struct error {
	u16 status;
	u8 allow;
	const char *reason;
	const char *culprit; /* the value at fault; NULL: the reason says it */
};

static bool is_api(const struct http_request *req)
{
	return !strncmp(req->path, "/api/", 5);
}

static void error_message(struct writer *w, const struct error *e)
{
	if (e->culprit && *e->culprit) {
		w_bytes(w, e->culprit, min_t(u32, strlen(e->culprit), 160));
		w_lit(w, ": ");
	}
	w_bytes(w, e->reason, min_t(u32, strlen(e->reason), 300));
}

static void error_json(struct writer *w, const struct error *e)
{
	char message[ERROR_TEXT_MAX];
	struct writer m;

	w_init(&m, message, sizeof(message));
	error_message(&m, e);
	w_lit(w, "{\"error\":{\"code\":");
	w_u32(w, e->status, 0);
	w_lit(w, ",\"message\":");
	j_escape(w, message, w_len(&m));
	w_lit(w, "}}\n");
}

static void error_text(struct writer *w, const struct error *e)
{
	w_u32(w, e->status, 0);
	w_char(w, ' ');
	w_str(w, status_text(e->status));
	w_lit(w, ": ");
	error_message(w, e);
	w_char(w, '\n');
}

static void refuse(struct http_request *req, struct reply *reply, const struct error *e)
{
	bool json = is_api(req);
	struct response r = {
		.status = e->status,
		.content_type = json ? "application/json" : plain_text,
		.allow = e->allow,
		.retry_after = e->status == 503,
	};
	char text[ERROR_BODY_MAX];
	struct writer w;

	w_init(&w, text, sizeof(text));
	if (json)
		error_json(&w, e);
	else
		error_text(&w, e);
	if (w.lost) {
		w_reset(&w);
		error_text(&w, &(struct error){ .status = e->status, .reason = e->reason });
		r.content_type = plain_text;
	}
	r.content_length = w_len(&w);
	reply->body = (struct stream){ (const u8 *)text, w_len(&w), 0, w_len(&w), .pieces = {} };
	compose_within(req, reply, &r, sizeof(req->buf)); /* text is on the stack */
}

void answer_error(struct http_request *req, struct reply *reply, u16 status, const char *reason)
{
	memset(reply, 0, sizeof(*reply));
	reply->close = true;
	refuse(req, reply, &(struct error){ .status = status, .reason = reason });
}

const char *answer_busy(u32 *bytes)
{
	static const char text[] = "HTTP/1.1 503 Service Unavailable\r\n"
				   "Content-Type: text/plain; charset=utf-8\r\n"
				   "X-Content-Type-Options: nosniff\r\n"
				   "Content-Length: 58\r\n"
				   "Cache-Control: no-store\r\n"
				   "Retry-After: 1\r\n"
				   "Connection: close\r\n"
				   "\r\n"
				   "503 Service Unavailable: all connections are taken; retry\n";

	*bytes = sizeof(text) - 1;
	return text;
}

/* ---- Routes ---- */

struct render_call {
	const struct route *route;
	const struct http_request *req;
	bool lines;
};

static int render(void *arg, struct writer *w)
{
	const struct render_call *call = arg;

	w->lines = call->lines;
	if (call->route->render)
		return call->route->render(call->req, w);
	call->route->text(w);
	return 0;
}

struct snapshot *answer_render(const struct http_request *req, const struct route *route,
			       bool lines, int *status)
{
	struct render_call call = { route, req, lines };
	/* What was made for one request is not another's, and lines are not JSON. */
	const void *key = route->render || *req->query || lines ? NULL : route;

	return snapshot_take(key, render, &call, status);
}

/* A text's own refusal, or the want of room for it. */
static void refuse_snapshot(struct http_request *req, struct reply *reply, u16 status,
			    struct snapshot *snapshot)
{
	char reason[256];
	struct writer text;

	w_init(&text, reason, sizeof(reason) - 1);
	if (status == 503)
		w_lit(&text, "no memory for answers is free at this moment");
	else
		w_bytes(&text, snapshot->text, min_t(u32, snapshot->cost.bytes, 255));
	*text.pos = '\0';
	snapshot_put(snapshot);
	refuse(req, reply, &(struct error){ .status = status, .reason = reason });
}

static void answer_snapshot(struct http_request *req, struct reply *reply,
			    const struct route *route, bool lines)
{
	struct response r = { .status = 200,
			      .content_type = lines ? plain_text : route->content_type };
	struct snapshot *snapshot;
	u32 bytes;
	int status;

	snapshot = answer_render(req, route, lines, &status);
	bytes = snapshot ? snapshot->cost.bytes : 0;
	if (!status && bytes > COPY_MAX - SNAPSHOT_HEAD_MAX && req->method != METHOD_HEAD &&
	    !snapshot_may_be_held(snapshot))
		status = 503;
	if (status) {
		refuse_snapshot(req, reply, (u16)status, snapshot);
		return;
	}
	r.page = route->render && is_html(route->content_type);
	r.content_length = bytes;
	r.cost = &snapshot->cost;
	reply->snapshot = snapshot;
	reply->body = (struct stream){ (const u8 *)snapshot->text, bytes, 0, bytes, .pieces = {} };
	compose(req, reply, &r);
}

static void answer_stream(struct http_request *req, struct reply *reply, const struct route *route)
{
	struct response r = { .status = 200, .content_type = route->content_type };
	char reason[256];
	struct writer w;
	int status;

	w_init(&w, reason, sizeof(reason) - 1);
	status = route->open(req, &reply->body, &w);
	*w.pos = '\0';
	if (status) {
		refuse(req, reply, &(struct error){ .status = (u16)status, .reason = reason });
		return;
	}
	r.content_length = reply->body.left;
	if (reply->body.pieces.next || reply->body.pieces.chunked) {
		r.chunked = reply->body.pieces.chunked = !req->http_1_0;
		r.until_close = req->http_1_0;
		reply->close |= r.until_close;
	}
	compose(req, reply, &r);
}

static void answer_pieces(struct http_request *req, struct reply *reply, const struct route *route)
{
	struct response r = {
		.status = 200,
		.content_type = route->content_type,
		.chunked = !req->http_1_0,
		.until_close = req->http_1_0,
	};

	reply->body.pieces = (struct pieces){ .next = route->piece, .chunked = r.chunked };
	reply->close |= r.until_close;
	compose(req, reply, &r);
}

/* ---- Changes ---- */

/* The answer is short, and its text written once: what it tells of has happened. */
static void answer_act(struct http_request *req, struct reply *reply, const struct route *route)
{
	struct response r = { .content_type = "application/json" };
	char text[ACT_TEXT_MAX];
	struct writer w;
	int status;

	w_init(&w, text, sizeof(text) - 1);
	status = route->act(req, &w);
	*w.pos = '\0';
	if (status >= 400) {
		refuse(req, reply, &(struct error){ .status = (u16)status, .reason = text });
		return;
	}
	r.status = (u16)status;
	r.content_length = w_len(&w);
	reply->body = (struct stream){ (const u8 *)text, w_len(&w), 0, w_len(&w), .pieces = {} };
	compose_within(req, reply, &r, sizeof(req->buf)); /* text is on the stack */
}

/* ---- Static pages ---- */

/* The variant of a page for this client; NULL: none that it takes. */
static const struct asset *find_asset(const struct http_request *req, const struct path_entry *at,
				      bool *vary)
{
	enum gzip_choice gzip = request_gzip(req);
	const struct asset *best = NULL;

	for (u32 i = 0; i < at->variants; i++) {
		const struct asset *a = &at->assets[i];
		bool better = a->gzip ? gzip == GZIP_YES || (gzip && !best)
				      : !best || (best->gzip && gzip != GZIP_YES);

		if (better)
			best = a;
	}
	*vary = at->variants > 1 || (best && best->gzip);
	return best;
}

static void answer_asset(struct http_request *req, struct reply *reply, const struct asset *asset,
			 bool vary)
{
	struct response r = {
		.status = 200,
		.content_type = asset->content_type,
		.page = is_html(asset->content_type),
		.content_length = asset->size_bytes,
		.etag = asset->etag,
		.gzip = asset->gzip,
		.vary = vary,
	};

	if (request_etag_matches(req, asset->etag)) {
		r.status = 304;
		r.content_type = NULL;
	} else {
		reply->body = (struct stream){ asset->data, asset->size_bytes, 0, asset->size_bytes,
					       .pieces = {} };
	}
	compose(req, reply, &r);
}

/* ---- What is nowhere ---- */

/* "/proc" for "/proc/": true if the path with a slash is there; it is then redirected. */
static bool redirect(struct http_request *req, struct reply *reply)
{
	struct response r = { .status = 301, .content_type = plain_text };
	const struct route *route;
	char path[64];

	if (req->path_len + 1 >= sizeof(path))
		return false;
	memcpy(path, req->path, req->path_len);
	path[req->path_len] = '/';
	route = path_lookup(path, req->path_len + 1).route;
	if (!route)
		return false;
	r.location = route->path;
	compose(req, reply, &r);
	return true;
}

/*
 * "/api/v1/vm.txt": every JSON document that is rendered into a snapshot has a twin in lines. What
 * comes back is the document's entry, and the path has lost its ending; no route: there is no such twin.
 */
static struct path_entry find_twin(struct http_request *req)
{
	static const char ending[] = ".txt";
	u32 len = req->path_len - (sizeof(ending) - 1);
	struct path_entry at = { 0 };

	if (req->path_len <= sizeof(ending) - 1 || memcmp(req->path + len, ending, sizeof(ending)))
		return at;
	at = path_lookup(req->path, len);
	if (!at.route || !(at.route->text || at.route->render) ||
	    strcmp(at.route->content_type, "application/json"))
		return (struct path_entry){ 0 };
	req->path_len = len;
	req->buf[req->path - req->buf + len] = '\0';
	return at;
}

static void answer_found(struct http_request *req, struct reply *reply)
{
	struct path_entry at = path_lookup(req->path, req->path_len), twin = { 0 };
	const struct route *route;
	const struct asset *asset = NULL;
	bool vary = false;
	u8 methods = METHOD_GET | METHOD_HEAD;

	if ((!at.route && !at.variants) || (at.route && at.route->prefix))
		twin = find_twin(req);
	if (twin.route)
		at = twin;
	route = at.route;
	if (route)
		methods = twin.route ? methods : route->methods;
	else
		asset = find_asset(req, &at, &vary);
	if (!route && !at.variants) {
		if (!redirect(req, reply))
			refuse(req, reply,
			       &(struct error){
				       404, 0,
				       "there is no such path; see /proc/, /sys/ and /api/v1/",
				       req->path });
		return;
	}
	if (!(methods & req->method)) {
		refuse(req, reply,
		       &(struct error){ 405, methods, "this method is not allowed here",
					req->path });
		return;
	}
	if (!route && !asset)
		refuse(req, reply,
		       &(struct error){ 406, 0, "there is only a gzip form of this page",
					req->path });
	else if (!route)
		answer_asset(req, reply, asset, vary);
	else if (!(req->method & (METHOD_GET | METHOD_HEAD)))
		answer_act(req, reply, route);
	else if (route->open)
		answer_stream(req, reply, route);
	else if (route->piece)
		answer_pieces(req, reply, route);
	else
		answer_snapshot(req, reply, route, twin.route);
}

void answer(struct http_request *req, struct reply *reply, bool close)
{
	memset(reply, 0, sizeof(*reply));
	reply->close = close || !req->keep_alive;
	if (req->status) {
		struct error e = { .status = req->status,
				   .allow = req->status == 405 ? METHOD_GET | METHOD_HEAD : 0,
				   .reason = req->reason,
				   .culprit = req->culprit };

		refuse(req, reply, &e);
		return;
	}
	answer_found(req, reply);
}
