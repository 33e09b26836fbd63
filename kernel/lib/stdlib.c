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

/*
 * The common part: white space, sign, prefix, digits. *value saturates at ULLONG_MAX. Returns
 * whether a minus sign was there; *end is s if there was no number.
 */
static bool scan_number(const char *s, const char **end, int base, unsigned long long *value)
{
	const char *p = s;
	bool negative = false, overflow = false;
	unsigned long long v = 0;
	unsigned int d;

	*end = s;
	*value = 0;
	while (*p == ' ' || (*p >= '\t' && *p <= '\r'))
		p++;
	if (*p == '+' || *p == '-')
		negative = *p++ == '-';
	if ((base == 0 || base == 16) && p[0] == '0' && (p[1] == 'x' || p[1] == 'X') &&
	    digit_value(p[2]) < 16) {
		p += 2;
		base = 16;
	} else if (base == 0) {
		base = *p == '0' ? 8 : 10;
	}
	for (; (d = digit_value(*p)) < (unsigned int)base; p++) {
		if (__builtin_mul_overflow(v, (unsigned int)base, &v) ||
		    __builtin_add_overflow(v, d, &v))
			overflow = true;
		*end = p + 1;
	}
	*value = overflow ? ULLONG_MAX : v;
	return negative && !overflow;
}

unsigned long long strtoull(const char *restrict s, char **restrict end, int base)
{
	unsigned long long v;
	const char *stop;
	bool negative = scan_number(s, &stop, base, &v);

	if (end)
		*end = (char *)stop;
	return negative ? -v : v;
}

unsigned long strtoul(const char *restrict s, char **restrict end, int base)
{
	unsigned long long v;
	const char *stop;
	bool negative = scan_number(s, &stop, base, &v);

	if (end)
		*end = (char *)stop;
	if (v > ULONG_MAX)
		return ULONG_MAX;
	return negative ? -(unsigned long)v : (unsigned long)v;
}

long strtol(const char *restrict s, char **restrict end, int base)
{
	unsigned long long v;
	const char *stop;
	bool negative = scan_number(s, &stop, base, &v);

	if (end)
		*end = (char *)stop;
	if (negative)
		return v > (unsigned long)LONG_MAX ? LONG_MIN : -(long)v;
	return v > (unsigned long)LONG_MAX ? LONG_MAX : (long)v;
}

int atoi(const char *s)
{
	return (int)strtol(s, NULL, 10);
}
