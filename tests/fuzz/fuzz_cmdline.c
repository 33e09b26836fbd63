/*
 * The command line: the input is the line, on a machine of 24 MiB. With an option that has a say in
 * memory the machine must boot; a token must be seen nowhere; what is refused must be said.
 */
#include "fuzz.h"
#include "kernel/boot/boot_info.h"
#include "kernel/cmdline.h"
#include "kernel/params.h"
#include "mm/e820.h"
#include "net/ip_param.h"
#include "support/host.h"

static const struct boot_map_entry map[] = {
	{ 0, 0x9fc00, E820_RAM },
	{ 0x9fc00, 0x400, E820_RESERVED },
	{ 0xf0000, 0x10000, E820_RESERVED },
	{ 0x100000, 0x1700000, E820_RAM },
};

/* What follows any token= at the start of a word, or behind a double quote, is x. */
static void check_token(const char *line)
{
	for (const char *p = line; (p = strstr(p, "token=")); p += 6) {
		if (p > line && !strchr(" \t\r\n\"", p[-1]))
			continue;
		for (const char *v = p + 6; *v && !strchr(" \t\r\n", *v); v++)
			if (*v != 'x')
				fuzz_fail("a token's value is shown: %s", p);
	}
}

static void check_params(void)
{
	for (unsigned i = 0; i < param_count(); i++) {
		struct param_view view;

		param_get(i, &view);
		if (!view.value)
			fuzz_fail("option %s has no value", view.param->name);
		if (!strcmp(view.param->name, "token") && view.given && strcmp(view.value, "xxx"))
			fuzz_fail("token is %s", view.value);
		if (view.refused && !host_log_has(view.param->name))
			fuzz_fail("option %s was refused in silence", view.param->name);
	}
	for (unsigned i = 0; i < param_unknown_count(); i++)
		if (!param_unknown(i))
			fuzz_fail("unknown option %u has no name", i);
}

static void check_ip(void)
{
	const char *value = cmdline_value("ip"), *what;
	struct ip_config config;

	if (ip_param_parse(value, &config, &what) && (!what || config.mode != IP_MODE_DHCP))
		fuzz_fail("ip=%s was refused without a reason", value);
	if (config.mode == IP_MODE_STATIC && !config.address)
		fuzz_fail("ip=%s gives no address", value);
	if (!memchr(config.hostname, 0, sizeof(config.hostname)))
		fuzz_fail("ip=%s: the host name has no end", value);
}

/* Without an option that is handled while memory is set up, every line boots the same machine. */
static bool changes_memory(void)
{
	for (unsigned i = 0; i < param_count(); i++) {
		struct param_view view;

		param_get(i, &view);
		if (view.given && view.param->early)
			return true;
	}
	return false;
}

void fuzz_one(const u8 *data, size_t size)
{
	size = min(size, sizeof(boot_info.cmdline) - 1);
	boot_info.protocol = 1;
	memcpy(boot_info.cmdline, data, size);
	memcpy(boot_info.map, map, sizeof(map));
	boot_info.map_count = boot_info.map_offered = ARRAY_SIZE(map);
	cmdline_init(boot_info.cmdline);
	check_token(boot_info.cmdline);
	check_token(cmdline_options());
	if (changes_memory())
		fuzz_boot(NULL);
	else
		parse_early_param();
	check_token(cmdline_options());
	check_params();
	check_ip();
}
