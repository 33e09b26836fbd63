/*
 * The door of the stack.
 *
 * lwIP reads headers of a frame before it compares with the frame's length: a frame
 * shorter than 60 bytes is read past its end (ip4.c; ARP does not look at the length at
 * all). Such frames exist, since virtual devices do not pad. They are filled with zeros
 * to Ethernet's minimum here; the receive buffer has the room.
 *
 * Beyond that, what no honest host sends is dropped and counted: IPv4 headers that
 * contradict themselves, packets from our own address (the LAND attack makes a stack
 * talk to itself), from loopback, multicast or broadcast addresses, and TCP without a
 * whole header. A first fragment that does not hold the TCP header is among them: so are
 * those that start inside it (RFC 3128).
 *
 * The function reads and pads bytes and touches nothing else: tests feed it anything.
 */
#include "net/ingress.h"

#include <string.h>

#include "drivers/netdev.h"
#include "kernel/panic.h"

#define ETHERTYPE_AT 12
#define ETHERTYPE_IP 0x0800

#define IP_HLEN_MIN 20
#define IP_TOTAL_AT 2
#define IP_FRAG_AT 6
#define IP_PROTO_AT 9
#define IP_SRC_AT 12
#define IP_MORE 0x2000
#define IP_OFFSET 0x1FFF
#define IP_PROTO_TCP_ 6
#define TCP_HLEN_MIN 20
#define TCP_OFFSET_AT 12

static u32 be16(const u8 *p)
{
	return (u32)p[0] << 8 | p[1];
}

static bool martian_source(const u8 *src, u32 own_ip)
{
	u32 address;

	memcpy(&address, src, sizeof(address));
	if (own_ip != 0 && address == own_ip)
		return true;
	/* 0/8 is "this host" and goes through: a DHCP client that has no address yet sends it. */
	return src[0] == 127 || src[0] >= 224;
}

static enum ingress_verdict check_tcp(const u8 *tcp, u32 bytes, u32 fragment,
				      struct ingress_info *info)
{
	u32 header_bytes;

	if (fragment & IP_OFFSET) {
		/* In units of 8: 1 and 2 begin inside the header that the first one must hold. */
		if ((fragment & IP_OFFSET) * 8 < TCP_HLEN_MIN)
			return INGRESS_BAD_TCP;
		info->data_bytes = bytes;
		return INGRESS_PASS;
	}
	if (bytes < TCP_HLEN_MIN)
		return INGRESS_BAD_TCP;
	header_bytes = (tcp[TCP_OFFSET_AT] >> 4) * 4u;
	if (header_bytes < TCP_HLEN_MIN || header_bytes > bytes)
		return INGRESS_BAD_TCP;
	info->data_bytes = fragment & IP_MORE ? bytes : bytes - header_bytes;
	return INGRESS_PASS;
}

static enum ingress_verdict check_ip(const u8 *ip, u32 bytes, u32 own_ip, struct ingress_info *info)
{
	u32 header_bytes = (ip[0] & 15) * 4u;
	u32 total_bytes = be16(ip + IP_TOTAL_AT);
	u32 fragment = be16(ip + IP_FRAG_AT);

	if (ip[0] >> 4 != 4 || header_bytes < IP_HLEN_MIN || header_bytes > total_bytes ||
	    total_bytes > bytes)
		return INGRESS_BAD_IP;
	if (martian_source(ip + IP_SRC_AT, own_ip))
		return INGRESS_MARTIAN;
	if (ip[IP_PROTO_AT] == IP_PROTO_TCP_)
		return check_tcp(ip + header_bytes, total_bytes - header_bytes, fragment, info);
	info->data_bytes = fragment & (IP_MORE | IP_OFFSET) ? total_bytes - header_bytes : 0;
	return INGRESS_PASS;
}

enum ingress_verdict ingress_check(u8 *frame, u32 *len_bytes, u32 room_bytes, u32 own_ip,
				   struct ingress_info *info)
{
	u32 len = *len_bytes;

	BUG_ON(room_bytes < ETHERNET_MIN_FRAME || len > room_bytes);
	info->data_bytes = 0;
	if (len < ETH_HLEN)
		return INGRESS_RUNT;
	if (len < ETHERNET_MIN_FRAME) {
		memset(frame + len, 0, ETHERNET_MIN_FRAME - len);
		*len_bytes = ETHERNET_MIN_FRAME;
	}
	if (be16(frame + ETHERTYPE_AT) != ETHERTYPE_IP)
		return INGRESS_PASS;
	/* What was not received does not count: an IP length into the padding is a lie. */
	return len < ETH_HLEN + IP_HLEN_MIN
		       ? INGRESS_BAD_IP
		       : check_ip(frame + ETH_HLEN, len - ETH_HLEN, own_ip, info);
}

const char *ingress_verdict_name(enum ingress_verdict verdict)
{
	static const char *const names[INGRESS_VERDICTS] = {
		"pass", "runt", "bad_ip", "martian", "bad_tcp",
	};

	return names[verdict];
}
