/*
 * The real server over the real stack on the real allocators, under AddressSanitizer: for each kind of
 * request its first allocation fails, in another run its second, and so on until a run meets no
 * failure; objects (failslab) and pages (fail_page_alloc) each. However that request ended, the next
 * one is answered, the kernel's own checks agree, and every cache and owner has what it had before.
 *
 *	client (below) -- frames --> host_nic --> net/ --> lwIP --> web/tcp.c --> web/
 *	       <--------- packets -- net/tx.c <---------------------------------+
 *
 * The card takes its pages from the same allocator; a frame it has no page for is lost, and the client
 * sends it again.
 */
#include "whole_boot.h"

#include "drivers/netdev.h"
#include "kernel/job.h"
#include "kernel/lib/errno.h"
#include "kernel/printk.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/tcp.h"
#include "lwip/timeouts.h"
#include "mm/check_internal.h"
#include "mm/fault_inject.h"
#include "mm/large_hash.h"
#include "mm/memstat.h"
#include "mm/slab.h"
#include "mm/soak.h"
#include "net/net.h"
#include "net/netif.h"
#include "net/tx.h"
#include "support/nic.h"
#include "web/assets.h"
#include "web/dcache.h"
#include "web/http_stats.h"
#include "web/route.h"
#include "web/snapshot.h"
#include "web/web.h"

#define OUR_IP "\x0a\x00\x02\x0f"
#define CLIENT_IP "\x0a\x00\x02\x02"
#define CLIENT_MAC "\x02\x00\x00\x00\x00\x99"
#define MSS 1400u
#define TOKEN "Authorization: Bearer secret\r\n"
#define RUNS_MAX 3000u

/* ---- What the rest of the kernel would give ---- */

static struct poller *pollers[4];

void poller_register(struct poller *poller)
{
	for (u32 i = 0; i < ARRAY_SIZE(pollers); i++)
		if (!pollers[i]) {
			pollers[i] = poller;
			return;
		}
	fail_msg("too many pollers");
}

u64 idle_us(void)
{
	return 0;
}

u64 loop_longest_cycles(bool reset)
{
	(void)reset;
	return 0;
}

const char build_version[] = "0", build_compiler[] = "cc";

u64 log_oldest_seq(void)
{
	return 0;
}

u64 log_next_seq(void)
{
	return 0;
}

size_t log_read(u64 *seq, char *buf, size_t size)
{
	(void)seq;
	(void)buf;
	(void)size;
	return 0;
}

bool log_read_record(u64 seq, struct log_record *record)
{
	(void)seq;
	(void)record;
	return false;
}

const struct netdev *net_device(void)
{
	return &host_nic.dev;
}

u16 net_http_port(void)
{
	return 80;
}

/* These read the processor. */
void api_kernel(struct writer *w)
{
	w_lit(w, "{}\n");
}

void proc_stat(struct writer *w)
{
	w_lit(w, "cpu\n");
}

void proc_softirqs(struct writer *w)
{
	w_lit(w, "CPU0\n");
}

static const u8 page[20000] = "<!doctype html>";
const struct asset assets[] = {
	{ .path = "/",
	  .content_type = "text/html",
	  .etag = "\"1\"",
	  .data = page,
	  .size_bytes = sizeof(page) },
};
const u32 asset_count = ARRAY_SIZE(assets);
const char asset_style_src[] = "'self' 'sha256-abc='";

/* What a soak job keeps: the host has no page tables for it (rules.mk). */
void *__wrap_vmalloc(unsigned long bytes);
void __wrap_vfree(const void *virt);

void *__wrap_vmalloc(unsigned long bytes)
{
	return malloc(bytes);
}

void __wrap_vfree(const void *virt)
{
	free((void *)virt);
}

/* ---- The client: one connection, go back and say it again every 200 ms ---- */

struct packet {
	struct packet *next;
	u32 len;
	u8 bytes[];
};

static struct packet *inbox, **inbox_end = &inbox;
static u8 server_mac[6] = { 0x52, 0x54, 0, 0, 0, 1 };

static struct client {
	u16 port;
	const char *request;
	u32 request_bytes;
	u32 first_seq; /* of the request's first byte */
	u32 said;      /* bytes of it that the server has acknowledged */
	u32 ack;       /* what is expected next */
	char *got;
	u32 got_bytes;
	bool connected, got_fin, sent_fin, fin_acked, reset;
} client;

static void sent_by_server(const struct host_nic_packet *packet)
{
	struct packet *copy = malloc(sizeof(*copy) + packet->len);

	copy->next = NULL;
	copy->len = packet->len;
	memcpy(copy->bytes, packet->bytes, packet->len);
	*inbox_end = copy;
	inbox_end = &copy->next;
}

static void put32(u8 *at, u32 v)
{
	for (u32 i = 0; i < 4; i++)
		at[i] = (u8)(v >> (24 - 8 * i));
}

static u32 get32(const u8 *at)
{
	return (u32)at[0] << 24 | (u32)at[1] << 16 | (u32)at[2] << 8 | at[3];
}

static u16 ones_sum(const u8 *at, u32 bytes)
{
	u32 sum = 0;

	for (u32 i = 0; i < bytes; i += 2)
		sum += (u32)at[i] << 8 | at[i + 1];
	while (sum >> 16)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return (u16)~sum;
}

static void send_segment(u8 flags, u32 seq, const char *data, u32 len)
{
	u8 f[1600] = { 0 };
	u32 total = 40 + len;
	u16 sum;

	memcpy(f, server_mac, 6);
	memcpy(f + 6, CLIENT_MAC, 6);
	f[12] = 8;
	f[14] = 0x45;
	f[16] = (u8)(total >> 8), f[17] = (u8)total;
	f[22] = 64, f[23] = 6;
	memcpy(f + 26, CLIENT_IP, 4);
	memcpy(f + 30, OUR_IP, 4);
	sum = ones_sum(f + 14, 20);
	f[24] = (u8)(sum >> 8), f[25] = (u8)sum;
	f[34] = (u8)(client.port >> 8), f[35] = (u8)client.port;
	f[37] = 80;
	put32(f + 38, seq);
	put32(f + 42, client.ack);
	f[46] = 5 << 4;
	f[47] = flags;
	f[48] = 0xFF, f[49] = 0xFF;
	memcpy(f + 54, data, len);
	host_nic_receive(f, max(54 + len, 60u));
}

static u32 next_seq(void)
{
	return client.first_seq + client.said + client.sent_fin;
}

static void client_arp(const u8 *request)
{
	u8 f[60] = { 0 };

	memcpy(f, server_mac, 6);
	memcpy(f + 6, CLIENT_MAC, 6);
	memcpy(f + 12, "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x02", 10);
	memcpy(f + 22, CLIENT_MAC, 6);
	memcpy(f + 28, CLIENT_IP, 4);
	memcpy(f + 32, request + 22, 10);
	host_nic_receive(f, sizeof(f));
}

/* Says what has not been acknowledged: a window of a few segments. */
static void say(void)
{
	if (!client.connected) {
		send_segment(TCP_SYN, client.first_seq - 1, "", 0);
		return;
	}
	for (u32 at = client.said, n = 0; at < client.request_bytes && n < 4; n++) {
		u32 len = min(client.request_bytes - at, MSS);

		send_segment(TCP_ACK | TCP_PSH, client.first_seq + at, client.request + at, len);
		at += len;
	}
	if (client.sent_fin && !client.fin_acked)
		send_segment(TCP_ACK | TCP_FIN, client.first_seq + client.said, "", 0);
	else if (client.said == client.request_bytes)
		send_segment(TCP_ACK, next_seq(), "", 0);
}

static void take_data(const u8 *payload, u32 data)
{
	client.got = realloc(client.got, client.got_bytes + data + 1);
	memcpy(client.got + client.got_bytes, payload, data);
	client.got_bytes += data;
	client.got[client.got_bytes] = '\0';
	client.ack += data;
}

static void client_segment(const u8 *f)
{
	u32 seq = get32(f + 38), data = ((u32)f[16] << 8 | f[17]) - 20 - (f[46] >> 4) * 4u;
	u32 acked = get32(f + 42) - client.first_seq, before = client.said;
	u8 flags = f[47];

	if (flags & TCP_RST) {
		client.reset |= client.connected;
		return;
	}
	if (flags & TCP_SYN) {
		if (!client.connected) {
			client.connected = true;
			client.ack = seq + 1;
			say();
		} else {
			send_segment(TCP_ACK, next_seq(), "", 0);
		}
		return;
	}
	if (acked <= client.request_bytes + 1) {
		client.said = max(client.said, min(acked, client.request_bytes));
		client.fin_acked |= client.sent_fin && acked == client.request_bytes + 1;
	}
	if (data && seq == client.ack)
		take_data(f + 34 + (f[46] >> 4) * 4, data);
	if ((flags & TCP_FIN) && seq + data == client.ack && !client.got_fin) {
		client.got_fin = true;
		client.ack++;
	}
	if (data || (flags & TCP_FIN))
		send_segment(TCP_ACK, next_seq(), "", 0);
	if (client.said > before && client.said < client.request_bytes)
		say();
}

static void client_reads(void)
{
	while (inbox) {
		struct packet *packet = inbox;

		inbox = packet->next;
		if (!inbox)
			inbox_end = &inbox;
		if (packet->bytes[12] == 8 && packet->bytes[13] == 6 && packet->bytes[21] == 1)
			client_arp(packet->bytes);
		else if (packet->bytes[13] == 0 && packet->bytes[36] == (u8)(client.port >> 8) &&
			 packet->bytes[37] == (u8)client.port)
			client_segment(packet->bytes);
		free(packet);
	}
}

/* ---- The machine ---- */

/* One turn of the main loop, `ms` later. */
static void turn(u32 ms)
{
	host_cycles += (u64)ms * 1000;
	sys_check_timeouts();
	for (u32 i = 0; i < ARRAY_SIZE(pollers) && pollers[i]; i++)
		pollers[i]->poll(pollers[i]);
	host_step_jobs();
	net_tx_flush(&host_nic.dev);
	client_reads();
	net_tx_flush(&host_nic.dev);
}

/* As boot makes them, but not of boot memory. */
static void make_table(struct large_hash *h)
{
	h->shift = 6;
	h->mask = 63;
	h->table = calloc(64, sizeof(*h->table));
}

static void start_machine(const char *line)
{
	ip4_addr_t address, netmask, gateway;
	struct netif *netif;

	boot(48, line, NULL);
	map_arena();
	for (unsigned i = 0; i < DIV_ROUND_UP(max_low_pfn, PTRS_PER_PTE); i++)
		swapper_pg_dir[KERNEL_PGD_BOUNDARY + i].val = 0; /* the arena is the direct map */
	check_keep_constants();
	host_nic_setup(true, true);
	netif = host_stack_start();
	host_nic.sent = sent_by_server;
	host_nic.complete_at_once = true;
	IP4_ADDR(&address, 10, 0, 2, 15);
	IP4_ADDR(&netmask, 255, 255, 255, 0);
	IP4_ADDR(&gateway, 0, 0, 0, 0);
	netif_set_addr(netif, &address, &netmask, &gateway);
	make_table(&pid_hash);
	make_table(&dentry_hashtable);
	make_table(&inode_hashtable);
	vfs_caches_init();
	assert_int_equal(web_init(), 0);
	turn(10);
}

/* ---- Requests ---- */

struct kind {
	const char *name;
	const char *request;
	const char *status; /* of its answer, undisturbed */
	u32 body_bytes;	    /* of the pattern, behind the request */
	const char *until;  /* a text that is enough; NULL: a whole answer */
	bool abort;	    /* at the first byte of an answer */
};

#define ASK(method, path, fields) method " " path " HTTP/1.1\r\nHost: localhost\r\n" fields "\r\n"
#define GET(path) ASK("GET", path, "")
#define KIND(what, text, answer, ...)                                              \
	{                                                                          \
		.name = (what), .request = (text), .status = (answer), __VA_ARGS__ \
	}

static const struct kind kinds[] = {
	KIND("text", GET("/proc/buddyinfo"), "200"),
	KIND("json", GET("/api/v1/memory"), "200"),
	KIND("chunked", GET("/api/v1/boot"), "200", .until = "\r\n0\r\n\r\n"),
	KIND("page", GET("/"), "200"),
	KIND("missing", GET("/nothing"), "404"),
	KIND("pipeline",
	     GET("/proc/version") GET("/proc/meminfo") GET("/nothing") GET("/proc/uptime"), "200",
	     .until = " 0.00\n"),
	KIND("refused", ASK("POST", "/api/v1/soak", "Content-Length: 2\r\n") "{}", "401"),
	KIND("soak",
	     ASK("POST", "/api/v1/soak",
		 TOKEN
		 "Content-Length: 58\r\n") "{\"operations\":9,\"allocate\":[{\"kind\":\"kmalloc\",\"size\":64}]}",
	     "201"),
	KIND("events", GET("/events?hz=10&of=memory"), "200", .until = "event: memory"),
	KIND("buddy", GET("/events?hz=10&of=buddy"), "200", .until = "\r\n\r\n"),
	KIND("views", GET("/events?hz=10&of=memory&views=/api/v1/soak%20/proc/buddyinfo"), "200",
	     .until = "{\"view\":1,\"status\":200"),
	KIND("source", GET("/api/v1/net/source?bytes=40000"), "200"),
	KIND("sink", ASK("POST", "/api/v1/net/sink", TOKEN "Content-Length: 30000\r\n"), "200",
	     .body_bytes = 30000),
	KIND("aborted", GET("/api/v1/net/source?bytes=40000"), "200", .abort = true),
	KIND("half", "GET /proc/ver", NULL, .abort = true),
};

static char request[40000];

static void build(const struct kind *kind)
{
	u32 len = (u32)strlen(kind->request);

	memcpy(request, kind->request, len);
	for (u32 i = 0; i < kind->body_bytes; i++)
		request[len + i] = (char)net_pattern()[(net_phase(0) + i) % NET_SOURCE_PERIOD];
	client.request = request;
	client.request_bytes = len + kind->body_bytes;
}

static bool answered(const struct kind *kind)
{
	const char *length, *body;

	if (!client.got || kind->abort)
		return client.got || client.said == client.request_bytes;
	body = strstr(client.got, "\r\n\r\n");
	if (!body)
		return false;
	if (client.got_fin || strstr(client.got, "HTTP/1.1 503") == client.got)
		return true;
	if (kind->until)
		return strstr(client.got, kind->until);
	length = strstr(client.got, "Content-Length: ");
	return length && client.got + client.got_bytes - (body + 4) >= atoi(length + 16);
}

/* One connection for one request, from SYN to the end. */
static void converse(const struct kind *kind)
{
	static u16 last_port = 20000;
	u32 ms = 0;

	free(client.got);
	client = (struct client){ .port = ++last_port, .first_seq = last_port * 1000003u };
	build(kind);
	for (; !client.fin_acked && !client.reset; ms += 20) {
		if (ms % 200 == 0)
			say();
		turn(20);
		if (!client.sent_fin && answered(kind)) {
			if (kind->abort) {
				send_segment(TCP_RST, next_seq(), "", 0);
				break;
			}
			client.said = client.request_bytes;
			send_segment(TCP_ACK | TCP_FIN, next_seq(), "", 0);
			client.sent_fin = true;
		}
		if (ms > 120000)
			fail_msg("%s: stuck after %u bytes: %s", kind->name, client.got_bytes,
				 fault_is_set() ? failslab.last.what : "");
	}
}

/* ---- Before and after ---- */

struct in_use {
	u32 caches, sum;
	struct {
		const char *name;
		u64 active;
	} cache[120];
	unsigned long owners[OWNER_FIELD_SIZE];
};

static void count_cache(void *arg, const struct memstat_cache *cache)
{
	struct in_use *u = arg;

	assert_true(u->caches < ARRAY_SIZE(u->cache));
	u->cache[u->caches].name = cache->name;
	u->cache[u->caches++].active = cache->active_objs;
}

/* All timers of TCP have run, all jobs are done and forgotten, no cache keeps anything for nobody. */
static void measure(struct in_use *u)
{
	struct memstat_check check;

	for (u32 ms = 0; ms < 8000 || tcp_active_pcbs || tcp_tw_pcbs || soak_next(NULL); ms += 50) {
		for (struct soak_job *job = soak_next(NULL); job; job = soak_next(job))
			if (job->state == SOAK_DONE) {
				soak_forget(job);
				break;
			}
		turn(50);
		assert_true(ms < 100000);
	}
	assert_int_equal(net_counters.rx_pages_held, 0);
	assert_int_equal(host_nic.dev.tx_in_flight, 0);
	kmem_cache_reap();
	memset(u, 0, sizeof(*u));
	memstat_caches(count_cache, u);
	memcpy(u->owners, owner_pages, sizeof(u->owners));
	memstat_check(&check);
	if (check.disagreements)
		fail_msg("%s %s: expected %s, found %s", check.list[0].what, check.list[0].where,
			 check.list[0].expected, check.list[0].found);
}

static void expect_same(const struct in_use *a, const struct in_use *b, const char *what)
{
	assert_int_equal(a->caches, b->caches);
	for (u32 i = 0; i < a->caches; i++)
		if (a->cache[i].active != b->cache[i].active)
			fail_msg("%s: %s has %llu objects, had %llu", what, a->cache[i].name,
				 b->cache[i].active, a->cache[i].active);
	for (u32 i = 0; i < NR_OWNERS; i++)
		if (a->owners[i] != b->owners[i])
			fail_msg("%s: owner %u has %lu pages, had %lu", what, i, b->owners[i],
				 a->owners[i]);
}

/* ---- Each allocation of each kind ---- */

static u32 each_failing(const struct kind *kind, bool pages)
{
	struct in_use before, after;
	char what[120];
	u32 nth = 1;

	converse(kind);
	if (kind->status && (!client.got || strncmp(client.got + 9, kind->status, 3)))
		fail_msg("%s: %s expected, not %s", kind->name, kind->status, client.got);
	measure(&before);
	for (; nth < RUNS_MAX; nth++) {
		struct fault_attr attr = FAULT_ATTR_DEFAULT;
		const struct fault_attr *met = pages ? &fail_page_alloc : &failslab;

		attr.times = 1;
		attr.after = nth - 1;
		fault_set(pages ? NULL : &attr, pages ? &attr : NULL, 0);
		converse(kind);
		for (u32 i = 0; i < 20 && !met->hits; i++)
			turn(50); /* its connection ends */
		fault_stop();
		snprintf(what, sizeof(what), "%s, %s %u, %s", kind->name,
			 pages ? "fail_page_alloc" : "failslab", nth, met->last.what);
		measure(&after);
		expect_same(&before, &after, what);
		if (!met->hits)
			break;
		assert_true(met->hits == 1);
		converse(&kinds[0]);
		if (!client.got || strncmp(client.got, "HTTP/1.1 200", 12))
			fail_msg("%s: the next request got %s", what,
				 client.got ? client.got : "nothing");
	}
	assert_true(nth < RUNS_MAX);
	print_message("%s: %u of %s\n", kind->name, nth - 1, pages ? "pages" : "objects");
	return nth - 1;
}

static void test_each(const char *line, bool pages)
{
	start_machine(line);
	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++)
		assert_true(each_failing(&kinds[i], pages) > 0);
}

static void test_objects(void **state)
{
	(void)state;
	test_each("token=secret", false);
}

static void test_pages(void **state)
{
	(void)state;
	test_each("token=secret", true);
}

static void test_objects_24(void **state)
{
	(void)state;
	test_each("mm=2.4 token=secret", false);
}

static void test_pages_24(void **state)
{
	(void)state;
	test_each("mm=2.4 token=secret", true);
}

HOST_MAIN(cmocka_unit_test(test_objects), cmocka_unit_test(test_pages),
	  cmocka_unit_test(test_objects_24), cmocka_unit_test(test_pages_24))
