/*
 * Boot tests: test=NAME on the command line runs one at the end of boot, when everything is up.
 *
 * A test that passes writes 0x10 to port 0xF4: QEMU, started with isa-debug-exit, ends with status
 * 33. One that fails panics. Several tests are meant to end in a fault: their success is the
 * report. Without test= nothing here runs.
 */
#ifndef KERNEL_BOOT_TESTS_H
#define KERNEL_BOOT_TESTS_H

#include "kernel/lib/types.h"

struct boot_test {
	const char *name;
	const char *meaning;
	const char *(*run)(void); /* returns NULL, or what is wrong */
};

/* Adds the tests of another module (an array, kept by its owner). */
void boot_tests_register(const struct boot_test *tests, unsigned int count);

/* Runs the test the command line names; an unknown name panics. */
void boot_tests_run(void);

#endif
