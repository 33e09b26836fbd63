/*
 * Geometry of slabs, and making and unmaking caches (W-116, W-117).
 *
 * A slab of order n has 4096 << n bytes. With its management on it (28 bytes and 4 for each
 * object, rounded up to the alignment) objects of size s and alignment a fit as
 *
 *	|<---------------------------- 4096 << n ----------------------------->|
 *	| header 28 | links 4 * num | up to a | object 0 | ... | num - 1 | left |
 *
 * The left-over bytes become colours: each new slab begins one cache line later than the one
 * before, so that first objects do not compete for the same lines of the processor's cache.
 *
 * Large objects (512 bytes and more) have their management in a general cache instead; it comes
 * back onto the slab when the left-over has room for it.
 *
 * Departures: with red zones the user's bytes begin obj_offset into the buffer (slab_debug.c); a
 * cache with a constructor is never poisoned, since its objects must keep what ctor wrote.
 */
#include "kernel/lib/bitops.h"
#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/cpu.h"
#include "mm/arena.h"
#include "mm/callsite.h"
#include "mm/slab_internal.h"

#define BYTES_PER_WORD sizeof(void *)

/* Management of objects from this size on is kept off the slab. */
#define OFF_SLAB_MIN_SIZE (PAGE_SIZE >> 3)

unsigned slab_break_gfp_order;
unsigned slab_max_order = MAX_ORDER - 1;
bool slab_early_init = true;
u32 slab_debug_flags;

BUILD_BUG_ON(sizeof(void *) == 4 && sizeof(struct slab) != 28);

void cache_estimate(unsigned order, size_t buffer_size, size_t align, bool off_slab,
		    size_t *left_over, unsigned *num)
{
	size_t slab_bytes = PAGE_SIZE << order, mgmt = 0, objs;

	if (off_slab) {
		objs = slab_bytes / buffer_size;
	} else {
		objs = (slab_bytes - sizeof(struct slab)) / (buffer_size + sizeof(kmem_bufctl_t));
		if (slab_mgmt_size(objs, align) + objs * buffer_size > slab_bytes)
			objs--;
		mgmt = slab_mgmt_size(objs, align);
	}
	*num = objs;
	*left_over = slab_bytes - mgmt - objs * buffer_size;
	STAGE_NOTE_ONCE(cache_estimate,
			"first: order %u, objects of %zu bytes: %zu fit, %zu bytes left over",
			order, buffer_size, objs, *left_over);
}

/* Largest number of links that management for objects of this size may have: it comes from a
 * cache of smaller objects, so that the search for a place ends. */
static unsigned offslab_limit(size_t size)
{
	return (size - sizeof(struct slab)) / sizeof(kmem_bufctl_t);
}

/* What the machine has found for its own caches means nothing to those in an arena. */
static unsigned max_order_of(const struct kmem_cache *cache)
{
	return cache->arena ? arena_max_order(cache->arena) - 1 : slab_max_order;
}

static unsigned break_order_of(const struct kmem_cache *cache)
{
	return cache->arena ? 1 : slab_break_gfp_order;
}

static unsigned line_of(const struct kmem_cache *cache)
{
	return cache->arena ? 64 : cache_line_size();
}

size_t calculate_slab_order(struct kmem_cache *cache, size_t size, size_t align, u32 flags)
{
	bool off_slab = flags & CFLGS_OFF_SLAB;
	size_t left_over = 0;

	for (unsigned order = 0; order <= max_order_of(cache); order++) {
		size_t remainder;
		unsigned num;

		cache_estimate(order, size, align, off_slab, &remainder, &num);
		if (!num)
			continue;
		if (off_slab && num > offslab_limit(size))
			break;
		cache->num = num;
		cache->gfporder = order;
		left_over = remainder;
		if (flags & SLAB_RECLAIM_ACCOUNT || order >= break_order_of(cache))
			break;
		if (left_over * 8 <= PAGE_SIZE << order)
			break;
	}
	return left_over;
}

void slab_set_buffer_size(struct kmem_cache *cache, size_t size)
{
	cache->buffer_size = size;
	cache->reciprocal_buffer_size = (0x100000000ull + size - 1) / size;
}

/* A word, or the cache line halved while the object still fits in half of it; at least `align`. */
static size_t object_alignment(size_t size, size_t align, u32 flags, size_t line)
{
	size_t ralign = BYTES_PER_WORD;

	if (flags & SLAB_HWCACHE_ALIGN) {
		ralign = line;
		while (ralign > BYTES_PER_WORD && size <= ralign / 2)
			ralign /= 2;
	}
	return max(ralign, align);
}

/* Which of the debugging flags make sense for this cache. */
static u32 debug_flags_for(size_t size, u32 flags, bool has_ctor)
{
	u32 debug = (flags | slab_debug_flags) & SLAB_DEBUG_MASK;

	/* The caches that hold the parts of other caches cannot wait for the slow path's needs, and
	 * a red zone would double objects that fill their pages. */
	if (slab_early_init || size > PAGE_SIZE / 2)
		return 0;
	return has_ctor ? debug & ~SLAB_POISON : debug;
}

static const char *refusal(const char *name, size_t size, size_t align)
{
	struct kmem_cache *other;

	if (!name)
		return "no name";
	if (size < BYTES_PER_WORD || size > PAGE_SIZE << slab_max_order)
		return "size out of range";
	if (align && (!is_power_of_2(align) || align > PAGE_SIZE))
		return "alignment is no power of two up to a page";
	list_for_each_entry(other, &cache_chain, next)
		if (!strcmp(other->name, name))
			return "the name is taken";
	return NULL;
}

/* Decides sizes, order, place of the management and colours. */
static bool lay_out(struct kmem_cache *cache, size_t size, size_t align)
{
	size_t left_over;

	cache->obj_size = round_up(size, BYTES_PER_WORD);
	size = cache->obj_size;
	align = object_alignment(size, align, cache->flags, line_of(cache));
	if (cache->flags & SLAB_RED_ZONE) {
		cache->obj_offset = align;
		size += cache->obj_offset + BYTES_PER_WORD;
	}
	if (cache->flags & SLAB_STORE_USER)
		size += sizeof(struct alloc_record);
	if (size >= OFF_SLAB_MIN_SIZE && !slab_early_init)
		cache->flags |= CFLGS_OFF_SLAB;
	size = round_up(size, align);
	left_over = calculate_slab_order(cache, size, align, cache->flags);
	if (!cache->num)
		return false;
	cache->slab_size = slab_mgmt_size(cache->num, align);
	if (cache->flags & CFLGS_OFF_SLAB && left_over >= cache->slab_size) {
		cache->flags &= ~CFLGS_OFF_SLAB;
		left_over -= cache->slab_size;
	}
	if (cache->flags & CFLGS_OFF_SLAB) {
		cache->slab_size = slab_mgmt_size(cache->num, 1);
		cache->slabp_cache = cache->arena
					     ? arena_general_cache(cache->arena, cache->slab_size)
					     : kmem_find_general_cachep(cache->slab_size, 0);
		if (!cache->slabp_cache)
			return false;
	}
	cache->colour_off = max_t(size_t, line_of(cache), align);
	cache->colour = left_over / cache->colour_off;
	slab_set_buffer_size(cache, size);
	return true;
}

static struct kmem_cache *create(const char *name, size_t size, size_t align, u32 flags,
				 void (*ctor)(void *obj), const char *owner, struct arena *arena,
				 const char **why)
{
	struct kmem_cache *cache;

	*why = refusal(name, size, align);
	if (*why)
		return NULL;
	*why = "no memory";
	cache = __kmem_cache_alloc(&cache_cache, GFP_KERNEL);
	if (!cache)
		return NULL;
	memset(cache, 0, cache_cache.obj_size);
	cache->name = name;
	cache->owner = owner;
	cache->ctor = ctor;
	cache->arena = arena;
	cache->flags = (flags & ~(SLAB_PANIC | SLAB_DEBUG_MASK)) |
		       (arena ? flags & SLAB_DEBUG_MASK : debug_flags_for(size, flags, ctor));
	cache->gfpflags = flags & SLAB_CACHE_DMA ? __GFP_DMA : 0;
	if (!lay_out(cache, size, align)) {
		*why = "no slab order holds one object";
		kmem_cache_free(&cache_cache, cache);
		return NULL;
	}
	if (setup_cpu_cache(cache, GFP_KERNEL)) {
		free_cpu_cache(cache);
		kmem_cache_free(&cache_cache, cache);
		return NULL;
	}
	list_add(&cache->next, &cache_chain);
	return cache;
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align, u32 flags,
				     void (*ctor)(void *obj), const char *owner)
{
	const char *why;
	struct kmem_cache *cache;

	STAGE_ONCE(kmem_cache_create, {
		cache = create(name, size, align, flags, ctor, owner, NULL, &why);
		if (cache)
			stage_note("%s: %u bytes, %u a slab of order %u", name, cache->buffer_size,
				   cache->num, cache->gfporder);
	});
	if (cache)
		return cache;
	if (flags & SLAB_PANIC)
		panic("slab", "cannot create cache %s, size %lu, align %lu: %s",
		      name ? name : "(none)", (unsigned long)size, (unsigned long)align, why);
	pr_err("slab: cannot create cache %s, size %lu, align %lu: %s", name ? name : "(none)",
	       (unsigned long)size, (unsigned long)align, why);
	return NULL;
}

struct kmem_cache *kmem_cache_create_in(struct arena *arena, const char *name, size_t size,
					u32 flags)
{
	const char *why;

	return create(name, size, 0, flags, NULL, "soak", arena, &why);
}

struct kmem_cache *kmem_cache_find(const char *name)
{
	struct kmem_cache *cache;

	list_for_each_entry(cache, &cache_chain, next)
		if (!cache->arena && !strcmp(cache->name, name))
			return cache;
	return NULL;
}

int kmem_cache_destroy(struct kmem_cache *cache)
{
	kmem_cache_shrink(cache);
	if (slab_num_objs(cache))
		return -EBUSY;
	list_del(&cache->next);
	free_cpu_cache(cache);
	kmem_cache_free(&cache_cache, cache);
	return 0;
}
