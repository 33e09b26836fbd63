/*
 * The rest of the kernel as far as the fuzz targets reach it: handlers of options that belong to
 * files which are not compiled here, and early windows, which on the host lead into the arena.
 */
#include "fuzz.h"
#include "kernel/boot/boot_info.h"
#include "kernel/job.h"
#include "kernel/lib/errno.h"
#include "mm/fixmap.h"
#include "support/host.h"

#define WEAK __attribute__((weak))

int parse_loglevel(const char *value);
int parse_noexec(const char *value);
int parse_pci(const char *value);

WEAK int parse_loglevel(const char *value)
{
	return *value ? 0 : -EINVAL;
}

WEAK int parse_noexec(const char *value)
{
	return *value ? 0 : -EINVAL;
}

WEAK int parse_pci(const char *value)
{
	return *value ? 0 : -EINVAL;
}

/* There is no main loop. */
WEAK void poller_register(struct poller *poller)
{
	(void)poller;
}

/* The loader's own copy of the line lies nowhere. */
WEAK void boot_info_wipe(u32 offset, u32 len)
{
	(void)offset;
	(void)len;
}

/* ---- Windows ---- */

/*
 * The real functions keep their books; what the caller gets is a copy, written back when the window
 * is closed. Outside the arena nothing answers.
 */
static struct {
	void *real;
	phys_addr_t phys;
} opened[FIX_BTMAPS_SLOTS];
static u8 copies[FIX_BTMAPS_SLOTS][NR_FIX_BTMAPS * PAGE_SIZE];

void *__real_early_memremap(phys_addr_t phys, unsigned long size);
void *__real_early_ioremap(phys_addr_t phys, unsigned long size);
void __real_early_iounmap(void *virt, unsigned long size);
void *__wrap_early_memremap(phys_addr_t phys, unsigned long size);
void *__wrap_early_ioremap(phys_addr_t phys, unsigned long size);
void __wrap_early_iounmap(void *virt, unsigned long size);

/* How many of the bytes lie in the arena. */
static unsigned long answering(phys_addr_t phys, unsigned long size)
{
	return phys < host_ram_bytes ? min(size, host_ram_bytes - (unsigned long)phys) : 0;
}

static void *give(void *real, phys_addr_t phys, unsigned long size)
{
	for (unsigned i = 0; i < ARRAY_SIZE(opened) && real; i++) {
		unsigned long n = answering(phys, size);

		if (opened[i].real)
			continue;
		opened[i].real = real;
		opened[i].phys = phys;
		if (n) /* else it may lie where no pointer does */
			memcpy(copies[i], __va(phys), n);
		memset(copies[i] + n, 0xFF, size - n);
		return copies[i];
	}
	return NULL;
}

void *__wrap_early_memremap(phys_addr_t phys, unsigned long size)
{
	return give(__real_early_memremap(phys, size), phys, size);
}

void *__wrap_early_ioremap(phys_addr_t phys, unsigned long size)
{
	return give(__real_early_ioremap(phys, size), phys, size);
}

void __wrap_early_iounmap(void *virt, unsigned long size)
{
	unsigned long i = (unsigned long)((u8 *)virt - copies[0]) / sizeof(copies[0]);

	if (i >= ARRAY_SIZE(opened) || virt != copies[i] || !opened[i].real)
		fuzz_fail("early_iounmap of %p, which is not open", virt);
	__real_early_iounmap(opened[i].real, size);
	if (answering(opened[i].phys, size))
		memcpy(__va(opened[i].phys), virt, answering(opened[i].phys, size));
	opened[i].real = NULL;
}
