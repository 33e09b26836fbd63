/*
 * Soak jobs: their life (see soak.h).
 *
 *	BASELINE   memory in use is looked at SAMPLES times; their spread is the noise; then it
 *		   takes what it needs itself
 *	RUNNING    operations, as many as fit a step (soak_work.c)
 *	DRAINING   the live set is given back, then what was forgotten
 *	CLOSING    caches and arena go
 *	SETTLING   memory in use is looked at until it is what it was, give or take the noise
 *	DONE       what it found can be read until somebody needs the room or deletes it
 *
 * A job's record is one block of pages, taken before the first look at memory, so that it is no part
 * of the drift; everything else is taken when it begins to run and given back before the last look.
 * A step ends at three quarters of its budget, since the last operation of a step takes what it
 * takes; the longest one is kept (longest_op_cycles). What is made before the first operation and given
 * back after the last one, up to 200000 entries and 65536 frames, is done piece by piece.
 */
#include "mm/soak.h"

#include <stdio.h>
#include <string.h>

#include "kernel/lib/bitops.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "mm/gen24.h"
#include "mm/memstat.h"
#include "mm/ramtest.h"
#include "mm/soak_internal.h"
#include "mm/vmalloc.h"

#define SAMPLES 5
#define SAMPLE_MS 60
#define SETTLE_MS 5000
#define SETTLE_LOOK_MS 20
#define SUM_ENTRIES 1000

static struct soak_job *jobs[SOAK_JOBS_MAX]; /* by slot */
static u32 last_id;
static void (*done_listener)(struct soak_job *job);

static const char *const kind_names[] = {
#define X(id, name) name,
	SOAK_KINDS(X)
#undef X
};
static const char *const bug_names[] = {
#define X(id, name) name,
	SOAK_BUGS(X)
#undef X
};

const char *soak_kind_name(enum soak_kind kind)
{
	return kind_names[kind];
}

const char *soak_bug_name(enum soak_bug bug)
{
	return bug_names[bug];
}

u32 soak_max_order(const struct soak_doc *doc)
{
	bool gen24 = doc->arena_pages ? doc->gen24 : mm_gen24;

	return MAX_ORDER - 1 - gen24;
}

/* ---- Finding jobs ---- */

struct soak_job *soak_next(const struct soak_job *after)
{
	struct soak_job *best = NULL;

	for (unsigned i = 0; i < SOAK_JOBS_MAX; i++)
		if (jobs[i] && (!after || jobs[i]->id > after->id) &&
		    (!best || jobs[i]->id < best->id))
			best = jobs[i];
	return best;
}

struct soak_job *soak_find(u32 id)
{
	for (unsigned i = 0; i < SOAK_JOBS_MAX; i++)
		if (jobs[i] && jobs[i]->id == id)
			return jobs[i];
	return NULL;
}

/* ---- The steps ---- */

/* Something else takes and gives pages: another job, or the test of RAM. */
static bool others_run(const struct soak_job *job)
{
	const struct ramtest_state *ram = ramtest_get();

	if (ram && ram->running)
		return true;
	for (unsigned i = 0; i < SOAK_JOBS_MAX; i++)
		if (jobs[i] && jobs[i] != job && jobs[i]->state != SOAK_DONE)
			return true;
	return false;
}

/* What the allocators keep for the next request, they give back. */
static void let_go(void)
{
	vm_unmap_aliases();
	kmem_cache_reap();
}

/* One more look at the idle machine; true once there are enough. */
static bool sampled(struct soak_job *job, u32 *least, u32 *most)
{
	u32 used;

	job->job.due_ms = job->sample_ms;
	if (now_ms() < job->sample_ms)
		return false;
	if (!job->samples)
		let_go(); /* what is kept for nobody is no use of memory */
	used = soak_used_pages();
	job->job.due_ms = job->sample_ms = now_ms() + SAMPLE_MS;
	*least = job->samples ? min(*least, used) : used;
	*most = job->samples ? max(*most, used) : used;
	return ++job->samples == SAMPLES;
}

static void end(struct soak_job *job)
{
	job->state = SOAK_DONE;
	job->samples = 0;
	if (done_listener)
		done_listener(job);
}

/* The memory in use is known: it takes what it needs to run, one piece at a call. */
static void begin(struct soak_job *job)
{
	job->job.due_ms = 0;
	if (!job->work) {
		job->used_noise = job->used_after - job->used_before; /* most less least, so far */
		job->used_before = job->used_after;
		job->alone = !others_run(job);
	}
	if (!soak_open(job)) {
		job->starved = true;
		job->state = SOAK_CLOSING;
		return;
	}
	if (!soak_is_open(job))
		return;
	job->samples = 0;
	soak_measure(job, &job->before);
	job->now = job->worst = job->before;
	job->run_ms = now_ms();
	job->state = SOAK_RUNNING;
}

static void watch(struct soak_job *job)
{
	soak_measure(job, &job->now);
	if (job->now.unusable_permille[4] > job->worst.unusable_permille[4])
		job->worst = job->now;
	job->alone = job->alone && !others_run(job);
}

static bool in_time(struct soak_job *job, u64 start, u64 before, u32 budget_us)
{
	u64 now = cycles_now();

	job->longest_op_cycles = max(job->longest_op_cycles, now - before);
	return now - start < (u64)budget_us * tsc_khz() / 1000;
}

static void run(struct soak_job *job, u32 budget_us)
{
	u64 start = cycles_now(), before;
	bool more;

	do {
		u64 count = job->counts.operations;

		before = cycles_now();
		more = soak_operate(job);
		if (more && count == job->counts.operations) {
			job->job.due_ms = now_ms() + 1; /* its rate lets it wait */
			break;
		}
	} while (more && in_time(job, start, before, budget_us));
	watch(job);
	if (more && !job->stopped)
		return;
	job->end_ms = now_ms();
	job->state = SOAK_DRAINING;
}

static void account(struct soak_job *job)
{
	struct memstat_frames frames;

	memstat_frames(&frames);
	job->ram_pages = frames.ram_pages;
	job->accounted_pages = 0;
	for (u32 i = 0; i < frames.count; i++)
		job->accounted_pages += frames.uses[i].pages;
}

static void drain(struct soak_job *job, u32 budget_us)
{
	struct soak_work *w = job->work;
	u64 start = cycles_now(), before = start;

	if (w->arena && !w->summed) {
		while (arena_sum_some(w->arena, &w->sum, SUM_ENTRIES))
			if (!in_time(job, start, cycles_now(), budget_us))
				return;
		job->arena_sum = w->sum.sum;
		w->summed = true;
		return;
	}
	while (soak_free_one(job)) {
		if (!in_time(job, start, before, budget_us))
			return;
		before = cycles_now();
	}
	if (!w->scanned) {
		w->scanned = true;
		soak_scan_caches(job);
		return;
	}
	before = cycles_now();
	while (soak_sweep(job)) {
		if (!in_time(job, start, before, budget_us))
			return;
		before = cycles_now();
	}
	soak_measure(job, &job->after);
	job->state = SOAK_CLOSING;
}

static void close(struct soak_job *job)
{
	if (soak_close(job))
		return;
	if (!job->run_ms) { /* it never ran */
		job->used_after = job->used_before;
		end(job);
		return;
	}
	account(job);
	job->state = SOAK_SETTLING;
	job->samples = 0;
	job->sample_ms = now_ms() + SETTLE_MS;
}

/* What the load has left in the caches goes at once, not when the reaper comes to it. */
static void settle(struct soak_job *job)
{
	u32 used, limit = job->used_before + job->used_noise + 8;

	if (!job->samples++)
		let_go();
	used = soak_used_pages();
	job->used_after = used;
	job->alone = job->alone && !others_run(job);
	job->job.due_ms = now_ms() + SETTLE_LOOK_MS;
	if (used <= limit || job->stopped || !job->alone || now_ms() >= job->sample_ms)
		end(job);
}

static enum job_state step(struct job *self, u32 budget_us)
{
	struct soak_job *job = container_of(self, struct soak_job, job);

	budget_us -= budget_us / 4;
	switch (job->state) {
	case SOAK_BASELINE:
		if (job->stopped && !(job->work && job->work->begun))
			job->state = SOAK_CLOSING;
		else if (job->samples == SAMPLES ||
			 sampled(job, &job->used_before, &job->used_after))
			begin(job);
		break;
	case SOAK_RUNNING: run(job, budget_us); break;
	case SOAK_DRAINING: drain(job, budget_us); break;
	case SOAK_CLOSING: close(job); break;
	case SOAK_SETTLING: settle(job); break;
	default: break;
	}
	return job->state == SOAK_DONE ? JOB_DONE : JOB_AGAIN;
}

/* ---- Starting and ending ---- */

void soak_forget(struct soak_job *job)
{
	BUG_ON(job->state != SOAK_DONE);
	job_stop(&job->job);
	for (unsigned i = 0; i < SOAK_JOBS_MAX; i++)
		if (jobs[i] == job)
			jobs[i] = NULL;
	free_pages(job, job->order);
}

/* A free slot, or that of the job that has been done longest. */
static struct soak_job **find_slot(void)
{
	struct soak_job *oldest = NULL;

	for (unsigned i = 0; i < SOAK_JOBS_MAX; i++)
		if (!jobs[i])
			return &jobs[i];
	for (struct soak_job *job = soak_next(NULL); job && !oldest; job = soak_next(job))
		if (job->state == SOAK_DONE)
			oldest = job;
	if (!oldest)
		return NULL;
	soak_forget(oldest);
	return find_slot();
}

struct soak_job *soak_start(const struct soak_doc *doc, const char **why)
{
	struct soak_job **slot = find_slot(), *job;
	u32 hists = soak_hists_of(doc);
	unsigned order = get_order(sizeof(*job) + hists * sizeof(job->hists[0]));

	*why = "eight jobs run already: stop one";
	if (!slot)
		return NULL;
	*why = "no memory for the job's record";
	job = __get_free_pages(GFP_KERNEL | __GFP_NOWARN | __GFP_ZERO, order, OWNER_SOAK);
	if (!job)
		return NULL;
	job->doc = *doc;
	job->order = order;
	job->hist_room = hists;
	job->id = ++last_id;
	job->start_ms = now_ms();
	job->job.name = "soak";
	job->job.step = step;
	*slot = job;
	job_start(&job->job);
	return job;
}

void soak_stop(struct soak_job *job)
{
	job->stopped = true;
}

void soak_on_done(void (*fn)(struct soak_job *job))
{
	done_listener = fn;
}
