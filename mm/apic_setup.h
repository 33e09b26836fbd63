/*
 * Choosing and mapping the interrupt controllers' registers (W-82).
 */
#ifndef MM_APIC_SETUP_H
#define MM_APIC_SETUP_H

/* W-82: which APIC driver fits this machine. */
void generic_apic_probe(void);

/* W-82: FIX_APIC_BASE and FIX_IO_APIC_BASE_n, uncached; then the number of interrupts. After
 * acpi_boot_init. => fixmaps usable */
void init_apic_mappings(void);

#endif
