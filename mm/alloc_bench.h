/*
 * Cost of the allocators, measured by the kernel itself (test=allocbench).
 */
#pragma once

/*
 * Times warm allocate-and-free pairs and logs a line "bench: NAME TICKS" each, in ticks of the
 * time-stamp counter per pair. Under `qemu -icount shift=0` one tick is one instruction. Gives
 * everything back. Returns 0, or -ENOMEM when the machine is too small for a case.
 */
int alloc_bench(void);
