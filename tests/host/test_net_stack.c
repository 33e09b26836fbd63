/*
 * The whole stack under shortage: a client asks, the server streams an answer and closes. Each of
 * lwIP's allocations fails in turn, then many at random, then receive pages; every time the
 * client gets all bytes in the end, and nothing stays behind.
 *
 *	client (below) -- frames --> host_nic --> net/netif.c --> lwIP --> server (below)
 *	       <--------- packets -- net/tx.c <-------------------+
 */
#include "lwip/etharp.h"
#include "lwip/memp.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/tcp.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "mm/slab.h"
#include "net/memp.h"
#include "net/netif.h"
#include "net/tx.h"
#include "support/host.h"
#include "support/nic.h"
#include "support/zones.h"

#define OUR_IP "\x0a\x00\x02\x0f"
#define CLIENT_IP "\x0a\x00\x02\x02"
#define CLIENT_MAC "\x02\x00\x00\x00\x00\x99"
#define ANSWER_BYTES 60000
#define HEAD 54

/* ---- Failing allocations (--wrap in rules.mk) ---- */

static u32 calls, fail_nth, fail_percent;
static bool failed;

static bool fails_now(void)
{
	calls++;
	if (calls == fail_nth || (fail_percent && (u32)rand() % 100 < fail_percent)) {
		failed = true;
		return true;
	}
	return false;
}

void *__real_memp_malloc(memp_t type);
void *__wrap_memp_malloc(memp_t type);
void *__real_net_mem_malloc(size_t bytes);
void *__wrap_net_mem_malloc(size_t bytes);

void *__wrap_memp_malloc(memp_t type)
{
	if (type != MEMP_SYS_TIMEOUT && fails_now())
		return NULL;
	return __real_memp_malloc(type);
}

void *__wrap_net_mem_malloc(size_t bytes)
{
	return fails_now() ? NULL : __real_net_mem_malloc(bytes);
}

/* ---- The server ---- */

static u8 answer[ANSWER_BYTES];
static u32 answered, acknowledged;
static bool copy_answer, asked;

static void server_push(struct tcp_pcb *pcb)
{
	while (asked && answered < ANSWER_BYTES) {
		u32 n = min_t(u32, tcp_sndbuf(pcb), ANSWER_BYTES - answered);

		/* A write takes all it needs or nothing: small ones get through many failures. */
		n = min(n, fail_percent ? 1400u : 7000u);
		if (n == 0 || tcp_write(pcb, answer + answered, (u16)n,
					copy_answer ? TCP_WRITE_FLAG_COPY : 0) != ERR_OK)
			break;
		answered += n;
	}
	tcp_output(pcb);
	if (asked && acknowledged == ANSWER_BYTES && tcp_close(pcb) == ERR_OK)
		asked = false;
}

static err_t server_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	(void)arg;
	(void)err;
	if (!p)
		return ERR_OK;
	tcp_recved(pcb, p->tot_len);
	pbuf_free(p);
	asked = true;
	server_push(pcb);
	return ERR_OK;
}

static err_t server_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
	(void)arg;
	acknowledged += len;
	server_push(pcb);
	return ERR_OK;
}

static err_t server_poll(void *arg, struct tcp_pcb *pcb)
{
	(void)arg;
	server_push(pcb);
	return ERR_OK;
}

static err_t server_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	(void)arg;
	if (err != ERR_OK || !pcb)
		return ERR_VAL;
	tcp_recv(pcb, server_recv);
	tcp_sent(pcb, server_sent);
	tcp_poll(pcb, server_poll, 1);
	return ERR_OK;
}

/* ---- The client ---- */

struct packet {
	struct packet *next;
	u32 len;
	u8 bytes[];
};

static struct packet *inbox, **inbox_end = &inbox;
static u16 client_port = 20000;
static u32 client_seq, client_ack, got;
static bool connected, sent_fin, got_fin, fin_acked;
static u8 server_mac[6] = { 0x52, 0x54, 0, 0, 0, 1 };

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

static void client_send(u8 flags, const char *data)
{
	u8 f[128] = { 0 };
	u32 len = (u32)strlen(data), total = 40 + len;
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
	f[34] = (u8)(client_port >> 8), f[35] = (u8)client_port;
	f[37] = 80;
	put32(f + 38, client_seq);
	put32(f + 42, client_ack);
	f[46] = 5 << 4;
	f[47] = flags;
	f[48] = 0xFF, f[49] = 0xFF;
	memcpy(f + HEAD, data, len);
	host_nic_receive(f, max(HEAD + len, 60u));
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

static void client_segment(const u8 *f)
{
	u32 seq = get32(f + 38), data = ((u32)f[16] << 8 | f[17]) - 20 - (f[46] >> 4) * 4u;
	const u8 *payload = f + 34 + (f[46] >> 4) * 4;
	u8 flags = f[47];

	if (flags & TCP_RST)
		return;
	if (flags & TCP_SYN) {
		if (!connected) {
			connected = true;
			client_seq++;
			client_ack = seq + 1;
		}
		client_send(TCP_ACK, "");
		return;
	}
	if (data && seq == client_ack) {
		assert_true(got + data <= ANSWER_BYTES);
		assert_memory_equal(payload, answer + got, data);
		got += data;
		client_ack += data;
	}
	if ((flags & TCP_FIN) && seq + data == client_ack && !got_fin) {
		got_fin = true;
		client_ack++;
	}
	if (sent_fin && get32(f + 42) == client_seq + 1)
		fin_acked = true;
	if (data || (flags & TCP_FIN))
		client_send(TCP_ACK, "");
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
		else if (packet->bytes[13] == 0 && packet->bytes[37] == (u8)client_port)
			client_segment(packet->bytes);
		free(packet);
	}
}

/* Says again what has not been answered. */
static void client_repeats(void)
{
	if (!connected) {
		client_send(TCP_SYN, "");
	} else if (got == 0) {
		client_send(TCP_ACK | TCP_PSH, "GET");
	} else if (got_fin) {
		if (!sent_fin)
			client_seq += 3;
		sent_fin = true;
		client_send(TCP_ACK | TCP_FIN, "");
	} else {
		u32 seq = client_seq;

		client_seq += 3;
		client_send(TCP_ACK, "");
		client_seq = seq;
	}
}

/* ---- The machine ---- */

static void pass_ms(u32 ms)
{
	host_cycles += (u64)ms * 1000;
	sys_check_timeouts();
	net_tx_flush(&host_nic.dev);
	client_reads();
	net_tx_flush(&host_nic.dev);
}

static void boot(void)
{
	ip4_addr_t address, netmask, gateway;
	struct tcp_pcb *listener;
	struct netif *netif;

	host_zones(4096, 8192, 0);
	kmem_cache_init();
	kmem_cache_init_late();
	system_state = PHASE_SLAB;
	host_nic_setup(true, true);
	netif = host_stack_start();
	host_nic.sent = sent_by_server;
	host_nic.complete_at_once = true;
	IP4_ADDR(&address, 10, 0, 2, 15);
	IP4_ADDR(&netmask, 255, 255, 255, 0);
	IP4_ADDR(&gateway, 0, 0, 0, 0);
	netif_set_addr(netif, &address, &netmask, &gateway);
	listener = tcp_new();
	tcp_bind(listener, IP_ADDR_ANY, 80);
	listener = tcp_listen(listener);
	tcp_accept(listener, server_accept);
	for (u32 i = 0; i < ANSWER_BYTES; i++)
		answer[i] = (u8)(i * 7 + (i >> 8));
	pass_ms(10);
}

static u32 pool_used(memp_t type)
{
	struct net_pool_stats stats;

	net_pool_get_stats(type, &stats);
	return stats.used;
}

/* One connection from SYN to the end of TIME_WAIT. Returns the milliseconds it took. */
static u32 converse(void)
{
	u32 ms = 0;

	client_port++;
	client_seq = client_port * 1000003u;
	client_ack = 0;
	connected = sent_fin = got_fin = fin_acked = asked = false;
	got = answered = acknowledged = 0;
	for (; !fin_acked; ms += 50) {
		if (ms % 200 == 0)
			client_repeats();
		pass_ms(50);
		if (ms > 300000)
			fail_msg("stuck: connected %d, %u bytes, fin %d, call %u failing",
				 connected, got, got_fin, fail_nth);
	}
	assert_int_equal(got, ANSWER_BYTES);
	return ms;
}

/* All is given back once the last timers of TCP have run. */
static void assert_quiet(void)
{
	for (u32 ms = 0; ms < 30000; ms += 250)
		pass_ms(250);
	assert_null(tcp_active_pcbs);
	assert_null(tcp_tw_pcbs);
	assert_int_equal(pool_used(MEMP_TCP_PCB), 0);
	assert_int_equal(pool_used(MEMP_TCP_SEG), 0);
	assert_int_equal(pool_used(MEMP_PBUF), 0);
	assert_int_equal(net_counters.rx_pages_held, 0);
	assert_int_equal(net_counters.tx_backlog, 0);
	assert_int_equal(host_nic.dev.tx_in_flight, 0);
	assert_int_equal(net_heap_bytes(), 0);
	host_assert_checks();
}

static void test_undisturbed(void **state)
{
	(void)state;
	boot();
	for (u32 i = 0; i < 4; i++) {
		copy_answer = i & 1;
		assert_true(converse() < 2000);
	}
	assert_quiet();
	assert_true(net_counters.tx_merged > 0);
}

static void test_each_allocation_failing(void **state)
{
	u32 nth = 0;

	(void)state;
	boot();
	do {
		copy_answer = ++nth & 1;
		failed = false;
		calls = 0;
		fail_nth = nth;
		converse();
		assert_true(nth < 5000);
	} while (failed);
	assert_true(nth > 50);
	assert_quiet();
}

static void test_many_allocations_failing(void **state)
{
	(void)state;
	boot();
	srand(host_seed(20240120));
	for (u32 i = 0; i < 12; i++) {
		copy_answer = i & 1;
		fail_percent = 5 + i;
		converse();
	}
	fail_percent = 0;
	assert_quiet();
	assert_true(failed);
}

/* The page allocator and the slab below refuse in turn: lost frames are sent again by TCP. */
static void test_each_page_failing(void **state)
{
	(void)state;
	boot();
	copy_answer = true;
	for (u32 nth = 1; nth < 60; nth++) {
		host_fail_alloc(nth);
		converse();
		host_fail_alloc(0);
	}
	assert_quiet();
}

/* Above the limit of waiting pages, data is dropped and control passes. */
static void test_waiting_pages_are_limited(void **state)
{
	u64 dropped;

	(void)state;
	boot();
	net_counters.rx_pages_held += 1u << 20;
	dropped = net_counters.rx_over_limit;
	client_port++;
	client_seq = 99, client_ack = 0, connected = asked = false, got = 0;
	client_send(TCP_SYN, "");
	pass_ms(50);
	assert_true(connected);
	client_send(TCP_ACK | TCP_PSH, "GET");
	assert_false(asked);
	assert_int_equal(net_counters.rx_over_limit, dropped + 1);
	net_counters.rx_pages_held -= 1u << 20;
	client_send(TCP_ACK | TCP_PSH, "GET");
	assert_true(asked);
}

HOST_MAIN(cmocka_unit_test(test_undisturbed), cmocka_unit_test(test_each_allocation_failing),
	  cmocka_unit_test(test_many_allocations_failing), cmocka_unit_test(test_each_page_failing),
	  cmocka_unit_test(test_waiting_pages_are_limited))
