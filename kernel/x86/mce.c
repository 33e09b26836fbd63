/*
 * Machine checks (see mce.h).
 *
 * Each bank of registers belongs to a part of the processor. An error that is found fills a bank and
 * raises vector 18; without CR4.MCE the processor shuts down instead. There is nothing that could be
 * mended here: the report names every bank that holds an error, and the end is that of any fault.
 *
 * What a bank holds at boot is of the time before the reset. It is logged once and cleared.
 *
 * Difference from the documents: a Pentium's machine checks without banks are not enabled (the documented kernel
 * asks for an option there, since board designs raised them for no reason); nothing looks at the banks
 * from time to time for errors that the processor has mended.
 */
#include "kernel/x86/mce.h"

#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/msr.h"
#include "kernel/x86/tlb.h"

#define MCI_VALID (1ull << 63)
#define MCI_UNCORRECTED (1ull << 61)
#define MCI_ADDRESS (1ull << 58)
#define MCG_HAS_CTL (1u << 8)

struct mce_state mce_state;

/* Returns true if the bank holds an error, which is logged. */
static bool report_bank(u32 bank)
{
	u64 status = rdmsr(MSR_MC_STATUS(bank));

	if (!(status & MCI_VALID))
		return false;
	pr_emerg("machine check: bank %u status %#llx, %scorrected, address %#llx", bank, status,
		 status & MCI_UNCORRECTED ? "not " : "",
		 status & MCI_ADDRESS ? rdmsr(MSR_MC_ADDR(bank)) : 0ull);
	return true;
}

void mce_report(void)
{
	if (!mce_state.enabled)
		return;
	pr_emerg("machine check: global status %#llx", rdmsr(MSR_MCG_STATUS));
	for (u32 i = 0; i < mce_state.banks; i++)
		report_bank(i);
}

void __init mcheck_init(void)
{
	struct mce_state *m = &mce_state;
	u32 cap;

	m->has_mce = cpu_has(CPU_MCE);
	m->has_mca = cpu_has(CPU_MCA);
	if (!m->has_mce || !m->has_mca) {
		stage_note("not enabled: the processor has %s", m->has_mce ? "no banks" : "none");
		return;
	}
	cap = (u32)rdmsr(MSR_MCG_CAP);
	m->banks = min(cap & 0xff, (u32)MCE_BANKS_MAX);
	if (cap & MCG_HAS_CTL)
		wrmsr(MSR_MCG_CTL, ~0ull);
	for (u32 i = 0; i < m->banks; i++) {
		m->left_over += report_bank(i);
		/* Bank 0 of the P6 family up to model 25 is the firmware's to enable (SDM 16.5). */
		if (i || boot_cpu_data.family != 6 || boot_cpu_data.model >= 0x1a)
			wrmsr(MSR_MC_CTL(i), ~0ull);
		wrmsr(MSR_MC_STATUS(i), 0);
	}
	cr4_set_bits(X86_CR4_MCE);
	m->enabled = true;
	stage_note("%u banks enabled, %u held an error of before; CR4.MCE is set", m->banks,
		   m->left_over);
}
