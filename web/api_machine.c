/*
 * /api/v1/machine: the processor, its interrupt controllers and what comes through them, memory types,
 * machine checks, the gap for devices; and /api/v1/pci.
 *
 * APIC registers are read while the answer is made: reading has no effect on them.
 */
#include "drivers/pci.h"
#include "kernel/firmware/firmware.h"
#include "kernel/symbols.h"
#include "kernel/time.h"
#include "kernel/vga.h"
#include "kernel/x86/apic.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/irq.h"
#include "kernel/x86/mce.h"
#include "mm/memstat.h"
#include "web/cpu_flags.h"
#include "web/route.h"
#include "web/snapshot.h"

static void cpu(struct json *j)
{
	const struct cpuinfo *c = &boot_cpu_data;

	j_object(j, "cpu");
	j_str(j, "vendor", c->vendor);
	j_str(j, "model_name", c->model_name);
	j_u32(j, "family", c->family);
	j_u32(j, "model", c->model);
	j_u32(j, "stepping", c->stepping);
	j_u32(j, "khz", tsc_khz());
	j_u32(j, "cache_line_bytes", c->cache_line);
	j_str(j, "hypervisor", c->hypervisor);
	j_bool(j, "nx", c->nx);
	j_s32(j, "wp_works_ok", c->wp_works_ok);
	j_bool(j, "ppro_with_ram_bug", cpu_is_ppro_with_ram_bug());
	for (u32 disabled = 0; disabled < 2; disabled++) {
		u32 set = disabled ? c->features & c->disabled : c->features & ~c->disabled;

		j_array(j, disabled ? "features_not_used" : "features");
		for (u32 bit = 0; bit < 32; bit++)
			if (set >> bit & 1 && cpu_flag_name(bit))
				j_str(j, NULL, cpu_flag_name(bit));
		j_end_array(j);
	}
	j_end_object(j);
}

static void local_apic(struct json *j)
{
	static const struct {
		const char *name;
		u16 reg;
	} regs[] = {
		{ "id", APIC_ID },
		{ "version", APIC_VERSION },
		{ "tpr", APIC_TPR },
		{ "svr", APIC_SVR },
		{ "esr", APIC_ESR },
		{ "lvt_timer", APIC_LVTT },
		{ "lvt_lint0", APIC_LVT0 },
		{ "lvt_lint1", APIC_LVT1 },
		{ "lvt_error", APIC_LVTERR },
	};
	const struct apic_state *a = &apic_state;

	j_object(j, "apic");
	j_str(j, "driver", a->driver);
	j_bool(j, "mapped", a->regs);
	j_str(j, "why_not", a->why_not);
	if (a->regs) {
		j_hex(j, "address", a->phys);
		j_hex(j, "mapped_at", (unsigned long)a->regs);
		j_hex(j, "base_msr", a->base_msr);
		j_object(j, "registers");
		for (u32 i = 0; i < ARRAY_SIZE(regs); i++)
			j_hex(j, regs[i].name, apic_read(regs[i].reg));
		j_end_object(j);
	}
	j_end_object(j);
	j_array(j, "ioapics");
	for (u32 i = 0; i < ioapic_count; i++) {
		const struct ioapic_state *s = &ioapic_state[i];

		j_object(j, NULL);
		j_u32(j, "id", s->id);
		j_hex(j, "address", s->phys);
		j_hex(j, "mapped_at", (unsigned long)s->regs);
		j_u32(j, "gsi_base", s->gsi_base);
		j_hex(j, "version", s->version);
		j_u32(j, "pins", s->pins);
		j_array(j, "redirection");
		for (u32 pin = 0; pin < s->pins; pin++)
			j_hex(j, NULL, ioapic_entry(s, pin));
		j_end_array(j);
		j_end_object(j);
	}
	j_end_array(j);
}

static void interrupts(struct json *j)
{
	const char *name;

	j_object(j, "interrupts");
	j_str(j, "controller", "8259");
	j_u32(j, "nr_irqs_gsi", nr_irqs_gsi);
	j_u64(j, "taken", irq_total());
	j_u64(j, "spurious", irq_spurious());
	j_array(j, "lines");
	for (u32 line = 0; line < IRQ_LINES; line++) {
		j_object(j, NULL);
		j_u32(j, "line", line);
		j_u32(j, "vector", IRQ_VECTOR_BASE + line);
		j_bool(j, "masked", irq_masked(line));
		j_u64(j, "taken", irq_count(line));
		j_array(j, "handlers");
		for (u32 i = 0; (name = irq_handler_name(line, i)); i++)
			j_str(j, NULL, name);
		j_end_array(j);
		j_end_object(j);
	}
	j_end_array(j);
	j_end_object(j);
}

static void machine_checks(struct json *j)
{
	j_object(j, "machine_checks");
	j_bool(j, "has_mce", mce_state.has_mce);
	j_bool(j, "has_mca", mce_state.has_mca);
	j_bool(j, "enabled", mce_state.enabled);
	j_u32(j, "banks", mce_state.banks);
	j_u32(j, "left_over", mce_state.left_over);
	j_end_object(j);
}

static void mtrr(struct json *j)
{
	struct memstat_mtrr m;

	memstat_mtrr(&m);
	j_object(j, "mtrr");
	j_bool(j, "present", m.present);
	j_str(j, "default_type", m.present ? memstat_mtrr_type_name(m.def_type & 0xff) : NULL);
	j_bool(j, "enabled", m.def_type >> 11 & 1);
	j_u32(j, "variable_ranges", m.count);
	j_str(j, "not_trimmed_because", m.decision);
	j_u64(j, "trimmed_bytes", m.trimmed_bytes);
	j_array(j, "ranges");
	for (u32 i = 0; i < m.count; i++) {
		struct memstat_mtrr_range r;

		memstat_mtrr_range(i, &r);
		if (!r.bytes)
			continue;
		j_object(j, NULL);
		j_u32(j, "register", i);
		j_hex(j, "start", r.base);
		j_hex(j, "end", r.base + r.bytes);
		j_str(j, "type", memstat_mtrr_type_name(r.type));
		j_end_object(j);
	}
	j_end_array(j);
	j_end_object(j);
}

static void hooks(struct json *j)
{
	j_array(j, "hooks");
	for (u32 i = 0; i < memstat_hook_count(); i++) {
		unsigned long function;
		char symbol[64];

		j_object(j, NULL);
		j_str(j, "name", memstat_hook(i, &function));
		j_hex(j, "address", function);
		symbol_format(symbol, sizeof(symbol), function);
		j_str(j, "function", symbol);
		j_end_object(j);
	}
	j_end_array(j);
}

void api_machine(struct writer *w)
{
	const struct firmware_state *f = &firmware_state;
	struct json j;

	j_begin(&j, w);
	j_object(&j, NULL);
	cpu(&j);
	local_apic(&j);
	interrupts(&j);
	machine_checks(&j);
	mtrr(&j);
	j_object(&j, "gap");
	j_hex(&j, "start", f->gap_start);
	j_hex(&j, "end", f->gap_start + f->gap_bytes);
	j_hex(&j, "devices_from", f->pci_mem_start);
	j_end_object(&j);
	hooks(&j);
	j_str(&j, "console", vga_describe());
	j_end_with_snapshot(&j);
}

/* ---- /api/v1/pci ---- */

static void region(struct json *j, const struct pci_region *r)
{
	static const char *const kinds[] = { "bar", "rom", "window" };

	j_object(j, NULL);
	j_str(j, "kind", kinds[r->kind]);
	if (r->kind == PCI_REGION_BAR)
		j_u32(j, "bar", r->index);
	j_str(j, "space", r->io ? "io" : "memory");
	j_hex(j, "start", r->res.start);
	j_hex(j, "end", r->res.end + 1);
	j_u64(j, "bytes", r->res.end - r->res.start + 1);
	j_bool(j, "is_64bit", r->is_64bit);
	j_bool(j, "prefetchable", r->prefetchable);
	j_bool(j, "entered", r->entered);
	j_end_object(j);
}

static void device(struct json *j, u32 index)
{
	const struct pci_device *d = pci_get_device(index);

	j_object(j, NULL);
	j_str(j, "address", d->name);
	j_hex(j, "vendor", d->vendor);
	j_hex(j, "device", d->device);
	j_hex(j, "subsystem_vendor", d->subsystem_vendor);
	j_hex(j, "subsystem", d->subsystem);
	j_hex(j, "class", (u32)d->class_code << 8 | d->prog_if);
	j_hex(j, "revision", d->revision);
	j_u32(j, "header_type", d->header_type);
	j_u32(j, "secondary_bus", d->secondary_bus);
	j_u32(j, "irq_line", d->irq_line);
	j_u32(j, "irq_pin", d->irq_pin);
	j_array(j, "regions");
	for (u32 i = 0; i < pci_region_count(); i++)
		if (pci_region(i)->device == index)
			region(j, pci_region(i));
	j_end_array(j);
	j_end_object(j);
}

void api_pci(struct writer *w)
{
	struct json j;

	j_begin(&j, w);
	j_object(&j, NULL);
	j_bool(&j, "present", pci_present());
	j_array(&j, "devices");
	for (u32 i = 0; i < pci_device_count(); i++)
		device(&j, i);
	j_end_array(&j);
	j_end_with_snapshot(&j);
}
