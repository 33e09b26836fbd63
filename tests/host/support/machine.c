/*
 * Interrupt lines, the screen and the PCI bus, for the texts of web/: a machine with a timer on line 0
 * and a device on line 11. A test changes host_machine.
 */
#include "support/machine.h"

#include "kernel/vga.h"
#include "kernel/x86/irq.h"
#include "kernel/x86/traps.h"
#include "support/host.h"

struct host_machine host_machine = {
	.lines = { [0] = { { "timer" }, 43 }, [11] = { { "virtio0", "other" }, 5000000000ull } },
	.spurious = 2,
	.nmi = 1,
};

u64 irq_total(void)
{
	u64 total = 0;

	for (u32 i = 0; i < IRQ_LINES; i++)
		total += host_machine.lines[i].taken;
	return total;
}

u64 irq_count(unsigned int line)
{
	return host_machine.lines[line].taken;
}

u64 irq_spurious(void)
{
	return host_machine.spurious;
}

bool irq_masked(unsigned int line)
{
	return !host_machine.lines[line].names[0];
}

const char *irq_handler_name(unsigned int line, unsigned int i)
{
	return i < 2 ? host_machine.lines[line].names[i] : NULL;
}

u32 trap_nmi_count(void)
{
	return host_machine.nmi;
}

const char *vga_describe(void)
{
	return "no screen";
}

bool pci_present(void)
{
	return host_machine.devices;
}

u32 pci_device_count(void)
{
	return host_machine.devices;
}

const struct pci_device *pci_get_device(u32 index)
{
	assert_true(index < host_machine.devices);
	return &host_machine.device[index];
}

u32 pci_region_count(void)
{
	return host_machine.regions;
}

const struct pci_region *pci_region(u32 i)
{
	assert_true(i < host_machine.regions);
	return &host_machine.region[i];
}
