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
 * guards against bridges that point back). Base addresses are sized once, after the walk, while
 * nothing is under way: sizing switches a device's decoding off for a moment. A host bridge keeps
 * its decoding, since what it decodes may be all there is.
 *
 * Interrupt rule: never called from a handler; the address and data ports form one
 * transaction that nothing may come between.
 */
#include "drivers/pci.h"

#include <stdio.h>

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

#define PCI_ROM_ADDRESS 0xFFFFF800u
#define PCI_BAR_IO 0x1u
#define PCI_BAR_TYPE_MASK 0x6u
#define PCI_BAR_TYPE_64 0x4u
#define PCI_BAR_PREFETCH 0x8u

static struct pci_device devices[PCI_DEVICES_MAX];
static u32 device_count, devices_dropped;
static u32 bus_visited[256 / 32];
static bool mechanism_present;
static struct pci_region regions[PCI_REGIONS_MAX];
static u32 region_count, regions_dropped;

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

	snprintf(dev.name, sizeof(dev.name), "0000:%02x:%02x.%x", dev.bus, dev.slot, dev.func);
	if (dev.header_type == PCI_HEADER_BRIDGE)
		dev.secondary_bus = pci_read8(&dev, PCI_SECONDARY_BUS);
	if (device_count == PCI_DEVICES_MAX)
		devices_dropped++;
	else
		devices[device_count++] = dev;
	pr_debug("pci %02x:%02x.%x: %04x:%04x class %04x irq %u\n", dev.bus, dev.slot, dev.func,
		 dev.vendor, dev.device, dev.class_code, dev.irq_pin ? dev.irq_line : 0);
	if (dev.secondary_bus)
		scan_bus(dev.secondary_bus);
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

bool pci_probe_mechanism(void)
{
	outl(PCI_ENABLE_BIT, PCI_ADDRESS_PORT);
	mechanism_present = inl(PCI_ADDRESS_PORT) == PCI_ENABLE_BIT;
	return mechanism_present;
}

/* ---- Regions ---- */

static void __init add_region(struct pci_region *r, u64 start, u64 bytes)
{
	struct pci_region *kept = &regions[region_count];
	struct resource *root = r->io ? &ioport_resource : &iomem_resource;

	if (region_count == PCI_REGIONS_MAX) {
		regions_dropped++;
		return;
	}
	region_count++;
	*kept = *r;
	kept->res = (struct resource){ .start = start,
				       .end = start + bytes - 1,
				       .name = *kept->name ? kept->name : devices[r->device].name };
	if (!start) /* not assigned */
		return;
	kept->entered = !insert_resource(root, &kept->res);
	if (!kept->entered && start < SZ_4G)
		pr_warn("pci: %s: [%#llx, +%#llx) overlaps another range\n", kept->res.name, start,
			bytes);
}

static void __init add_bars(u8 index, u32 bars, u8 rom_offset)
{
	const struct pci_device *dev = &devices[index];
	struct pci_region r = { .device = index };
	struct pci_bar bar;

	for (u8 i = 0; i < bars; i++) {
		if (pci_read_bar(dev, i, &bar))
			continue;
		r.index = i;
		r.io = bar.io;
		r.is_64bit = bar.is_64bit;
		r.prefetchable = bar.prefetchable;
		add_region(&r, bar.base, bar.size);
		i += bar.is_64bit;
	}
	r = (struct pci_region){ .device = index, .kind = PCI_REGION_ROM };
	if (!pci_read_rom(dev, rom_offset, &bar))
		add_region(&r, bar.base, bar.size);
}

/* What a bridge passes on: base and limit hold address bits 12 (I/O) or 20 (memory) and up. */
static void __init add_windows(u8 index)
{
	const struct pci_device *dev = &devices[index];
	u32 io = pci_read32(dev, PCI_IO_WINDOW), memory = pci_read32(dev, PCI_MEMORY_WINDOW);
	u32 pref = pci_read32(dev, PCI_PREFETCH_WINDOW);
	struct pci_region r = { .device = index, .kind = PCI_REGION_WINDOW, .io = true };
	u64 start = (io & 0xf0) << 8, end = (io & 0xf000) + 0x1000;

	snprintf(r.name, sizeof(r.name), "PCI Bus 0000:%02x", dev->secondary_bus);
	if (start && start < end)
		add_region(&r, start, end - start);
	r.io = false;
	start = (memory & 0xfff0) << 16;
	end = (u64)(memory & 0xfff00000) + SZ_1M;
	if (start && start < end)
		add_region(&r, start, end - start);
	r.prefetchable = true;
	start = (pref & 0xfff0) << 16;
	end = (u64)(pref & 0xfff00000) + SZ_1M;
	r.is_64bit = (pref & 15) == 1;
	if (r.is_64bit) {
		start |= (u64)pci_read32(dev, PCI_PREFETCH_WINDOW + 4) << 32;
		end += (u64)pci_read32(dev, PCI_PREFETCH_WINDOW + 8) << 32;
	}
	if (start && start < end)
		add_region(&r, start, end - start);
}

static void __init find_regions(void)
{
	for (u32 i = 0; i < device_count; i++) {
		if (devices[i].header_type == PCI_HEADER_BRIDGE) {
			add_windows((u8)i);
			add_bars((u8)i, 2, PCI_BRIDGE_ROM);
		} else if (devices[i].header_type == 0) {
			add_bars((u8)i, PCI_BARS, PCI_ROM);
		}
	}
	if (regions_dropped)
		pr_warn("pci: %u regions beyond the table\n", regions_dropped);
}

void __init pci_scan(void)
{
	if (!pci_probe_mechanism()) {
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
	find_regions();
	pr_info("pci: %u devices, %u beyond the table\n", device_count, devices_dropped);
	stage_note("pci: %u devices, %u regions", device_count, region_count);
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

u32 pci_region_count(void)
{
	return region_count;
}

const struct pci_region *pci_region(u32 i)
{
	BUG_ON(i >= region_count);
	return &regions[i];
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

static void decode_off(const struct pci_device *dev, u16 command)
{
	if (dev->class_code != PCI_CLASS_HOST)
		pci_write16(dev, PCI_COMMAND,
			    command & (u16) ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
}

int pci_read_bar(const struct pci_device *dev, u32 index, struct pci_bar *bar)
{
	u8 offset = (u8)(PCI_BAR0 + 4 * index);
	u16 command = pci_read16(dev, PCI_COMMAND);
	u32 low, low_mask;
	u64 mask;

	BUG_ON(index >= PCI_BARS);
	*bar = (struct pci_bar){ 0 };
	decode_off(dev, command);
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

int __init pci_read_rom(const struct pci_device *dev, u8 offset, struct pci_bar *bar)
{
	u16 command = pci_read16(dev, PCI_COMMAND);
	u32 old = pci_read32(dev, offset), mask;

	decode_off(dev, command);
	pci_write32(dev, offset, PCI_ROM_ADDRESS); /* all of the address, and not enabled */
	mask = pci_read32(dev, offset) & PCI_ROM_ADDRESS;
	pci_write32(dev, offset, old);
	pci_write16(dev, PCI_COMMAND, command);
	if (!mask)
		return -ENODEV;
	*bar = (struct pci_bar){ .base = old & PCI_ROM_ADDRESS, .size = -mask };
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
