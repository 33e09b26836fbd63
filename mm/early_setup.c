/*
 * The reservations that are made before anything is mapped, and the loader's modules.
 *
 * What firmware may still use carries overlap_ok, so that later reservations may cut it. Modules
 * stay where the loader put them as long as that is low memory; reserve_initrd moves the others,
 * because high memory is released without a look at the reservations (W-103).
 *
 * Boot only, interrupts off.
 *
 * Differences from the documents: every module counts, not one RAM disk; one that overlaps the
 * image, another module or nothing at all is dropped with a line in the log instead of stopping
 * the boot; it is moved through windows on both sides, so that it need not be mapped.
 */
#include <string.h>

#include "kernel/boot/boot_info.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/sections.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_res.h"
#include "mm/fixmap.h"

#define BDA_EBDA_SEGMENT 0x40E /* word in the BIOS data area */
#define BDA_LOWMEM_KIB 0x413
#define LOWMEM_DEFAULT 0x9F000u /* assumed where the words make no sense */
#define EBDA_DISTANCE 0x10000u	/* an EBDA this close below the end of memory counts */

u32 __init ebda_lowmem_end(u16 kib, u16 segment)
{
	u32 lowmem = (u32)kib << 10, ebda = (u32)segment << 4;

	if (ebda && ebda <= lowmem && lowmem - ebda <= EBDA_DISTANCE)
		lowmem = ebda;
	if (!ebda && lowmem >= LOWMEM_DEFAULT)
		lowmem = LOWMEM_DEFAULT;
	if (!lowmem || lowmem >= SZ_1M)
		lowmem = LOWMEM_DEFAULT;
	return lowmem;
}

static u16 __init bda_word(unsigned long addr)
{
	u16 word;

	memcpy(&word, __va(addr), sizeof(word));
	return word;
}

static bool __init clear_of_reservations(u64 start, u64 end)
{
	for (int i = 0; i < early_res_count; i++)
		if (!early_res[i].overlap_ok && start < early_res[i].end &&
		    end > early_res[i].start)
			return false;
	return true;
}

/* `lowmem`: firmware's own area begins there and ends at 1 MiB. */
static void __init reserve_modules(u32 lowmem)
{
	for (unsigned i = 0; i < boot_info.module_count; i++) {
		struct boot_module *m = &boot_info.modules[i];

		if (m->start >= m->end || (m->start < SZ_1M && m->end > lowmem) ||
		    !clear_of_reservations(m->start, m->end)) {
			pr_warn("module %u [%#x, %#x) %s: dropped", i, m->start, m->end,
				m->start >= m->end ? "is empty" : "lies on something else");
			m->end = m->start;
			continue;
		}
		reserve_early(m->start, m->end, "RAMDISK");
	}
}

void __init first_reservations(void)
{
	u16 kib = bda_word(BDA_LOWMEM_KIB), segment = bda_word(BDA_EBDA_SEGMENT);
	u32 lowmem = ebda_lowmem_end(kib, segment);

	max_pfn_mapped = boot_mapped_pfn;
	reserve_early_overlap_ok(PAGE_SIZE, 2 * PAGE_SIZE, "EX TRAMPOLINE");
	reserve_early(__pa(_text), __pa(_end), "TEXT DATA BSS");
	reserve_modules(lowmem);
	reserve_early_overlap_ok(lowmem, SZ_1M, "BIOS reserved");
	stage_note("words: %u KiB at 0x413, segment %#x at 0x40E: conventional memory ends at %#x",
		   kib, segment, lowmem);
	stage_note("boot mapping reaches to %#llx", PFN_PHYS(max_pfn_mapped));
}

void __init report_boot_mapping(void)
{
	pr_info("boot mapping: [0, %#llx)", PFN_PHYS(max_pfn_mapped));
	stage_note("[0, %#llx)", PFN_PHYS(max_pfn_mapped));
}

void __init reserve_brk(void)
{
	stage_note("no early brk area: its start and end are the image's end, %#lx", __pa(_end));
}

void __init reserve_trampoline_memory(void)
{
	u64 addr = find_e820_area(PAGE_SIZE, SZ_1M, PAGE_SIZE, PAGE_SIZE);

	if (addr == ~0ull) {
		pr_warn("no free page below 1 MiB for a trampoline");
		stage_note("no free page below 1 MiB");
		return;
	}
	reserve_early(addr, addr + PAGE_SIZE, "TRAMPOLINE");
	stage_note("page at %#llx; unused with one processor", addr);
}

/* ---- Modules outside low memory (W-48) ---- */

#define COPY_CHUNK ((NR_FIX_BTMAPS - 1) * PAGE_SIZE)

static bool __init copy_through_windows(u64 dst, u64 src, u64 bytes)
{
	while (bytes) {
		unsigned long chunk = (unsigned long)min(bytes, (u64)COPY_CHUNK);
		void *to = early_memremap(dst, chunk), *from = early_memremap(src, chunk);

		if (to && from)
			memcpy(to, from, chunk);
		if (from)
			early_iounmap(from, chunk);
		if (to)
			early_iounmap(to, chunk);
		if (!to || !from)
			return false;
		dst += chunk;
		src += chunk;
		bytes -= chunk;
	}
	return true;
}

static void __init move_module(struct boot_module *m)
{
	u64 low_end = PFN_PHYS(max_low_pfn), size = m->end - m->start, place = ~0ull;

	if (size < low_end / 2)
		place = find_e820_area(SZ_1M, low_end, size, PAGE_SIZE);
	if (place == ~0ull || !copy_through_windows(place, m->start, size)) {
		pr_err("module [%#x, %#x): no room for it in low memory (%#llx bytes): dropped",
		       m->start, m->end, low_end);
		free_early(m->start, m->end);
		m->end = m->start;
		return;
	}
	reserve_early(place, place + size, "NEW RAMDISK");
	free_early(m->start, m->end);
	pr_info("module moved from [%#x, %#x) to %#llx", m->start, m->end, place);
	stage_note("moved [%#x, %#x) to %#llx", m->start, m->end, place);
	m->start = (u32)place;
	m->end = (u32)(place + size);
}

void __init reserve_initrd(void)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < boot_info.module_count; i++) {
		struct boot_module *m = &boot_info.modules[i];

		if (m->start == m->end)
			continue;
		if (PFN_UP(m->end) > max_low_pfn)
			move_module(m);
		kept += m->start != m->end;
	}
	stage_note("%u modules, %u kept", boot_info.module_count, kept);
}
