/*
 * The stack protector (W-01 boot_init_stack_canary; see stackprotector.h).
 *
 * The compiler puts a copy of __stack_chk_guard between the local arrays of a function and its return
 * address (-fstack-protector-strong) and compares it before the function returns. The guard is the
 * same for all functions and new for each boot.
 *
 * It is made at the head of start_kernel(), long before the network's generator, from what there is
 * then: the time-stamp counter and how long port accesses take, whose low bits are not known outside,
 * hashed together. Functions that were entered before keep the value that they have seen, so the one
 * that runs boot_init_stack_canary() must never return: start_kernel().
 *
 * Not protected, by the HOT list of the Makefile and the attribute below: the allocators' and the
 * packet path's hot files, which have no arrays that strangers fill.
 */
#include "kernel/stackprotector.h"

#include "kernel/lib/siphash.h"
#include "kernel/panic.h"
#include "kernel/stage.h"
#include "kernel/symbols.h"
#include "kernel/time.h"
#include "kernel/x86/io.h"

#define JITTER_SAMPLES 64

unsigned long __stack_chk_guard;

void __init __attribute__((no_stack_protector)) boot_init_stack_canary(void)
{
	struct siphash_key key = { cycles_now(), cycles_at_entry() };

	for (u32 i = 0; i < JITTER_SAMPLES; i++) {
		u64 before = cycles_now(), took;

		io_delay();
		took = cycles_now() - before;
		key.k0 ^= siphash(&took, sizeof(took), &key);
		key.k1 += took;
	}
	__stack_chk_guard = (unsigned long)siphash(&key.k1, sizeof(key.k1), &key);
	stage_note("guard of 32 bits from the time-stamp counter and %u port accesses; not shown",
		   JITTER_SAMPLES);
}

__noreturn void __stack_chk_fail(void)
{
	char where[80];

	symbol_format(where, sizeof(where), (unsigned long)__builtin_return_address(0) - 1);
	panic("stack", "the canary of %s is overwritten", where);
}
