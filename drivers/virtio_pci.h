/*
 * Virtio devices on PCI: the legacy transport (one I/O region, specification 1.1, 4.1.4.8)
 * and the modern one (structures in memory, found through vendor capabilities, 4.1.4).
 */
#ifndef DRIVERS_VIRTIO_PCI_H
#define DRIVERS_VIRTIO_PCI_H

#include "drivers/pci.h"
#include "drivers/virtio_ring.h"

#define VIRTIO_PCI_VENDOR 0x1AF4
#define VIRTIO_PCI_TRANSITION \
	0x1000			 /* device ids 0x1000 to 0x103F; the kind is in the subsystem id */
#define VIRTIO_PCI_MODERN 0x1040 /* + kind */
#define VIRTIO_KIND_NET 1

#define VIRTIO_F_ANY_LAYOUT 27
#define VIRTIO_F_VERSION_1 32

/* Device status bits (2.1). */
#define VIRTIO_STATUS_ACKNOWLEDGE 0x01
#define VIRTIO_STATUS_DRIVER 0x02
#define VIRTIO_STATUS_DRIVER_OK 0x04
#define VIRTIO_STATUS_FEATURES_OK 0x08
#define VIRTIO_STATUS_FAILED 0x80

/* Bits of the interrupt status register: bit 0 is a queue's. */
#define VIRTIO_ISR_CONFIG 0x2

struct virtio_device {
	const struct pci_device *pci;
	bool modern;
	u16 io_base;				     /* legacy: port of the first register */
	volatile u8 *common, *isr, *config, *notify; /* modern: mapped structures */
	u32 config_bytes, notify_bytes, notify_multiplier;
	u64 features_offered, features;
};

/* True if the device is a virtio device of that kind, transitional or modern. */
bool virtio_pci_matches(const struct pci_device *pci, u16 kind);

/*
 * Finds the registers (modern ones if the device has them), maps them, and resets the device.
 * 0, or -ENODEV with *reason. Mappings stay for good.
 */
int virtio_open(struct virtio_device *vdev, const struct pci_device *pci, const char **reason);

/* Resets the device: it forgets its queues and touches no memory any more. */
void virtio_reset(struct virtio_device *vdev);
void virtio_add_status(struct virtio_device *vdev, u8 bits);

/* Reads the offer, accepts what is in `wanted`, and keeps both. -EPROTO if the device refuses. */
int virtio_negotiate(struct virtio_device *vdev, u64 wanted);
static inline bool virtio_has(const struct virtio_device *vdev, u32 feature)
{
	return vdev->features >> feature & 1;
}

/*
 * Makes queue `index`, of at most `max_size` descriptors where the transport lets us choose, and
 * tells the device where it is. -ENODEV if the device has no such queue, -ENOMEM.
 */
int virtio_setup_queue(struct virtio_device *vdev, struct virtqueue *vq, u16 index, u16 max_size);

/* Tells the device that the queue has something new. */
void virtio_notify(struct virtio_device *vdev, const struct virtqueue *vq);

/* Reads and thereby acknowledges the interrupt status. May be called from the handler. */
u8 virtio_read_isr(struct virtio_device *vdev);

/* Device configuration, at a byte offset. */
u8 virtio_config_read8(struct virtio_device *vdev, u32 offset);
u16 virtio_config_read16(struct virtio_device *vdev, u32 offset);

#endif
