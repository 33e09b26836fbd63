/*
 * The reader of JSON documents. See json_in.h.
 */
#include "web/json_in.h"

#include <stdarg.h>
#include <stdio.h>

#include "web/query.h"

#define DEPTH_MAX 8

void json_in_begin(struct json_in *in, const char *text, struct writer *error)
{
	*in = (struct json_in){ .at = text, .error = error };
}

bool json_in_error(struct json_in *in, const char *fmt, ...)
{
	char text[200];
	va_list args;

	if (in->failed)
		return false;
	in->failed = true;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~') /* of the document: this goes to consoles */
			*c = '?';
	w_str(in->error, *in->path ? in->path : "the document");
	w_lit(in->error, ": ");
	w_str(in->error, text);
	return false;
}

char json_in_peek(struct json_in *in)
{
	while (*in->at == ' ' || *in->at == '\t' || *in->at == '\n' || *in->at == '\r')
		in->at++;
	return *in->at;
}

/* What stands there, for a message: up to 24 bytes of it. */
static bool unexpected(struct json_in *in, const char *expected)
{
	u32 n = 0;

	if (!json_in_peek(in))
		return json_in_error(in, "it ends where %s should be", expected);
	while (n < 24 && in->at[n] && in->at[n] != '\n' && (!n || !strchr(",]} ", in->at[n])))
		n++;
	return json_in_error(in, "%.*s is not %s", (int)n, in->at, expected);
}

static bool take(struct json_in *in, char c, const char *expected)
{
	if (json_in_peek(in) != c)
		return unexpected(in, expected);
	in->at++;
	return true;
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

bool json_in_number(struct json_in *in, u64 min, u64 max, u64 *value)
{
	char expected[64];
	const char *end;

	snprintf(expected, sizeof(expected), "a whole number from %llu to %llu", min, max);
	json_in_peek(in);
	end = parse_u64(in->at, value);
	if (!end || (*in->at == '0' && end != in->at + 1) || *end == '.' || is_word(*end))
		return unexpected(in, expected);
	if (*value < min || *value > max)
		return unexpected(in, expected);
	in->at = end;
	return true;
}

/* One character of a string, after its escape. 0: there is no such. */
static char string_char(struct json_in *in)
{
	static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
	char c = *in->at++;

	if (c != '\\')
		return (u8)c < 0x20 || (u8)c > 0x7e ? 0 : c;
	c = *in->at++;
	for (u32 i = 0; c && escapes[i]; i += 2)
		if (escapes[i] == c)
			return escapes[i + 1];
	return 0;
}

bool json_in_string(struct json_in *in, char *buf, u32 bytes)
{
	u32 n = 0;

	if (!take(in, '"', "a string"))
		return false;
	while (*in->at != '"') {
		char c = string_char(in);

		if (!c)
			return json_in_error(in, "a string of printable ASCII was expected");
		if (n + 1 >= bytes)
			return json_in_error(in, "a string of at most %u bytes was expected",
					     bytes - 1);
		buf[n++] = c;
	}
	in->at++;
	buf[n] = '\0';
	return true;
}

bool json_in_choice(struct json_in *in, const char *const *names, u32 count, u32 *which)
{
	char text[32], list[128];
	u32 at = 0;

	if (!json_in_string(in, text, sizeof(text)))
		return false;
	for (*which = 0; *which < count; (*which)++)
		if (!strcmp(names[*which], text))
			return true;
	for (u32 i = 0; i < count && at < sizeof(list); i++)
		at += (u32)snprintf(list + at, sizeof(list) - at, "%s%s", i ? ", " : "", names[i]);
	return json_in_error(in, "\"%s\" is none of %s", text, list);
}

bool json_in_bool(struct json_in *in, bool *value)
{
	json_in_peek(in);
	*value = !strncmp(in->at, "true", 4);
	if (!*value && strncmp(in->at, "false", 5))
		return unexpected(in, "true or false");
	if (is_word(in->at[*value ? 4 : 5]))
		return unexpected(in, "true or false");
	in->at += *value ? 4 : 5;
	return true;
}

static bool read_member(struct json_in *in, const struct json_member *m, void *structure)
{
	void *field = (char *)structure + m->offset;
	u64 number;

	switch (m->type) {
	case JSON_BOOL: return json_in_bool(in, field);
	case JSON_STRING: return json_in_string(in, field, (u32)m->max);
	case JSON_OTHER: return m->read(in, structure);
	default: break;
	}
	if (!json_in_number(in, m->min, m->max, &number))
		return false;
	if (m->type == JSON_U8)
		*(u8 *)field = (u8)number;
	else if (m->type == JSON_U16)
		*(u16 *)field = (u16)number;
	else if (m->type == JSON_U32)
		*(u32 *)field = (u32)number;
	else
		*(u64 *)field = number;
	return true;
}

/* Enters a value whose path has `text` behind the present one; returns the length to go back to. */
static u32 enter(struct json_in *in, const char *text)
{
	u32 len = strlen(in->path);

	snprintf(in->path + len, sizeof(in->path) - len, "%s%s", len && *text != '[' ? "." : "",
		 text);
	return len;
}

static bool unknown_member(struct json_in *in, const char *name, const struct json_member *members,
			   u32 count)
{
	char list[160];
	u32 at = 0;

	for (u32 i = 0; i < count && at < sizeof(list); i++)
		at += (u32)snprintf(list + at, sizeof(list) - at, "%s%s", i ? ", " : "",
				    members[i].name);
	return json_in_error(in, "\"%s\" is not known here; there are %s", name, list);
}

static bool read_pair(struct json_in *in, const struct json_member *members, u32 count,
		      void *structure, u32 *seen)
{
	char name[32];
	u32 i = 0, back;
	bool good;

	if (!json_in_string(in, name, sizeof(name)) || !take(in, ':', "a colon"))
		return false;
	while (i < count && strcmp(members[i].name, name))
		i++;
	if (i == count)
		return unknown_member(in, name, members, count);
	if (*seen >> i & 1)
		return json_in_error(in, "\"%s\" stands there twice", name);
	*seen |= 1u << i;
	back = enter(in, name);
	good = read_member(in, &members[i], structure);
	in->path[back] = '\0';
	return good;
}

bool json_in_object(struct json_in *in, const struct json_member *members, u32 count,
		    void *structure, u32 *seen)
{
	u32 mask = 0;

	if (!take(in, '{', "an object"))
		return false;
	if (++in->depth > DEPTH_MAX)
		return json_in_error(in, "it is nested too deeply");
	if (json_in_peek(in) != '}') {
		do {
			if (!read_pair(in, members, count, structure, &mask))
				return false;
		} while (json_in_peek(in) == ',' && in->at++);
	}
	in->depth--;
	if (seen)
		*seen = mask;
	return take(in, '}', "a comma or the object's end");
}

bool json_in_array(struct json_in *in, bool (*each)(struct json_in *in, void *arg, u32 index),
		   void *arg)
{
	u32 index = 0;

	if (!take(in, '[', "an array"))
		return false;
	if (++in->depth > DEPTH_MAX)
		return json_in_error(in, "it is nested too deeply");
	if (json_in_peek(in) != ']') {
		do {
			char text[16];
			u32 back;
			bool good;

			snprintf(text, sizeof(text), "[%u]", index);
			back = enter(in, text);
			good = each(in, arg, index++);
			in->path[back] = '\0';
			if (!good)
				return false;
		} while (json_in_peek(in) == ',' && in->at++);
	}
	in->depth--;
	return take(in, ']', "a comma or the array's end");
}

bool json_in_end(struct json_in *in)
{
	return !json_in_peek(in) || unexpected(in, "the document's end");
}
