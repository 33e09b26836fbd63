/*
 * Host and Origin. See host_policy.h for the rule.
 *
 * A Host value is `name`, `name:port`, or `[IPv6]` with or without a port. Everything that cannot be
 * one of those is malformed (400), the rest is ours or foreign (421).
 */
#include "web/host_policy.h"

#include <string.h>

static const char *option_names;
static const char *dhcp_name;

void host_policy_init(const char *names)
{
	option_names = names;
}

void host_policy_set_dhcp_name(const char *name)
{
	dhcp_name = name;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_name_char(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
	       c == '.' || c == '_';
}

/* ":" and digits up to the end, or nothing. */
static bool port_ok(const char *s)
{
	u32 value = 0;

	if (!*s)
		return true;
	if (*s++ != ':')
		return false;
	for (; *s; s++) {
		if (!is_digit(*s))
			return false;
		value = value * 10 + (u32)(*s - '0');
		if (value > 65535)
			return false;
	}
	return true;
}

/* The length of four numbers of at most 255, separated by dots, at the beginning of s; 0: none. */
static u32 ipv4_length(const char *s)
{
	const char *at = s;

	for (u32 part = 0; part < 4; part++) {
		u32 value = 0, digits = 0;

		while (is_digit(*at) && digits < 3) {
			value = value * 10 + (u32)(*at++ - '0');
			digits++;
		}
		if (!digits || value > 255)
			return 0;
		if (part < 3 && *at++ != '.')
			return 0;
	}
	return (u32)(at - s);
}

static bool same_name(const char *host, u32 len, const char *name, u32 name_len)
{
	return len == name_len && !strncasecmp(host, name, len);
}

/* True if the name is in a list separated by commas. */
static bool in_list(const char *host, u32 len, const char *list)
{
	while (list && *list) {
		u32 n = strcspn(list, ",");

		if (n && same_name(host, len, list, n))
			return true;
		list += n;
		if (*list)
			list++;
	}
	return false;
}

static enum host_verdict check_ipv6(const char *host)
{
	const char *at = host + 1;

	while (is_hex(*at) || *at == ':' || *at == '.')
		at++;
	if (*at != ']' || at - host < 3 || !port_ok(at + 1))
		return HOST_MALFORMED;
	return HOST_OURS;
}

enum host_verdict host_check(const char *host)
{
	u32 len = ipv4_length(host);

	if (len && port_ok(host + len))
		return HOST_OURS;
	if (*host == '[')
		return check_ipv6(host);
	while (is_name_char(host[len]))
		len++;
	if (!port_ok(host + len))
		return HOST_MALFORMED;
	if (len && host[len - 1] == '.')
		len--;
	if (!len)
		return HOST_FOREIGN;
	if (same_name(host, len, "localhost", 9) || in_list(host, len, option_names) ||
	    in_list(host, len, dhcp_name))
		return HOST_OURS;
	return HOST_FOREIGN;
}

bool origin_matches(const char *origin, const char *host)
{
	static const char scheme[] = "http://";

	return !strncasecmp(origin, scheme, sizeof(scheme) - 1) &&
	       !strcasecmp(origin + sizeof(scheme) - 1, host);
}
