/*
 * The reservations that are made before anything is mapped, and the loader's modules.
 *
 * What firmware may still use carries overlap_ok, so that later reservations may cut it. Modules stay
 * where the loader put them until boot_modules.c looks at them (W-48).
 *
 * Boot only, interrupts off.
 *
 * Differences from the documents: every module counts, not one RAM disk; one that overlaps the
 * image, another module or nothing at all is dropped with a line in the log instead of stopping
 * the boot.
 */
#include <string.h>

#include "kernel/boot/boot_info.h"
#include "kernel/firmware/firmware.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/sections.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_res.h"
#include "mm/fixmap.h"
#include "mm/memlayout.h"

#define BDA_EBDA_SEGMENT 0x40E /* word in the BIOS data area */
#define BDA_LOWMEM_KIB 0x413
#define EISA_SIGNATURE 0x0FFFD9
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

/* `lowmem`: firmware's own area begins there and ends at 1 MiB. */
static void __init reserve_modules(u32 lowmem)
{
	for (unsigned i = 0; i < boot_info.module_count; i++) {
		struct boot_module *m = &boot_info.modules[i];

		if (m->start >= m->end || (m->start < SZ_1M && m->end > lowmem) ||
		    !early_res_allows(m->start, m->end)) {
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

	firmware_state.lowmem_kib = kib;
	firmware_state.ebda_segment = segment;
	firmware_state.lowmem_end = lowmem;
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

/*
 * An EISA machine says so in its ROM. The walkthrough's copy looks at 0xFFFFD9, where RAM may be: a zero
 * was lost. The four bytes are those below 1 MiB.
 */
bool __init eisa_probe(void)
{
	const char *signature = early_ioremap(EISA_SIGNATURE, 4);
	bool eisa = signature && !memcmp(__mapped(signature), "EISA", 4);

	if (signature)
		early_iounmap((void *)signature, 4);
	stage_note("EISA at %#x: %s", EISA_SIGNATURE, eisa ? "present" : "absent");
	return eisa;
}
