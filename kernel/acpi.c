/*
 * ACPI tables (see acpi.h).
 *
 *	root pointer (RSDP)  "RSD PTR ", on a 16-byte boundary; 20 bytes sum to 0
 *	   |                 revision 2: 36 bytes, which sum to 0, too
 *	   v
 *	root table (RSDT)    header of 36 bytes, then 32-bit addresses (XSDT: 64-bit)
 *	   |
 *	   v
 *	tables               header of 36 bytes { signature, length, revision, checksum, ... };
 *	                     all `length` bytes sum to 0
 *
 * A length is believed only after it was found to be at least a header and at most
 * TABLE_LENGTH_MAX; sums go through windows of bounded size, so a table may be of any length.
 */
#include "kernel/acpi.h"

#include <string.h>

#include "kernel/lib/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/stage.h"

#define RSDP_SIZE_1 20
#define RSDP_SIZE_2 36
#define HEADER_SIZE 36u
#define TABLE_LENGTH_MAX 0x1000000u
#define BIOS_START 0xe0000u
#define BIOS_END 0x100000u

struct header {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char oem_id[6];
	char rest[20];
} __packed;

struct rsdp {
	char signature[8];
	u8 checksum;
	char oem_id[6];
	u8 revision;
	u32 rsdt;
	u32 length;
	u64 xsdt;
	u8 checksum2;
	u8 reserved[3];
} __packed;

BUILD_BUG_ON(sizeof(struct header) != HEADER_SIZE || sizeof(struct rsdp) != RSDP_SIZE_2);

bool acpi_disabled;
static struct acpi_table tables[ACPI_TABLES_MAX];
static u32 table_count;
static phys_addr_t rsdp_address;
static const struct acpi_window *win;

int __init parse_acpi(const char *value)
{
	acpi_disabled = !strcmp(value, "off");
	return acpi_disabled ? 0 : -EINVAL;
}

/* Copies bytes out of physical memory. False if they cannot be mapped. */
static bool __init read_phys(phys_addr_t phys, void *dst, u32 len)
{
	void *p = win->map(phys, len);

	if (!p)
		return false;
	memcpy(dst, p, len);
	win->unmap(p, len);
	return true;
}

static u8 __init sum_bytes(const u8 *p, u32 len)
{
	u8 sum = 0;

	while (len--)
		sum += *p++;
	return sum;
}

/* Sum of a stretch of physical memory of any length; false if it cannot be mapped. */
static bool __init sum_phys(phys_addr_t phys, u32 len, u8 *sum)
{
	*sum = 0;
	while (len) {
		u32 n = min(len, (u32)(ACPI_WINDOW_BYTES - PAGE_SIZE));
		void *p = win->map(phys, n);

		if (!p)
			return false;
		*sum += sum_bytes(p, n);
		win->unmap(p, n);
		phys += n;
		len -= n;
	}
	return true;
}

/* => `left` bytes can be read at p. A pointer whose first sum is right and second is wrong is
 * used as one of revision 1. */
static bool __init take_rsdp(const u8 *p, u32 left, struct rsdp *out)
{
	if (left < RSDP_SIZE_1 || memcmp(p, "RSD PTR ", 8) || sum_bytes(p, RSDP_SIZE_1))
		return false;
	memset(out, 0, sizeof(*out));
	memcpy(out, p, RSDP_SIZE_1);
	if (out->revision >= 2 && left >= RSDP_SIZE_2 && !sum_bytes(p, RSDP_SIZE_2))
		memcpy(out, p, RSDP_SIZE_2);
	return true;
}

static bool __init scan_range(phys_addr_t start, u32 len, struct rsdp *out)
{
	const u8 *p = win->map(start, len);
	bool found = false;

	if (!p)
		return false;
	for (u32 at = 0; at + RSDP_SIZE_1 <= len && !found; at += 16) {
		/* Most places differ in the first letter already. */
		found = p[at] == 'R' && take_rsdp(p + at, len - at, out);
		if (found)
			rsdp_address = start + at;
	}
	win->unmap((void *)p, len);
	return found;
}

static bool __init find_rsdp(struct rsdp *out, const u8 *loader_rsdp, u32 loader_rsdp_size)
{
	u16 segment = 0;

	if (read_phys(0x40e, &segment, 2) && segment >= 0x400 &&
	    scan_range((phys_addr_t)segment << 4, 1024, out))
		return true;
	if (scan_range(BIOS_START, BIOS_END - BIOS_START, out))
		return true;
	if (!loader_rsdp_size || !take_rsdp(loader_rsdp, loader_rsdp_size, out))
		return false;
	stage_note("root pointer: the loader's copy");
	return true;
}

/* Reads the header and sums the table up. False, with a line, if it cannot be one; a wrong sum gets
 * its line, too. */
static bool __init check_table(phys_addr_t phys, struct header *h, u8 *sum)
{
	if (!read_phys(phys, h, HEADER_SIZE)) {
		pr_warn("acpi: table at %#llx cannot be mapped: ignored", phys);
		return false;
	}
	if (h->length < HEADER_SIZE || h->length > TABLE_LENGTH_MAX || h->length > SZ_4G - phys) {
		pr_warn("acpi: table %.4s at %#llx: length %u: ignored", h->signature, phys,
			h->length);
		return false;
	}
	if (!sum_phys(phys, h->length, sum)) {
		pr_warn("acpi: table %.4s at %#llx: its %u bytes cannot be mapped: ignored",
			h->signature, phys, h->length);
		return false;
	}
	if (*sum)
		pr_warn("acpi: table %.4s at %#llx: its %u bytes sum to %u, not 0: ignored",
			h->signature, phys, h->length, *sum);
	return true;
}

static void __init add_table(phys_addr_t phys)
{
	struct acpi_table *t;
	struct header h;
	u8 sum;

	if (!phys || !check_table(phys, &h, &sum))
		return;
	if (table_count == ACPI_TABLES_MAX) {
		pr_warn("acpi: more than %u tables: %.4s at %#llx ignored", ACPI_TABLES_MAX,
			h.signature, phys);
		return;
	}
	t = &tables[table_count++];
	memcpy(t->signature, h.signature, 4);
	memcpy(t->oem, h.oem_id, 6);
	t->revision = h.revision;
	t->sum = sum;
	t->phys = phys;
	t->length = h.length;
	stage_note("%s at %#llx, %u bytes, revision %u, \"%s\"%s", t->signature, phys, t->length,
		   t->revision, t->oem, sum ? ": wrong sum, not used" : "");
}

/* Lists what a root table with addresses of `width` bytes points to. */
static bool __init walk_root(phys_addr_t root, const char *signature, u32 width)
{
	struct header h;
	u8 sum;

	if (!check_table(root, &h, &sum) || sum)
		return false;
	if (memcmp(h.signature, signature, 4)) {
		pr_warn("acpi: root table at %#llx is called %.4s, not %s", root, h.signature,
			signature);
		return false;
	}
	stage_note("%s at %#llx, %u entries", signature, root, (h.length - HEADER_SIZE) / width);
	for (u32 at = HEADER_SIZE; at + width <= h.length; at += width) {
		u64 phys = 0;

		if (read_phys(root + at, &phys, width))
			add_table(phys);
	}
	return true;
}

int __init acpi_scan(const struct acpi_window *window, const u8 *loader_rsdp, u32 loader_rsdp_size)
{
	struct rsdp rsdp;

	win = window;
	table_count = 0;
	rsdp_address = 0;
	if (!find_rsdp(&rsdp, loader_rsdp, loader_rsdp_size))
		return -ENODEV;
	stage_note("root pointer at %#llx, revision %u, \"%.6s\"", rsdp_address, rsdp.revision,
		   rsdp.oem_id);
	if (rsdp.rsdt && walk_root(rsdp.rsdt, "RSDT", 4))
		return (int)table_count;
	if (rsdp.xsdt && walk_root(rsdp.xsdt, "XSDT", 8))
		return (int)table_count;
	return -ENODEV;
}

u32 acpi_table_count(void)
{
	return table_count;
}

const struct acpi_table *acpi_table(u32 i)
{
	BUG_ON(i >= table_count);
	return &tables[i];
}

const struct acpi_table *acpi_find_table(const char *signature)
{
	for (u32 i = 0; i < table_count; i++)
		if (!tables[i].sum && !strcmp(tables[i].signature, signature))
			return &tables[i];
	return NULL;
}

phys_addr_t acpi_rsdp_address(void)
{
	return rsdp_address;
}

u32 __init acpi_lapic_address(const struct acpi_window *window)
{
	const struct acpi_table *madt = acpi_find_table("APIC");
	u32 address = 0;

	win = window;
	if (!madt || madt->length < HEADER_SIZE + 8 ||
	    !read_phys(madt->phys + HEADER_SIZE, &address, 4))
		return 0;
	return address;
}
