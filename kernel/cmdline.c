/*
 * The command line (see cmdline.h).
 *
 * cmdline_init() works on the loader's line in place, before anything is logged:
 *
 *	"/memscope.elf mem=64M token=secret"	the line as given, in boot_info
 *	"/memscope.elf mem=64M token=xxxxxx"	after the token was taken out; the loader's copy too
 *	               "mem=64M token=xxxxxx"	the options
 *
 * The options and their values first lie in memory that is given back after boot; W-85 moves them
 * (cmdline_move).
 */
#include "kernel/cmdline.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/boot/boot_info.h"
#include "kernel/panic.h"
#include "kernel/params.h"
#include "kernel/printk.h"
#include "kernel/stage.h"

static char boot_options[CMDLINE_SIZE] __initdata;
static char boot_values[CMDLINE_SIZE] __initdata;
static size_t copy_size;
static const char *values;		   /* the second copy, once it has moved */
static const char *options = boot_options; /* the boot-allocated copy from W-85 on */
static char token[CMDLINE_VALUE_MAX];
static bool token_too_long;

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Where the word at p ends: at a blank outside double quotes, or at the NUL. */
static const char *word_end(const char *p)
{
	bool quoted = false;

	for (; *p && (quoted || !is_blank(*p)); p++)
		if (*p == '"')
			quoted = !quoted;
	return p;
}

/* Copies [from, to) without double quotes into dst; returns false if it had to be cut. */
static bool copy_unquoted(char *dst, size_t size, const char *from, const char *to)
{
	size_t n = 0;

	for (; from < to; from++) {
		if (*from == '"')
			continue;
		if (n + 1 == size)
			break;
		dst[n++] = *from;
	}
	dst[n] = '\0';
	return from == to;
}

bool cmdline_next(struct cmdline_iter *iter)
{
	const char *p = iter->pos, *end, *eq;
	bool whole;

	while (is_blank(*p))
		p++;
	if (!*p)
		return false;
	end = word_end(p);
	for (eq = p; eq < end && *eq != '='; eq++)
		;
	whole = copy_unquoted(iter->name, sizeof(iter->name), p, eq);
	iter->has_value = eq < end;
	whole &= copy_unquoted(iter->value, sizeof(iter->value), iter->has_value ? eq + 1 : end,
			       end);
	iter->cut = !whole;
	iter->pos = end;
	return true;
}

/* The first word is the image's name if it has no '=' and contains '/' or ends in ".elf". */
static bool is_image_name(const char *word, const char *end)
{
	size_t len = (size_t)(end - word);

	if (memchr(word, '=', len))
		return false;
	return memchr(word, '/', len) || (len >= 4 && !memcmp(end - 4, ".elf", 4));
}

/* Overwrites [from, to) of `line`, and the same bytes of the loader's copy. */
static void __init wipe(char *line, const char *from, const char *to)
{
	memset(line + (from - line), 'x', (size_t)(to - from));
	boot_info_wipe((u32)(from - line), (u32)(to - from));
}

/*
 * A token= inside the word [p, end), as after a double quote that is not closed: it is a part of
 * another option's value and sets nothing, but it is not shown either.
 */
static void __init wipe_inner_tokens(char *line, const char *p, const char *end)
{
	for (; p + 6 <= end; p++) {
		const char *to = p + 6;

		if (strncmp(p, "token=", 6) || !(is_blank(p[-1]) || p[-1] == '"'))
			continue;
		while (to < end && !is_blank(*to))
			to++;
		wipe(line, p + 6, to);
	}
}

/* Moves the value of each token= in `line` to `token` and overwrites it here and there. The name
 * may have double quotes in it, as any other. */
static void __init take_token(char *line)
{
	const char *p = line;

	while (*p) {
		const char *end, *eq;
		char name[8];

		while (is_blank(*p))
			p++;
		end = word_end(p);
		eq = memchr(p, '=', (size_t)(end - p));
		if (eq && copy_unquoted(name, sizeof(name), p, eq) && !strcmp(name, "token")) {
			token_too_long = !copy_unquoted(token, sizeof(token), eq + 1, end);
			wipe(line, eq + 1, end);
		} else if (p < end) {
			wipe_inner_tokens(line, p + 1, end);
		}
		p = end;
	}
}

void __init cmdline_init(char *loader_line)
{
	const char *p = loader_line, *end;

	take_token(loader_line);
	while (is_blank(*p))
		p++;
	end = word_end(p);
	if (is_image_name(p, end))
		p = end;
	while (is_blank(*p))
		p++;
	strlcpy(boot_options, p, sizeof(boot_options));
	/* A token of which only the beginning was kept must not be taken for the whole; what the
	 * loader has of it beyond is overwritten, whatever it is. */
	if (strlen(loader_line) == BOOT_CMDLINE_SIZE - 1) {
		boot_info_wipe(BOOT_CMDLINE_SIZE - 1, 65536);
		token_too_long = true;
	}
	if (token_too_long)
		memset(token, 0, sizeof(token));
	params_record(boot_options, boot_values, sizeof(boot_values));
}

size_t __init cmdline_copy_size(void)
{
	return strlen(options) + 1;
}

void __init cmdline_move(char *saved, char *parsed)
{
	size_t size = cmdline_copy_size();

	memcpy(saved, options, size);
	options = saved;
	values = parsed;
	copy_size = size;
	params_record(options, parsed, size);
}

size_t cmdline_copies(const char **saved, const char **parsed)
{
	*saved = options;
	*parsed = values;
	return copy_size;
}

const char *cmdline_options(void)
{
	return options;
}

const char *cmdline_token(void)
{
	return token;
}

void __init cmdline_report(void)
{
	unsigned int unknown = param_unknown_count();

	pr_info("cmdline: %s", options);
	stage_note("%zu bytes of options: %s", strlen(options), options);
	if (token_too_long && cmdline_given("token"))
		pr_warn("cmdline: token=: too long, or in a line that was cut: no token is set");
	for (unsigned int i = 0; i < unknown; i++)
		pr_warn("cmdline: unknown option \"%s\"", param_unknown(i));
	stage_note("%u unknown", unknown);
}
