/*
 * What the boot loader said, in one form for both Multiboot protocols (W-07, memory-init 0.5).
 *
 * boot_info is filled by boot_info_init() before anything else writes to memory past the image:
 * loaders leave their data in RAM that the documented search for page tables would hand out. From
 * then on nothing reads the loader's own copies; a checksum taken before and after the copy shows
 * that they had not been damaged yet. The modules themselves stay where they are: W-00 reserves
 * their memory.
 *
 * Whatever is malformed or does not fit is dropped with a line in `complaints`, printed when the
 * log is up, and the rest is used.
 */
#ifndef KERNEL_BOOT_BOOT_INFO_H
#define KERNEL_BOOT_BOOT_INFO_H

#include "kernel/lib/types.h"

#define BOOT_CMDLINE_SIZE     2048 /* bytes kept of the command line, with the NUL */
#define BOOT_MAP_MAX	      128  /* firmware map entries kept */
#define BOOT_MODULES_MAX      8	   /* modules kept */
#define BOOT_MODULE_NAME_SIZE 128  /* bytes kept of a module's command line, with the NUL */
#define BOOT_LOADER_NAME_SIZE 64
#define BOOT_RSDP_SIZE	      36   /* the ACPI 2.0 root pointer's size */
#define BOOT_COMPLAINTS_MAX   8
#define BOOT_COMPLAINT_SIZE   120

/* One entry of the firmware's map, as the loader gave it: not sorted, not sanitised. */
struct boot_map_entry {
	u64 start; /* bytes */
	u64 size;  /* bytes */
	u32 type;  /* 1 RAM, 2 reserved, 3 ACPI, 4 NVS, 5 unusable */
};

struct boot_module {
	u32 start; /* physical bytes, [start, end) */
	u32 end;
	char cmdline[BOOT_MODULE_NAME_SIZE];
};

/* A linear framebuffer or a text screen the loader set up; type as in Multiboot: 1 RGB, 2 text. */
struct boot_framebuffer {
	bool valid;
	u64 address; /* physical */
	u32 pitch;   /* bytes a row */
	u32 width, height;
	u8 bits_per_pixel;
	u8 type;
};

struct boot_info {
	unsigned int protocol; /* 1 or 2: Multiboot or Multiboot2; 0: neither magic was right */
	u32 magic;	       /* what EAX held at entry */
	u32 info_addr;	       /* physical address of the loader's block (EBX at entry) */
	u32 info_size;	       /* its size in bytes; Multiboot 1: 116 */
	char loader[BOOT_LOADER_NAME_SIZE];   /* "" if the loader gave no name */
	char cmdline[BOOT_CMDLINE_SIZE];      /* as given, with the image's name if it was there */
	bool has_mem_sizes;
	u32 mem_lower_kib; /* RAM from 0, at most 640 */
	u32 mem_upper_kib; /* RAM from 1 MiB to the first hole */
	unsigned int map_count;	  /* entries kept in map[] */
	unsigned int map_offered; /* entries the loader offered */
	struct boot_map_entry map[BOOT_MAP_MAX];
	unsigned int module_count;
	unsigned int modules_offered;
	struct boot_module modules[BOOT_MODULES_MAX];
	struct boot_framebuffer framebuffer;
	unsigned int rsdp_size; /* bytes of rsdp[] that count: 0, 20 or 36 */
	u8 rsdp[BOOT_RSDP_SIZE];
	u32 sum_before; /* sum of the loader's bytes before they were copied, and after: equal */
	u32 sum_after;
	unsigned int complaint_count;
	char complaints[BOOT_COMPLAINTS_MAX][BOOT_COMPLAINT_SIZE];
};

extern struct boot_info boot_info;

/*
 * A loader's block as the parser sees it: bytes by physical address. Host tests give a synthetic
 * one. `at` returns a pointer to `len` readable bytes at `addr`, or NULL.
 */
struct boot_memory {
	const u8 *(*at)(u32 addr, u32 len);
};

/*
 * Fills `info` from EAX and EBX at entry. Never fails: what is missing or malformed stays empty
 * and is complained about. Protocol 0 means that no usable block was found.
 */
void boot_info_parse(struct boot_info *info, u32 magic, u32 addr, const struct boot_memory *mem);

/* Boot only: boot_info_parse on the real memory; called from head.S's C entry, first of all. */
void boot_info_init(u32 magic, u32 addr);

/* Overwrites the value of token= in the loader's own copies of the command line (see cmdline.h). */
void boot_info_wipe_loader_token(void);

#endif
