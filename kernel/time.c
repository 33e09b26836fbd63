/*
 * Time (see time.h).
 *
 * The counter's rate is measured against channel 2 of the PIT, which counts down at 1 193 182 Hz
 * while we look on. A sample is a pair (counter, cycles) taken close together; its cycles are only
 * known to within the time the reading took, so each end of the interval takes the best of a few
 * readings. A host that takes the processor away during an interval does no harm while both run on;
 * but the PIT's 16 bits wrap after 55 ms, and an interval longer than that would pass for a short
 * one. So an interval with a long pause between two looks at the PIT is not believed and the next is
 * shorter, to fit between two pauses; and two must agree.
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
#define CALIBRATE_TICKS_MIN 150u
#define CALIBRATE_TRIES 32
#define CALIBRATE_PAUSE 2  /* a pause is long if it takes more than this part of an interval */
#define CALIBRATE_AGREE 32 /* two rates agree if they differ by less than this part of one */

static u64 entry_cycles;
static u32 khz;
static u32 us_mult; /* 2^32 microseconds per cycle; the counter runs at more than 1 MHz */
static bool timer_fired;
static struct clock_measurement measurement;

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

/* The rate over one interval, in kHz; 0 if the PIT does not count. *whole: it had no long pause. */
static u32 __init measure_khz(u32 ticks, bool *whole)
{
	struct sample from = take_sample(), to;
	u32 looked = (u32)from.cycles, longest = 0, spins = CALIBRATE_SPINS;

	do {
		u32 now = (u32)cycles_now();

		longest = max(longest, now - looked);
		looked = now;
	} while ((u16)(from.ticks - read_channel2()) < ticks && --spins);
	to = take_sample();
	longest = max(longest, (u32)to.cycles - looked);
	measurement.pit_ticks = (u16)(from.ticks - to.ticks);
	measurement.tsc_cycles = to.cycles - from.cycles;
	*whole = measurement.tsc_cycles <= ~0u &&
		 longest < (u32)measurement.tsc_cycles / CALIBRATE_PAUSE;
	if (!spins || !measurement.pit_ticks)
		return 0;
	return (u32)(measurement.tsc_cycles * PIT_HZ / measurement.pit_ticks / 1000);
}

/*
 * The first rate that two whole intervals agree on. If none do, the lowest one seen: a wrap of the
 * PIT only ever makes the rate look too high.
 */
static u32 __init agreed_khz(void)
{
	u32 ticks = CALIBRATE_TICKS, last = 0, lowest = ~0u;

	for (int i = 0; i < CALIBRATE_TRIES; i++) {
		bool whole;
		u32 rate = measure_khz(ticks, &whole);

		if (!rate)
			return 0;
		lowest = min(lowest, rate);
		if (!whole) {
			ticks = max(ticks / 2, CALIBRATE_TICKS_MIN);
			continue;
		}
		if (last && max(rate, last) - min(rate, last) < last / CALIBRATE_AGREE)
			return rate;
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

void __init tick_init(void)
{
	outb(0x30, PIT_COMMAND); /* channel 0, mode 0: waits for a count */
	stage_note(
		"the firmware's tick on channel 0 of the PIT is stopped: nothing ticks, the timer "
		"is armed for one deadline at a time");
}

void __init init_timers(void)
{
	irq_request(0, pit_interrupt, NULL, "timer");
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
