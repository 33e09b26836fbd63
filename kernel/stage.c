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
 */
#include "kernel/stage.h"

#include <stdio.h>
#include <string.h>

#include "kernel/panic.h"
#include "kernel/time.h"

#define NOTE_ARENA (40 * 1024)
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

static struct stage_record records[STAGE_COUNT];
static u8 arena[NOTE_ARENA] __aligned(4);
static u32 arena_used;
static enum stage_id running[STAGE_DEPTH_MAX];
static unsigned int depth;
static s16 order_next;

void stage_begin(enum stage_id id)
{
	struct stage_record *r = &records[id];

	BUG_ON(depth == STAGE_DEPTH_MAX);
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
	r->end = cycles_now();
	r->total += r->end - r->run_start;
	r->runs++;
	r->ended = true;
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
	records[id].runs++;
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
	if (r->skipped)
		return STAGE_NOT_APPLICABLE;
	if (def->reason)
		return def->mark == STAGE_MARK_NA ? STAGE_NOT_APPLICABLE : STAGE_NOT_IN_IMAGE;
	return STAGE_NOT_REACHED;
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

const char *stage_get_note(unsigned int i, unsigned int n)
{
	u32 handle = i < STAGE_COUNT ? records[i].first_note : 0;

	while (handle && n--)
		handle = note_at(handle)->next;
	return handle ? note_at(handle)->text : NULL;
}

const char *stage_mark_name(enum stage_mark mark)
{
	static const char *const names[] = { "MUST", "ANALOGUE", "N/A" };

	return names[mark];
}

const char *stage_status_name(enum stage_status status)
{
	static const char *const names[] = { "not_reached", "running",	      "done",
					     "silent",	    "not_applicable", "not_in_this_image" };

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
