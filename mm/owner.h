/*
 * Owner tags: who holds a page frame. Every allocation of pages carries one, so
 * that the memory subsystem can name the driver's or the network's memory without
 * knowing either, and so that each frame of RAM has exactly one use.
 *
 * A tag sits in the flags of the first descriptor of an allocated block and in
 * every descriptor of a frame that boot kept back. Free blocks are recognised by
 * PG_buddy, pages on a per-cpu list by OWNER_PCP.
 */
#ifndef MM_OWNER_H
#define MM_OWNER_H

/* X(identifier, name in /api/v1/memory) */
#define MM_OWNERS(X)                                                                         \
	X(NONE, "unclassified") /* no frame of RAM may keep it once boot is over */          \
	X(HOLE, "hole")		/* a descriptor without RAM behind it */                     \
	X(KERNEL, "kernel_image")                                                            \
	X(MEM_MAP, "memory_map")                                                             \
	X(PAGE_TABLE, "page_tables")                                                         \
	X(BOOT_ALLOC, "boot_allocations")                                                    \
	X(FIRMWARE, "firmware") /* reserved early for BIOS data and MP tables */             \
	X(MODULE, "boot_modules")                                                            \
	X(BAD_RAM, "bad_ram")                                                                \
	X(HASH, "large_hashes")                                                              \
	X(CRASH_KERNEL, "crash_kernel") /* kept free for a second kernel */                  \
	X(NODE_MEMORY, "node_memory")	/* "KVA RAM": a node's structure, descriptors */     \
	X(REMAP_WINDOW, "remap_window") /* "KVA PG": low memory whose addresses are taken */ \
	X(PCP, "percpu_lists")                                                               \
	X(SLAB, "slab")                                                                      \
	X(VMALLOC, "vmalloc")                                                                \
	X(NET_RX, "net_receive_buffers")                                                     \
	X(NET_TX, "net_transmit_buffers")                                                    \
	X(VIRTQUEUE, "virtqueues")                                                           \
	X(HTTP, "http_snapshots")                                                            \
	X(KERNEL_DATA, "kernel_data") /* page blocks of the kernel's own after boot */       \
	X(SOAK, "soak")		      /* of jobs on the machine's zones; RAM test */         \
	X(ARENA, "soak_arena")	      /* in use in jobs' arenas */                           \
	X(TEST, "self_tests")                                                                \
	X(PAGE_RECORDS, "page_owner_records") /* call sites: page_owner=on, slub_debug=U */

enum page_owner {
#define X(id, name) OWNER_##id,
	MM_OWNERS(X)
#undef X
		NR_OWNERS
};

#define OWNER_FIELD_SIZE 64 /* values that the owner field of page flags can hold */

_Static_assert(NR_OWNERS <= OWNER_FIELD_SIZE, "the owner field of page flags has 6 bits");

#endif
