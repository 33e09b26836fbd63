/*
 * The names that Linux gives the features of CPUID.1 EDX.
 */
#ifndef WEB_CPU_FLAGS_H
#define WEB_CPU_FLAGS_H

/* Name of bit 0 to 31; NULL for bits that have none. */
const char *cpu_flag_name(unsigned int bit);

#endif
