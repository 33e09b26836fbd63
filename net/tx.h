/*
 * Sending: from lwIP's buffers to the NIC, in pieces, with short segments merged into
 * long ones where the NIC can cut them again.
 */
#ifndef NET_TX_H
#define NET_TX_H

#include "drivers/netdev.h"
#include "lwip/err.h"

struct netif;
struct pbuf;

/* Makes the cache of packets in flight. Boot, after kmem_cache_init_late. */
void net_tx_init(void);

/* lwIP's link output: takes over a frame, by reference. ERR_MEM: not now; lwIP tries again. */
err_t net_tx_output(struct netif *netif, struct pbuf *p);

/* The NIC is through with a packet: drops its references. */
void net_tx_done(struct netdev *dev, void *token);

/* Hands the segment being collected, and what waited, to the NIC, and tells it. */
void net_tx_flush(struct netdev *dev);

#endif
