/*
 * What a soak job needs before its first operation, and giving it back: piece by piece, so that no
 * step takes long, however large the live set or the arena is.
 *
 *	opening	0 arena	1 the live set's chunks	2 caches	3 ready
 *	closing	4 caches	5 the arena, 4 MiB at a time	6 chunks, the rest
 *
 * The arena comes first: the list of the live set would break up the blocks it is to be made of.
 * An arena's general caches are all made here, not when they are first asked for, since what manages
 * them lies in the machine's memory, which may be gone by then.
 */
#include <stdio.h>
#include <string.h>

#include "kernel/time.h"
#include "mm/slab_internal.h"
#include "mm/soak_internal.h"
#include "mm/vmalloc.h"

enum { OPEN_ARENA, OPEN_CHUNKS, OPEN_CACHES, OPENED, CLOSE_CACHES, CLOSE_ARENA, CLOSE_CHUNKS };

/* ---- Opening ---- */

static bool make_general_caches(struct arena *arena, const struct soak_dist *size)
{
	u32 bytes = size->min;

	for (; bytes < size->max; bytes *= 2)
		if (!arena_general_cache(arena, bytes))
			return false;
	return arena_general_cache(arena, size->max);
}

static bool make_cache(struct soak_job *job, unsigned i)
{
	struct soak_source *s = &job->doc.sources[i];
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

/* How many chunks the live set may need: one object more than its target, since one may be forgotten. */
static u32 chunks_wanted(const struct soak_doc *doc)
{
	u32 objects = 0;

	for (unsigned i = 0; i < doc->phase_count; i++)
		objects = max(objects, doc->phases[i].live_objects);
	return objects / SOAK_CHUNK + 1;
}

static bool make_chunk(struct soak_work *w)
{
	struct soak_chunk *chunk = vmalloc(sizeof(*chunk));
	u32 first = w->chunk_count * SOAK_CHUNK;

	if (!chunk)
		return false;
	w->chunks[w->chunk_count++] = chunk;
	memset(chunk->buckets, 0xff, sizeof(chunk->buckets));
	for (u32 i = SOAK_CHUNK; i--;)
		soak_put_free(w, first + i);
	return true;
}

static bool open_arena(struct soak_job *job)
{
	const struct soak_doc *doc = &job->doc;
	struct soak_work *w;

	job->why = "no memory for the list of its objects";
	w = job->work = kzalloc(sizeof(*w), GFP_KERNEL | __GFP_NOWARN);
	if (!w)
		return false;
	w->free_head = SOAK_NONE;
	w->stage = OPEN_CHUNKS;
	if (!doc->arena_pages)
		return true;
	w->arena = arena_create(doc->arena_pages, doc->gen24, &job->why);
	return w->arena;
}

static bool open_caches(struct soak_job *job)
{
	struct soak_work *w = job->work;

	for (unsigned i = 0; i < job->doc.source_count; i++)
		if (!make_cache(job, i))
			return false;
	soak_seed(&w->random, job->doc.seed);
	soak_seed(&w->fail_random, ~job->doc.seed);
	slab_fault_hook = soak_slab_fault;
	w->start_cycles = w->phase_start_cycles = cycles_now();
	w->stage = OPENED;
	job->why = NULL;
	return true;
}

enum soak_progress soak_open(struct soak_job *job)
{
	struct soak_work *w = job->work;

	if (!w)
		return open_arena(job) ? SOAK_MORE : SOAK_FAILED;
	if (w->stage == OPEN_CACHES)
		return open_caches(job) ? SOAK_READY : SOAK_FAILED;
	job->why = "no memory for the list of its objects";
	if (!make_chunk(w))
		return SOAK_FAILED;
	if (w->chunk_count == chunks_wanted(&job->doc))
		w->stage = OPEN_CACHES;
	return SOAK_MORE;
}

/* ---- Closing ---- */

static void close_caches(struct soak_job *job)
{
	struct soak_work *w = job->work;

	for (unsigned i = 0; i < job->doc.source_count && !w->arena; i++)
		if (w->caches[i] && !job->doc.sources[i].existing)
			kmem_cache_destroy(w->caches[i]);
	if (!w->arena)
		return;
	arena_shrink(w->arena);
	arena_destroy_caches(w->arena);
	job->arena_end_sum = arena_state_sum(w->arena);
}

bool soak_close(struct soak_job *job)
{
	struct soak_work *w = job->work;

	if (!w)
		return false;
	if (w->stage < CLOSE_CACHES) {
		close_caches(job);
		w->stage = CLOSE_ARENA;
	} else if (w->arena) {
		if (arena_give_back_some(w->arena))
			return true;
		job->arena_lost_pages = (u32)arena_destroy(w->arena);
		w->arena = NULL;
	} else if (w->chunk_count) {
		vfree(w->chunks[--w->chunk_count]);
	} else {
		kfree(w);
		job->work = NULL;
		return false;
	}
	return true;
}
