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
	assert_int_equal(get(STAGE_tick_init)->status, STAGE_NOT_IN_IMAGE);

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
	  cmocka_unit_test(test_overflow), cmocka_unit_test(test_table))
