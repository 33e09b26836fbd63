/*
 * The Multiboot parser on synthetic memory: well-formed blocks of both protocols, each kind of
 * damage, and random damage. Memory is one array; reads outside it give nothing, as on a bus.
 */
#include "support/host.h"

#include "kernel/boot/multiboot.c"

#define BASE 0x9000u
#define SIZE 0x4000u

static u8 memory[SIZE];
static struct boot_info info;

static bool read_memory(u32 addr, void *dst, u32 len)
{
	if (len > ~addr)
		return false;
	for (u32 i = 0; i < len; i++) {
		u32 at = addr + i - BASE;

		((u8 *)dst)[i] = at < SIZE ? memory[at] : 0xff;
	}
	return true;
}

static const struct boot_memory mem = { read_memory };

static void put32(u32 addr, u32 v)
{
	memcpy(memory + addr - BASE, &v, 4);
}

static void put64(u32 addr, u64 v)
{
	memcpy(memory + addr - BASE, &v, 8);
}

static void put_string(u32 addr, const char *s)
{
	strcpy((char *)memory + addr - BASE, s);
}

static bool complained(const char *text)
{
	for (unsigned int i = 0; i < info.complaint_count; i++)
		if (strstr(info.complaints[i], text))
			return true;
	return false;
}

/* A block as QEMU's -kernel gives it: block at 0x9500, map at 0x9000. */
static void make_mb1(void)
{
	memset(memory, 0, sizeof(memory));
	put32(0x9500, MB1_HAS_MEM | MB1_HAS_CMDLINE | MB1_HAS_MODS | MB1_HAS_MMAP | MB1_HAS_LOADER);
	put32(0x9504, 639);
	put32(0x9508, 64384);
	put32(0x9510, 0xa000);
	put_string(0xa000, "memscope.elf mem=64M");
	put32(0x9514, 1);
	put32(0x9518, 0xa100);
	put32(0xa100, 0x200000);
	put32(0xa104, 0x201000);
	put32(0xa108, 0xa200);
	put_string(0xa200, "initrd name");
	put32(0x952c, 48);
	put32(0x9530, 0x9000);
	put32(0x9540, 0xa300);
	put_string(0xa300, "qemu");
	put32(0x9000, 20);
	put64(0x9004, 0);
	put64(0x900c, 0x9fc00);
	put32(0x9014, 1);
	put32(0x9018, 20);
	put64(0x901c, 0x100000000ull);
	put64(0x9024, 0x40000000ull);
	put32(0x902c, 2);
}

static void parse_mb1_block(void)
{
	boot_info_parse(&info, MB1_LOADER_MAGIC, 0x9500, &mem);
}

static void test_mb1(void **state)
{
	(void)state;
	make_mb1();
	parse_mb1_block();
	assert_int_equal(info.protocol, 1);
	assert_int_equal(info.complaint_count, 0);
	assert_string_equal(info.cmdline, "memscope.elf mem=64M");
	assert_int_equal(info.cmdline_addr, 0xa000);
	assert_string_equal(info.loader, "qemu");
	assert_true(info.has_mem_sizes && info.mem_lower_kib == 639 && info.mem_upper_kib == 64384);
	assert_int_equal(info.map_count, 2);
	assert_true(info.map[1].start == 0x100000000ull && info.map[1].size == 0x40000000ull);
	assert_int_equal(info.map[1].type, 2);
	assert_int_equal(info.module_count, 1);
	assert_int_equal(info.modules[0].start, 0x200000);
	assert_int_equal(info.modules[0].end, 0x201000);
	assert_string_equal(info.modules[0].cmdline, "initrd name");
	assert_false(info.framebuffer.valid);
}

static void test_mb1_damage(void **state)
{
	(void)state;
	make_mb1();
	put32(0x9500, 0);
	parse_mb1_block();
	assert_true(!info.has_mem_sizes && !info.map_count && !info.module_count);
	assert_string_equal(info.cmdline, "");

	make_mb1();
	put32(0x9018, 4); /* second entry too small: the first one stays */
	parse_mb1_block();
	assert_int_equal(info.map_count, 1);
	assert_true(complained("entry 1 has size 4"));

	make_mb1();
	put32(0x9018, 0xfffffff0); /* an entry that would wrap */
	parse_mb1_block();
	assert_int_equal(info.map_count, 1);

	make_mb1();
	put32(0x952c, 0x7fffffff);
	parse_mb1_block();
	assert_int_equal(info.map_count, 0);
	assert_true(complained("length 2147483647"));

	make_mb1();
	put32(0xa104, 0x1fffff); /* module ends before it starts */
	parse_mb1_block();
	assert_int_equal(info.module_count, 0);
	assert_true(complained("0x1fffff"));

	make_mb1();
	put32(0x9514, 0xffffffff);
	parse_mb1_block();
	assert_int_equal(info.module_count, 0);
}

static void test_long_cmdline(void **state)
{
	(void)state;
	make_mb1();
	memset(memory + 0xa000 - BASE, 'a', 0x2f00);
	parse_mb1_block();
	assert_int_equal(strlen(info.cmdline), BOOT_CMDLINE_SIZE - 1);
	assert_true(complained("command line"));
	/* one that just fits is whole */
	memory[0xa000 - BASE + BOOT_CMDLINE_SIZE - 1] = 0;
	parse_mb1_block();
	assert_int_equal(strlen(info.cmdline), BOOT_CMDLINE_SIZE - 1);
	assert_false(complained("command line"));
}

static void test_many_entries(void **state)
{
	(void)state;
	make_mb1();
	for (u32 i = 0; i < 130; i++) {
		put32(0xb000 + 24 * i, 20);
		put64(0xb004 + 24 * i, (u64)i << 20);
		put64(0xb00c + 24 * i, 0x1000);
		put32(0xb014 + 24 * i, 1);
	}
	put32(0x952c, 24 * 130);
	put32(0x9530, 0xb000);
	parse_mb1_block();
	assert_int_equal(info.map_count, BOOT_MAP_MAX);
	assert_int_equal(info.map_offered, 130);
	assert_true(complained("130 entries offered"));
}

static u32 mb2_end;

/* Appends a tag with `size` bytes (header included) and returns its address. */
static u32 add_tag(u32 type, u32 size)
{
	u32 tag = mb2_end;

	put32(tag, type);
	put32(tag + 4, size);
	mb2_end += round_up(size, 8u);
	return tag;
}

static void make_mb2(void)
{
	u32 tag;

	memset(memory, 0, sizeof(memory));
	mb2_end = 0xa008;
	tag = add_tag(MB2_CMDLINE, 8 + 6);
	put_string(tag + 8, "ip=x ");
	tag = add_tag(MB2_LOADER, 8 + 5);
	put_string(tag + 8, "GRUB");
	tag = add_tag(MB2_MEM, 16);
	put32(tag + 8, 639);
	put32(tag + 12, 7168);
	tag = add_tag(MB2_MMAP, 16 + 24);
	put32(tag + 8, 24);
	put64(tag + 16, 0x100000);
	put64(tag + 24, 0x700000);
	put32(tag + 32, 1);
	tag = add_tag(MB2_MODULE, 16 + 4);
	put32(tag + 8, 0x300000);
	put32(tag + 12, 0x300100);
	put_string(tag + 16, "mod");
	tag = add_tag(MB2_RSDP_NEW, 8 + 36);
	put_string(tag + 8, "RSD PTR ");
	tag = add_tag(MB2_RSDP_OLD, 8 + 20);
	put_string(tag + 8, "OLD");
}

static void parse_mb2_block(void)
{
	add_tag(MB2_END, 8);
	put32(0xa000, mb2_end - 0xa000);
	boot_info_parse(&info, MB2_LOADER_MAGIC, 0xa000, &mem);
}

static void test_mb2(void **state)
{
	(void)state;
	make_mb2();
	parse_mb2_block();
	assert_int_equal(info.protocol, 2);
	assert_int_equal(info.complaint_count, 0);
	assert_string_equal(info.cmdline, "ip=x ");
	assert_string_equal(info.loader, "GRUB");
	assert_int_equal(info.mem_upper_kib, 7168);
	assert_int_equal(info.map_count, 1);
	assert_true(info.map[0].start == 0x100000 && info.map[0].size == 0x700000);
	assert_int_equal(info.module_count, 1);
	assert_string_equal(info.modules[0].cmdline, "mod");
	/* the newer root pointer is kept whatever the order */
	assert_int_equal(info.rsdp_size, 36);
	assert_memory_equal(info.rsdp, "RSD PTR ", 8);
	assert_int_equal(info.info_size, mb2_end - 0xa000);
}

static void test_mb2_damage(void **state)
{
	u32 tag;

	(void)state;
	make_mb2();
	tag = add_tag(99, 8);
	put32(tag + 4, 0); /* a tag of no size would hold the walk up for ever */
	parse_mb2_block();
	assert_true(complained("has size 0"));
	assert_int_equal(info.map_count, 1);

	make_mb2();
	tag = add_tag(MB2_FRAMEBUFFER, 12);
	parse_mb2_block();
	assert_true(complained("tag 8 is too short"));
	assert_false(info.framebuffer.valid);

	make_mb2();
	tag = add_tag(MB2_MMAP, 64);
	put32(tag + 8, 0);
	parse_mb2_block();
	assert_true(complained("entry size 0"));

	make_mb2();
	put32(0xa000, mb2_end - 0xa000); /* without an end tag */
	boot_info_parse(&info, MB2_LOADER_MAGIC, 0xa000, &mem);
	assert_true(complained("no end tag"));
	assert_int_equal(info.map_count, 1);

	put32(0xa000, 0x7fffffff);
	boot_info_parse(&info, MB2_LOADER_MAGIC, 0xa000, &mem);
	assert_true(complained("nothing taken"));
	assert_int_equal(info.map_count, 0);

	boot_info_parse(&info, 0x12345678, 0xa000, &mem);
	assert_int_equal(info.protocol, 0);
	assert_true(complained("0x12345678"));
}

/* Any bytes at all: no read outside, no endless loop, everything ended and counted within bounds. */
static void test_random_damage(void **state)
{
	u32 seed = host_seed(1);

	(void)state;
	for (int run = 0; run < 20000; run++) {
		if (run & 1)
			make_mb1();
		else
			make_mb2();
		for (int i = 0; i < 1 + run % 7; i++) {
			seed = seed * 1664525 + 1013904223;
			memory[(seed >> 8) % (run & 1 ? 0x1400 : 0x1100)] = (u8)(seed >> 24);
		}
		if (run & 1)
			parse_mb1_block();
		else
			parse_mb2_block();
		assert_true(info.map_count <= BOOT_MAP_MAX &&
			    info.module_count <= BOOT_MODULES_MAX);
		assert_non_null(memchr(info.cmdline, 0, BOOT_CMDLINE_SIZE));
		assert_non_null(memchr(info.loader, 0, BOOT_LOADER_NAME_SIZE));
		for (unsigned int i = 0; i < info.module_count; i++)
			assert_true(info.modules[i].start <= info.modules[i].end);
	}
}

HOST_MAIN(cmocka_unit_test(test_mb1), cmocka_unit_test(test_mb1_damage),
	  cmocka_unit_test(test_long_cmdline), cmocka_unit_test(test_many_entries),
	  cmocka_unit_test(test_mb2), cmocka_unit_test(test_mb2_damage),
	  cmocka_unit_test(test_random_damage))
