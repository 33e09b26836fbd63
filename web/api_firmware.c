/*
 * /api/v1/firmware: what the firmware left for the kernel to find: words of the BIOS data area, ACPI
 * tables, processors and interrupt routes by MADT and MP table, SMBIOS, ROMs. A part that the machine
 * does not have is null.
 */
#include "kernel/acpi.h"
#include "kernel/firmware/dmi.h"
#include "kernel/firmware/firmware.h"
#include "kernel/firmware/irq_tables.h"
#include "kernel/firmware/rom.h"
#include "web/route.h"
#include "web/snapshot.h"

static void boot_words(struct json *j)
{
	const struct firmware_state *f = &firmware_state;

	j_object(j, "boot_words");
	j_u32(j, "lowmem_kib", f->lowmem_kib);
	j_hex(j, "ebda_segment", f->ebda_segment);
	j_hex(j, "conventional_end", f->lowmem_end);
	j_end_object(j);
}

static void dmi(struct json *j)
{
	const struct dmi_info *d = &dmi_info;

	if (!d->found) {
		j_null(j, "dmi");
		return;
	}
	j_object(j, "dmi");
	j_hex(j, "anchor", d->address);
	j_u32(j, "major", d->anchor.major);
	j_u32(j, "minor", d->anchor.minor);
	j_hex(j, "table", d->anchor.table);
	j_u32(j, "table_bytes", d->anchor.length);
	j_u32(j, "structures", d->structures);
	j_bool(j, "complete", d->complete);
	j_u32(j, "strings_lost", d->lost);
	j_str(j, "bad_bios", d->bad_bios);
	j_object(j, "strings");
	for (u32 f = 0; f < DMI_FIELDS; f++)
		j_str(j, dmi_field_name(f), dmi_string(f));
	j_end_object(j);
	j_end_object(j);
}

static void acpi(struct json *j)
{
	j_object(j, "acpi");
	j_bool(j, "off", acpi_disabled);
	j_hex(j, "root_pointer", acpi_rsdp_address());
	j_array(j, "tables");
	for (u32 i = 0; i < acpi_table_count(); i++) {
		const struct acpi_table *t = acpi_table(i);

		j_object(j, NULL);
		j_str(j, "signature", t->signature);
		j_hex(j, "address", t->phys);
		j_u32(j, "bytes", t->length);
		j_u32(j, "revision", t->revision);
		j_str(j, "oem", t->oem);
		j_bool(j, "sum_ok", !t->sum);
		j_end_object(j);
	}
	j_end_array(j);
	j_end_object(j);
}

static void routes_of(struct json *j, const struct irq_table *t)
{
	static const char *const types[] = { "int", "nmi", "smi", "extint" };

	j_array(j, "routes");
	for (u32 i = 0; i < t->routes; i++) {
		const struct fw_route *r = &t->route[i];

		j_object(j, NULL);
		j_str(j, "type", types[r->type & 3]);
		j_str(j, "to", r->local ? "lapic" : "ioapic");
		j_u32(j, "apic", r->apic);
		j_u32(j, "pin", r->pin);
		j_u32(j, "bus", r->bus);
		j_u32(j, "irq", r->irq);
		j_u32(j, "flags", r->flags);
		j_end_object(j);
	}
	j_end_array(j);
}

/* The members that both tables have. */
static void irq_table(struct json *j, const struct irq_table *t)
{
	j_str(j, "oem", t->oem);
	j_str(j, "product", t->product);
	j_u32(j, "revision", t->revision);
	j_hex(j, "lapic", t->lapic_address);
	j_bool(j, "pcat_compat", t->pcat_compat);
	j_u32(j, "entries", t->entries);
	j_u32(j, "unknown", t->unknown);
	j_u32(j, "dropped", t->dropped);
	j_array(j, "cpus");
	for (u32 i = 0; i < t->cpus; i++) {
		j_object(j, NULL);
		j_u32(j, "apic_id", t->cpu[i].apic_id);
		j_bool(j, "enabled", t->cpu[i].enabled);
		j_bool(j, "boot", t->cpu[i].boot);
		j_end_object(j);
	}
	j_end_array(j);
	j_array(j, "ioapics");
	for (u32 i = 0; i < t->ioapics; i++) {
		j_object(j, NULL);
		j_u32(j, "id", t->ioapic[i].id);
		j_hex(j, "address", t->ioapic[i].address);
		j_u32(j, "gsi_base", t->ioapic[i].gsi_base);
		j_bool(j, "enabled", t->ioapic[i].enabled);
		j_end_object(j);
	}
	j_end_array(j);
	j_array(j, "buses");
	for (u32 i = 0; i < t->buses; i++) {
		j_object(j, NULL);
		j_u32(j, "id", t->bus[i].id);
		j_str(j, "name", t->bus[i].name);
		j_end_object(j);
	}
	j_end_array(j);
	routes_of(j, t);
}

/* The copy that alloc_mptable made: summed up each time, so that it shows whether it is intact. */
static void mp_copy(struct json *j)
{
	const struct firmware_state *f = &firmware_state;
	u8 sum = 0;

	if (!f->mpc_new) {
		j_null(j, "copy");
		return;
	}
	for (u32 i = 0; i < f->mpc_copied_bytes; i++)
		sum += f->mpc_copy[i];
	j_object(j, "copy");
	j_hex(j, "address", f->mpc_new);
	j_u32(j, "room_bytes", f->mpc_new_bytes);
	j_u32(j, "bytes", f->mpc_copied_bytes);
	j_bool(j, "sum_ok", f->mpc_copied_bytes && !sum);
	j_end_object(j);
}

static void madt(struct json *j)
{
	if (!madt_table.valid) {
		j_null(j, "madt");
		return;
	}
	j_object(j, "madt");
	irq_table(j, &madt_table);
	j_end_object(j);
}

static void mp(struct json *j)
{
	const struct firmware_state *f = &firmware_state;

	if (!f->mpf) {
		j_null(j, "mp");
		return;
	}
	j_object(j, "mp");
	j_hex(j, "pointer", f->mpf);
	j_hex(j, "table", f->mpc);
	j_u32(j, "table_bytes", f->mpc_bytes);
	j_bool(j, "valid", mp_table.valid);
	j_bool(j, "default_config", mp_table.defaults);
	irq_table(j, &mp_table);
	mp_copy(j);
	j_end_object(j);
}

static void roms(struct json *j)
{
	j_array(j, "roms");
	for (u32 i = 0; i < rom_count(); i++) {
		const struct rom *r = rom_get(i);

		j_object(j, NULL);
		j_str(j, "name", r->name);
		j_hex(j, "start", r->start);
		j_hex(j, "end", r->end);
		j_bool(j, "sum_ok", r->sum_ok);
		j_hex(j, "vendor", r->vendor);
		j_hex(j, "device", r->device);
		j_end_object(j);
	}
	j_end_array(j);
}

void api_firmware(struct writer *w)
{
	struct json j;

	j_begin(&j, w);
	j_object(&j, NULL);
	boot_words(&j);
	dmi(&j);
	acpi(&j);
	madt(&j);
	mp(&j);
	roms(&j);
	j_end_with_snapshot(&j);
}
