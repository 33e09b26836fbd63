/*
 * The kernel command line (W-17, W-19, W-89).
 *
 * The loader's line is cut at its first blank: the first word is the image's name only if it has
 * no '=' and contains '/' or ends in ".elf". What remains are options, separated by blanks: either
 * `name` or `name=value`; a value in double quotes may hold blanks.
 *
 * The value of token= is a secret. It is moved out before the first line is logged and overwritten
 * with 'x' in every copy: the loader's block, boot_info and both copies here.
 *
 * kernel/params.c holds the one table of all options. Early handlers run in the order of the line
 * (parse_early_param, W-19); the values of the others are looked up with cmdline_value().
 */
#ifndef KERNEL_CMDLINE_H
#define KERNEL_CMDLINE_H

#include "kernel/lib/memparse.h"
#include "kernel/lib/types.h"

#define CMDLINE_SIZE 2048     /* bytes kept of the options, with the NUL */
#define CMDLINE_NAME_MAX 32   /* longest option name, with the NUL */
#define CMDLINE_VALUE_MAX 512 /* longest value, with the NUL */

/*
 * Takes over the loader's line: cuts the image's name, takes out the token. Must run before
 * anything is logged. A line that is too long is cut, and the cut is logged by cmdline_report().
 */
void cmdline_init(char *loader_line);

/* The options only, as /proc/cmdline shows them. */
const char *cmdline_options(void);

/*
 * Moves the kept line and the kept values into memory that stays after boot: `saved` is the line to
 * show, `parsed` holds the values. Each has cmdline_copy_size() bytes and now belongs here (W-85).
 */
size_t cmdline_copy_size(void);
void cmdline_move(char *saved, char *parsed);

/* Where the two copies are, and the bytes of each. => cmdline_move() has been called */
size_t cmdline_copies(const char **saved, const char **parsed);

/* The token, "" if none was given. Never to be printed. */
const char *cmdline_token(void);

/* Logs the line and whatever was odd about it (part of W-89). */
void cmdline_report(void);

/* Walks the options of a line. Begin with .pos = the line. */
struct cmdline_iter {
	const char *pos;
	char name[CMDLINE_NAME_MAX];
	char value[CMDLINE_VALUE_MAX]; /* "" if there is none */
	bool has_value;		       /* an '=' was there */
	bool cut;		       /* the name or the value was too long and is cut */
};

/* Gives the next option. Returns false at the end. */
bool cmdline_next(struct cmdline_iter *iter);

/*
 * The value of option `name` as it was last given: "" for a bare name or an empty value, NULL if
 * it was not given at all. Only options of the table (params.h) are kept; the string stays.
 */
const char *cmdline_value(const char *name);

/* True if the option was given, with or without a value. */
bool cmdline_given(const char *name);

#endif
