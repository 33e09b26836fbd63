/*
 * Connections and answers over a transport made of a buffer: keep-alive and pipelining, back-
 * pressure, snapshots that are shared and run out, errors, limits of time, static pages.
 *
 * The transport takes bytes up to a window; acknowledge() opens it again. What was sent by
 * reference is copied out only then, so that a snapshot freed too early shows.
 */
#include "web_machine.h"

#include "kernel/power.h"
#include "web/auth.h"
#include "web/events.h"
#include "web/http.h"
#include "web/http_stats.h"

#define SLOT_BYTES 8192
#define SLOTS 8
#define PIECES 64

static u8 slots[SLOTS * SLOT_BYTES] __aligned(16);
static u8 pattern[NET_SOURCE_PERIOD];

static struct wire {
	struct {
		const void *data;
		u32 len;
		void *copy;
	} queue[PIECES];
	u32 queued;    /* pieces */
	u32 in_flight; /* bytes */
	u32 window;
	u32 refuse_writes; /* how many writes fail for want of memory */
	bool finished;
	u32 writes;
	char *out;
	size_t out_len;
} wires[3];

static struct http_conn conns[3];

/* web/api_kernel.c reads the processor: the boot tests show what it says. */
void api_kernel(struct writer *w)
{
	w_lit(w, "{}\n");
}

/* web/api_net.c reads lwIP: the HTTP tests show what it says. Here it is any text. */
static const char *net_text = "{}\n";

int api_net(const struct http_request *req, struct writer *w)
{
	if (!net_text) {
		w_printf(w, "nothing for connection %u", req->connection);
		return 404;
	}
	w_str(w, net_text);
	return 0;
}

void proc_net_dev(struct writer *w)
{
	w_lit(w, "Inter-|\n");
}

void proc_stat(struct writer *w)
{
	w_lit(w, "cpu  0 0 0 0 0 0 0 0 0\n");
}

void proc_softirqs(struct writer *w)
{
	w_lit(w, "                    CPU0       \n");
}

struct transport_peer transport_peer(struct http_conn *c)
{
	return (struct transport_peer){ 0x0202000au,
					(u16)(40000 + ((struct wire *)c->transport - wires)) };
}

u32 transport_room(struct http_conn *c)
{
	struct wire *wire = c->transport;

	return wire->queued == PIECES ? 0 : wire->window - wire->in_flight;
}

u32 transport_segment(struct http_conn *c)
{
	(void)c;
	return 1460;
}

bool transport_write(struct http_conn *c, const void *data, u32 len, bool copy, bool more)
{
	struct wire *wire = c->transport;

	(void)more;
	assert_false(wire->finished);
	assert_in_range(len, 1, transport_room(c));
	if (wire->refuse_writes) {
		wire->refuse_writes--;
		return false;
	}
	wire->queue[wire->queued].data = data;
	wire->queue[wire->queued].len = len;
	wire->queue[wire->queued].copy = NULL;
	if (copy)
		wire->queue[wire->queued].copy = memcpy(malloc(len), data, len);
	wire->queued++;
	wire->writes++;
	wire->in_flight += len;
	return true;
}

void transport_flush(struct http_conn *c)
{
	(void)c;
}

void transport_finish(struct http_conn *c)
{
	struct wire *wire = c->transport;

	assert_false(wire->finished);
	wire->finished = true;
}

/* The peer acknowledges everything that is in flight. False: nothing was. */
static bool acknowledge(u32 n)
{
	struct wire *wire = &wires[n];
	u32 acked = wire->in_flight;

	for (u32 i = 0; i < wire->queued; i++) {
		const void *data = wire->queue[i].copy ? wire->queue[i].copy : wire->queue[i].data;

		wire->out = realloc(wire->out, wire->out_len + wire->queue[i].len + 1);
		memcpy(wire->out + wire->out_len, data, wire->queue[i].len);
		wire->out_len += wire->queue[i].len;
		wire->out[wire->out_len] = '\0';
		free(wire->queue[i].copy);
	}
	wire->queued = 0;
	wire->in_flight = 0;
	if (acked)
		http_progress(&conns[n], acked);
	return acked;
}

static void start(void)
{
	snapshot_init(slots, SLOTS, SLOT_BYTES);
	net_source_init(pattern);
	http_init(3);
	for (u32 i = 0; i < 3; i++) {
		wires[i].window = 65535;
		http_open(&conns[i], &wires[i]);
	}
}

static u32 slots_in_use(void)
{
	struct snapshot_counters counters;

	snapshot_get_counters(&counters);
	return counters.slots_in_use;
}

/* Feeds bytes as a transport would, and takes the answers until nothing moves. */
static const char *exchange(u32 n, const char *text, size_t len)
{
	size_t at = 0;

	wires[n].out_len = 0;
	do {
		u32 taken = http_receive(&conns[n], text + at, (u32)(len - at));

		at += taken;
	} while (acknowledge(n) || (at < len && http_takes_input(&conns[n])));
	assert_int_equal(at, len);
	return wires[n].out_len ? wires[n].out : "";
}

static const char *ask(u32 n, const char *text)
{
	return exchange(n, text, strlen(text));
}

#define H "Host: 10.0.2.15\r\n"

static const char *get(u32 n, const char *path)
{
	char text[2048];

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" H "\r\n", path);
	return ask(n, text);
}

static void begins(const char *text, const char *with)
{
	if (strncmp(text, with, strlen(with)))
		fail_msg("%.300s\ndoes not begin with %s", text, with);
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("%.800s\nhas no %s", text, part);
}

static void lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("%.800s\nhas %s", text, part);
}

static const char *body(const char *answer)
{
	const char *blank = strstr(answer, "\r\n\r\n");

	assert_non_null(blank);
	return blank + 4;
}

static u32 content_length(const char *answer)
{
	const char *field = strstr(answer, "\r\nContent-Length: ");

	assert_non_null(field);
	return (u32)strtoul(field + 18, NULL, 10);
}

/* The head's length is that of the body, and the JSON's own count of bytes as well. */
/* The body of an answer in chunks, put together; the string is static. */
static const char *unchunk(const char *answer)
{
	static char text[65536];
	const char *at = body(answer);
	size_t len = 0;

	has(answer, "\r\nTransfer-Encoding: chunked\r\n");
	lacks(answer, "Content-Length");
	for (;;) {
		char *end;
		size_t size = strtoul(at, &end, 16);

		assert_memory_equal(end, "\r\n", 2);
		assert_true(size <= strlen(end + 2) && len + size < sizeof(text));
		memcpy(text + len, end + 2, size);
		len += size;
		at = end + 2 + size;
		assert_memory_equal(at, "\r\n", 2);
		at += 2;
		if (!size)
			break;
	}
	assert_string_equal(at, "");
	text[len] = '\0';
	return text;
}

static void whole(const char *answer)
{
	const char *snapshot = NULL, *count;

	if (strstr(answer, "\r\nTransfer-Encoding:")) {
		assert_true(strlen(unchunk(answer)) > 0);
		return;
	}
	for (const char *at = body(answer); (at = strstr(at, "\"snapshot\"")); at++)
		snapshot = at; /* the last one: documents within have their own */
	count = snapshot ? strstr(snapshot, "\"bytes\":") : NULL;
	assert_int_equal(content_length(answer), strlen(body(answer)));
	if (count && strstr(answer, "application/json"))
		assert_int_equal(strtoul(count + 8, NULL, 10), strlen(body(answer)));
}

static void test_keep_alive(void **state)
{
	const char *answer;

	(void)state;
	start();
	for (int i = 0; i < 5; i++) {
		wires[0].writes = 0;
		answer = get(0, "/proc/buddyinfo");
		begins(answer, "HTTP/1.1 200 OK\r\n");
		has(answer, "Content-Type: text/plain; charset=utf-8\r\n");
		has(answer, "Cache-Control: no-store\r\n");
		has(answer, "X-Content-Type-Options: nosniff\r\n");
		has(answer, "X-Memscope-Snapshot: cycles=");
		lacks(answer, "Connection:");
		lacks(answer, "Date:");
		begins(body(answer), "Node 0, zone      DMA ");
		whole(answer);
		assert_int_equal(wires[0].writes, 1);
		assert_int_equal(conns[0].state, HTTP_READING);
		assert_int_equal(slots_in_use(), 0);
	}
	assert_false(wires[0].finished);
	assert_int_equal(http_stats.responses[2], 5);
}

/* What has to be asked with the paths that answer nothing without a question. */
static const char *question(const char *path)
{
	if (!strcmp(path, "/api/v1/frame"))
		return "?pfn=3";
	return strcmp(path, "/api/v1/slab") ? "" : "?cache=size-32";
}

static void test_every_path(void **state)
{
	char target[64];

	(void)state;
	start();
	for (u32 i = 0; i < route_count; i++) {
		const char *answer;

		if (routes[i].prefix || routes[i].open || !(routes[i].methods & METHOD_GET))
			continue;
		snprintf(target, sizeof(target), "%s%s", routes[i].path, question(routes[i].path));
		answer = get(0, target);
		begins(answer, "HTTP/1.1 200 OK\r\n");
		has(answer, routes[i].content_type);
		whole(answer);
		assert_true(strlen(body(answer)) > 0);
		assert_int_equal(slots_in_use(), 0);
	}
	begins(get(0, "/sys/firmware/memmap/0/type"), "HTTP/1.1 200 OK\r\n");
	assert_string_equal(body(wires[0].out), "System RAM\n");
}

/* Every document that is JSON and rendered into a snapshot has a twin in lines, and nothing else has. */
static void test_twins(void **state)
{
	char target[64];
	u32 twins = 0;

	(void)state;
	start();
	for (u32 i = 0; i < route_count; i++) {
		const struct route *r = &routes[i];
		bool json = !strcmp(r->content_type, "application/json");
		const char *answer;

		if (r->prefix || !(r->methods & METHOD_GET))
			continue;
		if (!strcmp(r->path, "/api/v1/boot"))
			continue; /* its twin is a text of its own */
		snprintf(target, sizeof(target), "%s.txt%s", r->path, question(r->path));
		answer = get(0, target);
		if (!json || !(r->text || r->render)) {
			begins(answer, "HTTP/1.1 404 ");
			continue;
		}
		begins(answer, "HTTP/1.1 200 OK\r\n");
		has(answer, "text/plain; charset=utf-8");
		whole(answer);
		lacks(body(answer), "{\"");
		assert_int_equal(body(answer)[strlen(body(answer)) - 1], '\n');
		assert_int_equal(slots_in_use(), 0);
		twins++;
	}
	assert_true(twins > 20);
	has(get(0, "/api/v1/memory.txt"), "\nram_pages=229276\n");
	has(get(0, "/api/v1/frames.txt?cells=16"), "picture=\n       0  !!!!########$$$$\n");
	begins(get(0, "/api/v1/frame.txt"), "HTTP/1.1 400 ");
	has(wires[0].out, "{\"error\":{\"code\":400,");
	begins(get(0, "/api/v1/soak/7.txt"), "HTTP/1.1 404 ");
	has(wires[0].out, "there is no job /api/v1/soak/7\"");
	begins(get(0, "/api/v1/boot.txt"), "HTTP/1.1 200 OK\r\n");
}

static void test_one_instant(void **state)
{
	static const char *const members[] = { "{\"memory\":{\"frames\":",
					       ",\"buddy\":{\"zones\":",
					       ",\"vm\":{\"layout\":",
					       ",\"net\":{",
					       ",\"callsites\":{\"tracking\":",
					       ",\"pagetables\":{\"cr3\":",
					       "\"runs\":[{\"address\":\"0xc0000000\"" };
	const char *answer;

	(void)state;
	start();
	answer = get(0, "/api/v1/snapshot");
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		has(answer, members[i]);
	whole(answer);
	answer = get(0, "/api/v1/snapshot.txt");
	has(answer, "# memory\nframes:\n");
	has(answer, "\n# pagetables\ncr3=0x1000\n");
}

static void test_pictures(void **state)
{
	(void)state;
	start();
	has(get(0, "/api/v1/frames?cells=16"), "\"picture\":\"4!8#4$\"");
	has(get(0, "/api/v1/frames?cells=4"), "\"frames_per_cell\":4,\"cells\":4");
	has(wires[0].out, "\"picture\":\"!e3#h\"");
	begins(get(0, "/api/v1/frames?cells=0"), "HTTP/1.1 400 ");
	begins(get(0, "/api/v1/frame"), "HTTP/1.1 400 ");
	begins(get(0, "/api/v1/frame?pfn=16"), "HTTP/1.1 404 ");
	has(get(0, "/api/v1/slab?cache=size-32"), "\"objects\":\"uf\"");
	begins(get(0, "/api/v1/slab?cache=none"), "HTTP/1.1 404 ");
	has(get(0, "/api/v1/pagetables"), "\"index\":768,\"count\":256");
	begins(get(0, "/api/v1/pagetables?address=12"), "HTTP/1.1 400 ");
	lacks(wires[0].out, "\"runs\"");
	has(get(0, "/api/v1/pagetables?runs=8"),
	    "\"runs\":[{\"address\":\"0xc0000000\",\"entry\":\"0x1e3\",\"count\":256,"
	    "\"large\":true}],\"next\":null");
	lacks(get(0, "/api/v1/pagetables?runs=8&from=0xfff00000"), "directory");
	has(wires[0].out, "\"runs\":[],\"next\":null");
	begins(get(0, "/api/v1/pagetables?runs=0"), "HTTP/1.1 400 ");
	begins(get(0, "/api/v1/pagetables?runs=4097"), "HTTP/1.1 400 ");
	begins(get(0, "/api/v1/pagetables?runs=1&from=0x100000000"), "HTTP/1.1 400 ");
}

static void test_json_fields(void **state)
{
	static const char *const memory[] = {
		"{\"frames\":[{\"use\":\"buddy_free\",\"pages\":127386},",
		"\"ram_pages\":229276",
		"\"zones\":[{\"node\":0,\"name\":\"DMA\",\"start_pfn\":16,\"spanned\":4080,"
		"\"present\":3952,\"free\":3930,\"min\":64,\"low\":80,\"high\":96",
		"\"orders\":[{\"order\":0,\"types\":{\"Unmovable\":1,\"Reclaimable\":0,\"Movable\":1,",
		"\"caches\":[{\"name\":\"http_conn\",\"object_bytes\":1988,\"active\":7,\"total\":8,"
		"\"slabs\":4,\"pages\":4,\"owner\":\"web\"",
		"\"snapshot\":{\"cycles\":",
		"\"uptime_ms\":"
	};
	static const char *const boot[] = {
		"{\"stages\":[{\"id\":\"first\",", "\"name\":\"name \\\"quoted\\\"\"",
		"\"section\":\"W 4.1\"", "\"status\":\"done\"", "\"reason\":\"\"",
		"\"start_cycles\":5000000000,\"end_cycles\":5000000100",
		"\"other_inputs\":\"highmem=\",\"inputs\":[{\"name\":\"max_pfn\","
		"\"value\":\"0x38000\"}],\"outputs\":[{\"name\":\"e820_entries\",\"before\":5,"
		"\"after\":6}],\"changed\":[\"max_low_pfn = 0x37fe0\"]}],\"e820\":",
		"\"e820_edits\":[{\"op\":\"update\",\"start\":\"0x0\",\"end\":\"0x1000\","
		"\"old_type_code\":1,\"new_type_code\":2,\"changed_bytes\":4096,\"by\":\"trim\"",
		"\"page_tables\":[{\"directory_entry\":768,\"pages\":4,\"start\":\"0x160000\","
		"\"source\":\"early_area\",\"by\":\"W-42\"",
		"\"lost\":{\"values\":0,\"e820_edits\":3,\"page_tables\":0,\"replay\":5}",
		"\"directory\":[{\"directory_entry\":768,\"entries\":1,\"kind\":\"table\",\"present\":1024,"
		"\"by\":\"W-41\",\"cycles\":10},{\"directory_entry\":769,\"entries\":3,\"kind\":\"large\",",
		/* words of one zone at one moment are one element */
		"\"zones\":[{\"node\":-1,\"zone\":\"DMA\",\"by\":\"W-77\",\"cycles\":11,\"to_pfn\":4096},"
		"{\"node\":1,\"zone\":\"DMA\",\"by\":\"W-77\",\"cycles\":12,\"spanned\":4095,\"present\":3966},"
		"{\"node\":1,\"zone\":\"DMA\",\"by\":\"W-77\",\"cycles\":13,\"free\":3753}]",
		"\"layout\":[{\"name\":\"", "\"order\":-1",
		"\"e820\":[{\"step\":\"firmware\",\"cycles\":0,\"entries\":[{\"start\":\"0x0\",\"end\":\"0x9fc00\","
		"\"type\":\"System RAM\"",
		"\"early_res\":[{\"start\":\"0x100000\",\"end\":\"0x180000\",\"name\":\"TEXT DATA BSS\","
		"\"made_by\":\"W-00\",\"freed_by\":null,\"how\":null,\"made_cycles\":0,\"freed_cycles\":0}]",
		"\"params\":[{\"name\":\"mem\",\"value\":\"64M\",\"meaning\":\"use only this much\"",
		"\"unknown_params\":[\"bogus\"]"
	};
	const char *answer, *count;

	(void)state;
	start();
	answer = get(0, "/api/v1/memory");
	for (size_t i = 0; i < ARRAY_SIZE(memory); i++)
		has(answer, memory[i]);
	lacks(answer, "HighMem");
	answer = unchunk(get(0, "/api/v1/boot"));
	for (size_t i = 0; i < ARRAY_SIZE(boot); i++)
		has(answer, boot[i]);
	count = strstr(strstr(answer, "\"snapshot\":{\"cycles\":"), "\"bytes\":");
	assert_int_equal(strtoul(count + 8, NULL, 10), strlen(answer));
	answer = unchunk(get(0, "/api/v1/boot.txt"));
	has(answer, "\n[768, 769) table, 1024 present, by W-41\n[769, 772) large, by W-41\n");
	has(answer, "\nDMA: to_pfn 4096, by W-77\nnode 1 DMA: spanned 4095, present 3966, by W-77\n"
		    "node 1 DMA: free 3753, by W-77\n");
	answer = get(0, "/api/v1/check");
	has(answer, "{\"ok\":true,\"frames_walked\":0,\"disagreements\":[]");
	machine.check =
		(struct memstat_check){ .frames_walked = 7,
					.disagreements = 17,
					.kept = 1,
					.list = { { "owner", "pfn 0x123", "slab", "pcp" } } };
	answer = get(0, "/api/v1/check");
	has(answer, "{\"ok\":false,\"frames_walked\":7,\"disagreements\":[{\"what\":\"owner\","
		    "\"where\":\"pfn 0x123\",\"expected\":\"slab\",\"found\":\"pcp\"}],"
		    "\"disagreements_total\":17,");
}

static void test_early_json(void **state)
{
	static const char *const early[] = {
		"{\"made_by\":\"setup_usemap\",\"owner\":\"boot_allocations\",\"size_bytes\":84,"
		"\"align_bytes\":64,\"goal\":\"0x1000000\",\"limit\":\"0x38000000\","
		"\"result\":\"0x1001000\",\"below_goal\":false}",
		"\"result\":null,\"below_goal\":true}],\"allocations_lost\":3",
		"\"early_res\":{\"capacity\":64,\"used\":29,\"forgotten\":0,\"doubled\":true,"
		"\"start\":\"0x1000\",\"end\":\"0x1800\",\"ended\":[]}",
		"\"memtest\":{\"passes_asked\":17,\"passes\":18,\"tested_bytes\":5368709120,\"bad_words\":2,"
		"\"bad_runs\":1,\"untested_high_pages\":512,\"gave_up\":false",
		"\"corruption_check\":{\"enabled\":true,\"size_bytes\":65536,\"period_s\":60,"
		"\"rounds\":4,\"changes\":9,\"areas\":[{\"start\":\"0x2000\",\"end\":\"0x10000\"}]",
		/* nine changes, eight places: the oldest one is gone */
		"\"found\":[{\"address\":\"0x2001\",\"value\":\"0x1\",\"uptime_ms\":100},",
		"{\"address\":\"0x2008\",\"value\":\"0x8\",\"uptime_ms\":800}]",
		"\"crashkernel\":{\"start\":\"0x1000000\",\"end\":\"0x2000000\","
		"\"system_ram_bytes\":939524096,\"kernel_loaded\":false}"
	};
	const char *answer;

	(void)state;
	start();
	answer = get(0, "/api/v1/early");
	for (size_t i = 0; i < ARRAY_SIZE(early); i++)
		has(answer, early[i]);
	answer = get(0, "/api/v1/modules");
	has(answer, "{\"modules\":[{\"index\":0,\"name\":\"data setup_data=e820_ext\","
		    "\"start\":\"0x200000\",\"end\":\"0x202710\",\"size_bytes\":10000,"
		    "\"given_start\":\"0x40000000\",\"moved\":true,\"high\":false,"
		    "\"extends_map\":true},");
	has(answer, "\"name\":\"big \\\"file\\\"\"");
}

/* In low memory by reference, in high memory by pieces that are mapped while they are copied. */
static void test_modules(void **state)
{
	(void)state;
	start();
	for (u32 index = 0; index < 2; index++) {
		const char *answer = get(0, index ? "/api/v1/modules/1" : "/api/v1/modules/0");

		begins(answer, "HTTP/1.1 200 OK\r\n");
		has(answer, "Content-Type: application/octet-stream\r\n");
		assert_int_equal(content_length(answer), sizeof(web_module_bytes));
		assert_memory_equal(body(answer), web_module_bytes, sizeof(web_module_bytes));
		assert_int_equal(web_modules_mapped, 0);
	}
	begins(ask(0, "HEAD /api/v1/modules/1 HTTP/1.1\r\n" H "\r\n"), "HTTP/1.1 200 OK\r\n");
	assert_string_equal(body(wires[0].out), "");
	begins(get(0, "/api/v1/modules/2"), "HTTP/1.1 404 ");
	has(wires[0].out, "\\\"2\\\" is not the number of a module: there are 2");
	begins(get(0, "/api/v1/modules/"), "HTTP/1.1 404 ");
	begins(get(0, "/api/v1/modules/0x"), "HTTP/1.1 404 ");
	begins(get(0, "/api/v1/modules/-1"), "HTTP/1.1 404 ");
}

/* All kmap slots have users: the rest comes when one is free again. */
static void test_module_waits(void **state)
{
	const char *answer;

	(void)state;
	start();
	web_module_unmappable = true;
	answer = get(0, "/api/v1/modules/1");
	begins(answer, "HTTP/1.1 200 OK\r\n");
	assert_string_equal(body(answer), "");
	assert_int_equal(conns[0].state, HTTP_REPLYING);
	web_module_unmappable = false;
	http_tick(&conns[0]);
	while (acknowledge(0))
		;
	assert_memory_equal(body(wires[0].out), web_module_bytes, sizeof(web_module_bytes));
	assert_int_equal(web_modules_mapped, 0);
}

static void test_head(void **state)
{
	const char *answer;
	u32 length;

	(void)state;
	start();
	length = content_length(get(0, "/proc/zoneinfo"));
	answer = ask(0, "HEAD /proc/zoneinfo HTTP/1.1\r\n" H "\r\n");
	begins(answer, "HTTP/1.1 200 OK\r\n");
	assert_int_equal(content_length(answer), length);
	assert_string_equal(body(answer), "");
	answer = ask(0, "HEAD /nowhere HTTP/1.1\r\n" H "\r\n");
	begins(answer, "HTTP/1.1 404 ");
	assert_string_equal(body(answer), "");
	assert_true(content_length(answer) > 0);
	answer = ask(0, "HEAD /api/v1/net/source?bytes=5000000000 HTTP/1.1\r\n" H "\r\n");
	has(answer, "Content-Length: 5000000000\r\n");
	assert_string_equal(body(answer), "");
	assert_int_equal(conns[0].state, HTTP_READING);
	assert_int_equal(slots_in_use(), 0);
}

static void test_pipelining(void **state)
{
	static const char text[] = "GET /proc/version HTTP/1.1\r\n" H "\r\n"
				   "GET /proc/zoneinfo HTTP/1.1\r\n" H "\r\n"
				   "GET /nowhere HTTP/1.1\r\n" H "\r\n"
				   "GET /proc/uptime HTTP/1.1\r\n" H "Connection: close\r\n\r\n"
				   "GET /proc/never HTTP/1.1\r\n" H "\r\n";
	const char *at;

	(void)state;
	start();
	at = ask(0, text);
	for (int i = 0; i < 4; i++) {
		begins(at, i == 2 ? "HTTP/1.1 404 " : "HTTP/1.1 200 ");
		at = body(at) + content_length(at);
	}
	assert_string_equal(at, "");
	has(wires[0].out, "Connection: close\r\n");
	assert_true(wires[0].finished);
	assert_int_equal(conns[0].state, HTTP_LINGER);
	assert_true(http_finished(&conns[0]));
}

static void test_http_1_0(void **state)
{
	const char *answer;

	(void)state;
	start();
	answer = ask(0, "GET /proc/version HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	begins(answer, "HTTP/1.1 200 OK\r\n");
	has(answer, "Connection: keep-alive\r\n");
	assert_false(wires[0].finished);
	answer = ask(0, "GET /proc/version HTTP/1.0\r\n\r\n");
	has(answer, "Connection: close\r\n");
	assert_true(wires[0].finished);
}

static void refused(u32 n, const char *text, const char *status, bool closes)
{
	const char *answer;

	http_release(&conns[n]);
	wires[n].finished = false;
	http_open(&conns[n], &wires[n]);
	answer = ask(n, text);
	begins(answer, status);
	whole(answer);
	if (closes != wires[n].finished)
		fail_msg("%s\n%s to close after\n%s", answer, closes ? "was" : "was not", text);
	if (closes)
		has(answer, "Connection: close\r\n");
}

static void test_errors(void **state)
{
	const char *answer;

	(void)state;
	start();
	refused(0, "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n", true);
	refused(0, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
		"HTTP/1.1 421 Misdirected Request\r\n", false);
	has(wires[0].out, "evil.example: ");
	refused(0, "GET / HTTP/1.1\r\n" H "Origin: http://x\r\n\r\n", "HTTP/1.1 403 Forbidden\r\n",
		false);
	refused(0, "GET /proc/none HTTP/1.1\r\n" H "\r\n", "HTTP/1.1 404 Not Found\r\n", false);
	has(wires[0].out, "text/plain");
	has(wires[0].out, "404 Not Found: /proc/none: ");
	refused(0, "GET /api/v1/none HTTP/1.1\r\n" H "\r\n", "HTTP/1.1 404 Not Found\r\n", false);
	begins(body(wires[0].out), "{\"error\":{\"code\":404,\"message\":\"/api/v1/none: ");
	refused(0, "GET /api/v1/%22%0a HTTP/1.1\r\n" H "\r\n", "HTTP/1.1 404 Not Found\r\n", false);
	begins(body(wires[0].out), "{\"error\":{\"code\":404,\"message\":\"/api/v1/\\\"\\n: ");
	refused(0, "POST /proc/version HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc",
		"HTTP/1.1 405 Method Not Allowed\r\n", false);
	has(wires[0].out, "\r\nAllow: GET, HEAD\r\n");
	refused(0, "DELETE / HTTP/1.1\r\n" H "\r\n", "HTTP/1.1 405 ", false);
	refused(0, "OPTIONS /metrics HTTP/1.1\r\n" H "\r\n", "HTTP/1.1 405 ", false);
	refused(0, "BREW / HTTP/1.1\r\n" H "\r\n", "HTTP/1.1 501 Not Implemented\r\n", true);
	refused(0, "POST / HTTP/1.1\r\n" H "Content-Length: 70000\r\n\r\n",
		"HTTP/1.1 413 Content Too Large\r\n", true);
	refused(0, "GET / HTTP/3.0\r\n" H "\r\n", "HTTP/1.1 505 ", true);
	refused(0, "GET /proc HTTP/1.1\r\n" H "\r\n", "HTTP/1.1 301 Moved Permanently\r\n", false);
	has(wires[0].out, "\r\nLocation: /proc/\r\n");
	refused(0, "GET /sys/firmware/memmap/99/start HTTP/1.1\r\n" H "\r\n", "HTTP/1.1 404 ",
		false);
	/* a path of the greatest length, as JSON with every byte escaped */
	char text[1100] = "GET /api/";

	for (u32 i = 9; i < 9 + 1000; i += 4)
		memcpy(text + i, "%01a", 4);
	strcpy(text + 1009, " HTTP/1.1\r\n" H "\r\n");
	refused(0, text, "HTTP/1.1 404 ", false);
	/* an answer is 503 for want of slots: tested below; a refused client is told so */
	u32 len;

	answer = answer_busy(&len);
	assert_int_equal(len, strlen(answer));
	whole(answer);
}

/* ---- Changing state ---- */

#define AUTH "Authorization: Bearer s3cr3t\r\n"
#define POST(path, fields) "POST " path " HTTP/1.1\r\n" H fields "Content-Length: 0\r\n\r\n"

extern enum power_action host_power;

static void test_token(void **state)
{
	static const char *const wrong[] = {
		"Authorization: Bearer\r\n",
		"Authorization: Bearer s3cr3\r\n",
		"Authorization: Bearer s3cr3tt\r\n",
		"Authorization: Bearer S3cr3t\r\n",
		"Authorization: Basic s3cr3t\r\n",
		"Authorization: s3cr3t\r\n",
		"Authorization: Bearer s3cr3t, Bearer s3cr3t\r\n",
		AUTH AUTH,
	};

	(void)state;
	start();
	host_power = POWER_NONE;
	auth_init("");
	begins(ask(0, POST("/api/v1/reboot", AUTH)), "HTTP/1.1 403 Forbidden\r\n");
	has(wires[0].out, "token=");
	auth_init("s3cr3t");
	begins(ask(0, POST("/api/v1/reboot", "")), "HTTP/1.1 401 Unauthorized\r\n");
	has(wires[0].out, "\r\nWWW-Authenticate: Bearer\r\n");
	has(wires[0].out, "Authorization: Bearer TOKEN");
	for (u32 i = 0; i < ARRAY_SIZE(wrong); i++) {
		char text[256];

		snprintf(text, sizeof(text),
			 "POST /api/v1/reboot HTTP/1.1\r\n" H "%sContent-Length: 0\r\n\r\n",
			 wrong[i]);
		begins(ask(0, text), "HTTP/1.1 401 ");
		assert_null(strstr(wires[0].out, "s3cr3t"));
	}
	begins(ask(0, POST("/api/v1/reboot", AUTH "Origin: http://evil.example\r\n")),
	       "HTTP/1.1 403 ");
	begins(ask(0, "GET /api/v1/reboot HTTP/1.1\r\n" H AUTH "\r\n"), "HTTP/1.1 405 ");
	has(wires[0].out, "\r\nAllow: POST\r\n");
	begins(ask(0, "HEAD /api/v1/poweroff HTTP/1.1\r\n" H AUTH "\r\n"), "HTTP/1.1 405 ");
	assert_int_equal(host_power, POWER_NONE);
	begins(ask(0, POST("/api/v1/reboot", "authorization:  bearer  s3cr3t \r\n")),
	       "HTTP/1.1 202 Accepted\r\n");
	has(wires[0].out, "{\"action\":\"reboot\",\"in_ms\":300}");
	assert_int_equal(host_power, POWER_REBOOT);
	begins(ask(0, POST("/api/v1/poweroff", AUTH)), "HTTP/1.1 202 Accepted\r\n");
	assert_int_equal(host_power, POWER_OFF);
	/* the token is overwritten once it was compared */
	for (size_t i = 0; i + 6 <= sizeof(conns[0]); i++)
		assert_int_not_equal(memcmp((char *)&conns[0] + i, "s3cr3t", 6), 0);
}

static void test_sink(void **state)
{
	char text[400];
	u8 *sent;

	(void)state;
	start();
	auth_init("s3cr3t");
	snprintf(text, sizeof(text),
		 "POST /api/v1/net/sink?seed=7 HTTP/1.1\r\n" H AUTH
		 "Content-Length: 200000\r\n\r\n");
	sent = malloc(200000);
	for (u32 i = 0; i < 200000; i++)
		sent[i] = net_pattern()[(net_phase(7) + i) % NET_SOURCE_PERIOD];
	exchange(0, text, strlen(text));
	begins(exchange(0, (char *)sent, 200000), "HTTP/1.1 200 OK\r\n");
	has(wires[0].out, "{\"bytes\":200000,\"wrong_bytes\":0,\"wrong\":[],");
	sent[0] ^= 1;
	sent[150000] ^= 1;
	sent[150001] ^= 0x80;
	sent[199999] ^= 8;
	exchange(0, text, strlen(text));
	net_trouble.duplicates = 3;
	exchange(0, (char *)sent, 77777);
	exchange(0, (char *)sent + 77777, 200000 - 77777);
	has(wires[0].out, "\"wrong_bytes\":4,\"wrong\":[{\"offset\":0,\"bytes\":1},"
			  "{\"offset\":150000,\"bytes\":2},{\"offset\":199999,\"bytes\":1}]");
	has(wires[0].out, "\"duplicate_segments\":3,");
	free(sent);
	begins(ask(0, POST("/api/v1/net/sink", AUTH)), "HTTP/1.1 200 OK\r\n");
	has(wires[0].out, "{\"bytes\":0,");
	begins(ask(0, POST("/api/v1/net/sink?seed=x", AUTH)), "HTTP/1.1 400 ");
	begins(ask(0, POST("/api/v1/net/sink?sed=1", AUTH)), "HTTP/1.1 400 ");
	/* without the token a long body is no different from any other */
	begins(ask(0, "POST /api/v1/net/sink HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\n123456789"),
	       "HTTP/1.1 401 ");
	begins(ask(0, "POST /api/v1/net/sink HTTP/1.1\r\n" H "Content-Length: 70000\r\n\r\n"),
	       "HTTP/1.1 401 ");
	assert_true(wires[0].finished);
}

static void test_document(void **state)
{
	static char text[40000];
	u32 head;

	(void)state;
	start();
	auth_init("s3cr3t");
	bodies = 0;
	begins(ask(0, "POST /api/v1/soak HTTP/1.1\r\n" H AUTH "Content-Length: 5\r\n\r\nab"), "");
	assert_int_equal(bodies, 1);
	begins(ask(0, "cde"), "HTTP/1.1 201 Created\r\n");
	has(wires[0].out, "{\"bytes\":5,\"text\":\"abcde\"}");
	assert_int_equal(bodies, 0);
	begins(ask(0, "POST /api/v1/soak HTTP/1.1\r\n" H AUTH "Transfer-Encoding: chunked\r\n\r\n"
		      "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
	       "HTTP/1.1 201 ");
	has(wires[0].out, "{\"bytes\":5,\"text\":\"abcde\"}");
	/* without the token nothing is kept */
	begins(ask(0, "POST /api/v1/soak HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nab"), "");
	assert_int_equal(bodies, 0);
	begins(ask(0, "cde"), "HTTP/1.1 401 ");
	/* too long, said so or not; expected, and not */
	head = (u32)sprintf(text, "POST /api/v1/soak HTTP/1.1\r\n" H AUTH
				  "Content-Length: 16385\r\n\r\n");
	memset(text + head, ' ', 16385);
	begins(exchange(0, text, head + 16385), "HTTP/1.1 413 ");
	head = (u32)sprintf(text, "POST /api/v1/soak HTTP/1.1\r\n" H AUTH
				  "Transfer-Encoding: chunked\r\n\r\n4001\r\n");
	memset(text + head, ' ', 16385);
	sprintf(text + head + 16385, "\r\n0\r\n\r\n");
	begins(ask(0, text), "HTTP/1.1 413 ");
	assert_int_equal(bodies, 0);
	begins(ask(0, "POST /api/v1/soak HTTP/1.1\r\n" H AUTH
		      "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"),
	       "HTTP/1.1 100 Continue\r\n\r\n");
	begins(ask(0, "xy"), "HTTP/1.1 201 ");
	/* a connection that ends inside a body leaves nothing behind */
	begins(ask(1, "POST /api/v1/soak HTTP/1.1\r\n" H AUTH "Content-Length: 5\r\n\r\nab"), "");
	assert_int_equal(bodies, 1);
	http_release(&conns[1]);
	assert_int_equal(bodies, 0);
	http_open(&conns[1], &wires[1]);
	begins(ask(0, "DELETE /api/v1/soak/1 HTTP/1.1\r\n" H AUTH "\r\n"), "HTTP/1.1 200 OK\r\n");
	begins(ask(0, "DELETE /api/v1/soak/1 HTTP/1.1\r\n" H "\r\n"), "HTTP/1.1 401 ");
}

static void test_expectation(void **state)
{
	(void)state;
	start();
	has(ask(0, "GET /proc/version HTTP/1.1\r\n" H
		   "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"),
	    "HTTP/1.1 100 Continue\r\n\r\n");
	begins(ask(0, "ab"), "HTTP/1.1 200 ");
	begins(ask(0, "POST /proc/version HTTP/1.1\r\n" H
		      "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"),
	       "HTTP/1.1 405 ");
	assert_true(wires[0].finished);
	assert_string_equal(ask(0, "ab"), "");
}

/* A byte of the pattern, as docs/http-api.md defines it. */
static u8 source_byte(u64 seed, u64 offset)
{
	static u8 block[NET_SOURCE_PERIOD + 3];
	u32 phase = (u32)(seed * 0x9e3779b97f4a7c15ull >> 32) % NET_SOURCE_PERIOD;

	if (!block[0] && !block[1] && !block[2]) {
		u32 x = 2463534242u;

		for (u32 i = 0; i < NET_SOURCE_PERIOD; i += 4) {
			x ^= x << 13;
			x ^= x >> 17;
			x ^= x << 5;
			for (u32 k = 0; k < 4; k++)
				block[i + k] = (u8)(x >> 8 * k);
		}
	}
	return block[(phase + offset) % NET_SOURCE_PERIOD];
}

static void test_source(void **state)
{
	static const u32 lengths[] = { 0, 1, 1023, 1024, 5000, 32748, 32749, 32750, 200000 };
	static const u64 seeds[] = { 0, 1, 7, 18446744073709551615ull };
	static const char *const bad[] = { "",
					   "?seed=1",
					   "?bytes=",
					   "?bytes=-1",
					   "?bytes=1x",
					   "?bytes=0x10",
					   "?bytes=1&bytes=2",
					   "?bytes=18446744073709551616",
					   "?bytes=1&seed=x",
					   "?bytes=1&sede=2",
					   "?bytes=%zz" };
	char path[128];

	(void)state;
	start();
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(seeds); j++) {
			const char *answer;

			snprintf(path, sizeof(path), "/api/v1/net/source?bytes=%u&seed=%llu",
				 lengths[i], (unsigned long long)seeds[j]);
			answer = get(0, path);
			begins(answer, "HTTP/1.1 200 OK\r\n");
			has(answer, "Content-Type: application/octet-stream\r\n");
			assert_int_equal(content_length(answer), lengths[i]);
			assert_int_equal(wires[0].out + wires[0].out_len - body(answer),
					 lengths[i]);
			for (u32 k = 0; k < lengths[i]; k++)
				assert_int_equal((u8)body(answer)[k], source_byte(seeds[j], k));
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(path, sizeof(path), "/api/v1/net/source%s", bad[i]);
		begins(get(0, path), "HTTP/1.1 400 Bad Request\r\n");
		has(wires[0].out, "{\"error\":{\"code\":400,\"message\":\"");
	}
	has(get(0, "/api/v1/net/source?bytes=12monkeys"), "bytes=12monkeys is not a number");
	net_source_init(NULL);
	begins(get(0, "/api/v1/net/source?bytes=1"), "HTTP/1.1 503 ");
}

/* A small window and failing writes change nothing but the time it takes. */
static void test_back_pressure(void **state)
{
	static const u32 windows[] = { 100, 1459, 1460, 1461, 4000 };
	char *expected;

	(void)state;
	start();
	get(0, "/api/v1/net/source?bytes=100000&seed=5");
	expected = strdup(body(wires[0].out));
	(void)expected;
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		wires[0].window = windows[i];
		begins(get(0, "/proc/zoneinfo"), "HTTP/1.1 200 OK\r\n");
		whole(wires[0].out);
		if (windows[i] < 1460)
			continue;
		get(0, "/api/v1/net/source?bytes=100000&seed=5");
		assert_int_equal(wires[0].out + wires[0].out_len - body(wires[0].out), 100000);
		for (u32 k = 0; k < 100000; k++)
			assert_int_equal((u8)body(wires[0].out)[k], source_byte(5, k));
	}
	free(expected);
	wires[0].window = 65535;
	wires[0].refuse_writes = 3;
	wires[0].out_len = 0;
	http_receive(&conns[0], "GET /proc/zoneinfo HTTP/1.1\r\n" H "\r\n",
		     strlen("GET /proc/zoneinfo HTTP/1.1\r\n" H "\r\n"));
	for (int i = 0; i < 20 && conns[0].state == HTTP_REPLYING; i++) {
		assert_int_equal(http_tick(&conns[0]), HTTP_KEEP);
		acknowledge(0);
	}
	begins(wires[0].out, "HTTP/1.1 200 OK\r\n");
	whole(wires[0].out);
	assert_int_equal(conns[0].state, HTTP_READING);
}

static void request(u32 n, const char *path)
{
	char text[128];
	u32 len = (u32)snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" H "\r\n", path);

	wires[n].out_len = 0;
	assert_int_equal(http_receive(&conns[n], text, len), len);
}

static void test_snapshots_shared_and_exhausted(void **state)
{
	static const char zoneinfo[] = "GET /proc/zoneinfo HTTP/1.1\r\n" H "\r\n";
	struct http_conn *extra[SLOTS] = { NULL };
	struct snapshot_counters counters;
	u32 metrics_slots;

	(void)state;
	start();
	/* two readers in one step share; one in the next step does not */
	request(0, "/proc/zoneinfo");
	assert_int_equal(slots_in_use(), 1);
	request(1, "/proc/zoneinfo");
	assert_int_equal(slots_in_use(), 1);
	snapshot_new_step();
	request(2, "/proc/zoneinfo");
	assert_int_equal(slots_in_use(), 2);
	snapshot_get_counters(&counters);
	assert_int_equal(counters.shared, 1);
	acknowledge(0);
	assert_int_equal(slots_in_use(), 2);
	acknowledge(1);
	assert_int_equal(slots_in_use(), 1);
	assert_int_equal(strcmp(body(wires[0].out), body(wires[1].out)), 0);
	acknowledge(2);
	assert_int_equal(slots_in_use(), 0);
	/* one that needs several slots, then one that finds none */
	request(0, "/metrics");
	metrics_slots = slots_in_use();
	assert_in_range(metrics_slots, 4, 5);
	snapshot_new_step();
	begins(get(1, "/metrics"), "HTTP/1.1 503 Service Unavailable\r\n");
	has(wires[1].out, "Retry-After: 1\r\n");
	assert_int_equal(slots_in_use(), metrics_slots);
	/* slots that are held never keep short answers from being rendered */
	for (u32 i = 0; slots_in_use() < SLOTS - 1; i++) {
		struct http_conn *more = calloc(1, sizeof(*more));

		assert_in_range(i, 0, SLOTS);
		snapshot_new_step();
		http_open(more, &wires[2]);
		http_receive(more, zoneinfo, sizeof(zoneinfo) - 1);
		assert_int_equal(more->state, HTTP_REPLYING);
		extra[i] = more;
	}
	snapshot_new_step();
	begins(get(1, "/proc/zoneinfo"), "HTTP/1.1 503 ");
	begins(ask(1, "HEAD /proc/zoneinfo HTTP/1.1\r\n" H "\r\n"), "HTTP/1.1 200 ");
	begins(get(1, "/proc/buddyinfo"), "HTTP/1.1 200 ");
	for (u32 i = 0; i < SLOTS && extra[i]; i++) {
		http_release(extra[i]);
		free(extra[i]);
	}
	/* a connection that is lost gives its slots back */
	http_release(&conns[0]);
	assert_int_equal(slots_in_use(), 0);
	http_open(&conns[0], &wires[0]);
	begins(get(1, "/metrics"), "HTTP/1.1 200 ");
	whole(wires[1].out);
	assert_int_equal(slots_in_use(), 0);
}

/* The same but for the cycles that it cost, which its end tells. */
static void same_but_cost(const char *text, const char *expected)
{
	static const char cost[] = "\"snapshot\":{\"cycles\":";
	const char *a = strstr(text, cost), *b = strstr(expected, cost);

	assert_true(!a == !b);
	if (!a) {
		assert_string_equal(text, expected);
		return;
	}
	assert_int_equal(a - text, b - expected);
	assert_memory_equal(text, expected, (size_t)(a - text));
	assert_string_equal(strchr(a + strlen(cost), ','), strchr(b + strlen(cost), ','));
}

/* A text in pieces is the same whatever the transport takes at a time, needs no slot, and goes on
 * where it was after the transport had no memory. */
static void test_pieces(void **state)
{
	static const u32 windows[] = { 1300, 1664, 4000, 20000 };
	static char long_name[2000], expected[65536];
	static const char *const paths[] = { "/api/v1/boot", "/api/v1/boot.txt" };

	(void)state;
	start();
	memset(long_name, '\001', sizeof(long_name) - 1);
	for (size_t i = 0; i + 3 < sizeof(long_name); i += 3)
		memcpy(long_name + i, i % 2 ? "\xe2\x82\xac" : "\"\\\n", 3);
	machine.unknown = long_name;
	for (size_t p = 0; p < ARRAY_SIZE(paths); p++) {
		char http10[100];

		wires[0].window = 65535;
		strcpy(expected, unchunk(get(0, paths[p])));
		assert_null(strstr(expected, "fffd")); /* no character was cut */
		for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
			wires[0].window = windows[i];
			wires[0].refuse_writes = 2;
			get(0, paths[p]);
			while (conns[0].state == HTTP_REPLYING) {
				assert_int_equal(http_tick(&conns[0]), HTTP_KEEP);
				while (acknowledge(0)) /* some get through, the next is refused */
					wires[0].refuse_writes = wires[0].writes++ % 5 == 0;
			}
			same_but_cost(unchunk(wires[0].out), expected);
			assert_int_equal(slots_in_use(), 0);
		}
		wires[0].refuse_writes = 0;
		wires[0].window = 65535;
		snprintf(http10, sizeof(http10), "GET %s HTTP/1.0\r\n\r\n", paths[p]);
		ask(0, http10);
		has(wires[0].out, "\r\nConnection: close\r\n");
		lacks(wires[0].out, "Transfer-Encoding");
		same_but_cost(body(wires[0].out), expected);
		assert_true(wires[0].finished);
		http_release(&conns[0]);
		wires[0].finished = false;
		http_open(&conns[0], &wires[0]);
	}
	snprintf(expected, sizeof(expected), "HEAD /api/v1/boot HTTP/1.1\r\n" H "\r\n");
	assert_string_equal(body(ask(0, expected)), "");
	begins(get(0, "/proc/version"), "HTTP/1.1 200 ");
}

static void test_too_large_for_all_slots(void **state)
{
	(void)state;
	start();
	machine.log_lines = 10000;
	begins(get(0, "/proc/kmsg"), "HTTP/1.1 503 ");
	assert_int_equal(slots_in_use(), 0);
	machine.log_lines = 1500;
	begins(get(0, "/proc/kmsg"), "HTTP/1.1 200 ");
	whole(wires[0].out);
	assert_true(content_length(wires[0].out) > SLOT_BYTES);
}

static void test_times(void **state)
{
	enum http_verdict verdict = HTTP_KEEP;
	u32 ticks = 0;

	(void)state;
	start();
	/* idle */
	while (verdict == HTTP_KEEP && ticks++ < 100)
		verdict = http_tick(&conns[0]);
	assert_int_equal(verdict, HTTP_CLOSE);
	assert_int_equal(ticks, HTTP_IDLE_TICKS + 1);
	/* a request that drips: one byte a tick does not help */
	wires[1].out_len = 0;
	for (ticks = 0; !wires[1].finished && ticks < 100; ticks++) {
		assert_int_equal(
			http_receive(&conns[1], "GET /proc/versionnnnnnnnnnnnnnn" + ticks, 1), 1);
		assert_int_equal(http_tick(&conns[1]), HTTP_KEEP);
		acknowledge(1);
	}
	begins(wires[1].out, "HTTP/1.1 408 Request Timeout\r\n");
	assert_int_equal(ticks, HTTP_REQUEST_TICKS + 1);
	for (ticks = 1; http_tick(&conns[1]) == HTTP_KEEP; ticks++)
		assert_in_range(ticks, 1, 100);
	assert_int_equal(ticks, HTTP_LINGER_TICKS + 1);
	/* a reader that does not read */
	request(2, "/api/v1/net/source?bytes=5000000000");
	for (ticks = 1; http_tick(&conns[2]) == HTTP_KEEP; ticks++)
		assert_in_range(ticks, 1, 100);
	assert_int_equal(ticks, HTTP_STALL_TICKS + 1);
	assert_int_equal(http_tick(&conns[2]), HTTP_ABORT);
	assert_int_equal(http_stats.timeouts, 3);
}

static struct http_conn *evict(bool wanted_idle)
{
	bool idle;
	struct http_conn *c = http_least_wanted(&idle);

	if (c)
		assert_int_equal(idle, wanted_idle);
	return c;
}

static void test_eviction(void **state)
{
	(void)state;
	start();
	assert_ptr_equal(evict(true), &conns[0]);
	get(0, "/proc/version");
	assert_ptr_equal(evict(true), &conns[1]);
	http_receive(&conns[1], "GET", 3);
	assert_ptr_equal(evict(true), &conns[2]);
	request(2, "/api/v1/net/source?bytes=5000000000");
	assert_ptr_equal(evict(true), &conns[0]);
	/* nobody is idle: the older one of the two that have not asked yet */
	http_receive(&conns[0], "GET", 3);
	assert_ptr_equal(evict(false), &conns[1]);
	http_release(&conns[1]);
	http_release(&conns[0]);
	/* one that still reads stays, one that stands still does not */
	assert_null(evict(false));
	for (u32 ticks = 0; ticks < HTTP_PATIENCE_TICKS; ticks++) {
		assert_null(evict(false));
		http_tick(&conns[2]);
	}
	assert_ptr_equal(evict(false), &conns[2]);
	http_progress(&conns[2], 1);
	assert_null(evict(false));
	assert_int_equal(http_stats.connections, 1);
}

static void test_static_pages(void **state)
{
	const char *answer;

	(void)state;
	start();
	answer = get(0, "/");
	begins(answer, "HTTP/1.1 200 OK\r\n");
	has(answer, "Content-Type: text/html; charset=utf-8\r\n");
	has(answer, "Content-Security-Policy: default-src 'none'; script-src 'self'; "
		    "style-src 'self' 'sha256-abc='; ");
	lacks(answer, "unsafe");
	has(answer, "ETag: \"plain\"\r\n");
	has(answer, "Vary: Accept-Encoding\r\n");
	has(answer, "Cache-Control: no-cache\r\n");
	lacks(answer, "Content-Encoding");
	assert_string_equal(body(answer), (const char *)page_text);
	answer = ask(0, "GET /?fresh=1 HTTP/1.1\r\n" H "Accept-Encoding: gzip\r\n\r\n");
	has(answer, "Content-Encoding: gzip\r\n");
	has(answer, "ETag: \"packed\"\r\n");
	has(answer, "Vary: Accept-Encoding\r\n");
	assert_int_equal(content_length(answer), sizeof(page_gzip) - 1);
	answer = ask(0, "GET / HTTP/1.1\r\n" H "Accept-Encoding: gzip\r\n"
			"If-None-Match: \"packed\"\r\n\r\n");
	begins(answer, "HTTP/1.1 304 Not Modified\r\n");
	has(answer, "ETag: \"packed\"\r\n");
	has(answer, "Vary: Accept-Encoding\r\n");
	lacks(answer, "Content-Length");
	assert_string_equal(body(answer), "");
	answer = ask(0, "GET / HTTP/1.1\r\n" H "If-None-Match: \"packed\"\r\n\r\n");
	begins(answer, "HTTP/1.1 200 OK\r\n");
	answer = get(0, "/app.js");
	lacks(answer, "Vary");
	lacks(answer, "Content-Security-Policy");
	assert_int_equal(content_length(answer), sizeof(script));
	begins(get(0, "/only.css"), "HTTP/1.1 406 Not Acceptable\r\n");
	begins(ask(0, "GET /only.css HTTP/1.1\r\n" H "Accept-Encoding: gzip\r\n\r\n"),
	       "HTTP/1.1 200 OK\r\n");
	has(wires[0].out, "Vary: Accept-Encoding\r\n");
	assert_int_equal(slots_in_use(), 0);
}

/* What the stream on connection n has said since it was asked last. */
static const char *told(u32 n)
{
	wires[n].out_len = 0;
	http_push();
	while (acknowledge(n))
		;
	return wires[n].out_len ? wires[n].out : "";
}

/* Answers in the stream: only parts that have changed, of one instant, held in slots while they are told. */
static void test_event_views(void **state)
{
	static char longer[20000];
	const char *answer;

	(void)state;
	start();
	events_init(2);
	net_text = "{\"what\":\"a first row that is longer than the least part of all\"}"
		   ",{\"n\":1}\nand a line\n";
	answer = ask(0, "GET /events?hz=10&of=log&views=/api/v1/net%20/proc/version HTTP/1.1\r\n" H
			"\r\n");
	begins(answer, "HTTP/1.1 200 OK\r\n");
	has(answer, "event: view\n"
		    "data: 0 {\"what\":\"a first row that is longer than the least part of all\"}\n"
		    "data: 1|,{\"n\":1}\n"
		    "data: 2|and a line\n"
		    "data: {\"view\":0,\"status\":200,\"parts\":3,\"more\":false,\"cycles\":");
	has(answer, "data: {\"view\":1,\"status\":200,\"parts\":1,\"more\":false,\"cycles\":");
	assert_int_equal(pages_held, 2);
	assert_int_equal(slots_in_use(), 0);

	/* Nothing is due; then only what differs; the other view has not changed. */
	assert_string_equal(told(0), "");
	net_text = "{\"what\":\"a first row that is longer than the least part of all\"}"
		   ",{\"n\":2}\nand a line\n";
	host_cycles += 100000;
	answer = told(0);
	has(answer, "event: view\ndata: 1|,{\"n\":2}\ndata: {\"view\":0,");
	has(answer, "event: view\ndata: {\"view\":1,");

	/* What could not be handed over is told again, all of it. */
	host_cycles += 100000;
	wires[0].refuse_writes = 1;
	assert_string_equal(told(0), "");
	host_cycles += 100000;
	has(told(0), "data: 0 {\"what\":");

	/* A refusal has its reason, and the request's connection is the stream's. */
	net_text = NULL;
	host_cycles += 100000;
	answer = told(0);
	has(answer, "data: 0 nothing for connection ");
	has(answer, "data: {\"view\":0,\"status\":404,\"parts\":1,\"more\":false,\"cycles\":");
	lacks(answer, "connection 0\n");

	/* A long answer is of one instant: held in its slots until the last part is told. No part cuts a
	 * character of two bytes. */
	for (u32 i = 0; i + 2 < sizeof(longer); i += 2)
		memcpy(longer + i, "\xc3\xa4", 2);
	net_text = longer;
	host_cycles += 100000;
	wires[0].window = 3 * 1664;
	wires[0].out_len = 0;
	http_push();
	assert_int_equal(slots_in_use(), 3);
	longer[0] = longer[1] = 'x';
	while (acknowledge(0))
		;
	assert_int_equal(slots_in_use(), 0);
	lacks(wires[0].out, "xx");
	has(wires[0].out, "data: 0 \xc3\xa4");
	has(wires[0].out, "\"more\":true}");
	has(wires[0].out, "\xc3\xa4\ndata: 1 \xc3\xa4");
	has(wires[0].out, "\"parts\":100,\"more\":false,\"cycles\":");
	host_cycles += 100000;
	has(told(0), "event: view\ndata: 0 xx\xc3\xa4");

	/* A viewer that goes while an answer is told leaves nothing behind. */
	longer[2] = longer[3] = 'y';
	host_cycles += 100000;
	wires[0].window = 1;
	http_push();
	wires[0].window = 65535;
	http_release(&conns[0]);
	assert_int_equal(pages_held, 0);
	assert_int_equal(slots_in_use(), 0);
	net_text = "{}\n";
}

/* What a stream is refused for, and that it then holds nothing. */
static void test_event_views_refused(void **state)
{
	static const struct {
		const char *views, *said;
	} list[] = {
		{ "/nowhere", "views=/nowhere is not a text or JSON that is served here" },
		{ "/events", "views=/events is not" },
		{ "/api/v1/net%20/api/v1/boot", "views=/api/v1/boot is not" },
		{ "/a%zz", "given twice or badly encoded" },
		{ "/proc/stat%20/proc/stat%20/proc/stat%20/proc/stat%20/proc/stat%20/proc/stat%20"
		  "/proc/stat%20/proc/stat%20/proc/stat%20/proc/stat%20/proc/stat",
		  "more than 10 addresses" },
	};

	(void)state;
	start();
	events_init(1);
	for (u32 i = 0; i < ARRAY_SIZE(list); i++) {
		char request[512];
		const char *answer;

		snprintf(request, sizeof(request), "GET /events?views=%s HTTP/1.1\r\n" H "\r\n",
			 list[i].views);
		answer = ask(0, request);
		begins(answer, "HTTP/1.1 400 ");
		has(answer, list[i].said);
		assert_int_equal(pages_held, 0);
	}
	begins(ask(0, "GET /events?of=log HTTP/1.1\r\n" H "\r\n"), "HTTP/1.1 200 ");
	begins(ask(1, "GET /events?views=/api/v1/net HTTP/1.1\r\n" H "\r\n"), "HTTP/1.1 503 ");
	assert_int_equal(pages_held, 0);
	http_release(&conns[0]);
}

/* Frames of the first use as the stream tells it, all of it again if `again`. */
static void test_events(void **state)
{
	const char *answer;

	(void)state;
	start();
	events_init(2);
	answer = ask(0, "GET /events?hz=10 HTTP/1.1\r\n" H "\r\n");
	begins(answer, "HTTP/1.1 200 OK\r\n");
	has(answer, "Transfer-Encoding: chunked");
	has(answer, "event: memory\ndata: {\"set\":[0,127386,");
	has(answer, "\"more\":false");
	assert_int_equal(pages_held, 1);

	/* Nothing is due; then only what has changed. */
	assert_string_equal(told(0), "");
	machine.frames.uses[0].pages--;
	host_cycles += 100000;
	has(told(0), "data: {\"set\":[0,127385],\"more\":false");
	machine.frames.uses[0].pages++;

	/* An event that could not be handed over is not lost. */
	host_cycles += 100000;
	wires[0].refuse_writes = 1;
	assert_string_equal(told(0), "");
	host_cycles += 100000;
	has(told(0), "data: {\"set\":[0,127386,");

	/* Nor one that says that a number has become 0. */
	machine.frames.uses[0].pages = 0;
	host_cycles += 100000;
	wires[0].refuse_writes = 1;
	assert_string_equal(told(0), "");
	host_cycles += 100000;
	has(told(0), "data: {\"set\":[0,0,");
	machine.frames.uses[0].pages = 127386;

	/* The log alone; a third stream is refused; HEAD takes nothing. */
	machine.log_lines = 5;
	answer = ask(1, "GET /events?of=log HTTP/1.1\r\nLast-Event-ID: 2\r\n" H "\r\n");
	has(answer,
	    "id: 3\nevent: log\ndata: {\"time_us\":21,\"level\":6,\"text\":\"line 3\"}\n\n");
	machine.log_lines = 6;
	wires[1].refuse_writes = 1;
	assert_string_equal(told(1), "");
	has(told(1), "id: 5\nevent: log\n");
	begins(ask(2, "HEAD /events HTTP/1.1\r\n" H "\r\n"), "HTTP/1.1 200 OK\r\n");
	begins(ask(2, "GET /events HTTP/1.1\r\n" H "\r\n"), "HTTP/1.1 503 ");
	begins(ask(2, "GET /events?hz=11 HTTP/1.1\r\n" H "\r\n"), "HTTP/1.1 400 ");

	/* A stream ends with its viewer, its memory with it; or when the text is another one. */
	conns[1].peer_closed = true;
	assert_true(http_finished(&conns[1]));
	http_release(&conns[1]);
	/* A line of another boot says nothing about this one's. */
	answer = ask(2, "GET /events?of=log HTTP/1.1\r\nLast-Event-ID: 99\r\n" H "\r\n");
	has(answer, "id: 0\nevent: log\n");
	http_release(&conns[2]);
	machine.zones[0].populated = false;
	host_cycles += 100000;
	has(told(0), "event: changed\ndata: {}\n\n\r\n0\r\n\r\n");
	machine.zones[0].populated = true;
	assert_int_equal(conns[0].state, HTTP_READING);
	assert_int_equal(pages_held, 0);
}

/* Every series of a family is together, none comes twice, and the text ends with a newline. */
static void test_metrics(void **state)
{
	static char names[400][80];
	u32 families = 0;
	const char *at, *line;

	(void)state;
	start();
	at = body(get(0, "/metrics"));
	has(wires[0].out, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
	has(at, "\nnode_buddyinfo_blocks{node=\"0\",zone=\"Normal\",size=\"0\"} 1234576\n");
	has(at, "\nnode_slabinfo_active_objects{slab=\"http_conn\"} 7\n");
	has(at, "\nnode_zoneinfo_min_pages{node=\"0\",zone=\"DMA\"} 64\n");
	has(at, "\nnode_zoneinfo_nr_free_pages{node=\"0\",zone=\"DMA\"} 3930\n");
	has(at, "\nnode_memory_MemTotal_bytes 931725312\n");
	has(at, "\nnode_memory_Active_anon_bytes 0\n");
	has(at, "\nnode_vmstat_pgfree 4999999999\n");
	has(at, "\nmemscope_frames{use=\"slab\"} 101890\n");
	has(at, "\nnode_network_receive_packets_total{device=\"eth0\"} 7\n");
	has(at, "\nmemscope_net_pool_used{pool=\"PBUF\"} 4\n");
	has(at, "\nmemscope_net_heap_bytes 4096\n");
	has(at, "\nmemscope_net_heap_failed_total 5\n");
	has(at, "\nmemscope_net_received_total{verdict=\"bad_ip\"} 0\n");
	lacks(at, "HighMem");
	lacks(at, "\r");
	assert_int_equal(at[strlen(at) - 1], '\n');
	for (line = at; *line; line = strchr(line, '\n') + 1) {
		char name[80];

		if (!strncmp(line, "# HELP ", 7)) {
			assert_int_equal(sscanf(line + 7, "%79s", name), 1);
			for (u32 i = 0; i < families; i++)
				assert_string_not_equal(names[i], name);
			assert_in_range(families, 0, 399);
			strcpy(names[families++], name);
		} else if (!strncmp(line, "# TYPE ", 7)) {
			assert_int_equal(sscanf(line + 7, "%79s", name), 1);
			assert_string_equal(name, names[families - 1]);
		} else {
			assert_int_equal(sscanf(line, "%79[^{ ]", name), 1);
			assert_string_equal(name, names[families - 1]);
		}
	}
	assert_true(families > 100);
}

HOST_MAIN(cmocka_unit_test(test_keep_alive), cmocka_unit_test(test_every_path),
	  cmocka_unit_test(test_pictures), cmocka_unit_test(test_twins),
	  cmocka_unit_test(test_one_instant), cmocka_unit_test(test_json_fields),
	  cmocka_unit_test(test_early_json), cmocka_unit_test(test_modules),
	  cmocka_unit_test(test_module_waits), cmocka_unit_test(test_head),
	  cmocka_unit_test(test_pipelining), cmocka_unit_test(test_http_1_0),
	  cmocka_unit_test(test_errors), cmocka_unit_test(test_token), cmocka_unit_test(test_sink),
	  cmocka_unit_test(test_document), cmocka_unit_test(test_expectation),
	  cmocka_unit_test(test_source), cmocka_unit_test(test_back_pressure),
	  cmocka_unit_test(test_snapshots_shared_and_exhausted), cmocka_unit_test(test_pieces),
	  cmocka_unit_test(test_too_large_for_all_slots), cmocka_unit_test(test_times),
	  cmocka_unit_test(test_eviction), cmocka_unit_test(test_static_pages),
	  cmocka_unit_test(test_metrics), cmocka_unit_test(test_events),
	  cmocka_unit_test(test_event_views), cmocka_unit_test(test_event_views_refused))
