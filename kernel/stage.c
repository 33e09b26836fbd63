/*
 * The boot stage recorder (see stage.h).
 *
 * One record for each row of stages.def, in the table's order. Notes lie one after another in an
 * arena; each begins with the offset of its stage's next note, so a stage's notes form a list in
 * the order they were made. A record's status is computed when it is read:
 *
 *	ended with a note -> done     begun, not ended -> running     ended, no note -> silent
 *	skipped, or a reason in the table -> not applicable or not in this image
 *	else not reached
 *
 * Values of watched words are kept in one table, in the order in which they were seen. An output
 * has one row for each stage and word: the value before its first change, and that after the last.
 */
#include "kernel/stage.h"

#include <stdio.h>
#include <string.h>

#include "kernel/panic.h"
#include "kernel/time.h"

#define NOTE_ARENA (64 * 1024)
#define NOTE_TEXT_MAX 120

struct stage_def {
	const char *symbol, *entry, *name, *section, *reason;
	enum stage_mark mark;
};

#define STAGE_MARK_FOR_MUST STAGE_MARK_MUST
#define STAGE_MARK_FOR_ANALOGUE STAGE_MARK_ANALOGUE
#define STAGE_MARK_FOR_NA STAGE_MARK_NA

static const struct stage_def defs[STAGE_COUNT] = {
#define STAGE(sym, entry, name, section, mark, reason) \
	{ #sym, entry, name, section, reason, STAGE_MARK_FOR_##mark },
#include "kernel/stages.def"
#undef STAGE
};

struct stage_record {
	u64 start, end, total, run_start;
	u32 runs;
	const char *skipped;	   /* stage_skip's reason */
	u32 first_note, last_note; /* offset in the arena, plus 1; 0: none */
	u16 notes, notes_lost;
	s16 order;
	u8 depth;
	bool begun, ended;
};

/* In the arena: the next note of the same stage, then the text with its NUL. */
struct note {
	u32 next; /* offset plus 1, or 0 */
	char text[];
};

/* One watched word of one stage. */
struct value {
	u16 stage;
	u8 word;
	bool input;
	u32 before, after;
	u16 previous; /* of the same stage: its index plus 1 */
};

#define VALUES_MAX 512

static const struct {
	const char *name;
	bool hex;
} word_defs[STAGE_WORD_COUNT] = {
#define FORM_HEX true
#define FORM_DEC false
#define WORD(sym, form) { #sym, FORM_##form },
#include "kernel/stage_words.def"
#undef WORD
};

/* What a stage goes by: a bit for each word, and the rest in words. */
static const struct {
	u32 words;
	const char *other;
} input_defs[STAGE_COUNT] = {
#define W(sym) (1u << STAGE_WORD_##sym)
#define INPUTS(sym, words, other) [STAGE_##sym] = { words, other },
#include "kernel/stage_inputs.def"
#undef INPUTS
#undef W
};

BUILD_BUG_ON(STAGE_WORD_COUNT > 32);

static const struct stage_words *watched;
static u32 words_at_begin[STAGE_DEPTH_MAX][STAGE_WORD_COUNT];
static struct value values[VALUES_MAX];
static u32 value_count, values_lost;
static u16 last_value[STAGE_COUNT]; /* index plus 1 */

static struct stage_record records[STAGE_COUNT];
static u8 arena[NOTE_ARENA] __aligned(4);
static u32 arena_used;
static enum stage_id running[STAGE_DEPTH_MAX];
static unsigned int depth;
static s16 order_next;
static bool closed; /* boot is over: see stage_close */

/* Runs of a stage that has run before, after boot, leave no trace. */
static bool is_over(const struct stage_record *r)
{
	return closed && r->runs;
}

/* ---- Watched words ---- */

void stage_watch(const struct stage_words *words)
{
	watched = words;
}

static void add_value(enum stage_id id, unsigned int word, bool input, u32 before, u32 after)
{
	if (value_count == VALUES_MAX) {
		values_lost++;
		return;
	}
	values[value_count++] = (struct value){ (u16)id, (u8)word, input,
						before,	 after,	   last_value[id] };
	last_value[id] = (u16)value_count;
}

static void add_output(enum stage_id id, unsigned int word, u32 before, u32 after)
{
	for (u32 i = last_value[id]; i; i = values[i - 1].previous) {
		struct value *v = &values[i - 1];

		if (v->word == word && !v->input) {
			v->after = after;
			return;
		}
	}
	add_value(id, word, false, before, after);
}

static void watch_begin(enum stage_id id)
{
	const struct stage_words *words = watched;
	u32 *now = words_at_begin[depth];

	if (!words)
		return;
	words->refresh();
#pragma GCC unroll 8
	for (unsigned int i = 0; i < STAGE_WORD_COUNT; i++)
		now[i] = *(const u32 *)words->at[i];
	words->moment(stage_running(0), 0);
	if (records[id].begun)
		return;
	for (u32 inputs = input_defs[id].words; inputs; inputs &= inputs - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(inputs);

		add_value(id, i, true, now[i], now[i]);
	}
}

static void watch_end(enum stage_id id)
{
	const struct stage_words *words = watched;
	const u32 *before = words_at_begin[depth];

	if (!words)
		return;
	words->refresh();
#pragma GCC unroll 8
	for (unsigned int i = 0; i < STAGE_WORD_COUNT; i++)
		if (*(const u32 *)words->at[i] != before[i])
			add_output(id, i, before[i], *(const u32 *)words->at[i]);
	words->moment(id, records[id].end);
}

/* ---- Recording ---- */

void stage_begin(enum stage_id id)
{
	struct stage_record *r = &records[id];

	BUG_ON(depth == STAGE_DEPTH_MAX);
	if (!is_over(r))
		watch_begin(id);
	r->run_start = cycles_now();
	if (!r->begun) {
		r->begun = true;
		r->start = r->run_start;
		r->order = order_next++;
		r->depth = (u8)depth;
	}
	running[depth++] = id;
}

void stage_end(enum stage_id id)
{
	struct stage_record *r = &records[id];

	BUG_ON(!depth || running[depth - 1] != id);
	depth--;
	if (is_over(r))
		return;
	r->end = cycles_now();
	r->total += r->end - r->run_start;
	r->runs++;
	r->ended = true;
	watch_end(id);
}

void stage_started_at(u64 cycles)
{
	struct stage_record *r;

	BUG_ON(!depth);
	r = &records[running[depth - 1]];
	r->start = r->run_start = cycles;
}

static struct note *note_at(u32 handle)
{
	return (struct note *)(arena + handle - 1);
}

void stage_note(const char *fmt, ...)
{
	struct stage_record *r;
	struct note *note;
	va_list args;
	u32 room, len;
	int n;

	if (!depth)
		return;
	r = &records[running[depth - 1]];
	if (is_over(r))
		return;
	room = NOTE_ARENA - arena_used;
	if (r->notes == STAGE_NOTES_MAX || room < sizeof(*note) + NOTE_TEXT_MAX + 1) {
		r->notes_lost++;
		return;
	}
	note = (struct note *)(arena + arena_used);
	note->next = 0;
	va_start(args, fmt);
	n = vsnprintf(note->text, NOTE_TEXT_MAX + 1, fmt, args);
	va_end(args);
	len = min((u32)n, (u32)NOTE_TEXT_MAX);
	if (r->last_note)
		note_at(r->last_note)->next = arena_used + 1;
	else
		r->first_note = arena_used + 1;
	r->last_note = arena_used + 1;
	r->notes++;
	arena_used += round_up((u32)sizeof(*note) + len + 1, 4u);
}

void stage_skip(enum stage_id id, const char *reason)
{
	records[id].skipped = reason;
}

void stage_count_run(enum stage_id id)
{
	if (!closed)
		records[id].runs++;
}

void stage_close(void)
{
	closed = true;
}

bool stage_first_run(enum stage_id id)
{
	return !records[id].begun;
}

unsigned int stage_count(void)
{
	return STAGE_COUNT;
}

static enum stage_status status_of(const struct stage_def *def, const struct stage_record *r)
{
	if (r->ended)
		return r->notes ? STAGE_DONE : STAGE_SILENT;
	if (r->begun)
		return STAGE_RUNNING;
	return r->skipped || def->reason ? STAGE_NOT_APPLICABLE : STAGE_NOT_REACHED;
}

void stage_get(unsigned int i, struct stage_view *view)
{
	const struct stage_def *def = &defs[i];
	const struct stage_record *r = &records[i];
	const char *reason = r->skipped ? r->skipped : def->reason;

	BUG_ON(i >= STAGE_COUNT);
	*view = (struct stage_view){
		.symbol = def->symbol,
		.entry = def->entry,
		.name = def->name,
		.section = def->section,
		.mark = def->mark,
		.status = status_of(def, r),
		.reason = reason && !r->begun ? reason : "",
		.start_cycles = r->start,
		.end_cycles = r->end,
		.total_cycles = r->total,
		.runs = r->runs,
		.depth = r->depth,
		.order = r->begun ? r->order : -1,
		.notes = r->notes,
		.notes_lost = r->notes_lost,
	};
}

const char *stage_next_note(unsigned int i, u32 *at)
{
	BUG_ON(i >= STAGE_COUNT);
	*at = *at ? note_at(*at)->next : records[i].first_note;
	return *at ? note_at(*at)->text : NULL;
}

const char *stage_get_note(unsigned int i, unsigned int n)
{
	const char *note;
	u32 at = 0;

	do
		note = stage_next_note(i, &at);
	while (note && n--);
	return note;
}

static bool get_value(unsigned int stage, unsigned int n, bool input, struct stage_value *value)
{
	for (u32 i = 0; i < value_count; i++) {
		const struct value *v = &values[i];

		if (v->stage != stage || v->input != input || n--)
			continue;
		*value = (struct stage_value){ word_defs[v->word].name, word_defs[v->word].hex,
					       v->before, v->after };
		return true;
	}
	return false;
}

bool stage_get_input(unsigned int i, unsigned int n, struct stage_value *value)
{
	return get_value(i, n, true, value);
}

bool stage_get_output(unsigned int i, unsigned int n, struct stage_value *value)
{
	return get_value(i, n, false, value);
}

const char *stage_other_inputs(unsigned int i)
{
	return input_defs[i].other ?: "";
}

unsigned int stage_values_lost(void)
{
	return values_lost;
}

const char *stage_mark_name(enum stage_mark mark)
{
	static const char *const names[] = { "MUST", "ANALOGUE", "N/A" };

	return names[mark];
}

const char *stage_status_name(enum stage_status status)
{
	static const char *const names[] = { "not_reached", "running", "done", "silent",
					     "not_applicable" };

	return names[status];
}

const char *stage_current_name(void)
{
	return depth ? defs[running[depth - 1]].name : "";
}

enum stage_id stage_running(unsigned int levels)
{
	return levels < depth ? running[depth - 1 - levels] : STAGE_COUNT;
}

const char *stage_name(enum stage_id id)
{
	return id < STAGE_COUNT ? defs[id].name : "";
}
