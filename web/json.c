/*
 * The JSON writer. See json.h for the contract.
 */
#include "web/json.h"

void j_begin(struct json *j, struct writer *w)
{
	*j = (struct json){ .w = w, .begun = w_wanted(w) };
}

void j_begin_tap(struct json *j, struct json_tap *tap)
{
	*j = (struct json){ .tap = tap };
	tap->numbers = 0;
	tap->structure = 2166136261u; /* FNV-1a */
}

/* ---- Taps ---- */

static void tap_byte(struct json *j, u8 byte)
{
	j->tap->structure = (j->tap->structure ^ byte) * 16777619u;
}

static void tap_text(struct json *j, const char *s)
{
	for (; s && *s; s++)
		tap_byte(j, (u8)*s);
	tap_byte(j, '"');
}

static void tap_number(struct json *j, s64 value)
{
	tap_byte(j, '0');
	if (j->tap->number)
		j->tap->number(j->tap, j->tap->numbers, value);
	j->tap->numbers++;
}

/* ---- Text ---- */

/* ---- Lines ---- */

static void begin_line(struct json *j)
{
	if (j->comma)
		w_char(j->w, '\n');
	w_fill(j->w, ' ', 2 * (j->depth - 1));
}

static void line_member(struct json *j, const char *key)
{
	if (j->fresh || j->depth == 1)
		begin_line(j);
	else
		w_char(j->w, ' ');
	j->comma = true;
	j->fresh = false;
	if (key) {
		w_str(j->w, key);
		w_char(j->w, '=');
	}
}

static void line_open(struct json *j, const char *key)
{
	if (j->depth) {
		begin_line(j);
		w_str(j->w, key ? key : "-");
		if (key)
			w_char(j->w, ':');
		j->comma = true;
	}
	j->depth++;
	j->fresh = false;
}

static void line_close(struct json *j)
{
	j->fresh = true;
	if (!--j->depth && j->comma)
		w_char(j->w, '\n');
}

/* True for a string that is one word and looks like nothing else. */
static bool is_word(const char *s)
{
	if (!*s || !strcmp(s, "-"))
		return false;
	for (; *s; s++)
		if ((u8)*s <= ' ' || *s == '"' || *s == '=' || *s == '\\' || *s == 0x7f)
			return false;
	return true;
}

/* ---- Members ---- */

/* Comma and key before a value. */
static void member(struct json *j, const char *key)
{
	if (j->w->lines) {
		line_member(j, key);
		return;
	}
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
	if (j->tap) {
		tap_byte(j, (u8)bracket);
		return;
	}
	if (j->w->lines) {
		line_open(j, key);
		return;
	}
	member(j, key);
	w_char(j->w, bracket);
	j->comma = false;
}

static void close(struct json *j, char bracket)
{
	if (j->tap) {
		tap_byte(j, (u8)bracket);
		return;
	}
	if (j->w->lines) {
		line_close(j);
		return;
	}
	w_char(j->w, bracket);
	j->comma = true;
}

void j_key(struct json *j, const char *key)
{
	member(j, key);
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
	if (j->tap) {
		tap_number(j, value);
		return;
	}
	member(j, key);
	w_u32(j->w, value, 0);
}

void j_s32(struct json *j, const char *key, s32 value)
{
	if (j->tap) {
		tap_number(j, value);
		return;
	}
	member(j, key);
	if (value < 0)
		w_char(j->w, '-');
	w_u32(j->w, value < 0 ? -(u32)value : (u32)value, 0);
}

void j_u64(struct json *j, const char *key, u64 value)
{
	if (j->tap) {
		tap_number(j, (s64)value);
		return;
	}
	member(j, key);
	w_u64(j->w, value, 0);
}

/* true, false, null and strings: words that a tap takes for structure. */
static void word(struct json *j, const char *key, const char *text)
{
	if (j->tap) {
		tap_text(j, text);
		return;
	}
	member(j, key);
	w_str(j->w, text);
}

void j_bool(struct json *j, const char *key, bool value)
{
	word(j, key, value ? "true" : "false");
}

void j_null(struct json *j, const char *key)
{
	word(j, key, j->w && j->w->lines ? "-" : "null");
}

void j_hex(struct json *j, const char *key, u64 value)
{
	if (j->tap) {
		for (u32 i = 0; i < 64; i += 8)
			tap_byte(j, (u8)(value >> i));
		return;
	}
	member(j, key);
	if (!j->w->lines)
		w_char(j->w, '"');
	w_lit(j->w, "0x");
	w_hex(j->w, value, 1);
	if (!j->w->lines)
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
	if (j->tap) {
		tap_text(j, s);
		return;
	}
	member(j, key);
	if (j->w->lines && is_word(s))
		w_str(j->w, s);
	else
		j_escape(j->w, s, strlen(s));
}

void j_ipv4(struct json *j, const char *key, u32 address)
{
	const u8 *bytes = (const u8 *)&address;
	char text[16];
	struct writer w;

	if (!address) {
		j_null(j, key);
		return;
	}
	w_init(&w, text, sizeof(text));
	for (u32 i = 0; i < 4; i++) {
		if (i)
			w_char(&w, '.');
		w_u32(&w, bytes[i], 0);
	}
	w_char(&w, '\0');
	j_str(j, key, text);
}
