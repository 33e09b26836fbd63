/*
 * The options of lwIP 2.1.3, each with its reason. What is not here is lwIP's default.
 */
#ifndef NET_LWIP_PORT_LWIPOPTS_H
#define NET_LWIP_PORT_LWIPOPTS_H

/* ---- The environment ---- */

/* One thread, the main loop: no semaphores, no mailboxes, nothing to protect. */
#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0

/* x86 words; kmalloc and the slab caches align at least so. */
#define MEM_ALIGNMENT 4

/* mem_malloc is kmalloc: the general caches serve packets of every size (net/memp.c). */
#define MEM_LIBC_MALLOC 1
void *net_mem_malloc(__SIZE_TYPE__ bytes);
void net_mem_free(void *mem);
#define mem_clib_malloc net_mem_malloc
#define mem_clib_calloc(n, size) net_mem_malloc((n) * (size))
#define mem_clib_free net_mem_free
/* mem_init() is the documented name of the kernel's own stage (W-97). */
#define mem_init lwip_mem_init

/* Pools are slab caches of ours (net/memp.c replaces core/memp.c). */
#define MEMP_MEM_MALLOC 0

#define LWIP_HOOK_FILENAME "lwip_hooks.h"

/* ---- Protocols ---- */

#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_ARP 1
#define LWIP_ETHERNET 1
#define LWIP_ICMP 1
#define LWIP_UDP 1
#define LWIP_TCP 1
#define LWIP_DHCP 1
/* Nothing here sends raw IP, resolves names or joins groups. */
#define LWIP_RAW 0
#define LWIP_DNS 0
#define LWIP_IGMP 0
#define LWIP_AUTOIP 0
/* One interface: a packet is for us or for nobody. */
#define IP_FORWARD 0
#define LWIP_SINGLE_NETIF 1
#define LWIP_HAVE_LOOPIF 0
#define LWIP_NETIF_LOOPBACK 0
/* Source routes and record routes have no honest use at a server. */
#define IP_OPTIONS_ALLOWED 0
/* Large pings are answered; no more than two datagrams of 64 KB are collected at once. */
#define IP_REASSEMBLY 1
#define IP_REASS_MAX_PBUFS 90
#define IP_REASS_MAXAGE 5
#define MEMP_NUM_REASSDATA 2
#define IP_FRAG 1

/* ---- Address ---- */

/* The address is used as soon as it is offered: no probing by ARP, which takes seconds. */
#define DHCP_DOES_ARP_CHECK 0
#define LWIP_DHCP_MAX_DNS_SERVERS 0
/* So that the server can register a name for us. */
#define LWIP_NETIF_HOSTNAME 1
/* The ready line and the large address on the screen hang on it. */
#define LWIP_NETIF_STATUS_CALLBACK 1
/* A link that comes back starts DHCP anew. */
#define LWIP_NETIF_LINK_CALLBACK 0

/* ---- ARP ---- */

#define ARP_TABLE_SIZE 32
/* A waiting packet is kept for each address being resolved, the newest only. */
#define ARP_QUEUEING 0
/* Each connection remembers its entry of the table: no search for every packet sent. */
#define LWIP_NETIF_HWADDRHINT 1

/* ---- TCP ---- */

/* Ethernet's largest segment. */
#define TCP_MSS 1460
/* Received data pins a page for each segment: 22 pages at most for a connection that is not read. */
#define TCP_WND (22 * TCP_MSS)
/* Peers may announce more than 64 KB, and a burst longer than that fills a segmentation packet. */
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE 0
/* Several segmentation packets on the way, so that sender and receiver work at the same time; one
 * connection gets that much only while there is plenty (net_send_room). */
#define TCP_SND_BUF (360 * TCP_MSS)
#define TCP_SND_QUEUELEN 1500
#define TCP_SNDLOWAT (4 * TCP_MSS)
#define TCP_SNDQUEUELOWAT 40
/* Out-of-order segments pin pages too. */
#define TCP_QUEUE_OOSEQ 1
#define TCP_OOSEQ_MAX_BYTES TCP_WND
#define TCP_OOSEQ_MAX_PBUFS 16
/* Without it nothing bounds the connections that a listener has not accepted. */
#define TCP_LISTEN_BACKLOG 1
#define TCP_DEFAULT_LISTEN_BACKLOG 128
/* TIME_WAIT lasts 2 s instead of 120: initial sequence numbers are a clock and a keyed hash (RFC
 * 6528), and control blocks are few. A peer that is gone is given up after about 2 minutes. */
#define TCP_MSL 1000UL
#define TCP_MAXRTX 8
#define TCP_SYNMAXRTX 4
/* The HTTP server closes idle connections itself; keepalive finds peers that vanished. */
#define LWIP_TCP_KEEPALIVE 1
#define LWIP_TCP_TIMESTAMPS 0
#define LWIP_CALLBACK_API 1

/* ---- Pools: upper limits; net/limits.c lowers them to the machine's memory ---- */

#define MEMP_NUM_TCP_PCB 256
#define MEMP_NUM_TCP_PCB_LISTEN 4
#define MEMP_NUM_UDP_PCB 4
#define MEMP_NUM_TCP_SEG 8192
#define MEMP_NUM_PBUF 8192
#define MEMP_NUM_FRAG_PBUF 64
/* lwIP's own five, and a few for callers of sys_timeout. */
#define MEMP_NUM_SYS_TIMEOUT (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 4)

/* Received packets are custom pbufs over pages; nothing else asks for PBUF_POOL. */
#define PBUF_POOL_SIZE 0
#define PBUF_POOL_BUFSIZE 1536
#define LWIP_SUPPORT_CUSTOM_PBUF 1
/* lwIP compares TCP_WND with the memory of PBUF_POOL, which is not where packets go. */
#define LWIP_DISABLE_TCP_SANITY_CHECKS 1

/* ---- Sending ---- */

/* The driver takes a packet in pieces: data is referenced, never copied together. */
#define LWIP_NETIF_TX_SINGLE_PBUF 0
/* Which checksums the stack makes and checks is decided for the interface, by what the NIC does. */
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
/* Summing while copying would be work for nothing where the NIC sums. */
#define LWIP_CHECKSUM_ON_COPY 0
/* 32 bits at a time. */
#define LWIP_CHKSUM_ALGORITHM 3

/* ---- Statistics: what the network page shows ---- */

#define LWIP_STATS 1
#define LWIP_STATS_LARGE 1
#define ETHARP_STATS 1
#define IP_STATS 1
#define IPFRAG_STATS 1
#define ICMP_STATS 1
#define UDP_STATS 1
#define TCP_STATS 1
#define MIB2_STATS 1
/* The interface counts its frames itself; pools and heap are in slabinfo and net_stats. */
#define LINK_STATS 0
#define MEM_STATS 0
#define MEMP_STATS 0
#define SYS_STATS 0

#endif
