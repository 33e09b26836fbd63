/*
 * What stands behind the '?' of a target: parameters NAME=VALUE, separated by '&', percent-encoded;
 * and the numbers in them.
 */
#ifndef WEB_QUERY_H
#define WEB_QUERY_H

#include "kernel/lib/errno.h"
#include "web/writer.h"

/*
 * The value of parameter `name`, decoded into buf. Returns 0, -ENOENT if it is not there, -E2BIG if
 * it does not fit, -EINVAL if it is badly encoded or there twice.
 */
int query_param(const char *query, const char *name, char *buf, u32 bytes);

/*
 * The first parameter that is none of the names (a NULL-terminated list), copied into buf and cut
 * if needed; false if there is none.
 */
bool query_unknown_param(const char *query, const char *const *names, char *buf, u32 bytes);

/*
 * Parameter `name` as a decimal number in [least, most]; *value stays as it is if it is not there.
 * Returns 0, or 400 with a line that names the value and what was expected in `reason`.
 */
int query_number(const char *query, const char *name, u64 least, u64 most, u64 *value,
		 struct writer *reason);

/* Decodes %XX in place, and + as a blank if `plus`. False for a bad escape or a NUL. */
bool percent_decode(char *s, bool plus);

/*
 * A decimal number without sign. Returns what follows it, or NULL if there is no digit or it does
 * not fit.
 */
const char *parse_u32(const char *s, u32 *value);
const char *parse_u64(const char *s, u64 *value);

/* The same for hexadecimal, which begins with 0x. */
const char *parse_hex(const char *s, u64 *value);

#endif
