/*
 * The interface between a NIC (drivers/netdev.h) and lwIP, receiving side and set-up.
 */
#ifndef NET_NETIF_H
#define NET_NETIF_H

#include "drivers/netdev.h"
#include "net/ingress.h"

#define NET_HOSTNAME_MAX 64 /* bytes with the NUL */

/* What this module and the hooks count; the NIC's own counters are in struct netdev. */
struct net_counters {
	u64 rx_verdicts[INGRESS_VERDICTS]; /* frames by verdict */
	u64 rx_padded;			   /* frames shorter than Ethernet's minimum */
	u64 rx_over_limit; /* dropped with data because too many pages wait in the stack */
	u64 rx_stack_refused;
	u32 rx_pages_held, rx_pages_held_max; /* pages in the stack and with its users */
	u64 mss_outside_syn;		      /* MSS options taken out of other segments than SYN */
	u64 mss_below_floor;		      /* MSS values in SYN that were raised */
	u64 tcp_bad_options;		      /* segments dropped because of their options */
	u64 tcp_duplicates;		      /* segments with data that had come before */
	u64 half_open_dropped;		      /* connections that made way for a newer SYN */
	u64 tx_merged;			      /* segments that became part of a longer packet */
	u64 tx_copied; /* packets in too many pieces for the NIC, copied together */
	u64 tx_no_memory, tx_backlog_full;
	u32 tx_backlog, tx_backlog_max; /* packets waiting for the NIC's ring */
};

extern struct net_counters net_counters;

struct netif;

/*
 * Makes the one lwIP interface over `dev`, the default one, up, without an address. The
 * interface stays for good. After lwip_init.
 */
struct netif *net_attach(struct netdev *dev);

/* A name from ip= or DHCP (option 12); characters no host name has are dropped, "" is ignored. */
void net_set_hostname(const char *name);

#endif
