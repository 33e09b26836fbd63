/*
 * Finding what the firmware left in memory, and keeping it from being overwritten (W-20, W-22, W-27,
 * W-32, W-82). Boot only, in the order below.
 */
#ifndef MM_FIRMWARE_SETUP_H
#define MM_FIRMWARE_SETUP_H

/* W-20: takes the local APIC away where neither ACPI nor MP tables may be used. */
void acpi_mps_check(void);

/* W-22: SMBIOS; firmware in the table of bad ones loses [0, 64 KiB). */
void dmi_scan_machine(void);
/* W-22: ROMs below 1 MiB, which become resources. => iomem_resource */
void probe_roms(void);

/* W-27: with alloc_mptable, a piece of RAM for a copy of the MP table, reserved in both maps. */
void early_reserve_e820_mpc_new(void);

/* W-32: the MP floating pointer; reserves it and its table. => reserve_early */
void find_smp_config(void);

/* W-82: what a MADT and an MP table say about processors and interrupts. */
void acpi_boot_init(void);
void get_smp_config(void);

/* alloc_mptable[=SIZE[KMG]], mptable=off: 0, or -EINVAL. */
int parse_alloc_mptable(const char *value);
int parse_mptable(const char *value);

#endif
