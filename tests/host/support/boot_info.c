/*
 * What the loader said: empty until a test fills it. On its own, so that the tests of the parser
 * can bring theirs.
 */
#include "kernel/boot/boot_info.h"

struct boot_info boot_info;
