/*
 * The writers: numbers and widths against printf, what happens at the end of the room, JSON and
 * Prometheus escaping.
 */
#include "support/host.h"

#include "web/json.h"
#include "web/prom.h"
#include "web/writer.h"

static char text[4096];
static struct writer w;

static void begin(u32 bytes)
{
	memset(text, '#', sizeof(text));
	w_init(&w, text, bytes);
}

/* The text written, as a string. */
static const char *written(void)
{
	*w.pos = '\0';
	return text;
}

static const u64 numbers[] = { 0,
			       1,
			       9,
			       10,
			       11,
			       99,
			       100,
			       101,
			       999,
			       1000,
			       12345,
			       99999,
			       100000,
			       123456789,
			       999999999,
			       1000000000,
			       4294967295u,
			       4294967296ull,
			       10000000000ull,
			       999999999999ull,
			       1000000000000000000ull,
			       18446744073709551615ull };

static void test_numbers_as_printf(void **state)
{
	static const u32 widths[] = { 0, 1, 4, 6, 8, 12, 20, 30 };
	char expected[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(widths); j++) {
			u64 n = numbers[i];

			begin(sizeof(text) - 1);
			w_u64(&w, n, widths[j]);
			snprintf(expected, sizeof(expected), "%*llu", (int)widths[j],
				 (unsigned long long)n);
			assert_string_equal(written(), expected);
			begin(sizeof(text) - 1);
			w_u32(&w, (u32)n, widths[j]);
			snprintf(expected, sizeof(expected), "%*u", (int)widths[j], (u32)n);
			assert_string_equal(written(), expected);
			begin(sizeof(text) - 1);
			w_cell(&w, (u32)n);
			snprintf(expected, sizeof(expected), "%6u ", (u32)n);
			assert_string_equal(written(), expected);
			begin(sizeof(text) - 1);
			w_hex(&w, n, widths[j] > 16 ? 16 : widths[j]);
			snprintf(expected, sizeof(expected), "%0*llx",
				 widths[j] > 16 ? 16 : (int)widths[j], (unsigned long long)n);
			assert_string_equal(written(), expected);
		}
	}
}

static void test_strings_as_printf(void **state)
{
	char expected[64];

	(void)state;
	for (int width = 0; width < 12; width++) {
		begin(sizeof(text) - 1);
		w_str_right(&w, "Normal", (u32)width);
		w_str_left(&w, "Normal", (u32)width);
		w_char(&w, '|');
		snprintf(expected, sizeof(expected), "%*s%-*s|", width, "Normal", width, "Normal");
		assert_string_equal(written(), expected);
	}
}

/* Nothing is written past the end; what is lost is counted; nothing follows a loss. */
static void test_end_of_room(void **state)
{
	(void)state;
	begin(10);
	w_str(&w, "12345678");
	w_u32(&w, 123, 0);
	w_char(&w, 'x');
	assert_int_equal(w_len(&w), 8);
	assert_int_equal(w.lost, 4);
	assert_int_equal(w_wanted(&w), 12);
	assert_int_equal(text[8], '#');
	w_reset(&w);
	w_str(&w, "0123456789");
	assert_int_equal(w.lost, 0);
	assert_int_equal(text[10], '#');
	w_fill(&w, ' ', 100);
	w_printf(&w, "%d", 5);
	assert_int_equal(w.lost, 101);
}

static void test_json(void **state)
{
	struct json j;

	(void)state;
	begin(sizeof(text) - 1);
	j_begin(&j, &w);
	j_object(&j, NULL);
	j_u32(&j, "a", 1);
	j_s32(&j, "b", -2);
	j_s32(&j, "min", -2147483647 - 1);
	j_str(&j, "c", "q\"b\\n\nt\tx\x7f\xe4");
	j_str(&j, "none", NULL);
	j_array(&j, "list");
	j_hex(&j, NULL, 0);
	j_hex(&j, NULL, 0x1FFFFFFFFFull);
	j_object(&j, NULL);
	j_end_object(&j);
	j_end_array(&j);
	j_bool(&j, "t", true);
	j_u64(&j, "big", ~0ull);
	j_end_object(&j);
	assert_string_equal(written(), "{\"a\":1,\"b\":-2,\"min\":-2147483648,"
				       "\"c\":\"q\\\"b\\\\n\\nt\\u0009x\\u007f\\ufffd\","
				       "\"none\":null,\"list\":[\"0x0\",\"0x1fffffffff\",{}],"
				       "\"t\":true,\"big\":18446744073709551615}");
}

static void test_lines(void **state)
{
	struct json j;

	(void)state;
	begin(sizeof(text) - 1);
	w.lines = true;
	j_begin(&j, &w);
	j_object(&j, NULL);
	j_u32(&j, "ram_pages", 5);
	j_array(&j, "zones");
	for (u32 i = 0; i < 2; i++) {
		j_object(&j, NULL);
		j_str(&j, "name", i ? "DMA" : "High Mem");
		j_s32(&j, "free", -2);
		j_object(&j, "percpu");
		j_u32(&j, "count", i);
		j_null(&j, "high");
		j_end_object(&j);
		j_bool(&j, "populated", true);
		j_end_object(&j);
	}
	j_end_array(&j);
	j_array(&j, "flags");
	j_str(&j, NULL, "present");
	j_hex(&j, NULL, 0x1f);
	j_end_array(&j);
	j_array(&j, "none");
	j_end_array(&j);
	j_str(&j, "empty", "");
	j_str(&j, "quoted", "a=\"b\"\n");
	j_str(&j, "dash", "-");
	j_str(&j, "utf8", "\xc2\xa7");
	j_end_object(&j);
	assert_string_equal(written(), "ram_pages=5\n"
				       "zones:\n"
				       "  - name=\"High Mem\" free=-2\n"
				       "    percpu: count=0 high=-\n"
				       "    populated=true\n"
				       "  - name=DMA free=-2\n"
				       "    percpu: count=1 high=-\n"
				       "    populated=true\n"
				       "flags: present 0x1f\n"
				       "none:\n"
				       "empty=\"\"\n"
				       "quoted=\"a=\\\"b\\\"\\n\"\n"
				       "dash=\"-\"\n"
				       "utf8=\xc2\xa7\n");
}

static void test_json_utf8(void **state)
{
	/* What is well-formed stays; each byte of what is not becomes U+FFFD. */
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "\xc2\xa7 4.1", "\"\xc2\xa7 4.1\"" },
		{ "\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ "a\xc2", "\"a\\ufffd\"" },
		{ "\xc2x", "\"\\ufffdx\"" },
		{ "\xc1\xbf", "\"\\ufffd\\ufffd\"" },
		{ "\xe0\x9f\xbf", "\"\\ufffd\\ufffd\\ufffd\"" },
		{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
		{ "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
	};

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		begin(sizeof(text) - 1);
		j_escape(&w, cases[i].in, strlen(cases[i].in));
		assert_string_equal(written(), cases[i].out);
	}
}

static void test_prometheus(void **state)
{
	struct prom_series s;

	(void)state;
	begin(sizeof(text) - 1);
	prom_family(&w, "a_b", "gauge", "Help.");
	s = prom_series(&w, "a_b");
	prom_label(&s, "x", "q\"b\\n\n");
	prom_label_u32(&s, "y", 12);
	prom_value(&s, 99);
	s = prom_series(&w, "a_b");
	prom_value_decimal(&s, 1234005, 6);
	assert_string_equal(written(), "# HELP a_b Help.\n# TYPE a_b gauge\n"
				       "a_b{x=\"q\\\"b\\\\n\\n\",y=\"12\"} 99\n"
				       "a_b 1.234005\n");
}

HOST_MAIN(cmocka_unit_test(test_numbers_as_printf), cmocka_unit_test(test_strings_as_printf),
	  cmocka_unit_test(test_end_of_room), cmocka_unit_test(test_json),
	  cmocka_unit_test(test_lines), cmocka_unit_test(test_json_utf8),
	  cmocka_unit_test(test_prometheus))
