/*
 * Finding and checking ACPI tables (W-51; ACPI specification 1.0b and 2.0, chapter 5).
 *
 * The tables lie wherever the firmware put them, usually above RAM, so they are read through
 * windows that the caller supplies. What is found is a list of tables with valid checksums;
 * nothing here interprets them, except for the local APIC address in the MADT.
 */
#ifndef KERNEL_ACPI_H
#define KERNEL_ACPI_H

#include "kernel/lib/types.h"

/* How physical memory is reached. `map` may return NULL; at most ACPI_WINDOW_BYTES at a time. */
struct acpi_window {
	void *(*map)(phys_addr_t phys, unsigned long bytes);
	void (*unmap)(void *virt, unsigned long bytes);
};
#define ACPI_WINDOW_BYTES (32 * PAGE_SIZE)

/* acpi=off was given: no table is looked for. */
extern bool acpi_disabled;
int parse_acpi(const char *value);

#define ACPI_TABLES_MAX 32

struct acpi_table {
	char signature[5]; /* "APIC", with a NUL */
	char oem[7];
	u8 revision;
	u8 sum; /* of all bytes: 0, or the table is listed but not used */
	phys_addr_t phys;
	u32 length; /* bytes, header included */
};

/*
 * Finds the root pointer (first KiB of the EBDA, [0xE0000, 0x100000), then the loader's copy) and
 * lists the tables. Returns their number, those with a wrong sum included, or -ENODEV if there is no valid root pointer or root
 * table. Each table that is refused gets a log line that names the value at fault.
 */
int acpi_scan(const struct acpi_window *window, const u8 *loader_rsdp, u32 loader_rsdp_size);

/* The tables found, in the order of the root table. => i < acpi_table_count() */
u32 acpi_table_count(void);
const struct acpi_table *acpi_table(u32 i);

/* The first table with this signature and a right sum, or NULL. */
const struct acpi_table *acpi_find_table(const char *signature);

/* Physical address of the root pointer, 0 if none was found or it is the loader's copy. */
phys_addr_t acpi_rsdp_address(void);

/* The MADT's local APIC address, 0 without a MADT. */
u32 acpi_lapic_address(const struct acpi_window *window);

#endif
