/*
 * PCI before there is a list of devices (see pci_early.h): configuration space needs nothing but two
 * ports, so that it can be looked at before any memory is set up.
 *
 * The quirks of the documents concern the I/O APIC's timer pin, HyperTransport and I/O memory
 * management units. None of these is used here, so that a chipset which is found is named and nothing
 * is changed.
 *
 * Boot only, interrupts off.
 */
#include "drivers/pci_early.h"

#include <string.h>

#include "drivers/pci.h"
#include "kernel/lib/errno.h"
#include "kernel/printk.h"
#include "kernel/stage.h"

#define ANY_DEVICE 0xffff
#define CLASS_HOST 0x0600
#define CLASS_PCI_BRIDGE 0x0604
#define CLASS_SMBUS 0x0c05

static bool dump;

int __init parse_pci(const char *value)
{
	dump = !strcmp(value, "earlydump");
	return dump ? 0 : -EINVAL;
}

/* Calls fn for every function of a bus that is there; returns how many. */
static u32 __init each_function(u8 bus, void (*fn)(const struct pci_device *dev))
{
	u32 found = 0;

	for (u8 slot = 0; slot < 32; slot++) {
		u8 funcs = 1;

		for (u8 func = 0; func < funcs; func++) {
			struct pci_device dev = { .bus = bus, .slot = slot, .func = func };
			u32 id = pci_read32(&dev, PCI_VENDOR_ID);

			if ((u16)id == 0xffff || !(u16)id)
				continue;
			dev.vendor = (u16)id;
			dev.device = (u16)(id >> 16);
			dev.class_code = (u16)(pci_read32(&dev, PCI_REVISION) >> 16);
			if (!func && pci_read8(&dev, PCI_HEADER_TYPE) & 0x80)
				funcs = 8;
			fn(&dev);
			found++;
		}
	}
	return found;
}

static void __init dump_function(const struct pci_device *dev)
{
	pr_info("pci 0000:%02x:%02x.%x config space:", dev->bus, dev->slot, dev->func);
	for (u32 at = 0; at < 256; at += 16)
		pr_info("  %02x: %08x %08x %08x %08x", at, pci_read32(dev, (u8)at),
			pci_read32(dev, (u8)(at + 4)), pci_read32(dev, (u8)(at + 8)),
			pci_read32(dev, (u8)(at + 12)));
}

void __init early_dump_pci_devices(void)
{
	u32 functions = 0;

	if (!dump || !pci_probe_mechanism()) {
		stage_note(dump ? "no PCI configuration mechanism #1"
				: "not asked for with pci=earlydump");
		return;
	}
	for (u32 bus = 0; bus < 256; bus++)
		functions += each_function((u8)bus, dump_function);
	stage_note("%u functions on 256 buses, 256 bytes of each in the log", functions);
}

static u32 quirks_found __initdata;

static void __init check_quirk(const struct pci_device *dev)
{
	static const struct {
		u16 vendor, device, class_code;
		const char *name;
	} quirks[] __initconst = {
		{ 0x10de, ANY_DEVICE, CLASS_PCI_BRIDGE, "nvidia_bugs" },
		{ 0x1106, ANY_DEVICE, CLASS_PCI_BRIDGE, "via_bugs" },
		{ 0x1022, 0x1100, CLASS_HOST, "fix_hypertransport_config" },
		{ 0x1002, 0x4372, CLASS_SMBUS, "ati_bugs" },
		{ 0x1002, 0x4385, CLASS_SMBUS, "ati_bugs_contd" },
	};

	if (dev->class_code == CLASS_HOST)
		stage_note("host bridge %04x:%04x", dev->vendor, dev->device);
	for (u32 i = 0; i < ARRAY_SIZE(quirks); i++) {
		if (dev->vendor != quirks[i].vendor || dev->class_code != quirks[i].class_code ||
		    (quirks[i].device != ANY_DEVICE && dev->device != quirks[i].device))
			continue;
		quirks_found++;
		stage_note("%04x:%04x: %s: concerns what is not used here", dev->vendor,
			   dev->device, quirks[i].name);
	}
}

void __init early_quirks(void)
{
	u32 functions;

	if (!pci_probe_mechanism()) {
		stage_note("no PCI configuration mechanism #1");
		return;
	}
	functions = each_function(0, check_quirk);
	stage_note("%u functions on bus 0 compared with nvidia_bugs, via_bugs, "
		   "fix_hypertransport_config, ati_bugs, ati_bugs_contd: %u found",
		   functions, quirks_found);
}
