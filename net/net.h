/*
 * The network as the rest of the kernel sees it: start it, poll it, ask about it.
 *
 * Servers use lwIP's raw API directly (lwip/tcp.h). Data given to tcp_write without a copy must
 * lie in the direct map (kmalloc, pages of low memory, the image), not in vmalloc areas, and must
 * stay until it is acknowledged.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include "kernel/lib/types.h"

#define NET_HOSTNAME "memscope" /* told to DHCP servers, unless ip= gives another */

struct netdev;
struct tcp_pcb;

/*
 * Finds and starts the NIC, reads ip= and port=, starts the stack. No packet is sent yet: servers
 * start listening after it. (W-135) After pci_scan, fork_init, proc_caches_init, buffer_init.
 */
void net_init(void);

/*
 * Begins to get an address and to receive, and registers with the main loop. Announces on serial
 * and screen when the machine can be reached, or at once why it cannot. After the servers.
 */
void net_start(void);

/*
 * Called when there is no network, after the ready line: writes the state of memory to the log.
 * Before net_start.
 */
void net_set_no_network_report(void (*report)(void));

/*
 * Bytes that a server may give to tcp_write now, in calls of at most 65535: what is free of the send
 * buffer, cut to the connection's share of the pools of segments and buffers. Never 0 for a
 * connection with nothing queued.
 */
u32 net_send_room(const struct tcp_pcb *pcb);

/* The port that the HTTP server shall listen on: port=, default 80. */
u16 net_http_port(void);

/* The name from DHCP or ip=, "" while there is none. The string stays where it is; DHCP changes it. */
const char *net_hostname(void);

/* What went wrong on the network since start, in segments. */
struct net_trouble {
	u32 retransmitted; /* sent again by us */
	u32 duplicates;	   /* came although their bytes had come before: sent again by others */
	u32 dropped;
	u32 checksum;	  /* wrong, of IP or TCP */
	u32 no_memory;	  /* dropped for want of it */
	u32 rx_pages;	  /* receive pages with the stack and its users now */
	u32 rx_pages_max; /* the most there ever were */
};
void net_get_trouble(struct net_trouble *out);

/* The NIC; NULL if there is none. */
const struct netdev *net_device(void);

#endif
