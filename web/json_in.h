/*
 * Reading a small JSON document into a structure, strictly (RFC 8259), by a table of the members
 * that an object may have.
 *
 * No tree is built and nothing is allocated: members are stored as they are met. The first thing
 * that is wrong ends it, with one line that names the place ("phases[1].rate"), the value, and what
 * was expected there.
 *
 * Less than JSON: numbers are integers from 0 on, at most 64 bits; strings are ASCII; a member may
 * stand in an object once; depth is limited.
 */
#ifndef WEB_JSON_IN_H
#define WEB_JSON_IN_H

#include <stddef.h>

#include "web/writer.h"

#define JSON_IN_PATH 64

struct json_in {
	const char *at;
	struct writer *error; /* gets the line */
	bool failed;
	u32 depth;
	char path[JSON_IN_PATH]; /* of the value being read */
};

enum json_type { JSON_U8, JSON_U16, JSON_U32, JSON_U64, JSON_BOOL, JSON_STRING, JSON_OTHER };

struct json_member {
	const char *name;
	enum json_type type;
	u16 offset;   /* in the structure */
	u64 min, max; /* numbers; strings: max is the room with the NUL */
	/* JSON_OTHER: reads the value; false after json_in_error() */
	bool (*read)(struct json_in *in, void *structure);
};

#define JSON_FIELD(member, kind, structure, field, least, most)                         \
	{                                                                               \
		.name = (member), .type = (kind), .offset = offsetof(structure, field), \
		.min = (least), .max = (most)                                           \
	}
#define JSON_READ(member, fn)                                      \
	{                                                          \
		.name = (member), .type = JSON_OTHER, .read = (fn) \
	}

/* Begins with a text that ends in NUL. => error has room for 200 bytes */
void json_in_begin(struct json_in *in, const char *text, struct writer *error);

/* An object by its table, into the structure. Bit n of *seen: members[n] was there (NULL: not
 * asked). => count <= 32 */
bool json_in_object(struct json_in *in, const struct json_member *members, u32 count,
		    void *structure, u32 *seen);
/* An array: calls `each` for each element, which reads it. */
bool json_in_array(struct json_in *in, bool (*each)(struct json_in *in, void *arg, u32 index),
		   void *arg);
bool json_in_number(struct json_in *in, u64 min, u64 max, u64 *value);
bool json_in_bool(struct json_in *in, bool *value);
bool json_in_string(struct json_in *in, char *buf, u32 bytes);
/* Which of the names a string is. */
bool json_in_choice(struct json_in *in, const char *const *names, u32 count, u32 *which);
/* The first byte of the next value: '{', '[', '"', a digit, or a letter. */
char json_in_peek(struct json_in *in);
/* Nothing but blanks may follow. */
bool json_in_end(struct json_in *in);
/* "PATH: " and the text. Returns false. */
__printf_like(2, 3) bool json_in_error(struct json_in *in, const char *fmt, ...);

#endif
