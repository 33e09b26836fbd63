/* strcasecmp and strncasecmp, where POSIX puts them. */
#ifndef KERNEL_LIBC_STRINGS_H
#define KERNEL_LIBC_STRINGS_H

#include <string.h>

#endif
