/*
 * Error numbers. Functions that can fail in a way the caller handles return 0 or a negative one
 * of these; the values are those of POSIX on Linux. The host's own header serves in host tests.
 */
#ifndef KERNEL_LIB_ERRNO_H
#define KERNEL_LIB_ERRNO_H

#ifdef MEMSCOPE_HOST
#include <errno.h>
#else
#define ENOENT 2  /* no such thing */
#define E2BIG 7	  /* does not fit the space given */
#define EAGAIN 11 /* not now: try again */
#define ENOMEM 12 /* out of memory */
#define EFAULT 14 /* the address cannot be accessed */
#define EBUSY 16  /* in use */
#define ENODEV 19 /* no such device */
#define EINVAL 22 /* a value outside what is allowed */
#define ENOSPC 28 /* a table is full */
#define EPROTO 71 /* data that breaks its own format */
#endif

#endif
