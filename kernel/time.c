/*
 * Time (see time.h).
 *
 * The counter's rate is measured against channel 2 of the PIT, which counts down at 1 193 182 Hz
 * while we look on. A sample is a pair (counter, cycles) taken close together; its cycles are only
 * known to within the time the reading took, so each end of the interval takes the best of a few
 * readings. A host that takes the processor away during an interval does no harm while both run on;
 * but the PIT's 16 bits wrap after 55 ms, and an interval longer than that would pass for a short
 * one. So two intervals in a row must agree before they are believed.
 *
 * Cycles become microseconds by a multiplication and a shift, exact to a part in a million:
 *	us = cycles * mult >> 32,  mult = 2^32 * 1000 / khz
 */
#include "kernel/time.h"

#include "kernel/panic.h"
#include "kernel/percpu.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/x86/io.h"
#include "kernel/x86/irq.h"
#include "kernel/x86/irqflags.h"

#define PIT_HZ 1193182u
#define PIT_CH0 0x40
#define PIT_CH2 0x42
#define PIT_COMMAND 0x43
#define PORT_SPEAKER 0x61
#define PIT_MAX_MS 54u
#define CALIBRATE_TICKS 1193u /* 1 ms, twice */
#define CALIBRATE_SPINS 100000u
#define CALIBRATE_TRIES 16
#define CALIBRATE_AGREE 32 /* two rates agree if they differ by less than this part of one */

static u64 entry_cycles;
static u32 khz;
static u32 us_mult; /* 2^32 microseconds per cycle; the counter runs at more than 1 MHz */
static bool timer_fired;
static struct clock_measurement measurement;
static u32 boot_seconds; /* since 1970, at entry; 0: unknown */

u64 cycles_now(void)
{
	return __builtin_ia32_rdtsc();
}

u64 cycles_at_entry(void)
{
	return entry_cycles;
}

void time_set_entry(u64 cycles)
{
	entry_cycles = cycles;
}

u32 tsc_khz(void)
{
	return khz;
}

struct sample {
	u16 ticks; /* of the PIT, counting down */
	u64 cycles;
};

static u16 read_channel2(void)
{
	u8 lo;

	outb(0x80, PIT_COMMAND); /* latch channel 2 */
	lo = inb(PIT_CH2);
	return (u16)(inb(PIT_CH2) << 8 | lo);
}

/* The best of five readings: the one that took the fewest cycles. */
static struct sample __init take_sample(void)
{
	struct sample best = { 0, 0 };
	u64 shortest = ~0ull;

	for (int i = 0; i < 5; i++) {
		u64 before = cycles_now();
		u16 ticks = read_channel2();
		u64 took = cycles_now() - before;

		if (took < shortest) {
			shortest = took;
			best = (struct sample){ ticks, before + took / 2 };
		}
	}
	return best;
}

static void pit_interrupt(void *arg)
{
	(void)arg;
	timer_fired = true;
}

/* The rate over one interval, in kHz; 0 if the PIT does not count. */
static u32 __init measure_khz(void)
{
	struct sample from = take_sample(), to;
	u32 spins = CALIBRATE_SPINS;

	while ((u16)(from.ticks - read_channel2()) < CALIBRATE_TICKS && --spins)
		;
	to = take_sample();
	measurement.pit_ticks = (u16)(from.ticks - to.ticks);
	measurement.tsc_cycles = to.cycles - from.cycles;
	if (!spins || !measurement.pit_ticks)
		return 0;
	return (u32)(measurement.tsc_cycles * PIT_HZ / measurement.pit_ticks / 1000);
}

/*
 * The first rate that two intervals in a row agree on. If none do, the lowest one seen: a wrap of
 * the PIT only ever makes the rate look too high.
 */
static u32 __init agreed_khz(void)
{
	u32 last = measure_khz(), lowest = last;

	for (int i = 0; last && i < CALIBRATE_TRIES; i++) {
		u32 rate = measure_khz();

		if (max(rate, last) - min(rate, last) < last / CALIBRATE_AGREE)
			return rate;
		lowest = min(lowest, rate);
		last = rate;
	}
	return lowest;
}

void __init clock_calibrate(void)
{
	outb((inb(PORT_SPEAKER) & ~0x02) | 0x01, PORT_SPEAKER); /* gate on, speaker off */
	outb(0xb0, PIT_COMMAND);				/* channel 2, mode 0 */
	outb(0xff, PIT_CH2);
	outb(0xff, PIT_CH2);
	io_delay();
	khz = agreed_khz();
	if (!khz) {
		measurement.pit_ticks = 0;
		khz = 1000000;
	}
	us_mult = (u32)((1000ull << 32) / khz);
}

void __init time_init(void)
{
	if (!measurement.pit_ticks)
		pr_warn("time: the PIT does not count: taking the counter for 1 GHz");
	pr_info("time: time-stamp counter runs at %u.%03u MHz", khz / 1000, khz % 1000);
	stage_note("tsc_khz = %u, measured over %u ticks of the PIT, %llu cycles", khz,
		   measurement.pit_ticks, measurement.tsc_cycles);
}

/* ---- The wall clock (MC146818A datasheet: registers 0 to 9, status A and B) ---- */

enum { RTC_SECONDS = 0, RTC_MINUTES = 2, RTC_HOURS = 4, RTC_DAY = 7, RTC_MONTH, RTC_YEAR };

#define RTC_STATUS_A 10
#define RTC_UPDATING 0x80 /* in status A */
#define RTC_STATUS_B 11
#define RTC_24_HOURS 0x02 /* in status B; else bit 7 of the hour is "afternoon" */
#define RTC_BINARY 0x04
#define RTC_TRIES 100000u

static u8 __init rtc_read(u8 index)
{
	outb(index, 0x70);
	return inb(0x71);
}

static u32 __init rtc_number(u8 value, u8 status_b)
{
	return status_b & RTC_BINARY ? value : (value >> 4) * 10u + (value & 15);
}

/* Seconds since 1970 of a date in [2000, 2099]: every fourth year is a leap year there. */
static u32 __init unix_seconds(u32 year, u32 month, u32 day)
{
	static const u16 days_before[] __initconst = { 0,   31,	 59,  90,  120, 151,
						       181, 212, 243, 273, 304, 334 };
	u32 days = 10957 + year * 365 + (year + 3) / 4 + days_before[month - 1] + day - 1;

	return (days + (month > 2 && year % 4 == 0)) * 86400;
}

/* The clock's date and time as seconds since 1970; 0 if they make no sense. */
static u32 __init rtc_seconds(void)
{
	static const u8 registers[] __initconst = { RTC_SECONDS, RTC_MINUTES, RTC_HOURS,
						    RTC_DAY,	 RTC_MONTH,   RTC_YEAR };
	u32 v[6], tries = RTC_TRIES;
	u8 status, hours;

	while (rtc_read(RTC_STATUS_A) & RTC_UPDATING && --tries)
		;
	status = rtc_read(RTC_STATUS_B);
	for (u32 i = 0; i < ARRAY_SIZE(registers); i++)
		v[i] = rtc_number(rtc_read(registers[i]), status);
	if (!(status & RTC_24_HOURS)) {
		hours = rtc_read(RTC_HOURS);
		v[2] = rtc_number(hours & 0x7f, status) % 12 + (hours & 0x80 ? 12 : 0);
	}
	if (!tries || v[0] > 59 || v[1] > 59 || v[2] > 23 || !v[3] || v[3] > 31 || !v[4] ||
	    v[4] > 12 || v[5] > 99)
		return 0;
	return unix_seconds(v[5], v[4], v[3]) + v[2] * 3600 + v[1] * 60 + v[0];
}

void __init timekeeping_init(void)
{
	u32 now = rtc_seconds();

	boot_seconds = now ? now - (u32)(now_ms() / 1000) : 0;
	if (now)
		stage_note("the CMOS clock says %u s since 1970, taken for UTC", now);
	else
		stage_note("the CMOS clock gives no date: there is no wall time");
}

u32 time_boot_seconds(void)
{
	return boot_seconds;
}

void __init init_timers(void)
{
	irq_request(0, pit_interrupt, NULL);
	stage_note("channel 0 of the PIT, %u Hz, one shot of at most %u ms: timer_arm_ms", PIT_HZ,
		   PIT_MAX_MS);
	stage_note("no wheel of timers: the network stack keeps its own list of timeouts");
}

void clock_get_measurement(struct clock_measurement *out)
{
	*out = measurement;
}

u64 cycles_to_us(u64 cycles)
{
	return (cycles >> 32) * us_mult + ((cycles & 0xffffffff) * us_mult >> 32);
}

u64 now_us(void)
{
	return cycles_to_us(cycles_now() - entry_cycles);
}

u64 now_ms(void)
{
	return now_us() / 1000;
}

void timer_arm_ms(u32 ms)
{
	u32 ticks = min(max(ms, 1u), PIT_MAX_MS) * PIT_HZ / 1000;

	outb(0x30, PIT_COMMAND); /* channel 0, mode 0: one interrupt when it gets to zero */
	outb((u8)ticks, PIT_CH0);
	outb((u8)(ticks >> 8), PIT_CH0);
}

bool timer_expired(void)
{
	bool fired = READ_ONCE(timer_fired);

	if (fired)
		WRITE_ONCE(timer_fired, false);
	return fired;
}

void cpu_idle_once(void)
{
	u64 before = cycles_now();

	safe_halt();
	local_irq_disable();
	this_cpu->idle_cycles += cycles_now() - before;
}

u64 idle_us(void)
{
	return cycles_to_us(this_cpu->idle_cycles);
}
