/*
 * Driver for virtio network devices (Virtual I/O Device specification 1.1, 5.1).
 */
#ifndef DRIVERS_VIRTIO_NET_H
#define DRIVERS_VIRTIO_NET_H

#include "drivers/netdev.h"
#include "drivers/pci.h"

bool virtio_net_matches(const struct pci_device *pci);

/* Starts the device. NULL with *reason if it cannot be used. There is one: the first that starts. */
struct netdev *virtio_net_start(const struct pci_device *pci, const char **reason);

#endif
