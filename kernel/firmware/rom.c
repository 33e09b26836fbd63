/*
 * ROMs in the area of the BIOS (see rom.h).
 *
 *	0xC0000   video: the first one here, its default end 0xC8000 where its sum is wrong
 *	0xC8000   adapters, each on a boundary of 2 KiB; the next is looked for behind it
 *	0xE0000   one of 64 KiB that extends the system's, or more adapters
 *	0xF0000   the system's own
 */
#include "kernel/firmware/rom.h"

#include "kernel/firmware/irq_tables.h"
#include "kernel/panic.h"
#include "kernel/printk.h"

#define ROM_STEP 2048u
#define VIDEO_END 0xC8000u
#define EXTENSION_START 0xE0000u

static struct rom roms[ROMS_MAX];
static u32 count;

static void __init add(struct rom r)
{
	if (count == ROMS_MAX)
		pr_warn("rom: more than %u: the one at %#x is not listed", ROMS_MAX, r.start);
	else
		roms[count++] = r;
}

static u16 __init word(const u8 *p)
{
	return (u16)(p[0] | p[1] << 8);
}

/* Vendor and device from the structure that a PCI ROM points to. => len bytes at p */
static void __init read_pci(const u8 *p, u32 len, struct rom *r)
{
	u32 at;

	if (len < 0x1a)
		return;
	at = word(p + 0x18);
	if (at + 8 > len || p[at] != 'P' || p[at + 1] != 'C' || p[at + 2] != 'I' ||
	    p[at + 3] != 'R')
		return;
	r->vendor = word(p + at + 4);
	r->device = word(p + at + 6);
}

/* One with a signature at `start`. Returns where to look on. */
static u32 __init take(const u8 *p, u32 start)
{
	const u8 *rom = p + (start - ROM_AREA_START);
	u32 length = start == EXTENSION_START ? SZ_64K : rom[2] * 512u;
	struct rom r = { .start = start, .end = start + length, .name = "Adapter ROM" };

	if (start == EXTENSION_START && fw_sum(rom, SZ_64K))
		length = rom[2] * 512u; /* an adapter's, then */
	else if (start == EXTENSION_START)
		r.name = "Extension ROM";
	r.end = min(start + length, ROM_AREA_END);
	r.sum_ok = length && r.end == start + length && !fw_sum(rom, length);
	read_pci(rom, r.end - start, &r);
	if (start < VIDEO_END && !count) {
		r.name = "Video ROM";
		if (!r.sum_ok)
			r.end = VIDEO_END;
	}
	if (!r.sum_ok)
		pr_info("rom: at %#x, %u bytes do not sum to 0", start, length);
	add(r);
	return r.sum_ok ? round_up(r.end, ROM_STEP) : start + ROM_STEP;
}

void __init rom_scan(const u8 *p)
{
	u32 at = ROM_AREA_START;

	count = 0;
	while (at < ROM_AREA_END)
		at = word(p + (at - ROM_AREA_START)) == 0xAA55 ? take(p, at) : at + ROM_STEP;
}

void __init rom_add_system(void)
{
	add((struct rom){
		.start = ROM_AREA_END, .end = SZ_1M, .name = "System ROM", .sum_ok = true });
}

u32 rom_count(void)
{
	return count;
}

const struct rom *rom_get(u32 i)
{
	BUG_ON(i >= count);
	return &roms[i];
}
