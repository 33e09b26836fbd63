/*
 * What a network interface driver offers to net/, without knowing the stack above.
 *
 * Receive: the driver takes page frames as buffers (OWNER_NET_RX) and hands each filled
 * one up; whoever gets it gives the frame back with __free_pages, at any later time. The
 * first NETDEV_RX_HEADROOM bytes of the frame are never written by the device: the
 * receiver keeps its bookkeeping there, so that a packet costs one allocation.
 *
 *   page  +--------------------+---------+--------------------------------+
 *         | receiver's headroom| device's| the Ethernet frame             |
 *         |                    | header  |                                |
 *         +--------------------+---------+--------------------------------+
 *         0       NETDEV_RX_HEADROOM     offset_bytes          + len_bytes
 *
 * Transmit: the driver borrows the pieces until it reports them done. It writes a header
 * of its own into the NETDEV_TX_HEADROOM bytes before the first piece. Packets are only
 * queued by transmit(); kick() tells the device, once for a burst.
 *
 * A buffer that cannot be had is counted and retried at the next poll, never lost.
 * Interrupt handlers only set a flag: everything here runs in the main loop.
 */
#ifndef DRIVERS_NETDEV_H
#define DRIVERS_NETDEV_H

#include "kernel/lib/types.h"

struct page;
struct netdev;

#define NETDEV_RX_HEADROOM 64 /* bytes at the start of a received page that are the receiver's */
#define NETDEV_TX_HEADROOM 16 /* writable bytes before the first piece of a packet to send */
#define ETH_HLEN 14	      /* bytes of an Ethernet header */
#define NETDEV_FRAME_MAX 1514 /* bytes of an Ethernet frame at the largest MTU, without its CRC */

/* One received frame: `len_bytes` from `offset_bytes` of `page`. The receiver owns the page. */
struct netdev_rx {
	struct page *page;
	u16 offset_bytes;
	u16 len_bytes;
	bool checksum_ok; /* verified by the device, or not needed */
};

/* One piece of a frame to send, in the direct map. */
struct netdev_sg {
	const void *virt;
	u32 len_bytes;
};

/* One packet to send. With gso_size_bytes it is a TCP segment longer than the MTU, which the
 * device cuts into segments of that many payload bytes. */
struct netdev_tx {
	const struct netdev_sg *sg;
	u32 count;	    /* pieces, 1 to dev->tx_max_pieces */
	bool need_checksum; /* the device shall complete a TCP/UDP checksum */
	u16 csum_start_bytes, csum_offset_bytes;
	u16 gso_size_bytes; /* 0: an ordinary frame. => need_checksum, dev->tx_segmentation_offload */
	u16 gso_header_bytes; /* Ethernet, IP and TCP header together */
	void *token;	      /* given back by the done callback */
};

struct netdev_counters {
	u64 rx_packets, rx_bytes, rx_dropped, rx_no_buffer, rx_refill_failed, rx_malformed;
	u64 tx_packets, tx_bytes, tx_ring_full, tx_errors;
	u64 interrupts, polls, poll_budget_exhausted;
	u64 tx_segmented; /* packets that the device was asked to cut */
};

/* One of the device's rings, as we see it. */
struct netdev_ring {
	const char *name; /* "receive", "transmit" */
	u16 index;	  /* on the device */
	u16 descriptors, free;
	u16 made_available, taken_back; /* buffers, modulo 65536 */
	bool event_idx;
	u64 desc, avail, used; /* physical addresses */
	u32 bytes;	       /* of the page block that holds it */
};

struct netdev_ops {
	/* 0, -EBUSY (ring full: nothing was taken, try after a done), -EINVAL. */
	int (*transmit)(struct netdev *dev, const struct netdev_tx *tx);
	/* Tells the device about the packets queued since the last time. */
	void (*kick)(struct netdev *dev);
	/* Handles at most `budget` received frames and reaps finished transmissions; returns frames
	 * handled. Called by the main loop. */
	u32 (*poll)(struct netdev *dev, u32 budget);
	/* Arms interrupts; false if work arrived meanwhile, then poll again before halting. */
	bool (*enable_irq)(struct netdev *dev);
	/* Ring i from 0 on; false past the last one. */
	bool (*ring)(const struct netdev *dev, u32 i, struct netdev_ring *out);
	/* The name of a bit of features_offered, or NULL. */
	const char *(*feature_name)(u32 bit);
};

struct netdev {
	const char *name;   /* "eth0" */
	const char *driver; /* "virtio_net (modern)" */
	u8 mac[6];
	u16 mtu_bytes;
	bool link_up;
	bool tx_checksum_offload;
	bool tx_segmentation_offload; /* TCP over IPv4 */
	u32 tx_max_pieces;	      /* of one packet */
	u64 features_offered, features_negotiated;
	const struct netdev_ops *ops;
	struct netdev_counters counters;
	u32 tx_in_flight; /* packets queued and not yet reported done */
	u32 rx_buffers,
		rx_buffers_target; /* pages the device holds; below target: poll again soon */
	void *driver_data;
	/* set by net/ before the first poll */
	void (*rx)(struct netdev *dev, const struct netdev_rx *frame);
	void (*tx_done)(struct netdev *dev, void *token);
	void (*link_changed)(struct netdev *dev);
};

/* Finds and starts the first usable NIC; NULL: none, *reason says why in one line. */
struct netdev *netdev_probe(const char **reason);

#endif
