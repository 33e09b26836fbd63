/*
 * The split virtqueue.
 *
 *   descriptor table   size x 16 bytes
 *   available ring     6 + size x 2 bytes     we write, the device reads
 *   (to a page edge)                          the legacy transport knows only one page number
 *   used ring          6 + size x 8 bytes     the device writes, we read
 *
 * One block of pages holds all three; the device gets one physical address (legacy)
 * or three (modern).
 *
 * Invariants: num_free + the descriptors of all chains in flight == size; a head has a
 * token exactly while its chain is in flight; used->idx never runs ahead of what was
 * made available (a device that says otherwise is a broken one: BUG).
 *
 * Barriers. The device is another processor to the memory system:
 *   - dma_wmb before avail->idx: it must find the descriptors complete when it sees the
 *     new index;
 *   - dma_mb between avail->idx and reading what it wants to be told (flags,
 *     avail_event): otherwise both sides can miss the other's last word and sleep;
 *   - dma_mb between asking for interrupts and looking at used->idx, for the same reason;
 *   - dma_rmb after used->idx: the entry and the data are read only after the index.
 *
 * Indirect descriptors are not used: a ring of 256 holds ten of the largest packets.
 *
 * Interrupt rule: handlers never touch a ring.
 */
#include "drivers/virtio_ring.h"

#include "kernel/lib/bitops.h"
#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/x86/io.h"
#include "mm/slab.h"

#define VRING_DESC_F_NEXT 1
#define VRING_DESC_F_WRITE 2

#define VRING_AVAIL_F_NO_INTERRUPT 1
#define VRING_USED_F_NO_NOTIFY 1

#define VRING_SIZE_MAX 32768u

static volatile u16 *used_event(struct virtqueue *vq)
{
	return &vq->avail->ring[vq->size];
}

static volatile u16 *avail_event(struct virtqueue *vq)
{
	return (volatile u16 *)&vq->used->ring[vq->size];
}

int virtqueue_alloc(struct virtqueue *vq, u16 index, u16 size)
{
	u32 avail_at = (u32)sizeof(struct vring_desc) * size;
	u32 used_at = round_up(avail_at + 6 + 2u * size, (u32)PAGE_SIZE);
	u32 bytes = used_at + 6 + (u32)sizeof(struct vring_used_elem) * size;
	u8 *rings;

	if (size > VRING_SIZE_MAX || !is_power_of_2(size))
		return -EINVAL;
	*vq = (struct virtqueue){ .size = size, .index = index, .order = get_order(bytes) };
	if (vq->order >= MAX_ORDER)
		return -ENOMEM;
	rings = __get_free_pages(GFP_KERNEL | __GFP_ZERO, vq->order, OWNER_VIRTQUEUE);
	vq->tokens = kzalloc(size * sizeof(*vq->tokens), GFP_KERNEL);
	vq->chain_length = kzalloc(size * sizeof(*vq->chain_length), GFP_KERNEL);
	if (!rings || !vq->tokens || !vq->chain_length) {
		vq->desc = (struct vring_desc *)rings;
		virtqueue_free(vq);
		return -ENOMEM;
	}
	vq->desc = (struct vring_desc *)rings;
	vq->avail = (struct vring_avail *)(rings + avail_at);
	vq->used = (struct vring_used *)(rings + used_at);
	vq->desc_phys = __pa(rings);
	vq->avail_phys = vq->desc_phys + avail_at;
	vq->used_phys = vq->desc_phys + used_at;
	for (u32 i = 0; i < size; i++)
		vq->desc[i].next = (u16)(i + 1);
	vq->num_free = size;
	return 0;
}

void virtqueue_free(struct virtqueue *vq)
{
	if (vq->desc)
		free_pages(vq->desc, vq->order);
	kfree(vq->tokens);
	kfree(vq->chain_length);
	*vq = (struct virtqueue){ 0 };
}

int virtqueue_add(struct virtqueue *vq, const struct vring_piece *pieces, u32 out, u32 in,
		  void *token)
{
	u32 count = out + in;
	u16 head = vq->free_head;
	u16 at = head;

	BUG_ON(count == 0 || !token);
	if (count > vq->num_free)
		return -EBUSY;
	for (u32 i = 0;; i++) {
		struct vring_desc *desc = &vq->desc[at];

		desc->addr = pieces[i].phys;
		desc->len = pieces[i].len_bytes;
		desc->flags = i >= out ? VRING_DESC_F_WRITE : 0;
		at = desc->next; /* the free list's link is the chain's link */
		if (i + 1 == count)
			break;
		desc->flags |= VRING_DESC_F_NEXT;
	}
	vq->free_head = at;
	vq->num_free = (u16)(vq->num_free - count);
	vq->tokens[head] = token;
	vq->chain_length[head] = (u16)count;
	vq->avail->ring[vq->avail_idx & (vq->size - 1)] = head;
	vq->avail_idx++;
	return 0;
}

bool virtqueue_kick_needed(struct virtqueue *vq)
{
	u16 before = vq->kicked_idx;
	u16 now = vq->avail_idx;

	if (before == now)
		return false;
	dma_wmb(); /* descriptors and ring entries before the index that shows them */
	WRITE_ONCE(vq->avail->idx, now);
	dma_mb(); /* the index before we read whether the device wants to hear of it */
	vq->kicked_idx = now;
	if (vq->event_idx) {
		/* Told only if the entry it waits for is among the new ones (1.1, 2.6.7.2). */
		return (u16)(now - *avail_event(vq) - 1) < (u16)(now - before);
	}
	return !(READ_ONCE(vq->used->flags) & VRING_USED_F_NO_NOTIFY);
}

void *virtqueue_get(struct virtqueue *vq, u32 *len_bytes)
{
	const struct vring_used_elem *elem;
	u16 head, last;
	void *token;

	if (READ_ONCE(vq->used->idx) == vq->last_used)
		return NULL;
	dma_rmb(); /* the entry, and the data it stands for, only after the index */
	elem = &vq->used->ring[vq->last_used & (vq->size - 1)];
	BUG_ON(elem->id >= vq->size);
	head = (u16)elem->id;
	*len_bytes = elem->len;
	token = vq->tokens[head];
	BUG_ON(!token);
	vq->tokens[head] = NULL;

	last = head;
	for (u32 i = 1; i < vq->chain_length[head]; i++)
		last = vq->desc[last].next;
	vq->desc[last].next = vq->free_head;
	vq->free_head = head;
	vq->num_free = (u16)(vq->num_free + vq->chain_length[head]);
	vq->last_used++;
	return token;
}

bool virtqueue_enable_irq(struct virtqueue *vq, u16 after)
{
	if (vq->event_idx)
		*used_event(vq) = (u16)(vq->last_used + after - 1);
	else
		WRITE_ONCE(vq->avail->flags, 0);
	dma_mb(); /* the request before we look whether the device was quicker */
	return (u16)(READ_ONCE(vq->used->idx) - vq->last_used) < after;
}

void virtqueue_disable_irq(struct virtqueue *vq)
{
	/* With EVENT_IDX an interrupt comes only when the index passes used_event: once. */
	if (!vq->event_idx)
		WRITE_ONCE(vq->avail->flags, VRING_AVAIL_F_NO_INTERRUPT);
}
