/*
 * What passes the door of the stack. The frame lies at the end of a guarded buffer of the room it
 * has, so that a read or a write beyond is seen.
 */
#include "net/ingress.h"
#include "support/host.h"

#define OWN_IP 0x0F02000Au /* 10.0.2.15 */

static u8 *buffer;
static u32 room;
static struct ingress_info info;

/* 14 bytes of Ethernet, an IP header of `ihl` words, TCP header of `thl` words, data. */
static u32 tcp_frame(u8 *f, u32 ihl, u32 thl, u32 data)
{
	u32 total = ihl * 4 + thl * 4 + data;

	memset(f, 0, 14 + total);
	f[12] = 8;
	f[14] = (u8)(0x40 | ihl);
	f[16] = (u8)(total >> 8);
	f[17] = (u8)total;
	f[23] = 6;
	memcpy(f + 26, "\x0a\x00\x02\x02\x0a\x00\x02\x0f", 8);
	f[14 + ihl * 4 + 12] = (u8)(thl << 4);
	return 14 + total;
}

static enum ingress_verdict check(const u8 *frame, u32 len, u32 *out_len)
{
	enum ingress_verdict verdict;

	room = max(len, (u32)ETHERNET_MIN_FRAME);
	buffer = malloc(room);
	memset(buffer, 0xEE, room);
	memcpy(buffer, frame, len);
	*out_len = len;
	verdict = ingress_check(buffer, out_len, room, OWN_IP, &info);
	assert_string_not_equal(ingress_verdict_name(verdict), "");
	return verdict;
}

static void expect(enum ingress_verdict wanted, const u8 *frame, u32 len)
{
	u32 out_len;

	assert_string_equal(ingress_verdict_name(check(frame, len, &out_len)),
			    ingress_verdict_name(wanted));
	free(buffer);
}

static void test_short_frames_are_filled(void **state)
{
	u8 frame[128] = { [12] = 8, [13] = 6 }; /* ARP: no length of its own */
	u32 out_len;

	(void)state;
	for (u32 len = 0; len <= 100; len++) {
		enum ingress_verdict verdict = check(frame, len, &out_len);

		assert_int_equal(verdict, len < 14 ? INGRESS_RUNT : INGRESS_PASS);
		if (verdict == INGRESS_PASS) {
			assert_int_equal(out_len, max(len, 60u));
			for (u32 i = len; i < out_len; i++)
				assert_int_equal(buffer[i], 0);
		}
		free(buffer);
	}
}

static void test_ip_lengths(void **state)
{
	u8 frame[256];
	u32 len = tcp_frame(frame, 5, 5, 80);

	(void)state;
	expect(INGRESS_PASS, frame, len);
	assert_int_equal(info.data_bytes, 80);
	expect(INGRESS_PASS, frame, len + 10); /* padding behind the packet */
	assert_int_equal(info.data_bytes, 80);
	for (u32 cut = 14; cut < len; cut++)
		expect(INGRESS_BAD_IP, frame, cut);

	tcp_frame(frame, 5, 5, 80);
	frame[14] = 0x44;
	expect(INGRESS_BAD_IP, frame, len);
	frame[14] = 0x65;
	expect(INGRESS_BAD_IP, frame, len);
	tcp_frame(frame, 5, 5, 80);
	frame[16] = 0, frame[17] = 19; /* shorter than its own header */
	expect(INGRESS_BAD_IP, frame, len);
	/* The end of a short packet lies in what was filled in, not received. */
	len = tcp_frame(frame, 5, 5, 2);
	expect(INGRESS_PASS, frame, len);
	expect(INGRESS_BAD_IP, frame, len - 1);
}

static void test_tcp_header(void **state)
{
	u8 frame[256];
	u32 len = tcp_frame(frame, 5, 8, 0);

	(void)state;
	expect(INGRESS_PASS, frame, len);
	assert_int_equal(info.data_bytes, 0);
	frame[14 + 20 + 12] = 4 << 4;
	expect(INGRESS_BAD_TCP, frame, len);
	frame[14 + 20 + 12] = 9 << 4;
	expect(INGRESS_BAD_TCP, frame, len);
	len = tcp_frame(frame, 5, 5, 0);
	frame[17] = 39; /* one byte less than IP and TCP headers */
	expect(INGRESS_BAD_TCP, frame, len);
}

static void test_fragments(void **state)
{
	u8 frame[256];
	u32 len = tcp_frame(frame, 5, 5, 80);

	(void)state;
	frame[20] = 0x20; /* more fragments: all of it waits in the stack */
	expect(INGRESS_PASS, frame, len);
	assert_int_equal(info.data_bytes, 100);
	frame[20] = 0, frame[21] = 1; /* begins 8 bytes into the TCP header */
	expect(INGRESS_BAD_TCP, frame, len);
	frame[21] = 2;
	expect(INGRESS_BAD_TCP, frame, len);
	frame[21] = 3;
	expect(INGRESS_PASS, frame, len);
	assert_int_equal(info.data_bytes, 100);
}

static void test_sources(void **state)
{
	static const u8 bad[][4] = {
		{ 10, 0, 2, 15 }, { 127, 0, 0, 1 }, { 224, 0, 0, 1 }, { 255, 255, 255, 255 }
	};
	u8 frame[256];
	u32 len = tcp_frame(frame, 5, 5, 80), out_len = len;

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		memcpy(frame + 26, bad[i], 4);
		expect(INGRESS_MARTIAN, frame, len);
	}
	memcpy(frame + 26, "\0\0\0\0", 4); /* a host that asks DHCP for its address */
	expect(INGRESS_PASS, frame, len);
	/* Without an address of our own, 0.0.0.0 is not ours. */
	assert_int_equal(ingress_check(frame, &out_len, sizeof(frame), 0, &info), INGRESS_PASS);
}

/* Any bytes at all: no fault, and what passes is at least a whole minimum frame. */
static void test_random(void **state)
{
	u8 frame[300];
	u32 out_len;

	(void)state;
	srand(host_seed(20240118));
	for (u32 n = 0; n < 200000; n++) {
		u32 len = (u32)rand() % sizeof(frame);

		if (n % 2)
			tcp_frame(frame, 5, 5, 100);
		for (u32 i = 0; i < 1 + n % 8; i++)
			frame[12 + rand() % 60] = (u8)rand();
		if (check(frame, len, &out_len) == INGRESS_PASS)
			assert_true(out_len >= 60 && info.data_bytes < out_len);
		free(buffer);
	}
}

HOST_MAIN(cmocka_unit_test(test_short_frames_are_filled), cmocka_unit_test(test_ip_lengths),
	  cmocka_unit_test(test_tcp_header), cmocka_unit_test(test_fragments),
	  cmocka_unit_test(test_sources), cmocka_unit_test(test_random))
