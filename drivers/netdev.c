/*
 * The table of network drivers, and the search for the first NIC that one of them can
 * start. Why none was found is said in one line, naming the device if there was one:
 * that line becomes part of the ready line on serial.
 */
#include "drivers/netdev.h"

#include <stdio.h>

#include "drivers/pci.h"
#include "drivers/virtio_net.h"
#include "kernel/printk.h"

#define PCI_CLASS_NETWORK 0x02

static const struct {
	bool (*matches)(const struct pci_device *pci);
	struct netdev *(*start)(const struct pci_device *pci, const char **reason);
} drivers[] = {
	{ virtio_net_matches, virtio_net_start },
};

static struct netdev *try_device(const struct pci_device *pci, const char **reason)
{
	static char no_driver[64];

	for (u32 i = 0; i < ARRAY_SIZE(drivers); i++) {
		if (drivers[i].matches(pci))
			return drivers[i].start(pci, reason);
	}
	snprintf(no_driver, sizeof(no_driver), "no driver for the NIC %04x:%04x at %02x:%02x.%x",
		 pci->vendor, pci->device, pci->bus, pci->slot, pci->func);
	*reason = no_driver;
	return NULL;
}

struct netdev *netdev_probe(const char **reason)
{
	*reason = pci_present() ? "no network card" : "no PCI bus";
	for (u32 i = 0; i < pci_device_count(); i++) {
		const struct pci_device *pci = pci_get_device(i);
		struct netdev *dev;

		if (pci->class_code >> 8 != PCI_CLASS_NETWORK && !virtio_net_matches(pci))
			continue;
		dev = try_device(pci, reason);
		if (dev)
			return dev;
		pr_warn("%02x:%02x.%x: %s\n", pci->bus, pci->slot, pci->func, *reason);
	}
	return NULL;
}
