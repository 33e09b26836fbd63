/*
 * The third tier of error: what stops the system, and assertions about what cannot be.
 *
 * - A caller can handle it: return a negative errno or NULL.
 * - An invariant is broken: BUG_ON(condition).
 * - Boot or operation cannot go on: panic("subsystem", "message naming the value").
 *
 * Every one of them ends in the line
 *	memscope: panic: SUBSYSTEM: MESSAGE
 * at the start of a line on serial and VGA, followed by details and a symbolised backtrace. Then
 * the processor halts, or, with `debug_exit`, QEMU is told to end (port 0xF4 gets 1: status 3).
 *
 * Host tests compile this header as it is and supply panic, bug_at and warn_at themselves.
 */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include "kernel/lib/types.h"

__printf_like(2, 3) __noreturn __cold void panic(const char *subsystem, const char *fmt, ...);

/* What BUG and WARN_ON expand to. `where` is "file:line", `what` the condition's text. */
__noreturn __cold void bug_at(const char *where, const char *what);
__cold void warn_at(const char *where, const char *what);

#define PANIC_STR_(x) #x
#define PANIC_STR(x) PANIC_STR_(x)
#define PANIC_WHERE __FILE__ ":" PANIC_STR(__LINE__)

/* Control can not get here. */
#define BUG() bug_at(PANIC_WHERE, "BUG()")

/* Panics with file, line and condition if `cond` is true. */
#define BUG_ON(cond)                                \
	do {                                        \
		if (unlikely(cond))                 \
			bug_at(PANIC_WHERE, #cond); \
	} while (0)

/* Logs file, line and condition, with a backtrace, each time `cond` is true; returns it. */
#define WARN_ON(cond)                                \
	({                                           \
		bool warn_on_ = !!(cond);            \
		if (unlikely(warn_on_))              \
			warn_at(PANIC_WHERE, #cond); \
		warn_on_;                            \
	})

/* Logs the calls that led to the frame at `ebp`, each as symbol+offset/size. */
void show_backtrace(unsigned long ebp);

/* True once panic has begun: sinks then show every level, and nothing waits any more. */
bool panic_in_progress(void);

#endif
