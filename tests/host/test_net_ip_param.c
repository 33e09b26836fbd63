/*
 * ip= in Linux's form: what is taken, what is refused, and what the refusal names.
 */
#include "kernel/lib/errno.h"
#include "net/ip_param.h"
#include "support/host.h"

#define IP(a, b, c, d) ((u32)(a) | (u32)(b) << 8 | (u32)(c) << 16 | (u32)(d) << 24)

static struct ip_config config;
static const char *what;

static void takes(const char *value, enum ip_mode mode, u32 address, u32 gateway, u32 netmask)
{
	if (ip_param_parse(value, &config, &what) != 0)
		fail_msg("ip=%s refused: %s", value, what);
	assert_null(what);
	assert_int_equal(config.mode, mode);
	assert_int_equal(config.address, address);
	assert_int_equal(config.gateway, gateway);
	assert_int_equal(config.netmask, netmask);
}

static void refuses(const char *value, const char *field)
{
	if (ip_param_parse(value, &config, &what) != -EINVAL)
		fail_msg("ip=%s was taken", value);
	assert_string_equal(what, field);
	assert_int_equal(config.mode, IP_MODE_DHCP);
	assert_int_equal(config.address, 0);
	assert_string_equal(config.hostname, "");
}

static void test_words(void **state)
{
	(void)state;
	takes(NULL, IP_MODE_DHCP, 0, 0, 0);
	takes("", IP_MODE_DHCP, 0, 0, 0);
	takes("dhcp", IP_MODE_DHCP, 0, 0, 0);
	takes("on", IP_MODE_DHCP, 0, 0, 0);
	takes("any", IP_MODE_DHCP, 0, 0, 0);
	takes("both", IP_MODE_DHCP, 0, 0, 0);
	takes("bootp", IP_MODE_DHCP, 0, 0, 0);
	takes("off", IP_MODE_OFF, 0, 0, 0);
	takes("none", IP_MODE_OFF, 0, 0, 0);
	takes(":::::eth0:dhcp", IP_MODE_DHCP, 0, 0, 0);
	takes("::::::off", IP_MODE_OFF, 0, 0, 0);
}

static void test_static(void **state)
{
	(void)state;
	takes("10.0.2.15", IP_MODE_STATIC, IP(10, 0, 2, 15), 0, IP(255, 0, 0, 0));
	takes("172.16.0.9", IP_MODE_STATIC, IP(172, 16, 0, 9), 0, IP(255, 255, 0, 0));
	takes("192.168.7.1", IP_MODE_STATIC, IP(192, 168, 7, 1), 0, IP(255, 255, 255, 0));
	takes("10.0.2.15::10.0.2.2:255.255.255.0", IP_MODE_STATIC, IP(10, 0, 2, 15),
	      IP(10, 0, 2, 2), IP(255, 255, 255, 0));
	takes("10.0.2.15:10.0.2.9:10.0.2.2:255.255.255.0:lab7:eth0:off:1.1.1.1", IP_MODE_STATIC,
	      IP(10, 0, 2, 15), IP(10, 0, 2, 2), IP(255, 255, 255, 0));
	assert_string_equal(config.hostname, "lab7");
	takes("10.0.2.15:::255.255.255.255", IP_MODE_STATIC, IP(10, 0, 2, 15), 0, ~0u);
}

/* An address beside dhcp is a wish that DHCP overrules. */
static void test_address_and_dhcp(void **state)
{
	(void)state;
	takes("10.0.2.15::::lab:eth0:dhcp", IP_MODE_DHCP, IP(10, 0, 2, 15), 0, 0);
	assert_string_equal(config.hostname, "lab");
}

static void test_refused(void **state)
{
	char long_name[200];

	(void)state;
	refuses("999.1.2.3", "client");
	refuses("1.2.3", "client");
	refuses("1.2.3.4.5", "client");
	refuses("1.2.3.", "client");
	refuses("1..2.3", "client");
	refuses("0001.2.3.4", "client");
	refuses("potato", "client");
	refuses(" 10.0.0.1", "client");
	refuses("0.1.2.3", "client");
	refuses("127.0.0.1", "client");
	refuses("224.0.0.1", "client");
	refuses("255.255.255.255", "client");
	refuses("10.0.0.1:x", "server");
	refuses("10.0.0.1::10.0.0.256", "gateway");
	refuses("10.0.0.1::11.0.0.1:255.0.0.0", "gateway");
	refuses("10.0.0.1:::255.0.255.0", "netmask");
	refuses("10.0.0.1:::254.0.0.1", "netmask");
	refuses("10.0.0.1::::::maybe", "autoconf");
	memset(long_name, 'h', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	refuses(long_name, "client");
	memcpy(long_name, "10.0.0.1::::", 12);
	refuses(long_name, "hostname");
}

HOST_MAIN(cmocka_unit_test(test_words), cmocka_unit_test(test_static),
	  cmocka_unit_test(test_address_and_dhcp), cmocka_unit_test(test_refused))
