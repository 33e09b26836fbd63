/*
 * Starting the server, and what is printed when there is no network to serve it over.
 *
 * The reserve for snapshots is taken once and by the size of RAM, so that the smallest machine that
 * boots can still show its pages:
 *
 *	RAM from	slots of 8 KiB	connections
 *	64 MiB		64		128
 *	16 MiB		32		64
 *	 8 MiB		32		64
 *	less		16		32
 *
 * Connections are also at most three quarters of TCP's, so that new ones can still arrive while all
 * of them are taken, and at most what vfs_caches_init allows. If the pages cannot be had, half of them are tried.
 */
#include "web/web.h"

#include "kernel/cmdline.h"
#include "kernel/job.h"
#include "kernel/lib/bitops.h"
#include "kernel/lib/errno.h"
#include "kernel/printk.h"
#include "mm/memstat.h"
#include "mm/slab.h"
#include "net/limits.h"
#include "net/net.h"
#include "web/auth.h"
#include "web/dcache.h"
#include "web/events.h"
#include "web/host_policy.h"
#include "web/proc.h"
#include "web/route.h"
#include "web/snapshot.h"
#include "web/soak_boot.h"
#include "web/tcp.h"

#define SLOT_BYTES (8 * 1024)
#define PATTERN_ORDER 3 /* 32 KiB hold NET_SOURCE_PERIOD bytes */

BUILD_BUG_ON(NET_SOURCE_PERIOD > PAGE_SIZE << PATTERN_ORDER);

struct sizing {
	u32 ram_pages_from; /* less than the nominal size: what boot keeps is not counted */
	u32 slots, connections;
};

static const struct sizing sizings[] = {
	{ 60 * 256, 64, 128 },
	{ 14 * 256, 32, 64 },
	{ 6 * 256, 32, 64 },
	{ 0, 16, 32 },
};

static const struct sizing *sizing_for_ram(void)
{
	const struct sizing *s = sizings;
	struct memstat_totals totals;

	memstat_totals(&totals);
	while (totals.total_ram_pages < s->ram_pages_from)
		s++;
	return s;
}

/* Takes the pages for snapshots and for the pattern. Returns 0 or -ENOMEM. */
static int reserve(const struct sizing *size)
{
	u32 slots = size->slots;
	void *memory;

	for (;;) {
		memory = __get_free_pages(GFP_KERNEL | __GFP_NOWARN, get_order(slots * SLOT_BYTES),
					  OWNER_HTTP);
		if (memory)
			break;
		slots /= 2;
		if (!slots)
			return -ENOMEM;
	}
	snapshot_init(memory, slots, SLOT_BYTES);
	net_source_init(__get_free_pages(GFP_KERNEL | __GFP_NOWARN, PATTERN_ORDER, OWNER_HTTP));
	if (slots != size->slots)
		pr_warn("web: memory for %u slots of %u bytes instead of %u", slots, SLOT_BYTES,
			size->slots);
	return 0;
}

static u32 poll(struct poller *self)
{
	(void)self;
	snapshot_new_step();
	host_policy_set_dhcp_name(net_hostname());
	return POLL_IDLE;
}

static struct poller web_poller = { .name = "web", .poll = poll };

int web_init(void)
{
	const struct sizing *size = sizing_for_ram();
	u32 connections = min(min(size->connections, net_max_connections() * 3 / 4),
			      web_requests_max());
	u16 port = net_http_port();
	int error;

	host_policy_init(cmdline_value("host"));
	auth_init(cmdline_token());
	error = reserve(size);
	if (error) {
		pr_err("web: no memory for a single snapshot: there will be no pages");
		return error;
	}
	error = tcp_server_init(port, connections);
	if (error) {
		pr_err("web: cannot listen on port %u: error %d", port, -error);
		return error;
	}
	poller_register(&web_poller);
	soak_boot_init();
	events_init(connections / 8);
	pr_info("web: port %u, at most %u connections", port, connections);
	return 0;
}

static void print_zone(void *arg, const struct memstat_free_blocks *zone)
{
	char line[256];
	struct writer w;

	(void)arg;
	w_init(&w, line, sizeof(line));
	proc_buddyinfo_zone(&w, zone);
	printk_raw_line("%.*s", (int)w_len(&w) - 1, line);
}

void web_print_state(void)
{
	struct memstat_frames frames;
	u32 sum = 0;

	memstat_free_blocks(print_zone, NULL);
	memstat_frames(&frames);
	for (u32 i = 0; i < frames.count; i++)
		sum += frames.uses[i].pages;
	printk_raw_line("frames: %u of %u pages of RAM accounted for", sum, frames.ram_pages);
}
