/*
 * The calls that a soak job makes, each timed, each object tracked (soak_internal.h).
 *
 * The tracker knows every object that was taken and not given back, by its address, with the call
 * that took it, and the SOAK_RING last ones that were given back. What is given back must be known
 * to it, and as an object of the same cache: a second free and a free to another cache are found
 * here and do not reach the allocator, which would panic. Writes past an object's end and into a
 * free one are found by red zones and poison (slab_debug.c), which report to soak_slab_fault().
 *
 * Fill and verify. Each object holds words that follow from the job's seed, the operation that made
 * it, and their place. Objects of up to FILL_WHOLE bytes are filled as a whole, larger ones 64 bytes
 * in each KiB, those from FILL_PAGES on 64 bytes in each page, so that no operation takes long.
 *
 * Failure injection is decided within the allocators (fault_inject.h), for what they are asked while an
 * object is taken, by whatever part of them: a slab that grows, the frames and records of an area. If
 * any of it was made to fail, that the object is not there was to be expected.
 */
#include <string.h>

#include "kernel/time.h"
#include "mm/direct_map.h"
#include "mm/highmem.h"
#include "mm/page_alloc_internal.h"
#include "mm/slab_internal.h"
#include "mm/soak_internal.h"
#include "mm/vmalloc.h"

#define FILL_WHOLE 16384u
#define FILL_LINE 64u
#define FILL_STEP 1024u
#define FILL_PAGES 131072u

static struct soak_job *current; /* whose call is being made */

/* ---- Objects by address ---- */

static u32 bucket_of(const struct soak_work *w, const void *addr)
{
	return ((u32)(size_t)addr * 0x9e3779b1u) >> 7 & w->bucket_mask;
}

u32 soak_lookup(const struct soak_work *w, const void *addr)
{
	u32 i = w->buckets[bucket_of(w, addr)];

	while (i != SOAK_NONE && w->objects[i].addr != addr)
		i = w->objects[i].next;
	return i;
}

void soak_hash(struct soak_work *w, u32 index)
{
	u32 *head = &w->buckets[bucket_of(w, w->objects[index].addr)];

	w->objects[index].next = *head;
	*head = index;
}

void soak_unhash(struct soak_work *w, u32 index)
{
	u32 *link = &w->buckets[bucket_of(w, w->objects[index].addr)];

	while (*link != index)
		link = &w->objects[*link].next;
	*link = w->objects[index].next;
}

static const struct soak_freed *find_freed(const struct soak_work *w, const void *addr)
{
	for (u32 i = 1; i <= SOAK_RING; i++) {
		const struct soak_freed *f = &w->ring[(w->ring_at - i) % SOAK_RING];

		if (f->addr == addr)
			return f;
	}
	return NULL;
}

/* ---- Findings ---- */

void soak_fault(struct soak_job *job, const struct soak_fault *fault)
{
	bool is_word = fault->expected != fault->found;
	u64 n = job->counts.faults + job->counts.verify_errors;

	if (is_word)
		job->counts.verify_errors++;
	else
		job->counts.faults++;
	if (n < SOAK_FAULTS_MAX) {
		job->fault_list[n] = *fault;
		job->fault_list[n].op = job->counts.operations;
	}
}

bool soak_slab_fault(const struct kmem_cache *cache, const void *obj, const char *what)
{
	struct soak_job *job = current;
	const struct soak_freed *freed;
	struct soak_fault fault = { .what = what,
				    .address = (u32)(size_t)obj,
				    .phys = __pa(obj),
				    .source = SOAK_SOURCES_MAX,
				    .cache = kmem_cache_name(cache) };
	u32 index;

	if (!job || !job->work)
		return false;
	index = soak_lookup(job->work, obj);
	freed = find_freed(job->work, obj);
	if (index != SOAK_NONE) {
		fault.source = job->work->objects[index].source;
		fault.site = job->work->objects[index].site;
		fault.made_op = job->work->objects[index].op;
	} else if (freed) {
		fault.source = freed->source;
		fault.site = freed->site;
		fault.made_op = freed->op;
	} else if (strcmp(cache->owner, "soak")) {
		return false; /* not ours */
	}
	soak_fault(job, &fault);
	return true;
}

/* ---- Contents ---- */

#define PATTERN_STEP 0x9e3779b9u /* from one word to the next */

static u32 pattern(u64 seed, u32 op, u32 word)
{
	return ((u32)seed ^ op * 0x85ebca6bu) + word * PATTERN_STEP;
}

/* Calls fn for each stretch of [0, bytes) that is filled. */
static bool each_stretch(u32 bytes, bool (*fn)(void *arg, u32 at, u32 len), void *arg)
{
	u32 step = bytes < FILL_PAGES ? FILL_STEP : (u32)PAGE_SIZE;

	if (bytes <= FILL_WHOLE)
		return fn(arg, 0, bytes & ~3u);
	for (u32 at = 0; at + FILL_LINE <= bytes; at += step)
		if (!fn(arg, at, FILL_LINE))
			return false;
	return true;
}

struct contents {
	struct soak_job *job;
	struct soak_object *obj;
	char *virt; /* NULL: by kmap_atomic, page by page */
};

static bool fill_stretch(void *arg, u32 at, u32 len)
{
	struct contents *c = arg;

	for (u32 done = 0; done < len;) {
		struct page *page = (struct page *)c->obj->addr + (at + done) / PAGE_SIZE;
		u32 n = c->virt ? len - done
				: min(len - done, (u32)PAGE_SIZE - (at + done) % (u32)PAGE_SIZE);
		char *base = c->virt ? c->virt : kmap_atomic(page, KM_SOAK);
		u32 *word = (u32 *)(base + (c->virt ? at : (at + done) % PAGE_SIZE));

		u32 value = pattern(c->job->doc.seed, c->obj->op, (at + done) / 4);

		for (u32 i = 0; i < n / 4; i++, value += PATTERN_STEP)
			word[i] = value;
		if (!c->virt)
			kunmap_atomic(base, KM_SOAK);
		done += n;
	}
	return true;
}

static bool wrong_word(struct contents *c, const u32 *word, u32 at, u32 expected, phys_addr_t phys)
{
	soak_fault(c->job, &(struct soak_fault){
				   .what = "does not hold what was written",
				   .address = (u32)(size_t)(c->virt ? c->virt + at : (char *)word),
				   .made_op = c->obj->op,
				   .site = c->obj->site,
				   .source = c->obj->source,
				   .expected = expected,
				   .found = *word,
				   .phys = phys });
	return false;
}

/* The first word of an object that is wrong is told; the rest of it is not looked at. */
static bool check_stretch(void *arg, u32 at, u32 len)
{
	struct contents *c = arg;
	bool good = true;

	for (u32 done = 0; done < len && good;) {
		struct page *page = (struct page *)c->obj->addr + (at + done) / PAGE_SIZE;
		u32 n = c->virt ? len - done
				: min(len - done, (u32)PAGE_SIZE - (at + done) % (u32)PAGE_SIZE);
		char *base = c->virt ? c->virt : kmap_atomic(page, KM_SOAK);
		u32 *word = (u32 *)(base + (c->virt ? at : (at + done) % PAGE_SIZE));

		u32 want = pattern(c->job->doc.seed, c->obj->op, (at + done) / 4);

		for (u32 i = 0; i < n / 4 && good; i++, want += PATTERN_STEP) {
			phys_addr_t phys;

			if (likely(word[i] == want))
				continue;
			if (!c->virt)
				phys = PFN_PHYS(page_to_pfn(page)) + (at + done) % PAGE_SIZE +
				       i * 4;
			else if ((unsigned long)c->virt < (unsigned long)high_memory)
				phys = __pa(c->virt) + at + done + i * 4;
			else
				phys = 0;
			good = wrong_word(c, &word[i], at + done + i * 4, want, phys);
		}
		if (!c->virt)
			kunmap_atomic(base, KM_SOAK);
		done += n;
	}
	c->job->counts.verified_bytes += len;
	return good;
}

/* Where an object's bytes can be reached; NULL: through kmap_atomic. */
static char *virt_of(const struct soak_job *job, const struct soak_object *obj)
{
	switch (job->doc.sources[obj->source].kind) {
	case SOAK_PAGES: return PageHighMem(obj->addr) ? NULL : lowmem_page_address(obj->addr);
	case SOAK_KMAP: return page_address(obj->addr);
	case SOAK_KMAP_ATOMIC: return NULL;
	default: return obj->addr;
	}
}

/* ---- The allocators' calls ---- */

/* The place in the code from which it is called: what a finding names. */
static noinline u32 here(void)
{
	return (u32)(size_t)__builtin_return_address(0);
}

static gfp_t gfp_of(const struct soak_source *s)
{
	static const gfp_t zones[] = { 0, __GFP_DMA, __GFP_HIGHMEM };
	static const gfp_t types[] = { 0, __GFP_RECLAIMABLE, __GFP_MOVABLE };

	return GFP_KERNEL | __GFP_NOWARN | zones[s->zone] | types[s->type];
}

static noinline struct page *take_pages(struct soak_job *job, unsigned source, u32 order)
{
	const struct soak_source *s = &job->doc.sources[source];

	job->work->site = here();
	if (job->work->arena)
		return arena_alloc_pages(job->work->arena, gfp_of(s), order, OWNER_ARENA);
	return alloc_pages(gfp_of(s), order, OWNER_SOAK);
}

static noinline void *take_kmalloc(struct soak_job *job, unsigned source, u32 bytes)
{
	gfp_t gfp = gfp_of(&job->doc.sources[source]) & ~__GFP_HIGHMEM;
	struct kmem_cache *cache;

	job->work->site = here();
	if (!job->work->arena)
		return kmalloc(bytes, gfp);
	cache = arena_general_cache(job->work->arena, bytes); /* there since the job began */
	return kmem_cache_alloc(cache, gfp);
}

static noinline void *take_cache(struct soak_job *job, unsigned source)
{
	job->work->site = here();
	return kmem_cache_alloc(job->work->caches[source], GFP_KERNEL | __GFP_NOWARN);
}

/* In an arena: frames of the arena, mapped by vmap; their list is in the machine's memory. */
static void *arena_vmalloc(struct soak_job *job, u32 pages)
{
	struct arena *arena = job->work->arena;
	struct page **list = kmalloc(pages * sizeof(*list), GFP_KERNEL | __GFP_NOWARN);
	void *virt = NULL;
	u32 n = 0;

	while (list && n < pages) {
		list[n] = arena_alloc_pages(arena, GFP_KERNEL | __GFP_NOWARN, 0, OWNER_ARENA);
		if (!list[n])
			break;
		n++;
	}
	if (list && n == pages)
		virt = vmap(list, pages);
	if (!virt && (!list || n == pages))
		job->arena_inexact = true; /* the machine's memory, or its addresses */
	while (!virt && n)
		__free_pages(list[--n], 0);
	kfree(list);
	return virt;
}

static void arena_vfree(void *virt, u32 pages)
{
	for (u32 i = 0; i < pages; i++)
		__free_pages(vmalloc_to_page((char *)virt + i * PAGE_SIZE), 0);
	vunmap(virt);
}

static noinline void *take_vmalloc(struct soak_job *job, u32 bytes)
{
	job->work->site = here();
	if (job->work->arena)
		return arena_vmalloc(job, PFN_UP(bytes));
	return vmalloc(bytes);
}

static noinline struct page *take_mapped(struct soak_job *job, unsigned source, bool atomic)
{
	struct page *page = take_pages(job, source, 0);

	job->work->site = here();
	if (!page)
		return NULL;
	if (atomic) {
		kunmap_atomic(kmap_atomic(page, KM_SOAK), KM_SOAK);
	} else if (!kmap(page)) {
		__free_pages(page, 0);
		return NULL;
	}
	return page;
}

static void *take(struct soak_job *job, struct soak_object *obj, u32 value)
{
	switch (job->doc.sources[obj->source].kind) {
	case SOAK_PAGES: return take_pages(job, obj->source, value);
	case SOAK_KMALLOC: return take_kmalloc(job, obj->source, value);
	case SOAK_CACHE: return take_cache(job, obj->source);
	case SOAK_VMALLOC: return take_vmalloc(job, value);
	case SOAK_KMAP: return take_mapped(job, obj->source, false);
	default: return take_mapped(job, obj->source, true);
	}
}

static noinline void give(struct soak_job *job, const struct soak_object *obj)
{
	enum soak_kind kind = job->doc.sources[obj->source].kind;

	job->work->site = here();
	if (kind == SOAK_KMAP)
		kunmap(obj->addr);
	switch (kind) {
	case SOAK_KMAP:
	case SOAK_KMAP_ATOMIC:
	case SOAK_PAGES: __free_pages(obj->addr, obj->order); break;
	case SOAK_KMALLOC: kfree(obj->addr); break;
	case SOAK_CACHE: kmem_cache_free(job->work->caches[obj->source], obj->addr); break;
	default:
		if (job->work->arena)
			arena_vfree(obj->addr, PFN_UP(obj->bytes));
		else
			vfree(obj->addr);
	}
}

/* ---- The door ---- */

static u64 hits_of(const struct soak_job *job)
{
	return job->doc.failslab.hits + job->doc.fail_page_alloc.hits;
}

bool soak_take(struct soak_job *job, struct soak_object *obj, u32 value)
{
	bool pages = job->doc.sources[obj->source].kind == SOAK_PAGES;
	struct contents c = { .job = job, .obj = obj };
	u64 start, hits = hits_of(job);

	obj->order = pages ? (u8)value : 0;
	current = job;
	if (job->work->injects)
		fault_scope(&job->doc.failslab, &job->doc.fail_page_alloc, job->work->arena);
	start = cycles_now();
	obj->addr = take(job, obj, value);
	start = cycles_now() - start;
	fault_scope(NULL, NULL, NULL);
	obj->site = job->work->site;
	current = NULL;
	soak_record(job, obj->source, false, obj->bytes, start, obj->site);
	hits = hits_of(job) - hits;
	if (obj->addr)
		job->counts.injected_late += hits != 0;
	else
		job->counts.injected += hits != 0;
	if (!obj->addr) {
		if (hits || job->doc.expect_failures)
			job->counts.failures_expected++;
		else
			job->counts.failures_unexpected++;
		return false;
	}
	obj->filled = job->doc.verify;
	if (obj->filled) {
		c.virt = virt_of(job, obj);
		each_stretch(obj->bytes, fill_stretch, &c);
	}
	return true;
}

static void free_of_unknown(struct soak_job *job, void *addr, unsigned source)
{
	const struct soak_freed *freed = find_freed(job->work, addr);

	soak_fault(job, &(struct soak_fault){
				.what = freed ? "freed twice" : "freed, but never given",
				.address = (u32)(size_t)addr,
				.made_op = freed ? freed->op : 0,
				.site = freed ? freed->site : 0,
				.source = (u8)source,
			});
}

u32 soak_give(struct soak_job *job, void *addr, unsigned source)
{
	struct soak_work *w = job->work;
	struct contents c = { .job = job };
	u32 index = soak_lookup(w, addr);
	struct soak_object *obj;
	u64 start;

	if (index == SOAK_NONE) {
		free_of_unknown(job, addr, source);
		return SOAK_NONE;
	}
	obj = &w->objects[index];
	if (obj->source != source)
		soak_fault(job, &(struct soak_fault){
					.what = "freed to the wrong cache",
					.address = (u32)(size_t)addr,
					.made_op = obj->op,
					.site = obj->site,
					.source = obj->source,
					.cache = w->caches[obj->source]
							 ? kmem_cache_name(w->caches[obj->source])
							 : NULL });
	if (obj->filled) {
		c.obj = obj;
		c.virt = virt_of(job, obj);
		each_stretch(obj->bytes, check_stretch, &c);
	}
	current = job;
	start = cycles_now();
	give(job, obj);
	start = cycles_now() - start;
	current = NULL;
	soak_record(job, obj->source, true, obj->bytes, start, w->site);
	w->ring[w->ring_at++ % SOAK_RING] = (struct soak_freed){ addr, job->counts.operations,
								 w->site, obj->source };
	soak_unhash(w, index);
	return index;
}

void soak_scan_caches(struct soak_job *job)
{
	current = job;
	for (unsigned i = 0; i < job->doc.source_count; i++)
		if (job->work->caches[i] && job->doc.sources[i].debug)
			slab_debug_scan(job->work->caches[i]);
	current = NULL;
}
