/*
 * Reboot and power-off. See power.h.
 *
 * The registers are looked up when they are asked for: in the FADT that acpi_scan() found valid,
 * and in the DSDT it points to. \_S5 is found without an interpreter, as a package of constants
 * behind its name, which is how every DSDT has it:
 *
 *	08 [5C] "_S5_" 12 PkgLength NumElements  SLP_TYPa SLP_TYPb ...
 *	                                         (0A n, 00 or 01 each)
 */
#include "kernel/power.h"

#include <string.h>

#include "kernel/job.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "kernel/x86/io.h"
#include "kernel/x86/reset.h"

/* Offsets in the FADT. */
#define FADT_DSDT 40
#define FADT_PM1A_CNT 64
#define FADT_PM1B_CNT 68
#define FADT_FLAGS 112
#define FADT_RESET_REG 116 /* a generic address: space, width, offset, size, 64-bit address */
#define FADT_RESET_VALUE 128
#define FADT_BYTES 129
#define RESET_REG_SUP (1u << 10)
#define SPACE_IO 1

#define SLP_EN (1u << 13)
#define SLP_TYP_SHIFT 10

#define DSDT_HEADER 36
#define DSDT_MAX 0x400000u

static const struct acpi_window *window;
static enum power_action pending;
static u64 due_ms;

/* What power-off writes. */
static struct {
	u16 port[2]; /* 0: there is none */
	u16 value[2];
} s5;

static u32 get32(const u8 *p)
{
	u32 value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* Copies the part of the FADT that is used here; what an old table has not is 0. */
static bool read_fadt(u8 *fadt)
{
	const struct acpi_table *t = acpi_find_table("FACP");
	u32 bytes;
	void *p;

	if (!t || !window)
		return false;
	bytes = min(t->length, (u32)FADT_BYTES);
	p = window->map(t->phys, bytes);
	if (!p)
		return false;
	memset(fadt, 0, FADT_BYTES);
	memcpy(fadt, p, bytes);
	window->unmap(p, bytes);
	return true;
}

/* A constant of AML at p, or -1; *p moves behind it. */
static int aml_constant(const u8 **p, const u8 *end)
{
	if (*p < end && **p <= 1)
		return *(*p)++;
	if (end - *p >= 2 && **p == 0x0a) {
		*p += 2;
		return (*p)[-1];
	}
	return -1;
}

/* The two sleep types of the package behind the name at `p`; false if it is something else. */
static bool parse_s5(const u8 *dsdt, const u8 *p, const u8 *end, int type[2])
{
	bool named = p[-1] == 0x08 || (p[-1] == 0x5c && p - dsdt >= 2 && p[-2] == 0x08);

	p += 4;
	if (!named || p + 3 > end || *p++ != 0x12)
		return false;
	p += (*p >> 6) + 2; /* PkgLength and NumElements */
	type[0] = aml_constant(&p, end);
	type[1] = aml_constant(&p, end);
	return type[0] >= 0 && type[0] < 8;
}

static const char *find_s5(u32 dsdt_phys, int type[2])
{
	const u8 *dsdt = window->map(dsdt_phys, DSDT_HEADER);
	const char *error = "the DSDT has no \\_S5";
	u32 length;

	if (!dsdt)
		return "the DSDT cannot be mapped";
	length = get32(dsdt + 4);
	if (memcmp(dsdt, "DSDT", 4) || length < DSDT_HEADER || length > DSDT_MAX)
		length = 0;
	window->unmap((void *)dsdt, DSDT_HEADER);
	dsdt = length ? window->map(dsdt_phys, length) : NULL;
	if (!dsdt)
		return "the FADT names no DSDT";
	for (u32 at = DSDT_HEADER; at + 8 < length; at++) {
		if (memcmp(dsdt + at, "_S5_", 4) || !parse_s5(dsdt, dsdt + at, dsdt + length, type))
			continue;
		error = NULL;
		break;
	}
	window->unmap((void *)dsdt, length);
	return error;
}

static const char *prepare_off(void)
{
	const char *error;
	u8 fadt[FADT_BYTES];
	int type[2] = { -1, -1 };

	if (!read_fadt(fadt))
		return "this machine has no ACPI FADT: it cannot be switched off by software";
	s5.port[0] = (u16)get32(fadt + FADT_PM1A_CNT);
	s5.port[1] = (u16)get32(fadt + FADT_PM1B_CNT);
	if (!s5.port[0])
		return "the FADT has no PM1a control register";
	error = find_s5(get32(fadt + FADT_DSDT), type);
	if (error)
		return error;
	s5.value[0] = (u16)((u32)type[0] << SLP_TYP_SHIFT | SLP_EN);
	s5.value[1] = (u16)((u32)(type[1] < 0 ? type[0] : type[1]) << SLP_TYP_SHIFT | SLP_EN);
	return NULL;
}

static void wait_ms(u32 ms)
{
	u64 end = cycles_now() + (u64)ms * tsc_khz();

	while (cycles_now() < end)
		;
}

static void power_off(void)
{
	pr_info("power: off, by %#x to port %#x", s5.value[0], s5.port[0]);
	outw(s5.value[0], s5.port[0]);
	if (s5.port[1])
		outw(s5.value[1], s5.port[1]);
	wait_ms(1000); /* the board takes its time */
}

static void reboot(void)
{
	u8 fadt[FADT_BYTES];

	pr_info("power: reboot");
	if (read_fadt(fadt) && get32(fadt + FADT_FLAGS) & RESET_REG_SUP &&
	    fadt[FADT_RESET_REG] == SPACE_IO) {
		outb(fadt[FADT_RESET_VALUE], (u16)get32(fadt + FADT_RESET_REG + 4));
		wait_ms(10);
	}
	reset_by_keyboard_controller();
	wait_ms(10);
	reset_by_triple_fault();
}

static u32 poll(struct poller *self)
{
	enum power_action action = pending;
	u64 now = now_ms();

	(void)self;
	if (action == POWER_NONE)
		return POLL_IDLE;
	if (now < due_ms)
		return (u32)(due_ms - now);
	pending = POWER_NONE;
	if (action == POWER_REBOOT)
		reboot();
	power_off();
	pr_err("power: the machine is still on");
	return POLL_IDLE;
}

const char *power_request(enum power_action action)
{
	const char *error = action == POWER_OFF ? prepare_off() : NULL;

	if (error)
		return error;
	pending = action;
	due_ms = now_ms() + POWER_DELAY_MS;
	return NULL;
}

enum power_action power_pending(void)
{
	return pending;
}

void power_init(const struct acpi_window *w)
{
	static struct poller poller = { .name = "power", .poll = poll };

	window = w;
	poller_register(&poller);
}
