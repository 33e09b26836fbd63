/*
 * Numbers that a remote observer cannot predict: TCP initial sequence numbers, transaction
 * ids, IP identifiers.
 */
#ifndef NET_RANDOM_H
#define NET_RANDOM_H

#include "kernel/lib/types.h"

/* Gathers the secrets. `mac` is mixed in. Before the stack starts. */
void net_random_init(const u8 mac[6]);

/* 32 bits of a keyed generator. (Declared for lwIP in lwip_port/arch/cc.h too.) */
u32 net_random32(void);

/* A secret permutation of 0 ... 65535: never the same twice in 65536 consecutive inputs. */
u16 net_permute16(u16 x);

/* RFC 6528: M + F(connection, secret), M counting 4 microsecond steps. Network byte order in. */
u32 net_tcp_isn(u32 local_ip, u16 local_port, u32 remote_ip, u16 remote_port);

#endif
