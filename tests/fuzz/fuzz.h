/*
 * What the fuzz targets share.
 *
 * A target is one function, fuzz_one(): it reads its input, does what the kernel would do with it,
 * and calls fuzz_fail() where something must not be. Before each input all static data of the
 * kernel's sources and of the stand-ins is as it was at the start of the program (state.c).
 *
 * panic() is a good end, if its message is one that is documented: it names a subsystem and a value.
 * A failed BUG_ON, a sanitizer's report, an endless loop or any other panic is a finding.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "kernel/lib/types.h"

/* The target's own part. */
void fuzz_one(const u8 *data, size_t size);

/* Prints what is wrong and aborts: libFuzzer keeps the input. HOST_LOG=1 shows the log before it. */
__noreturn __printf_like(1, 2) void fuzz_fail(const char *fmt, ...);

/* Input that is read from the front; zero behind its end. */
struct fuzz_input {
	const u8 *at, *end;
};

u8 fuzz_u8(struct fuzz_input *in);
u16 fuzz_u16(struct fuzz_input *in);
u32 fuzz_u32(struct fuzz_input *in);
u64 fuzz_u64(struct fuzz_input *in);
static inline size_t fuzz_left(const struct fuzz_input *in)
{
	return (size_t)(in->end - in->at);
}

/* ---- boot.c ---- */

/*
 * Boots the machine that boot_info describes, from first_reservations to the last stage of memory
 * that the host can run, and checks what came out (=> cmdline_init has run): every frame of the loader's map in one use, the
 * kernel's own checks, no window left open, no stage unfinished. Ends by a panic or returns.
 *
 * `fill_ram`, if not NULL, is called when the arena is there, to put into it what firmware and the
 * loader leave: anywhere but in the image, [1 MiB, 2 MiB).
 */
void fuzz_boot(void (*fill_ram)(void));

/* The arena: RAM in [0, bytes), with a little of it filled with a pattern. */
void fuzz_ram(unsigned long bytes);

/* ---- state.c ---- */

/* Runs fn(data, size) on fresh static data; takes a documented panic for a good end. */
void fuzz_fresh(void);
void fuzz_run(const u8 *data, size_t size);

#endif
