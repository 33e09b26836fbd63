/*
 * What the stack holds: a walk over lwIP's own lists, in one step of the main loop, so that it is of one
 * instant. Nothing is counted on the way of packets for it.
 *
 * Memory is that which would come back if the connection ended now: control block, segments, and the
 * buffers in its queues. Data that is sent by reference belongs to whoever gave it and is not in here.
 */
#include "net/netstat.h"

#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"

bool net_get_addresses(struct net_addresses *out)
{
	const struct netif *netif = netif_default;

	if (!netif)
		return false;
	*out = (struct net_addresses){
		.address = ip4_addr_get_u32(netif_ip4_addr(netif)),
		.netmask = ip4_addr_get_u32(netif_ip4_netmask(netif)),
		.gateway = ip4_addr_get_u32(netif_ip4_gw(netif)),
		.link_up = netif_is_link_up(netif),
	};
	return true;
}

u32 net_pbuf_memory(const struct pbuf *p)
{
	u32 bytes = 0;

	for (; p; p = p->next) {
		if (p->flags & PBUF_FLAG_IS_CUSTOM)
			bytes += PAGE_SIZE; /* net/netif.c: it lies in the page it describes */
		else if (pbuf_match_allocsrc(p, PBUF_RAM))
			bytes += (u32)ksize(p);
		else
			bytes += sizeof(*p);
	}
	return bytes;
}

static void add_segments(const struct tcp_seg *seg, u32 *segments, u32 *bytes)
{
	for (; seg; seg = seg->next) {
		*segments += 1;
		*bytes += sizeof(*seg) + net_pbuf_memory(seg->p);
	}
}

static const char *state_name(enum tcp_state state)
{
	static const char *const names[] = {
		[CLOSED] = "CLOSED",	       [LISTEN] = "LISTEN",
		[SYN_SENT] = "SYN-SENT",       [SYN_RCVD] = "SYN-RECEIVED",
		[ESTABLISHED] = "ESTABLISHED", [FIN_WAIT_1] = "FIN-WAIT-1",
		[FIN_WAIT_2] = "FIN-WAIT-2",   [CLOSE_WAIT] = "CLOSE-WAIT",
		[CLOSING] = "CLOSING",	       [LAST_ACK] = "LAST-ACK",
		[TIME_WAIT] = "TIME-WAIT",
	};

	return names[state];
}

static void show(const struct tcp_pcb *pcb, void (*fn)(void *arg, const struct net_tcp *tcp),
		 void *arg)
{
	struct net_tcp tcp = {
		.remote_address = ip4_addr_get_u32(ip_2_ip4(&pcb->remote_ip)),
		.local_port = pcb->local_port,
		.remote_port = pcb->remote_port,
		.state = state_name(pcb->state),
		.user = pcb->state == SYN_RCVD ? NULL : pcb->callback_arg, /* not accepted yet */
		.control_bytes = sizeof(*pcb),
	};

	add_segments(pcb->unsent, &tcp.send_segments, &tcp.send_bytes);
	add_segments(pcb->unacked, &tcp.send_segments, &tcp.send_bytes);
	add_segments(pcb->ooseq, &tcp.early_segments, &tcp.early_bytes);
	fn(arg, &tcp);
}

void net_tcp_each(void (*fn)(void *arg, const struct net_tcp *tcp), void *arg)
{
	for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next)
		show(pcb, fn, arg);
	for (const struct tcp_pcb *pcb = tcp_tw_pcbs; pcb; pcb = pcb->next)
		show(pcb, fn, arg);
	for (const struct tcp_pcb_listen *l = tcp_listen_pcbs.listen_pcbs; l; l = l->next) {
		struct net_tcp tcp = {
			.local_port = l->local_port,
			.state = state_name(l->state),
			.control_bytes = sizeof(*l),
		};

		fn(arg, &tcp);
	}
}
