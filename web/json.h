/*
 * A small JSON writer over the text writer: it places commas and quotes and escapes strings, so
 * that no answer is glued together by hand.
 *
 *	j_begin(&j, w);
 *	j_object(&j, NULL);
 *	j_u32(&j, "ram_pages", n);
 *	j_array(&j, "zones"); ... j_end_array(&j);
 *	j_end_object(&j);
 *
 * `key` is NULL for an element of an array and for the outermost value. Keys are written as they
 * are: they are ours. Addresses are strings "0x...", since a number in JSON is a double to many
 * readers.
 *
 * Into a writer with `lines` the same calls put a text for terminals, so that every document has one:
 *
 *	ram_pages=65406
 *	zones:
 *	  - node=0 name=DMA start_pfn=16 free=3969
 *	    percpu: count=0 high=0 batch=1
 *
 * The outermost object's members have a line each, and so has whatever holds others; plain members
 * behind one another share a line. A string is quoted only if it could be taken for something else.
 */
#ifndef WEB_JSON_H
#define WEB_JSON_H

#include "web/writer.h"

/*
 * Someone who wants the numbers of a text and not the text: each j_u32, j_s32 and j_u64 becomes a call,
 * in the order in which the text has them. Everything else goes into `structure`, a checksum: two texts
 * with the same one differ in numbers only, and number i of the one is number i of the other.
 */
struct json_tap {
	void (*number)(struct json_tap *tap, u32 index, s64 value); /* NULL: only count them */
	u32 numbers;						    /* so far */
	u32 structure;
};

struct json {
	struct writer *w; /* NULL with a tap */
	struct json_tap *tap;
	bool comma; /* the next member needs a comma before it; of lines: this one has something on it */
	bool fresh; /* of lines: the next member begins one */
	u8 depth;   /* of lines: objects and arrays that are open */
	u32 begun;  /* place in the writer's text */
};

void j_begin(struct json *j, struct writer *w);
void j_begin_tap(struct json *j, struct json_tap *tap);

void j_object(struct json *j, const char *key);
void j_end_object(struct json *j);
void j_array(struct json *j, const char *key);
void j_end_array(struct json *j);

void j_u32(struct json *j, const char *key, u32 value);
void j_s32(struct json *j, const char *key, s32 value);
void j_u64(struct json *j, const char *key, u64 value);
void j_bool(struct json *j, const char *key, bool value);
void j_null(struct json *j, const char *key);
/* The key alone, before a value that is JSON already and is written to the writer as it is. */
void j_key(struct json *j, const char *key);
/* "0x1f": as many digits as the value needs. */
void j_hex(struct json *j, const char *key, u64 value);
/* A string, escaped; NULL is written as null. UTF-8 stays; a byte that is none becomes U+FFFD. */
void j_str(struct json *j, const char *key, const char *s);

/* "10.0.2.15", of an address in network byte order; null for 0. */
void j_ipv4(struct json *j, const char *key, u32 address);

/* Appends s as a JSON string with its quotes; the same without them, as a part of a longer one. */
void j_escape(struct writer *w, const char *s, u32 len);
void j_escape_part(struct writer *w, const char *s, u32 len);

#endif
