/*
 * A soak job from the command line: starts by itself, prints its verdict on serial, and posts it
 * where soak_post= says.
 *
 *	soak=NAME			a profile
 *	soak={'profile':'NAME',...}	a document; ' stands for ", which the command line takes away
 *
 * When it is done, one line tells how it went, and one for each reason why it failed:
 *
 *	memscope: soak NAME: pass, 200000 operations, calls 0x..., state 0x...
 *
 * The text that is posted is what GET /api/v1/soak/ID gives.
 */
#include "web/soak_boot.h"

#include <string.h>

#include "kernel/cmdline.h"
#include "kernel/job.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "mm/slab.h"
#include "web/soak_doc.h"
#include "web/tcp_post.h"

#define START_MS 500 /* after entry: the network has its address by then, where there is one */
#define VERDICT_BYTES 65536

static u32 boot_id; /* of the job */

static void free_text(const char *text)
{
	kfree(text);
}

static void post(const struct soak_job *job)
{
	const char *url = cmdline_value("soak_post");
	struct writer w;
	char *text;

	if (!url)
		return;
	text = kmalloc(VERDICT_BYTES, GFP_KERNEL | __GFP_NOWARN);
	if (!text) {
		pr_err("soak: no memory for the verdict's text");
		return;
	}
	w_init(&w, text, VERDICT_BYTES);
	soak_verdict(&w, job);
	if (tcp_post(url, text, w_len(&w), free_text)) {
		pr_err("soak: soak_post=%s is not http://A.B.C.D:PORT/PATH", url);
		kfree(text);
	}
}

static void on_done(struct soak_job *job)
{
	char reason[120];
	bool failed = soak_reason(job, 0, reason, sizeof(reason));

	if (job->id != boot_id)
		return;
	printk_raw_line("memscope: soak %s: %s, %llu operations, calls 0x%llx, state 0x%llx",
			*job->doc.name ? job->doc.name : "job", failed ? "fail" : "pass",
			job->counts.operations, job->counts.calls_sum, job->arena_sum);
	for (u32 n = 0; soak_reason(job, n, reason, sizeof(reason)); n++)
		printk_raw_line("memscope: soak: %s", reason);
	post(job);
}

static void start(void)
{
	const char *value = cmdline_value("soak");
	char text[CMDLINE_VALUE_MAX + 16], answer[320];
	struct writer w;

	w_init(&w, text, sizeof(text) - 1);
	w_printf(&w, *value == '{' ? "%s" : "{\"profile\":\"%s\"}", value);
	*w.pos = '\0';
	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	w_init(&w, answer, sizeof(answer) - 1);
	if (soak_begin(text, &w) < 400) {
		const struct soak_job *job = soak_next(NULL);

		while (soak_next(job))
			job = soak_next(job);
		boot_id = job->id;
		pr_info("soak: job %u from the command line", boot_id);
		return;
	}
	*w.pos = '\0';
	printk_raw_line("memscope: soak: refused: %s", answer);
}

static u32 poll(struct poller *self)
{
	static bool started;
	u64 now = now_ms();

	(void)self;
	if (started)
		return POLL_IDLE;
	if (now < START_MS)
		return (u32)(START_MS - now);
	started = true;
	start();
	return 0;
}

void soak_boot_init(void)
{
	static struct poller poller = { .name = "soak_boot", .poll = poll };

	if (!cmdline_value("soak"))
		return;
	soak_on_done(on_done);
	poller_register(&poller);
}
