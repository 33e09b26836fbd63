/*
 * Reading a request. See request.h for the contract and the list of refusals.
 *
 * Two readers go over the bytes. scan_head() walks the lines of the head and knows three things:
 * where it ends, how long it is, and whether a line is folded (begins with a blank), which llhttp
 * would accept. llhttp then takes the same bytes apart and calls back; on_message_complete pauses
 * it, so that a pipelined request is not looked at before the one before it has been answered.
 *
 * buf[] while a request is read: the target, a NUL, then value, NUL, value, NUL ... of the fields
 * that are kept. The value being appended to is always the last one.
 */
#include "web/request.h"

#include <string.h>

#include "web/host_policy.h"
#include "web/query.h"

static void (*admit)(struct http_request *req, u64 length);

void request_admit_by(void (*fn)(struct http_request *req, u64 length))
{
	admit = fn;
}

/* ---- Verdicts ---- */

/* The first error counts. Returns HPE_USER, which stops llhttp: for errors that end in a close. */
static int refuse(struct http_request *req, u16 status, const char *reason, const char *culprit)
{
	if (!req->status) {
		req->status = status;
		req->reason = reason;
		req->culprit = culprit;
	}
	return HPE_USER;
}

/* ---- Keeping what matters ---- */

static int append(struct http_request *req, const char *at, size_t len)
{
	if (req->used + len + 1 > sizeof(req->buf))
		return refuse(req, 431, "the header fields are too large", NULL);
	memcpy(req->buf + req->used, at, len);
	req->used += len;
	req->buf[req->used] = '\0';
	return 0;
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
	struct http_request *req = container_of(parser, struct http_request, parser);

	if (req->used + len > REQUEST_TARGET_MAX)
		return refuse(req, 414, "the request target is longer than 1024 bytes", NULL);
	return append(req, at, len);
}

static int on_header_field(llhttp_t *parser, const char *at, size_t len)
{
	struct http_request *req = container_of(parser, struct http_request, parser);

	if (req->name_len + len > sizeof(req->name)) {
		req->name_len = sizeof(req->name) + 1;
		return 0;
	}
	for (; len; len--)
		req->name[req->name_len++] = *at++ | 0x20;
	return 0;
}

/* Which field a name means, or FIELD_NONE. */
static u8 field_by_name(const char *name, u32 len)
{
	static const struct {
		u8 len;
		const char *name;
	} kept[FIELD_COUNT] = {
		[FIELD_HOST] = { 4, "host" },
		[FIELD_ORIGIN] = { 6, "origin" },
		[FIELD_ACCEPT_ENCODING] = { 15, "accept-encoding" },
		[FIELD_IF_NONE_MATCH] = { 13, "if-none-match" },
		[FIELD_TRANSFER_ENCODING] = { 17, "transfer-encoding" },
		[FIELD_EXPECT] = { 6, "expect" },
		[FIELD_AUTHORIZATION] = { 13, "authorization" },
		[FIELD_LAST_EVENT_ID] = { 13, "last-event-id" },
	};

	for (u8 i = 0; i < FIELD_COUNT; i++)
		if (kept[i].len == len && !memcmp(kept[i].name, name, len))
			return i;
	return FIELD_NONE;
}

/* A name is complete: opens a place for its value, if it is kept. A repeated field's values are
 * joined with a comma, as RFC 9110 5.3 has it. */
static int on_header_field_complete(llhttp_t *parser)
{
	struct http_request *req = container_of(parser, struct http_request, parser);
	u16 before;

	if (!req->name_len)
		return refuse(req, 400, "a header field has no name", NULL);
	/* Trailers come after the verdict on the head and change nothing. */
	req->field = parser->flags & F_TRAILING ? FIELD_NONE
						: field_by_name(req->name, req->name_len);
	req->name_len = 0;
	if (req->field == FIELD_NONE)
		return 0;
	if (req->field == FIELD_HOST && req->hosts < 2)
		req->hosts++;
	before = req->field_at[req->field];
	if (req->used + 1u >= sizeof(req->buf))
		return refuse(req, 431, "the header fields are too large", NULL);
	req->used++;
	req->field_at[req->field] = req->used + 1;
	req->buf[req->used] = '\0';
	if (!before)
		return 0;
	if (append(req, req->buf + before - 1, strlen(req->buf + before - 1)))
		return HPE_USER;
	return append(req, ", ", 2);
}

static int on_header_value(llhttp_t *parser, const char *at, size_t len)
{
	struct http_request *req = container_of(parser, struct http_request, parser);

	return req->field == FIELD_NONE ? 0 : append(req, at, len);
}

const char *request_field(const struct http_request *req, enum request_field field)
{
	return req->field_at[field] ? req->buf + req->field_at[field] - 1 : "";
}

/* Takes blanks off the ends of every value kept. */
static void trim_fields(struct http_request *req)
{
	for (u32 i = 0; i < FIELD_COUNT; i++) {
		char *value;
		u32 len;

		if (!req->field_at[i])
			continue;
		value = req->buf + req->field_at[i] - 1;
		while (*value == ' ' || *value == '\t') {
			value++;
			req->field_at[i]++;
		}
		len = strlen(value);
		while (len && (value[len - 1] == ' ' || value[len - 1] == '\t'))
			value[--len] = '\0';
	}
}

/* ---- The target ---- */

/* Splits off the authority of an absolute-form target and judges it. Returns where the path (or
 * query) begins, or NULL after a refusal. */
static char *skip_authority(struct http_request *req, char *target)
{
	char *authority = target + 7;
	u32 len = strcspn(authority, "/?");
	char after = authority[len];
	enum host_verdict verdict;

	if (!len) {
		refuse(req, 400, "the target names no host", target);
		return NULL;
	}
	authority[len] = '\0';
	verdict = host_check(authority);
	authority[len] = after;
	if (verdict == HOST_OURS)
		return authority + len;
	refuse(req, verdict == HOST_FOREIGN ? 421 : 400, "the target's host is not this machine",
	       target);
	return NULL;
}

/* Finds path and query in the target (RFC 9112 3.2), in one walk over it. */
static void split_target(struct http_request *req)
{
	char *target = req->buf;
	bool escaped = false;
	char *at;

	if (*target != '/') {
		if (strncasecmp(target, "http://", 7)) {
			/* "OPTIONS *" asks about the server as a whole. */
			if (req->method != METHOD_OTHER)
				refuse(req, 400, "the target must begin with / or http://", target);
			else
				refuse(req, 405, "this method is not allowed here", target);
			return;
		}
		target = skip_authority(req, target);
		if (!target)
			return;
	}
	for (at = target; *at && *at != '?'; at++) {
		escaped |= *at == '%';
		if (*at == '#')
			goto fragment;
	}
	if (*at) {
		*at = '\0';
		req->query = at + 1;
		if (strchr(req->query, '#'))
			goto fragment;
	}
	if (escaped && !percent_decode(target, false)) {
		refuse(req, 400, "the path is badly percent-encoded", target);
		return;
	}
	req->path = *target ? target : "/";
	req->path_len = escaped || !*target ? strlen(req->path) : (u32)(at - target);
	return;

fragment:
	refuse(req, 400, "a target has no fragment", target);
}

/* ---- The head is complete ---- */

static enum request_method method_of(const llhttp_t *parser)
{
	switch (parser->method) {
	case HTTP_GET: return METHOD_GET;
	case HTTP_HEAD: return METHOD_HEAD;
	case HTTP_POST: return METHOD_POST;
	case HTTP_PUT: return METHOD_PUT;
	case HTTP_DELETE: return METHOD_DELETE;
	default: return METHOD_OTHER;
	}
}

/* OPTIONS, PATCH, CONNECT and TRACE are HTTP's own; the rest are other people's extensions. */
static bool method_known(const llhttp_t *parser)
{
	return method_of(parser) != METHOD_OTHER || parser->method == HTTP_OPTIONS ||
	       parser->method == HTTP_PATCH || parser->method == HTTP_CONNECT ||
	       parser->method == HTTP_TRACE;
}

/* What makes the framing doubtful: the connection ends. */
static int check_framing(struct http_request *req, const llhttp_t *parser)
{
	const char *coding = request_field(req, FIELD_TRANSFER_ENCODING);

	if (parser->http_major == 0)
		return refuse(req, 400, "HTTP/0.9 is not spoken here", NULL);
	if (parser->http_major != 1 || parser->http_minor > 1)
		return refuse(req, 505, "HTTP/1.1 is spoken here", NULL);
	if (req->hosts > 1)
		return refuse(req, 400, "there is more than one Host", NULL);
	if (!req->hosts && parser->http_minor == 1)
		return refuse(req, 400, "HTTP/1.1 needs a Host", NULL);
	if (req->field_at[FIELD_TRANSFER_ENCODING]) {
		if (parser->http_minor == 0)
			return refuse(req, 400, "HTTP/1.0 has no Transfer-Encoding", coding);
		if (strcasecmp(coding, "chunked"))
			return refuse(req, 501, "this transfer coding is not known", coding);
	}
	return 0;
}

/* A body that is only read to be dropped has a limit. */
static int check_body(struct http_request *req, u64 bytes)
{
	if (bytes <= REQUEST_BODY_MAX || (req->body && req->body->endless && !req->status))
		return 0;
	return refuse(req, 413, "the body is longer than 65536 bytes", NULL);
}

/* What leaves the framing intact: the body, if any, is read, and the connection goes on. */
static void check_fields(struct http_request *req)
{
	const char *host = request_field(req, FIELD_HOST);
	const char *expect = request_field(req, FIELD_EXPECT);
	enum host_verdict verdict;

	if (req->hosts) {
		verdict = host_check(host);
		if (verdict == HOST_MALFORMED)
			refuse(req, 400, "this is no Host", host);
		if (verdict == HOST_FOREIGN)
			refuse(req, 421,
			       "no name of this machine: use its address, or boot with host=",
			       host);
	}
	if (req->field_at[FIELD_ORIGIN] && !origin_matches(request_field(req, FIELD_ORIGIN), host))
		refuse(req, 403, "this Origin is not the Host asked",
		       request_field(req, FIELD_ORIGIN));
	if (*expect && strcasecmp(expect, "100-continue"))
		refuse(req, 417, "this expectation is not known", expect);
}

static int on_headers_complete(llhttp_t *parser)
{
	struct http_request *req = container_of(parser, struct http_request, parser);
	u64 length = parser->flags & F_CONTENT_LENGTH ? parser->content_length : 0;

	trim_fields(req);
	req->method = method_of(parser);
	req->http_1_0 = parser->http_minor == 0;
	if (check_framing(req, parser))
		return HPE_USER;
	if (!method_known(parser))
		refuse(req, 501, "this method is not known here", NULL);
	split_target(req);
	check_fields(req);
	/* An Upgrade or CONNECT is not followed: the next bytes are still HTTP/1.1. */
	if (parser->method == HTTP_CONNECT)
		return refuse(req, 405, "there is nothing to connect to here", NULL);
	parser->upgrade = 0;
	if (admit)
		admit(req, parser->flags & F_CHUNKED ? BODY_LENGTH_UNKNOWN : length);
	if (check_body(req, length))
		return HPE_USER;
	if (request_field(req, FIELD_EXPECT)[0] && !req->http_1_0)
		req->wants_continue = parser->flags & F_CHUNKED || parser->content_length;
	return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
	struct http_request *req = container_of(parser, struct http_request, parser);

	req->wants_continue = false;
	req->body_bytes += len;
	if (req->body && !req->status)
		req->body->data(req, at, (u32)len);
	return check_body(req, req->body_bytes);
}

static int on_message_complete(llhttp_t *parser)
{
	struct http_request *req = container_of(parser, struct http_request, parser);

	req->keep_alive = llhttp_should_keep_alive(parser);
	req->wants_continue = false;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_url = on_url,
	.on_header_field = on_header_field,
	.on_header_field_complete = on_header_field_complete,
	.on_header_value = on_header_value,
	.on_headers_complete = on_headers_complete,
	.on_body = on_body,
	.on_message_complete = on_message_complete,
};

/* ---- Feeding ---- */

/* Clears what belongs to one request; buf needs no clearing. */
static void begin_request(struct http_request *req)
{
	req->status = 0;
	req->reason = NULL;
	req->culprit = NULL;
	req->path = "";
	req->path_len = 0;
	req->query = "";
	req->keep_alive = false;
	req->begun = false;
	req->wants_continue = false;
	req->http_1_0 = false;
	req->method = METHOD_GET;
	req->head_bytes = 0;
	req->body_bytes = 0;
	req->used = 0;
	req->buf[0] = '\0';
	req->field = FIELD_NONE;
	req->name_len = 0;
	req->hosts = 0;
	req->in_head = true;
	req->line_start = true;
	req->first_line = true;
	memset(req->line_end, 0, sizeof(req->line_end));
	memset(req->field_at, 0, sizeof(req->field_at));
}

void request_drop_body(struct http_request *req)
{
	if (req->body)
		req->body->drop(req);
	req->body = NULL;
}

void request_refuse_body(struct http_request *req, u16 status, const char *reason)
{
	refuse(req, status, reason, NULL);
}

void request_init(struct http_request *req)
{
	req->body = NULL;
	llhttp_init(&req->parser, HTTP_REQUEST, &settings);
	begin_request(req);
}

void request_next(struct http_request *req)
{
	request_drop_body(req);
	llhttp_resume(&req->parser);
	begin_request(req);
}

/* Adds to the last bytes of a request line that came in pieces. */
static void keep_line_end(struct http_request *req, const char *data, u32 len)
{
	u32 n = min_t(u32, len, sizeof(req->line_end)), stay = sizeof(req->line_end) - n;

	memmove(req->line_end, req->line_end + n, stay);
	memcpy(req->line_end + stay, data + len - n, n);
}

/*
 * llhttp takes "GET / RTSP/1.0" for a request and does not say so. True if the request line, whose
 * last bytes end at data + len, ends in that protocol's name, a version and the line's end.
 */
static bool names_rtsp(struct http_request *req, const char *data, u32 len)
{
	const char *end = data + len;

	if (len < sizeof(req->line_end)) {
		keep_line_end(req, data, len);
		end = req->line_end + sizeof(req->line_end);
	}
	end -= end[-2] == '\r' ? 2 : 1;
	return !memcmp(end - 8, "RTSP/", 5);
}

/*
 * Walks the lines of the head that lie in [data, data + len), as far as the empty line that ends
 * it. Refuses folded lines and heads that are too long.
 */
static int scan_head(struct http_request *req, const char *data, u32 len)
{
	const bool in_first = req->first_line;
	const char *at = data, *end = data + len;

	while (at < end && req->in_head) {
		if (req->line_start) {
			char c = *at;

			if (c == '\r' || c == '\n') {
				req->in_head = c == '\r' || req->first_line;
				at++;
				continue;
			}
			if ((c == ' ' || c == '\t') && !req->first_line)
				return refuse(req, 400, "a header line is folded", NULL);
			req->line_start = false;
		}
		while (at < end && *at != '\n')
			at++;
		if (at < end) {
			at++;
			req->line_start = true;
			if (req->first_line && names_rtsp(req, data, (u32)(at - data)))
				return refuse(req, 505, "HTTP/1.1 is spoken here", NULL);
			req->first_line = false;
		}
	}
	if (in_first && req->first_line)
		keep_line_end(req, data, len);
	req->head_bytes += (u32)(at - data);
	if (req->head_bytes > REQUEST_HEAD_MAX)
		return refuse(req, 431, "the header is longer than 8192 bytes", NULL);
	return 0;
}

/* True if the bytes could be the beginning of a method, by the grammar of tokens. */
static bool looks_like_method(const char *data, u32 len)
{
	u32 n = 0;

	while (len && (*data == '\r' || *data == '\n')) {
		data++;
		len--;
	}
	while (n < len && data[n] != ' ') {
		if (data[n] <= ' ' || data[n] >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", data[n]))
			return false;
		n++;
	}
	return n > 0;
}

/* Gives llhttp's complaint a status. */
static void refuse_for(struct http_request *req, llhttp_errno_t error, const char *data, u32 len)
{
	switch (error) {
	case HPE_USER: break;
	case HPE_INVALID_METHOD:
		if (looks_like_method(data, len))
			refuse(req, 501, "this method is not known here", NULL);
		break;
	case HPE_INVALID_CONSTANT:
		if (req->parser.method >= HTTP_DESCRIBE)
			refuse(req, 501, "this method is not known here", NULL);
		break;
	case HPE_INVALID_VERSION:
	case HPE_PAUSED_H2_UPGRADE: refuse(req, 505, "HTTP/1.1 is spoken here", NULL); break;
	default: break;
	}
	refuse(req, 400, "this is not well-formed HTTP/1.1", llhttp_get_error_reason(&req->parser));
}

enum request_state request_feed(struct http_request *req, const char *data, u32 len, u32 *taken)
{
	const u64 body_bytes = req->body_bytes;
	const u32 head_bytes = req->head_bytes;
	llhttp_errno_t error;

	*taken = len;
	if (!len)
		return REQUEST_MORE;
	req->begun = true;
	if (req->in_head && scan_head(req, data, len))
		return REQUEST_BROKEN;
	error = llhttp_execute(&req->parser, data, len);
	if (likely(error == HPE_PAUSED)) {
		*taken = (u32)(llhttp_get_error_pos(&req->parser) - data);
		return REQUEST_DONE;
	}
	if (error == HPE_OK) {
		/* All that is not body: sizes and extensions of chunks and trailers count, too. */
		req->head_bytes = head_bytes + len - (u32)(req->body_bytes - body_bytes);
		if (req->head_bytes <= REQUEST_HEAD_MAX)
			return REQUEST_MORE;
		refuse(req, 431, "header, chunk sizes and trailers are longer than 8192 bytes",
		       NULL);
		return REQUEST_BROKEN;
	}
	refuse_for(req, error, data, len);
	return REQUEST_BROKEN;
}

/* ---- Reading field values ---- */

/* The weight in the parameters after a coding, in thousandths; 1000 if there is none. */
static u32 weight(const char *s, u32 len)
{
	const char *end = s + len;
	u32 value, unit = 1000;

	while (s < end && *s != '=')
		s++;
	if (s == end)
		return 1000;
	for (value = 0, s++; s < end; s++) {
		if (*s == '.' || (*s >= '0' && *s <= '9' && unit)) {
			value += *s == '.' ? 0 : (u32)(*s - '0') * unit;
			unit /= *s == '.' ? 1 : 10;
		}
	}
	return min(value, 1000u);
}

enum gzip_choice request_gzip(const struct http_request *req)
{
	const char *s = request_field(req, FIELD_ACCEPT_ENCODING);
	s32 gzip = -1, identity = -1, any = -1;

	while (*s) {
		u32 item = strcspn(s, ",");
		u32 skip = strspn(s, " \t");
		u32 name = strcspn(s + skip, ",; \t");
		const char *q = memchr(s, ';', item);
		s32 w = q ? (s32)weight(q, (u32)(s + item - q)) : 1000;

		if ((name == 4 && !strncasecmp(s + skip, "gzip", 4)) ||
		    (name == 6 && !strncasecmp(s + skip, "x-gzip", 6)))
			gzip = w;
		else if (name == 8 && !strncasecmp(s + skip, "identity", 8))
			identity = w;
		else if (name == 1 && s[skip] == '*')
			any = w;
		s += item;
		if (*s)
			s++;
	}
	if (gzip < 0)
		gzip = any;
	if (gzip <= 0)
		return GZIP_NO;
	return identity > gzip ? GZIP_IF_NEEDED : GZIP_YES;
}

bool request_etag_matches(const struct http_request *req, const char *etag)
{
	const char *s = request_field(req, FIELD_IF_NONE_MATCH);
	u32 len = strlen(etag);

	if (!strcmp(s, "*"))
		return true;
	while (*s) {
		s += strspn(s, " \t,");
		if (!strncmp(s, "W/", 2))
			s += 2;
		if (!strncmp(s, etag, len) && (!s[len] || strchr(" \t,", s[len])))
			return true;
		s += strcspn(s, ",");
	}
	return false;
}
