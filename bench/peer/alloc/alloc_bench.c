// Times Linux's own slab and page allocator with rdtsc, on loading; the results go to the kernel log.
// Under 'qemu -icount shift=0' one tick is one guest instruction; without it a tick is one host TSC cycle.
#include <asm/msr.h>
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/slab.h>

#define PAIRS 1000 // alloc+free of one object, again and again: the hot path
#define BATCH 256  // allocate BATCH objects, then free them all
#define REPS 15	   // the least of REPS is reported (timer ticks are shut out anyway)

static void *p[BATCH];
static struct kmem_cache *c;
static unsigned int order;

static inline u64 ticks(void)
{
	u64 t;
	mb();
	t = rdtsc();
	mb();
	return t;
}
static void *slab_get(void)
{
	return kmem_cache_alloc(c, GFP_ATOMIC);
}
static void slab_put(void *o)
{
	kmem_cache_free(c, o);
}
static void *page_get(void)
{
	return alloc_pages(GFP_ATOMIC | __GFP_NOWARN, order);
}
static void page_put(void *o)
{
	__free_pages(o, order);
}
static void *nop_get(void)
{
	barrier();
	return p;
}
static void nop_put(void *o)
{
	barrier();
}

static __always_inline void run(const char *name, void *(*get)(void), void (*put)(void *),
				int batch)
{
	u64 pair = -1, a = -1, f = -1, t0, t1, t2;
	unsigned long flags;
	int r, i;

	for (r = 0; r < REPS; r++) {
		local_irq_save(flags);
		t0 = ticks();
		for (i = 0; i < PAIRS; i++)
			put(get());
		t1 = ticks();
		if (t1 - t0 < pair)
			pair = t1 - t0;
		t0 = ticks();
		for (i = 0; i < batch; i++)
			p[i] = get();
		t1 = ticks();
		local_irq_restore(flags);
		for (i = 0; i < batch; i++)
			if (!p[i]) {
				pr_info("ALLOC %s: out of memory\n", name);
				batch = i;
			}
		local_irq_save(flags);
		t2 = ticks();
		for (i = 0; i < batch; i++)
			put(p[i]);
		t2 = ticks() - t2;
		local_irq_restore(flags);
		if (t1 - t0 < a)
			a = t1 - t0;
		if (t2 < f)
			f = t2;
	}
	pr_info("ALLOC %-14s pair %llu  batch-alloc %llu  batch-free %llu\n", name,
		div_u64(pair, PAIRS), div_u64(a, batch), div_u64(f, batch));
}

static int __init start(void)
{
	static const int sizes[] = { 32, 64, 128, 256, 1024, 4096 }, orders[] = { 0, 1, 3, 4, 5 };
	char name[24];
	int i;

	run("(empty loop)", nop_get, nop_put, BATCH);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(name, sizeof name, "slab %d", sizes[i]);
		c = kmem_cache_create(name, sizes[i], 0, 0, NULL);
		run(name, slab_get, slab_put, BATCH);
		kmem_cache_destroy(c);
	}
	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		order = orders[i];
		snprintf(name, sizeof name, "pages order %d", order);
		run(name, page_get, page_put, order < 4 ? BATCH : 64);
	}
	return 0;
}
module_init(start);
MODULE_LICENSE("GPL");
