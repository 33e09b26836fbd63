/*
 * The boot order, and the main loop.
 *
 * start_kernel() and the functions it is divided into are lists of calls in the documented order
 * (memory-init Part A), one call a line. RUN(x) calls x() and records it as the stage of that name
 * (stage.h). Beside a line stands what binds it to its place; a line with => says what becomes
 * usable behind it. system_state_set() makes that checkable.
 *
 * Interrupts are off until early_boot_irqs_on.
 */
#include "drivers/pci.h"
#include "drivers/pci_early.h"
#include "kernel/boot/boot_info.h"
#include "kernel/boot_tests.h"
#include "kernel/cmdline.h"
#include "kernel/initcall.h"
#include "kernel/job.h"
#include "kernel/params.h"
#include "kernel/percpu.h"
#include "kernel/power.h"
#include "kernel/printk.h"
#include "kernel/serial.h"
#include "kernel/setup.h"
#include "kernel/stackprotector.h"
#include "kernel/stage.h"
#include "kernel/system_state.h"
#include "kernel/time.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/extable.h"
#include "kernel/x86/irq.h"
#include "kernel/x86/mce.h"
#include "kernel/x86/sections.h"
#include "kernel/x86/traps.h"
#include "mm/acpi_setup.h"
#include "mm/alloc_bench.h"
#include "mm/apic_setup.h"
#include "mm/bios_corruption.h"
#include "mm/boot_modules.h"
#include "mm/boot_record.h"
#include "mm/boot_replay.h"
#include "mm/bootmem.h"
#include "mm/callsite.h"
#include "mm/crashkernel.h"
#include "mm/direct_map.h"
#include "mm/e820_setup.h"
#include "mm/early_node_map.h"
#include "mm/early_res.h"
#include "mm/firmware_setup.h"
#include "mm/fixmap.h"
#include "mm/free_all.h"
#include "mm/gen24.h"
#include "mm/highmem.h"
#include "mm/memlayout.h"
#include "mm/mtrr.h"
#include "mm/numa.h"
#include "mm/page_alloc.h"
#include "mm/resource.h"
#include "mm/setup_data.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "mm/zonelist.h"
#include "mm/zones.h"
#include "net/limits.h"
#include "net/memp.h"
#include "net/net.h"
#include "web/dcache.h"
#include "web/web.h"

BUILD_BUG_ON(PAGE_OFFSET != KERNEL_OFFSET);

__noreturn void start_kernel(u32 magic, u32 block);

/* Before any stage: what the stages' records, the log and fault reports themselves need. */
static void __init early_setup(u32 magic, u32 block)
{
	time_set_entry(boot_entry_cycles);
	clock_calibrate();		 /* => times in the log */
	early_idt_init();		 /* => faults are reported */
	boot_record_init();		 /* => stages see what they change */
	boot_info_init(magic, block);	 /* before anything writes behind the image */
	cmdline_init(boot_info.cmdline); /* takes the token out: before the first line is logged */
	serial_init();			 /* => lines are seen at once */
}

/* W-04 to W-84. */
static void __init setup_arch(void)
{
	RUN(early_cpu_init);	 /* => cpu_has_pse, cpu_has_pge, cache_line_size() */
	RUN(early_ioremap_init); /* => early_ioremap, early_memremap */
	system_state_set(PHASE_FIXMAP);
	RUN(copy_boot_params);
	RUN(x86_init_ops);
	RUN(setup_memory_map); /* => e820 */
	RUN(parse_setup_data); /* through early windows */
	RUN(e820_reserve_setup_data);
	RUN(init_mm);
	RUN(kernel_resources);
	RUN(command_line);
	RUN(x86_configure_nx);
	RUN(parse_early_param); /* after setup_memory_map: options edit the map */
	RUN(x86_report_nx);
	RUN(reserve_early_setup_data);
	RUN(acpi_mps_check);
	RUN(early_dump_pci_devices);
	RUN(finish_e820_parsing);
	RUN(dmi_scan_machine);
	RUN(init_hypervisor_platform);
	RUN(probe_roms);
	insert_kernel_resources(); /* W-16 */
	RUN(trim_bios_range);
	RUN(ppro_with_ram_bug);
	set_max_pfn(); /* W-26: => max_pfn */
	RUN(early_reserve_e820_mpc_new);
	RUN(mtrr_bp_init);
	RUN(mtrr_trim_uncached_memory);	  /* sets max_pfn again if it changed the map */
	RUN(find_low_pfn_range);	  /* => max_low_pfn */
	RUN(setup_bios_corruption_check); /* while its pages are free */
	RUN(report_boot_mapping);
	RUN(reserve_brk); /* before the first table page is looked for */
	RUN(find_smp_config);
	RUN(reserve_trampoline_memory);
	map_low_memory(); /* W-35: => all of low memory through __va */
	system_state_set(PHASE_DIRECT_MAP);
	RUN(reserve_initrd);
	RUN(reserve_crashkernel);
	RUN(io_delay_init);
	RUN(acpi_boot_table_init); /* through early windows */
	RUN(early_acpi_boot_init);
	RUN(acpi_numa_init);  /* before initmem_init, which the walkthrough describes first */
	RUN(get_memcfg_numa); /* => numa.nodes */
	if (numa.nodes > 1)
		RUN(initmem_init_numa); /* => early_node_map, alloc_bootmem */
	else
		RUN(initmem_init);  /* => the same */
	RUN(pagetable_setup_start); /* through the hook of x86_init */
	RUN(paging_init);	    /* => zones, pfn_to_page */
	RUN(pagetable_setup_done);
	system_state_set(PHASE_ZONES);
	RUN(generic_apic_probe);
	RUN(early_quirks);
	RUN(acpi_boot_init); /* and get_smp_config */
	RUN(init_apic_mappings);
	RUN(e820_reserve_resources);
	RUN(reserve_standard_io_resources);
	RUN(e820_setup_gap);
	RUN(conswitchp);
	RUN(default_banner);
	RUN(mcheck_init);
	stage_note("the memory map is final, low memory is mapped, zones have descriptors");
}

/* W-85: the line that is shown and the values of the options move to memory that stays. */
static void __init setup_command_line(void)
{
	size_t size = cmdline_copy_size();
	char *saved = alloc_bootmem(size, OWNER_BOOT_ALLOC);
	char *parsed = alloc_bootmem(size, OWNER_BOOT_ALLOC);

	cmdline_move(saved, parsed);
	stage_note("%zu bytes at %p to show, and at %p for the values", size, (void *)saved,
		   (void *)parsed);
}

/* W-85: the counters of the one processor move out of the boot data. */
static void __init setup_per_cpu_areas(void)
{
	struct cpu_area *block = alloc_bootmem(sizeof(*block), OWNER_BOOT_ALLOC);

	percpu_move(block);
	stage_note("CPU 0: %zu bytes at %p", sizeof(*block), (void *)block);
}

/* W-96: from boot memory to the page allocator, the slab allocator and vmalloc. Not the last step about
 * memory, as the walkthrough has it: sizes of arrays and lists, watermarks and free_initmem follow. */
static void __init mm_init(void)
{
	page_owner_init();    /* its records are boot memory; before the first request */
	RUN(mem_init);	      /* => PHASE_BUDDY: alloc_pages, kmap; after trap_init: it probes */
	RUN(kmem_cache_init); /* => kmalloc */
	system_state_set(PHASE_SLAB);
	RUN(vmalloc_init); /* => vmalloc, ioremap */
	system_state_set(PHASE_VMALLOC);
	highmem_probe(); /* before anybody is given a high frame */
	stage_note("page allocator, slab and vmalloc are up");
}

/* W-129: the pages that show all this, and the server that gives them out. */
static void proc_root_init(void)
{
	int err = web_init();

	if (err)
		stage_note("the HTTP server could not start: error %d", err);
	else
		stage_note("HTTP server on port %u", net_http_port());
}

static void __init zone_watermarks(void)
{
	if (!mm_gen24) /* the 2.4 generation's zones have theirs since N-05 */
		RUN(init_per_zone_wmark_min);
}

static void __init power(void)
{
	power_init(&acpi_window);
}

static void __init proc_root(void)
{
	RUN(proc_root_init);
	net_set_no_network_report(web_print_state);
}

static const struct initcall initcalls[] __initconst = {
	{ "init_per_zone_wmark_min", zone_watermarks }, /* => zones keep reserves */
	{ "pci_scan", pci_scan },
	{ "net_init", net_init }, /* => lwIP: servers may listen */
	{ "power_init", power },
	{ "proc_root_init", proc_root },
	{ "net_start", net_start }, /* => packets */
};

/* W-135. */
static void __init do_basic_setup(void)
{
	do_initcalls(initcalls, ARRAY_SIZE(initcalls));
	stage_note("PCI, network and HTTP are up");
}

/* W-136. Not __init: it frees that. */
static noinline void init_post(void)
{
	RUN(free_initmem); /* nothing of __init is called behind this */
	RUN(mark_rodata_ro);
	system_state_set(PHASE_RUNNING);
	stage_note("no user program to start: the HTTP server takes its place");
}

/* W-134: what the documented kernel does in its first thread. */
static noinline void kernel_init(void)
{
	RUN(do_basic_setup);
	RUN(init_post);
	stage_note("runs in the boot context: there is one thread");
}

/* test=NAME for what is below the drivers. */
static const struct boot_test mm_tests[] = {
	{ "pages", "the page allocator on the live zones", page_alloc_selftest },
	{ "slab", "slab caches and kmalloc on the live machine", slab_selftest },
	{ "vmalloc", "areas over scattered frames, guard pages, device memory", vmalloc_selftest },
	{ "kmap", "more high pages than kmap has slots; the fixmap's windows", kmap_selftest },
	{ "allocbench", "what an allocation costs", alloc_bench },
};

static __noreturn void rest_init(void)
{
	stage_begin(STAGE_rest_init);
	RUN(kernel_init);
	boot_tests_register(mm_tests, ARRAY_SIZE(mm_tests));
	boot_tests_run();
	start_periodic_check_for_corruption();
	slab_reaper_start(); /* the last poller: sees what the others have used */
	stage_note("the boot context becomes the main loop");
	stage_end(STAGE_rest_init);
	main_loop();
}

void start_kernel(u32 magic, u32 block)
{
	early_setup(magic, block);
	RUN(boot_mapping);
	RUN(first_reservations); /* => reserve_early; before the first search for free memory */
	system_state_set(PHASE_EARLY_RES);
	RUN(boot_init_stack_canary); /* this function never returns */
	stage_begin(STAGE_local_irq_disable);
	early_boot_irqs_off();
	stage_end(STAGE_local_irq_disable);
	RUN(tick_init);
	RUN(boot_cpu_init);
	RUN(page_address_init); /* before a high page is mapped */
	RUN(banner);
	RUN(setup_arch);
	RUN(setup_command_line); /* before boot memory ends */
	RUN(setup_nr_cpu_ids);
	RUN(setup_per_cpu_areas); /* before boot memory ends */
	if (!mm_gen24)		  /* the 2.4 generation has built its own in paging_init */
		RUN(build_all_zonelists);
	stage_begin(STAGE_parse_args);
	cmdline_report();
	stage_end(STAGE_parse_args);
	RUN(pidhash_init);	    /* before boot memory ends */
	RUN(vfs_caches_init_early); /* likewise */
	RUN(sort_main_extable);	    /* => probe_read, probe_write (also before, unsorted) */
	stage_begin(STAGE_trap_init);
	eisa_probe(); /* through an early window; nothing here has such a bus */
	trap_init();  /* => a broken stack is reported, too */
	replay_unmapped(__pa(boot_stack) - PAGE_SIZE); /* the page below it, for that */
	stage_end(STAGE_trap_init);
	RUN(mm_init);
	RUN(sched_init);
	RUN(irqs_disabled_check);
	RUN(early_irq_init);
	RUN(init_IRQ);	  /* => irq_request */
	RUN(init_timers); /* => timer_arm_ms */
	RUN(softirq_init);
	RUN(timekeeping_init);
	RUN(time_init);
	RUN(irqs_disabled_check2);
	stage_begin(STAGE_local_irq_enable);
	early_boot_irqs_on();
	stage_end(STAGE_local_irq_enable);
	stage_begin(STAGE_gfp_allowed_mask);
	open_gfp_allowed_mask(); /* => requests may wait */
	stage_end(STAGE_gfp_allowed_mask);
	RUN(kmem_cache_init_late); /* => caches have their final sizes, and are reaped */
	RUN(console_init);
	RUN(initrd_overwritten_check);
	if (!mm_gen24) /* the 2.4 generation's lists hold nothing */
		RUN(setup_per_cpu_pageset);
	RUN(late_time_init);
	RUN(fork_init); /* => net_max_connections() */
	RUN(proc_caches_init);
	RUN(buffer_init);
	RUN(vfs_caches_init); /* => web_requests_max() */
	RUN(check_bugs);
	rest_init();
}
