/*
 * What a network interface driver offers to net/, without knowing the stack above.
 *
 * Receive: the driver takes page frames as buffers (OWNER_NET_RX) and hands each filled
 * one up; whoever gets it gives the frame back with __free_pages, at any later time.
 * Transmit: the driver borrows the pieces until it reports them done.
 * A buffer that cannot be had is counted and retried at the next poll, never lost.
 */
#pragma once

#include "kernel/lib/types.h"

struct page;
struct netdev;

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

struct netdev_tx {
	const struct netdev_sg *sg;
	u32 count;
	bool need_checksum; /* the device shall complete a TCP/UDP checksum */
	u16 csum_start_bytes, csum_offset_bytes;
	void *token; /* given back by the done callback */
};

struct netdev_counters {
	u64 rx_packets, rx_bytes, rx_dropped, rx_no_buffer, rx_refill_failed, rx_malformed;
	u64 tx_packets, tx_bytes, tx_ring_full, tx_errors;
	u64 interrupts, polls, poll_budget_exhausted;
};

struct netdev_ops {
	/* 0, -EBUSY (ring full: nothing was taken, try after a done), -EINVAL. */
	int (*transmit)(struct netdev *dev, const struct netdev_tx *tx);
	/* Handles at most `budget` received frames and reaps finished transmissions; returns frames
	 * handled. Called by the main loop. */
	u32 (*poll)(struct netdev *dev, u32 budget);
	/* Arms interrupts; false if work arrived meanwhile, then poll again before halting. */
	bool (*enable_irq)(struct netdev *dev);
};

struct netdev {
	const char *name; /* "eth0" */
	const char *driver; /* "virtio_net (modern)" */
	u8 mac[6];
	u16 mtu_bytes;
	bool link_up;
	bool tx_checksum_offload, rx_checksum_offload;
	u64 features_offered, features_negotiated;
	const struct netdev_ops *ops;
	struct netdev_counters counters;
	void *driver_data;
	/* set by net/ before the first poll */
	void *stack_data;
	void (*rx)(struct netdev *dev, const struct netdev_rx *frame);
	void (*tx_done)(struct netdev *dev, void *token);
	void (*link_changed)(struct netdev *dev);
};

/* Finds and starts the first usable NIC; NULL: none, *reason says why in one line. */
struct netdev *netdev_probe(const char **reason);
