/*
 * A machine brought up whole: from the loader's data to the allocators, by the sequence that the fuzz
 * targets use (tests/fuzz/boot.c). tests/host/rules.mk links its parts to the programs that include this.
 */
#ifndef TESTS_HOST_WHOLE_BOOT_H
#define TESTS_HOST_WHOLE_BOOT_H

#include "../fuzz/fuzz.h"
#include "kernel/boot/boot_info.h"
#include "kernel/cmdline.h"
#include "kernel/time.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/pgtable.h"
#include "support/host.h"

void fuzz_fail(const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fail_msg("%s", text);
	abort();
}

u64 cycles_at_entry(void)
{
	return 0;
}

/* A machine of `mib` MiB; `fill`, if not NULL, puts into the arena what firmware leaves there. */
static void boot(u32 mib, const char *line, void (*fill)(void))
{
	const struct boot_map_entry map[] = {
		{ 0, 0x9fc00, E820_RAM },
		{ 0x9fc00, 0x400, E820_RESERVED },
		{ 0xf0000, 0x10000, E820_RESERVED },
		{ 0x100000, ((u64)mib << 20) - 0x120000, E820_RAM },
		{ ((u64)mib << 20) - 0x20000, 0x20000, E820_ACPI },
	};

	boot_info.protocol = 1;
	memcpy(boot_info.map, map, sizeof(map));
	boot_info.map_count = boot_info.map_offered = ARRAY_SIZE(map);
	strcpy(boot_info.cmdline, line);
	cmdline_init(boot_info.cmdline);
	fuzz_boot(fill);
}

/* The arena stands where the direct map would: its addresses lead to the same tables. */
static inline void map_arena(void)
{
	for (unsigned i = 0; i < DIV_ROUND_UP(max_low_pfn, PTRS_PER_PTE); i++)
		swapper_pg_dir[pgd_index(HOST_RAM_BASE) + i] =
			swapper_pg_dir[KERNEL_PGD_BOUNDARY + i];
}

#endif
