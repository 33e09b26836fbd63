/*
 * A network card for the host tests: what net/ sends is put together and shown to the test, what
 * the test sends arrives in a page from the buddy allocator, as from the real driver.
 */
#ifndef TESTS_HOST_SUPPORT_NIC_H
#define TESTS_HOST_SUPPORT_NIC_H

#include "drivers/netdev.h"

/* One packet that net/ gave to the card. */
struct host_nic_packet {
	struct netdev_tx tx;
	u32 pieces;
	u32 len;
	u8 bytes[65536 + 64];
};

struct host_nic {
	struct netdev dev;
	u32 ring;   /* packets it takes before it is busy */
	u32 queued; /* taken, not yet completed */
	u32 kicks;
	bool complete_at_once; /* report a packet done at the next kick */
	void (*sent)(const struct host_nic_packet *packet);
	void *tokens[4096];
};

extern struct host_nic host_nic;

/* A card with checksum and segmentation offload as asked, 32 pieces, a ring of 64, link up. */
void host_nic_setup(bool checksum, bool segmentation);

/* Reports up to `count` packets done, oldest first. */
void host_nic_complete(u32 count);

/* A frame arrives. False if no page could be had for it: the frame is lost. */
bool host_nic_receive(const void *frame, u32 len);

/* Link layer made by net_attach() and the stack's start, for tests of the whole stack. */
struct netif;
struct netif *host_stack_start(void);

#endif
