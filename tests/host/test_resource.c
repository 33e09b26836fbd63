/*
 * The resource tree and the gap search (W-16, W-83, W-84).
 */
#include "support/host.h"

#include "kernel/lib/errno.h"
#include "mm/bootmem.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_node_map.h"
#include "mm/early_res.h"
#include "mm/memstat.h"
#include "mm/resource.h"

static char text[2048];

static void print(void *arg, const struct memstat_resource *r)
{
	(void)arg;
	sprintf(text + strlen(text), "%*s%08llx-%08llx : %s\n", (int)r->depth * 2, "", r->start,
		r->end_inclusive, r->name);
}

static const char *iomem(void)
{
	text[0] = '\0';
	memstat_iomem(print, NULL);
	return text;
}

#define RES(s, e, n)                            \
	{                                       \
		.start = s, .end = e, .name = n \
	}

/* A parent may come after its children, and the other way round. */
static void test_insert(void **state)
{
	static struct resource code = RES(0x100, 0x1ff, "code"), data = RES(0x200, 0x27f, "data"),
			       ram = RES(0x0, 0xfff, "ram"), rom = RES(0x2000, 0x2fff, "rom"),
			       inner = RES(0x120, 0x12f, "inner"), same = RES(0x120, 0x12f, "same"),
			       across = RES(0x180, 0x210, "across"),
			       outside = RES(0x1, 0x1ffffffff, "outside"),
			       backward = RES(0x20, 0x10, "backward"),
			       hole = RES(0x1000, 0x1fff, "hole");

	(void)state;
	assert_int_equal(insert_resource(&iomem_resource, &data), 0);
	assert_int_equal(insert_resource(&iomem_resource, &rom), 0);
	assert_int_equal(insert_resource(&iomem_resource, &code), 0);
	assert_int_equal(insert_resource(&iomem_resource, &ram), 0);
	assert_int_equal(insert_resource(&iomem_resource, &inner), 0);
	assert_int_equal(insert_resource(&iomem_resource, &same), 0); /* takes its place */
	assert_int_equal(insert_resource(&iomem_resource, &hole), 0);
	assert_int_equal(insert_resource(&iomem_resource, &across), -EBUSY);
	assert_int_equal(insert_resource(&iomem_resource, &outside), -EBUSY);
	assert_int_equal(insert_resource(&iomem_resource, &backward), -EBUSY);
	assert_string_equal(iomem(), "00000000-00000fff : ram\n"
				     "  00000100-000001ff : code\n"
				     "    00000120-0000012f : same\n"
				     "      00000120-0000012f : inner\n"
				     "  00000200-0000027f : data\n"
				     "00001000-00001fff : hole\n"
				     "00002000-00002fff : rom\n");
	assert_ptr_equal(inner.parent, &same);
	assert_ptr_equal(code.parent, &ram);
}

/* The ports of every PC, then a device's, one that covers two, and one that does not fit. */
static void test_ports(void **state)
{
	struct resource device = { .start = 0xc000, .end = 0xc01f, .name = "device" };
	struct resource bus = { .start = 0xc000, .end = 0xcfff, .name = "bus" };
	struct resource across = { .start = 0x1f, .end = 0x20, .name = "across" };
	struct resource outside = { .start = 0xfff0, .end = 0x10000, .name = "outside" };

	(void)state;
	reserve_standard_io_resources();
	assert_int_equal(insert_resource(&ioport_resource, &device), 0);
	assert_int_equal(insert_resource(&ioport_resource, &bus), 0);
	assert_int_equal(insert_resource(&ioport_resource, &across), -EBUSY);
	assert_int_equal(insert_resource(&ioport_resource, &outside), -EBUSY);
	text[0] = '\0';
	memstat_ioports(print, NULL);
	assert_string_equal(text, "00000000-0000001f : dma1\n00000020-00000021 : pic1\n"
				  "00000040-00000043 : timer0\n00000050-00000053 : timer1\n"
				  "00000060-00000060 : keyboard\n00000064-00000064 : keyboard\n"
				  "00000080-0000008f : dma page reg\n000000a0-000000a1 : pic2\n"
				  "000000c0-000000df : dma2\n000000f0-000000ff : fpu\n"
				  "000003c0-000003df : vga+\n000003f8-000003ff : serial\n"
				  "00000cf8-00000cff : PCI conf1\n0000c000-0000cfff : bus\n"
				  "  0000c000-0000c01f : device\n");
	assert_string_equal(iomem(), "000a0000-000bffff : Video RAM area\n");
}

static void test_map(void **state)
{
	(void)state;
	host_ram_setup(16 << 20);
	assert_string_equal(iomem(), "");
	e820_add_region(0, 0x1000, E820_RESERVED);
	e820_add_region(0x1000, 0x9e000, E820_RAM);
	e820_add_region(0xf0000, 0x10000, E820_RESERVED);
	e820_add_region(0x100000, 0xee0000, E820_RAM);
	e820_add_region(0xfe0000, 0x20000, E820_ACPI);
	e820_add_region(0xfffc0000, 0x40000, E820_RESERVED);
	e820_add_region(0x100000000, 0x1000, E820_RAM); /* out of the tree's reach */
	max_pfn = max_low_pfn = max_low_pfn_mapped = max_pfn_mapped = 0xfe0;
	reserve_early(HOST_IMAGE_START, HOST_IMAGE_END, "TEXT DATA BSS");
	initmem_init();
	kernel_resources();
	insert_kernel_resources();
	e820_reserve_resources();
	assert_string_equal(iomem(), "00000000-00000fff : reserved\n"
				     "00001000-0009efff : System RAM\n"
				     "000f0000-000fffff : reserved\n"
				     "00100000-00fdffff : System RAM\n"
				     "  00100000-0017ffff : Kernel code\n"
				     "  00180000-0019ffff : Kernel data\n"
				     "  001b0000-001fffff : Kernel bss\n"
				     "00fe0000-00ffffff : ACPI Tables\n"
				     "fffc0000-ffffffff : reserved\n");
}

static void expect_gap(u64 limit, bool found, u64 start, u64 size)
{
	u64 s = 0x10000000, n = 0x400000;

	assert_int_equal(e820_search_gap(limit, &s, &n), found);
	assert_true(s == start);
	assert_true(n == size);
}

static void test_gap(void **state)
{
	(void)state;
	e820_add_region(0, 0x40000000, E820_RAM);
	e820_add_region(0xfffc0000, 0x40000, E820_RESERVED);
	expect_gap(0x100000000, true, 0x40000000, 0xfffc0000 - 0x40000000);
	expect_gap(0xfec00000, true, 0x40000000, 0xbec00000); /* below the interrupt controllers */

	/* of two equal gaps the one found later, which is the lower, wins */
	e820.nr_map = 0;
	e820_add_region(0, 0x10000000, E820_RAM);
	e820_add_region(0x20000000, 0x10000000, E820_RAM);
	e820_add_region(0x40000000, 0x10000000, E820_RAM);
	expect_gap(0x50000000, true, 0x10000000, 0x10000000);
	expect_gap(0x60000000, true, 0x10000000, 0x10000000);

	/* nothing as large as the default: it stays */
	e820.nr_map = 0;
	e820_add_region(0, 0xfeb00000, E820_RAM);
	expect_gap(0xfec00000, false, 0x10000000, 0x400000);
	e820_setup_gap();
	assert_true(pci_mem_start == 0x10100000);
}

HOST_MAIN(cmocka_unit_test(test_ports), cmocka_unit_test(test_insert), cmocka_unit_test(test_map),
	  cmocka_unit_test(test_gap))
