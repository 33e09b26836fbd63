/*
 * The one table of all options (see params.h), and what was given.
 *
 * An option whose mechanism this image does not have is not in the table, so that it is listed as
 * unknown. Handlers belong to the mechanism; the small ones that only check a value are here.
 *
 * Values are kept one after another in an arena as large as the line: they always fit, since each
 * is at least as long in the line, with a blank or the NUL behind it.
 */
#include "kernel/params.h"

#include <stdlib.h>
#include <string.h>

#include "drivers/pci_early.h"
#include "kernel/acpi.h"
#include "kernel/cmdline.h"
#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/setup.h"
#include "kernel/stage.h"
#include "mm/bios_corruption.h"
#include "mm/bootmem_bitmap.h"
#include "mm/callsite.h"
#include "mm/crashkernel.h"
#include "mm/e820_setup.h"
#include "mm/fault_inject.h"
#include "mm/firmware_setup.h"
#include "mm/gen24.h"
#include "mm/memtest.h"
#include "mm/mtrr.h"
#include "mm/slab.h"
#include "mm/srat.h"
#include "mm/zonelist.h"
#include "mm/zones.h"

#define UNKNOWN_MAX 16

static int parse_port(const char *value)
{
	char *end;
	unsigned long port = strtoul(value, &end, 10);

	return end == value || *end || !port || port > 65535 ? -EINVAL : 0;
}

static int need_value(const char *value)
{
	return *value ? 0 : -EINVAL;
}

static int no_value(const char *value)
{
	return *value ? -EINVAL : 0;
}

static const struct param params[] = {
	{ "mm", "2.6 or 2.4", "generation of the memory management", "2.6", parse_mm },
	{ "bootmem", "early_res or bitmap", "allocator used during boot; mm=2.4 has bitmap only",
	  "early_res; with mm=2.4 bitmap", parse_bootmem },
	{ "mem", "SIZE[KMG] above 0 or nopentium", "no RAM above SIZE; nopentium: no 4 MiB pages",
	  "all RAM", parse_mem },
	{ "memmap", "exactmap or SIZE[@#$]START[,...] or SIZE",
	  "edits the memory map: RAM (@), ACPI (#), reserved ($); exactmap: forget the loader's",
	  "the loader's map", parse_memmap },
	{ "badram", "ADDRESS,MASK[,...]; MASK is 0xfffff000 or shorter",
	  "frames that are out of service, as the RAM test prints them", "none", parse_badram },
	{ "slub_debug", "[F][Z][P][U]",
	  "checks on slab objects: F at every call, Z red zones, P poison; U records who allocated",
	  "none", parse_slub_debug },
	{ "page_owner", "on or off", "records who allocated each block of pages, and when", "off",
	  parse_page_owner },
	{ "failslab", "INTERVAL,PROBABILITY,SPACE,TIMES",
	  "slab allocations that must not wait fail: every so many, with so many percent, after so many "
	  "bytes, so often (-1: no limit)",
	  "none", parse_failslab },
	{ "fail_page_alloc", "INTERVAL,PROBABILITY,SPACE,TIMES", "the same for pages of low memory",
	  "none", parse_fail_page_alloc },
	{ "firmware_map", "e820 or e801 or 88",
	  "hides the loader's map: RAM is what its size above 1 MiB says", "e820",
	  parse_firmware_map },
	{ "memtest", "[0..99]", "passes of the test of free low memory during boot; no number: 17",
	  "0", parse_memtest },
	{ "memtest_stuck", "ADDR:BIT[,...]",
	  "for tests: memtest= sees this bit (0..63) of the 8-byte word at ADDR as 1", "none",
	  parse_memtest_stuck },
	{ "memory_corruption_check", "0 or 1", "watches free low memory for writes by firmware",
	  "0", parse_corruption_check },
	{ "memory_corruption_check_size", "SIZE[KMG] up to 640K", "end of what is watched", "64K",
	  parse_corruption_check_size },
	{ "memory_corruption_check_period", "SECONDS", "time between two looks; 0: none", "60",
	  parse_corruption_check_period },
	{ "crashkernel", "SIZE[@BASE] or FROM-[TO]:SIZE[,...][@BASE]",
	  "low memory kept for a second kernel, which is not loaded", "none", check_crashkernel },
	{ "highmem", "SIZE[KMG]", "size of high memory", "all above 896 MiB", parse_highmem },
	{ "vmalloc", "SIZE[KMG] from 1M to 960M", "room above the direct map, from 128 MiB up",
	  "128M", parse_vmalloc },
	{ "numa", "off or noremap",
	  "off: one flat node; noremap: no windows for the nodes' structures", "by the SRAT",
	  parse_numa },
	{ "numa_zonelist_order", "default, node or zone", "order of the nodes' zones in zonelists",
	  "default", parse_numa_zonelist_order },
	{ "kernelcore", "SIZE[KMG]", "where ZONE_MOVABLE would begin: computed and shown", "none",
	  parse_kernelcore },
	{ "movablecore", "SIZE[KMG]", "the same, by the size of ZONE_MOVABLE", "none",
	  parse_movablecore },
	{ "noexec", "on or off", "use of the no-execute bit, where tables have one", "on",
	  parse_noexec },
	{ "disable_mtrr_trim", "", "RAM that the MTRRs leave uncached is used all the same", "off",
	  parse_disable_mtrr_trim },
	{ "acpi", "off", "ACPI tables are not read", "they are", parse_acpi },
	{ "mptable", "off", "the MP table is not read", "it is", parse_mptable },
	{ "alloc_mptable", "[SIZE[KMG] up to 1M]",
	  "keeps RAM for a copy of the MP table, 4K without SIZE", "none", parse_alloc_mptable },
	{ "pci", "earlydump", "PCI configuration space goes to the log", "off", parse_pci },
	{ "ip", "ADDR::GATEWAY:MASK[:NAME][:DEV][:METHOD] or dhcp or off",
	  "network address, as Linux takes it", "dhcp", need_value },
	{ "port", "1..65535", "TCP port of the HTTP server", "80", parse_port },
	{ "host", "NAME[,NAME...]", "names accepted in the Host header", "", need_value },
	{ "token", "TEXT", "secret that requests which change state must carry; never shown",
	  "none: such requests are refused", need_value },
	{ "soak", "PROFILE or {'profile':'NAME',...}",
	  "soak job that starts by itself; its verdict goes to serial", "none", need_value },
	{ "soak_post", "http://A.B.C.D[:PORT]/PATH", "where the verdict of soak= is posted",
	  "nowhere", need_value },
	{ "loglevel", "0..8", "log lines of this level and above are kept but not shown", "7",
	  parse_loglevel },
	{ "debug_exit", "", "a panic ends QEMU with status 3 (port 0xF4)", "off", no_value },
	{ "test", "NAME", "runs a boot test and ends QEMU (port 0xF4)", "none", need_value },
	{ "seed", "NUMBER", "seed of the random requests of test=pages", "0x5eed", need_value },
};

#define PARAM_COUNT ARRAY_SIZE(params)

struct given {
	bool given, refused;
	const char *value;
};

static struct given givens[PARAM_COUNT];
static const char *unknown[UNKNOWN_MAX];
static unsigned int unknown_count;

static int find_param(const char *name)
{
	for (unsigned int i = 0; i < PARAM_COUNT; i++)
		if (!strcmp(params[i].name, name))
			return (int)i;
	return -1;
}

struct arena {
	char *next, *end;
};

static const char *keep(struct arena *arena, const char *s)
{
	size_t size = strlen(s) + 1;
	char *copy = arena->next;

	if (size > (size_t)(arena->end - arena->next))
		return "";
	memcpy(copy, s, size);
	arena->next += size;
	return copy;
}

void params_record(const char *line, char *arena, size_t size)
{
	struct arena room = { arena, arena + size };
	struct cmdline_iter it = { .pos = line };

	unknown_count = 0;
	while (cmdline_next(&it)) {
		int i = find_param(it.name);

		if (i >= 0) {
			givens[i].given = true;
			givens[i].value = strcmp(it.name, "token") ? keep(&room, it.value) : "xxx";
		} else if (unknown_count < UNKNOWN_MAX) {
			unknown[unknown_count++] = keep(&room, it.name);
		}
	}
}

static void refuse(const struct param *p, const char *value)
{
	pr_err("cmdline: option %s=%s refused: expected %s", p->name,
	       strcmp(p->name, "token") ? value : "xxx", *p->hint ? p->hint : "no value");
	stage_note("%s=%s refused: expected %s", p->name, strcmp(p->name, "token") ? value : "xxx",
		   *p->hint ? p->hint : "no value");
}

void parse_early_param(void)
{
	struct cmdline_iter it = { .pos = cmdline_options() };
	static bool done;
	unsigned int handled = 0;

	if (done)
		return;
	done = true;
	while (cmdline_next(&it)) {
		int i = find_param(it.name);

		if (i < 0 || !params[i].early)
			continue;
		handled++;
		if (it.cut || params[i].early(it.value)) {
			givens[i].refused = true;
			refuse(&params[i], it.value);
		}
	}
	stage_note("%u options handled of %zu in the table", handled, PARAM_COUNT);
}

const char *cmdline_value(const char *name)
{
	int i = find_param(name);

	return i >= 0 && givens[i].given && !givens[i].refused ? givens[i].value : NULL;
}

bool cmdline_given(const char *name)
{
	int i = find_param(name);

	return i >= 0 && givens[i].given;
}

unsigned int param_count(void)
{
	return PARAM_COUNT;
}

void param_get(unsigned int i, struct param_view *view)
{
	BUG_ON(i >= PARAM_COUNT);
	*view = (struct param_view){
		.param = &params[i],
		.given = givens[i].given,
		.refused = givens[i].refused,
		.value = givens[i].given ? givens[i].value : "",
	};
}

unsigned int param_unknown_count(void)
{
	return unknown_count;
}

const char *param_unknown(unsigned int i)
{
	BUG_ON(i >= unknown_count);
	return unknown[i];
}
