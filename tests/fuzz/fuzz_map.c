/*
 * Memory maps: the input is a list of entries, modules, sizes and options, and the whole of memory
 * is brought up on them.
 *
 * Addresses are drawn towards what matters: a few bits say near which bound an entry begins (the
 * image, the BIOS area, the end of the boot mapping, 16 MiB, 896 MiB, 4 GiB, the end of the address space)
 * and how long it is; the rest is taken as it comes.
 */
#include "fuzz.h"
#include "kernel/boot/boot_info.h"
#include "kernel/cmdline.h"
#include "mm/e820.h"
#include "mm/setup_data.h"
#include "support/host.h"

static const u64 bounds[] = {
	0,	    0x1000,	0x9fc00,    0xa0000,	0x100000,    0x200000,	  0x400000,
	0x800000,   0x1000000,	0x1800000,  0x2000000,	0x4000000,   0x37e00000,  0x38000000,
	0x40000000, 0x7ff00000, 0xfec00000, 0xfffff000, 0x100000000, 0x200000000, ~0ull - 0xfff,
};

/* One byte: which bound; one: how far from it, and in which units. */
static u64 near_bound(struct fuzz_input *in)
{
	u64 bound = bounds[fuzz_u8(in) % ARRAY_SIZE(bounds)];
	u8 how = fuzz_u8(in);
	u64 distance = how & 0x1f;

	switch (how >> 6) {
	case 0: return bound + distance * 0x1000;
	case 1: return bound - distance * 0x1000;
	case 2: return bound + distance * 0x100000;
	default: return bound + fuzz_u16(in);
	}
}

static void add_entry(struct fuzz_input *in)
{
	struct boot_map_entry *e = &boot_info.map[boot_info.map_count++];
	u8 kind = fuzz_u8(in);

	boot_info.map_offered++;
	e->start = near_bound(in);
	switch (kind & 0xe0) {
	case 0x20: e->size = fuzz_u32(in); break;
	case 0x40: e->size = fuzz_u64(in); break;
	case 0x60: e->size = 0; break;
	default: e->size = near_bound(in) - e->start; /* may wrap */
	}
	e->type = kind & 0x1f;
	if (e->type > 6)
		e->type = E820_RAM;
}

/* What the first module holds, if it extends the map: entries, as far as they lie in the arena. */
static struct e820entry extension[6];
static u32 extension_bytes;

static void make_extension(struct fuzz_input *in)
{
	struct boot_module *m = &boot_info.modules[0];

	strcpy(m->cmdline, MAP_EXTENSION_WORD);
	extension_bytes = fuzz_u8(in) % sizeof(extension);
	for (u32 i = 0; i <= extension_bytes / sizeof(extension[0]); i++) {
		extension[i].addr = near_bound(in);
		extension[i].size = fuzz_u8(in) & 1 ? fuzz_u64(in) : near_bound(in);
		extension[i].type = fuzz_u8(in) % 8;
	}
	m->end = m->start + extension_bytes < m->start ? m->start : m->start + extension_bytes;
}

static void fill_ram(void)
{
	u32 start = boot_info.modules[0].start;

	if (extension_bytes && start >= HOST_IMAGE_END && start + extension_bytes <= host_ram_bytes)
		memcpy(__va(start), extension, extension_bytes);
}

static void add_module_of(struct fuzz_input *in)
{
	struct boot_module *m = &boot_info.modules[boot_info.module_count++];

	m->start = (u32)near_bound(in);
	m->end = m->start + (fuzz_u16(in) << (fuzz_u8(in) % 12));
	if (m->end < m->start) /* the parser drops those */
		m->end = m->start;
	boot_info.modules_offered++;
}

static const char *const options[] = {
	"mm=2.4",
	"bootmem=bitmap",
	"mem=32M",
	"mem=4M",
	"mem=nopentium",
	"highmem=16M",
	"highmem=900M",
	"vmalloc=256M",
	"vmalloc=700M",
	"memmap=exactmap",
	"memmap=640K@0",
	"memmap=40M@1M",
	"memmap=8M@32M,64K$17M,1M#3M",
	"memmap=5M@4095M",
	"firmware_map=88",
	"crashkernel=4M",
	"crashkernel=1M@16M",
	"crashkernel=1M-:2M",
	"memory_corruption_check=1",
};

/* The memory test, where it does not take seconds. */
static void add_memtest(u8 which)
{
	static const char *const tests[] = { "memtest=2",
					     "memtest=1 memtest_stuck=0x800000:3,0x801008:0" };

	for (u32 i = 0; i < boot_info.map_count; i++)
		if (boot_info.map[i].type == E820_RAM &&
		    boot_info.map[i].start + boot_info.map[i].size > SZ_16M)
			return;
	if (which < ARRAY_SIZE(tests) && !boot_info.has_mem_sizes)
		strcat(boot_info.cmdline, tests[which]);
}

void fuzz_one(const u8 *data, size_t size)
{
	struct fuzz_input in = { data, data + size };
	u8 shape = fuzz_u8(&in), modules = fuzz_u8(&in);
	u32 chosen = fuzz_u8(&in) | (u32)fuzz_u16(&in) << 8;

	boot_info.protocol = 1;
	if (shape & 1) {
		boot_info.has_mem_sizes = true;
		boot_info.mem_lower_kib = 639;
		boot_info.mem_upper_kib = fuzz_u32(&in) >> (shape >> 4);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(options); i++)
		if (chosen & 1u << i) {
			strcat(boot_info.cmdline, options[i]);
			strcat(boot_info.cmdline, " ");
		}
	for (unsigned i = 0; i < (modules & 3u); i++)
		add_module_of(&in);
	if ((modules & 7) > 4)
		make_extension(&in);
	if (shape & 2) /* what most machines begin with */
		boot_info.map[boot_info.map_count++] = (struct boot_map_entry){ 0, 0x9fc00,
										E820_RAM };
	if (shape & 4)
		boot_info.map[boot_info.map_count++] = (struct boot_map_entry){ 0x100000, 0x1f00000,
										E820_RAM };
	while (fuzz_left(&in) && boot_info.map_count < BOOT_MAP_MAX)
		add_entry(&in);
	add_memtest(modules >> 6);
	cmdline_init(boot_info.cmdline);
	fuzz_boot(fill_ram);
}
