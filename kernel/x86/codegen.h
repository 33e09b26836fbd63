/*
 * Words to the compiler about loops that run for every page. No instruction is made.
 */
#ifndef KERNEL_X86_CODEGEN_H
#define KERNEL_X86_CODEGEN_H

/* The compiler computes the variable up to here, and knows nothing of its value from then on. */
#define keep_in_register(var) __asm__("" : "+r"(var))

#endif
