/*
 * What the firmware left in memory (see firmware_setup.h): the parsers of kernel/firmware take
 * bytes, this file finds and maps them.
 *
 * The BIOS area is read through the boot mapping of low memory, everything else through early
 * windows (W-06), which are closed before the function that opened them returns. What a parser
 * refuses has had its line in the log: the stage then notes that there is none.
 *
 * Boot only, interrupts off.
 *
 * Differences from the documents: ROMs with a wrong sum are listed, though not entered as resources;
 * the copy of the MP table that alloc_mptable makes is not rewritten, since interrupts go through the
 * 8259s: it is handed over unchanged, and the floating pointer keeps pointing to the firmware's.
 */
#include "mm/firmware_setup.h"

#include <string.h>

#include "kernel/acpi.h"
#include "kernel/firmware/dmi.h"
#include "kernel/firmware/firmware.h"
#include "kernel/firmware/irq_tables.h"
#include "kernel/firmware/rom.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/memparse.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/cpu.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_res.h"
#include "mm/fixmap.h"
#include "mm/resource.h"
#include "mm/x86_init.h"

#define BIOS_START 0xF0000u
#define WINDOW_MAX ((NR_FIX_BTMAPS - 1) * (u32)PAGE_SIZE)
#define BAD_BIOS_END 0x10000u
#define MPC_NEW_DEFAULT 4096u
#define MPC_NEW_ALIGN 4u

static bool mptable_off, alloc_mptable;
static u32 mpc_new_length = MPC_NEW_DEFAULT;
static struct resource rom_resources[ROMS_MAX];

int __init parse_mptable(const char *value)
{
	mptable_off = !strcmp(value, "off");
	return mptable_off ? 0 : -EINVAL;
}

int __init parse_alloc_mptable(const char *value)
{
	const char *end = value;
	u64 size = *value ? memparse(value, &end) : MPC_NEW_DEFAULT;

	if (*end || !size || size > SZ_1M)
		return -EINVAL;
	alloc_mptable = true;
	mpc_new_length = (u32)size;
	return 0;
}

void __init acpi_mps_check(void)
{
	if (acpi_disabled && mptable_off) {
		cpu_caps_disable(CPU_APIC);
		pr_info("apic: neither ACPI nor MP tables may be used: local APIC switched off");
	}
	stage_note("ACPI %s, MP table %s: the local APIC %s", acpi_disabled ? "off" : "may be used",
		   mptable_off ? "off" : "may be used",
		   cpu_has(CPU_APIC)			    ? "stays"
		   : boot_cpu_data.features >> CPU_APIC & 1 ? "is not used"
							    : "does not exist");
}

/* ---- SMBIOS ---- */

static void __init read_structures(const struct dmi_anchor *a)
{
	u32 bytes = min(a->length, WINDOW_MAX);
	u8 *p = a->table < SZ_4G - WINDOW_MAX ? early_memremap(a->table, bytes) : NULL;

	if (!p) {
		pr_warn("dmi: %u bytes at %#llx cannot be mapped", a->length, a->table);
		return;
	}
	dmi_parse(p, bytes, a->count);
	early_iounmap(p, bytes);
}

/* Firmware of this kind writes to low memory while the kernel runs. */
static void __init reserve_low_64k(void)
{
	pr_warn("dmi: \"%s\" is known to write to low memory: [0, %#x) is not used",
		dmi_info.bad_bios, BAD_BIOS_END);
	e820_update_range(0, BAD_BIOS_END, E820_RAM, E820_RESERVED);
	if (e820.nr_map > 1)
		sanitize_e820_map(e820.map, E820_X_MAX, &e820.nr_map);
	e820_record_step("dmi_check_system", E820_BY_TRIMMING);
	stage_note("in the table of bad firmware: [0, %#x) reserved", BAD_BIOS_END);
}

void __init dmi_scan_machine(void)
{
	struct dmi_anchor *a = &dmi_info.anchor;
	int at = dmi_find(__va(BIOS_START), SZ_64K, a);

	if (at < 0) {
		stage_note("no SMBIOS anchor in [%#x, %#lx)", BIOS_START, SZ_1M);
		return;
	}
	dmi_info.found = true;
	dmi_info.address = BIOS_START + (u32)at;
	read_structures(a);
	pr_info("dmi: %s %s, BIOS %s %s %s", dmi_string(DMI_SYS_VENDOR),
		dmi_string(DMI_PRODUCT_NAME), dmi_string(DMI_BIOS_VENDOR),
		dmi_string(DMI_BIOS_VERSION), dmi_string(DMI_BIOS_DATE));
	stage_note("SMBIOS %u.%u, anchor at %#llx, %u structures in %u bytes at %#llx", a->major,
		   a->minor, dmi_info.address, dmi_info.structures, a->length, a->table);
	for (u32 f = 0; f < DMI_FIELDS; f++)
		if (*dmi_string(f))
			stage_note("%s \"%s\"", dmi_field_name(f), dmi_string(f));
	if (dmi_check_bad_bios())
		reserve_low_64k();
	else
		stage_note("not in the table of bad firmware");
}

/* ---- ROMs ---- */

void __init native_probe_roms(void)
{
	rom_scan(__va(ROM_AREA_START));
	rom_add_system();
	for (u32 i = 0; i < rom_count(); i++) {
		const struct rom *r = rom_get(i);
		struct resource *res = &rom_resources[i];

		stage_note("%s [%#x, %#x)%s", r->name, r->start, r->end,
			   r->sum_ok ? "" : ", wrong sum");
		*res = (struct resource){ .start = r->start, .end = r->end - 1, .name = r->name };
		if ((r->sum_ok || r->start < 0xC8000) && insert_resource(&iomem_resource, res))
			pr_warn("rom: [%#x, %#x) overlaps another range", r->start, r->end);
	}
}

void __init probe_roms(void)
{
	x86_init.probe_roms();
}

/* ---- The MP table ---- */

/* The top of the lowest free area that is large enough; 0 if there is none. */
static u64 __init top_of_free_area(u32 size, u32 align)
{
	u64 limit = PFN_PHYS(max_lowmem_pfn());
	u64 start = find_e820_area(0, limit, size, align), end = limit;

	if (start == ~0ull)
		return 0;
	for (u32 i = 0; i < e820.nr_map; i++) {
		const struct e820entry *e = &e820.map[i];

		if (e->addr <= start && start < e->addr + e->size)
			end = min(end, (u64)(e->addr + e->size));
	}
	for (int i = 0; i < early_res_count; i++)
		if (early_res[i].start > start)
			end = min(end, early_res[i].start);
	return round_down(end - size, align);
}

void __init early_reserve_e820_mpc_new(void)
{
	u64 addr;

	if (!alloc_mptable) {
		stage_note("alloc_mptable was not given");
		return;
	}
	addr = top_of_free_area(mpc_new_length, MPC_NEW_ALIGN);
	if (!addr) {
		pr_warn("alloc_mptable: no free area of %u bytes", mpc_new_length);
		stage_note("no free area of %u bytes", mpc_new_length);
		return;
	}
	e820_update_range(addr, mpc_new_length, E820_RAM, E820_RESERVED);
	e820_update_range_saved(addr, mpc_new_length, E820_RAM, E820_RESERVED);
	sanitize_e820_map(e820.map, E820_X_MAX, &e820.nr_map);
	sanitize_e820_map(e820_saved.map, E820_X_MAX, &e820_saved.nr_map);
	e820_record_step("early_reserve_e820_mpc_new", E820_BY_TRIMMING);
	firmware_state.mpc_new = (u32)addr;
	firmware_state.mpc_new_bytes = mpc_new_length;
	stage_note("%u bytes at %#llx reserved in both maps", mpc_new_length, addr);
}

static bool __init look_for_mpf(u32 start, u32 bytes, struct mpf *mpf)
{
	int at = mpf_find(__va(start), bytes, mpf);

	if (at < 0)
		return false;
	firmware_state.mpf = start + (u32)at;
	stage_note("floating pointer at %#x, revision 1.%u, found in [%#x, %#x)",
		   firmware_state.mpf, mpf->revision, start, start + bytes);
	return true;
}

static struct mpf mpf;

static bool __init find_mpf(void)
{
	u32 ebda = (u32)firmware_state.ebda_segment << 4;

	return look_for_mpf(0, SZ_1K, &mpf) || look_for_mpf(639 * SZ_1K, SZ_1K, &mpf) ||
	       look_for_mpf(BIOS_START, SZ_64K, &mpf) ||
	       (ebda && ebda <= SZ_1M - SZ_1K && look_for_mpf(ebda & ~15u, SZ_1K, &mpf));
}

/* Length of the table the pointer leads to; 0, with a line, if there is none. */
static u32 __init table_length(u32 phys)
{
	u8 *p = early_memremap(phys, MPC_HEADER_BYTES);
	u32 length = 0;

	if (p) {
		length = mpc_length(p, MPC_HEADER_BYTES);
		early_iounmap(p, MPC_HEADER_BYTES);
	}
	if (!length || phys > ~0u - length) {
		pr_warn("mptable: the floating pointer leads to %#x, where no table begins", phys);
		return 0;
	}
	return length;
}

/* False, with a line: what is said to be there lies on the image or on a module, which came later. */
static bool __init reserve_mp(u32 at, u32 bytes, const char *name)
{
	if (!early_res_allows(at, (u64)at + bytes)) {
		pr_warn("mptable: \"%s\" [%#x, %#llx) lies on something else: not used", name, at,
			(u64)at + bytes);
		return false;
	}
	reserve_early_overlap_ok(at, (u64)at + bytes, name);
	return true;
}

void __init native_find_smp_config(void)
{
	struct firmware_state *f = &firmware_state;

	if (mptable_off || !find_mpf()) {
		stage_note("%s",
			   mptable_off ? "switched off by mptable=off" : "no floating pointer");
		return;
	}
	if (!reserve_mp(f->mpf, MPF_BYTES, "MP-table mpf")) {
		f->mpf = 0;
		return;
	}
	if (mpf.default_config || !mpf.config) {
		stage_note("no table: default configuration %u", mpf.default_config);
		return;
	}
	f->mpc_bytes = table_length(mpf.config);
	if (!f->mpc_bytes || !reserve_mp(mpf.config, f->mpc_bytes, "MP-table mpc"))
		return;
	f->mpc = mpf.config;
	stage_note("table at %#x, %u bytes", f->mpc, f->mpc_bytes);
}

void __init find_smp_config(void)
{
	x86_init.find_smp_config();
}

/* Copies the table to the piece that early_reserve_e820_mpc_new has kept. */
static void __init copy_table(const u8 *table)
{
	struct firmware_state *f = &firmware_state;

	if (!f->mpc_new)
		return;
	if (f->mpc_bytes > f->mpc_new_bytes) {
		pr_warn("alloc_mptable: %u bytes are too few for a table of %u", f->mpc_new_bytes,
			f->mpc_bytes);
		return;
	}
	memcpy(__va(f->mpc_new), table, f->mpc_bytes);
	f->mpc_copy = __va(f->mpc_new);
	f->mpc_copied_bytes = f->mpc_bytes;
	stage_note("copied to %#x", f->mpc_new);
}

static void __init note_table(const char *what, const struct irq_table *t)
{
	stage_note("%s %s %s: %u processors, %u I/O APICs, %u routes, local APIC at %#x", what,
		   t->oem, t->product, t->cpus, t->ioapics, t->routes, t->lapic_address);
	if (t->unknown || t->dropped)
		stage_note("%u entries of unknown type, %u beyond what is kept", t->unknown,
			   t->dropped);
}

void __init native_get_smp_config(void)
{
	struct firmware_state *f = &firmware_state;
	u8 *table;

	if (!f->mpf) {
		stage_note("no MP table");
		return;
	}
	if (mpf.default_config) {
		mp_default_config(mpf.default_config, &mp_table);
	} else if (f->mpc) {
		table = early_memremap(f->mpc, f->mpc_bytes);
		if (!table)
			return;
		if (!mpc_parse(table, f->mpc_bytes, &mp_table))
			copy_table(table);
		early_iounmap(table, f->mpc_bytes);
	}
	mp_table.pcat_compat = mpf.imcr;
	if (mp_table.valid)
		note_table("MP table", &mp_table);
}

void __init get_smp_config(void)
{
	x86_init.get_smp_config();
}

/* ---- ACPI's MADT ---- */

void __init acpi_boot_init(void)
{
	const struct acpi_table *t = acpi_find_table("APIC");
	u8 *p;

	if (!t) {
		stage_note("%s", acpi_disabled ? "switched off by acpi=off" : "no MADT");
	} else if (t->length > WINDOW_MAX || !(p = early_memremap(t->phys, t->length))) {
		pr_warn("madt: %u bytes at %#llx cannot be mapped", t->length, t->phys);
	} else {
		madt_parse(p, t->length, &madt_table);
		early_iounmap(p, t->length);
		note_table("MADT", &madt_table);
	}
	get_smp_config();
	stage_note("for show: interrupts go through the 8259s");
}
