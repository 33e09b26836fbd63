/*
 * The route table: what is served where. One entry a path; the table itself is in routes.c.
 */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include "web/json.h"
#include "web/pieces.h"
#include "web/request.h"
#include "web/writer.h"

/*
 * A body that is not a snapshot: `left` bytes from a piece of memory that is read round and round.
 * With `module`, the memory is that boot module's (1: the first), part of which has no address: it is
 * mapped for as long as a piece of it is copied, and base is not used.
 */
struct stream {
	const u8 *base; /* stays for good: sent by reference */
	u32 period;	/* bytes of it */
	u32 at;		/* next byte to send, below period */
	u64 left;
	u32 module;
	struct pieces pieces; /* or a text that is rendered as it is sent: then left is 0 */
};

struct route {
	const char *path; /* whole, or with `prefix` its beginning */
	u8 path_len;
	bool prefix;
	u8 methods; /* enum request_method */
	const char *content_type;
	const char *shows; /* one line for the indexes */

	/* What GET shows: one of these. text needs nothing but the writer; render may refuse with a status and
	 * the reason as text; open describes a stream, or refuses likewise. */
	void (*text)(struct writer *w);
	int (*render)(const struct http_request *req, struct writer *w);
	int (*open)(const struct http_request *req, struct stream *stream, struct writer *reason);
	render_piece piece; /* or this: a text about what does not change */

	/* What the other methods do, once the token was found right: returns a status below 400 and
	 * writes JSON, or one from 400 on and writes the reason; at most ACT_TEXT_MAX bytes. */
	int (*act)(struct http_request *req, struct writer *w);
	const struct body_ops *body; /* takes what they send; NULL: it is dropped */
};

#define ACT_TEXT_MAX 640

/* body_text.c: a body of at most BODY_TEXT_MAX bytes as a string in req->kept.text. */
#define BODY_TEXT_MAX 16384
extern const struct body_ops body_text;

extern const struct route routes[];
extern const u32 route_count;

/* The route that answers a path, or NULL. */
const struct route *route_find(const char *path, u32 len);

/* api_vm.c: the member "layout", the areas of the address space; at most 500 bytes. */
void j_layout(struct json *j);

/* api_power.c */
int api_reboot(struct http_request *req, struct writer *w);
int api_poweroff(struct http_request *req, struct writer *w);

/* api_soak.c */
void api_soak(struct writer *w);
void api_soak_profiles(struct writer *w);
int api_soak_one(const struct http_request *req, struct writer *w);
int api_soak_start(struct http_request *req, struct writer *w);
int api_soak_end(struct http_request *req, struct writer *w);

/* api_fault.c */
void api_fault(struct writer *w);
int api_fault_set(struct http_request *req, struct writer *w);

/* api_ramtest.c */
void api_ramtest(struct writer *w);
int api_memtest(struct http_request *req, struct writer *w);

/* Indexes: the routes below the request's path, as a page, and as JSON. */
int index_page(const struct http_request *req, struct writer *w);
int index_json(const struct http_request *req, struct writer *w);

/* The index of /sys/firmware/memmap/. */
int index_memmap(const struct http_request *req, struct writer *w);

/* api_*.c */
bool api_boot(struct piece_cursor *cursor, struct writer *w);
bool boot_text(struct piece_cursor *cursor, struct writer *w);
void api_memory(struct writer *w);
void api_memory_members(struct json *j); /* its members but structure and snapshot */
void api_check(struct writer *w);
/* Nodes, the tables they come from, zonelists. */
void api_nodes(struct writer *w);
void api_kernel(struct writer *w);
void api_connections(struct writer *w);
void api_buddy(struct writer *w);
int api_net(const struct http_request *req, struct writer *w);

/* One connection, by the number at the end of the path. */
int api_connection(const struct http_request *req, struct writer *w);
void api_firmware(struct writer *w);
void api_machine(struct writer *w);
void api_pci(struct writer *w);
void api_vm(struct writer *w);
int api_pagetables(const struct http_request *req, struct writer *w);
/* Directory and audit (from the start only), and at most `runs` runs of mappings from `from` on. */
void api_pagetables_all(struct writer *w, u64 from, u32 runs);

/* api_snapshot.c */
int api_snapshot(const struct http_request *req, struct writer *w);
int api_frames(const struct http_request *req, struct writer *w);
int api_frame(const struct http_request *req, struct writer *w);
int api_slab(const struct http_request *req, struct writer *w);

/* api_buddy.c */
struct memstat_buddy_event;
int api_buddy_events(const struct http_request *req, struct writer *w);
int api_buddy_step(struct http_request *req, struct writer *w);
/* The members of an event, into an object that is open. */
void j_buddy_event(struct json *j, const struct memstat_buddy_event *event);

/* api_callsites.c */
struct memstat_callsite;
int api_callsites(const struct http_request *req, struct writer *w);
int api_mark(struct http_request *req, struct writer *w);
/* `count` sites from the `first` on; `since` the mark, which is there. => count <= 512 */
void api_callsites_part(struct writer *w, bool since, u32 first, u32 count);
/* The members that name a call site, into an object that is open. */
void j_callsite(struct json *j, const struct memstat_callsite *site);

/* api_early.c; module_content opens the stream of MODULES_PATH N */
#define MODULES_PATH "/api/v1/modules/"
void api_early(struct writer *w);
void api_modules(struct writer *w);
int module_content(const struct http_request *req, struct stream *stream, struct writer *reason);

/* net_source.c: bytes=N&seed=S */
int net_source(const struct http_request *req, struct stream *stream, struct writer *reason);

/* The pattern repeats after this many bytes, a prime: no shift by whole segments maps it onto
 * itself. */
#define NET_SOURCE_PERIOD 32749u

/* The pattern, or NULL: there was no memory for it; and where in it a seed begins. */
const u8 *net_pattern(void);
u32 net_phase(u64 seed);

/* net_sink.c: POST seed=S */
int net_sink(struct http_request *req, struct writer *w);
extern const struct body_ops net_sink_body;

/* Gives the pattern its memory: NET_SOURCE_PERIOD bytes that stay. NULL: net_source answers 503. */
void net_source_init(u8 *block);

#endif
