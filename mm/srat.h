/*
 * Which memory and which processors belong together, as the firmware's tables say: SRAT and SLIT
 * (W-52; ACPI specification 2.0 and 3.0, sections 5.2.16 and 5.2.17).
 *
 * The parsers work on (table, length) and read nothing beyond it; both bytes and length are the
 * firmware's and may be anything.
 */
#ifndef MM_SRAT_H
#define MM_SRAT_H

#include "mm/mmzone.h"

#define MAX_CHUNKS_PER_NODE 3
#define MAXCHUNKS (MAX_CHUNKS_PER_NODE * MAX_NUMNODES)
#define MAX_PXM_DOMAINS 256
#define NR_NODE_MEMBLKS 64 /* memory entries that are looked at, disabled ones included */
#define SRAT_CPUS_MAX 16   /* processor entries that are kept */

/* A stretch of memory of one proximity domain. */
struct node_memory_chunk {
	u64 start_pfn, end_pfn; /* [start, end), both rounded down */
	u16 pxm;		/* proximity domain */
	u8 nid;			/* set by get_memcfg_from_srat */
	u8 hot_pluggable;
};

extern struct node_memory_chunk node_memory_chunk[MAXCHUNKS]; /* sorted by start */
extern int num_memory_chunks;
extern u32 pxm_bitmap[MAX_PXM_DOMAINS / 32];

/* Kinds of sub-tables, in the order in which acpi_numa_init walks them. */
enum srat_kind { SRAT_X2APIC, SRAT_CPU, SRAT_MEMORY, SRAT_OTHER, NR_SRAT_KINDS };

extern struct srat {
	bool present;	     /* there is a table with the right checksum */
	const char *refused; /* why it is not used; NULL if it is */
	struct {
		u32 seen, used, ignored; /* seen = used + ignored */
	} kinds[NR_SRAT_KINDS];
	u32 cpu_count; /* of cpus[] */
	struct {
		u32 apic_id, pxm;
	} cpus[SRAT_CPUS_MAX];
} srat;

/* Why the SLIT is not used; NULL if it is. */
extern const char *slit_refused;

/* W-52: takes what a SRAT says; `length` bytes can be read. => srat_reset */
void srat_parse(const u8 *table, u32 length);
/* => srat_parse */
void slit_parse(const u8 *table, u32 length);
/* Forgets all that was read. */
void srat_reset(void);

/* Adds a chunk in its place. False if all MAXCHUNKS are taken. */
bool srat_insert_chunk(u64 start_pfn, u64 end_pfn, u32 pxm, bool hot_pluggable);

/* Nodes that the domains with memory make: at most MAX_NUMNODES. */
int srat_node_count(void);
/* Domains by ascending number get nodes 0, 1, ...; those beyond MAX_NUMNODES share the last one. -1:
 * the domain has no memory. */
int pxm_to_node(u32 pxm);
/* The first domain of a node; -1 if there is none. */
int node_to_pxm(int nid);
/* The node of the processor with this local APIC id, -1 if no entry names it or its domain has no
 * memory. */
int apicid_to_node(u32 apic_id);

#define LOCAL_DISTANCE 10
#define REMOTE_DISTANCE 20 /* what is assumed without a SLIT */
int node_distance(int from, int to);

/* numa=off: one flat node; numa=noremap: nodes without windows (W-61). 0 or -EINVAL. */
int parse_numa(const char *value);
extern bool numa_off, numa_noremap;

#endif
