/*
 * memstat.h, the parts about the address space: named areas, and ranges of equal mappings in the
 * page tables. (The map's history is in e820_record.c, the reservations' in early_res.c, the
 * resources' in resource.c, each beside what it tells of.)
 */
#include "kernel/panic.h"
#include "mm/direct_map.h"
#include "mm/fixmap.h"
#include "mm/memstat.h"
#include "mm/memstat_internal.h"
#include "mm/pgtable.h"

u32 memstat_area_count(void)
{
	return 6;
}

void memstat_area(u32 index, struct memstat_area *out)
{
	const struct memstat_area areas[] = {
		{ 0, "User Space" },
		{ PAGE_OFFSET, "Kernel Mapping" },
		{ vmalloc_start(), "vmalloc() Area" },
		{ VMALLOC_END, "vmalloc() End" },
		{ PKMAP_BASE, "Persistent kmap() Area" },
		{ FIXADDR_START, "Fixmap Area" },
	};

	BUG_ON(index >= ARRAY_SIZE(areas));
	*out = areas[index];
}

/* What a range must have in common; accessed and dirty do not split it. */
#define SHOWN_BITS \
	(_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_PWT | _PAGE_PCD | _PAGE_PSE | _PAGE_GLOBAL)
#define LARGE_PAT 0x1000u /* in a directory entry bit 7 says "large", and PAT is here */

u32 memstat_entry_flags(u32 val, bool large)
{
	static const struct {
		u32 bit, flag;
	} map[] = {
		{ _PAGE_PRESENT, MEMSTAT_PT_PRESENT }, { _PAGE_RW, MEMSTAT_PT_RW },
		{ _PAGE_USER, MEMSTAT_PT_USER },       { _PAGE_PWT, MEMSTAT_PT_PWT },
		{ _PAGE_PCD, MEMSTAT_PT_PCD },	       { _PAGE_GLOBAL, MEMSTAT_PT_GLOBAL },
	};
	u32 flags = 0;

	if (!(val & _PAGE_PRESENT))
		return 0;
	for (unsigned i = 0; i < ARRAY_SIZE(map); i++)
		if (val & map[i].bit)
			flags |= map[i].flag;
	if (val & _PAGE_PSE)
		flags |= large ? MEMSTAT_PT_PSE : MEMSTAT_PT_PAT;
	if (large && val & LARGE_PAT)
		flags |= MEMSTAT_PT_PAT;
	return flags;
}

/* The entry that decides about an address, how far it reaches, and its level. */
struct mapping {
	u32 val;
	bool large;
	u64 end;
};

static struct mapping mapping_at(u64 addr)
{
	pgd_t pgd = *pgd_offset_k((unsigned long)addr);
	struct mapping m = { .val = pgd.val, .large = true };

	m.end = round_down(addr, (u64)PGDIR_SIZE) + PGDIR_SIZE;
	if (pgd_present(pgd) && !pgd_large(pgd)) {
		m.val = pte_offset_kernel(&pgd, (unsigned long)addr)->val;
		m.large = false;
		m.end = round_down(addr, (u64)PAGE_SIZE) + PAGE_SIZE;
	}
	return m;
}

static u32 key_of(struct mapping m)
{
	u32 bits = SHOWN_BITS | (m.large ? LARGE_PAT : 0);

	return m.val & _PAGE_PRESENT ? m.val & bits : 0;
}

static u64 next_area_start(u64 addr)
{
	for (u32 i = 0; i < memstat_area_count(); i++) {
		struct memstat_area area;

		memstat_area(i, &area);
		if (area.start > addr)
			return area.start;
	}
	return SZ_4G;
}

bool memstat_pt_range(u64 start, struct memstat_pt_range *out)
{
	struct mapping first, m;
	u64 limit, addr;

	if (start >= SZ_4G)
		return false;
	limit = next_area_start(start);
	first = m = mapping_at(start);
	for (addr = m.end; addr < limit; addr = m.end) {
		m = mapping_at(addr);
		if (m.large != first.large || key_of(m) != key_of(first))
			break;
	}
	out->start = (u32)start;
	out->end = min(addr, limit);
	out->flags = memstat_entry_flags(first.val, first.large);
	out->large = first.large;
	return true;
}
