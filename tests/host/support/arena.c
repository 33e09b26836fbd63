/*
 * The arena that stands for physical memory. Pages without access lie on both sides, so that a
 * physical address outside RAM ends the test; inside, addresses are checked by nobody but the
 * tests themselves, as on the real machine.
 */
#include <sys/mman.h>

#include "support/host.h"

unsigned char *host_ram;
unsigned long host_ram_bytes;
unsigned long host_ram_dirty_bytes = HOST_RAM_DIRTY_BYTES;

void host_ram_drop(void)
{
	if (host_ram)
		munmap(host_ram - PAGE_SIZE, round_up(host_ram_bytes, PAGE_SIZE) + 2 * PAGE_SIZE);
	host_ram = NULL;
}

void host_ram_setup(unsigned long bytes)
{
	unsigned long whole = round_up(bytes, PAGE_SIZE) + 2 * PAGE_SIZE;
	unsigned char *base;

	host_ram_drop();
	base = mmap((void *)(HOST_RAM_BASE - PAGE_SIZE), whole, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
	if (base != (unsigned char *)(HOST_RAM_BASE - PAGE_SIZE))
		fail_msg("no room for an arena of %lu bytes at %#lx", bytes, HOST_RAM_BASE);
	if (bytes && mprotect(base + PAGE_SIZE, whole - 2 * PAGE_SIZE, PROT_READ | PROT_WRITE))
		fail_msg("mprotect of the arena failed");
	host_ram = base + PAGE_SIZE;
	host_ram_bytes = bytes;
	memset(host_ram, HOST_RAM_DIRT, min(bytes, host_ram_dirty_bytes));
}
