/*
 * Sending: what the card is given, cut again as the card would cut it, is what lwIP handed out,
 * segment for segment and byte for byte, whatever the mixture.
 */
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/tcp.h"
#include "mm/slab.h"
#include "net/netif.h"
#include "net/random.h"
#include "net/tx.h"
#include "support/host.h"
#include "support/nic.h"
#include "support/zones.h"

#define HEAD 54
#define MSS 1460

/* One segment as lwIP made it, or as the card would put it on the wire. */
struct wire {
	u32 seq, ack, len;
	u16 sport, window, id;
	u8 flags;
	u8 data[MSS];
};

#define WIRE_MAX 20000
static struct wire expected[WIRE_MAX], seen[WIRE_MAX];
static u32 expected_count, seen_count, packets;
static struct netif *netif;
static u8 source[1 << 16]; /* what payloads point into, by sequence number */

static u32 sum16(const u8 *at, u32 bytes)
{
	u32 sum = 0;

	for (u32 i = 0; i < bytes; i += 2)
		sum += (u32)at[i] << 8 | (i + 1 < bytes ? at[i + 1] : 0);
	while (sum >> 16)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return sum;
}

static u32 be16(const u8 *p)
{
	return (u32)p[0] << 8 | p[1];
}

static u32 be32(const u8 *p)
{
	return be16(p) << 16 | be16(p + 2);
}

/* Checks the headers of a packet and cuts it. */
static void card(const struct host_nic_packet *packet)
{
	const u8 *ip = packet->bytes + 14, *tcp = ip + 20;
	u32 data = packet->len - HEAD;
	u32 cut = packet->tx.gso_size_bytes ? packet->tx.gso_size_bytes : data;

	packets++;
	assert_int_equal(be16(ip + 2), packet->len - 14);
	assert_int_equal(sum16(ip, 20), 0xFFFF);
	if (host_nic.dev.tx_checksum_offload) {
		u8 pseudo[12] = { [9] = 6 };

		assert_true(packet->tx.need_checksum);
		assert_int_equal(packet->tx.csum_start_bytes, 34);
		assert_int_equal(packet->tx.csum_offset_bytes, 16);
		memcpy(pseudo, ip + 12, 8);
		pseudo[10] = (u8)((packet->len - 34) >> 8), pseudo[11] = (u8)(packet->len - 34);
		assert_int_equal(be16(tcp + 16), sum16(pseudo, 12));
	} else {
		assert_false(packet->tx.need_checksum);
	}
	if (packet->tx.gso_size_bytes) {
		assert_true(data > packet->tx.gso_size_bytes);
		assert_int_equal(packet->tx.gso_header_bytes, HEAD);
	} else {
		assert_true(packet->len <= 1514);
	}
	for (u32 at = 0; at < data || (data == 0 && at == 0); at += max(cut, 1u)) {
		struct wire *w = &seen[seen_count++];
		bool last = at + cut >= data;

		assert_true(seen_count <= WIRE_MAX);
		*w = (struct wire){ .seq = be32(tcp + 4) + at,
				    .ack = be32(tcp + 8),
				    .sport = (u16)be16(tcp),
				    .window = (u16)be16(tcp + 14),
				    .id = (u16)be16(ip + 4),
				    .len = min(cut, data - at) };
		/* A card clears PSH and FIN in all but the last. */
		w->flags = tcp[13] & (last ? 0xFF : (u8) ~(TCP_PSH | TCP_FIN));
		memcpy(w->data, packet->bytes + HEAD + at, w->len);
	}
}

static void boot(bool checksum, bool segmentation)
{
	host_zones(4096, 8192, 0);
	kmem_cache_init();
	kmem_cache_init_late();
	system_state = PHASE_SLAB;
	host_nic_setup(checksum, segmentation);
	netif = host_stack_start();
	host_nic.sent = card;
	for (u32 i = 0; i < sizeof(source); i++)
		source[i] = (u8)(i * 31 + (i >> 8));
}

/* A segment as tcp_output hands it down: headers in memory of their own, data referenced. */
static struct pbuf *segment(u16 sport, u32 seq, u32 ack, u8 flags, u32 len, u32 data_pieces)
{
	struct pbuf *p = pbuf_alloc(PBUF_RAW, HEAD, PBUF_RAM);
	u8 *h = p->payload;
	u32 total = HEAD - 14 + len;

	memset(h, 0, HEAD);
	h[12] = 8;
	h[14] = 0x45;
	h[16] = (u8)(total >> 8), h[17] = (u8)total;
	h[18] = (u8)(expected_count >> 8), h[19] = (u8)expected_count;
	h[22] = 64, h[23] = 6;
	memcpy(h + 26, "\x0a\x00\x02\x0f\x0a\x00\x02\x02", 8);
	h[34] = (u8)(sport >> 8), h[35] = (u8)sport;
	for (u32 i = 0; i < 4; i++) {
		h[38 + i] = (u8)(seq >> (24 - 8 * i));
		h[42 + i] = (u8)(ack >> (24 - 8 * i));
	}
	h[46] = 5 << 4;
	h[47] = flags;
	h[48] = 0x10;
	for (u32 i = 0, at = 0; i < data_pieces && at < len; i++) {
		u32 n = i + 1 == data_pieces ? len - at : max(len / data_pieces, 1u);
		struct pbuf *q = pbuf_alloc(PBUF_RAW, (u16)n, PBUF_ROM);

		q->payload = source + (seq + at) % (sizeof(source) - MSS);
		if ((seq + at) % (sizeof(source) - MSS) + n > sizeof(source))
			fail();
		at += n;
		pbuf_cat(p, q);
	}
	return p;
}

static err_t hand_down(u16 sport, u32 seq, u32 ack, u8 flags, u32 len, u32 data_pieces)
{
	struct pbuf *p = segment(sport, seq, ack, flags, len, data_pieces);
	struct wire *w = &expected[expected_count];
	err_t err = net_tx_output(netif, p);

	if (err == ERR_OK) {
		*w = (struct wire){ .seq = seq,
				    .ack = ack,
				    .len = len,
				    .sport = sport,
				    .window = 0x1000,
				    .flags = flags };
		pbuf_copy_partial(p, w->data, (u16)len, HEAD);
		expected_count++;
		assert_true(expected_count < WIRE_MAX);
	}
	pbuf_free(p);
	return err;
}

static void assert_same(void)
{
	net_tx_flush(&host_nic.dev);
	while (host_nic.queued)
		host_nic_complete(1);
	assert_int_equal(seen_count, expected_count);
	for (u32 i = 0; i < seen_count; i++) {
		assert_int_equal(seen[i].seq, expected[i].seq);
		assert_int_equal(seen[i].ack, expected[i].ack);
		assert_int_equal(seen[i].sport, expected[i].sport);
		assert_int_equal(seen[i].flags, expected[i].flags);
		assert_int_equal(seen[i].window, expected[i].window);
		assert_int_equal(seen[i].len, expected[i].len);
		assert_memory_equal(seen[i].data, expected[i].data, seen[i].len);
	}
	assert_int_equal(net_counters.tx_backlog, 0);
	host_assert_checks();
}

/* 44 full segments make one packet of 64 KB; the 45th does not fit the length of an IP packet. */
static void test_a_burst_is_one_packet(void **state)
{
	(void)state;
	boot(true, true);
	for (u32 i = 0; i < 44; i++)
		hand_down(80, i * MSS, 7, TCP_ACK, MSS, 1);
	assert_int_equal(packets, 0);
	hand_down(80, 44 * MSS, 7, TCP_ACK, MSS, 1);
	assert_int_equal(packets, 1);
	assert_same();
	assert_int_equal(packets, 2);
	assert_int_equal(net_counters.tx_merged, 43);
}

static void test_what_ends_a_packet(void **state)
{
	u32 seq = 0;

	(void)state;
	boot(true, true);
	hand_down(80, seq, 7, TCP_ACK, MSS, 1);
	hand_down(80, seq += MSS, 7, TCP_ACK, 100, 1); /* shorter: the last of its packet */
	assert_int_equal(packets, 1);
	hand_down(80, seq += 100, 7, TCP_ACK, MSS, 1);
	hand_down(80, seq += MSS, 7, TCP_ACK | TCP_PSH, MSS, 1);
	assert_int_equal(packets, 2);
	hand_down(80, seq += MSS, 7, TCP_ACK, MSS, 1);
	hand_down(80, seq += MSS, 7, TCP_ACK | TCP_FIN, MSS, 1);
	assert_int_equal(packets, 3);
	hand_down(80, seq += MSS + 1, 7, TCP_ACK, MSS, 1);
	hand_down(80, seq += MSS, 8, TCP_ACK, MSS, 1); /* another acknowledgement */
	assert_int_equal(packets, 4);
	hand_down(81, seq += MSS, 8, TCP_ACK, MSS, 1); /* another connection */
	assert_int_equal(packets, 5);
	hand_down(81, seq += MSS + 1, 8, TCP_ACK, MSS, 1); /* a gap */
	assert_int_equal(packets, 6);
	hand_down(81, seq += MSS, 8, TCP_ACK, 0, 1); /* no data: after what it follows */
	assert_int_equal(packets, 8);
	hand_down(81, seq, 8, TCP_RST, 0, 1);
	assert_int_equal(packets, 9);
	assert_same();
}

static void test_without_segmentation_nothing_waits(void **state)
{
	(void)state;
	for (u32 checksum = 0; checksum < 2; checksum++) {
		if (checksum == 0)
			boot(false, false);
		else
			host_nic_setup(true, false), host_nic.sent = card,
						     netif->state = &host_nic.dev,
						     host_nic.dev.tx_done = net_tx_done;
		for (u32 i = 0; i < 10; i++) {
			hand_down(80, i * MSS, 7, TCP_ACK, MSS, 1);
			assert_int_equal(packets, checksum * 10 + i + 1);
		}
		assert_same();
	}
}

/* A segment in more pieces than the card takes is copied together, not lost and not stuck. */
static void test_too_many_pieces(void **state)
{
	(void)state;
	boot(true, true);
	for (u32 pieces = 1; pieces < 80; pieces += 6)
		hand_down(80, pieces * 5000, 7, TCP_ACK, MSS, pieces);
	assert_same();
}

/* A busy card: packets wait here, in order; beyond the limit lwIP keeps them; nothing is lost. */
static void test_a_full_ring(void **state)
{
	u32 refused = 0, seq = 0;

	(void)state;
	boot(true, false);
	host_nic.ring = 4;
	for (u32 i = 0; i < 400; i++) {
		err_t err = hand_down(80, seq, 7, TCP_ACK, MSS, 1);

		if (err == ERR_OK) {
			seq += MSS;
			continue;
		}
		assert_int_equal(err, ERR_MEM);
		refused++;
	}
	assert_int_equal(refused, 400 - 4 - 256);
	assert_int_equal(seen_count, 4);
	host_nic_complete(2);
	assert_int_equal(seen_count, 6);
	assert_int_equal(hand_down(80, seq, 7, TCP_ACK, MSS, 1), ERR_OK);
	assert_same();
	assert_int_equal(net_counters.tx_backlog_max, 256);
}

/* No memory: ERR_MEM, and all references are given back. */
static void test_each_allocation_failing(void **state)
{
	(void)state;
	boot(true, true);
	for (u32 round = 0; round < 2; round++) {
		unsigned long free_before = host_free_pages();
		struct pbuf *p = segment(80, 5000 * round, 7, TCP_ACK, MSS, 60 * round + 1);

		kmem_cache_reap();
		free_before = host_free_pages();
		FOR_EACH_FAILED_ALLOC(
			,
			{
				if (net_tx_output(netif, p) != ERR_OK) {
					assert_true(host_alloc_failed);
					assert_int_equal(p->ref, 1);
				}
				net_tx_flush(&host_nic.dev);
				host_nic_complete(~0u);
			},
			kmem_cache_reap());
		assert_int_equal(p->ref, 1);
		assert_true(host_free_pages() + 4 >= free_before);
		pbuf_free(p);
	}
	host_assert_checks();
}

/* Random mixtures over two connections, a small ring, completions at any time. */
static void test_random(void **state)
{
	u32 seq[2] = { 0xFFFFF000u, 1 }, ack[2] = { 5, 6 };

	(void)state;
	boot(true, true);
	host_nic.ring = 8;
	srand(host_seed(20240119));
	for (u32 i = 0; i < 15000; i++) {
		u32 c = rand() % 16 == 0;
		u32 len = rand() % 5 ? MSS : (u32)rand() % (MSS + 1);
		u8 flags = TCP_ACK;

		if (rand() % 20 == 0)
			flags |= TCP_PSH;
		if (rand() % 60 == 0)
			ack[c]++;
		if (rand() % 60 == 0)
			seq[c] += (u32)rand() % 9000; /* a hole */
		if (rand() % 60 == 0)
			seq[c] -= MSS; /* again */
		if (hand_down((u16)(80 + c), seq[c], ack[c], flags, len, 1 + rand() % 3) == ERR_OK)
			seq[c] += len;
		if (rand() % 8 == 0)
			host_nic_complete((u32)rand() % 8);
		if (rand() % 30 == 0)
			net_tx_flush(&host_nic.dev);
	}
	assert_same();
	assert_true(packets < expected_count * 3 / 4);
}

/* The identifier leaves through the secret permutation: lwIP's counter is not seen. */
static void test_identifiers(void **state)
{
	(void)state;
	boot(true, false);
	for (u32 i = 0; i < 100; i++)
		hand_down(80, i * 10, 7, TCP_ACK, 10, 1);
	assert_same();
	for (u32 i = 0; i < 100; i++)
		assert_int_equal(seen[i].id, net_permute16((u16)i));
}

HOST_MAIN(cmocka_unit_test(test_a_burst_is_one_packet), cmocka_unit_test(test_what_ends_a_packet),
	  cmocka_unit_test(test_without_segmentation_nothing_waits),
	  cmocka_unit_test(test_too_many_pieces), cmocka_unit_test(test_a_full_ring),
	  cmocka_unit_test(test_each_allocation_failing), cmocka_unit_test(test_random),
	  cmocka_unit_test(test_identifiers))
