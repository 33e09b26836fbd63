/*
 * The head of an answer: status line and header fields, from a description.
 *
 * There is no Date: the machine has no wall clock (RFC 9110 6.6.1 allows that). Every answer says
 * nosniff; pages carry a Content-Security-Policy that lets in nothing from elsewhere and nothing
 * inline.
 */
#ifndef WEB_RESPONSE_H
#define WEB_RESPONSE_H

#include "web/snapshot.h"

/* The longest head that can come out, in bytes. */
#define RESPONSE_HEAD_MAX 896

struct response {
	u16 status;
	const char *content_type; /* NULL: neither type nor length, as with 304 */
	bool page;		  /* HTML: with a Content-Security-Policy */
	u64 content_length;
	bool chunked;			  /* in place of the length */
	bool until_close;		  /* neither: the body ends with the connection */
	const char *etag;		  /* NULL: live data, Cache-Control: no-store */
	bool gzip;			  /* the body is compressed; Vary is said as well */
	bool vary;			  /* another client would get another encoding */
	u8 allow;			  /* methods for Allow (enum request_method); 0: none */
	bool retry_after;		  /* one second */
	const char *location;		  /* NULL: none */
	const struct snapshot_cost *cost; /* X-Memscope-Snapshot; NULL: none */
	bool close;			  /* Connection: close */
	bool keep_alive_1_0;		  /* Connection: keep-alive, which HTTP/1.0 wants to hear */
};

/* Writes the head with the empty line that ends it. */
void response_head(struct writer *w, const struct response *r);

/* "Not Found" for 404. */
const char *status_text(u16 status);

#endif
