/*
 * Firmware's tables: the input is a list of pieces of memory, and the machine of 8 MiB that has
 * them is booted.
 *
 * Its RAM has no room for the nodes' windows (W-61): what they map the host cannot reach.
 *
 *	{ u8 where, u8 fix, u16 offset, u16 length, bytes ... } ...
 *
 * `where` picks a place that firmware uses: the BIOS data area, the EBDA, the BIOS area, the top of
 * memory, RAM. `fix` repairs a sum after the bytes have been put there, as without it hardly
 * any table would be looked at: 1 root pointer, 2 root pointer of revision 2, 4 table by its
 * length, 8 MP floating pointer, 16 MP table.
 */
#include "fuzz.h"
#include "kernel/boot/boot_info.h"
#include "kernel/cmdline.h"
#include "mm/e820.h"
#include "support/host.h"

static const u32 places[] = { 0x400, 0x9fc00, 0xe0000, 0xf0000, 0x7e0000, 0x600000 };

static const struct boot_map_entry map[] = {
	{ 0, 0x9fc00, E820_RAM },
	{ 0x9fc00, 0x400, E820_RESERVED },
	{ 0xf0000, 0x10000, E820_RESERVED },
	{ 0x100000, 0x6e0000, E820_RAM },
	{ 0x7e0000, 0x20000, E820_ACPI },
};

static struct fuzz_input input;

/* Makes [at, at + len) sum to 0 by its byte at `sum`. */
static void fix_sum(u8 *at, u32 len, u32 sum)
{
	u8 total = 0;

	at[sum] = 0;
	for (u32 i = 0; i < len; i++)
		total += at[i];
	at[sum] = (u8)-total;
}

static void repair(u8 fix, u8 *at, u32 room)
{
	u32 length;

	if (room < 64)
		return;
	if (fix & 1)
		fix_sum(at, 20, 8);
	if (fix & 2)
		fix_sum(at, 36, 32);
	memcpy(&length, at + 4, 4);
	if ((fix & 4) && length >= 36 && length <= room)
		fix_sum(at, length, 9);
	if (fix & 8)
		fix_sum(at, 16, 10);
	if ((fix & 16) && (length & 0xffff) >= 8 && (length & 0xffff) <= room)
		fix_sum(at, length & 0xffff, 7);
}

static void put_tables(void)
{
	memset(__va(0x400), 0, 0x100);
	memset(__va(0x9fc00), 0, 0x60400);
	memset(__va(0x7e0000), 0, 0x20000);
	while (fuzz_left(&input)) {
		u32 place = places[fuzz_u8(&input) % ARRAY_SIZE(places)];
		u8 fix = fuzz_u8(&input);
		u32 at, length;

		at = place + fuzz_u16(&input);
		length = min_t(u32, fuzz_u16(&input), fuzz_left(&input));
		if (at + length <= HOST_IMAGE_START ||
		    (at >= HOST_IMAGE_END && at + length <= host_ram_bytes)) {
			memcpy(__va(at), input.at, length);
			repair(fix, __va(at),
			       at < HOST_IMAGE_START ? HOST_IMAGE_START - at : host_ram_bytes - at);
		}
		input.at += length;
	}
}

void fuzz_one(const u8 *data, size_t size)
{
	input = (struct fuzz_input){ data, data + size };
	boot_info.protocol = 2;
	if (fuzz_u8(&input) & 1) { /* the loader has a copy of the root pointer */
		boot_info.rsdp_size = min_t(u32, fuzz_left(&input), 36);
		memcpy(boot_info.rsdp, input.at, boot_info.rsdp_size);
		repair(1, boot_info.rsdp, 0);
		input.at += boot_info.rsdp_size;
	}
	memcpy(boot_info.map, map, sizeof(map));
	boot_info.map_count = boot_info.map_offered = ARRAY_SIZE(map);
	cmdline_init(boot_info.cmdline);
	fuzz_boot(put_tables);
}
