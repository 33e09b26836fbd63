/*
 * /proc/meminfo and /proc/vmstat: totals over all zones, every key of 2.6.34 in its order. Keys of
 * what this kernel does not have (page cache, swap, user memory) are there and 0, as their readers
 * expect.
 */
#include "mm/memstat.h"
#include "web/proc.h"
#include "web/totals.h"
#include "web/zone_items.h"

void meminfo_for_each(void (*fn)(void *arg, const char *label, u32 kib), void *arg)
{
	struct memstat_totals t;

	memstat_totals(&t);

	const struct {
		const char *label;
		u32 kib;
	} rows[] = {
		{ "MemTotal", t.total_ram_pages * 4 },
		{ "MemFree", t.free_pages * 4 },
		{ "Buffers", 0 },
		{ "Cached", 0 },
		{ "SwapCached", 0 },
		{ "Active", 0 },
		{ "Inactive", 0 },
		{ "Active(anon)", 0 },
		{ "Inactive(anon)", 0 },
		{ "Active(file)", 0 },
		{ "Inactive(file)", 0 },
		{ "Unevictable", 0 },
		{ "Mlocked", 0 },
		{ "HighTotal", t.total_high_pages * 4 },
		{ "HighFree", t.free_high_pages * 4 },
		{ "LowTotal", (t.total_ram_pages - t.total_high_pages) * 4 },
		{ "LowFree", (t.free_pages - t.free_high_pages) * 4 },
		{ "SwapTotal", 0 },
		{ "SwapFree", 0 },
		{ "Dirty", 0 },
		{ "Writeback", 0 },
		{ "AnonPages", 0 },
		{ "Mapped", 0 },
		{ "Shmem", 0 },
		{ "Slab", (t.slab_reclaimable_pages + t.slab_unreclaimable_pages) * 4 },
		{ "SReclaimable", t.slab_reclaimable_pages * 4 },
		{ "SUnreclaim", t.slab_unreclaimable_pages * 4 },
		{ "KernelStack", t.kernel_stack_pages * 4 },
		{ "PageTables", t.pagetable_pages * 4 },
		{ "NFS_Unstable", 0 },
		{ "Bounce", 0 },
		{ "WritebackTmp", 0 },
		{ "CommitLimit", 0 },
		{ "Committed_AS", 0 },
		{ "VmallocTotal", t.vmalloc_total_bytes / 1024 },
		{ "VmallocUsed", t.vmalloc_used_bytes / 1024 },
		{ "VmallocChunk", t.vmalloc_largest_free_bytes / 1024 },
		{ "DirectMap4k", t.direct_map_4k_kib },
		{ "DirectMap4M", t.direct_map_4m_kib },
	};

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		fn(arg, rows[i].label, rows[i].kib);
}

static void meminfo_row(void *arg, const char *label, u32 kib)
{
	struct writer *w = arg;
	u32 before = w_len(w);

	w_str(w, label);
	w_char(w, ':');
	if (w_len(w) - before < 16)
		w_fill(w, ' ', 16 - (w_len(w) - before));
	w_u32(w, kib, 8);
	w_lit(w, " kB\n");
}

void proc_meminfo(struct writer *w)
{
	meminfo_for_each(meminfo_row, w);
}

/* Sums of the zones' counters. nr_kernel_stack is not counted by zone. */
static void zone_sums(u32 sums[ZONE_ITEMS])
{
	struct memstat_zone zone;

	memset(sums, 0, ZONE_ITEMS * sizeof(sums[0]));
	for (u32 i = 0; i < memstat_zone_count(); i++) {
		memstat_zone(i, &zone);
		for (u32 item = 0; item < zone_item_count(); item++)
			sums[item] += zone_item(&zone, item);
	}
}

void vmstat_for_each(void (*fn)(void *arg, const char *key, u64 value), void *arg)
{
	static const char *const none_before[] = { "pgpgin", "pgpgout", "pswpin", "pswpout" };
	static const char *const pgalloc[MEMSTAT_ZONES] = { "pgalloc_dma", "pgalloc_normal",
							    "pgalloc_high", "pgalloc_movable" };
	static const char *const none_scan[] = {
		"pgrefill_dma",		 "pgrefill_normal",	 "pgrefill_high",
		"pgrefill_movable",	 "pgsteal_dma",		 "pgsteal_normal",
		"pgsteal_high",		 "pgsteal_movable",	 "pgscan_kswapd_dma",
		"pgscan_kswapd_normal",	 "pgscan_kswapd_high",	 "pgscan_kswapd_movable",
		"pgscan_direct_dma",	 "pgscan_direct_normal", "pgscan_direct_high",
		"pgscan_direct_movable", "pginodesteal",
	};
	static const char *const none_kswapd[] = {
		"kswapd_steal",
		"kswapd_inodesteal",
		"kswapd_low_wmark_hit_quickly",
		"kswapd_high_wmark_hit_quickly",
		"kswapd_skip_congestion_wait",
		"pageoutrun",
	};
	struct memstat_totals t;
	u32 sums[ZONE_ITEMS];

	memstat_totals(&t);
	zone_sums(sums);
	for (u32 i = 0; i < zone_item_count(); i++)
		fn(arg, zone_item_names[i], sums[i]);
	for (u32 i = 0; i < ARRAY_SIZE(none_before); i++)
		fn(arg, none_before[i], 0);
	for (u32 i = 0; i < MEMSTAT_ZONES; i++)
		fn(arg, pgalloc[i], t.pgalloc[i]);
	fn(arg, "pgfree", t.pgfree);
	fn(arg, "pgactivate", 0);
	fn(arg, "pgdeactivate", 0);
	fn(arg, "pgfault", t.pgfault);
	fn(arg, "pgmajfault", 0);
	for (u32 i = 0; i < ARRAY_SIZE(none_scan); i++)
		fn(arg, none_scan[i], 0);
	fn(arg, "slabs_scanned", t.slabs_scanned);
	for (u32 i = 0; i < ARRAY_SIZE(none_kswapd); i++)
		fn(arg, none_kswapd[i], 0);
	fn(arg, "allocstall", t.allocstall);
	fn(arg, "pgrotated", 0);
}

static void vmstat_row(void *arg, const char *key, u64 value)
{
	struct writer *w = arg;

	w_str(w, key);
	w_char(w, ' ');
	w_u64(w, value, 0);
	w_char(w, '\n');
}

void proc_vmstat(struct writer *w)
{
	vmstat_for_each(vmstat_row, w);
}
