/*
 * Formatting (see libc/stdio.h).
 *
 * One pass over the format. Every piece goes through emit(), which counts what the whole text
 * needs and stores what fits. A number is turned into digits from its low end in a buffer on the
 * stack, then laid out as
 *
 *	[spaces] [sign or 0x] [zeros of precision or of the 0 flag] [digits] [spaces]
 *
 * 64-bit values are divided 32 bits at a time: no library division is needed for base 10. long,
 * size_t and int are all 32 bits wide here, so only hh, h and ll change how an argument is read.
 */
#include <stdio.h>

#include <string.h>

#include "kernel/lib/types.h"

#define NEAR_ZEROS 32 /* so many are put before the digits themselves */

struct out {
	char *p;     /* where the next character goes */
	char *end;   /* where the closing NUL goes at the latest */
	size_t lost; /* characters that did not fit */
};

enum { F_LEFT = 1, F_ZERO = 2, F_PLUS = 4, F_SPACE = 8, F_ALT = 16 };

struct spec {
	unsigned int flags;
	int width;
	int precision; /* -1: none given */
	char length;   /* 'H' for hh, 'h', 'l', 'L' for ll and j, 'z' for z and t, 0 */
	char conv;
};

static void emit(struct out *o, const char *s, size_t n)
{
	size_t room = (size_t)(o->end - o->p);

	if (n > room) {
		o->lost += n - room;
		n = room;
	}
	if (n > 16) {
		memcpy(o->p, s, n);
		o->p += n;
		return;
	}
	for (; n; n--)
		*o->p++ = *s++;
}

static void emit_repeated(struct out *o, char c, int n)
{
	for (; n > 0; n--)
		emit(o, &c, 1);
}

/* Divides *v by 10 in place and returns the rest: long division in base 2^16 below the top. */
static unsigned int div10(u64 *v)
{
	u32 hi = (u32)(*v >> 32), lo = (u32)*v;
	u32 mid = (hi % 10) << 16 | lo >> 16;
	u32 low = (mid % 10) << 16 | (lo & 0xffff);

	*v = (u64)(hi / 10) << 32 | (mid / 10) << 16 | low / 10;
	return low % 10;
}

/*
 * Writes the digits of v, the last one at end[-1]; returns where they begin. Nothing for 0. shift
 * is 4 or 3 for base 16 or 8, and 0 for base 10. Most values fit 32 bits.
 */
static char *digits_of(char *end, u64 v, unsigned int shift, const char *set)
{
	unsigned int mask = (1u << shift) - 1;
	u32 low;

	for (; v >> 32; v = shift ? v >> shift : v)
		*--end = shift ? set[v & mask] : set[div10(&v)];
	low = (u32)v;
	if (shift) {
		for (; low; low >>= shift)
			*--end = set[low & mask];
	} else {
		for (; low; low /= 10)
			*--end = set[low % 10];
	}
	return end;
}

static void emit_number(struct out *o, const struct spec *s, u64 v, bool negative)
{
	const char *set = s->conv == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	unsigned int shift = s->conv == 'o' ? 3 : s->conv == 'd' || s->conv == 'u' ? 0 : 4;
	char digits[64], prefix[3];
	char *end = digits + sizeof(digits), *first = digits_of(end, v, shift, set);
	int count = (int)(end - first), zeros, pad;
	int prefix_len = 0;

	if (s->conv == 'd') {
		if (negative)
			prefix[prefix_len++] = '-';
		else if (s->flags & (F_PLUS | F_SPACE))
			prefix[prefix_len++] = s->flags & F_PLUS ? '+' : ' ';
	} else if (s->flags & F_ALT && shift == 4 && v) {
		prefix[prefix_len++] = '0';
		prefix[prefix_len++] = s->conv;
	}
	zeros = (s->precision >= 0 ? s->precision : 1) - count;
	if (zeros < 0)
		zeros = 0;
	if (s->flags & F_ALT && shift == 3 && !zeros)
		zeros = 1;
	pad = s->width - prefix_len - zeros - count;
	if (s->flags & F_ZERO && !(s->flags & F_LEFT) && s->precision < 0 && pad > 0) {
		zeros += pad;
		pad = 0;
	}
	if (!(s->flags & F_LEFT))
		emit_repeated(o, ' ', pad);
	if (zeros <= NEAR_ZEROS) { /* in front of the digits: one piece */
		while (zeros > 0) {
			*--first = '0';
			zeros--;
		}
		while (prefix_len > 0)
			*--first = prefix[--prefix_len];
	} else {
		emit(o, prefix, (size_t)prefix_len);
		emit_repeated(o, '0', zeros);
	}
	emit(o, first, (size_t)(end - first));
	if (s->flags & F_LEFT)
		emit_repeated(o, ' ', pad);
}

static void emit_text(struct out *o, const struct spec *s, const char *text, size_t len)
{
	int pad = s->width > (int)len ? s->width - (int)len : 0;

	if (!(s->flags & F_LEFT))
		emit_repeated(o, ' ', pad);
	emit(o, text, len);
	if (s->flags & F_LEFT)
		emit_repeated(o, ' ', pad);
}

static unsigned int parse_flags(const char **fmt)
{
	unsigned int flags = 0;

	for (;; (*fmt)++) {
		switch (**fmt) {
		case '-': flags |= F_LEFT; break;
		case '0': flags |= F_ZERO; break;
		case '+': flags |= F_PLUS; break;
		case ' ': flags |= F_SPACE; break;
		case '#': flags |= F_ALT; break;
		default: return flags;
		}
	}
}

static int parse_int(const char **fmt)
{
	int n = 0;

	for (; **fmt >= '0' && **fmt <= '9'; (*fmt)++)
		n = n * 10 + (**fmt - '0');
	return n;
}

static char parse_length(const char **fmt)
{
	char c = **fmt;

	if (c == 'h' || c == 'l') {
		(*fmt)++;
		if (**fmt == c) {
			(*fmt)++;
			return c == 'h' ? 'H' : 'L';
		}
		return c;
	}
	if (c == 'z' || c == 't') {
		(*fmt)++;
		return 'z';
	}
	if (c == 'j') {
		(*fmt)++;
		return 'L';
	}
	return 0;
}

/* The next integer argument, widened; *negative says that the value is below zero. */
static u64 next_integer(const struct spec *s, va_list *args, bool *negative)
{
	bool is_signed = s->conv == 'd';
	s64 v;

	*negative = false;
	if (s->length == 'L')
		v = va_arg(*args, s64);
	else if (is_signed)
		v = va_arg(*args, int);
	else
		v = va_arg(*args, unsigned int);
	if (s->length == 'h')
		v = is_signed ? (s16)v : (u16)v;
	else if (s->length == 'H')
		v = is_signed ? (s8)v : (u8)v;
	if (is_signed && v < 0) {
		*negative = true;
		return -(u64)v;
	}
	return (u64)v;
}

static void emit_conversion(struct out *o, struct spec *s, va_list *args)
{
	const char *text;
	bool negative;
	char c;
	u64 v;

	switch (s->conv) {
	case 'c':
		c = (char)va_arg(*args, int);
		emit_text(o, s, &c, 1);
		break;
	case 's':
		text = va_arg(*args, const char *);
		if (!text)
			text = "(null)";
		emit_text(o, s, text,
			  s->precision >= 0 ? strnlen(text, (size_t)s->precision) : strlen(text));
		break;
	case 'p':
		s->conv = 'x';
		s->flags |= F_ALT;
		emit_number(o, s, (unsigned long)va_arg(*args, void *), false);
		break;
	default: v = next_integer(s, args, &negative); emit_number(o, s, v, negative);
	}
}

/* A width or precision: digits, or an argument for '*'. */
static int parse_count(const char **fmt, va_list *args)
{
	if (**fmt == '*') {
		(*fmt)++;
		return va_arg(*args, int);
	}
	return parse_int(fmt);
}

/* True for the letters that emit_conversion() knows. */
static bool is_conversion(char c)
{
	switch (c) {
	case 'd':
	case 'u':
	case 'o':
	case 'x':
	case 'X':
	case 'c':
	case 's':
	case 'p': return true;
	default: return false;
	}
}

/* Reads what follows a '%', up to and with the conversion letter. */
static struct spec parse_spec(const char **fmt, va_list *args)
{
	struct spec s = { .precision = -1, .conv = **fmt };

	if (is_conversion(s.conv)) { /* most have nothing in between */
		(*fmt)++;
		return s;
	}
	s.flags = parse_flags(fmt);
	s.width = parse_count(fmt, args);
	if (s.width < 0) {
		s.flags |= F_LEFT;
		s.width = -s.width;
	}
	if (**fmt == '.') {
		(*fmt)++;
		s.precision = parse_count(fmt, args);
	}
	s.length = parse_length(fmt);
	s.conv = **fmt == 'i' ? 'd' : **fmt;
	if (**fmt)
		(*fmt)++;
	return s;
}

/* Copies what stands before the next '%' or the end of the format; returns where that is. */
static const char *emit_literal(struct out *o, const char *fmt)
{
	char *dst = o->p;
	char c;

	for (; (c = *fmt) && c != '%' && dst < o->end; fmt++)
		*dst++ = c;
	o->p = dst;
	for (; (c = *fmt) && c != '%'; fmt++)
		o->lost++;
	return fmt;
}

int vsnprintf(char *restrict buf, size_t size, const char *restrict fmt, va_list args)
{
	struct out o = { buf, size ? buf + size - 1 : buf, 0 };
	const char *p = fmt;
	va_list ap;

	va_copy(ap, args);
	while (*(p = emit_literal(&o, p))) {
		const char *start = p++;
		struct spec s = parse_spec(&p, &ap);

		if (s.conv == '%')
			emit(&o, "%", 1);
		else if (is_conversion(s.conv))
			emit_conversion(&o, &s, &ap);
		else
			emit(&o, start, (size_t)(p - start));
	}
	va_end(ap);
	if (size)
		*o.p = '\0';
	return (int)((size_t)(o.p - buf) + o.lost);
}

int snprintf(char *restrict buf, size_t size, const char *restrict fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return n;
}
