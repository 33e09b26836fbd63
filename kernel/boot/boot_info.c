/*
 * The boot loader's data in real memory (see boot_info.h).
 *
 * head.S has mapped the first megabytes; loaders may put their block anywhere below 4 GiB. What
 * lies beyond is read through a window of one page at WINDOW, in a directory entry of the lower
 * half that zap_low_mappings (W-113) clears with all the others; its table is in .bss.
 *
 * Boot only: once init_memory_mapping has replaced the mappings nothing here may be called.
 */
#include "kernel/boot/boot_info.h"

#include <string.h>

#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/sections.h"
#include "kernel/x86/tlb.h"

/* The last 4 MiB below PAGE_OFFSET. */
#define WINDOW (KERNEL_OFFSET - SZ_4M)

extern u32 boot_pgdir[1024] __asm__("swapper_pg_dir");

struct boot_info boot_info;

/* A pointer to physical `addr`, good up to the end of its page and until the next call. */
static u8 *__init phys_window(u32 addr)
{
	if (PFN_DOWN(addr) < boot_mapped_pfn)
		return phys_to_virt(addr);
	boot_window_table[0] = (addr & (u32)PAGE_MASK) | 0x003;
	boot_pgdir[WINDOW >> 22] = (u32)virt_to_phys(boot_window_table) | 0x067;
	flush_tlb_one(WINDOW);
	return (u8 *)WINDOW + (addr & ~(u32)PAGE_MASK);
}

static bool __init phys_read(u32 addr, void *dst, u32 len)
{
	u8 *out = dst;

	if (len > ~addr)
		return false;
	while (len) {
		u32 n = min((u32)PAGE_SIZE - (addr & ~(u32)PAGE_MASK), len);

		memcpy(out, phys_window(addr), n);
		addr += n;
		out += n;
		len -= n;
	}
	return true;
}

u32 __init boot_info_sum(void)
{
	u32 sum = 0, addr = boot_info.info_addr, left = boot_info.info_size;

	for (; left; left--, addr++)
		sum = (sum << 1 | sum >> 31) + *phys_window(addr);
	return sum;
}

void __init boot_info_wipe(u32 offset, u32 len)
{
	u32 addr = boot_info.cmdline_addr;

	if (!addr)
		return;
	for (; len && *phys_window(addr + offset); len--, offset++)
		*phys_window(addr + offset) = 'x';
	/* Multiboot 2 has the line inside the block: its sum is that of the wiped one. */
	boot_info.info_sum = boot_info_sum();
}

void __init boot_info_init(u32 magic, u32 addr)
{
	const struct boot_memory mem = { phys_read };

	boot_info_parse(&boot_info, magic, addr, &mem);
	boot_info.info_sum = boot_info_sum();
}

void __init copy_boot_params(void)
{
	const struct boot_info *info = &boot_info;
	bool intact = boot_info_sum() == info->info_sum;

	pr_info("boot: %s, Multiboot %u, block of %u bytes at %#x, %u map entries, %u modules",
		info->loader[0] ? info->loader : "unnamed loader", info->protocol, info->info_size,
		info->info_addr, info->map_count, info->module_count);
	stage_note("loader \"%s\", Multiboot %u, block [%#x, %#x), sum %#x: %s", info->loader,
		   info->protocol, info->info_addr, info->info_addr + info->info_size,
		   info->info_sum, intact ? "as it was copied" : "overwritten since");
	if (!intact)
		pr_warn("boot: the loader's block at %#x was overwritten after it was copied",
			info->info_addr);
	stage_note("%u of %u map entries, mem_lower %u KiB, mem_upper %u KiB", info->map_count,
		   info->map_offered, info->mem_lower_kib, info->mem_upper_kib);
	for (unsigned int i = 0; i < info->module_count; i++) {
		const struct boot_module *m = &info->modules[i];

		pr_info("boot: module [%#x, %#x) \"%s\"", m->start, m->end, m->cmdline);
		stage_note("module [%#x, %#x) \"%s\"", m->start, m->end, m->cmdline);
	}
	if (info->framebuffer.valid)
		stage_note("framebuffer %ux%u, %u bits, type %u, at %#llx", info->framebuffer.width,
			   info->framebuffer.height, info->framebuffer.bits_per_pixel,
			   info->framebuffer.type, info->framebuffer.address);
	for (unsigned int i = 0; i < info->complaint_count; i++) {
		pr_warn("boot: %s", info->complaints[i]);
		stage_note("%s", info->complaints[i]);
	}
}
