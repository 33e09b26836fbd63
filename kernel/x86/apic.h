/*
 * The registers of the local APIC and of the I/O APICs, through the pages that W-82 maps (Intel SDM
 * volume 3, chapter 11; 82093AA datasheet). They are read only: interrupts stay with the 8259s, to
 * which the firmware has connected the processor ("virtual wire").
 */
#ifndef KERNEL_X86_APIC_H
#define KERNEL_X86_APIC_H

#include "kernel/lib/types.h"

#define IO_APICS_MAX 4

/* Offsets of registers. */
enum apic_reg {
	APIC_ID = 0x20,
	APIC_VERSION = 0x30, /* bits 7-0 version, 23-16 highest local vector entry */
	APIC_TPR = 0x80,
	APIC_SVR = 0xF0, /* bit 8: switched on */
	APIC_ESR = 0x280,
	APIC_LVTT = 0x320,
	APIC_LVT0 = 0x350,
	APIC_LVT1 = 0x360,
	APIC_LVTERR = 0x370,
};

#define APIC_BASE_BSP (1u << 8)
#define APIC_BASE_ENABLED (1u << 11)

struct apic_state {
	const char *driver;  /* which the documented kernel would use; "" without a local APIC */
	const char *why_not; /* why the registers are not mapped; NULL if they are */
	u64 base_msr;	     /* IA32_APIC_BASE; 0 if the processor has none */
	u32 phys;
	const volatile u8 *regs; /* of FIX_APIC_BASE; NULL: not mapped */
};

struct ioapic_state {
	u32 phys, gsi_base;
	volatile u8 *regs; /* of FIX_IO_APIC_BASE_n */
	u8 id, version;
	u16 pins; /* redirection entries; 0: nothing answered */
};

extern struct apic_state apic_state;
extern struct ioapic_state ioapic_state[IO_APICS_MAX];
extern u32 ioapic_count;
extern u32 nr_irqs_gsi; /* interrupt numbers that the controllers can give (probe_nr_irqs_gsi) */

/* => the registers are mapped */
u32 apic_read(enum apic_reg reg);
u32 ioapic_read(const struct ioapic_state *ioapic, u8 index);

/* Redirection entry of a pin, 64 bits. => pin < ioapic->pins */
u64 ioapic_entry(const struct ioapic_state *ioapic, u32 pin);

#endif
