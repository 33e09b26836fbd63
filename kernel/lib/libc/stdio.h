/*
 * Formatting into memory, and the one stream that foreign code may name.
 *
 * snprintf and vsnprintf have the standard's meaning for
 *	%d %i %u %o %x %X %c %s %p %%, lengths hh h l ll z t j, flags - 0 + space #,
 *	width and precision (also as *).
 * There is no floating point and no %n: either is printed as it stands in the format.
 */
#ifndef KERNEL_LIBC_STDIO_H
#define KERNEL_LIBC_STDIO_H

#include <stdarg.h>
#include <stddef.h>

/* What a FILE is here: a log level. llhttp's debug path and lwIP's diagnostics write to stderr. */
typedef struct kernel_stream FILE;
extern FILE *const stderr;

/*
 * Formats into buf, at most size bytes with the closing NUL. Returns the length the whole text
 * would have, without the NUL; a result >= size means that it was cut. size 0 writes nothing.
 */
__attribute__((format(printf, 3, 4))) int snprintf(char *restrict buf, size_t size,
						   const char *restrict fmt, ...);
__attribute__((format(printf, 3, 0))) int vsnprintf(char *restrict buf, size_t size,
						    const char *restrict fmt, va_list args);

/* Writes to the kernel log as a warning, whatever the stream. Returns the text's length. */
__attribute__((format(printf, 2, 3))) int fprintf(FILE *restrict stream, const char *restrict fmt,
						  ...);

#endif
