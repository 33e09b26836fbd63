/*
 * What the stack holds, for those who show it: the interface's addresses, TCP connections and the memory
 * behind each. Reads only. Main loop only.
 */
#ifndef NET_NETSTAT_H
#define NET_NETSTAT_H

#include "kernel/lib/types.h"

struct pbuf;

struct net_addresses {
	u32 address, netmask, gateway; /* network byte order; 0: none */
	bool link_up;
};

/* False if there is no interface. */
bool net_get_addresses(struct net_addresses *out);

/* One TCP connection in any state, or a listening port. */
struct net_tcp {
	u32 remote_address; /* network byte order */
	u16 local_port, remote_port;
	const char *state;  /* RFC 9293: "ESTABLISHED" */
	const void *user;   /* what the server gave lwIP for it; NULL: the stack has it to itself */
	u32 control_bytes;  /* its control block */
	u32 send_segments;  /* queued or not acknowledged */
	u32 send_bytes;	    /* of memory for them: segments, headers, copied data */
	u32 early_segments; /* received out of order */
	u32 early_bytes;    /* of memory for them: segments and whole receive pages */
};

/* Calls fn for each: active ones, those in TIME-WAIT, listening ports. */
void net_tcp_each(void (*fn)(void *arg, const struct net_tcp *tcp), void *arg);

/* Bytes of memory behind a chain of lwIP's buffers; a received page counts whole. NULL: 0. */
u32 net_pbuf_memory(const struct pbuf *p);

#endif
