/*
 * The parsers of firmware tables: what good tables say, each way in which one can be wrong, and random
 * damage. Every table lies in a block of its own exact size, so that AddressSanitizer sees a read
 * beyond it.
 */
#include "support/host.h"

#include "kernel/firmware/dmi.c"
#include "kernel/firmware/irq_tables.h"
#include "kernel/firmware/rom.h"

/* ---- A table that is built up piece by piece ---- */

static u8 buf[0x4000];
static u32 used;

static void put(const void *bytes, u32 len)
{
	memcpy(buf + used, bytes, len);
	used += len;
}

#define PUT(...) put((const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))

static void put_text(const char *s)
{
	put(s, (u32)strlen(s));
}

/* A copy of exactly `len` bytes of the table. */
static u8 *exact(u32 len)
{
	u8 *p = malloc(len ? len : 1);

	memcpy(p, buf, len);
	return p;
}

static void fix_sum(u8 *p, u32 len, u32 at)
{
	p[at] = 0;
	p[at] = (u8)-fw_sum(p, len);
}

static void test_sum(void **state)
{
	u32 seed = host_seed(11), slow;
	u8 *p = malloc(70000);

	(void)state;
	for (u32 i = 0; i < 70000; i++)
		p[i] = (u8)((seed = seed * 1103515245 + 12345) >> 16);
	for (u32 len = 0; len < 1600; len++) {
		slow = 0;
		for (u32 i = 0; i < len; i++)
			slow += p[i + 1];
		assert_int_equal(fw_sum(p + 1, len), (u8)slow);
	}
	memset(p, 0xff, 70000);
	assert_int_equal(fw_sum(p, 70000), (u8)(70000 * 0xffu));
	free(p);
}

/* ---- The MP table ---- */

static void put_mpf(u32 at, u32 table, u8 revision, u8 config)
{
	u8 f[16] = "_MP_";

	memcpy(f + 4, &table, 4);
	f[8] = 1;
	f[9] = revision;
	f[11] = config;
	f[12] = 0x80;
	fix_sum(f, 16, 10);
	memcpy(buf + at, f, 16);
}

static void test_mpf(void **state)
{
	struct mpf mpf;
	u8 *p;

	(void)state;
	memset(buf, 0, sizeof(buf));
	assert_int_equal(mpf_find(buf, 0x400, &mpf), -ENOENT);
	put_mpf(0x3f0, 0xf5bb0, 4, 0);
	p = exact(0x400);
	assert_int_equal(mpf_find(p, 0x400, &mpf), 0x3f0);
	assert_true(mpf.config == 0xf5bb0 && mpf.revision == 4 && mpf.imcr && !mpf.default_config);
	assert_int_equal(mpf_find(p, 0x3ff, &mpf), -ENOENT); /* cut off */
	p[0x3f8] = 2;					     /* its length */
	assert_int_equal(mpf_find(p, 0x400, &mpf), -ENOENT);
	free(p);
	put_mpf(0x100, 1, 4, 0);
	buf[0x101] ^= 1; /* the first has a wrong sum, the second is taken */
	assert_int_equal(mpf_find(buf, 0x400, &mpf), 0x3f0);
	put_mpf(0x100, 1, 2, 0); /* no such revision */
	assert_int_equal(mpf_find(buf, 0x400, &mpf), 0x3f0);
	put_mpf(0x100, 1, 1, 5);
	assert_int_equal(mpf_find(buf, 0x400, &mpf), 0x100);
	assert_int_equal(mpf.default_config, 5);
	memmove(buf + 0x108, buf + 0x100, 16); /* off its boundary */
	memset(buf + 0x100, 0, 8);
	assert_int_equal(mpf_find(buf, 0x400, &mpf), 0x3f0);
}

/* Two processors, two buses, an I/O APIC, an ISA line, an NMI: 7 entries, 124 bytes. */
static void make_mpc(void)
{
	used = 0;
	memset(buf, 0, sizeof(buf));
	put_text("PCMP");
	PUT(0, 0, 4, 0);
	put_text("ACME    WONDER 3    ");
	PUT(0, 0, 0, 0, 0, 0, 7, 0);
	PUT(0x00, 0x00, 0xe0, 0xfe, 0, 0, 0, 0);
	for (u8 cpu = 0; cpu < 2; cpu++)
		PUT(0, (u8)(cpu * 3), 0x14, cpu ? 1 : 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		    0, 0);
	PUT(1, 0, 'P', 'C', 'I', ' ', ' ', ' ');
	PUT(1, 1, 'I', 'S', 'A', ' ', ' ', ' ');
	PUT(2, 8, 0x11, 1, 0x00, 0x00, 0xc0, 0xfe);
	PUT(3, 0, 15, 0, 1, 9, 8, 20);
	PUT(4, 1, 0, 0, 1, 0, 255, 1);
	buf[4] = (u8)used;
	fix_sum(buf, used, 7);
}

static void test_mpc(void **state)
{
	struct irq_table t;
	u8 *p;

	(void)state;
	make_mpc();
	p = exact(used);
	assert_int_equal(mpc_length(p, MPC_HEADER_BYTES), used);
	assert_int_equal(mpc_parse(p, used, &t), 0);
	free(p);
	assert_true(t.valid && t.entries == 7 && !t.unknown && !t.dropped);
	assert_string_equal(t.oem, "ACME");
	assert_string_equal(t.product, "WONDER 3");
	assert_int_equal(t.lapic_address, 0xfee00000);
	assert_int_equal(t.cpus, 2);
	assert_true(t.cpu[0].boot && !t.cpu[1].boot && t.cpu[1].enabled && t.cpu[1].apic_id == 3);
	assert_string_equal(t.bus[1].name, "ISA");
	assert_true(t.ioapics == 1 && t.ioapic[0].id == 8 && t.ioapic[0].address == 0xfec00000);
	assert_int_equal(t.routes, 2);
	assert_true(!t.route[0].local && t.route[0].irq == 9 && t.route[0].pin == 20 &&
		    t.route[0].flags == 15);
	assert_true(t.route[1].local && t.route[1].type == FW_ROUTE_NMI &&
		    t.route[1].apic == FW_ALL_CPUS);
}

static void expect_mpc(u32 len, int err, u32 entries, const char *line)
{
	struct irq_table t;
	u8 *p = exact(len);

	host_log_clear();
	assert_int_equal(mpc_parse(p, len, &t), err);
	assert_int_equal(t.entries, entries);
	assert_int_equal(t.valid, !err);
	assert_int_equal(host_log_count("mptable:"), 1);
	if (!host_log_has(line))
		fail_msg("no line with \"%s\"", line);
	free(p);
}

static void test_mpc_bad(void **state)
{
	(void)state;
	for (u32 len = 0; len < MPC_HEADER_BYTES; len++) {
		make_mpc();
		expect_mpc(len, -EINVAL, 0, "no \"PCMP\" table");
	}
	make_mpc(); /* claims more than there is */
	expect_mpc(used - 1, -EINVAL, 0, "no \"PCMP\" table");
	make_mpc();
	buf[5] = 0;
	buf[4] = 43; /* claims less than a header */
	expect_mpc(used, -EINVAL, 0, "no \"PCMP\" table");
	make_mpc();
	buf[50] ^= 4;
	expect_mpc(used, -EINVAL, 0, "sum to");
	make_mpc();
	buf[6] = 3;
	fix_sum(buf, used, 7);
	expect_mpc(used, -EINVAL, 0, "revision 3");
	make_mpc(); /* more entries promised than there are */
	buf[34] = 200;
	fix_sum(buf, used, 7);
	expect_mpc(used, 0, 7, "entry 7 of 200 at offset 124 is missing");
	make_mpc();
	buf[44 + 40] = 9; /* the first bus becomes something unknown */
	fix_sum(buf, used, 7);
	expect_mpc(used, 0, 2, "entry 2 of 7 at offset 84 is of an unknown type");
	make_mpc();
	buf[used - 8] = 0; /* the last entry becomes a processor, for which there is no room */
	fix_sum(buf, used, 7);
	expect_mpc(used, 0, 6, "entry 6 of 7 at offset 116 is cut off");
}

/* More of each kind than is kept: counted, nothing is overwritten. */
static void test_mpc_many(void **state)
{
	struct irq_table t;
	u32 count = 0;

	(void)state;
	make_mpc();
	for (; count < 90; count++) {
		PUT(1, (u8)count, 'X', 0, 0, 0, 0, 0);
		PUT(2, (u8)count, 0, 1, 0, 0, 0, 0);
		PUT(3, 0, 0, 0, 0, 0, 0, (u8)count);
		PUT(0, (u8)count, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	}
	memcpy(buf + 4, &used, 2);
	count = 7 + 4 * count;
	memcpy(buf + 34, &count, 2);
	fix_sum(buf, used, 7);
	assert_int_equal(mpc_parse(buf, used, &t), 0);
	assert_int_equal(t.entries, count);
	assert_true(t.cpus == FW_CPUS_MAX && t.ioapics == FW_IOAPICS_MAX &&
		    t.buses == FW_BUSES_MAX && t.routes == FW_ROUTES_MAX);
	assert_int_equal(t.dropped, count - t.cpus - t.ioapics - t.buses - t.routes);
}

static void test_default_config(void **state)
{
	struct irq_table t;

	(void)state;
	assert_int_equal(mp_default_config(0, &t), -EINVAL);
	assert_int_equal(mp_default_config(8, &t), -EINVAL);
	assert_true(host_log_has("default configuration 8: expected 1 to 7"));
	assert_int_equal(mp_default_config(6, &t), 0);
	assert_true(t.valid && t.defaults && t.cpus == 2 && t.cpu[0].boot && t.ioapics == 1);
	assert_string_equal(t.bus[0].name, "EISA");
	assert_string_equal(t.bus[1].name, "PCI");
	assert_int_equal(t.routes, 15); /* all lines but the cascade */
	assert_true(t.route[0].irq == 0 && t.route[0].pin == 2);
	assert_int_equal(mp_default_config(2, &t), 0);
	assert_true(t.routes == 13 && t.buses == 1 && t.route[0].irq == 1);
}

/* ---- The MADT ---- */

static void make_madt(void)
{
	used = 0;
	memset(buf, 0, sizeof(buf));
	put_text("APIC");
	PUT(0, 0, 0, 0, 3, 0);
	put_text("BOCHS BXPC    ");
	used = 36;
	PUT(0x00, 0x00, 0xe0, 0xfe, 1, 0, 0, 0);
}

static void test_madt(void **state)
{
	struct irq_table t;
	u8 *p;

	(void)state;
	make_madt();
	PUT(0, 8, 0, 0, 1, 0, 0, 0);
	PUT(0, 8, 1, 1, 0, 0, 0, 0); /* disabled */
	PUT(9, 16, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0);
	PUT(9, 16, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0); /* identifier 256 */
	PUT(1, 12, 2, 0, 0x00, 0x10, 0xc0, 0xfe, 24, 0, 0, 0);
	PUT(2, 10, 0, 9, 9, 0, 0, 0, 13, 0);
	PUT(3, 8, 5, 0, 23, 0, 0, 0);
	PUT(4, 6, 255, 5, 0, 1);
	PUT(5, 12, 0, 0, 0, 0, 0xd0, 0xfe, 0, 0, 0, 0);
	PUT(0x80, 5, 1, 2, 3); /* some vendor's own */
	PUT(1, 4, 0, 0);       /* too short for its type */
	p = exact(used);
	assert_int_equal(madt_parse(p, used, &t), 0);
	free(p);
	assert_true(t.valid && t.pcat_compat && t.revision == 3);
	assert_string_equal(t.oem, "BOCHS");
	assert_string_equal(t.product, "BXPC");
	assert_int_equal(t.entries, 11);
	assert_int_equal(t.unknown, 2);
	assert_int_equal(t.dropped, 1);
	assert_int_equal(t.lapic_address, 0xfed00000);
	assert_true(t.cpus == 3 && t.cpu[0].enabled && !t.cpu[1].enabled && t.cpu[2].apic_id == 7);
	assert_true(t.ioapics == 1 && t.ioapic[0].id == 2 && t.ioapic[0].gsi_base == 24 &&
		    t.ioapic[0].address == 0xfec01000);
	assert_true(t.routes == 3 && t.route[0].irq == 9 && t.route[0].flags == 13);
	assert_true(t.route[1].type == FW_ROUTE_NMI && t.route[1].pin == 23 && !t.route[1].local);
	assert_true(t.route[2].local && t.route[2].pin == 1 && t.route[2].apic == 255);
}

static void expect_madt(int err, u32 entries, const char *line)
{
	struct irq_table t;
	u8 *p = exact(used);

	host_log_clear();
	assert_int_equal(madt_parse(p, used, &t), err);
	assert_int_equal(t.entries, entries);
	assert_int_equal(host_log_count("madt:"), 1);
	assert_true(host_log_has(line));
	free(p);
}

static void test_madt_bad(void **state)
{
	(void)state;
	for (u32 len = 0; len < 44; len++) {
		make_madt();
		used = len;
		expect_madt(-EINVAL, 0, "expected \"APIC\" and at least 44");
	}
	make_madt();
	PUT(0, 8, 0, 0, 1, 0, 0, 0);
	PUT(0, 0, 1, 1, 1, 0, 0, 0); /* no length: would never end */
	expect_madt(0, 1, "entry at offset 52 of 60 has length 0");
	make_madt();
	PUT(1, 12, 0, 0, 0); /* reaches beyond the table */
	expect_madt(0, 0, "entry at offset 44 of 49 has length 12");
	make_madt();
	PUT(0); /* a type without a length */
	expect_madt(0, 0, "entry at offset 44 of 45 has length 0");
	make_madt();
	PUT(5, 12, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0);
	expect_madt(0, 1, "above 4 GiB");
}

/* ---- SMBIOS ---- */

static void make_anchor(u8 *a, u32 table, u16 length, u16 count)
{
	memset(a, 0, 32);
	memcpy(a, "_SM_", 4);
	a[5] = 31;
	a[6] = 2;
	a[7] = 8;
	memcpy(a + 16, "_DMI_", 5);
	memcpy(a + 22, &length, 2);
	memcpy(a + 24, &table, 4);
	memcpy(a + 28, &count, 2);
	a[30] = 0x28;
	fix_sum(a + 16, 15, 5);
	fix_sum(a, 31, 4);
}

static void test_dmi_find(void **state)
{
	struct dmi_anchor a;
	u8 *p;

	(void)state;
	memset(buf, 0, sizeof(buf));
	assert_int_equal(dmi_find(buf, 0x100, &a), -ENOENT);
	make_anchor(buf + 0xe0, 0xf5a10, 388, 9);
	p = exact(0x100);
	assert_int_equal(dmi_find(p, 0x100, &a), 0xe0);
	assert_true(a.table == 0xf5a10 && a.length == 388 && a.count == 9 && a.major == 2 &&
		    a.minor == 8);
	p[0xe8] ^= 1; /* the outer sum is wrong: the inner anchor is one of its own */
	assert_int_equal(dmi_find(p, 0x100, &a), 0xf0);
	assert_true(a.table == 0xf5a10 && a.major == 2 && a.minor == 8);
	p[0xfe] ^= 1; /* and that one, too */
	assert_int_equal(dmi_find(p, 0x100, &a), -ENOENT);
	free(p);
	make_anchor(buf + 0xe0, 0xf5a10, 388, 9);
	p = exact(0xfe); /* both cut off */
	assert_int_equal(dmi_find(p, 0xfe, &a), -ENOENT);
	free(p);
	memcpy(buf, "_SM3_\0\x18\x03\x01", 9); /* 3.1, at a table above 4 GiB */
	memcpy(buf + 12, "\x10\x02\0\0\0\0\0\x80\x01\0\0\0", 12);
	fix_sum(buf, 24, 5);
	assert_int_equal(dmi_find(buf, 0x100, &a), 0);
	assert_true(a.table == 0x180000000ull && a.length == 0x210 && !a.count && a.major == 3);
	buf[6] = 255; /* longer than what is left */
	fix_sum(buf, 24, 5);
	assert_int_equal(dmi_find(buf, 64, &a), -ENOENT);
}

static void put_strings(const char *a, const char *b, const char *c)
{
	const char *all[] = { a, b, c };

	for (u32 i = 0; i < 3; i++)
		if (all[i])
			put(all[i], (u32)strlen(all[i]) + 1);
	PUT(0);
	if (!a)
		PUT(0);
}

static void make_dmi(void)
{
	used = 0;
	PUT(0, 9, 0, 0, 1, 2, 0, 0, 3); /* BIOS */
	put_strings("Maker", "1.0 ", "01/02/2003");
	PUT(1, 8, 1, 0, 1, 2, 0, 1); /* system: no version, the serial is string 1 */
	put_strings("Vendor", "A \"box\"\x01 \xc3\xa4", NULL);
	PUT(2, 6, 2, 0, 0, 7); /* a board whose name is a string that is not there */
	put_strings(NULL, NULL, NULL);
	PUT(2, 6, 3, 0, 0, 1); /* a second one */
	put_strings("DG45ID board", NULL, NULL);
	PUT(127, 4, 4, 0, 0, 0);
	PUT(1, 8, 5, 0, 1, 1, 1, 1); /* behind the end */
	put_strings("nobody", NULL, NULL);
}

static void test_dmi(void **state)
{
	u8 *p;

	(void)state;
	make_dmi();
	p = exact(used);
	dmi_parse(p, used, 0);
	free(p);
	assert_true(dmi_info.complete);
	assert_int_equal(dmi_info.structures, 5);
	assert_string_equal(dmi_string(DMI_BIOS_VENDOR), "Maker");
	assert_string_equal(dmi_string(DMI_BIOS_VERSION), "1.0");
	assert_string_equal(dmi_string(DMI_BIOS_DATE), "01/02/2003");
	assert_string_equal(dmi_string(DMI_PRODUCT_NAME), "A \"box\"? ??");
	assert_string_equal(dmi_string(DMI_PRODUCT_VERSION), "");
	assert_string_equal(dmi_string(DMI_PRODUCT_SERIAL), "Vendor");
	assert_string_equal(dmi_string(DMI_BOARD_NAME), "DG45ID board");
	assert_true(dmi_check_bad_bios());
	assert_string_equal(dmi_info.bad_bios, "DG45ID board");
}

static void test_dmi_good_bios(void **state)
{
	(void)state;
	assert_false(dmi_check_bad_bios()); /* no SMBIOS at all */
	used = 0;
	PUT(0, 5, 0, 0, 1);
	put_strings("Phoenix", NULL, NULL);
	dmi_parse(buf, used, 1);
	assert_false(dmi_check_bad_bios());
	assert_null(dmi_info.bad_bios);
}

/* Cut off at every length: what was read before it stays, nothing beyond it is read. */
static void test_dmi_cut(void **state)
{
	(void)state;
	make_dmi();
	for (u32 len = 0; len < used; len++) {
		u8 *p = exact(len);

		memset(&dmi_info, 0, sizeof(dmi_info));
		memset(strings, 0, sizeof(strings));
		text_used = 1;
		dmi_parse(p, len, 5);
		assert_in_range(dmi_info.structures, 0, 5);
		free(p);
	}
}

static void test_dmi_bad(void **state)
{
	(void)state;
	used = 0;
	PUT(1, 3, 0, 0, 1, 2); /* shorter than its own header: would not move on */
	dmi_parse(buf, used, 2);
	assert_true(host_log_has("structure 0 has length 3") && !dmi_info.complete);
	used = 0;
	for (u32 i = 0; i < 20; i++) { /* more text than is kept: each field once, then no more */
		PUT(0, 9, 0, 0, 1, 1, 0, 0, 1);
		memset(buf + used, 'x', 300);
		used += 300;
		PUT(0, 0);
	}
	dmi_parse(buf, used, 0);
	assert_int_equal(strlen(dmi_string(DMI_BIOS_VENDOR)), STRING_MAX);
	assert_int_equal(dmi_info.structures, 20);
}

/* ---- ROMs ---- */

static u8 area[ROM_AREA_END - ROM_AREA_START];

static void put_rom(u32 at, u8 blocks, bool good)
{
	u8 *p = area + (at - ROM_AREA_START);

	p[0] = 0x55;
	p[1] = 0xaa;
	p[2] = blocks;
	p[5] = 0;
	if (at - ROM_AREA_START + blocks * 512u <= sizeof(area))
		p[5] = (u8)(-fw_sum(p, blocks * 512u) + !good);
}

static void expect_rom(u32 i, u32 start, u32 end, const char *name, bool ok)
{
	const struct rom *r = rom_get(i);

	assert_int_equal(r->start, start);
	assert_int_equal(r->end, end);
	assert_string_equal(r->name, name);
	assert_int_equal(r->sum_ok, ok);
}

static void test_roms(void **state)
{
	static const u8 pcir[] = { 'P', 'C', 'I', 'R', 0xf4, 0x1a, 0x00, 0x10 };

	(void)state;
	rom_scan(area);
	assert_int_equal(rom_count(), 0);
	memcpy(area + 0x40, pcir, 8);
	area[0x18] = 0x40;
	put_rom(0xC0000, 64, true);
	put_rom(0xC0800, 1, true); /* inside the first: not looked at */
	put_rom(0xC0000, 64, true);
	put_rom(0xC8000, 5, true);
	put_rom(0xC8A00, 1, true); /* on no boundary of 2 KiB */
	put_rom(0xC9000, 0, true); /* no length */
	put_rom(0xD0000, 4, false);
	put_rom(0xEF800, 200, true);	       /* reaches out of the area */
	area[0xEF818 - ROM_AREA_START] = 0xff; /* and points to a structure beyond it */
	area[0xEF819 - ROM_AREA_START] = 0xff;
	rom_scan(area);
	rom_add_system();
	assert_int_equal(rom_count(), 6);
	expect_rom(0, 0xC0000, 0xC8000, "Video ROM", true);
	assert_true(rom_get(0)->vendor == 0x1af4 && rom_get(0)->device == 0x1000);
	expect_rom(1, 0xC8000, 0xC8A00, "Adapter ROM", true);
	expect_rom(2, 0xC9000, 0xC9000, "Adapter ROM", false);
	expect_rom(3, 0xD0000, 0xD0800, "Adapter ROM", false);
	expect_rom(4, 0xEF800, 0xF0000, "Adapter ROM", false);
	assert_int_equal(rom_get(4)->vendor, 0);
	expect_rom(5, 0xF0000, 0x100000, "System ROM", true);
}

static void test_roms_extension(void **state)
{
	(void)state;
	put_rom(0xC0000, 4, false); /* a video ROM with a wrong sum has its default size */
	put_rom(0xE0000, 128, true);
	rom_scan(area);
	assert_int_equal(rom_count(), 2);
	expect_rom(0, 0xC0000, 0xC8000, "Video ROM", false);
	expect_rom(1, 0xE0000, 0xF0000, "Extension ROM", true);
	area[0xEFFFF - ROM_AREA_START] ^=
		1; /* not all of 64 KiB: an adapter's, by its own length */
	put_rom(0xE0000, 2, true);
	rom_scan(area);
	expect_rom(1, 0xE0000, 0xE0400, "Adapter ROM", true);
	for (u32 at = 0xC8000; at < 0xE0000; at += 0x800)
		put_rom(at, 1, true);
	rom_scan(area);
	rom_add_system();
	assert_int_equal(rom_count(), ROMS_MAX);
	assert_true(host_log_has("more than 8"));
}

/* ---- Random damage: no read beyond a table, no endless loop ---- */

static void test_damage(void **state)
{
	u32 seed = host_seed(20261122);
	struct dmi_anchor a;
	struct irq_table t;
	struct mpf mpf;

	(void)state;
	for (u32 run = 0; run < 20000; run++) {
		u32 len, hits, kind = run % 3;
		u8 *p;

		kind == 0 ? make_mpc() : kind == 1 ? make_madt() : make_dmi();
		if (kind == 1) {
			PUT(1, 12, 2, 0, 0, 0x10, 0xc0, 0xfe, 24, 0, 0, 0);
			PUT(2, 10, 0, 9, 9, 0, 0, 0, 13, 0);
		}
		seed = seed * 1664525 + 1013904223;
		len = seed >> 8 & 1 ? used : (seed >> 9) % (used + 1);
		p = exact(len);
		for (hits = seed >> 28; hits && len; hits--) {
			seed = seed * 1664525 + 1013904223;
			p[(seed >> 8) % len] = (u8)(seed >> 24);
		}
		if (kind == 0) {
			if (len > 8)
				fix_sum(p, min(len, max(mpc_length(p, len), 8u)), 7);
			mpc_parse(p, len, &t);
			mpf_find(p, len, &mpf);
		} else if (kind == 1) {
			madt_parse(p, len, &t);
		} else {
			memset(&dmi_info, 0, sizeof(dmi_info));
			memset(strings, 0, sizeof(strings));
			text_used = 1;
			dmi_parse(p, len, (u16)(seed >> 30));
			dmi_find(p, len, &a);
		}
		free(p);
	}
}

HOST_MAIN(cmocka_unit_test(test_sum), cmocka_unit_test(test_mpf), cmocka_unit_test(test_mpc),
	  cmocka_unit_test(test_mpc_bad), cmocka_unit_test(test_mpc_many),
	  cmocka_unit_test(test_default_config), cmocka_unit_test(test_madt),
	  cmocka_unit_test(test_madt_bad), cmocka_unit_test(test_dmi_find),
	  cmocka_unit_test(test_dmi), cmocka_unit_test(test_dmi_good_bios),
	  cmocka_unit_test(test_dmi_cut), cmocka_unit_test(test_dmi_bad),
	  cmocka_unit_test(test_roms), cmocka_unit_test(test_roms_extension),
	  cmocka_unit_test(test_damage))
