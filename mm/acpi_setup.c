/*
 * ACPI on this machine (see acpi_setup.h): kernel/acpi.c does the work. Tables usually lie in
 * reserved memory directly above RAM, beyond the direct map, and are read through early_memremap
 * windows (W-06).
 *
 * Firmware that passes RAM entries only (iPXE) may still have tables inside RAM: such a table is
 * reserved early, so that nothing is allocated over it.
 */
#include "mm/acpi_setup.h"

#include "kernel/boot/boot_info.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/early_res.h"
#include "mm/fixmap.h"
#include "mm/srat.h"
#include "mm/vmalloc.h"

/* Low memory is mapped as a whole already, the BIOS area with it: only the rest needs a window. */
static void *__init map_tables(phys_addr_t phys, unsigned long bytes)
{
	const phys_addr_t mapped = PFN_PHYS(max_low_pfn_mapped);

	if (phys < mapped && bytes <= mapped - phys) /* a root table may name any 64-bit address */
		return __va(phys);
	return early_memremap(phys, bytes);
}

static void __init unmap_tables(void *virt, unsigned long bytes)
{
	if (__pa(virt) >= PFN_PHYS(max_low_pfn_mapped)) /* not the direct map */
		early_iounmap(virt, bytes);
}

static const struct acpi_window early_window = { map_tables, unmap_tables };

/* The same after boot. */
static void *map_tables_late(phys_addr_t phys, unsigned long bytes)
{
	const phys_addr_t mapped = PFN_PHYS(max_low_pfn_mapped);

	return phys < mapped && bytes <= mapped - phys ? __va(phys) : ioremap(phys, bytes);
}

static void unmap_tables_late(void *virt, unsigned long bytes)
{
	(void)bytes;
	if (virt >= high_memory)
		iounmap(virt);
}

const struct acpi_window acpi_window = { map_tables_late, unmap_tables_late };

static void __init reserve_table(const struct acpi_table *table)
{
	u64 start = table->phys, end = table->phys + table->length;

	if (!e820_all_mapped(start, end, E820_RAM))
		return;
	if (bad_addr(&start, table->length, 1)) {
		pr_warn("acpi: table %s at %#llx lies in memory that is already in use",
			table->signature, table->phys);
		return;
	}
	reserve_early_without_check(start, end, "ACPI", OWNER_FIRMWARE);
	stage_note("%s lies in RAM: reserved", table->signature);
}

void __init acpi_boot_table_init(void)
{
	int n;

	if (acpi_disabled) {
		stage_note("switched off by acpi=off");
		return;
	}
	n = acpi_scan(&early_window, boot_info.rsdp, boot_info.rsdp_size);

	if (n < 0) {
		pr_info("acpi: no root pointer: no tables");
		stage_note(
			"no root pointer in the EBDA, in [0xe0000, 0x100000), or from the loader");
		return;
	}
	pr_info("acpi: root pointer at %#llx, %d tables", acpi_rsdp_address(), n);
	for (u32 i = 0; i < acpi_table_count(); i++)
		if (!acpi_table(i)->sum)
			reserve_table(acpi_table(i));
}

void __init early_acpi_boot_init(void)
{
	u32 lapic = acpi_lapic_address(&early_window);

	if (lapic)
		stage_note("MADT: local APIC at %#x; not used: interrupts go through the 8259",
			   lapic);
	else
		stage_note("no MADT");
}

/* ---- W-52 ---- */

/* Lends a table to `parse` through a window. False if there is no such table. */
static bool __init with_table(const char *signature, void (*parse)(const u8 *table, u32 length))
{
	const struct acpi_table *t = acpi_find_table(signature);
	void *p;

	if (!t)
		return false;
	if (t->length > ACPI_WINDOW_BYTES - PAGE_SIZE) {
		pr_warn("acpi: %s of %u bytes is larger than a window: ignored", signature,
			t->length);
		return false;
	}
	p = early_window.map(t->phys, t->length);
	if (!p)
		return false;
	parse(p, t->length);
	early_window.unmap(p, t->length);
	return true;
}

int __init acpi_numa_init(void)
{
	static const char *const names[NR_SRAT_KINDS] = { "x2APIC", "CPU", "memory", "other" };

	srat_reset();
	if (!with_table("SRAT", srat_parse)) {
		stage_note("no SRAT: no memory entries");
		return 0;
	}
	slit_refused = "there is none";
	with_table("SLIT", slit_parse);
	for (enum srat_kind kind = 0; kind < NR_SRAT_KINDS; kind++)
		stage_note("%s affinity: %u seen, %u used, %u ignored", names[kind],
			   srat.kinds[kind].seen, srat.kinds[kind].used, srat.kinds[kind].ignored);
	return (int)srat.kinds[SRAT_MEMORY].seen;
}
