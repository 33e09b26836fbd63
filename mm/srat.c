/*
 * SRAT and SLIT (see srat.h).
 *
 *	SRAT	header 36 | reserved 12 | sub-tables { type 1, length 1, ... }
 *	  type 0, 16 bytes   local APIC id   -> domain
 *	  type 1, 40 bytes   [base, +length) -> domain, flags: enabled, hot pluggable
 *	  type 2, 24 bytes   x2APIC id       -> domain
 *	SLIT	header 36 | n, 8 bytes | n * n distances, 1 byte each, 10: the same domain
 *
 * The SRAT is walked three times, for x2APIC, processor and memory entries, as documented. What
 * comes out are the chunks, sorted by start, and a bit for each domain that has memory:
 *
 *	node_memory_chunk    [ 0..0xa0 pxm 0 ][ 0x100..0x20000 pxm 0 ][ 0x20000..0x40000 pxm 1 ]
 *	pxm_bitmap           ..0011
 *
 * A sub-table that is shorter than its own head or ends beyond the table, or one whose length is not
 * the one its type has, makes the whole SRAT unusable (bad_srat): nothing tells what else in it is
 * wrong. An empty or wrapping range makes only its entry so.
 *
 * Boot only; what was read stays for those who show it.
 *
 * Departures from the documents:
 * - the documented insertion shifts from one element beyond the last used one, which overruns the
 *   array when all but one are taken; here only used ones move;
 * - page frames are 64 bits wide, so that memory beyond 4 GiB is not taken for some below;
 * - x2APIC entries are kept like processor entries; the documented 32-bit kernel only reports them.
 */
#include "mm/srat.h"

#include <string.h>

#include "kernel/lib/bitops.h"
#include "kernel/lib/errno.h"
#include "kernel/printk.h"
#include "kernel/stage.h"

#define SRAT_HEADER 48u
#define SLIT_HEADER 44u

struct srat_mem {
	u8 type, length;
	u32 pxm;
	u16 reserved;
	u64 base, bytes;
	u32 reserved2, flags;
	u64 reserved3;
} __packed;

struct srat_cpu {
	u8 type, length, pxm_low, apic_id;
	u32 flags;
	u8 sapic_eid, pxm_high[3];
	u32 clock;
} __packed;

struct srat_x2apic {
	u8 type, length;
	u16 reserved;
	u32 pxm, apic_id, flags, clock, reserved2;
} __packed;

BUILD_BUG_ON(sizeof(struct srat_mem) != 40 || sizeof(struct srat_cpu) != 16 ||
	     sizeof(struct srat_x2apic) != 24);

#define ENTRY_ENABLED 1u
#define ENTRY_HOT_PLUGGABLE 2u

struct node_memory_chunk node_memory_chunk[MAXCHUNKS];
int num_memory_chunks;
u32 pxm_bitmap[MAX_PXM_DOMAINS / 32];
struct srat srat;
const char *slit_refused;
bool numa_off, numa_noremap;

static u8 distances[MAX_NUMNODES][MAX_NUMNODES]; /* 0: none given */

int parse_numa(const char *value)
{
	numa_off = !strcmp(value, "off");
	numa_noremap = !strcmp(value, "noremap");
	return numa_off || numa_noremap ? 0 : -EINVAL;
}

/* ---- Chunks and domains ---- */

bool __init srat_insert_chunk(u64 start_pfn, u64 end_pfn, u32 pxm, bool hot_pluggable)
{
	int at = num_memory_chunks;

	if (num_memory_chunks == MAXCHUNKS) {
		pr_warn("srat: more than %d chunks: %llu pages of domain %u ignored", MAXCHUNKS,
			end_pfn - start_pfn, pxm);
		stage_note("no room for [%#llx, %#llx) of domain %u: ignored", start_pfn, end_pfn,
			   pxm);
		return false;
	}
	for (; at > 0 && node_memory_chunk[at - 1].start_pfn > start_pfn; at--)
		node_memory_chunk[at] = node_memory_chunk[at - 1];
	node_memory_chunk[at] = (struct node_memory_chunk){ start_pfn, end_pfn, (u16)pxm, 0,
							    hot_pluggable };
	num_memory_chunks++;
	return true;
}

static bool has_memory(u32 pxm)
{
	return pxm < MAX_PXM_DOMAINS && pxm_bitmap[pxm / 32] >> pxm % 32 & 1;
}

static u32 domains_below(u32 pxm)
{
	u32 n = 0;

	for (u32 i = 0; i < pxm; i++)
		n += has_memory(i);
	return n;
}

int srat_node_count(void)
{
	return (int)min(domains_below(MAX_PXM_DOMAINS), (u32)MAX_NUMNODES);
}

int pxm_to_node(u32 pxm)
{
	return has_memory(pxm) ? (int)min(domains_below(pxm), MAX_NUMNODES - 1u) : -1;
}

int node_to_pxm(int nid)
{
	for (u32 pxm = 0; pxm < MAX_PXM_DOMAINS; pxm++)
		if (pxm_to_node(pxm) == nid)
			return (int)pxm;
	return -1;
}

int apicid_to_node(u32 apic_id)
{
	for (u32 i = 0; i < srat.cpu_count; i++)
		if (srat.cpus[i].apic_id == apic_id)
			return pxm_to_node(srat.cpus[i].pxm);
	return -1;
}

int node_distance(int from, int to)
{
	if (distances[from][to])
		return distances[from][to];
	return from == to ? LOCAL_DISTANCE : REMOTE_DISTANCE;
}

/* ---- SRAT ---- */

void __init srat_reset(void)
{
	memset(&srat, 0, sizeof(srat));
	memset(pxm_bitmap, 0, sizeof(pxm_bitmap));
	memset(distances, 0, sizeof(distances));
	num_memory_chunks = 0;
	slit_refused = NULL;
}

/* Nothing the table says is believed any more. */
static void __init bad_srat(const char *why)
{
	srat.refused = why;
	num_memory_chunks = 0;
	memset(pxm_bitmap, 0, sizeof(pxm_bitmap));
	pr_err("srat: %s: not used", why);
	stage_note("%s: not used", why);
}

static bool __init acpi_numa_memory_affinity_init(const struct srat_mem *m)
{
	u64 start = m->base >> PAGE_SHIFT, end = (m->base + m->bytes) >> PAGE_SHIFT;
	u32 pxm = m->pxm & (MAX_PXM_DOMAINS - 1);
	bool removable = m->flags & ENTRY_HOT_PLUGGABLE;

	if (!(m->flags & ENTRY_ENABLED))
		return false;
	if (m->base + m->bytes < m->base || start == end) {
		pr_warn("srat: range of %#llx bytes at %#llx ignored: expected whole pages below 2^64",
			m->bytes, m->base);
		return false;
	}
	if (!srat_insert_chunk(start, end, pxm, removable))
		return false;
	pxm_bitmap[pxm / 32] |= 1u << pxm % 32;
	stage_note("[%#llx, %#llx) domain %u%s", start, end, pxm, removable ? ", removable" : "");
	return true;
}

static bool __init add_cpu(u32 apic_id, u32 pxm, u32 flags)
{
	if (!(flags & ENTRY_ENABLED) || srat.cpu_count == SRAT_CPUS_MAX)
		return false;
	srat.cpus[srat.cpu_count].apic_id = apic_id;
	srat.cpus[srat.cpu_count++].pxm = pxm;
	stage_note("APIC id %u: domain %u", apic_id, pxm);
	return true;
}

static const u8 kind_length[NR_SRAT_KINDS] = { sizeof(struct srat_x2apic), sizeof(struct srat_cpu),
					       sizeof(struct srat_mem), 0 };

static enum srat_kind __init kind_of(u8 type)
{
	return type == 2   ? SRAT_X2APIC
	       : type == 0 ? SRAT_CPU
	       : type == 1 ? SRAT_MEMORY
			   : SRAT_OTHER;
}

/* => the entry has the length of its kind */
static bool __init take_entry(enum srat_kind kind, const u8 *entry)
{
	union {
		struct srat_mem mem;
		struct srat_cpu cpu;
		struct srat_x2apic x2apic;
	} e;
	bool used;

	memcpy(&e, entry, kind_length[kind]);
	if (kind == SRAT_X2APIC)
		return add_cpu(e.x2apic.apic_id, e.x2apic.pxm, e.x2apic.flags);
	if (kind == SRAT_CPU)
		return add_cpu(e.cpu.apic_id, e.cpu.pxm_low, e.cpu.flags);
	if (srat.kinds[SRAT_MEMORY].seen > NR_NODE_MEMBLKS)
		return false;
	stage_begin(STAGE_acpi_numa_memory_affinity_init);
	used = acpi_numa_memory_affinity_init(&e.mem);
	if (!used)
		stage_note("base %#llx, %#llx bytes, flags %#x: ignored", e.mem.base, e.mem.bytes,
			   e.mem.flags);
	stage_end(STAGE_acpi_numa_memory_affinity_init);
	return used;
}

/* One walk over the table for the sub-tables of one kind. False: the table is damaged. */
static bool __init walk(const u8 *table, u32 length, enum srat_kind kind)
{
	for (u32 at = SRAT_HEADER, size; at < length; at += size) {
		bool used;

		size = length - at >= 2 ? table[at + 1] : 0;
		if (size < 2 || size > length - at) {
			bad_srat("a sub-table is empty or ends beyond the table");
			return false;
		}
		if (kind_of(table[at]) != kind)
			continue;
		srat.kinds[kind].seen++;
		if (kind_length[kind] && size != kind_length[kind]) {
			bad_srat("a sub-table has the wrong length");
			return false;
		}
		used = kind != SRAT_OTHER && take_entry(kind, table + at);
		srat.kinds[kind].used += used;
		srat.kinds[kind].ignored += !used;
	}
	return true;
}

void __init srat_parse(const u8 *table, u32 length)
{
	srat.present = true;
	if (length < SRAT_HEADER) {
		bad_srat("the table is shorter than its head");
		return;
	}
	for (enum srat_kind kind = 0; kind < NR_SRAT_KINDS; kind++)
		if (!walk(table, length, kind))
			return;
}

/* ---- SLIT ---- */

static const char *__init slit_fault(const u8 *table, u32 length, u64 *count)
{
	if (length < SLIT_HEADER)
		return "the table is shorter than its head";
	memcpy(count, table + SLIT_HEADER - 8, 8);
	if (*count > MAX_PXM_DOMAINS || *count * *count > length - SLIT_HEADER)
		return "more domains than the table has room for";
	for (u32 i = 0; i < *count; i++)
		for (u32 j = 0; j < *count; j++) {
			u8 d = table[SLIT_HEADER + i * (u32)*count + j];

			if (i == j ? d != LOCAL_DISTANCE : d <= LOCAL_DISTANCE)
				return "a distance is not 10 to itself and above 10 to others";
		}
	return NULL;
}

void __init slit_parse(const u8 *table, u32 length)
{
	u64 count = 0;

	slit_refused = slit_fault(table, length, &count);
	if (slit_refused) {
		pr_warn("slit: %s: not used", slit_refused);
		stage_note("SLIT: %s: not used", slit_refused);
		return;
	}
	for (int from = 0; from < MAX_NUMNODES; from++)
		for (int to = 0; to < MAX_NUMNODES; to++) {
			int a = node_to_pxm(from), b = node_to_pxm(to);

			if (a >= 0 && b >= 0 && (u64)a < count && (u64)b < count)
				distances[from][to] =
					table[SLIT_HEADER + (u32)a * (u32)count + (u32)b];
		}
	stage_note("SLIT: distances of %llu domains", count);
}
