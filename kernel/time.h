/*
 * Time: the time-stamp counter, milliseconds, one timer to sleep on, and idling.
 *
 * One clock serves everything: the processor's time-stamp counter, whose rate is measured once
 * against the PIT. now_ms() and now_us() count from entry and never go back. The PIT is used in
 * one-shot mode only: nothing ticks, an idle machine sleeps until the next deadline or interrupt.
 */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include "kernel/lib/types.h"

/* The time-stamp counter now. Host tests supply their own. */
u64 cycles_now(void);

/* Cycles at entry to the kernel: the zero of now_ms(). */
u64 cycles_at_entry(void);
void time_set_entry(u64 cycles);

/* Measures the counter's rate against the PIT: about 2 ms. Before it, all times are 0. */
void clock_calibrate(void);

/* Reports the rate and takes the timer's interrupt (W-120). After init_IRQ. */
void time_init(void);

/* Cycles in a millisecond; 0 before clock_calibrate(). */
u32 tsc_khz(void);

/* Milliseconds and microseconds since entry. */
u64 now_ms(void);
u64 now_us(void);

/* Converts cycles to microseconds; 0 before clock_calibrate(). */
u64 cycles_to_us(u64 cycles);

/* ---- Sleeping (main loop only) ---- */

/*
 * Makes the timer interrupt come once in `ms` milliseconds, replacing an earlier request. The PIT
 * reaches 54 ms at most: a longer sleep is cut there, and the main loop simply sleeps again.
 */
void timer_arm_ms(u32 ms);

/* True once since the timer interrupt last came; clears the flag. */
bool timer_expired(void);

/*
 * Halts until an interrupt. Called with interrupts off, after the caller has looked at every flag;
 * returns with interrupts off. The time spent is idle time.
 */
void cpu_idle_once(void);

/* Microseconds spent halted since entry (/proc/uptime). */
u64 idle_us(void);

#endif
