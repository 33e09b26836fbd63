/*
 * Where the memory map comes from, and what is taken off it before anything is mapped.
 *
 *   loader's map or sizes -> e820 (and e820_saved) -> options -> BIOS area -> errata -> MTRRs
 *   -> max_pfn -> max_low_pfn
 *
 * Each step that changes the map sanitises it and hands it to e820_record_step, which keeps a copy
 * and counts the frames lost.
 *
 * Differences from the documents, and why:
 * - A loader's map that append_e820_map refuses, without the two sizes to fall back on, is used
 *   without its bad entries; the documented code would go on with no memory at all.
 * - A map from the options that has one entry, which the documented code ends with a fatal error
 *   on, is taken; one that leaves too little RAM to run in is refused as a whole, and the loader's
 *   map stays.
 * - RAM that an option adds to the loader's map is tried before it is used: what does not answer is
 *   refused, where the documented code would put its descriptors there.
 * - memmap= takes several pieces joined by commas, as later kernels do.
 * - The limit of low memory is 896 MiB, as both documents say, not the 887 MiB of the formula
 *   (W-29); vmalloc= lowers it.
 */
#include "mm/e820_setup.h"

#include <string.h>

#include "kernel/boot/boot_info.h"
#include "kernel/cmdline.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/memparse.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/sections.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/early_res.h"
#include "mm/fixmap.h"
#include "mm/memlayout.h"
#include "mm/memstat.h"
#include "mm/x86_init.h"

#define LOWMEMSIZE 0x9F000ull /* conventional memory assumed without a map */
#define HIGH_MEMORY 0x100000ull
#define BIOS_BEGIN 0xA0000ull
#define BIOS_END 0x100000ull
#define PPRO_BUG_START 0x70000000ull
#define PPRO_BUG_SIZE 0x40000ull

/* RAM beside the image that a map from the options must leave, in pages: below it nothing would
 * come up far enough to say why. */
#define LEAST_FREE_PAGES 256

/* Distance of two tries in RAM that an option adds: memory comes in larger pieces. */
#define PROBE_STEP_PAGES (SZ_1M / PAGE_SIZE)

/* Low memory that highmem= must leave, in pages: 64 MiB (W-29). */
#define LEAST_LOW_PAGES (SZ_64K * 1024 / PAGE_SIZE)

#define DEFAULT_VMALLOC_PAGES (128ul << (20 - PAGE_SHIFT))

unsigned long max_pfn;
unsigned long max_low_pfn;

static bool userdef;					    /* an option changed the map */
static enum { MAP_E820, MAP_E801, MAP_88 } map_source;	    /* firmware_map= */
static long highmem_pages = -1;				    /* highmem=, -1: not given */
static unsigned long vmalloc_pages = DEFAULT_VMALLOC_PAGES; /* vmalloc= */

/* ---- The map's source (W-10) ---- */

const char *__init e820_from_sizes(u32 alt_mem_k, u32 ext_mem_k)
{
	const char *who = "BIOS-e801";
	u32 mem_k = alt_mem_k;

	if (ext_mem_k > alt_mem_k) {
		who = "BIOS-88";
		mem_k = ext_mem_k;
	}
	e820.nr_map = 0;
	e820_add_region(0, LOWMEMSIZE, E820_RAM);
	e820_add_region(HIGH_MEMORY, (u64)mem_k << 10, E820_RAM);
	return who;
}

/* Takes the entries that make sense one by one. Returns the bytes of RAM. */
static u64 __init take_good_entries(const struct e820entry *map, u32 nr)
{
	u64 ram = 0;

	e820.nr_map = 0;
	for (u32 i = 0; i < nr; i++) {
		u64 start = map[i].addr, size = map[i].size;

		if (!size || size > ~0ull - start) {
			pr_warn("e820: the loader's entry %u, start %#llx size %#llx, is %s: dropped",
				i, start, size, size ? "too long" : "empty");
			continue;
		}
		e820_add_region(start, size, map[i].type);
		if (map[i].type == E820_RAM)
			ram += size;
	}
	sanitize_e820_map(e820.map, E820_X_MAX, &e820.nr_map);
	return ram;
}

static void __init sanitize_firmware_map(struct e820entry *map, u32 *nr)
{
	u32 before = *nr;
	int err = sanitize_e820_map(map, E820_X_MAX, nr);

	stage_note("%u entries -> %u%s", before, *nr, err ? ", nothing done" : "");
}

const char *__init default_machine_specific_memory_setup(void)
{
	struct e820entry *map = e820_saved.map; /* free until it gets its copy */
	u32 nr = min(boot_info.map_count, (unsigned)E820_FIRMWARE_MAX);
	int err;

	stage_begin(STAGE_default_machine_specific_memory_setup);
	stage_note("%u entries from the loader", nr);
	for (u32 i = 0; i < nr; i++) {
		map[i].addr = boot_info.map[i].start;
		map[i].size = boot_info.map[i].size;
		map[i].type = boot_info.map[i].type;
	}
	stage_begin(STAGE_sanitize_e820_map);
	sanitize_firmware_map(map, &nr);
	stage_end(STAGE_sanitize_e820_map);
	stage_begin(STAGE_append_e820_map);
	e820.nr_map = 0;
	err = append_e820_map(map, nr);
	stage_note("%u entries: %s", nr, err ? "refused" : "appended");
	stage_end(STAGE_append_e820_map);
	stage_end(STAGE_default_machine_specific_memory_setup);
	if (!err)
		return "BIOS-e820";

	pr_warn("e820: the loader's map of %u entries cannot be used as it is", nr);
	if (boot_info.has_mem_sizes && boot_info.mem_upper_kib)
		return e820_from_sizes(boot_info.mem_upper_kib, 0);
	if (!take_good_entries(map, nr))
		panic("e820", "no memory: the loader gave %u usable map entries and no sizes", nr);
	return "BIOS-e820";
}

/* Writes two words of the page at phys and reads them back; they keep their values. */
static bool __init native_ram_answers(phys_addr_t phys)
{
	volatile u32 *word = early_ioremap(phys, PAGE_SIZE);
	u32 old[2], seen[2];

	if (!word)
		return false;
	old[0] = word[0];
	old[1] = word[1];
	word[0] = ~old[0];
	word[1] = old[0] + 1; /* another value on the bus before the first is read back */
	seen[0] = word[0];
	seen[1] = word[1];
	word[0] = old[0];
	word[1] = old[1];
	early_iounmap((void *)(unsigned long)word, PAGE_SIZE);
	return seen[0] == ~old[0] && seen[1] == old[0] + 1;
}

struct x86_init_ops x86_init = {
	.probe_roms = native_probe_roms,
	.reserve_resources = native_reserve_resources,
	.find_smp_config = native_find_smp_config,
	.get_smp_config = native_get_smp_config,
	.memory_setup = default_machine_specific_memory_setup,
	.ram_answers = native_ram_answers,
	.pagetable_setup_start = native_pagetable_setup_start,
	.pagetable_setup_done = native_pagetable_setup_done,
};

static const char *const hook_names[] = {
	"probe_roms",	"reserve_resources", "find_smp_config",	      "get_smp_config",
	"memory_setup", "ram_answers",	     "pagetable_setup_start", "pagetable_setup_done",
};

u32 memstat_hook_count(void)
{
	BUILD_BUG_ON(ARRAY_SIZE(hook_names) != sizeof(x86_init) / sizeof(void *));
	return ARRAY_SIZE(hook_names);
}

const char *memstat_hook(u32 i, unsigned long *function)
{
	BUG_ON(i >= ARRAY_SIZE(hook_names));
	memcpy(function, (const char *)&x86_init + i * sizeof(void *), sizeof(*function));
	return hook_names[i];
}

void __init x86_init_ops(void)
{
	for (u32 i = 0; i < memstat_hook_count(); i++) {
		unsigned long function;
		const char *name = memstat_hook(i, &function);

		stage_note("%s = %#lx", name, function);
	}
}

/* firmware_map=: read here, because the map is made before the early options are handled. */
static void __init choose_map_source(void)
{
	const char *value = cmdline_value("firmware_map");

	if (value && !strcmp(value, "e801"))
		map_source = MAP_E801;
	else if (value && !strcmp(value, "88"))
		map_source = MAP_88;
}

/*
 * The loader's map is hidden: a map from its one size above 1 MiB, as the e801 figure or as the 88
 * figure, which has 16 bits. The frames that are lost with it count as cut by an option.
 */
static const char *__init map_from_sizes(const char *who)
{
	u32 kib = boot_info.mem_upper_kib;

	if (map_source == MAP_E820)
		return who;
	if (!boot_info.has_mem_sizes || !kib) {
		pr_warn("firmware_map=: the loader gave no sizes: its map is used");
		return who;
	}
	who = map_source == MAP_E801 ? e820_from_sizes(kib, 0)
				     : e820_from_sizes(0, min(kib, 0xffffu));
	pr_warn("by option the loader's map is hidden: %s, %u KiB above 1 MiB", who, kib);
	stage_note("the loader's map is hidden by option: %s, of %u KiB", who, kib);
	e820_saved = e820;
	e820_print_map(who);
	e820_record_step(who, E820_BY_OPTION);
	return who;
}

int __init parse_firmware_map(const char *value)
{
	return strcmp(value, "e820") && strcmp(value, "e801") && strcmp(value, "88") ? -EINVAL : 0;
}

void __init setup_memory_map(void)
{
	const char *who = x86_init.memory_setup();
	struct e820_frames frames;

	choose_map_source();
	e820_saved = e820;
	pr_info("physical RAM map from %s:", who);
	e820_print_map(who);
	e820_record_step(who, E820_BY_LOADER);
	who = map_from_sizes(who);
	e820_get_frames(&frames);
	stage_note("source %s: %u entries, %u pages of RAM", who, e820.nr_map, frames.ram_pages);
	if (frames.above_4g_pages) {
		pr_warn("%u pages of RAM lie above 4 GiB: out of reach without PAE, unused and untested",
			frames.above_4g_pages);
		stage_note("%u pages above 4 GiB: unused and untested", frames.above_4g_pages);
	}
}

/* ---- Options (W-19) ---- */

static void __init limit_ram(u64 size)
{
	userdef = true;
	e820_remove_range(size, ~0ull - size, E820_RAM);
}

int __init parse_mem(const char *value)
{
	const char *end;
	u64 size;

	if (!strcmp(value, "nopentium")) {
		cpu_caps_disable(CPU_PSE);
		return 0;
	}
	size = memparse(value, &end);
	if (end == value || *end || !size)
		return -EINVAL;
	limit_ram(size);
	return 0;
}

/* One piece SIZE[@#$]START. Gives the end of what it read, or NULL. */
static const char *__init parse_memmap_piece(const char *value, bool apply)
{
	static const struct {
		char sign;
		u32 type;
	} kinds[] = { { '@', E820_RAM }, { '#', E820_ACPI }, { '$', E820_RESERVED } };
	const char *end;
	u64 size = memparse(value, &end), start;

	if (end == value || !size)
		return NULL;
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *number = end + 1;

		if (*end != kinds[i].sign)
			continue;
		start = memparse(number, &end);
		if (end == number || size > ~0ull - start)
			return NULL;
		if (apply) {
			e820_add_region(start, size, kinds[i].type);
			stage_note("memmap=: [%#llx, %#llx) type %u added", start, start + size,
				   kinds[i].type);
		}
		return end;
	}
	if (apply)
		limit_ram(size);
	return end;
}

static int __init parse_memmap_pieces(const char *value, bool apply)
{
	for (;;) {
		value = parse_memmap_piece(value, apply);
		if (!value || (*value && *value != ','))
			return -EINVAL;
		if (!*value)
			return 0;
		value++;
	}
}

int __init parse_memmap(const char *value)
{
	if (!strcmp(value, "exactmap")) {
		userdef = true;
		e820.nr_map = 0;
		return 0;
	}
	if (parse_memmap_pieces(value, false)) /* all of it is good, or nothing is done */
		return -EINVAL;
	userdef = true;
	return parse_memmap_pieces(value, true);
}

/* BadRAM: all addresses that agree with ADDRESS in the bits of MASK. Here MASK ends in zeros only, as it
 * does for single frames and aligned blocks of them. */
static int __init parse_badram_pairs(const char *value, bool apply)
{
	const char *end;

	for (;; value = end + 1) {
		u64 start = memparse(value, &end), mask;
		const char *number = end + 1;
		u32 size;

		if (end == value || *end != ',')
			return -EINVAL;
		mask = memparse(number, &end);
		size = -(u32)mask;
		if (end == number || mask >> 32 || start >> 32 || size < PAGE_SIZE ||
		    size & (size - 1) || (*end && *end != ','))
			return -EINVAL;
		if (apply) {
			start &= mask;
			e820_add_region(start, size, E820_RESERVED);
			stage_note("badram=: [%#llx, %#llx) reserved", start, start + size);
		}
		if (!*end)
			return 0;
	}
}

int __init parse_badram(const char *value)
{
	if (parse_badram_pairs(value, false))
		return -EINVAL;
	userdef = true;
	return parse_badram_pairs(value, true);
}

int __init parse_highmem(const char *value)
{
	const char *end;
	u64 size = memparse(value, &end);

	if (end == value || *end || size >= SZ_4G)
		return -EINVAL;
	highmem_pages = (long)(size >> PAGE_SHIFT);
	return 0;
}

int __init parse_vmalloc(const char *value)
{
	const char *end;
	u64 size = memparse(value, &end);

	/* low memory keeps at least 64 MiB; below 128 MiB the layout's own room is larger */
	if (end == value || *end || size < SZ_1M ||
	    size > PFN_PHYS(MAXMEM_PFN + DEFAULT_VMALLOC_PAGES - LEAST_LOW_PAGES))
		return -EINVAL;
	vmalloc_pages = max(PFN_UP(size), DEFAULT_VMALLOC_PAGES);
	return 0;
}

/* RAM below 4 GiB in pages, and the end of it. => e820 is sanitised */
static unsigned long __init reachable_ram(unsigned long *end_pfn)
{
	unsigned long pages = 0;

	*end_pfn = e820_end_pfn(MAX_ARCH_PFN);
	for (u32 i = 0; i < e820.nr_map; i++) {
		const struct range below = { 0, *end_pfn };

		pages += range_len(range_intersect(e820_ram_frames(&e820.map[i]), below));
	}
	return pages;
}

/* The first frame of r, looked at by steps and at the last one, where no RAM answers; or r.end. */
static u64 __init first_absent_frame(struct range r)
{
	for (u64 pfn = r.start; pfn < r.end; pfn += PROBE_STEP_PAGES)
		if (!x86_init.ram_answers(PFN_PHYS(pfn)))
			return pfn;
	return x86_init.ram_answers(PFN_PHYS(r.end - 1)) ? r.end : r.end - 1;
}

/* Refuses each range of RAM that an option adds and that is not there. => e820 is sanitised */
void __init e820_refuse_absent_ram(void)
{
	e820_find_added();
	for (u32 i = 0; i < e820_added_count(); i++) {
		struct range r = e820_added_range(i);
		u64 absent = first_absent_frame(r);

		if (absent == r.end)
			continue;
		pr_err("e820: the options add RAM [%#llx, %#llx), but none answers at %#llx: refused",
		       PFN_PHYS(r.start), PFN_PHYS(r.end), PFN_PHYS(absent));
		stage_note("refused [%#llx, %#llx): no RAM at %#llx", PFN_PHYS(r.start),
			   PFN_PHYS(r.end), PFN_PHYS(absent));
		e820_remove_range(PFN_PHYS(r.start), PFN_PHYS(range_len(r)), E820_RAM);
	}
	e820_resanitize();
}

/* Why the kernel could not run in this map, or NULL. */
static const char *__init too_little(unsigned long pages, unsigned long end_pfn)
{
	unsigned long image_end = PFN_UP(__pa(_end)), image = image_end - PFN_DOWN(__pa(_text));
	unsigned long low_end = min(end_pfn, max_lowmem_pfn()) << PAGE_SHIFT;

	if (end_pfn < image_end)
		return "they end below the end of the image";
	if (pages < image + LEAST_FREE_PAGES)
		return "too few to run in";
	if (find_e820_area(TABLE_SEARCH_START, get_max_mapped(),
			   early_table_bytes(low_end, cpu_has_pse), PAGE_SIZE) == ~0ull)
		return "none below the end of the boot mapping has room for page tables";
	return NULL;
}

const char *__init e820_too_little(void)
{
	unsigned long end_pfn, pages = reachable_ram(&end_pfn);

	return too_little(pages, end_pfn);
}

void __init finish_e820_parsing(void)
{
	unsigned long end_pfn, pages;
	const char *reason;

	if (!userdef) {
		stage_note("no option changed the map");
		e820_record_step("options", E820_BY_OPTION);
		return;
	}
	if (e820.nr_map > 1 && sanitize_e820_map(e820.map, E820_X_MAX, &e820.nr_map))
		panic("e820", "the map of %u entries that the options made cannot be sanitised",
		      e820.nr_map);
	e820_refuse_absent_ram();
	pages = reachable_ram(&end_pfn);
	reason = too_little(pages, end_pfn);
	if (reason) {
		pr_err("e820: the options leave too little RAM, %lu KiB up to %#llx: %s; the loader's map "
		       "is used instead",
		       pages * (PAGE_SIZE / SZ_1K), PFN_PHYS(end_pfn), reason);
		stage_note("refused: %lu pages up to pfn %#lx: %s", pages, end_pfn, reason);
		e820 = e820_saved;
	} else {
		pr_info("physical RAM map from options:");
		e820_print_map("user");
		stage_note("user map: %u entries, %lu pages up to pfn %#lx", e820.nr_map, pages,
			   end_pfn);
	}
	e820_record_step("options", E820_BY_OPTION);
}

/* ---- What the kernel itself takes off ---- */

void __init trim_bios_range(void)
{
	e820_update_range(0, PAGE_SIZE, E820_RAM, E820_RESERVED);
	e820_remove_range(BIOS_BEGIN, BIOS_END - BIOS_BEGIN, E820_RAM);
	e820_resanitize();
	e820_record_step("trim_bios_range", E820_BY_TRIMMING);
	stage_note("page 0 reserved, [%#llx, %#llx) is not RAM; %u entries", BIOS_BEGIN, BIOS_END,
		   e820.nr_map);
}

void __init ppro_with_ram_bug(void)
{
	const struct cpuinfo *c = &boot_cpu_data;

	if (!cpu_is_ppro_with_ram_bug()) {
		stage_note("%s family %u model %u stepping %u: not affected", c->vendor, c->family,
			   c->model, c->stepping);
		return;
	}
	e820_update_range(PPRO_BUG_START, PPRO_BUG_SIZE, E820_RAM, E820_RESERVED);
	e820_resanitize();
	pr_info("physical RAM map, Pentium Pro erratum 50:");
	e820_print_map("bad_ppro");
	e820_record_step("ppro_with_ram_bug", E820_BY_TRIMMING);
	stage_note("%s family %u model %u stepping %u: affected, [%#llx, +%#llx) reserved",
		   c->vendor, c->family, c->model, c->stepping, PPRO_BUG_START, PPRO_BUG_SIZE);
}

/* ---- Low and high memory (W-26, W-29) ---- */

void __init set_max_pfn(void)
{
	stage_begin(STAGE_e820_end_of_ram_pfn);
	max_pfn = e820_end_of_ram_pfn();
	stage_end(STAGE_e820_end_of_ram_pfn);
}

unsigned long __init max_lowmem_pfn(void)
{
	return MAXMEM_PFN - (vmalloc_pages - DEFAULT_VMALLOC_PAGES);
}

/* All of RAM fits below the limit: highmem= may carve some off the top. */
static void __init lowmem_pfn_init(void)
{
	unsigned long want = highmem_pages < 0 ? 0 : (unsigned long)highmem_pages;

	max_low_pfn = max_pfn;
	if (want >= max_pfn) {
		pr_err("highmem=%luK: more than all RAM (%luK): ignored", want * 4, max_pfn * 4);
		return;
	}
	if (want && max_low_pfn - want < LEAST_LOW_PAGES) {
		pr_err("highmem=%luK would leave less than 64 MiB of low memory: ignored",
		       want * 4);
		return;
	}
	max_low_pfn -= want;
}

/* RAM goes beyond the limit: the rest is high memory, or as much of it as highmem= says. */
static void __init highmem_pfn_init(unsigned long limit)
{
	unsigned long available = max_pfn - limit;

	max_low_pfn = limit;
	if (highmem_pages < 0)
		return;
	if ((unsigned long)highmem_pages > available) {
		pr_err("highmem=%luK: only %luK are available: none is used",
		       (unsigned long)highmem_pages * 4, available * 4);
		highmem_pages = 0;
	}
	max_pfn = limit + (unsigned long)highmem_pages;
	e820_record_limit(max_pfn, E820_BY_OPTION);
}

void __init find_low_pfn_range(void)
{
	unsigned long limit = max_lowmem_pfn(), image_end = PFN_UP(__pa(_end));

	if (max_pfn <= limit)
		lowmem_pfn_init();
	else
		highmem_pfn_init(limit);
	if (max_low_pfn < image_end)
		panic("e820", "RAM ends at %#llx, below the end of the image at %#llx",
		      PFN_PHYS(max_low_pfn), PFN_PHYS(image_end));
	if (!e820_all_mapped(__pa(_text), __pa(_end), E820_RAM))
		pr_warn("e820: the map does not give all of the image [%#lx, %#lx) as RAM: it is kept anyway",
			__pa(_text), __pa(_end));
	stage_note("low memory: %#lx pages, high memory: %#lx pages, limit %#lx", max_low_pfn,
		   max_pfn - max_low_pfn, limit);
}
