/*
 * Numbers from strings (see libc/stdlib.h). abort() is in kernel/panic.c.
 */
#include <stdlib.h>

#include <limits.h>

#include "kernel/lib/types.h"

/* The value of a digit in any base up to 36; 36 if c is none. */
static unsigned int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'z')
		return (unsigned int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'Z')
		return (unsigned int)(c - 'A') + 10;
	return 36;
}

struct number {
	unsigned long long value;
	bool negative; /* a minus sign was there */
	bool overflow; /* the value did not fit; it is ULLONG_MAX then */
};

/* The common part: white space, sign, prefix, digits. *end is s if there was no number. */
static struct number scan_number(const char *s, char **end, int base)
{
	struct number n = { 0, false, false };
	const char *p = s, *stop = s;
	unsigned int d;

	while (*p == ' ' || (*p >= '\t' && *p <= '\r'))
		p++;
	if (*p == '+' || *p == '-')
		n.negative = *p++ == '-';
	if ((base == 0 || base == 16) && p[0] == '0' && (p[1] == 'x' || p[1] == 'X') &&
	    digit_value(p[2]) < 16) {
		p += 2;
		base = 16;
	} else if (base == 0) {
		base = *p == '0' ? 8 : 10;
	}
	for (; (d = digit_value(*p)) < (unsigned int)base; p++) {
		if (__builtin_mul_overflow(n.value, (unsigned int)base, &n.value) ||
		    __builtin_add_overflow(n.value, d, &n.value))
			n.overflow = true;
		stop = p + 1;
	}
	if (n.overflow)
		n.value = ULLONG_MAX;
	if (end)
		*end = (char *)stop;
	return n;
}

unsigned long long strtoull(const char *restrict s, char **restrict end, int base)
{
	struct number n = scan_number(s, end, base);

	return n.negative && !n.overflow ? -n.value : n.value;
}

unsigned long strtoul(const char *restrict s, char **restrict end, int base)
{
	struct number n = scan_number(s, end, base);

	if (n.value > ULONG_MAX)
		return ULONG_MAX;
	return n.negative ? -(unsigned long)n.value : (unsigned long)n.value;
}

long strtol(const char *restrict s, char **restrict end, int base)
{
	struct number n = scan_number(s, end, base);

	if (n.value > (unsigned long)LONG_MAX)
		return n.negative ? LONG_MIN : LONG_MAX;
	return n.negative ? -(long)n.value : (long)n.value;
}

int atoi(const char *s)
{
	return (int)strtol(s, NULL, 10);
}
