/*
 * What was found at boot that is not in a table of its own: for the pages, which may read kernel/ but not
 * mm/, where the finding is done.
 */
#ifndef KERNEL_FIRMWARE_FIRMWARE_H
#define KERNEL_FIRMWARE_FIRMWARE_H

#include "kernel/lib/types.h"

struct firmware_state {
	/* W-00: the words at 0x413 and 0x40E, and the end of conventional memory by the EBDA rule */
	u16 lowmem_kib, ebda_segment;
	u32 lowmem_end;

	/* W-32: the MP floating pointer and its table; 0 if there is none */
	u32 mpf, mpc, mpc_bytes;

	/* W-27: the piece kept by alloc_mptable, and what of it the copy of the table takes */
	u32 mpc_new, mpc_new_bytes, mpc_copied_bytes;
	const u8 *mpc_copy; /* through the direct map; NULL without a copy */

	/* W-84 */
	u64 gap_start, gap_bytes, pci_mem_start;
};

extern struct firmware_state firmware_state;

#endif
