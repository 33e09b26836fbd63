/*
 * PCI configuration space and the list of devices.
 *
 * The scan starts at bus 0, follows the bridges that the firmware has set up
 * (secondary bus numbers are taken as they are), and, where the host bridge is a
 * multi-function device, the root bus of each of its functions. Walking the tree
 * instead of all 256 buses matters: an access costs about a microsecond under
 * emulation, and there are 65536 function addresses.
 *
 * Invariants: a device is in the table once; buses are visited at most once (a bitmap
 * guards against bridges that point back). Base addresses are sized only on request of
 * the device's driver, because sizing switches decoding off for a moment, and a screen
 * or a firmware device may be in use.
 *
 * Interrupt rule: never called from a handler; the address and data ports form one
 * transaction that nothing may come between.
 */
#include "drivers/pci.h"

#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/io.h"

#define PCI_ADDRESS_PORT 0xCF8
#define PCI_DATA_PORT 0xCFC
#define PCI_ENABLE_BIT 0x80000000u

#define PCI_HEADER_MULTI 0x80
#define PCI_HEADER_BRIDGE 1
#define PCI_CLASS_HOST 0x0600
#define PCI_NO_VENDOR 0xFFFF
#define PCI_SLOTS 32
#define PCI_FUNCS 8
#define PCI_CAPS_MAX 48 /* 192 bytes of list space, 4 bytes each: more is a loop */

#define PCI_BAR_IO 0x1u
#define PCI_BAR_TYPE_MASK 0x6u
#define PCI_BAR_TYPE_64 0x4u
#define PCI_BAR_PREFETCH 0x8u

static struct pci_device devices[PCI_DEVICES_MAX];
static u32 device_count, devices_dropped;
static u32 bus_visited[256 / 32];
static bool mechanism_present;

static u32 config_address(const struct pci_device *dev, u8 offset)
{
	return PCI_ENABLE_BIT | (u32)dev->bus << 16 | (u32)dev->slot << 11 | (u32)dev->func << 8 |
	       (offset & 0xFCu);
}

u32 pci_read32(const struct pci_device *dev, u8 offset)
{
	outl(config_address(dev, offset), PCI_ADDRESS_PORT);
	return inl(PCI_DATA_PORT);
}

u16 pci_read16(const struct pci_device *dev, u8 offset)
{
	return (u16)(pci_read32(dev, offset) >> (offset & 2) * 8);
}

u8 pci_read8(const struct pci_device *dev, u8 offset)
{
	return (u8)(pci_read32(dev, offset) >> (offset & 3) * 8);
}

void pci_write32(const struct pci_device *dev, u8 offset, u32 value)
{
	outl(config_address(dev, offset), PCI_ADDRESS_PORT);
	outl(value, PCI_DATA_PORT);
}

/* A true 16-bit access: writing the whole word would clear bits of the status register. */
void pci_write16(const struct pci_device *dev, u8 offset, u16 value)
{
	outl(config_address(dev, offset), PCI_ADDRESS_PORT);
	outw(value, PCI_DATA_PORT + (offset & 2));
}

static void scan_bus(u8 bus);

static void keep_device(const struct pci_device *found)
{
	struct pci_device dev = *found;
	u32 word = pci_read32(&dev, PCI_REVISION);

	dev.revision = (u8)word;
	dev.prog_if = (u8)(word >> 8);
	dev.class_code = (u16)(word >> 16);
	if (dev.header_type == 0) {
		word = pci_read32(&dev, PCI_SUBSYSTEM_VENDOR);
		dev.subsystem_vendor = (u16)word;
		dev.subsystem = (u16)(word >> 16);
	}
	word = pci_read32(&dev, PCI_INTERRUPT_LINE);
	dev.irq_line = (u8)word;
	dev.irq_pin = (u8)(word >> 8);

	if (device_count == PCI_DEVICES_MAX)
		devices_dropped++;
	else
		devices[device_count++] = dev;
	pr_debug("pci %02x:%02x.%x: %04x:%04x class %04x irq %u\n", dev.bus, dev.slot, dev.func,
		 dev.vendor, dev.device, dev.class_code, dev.irq_pin ? dev.irq_line : 0);
	if (dev.header_type == PCI_HEADER_BRIDGE) {
		u8 secondary = pci_read8(&dev, PCI_SECONDARY_BUS);

		if (secondary)
			scan_bus(secondary);
	}
}

/* One function. Returns true if it is there; *multi says whether its slot may have others. */
static bool scan_function(u8 bus, u8 slot, u8 func, bool *multi)
{
	struct pci_device dev = { .bus = bus, .slot = slot, .func = func };
	u32 id = pci_read32(&dev, PCI_VENDOR_ID);
	u8 type;

	dev.vendor = (u16)id;
	dev.device = (u16)(id >> 16);
	if (dev.vendor == PCI_NO_VENDOR || dev.vendor == 0)
		return false;
	type = pci_read8(&dev, PCI_HEADER_TYPE);
	dev.header_type = type & (u8)~PCI_HEADER_MULTI;
	*multi = type & PCI_HEADER_MULTI;
	keep_device(&dev);
	return true;
}

static void scan_bus(u8 bus)
{
	if (bus_visited[bus / 32] & 1u << bus % 32)
		return;
	bus_visited[bus / 32] |= 1u << bus % 32;

	for (u8 slot = 0; slot < PCI_SLOTS; slot++) {
		bool multi = false, ignored;

		if (!scan_function(bus, slot, 0, &multi) || !multi)
			continue;
		for (u8 func = 1; func < PCI_FUNCS; func++)
			scan_function(bus, slot, func, &ignored);
	}
}

void pci_scan(void)
{
	outl(PCI_ENABLE_BIT, PCI_ADDRESS_PORT);
	mechanism_present = inl(PCI_ADDRESS_PORT) == PCI_ENABLE_BIT;
	if (!mechanism_present) {
		stage_note("no PCI configuration mechanism #1");
		return;
	}
	scan_bus(0);
	/* Functions of device 0 beside the first are host bridges of further root buses. */
	for (u32 i = 0; i < device_count; i++) {
		if (devices[i].bus == 0 && devices[i].slot == 0 && devices[i].func != 0 &&
		    devices[i].class_code == PCI_CLASS_HOST)
			scan_bus(devices[i].func);
	}
	pr_info("pci: %u devices, %u beyond the table\n", device_count, devices_dropped);
	stage_note("pci: %u devices", device_count);
}

bool pci_present(void)
{
	return mechanism_present;
}

u32 pci_device_count(void)
{
	return device_count;
}

const struct pci_device *pci_get_device(u32 index)
{
	BUG_ON(index >= device_count);
	return &devices[index];
}

/* What the register holds while all address bits are written as ones, then restored. */
static u32 probe_bar(const struct pci_device *dev, u8 offset)
{
	u32 old = pci_read32(dev, offset);
	u32 mask;

	pci_write32(dev, offset, ~0u);
	mask = pci_read32(dev, offset);
	pci_write32(dev, offset, old);
	return mask;
}

int pci_read_bar(const struct pci_device *dev, u32 index, struct pci_bar *bar)
{
	u8 offset = (u8)(PCI_BAR0 + 4 * index);
	u16 command = pci_read16(dev, PCI_COMMAND);
	u32 low, low_mask;
	u64 mask;

	BUG_ON(index >= PCI_BARS);
	*bar = (struct pci_bar){ 0 };
	pci_write16(dev, PCI_COMMAND, command & (u16) ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
	low = pci_read32(dev, offset);
	low_mask = probe_bar(dev, offset);
	bar->io = low & PCI_BAR_IO;
	if (bar->io) {
		/* Devices may leave the upper half of an I/O register at zero. */
		mask = (low_mask & ~0x3u) | 0xFFFFFFFFFFFF0000ull;
		bar->base = low & ~0x3u;
	} else {
		bar->is_64bit = (low & PCI_BAR_TYPE_MASK) == PCI_BAR_TYPE_64;
		bar->prefetchable = low & PCI_BAR_PREFETCH;
		mask = (low_mask & ~0xFu) | 0xFFFFFFFF00000000ull;
		bar->base = low & ~0xFu;
		if (bar->is_64bit && index + 1 < PCI_BARS) {
			mask = (u32)mask | (u64)probe_bar(dev, offset + 4) << 32;
			bar->base |= (u64)pci_read32(dev, offset + 4) << 32;
		}
	}
	pci_write16(dev, PCI_COMMAND, command);
	if (low_mask == 0)
		return -ENODEV;
	bar->size = ~mask + 1;
	return 0;
}

u8 pci_find_capability(const struct pci_device *dev, u8 id, u8 previous)
{
	u8 offset;

	if (!(pci_read16(dev, PCI_STATUS) & PCI_STATUS_CAP_LIST))
		return 0;
	offset = pci_read8(dev, previous ? previous + 1 : PCI_CAPABILITY_LIST) & 0xFC;
	for (u32 i = 0; i < PCI_CAPS_MAX && offset >= 0x40; i++) {
		u16 header = pci_read16(dev, offset);

		if ((u8)header == id)
			return offset;
		offset = (u8)(header >> 8) & 0xFC;
	}
	return 0;
}

void pci_enable(const struct pci_device *dev)
{
	u16 command = pci_read16(dev, PCI_COMMAND);

	command |= PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	command &= (u16)~PCI_COMMAND_INTX_OFF;
	pci_write16(dev, PCI_COMMAND, command);
}
