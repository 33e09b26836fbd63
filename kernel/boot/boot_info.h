/*
 * What the boot loader said, in one form for both Multiboot protocols (W-07, memory-init 0.5).
 *
 * boot_info is filled by boot_info_init() before anything else writes to memory past the image:
 * loaders leave their data in RAM that the documented search for page tables would hand out. From
 * then on nothing uses the loader's own copies. The modules stay where they are: W-00 reserves
 * their memory.
 *
 * Whatever is malformed or does not fit is dropped with a line in `complaints`, printed when the
 * log is up, and the rest is used.
 */
#ifndef KERNEL_BOOT_BOOT_INFO_H
#define KERNEL_BOOT_BOOT_INFO_H

#include "kernel/lib/types.h"

#define BOOT_CMDLINE_SIZE 2048	  /* bytes kept of the command line, with the NUL */
#define BOOT_MAP_MAX 128	  /* firmware map entries kept */
#define BOOT_MODULES_MAX 8	  /* modules kept */
#define BOOT_MODULE_NAME_SIZE 128 /* bytes kept of a module's command line, with the NUL */
#define BOOT_LOADER_NAME_SIZE 64
#define BOOT_RSDP_SIZE 36 /* the ACPI 2.0 root pointer's size */
#define BOOT_COMPLAINTS_MAX 8
#define BOOT_COMPLAINT_SIZE 120

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
	u32 cmdline_addr;      /* physical address of the loader's command line; 0 if none */
	char loader[BOOT_LOADER_NAME_SIZE]; /* "" if the loader gave no name */
	char cmdline[BOOT_CMDLINE_SIZE];    /* as given, with the image's name if it was there */
	bool has_mem_sizes;
	u32 mem_lower_kib;	  /* RAM from 0, at most 640 */
	u32 mem_upper_kib;	  /* RAM from 1 MiB to the first hole */
	unsigned int map_count;	  /* entries kept in map[] */
	unsigned int map_offered; /* entries the loader offered */
	struct boot_map_entry map[BOOT_MAP_MAX];
	unsigned int module_count;
	unsigned int modules_offered;
	struct boot_module modules[BOOT_MODULES_MAX];
	struct boot_framebuffer framebuffer;
	unsigned int rsdp_size; /* bytes of rsdp[] that count: 0, 20 or 36 */
	u8 rsdp[BOOT_RSDP_SIZE];
	u32 info_sum; /* boot_info_sum() when the block was copied */
	unsigned int complaint_count;
	char complaints[BOOT_COMPLAINTS_MAX][BOOT_COMPLAINT_SIZE];
};

extern struct boot_info boot_info;

/* How the parser reads physical memory. Host tests give it a synthetic one. */
struct boot_memory {
	/* Copies len bytes from physical addr. False if they do not lie below 4 GiB. */
	bool (*read)(u32 addr, void *dst, u32 len);
};

/*
 * Fills `info` from EAX and EBX at entry. Never fails: what is missing or malformed stays empty
 * and is complained about. Protocol 0 means that no usable block was found.
 */
void boot_info_parse(struct boot_info *info, u32 magic, u32 addr, const struct boot_memory *mem);

/* Boot only: boot_info_parse on the real memory, before anything writes behind the image. */
void boot_info_init(u32 magic, u32 addr);

/*
 * Sum of the bytes of the loader's block, read again. Differs from boot_info.info_sum when
 * something has written over it. Boot only, before init_memory_mapping.
 */
u32 boot_info_sum(void);

/*
 * Overwrites `len` bytes at `offset` of the loader's own command line with 'x' (the token, see
 * cmdline.h); it ends at the line's NUL. Boot only, before init_memory_mapping.
 */
void boot_info_wipe(u32 offset, u32 len);

/* Logs loader, protocol, block and complaints, and leaves them as the stage's notes (W-07). */
void copy_boot_params(void);

#endif
