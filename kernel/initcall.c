/*
 * Init functions, timed (see initcall.h).
 */
#include "kernel/initcall.h"

#include "kernel/panic.h"
#include "kernel/stage.h"
#include "kernel/time.h"

static struct initcall_record records[INITCALLS_MAX];
static u32 record_count;

void __init do_initcalls(const struct initcall *calls, u32 count)
{
	BUG_ON(record_count || count > INITCALLS_MAX);
	for (u32 i = 0; i < count; i++) {
		struct initcall_record *r = &records[record_count];

		r->name = calls[i].name;
		r->start_us = now_us();
		calls[i].fn();
		r->took_us = now_us() - r->start_us;
		record_count++;
		stage_note("%s: %llu us", r->name, r->took_us);
	}
}

u32 initcall_count(void)
{
	return record_count;
}

const struct initcall_record *initcall_get(u32 i)
{
	BUG_ON(i >= record_count);
	return &records[i];
}
