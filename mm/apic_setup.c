/*
 * The interrupt controllers' registers, through the fixmap (see apic_setup.h; kernel/x86/apic.h).
 *
 *	IA32_APIC_BASE, MADT or MP table  ->  0xFEE00000  ->  FIX_APIC_BASE
 *	MADT, else MP table               ->  0xFEC00000  ->  FIX_IO_APIC_BASE_0 ...
 *
 * The pages are mapped uncached and stay so. Nothing is written to a local APIC: the firmware's
 * set-up, which lets the 8259s through, is the one that this kernel runs on.
 *
 * Boot only, interrupts off.
 *
 * Difference from the documents: without a local APIC no page of RAM is mapped in its place, since
 * nothing reads registers without asking whether they are there.
 */
#include "mm/apic_setup.h"

#include "kernel/firmware/irq_tables.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/apic.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/msr.h"
#include "mm/fixmap.h"
#include "mm/resource.h"

#define ISA_IRQS 16
#define FLAT_CPUS_MAX 8
#define IOAPIC_BYTES 1024u

BUILD_BUG_ON(MAX_IO_APICS != IO_APICS_MAX || MAX_IO_APICS != FW_IOAPICS_MAX);

static struct resource apic_resources[1 + IO_APICS_MAX];

void __init generic_apic_probe(void)
{
	if (!cpu_has(CPU_APIC)) {
		stage_note("no local APIC to drive: 8259");
		return;
	}
	apic_state.driver = "default";
	stage_note("driver \"default\" fits up to %u processors; delivery stays with the 8259s",
		   FLAT_CPUS_MAX);
}

static void __init enter(struct resource *r, const char *name, u32 phys, u32 bytes)
{
	*r = (struct resource){ .start = phys, .end = (u64)phys + bytes - 1, .name = name };
	if (insert_resource(&iomem_resource, r))
		pr_warn("apic: %s [%#x, +%#x) overlaps another range", name, phys, bytes);
}

static void __init map_local_apic(void)
{
	struct apic_state *a = &apic_state;
	u32 said = madt_table.valid ? madt_table.lapic_address : mp_table.lapic_address;

	if (!cpu_has(CPU_APIC) || !cpu_has(CPU_MSR)) {
		a->why_not = boot_cpu_data.features >> CPU_APIC & 1 ? "switched off"
								    : "the processor has none";
	} else {
		a->base_msr = rdmsr(MSR_APIC_BASE);
		if (!(a->base_msr & APIC_BASE_ENABLED) || a->base_msr >> 32)
			a->why_not = "the firmware left it switched off";
	}
	if (a->why_not) {
		stage_note("local APIC: not mapped: %s", a->why_not);
		return;
	}
	a->phys = (u32)a->base_msr & PTE_FRAME_MASK;
	if (said && said != a->phys)
		pr_warn("apic: the firmware's table says %#x, the processor %#x", said, a->phys);
	set_fixmap_nocache(FIX_APIC_BASE, a->phys);
	a->regs = (const volatile u8 *)fix_to_virt(FIX_APIC_BASE);
	enter(&apic_resources[0], "Local APIC", a->phys, PAGE_SIZE);
	stage_note("local APIC %u at %#x, mapped at %#lx: version register %#x",
		   apic_read(APIC_ID) >> 24, a->phys, fix_to_virt(FIX_APIC_BASE),
		   apic_read(APIC_VERSION));
}

static const char ioapic_names[IO_APICS_MAX][9] = { "IOAPIC 0", "IOAPIC 1", "IOAPIC 2",
						    "IOAPIC 3" };

static void __init map_io_apic(const struct fw_ioapic *fw)
{
	struct ioapic_state *s = &ioapic_state[ioapic_count];
	u32 version;

	if (!fw->enabled || !fw->address || fw->address & (IOAPIC_BYTES - 1)) {
		stage_note("I/O APIC %u at %#x: not used", fw->id, fw->address);
		return;
	}
	set_fixmap_nocache(FIX_IO_APIC_BASE_0 + ioapic_count, fw->address & PTE_FRAME_MASK);
	*s = (struct ioapic_state){ .phys = fw->address,
				    .gsi_base = fw->gsi_base,
				    .regs = (volatile u8 *)fix_to_virt(FIX_IO_APIC_BASE_0 +
								       ioapic_count) +
					    (fw->address & ~PAGE_MASK) };
	version = ioapic_read(s, 1);
	s->id = (u8)(ioapic_read(s, 0) >> 24 & 15);
	s->version = (u8)version;
	s->pins = version == ~0u ? 0 : (u16)((version >> 16 & 0xff) + 1);
	enter(&apic_resources[1 + ioapic_count], ioapic_names[ioapic_count], s->phys, IOAPIC_BYTES);
	stage_note("I/O APIC %u at %#x, mapped at %p: version register %#x, %u pins", s->id,
		   s->phys, (const void *)(unsigned long)s->regs, version, s->pins);
	ioapic_count++;
}

static void __init probe_nr_irqs_gsi(void)
{
	nr_irqs_gsi = ISA_IRQS;
	for (u32 i = 0; i < ioapic_count; i++)
		nr_irqs_gsi = max(nr_irqs_gsi, ioapic_state[i].gsi_base + ioapic_state[i].pins);
	stage_note("nr_irqs_gsi = %u, of which the 8259s give %u", nr_irqs_gsi, ISA_IRQS);
}

void __init init_apic_mappings(void)
{
	const struct irq_table *t = madt_table.valid && madt_table.ioapics ? &madt_table
									   : &mp_table;

	map_local_apic();
	if (!apic_state.why_not)
		for (u32 i = 0; i < t->ioapics; i++)
			map_io_apic(&t->ioapic[i]);
	if (!ioapic_count)
		stage_note("no I/O APIC");
	probe_nr_irqs_gsi();
}
