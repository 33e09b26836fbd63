/*
 * What lwIP asks of the compiler and the platform.
 *
 * lwIP sees the kernel's own small C library (kernel/lib/libc). An assertion of lwIP's
 * is a broken invariant: it ends in a panic of the subsystem "lwip".
 */
#ifndef NET_LWIP_PORT_ARCH_CC_H
#define NET_LWIP_PORT_ARCH_CC_H

#include <stddef.h>
#include <stdint.h>

#define BYTE_ORDER LITTLE_ENDIAN

/* One instruction each, instead of lwIP's functions. */
#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS 1
#define lwip_htons(x) ((uint16_t)__builtin_bswap16(x))
#define lwip_ntohs(x) lwip_htons(x)
#define lwip_htonl(x) ((uint32_t)__builtin_bswap32(x))
#define lwip_ntohl(x) lwip_htonl(x)

/* There is no inttypes.h, ctype.h or unistd.h here: lwIP's own replacements serve. Host tests have
 * the host's ssize_t. */
#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_CTYPE_H 1
#ifndef MEMSCOPE_HOST
#define LWIP_NO_UNISTD_H 1
#endif

#define X8_F "02x"
#define U16_F "u"
#define S16_F "d"
#define X16_F "x"
#define U32_F "u"
#define S32_F "d"
#define X32_F "x"
#define SZT_F "u"

/* net/net.c */
__attribute__((noreturn, cold)) void net_lwip_assert(const char *message, const char *file,
						     int line);
__attribute__((format(printf, 1, 2))) void net_lwip_diag(const char *fmt, ...);
/* net/random.c: 32 bits that a remote observer cannot predict. */
uint32_t net_random32(void);

#define LWIP_PLATFORM_ASSERT(message) net_lwip_assert(message, __FILE__, __LINE__)
#define LWIP_PLATFORM_DIAG(args) net_lwip_diag args

#define LWIP_RAND() net_random32()

#endif
