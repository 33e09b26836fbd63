/*
 * The table of init functions (W-135 do_initcalls): called one after another, and timed.
 */
#ifndef KERNEL_INITCALL_H
#define KERNEL_INITCALL_H

#include "kernel/lib/types.h"

#define INITCALLS_MAX 12

struct initcall {
	const char *name;
	void (*fn)(void);
};

/* What one of them took; the name is the table's. */
struct initcall_record {
	const char *name;
	u64 start_us, took_us; /* uptime, duration */
};

/* Calls every function of the table in its order. => count <= INITCALLS_MAX, called once */
void do_initcalls(const struct initcall *calls, u32 count);

u32 initcall_count(void);
/* => i < initcall_count() */
const struct initcall_record *initcall_get(u32 i);

#endif
