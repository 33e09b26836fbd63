/*
 * Boot tests (see boot_tests.h): those of the kernel itself.
 */
#include "kernel/boot_tests.h"

#include <string.h>

#include "kernel/cmdline.h"
#include "kernel/debug_exit.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "kernel/x86/extable.h"
#include "kernel/x86/irq.h"
#include "kernel/x86/sections.h"

#define GROUPS_MAX 4

static const char *test_panic(void)
{
	panic("test", "asked for by test=panic");
}

static const char *test_bug(void)
{
	BUG_ON(irq_total() + 1 > 0);
	return "BUG_ON returned";
}

/* An address in the hole between the direct map and everything else. */
static const char *test_fault(void)
{
	*(volatile u32 *)0xbfff0010 = 1;
	return "a write to 0xbfff0010 did not fault";
}

static const char *test_null(void)
{
	static volatile u32 *volatile null_based = (volatile u32 *)0x10;

	return *null_based ? "a read of 0x10 gave a value" : "a read of 0x10 gave 0";
}

static const char *test_divide(void)
{
	volatile int one = 1, zero = 0, result;

	/* cppcheck-suppress zerodiv */
	result = one / zero;
	return result ? "1 / 0 gave something" : "1 / 0 gave 0";
}

/* Uses the stack up: the depth is never reached. The sum keeps it from becoming a loop. */
static noinline u32 use_stack(u32 depth)
{
	volatile u8 room[256];

	room[0] = (u8)depth;
	return depth == ~0u ? 0 : use_stack(depth + 1) + room[0];
}

static const char *test_double_fault(void)
{
	return use_stack(0) ? "the stack has no end" : "the stack is endless";
}

/* Writes behind an array: the function must not return. */
static noinline const char *test_smash(void)
{
	volatile u32 bytes = 64;
	volatile char room[16];

	for (u32 i = 0; i < bytes; i++)
		room[i] = 0x5a;
	return room[0] == 0x5a ? "a function returned over an overwritten canary" : NULL;
}

/* Guarded access: what is mapped can be read, what is not faults, and both are told apart. */
static const char *test_probe(void)
{
	u32 word = 0, before = extable_hits();

	if (probe_read(_rodata, &word))
		return "the constants cannot be read";
	if (!probe_read((void *)0x10, &word))
		return "address 0x10 can be read";
	if (!probe_write((void *)0x10, 1))
		return "address 0x10 can be written";
	if (extable_hits() != before + 2)
		return "the guarded faults were not counted";
	return NULL;
}

/* Write protection of text and constants (W-111, W-136). */
static const char *test_wp(void)
{
	u32 word;

	if (probe_read(_text, &word))
		return "the text cannot be read";
	if (!probe_write(_text, word))
		return "the text can be written";
	if (!probe_write(_rodata, *(u32 *)_rodata))
		return "the constants can be written";
	if (probe_write(&word, 1) || word != 1)
		return "the stack cannot be written";
	return NULL;
}

/* The clock goes forward, and the timer comes when it should. */
static const char *test_time(void)
{
	u64 from = now_us(), took;
	u64 seen = irq_count(0);

	timer_expired();
	timer_arm_ms(20);
	while (irq_count(0) == seen && now_us() - from < 500000)
		;
	took = now_us() - from;
	pr_info("test: a timer of 20 ms came after %llu us", took);
	if (!timer_expired())
		return "the timer did not come in 500 ms";
	return took < 15000 ? "the timer came too early" : NULL;
}

static const struct boot_test own_tests[] = {
	{ "panic", "ends in a panic", test_panic },
	{ "bug", "ends in a BUG_ON", test_bug },
	{ "fault", "ends in a page fault: a write where nothing is mapped", test_fault },
	{ "smash", "ends in a panic: an array is overrun up to the return address", test_smash },
	{ "null", "ends in a page fault: a read near address 0", test_null },
	{ "divide", "ends in a divide error", test_divide },
	{ "doublefault", "ends in a double fault: the stack is used up", test_double_fault },
	{ "probe", "guarded access", test_probe },
	{ "wp", "text and constants cannot be written", test_wp },
	{ "time", "clock and timer", test_time },
};

static struct {
	const struct boot_test *tests;
	unsigned int count;
} groups[GROUPS_MAX] = { { own_tests, ARRAY_SIZE(own_tests) } };
static unsigned int group_count = 1;

void boot_tests_register(const struct boot_test *tests, unsigned int count)
{
	BUG_ON(group_count == GROUPS_MAX);
	groups[group_count].tests = tests;
	groups[group_count++].count = count;
}

static const struct boot_test *find_test(const char *name)
{
	for (unsigned int g = 0; g < group_count; g++)
		for (unsigned int i = 0; i < groups[g].count; i++)
			if (!strcmp(groups[g].tests[i].name, name))
				return &groups[g].tests[i];
	return NULL;
}

void boot_tests_run(void)
{
	const char *name = cmdline_value("test"), *wrong;
	const struct boot_test *test;

	if (!name)
		return;
	test = find_test(name);
	if (!test)
		panic("test", "there is no boot test \"%s\"", name);
	pr_info("test: %s: %s", test->name, test->meaning);
	wrong = test->run();
	if (wrong)
		panic("test", "%s: %s", test->name, wrong);
	printk_raw_line("memscope: test %s passed", test->name);
	debug_exit(DEBUG_EXIT_OK);
}
