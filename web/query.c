/*
 * Queries and numbers. See query.h for the contract.
 */
#include "web/query.h"

#include <string.h>

#include "kernel/lib/errno.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool percent_decode(char *s, bool plus)
{
	char *out = s;

	for (; *s; s++) {
		char c = *s;

		if (c == '%') {
			int high = hex_value(s[1]);
			int low = high < 0 ? -1 : hex_value(s[2]);

			if (low < 0 || !(high | low))
				return false;
			c = (char)(high << 4 | low);
			s += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		*out++ = c;
	}
	*out = '\0';
	return true;
}

int query_param(const char *query, const char *name, char *buf, u32 bytes)
{
	u32 name_len = strlen(name);
	bool found = false;

	for (const char *s = query; *s;) {
		u32 item = strcspn(s, "&");

		if (item >= name_len && !memcmp(s, name, name_len) &&
		    (item == name_len || s[name_len] == '=')) {
			u32 skip = min(name_len + 1, item);

			if (found)
				return -EINVAL;
			if (item - skip >= bytes)
				return -E2BIG;
			memcpy(buf, s + skip, item - skip);
			buf[item - skip] = '\0';
			found = true;
		}
		s += item;
		if (*s)
			s++;
	}
	if (!found)
		return -ENOENT;
	return percent_decode(buf, true) ? 0 : -EINVAL;
}

bool query_unknown_param(const char *query, const char *const *names, char *buf, u32 bytes)
{
	for (const char *s = query; *s;) {
		u32 len = strcspn(s, "=&");
		const char *const *name = names;

		while (*name && !(strlen(*name) == len && !memcmp(*name, s, len)))
			name++;
		if (!*name && len) {
			len = min(len, bytes - 1);
			memcpy(buf, s, len);
			buf[len] = '\0';
			return true;
		}
		s += strcspn(s, "&");
		if (*s)
			s++;
	}
	return false;
}

const char *parse_u64(const char *s, u64 *value)
{
	u64 v = 0;

	if (*s < '0' || *s > '9')
		return NULL;
	for (; *s >= '0' && *s <= '9'; s++) {
		u32 digit = (u32)(*s - '0');

		if (v > (~0ull - digit) / 10)
			return NULL;
		v = v * 10 + digit;
	}
	*value = v;
	return s;
}

const char *parse_u32(const char *s, u32 *value)
{
	u64 wide;

	s = parse_u64(s, &wide);
	if (!s || wide > 0xffffffffu)
		return NULL;
	*value = (u32)wide;
	return s;
}

const char *parse_hex(const char *s, u64 *value)
{
	u64 v = 0;

	if (s[0] != '0' || (s[1] | 0x20) != 'x' || hex_value(s[2]) < 0)
		return NULL;
	for (s += 2; hex_value(*s) >= 0; s++) {
		if (v >> 60)
			return NULL;
		v = v << 4 | (u32)hex_value(*s);
	}
	*value = v;
	return s;
}

int query_number(const char *query, const char *name, u64 least, u64 most, u64 *value,
		 struct writer *reason)
{
	char text[32];
	const char *end;
	u64 number;
	int error = query_param(query, name, text, sizeof(text));

	if (error == -ENOENT)
		return 0;
	if (error) {
		w_printf(reason, "%s= is too long, given twice or badly encoded in \"%s\"", name,
			 query);
		return 400;
	}
	end = parse_u64(text, &number);
	if (!end || *end || number < least || number > most) {
		w_printf(reason, "%s=%s is not a number from %llu to %llu", name, text, least,
			 most);
		return 400;
	}
	*value = number;
	return 0;
}
