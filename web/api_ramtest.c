/*
 * /api/v1/memtest: the test of free RAM while the machine runs.
 *
 *	POST	{"tests":["patterns",...],"passes":1,"seed":1,"stuck":{"address":N,"bit":N}}: all optional
 *	GET	how far it is, and what it found
 *	DELETE	stops it
 */
#include "kernel/time.h"
#include "mm/ramtest.h"
#include "web/json_in.h"
#include "web/route.h"
#include "web/snapshot.h"

#define PAGE_BYTES 4096u

/* ---- Reading ---- */

static bool read_test(struct json_in *in, void *arg, u32 index)
{
	struct ramtest_order *order = arg;
	const char *names[RAMTEST_COUNT];
	u32 which;

	(void)index;
	for (u32 i = 0; i < RAMTEST_COUNT; i++)
		names[i] = ramtest_name((enum ramtest)i);
	if (!json_in_choice(in, names, RAMTEST_COUNT, &which))
		return false;
	order->tests |= 1u << which;
	return true;
}

static bool read_tests(struct json_in *in, void *structure)
{
	((struct ramtest_order *)structure)->tests = 0;
	return json_in_array(in, read_test, structure);
}

static bool read_bit(struct json_in *in, void *structure)
{
	u64 bit;

	if (!json_in_number(in, 0, 31, &bit))
		return false;
	((struct ramtest_order *)structure)->stuck_bits = 1u << bit;
	return true;
}

static bool read_stuck(struct json_in *in, void *structure)
{
	static const struct json_member members[] = {
		JSON_FIELD("address", JSON_U64, struct ramtest_order, stuck_phys, 0, 0xffffffffu),
		JSON_READ("bit", read_bit),
	};

	return json_in_object(in, members, ARRAY_SIZE(members), structure, NULL);
}

static const struct json_member members[] = {
	JSON_READ("tests", read_tests),
	JSON_FIELD("passes", JSON_U32, struct ramtest_order, passes, 1, 1000000),
	JSON_FIELD("seed", JSON_U32, struct ramtest_order, seed, 0, 0xffffffffu),
	JSON_READ("stuck", read_stuck),
};

static int start(struct http_request *req, struct writer *w)
{
	struct ramtest_order order = { .tests = (1u << RAMTEST_COUNT) - 1, .passes = 1, .seed = 1 };
	const char *text = req->body && req->kept.text.at ? req->kept.text.at : "", *why;
	struct json_in in;

	json_in_begin(&in, text, w);
	if (json_in_peek(&in) &&
	    (!json_in_object(&in, members, ARRAY_SIZE(members), &order, NULL) || !json_in_end(&in)))
		return 400;
	if (!order.tests) {
		w_lit(w, "tests: none was named");
		return 400;
	}
	why = ramtest_start(&order);
	if (why) {
		w_str(w, why);
		return ramtest_get() ? 409 : 503;
	}
	w_lit(w, "{\"running\":true}\n");
	return 201;
}

static int stop(struct writer *w)
{
	ramtest_stop();
	w_lit(w, "{\"stopping\":true}\n");
	return 202;
}

int api_memtest(struct http_request *req, struct writer *w)
{
	return req->method == METHOD_DELETE ? stop(w) : start(req, w);
}

/* ---- Showing ---- */

static void bad_frames(struct json *j, const struct ramtest_state *s)
{
	j_array(j, "bad");
	for (u32 i = 0; i < min(s->bad_frames, (u32)RAMTEST_BAD_MAX); i++) {
		const struct ramtest_bad *b = &s->bad[i];

		j_object(j, NULL);
		j_hex(j, "frame", b->phys / PAGE_BYTES);
		j_hex(j, "address", b->phys);
		j_hex(j, "expected", b->expected);
		j_hex(j, "found", b->found);
		j_hex(j, "bits", b->expected ^ b->found);
		j_u32(j, "words", b->words);
		j_str(j, "test", ramtest_name(b->test));
		j_end_object(j);
	}
	j_end_array(j);
}

/* Lines for another kernel's command line: badram= (the BadRAM patch, GRUB) and memmap=. */
static void lines(struct json *j, const struct ramtest_state *s)
{
	u32 count = min(s->bad_frames, (u32)RAMTEST_BAD_MAX);
	char text[40 * RAMTEST_BAD_MAX];
	struct writer w;

	w_init(&w, text, sizeof(text) - 1);
	for (u32 i = 0; i < count; i++)
		w_printf(&w, "%s%#llx,0xfffff000",
			 i ? "," : "badram=", s->bad[i].phys & ~(u64)(PAGE_BYTES - 1));
	*w.pos = '\0';
	j_str(j, "badram", text);
	w_reset(&w);
	for (u32 i = 0; i < count; i++)
		w_printf(&w, "%smemmap=4K$%#llx", i ? " " : "",
			 s->bad[i].phys & ~(u64)(PAGE_BYTES - 1));
	*w.pos = '\0';
	j_str(j, "memmap", text);
}

static void state(struct json *j, const struct ramtest_state *s)
{
	u64 end = s->running ? now_ms() : s->ended_ms, ms = max(end - s->started_ms, 1ull);
	u64 all = (u64)s->total_pages * s->order.passes;
	u64 looked = (u64)s->total_pages * s->pass + (s->running ? s->looked_pages : 0);

	j_bool(j, "running", s->running);
	j_bool(j, "stopped", s->stopped);
	j_array(j, "tests");
	for (u32 i = 0; i < RAMTEST_COUNT; i++)
		if (s->order.tests >> i & 1)
			j_str(j, NULL, ramtest_name((enum ramtest)i));
	j_end_array(j);
	j_u32(j, "passes", s->order.passes);
	j_u32(j, "passes_done", s->pass);
	j_u32(j, "percent", all ? (u32)min(looked * 100 / all, 100ull) : 0);
	j_u32(j, "total_pages", s->total_pages);
	j_u32(j, "tested_pages", s->tested_pages);
	j_u32(j, "tested_high_pages", s->high_pages);
	j_u32(j, "in_use_pages", s->in_use_pages);
	j_u32(j, "skipped_pages", s->skipped_pages);
	j_u64(j, "bytes_moved", s->bytes_moved);
	j_u64(j, "run_ms", ms);
	j_u64(j, "mib_per_second", s->bytes_moved / 1048576 * 1000 / ms);
	j_u64(j, "longest_step_us", cycles_to_us(s->longest_cycles));
	j_u32(j, "bad_words", s->bad_words);
	j_u32(j, "bad_frames", s->bad_frames);
	bad_frames(j, s);
	lines(j, s);
	if (s->order.stuck_bits) {
		j_hex(j, "made_up_fault_at", s->order.stuck_phys);
		j_bool(j, "made_up_fault_tested", s->stuck_tested);
	}
}

void api_ramtest(struct writer *w)
{
	const struct ramtest_state *s = ramtest_get();
	struct json j;

	j_begin(&j, w);
	j_object(&j, NULL);
	if (s)
		state(&j, s);
	else
		j_bool(&j, "running", false);
	j_end_with_snapshot(&j);
}
