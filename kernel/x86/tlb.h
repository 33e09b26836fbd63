/*
 * Control registers and the translation buffer (W-44).
 *
 * Changing a present entry needs a flush of its address: flush_tlb_one() for one page, whether
 * global or not; load_cr3() drops everything but global entries; __flush_tlb_all() drops those as
 * well, by switching CR4.PGE off and on. Where the processor has no PGE there are no global
 * entries and it reloads CR3. Entries that were not present need no flush.
 *
 * Neither writes anything back to memory, nor does loading CR3 put the directory into the buffer, as the
 * walkthrough says; and a new directory counts as soon as CR3 has it, not from a flush on, as the 2.4
 * notes say.
 *
 * Host tests supply these functions themselves.
 */
#ifndef KERNEL_X86_TLB_H
#define KERNEL_X86_TLB_H

#include "kernel/lib/types.h"

#define X86_CR4_PSE 0x00000010ul
#define X86_CR4_MCE 0x00000040ul
#define X86_CR4_PGE 0x00000080ul
#define X86_CR4_OSFXSR 0x00000200ul
#define X86_CR4_OSXMMEXCPT 0x00000400ul

#ifdef MEMSCOPE_HOST
unsigned long read_cr3(void);
void load_cr3(unsigned long pgdir_phys);
void cr4_set_bits(unsigned long bits);
void flush_tlb_one(unsigned long addr);
void __flush_tlb_all(void);
#else
static inline unsigned long read_cr0(void)
{
	unsigned long v;

	__asm__ volatile("movl %%cr0, %0" : "=r"(v));
	return v;
}

/* The address that the last page fault was about. */
static inline unsigned long read_cr2(void)
{
	unsigned long v;

	__asm__ volatile("movl %%cr2, %0" : "=r"(v));
	return v;
}

static inline unsigned long read_cr3(void)
{
	unsigned long v;

	__asm__ volatile("movl %%cr3, %0" : "=r"(v));
	return v;
}

/* CR4 exists on every processor that has CPUID, which head.S has checked. */
static inline unsigned long read_cr4(void)
{
	unsigned long v;

	__asm__ volatile("movl %%cr4, %0" : "=r"(v));
	return v;
}

static inline void write_cr4(unsigned long v)
{
	__asm__ volatile("movl %0, %%cr4" : : "r"(v) : "memory");
}

/* Sets feature bits. => the processor has the features */
static inline void cr4_set_bits(unsigned long bits)
{
	write_cr4(read_cr4() | bits);
}

/* Installs a page directory by physical address. */
static inline void load_cr3(unsigned long pgdir_phys)
{
	__asm__ volatile("movl %0, %%cr3" : : "r"(pgdir_phys) : "memory");
}

/* Drops the translation of the page that holds the virtual address. */
static inline void flush_tlb_one(unsigned long addr)
{
	__asm__ volatile("invlpg (%0)" : : "r"(addr) : "memory");
}

/* Drops every translation, global ones included. */
static inline void __flush_tlb_all(void)
{
	unsigned long cr4 = read_cr4();

	if (cr4 & X86_CR4_PGE) {
		write_cr4(cr4 & ~X86_CR4_PGE);
		write_cr4(cr4);
	} else {
		load_cr3(read_cr3());
	}
}
#endif

#endif
