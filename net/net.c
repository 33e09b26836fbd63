/*
 * Starting the network, and its turn of the main loop.
 *
 * A turn of the poller "net":
 *
 *	NIC poll (at most RX_BUDGET frames) ─► lwIP input ─► callbacks of servers
 *	lwIP timers that are due
 *	announcements (ready; still no DHCP answer)
 *	what was collected goes to the NIC, one notification for all of it
 *	interrupts armed; the loop may halt until one comes or the next timer is due
 *
 * The NIC is asked again after arming, so no packet is slept over; the loop itself
 * compares the number of interrupts before it halts. A second poller, registered last,
 * flushes what other pollers wrote in the same turn.
 *
 * Sleeping is bounded while packets wait to be reaped (REAP_MS: their memory shall come
 * back even if nothing else happens) and while receive buffers could not be had
 * (REFILL_MS: the ring may be empty, and then no interrupt will come).
 *
 * Interrupt rule: everything here runs in the main loop or at boot.
 */
#include "net/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/netdev.h"
#include "kernel/cmdline.h"
#include "kernel/job.h"
#include "kernel/panic.h"
#include "kernel/percpu.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/time.h"
#include "kernel/vga.h"
#include "lwip/dhcp.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/prot/dhcp.h"
#include "lwip/sys.h"
#include "lwip/timeouts.h"
#include "net/ip_param.h"
#include "net/memp.h"
#include "net/netif.h"
#include "net/random.h"
#include "net/tx.h"

#define RX_BUDGET 64 /* frames a turn */
#define REAP_MS 20
#define REFILL_MS 10
#define DHCP_SAY_MS 10000
#define HTTP_PORT 80

static struct netdev *device;
static struct netif *interface;
static const char *absent_reason;
static struct ip_config config;
static struct dhcp dhcp_state;
static u16 http_port = HTTP_PORT;
static void (*no_network_report)(void);
static u64 start_ms, ready_ms, next_say_ms;
static u32 hurried; /* entries of hurry_after_ms that are used up */

/*
 * When the first question to DHCP is asked again while no server has answered. lwIP waits two
 * seconds; a link that has just come up loses the first frame more often than not.
 */
static const u16 hurry_after_ms[] = { 60, 200, 500, 1000 };

/* ---- What lwIP asks for ---- */

u32_t sys_now(void)
{
	return (u32_t)now_ms();
}

void net_lwip_assert(const char *message, const char *file, int line)
{
	panic("lwip", "%s (%s:%d)", message, file, line);
}

void net_lwip_diag(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintk(LOGLEVEL_WARN, fmt, args);
	va_end(args);
}

/* ---- Announcing ---- */

/* "A.B.C.D" of an address in network byte order. => size >= 16 */
static void format_address(char *buf, size_t size, u32 address)
{
	const u8 *bytes = (const u8 *)&address;

	snprintf(buf, size, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
}

/* The address to open, in large letters; the port only where a browser needs it. */
static void show_address(const char *address)
{
	char url[40];

	if (http_port == 80)
		snprintf(url, sizeof(url), "http://%s", address);
	else
		snprintf(url, sizeof(url), "http://%s:%u", address, http_port);
	vga_show_address(url, "Open this address in a browser on the same network.");
}

static void announce_ready(void)
{
	char address[16];

	ready_ms = now_ms();
	format_address(address, sizeof(address), ip4_addr_get_u32(netif_ip4_addr(interface)));
	printk_raw_line("memscope: ready http://%s:%u/ in %u ms", address, http_port,
			(u32)ready_ms);
	show_address(address);
}

static void announce_absent(void)
{
	ready_ms = now_ms();
	printk_raw_line("memscope: ready, no network: %s, in %u ms", absent_reason, (u32)ready_ms);
	if (no_network_report)
		no_network_report();
}

static bool has_address(void)
{
	return !ip4_addr_isany(netif_ip4_addr(interface));
}

/* Asks DHCP once more, a few times within the first second, while nobody has offered anything. */
static void hurry_dhcp(void)
{
	if (config.mode != IP_MODE_DHCP || hurried == ARRAY_SIZE(hurry_after_ms) ||
	    dhcp_state.state != DHCP_STATE_SELECTING ||
	    now_ms() - start_ms < hurry_after_ms[hurried])
		return;
	hurried++;
	dhcp_network_changed(interface); /* begins again, with the shortest wait */
}

static void announce(void)
{
	if (ready_ms)
		return;
	hurry_dhcp();
	if (has_address()) {
		announce_ready();
	} else if (now_ms() >= next_say_ms) {
		pr_warn("net: no DHCP answer after %u s%s, still asking", (u32)(now_ms() / 1000),
			device->link_up ? "" : " (link is down)");
		next_say_ms += DHCP_SAY_MS;
	}
}

/* An address that changes after the ready line is only logged. */
static void address_changed(struct netif *netif)
{
	char address[16], netmask[16], gateway[16];

	format_address(address, sizeof(address), ip4_addr_get_u32(netif_ip4_addr(netif)));
	format_address(netmask, sizeof(netmask), ip4_addr_get_u32(netif_ip4_netmask(netif)));
	format_address(gateway, sizeof(gateway), ip4_addr_get_u32(netif_ip4_gw(netif)));
	pr_info("net: address %s netmask %s gateway %s", address, netmask, gateway);
}

/* ---- The main loop ---- */

static u32 sleep_ms(void)
{
	u32 ms = sys_timeouts_sleeptime();

	if (device->tx_in_flight)
		ms = min_t(u32, ms, REAP_MS);
	if (device->rx_buffers < device->rx_buffers_target)
		ms = min_t(u32, ms, REFILL_MS);
	if (!ready_ms && hurried < ARRAY_SIZE(hurry_after_ms))
		ms = min_t(u32, ms, hurry_after_ms[0]);
	return ms;
}

static u32 net_poll(struct poller *self)
{
	u32 handled = device->ops->poll(device, RX_BUDGET);

	(void)self;
	this_cpu->softirqs[NET_RX_SOFTIRQ] += handled > 0;
	this_cpu->softirqs[TIMER_SOFTIRQ] += timer_expired();
	sys_check_timeouts();
	announce();
	net_tx_flush(device);
	if (handled == RX_BUDGET || !device->ops->enable_irq(device))
		return 0;
	return sleep_ms();
}

static u32 flush_poll(struct poller *self)
{
	(void)self;
	net_tx_flush(device);
	return POLL_IDLE;
}

static struct poller net_poller = { .name = "net", .poll = net_poll };
static struct poller flush_poller = { .name = "net_flush", .poll = flush_poll };

/* ---- Starting ---- */

static void read_params(void)
{
	const char *port = cmdline_value("port");
	const char *ip = cmdline_value("ip");
	const char *what;

	if (port && *port) {
		unsigned long value = strtoul(port, NULL, 10);

		if (value >= 1 && value <= 65535)
			http_port = (u16)value;
	}
	if (ip_param_parse(ip, &config, &what) < 0)
		pr_err("net: ip=%s refused for its %s; expected dhcp, off, or "
		       "client:server:gateway:netmask:hostname:device:autoconf with addresses A.B.C.D, "
		       "the gateway inside the net; asking DHCP instead",
		       ip, what);
	if (config.hostname[0])
		net_set_hostname(config.hostname);
}

static void find_device(void)
{
	if (config.mode == IP_MODE_OFF) {
		absent_reason = "switched off by ip=";
		return;
	}
	device = netdev_probe(&absent_reason);
	if (device)
		absent_reason = NULL;
	else
		pr_err("net: %s", absent_reason);
}

void net_init(void)
{
	static const u8 no_mac[6];

	read_params();
	find_device();
	net_random_init(device ? device->mac : no_mac);
	lwip_init();
	net_tx_init();
	if (!device) {
		stage_note("no network: %s", absent_reason);
		return;
	}
	interface = net_attach(device);
	netif_set_status_callback(interface, address_changed);
	poller_register(&net_poller);
	stage_note("lwIP %s over %s", LWIP_VERSION_STRING, device->driver);
}

static void configure_static(void)
{
	ip4_addr_t address, netmask, gateway;

	ip4_addr_set_u32(&address, config.address);
	ip4_addr_set_u32(&netmask, config.netmask);
	ip4_addr_set_u32(&gateway, config.gateway);
	netif_set_addr(interface, &address, &netmask, &gateway);
}

void net_start(void)
{
	if (!device) {
		announce_absent();
		return;
	}
	start_ms = now_ms();
	next_say_ms = start_ms + DHCP_SAY_MS;
	if (config.mode == IP_MODE_STATIC) {
		configure_static();
	} else {
		dhcp_set_struct(interface, &dhcp_state);
		if (dhcp_start(interface) != ERR_OK)
			pr_err("net: DHCP could not start; it will try again");
	}
	poller_register(&flush_poller);
	/* The first poll gives the NIC its buffers and sends what is waiting. */
	net_poll(&net_poller);
}

void net_set_no_network_report(void (*report)(void))
{
	no_network_report = report;
}

/* ---- Looking ---- */

u16 net_http_port(void)
{
	return http_port;
}

const struct netdev *net_device(void)
{
	return device;
}
