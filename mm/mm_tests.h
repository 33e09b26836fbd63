/*
 * Boot tests of the memory subsystem (test=slab, test=vmalloc, test=kmap): see
 * kernel/boot_tests.h.
 */
#pragma once

void mm_tests_register(void);
