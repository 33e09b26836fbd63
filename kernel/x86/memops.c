/*
 * Copying and filling memory with the processor's string instructions.
 *
 * The long middle goes a word at a time with rep movsl and rep stosl, the last bytes singly. The
 * destination is not aligned first: the callers' large blocks are. The direction flag is clear
 * throughout the kernel (the i386 calling convention); memmove sets it for a moment.
 *
 * The compiler makes calls of these functions out of loops and assignments, so they are written
 * with the instructions themselves and cannot turn into calls of themselves.
 */
#include <string.h>

#include "kernel/lib/types.h"

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	void *d = dst;
	size_t words = n >> 2;

	__asm__ volatile("rep movsl\n\t"
			 "movl %3, %2\n\t"
			 "rep movsb"
			 : "+&D"(d), "+&S"(src), "+&c"(words)
			 : "r"(n & 3)
			 : "memory");
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	u8 *d = (u8 *)dst + n - 1;
	const u8 *s = (const u8 *)src + n - 1;

	/* A copy upward is right unless dst lies inside the source. */
	if ((unsigned long)dst - (unsigned long)src >= n)
		return memcpy(dst, src, n);
	__asm__ volatile("std; rep movsb; cld" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	void *d = dst;
	size_t words = n >> 2;

	__asm__ volatile("rep stosl\n\t"
			 "movl %2, %1\n\t"
			 "rep stosb"
			 : "+&D"(d), "+&c"(words)
			 : "r"(n & 3), "a"((u32)(u8)c * 0x01010101u)
			 : "memory");
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *p = a, *q = b;

	for (; n >= 4 && *(const u32 *)p == *(const u32 *)q; n -= 4) {
		p += 4;
		q += 4;
	}
	for (; n; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}
