/*
 * PCI before there is a list of devices (W-20, W-82).
 */
#ifndef DRIVERS_PCI_EARLY_H
#define DRIVERS_PCI_EARLY_H

/* W-20: with pci=earlydump the configuration space of every function, 256 bytes each, to the log. */
void early_dump_pci_devices(void);

/* W-82: looks on bus 0 for the chipsets that the documented kernel works around. */
void early_quirks(void);

/* pci=earlydump: 0, or -EINVAL for another value. */
int parse_pci(const char *value);

#endif
