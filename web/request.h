/*
 * One HTTP/1.x request: read byte by byte as it arrives, checked, and made easy to answer.
 *
 * llhttp (strict) finds the parts; this file keeps the few that matter and decides which error, if
 * any, the request deserves. The parser holds a bounded amount: the target and the values of seven
 * header fields share buf[]; everything else is counted and dropped.
 *
 *	request_init() once for a connection
 *	request_feed() with each piece that arrives, until it returns REQUEST_DONE or REQUEST_BROKEN
 *	... answer it; fields and path are valid until ...
 *	request_next() then feed the rest of the piece
 *
 * What is refused, and with which status (RFC 9110, 9112, 6585):
 *	401, 403  changing state without the token (web/auth.h)
 *	400  bad framing, Transfer-Encoding with Content-Length, folded header lines (obs-fold), no
 *	     or more than one Host in HTTP/1.1, malformed target or Host, HTTP/0.9
 *	413  a body above REQUEST_BODY_MAX		414  a target above REQUEST_TARGET_MAX
 *	417  an expectation other than 100-continue	421  Host is not one of ours
 *	403  Origin is not Host				431  header too large
 *	501  an unknown method or transfer coding	505  not HTTP/1.0 or 1.1
 * After those that leave the place of the next request in doubt the connection must be closed:
 * REQUEST_BROKEN says so. The others are REQUEST_DONE with `status` set.
 *
 * Knows no connection and no lwIP: compiled on the host for tests.
 */
#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

#include <llhttp.h>

#include "kernel/lib/types.h"
#include "net/net.h"

#define REQUEST_TARGET_MAX 1024 /* bytes of the request target */
#define REQUEST_HEAD_MAX 8192	/* bytes of request line and header together */
#define REQUEST_BODY_MAX 65536	/* bytes of a body that is read and dropped */
#define REQUEST_BUF_BYTES 1664	/* target and the fields below, with their NULs */

/* Bits, so that a route can say which it answers. */
enum request_method {
	METHOD_GET = 1,
	METHOD_HEAD = 2,
	METHOD_POST = 4,
	METHOD_PUT = 8,
	METHOD_DELETE = 16,
	METHOD_OTHER = 32, /* known, but answered by no route: OPTIONS, PATCH, CONNECT, TRACE */
};

/* Header fields whose values are kept. */
enum request_field {
	FIELD_HOST,
	FIELD_ORIGIN,
	FIELD_ACCEPT_ENCODING,
	FIELD_IF_NONE_MATCH,
	FIELD_TRANSFER_ENCODING,
	FIELD_EXPECT,
	FIELD_AUTHORIZATION,
	FIELD_LAST_EVENT_ID,
	FIELD_COUNT,
	FIELD_NONE = FIELD_COUNT,
};

/* What net_sink.c keeps of a body: counts, and the first runs of bytes that were wrong. */
#define SINK_RUNS 4
struct sink_run {
	u64 at, bytes;
};
struct sink_state {
	u64 bytes, errors;
	u64 start_cycles;
	u32 phase; /* place in the pattern */
	u32 runs;  /* of wrong bytes; the first SINK_RUNS are kept */
	struct sink_run run[SINK_RUNS];
	struct net_trouble before;
};

#define BODY_LENGTH_UNKNOWN (~0ull)

struct http_request;

/* What takes a body that is wanted. Each may refuse by request_refuse_body(). */
struct body_ops {
	bool endless; /* any length, and as long as it goes on, any time */
	void (*begin)(struct http_request *req, u64 length);
	void (*data)(struct http_request *req, const char *at, u32 len);
	/* Gives back what begin and data took; once for each begin. */
	void (*drop)(struct http_request *req);
};

enum request_state {
	REQUEST_MORE,	/* everything was taken, the request is not complete */
	REQUEST_DONE,	/* complete: answer it (with `status`, if that is not 0) */
	REQUEST_BROKEN, /* answer with `status`, then close */
};

struct http_request {
	/* the request, once it is done */
	enum request_method method;
	u16 status;	     /* 0, or the error it deserves */
	const char *reason;  /* why, one line */
	const char *culprit; /* the value at fault, or NULL */
	const char *path;    /* without query, percent-decoded, NUL-terminated */
	u32 path_len;
	const char *query; /* after '?', as sent, NUL-terminated; "" if there is none */
	u32 connection;	   /* number of the one it came on, set by whoever owns that */
	bool keep_alive;   /* the client will take another answer on this connection */
	bool http_1_0;
	bool begun;	     /* at least one byte of it has arrived */
	bool wants_continue; /* Expect: 100-continue, and a body is still to come */

	const struct body_ops *body; /* takes the body; NULL: it is dropped */
	union {
		struct {
			char *at; /* NULL: nothing was kept */
			u32 len, room;
		} text;
		struct sink_state sink;
	} kept;

	/* while it is read */
	llhttp_t parser;
	u32 head_bytes; /* of request line and header so far */
	u64 body_bytes;
	u16 used;	   /* bytes of buf in use */
	u8 field;	   /* the field whose value is being kept, or FIELD_NONE */
	u8 name_len;	   /* bytes of the field name seen so far, at most sizeof(name) + 1 */
	u8 hosts;	   /* Host fields seen, at most 2 */
	bool in_head;	   /* request line and header are not complete */
	bool line_start;   /* the next byte begins a line, or is the LF of an empty one */
	bool first_line;   /* the request line is not complete */
	char line_end[12]; /* last bytes of it, if it came in pieces */
	char name[17];	   /* in lower case; the longest name that matters */
	u16 field_at[FIELD_COUNT]; /* 1 + place of its value in buf; 0: not there */
	char buf[REQUEST_BUF_BYTES];
};

/* Prepares for the first request of a connection. */
void request_init(struct http_request *req);

/*
 * Takes bytes. *taken is how many belong to this request; less than len only if it is complete or
 * broken.
 */
enum request_state request_feed(struct http_request *req, const char *data, u32 len, u32 *taken);

/* Prepares for the next request on the connection. => the last feed returned REQUEST_DONE */
void request_next(struct http_request *req);

/* "GET" for METHOD_GET; one bit only. */
const char *method_name(enum request_method method);

/* Gives back what a body left behind. The connection ends, or its next request begins. */
void request_drop_body(struct http_request *req);

/*
 * Who decides about each request whose head is complete (web/auth.h): may set status and reason, or
 * body. `length` is the body's, BODY_LENGTH_UNKNOWN with chunks.
 */
void request_admit_by(void (*admit)(struct http_request *req, u64 length));

/* For body_ops: the first refusal counts. => reason stays */
void request_refuse_body(struct http_request *req, u16 status, const char *reason);

/* The value of a field, without blanks around it; "" if it was not sent. */
const char *request_field(const struct http_request *req, enum request_field field);

/* What Accept-Encoding says of gzip. Where identity is named with a greater weight, gzip is only for
 * what has no other form. */
enum gzip_choice { GZIP_NO, GZIP_IF_NEEDED, GZIP_YES };
enum gzip_choice request_gzip(const struct http_request *req);

/* True if If-None-Match names this entity tag (with its quotes), weakly compared, or is "*". */
bool request_etag_matches(const struct http_request *req, const char *etag);

#endif
