/*
 * /api/v1/kernel: what start_kernel set up that is neither memory nor network: bounds, the per-CPU
 * area, vectors, the exception table, tasks, init functions, limits, hash tables, the clock. And the
 * text twins /proc/stat and /proc/softirqs.
 *
 * The stack protector's guard is not among them, nor anything computed from it.
 */
#include "kernel/cmdline.h"
#include "kernel/initcall.h"
#include "kernel/job.h"
#include "kernel/percpu.h"
#include "kernel/setup.h"
#include "kernel/symbols.h"
#include "kernel/time.h"
#include "kernel/x86/desc.h"
#include "kernel/x86/extable.h"
#include "kernel/x86/irq.h"
#include "kernel/x86/traps.h"
#include "mm/memstat.h"
#include "net/limits.h"
#include "web/dcache.h"
#include "web/http_stats.h"
#include "web/proc.h"
#include "web/route.h"
#include "web/snapshot.h"

#define USER_HZ 100 /* unit of /proc/stat: 1/100 s */

static void pointer(struct json *j, const char *key, const void *p)
{
	j_hex(j, key, (unsigned long)p);
}

/* ---- Bounds and copies ---- */

static void bounds(struct json *j)
{
	const char *saved, *parsed;
	u32 bytes = cmdline_copies(&saved, &parsed);

	j_object(j, "init_mm");
	j_hex(j, "start_code", init_mm_bounds.start_code);
	j_hex(j, "end_code", init_mm_bounds.end_code);
	j_hex(j, "end_data", init_mm_bounds.end_data);
	j_hex(j, "brk", init_mm_bounds.brk);
	j_end_object(j);
	j_object(j, "command_line");
	pointer(j, "saved_address", saved);
	pointer(j, "parsed_address", parsed);
	j_u32(j, "bytes_each", bytes);
	j_end_object(j);
}

static void per_cpu(struct json *j)
{
	j_array(j, "per_cpu_areas");
	j_object(j, NULL);
	j_u32(j, "cpu", this_cpu->cpu);
	pointer(j, "address", this_cpu);
	j_u32(j, "bytes", sizeof(*this_cpu));
	j_u64(j, "loop_turns", this_cpu->turns);
	j_u64(j, "idle_cycles", this_cpu->idle_cycles);
	j_u64(j, "longest_turn_cycles", this_cpu->longest_turn_cycles);
	j_object(j, "softirqs");
	for (u32 i = 0; i < NR_SOFTIRQS; i++)
		j_u64(j, softirq_name(i), this_cpu->softirqs[i]);
	j_end_object(j);
	j_end_object(j);
	j_end_array(j);
}

/* ---- Processor tables ---- */

static void symbol(struct json *j, const char *key, u32 address)
{
	char name[96];

	symbol_format(name, sizeof(name), address);
	j_str(j, key, name);
}

static void vectors(struct json *j)
{
	struct gate_view v;

	j_array(j, "vectors");
	for (u32 i = 0; i < TRAP_VECTORS; i++) {
		gate_get(i, &v);
		j_object(j, NULL);
		j_u32(j, "vector", i);
		j_str(j, "name", trap_vector_name(i));
		j_str(j, "gate", v.kind);
		j_bool(j, "any_level", v.any_level);
		j_hex(j, "target", v.target);
		j_end_object(j);
	}
	j_end_array(j);
	j_object(j, "exception_table");
	j_u32(j, "continued", extable_hits());
	j_array(j, "entries");
	for (u32 i = 0; i < extable_count(); i++) {
		u32 insn, fixup;

		extable_get(i, &insn, &fixup);
		j_object(j, NULL);
		j_hex(j, "instruction", insn);
		j_hex(j, "continuation", fixup);
		symbol(j, "function", insn);
		j_end_object(j);
	}
	j_end_array(j);
	j_end_object(j);
}

/* ---- Tasks (W-131) and init functions (W-135) ---- */

static void task(struct json *j, u32 number, const char *name, const char *kind, bool running,
		 u64 runs, u64 cycles)
{
	j_object(j, NULL);
	j_u32(j, "number", number);
	j_str(j, "name", name);
	j_str(j, "kind", kind);
	j_str(j, "state", running ? "running" : "ended");
	j_u64(j, "runs", runs);
	j_u64(j, "cycles", cycles);
	j_end_object(j);
}

static void tasks(struct json *j)
{
	j_array(j, "tasks");
	task(j, 0, "main loop", "idle", true, this_cpu->turns, this_cpu->idle_cycles);
	task(j, 1, "kernel_init", "init", false, 1, 0);
	for (struct poller *p = poller_next(NULL); p; p = poller_next(p))
		task(j, p->number, p->name, "poller", true, p->calls, p->cycles);
	for (struct job *b = job_next(NULL); b; b = job_next(b))
		task(j, b->number, b->name, "job", true, b->steps, b->cycles);
	j_end_array(j);
	j_array(j, "initcalls");
	for (u32 i = 0; i < initcall_count(); i++) {
		const struct initcall_record *r = initcall_get(i);

		j_object(j, NULL);
		j_str(j, "name", r->name);
		j_u64(j, "start_us", r->start_us);
		j_u64(j, "took_us", r->took_us);
		j_end_object(j);
	}
	j_end_array(j);
}

/* ---- Limits and tables ---- */

static void limits(struct json *j)
{
	u32 before, now;

	memstat_gfp_mask(&before, &now);
	j_object(j, "limits");
	j_u32(j, "max_threads", net_max_threads());
	j_u32(j, "connections", net_max_connections());
	j_u32(j, "receive_pages", net_rx_pages_max());
	j_u32(j, "requests_by_rule", web_requests_max());
	j_u32(j, "requests", http_stats.connections_max);
	j_u32(j, "reserve_pages", web_reserve_pages());
	j_hex(j, "gfp_allowed_mask_at_boot", before);
	j_hex(j, "gfp_allowed_mask", now);
	j_end_object(j);
}

static void hashes(struct json *j)
{
	j_array(j, "hash_tables");
	for (u32 i = 0; i < memstat_hash_count(); i++) {
		struct memstat_hash h;

		memstat_hash(i, &h);
		j_object(j, NULL);
		j_str(j, "name", h.name);
		j_hex(j, "address", h.address);
		j_u32(j, "entries", h.entries);
		j_s32(j, "order", h.order);
		j_u32(j, "bytes", h.bytes);
		j_u32(j, "items", h.items);
		j_u32(j, "used_buckets", h.used_buckets);
		j_u32(j, "longest_chain", h.longest_chain);
		j_u64(j, "hits", h.hits);
		j_u64(j, "misses", h.misses);
		j_end_object(j);
	}
	j_end_array(j);
}

static void clock(struct json *j)
{
	struct clock_measurement m;

	clock_get_measurement(&m);
	j_object(j, "clock");
	j_u32(j, "tsc_khz", tsc_khz());
	j_u32(j, "measured_pit_ticks", m.pit_ticks);
	j_u64(j, "measured_tsc_cycles", m.tsc_cycles);
	j_u32(j, "boot_unix_seconds", time_boot_seconds());
	j_u64(j, "uptime_us", now_us());
	j_u64(j, "idle_us", idle_us());
	j_end_object(j);
}

void api_kernel(struct writer *w)
{
	struct json j;

	j_begin(&j, w);
	j_object(&j, NULL);
	bounds(&j);
	per_cpu(&j);
	vectors(&j);
	tasks(&j);
	limits(&j);
	hashes(&j);
	clock(&j);
	j_end_with_snapshot(&j);
}

/* ---- Texts ---- */

void proc_softirqs(struct writer *w)
{
	w_lit(w, "                    CPU0       \n");
	for (u32 i = 0; i < NR_SOFTIRQS; i++) {
		w_str_right(w, softirq_name(i), 12);
		w_lit(w, ": ");
		w_u64(w, this_cpu->softirqs[i], 10);
		w_char(w, '\n');
	}
}

static void cpu_line(struct writer *w, const char *name, u64 system, u64 idle)
{
	w_str(w, name);
	w_lit(w, " 0 0 ");
	w_u64(w, system, 0);
	w_char(w, ' ');
	w_u64(w, idle, 0);
	w_lit(w, " 0 0 0 0 0\n");
}

/* All time that is not idle is the system's: there is no user, and interrupts are not timed. */
void proc_stat(struct writer *w)
{
	u64 idle = idle_us() / (1000000 / USER_HZ), all = now_us() / (1000000 / USER_HZ);
	u64 soft = 0;

	cpu_line(w, "cpu ", all - idle, idle);
	cpu_line(w, "cpu0", all - idle, idle);
	w_lit(w, "intr ");
	w_u64(w, irq_total(), 0);
	for (u32 line = 0; line < IRQ_LINES; line++) {
		w_char(w, ' ');
		w_u64(w, irq_count(line), 0);
	}
	w_lit(w, "\nctxt ");
	w_u64(w, this_cpu->turns, 0);
	w_lit(w, "\nbtime ");
	w_u32(w, time_boot_seconds(), 0);
	w_lit(w, "\nprocesses ");
	w_u32(w, tasks_created(), 0);
	w_lit(w, "\nprocs_running 1\nprocs_blocked 0\nsoftirq ");
	for (u32 i = 0; i < NR_SOFTIRQS; i++)
		soft += this_cpu->softirqs[i];
	w_u64(w, soft, 0);
	for (u32 i = 0; i < NR_SOFTIRQS; i++) {
		w_char(w, ' ');
		w_u64(w, this_cpu->softirqs[i], 0);
	}
	w_char(w, '\n');
}
