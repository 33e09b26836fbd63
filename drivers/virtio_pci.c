/*
 * The two PCI transports of virtio.
 *
 * A transitional device offers both; the modern one is taken when it is complete
 * (common, notify, ISR and device structures found and mapped), because there the ring
 * size can be chosen and the header layout is fixed. The modern registers lie in memory
 * regions that vendor-specific capabilities name:
 *
 *	capability   id | next | length | type | bar | 3 bytes | offset (4) | length (4)
 *	                for notify: + multiplier (4)
 *
 * Regions are mapped with ioremap, one mapping for each structure: what the firmware
 * left in the base address registers is used as it is.
 *
 * Interrupt rule: virtio_read_isr may be called from the handler, nothing else.
 */
#include "drivers/virtio_pci.h"

#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/x86/io.h"
#include "mm/vmalloc.h"

/* Legacy registers, offsets from the I/O base (4.1.4.8). */
#define LEGACY_DEVICE_FEATURES 0
#define LEGACY_DRIVER_FEATURES 4
#define LEGACY_QUEUE_PFN 8
#define LEGACY_QUEUE_SIZE 12
#define LEGACY_QUEUE_SELECT 14
#define LEGACY_QUEUE_NOTIFY 16
#define LEGACY_STATUS 18
#define LEGACY_ISR 19
#define LEGACY_CONFIG 20 /* without MSI-X, which is never switched on here */

/* Modern common configuration (4.1.4.3). */
#define COMMON_DEVICE_FEATURE_SELECT 0
#define COMMON_DEVICE_FEATURE 4
#define COMMON_DRIVER_FEATURE_SELECT 8
#define COMMON_DRIVER_FEATURE 12
#define COMMON_STATUS 20
#define COMMON_QUEUE_SELECT 22
#define COMMON_QUEUE_SIZE 24
#define COMMON_QUEUE_ENABLE 28
#define COMMON_QUEUE_NOTIFY_OFF 30
#define COMMON_QUEUE_DESC 32
#define COMMON_QUEUE_DRIVER 40
#define COMMON_QUEUE_DEVICE 48
#define COMMON_BYTES 56

enum cap_type { CAP_COMMON = 1, CAP_NOTIFY = 2, CAP_ISR = 3, CAP_DEVICE = 4 };

#define RESET_POLLS 1000 /* reads of the status register until a reset must be over */

bool virtio_pci_matches(const struct pci_device *pci, u16 kind)
{
	if (pci->vendor != VIRTIO_PCI_VENDOR)
		return false;
	if (pci->device == VIRTIO_PCI_MODERN + kind)
		return true;
	return pci->device >= VIRTIO_PCI_TRANSITION && pci->device < VIRTIO_PCI_MODERN &&
	       pci->subsystem == kind;
}

/* Maps the structure that the capability at `cap` describes. NULL if it makes no sense. */
static volatile u8 *map_capability(const struct pci_device *pci, u8 cap, u32 need_bytes,
				   u32 *len_bytes)
{
	u8 index = pci_read8(pci, cap + 4);
	u32 offset = pci_read32(pci, cap + 8);
	struct pci_bar bar;

	*len_bytes = pci_read32(pci, cap + 12);
	if (index >= PCI_BARS || pci_read_bar(pci, index, &bar) < 0 || bar.io || bar.base == 0 ||
	    *len_bytes < need_bytes || offset > bar.size || *len_bytes > bar.size - offset ||
	    bar.base + bar.size > SZ_4G)
		return NULL;
	/* A notify region can be megabytes; a page holds what two queues need. */
	*len_bytes = min_t(u32, *len_bytes, PAGE_SIZE);
	return ioremap(bar.base + offset, *len_bytes);
}

/* Maps the first usable capability of each type. True if all that is needed was found. */
static bool find_modern(struct virtio_device *vdev)
{
	const struct pci_device *pci = vdev->pci;
	u32 ignored;

	for (u8 cap = pci_find_capability(pci, PCI_CAP_ID_VENDOR, 0); cap;
	     cap = pci_find_capability(pci, PCI_CAP_ID_VENDOR, cap)) {
		switch (pci_read8(pci, cap + 3)) {
		case CAP_COMMON:
			if (!vdev->common)
				vdev->common = map_capability(pci, cap, COMMON_BYTES, &ignored);
			break;
		case CAP_NOTIFY:
			if (!vdev->notify) {
				vdev->notify = map_capability(pci, cap, 2, &vdev->notify_bytes);
				vdev->notify_multiplier = pci_read32(pci, cap + 16);
			}
			break;
		case CAP_ISR:
			if (!vdev->isr)
				vdev->isr = map_capability(pci, cap, 1, &ignored);
			break;
		case CAP_DEVICE:
			if (!vdev->config)
				vdev->config = map_capability(pci, cap, 1, &vdev->config_bytes);
			break;
		}
	}
	return vdev->common && vdev->notify && vdev->isr && vdev->config;
}

int virtio_open(struct virtio_device *vdev, const struct pci_device *pci, const char **reason)
{
	struct pci_bar bar;

	*vdev = (struct virtio_device){ .pci = pci };
	vdev->modern = find_modern(vdev);
	if (!vdev->modern) {
		if (pci->device >= VIRTIO_PCI_MODERN || pci_read_bar(pci, 0, &bar) < 0 || !bar.io ||
		    bar.base == 0) {
			*reason = "the virtio device's registers are not mapped by the firmware";
			return -ENODEV;
		}
		vdev->io_base = (u16)bar.base;
	}
	pci_enable(pci);
	virtio_reset(vdev);
	virtio_add_status(vdev, VIRTIO_STATUS_ACKNOWLEDGE);
	virtio_add_status(vdev, VIRTIO_STATUS_DRIVER);
	return 0;
}

static u8 read_status(struct virtio_device *vdev)
{
	return vdev->modern ? mmio_read8(vdev->common + COMMON_STATUS)
			    : inb(vdev->io_base + LEGACY_STATUS);
}

static void write_status(struct virtio_device *vdev, u8 status)
{
	if (vdev->modern)
		mmio_write8(vdev->common + COMMON_STATUS, status);
	else
		outb(status, vdev->io_base + LEGACY_STATUS);
}

void virtio_reset(struct virtio_device *vdev)
{
	write_status(vdev, 0);
	for (u32 i = 0; i < RESET_POLLS && read_status(vdev) != 0; i++)
		io_delay();
}

void virtio_add_status(struct virtio_device *vdev, u8 bits)
{
	write_status(vdev, read_status(vdev) | bits);
}

static u64 read_offer(struct virtio_device *vdev)
{
	u64 features;

	if (!vdev->modern)
		return inl(vdev->io_base + LEGACY_DEVICE_FEATURES);
	mmio_write32(vdev->common + COMMON_DEVICE_FEATURE_SELECT, 0);
	features = mmio_read32(vdev->common + COMMON_DEVICE_FEATURE);
	mmio_write32(vdev->common + COMMON_DEVICE_FEATURE_SELECT, 1);
	return features | (u64)mmio_read32(vdev->common + COMMON_DEVICE_FEATURE) << 32;
}

int virtio_negotiate(struct virtio_device *vdev, u64 wanted)
{
	vdev->features_offered = read_offer(vdev);
	if (vdev->modern)
		wanted |= 1ull << VIRTIO_F_VERSION_1;
	vdev->features = vdev->features_offered & wanted;
	if (!vdev->modern) {
		outl((u32)vdev->features, vdev->io_base + LEGACY_DRIVER_FEATURES);
		return 0; /* the legacy transport has no way to refuse */
	}
	mmio_write32(vdev->common + COMMON_DRIVER_FEATURE_SELECT, 0);
	mmio_write32(vdev->common + COMMON_DRIVER_FEATURE, (u32)vdev->features);
	mmio_write32(vdev->common + COMMON_DRIVER_FEATURE_SELECT, 1);
	mmio_write32(vdev->common + COMMON_DRIVER_FEATURE, (u32)(vdev->features >> 32));
	virtio_add_status(vdev, VIRTIO_STATUS_FEATURES_OK);
	if (!virtio_has(vdev, VIRTIO_F_VERSION_1) ||
	    !(read_status(vdev) & VIRTIO_STATUS_FEATURES_OK))
		return -EPROTO;
	return 0;
}

static int setup_legacy(struct virtio_device *vdev, struct virtqueue *vq, u16 index)
{
	u16 size;
	int err;

	outw(index, vdev->io_base + LEGACY_QUEUE_SELECT);
	size = inw(vdev->io_base + LEGACY_QUEUE_SIZE); /* fixed by the device */
	if (size == 0)
		return -ENODEV;
	err = virtqueue_alloc(vq, index, size);
	if (err < 0)
		return err;
	outl((u32)(vq->desc_phys >> PAGE_SHIFT), vdev->io_base + LEGACY_QUEUE_PFN);
	return 0;
}

static void write_address(struct virtio_device *vdev, u32 offset, phys_addr_t phys)
{
	mmio_write32(vdev->common + offset, (u32)phys);
	mmio_write32(vdev->common + offset + 4, (u32)(phys >> 32));
}

static int setup_modern(struct virtio_device *vdev, struct virtqueue *vq, u16 index, u16 max_size)
{
	u16 size;
	int err;

	mmio_write16(vdev->common + COMMON_QUEUE_SELECT, index);
	size = mmio_read16(vdev->common + COMMON_QUEUE_SIZE);
	if (size == 0)
		return -ENODEV;
	size = min(size, max_size);
	err = virtqueue_alloc(vq, index, size);
	if (err < 0)
		return err;
	vq->notify_offset = mmio_read16(vdev->common + COMMON_QUEUE_NOTIFY_OFF);
	if (vq->notify_offset * vdev->notify_multiplier + 2 > vdev->notify_bytes) {
		virtqueue_free(vq);
		return -ENODEV;
	}
	mmio_write16(vdev->common + COMMON_QUEUE_SIZE, size);
	write_address(vdev, COMMON_QUEUE_DESC, vq->desc_phys);
	write_address(vdev, COMMON_QUEUE_DRIVER, vq->avail_phys);
	write_address(vdev, COMMON_QUEUE_DEVICE, vq->used_phys);
	mmio_write16(vdev->common + COMMON_QUEUE_ENABLE, 1);
	return 0;
}

int virtio_setup_queue(struct virtio_device *vdev, struct virtqueue *vq, u16 index, u16 max_size)
{
	int err = vdev->modern ? setup_modern(vdev, vq, index, max_size)
			       : setup_legacy(vdev, vq, index);

	if (err == 0)
		vq->event_idx = virtio_has(vdev, VIRTIO_RING_F_EVENT_IDX);
	return err;
}

void virtio_notify(struct virtio_device *vdev, const struct virtqueue *vq)
{
	if (vdev->modern)
		mmio_write16(vdev->notify + vq->notify_offset * vdev->notify_multiplier, vq->index);
	else
		outw(vq->index, vdev->io_base + LEGACY_QUEUE_NOTIFY);
}

u8 virtio_read_isr(struct virtio_device *vdev)
{
	return vdev->modern ? mmio_read8(vdev->isr) : inb(vdev->io_base + LEGACY_ISR);
}

u8 virtio_config_read8(struct virtio_device *vdev, u32 offset)
{
	if (!vdev->modern)
		return inb((u16)(vdev->io_base + LEGACY_CONFIG + offset));
	return offset < vdev->config_bytes ? mmio_read8(vdev->config + offset) : 0;
}

u16 virtio_config_read16(struct virtio_device *vdev, u32 offset)
{
	if (!vdev->modern)
		return inw((u16)(vdev->io_base + LEGACY_CONFIG + offset));
	return offset + 1 < vdev->config_bytes ? mmio_read16(vdev->config + offset) : 0;
}
