/*
 * HTTP connections over lwIP's raw API.
 */
#ifndef WEB_TCP_H
#define WEB_TCP_H

#include "kernel/lib/types.h"

/*
 * Makes the cache of connections and listens on the port. Returns 0, -ENOMEM, or -EBUSY when
 * lwIP does not give the port.
 */
int tcp_server_init(u16 port, u32 connections_max);

#endif
