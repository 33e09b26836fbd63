/*
 * The main loop's part in giving memory back: a poller that runs the slab caches' periodic reaper
 * and settles the per-cpu page lists; while a zone is below its low watermark, it reaps all caches and
 * frees the records of vmalloc areas that were given back.
 *
 * It is asked last in each turn of the loop, so that it sees what the turn has used. After a round
 * that found nothing to do it asks for no further turn: an idle machine sleeps.
 */
#include "kernel/job.h"
#include "kernel/time.h"
#include "mm/page_alloc_internal.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"

#define REAPTIMEOUT_CPUC_MS 1000 /* from one round to the next */
#define PRESSURE_MS 100		 /* from one reap to the next while a zone is below low */

/*
 * Brings each per-cpu list that is in use to one batch of pages: where it neither has to be refilled
 * nor overflows at the next few requests, and where it is the same after every load.
 */
static void settle_pagesets(void)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		struct per_cpu_pages *pcp = &zone->pcp;

		if (pcp->count > pcp->batch)
			free_pcppages_bulk(zone, pcp->count - pcp->batch);
		else if (pcp->count &&
			 zone->vm_stat[NR_FREE_PAGES] > (long)zone->watermark[WMARK_HIGH])
			rmqueue_bulk(zone, pcp->batch - pcp->count, MIGRATE_UNMOVABLE, true);
	}
}

static u32 slab_reaper_poll(struct poller *self)
{
	static u64 round_cycles, pressure_cycles; /* the next one is not before */
	u64 now = cycles_now();
	bool again;

	(void)self;
	if (unlikely(zones_below_low()) && now >= pressure_cycles) {
		pressure_cycles = now + (u64)PRESSURE_MS * tsc_khz();
		vm_unmap_aliases();
		kmem_cache_reap();
	}
	if (now < round_cycles)
		return REAPTIMEOUT_CPUC_MS;
	round_cycles = now + (u64)REAPTIMEOUT_CPUC_MS * tsc_khz();
	again = cache_reap(now_ms());
	settle_pagesets();
	return again ? REAPTIMEOUT_CPUC_MS : POLL_IDLE;
}

void slab_reaper_start(void)
{
	static struct poller reaper = { .name = "slab_reaper", .poll = slab_reaper_poll };

	poller_register(&reaper);
}
