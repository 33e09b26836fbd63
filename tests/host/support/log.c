/*
 * printk, panic and BUG for the host. Lines are kept for the test to look at, and shown only with
 * HOST_LOG=1 in the environment. A panic jumps to the test that armed it with EXPECT_PANIC; any
 * other one fails the test.
 */
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "support/host.h"

jmp_buf host_panic_jump;
bool host_panic_armed;
char host_panic_text[512];
unsigned host_warnings;

static char log_text[1 << 18];
static size_t log_len;

static void keep(const char *line)
{
	size_t len = strlen(line);

	if (getenv("HOST_LOG"))
		fprintf(stdout, "%s\n", line);
	if (log_len + len + 2 > sizeof(log_text))
		log_len = 0; /* a test of that many lines looks at the last ones */
	memcpy(log_text + log_len, line, len);
	log_len += len;
	log_text[log_len++] = '\n';
	log_text[log_len] = '\0';
}

void vprintk(enum log_level level, const char *fmt, va_list args)
{
	char line[1024];

	(void)level;
	vsnprintf(line, sizeof(line), fmt, args);
	keep(line);
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
	va_list args;

	va_start(args, fmt);
	vprintk(LOGLEVEL_NOTICE, fmt, args);
	va_end(args);
}

unsigned host_log_count(const char *text)
{
	unsigned n = 0;
	const char *p = log_text;

	while (log_len && (p = strstr(p, text))) {
		n++;
		p = strchr(p, '\n');
		if (!p)
			break;
	}
	return n;
}

bool host_log_has(const char *text)
{
	return host_log_count(text) != 0;
}

void host_log_clear(void)
{
	log_len = 0;
	log_text[0] = '\0';
}

static __noreturn void stop(void)
{
	if (host_panic_armed) {
		host_panic_armed = false;
		longjmp(host_panic_jump, 1);
	}
	fprintf(stderr, "unexpected panic: %s\n", host_panic_text);
	fail_msg("unexpected panic: %s", host_panic_text);
	abort();
}

void panic(const char *subsystem, const char *fmt, ...)
{
	int n = snprintf(host_panic_text, sizeof(host_panic_text), "%s: ", subsystem);
	va_list args;

	va_start(args, fmt);
	vsnprintf(host_panic_text + n, sizeof(host_panic_text) - (size_t)n, fmt, args);
	va_end(args);
	stop();
}

void bug_at(const char *where, const char *what)
{
	snprintf(host_panic_text, sizeof(host_panic_text), "BUG: %s at %s", what, where);
	stop();
}

void warn_at(const char *where, const char *what)
{
	host_warnings++;
	printk(LOGLEVEL_WARN, "WARNING: %s at %s", what, where);
}

void show_backtrace(unsigned long ebp)
{
	(void)ebp;
}

bool panic_in_progress(void)
{
	return false;
}
