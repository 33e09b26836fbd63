/*
 * /api/v1/net/source?bytes=N&seed=S: a body of any length for measuring the network, which costs
 * the server nothing but sending.
 *
 * One block of NET_SOURCE_PERIOD pseudo-random bytes is made the first time it is asked for, and
 * every stream is sent from it by reference, round and round:
 *
 *	byte(S, i) = block[(phase(S) + i) mod PERIOD],  phase(S) = (S * 0x9e3779b97f4a7c15 >> 32) mod PERIOD
 *
 * so that it depends on nothing but seed and offset, needs no memory for each stream, and a client
 * can compute what it must receive (docs/http-api.md gives the block's generator). The period is a
 * prime: a lost, repeated or swapped segment never looks right by accident.
 */
#include "kernel/lib/errno.h"
#include "web/query.h"
#include "web/route.h"

static u8 *pattern;
static bool filled;

void net_source_init(u8 *block)
{
	pattern = block;
	filled = false;
}

/* Marsaglia's xorshift, 32 bits, shifts 13, 17, 5; each word gives four bytes, lowest first. */
static void fill(void)
{
	u32 x = 2463534242u;

	for (u32 i = 0; i < NET_SOURCE_PERIOD; i++) {
		if (i % 4 == 0) {
			x ^= x << 13;
			x ^= x >> 17;
			x ^= x << 5;
		}
		pattern[i] = (u8)(x >> 8 * (i % 4));
	}
	filled = true;
}

const u8 *net_pattern(void)
{
	if (pattern && !filled)
		fill();
	return pattern;
}

u32 net_phase(u64 seed)
{
	return (u32)(seed * 0x9e3779b97f4a7c15ull >> 32) % NET_SOURCE_PERIOD;
}

int net_source(const struct http_request *req, struct stream *stream, struct writer *reason)
{
	static const char *const names[] = { "bytes", "seed", NULL };
	u64 bytes = 0, seed = 0;
	char unknown[32];
	int status;

	if (query_unknown_param(req->query, names, unknown, sizeof(unknown))) {
		w_printf(reason, "%s= is not known here: there are bytes= and seed=", unknown);
		return 400;
	}
	if (query_param(req->query, "bytes", unknown, sizeof(unknown)) == -ENOENT) {
		w_lit(reason, "bytes= is missing: a number from 0 to 18446744073709551615");
		return 400;
	}
	status = query_number(req->query, "bytes", 0, ~0ull, &bytes, reason);
	if (!status)
		status = query_number(req->query, "seed", 0, ~0ull, &seed, reason);
	if (status)
		return status;
	if (!net_pattern()) {
		w_printf(reason, "there was no memory for the pattern when the server started");
		return 503;
	}
	stream->base = pattern;
	stream->period = NET_SOURCE_PERIOD;
	stream->at = net_phase(seed);
	stream->left = bytes;
	return 0;
}
