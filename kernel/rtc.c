/*
 * The wall clock: read once from the CMOS clock during boot (W-120 timekeeping_init), then the
 * time-stamp counter goes on from there (MC146818A datasheet: registers 0 to 9, status A and B).
 *
 * The clock is taken for UTC and for the years 2000 to 2099. Nothing depends on it but what is shown.
 */
#include "kernel/stage.h"
#include "kernel/time.h"
#include "kernel/x86/io.h"

static u32 boot_seconds; /* since 1970, at entry; 0: unknown */

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
