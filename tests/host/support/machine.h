/*
 * What support/machine.c answers with.
 */
#ifndef TESTS_HOST_SUPPORT_MACHINE_H
#define TESTS_HOST_SUPPORT_MACHINE_H

#include "drivers/pci.h"

struct host_machine {
	struct {
		const char *names[2];
		u64 taken;
	} lines[16];
	u64 spurious;
	u32 nmi;
	u32 devices, regions;
	struct pci_device device[2];
	struct pci_region region[4];
};

extern struct host_machine host_machine;

#endif
