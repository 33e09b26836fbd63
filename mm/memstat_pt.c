/*
 * memstat.h, the page tables close up: the walk of one address, the directory, permanent kmaps and
 * fixmaps, and an audit of every mapping.
 *
 * All of it reads the live tables through pgd_offset_k and pte_offset_kernel (W-68), the way the
 * rest of the kernel does.
 *
 * The audit has no "writable and executable": two-level entries have no bit that forbids execution,
 * so every page can be executed. What it looks for instead is whether text and constants can be
 * written through any other address.
 */
#include <string.h>

#include "kernel/panic.h"
#include "kernel/x86/sections.h"
#include "kernel/x86/tlb.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/fixmap.h"
#include "mm/memstat.h"
#include "mm/memstat_internal.h"
#include "mm/pgtable_boot.h"
#include "mm/vmalloc.h"

/* ---- One address ---- */

static const char *area_of(u32 address)
{
	struct memstat_area area;
	const char *name = "";

	for (u32 i = 0; i < memstat_area_count(); i++) {
		memstat_area(i, &area);
		if (area.start <= address)
			name = area.name;
	}
	return name;
}

void memstat_walk(u32 address, struct memstat_walk *out)
{
	const pgd_t *pgd = pgd_offset_k(address);
	const pte_t *pte;

	*out = (struct memstat_walk){
		.address = address,
		.pgd_index = pgd_index(address),
		.pgd_address = (u32)(unsigned long)pgd,
		.pgd_entry = pgd->val,
		.pgd_present = pgd_present(*pgd),
		.large = pgd_large(*pgd),
		.area = area_of(address),
	};
	if (!out->pgd_present)
		return;
	if (out->large) {
		out->mapped = true;
		out->phys = (pgd->val & ~(PGDIR_SIZE - 1)) | (address & (PGDIR_SIZE - 1));
		out->flags = memstat_entry_flags(pgd->val, true);
		return;
	}
	pte = pte_offset_kernel(pgd, address);
	out->pte_index = pte_index(address);
	out->pte_address = (u32)(unsigned long)pte;
	out->pte_entry = pte->val;
	out->mapped = pte->val & _PAGE_PRESENT;
	if (!out->mapped)
		return;
	out->phys = (pte->val & PTE_FRAME_MASK) | (address & (PAGE_SIZE - 1));
	out->flags = memstat_entry_flags(pte->val, false);
}

/* ---- The directory ---- */

u32 memstat_cr3(void)
{
	return (u32)read_cr3();
}

void memstat_directory_entry(u32 index, struct memstat_directory_entry *out)
{
	const pte_t *table;
	pgd_t pgd;

	BUG_ON(index >= PTRS_PER_PGD);
	pgd = swapper_pg_dir[index];
	*out = (struct memstat_directory_entry){ .entry = pgd.val, .large = pgd_large(pgd) };
	if (!pgd_present(pgd) || out->large)
		return;
	table = pte_offset_kernel(&pgd, 0);
	for (u32 i = 0; i < PTRS_PER_PTE; i++) {
		out->present += table[i].val & _PAGE_PRESENT;
		out->writable += (table[i].val & (_PAGE_PRESENT | _PAGE_RW)) ==
				 (_PAGE_PRESENT | _PAGE_RW);
	}
}

/* The entry that decides about `at`, 0 if none is present; *step: bytes to the next one. */
static u32 entry_at(u64 at, bool *large, u32 *step)
{
	pgd_t pgd = swapper_pg_dir[at >> PGDIR_SHIFT];
	u32 val;

	*large = pgd_large(pgd);
	if (!pgd_present(pgd) || *large) {
		*step = PGDIR_SIZE - (u32)(at & (PGDIR_SIZE - 1));
		return *large ? pgd.val : 0;
	}
	*step = PAGE_SIZE;
	val = pte_offset_kernel(&pgd, (u32)at)->val;
	return val & _PAGE_PRESENT ? val : 0;
}

bool memstat_pt_run(u64 from, struct memstat_pt_run *out)
{
	u32 step, val;
	bool large;

	out->count = 0;
	for (u64 at = from; at < 1ull << 32; at += step) {
		val = entry_at(at, &large, &step);
		if (!out->count && val)
			*out = (struct memstat_pt_run){ (u32)at, val, 1, large };
		else if (out->count &&
			 (large != out->large || val != out->entry + out->count * step))
			break;
		else if (out->count)
			out->count++;
	}
	return out->count;
}

/* ---- The audit ---- */

/* A mapping of one page. */
struct leaf {
	u32 address, pfn;
	bool writable, user;
};

static bool is_text(u32 pfn)
{
	return (pfn >= PFN_DOWN(__pa(_text)) && pfn < PFN_DOWN(__pa(_etext))) ||
	       (pfn >= PFN_DOWN(__pa(_rodata)) && pfn < PFN_DOWN(__pa(_erodata)));
}

/* What area of the address space a page beside the direct map may lie in. */
static bool has_place(u32 address)
{
	const struct vmap_area *va;

	if (address >= FIXADDR_START && address < FIXADDR_TOP)
		return true;
	if (address >= PKMAP_BASE && address < PKMAP_BASE + LAST_PKMAP * PAGE_SIZE)
		return true;
	list_for_each_entry(va, &vmap_area_list, list)
		if (va->vm && address >= va->va_start && address < va->va_end)
			return true;
	return false;
}

static void audit_other(struct memstat_pt_audit *a, const struct leaf *leaf)
{
	if (!has_place(leaf->address))
		a->stray_pages++;
	if (leaf->pfn >= PFN_DOWN(__pa(high_memory)))
		return;
	a->aliases++;
	if (a->kept == ARRAY_SIZE(a->alias))
		return;
	a->alias[a->kept].address = leaf->address;
	a->alias[a->kept].pfn = leaf->pfn;
	a->alias[a->kept++].writable = leaf->writable;
}

static void audit_leaf(struct memstat_pt_audit *a, const struct leaf *leaf)
{
	a->user_pages += leaf->user;
	if (leaf->writable && is_text(leaf->pfn))
		a->writable_text_pages++;
	if (leaf->address < PAGE_OFFSET || leaf->address >= (u32)(unsigned long)high_memory)
		audit_other(a, leaf);
}

/* A large page: only the direct map has them, and none holds text (kernel.ld asserts that). */
static void audit_large(struct memstat_pt_audit *a, pgd_t pgd)
{
	if (pgd.val & _PAGE_USER)
		a->user_pages += PTRS_PER_PTE;
}

static void audit_table(struct memstat_pt_audit *a, u32 index)
{
	pgd_t pgd = swapper_pg_dir[index];
	const pte_t *table = pte_offset_kernel(&pgd, 0);

	for (u32 i = 0; i < PTRS_PER_PTE; i++) {
		u32 val = table[i].val;
		struct leaf leaf = {
			.address = (index << PGDIR_SHIFT) + (i << PAGE_SHIFT),
			.pfn = PFN_DOWN(val & PTE_FRAME_MASK),
			.writable = val & pgd.val & _PAGE_RW,
			.user = val & pgd.val & _PAGE_USER,
		};

		if (val & _PAGE_PRESENT)
			audit_leaf(a, &leaf);
	}
}

static bool is_mapped(unsigned long address)
{
	struct memstat_walk walk;

	memstat_walk((u32)address, &walk);
	return walk.mapped;
}

/* The page below the stack is taken away on purpose. */
static bool is_stack_guard(u64 pfn)
{
	return pfn == PFN_DOWN(__pa(boot_stack)) - 1;
}

static void audit_direct_map(struct memstat_pt_audit *a)
{
	u64 end = PFN_DOWN(__pa(high_memory));

	for (u32 i = 0; i < e820.nr_map; i++) {
		struct range ram = e820_ram_frames(&e820.map[i]);

		for (u64 pfn = ram.start; pfn < min(ram.end, end); pfn++) {
			unsigned long address = (unsigned long)__va((unsigned long)pfn
								    << PAGE_SHIFT);

			if (pgd_large(*pgd_offset_k(address))) {
				pfn |= PTRS_PER_PTE - 1;
				continue;
			}
			if (is_mapped(address) || is_stack_guard(pfn))
				continue;
			if (!a->unmapped_direct_pages++)
				a->first_unmapped_pfn = (u32)pfn;
		}
	}
}

static void audit_guards(struct memstat_pt_audit *a)
{
	const struct vmap_area *va;

	list_for_each_entry(va, &vmap_area_list, list)
		if (is_mapped(va->va_end - PAGE_SIZE))
			a->mapped_guard_pages++;
}

void memstat_pt_audit(struct memstat_pt_audit *out)
{
	memset(out, 0, sizeof(*out));
	for (u32 i = 0; i < PTRS_PER_PGD; i++) {
		if (pgd_large(swapper_pg_dir[i]))
			audit_large(out, swapper_pg_dir[i]);
		else if (pgd_present(swapper_pg_dir[i]))
			audit_table(out, i);
	}
	audit_direct_map(out);
	audit_guards(out);
}

/* ---- Kmaps and fixmaps ---- */

void memstat_kmaps(struct memstat_kmaps *out)
{
	struct kmap_stats s;

	kmap_get_stats(&s);
	*out = (struct memstat_kmaps){
		.start = PKMAP_BASE,
		.slots = LAST_PKMAP,
		.maps = s.maps,
		.atomic_maps = s.atomic_maps,
		.wraps = s.wraps,
		.flushed = s.flushed,
		.refused = s.refused,
		.mapped = s.mapped,
		.waiting = s.waiting,
		.records_free = s.records_free,
	};
}

bool memstat_kmap_slot(u32 slot, u32 *pfn, u32 *users)
{
	u32 entry;

	BUG_ON(slot >= LAST_PKMAP);
	entry = pkmap_page_table ? pkmap_page_table[slot].val : 0;
	if (!(entry & _PAGE_PRESENT))
		return false;
	*pfn = PFN_DOWN(entry);
	*users = kmap_slot_users(slot);
	return true;
}

void memstat_fixmaps(void (*fn)(void *arg, const struct memstat_fixmap *fixmap), void *arg)
{
	static const struct {
		u32 first;
		const char *name;
	} names[] = {
		{ FIX_HOLE, "FIX_HOLE" },
		{ FIX_VDSO, "FIX_VDSO" },
		{ FIX_DBGP_BASE, "FIX_DBGP_BASE" },
		{ FIX_EARLYCON_MEM_BASE, "FIX_EARLYCON_MEM_BASE" },
		{ FIX_APIC_BASE, "FIX_APIC_BASE" },
		{ FIX_IO_APIC_BASE_0, "FIX_IO_APIC_BASE" },
		{ FIX_F00F_IDT, "FIX_F00F_IDT" },
		{ FIX_KMAP_BEGIN, "FIX_KMAP" },
		{ FIX_TEXT_POKE1, "FIX_TEXT_POKE1" },
		{ FIX_TEXT_POKE0, "FIX_TEXT_POKE0" },
	};
	u32 at = 0;

	for (u32 i = 0; i < __end_of_permanent_fixed_addresses; i++) {
		unsigned long address = fix_to_virt(i);
		const pte_t *pte = lookup_pte(address);
		struct memstat_fixmap record = { .index = i, .address = (u32)address };

		while (at + 1 < ARRAY_SIZE(names) && names[at + 1].first <= i)
			at++;
		record.name = names[at].name;
		record.number = i - names[at].first;
		record.entry = pte ? pte->val : 0;
		fn(arg, &record);
	}
}
