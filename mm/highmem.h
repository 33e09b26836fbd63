/*
 * Reaching high memory: permanent kmaps in the pkmap area with the page_address
 * hash (W-02, W-69), temporary ones in the fixmap (W-69).
 */
#ifndef MM_HIGHMEM_H
#define MM_HIGHMEM_H

#include "mm/mmzone.h"

enum km_type {
	KM_SELFTEST_0,
	KM_SELFTEST_1,
	KM_CLEAR,
	KM_CHECK,
	KM_SOAK,
	KM_MEMTEST,
	KM_TYPE_NR = 19 /* as many as the documented index set has (golden values §6) */
};

/* W-02: before any high page is mapped. */
void page_address_init(void);
/* W-69: finds the table entry of FIX_KMAP_BEGIN. => permanent_kmaps_init has run */
void kmap_init(void);

/* Virtual address of a page, or NULL for a high page that is not mapped. */
void *page_address(const struct page *page);

/* Maps a page until kunmap; low pages give their direct address. NULL when all 1024 slots have users. */
void *kmap(struct page *page);
/* => the page was mapped by kmap */
void kunmap(struct page *page);

/* Maps a page in this type's slot; => the slot is free; no nesting of one type. */
void *kmap_atomic(struct page *page, enum km_type type);
/* => virt came from kmap_atomic of the same type */
void kunmap_atomic(void *virt, enum km_type type);

void clear_highpage(struct page *page);

/* Writes a few high frames and reads them back; says so if one does not keep it. => alloc_pages */
void highmem_probe(void);

struct kmap_stats {
	u64 maps, atomic_maps; /* new permanent mappings; temporary ones of high pages */
	u64 wraps, flushed;    /* times the search began again; slots emptied then */
	u64 refused;	       /* all slots had users */
	u32 mapped, waiting;   /* slots with users; unmapped ones that wait for the next wrap */
	u32 records_free;      /* unused records of the page_address hash, of LAST_PKMAP */
};
void kmap_get_stats(struct kmap_stats *out);
/* Users of permanent slot nr. => nr < LAST_PKMAP */
u32 kmap_slot_users(unsigned nr);

struct memstat_check;
/* Counters of the slots against their table entries and the hash; part of check_vmalloc. */
void check_kmaps(struct memstat_check *check);

/* test=kmap: more pages than slots, on the live machine. Returns NULL, or what is wrong. */
const char *kmap_selftest(void);

#endif
