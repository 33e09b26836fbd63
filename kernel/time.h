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

/* Stops the periodic tick that the firmware has left in the PIT (W-01). */
void tick_init(void);

/* Takes the timer's interrupt: timer_arm_ms() works (W-120). After init_IRQ. */
void init_timers(void);

/* Reads the CMOS clock once (W-120). Before it, and where it holds no date, there is no wall time. */
void timekeeping_init(void);

/* Seconds from 1970 to entry, UTC if the clock is; 0: unknown. */
u32 time_boot_seconds(void);

/* Reports the counter's rate (W-120). */
void time_init(void);

/* What the rate was measured from. */
struct clock_measurement {
	u32 pit_ticks; /* at 1 193 182 Hz; 0: the PIT does not count, and 1 GHz is assumed */
	u64 tsc_cycles;
};
void clock_get_measurement(struct clock_measurement *out);

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
