/*
 * Figures of a soak job: latencies in logarithmic buckets, fragmentation, memory in use, and the
 * reasons for which a job has failed.
 *
 * A bucket is a quarter of an octave: four to each doubling, from 16 cycles on. A percentile is told
 * as the end of the bucket it falls into, so it is at most a quarter too high; the worst is exact.
 */
#include <stdio.h>
#include <string.h>

#include "kernel/lib/bitops.h"
#include "kernel/panic.h"
#include "mm/memstat.h"
#include "mm/soak_internal.h"

#define FIRST_OCTAVE 4
#define DRIFT_TOLERANCE_PAGES 32

static u32 bucket_of(u64 cycles)
{
	u32 c = cycles > 0xffffffffull ? 0xffffffffu : (u32)cycles, octave;

	if (c < 1u << FIRST_OCTAVE)
		return 0;
	octave = ilog2(c);
	return min((octave - FIRST_OCTAVE) * 4 + (c >> (octave - 2) & 3), SOAK_BUCKETS - 1u);
}

u64 soak_bucket_start(u32 bucket)
{
	return bucket ? (u64)(4 + bucket % 4) << (bucket / 4 + FIRST_OCTAVE - 2) : 0;
}

static unsigned size_class(u32 bytes)
{
	return bytes > 1 ? ilog2(bytes - 1) + 1 : 0;
}

/* How many histograms a document can fill: of both operations, for each size of each source. */
u32 soak_hists_of(const struct soak_doc *doc)
{
	u32 count = 0;

	for (u32 i = 0; i < doc->source_count; i++) {
		const struct soak_source *s = &doc->sources[i];

		count += 2 * (size_class(soak_bytes_of(s, s->size.max)) -
			      size_class(soak_bytes_of(s, s->size.min)) + 1);
	}
	return count;
}

static struct soak_hist *find_hist(struct soak_job *job, unsigned source, bool freeing, u32 bytes)
{
	unsigned size_log2 = size_class(bytes);
	u16 *number = &job->hist_of[source][freeing][size_log2];

	if (!*number) {
		BUG_ON(job->hist_count == job->hist_room);
		job->hists[job->hist_count].source = (u8)source;
		job->hists[job->hist_count].freeing = freeing;
		job->hists[job->hist_count].size_log2 = (u8)size_log2;
		*number = (u16)++job->hist_count;
	}
	return &job->hists[*number - 1];
}

void soak_record(struct soak_job *job, unsigned source, bool freeing, u32 bytes, u64 cycles,
		 u32 site)
{
	struct soak_hist *h = find_hist(job, source, freeing, bytes);

	h->count++;
	h->buckets[bucket_of(cycles)]++;
	if (cycles > h->worst_cycles) {
		h->worst_cycles = cycles;
		h->worst_op = job->counts.operations;
		h->worst_site = site;
	}
}

u64 soak_percentile(const struct soak_hist *hist, u32 per_10000)
{
	u64 below = 0, want = (hist->count * per_10000 + 9999) / 10000;

	for (u32 i = 0; i + 1 < SOAK_BUCKETS; i++) {
		below += hist->buckets[i];
		if (below >= want && below)
			return min(soak_bucket_start(i + 1), hist->worst_cycles);
	}
	return hist->worst_cycles;
}

/* ---- Fragmentation ---- */

static void add_zone(struct soak_frag *out, const struct zone *zone)
{
	out->free_pages += (u32)zone->vm_stat[NR_FREE_PAGES];
	for (unsigned order = 0; order < SOAK_ORDERS; order++)
		out->blocks[order] += (u32)zone->free_area[order].nr_free;
}

void soak_measure(struct soak_job *job, struct soak_frag *out)
{
	u32 smaller = 0;
	struct zone *zone;

	memset(out, 0, sizeof(*out));
	if (job->work && job->work->arena) {
		add_zone(out, arena_zone(job->work->arena));
	} else {
		for_each_populated_zone(zone)
			add_zone(out, zone);
	}
	for (unsigned order = 0; order < SOAK_ORDERS; order++) {
		if (out->free_pages)
			out->unusable_permille[order] =
				(u32)((u64)smaller * 1000 / out->free_pages);
		smaller += out->blocks[order] << order;
	}
}

u32 soak_used_pages(void)
{
	unsigned long used = totalram_pages;
	struct zone *zone;

	for_each_populated_zone(zone)
		used -= (unsigned long)(zone->vm_stat[NR_FREE_PAGES] + zone->pcp.count);
	return (u32)used;
}

/* ---- Reasons ---- */

static bool reason_if(u32 *n, bool is)
{
	return is && !(*n)--;
}

bool soak_reason(const struct soak_job *job, u32 n, char *buf, size_t size)
{
	const struct soak_counts *c = &job->counts;
	s32 drift = (s32)(job->used_after - job->used_before);
	s32 allowed = (s32)max(2 * job->used_noise, (u32)DRIFT_TOLERANCE_PAGES);
	u32 leaked = 0;

	for (unsigned i = 0; i < SOAK_SOURCES_MAX; i++)
		leaked += job->leaks[i].objects;
	if (reason_if(&n, job->starved))
		snprintf(buf, size, "it could not run: %s", job->why);
	else if (reason_if(&n, c->failures_unexpected && !job->doc.expect_failures))
		snprintf(buf, size, "%llu allocations failed that should not",
			 c->failures_unexpected);
	else if (reason_if(&n, c->verify_errors))
		snprintf(buf, size, "%llu objects did not hold what was written", c->verify_errors);
	else if (reason_if(&n, c->faults))
		snprintf(buf, size, "%llu wrong uses of memory were found", c->faults);
	else if (reason_if(&n, leaked))
		snprintf(buf, size, "%u objects were leaked", leaked);
	else if (reason_if(&n, job->arena_lost_pages))
		snprintf(buf, size, "%u pages of the arena were not free at its end",
			 job->arena_lost_pages);
	else if (reason_if(&n, job->ram_pages != job->accounted_pages))
		snprintf(buf, size, "%u of %u pages of RAM are accounted for", job->accounted_pages,
			 job->ram_pages);
	else if (reason_if(&n,
			   job->alone && !job->stopped && (drift > allowed || drift < -allowed)))
		snprintf(buf, size, "%d pages more are in use than before, where %d are noise",
			 drift, allowed);
	else
		return false;
	return true;
}
