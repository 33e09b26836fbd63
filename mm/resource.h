/*
 * The tree of physical address ranges by use (W-16, W-83, W-84): /proc/iomem.
 */
#ifndef MM_RESOURCE_H
#define MM_RESOURCE_H

#include "kernel/lib/types.h"

struct resource {
	u64 start, end; /* bytes, end INCLUSIVE, as the documents and /proc/iomem have it */
	const char *name;
	bool busy;
	struct resource *parent, *sibling, *child; /* siblings ascend */
};

extern struct resource iomem_resource;	/* the root: all of 32-bit physical space */
extern struct resource ioport_resource; /* the root of the ports: [0, 0xFFFF] */
extern u32 memory_resources;		/* how many are linked below iomem_resource */

/*
 * Inserts r below parent at the deepest place that holds it; what it covers wholly becomes its
 * children. Returns 0, or -EBUSY if it overlaps another only in part. The caller keeps r. W-16
 */
int insert_resource(struct resource *parent, struct resource *r);

/* W-16: code, data and bss of the image: bounds set early, inserted after the options. */
void kernel_resources(void);
void insert_kernel_resources(void);

/* W-82: the video memory, and the ports that every PC has; then those of this kernel's own drivers. */
void reserve_standard_io_resources(void);

/* W-83: a resource for each entry of e820 that ends below 4 GiB. => alloc_bootmem works */
void e820_reserve_resources(void);

/* W-84: the largest unused gap below 4 GiB, where PCI devices could be put. */
void e820_setup_gap(void);
/* The search alone: looks at gaps that end below `limit`; keeps what is there if none is larger. */
bool e820_search_gap(u64 limit, u64 *gap_start, u64 *gap_size);
extern u64 pci_mem_start; /* W-84's result, rounded up away from RAM */

#endif
