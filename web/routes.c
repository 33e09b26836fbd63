/*
 * What is served where, and the indexes made from it.
 *
 * /proc and /sys give Linux's texts (web/proc.h), /metrics Prometheus' format, /api/v1 JSON. What
 * is not in this table is looked for among the static pages (web/assets.h). docs/http-api.md
 * describes each answer.
 */
#include "mm/memstat.h"
#include "web/events.h"
#include "web/json.h"
#include "web/metrics.h"
#include "web/proc.h"
#include "web/route.h"

#define PATH(p) .path = (p), .path_len = sizeof(p) - 1
#define READ_ONLY .methods = METHOD_GET | METHOD_HEAD

#define TEXT(p, fn, what)                                                                       \
	{                                                                                       \
		PATH(p), READ_ONLY, .content_type = "text/plain; charset=utf-8", .shows = what, \
				    .text = fn                                                  \
	}
#define JSON(p, fn, what)                                                                         \
	{                                                                                         \
		PATH(p), READ_ONLY, .content_type = "application/json", .shows = what, .text = fn \
	}
#define INDEX(p, fn, type, what)                                                      \
	{                                                                             \
		PATH(p), READ_ONLY, .content_type = type, .shows = what, .render = fn \
	}

#define PIECES(p, fn, type, what)                                                    \
	{                                                                            \
		PATH(p), READ_ONLY, .content_type = type, .shows = what, .piece = fn \
	}

#define ACTION(p, fn, what)                                                          \
	{                                                                            \
		PATH(p), .methods = METHOD_POST, .content_type = "application/json", \
			 .shows = what, .act = fn                                    \
	}

#define PLAIN "text/plain; charset=utf-8"
#define HTML "text/html; charset=utf-8"
#define METRICS "text/plain; version=0.0.4; charset=utf-8"

const struct route routes[] = {
	TEXT("/proc/allocinfo", proc_allocinfo, "who holds memory, by call site"),
	TEXT("/proc/buddyinfo", proc_buddyinfo, "free blocks by zone and order"),
	TEXT("/proc/cmdline", proc_cmdline, "the options given at boot"),
	TEXT("/proc/cpuinfo", proc_cpuinfo, "the processor"),
	TEXT("/proc/interrupts", proc_interrupts, "interrupts taken, by line"),
	TEXT("/proc/ioports", proc_ioports, "the I/O ports, as a tree"),
	TEXT("/proc/iomem", proc_iomem, "the physical address map, as a tree"),
	TEXT("/proc/kmsg", proc_kmsg, "the kernel log, as far back as it goes"),
	TEXT("/proc/meminfo", proc_meminfo, "totals in KiB"),
	TEXT("/proc/mtrr", proc_mtrr, "memory types by range of addresses"),
	TEXT("/proc/net/dev", proc_net_dev, "the interface's counters"),
	TEXT("/proc/pagetypeinfo", proc_pagetypeinfo,
	     "free blocks by zone, order and migrate type"),
	TEXT("/proc/slabinfo", proc_slabinfo, "slab caches"),
	TEXT("/proc/softirqs", proc_softirqs, "deferred work, by kind"),
	TEXT("/proc/stat", proc_stat, "time busy and idle, interrupts, boot time"),
	TEXT("/proc/uptime", proc_uptime, "seconds since entry, and seconds halted"),
	TEXT("/proc/version", proc_version, "version and compiler"),
	TEXT("/proc/vmallocinfo", proc_vmallocinfo, "vmalloc areas"),
	TEXT("/proc/vmstat", proc_vmstat, "counters over all zones"),
	TEXT("/proc/zoneinfo", proc_zoneinfo, "each zone's watermarks, sizes and counters"),
	INDEX("/proc/", index_page, HTML, "what is below /proc"),

	TEXT("/sys/kernel/debug/extfrag/extfrag_index", sys_extfrag_index,
	     "why no block of an order is free: too little, or in pieces"),
	TEXT("/sys/kernel/debug/extfrag/unusable_index", sys_unusable_index,
	     "share of free memory that an order cannot use"),
	INDEX("/sys/kernel/debug/extfrag/", index_page, HTML, "fragmentation by order"),
	TEXT("/sys/kernel/debug/kernel_page_tables", sys_kernel_page_tables,
	     "every mapping of the kernel, by area"),
	INDEX("/sys/firmware/memmap/", index_memmap, HTML, "the firmware's memory map, as given"),
	{ PATH("/sys/firmware/memmap/"), .prefix = true, READ_ONLY,
	  .content_type = "text/plain; charset=utf-8", .render = sys_firmware_memmap },
	INDEX("/sys/firmware/", index_page, HTML, "what is below /sys/firmware"),
	INDEX("/sys/kernel/debug/", index_page, HTML, "what is below /sys/kernel/debug"),
	INDEX("/sys/", index_page, HTML, "what is below /sys"),

	{ PATH("/metrics"), READ_ONLY, .content_type = METRICS, .text = metrics,
	  .shows = "everything that can be counted, for Prometheus" },

	{ PATH("/events"), READ_ONLY, .content_type = "text/event-stream", .open = events_open,
	  .shows = "what changes, as server-sent events: ?hz=1..10&of=memory,log,buddy&views=" },
	JSON("/api/v1/memory", api_memory, "page frames by use, zones, slab caches"),
	JSON("/api/v1/buddy", api_buddy,
	     "fragmentation by order, and what requests would meet now"),
	PIECES("/api/v1/boot", api_boot, "application/json",
	       "stages, memory maps, early reservations, options"),
	PIECES("/api/v1/boot.txt", boot_text, PLAIN, "the same as text"),
	JSON("/api/v1/early", api_early,
	     "early allocations and reservations, memory test, corruption check, crash kernel"),
	JSON("/api/v1/modules", api_modules, "the boot loader's modules"),
	{ PATH(MODULES_PATH), .prefix = true, READ_ONLY, .content_type = "application/octet-stream",
	  .open = module_content },
	JSON("/api/v1/nodes", api_nodes, "nodes: SRAT, distances, windows, zonelists"),
	JSON("/api/v1/kernel", api_kernel,
	     "per-CPU area, vectors, tasks, init functions, limits, hash tables, clock"),
	JSON("/api/v1/connections", api_connections, "HTTP connections by number"),
	{ PATH("/api/v1/connections/"), .prefix = true, READ_ONLY,
	  .content_type = "application/json", .render = api_connection },
	JSON("/api/v1/check", api_check, "every page descriptor walked and compared"),
	JSON("/api/v1/firmware", api_firmware, "ACPI, MP table, SMBIOS, ROMs"),
	JSON("/api/v1/machine", api_machine, "processor, interrupts, memory types"),
	JSON("/api/v1/pci", api_pci, "PCI devices and their regions"),
	INDEX("/api/v1/frames", api_frames, "application/json",
	      "a picture of all page frames: ?by=state|use|zone|node|order|cache|type|age&start=&frames=&cells="),
	INDEX("/api/v1/frame", api_frame, "application/json",
	      "all that is known of one page frame: ?pfn=N or ?address=0x..."),
	INDEX("/api/v1/slab", api_slab, "application/json",
	      "one slab cache, its slabs and their objects: ?cache=NAME&first=&slabs="),
	INDEX("/api/v1/callsites", api_callsites, "application/json",
	      "who allocated what: ?since=mark&first=&sites="),
	ACTION("/api/v1/mark", api_mark, "POST: a moment that callsites can be compared with"),
	INDEX("/api/v1/buddy/events", api_buddy_events, "application/json",
	      "splits and merges while somebody listens to /events?of=buddy: ?since="),
	{ PATH("/api/v1/buddy/step"), .methods = METHOD_POST | METHOD_DELETE,
	  .content_type = "application/json", .act = api_buddy_step,
	  .shows = "POST ?order=&ms=&zone=: splits and joins one block slowly; DELETE ends it" },
	JSON("/api/v1/vm", api_vm, "virtual layout, vmalloc areas, kmaps and fixmaps"),
	INDEX("/api/v1/pagetables", api_pagetables, "application/json",
	      "the page directory and an audit, what is mapped: ?runs=&from=0x..., "
	      "or the walk of ?address=0x..."),
	INDEX("/api/v1/snapshot", api_snapshot, "application/json",
	      "memory, buddy, vm, net, callsites and pagetables of one instant"),
	INDEX("/api/v1/net", api_net, "application/json",
	      "interface, rings, counters, pools, connections with the memory each holds"),
	{ PATH("/api/v1/net/source"), READ_ONLY, .content_type = "application/octet-stream",
	  .open = net_source, .shows = "a pattern of any length: ?bytes=N&seed=S" },
	{ PATH("/api/v1/net/sink"), .methods = METHOD_POST, .content_type = "application/json",
	  .act = net_sink, .body = &net_sink_body,
	  .shows = "POST: compares a body with the pattern of ?seed=S" },
	ACTION("/api/v1/poweroff", api_poweroff, "POST: switches the machine off"),
	ACTION("/api/v1/reboot", api_reboot, "POST: starts the machine again"),
	{ PATH("/api/v1/memtest"),
	  .methods = METHOD_GET | METHOD_HEAD | METHOD_POST | METHOD_DELETE,
	  .content_type = "application/json", .text = api_ramtest, .act = api_memtest,
	  .body = &body_text, .shows = "the test of free RAM; POST to start, DELETE to stop" },
	{ PATH("/api/v1/soak"), .methods = METHOD_GET | METHOD_HEAD | METHOD_POST,
	  .content_type = "application/json", .text = api_soak, .act = api_soak_start,
	  .body = &body_text, .shows = "soak jobs; POST a document to start one" },
	{ PATH("/api/v1/fault"), .methods = METHOD_GET | METHOD_HEAD | METHOD_POST | METHOD_DELETE,
	  .content_type = "application/json", .text = api_fault, .act = api_fault_set,
	  .body = &body_text,
	  .shows = "allocations that fail on demand; POST failslab, fail_page_alloc; DELETE" },
	JSON("/api/v1/soak/profiles", api_soak_profiles,
	     "soak documents that come with the kernel"),
	{ PATH("/api/v1/soak/"), .prefix = true,
	  .methods = METHOD_GET | METHOD_HEAD | METHOD_DELETE, .content_type = "application/json",
	  .render = api_soak_one, .act = api_soak_end },
	INDEX("/api/v1/", index_json, "application/json", "what is below /api/v1"),
	INDEX("/api/", index_json, "application/json", "what is below /api"),
};

const u32 route_count = ARRAY_SIZE(routes);

const struct route *route_find(const char *path, u32 len)
{
	for (u32 i = 0; i < ARRAY_SIZE(routes); i++) {
		const struct route *r = &routes[i];

		if (len != r->path_len && !(r->prefix && len > r->path_len))
			continue;
		if (!memcmp(path, r->path, r->path_len))
			return r;
	}
	return NULL;
}

/* ---- Indexes ---- */

static void html_text(struct writer *w, const char *s)
{
	for (; *s; s++) {
		if (*s == '&')
			w_lit(w, "&amp;");
		else if (*s == '<')
			w_lit(w, "&lt;");
		else if (*s == '"')
			w_lit(w, "&quot;");
		else
			w_char(w, *s);
	}
}

static void page_begin(struct writer *w, const char *title)
{
	w_lit(w, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>");
	html_text(w, title);
	w_lit(w, "</title>\n<h1>");
	html_text(w, title);
	w_lit(w, "</h1>\n<ul>\n");
}

static void page_item(struct writer *w, const char *href, const char *text)
{
	w_lit(w, "<li><a href=\"");
	html_text(w, href);
	w_lit(w, "\">");
	html_text(w, href);
	w_lit(w, "</a> ");
	html_text(w, text);
	w_char(w, '\n');
}

static void page_end(struct writer *w)
{
	w_lit(w, "</ul>\n");
}

/* True for a route that an index at `path` lists. */
static bool listed(const struct route *r, const char *path, u32 len)
{
	return r->shows && r->path_len > len && !memcmp(r->path, path, len);
}

int index_page(const struct http_request *req, struct writer *w)
{
	page_begin(w, req->path);
	for (u32 i = 0; i < ARRAY_SIZE(routes); i++)
		if (listed(&routes[i], req->path, req->path_len))
			page_item(w, routes[i].path, routes[i].shows);
	page_end(w);
	return 0;
}

static void methods(struct json *j, u8 bits)
{
	j_array(j, "methods");
	for (u8 bit = 1; bit < METHOD_OTHER; bit <<= 1)
		if (bits & bit)
			j_str(j, NULL, method_name((enum request_method)bit));
	j_end_array(j);
}

int index_json(const struct http_request *req, struct writer *w)
{
	struct json j;

	j_begin(&j, w);
	j_object(&j, NULL);
	j_array(&j, "routes");
	for (u32 i = 0; i < ARRAY_SIZE(routes); i++) {
		if (!listed(&routes[i], req->path, req->path_len))
			continue;
		j_object(&j, NULL);
		j_str(&j, "path", routes[i].path);
		methods(&j, routes[i].methods);
		j_str(&j, "content_type", routes[i].content_type);
		j_str(&j, "shows", routes[i].shows);
		j_end_object(&j);
	}
	j_end_array(&j);
	j_end_object(&j);
	w_char(w, '\n');
	return 0;
}

int index_memmap(const struct http_request *req, struct writer *w)
{
	u32 entries = memstat_e820_entry_count(0);

	page_begin(w, req->path);
	for (u32 i = 0; i < entries; i++) {
		struct memstat_e820_entry entry;
		struct writer href;
		char buf[48];

		memstat_e820_entry(0, i, &entry);
		w_init(&href, buf, sizeof(buf));
		w_str(&href, req->path);
		w_u32(&href, i, 0);
		w_lit(&href, "/\0");
		page_item(w, buf, memstat_e820_type_name(entry.type));
	}
	page_end(w);
	return 0;
}
