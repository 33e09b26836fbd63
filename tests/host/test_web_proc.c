/*
 * The texts under /proc and /sys, byte for byte: against the formats written out in printf's
 * notation, and against literal text where that is short.
 */
#include "web_machine.h"

#include "web/proc.h"
#include "web/request.h"

static char got[16384];
static char want[16384];
static size_t want_len;

static void render(void (*text)(struct writer *w))
{
	struct writer w;

	w_init(&w, got, sizeof(got) - 1);
	text(&w);
	assert_int_equal(w.lost, 0);
	*w.pos = '\0';
	want_len = 0;
	want[0] = '\0';
}

__printf_like(1, 2) static void expect(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	want_len += (size_t)vsnprintf(want + want_len, sizeof(want) - want_len, fmt, args);
	va_end(args);
}

static void compare(void)
{
	assert_string_equal(got, want);
}

static unsigned long sum(const u32 counts[MEMSTAT_TYPES])
{
	return counts[0] + counts[1] + counts[2] + counts[3] + counts[4];
}

static void test_buddyinfo(void **state)
{
	(void)state;
	render(proc_buddyinfo);
	for (int i = 0; i < 2; i++) {
		const struct memstat_zone *z = &machine.zones[i];

		expect("Node %d, zone %8s ", z->node, z->name);
		for (int order = 0; order < 11; order++)
			expect("%6lu ", sum(z->blocks[order]));
		expect("\n");
	}
	compare();
}

static void test_buddyinfo_ten_orders(void **state)
{
	(void)state;
	machine.zones[1].populated = false;
	machine.zones[0].orders = 10;
	render(proc_buddyinfo);
	assert_string_equal(got, "Node 0, zone      DMA      2      4      0      0      0      0"
				 "      0      0      0      0 \n");
	render(proc_pagetypeinfo);
	assert_non_null(strstr(got, "type    Unmovable      1      0 "));
	assert_null(strstr(got, "Movable "));
}

static void test_pagetypeinfo(void **state)
{
	(void)state;
	render(proc_pagetypeinfo);
	expect("Page block order: %d\nPages per block:  %lu\n\n", 10, 1024ul);
	expect("%-43s ", "Free pages count per migrate type at order");
	for (int order = 0; order < 11; order++)
		expect("%6d ", order);
	expect("\n");
	for (int i = 0; i < 2; i++) {
		const struct memstat_zone *z = &machine.zones[i];

		for (u32 type = 0; type < 5; type++) {
			expect("Node %4d, zone %8s, type %12s ", z->node, z->name,
			       memstat_type_name(type));
			for (int order = 0; order < 11; order++)
				expect("%6lu ", (unsigned long)z->blocks[order][type]);
			expect("\n");
		}
	}
	expect("\n%-23s", "Number of blocks type ");
	for (u32 type = 0; type < 5; type++)
		expect("%12s ", memstat_type_name(type));
	expect("\n");
	for (int i = 0; i < 2; i++) {
		const struct memstat_zone *z = &machine.zones[i];

		expect("Node %d, zone %8s ", z->node, z->name);
		for (u32 type = 0; type < 5; type++)
			expect("%12lu ", (unsigned long)z->pageblocks[type]);
		expect("\n");
	}
	compare();
}

static const char *const items[] = {
	"nr_free_pages",
	"nr_inactive_anon",
	"nr_active_anon",
	"nr_inactive_file",
	"nr_active_file",
	"nr_unevictable",
	"nr_mlock",
	"nr_anon_pages",
	"nr_mapped",
	"nr_file_pages",
	"nr_dirty",
	"nr_writeback",
	"nr_slab_reclaimable",
	"nr_slab_unreclaimable",
	"nr_page_table_pages",
	"nr_kernel_stack",
	"nr_unstable",
	"nr_bounce",
	"nr_vmscan_write",
	"nr_writeback_temp",
	"nr_isolated_anon",
	"nr_isolated_file",
	"nr_shmem",
};

static unsigned long item(const struct memstat_zone *z, size_t i)
{
	switch (i) {
	case 0: return z->free_pages;
	case 12: return z->slab_reclaimable_pages;
	case 13: return z->slab_unreclaimable_pages;
	case 14: return z->pagetable_pages;
	default: return 0;
	}
}

static void test_zoneinfo(void **state)
{
	(void)state;
	machine.zones[1].present_pages = 223520 * 4; /* 3 GiB and more: a ratio above 1 */
	render(proc_zoneinfo);
	for (int n = 0; n < 2; n++) {
		const struct memstat_zone *z = &machine.zones[n];

		expect("Node %d, zone %8s\n  pages free     %lu\n        min      %lu\n"
		       "        low      %lu\n        high     %lu\n        scanned  %lu\n"
		       "        spanned  %lu\n        present  %lu",
		       z->node, z->name, (unsigned long)z->free_pages, (unsigned long)z->min_pages,
		       (unsigned long)z->low_pages, (unsigned long)z->high_pages,
		       (unsigned long)z->scanned_pages, (unsigned long)z->spanned_pages,
		       (unsigned long)z->present_pages);
		for (size_t i = 0; i < ARRAY_SIZE(items); i++)
			expect("\n    %-12s %lu", items[i], item(z, i));
		expect("\n        protection: (%u, %u, %u, %u)\n  pagesets\n    cpu: %i"
		       "\n              count: %i\n              high:  %i\n              batch: %i"
		       "\n  all_unreclaimable: %u\n  prev_priority:     %i"
		       "\n  start_pfn:         %lu\n  inactive_ratio:    %u\n",
		       z->protection_pages[0], z->protection_pages[1], z->protection_pages[2],
		       z->protection_pages[3], 0, z->pcp_count, z->pcp_high, z->pcp_batch, 0, 12,
		       (unsigned long)z->start_pfn, n ? 5 : 1);
	}
	compare();
}

static void test_meminfo(void **state)
{
	(void)state;
	render(proc_meminfo);
	assert_int_equal(strncmp(got,
				 "MemTotal:         909888 kB\n"
				 "MemFree:          509544 kB\n"
				 "Buffers:               0 kB\n",
				 84),
			 0);
	assert_non_null(strstr(got, "\nActive(anon):          0 kB\n"));
	assert_non_null(strstr(got, "\nHighTotal:          4000 kB\nHighFree:             40 kB\n"
				    "LowTotal:         905888 kB\nLowFree:          509504 kB\n"));
	assert_non_null(strstr(got, "\nSlab:                488 kB\nSReclaimable:         20 kB\n"
				    "SUnreclaim:          468 kB\nKernelStack:           8 kB\n"
				    "PageTables:           48 kB\n"));
	assert_non_null(strstr(got, "\nVmallocTotal:     124928 kB\nVmallocUsed:          12 kB\n"
				    "VmallocChunk:     123904 kB\n"
				    "DirectMap4k:        4096 kB\nDirectMap4M:      905216 kB\n"));
	size_t lines = 0;

	for (const char *s = got; *s; s++)
		lines += *s == '\n';
	assert_int_equal(lines, 39);
}

static void test_vmstat(void **state)
{
	size_t lines = 0;

	(void)state;
	render(proc_vmstat);
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		expect("%s %lu\n", items[i],
		       item(&machine.zones[0], i) + item(&machine.zones[1], i));
	assert_int_equal(strncmp(got, want, want_len), 0);
	assert_non_null(strstr(got, "nr_shmem 0\npgpgin 0\npgpgout 0\npswpin 0\npswpout 0\n"
				    "pgalloc_dma 22\npgalloc_normal 5000000000\npgalloc_high 7\n"
				    "pgalloc_movable 0\npgfree 4999999999\npgactivate 0\n"
				    "pgdeactivate 0\npgfault 3\npgmajfault 0\npgrefill_dma 0\n"));
	assert_non_null(strstr(got, "pginodesteal 0\nslabs_scanned 9\nkswapd_steal 0\n"));
	assert_non_null(strstr(got, "\npageoutrun 0\nallocstall 1\npgrotated 0\n"));
	for (const char *s = got; *s; s++)
		lines += *s == '\n';
	assert_int_equal(lines, 23 + 4 + 4 + 5 + 17 + 1 + 6 + 2);
}

static void test_slabinfo(void **state)
{
	(void)state;
	render(proc_slabinfo);
	expect("slabinfo - version: 2.1\n"
	       "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : "
	       "tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> "
	       "<sharedavail>\n");
	expect("%-17s %6lu %6lu %6u %4u %4d : tunables %4u %4u %4u : slabdata %6lu %6lu %6lu\n",
	       "http_conn", 7ul, 8ul, 1988, 2, 1, 24, 12, 8, 4ul, 4ul, 0ul);
	expect("%-17s %6lu %6lu %6u %4u %4d : tunables %4u %4u %4u : slabdata %6lu %6lu %6lu\n",
	       "size-4194304(DMA)", 0ul, 0ul, 4194304, 1, 1024, 1, 1, 0, 0ul, 0ul, 0ul);
	expect("%-17s %6lu %6lu %6u %4u %4d : tunables %4u %4u %4u : slabdata %6lu %6lu %6lu\n",
	       "kmem_cache", 1000000ul, 1234567ul, 136, 28, 1, 120, 60, 0, 35715ul, 44092ul, 0ul);
	compare();
}

static void test_maps(void **state)
{
	(void)state;
	render(proc_iomem);
	assert_string_equal(got, "00000000-0009fbff : System RAM\n"
				 "00100000-37fdffff : System RAM\n"
				 "  00100000-0016789a : Kernel code\n"
				 "100000000-13fffffff : System RAM\n");
	render(proc_vmallocinfo);
	assert_string_equal(
		got, "0xf8000000-0xf8002000    8192 caller_1234+0x4/0x40 phys=feb00000 ioremap\n"
		     "0xf8002000-0xf8007000   20480 caller_4321+0x4/0x40 pages=4 vmalloc\n"
		     "0xf8007000-0xf800a000   12288 vmap\n");
}

static void test_machine_texts(void **state)
{
	(void)state;
	render(proc_ioports);
	assert_string_equal(got, "0000-001f : dma1\n"
				 "c000-cfff : PCI Bus 0000:01\n"
				 "  c000-c01f : 0000:01:03.0\n");
	render(proc_interrupts);
	/* Linux 2.6.34: "%*s" and "CPU%-8d"; then "%*d: ", "%10u ", " %8s", "-%-8s", "  %s", ", %s" */
	expect("%*s", 11, "");
	expect("CPU%-8d\n", 0);
	expect("%*d: %10u  %8s-%-8s  %s\n", 3, 0, 43, "XT-PIC", "XT", "timer");
	expect("%*d: %10llu  %8s-%-8s  %s, %s\n", 3, 11, 5000000000ull, "XT-PIC", "XT", "virtio0",
	       "other");
	expect("%*s: %10u   Non-maskable interrupts\n", 3, "NMI", 1);
	expect("%*s: %10u\n", 3, "ERR", 2);
	compare();
	render(proc_mtrr);
	expect("reg%02i: base=0x%06lx000 (%5luMB), size=%5lu%cB, count=%d: %s\n", 0, 0xc0000ul,
	       3072ul, 1024ul, 'M', 1, "uncachable");
	expect("reg%02i: base=0x%06lx000 (%5luMB), size=%5lu%cB, count=%d: %s\n", 2, 0x1000000ul,
	       65536ul, 256ul, 'K', 1, "write-combining");
	compare();
	host_cpu_default();
	boot_cpu_data.hypervisor[0] = 'K';
	boot_cpu_data.level = 4;
	cpu_caps_disable(CPU_PSE);
	render(proc_cpuinfo);
	assert_non_null(strstr(got, "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 6\n"));
	assert_non_null(strstr(
		got, "\nflags\t\t: fpu tsc msr pae apic pge cmov pat fxsr sse hypervisor\n"));
	assert_non_null(strstr(got, "\ncpuid level\t: 4\n"));
	boot_cpu_data.features |= 1u << CPU_CLFLUSH;
	render(proc_cpuinfo);
	assert_non_null(strstr(got, " pat clflush fxsr "));
}

static void test_page_tables(void **state)
{
	(void)state;
	render(sys_kernel_page_tables);
	assert_string_equal(got,
			    "---[ User Space ]---\n"
			    "0x00000000-0xc0000000           3G                           pgd\n"
			    "---[ Kernel Mapping ]---\n"
			    "0xc0000000-0xc0100000           1M     RW             GLB x  pte\n"
			    "0xc0100000-0xc0101000           4K     ro         pat     NX pte\n"
			    "0xc0101000-0xc0400000        3068K                           pte\n"
			    "0xc0400000-0xf8000000         892M     RW         PSE GLB x  pgd\n"
			    "---[ vmalloc() Area ]---\n"
			    "0xf8000000-0xffc00000         124M                           pgd\n"
			    "---[ Fixmap Area ]---\n"
			    "0xffc00000-0xfffff000        4092K USR RW PWT PCD         x  pte\n"
			    "0xfffff000-0x00000000           4K                           pte\n");
}

static void test_kernel_texts(void **state)
{
	(void)state;
	render(proc_cmdline);
	assert_string_equal(got, "mem=64M token=xxx\n");
	render(proc_version);
	assert_string_equal(got, "memscope version 0.1-test (gcc 12) i686\n");
	render(proc_uptime);
	expect("%lu.%02lu %lu.%02lu\n", (unsigned long)(now_ms() / 1000),
	       (unsigned long)(now_ms() / 10 % 100), 61ul, 23ul);
	compare();
	machine.log_lines = 100;
	render(proc_kmsg);
	for (u32 i = 0; i < 100; i++)
		expect("<6>[    0.%06u] line %u\n", i * 7, i);
	compare();
}

static int memmap(const char *path)
{
	static struct http_request req;
	struct writer w;
	int status;

	req.path = path;
	w_init(&w, got, sizeof(got) - 1);
	status = sys_firmware_memmap(&req, &w);
	*w.pos = '\0';
	return status;
}

#define MEMMAP "/sys/firmware/memmap/"

static void test_memmap(void **state)
{
	static const char *const missing[] = { MEMMAP "5/start",       MEMMAP "00/start",
					       MEMMAP "01/end",	       MEMMAP "0",
					       MEMMAP "0/size",	       MEMMAP "x/start",
					       MEMMAP "0/start/",      MEMMAP "-1/end",
					       MEMMAP "4294967296/end" };

	(void)state;
	assert_int_equal(memmap(MEMMAP "0/start"), 0);
	assert_string_equal(got, "0x0\n");
	assert_int_equal(memmap(MEMMAP "0/end"), 0);
	assert_string_equal(got, "0x9fbff\n");
	assert_int_equal(memmap(MEMMAP "4/end"), 0);
	assert_string_equal(got, "0x13fffffff\n");
	assert_int_equal(memmap(MEMMAP "3/type"), 0);
	assert_string_equal(got, "ACPI Tables\n");
	assert_int_equal(memmap(MEMMAP "1/"), 0);
	assert_string_equal(got, "end\nstart\ntype\n");
	for (size_t i = 0; i < ARRAY_SIZE(missing); i++) {
		assert_int_equal(memmap(missing[i]), 404);
		assert_non_null(strstr(got, missing[i]));
	}
}

HOST_MAIN(cmocka_unit_test(test_buddyinfo), cmocka_unit_test(test_buddyinfo_ten_orders),
	  cmocka_unit_test(test_pagetypeinfo), cmocka_unit_test(test_zoneinfo),
	  cmocka_unit_test(test_meminfo), cmocka_unit_test(test_vmstat),
	  cmocka_unit_test(test_slabinfo), cmocka_unit_test(test_maps),
	  cmocka_unit_test(test_machine_texts), cmocka_unit_test(test_page_tables),
	  cmocka_unit_test(test_kernel_texts), cmocka_unit_test(test_memmap))
