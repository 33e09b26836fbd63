/*
 * The kernel log (see printk.h).
 *
 * The ring is a byte array. A record is a header and its text, rounded up to eight bytes, and lies
 * in one piece: where the room up to the array's end does not suffice, a header with len SKIP (or
 * too little room for one) sends the reader back to the start.
 *
 *	0          tail           head                    RING_SIZE
 *	[records   )   free       [oldest records ... SKIP)
 *
 * A new record overwrites the oldest ones it needs the room of. Records keep cycles, not times:
 * converting is the reader's work.
 *
 * Invariant: oldest_seq <= next_seq; walking from head meets exactly those records, in order.
 */
#include "kernel/printk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/time.h"

#define RING_SIZE 65536u
#define SKIP 0xffffu

struct rec_header {
	u64 cycles;
	u16 len; /* bytes of text, or SKIP */
	u8 level;
	u8 raw;
	u32 reserved;
};

static u8 ring[RING_SIZE] __aligned(8);
static u32 head, tail;		 /* oldest record; where the next one goes */
static u64 oldest_seq, next_seq; /* equal: the ring is empty */
static u64 cursor_seq;		 /* the reader's last position ... */
static u32 cursor_pos;		 /* ... and where it lies, valid while cursor_seq >= oldest_seq */

static struct log_sink *sinks;
static int show_below = LOGLEVEL_DEBUG; /* levels less than this are shown */

static struct rec_header *rec_at(u32 pos)
{
	return (struct rec_header *)(ring + pos);
}

static u32 rec_size(u32 len)
{
	return round_up((u32)sizeof(struct rec_header) + len, 8u);
}

/* Where the record at or after `pos` really is: follows SKIP and the end of the array. */
static u32 rec_settle(u32 pos)
{
	if (RING_SIZE - pos < sizeof(struct rec_header) || rec_at(pos)->len == SKIP)
		return 0;
	return pos;
}

static u32 rec_next(u32 pos)
{
	return pos + rec_size(rec_at(pos)->len);
}

static void drop_oldest(void)
{
	head = rec_next(rec_settle(head));
	oldest_seq++;
	if (oldest_seq == next_seq)
		head = tail = 0;
}

/* Makes room for `size` bytes in one piece at tail. */
static void make_room(u32 size)
{
	for (;;) {
		bool wrapped = oldest_seq != next_seq && tail <= head;

		if (wrapped) {
			if (head - tail >= size)
				return;
			drop_oldest();
		} else if (RING_SIZE - tail >= size) {
			return;
		} else {
			if (RING_SIZE - tail >= sizeof(struct rec_header))
				rec_at(tail)->len = SKIP;
			/* Now wrapped; if the oldest record is the first one, the ring is full. */
			tail = 0;
		}
	}
}

static void store_line(enum log_level level, bool raw, const char *text, u32 len)
{
	u32 size = rec_size(len);
	struct rec_header *rec;

	make_room(size);
	rec = rec_at(tail);
	*rec = (struct rec_header){ cycles_now(), (u16)len, (u8)level, raw, 0 };
	memcpy(rec + 1, text, len);
	tail += size;
	next_seq++;
}

u64 log_oldest_seq(void)
{
	return oldest_seq;
}

u64 log_next_seq(void)
{
	return next_seq;
}

bool log_read_record(u64 seq, struct log_record *record)
{
	const struct rec_header *rec;

	if (seq < oldest_seq || seq >= next_seq)
		return false;
	if (cursor_seq < oldest_seq || cursor_seq > seq) {
		cursor_seq = oldest_seq;
		cursor_pos = head;
	}
	for (; cursor_seq < seq; cursor_seq++)
		cursor_pos = rec_next(rec_settle(cursor_pos));
	cursor_pos = rec_settle(cursor_pos);
	rec = rec_at(cursor_pos);
	*record = (struct log_record){
		.seq = seq,
		.time_us = cycles_to_us(rec->cycles - cycles_at_entry()),
		.level = rec->level,
		.raw = rec->raw,
		.len = rec->len,
		.text = (const char *)(rec + 1),
	};
	return true;
}

/* "[    0.001234] " with its NUL, and room for more seconds than a machine will see. */
#define TIME_MAX 24

/* The time before the text of a record; nothing for a raw one. Returns its length. */
static size_t format_time(const struct log_record *r, char *buf)
{
	if (r->raw)
		return 0;
	return (size_t)snprintf(buf, TIME_MAX, "[%5u.%06u] ", (u32)(r->time_us / 1000000),
				(u32)(r->time_us % 1000000));
}

/* The whole line; => buf has TIME_MAX + LOG_LINE_MAX bytes. Returns its length, without a NUL. */
static size_t format_record(const struct log_record *r, char *buf)
{
	size_t n = format_time(r, buf);

	memcpy(buf + n, r->text, r->len);
	return n + r->len;
}

size_t log_read(u64 *seq, char *buf, size_t size)
{
	struct log_record r;
	size_t used = 0;

	BUILD_BUG_ON(3 + TIME_MAX + LOG_LINE_MAX + 1 > LOG_READ_MIN);
	BUG_ON(size < LOG_READ_MIN);
	if (*seq < oldest_seq)
		*seq = oldest_seq;
	while (log_read_record(*seq, &r)) {
		char line[3 + TIME_MAX + LOG_LINE_MAX + 1];
		size_t n;

		line[0] = '<';
		line[1] = (char)('0' + r.level);
		line[2] = '>';
		r.raw = false;
		n = 3 + format_record(&r, line + 3);
		line[n++] = '\n';
		if (n > size - used)
			break;
		memcpy(buf + used, line, n);
		used += n;
		(*seq)++;
	}
	return used;
}

static bool level_shown(const struct log_record *r)
{
	return r->raw || (int)r->level < show_below || panic_in_progress();
}

static void show_record(struct log_sink *sink, const struct log_record *r)
{
	char line[TIME_MAX + LOG_LINE_MAX];

	if (level_shown(r))
		sink->line(sink, r->level, line, format_record(r, line));
}

/* Shows what the sink has not shown yet, as long as it is ready. What the ring lost, it lost too. */
static bool feed(struct log_sink *sink)
{
	struct log_record r;

	sink->seq = max(sink->seq, oldest_seq);
	for (; log_read_record(sink->seq, &r); sink->seq++) {
		if (sink->ready && !sink->ready(sink))
			return false;
		show_record(sink, &r);
	}
	return true;
}

bool log_catch_up(void)
{
	bool all = true;

	for (struct log_sink *s = sinks; s; s = s->next)
		all &= feed(s);
	return all;
}

static void log_line(enum log_level level, bool raw, const char *text, u32 len)
{
	store_line(level, raw, text, len);
	log_catch_up();
}

/* Splits at newlines and at LOG_LINE_MAX. */
static void log_text(enum log_level level, bool raw, const char *text)
{
	do {
		u32 n = 0;

		while (n < LOG_LINE_MAX && text[n] && text[n] != '\n')
			n++;
		log_line(level, raw, text, n);
		text += n;
		if (*text == '\n')
			text++;
	} while (*text);
}

void vprintk(enum log_level level, const char *fmt, va_list args)
{
	static char buf[2 * LOG_LINE_MAX];

	vsnprintf(buf, sizeof(buf), fmt, args);
	log_text(level, false, buf);
}

void printk(enum log_level level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintk(level, fmt, args);
	va_end(args);
}

void printk_raw_line(const char *fmt, ...)
{
	static char buf[2 * LOG_LINE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	log_text(LOGLEVEL_NOTICE, true, buf);
}

void log_register_sink(struct log_sink *sink)
{
	sink->seq = oldest_seq;
	feed(sink);
	sink->next = sinks;
	sinks = sink;
}

int parse_loglevel(const char *value)
{
	char *end;
	unsigned long level = strtoul(value, &end, 10);

	if (end == value || *end || level > LOGLEVEL_DEBUG + 1)
		return -EINVAL;
	show_below = (int)level;
	return 0;
}

/* What foreign code prints to stderr; see libc/stdio.h. */
FILE *const stderr;

int fprintf(FILE *restrict stream, const char *restrict fmt, ...)
{
	char buf[LOG_LINE_MAX];
	va_list args;
	int n;

	(void)stream;
	va_start(args, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	pr_warn("%s", buf);
	return n;
}
