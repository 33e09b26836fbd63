/*
 * The virtio network driver.
 *
 * Receive. Each buffer is one page from the buddy allocator, given to the device as it
 * is and handed up as it is:
 *
 *	0            64   start      start + header
 *	| headroom   | pad | header | Ethernet frame ...              |
 *
 * `start` is chosen so that the IP header behind the 14 bytes of Ethernet lies on a
 * multiple of four. One frame a page: with frames of at most 1514 bytes, mergeable
 * buffers would save nothing that the extra bookkeeping does not cost.
 *
 * The ring is kept at rx_buffers_target pages. Pages come from the atomic reserve; one
 * that cannot be had is counted, the ring runs with fewer, and every poll tries again.
 *
 * Transmit. The header goes into the headroom before the first piece, so that a small
 * packet is one descriptor; a legacy device without ANY_LAYOUT gets two. Finished
 * packets are reaped at every poll. The device is asked for an interrupt about
 * transmissions only after it refused one for lack of descriptors: otherwise the next
 * received packet or timer reaps them.
 *
 * Interrupt rule: the handler reads the ISR register, which lowers the line, and sets
 * flags. After an interrupt none comes until enable_irq() asks for one.
 */
#include "drivers/virtio_net.h"

#include <string.h>

#include "drivers/virtio_pci.h"
#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/time.h"
#include "kernel/x86/irq.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"

/* Feature bits (5.1.3). */
#define NET_F_CSUM 0
#define NET_F_GUEST_CSUM 1
#define NET_F_MTU 3
#define NET_F_MAC 5
#define NET_F_HOST_TSO4 11
#define NET_F_STATUS 16

#define BIT_OF(feature) (1ull << (feature))
#define WANTED                                                                                   \
	(BIT_OF(NET_F_CSUM) | BIT_OF(NET_F_GUEST_CSUM) | BIT_OF(NET_F_MTU) | BIT_OF(NET_F_MAC) | \
	 BIT_OF(NET_F_HOST_TSO4) | BIT_OF(NET_F_STATUS) | BIT_OF(VIRTIO_F_ANY_LAYOUT) |          \
	 BIT_OF(VIRTIO_RING_F_EVENT_IDX))

/* Device configuration (5.1.4). */
#define CONFIG_MAC 0
#define CONFIG_STATUS 6
#define CONFIG_MTU 10
#define STATUS_LINK_UP 1

#define QUEUE_RX 0
#define QUEUE_TX 1
#define RING_MAX 256 /* descriptors, where we choose */

/* Receive pages: a 32nd of memory, so that a small machine keeps its own. */
#define RX_BUFFERS_MIN 16
#define RX_BUFFERS_MAX 128

#define TX_PIECES_MAX 32

#define MTU_DEFAULT 1500
#define MTU_MIN 576 /* what every IPv4 host must take (RFC 791) */

struct net_header {
	u8 flags;
	u8 gso_type;
	u16 header_bytes;
	u16 gso_size;
	u16 csum_start;
	u16 csum_offset;
	u16 num_buffers; /* only with VERSION_1: the legacy header ends before it */
};

#define HDR_F_NEEDS_CSUM 1
#define HDR_F_DATA_VALID 2
#define HDR_GSO_TCPV4 1
#define HDR_LEGACY_BYTES 10
#define HDR_MODERN_BYTES 12

BUILD_BUG_ON(sizeof(struct net_header) != HDR_MODERN_BYTES);
BUILD_BUG_ON(HDR_MODERN_BYTES > NETDEV_TX_HEADROOM);

struct virtio_net {
	struct netdev dev;
	struct virtio_device vdev;
	struct virtqueue rx, tx;
	u16 header_bytes;
	u16 rx_start;	 /* offset of the header in a receive page */
	bool any_layout; /* header and frame may share a descriptor */
	bool tx_stalled; /* a packet was refused: ask for an interrupt */
	/* written by the handler: read with READ_ONCE */
	bool config_changed;
	u32 irqs;
	u32 irqs_seen;
};

static struct virtio_net *to_vn(struct netdev *dev)
{
	return dev->driver_data;
}

static void virtio_net_irq(void *arg)
{
	struct virtio_net *vn = arg;
	u8 isr = virtio_read_isr(&vn->vdev);

	if (isr & VIRTIO_ISR_CONFIG)
		WRITE_ONCE(vn->config_changed, true);
	if (isr)
		WRITE_ONCE(vn->irqs, vn->irqs + 1);
}

/* ---- Receive ---- */

static bool give_page(struct virtio_net *vn, struct page *page)
{
	phys_addr_t start = PFN_PHYS(page_to_pfn(page)) + vn->rx_start;
	u32 room = (u32)PAGE_SIZE - vn->rx_start;
	struct vring_piece pieces[2] = {
		{ start, vn->header_bytes },
		{ start + vn->header_bytes, room - vn->header_bytes },
	};

	if (vn->any_layout) {
		pieces[0].len_bytes = room;
		return virtqueue_add(&vn->rx, pieces, 0, 1, page) == 0;
	}
	return virtqueue_add(&vn->rx, pieces, 0, 2, page) == 0;
}

static void refill(struct virtio_net *vn)
{
	struct netdev *dev = &vn->dev;

	while (dev->rx_buffers < dev->rx_buffers_target) {
		struct page *page = alloc_pages(GFP_ATOMIC | __GFP_NOWARN, 0, OWNER_NET_RX);

		if (!page) {
			dev->counters.rx_refill_failed++;
			if (dev->rx_buffers == 0)
				dev->counters.rx_no_buffer++;
			break;
		}
		if (!give_page(vn, page)) {
			__free_pages(page, 0); /* the ring is smaller than the target */
			dev->rx_buffers_target = dev->rx_buffers;
			break;
		}
		dev->rx_buffers++;
	}
	if (virtqueue_kick_needed(&vn->rx))
		virtio_notify(&vn->vdev, &vn->rx);
}

static void receive(struct virtio_net *vn, struct page *page, u32 len)
{
	struct netdev *dev = &vn->dev;
	const u8 *at = (const u8 *)lowmem_page_address(page) + vn->rx_start;
	const struct net_header *header = (const struct net_header *)at;
	struct netdev_rx frame = {
		.page = page,
		.offset_bytes = (u16)(vn->rx_start + vn->header_bytes),
		.len_bytes = (u16)(len - vn->header_bytes),
		.checksum_ok = header->flags & (HDR_F_NEEDS_CSUM | HDR_F_DATA_VALID),
	};

	if (len < vn->header_bytes + (u32)ETH_HLEN || len > PAGE_SIZE - vn->rx_start) {
		dev->counters.rx_malformed++;
		__free_pages(page, 0);
		return;
	}
	dev->counters.rx_packets++;
	dev->counters.rx_bytes += frame.len_bytes;
	dev->rx(dev, &frame);
}

/* ---- Transmit ---- */

static int virtio_net_transmit(struct netdev *dev, const struct netdev_tx *tx)
{
	struct virtio_net *vn = to_vn(dev);
	struct vring_piece pieces[TX_PIECES_MAX + 1];
	u8 *header_at = (u8 *)tx->sg[0].virt - vn->header_bytes;
	struct net_header *header = (struct net_header *)header_at;
	u32 n = 0, bytes = 0;

	if (tx->count == 0 || tx->count > dev->tx_max_pieces)
		return -EINVAL;
	header->flags = tx->need_checksum ? HDR_F_NEEDS_CSUM : 0;
	header->gso_type = tx->gso_size_bytes ? HDR_GSO_TCPV4 : 0;
	header->header_bytes = tx->gso_size_bytes ? tx->gso_header_bytes : 0;
	header->gso_size = tx->gso_size_bytes;
	header->csum_start = tx->need_checksum ? tx->csum_start_bytes : 0;
	header->csum_offset = tx->need_checksum ? tx->csum_offset_bytes : 0;
	if (vn->header_bytes == HDR_MODERN_BYTES)
		header->num_buffers = 0; /* in the legacy layout, the frame begins here */

	pieces[n++] = (struct vring_piece){ __pa(header_at), vn->header_bytes };
	if (vn->any_layout)
		pieces[0].len_bytes += tx->sg[0].len_bytes;
	for (u32 i = 0; i < tx->count; i++) {
		bytes += tx->sg[i].len_bytes;
		if (i > 0 || !vn->any_layout)
			pieces[n++] = (struct vring_piece){ __pa(tx->sg[i].virt),
							    tx->sg[i].len_bytes };
	}
	if (virtqueue_add(&vn->tx, pieces, n, 0, tx->token) < 0) {
		dev->counters.tx_ring_full++;
		vn->tx_stalled = true;
		return -EBUSY;
	}
	dev->counters.tx_packets++;
	dev->counters.tx_bytes += bytes;
	dev->counters.tx_segmented += tx->gso_size_bytes != 0;
	dev->tx_in_flight++;
	return 0;
}

static void virtio_net_kick(struct netdev *dev)
{
	struct virtio_net *vn = to_vn(dev);

	if (virtqueue_kick_needed(&vn->tx))
		virtio_notify(&vn->vdev, &vn->tx);
}

static void reap(struct virtio_net *vn)
{
	struct netdev *dev = &vn->dev;
	u32 ignored;
	void *token;

	while ((token = virtqueue_get(&vn->tx, &ignored)) != NULL) {
		dev->tx_in_flight--;
		vn->tx_stalled = false;
		dev->tx_done(dev, token);
	}
}

/* ---- The main loop's side ---- */

static void read_link(struct virtio_net *vn)
{
	struct netdev *dev = &vn->dev;
	bool up = true;

	if (virtio_has(&vn->vdev, NET_F_STATUS))
		up = virtio_config_read16(&vn->vdev, CONFIG_STATUS) & STATUS_LINK_UP;
	if (up == dev->link_up)
		return;
	dev->link_up = up;
	if (dev->link_changed)
		dev->link_changed(dev);
}

static u32 virtio_net_poll(struct netdev *dev, u32 budget)
{
	struct virtio_net *vn = to_vn(dev);
	u32 handled = 0, irqs = READ_ONCE(vn->irqs), len;
	struct page *page;

	dev->counters.polls++;
	dev->counters.interrupts += irqs - vn->irqs_seen;
	vn->irqs_seen = irqs;
	if (READ_ONCE(vn->config_changed)) {
		/* first: a change from now on sets it again */
		WRITE_ONCE(vn->config_changed, false);
		read_link(vn);
	}
	reap(vn);
	while (handled < budget && (page = virtqueue_get(&vn->rx, &len)) != NULL) {
		handled++;
		dev->rx_buffers--;
		receive(vn, page, len);
	}
	dev->counters.poll_budget_exhausted += handled == budget;
	refill(vn);
	return handled;
}

static bool virtio_net_enable_irq(struct netdev *dev)
{
	struct virtio_net *vn = to_vn(dev);

	if (!virtqueue_enable_irq(&vn->rx, 1) || READ_ONCE(vn->config_changed))
		return false;
	if (!vn->tx_stalled) {
		virtqueue_disable_irq(&vn->tx);
		return true;
	}
	/* Woken when half of what is in flight is done: one interrupt for many packets. */
	return virtqueue_enable_irq(&vn->tx, (u16)max_t(u32, 1, dev->tx_in_flight / 2));
}

/* Name of a feature bit, without the VIRTIO_NET_F_ prefix; NULL if it has none. */
static const char *feature_name(u32 bit)
{
	static const char *const names[] = {
		[0] = "CSUM",
		[1] = "GUEST_CSUM",
		[2] = "CTRL_GUEST_OFFLOADS",
		[3] = "MTU",
		[5] = "MAC",
		[6] = "GSO",
		[7] = "GUEST_TSO4",
		[8] = "GUEST_TSO6",
		[9] = "GUEST_ECN",
		[10] = "GUEST_UFO",
		[11] = "HOST_TSO4",
		[12] = "HOST_TSO6",
		[13] = "HOST_ECN",
		[14] = "HOST_UFO",
		[15] = "MRG_RXBUF",
		[16] = "STATUS",
		[17] = "CTRL_VQ",
		[18] = "CTRL_RX",
		[19] = "CTRL_VLAN",
		[20] = "CTRL_RX_EXTRA",
		[21] = "GUEST_ANNOUNCE",
		[22] = "MQ",
		[23] = "CTRL_MAC_ADDR",
		[24] = "NOTIFY_ON_EMPTY",
		[27] = "ANY_LAYOUT",
		[28] = "INDIRECT_DESC",
		[29] = "EVENT_IDX",
		[30] = "BAD_FEATURE",
		[32] = "VERSION_1",
		[33] = "ACCESS_PLATFORM",
		[34] = "RING_PACKED",
		[35] = "IN_ORDER",
		[57] = "HASH_REPORT",
		[60] = "RSS",
		[61] = "RSC_EXT",
		[62] = "STANDBY",
		[63] = "SPEED_DUPLEX",
		[40] = "RING_RESET",
	};

	return bit < ARRAY_SIZE(names) ? names[bit] : NULL;
}

static bool virtio_net_ring(const struct netdev *dev, u32 i, struct netdev_ring *out)
{
	const struct virtio_net *vn = dev->driver_data;
	const struct virtqueue *vq = i ? &vn->tx : &vn->rx;

	if (i > 1)
		return false;
	*out = (struct netdev_ring){
		.name = i ? "transmit" : "receive",
		.index = vq->index,
		.descriptors = vq->size,
		.free = vq->num_free,
		.made_available = vq->avail_idx,
		.taken_back = vq->last_used,
		.event_idx = vq->event_idx,
		.desc = vq->desc_phys,
		.avail = vq->avail_phys,
		.used = vq->used_phys,
		.bytes = (u32)PAGE_SIZE << vq->order,
	};
	return true;
}

static const struct netdev_ops virtio_net_ops = {
	.transmit = virtio_net_transmit,
	.kick = virtio_net_kick,
	.poll = virtio_net_poll,
	.enable_irq = virtio_net_enable_irq,
	.ring = virtio_net_ring,
	.feature_name = feature_name,
};

/* ---- Start ---- */

bool virtio_net_matches(const struct pci_device *pci)
{
	return virtio_pci_matches(pci, VIRTIO_KIND_NET);
}

static void read_config(struct virtio_net *vn)
{
	struct netdev *dev = &vn->dev;
	u64 seed = cycles_now();

	if (virtio_has(&vn->vdev, NET_F_MAC)) {
		for (u32 i = 0; i < 6; i++)
			dev->mac[i] = virtio_config_read8(&vn->vdev, CONFIG_MAC + i);
	} else { /* locally administered, from the clock */
		for (u32 i = 0; i < 6; i++)
			dev->mac[i] = (u8)(seed >> 8 * i);
		dev->mac[0] = (u8)((dev->mac[0] & 0xFC) | 0x02);
	}
	dev->mtu_bytes = MTU_DEFAULT;
	if (virtio_has(&vn->vdev, NET_F_MTU)) {
		u32 mtu = virtio_config_read16(&vn->vdev, CONFIG_MTU);

		dev->mtu_bytes = (u16)clamp(mtu, (u32)MTU_MIN, (u32)MTU_DEFAULT);
	}
}

static void choose_layout(struct virtio_net *vn)
{
	bool modern = vn->vdev.modern;
	u32 behind_headroom;

	vn->header_bytes = modern ? HDR_MODERN_BYTES : HDR_LEGACY_BYTES;
	vn->any_layout = modern || virtio_has(&vn->vdev, VIRTIO_F_ANY_LAYOUT);
	behind_headroom = NETDEV_RX_HEADROOM + vn->header_bytes + ETH_HLEN;
	vn->rx_start = (u16)(NETDEV_RX_HEADROOM + (-behind_headroom & 3));
}

static int start_queues(struct virtio_net *vn, const char **reason)
{
	struct netdev *dev = &vn->dev;
	int err = virtio_setup_queue(&vn->vdev, &vn->rx, QUEUE_RX, RING_MAX);

	if (err == 0)
		err = virtio_setup_queue(&vn->vdev, &vn->tx, QUEUE_TX, RING_MAX);
	if (err < 0) {
		*reason = err == -ENOMEM ? "no memory for the virtqueues"
					 : "the virtio device has no receive or transmit queue";
		return err;
	}
	dev->rx_buffers_target = clamp((u32)(totalram_pages / 32), (u32)RX_BUFFERS_MIN,
				       (u32)RX_BUFFERS_MAX);
	dev->rx_buffers_target = min_t(u32, dev->rx_buffers_target,
				       vn->rx.size / (vn->any_layout ? 1u : 2u));
	dev->tx_max_pieces = min_t(u32, TX_PIECES_MAX, vn->tx.size / 4u);
	virtqueue_disable_irq(&vn->tx);
	return 0;
}

static void describe(struct virtio_net *vn)
{
	struct netdev *dev = &vn->dev;
	const struct pci_device *pci = vn->vdev.pci;

	dev->name = "eth0";
	dev->driver = vn->vdev.modern ? "virtio_net (modern)" : "virtio_net (legacy)";
	dev->ops = &virtio_net_ops;
	dev->driver_data = vn;
	dev->features_offered = vn->vdev.features_offered;
	dev->features_negotiated = vn->vdev.features;
	dev->tx_checksum_offload = virtio_has(&vn->vdev, NET_F_CSUM);
	dev->tx_segmentation_offload = dev->tx_checksum_offload &&
				       virtio_has(&vn->vdev, NET_F_HOST_TSO4);
	pr_info("%s: %s at %02x:%02x.%x irq %u, %02x:%02x:%02x:%02x:%02x:%02x, rings %u/%u\n",
		dev->name, dev->driver, pci->bus, pci->slot, pci->func, pci->irq_line, dev->mac[0],
		dev->mac[1], dev->mac[2], dev->mac[3], dev->mac[4], dev->mac[5], vn->rx.size,
		vn->tx.size);
	for (u32 bit = 0; bit < 64; bit++) {
		const char *name = feature_name(bit);

		if (virtio_has(&vn->vdev, bit))
			pr_info("%s: negotiated %s\n", dev->name, name ? name : "?");
	}
	stage_note("%s: %s, features %#llx of %#llx", dev->name, dev->driver,
		   dev->features_negotiated, dev->features_offered);
}

static int start(struct virtio_net *vn, const struct pci_device *pci, const char **reason)
{
	int err = virtio_open(&vn->vdev, pci, reason);

	if (err < 0)
		return err;
	if (virtio_negotiate(&vn->vdev, WANTED) < 0) {
		*reason = "the virtio device refused the features offered to it";
		return -EPROTO;
	}
	choose_layout(vn);
	read_config(vn);
	err = start_queues(vn, reason);
	if (err < 0)
		return err;
	if (pci->irq_pin == 0 || irq_request(pci->irq_line, virtio_net_irq, vn, "virtio0") < 0) {
		*reason = "the firmware gave the virtio device no interrupt line";
		return -ENODEV;
	}
	describe(vn);
	virtio_add_status(&vn->vdev, VIRTIO_STATUS_DRIVER_OK);
	read_link(vn);
	/* The ring is filled by the first poll, when net/ has said where packets go. */
	return 0;
}

struct netdev *virtio_net_start(const struct pci_device *pci, const char **reason)
{
	struct virtio_net *vn = kzalloc(sizeof(*vn), GFP_KERNEL);

	if (!vn) {
		*reason = "no memory for the network driver";
		return NULL;
	}
	if (start(vn, pci, reason) < 0) {
		virtio_reset(&vn->vdev);
		virtio_add_status(&vn->vdev, VIRTIO_STATUS_FAILED);
		virtqueue_free(&vn->rx);
		virtqueue_free(&vn->tx);
		kfree(vn);
		return NULL;
	}
	return &vn->dev;
}
