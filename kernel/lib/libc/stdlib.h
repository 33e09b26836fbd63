/*
 * The part of <stdlib.h> the kernel, lwIP and llhttp use. There is no malloc: see mm/slab.h.
 */
#ifndef KERNEL_LIBC_STDLIB_H
#define KERNEL_LIBC_STDLIB_H

#include <stddef.h>

/* Stops with a panic that names the caller's address. */
__attribute__((noreturn)) void abort(void);

/*
 * As in ISO C: optional white space, sign, and for base 0 or 16 a 0x prefix; base 0 takes the base
 * from the prefix. Where the value is too large the largest one of the type is returned; there is
 * no errno, so who must know compares with it.
 */
unsigned long strtoul(const char *restrict s, char **restrict end, int base);
unsigned long long strtoull(const char *restrict s, char **restrict end, int base);
long strtol(const char *restrict s, char **restrict end, int base);
int atoi(const char *s);

#endif
