/*
 * What the build says about itself; the Makefile generates the definitions (build/build_info.c).
 */
#ifndef KERNEL_BUILD_INFO_H
#define KERNEL_BUILD_INFO_H

extern const char build_version[];  /* e.g. "0.1-g1234abc" */
extern const char build_compiler[]; /* the compiler's own name and version */

#endif
