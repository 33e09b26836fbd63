/*
 * What the host tests stand mm/ on. The sources under test are compiled unmodified; everything
 * below them is replaced here, and only here. The replacements are sorted by why they exist:
 *
 *   arena.c     because the host has no physical memory: an arena stands for RAM, and
 *               __va/__pa (mm/memlayout.h) follow it
 *   log.c       because there is no console, and because stopping must be observable: printk keeps
 *               its lines, panic and BUG jump back to the test that expects them
 *   x86.c       because user mode may not touch control registers, and because a test wants to
 *               choose the processor's features and see what was flushed
 *   kernel.c    because the rest of the kernel is not linked: time, phases, linker symbols
 *   cmdline.c   because options are kept by the rest of the kernel
 *   main.c      because mm/ keeps static state: each test runs in a process of its own, so every
 *               one of them starts with the state of a machine at power-on
 *
 * A test program:
 *
 *	static void test_something(void **state) { ... cmocka assertions ... }
 *
 *	HOST_MAIN(cmocka_unit_test(test_something), cmocka_unit_test(test_else))
 */
#ifndef TESTS_HOST_SUPPORT_HOST_H
#define TESTS_HOST_SUPPORT_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* cmocka.h wants the four headers above it. */
#include <cmocka.h>

#include "kernel/lib/types.h"
#include "kernel/system_state.h"
#include "kernel/x86/cpu.h"
#include "mm/memlayout.h"

/* ---- main.c ---- */

/* The seed of a random test: the environment's SEED=, or the usual one. Prints it; never 0. */
u32 host_seed(u32 usual);

/*
 * Runs each test in a child process. Returns the number of failed tests, as main() should. With a
 * test's name as the program's argument only that one runs, without a child: for the debugger.
 */
int host_run_tests(const char *program, const char *only, const struct CMUnitTest *tests,
		   size_t count);

#define HOST_MAIN(...)                                                           \
	int main(int argc, char **argv)                                          \
	{                                                                        \
		static const struct CMUnitTest tests[] = { __VA_ARGS__ };        \
                                                                                 \
		return host_run_tests(argv[0], argc > 1 ? argv[1] : NULL, tests, \
				      ARRAY_SIZE(tests));                        \
	}

/* ---- arena.c ---- */

/*
 * Makes an arena of `bytes` that stands for physical memory [0, bytes), with unmapped pages on
 * both sides. Up to host_ram_dirty_bytes of it are filled with a pattern, as real RAM is not zero
 * either; the rest is zero. An arena that was there is dropped.
 */
void host_ram_setup(unsigned long bytes);
void host_ram_drop(void);
extern unsigned long host_ram_dirty_bytes; /* HOST_RAM_DIRTY_BYTES unless a test sets it */
#define HOST_RAM_DIRTY_BYTES (64ul << 20)
#define HOST_RAM_DIRT 0xA5

#define HOST_RAM_BASE 0x60000000ul /* the same in every run; tests/host/rules.mk knows it too */

extern unsigned long host_ram_bytes;

/* ---- log.c ---- */

/* True if a line with this text was logged since the last host_log_clear(). */
bool host_log_has(const char *text);
void host_log_clear(void);
/* How many lines were logged with this text in them. */
unsigned host_log_count(const char *text);
/* Calls of WARN_ON that warned. */
extern unsigned host_warnings;

/*
 * Runs a statement that must end in panic, BUG or BUG_ON with `text` somewhere in the message;
 * fails the test if it returns or says something else. The statement must not contain return.
 */
#define EXPECT_PANIC(text, statement)                                                   \
	do {                                                                            \
		host_panic_armed = true;                                                \
		if (!setjmp(host_panic_jump)) {                                         \
			statement;                                                      \
			host_panic_armed = false;                                       \
			fail_msg("expected a panic with \"%s\", but it went on", text); \
		}                                                                       \
		if (!strstr(host_panic_text, text))                                     \
			fail_msg("expected a panic with \"%s\", got \"%s\"", text,      \
				 host_panic_text);                                      \
	} while (0)

extern jmp_buf host_panic_jump;
extern bool host_panic_armed;
extern char host_panic_text[512]; /* "subsystem: message" of the last one */

/* ---- cmdline.c ---- */

/* What cmdline_value() gives for an option; at most four. */
void host_cmdline_set(const char *name, const char *value);

/* ---- x86.c ---- */

/* Features of a processor as QEMU's qemu32 has them: PSE, PGE, no MTRR, a line of 64 bytes. */
void host_cpu_default(void);

extern unsigned long host_cr3, host_cr4;
extern unsigned host_flush_all_count; /* calls of __flush_tlb_all */
extern unsigned host_flush_one_count; /* calls of flush_tlb_one */
extern unsigned long host_flush_one_last;

/* What rdmsr gives: a test fills the table; an MSR that is not in it fails the test. */
struct host_msr {
	u32 msr;
	u64 value;
};
extern struct host_msr host_msrs[32];
extern unsigned host_msr_count;

/* ---- kernel.c ---- */

/* What cycles_now() returns; rises by one with each call. A thousand are a millisecond. */
extern u64 host_cycles;

/* ---- job.c ---- */

/* One step of each job that runs. False: there is none. */
bool host_step_jobs(void);

/*
 * A stand-in for the kernel image: physical [1 MiB, 2 MiB) of the arena. tests/host/rules.mk gives
 * the section symbols (_text, __init_begin, swapper_pg_dir ...) addresses in it.
 */
#define HOST_IMAGE_START 0x100000ul
#define HOST_IMAGE_END 0x200000ul

#endif
