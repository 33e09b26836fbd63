/*
 * The places where lwIP calls us, so that it stays unpatched. Included by lwIP's own
 * sources through LWIP_HOOK_FILENAME.
 */
#ifndef NET_LWIP_PORT_LWIP_HOOKS_H
#define NET_LWIP_PORT_LWIP_HOOKS_H

#include "lwip/arch.h"
#include "lwip/err.h"
#include "lwip/ip_addr.h"

struct netif;
struct pbuf;
struct tcp_hdr;
struct tcp_pcb;

/* RFC 6528: a keyed hash of the connection plus a 4 microsecond clock (net/random.c). */
u32_t net_hook_tcp_isn(const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote,
		       u16_t remote_port);
#define LWIP_HOOK_TCP_ISN net_hook_tcp_isn

/* Takes hostile MSS options out before the stack reads them (net/hooks.c). */
err_t net_hook_tcp_inpacket(struct tcp_pcb *pcb, struct tcp_hdr *header, u16_t options_bytes,
			    u16_t first_bytes, u8_t *second, struct pbuf *p);
#define LWIP_HOOK_TCP_INPACKET_PCB net_hook_tcp_inpacket

/* Adds the host name to the options that a DHCP message asks for; returns the new length. */
u16_t net_hook_dhcp_request(u8_t *options, u16_t used_bytes, u16_t room_bytes);
#define LWIP_HOOK_DHCP_APPEND_OPTIONS(netif, dhcp, state, msg, msg_type, len_ptr) \
	(*(len_ptr) = net_hook_dhcp_request((msg)->options, *(len_ptr), sizeof((msg)->options)))

/* Notes the host name that the DHCP server gives (net/hooks.c). */
void net_hook_dhcp_option(u8_t message_type, u8_t option, u8_t len_bytes, const struct pbuf *p,
			  u16_t offset_bytes);
#define LWIP_HOOK_DHCP_PARSE_OPTION(netif, dhcp, state, msg, msg_type, option, len, pbuf, offset) \
	net_hook_dhcp_option(msg_type, option, len, pbuf, offset)

#endif
