/*
 * Receiving: from the NIC's pages to lwIP's buffers, without a copy.
 *
 * The pbuf that lwIP wants to have for a packet lies in the first bytes of the page that
 * holds the packet:
 *
 *	page  | struct pbuf_custom | ... device header | Ethernet frame ...        |
 *	      0                    < NETDEV_RX_HEADROOM  payload
 *
 * It is of a type whose data follows the structure, so lwIP may take headers off and put
 * them back, and answers a ping in the very page. When the last reference goes, the
 * pbuf's free function gives the page back to the buddy allocator.
 *
 * Which packets have their checksum verified by lwIP is a flag of the interface; it is
 * set before each packet to what the NIC said about that packet.
 *
 * Pages in the stack are limited (buffer_init): above the limit, packets that would stay
 * there are dropped, which TCP repairs; acknowledgements and requests to set up
 * connections pass, since they make the stack let go of memory.
 *
 * Invariant: rx_pages_held counts the pages handed to lwIP and not yet given back.
 * Interrupt rule: main loop only.
 */
#include "net/netif.h"

#include <string.h>

#include "kernel/panic.h"
#include "kernel/printk.h"
#include "lwip/etharp.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "mm/page_alloc.h"
#include "net/limits.h"
#include "net/net.h"
#include "net/tx.h"
#include "netif/ethernet.h"

BUILD_BUG_ON(sizeof(struct pbuf_custom) > NETDEV_RX_HEADROOM);

struct net_counters net_counters;

static struct netif the_netif;
static char given_name[NET_HOSTNAME_MAX]; /* by ip= or DHCP */

static void free_rx_page(struct pbuf *p)
{
	net_counters.rx_pages_held--;
	__free_pages(virt_to_page(p), 0);
}

static struct pbuf *pbuf_in_page(const struct netdev_rx *frame, u32 len)
{
	u8 *page = lowmem_page_address(frame->page);
	struct pbuf_custom *custom = (struct pbuf_custom *)page;

	custom->custom_free_function = free_rx_page;
	return pbuf_alloced_custom(PBUF_RAW, (u16)len, PBUF_POOL, custom,
				   page + frame->offset_bytes,
				   (u16)(PAGE_SIZE - frame->offset_bytes));
}

/* True if the frame may go to the stack; counts what it finds. */
static bool admit(const struct netdev_rx *frame, u32 *len)
{
	u8 *data = (u8 *)lowmem_page_address(frame->page) + frame->offset_bytes;
	u32 own_ip = ip4_addr_get_u32(netif_ip4_addr(&the_netif));
	struct ingress_info info;
	enum ingress_verdict verdict;

	*len = frame->len_bytes;
	verdict = ingress_check(data, len, (u32)PAGE_SIZE - frame->offset_bytes, own_ip, &info);
	net_counters.rx_verdicts[verdict]++;
	if (verdict != INGRESS_PASS)
		return false;
	net_counters.rx_padded += *len != frame->len_bytes;
	if (info.data_bytes > 0 && net_counters.rx_pages_held >= net_rx_pages_max()) {
		net_counters.rx_over_limit++;
		return false;
	}
	return true;
}

static void netif_rx(struct netdev *dev, const struct netdev_rx *frame)
{
	struct netif *netif = &the_netif;
	struct pbuf *p;
	u32 len;

	if (!admit(frame, &len)) {
		dev->counters.rx_dropped++;
		free_cold_page(frame->page); /* no more than its header was read */
		return;
	}
	p = pbuf_in_page(frame, len);
	BUG_ON(!p);
	if (++net_counters.rx_pages_held > net_counters.rx_pages_held_max)
		net_counters.rx_pages_held_max = net_counters.rx_pages_held;

	if (frame->checksum_ok)
		netif->chksum_flags &= (u16) ~(NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP);
	else
		netif->chksum_flags |= NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP;
	if (netif->input(p, netif) != ERR_OK) {
		net_counters.rx_stack_refused++;
		pbuf_free(p);
	}
}

static void netif_link(struct netdev *dev)
{
	pr_info("%s: link %s\n", dev->name, dev->link_up ? "up" : "down");
	if (dev->link_up)
		netif_set_link_up(&the_netif);
	else
		netif_set_link_down(&the_netif);
}

static err_t netif_setup(struct netif *netif)
{
	const struct netdev *dev = netif->state;
	u16 flags = NETIF_CHECKSUM_ENABLE_ALL;

	netif->name[0] = 'e';
	netif->name[1] = 'n';
	netif->hwaddr_len = sizeof(dev->mac);
	memcpy(netif->hwaddr, dev->mac, sizeof(dev->mac));
	netif->mtu = dev->mtu_bytes;
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
	netif->hostname = given_name[0] ? given_name : NET_HOSTNAME;
	netif->output = etharp_output;
	netif->linkoutput = net_tx_output;
	/* Identifiers are replaced on the way out, so the header's sum is made there too. */
	flags &= (u16)~NETIF_CHECKSUM_GEN_IP;
	if (dev->tx_checksum_offload)
		flags &= (u16)~NETIF_CHECKSUM_GEN_TCP;
	NETIF_SET_CHECKSUM_CTRL(netif, flags);
	return ERR_OK;
}

struct netif *net_attach(struct netdev *dev)
{
	struct netif *netif = &the_netif;

	dev->rx = netif_rx;
	dev->tx_done = net_tx_done;
	dev->link_changed = netif_link;
	if (!netif_add_noaddr(netif, dev, netif_setup, ethernet_input))
		panic("net", "lwIP does not take the interface %s", dev->name);
	netif_set_default(netif);
	netif_set_up(netif);
	if (dev->link_up)
		netif_set_link_up(netif);
	return netif;
}

static bool name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.';
}

void net_set_hostname(const char *name)
{
	char clean[NET_HOSTNAME_MAX];
	u32 n = 0;

	for (; *name && n < sizeof(clean) - 1; name++) {
		if (name_character(*name))
			clean[n++] = *name;
	}
	clean[n] = '\0';
	if (n > 0)
		memcpy(given_name, clean, n + 1);
}

const char *net_hostname(void)
{
	return given_name;
}
