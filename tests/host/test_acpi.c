/*
 * ACPI tables in synthetic memory: good ones, and each way in which a table can be wrong. Windows
 * are counted: every one must be given back.
 *
 *	0x40E: EBDA segment     0xF0000: root pointer     0x200000: root table     0x201000..: tables
 */
#include "support/host.h"

#include "kernel/acpi.c"

#define MEMORY 0x300000u

static u8 *memory;
static int windows;

static void *map_window(phys_addr_t phys, unsigned long bytes)
{
	assert_true(bytes > 0 && bytes <= ACPI_WINDOW_BYTES);
	if (phys + bytes > MEMORY)
		return NULL;
	windows++;
	return memory + phys;
}

static void unmap_window(void *virt, unsigned long bytes)
{
	(void)virt;
	(void)bytes;
	windows--;
}

static const struct acpi_window window = { map_window, unmap_window };

static void put32(u32 addr, u32 v)
{
	memcpy(memory + addr, &v, 4);
}

static void fix_sum(u32 addr, u32 len, u32 at)
{
	memory[addr + at] = 0;
	memory[addr + at] = (u8)-sum_bytes(memory + addr, len);
}

static void put_table(u32 addr, const char *signature, u32 length)
{
	memcpy(memory + addr, signature, 4);
	put32(addr + 4, length);
	memory[addr + 8] = 1;
	memcpy(memory + addr + 10, "TESTER", 6);
	fix_sum(addr, length, 9);
}

static void put_rsdp(u32 addr, u32 rsdt)
{
	memcpy(memory + addr, "RSD PTR ", 8);
	put32(addr + 16, rsdt);
	fix_sum(addr, RSDP_SIZE_1, 8);
}

/* A root table with three entries: APIC, SRAT and one of 200 KiB. */
static void make_tables(void)
{
	free(memory);
	memory = calloc(1, MEMORY);
	put_rsdp(0xf0000, 0x200000);
	put32(0x201000 + 36, 0xfee00000);
	put_table(0x201000, "APIC", 60);
	put_table(0x202000, "SRAT", 48);
	memset(memory + 0x210000, 7, 200 * 1024);
	put_table(0x210000, "LONG", 200 * 1024);
	put32(0x200000 + 36, 0x201000);
	put32(0x200000 + 40, 0x202000);
	put32(0x200000 + 44, 0x210000);
	put_table(0x200000, "RSDT", 48);
}

static int scan(void)
{
	int n = acpi_scan(&window, NULL, 0);

	assert_int_equal(windows, 0);
	return n;
}

static void test_good(void **state)
{
	(void)state;
	make_tables();
	assert_int_equal(scan(), 3);
	assert_true(acpi_rsdp_address() == 0xf0000);
	assert_string_equal(acpi_table(0)->signature, "APIC");
	assert_string_equal(acpi_table(0)->oem, "TESTER");
	assert_true(acpi_find_table("SRAT")->phys == 0x202000);
	assert_int_equal(acpi_find_table("LONG")->length, 200 * 1024);
	assert_null(acpi_find_table("HPET"));
	assert_int_equal(acpi_lapic_address(&window), 0xfee00000);
	/* in the EBDA it comes first */
	put32(0x40e, 0x9fc0);
	put_rsdp(0x9fc10, 0x200000);
	assert_int_equal(scan(), 3);
	assert_true(acpi_rsdp_address() == 0x9fc10);
}

static void test_no_root(void **state)
{
	u8 copy[36] = { 0 };

	(void)state;
	make_tables();
	memcpy(copy, memory + 0xf0000, RSDP_SIZE_1);
	memory[0xf0000 + 17] ^= 1; /* sum wrong */
	assert_int_equal(scan(), -ENODEV);
	/* the loader's copy helps */
	assert_int_equal(acpi_scan(&window, copy, 20), 3);
	assert_int_equal(acpi_scan(&window, copy, 12), -ENODEV);
	/* off its boundary it is none */
	make_tables();
	memmove(memory + 0xf0008, memory + 0xf0000, 20);
	memset(memory + 0xf0000, 0, 8);
	assert_int_equal(scan(), -ENODEV);
	/* root table: wrong sum, wrong name, out of reach */
	make_tables();
	memory[0x200000 + 40] ^= 1;
	assert_int_equal(scan(), -ENODEV);
	assert_true(host_log_has("RSDT"));
	make_tables();
	put_table(0x200000, "RSDX", 48);
	assert_int_equal(scan(), -ENODEV);
	make_tables();
	put_rsdp(0xf0000, 0xfffffff0);
	assert_int_equal(scan(), -ENODEV);
}

static void test_bad_tables(void **state)
{
	(void)state;
	make_tables();
	memory[0x202000 + 40] ^= 1;
	assert_int_equal(scan(), 3); /* listed, but not found */
	assert_true(acpi_table(1)->sum != 0 && acpi_table(0)->sum == 0);
	assert_null(acpi_find_table("SRAT"));
	assert_true(host_log_has("table SRAT at 0x202000: its 48 bytes sum to"));
	make_tables();
	put32(0x202004, 35);
	assert_int_equal(scan(), 2);
	assert_true(host_log_has("length 35"));
	make_tables();
	put32(0x202004, 0xffffffff);
	assert_int_equal(scan(), 2);
	assert_true(host_log_has("length 4294967295"));
	/* a length that ends beyond what can be mapped */
	make_tables();
	put32(0x202004, 0x200000);
	assert_int_equal(scan(), 2);
	assert_true(host_log_has("2097152 bytes cannot be mapped"));
	/* an address of 0 and one nowhere */
	make_tables();
	put32(0x200000 + 36, 0);
	put32(0x200000 + 40, 0xf0000000);
	put_table(0x200000, "RSDT", 48);
	assert_int_equal(scan(), 1);
	/* a root table with a length that is no multiple: the rest is not an entry */
	make_tables();
	put_table(0x200000, "RSDT", 46);
	assert_int_equal(scan(), 2);
}

static void test_too_many(void **state)
{
	(void)state;
	make_tables();
	for (u32 i = 0; i < 40; i++)
		put32(0x200000 + 36 + 4 * i, 0x201000);
	put_table(0x200000, "RSDT", 36 + 160);
	assert_int_equal(scan(), ACPI_TABLES_MAX);
	assert_true(host_log_has("more than 32 tables"));
}

static void test_option(void **state)
{
	(void)state;
	assert_int_equal(parse_acpi("of"), -EINVAL);
	assert_false(acpi_disabled);
	assert_int_equal(parse_acpi("off"), 0);
	assert_true(acpi_disabled);
}

HOST_MAIN(cmocka_unit_test(test_option), cmocka_unit_test(test_good),
	  cmocka_unit_test(test_no_root), cmocka_unit_test(test_bad_tables),
	  cmocka_unit_test(test_too_many))
