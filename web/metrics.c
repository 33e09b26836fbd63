/*
 * /metrics: Prometheus' text format. What node_exporter also has goes by its names, so that its
 * dashboards work; our own families begin with memscope_.
 *
 * A family's series stand together, so each family walks the zones or caches anew; the records are
 * read within one step and describe one instant.
 */
#include "web/metrics.h"

#include "kernel/job.h"
#include "kernel/time.h"
#include "mm/memstat.h"
#include "web/http_stats.h"
#include "web/prom.h"
#include "web/snapshot.h"
#include "web/totals.h"
#include "web/zone_items.h"

/* ---- Zones ---- */

static void zone_labels(struct prom_series *s, const struct memstat_zone *zone)
{
	prom_label_u32(s, "node", zone->node);
	prom_label(s, "zone", zone->name);
}

static void buddyinfo(struct writer *w)
{
	static const char name[] = "node_buddyinfo_blocks";

	prom_family(w, name, "gauge", "Free blocks of 2^size pages.");
	for (u32 i = 0; i < memstat_zone_count(); i++) {
		struct memstat_zone zone;

		memstat_zone(i, &zone);
		for (u32 order = 0; zone.populated && order < zone.orders; order++) {
			struct prom_series s = prom_series(w, name);
			u32 blocks = 0;

			for (u32 type = 0; type < MEMSTAT_TYPES; type++)
				blocks += zone.blocks[order][type];
			zone_labels(&s, &zone);
			prom_label_u32(&s, "size", order);
			prom_value(&s, blocks);
		}
	}
}

static void free_by_type(struct writer *w)
{
	static const char name[] = "memscope_free_blocks";

	prom_family(w, name, "gauge", "Free blocks of 2^order pages by migrate type.");
	for (u32 i = 0; i < memstat_zone_count(); i++) {
		struct memstat_zone zone;

		memstat_zone(i, &zone);
		for (u32 order = 0; zone.populated && order < zone.orders; order++) {
			for (u32 type = 0; type < MEMSTAT_TYPES; type++) {
				struct prom_series s = prom_series(w, name);

				zone_labels(&s, &zone);
				prom_label_u32(&s, "order", order);
				prom_label(&s, "type", memstat_type_name(type));
				prom_value(&s, zone.blocks[order][type]);
			}
		}
	}
}

/* A family node_zoneinfo_NAME with one series for each populated zone. */
static void zone_family(struct writer *w, const char *name, const char *suffix, const char *help,
			u32 (*value)(const struct memstat_zone *zone, u32 arg), u32 arg)
{
	char full[64];
	struct writer f;

	w_init(&f, full, sizeof(full) - 1);
	w_lit(&f, "node_zoneinfo_");
	w_str(&f, name);
	w_str(&f, suffix);
	*f.pos = '\0';
	prom_family(w, full, "gauge", help);
	for (u32 i = 0; i < memstat_zone_count(); i++) {
		struct memstat_zone zone;
		struct prom_series s;

		memstat_zone(i, &zone);
		if (!zone.populated)
			continue;
		s = prom_series(w, full);
		zone_labels(&s, &zone);
		prom_value(&s, value(&zone, arg));
	}
}

/* Where node_exporter's name is not the counter's with "_pages" behind it. */
static const char *zone_item_suffix(const char *name)
{
	u32 len = strlen(name);

	if (!strcmp(name, "nr_kernel_stack"))
		return "s";
	return len >= 6 && !strcmp(name + len - 6, "_pages") ? "" : "_pages";
}

static u32 zone_word(const struct memstat_zone *zone, u32 offset)
{
	return *(const u32 *)((const char *)zone + offset);
}

static void zoneinfo(struct writer *w)
{
	static const struct {
		const char *name, *help;
		u32 offset;
	} figures[] = {
		{ "min_pages", "Watermark below which only the reserve gives pages.",
		  offsetof(struct memstat_zone, min_pages) },
		{ "low_pages", "Watermark below which the main loop reclaims.",
		  offsetof(struct memstat_zone, low_pages) },
		{ "high_pages", "Watermark at which reclaiming ends.",
		  offsetof(struct memstat_zone, high_pages) },
		{ "scanned_pages", "Pages scanned since the last reclaim.",
		  offsetof(struct memstat_zone, scanned_pages) },
		{ "spanned_pages", "Pages from the zone's first to its last, with holes.",
		  offsetof(struct memstat_zone, spanned_pages) },
		{ "present_pages", "Pages of the zone without holes.",
		  offsetof(struct memstat_zone, present_pages) },
	};
	for (u32 i = 0; i < ARRAY_SIZE(figures); i++)
		zone_family(w, figures[i].name, "", figures[i].help, zone_word, figures[i].offset);
	for (u32 item = 0; item < zone_item_count(); item++)
		zone_family(w, zone_item_names[item], zone_item_suffix(zone_item_names[item]),
			    "Zone counter.", zone_item, item);
	for (u32 type = 0; type < MEMSTAT_ZONES; type++) {
		char name[] = "protection_0";

		name[sizeof(name) - 2] = (char)('0' + type);
		zone_family(w, name, "", "Pages kept from allocations that may use a higher zone.",
			    zone_word,
			    offsetof(struct memstat_zone, protection_pages) + type * sizeof(u32));
	}
}

/* ---- Slab caches ---- */

struct slab_family {
	struct writer *w;
	const char *name;
	u32 offset; /* of a u32 in struct memstat_cache */
};

static void slab_series(void *arg, const struct memstat_cache *cache)
{
	const struct slab_family *family = arg;
	struct prom_series s = prom_series(family->w, family->name);

	prom_label(&s, "slab", cache->name);
	prom_value(&s, *(const u32 *)((const char *)cache + family->offset));
}

static void slabinfo(struct writer *w)
{
	static const struct {
		const char *name, *help;
		u32 offset;
	} figures[] = {
		{ "node_slabinfo_active_objects", "Objects in use.",
		  offsetof(struct memstat_cache, active_objs) },
		{ "node_slabinfo_objects", "Objects there is room for in the slabs there are.",
		  offsetof(struct memstat_cache, num_objs) },
		{ "node_slabinfo_object_size_bytes", "Bytes an object takes.",
		  offsetof(struct memstat_cache, object_bytes) },
		{ "node_slabinfo_objects_per_slab", "Objects in a slab.",
		  offsetof(struct memstat_cache, objs_per_slab) },
		{ "node_slabinfo_pages_per_slab", "Pages of a slab.",
		  offsetof(struct memstat_cache, pages_per_slab) },
		{ "memscope_slab_pages", "Pages the cache holds.",
		  offsetof(struct memstat_cache, pages) },
	};

	for (u32 i = 0; i < ARRAY_SIZE(figures); i++) {
		struct slab_family family = { w, figures[i].name, figures[i].offset };

		prom_family(w, family.name, "gauge", figures[i].help);
		memstat_caches(slab_series, &family);
	}
}

/* ---- Totals ---- */

/* node_memory_MemTotal_bytes: parentheses in a label become underscores, none at the end. */
static void meminfo_family(void *arg, const char *label, u32 kib)
{
	struct writer *w = arg;
	char name[64];
	struct writer f;

	w_init(&f, name, sizeof(name) - 1);
	w_lit(&f, "node_memory_");
	for (; *label; label++) {
		if (*label == '(')
			w_char(&f, '_');
		else if (*label != ')')
			w_char(&f, *label);
	}
	w_lit(&f, "_bytes");
	*f.pos = '\0';
	prom_single(w, name, "gauge", "Field of /proc/meminfo.", (u64)kib * 1024);
}

static void vmstat_family(void *arg, const char *key, u64 value)
{
	struct writer *w = arg;
	char name[64];
	struct writer f;

	w_init(&f, name, sizeof(name) - 1);
	w_lit(&f, "node_vmstat_");
	w_str(&f, key);
	*f.pos = '\0';
	prom_single(w, name, "untyped", "Field of /proc/vmstat.", value);
}

/* ---- Our own ---- */

static void frames(struct writer *w)
{
	static const char name[] = "memscope_frames";
	struct memstat_frames frames;

	memstat_frames(&frames);
	prom_family(w, name, "gauge",
		    "Page frames of RAM by use; their sum is memscope_ram_frames.");
	for (u32 i = 0; i < frames.count; i++) {
		struct prom_series s = prom_series(w, name);

		prom_label(&s, "use", frames.uses[i].use);
		prom_value(&s, frames.uses[i].pages);
	}
	prom_single(w, "memscope_ram_frames", "gauge",
		    "Page frames of RAM in the loader's map, before any option.", frames.ram_pages);
}

static void counter(struct writer *w, const char *name, const char *help, u64 value)
{
	prom_single(w, name, "counter", help, value);
}

static void gauge(struct writer *w, const char *name, const char *help, u64 value)
{
	prom_single(w, name, "gauge", help, value);
}

static void server(struct writer *w)
{
	static const char responses[] = "memscope_http_responses_total";
	const struct http_stats *http = &http_stats;
	struct snapshot_counters snap;

	prom_family(w, responses, "counter", "Answers by class of status.");
	for (u32 i = 1; i < ARRAY_SIZE(http->responses); i++) {
		static const char *const classes[] = { "", "1xx", "2xx", "3xx", "4xx", "5xx" };
		struct prom_series s = prom_series(w, responses);

		prom_label(&s, "class", classes[i]);
		prom_value(&s, http->responses[i]);
	}
	gauge(w, "memscope_http_connections", "Connections open now.", http->connections);
	gauge(w, "memscope_http_connections_max", "Connections that may be open.",
	      http->connections_max);
	counter(w, "memscope_http_accepted_total", "Connections accepted.", http->accepted);
	counter(w, "memscope_http_evicted_total", "Idle connections closed to make room.",
		http->evicted);
	counter(w, "memscope_http_refused_total", "Connections refused for want of room.",
		http->refused);
	counter(w, "memscope_http_timeouts_total", "Connections that took too long.",
		http->timeouts);
	snapshot_get_counters(&snap);
	gauge(w, "memscope_snapshot_slots", "Slots for answers.", snap.slots);
	gauge(w, "memscope_snapshot_slots_in_use", "Slots that hold an answer besides this one.",
	      snap.slots_in_use);
	gauge(w, "memscope_snapshot_slot_bytes", "Size of a slot.", snap.slot_bytes);
	counter(w, "memscope_snapshots_taken_total", "Answers rendered.", snap.taken);
	counter(w, "memscope_snapshots_shared_total", "Answers that served another reader too.",
		snap.shared);
	counter(w, "memscope_snapshots_refused_total", "Answers there was no room for.",
		snap.refused);
	gauge(w, "memscope_snapshot_longest_cycles", "Cycles the dearest answer has cost.",
	      snap.longest_cycles);
}

static void clocks(struct writer *w)
{
	static const struct {
		const char *name, *type, *help;
	} families[] = {
		{ "memscope_uptime_seconds", "gauge", "Time since entry." },
		{ "memscope_idle_seconds_total", "counter", "Time halted since entry." },
		{ "memscope_loop_longest_seconds", "gauge", "The longest turn of the main loop." },
	};
	const u64 micros[] = { now_us(), idle_us(), cycles_to_us(loop_longest_cycles(false)) };

	for (u32 i = 0; i < ARRAY_SIZE(families); i++) {
		struct prom_series s;

		prom_family(w, families[i].name, families[i].type, families[i].help);
		s = prom_series(w, families[i].name);
		prom_value_decimal(&s, micros[i], 6);
	}
}

void metrics(struct writer *w)
{
	buddyinfo(w);
	zoneinfo(w);
	slabinfo(w);
	meminfo_for_each(meminfo_family, w);
	vmstat_for_each(vmstat_family, w);
	frames(w);
	free_by_type(w);
	clocks(w);
	server(w);
	metrics_net(w);
}
