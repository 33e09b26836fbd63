/*
 * Limits of the network, computed once at boot.
 *
 * fork_init lets threads' stacks have an eighth of memory: with 8 KiB stacks,
 * RAM pages / 16, and at least 20. The counterpart of a thread is a TCP connection: the
 * same figure, cut at the largest pool the stack is compiled for. An idle connection is
 * one control block; a busy one pins at most its receive window and its send buffer, and
 * those have a limit of their own below.
 *
 * buffer_init gives buffer heads a tenth of the free low memory above the high
 * watermark, times the objects that fit a page. The counterpart of a buffer head is a
 * received page: one object a page.
 */
#include "net/limits.h"

#include "kernel/printk.h"
#include "kernel/stage.h"
#include "lwip/opt.h"
#include "mm/page_alloc.h"

#define THREAD_SIZE (2 * PAGE_SIZE) /* of the documented kernel */
#define MAX_THREADS_MIN 20u
#define RX_PAGES_MIN 32u

static u32 max_connections = MAX_THREADS_MIN;
static u32 rx_pages_max = RX_PAGES_MIN;
static u32 max_threads = MAX_THREADS_MIN;

u32 max_threads_of(unsigned long ram_pages)
{
	return max((u32)(ram_pages / (8 * THREAD_SIZE / PAGE_SIZE)), MAX_THREADS_MIN);
}

/* Half of max_threads, the limit of one user in the documents, has nobody here to bind. */
void fork_init(void)
{
	max_threads = max_threads_of(totalram_pages);
	max_connections = min(max_threads, (u32)MEMP_NUM_TCP_PCB);
	stage_note("max_threads by the rule = %u, a user's limit %u, connections = %u", max_threads,
		   max_threads / 2, max_connections);
}

void buffer_init(void)
{
	u32 by_memory = (u32)(nr_free_zone_pages(ZONE_NORMAL) / 10);

	rx_pages_max = max(by_memory, RX_PAGES_MIN);
	stage_note("received pages waiting in the stack: at most %u", rx_pages_max);
}

u32 net_max_threads(void)
{
	return max_threads;
}

u32 net_max_connections(void)
{
	return max_connections;
}

u32 net_rx_pages_max(void)
{
	return rx_pages_max;
}
