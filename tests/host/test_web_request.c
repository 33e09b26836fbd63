/*
 * Requests: what is accepted, what is refused with which status, however the bytes are cut; the
 * Host and Origin rules; the values of fields and parameters.
 */
#include "support/host.h"

#include "web/host_policy.h"
#include "web/query.h"
#include "web/request.h"

#include <errno.h>

static struct http_request req;

/* Feeds a request in pieces of `piece` bytes (0: whole). Returns the state, *used bytes taken. */
static enum request_state feed(const char *text, u32 len, u32 piece, u32 *used)
{
	enum request_state state = REQUEST_MORE;
	u32 at = 0;

	request_init(&req);
	while (at < len && state == REQUEST_MORE) {
		u32 n = piece && piece < len - at ? piece : len - at;
		char *copy = malloc(n); /* so that reading past the piece is seen */
		u32 taken;

		memcpy(copy, text + at, n);
		state = request_feed(&req, copy, n, &taken);
		free(copy);
		at += taken;
	}
	*used = at;
	return state;
}

/* The outcome must not depend on how the bytes are cut. */
static void expect(const char *text, enum request_state state, u16 status)
{
	static const u32 pieces[] = { 0, 1, 2, 3, 5, 7, 11, 13, 17, 40 };
	u32 used;

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		enum request_state got = feed(text, strlen(text), pieces[i], &used);

		if (got != state || req.status != status)
			fail_msg("pieces of %u: state %d status %u (%s) instead of %d %u for\n%s",
				 pieces[i], got, req.status, req.reason ? req.reason : "", state,
				 status, text);
		if (state == REQUEST_DONE)
			assert_int_equal(used, strlen(text));
	}
}

#define OK(text) expect(text, REQUEST_DONE, 0)
#define REFUSED(text, code) expect(text, REQUEST_DONE, code)
#define BROKEN(text, code) expect(text, REQUEST_BROKEN, code)
#define H "Host: 10.0.2.15\r\n"

static void test_plain(void **state)
{
	(void)state;
	OK("GET /proc/buddyinfo HTTP/1.1\r\n" H "\r\n");
	assert_string_equal(req.path, "/proc/buddyinfo");
	assert_int_equal(req.path_len, 15);
	assert_string_equal(req.query, "");
	assert_int_equal(req.method, METHOD_GET);
	assert_true(req.keep_alive);
	assert_false(req.http_1_0);
	OK("HEAD /a?b=c HTTP/1.1\r\n" H "Connection: close\r\n\r\n");
	assert_int_equal(req.method, METHOD_HEAD);
	assert_string_equal(req.query, "b=c");
	assert_false(req.keep_alive);
	OK("GET / HTTP/1.0\r\n\r\n");
	assert_true(req.http_1_0);
	assert_false(req.keep_alive);
	OK("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	assert_true(req.keep_alive);
	OK("\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n");
	OK("POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello");
	assert_int_equal(req.method, METHOD_POST);
	assert_int_equal(req.body_bytes, 5);
	OK("PUT / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
	assert_int_equal(req.body_bytes, 3);
	OK("GET http://10.0.2.15/x?y HTTP/1.1\r\n" H "\r\n");
	assert_string_equal(req.path, "/x");
	assert_string_equal(req.query, "y");
	OK("GET http://10.0.2.15 HTTP/1.1\r\n" H "\r\n");
	assert_string_equal(req.path, "/");
	OK("GET /%70roc/b%2e HTTP/1.1\r\n" H "\r\n");
	assert_string_equal(req.path, "/proc/b.");
	REFUSED("OPTIONS * HTTP/1.1\r\n" H "\r\n", 405);
	assert_int_equal(req.method, METHOD_OTHER);
	OK("GET / HTTP/1.1\r\n" H "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
	assert_true(req.keep_alive);
}

static void test_framing(void **state)
{
	(void)state;
	BROKEN("GET / HTTP/1.1\r\n\r\n", 400);
	BROKEN("GET / HTTP/1.1\r\n" H H "\r\n", 400);
	BROKEN("GET /\r\n\r\n", 400);
	BROKEN("GET / HTTP/2.0\r\n" H "\r\n", 505);
	BROKEN("GET / HTTP/1.2\r\n" H "\r\n", 505);
	BROKEN("GET / HTTX/1.1\r\n" H "\r\n", 400);
	BROKEN("GET / RTSP/1.0\r\n" H "\r\n", 505);
	BROKEN("GET / RTSP/1.1\n" H "\n", 505);
	BROKEN("\r\nPOST / RTSP/1.0\r\n" H "\r\n", 505);
	BROKEN("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
	BROKEN("GET / HTTP/1.1\r\n" H "A : b\r\n\r\n", 400);
	BROKEN("GET / HTTP/1.1\r\n" H "A\r\n\r\n", 400);
	BROKEN("GET / HTTP/1.1\r\n" H "A: b\rc\r\n\r\n", 400);
	BROKEN("GET / HTTP/1.1\r\n" H "A: b\001c\r\n\r\n", 400);
	BROKEN("GET / HTTP/1.1\r\n" H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
	       400);
	BROKEN("GET / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
	       400);
	BROKEN("GET / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400);
	BROKEN("GET / HTTP/1.1\r\n" H "Content-Length: x\r\n\r\n", 400);
	BROKEN("GET / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n", 400);
	BROKEN("GET / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999999\r\n\r\n", 400);
	BROKEN("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
	BROKEN("POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n", 501);
	BROKEN("POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip\r\n\r\n", 501);
	BROKEN("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400);
	BROKEN("POST / HTTP/1.1\r\n" H "Content-Length: 65537\r\n\r\n", 413);
}

/* What llhttp lets pass. */
static void test_strictness(void **state)
{
	static char text[20000];
	u32 used;

	(void)state;
	BROKEN("GET / HTTP/1.1\r\n" H ": x\r\n\r\n", 400);
	BROKEN("GET / HTTP/1.1\r\n: x\r\n" H "\r\n", 400);
	REFUSED("GET * HTTP/1.1\r\n" H "\r\n", 400);

	/* a trailer is no header field */
	OK("PUT / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n"
	   "Host: evil\r\nIf-None-Match: *\r\n\r\n");
	assert_string_equal(request_field(&req, FIELD_HOST), "10.0.2.15");
	assert_string_equal(request_field(&req, FIELD_IF_NONE_MATCH), "");

	/* chunk extensions and trailers without end */
	u32 n = (u32)sprintf(text, "PUT / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n1;");
	memset(text + n, 'x', 10000);
	for (u32 piece = 1; piece < 4000; piece *= 7) {
		assert_int_equal(feed(text, n + 10000, piece, &used), REQUEST_BROKEN);
		assert_int_equal(req.status, 431);
		assert_true(used < n + 10000);
	}
}

static void test_folding(void **state)
{
	(void)state;
	BROKEN("GET / HTTP/1.1\r\n" H "A: b\r\n c\r\n\r\n", 400);
	BROKEN("GET / HTTP/1.1\r\n" H "A: b\r\n\tc\r\n\r\n", 400);
	BROKEN("GET / HTTP/1.1\r\n" H "A: b\r\n \r\n\r\n", 400);
	BROKEN("GET / HTTP/1.1\r\n" H "A:\r\n b\r\n\r\n", 400);
	BROKEN("GET / HTTP/1.1\r\n" H "A: b\n c\n\n", 400);
	BROKEN("GET / HTTP/1.1\r\n Host: 10.0.2.15\r\n\r\n", 400);
	BROKEN("GET / HTTP/1.1\r\nHost: 10.0.2.15\r\n .evil\r\n\r\n", 400);
	/* A body may have lines that begin with a blank. */
	OK("POST / HTTP/1.1\r\n" H "Content-Length: 6\r\n\r\na\r\n b\n");
}

static void test_methods(void **state)
{
	(void)state;
	BROKEN("FOO / HTTP/1.1\r\n" H "\r\n", 501);
	BROKEN("get / HTTP/1.1\r\n" H "\r\n", 501);
	BROKEN("GETX / HTTP/1.1\r\n" H "\r\n", 501);
	REFUSED("PROPFIND / HTTP/1.1\r\n" H "\r\n", 501);
	BROKEN("DESCRIBE / HTTP/1.1\r\n" H "\r\n", 501);
	BROKEN("CONNECT 10.0.2.15:80 HTTP/1.1\r\n" H "\r\n", 405);
	BROKEN("\x16\x03\x01\x02", 400);
	BROKEN("<html>", 400);
}

static void test_targets(void **state)
{
	(void)state;
	REFUSED("GET * HTTP/1.1\r\n" H "\r\n", 400);
	REFUSED("GET /%zz HTTP/1.1\r\n" H "\r\n", 400);
	REFUSED("GET /%0 HTTP/1.1\r\n" H "\r\n", 400);
	REFUSED("GET /%00 HTTP/1.1\r\n" H "\r\n", 400);
	REFUSED("GET /a#b HTTP/1.1\r\n" H "\r\n", 400);
	REFUSED("GET http://evil.example/ HTTP/1.1\r\n" H "\r\n", 421);
	REFUSED("GET http:///x HTTP/1.1\r\n" H "\r\n", 400);
	REFUSED("GET http://?x HTTP/1.1\r\n" H "\r\n", 400);
	BROKEN("GET / x HTTP/1.1\r\n" H "\r\n", 400);
}

static void test_hosts(void **state)
{
	static const char *const ours[] = { "10.0.2.15",   "10.0.2.15:8080", "localhost",
					    "LOCALHOST:1", "[::1]",	     "[fe80::1]:80",
					    "lab7",	   "Lab7:80",	     "lab7.",
					    "mem.example", "given-by-dhcp" };
	static const char *const foreign[] = { "evil.example", "localhost.evil.example",
					       "lab",	       "lab77",
					       "1.2.3",	       "1.2.3.4.5",
					       "256.1.1.1",    "" };
	static const char *const malformed[] = { "a b", "a:b", "a:99999", "[::1", "[]",
						 "a,b", "a/b", "u@a",	  "a:1:2" };
	char text[256];

	(void)state;
	host_policy_init("lab7,mem.example");
	host_policy_set_dhcp_name("given-by-dhcp");
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
		assert_int_equal(host_check(ours[i]), HOST_OURS);
		snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: %s \r\n\r\n", ours[i]);
		OK(text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
		assert_int_equal(host_check(foreign[i]), HOST_FOREIGN);
		snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost:%s\r\n\r\n", foreign[i]);
		REFUSED(text, 421);
	}
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++)
		assert_int_equal(host_check(malformed[i]), HOST_MALFORMED);
	REFUSED("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400);
	host_policy_init(NULL);
	host_policy_set_dhcp_name(NULL);
	assert_int_equal(host_check("lab7"), HOST_FOREIGN);
	assert_int_equal(host_check("given-by-dhcp"), HOST_FOREIGN);
}

static void test_origins(void **state)
{
	(void)state;
	OK("GET / HTTP/1.1\r\n" H "Origin: http://10.0.2.15\r\n\r\n");
	OK("GET / HTTP/1.1\r\nHost: LocalHost:8080\r\nOrigin: http://localhost:8080\r\n\r\n");
	REFUSED("GET / HTTP/1.1\r\n" H "Origin: http://10.0.2.15:81\r\n\r\n", 403);
	REFUSED("GET / HTTP/1.1\r\n" H "Origin: https://10.0.2.15\r\n\r\n", 403);
	REFUSED("GET / HTTP/1.1\r\n" H "Origin: null\r\n\r\n", 403);
	REFUSED("GET / HTTP/1.1\r\n" H "Origin: http://evil.example\r\n\r\n", 403);
	REFUSED("GET / HTTP/1.1\r\n" H "Origin: http://10.0.2.15\r\nOrigin: http://x\r\n\r\n", 403);
}

static void test_limits(void **state)
{
	static char text[80000];
	u32 len, used;

	(void)state;
	/* a target of 1024 bytes is taken, one of 1025 is not */
	for (u32 target = 1024; target <= 1025; target++) {
		len = (u32)sprintf(text, "GET /");
		memset(text + len, 'a', target - 1);
		len += target - 1;
		sprintf(text + len, " HTTP/1.1\r\n" H "\r\n");
		if (target == 1024)
			OK(text);
		else
			BROKEN(text, 414);
	}
	/* one field that is not kept may be long, up to the limit of the head */
	for (u32 over = 0; over <= 1; over++) {
		len = (u32)sprintf(text, "GET / HTTP/1.1\r\n" H "X: ");
		memset(text + len, 'a', 8192 - len - 4 + over);
		len = 8192 - 4 + over;
		sprintf(text + len, "\r\n\r\n");
		if (over)
			BROKEN(text, 431);
		else
			OK(text);
	}
	/* fields that are kept */
	len = (u32)sprintf(text, "GET / HTTP/1.1\r\n" H "If-None-Match: ");
	memset(text + len, 'a', 2000);
	sprintf(text + len + 2000, "\r\n\r\n");
	BROKEN(text, 431);
	/* many fields */
	len = (u32)sprintf(text, "GET / HTTP/1.1\r\n" H);
	for (u32 i = 0; i < 2000; i++)
		len += (u32)sprintf(text + len, "A%u: b\r\n", i);
	BROKEN(text, 431);
	/* a chunked body that is too long */
	len = (u32)sprintf(text,
			   "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n11000\r\n");
	memset(text + len, 'a', 0x11000);
	assert_int_equal(feed(text, len + 0x11000, 0, &used), REQUEST_BROKEN);
	assert_int_equal(req.status, 413);
	assert_int_equal(feed(text, len + 0x11000, 1460, &used), REQUEST_BROKEN);
	assert_int_equal(req.status, 413);
}

static void test_pipelined(void **state)
{
	static const char text[] = "GET /1 HTTP/1.1\r\n" H "\r\n"
				   "GET /2 HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nxy"
				   "\r\nHEAD /3 HTTP/1.1\r\n" H "Connection: close\r\n\r\n";
	u32 at = 0, taken;

	(void)state;
	request_init(&req);
	for (u32 i = 1; i <= 3; i++) {
		char path[3] = { '/', (char)('0' + i), 0 };

		assert_int_equal(request_feed(&req, text + at, sizeof(text) - 1 - at, &taken),
				 REQUEST_DONE);
		at += taken;
		assert_string_equal(req.path, path);
		assert_int_equal(req.keep_alive, i < 3);
		if (i < 3)
			request_next(&req);
	}
	assert_int_equal(at, sizeof(text) - 1);
}

static void test_expectations(void **state)
{
	static const char head[] = "POST / HTTP/1.1\r\n" H
				   "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n";
	u32 taken;

	(void)state;
	request_init(&req);
	assert_int_equal(request_feed(&req, head, sizeof(head) - 1, &taken), REQUEST_MORE);
	assert_true(req.wants_continue);
	assert_int_equal(request_feed(&req, "ab", 2, &taken), REQUEST_DONE);
	assert_false(req.wants_continue);
	OK("GET / HTTP/1.1\r\n" H "Expect: 100-continue\r\n\r\n");
	REFUSED("GET / HTTP/1.1\r\n" H "Expect: tea\r\n\r\n", 417);
}

static bool gzip_with(const char *value)
{
	char text[256];

	snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n" H "Accept-Encoding: %s\r\n\r\n", value);
	OK(text);
	return request_gzip(&req) != GZIP_NO;
}

static bool matches(const char *value)
{
	char text[256];

	snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n" H "If-None-Match: %s\r\n\r\n", value);
	OK(text);
	return request_etag_matches(&req, "\"abc\"");
}

static void test_field_values(void **state)
{
	(void)state;
	assert_true(gzip_with("gzip"));
	assert_true(gzip_with("deflate, GZIP;q=0.5, br"));
	assert_true(gzip_with("gzip, deflate, br, zstd"));
	assert_true(gzip_with("*"));
	assert_true(gzip_with("br;q=1.0, *;q=0.1"));
	assert_false(gzip_with("gzip;q=0"));
	assert_false(gzip_with("gzip;q=0.000, *"));
	assert_false(gzip_with("identity"));
	assert_false(gzip_with("gzipped"));
	assert_false(gzip_with("*;q=0"));
	assert_false(gzip_with(""));
	OK("GET / HTTP/1.1\r\n" H "\r\n");
	assert_int_equal(request_gzip(&req), GZIP_NO);
	OK("GET / HTTP/1.1\r\n" H "Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n\r\n");
	assert_int_equal(request_gzip(&req), GZIP_YES);
	assert_true(gzip_with("gzip;q=0.5, identity;q=1"));
	assert_int_equal(request_gzip(&req), GZIP_IF_NEEDED);
	assert_true(gzip_with("gzip;q=0.001, identity"));
	assert_int_equal(request_gzip(&req), GZIP_IF_NEEDED);
	assert_true(gzip_with("identity;q=0.5, gzip;q=0.5"));
	assert_int_equal(request_gzip(&req), GZIP_YES);
	assert_true(gzip_with("identity;q=0.9, gzip;q=1.0"));
	assert_int_equal(request_gzip(&req), GZIP_YES);

	assert_true(matches("\"abc\""));
	assert_true(matches("W/\"abc\""));
	assert_true(matches("\"x\", \"abc\""));
	assert_true(matches("\"x\",W/\"abc\",\"y\""));
	assert_true(matches("*"));
	assert_false(matches("\"abcd\""));
	assert_false(matches("abc"));
	assert_false(matches("\"x\""));
	OK("GET / HTTP/1.1\r\n" H "\r\n");
	assert_false(request_etag_matches(&req, "\"abc\""));
}

static void test_parameters(void **state)
{
	static const char *const names[] = { "bytes", "seed", NULL };
	char buf[16];
	u64 n;

	(void)state;
	OK("GET /s?bytes=12&seed=%37&flag&empty=&twice=1&twice=2&bad=%g1&long=0123456789abcdef "
	   "HTTP/1.1\r\n" H "\r\n");
	assert_int_equal(query_param(req.query, "bytes", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "12");
	assert_int_equal(query_param(req.query, "seed", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "7");
	assert_int_equal(query_param(req.query, "flag", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
	assert_int_equal(query_param(req.query, "empty", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
	assert_int_equal(query_param(req.query, "byte", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(query_param(req.query, "twice", buf, sizeof(buf)), -EINVAL);
	assert_int_equal(query_param(req.query, "bad", buf, sizeof(buf)), -EINVAL);
	assert_int_equal(query_param(req.query, "long", buf, sizeof(buf)), -E2BIG);
	assert_true(query_unknown_param(req.query, names, buf, sizeof(buf)));
	assert_string_equal(buf, "flag");
	OK("GET /s?seed=1&bytes=2 HTTP/1.1\r\n" H "\r\n");
	assert_false(query_unknown_param(req.query, names, buf, sizeof(buf)));

	assert_string_equal(parse_u64("18446744073709551615x", &n), "x");
	assert_true(n == ~0ull);
	assert_null(parse_u64("18446744073709551616", &n));
	assert_null(parse_u64("-1", &n));
	assert_null(parse_u64("", &n));
}

/* Marsaglia's xorshift: the same sequence in every run. */
static u32 random_u32(void)
{
	static u32 x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

/*
 * Requests that were good, with bytes changed, taken out, doubled and put in, cut at any place:
 * whatever comes of it, the parser stays within its memory, takes no more than it is given, and a
 * request that it calls done can be answered.
 */
static void test_damaged_requests(void **state)
{
	static const char *const seeds[] = {
		"GET /proc/buddyinfo?a=b%20c HTTP/1.1\r\n" H
		"Accept-Encoding: gzip;q=0.5, *\r\nIf-None-Match: W/\"abc\", \"d\"\r\n\r\n",
		"POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
		"3;e=f\r\nabc\r\n0\r\nT: u\r\n\r\n",
		"PUT http://10.0.2.15:80/y?z HTTP/1.1\r\n" H
		"Content-Length: 4\r\nOrigin: http://10.0.2.15\r\nExpect: 100-continue\r\n\r\nbody",
		"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nHEAD / HTTP/1.0\r\n\r\n",
	};
	static const char nasty[] = "\r\n\0 :,;=%/?#\t\xff[]\"0";
	u32 done = 0, broken = 0;
	char text[1024];

	(void)state;
	for (u32 round = 0; round < 40000; round++) {
		const char *seed = seeds[random_u32() % ARRAY_SIZE(seeds)];
		u32 len = strlen(seed), piece = random_u32() % 60, used;
		enum request_state got;

		memcpy(text, seed, len);
		for (u32 n = random_u32() % 4; n; n--) {
			u32 at = random_u32() % len;
			u32 count = random_u32() % 8;

			switch (random_u32() % 3) {
			case 0: text[at] = nasty[random_u32() % (sizeof(nasty) - 1)]; break;
			case 1:
				count = min(count, len - at - 1);
				memmove(text + at, text + at + count, len - at - count);
				len -= count;
				break;
			default:
				memmove(text + at + count, text + at, len - at);
				len += count;
				break;
			}
		}
		got = feed(text, len, piece, &used);
		assert_in_range(used, 0, len);
		if (got == REQUEST_BROKEN) {
			assert_in_range(req.status, 400, 505);
			assert_non_null(req.reason);
			broken++;
		} else if (got == REQUEST_DONE) {
			assert_true(req.status == 0 || req.status >= 400);
			assert_int_equal(req.path_len, strlen(req.path));
			request_gzip(&req);
			request_etag_matches(&req, "\"abc\"");
			done++;
		}
	}
	assert_true(done > 1000 && broken > 1000);
}

HOST_MAIN(cmocka_unit_test(test_damaged_requests), cmocka_unit_test(test_plain),
	  cmocka_unit_test(test_framing), cmocka_unit_test(test_strictness),
	  cmocka_unit_test(test_folding), cmocka_unit_test(test_methods),
	  cmocka_unit_test(test_targets), cmocka_unit_test(test_hosts),
	  cmocka_unit_test(test_origins), cmocka_unit_test(test_limits),
	  cmocka_unit_test(test_pipelined), cmocka_unit_test(test_expectations),
	  cmocka_unit_test(test_field_values), cmocka_unit_test(test_parameters))
