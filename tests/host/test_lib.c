/*
 * kernel/lib against the host's C library: the sources are compiled here under other names, and
 * each function must give what the host's gives, for chosen and for random arguments.
 */
#include "support/host.h"

#include "kernel/lib/bitops.h"
#include "kernel/lib/list.h"
#include "kernel/lib/range.h"
#include "kernel/lib/siphash.h"
#include "kernel/lib/sort.h"

size_t lib_strlcpy(char *restrict dst, const char *restrict src, size_t size);

#define memchr lib_memchr
#define strlen lib_strlen
#define strnlen lib_strnlen
#define strcmp lib_strcmp
#define strncmp lib_strncmp
#define strcasecmp lib_strcasecmp
#define strncasecmp lib_strncasecmp
#define strchr lib_strchr
#define strrchr lib_strrchr
#define strstr lib_strstr
#define strspn lib_strspn
#define strcspn lib_strcspn
#define strpbrk lib_strpbrk
#define strcpy lib_strcpy
#define strncpy lib_strncpy
#define strcat lib_strcat
#define strlcpy lib_strlcpy
#define strtoul lib_strtoul
#define strtoull lib_strtoull
#define strtol lib_strtol
#define atoi lib_atoi
#define vsnprintf lib_vsnprintf
#define snprintf lib_snprintf
size_t lib_strlen(const char *s);
char *lib_strchr(const char *s, int c);
int lib_strncmp(const char *a, const char *b, size_t n);
size_t lib_strnlen(const char *s, size_t max);
size_t lib_strcspn(const char *s, const char *reject);
char *lib_strcpy(char *restrict dst, const char *restrict src);
int lib_vsnprintf(char *restrict buf, size_t size, const char *restrict fmt, va_list args);
long lib_strtol(const char *restrict s, char **restrict end, int base);
/* clang-format off: the order matters, these are the sources under test */
#include "kernel/lib/stdio.c"
#include "kernel/lib/stdlib.c"
#include "kernel/lib/string.c"
/* clang-format on */
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strcasecmp
#undef strncasecmp
#undef strchr
#undef strrchr
#undef strstr
#undef strspn
#undef strcspn
#undef strpbrk
#undef strcpy
#undef strncpy
#undef strcat
#undef strlcpy
#undef strtoul
#undef strtoull
#undef strtol
#undef atoi
#undef vsnprintf
#undef snprintf

#include <strings.h>

#define RUNS 20000

static u32 seed = 12345;

static u32 rnd(u32 below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* A short string over a small alphabet, so that matches are frequent. */
static void random_string(char *s, u32 max, const char *alphabet)
{
	u32 len = rnd(max);

	for (u32 i = 0; i < len; i++)
		s[i] = alphabet[rnd((u32)strlen(alphabet))];
	s[len] = '\0';
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

static void test_strings(void **state)
{
	(void)state;
	for (int run = 0; run < RUNS; run++) {
		char a[24], b[24], x[64], y[64];
		size_t n = rnd(12);
		int c = "abAB/\0"[rnd(6)];

		random_string(a, 20, "abAB/");
		random_string(b, run & 1 ? 4 : 20, "abAB/");
		assert_int_equal(lib_strlen(a), strlen(a));
		assert_int_equal(lib_strnlen(a, n), strnlen(a, n));
		assert_int_equal(sign(lib_strcmp(a, b)), sign(strcmp(a, b)));
		assert_int_equal(sign(lib_strncmp(a, b, n)), sign(strncmp(a, b, n)));
		assert_int_equal(sign(lib_strcasecmp(a, b)), sign(strcasecmp(a, b)));
		assert_int_equal(sign(lib_strncasecmp(a, b, n)), sign(strncasecmp(a, b, n)));
		assert_ptr_equal(lib_strchr(a, c), strchr(a, c));
		assert_ptr_equal(lib_strrchr(a, c), strrchr(a, c));
		assert_ptr_equal(lib_strstr(a, b), strstr(a, b));
		assert_int_equal(lib_strspn(a, b), strspn(a, b));
		assert_int_equal(lib_strcspn(a, b), strcspn(a, b));
		assert_ptr_equal(lib_strpbrk(a, b), strpbrk(a, b));
		assert_ptr_equal(lib_memchr(a, c, strlen(a)), memchr(a, c, strlen(a)));
		memset(x, '#', sizeof(x));
		memset(y, '#', sizeof(y));
		assert_ptr_equal(lib_strncpy(x, a, n), x);
		strncpy(y, a, n);
		assert_memory_equal(x, y, sizeof(x));
		lib_strcat(lib_strcpy(x, a), b);
		strcat(strcpy(y, a), b);
		assert_string_equal(x, y);
	}
}

static void test_strlcpy(void **state)
{
	char buf[8] = "#######";

	(void)state;
	assert_int_equal(lib_strlcpy(buf, "abc", 0), 3);
	assert_int_equal(buf[0], '#');
	assert_int_equal(lib_strlcpy(buf, "abcdefghij", 4), 10);
	assert_string_equal(buf, "abc");
	assert_int_equal(buf[4], '#');
	assert_int_equal(lib_strlcpy(buf, "abcdefg", sizeof(buf)), 7);
	assert_string_equal(buf, "abcdefg");
}

static void test_numbers(void **state)
{
	static const char *const chosen[] = {
		"",
		"0",
		"0x",
		"0x1g",
		"-1",
		"+7",
		" \t42",
		"4294967295",
		"4294967296",
		"-4294967296",
		"077",
		"08",
		"0xffffffff",
		"99999999999",
		"18446744073709551615",
		"18446744073709551616",
		"-18446744073709551615",
		"2147483648",
		"-2147483648",
		"-2147483649",
		"--1",
		"zz",
		"1 2",
	};
	static const int bases[] = { 0, 8, 10, 16, 36 };

	(void)state;
	for (int run = 0; run < RUNS; run++) {
		int base = bases[rnd(ARRAY_SIZE(bases))];
		char text[32], *e1, *e2;

		if (run < (int)(ARRAY_SIZE(chosen) * 20))
			strcpy(text, chosen[run % ARRAY_SIZE(chosen)]);
		else
			random_string(text, 24, "0123456789xXfz+- ");
		assert_int_equal(lib_strtoul(text, &e1, base), strtoul(text, &e2, base));
		assert_ptr_equal(e1, e2);
		assert_true(lib_strtoull(text, &e1, base) == strtoull(text, &e2, base));
		assert_ptr_equal(e1, e2);
		assert_int_equal(lib_strtol(text, &e1, base), strtol(text, &e2, base));
		assert_ptr_equal(e1, e2);
		assert_int_equal(lib_atoi(text), atoi(text));
	}
}

/* One random conversion: the same format and arguments to both; also into too small a buffer. */
static void compare_format(const char *fmt, int kind, u64 v, int w, int p)
{
	char x[128], y[128];
	size_t size = rnd(4) ? sizeof(x) : rnd(12);
	int n, m;

#define BOTH(...)                                            \
	do {                                                 \
		n = lib_snprintf(x, size, fmt, __VA_ARGS__); \
		m = snprintf(y, size, fmt, __VA_ARGS__);     \
	} while (0)
	memset(x, '#', sizeof(x));
	memset(y, '#', sizeof(y));
	switch (kind) {
	case 0: BOTH(w, p, (u32)v); break;
	case 1: BOTH(w, p, v); break;
	case 2: BOTH(w, p, (u32)v % 3 ? "text" : "a longer piece of text"); break;
	default: BOTH(w, (int)('a' + v % 26)); break;
	}
#undef BOTH
	if (n != m || memcmp(x, y, sizeof(x)))
		fail_msg("\"%s\" of %llx, width %d, precision %d: \"%.100s\" for \"%.100s\"", fmt,
			 (unsigned long long)v, w, p, x, y);
}

/* The formats are made here, so no compiler can check them. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-truncation"

static void test_format(void **state)
{
	static const char *const lengths[] = { "", "hh", "h", "l", "z", "t" };
	static const char *const lengths64[] = { "ll", "j" };
	static const char convs[] = "diuxXo";

	(void)state;
	for (int run = 0; run < RUNS * 5; run++) {
		char flags[8], fmt[40];
		u64 v = (u64)rnd(1 << 24) << 40 ^ (u64)rnd(1 << 24) << 20 ^ rnd(1 << 24);
		int w = (int)rnd(30) - 8, p = (int)rnd(24) - 4;

		v >>= rnd(64);
		if (rnd(8) == 0)
			v = 0;
		random_string(flags, 4, "-0+ #");
		switch (rnd(4)) {
		case 0:
			snprintf(fmt, sizeof(fmt), "<%%%s*.*%s%c>", flags, lengths[rnd(6)],
				 convs[rnd(6)]);
			compare_format(fmt, 0, v, w, p);
			break;
		case 1:
			snprintf(fmt, sizeof(fmt), "<%%%s*.*%s%c>", flags, lengths64[rnd(2)],
				 convs[rnd(6)]);
			compare_format(fmt, 1, v, w, p);
			break;
		case 2:
			snprintf(fmt, sizeof(fmt), "<%%%s*.*s>", strchr(flags, '-') ? "-" : "");
			compare_format(fmt, 2, v, w, p);
			break;
		default: compare_format("%*c|", 3, v, w, 0); break;
		}
	}
}

static void test_format_fixed(void **state)
{
	char buf[64];

	(void)state;
	assert_int_equal(lib_snprintf(buf, sizeof(buf), "%5d|%-5u|%05x|%%", -42, 7u, 0xabu), 19);
	assert_string_equal(buf, "  -42|7    |000ab|%");
	lib_snprintf(buf, sizeof(buf), "%p %llu", (void *)0x1234, ~0ull);
	assert_string_equal(buf, "0x1234 18446744073709551615");
	lib_snprintf(buf, sizeof(buf), "%s", (char *)NULL);
	assert_string_equal(buf, "(null)");
	/* what is not supported is printed as it stands */
	lib_snprintf(buf, sizeof(buf), "%q%", 0);
	assert_string_equal(buf, "%q%");
	assert_int_equal(lib_snprintf(NULL, 0, "%d", 12345), 5);
}

static int cmp_int(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

static void test_sort(void **state)
{
	(void)state;
	for (int run = 0; run < 500; run++) {
		int a[60], b[60];
		size_t n = rnd(60);

		for (size_t i = 0; i < n; i++)
			a[i] = b[i] = (int)rnd(run & 1 ? 5 : 100000);
		sort(a, n, sizeof(a[0]), cmp_int);
		qsort(b, n, sizeof(b[0]), cmp_int);
		assert_memory_equal(a, b, n * sizeof(a[0]));
	}
}

/* The published vectors: key 00 01 .. 0f, message 00 01 .. of the given length (SipHash-2-4). */
static void test_siphash(void **state)
{
	static const struct {
		size_t len;
		u64 hash;
	} vectors[] = {
		{ 0, 0x726fdb47dd0e0e31 }, { 1, 0x74f839c593dc67fd },  { 2, 0x0d6c8009d9a94f5a },
		{ 3, 0x85676696d7fb7e2d }, { 4, 0xcf2794e0277187b7 },  { 7, 0xab0200f58b01d137 },
		{ 8, 0x93f5f5799a932462 }, { 15, 0xa129ca6149be45e5 },
	};
	const struct siphash_key key = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	u8 message[17];

	(void)state;
	/* one byte off alignment: data needs none */
	for (u8 i = 0; i < 16; i++)
		message[i + 1] = i;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++)
		assert_true(siphash(message + 1, vectors[i].len, &key) == vectors[i].hash);
}

struct item {
	int value;
	struct list_head link;
};

static void check_list(struct list_head *head, const int *values, size_t n)
{
	struct item *it;
	size_t i = 0;

	list_for_each_entry(it, head, link) {
		assert_true(i < n);
		assert_int_equal(it->value, values[i++]);
	}
	assert_int_equal(i, n);
	list_for_each_entry_reverse(it, head, link) assert_int_equal(it->value, values[--i]);
	assert_int_equal(list_count(head), n);
}

static void test_list(void **state)
{
	struct item items[6], *it, *tmp;
	LIST_HEAD(a);
	LIST_HEAD(b);
	LIST_HEAD(empty);

	(void)state;
	for (int i = 0; i < 6; i++)
		items[i].value = i;
	assert_true(list_empty(&a));
	list_add_tail(&items[1].link, &a);
	list_add_tail(&items[2].link, &a);
	list_add(&items[0].link, &a);
	check_list(&a, (int[]){ 0, 1, 2 }, 3);
	list_add(&items[4].link, &b);
	assert_true(list_is_singular(&b));
	list_splice_init(&b, &a);
	assert_true(list_empty(&b));
	check_list(&a, (int[]){ 4, 0, 1, 2 }, 4);
	list_splice_init(&empty, &a);
	list_move_tail(&items[4].link, &a);
	list_move(&items[2].link, &a);
	check_list(&a, (int[]){ 2, 0, 1, 4 }, 4);
	list_del(&items[0].link);
	assert_ptr_equal(items[0].link.next, LIST_POISON1);
	assert_ptr_equal(items[0].link.prev, LIST_POISON2);
	list_for_each_entry_safe(it, tmp, &a, link)
		if (it->value == 1)
			list_del_init(&it->link);
	check_list(&a, (int[]){ 2, 4 }, 2);
	assert_true(list_empty(&items[1].link));
	list_add(&items[5].link, &b);
	list_splice_tail_init(&a, &b);
	check_list(&b, (int[]){ 5, 2, 4 }, 3);
	list_splice(&b, &a);
	check_list(&a, (int[]){ 5, 2, 4 }, 3);
	assert_int_equal(list_first_entry(&a, struct item, link)->value, 5);
	assert_int_equal(list_last_entry(&a, struct item, link)->value, 4);
	assert_null(list_first_entry_or_null(&empty, struct item, link));
}

static void test_bits(void **state)
{
	DECLARE_BITMAP(map, 100);
	bool model[100] = { false };

	(void)state;
	assert_int_equal(fls(0), 0);
	assert_int_equal(fls(1), 1);
	assert_int_equal(fls(0x80000000), 32);
	assert_int_equal(fls64(1ull << 40), 41);
	assert_int_equal(ffs_long(0), 0);
	assert_int_equal(ffs_long(0x80000000), 32);
	assert_int_equal(roundup_pow_of_two(0), 1);
	assert_int_equal(roundup_pow_of_two(4096), 4096);
	assert_int_equal(roundup_pow_of_two(4097), 8192);
	assert_int_equal(rounddown_pow_of_two(4097), 4096);
	assert_int_equal(get_order(1), 0);
	assert_int_equal(get_order(4096), 0);
	assert_int_equal(get_order(4097), 1);
	assert_int_equal(get_order(4 << 20), 10);
	for (int i = 0; i < 1000; i++) {
		u32 x = rnd(1 << 24) << 8 ^ rnd(1 << 24);

		assert_int_equal(hweight32(x), __builtin_popcount(x));
		assert_int_equal(hweight64((u64)x << 32 | x), 2 * __builtin_popcount(x));
	}
	memset(map, 0, sizeof(map));
	for (int i = 0; i < 5000; i++) {
		unsigned long n = rnd(100), from = rnd(100), next, zero;

		switch (rnd(5)) {
		case 0:
			set_bit(n, map);
			model[n] = true;
			break;
		case 1:
			clear_bit(n, map);
			model[n] = false;
			break;
		case 2:
			assert_int_equal(__test_and_change_bit(n, map), model[n]);
			model[n] = !model[n];
			break;
		case 3:
			assert_int_equal(__test_and_set_bit(n, map), model[n]);
			model[n] = true;
			break;
		default:
			assert_int_equal(__test_and_clear_bit(n, map), model[n]);
			model[n] = false;
			break;
		}
		assert_int_equal(test_bit(n, map), model[n]);
		for (next = from; next < 100 && !model[next]; next++)
			;
		for (zero = from; zero < 100 && model[zero]; zero++)
			;
		assert_int_equal(find_next_bit(map, 100, from), next);
		assert_int_equal(find_next_zero_bit(map, 100, from), zero);
	}
}

/*
 *	a   [10 ........ 20)
 *	b             [15 ....... 30)
 *	c                  [20 .. 25)      touches a, overlaps b
 */
static void test_ranges(void **state)
{
	struct range a = { 10, 20 }, b = { 15, 30 }, c = { 20, 25 }, none = { 5, 5 };

	(void)state;
	assert_true(range_overlaps(a, b));
	assert_false(range_overlaps(a, c));
	assert_false(range_overlaps(none, (struct range){ 0, 10 }));
	assert_true(range_intersect(a, b).start == 15 && range_intersect(a, b).end == 20);
	assert_true(range_empty(range_intersect(a, c)));
	assert_true(range_len((struct range){ 20, 10 }) == 0);
	assert_true(range_contains(b, c));
	assert_false(range_contains(c, b));
	assert_true(range_has(a, 10) && !range_has(a, 20));
	assert_true(range_of_size(~0ull - 1, 16).end == ~0ull);
	assert_true(range_of_size(16, 16).end == 32);
}

static void test_macros(void **state)
{
	(void)state;
	assert_int_equal(PFN_UP(0xFFFFFFFFull), 0x100000);
	assert_int_equal(PFN_UP(0x100000001ull), 0x100001);
	assert_int_equal(PFN_DOWN(0x100000FFFull), 0x100000);
	assert_true(PFN_PHYS(0x100000ul) == 0x100000000ull);
	assert_true(round_up(0x100000001ull, PAGE_SIZE) == 0x100001000ull);
	assert_true(round_down(0x1ffffffffull, SZ_4M) == 0x1ffc00000ull);
	assert_int_equal(DIV_ROUND_UP(9u, 4u), 3);
	assert_int_equal(clamp(7, 1, 5), 5);
	assert_int_equal(min_t(u32, -1, 5), 5);
}

HOST_MAIN(cmocka_unit_test(test_strings), cmocka_unit_test(test_strlcpy),
	  cmocka_unit_test(test_numbers), cmocka_unit_test(test_format),
	  cmocka_unit_test(test_format_fixed), cmocka_unit_test(test_sort),
	  cmocka_unit_test(test_siphash), cmocka_unit_test(test_list), cmocka_unit_test(test_bits),
	  cmocka_unit_test(test_ranges), cmocka_unit_test(test_macros))
