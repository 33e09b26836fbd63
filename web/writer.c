/*
 * The bounded text writer. See writer.h for the contract.
 *
 * Every primitive first asks w_take() for exactly the bytes it will write. Decimal digits are made
 * from the back, two at a time, into a small array on the stack and copied once their number is
 * known.
 */
#include "web/writer.h"

#include <stdio.h>

#define DIGITS_MAX 20 /* of a u64 */

static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324"
				  "25262728293031323334353637383940414243444546474849"
				  "50515253545556575859606162636465666768697071727374"
				  "75767778798081828384858687888990919293949596979899";

void w_init(struct writer *w, void *buf, u32 bytes)
{
	w->start = buf;
	w->pos = buf;
	w->end = w->start + bytes;
	w->lost = 0;
	w->lines = false;
}

void w_reset(struct writer *w)
{
	w->pos = w->start;
	w->lost = 0;
}

void w_bytes(struct writer *w, const void *bytes, u32 len)
{
	char *at = w_take(w, len);

	if (likely(at))
		memcpy(at, bytes, len);
}

void w_str(struct writer *w, const char *s)
{
	w_bytes(w, s, strlen(s));
}

void w_fill(struct writer *w, char c, u32 count)
{
	char *at = w_take(w, count);

	if (likely(at))
		memset(at, c, count);
}

void w_str_right(struct writer *w, const char *s, u32 width)
{
	u32 len = strlen(s);

	if (len < width)
		w_fill(w, ' ', width - len);
	w_bytes(w, s, len);
}

void w_str_left(struct writer *w, const char *s, u32 width)
{
	u32 len = strlen(s);

	w_bytes(w, s, len);
	if (len < width)
		w_fill(w, ' ', width - len);
}

/* Writes the digits of value so that they end before `end`; returns where they begin. */
static inline char *digits_before(char *end, u32 value)
{
	while (value >= 100) {
		u32 rest = value / 100;

		end -= 2;
		__builtin_memcpy(end, digit_pairs + 2 * (value - rest * 100), 2);
		value = rest;
	}
	if (value >= 10) {
		end -= 2;
		__builtin_memcpy(end, digit_pairs + 2 * value, 2);
	} else {
		*--end = (char)('0' + value);
	}
	return end;
}

static char *digits_before_u64(char *end, u64 value)
{
	while (value > 0xffffffffu) {
		u64 rest = value / 1000000000;
		char *at = digits_before(end, (u32)(value - rest * 1000000000));

		end -= 9;
		while (at > end)
			*--at = '0';
		value = rest;
	}
	return digits_before(end, (u32)value);
}

/* `n` blanks, four at a time. */
static inline char *put_blanks(char *at, u32 n)
{
	for (; n >= 4; n -= 4, at += 4)
		__builtin_memcpy(at, "    ", 4);
	if (n & 2) {
		__builtin_memcpy(at, "  ", 2);
		at += 2;
	}
	if (n & 1)
		*at++ = ' ';
	return at;
}

/* Appends digits with blanks in front up to width. */
static void put_right(struct writer *w, const char *digits, u32 len, u32 width)
{
	char *at = w_take(w, max(len, width));

	if (unlikely(!at))
		return;
	if (width > len)
		at = put_blanks(at, width - len);
	while (len--)
		*at++ = *digits++;
}

void w_u32(struct writer *w, u32 value, u32 width)
{
	char buf[DIGITS_MAX];
	char *at;

	if (likely(value < 10)) {
		at = w_take(w, max(width, 1u));
		if (unlikely(!at))
			return;
		if (width > 1)
			at = put_blanks(at, width - 1);
		*at = (char)('0' + value);
		return;
	}
	at = digits_before(buf + sizeof(buf), value);
	put_right(w, at, (u32)(buf + sizeof(buf) - at), width);
}

void w_u64(struct writer *w, u64 value, u32 width)
{
	char buf[DIGITS_MAX];
	char *at;

	if (!(value >> 32)) {
		w_u32(w, (u32)value, width);
		return;
	}
	at = digits_before_u64(buf + sizeof(buf), value);
	put_right(w, at, (u32)(buf + sizeof(buf) - at), width);
}

void w_hex(struct writer *w, u64 value, u32 digits)
{
	char buf[16];
	char *at = buf + sizeof(buf);

	do {
		*--at = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value);
	while ((u32)(buf + sizeof(buf) - at) < digits)
		*--at = '0';
	w_bytes(w, at, (u32)(buf + sizeof(buf) - at));
}

void w_printf(struct writer *w, const char *fmt, ...)
{
	char line[256];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	w_bytes(w, line, min_t(u32, (u32)len, sizeof(line) - 1));
}
