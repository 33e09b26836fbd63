/*
 * Memory type ranges of the processor, and RAM they leave uncached.
 *
 * Uncached RAM works, but a hundred times slower, so that it is better not used. It exists where
 * firmware runs out of ranges: the default type is then uncached, and a range is missing.
 *
 *	write-back   [#################)      [#######)
 *	uncached                 [##)
 *	covered      [###########)  [#)       [#######)
 *	RAM          [###################)    [############)
 *	reserved                 [##) [##)            [####)
 *
 * Boot only, interrupts off. QEMU's default type is write-back, so that nothing is trimmed there;
 * its default 32-bit processor has no MTRRs at all.
 */
#include "mm/mtrr.h"

#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/msr.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/memstat.h"
#include "mm/range.h"

#define MASK_VALID 0x800u
#define PHYS_ADDR_BITS 36 /* what a processor of this age decodes */

struct mtrr_state mtrr_state;
static bool disable_mtrr_trim;

int __init parse_disable_mtrr_trim(const char *value)
{
	if (*value)
		return -EINVAL;
	disable_mtrr_trim = true;
	return 0;
}

const char *memstat_mtrr_type_name(u32 type)
{
	switch (type) {
	case MTRR_UNCACHABLE: return "uncachable";
	case MTRR_WRCOMB: return "write-combining";
	case MTRR_WRTHROUGH: return "write-through";
	case MTRR_WRPROT: return "write-protect";
	case MTRR_WRBACK: return "write-back";
	default: return "?";
	}
}

/* The mask has a one for each address bit that must match: the size is its lowest one. */
static struct mtrr_range __init read_range(u32 i)
{
	u64 base = rdmsr(MSR_MTRRPHYSBASE(i)), mask = rdmsr(MSR_MTRRPHYSMASK(i));
	struct mtrr_range r = { .type = base & 0xff };
	u64 field = mask & ((1ull << PHYS_ADDR_BITS) - 1) & ~(u64)(PAGE_SIZE - 1);

	if (!(mask & MASK_VALID) || !field)
		return r;
	r.base = base & ~(u64)(PAGE_SIZE - 1);
	r.size = field & -field;
	return r;
}

void __init mtrr_bp_init(void)
{
	struct mtrr_state *m = &mtrr_state;

	m->present = cpu_has_mtrr;
	if (!m->present) {
		stage_note("the processor has no MTRRs");
		return;
	}
	m->def_type = (u32)rdmsr(MSR_MTRRDEFTYPE);
	m->count = min((u32)rdmsr(MSR_MTRRCAP) & 0xff, (u32)MTRR_VAR_MAX);
	stage_note("default type %#x (%s), %u variable ranges", m->def_type,
		   memstat_mtrr_type_name(m->def_type & 0xff), m->count);
	for (u32 i = 0; i < m->count; i++) {
		m->var[i] = read_range(i);
		if (m->var[i].size)
			stage_note("range %u: [%#llx, %#llx) %s", i, m->var[i].base,
				   m->var[i].base + m->var[i].size,
				   memstat_mtrr_type_name(m->var[i].type));
	}
}

/* Why nothing is to be trimmed, or NULL. */
static const char *__init no_trim_reason(void)
{
	u32 write_back = 0, others = 0;

	if (!mtrr_state.present)
		return "no MTRRs";
	if (disable_mtrr_trim)
		return "switched off by disable_mtrr_trim";
	if ((mtrr_state.def_type & 0xff) != MTRR_UNCACHABLE)
		return "the default type is not uncached";
	for (u32 i = 0; i < mtrr_state.count; i++) {
		const struct mtrr_range *r = &mtrr_state.var[i];

		write_back += r->size && r->type == MTRR_WRBACK;
		others += r->size && r->type != MTRR_WRBACK && r->type != MTRR_UNCACHABLE;
	}
	if (!write_back)
		return "no write-back range: a virtual machine";
	return others ? "types other than write-back and uncached are in use" : NULL;
}

/* The write-back ranges less the uncached ones, sorted, in pfn. Returns how many. */
static int __init covered_ranges(struct range *list, int capacity)
{
	int used = 0;

	for (u32 i = 0; i < mtrr_state.count; i++) {
		const struct mtrr_range *r = &mtrr_state.var[i];

		if (r->size && r->type == MTRR_WRBACK)
			used = add_range(list, capacity, used, r->base >> PAGE_SHIFT,
					 (r->base + r->size) >> PAGE_SHIFT);
	}
	for (u32 i = 0; i < mtrr_state.count; i++) {
		const struct mtrr_range *r = &mtrr_state.var[i];

		if (r->size && r->type == MTRR_UNCACHABLE)
			subtract_range(list, capacity, r->base >> PAGE_SHIFT,
				       (r->base + r->size) >> PAGE_SHIFT);
	}
	return clean_sort_range(list, capacity);
}

static u64 __init trim(u64 start_pfn, u64 end_pfn)
{
	if (start_pfn >= end_pfn)
		return 0;
	return e820_update_range(start_pfn << PAGE_SHIFT, (end_pfn - start_pfn) << PAGE_SHIFT,
				 E820_RAM, E820_RESERVED);
}

void __init mtrr_trim_uncached_memory(void)
{
	struct range list[2 * MTRR_VAR_MAX] = { 0 };
	const char *reason = no_trim_reason();
	u64 lost = 0, at = 0;
	int n;

	mtrr_state.decision = reason;
	if (reason) {
		stage_note("nothing trimmed: %s", reason);
		return;
	}
	n = covered_ranges(list, ARRAY_SIZE(list));
	for (int i = 0; i < n; i++) {
		lost += trim(at, list[i].start);
		at = max(at, list[i].end); /* ranges may overlap */
	}
	lost += trim(at, max_pfn);
	mtrr_state.trimmed_bytes = lost;
	stage_note("%d covered ranges, %llu bytes of RAM are uncached", n, lost);
	if (!lost)
		return;
	pr_warn("BIOS leaves %llu MiB of RAM uncached by its MTRRs: not used", lost >> 20);
	if (e820.nr_map > 1)
		sanitize_e820_map(e820.map, E820_X_MAX, &e820.nr_map);
	e820_print_map("mtrr");
	e820_record_step("mtrr_trim_uncached_memory", E820_BY_TRIMMING);
	set_max_pfn();
}

/* ---- memstat.h ---- */

void memstat_mtrr(struct memstat_mtrr *out)
{
	const struct mtrr_state *m = &mtrr_state;

	*out = (struct memstat_mtrr){ m->present, m->def_type, m->count, m->decision,
				      m->trimmed_bytes };
}

void memstat_mtrr_range(u32 i, struct memstat_mtrr_range *out)
{
	BUG_ON(i >= mtrr_state.count);
	*out = (struct memstat_mtrr_range){ mtrr_state.var[i].base, mtrr_state.var[i].size,
					    mtrr_state.var[i].type };
}
