/*
 * What is looked at in a received frame before the stack sees it.
 */
#ifndef NET_INGRESS_H
#define NET_INGRESS_H

#include "kernel/lib/types.h"

#define ETHERNET_MIN_FRAME 60 /* bytes without the CRC (IEEE 802.3) */

enum ingress_verdict {
	INGRESS_PASS,
	INGRESS_RUNT,	 /* shorter than an Ethernet header */
	INGRESS_BAD_IP,	 /* header does not hold together, or longer than the frame */
	INGRESS_MARTIAN, /* comes from our own address, or from one nobody can have */
	INGRESS_BAD_TCP, /* TCP header missing or cut */
	INGRESS_VERDICTS
};

struct ingress_info {
	u32 data_bytes; /* what would stay in the stack: payload of TCP, all of a fragment */
};

/*
 * Looks at the frame of *len_bytes at `frame`, in a buffer of `room_bytes`. Fills short frames
 * with zeros up to the minimum and adjusts *len_bytes. `own_ip` is our address in network byte
 * order, 0 if we have none. => room_bytes >= ETHERNET_MIN_FRAME
 */
enum ingress_verdict ingress_check(u8 *frame, u32 *len_bytes, u32 room_bytes, u32 own_ip,
				   struct ingress_info *info);

const char *ingress_verdict_name(enum ingress_verdict verdict);

#endif
