/*
 * The stage recorder: statuses, nesting, repeated runs, notes that do not fit.
 */
#include "support/host.h"

#define stage_begin k_stage_begin
#define stage_end k_stage_end
#define stage_note k_stage_note
#define stage_skip k_stage_skip
#define stage_count_run k_stage_count_run
#define stage_first_run k_stage_first_run
#define stage_current_name k_stage_current_name
#include "kernel/stage.c"

static struct stage_view view;

static struct stage_view *get(enum stage_id id)
{
	stage_get(id, &view);
	return &view;
}

static void find_low_pfn_range(int value)
{
	stage_note("max_low_pfn = %d", value);
}

static void banner(void)
{
}

static void test_status(void **state)
{
	(void)state;
	assert_int_equal(stage_count(), STAGE_COUNT);
	assert_int_equal(get(STAGE_find_low_pfn_range)->status, STAGE_NOT_REACHED);
	assert_int_equal(view.order, -1);
	assert_int_equal(get(STAGE_lockdep_init)->status, STAGE_NOT_APPLICABLE);
	assert_true(*view.reason);

	RUN(find_low_pfn_range, 5);
	assert_int_equal(get(STAGE_find_low_pfn_range)->status, STAGE_DONE);
	assert_string_equal(view.entry, "W-29");
	assert_string_equal(view.symbol, "find_low_pfn_range");
	assert_true(view.end_cycles > view.start_cycles && view.order == 0 && view.runs == 1);
	assert_string_equal(stage_get_note(STAGE_find_low_pfn_range, 0), "max_low_pfn = 5");
	assert_null(stage_get_note(STAGE_find_low_pfn_range, 1));

	/* a stage that says nothing is not done */
	RUN(banner);
	assert_int_equal(get(STAGE_banner)->status, STAGE_SILENT);

	stage_skip(STAGE_mtrr_bp_init, "no MTRRs");
	assert_int_equal(get(STAGE_mtrr_bp_init)->status, STAGE_NOT_APPLICABLE);
	assert_string_equal(view.reason, "no MTRRs");

	/* the code wins over the table's reason */
	stage_begin(STAGE_kthreadd);
	assert_int_equal(get(STAGE_kthreadd)->status, STAGE_RUNNING);
	stage_note("x");
	stage_end(STAGE_kthreadd);
	assert_int_equal(get(STAGE_kthreadd)->status, STAGE_DONE);
	assert_string_equal(view.reason, "");
}

static void test_nesting(void **state)
{
	(void)state;
	stage_note("outside any stage: dropped");
	stage_begin(STAGE_setup_arch);
	for (int i = 0; i < 3; i++)
		STAGE_ONCE(bad_addr, stage_note("call %d", i));
	RUN(find_low_pfn_range, 1);
	stage_note("outer");
	RUN(find_low_pfn_range, 2);
	assert_string_equal(stage_current_name(), "setup_arch");
	stage_end(STAGE_setup_arch);
	assert_string_equal(stage_current_name(), "");
	assert_int_equal(get(STAGE_bad_addr)->runs, 3);
	assert_int_equal(view.depth, 1);
	assert_string_equal(stage_get_note(STAGE_bad_addr, 0), "call 0");
	assert_int_equal(get(STAGE_find_low_pfn_range)->runs, 2);
	assert_int_equal(view.notes, 2);
	assert_int_equal(view.order, 2);
	assert_string_equal(stage_get_note(STAGE_find_low_pfn_range, 1), "max_low_pfn = 2");
	/* what later calls noted went to the stage around them */
	assert_int_equal(get(STAGE_setup_arch)->notes, 3);
	EXPECT_PANIC("depth", stage_end(STAGE_setup_arch));
}

static void test_overflow(void **state)
{
	char longer[300];
	unsigned int lost = 0;

	(void)state;
	memset(longer, 'n', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	stage_begin(STAGE_banner);
	for (int i = 0; i < STAGE_NOTES_MAX + 5; i++)
		stage_note("%s", longer);
	stage_end(STAGE_banner);
	assert_int_equal(get(STAGE_banner)->notes, STAGE_NOTES_MAX);
	assert_int_equal(view.notes_lost, 5);
	assert_int_equal(strlen(stage_get_note(STAGE_banner, 7)), NOTE_TEXT_MAX);
	/* the arena fills up: what is lost is counted by its stage, and nothing is overrun */
	for (int id = 0; id < STAGE_COUNT; id++) {
		stage_begin((enum stage_id)id);
		for (int i = 0; i < 10; i++)
			stage_note("%s", longer);
		stage_end((enum stage_id)id);
	}
	for (unsigned int i = 0; i < stage_count(); i++) {
		stage_get(i, &view);
		lost += view.notes_lost;
	}
	assert_true(arena_used <= NOTE_ARENA && lost > STAGE_COUNT);
}

static u32 free_pages = 5;
static unsigned long max_pfn_word;
static u32 after_word, computed_word;

static void compute(void)
{
	computed_word = free_pages;
}

static u32 moments;
static enum stage_id moment_of[16];
static u64 moment_ended[16];

static void moment(enum stage_id id, u64 ended)
{
	moment_of[moments % 16] = id;
	moment_ended[moments++ % 16] = ended;
}

/* Inputs keep the value at the first start, outputs the values around what a stage changed. */
static void test_words(void **state)
{
	static struct stage_words words_of_test = { .refresh = compute, .moment = moment };
	struct stage_value v;

	(void)state;
	for (int i = 0; i < STAGE_WORD_COUNT; i++)
		words_of_test.at[i] = &max_pfn_word;
	words_of_test.at[STAGE_WORD_max_low_pfn] = &after_word;
	words_of_test.at[STAGE_WORD_free_pages] = &computed_word;
	RUN(find_low_pfn_range, 0); /* nothing is watched yet */
	assert_false(stage_get_input(STAGE_find_low_pfn_range, 0, &v));
	stage_watch(&words_of_test);
	max_pfn_word = 0x100;
	stage_begin(STAGE_setup_arch);
	stage_begin(STAGE_e820_end_of_ram_pfn);
	free_pages = 9;
	stage_end(STAGE_e820_end_of_ram_pfn);
	stage_begin(STAGE_e820_end_of_ram_pfn); /* again: the first value before, the last after */
	free_pages = 7;
	after_word = 1;
	stage_end(STAGE_e820_end_of_ram_pfn);
	stage_end(STAGE_setup_arch);
	/* told of each change: who was the innermost, and when it ended if it did */
	assert_int_equal(moments, 6);
	for (int i = 0; i < 6; i++) {
		static const enum stage_id was[] = {
			STAGE_COUNT,	  STAGE_setup_arch,	     STAGE_e820_end_of_ram_pfn,
			STAGE_setup_arch, STAGE_e820_end_of_ram_pfn, STAGE_setup_arch,
		};

		assert_int_equal(moment_of[i], was[i]);
		assert_true(!moment_ended[i] == (i == 0 || i == 1 || i == 3));
	}
	assert_true(moment_ended[5] == get(STAGE_setup_arch)->end_cycles);
	assert_true(stage_get_input(STAGE_e820_end_of_ram_pfn, 0, &v));
	assert_string_equal(v.word, "e820_entries");
	assert_int_equal(v.before, 0x100);
	assert_false(stage_get_input(STAGE_e820_end_of_ram_pfn, 1, &v));
	for (int i = 0; i < 2; i++) { /* the stage itself, and the one around it */
		enum stage_id id = i ? STAGE_setup_arch : STAGE_e820_end_of_ram_pfn;

		assert_true(stage_get_output(id, i, &v));
		assert_string_equal(v.word, "free_pages");
		assert_int_equal(v.before, 5);
		assert_int_equal(v.after, 7);
		assert_true(stage_get_output(id, !i, &v));
		assert_string_equal(v.word, "max_low_pfn");
		assert_true(!v.before && v.after == 1 && v.hex);
		assert_false(stage_get_output(id, 2, &v));
	}
	assert_string_equal(stage_other_inputs(STAGE_find_low_pfn_range), "highmem=");
	assert_string_equal(stage_other_inputs(STAGE_lockdep_init), "");
	/* the table fills up: counted */
	for (int n = 0; n < 40; n++)
		for (int id = 0; id < STAGE_COUNT; id++) {
			stage_begin((enum stage_id)id);
			max_pfn_word++;
			stage_end((enum stage_id)id);
		}
	assert_true(stage_values_lost() > 0 && value_count == VALUES_MAX);
}

/* After boot only what never ran before is recorded. */
static void test_close(void **state)
{
	(void)state;
	RUN(find_low_pfn_range, 1);
	STAGE_NOTE_ONCE(bad_addr, "first");
	stage_close();
	RUN(find_low_pfn_range, 2);
	STAGE_NOTE_ONCE(bad_addr, "second");
	assert_int_equal(get(STAGE_find_low_pfn_range)->notes, 1);
	assert_int_equal(view.runs, 1);
	assert_int_equal(get(STAGE_bad_addr)->runs, 1);
	stage_begin(STAGE_setup_arch);
	stage_note("late");
	RUN(find_low_pfn_range, 3);
	stage_end(STAGE_setup_arch);
	assert_int_equal(get(STAGE_setup_arch)->status, STAGE_DONE);
	assert_int_equal(get(STAGE_find_low_pfn_range)->runs, 1);
	assert_string_equal(stage_current_name(), "");
}

/* The table itself: entries ascend except where the documented order says otherwise. */
static void test_table(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < stage_count(); i++) {
		unsigned int number;

		stage_get(i, &view);
		assert_true(sscanf(view.entry, "W-%2u", &number) == 1 ||
			    sscanf(view.entry, "N-%2u", &number) == 1);
		assert_true(number <= 137);
		assert_true(*view.name &&
			    !strncmp(view.section, *view.entry == 'W' ? "W §" : "N §", 4) |
				    !strcmp(view.section, *view.entry == 'W' ? "2.6.34" : "2.4"));
		if (view.mark == STAGE_MARK_NA)
			assert_true(*view.reason);
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(defs[j].symbol, view.symbol);
	}
}

HOST_MAIN(cmocka_unit_test(test_status), cmocka_unit_test(test_nesting),
	  cmocka_unit_test(test_overflow), cmocka_unit_test(test_words),
	  cmocka_unit_test(test_close), cmocka_unit_test(test_table))
