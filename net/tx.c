/*
 * Sending.
 *
 * 1. A packet in flight. lwIP gives a frame as a chain of buffers. Its headers are copied
 *    into a record of ours (they are rewritten below, and the driver wants room before
 *    them); what follows is only referenced, by raising the count of the chain's first
 *    buffer, and released when the NIC is through. A frame of up to HEAD_BYTES is copied
 *    whole and holds no reference.
 *
 *	struct tx_packet | room for the driver | Ethernet, IP, TCP | -> piece -> piece ...
 *
 * 2. Rewriting. The IP identifier, a counter in lwIP, goes through a secret permutation
 *    (fragments of one datagram keep a common one), and the header's checksum is made
 *    here. Where the NIC sums TCP, the pseudo header's sum is put in the place of the
 *    checksum, as it expects.
 *
 * 3. Merging. lwIP hands out a burst one segment at a time. Where the NIC can cut
 *    segments itself (TSO), consecutive ones of a connection are collected in one record:
 *
 *	| headers | payload 1460 | payload 1460 | ... | payload, maybe shorter |
 *
 *    A segment joins if it continues the sequence, has the same addresses, ports,
 *    acknowledgement and window, no options, and all before it were of full size. The
 *    record goes out when something else comes, when it is full, when a shorter segment,
 *    PSH or FIN ends it, and at the end of each turn of the main loop (net_tx_flush).
 *    Adjacent pieces of memory become one piece.
 *
 * 4. A full ring. Packets then wait in a queue here, in order, up to BACKLOG_MAX; beyond
 *    that lwIP gets ERR_MEM and keeps the segment, so nothing is lost.
 *
 * Invariants: at most one record is being collected; it is younger than the queue's;
 * a pbuf referenced here is not changed by lwIP (it checks the count before it sends a
 * segment again). Interrupt rule: main loop only.
 */
#include "net/tx.h"

#include <string.h>

#include "kernel/lib/errno.h"
#include "kernel/lib/list.h"
#include "kernel/panic.h"
#include "kernel/percpu.h"
#include "lwip/inet_chksum.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/ip.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/tcp.h"
#include "mm/slab.h"
#include "net/netif.h"
#include "net/random.h"

#define HEAD_BYTES 96
#define PIECES_MAX 24
#define PBUFS_MAX 46 /* segments of 1460 bytes in 64 KB, and one */
#define BACKLOG_MAX 256

#define TCP_AT (ETH_HLEN + IP_HLEN)
#define IP_SRC_AT 12		    /* source and destination address of the IP header */
#define DATA_AT (TCP_AT + TCP_HLEN) /* without options */
#define IP_BYTES_MAX 65535u
#define CHKSUM_AT 16 /* of the TCP header */

struct tx_packet {
	struct list_head link; /* on the backlog */
	struct netdev_tx tx;
	u32 next_seq;	/* of the byte behind the payload; host order */
	u32 data_bytes; /* payload of TCP */
	u16 head_bytes; /* copied */
	u8 pbuf_count;
	u8 pieces_max; /* what we and the NIC can hold */
	struct netdev_sg sg[PIECES_MAX];
	struct pbuf *pbufs[PBUFS_MAX];
	u8 room[NETDEV_TX_HEADROOM] __aligned(4);
	u8 head[HEAD_BYTES];
};

/* The headers of a TCP segment that can be merged. */
struct segment {
	const struct ip_hdr *ip;
	const struct tcp_hdr *tcp;
	u32 seq;
	u32 data_bytes;
	u8 flags;
};

static struct kmem_cache *packet_cache;
static LIST_HEAD(backlog);
static struct tx_packet *collecting;

void net_tx_init(void)
{
	packet_cache = kmem_cache_create("net_tx_packet", sizeof(struct tx_packet), 0, SLAB_PANIC,
					 NULL, "net");
}

static struct ip_hdr *head_ip(struct tx_packet *packet)
{
	return (struct ip_hdr *)(packet->head + ETH_HLEN);
}

static struct tcp_hdr *head_tcp(struct tx_packet *packet)
{
	return (struct tcp_hdr *)(packet->head + TCP_AT);
}

static void free_packet(struct tx_packet *packet)
{
	for (u32 i = 0; i < packet->pbuf_count; i++)
		pbuf_free(packet->pbufs[i]);
	kmem_cache_free(packet_cache, packet);
}

/* ---- Headers ---- */

/* 32 bits at any address. */
static u32 load32(const void *at)
{
	u32 word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* A sum of 32-bit words as the sum of 16-bit words that the checksum wants (RFC 1071, 2). */
static u16 fold(u64 sum)
{
	u32 s = (u32)sum + (u32)(sum >> 32);

	s += s < (u32)sum; /* the carry */
	s = (s & 0xFFFF) + (s >> 16);
	return (u16)(s + (s >> 16));
}

/* Checksum of an IPv4 header without options, whose checksum field is 0. */
static u16 ip_header_checksum(const struct ip_hdr *ip)
{
	const u8 *at = (const u8 *)ip;

	return (u16)~fold((u64)load32(at) + load32(at + 4) + load32(at + 8) + load32(at + 12) +
			  load32(at + 16));
}

static u16 pseudo_header_sum(const struct ip_hdr *ip, u32 tcp_bytes)
{
	const u8 *addresses = (const u8 *)ip + IP_SRC_AT;

	return fold((u64)load32(addresses) + load32(addresses + 4) + lwip_htons(IP_PROTO_TCP) +
		    lwip_htons((u16)tcp_bytes));
}

/* True if the frame whose first bytes are `head` is IPv4 without options, and all of it is there. */
static bool is_ipv4(const u8 *head, u32 bytes)
{
	const struct eth_hdr *eth = (const struct eth_hdr *)head;
	const struct ip_hdr *ip = (const struct ip_hdr *)(head + ETH_HLEN);

	return bytes >= TCP_AT && eth->type == PP_HTONS(ETHTYPE_IP) && IPH_V(ip) == 4 &&
	       IPH_HL_BYTES(ip) == IP_HLEN;
}

static bool is_whole_tcp(const u8 *head, u32 bytes)
{
	const struct ip_hdr *ip = (const struct ip_hdr *)(head + ETH_HLEN);

	return is_ipv4(head, bytes) && bytes >= DATA_AT && IPH_PROTO(ip) == IP_PROTO_TCP &&
	       (IPH_OFFSET(ip) & PP_HTONS(IP_OFFMASK | IP_MF)) == 0;
}

/* The last touch before a packet goes to the NIC; once for each packet. */
static void finish_headers(const struct netdev *dev, struct tx_packet *packet)
{
	struct ip_hdr *ip = head_ip(packet);

	if (!is_ipv4(packet->head, packet->head_bytes))
		return;
	IPH_ID_SET(ip, lwip_htons(net_permute16(lwip_ntohs(IPH_ID(ip)))));
	IPH_CHKSUM_SET(ip, 0);
	IPH_CHKSUM_SET(ip, ip_header_checksum(ip));
	if (dev->tx_checksum_offload && is_whole_tcp(packet->head, packet->head_bytes)) {
		u32 tcp_bytes = lwip_ntohs(IPH_LEN(ip)) - (u32)IP_HLEN;

		packet->tx.need_checksum = true;
		packet->tx.csum_start_bytes = TCP_AT;
		packet->tx.csum_offset_bytes = CHKSUM_AT;
		head_tcp(packet)->chksum = pseudo_header_sum(ip, tcp_bytes);
	}
}

/* ---- Pieces ---- */

/* Adds a piece; one that continues the last in memory makes that one longer. */
static bool add_piece(struct tx_packet *packet, const u8 *virt, u32 bytes)
{
	struct netdev_sg *last = &packet->sg[packet->tx.count - 1];

	if (bytes == 0)
		return true;
	if (packet->tx.count > 1 && (const u8 *)last->virt + last->len_bytes == virt) {
		last->len_bytes += bytes;
		return true;
	}
	if (packet->tx.count == packet->pieces_max)
		return false;
	last[1] = (struct netdev_sg){ virt, bytes };
	packet->tx.count++;
	return true;
}

/* Adds the chain's bytes from `skip` on. On failure the packet is as before. */
static bool add_chain(struct tx_packet *packet, struct pbuf *p, u32 skip)
{
	u32 count = packet->tx.count;
	u32 last_bytes = packet->sg[count - 1].len_bytes;

	for (const struct pbuf *q = p; q; q = q->next) {
		u32 from = min_t(u32, skip, q->len);

		skip -= from;
		if (!add_piece(packet, (const u8 *)q->payload + from, q->len - from)) {
			packet->tx.count = count;
			packet->sg[count - 1].len_bytes = last_bytes;
			return false;
		}
	}
	return true;
}

/* References the chain behind the copied head. One in too many pieces is copied together first. */
static bool hold_chain(struct tx_packet *packet, struct pbuf *p)
{
	if (add_chain(packet, p, packet->head_bytes)) {
		pbuf_ref(p);
	} else {
		p = pbuf_clone(PBUF_RAW, PBUF_RAM, p);
		if (!p)
			return false;
		net_counters.tx_copied++;
		BUG_ON(!add_chain(packet, p, packet->head_bytes));
	}
	packet->pbufs[packet->pbuf_count++] = p;
	return true;
}

static struct tx_packet *new_packet(const struct netdev *dev, struct pbuf *p, u32 head_bytes)
{
	struct tx_packet *packet = kmem_cache_alloc(packet_cache, GFP_ATOMIC | __GFP_NOWARN);

	if (!packet) {
		net_counters.tx_no_memory++;
		return NULL;
	}
	packet->tx = (struct netdev_tx){ .sg = packet->sg, .count = 1, .token = packet };
	packet->pieces_max = (u8)min_t(u32, PIECES_MAX, dev->tx_max_pieces);
	packet->data_bytes = 0;
	packet->pbuf_count = 0;
	packet->head_bytes = (u16)head_bytes;
	pbuf_copy_partial(p, packet->head, (u16)head_bytes, 0);
	packet->sg[0] = (struct netdev_sg){ packet->head, head_bytes };
	if (p->tot_len > head_bytes && !hold_chain(packet, p)) {
		net_counters.tx_no_memory++;
		kmem_cache_free(packet_cache, packet);
		return NULL;
	}
	return packet;
}

/* ---- The way to the NIC ---- */

static void to_backlog(struct tx_packet *packet)
{
	list_add_tail(&packet->link, &backlog);
	if (++net_counters.tx_backlog > net_counters.tx_backlog_max)
		net_counters.tx_backlog_max = net_counters.tx_backlog;
}

static void drain_backlog(struct netdev *dev)
{
	while (!list_empty(&backlog)) {
		struct tx_packet *packet = list_first_entry(&backlog, struct tx_packet, link);
		int err = dev->ops->transmit(dev, &packet->tx);

		if (err == -EBUSY)
			return;
		list_del(&packet->link);
		net_counters.tx_backlog--;
		if (err < 0) {
			dev->counters.tx_errors++;
			free_packet(packet);
		}
	}
}

static void submit(struct netdev *dev, struct tx_packet *packet)
{
	finish_headers(dev, packet);
	to_backlog(packet);
	drain_backlog(dev);
}

void net_tx_done(struct netdev *dev, void *token)
{
	free_packet(token);
	drain_backlog(dev);
}

/* ---- Merging ---- */

/* Reads the headers of a segment with data that could be part of a longer one. */
static bool read_segment(const struct pbuf *p, struct segment *seg)
{
	const u8 *head = p->payload;

	if (p->tot_len <= DATA_AT || !is_whole_tcp(head, p->len))
		return false;
	seg->ip = (const struct ip_hdr *)(head + ETH_HLEN);
	seg->tcp = (const struct tcp_hdr *)(head + TCP_AT);
	seg->seq = lwip_ntohl(seg->tcp->seqno);
	seg->data_bytes = (u32)p->tot_len - DATA_AT;
	seg->flags = TCPH_FLAGS(seg->tcp);
	return TCPH_HDRLEN_BYTES(seg->tcp) == TCP_HLEN &&
	       (seg->flags & ~(TCP_PSH | TCP_FIN)) == TCP_ACK;
}

static bool continues(struct tx_packet *packet, const struct segment *seg)
{
	const struct ip_hdr *ip = head_ip(packet);
	const struct tcp_hdr *tcp = head_tcp(packet);

	return seg->seq == packet->next_seq && seg->data_bytes <= packet->tx.gso_size_bytes &&
	       ip->src.addr == seg->ip->src.addr && ip->dest.addr == seg->ip->dest.addr &&
	       tcp->src == seg->tcp->src && tcp->dest == seg->tcp->dest &&
	       tcp->ackno == seg->tcp->ackno && tcp->wnd == seg->tcp->wnd &&
	       packet->data_bytes + seg->data_bytes + IP_HLEN + TCP_HLEN <= IP_BYTES_MAX;
}

/* True if nothing can follow the segment in a merged packet. */
static bool ends_packet(const struct tx_packet *packet, const struct segment *seg)
{
	return seg->data_bytes < packet->tx.gso_size_bytes || (seg->flags & (TCP_PSH | TCP_FIN)) ||
	       packet->pbuf_count == PBUFS_MAX;
}

static void flush_collecting(struct netdev *dev)
{
	struct tx_packet *packet = collecting;

	if (!packet)
		return;
	collecting = NULL;
	if (packet->data_bytes > packet->tx.gso_size_bytes) {
		IPH_LEN_SET(head_ip(packet),
			    lwip_htons((u16)(IP_HLEN + TCP_HLEN + packet->data_bytes)));
		packet->tx.gso_header_bytes = DATA_AT;
	} else {
		packet->tx.gso_size_bytes = 0;
	}
	submit(dev, packet);
}

/* Adds the segment to the record being collected. False if it has to start another. */
static bool merge(struct netdev *dev, struct pbuf *p, const struct segment *seg)
{
	struct tx_packet *packet = collecting;

	if (!packet || !continues(packet, seg) || !add_chain(packet, p, DATA_AT))
		return false;
	pbuf_ref(p);
	packet->pbufs[packet->pbuf_count++] = p;
	packet->data_bytes += seg->data_bytes;
	packet->next_seq += seg->data_bytes;
	TCPH_SET_FLAG(head_tcp(packet), seg->flags);
	net_counters.tx_merged++;
	if (ends_packet(packet, seg))
		flush_collecting(dev);
	return true;
}

static bool start_collecting(struct netdev *dev, struct pbuf *p, const struct segment *seg)
{
	u32 head_bytes = p->tot_len <= HEAD_BYTES ? p->tot_len : DATA_AT;
	struct tx_packet *packet = new_packet(dev, p, head_bytes);

	if (!packet)
		return false;
	packet->tx.gso_size_bytes = (u16)seg->data_bytes;
	packet->data_bytes = seg->data_bytes;
	packet->next_seq = seg->seq + seg->data_bytes;
	collecting = packet;
	if (ends_packet(packet, seg))
		flush_collecting(dev);
	return true;
}

err_t net_tx_output(struct netif *netif, struct pbuf *p)
{
	struct netdev *dev = netif->state;
	struct tx_packet *packet;
	struct segment seg;

	if (p->tot_len > NETDEV_FRAME_MAX)
		return ERR_VAL;
	if (net_counters.tx_backlog >= BACKLOG_MAX) {
		net_counters.tx_backlog_full++;
		return ERR_MEM;
	}
	if (dev->tx_segmentation_offload && read_segment(p, &seg)) {
		if (merge(dev, p, &seg))
			return ERR_OK;
		flush_collecting(dev);
		return start_collecting(dev, p, &seg) ? ERR_OK : ERR_MEM;
	}
	flush_collecting(dev);
	packet = new_packet(dev, p, min_t(u32, p->tot_len, HEAD_BYTES));
	if (!packet)
		return ERR_MEM;
	submit(dev, packet);
	return ERR_OK;
}

void net_tx_flush(struct netdev *dev)
{
	static u64 counted; /* packets */

	flush_collecting(dev);
	drain_backlog(dev);
	dev->ops->kick(dev);
	if (dev->counters.tx_packets != counted) {
		counted = dev->counters.tx_packets;
		this_cpu->softirqs[NET_TX_SOFTIRQ]++;
	}
}
