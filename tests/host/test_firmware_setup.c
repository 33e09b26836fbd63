/*
 * Where firmware tables are looked for and what is reserved for them (W-20, W-27, W-32, W-82), on RAM
 * [0, 16 MiB). Windows onto physical memory lead into the arena (tests/host/rules.mk wraps them), and so
 * do the fixmap's pages of the APICs.
 */
#include "support/host.h"

#include "kernel/acpi.h"
#include "kernel/firmware/dmi.h"
#include "kernel/firmware/firmware.h"
#include "kernel/firmware/irq_tables.h"
#include "kernel/lib/errno.h"
#include "kernel/x86/apic.h"
#include "kernel/x86/mce.h"
#include "kernel/x86/msr.h"
#include "kernel/x86/tlb.h"
#include "mm/apic_setup.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_res.h"
#include "mm/firmware_setup.h"
#include "mm/fixmap.h"
#include "mm/memstat.h"
#include "mm/pgtable.h"
#include "mm/resource.h"
#include "mm/x86_init.h"

#define RAM 0x1000000u

static int windows;
static u32 fixmaps, fixmap_phys[__end_of_fixed_addresses];
static u32 registers[2][1024] __aligned(4096);

void *__wrap_early_memremap(phys_addr_t phys, unsigned long size);
void __wrap_early_iounmap(void *virt, unsigned long size);
void __wrap___set_fixmap(unsigned idx, phys_addr_t phys, u32 flags);
unsigned long __wrap_fix_to_virt(unsigned idx);

void *__wrap_early_memremap(phys_addr_t phys, unsigned long size)
{
	if (phys + size > RAM)
		return NULL;
	windows++;
	return __va((unsigned long)phys);
}

void __wrap_early_iounmap(void *virt, unsigned long size)
{
	(void)virt;
	(void)size;
	windows--;
}

void __wrap___set_fixmap(unsigned idx, phys_addr_t phys, u32 flags)
{
	assert_int_equal(flags & (_PAGE_PCD | _PAGE_PWT), _PAGE_PCD | _PAGE_PWT);
	fixmaps++;
	fixmap_phys[idx] = (u32)phys;
}

unsigned long __wrap_fix_to_virt(unsigned idx)
{
	return (unsigned long)registers[idx != FIX_APIC_BASE];
}

static void machine(void)
{
	host_ram_setup(RAM);
	memset(__va(0), 0, RAM);
	e820.nr_map = 0;
	e820_add_region(0x1000, 0x9e000, E820_RAM);
	e820_add_region(0xf0000, 0x10000, E820_RESERVED);
	e820_add_region(0x100000, RAM - 0x100000, E820_RAM);
	e820_saved = e820;
	max_pfn_mapped = max_low_pfn_mapped = RAM >> PAGE_SHIFT;
	reserve_early(HOST_IMAGE_START, HOST_IMAGE_END, "TEXT DATA BSS");
	memset(&firmware_state, 0, sizeof(firmware_state));
}

static u8 sum_to(const u8 *p, u32 len)
{
	u8 sum = 0;

	while (len--)
		sum += *p++;
	return (u8)-sum;
}

static void put_mpf(u32 at, u32 table, u8 config)
{
	u8 *f = __va(at);

	memcpy(f, "_MP_", 4);
	memcpy(f + 4, &table, 4);
	f[8] = 1;
	f[9] = 4;
	f[11] = config;
	f[10] = 0;
	f[10] = sum_to(f, 16);
}

/* A table with one I/O APIC: 52 bytes. */
static void put_mpc(u32 at, u32 ioapic)
{
	u8 *p = __va(at);

	memcpy(p, "PCMP\x34\0\x04\0MAKER   PRODUCT     ", 28);
	p[34] = 1;
	p[44] = 2;
	p[45] = 3;
	p[47] = 1;
	memcpy(p + 48, &ioapic, 4);
	p[7] = 0;
	p[7] = sum_to(p, 52);
}

static bool reserved(const char *name, u64 start, u64 end)
{
	for (int i = 0; i < early_res_count; i++)
		if (!strcmp(early_res[i].name, name) && early_res[i].start == start &&
		    early_res[i].end == end)
			return early_res[i].overlap_ok;
	return false;
}

/* In each of the four places; elsewhere it is not found. */
static void test_places(void **state)
{
	static const u32 places[] = { 0x3f0, 639 * 1024, 0xf5ba0, 0x80010 };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(places); i++) {
		machine();
		early_res_count = 0;
		firmware_state.ebda_segment = 0x8001; /* 0x80010 */
		put_mpf(places[i], 0x90000, 0);
		put_mpc(0x90000, 0xfec00000);
		find_smp_config();
		assert_int_equal(firmware_state.mpf, places[i]);
		assert_int_equal(firmware_state.mpc, 0x90000);
		assert_true(reserved("MP-table mpf", places[i], places[i] + 16));
		assert_true(reserved("MP-table mpc", 0x90000, 0x90034));
		assert_int_equal(windows, 0);
	}
	machine();
	put_mpf(0xe0000, 0x90000, 0);
	find_smp_config();
	assert_int_equal(firmware_state.mpf, 0);
}

/* The pointer leads nowhere, beyond memory, or to what is no table: one line, only it is reserved. */
static void test_no_table(void **state)
{
	static const u32 nowhere[] = { 0x90000, RAM - 8, 0xffffffe0 };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(nowhere); i++) {
		machine();
		early_res_count = 0;
		host_log_clear();
		put_mpf(0xf5ba0, nowhere[i], 0);
		find_smp_config();
		assert_int_equal(host_log_count("where no table begins"), 1);
		assert_int_equal(early_res_count, 1);
		assert_int_equal(firmware_state.mpc, 0);
		get_smp_config();
		assert_false(mp_table.valid);
		assert_int_equal(windows, 0);
	}
}

/* The pointer or its table lies on what nothing may cut: one line, and it is not used. */
static void test_on_something_else(void **state)
{
	(void)state;
	machine();
	early_res_count = 0;
	host_log_clear();
	reserve_early(0x90033, 0x91000, "RAMDISK");
	put_mpf(0xf5ba0, 0x90000, 0);
	put_mpc(0x90000, 0xfec00000);
	find_smp_config();
	assert_int_equal(host_log_count("[0x90000, 0x90034) lies on something else"), 1);
	assert_int_equal(early_res_count, 2);
	assert_int_equal(firmware_state.mpc, 0);
	get_smp_config();
	assert_false(mp_table.valid);

	machine();
	early_res_count = 0;
	reserve_early(0xf0000, 0x100000, "RAMDISK");
	put_mpf(0xf5ba0, 0, 1);
	find_smp_config();
	assert_int_equal(host_log_count("[0xf5ba0, 0xf5bb0) lies on something else"), 1);
	assert_int_equal(early_res_count, 1);
	assert_int_equal(firmware_state.mpf, 0);
	get_smp_config();
	assert_false(mp_table.valid);
	assert_int_equal(windows, 0);
}

static void test_default(void **state)
{
	(void)state;
	machine();
	put_mpf(0xf5ba0, 0, 5);
	find_smp_config();
	get_smp_config();
	assert_true(mp_table.valid && mp_table.defaults && mp_table.cpus == 2);
}

static void test_off(void **state)
{
	(void)state;
	machine();
	put_mpf(0xf5ba0, 0, 5);
	assert_int_equal(parse_mptable("on"), -EINVAL);
	assert_int_equal(parse_mptable("off"), 0);
	find_smp_config();
	assert_int_equal(firmware_state.mpf, 0);
}

/* The hooks of x86_init can be replaced. */
static void no_mp_table(void)
{
	firmware_state.mpf = 1;
}

static void test_hook(void **state)
{
	(void)state;
	machine();
	x86_init.find_smp_config = no_mp_table;
	find_smp_config();
	assert_int_equal(firmware_state.mpf, 1);
}

static bool has_piece(const struct e820map *map, u64 start, u64 end)
{
	for (u32 i = 0; i < map->nr_map; i++)
		if (map->map[i].type == E820_RESERVED && map->map[i].addr == start &&
		    map->map[i].addr + map->map[i].size == end)
			return true;
	return false;
}

/*
 *	RAM        [1000 ........................ 9f000)
 *	reserved          [2000 3000)
 *	1000 bytes [XXXX)
 *	2000 bytes                             [XXXXXX)
 */
static void alloc(const char *size, u32 start, u32 end, u32 lost_pages)
{
	struct e820_frames frames;

	machine();
	e820_record_step("loader", E820_BY_LOADER);
	reserve_early(0x2000, 0x3000, "SOMETHING");
	assert_int_equal(parse_alloc_mptable(size), 0);
	early_reserve_e820_mpc_new();
	assert_int_equal(firmware_state.mpc_new, start);
	assert_int_equal(firmware_state.mpc_new_bytes, start ? end - start : 0);
	if (start) {
		assert_true(has_piece(&e820, start, end));
		assert_true(has_piece(&e820_saved, start, end));
	}
	e820_get_frames(&frames);
	assert_int_equal(frames.trimmed_pages, lost_pages);
}

static void test_alloc_default(void **state)
{
	(void)state;
	alloc("", 0x1000, 0x2000, 1);
	put_mpf(0xf5ba0, 0x90000, 0);
	put_mpc(0x90000, 0xfec00000);
	find_smp_config();
	get_smp_config();
	assert_int_equal(firmware_state.mpc_copied_bytes, 52);
	assert_memory_equal(__va(0x1000), __va(0x90000), 52);
	assert_true(firmware_state.mpc_copy == __va(0x1000));
}

static void test_alloc_above(void **state)
{
	(void)state;
	alloc("8K", 0x9d000, 0x9f000, 2); /* the first area is too small */
}

static void test_alloc_small(void **state)
{
	(void)state;
	alloc("8", 0x1ff8, 0x2000, 1);
	put_mpf(0xf5ba0, 0x90000, 0);
	put_mpc(0x90000, 0xfec00000);
	find_smp_config();
	get_smp_config();
	assert_true(mp_table.valid && !firmware_state.mpc_copied_bytes);
	assert_true(host_log_has("8 bytes are too few for a table of 52"));
}

static void test_alloc_high(void **state)
{
	(void)state;
	alloc("1M", 0xf00000, 0x1000000, 256); /* the top of what lies above the image */
}

static void test_alloc_none(void **state)
{
	(void)state;
	assert_int_equal(parse_alloc_mptable("0"), -EINVAL);
	assert_int_equal(parse_alloc_mptable("4Kx"), -EINVAL);
	assert_int_equal(parse_alloc_mptable("1025K"), -EINVAL);
	machine();
	early_reserve_e820_mpc_new(); /* not asked for */
	assert_int_equal(firmware_state.mpc_new, 0);
	e820.nr_map = 2; /* RAM below 640 KiB only */
	e820_record_step("loader", E820_BY_LOADER);
	assert_int_equal(parse_alloc_mptable("1M"), 0);
	early_reserve_e820_mpc_new();
	assert_int_equal(firmware_state.mpc_new, 0);
	assert_true(host_log_has("no free area of 1048576 bytes"));
}

/* ---- The local APIC (W-20, W-82) ---- */

static void expect_apic(bool used)
{
	acpi_mps_check();
	assert_int_equal(cpu_has(CPU_APIC), used);
}

static void test_mps_check(void **state)
{
	(void)state;
	host_cpu_default();
	expect_apic(true);
	parse_acpi("off");
	expect_apic(true); /* the MP table may still be used */
	parse_mptable("off");
	expect_apic(false);
}

static void set_msr(u32 msr, u64 value)
{
	host_msrs[host_msr_count].msr = msr;
	host_msrs[host_msr_count++].value = value;
}

static void apics(u32 mp_says)
{
	host_cpu_default();
	set_msr(MSR_APIC_BASE, 0xfee00000 | APIC_BASE_ENABLED | APIC_BASE_BSP);
	mp_table.lapic_address = mp_says;
	mp_table.ioapic[0] = (struct fw_ioapic){ 0xfec01400, 0, 3, true };
	mp_table.ioapic[1] = (struct fw_ioapic){ 0xfec02000, 24, 4, false };
	mp_table.ioapic[2] = (struct fw_ioapic){ 0xfec03010, 24, 5, true }; /* on no boundary */
	mp_table.ioapics = 3;
	mp_table.valid = true;
	registers[0][APIC_ID / 4] = 5u << 24;
	registers[0][APIC_VERSION / 4] = 0x50014;
	registers[1][0x410 / 4] = 0x170020; /* whatever is chosen, the window shows this */
	generic_apic_probe();
	init_apic_mappings();
}

static void test_apics(void **state)
{
	(void)state;
	apics(0xfee00000);
	assert_int_equal(fixmaps, 2);
	assert_int_equal(fixmap_phys[FIX_APIC_BASE], 0xfee00000);
	assert_int_equal(fixmap_phys[FIX_IO_APIC_BASE_0], 0xfec01000); /* its page */
	assert_true(apic_state.regs && !apic_state.why_not);
	assert_int_equal(apic_read(APIC_VERSION), 0x50014);
	assert_int_equal(ioapic_count, 1);
	assert_int_equal(ioapic_state[0].pins, 24);
	assert_int_equal(ioapic_state[0].version, 0x20);
	assert_true(ioapic_entry(&ioapic_state[0], 23) == 0x17002000170020ull);
	assert_int_equal(registers[1][0x400 / 4], 0x10 + 2 * 23 + 1); /* the register chosen last */
	EXPECT_PANIC("pin >= ioapic->pins", ioapic_entry(&ioapic_state[0], 24));
	assert_int_equal(nr_irqs_gsi, 24);
	assert_int_equal(host_log_count("the firmware's table says"), 0);
}

static void test_apic_disagreement(void **state)
{
	(void)state;
	apics(0xfed00000); /* the processor is believed */
	assert_int_equal(fixmap_phys[FIX_APIC_BASE], 0xfee00000);
	assert_true(host_log_has("the firmware's table says 0xfed00000, the processor 0xfee00000"));
}

static void test_no_apic(void **state)
{
	(void)state;
	host_cpu_default();
	set_msr(MSR_APIC_BASE, 0xfee00000);
	init_apic_mappings();
	assert_string_equal(apic_state.why_not, "the firmware left it switched off");
	cpu_caps_disable(CPU_APIC);
	apic_state.why_not = NULL;
	init_apic_mappings();
	assert_string_equal(apic_state.why_not, "switched off");
	assert_int_equal(fixmaps, 0);
	assert_int_equal(nr_irqs_gsi, 16);
}

/* ---- SMBIOS, ROMs, the MADT ---- */

/* An anchor at 0xf4000 that leads to `length` bytes of structures; the maker is `vendor`. */
static void put_dmi(u32 table, u16 length, const char *vendor)
{
	static const u8 structures[] = { 0, 9, 0, 0, 1, 0, 0, 0, 0 };
	u8 *p = __va(0xf4000), *s;

	memcpy(p, "_SM_", 4);
	p[5] = 31, p[6] = 2, p[7] = 8;
	memcpy(p + 16, "_DMI_", 5);
	memcpy(p + 22, &length, 2);
	memcpy(p + 24, &table, 4);
	p[28] = 2, p[30] = 0x28;
	p[21] = sum_to(p + 16, 15);
	p[4] = sum_to(p, 31);
	if (table > RAM - 200)
		return;
	s = __va(table);
	memcpy(s, structures, 9);
	strcpy((char *)s + 9, vendor);
	memcpy(s + 9 + strlen(vendor) + 2, "\x7f\x04\0\0\0", 6);
}

static void test_dmi(void **state)
{
	(void)state;
	machine();
	dmi_scan_machine(); /* none */
	assert_false(dmi_info.found);
	put_dmi(0x90000, 64, "Maker");
	dmi_scan_machine();
	assert_true(dmi_info.found);
	assert_int_equal(dmi_info.address, 0xf4000);
	assert_string_equal(dmi_string(DMI_BIOS_VENDOR), "Maker");
	assert_null(dmi_info.bad_bios);
	assert_int_equal(e820.map[0].addr, 0x1000);
	assert_int_equal(windows, 0);
}

/* Structures that cannot be mapped: one line, nothing is read. */
static void test_dmi_nowhere(void **state)
{
	static const u32 tables[] = { RAM + 0x1000, 0xfffffff0 };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(tables); i++) {
		early_res_count = 0;
		machine();
		put_dmi(tables[i], 64, "");
		dmi_scan_machine();
		assert_int_equal(host_log_count("64 bytes at"), i + 1);
		assert_int_equal(dmi_info.structures, 0);
	}
}

/* Firmware that is known to write to low memory: its first 64 KiB are not used (W-22). */
static void test_bad_bios(void **state)
{
	(void)state;
	machine();
	put_dmi(0x90000, 64, "Phoenix Technologies LTD");
	dmi_scan_machine();
	assert_non_null(dmi_info.bad_bios);
	assert_true(e820_all_mapped(0x1000, 0x10000, E820_RESERVED));
	assert_true(e820_all_mapped(0x10000, 0x9f000, E820_RAM));
	assert_true(host_log_has("known to write to low memory"));
	early_res_count = 0;
	machine();
	e820.nr_map = 1; /* a map of one entry is not sanitised */
	dmi_info.bad_bios = NULL;
	put_dmi(0x90000, 64, "Phoenix Technologies LTD");
	dmi_scan_machine();
	assert_true(e820_all_mapped(0x1000, 0x10000, E820_RESERVED));
}

static void put_rom(u32 at, u8 blocks, bool good)
{
	u8 *p = __va(at);

	memset(p, 0, blocks * 512u);
	p[0] = 0x55, p[1] = 0xaa, p[2] = blocks;
	p[5] = (u8)(sum_to(p, blocks * 512u) + !good);
}

static const struct resource *resource_at(u64 start)
{
	for (const struct resource *r = iomem_resource.child; r; r = r->sibling)
		if (r->start == start)
			return r;
	return NULL;
}

static void test_roms(void **state)
{
	static struct resource taken = { .start = 0xd0000, .end = 0xd07ff, .name = "taken" };

	(void)state;
	machine();
	put_rom(0xc0000, 8, false); /* video ROMs are entered whatever their sum is */
	put_rom(0xc8000, 4, false); /* others are listed only */
	put_rom(0xcc000, 4, true);
	put_rom(0xd0000, 8, true);
	assert_int_equal(insert_resource(&iomem_resource, &taken), 0);
	taken.start = 0xcf800; /* across the border of the last one: it cannot be entered */
	probe_roms();
	assert_non_null(resource_at(0xc0000));
	assert_null(resource_at(0xc8000));
	assert_true(host_log_count("overlaps another range") <= 1);
}

static void test_madt(void **state)
{
	(void)state;
	machine();
	acpi_boot_init();
	assert_false(madt_table.valid);
	parse_acpi("off");
	acpi_boot_init();
	assert_false(madt_table.valid);
}

/* The firmware says nothing about the processor's local APIC, or it lies where a resource is. */
static void test_apic_strange(void **state)
{
	(void)state;
	host_cpu_default();
	set_msr(MSR_APIC_BASE, 0x1fee00000ull | APIC_BASE_ENABLED); /* above 4 GiB */
	init_apic_mappings();
	assert_string_equal(apic_state.why_not, "the firmware left it switched off");
}

static void test_apic_of_none(void **state)
{
	(void)state;
	host_cpu_default();
	boot_cpu_data.features &= ~(1u << CPU_APIC);
	generic_apic_probe();
	assert_string_not_equal(apic_state.driver, "default");
	init_apic_mappings();
	assert_string_equal(apic_state.why_not, "the processor has none");
	assert_int_equal(fixmaps, 0);
	acpi_mps_check();
	apic_state.why_not = NULL;
	host_cpu_default();
	boot_cpu_data.features &= ~(1u << CPU_MSR);
	init_apic_mappings();
	assert_non_null(apic_state.why_not);
	parse_acpi("off");
	parse_mptable("off");
	boot_cpu_data.features &= ~(1u << CPU_APIC);
	acpi_mps_check();
	assert_false(cpu_has(CPU_APIC));
}

/* The MADT's word counts before the MP table's; nothing said is no disagreement. */
static void test_apic_by_madt(void **state)
{
	static struct resource there = { .start = 0xfee00800, .end = 0xfee01800, .name = "there" };

	(void)state;
	host_cpu_default();
	set_msr(MSR_APIC_BASE, 0xfee00000 | APIC_BASE_ENABLED);
	mp_table.valid = true;
	mp_table.lapic_address = 0xfed00000;
	madt_table.valid = true;
	madt_table.ioapic[0] = (struct fw_ioapic){ 0xfec00000, 0, 1, true };
	madt_table.ioapic[1] = (struct fw_ioapic){ 0, 24, 2, true };
	madt_table.ioapics = 2;
	registers[1][0x10 / 4] = ~0u; /* nothing answers there: no pins */
	assert_int_equal(insert_resource(&iomem_resource, &there), 0);
	init_apic_mappings();
	assert_int_equal(host_log_count("the firmware's table says"), 0);
	assert_int_equal(ioapic_count, 1);
	assert_int_equal(ioapic_state[0].pins, 0);
	assert_int_equal(nr_irqs_gsi, 16);
	assert_true(host_log_has("Local APIC [0xfee00000, +0x1000) overlaps another range"));
}

/* Longer than is kept, of unknown types, and gone when it is read. */
static void test_table_ends(void **state)
{
	(void)state;
	machine();
	put_mpf(0xf5ba0, 0x90000, 0);
	put_mpc(0x90000, 0xfec00000);
	find_smp_config();
	firmware_state.mpc = RAM; /* cannot be mapped any more */
	get_smp_config();
	assert_false(mp_table.valid);
	firmware_state.mpc = 0x90000;
	*(u8 *)__va(0x90000 + 44) = 0x77; /* what it is is not known */
	*(u8 *)__va(0x90000 + 7) = 0;
	*(u8 *)__va(0x90000 + 7) = sum_to(__va(0x90000), 52);
	get_smp_config();
	assert_int_equal(windows, 0);
	assert_int_equal(mp_table.ioapics, 0);
}

/* ---- Machine checks (W-82) ---- */

static u64 msr(u32 number)
{
	return rdmsr(number);
}

static void test_mce(void **state)
{
	(void)state;
	host_cpu_default();
	mcheck_init(); /* no machine checks: no register is touched */
	assert_false(mce_state.enabled);
	boot_cpu_data.features |= 1u << CPU_MCE;
	mcheck_init(); /* no banks */
	assert_false(mce_state.enabled);
	assert_int_equal(host_cr4, 0);
	boot_cpu_data.features |= 1u << CPU_MCA;
	set_msr(MSR_MCG_CAP, 0x103);
	set_msr(MSR_MCG_CTL, 0);
	for (u32 i = 0; i < 3; i++) {
		set_msr(MSR_MC_CTL(i), 0);
		set_msr(MSR_MC_STATUS(i), i == 1 ? 0xbe00000000000185ull : 0x1234);
		set_msr(MSR_MC_ADDR(i), 0x5000 + i);
	}
	mcheck_init();
	assert_true(mce_state.enabled && mce_state.banks == 3 && mce_state.left_over == 1);
	assert_true(host_cr4 & X86_CR4_MCE);
	assert_true(
		host_log_has("bank 1 status 0xbe00000000000185, not corrected, address 0x5001"));
	assert_int_equal(host_log_count("machine check: bank"), 1);
	assert_true(msr(MSR_MCG_CTL) == ~0ull && msr(MSR_MC_CTL(1)) == ~0ull);
	assert_true(msr(MSR_MC_CTL(0)) == 0); /* of this family the firmware's */
	for (u32 i = 0; i < 3; i++)
		assert_true(msr(MSR_MC_STATUS(i)) == 0);
}

HOST_MAIN(cmocka_unit_test(test_places), cmocka_unit_test(test_no_table),
	  cmocka_unit_test(test_on_something_else), cmocka_unit_test(test_on_something_else),
	  cmocka_unit_test(test_default), cmocka_unit_test(test_off), cmocka_unit_test(test_hook),
	  cmocka_unit_test(test_alloc_default), cmocka_unit_test(test_alloc_above),
	  cmocka_unit_test(test_alloc_small), cmocka_unit_test(test_alloc_high),
	  cmocka_unit_test(test_alloc_none), cmocka_unit_test(test_mps_check),
	  cmocka_unit_test(test_apics), cmocka_unit_test(test_apic_disagreement),
	  cmocka_unit_test(test_no_apic), cmocka_unit_test(test_mce), cmocka_unit_test(test_dmi),
	  cmocka_unit_test(test_dmi_nowhere), cmocka_unit_test(test_bad_bios),
	  cmocka_unit_test(test_roms), cmocka_unit_test(test_madt),
	  cmocka_unit_test(test_apic_strange), cmocka_unit_test(test_apic_of_none),
	  cmocka_unit_test(test_apic_by_madt), cmocka_unit_test(test_table_ends))
