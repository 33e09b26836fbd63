/*
 * How much the network may take, by the rules with which the documented kernel bounds
 * its threads and its buffers.
 */
#ifndef NET_LIMITS_H
#define NET_LIMITS_H

#include "kernel/lib/types.h"

/* W-124: fixes the number of connections. After setup_per_cpu_pageset. */
void fork_init(void);

/* W-124: threads for so many pages of RAM: their stacks may have an eighth of it; at least 20. */
u32 max_threads_of(unsigned long ram_pages);

/* W-126: fixes the number of received pages that may wait in the stack. */
void buffer_init(void);

/* What the rule of W-124 gives before it is cut: max_threads. */
u32 net_max_threads(void);

/* TCP connections in all states that may exist: 20 to MEMP_NUM_TCP_PCB. */
u32 net_max_connections(void);

/* Pages with received data that the stack and its users may hold. */
u32 net_rx_pages_max(void);

#endif
