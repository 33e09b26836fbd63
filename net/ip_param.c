/*
 * Parsing ip=. Text in, numbers out; nothing else is touched.
 */
#include "net/ip_param.h"

#include <string.h>

#include "kernel/lib/errno.h"

enum field { CLIENT, SERVER, GATEWAY, NETMASK, HOSTNAME, DEVICE, AUTOCONF, FIELDS };

#define FIELD_MAX IP_PARAM_HOSTNAME_MAX

/* Cuts the next field out of *value. False if it is too long. */
static bool next_field(const char **value, char *out)
{
	const char *end = strchr(*value, ':');
	size_t len = end ? (size_t)(end - *value) : strlen(*value);

	if (len >= FIELD_MAX)
		return false;
	memcpy(out, *value, len);
	out[len] = '\0';
	*value += len + (end != NULL);
	return true;
}

/* A dotted quad, nothing before or after it. Empty is 0. */
static bool parse_address(const char *s, u32 *address)
{
	u8 bytes[4];

	*address = 0;
	if (*s == '\0')
		return true;
	for (u32 i = 0; i < 4; i++) {
		u32 value = 0, digits = 0;

		for (; *s >= '0' && *s <= '9' && digits < 4; s++, digits++)
			value = value * 10 + (u32)(*s - '0');
		if (digits == 0 || digits > 3 || value > 255)
			return false;
		if (*s++ != (i < 3 ? '.' : '\0'))
			return false;
		bytes[i] = (u8)value;
	}
	memcpy(address, bytes, sizeof(bytes));
	return true;
}

/* False if the word is none that Linux knows. */
static bool parse_autoconf(const char *word, enum ip_mode *mode)
{
	static const struct {
		const char *word;
		enum ip_mode mode;
	} words[] = {
		{ "off", IP_MODE_OFF },	   { "none", IP_MODE_OFF }, { "dhcp", IP_MODE_DHCP },
		{ "on", IP_MODE_DHCP },	   { "any", IP_MODE_DHCP }, { "both", IP_MODE_DHCP },
		{ "bootp", IP_MODE_DHCP },
	};

	for (u32 i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(word, words[i].word) == 0) {
			*mode = words[i].mode;
			return true;
		}
	}
	return false;
}

static u8 first_byte(u32 address)
{
	return (u8)address; /* network byte order on a little-endian machine */
}

static u32 class_netmask(u32 address)
{
	if (first_byte(address) < 128)
		return 0x000000FF;
	return first_byte(address) < 192 ? 0x0000FFFF : 0x00FFFFFF;
}

static bool netmask_contiguous(u32 netmask)
{
	u32 host = ~__builtin_bswap32(netmask);

	return (host & (host + 1)) == 0;
}

static const char *check_static(const struct ip_config *config)
{
	u8 first = first_byte(config->address);

	if (first == 0 || first == 127 || first >= 224)
		return "client";
	if (!netmask_contiguous(config->netmask))
		return "netmask";
	if (config->gateway && ((config->gateway ^ config->address) & config->netmask))
		return "gateway";
	return NULL;
}

/* The seven fields. NULL, or the name of the one at fault. */
static const char *parse_fields(const char *value, struct ip_config *config)
{
	static const char *const names[FIELDS] = { "client",   "server", "gateway", "netmask",
						   "hostname", "device", "autoconf" };
	char field[FIELD_MAX];
	bool autoconf_given = false;
	u32 server;

	for (u32 i = 0; i < FIELDS && *value; i++) {
		bool ok = next_field(&value, field);

		switch (ok ? i : FIELDS) {
		case CLIENT: ok = parse_address(field, &config->address); break;
		case SERVER: ok = parse_address(field, &server); break;
		case GATEWAY: ok = parse_address(field, &config->gateway); break;
		case NETMASK: ok = parse_address(field, &config->netmask); break;
		case HOSTNAME: memcpy(config->hostname, field, sizeof(field)); break;
		case AUTOCONF:
			autoconf_given = field[0] != '\0';
			if (autoconf_given)
				ok = parse_autoconf(field, &config->mode);
			break;
		}
		if (!ok)
			return names[i];
	}
	/* "off" beside an address says that the address is all there is to configure. */
	if (config->address && (!autoconf_given || config->mode == IP_MODE_OFF))
		config->mode = IP_MODE_STATIC;
	return NULL;
}

int ip_param_parse(const char *value, struct ip_config *config, const char **what)
{
	*config = (struct ip_config){ .mode = IP_MODE_DHCP };
	*what = NULL;
	if (!value || *value == '\0' || parse_autoconf(value, &config->mode))
		return 0;
	*what = parse_fields(value, config);
	if (!*what && config->mode == IP_MODE_STATIC) {
		if (!config->netmask)
			config->netmask = class_netmask(config->address);
		*what = check_static(config);
	}
	if (*what) {
		*config = (struct ip_config){ .mode = IP_MODE_DHCP };
		return -EINVAL;
	}
	return 0;
}
