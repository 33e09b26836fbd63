/*
 * The stages of start_kernel and setup_arch that are neither memory, device nor protocol: mostly
 * counterparts (ANALOGUE) of what the documented kernel does for a machine with more in it. Each
 * leaves notes of what it found. The order is main.c's.
 */
#ifndef KERNEL_SETUP_H
#define KERNEL_SETUP_H

#include "kernel/lib/types.h"

void boot_mapping(void);	     /* W-00: reads back what head.S has built */
void early_boot_irqs_off(void);	     /* W-01 */
void boot_cpu_init(void);	     /* W-01 */
void setup_nr_cpu_ids(void);	     /* W-85 */
void banner(void);		     /* W-03 */
void init_mm(void);		     /* W-15 */
void command_line(void);	     /* W-17 */
void x86_configure_nx(void);	     /* W-18 */
void x86_report_nx(void);	     /* W-18 */
void init_hypervisor_platform(void); /* W-22 */
void io_delay_init(void);	     /* W-50 */
void conswitchp(void);		     /* W-82 */
void default_banner(void);	     /* W-82 */
void sched_init(void);		     /* W-120 */
void irqs_disabled_check(void);	     /* W-120: warns, and turns them off */
void irqs_disabled_check2(void);     /* W-120: complains */
void early_irq_init(void);	     /* W-120 */
void softirq_init(void);	     /* W-120 */
void early_boot_irqs_on(void);	     /* W-120 */
void console_init(void);	     /* W-123 */
void late_time_init(void);	     /* W-123 */
void check_bugs(void);		     /* W-130 */

/* noexec=on|off (W-18). Returns 0, or -EINVAL for another value. */
int parse_noexec(const char *value);

/* The bounds of the one address space (W-15): virtual addresses, [start, end). */
struct mm_bounds {
	unsigned long start_code, end_code, end_data, brk;
};
extern struct mm_bounds init_mm_bounds;

#endif
