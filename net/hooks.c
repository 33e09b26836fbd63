/*
 * What lwIP calls through its hooks (lwip_port/lwip_hooks.h).
 *
 * The MSS option. lwIP 2.1.3 takes it from any segment and believes any value; a third
 * data segment with MSS=1 reaches an assertion in tcp_out.c. RFC 9293 (3.7.1) allows
 * the option only in segments with SYN. The hook runs for every segment that found a
 * control block, after reassembly and after the checksum was checked, so what it changes
 * is exactly what the stack reads next:
 *   - outside SYN, the option's bytes become no-operations;
 *   - in SYN, a value below MSS_FLOOR becomes 536, the size every host must take.
 * Options may be split over two buffers; they are addressed as one string here.
 *
 * Half-open connections. lwIP keeps each for 20 s and drops further SYNs once the backlog is
 * used up, so that a few forged ones shut everybody out. Where they have been many for
 * HALF_OPEN_PATIENCE_MS on end, the oldest makes way instead: an honest client completes its
 * handshake long before it is the oldest. A burst of honest ones is over sooner and nobody
 * loses a connection; what is beyond the backlog asks again.
 *
 * A segment whose options do not parse is dropped: lwIP would silently ignore the rest,
 * and nothing honest sends one.
 */
#include "lwip_hooks.h"

#include <string.h>

#include "kernel/time.h"
#include "lwip/ip.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/dhcp.h"
#include "lwip/prot/tcp.h"
#include "lwip/stats.h"
#include "net/limits.h"
#include "net/net.h"
#include "net/netif.h"
#include "net/random.h"

#define OPT_END 0
#define OPT_NOP 1
#define OPT_MSS 2
#define OPT_MSS_BYTES 4

#define MSS_FLOOR 64	/* bytes; smaller ones are attacks on the sender (RFC 9293 has no floor) */
#define MSS_DEFAULT 536 /* RFC 9293, 3.7.1 */

#define HALF_OPEN_PATIENCE_MS 200

/* Options in one or two pieces of memory. */
struct option_bytes {
	u8 *first, *second;
	u32 first_bytes, bytes;
};

static u8 *option_at(const struct option_bytes *options, u32 i)
{
	return i < options->first_bytes ? options->first + i
					: options->second + (i - options->first_bytes);
}

static void fix_mss(const struct option_bytes *options, u32 at, bool syn)
{
	u32 mss = (u32)*option_at(options, at + 2) << 8 | *option_at(options, at + 3);

	if (!syn) {
		for (u32 i = 0; i < OPT_MSS_BYTES; i++)
			*option_at(options, at + i) = OPT_NOP;
		net_counters.mss_outside_syn++;
	} else if (mss < MSS_FLOOR) {
		*option_at(options, at + 2) = MSS_DEFAULT >> 8;
		*option_at(options, at + 3) = MSS_DEFAULT & 0xFF;
		net_counters.mss_below_floor++;
	}
}

/* False if the options do not parse. */
static bool check_options(const struct option_bytes *options, bool syn)
{
	u32 at = 0;

	while (at < options->bytes) {
		u8 kind = *option_at(options, at);
		u32 len;

		if (kind == OPT_END)
			return true;
		if (kind == OPT_NOP) {
			at++;
			continue;
		}
		if (at + 1 >= options->bytes)
			return false;
		len = *option_at(options, at + 1);
		if (len < 2 || at + len > options->bytes ||
		    (kind == OPT_MSS && len != OPT_MSS_BYTES))
			return false;
		if (kind == OPT_MSS)
			fix_mss(options, at, syn);
		at += len;
	}
	return true;
}

static void make_room_for_syn(struct tcp_pcb_listen *listener)
{
	static u64 many_since_ms; /* 0: they are few */
	u32 allowed = min_t(u32, listener->backlog, net_max_connections() / 2);
	struct tcp_pcb *pcb, *oldest = NULL;

	if (listener->accepts_pending < allowed * 3 / 4) {
		many_since_ms = 0;
		return;
	}
	if (!many_since_ms)
		many_since_ms = now_ms();
	if (listener->accepts_pending < allowed || now_ms() - many_since_ms < HALF_OPEN_PATIENCE_MS)
		return;
	/* New ones are put in front, so of equal ages the last is the oldest. */
	for (pcb = tcp_active_pcbs; pcb; pcb = pcb->next) {
		if (pcb->state == SYN_RCVD && pcb->listener == listener &&
		    (!oldest || tcp_ticks - pcb->tmr >= tcp_ticks - oldest->tmr))
			oldest = pcb;
	}
	if (oldest) {
		tcp_abandon(oldest, 0);
		net_counters.half_open_dropped++;
	}
}

err_t net_hook_tcp_inpacket(struct tcp_pcb *pcb, struct tcp_hdr *header, u16_t options_bytes,
			    u16_t first_bytes, u8_t *second, struct pbuf *p)
{
	struct option_bytes options = {
		.first = (u8 *)(header + 1),
		.second = second,
		.first_bytes = first_bytes,
		.bytes = options_bytes,
	};

	if (pcb->state >= ESTABLISHED && p->tot_len && TCP_SEQ_LT(header->seqno, pcb->rcv_nxt))
		net_counters.tcp_duplicates++;
	if (options_bytes && !check_options(&options, TCPH_FLAGS(header) & TCP_SYN)) {
		net_counters.tcp_bad_options++;
		return ERR_VAL;
	}
	if (pcb->state == LISTEN && (TCPH_FLAGS(header) & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		make_room_for_syn((struct tcp_pcb_listen *)pcb);
	return ERR_OK;
}

void net_get_trouble(struct net_trouble *out)
{
	*out = (struct net_trouble){
		.retransmitted = lwip_stats.mib2.tcpretranssegs,
		.duplicates = (u32)net_counters.tcp_duplicates,
		.dropped = lwip_stats.tcp.drop,
		.checksum = lwip_stats.tcp.chkerr + lwip_stats.ip.chkerr,
		.no_memory = lwip_stats.tcp.memerr,
		.rx_pages = net_counters.rx_pages_held,
		.rx_pages_max = net_counters.rx_pages_held_max,
	};
}

u32_t net_hook_tcp_isn(const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote,
		       u16_t remote_port)
{
	return net_tcp_isn(ip4_addr_get_u32(ip_2_ip4(local)), local_port,
			   ip4_addr_get_u32(ip_2_ip4(remote)), remote_port);
}

/* The list of wanted options is lwIP's own; the host name is put in where the list stands. */
u16_t net_hook_dhcp_request(u8_t *options, u16_t used_bytes, u16_t room_bytes)
{
	for (u32 at = 0; at + 1 < used_bytes && used_bytes < room_bytes;
	     at += 2u + options[at + 1]) {
		u8 *option = options + at;

		if (option[0] != DHCP_OPTION_PARAMETER_REQUEST_LIST)
			continue;
		memmove(option + 3, option + 2, used_bytes - at - 2);
		option[1]++;
		option[2] = DHCP_OPTION_HOSTNAME;
		return (u16_t)(used_bytes + 1);
	}
	return used_bytes;
}

void net_hook_dhcp_option(u8_t message_type, u8_t option, u8_t len_bytes, const struct pbuf *p,
			  u16_t offset_bytes)
{
	char name[NET_HOSTNAME_MAX];
	u16 len = min_t(u16, len_bytes, sizeof(name) - 1);

	(void)message_type; /* the offer and the acknowledgement carry the same name */
	if (option != DHCP_OPTION_HOSTNAME)
		return;
	len = pbuf_copy_partial(p, name, len, offset_bytes);
	name[len] = '\0';
	net_set_hostname(name);
}
