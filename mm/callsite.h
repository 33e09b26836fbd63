/*
 * Call-site tracking: who allocated each block of pages (page_owner=on), each slab object
 * (slub_debug=U) and each vmalloc area (always). callsite.c says how.
 *
 * Not for interrupt handlers.
 */
#ifndef MM_CALLSITE_H
#define MM_CALLSITE_H

#include "mm/page_alloc.h"

/*
 * Functions that allocate on behalf of their caller: the call site is the first return address that
 * lies in none of them. They are collected in a section of their own.
 */
#define __alloc_wrapper __attribute__((section("alloc_wrapper")))

struct kmem_cache;

/* Keys of a site beside its address: an owner for pages, a cache for objects, and this for areas. */
#define SITE_KEY_AREAS 0x100ul

/* What everybody who allocates from one place, for one owner or cache, holds. */
struct call_site {
	unsigned long caller, key;
	u32 live, bytes;	   /* allocations and bytes that are held */
	u32 calls;		   /* allocations since boot, modulo 2^32 */
	u32 mark_live, mark_bytes; /* live and bytes at the mark */
};

/* What the options keep for each block of pages, and behind each object. */
struct alloc_record {
	u32 ms;	   /* uptime */
	u16 site;  /* 0: nobody has it */
	u16 order; /* of pages */
};

/* page_owner=on or off. */
int parse_page_owner(const char *value);

/* Takes boot memory for the records of all frames if page_owner=on, and for a larger table of sites
 * if anything is tracked beyond areas. => zones exist, boot memory is still there */
void page_owner_init(void);

/* page_owner=on: the record of the block's first frame. `caller` as call_site_caller() finds it. */
void page_owner_set(const struct page *page, unsigned order, unsigned owner);
/* The block is free, or will change its size. No effect if it has no record. */
void page_owner_clear(const struct page *page);
/* The record of the block that begins at pfn, or NULL: not tracked, or free. */
const struct alloc_record *page_owner_record(unsigned long pfn);
extern bool page_owner_on;

/* The first return address on the stack outside the wrappers. */
unsigned long call_site_caller(void);

/* Fills or empties the record of an object of the cache (SLAB_STORE_USER). */
void object_record_set(struct alloc_record *record, const struct kmem_cache *cache, u32 bytes);
void object_record_clear(struct alloc_record *record, u32 bytes);
/* The code address that allocated the object, or 0: no record, nobody has it, or it is damaged. */
u32 object_caller(const struct alloc_record *record);

/* An area came or goes. */
void area_site_add(unsigned long caller, u32 bytes);
void area_site_remove(unsigned long caller, u32 bytes);

/* Sites in use, and one of them; site 0 collects what found no room in the table. */
u32 call_site_count(void);
const struct call_site *call_site(u32 index);

#endif
