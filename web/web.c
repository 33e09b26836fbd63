/*
 * Starting the server, and what is printed when there is no network to serve it over.
 *
 * The reserve for snapshots is taken once and by the size of RAM, so that the smallest machine that
 * boots can still show its pages:
 *
 *	RAM from	slots	bytes a slot	connections
 *	64 MiB		4	128 KiB		128
 *	16 MiB		4	 64 KiB		64
 *	 8 MiB		4	 32 KiB		32
 *	less		2	 32 KiB		16
 *
 * If the pages cannot be had, half of them are tried, down to one slot of 16 KiB.
 */
#include "web/web.h"

#include "kernel/cmdline.h"
#include "kernel/job.h"
#include "kernel/lib/errno.h"
#include "kernel/printk.h"
#include "mm/memstat.h"
#include "mm/slab.h"
#include "web/host_policy.h"
#include "web/proc.h"
#include "web/request.h"
#include "web/route.h"
#include "web/snapshot.h"
#include "web/tcp.h"

#define DEFAULT_PORT 80
#define SLOT_BYTES_MIN (16 * 1024)
#define PATTERN_ORDER 3 /* 32 KiB hold NET_SOURCE_PERIOD bytes */

BUILD_BUG_ON(NET_SOURCE_PERIOD > PAGE_SIZE << PATTERN_ORDER);

struct sizing {
	u32 ram_pages_from;
	u32 slots, slot_bytes, connections;
};

static const struct sizing sizings[] = {
	{ 64 * 256, 4, 128 * 1024, 128 },
	{ 15 * 256, 4, 64 * 1024, 64 }, /* 16 MiB less what the firmware keeps */
	{ 7 * 256, 4, 32 * 1024, 32 },
	{ 0, 2, 32 * 1024, 16 },
};

u16 web_port(void)
{
	const char *value = cmdline_value("port");
	const char *end;
	u32 port;

	if (!value)
		return DEFAULT_PORT;
	end = parse_u32(value, &port);
	if (!end || *end || port < 1 || port > 65535)
		return DEFAULT_PORT;
	return (u16)port;
}

/* One line if port= was given and is not used. */
static void report_port(void)
{
	const char *value = cmdline_value("port");
	const char *end;
	u32 port;

	if (!value)
		return;
	end = parse_u32(value, &port);
	if (!end || *end || port != web_port())
		pr_err("web: port=%s is not a number from 1 to 65535: using %u", value,
		       DEFAULT_PORT);
}

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
	u32 slots = size->slots, slot_bytes = size->slot_bytes;
	void *memory;

	for (;;) {
		unsigned order = 0;

		while (PAGE_SIZE << order < slots * slot_bytes)
			order++;
		memory = __get_free_pages(GFP_KERNEL | __GFP_NOWARN, order, OWNER_HTTP);
		if (memory)
			break;
		if (slots > 1)
			slots /= 2;
		else if (slot_bytes > SLOT_BYTES_MIN)
			slot_bytes /= 2;
		else
			return -ENOMEM;
	}
	snapshot_init(memory, slots, slot_bytes);
	net_source_init(__get_free_pages(GFP_KERNEL | __GFP_NOWARN, PATTERN_ORDER, OWNER_HTTP));
	if (slots != size->slots || slot_bytes != size->slot_bytes)
		pr_warn("web: %u slots of %u bytes for snapshots instead of %u of %u", slots,
			slot_bytes, size->slots, size->slot_bytes);
	return 0;
}

static u32 poll(struct poller *self)
{
	(void)self;
	snapshot_new_step();
	return POLL_IDLE;
}

static struct poller web_poller = { .name = "web", .poll = poll };

int web_init(void)
{
	const struct sizing *size = sizing_for_ram();
	int error;

	report_port();
	host_policy_init(cmdline_value("host"));
	error = reserve(size);
	if (error) {
		pr_err("web: no memory for a single snapshot: there will be no pages");
		return error;
	}
	error = tcp_server_init(web_port(), size->connections);
	if (error) {
		pr_err("web: cannot listen on port %u: error %d", web_port(), -error);
		return error;
	}
	poller_register(&web_poller);
	pr_info("web: port %u, at most %u connections", web_port(), size->connections);
	return 0;
}

void web_print_state(void)
{
	struct memstat_frames frames;
	char line[256];
	u32 sum = 0;

	for (u32 i = 0; i < memstat_zone_count(); i++) {
		struct writer w;

		w_init(&w, line, sizeof(line));
		proc_buddyinfo_line(&w, i);
		if (w_len(&w))
			printk_raw_line("%.*s", (int)w_len(&w) - 1, line);
	}
	memstat_frames(&frames);
	for (u32 i = 0; i < frames.count; i++)
		sum += frames.uses[i].pages;
	printk_raw_line("frames: %u of %u pages of RAM accounted for", sum, frames.ram_pages);
}
