/*
 * What a warm allocation and release cost, slab and pages, measured inside the kernel by the public
 * calls: the boot test alloc_bench, run by bench/alloc.
 *
 * The unit is a tick of the time-stamp counter. Under `qemu -icount shift=0` one tick is one guest
 * instruction, and figures repeat exactly; otherwise it is a cycle. Interrupts are off while it
 * counts. Each figure is the least of several rounds, for one operation; what the loop itself costs
 * has a line of its own and is not taken off, as in the Linux module of bench/peer/alloc that these
 * lines stand beside.
 *
 *   pair          one object, allocated and released again and again: the hot path
 *   batch-alloc   many objects in a row, none released in between
 *   batch-free    the same objects, released in order
 *
 * Blocks of order 3 are measured twice: as boot left the free lists, where a block has to be split off
 * and merges again on its way back; and `busy`, with free blocks on hand whose buddies are taken.
 */
#include "mm/alloc_bench.h"

#include <stdio.h>

#include "kernel/boot_tests.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "kernel/x86/irqflags.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"

#define PAIRS 1000
#define BATCH 256
#define BATCH_LARGE 64 /* from order 3 on */
#define ROUNDS 15
#define BUSY_BLOCKS 32

/* What is measured: set before a measurement, constant during it. */
static struct kmem_cache *cache;
static unsigned int order;

static void *held[BATCH];

static void *nothing_get(void)
{
	barrier();
	return held;
}

static void nothing_put(void *thing)
{
	(void)thing;
	barrier();
}

static void *slab_get(void)
{
	return kmem_cache_alloc(cache, GFP_ATOMIC);
}

static void slab_put(void *thing)
{
	kmem_cache_free(cache, thing);
}

static void *page_get(void)
{
	return alloc_pages(GFP_ATOMIC | __GFP_NOWARN, order, OWNER_TEST);
}

static void page_put(void *thing)
{
	__free_pages(thing, order);
}

static void keep_least(u64 *least, u64 ticks)
{
	if (ticks < *least)
		*least = ticks;
}

/* Inlined, so that the calls to get and put are direct ones. NULL, or what went wrong. */
static __always_inline const char *measure(const char *name, void *(*get)(void),
					   void (*put)(void *thing), unsigned int batch)
{
	u64 pair = ~0ull, alloc = ~0ull, release = ~0ull, start;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		unsigned long flags;
		unsigned int got;

		held[0] = get();
		if (!held[0])
			return "memory ran out";
		put(held[0]);
		flags = local_irq_save();
		start = cycles_now();
		for (unsigned int i = 0; i < PAIRS; i++)
			put(get());
		keep_least(&pair, cycles_now() - start);
		start = cycles_now();
		for (got = 0; got < batch; got++)
			held[got] = get();
		keep_least(&alloc, cycles_now() - start);
		for (got = 0; got < batch && held[got]; got++)
			;
		start = cycles_now();
		for (unsigned int i = 0; i < got; i++)
			put(held[i]);
		keep_least(&release, cycles_now() - start);
		local_irq_restore(flags);
		if (got < batch)
			return "memory ran out";
	}
	printk_raw_line("ALLOC %-20s pair %llu  batch-alloc %llu  batch-free %llu", name,
			pair / PAIRS, alloc / batch, release / batch);
	return NULL;
}

static const char *measure_slab(u32 size)
{
	const char *wrong;
	char name[24];

	snprintf(name, sizeof(name), "slab %u", size);
	cache = kmem_cache_create("alloc_bench", size, 0, 0, NULL, "kernel");
	if (!cache)
		return "no cache";
	wrong = measure(name, slab_get, slab_put, BATCH);
	if (kmem_cache_destroy(cache) && !wrong)
		wrong = "objects are left in the cache";
	return wrong;
}

static const char *measure_pages(void)
{
	char name[24];

	snprintf(name, sizeof(name), "pages order %u", order);
	return measure(name, page_get, page_put, order < 3 ? BATCH : BATCH_LARGE);
}

/* Takes pairs of buddies and gives one of each back, so that what is freed finds its buddy taken. */
static const char *measure_busy(void)
{
	struct page *pair[2 * BUSY_BLOCKS];
	const char *wrong = NULL;

	for (unsigned int i = 0; i < ARRAY_SIZE(pair); i++)
		pair[i] = page_get();
	for (unsigned int i = 0; i < ARRAY_SIZE(pair); i++) {
		if (!pair[i])
			wrong = "memory ran out";
		else if (i % 2)
			page_put(pair[i]);
	}
	if (!wrong)
		wrong = measure("pages order 3, busy", page_get, page_put, BUSY_BLOCKS / 2);
	for (unsigned int i = 0; i < ARRAY_SIZE(pair); i += 2)
		if (pair[i])
			page_put(pair[i]);
	return wrong;
}

static const char *run(void)
{
	static const u32 sizes[] = { 32, 64, 128, 256, 1024, 4096 };
	static const unsigned int orders[] = { 0, 1, 3, 4, 5 };
	const char *wrong = measure("(empty loop)", nothing_get, nothing_put, BATCH);

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes) && !wrong; i++)
		wrong = measure_slab(sizes[i]);
	for (unsigned int i = 0; i < ARRAY_SIZE(orders) && !wrong; i++) {
		order = orders[i];
		wrong = measure_pages();
	}
	order = 3;
	return wrong ? wrong : measure_busy();
}

static const struct boot_test tests[] = {
	{ "alloc_bench", "what a warm allocation and release cost", run },
};

void alloc_bench_register(void)
{
	boot_tests_register(tests, ARRAY_SIZE(tests));
}
