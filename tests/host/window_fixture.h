/*
 * Early windows for tests that read or copy through them: the arena itself, since the host has no page
 * tables to change. Sizes and the number of open windows are checked as the real ones check them. The
 * program is linked with --wrap for the three calls (rules.mk).
 */
#ifndef TESTS_HOST_WINDOW_FIXTURE_H
#define TESTS_HOST_WINDOW_FIXTURE_H

#include "mm/fixmap.h"
#include "support/host.h"

static unsigned windows_open, windows_opened;
static unsigned windows_fail_at; /* the n-th window is refused; 0: none */

void *__wrap_early_memremap(phys_addr_t phys, unsigned long size);
void __wrap_early_iounmap(void *virt, unsigned long size);

void *__wrap_early_memremap(phys_addr_t phys, unsigned long size)
{
	unsigned long pages = PFN_UP(phys + size) - PFN_DOWN(phys);

	assert_true(size && phys + size <= host_ram_bytes && pages <= NR_FIX_BTMAPS);
	if (++windows_opened == windows_fail_at)
		return NULL;
	assert_true(++windows_open <= FIX_BTMAPS_SLOTS);
	return __va(phys);
}

void __wrap_early_iounmap(void *virt, unsigned long size)
{
	assert_true(virt && size && windows_open);
	windows_open--;
}

#endif
