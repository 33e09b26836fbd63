/*
 * Fixed-width types, sections, attributes and the small arithmetic macros everything uses.
 *
 * The lowest header of the tree: it includes only what the compiler itself supplies. Host tests
 * define MEMSCOPE_HOST and compile the same file beside the host's C library, so nothing here may
 * collide with it; sections and calling conventions are empty there.
 *
 * Rounding and ranges: ranges are half-open [start, end) everywhere. round_up and round_down take
 * powers of two and keep the type of their first argument, so a 64-bit address stays 64-bit.
 */
#ifndef KERNEL_LIB_TYPES_H
#define KERNEL_LIB_TYPES_H

#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

/* A physical address in bytes. 64-bit also without PAE: firmware maps go beyond 4 GiB. */
typedef u64 phys_addr_t;

/* Page frame numbers are plain `unsigned long`, named pfn: physical address / PAGE_SIZE. */

#define PAGE_SHIFT 12
#define PAGE_SIZE (1ul << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))

/* Byte address to page number: rounded up, rounded down; and back. 64-bit in, unsigned long out. */
#define PFN_UP(x) ((unsigned long)(((phys_addr_t)(x) + PAGE_SIZE - 1) >> PAGE_SHIFT))
#define PFN_DOWN(x) ((unsigned long)((phys_addr_t)(x) >> PAGE_SHIFT))
#define PFN_PHYS(x) ((phys_addr_t)(x) << PAGE_SHIFT)

#define SZ_1K 0x00000400ul
#define SZ_64K 0x00010000ul
#define SZ_1M 0x00100000ul
#define SZ_4M 0x00400000ul
#define SZ_16M 0x01000000ul
#define SZ_4G 0x100000000ull

/* Attributes. */
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define __aligned(n) __attribute__((aligned(n)))
#define __packed __attribute__((packed))
#define __section(s) __attribute__((section(s)))
#define __cold __attribute__((cold))
#define __noreturn __attribute__((noreturn))
#define __printf_like(fmt, args) __attribute__((format(printf, fmt, args)))
#ifndef noinline
#define noinline __attribute__((noinline))
#endif
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

/* Keeps the compiler from moving memory accesses across this point; no instruction is made. */
#define barrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)

#ifdef MEMSCOPE_HOST
#define __init
#define __initdata
#define __initconst
#else
/* Code and data used during boot only: given back to the buddy system by free_initmem (W-136). */
#define __init __section(".init.text") __cold noinline
#define __initdata __section(".init.data")
#define __initconst __section(".init.rodata")
#endif

/* Build-time checks. */
#define BUILD_BUG_ON(cond) _Static_assert(!(cond), "must not hold: " #cond)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The structure of type `type` whose member `member` is at `ptr`. */
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* Minimum and maximum of two values of one type; the _t forms convert both first. */
#define min(a, b)                                  \
	({                                         \
		__typeof__(a) min_a_ = (a);        \
		__typeof__(b) min_b_ = (b);        \
		(void)(&min_a_ == &min_b_);        \
		min_a_ < min_b_ ? min_a_ : min_b_; \
	})
#define max(a, b)                                  \
	({                                         \
		__typeof__(a) max_a_ = (a);        \
		__typeof__(b) max_b_ = (b);        \
		(void)(&max_a_ == &max_b_);        \
		max_a_ > max_b_ ? max_a_ : max_b_; \
	})
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))

/* v limited to [lo, hi], both included. => lo <= hi */
#define clamp(v, lo, hi) min(max(v, lo), hi)

/* To a multiple of n, a power of two. round_up wraps like the type of x does. */
#define round_down(x, n) ((x) & ~((__typeof__(x))(n)-1))
#define round_up(x, n) round_down((x) + ((__typeof__(x))(n)-1), n)
#define IS_ALIGNED(x, n) (((x) & ((__typeof__(x))(n)-1)) == 0)

/* n / d rounded up, for any d > 0 of an unsigned type. */
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))

/* A single access the compiler may neither repeat nor drop: flags shared with interrupts. */
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#endif
