/*
 * What a soak job does: one operation after the other (soak_internal.h).
 *
 * Every decision follows from the document, the seed and the number of the operation, never from
 * what an allocator answered, so that the sequence of calls is the same on every machine:
 *
 *	operation t:	an object of the live set has expired (expires <= t)  -> it is freed
 *			the live set is below its target                      -> one is allocated
 *			otherwise                                             -> the one that expires
 *										 next is freed
 *
 * The live set is a binary heap by (expires, operation that made it). An allocation that failed
 * leaves a gap that lives and is freed like an object, but for the call.
 *
 *	heap      ->  objects { addr, expires, ... }  <-  buckets by address (soak_alloc.c)
 *
 * All three lie in chunks (soak_internal.h).
 *
 * Defects on demand (soak_doc.bug). Here a defect is only made: an object is forgotten, freed
 * twice or to another cache, written to past its end or after it was freed, or a bit of it flipped.
 * What finds it knows nothing of this.
 */
#include <stdio.h>
#include <string.h>

#include "kernel/lib/bitops.h"
#include "kernel/time.h"
#include "mm/highmem.h"
#include "mm/slab_internal.h"
#include "mm/soak_internal.h"
#include "mm/vmalloc.h"

/* What an object of a cache of the machine's counts for in the live set: its size may differ from one
 * machine to another, the sequence of calls must not. */
#define EXISTING_COUNTS 64u

/* ---- Numbers ---- */

/* A number in [0, n): n is small against 2^32, so that its bias is of no account. */
static u32 below(struct soak_random *r, u32 n)
{
	return (u32)((u64)soak_random(r) * n >> 32);
}

/*
 * -log2(u) for a uniform u in (0, 1], in 16 bits of fraction: leading zeros, and the mantissa in a
 * parabola that is exact at both ends and 0.004 off at most. Its mean is 1 / ln 2.
 */
static u32 minus_log2(u32 u)
{
	u32 zeros, m;

	if (!u)
		return 32u << 16;
	zeros = 31 - ilog2(u);
	m = (u << zeros) >> 15 & 0xffff;		    /* fraction of [1, 2) */
	m += (u32)((u64)m * (0x10000 - m) >> 16) * 11 / 32; /* log2(1 + m) */
	return (zeros << 16) + 0x10000 - min(m, 0x10000u);
}

static u32 draw(struct soak_job *job, const struct soak_dist *d, unsigned slot)
{
	struct soak_random *r = &job->work->random;
	u64 x;

	switch (d->kind) {
	case SOAK_UNIFORM: return d->min + below(r, d->max - d->min + 1);
	case SOAK_GEOMETRIC:
		x = ((u64)minus_log2(soak_random(r)) * d->mean >> 16) * 45426 >> 16; /* ln 2 */
		return (u32)clamp(x, (u64)d->min, (u64)d->max);
	case SOAK_TRACE:
		return job->doc.trace[d->trace_at + job->work->trace_at[slot]++ % d->trace_count];
	default: return d->min;
	}
}

/* ---- The heap ---- */

static bool sooner(const struct soak_work *w, u32 a, u32 b)
{
	const struct soak_object *x = soak_object(w, a), *y = soak_object(w, b);

	return x->expires != y->expires ? (s32)(x->expires - y->expires) < 0
					: (s32)(x->op - y->op) < 0;
}

static void heap_push(struct soak_work *w, u32 index)
{
	u32 at = w->heap_count++;

	for (; at && sooner(w, index, *soak_heap(w, (at - 1) / 2)); at = (at - 1) / 2)
		*soak_heap(w, at) = *soak_heap(w, (at - 1) / 2);
	*soak_heap(w, at) = index;
}

static u32 heap_pop(struct soak_work *w)
{
	u32 top = *soak_heap(w, 0), last = *soak_heap(w, --w->heap_count), at = 0;

	for (;;) {
		u32 child = 2 * at + 1;

		if (child >= w->heap_count)
			break;
		if (child + 1 < w->heap_count &&
		    sooner(w, *soak_heap(w, child + 1), *soak_heap(w, child)))
			child++;
		if (!sooner(w, *soak_heap(w, child), last))
			break;
		*soak_heap(w, at) = *soak_heap(w, child);
		at = child;
	}
	if (w->heap_count)
		*soak_heap(w, at) = last;
	return top;
}

void soak_put_free(struct soak_work *w, u32 index)
{
	soak_object(w, index)->next = w->free_head;
	w->free_head = index;
}

/* ---- One operation ---- */

/* Continues the checksum of the sequence of calls. */
static void note_call(struct soak_job *job, u32 what, u32 value)
{
	u64 sum = (job->counts.calls_sum ^ what) * 0x100000001b3ull;

	job->counts.calls_sum = (sum ^ value) * 0x100000001b3ull;
}

static unsigned pick_source(struct soak_job *job, const struct soak_phase *phase)
{
	const struct soak_source *s = &job->doc.sources[phase->first_source];
	u32 sum = 0, x;

	for (unsigned i = 0; i < phase->sources; i++)
		sum += s[i].weight;
	x = below(&job->work->random, sum);
	for (unsigned i = 0; i < phase->sources; i++) {
		if (x < s[i].weight)
			return phase->first_source + i;
		x -= s[i].weight;
	}
	return phase->first_source;
}

u32 soak_bytes_of(const struct soak_source *s, u32 value)
{
	switch (s->kind) {
	case SOAK_PAGES: return (u32)PAGE_SIZE << value;
	case SOAK_KMAP:
	case SOAK_KMAP_ATOMIC: return PAGE_SIZE;
	default: return value;
	}
}

static bool bug_due(const struct soak_job *job, enum soak_bug bug)
{
	return job->doc.bug == bug && !job->bug_made && job->work->sequence >= job->doc.bug_after;
}

/* Defects of an object that is in use. */
static void spoil_live(struct soak_job *job, const struct soak_object *obj)
{
	const struct soak_source *s = &job->doc.sources[obj->source];
	char *virt = obj->addr;

	if (bug_due(job, SOAK_BUG_WRITE_PAST_END) && s->debug) {
		memset(virt + kmem_cache_size(job->work->caches[obj->source]), 0x21, 4);
		job->bug_made = true;
	}
	if (bug_due(job, SOAK_BUG_STUCK_BIT) && obj->filled && s->kind < SOAK_VMALLOC) {
		if (s->kind == SOAK_PAGES)
			virt = kmap_atomic(obj->addr, KM_SOAK);
		virt[obj->bytes < 8 ? 0 : 4] ^= 0x10;
		if (s->kind == SOAK_PAGES)
			kunmap_atomic(virt, KM_SOAK);
		job->bug_made = true;
	}
}

static void allocate(struct soak_job *job, const struct soak_phase *phase)
{
	struct soak_work *w = job->work;
	unsigned source = pick_source(job, phase);
	const struct soak_source *s = &job->doc.sources[source];
	u32 value = draw(job, &s->size, source);
	u32 life = draw(job, &phase->lifetime, SOAK_SOURCES_MAX + job->phase);
	u32 index = w->free_head;
	struct soak_object *obj = soak_object(w, index);

	w->free_head = obj->next;
	memset(obj, 0, sizeof(*obj));
	obj->source = (u8)source;
	obj->op = (u32)w->sequence;
	obj->expires = obj->op + max(life, 1u);
	obj->bytes = s->existing ? kmem_cache_size(w->caches[source]) : soak_bytes_of(s, value);
	note_call(job, source, value);
	job->counts.allocations++;
	if (soak_take(job, obj, value)) {
		soak_hash(w, index);
		spoil_live(job, obj);
	}
	heap_push(w, index);
	job->live_objects++;
	job->live_bytes += s->existing ? EXISTING_COUNTS : obj->bytes;
	job->live_objects_most = max(job->live_objects_most, job->live_objects);
	job->live_bytes_most = max(job->live_bytes_most, job->live_bytes);
}

/* A second source whose objects come from another cache, or the same one. */
static unsigned other_source(const struct soak_job *job, unsigned source)
{
	for (unsigned i = 0; i < job->doc.source_count; i++)
		if (i != source && (job->doc.sources[i].kind == SOAK_CACHE ||
				    job->doc.sources[i].kind == SOAK_KMALLOC))
			return i;
	return source;
}

/* Gives an object back, with a defect if one is due. Returns false if it was forgotten. */
static bool give_back(struct soak_job *job, struct soak_object *obj)
{
	const struct soak_source *s = &job->doc.sources[obj->source];
	unsigned source = obj->source;
	void *addr = obj->addr;

	if (bug_due(job, SOAK_BUG_LEAK)) {
		job->bug_made = true;
		return false;
	}
	if (bug_due(job, SOAK_BUG_WRONG_CACHE) && other_source(job, source) != source &&
	    (s->kind == SOAK_CACHE || s->kind == SOAK_KMALLOC)) {
		job->bug_made = true;
		soak_give(job, addr, other_source(job, source));
		return true;
	}
	soak_give(job, addr, source);
	if (bug_due(job, SOAK_BUG_DOUBLE_FREE)) {
		job->bug_made = true;
		soak_give(job, addr, source);
	}
	if (bug_due(job, SOAK_BUG_USE_AFTER_FREE) && s->debug) {
		job->bug_made = true;
		((char *)addr)[5] ^= 0x40;
	}
	return true;
}

bool soak_free_one(struct soak_job *job)
{
	struct soak_work *w = job->work;
	struct soak_object *obj;
	bool known = true;
	u32 index;

	if (!w->heap_count)
		return false;
	index = heap_pop(w);
	obj = soak_object(w, index);
	job->live_objects--;
	job->live_bytes -= job->doc.sources[obj->source].existing ? EXISTING_COUNTS : obj->bytes;
	note_call(job, 0x100u | obj->source, obj->op);
	if (obj->addr) {
		job->counts.frees++;
		known = give_back(job, obj);
	} else {
		job->counts.skipped++;
	}
	if (known)
		soak_put_free(w, index);
	return true;
}

static bool phase_over(const struct soak_job *job, const struct soak_phase *phase)
{
	const struct soak_work *w = job->work;

	if (phase->operations && w->sequence - w->phase_start_op >= phase->operations)
		return true;
	return phase->duration_ms &&
	       cycles_to_us(cycles_now() - w->phase_start_cycles) / 1000 >= phase->duration_ms;
}

static bool job_over(const struct soak_job *job)
{
	const struct soak_doc *doc = &job->doc;

	if (doc->operations && job->work->sequence >= doc->operations)
		return true;
	return doc->duration_ms &&
	       cycles_to_us(cycles_now() - job->work->start_cycles) / 1000 >= doc->duration_ms;
}

/* False: that was the last one. */
static bool next_phase(struct soak_job *job)
{
	struct soak_work *w = job->work;

	if (++job->phase == job->doc.phase_count) {
		job->phase = 0;
		if (!job->doc.operations && !job->doc.duration_ms) {
			job->phase = job->doc.phase_count - 1u;
			return false;
		}
	}
	w->phase_start_op = w->sequence;
	w->phase_start_cycles = cycles_now();
	return true;
}

bool soak_operate(struct soak_job *job)
{
	struct soak_work *w = job->work;
	const struct soak_phase *phase = &job->doc.phases[job->phase];

	if (job_over(job) || (phase_over(job, phase) && !next_phase(job)))
		return false;
	phase = &job->doc.phases[job->phase];
	if (phase->rate && (w->sequence - w->phase_start_op) * 1000000 / phase->rate >
				   cycles_to_us(cycles_now() - w->phase_start_cycles))
		return true; /* not yet */
	if (w->heap_count &&
	    (s32)(soak_object(w, *soak_heap(w, 0))->expires - (u32)w->sequence) <= 0)
		soak_free_one(job);
	else if (job->live_objects < phase->live_objects && job->live_bytes < phase->live_bytes &&
		 w->free_head != SOAK_NONE)
		allocate(job, phase);
	else
		soak_free_one(job);
	w->sequence++;
	job->counts.operations = w->sequence;
	return true;
}

/* ---- The end ---- */

bool soak_sweep(struct soak_job *job)
{
	struct soak_work *w = job->work;

	for (u32 looked = 0; w->swept < w->chunk_count * SOAK_CHUNK; w->swept++) {
		u32 index = *soak_bucket(w, w->swept);
		struct soak_object *obj;
		struct soak_leak *leak;

		if (looked++ == SOAK_CHUNK)
			return true;
		if (index == SOAK_NONE)
			continue;
		obj = soak_object(w, index);
		leak = &job->leaks[obj->source];
		if (!leak->objects++) {
			leak->site = obj->site;
			leak->first_address = (u32)(size_t)obj->addr;
		}
		leak->bytes += obj->bytes;
		soak_put_free(w, soak_give(job, obj->addr, obj->source));
		return true;
	}
	return false;
}
