/*
 * Reading APIC registers (see apic.h). An I/O APIC has two: what is written to the first chooses
 * what the second shows; the main loop and boot are the only ones that do so.
 */
#include "kernel/x86/apic.h"

#include "kernel/panic.h"
#include "kernel/x86/io.h"

#define IOREGSEL 0x00
#define IOWIN 0x10
#define IOAPIC_REDIRECTION 0x10

struct apic_state apic_state = { .driver = "" };
struct ioapic_state ioapic_state[IO_APICS_MAX];
u32 ioapic_count, nr_irqs_gsi;

u32 apic_read(enum apic_reg reg)
{
	return mmio_read32(apic_state.regs + reg);
}

u32 ioapic_read(const struct ioapic_state *ioapic, u8 index)
{
	mmio_write32(ioapic->regs + IOREGSEL, index);
	return mmio_read32(ioapic->regs + IOWIN);
}

u64 ioapic_entry(const struct ioapic_state *ioapic, u32 pin)
{
	u8 index = (u8)(IOAPIC_REDIRECTION + 2 * pin);

	BUG_ON(pin >= ioapic->pins);
	return ioapic_read(ioapic, index) | (u64)ioapic_read(ioapic, index + 1) << 32;
}
