/*
 * SMBIOS (see dmi.h).
 *
 *	anchor   in [0xF0000, 0x100000)
 *	   |
 *	   v
 *	structure   type, length, handle, fields ... | "string 1" 0 "string 2" 0 ... 0
 *	structure   ...                                  two NULs end it
 *
 * A field that is a string holds its number, from 1; 0 is none. Of each type the first structure
 * that gives a field counts: a machine may have several boards.
 *
 * Difference from the documents: "_SM3_" is read, too, since firmware of today may have nothing else.
 */
#include "kernel/firmware/dmi.h"

#include <string.h>

#include "kernel/firmware/irq_tables.h"
#include "kernel/lib/errno.h"
#include "kernel/printk.h"

#define TEXT_BYTES 640
#define STRING_MAX 80
#define STRUCTURES_MAX 4096 /* more is a table that was made to keep us */

struct dmi_info dmi_info;
static char text[TEXT_BYTES];
static u32 text_used = 1; /* offset 0: the empty string */
static u16 strings[DMI_FIELDS];

/* Where each field is: type of the structure, offset of the number in it. */
static const struct {
	u8 type, offset;
	const char *name;
} fields[DMI_FIELDS] = {
	[DMI_BIOS_VENDOR] = { 0, 4, "bios_vendor" },
	[DMI_BIOS_VERSION] = { 0, 5, "bios_version" },
	[DMI_BIOS_DATE] = { 0, 8, "bios_date" },
	[DMI_SYS_VENDOR] = { 1, 4, "sys_vendor" },
	[DMI_PRODUCT_NAME] = { 1, 5, "product_name" },
	[DMI_PRODUCT_VERSION] = { 1, 6, "product_version" },
	[DMI_PRODUCT_SERIAL] = { 1, 7, "product_serial" },
	[DMI_BOARD_VENDOR] = { 2, 4, "board_vendor" },
	[DMI_BOARD_NAME] = { 2, 5, "board_name" },
	[DMI_BOARD_VERSION] = { 2, 6, "board_version" },
	[DMI_CHASSIS_VENDOR] = { 3, 4, "chassis_vendor" },
};

static u32 __init get(const u8 *p, u32 bytes)
{
	u32 v = 0;

	memcpy(&v, p, bytes);
	return v;
}

static bool __init take_legacy(const u8 *p, struct dmi_anchor *out)
{
	if (memcmp(p, "_DMI_", 5) || fw_sum(p, 15))
		return false;
	*out = (struct dmi_anchor){ .length = get(p + 6, 2),
				    .table = get(p + 8, 4),
				    .count = (u16)get(p + 12, 2),
				    .major = p[14] >> 4,
				    .minor = p[14] & 15 };
	return true;
}

/* => 16 bytes at p, `left` in all */
static bool __init take_anchor(const u8 *p, u32 left, struct dmi_anchor *out)
{
	if (left >= 24 && !memcmp(p, "_SM3_", 5) && p[6] >= 24 && p[6] <= left &&
	    !fw_sum(p, p[6])) {
		*out = (struct dmi_anchor){ .length = get(p + 12, 4),
					    .table = get(p + 16, 4) | (u64)get(p + 20, 4) << 32,
					    .major = p[7],
					    .minor = p[8] };
		return true;
	}
	/* The length of a 2.1 anchor is often given as 30: its sum holds over 31 then. */
	if (left >= 31 && !memcmp(p, "_SM_", 4) && p[5] >= 30 && p[5] <= left &&
	    !fw_sum(p, max(p[5], (u8)31)) && take_legacy(p + 16, out)) {
		out->major = p[6];
		out->minor = p[7];
		return true;
	}
	return take_legacy(p, out);
}

int __init dmi_find(const u8 *p, u32 len, struct dmi_anchor *out)
{
	for (u32 at = 0; at + 16 <= len; at += 16)
		if (p[at] == '_' && take_anchor(p + at, len - at, out))
			return (int)at;
	return -ENOENT;
}

static void __init keep_string(enum dmi_field field, const u8 *s, u32 len)
{
	len = min(len, (u32)STRING_MAX);
	if (len >= TEXT_BYTES - text_used) {
		dmi_info.lost++;
		return;
	}
	fw_copy_text(text + text_used, s, len);
	strings[field] = (u16)text_used;
	text_used += len + 1;
}

/* String `number` of those in [s, end), each with its NUL; NULL if there is none. */
static const u8 *__init nth_string(const u8 *s, const u8 *end, u8 number)
{
	while (--number && s < end)
		s += strnlen((const char *)s, (size_t)(end - s)) + 1;
	return s < end ? s : NULL;
}

static void __init take_structure(const u8 *p, const u8 *strs, const u8 *end)
{
	for (u32 f = 0; f < DMI_FIELDS; f++) {
		u8 number = fields[f].offset < p[1] ? p[fields[f].offset] : 0;
		const u8 *s;

		if (fields[f].type != p[0] || !number || strings[f])
			continue;
		s = nth_string(strs, end, number);
		if (s)
			keep_string(f, s, (u32)strnlen((const char *)s, (size_t)(end - s)));
	}
}

void __init dmi_parse(const u8 *p, u32 len, u16 count)
{
	const u8 *end = p + len, *s;
	u32 limit = count ? count : STRUCTURES_MAX;

	for (u32 i = 0; i < limit && end - p >= 4; i++) {
		if (p[1] < 4 || p[1] > end - p) {
			pr_warn("dmi: structure %u has length %u: the rest is not read", i, p[1]);
			return;
		}
		for (s = p + p[1]; end - s >= 2 && (s[0] || s[1]);)
			s++;
		take_structure(p, p + p[1], s);
		dmi_info.structures++;
		if (p[0] == 127) /* end of table */
			break;
		if (end - s < 2 && i + 1 < limit && count) {
			pr_warn("dmi: %u of %u structures fit %u bytes", i + 1, count, len);
			return;
		}
		p = end - s < 2 ? end : s + 2;
	}
	dmi_info.complete = true;
}

const char *dmi_string(enum dmi_field field)
{
	return text + strings[field];
}

const char *dmi_field_name(enum dmi_field field)
{
	return fields[field].name;
}

/* Firmware that was seen to write to low memory behind the kernel's back: by vendor, or by board. */
bool __init dmi_check_bad_bios(void)
{
	static const struct {
		u8 field;
		const char *part;
	} bad[] __initconst = {
		{ DMI_BIOS_VENDOR, "American Megatrends Inc." },
		{ DMI_BIOS_VENDOR, "Phoenix Technologies" },
		{ DMI_BOARD_NAME, "DG45ID" },
		{ DMI_BOARD_NAME, "DG45FC" },
	};

	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		if (!strstr(dmi_string(bad[i].field), bad[i].part))
			continue;
		dmi_info.bad_bios = dmi_string(bad[i].field);
		return true;
	}
	return false;
}
