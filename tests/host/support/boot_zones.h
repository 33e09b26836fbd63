/*
 * Brings memory up to the buddy system the real way, from a memory map: setup_memory_map, trimming,
 * low memory, registration, zones, zonelists, release (W-10 to W-103), all of it mm/'s own code.
 * Only page tables are left out: low memory counts as mapped.
 */
#ifndef TESTS_HOST_SUPPORT_BOOT_ZONES_H
#define TESTS_HOST_SUPPORT_BOOT_ZONES_H

#include "mm/check.h"
#include "mm/e820.h"
#include "mm/page_alloc.h"

/* RAM [0, 0x9FC00) and [1 MiB, end); the image at [1 MiB, 2 MiB) is reserved. `end` in bytes. */
void host_boot_ram(u64 end);

/* The same stages for any map. */
void host_boot_map(const struct e820entry *map, u32 count);

/* The stages up to the zonelists, and the release, in two steps. */
void host_boot_to_zones(const struct e820entry *map, u32 count);
void host_boot_release(void);

/* Options parsed after setup_memory_map, e.g. "mem=16M" or "memmap=4M@64M"; before host_boot_*. */
void host_boot_option(const char *name, const char *value);

/* W-123 and W-135: what comes after mem_init. */
void host_boot_finish(void);

struct zone *host_zone(enum zone_type type);

/* Fails the test with the first disagreement unless descriptors, lists, zones and map agree. */
void host_check_pages(void);

/* The first disagreement of memstat_check()'s page part, or NULL; the record is static. */
const struct memstat_disagreement *host_first_disagreement(u32 *count);

#endif

/* RAM that an option adds answers below this address from now on; ~0: all of it does. */
void host_ram_answers_below(phys_addr_t end);
