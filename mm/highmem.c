/*
 * Reaching pages that have no place in the direct map (W-02, W-69).
 *
 * 1. Permanent mappings, which stay until they are taken away (the walkthrough says of the area that its
 *    pages are not persistent): 1024 slots of the pkmap area, each with a counter
 *
 *	0	free: entry empty, no stale translation anywhere
 *	1	no user, but still mapped and possibly in the translation buffer
 *	n + 1	n users
 *
 *    A new mapping takes the next slot with counter 0, searching on from the last one taken. When
 *    the search wraps, all slots with counter 1 are unmapped and flushed together: one flush for up
 *    to 1024 mappings. A page that is mapped again before that keeps its address.
 *
 * 2. page_address_htable: which high page is mapped where. 128 buckets by a hash of the
 *    descriptor's address; one record for each slot, so that the pool cannot run dry.
 *
 * 3. Temporary mappings: the fixmap slot of the type, FIX_KMAP_BEGIN + type. Addresses fall as
 *    indices rise, so the entry is kmap_pte - type. Flushed at once, one address.
 *
 * Invariants (check_kmaps): a slot's entry is empty exactly if its counter is 0; a slot with
 * another counter has one record, which names its page and address.
 *
 * Departures: no locks (one thread); with all slots in use kmap answers NULL, where Linux sleeps
 * until one is free. A temporary mapping is taken away when it is unmapped, not when its slot is
 * used next, so that a use after that faults.
 */
#include "mm/highmem.h"

#include <stdio.h>
#include <string.h>

#include "kernel/lib/bitops.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/tlb.h"
#include "mm/boot_replay.h"
#include "mm/check.h"
#include "mm/fixmap.h"
#include "mm/page_alloc.h"
#include "mm/pgtable_boot.h"

#define PA_HASH_ORDER 7
#define LAST_PKMAP_MASK (LAST_PKMAP - 1)
#define PKMAP_ADDR(nr) (PKMAP_BASE + ((unsigned long)(nr) << PAGE_SHIFT))
#define PKMAP_NR(virt) (((unsigned long)(virt)-PKMAP_BASE) >> PAGE_SHIFT)

struct page_address_map {
	struct page *page;
	void *virtual;
	struct list_head list; /* on a bucket, or on page_address_pool */
};

static struct page_address_map page_address_maps[LAST_PKMAP];
static LIST_HEAD(page_address_pool);
static struct list_head page_address_htable[1 << PA_HASH_ORDER];
static unsigned pool_free;

_Static_assert(ARRAY_SIZE(page_address_htable) == 128, "page_address buckets");

static int pkmap_count[LAST_PKMAP];
static unsigned last_pkmap_nr;

static unsigned long kmap_vstart;
static pte_t *kmap_pte;
static u32 kmap_prot;

static struct kmap_stats stats;

/* ---- W-02: the page_address hash ---- */

void __init page_address_init(void)
{
	for (unsigned i = 0; i < LAST_PKMAP; i++)
		list_add(&page_address_maps[i].list, &page_address_pool);
	pool_free = LAST_PKMAP;
	for (unsigned i = 0; i < ARRAY_SIZE(page_address_htable); i++)
		INIT_LIST_HEAD(&page_address_htable[i]);
	stage_note("%u records in the pool, %u buckets", LAST_PKMAP,
		   (unsigned)ARRAY_SIZE(page_address_htable));
}

/* Multiplicative hash of the descriptor's address (Knuth: the golden ratio). */
static struct list_head *page_slot(const struct page *page)
{
	u32 hash = (u32)(unsigned long)page * 0x9E3779B1u;

	return &page_address_htable[hash >> (32 - PA_HASH_ORDER)];
}

static struct page_address_map *find_record(const struct page *page)
{
	struct page_address_map *pam;

	list_for_each_entry(pam, page_slot(page), list)
		if (pam->page == page)
			return pam;
	return NULL;
}

void *page_address(const struct page *page)
{
	const struct page_address_map *pam;

	if (!PageHighMem(page))
		return lowmem_page_address(page);
	pam = find_record(page);
	return pam ? pam->virtual : NULL;
}

/* Enters a high page under an address, or with NULL takes it out. */
static void set_page_address(struct page *page, void *virtual)
{
	struct page_address_map *pam;

	BUG_ON(!PageHighMem(page));
	if (virtual) {
		BUG_ON(list_empty(&page_address_pool));
		pam = list_first_entry(&page_address_pool, struct page_address_map, list);
		pam->page = page;
		pam->virtual = virtual;
		list_move_tail(&pam->list, page_slot(page));
		pool_free--;
	} else {
		pam = find_record(page);
		BUG_ON(!pam);
		list_move(&pam->list, &page_address_pool);
		pool_free++;
	}
}

/* ---- W-69: temporary mappings ---- */

void __init kmap_init(void)
{
	kmap_vstart = fix_to_virt(FIX_KMAP_BEGIN);
	kmap_pte = pte_offset_kernel(pgd_offset_k(kmap_vstart), kmap_vstart);
	kmap_prot = PAGE_KERNEL;
	stage_note("kmap_vstart %#lx, kmap_pte %#lx, kmap_prot %#x", kmap_vstart,
		   (unsigned long)kmap_pte, kmap_prot);
}

void *kmap_atomic(struct page *page, enum km_type type)
{
	unsigned long virt = kmap_vstart - ((unsigned long)type << PAGE_SHIFT);

	BUG_ON(type >= KM_TYPE_NR);
	if (!PageHighMem(page))
		return lowmem_page_address(page);
	if (kmap_pte[-(int)type].val)
		panic("kmap", "temporary slot %d is in use: entry %#x", type,
		      kmap_pte[-(int)type].val);
	kmap_pte[-(int)type].val = (u32)PFN_PHYS(page_to_pfn(page)) | kmap_prot;
	flush_tlb_one(virt);
	stats.atomic_maps++;
	return (void *)virt;
}

void kunmap_atomic(void *virt, enum km_type type)
{
	unsigned long slot = kmap_vstart - ((unsigned long)type << PAGE_SHIFT);

	if ((unsigned long)virt < PKMAP_BASE) /* a low page's direct address */
		return;
	if (((unsigned long)virt & PAGE_MASK) != slot)
		panic("kmap", "0x%08lx is not the temporary slot %d", (unsigned long)virt, type);
	kmap_pte[-(int)type].val = 0;
	flush_tlb_one(slot);
}

void clear_highpage(struct page *page)
{
	void *virt = kmap_atomic(page, KM_CLEAR);

	memset(__mapped(virt), 0, PAGE_SIZE);
	kunmap_atomic(virt, KM_CLEAR);
}

/* ---- W-69: permanent mappings ---- */

/* The search has wrapped: unmaps every slot without users, then flushes once. */
static void flush_all_zero_pkmaps(void)
{
	unsigned flushed = 0;

	for (unsigned i = 0; i < LAST_PKMAP; i++) {
		if (pkmap_count[i] != 1)
			continue;
		BUG_ON(!pkmap_page_table[i].val);
		set_page_address(pfn_to_page(PFN_DOWN(pkmap_page_table[i].val)), NULL);
		pkmap_page_table[i].val = 0;
		replay_entries(PKMAP_BASE, -1);
		pkmap_count[i] = 0;
		flushed++;
	}
	if (flushed)
		__flush_tlb_all();
	stats.wraps++;
	stats.flushed += flushed;
}

/* A slot with counter 0, or -1 if a whole round finds none. */
static int find_slot(void)
{
	for (unsigned left = LAST_PKMAP; left; left--) {
		last_pkmap_nr = (last_pkmap_nr + 1) & LAST_PKMAP_MASK;
		if (!last_pkmap_nr) {
			flush_all_zero_pkmaps();
			left = LAST_PKMAP;
		}
		if (!pkmap_count[last_pkmap_nr])
			return last_pkmap_nr;
	}
	return -1;
}

static void *map_new_virtual(struct page *page)
{
	int nr = find_slot();

	if (nr < 0) {
		stats.refused++;
		return NULL;
	}
	pkmap_page_table[nr].val = (u32)PFN_PHYS(page_to_pfn(page)) | kmap_prot;
	replay_entries(PKMAP_BASE, 1);
	pkmap_count[nr] = 1;
	set_page_address(page, (void *)PKMAP_ADDR(nr));
	stats.maps++;
	return (void *)PKMAP_ADDR(nr);
}

static void *kmap_high(struct page *page)
{
	void *virt = page_address(page);

	if (!virt)
		virt = map_new_virtual(page);
	if (virt)
		pkmap_count[PKMAP_NR(virt)]++;
	return virt;
}

void *kmap(struct page *page)
{
	return PageHighMem(page) ? kmap_high(page) : lowmem_page_address(page);
}

void kunmap(struct page *page)
{
	void *virt;

	if (!PageHighMem(page))
		return;
	virt = page_address(page);
	if (!virt || pkmap_count[PKMAP_NR(virt)] < 2)
		panic("kmap", "kunmap of frame %#lx, which nobody has mapped", page_to_pfn(page));
	pkmap_count[PKMAP_NR(virt)]--;
}

/* ---- Does high memory answer? ---- */

#define PROBE_PAGES 16

/*
 * High memory is the one part of RAM that boot itself never touches. A few of its frames are
 * written through kmap, all mapped at once, and read back through another window: a map that names
 * RAM which is not there, or is there twice, shows here and not in whoever is given the frame.
 */
void __init highmem_probe(void)
{
	struct page *pages[PROBE_PAGES];
	unsigned n = 0, wrong = 0;

	if (!totalhigh_pages)
		return;
	while (n < PROBE_PAGES && (pages[n] = alloc_pages(GFP_HIGHUSER, 0, OWNER_KERNEL_DATA))) {
		u32 *word = kmap(pages[n]);

		*(u32 *)__mapped(word) = page_to_pfn(pages[n]);
		n++;
	}
	for (unsigned i = 0; i < n; i++) {
		u32 *word = kmap_atomic(pages[i], KM_CHECK);

		wrong += *(u32 *)__mapped(word) != page_to_pfn(pages[i]);
		kunmap_atomic(word, KM_CHECK);
		kunmap(pages[i]);
		__free_pages(pages[i], 0);
	}
	if (wrong)
		pr_err("kmap: %u of %u high frames do not keep what is written", wrong, n);
	stage_note("%u frames written through kmap and read back: %u wrong", n, wrong);
}

/* ---- Looking ---- */

void kmap_get_stats(struct kmap_stats *out)
{
	*out = stats;
	out->mapped = out->waiting = 0;
	for (unsigned i = 0; i < LAST_PKMAP; i++) {
		out->mapped += pkmap_count[i] > 1;
		out->waiting += pkmap_count[i] == 1;
	}
	out->records_free = pool_free;
}

u32 kmap_slot_users(unsigned nr)
{
	return pkmap_count[nr] > 1 ? (u32)pkmap_count[nr] - 1 : 0;
}

static void check_slot(struct memstat_check *check, unsigned nr)
{
	u32 entry = pkmap_page_table[nr].val;
	const struct page_address_map *pam;
	char where[24];

	snprintf(where, sizeof(where), "pkmap slot %u", nr);
	if (pkmap_count[nr] < 0 || !pkmap_count[nr] != !entry)
		check_report(check, "pkmap entry against its counter", where,
			     pkmap_count[nr] ? "present" : "empty", "%#x, counter %d", entry,
			     pkmap_count[nr]);
	if (!entry || !pfn_valid(PFN_DOWN(entry)))
		return;
	pam = find_record(pfn_to_page(PFN_DOWN(entry)));
	if (!pam || (unsigned long)pam->virtual != PKMAP_ADDR(nr))
		check_report(check, "page_address of a mapped page", where, "the slot's address",
			     "0x%08lx", pam ? (unsigned long)pam->virtual : 0);
}

void check_kmaps(struct memstat_check *check)
{
	unsigned used = 0;

	if (!pkmap_page_table)
		return;
	for (unsigned i = 0; i < LAST_PKMAP; i++) {
		check_slot(check, i);
		used += pkmap_count[i] != 0;
	}
	if (used + pool_free != LAST_PKMAP) {
		char expected[16];

		snprintf(expected, sizeof(expected), "%u", LAST_PKMAP - used);
		check_report(check, "records in page_address_pool", "page_address hash", expected,
			     "%u", pool_free);
	}
}
