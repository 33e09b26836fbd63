/*
 * Guarded access (see extable.h). Each probe puts one entry into the section __ex_table: where the
 * access is, and where to go on if it faults. The result is -EFAULT before the access and becomes
 * 0 only by the instruction behind it, which a fault skips.
 */
#include "kernel/x86/extable.h"

#include "kernel/lib/errno.h"
#include "kernel/lib/sort.h"
#include "kernel/stage.h"

struct extable_entry {
	u32 insn, fixup;
};

extern struct extable_entry __start_ex_table[], __stop_ex_table[];

#define EX_ENTRY(from, to)                   \
	".pushsection __ex_table, \"a\"\n\t" \
	".long " #from ", " #to "\n\t"       \
	".popsection\n\t"

static u32 hits;

noinline int probe_read(const void *addr, u32 *value)
{
	int err = -EFAULT;
	u32 v = 0;

	__asm__ volatile("1: movl (%2), %1\n\t"
			 "xorl %0, %0\n\t"
			 "2:\n\t" EX_ENTRY(1b, 2b)
			 : "+&r"(err), "+&r"(v)
			 : "r"(addr)
			 : "memory", "cc");
	if (!err)
		*value = v;
	return err;
}

noinline int probe_write(void *addr, u32 value)
{
	int err = -EFAULT;

	__asm__ volatile("1: movl %2, (%1)\n\t"
			 "xorl %0, %0\n\t"
			 "2:\n\t" EX_ENTRY(1b, 2b)
			 : "+&r"(err)
			 : "r"(addr), "r"(value)
			 : "memory", "cc");
	return err;
}

static int cmp_entry(const void *a, const void *b)
{
	const struct extable_entry *x = a, *y = b;

	return x->insn < y->insn ? -1 : x->insn > y->insn;
}

void sort_main_extable(void)
{
	size_t n = (size_t)(__stop_ex_table - __start_ex_table);

	sort(__start_ex_table, n, sizeof(*__start_ex_table), cmp_entry);
	stage_note("%zu instructions that may fault, from %#x", n,
		   n ? __start_ex_table[0].insn : 0);
}

/* Linear: the table has a handful of entries, and before W-94 it is not sorted. */
unsigned long search_exception_table(unsigned long eip)
{
	for (const struct extable_entry *e = __start_ex_table; e < __stop_ex_table; e++) {
		if (e->insn == eip) {
			hits++;
			return e->fixup;
		}
	}
	return 0;
}

u32 extable_count(void)
{
	return (u32)(__stop_ex_table - __start_ex_table);
}

void extable_get(u32 i, u32 *insn, u32 *fixup)
{
	*insn = __start_ex_table[i].insn;
	*fixup = __start_ex_table[i].fixup;
}

u32 extable_hits(void)
{
	return hits;
}
