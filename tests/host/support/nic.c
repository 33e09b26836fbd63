/*
 * The card of nic.h, and what net/net.c and net/random.c give to the stack on the real machine.
 */
#include "support/nic.h"

#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/time.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/sys.h"
#include "mm/page_alloc.h"
#include "net/limits.h"
#include "net/memp.h"
#include "net/netif.h"
#include "net/random.h"
#include "net/tx.h"
#include "support/host.h"

#define RX_OFFSET (NETDEV_RX_HEADROOM + 14)

struct host_nic host_nic;

static int nic_transmit(struct netdev *dev, const struct netdev_tx *tx)
{
	static struct host_nic_packet packet;

	assert_true(tx->count >= 1 && tx->count <= dev->tx_max_pieces);
	if (host_nic.queued == host_nic.ring)
		return -EBUSY;
	packet = (struct host_nic_packet){ .tx = *tx, .pieces = tx->count };
	/* The driver writes its header there. */
	memset((u8 *)tx->sg[0].virt - NETDEV_TX_HEADROOM, 0x11, NETDEV_TX_HEADROOM);
	for (u32 i = 0; i < tx->count; i++) {
		assert_true(packet.len + tx->sg[i].len_bytes <= sizeof(packet.bytes));
		memcpy(packet.bytes + packet.len, tx->sg[i].virt, tx->sg[i].len_bytes);
		packet.len += tx->sg[i].len_bytes;
	}
	host_nic.tokens[host_nic.queued++] = tx->token;
	dev->tx_in_flight++;
	if (host_nic.sent)
		host_nic.sent(&packet);
	return 0;
}

void host_nic_complete(u32 count)
{
	while (count-- && host_nic.queued) {
		void *token = host_nic.tokens[0];

		host_nic.queued--;
		memmove(host_nic.tokens, host_nic.tokens + 1,
			host_nic.queued * sizeof(host_nic.tokens[0]));
		host_nic.dev.tx_in_flight--;
		host_nic.dev.tx_done(&host_nic.dev, token);
	}
}

static void nic_kick(struct netdev *dev)
{
	(void)dev;
	host_nic.kicks++;
	if (host_nic.complete_at_once)
		host_nic_complete(host_nic.queued);
}

bool host_nic_receive(const void *frame, u32 len)
{
	struct page *page = alloc_pages(GFP_ATOMIC, 0, OWNER_NET_RX);
	struct netdev_rx rx = {
		.page = page,
		.offset_bytes = RX_OFFSET,
		.len_bytes = (u16)len,
		.checksum_ok = true,
	};

	if (!page)
		return false;
	memcpy((u8 *)lowmem_page_address(page) + RX_OFFSET, frame, len);
	host_nic.dev.rx(&host_nic.dev, &rx);
	return true;
}

void host_nic_setup(bool checksum, bool segmentation)
{
	static const struct netdev_ops ops = { .transmit = nic_transmit, .kick = nic_kick };

	memset(&host_nic, 0, sizeof(host_nic));
	host_nic.ring = 64;
	host_nic.dev = (struct netdev){
		.name = "eth0",
		.driver = "host",
		.mac = { 0x52, 0x54, 0, 0, 0, 1 },
		.mtu_bytes = 1500,
		.link_up = true,
		.tx_checksum_offload = checksum,
		.tx_segmentation_offload = segmentation,
		.tx_max_pieces = 32,
		.ops = &ops,
	};
}

struct netif *host_stack_start(void)
{
	fork_init();
	proc_caches_init();
	buffer_init();
	lwip_init();
	net_tx_init();
	return net_attach(&host_nic.dev);
}

/* ---- net/net.c and net/random.c ---- */

u32_t sys_now(void)
{
	return (u32_t)now_ms();
}

void net_lwip_assert(const char *message, const char *file, int line)
{
	panic("lwip", "%s (%s:%d)", message, file, line);
}

void net_lwip_diag(const char *fmt, ...)
{
	(void)fmt;
}

u32 net_random32(void)
{
	static u32 state = 12345;

	state = state * 1103515245 + 12345;
	return state;
}

u16 net_permute16(u16 x)
{
	return (u16)(x * 40503u + 7); /* odd factor: a permutation */
}

u32 net_tcp_isn(u32 local_ip, u16 local_port, u32 remote_ip, u16 remote_port)
{
	return local_ip ^ remote_ip ^ ((u32)local_port << 16 | remote_port);
}
