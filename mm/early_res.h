/*
 * Early reservations: which RAM is taken before any allocator exists (W-00, W-39, W-40).
 */
#ifndef MM_EARLY_RES_H
#define MM_EARLY_RES_H

#include "kernel/lib/types.h"
#include "mm/owner.h"

#define MAX_EARLY_RES_X 32 /* entries of the first, static list */

struct early_res {
	u64 start, end;	   /* bytes, [start, end); end 0: unused */
	char name[15];	   /* 14 characters and a NUL */
	u8 overlap_ok : 1; /* a later reservation may cut this one */
	u8 owner : 7;	   /* enum page_owner that its frames get */
};

/* The list, dense from 0. After it has grown, entry 0 describes the list's own memory. */
extern struct early_res *early_res;
extern int max_early_res;
extern int early_res_count;
/* True once the list has left its static array: entry 0 is then not a reservation. */
bool early_res_doubled(void);

/*
 * Reserves [start, end) under a name of at most 14 characters, which also decides the owner of its
 * frames. Cuts what may be cut; overlap with any other reservation is fatal and names both. Empty
 * ranges are ignored. W-40
 */
void reserve_early(u64 start, u64 end, const char *name);

/* As reserve_early, for a range that a later reservation may cut. W-40 */
void reserve_early_overlap_ok(u64 start, u64 end, const char *name);

/* For a range the caller has just found free; the owner is the caller's. W-40 */
void reserve_early_without_check(u64 start, u64 end, const char *name, enum page_owner owner);

/* Would reserve_early of [start, end) succeed? For a range that a stranger names. */
bool early_res_allows(u64 start, u64 end);

/* Gives an exact reservation back; it is fatal if there is none. W-40 */
void free_early(u64 start, u64 end);

/* Gives back what is reserved of [start, end): entries shrink, are cut in two or go. W-40 */
void free_early_partial(u64 start, u64 end);

/*
 * First fit: `size` bytes at a multiple of `align` in both [ei_start, ei_last) and [start, end)
 * that no reservation touches; ~0 if there is none. => align is a power of two. W-39
 */
u64 find_early_area(u64 ei_start, u64 ei_last, u64 start, u64 end, u64 size, u64 align);

/* Moves *addr behind reservations that overlap [*addr, *addr + size). True if it moved. W-40 */
bool bad_addr(u64 *addr, u64 size, u64 align);

/* The last byte address that is mapped, exclusive. */
u64 get_max_mapped(void);

/*
 * The hand-over to the buddy system (W-99, mm/free_all.c), in this order:
 * early_res_tag_frames gives each frame of RAM in low memory that a reservation touches the owner
 * of that reservation (the first one that claims it) and counts it in owner_pages[];
 * early_res_forget empties the list, after which nothing may be reserved any more.
 * => the descriptors exist
 */
void early_res_tag_frames(void);
/* The same for frames [start, end) of one owner: those of RAM in low memory that have none yet. */
void boot_tag_frames(u64 start, u64 end, enum page_owner owner);
void early_res_forget(void);

/* ---- early_setup.c: the reservations made before anything is mapped ---- */

/* W-00: page 1, the image, the loader's modules, the BIOS area from the EBDA up. */
void first_reservations(void);
/* The end of conventional memory by the EBDA rule of W-00; the two words at 0x413 and 0x40E. */
u32 ebda_lowmem_end(u16 kib, u16 segment);
/* W-31: "BRK", if the early brk area was used; ends its growth. */
void reserve_brk(void);
void report_boot_mapping(void);
/* W-34: a page below 1 MiB. */
void reserve_trampoline_memory(void);
/* W-95: does the ROM say that this is an EISA machine? Boot only. */
bool eisa_probe(void);

/* [start, end) of a reservation becomes free after the hand-over: for the log. Boot only. */
void early_res_log_released(u64 start, u64 end);

/* The running stage that is not part of the machinery that reserves and allocates. */
const char *early_res_asking_stage(void);

/* Checksum of the log of reservations, which outlives them. */
u32 early_res_record_sum(void);

#endif
