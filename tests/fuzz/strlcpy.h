/* For sources that want the kernel's own string.h: the host's C library has no strlcpy. */
#ifndef TESTS_FUZZ_STRLCPY_H
#define TESTS_FUZZ_STRLCPY_H

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static inline size_t strlcpy(char *restrict dst, const char *restrict src, size_t size)
{
	if (size)
		snprintf(dst, size, "%s", src);
	return strlen(src);
}

#endif
