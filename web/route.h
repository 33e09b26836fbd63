/*
 * The route table: what is served where. One entry a path; the table itself is in routes.c.
 */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include "web/request.h"
#include "web/writer.h"

/* A body that is not a snapshot: `left` bytes from a piece of memory that is read round and round. */
struct stream {
	const u8 *base; /* stays for good: sent by reference */
	u32 period;	/* bytes of it */
	u32 at;		/* next byte to send, below period */
	u64 left;
};

struct route {
	const char *path; /* whole, or with `prefix` its beginning */
	u8 path_len;
	bool prefix;
	u8 methods; /* enum request_method */
	const char *content_type;
	const char *shows; /* one line for the indexes */

	/* One of these three. text needs nothing but the writer; render may refuse with a status and
	 * the reason as text; open describes a stream, or refuses likewise. */
	void (*text)(struct writer *w);
	int (*render)(const struct http_request *req, struct writer *w);
	int (*open)(const struct http_request *req, struct stream *stream, struct writer *reason);
};

extern const struct route routes[];
extern const u32 route_count;

/* The route that answers a path, or NULL. */
const struct route *route_find(const char *path, u32 len);

/* Indexes: the routes below the request's path, as a page, and as JSON. */
int index_page(const struct http_request *req, struct writer *w);
int index_json(const struct http_request *req, struct writer *w);

/* The index of /sys/firmware/memmap/. */
int index_memmap(const struct http_request *req, struct writer *w);

/* api_*.c */
void api_boot(struct writer *w);
void api_memory(struct writer *w);
void api_check(struct writer *w);
void api_vm(struct writer *w);
int api_pagetables(const struct http_request *req, struct writer *w);
int api_frames(const struct http_request *req, struct writer *w);
int api_frame(const struct http_request *req, struct writer *w);
int api_slab(const struct http_request *req, struct writer *w);

/* net_source.c: bytes=N&seed=S */
int net_source(const struct http_request *req, struct stream *stream, struct writer *reason);

/* The pattern repeats after this many bytes, a prime: no shift by whole segments maps it onto
 * itself. */
#define NET_SOURCE_PERIOD 32749u

/* Gives the pattern its memory: NET_SOURCE_PERIOD bytes that stay. NULL: net_source answers 503. */
void net_source_init(u8 *block);

#endif
