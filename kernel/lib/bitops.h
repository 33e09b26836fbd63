/*
 * Bits of words and of bitmaps.
 *
 * A bitmap is an array of unsigned long; bit n is bit (n % BITS_PER_LONG) of word
 * n / BITS_PER_LONG. Nothing here is atomic: one processor, and interrupt handlers touch no
 * bitmap. The __ prefix of __test_and_change_bit is the documented name's (N-12, the pair bitmaps
 * of the 2.4 buddy system), where it says just that.
 */
#ifndef KERNEL_LIB_BITOPS_H
#define KERNEL_LIB_BITOPS_H

#include "kernel/lib/types.h"

#define BITS_PER_LONG (8 * sizeof(unsigned long))
#define BITS_TO_LONGS(n) DIV_ROUND_UP((size_t)(n), BITS_PER_LONG)
#define BIT(n) (1ul << (n))

/* A bitmap of n bits. */
#define DECLARE_BITMAP(name, n) unsigned long name[BITS_TO_LONGS(n)]

/* Number of the highest bit set, counted from 1; 0 for 0. */
static __always_inline int fls(unsigned long x)
{
	return x ? (int)BITS_PER_LONG - __builtin_clzl(x) : 0;
}

static __always_inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

/*
 * Number of the lowest bit set, counted from 1; 0 for 0. Not named ffs: the host's C library
 * declares a function of that name with another argument type.
 */
static __always_inline int ffs_long(unsigned long x)
{
	return x ? __builtin_ctzl(x) + 1 : 0;
}

/* Number of the lowest bit set, counted from 0. => x != 0 */
static __always_inline unsigned int __ffs(unsigned long x)
{
	return (unsigned int)__builtin_ctzl(x);
}

/* Logarithm to base 2, rounded down. => x != 0 */
static __always_inline unsigned int ilog2(unsigned long x)
{
	return (unsigned int)fls(x) - 1;
}

static __always_inline bool is_power_of_2(unsigned long x)
{
	return x && !(x & (x - 1));
}

/* The smallest power of two >= x, 1 for 0. => x <= 2^31 */
static inline unsigned long roundup_pow_of_two(unsigned long x)
{
	return x <= 1 ? 1 : 1ul << fls(x - 1);
}

/* The largest power of two <= x. => x != 0 */
static inline unsigned long rounddown_pow_of_two(unsigned long x)
{
	return 1ul << ilog2(x);
}

/* The smallest order with (PAGE_SIZE << order) >= size. => size != 0 */
static inline unsigned int get_order(size_t size)
{
	return (unsigned int)fls((size - 1) >> PAGE_SHIFT);
}

/* Number of bits set. */
static inline unsigned int hweight32(u32 x)
{
	x -= (x >> 1) & 0x55555555;
	x = (x & 0x33333333) + ((x >> 2) & 0x33333333);
	x = (x + (x >> 4)) & 0x0f0f0f0f;
	return (x * 0x01010101) >> 24;
}

static inline unsigned int hweight64(u64 x)
{
	return hweight32((u32)x) + hweight32((u32)(x >> 32));
}

static __always_inline bool test_bit(unsigned long n, const unsigned long *map)
{
	return (map[n / BITS_PER_LONG] >> (n % BITS_PER_LONG)) & 1;
}

static __always_inline void set_bit(unsigned long n, unsigned long *map)
{
	map[n / BITS_PER_LONG] |= BIT(n % BITS_PER_LONG);
}

static __always_inline void clear_bit(unsigned long n, unsigned long *map)
{
	map[n / BITS_PER_LONG] &= ~BIT(n % BITS_PER_LONG);
}

/* Flips bit n and returns what it was before: the processor's carry flag, "cflags" in the 2.4 notes. */
static __always_inline bool __test_and_change_bit(unsigned long n, unsigned long *map)
{
	bool old = test_bit(n, map);

	map[n / BITS_PER_LONG] ^= BIT(n % BITS_PER_LONG);
	return old;
}

static __always_inline bool __test_and_set_bit(unsigned long n, unsigned long *map)
{
	bool old = test_bit(n, map);

	set_bit(n, map);
	return old;
}

static __always_inline bool __test_and_clear_bit(unsigned long n, unsigned long *map)
{
	bool old = test_bit(n, map);

	clear_bit(n, map);
	return old;
}

/* The first set (clear) bit at or after `from`; `size` if there is none below size. */
static inline unsigned long find_next_bit(const unsigned long *map, unsigned long size,
					  unsigned long from)
{
	while (from < size) {
		unsigned long word = map[from / BITS_PER_LONG] >> (from % BITS_PER_LONG);

		if (word)
			return min(from + __ffs(word), size);
		from = round_down(from, BITS_PER_LONG) + BITS_PER_LONG;
	}
	return size;
}

static inline unsigned long find_next_zero_bit(const unsigned long *map, unsigned long size,
					       unsigned long from)
{
	while (from < size) {
		unsigned long word = ~map[from / BITS_PER_LONG] >> (from % BITS_PER_LONG);

		if (word)
			return min(from + __ffs(word), size);
		from = round_down(from, BITS_PER_LONG) + BITS_PER_LONG;
	}
	return size;
}

#endif
