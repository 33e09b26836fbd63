/*
 * The JSON writer. See json.h for the contract.
 */
#include "web/json.h"

void j_begin(struct json *j, struct writer *w)
{
	j->w = w;
	j->comma = false;
}

/* Comma and key before a value. */
static void member(struct json *j, const char *key)
{
	if (j->comma)
		w_char(j->w, ',');
	j->comma = true;
	if (key) {
		w_char(j->w, '"');
		w_str(j->w, key);
		w_lit(j->w, "\":");
	}
}

static void open(struct json *j, const char *key, char bracket)
{
	member(j, key);
	w_char(j->w, bracket);
	j->comma = false;
}

static void close(struct json *j, char bracket)
{
	w_char(j->w, bracket);
	j->comma = true;
}

void j_object(struct json *j, const char *key)
{
	open(j, key, '{');
}

void j_end_object(struct json *j)
{
	close(j, '}');
}

void j_array(struct json *j, const char *key)
{
	open(j, key, '[');
}

void j_end_array(struct json *j)
{
	close(j, ']');
}

void j_u32(struct json *j, const char *key, u32 value)
{
	member(j, key);
	w_u32(j->w, value, 0);
}

void j_s32(struct json *j, const char *key, s32 value)
{
	member(j, key);
	if (value < 0)
		w_char(j->w, '-');
	w_u32(j->w, value < 0 ? -(u32)value : (u32)value, 0);
}

void j_u64(struct json *j, const char *key, u64 value)
{
	member(j, key);
	w_u64(j->w, value, 0);
}

void j_bool(struct json *j, const char *key, bool value)
{
	member(j, key);
	w_str(j->w, value ? "true" : "false");
}

void j_null(struct json *j, const char *key)
{
	member(j, key);
	w_lit(j->w, "null");
}

void j_hex(struct json *j, const char *key, u64 value)
{
	member(j, key);
	w_lit(j->w, "\"0x");
	w_hex(j->w, value, 1);
	w_char(j->w, '"');
}

/* True for a byte that stands for itself inside a JSON string. */
static inline bool plain(u8 c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/*
 * Bytes of the well-formed UTF-8 sequence outside ASCII that begins at s; 0 if none does. Overlong
 * forms, surrogates and what lies beyond U+10FFFF are not well-formed (RFC 3629).
 */
static u32 utf8_sequence(const u8 *s, u32 len)
{
	u32 n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	u8 low = 0x80, high = 0xbf;

	if (s[0] < 0xc2 || s[0] > 0xf4 || n > len)
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (u32 i = 2; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

void j_escape_part(struct writer *w, const char *s, u32 len)
{
	u32 i = 0;

	while (i < len) {
		u32 run = i, step;
		u8 c;

		for (; run < len; run += step) {
			step = plain((u8)s[run]) ? 1
						 : utf8_sequence((const u8 *)s + run, len - run);
			if (!step)
				break;
		}
		w_bytes(w, s + i, run - i);
		i = run;
		if (i == len)
			break;
		c = (u8)s[i++];
		if (c == '"' || c == '\\') {
			w_char(w, '\\');
			w_char(w, (char)c);
		} else if (c == '\n') {
			w_lit(w, "\\n");
		} else {
			w_lit(w, "\\u");
			w_hex(w, c < 0x80 ? c : 0xfffd, 4);
		}
	}
}

void j_escape(struct writer *w, const char *s, u32 len)
{
	w_char(w, '"');
	j_escape_part(w, s, len);
	w_char(w, '"');
}

void j_str(struct json *j, const char *key, const char *s)
{
	if (!s) {
		j_null(j, key);
		return;
	}
	member(j, key);
	j_escape(j->w, s, strlen(s));
}
