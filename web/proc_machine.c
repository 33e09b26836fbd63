/*
 * /proc/ioports, /proc/interrupts, /proc/mtrr and /proc/cpuinfo.
 *
 * Lines of Linux's cpuinfo about tests that are not made here (fdiv_bug, hlt_bug, bogomips ...) are left out
 * rather than answered.
 */
#include "kernel/time.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/irq.h"
#include "kernel/x86/traps.h"
#include "mm/memstat.h"
#include "web/cpu_flags.h"
#include "web/proc.h"

/* ---- ioports: as iomem, with four digits ---- */

static void port_range(void *arg, const struct memstat_resource *res)
{
	struct writer *w = arg;

	w_fill(w, ' ', 2 * res->depth);
	w_hex(w, res->start, 4);
	w_char(w, '-');
	w_hex(w, res->end_inclusive, 4);
	w_lit(w, " : ");
	w_str(w, res->name);
	w_char(w, '\n');
}

void proc_ioports(struct writer *w)
{
	memstat_ioports(port_range, w);
}

/* ---- interrupts ---- */

static void counter(struct writer *w, const char *label, u64 count, const char *meaning)
{
	w_str_right(w, label, 3);
	w_lit(w, ": ");
	w_u64(w, count, 10);
	w_str(w, meaning);
	w_char(w, '\n');
}

void proc_interrupts(struct writer *w)
{
	w_lit(w, "           CPU0       \n");
	for (u32 line = 0; line < IRQ_LINES; line++) {
		const char *name = irq_handler_name(line, 0);

		if (!name && !irq_count(line))
			continue;
		w_u32(w, line, 3);
		w_lit(w, ": ");
		w_u64(w, irq_count(line), 10);
		w_lit(w, "    XT-PIC-XT      ");
		for (u32 i = 0; (name = irq_handler_name(line, i)); i++) {
			w_str(w, i ? ", " : "  ");
			w_str(w, name);
		}
		w_char(w, '\n');
	}
	counter(w, "NMI", trap_nmi_count(), "   Non-maskable interrupts");
	counter(w, "ERR", irq_spurious(), "");
}

/* ---- mtrr ---- */

void proc_mtrr(struct writer *w)
{
	struct memstat_mtrr m;

	memstat_mtrr(&m);
	for (u32 i = 0; i < m.count; i++) {
		struct memstat_mtrr_range r;
		u32 pages;
		bool small;

		memstat_mtrr_range(i, &r);
		if (!r.bytes)
			continue;
		pages = (u32)(r.bytes >> PAGE_SHIFT);
		small = pages < SZ_1M >> PAGE_SHIFT;
		w_lit(w, "reg");
		w_hex(w, i / 10, 1);
		w_hex(w, i % 10, 1);
		w_lit(w, ": base=0x");
		w_hex(w, r.base >> PAGE_SHIFT, 6);
		w_lit(w, "000 (");
		w_u32(w, (u32)(r.base >> 20), 5);
		w_lit(w, "MB), size=");
		w_u32(w, small ? pages * 4 : pages >> 8, 5);
		w_str(w, small ? "KB" : "MB");
		w_lit(w, ", count=1: ");
		w_str(w, memstat_mtrr_type_name(r.type));
		w_char(w, '\n');
	}
}

/* ---- cpuinfo ---- */

const char *cpu_flag_name(unsigned int bit)
{
	static const char names[32][8] = {
		"fpu",	"vme",	 "de",	 "pse",	    "tsc",  "msr", "pae",  "mce",
		"cx8",	"apic",	 "",	 "sep",	    "mtrr", "pge", "mca",  "cmov",
		"pat",	"pse36", "pn",	 "clflush", "",	    "dts", "acpi", "mmx",
		"fxsr", "sse",	 "sse2", "ss",	    "ht",   "tm",  "ia64", "pbe",
	};

	/* "clflush" fills its place: there is no NUL behind it. */
	return bit == CPU_CLFLUSH ? "clflush" : *names[bit] ? names[bit] : NULL;
}

static void field(struct writer *w, const char *label, u32 value)
{
	w_str(w, label);
	w_u32(w, value, 0);
	w_char(w, '\n');
}

void proc_cpuinfo(struct writer *w)
{
	const struct cpuinfo *c = &boot_cpu_data;

	field(w, "processor\t: ", 0);
	w_printf(w, "vendor_id\t: %s\n", c->vendor);
	field(w, "cpu family\t: ", c->family);
	field(w, "model\t\t: ", c->model);
	w_printf(w, "model name\t: %s\n", *c->model_name ? c->model_name : "unknown");
	field(w, "stepping\t: ", c->stepping);
	w_printf(w, "cpu MHz\t\t: %u.%03u\n", tsc_khz() / 1000, tsc_khz() % 1000);
	w_printf(w, "fpu\t\t: %s\n", cpu_has(CPU_FPU) ? "yes" : "no");
	field(w, "cpuid level\t: ", c->level);
	w_printf(w, "wp\t\t: %s\nflags\t\t:", c->wp_works_ok > 0 ? "yes" : "no");
	for (u32 bit = 0; bit < 32; bit++) {
		if (!cpu_has(bit) || !cpu_flag_name(bit))
			continue;
		w_char(w, ' ');
		w_str(w, cpu_flag_name(bit));
	}
	if (c->nx)
		w_lit(w, " nx");
	if (*c->hypervisor)
		w_lit(w, " hypervisor");
	w_char(w, '\n');
	field(w, "clflush size\t: ", c->cache_line);
	field(w, "cache_alignment\t: ", c->cache_line);
	w_char(w, '\n');
}
