/*
 * The one table of all options, for the parser, the log, /api/v1/boot and the documentation.
 */
#ifndef KERNEL_PARAMS_H
#define KERNEL_PARAMS_H

#include "kernel/lib/types.h"

/* What is fixed about an option. */
struct param {
	const char *name;    /* without '=' */
	const char *hint;    /* form of the value: "SIZE[KMG]"; "" for a bare word */
	const char *meaning; /* one line */
	const char *def;     /* what holds when it is not given */
	/*
	 * Early handler (W-19) or NULL. Gets the value ("" for a bare name); returns 0, or -EINVAL
	 * if the value is wrong: then one line names option, value and what was expected. An
	 * option given twice is handled twice.
	 */
	int (*early)(const char *value);
};

/* What is known about it now. */
struct param_view {
	const struct param *param;
	bool given;
	bool refused;	   /* the early handler did not take the value */
	const char *value; /* last one given; "" if none. For token: "xxx" */
};

/* The number of options in the table, and the i-th one. => i < param_count() */
unsigned int param_count(void);
void param_get(unsigned int i, struct param_view *view);

/* Options that were given but are not in the table: how many, and the i-th one's name.
 * => i < param_unknown_count() */
unsigned int param_unknown_count(void);
const char *param_unknown(unsigned int i);

/*
 * Notes which options `line` gives, with their values; logs nothing. The values, and the names of
 * unknown options, are kept in `arena`; strlen(line) + 1 bytes are enough. May be called again with
 * the same line: everything then moves to the new arena.
 */
void params_record(const char *line, char *arena, size_t size);

/* W-19: runs the early handlers over cmdline_options(). A second call does nothing. */
void parse_early_param(void);

#endif
