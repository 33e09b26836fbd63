/*
 * Cost of the allocators, measured by the kernel itself (test=allocbench).
 */
#ifndef MM_ALLOC_BENCH_H
#define MM_ALLOC_BENCH_H

/*
 * test=allocbench: times warm allocate-and-free pairs and logs a line "bench: NAME TICKS" each, in
 * ticks of the time-stamp counter per pair, and the ticks that the memory set-up took. Under
 * `qemu -icount shift=0` one tick is one instruction. Gives everything back.
 * Returns NULL, or what is wrong.
 */
const char *alloc_bench(void);

#endif
