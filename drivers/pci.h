/*
 * PCI: finding devices and reading their configuration space by mechanism #1
 * (PCI Local Bus Specification 3.0, 3.2.2.3.2). Ports 0xCF8 and 0xCFC, one access at
 * a time; main loop and boot only.
 */
#ifndef DRIVERS_PCI_H
#define DRIVERS_PCI_H

#include "kernel/lib/types.h"
#include "mm/resource.h"

#define PCI_BARS 6
#define PCI_DEVICES_MAX 64 /* devices kept; pci_scan logs how many more there are */

/* Offsets in configuration space (PCI 3.0, 6.1). */
#define PCI_VENDOR_ID 0x00
#define PCI_COMMAND 0x04
#define PCI_STATUS 0x06
#define PCI_REVISION 0x08
#define PCI_HEADER_TYPE 0x0E
#define PCI_BAR0 0x10
#define PCI_SECONDARY_BUS 0x19
#define PCI_IO_WINDOW 0x1C
#define PCI_MEMORY_WINDOW 0x20
#define PCI_PREFETCH_WINDOW 0x24
#define PCI_SUBSYSTEM_VENDOR 0x2C
#define PCI_ROM 0x30
#define PCI_CAPABILITY_LIST 0x34
#define PCI_BRIDGE_ROM 0x38
#define PCI_INTERRUPT_LINE 0x3C

#define PCI_COMMAND_IO 0x0001
#define PCI_COMMAND_MEMORY 0x0002
#define PCI_COMMAND_MASTER 0x0004
#define PCI_COMMAND_INTX_OFF 0x0400
#define PCI_STATUS_CAP_LIST 0x0010

#define PCI_CAP_ID_VENDOR 0x09

struct pci_device {
	u8 bus, slot, func;
	u16 vendor, device;
	u16 subsystem_vendor, subsystem;
	u16 class_code; /* class << 8 | subclass */
	u8 prog_if, revision;
	u8 header_type;	  /* without the multi-function bit */
	u8 irq_line;	  /* as the firmware assigned it; 0 or 255: none */
	u8 irq_pin;	  /* 1 to 4: INTA to INTD; 0: none */
	u8 secondary_bus; /* of a bridge: the bus behind it; 0 otherwise */
	char name[13];	  /* "0000:00:03.0" */
};

struct pci_bar {
	phys_addr_t base; /* 0: not assigned */
	phys_addr_t size; /* bytes; 0: not implemented */
	bool io;
	bool is_64bit;
	bool prefetchable;
};

/* What a region of a device is. */
enum pci_region_kind { PCI_REGION_BAR, PCI_REGION_ROM, PCI_REGION_WINDOW };

/* A range that a device or a bridge decodes, and its place in the trees of resources. */
struct pci_region {
	struct resource res;
	char name[16]; /* "PCI Bus 0000:01" of a window; a BAR has its device's name */
	u8 device;     /* index of pci_get_device */
	u8 kind;       /* enum pci_region_kind */
	u8 index;      /* 0 to 5 of a BAR */
	bool io, is_64bit, prefetchable;
	bool entered; /* it is in /proc/ioports or /proc/iomem */
};

#define PCI_REGIONS_MAX 128

/* Walks all buses reachable from bus 0 and keeps what is there. (W-135) */
void pci_scan(void);

/* Asks for configuration mechanism #1; any number of times. */
bool pci_probe_mechanism(void);

/* What that has found: false if the machine has none. */
bool pci_present(void);

/* Devices kept. => index < pci_device_count() */
u32 pci_device_count(void);
const struct pci_device *pci_get_device(u32 index);

/* The regions found. => i < pci_region_count() */
u32 pci_region_count(void);
const struct pci_region *pci_region(u32 i);

u8 pci_read8(const struct pci_device *dev, u8 offset);
u16 pci_read16(const struct pci_device *dev, u8 offset);
u32 pci_read32(const struct pci_device *dev, u8 offset);
void pci_write16(const struct pci_device *dev, u8 offset, u16 value);
void pci_write32(const struct pci_device *dev, u8 offset, u32 value);

/*
 * Reads base address register `index` with its size. A 64-bit register takes the next one too.
 * Decoding is switched off for a moment: only for devices that nothing uses yet. Returns 0 or
 * -ENODEV if the register is not implemented. => index < PCI_BARS
 */
int pci_read_bar(const struct pci_device *dev, u32 index, struct pci_bar *bar);

/* The same for the register of a device's ROM. Returns 0 or -ENODEV. Boot only. */
int pci_read_rom(const struct pci_device *dev, u8 offset, struct pci_bar *bar);

/* Offset of the first capability `id` after `previous` (0: from the start), 0 if there is none. */
u8 pci_find_capability(const struct pci_device *dev, u8 id, u8 previous);

/* Switches on I/O and memory decoding and bus mastering, and INTx. */
void pci_enable(const struct pci_device *dev);

#endif
