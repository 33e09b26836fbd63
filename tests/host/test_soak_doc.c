/*
 * Soak documents and the JSON under them: what is accepted, and that everything else is refused with
 * a line that names the value and what was expected.
 */
#include "support/host.h"

#include "mm/gen24.h"
#include "web/json_in.h"
#include "web/soak_doc.h"

#define SRC "\"allocate\":[{\"kind\":\"pages\"}]"
#define OPS "\"operations\":10,"

static struct soak_doc doc;
static char said[512];

static bool reads(const char *text)
{
	struct writer w;
	bool good;
	/* of its own length, so that a byte read behind the end is seen */
	char *copy = strdup(text);

	memset(&doc, 0xee, sizeof(doc));
	w_init(&w, said, sizeof(said) - 1);
	good = soak_doc_read(&doc, copy, &w);
	*w.pos = '\0';
	free(copy);
	assert_int_equal(w.lost, 0);
	assert_int_equal(good, !*said);
	return good;
}

static void accept(const char *text)
{
	if (!reads(text))
		fail_msg("%s: %s", text, said);
}

static void refuse(const char *text, const char *reason)
{
	if (reads(text))
		fail_msg("%s: was accepted", text);
	if (strcmp(said, reason))
		fail_msg("%s:\n said     %s\n expected %s", text, said, reason);
}

/* ---- JSON ---- */

static void test_syntax(void **state)
{
	(void)state;
	accept(" \t\r\n{ \"operations\" : 10 , " SRC " } \n");
	refuse("", "the document: it ends where an object should be");
	refuse("[]", "the document: [ is not an object");
	refuse("7", "the document: 7 is not an object");
	refuse("{,}", "the document: , is not a string");
	refuse("{" OPS "}", "the document: } is not a string");
	refuse("{}", "the document: \"allocate\" is missing");
	refuse("{" OPS SRC ",}", "the document: } is not a string");
	refuse("{" OPS SRC "} x", "the document: x is not the document's end");
	refuse("{" OPS SRC "}{", "the document: { is not the document's end");
	refuse("{\"operations\" 1}", "the document: 1 is not a colon");
	refuse("{\"operations\":1 \"seed\":2}",
	       "the document: \"seed\":2 is not a comma or the object's end");
	refuse("{\"allocate\":[{\"kind\":\"pages\"} 3]}",
	       "allocate: 3 is not a comma or the array's end");
	refuse("{\"seed\":1,\"seed\":1}", "the document: \"seed\" stands there twice");
	refuse("{\"allocate\":{}}", "allocate: { is not an array");
	refuse("{\"allocate\":[]," OPS "\"seed\":1}", "the document: \"allocate\" is missing");
	refuse("{\"verify\":tru}", "verify: tru is not true or false");
	refuse("{\"verify\":1}", "verify: 1 is not true or false");
	refuse("{\"verify\":null}", "verify: null is not true or false");
	refuse("{\"verify\":trueish}", "verify: trueish is not true or false");
	assert_false(reads("{\"mine\":1}"));
	assert_non_null(
		strstr(said, "the document: \"mine\" is not known here; there are profile"));
}

static void test_strings(void **state)
{
	(void)state;
	accept("{\"name\":\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"," OPS SRC "}");
	assert_string_equal(doc.name, "a\"\\/\b\f\n\r\t");
	accept("{\"n\x61me\":\"01234567890123456789012\"," OPS SRC "}");
	assert_int_equal(strlen(doc.name), SOAK_NAME_BYTES - 1);
	refuse("{\"name\":\"012345678901234567890123\"}",
	       "name: a string of at most 23 bytes was expected");
	refuse("{\"name\":\"a\\x\"}", "name: a string of printable ASCII was expected");
	refuse("{\"name\":\"a\\u0041\"}", "name: a string of printable ASCII was expected");
	refuse("{\"name\":\"a\tb\"}", "name: a string of printable ASCII was expected");
	refuse("{\"name\":\"\xc3\xa4\"}", "name: a string of printable ASCII was expected");
	refuse("{\"name\":\"\x7f\"}", "name: a string of printable ASCII was expected");
	refuse("{\"name\":\"abc", "name: a string of printable ASCII was expected");
	refuse("{\"name\":\"abc\\", "name: a string of printable ASCII was expected");
	refuse("{\"name\":abc}", "name: abc is not a string");
	refuse("{\"0123456789012345678901234567890123456789\":1}",
	       "the document: a string of at most 31 bytes was expected");
	refuse("{\"arena\":{\"engine\":\"2.5\"}}", "arena.engine: \"2.5\" is none of 2.6, 2.4");
}

static void test_numbers(void **state)
{
	static const char *const bad[] = { "-1",
					   "01",
					   "00",
					   "0x10",
					   "1.0",
					   "1e3",
					   "1E3",
					   "+1",
					   ".5",
					   "18446744073709551616",
					   "99999999999999999999",
					   "NaN" };
	char text[128], reason[160];

	(void)state;
	accept("{\"seed\":18446744073709551615," OPS SRC "}");
	assert_true(doc.seed == ~0ull);
	accept("{\"seed\":0," OPS SRC "}");
	assert_true(doc.seed == 0);
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(text, sizeof(text), "{\"seed\":%s}", bad[i]);
		snprintf(reason, sizeof(reason),
			 "seed: %s is not a whole number from 0 to 18446744073709551615", bad[i]);
		refuse(text, reason);
	}
	refuse("{\"seed\":12ab}",
	       "seed: 12ab is not a whole number from 0 to 18446744073709551615");
	refuse("{\"seed\":}", "seed: } is not a whole number from 0 to 18446744073709551615");
}

/* What a message shows of the text is printable, and not much of it. */
static void test_messages_are_clean(void **state)
{
	(void)state;
	refuse("{\"seed\":\x01\x02\xff\x1b[2J}",
	       "seed: ????[2J is not a whole number from 0 to 18446744073709551615");
	refuse("{\"seed\":abcdefghijklmnopqrstuvwxyz0123456789}",
	       "seed: abcdefghijklmnopqrstuvwx is not a whole number from 0 to "
	       "18446744073709551615");
	refuse("{\"arena\":{\"engine\":\"\\n\\t\"}}", "arena.engine: \"??\" is none of 2.6, 2.4");
	refuse("{\"seed\":\r}", "seed: } is not a whole number from 0 to 18446744073709551615");
}

/* Every member with a range: its ends are accepted, one beyond is refused by name. */
static void test_ranges(void **state)
{
	static const struct {
		const char *path, *before, *after;
		u64 least, most;
	} ranges[] = {
		{ "operations", "{" SRC ",\"duration_ms\":1,\"operations\":", "}", 0, 1ull << 40 },
		{ "duration_ms", "{" SRC "," OPS "\"duration_ms\":", "}", 0, 0xffffffff },
		{ "rate", "{" SRC "," OPS "\"rate\":", "}", 0, 10000000 },
		{ "live.objects", "{" SRC "," OPS "\"live\":{\"objects\":", "}}", 1, 200000 },
		{ "live.bytes", "{" SRC "," OPS "\"live\":{\"bytes\":", "}}", 1, 4ull << 30 },
		{ "lifetime", "{" SRC "," OPS "\"lifetime\":", "}", 1, 100000000 },
		{ "allocate[0].order",
		  "{" OPS "\"allocate\":[{\"kind\":\"pages\",\"order\":", "}]}", 0, 10 },
		{ "allocate[0].size",
		  "{" OPS "\"allocate\":[{\"kind\":\"kmalloc\",\"size\":", "}]}", 4, 4 << 20 },
		{ "allocate[0].weight",
		  "{" OPS "\"allocate\":[{\"kind\":\"kmap\",\"weight\":", "}]}", 1, 10000 },
		{ "failslab.interval", "{" SRC "," OPS "\"failslab\":{\"interval\":", "}}", 1,
		  0xffffffff },
		{ "failslab.probability", "{" SRC "," OPS "\"failslab\":{\"probability\":", "}}", 0,
		  100 },
		{ "fail_page_alloc.max_order",
		  "{" SRC "," OPS "\"fail_page_alloc\":{\"max_order\":", "}}", 0, 10 },
		{ "fail_page_alloc.times", "{" SRC "," OPS "\"fail_page_alloc\":{\"times\":", "}}",
		  0, 0xffffffff },
		{ "arena.mib", "{" SRC "," OPS "\"arena\":{\"mib\":", "}}", 4, 256 },
		{ "bug.after", "{" SRC "," OPS "\"bug\":{\"kind\":\"leak\",\"after\":", "}}", 0,
		  0xffffffff },
	};
	char text[200], reason[200];

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(ranges); i++) {
		u64 beyond[2] = { ranges[i].most + 1, ranges[i].least - 1 };

		for (u32 end = 0; end < 2; end++) {
			snprintf(text, sizeof(text), "%s%llu%s", ranges[i].before,
				 end ? ranges[i].least : ranges[i].most, ranges[i].after);
			accept(text);
			if (end && !ranges[i].least)
				continue;
			snprintf(text, sizeof(text), "%s%llu%s", ranges[i].before, beyond[end],
				 ranges[i].after);
			snprintf(reason, sizeof(reason),
				 "%s: %llu is not a whole number from %llu to %llu", ranges[i].path,
				 beyond[end], ranges[i].least, ranges[i].most);
			refuse(text, reason);
		}
	}
	refuse("{\"arena\":{\"mib\":6}}", "arena.mib: 6 is no multiple of 4");
	refuse("{\"arena\":{}}", "arena: \"mib\" is missing: 4 to 256");
}

/* A profile that is deep already, in the deepest place there is. */
static void test_depth(void **state)
{
	struct json_in in;
	struct writer w;

	(void)state;
	accept("{\"phases\":[{" OPS "\"allocate\":[{\"kind\":\"pages\",\"order\":"
	       "{\"dist\":\"trace\",\"values\":[1]}}]}]}");
	w_init(&w, said, sizeof(said));
	json_in_begin(&in, "{}", &w);
	in.depth = 8;
	assert_false(json_in_object(&in, NULL, 0, NULL, NULL));
	w_char(&w, '\0');
	assert_string_equal(said, "the document: it is nested too deeply");
	w_init(&w, said, sizeof(said));
	json_in_begin(&in, "[]", &w);
	in.depth = 8;
	assert_false(json_in_array(&in, NULL, NULL));
	w_char(&w, '\0');
	assert_string_equal(said, "the document: it is nested too deeply");
	in.failed = true; /* only the first one is told */
	assert_false(json_in_error(&in, "again"));
	assert_string_equal(said, "the document: it is nested too deeply");
}

/* ---- Documents ---- */

static void test_defaults(void **state)
{
	(void)state;
	accept("{" OPS SRC "}");
	assert_true(doc.seed == 1 && doc.verify && !doc.expect_failures && !doc.arena_pages);
	assert_true(doc.operations == 10 && doc.phase_count == 1 && doc.source_count == 1);
	assert_int_equal(doc.phases[0].live_objects, 1000);
	assert_true(doc.phases[0].live_bytes == ~0ull && !doc.phases[0].rate);
	assert_int_equal(doc.phases[0].lifetime.kind, SOAK_GEOMETRIC);
	assert_int_equal(doc.phases[0].lifetime.mean, 1000);
	assert_int_equal(doc.sources[0].weight, 1);
	assert_true(!doc.failslab.interval && !doc.fail_page_alloc.interval && !doc.bug);
	accept("{" OPS SRC ",\"failslab\":{},\"fail_page_alloc\":{}}");
	assert_true(doc.failslab.interval == 1 && doc.failslab.probability == 100);
	assert_true(doc.fail_page_alloc.max_order == SOAK_ORDERS - 1);
	accept("{" OPS SRC ",\"arena\":{\"mib\":16,\"engine\":\"2.4\"}}");
	assert_true(doc.arena_pages == 4096 && doc.gen24);
}

static void test_distributions(void **state)
{
#define SIZE(text) "{" OPS "\"allocate\":[{\"kind\":\"kmalloc\",\"size\":" text "}]}"
	(void)state;
	accept(SIZE("100"));
	assert_true(doc.sources[0].size.min == 100 && doc.sources[0].size.max == 100);
	accept(SIZE("{\"dist\":\"fixed\",\"value\":100}"));
	assert_true(doc.sources[0].size.min == 100 && doc.sources[0].size.max == 100);
	accept(SIZE("{\"dist\":\"uniform\",\"min\":5,\"max\":5}"));
	accept(SIZE("{\"max\":50,\"min\":5,\"dist\":\"uniform\"}"));
	assert_true(doc.sources[0].size.min == 5 && doc.sources[0].size.max == 50);
	accept(SIZE("{\"dist\":\"geometric\",\"mean\":50}"));
	assert_true(doc.sources[0].size.min == 4 && doc.sources[0].size.max == 1000);
	accept(SIZE("{\"dist\":\"geometric\",\"mean\":4194304}"));
	assert_true(doc.sources[0].size.max == 4 << 20);
	accept(SIZE("{\"dist\":\"trace\",\"values\":[9,4,4194304]}"));
	assert_true(doc.sources[0].size.min == 4 && doc.sources[0].size.max == 4 << 20);
	assert_true(doc.trace_count == 3 && doc.trace[1] == 4);
	refuse(SIZE("{}"),
	       "allocate[0].size: \"dist\" is missing: fixed, uniform, geometric or trace");
	refuse(SIZE("{\"dist\":\"fixed\"}"), "allocate[0].size: \"value\" is missing");
	refuse(SIZE("{\"dist\":\"uniform\",\"min\":5}"),
	       "allocate[0].size: \"min\" and \"max\" are needed");
	refuse(SIZE("{\"dist\":\"uniform\",\"max\":5}"),
	       "allocate[0].size: \"min\" and \"max\" are needed");
	refuse(SIZE("{\"dist\":\"uniform\",\"min\":6,\"max\":5}"),
	       "allocate[0].size: min 6 is above max 5");
	refuse(SIZE("{\"dist\":\"geometric\",\"min\":6}"), "allocate[0].size: \"mean\" is missing");
	refuse(SIZE("{\"dist\":\"geometric\",\"min\":600,\"mean\":20}"),
	       "allocate[0].size: min 600 is above max 400");
	refuse(SIZE("{\"dist\":\"trace\"}"), "allocate[0].size: \"values\" is missing or empty");
	refuse(SIZE("{\"dist\":\"trace\",\"values\":[]}"),
	       "allocate[0].size: \"values\" is missing or empty");
	refuse(SIZE("{\"dist\":\"trace\",\"values\":[9,3]}"), "allocate[0].size: 3 is below 4");
	refuse(SIZE("{\"dist\":\"normal\"}"), "allocate[0].size.dist: \"normal\" is none of "
					      "fixed, uniform, geometric, trace");
	refuse(SIZE("{\"dist\":\"trace\",\"values\":[4194305]}"),
	       "allocate[0].size.values[0]: 4194305 is not a whole number from 0 to 4194304");
#undef SIZE
}

static void test_trace_limit(void **state)
{
	char text[4096];
	int at;

	(void)state;
	for (u32 extra = 0; extra < 2; extra++) {
		at = sprintf(text, "{" OPS "\"allocate\":[{\"kind\":\"pages\",\"order\":"
				   "{\"dist\":\"trace\",\"values\":[0");
		for (u32 i = 1; i < SOAK_TRACE_MAX + extra; i++)
			at += sprintf(text + at, ",%u", i % 3);
		sprintf(text + at, "]}}]}");
		if (!extra)
			accept(text);
		else
			refuse(text, "allocate[0].order.values[512]: all traces together have at "
				     "most 512 values");
	}
}

static void test_sources(void **state)
{
#define ALLOC(text) "{" OPS "\"allocate\":[" text "]}"
	static const char eight[] = "{\"kind\":\"kmap\"},{\"kind\":\"kmap\"},{\"kind\":\"kmap\"},"
				    "{\"kind\":\"kmap\"},{\"kind\":\"kmap\"},{\"kind\":\"kmap\"},"
				    "{\"kind\":\"kmap\"},{\"kind\":\"kmap\"}";
	char text[512];

	(void)state;
	accept(ALLOC(
		"{\"kind\":\"pages\",\"zone\":\"highmem\",\"type\":\"movable\",\"weight\":7},"
		"{\"kind\":\"kmalloc\",\"size\":8,\"zone\":\"dma\"},"
		"{\"kind\":\"cache\",\"name\":\"a\",\"size\":72,\"debug\":true},"
		"{\"kind\":\"cache\",\"name\":\"size-64\"},{\"kind\":\"vmalloc\",\"size\":8192},"
		"{\"kind\":\"kmap\"},{\"kind\":\"kmap_atomic\",\"zone\":\"highmem\"}"));
	assert_int_equal(doc.source_count, 7);
	assert_true(doc.sources[0].zone == SOAK_HIGHMEM && doc.sources[0].type == SOAK_MOVABLE);
	assert_true(doc.sources[2].debug && !doc.sources[2].existing && doc.sources[3].existing);
	assert_true(doc.sources[6].number == 6 && !doc.sources[6].phase);
	snprintf(text, sizeof(text), ALLOC("%s"), eight);
	accept(text);
	snprintf(text, sizeof(text), ALLOC("%s,{\"kind\":\"kmap\"}"), eight);
	refuse(text, "allocate[8]: a document has at most 8 sources");
	refuse(ALLOC("{}"), "allocate[0]: \"kind\" is missing");
	refuse(ALLOC("{\"kind\":\"slab\"}"),
	       "allocate[0].kind: \"slab\" is none of pages, kmalloc, "
	       "cache, vmalloc, kmap, kmap_atomic");
	refuse(ALLOC("{\"kind\":\"pages\",\"size\":8}"), "allocate[0]: pages has no \"size\"");
	refuse(ALLOC("{\"kind\":\"kmap\",\"size\":8}"), "allocate[0]: kmap has no \"size\"");
	refuse(ALLOC("{\"kind\":\"kmap\",\"order\":0}"),
	       "allocate[0]: only pages have an \"order\"");
	refuse(ALLOC("{\"kind\":\"kmalloc\",\"size\":8,\"zone\":\"highmem\"}"),
	       "allocate[0]: kmalloc is never from highmem");
	refuse(ALLOC("{\"kind\":\"kmalloc\",\"size\":8,\"zone\":\"high\"}"),
	       "allocate[0].zone: \"high\" is none of normal, dma, highmem");
	refuse(ALLOC("{\"kind\":\"pages\",\"type\":\"x\"}"),
	       "allocate[0].type: \"x\" is none of unmovable, reclaimable, movable");
	refuse(ALLOC("{\"kind\":\"pages\",\"debug\":true}"),
	       "allocate[0]: only a cache has \"debug\"");
	refuse(ALLOC("{\"kind\":\"kmalloc\"}"), "allocate[0]: kmalloc needs a \"size\"");
	refuse(ALLOC("{\"kind\":\"vmalloc\"}"), "allocate[0]: vmalloc needs a \"size\"");
	refuse(ALLOC("{\"kind\":\"cache\",\"size\":8}"), "allocate[0]: a cache needs a \"name\"");
	refuse(ALLOC("{\"kind\":\"cache\",\"name\":\"a\",\"size\":1048577}"),
	       "allocate[0]: a cache's objects have one \"size\", up to 1048576");
	refuse(ALLOC("{\"kind\":\"cache\",\"name\":\"a\",\"size\":"
		     "{\"dist\":\"uniform\",\"min\":8,\"max\":9}}"),
	       "allocate[0]: a cache's objects have one \"size\", up to 1048576");
	refuse(ALLOC("{\"kind\":\"cache\",\"name\":\"a\",\"debug\":true}"),
	       "allocate[0]: a new cache needs a \"size\"");
#undef ALLOC
}

/* An arena has no caches of the machine's, wherever "arena" stands; likewise its orders. */
static void test_arena_and_sources(void **state)
{
	(void)state;
	refuse("{" OPS "\"arena\":{\"mib\":4},\"allocate\":[{\"kind\":\"cache\",\"name\":\"a\"}]}",
	       "allocate[0]: a new cache needs a \"size\" in an arena");
	refuse("{" OPS "\"allocate\":[{\"kind\":\"cache\",\"name\":\"a\"}],\"arena\":{\"mib\":4}}",
	       "allocate[0]: a new cache needs a \"size\" in an arena");
	refuse("{" OPS "\"allocate\":[{\"kind\":\"pages\",\"order\":10}],"
	       "\"arena\":{\"mib\":4,\"engine\":\"2.4\"}}",
	       "allocate[0].order: orders go up to 9 there");
	accept("{" OPS "\"allocate\":[{\"kind\":\"pages\",\"order\":9}],"
	       "\"arena\":{\"mib\":4,\"engine\":\"2.4\"}}");
	mm_gen24 = true;
	refuse("{" OPS "\"allocate\":[{\"kind\":\"pages\",\"order\":10}]}",
	       "allocate[0].order: orders go up to 9 there");
	accept("{" OPS "\"allocate\":[{\"kind\":\"pages\",\"order\":10}],\"arena\":{\"mib\":4}}");
	refuse("{" OPS SRC ",\"phases\":[{\"operations\":1},{\"operations\":1,\"allocate\":["
	       "{\"kind\":\"kmap\"},{\"kind\":\"kmalloc\",\"size\":2097153}]}]}",
	       "phases[1].allocate[1].size: kmalloc goes up to 2097152 there");
	refuse("{" OPS "\"allocate\":[{\"kind\":\"vmalloc\",\"size\":1048577}]}",
	       "allocate[0].size: vmalloc goes up to 1048576 there");
}

/* Where no "max" is given it is one that both engines have, so that the calls are the same. */
static void test_geometric_limits(void **state)
{
	static const char *const ends[] = { "}", ",\"arena\":{\"mib\":4}}",
					    ",\"arena\":{\"mib\":4,\"engine\":\"2.4\"}}" };
	char text[300];

	(void)state;
	for (u32 i = 0; i < 6; i++) {
		mm_gen24 = i / 3;
		snprintf(
			text, sizeof(text),
			"{" OPS
			"\"allocate\":[{\"kind\":\"pages\",\"order\":{\"dist\":\"geometric\","
			"\"mean\":2}},{\"kind\":\"kmalloc\",\"size\":{\"dist\":\"geometric\",\"mean\":"
			"900000}}]%s",
			ends[i % 3]);
		accept(text);
		assert_int_equal(doc.sources[0].size.max, 9);
		assert_int_equal(doc.sources[1].size.max, 1 << 20);
	}
}

/* A mapping is of high memory, where there is any, unless the document says otherwise. */
static void test_kmaps(void **state)
{
	(void)state;
	accept("{" OPS "\"allocate\":[{\"kind\":\"kmap\"},{\"kind\":\"kmap_atomic\",\"zone\":"
	       "\"normal\"},{\"kind\":\"pages\"}]}");
	assert_int_equal(doc.sources[0].zone, SOAK_HIGHMEM);
	assert_int_equal(doc.sources[1].zone, SOAK_NORMAL);
	assert_int_equal(doc.sources[2].zone, SOAK_NORMAL);
}

/* A defect that could not be made is no document. */
static void test_bugs(void **state)
{
#define BUG(kind) "{" OPS SRC ",\"bug\":{\"kind\":\"" kind "\"}}"
	(void)state;
	accept(BUG("leak"));
	accept(BUG("double_free"));
	accept(BUG("stuck_bit"));
	refuse("{" OPS SRC ",\"verify\":false,\"bug\":{\"kind\":\"stuck_bit\"}}",
	       "bug.kind: stuck_bit needs \"verify\"");
	refuse(BUG("use_after_free"), "bug.kind: use_after_free needs a cache with \"debug\"");
	refuse(BUG("write_past_the_end"),
	       "bug.kind: write_past_the_end needs a cache with \"debug\"");
	refuse(BUG("wrong_cache"), "bug.kind: wrong_cache needs two sources of cache or kmalloc");
	accept("{" OPS
	       "\"allocate\":[{\"kind\":\"cache\",\"name\":\"a\",\"size\":9,\"debug\":true},"
	       "{\"kind\":\"kmalloc\",\"size\":9}],\"bug\":{\"kind\":\"wrong_cache\"}}");
#undef BUG
}

static void test_phases(void **state)
{
	char text[512] = "{" SRC ",\"phases\":[{\"operations\":1}";

	(void)state;
	accept("{" SRC
	       ",\"rate\":5,\"phases\":[{\"operations\":1},{\"duration_ms\":2,\"rate\":6}]}");
	assert_true(doc.phase_count == 2 && !doc.operations && !doc.duration_ms);
	assert_true(doc.phases[0].rate == 5 && doc.phases[1].rate == 6);
	assert_true(doc.phases[0].sources == 1 && doc.phases[1].sources == 1);
	refuse("{" SRC ",\"phases\":[{}]}",
	       "phases[0]: \"operations\" or \"duration_ms\" is needed");
	refuse("{" SRC "}", "the document: \"operations\" or \"duration_ms\" is needed");
	refuse("{" SRC ",\"operations\":9,\"phases\":[{}]}",
	       "phases[0]: \"operations\" or \"duration_ms\" is needed");
	refuse("{\"phases\":[{\"operations\":1}]}", "phases[0]: \"allocate\" is missing");
	refuse("{" SRC ",\"phases\":[{\"operations\":1},{\"rate\":-5}]}",
	       "phases[1].rate: -5 is not a whole number from 0 to 10000000");
	refuse("{\"phases\":[{\"allocate\":[{\"kind\":\"x\"}]}]}",
	       "phases[0].allocate[0].kind: \"x\" is none of pages, kmalloc, cache, vmalloc, kmap, "
	       "kmap_atomic");
	refuse("{\"live\":{}}", "live: \"objects\" or \"bytes\" is needed");
	for (u32 i = 1; i < 8; i++)
		strcat(text, ",{\"operations\":1}");
	strcat(text, "]}");
	accept(text);
	assert_int_equal(doc.phase_count, 8);
	strcpy(text + strlen(text) - 2, ",{}]}");
	refuse(text, "phases[8]: a document has at most 8 phases");
	accept("{" OPS SRC ",\"phases\":[]}"); /* as if there were none */
	assert_int_equal(doc.phase_count, 1);
}

/* What stands outside holds for a phase that does not say otherwise, before it or behind it. */
static void test_phases_inherit(void **state)
{
	static const char outside[] = "\"rate\":50,\"live\":{\"objects\":7,\"bytes\":9999},"
				      "\"lifetime\":77," SRC;
	static const char phases[] = "\"phases\":[{\"operations\":1},{\"operations\":1,\"rate\":6,"
				     "\"live\":{\"bytes\":40960},\"lifetime\":3,"
				     "\"allocate\":[{\"kind\":\"kmap\"}]}]";
	char text[512];

	(void)state;
	for (u32 behind = 0; behind < 2; behind++) {
		snprintf(text, sizeof(text), "{%s,%s}", behind ? phases : outside,
			 behind ? outside : phases);
		accept(text);
		assert_int_equal(doc.phases[0].rate, 50);
		assert_int_equal(doc.phases[0].live_objects, 7);
		assert_true(doc.phases[0].live_bytes == 9999);
		assert_int_equal(doc.phases[0].lifetime.min, 77);
		assert_int_equal(doc.sources[doc.phases[0].first_source].kind, SOAK_PAGES);
		assert_int_equal(doc.phases[1].rate, 6);
		assert_int_equal(doc.phases[1].live_objects, 10);
		assert_true(doc.phases[1].live_bytes == 40960);
		assert_int_equal(doc.phases[1].lifetime.min, 3);
		assert_int_equal(doc.sources[doc.phases[1].first_source].kind, SOAK_KMAP);
	}
}

#define NODE "{\"kind\":\"cache\",\"name\":\"node\",\"size\":40,\"debug\":true}"

static void test_failures_and_bugs(void **state)
{
	(void)state;
	accept("{" OPS "\"allocate\":[" NODE "]"
	       ",\"failslab\":{\"interval\":3,\"probability\":50,\"after\":9,\"times\":2,"
	       "\"cache\":\"node\"},\"fail_page_alloc\":{\"min_order\":1,\"max_order\":2}}");
	assert_true(doc.failslab.interval == 3 && doc.failslab.probability == 50);
	assert_true(doc.failslab.after == 9 && doc.failslab.times == 2);
	assert_string_equal(doc.failslab.cache, "node");
	assert_true(doc.fail_page_alloc.min_order == 1 && doc.fail_page_alloc.max_order == 2);
	refuse("{\"failslab\":{\"min_order\":1}}",
	       "failslab: failslab has \"cache\", fail_page_alloc has orders");
	refuse("{\"fail_page_alloc\":{\"cache\":\"a\"}}",
	       "fail_page_alloc: failslab has \"cache\", fail_page_alloc has orders");
	for (u32 i = 0; i < SOAK_BUG_COUNT; i++) {
		char text[256];

		snprintf(text, sizeof(text),
			 "{" OPS "\"allocate\":[" NODE "," NODE
			 "],\"bug\":{\"kind\":\"%s\",\"after\":4}}",
			 soak_bug_name((enum soak_bug)i));
		accept(text);
		assert_true(doc.bug == i && doc.bug_after == 4);
	}
	refuse("{" OPS SRC ",\"fail_page_alloc\":{\"min_order\":2,\"max_order\":1}}",
	       "fail_page_alloc: min_order 2 is above max_order 1");
	refuse("{\"bug\":{\"kind\":\"panic\"}}",
	       "bug.kind: \"panic\" is none of none, leak, double_free, use_after_free, "
	       "write_past_the_end, wrong_cache, stuck_bit");
}

/* ---- Profiles ---- */

static void test_profiles(void **state)
{
	char text[512];

	(void)state;
	for (u32 i = 0; i < soak_profile_count; i++) {
		snprintf(text, sizeof(text), "{\"profile\":\"%s\"}", soak_profiles[i].name);
		accept(text);
		assert_string_equal(doc.name, soak_profiles[i].name);
		/* with sources of one's own, which replace the profile's */
		snprintf(text, sizeof(text),
			 "{\"profile\":\"%s\",\"name\":\"mine\"," OPS "\"phases\":[]," SRC "}",
			 soak_profiles[i].name);
		accept(text);
		assert_string_equal(doc.name, "mine");
		assert_int_equal(doc.phases[0].sources, 1);
		assert_int_equal(doc.sources[doc.phases[0].first_source].kind, SOAK_PAGES);
		assert_int_equal(doc.sources[doc.phases[0].first_source].phase, 0);
	}
	refuse("{" SRC ",\"profile\":\"exhaustion\"}", "profile: it must be the first member");
	refuse("{\"live\":{\"objects\":9},\"profile\":\"exhaustion\"}",
	       "profile: it must be the first member");
	assert_false(reads("{\"profile\":\"none\"}"));
	assert_non_null(strstr(said, "profile: \"none\" is none of web_server, packet_storm"));
	/* behind a profile with phases as well */
	accept("{\"profile\":\"packet_storm\",\"rate\":123}");
	for (u32 i = 0; i < doc.phase_count; i++)
		assert_int_equal(doc.phases[i].rate, 123);
	accept("{\"profile\":\"packet_storm\",\"arena\":{\"mib\":8},\"seed\":5}");
	assert_true(doc.seed == 5 && doc.arena_pages == 2048);
}

/* No document is accepted, nor read past, when it is cut off anywhere. */
static void test_truncated(void **state)
{
	static const char *const texts[] = {
		"{\"name\":\"mine\\n\",\"seed\":7,\"operations\":100,\"verify\":true,"
		"\"arena\":{\"mib\":16,\"engine\":\"2.4\"},\"live\":{\"objects\":20,\"bytes\":4096},"
		"\"lifetime\":{\"dist\":\"geometric\",\"mean\":800},\"allocate\":[{\"kind\":"
		"\"kmalloc\",\"size\":{\"dist\":\"uniform\",\"min\":8,\"max\":4096},\"weight\":5},"
		"{\"kind\":\"pages\",\"order\":{\"dist\":\"trace\",\"values\":[0,3,0,1]},"
		"\"zone\":\"highmem\"},{\"kind\":\"cache\",\"name\":\"n\",\"size\":72,"
		"\"debug\":true}],\"failslab\":{\"interval\":3},\"bug\":{\"kind\":\"leak\"}}",
		"{\"profile\":\"packet_storm\",\"phases\":[{\"operations\":3,\"rate\":9}]}",
	};

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(texts) + soak_profile_count; i++) {
		const char *whole = i < ARRAY_SIZE(texts)
					    ? texts[i]
					    : soak_profiles[i - ARRAY_SIZE(texts)].document;
		char *text = strdup(whole);

		accept(text);
		for (size_t len = strlen(text); len--;) {
			text[len] = '\0';
			if (reads(text))
				fail_msg("%s: was accepted", text);
		}
		free(text);
	}
}

HOST_MAIN(cmocka_unit_test(test_syntax), cmocka_unit_test(test_strings),
	  cmocka_unit_test(test_numbers), cmocka_unit_test(test_messages_are_clean),
	  cmocka_unit_test(test_ranges), cmocka_unit_test(test_depth),
	  cmocka_unit_test(test_defaults), cmocka_unit_test(test_distributions),
	  cmocka_unit_test(test_trace_limit), cmocka_unit_test(test_sources),
	  cmocka_unit_test(test_arena_and_sources), cmocka_unit_test(test_phases),
	  cmocka_unit_test(test_geometric_limits), cmocka_unit_test(test_kmaps),
	  cmocka_unit_test(test_bugs), cmocka_unit_test(test_phases_inherit),
	  cmocka_unit_test(test_failures_and_bugs), cmocka_unit_test(test_profiles),
	  cmocka_unit_test(test_truncated))
