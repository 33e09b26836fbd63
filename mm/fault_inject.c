/*
 * Fault injection (failslab, fail_page_alloc).
 *
 *	kmem_cache_alloc ──► array is empty ──► cache_alloc_refill ──► should_failslab ──┐
 *	alloc_pages ──► not the fast path ──► alloc_pages_zonelist ─┐                     ├─► attributes
 *	arena_alloc_pages ──────────────────────────────────────────┴► should_fail_alloc_page
 *
 * The questions are asked within the allocators, so a slab that grows asks for its pages, and vmalloc
 * for its areas, frames and page tables, one by one. A call that fails has changed nothing: no zone was
 * looked at, nothing was reclaimed, no object was moved.
 *
 * What it costs when it is off: nothing. While somebody holds the hooks, the fast paths find what they
 * also find when they have nothing to give: the page allocator no order that is fast (as with
 * page_owner=on), the slab allocator an array without objects or room (`hot`, slab_internal.h).
 *
 * There are two attributes for the whole machine, set over HTTP or on the command line, and those of the
 * soak job whose call is being made. A call may be judged by both.
 *
 * Departures from Linux: `after`, `cache` by name (there: a mark on caches), owner and class; `times` 0
 * is no limit (there: -1, as on the command line here too). By its options Linux leaves requests
 * that may wait alone; options do so here, but gfp is looked at as the caller gave it, not as boot masks
 * it, so that boot itself goes on; and they take pages of all orders (there: from order 1 on).
 */
#include "mm/fault_inject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/symbols.h"
#include "kernel/time.h"
#include "mm/arena.h"
#include "mm/callsite.h"
#include "mm/memstat_internal.h"
#include "mm/page_alloc_internal.h"
#include "mm/slab_internal.h"

#define SHOWN 5 /* lines in the log since they were set */

struct fault_attr failslab, fail_page_alloc;
u32 fault_holders;

static bool holds; /* for the machine's two */
static u32 shown;
static struct {
	struct fault_attr *slab, *pages;
	const struct arena *arena;
} scope;

/* Where the code of a class lies: kernel.ld. */
extern const char __net_text[], __web_text[], __other_text[];

/* ---- The question ---- */

static bool is_class(u32 caller, u8 class)
{
	u32 net = (u32)(unsigned long)__net_text, web = (u32)(unsigned long)__web_text;
	u32 end = (u32)(unsigned long)__other_text;

	if (class == FAULT_NET)
		return caller - net < web - net;
	return class == FAULT_ANY || caller - web < end - web;
}

static void note_site(struct fault_attr *attr, u32 caller, const char *what)
{
	attr->last = (struct fault_site){ .caller = caller, .hits = (u32)attr->hits };
	snprintf(attr->last.what, sizeof(attr->last.what), "%s", what);
	attr->last_ms = now_ms();
	for (struct fault_site *s = attr->sites; s < attr->sites + FAULT_SITES; s++) {
		u32 hits = s->hits;

		if (hits && (s->caller != caller || strcmp(s->what, attr->last.what)))
			continue;
		*s = attr->last;
		s->hits = hits + 1;
		return;
	}
}

/* => the call passes the filters, but for the class and the time */
static __alloc_wrapper noinline bool should_fail(struct fault_attr *attr, u32 bytes,
						 const char *what)
{
	u32 caller = (u32)call_site_caller();

	if (!is_class(caller, attr->class) || (attr->start_ms && now_ms() < attr->start_ms))
		return false;
	attr->calls++;
	if (attr->calls <= attr->after || (attr->times && attr->hits >= attr->times))
		return false;
	if (attr->space > bytes) {
		attr->space -= bytes;
		return false;
	}
	if ((attr->calls - attr->after) % attr->interval)
		return false;
	if (attr->probability < 100 && sfc32(&attr->random) % 100 >= attr->probability)
		return false;
	attr->hits++;
	note_site(attr, caller, what);
	return true;
}

/* A name that was given by a person: arenas and jobs put something before it. */
static bool is_named(const struct kmem_cache *cache, const char *name)
{
	size_t length = strlen(cache->name), wanted = strlen(name);

	if (!wanted || !strcmp(cache->name, name))
		return true;
	return !strcmp(cache->owner, "soak") && length > wanted &&
	       cache->name[length - wanted - 1] == '-' &&
	       !strcmp(cache->name + length - wanted, name);
}

static __alloc_wrapper bool slab_fails(struct fault_attr *attr, const struct kmem_cache *cache,
				       gfp_t gfp)
{
	if (!attr || !attr->interval || (attr->ignore_gfp_wait && gfp & __GFP_WAIT) ||
	    !is_named(cache, attr->cache) || (*attr->owner && strcmp(attr->owner, cache->owner)))
		return false;
	return should_fail(attr, cache->obj_size, cache->name);
}

static __alloc_wrapper bool pages_fail(struct fault_attr *attr, gfp_t gfp, unsigned order,
				       unsigned owner)
{
	if (!attr || !attr->interval || (attr->ignore_gfp_wait && gfp & __GFP_WAIT) ||
	    (attr->ignore_gfp_highmem && gfp & __GFP_HIGHMEM) || order < attr->min_order ||
	    order > attr->max_order || (*attr->owner && strcmp(attr->owner, owner_names[owner])))
		return false;
	return should_fail(attr, PAGE_SIZE << order, owner_names[owner]);
}

static void show(const struct fault_attr *attr, const char *name)
{
	char site[64];

	if (shown++ >= SHOWN)
		return;
	symbol_format(site, sizeof(site), attr->last.caller);
	pr_info("%s: %s refused to %s", name, attr->last.what, site);
}

__alloc_wrapper bool should_failslab(const struct kmem_cache *cache, gfp_t gfp)
{
	bool fails = false;

	if (cache->arena == scope.arena || !scope.arena)
		fails = slab_fails(scope.slab, cache, gfp);
	if (!holds || !slab_fails(&failslab, cache, gfp))
		return fails;
	show(&failslab, "failslab");
	return true;
}

__alloc_wrapper bool should_fail_alloc_page(gfp_t gfp, unsigned order, unsigned owner,
					    const struct arena *arena)
{
	bool fails = false;

	if (arena == scope.arena || !scope.arena)
		fails = pages_fail(scope.pages, gfp, order, owner);
	if (!holds || !pages_fail(&fail_page_alloc, gfp, order, owner))
		return fails;
	show(&fail_page_alloc, "fail_page_alloc");
	return true;
}

/* ---- Switching ---- */

void fault_hold(void)
{
	if (fault_holders++)
		return;
	page_alloc_slow(true);
	slab_slow(true);
}

void fault_release(void)
{
	BUG_ON(!fault_holders);
	if (--fault_holders)
		return;
	page_alloc_slow(false);
	slab_slow(false);
}

void fault_scope(struct fault_attr *slab, struct fault_attr *pages, const struct arena *arena)
{
	scope.slab = slab;
	scope.pages = pages;
	scope.arena = arena;
}

bool fault_is_set(void)
{
	return holds;
}

static void set_one(struct fault_attr *to, const struct fault_attr *from, u64 start_ms)
{
	*to = from ? *from : (struct fault_attr){ 0 };
	to->start_ms = start_ms;
	sfc32_seed(&to->random, 1);
}

void fault_set(const struct fault_attr *slab, const struct fault_attr *pages, u32 delay_ms)
{
	u64 start_ms = delay_ms ? now_ms() + delay_ms : 0;

	set_one(&failslab, slab, start_ms);
	set_one(&fail_page_alloc, pages, start_ms);
	shown = 0;
	if (!holds)
		fault_hold();
	holds = true;
}

void fault_stop(void)
{
	if (holds)
		fault_release();
	holds = false;
}

/* ---- Options ---- */

/* A number and what ends it; true if it is in order. */
static bool read_number(const char **at, char ends, u32 *out)
{
	char *end;

	*out = (u32)strtoul(*at, &end, 10);
	if (end == *at || *end != ends)
		return false;
	*at = end + !!ends;
	return true;
}

static int __init parse(struct fault_attr *attr, const char *value)
{
	struct fault_attr given = FAULT_ATTR_DEFAULT;
	bool endless;

	if (!read_number(&value, ',', &given.interval) ||
	    !read_number(&value, ',', &given.probability) || given.probability > 100 ||
	    !read_number(&value, ',', &given.space))
		return -EINVAL;
	endless = !strcmp(value, "-1");
	if (!endless && !read_number(&value, '\0', &given.times))
		return -EINVAL;
	if (!endless && !given.times)
		given.probability = 0;
	given.interval = max(given.interval, 1u);
	given.ignore_gfp_wait = given.ignore_gfp_highmem = true;
	set_one(attr, &given, 0);
	if (!holds)
		fault_hold();
	holds = true;
	return 0;
}

int __init parse_failslab(const char *value)
{
	return parse(&failslab, value);
}

int __init parse_fail_page_alloc(const char *value)
{
	return parse(&fail_page_alloc, value);
}
