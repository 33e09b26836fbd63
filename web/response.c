/*
 * Heads of answers. See response.h.
 */
#include "web/response.h"

#include "web/assets.h"
#include "web/request.h"

const char *status_text(u16 status)
{
	static const struct {
		u16 status;
		const char *text;
	} texts[] = {
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 301, "Moved Permanently" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 406, "Not Acceptable" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 422, "Unprocessable Content" },
		{ 417, "Expectation Failed" },
		{ 421, "Misdirected Request" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
	};

	for (u32 i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].status == status)
			return texts[i].text;
	return "Error";
}

const char *method_name(enum request_method method)
{
	switch (method) {
	case METHOD_GET: return "GET";
	case METHOD_HEAD: return "HEAD";
	case METHOD_POST: return "POST";
	case METHOD_PUT: return "PUT";
	case METHOD_DELETE: return "DELETE";
	default: return "?";
	}
}

static void allow(struct writer *w, u8 methods)
{
	const char *before = "Allow: ";

	for (u8 bit = 1; bit < METHOD_OTHER; bit <<= 1) {
		if (!(methods & bit))
			continue;
		w_str(w, before);
		w_str(w, method_name((enum request_method)bit));
		before = ", ";
	}
	w_lit(w, "\r\n");
}

static void snapshot_cost(struct writer *w, const struct snapshot_cost *cost)
{
	w_lit(w, "X-Memscope-Snapshot: cycles=");
	w_u64(w, cost->cycles, 0);
	w_lit(w, "; bytes=");
	w_u32(w, cost->bytes, 0);
	w_lit(w, "; uptime_ms=");
	w_u64(w, cost->uptime_ms, 0);
	w_lit(w, "\r\n");
}

/* What is said about the body: its type, its length, and how long it may be kept. */
static void content(struct writer *w, const struct response *r)
{
	w_lit(w, "X-Content-Type-Options: nosniff\r\nContent-Type: ");
	w_str(w, r->content_type);
	w_lit(w, "\r\n");
	if (r->chunked) {
		w_lit(w, "Transfer-Encoding: chunked\r\n");
	} else if (!r->until_close) {
		w_lit(w, "Content-Length: ");
		w_u64(w, r->content_length, 0);
		w_lit(w, "\r\n");
	}
	if (r->page) {
		w_lit(w, "Content-Security-Policy: default-src 'none'; script-src 'self'; "
			 "style-src ");
		w_str(w, asset_style_src);
		w_lit(w, "; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
			 "form-action 'none'; frame-ancestors 'none'\r\n");
	}
	if (r->gzip)
		w_lit(w, "Content-Encoding: gzip\r\n");
}

void response_head(struct writer *w, const struct response *r)
{
	if (likely(r->status == 200)) {
		w_lit(w, "HTTP/1.1 200 OK\r\nServer: memscope\r\n");
	} else {
		w_lit(w, "HTTP/1.1 ");
		w_u32(w, r->status, 0);
		w_char(w, ' ');
		w_str(w, status_text(r->status));
		w_lit(w, "\r\nServer: memscope\r\n");
	}
	if (r->content_type)
		content(w, r);
	if (r->etag) {
		w_lit(w, "Cache-Control: no-cache\r\nETag: ");
		w_str(w, r->etag);
		w_lit(w, "\r\n");
	} else {
		w_lit(w, "Cache-Control: no-store\r\n");
	}
	if (r->vary)
		w_lit(w, "Vary: Accept-Encoding\r\n");
	if (r->status == 401)
		w_lit(w, "WWW-Authenticate: Bearer\r\n");
	if (r->allow)
		allow(w, r->allow);
	if (r->retry_after)
		w_lit(w, "Retry-After: 1\r\n");
	if (r->location) {
		w_lit(w, "Location: ");
		w_str(w, r->location);
		w_lit(w, "\r\n");
	}
	if (r->cost)
		snapshot_cost(w, r->cost);
	if (r->close)
		w_lit(w, "Connection: close\r\n");
	else if (r->keep_alive_1_0)
		w_lit(w, "Connection: keep-alive\r\n");
	w_lit(w, "\r\n");
}
