/*
 * The log ring, filled far beyond its size with lines of random length: what is kept must be the
 * newest lines, whole, in order, with their numbers, whether read record by record or as text.
 */
#include "support/host.h"

#define printk ring_printk
#define vprintk ring_vprintk
#define printk_raw_line ring_raw_line
#undef stderr
#define stderr ring_stderr
#define fprintf ring_fprintf
#define panic_in_progress ring_panicking
#define cycles_at_entry ring_entry
#define cycles_to_us ring_us
#include "kernel/printk.c"
#undef fprintf

bool ring_panicking(void)
{
	return false;
}

u64 ring_entry(void)
{
	return 0;
}

u64 ring_us(u64 cycles)
{
	return cycles;
}

static u32 seed = 99;

static u32 rnd(u32 below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Line n is "n:" and then n % 97 .. of filler that depends on n only. */
static u32 make_line(char *buf, u64 n)
{
	u32 len = (u32)(n * 7919 % (LOG_LINE_MAX - 12)), at;

	at = (u32)sprintf(buf, "%llu:", (unsigned long long)n);
	for (u32 i = 0; i < len; i++)
		buf[at + i] = (char)('a' + (n + i) % 26);
	buf[at + len] = '\0';
	return at + len;
}

static void check_ring(void)
{
	char want[LOG_LINE_MAX + 1];
	struct log_record r;
	u64 kept = 0;

	for (u64 seq = log_oldest_seq(); seq < log_next_seq(); seq++) {
		assert_true(log_read_record(seq, &r));
		assert_int_equal(r.len, make_line(want, seq));
		assert_memory_equal(r.text, want, r.len);
		kept += r.len;
	}
	assert_false(log_read_record(log_next_seq(), &r));
	if (log_oldest_seq())
		assert_false(log_read_record(log_oldest_seq() - 1, &r));
	/* no more than a few lines' room is ever wasted */
	if (log_oldest_seq() > 0)
		assert_true(kept > RING_SIZE * 3 / 4);
}

static void test_ring(void **state)
{
	char line[LOG_LINE_MAX + 1];

	(void)state;
	for (u64 n = 0; n < 6000; n++) {
		make_line(line, n);
		pr_info("%s", line);
		if (n % 13 == 0)
			check_ring();
		if (rnd(3) == 0) {
			/* jumping about must not confuse the reader's cursor */
			struct log_record r;
			u64 kept = log_next_seq() - log_oldest_seq();
			u64 seq = log_oldest_seq() + rnd((u32)kept);

			assert_true(log_read_record(seq, &r));
			assert_int_equal(r.len, make_line(line, seq));
		}
	}
	assert_true(log_next_seq() == 6000);
	assert_true(log_oldest_seq() > 5000);
}

static void test_text(void **state)
{
	static char text[2 * RING_SIZE];
	char line[LOG_LINE_MAX + 1], want[LOG_LINE_MAX + 40];
	size_t used = 0, n, total = 0;
	const char *p = text;
	u64 seq = 0, first;

	(void)state;
	for (u64 i = 0; i < 1000; i++) {
		make_line(line, i);
		pr_info("%s", line);
	}
	first = log_oldest_seq();
	/* read in pieces of odd sizes */
	while ((n = log_read(&seq, text + used, 600 + rnd(3000))) > 0)
		used += n;
	assert_true(seq == log_next_seq());
	for (u64 i = first; i < 1000; i++) {
		const char *text_at = strchr(p, ']');

		assert_memory_equal(p, "<6>[", 4);
		assert_non_null(text_at);
		n = make_line(want, i);
		assert_memory_equal(text_at + 2, want, n);
		assert_int_equal(text_at[2 + n], '\n');
		total = (size_t)(text_at + 3 + n - text);
		p = text + total;
	}
	assert_int_equal(total, used);
}

static char shown[4096];

static void sink_line(struct log_sink *sink, enum log_level level, const char *text, size_t len)
{
	(void)sink;
	(void)level;
	strncat(shown, text, len);
	strcat(shown, "|");
}

static void test_sinks(void **state)
{
	static struct log_sink sink = { .name = "test", .line = sink_line };
	char longer[LOG_LINE_MAX + 11];

	(void)state;
	host_cycles = 0;
	pr_info("before");
	log_register_sink(&sink);
	pr_debug("not shown");
	ring_raw_line("memscope: ready %d", 5);
	pr_warn("two\nlines\n");
	assert_string_equal(shown, "[    0.000000] before|memscope: ready 5|"
				   "[    0.000003] two|[    0.000004] lines|");
	assert_true(log_next_seq() == 5);
	assert_int_equal(parse_loglevel("4"), 0);
	shown[0] = '\0';
	pr_warn("not shown");
	pr_err("shown");
	ring_raw_line("raw");
	assert_string_equal(shown, "[    0.000006] shown|raw|");
	assert_int_equal(parse_loglevel(""), -EINVAL);
	assert_int_equal(parse_loglevel("9"), -EINVAL);
	assert_int_equal(parse_loglevel("7x"), -EINVAL);
	/* a line too long for the ring is split, not cut */
	memset(longer, 'q', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	pr_err("%s", longer);
	assert_true(log_next_seq() == 10);
}

static bool sink_is_ready;

static bool sink_ready(struct log_sink *sink)
{
	(void)sink;
	return sink_is_ready;
}

/* A sink that is not ready gets its lines later, in order, and never the same one twice. */
static void test_slow_sink(void **state)
{
	static struct log_sink sink = { .name = "slow", .line = sink_line, .ready = sink_ready };

	(void)state;
	host_cycles = 0;
	ring_raw_line("one");
	log_register_sink(&sink);
	ring_raw_line("two");
	assert_string_equal(shown, "");
	assert_false(log_catch_up());
	sink_is_ready = true;
	assert_true(log_catch_up());
	assert_string_equal(shown, "one|two|");
	assert_true(log_catch_up());
	assert_string_equal(shown, "one|two|");
	sink_is_ready = false;
	ring_raw_line("three");
	sink_is_ready = true;
	ring_raw_line("four");
	assert_string_equal(shown, "one|two|three|four|");
	/* What the ring has dropped meanwhile is passed over. */
	sink_is_ready = false;
	shown[0] = '\0';
	ring_raw_line("dropped");
	for (u32 i = 0; i < 100000; i++)
		pr_debug("not shown");
	sink_is_ready = true;
	ring_raw_line("five");
	assert_string_equal(shown, "five|");
}

HOST_MAIN(cmocka_unit_test(test_ring), cmocka_unit_test(test_text), cmocka_unit_test(test_sinks),
	  cmocka_unit_test(test_slow_sink))
