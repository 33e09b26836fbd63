/*
 * Both Multiboot formats into one struct boot_info (W-07; Multiboot 0.6.96, Multiboot2 2.0).
 *
 * The parser reads physical memory only through boot_memory.read, a piece at a time, and trusts
 * nothing: sizes are checked before they are used, offsets cannot wrap, loops end with the block.
 * Host tests and the fuzzer run it on synthetic memory.
 *
 *	Multiboot 1	fixed block of 116 bytes; a flags word says which fields count;
 *			strings, map and modules lie elsewhere
 *	Multiboot 2	total size, then tags { type, size, ... } on 8-byte boundaries; all in the block
 */
#include "kernel/boot/boot_info.h"

#include <stdio.h>
#include <string.h>

#define MB1_LOADER_MAGIC 0x2BADB002u
#define MB2_LOADER_MAGIC 0x36D76289u

/* Multiboot 1: offsets in the block, and bits of its flags. */
enum {
	MB1_SIZE = 116,
	MB1_HAS_MEM = 1 << 0,
	MB1_HAS_CMDLINE = 1 << 2,
	MB1_HAS_MODS = 1 << 3,
	MB1_HAS_MMAP = 1 << 6,
	MB1_HAS_LOADER = 1 << 9,
	MB1_HAS_FRAMEBUFFER = 1 << 12,
	MB1_MAP_ENTRY_MIN = 20, /* base, length, type; the size word before them not counted */
	MB1_MODULE_SIZE = 16,
};

/* Multiboot 2: tag types. */
enum {
	MB2_END = 0,
	MB2_CMDLINE = 1,
	MB2_LOADER = 2,
	MB2_MODULE = 3,
	MB2_MEM = 4,
	MB2_MMAP = 6,
	MB2_FRAMEBUFFER = 8,
	MB2_RSDP_OLD = 14,
	MB2_RSDP_NEW = 15,
	MB2_TAG_HEADER = 8,
	MB2_MAP_ENTRY_MIN = 24,
};

/* More than any loader passes; a larger size is taken for garbage. */
#define MB2_SIZE_MAX 0x100000u
#define MB1_MAP_LEN_MAX 0x10000u
/* Entries looked at beyond those kept, so that the count offered is right. */
#define MODULES_SANE_MAX 1024u

struct parser {
	struct boot_info *info;
	const struct boot_memory *mem;
};

__printf_like(2, 3) static void __init complain(struct parser *p, const char *fmt, ...)
{
	struct boot_info *info = p->info;
	va_list args;

	if (info->complaint_count == BOOT_COMPLAINTS_MAX)
		return;
	va_start(args, fmt);
	vsnprintf(info->complaints[info->complaint_count++], BOOT_COMPLAINT_SIZE, fmt, args);
	va_end(args);
}

/* Little-endian words at physical addresses; 0 where memory cannot be read. */
static u32 __init read32(struct parser *p, u32 addr)
{
	u32 v;

	return p->mem->read(addr, &v, sizeof(v)) ? v : 0;
}

static u64 __init read64(struct parser *p, u32 addr)
{
	u64 v;

	return p->mem->read(addr, &v, sizeof(v)) ? v : 0;
}

static u8 __init read8(struct parser *p, u32 addr)
{
	u8 v;

	return p->mem->read(addr, &v, sizeof(v)) ? v : 0;
}

/*
 * Copies a string of at most `limit` bytes (its NUL included) into dst, cut to `size`, always ended
 * with a NUL. Says so if it was cut.
 */
static void __init read_string(struct parser *p, u32 addr, u32 limit, char *dst, u32 size,
			       const char *what)
{
	u32 i;

	for (i = 0; i < limit && i < size; i++) {
		dst[i] = (char)read8(p, addr + i);
		if (!dst[i])
			return;
	}
	if (i == size) {
		i--;
		complain(p, "%s: longer than %u bytes: the rest is dropped", what, i);
	}
	dst[i] = '\0';
}

static void __init add_map_entry(struct parser *p, u64 start, u64 size, u32 type)
{
	struct boot_info *info = p->info;

	if (info->map_offered++ < BOOT_MAP_MAX)
		info->map[info->map_count++] = (struct boot_map_entry){ start, size, type };
}

static void __init add_module(struct parser *p, u32 start, u32 end, u32 name, u32 name_limit)
{
	struct boot_info *info = p->info;
	struct boot_module *m;

	info->modules_offered++;
	if (info->module_count == BOOT_MODULES_MAX)
		return;
	if (end < start) {
		complain(p, "module %u: end %#x lies before start %#x: dropped",
			 info->modules_offered - 1, end, start);
		return;
	}
	m = &info->modules[info->module_count++];
	m->start = start;
	m->end = end;
	if (name)
		read_string(p, name, name_limit, m->cmdline, sizeof(m->cmdline), "module name");
}

/* At a framebuffer record: both protocols lay it out alike. */
static void __init read_framebuffer(struct parser *p, u32 addr)
{
	struct boot_framebuffer *fb = &p->info->framebuffer;

	fb->address = read64(p, addr);
	fb->pitch = read32(p, addr + 8);
	fb->width = read32(p, addr + 12);
	fb->height = read32(p, addr + 16);
	fb->bits_per_pixel = read8(p, addr + 20);
	fb->type = read8(p, addr + 21);
	fb->valid = fb->address && fb->width && fb->height;
}

static void __init mb1_map(struct parser *p, u32 addr, u32 len)
{
	u32 pos = 0;

	if (len > MB1_MAP_LEN_MAX) {
		complain(p, "memory map: length %u is more than %u: dropped", len, MB1_MAP_LEN_MAX);
		return;
	}
	while (pos + 4 + MB1_MAP_ENTRY_MIN <= len) {
		u32 entry = addr + pos, size = read32(p, entry);

		if (size < MB1_MAP_ENTRY_MIN || size > len - pos - 4) {
			complain(p, "memory map: entry %u has size %u: map cut there",
				 p->info->map_offered, size);
			return;
		}
		add_map_entry(p, read64(p, entry + 4), read64(p, entry + 12),
			      read32(p, entry + 20));
		pos += 4 + size;
	}
}

static void __init mb1_modules(struct parser *p, u32 addr, u32 count)
{
	if (count > MODULES_SANE_MAX) {
		complain(p, "modules: a count of %u: dropped", count);
		return;
	}
	for (u32 i = 0; i < count; i++, addr += MB1_MODULE_SIZE)
		add_module(p, read32(p, addr), read32(p, addr + 4), read32(p, addr + 8),
			   BOOT_MODULE_NAME_SIZE + 1);
}

static void __init parse_mb1(struct parser *p, u32 addr)
{
	struct boot_info *info = p->info;
	u32 flags = read32(p, addr);

	info->info_size = MB1_SIZE;
	if (flags & MB1_HAS_MEM) {
		info->has_mem_sizes = true;
		info->mem_lower_kib = read32(p, addr + 4);
		info->mem_upper_kib = read32(p, addr + 8);
	}
	if (flags & MB1_HAS_CMDLINE) {
		info->cmdline_addr = read32(p, addr + 16);
		read_string(p, info->cmdline_addr, BOOT_CMDLINE_SIZE + 1, info->cmdline,
			    BOOT_CMDLINE_SIZE, "command line");
	}
	if (flags & MB1_HAS_MODS)
		mb1_modules(p, read32(p, addr + 24), read32(p, addr + 20));
	if (flags & MB1_HAS_MMAP)
		mb1_map(p, read32(p, addr + 48), read32(p, addr + 44));
	if (flags & MB1_HAS_LOADER)
		read_string(p, read32(p, addr + 64), BOOT_LOADER_NAME_SIZE + 1, info->loader,
			    BOOT_LOADER_NAME_SIZE, "loader name");
	if (flags & MB1_HAS_FRAMEBUFFER)
		read_framebuffer(p, addr + 88);
}

static void __init mb2_map(struct parser *p, u32 tag, u32 size)
{
	u32 entry_size = read32(p, tag + 8);

	if (entry_size < MB2_MAP_ENTRY_MIN || entry_size > MB2_SIZE_MAX) {
		complain(p, "memory map: entry size %u: dropped", entry_size);
		return;
	}
	for (u32 pos = 16; pos + entry_size <= size; pos += entry_size)
		add_map_entry(p, read64(p, tag + pos), read64(p, tag + pos + 8),
			      read32(p, tag + pos + 16));
}

static void __init mb2_rsdp(struct parser *p, u32 tag, u32 size)
{
	struct boot_info *info = p->info;
	u32 len = min(size - MB2_TAG_HEADER, (u32)BOOT_RSDP_SIZE);

	/* The newer copy, if there is one, says more. */
	if (len >= info->rsdp_size && p->mem->read(tag + MB2_TAG_HEADER, info->rsdp, len))
		info->rsdp_size = len;
}

/* Smallest size of the tags whose fields are read at fixed places. */
static u32 __init mb2_min_size(u32 type)
{
	switch (type) {
	case MB2_MODULE:
	case MB2_MEM:
	case MB2_MMAP: return 16;
	case MB2_FRAMEBUFFER: return 30;
	default: return MB2_TAG_HEADER;
	}
}

static void __init mb2_tag(struct parser *p, u32 tag, u32 type, u32 size)
{
	struct boot_info *info = p->info;

	switch (type) {
	case MB2_CMDLINE:
		info->cmdline_addr = tag + 8;
		read_string(p, tag + 8, size - 8, info->cmdline, BOOT_CMDLINE_SIZE, "command line");
		break;
	case MB2_LOADER:
		read_string(p, tag + 8, size - 8, info->loader, BOOT_LOADER_NAME_SIZE,
			    "loader name");
		break;
	case MB2_MODULE:
		add_module(p, read32(p, tag + 8), read32(p, tag + 12), tag + 16, size - 16);
		break;
	case MB2_MEM:
		info->has_mem_sizes = true;
		info->mem_lower_kib = read32(p, tag + 8);
		info->mem_upper_kib = read32(p, tag + 12);
		break;
	case MB2_MMAP: mb2_map(p, tag, size); break;
	case MB2_FRAMEBUFFER: read_framebuffer(p, tag + 8); break;
	case MB2_RSDP_OLD:
	case MB2_RSDP_NEW: mb2_rsdp(p, tag, size); break;
	default: break;
	}
}

static void __init parse_mb2(struct parser *p, u32 addr)
{
	u32 total = read32(p, addr), pos = 8;

	if (total < 8 || total > MB2_SIZE_MAX || total > ~addr) {
		complain(p, "boot information: size %u at %#x: nothing taken", total, addr);
		return;
	}
	p->info->info_size = total;
	while (pos + MB2_TAG_HEADER <= total) {
		u32 tag = addr + pos, type = read32(p, tag), size = read32(p, tag + 4);

		if (type == MB2_END)
			return;
		if (size < MB2_TAG_HEADER || size > total - pos) {
			complain(p, "boot information: tag %u at offset %u has size %u: cut there",
				 type, pos, size);
			return;
		}
		if (size < mb2_min_size(type))
			complain(p, "boot information: tag %u is too short with %u bytes: skipped",
				 type, size);
		else
			mb2_tag(p, tag, type, size);
		pos += round_up(size, 8u);
	}
	complain(p, "boot information: no end tag in %u bytes", total);
}

void __init boot_info_parse(struct boot_info *info, u32 magic, u32 addr,
			    const struct boot_memory *mem)
{
	struct parser p = { info, mem };

	memset(info, 0, sizeof(*info));
	info->magic = magic;
	info->info_addr = addr;
	if (magic == MB1_LOADER_MAGIC) {
		info->protocol = 1;
		parse_mb1(&p, addr);
	} else if (magic == MB2_LOADER_MAGIC) {
		info->protocol = 2;
		parse_mb2(&p, addr);
	} else {
		complain(&p, "no Multiboot loader: EAX held %#x at entry", magic);
	}
	if (info->map_offered > info->map_count)
		complain(&p, "memory map: %u entries offered, the first %u kept", info->map_offered,
			 info->map_count);
	if (info->modules_offered > BOOT_MODULES_MAX)
		complain(&p, "modules: %u offered, at most %u kept", info->modules_offered,
			 BOOT_MODULES_MAX);
}
