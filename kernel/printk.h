/*
 * The kernel log: levels, the ring that /proc/kmsg serves, and the sinks that show lines at once.
 *
 * A call logs one line. It goes into the ring with a sequence number, a level and a time, and, if
 * loglevel= lets its level through, to every registered sink. A sink gets whole lines and shows
 *	[    0.001234] text
 * with the seconds since entry. A raw line carries no time: it starts at the first column, as the
 * fixed lines that scripts wait for must (`memscope: ready ...`). Newlines inside the text split it
 * into lines; a closing newline is optional and never makes an empty line.
 *
 * Usable from the first instruction of C: what is logged before a sink is registered is shown to
 * the sink when it registers. Never allocates; interrupt handlers do not log.
 */
#ifndef KERNEL_PRINTK_H
#define KERNEL_PRINTK_H

#include "kernel/lib/types.h"

enum log_level {
	LOGLEVEL_EMERG = 0,  /* the system stops */
	LOGLEVEL_ERR = 3,    /* something does not work */
	LOGLEVEL_WARN = 4,   /* something is odd, and was dealt with */
	LOGLEVEL_NOTICE = 5, /* fixed lines that others wait for */
	LOGLEVEL_INFO = 6,   /* what happens */
	LOGLEVEL_DEBUG = 7,  /* kept in the ring; shown with loglevel=8 */
};

/* Longest line in bytes, without the time; longer ones are split. */
#define LOG_LINE_MAX 480

/* Logs a formatted line at `level`. */
__printf_like(2, 3) void printk(enum log_level level, const char *fmt, ...);
__printf_like(2, 0) void vprintk(enum log_level level, const char *fmt, va_list args);

#define pr_emerg(...) printk(LOGLEVEL_EMERG, __VA_ARGS__)
#define pr_err(...) printk(LOGLEVEL_ERR, __VA_ARGS__)
#define pr_warn(...) printk(LOGLEVEL_WARN, __VA_ARGS__)
#define pr_notice(...) printk(LOGLEVEL_NOTICE, __VA_ARGS__)
#define pr_info(...) printk(LOGLEVEL_INFO, __VA_ARGS__)
#define pr_debug(...) printk(LOGLEVEL_DEBUG, __VA_ARGS__)

/* Logs a line that every sink shows at the start of a line, without a time, at any loglevel. */
__printf_like(1, 2) void printk_raw_line(const char *fmt, ...);

/* ---- Reading the log (/proc/kmsg) ---- */

/* One line of the log, as log_read_record() gives it. */
struct log_record {
	u64 seq;     /* number of the line since boot, from 0 */
	u64 time_us; /* microseconds since entry */
	enum log_level level;
	bool raw;	  /* printed without its time */
	unsigned int len; /* bytes of text */
	const char *text; /* in the ring: valid until the next printk; not NUL-terminated */
};

/* Sequence number of the oldest line still kept, and of the next one to be logged. */
u64 log_oldest_seq(void);
u64 log_next_seq(void);

/* Gives the line `seq`. Returns false if it is no longer, or not yet, there. */
bool log_read_record(u64 seq, struct log_record *record);

/*
 * Copies formatted lines "<level>[    0.001234] text\n" into buf, beginning with line *seq (or the
 * oldest one kept, if that is later), as many whole lines as fit. Moves *seq past them and returns
 * the bytes written, 0 at the end of the log. buf is not NUL-terminated. => size >= LOG_READ_MIN
 */
#define LOG_READ_MIN 512
size_t log_read(u64 *seq, char *buf, size_t size);

/* ---- Sinks ---- */

/* A place where lines are shown at once. The owner keeps the structure for good. */
struct log_sink {
	const char *name;
	/* Shows one formatted line, without a newline at its end. Must not log. */
	void (*line)(struct log_sink *sink, enum log_level level, const char *text, size_t len);
	/* False if it cannot take a line now: it gets it later. NULL: it always can. */
	bool (*ready)(struct log_sink *sink);
	struct log_sink *next; /* used by printk, as is what follows */
	u64 seq;	       /* of the next line to show */
};

/* Registers a sink and shows it every line kept so far. */
void log_register_sink(struct log_sink *sink);

/* Shows sinks that were not ready what they have missed. False if one still is not. */
bool log_catch_up(void);

/* loglevel=N (0 to 8): lines of level N and above are kept in the ring but not shown. Default 7. */
int parse_loglevel(const char *value);

#endif
