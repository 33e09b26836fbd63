/*
 * /proc/cmdline, /proc/version, /proc/uptime and /proc/kmsg: what the kernel says about itself.
 */
#include "kernel/build_info.h"
#include "kernel/cmdline.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "web/proc.h"

void proc_cmdline(struct writer *w)
{
	w_str(w, cmdline_options());
	w_char(w, '\n');
}

void proc_version(struct writer *w)
{
	w_lit(w, "memscope version ");
	w_str(w, build_version);
	w_lit(w, " (");
	w_str(w, build_compiler);
	w_lit(w, ") i686\n");
}

/* Seconds with two decimals, the way %lu.%02lu prints them. */
static void seconds(struct writer *w, u64 centiseconds)
{
	u32 part = (u32)(centiseconds % 100);

	w_u64(w, centiseconds / 100, 0);
	w_char(w, '.');
	w_char(w, (char)('0' + part / 10));
	w_char(w, (char)('0' + part % 10));
}

void proc_uptime(struct writer *w)
{
	seconds(w, now_ms() / 10);
	w_char(w, ' ');
	seconds(w, idle_us() / 10000);
	w_char(w, '\n');
}

void proc_kmsg(struct writer *w)
{
	char lines[1024];
	u64 seq = log_oldest_seq();
	size_t len;

	while ((len = log_read(&seq, lines, sizeof(lines))))
		w_bytes(w, lines, len);
}
