/*
 * SMBIOS (DMI): who made the machine and its firmware, in their own words (W-22; SMBIOS 2.3 and
 * 3.0, DMTF DSP0134).
 */
#ifndef KERNEL_FIRMWARE_DMI_H
#define KERNEL_FIRMWARE_DMI_H

#include "kernel/lib/types.h"

enum dmi_field {
	DMI_BIOS_VENDOR,
	DMI_BIOS_VERSION,
	DMI_BIOS_DATE,
	DMI_SYS_VENDOR,
	DMI_PRODUCT_NAME,
	DMI_PRODUCT_VERSION,
	DMI_PRODUCT_SERIAL,
	DMI_BOARD_VENDOR,
	DMI_BOARD_NAME,
	DMI_BOARD_VERSION,
	DMI_CHASSIS_VENDOR,
	DMI_FIELDS
};

struct dmi_anchor {
	u64 table;  /* physical address of the structures */
	u32 length; /* bytes of them; of a 3.0 anchor the most there can be */
	u16 count;  /* structures; 0: to the end */
	u8 major, minor;
};

struct dmi_info {
	bool found;
	phys_addr_t address; /* of the anchor */
	struct dmi_anchor anchor;
	u16 structures;	      /* read */
	bool complete;	      /* all of them, to the end */
	u16 lost;	      /* strings there was no room for */
	const char *bad_bios; /* entry of the table of bad firmware that matched, or NULL */
};

extern struct dmi_info dmi_info;

/*
 * Looks for an anchor ("_SM3_", "_SM_" or "_DMI_", with right sums) on 16-byte boundaries of `len`
 * bytes at p. Returns its offset or -ENOENT.
 */
int dmi_find(const u8 *p, u32 len, struct dmi_anchor *out);

/*
 * Reads the structures in `len` bytes at p into dmi_info and the strings. One that does not fit or
 * has no length ends it with a line in the log. May be called once.
 */
void dmi_parse(const u8 *p, u32 len, u16 count);

/* A string of the firmware, printable ASCII; "" if it gave none. Stays. */
const char *dmi_string(enum dmi_field field);
/* "bios_vendor", ... */
const char *dmi_field_name(enum dmi_field field);

/* True if this firmware is in the table of those that write to low memory; sets bad_bios. */
bool dmi_check_bad_bios(void);

#endif
