/*
 * Nodes: which memory belongs to which, where their structures lie, and which is the processor's
 * (W-60, W-61).
 */
#ifndef MM_NUMA_H
#define MM_NUMA_H

#include "mm/mmzone.h"

/* What get_memcfg_numa decided. Constant after boot. */
extern struct numa {
	const char *branch; /* "srat" or "flat" */
	const char *reason; /* why not srat; NULL with srat */
	int nodes;	    /* node numbers given out; 1 with flat */
	int cpu_node;	    /* of the boot processor by the SRAT; -1: not said */
	int home; /* whose zones it allocates from first: cpu_node, or the nearest with low memory */
	/* RAM that no chunk covers, which went to the node of the chunk before it */
	unsigned long uncovered_pages;
	/* the KVA remap; none if kva_pages is 0, and then no_remap says why */
	unsigned long kva_start_pfn, kva_pages;
	const char *no_remap;
	struct numa_node {
		unsigned long start_pfn,
			end_pfn; /* [start, end) of its chunks below max_pfn; both 0: none */
		unsigned long remap_bytes;     /* descriptors of its frames */
		unsigned long remap_start_pfn; /* "KVA RAM" */
		unsigned long remap_pages;     /* of 4 KiB, a multiple of 1024 */
		unsigned long remap_offset;    /* pages from kva_start_pfn to its window */
	} node[MAX_NUMNODES];
} numa;

/* The node whose memory the processor prefers. */
static inline int numa_node_id(void)
{
	return numa.home;
}

/*
 * W-60: registers RAM by the SRAT, or decides for one flat node, for which nothing is registered
 * here. => acpi_numa_init, map_low_memory
 */
void get_memcfg_numa(void);

/* W-61, for two or more nodes. => get_memcfg_numa */
void initmem_init_numa(void);

/* ---- numa_kva.c ---- */

/* W-61: windows for the nodes' structures and descriptors, taken from the top of the direct map. */
void numa_kva_init(void);
/* The window's first address; NULL if the node has none. */
void *numa_window(int nid);
/*
 * The physical address of descriptor storage of node nid: `index` counts blocks of 1024 descriptors.
 * => numa.kva_pages != 0 and the node has a window
 */
phys_addr_t numa_descriptor_block(int nid, unsigned long index);
/* Names the owner of the frames behind the windows, which are no registered RAM any more. */
void numa_tag_frames(void);

/* ---- The frames of one node, and those of none (numa.c) ---- */

/*
 * The node whose array holds the descriptor of pfn: of a registered frame its own; of a hole the node
 * with the first RAM in the hole's block of 1024, or else before that.
 */
int pfn_to_nid(unsigned long pfn);
/* The first pfn behind this one that may be of another node, or of RAM where this one is a hole. */
unsigned long same_node_until(unsigned long pfn);
/* The same of a whole block of 1024 frames, by its first one: where its descriptors are stored. */
int block_to_nid(unsigned long pfn);

#endif
