/*
 * The split virtqueue (Virtual I/O Device specification 1.1, 2.6): descriptors, the
 * ring of those made available to the device, and the ring of those it has used.
 */
#ifndef DRIVERS_VIRTIO_RING_H
#define DRIVERS_VIRTIO_RING_H

#include "kernel/lib/types.h"

#define VIRTIO_RING_F_EVENT_IDX 29

/* Shared with the device: little-endian, as x86 is. */
struct vring_desc {
	u64 addr; /* physical, bytes */
	u32 len;  /* bytes */
	u16 flags;
	u16 next;
};

struct vring_avail {
	u16 flags;
	u16 idx; /* entries ever made available, modulo 65536 */
	u16 ring[];
	/* u16 used_event follows the ring */
};

struct vring_used_elem {
	u32 id;	 /* head of the chain */
	u32 len; /* bytes the device wrote */
};

struct vring_used {
	u16 flags;
	u16 idx;
	struct vring_used_elem ring[];
	/* u16 avail_event follows the ring */
};

struct virtqueue {
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	void **tokens;	   /* by head; NULL while the descriptor is free */
	u16 *chain_length; /* descriptors of the chain, by head */
	u16 size;	   /* descriptors, a power of two */
	u16 num_free;
	u16 free_head;	   /* free descriptors are linked through `next` */
	u16 avail_idx;	   /* our own copy of avail->idx */
	u16 kicked_idx;	   /* avail_idx when the device was last told */
	u16 last_used;	   /* used entries taken so far */
	bool event_idx;	   /* VIRTIO_RING_F_EVENT_IDX was negotiated */
	u16 index;	   /* number of the queue on its device */
	u16 notify_offset; /* modern transport */
	u32 order;	   /* of the page block that holds the rings */
	phys_addr_t desc_phys, avail_phys, used_phys;
};

/* One piece of memory for the device. */
struct vring_piece {
	phys_addr_t phys;
	u32 len_bytes;
};

/*
 * Takes page blocks (OWNER_VIRTQUEUE) for a ring of `size` descriptors, laid out as the legacy
 * transport wants it, and makes it empty. -EINVAL if size is not a power of two up to 32768,
 * -ENOMEM. The memory is kept until virtqueue_free.
 */
int virtqueue_alloc(struct virtqueue *vq, u16 index, u16 size);
/* => the device no longer uses it */
void virtqueue_free(struct virtqueue *vq);

/*
 * Makes one buffer of `out` pieces that the device reads, then `in` pieces that it writes,
 * available. `token` comes back from virtqueue_get. -EBUSY when fewer descriptors are free:
 * nothing was taken. The device may not look before virtqueue_kick_needed was asked.
 * => out + in >= 1, token != NULL
 */
int virtqueue_add(struct virtqueue *vq, const struct vring_piece *pieces, u32 out, u32 in,
		  void *token);

/* Publishes what was added; true if the device asked to be told. */
bool virtqueue_kick_needed(struct virtqueue *vq);

/* The token of the next used buffer, or NULL; *len_bytes is what the device wrote. */
void *virtqueue_get(struct virtqueue *vq, u32 *len_bytes);

/*
 * Asks for an interrupt once the device has used `after` more buffers than were taken so far (1:
 * the next one; without EVENT_IDX always the next). Returns false if one was used meanwhile.
 */
bool virtqueue_enable_irq(struct virtqueue *vq, u16 after);
/* Asks for no interrupts; a hint, one may still come. */
void virtqueue_disable_irq(struct virtqueue *vq);

#endif
