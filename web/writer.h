/*
 * A bounded text writer: the one way in which answers are put into memory.
 *
 * Text is appended between `pos` and `end`. What does not fit is dropped and counted in `lost`, so
 * that the caller learns how much room a second attempt needs; nothing is ever written past `end`.
 * Once something was lost, everything after it is lost too: a cut text has no holes.
 *
 * Numbers are formatted by hand, two digits a step, since an answer consists mostly of numbers.
 * Widths mean what they mean in printf: a minimum, filled with blanks.
 */
#ifndef WEB_WRITER_H
#define WEB_WRITER_H

#include <string.h>

#include "kernel/lib/types.h"

struct writer {
	char *start; /* first byte of the text */
	char *pos;   /* next byte to be written */
	char *end;   /* one past the last byte that may be written */
	u32 lost;    /* bytes that did not fit */
	bool lines;  /* JSON that is written here becomes lines for people (web/json.h) */
};

/* Begins an empty text in [buf, buf + bytes). The memory stays the caller's. */
void w_init(struct writer *w, void *buf, u32 bytes);

/* Bytes written so far, and bytes the whole text would have had. */
static inline u32 w_len(const struct writer *w)
{
	return (u32)(w->pos - w->start);
}

static inline u32 w_wanted(const struct writer *w)
{
	return w_len(w) + w->lost;
}

/* Forgets what was written. */
void w_reset(struct writer *w);

/*
 * Room for `len` bytes, which the caller fills, or NULL: then they are counted as lost. What all
 * the others are made of.
 */
static inline char *w_take(struct writer *w, u32 len)
{
	char *at = w->pos;

	if (unlikely(w->lost || (u32)(w->end - at) < len)) {
		w->lost += len;
		return NULL;
	}
	w->pos = at + len;
	return at;
}

/* Appends `len` bytes, or a string. */
void w_bytes(struct writer *w, const void *bytes, u32 len);
void w_str(struct writer *w, const char *s);

/* Appends a string literal. Short ones become a few stores: __builtin, since -ffreestanding. */
#define w_lit(w, literal)                                                             \
	do {                                                                          \
		char *w_lit_at_ = w_take((w), sizeof(literal) - 1);                   \
                                                                                      \
		if (likely(w_lit_at_))                                                \
			__builtin_memcpy(w_lit_at_, "" literal, sizeof(literal) - 1); \
	} while (0)

static inline void w_char(struct writer *w, char c)
{
	char *at = w_take(w, 1);

	if (likely(at))
		*at = c;
}

/* `count` times the character. */
void w_fill(struct writer *w, char c, u32 count);

/* As %*s and %-*s. */
void w_str_right(struct writer *w, const char *s, u32 width);
void w_str_left(struct writer *w, const char *s, u32 width);

/* As %u and %llu, with a minimum width (0: none). */
void w_u32(struct writer *w, u32 value, u32 width);
void w_u64(struct writer *w, u64 value, u32 width);

/*
 * As "%6u ", the cell of the tables of free blocks, of which most hold one digit:
 * five blanks, the digit and a blank are two words that overlap by one byte.
 */
static inline void w_cell(struct writer *w, u32 value)
{
	char *at;
	u32 tail;

	if (unlikely(value >= 10)) {
		w_u32(w, value, 6);
		w_char(w, ' ');
		return;
	}
	at = w_take(w, 7);
	if (unlikely(!at))
		return;
	tail = 0x20302020 + (value << 16); /* "  0 " */
	__builtin_memcpy(at, "    ", 4);
	__builtin_memcpy(at + 3, &tail, 4);
}

/* As %0*llx: at least `digits` digits, filled with zeros. No 0x. => digits <= 16 */
void w_hex(struct writer *w, u64 value, u32 digits);

/*
 * For the few places that write text of variable form into a fixed buffer (a 400's message): the
 * format is that of snprintf. Not for loops.
 */
__printf_like(2, 3) void w_printf(struct writer *w, const char *fmt, ...);

#endif
