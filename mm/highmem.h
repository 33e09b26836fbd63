/*
 * Reaching high memory: permanent kmaps in the pkmap area with the page_address
 * hash (W-02, W-69), temporary ones in the fixmap (W-69).
 */
#pragma once

#include "mm/mmzone.h"

enum km_type {
	KM_SELFTEST_0,
	KM_SELFTEST_1,
	KM_CLEAR,
	KM_MEMTEST,
	KM_CHECK,
	KM_TYPE_NR = 19 /* as many as the documented index set has (golden values §6) */
};

/* W-02: before any high page is mapped. */
void page_address_init(void);
/* W-69: finds the table entry of FIX_KMAP_BEGIN. */
void kmap_init(void);

/* Virtual address of a page, or NULL for a high page that is not mapped. */
void *page_address(const struct page *page);

/* Maps a page until kunmap; low pages give their direct address. NULL when all 1024 slots have users. */
void *kmap(struct page *page);
void kunmap(struct page *page);

/* Maps a page in this type's slot; => the slot is free; no nesting of one type. */
void *kmap_atomic(struct page *page, enum km_type type);
void kunmap_atomic(void *virt, enum km_type type);

void clear_highpage(struct page *page);
