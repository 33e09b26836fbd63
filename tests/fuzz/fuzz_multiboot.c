/*
 * The loader's block: the input is memory as a loader of either protocol may leave it, and the
 * kernel boots on what it finds there.
 *
 * The first byte says which protocol; the rest lies at BASE, with the block at its beginning (Multiboot 1
 * has it 0x800 bytes in, so that what it points to fits in front).
 */
#include "fuzz.h"
#include "kernel/boot/boot_info.h"
#include "kernel/cmdline.h"
#include "support/host.h"

#define BASE 0x9000u
#define MB1_AT 0x800u

static const u8 *memory;
static size_t memory_size;

static bool read_memory(u32 addr, void *dst, u32 len)
{
	if (len > ~addr)
		return false;
	for (u32 i = 0; i < len; i++) {
		u32 at = addr - BASE + i;

		((u8 *)dst)[i] = at < memory_size ? memory[at] : 0;
	}
	return true;
}

static void check_bounds(void)
{
	if (boot_info.map_count > BOOT_MAP_MAX || boot_info.module_count > BOOT_MODULES_MAX ||
	    boot_info.complaint_count > BOOT_COMPLAINTS_MAX || boot_info.rsdp_size > BOOT_RSDP_SIZE)
		fuzz_fail("a count is out of bounds");
	if (!memchr(boot_info.cmdline, 0, BOOT_CMDLINE_SIZE) ||
	    !memchr(boot_info.loader, 0, BOOT_LOADER_NAME_SIZE))
		fuzz_fail("a string has no end");
	if ((boot_info.map_offered > boot_info.map_count ||
	     boot_info.modules_offered > BOOT_MODULES_MAX) &&
	    !boot_info.complaint_count)
		fuzz_fail("something was dropped in silence");
	for (u32 i = 0; i < boot_info.module_count; i++)
		if (boot_info.modules[i].end < boot_info.modules[i].start)
			fuzz_fail("module %u ends before it starts", i);
}

void fuzz_one(const u8 *data, size_t size)
{
	static const u32 magics[] = { 0x2BADB002, 0x36D76289 };
	const struct boot_memory mem = { read_memory };
	bool second;

	if (!size)
		return;
	second = data[0] & 1;
	memory = data + 1;
	memory_size = size - 1;
	boot_info_parse(&boot_info, data[0] & 0x80 ? 0xDEAD : magics[second],
			second ? BASE : BASE + MB1_AT, &mem);
	check_bounds();
	cmdline_init(boot_info.cmdline);
	fuzz_boot(NULL);
}
