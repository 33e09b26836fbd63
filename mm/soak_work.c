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
 *	heap[]    ->  objects[] { addr, expires, ... }  <-  buckets[] by address (soak_alloc.c)
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
static u32 below(struct sfc32 *r, u32 n)
{
	return (u32)((u64)sfc32(r) * n >> 32);
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
	struct sfc32 *r = &job->work->random;
	u64 x;

	switch (d->kind) {
	case SOAK_UNIFORM: return d->min + below(r, d->max - d->min + 1);
	case SOAK_GEOMETRIC:
		x = ((u64)minus_log2(sfc32(r)) * d->mean >> 16) * 45426 >> 16; /* ln 2 */
		return (u32)clamp(x, (u64)d->min, (u64)d->max);
	case SOAK_TRACE:
		return job->doc.trace[d->trace_at + job->work->trace_at[slot]++ % d->trace_count];
	default: return d->min;
	}
}

/* ---- The heap ---- */

static bool sooner(const struct soak_work *w, u32 a, u32 b)
{
	const struct soak_object *x = &w->objects[a], *y = &w->objects[b];

	return x->expires != y->expires ? (s32)(x->expires - y->expires) < 0
					: (s32)(x->op - y->op) < 0;
}

static void heap_push(struct soak_work *w, u32 index)
{
	u32 at = w->heap_count++;

	for (; at && sooner(w, index, w->heap[(at - 1) / 2]); at = (at - 1) / 2)
		w->heap[at] = w->heap[(at - 1) / 2];
	w->heap[at] = index;
}

static u32 heap_pop(struct soak_work *w)
{
	u32 top = w->heap[0], last = w->heap[--w->heap_count], at = 0;

	for (;;) {
		u32 child = 2 * at + 1;

		if (child >= w->heap_count)
			break;
		if (child + 1 < w->heap_count && sooner(w, w->heap[child + 1], w->heap[child]))
			child++;
		if (!sooner(w, w->heap[child], last))
			break;
		w->heap[at] = w->heap[child];
		at = child;
	}
	if (w->heap_count)
		w->heap[at] = last;
	return top;
}

static void put_free(struct soak_work *w, u32 index)
{
	w->objects[index].next = w->free_head;
	w->free_head = index;
}

static bool has_free(const struct soak_work *w)
{
	return w->free_head != SOAK_NONE || w->fresh < w->capacity;
}

/* => has_free(w) */
static u32 take_free(struct soak_work *w)
{
	u32 index = w->free_head;

	if (index == SOAK_NONE)
		return w->fresh++;
	w->free_head = w->objects[index].next;
	return index;
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
	u32 index = take_free(w);
	struct soak_object *obj = &w->objects[index];

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
	obj = &w->objects[index];
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
		put_free(w, index);
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
	if (w->heap_count && (s32)(w->objects[w->heap[0]].expires - (u32)w->sequence) <= 0)
		soak_free_one(job);
	else if (job->live_objects < phase->live_objects && job->live_bytes < phase->live_bytes &&
		 has_free(w))
		allocate(job, phase);
	else
		soak_free_one(job);
	w->sequence++;
	job->counts.operations = w->sequence;
	return true;
}

/* ---- The end ---- */

#define SWEEP_BUCKETS 4096u /* looked at in one call */

bool soak_sweep(struct soak_job *job)
{
	struct soak_work *w = job->work;
	u32 end = min(w->sweep_at + SWEEP_BUCKETS, w->bucket_mask + 1);

	for (; w->sweep_at < end; w->sweep_at++) {
		struct soak_object *obj;
		struct soak_leak *leak;

		if (w->buckets[w->sweep_at] == SOAK_NONE)
			continue;
		obj = &w->objects[w->buckets[w->sweep_at]];
		leak = &job->leaks[obj->source];
		if (!leak->objects++) {
			leak->site = obj->site;
			leak->first_address = (u32)(size_t)obj->addr;
		}
		leak->bytes += obj->bytes;
		put_free(w, soak_give(job, obj->addr, obj->source));
		return true;
	}
	return w->sweep_at <= w->bucket_mask;
}

/* All at once, not when they are first asked for: what manages them lies in the machine's memory, which
 * may be gone by then. */
static bool make_general_caches(struct arena *arena, const struct soak_dist *size)
{
	for (u32 bytes = size->min; bytes < size->max; bytes *= 2)
		if (!arena_general_cache(arena, bytes))
			return false;
	return arena_general_cache(arena, size->max);
}

static bool make_cache(struct soak_job *job, unsigned i)
{
	const struct soak_source *s = &job->doc.sources[i];
	u32 flags = s->debug ? SLAB_RED_ZONE | SLAB_POISON : 0;
	struct soak_work *w = job->work;
	char *name = w->cache_names[i];

	if (s->kind == SOAK_KMALLOC && w->arena) {
		job->why = "no memory for the arena's caches";
		return make_general_caches(w->arena, &s->size);
	}
	if (s->kind != SOAK_CACHE)
		return true;
	if (s->existing) {
		w->caches[i] = kmem_cache_find(s->cache);
		job->why = "there is no slab cache of that name, or it has a constructor";
		return w->caches[i] && !w->caches[i]->ctor;
	}
	job->why = "a slab cache could not be made";
	snprintf(name, sizeof(w->cache_names[i]), "soak%u-%u-%s", job->id, i, s->cache);
	if (w->arena)
		w->caches[i] = arena_cache_create(w->arena, name, s->size.max, flags);
	else
		w->caches[i] = kmem_cache_create(name, s->size.max, 0, flags, NULL, "soak");
	return w->caches[i];
}

/* ---- Opening and closing, piece by piece ---- */

/* The arena first: the list of objects would break up the blocks that it is to be made of. */
enum { OPEN_WORK, OPEN_ARENA, OPEN_OBJECTS, OPEN_TABLES, OPEN_CACHES, OPEN_ALL };

static bool make_objects(struct soak_job *job)
{
	struct soak_work *w = job->work;
	u32 objects = 0;

	job->why = "no memory for the list of its objects";
	for (unsigned i = 0; i < job->doc.phase_count; i++)
		objects = max(objects, job->doc.phases[i].live_objects);
	w->capacity = objects + 1; /* one may be forgotten */
	w->free_head = SOAK_NONE;
	w->objects = vmalloc(w->capacity * sizeof(*w->objects));
	return w->objects;
}

static bool make_tables(struct soak_work *w)
{
	u32 buckets = max((u32)roundup_pow_of_two(w->capacity), 64u);

	w->bucket_mask = buckets - 1;
	w->heap = vmalloc(w->capacity * sizeof(*w->heap));
	w->buckets = vmalloc(buckets * sizeof(*w->buckets));
	if (!w->heap || !w->buckets)
		return false;
	memset(w->buckets, 0xff, buckets * sizeof(*w->buckets));
	return true;
}

/* Stays at OPEN_ARENA until the arena is ready, or is not to be had. */
static bool make_arena(struct soak_job *job)
{
	struct soak_work *w = job->work;

	if (!w->begun)
		w->begun = arena_begin(job->doc.arena_pages, job->doc.gen24, &job->why);
	if (!w->begun)
		return false;
	switch (arena_go_on(w->begun, &job->why)) {
	case ARENA_MORE: w->opened = OPEN_ARENA; return true;
	case ARENA_READY: w->arena = w->begun; break;
	default: break;
	}
	w->begun = NULL;
	return w->arena;
}

static bool make_caches(struct soak_job *job)
{
	struct soak_work *w = job->work;

	for (unsigned i = 0; i < job->doc.source_count; i++)
		if (!make_cache(job, i))
			return false;
	sfc32_seed(&w->random, job->doc.seed);
	sfc32_seed(&job->doc.failslab.random, ~job->doc.seed);
	sfc32_seed(&job->doc.fail_page_alloc.random, ~job->doc.seed);
	w->injects = job->doc.failslab.interval || job->doc.fail_page_alloc.interval;
	if (w->injects)
		fault_hold();
	slab_fault_hook = soak_slab_fault;
	w->start_cycles = w->phase_start_cycles = cycles_now();
	job->why = NULL;
	return true;
}

bool soak_is_open(const struct soak_job *job)
{
	return job->work && job->work->opened == OPEN_ALL;
}

bool soak_open(struct soak_job *job)
{
	struct soak_work *w = job->work;

	if (!w) {
		job->why = "no memory for the list of its objects";
		job->work = kzalloc(sizeof(*w), GFP_KERNEL | __GFP_NOWARN);
		if (job->work)
			job->work->opened = OPEN_ARENA;
		return job->work;
	}
	switch (w->opened++) {
	case OPEN_OBJECTS: return make_objects(job);
	case OPEN_TABLES: return make_tables(w);
	case OPEN_ARENA: return !job->doc.arena_pages || make_arena(job);
	default: return make_caches(job);
	}
}

static void close_caches(struct soak_job *job)
{
	struct soak_work *w = job->work;

	for (unsigned i = 0; i < job->doc.source_count && !w->arena; i++)
		if (w->caches[i] && !job->doc.sources[i].existing)
			kmem_cache_destroy(w->caches[i]);
	if (w->arena)
		arena_shrink(w->arena);
}

bool soak_close(struct soak_job *job)
{
	struct soak_work *w = job->work;

	if (!w)
		return false;
	switch (w->closed++) {
	case 0:
		if (w->injects)
			fault_release();
		close_caches(job);
		break;
	case 1:
		if (!w->arena)
			break;
		arena_destroy_caches(w->arena);
		job->arena_end_sum = arena_state_sum(w->arena);
		break;
	case 2:
		if (w->arena)
			job->arena_lost_pages = (u32)arena_end(w->arena);
		break;
	case 3:
		if (w->arena && arena_give_back(w->arena))
			w->closed = 3;
		break;
	case 4: vfree(w->objects); break;
	default:
		vfree(w->heap);
		vfree(w->buckets);
		kfree(w);
		job->work = NULL;
		return false;
	}
	return true;
}
