/*
 * The stage recorder, as far as mm/ calls it: the innermost stage's name and the last notes, so
 * that a test can see what a stage said.
 */
#include "kernel/stage.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "support/host.h"

static enum stage_id stack[STAGE_DEPTH_MAX];
static unsigned depth;
static unsigned runs[STAGE_COUNT];
static const char *const names[] = {
#define STAGE(sym, entry, name, section, mark, reason) #sym,
#include "kernel/stages.def"
#undef STAGE
};

void stage_begin(enum stage_id id)
{
	BUG_ON(depth == STAGE_DEPTH_MAX);
	stack[depth++] = id;
	runs[id]++;
}

void stage_end(enum stage_id id)
{
	BUG_ON(!depth || stack[depth - 1] != id);
	depth--;
}

void stage_note(const char *fmt, ...)
{
	char line[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	printk(LOGLEVEL_DEBUG, "stage %s: %s", stage_current_name(), line);
}

void stage_skip(enum stage_id id, const char *reason)
{
	printk(LOGLEVEL_DEBUG, "stage %s skipped: %s", names[id], reason);
}

void stage_count_run(enum stage_id id)
{
	runs[id]++;
}

bool stage_first_run(enum stage_id id)
{
	return !runs[id];
}

const char *stage_current_name(void)
{
	return depth ? names[stack[depth - 1]] : "";
}
