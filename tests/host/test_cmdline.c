/*
 * The command line: the first-word rule, splitting, sizes, and where a token may still be seen.
 */
#include "support/host.h"

/* The host's C library has no strlcpy. */
static size_t strlcpy(char *restrict dst, const char *restrict src, size_t size)
{
	return (size_t)snprintf(dst, size, "%s", src);
}

#include "kernel/cmdline.c"

/* The loader's own copy, which boot_info_wipe() works on. */
static char loader_copy[8192], line[BOOT_CMDLINE_SIZE];
static char recorded[CMDLINE_SIZE];

struct boot_info boot_info;

void boot_info_wipe(u32 offset, u32 len)
{
	for (; len && loader_copy[offset]; len--, offset++)
		loader_copy[offset] = 'x';
}

void params_record(const char *options_line, char *arena, size_t size)
{
	assert_true(size > strlen(options_line));
	strcpy(recorded, options_line);
	strcpy(arena, options_line);
}

bool cmdline_given(const char *name)
{
	return strstr(recorded, name) != NULL;
}

unsigned int param_unknown_count(void)
{
	return 0;
}

const char *param_unknown(unsigned int i)
{
	(void)i;
	return NULL;
}

static void give(const char *text)
{
	strcpy(loader_copy, text);
	snprintf(line, sizeof(line), "%s", text);
	token_too_long = false;
	options = boot_options;
	memset(token, 0, sizeof(token));
	cmdline_init(line);
}

static void test_first_word(void **state)
{
	(void)state;
	give("build/memscope.elf mem=64M debug_exit");
	assert_string_equal(cmdline_options(), "mem=64M debug_exit");
	give("memscope.elf");
	assert_string_equal(cmdline_options(), "");
	give("debug_exit mem=64M");
	assert_string_equal(cmdline_options(), "debug_exit mem=64M");
	give("path=/a/b.elf x"); /* it has a '=' */
	assert_string_equal(cmdline_options(), "path=/a/b.elf x");
	give("  /boot/kernel   a ");
	assert_string_equal(cmdline_options(), "a ");
	give("elf a");
	assert_string_equal(cmdline_options(), "elf a");
	give("");
	assert_string_equal(cmdline_options(), "");
	assert_string_equal(recorded, "");
}

static void no_trace_of(const char *secret)
{
	assert_null(strstr(line, secret));
	assert_null(strstr(loader_copy, secret));
	assert_null(strstr(options, secret));
	assert_null(strstr(recorded, secret));
}

static void test_token(void **state)
{
	(void)state;
	give("a/b token=s3cret! ip=dhcp");
	assert_string_equal(cmdline_token(), "s3cret!");
	assert_string_equal(cmdline_options(), "token=xxxxxxx ip=dhcp");
	no_trace_of("s3cret!");
	assert_string_equal(loader_copy, "a/b token=xxxxxxx ip=dhcp");

	give("token=first x token=second"); /* the last one counts, none is left */
	assert_string_equal(cmdline_token(), "second");
	no_trace_of("first");
	no_trace_of("second");

	give("token=\"two words\" y");
	assert_string_equal(cmdline_token(), "two words");
	no_trace_of("words");

	give("\"token=s3cret\" y"); /* quotes may stand anywhere in an option */
	assert_string_equal(cmdline_token(), "s3cret");
	no_trace_of("s3cret");

	give("x=\"q' debug_exit token=s3cret"); /* a quote that is not closed takes the rest */
	assert_string_equal(cmdline_token(), "");
	no_trace_of("s3cret");

	give("x=\"a token=first\" b=\"token=second c\" d=\" token=");
	no_trace_of("first");
	no_trace_of("second");
	assert_non_null(strstr(cmdline_options(), " c\" d="));

	give("nottoken=kept");
	assert_string_equal(cmdline_token(), "");
	assert_string_equal(cmdline_options(), "nottoken=kept");
}

/* A token across the end of what is kept: not used, and gone from the loader's copy, too. */
static void test_token_cut(void **state)
{
	char text[4000];

	(void)state;
	memset(text, 'a', sizeof(text));
	strcpy(text + BOOT_CMDLINE_SIZE - 12, " token=tail-of-the-secret more");
	give(text);
	assert_string_equal(cmdline_token(), "");
	assert_null(strstr(loader_copy, "secret"));
	assert_null(strstr(loader_copy, "tail"));
	assert_int_equal(strlen(loader_copy), strlen(text));

	memset(text, 'b', 1000);
	memcpy(text, "token=", 6);
	text[1000] = '\0';
	give(text);
	assert_string_equal(cmdline_token(), "");
	assert_null(strstr(loader_copy, "bb"));
}

/* W-85: the copies that stay say the same as the first ones. */
static void test_move(void **state)
{
	char saved[64], parsed[64];

	(void)state;
	give("x.elf mem=64M token=secret");
	assert_int_equal(cmdline_copy_size(), strlen("mem=64M token=xxxxxx") + 1);
	cmdline_move(saved, parsed);
	assert_ptr_equal(cmdline_options(), saved);
	assert_string_equal(saved, "mem=64M token=xxxxxx");
	assert_string_equal(parsed, "mem=64M token=xxxxxx");
	assert_string_equal(cmdline_token(), "secret");
}

static void test_iterator(void **state)
{
	struct cmdline_iter it = { .pos = "  a b=1 c= d=\"x y\"z \t e==f g" };
	static const struct {
		const char *name, *value;
		bool has_value;
	} want[] = { { "a", "", false },    { "b", "1", true },	 { "c", "", true },
		     { "d", "x yz", true }, { "e", "=f", true }, { "g", "", false } };
	char text[1200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_true(cmdline_next(&it));
		assert_string_equal(it.name, want[i].name);
		assert_string_equal(it.value, want[i].value);
		assert_int_equal(it.has_value, want[i].has_value);
		assert_false(it.cut);
	}
	assert_false(cmdline_next(&it));

	memset(text, 'n', sizeof(text));
	text[100] = '=';
	text[sizeof(text) - 1] = '\0';
	it = (struct cmdline_iter){ .pos = text };
	assert_true(cmdline_next(&it));
	assert_true(it.cut);
	assert_int_equal(strlen(it.name), CMDLINE_NAME_MAX - 1);
	assert_int_equal(strlen(it.value), CMDLINE_VALUE_MAX - 1);
}

static void test_memparse(void **state)
{
	const char *end;

	(void)state;
	assert_true(memparse("64M", &end) == 64 << 20 && !*end);
	assert_true(memparse("0x10k@1", &end) == 0x4000 && *end == '@');
	assert_true(memparse("4G", NULL) == 1ull << 32);
	assert_true(memparse("1048696K", NULL) == 1048696ull << 10);
	assert_true(memparse("17179869185G", &end) == ~0ull && !*end);
	assert_true(memparse("99999999999999999999", NULL) == ~0ull);
	assert_true(memparse("M", &end) == 0 && *end == 'M');
	assert_true(memparse("-1", &end) == 0 && *end == '-');
	assert_true(memparse("", &end) == 0 && !*end);
}

HOST_MAIN(cmocka_unit_test(test_first_word), cmocka_unit_test(test_token),
	  cmocka_unit_test(test_token_cut), cmocka_unit_test(test_move),
	  cmocka_unit_test(test_iterator), cmocka_unit_test(test_memparse))
