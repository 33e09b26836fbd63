/*
 * Red zones and poison: finding writes past an object's end and into free objects.
 *
 * With slub_debug=Z, P, F or U (Linux's letters) the caches made from then on carry debugging flags.
 * Their per-cpu arrays take no objects, so that every allocation and free comes through the slow
 * path, where the object is checked; caches without the flags pay nothing.
 *
 *	SLAB_RED_ZONE	| ... red | the user's bytes | red |	a word on both sides
 *			          ^ buffer + obj_offset
 *		RED_ACTIVE while in use, RED_INACTIVE while free
 *	SLAB_POISON	a free object is filled with POISON_FREE, its last byte is POISON_END; a fresh
 *			allocation with POISON_INUSE
 *	SLAB_STORE_USER	the last 8 bytes of the buffer, behind the red zone and up to alignment, are
 *			the object's record of callsite.h: who allocated it, and when
 *
 * Not covered: caches of objects above half a page, whose slabs a red zone would enlarge, and the
 * three caches that hold the parts of others.
 */
#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "mm/callsite.h"
#include "mm/slab_internal.h"

/* Neither an address of the kernel nor a small number, and no byte of one is a byte of the other. */
#define RED_ACTIVE 0x7EDB10C6u
#define RED_INACTIVE 0x51EE9A3Du

#define POISON_FREE 0x6B
#define POISON_INUSE 0x5A
#define POISON_END 0xA5

bool (*slab_fault_hook)(const struct kmem_cache *cache, const void *obj, const char *what);

static void fault_found(const struct kmem_cache *cache, const void *obj, const char *what)
{
	if (!slab_fault_hook || !slab_fault_hook(cache, obj, what))
		slab_bug(cache, obj, what);
}

static u32 *red_before(const struct kmem_cache *cache, const void *buffer)
{
	return (u32 *)((char *)buffer + cache->obj_offset) - 1;
}

static u32 *red_after(const struct kmem_cache *cache, const void *buffer)
{
	return (u32 *)((char *)buffer + cache->obj_offset + cache->obj_size);
}

static void set_red_zones(const struct kmem_cache *cache, void *buffer, u32 red)
{
	if (!(cache->flags & SLAB_RED_ZONE))
		return;
	*red_before(cache, buffer) = red;
	*red_after(cache, buffer) = red;
}

static void poison(const struct kmem_cache *cache, void *buffer, int pattern)
{
	unsigned char *obj = (unsigned char *)buffer + cache->obj_offset;

	if (!(cache->flags & SLAB_POISON))
		return;
	memset(obj, pattern, cache->obj_size);
	obj[cache->obj_size - 1] = POISON_END;
}

static bool poison_intact(const struct kmem_cache *cache, const void *buffer)
{
	const unsigned char *obj = (const unsigned char *)buffer + cache->obj_offset;
	unsigned i;

	for (i = 0; i < cache->obj_size - 1; i++)
		if (obj[i] != POISON_FREE)
			return false;
	return obj[i] == POISON_END;
}

/* Behind the user's bytes and the red zone. */
static struct alloc_record *user_record(const struct kmem_cache *cache, const void *buffer)
{
	return (struct alloc_record *)(red_after(cache, buffer) + !!(cache->flags & SLAB_RED_ZONE));
}

const struct alloc_record *slab_debug_record(const struct kmem_cache *cache, const void *buffer)
{
	return cache->flags & SLAB_STORE_USER ? user_record(cache, buffer) : NULL;
}

const char *slab_debug_fault(const struct kmem_cache *cache, const void *buffer, bool used)
{
	u32 red = used ? RED_ACTIVE : RED_INACTIVE;

	if (cache->flags & SLAB_RED_ZONE) {
		if (*red_before(cache, buffer) != red)
			return "overwritten before its start";
		if (*red_after(cache, buffer) != red)
			return "overwritten past its end";
	}
	if (cache->flags & SLAB_POISON && !used && !poison_intact(cache, buffer))
		return "written to while free";
	return NULL;
}

void slab_debug_init_obj(const struct kmem_cache *cache, void *buffer)
{
	set_red_zones(cache, buffer, RED_INACTIVE);
	poison(cache, buffer, POISON_FREE);
	if (cache->flags & SLAB_STORE_USER)
		memset(user_record(cache, buffer), 0, sizeof(struct alloc_record));
}

__alloc_wrapper void *slab_debug_alloc(const struct kmem_cache *cache, void *buffer)
{
	const char *fault = slab_debug_fault(cache, buffer, false);

	if (fault)
		fault_found(cache, (char *)buffer + cache->obj_offset, fault);
	set_red_zones(cache, buffer, RED_ACTIVE);
	poison(cache, buffer, POISON_INUSE);
	if (cache->flags & SLAB_STORE_USER)
		object_record_set(user_record(cache, buffer), cache, cache->obj_size);
	return (char *)buffer + cache->obj_offset;
}

void *slab_debug_free(const struct kmem_cache *cache, void *obj)
{
	void *buffer = (char *)obj - cache->obj_offset;
	const char *fault;

	/* An object that is free has the other red zones: say what it is, not that they are wrong. */
	if (cache->flags & SLAB_RED_ZONE && *red_before(cache, buffer) == RED_INACTIVE &&
	    *red_after(cache, buffer) == RED_INACTIVE)
		slab_bug(cache, obj, "freed twice");
	fault = slab_debug_fault(cache, buffer, true);
	if (fault)
		fault_found(cache, obj, fault);
	set_red_zones(cache, buffer, RED_INACTIVE);
	poison(cache, buffer, POISON_FREE);
	if (cache->flags & SLAB_STORE_USER)
		object_record_clear(user_record(cache, buffer), cache->obj_size);
	return buffer;
}

static void scan_slab(const struct kmem_cache *cache, struct slab *slabp)
{
	for (unsigned i = 0; i < cache->num; i++) {
		void *buffer = index_to_obj(cache, slabp, i);
		const char *fault;

		if (slab_bufctl(slabp)[i] == BUFCTL_ACTIVE)
			continue;
		fault = slab_debug_fault(cache, buffer, false);
		if (!fault)
			continue;
		fault_found(cache, (char *)buffer + cache->obj_offset, fault);
		slab_debug_init_obj(cache, buffer);
	}
}

void slab_debug_scan(const struct kmem_cache *cache)
{
	struct slab *slabp;
	int nid;

	for_each_slab_node(nid) {
		list_for_each_entry(slabp, &cache->nodelists[nid]->slabs_partial, list)
			scan_slab(cache, slabp);
		list_for_each_entry(slabp, &cache->nodelists[nid]->slabs_free, list)
			scan_slab(cache, slabp);
	}
}

int parse_slub_debug(const char *value)
{
	u32 flags = 0;

	for (; *value && *value != ','; value++) {
		if (*value == 'F')
			flags |= SLAB_DEBUG_FREE;
		else if (*value == 'Z')
			flags |= SLAB_RED_ZONE;
		else if (*value == 'P')
			flags |= SLAB_POISON;
		else if (*value == 'U')
			flags |= SLAB_STORE_USER;
		else
			return -EINVAL;
	}
	slab_debug_flags = flags ? flags : SLAB_DEBUG_MASK;
	return 0;
}
