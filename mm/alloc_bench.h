/*
 * test=alloc_bench: what a warm allocation and release cost.
 */
#pragma once

/* Adds the boot test. => slab_is_available() by the time boot tests run. */
void alloc_bench_register(void);
