/*
 * The split ring against a device that uses buffers in any order, at any time, and wraps the
 * indices more than once.
 */
#include "drivers/virtio_ring.h"
#include "kernel/lib/errno.h"
#include "mm/slab.h"
#include "support/host.h"
#include "support/zones.h"

#define F_NEXT 1
#define F_WRITE 2

static struct virtqueue vq;

/* The device's own memory of the ring. */
static u16 device_avail, device_used;
static u16 waiting[1024]; /* heads it has seen and not used */
static u32 waiting_count;

static void boot(u16 size)
{
	host_zones(4096, 4096, 0);
	kmem_cache_init();
	kmem_cache_init_late();
	system_state = PHASE_SLAB;
	assert_int_equal(virtqueue_alloc(&vq, 3, size), 0);
}

static void device_looks(void)
{
	while (device_avail != vq.avail->idx)
		waiting[waiting_count++] = vq.avail->ring[device_avail++ & (vq.size - 1)];
}

static void device_uses(u32 which, u32 len)
{
	struct vring_used_elem *elem = &vq.used->ring[device_used & (vq.size - 1)];

	elem->id = waiting[which];
	elem->len = len;
	vq.used->idx = ++device_used;
	waiting[which] = waiting[--waiting_count];
}

static u16 *used_event(void)
{
	return &vq.avail->ring[vq.size];
}

static u16 *avail_event(void)
{
	return (u16 *)&vq.used->ring[vq.size];
}

static void test_layout(void **state)
{
	(void)state;
	boot(256);
	assert_true(IS_ALIGNED(vq.desc_phys, PAGE_SIZE));
	assert_int_equal(vq.avail_phys, vq.desc_phys + 256 * 16);
	assert_int_equal(vq.used_phys, vq.desc_phys + 2 * PAGE_SIZE);
	assert_int_equal(vq.order, 2);
	assert_int_equal(vq.index, 3);
	virtqueue_free(&vq);
	assert_int_equal(virtqueue_alloc(&vq, 0, 0), -EINVAL);
	assert_int_equal(virtqueue_alloc(&vq, 0, 100), -EINVAL);
	assert_int_equal(virtqueue_alloc(&vq, 0, 32768), 0);
	virtqueue_free(&vq);
	host_assert_checks();
}

static void test_each_allocation_failing(void **state)
{
	int err = 0;

	(void)state;
	boot(64);
	virtqueue_free(&vq);
	FOR_EACH_FAILED_ALLOC(, err = virtqueue_alloc(&vq, 0, 64), {
		assert_int_equal(err, host_alloc_failed ? -ENOMEM : 0);
		if (err == 0)
			virtqueue_free(&vq);
	});
	host_assert_checks();
}

static void test_chain(void **state)
{
	struct vring_piece pieces[3] = { { 0x1000, 10 }, { 0x2000, 20 }, { 0x3000, 30 } };
	struct vring_desc *d;
	u32 len;

	(void)state;
	boot(4);
	assert_int_equal(virtqueue_add(&vq, pieces, 1, 2, &pieces), 0);
	assert_int_equal(vq.num_free, 1);
	assert_int_equal(vq.avail->idx, 0); /* not shown yet */
	assert_true(virtqueue_kick_needed(&vq));
	assert_false(virtqueue_kick_needed(&vq)); /* nothing new */
	assert_int_equal(vq.avail->idx, 1);
	d = &vq.desc[vq.avail->ring[0]];
	assert_true(d->addr == 0x1000 && d->len == 10 && d->flags == F_NEXT);
	d = &vq.desc[d->next];
	assert_true(d->addr == 0x2000 && d->len == 20 && d->flags == (F_NEXT | F_WRITE));
	d = &vq.desc[d->next];
	assert_true(d->addr == 0x3000 && d->len == 30 && d->flags == F_WRITE);
	assert_int_equal(virtqueue_add(&vq, pieces, 2, 0, &pieces), -EBUSY);
	assert_int_equal(vq.num_free, 1);
	assert_null(virtqueue_get(&vq, &len));
	device_looks();
	device_uses(0, 50);
	assert_ptr_equal(virtqueue_get(&vq, &len), &pieces);
	assert_int_equal(len, 50);
	assert_int_equal(vq.num_free, 4);
}

/* When the device wants to be told, and when we do, without and with EVENT_IDX. */
static void test_suppression(void **state)
{
	struct vring_piece piece = { 0x1000, 10 };
	u32 len;

	(void)state;
	boot(8);
	vq.used->flags = 1;
	virtqueue_add(&vq, &piece, 1, 0, &piece);
	assert_false(virtqueue_kick_needed(&vq));
	assert_int_equal(vq.avail->idx, 1); /* shown all the same */
	virtqueue_disable_irq(&vq);
	assert_int_equal(vq.avail->flags, 1);
	assert_true(virtqueue_enable_irq(&vq, 1));
	assert_int_equal(vq.avail->flags, 0);

	vq.event_idx = true;
	*avail_event() = 2; /* "tell me when you have shown the third" */
	virtqueue_add(&vq, &piece, 1, 0, &piece);
	assert_false(virtqueue_kick_needed(&vq));
	virtqueue_add(&vq, &piece, 1, 0, &piece);
	assert_true(virtqueue_kick_needed(&vq));
	virtqueue_add(&vq, &piece, 1, 0, &piece);
	assert_false(virtqueue_kick_needed(&vq));

	assert_true(virtqueue_enable_irq(&vq, 2));
	assert_int_equal(*used_event(), 1); /* "tell me when the second is used" */
	device_looks();
	device_uses(0, 0);
	assert_true(virtqueue_enable_irq(&vq, 2));
	device_uses(0, 0);
	assert_false(virtqueue_enable_irq(&vq, 2)); /* too late to be told: look again */
	assert_non_null(virtqueue_get(&vq, &len));
	assert_int_equal(*used_event(), 1);
	assert_false(virtqueue_enable_irq(&vq, 1));
}

static void test_broken_device(void **state)
{
	struct vring_piece piece = { 0x1000, 10 };
	u32 len;

	(void)state;
	boot(8);
	virtqueue_add(&vq, &piece, 1, 0, &piece);
	virtqueue_kick_needed(&vq);
	vq.used->ring[0].id = 5; /* was never made available */
	vq.used->idx = 1;
	EXPECT_PANIC("!token", virtqueue_get(&vq, &len));
	vq.used->ring[0].id = 8;
	EXPECT_PANIC("id >= vq->size", virtqueue_get(&vq, &len));
}

/* Model: tokens are numbers; what is in flight is a set. */
static void test_random(void **state)
{
	static u8 chain_of[1 << 20];
	struct vring_piece pieces[8];
	u32 next = 1, in_flight = 0, descs = 0, len;
	void *token;

	(void)state;
	boot(16);
	vq.event_idx = true;
	srand(host_seed(20240121));
	for (u32 i = 0; i < 800000; i++) {
		u32 n = 1 + (u32)rand() % 8;

		switch (rand() % 4) {
		case 0:
			for (u32 j = 0; j < n; j++)
				pieces[j] = (struct vring_piece){ next * 16 + j, n };
			if (virtqueue_add(&vq, pieces, n, 0, (void *)(uintptr_t)next) < 0) {
				assert_true(descs + n > 16);
				break;
			}
			chain_of[next++] = (u8)n;
			in_flight++;
			descs += n;
			break;
		case 1:
			virtqueue_kick_needed(&vq);
			device_looks();
			break;
		case 2:
			if (waiting_count) {
				u32 which = (u32)rand() % waiting_count;
				struct vring_desc *d = &vq.desc[waiting[which]];
				u32 id = (u32)d->addr / 16, links = 1;

				for (; d->flags & F_NEXT; links++) {
					d = &vq.desc[d->next];
					assert_int_equal(d->addr, id * 16 + links);
				}
				assert_int_equal(links, chain_of[id]);
				device_uses(which, id);
			}
			break;
		default:
			token = virtqueue_get(&vq, &len);
			if (!token)
				break;
			assert_int_equal((uintptr_t)token, len);
			descs -= chain_of[len];
			chain_of[len] = 0;
			in_flight--;
		}
		assert_int_equal(vq.num_free, 16 - descs);
	}
	assert_true(next > 70000); /* the 16-bit indices have wrapped */
	virtqueue_kick_needed(&vq);
	for (device_looks(); waiting_count;)
		device_uses(0, 0);
	while (virtqueue_get(&vq, &len))
		in_flight--;
	assert_int_equal(in_flight, 0);
	virtqueue_free(&vq);
	host_assert_checks();
}

HOST_MAIN(cmocka_unit_test(test_layout), cmocka_unit_test(test_each_allocation_failing),
	  cmocka_unit_test(test_chain), cmocka_unit_test(test_suppression),
	  cmocka_unit_test(test_broken_device), cmocka_unit_test(test_random))
