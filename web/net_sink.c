/*
 * POST /api/v1/net/sink?seed=S: the other direction of /api/v1/net/source. The body must be the
 * pattern of that seed, of any length; it is compared as it arrives and nothing of it is kept.
 *
 * The answer says how many bytes differed and where the first runs of them begin, how fast the body
 * came, and what the stack counted meanwhile: on a clean line all of those are 0.
 */
#include "kernel/lib/errno.h"
#include "kernel/time.h"
#include "net/net.h"
#include "web/json.h"
#include "web/query.h"
#include "web/route.h"

static void begin(struct http_request *req, u64 length)
{
	struct sink_state *s = &req->kept.sink;
	static const char *const names[] = { "seed", NULL };
	char text[32] = "";
	u64 seed = 0;

	(void)length;
	memset(s, 0, sizeof(*s));
	if (query_unknown_param(req->query, names, text, sizeof(text))) {
		request_refuse_body(req, 400, "there is only seed= here");
		return;
	}
	if (query_param(req->query, "seed", text, sizeof(text)) != -ENOENT) {
		const char *end = parse_u64(text, &seed);

		if (!end || *end) {
			request_refuse_body(req, 400,
					    "seed= is not a number from 0 to 18446744073709551615");
			return;
		}
	}
	if (!net_pattern()) {
		request_refuse_body(req, 503, "there was no memory for the pattern at start");
		return;
	}
	s->phase = net_phase(seed);
	s->start_cycles = cycles_now();
	net_get_trouble(&s->before);
}

/* Bytes [at, at + len) differ from what belongs there. A run that goes on is one run. */
static void note_error(struct sink_state *s, u64 at, u32 len)
{
	struct sink_run *last = s->runs ? &s->run[min(s->runs, (u32)SINK_RUNS) - 1] : NULL;

	s->errors += len;
	if (last && s->runs <= SINK_RUNS && last->at + last->bytes == at) {
		last->bytes += len;
		return;
	}
	if (s->runs++ < SINK_RUNS)
		s->run[s->runs - 1] = (struct sink_run){ at, len };
}

static void data(struct http_request *req, const char *at, u32 len)
{
	struct sink_state *s = &req->kept.sink;
	const u8 *pattern = net_pattern();

	while (len) {
		u32 n = min(len, NET_SOURCE_PERIOD - s->phase);

		if (memcmp(at, pattern + s->phase, n))
			for (u32 i = 0; i < n; i++)
				if ((u8)at[i] != pattern[s->phase + i])
					note_error(s, s->bytes + i, 1);
		s->bytes += n;
		s->phase = s->phase + n == NET_SOURCE_PERIOD ? 0 : s->phase + n;
		at += n;
		len -= n;
	}
}

static void drop(struct http_request *req)
{
	(void)req;
}

const struct body_ops net_sink_body = {
	.endless = true, .begin = begin, .data = data, .drop = drop
};

static void trouble(struct json *j, const struct net_trouble *before)
{
	struct net_trouble now;

	net_get_trouble(&now);
	j_u32(j, "retransmitted_segments", now.retransmitted - before->retransmitted);
	j_u32(j, "duplicate_segments", now.duplicates - before->duplicates);
	j_u32(j, "segments_dropped", now.dropped - before->dropped);
	j_u32(j, "checksum_errors", now.checksum - before->checksum);
	j_u32(j, "no_memory", now.no_memory - before->no_memory);
	j_u32(j, "receive_pages", now.rx_pages);
	j_u32(j, "receive_pages_most", now.rx_pages_max);
}

int net_sink(struct http_request *req, struct writer *w)
{
	struct sink_state *s = &req->kept.sink;
	u64 us;
	struct json j;

	if (!req->body)
		begin(req, 0); /* no body at all: 0 bytes came */
	us = max(cycles_to_us(cycles_now() - s->start_cycles), 1ull);
	j_begin(&j, w);
	j_object(&j, NULL);
	j_u64(&j, "bytes", s->bytes);
	j_u64(&j, "wrong_bytes", s->errors);
	j_array(&j, "wrong");
	for (u32 i = 0; i < min(s->runs, (u32)SINK_RUNS); i++) {
		j_object(&j, NULL);
		j_u64(&j, "offset", s->run[i].at);
		j_u64(&j, "bytes", s->run[i].bytes);
		j_end_object(&j);
	}
	j_end_array(&j);
	j_u64(&j, "microseconds", us);
	j_u64(&j, "bytes_per_second", s->bytes * 1000000 / us);
	trouble(&j, &s->before);
	j_end_object(&j);
	w_char(w, '\n');
	return 200;
}
