/*
 * Sizes as people write them: 64M, 0x1000, 2g.
 */
#include "kernel/lib/memparse.h"

#include <stdlib.h>

u64 memparse(const char *s, const char **end)
{
	unsigned int shift = 0;
	char *stop = (char *)s;
	u64 value = 0;

	/* A size has no sign and no blanks in front. */
	if (*s >= '0' && *s <= '9')
		value = strtoull(s, &stop, 0);
	if (stop != s) {
		switch (*stop) {
		case 'G':
		case 'g': shift = 30; break;
		case 'M':
		case 'm': shift = 20; break;
		case 'K':
		case 'k': shift = 10; break;
		default: break;
		}
	}
	if (shift) {
		stop++;
		value = value > ~0ull >> shift ? ~0ull : value << shift;
	}
	if (end)
		*end = stop;
	return value;
}
