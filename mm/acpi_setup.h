/*
 * The ACPI tables of this machine, found through the early windows (W-51).
 */
#ifndef MM_ACPI_SETUP_H
#define MM_ACPI_SETUP_H

#include "kernel/acpi.h"

/* W-51: lists the tables; keeps those that lie in RAM from being handed out. */
void acpi_boot_table_init(void);

/* W-51: the local APIC's address out of the MADT. After acpi_boot_table_init. */
void early_acpi_boot_init(void);

/* W-52: reads SRAT and SLIT through the same windows (srat.h). Returns the memory entries seen. After
 * acpi_boot_table_init. */
int acpi_numa_init(void);

/* Windows onto the tables after boot, of any length. => PHASE_VMALLOC */
extern const struct acpi_window acpi_window;

#endif
